/* A phase-1 configuration of one end of the world, piece by piece. */
#ifndef TESTS_IKE_CONF_H
#define TESTS_IKE_CONF_H
#include "tests/unit/ike_world.h"

/* A configuration of one end, put together piece by piece. */
struct conf {
	struct isakmp_config c;
	struct isakmp_key key[4];
	struct isakmp_keyring ring[2];
	struct isakmp_profile profile[2];
	struct isakmp_match match[4];
	struct isakmp_peer_policy peer[1];
};

/* With one policy: AES-128, SHA-256, pre-shared keys, group 19. */
struct conf *conf_new(void);
struct isakmp_key *conf_key(
	struct conf *f, const char *text, uint32_t addr, uint32_t mask);
void conf_host_key(struct conf *f, const char *text, const char *host);
void conf_id(struct isakmp_id *id, enum isakmp_id_kind kind, const char *s);
/* `crypto isakmp peer address` of that end: Aggressive Mode towards it. */
void conf_peer(struct conf *f, const struct end *to);
/* A profile with its first match, whose value is left to the caller. */
struct isakmp_match *conf_profile(
	struct conf *f, const char *name, enum isakmp_match_kind kind);
void conf_use(struct end *e, struct conf *f); /* frees f */
#endif
