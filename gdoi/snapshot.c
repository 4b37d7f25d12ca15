/* Frees what the engines' snapshots own. */
#include "gdoi/snapshot.h"
#include "gdoi/gdoi_priv.h"
#include <stdlib.h>

void ks_snapshot_free(struct ks_snapshot *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < v[i].policy.n_sas; k++)
			policy_acl_drop(v[i].sa[k].policy.acl);
		ks_policy_drop(&v[i].policy);
		free(v[i].tek);
		free(v[i].member);
	}
	free(v);
}

void gm_snapshot_free(struct gm_snapshot *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		gm_policy_drop(&v[i].policy);
		acl_free(&v[i].acl);
		free(v[i].ace_matches);
		free(v[i].local_matches);
		free(v[i].sig_key);
		free(v[i].tek);
	}
	free(v);
}
