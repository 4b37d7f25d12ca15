/* copy: from any file system to any other, with IOS's dialogue (ios-cli.md 4,
 * clients.md 2.2), and the line of the configuration that shortens it. */
#include "cli/confmgmt.h"
#include "cli/files.h"
#include "cli/running.h"

#include <bsd/string.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct side {
	struct file_url url;
	struct net_url net; /* of FS_NETWORK */
};

struct copy {
	struct router *router;
	struct session *session;
	struct side from, to;
	struct sbuf data;
	struct transfer *transfer;
	uint64_t start_ms;
	bool quiet; /* file prompt quiet */
};

/* A step goes on to the next itself and returns as an exec function does; the
 * last one frees. */
static int ask_from(struct copy *c);
static int ask_to(struct copy *c);
static int ask_name(struct copy *c);
static int ask_overwrite(struct copy *c);
static int fetch(struct copy *c);
static int store(struct copy *c);

static void side_free(struct side *s)
{
	file_url_free(&s->url);
	net_url_free(&s->net);
}

static void copy_free(struct copy *c)
{
	if (c->transfer != NULL)
		transfer_cancel(c->transfer);
	side_free(&c->from);
	side_free(&c->to);
	if (c->data.s != NULL)
		mem_wipe(c->data.s, c->data.n);
	sbuf_free(&c->data);
	free(c);
}

static int copy_end(struct copy *c, int result)
{
	copy_free(c);
	return result;
}

static void copy_break(void *ctx)
{
	struct copy *c = ctx;
	struct session *s = c->session;

	copy_free(c);
	session_done(s, CMD_FAILED);
}

static void say(struct copy *c, const struct sbuf *text)
{
	session_write(c->session, sbuf_str(text), text->n);
}

static int copy_fail(struct copy *c, const struct side *s, int err)
{
	auto_sbuf struct sbuf out = { 0 };

	file_error("opening", &s->url, err, &out);
	say(c, &out);
	return copy_end(c, CMD_FAILED);
}

static int ask(struct copy *c, enum ask_kind kind, answer_fn *fn,
	const char *what, const char *dflt)
{
	auto_sbuf struct sbuf q = { 0 };

	if (c->quiet)
		return fn(c->session, "", c);
	if (kind == ASK_PASSWORD)
		sbuf_adds(&q, what);
	else
		sbuf_printf(&q, "%s [%s]? ", what, dflt);
	session_on_break(c->session, copy_break, c);
	return session_ask(c->session, kind, sbuf_str(&q), fn, c);
}

/* value may be what the field holds. */
static void set(char **field, const char *value)
{
	char *copy = xstrdup(value);

	free(*field);
	*field = copy;
}

/* A network URL that has all its pieces now. */
static void side_join(struct side *s)
{
	auto_sbuf struct sbuf b = { 0 };

	net_url_text(&s->net, &b);
	set(&s->url.name, sbuf_str(&b));
}

/* Where from. */

static int no_answer(struct copy *c, const char *what)
{
	auto_sbuf struct sbuf out = { 0 };

	sbuf_printf(&out, "%% %s missing\n", what);
	say(c, &out);
	return copy_end(c, CMD_FAILED);
}

static int take_from_name(struct session *s, const char *answer, void *ctx)
{
	struct copy *c = ctx;

	(void)s;
	if (answer[0] == '\0')
		return no_answer(c, "Source filename");
	if (c->from.url.fs == FS_NETWORK)
		set(&c->from.net.path, answer);
	else
		set(&c->from.url.name, answer);
	return ask_from(c);
}

static int take_from_host(struct session *s, const char *answer, void *ctx)
{
	struct copy *c = ctx;

	(void)s;
	if (answer[0] == '\0')
		return no_answer(c, "Address or name of remote host");
	set(&c->from.net.host, answer);
	return ask_from(c);
}

static int take_from_user(struct session *s, const char *answer, void *ctx)
{
	struct copy *c = ctx;

	set(&c->from.net.user, answer[0] != '\0' ? answer : session_user(s));
	return ask_from(c);
}

static int take_from_password(struct session *s, const char *answer, void *ctx)
{
	struct copy *c = ctx;

	(void)s;
	set(&c->from.net.password, answer);
	return ask_from(c);
}

