/* Phase 1 told to who debugs it (show-output.md 5), in the words of IOS. */
#include "gdoi/debug_priv.h"
#include <stdio.h>
#include <string.h>

#define CHECKS_MAX 64 /* comparisons of one offer that are shown */
#define ID_CHARS   128

const char *sa_where(const struct ike_sa *sa, char buf[SA_WHERE])
{
	snprintf(buf, SA_WHERE, "(%c) %s", sa->initiator ? 'I' : 'R',
		sa_state_name(sa));
	return buf;
}

static const char *exchange_text(uint8_t x)
{
	switch (x) {
	case XCHG_MAIN:
		return "Main Mode";
	case XCHG_AGGRESSIVE:
		return "Aggressive Mode";
	case XCHG_INFO:
		return "Informational";
	case XCHG_PULL:
		return "GROUPKEY-PULL";
	default:
		return "unknown";
	}
}

static void header_tell(const struct ike *ike, uint32_t conn,
	const struct ip_addr *peer, const struct isakmp_hdr *h)
{
	uint8_t both[2 * COOKIE_BYTES];

	memcpy(both, h->cky_i, COOKIE_BYTES);
	memcpy(both + COOKIE_BYTES, h->cky_r, COOKIE_BYTES);
	DEBUG(ike->env.debug, PKT_HDR, .conn = conn, .peer = *peer,
		.cookies = both, .text = exchange_text(h->exchange),
		.a = h->mid, .b = h->flags, .c = h->length);
}

void ike_debug_in(const struct ike *ike, const struct ike_sa *sa,
	const struct ike_dgram *in)
{
	uint32_t conn = sa != NULL ? sa->conn_id : 0;
	char where[SA_WHERE] = "(N) NEW SA";

	DEBUG(ike->env.debug, PKT_IN, .conn = conn, .peer = in->path->remote.ip,
		.a = in->path->local.port, .b = in->path->remote.port,
		.text = sa != NULL ? sa_where(sa, where) : where);
	if (debug_on(ike->env.debug, DBG_PKT_HDR))
		header_tell(ike, conn, &in->path->remote.ip, &in->hdr);
}

void ike_debug_out(const struct ike *ike, const struct ike_sa *sa,
	const struct udp_path *path, struct span data)
{
	uint32_t conn = sa != NULL ? sa->conn_id : 0;
	char where[SA_WHERE] = "(R) MM_NO_STATE";
	struct isakmp_hdr h;

	DEBUG(ike->env.debug, PKT_OUT, .conn = conn, .peer = path->remote.ip,
		.a = path->local.port, .b = path->remote.port,
		.text = sa != NULL ? sa_where(sa, where) : where);
	if (debug_on(ike->env.debug, DBG_PKT_HDR) &&
		isakmp_hdr_read(data, &h) == WIRE_OK)
		header_tell(ike, conn, &path->remote.ip, &h);
}

const char *ike_cipher_text(enum cipher_id c)
{
	const struct cipher_alg *a = cipher_alg(c);

	if (a == NULL)
		return "none";
	if (strncmp(a->openssl, "AES", 3) == 0)
		return a->key_bytes == 32   ? "AES-CBC 256"
		       : a->key_bytes == 24 ? "AES-CBC 192"
					    : "AES-CBC 128";
	return a->key_bytes == 8 ? "DES-CBC" : "3DES-CBC";
}

const char *ike_hash_text(enum hash_id h)
{
	const struct hash_alg *a = hash_alg(h);

	return a != NULL ? a->openssl : "none";
}

const char *ike_auth_text(enum ike_auth a)
{
	switch (a) {
	case IKE_AUTH_PSK:
		return "pre-share";
	case IKE_AUTH_RSA_SIG:
		return "RSA sig";
	case IKE_AUTH_ECDSA256:
	case IKE_AUTH_ECDSA384:
	case IKE_AUTH_ECDSA521:
		return "ECDSA sig";
	default:
		return "unknown";
	}
}

static void transform_tell(const struct debug *d, const struct ip_addr *peer,
	const struct isakmp_policy *t)
{
	DEBUG(d, P1_ENCRYPTION, .peer = *peer,
		.text = ike_cipher_text(t->cipher));
	DEBUG(d, P1_HASH, .peer = *peer, .text = ike_hash_text(t->hash));
	DEBUG(d, P1_GROUP, .peer = *peer, .a = t->group);
	DEBUG(d, P1_AUTH, .peer = *peer, .text = ike_auth_text(t->auth));
	if (t->life_secs != LIFE_FOREVER)
		DEBUG(d, P1_LIFE, .peer = *peer, .a = t->life_secs);
}

