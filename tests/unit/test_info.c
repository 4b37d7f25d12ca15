/* Informational exchanges and what they bring about: dead peers, deletions,
 * lifetimes, refusals of what a peer asks for. */
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

static void up(struct world *w)
{
	world_config(&w->a, &lab, 1, "secret", 2);
	world_config(&w->b, &lab, 1, "secret", 2);
	world_connect(w);
	world_run(w, 0);
	assert_true(world_both_up(w));
}

/* Loses every third. */
static bool pass_two(struct world *w, struct packet *p)
{
	unsigned *n = w->arg;

	(void)p;
	return ++*n % 3 != 0;
}

static void dpd_periodic(void **state)
{
	struct world w;
	struct ike_stats s;

	(void)state;
	world_init(&w);
	w.a.keepalive = (struct ike_keepalive){ 10, 2, true };
	up(&w);
	world_run(&w, 100500);
	ike_stats(w.a.ike, &s);
	assert_int_equal(s.dpd_sent, 10);
	ike_stats(w.b.ike, &s);
	assert_int_equal(s.dpd_answered, 10); /* without a line of its own */
	assert_int_equal(s.dpd_sent, 0);
	assert_int_equal(w.a.downs, 0);
	/* The peer falls silent: five questions, two seconds each. */
	w.pass = pass_none;
	world_run(&w, 19000);
	assert_int_equal(w.a.downs, 0);
	world_run(&w, 1000);
	assert_int_equal(w.a.downs, 1);
	assert_int_equal(w.a.why, IKE_DOWN_DEAD);
	assert_int_equal(w.a.reports[REPORT_SESSION_DEAD], 1);
	ike_stats(w.a.ike, &s);
	assert_int_equal(s.dpd_sent, 15);
	assert_int_equal(s.dpd_dead, 1);
	world_fini(&w);
}

static void dpd_under_loss(void **state)
{
	struct world w;
	struct ike_stats s;
	unsigned n = 0;

	(void)state;
	world_init(&w);
	w.a.keepalive = (struct ike_keepalive){ 10, 2, true };
	up(&w);
	w.arg = &n;
	w.pass = pass_two;
	world_run(&w, 600000);
	ike_stats(w.a.ike, &s);
	assert_true(s.dpd_sent > 60);
	assert_int_equal(w.a.downs, 0);
	world_fini(&w);
}

static void dpd_on_demand(void **state)
{
	struct world w;
	struct ike_stats s;

	(void)state;
	world_init(&w);
	w.a.keepalive = (struct ike_keepalive){ 10, 2, false };
	up(&w);
	world_run(&w, 100000);
	ike_stats(w.a.ike, &s);
	assert_int_equal(s.dpd_sent, 0); /* nothing to say, nothing to ask */
	ike_sa_notify(w.a.sa, 16384);
	world_run(&w, 1000);
	ike_stats(w.a.ike, &s);
	assert_int_equal(s.dpd_sent, 1);
	ike_sa_notify(w.a.sa, 16384); /* just heard */
	world_run(&w, 1000);
	ike_stats(w.a.ike, &s);
	assert_int_equal(s.dpd_sent, 1);
	w.pass = pass_none;
	world_run(&w, 20000);
	ike_sa_notify(w.a.sa, 16384);
	world_run(&w, 10000);
	assert_int_equal(w.a.why, IKE_DOWN_DEAD);
	world_fini(&w);
}

/* A peer without the vendor id is never asked. */
static bool pass_no_dpd(struct world *w, struct packet *p)
{
	static const uint8_t vid[] = { 0xaf, 0xca, 0xd7, 0x13, 0x68, 0xa1 };
	uint8_t *b = (uint8_t *)(uintptr_t)p->data.p;

	(void)w;
	for (size_t i = 0; i + sizeof vid <= p->data.n; i++)
		if (memcmp(b + i, vid, sizeof vid) == 0)
			b[i] ^= 1;
	return true;
}

