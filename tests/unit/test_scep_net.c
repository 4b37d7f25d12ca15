/* Enrolment over HTTP on loopback: CAs new and old, slow, broken, hostile. */
#include "router/scep_net.h"

#include "crypto/certinfo.h"
#include "tests/unit/http_server.h"
#include "tests/unit/scep_server.h"
#include "tests/unit/test.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum mode {
	GOOD,
	OLD,
	NO_CAPS,
	ABSENT,
	GARBAGE,
	HUGE_BODY,
	LOOPING,
	FILE_URL,
	SILENT
};

struct world {
	struct http_server *http;
	struct scep_server ca;
	enum mode mode;
	unsigned pending; /* answers before it is granted */
	unsigned requests, polls, posts, others;
	char first_path[256];
	struct loop *loop;
	struct pkey *key;
	struct der csr, self;
	struct scep_ca known;
	/* What came out. */
	bool done;
	int err;
	char why[128];
	struct der cert;
	unsigned waits;
	unsigned tries_left;
	bool polling;
};

static void put(struct http_answer *a, const struct der *d)
{
	sbuf_add(&a->body, d->p, d->n);
}

/* message=BASE64 of a GET. */
static void read_message(const char *path, struct der *out)
{
	const char *p = strstr(path, "message=");
	auto_sbuf struct sbuf text = { 0 };

	assert_non_null(p);
	for (p += 8; *p != '\0'; p++) {
		unsigned c = (unsigned char)*p;

		if (*p == '%' && sscanf(p + 1, "%2X", &c) == 1)
			p += 2;
		sbuf_addc(&text, (char)c);
	}
	assert_int_equal(pem_object(sbuf_str(&text), NULL, out), 0);
}

static void pki_operation(
	struct world *w, const struct http_request *q, struct http_answer *a)
{
	auto_der struct der in = { 0 }, out = { 0 };

	w->requests++;
	w->posts += q->post;
	if (q->post)
		der_set(&in, q->body, q->n);
	else
		read_message(q->path, &in);
	w->ca.status = w->pending > 0 ? SCEP_PENDING : w->ca.status;
	if (!scep_server_answer(&w->ca, der_span(&in), &out)) {
		a->status = 400;
		return;
	}
	w->polls += strcmp(w->ca.type, "20") == 0;
	if (w->pending > 0 && --w->pending == 0)
		w->ca.status = SCEP_SUCCESS;
	put(a, &out);
}

/* A poll (GetCertInitial) names the request; this CA keeps one. */
static void good(
	struct world *w, const struct http_request *q, struct http_answer *a)
{
	if (strstr(q->path, "operation=GetCACaps") != NULL) {
		if (w->mode == NO_CAPS)
			a->status = 404;
		else if (w->mode == GOOD)
			sbuf_adds(&a->body, "SCEPStandard\nRenewal\n");
	} else if (strstr(q->path, "operation=GetCACert") != NULL) {
		auto_der struct der d = { 0 };

		snprintf(w->first_path, sizeof(w->first_path), "%.200s",
			q->path);
		scep_server_ca(&w->ca, &d);
		put(a, &d);
	} else {
		pki_operation(w, q, a);
	}
}

static void on_http(
	void *ctx, const struct http_request *q, struct http_answer *a)
{
	struct world *w = ctx;

	switch (w->mode) {
	case ABSENT:
		a->status = 404;
		break;
	case GARBAGE:
		sbuf_adds(&a->body, "<html>Welcome</html>");
		break;
	case HUGE_BODY:
		sbuf_pad(&a->body, 'x', SCEP_BODY_MAX + 1);
		break;
	case LOOPING:
		w->others++;
		a->status = 302;
		snprintf(a->location, sizeof(a->location), "/again");
		break;
	case FILE_URL:
		a->status = 302;
		snprintf(
			a->location, sizeof(a->location), "file:///etc/passwd");
		break;
	case SILENT:
		w->others++;
		a->status = 0;
		break;
	default:
		good(w, q, a);
	}
}

