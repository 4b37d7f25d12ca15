/* The world an engine sees.  The daemon gives the real one (router/env_loop),
 * the simulator a virtual one (tests/sim). No engine touches clock, socket,
 * file or random source otherwise. */
#ifndef GDOI_ENV_H
#define GDOI_ENV_H
#include "base/ip.h"
#include "base/mem.h"
#include "base/secret.h"
#include "base/timer.h"
#include "crypto/cert.h"
#include "crypto/sign.h"
#include "dataplane/ops.h"

/* Costly public-key operations, replaceable by a toy in a large simulation. */
struct dh;
struct crypto_ops {
	struct dh *(*dh_new)(uint32_t group);
	void (*dh_free)(struct dh *d);
	size_t (*dh_public)(const struct dh *d, uint8_t *out);
	int (*dh_shared)(const struct dh *d, struct span peer, struct secret *out);
	int (*sign)(const struct pkey *k, enum hash_id h, enum rsa_form form,
		const uint8_t *hash, uint8_t *sig, size_t *sig_n);
	bool (*verify)(const struct pkey *k, enum hash_id h, const uint8_t *hash,
		struct span sig, enum rsa_form *matched);
};
extern const struct crypto_ops crypto_ops_openssl; /* gdoi/env.c */

struct report;
struct debug;
enum env_key { ENV_KEY_IKE, ENV_KEY_KEK };
struct env {
	void *ctx;
	uint64_t (*now)(void *ctx);  /* monotonic ms */
	uint64_t (*wall)(void *ctx); /* ms since 1970: logs, stored state */
	void (*random)(void *ctx, void *p, size_t n);
	/* One datagram from path->local to path->remote; may fail silently. */
	void (*send)(void *ctx, const struct udp_path *path, struct span data);
	void (*report)(void *ctx, const struct report *r);
	/* Datagrams to this multicast group and port are wanted as they come in
	 * on that netdev, by *at: `local` when the netdev has it, else another
	 * of its addresses.  A join counts until as many leaves.  May be NULL:
	 * there is no multicast. 0 or -errno. */
	int (*join)(void *ctx, const struct udp_addr *group,
		const struct ip_addr *local, const char *netdev,
		struct ip_addr *at);
	void (*leave)(void *ctx, const struct udp_addr *group,
		const struct ip_addr *at);
	/* Who debugs (gdoi/debug.h); NULL: nobody ever. */
	const struct debug *debug;
	/* `rekey authentication mypubkey rsa L`: lent key or NULL. */
	struct pkey *(*key_get)(void *ctx, const char *label);
	/* Is it an address of this box now?  NULL: every address is. */
	bool (*is_local)(void *ctx, const struct ip_addr *a);
	/* Is it an address of the interface of that IOS name?  NULL: of every
	 * one. */
	bool (*is_on)(
		void *ctx, const char *ifname, const struct ip_addr *local);
	/* Keys as they come into use, for captures of test runs only: NULL
	 * everywhere else.  name: initiator's cookie, or SPI of the KEK. */
	void (*key_made)(void *ctx, enum env_key kind, struct span name,
		struct span key);
	/* The VRF that an address of this box is in, "" the global one. NULL:
	 * all are global. */
	const char *(*vrf_of)(void *ctx, const struct ip_addr *local);
	/* The revocation status of a peer's certificate is asked for and absent.
	 * True: it is being fetched, and the peer is heard again when it
	 * repeats itself; false: not to be had by that method.  NULL: nothing
	 * is ever fetched.  struct revocation_source in cert.h. */
	bool (*revocation_wanted)(void *ctx, const char *trustpoint,
		const struct cert *cert, const struct cert *issuer,
		enum revocation_method m);
	/* A group's policy is about to be given to the dataplane, or is gone
	 * from it.  NULL, both: nobody guards what it forbids. */
	void (*policy_hold)(void *ctx, const struct dp_group *d);
	void (*policy_gone)(void *ctx, uint32_t dp_group);
	/* A membership registered, or will not protect its traffic any more:
	 * told before it stops.  May be NULL. */
	void (*member_changed)(void *ctx);
	struct timers *timers;
	const struct crypto_ops *crypto;
	const struct dataplane_ops *dp_ops; /* with its open instance: */
	struct dp *dp;
};
#endif
