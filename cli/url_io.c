/* One file, by its URL. */
#include "cli/url_io.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct url_job {
	struct session *session;
	struct file_url url;
	struct net_url net;
	struct transfer *transfer;
	size_t max;
	bool upload;
	url_fn *fn;
	void (*drop)(void *ctx);
	void *ctx;
};

static void job_free(struct url_job *j)
{
	if (j->transfer != NULL)
		transfer_cancel(j->transfer);
	file_url_free(&j->url);
	net_url_free(&j->net);
	free(j);
}

static void job_break(void *ctx)
{
	struct url_job *j = ctx;
	struct session *s = j->session;
	bool pending = j->transfer != NULL;

	j->drop(j->ctx);
	job_free(j);
	if (pending)
		session_done(s, CMD_FAILED);
}

static int job_end(
	struct url_job *j, int err, const char *why, const char *text, size_t n)
{
	struct session *s = j->session;
	auto_sbuf struct sbuf out = { 0 };

	if (err == 0 && n > j->max)
		err = -EFBIG;
	if (err != 0) {
		file_error("opening", &j->url, err, &out);
		if (why != NULL && why[0] != '\0')
			sbuf_printf(&out, "%% %s\n", why);
		session_write(s, sbuf_str(&out), out.n);
	}
	session_on_break(s, j->drop, j->ctx);
	url_fn *fn = j->fn;
	void *ctx = j->ctx;

	job_free(j);
	return fn(s, err, err == 0 ? text : "", err == 0 ? n : 0, ctx);
}

static void on_transfer(
	void *ctx, int err, const char *why, const void *data, size_t n)
{
	struct url_job *j = ctx;
	struct session *s = j->session;
	struct sbuf text = { 0 };

	j->transfer = NULL;
	if (err == 0 && !j->upload && n <= j->max)
		sbuf_add(&text, data, n);
	int result = job_end(j, err, why, sbuf_str(&text),
		j->upload || n <= text.n ? text.n : n);

	if (text.s != NULL)
		mem_wipe(text.s, text.cap);
	sbuf_free(&text);
	session_resume(s, result);
}

static struct url_job *job_new(struct session *s, const char *url, url_fn *fn,
	void (*drop)(void *ctx), void *ctx)
{
	struct url_job *j = xcalloc(1, sizeof(*j));

	j->session = s;
	j->fn = fn;
	j->drop = drop;
	j->ctx = ctx;
	if (!file_url_parse(url, session_term(s)->file_system, &j->url))
		return j;
	if (j->url.fs == FS_NETWORK)
		net_url_parse(j->url.name, &j->net);
	return j;
}

static int job_transfer(struct url_job *j, const void *p, size_t n)
{
	j->transfer = file_transfer(
		session_router(j->session), &j->net, p, n, on_transfer, j);
	if (j->transfer == NULL)
		return job_end(j, -ENODEV, NULL, "", 0);
	session_on_break(j->session, job_break, j);
	return CMD_PENDING;
}

int url_read(struct session *s, const char *url, size_t max, url_fn *fn,
	void (*drop)(void *ctx), void *ctx)
{
	struct url_job *j = job_new(s, url, fn, drop, ctx);
	struct sbuf text = { 0 };

	j->max = max;
	if (j->url.name == NULL)
		return job_end(j, -ENOENT, NULL, "", 0);
	if (j->url.fs == FS_NETWORK)
		return job_transfer(j, NULL, 0);
	int err = file_get(session_router(s), &j->url, &text);
	int result = job_end(j, err, NULL, sbuf_str(&text), text.n);

	if (text.s != NULL)
		mem_wipe(text.s, text.cap);
	sbuf_free(&text);
	return result;
}

int url_write(struct session *s, const char *url, const void *p, size_t n,
	url_fn *fn, void (*drop)(void *ctx), void *ctx)
{
	struct url_job *j = job_new(s, url, fn, drop, ctx);

	j->upload = true;
	if (j->url.name == NULL || file_is_running(&j->url) ||
		file_is_startup(&j->url))
		return job_end(j, -EACCES, NULL, "", 0);
	if (j->url.fs == FS_NETWORK)
		return job_transfer(j, p, n);
	return job_end(
		j, file_put(session_router(s), &j->url, p, n), NULL, "", 0);
}
