/* Trustpoints on the command line: the commands whose nodes several files read,
 * and what they have in common. */
#ifndef CLI_PKI_H
#define CLI_PKI_H
#include "cli/cfg.h"

#define HELP_PKI                                                               \
	HELP_CRYPTO "pki  Public Key components\n"

/* cfg_pki.c */
extern const struct command cfg_trustpoint, cfg_cert_chain;
extern const struct command tp_enrollment, tp_mode_ra, tp_retry_count,
	tp_retry_period, tp_http_proxy, tp_usage, tp_serial_number, tp_fqdn,
	tp_ip_address, tp_password, tp_fingerprint, tp_subject_name,
	tp_alt_name, tp_vrf, tp_source, tp_chain_validation, tp_match,
	tp_revocation, tp_crl_url, tp_ocsp_url, tp_ocsp_nonce, tp_rsakeypair,
	tp_eckeypair, tp_auto_enroll, tp_hash, tp_primary;
#endif
