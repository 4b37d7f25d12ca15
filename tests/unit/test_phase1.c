/* Main Mode: both ends in one process, virtual time. */
#include "crypto/cipher.h"
#include "tests/unit/ike_world.h"
#include "tests/unit/test.h"
#include <stdlib.h>
#include <string.h>

#define N(a) (sizeof(a) / sizeof((a)[0]))

static const struct isakmp_policy lab = { .priority = 10,
	.cipher = CIPHER_AES128,
	.hash = HASH_SHA1,
	.auth = IKE_AUTH_PSK,
	.group = 19,
	.life_secs = 86400 };

static struct isakmp_policy with(
	enum cipher_id c, enum hash_id h, uint16_t group)
{
	struct isakmp_policy p = lab;

	p.cipher = c;
	p.hash = h;
	p.group = group;
	return p;
}

static void world_lab(struct world *w)
{
	world_init(w);
	world_config(&w->a, &lab, 1, "MY_KEY", 2);
	world_config(&w->b, &lab, 1, "MY_KEY", 2);
}

static void comes_up(const struct isakmp_policy *p)
{
	struct world w;
	struct ike_sa_info info;

	world_init(&w);
	world_config(&w.a, p, 1, "MY_KEY", 2);
	world_config(&w.b, p, 1, "MY_KEY", 2);
	world_connect(&w);
	assert_int_equal(w.sent, 0); /* nothing inside the call */
	world_run(&w, 0);
	assert_true(world_both_up(&w));
	assert_int_equal(w.sent, 6);
	assert_int_equal(ike_list(w.b.ike, &info, 1), 1);
	assert_string_equal(info.state, "GDOI_IDLE");
	assert_int_equal(info.policy.cipher, p->cipher);
	assert_int_equal(info.policy.hash, p->hash);
	assert_int_equal(info.policy.group, p->group);
	assert_true(ip_equal(&info.src, &w.a.addr));
	world_fini(&w);
}

static void every_group_comes_up(void **state)
{
	static const uint16_t groups[] = { 1, 2, 5, 14, 15, 16, 19, 20, 21,
		24 };

	(void)state;
	for (size_t i = 0; i < N(groups); i++) {
		struct isakmp_policy p =
			with(CIPHER_AES128, HASH_SHA256, groups[i]);

		comes_up(&p);
	}
}

static void every_cipher_and_hash_come_up(void **state)
{
	(void)state;
	for (enum cipher_id c = CIPHER_DES; c <= CIPHER_AES256; c++) {
		if (!cipher_available(c))
			continue;
		for (enum hash_id h = HASH_MD5; h <= HASH_SHA512; h++) {
			struct isakmp_policy p = with(c, h, 19);

			comes_up(&p);
		}
	}
}

static void identities_are_the_addresses(void **state)
{
	struct world w;
	struct span id;
	uint32_t version = 0;

	(void)state;
	world_lab(&w);
	world_connect(&w);
	world_run(&w, 0);
	assert_int_equal(ike_sa_peer_id(w.b.sa, &id), 1);
	assert_int_equal(id.n, 4);
	assert_memory_equal(id.p, w.a.addr.b, 4);
	assert_true(ike_sa_peer_is_ours(w.b.sa, &version));
	assert_int_equal(version, IKE_OUR_VERSION);
	assert_true(ike_sa_peer_is_ours(w.a.sa, NULL));
	assert_int_equal(ike_sa_conn_id(w.a.sa), 1001);
	assert_true(ike_sa_is_initiator(w.a.sa));
	assert_false(ike_sa_is_initiator(w.b.sa));
	world_fini(&w);
}

