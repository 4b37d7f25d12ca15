/* CRLs and OCSP answers fetched from a server on loopback because somebody
 * showed a certificate. */
#include "router/revoke.h"

#include "tests/unit/http_server.h"
#include "tests/unit/test.h"

#include <openssl/ocsp.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAY 86400L

enum mode { GOOD, GARBAGE, ABSENT, STRANGER, SILENT };

struct world {
	struct http_server *http;
	struct loop *loop;
	struct log *log;
	struct revoke *revoke;
	EVP_PKEY *key, *other;
	X509 *ca, *gm;
	struct cert *ca_cert, *gm_cert;
	enum mode mode;
	bool revoked;
	char fixed_url[128]; /* "": as the certificate says */
	unsigned requests, changes, crl_changes;
};

static struct cert *wrap(X509 *x)
{
	unsigned char *p = NULL;
	int n = i2d_X509(x, &p);
	struct cert *c = cert_from_der(SPAN(p, n));

	OPENSSL_free(p);
	assert_non_null(c);
	return c;
}

static void add_ext(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	assert_non_null(e);
	X509_add_ext(x, e, -1);
	X509_EXTENSION_free(e);
}

static X509 *make(struct world *w, const char *cn, long serial, EVP_PKEY *key,
	EVP_PKEY *by)
{
	X509 *x = X509_new();
	X509_NAME *name = X509_get_subject_name(x);
	char urls[256];

	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), serial);
	X509_gmtime_adj(X509_getm_notBefore(x), -DAY);
	X509_gmtime_adj(X509_getm_notAfter(x), 30 * DAY);
	X509_NAME_add_entry_by_txt(
		name, "CN", MBSTRING_ASC, (const unsigned char *)cn, -1, -1, 0);
	X509_set_issuer_name(
		x, w->ca != NULL ? X509_get_subject_name(w->ca) : name);
	X509_set_pubkey(x, key);
	if (w->ca == NULL) {
		add_ext(x, x, NID_basic_constraints, "critical,CA:TRUE");
	} else {
		unsigned port = http_server_port(w->http);

		snprintf(urls, sizeof(urls), "URI:http://127.0.0.1:%u/ca.crl",
			port);
		add_ext(x, w->ca, NID_crl_distribution_points, urls);
		snprintf(urls, sizeof(urls), "OCSP;URI:http://127.0.0.1:%u/",
			port);
		add_ext(x, w->ca, NID_info_access, urls);
	}
	assert_true(X509_sign(x, by, EVP_sha256()) > 0);
	return x;
}

static void put_crl(struct world *w, struct http_answer *a)
{
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *from = X509_gmtime_adj(NULL, -60);
	ASN1_TIME *until = X509_gmtime_adj(NULL, DAY);
	unsigned char *p = NULL;

	X509_CRL_set_version(crl, X509_CRL_VERSION_2);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(w->ca));
	X509_CRL_set1_lastUpdate(crl, from);
	X509_CRL_set1_nextUpdate(crl, until);
	if (w->revoked) {
		X509_REVOKED *e = X509_REVOKED_new();

		X509_REVOKED_set_serialNumber(e, X509_get_serialNumber(w->gm));
		X509_REVOKED_set_revocationDate(e, from);
		X509_CRL_add0_revoked(crl, e);
	}
	X509_CRL_sign(
		crl, w->mode == STRANGER ? w->other : w->key, EVP_sha256());
	int n = i2d_X509_CRL(crl, &p);
	sbuf_add(&a->body, p, (size_t)n);
	OPENSSL_free(p);
	ASN1_TIME_free(from);
	ASN1_TIME_free(until);
	X509_CRL_free(crl);
}

static void put_ocsp(
	struct world *w, const struct http_request *q, struct http_answer *a)
{
	const uint8_t *in = q->body;
	OCSP_REQUEST *req = d2i_OCSP_REQUEST(NULL, &in, (long)q->n);
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	ASN1_TIME *from = X509_gmtime_adj(NULL, -60);
	ASN1_TIME *until = X509_gmtime_adj(NULL, DAY);
	unsigned char *p = NULL;

