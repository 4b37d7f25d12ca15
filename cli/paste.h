/* Lines that are pasted at the terminal for a command that runs: base64, PEM.
 */
#ifndef CLI_PASTE_H
#define CLI_PASTE_H
#include "cli/session.h"

enum paste_end {
	PASTE_BLANK = 1, /* a blank line behind text ends it, too */
};
/* text: the lines, without the one that ended them; NULL: it is too long.
 * Lent and wiped afterwards.  Returns as an exec function; owns ctx. */
typedef int paste_fn(struct session *s, const char *text, void *ctx);
/* Reads up to `quit` and calls fn; drop: frees ctx when the user breaks.
 * Returns as an exec function (CMD_PENDING). */
int paste_read(struct session *s, unsigned end, size_t max, paste_fn *fn,
	void (*drop)(void *ctx), void *ctx);
#endif
