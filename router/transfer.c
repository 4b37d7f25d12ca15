/* Files over the network, through libcurl's blocking interface: a transfer
 * owns all that its pool thread touches; only `cancelled` is shared. */
#include "router/transfer.h"

#include "base/sbuf.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define CONNECT_SECS 15
#define STALL_SECS   30 /* with less than a byte a second */
#define REDIRECTS    5

struct transfer {
	char *url, *user, *password, *known_hosts, *source, *device;
	bool upload, http_only;
	unsigned max_secs;
	struct sbuf data; /* sent or fetched */
	struct sbuf post; /* sent before data is fetched */
	char *post_type;  /* its header line; NULL: no post */
	size_t sent, max;
	int err;
	char why[CURL_ERROR_SIZE];
	atomic_bool cancelled;
	transfer_done_fn *done;
	void *ctx;
};

static char *dup_or_null(const char *s)
{
	return s == NULL ? NULL : xstrdup(s);
}

static void wipe_free(char *s)
{
	if (s != NULL)
		mem_wipe(s, strlen(s));
	free(s);
}

static void transfer_free(struct transfer *t)
{
	wipe_free(t->password);
	wipe_free(t->url);
	free(t->user);
	free(t->known_hosts);
	free(t->source);
	free(t->device);
	free(t->post_type);
	sbuf_free(&t->post);
	if (t->data.s != NULL)
		mem_wipe(t->data.s, t->data.n);
	sbuf_free(&t->data);
	free(t);
}

static size_t on_write(char *p, size_t size, size_t n, void *ctx)
{
	struct transfer *t = ctx;

	if (n * size > t->max - t->data.n)
		return 0; /* CURLE_WRITE_ERROR */
	sbuf_add(&t->data, p, n * size);
	return n * size;
}

static size_t on_read(char *p, size_t size, size_t n, void *ctx)
{
	struct transfer *t = ctx;
	size_t rest = t->data.n - t->sent;
	size_t k = size * n < rest ? size * n : rest;

	if (k > 0)
		memcpy(p, t->data.s + t->sent, k);
	t->sent += k;
	return k;
}

static int on_progress(void *ctx, curl_off_t dl_total, curl_off_t dl,
	curl_off_t ul_total, curl_off_t ul)
{
	struct transfer *t = ctx;

	(void)dl_total;
	(void)dl;
	(void)ul_total;
	(void)ul;
	return atomic_load(&t->cancelled);
}

static int on_host_key(CURL *curl, const struct curl_khkey *known,
	const struct curl_khkey *found, enum curl_khmatch match, void *ctx)
{
	(void)curl;
	(void)known;
	(void)found;
	(void)ctx;
	switch (match) {
	case CURLKHMATCH_OK:
		return CURLKHSTAT_FINE;
	case CURLKHMATCH_MISSING:
		return CURLKHSTAT_FINE_ADD_TO_FILE;
	default:
		return CURLKHSTAT_REJECT;
	}
}

static int http_errno(CURL *curl)
{
	long status = 0;

	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	switch (status) {
	case 401:
	case 403:
		return -EACCES;
	case 404:
	case 410:
		return -ENOENT;
	default:
		return -EIO;
	}
}

static int code_errno(CURL *curl, CURLcode code)
{
	switch (code) {
	case CURLE_OK:
		return 0;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		return -EHOSTUNREACH;
	case CURLE_COULDNT_CONNECT:
		return -ECONNREFUSED;
	case CURLE_OPERATION_TIMEDOUT:
		return -ETIMEDOUT;
	case CURLE_HTTP_RETURNED_ERROR:
		return http_errno(curl);
	case CURLE_TFTP_NOTFOUND:
	case CURLE_REMOTE_FILE_NOT_FOUND:
	case CURLE_FTP_COULDNT_RETR_FILE:
		return -ENOENT;
	case CURLE_TFTP_PERM:
	case CURLE_LOGIN_DENIED:
	case CURLE_REMOTE_ACCESS_DENIED:
	case CURLE_PEER_FAILED_VERIFICATION:
		return -EACCES;
	case CURLE_REMOTE_DISK_FULL:
		return -ENOSPC;
	case CURLE_REMOTE_FILE_EXISTS:
		return -EEXIST;
	case CURLE_WRITE_ERROR:
	case CURLE_FILESIZE_EXCEEDED:
		return -EFBIG;
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_URL_MALFORMAT:
		return -EINVAL;
	case CURLE_ABORTED_BY_CALLBACK:
		return -ECANCELED;
	default:
		return -EIO;
	}
}

/* A socket of a VRF is one of its device. */
static int bind_device(void *ctx, curl_socket_t fd, curlsocktype purpose)
{
	const struct transfer *t = ctx;

	(void)purpose;
	return setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, t->device,
		       (socklen_t)strlen(t->device) + 1) == 0
		       ? CURL_SOCKOPT_OK
		       : CURL_SOCKOPT_ERROR;
}

