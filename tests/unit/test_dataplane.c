/* One suite for all backends: what every implementation of dataplane_ops must
 * answer.  The user backend runs in a network namespace of this process. */
#include "base/loop.h"
#include "dataplane/null.h"
#include "tests/unit/test.h"
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct backend {
	const struct dataplane_ops *ops;
	struct loop *loop;
	struct dp *dp;
};

static struct ace any;
static const struct acl all = { .name = "ALL", .v = &any, .n = 1 };

static struct dp_group group_of(uint32_t id, const struct acl *policy)
{
	return (struct dp_group){
		.id = id,
		.netdev = "lo",
		.order = 10,
		.policy = policy,
		.encrypt_out = true,
	};
}

static struct dp_sa sa_of(uint32_t spi, bool may_send)
{
	struct dp_sa sa = { .spi = spi,
		.suite = { ESP_CIPHER_AES_CBC, ESP_AUTH_SHA1, 128 },
		.enc.n = 16,
		.auth.n = 20,
		.may_send = may_send };

	memset(sa.enc.b, (int)spi, 16);
	return sa;
}

static void sas_need_their_group(void **state)
{
	struct backend *b = *state;
	struct dp_group g = group_of(1, &all);
	struct dp_sa sa = sa_of(256, true);
	struct dp_sa_counters c;

	assert_int_equal(b->ops->sa_add(b->dp, 1, &sa), -ENOENT);
	assert_int_equal(b->ops->sa_use(b->dp, 1, 256), -ENOENT);
	assert_int_equal(b->ops->sa_counters(b->dp, 1, 256, &c), -ENOENT);
	assert_int_equal(b->ops->group_set(b->dp, &g), 0);
	assert_int_equal(b->ops->sa_use(b->dp, 1, 256), -ENOENT);
	assert_int_equal(b->ops->sa_add(b->dp, 1, &sa), 0);
	assert_int_equal(b->ops->sa_add(b->dp, 1, &sa), -EEXIST);
	assert_int_equal(b->ops->sa_use(b->dp, 1, 256), 0);
	assert_int_equal(b->ops->sa_counters(b->dp, 1, 256, &c), 0);
	assert_int_equal(c.encaps, 0);
	b->ops->sa_del(b->dp, 1, 256);
	assert_int_equal(b->ops->sa_counters(b->dp, 1, 256, &c), -ENOENT);
	b->ops->group_del(b->dp, 1);
}

static void receive_only_sas_do_not_send(void **state)
{
	struct backend *b = *state;
	struct dp_group g = group_of(1, &all);
	struct dp_sa sa = sa_of(257, false);

	assert_int_equal(b->ops->group_set(b->dp, &g), 0);
	assert_int_equal(b->ops->sa_add(b->dp, 1, &sa), 0);
	assert_int_equal(b->ops->sa_use(b->dp, 1, 257), -EPERM);
	assert_int_equal(b->ops->sa_use(b->dp, 1, 0), 0);
	b->ops->group_del(b->dp, 1);
}

static void counter_modes_need_a_sender_id(void **state)
{
	struct backend *b = *state;
	struct dp_group g = group_of(1, &all);
	struct dp_sa sa = sa_of(258, true);

	sa.suite = (struct esp_suite){ ESP_CIPHER_AES_GCM, 0, 128 };
	sa.enc.n = 20;
	sa.auth.n = 0;
	assert_int_equal(b->ops->group_set(b->dp, &g), 0);
	assert_int_equal(b->ops->sa_add(b->dp, 1, &sa), -EINVAL);
	sa.sid_bits = 8;
	sa.sid = 256;
	assert_int_equal(b->ops->sa_add(b->dp, 1, &sa), -EINVAL);
	sa.sid = 0; /* a valid id */
	assert_int_equal(b->ops->sa_add(b->dp, 1, &sa), 0);
	sa.spi = 0;
	assert_int_equal(b->ops->sa_add(b->dp, 1, &sa), -EINVAL);
	b->ops->group_del(b->dp, 1);
}

