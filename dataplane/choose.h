/* The backend in front of the others: gives each group to xfrm where kernel,
 * policy and SAs allow it, else to user.  When that changes the group moves
 * with its SAs, and none of its packets is in clear in between. */
#ifndef DATAPLANE_CHOOSE_H
#define DATAPLANE_CHOOSE_H
#include "dataplane/ops.h"

enum dp_mode { DP_MODE_AUTO, DP_MODE_XFRM, DP_MODE_USER };

/* opens with DP_MODE_AUTO */
extern const struct dataplane_ops dataplane_choose;

/* What is asked for from now on.  -errno and *why: groups stay where they are
 * as the other backend can not start or can not take them.  With DP_MODE_XFRM
 * what the kernel can not do is refused from then on, -EOPNOTSUPP. */
int dp_choose_mode(struct dp *dp, enum dp_mode mode, struct sbuf *why);

/* The library for what the kernel does not encrypt.  -errno and *why: all
 * stays. */
int dp_choose_crypto(struct dp *dp, enum dp_crypto crypto, struct sbuf *why);

/* How the user backend takes and sends packets. */
void dp_choose_ways(struct dp *dp, const struct dp_ways *w);

/* What becomes of DF and of packets that are too long on an interface; netdev
 * "": on those without an entry.  Goes over what groups are set with. */
struct dp_cut {
	char netdev[IFNAMSIZ];
	uint8_t df; /* as in dp_group */
	bool frag_after;
};
/* These from now on, for present groups too. */
void dp_choose_cuts(struct dp *dp, const struct dp_cut *v, size_t n);

struct dp_choice {
	enum dp_mode mode;
	const char *backend; /* of groups that nothing keeps from it */
	const char *why;
	bool uses_xfrm, uses_user; /* which are open */
	const char *probe;   /* why the kernel has no xfrm; NULL: it has */
	enum dp_crypto crypto; /* asked for */
	size_t n_groups;
};
struct dp_choice_group {
	struct dp_ways_now ways; /* NULL: the backend has but one */
	const char *backend, *why;
	char netdev[IFNAMSIZ];
	uint16_t order; /* of its crypto map entry */
	size_t n_entries, n_sas;
	uint32_t sending; /* SPI; 0 none */
	struct dp_group_counters count;
};
/* Texts are lent until the next call of anything here. */
void dp_choice_get(const struct dp *dp, struct dp_choice *out);
/* The i-th group; false: there are fewer. */
bool dp_choice_group(struct dp *dp, size_t i, struct dp_choice_group *out);
/* Its k-th SA, where it is not the kernel's; false: there are fewer. */
bool dp_choice_sa(
	struct dp *dp, size_t i, size_t k, struct dp_sa_view *out);
#endif
