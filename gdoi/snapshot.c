/* Frees what the engines' snapshots own. */
#include "gdoi/snapshot.h"
#include <stdlib.h>

/* The views point to const data because they are lent elsewhere; a snapshot
 * owns deep copies. */
static void acl_drop(const struct acl *a)
{
	union {
		const struct acl *lent;
		struct acl *own;
	} u = { .lent = a };

	if (u.own == NULL)
		return;
	acl_free(u.own);
	free(u.own);
}

void ks_snapshot_free(struct ks_snapshot *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		union {
			const uint8_t *lent;
			uint8_t *own;
		} kssids = { .lent = v[i].policy.kssids };

		for (size_t k = 0; k < v[i].policy.n_sas; k++) {
			acl_drop(v[i].policy.sa[k].acl);
			acl_drop(v[i].sa[k].policy.acl);
		}
		acl_drop(v[i].policy.authorization);
		free(kssids.own);
		free(v[i].tek);
		free(v[i].member);
	}
	free(v);
}

void gm_snapshot_free(struct gm_snapshot *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		acl_drop(v[i].policy.local_acl);
		acl_free(&v[i].acl);
		free(v[i].ace_matches);
		free(v[i].sig_key);
		free(v[i].tek);
	}
	free(v);
}
