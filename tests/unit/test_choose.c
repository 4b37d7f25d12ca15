/* Which backend each group gets, and that groups move whole.  Both backends are
 * the recording one here; the real ones meet in tests/vm. */
#include "dataplane/choose.h"
#include "dataplane/null.h"
#include "dataplane/xfrm.h"
#include "tests/unit/test.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct fake {
	bool missing;       /* cannot be opened */
	int group_set, sa_add; /* answers, if not 0 */
	int closes;
	struct dp *open;
} xfrm, user;

/* What happened, in order: "user:+1 user:sa300 xfrm:-1 ". */
static struct sbuf story;

static struct {
	int n;
	uint32_t group;
	char backend[8], why[80];
} moved;

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

static void told(const struct fake *f, char what, uint32_t n)
{
	sbuf_printf(&story, "%s:%c%u ", f == &xfrm ? "xfrm" : "user", what, n);
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
	struct fake *f = fake_of(dp);

	told(f, '+', g->id);
	return f->group_set ? f->group_set : dataplane_null.group_set(dp, g);
}

static void f_group_del(struct dp *dp, uint32_t id)
{
	told(fake_of(dp), '-', id);
	dataplane_null.group_del(dp, id);
}

static int f_sa_add(struct dp *dp, uint32_t g, const struct dp_sa *sa)
{
	struct fake *f = fake_of(dp);

	told(f, 's', sa->spi);
	return f->sa_add ? f->sa_add : dataplane_null.sa_add(dp, g, sa);
}

