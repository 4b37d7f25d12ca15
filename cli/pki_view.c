/* What a trustpoint consists of: its lines, its certificates, its key pair. */
#include "cli/pki.h"
#include "cli/running.h"

#include <string.h>

#define KEYS_MAX 256

bool pki_head_is_ca(const char *head)
{
	return strncmp(head, "ca ", 3) == 0;
}

static struct keystore *keys_of(const struct router *r)
{
	return r->box != NULL ? box_keys(r->box) : NULL;
}

const struct stored_key *pki_key_find(
	const struct router *r, const struct pkey *public)
{
	struct keystore *ks = keys_of(r);
	const struct stored_key *v[KEYS_MAX];
	size_t n = ks != NULL ? keystore_list(ks, v, KEYS_MAX) : 0;

	for (size_t i = 0; i < n && public != NULL; i++)
		if (pkey_same_public(v[i]->key, public))
			return v[i];
	return NULL;
}

bool pki_key_label(const struct router *r, const struct node *trustpoint,
	struct sbuf *label)
{
	const struct node *rsa = node_child(trustpoint, &tp_rsakeypair, NULL);
	const struct node *ec = node_child(trustpoint, &tp_eckeypair, NULL);
	const char *domain = node_str(
		node_child(tree_root(r->tree), &cfg_domain_name, NULL), "name");

	if (rsa != NULL || ec != NULL)
		sbuf_adds(label, node_str(rsa != NULL ? rsa : ec, "label"));
	else if (domain != NULL)
		sbuf_printf(label, "%s.%s", running_hostname(r), domain);
	return label->n > 0 && label->n <= KEY_LABEL_MAX;
}

/* The CA certificate that signed ours; without one of ours, the first. */
static void find_ca(struct pki_tp *t)
{
	for (size_t i = 0; i < t->certs.n; i++) {
		const struct pki_cert *c = &t->certs.v[i];

		if (!pki_head_is_ca(c->head))
			continue;
		if (t->ca == NULL)
			t->ca = c;
		if (t->own == NULL)
			return;
		if (cert_der_signed_by(
			    der_span(&t->own->der), der_span(&c->der))) {
			t->ca = c;
			return;
		}
	}
}

/* The trustpoint's own pair before another of the same public half. */
static const struct stored_key *key_of(const struct router *r,
	const struct node *trustpoint, const struct pkey *public)
{
	auto_sbuf struct sbuf label = { 0 };
	const struct stored_key *k = NULL;

	if (public == NULL)
		return NULL;
	if (keys_of(r) != NULL && pki_key_label(r, trustpoint, &label))
		k = keystore_get(keys_of(r), sbuf_str(&label));
	return k != NULL && pkey_same_public(k->key, public)
		       ? k
		       : pki_key_find(r, public);
}

/* Ours is the one that we have a key for; without any, the first. */
static void find_own(const struct router *r, struct pki_tp *t)
{
	for (size_t i = 0; i < t->certs.n && t->own_key == NULL; i++) {
		const struct pki_cert *c = &t->certs.v[i];
		auto_cert_info struct cert_info info = { 0 };

		if (pki_head_is_ca(c->head) ||
			!cert_info_read(der_span(&c->der), &info))
			continue;
		t->own_key = key_of(r, t->node, info.key);
		if (t->own == NULL || t->own_key != NULL)
			t->own = c;
	}
}

void pki_tp_read(const struct router *r, const char *name, struct pki_tp *out)
{
	*out = (struct pki_tp){ 0 };
	out->node = node_find(tree_root(r->tree), &cfg_trustpoint, name);
	out->name = out->node != NULL ? node_str(out->node, "name") : name;
	pki_certs_read(r, name, &out->certs);
	if (r->box != NULL && box_pki(r->box) != NULL)
		out->store = pkistore_get(box_pki(r->box), name);
	find_own(r, out);
	find_ca(out);
	if (out->own != NULL &&
		!cert_info_read(der_span(&out->own->der), &out->own_info))
		out->own = NULL;
	if (out->ca != NULL &&
		!cert_info_read(der_span(&out->ca->der), &out->ca_info))
		out->ca = NULL;
}

void pki_tp_free(struct pki_tp *t)
{
	pki_certs_free(&t->certs);
	cert_info_free(&t->ca_info);
	cert_info_free(&t->own_info);
}

static void remove_certs_of(
	const struct router *r, const char *name, const struct pkey *key)
{
	struct pki_certs certs;

	pki_certs_read(r, name, &certs);
	for (size_t i = 0; i < certs.n; i++) {
		auto_cert_info struct cert_info info = { 0 };

		if (!pki_head_is_ca(certs.v[i].head) &&
			cert_info_read(der_span(&certs.v[i].der), &info) &&
			info.key != NULL && pkey_same_public(info.key, key))
			pki_chain_remove(r, name, certs.v[i].head);
	}
	pki_certs_free(&certs);
}

void pki_key_removed(struct router *r, const struct pkey *key)
{
	struct node *root = tree_root(r->tree), *next;

	for (struct node *n = node_child(root, &cfg_cert_chain, NULL);
		n != NULL; n = next) {
		auto_free char *name = xstrdup(node_str(n, "name"));

		next = node_child(root, &cfg_cert_chain, n);
		remove_certs_of(r, name, key);
	}
}

void pki_time_text(time_t t, struct sbuf *out)
{
	struct tm tm;
	char text[64] = "";

	if (localtime_r(&t, &tm) != NULL)
		strftime(text, sizeof(text), "%H:%M:%S %Z %b %-d %Y", &tm);
	sbuf_adds(out, text);
}

void pki_hex_groups(const uint8_t *p, size_t n, struct sbuf *out)
{
	for (size_t i = 0; i < n; i++)
		sbuf_printf(out, i % 4 == 3 ? "%02X " : "%02X", p[i]);
}
