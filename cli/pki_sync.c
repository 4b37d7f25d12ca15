/* The certificates of the running configuration and those on disk.
 *
 * In a running router the configuration leads: whatever changes in a chain is
 * on disk before the next command.  When the router starts, the configuration
 * comes from the startup-config, which may be older (nobody wrote it) or newer
 * (somebody replaced it).  The store remembers which startup-config its
 * certificates go with, by a digest: the same one found again means that the
 * store holds what came later. */
#include "cli/pki.h"
#include "cli/pki_renew.h"
#include "cli/pki_request.h"
#include "cli/pki_scep.h"

#include "base/list.h"
#include "crypto/prf.h"

#include <bsd/string.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct known {
	LIST_ENTRY(known) link;
	char name[PKI_NAME_MAX + 1];
};

struct pki_state {
	struct router *router;
	bool started;             /* the startup-config has been read */
	LIST_HEAD(, known) known; /* trustpoints that we have seen */
	struct pki_alerts *alerts;
	struct pki_scep *scep; /* enrolments under way */
	struct pki_renew *renew;
};

struct pki_alerts **pki_alerts_of(struct router *r)
{
	return &r->pki->alerts;
}

struct pki_scep **pki_scep_of(const struct router *r)
{
	return &r->pki->scep;
}

struct pki_renew **pki_renew_of(const struct router *r)
{
	return &r->pki->renew;
}

static struct pkistore *store_of(const struct router *r)
{
	return r->box != NULL ? box_pki(r->box) : NULL;
}

/* --- certificates of a chain --- */

void pki_certs_free(struct pki_certs *c)
{
	for (size_t i = 0; i < c->n; i++)
		der_free(&c->v[i].der);
	c->n = 0;
}

void pki_certs_read(
	const struct router *r, const char *name, struct pki_certs *out)
{
	const struct node *chain =
		node_find(tree_root(r->tree), &cfg_cert_chain, name);

	out->n = 0;
	if (chain == NULL)
		return;
	for (struct node *n = node_child(chain, &cfg_certificate, NULL);
		n != NULL && out->n < PKI_CERTS_MAX;
		n = node_child(chain, &cfg_certificate, n)) {
		struct pki_cert *c = &out->v[out->n];
		auto_sbuf struct sbuf head = { 0 };

		*c = (struct pki_cert){ 0 };
		if (!certificate_read_node(n, &head, &c->der) ||
			c->der.n > PKI_CERT_BYTES) {
			der_free(&c->der);
			continue;
		}
		strlcpy(c->head, sbuf_str(&head), sizeof(c->head));
		out->n++;
	}
}

static void certs_digest(
	const struct pki_cert *v, size_t n, char out[PKI_DIGEST_HEX + 1])
{
	struct span parts[2 * PKI_CERTS_MAX];
	uint8_t sum[HASH_MAX_BYTES];

	for (size_t i = 0; i < n; i++) {
		parts[2 * i] = SPAN(v[i].head, strlen(v[i].head) + 1);
		parts[2 * i + 1] = der_span(&v[i].der);
	}
	digest(HASH_SHA256, parts, 2 * n, sum);
	for (size_t i = 0; i < PKI_DIGEST_HEX / 2; i++)
		snprintf(out + 2 * i, 3, "%02X", sum[i]);
}

/* --- into the configuration --- */

bool pki_chain_add(const struct router *r, const char *name, const char *head,
	struct span der, struct sbuf *why)
{
	auto_sbuf struct sbuf line = { 0 };
	struct node *chain = NULL;

	sbuf_printf(&line, "crypto pki certificate chain %s", name);
	if (!config_line(r, MODE_CONFIG, tree_root(r->tree), sbuf_str(&line),
		    &chain, why))
		return false;
	sbuf_trunc(&line, 0);
	certificate_line(head, der, &line);
	return config_line(
		r, MODE_CERT_CHAIN, chain, sbuf_str(&line), NULL, why);
}

