/* Changes to a tree: check / apply / settle, with the way back. */
#include "parser/commit.h"
#include "parser/diff.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct observer {
	struct subscriber s;
	bool touched;
};

/* An inverse.  Nodes taken out live on here, so that the pointers in older
 * entries stay good. */
struct change {
	enum { CHANGE_ADD, CHANGE_REMOVE, CHANGE_ALTER } kind;
	struct node *section, *node;
	uint64_t serial;        /* REMOVE: its place */
	struct derivation *drv; /* ALTER: the line before */
	bool negated;
};

struct commit {
	struct tree *tree;
	struct observer *v;
	size_t n;
	uint64_t generation;
	bool recording;
	struct change *journal;
	size_t n_journal, cap_journal;
};

struct commit *commit_new(struct tree *t)
{
	struct commit *c = xcalloc(1, sizeof(*c));

	c->tree = t;
	return c;
}

void commit_free(struct commit *c)
{
	if (c == NULL)
		return;
	commit_end(c, false);
	free(c->journal);
	free(c->v);
	free(c);
}

void commit_subscribe(struct commit *c, const struct subscriber *s)
{
	c->v = xreallocarray(c->v, c->n + 1, sizeof(*c->v));
	c->v[c->n++] = (struct observer){ .s = *s };
}

bool commit_dirty(const struct commit *c)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].touched)
			return true;
	return false;
}

uint64_t commit_generation(const struct commit *c)
{
	return c->generation;
}

void commit_settle(struct commit *c)
{
	for (size_t i = 0; i < c->n; i++) {
		if (!c->v[i].touched)
			continue;
		c->v[i].touched = false;
		if (c->v[i].s.settle != NULL)
			c->v[i].s.settle(c->v[i].s.ctx, c->tree);
	}
}

/* --- who is concerned --- */

static bool cares_for(const struct subscriber *s, const struct command *c)
{
	for (const struct command *const *k = s->commands; *k != NULL; k++)
		if (*k == c)
			return true;
	return false;
}

/* A line of that command in that section: is it, or is it below, one that the
 * subscriber cares for? */
static bool is_concerned(const struct subscriber *s, const struct node *section,
	const struct command *c)
{
	if (cares_for(s, c))
		return true;
	for (; section->drv != NULL; section = section->parent)
		if (cares_for(s, section->drv->prog->cmd))
			return true;
	return false;
}

static void touch(
	struct commit *c, const struct node *section, const struct node *n)
{
	for (size_t i = 0; i < c->n; i++)
		if (!c->v[i].touched &&
			is_concerned(&c->v[i].s, section, n->drv->prog->cmd))
			c->v[i].touched = true;
	for (const struct node *x = node_first(n); x != NULL; x = node_next(x))
		touch(c, n, x);
}

static int check(struct commit *c, const struct node *section,
	const struct node *old, const struct node *new, struct sbuf *why)
{
	const struct node *n = new != NULL ? new : old;

	for (size_t i = 0; i < c->n; i++) {
		const struct subscriber *s = &c->v[i].s;

		if (s->check != NULL &&
			is_concerned(s, section, n->drv->prog->cmd) &&
			s->check(s->ctx, c->tree, section, old, new, why) != 0)
			return -1;
	}
	return 0;
}

void commit_notice(
	const struct commit *c, const struct node *n, struct sbuf *why)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct subscriber *s = &c->v[i].s;
		size_t before = why->n;

		if (s->check == NULL ||
			!is_concerned(s, n->parent, n->drv->prog->cmd))
			continue;
		if (s->check(s->ctx, c->tree, n->parent, n, n, why) != 0)
			sbuf_trunc(why, before);
		else if (why->n > before && why->s[why->n - 1] != '\n')
			sbuf_addc(why, '\n');
	}
}

/* A section takes its lines with it: those who care for one of them, but not
 * for the section, are asked, too. */
