/* GROUPKEY-PULL with a stranger: a peer of another make, written here, that
 * knows the keys of phase 1 and none of our extensions.  It is a member against
 * our key server, then a key server against our member. */
#include "dataplane/null.h"
#include "tests/sim/world.h"
#include "tests/unit/test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STRANGER 0x0a00ff01u
#define QUEUE    64
#define BUF      8192

struct dgram {
	struct udp_path path; /* as the receiver sees it */
	uint8_t *p;
	size_t n;
};
static struct play {
	struct world *w;
	struct node *us;
	struct env env;
	struct ike *ike; /* the stranger's */
	struct ike_sa *sa;
	struct exchange *x;
	struct dgram q[QUEUE];
	size_t n;
	unsigned reports[REPORT_N];
	char last_text[128];
	uint8_t ni[NONCE_BYTES], nr[NONCE_BYTES_MAX];
	size_t nr_n;
	uint16_t notified;
	unsigned downs; /* SAs that we took from the stranger */
	/* As a member: */
	const void *id; /* value of its ID payload */
	size_t id_n;
	struct span extra; /* payloads of message 3, of this type first */
	uint8_t extra_type;
	bool got_sa, got_keys;
	struct gdoi_sa offer;
	struct gdoi_kd kd;
	/* As a key server: */
	struct gdoi_sa sa_out;
	struct sat sat[2];
	const uint8_t *patch; /* of the SA payload: from, to */
	size_t patch_n;
} t;

static uint64_t env_now(void *ctx)
{
	(void)ctx;
	return t.w->now;
}

static void env_random(void *ctx, void *p, size_t n)
{
	uint8_t *b = p;

	(void)ctx;
	for (size_t i = 0; i < n; i++)
		b[i] = (uint8_t)world_random(t.w);
}

static void env_send(void *ctx, const struct udp_path *path, struct span data)
{
	(void)ctx;
	assert_true(t.n < QUEUE);
	t.q[t.n++] = (struct dgram){ .path = { path->remote, path->local },
		.p = xmemdup(data.p, data.n),
		.n = data.n };
}

static void env_report(void *ctx, const struct report *r)
{
	(void)ctx;
	t.reports[r->id]++;
	if (r->text[0] != '\0')
		snprintf(t.last_text, sizeof(t.last_text), "%s", r->text);
}

static struct pkey *env_key(void *ctx, const char *label)
{
	(void)ctx;
	return strcmp(label, SIM_LABEL) == 0 ? t.w->key : NULL;
}

static struct env env_make(void)
{
	return (struct env){ .now = env_now,
		.wall = env_now,
		.random = env_random,
		.send = env_send,
		.report = env_report,
		.key_get = env_key,
		.timers = t.w->timers,
		.crypto = &toy_crypto,
		.dp_ops = &dataplane_null };
}

static void say(const struct span *parts, size_t n, struct isakmp_wr *m)
{
	uint8_t first = isakmp_chain_first(m);

	exchange_send(t.x, parts, n, first, isakmp_wr_end(m), false);
}

static struct span value(const struct exchange_msg *m, uint8_t type)
{
	const struct payload *p = payload_get(m->p, type);

	assert_non_null(p);
	return SPAN(p->whole.p + PLD_HDR, p->whole.n - PLD_HDR);
}

/* --- a member --- */

static void member_ask(void)
{
	uint8_t buf[BUF];
	struct isakmp_wr m;

	t.x = exchange_begin(t.sa);
	env_random(NULL, t.ni, sizeof(t.ni));
	isakmp_chain_begin(&m, buf, sizeof(buf));
	isakmp_put(&m, PLD_NONCE, t.ni, sizeof(t.ni));
	isakmp_put(&m, PLD_ID, t.id, t.id_n);
	say(NULL, 0, &m);
}

static enum wire_err member_hears(const struct exchange_msg *m)
{
	struct span parts[2] = { SPAN(t.ni, sizeof(t.ni)), SPAN(t.nr, t.nr_n) };
	uint8_t buf[BUF];
	struct isakmp_wr w;