/* Asks for the first piece that is missing. */
static int ask_from(struct copy *c)
{
	const struct net_url *n = &c->from.net;
	bool net = c->from.url.fs == FS_NETWORK;

	if (c->from.url.fs == FS_NULL)
		return ask_to(c);
	if (net && n->host == NULL)
		return ask(c, ASK_LINE, take_from_host,
			"Address or name of remote host", "");
	if (net && net_url_has_login(n) && n->user == NULL)
		return ask(c, ASK_LINE, take_from_user, "Source username",
			session_user(c->session));
	if (net ? n->path == NULL : c->from.url.name[0] == '\0')
		return ask(c, ASK_LINE, take_from_name, "Source filename", "");
	if (net && net_url_has_login(n) && n->password == NULL)
		return ask(
			c, ASK_PASSWORD, take_from_password, "Password: ", "");
	if (net)
		side_join(&c->from);
	return ask_to(c);
}

/* Where to. */

static int take_to_host(struct session *s, const char *answer, void *ctx)
{
	struct copy *c = ctx;

	(void)s;
	if (answer[0] == '\0')
		return no_answer(c, "Address or name of remote host");
	set(&c->to.net.host, answer);
	return ask_to(c);
}

static int take_to_user(struct session *s, const char *answer, void *ctx)
{
	struct copy *c = ctx;

	set(&c->to.net.user, answer[0] != '\0' ? answer : session_user(s));
	return ask_to(c);
}

static int take_to_password(struct session *s, const char *answer, void *ctx)
{
	struct copy *c = ctx;

	(void)s;
	set(&c->to.net.password, answer);
	return fetch(c);
}

static int ask_to(struct copy *c)
{
	const struct net_url *n = &c->to.net;

	if (c->to.url.fs == FS_NULL)
		return fetch(c);
	if (c->to.url.fs == FS_NETWORK && n->host == NULL)
		return ask(c, ASK_LINE, take_to_host,
			"Address or name of remote host", "");
	if (c->to.url.fs == FS_NETWORK && net_url_has_login(n) &&
		n->user == NULL)
		return ask(c, ASK_LINE, take_to_user, "Destination username",
			session_user(c->session));
	return ask_name(c);
}

/* What the destination is called when nothing else is said. */
static const char *name_offered(const struct copy *c, struct sbuf *b)
{
	const struct side *f = &c->from, *t = &c->to;

	if (t->url.fs == FS_NETWORK && t->net.path != NULL)
		return t->net.path;
	if (t->url.fs != FS_NETWORK && t->url.name[0] != '\0')
		return t->url.name;
	if (t->url.fs == FS_NETWORK && file_is_running(&f->url)) {
		sbuf_printf(b, "%s-confg", running_hostname(c->router));
		for (char *p = b->s; *p != '\0'; p++)
			*p = *p >= 'A' && *p <= 'Z' ? *p - 'A' + 'a' : *p;
		return sbuf_str(b);
	}
	if (f->url.fs == FS_NETWORK)
		return net_url_file(&f->net);
	return f->url.name;
}

static int take_name(struct session *s, const char *answer, void *ctx)
{
	struct copy *c = ctx;
	struct side *t = &c->to;
	auto_sbuf struct sbuf b = { 0 };
	const char *name = answer[0] != '\0' ? answer : name_offered(c, &b);
	auto_free char *copy = xstrdup(name + strspn(name, "/"));

	(void)s;
	if (t->url.fs != FS_NETWORK) {
		set(&t->url.name, copy);
		return ask_overwrite(c);
	}
	set(&t->net.path, t->net.path != NULL ? name : copy);
	side_join(t);
	if (net_url_has_login(&t->net) && t->net.password == NULL)
		return ask(c, ASK_PASSWORD, take_to_password, "Password: ", "");
	return fetch(c);
}

static int ask_name(struct copy *c)
{
	auto_sbuf struct sbuf b = { 0 };

	return ask(c, ASK_LINE, take_name, "Destination filename",
		name_offered(c, &b));
}

static int take_overwrite(struct session *s, const char *answer, void *ctx)
{
	(void)s;
	if (answer[0] != '\0' && strcasecmp(answer, "y") != 0)
		return copy_end(ctx, CMD_FAILED);
	return fetch(ctx);
}

