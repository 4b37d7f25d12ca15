/* configure replace: the running configuration becomes what a file says, with
 * the fewest edits, or stays as it is (ios-cli.md 4). */
#include "cli/confmgmt.h"

#include <bsd/string.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define PASSES_MAX 5

struct faults {
	struct sbuf *out;
	size_t n;
};

static void on_fault(
	void *ctx, unsigned line_no, const char *line, const char *printed)
{
	struct faults *f = ctx;

	(void)printed;
	sbuf_printf(f->out, "Failed to apply command %s (line %u)\n", line,
		line_no);
	f->n++;
}

/* Edits until nothing differs: what depends on another edit may need a second
 * pass.  Returns the passes, *rest the edits that were refused. */
static unsigned edit(struct router *r, const struct tree *target, bool list,
	struct sbuf *rest, struct sbuf *why, struct sbuf *out)
{
	unsigned passes = 0;
	size_t edits = 1;

	tree_diff(r->tree, target, rest);
	while (rest->n > 0 && edits > 0 && passes < PASSES_MAX) {
		passes++;
		if (list)
			sbuf_printf(out,
				"!Pass %u\n\n!List of Commands:\n%send\n\n",
				passes, sbuf_str(rest));
		sbuf_trunc(why, 0);
		edits = commit_replace(r->commit, target, why);
		sbuf_trunc(rest, 0);
		tree_diff(r->tree, target, rest);
	}
	return passes;
}

static int replace_tree(struct router *r, const struct tree *target, bool list,
	const char *by, struct sbuf *out)
{
	auto_sbuf struct sbuf rest = { 0 }, why = { 0 };

	commit_begin(r->commit);
	unsigned passes = edit(r, target, list, &rest, &why, out);

	commit_end(r->commit, rest.n > 0);
	commit_settle(r->commit);
	if (rest.n > 0) {
		sbuf_printf(out,
			"%sThe rollback configlet from the last pass is "
			"listed below:\n********\n%s********\n\n"
			"Rollback aborted after %u passes\n"
			"The original configuration has been successfully "
			"restored.\n",
			sbuf_str(&why), sbuf_str(&rest), passes);
		return CMD_FAILED;
	}
	if (passes > 0) {
		r->changed_wall = (uint64_t)time(NULL);
		strlcpy(r->changed_by, by, sizeof(r->changed_by));
		config_report(r, "replacement", by[0] != '\0' ? by : "console");
	}
	sbuf_printf(
		out, "Total number of passes: %u\nRollback Done\n\n", passes);
	return CMD_DONE;
}

int config_replace(struct router *r, const char *text, bool list,
	const char *by, struct sbuf *out)
{
	struct faults f = { .out = out };
	struct router target;
	int result = CMD_FAILED;

	config_tree_init(&target, r, text, on_fault, &f);
	if (f.n == 0)
		result = replace_tree(r, target.tree, list, by, out);
	else
		sbuf_adds(out, "Rollback aborted, the configuration is "
			       "unchanged\n");
	config_tree_fini(&target);
	return result;
}

/* The command. */

struct replacement {
	struct router *router;
	struct session *session;
	struct file_url url;
	struct sbuf text; /* of a local file */
	struct transfer *transfer;
	bool list;
	unsigned minutes; /* to confirm; 0: final */
};

static void replacement_free(struct replacement *p)
{
	if (p->transfer != NULL)
		transfer_cancel(p->transfer);
	if (p->text.s != NULL)
		mem_wipe(p->text.s, p->text.n);
	sbuf_free(&p->text);
	file_url_free(&p->url);
	free(p);
}

static void replacement_break(void *ctx)
{
	struct replacement *p = ctx;
	struct session *s = p->session;

	replacement_free(p);
	session_done(s, CMD_FAILED);
}

static int replacement_fail(struct replacement *p, int err)
{
	auto_sbuf struct sbuf out = { 0 };

	file_error("opening", &p->url, err, &out);
	session_write(p->session, sbuf_str(&out), out.n);
	replacement_free(p);
	return CMD_FAILED;
}

/* An empty file is not a configuration without lines, but a mistake. */
static bool is_config(const struct sbuf *text)
{
	const char *p = sbuf_str(text);

	if (memchr(p, '\0', text->n) != NULL)
		return false;
	while (*p != '\0') {
		p += strspn(p, " \t\r\n");
		if (*p != '\0' && *p != '!' && strncmp(p, "end", 3) != 0)
			return true;
		p += strcspn(p, "\n");
	}
	return false;
}

