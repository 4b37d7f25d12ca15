/* The key server's schedule, rows in the store, members and snapshots, in the
 * simulator's world with a single node or two. */
#include "tests/sim/world.h"
#include "tests/unit/test.h"
#include <stdio.h>
#include <string.h>

#define SECS(n) ((n)*1000ull)

/* Lead = remaining life minus time to rekey; ios-cli.md 15.3 tells what IOS
 * was seen to do. */
static const struct lead {
	const char *name;
	uint32_t tek_secs, kek_secs, retransmit_secs, count;
	uint32_t tek_lead, kek_lead;
} leads[] = {
	{ "600/1200, 10 x 3", 600, 1200, 10, 3, 126, 235 },
	{ "120/360, 10 x 2", 120, 360, 10, 2, 90, 225 },
	{ "defaults", 3600, 86400, 10, 2, 206, 225 },
	{ "minimum", 300, 300, 10, 2, 116, 225 },
	{ "a day", 86400, 86400, 10, 2, 3626, 225 },
	{ "periodic", 3600, 86400, 30, LIFE_FOREVER, 246, 265 },
	{ "shorter than IOS", 60, 100, 10, 2, 30, 50 },
};

static void test_leads(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(leads); i++) {
		const struct lead *l = &leads[i];
		struct world *w = world_new(1, &toy_crypto);
		struct node *n = node_ks(w);
		struct ks_snapshot *s;

		n->ks.sa[0].life_secs = l->tek_secs;
		n->ks.kek_life_secs = l->kek_secs;
		n->ks.retransmit_secs = l->retransmit_secs;
		n->ks.retransmit_count = l->count;
		node_start(n);
		ks_keys_ensure(node_ks_of(n));
		assert_int_equal(gdoi_ks_snapshot(n->g, &s), 1);
		if (s->tek[0].remaining_secs - s->tek[0].rekey_in_secs !=
				l->tek_lead ||
			s->kek.remaining_secs - s->kek.rekey_in_secs !=
				l->kek_lead)
			fail_msg("%s: TEK %u, KEK %u", l->name,
				s->tek[0].remaining_secs -
					s->tek[0].rekey_in_secs,
				s->kek.remaining_secs - s->kek.rekey_in_secs);
		ks_snapshot_free(s, 1);
		world_free(w);
	}
}

static void test_no_member_no_keys(void **state)
{
	struct world *w = world_new(1, &toy_crypto);
	struct node *n = node_ks(w);
	struct ks_snapshot *s;

	(void)state;
	node_start(n);
	assert_int_equal(gdoi_ks_snapshot(n->g, &s), 1);
	assert_int_equal(s->n_teks, 0);
	assert_false(s->kek.live);
	assert_int_equal(s->handle, 1);
	assert_true(s->local_ok);
	ks_snapshot_free(s, 1);
	/* Keys that nobody holds are not renewed. */
	ks_keys_ensure(node_ks_of(n));
	world_run(w, SECS(3601));
	assert_true(TAILQ_EMPTY(&node_ks_of(n)->teks));
	world_free(w);
}

static struct ks_member *member(struct ks *ks, uint32_t addr)
{
	struct udp_path path = { .local = { ks->policy.local, 848 },
		.remote = { ip_v4(addr), 848 } };

	return ks_member_add(ks, &path);
}

static void test_members(void **state)
{
	struct world *w = world_new(1, &toy_crypto);
	struct node *n = node_ks(w);
	struct ks_snapshot *s;
	struct ks_member *m;
	struct ks *ks;

	(void)state;
	node_start(n);
	ks = node_ks_of(n);
	m = member(ks, 0xcb007109);
	assert_ptr_equal(member(ks, 0xcb007109), m); /* registers again */
	member(ks, 0xcb007101);
	m->version = IKE_OUR_VERSION;
	for (uint32_t seq = 1; seq <= 5; seq++)
		ks_member_sent(m, seq);
	assert_true(ks_member_acked(m, 4));
	assert_false(ks_member_acked(m, 4)); /* once */
	assert_false(ks_member_acked(m, 1)); /* too long ago */
	assert_int_equal(gdoi_ks_snapshot(n->g, &s), 1);
	assert_int_equal(s->n_members, 2);
	assert_int_equal(ip_u32(&s->member[0].id), 0xcb007101);
	assert_int_equal(ip_u32(&s->member[1].id), 0xcb007109);
	assert_string_equal(s->member[1].version, "1.0.2");
	assert_string_equal(s->member[0].version, "0.0.0");
	assert_int_equal(s->member[1].sent_seq[0], 2);
	assert_int_equal(s->member[1].sent_seq[3], 5);
	assert_int_equal(s->member[1].rcvd_seq[2], 4);
	assert_int_equal(s->member[1].rcvd_seq[3], 0);
	ks_snapshot_free(s, 1);
	world_free(w);
}

