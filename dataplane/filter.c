/* The tables of the packet filters, one for each family:
 *
 *   prerouting, before defragmentation   in     lists by input device
 *   prerouting, behind the crypto marks  crypt  (IPv4) lists by the device that
 *                                               what is to be encrypted will
 *                                               leave by
 *   forward                              out    lists by output device
 *   lN                                          a list
 *   fN                                          the list as it applies to
 *                                               fragments but the first
 *   deny                                        unreachable, limited; drop
 *
 * A list's chain is never changed: a changed list gets a new one. */
#include "dataplane/filter.h"
#include "base/list.h"
#include "base/loop.h"
#include "dataplane/inbound.h"
#include "dataplane/nflog.h"
#include "dataplane/objects.h"
#include "dataplane/selector_nft.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHAIN_MAX          16
#define LOG_PER_SECOND     100
#define UNREACH_PER_SECOND 2 /* IOS: one in half a second */

struct filter_list {
	TAILQ_ENTRY(filter_list) link;
	struct acl acl;
	unsigned id;
	uint64_t *base; /* per entry: what earlier chains counted */
	bool wanted, in_kernel;
};
TAILQ_HEAD(filter_lists, filter_list);

struct bound {
	struct filter_bind bind; /* acl: the list's own */
	struct filter_list *list;
};

struct filters {
	struct nl nft, log;
	struct loop_fd *watch;
	struct filter_lists lists;
	struct bound *bound;
	size_t n_bound;
	unsigned next_id;
	bool has_table[2]; /* ip, ip6 */
	filter_log_fn *log_fn;
	void *ctx;
};

static const uint8_t families[2] = { NFPROTO_IPV4, NFPROTO_IPV6 };

struct chain_name {
	char s[CHAIN_MAX];
};

static struct chain_name chain_of(char kind, const struct filter_list *l)
{
	struct chain_name c;

	snprintf(c.s, sizeof(c.s), "%c%u", kind, l->id);
	return c;
}

/* ---- lists ---- */

static struct filter_list *list_new(struct filters *f, const struct acl *acl)
{
	struct filter_list *l = xcalloc(1, sizeof(*l));

	acl_dup(&l->acl, acl);
	l->id = f->next_id++;
	l->base = xcalloc(acl->n, sizeof(*l->base));
	return l;
}

static void list_free(struct filter_list *l)
{
	acl_free(&l->acl);
	free(l->base);
	free(l);
}

static struct filter_list *list_find(
	const struct filters *f, const char *name, bool ip6)
{
	struct filter_list *l;

	TAILQ_FOREACH(l, &f->lists, link)
		if (l->acl.ip6 == ip6 && !strcmp(l->acl.name, name))
			return l;
	return NULL;
}

/* Later fragments show no ports: a list that asks for some has a second chain
 * for them, in which such permits ask for the IP header alone and such denies
 * are left out (acl_judge). */
static bool list_has_fragments(const struct filter_list *l)
{
	for (size_t i = 0; i < l->acl.n; i++)
		if (ace_wants_l4(&l->acl.v[i]))
			return true;
	return false;
}

static void log_rule(struct nl_batch *b, const char *chain,
	const struct acl *acl, const struct ace *e)
{
	struct nft_rule r = nft_rule_begin(b, chain);
	char prefix[ACL_NAME_MAX + 24];

	snprintf(prefix, sizeof(prefix), "%c%u %s", acl->ip6 ? '6' : '4',
		e->seq, acl->name);
	ace_nft_test(&r, e);
	nft_limit(&r, LOG_PER_SECOND, LOG_PER_SECOND);
	nft_log(&r, DP_FILTER_GROUP, DP_FILTER_SNAP, prefix);
	nft_rule_end(&r);
}

static void entry_rules(struct nl_batch *b, const char *chain,
	const struct acl *acl, const struct ace *e)
{
	struct nft_rule r;

	if (e->log)
		log_rule(b, chain, acl, e);
	r = nft_rule_begin(b, chain);
	ace_nft_test(&r, e);
	nft_counter(&r);
	if (e->permit)
		nft_verdict(&r, NF_ACCEPT, NULL);
	else
		nft_verdict(&r, NFT_GOTO, "deny");
	ace_nft_comment(&r, e);
	nft_rule_end(&r);
}

