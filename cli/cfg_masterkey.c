/* password encryption aes, and the master key for it: a dialogue that leaves
 * no line behind (ios-cli.md 5). */
#include "cli/cfg.h"
#include "cli/users.h"

#include <stdlib.h>
#include <string.h>

#define PHRASE_MIN 8
#define PHRASE_MAX 127

const struct command cfg_password_aes = {
	.mode = MODE_CONFIG,
	.order = ORDER_SERVICE + 2,
	.grammar = "password encryption aes",
	.help = "password  Configure encryption password (key)\n"
		"encryption  Encrypt system passwords\n"
		"aes  Enable stronger (AES) password encryption\n",
};

/* --- sealed lines --- */

/* What was sealed under the key that goes: to be entered again. */
struct sealed_list {
	struct sealed {
		char *section; /* owned: the line of its section; "" at the top
				*/
		char *line;    /* owned: in clear */
	} * v;
	size_t n;
};

static const char *sealed_slot(const struct node *n)
{
	const struct command *c = node_command(n);
	const char *slot = isakmp_is_key(c) ? "key" : "password";

	if (!isakmp_is_key(c) && !passwd_is_line(n))
		return NULL;
	const char *text = drv_str(node_drv(n), slot);

	return text != NULL && text[0] == '6' && text[1] == ' ' ? slot : NULL;
}

static void sealed_add(
	struct sealed_list *l, const struct node *section, struct node *n)
{
	const char *stored = node_str(n, sealed_slot(n));
	auto_sbuf struct sbuf line = { 0 }, clear = { 0 };
	auto_sbuf struct sbuf where = { 0 };

	if (!passwd_reveal(PASSWD_SEALED, stored + 2, &clear))
		return;
	node_line(n, &line);
	const char *at = strstr(sbuf_str(&line), stored);
	auto_sbuf struct sbuf whole = { 0 };

	if (at == NULL)
		return;
	sbuf_add(&whole, line.s, (size_t)(at - line.s));
	sbuf_printf(&whole, "0 %s%s", sbuf_str(&clear), at + strlen(stored));
	if (node_command(section) != NULL)
		node_line(section, &where);
	l->v = xreallocarray(l->v, l->n + 1, sizeof(*l->v));
	l->v[l->n++] = (struct sealed){ .section = xstrdup(sbuf_str(&where)),
		.line = xstrdup(sbuf_str(&whole)) };
}

static void sealed_collect(struct sealed_list *l, const struct node *section)
{
	for (struct node *n = node_first(section); n != NULL;
		n = node_next(n)) {
		if (sealed_slot(n) != NULL)
			sealed_add(l, section, n);
		sealed_collect(l, n);
	}
}

/* Takes the list: each line is removed and entered anew, which seals it. */
static void sealed_enter(const struct router *r, struct sealed_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		struct sealed *e = &l->v[i];
		struct node *section = tree_root(r->tree);
		auto_sbuf struct sbuf no = { 0 }, why = { 0 };
		uint16_t mode = MODE_CONFIG;

		if (e->section[0] != '\0') {
			config_line(r, MODE_CONFIG, section, e->section,
				&section, &why);
			mode = section != NULL ? node_command(section)->enters
					       : MODE_CONFIG;
		}
		sbuf_printf(&no, "no %s", e->line);
		if (section != NULL && config_line(r, mode, section,
					       sbuf_str(&no), NULL, &why))
			config_line(r, mode, section, e->line, NULL, &why);
		mem_wipe(e->line, strlen(e->line));
		free(e->line);
		free(e->section);
	}
	free(l->v);
	*l = (struct sealed_list){ 0 };
}

/* --- the dialogue --- */

struct dialogue {
	struct router *router;
	char phrase[PHRASE_MAX + 1]; /* the new one, when it is known */
};

static void dialogue_free(void *ctx)
{
	struct dialogue *d = ctx;

	mem_wipe(d->phrase, sizeof(d->phrase));
	free(d);
}

static int finish(
	struct session *s, struct dialogue *d, const char *text, int result)
{
	session_write(s, text, strlen(text));
	dialogue_free(d);
	return result;
}

static int install(struct session *s, struct dialogue *d)
{
	struct sealed_list sealed = { 0 };
	auto_sbuf struct sbuf text = { 0 };
	int err;

	sealed_collect(&sealed, tree_root(d->router->tree));
	err = master_key_set(d->phrase);
	if (err != 0)
		sbuf_printf(&text, "%% The master key cannot be stored: %s\n",
			strerror(-err));
	sealed_enter(d->router, &sealed);
	if (passwd_seals(d->router->tree))
		passwd_renew(d->router);
	isakmp_keys_opened(d->router);
	return finish(s, d, sbuf_str(&text), err == 0 ? CMD_DONE : CMD_FAILED);
}