/* The text is there. */
static int replace_now(struct replacement *p)
{
	auto_sbuf struct sbuf out = { 0 };
	struct session *s = p->session;
	int result = CMD_FAILED;

	if (!is_config(&p->text)) {
		sbuf_adds(&out, "The input file is not a valid config file.\n");
	} else if (config_lock_permits(p->router, s, &out) &&
		   (p->minutes == 0 ||
			   rollback_start(s, p->minutes, false, &out))) {
		result = config_replace(p->router, sbuf_str(&p->text), p->list,
			session_user(s), &out);
		if (result != CMD_DONE && p->minutes != 0)
			rollback_forget(p->router->confmgmt);
	}
	session_write(s, sbuf_str(&out), out.n);
	replacement_free(p);
	return result;
}

static void on_fetched(
	void *ctx, int err, const char *why, const void *data, size_t n)
{
	struct replacement *p = ctx;
	struct session *s = p->session;

	(void)why;
	p->transfer = NULL;
	if (err != 0) {
		session_done(s, replacement_fail(p, err));
		return;
	}
	sbuf_add(&p->text, data, n);
	session_done(s, replace_now(p));
}

static int replace_go(struct replacement *p)
{
	struct net_url net;

	if (p->url.fs != FS_NETWORK)
		return replace_now(p);
	net_url_parse(p->url.name, &net);
	p->transfer = file_transfer(p->router, &net, NULL, 0, on_fetched, p);
	net_url_free(&net);
	if (p->transfer == NULL)
		return replacement_fail(p, -ENODEV);
	session_on_break(p->session, replacement_break, p);
	return CMD_PENDING;
}

static int replace_answer(struct session *s, const char *answer, void *ctx)
{
	struct replacement *p = ctx;
	size_t n = strlen(answer);

	(void)s;
	if (n > 0 && strncasecmp("yes", answer, n) == 0)
		return replace_go(p);
	replacement_free(p);
	return CMD_DONE;
}

static int replace_ask(struct replacement *p)
{
	static const char text[] =
		"This will apply all necessary additions and deletions\n"
		"to replace the current running configuration with the\n"
		"contents of the specified configuration file, which is\n"
		"assumed to be a complete configuration, not a partial\n";

	session_write(p->session, text, sizeof(text) - 1);
	session_on_break(p->session, replacement_break, p);
	return session_ask(p->session, ASK_LINE,
		"configuration. Enter Y if you are sure you want to proceed. ? "
		"[no]: ",
		replace_answer, p);
}

static int exec_replace(struct cmd_call *c)
{
	const char *name = drv_str(c->drv, "url");
	struct replacement *p = xcalloc(1, sizeof(*p));
	int err = 0;

	p->router = c->router;
	p->session = c->session;
	p->list = drv_has(c->drv, "list");
	if (drv_set(c->drv, "minutes"))
		p->minutes = drv_u32(c->drv, "minutes");
	if (drv_set(c->drv, "timer"))
		p->minutes = drv_u32(c->drv, "timer");
	if (!file_url_parse(name,
		    (enum file_system)session_term(c->session)->file_system,
		    &p->url)) {
		sbuf_printf(
			c->out, "%%Error opening %s (No such device)\n", name);
		replacement_free(p);
		return CMD_FAILED;
	}
	if (p->url.fs != FS_NETWORK)
		err = file_get(c->router, &p->url, &p->text);
	if (err != 0)
		return replacement_fail(p, err);
	return drv_has(c->drv, "force") ? replace_go(p) : replace_ask(p);
}

static const struct command configure_replace = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = "configure replace <url:file> {nolock|list|force|ignorecase|"
		   "revert trigger {error|timer <timer:1-120>}*|"
		   "time <minutes:1-120>}*",
	.help = "configure  Enter configuration mode\n"
		"replace  Replace the running-config with a new config file\n"
		"<url>  URL of config file that will replace running-config\n"
		"nolock  Do not acquire configuration lock\n"
		"list  List contents of config file in each pass\n"
		"force  Forcefully replace without prompting\n"
		"ignorecase  Ignore case while comparing configurations\n"
		"revert  Parameters for reverting the configuration\n"
		"trigger  Trigger for reverting\n"
		"error  Revert to the original configuration upon error\n"
		"timer  Time in minutes to wait for confirmation\n"
		"<timer>  Time in minutes\n"
		"time  Number of minutes to wait for confirmation\n"
		"<minutes>  Time in minutes\n",
	.exec = exec_replace,
	.sample = "configure replace flash:new.cfg\n"
		  "configure replace flash:new.cfg list force\n"
		  "configure replace nvram:startup-config force time 5",
};

static const struct command *const list[] = { &configure_replace };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_exec_replace = { .commands = &commands };
