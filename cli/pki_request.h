/* Certificate requests as the lines of a trustpoint want them. */
#ifndef CLI_PKI_REQUEST_H
#define CLI_PKI_REQUEST_H
#include "cli/pki.h"

/* What the user may be asked for, unless lines say it. */
struct pki_names {
	bool with_serial;
	struct ip_addr ip;    /* family 0: none */
	const char *password; /* challenge, where no line has one; NULL: none */
};
/* As the lines say; where they are silent: without. */
void pki_names_read(
	const struct router *r, const struct node *tp, struct pki_names *out);
/* HOST.DOMAIN, or `fqdn`; empty: `fqdn none`. */
void pki_fqdn(const struct router *r, const struct node *tp, struct sbuf *out);
/* An address, or the first one of an interface. */
bool pki_address_read(
	const struct router *r, const char *text, struct ip_addr *out);
/* A request, or a certificate of the same name that the key signs itself.
 * false, and *why without `%`. */
bool pki_request_build(const struct router *r, const struct node *tp,
	const struct pki_names *names, const struct pkey *key, bool self,
	struct der *out, struct sbuf *why);
/* Size of the pair that `rsakeypair` wants. */
unsigned pki_rsa_bits(const struct node *tp);

/* By SCEP, in the background (pki_scep.h). */
struct pki_send {
	const char *name;
	struct pkey *key;
	const char *label; /* of the key in the store */
	const struct pki_names *names;
	bool automatic; /* nobody has typed it */
};
/* false, and *why: not begun. */
bool pki_request_send(
	struct router *r, const struct pki_send *s, struct sbuf *why);
/* A request that waited when the router went down goes on. */
void pki_request_resume(struct router *r, const char *name);
#endif
