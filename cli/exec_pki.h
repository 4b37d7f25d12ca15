/* What the commands that handle certificates have in common. */
#ifndef CLI_EXEC_PKI_H
#define CLI_EXEC_PKI_H
#include "cli/paste.h"
#include "cli/pki.h"

/* A command that runs: its dialogue's context begins with it. */
struct pki_job {
	struct router *router;
	struct session *session; /* NULL: has left */
	char name[PKI_NAME_MAX + 1];
};
/* false, after a `%` line: there is no such trustpoint or no store. */
bool pki_job_begin(struct pki_job *j, struct cmd_call *c);
void pki_say(struct session *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Enters a certificate into the trustpoint's chain as `ca` or as ours, in place
 * of `old` (NULL: none).  false, after a `%` line: refused. */
bool pki_accept(struct pki_job *j, bool ca, struct span der,
	const struct pki_cert *old);
/* A certificate that we should use: of the key pair `key`, signed by the CA
 * (NULL: itself), valid now.  false, after a `%` line. */
bool pki_cert_fits(struct session *s, struct span der, const struct pkey *key,
	const struct pki_cert *ca);
/* Is it in its time? false, after a `%` line. */
bool pki_cert_in_time(struct session *s, const struct cert_info *i);
/* Both prompts know these: exec at level 15, and configuration. */
#define BOTH_MODES(name, entry)                                                \
	static const struct command name##_config = { .mode = MODE_CONFIG,     \
		entry };                                                       \
	static const struct command name##_priv = {                            \
		.mode = MODE_EXEC, .level = 15, entry                          \
	}
#endif
