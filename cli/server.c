/* Clients of getvpnd: frames in, sessions, frames out.  A client may send
 * anything, stop reading, or vanish at any time: what it makes us keep is
 * bounded by the constants below, and only it waits. */
#include "cli/server_priv.h"

#include "base/frame.h"
#include "base/rd.h"
#include "cli/proto.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PROTO_LINE_MAX 16384 /* of one typed line */
#define QUEUE_MAX      (PROTO_WINDOW * 4)
#define QUEUE_BYTES    (1u << 18)  /* then we stop reading */
#define OUT_PAUSE      (1u << 16)  /* then no further line is executed */
#define OUT_LOG_MAX    (1u << 18)  /* then log lines are dropped */
#define OUT_MAX        (64u << 20) /* then the client is */
#define CHUNK          (1u << 15)  /* of one OUTPUT frame */
#define SLICE_MS       10          /* of lines, before others get a turn */
#define SETTLE_MS      500         /* for a paste that never ends */
#define LINGER_MS      5000        /* for the last words */

enum { LINE_TOO_LONG = 128 }; /* beside the line flags of proto.h */

static struct timers *timers(const struct client *c)
{
	return loop_timers(c->srv->router->loop);
}

static size_t backlog(const struct client *c)
{
	return c->out.n - c->out_pos + c->text.n;
}

/* Sending. */

static void text_frame(struct client *c)
{
	for (size_t at = 0; at < c->text.n; at += CHUNK) {
		size_t n = c->text.n - at < CHUNK ? c->text.n - at : CHUNK;

		frame_put(&c->out, PROTO_OUTPUT, c->text.s + at, n);
	}
	sbuf_trunc(&c->text, 0);
}

static void send_frame(
	struct client *c, uint8_t type, const void *body, size_t n)
{
	text_frame(c);
	if (c->out.n - c->out_pos > OUT_MAX)
		c->dead = true;
	else
		frame_put(&c->out, type, body, n);
}

void client_bye(struct client *c, const char *why)
{
	if (c->closing)
		return;
	send_frame(c, PROTO_BYE, why, strlen(why));
	c->closing = true;
	timer_set(timers(c), &c->run, loop_now() + LINGER_MS);
}

static void add_u16(struct sbuf *b, uint16_t v)
{
	sbuf_addc(b, (char)(v >> 8));
	sbuf_addc(b, (char)(v & 0xff));
}

static void send_prompt(struct client *c, int result)
{
	const struct session_term *t = session_term(c->session);
	auto_sbuf struct sbuf b = { 0 };

	sbuf_addc(&b, result == CMD_DONE ? PROMPT_DONE : PROMPT_FAILED);
	sbuf_addc(&b, (char)session_in_config(c->session));
	add_u16(&b, t->length);
	add_u16(&b, t->width);
	add_u16(&b, t->history);
	session_prompt(c->session, &b);
	send_frame(c, PROTO_PROMPT, b.s, b.n);
}

static void client_events(struct client *c)
{
	int events = 0;

	if (!c->eof && (c->closing || (c->n_queue < QUEUE_MAX &&
					      c->queue_bytes < QUEUE_BYTES)))
		events |= LOOP_READ;
	if (backlog(c) > 0)
		events |= LOOP_WRITE;
	loop_fd_events(c->watch, events);
}

/* Writes what the socket takes. */
static void client_flush(struct client *c)
{
	text_frame(c);
	while (!c->dead && c->out_pos < c->out.n) {
		ssize_t n = send(c->fd, c->out.s + c->out_pos,
			c->out.n - c->out_pos, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n > 0)
			c->out_pos += (size_t)n;
		else if (n < 0 && errno == EAGAIN)
			break;
		else if (n < 0 && errno != EINTR)
			c->dead = true;
	}
	if (c->out_pos == c->out.n) {
		sbuf_trunc(&c->out, 0);
		c->out_pos = 0;
		/* What it still sends must be read: closing upon unread data
		 * would take our last words from it. */
		if (c->closing && !c->eof)
			shutdown(c->fd, SHUT_WR);
		else if (c->closing)
			c->dead = true;
	} else if (c->out_pos > OUT_PAUSE) {
		memmove(c->out.s, c->out.s + c->out_pos, c->out.n - c->out_pos);
		sbuf_trunc(&c->out, c->out.n - c->out_pos);
		c->out_pos = 0;
	}
}