static bool phrase_fits(const char *phrase)
{
	size_t n = strlen(phrase);

	return n >= PHRASE_MIN && n <= PHRASE_MAX &&
	       strchr("!#;", phrase[0]) == NULL;
}

#define BAD_PHRASE                                                             \
	"% Invalid key: 8 to 127 characters, the first not !, # or ;\n"

static int confirm_answer(struct session *s, const char *answer, void *ctx)
{
	struct dialogue *d = ctx;

	if (strcmp(answer, d->phrase) != 0)
		return finish(s, d, "% Keys do not match\n", CMD_FAILED);
	return install(s, d);
}

static int new_answer(struct session *s, const char *answer, void *ctx)
{
	struct dialogue *d = ctx;

	if (!phrase_fits(answer))
		return finish(s, d, BAD_PHRASE, CMD_FAILED);
	memcpy(d->phrase, answer, strlen(answer) + 1);
	session_on_break(s, dialogue_free, d);
	return session_ask(s, ASK_PASSWORD, "Confirm key: ", confirm_answer, d);
}

static int ask_new(struct session *s, struct dialogue *d)
{
	if (d->phrase[0] != '\0')
		return install(s, d);
	session_on_break(s, dialogue_free, d);
	return session_ask(s, ASK_PASSWORD, "New key: ", new_answer, d);
}

static int old_answer(struct session *s, const char *answer, void *ctx)
{
	struct dialogue *d = ctx;

	if (!master_key_is(answer))
		return finish(s, d, "% Old key is wrong\n", CMD_FAILED);
	return ask_new(s, d);
}

static int drop_answer(struct session *s, const char *answer, void *ctx)
{
	int err;

	switch (answer_read(s, answer)) {
	case ANSWER_AGAIN:
		return session_ask(s, ASK_LINE,
			"Continue with master key deletion? [yes/no]: ",
			drop_answer, ctx);
	case ANSWER_NO:
		return CMD_DONE;
	default:
		break;
	}
	err = master_key_drop();
	if (err == 0)
		return CMD_DONE;
	auto_sbuf struct sbuf text = { 0 };

	sbuf_printf(&text, "%% The master key cannot be removed: %s\n",
		strerror(-err));
	session_write(s, sbuf_str(&text), text.n);
	return CMD_FAILED;
}

static int exec_config_key(struct cmd_call *c)
{
	const char *phrase = drv_str(c->drv, "phrase");
	struct dialogue *d;

	if (c->negated) {
		static const char warning[] =
			"WARNING: All type 6 encrypted keys will become "
			"unusable\n";

		if (!master_key_exists())
			return CMD_DONE;
		session_write(c->session, warning, sizeof(warning) - 1);
		return session_ask(c->session, ASK_LINE,
			"Continue with master key deletion? [yes/no]: ",
			drop_answer, c->router);
	}
	if (phrase != NULL && !phrase_fits(phrase)) {
		sbuf_adds(c->out, BAD_PHRASE);
		return CMD_FAILED;
	}
	if (phrase != NULL && master_key_exists() && master_key_is(phrase))
		return CMD_DONE;
	d = xcalloc(1, sizeof(*d));
	d->router = c->router;
	if (phrase != NULL)
		memcpy(d->phrase, phrase, strlen(phrase) + 1);
	if (!master_key_exists())
		return ask_new(c->session, d);
	session_on_break(c->session, dialogue_free, d);
	return session_ask(
		c->session, ASK_PASSWORD, "Old key: ", old_answer, d);
}

static const struct command config_key = {
	.mode = MODE_CONFIG,
	.level = LEVEL_PRIVILEGED,
	.grammar = "key config-key password-encrypt [<phrase:line>]",
	.help = "key  Key management\nconfig-key  Set a private configuration "
		"key\npassword-encrypt  Set the master key for type 6 "
		"passwords\n<phrase>  The config-key itself\n",
	.flags = CMD_NEGATABLE | CMD_ACT,
	.exec = exec_config_key,
	.sample = "key config-key password-encrypt",
};

static const struct command *const list[] = { &cfg_password_aes, &config_key };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_masterkey = { &commands, NULL };
