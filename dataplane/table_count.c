/* What the table's rules count. */
#include "dataplane/table_priv.h"
#include <errno.h>
#include <linux/netfilter.h>
#include <string.h>

int table_chain_sum(struct nl *nft, const char *chain,
	const struct table_group *g, uint64_t *sum)
{
	uint64_t v[4] = { 0 };
	int rc = nft_table_counters(nft, table_family(g->cfg.ip6), DP_NFT_TABLE,
		table_chain(chain, g).s, v, ARRAY_LEN(v));

	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		*sum += v[i];
	return rc < 0 ? rc : 0;
}

size_t table_entries(const struct table_group *g)
{
	return g->lists->local.n + g->lists->policy.n;
}

/* Of each entry of local, then of policy, in this generation. */
static int ace_counts(const struct table_group *g, uint64_t *v, size_t n)
{
	int rc = 0;

	memset(v, 0, n * sizeof(*v));
	if (g->in_kernel && g->cfg.policy)
		rc = nft_entry_counters(table_nl(), table_family(g->cfg.ip6),
			DP_NFT_TABLE, table_chain("out", g).s, v, n);
	return rc;
}

static int rule_counts(
	const struct table_group *g, uint64_t *ace, struct table_counts *out)
{
	const struct table_kind *k = g->table->kind;
	int rc = ace_counts(g, ace, table_entries(g));

	*out = (struct table_counts){ 0 };
	for (size_t i = 0; i < g->lists->policy.n; i++)
		if (g->lists->policy.v[i].permit)
			out->ace += ace[g->lists->local.n + i];
	if (rc || !g->in_kernel)
		return rc;
	rc = table_chain_sum(table_nl(), "clear", g, &out->not_ipsec);
	if (!rc)
		rc = table_chain_sum(table_nl(), "unk", g, &out->invalid_sa);
	if (!rc)
		rc = table_chain_sum(table_nl(), "odd", g, &out->invalid_sa);
	return rc || !k->counts ? rc : k->counts(table_nl(), g, out);
}

static void counts_add(struct table_counts *sum, const struct table_counts *c)
{
	sum->not_ipsec += c->not_ipsec;
	sum->invalid_sa += c->invalid_sa;
	sum->ace += c->ace;
	sum->no_sa += c->no_sa;
	sum->identity += c->identity;
}

int table_group_counts(const struct table_group *g, struct table_counts *out)
{
	auto_free uint64_t *ace = xcalloc(table_entries(g) + 1, sizeof(*ace));
	int rc = rule_counts(g, ace, out);

	counts_add(out, &g->base);
	return rc;
}

void table_counts_keep(struct table_group *g)
{
	auto_free uint64_t *ace = xcalloc(table_entries(g) + 1, sizeof(*ace));
	struct table_counts c;

	if (rule_counts(g, ace, &c))
		return;
	counts_add(&g->base, &c);
	for (size_t i = 0; i < table_entries(g); i++)
		g->ace_base[i] += ace[i];
}

/* n entries from the at-th of local and policy in a row. */
static int entry_counters(
	const struct table_group *g, size_t at, uint64_t *v, size_t n)
{
	size_t all = table_entries(g);
	auto_free uint64_t *ace = xcalloc(all + 1, sizeof(*ace));
	int rc = ace_counts(g, ace, all);

	for (size_t i = 0; i < n && at + i < all; i++)
		v[i] = ace[at + i] + g->ace_base[at + i];
	return rc;
}

int table_ace_counters(const struct table_group *g, uint64_t *v, size_t n)
{
	memset(v, 0, n * sizeof(*v));
	return g ? entry_counters(g, g->lists->local.n, v, n) : -ENOENT;
}

int table_local_counters(const struct table_group *g, uint64_t *v, size_t n)
{
	memset(v, 0, n * sizeof(*v));
	if (!g)
		return -ENOENT;
	return entry_counters(
		g, 0, v, n < g->lists->local.n ? n : g->lists->local.n);
}
