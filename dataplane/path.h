/* What becomes of a packet: the decisions that the backends build rules from,
 * and the evaluator that answers for one packet what those rules do. */
#ifndef DATAPLANE_PATH_H
#define DATAPLANE_PATH_H
#include "dataplane/ops.h"

/* ---- the decisions, one place each ---- */

/* Is traffic that a permit selects taken out of the clear path?  can_send: an
 * SA takes it; without one it is dropped where the policy says so. */
bool path_encrypts(const struct dp_group *g, bool can_send);
/* Are clear packets that a permit selects refused on arrival?  They are while
 * this member itself would encrypt: when it lets traffic pass for want of an
 * SA, it lets it in as well. */
bool path_refuses_clear(const struct dp_group *g, bool can_send);
/* May what came out of ESP have been sent by a member under this policy? */
bool path_admits(const struct acl *policy, const struct acl *policy_in,
	const struct packet_key *inner);
/* How an entry of the mirrored policy judges ESP whose SPI we do not hold, by
 * the test *as.  ESP that it selects itself is a member's; under a narrower
 * permit it may be anybody's. */
enum path_esp { PATH_ESP_SKIP, PATH_ESP_ITSELF, PATH_ESP_ODD };
enum path_esp path_esp_entry(const struct ace *e, struct ace *as);

/* ---- the evaluator ---- */

enum path_fate { PATH_CLEAR, PATH_ENCRYPT, PATH_DECRYPT, PATH_DROP };
#define PATH_WHYS(X)                                                           \
	X(NO_GROUP, "no group has a policy on the interface")                  \
	X(GDOI, "GDOI is never encrypted")                                     \
	X(NEIGHBOURS, "neighbour discovery is never encrypted")                \
	X(NO_MATCH, "no entry selects it")                                     \
	X(LOCAL_DENY, "a local entry denies it")                               \
	X(DENY, "an entry of the key server denies it")                        \
	X(RECEIVE_ONLY, "selected, but the group only receives")               \
	X(NO_SA_CLEAR, "selected, but there is no SA")                         \
	X(NO_SA, "there is no SA to encrypt it with")                          \
	X(SELECTED, "an entry of the key server selects it")                   \
	X(CLEAR_REFUSED, "must be encrypted")                                  \
	X(CLEAR_ACCEPTED, "receive-only or passive takes it in clear")         \
	X(ESP_UNKNOWN, "ESP of an SPI that is not held")                       \
	X(ESP_ODD, "ESP of an SPI that is not held, may be another's")         \
	X(ESP_OUTSIDE, "the inner packet is outside the policy")               \
	X(FAIL_CLOSE, "the interface is fail-closed")                          \
	X(FAIL_CLOSE_DENY, "fail-closed, but its access list denies it")
enum path_why {
#define X(name, text) PATH_WHY_##name,
	PATH_WHYS(X)
#undef X
};
const char *path_why_text(enum path_why w);

struct path_verdict {
	enum path_fate fate;
	enum path_why why;
	const struct dp_group_view *group; /* of the array given; NULL: none */
	const struct ace *ace; /* lent by it, as the list has it; NULL: none */
	uint32_t spi;          /* PATH_ENCRYPT, PATH_DECRYPT */
};

/* v: the backend's groups (dataplane_ops.groups).
 * The packet is routed to `netdev`; own: this box sends it. */
struct path_verdict path_out(const struct dp_group_view *v, size_t n,
	const struct packet_key *k, const char *netdev, bool own);
/* It arrives on `netdev` as it is; to_us: its destination is this box's. */
struct path_verdict path_in(const struct dp_group_view *v, size_t n,
	const struct packet_key *k, const char *netdev, bool to_us);
/* It arrives as ESP with these addresses: under an SPI that is held where the
 * interface has one, else under an unknown one. */
struct path_verdict path_in_esp(const struct dp_group_view *v, size_t n,
	const struct packet_key *k, const char *netdev);
/* What the guard (guard.h) makes of the verdict on a packet that arrives on
 * (in) or is routed to a closed interface with that list.  ours: to this box,
 * or from it. */
void path_fail_close(struct path_verdict *r, const struct acl *list,
	const struct packet_key *k, bool in, bool ours);
#endif