/* The responder's order decides; the shorter lifetime counts. */
static void own_priority_decides(void **state)
{
	struct isakmp_policy a[] = { with(CIPHER_3DES, HASH_MD5, 2),
		with(CIPHER_AES256, HASH_SHA512, 20),
		with(CIPHER_AES128, HASH_SHA1, 19) };
	struct isakmp_policy b[] = { with(CIPHER_AES192, HASH_SHA1, 14),
		with(CIPHER_AES256, HASH_SHA512, 20),
		with(CIPHER_3DES, HASH_MD5, 2) };
	struct ike_sa_info info[2];
	struct world w;

	(void)state;
	a[1].life_secs = 3600;
	b[1].life_secs = 7200;
	world_init(&w);
	world_config(&w.a, a, N(a), "MY_KEY", 2);
	world_config(&w.b, b, N(b), "MY_KEY", 2);
	world_connect(&w);
	world_run(&w, 0);
	assert_true(world_both_up(&w));
	ike_list(w.a.ike, &info[0], 1);
	ike_list(w.b.ike, &info[1], 1);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(info[i].policy.hash, HASH_SHA512);
		assert_int_equal(info[i].policy.life_secs, 3600);
		assert_int_equal(info[i].remaining_secs, 3600);
	}
	world_run(&w, 3600 * 1000);
	assert_null(w.a.sa);
	assert_null(w.b.sa);
	assert_int_equal(w.a.downs, 1);
	assert_int_equal(w.b.downs, 1);
	world_fini(&w);
}

static bool has_exchange(const struct packet *p, uint8_t exchange)
{
	return p->data.n > 18 && p->data.p[18] == exchange;
}

/* Counts offers by DOI; loses those of DOI 2. */
struct dois {
	unsigned n[3];
	bool lose_2;
};
static bool pass_dois(struct world *w, struct packet *p)
{
	struct dois *d = w->arg;

	/* Message 1: responder cookie zero; DOI after two headers. */
	if (memcmp(p->data.p + 8, "\0\0\0\0\0\0\0", 8) != 0 ||
		!has_exchange(p, 2))
		return true;
	d->n[p->data.p[35] & 3]++;
	return !(d->lose_2 && p->data.p[35] == 2);
}

static void no_common_policy_is_refused_under_both_dois(void **state)
{
	struct isakmp_policy p = with(CIPHER_AES128, HASH_SHA1, 14);
	struct dois d = { .lose_2 = false };
	struct world w;

	(void)state;
	world_lab(&w);
	world_config(&w.b, &p, 1, "MY_KEY", 2);
	w.pass = pass_dois;
	w.arg = &d;
	world_connect(&w);
	world_run(&w, 0);
	assert_int_equal(w.a.downs, 1);
	assert_int_equal(w.a.ups, 0);
	assert_int_equal(w.a.why, IKE_DOWN_NO_PROPOSAL);
	assert_int_equal(d.n[2], 1);
	assert_int_equal(d.n[1], 1);
	assert_int_equal(w.a.reports[REPORT_IKMP_MODE_FAILURE], 1);
	assert_int_equal(w.b.reports[REPORT_IKMP_MODE_FAILURE], 2);
	world_fini(&w);
}

static void silence_tries_the_other_doi(void **state)
{
	struct dois d = { .lose_2 = true };
	struct world w;

	(void)state;
	world_lab(&w);
	w.pass = pass_dois;
	w.arg = &d;
	world_connect(&w);
	world_run(&w, 40000);
	assert_true(world_both_up(&w));
	assert_int_equal(d.n[2], 5);
	assert_int_equal(d.n[1], 1);
	world_fini(&w);
}

static void a_dead_server_times_out(void **state)
{
	struct world w;

	(void)state;
	world_lab(&w);
	w.pass = pass_none;
	world_connect(&w);
	world_run(&w, 37000);
	assert_int_equal(w.a.downs, 0);
	world_run(&w, 2000);
	assert_int_equal(w.a.downs, 1);
	assert_int_equal(w.a.why, IKE_DOWN_TIMEOUT);
	assert_int_equal(w.sent, 5 + 3);
	world_fini(&w);
}

static void a_wrong_key_is_reported_and_answered_nothing(void **state)
{
	struct ike_stats s;
	struct world w;

	(void)state;
	world_lab(&w);
	world_config(&w.b, &lab, 1, "OTHER", 2);
	world_connect(&w);
	world_run(&w, 0);
	assert_int_equal(w.sent, 5);
	assert_int_equal(w.b.reports[REPORT_IKMP_BAD_MESSAGE], 1);
	world_run(&w, 70000);
	assert_int_equal(w.sent, 9); /* message 5 five times */
	assert_int_equal(w.b.reports[REPORT_IKMP_BAD_MESSAGE], 1);
	assert_int_equal(w.a.why, IKE_DOWN_NO_PROOF);
	assert_int_equal(w.a.reports[REPORT_IKMP_MODE_FAILURE], 1);
	assert_int_equal(w.b.reports[REPORT_IKMP_MODE_FAILURE], 1);
	assert_int_equal(w.b.ups + w.b.downs, 0);
	ike_stats(w.b.ike, &s);
	assert_int_equal(s.half_open, 0);
	world_fini(&w);
}