/* What a session says. */

static void sink_output(void *ctx, const char *text, size_t n)
{
	struct client *c = ctx;

	if (c->dead)
		return;
	if (backlog(c) + n > OUT_MAX)
		c->dead = true;
	else
		sbuf_add(&c->text, text, n);
	if (session_pending(c->session))
		timer_set(timers(c), &c->run, loop_now());
}

static void sink_log(void *ctx, const char *line)
{
	struct client *c = ctx;

	if (c->dead || c->closing)
		return;
	if (backlog(c) > OUT_LOG_MAX) {
		c->srv->log_dropped++;
		return;
	}
	send_frame(c, PROTO_LOG, line, strlen(line));
	timer_set(timers(c), &c->run, loop_now());
}

static void sink_ask(void *ctx, int kind, const char *question)
{
	struct client *c = ctx;
	auto_sbuf struct sbuf b = { 0 };

	if (c->dead || c->closing)
		return;
	sbuf_addc(&b, (char)kind);
	sbuf_adds(&b, question);
	send_frame(c, PROTO_ASK, b.s, b.n);
	timer_set(timers(c), &c->run, loop_now()); /* the answer may be here */
}

/* Ends a session in time whose user has gone away. */
static void watch_idle(struct client *c)
{
	uint64_t at = session_deadline(c->session);

	if (at == 0 || c->closing)
		timer_cancel(timers(c), &c->idle);
	else
		timer_set(timers(c), &c->idle, at);
}

static void sink_hangup(void *ctx)
{
	struct client *c = ctx;

	client_bye(c, "");
	client_flush(c);
	if (c->dead)
		timer_set(timers(c), &c->run, loop_now());
	else
		client_events(c);
}

static void client_replied(struct client *c, int result)
{
	if (session_over(c->session))
		client_bye(c, "");
	else
		send_prompt(c, result);
}

static void sink_done(void *ctx, int result)
{
	struct client *c = ctx;

	if (c->dead || c->closing)
		return;
	client_replied(c, result);
	timer_set(timers(c), &c->run, loop_now());
}

/* Executing what was sent. */

static void request_free(struct request *q)
{
	mem_free_text(q->text);
	free(q);
}

static void request_line(struct client *c, const struct request *q)
{
	struct session *s = c->session;
	bool more = (q->flags & LINE_MORE) || TAILQ_FIRST(&c->queue) != NULL;
	int result = CMD_DONE;

	if (q->flags & LINE_AHEAD &&
		(session_asking(s) || !session_in_config(s)))
		return;
	if (q->flags & LINE_TOO_LONG) {
		static const char text[] = "% Line too long\n";

		session_write(s, text, sizeof(text) - 1);
		result = CMD_FAILED;
	} else if (q->flags & LINE_DROP) {
		session_break(s);
		session_leave(s);
	} else if (session_asking(s)) {
		if (q->flags & LINE_LEAVE)
			session_end_text(s);
		result = session_answer(s, q->text);
	} else {
		result = session_run_line(s, q->text);
		if (q->flags & LINE_LEAVE && result != CMD_PENDING)
			session_leave(s);
	}
	if (!more)
		session_settle(s);
	else if (!c->settle.armed)
		timer_set(timers(c), &c->settle, loop_now() + SETTLE_MS);
	if (result != CMD_PENDING)
		client_replied(c, result);
}