/* What IOS permits at the end of an IPv6 list. */
static void discovery_rules(struct nl_batch *b, const char *chain)
{
	static const int16_t type[] = { ND_NEIGHBOR_SOLICIT,
		ND_NEIGHBOR_ADVERT };

	for (size_t i = 0; i < ARRAY_LEN(type); i++) {
		struct nft_rule r = nft_rule_begin(b, chain);
		struct ace e = ace_any(true);

		e.ip6 = true;
		e.proto = IPPROTO_ICMPV6;
		e.icmp_type = type[i];
		ace_nft_test(&r, &e);
		nft_verdict(&r, NF_ACCEPT, NULL);
		nft_rule_end(&r);
	}
}

static void chain_fill(struct nl_batch *b, const char *chain,
	const struct acl *acl, bool later)
{
	struct nft_rule r;

	for (size_t i = 0; i < acl->n; i++) {
		const struct ace *e = &acl->v[i];
		struct ace l3 = ace_l3(e);

		if (!later || !ace_wants_l4(e))
			entry_rules(b, chain, acl, e);
		else if (e->permit)
			entry_rules(b, chain, acl, &l3);
	}
	if (acl->ip6 && !later)
		discovery_rules(b, chain);
	r = nft_rule_begin(b, chain);
	nft_verdict(&r, NFT_GOTO, "deny");
	nft_rule_comment(&r, "implicit deny");
	nft_rule_end(&r);
}

static void list_build(struct nl_batch *b, const struct filter_list *l)
{
	struct chain_name all = chain_of('l', l), later = chain_of('f', l);

	nft_chain_add(b, all.s, -1, 0, NULL);
	if (list_has_fragments(l)) {
		struct nft_rule r;

		nft_chain_add(b, later.s, -1, 0, NULL);
		chain_fill(b, later.s, &l->acl, true);
		r = nft_rule_begin(b, all.s);
		if (l->acl.ip6)
			nft_fragment6(&r);
		else
			nft_fragment4(&r);
		nft_verdict(&r, NFT_GOTO, later.s);
		nft_rule_end(&r);
	}
	chain_fill(b, all.s, &l->acl, false);
}

static void list_unbuild(struct nl_batch *b, const struct filter_list *l)
{
	struct chain_name all = chain_of('l', l), later = chain_of('f', l);

	nft_chain_flush(b, all.s);
	if (list_has_fragments(l)) {
		nft_chain_flush(b, later.s);
		nft_chain_del(b, later.s);
	}
	nft_chain_del(b, all.s);
}

/* ---- the chains that lists hang on ---- */

static void deny_build(
	struct nl_batch *b, const struct bound *v, size_t n, bool ip6)
{
	struct nft_rule r;

	nft_chain_add(b, "deny", -1, 0, NULL);
	nft_chain_flush(b, "deny");
	for (size_t i = 0; i < n; i++) {
		if (!v[i].bind.quiet || v[i].list->acl.ip6 != ip6)
			continue;
		r = nft_rule_begin(b, "deny");
		nft_iifname(&r, v[i].bind.netdev);
		nft_verdict(&r, NF_DROP, NULL);
		nft_rule_end(&r);
	}
	r = nft_rule_begin(b, "deny");
	nft_limit(&r, UNREACH_PER_SECOND, UNREACH_PER_SECOND);
	nft_reject(&r, ip6 ? ICMP6_DST_UNREACH_ADMIN : ICMP_PKT_FILTERED);
	nft_rule_end(&r);
	r = nft_rule_begin(b, "deny");
	nft_verdict(&r, NF_DROP, NULL);
	nft_rule_end(&r);
}

static void in_build(
	struct nl_batch *b, const struct bound *v, size_t n, bool ip6)
{
	nft_chain_add(b, "in", NF_INET_PRE_ROUTING, NF_IP_PRI_RAW_BEFORE_DEFRAG,
		"filter");
	nft_chain_flush(b, "in");
	for (size_t i = 0; i < n; i++) {
		struct nft_rule r;

		if (v[i].bind.out || v[i].list->acl.ip6 != ip6)
			continue;
		r = nft_rule_begin(b, "in");
		nft_iifname(&r, v[i].bind.netdev);
		nft_verdict(&r, NFT_GOTO, chain_of('l', v[i].list).s);
		nft_rule_end(&r);
	}
}

