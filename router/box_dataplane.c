/* The choice of the dataplane's backend, as configured and as it is. */
#include "router/box_priv.h"

void box_set_dataplane(struct box *b, enum dp_mode mode)
{
	auto_sbuf struct sbuf why = { 0 };
	struct dp_choice now;

	if (b->chooser == NULL)
		return;
	dp_choice_get(b->chooser, &now);
	if (now.mode == mode)
		return;
	if (dp_choose_mode(b->chooser, mode, &why) == 0)
		return;
	dp_choice_get(b->chooser, &now);
	log_msg(b->log, LOG_SEV_ERR, "DATAPLANE", "BACKEND",
		"The configured dataplane cannot be used: %s; %s stays",
		sbuf_str(&why), now.backend);
}

bool box_dataplane(struct box *b, struct dp_choice *out)
{
	if (b->chooser != NULL)
		dp_choice_get(b->chooser, out);
	return b->chooser != NULL;
}

bool box_dataplane_group(struct box *b, size_t i, struct dp_choice_group *out)
{
	return b->chooser != NULL && dp_choice_group(b->chooser, i, out);
}
