/* Which key, identity and profile a negotiation gets. */
#include "gdoi/ike_priv.h"
#include "tests/unit/ike_conf.h"
#include "tests/unit/test.h"
#include <string.h>

#define N(a) (sizeof(a) / sizeof((a)[0]))

static void a_host_key_is_found_by_the_identity(void **state)
{
	struct conf *a = conf_new(), *b = conf_new();
	struct span id;
	struct world w;

	(void)state;
	world_init(&w);
	conf_key(a, "of gm1", 0xc0000201, UINT32_MAX);
	conf_peer(a, &w.b);
	conf_id(&a->peer[0].endpoint, ISAKMP_ID_FQDN, "gm1.example");
	conf_use(&w.a, a);
	conf_host_key(b, "of gm2", "gm2.example");
	conf_host_key(b, "of gm1", "GM1.example");
	conf_key(b, "of all", 0, 0);
	conf_id(&b->c.self, ISAKMP_ID_FQDN, "ks.example");
	conf_use(&w.b, b);
	world_connect(&w);
	world_run(&w, 0);
	assert_true(world_both_up(&w));
	assert_int_equal(w.sent, 3);
	assert_int_equal(ike_sa_peer_id(w.b.sa, &id), ID_FQDN);
	assert_int_equal(id.n, 11);
	assert_memory_equal(id.p, "gm1.example", 11);
	assert_int_equal(ike_sa_peer_id(w.a.sa, &id), ID_FQDN);
	assert_memory_equal(id.p, "ks.example", 10);
	world_fini(&w);
}

static void a_password_of_the_peer_goes_first(void **state)
{
	struct conf *a = conf_new(), *b = conf_new();
	struct world w;

	(void)state;
	world_init(&w);
	conf_key(a, "another", 0, 0);
	conf_peer(a, &w.b);
	secret_set(&a->peer[0].password, "pass", 4);
	conf_id(&a->peer[0].endpoint, ISAKMP_ID_USER_FQDN, "u@example");
	conf_use(&w.a, a);
	conf_host_key(b, "pass", "u@example");
	conf_use(&w.b, b);
	world_connect(&w);
	world_run(&w, 0);
	assert_true(world_both_up(&w));
	world_fini(&w);
}

static void main_mode_tells_names_too(void **state)
{
	struct conf *a = conf_new(), *b = conf_new();
	struct span id;
	struct world w;

	(void)state;
	world_init(&w);
	conf_key(a, "MY_KEY", 0, 0);
	conf_id(&a->c.self, ISAKMP_ID_FQDN, "gm1.example");
	conf_use(&w.a, a);
	conf_key(b, "MY_KEY", 0, 0);
	/* Without a certificate there is no DN: the address. */
	b->c.self.kind = ISAKMP_ID_DN;
	conf_use(&w.b, b);
	world_connect(&w);
	world_run(&w, 0);
	assert_true(world_both_up(&w));
	assert_int_equal(w.sent, 6);
	assert_int_equal(ike_sa_peer_id(w.b.sa, &id), ID_FQDN);
	assert_int_equal(ike_sa_peer_id(w.a.sa, &id), ID_IPV4);
	world_fini(&w);
}

/* A host key counts in Main Mode where `ip host` resolves its name. */
static void a_resolved_host_key_serves_main_mode(void **state)
{
	struct conf *a = conf_new(), *b = conf_new();
	struct world w;

	(void)state;
	world_init(&w);
	conf_key(a, "of gm1", 0, 0);
	conf_use(&w.a, a);
	conf_key(b, "of all", 0, 0);
	conf_host_key(b, "of gm1", "gm1");
	conf_key(b, "of gm1", 0xc000020a, UINT32_MAX)->resolved = true;
	conf_use(&w.b, b);
	world_connect(&w);
	world_run(&w, 0);
	assert_true(world_both_up(&w));
	world_fini(&w);
}

static const char *vrf_red(void *ctx, const struct ip_addr *local)
{
	(void)ctx;
	(void)local;
	return "red";
}

/* A keyring serves its VRF and its local address; one of a dead interface
 * nobody. */
static void keyrings_are_of_a_vrf_and_an_address(void **state)
{
	static const struct {
		const char *vrf;
		uint32_t local;
		bool dead, in_red, up;
	} cases[] = {
		{ "", 0, false, false, true },
		{ "red", 0, false, false, false },
		{ "red", 0, false, true, true },
		{ "", 0, false, true, false },
		{ "", 0xc0000201, false, false, true },
		{ "", 0xc0000202, false, false, false },
		{ "", 0, true, false, false },
	};

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		struct conf *a = conf_new(), *b = conf_new();
		struct world w;

		world_init(&w);
		conf_key(a, "MY_KEY", 0, 0);
		conf_use(&w.a, a);
		if (cases[i].in_red) {
			world_set_vrf(&w, vrf_red);
			a = conf_new();
			conf_key(a, "MY_KEY", 0, 0)->ring = 1;
			a->c.n_keyrings = 1;
			strcpy(a->ring[0].vrf, "red");
			conf_use(&w.a, a);
		}
		conf_key(b, "MY_KEY", 0, 0)->ring = 1;
		b->c.n_keyrings = 1;
		strcpy(b->ring[0].vrf, cases[i].vrf);
		if (cases[i].local != 0)
			b->ring[0].local = ip_v4(cases[i].local);
		b->ring[0].dead = cases[i].dead;
		conf_use(&w.b, b);
		world_connect(&w);
		world_run(&w, 0);
		assert_int_equal(world_both_up(&w), cases[i].up);
		world_fini(&w);
	}
}