void pki_chain_drop(const struct router *r, const char *name)
{
	auto_sbuf struct sbuf line = { 0 }, why = { 0 };

	sbuf_printf(&line, "no crypto pki certificate chain %s", name);
	config_line(r, MODE_CONFIG, tree_root(r->tree), sbuf_str(&line), NULL,
		&why);
}

void pki_chain_remove(
	const struct router *r, const char *name, const char *head)
{
	struct node *chain =
		node_find(tree_root(r->tree), &cfg_cert_chain, name);
	auto_sbuf struct sbuf why = { 0 };

	if (chain == NULL)
		return;
	for (struct node *n = node_child(chain, &cfg_certificate, NULL);
		n != NULL; n = node_child(chain, &cfg_certificate, n)) {
		auto_sbuf struct sbuf found = { 0 };
		auto_der struct der der = { 0 };

		certificate_read_node(n, &found, &der);
		if (strcmp(sbuf_str(&found), head) != 0)
			continue;
		commit_remove(r->commit, n, &why);
		break;
	}
	if (node_first(chain) == NULL)
		pki_chain_drop(r, name);
}

/* What the store has takes the place of what the configuration has. */
static void chain_restore(const struct router *r, const struct pki_entry *e)
{
	auto_sbuf struct sbuf why = { 0 };
	struct pki_certs copy = { 0 };

	/* Entering lines may write to the store. */
	for (size_t i = 0; i < e->n_certs; i++) {
		copy.v[i] = e->certs[i];
		copy.v[i].der = (struct der){ 0 };
		der_set(&copy.v[i].der, e->certs[i].der.p, e->certs[i].der.n);
		copy.n++;
	}
	auto_free char *name = xstrdup(e->name);

	if (node_find(tree_root(r->tree), &cfg_cert_chain, name) != NULL)
		pki_chain_drop(r, name);
	for (size_t i = 0; i < copy.n; i++)
		pki_chain_add(r, name, copy.v[i].head, der_span(&copy.v[i].der),
			&why);
	pki_certs_free(&copy);
}

/* --- onto the disk --- */

static void store_failed(const struct router *r, const char *name, int err)
{
	log_msg(r->log, LOG_SEV_ERR, "PKI", "STORE",
		"Certificates of trustpoint %s are not saved: %s", name,
		strerror(-err));
}

static void chain_save(const struct router *r, const char *name)
{
	struct pki_certs certs;

	pki_certs_read(r, name, &certs);
	int rc = pkistore_set_certs(store_of(r), name, certs.v, certs.n);

	if (rc < 0)
		store_failed(r, name, rc);
	pki_certs_free(&certs);
}

static struct known *known_find(const struct pki_state *s, const char *name)
{
	struct known *k;

	LIST_FOREACH(k, &s->known, link)
	if (strcmp(k->name, name) == 0)
		return k;
	return NULL;
}

static void known_add(struct pki_state *s, const char *name)
{
	struct known *k = xcalloc(1, sizeof(*k));

	strlcpy(k->name, name, sizeof(k->name));
	LIST_INSERT_HEAD(&s->known, k, link);
}

/* A trustpoint of a name that the store knows: its certificates come back,
 * unless the configuration brings some itself. */
static bool wants_restore(const struct router *r, const char *name)
{
	const struct pki_entry *e = pkistore_get(store_of(r), name);

	return e != NULL && e->n_certs > 0 &&
	       node_find(tree_root(r->tree), &cfg_cert_chain, name) == NULL;
}

/* Not inside a settle, for it changes the configuration. */
static void restore_new(void *arg)
{
	struct router *r = arg;
	struct node *root = tree_root(r->tree);

	for (struct node *n = node_child(root, &cfg_trustpoint, NULL);
		n != NULL; n = node_child(root, &cfg_trustpoint, n)) {
		const char *name = node_str(n, "name");

		if (known_find(r->pki, name) != NULL)
			continue;
		known_add(r->pki, name);
		if (wants_restore(r, name))
			chain_restore(r, pkistore_get(store_of(r), name));
	}
	commit_settle(r->commit);
}

