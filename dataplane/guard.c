/* The tables of what must not pass in clear, one of each family:
 *
 *   prerouting raw      defrag  as in the dataplane's table
 *   prerouting mangle   pre     from an interface: lists mirrored
 *   forward             forward to an interface
 *   output mangle       out     the same of our own packets
 *   postrouting mangle  post    meant for encryption, but about to leave
 *
 * and for each entry two chains, "o..." and "i...", whose names tell all that a
 * later run must know of it: kind, run, crypto map sequence, group, netdev.
 * The chains with a hook exist only while an entry is in force, so that nothing
 * is asked twice as long as all goes well. */
#include "dataplane/guard.h"
#include "base/list.h"
#include "dataplane/objects.h"
#include "dataplane/selector_nft.h"
#include "dataplane/watch.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define CHAIN_MAX   64
#define GDOI_PORT   848
#define ISAKMP_PORT 500

enum kind { HELD = 'h', CLOSED = 'c' };

struct entry {
	TAILQ_ENTRY(entry) link;
	char kind;
	uint32_t run, id; /* counted, so that no two have the same name */
	uint32_t group;   /* held: the dataplane's handle */
	uint16_t order;
	bool ip6; /* whose table it is in */
	char netdev[IFNAMSIZ];
	struct acl front, list; /* ours only: as given */
	bool out, in;           /* directions that it forbids */
	bool build, gone;       /* in the transaction under way */
};
TAILQ_HEAD(entries, entry);

struct guard {
	struct nl nft;
	struct entries entries;
	uint32_t run, last_id;
	bool hooked[2]; /* by ip6: the kernel has the chains with a hook */
	bool own[2];    /* no other program can change the table */
	struct watch *others[2]; /* unless own: what they do to it */
	void (*restored)(void *ctx, int rc);
	void *ctx;
};

struct chain_name {
	char s[CHAIN_MAX];
};

static struct chain_name chain_of(char dir, const struct entry *e)
{
	struct chain_name c;

	snprintf(c.s, sizeof(c.s), "%c%c.%08x.%u.%u.%s", dir, e->kind, e->run,
		e->order, e->id, e->netdev);
	return c;
}

static bool is_left(const struct guard *g, const struct entry *e)
{
	return e->run != g->run;
}

static bool in_force(const struct guard *g, const struct entry *e)
{
	return !e->gone && (e->kind == CLOSED || is_left(g, e));
}

static bool any_in_force(const struct guard *g, bool ip6)
{
	const struct entry *e;

	TAILQ_FOREACH(e, &g->entries, link)
		if (e->ip6 == ip6 && in_force(g, e))
			return true;
	return false;
}

static uint8_t family_of(bool ip6)
{
	return ip6 ? NFPROTO_IPV6 : NFPROTO_IPV4;
}

/* ---- rules ---- */

static void hook_add(struct nl_batch *b, const char *chain, int hook, int prio)
{
	nft_chain_add(b, chain, hook, prio, "filter");
	nft_chain_flush(b, chain);
}

static void accept_mark(struct nl_batch *b, const char *chain, uint32_t mark)
{
	struct nft_rule r = nft_rule_begin(b, chain);

	nft_mark_is(&r, mark);
	nft_verdict(&r, NF_ACCEPT, NULL);
	nft_rule_end(&r);
}

/* The marks of any slot of a backend. */
static void encrypt_test(struct nft_rule *r, uint32_t mark)
{
	static const uint32_t mask = DP_MARK_OUT_MASK, zero;

	nft_meta(r, NFT_META_MARK);
	nft_bitwise(r, &mask, &zero, sizeof(mask));
	nft_cmp(r, NFT_CMP_EQ, &mark, sizeof(mark));
}

static void accept_encrypt(
	struct nl_batch *b, const char *chain, uint32_t mark)
{
	struct nft_rule r = nft_rule_begin(b, chain);

	encrypt_test(&r, mark);
	nft_verdict(&r, NF_ACCEPT, NULL);
	nft_rule_end(&r);
}

static void port_test(struct nft_rule *r, unsigned offset, uint16_t port)
{
	uint16_t be = htons(port);

	nft_protocol(r, IPPROTO_UDP);
	nft_payload(r, NFT_PAYLOAD_TRANSPORT_HEADER, offset, 2);
	nft_cmp(r, NFT_CMP_EQ, &be, sizeof(be));
}

/* Key exchange of this box, and rekeys to a group; of IPv6 what finds the
 * neighbours. */