	if (t.got_sa) {
		assert_true(exchange_check(t.x, m, parts, 2));
		assert_int_equal(gdoi_kd_read(rd_span(value(m, PLD_KD)),
					 CIPHER_3DES, &t.kd),
			WIRE_OK);
		t.got_keys = true;
		return WIRE_OK;
	}
	assert_true(exchange_check(t.x, m, parts, 1));
	parts[1] = value(m, PLD_NONCE);
	memcpy(t.nr, parts[1].p, parts[1].n);
	t.nr_n = parts[1].n;
	assert_int_equal(
		gdoi_sa_read(rd_span(value(m, PLD_SA)), &t.offer), WIRE_OK);
	t.got_sa = true;
	isakmp_chain_begin(&w, buf, sizeof(buf));
	if (t.extra.n > 0)
		isakmp_put(&w, t.extra_type, t.extra.p, t.extra.n);
	if (t.extra_type == PLD_KE) { /* as RFC 3547 has it: KE, CERT, POP */
		isakmp_put(&w, PLD_CERT, "\4none", 5);
		isakmp_put(&w, PLD_POP, "proof", 5);
	}
	say(parts, 2, &w);
	return WIRE_OK;
}

/* --- a key server --- */

static void kd_put(struct isakmp_wr *m)
{
	static struct gdoi_kd kd;

	kd = (struct gdoi_kd){ .n_teks = t.sa_out.n_sats };
	for (size_t i = 0; i < kd.n_teks; i++) {
		kd.tek[i].spi = t.sat[i].spi;
		kd.tek[i].enc.n = (uint8_t)esp_key_bytes(&t.sat[i].suite);
		kd.tek[i].auth.n = (uint8_t)esp_auth_key_bytes(&t.sat[i].suite);
	}
	gdoi_kd_put(m, &kd);
}

/* Changes octets that our own writer would not write. */
static void patch(struct wr *w)
{
	uint8_t *at;

	if (t.patch_n == 0)
		return;
	at = memmem(w->buf, w->len, t.patch, t.patch_n);
	assert_non_null(at);
	memcpy(at, t.patch + t.patch_n, t.patch_n);
}

static enum wire_err server_hears(
	struct exchange *x, const struct exchange_msg *m)
{
	struct span ni = SPAN(t.nr, t.nr_n); /* the peer's, here */
	struct span parts[2];
	uint8_t buf[BUF];
	struct isakmp_wr w;

	t.x = x;
	isakmp_chain_begin(&w, buf, sizeof(buf));
	if (exchange_received(x) > 0) {
		parts[0] = ni;
		parts[1] = SPAN(t.ni, sizeof(t.ni));
		kd_put(&w);
		say(parts, 2, &w);
		return WIRE_OK;
	}
	parts[0] = value(m, PLD_NONCE);
	memcpy(t.nr, parts[0].p, parts[0].n);
	t.nr_n = parts[0].n;
	env_random(NULL, t.ni, sizeof(t.ni));
	isakmp_put(&w, PLD_NONCE, t.ni, sizeof(t.ni));
	t.sa_out.sat = t.sat;
	gdoi_sa_put(&w, &t.sa_out, false);
	patch(&w.w);
	say(parts, 1, &w);
	return WIRE_OK;
}

/* --- the stage --- */

static void on_up(void *ctx, struct ike_sa *sa)
{
	(void)ctx;
	t.sa = sa;
}

static void on_down(void *ctx, struct ike_sa *sa, enum ike_down why)
{
	(void)ctx;
	t.downs += why == IKE_DOWN_DELETED;
	if (t.sa == sa)
		t.sa = NULL;
}

static enum wire_err on_message(void *ctx, struct ike_sa *sa,
	struct exchange *x, const struct exchange_msg *m)
{
	(void)ctx, (void)sa;
	return t.us->is_ks ? member_hears(m) : server_hears(x, m);
}

static void on_lost(void *ctx, struct ike_sa *sa, struct exchange *x)
{
	(void)ctx, (void)sa;
	if (t.x == x)
		t.x = NULL;
}

