/* The connection to getvpnd, or to a getvpnd of our own. */
#include "cli/shell.h"

#include "base/rd.h"
#include "cli/proto.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define EMBED_FD 3 /* the child's end */

int conn_open(struct conn *c, const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	auto_fd int fd = -1;

	if (strlen(path) >= sizeof(sa.sun_path))
		return -ENAMETOOLONG;
	strcpy(sa.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&sa, sizeof(sa)) != 0)
		return -errno;
	*c = (struct conn){ .fd = fd };
	fd = -1;
	return 0;
}

/* Beside our own binary, as in a build tree, or where it is installed. */
static void exec_getvpnd(const char *path, const char *state)
{
	char self[4096], fd_text[8];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 16);
	char name[] = "getvpnd", opt_fd[] = "-F", opt_s[] = "-s";
	char opt_d[] = "-d";
	auto_free char *sock = xstrdup(path);
	auto_free char *dir = xstrdup(state == NULL ? "" : state);
	char *argv[] = { name, opt_fd, fd_text, opt_s, sock,
		state == NULL ? NULL : opt_d, dir, NULL };

	snprintf(fd_text, sizeof(fd_text), "%d", EMBED_FD);
	if (n > 0) {
		self[n] = '\0';
		char *slash = strrchr(self, '/');

		if (slash != NULL) {
			strcpy(slash + 1, name);
			execv(self, argv);
		}
	}
	execv(SBINDIR "/getvpnd", argv);
	fprintf(stderr, "getvpnsh: cannot start getvpnd: %s\n",
		strerror(errno));
	_exit(127);
}

int conn_embed(struct conn *c, const char *path, const char *state)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
		return -errno;
	pid_t pid = fork();

	if (pid < 0) {
		int err = errno;

		close(fds[0]);
		close(fds[1]);
		return -err;
	}
	if (pid == 0) {
		setpgid(0, 0); /* the terminal's Ctrl-C is not for it */
		if (fds[1] == EMBED_FD) { /* dup2 would keep the flag */
			int other = dup(fds[1]);

			close(fds[1]);
			fds[1] = other;
		}
		dup2(fds[1], EMBED_FD);
		exec_getvpnd(path, state);
	}
	close(fds[1]);
	*c = (struct conn){ .fd = fds[0], .child = pid };
	return 0;
}

void conn_send(struct conn *c, uint8_t type, const void *body, size_t n)
{
	auto_sbuf struct sbuf b = { 0 };

	frame_put(&b, type, body, n);
	for (size_t at = 0; at < b.n && c->fd >= 0;) {
		ssize_t k = send(c->fd, b.s + at, b.n - at, MSG_NOSIGNAL);

		if (k > 0)
			at += (size_t)k;
		else if (k < 0 && errno != EINTR)
			return; /* reading tells that it is gone */
	}
}

static void add_u16(struct sbuf *b, unsigned v)
{
	if (v > UINT16_MAX)
		v = 0;
	sbuf_addc(b, (char)(v >> 8));
	sbuf_addc(b, (char)(v & 0xff));
}

const char *conn_peer_address(void)
{
	static char text[64];
	const char *s = getenv("SSH_CONNECTION");
	size_t n = s == NULL ? 0 : strcspn(s, " ");

	if (n >= sizeof(text))
		n = 0;
	if (n > 0)
		memcpy(text, s, n);
	text[n] = '\0';
	return text;
}

void conn_hello(struct conn *c, unsigned flags, unsigned rows, unsigned cols)
{
	auto_sbuf struct sbuf b = { 0 };

	sbuf_addc(&b, PROTO_VERSION);
	sbuf_addc(&b, (char)flags);
	add_u16(&b, rows);
	add_u16(&b, cols);
	sbuf_adds(&b, conn_peer_address());
	conn_send(c, PROTO_HELLO, b.s, b.n);
}

void conn_line(struct conn *c, unsigned flags, const char *text)
{
	auto_sbuf struct sbuf b = { 0 };

	sbuf_addc(&b, (char)flags);
	/* What is too long stays so, but fits a frame. */
	sbuf_add(&b, text, strnlen(text, PROTO_LINE_MAX + 1));
	conn_send(c, PROTO_LINE, b.s, b.n);
}

void conn_winsize(struct conn *c, unsigned rows, unsigned cols)
{
	auto_sbuf struct sbuf b = { 0 };

	add_u16(&b, rows);
	add_u16(&b, cols);
	conn_send(c, PROTO_WINSIZE, b.s, b.n);
}

void conn_read(struct conn *c)
{
	char buf[65536];
	ssize_t n = recv(c->fd, buf, sizeof(buf), 0);

	if (n < 0 && errno == EINTR)
		return;
	if (n <= 0) {
		c->eof = true;
		return;
	}
	if (c->pos > 0) {
		memmove(c->in.s, c->in.s + c->pos, c->in.n - c->pos);
		sbuf_trunc(&c->in, c->in.n - c->pos);
		c->pos = 0;
	}
	sbuf_add(&c->in, buf, (size_t)n);
}

bool conn_next(struct conn *c, struct frame *f)
{
	int got = frame_get(&c->in, &c->pos, f);

	if (got < 0)
		c->eof = true;
	return got == 1;
}

void conn_finish(struct conn *c)
{
	shutdown(c->fd, SHUT_WR);
}

void conn_close(struct conn *c)
{
	if (c->fd >= 0)
		close(c->fd);
	if (c->child > 0) {
		kill(c->child, SIGTERM);
		while (waitpid(c->child, NULL, 0) < 0 && errno == EINTR)
			;
	}
	sbuf_free(&c->in);
	*c = (struct conn)CONN_INIT;
}

char *frame_text(const struct frame *f, size_t at)
{
	size_t n = f->body.n > at ? f->body.n - at : 0;
	char *s = xcalloc(n + 1, 1);

	if (n > 0)
		memcpy(s, f->body.p + at, n);
	return s;
}

bool prompt_read(struct prompt *p, struct span body)
{
	struct rd r = rd_span(body);
	uint8_t status = rd_u8(&r), config = rd_u8(&r);
	uint16_t length = rd_u16(&r), width = rd_u16(&r);
	uint16_t history = rd_u16(&r);
	struct span text = rd_rest(&r);

	if (!rd_ok(&r))
		return false;
	prompt_fini(p);
	char *s = xcalloc(text.n + 1, 1);

	if (text.n > 0)
		memcpy(s, text.p, text.n);
	*p = (struct prompt){ .failed = status != PROMPT_DONE,
		.config = config != 0,
		.length = length,
		.width = width,
		.history = history,
		.text = s };
	return true;
}

void prompt_fini(struct prompt *p)
{
	mem_free_ptr(&p->text);
	p->text = NULL;
}
