/* Certificates of trustpoints on disk: what is put comes back, whatever a crash
 * leaves behind. */
#include "crypto/pkistore.h"

#include "base/file.h"
#include "tests/unit/test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void assert_span_equal(struct span a, struct span b)
{
	assert_int_equal(a.n, b.n);
	assert_memory_equal(a.p, b.p, b.n);
}

static char dir[] = "/tmp/getvpn-pkistore.XXXXXX";

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) != NULL ? 0 : -1;
}

static int remove_dir(void **state)
{
	auto_sbuf struct sbuf cmd = { 0 };

	(void)state;
	sbuf_printf(&cmd, "rm -r %s", dir);
	return system(cmd.s);
}

static struct pki_cert certs[2] = {
	{ .head = "02", .der = { (uint8_t[]){ 0x30, 0x01, 0x02 }, 3 } },
	{ .head = "ca 01", .der = { (uint8_t[]){ 0x30, 0x00 }, 2 } },
};

static struct pkistore *open_store(const char *problem)
{
	auto_sbuf struct sbuf problems = { 0 };
	struct pkistore *ps = pkistore_open(dir, &problems);

	if (problem == NULL)
		assert_string_equal(sbuf_str(&problems), "");
	else
		assert_non_null(strstr(sbuf_str(&problems), problem));
	return ps;
}