static void world_new(struct world *w, enum mode mode)
{
	struct csr c = { .subject = "CN=gm1", .password = "challenge me" };
	auto_sbuf struct sbuf why = { 0 };
	auto_der struct der body = { 0 };

	*w = (struct world){ .mode = mode, .loop = loop_new() };
	scep_server_init(&w->ca, true);
	scep_server_ca(&w->ca, &body);
	assert_int_equal(scep_ca_parse(der_span(&body), &w->known), 0);
	w->key = pkey_rsa_generate(1024);
	assert_int_equal(csr_build(&c, w->key, &w->csr, &why), 0);
	assert_int_equal(selfsigned_build(&c, w->key, 1, 1600000000, 2500000000,
				 &w->self, &why),
		0);
	w->http = http_server_start("127.0.0.1", on_http, w);
}

static void world_free(struct world *w)
{
	loop_free(w->loop);
	http_server_stop(w->http);
	scep_server_fini(&w->ca);
	scep_ca_free(&w->known);
	pkey_unref(w->key);
	der_free(&w->csr);
	der_free(&w->self);
	der_free(&w->cert);
}

static void end(struct world *w, int err, const char *why)
{
	w->done = true;
	w->err = err;
	snprintf(w->why, sizeof(w->why), "%s", why);
}

static void on_ca(void *ctx, int err, const char *why, const struct scep_ca *ca)
{
	struct world *w = ctx;

	end(w, err, why);
	if (ca != NULL)
		der_set(&w->cert, ca->ca.p, ca->ca.n);
}

static void on_cert(void *ctx, int err, const char *why, const struct der *cert,
	const struct scep_reply *reply)
{
	struct world *w = ctx;

	end(w, err, why);
	assert_int_equal(cert != NULL, err == 0);
	assert_int_equal(reply != NULL, err == 0);
	if (cert != NULL)
		der_set(&w->cert, cert->p, cert->n);
}

static void on_wait(
	void *ctx, bool pending, unsigned tries_left, const char *why)
{
	struct world *w = ctx;

	assert_true(*why != '\0');
	(void)pending;
	w->waits++;
	w->tries_left = tries_left;
}

/* What debugging tells, of all exchanges of a test. */
static struct sbuf told;

static void on_debug(void *ctx, const struct debug_event *ev)
{
	(void)ctx;
	debug_text(ev, &told);
	sbuf_addc(&told, '\n');
}

static const struct debug *debugging(void)
{
	static struct debug hook = { .event = on_debug };

	for (size_t i = 0; i < DBG_N; i++)
		hook.on[i] = true;
	return &hook;
}

static void run(struct world *w)
{
	while (!w->done)
		loop_run_once(w->loop, -1);
}

static void get_ca(struct world *w, const char *path)
{
	char url[128];
	struct scep_net_opts o = { .url = url, .ca_ident = "ORBIT CA" };

	snprintf(url, sizeof(url), "http://127.0.0.1:%u%s",
		http_server_port(w->http), path);
	scep_net_ca(w->loop, &o, NULL, on_ca, w);
	run(w);
}

static void enroll_with(struct world *w, unsigned retries, struct pkey *old,
	struct span old_cert)
{
	char url[128];
	struct scep_net_opts o = { .url = url,
		.retries = retries,
		.period_ms = 10,
		.debug = debugging() };
	struct scep_net_request r = { .key = w->key,
		.csr = der_span(&w->csr),
		.signer = der_span(&w->self),
		.ca = &w->known,
		.old_key = old,
		.old_cert = old_cert,
		.polling = w->polling };

	snprintf(url, sizeof(url), "http://127.0.0.1:%u/scep",
		http_server_port(w->http));
	scep_net_enroll(w->loop, &o, &r, on_wait, on_cert, w);
	run(w);
}

static void enroll(struct world *w, unsigned retries, bool renew)
{
	enroll_with(w, retries, renew ? w->key : NULL, der_span(&w->self));
}

static void test_debug_tells(void **state)
{
	struct world w;

	(void)state;
	world_new(&w, GOOD);
	w.pending = 1;
	sbuf_trunc(&told, 0);
	enroll(&w, 3, false);
	assert_int_equal(w.err, 0);
	assert_non_null(strstr(
		told.s, "CRYPTO_PKI: Sending CA request: PKIOperation\n"));
	assert_non_null(strstr(told.s, "status PENDING"));
	assert_non_null(strstr(told.s,
		"CRYPTO_PKI: the request is still pending; again in 0 "
		"seconds, 2 tries left\n"));
	assert_non_null(strstr(told.s, "status SUCCESS"));
	assert_non_null(strstr(told.s,
		"CRYPTO_PKI: transaction completed: certificate received\n"));
	assert_null(strstr(told.s, "127.0.0.1")); /* no URL */
	sbuf_free(&told);
	world_free(&w);
}

