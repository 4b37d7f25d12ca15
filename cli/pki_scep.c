/* Requests to a CA that go on in the background: the CA's certificates first,
 * since an RA's is not kept, then the request until it is granted. */
#include "cli/pki_scep.h"
#include "cli/pki_renew.h"

#include <bsd/string.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE_MS 60000u

/* One enrolment under way. */
struct pki_scep {
	struct pki_scep *next;
	struct router *router;
	char name[PKI_NAME_MAX + 1];
	struct scep_net *net;
	struct pkey *key, *old_key;
	struct der csr, signer, old_cert;
	struct pki_poll poll;
};

void pki_source_read(const struct router *r, const struct node *tp,
	char source[PKI_SOURCE_MAX])
{
	const struct node *n = node_child(tp, &tp_source, NULL);
	auto_free struct iface_info *v = NULL;
	size_t count = n != NULL ? box_iface_list(r->box, &v) : 0;
	char ip[IP_TEXT];

	for (size_t i = 0; i < count; i++)
		if (strcmp(v[i].ifname, node_str(n, "ifname")) == 0 &&
			v[i].n_addr > 0)
			snprintf(source, PKI_SOURCE_MAX, "host!%s",
				ip_text(&v[i].addr[0].addr, ip));
}

bool pki_vrf_read(const struct router *r, const struct node *tp,
	char device[PKI_SOURCE_MAX])
{
	const struct node *n = node_child(tp, &tp_vrf, NULL);

	if (n != NULL)
		strlcpy(device, box_vrf_device(r->box, node_str(n, "name")),
			PKI_SOURCE_MAX);
	return n == NULL || device[0] != '\0';
}

bool pki_server_read(const struct router *r, const char *name,
	struct pki_server *out, struct sbuf *why)
{
	const struct node *tp =
		node_find(tree_root(r->tree), &cfg_trustpoint, name);
	const struct node *how =
		tp != NULL ? node_child(tp, &tp_enrollment, NULL) : NULL;
	auto_sbuf struct sbuf bad = { 0 };

	*out = (struct pki_server){ 0 };
	if (how == NULL || node_str(how, "url") == NULL || r->loop == NULL) {
		sbuf_adds(why, "% The enrollment of this trustpoint is not "
			       "by URL.\n");
		return false;
	}
	out->url = node_str(how, "url");
	if (!scep_url_check(out->url, &bad)) {
		sbuf_printf(why, "%% Enrollment URL: %s\n", sbuf_str(&bad));
		return false;
	}
	pki_source_read(r, tp, out->source);
	if (!pki_vrf_read(r, tp, out->device)) {
		sbuf_adds(why, "% The VRF of this trustpoint is not there.\n");
		return false;
	}
	out->net = (struct scep_net_opts){
		.url = out->url,
		.ca_ident = node_str(tp, "name"),
		.source = out->source[0] != '\0' ? out->source : NULL,
		.device = out->device[0] != '\0' ? out->device : NULL,
		.retries = node_u32(node_get(tp, &tp_retry_count), "n"),
		.period_ms =
			MINUTE_MS *
			node_u32(node_get(tp, &tp_retry_period), "minutes"),
	};
	return true;
}

bool pki_scep_same_ca(const struct pki_tp *tp, const struct scep_ca *ca)
{
	return tp->ca != NULL && ca->ca.n == tp->ca->der.n &&
	       memcmp(ca->ca.p, tp->ca->der.p, ca->ca.n) == 0;
}

static void job_free(struct pki_scep *j)
{
	struct pki_scep **at = pki_scep_of(j->router);

	while (*at != j)
		at = &(*at)->next;
	*at = j->next;
	pkey_unref(j->key);
	pkey_unref(j->old_key);
	der_free(&j->old_cert);
	der_free(&j->csr);
	der_free(&j->signer);
	free(j);
}

static void job_drop(struct pki_scep *j)
{
	scep_net_cancel(j->net);
	job_free(j);
}

void pki_scep_free(struct router *r)
{
	while (*pki_scep_of(r) != NULL)
		job_drop(*pki_scep_of(r));
}

static struct pki_scep *job_find(const struct router *r, const char *name)
{
	struct pki_scep *j = *pki_scep_of(r);

	while (j != NULL && strcmp(j->name, name) != 0)
		j = j->next;
	return j;
}

bool pki_scep_pending(const struct router *r, const char *name)
{
	return job_find(r, name) != NULL;
}

uint64_t pki_scep_next(const struct router *r, const char *name)
{
	const struct pki_scep *j = job_find(r, name);
	uint64_t at = j != NULL ? scep_net_next(j->net) : 0;

	return at > loop_now() ? (at - loop_now() + 999) / 1000 : 0;
}

/* The request is answered, or given up. */
static void job_end(struct pki_scep *j, bool ok)
{
	struct router *r = j->router;
	char name[PKI_NAME_MAX + 1];

	strlcpy(name, j->name, sizeof(name));
	pkistore_set_request(box_pki(r->box), name, SPAN(NULL, 0));
	job_free(j);
	pki_renew_ended(r, name, ok);
}

static void failed(struct pki_scep *j, int err, const char *why)
{
	struct log *log = j->router->log;

	if (j->poll.automatic)
		pki_renew_failed(j->router, j->name, why);
	else if (err == -EACCES)
		log_msg(log, LOG_SEV_ERR, "PKI", "CERTREJECT",
			"Certificate enrollment request was rejected by "
			"Certificate Authority, trustpoint %s: %s",
			j->name, why);
	else
		log_msg(log, LOG_SEV_ERR, "PKI", "CERTFAIL",
			"Certificate enrollment of trustpoint %s failed: %s",
			j->name, why);
	job_end(j, false);
}