static int check_below(struct commit *c, const struct subscriber *s,
	const struct node *section, struct sbuf *why)
{
	for (const struct node *n = node_first(section); n != NULL;
		n = node_next(n)) {
		if (cares_for(s, n->drv->prog->cmd)) {
			if (s->check(s->ctx, c->tree, section, n, NULL, why) !=
				0)
				return -1;
		} else if (check_below(c, s, n, why) != 0) {
			return -1;
		}
	}
	return 0;
}

static int check_remove(
	struct commit *c, const struct node *n, struct sbuf *why)
{
	if (check(c, n->parent, n, NULL, why) != 0)
		return -1;
	for (size_t i = 0; i < c->n; i++) {
		const struct subscriber *s = &c->v[i].s;

		if (s->check != NULL &&
			!is_concerned(s, n->parent, n->drv->prog->cmd) &&
			check_below(c, s, n, why) != 0)
			return -1;
	}
	return 0;
}

/* --- the three changes --- */

static void record(struct commit *c, struct change change)
{
	c->generation++;
	if (!c->recording) {
		if (change.kind == CHANGE_REMOVE)
			node_free(change.node);
		derivation_free(change.drv);
		return;
	}
	if (c->n_journal == c->cap_journal) {
		c->cap_journal = c->cap_journal == 0 ? 64 : 2 * c->cap_journal;
		c->journal = xreallocarray(
			c->journal, c->cap_journal, sizeof(*c->journal));
	}
	c->journal[c->n_journal++] = change;
}

static void apply_add(struct commit *c, struct node *section, struct node *n)
{
	node_link(c->tree, section, n);
	touch(c, section, n);
	record(c, (struct change){
			  .kind = CHANGE_ADD, .section = section, .node = n });
}

static void apply_remove(struct commit *c, struct node *n)
{
	struct node *section = n->parent;

	touch(c, section, n);
	node_unlink(n);
	record(c, (struct change){ .kind = CHANGE_REMOVE,
			  .section = section,
			  .node = n,
			  .serial = n->serial });
}

/* Takes drv. */
static void apply_alter(
	struct commit *c, struct node *n, struct derivation *drv, bool negated)
{
	touch(c, n->parent, n);
	node_swap(n, &drv, &negated);
	record(c, (struct change){ .kind = CHANGE_ALTER,
			  .node = n,
			  .drv = drv,
			  .negated = negated });
}

static void change_undo(struct commit *c, struct change *ch)
{
	switch (ch->kind) {
	case CHANGE_ADD:
		touch(c, ch->section, ch->node);
		node_unlink(ch->node);
		node_free(ch->node);
		break;
	case CHANGE_REMOVE:
		ch->node->serial = ch->serial;
		node_link(c->tree, ch->section, ch->node);
		touch(c, ch->section, ch->node);
		break;
	case CHANGE_ALTER:
		node_swap(ch->node, &ch->drv, &ch->negated);
		touch(c, ch->node->parent, ch->node);
		derivation_free(ch->drv);
		break;
	}
	c->generation++;
}

void commit_begin(struct commit *c)
{
	assert(!c->recording);
	c->recording = true;
}

void commit_end(struct commit *c, bool rollback)
{
	c->recording = false;
	while (c->n_journal > 0) {
		struct change *ch = &c->journal[--c->n_journal];

		if (rollback) {
			change_undo(c, ch);
			continue;
		}
		if (ch->kind == CHANGE_REMOVE)
			node_free(ch->node);
		derivation_free(ch->drv);
	}
}

/* --- one line --- */

/* The node that a `no` line means.  Where the key may be left out (a list's
 * entry without its number), the rest must be equal. */
static struct node *node_meant(
	const struct node *section, const struct match *m)
{
	if (derivation_has_key(m->drv) || !m->drv->prog->has_key)
		return node_like(section, m->drv);
	return node_twin(section, m->drv);
}