static void out_build(
	struct nl_batch *b, const struct bound *v, size_t n, bool ip6)
{
	nft_chain_add(b, "out", NF_INET_FORWARD, NF_IP_PRI_FILTER, "filter");
	nft_chain_flush(b, "out");
	for (size_t i = 0; i < n; i++) {
		struct nft_rule r;

		if (!v[i].bind.out || v[i].list->acl.ip6 != ip6)
			continue;
		r = nft_rule_begin(b, "out");
		nft_oifname(&r, v[i].bind.netdev);
		nft_verdict(&r, NFT_GOTO, chain_of('l', v[i].list).s);
		nft_rule_end(&r);
	}
}

/* What is marked for encryption is about to be routed into a TUN, so its way
 * out shows only by a look at the routes without the mark. */
static void crypt_build(struct nl_batch *b, const struct bound *v, size_t n)
{
	static const uint32_t mask = DP_MARK_OUT_MASK, zero;
	static const uint32_t mark = DP_MARK_OUT(0);

	nft_chain_add(b, "crypt", NF_INET_PRE_ROUTING, NF_IP_PRI_MANGLE + 1,
		"filter");
	nft_chain_flush(b, "crypt");
	for (size_t i = 0; i < n; i++) {
		struct nft_rule r;

		if (!v[i].bind.out || v[i].list->acl.ip6)
			continue;
		r = nft_rule_begin(b, "crypt");
		nft_meta(&r, NFT_META_MARK);
		nft_bitwise(&r, &mask, &zero, sizeof(mask));
		nft_cmp(&r, NFT_CMP_EQ, &mark, sizeof(mark));
		nft_fib(&r, NFT_FIB_RESULT_OIFNAME, NFTA_FIB_F_DADDR);
		nft_name_is(&r, v[i].bind.netdev);
		nft_verdict(&r, NFT_GOTO, chain_of('l', v[i].list).s);
		nft_rule_end(&r);
	}
}

static bool family_wanted(const struct bound *v, size_t n, bool ip6)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].list->acl.ip6 == ip6)
			return true;
	return false;
}

/* anew: without regard to what should be there already. */
static void family_build(const struct filters *f, struct nl_batch *b,
	const struct bound *v, size_t n, bool ip6, bool anew)
{
	const struct filter_list *l;
	bool wanted = family_wanted(v, n, ip6);

	if (!wanted && !f->has_table[ip6])
		return; /* the kernel may lack the family */
	nft_use(b, families[ip6], DP_FILTER_TABLE);
	if (anew)
		nft_table_add(b); /* so that it can be deleted */
	if (anew || !wanted)
		nft_table_del(b);
	if (!wanted)
		return;
	nft_table_add(b);
	deny_build(b, v, n, ip6);
	TAILQ_FOREACH(l, &f->lists, link)
		if (l->acl.ip6 == ip6 && l->wanted && (anew || !l->in_kernel))
			list_build(b, l);
	in_build(b, v, n, ip6);
	out_build(b, v, n, ip6);
	if (!ip6)
		crypt_build(b, v, n);
	TAILQ_FOREACH(l, &f->lists, link)
		if (l->acl.ip6 == ip6 && !l->wanted && l->in_kernel && !anew)
			list_unbuild(b, l);
}

/* ---- counters ---- */

/* Adds what one chain of the list counted. */
static void chain_counts(struct filters *f, const struct filter_list *l,
	char kind, uint64_t *sum)
{
	bool later = kind == 'f';
	size_t max = 2 * l->acl.n + 8, at = 0;
	auto_free uint64_t *rule = xcalloc(max, sizeof(*rule));

	if (nft_table_counters(&f->nft, families[l->acl.ip6], DP_FILTER_TABLE,
		    chain_of(kind, l).s, rule, max) < 0)
		return;
	if (!later && list_has_fragments(l))
		at++;
	for (size_t i = 0; i < l->acl.n; i++) {
		const struct ace *e = &l->acl.v[i];

		if (later && ace_wants_l4(e) && !e->permit)
			continue;
		at += e->log;
		sum[i] += rule[at++];
	}
}

static uint64_t *list_counts(struct filters *f, const struct filter_list *l)
{
	uint64_t *sum = xmemdup(l->base, l->acl.n * sizeof(*sum));

	if (!l->in_kernel)
		return sum;
	chain_counts(f, l, 'l', sum);
	if (list_has_fragments(l))
		chain_counts(f, l, 'f', sum);
	return sum;
}

/* Entries that say the same under the same number go on counting. */
static void counts_carry(
	struct filters *f, const struct filter_list *old, struct filter_list *l)
{
	auto_free uint64_t *had = list_counts(f, old);
	size_t k = 0;