static void forget_removed(struct router *r)
{
	struct known *k, *next;

	for (k = LIST_FIRST(&r->pki->known); k != NULL; k = next) {
		next = LIST_NEXT(k, link);
		if (node_find(tree_root(r->tree), &cfg_trustpoint, k->name) !=
			NULL)
			continue;
		pkistore_remove(store_of(r), k->name);
		LIST_REMOVE(k, link);
		free(k);
	}
}

static void save_all(struct router *r)
{
	struct node *root = tree_root(r->tree);
	bool new_ones = false;

	for (struct node *n = node_child(root, &cfg_trustpoint, NULL);
		n != NULL; n = node_child(root, &cfg_trustpoint, n)) {
		const char *name = node_str(n, "name");

		if (known_find(r->pki, name) != NULL)
			chain_save(r, name);
		else if (wants_restore(r, name))
			new_ones = true;
		else {
			known_add(r->pki, name);
			chain_save(r, name);
		}
	}
	if (new_ones && r->loop != NULL)
		loop_defer(r->loop, restore_new, r);
	else if (new_ones)
		restore_new(r);
}

void pki_sync(struct router *r)
{
	if (r->pki == NULL || !r->pki->started || store_of(r) == NULL)
		return;
	forget_removed(r);
	save_all(r);
	pki_alerts_update(r);
	pki_renew_update(r);
}

/* The startup-config now holds what the configuration does. */
void pki_saved(struct router *r)
{
	struct node *root = tree_root(r->tree);

	if (store_of(r) == NULL)
		return;
	for (struct node *n = node_child(root, &cfg_trustpoint, NULL);
		n != NULL; n = node_child(root, &cfg_trustpoint, n)) {
		char base[PKI_DIGEST_HEX + 1];
		struct pki_certs certs;

		pki_certs_read(r, node_str(n, "name"), &certs);
		certs_digest(certs.v, certs.n, base);
		pki_certs_free(&certs);
		int rc = pkistore_set_base(
			store_of(r), node_str(n, "name"), base);

		if (rc < 0)
			store_failed(r, node_str(n, "name"), rc);
	}
}

/* Of one trustpoint: the store's certificates, if nobody touched the
 * startup-config since. */
static void start_one(struct router *r, const char *name)
{
	const struct pki_entry *e = pkistore_get(store_of(r), name);
	char base[PKI_DIGEST_HEX + 1];
	struct pki_certs certs;

	known_add(r->pki, name);
	pki_certs_read(r, name, &certs);
	certs_digest(certs.v, certs.n, base);
	if (e != NULL && (certs.n == 0 || strcmp(e->base, base) == 0))
		chain_restore(r, e);
	pki_certs_free(&certs);
	chain_save(r, name);
	int rc = pkistore_set_base(store_of(r), name, base);

	if (rc < 0)
		store_failed(r, name, rc);
}

void pki_start(struct router *r)
{
	struct node *root = tree_root(r->tree);

	pki_revoke_start(r);
	if (store_of(r) == NULL)
		return;
	for (struct node *n = node_child(root, &cfg_trustpoint, NULL);
		n != NULL; n = node_child(root, &cfg_trustpoint, n))
		start_one(r, node_str(n, "name"));
	r->pki->started = true;
	commit_settle(r->commit);
	for (struct node *n = node_child(root, &cfg_trustpoint, NULL);
		n != NULL && r->loop != NULL;
		n = node_child(root, &cfg_trustpoint, n))
		pki_request_resume(r, node_str(n, "name"));
	pki_alerts_update(r);
	pki_renew_update(r);
}

void pki_init(struct router *r)
{
	r->pki = xcalloc(1, sizeof(*r->pki));
	r->pki->router = r;
	LIST_INIT(&r->pki->known);
}

void pki_fini(struct router *r)
{
	struct known *k;

	if (r->pki == NULL)
		return;
	pki_alerts_free(r);
	pki_renew_free(r);
	pki_scep_free(r);
	while ((k = LIST_FIRST(&r->pki->known)) != NULL) {
		LIST_REMOVE(k, link);
		free(k);
	}
	free(r->pki);
	r->pki = NULL;
}
