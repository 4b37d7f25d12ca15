/* Trustpoints at the command line: the dialogues, the chain in the
 * configuration, what restarts and bad input leave. */
#include "cli/pki.h"
#include "cli/pki_renew.h"
#include "router/debug.h"
#include "tests/unit/cli_session.h"
#include "tests/unit/fake_box.h"
#include "tests/unit/pki_ca.h"
#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct world {
	struct cli_session t;
	struct keystore *keys;
	struct pkistore *store;
	struct pki_ca *ca;
	struct sbuf ca_pem;
};

static uint64_t no_time(void)
{
	return 0;
}

static void world_start(struct world *w)
{
	cli_session_init(&w->t, 0);
	w->t.router.box = (struct box *)&fake_box;
	fake_box.debugger = debugger_new(w->t.router.log, no_time);
}

static void world_shut(struct world *w)
{
	cli_session_fini(&w->t);
	debugger_free(fake_box.debugger);
	fake_box.debugger = NULL;
}

static void world_boot(struct world *w)
{
	world_start(w);
	fake_box.keystore = w->keys;
	fake_box.pkistore = w->store;
	pki_start(&w->t.router);
	cli_run(&w->t, "configure terminal");
}

static void world_init(struct world *w)
{
	auto_sbuf struct sbuf problems = { 0 };

	memset(w, 0, sizeof(*w));
	w->keys = keystore_open(NULL, &problems);
	w->store = pkistore_open(NULL, &problems);
	w->ca = pki_ca_new("Orbit Root CA");
	pki_ca_cert(w->ca, &w->ca_pem);
	world_boot(w);
}

static void world_fini(struct world *w)
{
	world_shut(w);
	keystore_close(w->keys);
	pkistore_close(w->store);
	pki_ca_free(w->ca);
	sbuf_free(&w->ca_pem);
	fake_box_reset();
}

static void settle(struct world *w)
{
	commit_settle(w->t.router.commit);
}

static void run(struct world *w, const char *lines)
{
	auto_free char *copy = xstrdup(lines);
	char *rest = copy;

	for (char *l; (l = strsep(&rest, "\n")) != NULL;)
		cli_run(&w->t, l);
	settle(w);
}

/* Pastes text and its end; what the last line printed. */
static const char *paste(struct world *w, const char *text, const char *end)
{
	auto_free char *copy = xstrdup(text);
	char *rest = copy;

	for (char *l; (l = strsep(&rest, "\n")) != NULL && *l != '\0';) {
		assert_true(session_asks_text(w->t.session));
		cli_run(&w->t, l);
	}
	return cli_run(&w->t, end);
}

static void assert_has(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fprintf(stderr, "--- no\n%s--- in\n%s---\n", part, text);
	assert_non_null(strstr(text, part));
}

static void assert_config(struct world *w, const char *part, bool there)
{
	auto_sbuf struct sbuf text = { 0 };

	settle(w);
	running_text(&w->t.router, false, &text);
	if (there)
		assert_has(sbuf_str(&text), part);
	else
		assert_null(strstr(sbuf_str(&text), part));
}

static void trustpoint(struct world *w)
{
	run(w, "crypto pki trustpoint T\n"
	       "enrollment terminal pem\n"
	       "subject-name cn=gm1,o=Orbit Lab\n"
	       "fqdn none\n"
	       "serial-number none\n"
	       "ip-address none\n"
	       "eckeypair K\n"
	       "exit");
}

static void authenticate(struct world *w)
{
	cli_run(&w->t, "crypto pki authenticate T");
	paste(w, w->ca_pem.s, "quit");
	assert_has(
		cli_run(&w->t, "yes"), "Trustpoint CA certificate accepted.\n");
	assert_false(session_asking(w->t.session));
	settle(w);
}

/* The dialogue up to the request, which it gives in PEM. */
static void enroll(struct world *w, struct sbuf *request)
{
	cli_run(&w->t, "crypto pki enroll T");
	assert_string_equal(sbuf_str(&w->t.question),
		"Display Certificate Request to terminal? [yes/no]: ");
	const char *out = cli_run(&w->t, "yes");
	const char *begin =
		strstr(out, "-----BEGIN CERTIFICATE REQUEST-----\n");
	const char *end = strstr(out, "\n---End - This line not part");

	assert_non_null(begin);
	assert_non_null(end);
	sbuf_add(request, begin, (size_t)(end - begin));
	cli_run(&w->t, "no");
	assert_false(session_asking(w->t.session));
	settle(w);
}

static const char *import(struct world *w, const char *pem)
{
	cli_run(&w->t, "crypto pki import T certificate");
	return paste(w, pem, "");
}

