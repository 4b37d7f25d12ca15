/* Banners (ios-cli.md 5, clients.md 3). */
#ifndef CLI_BANNER_H
#define CLI_BANNER_H
#include "cli/commands.h"

extern const struct command cfg_banner;

/* A banner line that was read: its text may go on over the next lines, which
 * the session then asks for.  Takes *m.  Result as an exec function. */
int banner_enter(struct session *s, struct match *m);
/* Writes the banner ("motd", "login", "exec") to the session, if it is set. */
void banner_show(struct session *s, const char *name);
#endif