static void request_run(struct client *c, const struct request *q)
{
	auto_sbuf struct sbuf b = { 0 };

	session_touch(c->session);
	switch (q->type) {
	case PROTO_LINE:
		request_line(c, q);
		break;
	case PROTO_HELP:
		session_help(c->session, q->text, &b);
		send_frame(c, PROTO_HELP_TEXT, sbuf_str(&b), b.n);
		break;
	case PROTO_COMPLETE:
		sbuf_addc(&b, 0);
		if (session_complete(c->session, q->text, &b))
			b.s[0] = 1;
		send_frame(c, PROTO_COMPLETION, b.s, b.n);
		break;
	}
}

static void queue_clear(struct client *c)
{
	struct request *q;

	while ((q = TAILQ_FIRST(&c->queue)) != NULL) {
		TAILQ_REMOVE(&c->queue, q, link);
		request_free(q);
	}
	c->n_queue = c->queue_bytes = 0;
}

/* After a wrong password the next line waits; that of one who has left already
 * does not count any more. */
static bool must_wait(struct client *c)
{
	uint64_t until = session_held_until(c->session);

	if (until == 0)
		return false;
	if (c->eof) {
		queue_clear(c);
		return false;
	}
	timer_set(timers(c), &c->run, until);
	return true;
}

/* Runs requests in order for a while; a client that does not read waits. */
static void client_run(struct client *c)
{
	uint64_t until = loop_now() + SLICE_MS;
	struct request *q;

	while (!c->dead && !c->closing &&
		(q = TAILQ_FIRST(&c->queue)) != NULL &&
		!session_pending(c->session)) {
		if (backlog(c) > OUT_PAUSE)
			client_flush(c);
		if (backlog(c) > OUT_PAUSE)
			return; /* the writable event goes on */
		if (loop_now() > until) {
			timer_set(timers(c), &c->run, loop_now());
			return;
		}
		if (must_wait(c))
			return;
		q = TAILQ_FIRST(&c->queue);
		if (q == NULL)
			break;
		TAILQ_REMOVE(&c->queue, q, link);
		c->n_queue--;
		c->queue_bytes -= q->n;
		request_run(c, q);
		request_free(q);
	}
	if (session_over(c->session))
		client_bye(c, "");
	watch_idle(c);
	if (!c->eof || c->closing || c->dead)
		return;
	session_break(c->session); /* nobody waits for it */
	if (!TAILQ_EMPTY(&c->queue))
		return;
	session_leave(c->session);
	session_settle(c->session); /* applied before the client hears */
	client_bye(c, "");
}

void client_free(struct client *c)
{
	struct server *srv = c->srv;

	c->dead = true; /* what the session still says is lost */
	session_free(c->session);
	timer_cancel(timers(c), &c->run);
	timer_cancel(timers(c), &c->settle);
	timer_cancel(timers(c), &c->idle);
	loop_fd_del(c->watch);
	close(c->fd);
	queue_clear(c);
	sbuf_free(&c->in);
	sbuf_free(&c->hello);
	sbuf_free(&c->out);
	sbuf_free(&c->text);
	TAILQ_REMOVE(&srv->clients, c, link);
	srv->n_clients--;
	void (*gone)(void *) = c->gone;
	void *ctx = c->gone_ctx;

	free(c);
	if (gone != NULL)
		gone(ctx);
}

/* The end of every callback: goes on, sends, or frees. */
void client_step(struct client *c)
{
	if (c->session != NULL)
		client_run(c);
	client_flush(c);
	if (c->dead)
		client_free(c);
	else
		client_events(c);
}

static void on_run_timer(void *arg)
{
	struct client *c = arg;

	if (c->closing)
		c->dead = true;
	client_step(c);
}

static void on_settle_timer(void *arg)
{
	struct client *c = arg;

	session_settle(c->session);
}