static void dpd_unknown_to_the_peer(void **state)
{
	struct world w;
	struct ike_stats s;

	(void)state;
	world_init(&w);
	w.pass = pass_no_dpd;
	w.a.keepalive = (struct ike_keepalive){ 10, 2, true };
	up(&w);
	world_run(&w, 100000);
	ike_stats(w.a.ike, &s);
	assert_int_equal(s.dpd_sent, 0);
	world_fini(&w);
}

static void dpd_switched_on_later(void **state)
{
	struct world w;
	struct ike_stats s;

	(void)state;
	world_init(&w);
	up(&w);
	w.a.keepalive = (struct ike_keepalive){ 10, 2, true };
	world_config(&w.a, &lab, 1, "secret", 2);
	world_run(&w, 10500);
	ike_stats(w.a.ike, &s);
	assert_int_equal(s.dpd_sent, 1);
	w.a.keepalive = (struct ike_keepalive){ 0, 0, false };
	world_config(&w.a, &lab, 1, "secret", 2);
	world_run(&w, 100000);
	ike_stats(w.a.ike, &s);
	assert_int_equal(s.dpd_sent, 1);
	world_fini(&w);
}

/* A profile has its own times; another change of the configuration does not
 * begin the count anew. */
static void dpd_of_a_profile(void **state)
{
	static const struct isakmp_profile profile = {
		.name = "P", .keepalive_secs = 20, .retry_secs = 3
	};
	static const struct isakmp_match match = { .kind = ISAKMP_MATCH_ADDRESS,
		.addr = { .family = 4 } };
	struct isakmp_key key = { .addr = ip_v4(0) };
	struct isakmp_config c = { .n_policies = 1,
		.policy = { lab },
		.offer_doi = 2,
		.keys = &key,
		.n_keys = 1,
		.profiles = &profile,
		.n_profiles = 1,
		.matches = &match,
		.n_matches = 1,
		.keepalive = { 10, 2, true } };
	struct world w;
	struct ike_stats s;

	(void)state;
	secret_set(&key.key, "secret", 6);
	world_init(&w);
	world_config(&w.b, &lab, 1, "secret", 2);
	ike_set_config(w.a.ike, &c);
	world_connect(&w);
	world_run(&w, 0);
	assert_true(world_both_up(&w));
	world_run(&w, 15000);
	ike_set_config(w.a.ike, &c);
	world_run(&w, 6000);
	ike_stats(w.a.ike, &s);
	assert_int_equal(s.dpd_sent, 1);
	w.pass = pass_none;
	world_run(&w, 20000 + 5 * 3000);
	assert_int_equal(w.a.why, IKE_DOWN_DEAD);
	secret_free(&key.key);
	world_fini(&w);
}

/* Recorded questions and answers prove nothing. */
struct dpd_tape {
	struct span p[64];
	size_t n;
};

static bool pass_tape(struct world *w, struct packet *p)
{
	struct dpd_tape *t = w->arg;

	if (t->n < ARRAY_LEN(t->p))
		t->p[t->n++] = SPAN(xmemdup(p->data.p, p->data.n), p->data.n);
	return true;
}

static void dpd_replay(void **state)
{
	struct world w;
	struct dpd_tape t = { .n = 0 };
	struct ike_stats s;
	struct udp_path to_a;

	(void)state;
	world_init(&w);
	w.a.keepalive = (struct ike_keepalive){ 10, 2, true };
	up(&w);
	to_a = world_path(&w.a, &w.b);
	w.pass = pass_tape;
	w.arg = &t;
	world_run(&w, 105000); /* ten questions, ten answers */
	assert_int_equal(t.n, 20);
	w.pass = pass_none;
	/* Who holds the tape cannot keep a dead peer alive. */
	for (int i = 0; i < 30 && w.a.downs == 0; i++) {
		ike_input(w.a.ike, &to_a, t.p[1]); /* the first answer */
		world_run(&w, 1000);
	}
	assert_int_equal(w.a.why, IKE_DOWN_DEAD);
	ike_stats(w.a.ike, &s);
	assert_true(s.drops[WIRE_SEQUENCE] > 0);
	/* The first question once more: too far back. */
	struct udp_path to_b = world_path(&w.b, &w.a);

	ike_input(w.b.ike, &to_b, t.p[0]);
	ike_stats(w.b.ike, &s);
	assert_int_equal(s.drops[WIRE_SEQUENCE], 1);
	assert_int_equal(s.dpd_answered, 10);
	for (size_t i = 0; i < t.n; i++)
		free((void *)(uintptr_t)t.p[i].p);
	world_fini(&w);
}