static void exchange_rules(struct nl_batch *b, const char *chain, bool in)
{
	static const uint16_t port[] = { GDOI_PORT, ISAKMP_PORT };
	struct nft_rule r;

	if (nft_is_ip6(b)) {
		nft_neighbours(b, chain, in);
		return; /* there is no key exchange over it */
	}
	for (size_t i = 0; i < ARRAY_LEN(port); i++) {
		r = nft_rule_begin(b, chain);
		port_test(&r, in ? 2 : 0, port[i]);
		if (in)
			nft_fib_local(&r);
		nft_verdict(&r, NF_ACCEPT, NULL);
		nft_rule_end(&r);
	}
	if (!in)
		return;
	r = nft_rule_begin(b, chain);
	port_test(&r, 2, GDOI_PORT);
	nft_fib_multicast(&r);
	nft_verdict(&r, NF_ACCEPT, NULL);
	nft_rule_end(&r);
}

/* Held ones first: what they let pass, fail-close judges after them. */
static void jump_rules(
	const struct guard *g, struct nl_batch *b, const char *chain, bool in)
{
	static const char kind[] = { HELD, CLOSED };
	bool ip6 = nft_is_ip6(b);
	const struct entry *e;

	for (size_t i = 0; i < sizeof(kind); i++)
		TAILQ_FOREACH(e, &g->entries, link) {
			struct nft_rule r;

			if (e->kind != kind[i] || e->ip6 != ip6 ||
				!in_force(g, e))
				continue;
			r = nft_rule_begin(b, chain);
			if (in)
				nft_iifname(&r, e->netdev);
			else
				nft_oifname(&r, e->netdev);
			nft_verdict(
				&r, NFT_JUMP, chain_of(in ? 'i' : 'o', e).s);
			nft_rule_end(&r);
		}
}

/* The rules that encrypt may be gone between their mark and the route. */
static void post_rules(const struct guard *g, struct nl_batch *b)
{
	bool ip6 = nft_is_ip6(b);
	const struct entry *e;

	TAILQ_FOREACH(e, &g->entries, link) {
		struct nft_rule r;

		if (e->ip6 != ip6 || !in_force(g, e))
			continue;
		r = nft_rule_begin(b, "post");
		nft_oifname(&r, e->netdev);
		encrypt_test(&r, DP_MARK_OUT(0));
		nft_verdict(&r, NF_DROP, NULL);
		nft_rule_end(&r);
		r = nft_rule_begin(b, "post");
		nft_oifname(&r, e->netdev);
		encrypt_test(&r, DP_XFRM_OUT(0));
		nft_will_be_sealed(&r, false);
		nft_verdict(&r, NF_DROP, NULL);
		nft_rule_end(&r);
	}
}

static void hooks_build(const struct guard *g, struct nl_batch *b)
{
	hook_add(b, "defrag", NF_INET_PRE_ROUTING, NF_IP_PRI_RAW);
	nft_defrag(b, "defrag");
	hook_add(b, "pre", NF_INET_PRE_ROUTING, NF_IP_PRI_MANGLE + 2);
	accept_mark(b, "pre", DP_MARK_IN);
	accept_mark(b, "pre", DP_XFRM_ESP);
	accept_mark(b, "pre", DP_XFRM_IN);
	exchange_rules(b, "pre", true);
	jump_rules(g, b, "pre", true);
	hook_add(b, "forward", NF_INET_FORWARD, NF_IP_PRI_MANGLE);
	accept_encrypt(b, "forward", DP_XFRM_OUT(0)); /* post looks at it */
	accept_encrypt(b, "forward", DP_MARK_LEAVE(0)); /* caught or lost */
	jump_rules(g, b, "forward", false);
	hook_add(b, "out", NF_INET_LOCAL_OUT, NF_IP_PRI_MANGLE + 2);
	accept_mark(b, "out", DP_MARK_OWN);
	accept_encrypt(b, "out", DP_MARK_OUT(0));
	accept_encrypt(b, "out", DP_MARK_LEAVE(0));
	accept_encrypt(b, "out", DP_XFRM_OUT(0));
	exchange_rules(b, "out", false);
	jump_rules(g, b, "out", false);
	hook_add(b, "post", NF_INET_POST_ROUTING, NF_IP_PRI_MANGLE);
	post_rules(g, b);
}

static const char *const hooks[] = { "defrag", "pre", "forward", "out", "post" };

static void hooks_unbuild(struct nl_batch *b)
{
	for (size_t i = 0; i < ARRAY_LEN(hooks); i++) {
		nft_chain_flush(b, hooks[i]);
		nft_chain_del(b, hooks[i]);
	}
}

