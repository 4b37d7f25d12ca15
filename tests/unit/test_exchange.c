/* What runs under an SA: every byte of the vectors' Main Modes, PULLs and
 * Deletes, then chains, repeats, losses and forgeries. */
#include "crypto/cipher.h"
#include "crypto/dh.h"
#include "crypto/prf.h"
#include "tests/unit/ike_world.h"
#include "tests/unit/test.h"
#include "tests/unit/vectors.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N(a) (sizeof(a) / sizeof((a)[0]))

static const struct isakmp_policy lab = { .priority = 10,
	.cipher = CIPHER_AES128,
	.hash = HASH_SHA256,
	.auth = IKE_AUTH_PSK,
	.group = 19,
	.life_secs = 86400 };

/* The vectors' private keys, the initiator's first. */
static const char *vector_set;
static unsigned vector_dh;

static struct dh *vector_dh_new(uint32_t group)
{
	const char *text = vec_text("%s.inputs.private_%c", vector_set,
		vector_dh++ == 0 ? 'i' : 'r');
	char even[600];

	/* Numbers there come without a leading zero digit. */
	snprintf(even, sizeof even, "%s%s", strlen(text) % 2 ? "0" : "", text);
	return dh_from_private(group, hex(even));
}

static enum cipher_id vector_cipher(const char *name)
{
	if (strcmp(name, "des-ede3-cbc") == 0)
		return CIPHER_3DES;
	return strcmp(name, "aes-128-cbc") == 0 ? CIPHER_AES128 : CIPHER_AES256;
}

/* One PULL of the vectors: chains of both ends, no GDOI in it. */
struct pull {
	struct span ni, nr, chain[4];
	uint8_t first[4];
};
static struct pull pull;

static void pull_load(const char *set)
{
	static const uint8_t first[4] = { PLD_NONCE, PLD_NONCE, PLD_GAP,
		PLD_SEQ };

	pull.ni = vec_hex("%s.pull.Ni_b", set);
	pull.nr = vec_hex("%s.pull.Nr_b", set);
	memcpy(pull.first, first, sizeof first);
	for (int i = 0; i < 4; i++)
		pull.chain[i] = vec_hex("%s.pull.after_hash_%d", set, i + 1);
}

/* parts of HASH(n), n from 1 */
static size_t pull_parts(unsigned n, struct span parts[2])
{
	parts[0] = pull.ni;
	parts[1] = pull.nr;
	return n == 1 ? 0 : n == 2 ? 1 : 2;
}

static enum wire_err pull_message(struct end *e, struct ike_sa *sa,
	struct exchange *x, const struct exchange_msg *m)
{
	unsigned n = 2 * exchange_received(x) + (e == &e->w->a ? 2 : 1);
	struct span parts[2];

	(void)sa;
	assert_in_range(n, 1, 4);
	if (!exchange_check(x, m, parts, pull_parts(n, parts)))
		return WIRE_HASH;
	assert_span_equal(m->rest, pull.chain[n - 1]);
	e->x = x;
	if (n == 4) {
		exchange_end(x);
		return WIRE_OK;
	}
	exchange_send(x, parts, pull_parts(n + 1, parts), pull.first[n],
		pull.chain[n], n == 2);
	if (n == 3)
		exchange_end(x);
	return WIRE_OK;
}

static void pull_begin(struct world *w)
{
	w->a.x = exchange_begin(w->a.sa);
	exchange_send(w->a.x, NULL, 0, pull.first[0], pull.chain[0], true);
}

/* Messages 1 and 2 carry other vendor ids than ours: the same up to there. */
static void check_offer(struct span got, struct span want)
{
	size_t sa_n = (size_t)(want.p[30] << 8 | want.p[31]);

	assert_memory_equal(got.p, want.p, 24);
	assert_memory_equal(got.p + 28, want.p + 28, sa_n);
}