static void policy_is_replaced_and_sas_stay(void **state)
{
	struct backend *b = *state;
	struct dp_group g = group_of(1, &all);
	struct dp_sa sa = sa_of(259, true);
	struct dp_sa_counters c;
	uint64_t ace[4] = { 9, 9, 9, 9 };

	assert_int_equal(b->ops->group_set(b->dp, &g), 0);
	assert_int_equal(b->ops->sa_add(b->dp, 1, &sa), 0);
	assert_int_equal(b->ops->sa_use(b->dp, 1, 259), 0);
	g.policy = NULL;
	assert_int_equal(b->ops->group_set(b->dp, &g), 0);
	g.policy = &all;
	g.local = &all;
	assert_int_equal(b->ops->group_set(b->dp, &g), 0);
	assert_int_equal(b->ops->sa_counters(b->dp, 1, 259, &c), 0);
	assert_int_equal(b->ops->ace_counters(b->dp, 1, ace, 4), 0);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(ace[i], 0);
	assert_int_equal(b->ops->ace_counters(b->dp, 2, ace, 4), -ENOENT);
	b->ops->group_del(b->dp, 1);
	b->ops->group_del(b->dp, 1); /* no effect */
}

static void groups_are_apart(void **state)
{
	struct backend *b = *state;
	struct dp_group one = group_of(1, &all), two = group_of(2, &all);
	struct dp_sa sa = sa_of(260, true);
	struct dp_group_counters c;

	two.order = 5;
	assert_int_equal(b->ops->group_set(b->dp, &one), 0);
	assert_int_equal(b->ops->group_set(b->dp, &two), 0);
	assert_int_equal(b->ops->sa_add(b->dp, 1, &sa), 0);
	assert_int_equal(b->ops->sa_add(b->dp, 2, &sa), 0); /* same TEK */
	b->ops->group_del(b->dp, 1);
	assert_int_equal(b->ops->group_counters(b->dp, 1, &c), -ENOENT);
	assert_int_equal(b->ops->group_counters(b->dp, 2, &c), 0);
	assert_int_equal(b->ops->sa_use(b->dp, 2, 260), 0);
	b->ops->group_del(b->dp, 2);
}

static void many_groups_and_long_lists(void **state)
{
	struct backend *b = *state;
	enum { N = 500 };
	struct ace v[N];
	struct acl acl = { .v = v, .n = N };
	struct dp_group g = group_of(1, &acl);

	for (size_t i = 0; i < N; i++) {
		v[i] = ace_any(i & 1);
		v[i].proto = 6;
		v[i].src = (struct ip_wild){ (uint32_t)i << 8, 255 };
		v[i].dport = (struct ace_port){ PORT_EQ, 3, { 1, 2, 3 } };
	}
	for (uint32_t id = 1; id <= 3; id++) {
		g.id = id;
		assert_int_equal(b->ops->group_set(b->dp, &g), 0);
	}
	for (uint32_t id = 1; id <= 3; id++)
		b->ops->group_del(b->dp, id);
}

static void inner_mtu_leaves_room(void **state)
{
	struct backend *b = *state;
	const struct esp_suite gcm = { ESP_CIPHER_AES_GCM, 0, 128 };
	struct dp_group g = group_of(1, NULL);

	assert_int_equal(b->ops->inner_mtu(b->dp, 1, &gcm), 0);
	snprintf(g.netdev, sizeof(g.netdev), "absent0");
	assert_int_equal(b->ops->group_set(b->dp, &g), 0);
	assert_int_equal(b->ops->inner_mtu(b->dp, 1, &gcm), 1446);
	b->ops->group_del(b->dp, 1);
}

static void close_with_everything_installed(void **state)
{
	struct backend *b = *state;
	struct dp_group g = group_of(1, &all);
	struct dp_sa sa = sa_of(261, true);

	assert_int_equal(b->ops->group_set(b->dp, &g), 0);
	assert_int_equal(b->ops->sa_add(b->dp, 1, &sa), 0);
	assert_int_equal(b->ops->sa_use(b->dp, 1, 261), 0);
}

