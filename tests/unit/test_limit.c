/* What strangers cost: first messages answered without an SA, call admission,
 * the history of what was dropped, and the way to clear SAs. */
#include "tests/unit/ike_world.h"
#include "tests/unit/test.h"
#include <stdlib.h>
#include <string.h>

static const struct isakmp_policy lab = { .priority = 10,
	.cipher = CIPHER_AES128,
	.hash = HASH_SHA256,
	.auth = IKE_AUTH_PSK,
	.group = 19,
	.life_secs = 86400 };

struct flood {
	struct world w;
	struct span offer; /* message 1 of a, its own cookie in it */
	struct packet held;
	bool hold; /* keeps the next datagram back */
};

static bool pass_capture(struct world *w, struct packet *p)
{
	struct flood *f = w->arg;

	if (f->offer.p == NULL)
		f->offer = SPAN(xmemdup(p->data.p, p->data.n), p->data.n);
	if (!ip_equal(&p->path.local.ip, &w->a.addr) &&
		!ip_equal(&p->path.remote.ip, &w->a.addr))
		return false; /* answers to strangers lead nowhere */
	if (!f->hold)
		return true;
	f->hold = false;
	f->held = (struct packet){ .path = p->path,
		.data = SPAN(xmemdup(p->data.p, p->data.n), p->data.n) };
	return false;
}

static void flood_init(struct flood *f, uint32_t negotiation_limit)
{
	memset(f, 0, sizeof *f);
	world_init(&f->w);
	f->w.b.negotiation_limit = negotiation_limit;
	f->w.b.diagnose_entries = 4;
	world_config(&f->w.a, &lab, 1, "secret", 2);
	world_config(&f->w.b, &lab, 1, "secret", 2);
	f->w.pass = pass_capture;
	f->w.arg = f;
}

static void flood_fini(struct flood *f)
{
	free((void *)(uintptr_t)f->offer.p);
	free((void *)(uintptr_t)f->held.data.p);
	world_fini(&f->w);
}

/* n first messages from n strangers; `change` makes each offer another one. */
static void strangers(struct flood *f, unsigned n, bool change)
{
	struct udp_path path = world_path(&f->w.b, &f->w.a);
	auto_free uint8_t *one = xmemdup(f->offer.p, f->offer.n);
	size_t life = 28 + 4 + 8 + 8 + 8 + 4 * 6 + 4; /* of its duration */

	for (unsigned i = 0; i < n; i++) {
		path.remote.ip = ip_v4(0x0a000000 + i);
		memcpy(one, &i, sizeof i);
		one[7] = 1;
		if (change)
			memcpy(one + life + 1, &i, 3);
		ike_input(f->w.b.ike, &path, SPAN(one, f->offer.n));
	}
}

static struct ike_stats stats(const struct end *e)
{
	struct ike_stats s;

	ike_stats(e->ike, &s);
	return s;
}

/* Learns the offer, and leaves no SA. */
static void rehearse(struct flood *f)
{
	world_connect(&f->w);
	world_run(&f->w, 0);
	assert_true(world_both_up(&f->w));
	ike_clear(f->w.a.ike, IKE_ALL, 0);
	world_run(&f->w, 70000);
	assert_int_equal(stats(&f->w.b).sas, 0);
}

static void an_honest_peer_in_a_flood(void **state)
{
	struct flood f;
	struct ike_sa_info info[300];

	(void)state;
	flood_init(&f, 0);
	rehearse(&f);
	strangers(&f, 20000, false);
	assert_int_equal(stats(&f.w.b).half_open, 256);
	assert_int_equal(stats(&f.w.b).stateless, 20000 - 256);
	world_connect(&f.w);
	world_run(&f.w, 0); /* not one retransmission */
	assert_true(world_both_up(&f.w));
	assert_int_equal(stats(&f.w.b).stateless, 20000 - 256 + 1);
	assert_int_equal(stats(&f.w.a).retransmits, 0);
	/* What message 1 said has not been forgotten. */
	assert_true(ike_sa_peer_is_ours(f.w.b.sa, NULL));
	assert_int_equal(ike_list(f.w.b.ike, info, 300), 257);
	flood_fini(&f);
}

static uint8_t message_type(const struct flood *f)
{
	return f->held.data.p[16];
}

/* Message 3 arrives late, twice, or not from where message 1 came. */
static void message_3(struct flood *f, uint64_t late_ms, uint16_t port)
{
	struct udp_path path = world_path(&f->w.b, &f->w.a);

	world_run(&f->w, late_ms);
	path.remote.port = port;
	ike_input(f->w.b.ike, &path, f->held.data);
	ike_input(f->w.b.ike, &path, f->held.data);
}

static bool pass_hold_3(struct world *w, struct packet *p)
{
	struct flood *f = w->arg;

	if (p->data.p[16] == PLD_KE && f->held.data.p == NULL)
		f->hold = true;
	return pass_capture(w, p);
}

