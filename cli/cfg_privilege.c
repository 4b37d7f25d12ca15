/* privilege MODE [all] level N COMMAND: commands move to other levels.  The
 * longest rule that begins a line decides about it. */
#include "cli/cfg.h"
#include "cli/privilege.h"
#include "cli/users.h"

#include <string.h>

/* --- modes by name --- */

static const struct {
	const char *name;
	uint16_t mode;
	const char *help;
} mode_names[] = {
	{ "configure", MODE_CONFIG, "Global configuration mode" },
	{ "crypto-ipsec-profile", MODE_IPSEC_PROFILE,
		"IPSec policy profile mode" },
	{ "crypto-map", MODE_CRYPTO_MAP, "Crypto map config mode" },
	{ "crypto-transform", MODE_TRANSFORM, "Crypto transform config mode" },
	{ "exec", MODE_EXEC, "Exec mode" },
	{ "gdoi-group", MODE_GKM_GROUP, "GDOI group mode" },
	{ "interface", MODE_IF, "Interface configuration mode" },
	{ "ipenacl", MODE_EXT_NACL,
		"IP named extended access-list configuration mode" },
	{ "ipsnacl", MODE_STD_NACL,
		"IP named simple access-list configuration mode" },
	{ "isakmp", MODE_ISAKMP_POLICY, "Crypto ISAKMP policy mode" },
	{ "line", MODE_LINE, "Line configuration mode" },
};

static size_t mode_find(const char *name)
{
	size_t n = strlen(name), found = ARRAY_LEN(mode_names);

	for (size_t i = 0; i < ARRAY_LEN(mode_names); i++) {
		if (strncasecmp(mode_names[i].name, name, n) != 0)
			continue;
		if (mode_names[i].name[n] == '\0')
			return i;
		if (found < ARRAY_LEN(mode_names))
			return ARRAY_LEN(mode_names); /* several */
		found = i;
	}
	return found;
}

uint16_t mode_named(const char *name)
{
	size_t i = mode_find(name);

	return i < ARRAY_LEN(mode_names) ? mode_names[i].mode : 0;
}

static int mode_parse(const struct value_type *vt, const char *const *t,
	size_t n, struct sbuf *out, size_t *bad_col)
{
	size_t i = mode_find(t[0]);

	(void)vt;
	(void)n;
	*bad_col = 0;
	if (i == ARRAY_LEN(mode_names))
		return 0;
	sbuf_adds(out, mode_names[i].name);
	return 1;
}

static const char *mode_choice(
	const struct value_type *vt, size_t i, const char **help)
{
	(void)vt;
	if (i >= ARRAY_LEN(mode_names))
		return NULL;
	*help = mode_names[i].help;
	return mode_names[i].name;
}

void types_mode_register(struct grammar *g)
{
	static const struct value_type type = { .name = "mode_name",
		.parse = mode_parse,
		.choice = mode_choice,
		.display = "exec",
		.sample = "exec" };

	value_type_add(g, &type);
}

/* --- the lines --- */

static const struct command cfg_privilege = {
	.mode = MODE_CONFIG,
	.order = ORDER_ALIAS + 1,
	.grammar = "privilege <mode!:mode_name> [all] level <level:0-15> "
		   "<command!:line>",
	.help = "privilege  Command privilege parameters\n<mode>  Mode\n"
		"all  All suboptions will be set to the same level\n"
		"level  Set privilege level of command\n"
		"<level>  Privilege level\n"
		"<command>  Initial keywords of the command to modify\n",
	.sample = "privilege exec level 5 show running-config\n"
		  "privilege configure all level 7 interface",
};

static int exec_reset(struct cmd_call *c)
{
	auto_sbuf struct sbuf line = { 0 };

	sbuf_printf(&line, "no privilege %s level 1 %s",
		drv_str(c->drv, "mode"), drv_str(c->drv, "command"));
	return config_line(c->router, MODE_CONFIG, tree_root(c->router->tree),
		       sbuf_str(&line), NULL, c->out)
		       ? CMD_DONE
		       : CMD_FAILED;
}

static const struct command reset = {
	.mode = MODE_CONFIG,
	.level = LEVEL_PRIVILEGED,
	.grammar = "privilege <mode:mode_name> reset <command:line>",
	.help = "privilege  Command privilege parameters\n<mode>  Mode\n"
		"reset  Reset privilege level of command\n"
		"<command>  Initial keywords of the command to modify\n",
	.exec = exec_reset,
	.sample = "privilege exec reset show running-config",
};

