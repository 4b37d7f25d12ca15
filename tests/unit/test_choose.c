/* Which backend the box takes, and that groups move whole.  Both backends are
 * the recording one here; the real ones meet in tests/vm. */
#include "dataplane/choose.h"
#include "dataplane/null.h"
#include "dataplane/xfrm.h"
#include "tests/unit/test.h"
#include <errno.h>
#include <string.h>

static struct fake {
	bool missing;       /* cannot be opened */
	int sa_add, closes; /* what the first answers */
	struct dp *open;
} xfrm, user;

static struct dp *fake_open(struct fake *f, struct sbuf *why)
{
	assert_null(f->open);
	if (f->missing) {
		sbuf_adds(why, "not here");
		return NULL;
	}
	f->open = dataplane_null.open(NULL, NULL, why);
	return f->open;
}

static struct fake *fake_of(struct dp *dp)
{
	assert_true(dp == xfrm.open || dp == user.open);
	return dp == xfrm.open ? &xfrm : &user;
}

static struct dp *x_open(
	struct loop *l, const struct dp_events *ev, struct sbuf *why)
{
	(void)l, (void)ev;
	return fake_open(&xfrm, why);
}

static struct dp *u_open(
	struct loop *l, const struct dp_events *ev, struct sbuf *why)
{
	(void)l, (void)ev;
	return fake_open(&user, why);
}

static void f_close(struct dp *dp)
{
	struct fake *f = fake_of(dp);

	dataplane_null.close(dp);
	f->open = NULL;
	f->closes++;
}

static int f_group_set(struct dp *dp, const struct dp_group *g)
{
	return dataplane_null.group_set(dp, g);
}

static void f_group_del(struct dp *dp, uint32_t id)
{
	dataplane_null.group_del(dp, id);
}

static int f_sa_add(struct dp *dp, uint32_t g, const struct dp_sa *sa)
{
	struct fake *f = fake_of(dp);

	return f->sa_add ? f->sa_add : dataplane_null.sa_add(dp, g, sa);
}

static int f_sa_use(struct dp *dp, uint32_t g, uint32_t spi)
{
	return dataplane_null.sa_use(dp, g, spi);
}

static void f_sa_del(struct dp *dp, uint32_t g, uint32_t spi)
{
	dataplane_null.sa_del(dp, g, spi);
}

static int f_sa_counters(
	struct dp *dp, uint32_t g, uint32_t spi, struct dp_sa_counters *c)
{
	int rc = dataplane_null.sa_counters(dp, g, spi, c);

	c->encaps = 3;
	return rc;
}

static int f_group_counters(
	struct dp *dp, uint32_t g, struct dp_group_counters *c)
{
	int rc = dataplane_null.group_counters(dp, g, c);

	c->encrypt = 10;
	c->drops[DP_DROP_NO_SA] = 1;
	return rc;
}

#define OPS(how)                                                               \
	.open = how, .close = f_close, .group_set = f_group_set,               \
	.group_del = f_group_del, .sa_add = f_sa_add, .sa_use = f_sa_use,      \
	.sa_del = f_sa_del, .sa_counters = f_sa_counters,                      \
	.group_counters = f_group_counters
const struct dataplane_ops dataplane_xfrm = { .name = "xfrm", OPS(x_open) };
static int u_time_set(struct dp *d, uint32_t g, uint64_t ms);
const struct dataplane_ops dataplane_user = { .name = "user",
	.time_set = u_time_set,
	OPS(u_open) };

static struct ace any;
static const struct acl all = { .name = "ALL", .v = &any, .n = 1 };
static struct dp *dp;

static struct dp_group group_of(uint32_t id)
{
	return (struct dp_group){ .id = id,
		.netdev = "wan",
		.order = 10,
		.policy = &all,
		.encrypt_out = true };
}

static struct dp_sa sa_of(uint32_t spi, bool counter)
{
	struct dp_sa sa = { .spi = spi,
		.suite = { ESP_CIPHER_AES_CBC, ESP_AUTH_SHA1, 128 },
		.enc.n = 16,
		.auth.n = 20,
		.may_send = true };

	if (counter) {
		sa.suite = (struct esp_suite){ ESP_CIPHER_AES_GCM, 0, 128 };
		sa.enc.n = 20;
		sa.auth.n = 0;
		sa.sid_bits = 8;
	}
	return sa;
}

