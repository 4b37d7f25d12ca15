/* Events of the engines: an id with typed arguments.  report.def has a row an
 * event (facility, severity, mnemonic, text pattern); text is made above. */
#ifndef GDOI_REPORT_H
#define GDOI_REPORT_H
#include "base/err.h"
#include "base/ip.h"
#include "base/log.h"
#include "base/sbuf.h"

enum report_id {
#define R(id, facility, sev, mnemonic, pattern) REPORT_##id,
#define RP R
#include "gdoi/report.def"
#undef RP
#undef R
	REPORT_N
};
struct report {
	enum report_id id;
	const char *group;    /* lent; "" when none */
	struct ip_addr ks, gm, peer;
	uint32_t seq, n, spi;
	enum wire_err err;
	const char *text;     /* lent: already escaped */
};
struct report_def {
	const char *facility, *mnemonic, *pattern;
	enum log_sev sev;
	bool peer_provoked;   /* rate limited by the log */
};
const struct report_def *report_def(enum report_id id);
/* Fills in {group} {ks} {gm} {peer} {seq} {n} {spi} {err} {text}. */
void report_text(const struct report *r, struct sbuf *out);
#endif
