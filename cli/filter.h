/* Output filters: `| include RE` and its like (ios-cli.md 3).  Fed in pieces,
 * so that they serve commands that go on for a while, and the pager.  Uses
 * base/ only: both the server and getvpnsh link it. */
#ifndef CLI_FILTER_H
#define CLI_FILTER_H
#include "base/sbuf.h"

enum filter_kind {
	FILTER_INCLUDE,
	FILTER_EXCLUDE,
	FILTER_BEGIN,
	FILTER_SECTION,
	FILTER_SECTION_EXCLUDE,
	FILTER_COUNT,
	FILTER_JSON, /* for the command: lines pass as they are */
	FILTER_REDIRECT,
	FILTER_APPEND,
	FILTER_TEE,
	FILTER_TEE_APPEND,
};
struct filter;
/* What stands behind `|`: an abbreviated keyword and the expression, which
 * runs to the end of the line and may hold blanks and `|`; none with json, a
 * URL with redirect and its like.  On failure NULL; *bad is the offset of the
 * fault, or SIZE_MAX when words are missing. */
struct filter *filter_parse(const char *text, size_t *bad);
/* NULL: not an expression. */
struct filter *filter_new(enum filter_kind kind, const char *re);
enum filter_kind filter_kind(const struct filter *f);
void filter_free(struct filter *f);
/* Of redirect, append, tee: where to (NULL with the others), and all that was
 * fed; lent. */
const char *filter_target(const struct filter *f);
const struct sbuf *filter_kept(const struct filter *f);
/* Whole lines that pass go to *out; an unfinished one waits for the rest. */
void filter_feed(
	struct filter *f, const char *text, size_t n, struct sbuf *out);
/* The end: an unfinished last line, and the count. */
void filter_end(struct filter *f, struct sbuf *out);
/* `?` behind `|`: lines as match_help gives them. */
void filter_help(const char *text, struct sbuf *out);
/* TAB behind `|`: true and the rest of the one keyword that fits, which a blank
 * follows. */
bool filter_complete(const char *text, struct sbuf *append);
#endif
