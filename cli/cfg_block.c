/* Certificates and public keys in hexadecimal (clients.md 3): the lines up to
 * `quit` are one value of the line above them.  In the tree a block is written
 * as one token, which nobody can type. */
#include "cli/pki.h"
#include "cli/types_priv.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES_MAX 65536
#define ENTER_HEX       "Enter the certificate in hexadecimal representation....\n"
#define TOO_LONG        "% The text is too long, and was not taken\n"

/* --- block: text with blanks and line ends, as one token --- */

#define MARK '\x1e' /* in front */
static const char plain[] = " \n\t", coded[] = "\x1d\x1f\x1c";

static void block_encode(const char *text, struct sbuf *out)
{
	sbuf_addc(out, MARK);
	for (; *text != '\0'; text++) {
		const char *p = strchr(plain, *text);

		sbuf_addc(out, p == NULL ? *text : coded[p - plain]);
	}
}

/* The text of an encoded block, line ends and all. */
static void block_text(const char *stored, struct sbuf *out)
{
	for (stored++; *stored != '\0'; stored++) {
		const char *p = strchr(coded, *stored);

		sbuf_addc(out, p == NULL ? *stored : plain[p - coded]);
	}
}

static int block_parse(const struct value_type *vt, const char *const *t,
	size_t n, struct sbuf *out, size_t *bad_col)
{
	(void)vt;
	(void)n;
	*bad_col = 0;
	if (t[0][0] != MARK)
		return 0;
	sbuf_adds(out, t[0]);
	return 1;
}

static void block_print(
	const struct value_type *vt, const char *stored, struct sbuf *out)
{
	(void)vt;
	/* What begins with a line end needs no blank before. */
	if (stored[1] == coded[1] && out->n > 0 && out->s[out->n - 1] == ' ')
		sbuf_trunc(out, out->n - 1);
	block_text(stored, out);
}

static const struct value_type block_type = {
	.name = "block",
	.parse = block_parse,
	.print = block_print,
	.display = "LINE",
};

void types_block_register(struct grammar *g)
{
	value_type_add(g, &block_type);
}

/* --- the lines in the tree --- */

const struct command cfg_certificate = {
	.mode = MODE_CERT_CHAIN,
	.grammar = "certificate <head!:block> [<block:block>]",
	.order = 1,
	.flags = CMD_HIDDEN | CMD_BLOCK,
};

static const struct command key_string = {
	.mode = MODE_PUBKEY_KEY,
	.grammar = "key-string <block:block>",
	.order = 2,
	.flags = CMD_HARMLESS | CMD_HIDDEN | CMD_BLOCK,
};

#define DUMP_GROUP 4  /* bytes */
#define DUMP_LINE  32 /* bytes */

void certificate_line(const char *head, struct span der, struct sbuf *line)
{
	auto_sbuf struct sbuf text = { 0 };

	sbuf_adds(line, "certificate ");
	block_encode(head, line);
	sbuf_addc(line, ' ');
	for (size_t i = 0; i < der.n; i++) {
		if (i % DUMP_LINE == 0)
			sbuf_adds(&text, "\n  ");
		else if (i % DUMP_GROUP == 0)
			sbuf_addc(&text, ' ');
		sbuf_printf(&text, "%02X", der.p[i]);
	}
	sbuf_adds(&text, "\n  \tquit");
	block_encode(sbuf_str(&text), line);
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
				      : -1;
}

/* Digits up to the end or the `quit`; false: something else, or half a byte. */
static bool dump_read(const char *text, struct sbuf *out)
{
	int high = -1;

	for (; *text != '\0'; text++) {
		int digit = hex_digit(*text);

		if (strchr(" \t\n", *text) != NULL)
			continue;
		if (digit < 0)
			return high < 0 && strcmp(text, "quit") == 0;
		if (high < 0) {
			high = digit;
			continue;
		}
		sbuf_addc(out, (char)(high << 4 | digit));
		high = -1;
	}
	return high < 0;
}

bool certificate_read_node(
	const struct node *n, struct sbuf *head, struct der *der)
{
	const char *stored = node_str(n, "block");
	auto_sbuf struct sbuf text = { 0 }, bytes = { 0 };

	block_text(node_str(n, "head"), head);
	if (stored == NULL)
		return false;
	block_text(stored, &text);
	if (!dump_read(sbuf_str(&text), &bytes) || bytes.n == 0)
		return false;
	der_set(der, bytes.s, bytes.n);
	return true;
}

