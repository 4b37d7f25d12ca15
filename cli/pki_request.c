/* A trustpoint's lines become a certificate request, which is kept and sent. */
#include "cli/pki_request.h"
#include "cli/pki_scep.h"
#include "cli/running.h"
#include "cli/show.h"
#include "cli/users.h"
#include "crypto/enroll.h"

#include <bsd/string.h>
#include <errno.h>
#include <string.h>
#include <time.h>

#define RSA_BITS        2048
#define SELFSIGNED_SECS (10LL * 365 * 86400)

unsigned pki_rsa_bits(const struct node *tp)
{
	const struct node *rsa = node_child(tp, &tp_rsakeypair, NULL);
	unsigned bits = rsa != NULL ? node_u32(rsa, "bits") : 0;

	return bits != 0 ? bits : RSA_BITS;
}

static enum hash_id hash_of(const struct node *tp)
{
	static const char *const names[] = { "md5", "sha1", "sha256", "sha384",
		"sha512" };
	const struct node *n = node_child(tp, &tp_hash, NULL);

	for (size_t i = 0; n != NULL && i < ARRAY_LEN(names); i++)
		if (node_has(n, names[i]))
			return i == 1 ? HASH_SHA1 : hash_value(names[i]);
	return HASH_SHA256;
}

void pki_fqdn(const struct router *r, const struct node *tp, struct sbuf *out)
{
	const struct node *n = node_child(tp, &tp_fqdn, NULL);
	const char *domain = node_str(
		node_child(tree_root(r->tree), &cfg_domain_name, NULL), "name");

	if (n != NULL && node_has(n, "none"))
		return;
	if (n != NULL)
		sbuf_adds(out, node_str(n, "fqdn"));
	else if (domain != NULL)
		sbuf_printf(out, "%s.%s", running_hostname(r), domain);
	else
		sbuf_adds(out, running_hostname(r));
}

bool pki_address_read(
	const struct router *r, const char *text, struct ip_addr *out)
{
	auto_free struct iface_info *v = NULL;
	size_t n;

	if (ip_parse(text, out))
		return true;
	n = box_iface_list(r->box, &v);
	for (size_t i = 0; i < n; i++) {
		if (strcasecmp(v[i].ifname, text) != 0 || v[i].n_addr == 0)
			continue;
		*out = v[i].addr[0].addr;
		return true;
	}
	return false;
}

void pki_names_read(
	const struct router *r, const struct node *tp, struct pki_names *out)
{
	const struct node *serial = node_child(tp, &tp_serial_number, NULL);
	const struct node *ip = node_child(tp, &tp_ip_address, NULL);

	*out = (struct pki_names){ 0 };
	out->with_serial = serial != NULL && !node_has(serial, "none");
	if (ip == NULL)
		return;
	if (node_str(ip, "addr") != NULL)
		out->ip = node_ip(ip, "addr");
	else if (node_str(ip, "ifname") != NULL)
		pki_address_read(r, node_str(ip, "ifname"), &out->ip);
}

static void sans_of(const struct node *tp, struct csr *c)
{
	const struct node *n = node_child(tp, &tp_alt_name, NULL);
	size_t count = n == NULL ? 0 : drv_count(node_drv(n), "names");

	for (size_t i = 0; i < count && c->n_sans < ENROLL_SANS_MAX; i++)
		c->san[c->n_sans++] = (struct san){ .kind = SAN_DNS,
			.dns = drv_str_at(node_drv(n), "names", i) };
}

/* The line's password before the one that was typed. */
static void password_of(const struct node *tp, const struct pki_names *names,
	struct sbuf *out, struct csr *c)
{
	const char *text =
		node_str(node_child(tp, &tp_password, NULL), "password");

	if (text != NULL) {
		enum passwd_type type = passwd_value(text, &text);

		if (passwd_reveal(type, text, out)) {
			c->password = sbuf_str(out);
			return;
		}
	}
	c->password = names->password;
}

bool pki_request_build(const struct router *r, const struct node *tp,
	const struct pki_names *names, const struct pkey *key, bool self,
	struct der *out, struct sbuf *why)
{
	auto_sbuf struct sbuf fqdn = { 0 }, board = { 0 };
	auto_sbuf struct sbuf password = { 0 };
	struct csr c = { .hash = hash_of(tp), .ip = names->ip };
	time_t now = time(NULL);
	int rc;

