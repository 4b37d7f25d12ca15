/* The socket on which getvpnd listens, and who is let in. */
#include "cli/server_priv.h"
#include "cli/users.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define CLIENTS_MAX      64
#define CLIENTS_ROOT     8  /* of these, for root */
#define CLIENTS_USER_MAX 16 /* of one other user */

/* Places are kept for root, whom others could shut out otherwise: the socket is
 * open to all. */
static bool has_place(const struct server *srv, const struct client *me)
{
	const struct client *c;
	size_t of_user = 0;

	if (me->peer.user[0] == '\0')
		return srv->n_clients <= CLIENTS_MAX;
	TAILQ_FOREACH(c, &srv->clients, link)
		of_user += strcmp(c->peer.user, me->peer.user) == 0;
	return of_user <= CLIENTS_USER_MAX &&
	       srv->n_clients <= CLIENTS_MAX - CLIENTS_ROOT;
}

static void on_listen(void *arg, int events)
{
	struct server *srv = arg;
	int fd = accept4(srv->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (fd < 0)
		return;
	if (srv->n_clients >= CLIENTS_MAX * 2) { /* not even a word */
		close(fd);
		return;
	}
	struct peer peer;
	bool admitted = peer_identify(fd, srv->router, srv->gid, &peer);
	struct client *c = client_new(srv, fd, &peer);

	if (!admitted)
		client_bye(c, "% Authorization failed.");
	else if (!has_place(srv, c))
		client_bye(c, "% Too many sessions");
	client_step(c);
}

void server_attach(
	struct server *srv, int fd, void (*gone)(void *ctx), void *ctx)
{
	static const struct peer root = { .level = LEVEL_PRIVILEGED };

	server_attach_peer(srv, fd, &root, gone, ctx);
}

void server_attach_peer(struct server *srv, int fd, const struct peer *peer,
	void (*gone)(void *ctx), void *ctx)
{
	struct client *c = client_new(srv, fd, peer);

	c->gone = gone;
	c->gone_ctx = ctx;
}

/* The socket. */

static int listen_on(const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	auto_fd int fd = -1;

	if (strlen(path) >= sizeof(sa.sun_path))
		return -ENAMETOOLONG;
	strcpy(sa.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0 ||
		errno == EAGAIN)
		return -EADDRINUSE;
	if (errno == ECONNREFUSED)
		unlink(path);
	mode_t old = umask(0177);
	int rc = bind(fd, (struct sockaddr *)&sa, sizeof(sa));
	int err = errno;

	umask(old);
	if (rc != 0)
		return -err;
	if (chmod(path, 0666) != 0)
		return -errno;
	if (listen(fd, 64) != 0)
		return -errno;
	int give = fd;

	fd = -1;
	return give;
}

struct server *server_new(struct router *r, const char *path, int *err)
{
	struct group *gr = getgrnam("getvpn");
	gid_t gid = gr == NULL ? 0 : gr->gr_gid;
	int fd = path == NULL ? -1 : listen_on(path);

	*err = 0;
	if (path != NULL && fd < 0) {
		*err = fd;
		return NULL;
	}
	struct server *srv = xcalloc(1, sizeof(*srv));

	srv->router = r;
	srv->fd = fd;
	srv->gid = gid;
	TAILQ_INIT(&srv->clients);
	if (path != NULL) {
		srv->path = xstrdup(path);
		srv->watch =
			loop_fd_add(r->loop, fd, LOOP_READ, on_listen, srv);
	}
	return srv;
}

void server_free(struct server *srv)
{
	struct client *c;

	if (srv == NULL)
		return;
	while ((c = TAILQ_FIRST(&srv->clients)) != NULL) {
		c->gone = NULL;
		client_free(c);
	}
	if (srv->path != NULL) {
		loop_fd_del(srv->watch);
		close(srv->fd);
		unlink(srv->path);
	}
	free(srv->path);
	free(srv);
}

/* For all. */

void server_tell(struct server *srv, const char *text)
{
	struct client *c;

	TAILQ_FOREACH(c, &srv->clients, link)
		client_tell(c, text);
}

void server_suspend(struct server *srv)
{
	struct client *c, *next;

	TAILQ_FOREACH_SAFE(c, &srv->clients, link, next)
		client_suspend(c);
}

void server_resume(struct server *srv)
{
	struct client *c, *next;

	TAILQ_FOREACH_SAFE(c, &srv->clients, link, next)
		client_resume(c);
}
