/* Requests to a CA that go on in the background: the CA's certificates first,
 * since an RA's is not kept, then the request until it is granted. */
#include "cli/pki_scep.h"

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
	struct pkey *key;
	struct der csr, signer;
	bool renew;
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
	out->net = (struct scep_net_opts){
		.url = out->url,
		.ca_ident = node_str(tp, "name"),
		.source = out->source[0] != '\0' ? out->source : NULL,
		.retries = node_u32(node_get(tp, &tp_retry_count), "n"),
		.period_ms =
			MINUTE_MS *
			node_u32(node_get(tp, &tp_retry_period), "minutes"),
	};
	return true;
}

static void job_free(struct pki_scep *j)
{
	struct pki_scep **at = pki_scep_of(j->router);

	while (*at != j)
		at = &(*at)->next;
	*at = j->next;
	pkey_unref(j->key);
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

static void failed(struct pki_scep *j, int err, const char *why)
{
	struct log *log = j->router->log;

	if (err == -EACCES)
		log_msg(log, LOG_SEV_ERR, "PKI", "CERTREJECT",
			"Certificate enrollment request was rejected by "
			"Certificate Authority, trustpoint %s: %s",
			j->name, why);
	else
		log_msg(log, LOG_SEV_ERR, "PKI", "CERTFAIL",
			"Certificate enrollment of trustpoint %s failed: %s",
			j->name, why);
	job_free(j);
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
	pkistore_set_request(box_pki(j->router->box), j->name, SPAN(NULL, 0));
	log_msg(j->router->log, LOG_SEV_INFO, "PKI", "CERTRET",
		"Certificate received from Certificate Authority");
	job_free(j);
}

static void on_wait(void *ctx, bool pending, const char *why)
{
	struct pki_scep *j = ctx;

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
	if (ca->ca.n != tp.ca->der.n ||
		memcmp(ca->ca.p, tp.ca->der.p, ca->ca.n) != 0) {
		failed(j, -EINVAL,
			"the server's CA is not the one that was "
			"authenticated");
		return;
	}
	struct scep_net_request r = { .key = j->key,
		.csr = der_span(&j->csr),
		.signer = der_span(&j->signer),
		.ca = ca,
		.renew = j->renew };
	j->net = scep_net_enroll(
		j->router->loop, &server.net, &r, on_wait, on_cert, j);
}

void pki_scep_enroll(struct router *r, const char *name, struct pkey *key,
	struct span csr, struct span signer, bool renew)
{
	struct pki_scep *old = job_find(r, name), *j;
	auto_sbuf struct sbuf why = { 0 };
	struct pki_server server;

	if (old != NULL)
		job_drop(old);
	if (!pki_server_read(r, name, &server, &why))
		return; /* the command has asked before */
	j = xcalloc(1, sizeof(*j));
	j->router = r;
	strlcpy(j->name, name, sizeof(j->name));
	j->key = pkey_ref(key);
	der_set(&j->csr, csr.p, csr.n);
	der_set(&j->signer, signer.p, signer.n);
	j->renew = renew;
	j->next = *pki_scep_of(r);
	*pki_scep_of(r) = j;
	j->net = scep_net_ca(r->loop, &server.net, on_ca, j);
}