static void enrollment(void **state)
{
	auto_sbuf struct sbuf request = { 0 }, cert = { 0 };
	struct world w;

	(void)state;
	world_init(&w);
	trustpoint(&w);
	assert_has(cli_run(&w.t, "crypto pki enroll T"),
		"% You must authenticate the Certificate Authority before\n"
		"you can enroll with it.\n");
	authenticate(&w);
	assert_config(&w,
		"crypto pki certificate chain T\n certificate ca 01\n", true);
	assert_has(cli_run(&w.t, "crypto pki authenticate T"),
		"% Please delete your existing CA certificate first.\n");
	enroll(&w, &request);
	assert_has(cli_run(&w.t, "do show crypto pki certificates"),
		"Status: Pending");
	pki_ca_issue(w.ca, request.s, 7, -60, 86400, &cert);
	assert_has(import(&w, cert.s),
		"% Router Certificate successfully imported\n");
	assert_config(&w, " certificate 07\n", true);
	assert_has(cli_run(&w.t, "do show crypto pki trustpoints status"),
		"    Keys generated ............. Yes (General Purpose, "
		"non-exportable)\n"
		"    Issuing CA authenticated ....... Yes\n"
		"    Certificate request(s) ..... Yes\n");
	assert_has(cli_run(&w.t, "do show crypto pki certificates"),
		"Certificate\n"
		"  Status: Available\n"
		"  Certificate Serial Number (hex): 07\n"
		"  Certificate Usage: General Purpose\n"
		"  Issuer: \n"
		"    cn=Orbit Root CA\n"
		"    o=Orbit Lab\n"
		"  Subject:\n"
		"    cn=gm1\n"
		"    o=Orbit Lab\n"
		"  Validity Date: \n");
	world_fini(&w);
}

/* Each refusal says why, and leaves what was there. */
static void refusals(void **state)
{
	auto_sbuf struct sbuf request = { 0 }, other = { 0 }, late = { 0 },
			      again = { 0 };
	struct pki_ca *stranger = pki_ca_new("Stranger");
	struct world w;

	(void)state;
	world_init(&w);
	trustpoint(&w);
	cli_run(&w.t, "crypto pki authenticate T");
	assert_has(paste(&w, "not base64 at all?", "quit"),
		"% Error in receiving Certificate Authority certificate: "
		"status = FAIL, cert length = 0\n");
	cli_run(&w.t, "crypto pki authenticate T");
	paste(&w, w.ca_pem.s, "quit");
	assert_string_equal(cli_run(&w.t, "no"), "");
	assert_config(&w, "certificate chain", false);
	authenticate(&w);
	enroll(&w, &request);
	pki_ca_issue(stranger, request.s, 8, -60, 86400, &other);
	pki_ca_issue(w.ca, request.s, 9, -86400, 3600, &late);
	pki_ca_issue(w.ca, request.s, 10, 3600, 3600, &again);
	assert_has(import(&w, "MIIgarbage"),
		"% Failed to parse or verify imported certificate\n");
	assert_has(import(&w, w.ca_pem.s),
		"% Its public key is not that of this trustpoint's key pair.");
	assert_has(import(&w, other.s),
		"% It is not signed by this trustpoint's CA.");
	assert_has(import(&w, late.s), "% The certificate has expired at ");
	assert_has(
		import(&w, again.s), "% The certificate is not valid before ");
	assert_has(cli_run(&w.t, "do show crypto pki certificates"),
		"Status: Pending");
	assert_config(&w, " certificate ca 01\n", true);
	assert_has(cli_run(&w.t, "crypto pki authenticate X"),
		"% Trustpoint X is not configured.\n");
	pki_ca_free(stranger);
	world_fini(&w);
}

static void fingerprints(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	trustpoint(&w);
	run(&w, "crypto pki trustpoint T");
	assert_has(
		cli_run(&w.t, "subject-name gm1"), "% Invalid subject name: ");
	assert_config(&w, " subject-name cn=gm1,o=Orbit Lab\n", true);
	run(&w, "crypto pki trustpoint T");
	assert_has(cli_run(&w.t, "fingerprint 0A1B"),
		"% A fingerprint has 32, 40 or 64 hexadecimal digits\n");
	run(&w, "fingerprint 0a1b2c3d 4e5f6071 8293a4b5 c6d7e8f9\nexit");
	assert_config(
		&w, " fingerprint 0A1B2C3D4E5F60718293A4B5C6D7E8F9\n", true);
	cli_run(&w.t, "crypto pki authenticate T");
	assert_has(paste(&w, w.ca_pem.s, "quit"), "does not match");
	assert_false(session_asking(w.t.session));
	assert_config(&w, "certificate chain", false);
	world_fini(&w);
}

