/* interface range (ios-cli.md 7): a session that stands in several interfaces
 * at once.  Its position is the first of them; what that one takes is entered
 * into the others, too. */
#include "cli/cfg_if.h"
#include "cli/session_priv.h"
#include "router/ifname.h"

#include <bsd/string.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RANGE_MAX 512

static int range_exec(struct cmd_call *c);

static const struct command interface_range = {
	.mode = MODE_CONFIG,
	.grammar = "interface range <list:line>",
	.help = "interface  Select an interface to configure\n"
		"range  interface range command\n"
		"<list>  Interfaces: GigabitEthernet0/0 - 3, Loopback1\n",
	.exec = range_exec,
	.sample = "interface range GigabitEthernet0/0 - 3 , Loopback1",
};

void session_range_clear(struct session *s)
{
	for (size_t i = 0; i < s->n_range; i++)
		free(s->range[i]);
	free(s->range);
	s->range = NULL;
	s->n_range = 0;
}

static bool range_add(struct session *s, const char *name)
{
	if (s->n_range == RANGE_MAX)
		return false;
	s->range = xreallocarray(s->range, s->n_range + 1, sizeof(*s->range));
	s->range[s->n_range++] = xstrdup(name);
	return true;
}

static void trim(char *s)
{
	size_t n = strlen(s), lead = strspn(s, " \t");

	while (n > lead && isspace((unsigned char)s[n - 1]))
		n--;
	s[n] = '\0';
	memmove(s, s + lead, n - lead + 1);
}

/* " - 3" at the end of an item: cut off, and its number in *last.  false: it
 * has none. */
static bool end_take(char *item, unsigned long *last)
{
	char *dash = strrchr(item, '-');
	char *digits = dash == NULL ? NULL : dash + 1 + strspn(dash + 1, " \t");

	if (dash == NULL || *digits == '\0' ||
		digits[strspn(digits, "0123456789")] != '\0')
		return false;
	*last = strtoul(digits, NULL, 10);
	*dash = '\0';
	trim(item);
	return true;
}

static bool item_add(struct session *s, char *item)
{
	char name[IFNAME_MAX], next[IFNAME_MAX + 24];
	unsigned long first, last;
	size_t n;

	trim(item);
	if (!end_take(item, &last))
		return ifname_canonical(item, name) && range_add(s, name);
	if (!ifname_canonical(item, name))
		return false;
	n = strlen(name);
	while (n > 0 && isdigit((unsigned char)name[n - 1]))
		n--;
	if (name[n] == '\0')
		return false;
	first = strtoul(name + n, NULL, 10);
	if (last < first || last - first >= RANGE_MAX)
		return false;
	for (; first <= last; first++) {
		snprintf(next, sizeof(next), "%.*s%lu", (int)n, name, first);
		if (!range_add(s, next))
			return false;
	}
	return true;
}

static bool range_read(struct session *s, const char *list)
{
	auto_free char *copy = xstrdup(list);
	char *rest = copy, *item;

	while ((item = strsep(&rest, ",")) != NULL) {
		if (!item_add(s, item))
			return false;
	}
	return s->n_range > 0;
}

static struct node *section_make(
	struct router *r, const char *name, struct sbuf *why)
{
	struct node *root = tree_root(r->tree);
	auto_sbuf struct sbuf line = { 0 };

	sbuf_printf(&line, "interface %s", name);
	commit_text(r->commit, root, MODE_CONFIG, sbuf_str(&line), why);
	return node_find(root, &cfg_interface, name);
}

static int range_exec(struct cmd_call *c)
{
	struct session *s = c->session;
	struct router *r = c->router;
	struct node *first = NULL;

	session_range_clear(s);
	if (!range_read(s, drv_str(c->drv, "list"))) {
		session_range_clear(s);
		sbuf_adds(c->out, "% Invalid interface range\n");
		return CMD_FAILED;
	}
	for (size_t i = 0; i < s->n_range; i++) {
		struct node *n = section_make(r, s->range[i], c->out);

		if (n == NULL) {
			session_range_clear(s);
			return CMD_FAILED;
		}
		first = first != NULL ? first : n;
	}
	position_reset(&s->pos, MODE_CONFIG);
	position_push(&s->pos, MODE_IF, first);
	return CMD_DONE;
}

bool session_range_active(const struct session *s)
{
	const char *line;

	if (s->n_range == 0 || s->pos.mode != MODE_IF || s->pos.depth == 0)
		return false;
	line = s->pos.line[s->pos.depth - 1];
	return strncmp(line, "interface ", 10) == 0 &&
	       strcmp(line + 10, s->range[0]) == 0;
}

void session_range_repeat(struct session *s, const char *line, struct sbuf *why)
{
	struct router *r = s->router;
	struct node *root = tree_root(r->tree);

	for (size_t i = 1; i < s->n_range && session_range_active(s); i++) {
		struct node *n = node_find(root, &cfg_interface, s->range[i]);

		if (n == NULL)
			continue;
		commit_text(r->commit, n, MODE_IF, line, why);
		if (why->n > 0 && why->s[why->n - 1] != '\n')
			sbuf_addc(why, '\n');
	}
}

const char *session_if_prompt(const struct session *s)
{
	const char *line = s->pos.line[s->pos.depth - 1];
	char parent[IFNAME_MAX];

	if (session_range_active(s))
		return "(config-if-range)#";
	return strncmp(line, "interface ", 10) == 0 &&
			       ifname_parent(line + 10, parent, NULL)
		       ? "(config-subif)#"
		       : NULL;
}

static const struct command *const list[] = { &interface_range };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_interface_range = { &commands, NULL };
