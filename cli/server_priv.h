/* Clients and what is known about them, for cli/server*.c. */
#ifndef CLI_SERVER_PRIV_H
#define CLI_SERVER_PRIV_H
#include "cli/peer.h"
#include "cli/server.h"

/* A frame that waits for its turn. */
struct request {
	TAILQ_ENTRY(request) link;
	uint8_t type, flags;
	size_t n;
	char *text;
};
TAILQ_HEAD(request_list, request);

struct client {
	TAILQ_ENTRY(client) link;
	struct server *srv;
	int fd;
	struct loop_fd *watch;
	struct session *session; /* NULL before HELLO */
	struct peer peer;
	unsigned vty;              /* its number among the remote ones */
	struct sbuf in, out, text; /* text: output not yet framed */
	struct sbuf hello;         /* what it said first */
	size_t out_pos;
	struct request_list queue;
	size_t n_queue, queue_bytes;
	struct timer run; /* goes on executing; the end of lingering */
	struct timer settle;
	struct timer idle;
	bool eof;     /* it sends no more */
	bool closing; /* gone when `out` is empty */
	bool dead;    /* to be freed by the callback that runs */
	void (*gone)(void *ctx);
	void *gone_ctx;
};
TAILQ_HEAD(client_list, client);

struct server {
	struct router *router;
	struct client_list clients;
	size_t n_clients;
	int fd;
	struct loop_fd *watch;
	char *path;
	gid_t gid; /* of group getvpn; 0: there is none */
	uint64_t log_dropped;
};

/* server.c.  Takes fd. */
struct client *client_new(
	struct server *srv, int fd, const struct peer *peer);
void client_free(struct client *c);
/* The end of every callback: goes on, sends, or frees. */
void client_step(struct client *c);
void client_bye(struct client *c, const char *why); /* its last frame */
void client_tell(struct client *c, const char *text); /* a person, like a log */
/* The session ends; who is attached stays, and gets a new one. */
void client_suspend(struct client *c);
void client_resume(struct client *c);
#endif
