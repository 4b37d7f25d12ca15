#include "tests/unit/http_server.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define REQUEST_MAX (64 * 1024)

struct http_server {
	int fd;
	unsigned port;
	pthread_t thread;
	http_fn *fn;
	void *ctx;
};

/* Reads head and body into buf; the head's length, 0: none came. */
static size_t read_request(int fd, char *buf, size_t *n)
{
	*n = 0;
	while (*n < REQUEST_MAX) {
		ssize_t k = read(fd, buf + *n, REQUEST_MAX - *n);

		if (k <= 0)
			return 0;
		*n += (size_t)k;
		buf[*n] = '\0';
		const char *end = strstr(buf, "\r\n\r\n");
		if (end == NULL)
			continue;
		size_t head = (size_t)(end - buf) + 4, body = 0;
		const char *len = strcasestr(buf, "\r\nContent-Length:");
		if (len != NULL && len < end)
			body = strtoul(len + 17, NULL, 10);
		if (*n >= head + body)
			return head;
	}
	return 0;
}

static void write_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t k = send(fd, p, n, MSG_NOSIGNAL);

		if (k <= 0)
			return;
		p += k;
		n -= (size_t)k;
	}
}

static void serve_one(struct http_server *s, int fd)
{
	auto_free char *buf = xcalloc(1, REQUEST_MAX + 1);
	struct http_request q = { 0 };
	struct http_answer a = { .status = 200 };
	auto_sbuf struct sbuf head = { 0 };
	char method[8];
	size_t n;
	size_t at = read_request(fd, buf, &n);

	if (at == 0 || sscanf(buf, "%7s %8191s", method, q.path) != 2)
		return;
	q.post = strcmp(method, "POST") == 0;
	q.body = (uint8_t *)buf + at;
	q.n = n - at;
	s->fn(s->ctx, &q, &a);
	if (a.status == 0) { /* until the client gives up */
		while (read(fd, buf, REQUEST_MAX) > 0)
			continue;
	} else {
		sbuf_printf(&head,
			"HTTP/1.1 %d X\r\nContent-Length: %zu\r\n"
			"Connection: close\r\n",
			a.status, a.body.n);
		if (a.location[0] != '\0')
			sbuf_printf(&head, "Location: %s\r\n", a.location);
		sbuf_adds(&head, "\r\n");
		write_all(fd, head.s, head.n);
		write_all(fd, sbuf_str(&a.body), a.body.n);
	}
	sbuf_free(&a.body);
}

static void *serve(void *arg)
{
	struct http_server *s = arg;
	int fd;

	while ((fd = accept(s->fd, NULL, NULL)) >= 0) {
		serve_one(s, fd);
		close(fd);
	}
	return NULL;
}

struct http_server *http_server_start(const char *addr, http_fn *fn, void *ctx)
{
	struct http_server *s = xcalloc(1, sizeof(*s));
	struct sockaddr_in sin = { .sin_family = AF_INET,
		.sin_addr.s_addr = inet_addr(addr) };
	socklen_t len = sizeof(sin);

	s->fn = fn;
	s->ctx = ctx;
	s->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(s->fd, (struct sockaddr *)&sin, sizeof(sin)) < 0 ||
		listen(s->fd, 8) < 0 ||
		getsockname(s->fd, (struct sockaddr *)&sin, &len) < 0 ||
		pthread_create(&s->thread, NULL, serve, s) != 0)
		abort();
	s->port = ntohs(sin.sin_port);
	return s;
}

void http_server_stop(struct http_server *s)
{
	shutdown(s->fd, SHUT_RDWR); /* accept fails */
	pthread_join(s->thread, NULL);
	close(s->fd);
	free(s);
}

unsigned http_server_port(const struct http_server *s)
{
	return s->port;
}
