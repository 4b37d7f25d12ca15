/* `auto-enroll`: certificates come, and are renewed, without a user. */
#ifndef CLI_PKI_RENEW_H
#define CLI_PKI_RENEW_H
#include "cli/pki.h"

/* What a new pair's label has behind the trustpoint's until its certificate is
 * there (`regenerate`). */
#define PKI_NEW_KEY "#"

/* When a certificate is renewed at that percentage of its lifetime, with that
 * many seconds for all tries before it ends. */
time_t pki_renew_time(
	time_t not_before, time_t not_after, unsigned percent, time_t tries);
/* Looks at all trustpoints and arms the timer. */
void pki_renew_update(struct router *r);
/* pki_scep.c: a request of that trustpoint has come to its end; an automatic
 * one has failed (told to the log). */
void pki_renew_ended(struct router *r, const char *name, bool ok);
void pki_renew_failed(struct router *r, const char *name, const char *why);
/* When that trustpoint enrolls by itself; 0: it does not, or just does. */
time_t pki_renew_at(const struct router *r, const char *name);
void pki_renew_free(struct router *r);

struct pki_renew;
struct pki_renew **pki_renew_of(const struct router *r); /* pki_sync.c */
#endif