static int f_sa_use(struct dp *dp, uint32_t g, uint32_t spi)
{
	told(fake_of(dp), '>', spi);
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

static int f_ace_counters(struct dp *dp, uint32_t g, uint64_t *v, size_t n)
{
	return dataplane_null.ace_counters(dp, g, v, n);
}

static size_t f_groups(struct dp *dp, struct dp_group_view *v, size_t n)
{
	return dataplane_null.groups(dp, v, n);
}

#define OPS(how)                                                               \
	.open = how, .close = f_close, .group_set = f_group_set,               \
	.group_del = f_group_del, .sa_add = f_sa_add, .sa_use = f_sa_use,      \
	.sa_del = f_sa_del, .sa_counters = f_sa_counters,                      \
	.group_counters = f_group_counters, .groups = f_groups,                \
	.ace_counters = f_ace_counters
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

static void on_moved(
	void *ctx, uint32_t group, const char *backend, const char *why)
{
	(void)ctx;
	moved.n++;
	moved.group = group;
	snprintf(moved.backend, sizeof(moved.backend), "%s", backend);
	snprintf(moved.why, sizeof(moved.why), "%s", why);
}

static void open_it(void)
{
	static const struct dp_events ev = { .moved = on_moved };
	auto_sbuf struct sbuf why = { 0 };

	dp = dataplane_choose.open(NULL, &ev, &why);
}

/* The i-th group. */
static void expect(size_t i, const char *backend, const char *why)
{
	struct dp_choice_group g;

	assert_true(dp_choice_group(dp, i, &g));
	assert_string_equal(g.backend, backend);
	assert_non_null(strstr(g.why, why));
	assert_non_null(strcmp(backend, "xfrm") ? user.open : xfrm.open);
}

static void expect_box(const char *backend, const char *why)
{
	struct dp_choice c;

	dp_choice_get(dp, &c);
	assert_string_equal(c.backend, backend);
	assert_non_null(strstr(c.why, why));
	assert_true(c.uses_xfrm == (xfrm.open != NULL));
	assert_true(c.uses_user == (user.open != NULL));
}

/* Since the last time. */
static void expect_story(const char *text)
{
	assert_string_equal(sbuf_str(&story), text);
	sbuf_trunc(&story, 0);
}

static int setup(void **state)
{
	(void)state;
	any = ace_any(true);
	xfrm = user = (struct fake){ 0 };
	moved.n = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	dataplane_choose.close(dp);
	dp = NULL;
	sbuf_free(&story);
	return xfrm.open || user.open ? -1 : 0;
}

static void add_group(uint32_t id, uint32_t spi, bool counter)
{
	struct dp_sa sa = sa_of(spi, counter);
	struct dp_group g = group_of(id);

	assert_int_equal(dataplane_choose.group_set(dp, &g), 0);
	assert_int_equal(dataplane_choose.sa_add(dp, id, &sa), 0);
	assert_int_equal(dataplane_choose.sa_use(dp, id, spi), 0);
	sbuf_trunc(&story, 0);
}

static void kernel_without_esp(void **state)
{
	struct dp_choice c;

	(void)state;
	xfrm.missing = true;
	open_it();
	expect_box("user", "not here");
	dp_choice_get(dp, &c);
	assert_string_equal(c.probe, "not here");
	add_group(1, 300, false);
	expect(0, "user", "not here");
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
	(void)state;
	open_it();
	add_group(1, 300, false);
	expect(0, "xfrm", "kernel");
	expect_box("xfrm", "kernel");
	assert_null(user.open);
	assert_true(dp_null_has_sa(xfrm.open, 1, 300));
}

/* Only the group that needs it goes, in full before it is gone, and returns
 * with the last SA that kept it away. */
static void counter_mode_moves_its_group(void **state)
{
	struct dp_sa gcm = sa_of(301, true), cbc = sa_of(302, false);
	struct dp_group_counters c;
	struct dp_sa_counters s;

	(void)state;
	open_it();
	add_group(1, 300, false);
	add_group(2, 400, false);
	assert_int_equal(dataplane_choose.sa_add(dp, 1, &gcm), 0);
	expect_story("user:+1 user:s300 user:s301 user:>300 xfrm:-1 ");
	expect(0, "user", "counter modes");
	expect(1, "xfrm", "kernel");
	expect_box("xfrm", "kernel");
	assert_int_equal(moved.n, 1);
	assert_int_equal(moved.group, 1);
	assert_string_equal(moved.backend, "user");
	assert_non_null(strstr(moved.why, "counter modes"));
	assert_int_equal(dp_null_sending_spi(user.open, 1), 300);
	assert_true(acl_equal(dp_null_policy(user.open, 1), &all));
	assert_int_equal(dp_null_sending_spi(xfrm.open, 2), 400);
	/* Both backends' counts. */
	assert_int_equal(dataplane_choose.group_counters(dp, 1, &c), 0);
	assert_int_equal(c.encrypt, 20);
	assert_int_equal(c.drops[DP_DROP_NO_SA], 2);
	assert_int_equal(dataplane_choose.sa_counters(dp, 1, 300, &s), 0);
	assert_int_equal(s.encaps, 6);
	assert_int_equal(dataplane_choose.group_counters(dp, 2, &c), 0);
	assert_int_equal(c.encrypt, 10);

	assert_int_equal(dataplane_choose.sa_use(dp, 1, 301), 0);
	dataplane_choose.sa_del(dp, 1, 300);
	assert_int_equal(dataplane_choose.sa_add(dp, 1, &cbc), 0);
	assert_int_equal(dataplane_choose.sa_use(dp, 1, 302), 0);
	expect(0, "user", "counter modes"); /* it still receives by it */
	sbuf_trunc(&story, 0);
	dataplane_choose.sa_del(dp, 1, 301);
	expect_story("xfrm:+1 xfrm:s302 xfrm:>302 user:-1 ");
	expect(0, "xfrm", "kernel");
	assert_int_equal(user.closes, 0); /* its counters are not forgotten */
}

/* Without an SA a group has no reason to move, and waits for its next. */
static void empty_group_waits(void **state)
{
	struct dp_sa gcm = sa_of(301, true), cbc = sa_of(302, false);

	(void)state;
	open_it();
	add_group(1, 300, true);
	dataplane_choose.sa_del(dp, 1, 300);
	assert_int_equal(dataplane_choose.sa_add(dp, 1, &gcm), 0);
	expect_story("user:s301 ");
	dataplane_choose.sa_del(dp, 1, 301);
	assert_int_equal(dataplane_choose.sa_add(dp, 1, &cbc), 0);
	expect_story("xfrm:+1 xfrm:s302 user:-1 ");
}

static void cipher_that_the_kernel_lacks(void **state)
{
	struct dp_sa sa = sa_of(301, false), next = sa_of(302, false);

	(void)state;
	open_it();
	add_group(1, 300, false);
	xfrm.sa_add = -ENOTSUP;
	assert_int_equal(dataplane_choose.sa_add(dp, 1, &sa), 0);
	expect(0, "user", "lacks the cipher");
	xfrm.sa_add = 0;
	assert_int_equal(dataplane_choose.sa_add(dp, 1, &next), 0);
	expect(0, "user", "lacks the cipher");
	dataplane_choose.sa_del(dp, 1, 301);
	expect(0, "xfrm", "kernel");
	assert_true(dp_null_has_sa(xfrm.open, 1, 302));
	/* Any other error is one. */
	xfrm.sa_add = -EIO;
	assert_int_equal(dataplane_choose.sa_add(dp, 1, &sa), -EIO);
	expect(0, "xfrm", "kernel");
}

static void policy_that_the_kernel_does_not_take(void **state)
{
	struct dp_group g = group_of(1);

	(void)state;
	open_it();
	xfrm.group_set = -EIO;
	assert_int_equal(dataplane_choose.group_set(dp, &g), 0);
	expect(0, "user", "error");
	xfrm.group_set = 0;
	add_group(1, 300, false);
	expect(0, "xfrm", "kernel");
}

static void what_is_there_and_what_is_not(void **state)
{
	struct dp_sa sa = sa_of(300, false);
	struct dp_group_counters c;
	struct dp_sa_counters s;
	uint64_t ace = 7;

	(void)state;
	open_it();
	assert_int_equal(dataplane_choose.sa_add(dp, 1, &sa), -ENOENT);
	assert_int_equal(dataplane_choose.sa_use(dp, 1, 300), -ENOENT);
	assert_int_equal(dataplane_choose.sa_counters(dp, 1, 300, &s), -ENOENT);
	assert_int_equal(dataplane_choose.group_counters(dp, 1, &c), -ENOENT);
	assert_int_equal(
		dataplane_choose.ace_counters(dp, 1, &ace, 1), -ENOENT);
	assert_int_equal(ace, 0);
	add_group(1, 300, false);
	assert_int_equal(dataplane_choose.sa_add(dp, 1, &sa), -EEXIST);
	sa.spi = 0;
	assert_int_equal(dataplane_choose.sa_add(dp, 1, &sa), -EINVAL);
	dataplane_choose.group_del(dp, 1);
	expect_story("xfrm:-1 ");
	dataplane_choose.group_del(dp, 1);
	expect_story("");
}

static uint64_t told_ms; /* to the backend that keeps time */

static int u_time_set(struct dp *d, uint32_t g, uint64_t ms)
{
	assert_true(d == user.open);
	assert_int_equal(g, 1);
	told_ms = ms;
	return dataplane_null.time_set(d, g, ms);
}

/* The group's time goes along, and has gone on meanwhile. */
static void time_moves(void **state)
{
	struct dp_sa sa = sa_of(301, false);
	struct dp_replay r;

	(void)state;
	open_it();
	add_group(1, 300, false);
	assert_int_equal(dataplane_choose.time_set(dp, 2, 5), -ENOENT);
	assert_int_equal(dataplane_choose.time_set(dp, 1, 90000000), 0);
	assert_int_equal(told_ms, 0);
	assert_int_equal(dataplane_choose.replay_get(dp, 1, &r), 0);
	assert_true(r.has_clock);
	assert_in_range(r.pseudo_ms, 90000000, 90060000);
	sa.stamp = DP_STAMP_TBAR;
	sa.window_ms = 5000;
	assert_int_equal(dataplane_choose.sa_add(dp, 1, &sa), 0);
	expect_story("user:+1 user:s300 user:s301 user:>300 xfrm:-1 ");
	assert_in_range(told_ms, 90000000, 90060000);
	expect(0, "user", "stamp packets");
}

static void multicast_moves(void **state)
{
	struct ace mcast = ace_any(true);
	struct acl list = { .v = &mcast, .n = 1 };
	struct dp_group g = group_of(1);

	(void)state;
	open_it();
	add_group(1, 300, false);
	mcast.dst = (struct ip_wild){ 0xe8000000, 0xffffff };
	g.policy = &list;
	assert_int_equal(dataplane_choose.group_set(dp, &g), 0);
	expect(0, "user", "multicast");
	assert_true(acl_equal(dp_null_policy(user.open, 1), &list));
	g.policy = &all;
	assert_int_equal(dataplane_choose.group_set(dp, &g), 0);
	expect(0, "xfrm", "kernel");
	assert_int_equal(dp_null_sending_spi(xfrm.open, 1), 300);
}

static void refused_move_stays(void **state)
{
	struct dp_sa gcm = sa_of(301, true);

	(void)state;
	user.missing = true;
	open_it();
	add_group(1, 300, false);
	assert_int_equal(dataplane_choose.sa_add(dp, 1, &gcm), -ENODEV);
	expect(0, "xfrm", "kernel");
	assert_int_equal(dp_null_sending_spi(xfrm.open, 1), 300);
	assert_false(dp_null_has_sa(xfrm.open, 1, 301));
}

static void modes(void **state)
{
	auto_sbuf struct sbuf why = { 0 };
	struct dp_sa gcm = sa_of(301, true);

	(void)state;
	open_it();
	add_group(1, 300, false);
	assert_int_equal(dp_choose_mode(dp, DP_MODE_USER, &why), 0);
	expect(0, "user", "configured");
	expect_box("user", "configured");
	assert_null(xfrm.open);
	assert_int_equal(dp_null_sending_spi(user.open, 1), 300);
	assert_int_equal(dp_choose_mode(dp, DP_MODE_XFRM, &why), 0);
	expect(0, "xfrm", "configured");
	/* Asked for by name, it does not give way. */
	assert_int_equal(dataplane_choose.sa_add(dp, 1, &gcm), -EOPNOTSUPP);
	expect(0, "xfrm", "configured");
	assert_int_equal(dp_choose_mode(dp, DP_MODE_USER, &why), 0);
	/* It would refuse what the group has: that stays where it is. */
	xfrm.sa_add = -ENOMEM;
	assert_true(dp_choose_mode(dp, DP_MODE_XFRM, &why) < 0);
	assert_non_null(strstr(sbuf_str(&why), "group at wan"));
	expect(0, "user", "");
	assert_true(dp_null_has_sa(user.open, 1, 300));
	xfrm.sa_add = 0;
	assert_int_equal(dp_choose_mode(dp, DP_MODE_AUTO, &why), 0);
	expect(0, "xfrm", "kernel");
}

/* Others move, it stays and gets nothing new that the kernel cannot do. */
static void forced_beside_one_that_cannot(void **state)
{
	auto_sbuf struct sbuf why = { 0 };
	struct dp_sa gcm = sa_of(302, true), cbc = sa_of(303, false);

	(void)state;
	open_it();
	add_group(1, 300, false);
	add_group(2, 301, true);
	assert_int_equal(dp_choose_mode(dp, DP_MODE_USER, &why), 0);
	assert_int_equal(dp_choose_mode(dp, DP_MODE_XFRM, &why), -EOPNOTSUPP);
	assert_non_null(strstr(sbuf_str(&why), "counter modes"));
	expect(0, "xfrm", "configured");
	expect(1, "user", "counter modes");
	assert_int_equal(dp_null_sending_spi(user.open, 2), 301);
	assert_int_equal(dataplane_choose.sa_add(dp, 2, &gcm), -EOPNOTSUPP);
	assert_int_equal(dataplane_choose.sa_add(dp, 2, &cbc), 0);
	dataplane_choose.sa_del(dp, 2, 301);
	expect(1, "xfrm", "configured");
}

static void forced_without_the_kernel(void **state)
{
	auto_sbuf struct sbuf why = { 0 };

	(void)state;
	xfrm.missing = true;
	open_it();
	add_group(1, 300, true);
	assert_int_equal(dp_choose_mode(dp, DP_MODE_XFRM, &why), -ENODEV);
	assert_string_equal(sbuf_str(&why), "not here");
	expect_box("user", "not here");
	assert_int_equal(dp_null_sending_spi(user.open, 1), 300);
}

/* Of both sides, in crypto map order. */
static void groups_of_both(void **state)
{
	struct dp_group_view v[4];
	struct dp_group g;

	(void)state;
	open_it();
	add_group(1, 300, false);
	add_group(2, 301, true);
	add_group(3, 302, false);
	g = group_of(2);
	g.order = 5;
	assert_int_equal(dataplane_choose.group_set(dp, &g), 0);
	assert_int_equal(dataplane_choose.groups(dp, v, 4), 3);
	assert_int_equal(v[0].cfg.id, 2);
	assert_int_equal(v[1].cfg.id, 1);
	assert_int_equal(v[2].cfg.id, 3);
	assert_int_equal(dataplane_choose.groups(dp, v, 1), 3);
	assert_int_equal(dataplane_choose.groups(dp, NULL, 0), 3);
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
	g.ip6 = true;
	assert_non_null(xfrm_refuses_group(&g));
	g.ip6 = false;
	g.policy = NULL;
	assert_null(xfrm_refuses_group(&g));
	g.df = 2;
	assert_null(xfrm_refuses_group(&g));
	g.df = 1;
	assert_non_null(xfrm_refuses_group(&g));
	assert_non_null(xfrm_refuses_sa(&gcm));
	assert_null(xfrm_refuses_sa(&cbc));
	cbc.stamp = DP_STAMP_TBAR;
	cbc.window_ms = 5000;
	assert_non_null(xfrm_refuses_sa(&cbc));
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(kernel_without_esp),
		TEST(neither),
		TEST(kernel_first),
		TEST(counter_mode_moves_its_group),
		TEST(empty_group_waits),
		TEST(cipher_that_the_kernel_lacks),
		TEST(policy_that_the_kernel_does_not_take),
		TEST(what_is_there_and_what_is_not),
		TEST(time_moves),
		TEST(multicast_moves),
		TEST(refused_move_stays),
		TEST(modes),
		TEST(forced_beside_one_that_cannot),
		TEST(forced_without_the_kernel),
		TEST(groups_of_both),
		TEST(what_the_kernel_cannot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