/* A profile that fits the peer has to have its key in one of its keyrings. */
static void a_profile_binds_its_keyrings(void **state)
{
	(void)state;
	for (int aggressive = 0; aggressive < 2; aggressive++) {
		for (uint16_t ring = 0; ring < 2; ring++) {
			struct conf *a = conf_new(), *b = conf_new();
			struct isakmp_match *m;
			struct world w;

			world_init(&w);
			conf_key(a, "MY_KEY", 0, 0);
			if (aggressive)
				conf_peer(a, &w.b);
			conf_id(&a->c.self, ISAKMP_ID_FQDN, "gm1.red.example");
			conf_use(&w.a, a);
			conf_key(b, "MY_KEY", 0, 0)->ring = ring;
			b->c.n_keyrings = 1;
			m = conf_profile(b, "P", ISAKMP_MATCH_HOST_DOMAIN);
			strcpy(m->name, "red.example");
			b->profile[0].ring[0] = 1;
			b->profile[0].n_rings = 1;
			conf_id(&b->profile[0].self, ISAKMP_ID_FQDN, "ks.red");
			conf_use(&w.b, b);
			world_connect(&w);
			world_run(&w, 0);
			assert_int_equal(world_both_up(&w), ring == 1);
			world_fini(&w);
		}
	}
}

static void a_profile_starts_aggressive_mode(void **state)
{
	struct conf *a = conf_new(), *b = conf_new();
	struct ike_sa_info info;
	struct isakmp_match *m;
	struct span id;
	struct world w;

	(void)state;
	world_init(&w);
	conf_key(a, "MY_KEY", 0, 0);
	m = conf_profile(a, "TO_KS", ISAKMP_MATCH_ADDRESS);
	m->addr = ip_v4(0xc0000200);
	m->mask = 0xffffff00;
	a->profile[0].aggressive = true;
	conf_id(&a->profile[0].self, ISAKMP_ID_USER_FQDN, "me@example");
	conf_use(&w.a, a);
	conf_key(b, "MY_KEY", 0, 0);
	m = conf_profile(b, "OTHERS", ISAKMP_MATCH_USER);
	strcpy(m->name, "you@example");
	m = conf_profile(b, "USERS", ISAKMP_MATCH_USER_DOMAIN);
	strcpy(m->name, "example");
	conf_use(&w.b, b);
	world_connect(&w);
	world_run(&w, 0);
	assert_true(world_both_up(&w));
	assert_int_equal(w.sent, 3);
	assert_int_equal(ike_sa_peer_id(w.b.sa, &id), ID_USER_FQDN);
	ike_list(w.b.ike, &info, 1);
	assert_string_equal(info.profile, "USERS");
	ike_list(w.a.ike, &info, 1);
	assert_string_equal(info.profile, "TO_KS");
	assert_int_equal(info.id_type, ID_IPV4);
	assert_memory_equal(info.id, w.b.addr.b, 4);
	world_fini(&w);
}

/* A profile for everybody else does not stand in the way of a member's own
 * key, neither when it begins nor when the server tells who it is. */
static void a_profile_for_others_is_left_alone(void **state)
{
	struct conf *a = conf_new(), *b = conf_new();
	struct ike_sa_info info;
	struct isakmp_match *m;
	struct world w;

	(void)state;
	world_init(&w);
	conf_key(a, "MY_KEY", 0xc0000201, UINT32_MAX);
	conf_key(a, "of others", 0x0a000000, 0xff000000)->ring = 1;
	a->c.n_keyrings = 1;
	m = conf_profile(a, "OTHERS", ISAKMP_MATCH_ADDRESS);
	m->addr = ip_v4(0);
	a->profile[0].ring[0] = 1;
	a->profile[0].n_rings = 1;
	a->profile[0].aggressive = true;
	conf_use(&w.a, a);
	conf_key(b, "MY_KEY", 0, 0);
	conf_use(&w.b, b);
	world_connect(&w);
	world_run(&w, 0);
	assert_true(world_both_up(&w));
	assert_int_equal(w.sent, 6);
	ike_list(w.a.ike, &info, 1);
	assert_string_equal(info.profile, "");
	world_fini(&w);
}

