/* show archive config differences and incremental-diffs: configurations
 * compared line by line of their trees, not of their texts. */
#include "cli/confmgmt.h"
#include "cli/json_config.h"

#include <errno.h>
#include <string.h>

#define NO_CHANGES "!No changes were found\n"

/* Reads the file; false after saying why not. */
static bool read_config(struct cmd_call *c, const char *text, struct sbuf *out)
{
	struct file_url u;
	bool known = file_url_parse(text, FS_FLASH, &u);
	int err = known ? file_get(c->router, &u, out) : -ENODEV;

	if (!known)
		sbuf_printf(c->out, "%%Error opening %s (%s)\n", text,
			strerror(-err));
	else if (err != 0)
		file_error("opening", &u, err, c->out);
	file_url_free(&u);
	return err == 0;
}

static int compare(struct cmd_call *c, const char *from, const char *to)
{
	auto_sbuf struct sbuf a = { 0 }, b = { 0 }, diff = { 0 };
	struct router x, y;

	if (!read_config(c, from, &a) || !read_config(c, to, &b))
		return CMD_FAILED;
	config_tree_init(&x, c->router, sbuf_str(&a), NULL, NULL);
	config_tree_init(&y, c->router, sbuf_str(&b), NULL, NULL);
	if (c->json)
		cmd_json(c, changes_json(x.tree, y.tree));
	else
		tree_compare(x.tree, y.tree, &diff);
	config_tree_fini(&x);
	config_tree_fini(&y);
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
	struct router x;

	if (!read_config(c, drv_str(c->drv, "file"), &file))
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
