/* The compiled form of a command and what it gives; private to parser/. */
#ifndef PARSER_GRAMMAR_PRIV_H
#define PARSER_GRAMMAR_PRIV_H
#include "base/hash.h"
#include "parser/grammar.h"
#include "parser/match.h"

/* Instructions stand in the order of the grammar string, so that the steps of
 * a derivation sorted by place are the line as it is written. */
enum op { OP_WORD, OP_VALUE, OP_SPLIT, OP_JUMP, OP_MARK, OP_END };
struct insn {
	uint8_t op;
	bool key;            /* belongs to the node's key */
	uint16_t to;         /* JUMP: target; SPLIT: second choice, the first
			      * is the next instruction; MARK: bit */
	uint16_t branch;     /* the alternative it stands in */
	const char *text;    /* WORD: keyword; VALUE: slot */
	const char *also;    /* WORD: read too; or NULL */
	const char *deflt;   /* VALUE: stored form of its default; or NULL */
	const struct value_type *type;
	char *help;
};

/* The bit of a first letter, in either case; others may have the same. */
static inline uint64_t prog_letter(char c)
{
	return UINT64_C(1) << ((unsigned char)c & 0x1f);
}

/* An alternative of {} or [], 0 being the whole line. */
struct branch {
	uint16_t parent;
	bool option;         /* may be left out */
};

struct prog {
	const struct command *cmd;
	const struct grammar *grammar;
	uint8_t level;       /* privilege that shows it; may be changed */
	struct insn *insn;
	uint16_t n;          /* the last is END */
	struct branch *branch;
	uint16_t n_branch;
	uint16_t lead;       /* keywords in front of everything else */
	bool has_key, key_optional;
	bool *key_ahead;     /* by instruction: a key may still come */
	uint64_t *begins;    /* by instruction: prog_letter of what may stand
			      * next; all bits where anything may */
	size_t index;        /* order of registration */
	struct derivation *deflt;
	bool deflt_negated;
	struct node *deflt_node; /* for node_get */
	char *text;          /* what insn texts point into */
	UT_hash_handle hh;   /* by cmd */
};

struct prog_list {
	struct prog **v;
	size_t n, cap;
};

struct mode {
	struct mode_def def;
	struct prog_list all;
	struct prog_list letter[256]; /* by first letter of the first keyword */
	struct prog_list open;        /* may begin with a value */
	struct prog_list defaults;    /* singles with a default, print order */
};

struct step {
	uint16_t pc;
	char *value;         /* stored form; NULL for keywords */
};
struct derivation {
	const struct prog *prog;
	size_t n;
	struct step *v;      /* by pc */
};

/* The lines of a long help text, sorted by their first word. */
struct help_index {
	const char *text;
	const char **line;
	size_t n;
};

struct grammar {
	struct mode *modes;
	size_t n_modes;
	const struct command **commands;
	size_t n_commands, cap_commands;
	const struct value_type **types;
	size_t n_types;
	struct range_type *ranges;
	struct prog *by_cmd;
	struct help_index help;
};

/* compile.c: a faulty grammar aborts with a message. */
struct prog *prog_compile(struct grammar *g, const struct command *c);
void prog_free(struct prog *p);

static inline bool prog_is_ordered(const struct prog *p)
{
	return (p->cmd->flags & CMD_ORDERED) != 0;
}
/* Print order of commands: by `order`, then by registration; the ordered ones
 * of an order stand mixed (0), at its end. */
int prog_place_cmp(const struct prog *x, const struct prog *y);

struct mode *grammar_find(const struct grammar *g, uint16_t mode);
const struct prog *grammar_prog(const struct grammar *g,
	const struct command *c);
_Noreturn void grammar_fault(const struct command *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Does it enter the tree? */
static inline bool cmd_is_config(const struct mode *m, const struct command *c)
{
	return m->def.config && c->exec == NULL;
}

/* value.c */
extern const struct value_type value_word, value_line;
extern const struct value_type *const value_builtin[];
extern const size_t n_value_builtin;
/* "1-100"; owned by the grammar.  NULL: no range. */
const struct value_type *value_range(struct grammar *g, const char *text);
void value_ranges_free(struct grammar *g);
/* A stored value as it is written. */
void value_print(const struct value_type *vt, const char *stored,
	struct sbuf *out);
/* Digits as numbers, the rest as text: "2" < "10", "Gi0/2" < "Gi0/10". */
int text_cmp_natural(const char *a, const char *b);

/* derivation.c */
/* Drops optional parts that only say the default. */
void derivation_normalise(struct derivation *d);
/* Keeps what a `no` line is written with: leading keywords and key. */
void derivation_strip(struct derivation *d);
bool derivation_is_bare(const struct derivation *d); /* nothing to strip */
bool derivation_equal(const struct derivation *a, const struct derivation *b);
/* Key parts only, in print order: <0, 0, >0. */
int derivation_key_cmp(const struct derivation *a, const struct derivation *b);
bool derivation_has_key(const struct derivation *d);
/* Key, or all but the key, as text. */
void derivation_key(const struct derivation *d, struct sbuf *out);
void derivation_rest(const struct derivation *d, struct sbuf *out);

/* mask.c: text with ***** for the words that are secrets; before: the word in
 * front of it, or "". */
void text_mask(const char *before, const char *text, struct sbuf *out);

/* tree.c: a node outside of any tree; takes drv. */
struct node *node_new(struct derivation *drv, bool negated);
void node_free(struct node *n);
#endif