static int ask_overwrite(struct copy *c)
{
	static const char warning[] = "%Warning:There is a file already "
				      "existing with this name \n";
	struct file_info info;

	if (c->quiet || file_is_startup(&c->to.url) ||
		file_is_running(&c->to.url) ||
		file_stat(c->router, &c->to.url, &info) != 0)
		return fetch(c);
	session_write(c->session, warning, sizeof(warning) - 1);
	session_on_break(c->session, copy_break, c);
	return session_ask(c->session, ASK_CONFIRM,
		"Do you want to over write? [confirm]", take_overwrite, c);
}

/* Over the network. */

static int start_transfer(
	struct copy *c, struct side *s, bool upload, transfer_done_fn *fn)
{
	c->transfer = file_transfer(c->router, &s->net,
		upload ? sbuf_str(&c->data) : NULL, c->data.n, fn, c);
	if (c->transfer == NULL)
		return copy_fail(c, s, -ENODEV);
	session_on_break(c->session, copy_break, c);
	return CMD_PENDING;
}

/* After a transfer: on failure says why and ends. */
static bool transfer_failed(
	struct copy *c, const struct side *s, int err, const char *why)
{
	auto_sbuf struct sbuf out = { 0 };
	struct session *session = c->session;

	c->transfer = NULL;
	if (err == 0)
		return false;
	sbuf_addc(&out, '\n');
	file_error("opening", &s->url, err, &out);
	if (why[0] != '\0')
		sbuf_printf(&out, "%% %s\n", why);
	say(c, &out);
	copy_free(c);
	session_done(session, CMD_FAILED);
	return true;
}

static void on_fetched(
	void *ctx, int err, const char *why, const void *data, size_t n)
{
	struct copy *c = ctx;
	struct session *s = c->session;
	auto_sbuf struct sbuf out = { 0 };

	if (transfer_failed(c, &c->from, err, why))
		return;
	sbuf_add(&c->data, data, n);
	sbuf_printf(&out, "!\n[OK - %zu bytes]\n\n", n);
	say(c, &out);
	int result = store(c);

	if (result != CMD_PENDING)
		session_done(s, result);
}

static int fetch(struct copy *c)
{
	auto_sbuf struct sbuf out = { 0 };
	int err;

	c->start_ms = loop_now();
	if (c->from.url.fs != FS_NETWORK) {
		err = file_get(c->router, &c->from.url, &c->data);
		return err != 0 ? copy_fail(c, &c->from, err) : store(c);
	}
	sbuf_adds(&out, "Accessing ");
	file_url_text(&c->from.url, &out);
	sbuf_printf(&out, "...\nLoading %s from %s: ", c->from.net.path,
		c->from.net.host);
	say(c, &out);
	return start_transfer(c, &c->from, false, on_fetched);
}

static void summary(struct copy *c, struct sbuf *out)
{
	uint64_t ms = loop_now() - c->start_ms;

	if (ms == 0)
		ms = 1;
	sbuf_printf(out, "%zu bytes copied in %ju.%03ju secs (%ju bytes/sec)\n",
		c->data.n, (uintmax_t)(ms / 1000), (uintmax_t)(ms % 1000),
		(uintmax_t)(c->data.n * 1000 / ms));
}

static void on_stored(
	void *ctx, int err, const char *why, const void *data, size_t n)
{
	struct copy *c = ctx;
	struct session *s = c->session;
	auto_sbuf struct sbuf out = { 0 };

	(void)data;
	(void)n;
	if (transfer_failed(c, &c->to, err, why))
		return;
	sbuf_adds(&out, "!\n");
	summary(c, &out);
	say(c, &out);
	copy_free(c);
	session_done(s, CMD_DONE);
}

static void merge_fault(
	void *ctx, unsigned line_no, const char *line, const char *printed)
{
	(void)line_no;
	(void)line;
	sbuf_adds(ctx, printed);
}