static void the_cookie_is_the_peers(void **state)
{
	static const struct {
		uint64_t late_ms;
		uint16_t port;
		bool taken;
	} cases[] = {
		{ 100, 848, true }, { 29000, 848, true },
		{ 61000, 848, false }, /* too old */
		{ 100, 849, false },   /* another address */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct flood f;
		uint32_t sas;

		flood_init(&f, 0);
		rehearse(&f);
		strangers(&f, 1000, false);
		f.w.pass = pass_hold_3;
		world_connect(&f.w);
		timers_run(f.w.timers, f.w.now);
		world_run(&f.w, 0);
		assert_non_null(f.held.data.p);
		assert_int_equal(message_type(&f), PLD_KE);
		ike_clear(f.w.a.ike, IKE_ALL, 0); /* a goes no further */
		world_run(&f.w, 0);
		strangers(&f, 1000, false);
		sas = stats(&f.w.b).sas;
		if (cases[i].late_ms > 35000) { /* half-open ones end */
			world_run(&f.w, 36000);
			sas = 0;
		}
		message_3(&f, cases[i].late_ms, cases[i].port);
		assert_int_equal(stats(&f.w.b).sas - sas, cases[i].taken);
		assert_int_equal(stats(&f.w.b).drops[WIRE_NO_SA],
			cases[i].taken ? 0 : 2);
		flood_fini(&f);
	}
}

/* Ten thousand made-up offers: one that was proved keeps its place. */
static void made_up_offers(void **state)
{
	struct flood f;

	(void)state;
	flood_init(&f, 0);
	rehearse(&f);
	strangers(&f, 1000, false);
	f.w.pass = pass_hold_3;
	world_connect(&f.w);
	world_run(&f.w, 0);
	strangers(&f, 10000, true);
	assert_true(stats(&f.w.b).stateless > 10000);
	message_3(&f, 0, 848);
	world_run(&f.w, 0);
	assert_true(world_both_up(&f.w));
	flood_fini(&f);
}

static void negotiation_limit(void **state)
{
	struct flood f;
	struct ike_stats s;
	struct udp_path path;

	(void)state;
	flood_init(&f, 10);
	rehearse(&f);
	strangers(&f, 100, false);
	s = stats(&f.w.b);
	assert_int_equal(s.half_open, 5); /* half of them for who answers */
	assert_int_equal(s.negotiation_limit, 10);
	/* Its own attempts count as well: six more are too many. */
	for (unsigned i = 0; i < 6; i++) {
		path = world_path(&f.w.b, &f.w.a);
		path.remote.ip = ip_v4(0x0b000000 + i);
		ike_connect(f.w.b.ike, &path);
	}
	world_run(&f.w, 0);
	s = stats(&f.w.b);
	assert_int_equal(f.w.b.downs, 2); /* of the rehearsal, and the sixth */
	assert_int_equal(f.w.b.why, IKE_DOWN_LIMIT);
	assert_int_equal(s.admission.negotiation_limit, 1);
	assert_int_equal(s.admission.out_requests, 6);
	assert_int_equal(s.admission.out_rejected, 1);
	assert_int_equal(f.w.b.reports[REPORT_IKE_DENY_SA_REQ], 1);
	/* An honest peer has to wait, and comes in. */
	world_run(&f.w, 25000);
	world_connect(&f.w);
	world_run(&f.w, 0);
	assert_null(f.w.a.sa);
	s = stats(&f.w.b);
	assert_int_equal(s.drops[WIRE_NEGOTIATION_LIMIT], 1);
	assert_int_equal(s.admission.in_rejected, 1);
	world_run(&f.w, 60000);
	assert_true(world_both_up(&f.w));
	ike_admission_clear(f.w.b.ike);
	assert_int_equal(stats(&f.w.b).admission.in_rejected, 0);
	flood_fini(&f);
}

static void sa_limit(void **state)
{
	struct flood f;
	struct udp_path path;

	(void)state;
	flood_init(&f, 0);
	f.w.b.sa_limit = 1;
	world_config(&f.w.b, &lab, 1, "secret", 2);
	world_connect(&f.w);
	world_run(&f.w, 0);
	assert_true(world_both_up(&f.w));
	strangers(&f, 1, false);
	assert_int_equal(stats(&f.w.b).drops[WIRE_SA_LIMIT], 1);
	assert_int_equal(stats(&f.w.b).sas, 1);
	/* Whom we know may come once more. */
	path = world_path(&f.w.a, &f.w.b);
	path.local.port = 1848;
	ike_connect(f.w.a.ike, &path);
	world_run(&f.w, 0);
	assert_int_equal(f.w.b.ups, 2);
	flood_fini(&f);
}

