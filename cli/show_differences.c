/* show archive config differences and incremental-diffs: configurations
 * compared line by line of their trees, not of their texts. */
#include "cli/confmgmt.h"
#include "cli/json_config.h"

#include <errno.h>
#include <string.h>

#define NO_CHANGES "!No changes were found\n"

/* One side of a comparison: the running tree, or one read from a file. */
struct side {
	const struct tree *tree;
	struct router read;
};

/* Reads the file; false after saying why not. */
static bool read_config(struct cmd_call *c, const struct file_url *u,
	const char *text, bool known, struct sbuf *out)
{
	int err = known ? file_get(c->router, u, out) : -ENODEV;

	if (!known)
		sbuf_printf(c->out, "%%Error opening %s (%s)\n", text,
			strerror(-err));
	else if (err != 0)
		file_error("opening", u, err, c->out);
	return err == 0;
}

static bool side_init(struct cmd_call *c, const char *text, struct side *s)
{
	auto_sbuf struct sbuf file = { 0 };
	struct file_url u;
	bool known = file_url_parse(text, FS_FLASH, &u);
	bool ok = true;

	*s = (struct side){ 0 };
	if (known && file_is_running(&u)) {
		s->tree = c->router->tree;
	} else if (read_config(c, &u, text, known, &file)) {
		config_tree_init(
			&s->read, c->router, sbuf_str(&file), NULL, NULL);
		s->tree = s->read.tree;
	} else {
		ok = false;
	}
	file_url_free(&u);
	return ok;
}

static void side_fini(struct side *s)
{
	if (s->read.tree != NULL)
		config_tree_fini(&s->read);
}

static int compare(struct cmd_call *c, const char *from, const char *to)
{
	auto_sbuf struct sbuf diff = { 0 };
	struct side x = { 0 }, y = { 0 };
	bool ok = side_init(c, from, &x) && side_init(c, to, &y);

	if (ok && c->json)
		cmd_json(c, changes_json(x.tree, y.tree));
	else if (ok)
		tree_compare(x.tree, y.tree, &diff);
	side_fini(&x);
	side_fini(&y);
	if (!ok)
		return CMD_FAILED;
	if (c->json)
		return CMD_DONE;
	if (diff.n == 0)
		sbuf_adds(c->out, NO_CHANGES);
	else
		sbuf_printf(c->out, "!Contextual Config Diffs:\n%s",
			sbuf_str(&diff));
	return CMD_DONE;
}

static int exec_differences(struct cmd_call *c)
{
	const char *a = drv_str(c->drv, "a"), *b = drv_str(c->drv, "b");

	/* One file alone is the older; none: what a reload would undo. */
	return compare(c, a == NULL ? "nvram:startup-config" : a,
		b == NULL ? "system:running-config" : b);
}

#define HELP_CONFIG                                                            \
	"show  Show running system information\n"                              \
	"archive  Archive functions\n"                                         \
	"config  Archived configurations\n"

static const struct command show_differences = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = "show archive config differences [<a:file> [<b:file>]] "
		   "[ignorecase]",
	.help = HELP_CONFIG
	"differences  Display the differences between configurations\n"
	"<a>  First file\n"
	"<b>  Second file\n"
	"ignorecase  Ignore the case of letters\n",
	.flags = CMD_PIPE,
	.exec = exec_differences,
	.sample = "show archive config differences\n"
		  "show archive config differences nvram:startup-config\n"
		  "show archive config differences system:running-config "
		  "flash:new.cfg",
};

/* What would change if the file were copied to the running configuration. */
static int exec_incremental(struct cmd_call *c)
{
	auto_sbuf struct sbuf file = { 0 }, both = { 0 }, diff = { 0 };
	const char *name = drv_str(c->drv, "file");
	struct router x;
	struct file_url u;
	bool known = file_url_parse(name, FS_FLASH, &u);
	bool ok = read_config(c, &u, name, known, &file);

	file_url_free(&u);
	if (!ok)
		return CMD_FAILED;
	tree_print(c->router->tree, NULL, false, &both);
	sbuf_add(&both, sbuf_str(&file), file.n);
	config_tree_init(&x, c->router, sbuf_str(&both), NULL, NULL);
	if (c->json)
		cmd_json(c, changes_json(c->router->tree, x.tree));
	else
		tree_diff(c->router->tree, x.tree, &diff);
	config_tree_fini(&x);
	if (c->json)
		return CMD_DONE;
	if (diff.n == 0)
		sbuf_adds(c->out, NO_CHANGES);
	else
		sbuf_printf(
			c->out, "!List of Commands:\n%send\n", sbuf_str(&diff));
	return CMD_DONE;
}

static const struct command show_incremental = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = "show archive config incremental-diffs <file:file> "
		   "[ignorecase]",
	.help = HELP_CONFIG
	"incremental-diffs  Display the commands that a file would add\n"
	"<file>  File to be compared with the running configuration\n"
	"ignorecase  Ignore the case of letters\n",
	.flags = CMD_PIPE,
	.exec = exec_incremental,
	.sample = "show archive config incremental-diffs flash:merge.cfg",
};

static const struct command *const list[] = { &show_differences,
	&show_incremental };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_show_differences = { .commands = &commands };
