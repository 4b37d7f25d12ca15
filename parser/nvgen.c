/* The tree as the running-config shows it. */
#include "parser/tree_priv.h"

struct printer {
	const struct tree *tree;
	bool all;
	struct sbuf *out;
};

void node_line(const struct node *n, struct sbuf *out)
{
	if (n->drv != NULL)
		print_command(n->drv->prog->cmd, n->drv, n->negated, out);
}

static void print_children(
	const struct printer *p, const struct node *section, size_t indent);

static void print_node(
	const struct printer *p, const struct node *n, size_t indent)
{
	if ((n->drv->prog->cmd->flags & CMD_NO_SAVE) != 0)
		return;
	sbuf_pad(p->out, ' ', indent);
	node_line(n, p->out);
	sbuf_addc(p->out, '\n');
	if (n->drv->prog->cmd->enters != 0 && !n->negated)
		print_children(p, n, indent + 1);
}

/* Is this default printed where the section has no such line? */
static bool shows_default(const struct printer *p, const struct node *section,
	const struct prog *prog)
{
	uint16_t flags = prog->cmd->flags;

	if ((flags & CMD_NO_SAVE) != 0 || prog->cmd->enters != 0)
		return false;
	if (!p->all && (flags & CMD_PRINT_DEFAULT) == 0)
		return false;
	return node_find(section, prog->cmd, "") == NULL;
}

/* At the top level `!` stands after each section and between the groups. */
struct grouping {
	bool top, any, closed;
	uint16_t order;
};

static void group_next(
	const struct printer *p, struct grouping *g, const struct prog *prog)
{
	if (!g->top)
		return;
	if (g->any && !g->closed && g->order != prog->cmd->order)
		sbuf_adds(p->out, "!\n");
	g->any = true;
	g->closed = false;
	g->order = prog->cmd->order;
}

static void print_children(
	const struct printer *p, const struct node *section, size_t indent)
{
	const struct mode *m =
		grammar_find(p->tree->grammar, node_mode(section));
	struct grouping g = { .top = section->drv == NULL };
	size_t k = 0, n_defaults = m != NULL ? m->defaults.n : 0;

	for (struct node *n = node_first(section);; n = node_next(n)) {
		for (; k < n_defaults &&
			(n == NULL || prog_place_cmp(m->defaults.v[k],
					      n->drv->prog) < 0);
			k++) {
			const struct prog *d = m->defaults.v[k];

			if (!shows_default(p, section, d))
				continue;
			group_next(p, &g, d);
			print_node(p, d->deflt_node, indent);
		}
		if (n == NULL)
			break;
		if ((n->drv->prog->cmd->flags & CMD_NO_SAVE) != 0)
			continue;
		group_next(p, &g, n->drv->prog);
		print_node(p, n, indent);
		if (g.top && n->drv->prog->cmd->enters != 0) {
			sbuf_adds(p->out, "!\n");
			g.closed = true;
		}
	}
	if (g.any && !g.closed)
		sbuf_adds(p->out, "!\n");
}

void tree_print(const struct tree *t, const struct node *from, bool all,
	struct sbuf *out)
{
	struct printer p = { .tree = t, .all = all, .out = out };

	if (from == NULL || from->drv == NULL)
		print_children(&p, t->root, 0);
	else
		print_node(&p, from, 0);
}