static void on_idle_timer(void *arg)
{
	struct client *c = arg;

	if (session_pending(c->session) || !TAILQ_EMPTY(&c->queue)) {
		session_touch(c->session); /* it waits for us, not we for it */
	} else {
		session_expire(c->session);
		client_bye(c, "");
	}
	client_step(c);
}

/* Receiving. */

static bool vty_taken(const struct client *me, unsigned vty)
{
	const struct client *c;

	TAILQ_FOREACH(c, &me->srv->clients, link) {
		if (c != me && c->session != NULL && c->vty == vty)
			return true;
	}
	return false;
}

/* The ssh client's address, if it is one; from stays empty otherwise. */
static void read_from(struct rd *r, char from[IP_TEXT])
{
	struct span rest = rd_rest(r);
	char text[IP_TEXT] = "";
	struct ip_addr ip;

	from[0] = '\0';
	if (rest.n == 0 || rest.n >= sizeof(text))
		return;
	memcpy(text, rest.p, rest.n);
	if (ip_parse(text, &ip))
		ip_text(&ip, from);
}

/* HELLO opens the session. false: not acceptable. */
static bool take_hello(struct client *c, struct span body)
{
	struct session_sink sink = { .output = sink_output,
		.log_line = sink_log,
		.ask = sink_ask,
		.done = sink_done,
		.hangup = sink_hangup,
		.ctx = c };
	struct rd r = rd_span(body);
	uint8_t version = rd_u8(&r), flags = rd_u8(&r);
	uint16_t rows = rd_u16(&r), cols = rd_u16(&r);
	char from[IP_TEXT];
	static const uint8_t mine = PROTO_VERSION;

	if (c->session != NULL || !rd_ok(&r))
		return false;
	if (c->hello.n == 0)
		sbuf_add(&c->hello, body.p, body.n);
	send_frame(c, PROTO_WELCOME, &mine, 1);
	if (version != PROTO_VERSION) {
		client_bye(c, "% Client and daemon are of different versions");
		return true;
	}
	read_from(&r, from);
	bool console = from[0] == '\0' && flags & HELLO_TTY;
	auto_sbuf struct sbuf line = { 0 };

	c->vty = console ? UINT_MAX : 0;
	while (!console && vty_taken(c, c->vty))
		c->vty++;
	if (console)
		sbuf_adds(&line, "con 0");
	else
		sbuf_printf(&line, "vty %u", c->vty);
	if (c->peer.user[0] == '\0' && from[0] != '\0')
		strcpy(c->peer.user, "root");
	struct session_opts o = { .user = c->peer.user,
		.line = sbuf_str(&line),
		.from = from,
		.level = c->peer.level,
		.rows = rows,
		.cols = cols };

	if (flags & HELLO_TTY)
		o.flags |= SESSION_ECHO;
	if (console)
		o.flags |= SESSION_CONSOLE;
	if (flags & HELLO_BATCH)
		o.flags |= SESSION_BATCH;
	if (flags & HELLO_FILE)
		o.flags |= SESSION_LENIENT;
	if (c->peer.named)
		o.flags |= SESSION_NAMED;
	c->session = session_new(c->srv->router, &o, &sink);
	int result = session_start(c->session);

	if (result != CMD_PENDING)
		client_replied(c, result);
	return true;
}

static bool take_request(struct client *c, uint8_t type, struct span body)
{
	struct rd r = rd_span(body);
	uint8_t flags = type == PROTO_LINE ? rd_u8(&r) : 0;
	struct span text = rd_rest(&r);

	if (!rd_ok(&r))
		return false;
	flags &= (uint8_t)~LINE_TOO_LONG;
	if (text.n > PROTO_LINE_MAX) {
		flags |= LINE_TOO_LONG;
		text.n = 0;
	}
	struct request *q = xcalloc(1, sizeof(*q));

	q->type = type;
	q->flags = flags;
	q->n = text.n + sizeof(*q);
	q->text = xcalloc(text.n + 1, 1);
	/* A NUL or a line end inside would hide the rest of the line. */
	for (size_t i = 0; i < text.n; i++) {
		char ch = (char)text.p[i];

		q->text[i] = ch == '\0' || ch == '\n' || ch == '\r' ? ' ' : ch;
	}
	TAILQ_INSERT_TAIL(&c->queue, q, link);
	c->n_queue++;
	c->queue_bytes += q->n;
	return true;
}