/* A pair that was made for this certificate takes the name of the old one, now
 * that nobody needs that any more. */
static void key_rename(struct pki_scep *j)
{
	struct keystore *ks = box_keys(j->router->box);
	const struct stored_key *k = keystore_get(ks, j->poll.label);
	const struct node *tp =
		node_find(tree_root(j->router->tree), &cfg_trustpoint, j->name);
	auto_sbuf struct sbuf label = { 0 }, new = { 0 };

	if (k == NULL || !pki_key_label(j->router, tp, &label))
		return;
	sbuf_printf(&new, "%s" PKI_NEW_KEY, sbuf_str(&label));
	if (strcmp(sbuf_str(&new), j->poll.label) != 0)
		return;
	int rc = keystore_put(
		ks, sbuf_str(&label), j->key, k->exportable, k->generated);

	if (rc == 0)
		rc = keystore_remove(ks, j->poll.label);
	if (rc < 0)
		log_msg(j->router->log, LOG_SEV_ERR, "PKI", "STORE",
			"Key pair %s is not stored as %s: %s", j->poll.label,
			sbuf_str(&label), strerror(-rc));
	keys_changed(j->router);
}

/* Into the chain, if the trustpoint is still what it was. */
static bool take(struct pki_scep *j, struct span der, const char **why)
{
	auto_pki_tp struct pki_tp tp = { 0 };
	struct pki_job job = { .router = j->router };

	strlcpy(job.name, j->name, sizeof(job.name));
	pki_tp_read(j->router, j->name, &tp);
	*why = "the trustpoint has changed";
	if (tp.node == NULL || tp.ca == NULL)
		return false;
	*why = "the certificate is not for this trustpoint";
	return pki_cert_fits(NULL, der, j->key, tp.ca) &&
	       pki_accept(&job, false, der, tp.own);
}

static void on_cert(void *ctx, int err, const char *why, const struct der *cert,
	const struct scep_reply *reply)
{
	struct pki_scep *j = ctx;

	(void)reply;
	if (err < 0) {
		failed(j, err, why);
		return;
	}
	if (!take(j, der_span(cert), &why)) {
		failed(j, -EBADMSG, why);
		return;
	}
	key_rename(j);
	log_msg(j->router->log, LOG_SEV_INFO, "PKI", "CERTRET",
		"Certificate received from Certificate Authority");
	job_end(j, true);
}

static void on_wait(
	void *ctx, bool pending, unsigned tries_left, const char *why)
{
	struct pki_scep *j = ctx;

	j->poll.polling |= pending;
	j->poll.tries_left = tries_left;
	pkistore_set_poll(box_pki(j->router->box), j->name, &j->poll);

	if (pending)
		log_msg(j->router->log, LOG_SEV_INFO, "PKI", "CERTPENDING",
			"Certificate enrollment of trustpoint %s is pending "
			"at the Certificate Authority",
			j->name);
	else
		log_msg(j->router->log, LOG_SEV_WARNING, "PKI", "CERTRETRY",
			"Certificate enrollment of trustpoint %s is tried "
			"again: %s",
			j->name, why);
}

/* The CA must be the one that was authenticated; who speaks for it may have
 * changed since. */
static void on_ca(void *ctx, int err, const char *why, const struct scep_ca *ca)
{
	struct pki_scep *j = ctx;
	auto_pki_tp struct pki_tp tp = { 0 };
	auto_sbuf struct sbuf no = { 0 };
	struct pki_server server;

	if (err < 0) {
		failed(j, err, why);
		return;
	}
	pki_tp_read(j->router, j->name, &tp);
	if (tp.node == NULL || tp.ca == NULL ||
		!pki_server_read(j->router, j->name, &server, &no)) {
		failed(j, -EINVAL, "the trustpoint has changed");
		return;
	}
	if (!pki_scep_same_ca(&tp, ca)) {
		failed(j, -EINVAL,
			"the server's CA is not the one that was "
			"authenticated");
		return;
	}
	struct scep_net_request r = { .key = j->key,
		.csr = der_span(&j->csr),
		.signer = der_span(&j->signer),
		.ca = ca,
		.old_key = j->old_key,
		.old_cert = der_span(&j->old_cert),
		.polling = j->poll.polling };
	server.net.retries = j->poll.tries_left;
	j->net = scep_net_enroll(
		j->router->loop, &server.net, &r, on_wait, on_cert, j);
}

bool pki_scep_enroll(
	struct router *r, const struct pki_scep_request *q, struct sbuf *why)
{
	struct pki_scep *old = job_find(r, q->name), *j;
	struct pki_server server;

	if (old != NULL)
		job_drop(old);
	if (!pki_server_read(r, q->name, &server, why))
		return false;
	j = xcalloc(1, sizeof(*j));
	j->router = r;
	strlcpy(j->name, q->name, sizeof(j->name));
	j->key = pkey_ref(q->key);
	der_set(&j->csr, q->csr.p, q->csr.n);
	der_set(&j->signer, q->signer.p, q->signer.n);
	if (q->old_key != NULL) {
		j->old_key = pkey_ref(q->old_key);
		der_set(&j->old_cert, q->old_cert.p, q->old_cert.n);
	}
	j->poll = q->poll;
	j->next = *pki_scep_of(r);
	*pki_scep_of(r) = j;
	server.net.retries = j->poll.tries_left;
	j->net = scep_net_ca(r->loop, &server.net, on_wait, on_ca, j);
	return true;
}
