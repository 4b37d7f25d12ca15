/* Netlink: one synchronous socket per user, and nf_tables batches that take
 * effect as a whole or not at all. */
#ifndef DATAPLANE_NL_H
#define DATAPLANE_NL_H
#include "base/mem.h"
#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <stdbool.h>

#define NL_BUF 8192 /* room for one message that is not in a batch */

struct nl {
	struct mnl_socket *s; /* NULL: closed */
	uint32_t portid, seq;
};
/* groups: old-style multicast mask, or 0.  0 or -errno. */
int nl_open(struct nl *n, int protocol, unsigned groups);
void nl_close(struct nl *n);
int nl_fd(const struct nl *n);

/* Starts a message in buf (NL_BUF bytes, aligned) with a new sequence. */
struct nlmsghdr *nl_msg(struct nl *n, void *buf, uint16_t type, uint16_t flags);
/* Sends and reads until the kernel acknowledged or the dump is done; cb (may
 * be NULL) sees every answer.  0 or -errno; -EINTR: a dump changed under us. */
int nl_talk(struct nl *n, struct nlmsghdr *h, mnl_cb_t cb, void *arg);
/* Name of an interface from an attribute, always terminated. */
void nl_strz(char *dst, size_t cap, const struct nlattr *a);

/* A batch of nf_tables messages.  Zero-initialised means empty. */
struct nl_batch {
	uint8_t *buf;
	size_t n, cap;
	uint32_t seq;
	uint8_t family;    /* what the functions of nft.h fill it for, set by */
	const char *table; /* nft_use; 0 and NULL: ip and DP_NFT_TABLE */
	bool own;          /* nft_table_add makes a table of ours alone */
};
#define NL_BATCH_MSG 32768 /* room guaranteed to one message */
void nl_batch_begin(struct nl_batch *b);
/* The header of a new message; fill it, then nl_batch_end_msg. */
struct nlmsghdr *nl_batch_msg(
	struct nl_batch *b, uint16_t type, uint16_t family, uint16_t flags);
void nl_batch_end_msg(struct nl_batch *b, const struct nlmsghdr *h);
/* Sends all of it; the first error is the cause and voids everything.  Empties
 * the batch.  0 or -errno. */
int nl_batch_commit(struct nl *n, struct nl_batch *b);
void nl_batch_free(struct nl_batch *b);
#endif