/* What keeps two apart, the later the nearer they are. */
enum differ {
	DIFFER_UNKNOWN,
	DIFFER_CIPHER,
	DIFFER_LENGTH,
	DIFFER_HASH,
	DIFFER_AUTH,
	DIFFER_GROUP,
	DIFFER_NOT
};
static const char *const differ_text[] = {
	[DIFFER_UNKNOWN] = "attributes that are not supported here",
	[DIFFER_CIPHER] = "Encryption algorithm",
	[DIFFER_LENGTH] = "Proposed key length",
	[DIFFER_HASH] = "Hash algorithm",
	[DIFFER_AUTH] = "Authentication method",
	[DIFFER_GROUP] = "Diffie-Hellman group",
};

static enum differ differ(
	const struct isakmp_policy *a, const struct isakmp_policy *b)
{
	if (a->cipher != b->cipher)
		return cipher_alg(a->cipher)->ike == cipher_alg(b->cipher)->ike
			       ? DIFFER_LENGTH
			       : DIFFER_CIPHER;
	if (a->hash != b->hash)
		return DIFFER_HASH;
	if (a->auth != b->auth)
		return DIFFER_AUTH;
	return a->group != b->group ? DIFFER_GROUP : DIFFER_NOT;
}

static enum differ pair_tell(const struct debug *d, const struct ip_addr *peer,
	const struct ike_transform *t, const struct isakmp_policy *p)
{
	enum differ in;

	DEBUG(d, P1_CHECK, .peer = *peer, .a = t->number, .b = p->priority);
	if (!t->usable) {
		DEBUG(d, P1_UNKNOWN, .peer = *peer, .a = t->number);
		return DIFFER_UNKNOWN;
	}
	transform_tell(d, peer, &t->policy);
	in = differ(&t->policy, p);
	if (in == DIFFER_NOT) {
		DEBUG(d, P1_GOOD_ATTS, .peer = *peer, .a = t->number,
			.b = p->priority);
		return in;
	}
	DEBUG(d, P1_MISMATCH, .peer = *peer, .text = differ_text[in],
		.a = t->number, .b = p->priority);
	DEBUG(d, P1_BAD_ATTS, .peer = *peer);
	return in;
}

static bool policy_fit(const struct ike *ike, const struct isakmp_policy *p,
	const struct ike_peer *peer)
{
	const struct auth_method *m = auth_method(p->auth);
	const char *why = NULL;

	if (m == NULL || !cipher_available(p->cipher))
		why = "its algorithms are not available";
	else if (!m->usable(ike, peer))
		why = p->auth == IKE_AUTH_PSK ? "No pre-shared key for it"
					      : "no certificate of ours";
	if (why != NULL)
		DEBUG(ike->env.debug, P1_POLICY_UNFIT,
			.peer = peer->path->remote.ip, .text = why,
			.a = p->priority);
	return why == NULL;
}

void ike_debug_offer(const struct ike *ike, const struct ike_peer *peer,
	const struct ike_offer *o)
{
	const struct debug *d = ike->env.debug;
	const struct ip_addr *ip = &peer->path->remote.ip;
	enum differ nearest = DIFFER_UNKNOWN, in;
	unsigned left = CHECKS_MAX;

	if (!debug_on(d, DBG_P1_NO_OFFER))
		return;
	for (size_t i = 0; i < ike->config.n_policies; i++) {
		const struct isakmp_policy *p = &ike->config.policy[i];

		if (!policy_fit(ike, p, peer))
			continue;
		for (size_t k = 0; o != NULL && k < o->n; k++) {
			if (left-- == 0) {
				DEBUG(d, P1_MORE_ATTS, .peer = *ip);
				return;
			}
			in = pair_tell(d, ip, &o->t[k], p);
			if (in == DIFFER_NOT)
				return;
			if (in > nearest)
				nearest = in;
		}
	}
	DEBUG(d, P1_NO_OFFER, .peer = *ip, .text = differ_text[nearest],
		.a = o != NULL ? (uint32_t)o->n : 0,
		.b = (uint32_t)ike->config.n_policies);
}

static const char *state_text(enum sa_state s)
{
	switch (s) {
	case SA_NEW:
	case SA_R0:
		return "IKE_READY";
	case SA_I1:
		return "IKE_I_MM1";
	case SA_I3:
		return "IKE_I_MM3";
	case SA_I5:
		return "IKE_I_MM5";
	case SA_R2:
		return "IKE_R_MM2";
	case SA_R4:
		return "IKE_R_MM4";
	case SA_A1:
		return "IKE_I_AM1";
	case SA_A2:
		return "IKE_R_AM2";
	case SA_UP:
		return "IKE_P1_COMPLETE";
	case SA_DOWN:
		return "IKE_DEST_SA";
	default:
		return "IKE_UNKNOWN";
	}
}

