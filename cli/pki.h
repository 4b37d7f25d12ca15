/* Trustpoints on the command line: the commands whose nodes several files read,
 * and what they have in common. */
#ifndef CLI_PKI_H
#define CLI_PKI_H
#include "cli/cfg.h"
#include "crypto/certinfo.h"

#define HELP_PKI HELP_CRYPTO "pki  Public Key components\n"

/* cfg_pki.c */
#define PKI_MATCHES_MAX 32 /* match certificate, of a trustpoint */
extern const struct command cfg_trustpoint, cfg_cert_chain;
extern const struct command tp_enrollment, tp_mode_ra, tp_retry_count,
	tp_retry_period, tp_http_proxy, tp_usage, tp_serial_number, tp_fqdn,
	tp_ip_address, tp_password, tp_fingerprint, tp_subject_name,
	tp_alt_name, tp_vrf, tp_source, tp_chain_validation, tp_match,
	tp_revocation, tp_crl_url, tp_ocsp_url, tp_ocsp_nonce, tp_rsakeypair,
	tp_eckeypair, tp_auto_enroll, tp_hash, tp_primary;

/* cfg_pki_map.c */
extern const struct command cfg_cert_map, map_name, map_serial, map_time,
	cfg_identity, identity_dn, identity_fqdn, identity_description;

/* pki_map.c: the lines of all certificate maps, for the caller to free; their
 * number. */
size_t pki_maps_view(const struct router *r, struct cert_rule **out);
/* Checks a line below a certificate map: 0, or -1 and why. */
int pki_map_check(const struct node *n, struct sbuf *why);

/* cfg_block.c: a certificate in the configuration: `ca 01`, `02`, ... and its
 * DER.  false: it is a file's name, or no hexadecimal text (head is told). */
extern const struct command cfg_certificate;
bool certificate_read_node(
	const struct node *n, struct sbuf *head, struct der *der);
/* The line that enters it. */
void certificate_line(const char *head, struct span der, struct sbuf *line);

/* pki_sync.c: the chain of a trustpoint. */
struct pki_certs {
	struct pki_cert v[PKI_CERTS_MAX];
	size_t n;
};
void pki_certs_read(
	const struct router *r, const char *name, struct pki_certs *out);
void pki_certs_free(struct pki_certs *c);
/* Into the configuration, and out of it; settle is due afterwards. */
bool pki_chain_add(const struct router *r, const char *name, const char *head,
	struct span der, struct sbuf *why);
void pki_chain_remove(
	const struct router *r, const char *name, const char *head);
void pki_chain_drop(const struct router *r, const char *name);

/* pki_view.c: a trustpoint as it stands.  Lends from the configuration, the
 * key store and the store of certificates. */
struct pki_tp {
	const char *name;
	const struct node *node; /* NULL: there is no such trustpoint */
	struct pki_certs certs;
	const struct pki_cert *ca, *own; /* NULL: none */
	struct cert_info ca_info, own_info;
	const struct stored_key *own_key; /* of `own`; NULL: it has gone */
	const struct pki_entry *store;    /* NULL: nothing */
};
void pki_tp_read(const struct router *r, const char *name, struct pki_tp *out);
void pki_tp_free(struct pki_tp *t);
#define auto_pki_tp __attribute__((cleanup(pki_tp_free)))
/* Label of the pair that a trustpoint signs with: configured, or HOST.DOMAIN.
 * false: it has no name. */
bool pki_key_label(const struct router *r, const struct node *trustpoint,
	struct sbuf *label);
/* The key pair whose public half this is; NULL: none. */
const struct stored_key *pki_key_find(
	const struct router *r, const struct pkey *public);
bool pki_head_is_ca(const char *head);
/* pki_trust.c: the trustpoints as ISAKMP takes them, in order of preference;
 * their number.  pki_trusts_free. */
size_t pki_trusts(const struct router *r, struct ike_trustpoint **out);
void pki_trusts_free(struct ike_trustpoint *v, size_t n);
/* Certificates of a removed key pair go with it. */
void pki_key_removed(struct router *r, const struct pkey *key);
/* "09:20:11 UTC Mar 3 2025" */
void pki_time_text(time_t t, struct sbuf *out);
/* "0A1B2C3D 4E5F6071 " */
void pki_hex_groups(const uint8_t *p, size_t n, struct sbuf *out);

/* The state of a router's trustpoints, from router_setup to router_fini. */
void pki_init(struct router *r);
void pki_fini(struct router *r);
void pki_start(struct router *r); /* the startup-config has been read */
void pki_saved(struct router *r); /* the startup-config was written */
void pki_sync(struct router *r);  /* chains have changed: onto the disk */

/* pki_revoke.c: what ISAKMP asks for is fetched as the trustpoints say. */
void pki_revoke_start(struct router *r);

/* pki_alerts.c: certificates that expire.  When the next alert of one that ends
 * at not_after is due; 0: it has ended. */
time_t pki_alert_next(time_t not_after, time_t now);
/* Tells what is due and arms the timer for what comes next. */
void pki_alerts_update(struct router *r);
/* Of a certificate that has just come: told at once if it ends soon. */
void pki_alerts_new(struct router *r, const char *name, bool own);
void pki_alerts_free(struct router *r);
time_t pki_alerts_at(struct router *r); /* the next one; 0: none */
struct pki_alerts;
struct pki_alerts **pki_alerts_of(struct router *r); /* pki_sync.c */

/* exec_pki.c: `no crypto pki trustpoint` asks first. Result as an exec
 * function. */
int trustpoint_remove(struct session *s, struct match *m);

/* cfg_keys.c */
const char *key_kind(enum pkey_type type); /* "RSA", "EC" */
/* A key pair came or went: key servers and ISAKMP hear of it. */
void keys_changed(struct router *r);
#endif
