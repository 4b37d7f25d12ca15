/* What the kernel's ESP can not do for a group. */
#include "dataplane/xfrm.h"

const char *xfrm_refuses_group(const struct dp_group *g)
{
	if (g->ip6)
		return "IPv6 addresses are not preserved by the kernel";
	/* A packet without DF that grows too big goes in pieces. */
	if (g->df == 1)
		return "the kernel fragments what it has encrypted, which DF "
		       "forbids";
	if (!g->policy)
		return NULL;
	for (size_t i = 0; i < g->policy->n; i++) {
		const struct ace *e = &g->policy->v[i];

		if (e->permit && ace_is_multicast(e))
			return "forwarded multicast is not encrypted by the "
			       "kernel";
	}
	return NULL;
}

const char *xfrm_refuses_sa(const struct dp_sa *sa)
{
	const struct esp_cipher_alg *c = esp_cipher_alg(sa->suite.cipher);

	if (c && c->counter_mode)
		return "the kernel knows no sender identifiers for counter "
		       "modes";
	if (sa->stamp != DP_STAMP_NONE)
		return "the kernel does not stamp packets with their time";
	return NULL;
}