static const char *input_text(const struct ike_sa *sa, enum sa_event_kind k)
{
	switch (k) {
	case EV_START:
		return "IKE_MESG_INTERNAL, SA_REQUEST";
	case EV_MESSAGE:
		return sa->aggressive ? "IKE_MESG_FROM_PEER, IKE_AM_EXCH"
				      : "IKE_MESG_FROM_PEER, IKE_MM_EXCH";
	case EV_TIMER:
		return "IKE_MESG_FROM_TIMER, IKE_TIMER_EVENT";
	case EV_REFUSED:
		return "IKE_MESG_FROM_PEER, IKE_INFO_NOTIFY";
	case EV_DOOM:
		return "IKE_MESG_INTERNAL, IKE_PHASE1_DEL";
	default:
		return "IKE_MESG_INTERNAL";
	}
}

void ike_debug_step(const struct ike_sa *sa, enum sa_event_kind kind,
	enum sa_state old, enum sa_state next)
{
	char where[SA_WHERE];

	if (next == old)
		return;
	SA_DEBUG(sa, P1_INPUT, .text = input_text(sa, kind));
	SA_DEBUG(sa, P1_STATE, .text = state_text(old),
		.more = state_text(next));
	if (next == SA_UP)
		SA_DEBUG(sa, P1_AUTHENTICATED, .a = 0);
	if (next == SA_DOWN)
		SA_DEBUG(sa, P1_DELETE, .text = ike_down_text(sa->why),
			.more = sa_where(sa, where));
}

static const char *id_type_text(uint8_t type)
{
	switch (type) {
	case ID_IPV4:
		return "ID_IPV4_ADDR";
	case ID_IPV6:
		return "ID_IPV6_ADDR";
	case 2:
		return "ID_FQDN";
	case 3:
		return "ID_USER_FQDN";
	case 9:
		return "ID_DER_ASN1_DN";
	case ID_KEY_ID:
		return "ID_KEY_ID";
	default:
		return "ID of an unknown type";
	}
}

/* A name as it came (the log escapes it), an address, or a length. */
static void id_put(uint8_t type, struct span id, struct sbuf *out)
{
	struct ip_addr a = { .family = type == ID_IPV6 ? 6 : 4 };
	char ip[IP_TEXT];

	if ((type == ID_IPV4 && id.n == 4) || (type == ID_IPV6 && id.n == 16)) {
		memcpy(a.b, id.p, id.n);
		sbuf_adds(out, ip_text(&a, ip));
	} else if (type == 2 || type == 3) {
		sbuf_add(out, (const char *)id.p,
			id.n < ID_CHARS ? id.n : ID_CHARS);
	} else if (type == ID_DER_DN) {
		dn_text(id, ",", out);
	} else {
		sbuf_printf(out, "%zu octets", id.n);
	}
}

void ike_debug_peer_id(const struct ike_sa *sa)
{
	auto_sbuf struct sbuf text = { 0 };

	if (!debug_on(sa->ike->env.debug, DBG_P1_ID_IN))
		return;
	id_put(sa->peer_id_type, bytes_span(&sa->peer_id), &text);
	SA_DEBUG(sa, P1_ID_IN, .text = id_type_text(sa->peer_id_type),
		.more = sbuf_str(&text));
}

const char *ike_down_text(enum ike_down why)
{
	switch (why) {
	case IKE_DOWN_TIMEOUT:
		return "Death by retransmission: no answer";
	case IKE_DOWN_NO_PROPOSAL:
		return "Phase1 SA policy proposal not accepted";
	case IKE_DOWN_AUTH:
		return "authentication failed";
	case IKE_DOWN_NO_PROOF:
		return "no answer to our proof; are the keys of both ends the "
		       "same?";
	case IKE_DOWN_DEAD:
		return "Peer is dead: no answer to DPD";
	case IKE_DOWN_LIMIT:
		return "over the call admission limit";
	case IKE_DOWN_PROTOCOL:
		return "protocol error";
	case IKE_DOWN_DELETED:
		return "Receive fail: peer deleted it";
	case IKE_DOWN_EXPIRED:
		return "IKE SA Lifetime Exceeded";
	case IKE_DOWN_LOCAL:
		return "No reason: not needed any more or cleared here";
	default:
		return "other";
	}
}
