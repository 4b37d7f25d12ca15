/* What several commands share: one configuration line run on behalf of a
 * command that stands for others (access-list N, no crypto map NAME,
 * resequence), and the answer to a yes/no question. */
#include "cli/cfg.h"

#include <string.h>

#define ASK_AGAIN "% Please answer 'yes' or 'no'.\n"

bool config_line(const struct router *r, uint16_t mode, struct node *section,
	const char *line, struct node **entered, struct sbuf *why)
{
	struct node *into = NULL;
	struct match m;
	bool ok;

	match_line(r->grammar, mode, 15, line, &m);
	ok = m.kind == MATCH_OK &&
	     commit_line(r->commit, section, &m, &into, why) == COMMIT_OK;
	match_free(&m);
	if (entered != NULL)
		*entered = into;
	return ok;
}

enum answer answer_read(struct session *s, const char *text)
{
	size_t n = strlen(text);

	if (n == 0 && (session_flags(s) & SESSION_BATCH) != 0)
		return ANSWER_NO;
	if (n > 0 && n <= 3 && strncasecmp(text, "yes", n) == 0)
		return ANSWER_YES;
	if (n > 0 && n <= 2 && strncasecmp(text, "no", n) == 0)
		return ANSWER_NO;
	if ((session_flags(s) & SESSION_BATCH) != 0)
		return ANSWER_NO;
	session_write(s, ASK_AGAIN, strlen(ASK_AGAIN));
	return ANSWER_AGAIN;
}
