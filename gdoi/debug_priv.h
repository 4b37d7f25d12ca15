/* The engines' side of debug: what their call sites share.  All cost a test of
 * one byte while nobody listens. */
#ifndef GDOI_DEBUG_PRIV_H
#define GDOI_DEBUG_PRIV_H
#include "gdoi/debug.h"
#include "gdoi/ike_priv.h"

#define SA_DEBUG(sa, ID, ...)                                                  \
	DEBUG((sa)->ike->env.debug, ID, .conn = (sa)->conn_id,                 \
		.profile = (sa)->profile,                                      \
		.peer = (sa)->path.remote.ip, __VA_ARGS__)
/* Of a membership, towards the server at hand. */
#define GM_DEBUG(gm, ID, ...)                                                  \
	DEBUG((gm)->g->env->debug, ID, .group = (gm)->policy.group,            \
		.peer = *gm_server(gm), __VA_ARGS__)
#define KS_DEBUG(ks, ID, ...)                                                  \
	DEBUG((ks)->g->env->debug, ID, .group = (ks)->policy.group, __VA_ARGS__)

/* A datagram of ISAKMP came, of sa or (NULL) of none yet; or goes. */
void ike_debug_in(const struct ike *ike, const struct ike_sa *sa,
	const struct ike_dgram *in);
void ike_debug_out(const struct ike *ike, const struct ike_sa *sa,
	const struct udp_path *path, struct span data);
/* Every policy against every transform, up to the pair that fits.  NULL: why
 * there is none to offer. */
void ike_debug_offer(const struct ike *ike, const struct ike_peer *peer,
	const struct ike_offer *o);
void ike_debug_step(const struct ike_sa *sa, enum sa_event_kind kind,
	enum sa_state old, enum sa_state next);
void ike_debug_peer_id(const struct ike_sa *sa);
/* "(I) MM_KEY_EXCH" */
#define SA_WHERE 64
const char *sa_where(const struct ike_sa *sa, char buf[SA_WHERE]);
const char *ike_down_text(enum ike_down why);
const char *ike_cipher_text(enum cipher_id c); /* "AES-CBC 256", as IOS */
const char *ike_hash_text(enum hash_id h);     /* "SHA256" */
const char *ike_auth_text(enum ike_auth a);    /* "pre-share" */
#endif
