/* A command is declared once: one string parses it, completes it, explains it
 * and prints it (style.md 3).  The parser is generic: modes and value types
 * beyond the built-in ones come from its user. */
#ifndef PARSER_COMMAND_H
#define PARSER_COMMAND_H
#include "base/ip.h"
#include "base/sbuf.h"
#include <stdbool.h>
#include <stdint.h>

struct derivation;
struct node;
struct tree;
struct cmd_call;  /* an executed line; defined by the user (cli/session.h) */

/* Grammar notation:
 *   word          keyword: any unambiguous prefix is read, the whole is written
 *   word~other    reads `other` too, writes `word`
 *   <n:type>      a value; <n!:type> belongs to the node's key; <n:type=D> is
 *                 not written when equal to D; <n:type...> one or more values
 *   {a|b} [a]     choice, option
 *   {a|b}*        each at most once, any order, written in this order
 *   !word         a keyword that belongs to the key
 * Types: 1-100 (range), ip4, mask4, wild4, ip6, prefix4, word, line (the
 * rest), hex, and those registered with value_type_add (acl, ifname, port...).
 * `secret` = [0|5|6|7...] word is a registered type of the user. */

typedef int cmd_exec_fn(struct cmd_call *call);
/* Called when a configuration line was read (not for `no` and `default`),
 * before it enters the tree: may fill in values (next ACL sequence number),
 * or refuse with -1: with a text, or without one to drop the line silently.
 * n's parent is section; lines may be put below n with tree_add. */
typedef int cmd_fixup_fn(struct tree *t, struct node *section, struct node *n,
	struct sbuf *why);

/* A line as somebody types it, before it changes anything. */
struct commit;
struct cmd_typed {
	struct commit *commit;
	const struct command *command;
	struct node *section;
	struct node *old; /* what stands there now; NULL: nothing */
	const struct derivation *drv;
	bool negated, to_default;
};
/* Called for typed lines only, not when one tree takes the place of another:
 * may refuse with -1 (a text, or none to drop the line silently), print a text
 * with 0, and remove or enter other lines (commit_remove, commit_text). */
typedef int cmd_typed_fn(const struct cmd_typed *t, struct sbuf *why);

enum {
	CMD_HIDDEN = 1,      /* parsed, not offered by ? and TAB */
	CMD_HARMLESS = 2,    /* accepted and kept only */
	CMD_NO_SAVE = 4,     /* a configuration command that is never printed */
	CMD_DEFAULT_ON = 8,  /* `no` stays in the tree and prints as `no ...` */
	CMD_PRINT_DEFAULT = 16, /* printed although equal to the default */
	CMD_ORDERED = 32,    /* siblings stay in order of entry, not sorted */
	CMD_PIPE = 64,       /* `?` offers the output filter `|`, too */
	CMD_NEGATABLE = 128, /* an exec command of a configuration mode that
			      * understands `no` (cmd_call.negated); one with
			      * a key does anyway */
	CMD_UNDOES = 256,    /* with CMD_DEFAULT_ON: `no` takes away a line that
			      * stands, and stays itself only where none does */
	CMD_BLOCK = 512,     /* prints on several lines, which other commands
			      * read: not for the self-test */
	CMD_ACT = 1024,      /* an exec command of a configuration mode that
			      * does more than change the configuration: not
			      * run where one is only read */
	CMD_ADJACENT = 2048, /* no `!` parts its sections from each other */
};

#define CMD_LEVEL_ANY 255 /* also at privilege 0 */