/* --- reading --- */

/* What is read for a line that begins with head. */
struct reading {
	char *head;
	struct sbuf text;
	bool too_long;
};

static void reading_free(struct reading *r)
{
	sbuf_free(&r->text);
	free(r->head);
	free(r);
}

static void reading_break(void *ctx)
{
	reading_free(ctx);
}

/* The text is complete: enters the line whose value it is. */
static int finish(struct session *s, struct reading *r)
{
	auto_sbuf struct sbuf whole = { 0 };
	int result = CMD_FAILED;

	if (r->too_long) {
		session_write(s, TOO_LONG, strlen(TOO_LONG));
	} else {
		sbuf_adds(&r->text, "\n  \tquit");
		sbuf_printf(&whole, "%s ", r->head);
		block_encode(sbuf_str(&r->text), &whole);
		result = session_config_line(s, sbuf_str(&whole));
	}
	reading_free(r);
	return result;
}

static int next_line(struct session *s, const char *line, void *ctx)
{
	struct reading *r = ctx;
	size_t n;

	line += strspn(line, " \t");
	n = strcspn(line, "\r\n");
	while (n > 0 && strchr(" \t", line[n - 1]) != NULL)
		n--;
	if (n == 4 && strncasecmp(line, "quit", n) == 0)
		return finish(s, r);
	if (session_text_ended(s)) { /* without `quit` it is not whole */
		reading_free(r);
		return CMD_FAILED;
	}
	r->too_long |= r->text.n + n > BLOCK_BYTES_MAX;
	if (n > 0 && !r->too_long)
		sbuf_printf(&r->text, "\n  %.*s", (int)n, line);
	session_on_break(s, reading_break, r);
	return session_ask(s, ASK_TEXT, "", next_line, r);
}

static int read_block(struct session *s, const char *head)
{
	struct reading *r = xcalloc(1, sizeof(*r));

	r->head = xstrdup(head);
	session_on_break(s, reading_break, r);
	return session_ask(s, ASK_TEXT, "", next_line, r);
}

static int certificate_exec(struct cmd_call *c)
{
	const char *file = drv_str(c->drv, "file");
	auto_sbuf struct sbuf name = { 0 }, line = { 0 };

	if (drv_has(c->drv, "self-signed"))
		sbuf_adds(&name, "self-signed ");
	else if (drv_has(c->drv, "ca"))
		sbuf_adds(&name, "ca ");
	for (const char *p = drv_str(c->drv, "serial"); *p != '\0'; p++)
		sbuf_addc(&name, (char)toupper((unsigned char)*p));
	if (file != NULL)
		sbuf_printf(&name, " %s", file);
	sbuf_adds(&line, c->negated ? "no certificate " : "certificate ");
	block_encode(sbuf_str(&name), &line);
	if (c->negated || file != NULL)
		return session_config_line(c->session, sbuf_str(&line));
	session_write(c->session, ENTER_HEX, strlen(ENTER_HEX));
	return read_block(c->session, sbuf_str(&line));
}

static const struct command certificate_read = {
	.mode = MODE_CERT_CHAIN,
	.grammar = "certificate [{self-signed|ca}] <serial!:hex> [<file:word>]",
	.help = "certificate  Add certificate\n"
		"self-signed  Self-signed certificate\n"
		"ca  Certificate of a certification authority\n"
		"<serial>  Serial number of the certificate\n"
		"<file>  File that holds the certificate\n",
	.flags = CMD_NEGATABLE,
	.exec = certificate_exec,
};

static int key_string_exec(struct cmd_call *c)
{
	if (c->negated)
		return session_config_line(c->session, "no key-string \x1e");
	return read_block(c->session, "key-string");
}

static const struct command key_string_read = {
	.mode = MODE_PUBKEY_KEY,
	.grammar = "key-string",
	.help = "key-string  Enter the key\n",
	.flags = CMD_NEGATABLE,
	.exec = key_string_exec,
};

static const struct command *const list[] = { &cfg_certificate, &key_string,
	&certificate_read, &key_string_read };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_block = { &commands, NULL };