	pki_fqdn(r, tp, &fqdn);
	c.subject = node_str(node_child(tp, &tp_subject_name, NULL), "name");
	c.fqdn = fqdn.n > 0 ? fqdn.s : NULL;
	if (names->with_serial) {
		show_board_id(&board);
		c.serial = sbuf_str(&board);
	}
	password_of(tp, names, &password, &c);
	sans_of(tp, &c);
	if (self)
		rc = selfsigned_build(
			&c, key, 1, now, now + SELFSIGNED_SECS, out, why);
	else
		rc = csr_build(&c, key, out, why);
	if (rc < 0 && why->n == 0)
		sbuf_adds(why, strerror(-rc));
	return rc == 0;
}

/* Who signs: the pair itself, with its certificate or one that it signs; and
 * at a renewal the pair in force, while its certificate lasts (RFC 8894 2.3).
 */
static bool signer_of(const struct router *r, const struct pki_tp *tp,
	const struct pki_names *names, struct pki_scep_request *q,
	struct der *self, struct sbuf *why)
{
	bool lasts = tp->own != NULL && tp->own_key != NULL &&
		     tp->own_info.not_after >= time(NULL);
	bool same = lasts && pkey_same_public(tp->own_key->key, q->key);

	if (lasts && (same || q->poll.automatic) &&
		pkey_is_rsa(tp->own_key->key)) {
		q->old_key = tp->own_key->key;
		q->old_cert = der_span(&tp->own->der);
	}
	if (same) {
		q->signer = q->old_cert;
		return true;
	}
	if (!pki_request_build(r, tp->node, names, q->key, true, self, why))
		return false;
	q->signer = der_span(self);
	return true;
}

static void keep(struct router *r, const struct pki_scep_request *q)
{
	struct pkistore *ps = box_pki(r->box);
	int rc = pkistore_set_request(ps, q->name, q->csr);

	if (rc == 0)
		rc = pkistore_set_poll(ps, q->name, &q->poll);
	if (rc < 0)
		log_msg(r->log, LOG_SEV_ERR, "PKI", "STORE",
			"Certificate request of trustpoint %s is not saved: "
			"%s",
			q->name, strerror(-rc));
}

bool pki_request_send(
	struct router *r, const struct pki_send *s, struct sbuf *why)
{
	auto_pki_tp struct pki_tp tp = { 0 };
	auto_der struct der csr = { 0 }, self = { 0 };
	struct pki_scep_request q = {
		.name = s->name, .key = s->key, .poll.automatic = s->automatic
	};

	pki_tp_read(r, s->name, &tp);
	strlcpy(q.poll.label, s->label, sizeof(q.poll.label));
	q.poll.tries_left = node_u32(node_get(tp.node, &tp_retry_count), "n");
	if (!pkey_is_rsa(s->key)) {
		sbuf_adds(why, "SCEP needs an RSA key pair");
		return false;
	}
	if (!pki_request_build(
		    r, tp.node, s->names, s->key, false, &csr, why) ||
		!signer_of(r, &tp, s->names, &q, &self, why))
		return false;
	q.csr = der_span(&csr);
	keep(r, &q);
	return pki_scep_enroll(r, &q, why);
}

static void resume_failed(struct router *r, const char *name, const char *why)
{
	log_msg(r->log, LOG_SEV_ERR, "PKI", "CERTFAIL",
		"Certificate enrollment of trustpoint %s does not go on: %s",
		name, why);
	pkistore_set_request(box_pki(r->box), name, SPAN(NULL, 0));
}

void pki_request_resume(struct router *r, const char *name)
{
	auto_pki_tp struct pki_tp tp = { 0 };
	auto_der struct der csr = { 0 }, self = { 0 };
	auto_sbuf struct sbuf why = { 0 };
	struct pki_names names;

	pki_tp_read(r, name, &tp);
	if (tp.node == NULL || tp.store == NULL || tp.store->request.n == 0 ||
		tp.store->poll.label[0] == '\0')
		return;
	struct pki_scep_request q = { .name = name, .poll = tp.store->poll };
	const struct stored_key *k =
		keystore_get(box_keys(r->box), q.poll.label);

	if (k == NULL) {
		resume_failed(r, name, "its key pair has gone");
		return;
	}
	q.key = k->key;
	pki_names_read(r, tp.node, &names);
	/* The store's copy may go while this one is on its way. */
	der_set(&csr, tp.store->request.p, tp.store->request.n);
	q.csr = der_span(&csr);
	if (!signer_of(r, &tp, &names, &q, &self, &why) ||
		!pki_scep_enroll(r, &q, &why))
		resume_failed(r, name, sbuf_str(&why));
}
