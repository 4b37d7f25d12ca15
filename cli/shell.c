/* A person at a terminal: keys to lines, lines to getvpnd, answers back.  What
 * is typed while a command runs is kept and taken up afterwards. */
#include "cli/shell.h"

#include "cli/proto.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CTRL_KEY(c) ((c)&0x1f)
#define KEY_BREAK   CTRL_KEY('^')
#define AHEAD_MAX   (1u << 20) /* typed ahead; then the terminal waits */
#define HOLD_MS     100         /* how long a CR LF waits for its prompt */
#define SLOW_MS     100        /* a command that takes longer can be broken */
#define PAIR_MS     20         /* a LF this soon after a CR belongs to it */
#define RETRY_MS    500        /* between attempts to reconnect */
#define AHEAD_LINES (PROTO_WINDOW / 2) /* sent before their turn, at most */

enum state {
	ST_START,   /* no prompt yet */
	ST_PROMPT,  /* a line is typed */
	ST_RUNNING, /* getvpnd works on it */
	ST_QUERY,   /* help or completion is asked for */
	ST_ASK,     /* an answer is typed */
	ST_CONFIRM, /* one key */
	ST_LOST,    /* no connection */
	ST_OVER,
};

struct shell {
	struct conn *conn;
	const char *path;
	enum state state;
	int status;
	struct prompt prompt;
	struct sbuf ahead; /* typed, not yet used, from `used` on */
	size_t used;
	unsigned sent;       /* lines of it sent before their turn... */
	size_t sent_at;      /* ...which end here */
	uint64_t last_cr_ms; /* when a CR ended what was read; 0: it did not */
	uint64_t since_ms;   /* of the state */
	bool text;           /* ST_ASK: a line of text, which Ctrl-Z may end */
	bool help_shown;     /* ST_QUERY: the line is to be shown again */
};

static volatile sig_atomic_t got_winch, got_end;