static void test_store(void **state)
{
	struct world *w = world_new(1, &toy_crypto);
	struct node *n = node_ks(w);
	struct ks_tek t;
	struct ks_kek k;
	struct ks_member *m;
	struct ks *ks;
	uint32_t sid;

	(void)state;
	node_start(n);
	ks = node_ks_of(n);
	ks_keys_ensure(ks);
	m = member(ks, 0xcb007109);
	ks_member_sent(m, 7);
	m->missed_in_row = 2;
	ks->kek.seq = 7;
	assert_true(sid_take(&ks->sids, &sid));
	assert_int_equal(ks_store_member(ks, m), 0);
	assert_int_equal(ks_store_keys(ks), 0);
	t = *TAILQ_FIRST(&ks->teks);
	k = ks->kek;
	node_crash(n);
	w->now += SECS(1000);
	node_start(n);
	ks = node_ks_of(n);
	assert_int_equal(TAILQ_FIRST(&ks->teks)->spi, t.spi);
	assert_true(keybuf_equal(&TAILQ_FIRST(&ks->teks)->enc, &t.enc));
	assert_true(keybuf_equal(&TAILQ_FIRST(&ks->teks)->auth, &t.auth));
	assert_int_equal(TAILQ_FIRST(&ks->teks)->expires_ms, t.expires_ms);
	assert_int_equal(TAILQ_FIRST(&ks->teks)->rekey_ms, t.rekey_ms);
	assert_int_equal(TAILQ_FIRST(&ks->teks)->policy.acl->n, 1);
	assert_memory_equal(ks->kek.k.spi, k.k.spi, KEK_SPI_BYTES);
	assert_true(keybuf_equal(&ks->kek.k.key, &k.k.key));
	assert_true(keybuf_equal(&ks->kek.k.iv, &k.k.iv));
	assert_int_equal(ks->kek.seq, 7);
	assert_int_equal(ks->kek.expires_ms, k.expires_ms);
	assert_int_equal(ks->sids.given, 1);
	assert_int_equal(ks->n_members, 1);
	m = TAILQ_FIRST(&ks->members);
	assert_int_equal(m->missed_in_row, 2);
	assert_int_equal(m->sent_seq[0], 7);
	/* Down beyond the keys' end: nothing comes back but a clean start. */
	node_crash(n);
	w->now += SECS(90000);
	node_start(n);
	ks = node_ks_of(n);
	assert_true(TAILQ_EMPTY(&ks->teks));
	assert_false(ks->kek.live);
	assert_int_equal(ks->n_members, 0);
	world_free(w);
}

/* A group that leaves the configuration is forgotten; one that stays is not,
 * whatever else is configured. */
static void test_forget(void **state)
{
	struct world *w = world_new(1, &toy_crypto);
	struct node *n = node_ks(w);
	uint32_t spi;

	(void)state;
	node_start(n);
	ks_keys_ensure(node_ks_of(n));
	spi = TAILQ_FIRST(&node_ks_of(n)->teks)->spi;
	gdoi_set_ks(n->g, &n->ks, 1);
	assert_int_equal(TAILQ_FIRST(&node_ks_of(n)->teks)->spi, spi);
	gdoi_set_ks(n->g, NULL, 0);
	assert_int_equal(n->reports[REPORT_GDOI_OFF], 1);
	gdoi_set_ks(n->g, &n->ks, 1);
	assert_true(TAILQ_EMPTY(&node_ks_of(n)->teks));
	assert_int_equal(n->reports[REPORT_GDOI_ON], 2);
	world_free(w);
}

static void test_acl_cap(void **state)
{
	struct world *w = world_new(1, &toy_crypto);
	struct node *n = node_ks(w);
	struct acl big = { .n = 0 };

	(void)state;
	big.v = xcalloc(120, sizeof(*big.v));
	for (; big.n < 120; big.n++) {
		big.v[big.n] = n->ks.sa[0].acl->v[0];
		big.v[big.n].seq = (uint32_t)big.n + 1;
	}
	policy_acl_drop(n->ks.sa[0].acl);
	n->ks.sa[0].acl = policy_acl_dup(&big);
	acl_free(&big);
	node_start(n);
	node_config(n);
	assert_int_equal(n->reports[REPORT_GDOI_ACL_NUM], 1);
	assert_int_equal(node_ks_of(n)->policy.sa[0].acl->n, POLICY_ACES_MAX);
	world_free(w);
}

/* Who is asked to acknowledge, and how: `cisco` asks our own only, for another
 * system would not know the attribute (RFC 8263, protocol.md C). */
static const struct asked {
	enum rekey_ack ack;
	enum hash_id hash;
	bool unicast;
	uint8_t ours, others;
} asked[] = {
	{ REKEY_ACK_CISCO, HASH_SHA1, true, 1, 0 },
	{ REKEY_ACK_CISCO, HASH_SHA512, true, 3, 0 },
	{ REKEY_ACK_INTEROPERABLE, HASH_SHA256, true, 1, 1 },
	{ REKEY_ACK_ANY, HASH_SHA384, true, 3, 3 },
	{ REKEY_ACK_ANY, HASH_SHA256, false, 0, 0 },
};

