/* Lines of real configurations that this router accepts, keeps and prints
 * (clients.md 4): keep_*.def is the table.  Those that mean nothing here are
 * silent; those that would change forwarding or security are never passed off
 * as done: they draw a warning and are listed in show platform unsupported. */
#include "cli/cfg.h"
#include "cli/keep.h"

#include <string.h>

#define WARNING "% Warning: this line is kept but not in force"

/* `no` takes the line away; `no` is kept, too; `no` takes the line away and is
 * kept where none stands; several such lines, in the order of entry; a section
 * among them. */
#define ONE     CMD_HARMLESS
#define BOTH    (CMD_HARMLESS | CMD_DEFAULT_ON)
#define UNDO    (BOTH | CMD_UNDOES)
#define LIST    (UNDO | CMD_ORDERED)
#define SECTION (CMD_HARMLESS | CMD_ORDERED)

#define NO_AAA       "no AAA servers"
#define NO_EEM       "no event manager"
#define NO_IKEV2     "no IKEv2"
#define NO_MULTICAST "no multicast routing"
#define NO_NAT       "no NAT"
#define NO_PEER_MAP  "no IPsec between two peers"
#define NO_PKI       "no certificate server"
#define NO_ROUTING   "no dynamic routing"
#define NO_SLA       "no IP SLA"
#define NO_ZONES     "no zone-based firewall"

static int text_fixup(
	struct tree *t, struct node *section, struct node *n, struct sbuf *why);

#define CLOSING(md)                                                            \
	(md == MODE_ROUTER_AF                ? "exit-address-family"           \
		: md == MODE_ROUTER_TOPOLOGY ? "exit-af-topology"              \
		: md == MODE_ROUTER_AF_IF    ? "exit-af-interface"             \
					     : NULL)

#define K(name, md, ent, ord, fl, lacks, gram)                                 \
	static const struct command keep_##name = { .mode = md,                \
		.enters = ent,                                                 \
		.grammar = gram,                                               \
		.help = keep_help,                                             \
		.order = ord,                                                  \
		.flags = fl,                                                   \
		.closing = CLOSING(ent) };
#define T(name, md, ord)                                                       \
	static const struct command keep_##name = { .mode = md,                \
		.grammar = "<line!:line>",                                     \
		.help = keep_help,                                             \
		.order = ord,                                                  \
		.flags = LIST | CMD_HIDDEN,                                    \
		.fixup = text_fixup };
#include "cli/keep_if.def"
#include "cli/keep_sub.def"
#include "cli/keep_top.def"
#undef K
#undef T

/* Words that end a section inside a section. */
static int leave_exec(struct cmd_call *c)
{
	session_up(c->session);
	return CMD_DONE;
}

#define LEAVE(name, md, word)                                                  \
	static const struct command leave_##name = { .mode = md,               \
		.grammar = word,                                               \
		.help = word "  Exit from this mode\n",                        \
		.exec = leave_exec }
LEAVE(af, MODE_ROUTER_AF, "exit-address-family");
LEAVE(topology, MODE_ROUTER_TOPOLOGY, "exit-af-topology");
LEAVE(af_if, MODE_ROUTER_AF_IF, "exit-af-interface");

static const struct command *const list[] = {
#define K(name, md, ent, ord, fl, lacks, gram) &keep_##name,
#define T(name, md, ord)                       &keep_##name,
#include "cli/keep_if.def"
#include "cli/keep_sub.def"
#include "cli/keep_top.def"
#undef K
#undef T
	&leave_af,
	&leave_topology,
	&leave_af_if,
};

/* By place in the list. */
static const char *const lacks_by_row[] = {
#define K(name, md, ent, ord, fl, lacks, gram) lacks,
#define T(name, md, ord)                       NULL,
#include "cli/keep_if.def"
#include "cli/keep_sub.def"
#include "cli/keep_top.def"
#undef K
#undef T
};

/* A command that somebody types in a section by mistake is not its text. */
static int text_fixup(
	struct tree *t, struct node *section, struct node *n, struct sbuf *why)
{
	struct match m;

	(void)section;
	match_line(tree_grammar(t), MODE_EXEC, 15, node_str(n, "line"), &m);
	bool is_exec = m.kind == MATCH_OK;

	match_free(&m);
	if (is_exec)
		sbuf_adds(why, "% Invalid input detected at '^' marker.\n");
	return is_exec ? -1 : 0;
}

void keep_warn(struct sbuf *why, const char *lacks)
{
	sbuf_adds(why, WARNING);
	if (lacks != NULL)
		sbuf_printf(why, " (%s)", lacks);
	sbuf_addc(why, '\n');
}

bool keep_is_warning(const char *text, const char **lacks, size_t *n)
{
	size_t len = strlen(WARNING);

	if (strncmp(text, WARNING, len) != 0)
		return false;
	text += len;
	*lacks = text + strspn(text, " (");
	*n = strcspn(*lacks, ")\n");
	return true;
}

static int keep_check(void *ctx, const struct tree *t,
	const struct node *section, const struct node *old,
	const struct node *new, struct sbuf *why)
{
	(void)ctx;
	(void)t;
	(void)section;
	(void)old;
	if (new == NULL)
		return 0;
	if (node_negated(new)) { /* what is on in the kernel */
		if (node_command(new) == &keep_if_icmp)
			keep_warn(why, "the kernel sends them");
		return 0;
	}
	for (size_t i = 0; i < ARRAY_LEN(lacks_by_row); i++) {
		if (list[i] != node_command(new))
			continue;
		if (lacks_by_row[i] != NULL)
			keep_warn(why, lacks_by_row[i]);
		break;
	}
	return 0;
}

static void keep_subscribe(struct router *r)
{
	static const struct command *const kept[] = {
#define K(name, md, ent, ord, fl, lacks, gram) &keep_##name,
#define T(name, md, ord)                       &keep_##name,
#include "cli/keep_if.def"
#include "cli/keep_sub.def"
#include "cli/keep_top.def"
#undef K
#undef T
		NULL
	};
	struct subscriber sub = {
		.name = "kept sections", .commands = kept, .check = keep_check
	};

	commit_subscribe(r->commit, &sub);
}

static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_keep = { &commands, keep_subscribe };
