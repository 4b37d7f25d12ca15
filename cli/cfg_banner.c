/* banner {motd|login|exec|incoming}: text between two delimiters, on one line
 * or on many.  Kept as it is shown: ^C text ^C, line ends included. */
#include "cli/banner.h"
#include "cli/cfg.h"
#include "cli/running.h"
#include "cli/session_priv.h"
#include "cli/users.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 16384
#define CARET_C  "^C"

const struct command cfg_banner = {
	.mode = MODE_CONFIG,
	.order = ORDER_BANNER,
	.grammar = "banner {!motd|!login|!exec|!incoming} <text:line>",
	.help = "banner  Define a login banner\n"
		"motd  Set Message of the Day banner\n"
		"login  Set login banner\n"
		"exec  Set EXEC process creation banner\n"
		"incoming  Set incoming terminal line banner\n"
		"<text>  c banner-text c, where 'c' is a delimiting "
		"character\n",
	.sample = "banner motd ^CWelcome^C",
};

/* A banner whose end has not come. */
struct collecting {
	struct match m;
	struct sbuf text; /* with the delimiter ^C in front */
	char delimiter[3];
	bool too_long;
};

static void collecting_free(void *ctx)
{
	struct collecting *c = ctx;

	match_free(&c->m);
	sbuf_free(&c->text);
	free(c);
}

/* The first character, or the two that stand for Ctrl-C in a listing. */
static const char *read_delimiter(const char *text, char delimiter[3])
{
	size_t n = strncmp(text, CARET_C, 2) == 0 ? 2 : 1;

	memcpy(delimiter, text, n);
	delimiter[n] = '\0';
	return text + n;
}

/* Adds a piece of text up to the delimiter; true: it was there. */
static bool add_piece(struct collecting *c, const char *piece)
{
	const char *end = strstr(piece, c->delimiter);
	size_t n = end == NULL ? strlen(piece) : (size_t)(end - piece);

	if (c->text.n + n > TEXT_MAX)
		c->too_long = true;
	else
		sbuf_add(&c->text, piece, n);
	return end != NULL;
}

/* The text is complete: takes c. */
static int finish(struct session *s, struct collecting *c)
{
	static const char too_long[] = "% Banner is too long\n";
	static const char has_mark[] = "% Banner text cannot hold ^C\n";
	int result = CMD_FAILED;

	if (c->too_long) {
		session_write(s, too_long, sizeof(too_long) - 1);
	} else if (strstr(c->text.s + 2, CARET_C) != NULL) {
		session_write(s, has_mark, sizeof(has_mark) - 1);
	} else {
		sbuf_adds(&c->text, CARET_C);
		drv_put_str(c->m.drv, "text", sbuf_str(&c->text));
		result = session_commit_line(s, &c->m);
	}
	collecting_free(c);
	return result;
}

static int next_line(struct session *s, const char *line, void *ctx);

static int ask_next(struct session *s, struct collecting *c)
{
	if (!c->too_long)
		sbuf_addc(&c->text, '\n');
	session_on_break(s, collecting_free, c);
	return session_ask(s, ASK_TEXT, "", next_line, c);
}

static int next_line(struct session *s, const char *line, void *ctx)
{
	struct collecting *c = ctx;

	if (add_piece(c, line) || session_text_ended(s))
		return finish(s, c);
	return ask_next(s, c);
}

int banner_enter(struct session *s, struct match *m)
{
	struct collecting *c = xcalloc(1, sizeof(*c));
	auto_sbuf struct sbuf out = { 0 };
	const char *body;

	c->m = *m;
	m->drv = NULL;
	body = read_delimiter(drv_str(c->m.drv, "text"), c->delimiter);
	sbuf_adds(&c->text, CARET_C);
	if (add_piece(c, body))
		return finish(s, c);
	if (!(session_flags(s) & SESSION_LENIENT)) {
		sbuf_printf(&out,
			"Enter TEXT message.  End with the character '%s'.\n",
			c->delimiter);
		session_write(s, sbuf_str(&out), out.n);
	}
	return ask_next(s, c);
}

/* What stands for what changes: $(hostname), $(domain), $(line). */
static size_t expand(const struct session *s, const char *p, struct sbuf *out)
{
	const struct router *r = s->router;
	const char *domain = node_str(
		node_child(tree_root(r->tree), &cfg_domain_name, NULL), "name");
	const struct {
		const char *token, *value;
	} tokens[] = {
		{ "$(hostname)", running_hostname(r) },
		{ "$(domain)", domain == NULL ? "" : domain },
		{ "$(line)", s->line },
	};

	for (size_t i = 0; i < ARRAY_LEN(tokens); i++) {
		size_t n = strlen(tokens[i].token);

		if (strncmp(p, tokens[i].token, n) == 0) {
			sbuf_adds(out, tokens[i].value);
			return n;
		}
	}
	sbuf_addc(out, *p);
	return 1;
}

void banner_show(struct session *s, const char *name)
{
	const struct node *n =
		node_find(tree_root(s->router->tree), &cfg_banner, name);
	const char *text = node_str(n, "text");
	auto_sbuf struct sbuf out = { 0 };

	if (text == NULL)
		return;
	size_t end = strlen(text) - strlen(CARET_C);

	for (size_t at = strlen(CARET_C); at < end;)
		at += expand(s, text + at, &out);
	if (out.n == 0)
		return;
	if (out.s[out.n - 1] != '\n')
		sbuf_addc(&out, '\n');
	session_write(s, sbuf_str(&out), out.n);
}

static const struct command *const list[] = { &cfg_banner };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_banner = { &commands, NULL };
