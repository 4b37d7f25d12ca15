/* Building nf_tables objects: expressions in the order the kernel runs them.
 * All of it only fills a batch. */
#ifndef DATAPLANE_NFT_H
#define DATAPLANE_NFT_H
#include "dataplane/nl.h"
#include <libnftnl/rule.h>
#include <linux/netfilter/nf_tables.h>

/* What follows in the batch works on this table (lent until the batch ends) of
 * this family (NFPROTO_*); without it on DP_NFT_TABLE of family ip. */
void nft_use(struct nl_batch *b, uint8_t family, const char *table);
void nft_table_add(struct nl_batch *b);
void nft_table_del(struct nl_batch *b); /* with all that is in it */
/* hook < 0: a chain to jump to; type "filter" or "route". */
void nft_chain_add(struct nl_batch *b, const char *name, int hook, int prio,
	const char *type);
void nft_chain_flush(struct nl_batch *b, const char *name);
void nft_chain_del(struct nl_batch *b, const char *name); /* must be empty */

/* A set of fixed-length keys. */
void nft_set_add(
	struct nl_batch *b, const char *name, unsigned key_len, unsigned type);
void nft_set_change(struct nl_batch *b, const char *name, bool add,
	const void *key, unsigned len);

/* A rule under construction. */
struct nft_rule {
	struct nl_batch *b;
	struct nftnl_rule *r;
};
struct nft_rule nft_rule_begin(struct nl_batch *b, const char *chain);
void nft_rule_comment(struct nft_rule *r, const char *text);
void nft_rule_end(struct nft_rule *r); /* appends it to the batch */

/* Loads go to one register; the test that follows reads it. */
void nft_meta(struct nft_rule *r, enum nft_meta_keys key);
void nft_payload(struct nft_rule *r, enum nft_payload_bases base,
	unsigned offset, unsigned len);
void nft_fib(struct nft_rule *r, unsigned result, unsigned flags);
/* The IPv6 extension header of that type is there, or not (one byte, 0 or 1);
 * nft_option the same for an IPv4 option. */
void nft_exthdr(struct nft_rule *r, uint8_t type);
void nft_option(struct nft_rule *r, uint8_t type);
/* A field of an IPv6 extension header. */
void nft_exthdr_field(
	struct nft_rule *r, uint8_t type, unsigned offset, unsigned len);
void nft_bitwise(struct nft_rule *r, const void *mask, const void *xor,
	unsigned len);
void nft_cmp(struct nft_rule *r, enum nft_cmp_ops op, const void *data,
	unsigned len);
void nft_lookup(struct nft_rule *r, const char *set, bool inverted);
/* Membership in an anonymous set of n keys of len bytes each. */
void nft_lookup_anon(struct nft_rule *r, const void *keys, size_t n,
	unsigned len, bool inverted);

void nft_name_is(struct nft_rule *r, const char *name); /* a loaded name */
void nft_iifname(struct nft_rule *r, const char *name);
void nft_oifname(struct nft_rule *r, const char *name);
void nft_fib_oifname(struct nft_rule *r, const char *name);
void nft_fib_local(struct nft_rule *r);
void nft_fib_multicast(struct nft_rule *r);
void nft_protocol(struct nft_rule *r, uint8_t proto);
void nft_mark_is(struct nft_rule *r, uint32_t mark);

void nft_counter(struct nft_rule *r);
void nft_mark_set(struct nft_rule *r, uint32_t mark);
void nft_notrack(struct nft_rule *r);
void nft_limit(struct nft_rule *r, uint64_t per_second, uint32_t burst);
void nft_log(struct nft_rule *r, uint16_t group, uint32_t snap,
	const char *prefix);
void nft_reject(struct nft_rule *r, uint8_t icmp_code); /* unreachable */
void nft_tproxy(struct nft_rule *r, uint16_t port);
/* NF_ACCEPT, NF_DROP, NFT_RETURN, NFT_JUMP, NFT_GOTO; chain for the last two. */
void nft_verdict(struct nft_rule *r, int verdict, const char *chain);

/* 0: the kernel has that table; -ENOENT: it has not; -errno. */
int nft_table_check(struct nl *nl, uint8_t family, const char *table);

/* Calls fn with the name of each chain of a table; none when there is no such
 * table.  0 or -errno. */
int nft_table_chains(struct nl *nl, uint8_t family, const char *table,
	void (*fn)(void *ctx, const char *name), void *ctx);

/* Packets of the counters of a chain's rules, in order; rules without counter
 * count too, as 0.  Fills at most n, gives the number of rules.  -errno. */
int nft_chain_counters(
	struct nl *nl, const char *chain, uint64_t *v, size_t n);
/* The same in a table of ours other than DP_NFT_TABLE. */
int nft_table_counters(struct nl *nl, uint8_t family, const char *table,
	const char *chain, uint64_t *v, size_t n);
#endif