static void list_rules(struct nl_batch *b, const char *chain,
	const struct acl *front, const struct acl *list, bool closed)
{
	/* The list's entries count under their index, the rest behind. */
	const struct acl_verdicts skip = { .permit = NFT_CONTINUE,
		.deny = NFT_RETURN,
		.first = list->n + 1 };
	static const struct acl_verdicts drop = {
		.permit = NF_DROP, .deny = NFT_RETURN
	};
	struct nft_rule r;

	acl_nft_compile(b, chain, front, &skip);
	acl_nft_compile(b, chain, list, &drop);
	if (!closed)
		return;
	r = nft_rule_begin(b, chain);
	nft_counter(&r);
	nft_verdict(&r, NF_DROP, NULL);
	nft_rule_comment(&r, "fail-close");
	nft_rule_entry(&r, (uint32_t)list->n);
	nft_rule_end(&r);
}

static void entry_build(struct nl_batch *b, const struct entry *e)
{
	struct chain_name out = chain_of('o', e), in = chain_of('i', e);
	struct acl front, list;

	nft_chain_add(b, out.s, -1, 0, NULL);
	nft_chain_flush(b, out.s);
	nft_chain_add(b, in.s, -1, 0, NULL);
	nft_chain_flush(b, in.s);
	if (e->out)
		list_rules(b, out.s, &e->front, &e->list, e->kind == CLOSED);
	if (!e->in)
		return;
	acl_mirror(&front, &e->front);
	acl_mirror(&list, &e->list);
	list_rules(b, in.s, &front, &list, e->kind == CLOSED);
	acl_free(&front);
	acl_free(&list);
}

static void entry_unbuild(struct nl_batch *b, const struct entry *e)
{
	static const char dir[] = { 'o', 'i' };

	for (size_t i = 0; i < sizeof(dir); i++) {
		struct chain_name c = chain_of(dir[i], e);

		nft_chain_flush(b, c.s);
		nft_chain_del(b, c.s);
	}
}

/* ---- the list of entries ---- */

static void entry_free(struct guard *g, struct entry *e)
{
	TAILQ_REMOVE(&g->entries, e, link);
	acl_free(&e->front);
	acl_free(&e->list);
	free(e);
}

static struct entry *entry_add(
	struct guard *g, char kind, bool ip6, const char *netdev)
{
	struct entry *e = xcalloc(1, sizeof(*e));

	e->kind = kind;
	e->ip6 = ip6;
	e->run = g->run;
	e->id = ++g->last_id;
	e->build = true;
	snprintf(e->netdev, sizeof(e->netdev), "%s", netdev);
	TAILQ_INSERT_TAIL(&g->entries, e, link);
	return e;
}

/* Ends a transaction: what failed was never there, what went is forgotten. */
static void entries_sweep(struct guard *g, bool committed)
{
	struct entry *e, *next;

	TAILQ_FOREACH_SAFE(e, &g->entries, link, next) {
		bool drop = committed ? e->gone : e->build;

		if (drop)
			entry_free(g, e);
		else
			e->build = e->gone = false;
	}
}

static bool entries_remain(const struct guard *g, bool ip6)
{
	const struct entry *e;

	TAILQ_FOREACH(e, &g->entries, link)
		if (e->ip6 == ip6 && !e->gone)
			return true;
	return false;
}

static void batch_fill(
	const struct guard *g, struct nl_batch *b, bool ip6, bool anew)
{
	bool remain = entries_remain(g, ip6);
	const struct entry *e;

	nft_use(b, family_of(ip6), DP_GUARD_TABLE);
	b->own = g->own[ip6];
	nft_table_add(b); /* also so that deleting it is no error */
	if (anew || !remain)
		nft_table_del(b);
	if (!remain)
		return;
	if (anew)
		nft_table_add(b);
	TAILQ_FOREACH(e, &g->entries, link)
		if (e->ip6 == ip6 && !e->gone && (e->build || anew))
			entry_build(b, e);
	if (any_in_force(g, ip6))
		hooks_build(g, b);
	else if (g->hooked[ip6] && !anew)
		hooks_unbuild(b);
	TAILQ_FOREACH(e, &g->entries, link)
		if (e->ip6 == ip6 && e->gone && !e->build && !anew)
			entry_unbuild(b, e);
}

/* anew: without what an earlier run left, which only the kernel knows. */
static int guard_commit(struct guard *g, bool anew)
{
	struct nl_batch b = { 0 };
	struct entry *e;
	int rc;

	TAILQ_FOREACH(e, &g->entries, link)
		e->gone |= anew && is_left(g, e);
	nl_batch_begin(&b);
	batch_fill(g, &b, false, anew);
	batch_fill(g, &b, true, anew);
	rc = nl_batch_commit(&g->nft, &b);
	nl_batch_free(&b);
	for (int ip6 = 0; ip6 < 2 && !rc; ip6++)
		g->hooked[ip6] = any_in_force(g, ip6);
	entries_sweep(g, rc == 0);
	return rc;
}