static bool take_winsize(struct client *c, struct span body)
{
	struct rd r = rd_span(body);
	uint16_t rows = rd_u16(&r), cols = rd_u16(&r);

	if (!rd_ok(&r))
		return false;
	session_set_size(c->session, rows, cols);
	return true;
}

/* false: the client does not speak our language. */
static bool take_frame(struct client *c, const struct frame *f)
{
	if (f->type == PROTO_HELLO)
		return take_hello(c, f->body);
	if (c->session == NULL)
		return false;
	switch (f->type) {
	case PROTO_LINE:
	case PROTO_HELP:
	case PROTO_COMPLETE:
		return take_request(c, f->type, f->body);
	case PROTO_BREAK:
		session_break(c->session);
		return true;
	case PROTO_WINSIZE:
		return take_winsize(c, f->body);
	default:
		return false;
	}
}

static void client_read(struct client *c)
{
	char buf[65536];
	ssize_t n = recv(c->fd, buf, sizeof(buf), MSG_DONTWAIT);
	struct frame f;
	size_t pos = 0;
	int got = 0;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		c->eof = true;
		if (n < 0 || c->session == NULL)
			c->dead = true;
		return;
	}
	if (c->closing)
		return;
	sbuf_add(&c->in, buf, (size_t)n);
	mem_wipe(buf, (size_t)n);
	while (!c->dead && !c->closing &&
		(got = frame_get(&c->in, &pos, &f)) == 1) {
		if (!take_frame(c, &f))
			c->dead = true;
	}
	if (got < 0)
		c->dead = true;
	memmove(c->in.s, c->in.s + pos, c->in.n - pos);
	sbuf_trunc(&c->in, c->in.n - pos);
}

static void on_client(void *arg, int events)
{
	struct client *c = arg;

	if (events & LOOP_READ)
		client_read(c);
	client_step(c);
}

struct client *client_new(struct server *srv, int fd, const struct peer *peer)
{
	struct client *c = xcalloc(1, sizeof(*c));

	c->srv = srv;
	c->fd = fd;
	c->peer = *peer;
	TAILQ_INIT(&c->queue);
	timer_init(&c->run, on_run_timer, c);
	timer_init(&c->settle, on_settle_timer, c);
	timer_init(&c->idle, on_idle_timer, c);
	c->watch = loop_fd_add(srv->router->loop, fd, LOOP_READ, on_client, c);
	TAILQ_INSERT_TAIL(&srv->clients, c, link);
	srv->n_clients++;
	return c;
}

/* A person's shell hears from the broken connection that it may come back; a
 * script is done. */
void client_suspend(struct client *c)
{
	bool person =
		c->session != NULL && session_flags(c->session) & SESSION_ECHO;

	session_free(c->session);
	c->session = NULL;
	timer_cancel(timers(c), &c->settle);
	timer_cancel(timers(c), &c->idle);
	queue_clear(c);
	if (c->gone != NULL)
		return;
	if (!person)
		client_bye(c, "");
	client_flush(c);
	client_free(c);
}

void client_resume(struct client *c)
{
	struct span body = { (const uint8_t *)c->hello.s, c->hello.n };

	if (body.n > 0 && !take_hello(c, body))
		c->dead = true;
	client_step(c);
}

void client_tell(struct client *c, const char *text)
{
	if (c->session != NULL && session_flags(c->session) & SESSION_ECHO)
		sink_log(c, text);
}