static void on_notify(
	void *ctx, struct ike_sa *sa, uint16_t type, struct span data)
{
	(void)ctx, (void)sa, (void)data;
	t.notified = type;
}

static void stranger_new(void)
{
	struct ike_doi doi = { .sa_up = on_up,
		.sa_down = on_down,
		.message = on_message,
		.exchange_lost = on_lost,
		.notify = on_notify,
		.exchange_type = XCHG_PULL };
	struct isakmp_key key = { .addr = ip_v4(0) };
	struct isakmp_config c = { .policy = { { .cipher = CIPHER_AES128,
					   .hash = HASH_SHA1,
					   .auth = IKE_AUTH_PSK,
					   .group = 5,
					   .life_secs = 86400 } },
		.n_policies = 1,
		.keys = &key,
		.n_keys = 1,
		.no_extensions = true,
		.offer_doi = 2 };

	t.env = env_make();
	t.ike = ike_new(&t.env, &doi);
	secret_set(&key.key, SIM_PSK, strlen(SIM_PSK));
	ike_set_config(t.ike, &c);
	secret_free(&key.key);
}

static void deliver_now(void)
{
	timers_run(t.w->timers, t.w->now);
	while (t.n > 0) {
		struct dgram d = t.q[0];

		memmove(t.q, t.q + 1, --t.n * sizeof(t.q[0]));
		if (ip_u32(&d.path.local.ip) == STRANGER)
			ike_input(t.ike, &d.path, SPAN(d.p, d.n));
		else
			gdoi_input(t.us->g, &d.path, SPAN(d.p, d.n));
		free(d.p);
		timers_run(t.w->timers, t.w->now);
	}
}

/* A second goes by. */
static void deliver(void)
{
	for (int i = 0; i < 10; i++) {
		deliver_now();
		t.w->now += 100;
	}
}

static void we_start(bool as_ks)
{
	auto_sbuf struct sbuf why = { 0 };

	if (!as_ks) {
		t.us = node_gm(t.w, t.us);
		t.us->gm.server[0] = ip_v4(STRANGER);
	}
	t.us->env = env_make();
	t.us->dp = t.us->env.dp = dataplane_null.open(NULL, NULL, &why);
	t.us->g = gdoi_new(&t.us->env, node_store(t.us));
	node_config(t.us);
}

static int setup(void **state)
{
	(void)state;
	t = (struct play){ .w = world_new(7, &toy_crypto) };
	t.us = node_ks(t.w);
	stranger_new();
	t.sat[0] = t.sat[1] = (struct sat){ .spi = 0x1000,
		.suite = { ESP_CIPHER_AES_CBC, ESP_AUTH_SHA1, 128 },
		.src.wild = 0xffffffff,
		.dst.wild = 0xffffffff,
		.life_secs = 3600,
		.preservation = 4,
		.direction = 3 };
	t.sat[1].spi = 0x1001;
	t.sa_out.n_sats = 1;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	gdoi_sa_free(&t.offer);
	ike_free(t.ike);
	for (size_t i = 0; i < t.n; i++)
		free(t.q[i].p);
	world_free(t.w);
	return 0;
}

/* Registers as a stranger; true when keys came. */
static bool member_registers(const void *id, size_t id_n)
{
	struct udp_path path = { .local = { ip_v4(STRANGER), 848 },
		.remote = { t.us->addr, 848 } };

	t.id = id;
	t.id_n = id_n;
	t.got_sa = t.got_keys = false;
	gdoi_sa_free(&t.offer);
	if (t.sa == NULL) {
		ike_connect(t.ike, &path);
		deliver();
	}
	assert_non_null(t.sa);
	member_ask();
	deliver();
	return t.got_keys;
}

#define ID(type, data) type "\0\0\0" data, 4 + sizeof(data) - 1