/* Quick Mode has the number of the PULL: authentic, and not for us. */
static enum wire_err on_quick_mode(struct end *e, struct ike_sa *sa,
	struct exchange *x, const struct exchange_msg *m)
{
	(void)sa;
	if (!exchange_check(x, m, NULL, 0))
		return WIRE_HASH;
	if (e->notifies > 0) /* the DOI told already */
		ike_sa_notify(sa, wire_err_notify(WIRE_ID));
	return WIRE_DOI;
}

static void say(struct world *w)
{
	static const uint8_t chain[] = { 0, 0, 0, 8, 1, 2, 3, 4 };
	struct exchange *x = exchange_begin(w->a.sa);

	exchange_send(x, NULL, 0, PLD_NONCE, SPAN(chain, sizeof chain), false);
	exchange_end(x);
}

static void refusal_is_told(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	up(&w);
	w.b.on_message = on_quick_mode;
	say(&w);
	world_run(&w, 100);
	assert_int_equal(w.a.notifies, 1);
	assert_int_equal(w.a.notify_type, 2); /* DOI-NOT-SUPPORTED */
	w.b.notifies = 1;
	say(&w);
	world_run(&w, 100);
	assert_int_equal(w.a.notifies, 2); /* once a message */
	assert_int_equal(w.a.notify_type, 18);
	assert_true(world_both_up(&w));
	world_fini(&w);
}

/* The exchange type is outside of HASH(1). */
static bool pass_as_mode_config(struct world *w, struct packet *p)
{
	uint8_t *b = (uint8_t *)(uintptr_t)p->data.p;

	(void)w;
	if (b[18] == XCHG_PULL)
		b[18] = 6;
	return true;
}

static void unknown_exchange(void **state)
{
	struct world w;
	struct ike_stats s;

	(void)state;
	world_init(&w);
	up(&w);
	w.pass = pass_as_mode_config;
	say(&w);
	world_run(&w, 100);
	assert_int_equal(w.a.notifies, 1);
	assert_int_equal(w.a.notify_type, 29);
	assert_true(world_both_up(&w));
	ike_stats(w.b.ike, &s);
	assert_int_equal(s.drops[WIRE_EXCHANGE], 1);
	world_fini(&w);
}

/* Phase 1 is answered on port 500, a registration there is not. */
static void no_pull_on_port_500(void **state)
{
	struct world w;
	struct udp_path path;
	struct ike_stats s;

	(void)state;
	world_init(&w);
	world_config(&w.a, &lab, 1, "secret", 2);
	world_config(&w.b, &lab, 1, "secret", 2);
	path = world_path(&w.a, &w.b);
	path.local.port = path.remote.port = ISAKMP_PORT;
	ike_connect(w.a.ike, &path);
	world_run(&w, 1000);
	assert_true(world_both_up(&w));
	exchange_send(exchange_begin(w.a.sa), NULL, 0, PLD_NONE, SPAN(NULL, 0),
		true);
	world_run(&w, 0);
	assert_int_equal(w.b.messages, 0);
	assert_int_equal(w.a.notifies, 1);
	assert_int_equal(w.a.notify_type, 29); /* UNSUPPORTED-EXCHANGE-TYPE */
	ike_stats(w.b.ike, &s);
	assert_int_equal(s.drops[WIRE_EXCHANGE], 1);
	world_fini(&w);
}