/* ---- what an earlier run left ---- */

struct left {
	struct guard *g;
	bool ip6;
};

static void chain_take(void *ctx, const char *name)
{
	const struct left *l = ctx;
	struct guard *g = l->g;
	struct entry e = { 0 }, *fresh;
	unsigned order;

	for (size_t i = 0; i < ARRAY_LEN(hooks); i++)
		g->hooked[l->ip6] |= strcmp(name, hooks[i]) == 0;
	if (sscanf(name, "o%c.%8x.%u.%u.%15s", &e.kind, &e.run, &order, &e.id,
		    e.netdev) != 5)
		return;
	fresh = entry_add(g, e.kind, l->ip6, e.netdev);
	fresh->run = e.run;
	fresh->id = e.id;
	fresh->order = (uint16_t)order;
	fresh->build = false;
}

static int left_take(struct guard *g)
{
	int rc = 0;

	for (int ip6 = 0; ip6 < 2 && !rc; ip6++) {
		struct left l = { g, ip6 };

		rc = nft_table_chains(&g->nft, family_of(ip6), DP_GUARD_TABLE,
			chain_take, &l);
	}
	if (rc || (TAILQ_EMPTY(&g->entries) && !g->hooked[0] && !g->hooked[1]))
		return rc;
	return guard_commit(g, false);
}

static int tables_claim(struct guard *g)
{
	int rc = 0;

	for (int ip6 = 0; ip6 < 2 && !rc; ip6++) {
		rc = nft_table_await(&g->nft, family_of(ip6), DP_GUARD_TABLE);
		if (!rc)
			g->own[ip6] = nft_table_claim(
				&g->nft, family_of(ip6), DP_GUARD_TABLE);
	}
	return rc;
}

struct guard *guard_open(struct sbuf *why)
{
	struct guard *g = xcalloc(1, sizeof(*g));
	int rc = nl_open(&g->nft, NETLINK_NETFILTER, 0);

	TAILQ_INIT(&g->entries);
	if (getrandom(&g->run, sizeof(g->run), 0) != sizeof(g->run))
		abort();
	if (!rc)
		rc = tables_claim(g);
	if (!rc)
		rc = left_take(g);
	if (!rc)
		return g;
	sbuf_printf(why, "nf_tables: %s%s", strerror(-rc), nft_hint(rc));
	while (!TAILQ_EMPTY(&g->entries))
		entry_free(g, TAILQ_FIRST(&g->entries));
	nl_close(&g->nft);
	free(g);
	return NULL;
}

void guard_free(struct guard *g, bool keep)
{
	struct entry *e;

	if (!g)
		return;
	TAILQ_FOREACH(e, &g->entries, link)
		e->gone = !keep || e->kind != CLOSED;
	(void)guard_commit(g, false);
	watch_free(g->others[0]);
	watch_free(g->others[1]);
	while ((e = TAILQ_FIRST(&g->entries)))
		entry_free(g, e);
	nl_close(&g->nft);
	free(g);
}

static struct guard_left left_of(const struct entry *e)
{
	struct guard_left l = { .ip6 = e->ip6,
		.closed = e->kind == CLOSED,
		.order = e->order };

	memcpy(l.netdev, e->netdev, sizeof(l.netdev));
	return l;
}

bool guard_left_at(const struct guard *g, size_t i, struct guard_left *out)
{
	const struct entry *e;

	TAILQ_FOREACH(e, &g->entries, link) {
		if (!is_left(g, e) || i-- > 0)
			continue;
		*out = left_of(e);
		return true;
	}
	return false;
}

int guard_left_drop(struct guard *g, guard_done_fn *done, void *ctx)
{
	struct entry *e;
	bool any = false;

	TAILQ_FOREACH(e, &g->entries, link) {
		struct guard_left l = left_of(e);

		if (!is_left(g, e))
			continue;
		e->gone = done(ctx, &l);
		any |= e->gone;
	}
	return any ? guard_commit(g, false) : 0;
}

/* ---- of this run ---- */

static struct entry *closed_find(
	const struct guard *g, const char *netdev, bool ip6)
{
	struct entry *e;

	TAILQ_FOREACH(e, &g->entries, link)
		if (e->kind == CLOSED && e->ip6 == ip6 && !is_left(g, e) &&
			!e->build && !strcmp(e->netdev, netdev))
			return e;
	return NULL;
}

