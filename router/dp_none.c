/* No dataplane: -ENODEV for whatever would need one. */
#include "router/dp_none.h"
#include <errno.h>

static struct dp *none_open(
	struct loop *loop, const struct dp_events *ev, struct sbuf *why)
{
	(void)loop, (void)ev, (void)why;
	return NULL;
}

static void none_close(struct dp *dp)
{
	(void)dp;
}

static int none_group_set(struct dp *dp, const struct dp_group *g)
{
	(void)dp, (void)g;
	return -ENODEV;
}

static void none_group_del(struct dp *dp, uint32_t id)
{
	(void)dp, (void)id;
}

static int none_sa_add(struct dp *dp, uint32_t group, const struct dp_sa *sa)
{
	(void)dp, (void)group, (void)sa;
	return -ENODEV;
}

static int none_sa_use(struct dp *dp, uint32_t group, uint32_t spi)
{
	(void)dp, (void)group, (void)spi;
	return -ENODEV;
}

static void none_sa_del(struct dp *dp, uint32_t group, uint32_t spi)
{
	(void)dp, (void)group, (void)spi;
}

static int none_sa_counters(
	struct dp *dp, uint32_t group, uint32_t spi, struct dp_sa_counters *out)
{
	(void)dp, (void)group, (void)spi;
	*out = (struct dp_sa_counters){ 0 };
	return -ENODEV;
}

static int none_group_counters(
	struct dp *dp, uint32_t group, struct dp_group_counters *out)
{
	(void)dp, (void)group;
	*out = (struct dp_group_counters){ 0 };
	return -ENODEV;
}

static int none_ace_counters(
	struct dp *dp, uint32_t group, uint64_t *v, size_t n)
{
	(void)dp, (void)group, (void)v, (void)n;
	return -ENODEV;
}

static unsigned none_inner_mtu(
	struct dp *dp, uint32_t group, const struct esp_suite *s)
{
	(void)dp, (void)group, (void)s;
	return 0;
}

const struct dataplane_ops dataplane_none = {
	.name = "none",
	.open = none_open,
	.close = none_close,
	.group_set = none_group_set,
	.group_del = none_group_del,
	.sa_add = none_sa_add,
	.sa_use = none_sa_use,
	.sa_del = none_sa_del,
	.sa_counters = none_sa_counters,
	.group_counters = none_group_counters,
	.ace_counters = none_ace_counters,
	.inner_mtu = none_inner_mtu,
};
