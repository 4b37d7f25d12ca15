/* Trustpoints as ISAKMP sees them: whom they trust, and our certificate. */
#include "cli/pki.h"
#include "router/revoke.h"

#include <bsd/string.h>
#include <stdlib.h>

/* Of a CA and those below it; of peers that spoke lately. */
#define TRUST_CRLS_MAX 8
#define TRUST_OCSP_MAX REVOKE_ITEMS_MAX

/* What an ike_trustpoint points to. */
struct held {
	struct cert *ca[PKI_CERTS_MAX];
	struct cert *chain[CERT_CHAIN_MAX];
	struct crl *crl[TRUST_CRLS_MAX];
	struct ocsp_status ocsp[TRUST_OCSP_MAX];
	struct ike_trust_match match[PKI_MATCHES_MAX];
};

/* Appended as it stands in the configuration. */
static void read_methods(const struct node *tp, struct cert_trust *t)
{
	static const struct {
		const char *word[REVOCATION_METHODS_MAX];
		enum revocation_method method;
	} methods[] = {
		{ { "crl#1", "crl#2", "crl#3" }, REVOCATION_CRL },
		{ { "ocsp#1", "ocsp#2", "ocsp#3" }, REVOCATION_OCSP },
		{ { "none#1", "none#2", "none#3" }, REVOCATION_NONE },
	};
	const struct node *n = node_get(tp, &tp_revocation);

	for (size_t k = 0; k < REVOCATION_METHODS_MAX; k++)
		for (size_t m = 0; m < ARRAY_LEN(methods); m++)
			if (node_has(n, methods[m].word[k]))
				t->method[t->n_methods++] = methods[m].method;
}

/* What would skip authorization has none to skip. */
static void read_matches(
	const struct node *tp, struct held *h, struct ike_trustpoint *t)
{
	for (struct node *n = node_child(tp, &tp_match, NULL);
		n != NULL && t->n_matches < PKI_MATCHES_MAX;
		n = node_child(tp, &tp_match, n)) {
		struct ike_trust_match *m = &h->match[t->n_matches];

		if (node_has(n, "authorization-check"))
			continue;
		m->rule = node_has(n, "expired-certificate") ? TRUST_EXPIRED
			  : node_has(n, "revocation-check")  ? TRUST_UNREVOKED
							     : TRUST_REQUIRE;
		strlcpy(m->map, node_str(n, "map"), sizeof(m->map));
		t->n_matches++;
	}
	t->matches = h->match;
}

/* The CAs between our certificate and the root, for peers that know only that.
 */
static void read_chain(
	const struct pki_tp *tp, struct held *h, struct ike_trustpoint *t)
{
	struct cert *last = cert_from_der(der_span(&tp->own->der));

	if (last == NULL)
		return;
	h->chain[t->n_chain++] = last;
	while (t->n_chain < CERT_CHAIN_MAX && !cert_is_self_issued(last)) {
		struct cert *next = NULL;

		for (size_t i = 0; i < t->trust.n_ca && next == NULL; i++)
			if (dn_equal(cert_subject_der(h->ca[i]),
				    cert_issuer_der(last)))
				next = h->ca[i];
		if (next == NULL || cert_is_self_issued(next))
			break;
		h->chain[t->n_chain++] = cert_ref(next);
		last = next;
	}
	t->chain = h->chain;
	t->key = pkey_ref(tp->own_key->key);
}

/* What was loaded or stored, and what has been fetched since. */
static void read_revoked(const struct router *r, const struct pki_tp *tp,
	struct held *h, struct cert_trust *t)
{
	const struct revoke *v = r->box != NULL ? box_revoke(r->box) : NULL;
	struct crl *stored = NULL;

	if (tp->store != NULL && tp->store->crl.n > 0)
		stored = crl_from_der(der_span(&tp->store->crl));
	if (stored != NULL)
		h->crl[t->n_crls++] = stored;
	if (v != NULL) {
		struct crl *lent[TRUST_CRLS_MAX - 1];
		size_t n = revoke_crls(v, tp->name, lent, ARRAY_LEN(lent));

		for (size_t i = 0; i < n; i++)
			h->crl[t->n_crls++] = crl_ref(lent[i]);
		t->n_ocsp = revoke_ocsp(v, tp->name, h->ocsp, TRUST_OCSP_MAX);
	}
	t->crl = h->crl;
	t->ocsp = h->ocsp;
}

static void read_trust(const struct router *r, const struct pki_tp *tp,
	struct ike_trustpoint *t)
{
	struct held *h = xcalloc(1, sizeof(*h));

	*t = (struct ike_trustpoint){ .trust.ca = h->ca, .chain = h->chain };
	strlcpy(t->trust.name, tp->name, sizeof(t->trust.name));
	for (size_t i = 0; i < tp->certs.n; i++) {
		const struct pki_cert *c = &tp->certs.v[i];
		struct cert *ca = pki_head_is_ca(c->head)
					  ? cert_from_der(der_span(&c->der))
					  : NULL;

		if (ca != NULL)
			h->ca[t->trust.n_ca++] = ca;
	}
	read_methods(tp->node, &t->trust);
	read_matches(tp->node, h, t);
	read_revoked(r, tp, h, &t->trust);
	if (tp->own != NULL && tp->own_key != NULL)
		read_chain(tp, h, t);
}

static bool serves_ike(const struct node *tp)
{
	const struct node *usage = node_child(tp, &tp_usage, NULL);

	return usage == NULL || node_has(usage, "ike");
}

size_t pki_trusts(const struct router *r, struct ike_trustpoint **out)
{
	struct node *root = tree_root(r->tree);
	struct ike_trustpoint *v = NULL;
	size_t n = 0;

	/* The primary one comes first. */
	for (int primary = 1; primary >= 0; primary--) {
		for (struct node *s = node_child(root, &cfg_trustpoint, NULL);
			s != NULL; s = node_child(root, &cfg_trustpoint, s)) {
			auto_pki_tp struct pki_tp tp = { 0 };

			if (primary != (node_child(s, &tp_primary, NULL) !=
					       NULL) ||
				!serves_ike(s))
				continue;
			pki_tp_read(r, node_str(s, "name"), &tp);
			v = xreallocarray(v, n + 1, sizeof(*v));
			read_trust(r, &tp, &v[n++]);
		}
	}
	*out = v;
	return n;
}

void pki_trusts_free(struct ike_trustpoint *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < v[i].trust.n_ca; k++)
			cert_unref(v[i].trust.ca[k]);
		for (size_t k = 0; k < v[i].n_chain; k++)
			cert_unref(v[i].chain[k]);
		for (size_t k = 0; k < v[i].trust.n_crls; k++)
			crl_unref(v[i].trust.crl[k]);
		pkey_unref(v[i].key);
		/* The first member of what holds them all. */
		void *held = (void *)(uintptr_t)v[i].trust.ca;

		free(held);
	}
	free(v);
}