static void test_ca(void **state)
{
	struct world w;

	(void)state;
	world_new(&w, GOOD);
	get_ca(&w, "");
	assert_int_equal(w.err, 0);
	assert_int_equal(w.cert.n, w.ca.ca.n);
	assert_memory_equal(w.cert.p, w.ca.ca.p, w.cert.n);
	assert_string_equal(w.first_path,
		"/cgi-bin/pkiclient.exe?operation=GetCACert"
		"&message=ORBIT%20CA");
	w.done = false;
	get_ca(&w, "/certsrv/mscep/mscep.dll");
	assert_string_equal(w.first_path,
		"/certsrv/mscep/mscep.dll?operation=GetCACert"
		"&message=ORBIT%20CA");
	world_free(&w);
}

static void test_bad_servers(void **state)
{
	static const struct {
		enum mode mode;
		int err;
	} t[] = {
		{ ABSENT, -ENOENT },
		{ GARBAGE, -EBADMSG },
		{ HUGE_BODY, -EFBIG },
		{ LOOPING, -EIO },
		{ FILE_URL, -EINVAL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		struct world w;

		world_new(&w, t[i].mode);
		get_ca(&w, "/");
		assert_int_equal(w.err, t[i].err);
		assert_true(w.why[0] != '\0');
		assert_true(w.others < 10);
		world_free(&w);
	}
}

static void test_nobody_listens(void **state)
{
	struct world w;

	(void)state;
	world_new(&w, GOOD);
	struct scep_net_opts o = { .url = "http://127.0.0.1:1/" };
	scep_net_ca(w.loop, &o, NULL, on_ca, &w);
	run(&w);
	assert_int_equal(w.err, -ECONNREFUSED);
	world_free(&w);
}

static void test_enroll(void **state)
{
	static const struct {
		enum mode mode;
		bool renew;
		unsigned posts;
		const char *type;
	} t[] = {
		{ GOOD, false, 1, "19" },
		{ GOOD, true, 1, "17" },
		{ OLD, false, 0, "19" },
		{ OLD, true, 0, "19" },
		{ NO_CAPS, false, 0, "19" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		struct world w;

		world_new(&w, t[i].mode);
		enroll(&w, 0, t[i].renew);
		assert_string_equal(w.why, "");
		assert_int_equal(w.err, 0);
		assert_true(w.cert.n > 0);
		assert_int_equal(w.posts, t[i].posts);
		assert_string_equal(w.ca.type, t[i].type);
		assert_int_equal(w.waits, 0);
		world_free(&w);
	}
}

/* `regenerate`: the old pair signs and decrypts, the new one is certified. */
static void test_renew_other_key(void **state)
{
	static const struct {
		enum mode mode;
		const char *type;
	} t[] = { { GOOD, "17" }, { NO_CAPS, "19" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		struct csr c = { .subject = "CN=gm1" };
		auto_sbuf struct sbuf why = { 0 };
		auto_cert_info struct cert_info info = { 0 };
		struct world w;

		world_new(&w, t[i].mode);
		struct pkey *old = w.key;
		auto_der struct der old_cert = w.self;

		w.key = pkey_rsa_generate(1024);
		w.self = (struct der){ 0 };
		assert_int_equal(csr_build(&c, w.key, &w.csr, &why), 0);
		assert_int_equal(selfsigned_build(&c, w.key, 1, 1600000000,
					 2500000000, &w.self, &why),
			0);
		enroll_with(&w, 0, old, der_span(&old_cert));
		assert_string_equal(w.why, "");
		assert_string_equal(w.ca.type, t[i].type);
		assert_true(cert_info_read(der_span(&w.cert), &info));
		assert_true(pkey_same_public(info.key, w.key));
		pkey_unref(old);
		world_free(&w);
	}
}

/* Through a device (of a VRF), and not around one that is not there. */
static void test_device(void **state)
{
	static const struct {
		const char *device;
		bool ok;
	} t[] = { { "lo", true }, { "nosuch0", false } };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		char url[128];
		struct scep_net_opts o = { .url = url, .device = t[i].device };
		struct world w;

		world_new(&w, GOOD);
		snprintf(url, sizeof(url), "http://127.0.0.1:%u/scep",
			http_server_port(w.http));
		scep_net_ca(w.loop, &o, NULL, on_ca, &w);
		run(&w);
		assert_int_equal(w.err == 0, t[i].ok);
		world_free(&w);
	}
}

/* What was sent before a restart is asked for, not sent again. */
static void test_resume(void **state)
{
	struct world w;

	(void)state;
	world_new(&w, GOOD);
	w.pending = 1;
	enroll(&w, 0, false);
	assert_int_equal(w.err, -ETIMEDOUT);
	w.done = false;
	w.polling = true;
	enroll(&w, 0, false);
	assert_int_equal(w.err, 0);
	assert_string_equal(w.ca.type, "20");
	assert_int_equal(w.polls, 1);
	world_free(&w);
}

/* PENDING: polls, not new requests; the number of them has an end. */
static void test_pending(void **state)
{
	struct world w;

	(void)state;
	world_new(&w, GOOD);
	w.pending = 1000;
	enroll(&w, 3, false);
	assert_int_equal(w.err, -ETIMEDOUT);
	assert_string_equal(w.why, "the request is still pending");
	assert_int_equal(w.requests, 4);
	assert_int_equal(w.polls, 3);
	assert_int_equal(w.waits, 3);
	world_free(&w);
}

static void test_pending_then_granted(void **state)
{
	struct world w;

	(void)state;
	world_new(&w, GOOD);
	w.pending = 2;
	enroll(&w, 10, false);
	assert_string_equal(w.why, "");
	assert_int_equal(w.err, 0);
	assert_true(w.cert.n > 0);
	assert_int_equal(w.requests, 3);
	assert_int_equal(w.polls, 2);
	assert_int_equal(w.waits, 2);
	world_free(&w);
}

static void test_failure(void **state)
{
	struct world w;

	(void)state;
	world_new(&w, GOOD);
	w.ca.status = SCEP_FAILURE;
	enroll(&w, 5, false);
	assert_int_equal(w.err, -EACCES);
	assert_int_equal(w.requests, 1); /* it said no: not asked again */
	assert_non_null(strstr(w.why, "badRequest"));
	world_free(&w);
}

static void test_forged(void **state)
{
	struct world w;

	(void)state;
	world_new(&w, GOOD);
	w.ca.fault = FAULT_STRANGER;
	enroll(&w, 1, false);
	assert_int_equal(w.err, -EBADMSG);
	assert_string_equal(w.why, "the answer is not signed by the CA");
	assert_int_equal(w.requests, 2);
	world_free(&w);
	world_new(&w, GOOD);
	w.ca.fault = FAULT_OTHER_KEY;
	enroll(&w, 0, false);
	assert_int_equal(w.err, -EBADMSG);
	world_free(&w);
}

/* A server that says nothing does not hold up the loop; cancelling is at once.
 */
static void test_cancel(void **state)
{
	struct world w;
	char url[64];
	struct scep_net_opts o = { .url = url };

	(void)state;
	world_new(&w, SILENT);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/",
		http_server_port(w.http));
	struct scep_net *n = scep_net_ca(w.loop, &o, NULL, on_ca, &w);
	loop_run_once(w.loop, 0);
	scep_net_cancel(n);
	world_free(&w);
	assert_false(w.done);
}

static void test_urls(void **state)
{
	auto_sbuf struct sbuf why = { 0 };

	(void)state;
	assert_true(scep_url_check("http://ca.orbit.example", &why));
	assert_true(scep_url_check("HTTPS://192.0.2.1:8443/x", &why));
	assert_false(scep_url_check("tftp://ca/x", &why));
	assert_false(scep_url_check("http://", &why));
	assert_false(scep_url_check("ca.orbit.example", &why));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_urls),
		cmocka_unit_test(test_ca),
		cmocka_unit_test(test_debug_tells),
		cmocka_unit_test(test_bad_servers),
		cmocka_unit_test(test_nobody_listens),
		cmocka_unit_test(test_enroll),
		cmocka_unit_test(test_pending),
		cmocka_unit_test(test_renew_other_key),
		cmocka_unit_test(test_resume),
		cmocka_unit_test(test_device),
		cmocka_unit_test(test_pending_then_granted),
		cmocka_unit_test(test_failure),
		cmocka_unit_test(test_forged),
		cmocka_unit_test(test_cancel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
