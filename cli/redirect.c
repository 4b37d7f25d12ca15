/* show ... | redirect, append, tee URL (ios-cli.md 3): where the output goes,
 * and the end of a command whose output has to be sent first. */
#include "cli/confmgmt.h"
#include "cli/session_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool url_of(
	const struct session *s, const char *target, struct file_url *u)
{
	return file_url_parse(target, (enum file_system)s->term.file_system, u);
}

bool redirect_check(struct session *s, const struct filter *f)
{
	const char *target = filter_target(f);
	auto_sbuf struct sbuf out = { 0 };
	bool append = filter_kind(f) == FILTER_APPEND ||
		      filter_kind(f) == FILTER_TEE_APPEND;
	struct file_url u = { 0 };

	if (target == NULL)
		return true;
	if (s->level < 15) /* as copy, which could do the same */
		sbuf_adds(&out, "% Authorization failed.\n");
	else if (!url_of(s, target, &u))
		sbuf_printf(
			&out, "%%Error opening %s (No such device)\n", target);
	else if (u.fs == FS_SYSTEM || file_is_startup(&u))
		file_error("opening", &u, -EACCES, &out);
	else if (u.fs == FS_NETWORK && append)
		file_error("opening", &u, -ENOTSUP, &out);
	file_url_free(&u);
	session_write(s, sbuf_str(&out), out.n);
	return out.n == 0;
}

static int fail(struct session *s, const struct file_url *u, int err)
{
	auto_sbuf struct sbuf out = { 0 };

	file_error("opening", u, err, &out);
	s->sink.output(s->sink.ctx, sbuf_str(&out), out.n);
	return CMD_FAILED;
}

/* To the network. */

struct sending {
	struct session *session;
	struct file_url url;
	struct transfer *transfer;
	int result; /* of the command */
};

static void sending_free(struct sending *g)
{
	file_url_free(&g->url);
	free(g);
}

static void sending_break(void *ctx)
{
	struct sending *g = ctx;
	struct session *s = g->session;

	transfer_cancel(g->transfer);
	sending_free(g);
	session_done(s, CMD_FAILED);
}

static void on_sent(
	void *ctx, int err, const char *why, const void *data, size_t n)
{
	struct sending *g = ctx;
	struct session *s = g->session;
	int result = err == 0 ? g->result : fail(s, &g->url, err);

	(void)why;
	(void)data;
	(void)n;
	sending_free(g);
	session_done(s, result);
}

/* Takes u. */
static int send_to(struct session *s, struct file_url *u,
	const struct sbuf *text, int result)
{
	struct sending *g = xcalloc(1, sizeof(*g));
	struct net_url net;

	net_url_parse(u->name, &net);
	g->session = s;
	g->result = result;
	g->url = *u;
	*u = (struct file_url){ 0 };
	g->transfer = file_transfer(
		s->router, &net, sbuf_str(text), text->n, on_sent, g);
	net_url_free(&net);
	if (g->transfer == NULL) {
		result = fail(s, &g->url, -ENODEV);
		sending_free(g);
		return result;
	}
	session_on_break(s, sending_break, g);
	return CMD_PENDING;
}

int redirect_end(struct session *s, const struct filter *f, int result)
{
	const struct sbuf *text = filter_kept(f);
	enum filter_kind kind = filter_kind(f);
	struct file_url u;
	int err = 0;

	if (filter_target(f) == NULL)
		return result;
	if (!url_of(s, filter_target(f), &u))
		err = -ENODEV;
	else if (u.fs == FS_NETWORK)
		result = send_to(s, &u, text, result);
	else if (kind == FILTER_APPEND || kind == FILTER_TEE_APPEND)
		err = file_append(s->router, &u, sbuf_str(text), text->n);
	else
		err = file_put(s->router, &u, sbuf_str(text), text->n);
	if (err != 0)
		result = fail(s, &u, err);
	file_url_free(&u);
	return result;
}
