/* A key server and a member with all debugging on: each step of registration
 * and rekey is told, the cause of a failure too, and never a key. */
#include "gdoi/debug.h"
#include "test.h"
#include "tests/sim/world.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gdoi/ike_priv.h"

#define WINDOW    6 /* octets of a key that must not be seen in a row */
#define KEYS_MAX  256
#define KEY_BYTES 256

struct key {
	const char *name;
	uint8_t b[KEY_BYTES];
	size_t n;
};
struct fix {
	struct debug hook;
	struct world *w;
	struct node *ks, *gm;
	struct sbuf text;
	struct key key[KEYS_MAX];
	size_t n_keys;
};

static void on_event(void *ctx, const struct debug_event *ev)
{
	struct fix *f = ctx;

	debug_text(ev, &f->text);
	sbuf_addc(&f->text, '\n');
}

static int setup(void **state)
{
	struct fix *f = xcalloc(1, sizeof(*f));

	f->w = world_new(7, &crypto_ops_openssl);
	f->hook.event = on_event;
	f->hook.ctx = f;
	for (size_t i = 0; i < DBG_N; i++)
		f->hook.on[i] = true;
	f->w->debug = &f->hook;
	f->ks = node_ks(f->w);
	f->gm = node_gm(f->w, f->ks);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fix *f = *state;

	world_free(f->w);
	sbuf_free(&f->text);
	free(f);
	return 0;
}

static void start(struct fix *f)
{
	node_start(f->ks);
	node_start(f->gm);
}

static bool told(const struct fix *f, const char *what)
{
	bool found = strstr(f->text.s, what) != NULL;

	if (!found)
		fprintf(stderr, "not told: %s\n", what);
	return found;
}

/* ---- keys ---- */

static void key_add(struct fix *f, const char *name, const void *p, size_t n)
{
	struct key *k = &f->key[f->n_keys];

	if (n < WINDOW)
		return;
	assert_true(f->n_keys < KEYS_MAX && n <= KEY_BYTES);
	f->n_keys++;
	k->name = name;
	memcpy(k->b, p, n);
	k->n = n;
}

static void ike_keys(struct fix *f, const struct ike *ike)
{
	const struct ike_sa *sa;

	TAILQ_FOREACH(sa, &ike->sas, link) {
		key_add(f, "SKEYID_a", sa->keys.a.b, sa->keys.a.n);
		key_add(f, "cipher key", sa->keys.key,
			sa->keys.cipher->key_bytes);
	}
}

static void ks_keys(struct fix *f)
{
	const struct ks *ks = node_ks_of(f->ks);
	const struct ks_tek *t;

	key_add(f, "KEK", ks->kek.k.key.b, ks->kek.k.key.n);
	key_add(f, "old KEK", ks->kek_old.k.key.b, ks->kek_old.k.key.n);
	TAILQ_FOREACH(t, &ks->teks, link) {
		key_add(f, "TEK cipher key", t->enc.b, t->enc.n);
		key_add(f, "TEK integrity key", t->auth.b, t->auth.n);
	}
}

/* Raw, and in hexadecimal of either case. */
static bool has_key(const struct fix *f, const struct key *k)
{
	auto_sbuf struct sbuf low = { 0 };

	for (size_t i = 0; i < f->text.n; i++)
		sbuf_addc(&low, (char)tolower((unsigned char)f->text.s[i]));
	for (size_t i = 0; i + WINDOW <= k->n; i++) {
		char hex[2 * WINDOW + 1];

		for (size_t j = 0; j < WINDOW; j++)
			snprintf(hex + 2 * j, 3, "%02x", k->b[i + j]);
		if (strstr(sbuf_str(&low), hex) != NULL ||
			memmem(f->text.s, f->text.n, k->b + i, WINDOW) != NULL)
			return true;
	}
	return false;
}

static void keys_collect(struct fix *f)
{
	ike_keys(f, f->ks->g->ike);
	ike_keys(f, f->gm->g->ike);
	ks_keys(f);
}

static bool rekeyed(struct world *w)
{
	const struct gm *gm = node_gm_of(w->node[1]);

	return gm != NULL && gm->rekeys > 0 && gm->acks_sent > 0;
}

static void test_no_key_is_told(void **state)
{
	struct fix *f = *state;
	struct sbuf why = { 0 };

	key_add(f, "pre-shared key", SIM_PSK, strlen(SIM_PSK));
	start(f);
	assert_true(world_until(f->w, 60000, all_registered, "registered"));
	keys_collect(f);
	/* A new KEK too. */
	f->ks->ks.kek_life_secs /= 2;
	node_config(f->ks);
	assert_true(gdoi_ks_rekey(f->ks->g, NULL, false, &why));
	assert_true(world_until(f->w, 60000, rekeyed, "rekeyed"));
	keys_collect(f);
	gdoi_clear_isakmp(f->gm->g, IKE_ALL, 0);
	world_run(f->w, 30000);
	assert_true(f->n_keys > 15);
	for (size_t i = 0; i < f->n_keys; i++)
		if (has_key(f, &f->key[i]))
			fail_msg("%s is told", f->key[i].name);
	/* The search finds what is there. */
	key_add(f, "no secret", "ISAKMP:", strlen("ISAKMP:"));
	assert_true(has_key(f, &f->key[f->n_keys - 1]));
}

