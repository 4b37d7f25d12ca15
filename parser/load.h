/* Where a session stands in the configuration, and the rule that an unknown
 * command is tried in the parent modes (ios-cli.md 1). */
#ifndef PARSER_LOAD_H
#define PARSER_LOAD_H
#include "parser/commit.h"

#define POS_DEPTH 8
/* A session's place by names: printed lines of the sections it is in, looked
 * up again for each line, for another session may have removed them. */
struct position {
	uint16_t mode;
	size_t depth;
	char *line[POS_DEPTH];   /* owned */
	uint16_t outer[POS_DEPTH]; /* the mode in which line[i] stands */
};
void position_reset(struct position *p, uint16_t root_mode);
void position_push(struct position *p, uint16_t mode, const struct node *section);
bool position_up(struct position *p, const struct grammar *g); /* exit; false at top */
void position_free(struct position *p);
/* The section, or NULL when it is gone. */
struct node *position_node(const struct position *p, struct tree *t);

/* Matches a line at p, then in the parents, nearest first; on a match in a
 * parent p moves there.  When nothing fits, *out tells the fault in the
 * innermost mode in which the match got furthest. */
void load_match(struct commit *c, struct tree *t, struct position *p,
	uint8_t level, const char *line, struct match *out);

/* The line without a prompt in front ("R1(config)#crypto ..." as copied from a
 * web page): the text after it, or the line itself. */
const char *line_strip_prompt(const char *line);
#endif