static void check_vector(const char *set, bool has_pull)
{
	struct crypto_ops ops = crypto_ops_openssl;
	const char *psk = vec_text("%s.inputs.psk_ascii", set);
	struct isakmp_policy p = lab;
	struct tape t = { .n = 0 };
	uint32_t mid = 0x5a17c0de, info_mid = 0x0badcafe;
	struct world w;

	ops.dh_new = vector_dh_new;
	vector_set = set;
	vector_dh = 0;
	p.cipher = vector_cipher(vec_text("%s.inputs.cipher", set));
	p.hash = strcmp(vec_text("%s.inputs.hash", set), "sha1") == 0
			 ? HASH_SHA1
			 : HASH_SHA256;
	p.group = (uint16_t)vec_int("%s.inputs.group", set);
	struct span sai = vec_hex("%s.inputs.SAi_b", set);

	world_init(&w);
	w.pass = pass_record;
	w.arg = &t;
	/* The operations are lent by pointer: ike_new copied env. */
	world_set_crypto(&w, &ops);
	world_config(&w.a, &p, 1, psk, sai.p[3]);
	world_config(&w.b, &p, 1, psk, 2);
	w.a.script[0] = vec_hex("%s.inputs.cookie_i", set);
	w.a.script[1] = vec_hex("%s.inputs.nonce_i", set);
	w.a.script[2] = SPAN(&mid, sizeof mid);
	w.a.script[3] = SPAN(&info_mid, sizeof info_mid);
	w.a.script_n = has_pull ? 4 : 2;
	w.b.script[0] = vec_hex("%s.inputs.cookie_r", set);
	w.b.script[1] = vec_hex("%s.inputs.nonce_r", set);
	w.b.script_n = 2;
	world_connect(&w);
	world_run(&w, 0);
	assert_true(world_both_up(&w));
	assert_int_equal(t.n, 6);
	for (size_t i = 0; i < 6; i++) {
		struct span want = vec_hex("%s.main_mode_messages.%zu", set, i);

		if (i < 2)
			check_offer(t.p[i].data, want);
		else
			assert_span_equal(t.p[i].data, want);
	}
	if (has_pull) {
		pull_load(set);
		w.a.on_message = w.b.on_message = pull_message;
		pull_begin(&w);
		world_run(&w, 0);
		assert_int_equal(t.n, 10);
		for (size_t i = 0; i < 4; i++)
			assert_span_equal(t.p[6 + i].data,
				vec_hex("%s.pull.messages.%zu", set, i));
	} else {
		w.a.script[2] = w.a.script[3];
		w.a.script_n = 3;
	}
	ike_sa_delete(w.a.sa, true);
	world_run(&w, 0);
	assert_span_equal(
		t.p[t.n - 1].data, vec_hex("%s.delete_informational.message", set));
	assert_int_equal(w.b.why, IKE_DOWN_DELETED);
	assert_null(w.b.sa);
	tape_free(&t);
	world_fini(&w);
}

static void vectors_to_the_byte(void **state)
{
	(void)state;
	check_vector("phase1_sha1", true);
	check_vector("phase1_sha256", true);
	check_vector("phase1_gdoi_doi", true);
	check_vector("phase1_sha256_p256", false);
	check_vector("phase1_sha1_aes256", false);
}

/* iv_chain entries are ciphertexts' last blocks under the set's key. */
static void iv_chains_of_the_vectors(void **state)
{
	static const char *const sets[] = { "phase1_sha1", "phase1_sha256",
		"phase1_sha256_p256", "phase1_sha1_aes256", "phase1_gdoi_doi" };

	(void)state;
	for (size_t s = 0; s < N(sets); s++) {
		const struct cipher_alg *c = cipher_alg(
			vector_cipher(vec_text("%s.inputs.cipher", sets[s])));
		struct span key = vec_hex("%s.cipher_key", sets[s]);
		size_t n = vec_count("%s.iv_chain", sets[s]);

		assert_true(n >= 3);
		for (size_t i = 0; i < n; i++) {
			struct span iv =
				vec_hex("%s.iv_chain.%zu.iv", sets[s], i);
			struct span text = vec_hex(
				"%s.iv_chain.%zu.plaintext_padded", sets[s], i);
			struct span last = vec_hex(
				"%s.iv_chain.%zu.last_block", sets[s], i);
			auto_free uint8_t *buf = xmemdup(text.p, text.n);

			assert_int_equal(
				cbc_encrypt(c, key.p, iv.p, buf, text.n), 0);
			assert_memory_equal(
				buf + text.n - last.n, last.p, last.n);
		}
	}
}

static void world_up(struct world *w)
{
	world_init(w);
	world_config(&w->a, &lab, 1, "MY_KEY", 2);
	world_config(&w->b, &lab, 1, "MY_KEY", 2);
	world_connect(w);
	world_run(w, 0);
	assert_true(world_both_up(w));
	pull_load("phase1_sha256");
	w->a.on_message = w->b.on_message = pull_message;
}

