/* The terminal: raw for the whole session, since a canonical one drops what is
 * pasted beyond 4095 characters; and an output buffer, since each write may
 * become a packet (clients.md 1.1 and 3). */
#include "cli/shell.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static struct termios saved;
static bool is_raw;
static struct sbuf out;
static bool at_start = true;

bool term_open(void)
{
	struct termios t;

	if (tcgetattr(STDIN_FILENO, &saved) != 0)
		return false;
	t = saved;
	t.c_iflag &= ~(tcflag_t)(ICRNL | INLCR | IGNCR | IXON | IXOFF | ISTRIP |
				 BRKINT | PARMRK | INPCK);
	t.c_oflag &= ~(tcflag_t)OPOST;
	t.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ECHONL | ISIG | IEXTEN);
	t.c_cc[VMIN] = 1;
	t.c_cc[VTIME] = 0;
	/* Never with a flush: what was sent ahead is input. */
	if (tcsetattr(STDIN_FILENO, TCSADRAIN, &t) != 0)
		return false;
	is_raw = true;
	return true;
}

void term_close(void)
{
	term_flush(false);
	sbuf_free(&out);
	if (is_raw)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &saved);
	is_raw = false;
}

void term_put(const char *s, size_t n)
{
	if (n == 0)
		return;
	sbuf_add(&out, s, n);
	at_start = s[n - 1] == '\n';
}

void term_puts(const char *s)
{
	term_put(s, strlen(s));
}

void term_text(const char *s, size_t n)
{
	while (n > 0) {
		const char *nl = memchr(s, '\n', n);
		size_t k = nl == NULL ? n : (size_t)(nl - s);

		term_put(s, k);
		if (nl == NULL)
			return;
		term_put("\r\n", 2);
		s += k + 1;
		n -= k + 1;
	}
}

bool term_at_start(void)
{
	return at_start;
}

void term_assume_start(void)
{
	at_start = true;
}

void term_newline(void)
{
	if (!at_start)
		term_put("\r\n", 2);
}

bool term_holds(void)
{
	return out.n > 0;
}

void term_flush(bool hold)
{
	size_t keep =
		hold && out.n >= 2 && memcmp(out.s + out.n - 2, "\r\n", 2) == 0
			? 2
			: 0;
	size_t at = 0, end = out.n - keep;

	while (at < end) {
		ssize_t n = write(STDOUT_FILENO, out.s + at, end - at);

		if (n > 0) {
			at += (size_t)n;
		} else if (n < 0 && errno == EAGAIN) {
			struct pollfd p = { STDOUT_FILENO, POLLOUT, 0 };

			poll(&p, 1, -1);
		} else if (n < 0 && errno != EINTR) {
			break; /* reading tells that the terminal is gone */
		}
	}
	sbuf_trunc(&out, 0);
	if (keep > 0)
		sbuf_add(&out, "\r\n", 2);
}

void term_size(unsigned *rows, unsigned *cols)
{
	struct winsize w = { 0 };

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) != 0)
		memset(&w, 0, sizeof(w));
	*rows = w.ws_row;
	*cols = w.ws_col;
}
