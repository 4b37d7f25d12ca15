/* HTTP is libmicrohttpd's, driven by our loop. */
#include "router/metrics.h"
#include "base/mem.h"
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define CONNECTIONS_MAX 8u
#define IDLE_SECS       10u
#define MEMORY_MAX      ((size_t)16384) /* of a connection */

struct metrics {
	struct loop *loop;
	struct MHD_Daemon *http;
	struct loop_fd *watch;
	struct timer timer; /* when libmicrohttpd wants to run again */
	char *path;
	metrics_fill_fn *fill;
	void *ctx;
};

static enum MHD_Result answer(struct MHD_Connection *c, unsigned status,
	const char *type, const char *text, size_t n)
{
	/* The text is copied; the library does not change it. */
	struct MHD_Response *r = MHD_create_response_from_buffer(
		n, (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result ok;

	if (r == NULL)
		return MHD_NO;
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	ok = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return ok;
}

static enum MHD_Result refuse(
	struct MHD_Connection *c, unsigned status, const char *text)
{
	return answer(c, status, "text/plain; charset=utf-8", text,
		strlen(text));
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *c,
	const char *url, const char *method, const char *version,
	const char *upload, size_t *upload_n, void **state)
{
	struct metrics *m = cls;
	auto_sbuf struct sbuf text = { 0 };

	(void)version;
	(void)upload;
	/* The first call is for the headers alone. */
	if (*state == NULL) {
		*state = m;
		return MHD_YES;
	}
	if (*upload_n > 0) {
		*upload_n = 0; /* a body is of no use */
		return MHD_YES;
	}
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 &&
		strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return refuse(c, MHD_HTTP_METHOD_NOT_ALLOWED, "GET only\n");
	if (strcmp(url, "/metrics") != 0)
		return refuse(c, MHD_HTTP_NOT_FOUND, "try /metrics\n");
	m->fill(m->ctx, &text);
	return answer(c, MHD_HTTP_OK,
		"text/plain; version=0.0.4; charset=utf-8", sbuf_str(&text),
		text.n);
}

static bool is_full(const struct metrics *m)
{
	return MHD_get_daemon_info(
		       m->http, MHD_DAEMON_INFO_CURRENT_CONNECTIONS)
		       ->num_connections >= CONNECTIONS_MAX;
}

static void run(struct metrics *m)
{
	MHD_UNSIGNED_LONG_LONG wait_ms;
	bool was_full = is_full(m);

	MHD_run(m->http);
	/* It listens again only in the run after the one that made room. */
	if (was_full && !is_full(m))
		MHD_run(m->http);
	if (MHD_get_timeout(m->http, &wait_ms) == MHD_YES)
		timer_set(loop_timers(m->loop), &m->timer,
			loop_now() + wait_ms);
	else
		timer_cancel(loop_timers(m->loop), &m->timer);
}

static void on_ready(void *arg, int events)
{
	(void)events;
	run(arg);
}

static void on_timer(void *arg)
{
	run(arg);
}

/* Only a socket goes: a file of that name is somebody's. */
static void stale_remove(const char *path)
{
	struct stat st;

	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
		unlink(path);
}

static int unix_listen(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd, n = snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	mode_t old;

	if (n < 0 || (size_t)n >= sizeof(a.sun_path))
		return -ENAMETOOLONG;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	stale_remove(path);
	old = umask(0117);
	n = bind(fd, (struct sockaddr *)&a, sizeof(a)) ||
	    listen(fd, CONNECTIONS_MAX);
	umask(old);
	if (n == 0)
		return fd;
	n = -errno;
	close(fd);
	return n;
}

static int loopback_listen(uint16_t port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd, one = 1, err;

	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0 &&
		bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0 &&
		listen(fd, CONNECTIONS_MAX) == 0)
		return fd;
	err = -errno;
	close(fd);
	return err;
}

struct metrics *metrics_start(struct loop *l, const char *path, uint16_t port,
	metrics_fill_fn *fill, void *ctx, struct sbuf *why)
{
	int fd = path != NULL ? unix_listen(path) : loopback_listen(port);
	const union MHD_DaemonInfo *info;
	struct metrics *m;

	if (fd < 0) {
		sbuf_adds(why, strerror(-fd));
		return NULL;
	}
	m = xcalloc(1, sizeof(*m));
	m->loop = l;
	m->fill = fill;
	m->ctx = ctx;
	m->path = path != NULL ? xstrdup(path) : NULL;
	timer_init(&m->timer, on_timer, m);
	m->http = MHD_start_daemon(MHD_USE_EPOLL, 0,
		NULL, NULL, on_request, m, MHD_OPTION_LISTEN_SOCKET, fd,
		MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
		MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECS,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, MEMORY_MAX, MHD_OPTION_END);
	if (m->http == NULL) {
		sbuf_adds(why, "the HTTP server does not start");
		close(fd);
		metrics_stop(m);
		return NULL;
	}
	info = MHD_get_daemon_info(m->http, MHD_DAEMON_INFO_EPOLL_FD);
	m->watch = loop_fd_add(l, info->epoll_fd, LOOP_READ, on_ready, m);
	return m;
}

void metrics_stop(struct metrics *m)
{
	if (m == NULL)
		return;
	timer_cancel(loop_timers(m->loop), &m->timer);
	if (m->watch != NULL)
		loop_fd_del(m->watch);
	if (m->http != NULL)
		MHD_stop_daemon(m->http); /* and closes the socket */
	if (m->path != NULL)
		unlink(m->path);
	free(m->path);
	free(m);
}