	for (size_t i = 0; i < l->acl.n; i++) {
		const struct ace *e = &l->acl.v[i];

		while (k < old->acl.n && old->acl.v[k].seq < e->seq)
			k++;
		if (k < old->acl.n && ace_equal(&old->acl.v[k], e))
			l->base[i] = had[k++];
	}
}

size_t filters_hits(
	struct filters *f, const char *list, bool ip6, struct ace_hits **out)
{
	const struct filter_list *l = list_find(f, list, ip6);

	*out = NULL;
	if (!l)
		return 0;
	auto_free uint64_t *sum = list_counts(f, l);

	*out = xcalloc(l->acl.n, sizeof(**out));
	for (size_t i = 0; i < l->acl.n; i++)
		(*out)[i] = (struct ace_hits){ l->acl.v[i].seq, sum[i] };
	return l->acl.n;
}

void filters_clear(struct filters *f, const char *list, bool ip6)
{
	struct filter_list *l;

	TAILQ_FOREACH(l, &f->lists, link) {
		if (l->acl.ip6 != ip6 || (list && strcmp(l->acl.name, list)))
			continue;
		auto_free uint64_t *sum = list_counts(f, l);

		for (size_t i = 0; i < l->acl.n; i++)
			l->base[i] -= sum[i]; /* modulo 2^64: back to zero */
	}
}

/* ---- setting ---- */

static bool bound_equal(
	const struct filters *f, const struct bound *v, size_t n)
{
	if (n != f->n_bound)
		return false;
	for (size_t i = 0; i < n; i++) {
		const struct filter_bind *a = &v[i].bind,
					 *b = &f->bound[i].bind;

		if (v[i].list != f->bound[i].list || a->out != b->out ||
			a->quiet != b->quiet || strcmp(a->netdev, b->netdev))
			return false;
	}
	return true;
}

/* The list for a bind: the one in force when it says the same, or a new one. */
static struct filter_list *list_take(struct filters *f, const struct acl *acl)
{
	struct filter_list *l, *old = NULL;

	TAILQ_FOREACH(l, &f->lists, link) {
		if (l->acl.ip6 != acl->ip6 || strcmp(l->acl.name, acl->name))
			continue;
		if (acl_equal(&l->acl, acl)) {
			l->wanted = true;
			return l;
		}
		old = l;
	}
	l = list_new(f, acl);
	l->wanted = true;
	if (old)
		counts_carry(f, old, l);
	TAILQ_INSERT_TAIL(&f->lists, l, link);
	return l;
}

/* Drops the lists that are not, or no longer, in the kernel. */
static void lists_sweep(struct filters *f, bool committed)
{
	struct filter_list *l, *next;

	TAILQ_FOREACH_SAFE(l, &f->lists, link, next) {
		if (committed)
			l->in_kernel = l->wanted;
		if (l->in_kernel)
			continue;
		TAILQ_REMOVE(&f->lists, l, link);
		list_free(l);
	}
}

static int bound_commit(
	struct filters *f, const struct bound *v, size_t n, bool anew)
{
	struct nl_batch b = { 0 };
	int rc;

	nl_batch_begin(&b);
	family_build(f, &b, v, n, false, anew);
	family_build(f, &b, v, n, true, anew);
	rc = nl_batch_commit(&f->nft, &b);
	nl_batch_free(&b);
	return rc;
}

static size_t inbound_take(
	struct inbound_name *to, const struct bound *v, size_t n)
{
	size_t at = 0;

	for (size_t i = 0; i < n; i++)
		if (!v[i].bind.out && !v[i].list->acl.ip6)
			memcpy(to[at++].netdev, v[i].bind.netdev, IFNAMSIZ);
	return at;
}

/* What is in force, and what is about to be. */
static void inbound_tell(
	const struct filters *f, const struct bound *fresh, size_t n)
{
	auto_free struct inbound_name *v =
		xcalloc(f->n_bound + n + 1, sizeof(*v));
	size_t at = inbound_take(v, f->bound, f->n_bound);

	inbound_set(v, at + inbound_take(v + at, fresh, n));
}

