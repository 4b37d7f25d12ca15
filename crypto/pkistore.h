/* What a trustpoint has got, on disk beside its keys: certificates, a request
 * that the CA has not answered, the CRL.  One file a trustpoint (and one for
 * its CRL), 0600, replaced atomically: after a crash the old or the new. */
#ifndef CRYPTO_PKISTORE_H
#define CRYPTO_PKISTORE_H
#include "crypto/der.h"
#include "crypto/keystore.h"

#define PKI_NAME_MAX    80
#define PKI_HEAD_MAX    64
#define PKI_CERTS_MAX   16
#define PKI_CERT_BYTES  16384 /* of one certificate or request */
#define PKI_CRL_BYTES   (4u << 20)
#define PKI_DIGEST_HEX  64

/* A certificate as the configuration names it: "ca 01", "02", "self-signed 01".
 */
struct pki_cert {
	char head[PKI_HEAD_MAX + 1];
	struct der der;
};
/* Of a request that goes on in the background. */
struct pki_poll {
	char label[KEY_LABEL_MAX + 1]; /* its key pair; "": nobody asks */
	bool automatic;                /* nobody has typed it */
	bool polling;                  /* the CA said PENDING */
	unsigned tries_left;
};
struct pki_entry {
	char name[PKI_NAME_MAX + 1];
	/* Of the certificates in the startup-config that this entry goes with;
	 * "": none. See cli/pki_sync.c. */
	char base[PKI_DIGEST_HEX + 1];
	struct pki_cert certs[PKI_CERTS_MAX];
	size_t n_certs;
	struct der request; /* PKCS#10; empty: none waits */
	struct pki_poll poll;
	struct der crl;     /* empty: none */
};

struct pkistore;
/* dir NULL: memory only.  Loads what is there; a file that is not one of ours
 * or is damaged stays where it is and is named in *problems. */
struct pkistore *pkistore_open(const char *dir, struct sbuf *problems);
void pkistore_close(struct pkistore *ps);
/* Lent until the next change; NULL: nothing is known of it. */
const struct pki_entry *pkistore_get(const struct pkistore *ps, const char *name);
/* The i-th by name; NULL at the end. */
const struct pki_entry *pkistore_at(const struct pkistore *ps, size_t i);
/* Each writes before it returns and copies what it is given.  0 or -errno, then
 * nothing has changed: -EINVAL a name that is none, -E2BIG. */
int pkistore_set_certs(struct pkistore *ps, const char *name,
	const struct pki_cert *v, size_t n);
int pkistore_set_base(struct pkistore *ps, const char *name, const char *base);
int pkistore_set_request(struct pkistore *ps, const char *name,
	struct span request); /* n 0: none; nobody asks */
/* How it stands with the request; -ENOENT: there is none. */
int pkistore_set_poll(struct pkistore *ps, const char *name,
	const struct pki_poll *poll);
int pkistore_set_crl(struct pkistore *ps, const char *name, struct span crl);
int pkistore_remove(struct pkistore *ps, const char *name); /* -ENOENT */
#endif
