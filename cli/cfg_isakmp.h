/* What the files of the phase-1 configuration share: each adds its part to the
 * view that cfg_isakmp.c hands to the box. */
#ifndef CLI_CFG_ISAKMP_H
#define CLI_CFG_ISAKMP_H
#include "cli/cfg.h"
#include "cli/cfg_if.h"

#define ISAKMP_KEYRINGS_MAX 1000

/* cfg_keyring.c: keys and keyrings. */
void keyring_view(const struct router *r, struct isakmp_view *v);
/* The key of a line in clear, for the caller to free. false: there is none that
 * can be read. */
bool isakmp_key_take(const struct node *n, struct secret *out);
/* cmd_fixup: bounds a key, and seals it where the configuration says so. */
int isakmp_key_seal(
	struct tree *t, struct node *section, struct node *n, struct sbuf *why);
int isakmp_key_check(const struct node *n, struct sbuf *why);
/* The address of a `local-address` line. false: the interface has none. */
bool isakmp_local_view(
	const struct router *r, const struct node *n, struct ip_addr *out);

/* cfg_isakmp_profile.c: identity, profiles, peers. After keyring_view. */
void isakmp_profile_view(const struct router *r, struct isakmp_view *v);
#endif
