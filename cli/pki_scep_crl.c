/* GetCRL for certificates that do not say where their CRL is. */
#include "cli/pki_scep.h"

#include <bsd/string.h>
#include <errno.h>
#include <stdlib.h>

struct pki_scep_crl {
	struct router *router;
	char name[PKI_NAME_MAX + 1];
	struct der cert; /* about which */
	struct scep_net *net;
	scep_crl_fn *done;
	void *ctx;
};

static void crl_free(struct pki_scep_crl *c)
{
	der_free(&c->cert);
	free(c);
}

void pki_scep_crl_cancel(struct pki_scep_crl *c)
{
	scep_net_cancel(c->net);
	crl_free(c);
}

bool pki_scep_can_crl(const struct pki_tp *tp)
{
	const struct node *how = node_child(tp->node, &tp_enrollment, NULL);

	return how != NULL && node_str(how, "url") != NULL && tp->ca != NULL &&
	       tp->own != NULL && tp->own_key != NULL &&
	       pkey_is_rsa(tp->own_key->key);
}

static void on_crl(void *ctx, int err, const char *why, const struct der *crl)
{
	struct pki_scep_crl *c = ctx;

	c->done(c->ctx, err, why, crl);
	crl_free(c);
}

static void on_ca(void *ctx, int err, const char *why, const struct scep_ca *ca)
{
	struct pki_scep_crl *c = ctx;
	auto_pki_tp struct pki_tp tp = { 0 };
	auto_sbuf struct sbuf no = { 0 };
	struct pki_server server;

	if (err < 0) {
		on_crl(c, err, why, NULL);
		return;
	}
	pki_tp_read(c->router, c->name, &tp);
	if (tp.node == NULL || !pki_scep_can_crl(&tp) ||
		!pki_server_read(c->router, c->name, &server, &no)) {
		on_crl(c, -EINVAL, "the trustpoint has changed", NULL);
		return;
	}
	if (!pki_scep_same_ca(&tp, ca)) {
		on_crl(c, -EINVAL,
			"the server's CA is not the one that was "
			"authenticated",
			NULL);
		return;
	}
	struct scep_net_request q = { .key = tp.own_key->key,
		.signer = der_span(&tp.own->der),
		.ca = ca };

	c->net = scep_net_crl(c->router->loop, &server.net, &q,
		der_span(&c->cert), on_crl, c);
}

struct pki_scep_crl *pki_scep_crl(struct router *r, const char *name,
	struct span cert, scep_crl_fn *done, void *ctx)
{
	auto_pki_tp struct pki_tp tp = { 0 };
	auto_sbuf struct sbuf no = { 0 };
	struct pki_server server;

	pki_tp_read(r, name, &tp);
	if (tp.node == NULL || !pki_scep_can_crl(&tp) ||
		!pki_server_read(r, name, &server, &no))
		return NULL;
	struct pki_scep_crl *c = xcalloc(1, sizeof(*c));

	c->router = r;
	strlcpy(c->name, name, sizeof(c->name));
	der_set(&c->cert, cert.p, cert.n);
	c->done = done;
	c->ctx = ctx;
	server.net.retries = 0; /* who asks, asks again */
	c->net = scep_net_ca(r->loop, &server.net, NULL, on_ca, c);
	return c;
}