	OCSP_basic_add1_status(basic,
		OCSP_onereq_get0_id(OCSP_request_onereq_get0(req, 0)),
		w->revoked ? V_OCSP_CERTSTATUS_REVOKED : V_OCSP_CERTSTATUS_GOOD,
		0, w->revoked ? from : NULL, from, until);
	OCSP_copy_nonce(basic, req);
	OCSP_basic_sign(basic, w->ca, w->key, EVP_sha256(), NULL, 0);
	OCSP_RESPONSE *resp =
		OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
	int n = i2d_OCSP_RESPONSE(resp, &p);
	sbuf_add(&a->body, p, (size_t)n);
	OPENSSL_free(p);
	ASN1_TIME_free(from);
	ASN1_TIME_free(until);
	OCSP_RESPONSE_free(resp);
	OCSP_BASICRESP_free(basic);
	OCSP_REQUEST_free(req);
}

static void on_http(
	void *ctx, const struct http_request *q, struct http_answer *a)
{
	struct world *w = ctx;

	w->requests++;
	if (w->mode == GARBAGE)
		sbuf_adds(&a->body, "<html>");
	else if (w->mode == ABSENT)
		a->status = 404;
	else if (w->mode == SILENT)
		a->status = 0;
	else if (q->post)
		put_ocsp(w, q, a);
	else
		put_crl(w, a);
}

static bool policy(void *ctx, const char *tp, struct revoke_policy *out)
{
	struct world *w = ctx;

	*out = (struct revoke_policy){ 0 };
	if (w->fixed_url[0] != '\0')
		out->crl_url = w->fixed_url;
	return strcmp(tp, "ORBIT_CA") == 0;
}

static void changed(void *ctx, const char *tp, const struct crl *crl)
{
	struct world *w = ctx;

	assert_string_equal(tp, "ORBIT_CA");
	w->changes++;
	w->crl_changes += crl != NULL;
}

static unsigned told;
static void on_log(void *ctx, enum log_sev sev, const char *line)
{
	(void)ctx;
	(void)sev;
	told += strstr(line, "_FETCH_FAIL") != NULL;
}

static struct log_sink sink = { .level = LOG_SEV_DEBUG, .fn = on_log };

static void world_new(struct world *w, enum mode mode)
{
	*w = (struct world){ .mode = mode, .loop = loop_new() };
	w->http = http_server_start("127.0.0.1", on_http, w);
	w->log = log_new(4096);
	log_sink_add(w->log, &sink);
	told = 0;
	w->key = EVP_EC_gen("P-256");
	w->other = EVP_EC_gen("P-256");
	w->ca = make(w, "Orbit CA", 1, w->key, w->key);
	w->gm = make(w, "gm1", 2, w->other, w->key);
	w->ca_cert = wrap(w->ca);
	w->gm_cert = wrap(w->gm);
	w->revoke = revoke_new(w->loop, w->log);
	revoke_set_ops(w->revoke,
		&(struct revoke_ops){
			.policy = policy, .changed = changed, .ctx = w });
}

static void world_free(struct world *w)
{
	revoke_free(w->revoke);
	loop_free(w->loop);
	http_server_stop(w->http);
	log_sink_del(w->log, &sink);
	log_free(w->log);
	cert_unref(w->ca_cert);
	cert_unref(w->gm_cert);
	X509_free(w->ca);
	X509_free(w->gm);
	EVP_PKEY_free(w->key);
	EVP_PKEY_free(w->other);
}

static bool want(struct world *w, enum revocation_method m)
{
	return revoke_wanted(w->revoke, "ORBIT_CA", w->gm_cert, w->ca_cert, m);
}

static enum cert_verdict judge(struct world *w, enum revocation_method m)
{
	struct ocsp_status ocsp[4];
	struct crl *crls[4];
	struct cert_trust t = { .ca = &w->ca_cert,
		.n_ca = 1,
		.crl = crls,
		.ocsp = ocsp,
		.method = { m },
		.n_methods = 1 };