static void without_a_key_nothing_is_offered_or_taken(void **state)
{
	struct world w;

	(void)state;
	world_lab(&w);
	world_config(&w.a, &lab, 1, NULL, 2);
	world_connect(&w);
	world_run(&w, 0);
	assert_int_equal(w.a.why, IKE_DOWN_AUTH);
	assert_int_equal(w.sent, 0);
	world_fini(&w);

	world_lab(&w);
	world_config(&w.b, &lab, 1, NULL, 2);
	world_connect(&w);
	world_run(&w, 0);
	assert_int_equal(w.a.why, IKE_DOWN_NO_PROPOSAL);
	world_fini(&w);
}

static void the_longest_mask_chooses_the_key(void **state)
{
	struct isakmp_key k[3] = { { .addr = ip_v4(0), .mask = 0 },
		{ .addr = ip_v4(0xc0000200), .mask = 0xffffff00 },
		{ .addr = ip_v4(0xc000020a), .mask = 0xffffffff } };
	struct isakmp_config c = { .policy = { lab },
		.n_policies = 1,
		.keys = k,
		.n_keys = 3,
		.offer_doi = 2 };
	struct world w;

	(void)state;
	secret_set(&k[0].key, "wide", 4);
	secret_set(&k[1].key, "net", 3);
	secret_set(&k[2].key, "MY_KEY", 6);
	world_lab(&w);
	ike_set_config(w.b.ike, &c);
	world_connect(&w);
	world_run(&w, 0);
	assert_true(world_both_up(&w));
	world_fini(&w);
	for (size_t i = 0; i < N(k); i++)
		secret_free(&k[i].key);
}

static void any_lost_message_is_repeated(void **state)
{
	(void)state;
	for (unsigned i = 1; i <= 6; i++) {
		struct nth n = { .lose = i };
		struct world w;

		world_lab(&w);
		w.pass = pass_but_nth;
		w.arg = &n;
		world_connect(&w);
		world_run(&w, 1500);
		assert_true(world_both_up(&w));
		assert_int_equal(w.a.ups, 1);
		assert_int_equal(w.b.ups, 1);
		world_fini(&w);
	}
}

/* Everything arrives twice: no second SA, no second answer computed. */
static void duplicates_change_nothing(void **state)
{
	struct ike_sa_info info[4];
	struct ike_stats s;
	struct world w;

	(void)state;
	world_lab(&w);
	w.pass = pass_twice;
	world_connect(&w);
	world_run(&w, 5000);
	assert_true(world_both_up(&w));
	assert_int_equal(w.a.ups, 1);
	assert_int_equal(w.b.ups, 1);
	assert_int_equal(ike_list(w.b.ike, info, N(info)), 1);
	ike_stats(w.b.ike, &s);
	assert_true(s.replayed >= 3);
	world_fini(&w);
}

/* Before each real message a forged copy of it arrives, one octet changed. The
 * real one is still taken, except where the forgery is a different but sound
 * message: then the exchange ends without an SA, never with a wrong one. */