/* ---- what is told ---- */

static void test_story(void **state)
{
	static const char *const want[] = {
		/* phase 1 */
		"beginning Main Mode exchange with 10.0.0.1, DOI 2\n",
		"sending packet to 10.0.0.1 my_port 848 peer_port 848 (I) "
		"MM_NO_STATE\n",
		"(N) NEW SA\n",
		"Checking ISAKMP transform 1 against priority ",
		"atts are acceptable",
		"Old State = IKE_READY  New State = IKE_I_MM1\n",
		"Old State = IKE_READY  New State = IKE_R_MM2\n",
		"New State = IKE_P1_COMPLETE\n",
		"processing ID payload: type ID_IPV4_ADDR, 10.0.0.2\n",
		"SA has been authenticated with 10.0.0.1\n",
		"found peer pre-shared key matching 10.0.0.2\n",
		"crypto_engine: Create DH shared secret, group ",
		"  payloads: SA(",
		" GROUPKEY-PULL exchange, message ID = ",
		/* registration */
		":starting registration to KS 10.0.0.1 (server 1 of 1), group "
		"identity 123\n",
		":sent message 1 of GROUPKEY-PULL to 10.0.0.1",
		":received message 1 of GROUPKEY-PULL from 10.0.0.2: identity "
		"number 123\n",
		":KEK made, 3DES-CBC, lifetime 86400, signed with key "
		"RSA_KEYS\n",
		":sent message 2 to 10.0.0.2: KEK yes, 1 TEKs\n",
		":received message 2 from 10.0.0.1",
		":SA payload: KEK yes, 1 TEK policies",
		":SAK: cipher 3DES-CBC, signature hash SHA1, lifetime ",
		":SAT: spi 0x",
		":sent message 3 to 10.0.0.1",
		":received message 3 from 10.0.0.2\n",
		":member 10.0.0.2 registered; the group has 1\n",
		":received message 4 from 10.0.0.1",
		":KD payload processed: 1 TEKs, KEK yes",
		"IPSEC:(create_sa): sa created",
		":registration to KS 10.0.0.1 complete: 1 TEKs, KEK yes\n",
		":re-registration timer set to ",
		/* rekey */
		":rekey: asked for\n",
		":rekey seq # 1 built and signed, 1 members, ",
		":received rekey from 10.0.0.1, ",
		":seq # 1, last was 0: accepted\n",
		":signature of seq # 1 verified\n",
		":rekey seq # 1 from 10.0.0.1 processed\n",
		":sent acknowledgement of seq # 1 to 10.0.0.1\n",
		":acknowledgement of seq # 1 from 10.0.0.2\n",
		":rekey seq # 1 is over, 0 members did not acknowledge\n",
	};
	struct fix *f = *state;
	struct sbuf why = { 0 };

	start(f);
	assert_true(world_until(f->w, 60000, all_registered, "registered"));
	assert_true(gdoi_ks_rekey(f->ks->g, NULL, false, &why));
	assert_true(world_until(f->w, 60000, rekeyed, "rekeyed"));
	world_run(f->w, 1000);
	for (size_t i = 0; i < ARRAY_LEN(want); i++)
		assert_true(told(f, want[i]));
}

/* The lines of level error alone name the cause. */
static void errors_only(struct fix *f)
{
	for (size_t i = 0; i < DBG_N; i++)
		f->hook.on[i] =
			debug_def((enum debug_id)i)->level == DEBUG_ERROR;
}

static void test_wrong_psk(void **state)
{
	struct fix *f = *state;

	errors_only(f);
	snprintf(f->gm->psk, sizeof(f->gm->psk), "OTHER_KEY");
	start(f);
	world_run(f->w, 60000);
	assert_true(told(f, "proof of 10.0.0.2 is not valid: "));
	assert_true(told(f, "Are the pre-shared keys of both ends the same?"));
	assert_true(told(f, "registration to KS 10.0.0.1 failed: Phase 1 "
			    "authentication not answered; keys may "
			    "differ\n"));
}

static void test_wrong_group(void **state)
{
	struct fix *f = *state;

	errors_only(f);
	f->gm->gm.id.number = 999;
	start(f);
	world_run(f->w, 20000);
	assert_true(told(f, "registration of 10.0.0.2 refused: identity number "
			    "999 (invalid id information)\n"));
	assert_true(told(f, "registration to KS 10.0.0.1 failed: KS refused: "
			    "INVALID-ID-INFORMATION\n"));
}

static void test_silence_costs_nothing(void **state)
{
	struct fix *f = *state;

	memset(f->hook.on, 0, sizeof(f->hook.on));
	start(f);
	assert_true(world_until(f->w, 60000, all_registered, "registered"));
	assert_int_equal(f->text.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_no_key_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(test_story, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_wrong_psk, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_wrong_group, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_silence_costs_nothing, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