static struct backend null_backend = { .ops = &dataplane_null };
static struct backend user_backend = { .ops = &dataplane_user };
static struct backend xfrm_backend = { .ops = &dataplane_xfrm };

static int backend_open(void **state, struct backend *b)
{
	auto_sbuf struct sbuf why = { 0 };

	any = ace_any(true);
	b->dp = b->ops->open(b->loop, NULL, &why);
	if (!b->dp)
		print_error("%s\n", sbuf_str(&why));
	*state = b;
	return b->dp ? 0 : -1;
}

static int backend_close(void **state)
{
	struct backend *b = *state;

	b->ops->close(b->dp);
	return 0;
}

static int null_open(void **state)
{
	return backend_open(state, &null_backend);
}

static int user_open(void **state)
{
	return backend_open(state, &user_backend);
}

/* Where there is no time, an SA that wants it is refused, not weakened. */
static void stamps_need_a_clock(void **state)
{
	struct backend *b = *state;
	struct dp_group g = group_of(1, &all);
	struct dp_sa sa = sa_of(263, true);
	struct dp_replay r;

	sa.stamp = DP_STAMP_TBAR;
	sa.window_ms = 5000;
	assert_int_equal(b->ops->group_set(b->dp, &g), 0);
	if (!b->ops->time_set) {
		assert_int_equal(b->ops->sa_add(b->dp, 1, &sa), -ENOTSUP);
		b->ops->group_del(b->dp, 1);
		return;
	}
	assert_int_equal(b->ops->sa_add(b->dp, 1, &sa), -EINVAL);
	assert_int_equal(b->ops->replay_get(b->dp, 1, &r), 0);
	assert_false(r.has_clock);
	assert_int_equal(b->ops->time_set(b->dp, 2, 1), -ENOENT);
	assert_int_equal(b->ops->time_set(b->dp, 1, 90000000), 0);
	assert_int_equal(b->ops->sa_add(b->dp, 1, &sa), 0);
	assert_int_equal(b->ops->replay_get(b->dp, 1, &r), 0);
	assert_true(r.has_clock);
	assert_in_range(r.pseudo_ms, 90000000, 90060000);
	assert_int_equal(r.in + r.out + r.in_errors, 0);
	b->ops->replay_clear(b->dp, 1);
	b->ops->group_del(b->dp, 1);
	assert_int_equal(b->ops->replay_get(b->dp, 1, &r), -ENOENT);
}

static int xfrm_open(void **state)
{
	return backend_open(state, &xfrm_backend);
}

static void xfrm_refuses(void **state)
{
	struct backend *b = *state;
	struct ace mcast = ace_any(true);
	struct acl list = { .v = &mcast, .n = 1 };
	struct dp_group g = group_of(1, &list);
	struct dp_sa sa = sa_of(258, true);

	mcast.dst = (struct ip_wild){ 0xef000000, 0xffff };
	assert_int_equal(b->ops->group_set(b->dp, &g), -EOPNOTSUPP);
	g.policy = &all;
	assert_int_equal(b->ops->group_set(b->dp, &g), 0);
	sa.suite = (struct esp_suite){ ESP_CIPHER_AES_GCM, 0, 128 };
	sa.enc.n = 20;
	sa.auth.n = 0;
	sa.sid_bits = 8;
	assert_int_equal(b->ops->sa_add(b->dp, 1, &sa), -EOPNOTSUPP);
	b->ops->group_del(b->dp, 1);
}