static void history(void **state)
{
	struct flood f;
	struct ike_error v[8];
	struct udp_path path;
	uint64_t deleted;

	(void)state;
	flood_init(&f, 0);
	rehearse(&f);
	ike_errors_clear(f.w.b.ike);
	assert_int_equal(ike_errors(f.w.b.ike, v, 8, &deleted), 0);
	path = world_path(&f.w.b, &f.w.a);
	for (unsigned i = 0; i < 6; i++) { /* i octets are no message */
		path.remote.ip = ip_v4(0x0a000000 + i);
		ike_input(f.w.b.ike, &path, SPAN(f.offer.p, i));
	}
	assert_int_equal(ike_errors(f.w.b.ike, v, 8, &deleted), 4);
	assert_int_equal(deleted, 2);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(v[i].err, WIRE_TRUNCATED);
		assert_int_equal(ip_u32(&v[i].peer), 0x0a000005 - i);
		assert_int_equal(v[i].wall_ms, f.w.now);
	}
	assert_int_equal(ike_errors(f.w.b.ike, v, 2, &deleted), 2);
	assert_int_equal(stats(&f.w.b).drops[WIRE_TRUNCATED], 6);
	f.w.b.diagnose_entries = 0; /* counters stay */
	world_config(&f.w.b, &lab, 1, "secret", 2);
	ike_input(f.w.b.ike, &path, SPAN(f.offer.p, 1));
	assert_int_equal(ike_errors(f.w.b.ike, v, 8, &deleted), 0);
	assert_int_equal(stats(&f.w.b).drops[WIRE_TRUNCATED], 7);
	flood_fini(&f);
}

/* A first message with octet `at` set to value, its length right unless that
 * is what is wrong: the reason for which it is dropped. */
static void reasons(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		enum wire_err want;
	} cases[] = {
		{ 17, 0x20, WIRE_VERSION }, { 27, 1, WIRE_LENGTH },
		{ 18, 1, WIRE_EXCHANGE }, { 19, 0x80, WIRE_FLAGS },
		{ 19, 1, WIRE_NO_SA }, /* encrypted: no offer */
		{ 8, 1, WIRE_NO_SA },  /* a cookie that is not ours */
		{ 23, 1, WIRE_NO_SA }, /* with a message id */
		{ 16, 4, WIRE_PAYLOAD_MISSING }, { 29, 1, WIRE_RESERVED },
		{ 30, 0xff, WIRE_TRUNCATED },
		{ 31, 3, WIRE_TRUNCATED }, /* less than its own header */
		{ 35, 9, WIRE_DOI }, { 39, 9, WIRE_SITUATION },
		{ 45, 9, WIRE_PROPOSAL },   /* protocol */
		{ 46, 99, WIRE_PROPOSAL },  /* size of the SPI */
		{ 47, 2, WIRE_PROPOSAL },   /* number of transforms */
		{ 53, 9, WIRE_NO_PROPOSAL } /* transform id */
	};
	struct flood f;
	struct udp_path path;
	struct ike_error last;
	uint64_t deleted;

	(void)state;
	flood_init(&f, 0);
	rehearse(&f);
	path = world_path(&f.w.b, &f.w.a);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		auto_free uint8_t *one = xmemdup(f.offer.p, f.offer.n);

		one[0] = (uint8_t)i;
		one[1] ^= 0x55;
		one[cases[i].at] = cases[i].value;
		ike_errors_clear(f.w.b.ike);
		ike_input(f.w.b.ike, &path, SPAN(one, f.offer.n));
		assert_int_equal(ike_errors(f.w.b.ike, &last, 1, &deleted), 1);
		if (last.err != cases[i].want)
			fail_msg("octet %zu: %s, not %s", cases[i].at,
				wire_err_text(last.err),
				wire_err_text(cases[i].want));
		assert_int_equal(stats(&f.w.b).drops[cases[i].want], 1);
		assert_int_equal(stats(&f.w.b).sas, 0);
	}
	flood_fini(&f);
}

static void clear_one(void **state)
{
	struct flood f;
	struct ike_sa_info info[4];
	struct udp_path path;

	(void)state;
	flood_init(&f, 0);
	world_connect(&f.w);
	path = world_path(&f.w.a, &f.w.b);
	path.local.port = 1848;
	ike_connect(f.w.a.ike, &path);
	world_run(&f.w, 0);
	assert_int_equal(ike_list(f.w.a.ike, info, 4), 2);
	assert_int_equal(ike_clear(f.w.a.ike, IKE_CONN, 77), 0);
	assert_int_equal(ike_clear(f.w.a.ike, IKE_CONN, info[0].conn_id), 1);
	world_run(&f.w, 0);
	assert_int_equal(f.w.a.downs, 1);
	assert_int_equal(f.w.b.downs, 1); /* the peer was told */
	assert_int_equal(f.w.b.why, IKE_DOWN_DELETED);
	strangers(&f, 1, false);
	assert_int_equal(ike_clear(f.w.b.ike, IKE_ACTIVE, 0), 1);
	world_run(&f.w, 0);
	assert_int_equal(f.w.a.downs, 2);
	assert_int_equal(stats(&f.w.b).half_open, 1);
	flood_fini(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_honest_peer_in_a_flood),
		cmocka_unit_test(the_cookie_is_the_peers),
		cmocka_unit_test(made_up_offers),
		cmocka_unit_test(negotiation_limit),
		cmocka_unit_test(sa_limit),
		cmocka_unit_test(history),
		cmocka_unit_test(reasons),
		cmocka_unit_test(clear_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
