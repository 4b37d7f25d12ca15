/* Texts of show commands (show-output.md): pure functions of snapshots, so
 * that a test can feed them with invented values. */
#ifndef CLI_SHOW_H
#define CLI_SHOW_H
#include "base/sbuf.h"
#include "crypto/keystore.h"
#include "gdoi/gdoi.h"
#include "router/box.h"

/* DER as groups of eight hex digits, eight a line. */
void show_key_data(const uint8_t *der, size_t n, size_t indent,
	struct sbuf *out);
void show_mypubkey_rsa(const struct stored_key *k, struct sbuf *out); /* 2.10 */
#endif