static enum commit_result remove_line(
	struct commit *c, struct node *n, struct sbuf *why)
{
	if (n == NULL)
		return COMMIT_OK;
	if (check_remove(c, n, why) != 0)
		return COMMIT_REFUSED;
	apply_remove(c, n);
	return COMMIT_OK;
}

/* Does `no` take away lines of this command that say more than it? */
static bool is_undone(const struct command *cmd)
{
	return (cmd->flags & CMD_HARMLESS) != 0 &&
	       (cmd->flags & (CMD_DEFAULT_ON | CMD_UNDOES)) != CMD_DEFAULT_ON;
}

/* The first kept line in or after n that begins with this text. */
static struct node *line_beginning(struct node *n, const char *text)
{
	size_t len = strlen(text);

	for (; n != NULL; n = node_next(n)) {
		auto_sbuf struct sbuf line = { 0 };

		if (n->negated || !is_undone(n->drv->prog->cmd))
			continue;
		node_line(n, &line);
		if (strncmp(sbuf_str(&line), text, len) == 0 &&
			(line.s[len] == '\0' || line.s[len] == ' '))
			return n;
	}
	return NULL;
}

size_t commit_undo(struct commit *c, struct node *section, const char *text,
	struct sbuf *why, enum commit_result *result)
{
	struct node *n = line_beginning(node_first(section), text), *next;
	size_t count = 0;

	*result = COMMIT_OK;
	for (; n != NULL && *result == COMMIT_OK; n = next) {
		next = line_beginning(node_next(n), text);
		*result = remove_line(c, n, why);
		count++;
	}
	return count;
}

/* `no neighbor A`, `no route-map M`, `no ip prefix-list P`: all kept lines that
 * begin so.  False: there are none. */
static bool undo_lines(struct commit *c, struct node *section,
	const struct derivation *d, struct sbuf *why,
	enum commit_result *result)
{
	auto_sbuf struct sbuf text = { 0 };

	print_command(d->prog->cmd, d, false, &text);
	return commit_undo(c, section, sbuf_str(&text), why, result) > 0;
}

/* Takes n, a line that is in no tree. */
static enum commit_result set_line(struct commit *c, struct node *section,
	struct node *n, struct node **out, struct sbuf *why)
{
	struct node *old = node_like(section, n->drv);
	enum commit_result result = COMMIT_OK;

	if (is_default_line(n->drv, n->negated)) {
		result = remove_line(c, old, why);
		node_free(n);
		return result;
	}
	if (old != NULL && old->negated == n->negated &&
		derivation_equal(old->drv, n->drv)) {
		*out = old;
	} else if (check(c, section, old, n, why) != 0) {
		result = COMMIT_REFUSED;
	} else if (old != NULL) {
		apply_alter(c, old, n->drv, n->negated);
		n->drv = NULL;
		*out = old;
	} else {
		apply_add(c, section, n);
		*out = n;
		return COMMIT_OK;
	}
	node_free(n);
	return result;
}

bool commit_remove(struct commit *c, struct node *n, struct sbuf *why)
{
	return remove_line(c, n, why) == COMMIT_OK;
}

bool commit_text(struct commit *c, struct node *section, uint16_t mode,
	const char *line, struct sbuf *why)
{
	struct node *into;
	struct match m;
	bool ok;

	match_line(c->tree->grammar, mode, 15, line, &m);
	ok = m.kind == MATCH_OK &&
	     commit_line(c, section, &m, &into, why) == COMMIT_OK;
	match_free(&m);
	return ok;
}

static bool is_permitted(struct commit *c, struct node *section,
	const struct match *m, struct sbuf *why)
{
	const struct cmd_typed t = { .commit = c,
		.command = m->cmd,
		.section = section,
		.old = m->negated || m->to_default ? node_meant(section, m)
						   : node_like(section, m->drv),
		.drv = m->drv,
		.negated = m->negated,
		.to_default = m->to_default };

	return m->cmd->typed == NULL || m->cmd->typed(&t, why) == 0;
}

