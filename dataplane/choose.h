/* The backend in front of the others: takes xfrm where kernel and groups allow
 * it, else user.  One backend serves all groups of the box; groups move from
 * one to the other with their SAs, and none of their packets is in clear in
 * between. */
#ifndef DATAPLANE_CHOOSE_H
#define DATAPLANE_CHOOSE_H
#include "dataplane/ops.h"

enum dp_mode { DP_MODE_AUTO, DP_MODE_XFRM, DP_MODE_USER };

/* opens with DP_MODE_AUTO */
extern const struct dataplane_ops dataplane_choose;

/* What is asked for from now on.  -errno and *why: the present backend stays,
 * as the other can not start or can not take what there is. */
int dp_choose_mode(struct dp *dp, enum dp_mode mode, struct sbuf *why);

struct dp_choice {
	enum dp_mode mode;
	const char *backend; /* that serves the groups now */
	const char *why;     /* it does */
	const char *probe;   /* why the kernel has no xfrm; NULL: it has */
	size_t n_groups;
};
struct dp_choice_group {
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
#endif
