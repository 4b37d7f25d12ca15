/* Access list entries as nf_tables rules. */
#ifndef DATAPLANE_SELECTOR_NFT_H
#define DATAPLANE_SELECTOR_NFT_H
#include "dataplane/nft.h"
#include "dataplane/selector.h"

/* Appends to `chain` what the list says: where an entry matches, it counts and
 * runs `permit` or `deny` (NF_*, NFT_RETURN; permit also NFT_GOTO with
 * permit_chain, or NFT_CONTINUE).  First match wins when neither goes on.  A
 * short list is a rule for each entry; of a long one the kernel looks up most
 * entries in maps (selector_plan.h).  nft_entry_counters reads
 * the counts. */
struct acl_verdicts {
	int permit, deny;
	const char *permit_chain;
	const char *const *permit_chains; /* one for each entry; or NULL */
	size_t first; /* the number that the first entry counts under */
};
void acl_nft_compile(struct nl_batch *b, const char *chain,
	const struct acl *acl, const struct acl_verdicts *v);
/* The parts of such a rule: where the entry matches, what follows runs; and
 * the text that nft lists it with.  The test of an IPv6 entry that wants a
 * transport field must not be asked about fragments other than the first, for
 * which nft_fragment6 is true. */
void ace_nft_test(struct nft_rule *r, const struct ace *e);
void nft_fragment4(struct nft_rule *r); /* the same of IPv4 */
void nft_fragment6(struct nft_rule *r);
void ace_nft_comment(struct nft_rule *r, const struct ace *e);
#endif
