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
/* Can a table belong to the socket that made it (kernel 6.9)?  Then nothing
 * else changes it, not even by flushing the whole ruleset, until that socket
 * closes; it stays behind, for anybody. */
bool nft_can_own(struct nl *nl);
/* What to do about an error of these; "" where its text says all. */
const char *nft_hint(int rc);
/* Waits till a process that has just died lets go of that table. 0; -EPERM: its
 * owner lives on; -errno. */
int nft_table_await(struct nl *nl, uint8_t family, const char *table);
/* As nft_can_own of that table, taken over where an earlier run left it. */
bool nft_table_claim(struct nl *nl, uint8_t family, const char *table);
void nft_own_never(void); /* from now on as on an older kernel: for tests */
void nft_table_del(struct nl_batch *b); /* with all that is in it */
/* hook < 0: a chain to jump to; type "filter" or "route". */
void nft_chain_add(struct nl_batch *b, const char *name, int hook, int prio,
	const char *type);
/* At a hook of family netdev (NF_NETDEV_*) of one device. */
void nft_chain_add_device(struct nl_batch *b, const char *name, int hook,
	int prio, const char *device);
void nft_chain_flush(struct nl_batch *b, const char *name);
void nft_chain_del(struct nl_batch *b, const char *name); /* must be empty */

/* A set of fixed-length keys. */
void nft_set_add(
	struct nl_batch *b, const char *name, unsigned key_len, unsigned type);
void nft_set_del(struct nl_batch *b, const char *name);
void nft_set_change(struct nl_batch *b, const char *name, bool add,
	const void *key, unsigned len);

/* A rule under construction. */
struct nft_rule {
	struct nl_batch *b;
	struct nftnl_rule *r;
};
struct nft_rule nft_rule_begin(struct nl_batch *b, const char *chain);
void nft_rule_comment(struct nft_rule *r, const char *text);
/* What the rule counts is the count of that entry (nft_entry_counters). */
void nft_rule_entry(struct nft_rule *r, uint32_t entry);
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

/* A field of a map's key: where it stands in a packet. */
struct nft_field {
	enum nft_payload_bases base;
	uint8_t offset, len; /* at most 4 bytes */
	uint8_t type;        /* how nft shows it */
};
#define NFT_FIELDS_MAX 5
/* An anonymous map from concatenated fields to verdicts, which counts by
 * element and goes with its rule.
 * Of ranges: no two elements may overlap, the kernel would find either or
 * neither.  At least two fields, the most selective first.
 * Exact (mask): of what the mask leaves of each field; no key twice. */
struct nft_vmap {
	struct nl_batch *b;
	struct nftnl_set *set; /* what is yet to be added */
	const struct nft_field *field;
	const uint32_t *mask; /* for each field; NULL: ranges */
	size_t n_fields, waiting;
	uint32_t id;
};
/* field, mask: lent until the end.  size: how many elements to expect. */
struct nft_vmap nft_vmap_begin(struct nl_batch *b,
	const struct nft_field *field, const uint32_t *mask, size_t n,
	size_t size);
/* lo, hi (of ranges): a number for each field; entry as in nft_rule_entry. */
void nft_vmap_add(struct nft_vmap *m, const uint32_t *lo, const uint32_t *hi,
	int verdict, const char *chain, uint32_t entry);
/* Ends the map and lets the rule look up the packet in it. */
void nft_vmap_end(struct nft_vmap *m, struct nft_rule *r);

void nft_name_is(struct nft_rule *r, const char *name); /* a loaded name */
void nft_iifname(struct nft_rule *r, const char *name);
void nft_oifname(struct nft_rule *r, const char *name);
void nft_fib_oifname(struct nft_rule *r, const char *name);
void nft_fib_local(struct nft_rule *r);
void nft_fib_multicast(struct nft_rule *r);
void nft_protocol(struct nft_rule *r, uint8_t proto); /* of the batch's family */
void nft_protocol_load(struct nft_rule *r);
void nft_mark_is(struct nft_rule *r, uint32_t mark);

/* Something in the packet's IPsec transformation: it has one ahead of it (only
 * in POSTROUTING and the like); it was received by a state of that reqid. */
void nft_will_be_sealed(struct nft_rule *r, bool will);
void nft_opened_by(struct nft_rule *r, uint32_t reqid);

/* From the loaded value: into meta data, or into the IPv4 header, whose
 * checksum is corrected. */
void nft_meta_store(struct nft_rule *r, enum nft_meta_keys key);
void nft_ip_store(struct nft_rule *r, unsigned offset, unsigned len);
void nft_immediate(struct nft_rule *r, const void *data, unsigned len);

void nft_counter(struct nft_rule *r);
void nft_mark_set(struct nft_rule *r, uint32_t mark);
void nft_fwd(struct nft_rule *r, uint32_t ifindex); /* out of that device */
void nft_notrack(struct nft_rule *r);
void nft_limit(struct nft_rule *r, uint64_t per_second, uint32_t burst);
void nft_log(struct nft_rule *r, uint16_t group, uint32_t snap,
	const char *prefix);
void nft_reject(struct nft_rule *r, uint8_t icmp_code); /* unreachable */
void nft_tproxy(struct nft_rule *r, uint16_t port);
/* NF_ACCEPT, NF_DROP, NFT_RETURN, NFT_JUMP, NFT_GOTO; chain for the last two. */
void nft_verdict(struct nft_rule *r, int verdict, const char *chain);

/* Is it a table of IPv6 that the batch works on? */
bool nft_is_ip6(const struct nl_batch *b);
/* Whole rules.  One that never matches but makes the kernel reassemble what
 * comes in: port lists see whole packets. */
void nft_defrag(struct nl_batch *b, const char *chain);
/* Accepts what this box must say and hear on a link of IPv6: neighbour and
 * router discovery, listener reports.  In: to this box or the link's groups. */
void nft_neighbours(struct nl_batch *b, const char *chain, bool in);

/* 0: the kernel has that table; -ENOENT: it has not; -errno. */
int nft_table_check(struct nl *nl, uint8_t family, const char *table);

/* Does any table translate addresses of packets that leave? */
bool nft_translates(struct nl *nl);

/* Calls fn with the name of each chain of a table; none when there is no such
 * table.  0 or -errno. */
int nft_table_chains(struct nl *nl, uint8_t family, const char *table,
	void (*fn)(void *ctx, const char *name), void *ctx);

/* Packets of the counters of a chain's rules, in order; rules without counter
 * count too, as 0.  Fills at most n, gives the number of rules.  -errno. */
int nft_chain_counters(
	struct nl *nl, const char *chain, uint64_t *v, size_t n);
/* Packets by entry (nft_rule_entry, nft_vmap_add), summed over the rules of
 * the chain and the maps these look up; all n are filled.  0 or -errno. */
int nft_entry_counters(struct nl *nl, uint8_t family, const char *table,
	const char *chain, uint64_t *v, size_t n);
/* Those of nft_chain_counters in a table of ours other than DP_NFT_TABLE. */
int nft_table_counters(struct nl *nl, uint8_t family, const char *table,
	const char *chain, uint64_t *v, size_t n);
#endif