static void initial_contact_of_its_own(void **state)
{
	struct world w;
	struct udp_path path;

	(void)state;
	world_init(&w);
	up(&w);
	path = world_path(&w.a, &w.b);
	ike_sa_delete(w.a.sa, false); /* forgotten, as after a crash */
	world_run(&w, 0);
	w.pass = NULL;
	ike_connect(w.a.ike, &path);
	world_run(&w, 0);
	assert_true(world_both_up(&w));
	/* INITIAL-CONTACT in message 5 ended the old one... */
	assert_int_equal(w.b.downs, 1);
	path.local.port = 1848;
	ike_connect(w.a.ike, &path); /* ...a second SA does not send it */
	world_run(&w, 0);
	assert_int_equal(w.b.ups, 3);
	assert_int_equal(w.b.downs, 1);
	ike_sa_notify(w.a.sa, 24578);
	world_run(&w, 0);
	assert_int_equal(w.b.downs, 2);
	assert_int_equal(w.b.why, IKE_DOWN_DELETED);
	assert_int_equal(w.a.notifies + w.b.notifies, 0);
	world_fini(&w);
}

static void responder_lifetime(void **state)
{
	struct isakmp_policy shorter = lab;
	struct ike_sa_info info;
	struct world w;

	(void)state;
	shorter.life_secs = 3600;
	world_init(&w);
	world_config(&w.a, &lab, 1, "secret", 2);
	world_config(&w.b, &shorter, 1, "secret", 2);
	world_connect(&w);
	world_run(&w, 1000);
	assert_true(world_both_up(&w));
	assert_int_equal(ike_list(w.a.ike, &info, 1), 1);
	assert_int_equal(info.remaining_secs, 3599);
	w.pass = pass_none; /* each by itself */
	world_run(&w, 3600000);
	assert_int_equal(w.a.downs, 1);
	assert_int_equal(w.a.why, IKE_DOWN_EXPIRED);
	assert_int_equal(w.b.downs, 1);
	world_fini(&w);
}

/* Equal lives: nothing to tell. */
static void no_lifetime_without_need(void **state)
{
	struct world w;

	(void)state;
	world_init(&w);
	up(&w);
	assert_int_equal(w.sent, 6);
	world_fini(&w);
}

/* In the clear anybody may say anything: it is told, never believed. */
static void clear_notification(void **state)
{
	struct world w;
	struct ike_sa_info info;
	struct ike_stats s;
	struct udp_path path;
	uint8_t p[28 + 12] = { [16] = PLD_N,
		[17] = 0x10,
		[18] = XCHG_INFO,
		[23] = 7,
		[27] = sizeof p,
		[31] = 12,
		[35] = 1,
		[36] = 1,
		[39] = 14 };

	(void)state;
	world_init(&w);
	up(&w);
	path = world_path(&w.a, &w.b);
	ike_list(w.a.ike, &info, 1);
	memcpy(p, info.cky_i, 8);
	memcpy(p + 8, info.cky_r, 8);
	ike_input(w.a.ike, &path, SPAN(p, sizeof p));
	world_run(&w, 1000);
	assert_true(world_both_up(&w));
	assert_int_equal(w.a.notifies, 0);
	assert_int_equal(w.a.reports[REPORT_IKMP_NOT_ENCRYPTED], 1);
	ike_stats(w.a.ike, &s);
	assert_int_equal(s.drops[WIRE_NOT_ENCRYPTED], 1);
	world_fini(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_pull_on_port_500),
		cmocka_unit_test(dpd_periodic),
		cmocka_unit_test(dpd_under_loss),
		cmocka_unit_test(dpd_on_demand),
		cmocka_unit_test(dpd_unknown_to_the_peer),
		cmocka_unit_test(dpd_switched_on_later),
		cmocka_unit_test(dpd_of_a_profile),
		cmocka_unit_test(dpd_replay),
		cmocka_unit_test(refusal_is_told),
		cmocka_unit_test(unknown_exchange),
		cmocka_unit_test(initial_contact_of_its_own),
		cmocka_unit_test(responder_lifetime),
		cmocka_unit_test(no_lifetime_without_need),
		cmocka_unit_test(clear_notification),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