static void forged_messages_do_no_harm(void **state)
{
	(void)state;
	for (unsigned victim = 5; victim <= 6; victim++) {
		/* INITIAL-CONTACT fills the last block of message 5, and HASH_I
		 * does not cover it (RFC 2409 5). */
		for (size_t at = 0; at < (victim == 5 ? 76 : 92); at++) {
			struct forge f = { .at = at, .victim = victim };
			struct world w;

			world_lab(&w);
			w.pass = pass_forged;
			w.arg = &f;
			world_connect(&w);
			world_run(&w, 0);
			assert_true(world_both_up(&w));
			assert_int_equal(w.a.ups + w.b.ups, 2);
			world_fini(&w);
		}
	}
	for (unsigned victim = 1; victim <= 4; victim++) {
		for (size_t at = 0; at < 110; at += 7) {
			struct forge f = { .at = at, .victim = victim };
			struct world w;

			world_lab(&w);
			w.pass = pass_forged;
			w.arg = &f;
			world_connect(&w);
			world_run(&w, 200000);
			assert_int_equal(w.a.ups + w.a.downs > 0, 1);
			assert_true(w.b.ups == w.a.ups);
			world_fini(&w);
		}
	}
}

static void replayed_exchange_finds_no_way_in(void **state)
{
	struct tape t = { .n = 0 };
	struct ike_stats s;
	struct world w;

	(void)state;
	world_lab(&w);
	w.pass = pass_record;
	w.arg = &t;
	world_connect(&w);
	world_run(&w, 0);
	assert_int_equal(t.n, 6);
	ike_sa_delete(w.a.sa, true);
	world_run(&w, 0);
	assert_int_equal(w.b.downs, 1);
	w.pass = pass_none;
	for (size_t i = 0; i < 6; i++)
		world_play(&w, &t.p[i]);
	world_run(&w, 0);
	assert_int_equal(w.b.ups, 1);
	ike_stats(w.b.ike, &s);
	assert_int_equal(s.established, 0);
	assert_int_equal(s.half_open, 1); /* from message 1 */
	world_run(&w, 80000);
	ike_stats(w.b.ike, &s);
	assert_int_equal(s.half_open, 0);
	tape_free(&t);
	world_fini(&w);
}

static void garbage_costs_a_counter(void **state)
{
	uint8_t buf[300];
	struct ike_stats s;
	struct world w;
	uint64_t drops = 0;

	(void)state;
	world_lab(&w);
	struct udp_path path = world_path(&w.b, &w.a);

	for (unsigned i = 0; i < 1000; i++) {
		for (size_t k = 0; k < sizeof buf; k++)
			buf[k] = (uint8_t)(rand() >> 4);
		buf[17] = 0x10;
		buf[24] = buf[25] = 0;
		buf[26] = sizeof buf >> 8;
		buf[27] = sizeof buf & 0xff;
		ike_input(w.b.ike, &path, SPAN(buf, i % sizeof buf));
	}
	assert_int_equal(w.sent, 0);
	ike_stats(w.b.ike, &s);
	assert_int_equal(s.rx, 1000);
	for (size_t i = 0; i < WIRE_N_ERRS; i++)
		drops += s.drops[i];
	assert_int_equal(drops, 1000);
	assert_int_equal(s.half_open, 0);
	world_fini(&w);
}

static void initial_contact_replaces_the_older_sa(void **state)
{
	struct ike_stats s;
	struct world w;

	(void)state;
	world_lab(&w);
	world_connect(&w);
	world_run(&w, 0);
	/* The member starts anew and knows nothing of its SA. */
	ike_sa_delete(w.a.sa, false);
	world_run(&w, 0);
	world_connect(&w);
	world_run(&w, 0);
	assert_int_equal(w.b.ups, 2);
	assert_int_equal(w.b.downs, 1);
	assert_int_equal(w.b.why, IKE_DOWN_DELETED);
	ike_stats(w.b.ike, &s);
	assert_int_equal(s.established, 1);
	world_fini(&w);
}

static void connect_again_gives_the_same_sa(void **state)
{
	struct ike_sa *first;
	struct world w;

	(void)state;
	world_lab(&w);
	first = world_connect(&w);
	assert_ptr_equal(world_connect(&w), first);
	world_run(&w, 0);
	assert_int_equal(w.a.ups, 1);
	assert_ptr_equal(world_connect(&w), first);
	assert_int_equal(w.a.ups, 1); /* not inside the call */
	world_run(&w, 0);
	assert_int_equal(w.a.ups, 2);
	assert_int_equal(w.sent, 6);
	world_fini(&w);
}