/* The running-config is the store's master, except at the start. */
static void restarts(void **state)
{
	auto_sbuf struct sbuf startup = { 0 };
	struct world w;

	(void)state;
	world_init(&w);
	trustpoint(&w);
	authenticate(&w);
	assert_int_equal(pkistore_get(w.store, "T")->n_certs, 1);
	running_text(&w.t.router, false, &startup);

	world_shut(&w); /* nobody saved it */
	world_boot(&w);
	trustpoint(&w);
	assert_config(&w, " certificate ca 01\n", true);

	/* Saved as it is, and removed afterwards: that is lost with the
	 * restart, as on any router, but not what came since. */
	pki_saved(&w.t.router);
	run(&w, "crypto pki certificate chain T\nno certificate ca 01");
	assert_null(pkistore_get(w.store, "T"));
	world_shut(&w);
	world_start(&w);
	running_load(&w.t.router, startup.s, NULL, NULL);
	pki_start(&w.t.router);
	assert_config(&w, " certificate ca 01\n", true);
	assert_int_equal(pkistore_get(w.store, "T")->n_certs, 1);
	world_fini(&w);
}

static void removal(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	trustpoint(&w);
	authenticate(&w);
	assert_has(cli_run(&w.t, "no crypto pki trustpoint T"),
		"% Removing an enrolled trustpoint will destroy all "
		"certificates\n received from the related Certificate "
		"Authority.\n");
	cli_run(&w.t, "no");
	assert_config(&w, "crypto pki trustpoint T\n", true);
	cli_run(&w.t, "no crypto ca trustpoint T");
	assert_has(cli_run(&w.t, "yes"), "% Be sure to ask the CA "
					 "administrator to revoke your "
					 "certificates.\n");
	assert_config(&w, "crypto pki", false);
	assert_null(pkistore_get(w.store, "T"));
	world_fini(&w);
}

/* A pair that goes takes its certificates with it; the CA's stay. */
static void zeroized(void **state)
{
	auto_sbuf struct sbuf request = { 0 }, cert = { 0 };
	struct world w;

	(void)state;
	world_init(&w);
	trustpoint(&w);
	authenticate(&w);
	enroll(&w, &request);
	pki_ca_issue(w.ca, request.s, 7, -60, 86400, &cert);
	import(&w, cert.s);
	assert_has(cli_run(&w.t, "crypto key zeroize rsa K"),
		"% No RSA keys found in configuration.\n");
	cli_run(&w.t, "crypto key zeroize ec K");
	cli_run(&w.t, "yes");
	assert_config(&w, " certificate ca 01\n", true);
	assert_config(&w, " certificate 07\n", false);
	world_fini(&w);
}

/* A self-signed certificate with its key leaves as PKCS#12 and comes back. */
static void selfsigned_and_pkcs12(void **state)
{
	auto_sbuf struct sbuf text = { 0 };
	struct world w;

	(void)state;
	world_init(&w);
	trustpoint(&w);
	struct pkey *k = pkey_ec_generate(384);

	keystore_put(w.keys, "K", k, true, 0);
	pkey_unref(k);
	run(&w, "crypto pki trustpoint T\nenrollment selfsigned\nexit");
	cli_run(&w.t, "crypto pki enroll T");
	assert_string_equal(sbuf_str(&w.t.question),
		"Generate Self Signed Router Certificate? [yes/no]: ");
	assert_has(cli_run(&w.t, "yes"),
		"Router Self Signed Certificate successfully created\n");
	assert_config(&w, " certificate self-signed 01\n", true);
	assert_has(cli_run(&w.t, "crypto pki export T pkcs12 terminal short"),
		"% The pass phrase must have 8 or more characters.\n");
	const char *out =
		cli_run(&w.t, "crypto pki export T pkcs12 terminal Orb1tLab");
	const char *begin = strstr(out, "follows:\n\n");

	assert_non_null(begin);
	begin += strlen("follows:\n\n");
	sbuf_add(&text, begin, (size_t)(strstr(begin, "\n---End") - begin));
	cli_run(&w.t, "crypto pki import B pkcs12 terminal wr0ngPass");
	assert_has(paste(&w, text.s, "quit"), "the pass phrase is wrong");
	cli_run(&w.t, "crypto pki import B pkcs12 terminal Orb1tLab");
	assert_has(paste(&w, text.s, "quit"),
		"CRYPTO_PKI: Imported PKCS12 file successfully.\n");
	assert_config(&w,
		"crypto pki certificate chain B\n"
		" certificate self-signed 01\n",
		true);
	assert_non_null(keystore_get(w.keys, "B"));
	run(&w, "crypto key move ec K non-exportable");
	assert_has(
		cli_run(&w.t, "crypto pki export T pkcs12 terminal Orb1tLab"),
		"exportable");
	world_fini(&w);
}

