/* Frames of a hostile local user into getvpnd's connection code.  The first
 * byte chooses: bit 0, the rest is the stream as it is; else it is a list of
 * frames (type, length low, length high, body), so that most of them are well
 * formed.
 *
 * Whatever comes, the user, whose entry says level 1 and who does not know the
 * secret, stays at that level, and the connection ends when its sender's does.
 */
#include "base/frame.h"
#include "base/loop.h"
#include "cli/peer.h"
#include "cli/server.h"
#include "tests/unit/fake_box.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ROUNDS 20000 /* of the loop, until it must have ended */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct router router;
static struct server *server;

static void init(void)
{
	int err;

	fake_router_init(&router);
	router.loop = loop_new();
	free(fake_paste(&router, "hostname R1\n"
				 "username eve privilege 1 secret 5 "
				 "$1$28772684$iEwNOgGugqO9.bIz5sk8k/\n"
				 "enable secret 5 "
				 "$1$28772684$iEwNOgGugqO9.bIz5sk8k/\n"
				 "banner motd #hello#\n"
				 "line con 0\n login local\n"));
	server = server_new(&router, NULL, &err);
	if (server == NULL)
		abort();
}

/* The stream that the input stands for. */
static void compose(const uint8_t *p, size_t n, bool raw, struct sbuf *out)
{
	if (raw) {
		sbuf_add(out, p, n);
		return;
	}
	while (n >= 3) {
		size_t len = p[1] | (size_t)p[2] << 8;

		if (len > n - 3)
			len = n - 3;
		frame_put(out, p[0], p + 3, len);
		p += 3 + len;
		n -= 3 + len;
	}
}

static void on_gone(void *ctx)
{
	*(bool *)ctx = true;
}

static void look(void)
{
	struct session *s = LIST_FIRST(&router.sessions);

	if (s != NULL && session_level(s) > 1)
		abort();
}

/* Sends all, reads all, until the other end has closed. */
static void converse(int fd, const struct sbuf *text, const bool *gone)
{
	size_t at = 0;
	bool sending = true;
	char buf[65536];

	for (int round = 0; !*gone; round++) {
		if (round == ROUNDS)
			abort();
		if (sending) {
			ssize_t n = send(fd, sbuf_str(text) + at, text->n - at,
				MSG_DONTWAIT | MSG_NOSIGNAL);

			if (n > 0)
				at += (size_t)n;
			if (at == text->n || (n < 0 && errno != EAGAIN)) {
				shutdown(fd, SHUT_WR);
				sending = false;
			}
		}
		loop_run_once(router.loop, 0);
		look();
		while (recv(fd, buf, sizeof(buf), MSG_DONTWAIT) > 0)
			;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct peer eve = {
		.user = "eve", .level = 1, .named = true
	};
	struct sbuf text = { 0 };
	bool gone = false;
	int fds[2];

	if (size == 0)
		return 0;
	if (server == NULL)
		init();
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
		abort();
	compose(data + 1, size - 1, data[0] & 1, &text);
	server_attach_peer(server, fds[1], &eve, on_gone, &gone);
	converse(fds[0], &text, &gone);
	close(fds[0]);
	sbuf_free(&text);
	if (!LIST_EMPTY(&router.sessions))
		abort();
	return 0;
}