struct command {
	uint16_t mode;       /* where it may be typed (user's numbers);
			      * 0: in every configuration mode */
	uint16_t enters;     /* != 0: opens that mode, its lines are children */
	const char *grammar;
	const char *help;    /* "token  text" lines; `word#2` for the second;
			      * `<slot>` for values */
	const char *deflt;   /* the default, as a line of this grammar, also
			      * `no ...`; NULL: absent.  CMD_DEFAULT_ON without
			      * one: its keywords; with CMD_HARMLESS, too:
			      * none, the line is kept as it was typed */
	uint16_t order;      /* place among its siblings when printed */
	uint8_t level;       /* privilege 1..15, or CMD_LEVEL_ANY; 0: 15 in
			      * configuration modes, else 1 */
	uint16_t flags;
	cmd_exec_fn *exec;   /* runs instead of entering the tree */
	cmd_fixup_fn *fixup;
	cmd_typed_fn *typed;
	const char *closing; /* stands below its lines when printed, as
			      * `exit-address-family`; NULL: nothing */
	const struct command *instead; /* whose default is not shown while a
					* line of this one stands */
	const char *sample;  /* lines for the generated tests, \n between */
};

/* Modes: parent is where an unknown command is tried next (0: nowhere). */
struct mode_def {
	uint16_t id, parent;
	const char *prompt;  /* "(config-if)#"; exec modes: ">" / "#" by level */
	const char *title;   /* for ? on an empty line: "Interface configuration" */
	bool config;         /* commands without exec enter the tree */
};

/* A derivation's values. Slot names are the n of <n:type>. Absent: 0, NULL,
 * family 0. An unknown slot name is a programming error and asserts. */
bool drv_has(const struct derivation *d, const char *keyword); /* was it taken?
	* `word#2`: the second of that name in the grammar */
bool drv_set(const struct derivation *d, const char *slot);    /* has a value? */
uint32_t drv_u32(const struct derivation *d, const char *slot);
struct ip_addr drv_ip(const struct derivation *d, const char *slot);
uint32_t drv_ip4(const struct derivation *d, const char *slot); /* host order */
const char *drv_str(const struct derivation *d, const char *slot);
size_t drv_count(const struct derivation *d, const char *slot);
const char *drv_str_at(const struct derivation *d, const char *slot, size_t i);
uint32_t drv_u32_at(const struct derivation *d, const char *slot, size_t i);
/* For fixups: sets a numeric or text slot that the line left out. */
void drv_put_u32(struct derivation *d, const char *slot, uint32_t v);
void drv_put_str(struct derivation *d, const char *slot, const char *s);

/* A value type converts both ways, so that a command needs no code. */
struct value_type {
	const char *name;
	/* Reads one value from tokens t[0..n): number consumed, 0 no match, -1
	 * needs more tokens, *bad_col: where the fault is in t[0] (or, beyond
	 * its length, in the tokens joined by one blank).  What it stores is
	 * what drv_* read and what equality compares: a port name is stored as
	 * its number. */
	int (*parse)(const struct value_type *vt, const char *const *t, size_t n,
		struct sbuf *out, size_t *bad_col);
	/* Canonical text of what parse stored; NULL: as stored. */
	void (*print)(const struct value_type *vt, const char *stored,
		struct sbuf *out);
	/* i-th choice for ? and TAB with help text; NULL at the end.  One
	 * without small letters ("WORD", "<0-9>") stands for an argument.
	 * Types without a list give their display form: "WORD", "A.B.C.D";
	 * with a list, the display form may be one of it. */
	const char *(*choice)(const struct value_type *vt, size_t i,
		const char **help);
	const char *display;
	const char *sample;
	/* Order of two stored values in the running-config; NULL: digits
	 * compare as numbers, the rest as text. */
	int (*cmp)(const char *a, const char *b);
	/* Where parse needs more tokens: the i-th choice for the token after
	 * t[0..n), as `choice` is for the first.  NULL: `?` shows `more`
	 * ("<0-9>"), or the display form if that is missing, too. */
	const char *(*next)(const struct value_type *vt, const char *const *t,
		size_t n, size_t i, const char **help);
	const char *more;
	bool secret;         /* not to be logged */
	bool unread;         /* any words: where a command is CMD_HARMLESS, the
			      * secrets among them are not logged */
};
#endif
