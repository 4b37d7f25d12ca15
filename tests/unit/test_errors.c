/* Every reason for which input is dropped (base/err.h) has a test in which a
 * peer causes it; those that had none are caused here. */
#include "gdoi/gdoi_wire.h"
#include "tests/unit/ike_conf.h"
#include "tests/unit/rewrite.h"
#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SOURCE_BURST 400 /* public-key operations of one address at once */

/* The test that causes it. */
static const char *const where[WIRE_N_ERRS] = {
	[WIRE_TRUNCATED] = "test_limit.c",
	[WIRE_LENGTH] = "test_limit.c",
	[WIRE_RESERVED] = "test_limit.c",
	[WIRE_TOO_MANY] = "test_isakmp.c",
	[WIRE_VERSION] = "test_limit.c",
	[WIRE_EXCHANGE] = "test_limit.c",
	[WIRE_FLAGS] = "test_limit.c",
	[WIRE_MESSAGE_ID] = "test_push.c",
	[WIRE_COOKIE] = "test_fragment.c",
	[WIRE_NO_SA] = "test_limit.c",
	[WIRE_NOT_ENCRYPTED] = "test_info.c",
	[WIRE_PADDING] = "test_push.c",
	[WIRE_PAYLOAD_MISSING] = "test_aggr.c",
	[WIRE_PAYLOAD_TWICE] = "test_aggr.c",
	[WIRE_PAYLOAD_ORDER] = "test_push.c",
	[WIRE_PAYLOAD_TYPE] = "test_errors.c",
	[WIRE_DOI] = "test_limit.c",
	[WIRE_SITUATION] = "test_limit.c",
	[WIRE_PROPOSAL] = "test_limit.c",
	[WIRE_NO_PROPOSAL] = "test_limit.c",
	[WIRE_ATTRIBUTE] = "test_gdoi_wire.c",
	[WIRE_KE] = "test_errors.c",
	[WIRE_NONCE] = "test_errors.c",
	[WIRE_ID] = "test_phase1_sig.c",
	[WIRE_HASH] = "test_exchange.c",
	[WIRE_SIGNATURE] = "test_phase1_sig.c",
	[WIRE_SEQUENCE] = "test_info.c",
	[WIRE_REPLAY] = "test_exchange.c",
	[WIRE_PROTOCOL] = "test_gdoi_wire.c",
	[WIRE_SPI] = "test_gdoi_wire.c",
	[WIRE_TRANSFORM] = "test_gdoi_wire.c",
	[WIRE_KEY] = "test_gdoi_wire.c",
	[WIRE_POLICY] = "test_gdoi_wire.c",
	[WIRE_UNAUTHORIZED] = "test_errors.c",
	[WIRE_LIMIT] = "test_exchange.c",
	[WIRE_STATE] = "test_errors.c",
	[WIRE_SA_LIMIT] = "test_limit.c",
	[WIRE_NEGOTIATION_LIMIT] = "test_limit.c",
	[WIRE_RATE] = "test_errors.c",
	[WIRE_FRAGMENT] = "test_fragment.c",
	[WIRE_SOURCE] = "test_ks.c",
	[WIRE_MODE] = "test_aggr.c",
	[WIRE_CERT] = "test_phase1_sig.c",
	[WIRE_REVOCATION] = "test_phase1_sig.c",
};

static const char *const names[] = {
#define X(name, text, notify) "WIRE_" #name,
	WIRE_ERRS(X)
#undef X
};

/* Does the file speak of it, the table above aside? */
static bool mentions(const char *file, const char *word)
{
	const char *dir = getenv("srcdir");
	size_t n = strlen(word);
	char path[4096], line[512];
	bool found = false;

	snprintf(path, sizeof path, "%s/tests/unit/%s", dir != NULL ? dir : "..",
		file);
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	while (!found && fgets(line, sizeof line, f) != NULL) {
		const char *at = strstr(line, word);

		found = at != NULL && strchr("_ABCDEFGHIJKLMNOPQRSTUVWXYZ",
					      at[n]) == NULL &&
			strncmp(line, "\t[", 2) != 0;
	}
	fclose(f);
	return found;
}