static void on_signal(int signo)
{
	if (signo == SIGWINCH)
		got_winch = 1;
	else
		got_end = 1;
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void go(struct shell *s, enum state next)
{
	s->state = next;
	s->since_ms = now_ms();
}

static bool more_ahead(const struct shell *s)
{
	return s->used < s->ahead.n;
}

/* Is another whole line typed ahead? Then this one need not be applied yet. */
static bool line_ahead(const struct shell *s)
{
	for (size_t i = s->used; i < s->ahead.n; i++) {
		if (s->ahead.s[i] == '\r' || s->ahead.s[i] == '\n')
			return true;
	}
	return false;
}

/* Editing. */

static void show_prompt(struct shell *s)
{
	line_start(s->prompt.text, s->prompt.config ? LINE_CONFIG : LINE_EXEC,
		s->prompt.width, s->prompt.history);
	go(s, ST_PROMPT);
}

static bool is_plain(char c)
{
	return c >= ' ' && c < 0x7f && c != '?';
}

/* `do` may have output for the pager, or go on until Ctrl-C. */
static bool is_do(const char *p, size_t n)
{
	while (n > 0 && *p == ' ') {
		p++;
		n--;
	}
	return n > 2 && strncasecmp(p, "do ", 3) == 0;
}

/* A whole line of nothing but text from `at` on: its length. false: none. */
static bool plain_line(const struct shell *s, size_t at, size_t *n)
{
	const char *p = s->ahead.s + at;
	size_t max = s->ahead.n - at;

	for (*n = 0; *n < max && is_plain(p[*n]); (*n)++)
		;
	return *n < max && (p[*n] == '\r' || p[*n] == '\n') &&
	       *n <= PROTO_LINE_MAX && !is_do(p, *n);
}

/* A paste of configuration need not wait for an answer to each of its lines.
 * The lines stay in `ahead`, to be echoed when their turn comes; getvpnd drops
 * those that turn out to answer a question or to be for exec. */
static void send_ahead(struct shell *s)
{
	size_t n;

	if (s->sent_at < s->used)
		s->sent_at = s->used;
	while (s->sent < AHEAD_LINES && plain_line(s, s->sent_at, &n)) {
		auto_sbuf struct sbuf text = { 0 };
		size_t next;

		sbuf_add(&text, s->ahead.s + s->sent_at, n);
		s->sent_at += n + 1;
		s->sent++;
		conn_line(s->conn,
			LINE_AHEAD |
				(plain_line(s, s->sent_at, &next) ? LINE_MORE
								  : 0),
			sbuf_str(&text));
	}
}

static void forget_ahead(struct shell *s)
{
	s->sent = 0;
	s->sent_at = 0;
}

static void send_line(struct shell *s, unsigned flags, const char *text)
{
	if (line_ahead(s))
		flags |= LINE_MORE;
	page_start(s->prompt.length, s->prompt.width);
	conn_line(s->conn, flags, text);
	go(s, ST_RUNNING);
}

/* Enter at a prompt. */
static void enter_line(struct shell *s)
{
	const char *text = line_text();
	bool config = s->state == ST_PROMPT && s->prompt.config;

	if (s->sent > 0) {
		s->sent--;
		page_start(s->prompt.length, s->prompt.width);
		go(s, ST_RUNNING);
	} else {
		send_line(s, 0, text);
	}
	if (config && !is_do(text, strlen(text)))
		send_ahead(s);
}

static void query(struct shell *s, uint8_t type)
{
	auto_free char *text = line_before_cursor();

	page_start(s->prompt.length, s->prompt.width);
	conn_send(s->conn, type, text, strlen(text));
	go(s, ST_QUERY);
}

static void prompt_key(struct shell *s, unsigned char c)
{
	switch (line_feed(c)) {
	case LINE_NONE:
		break;
	case LINE_ENTER:
		term_puts("\r\n");
		enter_line(s);
		break;
	case LINE_ASK_HELP:
		term_puts("?\r\n");
		query(s, PROTO_HELP);
		break;
	case LINE_ASK_COMPLETE:
		query(s, PROTO_COMPLETE);
		break;
	case LINE_INTERRUPT:
		term_puts("^C\r\n");
		send_line(s, LINE_DROP, "");
		break;
	case LINE_TO_EXEC:
		term_puts("^Z\r\n");
		if ((s->state == ST_PROMPT && s->prompt.config) ||
			(s->state == ST_ASK && s->text))
			send_line(s, LINE_LEAVE, line_text());
		else
			send_line(s, LINE_DROP, "");
		break;
	}
}

static void confirm_key(struct shell *s, unsigned char c)
{
	const char text[2] = { c >= ' ' && c < 0x7f ? (char)c : 'n', '\0' };

	term_puts("\r\n");
	if (c == CTRL_KEY('C') || c == CTRL_KEY('Z'))
		send_line(s, LINE_DROP, "");
	else
		send_line(s, 0, c == '\r' || c == '\n' ? "" : text);
}

static void take_key(struct shell *s, unsigned char c)
{
	if (page_waiting()) {
		if (page_key(c))
			conn_send(s->conn, PROTO_BREAK, NULL, 0);
	} else if (s->state == ST_CONFIRM) {
		confirm_key(s, c);
	} else {
		prompt_key(s, c);
	}
}

/* One key, or the text of a pasted line. */
static void take_input(struct shell *s)
{
	const char *p = s->ahead.s + s->used;
	size_t max = s->ahead.n - s->used, n = 0;

	if (s->state == ST_PROMPT && !page_waiting()) {
		while (n < max && is_plain(p[n]))
			n++;
		n = line_type(p, n);
	}
	if (n > 0)
		s->used += n;
	else
		take_key(s, (unsigned char)s->ahead.s[s->used++]);
}

static bool takes_keys(const struct shell *s)
{
	return page_waiting() || s->state == ST_PROMPT || s->state == ST_ASK ||
	       s->state == ST_CONFIRM;
}

static void drop_ahead(struct shell *s, size_t from, size_t to)
{
	memmove(s->ahead.s + from, s->ahead.s + to, s->ahead.n - to);
	sbuf_trunc(&s->ahead, s->ahead.n - (to - from));
}

/* While a command goes on, Ctrl-C and Ctrl-^ reach it past what was typed
 * before them; Ctrl-C drops that too, unless it was sent already. */
static void look_for_break(struct shell *s)
{
	if (s->state == ST_LOST) {
		if (more_ahead(s) &&
			memchr(s->ahead.s, CTRL_KEY('C'), s->ahead.n) != NULL)
			go(s, ST_OVER);
		sbuf_trunc(&s->ahead, 0);
		s->used = 0;
		return;
	}
	if (s->state != ST_RUNNING || page_waiting() ||
		now_ms() - s->since_ms < SLOW_MS)
		return;
	size_t from = s->sent > 0 ? s->sent_at : s->used;

	for (size_t i = from; i < s->ahead.n; i++) {
		char c = s->ahead.s[i];

		if (c != CTRL_KEY('C') && c != KEY_BREAK)
			continue;
		drop_ahead(s, c == CTRL_KEY('C') ? from : i, i + 1);
		conn_send(s->conn, PROTO_BREAK, NULL, 0);
		return;
	}
}

/* CR LF that comes together is one Enter. */
static void add_ahead(struct shell *s, const char *p, size_t n)
{
	uint64_t now = now_ms();

	if (s->used > 0) {
		drop_ahead(s, 0, s->used);
		s->sent_at -= s->sent_at < s->used ? s->sent_at : s->used;
		s->used = 0;
	}
	for (size_t i = 0; i < n; i++) {
		bool pair = i > 0 ? p[i - 1] == '\r'
				  : s->last_cr_ms != 0 &&
					    now - s->last_cr_ms <= PAIR_MS;

		if (p[i] == '\n' && pair)
			continue;
		if (p[i] != '\0')
			sbuf_addc(&s->ahead, p[i]);
	}
	s->last_cr_ms = n > 0 && p[n - 1] == '\r' ? now : 0;
}

static void read_terminal(struct shell *s)
{
	char buf[65536];
	ssize_t n = read(STDIN_FILENO, buf, sizeof(buf));

	if (n > 0)
		add_ahead(s, buf, (size_t)n);
	else if (n == 0 || (errno != EINTR && errno != EAGAIN))
		go(s, ST_OVER); /* hung up */
}

/* What getvpnd says. */

static void take_log(struct shell *s, const struct frame *f)
{
	bool editing = s->state == ST_PROMPT || s->state == ST_ASK ||
		       s->state == ST_QUERY || s->state == ST_CONFIRM;

	term_newline();
	term_text((const char *)f->body.p, f->body.n);
	term_puts("\r\n");
	if (editing)
		line_show();
}

static void take_help(struct shell *s, const struct frame *f)
{
	page_text((const char *)f->body.p, f->body.n);
	s->help_shown = true; /* once the pager is through */
}

static void query_done(struct shell *s)
{
	s->help_shown = false;
	line_show();
	go(s, ST_PROMPT);
}

static void take_completion(struct shell *s, const struct frame *f)
{
	auto_free char *text = frame_text(f, 1);

	if (f->body.n > 0 && f->body.p[0] != 0)
		line_insert(text);
	else
		term_put("\a", 1);
	term_puts("\r\n");
	query_done(s);
}

static void take_ask(struct shell *s, const struct frame *f)
{
	auto_free char *question = frame_text(f, 1);
	int kind = f->body.n > 0 ? f->body.p[0] : PROTO_ASK_LINE;

	forget_ahead(s);
	bool shown = kind == PROTO_ASK_LINE || kind == PROTO_ASK_TEXT;

	s->text = kind == PROTO_ASK_TEXT;
	line_start(question, shown ? LINE_ANSWER : LINE_HIDDEN, s->prompt.width,
		s->prompt.history);
	go(s, kind == PROTO_ASK_CONFIRM ? ST_CONFIRM : ST_ASK);
}

static void take_prompt(struct shell *s, const struct frame *f)
{
	if (!prompt_read(&s->prompt, f->body)) {
		s->conn->eof = true;
		return;
	}
	if (!s->prompt.config)
		forget_ahead(s);
	page_end();
	term_newline();
	show_prompt(s);
}

static void take_bye(struct shell *s, const struct frame *f)
{
	auto_free char *why = frame_text(f, 0);

	term_newline();
	if (why[0] != '\0') {
		term_puts(why);
		term_puts("\r\n");
		s->status = 1;
	}
	go(s, ST_OVER);
}

static void take_frame(struct shell *s, const struct frame *f)
{
	switch (f->type) {
	case PROTO_OUTPUT:
		page_text((const char *)f->body.p, f->body.n);
		break;
	case PROTO_PROMPT:
		take_prompt(s, f);
		break;
	case PROTO_ASK:
		take_ask(s, f);
		break;
	case PROTO_LOG:
		take_log(s, f);
		break;
	case PROTO_HELP_TEXT:
		take_help(s, f);
		break;
	case PROTO_COMPLETION:
		take_completion(s, f);
		break;
	case PROTO_BYE:
		take_bye(s, f);
		break;
	default: /* WELCOME, and what a later version may say */
		break;
	}
}

/* Losing and finding the daemon. */

static void hello(struct shell *s)
{
	unsigned rows, cols;

	term_size(&rows, &cols);
	conn_hello(s->conn, HELLO_TTY, rows, cols);
}

static void lost(struct shell *s)
{
	bool embedded = s->conn->child > 0;

	if (s->state == ST_PROMPT || s->state == ST_ASK)
		line_end();
	page_end();
	term_newline();
	conn_close(s->conn);
	if (embedded || s->state == ST_START) {
		term_puts("% getvpnd has stopped\r\n");
		s->status = 1;
		go(s, ST_OVER);
		return;
	}
	term_puts("% Connection to getvpnd lost, reconnecting "
		  "(Ctrl-C to leave)\r\n");
	sbuf_trunc(&s->ahead, 0);
	s->used = 0;
	forget_ahead(s);
	go(s, ST_LOST);
}

static void retry(struct shell *s)
{
	if (conn_open(s->conn, s->path) != 0)
		return;
	term_puts("% Connected again\r\n");
	hello(s);
	go(s, ST_RUNNING);
}

/* The loop. */

static void work(struct shell *s)
{
	struct frame f;
	bool busy = true;

	while (busy && s->state != ST_OVER) {
		busy = false;
		while (s->state != ST_OVER && takes_keys(s) && more_ahead(s)) {
			take_input(s);
			busy = true;
		}
		if (s->conn->fd < 0 || page_waiting())
			continue;
		if (s->help_shown) {
			query_done(s);
			busy = true;
		} else if (conn_next(s->conn, &f)) {
			take_frame(s, &f);
			busy = true;
		}
	}
	look_for_break(s);
}

static int wait_ms(const struct shell *s)
{
	if (s->state == ST_LOST)
		return RETRY_MS;
	if (s->state != ST_RUNNING)
		return -1;
	if (term_holds())
		return HOLD_MS;
	return more_ahead(s) ? SLOW_MS : -1;
}

static void wait_event(struct shell *s)
{
	struct pollfd p[2] = {
		{ STDIN_FILENO, POLLIN, 0 },
		{ s->conn->fd, POLLIN, 0 },
	};
	int n;

	if (s->ahead.n - s->used > AHEAD_MAX)
		p[0].fd = -1;
	if (page_waiting())
		p[1].fd = -1;
	n = poll(p, 2, wait_ms(s));
	if (n == 0) {
		term_flush(false);
		if (s->state == ST_LOST)
			retry(s);
	}
	if (n <= 0)
		return;
	if (p[0].revents != 0)
		read_terminal(s);
	if (p[1].revents != 0 && s->state != ST_OVER) {
		conn_read(s->conn);
		work(s);
		if (s->conn->eof && s->state != ST_OVER && !page_waiting())
			lost(s);
	}
}

static void resized(struct shell *s)
{
	unsigned rows, cols;

	got_winch = 0;
	term_size(&rows, &cols);
	if (s->conn->fd >= 0)
		conn_winsize(s->conn, rows, cols);
}

int shell_run(struct conn *c, const char *path)
{
	struct shell s = { .conn = c, .path = path };
	struct sigaction sa = { .sa_handler = on_signal };

	/* The very first act: until then the kernel echoes. */
	if (!term_open())
		return 1;
	sigaction(SIGWINCH, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	line_init();
	hello(&s);
	while (s.state != ST_OVER && got_end == 0) {
		work(&s);
		if (s.state == ST_OVER)
			break;
		term_flush(s.state == ST_RUNNING);
		wait_event(&s);
		if (got_winch != 0)
			resized(&s);
	}
	page_end();
	term_newline();
	term_close();
	prompt_fini(&s.prompt);
	sbuf_free(&s.ahead);
	return s.status;
}