static void released_sa_goes_after_a_minute(void **state)
{
	struct ike_sa_info info[2];
	struct world w;

	(void)state;
	world_lab(&w);
	world_connect(&w);
	world_run(&w, 0);
	ike_sa_release(w.a.sa);
	world_run(&w, 59000);
	assert_true(world_both_up(&w));
	world_connect(&w); /* takes it up again */
	world_run(&w, 3000);
	assert_non_null(w.a.sa);
	ike_sa_release(w.a.sa);
	ike_sa_release(w.b.sa);
	world_run(&w, 59000);
	assert_true(world_both_up(&w));
	world_run(&w, 2000); /* the member first, so that one Delete does */
	assert_null(w.a.sa);
	assert_null(w.b.sa);
	assert_int_equal(w.a.downs, 1);
	assert_int_equal(w.b.downs, 1);
	assert_int_equal(ike_list(w.a.ike, info, N(info)), 1);
	assert_true(info[0].deleted);
	assert_string_equal(info[0].state, "MM_NO_STATE");
	world_run(&w, 60000);
	assert_int_equal(ike_list(w.a.ike, info, N(info)), 0);
	world_fini(&w);
}

static void a_flood_of_offers_is_bounded(void **state)
{
	struct tape t = { .n = 0 };
	struct ike_stats s;
	struct world w;

	(void)state;
	world_lab(&w);
	w.pass = pass_record;
	w.arg = &t;
	world_connect(&w);
	world_run(&w, 0);
	w.pass = pass_none;
	/* One address, many cookies: a few half-open ones are all it has. */
	auto_free uint8_t *one = xmemdup(t.p[0].data.p, t.p[0].data.n);
	struct udp_path path = world_path(&w.b, &w.a);

	for (unsigned i = 0; i < 1000; i++) {
		memcpy(one, &i, sizeof i);
		ike_input(w.b.ike, &path, SPAN(one, t.p[0].data.n));
	}
	ike_stats(w.b.ike, &s);
	assert_int_equal(s.half_open, 128);
	assert_int_equal(s.half_open_refused, 1000 - 128);
	/* Many addresses: soon they are answered without an SA. */
	for (unsigned i = 0; i < 20000; i++) {
		path.remote.ip = ip_v4(0x0a000000 + i);
		ike_input(w.b.ike, &path, SPAN(one, t.p[0].data.n));
	}
	ike_stats(w.b.ike, &s);
	assert_int_equal(s.half_open, 256);
	assert_int_equal(s.stateless, 20000 - 128);
	world_run(&w, 40000);
	ike_stats(w.b.ike, &s);
	assert_int_equal(s.half_open, 0);
	tape_free(&t);
	world_fini(&w);
}

/* Refusals are sent, and public values computed, at a bounded rate. */
static void one_source_has_so_many_tokens(void **state)
{
	struct isakmp_policy p = with(CIPHER_AES128, HASH_SHA1, 14);
	struct tape t = { .n = 0 };
	struct ike_stats s;
	struct world w;

	(void)state;
	world_lab(&w);
	w.pass = pass_record;
	w.arg = &t;
	world_connect(&w);
	world_run(&w, 0);
	world_config(&w.b, &p, 1, "MY_KEY", 2);
	struct udp_path path = world_path(&w.b, &w.a);
	auto_free uint8_t *one = xmemdup(t.p[0].data.p, t.p[0].data.n);

	w.pass = pass_none;
	w.sent = 0;
	for (unsigned i = 0; i < 1000; i++) {
		memcpy(one, &i, sizeof i);
		ike_input(w.b.ike, &path, SPAN(one, t.p[0].data.n));
	}
	assert_in_range(w.sent, 390, 400);
	ike_stats(w.b.ike, &s);
	assert_int_equal(s.rate_refused + w.sent, 1000);
	w.now += 100;
	ike_input(w.b.ike, &path, SPAN(one, t.p[0].data.n));
	ike_stats(w.b.ike, &s);
	assert_int_equal(s.rate_refused + w.sent, 1001);
	tape_free(&t);
	world_fini(&w);
}

