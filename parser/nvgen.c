/* The tree as the running-config shows it. */
#include "parser/tree_priv.h"

struct printer {
	const struct tree *tree;
	bool all;
	const struct tree_visitor *visitor;
	void *ctx;
};

void node_line(const struct node *n, struct sbuf *out)
{
	if (n->drv != NULL)
		print_command(n->drv->prog->cmd, n->drv, n->negated, out);
}

static void print_children(
	const struct printer *p, const struct node *section, size_t depth);

static void print_node(
	const struct printer *p, const struct node *n, size_t depth)
{
	if ((n->drv->prog->cmd->flags & CMD_NO_SAVE) != 0)
		return;
	p->visitor->line(p->ctx, n, depth);
	if (n->drv->prog->cmd->enters == 0 || n->negated)
		return;
	print_children(p, n, depth + 1);
	if (n->drv->prog->cmd->closing != NULL && p->visitor->closing != NULL)
		p->visitor->closing(p->ctx, n->drv->prog->cmd->closing, depth);
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
	for (const struct node *n = node_first(section); n != NULL;
		n = node_next(n)) {
		if (n->drv->prog->cmd->instead == prog->cmd)
			return false;
	}
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
		p->visitor->bar(p->ctx);
	g->any = true;
	g->closed = false;
	g->order = prog->cmd->order;
}

/* Sections of this kind stand together, and the next is one. */
static bool joins_next(const struct node *n)
{
	const struct node *next = node_next(n);
	uint16_t order = n->drv->prog->cmd->order;

	return (n->drv->prog->cmd->flags & CMD_ADJACENT) != 0 && next != NULL &&
	       next->drv->prog->cmd->order == order;
}

static void print_children(
	const struct printer *p, const struct node *section, size_t depth)
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
			print_node(p, d->deflt_node, depth);
		}
		if (n == NULL)
			break;
		if ((n->drv->prog->cmd->flags & CMD_NO_SAVE) != 0)
			continue;
		group_next(p, &g, n->drv->prog);
		print_node(p, n, depth);
		if (g.top && n->drv->prog->cmd->enters != 0 && !joins_next(n)) {
			p->visitor->bar(p->ctx);
			g.closed = true;
		}
	}
	if (g.any && !g.closed)
		p->visitor->bar(p->ctx);
}

void tree_visit(const struct tree *t, const struct node *from, bool all,
	const struct tree_visitor *v, void *ctx)
{
	struct printer p = { .tree = t, .all = all, .visitor = v, .ctx = ctx };

	if (from == NULL || from->drv == NULL)
		print_children(&p, t->root, 0);
	else
		print_node(&p, from, 0);
}

static void text_line(void *ctx, const struct node *n, size_t depth)
{
	sbuf_pad(ctx, ' ', depth);
	node_line(n, ctx);
	sbuf_addc(ctx, '\n');
}

static void text_closing(void *ctx, const char *line, size_t depth)
{
	sbuf_pad(ctx, ' ', depth);
	sbuf_printf(ctx, "%s\n", line);
}

static void text_bar(void *ctx)
{
	sbuf_adds(ctx, "!\n");
}

void tree_print(const struct tree *t, const struct node *from, bool all,
	struct sbuf *out)
{
	static const struct tree_visitor text = { text_line, text_bar,
		text_closing };

	tree_visit(t, from, all, &text, out);
}
