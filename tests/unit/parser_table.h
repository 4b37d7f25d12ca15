/* An invented command set for the parser's own tests and its fuzz target: it
 * uses every feature of the grammar and belongs to no router. */
#ifndef TESTS_PARSER_TABLE_H
#define TESTS_PARSER_TABLE_H
#include "parser/load.h"

enum { T_EXEC = 1, T_CONFIG, T_PORT, T_LIST, T_SERVER, T_KEEP };

extern const struct command t_hostname, t_port, t_list, t_entry, t_route,
	t_server, t_retransmit, t_routing, t_lookup, t_step, t_halt, t_address,
	t_note, t_duplex, t_shutdown, t_cipher, t_services, t_trigger, t_user,
	t_timer;

struct grammar *table_grammar(void);

/* A configuration under test: lines go in as a session would feed them. */
struct bench {
	struct grammar *g;
	bool shared; /* g is another's */
	struct tree *t;
	struct commit *c;
	struct position at;
	struct sbuf why; /* what the last line printed */
};
void bench_init(struct bench *b);
/* Another tree of the same grammar. */
void bench_init_like(struct bench *b, const struct bench *other);
void bench_fini(struct bench *b);
/* One line; false: it was not read, or refused. */
bool bench_line(struct bench *b, const char *line);
/* Lines with \n between; fails the test at one that is not taken. */
void bench_lines(struct bench *b, const char *lines);
/* The tree as text; owned by the caller. */
char *bench_text(const struct bench *b);
/* The whole tree, as printed. */
void assert_tree(const struct bench *b, const char *text);
#endif
