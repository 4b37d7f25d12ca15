/* alias MODE NAME LINE, and the aliases that are always there. */
#include "cli/cfg.h"
#include "cli/json.h"
#include "cli/privilege.h"

#include <string.h>

static const struct command cfg_alias = {
	.mode = MODE_CONFIG,
	.order = ORDER_ALIAS,
	.grammar = "alias <mode!:mode_name> <name!:word> <text:line>",
	.help = "alias  Create command alias\n<mode>  Mode\n"
		"<name>  Alias name\n<text>  Text to expand to\n",
	.sample = "alias exec srb show running-config | begin",
};

static const char *const built_in[][2] = {
	{ "h", "help" },
	{ "lo", "logout" },
	{ "p", "ping" },
	{ "r", "resume" },
	{ "s", "show" },
	{ "u", "undebug" },
	{ "un", "undebug" },
	{ "w", "where" },
};

static const char *built_in_text(const char *name, size_t n)
{
	for (size_t i = 0; i < ARRAY_LEN(built_in); i++) {
		if (strncmp(built_in[i][0], name, n) == 0 &&
			built_in[i][0][n] == '\0')
			return built_in[i][1];
	}
	return NULL;
}

static const char *alias_text(
	const struct router *r, uint16_t mode, const char *name, size_t n)
{
	const struct node *root = tree_root(r->tree), *a;

	for (a = node_child(root, &cfg_alias, NULL); a != NULL;
		a = node_child(root, &cfg_alias, a)) {
		const char *own = node_str(a, "name");

		if (strncmp(own, name, n) == 0 && own[n] == '\0' &&
			mode_named(node_str(a, "mode")) == mode)
			return node_str(a, "text");
	}
	return mode == MODE_EXEC ? built_in_text(name, n) : NULL;
}

char *alias_expand(const struct router *r, uint16_t mode, const char *text)
{
	const char *name = text + strspn(text, " \t");
	size_t n = strcspn(name, " \t");
	const char *stands_for = alias_text(r, mode, name, n);
	struct sbuf out = { 0 };

	if (stands_for == NULL || n == 0)
		return NULL;
	sbuf_printf(&out, "%s%s", stands_for, name + n);
	return sbuf_take(&out);
}

static void show_row(const char *name, const char *text, struct sbuf *out)
{
	sbuf_printf(out, "  %-22s%s\n", name, text);
}

static bool replaced(const struct router *r, const char *name)
{
	return alias_text(r, MODE_EXEC, name, strlen(name)) !=
	       built_in_text(name, strlen(name));
}

static void alias_add(
	json_t *list, const char *mode, const char *name, const char *text)
{
	json_t *o = ja_object(list);

	jo_str(o, "mode", mode);
	jo_str(o, "name", name);
	jo_str(o, "command", text);
}

static json_t *aliases_json(const struct router *r, const char *only)
{
	json_t *top = json_object(), *list = jo_array(top, "aliases");
	const struct node *root = tree_root(r->tree), *a;
	bool exec = only == NULL || strcmp(only, "exec") == 0;

	for (size_t i = 0; i < ARRAY_LEN(built_in) && exec; i++) {
		if (!replaced(r, built_in[i][0]))
			alias_add(list, "exec", built_in[i][0], built_in[i][1]);
	}
	for (a = node_child(root, &cfg_alias, NULL); a != NULL;
		a = node_child(root, &cfg_alias, a)) {
		const char *mode = node_str(a, "mode");

		if (only == NULL || strcmp(only, mode) == 0)
			alias_add(list, mode, node_str(a, "name"),
				node_str(a, "text"));
	}
	return top;
}

/* One mode after the other; exec first, with the built-in ones. */
static int exec_show_aliases(struct cmd_call *c)
{
	const struct node *root = tree_root(c->router->tree), *a;
	const char *only = drv_str(c->drv, "mode"), *shown = "exec";
	bool exec = only == NULL || strcmp(only, "exec") == 0;

	if (c->json)
		return cmd_json(c, aliases_json(c->router, only));
	if (exec)
		sbuf_adds(c->out, "Exec mode aliases:\n");
	for (size_t i = 0; i < ARRAY_LEN(built_in) && exec; i++) {
		if (!replaced(c->router, built_in[i][0]))
			show_row(built_in[i][0], built_in[i][1], c->out);
	}
	for (int pass = 0; pass < 2; pass++) {
		for (a = node_child(root, &cfg_alias, NULL); a != NULL;
			a = node_child(root, &cfg_alias, a)) {
			const char *mode = node_str(a, "mode");

			if ((strcmp(mode, "exec") == 0) != (pass == 0) ||
				(only != NULL && strcmp(only, mode) != 0))
				continue;
			if (strcmp(mode, shown) != 0) {
				const struct mode_def *m = grammar_mode(
					c->router->grammar, mode_named(mode));

				sbuf_printf(c->out, "\n%s mode aliases:\n",
					m->title);
				shown = mode;
			}
			show_row(node_str(a, "name"), node_str(a, "text"),
				c->out);
		}
	}
	return CMD_DONE;
}

static const struct command show_aliases = {
	.mode = MODE_EXEC,
	.grammar = "show aliases [<mode:mode_name>]",
	.help = "show  Show running system information\n"
		"aliases  Display alias commands\n<mode>  Mode\n",
	.flags = CMD_PIPE,
	.exec = exec_show_aliases,
	.sample = "show aliases\nshow aliases exec",
};

static const struct command *const list[] = { &cfg_alias, &show_aliases };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_alias = { &commands, NULL };