/* To the running configuration: line by line, as if typed. */
static int merge(struct copy *c)
{
	auto_sbuf struct sbuf out = { 0 }, from = { 0 }, who = { 0 };

	if (!config_lock_permits(c->router, c->session, &out)) {
		say(c, &out);
		return copy_end(c, CMD_FAILED);
	}
	if (c->data.n > STARTUP_BYTES)
		return copy_fail(c, &c->from, -EFBIG);
	running_load(c->router, sbuf_str(&c->data), merge_fault, &out);
	session_place(c->session, &who);
	file_url_text(&c->from.url, &from);
	config_report(c->router,
		file_is_startup(&c->from.url) ? "memory" : sbuf_str(&from),
		sbuf_str(&who));
	summary(c, &out);
	say(c, &out);
	return copy_end(c, CMD_DONE);
}

static int store_startup(struct copy *c)
{
	auto_sbuf struct sbuf out = { 0 };
	int result;

	if (file_is_running(&c->from.url)) {
		result = config_save(c->router, c->session, &out);
		say(c, &out);
		return copy_end(c, result);
	}
	int err =
		file_put(c->router, &c->to.url, sbuf_str(&c->data), c->data.n);

	if (err != 0)
		return copy_fail(c, &c->to, err);
	sbuf_adds(&out, "[OK]\n");
	summary(c, &out);
	say(c, &out);
	return copy_end(c, CMD_DONE);
}

static int store(struct copy *c)
{
	auto_sbuf struct sbuf out = { 0 };
	int err;

	if (file_is_running(&c->to.url))
		return merge(c);
	if (file_is_startup(&c->to.url))
		return store_startup(c);
	if (c->to.url.fs == FS_NETWORK) {
		sbuf_printf(&out, "Writing %s ", c->to.net.path);
		say(c, &out);
		return start_transfer(c, &c->to, true, on_stored);
	}
	err = file_put(c->router, &c->to.url, sbuf_str(&c->data), c->data.n);
	if (err != 0)
		return copy_fail(c, &c->to, err);
	summary(c, &out);
	say(c, &out);
	return copy_end(c, CMD_DONE);
}

/* The commands. */

static bool side_init(struct cmd_call *c, const char *slot, struct side *s)
{
	const char *text = drv_str(c->drv, slot);
	enum file_system here =
		(enum file_system)session_term(c->session)->file_system;

	if (!file_url_parse(text, here, &s->url)) {
		sbuf_printf(
			c->out, "%%Error opening %s (No such device)\n", text);
		return false;
	}
	if (s->url.fs == FS_NETWORK)
		net_url_parse(text, &s->net);
	return true;
}

static int exec_copy(struct cmd_call *call);

static const struct command copy = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = "copy [/noverify] <from:url> <to:url>",
	.help = "copy  Copy from one file to another\n"
		"/noverify  Don't verify image signature before reload\n"
		"<from>  Source\n"
		"<to>  Destination\n",
	.exec = exec_copy,
	.sample = "copy running-config startup-config\n"
		  "copy flash:backup.cfg running-config\n"
		  "copy running-config tftp://192.0.2.1/r1-confg",
};

static const struct command file_prompt = {
	.mode = MODE_CONFIG,
	.order = ORDER_SERVICE + 1,
	.grammar = "file prompt {alert|noisy|quiet}",
	.deflt = "file prompt alert",
	.help = "file  Adjust file system parameters\n"
		"prompt  Prompt level\n"
		"alert  Prompt only for destructive file operations\n"
		"noisy  Confirm all file operation parameters\n"
		"quiet  Seldom prompt for file operations\n",
	.sample = "file prompt quiet",
};

bool file_prompt_is_quiet(const struct router *r)
{
	return node_has(node_get(tree_root(r->tree), &file_prompt), "quiet");
}

static int exec_copy(struct cmd_call *call)
{
	struct copy *c = xcalloc(1, sizeof(*c));

	c->router = call->router;
	c->session = call->session;
	c->quiet = file_prompt_is_quiet(call->router);
	if (!side_init(call, "from", &c->from) ||
		!side_init(call, "to", &c->to))
		return copy_end(c, CMD_FAILED);
	if (c->to.url.fs == FS_SYSTEM && !file_is_running(&c->to.url))
		return copy_fail(c, &c->to, -EACCES);
	return ask_from(c);
}

static const struct command *const commands[] = { &copy, &file_prompt };
static const struct command_list list = { commands, ARRAY_LEN(commands) };
const struct feature feature_exec_copy = { .commands = &list };
