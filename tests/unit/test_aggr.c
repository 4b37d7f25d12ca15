/* Aggressive Mode: both ends in one process, virtual time. */
#include "crypto/cipher.h"
#include "crypto/dh.h"
#include "gdoi/gdoi_wire.h"
#include "tests/unit/ike_conf.h"
#include "tests/unit/test.h"
#include "tests/unit/vectors.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N(a) (sizeof(a) / sizeof((a)[0]))

/* a begins in Aggressive Mode with a key for everybody, as b has. */
static void world_aggr(struct world *w)
{
	struct conf *a = conf_new(), *b = conf_new();

	world_init(w);
	conf_key(a, "MY_KEY", 0, 0);
	conf_peer(a, &w->b);
	conf_use(&w->a, a);
	conf_key(b, "MY_KEY", 0, 0);
	conf_use(&w->b, b);
}

static const char *state_of(const struct end *e)
{
	struct ike_sa_info info;

	return ike_list(e->ike, &info, 1) == 0 ? "" : info.state;
}

static void comes_up_in_three_messages(void **state)
{
	struct tape t = { .n = 0 };
	struct world w;

	(void)state;
	world_aggr(&w);
	w.pass = pass_record;
	w.arg = &t;
	world_connect(&w);
	assert_string_equal(state_of(&w.a), "MM_NO_STATE");
	world_run(&w, 0);
	assert_true(world_both_up(&w));
	assert_int_equal(t.n, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(t.p[i].data.p[18], XCHG_AGGRESSIVE);
	assert_int_equal(t.p[1].data.p[19], 0);
	assert_int_equal(t.p[2].data.p[19], ISAKMP_FLAG_E);
	assert_string_equal(state_of(&w.a), "GDOI_IDLE");
	assert_string_equal(state_of(&w.b), "GDOI_IDLE");
	tape_free(&t);
	world_fini(&w);
}

static void every_group_comes_up(void **state)
{
	static const uint16_t groups[] = { 1, 2, 5, 14, 15, 16, 19, 20, 21,
		24 };

	(void)state;
	for (size_t i = 0; i < N(groups); i++) {
		struct world w;
		struct conf *a = conf_new(), *b = conf_new();

		world_init(&w);
		a->c.policy[0].group = b->c.policy[0].group = groups[i];
		conf_key(a, "MY_KEY", 0, 0);
		conf_peer(a, &w.b);
		conf_use(&w.a, a);
		conf_key(b, "MY_KEY", 0, 0);
		conf_use(&w.b, b);
		world_connect(&w);
		world_run(&w, 0);
		assert_true(world_both_up(&w));
		assert_int_equal(w.sent, 3);
		world_fini(&w);
	}
}

/* The group cannot be negotiated: of several policies those of the first's
 * group are offered. */
static void one_group_is_offered(void **state)
{
	struct conf *a = conf_new(), *b = conf_new();
	struct ike_sa_info info;
	struct world w;

	(void)state;
	world_init(&w);
	a->c.n_policies = 3;
	a->c.policy[1] = a->c.policy[2] = a->c.policy[0];
	a->c.policy[1].group = 14;
	a->c.policy[2].cipher = CIPHER_AES256;
	b->c.policy[0].cipher = CIPHER_AES256;
	b->c.n_policies = 2;
	b->c.policy[1] = a->c.policy[0];
	b->c.policy[1].group = 14;
	conf_key(a, "MY_KEY", 0, 0);
	conf_peer(a, &w.b);
	conf_use(&w.a, a);
	conf_key(b, "MY_KEY", 0, 0);
	conf_use(&w.b, b);
	world_connect(&w);
	world_run(&w, 0);
	assert_true(world_both_up(&w));
	ike_list(w.b.ike, &info, 1);
	assert_int_equal(info.policy.group, 19);
	assert_int_equal(info.policy.cipher, CIPHER_AES256);
	world_fini(&w);
}

static void disabled_it_is_neither_answered_nor_begun(void **state)
{
	struct conf *b = conf_new(), *a = conf_new();
	struct ike_stats s;
	struct world w;

	(void)state;
	world_aggr(&w);
	conf_key(b, "MY_KEY", 0, 0);
	b->c.no_aggressive = true;
	conf_use(&w.b, b);
	world_connect(&w);
	world_run(&w, 100000);
	assert_int_equal(w.a.why, IKE_DOWN_TIMEOUT);
	assert_int_equal(w.sent, 5 + 3);
	assert_string_equal(state_of(&w.b), "");
	ike_stats(w.b.ike, &s);
	assert_int_equal(s.drops[WIRE_MODE], 5 + 3);
	/* Switched off here, the same peer is met in Main Mode. */
	conf_key(a, "MY_KEY", 0, 0);
	conf_peer(a, &w.b);
	a->c.no_aggressive = true;
	conf_use(&w.a, a);
	w.sent = 0;
	world_connect(&w);
	world_run(&w, 0);
	assert_true(world_both_up(&w));
	assert_int_equal(w.sent, 6);
	world_fini(&w);
}

static void a_wrong_key_is_seen_by_the_initiator(void **state)
{
	struct conf *b = conf_new();
	struct ike_stats s;
	struct world w;

	(void)state;
	world_aggr(&w);
	conf_key(b, "OTHER", 0, 0);
	conf_use(&w.b, b);
	world_connect(&w);
	world_run(&w, 0);
	assert_int_equal(w.sent, 2);
	assert_string_equal(state_of(&w.a), "AG_INIT_EXCH");
	assert_string_equal(state_of(&w.b), "AG_INIT_EXCH");
	assert_int_equal(w.a.reports[REPORT_IKMP_BAD_MESSAGE], 1);
	world_run(&w, 70000);
	assert_int_equal(w.a.why, IKE_DOWN_AUTH);
	assert_int_equal(w.a.reports[REPORT_IKMP_BAD_MESSAGE], 1);
	assert_int_equal(w.b.ups + w.b.downs, 0);
	assert_string_equal(state_of(&w.a), "AG_NO_STATE");
	ike_stats(w.b.ike, &s);
	assert_int_equal(s.half_open, 0);
	world_fini(&w);
}

/* What a member does when phase 1 is up: it speaks. */
static void speak(struct end *e, struct ike_sa *sa)
{
	struct exchange *x = exchange_begin(sa);

	e->x = x;
	exchange_send(x, NULL, 0, PLD_NONE, SPAN(NULL, 0), true);
}

static enum wire_err hear(struct end *e, struct ike_sa *sa, struct exchange *x,
	const struct exchange_msg *m)
{
	(void)sa;
	if (!exchange_check(x, m, NULL, 0))
		return WIRE_HASH;
	if (e == &e->w->b)
		exchange_send(x, NULL, 0, PLD_NONE, SPAN(NULL, 0), false);
	exchange_end(x);
	return WIRE_OK;
}

/* Message 3 too: the responder, spoken to, repeats message 2. */
static void any_lost_message_is_repeated(void **state)
{
	(void)state;
	for (unsigned i = 1; i <= 3; i++) {
		struct nth n = { .lose = i };
		struct world w;

		world_aggr(&w);
		w.pass = pass_but_nth;
		w.arg = &n;
		w.a.on_up = speak;
		w.a.on_message = w.b.on_message = hear;
		world_connect(&w);
		world_run(&w, 1500);
		assert_true(world_both_up(&w));
		assert_int_equal(w.a.ups, 1);
		assert_int_equal(w.b.ups, 1);
		world_run(&w, 8000);
		assert_int_equal(w.a.messages, 1);
		assert_int_equal(w.a.lost + w.b.lost, 0);
		world_fini(&w);
	}
}

static void duplicates_change_nothing(void **state)
{
	struct ike_sa_info info[4];
	struct ike_stats s;
	struct world w;

	(void)state;
	world_aggr(&w);
	w.pass = pass_twice;
	world_connect(&w);
	world_run(&w, 5000);
	assert_true(world_both_up(&w));
	assert_int_equal(w.a.ups + w.b.ups, 2);
	assert_int_equal(ike_list(w.b.ike, info, N(info)), 1);
	ike_stats(w.b.ike, &s);
	assert_true(s.replayed >= 2);
	world_fini(&w);
}

/* Each octet of messages 2 and 3 changed before the real one comes: that one is
 * still taken. Message 1 gives the responder another SA at worst. */
static void forged_messages_do_no_harm(void **state)
{
	static const size_t lengths[] = { 0, 330, 300, 92 };

	(void)state;
	for (unsigned victim = 1; victim <= 3; victim++) {
		for (size_t at = 0; at < lengths[victim]; at++) {
			struct forge f = { .victim = victim, .at = at };
			struct world w;

			world_aggr(&w);
			w.pass = pass_forged;
			w.arg = &f;
			world_connect(&w);
			world_run(&w, 100000);
			assert_true(w.a.ups + w.a.downs > 0);
			assert_true(w.b.ups <= w.a.ups);
			if (victim > 1) {
				assert_int_equal(w.a.ups, 1);
				assert_int_equal(w.b.ups, 1);
			}
			world_fini(&w);
		}
	}
}

static void a_replayed_exchange_finds_no_way_in(void **state)
{
	struct tape t = { .n = 0 };
	struct ike_stats s;
	struct world w;

	(void)state;
	world_aggr(&w);
	w.pass = pass_record;
	w.arg = &t;
	world_connect(&w);
	world_run(&w, 0);
	ike_sa_delete(w.a.sa, true);
	world_run(&w, 0);
	w.pass = pass_none;
	for (size_t i = 0; i < 3; i++)
		world_play(&w, &t.p[i]);
	for (size_t i = 3; i-- > 0;) /* and in the wrong order */
		world_play(&w, &t.p[i]);
	world_run(&w, 0);
	assert_int_equal(w.b.ups, 1);
	assert_int_equal(w.a.ups, 1);
	ike_stats(w.b.ike, &s);
	assert_int_equal(s.established, 0);
	assert_int_equal(s.half_open, 1);
	tape_free(&t);
	world_fini(&w);
}

/* Cuts and overwrites all over a real message 1: nothing but a counter. */
static void malformed_offers_cost_a_counter(void **state)
{
	struct tape t = { .n = 0 };
	struct world w;

	(void)state;
	world_aggr(&w);
	w.pass = pass_record;
	w.arg = &t;
	world_connect(&w);
	world_run(&w, 0);
	ike_sa_delete(w.a.sa, true);
	world_run(&w, 0);
	w.pass = pass_none;
	for (size_t n = 0; n < t.p[0].data.n; n++) {
		auto_free uint8_t *one = xmemdup(t.p[0].data.p, t.p[0].data.n);
		struct udp_path path = world_path(&w.b, &w.a);

		one[0] = (uint8_t)n;
		one[1] = (uint8_t)(n >> 8);
		one[26] = (uint8_t)(n >> 8);
		one[27] = (uint8_t)n;
		ike_input(w.b.ike, &path, SPAN(one, n));
	}
	world_run(&w, 80000);
	assert_int_equal(w.b.ups, 1);
	assert_int_equal(w.sent, 4); /* none but the exchange and its Delete */
	tape_free(&t);
	world_fini(&w);
}

/* KE, nonce and ID are there and sound, or nothing is computed. */
static void drop_of_type(uint8_t type, bool twice, enum wire_err want)
{
	struct tape t = { .n = 0 };
	struct payloads p;
	struct isakmp_hdr h;
	struct isakmp_wr m;
	struct ike_stats s;
	uint8_t out[1000];
	struct world w;

	world_aggr(&w);
	w.pass = pass_record;
	w.arg = &t;
	world_connect(&w);
	world_run(&w, 0);
	assert_int_equal(isakmp_hdr_read(t.p[0].data, &h), WIRE_OK);
	assert_int_equal(isakmp_split(SPAN(t.p[0].data.p + ISAKMP_HDR,
					      t.p[0].data.n - ISAKMP_HDR),
				 h.next, &p),
		WIRE_OK);
	h.cky_i[0] ^= 1;
	isakmp_wr_begin(&m, out, sizeof out, &h);
	for (size_t i = 0; i < p.n; i++) {
		struct rd body = p.v[i].body;
		struct span b = rd_rest(&body);

		for (int n = p.v[i].type != type ? 1
			     : twice             ? 2
						 : 0;
			n > 0; n--)
			isakmp_put(&m, p.v[i].type, b.p, b.n);
	}
	struct packet q = { .path = t.p[0].path, .data = isakmp_wr_end(&m) };

	ike_stats(w.b.ike, &s);
	uint64_t before = s.drops[want];

	w.sent = 0;
	world_play(&w, &q);
	ike_stats(w.b.ike, &s);
	assert_int_equal(s.drops[want], before + 1);
	assert_int_equal(s.half_open, 0);
	assert_int_equal(w.sent, 0);
	tape_free(&t);
	world_fini(&w);
}

static void payloads_of_message_1_are_all_due(void **state)
{
	(void)state;
	drop_of_type(PLD_KE, false, WIRE_PAYLOAD_MISSING);
	drop_of_type(PLD_KE, true, WIRE_PAYLOAD_TWICE);
	drop_of_type(PLD_NONCE, false, WIRE_PAYLOAD_MISSING);
	drop_of_type(PLD_NONCE, true, WIRE_PAYLOAD_TWICE);
	drop_of_type(PLD_ID, false, WIRE_PAYLOAD_MISSING);
	drop_of_type(PLD_ID, true, WIRE_PAYLOAD_TWICE);
	drop_of_type(PLD_SA, false, WIRE_PAYLOAD_MISSING);
	drop_of_type(PLD_SA, true, WIRE_PAYLOAD_TWICE);
}

/* Many addresses, one message 1 each: computing is bounded over all. */
static void a_flood_computes_at_a_bounded_rate(void **state)
{
	struct tape t = { .n = 0 };
	struct ike_stats s;
	struct world w;

	(void)state;
	world_aggr(&w);
	w.pass = pass_record;
	w.arg = &t;
	world_connect(&w);
	world_run(&w, 0);
	w.pass = pass_none;
	w.now += 10000;
	w.sent = 0;
	auto_free uint8_t *one = xmemdup(t.p[0].data.p, t.p[0].data.n);
	struct udp_path path = world_path(&w.b, &w.a);

	for (unsigned i = 0; i < 2000; i++) {
		path.remote.ip = ip_v4(0x0a000000 + i);
		ike_input(w.b.ike, &path, SPAN(one, t.p[0].data.n));
	}
	assert_int_equal(w.sent, 200);
	ike_stats(w.b.ike, &s);
	assert_int_equal(s.rate_refused, 1800);
	assert_int_equal(s.half_open, 200);
	w.now += 1000;
	for (unsigned i = 0; i < 500; i++) {
		path.remote.ip = ip_v4(0x0b000000 + i);
		ike_input(w.b.ike, &path, SPAN(one, t.p[0].data.n));
	}
	assert_int_equal(w.sent, 300);
	tape_free(&t);
	world_fini(&w);
}

/* Rewrites message 3 in clear, as RFC 2409 5.4 allows it. */
static struct span clear_hash;
static bool pass_clear_3(struct world *w, struct packet *p)
{
	static uint8_t out[200];
	struct isakmp_hdr h;
	struct isakmp_wr m;

	(void)w;
	assert_int_equal(isakmp_hdr_read(p->data, &h), WIRE_OK);
	if (h.exchange != XCHG_AGGRESSIVE || !(h.flags & ISAKMP_FLAG_E))
		return true;
	h.flags = 0;
	isakmp_wr_begin(&m, out, sizeof out, &h);
	isakmp_put(&m, PLD_HASH, clear_hash.p, clear_hash.n);
	struct span s = isakmp_wr_end(&m);

	free((void *)(uintptr_t)p->data.p);
	p->data = SPAN(xmemdup(s.p, s.n), s.n);
	return true;
}

static const char *vector_set;
static unsigned vector_dh;
static struct dh *vector_dh_new(uint32_t group)
{
	const char *text = vec_text("%s.inputs.private_%c", vector_set,
		vector_dh++ == 0 ? 'i' : 'r');
	char even[600];

	snprintf(even, sizeof even, "%s%s", strlen(text) % 2 ? "0" : "", text);
	return dh_from_private(group, hex(even));
}

static enum cipher_id vector_cipher(void)
{
	return strcmp(vec_text("%s.inputs.cipher", vector_set),
		       "aes-128-cbc") == 0
		       ? CIPHER_AES128
		       : CIPHER_AES256;
}

/* The world of a vector set, up to its phase 1. */
static void vector_world(struct world *w, struct crypto_ops *ops)
{
	const char *psk = vec_text("%s.inputs.psk_ascii", vector_set);
	struct conf *a = conf_new(), *b = conf_new();
	struct isakmp_policy *p = &a->c.policy[0];

	*ops = crypto_ops_openssl;
	ops->dh_new = vector_dh_new;
	vector_dh = 0;
	world_init(w);
	world_set_crypto(w, ops);
	p->cipher = vector_cipher();
	p->hash = HASH_SHA256;
	p->group = (uint16_t)vec_int("%s.inputs.group", vector_set);
	b->c.policy[0] = *p;
	a->c.offer_doi = vec_hex("%s.inputs.SAi_b", vector_set).p[3];
	conf_key(a, psk, 0, 0);
	conf_peer(a, &w->b);
	conf_use(&w->a, a);
	conf_key(b, psk, 0, 0);
	conf_use(&w->b, b);
	w->a.script[0] = vec_hex("%s.inputs.cookie_i", vector_set);
	w->a.script[1] = vec_hex("%s.inputs.nonce_i", vector_set);
	w->a.script_n = 2;
	w->b.script[0] = vec_hex("%s.inputs.cookie_r", vector_set);
	w->b.script[1] = vec_hex("%s.inputs.nonce_r", vector_set);
	w->b.script_n = 2;
}

static struct span payload_of(struct span data, uint8_t type)
{
	struct payloads p;
	struct isakmp_hdr h;

	assert_int_equal(isakmp_hdr_read(data, &h), WIRE_OK);
	assert_int_equal(
		isakmp_split(SPAN(data.p + ISAKMP_HDR, data.n - ISAKMP_HDR),
			h.next, &p),
		WIRE_OK);
	assert_non_null(payload_get(&p, type));
	struct rd body = payload_get(&p, type)->body;

	return rd_rest(&body);
}

/* The hashes and keys of Main Mode with the same values, elsewhere on the wire
 * (RFC 2409 5.4). */
static void hashes_are_those_of_the_vectors(void **state)
{
	static const char *const sets[] = { "phase1_sha256", "phase1_gdoi_doi",
		"phase1_sha256_p256" };

	(void)state;
	for (size_t i = 0; i < N(sets); i++) {
		struct tape t = { .n = 0 };
		struct crypto_ops ops;
		struct world w;

		vector_set = sets[i];
		vector_world(&w, &ops);
		w.pass = pass_record;
		w.arg = &t;
		world_connect(&w);
		world_run(&w, 0);
		assert_true(world_both_up(&w));
		assert_int_equal(t.n, 3);
		assert_span_equal(payload_of(t.p[0].data, PLD_SA),
			vec_hex("%s.inputs.SAi_b", vector_set));
		assert_span_equal(payload_of(t.p[0].data, PLD_ID),
			vec_hex("%s.inputs.IDii_b", vector_set));
		assert_span_equal(payload_of(t.p[1].data, PLD_KE),
			vec_hex("%s.g_xr", vector_set));
		assert_span_equal(payload_of(t.p[1].data, PLD_HASH),
			vec_hex("%s.HASH_R", vector_set));
		struct span key = vec_hex("%s.cipher_key", vector_set);
		struct span iv = vec_hex("%s.iv_phase1", vector_set);
		struct span want = vec_hex("%s.HASH_I", vector_set);
		size_t n = t.p[2].data.n - ISAKMP_HDR;
		auto_free uint8_t *clear =
			xmemdup(t.p[2].data.p + ISAKMP_HDR, n);

		assert_int_equal(cbc_decrypt(cipher_alg(vector_cipher()), key.p,
					 iv.p, clear, n),
			0);
		assert_memory_equal(clear + PLD_HDR, want.p, want.n);
		tape_free(&t);
		world_fini(&w);
	}
}

static void message_3_is_taken_in_clear_too(void **state)
{
	struct crypto_ops ops;
	struct world w;

	(void)state;
	vector_set = "phase1_sha256";
	vector_world(&w, &ops);
	clear_hash = vec_hex("%s.HASH_I", vector_set);
	w.pass = pass_clear_3;
	world_connect(&w);
	world_run(&w, 0);
	assert_true(world_both_up(&w));
	world_fini(&w);
	/* Its hash is still what counts. */
	vector_world(&w, &ops);
	clear_hash = vec_hex("%s.HASH_R", vector_set);
	w.pass = pass_clear_3;
	world_connect(&w);
	world_run(&w, 0);
	assert_null(w.b.sa);
	assert_int_equal(w.b.reports[REPORT_IKMP_BAD_MESSAGE], 1);
	world_fini(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_up_in_three_messages),
		cmocka_unit_test(every_group_comes_up),
		cmocka_unit_test(one_group_is_offered),
		cmocka_unit_test(disabled_it_is_neither_answered_nor_begun),
		cmocka_unit_test(a_wrong_key_is_seen_by_the_initiator),
		cmocka_unit_test(any_lost_message_is_repeated),
		cmocka_unit_test(duplicates_change_nothing),
		cmocka_unit_test(forged_messages_do_no_harm),
		cmocka_unit_test(a_replayed_exchange_finds_no_way_in),
		cmocka_unit_test(malformed_offers_cost_a_counter),
		cmocka_unit_test(payloads_of_message_1_are_all_due),
		cmocka_unit_test(a_flood_computes_at_a_bounded_rate),
		cmocka_unit_test(hashes_are_those_of_the_vectors),
		cmocka_unit_test(message_3_is_taken_in_clear_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
