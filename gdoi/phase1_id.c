/* Identities in phase 1: what we call ourselves, and the form of what a peer
 * calls itself (protocol.md A.10). */
#include "gdoi/phase1_priv.h"
#include <string.h>

#define ID_HEAD 4 /* type, protocol, port */

/* Which of the lines that may say so does. */
static struct isakmp_id id_wanted(const struct ike_sa *sa)
{
	const struct ike_peer peer = sa_peer(sa);

	if (peer.peer != NULL && peer.peer->endpoint.kind != ISAKMP_ID_NONE)
		return peer.peer->endpoint;
	if (peer.profile != NULL && peer.profile->self.kind != ISAKMP_ID_NONE)
		return peer.profile->self;
	return sa->ike->config.self;
}

static void addr_put(struct wr *w, const struct ip_addr *a)
{
	wr_u8(w, a->family == 6 ? ID_IPV6 : ID_IPV4);
	wr_zero(w, ID_HEAD - 1);
	wr_bytes(w, a->b, a->family == 6 ? 16 : 4);
}

static void bytes_put(struct wr *w, uint8_t type, struct span data)
{
	wr_u8(w, type);
	wr_zero(w, ID_HEAD - 1);
	wr_span(w, data);
}

/* Without a name, or a certificate to take it from, the address stands in. */
static void id_write(const struct ike_sa *sa, struct wr *w)
{
	const struct auth_method *m = auth_method(sa->policy.auth);
	const struct isakmp_id id = id_wanted(sa);
	struct span text = SPAN(id.name, strlen(id.name)), dn = { .n = 0 };

	if (id.kind == ISAKMP_ID_DN && m != NULL && m->own_dn != NULL)
		dn = m->own_dn(sa);
	if (dn.n > 0)
		bytes_put(w, ID_DER_DN, dn);
	else if (id.kind == ISAKMP_ID_FQDN && text.n > 0)
		bytes_put(w, ID_FQDN, text);
	else if (id.kind == ISAKMP_ID_USER_FQDN && text.n > 0)
		bytes_put(w, ID_USER_FQDN, text);
	else if (id.kind == ISAKMP_ID_ADDRESS && id.addr.family != 0)
		addr_put(w, &id.addr);
	else
		addr_put(w, &sa->path.local.ip);
}

void p1_id_put(struct ike_sa *sa, struct isakmp_wr *m)
{
	uint8_t buf[ID_HEAD + IKE_OWN_ID_MAX];
	struct wr w = wr_init(buf, sizeof buf);

	id_write(sa, &w);
	struct span body = wr_done(&w);

	bytes_set(&sa->neg->id_own, body.p, body.n);
	isakmp_put(m, PLD_ID, body.p, body.n);
}

/* Protocol and port: none, or those of IKE and GDOI. */
static bool id_port_ok(const struct wire_id *id)
{
	if (id->protocol == 0)
		return id->port == 0;
	return id->protocol == 17 &&
	       (id->port == 0 || id->port == 500 || id->port == 848);
}

static bool id_is_text(struct span s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] <= ' ' || s.p[i] > '~')
			return false;
	}
	return true;
}

static bool id_data_ok(const struct wire_id *id)
{
	switch (id->type) {
	case ID_IPV4:
		return id->data.n == 4;
	case ID_IPV6:
		return id->data.n == 16;
	case ID_FQDN:
	case ID_USER_FQDN:
		return id_is_text(id->data);
	case ID_DER_DN:
	case ID_KEY_ID:
		return true;
	default:
		return false;
	}
}

enum wire_err p1_id_read(
	const struct payloads *p, struct wire_id *id, struct span *body)
{
	const struct payload *q = payload_get(p, PLD_ID);

	if (q == NULL)
		return WIRE_PAYLOAD_MISSING;
	if (payload_count(p, PLD_ID) > 1)
		return WIRE_PAYLOAD_TWICE;
	enum wire_err e = wire_id_read(q->body, id);

	if (e != WIRE_OK)
		return e;
	if (!id_port_ok(id) || id->data.n == 0 ||
		id->data.n > IKE_PEER_ID_MAX || !id_data_ok(id))
		return WIRE_ID;
	*body = SPAN(q->body.p, rd_left(&q->body));
	return WIRE_OK;
}

enum wire_err p1_id_take(struct ike_sa *sa, const struct payloads *p)
{
	const struct isakmp_profile *f;
	struct wire_id id;
	struct span body;
	enum wire_err e = p1_id_read(p, &id, &body);

	if (e != WIRE_OK)
		return e;
	bytes_set(&sa->neg->id_peer, body.p, body.n);
	if (!sa->aggressive || sa->initiator)
		return WIRE_OK;
	f = profile_by_id(sa->ike, &sa->path, &id);
	if (f != NULL)
		memcpy(sa->profile, f->name, sizeof sa->profile);
	return WIRE_OK;
}