	t.n_crls = revoke_crls(w->revoke, "ORBIT_CA", crls, 4);
	t.n_ocsp = revoke_ocsp(w->revoke, "ORBIT_CA", ocsp, 4);
	return cert_verify(&t, &w->gm_cert, 1, time(NULL), NULL, NULL);
}

static void test_fetch(void **state)
{
	static const struct {
		enum revocation_method m;
		bool revoked;
		enum cert_verdict verdict;
	} t[] = {
		{ REVOCATION_CRL, false, CERT_OK },
		{ REVOCATION_CRL, true, CERT_REVOKED },
		{ REVOCATION_OCSP, false, CERT_OK },
		{ REVOCATION_OCSP, true, CERT_REVOKED },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(t); i++) {
		struct world w;

		world_new(&w, GOOD);
		w.revoked = t[i].revoked;
		assert_int_equal(judge(&w, t[i].m), CERT_UNCHECKED);
		assert_true(want(&w, t[i].m));
		assert_true(want(&w, t[i].m)); /* still under way */
		while (w.changes == 0)
			loop_run_once(w.loop, -1);
		assert_int_equal(judge(&w, t[i].m), t[i].verdict);
		assert_int_equal(w.crl_changes, t[i].m == REVOCATION_CRL);
		assert_int_equal(w.requests, 1);
		assert_false(want(&w, t[i].m)); /* not so soon again */
		world_free(&w);
	}
}

/* Fetched anew when a user wants it, but not what he brings himself. */
static void test_refresh(void **state)
{
	struct revoke_view v;
	struct world w;

	(void)state;
	world_new(&w, GOOD);
	assert_false(revoke_at(w.revoke, 0, &v));
	want(&w, REVOCATION_CRL);
	while (w.changes == 0)
		loop_run_once(w.loop, -1);
	assert_true(revoke_at(w.revoke, 0, &v));
	assert_non_null(v.crl);
	assert_true(v.refresh_at > loop_now());
	assert_false(revoke_at(w.revoke, 1, &v));
	w.revoked = true;
	assert_int_equal(revoke_refresh(w.revoke, "OTHER", w.gm_cert), 0);
	assert_int_equal(revoke_refresh(w.revoke, "ORBIT_CA", w.ca_cert), 0);
	assert_int_equal(judge(&w, REVOCATION_CRL), CERT_OK);
	assert_int_equal(revoke_refresh(w.revoke, "ORBIT_CA", w.gm_cert), 1);
	while (w.changes == 1)
		loop_run_once(w.loop, -1);
	assert_int_equal(judge(&w, REVOCATION_CRL), CERT_REVOKED);
	world_free(&w);
}

/* No URL: the CA is asked, if it can be; what comes is judged as ever. */
static revoke_got_fn *got;
static void *got_item;

static void *get_crl(void *ctx, const char *tp, const struct cert *cert,
	revoke_got_fn *done, void *item)
{
	assert_string_equal(tp, "ORBIT_CA");
	assert_non_null(cert);
	got = done;
	got_item = item;
	return ctx;
}

static void get_cancel(void *get)
{
	((struct world *)get)->requests += 100;
}

static bool scep_policy(void *ctx, const char *tp, struct revoke_policy *out)
{
	(void)ctx;
	(void)tp;
	*out = (struct revoke_policy){ .by_scep = true };
	return true;
}

static void test_by_scep(void **state)
{
	struct world w;
	auto_der struct der bad = { 0 };

	(void)state;
	world_new(&w, GOOD);
	revoke_set_ops(w.revoke, &(struct revoke_ops){ .policy = scep_policy,
					 .changed = changed,
					 .get_crl = get_crl,
					 .get_cancel = get_cancel,
					 .ctx = &w });
	/* The CA's own certificate names no distribution point. */
	assert_true(revoke_wanted(
		w.revoke, "ORBIT_CA", w.ca_cert, w.ca_cert, REVOCATION_CRL));
	assert_int_equal(w.requests, 0);
	der_set(&bad, "no CRL", 6);
	got(got_item, 0, "", &bad);
	assert_int_equal(told, 1);
	assert_int_equal(w.changes, 0);
	assert_false(revoke_wanted(
		w.revoke, "ORBIT_CA", w.ca_cert, w.ca_cert, REVOCATION_CRL));
	world_free(&w);

	world_new(&w, GOOD);
	revoke_set_ops(w.revoke, &(struct revoke_ops){ .policy = scep_policy,
					 .get_crl = get_crl,
					 .get_cancel = get_cancel,
					 .ctx = &w });
	assert_true(revoke_wanted(
		w.revoke, "ORBIT_CA", w.ca_cert, w.ca_cert, REVOCATION_CRL));
	revoke_free(w.revoke);
	assert_int_equal(w.requests, 100);
	w.revoke = NULL;
	world_free(&w);
}

