/* A whole file, from or to any file system of the router, for a command that
 * runs. */
#ifndef CLI_URL_IO_H
#define CLI_URL_IO_H
#include "cli/files.h"

/* err 0: text is the file, lent and wiped afterwards (of a file written: "");
 * otherwise a `%` line was printed.  Returns as an exec function; owns ctx. */
typedef int url_fn(
	struct session *s, int err, const char *text, size_t n, void *ctx);
/* drop: frees ctx when the user breaks.  Each returns as an exec function. */
int url_read(struct session *s, const char *url, size_t max, url_fn *fn,
	void (*drop)(void *ctx), void *ctx);
int url_write(struct session *s, const char *url, const void *p, size_t n,
	url_fn *fn, void (*drop)(void *ctx), void *ctx);
#endif