static bool closed_is(const struct entry *e, const struct acl *acl)
{
	return acl ? acl_equal(&e->list, acl) : e->list.n == 0;
}

int guard_close_set(struct guard *g, const struct guard_closed *v, size_t n)
{
	struct entry *e;
	bool change = false;

	TAILQ_FOREACH(e, &g->entries, link)
		e->gone = e->kind == CLOSED && !is_left(g, e);
	for (size_t i = 0; i < n; i++) {
		e = closed_find(g, v[i].netdev, v[i].ip6);
		if (e && closed_is(e, v[i].acl)) {
			e->gone = false;
			continue;
		}
		e = entry_add(g, CLOSED, v[i].ip6, v[i].netdev);
		e->out = e->in = change = true;
		if (v[i].acl)
			acl_dup(&e->list, v[i].acl);
	}
	TAILQ_FOREACH(e, &g->entries, link)
		change |= e->gone;
	return change ? guard_commit(g, false) : 0;
}

static struct entry *held_find(const struct guard *g, uint32_t group)
{
	struct entry *e;

	TAILQ_FOREACH(e, &g->entries, link)
		if (e->kind == HELD && !is_left(g, e) && e->group == group)
			return e;
	return NULL;
}

static bool held_equal(const struct entry *a, const struct entry *b)
{
	return a->order == b->order && a->ip6 == b->ip6 && a->out == b->out && a->in == b->in &&
	       !strcmp(a->netdev, b->netdev) &&
	       acl_equal(&a->front, &b->front) && acl_equal(&a->list, &b->list);
}

int guard_hold(struct guard *g, const struct dp_group *d)
{
	struct entry *old = held_find(g, d->id);
	struct entry *e = entry_add(g, HELD, d->ip6, d->netdev);

	e->group = d->id;
	e->order = d->order;
	e->out = d->policy && d->encrypt_out && d->no_sa == DP_NO_SA_DROP;
	e->in = d->policy && d->clear_in == DP_CLEAR_IN_DROP;
	if (d->local)
		acl_dup(&e->front, d->local);
	if (d->policy)
		acl_dup(&e->list, d->policy);
	if (old && held_equal(old, e)) {
		entry_free(g, e);
		return 0;
	}
	if (old)
		old->gone = true;
	return guard_commit(g, false);
}

void guard_unhold(struct guard *g, uint32_t group)
{
	struct entry *e = held_find(g, group);

	if (!e)
		return;
	e->gone = true;
	(void)guard_commit(g, false);
}

/* ---- looks ---- */

uint64_t guard_drops(struct guard *g, const char *netdev, bool ip6)
{
	static const char dir[] = { 'o', 'i' };
	const struct entry *e = closed_find(g, netdev, ip6);
	uint64_t sum = 0;

	for (size_t i = 0; e && i < sizeof(dir); i++) {
		auto_free uint64_t *v = xcalloc(e->list.n + 1, sizeof(*v));

		if (nft_entry_counters(&g->nft, family_of(ip6), DP_GUARD_TABLE,
			    chain_of(dir[i], e).s, v, e->list.n + 1))
			continue;
		sum += v[e->list.n];
		for (size_t k = 0; k < e->list.n; k++)
			sum += e->list.v[k].permit ? v[k] : 0;
	}
	return sum;
}

static bool any_left(const struct guard *g)
{
	const struct entry *e;

	TAILQ_FOREACH(e, &g->entries, link)
		if (is_left(g, e))
			return true;
	return false;
}

/* Is a table gone that should be there? */
static bool any_lost(struct guard *g)
{
	bool lost = false;

	for (int ip6 = 0; ip6 < 2; ip6++)
		if (entries_remain(g, ip6))
			lost |= nft_table_check(&g->nft, family_of(ip6),
					DP_GUARD_TABLE) != 0;
	return lost;
}

/* What an earlier run left is not ours to write anew: while there is some only
 * the loss of a whole table counts. */
static void changed_by_others(void *arg, bool missed)
{
	struct guard *g = arg;
	int rc;

	if (TAILQ_EMPTY(&g->entries))
		return;
	if (!any_lost(g) && (missed || any_left(g)))
		return;
	rc = guard_commit(g, true);
	g->restored(g->ctx, rc);
}

void guard_watch(struct guard *g, struct loop *loop,
	void (*fn)(void *ctx, int rc), void *ctx)
{
	g->restored = fn;
	g->ctx = ctx;
	for (int ip6 = 0; ip6 < 2; ip6++)
		if (!g->own[ip6])
			g->others[ip6] = watch_table(loop, &g->nft,
				family_of(ip6), DP_GUARD_TABLE,
				changed_by_others, g);
}