static void open_it(void)
{
	auto_sbuf struct sbuf why = { 0 };

	dp = dataplane_choose.open(NULL, NULL, &why);
}

static void expect(const char *backend, const char *why)
{
	struct dp_choice c;

	dp_choice_get(dp, &c);
	assert_string_equal(c.backend, backend);
	assert_non_null(strstr(c.why, why));
	assert_true((xfrm.open != NULL) == (strcmp(backend, "xfrm") == 0));
	assert_true((user.open != NULL) == (strcmp(backend, "user") == 0));
}

static int setup(void **state)
{
	(void)state;
	any = ace_any(true);
	xfrm = user = (struct fake){ 0 };
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	dataplane_choose.close(dp);
	dp = NULL;
	return xfrm.open || user.open ? -1 : 0;
}

static void one_group(struct dp_group *g, uint32_t spi)
{
	struct dp_sa sa = sa_of(spi, false);

	*g = group_of(1);
	assert_int_equal(dataplane_choose.group_set(dp, g), 0);
	assert_int_equal(dataplane_choose.sa_add(dp, 1, &sa), 0);
	assert_int_equal(dataplane_choose.sa_use(dp, 1, spi), 0);
}

static void kernel_without_esp(void **state)
{
	struct dp_choice c;
	struct dp_group g;

	(void)state;
	xfrm.missing = true;
	open_it();
	expect("user", "not here");
	dp_choice_get(dp, &c);
	assert_string_equal(c.probe, "not here");
	one_group(&g, 300);
	expect("user", "not here");
}

static void neither(void **state)
{
	auto_sbuf struct sbuf why = { 0 };

	(void)state;
	xfrm.missing = user.missing = true;
	dp = dataplane_choose.open(NULL, NULL, &why);
	assert_null(dp);
	assert_string_equal(sbuf_str(&why), "not here");
}

static void kernel_first(void **state)
{
	struct dp_group g;

	(void)state;
	open_it();
	one_group(&g, 300);
	expect("xfrm", "kernel");
	assert_true(dp_null_has_sa(xfrm.open, 1, 300));
}

static void counter_mode_moves_all(void **state)
{
	struct dp_sa gcm = sa_of(301, true);
	struct dp_group_counters c;
	struct dp_sa_counters s;
	struct dp_group g;

	(void)state;
	open_it();
	one_group(&g, 300);
	assert_int_equal(dataplane_choose.sa_add(dp, 1, &gcm), 0);
	expect("user", "counter modes");
	assert_int_equal(xfrm.closes, 1);
	assert_true(dp_null_has_sa(user.open, 1, 300));
	assert_true(dp_null_has_sa(user.open, 1, 301));
	assert_int_equal(dp_null_sending_spi(user.open, 1), 300);
	assert_true(acl_equal(dp_null_policy(user.open, 1), &all));
	/* Both backends' counts. */
	assert_int_equal(dataplane_choose.group_counters(dp, 1, &c), 0);
	assert_int_equal(c.encrypt, 20);
	assert_int_equal(c.drops[DP_DROP_NO_SA], 2);
	assert_int_equal(dataplane_choose.sa_counters(dp, 1, 300, &s), 0);
	assert_int_equal(s.encaps, 6);
	/* The next life of the box's groups starts in the kernel again. */
	dataplane_choose.group_del(dp, 1);
	one_group(&g, 302);
	expect("xfrm", "kernel");
}

static uint64_t told_ms; /* to the backend that keeps time */

static int u_time_set(struct dp *d, uint32_t g, uint64_t ms)
{
	assert_true(d == user.open);
	assert_int_equal(g, 1);
	told_ms = ms;
	return 0;
}