/* A failure is told once and not tried again at once, whoever asks. */
static void test_failures(void **state)
{
	static const enum mode modes[] = { GARBAGE, ABSENT, STRANGER };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		struct world w;

		world_new(&w, modes[i]);
		assert_true(want(&w, REVOCATION_CRL));
		while (told == 0)
			loop_run_once(w.loop, -1);
		for (int k = 0; k < 100; k++)
			assert_false(want(&w, REVOCATION_CRL));
		assert_int_equal(w.requests, 1);
		assert_int_equal(w.changes, 0);
		assert_int_equal(judge(&w, REVOCATION_CRL), CERT_UNCHECKED);
		world_free(&w);
	}
}

/* Whom the CA has not signed makes us fetch nothing. */
static void test_stranger(void **state)
{
	struct world w;

	(void)state;
	world_new(&w, GOOD);
	X509 *forged = make(&w, "gm1", 3, w.other, w.other);
	struct cert *c = wrap(forged);
	assert_false(revoke_wanted(
		w.revoke, "ORBIT_CA", c, w.ca_cert, REVOCATION_CRL));
	assert_false(revoke_wanted(
		w.revoke, "ORBIT_CA", c, w.ca_cert, REVOCATION_OCSP));
	assert_false(revoke_wanted(
		w.revoke, "OTHER", w.gm_cert, w.ca_cert, REVOCATION_CRL));
	assert_false(want(&w, REVOCATION_NONE));
	assert_int_equal(w.requests, 0);
	cert_unref(c);
	X509_free(forged);
	world_free(&w);
}

/* `crl query` stands for what certificates say; one CRL serves all members. */
static void test_fixed_url(void **state)
{
	struct world w;

	(void)state;
	world_new(&w, GOOD);
	snprintf(w.fixed_url, sizeof(w.fixed_url), "http://127.0.0.1:1/");
	assert_true(want(&w, REVOCATION_CRL));
	X509 *second = make(&w, "gm2", 3, w.other, w.key);
	struct cert *c = wrap(second);
	assert_true(revoke_wanted(
		w.revoke, "ORBIT_CA", c, w.ca_cert, REVOCATION_CRL));
	while (told == 0)
		loop_run_once(w.loop, -1);
	assert_int_equal(w.requests, 0); /* nobody listens on port 1 */
	assert_int_equal(told, 1);
	cert_unref(c);
	X509_free(second);
	world_free(&w);
}

/* Members without number: so many fly, so many are remembered. */
static void test_bounds(void **state)
{
	struct world w;
	unsigned accepted = 0;

	(void)state;
	world_new(&w, SILENT);
	for (long i = 0; i < REVOKE_ITEMS_MAX + 50; i++) {
		X509 *x = make(&w, "gm", 10 + i, w.other, w.key);
		struct cert *c = wrap(x);

		accepted += revoke_wanted(
			w.revoke, "ORBIT_CA", c, w.ca_cert, REVOCATION_OCSP);
		cert_unref(c);
		X509_free(x);
	}
	assert_int_equal(accepted, REVOKE_ITEMS_MAX);
	world_free(&w); /* while they fly */
	assert_true(w.requests <= REVOKE_FLYING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fetch),
		cmocka_unit_test(test_refresh),
		cmocka_unit_test(test_by_scep),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_stranger),
		cmocka_unit_test(test_fixed_url),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