/* Peers with odd ports put the non-ESP marker in front; we answer in kind. */
static bool pass_marked(struct world *w, struct packet *p)
{
	static const uint8_t marker[4];
	bool from_a = ip_equal(&p->path.local.ip, &w->a.addr);
	unsigned *marked = w->arg;

	if (!from_a) {
		*marked += memcmp(p->data.p, marker, 4) == 0;
		return true;
	}
	uint8_t *copy = xcalloc(1, p->data.n + 4);

	memcpy(copy + 4, p->data.p, p->data.n);
	free((void *)(uintptr_t)p->data.p);
	p->data = SPAN(copy, p->data.n + 4);
	return true;
}

static void the_marker_is_taken_and_answered(void **state)
{
	unsigned marked = 0;
	struct world w;

	(void)state;
	world_lab(&w);
	w.pass = pass_marked;
	w.arg = &marked;
	world_connect(&w);
	world_run(&w, 0);
	assert_true(world_both_up(&w));
	assert_int_equal(marked, 3);
	world_fini(&w);
}

static void clear_tells_the_peers(void **state)
{
	struct world w;

	(void)state;
	world_lab(&w);
	world_connect(&w);
	world_run(&w, 0);
	ike_clear(w.b.ike, IKE_ALL, 0);
	assert_int_equal(w.b.downs, 0); /* not inside the call */
	world_run(&w, 0);
	assert_int_equal(w.b.why, IKE_DOWN_LOCAL);
	assert_int_equal(w.a.why, IKE_DOWN_DELETED);
	world_fini(&w);
}

/* What a holder of an SA does when it ends: asks for one again. */
static void hold_again(struct end *e, enum ike_down why)
{
	const struct udp_path path = world_path(e, &e->w->b);

	assert_int_equal(why, IKE_DOWN_EXPIRED);
	ike_connect(e->ike, &path);
}

static void an_expired_sa_is_negotiated_anew(void **state)
{
	struct isakmp_policy p = lab;
	struct ike_sa_info info[4];
	struct ike_stats s;
	struct world w;

	(void)state;
	p.life_secs = 60;
	world_init(&w);
	world_config(&w.a, &p, 1, "MY_KEY", 2);
	world_config(&w.b, &lab, 1, "MY_KEY", 2);
	w.a.on_down = hold_again;
	world_connect(&w);
	world_run(&w, 59900);
	assert_int_equal(w.a.ups, 1);
	ike_list(w.b.ike, info, N(info));
	assert_int_equal(info[0].policy.life_secs, 60);
	for (unsigned i = 2; i <= 4; i++) {
		world_run(&w, 60000);
		assert_true(world_both_up(&w));
		assert_int_equal(w.a.ups, i);
		assert_int_equal(w.a.downs, i - 1);
		ike_stats(w.b.ike, &s);
		assert_int_equal(s.established, 1);
	}
	w.a.on_down = NULL;
	world_fini(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_group_comes_up),
		cmocka_unit_test(every_cipher_and_hash_come_up),
		cmocka_unit_test(identities_are_the_addresses),
		cmocka_unit_test(own_priority_decides),
		cmocka_unit_test(an_expired_sa_is_negotiated_anew),
		cmocka_unit_test(no_common_policy_is_refused_under_both_dois),
		cmocka_unit_test(silence_tries_the_other_doi),
		cmocka_unit_test(a_dead_server_times_out),
		cmocka_unit_test(a_wrong_key_is_reported_and_answered_nothing),
		cmocka_unit_test(without_a_key_nothing_is_offered_or_taken),
		cmocka_unit_test(the_longest_mask_chooses_the_key),
		cmocka_unit_test(any_lost_message_is_repeated),
		cmocka_unit_test(duplicates_change_nothing),
		cmocka_unit_test(forged_messages_do_no_harm),
		cmocka_unit_test(replayed_exchange_finds_no_way_in),
		cmocka_unit_test(garbage_costs_a_counter),
		cmocka_unit_test(initial_contact_replaces_the_older_sa),
		cmocka_unit_test(connect_again_gives_the_same_sa),
		cmocka_unit_test(released_sa_goes_after_a_minute),
		cmocka_unit_test(a_flood_of_offers_is_bounded),
		cmocka_unit_test(one_source_has_so_many_tokens),
		cmocka_unit_test(the_marker_is_taken_and_answered),
		cmocka_unit_test(clear_tells_the_peers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
