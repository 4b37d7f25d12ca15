/* One box's GDOI: dispatch of datagrams and events between the ISAKMP
 * endpoint, the key-server groups and the memberships. */
#include "gdoi/gdoi.h"
#include <stdlib.h>
struct gdoi {
	const struct env *env;
	struct store *store;
};

struct gdoi *gdoi_new(const struct env *env, struct store *store)
{
	struct gdoi *g = xcalloc(1, sizeof(*g));

	g->env = env;
	g->store = store;
	return g;
}
void gdoi_free(struct gdoi *g)
{
	free(g);
}
void gdoi_set_isakmp(struct gdoi *g, const struct isakmp_config *c)
{
	(void)g;
	(void)c;
}
void gdoi_set_ks(struct gdoi *g, const struct ks_policy *v, size_t n)
{
	(void)g;
	(void)v;
	(void)n;
}
void gdoi_set_gm(struct gdoi *g, const struct gm_policy *v, size_t n)
{
	(void)g;
	(void)v;
	(void)n;
}
void gdoi_input(struct gdoi *g, const struct udp_path *path, struct span d)
{
	(void)g;
	(void)path;
	(void)d;
}
bool gdoi_clear(struct gdoi *g, const char *group, struct sbuf *why)
{
	(void)g;
	(void)group;
	(void)why;
	return true;
}
bool gdoi_ks_rekey(
	struct gdoi *g, const char *group, bool replace_now, struct sbuf *why)
{
	(void)g;
	(void)group;
	(void)replace_now;
	(void)why;
	return true;
}
void gdoi_clear_isakmp(struct gdoi *g)
{
	(void)g;
}
void gdoi_config_left(struct gdoi *g)
{
	(void)g;
}
void gdoi_dp_not_ipsec(
	struct gdoi *g, uint32_t group, const struct packet_key *k)
{
	(void)g;
	(void)group;
	(void)k;
}
void gdoi_dp_invalid_spi(struct gdoi *g, uint32_t group, uint32_t spi,
	const struct packet_key *k)
{
	(void)g;
	(void)group;
	(void)spi;
	(void)k;
}
size_t gdoi_ks_snapshot(const struct gdoi *g, struct ks_snapshot **out)
{
	(void)g;
	*out = NULL;
	return 0;
}
size_t gdoi_gm_snapshot(const struct gdoi *g, struct gm_snapshot **out)
{
	(void)g;
	*out = NULL;
	return 0;
}
size_t gdoi_ike_list(const struct gdoi *g, struct ike_sa_info *out, size_t max)
{
	(void)g;
	(void)out;
	(void)max;
	return 0;
}
void gdoi_ike_stats(const struct gdoi *g, struct ike_stats *out)
{
	(void)g;
	*out = (struct ike_stats){ 0 };
}