enum commit_result commit_line(struct commit *c, struct node *section,
	struct match *m, struct node **out, struct sbuf *why)
{
	const struct command *cmd = m->cmd;
	bool stays = m->negated && (cmd->flags & CMD_DEFAULT_ON) != 0;
	enum commit_result result;
	struct node *n;

	assert(m->kind == MATCH_OK && cmd->exec == NULL);
	*out = NULL;
	if (m->negated && (is_undone(cmd) || node_meant(section, m) == NULL) &&
		undo_lines(c, section, m->drv, why, &result)) {
		match_free(m);
		return result;
	}
	if (!is_permitted(c, section, m, why)) {
		match_free(m);
		return COMMIT_REFUSED;
	}
	if (m->to_default || (m->negated && !stays)) {
		result = remove_line(c, node_meant(section, m), why);
		match_free(m);
		return result;
	}
	n = node_new(m->drv, m->negated);
	m->drv = NULL;
	n->tree = c->tree;
	n->parent = section;
	if (n->negated)
		derivation_strip(n->drv);
	else if (cmd->fixup != NULL &&
		 cmd->fixup(c->tree, section, n, why) != 0) {
		node_free(n);
		return COMMIT_REFUSED;
	}
	derivation_normalise(n->drv);
	result = set_line(c, section, n, out, why);
	if (*out != NULL && (cmd->enters == 0 || (*out)->negated))
		*out = NULL;
	return result;
}

/* --- a whole tree --- */

struct replace {
	struct commit *c;
	struct sbuf *why;
	size_t edits;
};

/* One text per refusal, each on its line. */
static bool refused(struct replace *r, int rc, size_t before)
{
	if (r->why->n > before && r->why->s[r->why->n - 1] != '\n')
		sbuf_addc(r->why, '\n');
	return rc != 0;
}

static void replace_remove(void *ctx, struct node *from)
{
	struct replace *r = ctx;
	size_t before = r->why->n;

	if (refused(r, check_remove(r->c, from, r->why), before))
		return;
	apply_remove(r->c, from);
	r->edits++;
}

static void replace_add(void *ctx, struct node *section, const struct node *to)
{
	struct replace *r = ctx;
	size_t before = r->why->n;
	struct node *n = node_new(derivation_dup(to->drv), to->negated);

	n->tree = r->c->tree;
	n->parent = section;
	if (refused(r, check(r->c, section, NULL, n, r->why), before)) {
		node_free(n);
		return;
	}
	apply_add(r->c, section, n);
	r->edits++;
	for (const struct node *x = node_first(to); x != NULL; x = node_next(x))
		if ((x->drv->prog->cmd->flags & CMD_NO_SAVE) == 0)
			replace_add(r, n, x);
}

static void replace_alter(void *ctx, struct node *from, const struct node *to)
{
	struct replace *r = ctx;
	size_t before = r->why->n;

	if (refused(r, check(r->c, from->parent, from, to, r->why), before))
		return;
	apply_alter(r->c, from, derivation_dup(to->drv), to->negated);
	r->edits++;
}

static void replace_move(void *ctx, struct node *from)
{
	struct replace *r = ctx;
	struct node *section = from->parent;
	struct node *copy = node_dup(r->c->tree, from);

	apply_remove(r->c, from);
	apply_add(r->c, section, copy);
	r->edits++;
}

static void replace_enter(void *ctx, const struct node *from)
{
	(void)ctx;
	(void)from;
}

static void replace_leave(void *ctx)
{
	(void)ctx;
}

size_t commit_replace(
	struct commit *c, const struct tree *target, struct sbuf *why)
{
	static const struct diff_ops ops = { .remove = replace_remove,
		.add = replace_add,
		.alter = replace_alter,
		.move = replace_move,
		.enter = replace_enter,
		.leave = replace_leave };
	struct replace r = { .c = c, .why = why };

	diff_walk(c->tree->root, target->root, &ops, &r);
	return r.edits;
}