/* A number as RFC 6407 has it, as text, as gdoid has it; an address. */
static void group_by_any_id(void **state)
{
	(void)state;
	we_start(true);
	assert_true(member_registers(ID("\x0b", "\0\0\0\x7b")));
	assert_true(member_registers(ID("\x0b", "123")));
	assert_true(member_registers(ID("\x0b", "\x7b\0\0\0")));
	assert_int_equal(ks_count(t.us), 1);
	assert_false(member_registers(ID("\x0b", "\0\0\0\x7c")));
	assert_int_equal(t.notified, 18);
	assert_false(member_registers(ID("\x01", "\0\0\0\x7b")));
	assert_false(member_registers(ID("\x0b", "")));
	assert_int_equal(t.reports[REPORT_KS_UNKNOWN_GROUP], 3);
	t.us->ks.id = (struct group_id){
		.is_set = true, .is_addr = true, .number = 0xc0000207
	};
	node_config(t.us);
	assert_true(member_registers(ID("\x01", "\xc0\0\2\7")));
	assert_false(member_registers(ID("\x0b", "\xc0\0\2\7")));
}

/* KE, CERT and POP of RFC 3547 in message 3 are skipped. */
static void rfc_3547_message_3(void **state)
{
	(void)state;
	we_start(true);
	t.extra_type = PLD_KE;
	t.extra = SPAN("public value", 12);
	assert_true(member_registers(ID("\x0b", "\0\0\0\x7b")));
}

/* A stranger is not asked for what only our own take, `cisco` being the
 * default. */
static void nothing_private_to_a_stranger(void **state)
{
	(void)state;
	we_start(true);
	assert_true(member_registers(ID("\x0b", "\0\0\0\x7b")));
	assert_true(t.offer.has_sak);
	assert_int_equal(t.offer.sak.ack, 0);
	assert_int_equal(t.offer.n_acls, 0);
	assert_int_equal(t.offer.skipped_sats, 0);
	assert_int_equal(t.offer.n_sats, 1);
	assert_int_equal(t.kd.n_teks, 1);
	assert_true(t.kd.has_kek);
}

static void several_sender_ids(void **state)
{
	static const uint8_t kssid[] = { 5 };
	uint32_t first;

	(void)state;
	t.us->ks.sa[0].suite =
		(struct esp_suite){ ESP_CIPHER_AES_GCM, ESP_AUTH_NONE, 256 };
	t.us->ks.sid_bits = 16;
	t.us->ks.kssids = kssid;
	t.us->ks.n_kssids = 1;
	we_start(true);
	assert_true(member_registers(ID("\x0b", "\0\0\0\x7b")));
	assert_int_equal(t.kd.sid_bits, 16);
	assert_int_equal(t.kd.n_sids, 1);
	assert_int_equal(t.kd.sid[0], 5u << 9);
	first = t.kd.sid[0];
	t.extra_type = PLD_GAP;
	t.extra = SPAN("\x80\3\0\3", 4); /* three of them */
	assert_true(member_registers(ID("\x0b", "\0\0\0\x7b")));
	assert_int_equal(t.kd.n_sids, 3);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(t.kd.sid[i], first + 1 + i);
	t.extra = SPAN("\x80\3\xff\xff", 4); /* more than anybody needs */
	assert_true(member_registers(ID("\x0b", "\0\0\0\x7b")));
	assert_int_equal(t.kd.n_sids, SIDS_MAX);
	t.extra = SPAN("\x80\7\0\1", 4); /* not a request that we know */
	assert_false(member_registers(ID("\x0b", "\0\0\0\x7b")));
}