static void any_lost_message_is_repeated(void **state)
{
	(void)state;
	for (unsigned i = 1; i <= 4; i++) {
		struct nth n = { .lose = i };
		struct world w;

		world_up(&w);
		w.pass = pass_but_nth;
		w.arg = &n;
		pull_begin(&w);
		world_run(&w, 1500);
		assert_int_equal(w.a.messages, 2);
		assert_int_equal(w.b.messages, 2);
		assert_int_equal(w.a.lost + w.b.lost, 0);
		world_fini(&w);
	}
}

static void a_repeat_gets_the_same_bytes_a_few_times(void **state)
{
	struct tape t = { .n = 0 };
	struct world w;

	(void)state;
	world_up(&w);
	w.pass = pass_record;
	w.arg = &t;
	pull_begin(&w);
	world_run(&w, 0);
	assert_int_equal(t.n, 4);
	for (unsigned i = 0; i < 20; i++)
		world_play(&w, &t.p[2]); /* the member's message 3 */
	assert_int_equal(w.b.messages, 2);
	assert_int_equal(t.n, 4 + 8);
	for (size_t i = 4; i < t.n; i++)
		assert_span_equal(t.p[i].data, t.p[3].data);
	/* Message 1 is older than the last: it gets nothing. */
	world_play(&w, &t.p[0]);
	assert_int_equal(t.n, 4 + 8);
	/* The cache ends. */
	world_run(&w, 41000);
	world_play(&w, &t.p[2]);
	assert_int_equal(t.n, 4 + 8);
	tape_free(&t);
	world_fini(&w);
}

/* Every octet of every message changed before the real one comes. */
static void forgeries_leave_the_chain_alone(void **state)
{
	(void)state;
	for (unsigned victim = 1; victim <= 4; victim++) {
		struct forge f = { .victim = victim };
		struct world w;

		world_up(&w);
		w.pass = pass_forged;
		w.arg = &f;
		for (f.at = 0; f.at < 160; f.at += 5) {
			f.seen = 0;
			w.a.messages = w.b.messages = 0;
			pull_begin(&w);
			world_run(&w, 500);
			assert_null(exchange_user(w.a.x));
			assert_true(w.a.messages >= 2);
			assert_true(w.b.messages >= 2);
			assert_int_equal(w.a.lost + w.b.lost, 0);
		}
		world_fini(&w);
	}
}

static void silence_loses_the_exchange_and_the_sa(void **state)
{
	struct world w;

	(void)state;
	world_up(&w);
	w.pass = pass_none;
	w.sent = 0;
	pull_begin(&w);
	world_run(&w, 30900);
	assert_int_equal(w.sent, 5);
	assert_int_equal(w.a.lost, 0);
	world_run(&w, 200);
	assert_int_equal(w.a.lost, 1);
	assert_int_equal(w.a.downs, 1);
	assert_int_equal(w.a.why, IKE_DOWN_TIMEOUT);
	world_fini(&w);
}

static bool pass_from_b(struct world *w, struct packet *p)
{
	return ip_equal(&p->path.local.ip, &w->b.addr);
}

static void a_peer_that_stops_halfway_is_forgotten(void **state)
{
	struct tape t = { .n = 0 };
	struct world w;

	(void)state;
	world_up(&w);
	w.pass = pass_record;
	w.arg = &t;
	pull_begin(&w);
	w.pass = pass_from_b;
	world_run(&w, 45000);
	assert_int_equal(w.b.messages, 1);
	assert_int_equal(w.b.lost, 1);
	assert_int_equal(w.b.downs, 0); /* the SA is the member's to give up */
	tape_free(&t);
	world_fini(&w);
}

static void live_exchanges_are_lost_with_their_sa(void **state)
{
	struct world w;

	(void)state;
	world_up(&w);
	w.pass = pass_none;
	pull_begin(&w);
	ike_sa_delete(w.a.sa, false);
	assert_int_equal(w.a.lost, 0);
	world_run(&w, 0);
	assert_int_equal(w.a.lost, 1);
	assert_int_equal(w.a.downs, 1);
	world_fini(&w);
}

