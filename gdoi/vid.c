/* Vendor ids (protocol.md A.13): what we tell of ourselves and know of others.
 */
#include "gdoi/debug_priv.h"
#include "gdoi/phase1_priv.h"
#include <string.h>

#define VID_NAME_BYTES 12
#define VID_MD5_BYTES  16
/* Fragments in Main Mode and after, and in Aggressive Mode too. */
#define FRAGMENT_ABILITY 0xc0000000u

/* SHA-256("getvpn linux"), its first octets; the version follows. */
static const uint8_t our_vid[VID_NAME_BYTES] = { 0xcd, 0x83, 0xe7, 0xe5, 0xa7,
	0xbe, 0xea, 0x65, 0xd9, 0x2b, 0x7d, 0x7e };

static const uint8_t dpd_vid[VID_MD5_BYTES] = { 0xaf, 0xca, 0xd7, 0x13, 0x68,
	0xa1, 0xf1, 0xc9, 0x6b, 0x86, 0x96, 0xfc, 0x77, 0x57, 0x01, 0x00 };
static const uint8_t fragment_vid[VID_MD5_BYTES] = { 0x40, 0x48, 0xb7, 0xd5,
	0x6e, 0xbc, 0xe8, 0x85, 0x25, 0xe7, 0xde, 0x7f, 0x00, 0xd6, 0xc2,
	0xd3 };

void p1_vids_put(struct isakmp_wr *m, const struct ike *ike)
{
	if (!ike->config.no_extensions) {
		isakmp_begin(m, PLD_VID);
		wr_bytes(&m->w, our_vid, sizeof our_vid);
		wr_u32(&m->w, IKE_OUR_VERSION);
	}
	isakmp_put(m, PLD_VID, dpd_vid, sizeof dpd_vid);
	if (!ike->config.fragmentation)
		return;
	isakmp_begin(m, PLD_VID);
	wr_bytes(&m->w, fragment_vid, sizeof fragment_vid);
	wr_u32(&m->w, FRAGMENT_ABILITY);
	isakmp_end(m);
}

static bool vid_is(struct span body, const uint8_t *name, size_t n)
{
	return body.n >= n && memcmp(body.p, name, n) == 0;
}

void p1_vids_read(struct ike_sa *sa, const struct payloads *p)
{
	const struct payload *v;
	size_t at = 0;

	while ((v = payload_next(p, PLD_VID, &at)) != NULL) {
		struct rd r = v->body;
		struct span body = rd_rest(&r);

		if (vid_is(body, dpd_vid, sizeof dpd_vid))
			sa->dpd.peer_can = true;
		/* Windows leaves the abilities out. */
		if (vid_is(body, fragment_vid, sizeof fragment_vid))
			sa->peer_fragments = true;
		if (sa->ike->config.no_extensions ||
			!vid_is(body, our_vid, sizeof our_vid))
			continue;
		r = v->body;
		rd_skip(&r, sizeof our_vid);
		sa->peer_version = rd_u32(&r);
		sa->peer_ours = rd_ok(&r);
		SA_DEBUG(sa, P1_VENDOR, .a = sa->peer_version >> 24,
			.b = sa->peer_version >> 16 & UINT8_MAX);
	}
}