/* A policy that a message has no room for is refused in words. */
static void policy_too_large(void **state)
{
	struct acl big = { .n = 0 };

	(void)state;
	big.v = xcalloc(100, sizeof(*big.v));
	for (; big.n < 100; big.n++) {
		big.v[big.n] = t.us->ks.sa[0].acl->v[0];
		big.v[big.n].src = (struct ip_wild){
			.addr = 0x0a000000 + (uint32_t)big.n * 256, .wild = 0xff
		};
		big.v[big.n].dst = big.v[big.n].src;
	}
	policy_acl_drop(t.us->ks.sa[0].acl);
	for (size_t i = 0; i < KS_SAS_MAX; i++) {
		t.us->ks.sa[i] = t.us->ks.sa[0];
		t.us->ks.sa[i].number = (uint16_t)(i + 1);
		t.us->ks.sa[i].acl = policy_acl_dup(&big);
	}
	t.us->ks.n_sas = KS_SAS_MAX;
	acl_free(&big);
	we_start(true);
	assert_true(member_registers(ID("\x0b", "\0\0\0\x7b")));
	assert_int_equal(t.offer.n_sats, 800);
	/* The replaced TEKs double it. */
	assert_true(gdoi_ks_rekey(t.us->g, NULL, false, &(struct sbuf){ 0 }));
	deliver();
	assert_false(member_registers(ID("\x0b", "\0\0\0\x7b")));
	assert_string_equal(
		t.last_text, "the policy does not fit into a message");
}

/* --- what a stranger offers to our member --- */

static const char *error(void)
{
	return node_gm_of(t.us)->last_error;
}

static void assert_refused(const char *why)
{
	char want[160];

	we_start(false);
	deliver();
	snprintf(want, sizeof(want), "Policy of KS rejected: %s", why);
	assert_string_equal(error(), want);
	assert_int_equal(t.reports[REPORT_GM_REJECTING_SA_PAYLOAD], 1);
	assert_int_equal(t.notified, 14); /* NO-PROPOSAL-CHOSEN */
	assert_int_equal(t.downs, 1);     /* a Delete followed (6407 3.3) */
}

static void transport_mode_refused(void **state)
{
	(void)state;
	t.sat[0].transport_mode = true;
	assert_refused("transport mode not supported");
}

static void preservation_refused(void **state)
{
	(void)state;
	t.sat[0].preservation = 1;
	assert_refused("address preservation 1 not supported");
}

#define PATCH(from, to)                                                        \
	do {                                                                   \
		t.patch = (const uint8_t *)from to;                            \
		t.patch_n = sizeof(from) - 1;                                  \
	} while (0)

static void ah_refused(void **state)
{
	(void)state;
	/* Protocol, IP protocol, type of the source. */
	PATCH("\1\0\4", "\2\0\4");
	assert_refused("AH not supported");
}

static void unknown_transform_refused(void **state)
{
	(void)state;
	/* Transform and SPI: AES-CCM. */
	PATCH("\x0c\0\0\x10\0", "\x0e\0\0\x10\0");
	assert_refused("ESP transform 14 not supported");
}

/* One that we cannot use does not spoil the other. */
static void usable_one_is_taken(void **state)
{
	(void)state;
	t.sa_out.n_sats = 2;
	PATCH("\x0c\0\0\x10\0", "\x0e\0\0\x10\0");
	we_start(false);
	deliver();
	assert_true(node_registered(t.us));
	assert_int_equal(node_newest(t.us), 0x1001);
	assert_int_equal(node_sending(t.us), 0x1001);
}

/* 0 for what is not configured, from gdoid. */
static void zero_is_the_default(void **state)
{
	(void)state;
	t.sat[0].preservation = 0;
	t.sat[0].direction = 0;
	we_start(false);
	deliver();
	assert_true(node_registered(t.us));
	assert_int_equal(node_sending(t.us), 0x1000);
}

static void receiver_only_does_not_send(void **state)
{
	(void)state;
	t.sat[0].direction = 2;
	we_start(false);
	deliver();
	assert_true(node_registered(t.us));
	assert_true(node_has(t.us, 0x1000));
	assert_int_equal(node_sending(t.us), 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = { T(group_by_any_id),
		T(rfc_3547_message_3), T(nothing_private_to_a_stranger),
		T(several_sender_ids), T(policy_too_large),
		T(transport_mode_refused), T(preservation_refused),
		T(ah_refused), T(unknown_transform_refused),
		T(usable_one_is_taken), T(zero_is_the_default),
		T(receiver_only_does_not_send) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
