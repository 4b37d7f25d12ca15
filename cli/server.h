/* The listening socket and the clients behind it. */
#ifndef CLI_SERVER_H
#define CLI_SERVER_H
#include "cli/session.h"

struct server;
/* path NULL: only attached clients.  A stale socket is replaced; -EADDRINUSE
 * when somebody answers on it.  *err: -errno when NULL is returned. */
struct server *server_new(struct router *r, const char *path, int *err);
/* Says goodbye to all and removes the socket. */
void server_free(struct server *srv);
/* Serves a connected socket (embedded mode), whose other end is trusted; gone
 * is called when that client has left. Takes fd. */
void server_attach(
	struct server *srv, int fd, void (*gone)(void *ctx), void *ctx);
/* Text for every terminal, between what is shown there. */
void server_tell(struct server *srv, const char *text);
/* Before the router is taken apart, and after it is made anew: sessions end;
 * connected clients may come back, attached ones get a new session. */
void server_suspend(struct server *srv);
void server_resume(struct server *srv);
/* The same for a peer that is not trusted more than it says. */
struct peer;
void server_attach_peer(struct server *srv, int fd, const struct peer *peer,
	void (*gone)(void *ctx), void *ctx);
#endif
