/* Random access list entries and packets that meet often enough. */
#ifndef TESTS_ACL_RANDOM_H
#define TESTS_ACL_RANDOM_H
#include "dataplane/selector.h"
#include <stddef.h>

uint32_t rnd(uint32_t below);
struct ace rnd_ace(uint32_t seq);
struct ace rnd_ace6(uint32_t seq);
/* The length; without a header checksum. */
size_t rnd_packet(uint8_t p[64]);
/* later: also fragments other than the first. */
size_t rnd_packet6(uint8_t p[128], bool later);

/* An entry of a long list: prefixes, protocols, often ports; now and then
 * anything else. */
enum acl_style { ACL_CROWDED, /* few addresses: most entries overlap */
	ACL_SPREAD, ACL_ALIKE /* of few prefix lengths */, ACL_STYLES };
struct ace rnd_ace_long(uint32_t seq, enum acl_style style);
/* A packet that an entry of the list, picked at random, is likely to match. */
size_t rnd_packet_for(const struct acl *acl, uint8_t p[64]);
#endif