static void set_limits(CURL *curl, struct transfer *t)
{
	const char *protocols =
		t->http_only ? "http,https" : "http,https,ftp,tftp,scp,sftp";

	curl_easy_setopt(curl, CURLOPT_URL, t->url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, protocols);
	curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(curl, CURLOPT_MAXREDIRS, (long)REDIRECTS);
	curl_easy_setopt(curl, CURLOPT_PROXY, ""); /* no word from outside */
	curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L); /* threads */
	curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECS);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)STALL_SECS);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)t->max_secs);
	if (t->source != NULL)
		curl_easy_setopt(curl, CURLOPT_INTERFACE, t->source);
	if (t->device != NULL) {
		curl_easy_setopt(curl, CURLOPT_SOCKOPTFUNCTION, bind_device);
		curl_easy_setopt(curl, CURLOPT_SOCKOPTDATA, t);
	}
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, t->why);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, t);
}

static void set_login(CURL *curl, struct transfer *t)
{
	if (t->user != NULL)
		curl_easy_setopt(curl, CURLOPT_USERNAME, t->user);
	if (t->password != NULL)
		curl_easy_setopt(curl, CURLOPT_PASSWORD, t->password);
	/* Never the keys of whoever runs the daemon. */
	curl_easy_setopt(curl, CURLOPT_SSH_AUTH_TYPES,
		(long)(CURLSSH_AUTH_PASSWORD | CURLSSH_AUTH_KEYBOARD));
	if (t->known_hosts != NULL)
		curl_easy_setopt(curl, CURLOPT_SSH_KNOWNHOSTS, t->known_hosts);
	curl_easy_setopt(curl, CURLOPT_SSH_KEYFUNCTION, on_host_key);
}

static void set_data(CURL *curl, struct transfer *t)
{
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_write);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, t);
	if (!t->upload)
		return;
	curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_read);
	curl_easy_setopt(curl, CURLOPT_READDATA, t);
	curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)t->data.n);
}

/* The list is freed after the transfer. */
static struct curl_slist *set_post(CURL *curl, struct transfer *t)
{
	struct curl_slist *headers;

	if (t->post_type == NULL)
		return NULL;
	headers = curl_slist_append(NULL, t->post_type);
	curl_easy_setopt(curl, CURLOPT_POST, 1L);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, sbuf_str(&t->post));
	curl_easy_setopt(
		curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)t->post.n);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	return headers;
}

/* On a pool thread. */
static void work(void *arg)
{
	struct transfer *t = arg;
	CURL *curl = curl_easy_init();
	struct curl_slist *headers;

	if (curl == NULL) {
		t->err = -ENOMEM;
		return;
	}
	set_limits(curl, t);
	set_login(curl, t);
	set_data(curl, t);
	headers = set_post(curl, t);
	t->err = code_errno(curl, curl_easy_perform(curl));
	curl_easy_cleanup(curl);
	curl_slist_free_all(headers);
}

static void done(void *arg)
{
	struct transfer *t = arg;
	const void *data = t->upload ? NULL : sbuf_str(&t->data);

	if (!atomic_load(&t->cancelled))
		t->done(t->ctx, t->err, t->why, data,
			t->upload ? t->sent : t->data.n);
	transfer_free(t);
}

struct transfer *transfer_start(struct loop *l, const struct transfer_opts *o,
	transfer_done_fn *fn, void *ctx)
{
	static bool ready;
	struct transfer *t = xcalloc(1, sizeof(*t));

	if (!ready) /* once a process, before there are threads that use it */
		ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
	t->url = xstrdup(o->url);
	t->user = dup_or_null(o->user);
	t->password = dup_or_null(o->password);
	t->known_hosts = dup_or_null(o->known_hosts);
	t->source = dup_or_null(o->source);
	t->device = dup_or_null(o->device);
	t->http_only = o->http_only;
	t->max_secs = o->max_secs;
	t->upload = o->data != NULL && o->post_type == NULL;
	if (o->post_type != NULL) {
		auto_sbuf struct sbuf line = { 0 };

		sbuf_printf(&line, "Content-Type: %s", o->post_type);
		t->post_type = sbuf_take(&line);
		sbuf_add(&t->post, o->data, o->n);
	}
	if (t->upload)
		sbuf_add(&t->data, o->data, o->n);
	else
		t->max = o->max;
	t->done = fn;
	t->ctx = ctx;
	loop_work(l, work, done, t);
	return t;
}

void transfer_cancel(struct transfer *t)
{
	atomic_store(&t->cancelled, true);
}
