/* Who is at the other end of a connection, and what that is good for. */
#ifndef CLI_PEER_H
#define CLI_PEER_H
#include "cli/session.h"

#include <sys/types.h>

struct peer {
	char user[33]; /* "" for root */
	uint8_t level; /* privilege that it starts with... */
	bool named;    /* ...because of a `username` entry */
};
/* From the kernel's word: root and members of the group gid (0: there is none)
 * get level 15, others the level of their `username` entry, which goes before
 * the group.  false: not to be admitted. */
bool peer_identify(
	int fd, const struct router *r, gid_t gid, struct peer *out);
#endif
