/* The matcher's engine: all candidate threads of a mode advance together over
 * the tokens of a line; private to parser/. */
#ifndef PARSER_RUN_H
#define PARSER_RUN_H
#include "parser/grammar_priv.h"
#include "parser/lex.h"

#define RUN_NONE   UINT32_MAX
#define VALUED_MAX 1023u

/* One way to read the tokens so far, standing at a WORD, VALUE or END. */
struct thread {
	const struct prog *prog;
	uint16_t pc;
	uint8_t generic;     /* values that would take any word */
	uint16_t valued;     /* tokens read as values */
	bool keyed;          /* has read a key */
	bool early;          /* `no`: ends before the end */
	uint64_t marks;
	uint32_t trail;      /* its last step, RUN_NONE: none */
	uint32_t prev, next; /* in the list of its token, in priority order */
	/* Result of the look at the current token: */
	uint8_t fit;
	uint32_t take;       /* tokens used */
	char *value;         /* owned until it moves to a trail */
};

struct trail {
	uint32_t prev;
	uint16_t pc;
	char *value;         /* owned */
};

enum fit { FIT_NONE, FIT_MORE, FIT_VALUE, FIT_SHORT_HIDDEN, FIT_SHORT,
	FIT_EXACT };

/* Places of one command that have threads at a token, by the last bits of
 * their number: most new threads need not be looked for. */
struct seen {
	const struct prog *prog;
	uint64_t places[4];
};

struct run {
	const struct grammar *g;
	const struct mode *mode;
	uint8_t level;
	struct lex lex;
	size_t stop;         /* tokens to read: before a comment or the cursor */
	size_t at;           /* token reached */
	bool negated, to_default;
	bool ambiguous;
	size_t caret;        /* furthest fault */
	struct thread *th;
	uint32_t n_th, cap_th;
	struct trail *tr;
	uint32_t n_tr, cap_tr;
	uint32_t *head, *tail; /* per token: its threads */
	struct seen *seen;     /* per token */
	struct thread pending[4]; /* stand at values cut off by the end... */
	size_t pending_at[4];  /* ...which begin at these tokens */
	size_t n_pending;
};

/* Reads the line's tokens; cursor: the last token, if the cursor is in it, is
 * left out.  Afterwards the threads of list `at` are alive if at == stop. */
void run_line(struct run *r, const struct grammar *g, uint16_t mode,
	uint8_t level, const char *line, bool cursor);
void run_fini(struct run *r);
/* How a token fits a keyword; *common: accepted letters. */
enum fit word_fit(const struct insn *in, const struct command *c,
	const char *token, size_t *common);
/* Lets a value type look at the tokens i to end - 1: tokens used, 0 or -1.
 * *value is the caller's. */
int value_read(const struct run *r, const struct insn *in, size_t i, size_t end,
	char **value, size_t *bad);
#endif
