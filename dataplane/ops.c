/* Texts of the dataplane's counted drops. */
#include "dataplane/ops.h"

const char *dp_drop_text(enum dp_drop d)
{
	static const char *const text[] = {
#define X(name, t) [DP_DROP_##name] = t,
		DP_DROPS(X)
#undef X
	};

	return d < DP_N_DROPS ? text[d] : "unknown";
}