static void notifications_are_told_once(void **state)
{
	struct tape t = { .n = 0 };
	struct ike_stats s;
	struct world w;

	(void)state;
	world_up(&w);
	w.pass = pass_record;
	w.arg = &t;
	ike_sa_notify(w.b.sa, 18);
	world_run(&w, 0);
	assert_int_equal(w.a.notifies, 1);
	assert_int_equal(w.a.notify_type, 18);
	world_play(&w, &t.p[0]);
	assert_int_equal(w.a.notifies, 1);
	ike_stats(w.a.ike, &s);
	assert_int_equal(s.drops[WIRE_REPLAY], 1);
	tape_free(&t);
	world_fini(&w);
}

/* In the clear nothing counts once there are keys. */
static void clear_informational_is_not_believed(void **state)
{
	struct ike_sa_info info;
	uint8_t buf[128];
	struct isakmp_hdr h = {
		.version = 0x10, .exchange = XCHG_INFO, .mid = 7
	};
	struct isakmp_wr m;
	struct world w;

	(void)state;
	world_up(&w);
	ike_list(w.b.ike, &info, 1);
	memcpy(h.cky_i, info.cky_i, 8);
	memcpy(h.cky_r, info.cky_r, 8);
	isakmp_wr_begin(&m, buf, sizeof buf, &h);
	isakmp_begin(&m, PLD_D);
	wr_u32(&m.w, 1);
	wr_u32(&m.w, 0x01100001);
	wr_bytes(&m.w, info.cky_i, 8);
	wr_bytes(&m.w, info.cky_r, 8);
	struct udp_path path = world_path(&w.b, &w.a);

	ike_input(w.b.ike, &path, isakmp_wr_end(&m));
	world_run(&w, 0);
	assert_int_equal(w.b.downs, 0);
	world_fini(&w);
}

static void exchanges_of_a_peer_are_bounded(void **state)
{
	struct ike_stats s;
	struct world w;

	(void)state;
	world_up(&w);
	w.pass = NULL;
	for (unsigned i = 0; i < 40; i++) {
		pull_begin(&w);
		/* Only message 1 gets through. */
		struct packet p = w.q[0];
		struct udp_path path = { .local = p.path.remote,
			.remote = p.path.local };

		w.n = 0;
		w.pass = pass_none;
		ike_input(w.b.ike, &path, p.data);
		w.pass = NULL;
		free((void *)(uintptr_t)p.data.p);
	}
	assert_int_equal(w.b.messages, 16);
	ike_stats(w.b.ike, &s);
	assert_int_equal(s.drops[WIRE_LIMIT], 24);
	world_fini(&w);
}

static void a_long_message_is_carried_and_a_longer_one_refused(void **state)
{
	auto_free uint8_t *big = xcalloc(1, 70000);
	struct tape t = { .n = 0 };
	struct world w;

	(void)state;
	world_up(&w);
	w.pass = pass_record;
	w.arg = &t;
	w.b.on_message = NULL; /* counts and refuses */
	w.a.x = exchange_begin(w.a.sa);
	big[2] = 64000 >> 8;
	big[3] = 64000 & 0xff;
	exchange_send(w.a.x, NULL, 0, PLD_NONCE, SPAN(big, 64000), true);
	assert_int_equal(t.n, 1);
	assert_true(t.p[0].data.n > 64000);
	exchange_send(w.a.x, NULL, 0, PLD_NONCE, SPAN(big, 70000), true);
	assert_false(ike_sa_is_up(w.a.sa));
	w.pass = pass_none;
	world_run(&w, 0);
	assert_int_equal(w.a.lost, 1);
	assert_int_equal(w.a.why, IKE_DOWN_PROTOCOL);
	assert_int_equal(w.b.messages, 1);
	tape_free(&t);
	world_fini(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors_to_the_byte),
		cmocka_unit_test(iv_chains_of_the_vectors),
		cmocka_unit_test(any_lost_message_is_repeated),
		cmocka_unit_test(a_repeat_gets_the_same_bytes_a_few_times),
		cmocka_unit_test(forgeries_leave_the_chain_alone),
		cmocka_unit_test(silence_loses_the_exchange_and_the_sa),
		cmocka_unit_test(a_peer_that_stops_halfway_is_forgotten),
		cmocka_unit_test(live_exchanges_are_lost_with_their_sa),
		cmocka_unit_test(notifications_are_told_once),
		cmocka_unit_test(clear_informational_is_not_believed),
		cmocka_unit_test(exchanges_of_a_peer_are_bounded),
		cmocka_unit_test(
			a_long_message_is_carried_and_a_longer_one_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