static void every_reason_has_a_test(void **state)
{
	(void)state;
	for (unsigned e = 1; e < WIRE_N_ERRS; e++) {
		if (where[e] == NULL)
			fail_msg("%s: nothing causes it", names[e]);
		if (!mentions(where[e], names[e]))
			fail_msg("%s: not in %s", names[e], where[e]);
	}
}

static uint64_t drops(const struct end *e, enum wire_err err)
{
	struct ike_stats s;

	ike_stats(e->ike, &s);
	return s.drops[err];
}

/* Both ends with one key for all. */
static void world_psk(struct world *w)
{
	struct conf *a = conf_new(), *b = conf_new();

	world_init(w);
	conf_key(a, "MY_KEY", 0, 0);
	conf_key(b, "MY_KEY", 0, 0);
	conf_use(&w->a, a);
	conf_use(&w->b, b);
}

/* One payload gets another body. */
struct other_body {
	uint8_t type;
	struct span body;
};

static void body_edit(void *arg, const struct payload *p, struct isakmp_wr *m)
{
	const struct other_body *o = arg;

	if (p == NULL)
		return;
	if (p->type == o->type)
		isakmp_put(m, o->type, o->body.p, o->body.n);
	else
		rewrite_keep(p, m);
}

/* With that body in message `victim`, which b drops for `want`; the true one
 * comes again and is good. */
static void changed_body(unsigned victim, struct other_body o,
	enum wire_err want)
{
	struct rewrite f = { .victim = victim, .edit = body_edit, .arg = &o };
	struct world w;

	world_psk(&w);
	w.pass = pass_rewritten;
	w.arg = &f;
	world_connect(&w);
	world_run(&w, 0);
	assert_int_equal(drops(&w.b, want), 1);
	assert_int_equal(w.b.ups, 0);
	assert_int_equal(w.sent, victim);
	world_run(&w, 30000);
	assert_true(world_both_up(&w));
	world_fini(&w);
}

/* RFC 2409 5: a nonce has 8 to 256 octets.  RFC 5903 7: a P-256 value is a
 * point on the curve, of 64 octets. */
static void public_values_and_nonces(void **state)
{
	static const uint8_t zero[300];

	(void)state;
	changed_body(3, (struct other_body){ PLD_KE, SPAN(zero, 63) }, WIRE_KE);
	changed_body(3, (struct other_body){ PLD_KE, SPAN(zero, 64) }, WIRE_KE);
	changed_body(3, (struct other_body){ PLD_NONCE, SPAN(zero, 7) },
		WIRE_NONCE);
	changed_body(3, (struct other_body){ PLD_NONCE, SPAN(zero, 257) },
		WIRE_NONCE);
}

/* Rewritten as above, and kept. */
struct kept {
	struct rewrite f;
	struct packet p;
};

static bool pass_kept(struct world *w, struct packet *p)
{
	struct kept *k = w->arg;
	struct rewrite *f = &k->f;

	w->arg = f;
	pass_rewritten(w, p);
	w->arg = k;
	if (f->seen == f->victim)
		k->p = (struct packet){ .path = p->path,
			.data = SPAN(xmemdup(p->data.p, p->data.n),
				p->data.n) };
	return f->seen <= f->victim;
}