/* The group's time goes along, and has gone on meanwhile. */
static void time_moves(void **state)
{
	struct dp_sa sa = sa_of(301, false);
	struct dp_replay r;
	struct dp_group g;

	(void)state;
	open_it();
	one_group(&g, 300);
	assert_int_equal(dataplane_choose.time_set(dp, 2, 5), -ENOENT);
	assert_int_equal(dataplane_choose.time_set(dp, 1, 90000000), 0);
	assert_int_equal(told_ms, 0);
	assert_int_equal(dataplane_choose.replay_get(dp, 1, &r), 0);
	assert_true(r.has_clock);
	assert_in_range(r.pseudo_ms, 90000000, 90060000);
	/* The null backend refuses it, but by then it has moved. */
	sa.replay_secs = 5;
	assert_int_equal(dataplane_choose.sa_add(dp, 1, &sa), -ENOTSUP);
	expect("user", "group's time");
	assert_in_range(told_ms, 90000000, 90060000);
}

static void multicast_moves(void **state)
{
	struct ace mcast = ace_any(true);
	struct acl list = { .v = &mcast, .n = 1 };
	struct dp_group g;

	(void)state;
	open_it();
	one_group(&g, 300);
	mcast.dst = (struct ip_wild){ 0xe8000000, 0xffffff };
	g.policy = &list;
	assert_int_equal(dataplane_choose.group_set(dp, &g), 0);
	expect("user", "multicast");
}

static void refused_move_stays(void **state)
{
	struct dp_sa gcm = sa_of(301, true);
	struct dp_group g;

	(void)state;
	user.missing = true;
	open_it();
	one_group(&g, 300);
	xfrm.sa_add = -EOPNOTSUPP;
	assert_int_equal(dataplane_choose.sa_add(dp, 1, &gcm), -EOPNOTSUPP);
	expect("xfrm", "kernel");
	assert_int_equal(dp_null_sending_spi(xfrm.open, 1), 300);
}

static void modes(void **state)
{
	auto_sbuf struct sbuf why = { 0 };
	struct dp_sa gcm = sa_of(301, true);
	struct dp_group g;

	(void)state;
	open_it();
	one_group(&g, 300);
	assert_int_equal(dp_choose_mode(dp, DP_MODE_USER, &why), 0);
	expect("user", "configured");
	assert_int_equal(dp_null_sending_spi(user.open, 1), 300);
	assert_int_equal(dp_choose_mode(dp, DP_MODE_XFRM, &why), 0);
	expect("xfrm", "configured");
	/* Asked for by name, it does not give way. */
	xfrm.sa_add = -EOPNOTSUPP;
	assert_int_equal(dataplane_choose.sa_add(dp, 1, &gcm), -EOPNOTSUPP);
	expect("xfrm", "configured");
	assert_int_equal(dp_choose_mode(dp, DP_MODE_USER, &why), 0);
	/* It would refuse what the groups have: they stay where they are. */
	assert_true(dp_choose_mode(dp, DP_MODE_XFRM, &why) < 0);
	expect("user", "present groups");
	assert_true(dp_null_has_sa(user.open, 1, 300));
	xfrm.sa_add = 0;
	assert_int_equal(dp_choose_mode(dp, DP_MODE_AUTO, &why), 0);
	expect("xfrm", "kernel");
}

static void what_the_kernel_cannot(void **state)
{
	struct ace e = ace_any(true);
	struct acl list = { .v = &e, .n = 1 };
	struct dp_group g = { .policy = &list };
	struct dp_sa gcm = sa_of(301, true), cbc = sa_of(302, false);

	(void)state;
	assert_null(xfrm_refuses_group(&g));
	e.dst = (struct ip_wild){ 0xe0000000, 0x1fffffff }; /* wider */
	assert_null(xfrm_refuses_group(&g));
	e.dst = (struct ip_wild){ 0xe0000000, 0x0fffffff };
	assert_non_null(xfrm_refuses_group(&g));
	e.permit = false;
	assert_null(xfrm_refuses_group(&g));
	e.ip6 = true;
	assert_non_null(xfrm_refuses_group(&g));
	g.policy = NULL;
	assert_null(xfrm_refuses_group(&g));
	assert_non_null(xfrm_refuses_sa(&gcm));
	assert_null(xfrm_refuses_sa(&cbc));
	cbc.replay_secs = 5;
	assert_non_null(xfrm_refuses_sa(&cbc));
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(kernel_without_esp),
		TEST(neither),
		TEST(kernel_first),
		TEST(counter_mode_moves_all),
		TEST(time_moves),
		TEST(multicast_moves),
		TEST(refused_move_stays),
		TEST(modes),
		TEST(what_the_kernel_cannot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