int filters_set(struct filters *f, const struct filter_bind *v, size_t n)
{
	struct bound *fresh = xcalloc(n + 1, sizeof(*fresh));
	struct filter_list *l;
	size_t n_fresh = 0;
	int rc = 0;

	TAILQ_FOREACH(l, &f->lists, link)
		l->wanted = false;
	for (size_t i = 0; i < n; i++) {
		struct bound *b = &fresh[n_fresh];

		if (v[i].acl->n == 0)
			continue;
		b->bind = v[i];
		b->list = list_take(f, v[i].acl);
		b->bind.acl = &b->list->acl;
		n_fresh++;
	}
	inbound_tell(f, fresh, n_fresh);
	if (!bound_equal(f, fresh, n_fresh))
		rc = bound_commit(f, fresh, n_fresh, false);
	if (rc) /* somebody may have flushed our tables */
		rc = bound_commit(f, fresh, n_fresh, true);
	if (rc)
		inbound_tell(f, NULL, 0);
	lists_sweep(f, rc == 0);
	if (rc) {
		free(fresh);
		return rc;
	}
	for (size_t i = 0; i < 2; i++)
		f->has_table[i] = family_wanted(fresh, n_fresh, i == 1);
	free(f->bound);
	f->bound = fresh;
	f->n_bound = n_fresh;
	inbound_tell(f, NULL, 0);
	return 0;
}

int filters_verify(struct filters *f)
{
	struct filter_list *l;
	int rc = 0;

	for (size_t i = 0; i < ARRAY_LEN(families) && !rc; i++)
		if (f->has_table[i])
			rc = nft_table_check(
				&f->nft, families[i], DP_FILTER_TABLE);
	if (rc != -ENOENT)
		return rc;
	TAILQ_FOREACH(l, &f->lists, link)
		l->wanted = true;
	rc = bound_commit(f, f->bound, f->n_bound, true);
	return rc ? rc : 1;
}

/* ---- reports ---- */

/* The prefix is the family, the entry's number and the list's name. */
static void report_take(void *ctx, const struct nflog_packet *k)
{
	const struct filters *f = ctx;
	const char *name = strchr(k->prefix, ' ');
	uint32_t seq = (uint32_t)strtoul(k->prefix + 1, NULL, 10);
	const struct filter_list *l;

	if (!name)
		return;
	l = list_find(f, name + 1, k->prefix[0] == '6');
	for (size_t i = 0; l && i < l->acl.n; i++) {
		const struct filter_hit hit = { .acl = &l->acl,
			.ace = &l->acl.v[i],
			.p = k->p,
			.n = k->n,
			.iif = k->iif,
			.mac = k->mac };

		if (l->acl.v[i].seq != seq)
			continue;
		f->log_fn(f->ctx, &hit);
		return;
	}
}

static void log_ready(void *arg, int events)
{
	struct filters *f = arg;

	(void)events;
	nflog_read(&f->log, report_take, f);
}

/* A family at a time: a kernel may lack IPv6. */
static void tables_reclaim(struct filters *f)
{
	for (size_t i = 0; i < ARRAY_LEN(families); i++) {
		struct nl_batch b = { 0 };

		/* Made first, so that deleting one that is not there is no
		 * error. */
		nl_batch_begin(&b);
		nft_use(&b, families[i], DP_FILTER_TABLE);
		nft_table_add(&b);
		nft_table_del(&b);
		(void)nl_batch_commit(&f->nft, &b);
		nl_batch_free(&b);
	}
}

struct filters *filters_open(
	struct loop *loop, filter_log_fn *log, void *ctx, struct sbuf *why)
{
	struct filters *f = xcalloc(1, sizeof(*f));
	int rc = nl_open(&f->nft, NETLINK_NETFILTER, 0);

	TAILQ_INIT(&f->lists);
	f->next_id = 1;
	f->log_fn = log;
	f->ctx = ctx;
	if (rc) {
		sbuf_printf(why, "nf_tables: %s", strerror(-rc));
		free(f);
		return NULL;
	}
	tables_reclaim(f);
	if (loop && log &&
		!nflog_open(&f->log, DP_FILTER_GROUP, DP_FILTER_SNAP))
		f->watch = loop_fd_add(
			loop, nl_fd(&f->log), LOOP_READ, log_ready, f);
	return f;
}

void filters_close(struct filters *f)
{
	if (!f)
		return;
	(void)filters_set(f, NULL, 0);
	tables_reclaim(f);
	if (f->watch)
		loop_fd_del(f->watch);
	nl_close(&f->log);
	nl_close(&f->nft);
	free(f->bound);
	free(f);
}