/* An address that makes us compute again and again is heard no more. */
static void too_much_to_compute(void **state)
{
	static const uint8_t zero[64]; /* no point */
	struct other_body o = { PLD_KE, SPAN(zero, sizeof zero) };
	struct kept k = { .f = { .victim = 3, .edit = body_edit, .arg = &o } };
	struct world w;

	(void)state;
	world_psk(&w);
	w.pass = pass_kept;
	w.arg = &k;
	world_connect(&w);
	world_run(&w, 0);
	for (unsigned i = 0; i < 2 * SOURCE_BURST; i++)
		world_play(&w, &k.p);
	assert_int_equal(drops(&w.b, WIRE_KE), SOURCE_BURST);
	assert_int_equal(drops(&w.b, WIRE_RATE), SOURCE_BURST + 1);
	free((void *)(uintptr_t)k.p.data.p);
	world_fini(&w);
}

/* Its key is none of the profile that its name has. */
static void a_key_of_another_profile(void **state)
{
	struct conf *a = conf_new(), *b = conf_new();
	struct world w;

	(void)state;
	world_init(&w);
	conf_key(a, "MY_KEY", 0, 0);
	conf_id(&a->c.self, ISAKMP_ID_FQDN, "gm1.red.example");
	conf_use(&w.a, a);
	conf_key(b, "MY_KEY", 0, 0);
	b->c.n_keyrings = 1;
	strcpy(conf_profile(b, "P", ISAKMP_MATCH_HOST_DOMAIN)->name,
		"red.example");
	b->profile[0].ring[0] = 1;
	b->profile[0].n_rings = 1;
	conf_use(&w.b, b);
	world_connect(&w);
	world_run(&w, 0);
	assert_int_equal(drops(&w.b, WIRE_UNAUTHORIZED), 1);
	assert_int_equal(w.b.ups, 0);
	world_fini(&w);
}

/* A registration before the SA is there. */
static void before_its_time(void **state)
{
	struct nth lose = { .lose = 3 };
	uint8_t one[ISAKMP_HDR + 32] = { 0 };
	struct ike_sa_info info;
	struct udp_path path;
	struct world w;

	(void)state;
	world_psk(&w);
	w.pass = pass_but_nth;
	w.arg = &lose;
	world_connect(&w);
	world_run(&w, 0);
	assert_int_equal(ike_list(w.b.ike, &info, 1), 1);
	memcpy(one, info.cky_i, 8);
	memcpy(one + 8, info.cky_r, 8);
	one[16] = PLD_HASH;
	one[17] = 0x10; /* version 1.0 */
	one[18] = XCHG_PULL;
	one[19] = ISAKMP_FLAG_E;
	one[23] = 7; /* message id */
	one[27] = sizeof one;
	path = world_path(&w.b, &w.a);
	ike_input(w.b.ike, &path, SPAN(one, sizeof one));
	assert_int_equal(drops(&w.b, WIRE_STATE), 1);
	struct ike_stats s;

	ike_stats(w.b.ike, &s);
	assert_int_equal(s.pull_drops[WIRE_STATE], 1);
	ike_pull_drops_clear(w.b.ike);
	ike_stats(w.b.ike, &s);
	assert_int_equal(s.pull_drops[WIRE_STATE], 0);
	assert_int_equal(s.drops[WIRE_STATE], 1);
	w.pass = NULL;
	world_run(&w, 30000);
	assert_true(world_both_up(&w));
	world_fini(&w);
}

/* An SA payload of GDOI (RFC 6407 5.2) whose next one is a nonce. */
static void a_payload_that_has_no_place_there(void **state)
{
	static const uint8_t body[] = { 0, 0, 0, 2, 0, 0, 0, 0, 0, PLD_NONCE, 0,
		0, 0, 0, 0, 8, 1, 2, 3, 4 };
	struct gdoi_sa sa;

	(void)state;
	assert_int_equal(gdoi_sa_read(rd_init(body, sizeof body), &sa),
		WIRE_PAYLOAD_TYPE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_reason_has_a_test),
		cmocka_unit_test(public_values_and_nonces),
		cmocka_unit_test(too_much_to_compute),
		cmocka_unit_test(a_key_of_another_profile),
		cmocka_unit_test(before_its_time),
		cmocka_unit_test(a_payload_that_has_no_place_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
