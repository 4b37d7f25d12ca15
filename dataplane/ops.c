/* What all backends share: texts, and what makes an SA valid. */
#include "dataplane/ops.h"
#include "dataplane/user_esp.h"
#include "base/sbuf.h"

const char *dp_drop_text(enum dp_drop d)
{
	static const char *const text[] = {
#define X(name, t) [DP_DROP_##name] = t,
		DP_DROPS(X)
#undef X
	};

	return d < DP_N_DROPS ? text[d] : "unknown";
}

bool dp_sa_valid(const struct dp_sa *sa)
{
	const struct esp_cipher_alg *c = esp_cipher_alg(sa->suite.cipher);

	if (!sa->spi || !c || sa->sid_bits > 32)
		return false;
	if (sa->sid_bits && sa->sid_bits < 32 && sa->sid >> sa->sid_bits)
		return false;
	if ((sa->stamp == DP_STAMP_NONE) != (sa->window_ms == 0))
		return false;
	return !c->counter_mode || !sa->may_send || sa->sid_bits;
}

void dp_tell(const struct dp_events *ev, const char *fmt, ...)
{
	auto_sbuf struct sbuf text = { 0 };
	va_list ap;

	va_start(ap, fmt);
	sbuf_vprintf(&text, fmt, ap);
	va_end(ap);
	if (ev->trouble)
		ev->trouble(ev->ctx, sbuf_str(&text));
}

const char *dp_crypto_name(enum dp_crypto c)
{
	return c == DP_CRYPTO_IPSEC_MB ? "ipsec-mb" : "openssl";
}

const char *dp_crypto_missing(enum dp_crypto c)
{
	return c == DP_CRYPTO_IPSEC_MB ? esp_mb_missing() : NULL;
}
