/* Between nft.c and nft_map.c. */
#ifndef DATAPLANE_NFT_PRIV_H
#define DATAPLANE_NFT_PRIV_H
#include "dataplane/nft.h"
#include <libnftnl/set.h>

#define NFT_UDATA_ENTRY 0x67 /* a type nft passes over: nft_rule_entry */

/* libnftnl's allocators fail only for want of memory. */
void *nft_must(void *p);
uint8_t nft_family(const struct nl_batch *b);
struct nftnl_set *nft_set_new(const struct nl_batch *b, const char *name);
#endif