static void comes_back(void **state)
{
	struct pkistore *ps = open_store(NULL);
	const struct pki_entry *e;
	struct stat st;
	auto_sbuf struct sbuf path = { 0 };

	(void)state;
	assert_int_equal(pkistore_set_certs(ps, "A/../B c", certs, 2), 0);
	assert_int_equal(pkistore_set_base(ps, "A/../B c", "0F0F"), 0);
	assert_int_equal(
		pkistore_set_request(ps, "A/../B c", SPAN("req", 3)), 0);
	assert_int_equal(pkistore_set_crl(ps, "A/../B c", SPAN("crl", 3)), 0);
	assert_int_equal(pkistore_set_request(ps, "user", SPAN("req", 3)), 0);
	pkistore_close(ps); /* nothing is written here: as good as kill -9 */
	ps = open_store(NULL);
	e = pkistore_get(ps, "A/../B c");
	assert_non_null(e);
	assert_ptr_equal(pkistore_at(ps, 0), e);
	assert_non_null(pkistore_at(ps, 1));
	assert_string_equal(pkistore_at(ps, 1)->poll.label, "");
	assert_int_equal(pkistore_remove(ps, "user"), 0);
	assert_null(pkistore_at(ps, 1));
	assert_int_equal(e->n_certs, 2);
	assert_string_equal(e->certs[0].head, "02");
	assert_span_equal(der_span(&e->certs[1].der), SPAN("\x30\x00", 2));
	assert_string_equal(e->base, "0F0F");
	assert_span_equal(der_span(&e->request), SPAN("req", 3));
	assert_span_equal(der_span(&e->crl), SPAN("crl", 3));
	sbuf_printf(&path, "%s/A%%2F..%%2FB%%20c.pki", dir);
	assert_int_equal(stat(path.s, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(pkistore_remove(ps, "A/../B c"), 0);
	assert_int_equal(pkistore_remove(ps, "A/../B c"), -ENOENT);
	assert_int_equal(stat(path.s, &st), -1);
	pkistore_close(ps);
}

/* How it stands with a request is there again, and goes with the request. */
static void polls(void **state)
{
	static const struct pki_poll t[] = {
		{ "gm1.orbit.example", false, false, 10 },
		{ "a b#", true, true, 0 },
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct pkistore *ps = open_store(NULL);
		const struct pki_poll *p;

		assert_int_equal(pkistore_set_poll(ps, "T", &t[i]), -ENOENT);
		pkistore_set_request(ps, "T", SPAN("r", 1));
		assert_int_equal(pkistore_set_poll(ps, "T", &t[i]), 0);
		pkistore_close(ps);
		ps = open_store(NULL);
		p = &pkistore_get(ps, "T")->poll;
		assert_string_equal(p->label, t[i].label);
		assert_int_equal(p->automatic, t[i].automatic);
		assert_int_equal(p->polling, t[i].polling);
		assert_int_equal(p->tries_left, t[i].tries_left);
		pkistore_set_request(ps, "T", SPAN("s", 1));
		assert_string_equal(pkistore_get(ps, "T")->poll.label, "");
		assert_int_equal(pkistore_remove(ps, "T"), 0);
		pkistore_close(ps);
	}
}

/* The last thing that goes takes the files with it. */
static void empties(void **state)
{
	struct pkistore *ps = open_store(NULL);

	(void)state;
	assert_int_equal(pkistore_set_certs(ps, "T", certs, 1), 0);
	assert_int_equal(pkistore_set_request(ps, "T", SPAN("r", 1)), 0);
	assert_int_equal(pkistore_set_certs(ps, "T", NULL, 0), 0);
	assert_non_null(pkistore_get(ps, "T"));
	assert_int_equal(pkistore_set_request(ps, "T", SPAN(NULL, 0)), 0);
	assert_null(pkistore_get(ps, "T"));
	pkistore_close(ps);
	ps = open_store(NULL);
	assert_null(pkistore_at(ps, 0));
	pkistore_close(ps);
}

static void bounds(void **state)
{
	static uint8_t big[PKI_CERT_BYTES + 1];
	struct pki_cert many[PKI_CERTS_MAX + 1];
	struct pkistore *ps = open_store(NULL);

	(void)state;
	for (size_t i = 0; i <= PKI_CERTS_MAX; i++)
		many[i] = certs[0];
	assert_int_equal(pkistore_set_certs(ps, "T", certs, 2), 0);
	assert_int_equal(
		pkistore_set_certs(ps, "T", many, PKI_CERTS_MAX + 1), -E2BIG);
	many[0].der = (struct der){ big, sizeof(big) };
	assert_int_equal(pkistore_set_certs(ps, "T", many, 1), -E2BIG);
	assert_int_equal(
		pkistore_set_request(ps, "T", SPAN(big, sizeof(big))), -E2BIG);
	assert_int_equal(pkistore_get(ps, "T")->n_certs, 2); /* as it was */
	assert_int_equal(pkistore_set_certs(ps, "", certs, 1), -EINVAL);
	assert_int_equal(pkistore_set_certs(ps, "a\nb", certs, 1), -EINVAL);
	pkistore_remove(ps, "T");
	pkistore_close(ps);
}

/* What a crash or a hand left is named and stays; the others load. */
static void damaged(void **state)
{
	static const char cut[] = "trustpoint: X\nbase: \ncertificate: 02\n"
				  "-----BEGIN CERTIFICATE-----\nMAEC";
	auto_sbuf struct sbuf bad = { 0 }, temp = { 0 };
	struct pkistore *ps = open_store(NULL);

	(void)state;
	assert_int_equal(pkistore_set_certs(ps, "T", certs, 2), 0);
	pkistore_close(ps);
	sbuf_printf(&bad, "%s/X.pki", dir);
	sbuf_printf(&temp, "%s/T.pki.abcdef", dir);
	assert_int_equal(file_replace(bad.s, cut, strlen(cut), 0600), 0);
	assert_int_equal(file_replace(temp.s, cut, strlen(cut), 0600), 0);
	ps = open_store("X.pki: not a trustpoint's file");
	assert_non_null(pkistore_get(ps, "T"));
	assert_null(pkistore_get(ps, "X"));
	assert_int_equal(access(bad.s, F_OK), 0);
	pkistore_close(ps);
	unlink(bad.s);
}

/* A disk that takes nothing loses nothing that was there. */
static void disk_fails(void **state)
{
	struct pkistore *ps = open_store(NULL);
	auto_sbuf struct sbuf away = { 0 };

	(void)state;
	assert_int_equal(pkistore_set_certs(ps, "T", certs, 2), 0);
	sbuf_printf(&away, "%s.away", dir);
	assert_int_equal(rename(dir, away.s), 0);
	assert_int_equal(pkistore_set_certs(ps, "T", certs, 1), -ENOENT);
	assert_int_equal(pkistore_set_request(ps, "T", SPAN("r", 1)), -ENOENT);
	assert_int_equal(pkistore_get(ps, "T")->n_certs, 2);
	assert_int_equal(pkistore_get(ps, "T")->request.n, 0);
	assert_int_equal(rename(away.s, dir), 0);
	pkistore_close(ps);
	ps = open_store(NULL);
	assert_int_equal(pkistore_get(ps, "T")->n_certs, 2);
	pkistore_close(ps);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_back),
		cmocka_unit_test(polls),
		cmocka_unit_test(empties),
		cmocka_unit_test(bounds),
		cmocka_unit_test(damaged),
		cmocka_unit_test(disk_fails),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