static uint8_t ack_in(const struct ks *ks, enum ks_readers readers)
{
	struct gdoi_sa sa;
	uint8_t ack;

	ks_sa_build(ks, &ks->kek, true, readers, &sa);
	ack = sa.has_sak ? sa.sak.ack : UINT8_MAX;
	gdoi_sa_free(&sa);
	return ack;
}

static void test_acks_asked(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
		struct world *w = world_new(1, &toy_crypto);
		struct node *n = node_ks(w);
		struct ks *ks;

		n->ks.ack = asked[i].ack;
		n->ks.sig_hash = asked[i].hash;
		n->ks.unicast = asked[i].unicast;
		n->ks.rekey_dst = (struct udp_addr){ ip_v4(0xef000001), 848 };
		node_start(n);
		ks = node_ks_of(n);
		ks_keys_ensure(ks);
		assert_int_equal(ack_in(ks, KS_READ_OURS), asked[i].ours);
		assert_int_equal(ack_in(ks, KS_READ_OTHERS), asked[i].others);
		/* The disk keeps it. */
		node_crash(n);
		node_start(n);
		ks = node_ks_of(n);
		assert_int_equal(ack_in(ks, KS_READ_OURS), asked[i].ours);
		assert_int_equal(ack_in(ks, KS_READ_OTHERS), asked[i].others);
		world_free(w);
	}
}

/* An acknowledgement that comes twice costs no cryptography; of a wrong address
 * or of none asked for it is dropped for that reason. */
static void test_ack_input(void **state)
{
	struct world *w = world_new(1, &toy_crypto);
	struct node *n = node_ks(w);
	struct ip_addr id = ip_v4(0x0a000002);
	struct udp_path path = { .local = { ip_v4(0x0a000001), 848 },
		.remote = { id, 848 } };
	struct ks_push_content c = { 0 };
	uint8_t buf[200];
	struct ks *ks;
	struct span ack;

	(void)state;
	node_start(n);
	ks = node_ks_of(n);
	ks_keys_ensure(ks);
	ks_member_add(ks, &path)->ours = true;
	assert_true(ks_push_build(ks, &ks->kek, &c));
	ks_push_start(ks, "");
	ack = SPAN(buf, ack_build(&ks->kek.k, ACK_KEK_SHA256, 1, &id, buf,
				sizeof(buf)));
	path.remote.ip = ip_v4(0x0a000003);
	assert_int_equal(ks_ack_input(ks, &path, ack), WIRE_SOURCE);
	path.remote.ip = id;
	assert_int_equal(ks_ack_input(ks, &path, ack), WIRE_OK);
	assert_int_equal(ks_ack_input(ks, &path, ack), WIRE_REPLAY);
	assert_int_equal(ks_member_find(ks, &id)->acks, 1);
	assert_false(ks->push.active);
	buf[ack.n - 1] ^= 1;
	assert_int_equal(ks_ack_input(ks, &path, ack), WIRE_HASH);
	ks->kek.unicast = false;
	assert_int_equal(ks_ack_input(ks, &path, ack), WIRE_POLICY);
	world_free(w);
}

/* Whoever asks for as many octets as an SPI has gets the cookies of the live
 * SA, several times. */
static struct {
	struct node *node;
	void (*real)(void *ctx, void *p, size_t n);
	unsigned used;
} dice;

#define LOADED 6

static void loaded_random(void *ctx, void *p, size_t n)
{
	struct ike_sa_info info;

	if (n != KEK_SPI_BYTES || dice.used == LOADED ||
		dice.node->g == NULL ||
		gdoi_ike_list(dice.node->g, &info, 1) == 0) {
		dice.real(ctx, p, n);
		return;
	}
	memcpy(p, info.cky_i, sizeof(info.cky_i));
	memcpy((uint8_t *)p + sizeof(info.cky_i), info.cky_r,
		sizeof(info.cky_r));
	dice.used++;
}

/* protocol.md F.14: a KEK's SPI is no live SA's cookies, whatever chance says.
 */
static void test_spi_is_no_cookies(void **state)
{
	struct world *w = world_new(1, &toy_crypto);
	struct node *n = node_ks(w);
	struct node *gm = node_gm(w, n);
	struct ike_sa_info info;

	(void)state;
	node_start(n);
	dice.node = n;
	dice.real = n->env.random;
	dice.used = 0;
	n->env.random = loaded_random;
	node_start(gm);
	assert_true(world_until(w, SECS(60), all_registered, "registered"));
	assert_int_equal(dice.used, LOADED);
	assert_int_equal(gdoi_ike_list(n->g, &info, 1), 1);
	const struct ks_kek *kek = &node_ks_of(n)->kek;

	assert_true(kek->live);
	assert_true(memcmp(kek->k.spi, info.cky_i, 8) != 0 ||
		    memcmp(kek->k.spi + 8, info.cky_r, 8) != 0);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_leads),
		cmocka_unit_test(test_no_member_no_keys),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_store),
		cmocka_unit_test(test_forget),
		cmocka_unit_test(test_acl_cap),
		cmocka_unit_test(test_acks_asked),
		cmocka_unit_test(test_ack_input),
		cmocka_unit_test(test_spi_is_no_cookies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