static void null_remembers(void **state)
{
	struct backend *b = *state;
	struct dp_group g = group_of(7, &all);
	struct dp_sa sa = sa_of(262, true);

	assert_int_equal(b->ops->group_set(b->dp, &g), 0);
	assert_int_equal(b->ops->sa_add(b->dp, 7, &sa), 0);
	assert_true(dp_null_has_sa(b->dp, 7, 262));
	assert_int_equal(dp_null_sending_spi(b->dp, 7), 0);
	assert_int_equal(b->ops->sa_use(b->dp, 7, 262), 0);
	assert_int_equal(dp_null_sending_spi(b->dp, 7), 262);
	assert_true(acl_equal(dp_null_policy(b->dp, 7), &all));
	assert_ptr_not_equal(dp_null_policy(b->dp, 7), &all);
	b->ops->sa_del(b->dp, 7, 262);
	assert_int_equal(dp_null_sending_spi(b->dp, 7), 0);
	assert_int_equal(dp_null_calls(b->dp), 4);
}

#define SUITE(open) COMMON(open), COUNTER_MODES(open), LONG_LISTS(open)
#define COUNTER_MODES(open)                                                    \
	cmocka_unit_test_setup_teardown(                                       \
		counter_modes_need_a_sender_id, open, backend_close)
#define LONG_LISTS(open)                                                       \
	cmocka_unit_test_setup_teardown(                                       \
		many_groups_and_long_lists, open, backend_close)
#define COMMON(open)                                                            \
	cmocka_unit_test_setup_teardown(                                       \
		sas_need_their_group, open, backend_close),                    \
		cmocka_unit_test_setup_teardown(                               \
			receive_only_sas_do_not_send, open, backend_close),    \
		cmocka_unit_test_setup_teardown(                               \
			policy_is_replaced_and_sas_stay, open, backend_close), \
		cmocka_unit_test_setup_teardown(                               \
			groups_are_apart, open, backend_close),                \
		cmocka_unit_test_setup_teardown(                               \
			inner_mtu_leaves_room, open, backend_close),           \
		cmocka_unit_test_setup_teardown(                               \
			stamps_need_a_clock, open, backend_close),             \
		cmocka_unit_test_setup_teardown(                               \
			close_with_everything_installed, open, backend_close)

/* What needs more of the kernel comes later. */
static const struct CMUnitTest tests[] = {
	SUITE(null_open),
	cmocka_unit_test_setup_teardown(
		null_remembers, null_open, backend_close),
	SUITE(user_open),
	COMMON(xfrm_open),
	cmocka_unit_test_setup_teardown(xfrm_refuses, xfrm_open, backend_close),
};
static const struct CMUnitTest null_tests[] = { SUITE(null_open), { 0 } };
static const struct CMUnitTest xfrm_tests[] = { COMMON(xfrm_open), { 0 } };
#define N_NULL ARRAY_LEN(null_tests) /* one more than the suite */
#define N_XFRM ARRAY_LEN(xfrm_tests)

/* Few kernels under containers have ESP; what lacks it says why. */
static bool kernel_has_esp(struct loop *loop)
{
	auto_sbuf struct sbuf why = { 0 };
	struct dp *dp = dataplane_xfrm.open(loop, NULL, &why);

	dataplane_xfrm.close(dp);
	if (!dp)
		print_message("# xfrm: %s\n", sbuf_str(&why));
	return dp != NULL;
}

/* With the argument xfrm only that backend, which must be there then. */
int main(int argc, char **argv)
{
	bool only = argc > 1 && !strcmp(argv[1], "xfrm");
	struct loop *loop = loop_new();
	size_t n = N_NULL;
	int failed;

	user_backend.loop = xfrm_backend.loop = loop;
	if (geteuid() == 0 && unshare(CLONE_NEWNET) == 0)
		n = kernel_has_esp(loop) ? ARRAY_LEN(tests)
					 : ARRAY_LEN(tests) - N_XFRM;
	failed = only ? _cmocka_run_group_tests("dataplane",
				tests + ARRAY_LEN(tests) - N_XFRM, N_XFRM, NULL,
				NULL)
		      : _cmocka_run_group_tests(
				"dataplane", tests, n, NULL, NULL);
	loop_free(loop);
	return failed;
}
