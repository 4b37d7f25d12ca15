/* The configuration: an ordered tree of lines. */
#include "parser/tree_priv.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

static int node_cmp(const struct node *a, const struct node *b);
RB_GENERATE_STATIC(node_tree, node, rb, node_cmp)

static int int_cmp(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

/* Print order: among ordered ones that of entry, among the rest by key. */
static int node_cmp(const struct node *a, const struct node *b)
{
	int c = prog_place_cmp(a->drv->prog, b->drv->prog);

	if (c == 0 && !prog_is_ordered(a->drv->prog))
		c = derivation_key_cmp(a->drv, b->drv);
	return c != 0 ? c : int_cmp(a->serial, b->serial);
}

struct node *node_new(struct derivation *drv, bool negated)
{
	struct node *n = xcalloc(1, sizeof(*n));

	n->drv = drv;
	n->negated = negated;
	RB_INIT(&n->children);
	return n;
}

void node_free(struct node *n)
{
	struct node *c, *next;

	/* Children are freed as they are met: the hash first, which does not
	 * look at them. */
	HASH_CLEAR(hh, n->by_key);
	HASH_CLEAR(hh, n->by_rest);
	for (c = RB_MIN(node_tree, &n->children); c != NULL; c = next) {
		next = RB_NEXT(node_tree, &n->children, c);
		RB_REMOVE(node_tree, &n->children, c);
		node_free(c);
	}
	derivation_free(n->drv);
	free(n->key);
	free(n->twin);
	free(n);
}

struct tree *tree_new(const struct grammar *g, uint16_t root_mode)
{
	struct tree *t = xcalloc(1, sizeof(*t));

	t->grammar = g;
	t->root_mode = root_mode;
	t->root = node_new(NULL, false);
	t->root->tree = t;
	return t;
}

void tree_free(struct tree *t)
{
	if (t == NULL)
		return;
	node_free(t->root);
	free(t);
}

struct node *tree_root(struct tree *t)
{
	return t->root;
}

const struct grammar *tree_grammar(const struct tree *t)
{
	return t->grammar;
}

size_t tree_nodes(const struct tree *t)
{
	return t->n;
}

uint16_t node_mode(const struct node *section)
{
	if (section->drv == NULL)
		return section->tree->root_mode;
	return section->drv->prog->cmd->enters;
}

/* --- keys --- */

static struct node_key *key_make(const struct derivation *d, size_t *len)
{
	auto_sbuf struct sbuf text = { 0 };
	struct node_key *key;

	derivation_key(d, &text);
	*len = sizeof(*key) + text.n;
	key = xcalloc(1, *len + 1);
	key->cmd = d->prog->cmd;
	memcpy(key->text, sbuf_str(&text), text.n + 1);
	return key;
}

static struct node *key_lookup(
	const struct node *section, const struct node_key *key, size_t len)
{
	struct node *n;

	HASH_FIND(hh, section->by_key, key, len, n);
	return n;
}

struct node *node_like(const struct node *section, const struct derivation *d)
{
	size_t len;
	auto_free struct node_key *key = key_make(d, &len);

	return key_lookup(section, key, len);
}

struct node *node_find(
	const struct node *section, const struct command *c, const char *text)
{
	size_t n = strlen(text), len = sizeof(struct node_key) + n;
	auto_free struct node_key *key = xcalloc(1, len + 1);

	if (section == NULL)
		return NULL;
	key->cmd = c;
	memcpy(key->text, text, n + 1);
	return key_lookup(section, key, len);
}

/* --- twins: equal but for the key --- */

static struct twin *twin_make(const struct derivation *d)
{
	auto_sbuf struct sbuf text = { 0 };
	struct twin *w;

	derivation_rest(d, &text);
	w = xcalloc(1, sizeof(*w) + text.n + 1);
	w->rest.cmd = d->prog->cmd;
	memcpy(w->rest.text, sbuf_str(&text), text.n + 1);
	w->len = sizeof(w->rest) + text.n;
	return w;
}

static void twin_link(struct node *section, struct node *n)
{
	if (!n->drv->prog->key_optional)
		return;
	n->twin = twin_make(n->drv);
	n->twin->node = n;
	HASH_ADD_KEYPTR(
		hh, section->by_rest, &n->twin->rest, n->twin->len, n->twin);
}

static void twin_unlink(struct node *section, struct node *n)
{
	if (n->twin == NULL)
		return;
	HASH_DEL(section->by_rest, n->twin);
	free(n->twin);
	n->twin = NULL;
}

struct node *node_twin(const struct node *section, const struct derivation *d)
{
	auto_free struct twin *like = twin_make(d);
	struct twin *w;

	assert(d->prog->key_optional);
	HASH_FIND(hh, section->by_rest, &like->rest, like->len, w);
	return w != NULL ? w->node : NULL;
}

/* --- links --- */

static bool is_attached(const struct node *n)
{
	while (n->key != NULL && n->parent != NULL)
		n = n->parent;
	return n->drv == NULL;
}

static size_t subtree_adopt(struct node *n, struct tree *t)
{
	size_t count = 1;
	struct node *c;

	n->tree = t;
	RB_FOREACH(c, node_tree, &n->children)
		count += subtree_adopt(c, t);
	return count;
}

void node_link(struct tree *t, struct node *section, struct node *n)
{
	size_t count;

	free(n->key);
	n->key = key_make(n->drv, &n->key_len);
	if (n->serial == 0)
		n->serial = ++t->serial;
	n->parent = section;
	RB_INSERT(node_tree, &section->children, n);
	HASH_ADD_KEYPTR(hh, section->by_key, n->key, n->key_len, n);
	twin_link(section, n);
	count = subtree_adopt(n, t);
	if (is_attached(section))
		t->n += count;
}

void node_unlink(struct node *n)
{
	HASH_DEL(n->parent->by_key, n);
	twin_unlink(n->parent, n);
	RB_REMOVE(node_tree, &n->parent->children, n);
	n->tree->n -= subtree_adopt(n, n->tree);
	n->parent = NULL;
}

void node_swap(struct node *n, struct derivation **drv, bool *negated)
{
	struct derivation *d = n->drv;
	bool neg = n->negated;

	twin_unlink(n->parent, n);
	n->drv = *drv;
	n->negated = *negated;
	twin_link(n->parent, n);
	*drv = d;
	*negated = neg;
}

struct node *node_dup(struct tree *t, const struct node *n)
{
	struct node *out = node_new(derivation_dup(n->drv), n->negated);
	struct node *c;

	out->tree = t;
	RB_FOREACH(c, node_tree, &((struct node *)(uintptr_t)n)->children)
		node_link(t, out, node_dup(t, c));
	return out;
}

bool is_default_line(const struct derivation *d, bool negated)
{
	const struct prog *p = d->prog;

	if (p->cmd->enters != 0)
		return false;
	if (p->deflt != NULL)
		return negated == p->deflt_negated &&
		       derivation_equal(d, p->deflt);
	if ((p->cmd->flags & CMD_DEFAULT_ON) == 0)
		return negated;
	if ((p->cmd->flags & CMD_HARMLESS) != 0)
		return false;
	return !negated && derivation_is_bare(d);
}

struct node *tree_add(struct tree *t, struct node *section, const char *line)
{
	struct match m;
	struct node *n;

	section->tree = t;
	match_line(t->grammar, node_mode(section), 15, line, &m);
	if (m.kind != MATCH_OK || m.cmd->exec != NULL || m.to_default ||
		is_default_line(m.drv, m.negated) ||
		node_like(section, m.drv) != NULL) {
		match_free(&m);
		return NULL;
	}
	n = node_new(m.drv, m.negated);
	if (n->negated)
		derivation_strip(n->drv);
	node_link(t, section, n);
	return n;
}

bool node_rewrite(struct node *n, const char *line)
{
	struct match m;
	bool fits;

	match_line(n->tree->grammar, node_mode(n->parent), 15, line, &m);
	fits = m.kind == MATCH_OK && m.cmd == n->drv->prog->cmd &&
	       !m.to_default;
	if (fits) {
		derivation_free(n->drv);
		n->drv = m.drv;
		n->negated = m.negated;
		m.drv = NULL;
	}
	match_free(&m);
	return fits;
}

/* --- reading --- */

const struct command *node_command(const struct node *n)
{
	return n->drv != NULL ? n->drv->prog->cmd : NULL;
}

const struct derivation *node_drv(const struct node *n)
{
	return n->drv;
}

struct derivation *node_drv_mut(struct node *n)
{
	return n->drv;
}

bool node_negated(const struct node *n)
{
	return n != NULL && n->negated;
}

struct node *node_parent(const struct node *n)
{
	return n->parent;
}

/* The lookups lend nodes for change out of a const section, as strchr does. */
static struct node_tree *children_of(const struct node *section)
{
	return &((struct node *)(uintptr_t)section)->children;
}

struct node *node_first(const struct node *section)
{
	return section != NULL ? RB_MIN(node_tree, children_of(section)) : NULL;
}

struct node *node_next(const struct node *n)
{
	return RB_NEXT(node_tree, , (struct node *)(uintptr_t)n);
}

/* The first child whose command stands with or after p in print order. */
static struct node *first_from(const struct node *section, const struct prog *p)
{
	struct node *best = NULL, *n = RB_ROOT(children_of(section));

	while (n != NULL) {
		if (prog_place_cmp(n->drv->prog, p) >= 0) {
			best = n;
			n = RB_LEFT(n, rb);
		} else {
			n = RB_RIGHT(n, rb);
		}
	}
	return best;
}

struct node *node_child(const struct node *section, const struct command *c,
	const struct node *after)
{
	const struct prog *p;
	struct node *n;

	if (section == NULL)
		return NULL;
	if (after != NULL) {
		n = node_next(after);
	} else {
		p = grammar_prog(section->tree->grammar, c);
		assert(p != NULL);
		n = first_from(section, p);
	}
	while (n != NULL && n->drv->prog->cmd != c) {
		if (n->drv->prog->cmd->order > c->order)
			return NULL;
		n = node_next(n);
	}
	return n;
}

struct node *node_last(const struct node *section, const struct command *c)
{
	const struct prog *p = grammar_prog(section->tree->grammar, c);
	struct node *last = NULL, *n = RB_ROOT(children_of(section));

	assert(p != NULL);
	while (n != NULL) {
		if (prog_place_cmp(n->drv->prog, p) > 0) {
			n = RB_LEFT(n, rb);
		} else {
			last = n;
			n = RB_RIGHT(n, rb);
		}
	}
	while (last != NULL && last->drv->prog != p)
		last = prog_place_cmp(last->drv->prog, p) == 0
			       ? RB_PREV(node_tree, , last)
			       : NULL;
	return last;
}

const struct node *node_get(const struct node *section, const struct command *c)
{
	const struct prog *p;
	struct node *n;

	if (section == NULL || section->tree == NULL)
		return NULL;
	n = node_find(section, c, "");
	if (n != NULL)
		return n;
	p = grammar_prog(section->tree->grammar, c);
	assert(p != NULL);
	return p->deflt_node;
}

bool node_has(const struct node *n, const char *keyword)
{
	return n != NULL && drv_has(n->drv, keyword);
}

uint32_t node_u32(const struct node *n, const char *slot)
{
	return n != NULL ? drv_u32(n->drv, slot) : 0;
}

const char *node_str(const struct node *n, const char *slot)
{
	return n != NULL ? drv_str(n->drv, slot) : NULL;
}

struct ip_addr node_ip(const struct node *n, const char *slot)
{
	return n != NULL ? drv_ip(n->drv, slot) : (struct ip_addr){ 0 };
}

uint32_t node_ip4(const struct node *n, const char *slot)
{
	return n != NULL ? drv_ip4(n->drv, slot) : 0;
}
