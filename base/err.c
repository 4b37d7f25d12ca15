/* Texts and notify types of the errors in err.h. */
#include "base/err.h"

static const struct {
	const char *text;
	uint16_t notify;
} errs[WIRE_N_ERRS] = {
#define X(name, txt, ntf) [WIRE_##name] = { .text = txt, .notify = ntf },
	WIRE_ERRS(X)
#undef X
};

const char *wire_err_text(enum wire_err e)
{
	return (unsigned)e < WIRE_N_ERRS ? errs[e].text : "unknown error";
}

uint16_t wire_err_notify(enum wire_err e)
{
	return (unsigned)e < WIRE_N_ERRS ? errs[e].notify : 0;
}