static void key_files(void **state)
{
	auto_sbuf struct sbuf public = { 0 }, private = { 0 };
	struct world w;

	(void)state;
	world_init(&w);
	struct pkey *k = pkey_rsa_generate(1024);

	keystore_put(w.keys, "K", k, true, 0);
	pkey_unref(k);
	const char *out = cli_run(
		&w.t, "crypto key export rsa K pem terminal 3des Orb1tLab");
	const char *at = strstr(out, "-----BEGIN PUBLIC KEY-----");
	const char *next = strstr(out, "-----BEGIN RSA PRIVATE KEY-----");

	assert_non_null(at);
	assert_non_null(next);
	assert_has(next, "Proc-Type: 4,ENCRYPTED\n");
	sbuf_add(&public, at, (size_t)(next - at));
	sbuf_adds(&private, next);
	assert_has(cli_run(&w.t, "crypto key import rsa K terminal Orb1tLab"),
		"% A key pair named 'K' exists already");
	cli_run(&w.t, "crypto key import rsa L terminal Orb1tLab");
	paste(&w, public.s, "");
	/* A blank line stands in the private key: it does not end it. */
	char *rest = private.s;

	for (char *l; (l = strsep(&rest, "\n")) != NULL;)
		cli_run(&w.t, l);
	assert_has(cli_run(&w.t, "quit"), "% Key pair import succeeded.\n");
	assert_true(pkey_same_public(keystore_get(w.keys, "L")->key,
		keystore_get(w.keys, "K")->key));
	assert_has(cli_run(&w.t, "crypto key export rsa L pem terminal aes "
				 "Orb1tLab"),
		"% RSA keypair 'L' is not exportable.\n");
	world_fini(&w);
}

/* Ctrl-C and Ctrl-Z in a paste, and a session that leaves. */
static void broken_off(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	trustpoint(&w);
	cli_run(&w.t, "crypto pki authenticate T");
	cli_run(&w.t, "MIIB");
	session_break(w.t.session);
	assert_false(session_asking(w.t.session));
	cli_run(&w.t, "crypto pki authenticate T");
	cli_run(&w.t, "MIIB");
	session_end_text(w.t.session);
	assert_has(cli_run(&w.t, ""), "status = FAIL");
	cli_run(&w.t, "crypto pki import B pkcs12 terminal Orb1tLab");
	cli_run(&w.t, "MIIB");
	world_fini(&w); /* ASan looks for what is left */
}

static void alert_times(void **state)
{
	enum { DAY = 86400 };
	static const struct {
		long left, next_left;
	} cases[] = {
		{ 100L * DAY, 60L * DAY },
		{ 60L * DAY, 53L * DAY },
		{ 53L * DAY, 46L * DAY },
		{ 12L * DAY, 11L * DAY },
		{ 11L * DAY, 10L * DAY },
		{ 7L * DAY, 6L * DAY },
		{ DAY + 1, DAY },
		{ DAY, 0 },
		{ 1, 0 },
	};
	time_t end = 2000000000;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(pki_alert_next(end, end - cases[i].left),
			end - cases[i].next_left);
	assert_int_equal(pki_alert_next(end, end), 0);
	assert_int_equal(pki_alert_next(end, end + 5), 0);
}

static void renew_times(void **state)
{
	static const struct {
		time_t life;
		unsigned percent;
		time_t tries, at; /* seconds after the beginning */
	} cases[] = {
		{ 100000, 70, 600, 70000 },
		{ 100000, 1, 600, 1000 },
		{ 12345, 33, 600, 4073 }, /* 4073.85 */
		/* The tries need their time. */
		{ 100000, 100, 600, 99400 },
		{ 100000, 100, 60, 99820 },
		{ 100000, 99, 6000, 94000 },
		/* But not more than a half. */
		{ 100, 90, 600, 50 },
		{ 100, 20, 600, 20 },
		{ 0, 50, 600, 0 },
	};
	time_t start = 2000000000;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(pki_renew_time(start, start + cases[i].life,
					 cases[i].percent, cases[i].tries),
			start + cases[i].at);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(enrollment),
		cmocka_unit_test(refusals),
		cmocka_unit_test(fingerprints),
		cmocka_unit_test(restarts),
		cmocka_unit_test(removal),
		cmocka_unit_test(zeroized),
		cmocka_unit_test(selfsigned_and_pkcs12),
		cmocka_unit_test(key_files),
		cmocka_unit_test(broken_off),
		cmocka_unit_test(alert_times),
		cmocka_unit_test(renew_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