/* --- rules and commands --- */

/* The next word at *p and its length; 0 at the end. */
static size_t next_word(const char **p)
{
	*p += strspn(*p, " \t");
	return strcspn(*p, " \t");
}

/* Does a rule's word, maybe shortened, mean this one? */
static bool word_means(const char *rule, size_t n, const char *word, size_t len)
{
	return n <= len && strncasecmp(rule, word, n) == 0;
}

/* Is the rule a beginning of the line?  Number of its words, or 0. */
static size_t rule_begins(const char *rule, const char *line)
{
	size_t words = 0, n, len;

	while ((n = next_word(&rule)) > 0) {
		len = next_word(&line);
		if (!word_means(rule, n, line, len))
			return 0;
		rule += n;
		line += len;
		words++;
	}
	return words;
}

static bool rule_of(const struct node *n, uint16_t mode)
{
	return mode_named(node_str(n, "mode")) == mode;
}

bool privilege_allows(
	const struct router *r, uint8_t level, const struct match *m)
{
	const struct node *root = tree_root(r->tree), *n;
	auto_sbuf struct sbuf line = { 0 };
	size_t longest = 0;
	uint8_t need = 0;

	if (level >= LEVEL_PRIVILEGED)
		return true;
	for (n = node_child(root, &cfg_privilege, NULL); n != NULL;
		n = node_child(root, &cfg_privilege, n)) {
		if (!rule_of(n, m->cmd->mode))
			continue;
		if (line.n == 0)
			print_command(m->cmd, m->drv, false, &line);
		size_t words =
			rule_begins(node_str(n, "command"), sbuf_str(&line));

		if (words > longest) {
			longest = words;
			need = (uint8_t)node_u32(n, "level");
		}
	}
	if (longest == 0) /* a deeper rule may have shown it */
		need = grammar_own_level(r->grammar, m->cmd);
	return level >= need;
}

/* What a rule means for a command as a whole: how many of its leading keywords
 * it names (0: none of it), and whether it goes on behind them. */
static size_t rule_names(const struct grammar *g, const struct command *c,
	const char *rule, bool *deeper)
{
	size_t words = 0, n;
	const char *keyword;

	*deeper = false;
	while ((n = next_word(&rule)) > 0) {
		keyword = grammar_keyword(g, c, words);
		if (keyword == NULL) {
			*deeper = true;
			break;
		}
		if (!word_means(rule, n, keyword, strlen(keyword)))
			return 0;
		rule += n;
		words++;
	}
	return words;
}

/* The level that shows a command: that of the longest rule for all of it, or
 * lower where a deeper rule opens a part. -1: its own. */
static int level_of(const struct router *r, const struct command *c)
{
	const struct node *root = tree_root(r->tree), *n;
	int level = -1, part = -1;
	size_t longest = 0;

	for (n = node_child(root, &cfg_privilege, NULL); n != NULL;
		n = node_child(root, &cfg_privilege, n)) {
		int at = (int)node_u32(n, "level");
		bool deeper;

		if (!rule_of(n, c->mode))
			continue;
		size_t words = rule_names(
			r->grammar, c, node_str(n, "command"), &deeper);

		if (words == 0)
			continue;
		if (deeper && (part < 0 || at < part))
			part = at;
		if (!deeper && words > longest) {
			longest = words;
			level = at;
		}
	}
	if (part >= 0 &&
		part < (level >= 0 ? level : grammar_own_level(r->grammar, c)))
		level = part;
	return level;
}

static void privilege_settle(void *ctx, const struct tree *t)
{
	const struct router *r = ctx;
	const struct command *const *v;
	size_t n = grammar_commands(r->grammar, &v);

	(void)t;
	for (size_t i = 0; i < n; i++)
		grammar_level_set(r->grammar, v[i], level_of(r, v[i]));
}

static void privilege_subscribe(struct router *r)
{
	static const struct command *const watched[] = { &cfg_privilege, NULL };
	struct subscriber s = { .name = "privilege",
		.commands = watched,
		.settle = privilege_settle,
		.ctx = r };

	commit_subscribe(r->commit, &s);
}

static const struct command *const list[] = { &cfg_privilege, &reset };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_privilege = { &commands, privilege_subscribe };