/* crypto map M isakmp-profile P: that one, whom it is for does not matter. */
static void who_begins_may_name_the_profile(void **state)
{
	static const struct {
		const char *name;
		bool up;
	} cases[] = { { "P", true }, { "NONE", false } };

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		struct conf *a = conf_new(), *b = conf_new();
		struct ike_sa *sa;
		struct world w;
		struct udp_path path;

		world_init(&w);
		path = world_path(&w.a, &w.b);
		conf_key(a, "OTHER", 0xc0000201, UINT32_MAX);
		conf_key(a, "MY_KEY", 0, 0)->ring = 1;
		a->c.n_keyrings = 1;
		conf_profile(a, "P", ISAKMP_MATCH_ADDRESS)->addr = ip_v4(1);
		a->match[0].mask = UINT32_MAX;
		a->profile[0].ring[0] = 1;
		a->profile[0].n_rings = 1;
		a->profile[0].aggressive = true;
		conf_use(&w.a, a);
		conf_key(b, "MY_KEY", 0, 0);
		conf_use(&w.b, b);
		sa = ike_connect_as(w.a.ike, &path, cases[i].name);
		assert_ptr_equal(
			ike_connect_as(w.a.ike, &path, cases[i].name), sa);
		assert_ptr_not_equal(ike_connect(w.a.ike, &path), sa);
		world_run(&w, 0);
		assert_int_equal(world_both_up(&w), cases[i].up);
		if (!cases[i].up)
			assert_int_equal(w.a.why, IKE_DOWN_AUTH);
		world_fini(&w);
	}
}

#define MANY 2000

static uint32_t some(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

/* The one that a look at all of them finds. */
static const struct isakmp_key *closest(
	const struct isakmp_key *v, size_t n, uint32_t addr)
{
	const struct isakmp_key *best = NULL;

	for (size_t i = 0; i < n; i++) {
		if (((ip_u32(&v[i].addr) ^ addr) & v[i].mask) != 0)
			continue;
		if (best == NULL || v[i].mask > best->mask ||
			(v[i].mask == best->mask && v[i].ring < best->ring))
			best = &v[i];
	}
	return best;
}

static void the_closest_of_many_keys_is_found(void **state)
{
	auto_free struct isakmp_key *v = xcalloc(MANY, sizeof *v);
	struct isakmp_keyring rings[3] = { { .name = "A" }, { .name = "B" },
		{ .name = "C" } };
	struct isakmp_config c = { .keys = v,
		.n_keys = MANY,
		.keyrings = rings,
		.n_keyrings = N(rings) };
	uint32_t seed = 7;
	unsigned hits = 0;
	struct world w;

	(void)state;
	for (uint32_t i = 0; i < MANY; i++) {
		v[i].mask = ip_len_mask((uint8_t)(8 + some(&seed) % 25));
		v[i].addr =
			ip_v4((0x0a000000 | some(&seed) % 0x4000) & v[i].mask);
		v[i].ring = (uint16_t)(some(&seed) % 4);
		/* Of twins any would do, but not for the comparison. */
		for (uint32_t k = 0; k < i; k++) {
			if (v[k].ring == v[i].ring && v[k].mask == v[i].mask &&
				ip_equal(&v[k].addr, &v[i].addr))
				v[i].addr = ip_v4(0x14000000 + i);
		}
		secret_set(&v[i].key, &i, sizeof i);
	}
	world_init(&w);
	ike_set_config(w.b.ike, &c);
	for (uint32_t i = 0; i < MANY; i++) {
		struct udp_path path = world_path(&w.b, &w.a);
		const struct ike_peer peer = { .path = &path };
		uint32_t addr = 0x0a000000 | some(&seed) % 0x4000;

		path.remote.ip = ip_v4(addr);
		const struct isakmp_key *want = closest(v, MANY, addr);
		const struct secret *got = psk_find(w.b.ike, &peer);

		assert_int_equal(got == NULL, want == NULL);
		if (want != NULL)
			assert_true(secret_equal(got, &want->key));
		hits += want != NULL && want->mask == UINT32_MAX;
	}
	assert_true(hits > 0);
	world_fini(&w);
	for (size_t i = 0; i < MANY; i++)
		secret_free(&v[i].key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_host_key_is_found_by_the_identity),
		cmocka_unit_test(a_password_of_the_peer_goes_first),
		cmocka_unit_test(main_mode_tells_names_too),
		cmocka_unit_test(a_resolved_host_key_serves_main_mode),
		cmocka_unit_test(keyrings_are_of_a_vrf_and_an_address),
		cmocka_unit_test(a_profile_binds_its_keyrings),
		cmocka_unit_test(a_profile_starts_aggressive_mode),
		cmocka_unit_test(a_profile_for_others_is_left_alone),
		cmocka_unit_test(who_begins_may_name_the_profile),
		cmocka_unit_test(the_closest_of_many_keys_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
