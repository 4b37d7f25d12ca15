/* Vendor ids (protocol.md A.13): what we tell of ourselves and know of others.
 */
#include "gdoi/phase1_priv.h"
#include <string.h>

#define VID_NAME_BYTES 12

/* SHA-256("getvpn linux"), its first octets; the version follows. */
static const uint8_t our_vid[VID_NAME_BYTES] = { 0xcd, 0x83, 0xe7, 0xe5, 0xa7,
	0xbe, 0xea, 0x65, 0xd9, 0x2b, 0x7d, 0x7e };

void p1_vids_put(struct isakmp_wr *m, const struct ike *ike)
{
	(void)ike;
	isakmp_begin(m, PLD_VID);
	wr_bytes(&m->w, our_vid, sizeof our_vid);
	wr_u32(&m->w, IKE_OUR_VERSION);
	isakmp_end(m);
}

void p1_vids_read(struct ike_sa *sa, const struct payloads *p)
{
	const struct payload *v;
	size_t at = 0;

	while ((v = payload_next(p, PLD_VID, &at)) != NULL) {
		struct rd r = v->body;
		const uint8_t *name = rd_bytes(&r, sizeof our_vid);

		if (name == NULL || memcmp(name, our_vid, sizeof our_vid) != 0)
			continue;
		sa->peer_version = rd_u32(&r);
		sa->peer_ours = rd_ok(&r);
	}
}
