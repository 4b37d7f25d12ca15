/* Changes to a tree: check / apply / settle (style.md 3.4). */
#ifndef PARSER_COMMIT_H
#define PARSER_COMMIT_H
#include "parser/tree.h"

struct subscriber {
	const char *name;
	/* Commands it cares about: a change of a node of one of them, or below
	 * one, or its loss with the section around it, concerns it.
	 * NULL-terminated. */
	const struct command *const *commands;
	/* Pure; old or new is NULL for creation and removal (new shows values,
	 * not yet in the tree). -1 with *why refuses: printed, nothing changes.
	 * A text with 0 is printed as a notice. May be NULL. */
	int (*check)(void *ctx, const struct tree *t,
		const struct node *section, const struct node *old,
		const struct node *new, struct sbuf *why);
	/* Once per batch after changes that concern it, in order of
	 * registration. Builds its view from the tree. */
	void (*settle)(void *ctx, const struct tree *t);
	void *ctx;
};

struct commit;
struct commit *commit_new(struct tree *t);
void commit_free(struct commit *c);
void commit_subscribe(struct commit *c, const struct subscriber *s);

enum commit_result { COMMIT_OK, COMMIT_REFUSED };
/* Applies a matched configuration line below `section`: sets, replaces or (no,
 * default) removes.  Takes m->drv on success.  *out gets the section entered,
 * or NULL.  why: the text to print. */
enum commit_result commit_line(struct commit *c, struct node *section,
	struct match *m, struct node **out, struct sbuf *why);
/* Removes the kept (CMD_HARMLESS) lines of a section that begin with this text:
 * `crypto map NAME` for all that has the name.  Their number. */
size_t commit_undo(struct commit *c, struct node *section, const char *text,
	struct sbuf *why, enum commit_result *result);
/* What the checks have to say about a line that stands: the notices which it
 * drew when it was entered, one a line. */
void commit_notice(
	const struct commit *c, const struct node *n, struct sbuf *why);
/* For cmd_typed functions.  false with *why: refused. */
bool commit_remove(struct commit *c, struct node *n, struct sbuf *why);
bool commit_text(struct commit *c, struct node *section, uint16_t mode,
	const char *line, struct sbuf *why);
/* Runs settle of every subscriber that was touched. */
void commit_settle(struct commit *c);
bool commit_dirty(const struct commit *c);          /* settle is due */
uint64_t commit_generation(const struct commit *c); /* +1 per change */
/* Records changes until commit_end; rollback takes them back, newest first
 * (without checks; settle is due afterwards).  Not nested. */
void commit_begin(struct commit *c);
void commit_end(struct commit *c, bool rollback);
/* Makes t equal to target (tree of the same grammar) with the fewest edits;
 * texts of refusals are appended to why. Returns the number of edits. */
size_t commit_replace(
	struct commit *c, const struct tree *target, struct sbuf *why);
/* Edits that would do so, as configuration text. */
void tree_diff(
	const struct tree *from, const struct tree *to, struct sbuf *out);
/* What they differ in, for people: lines of `to` alone have a + in front, those
 * of `from` alone a -; the sections around them are named. */
void tree_compare(
	const struct tree *from, const struct tree *to, struct sbuf *out);
/* The same for programs: fn is called for each line, with all that is below it,
 * that `from` (removed) or `to` (added) has alone. */
typedef void tree_change_fn(void *ctx, bool added, const struct node *n);
void tree_changes(const struct tree *from, const struct tree *to,
	tree_change_fn *fn, void *ctx);
#endif
