/* CRLs and OCSP answers that come because ISAKMP wanted them. */
#include "cli/pki_scep.h"
#include "router/revoke.h"

static bool policy(void *ctx, const char *trustpoint, struct revoke_policy *out)
{
	const struct router *r = ctx;
	const struct node *tp =
		node_find(tree_root(r->tree), &cfg_trustpoint, trustpoint);

	*out = (struct revoke_policy){ 0 };
	if (tp == NULL)
		return false;
	out->crl_url = node_str(node_child(tp, &tp_crl_url, NULL), "url");
	out->ocsp_url = node_str(node_child(tp, &tp_ocsp_url, NULL), "url");
	out->no_nonce = node_child(tp, &tp_ocsp_nonce, NULL) != NULL;
	pki_source_read(r, tp, out->source);

	auto_pki_tp struct pki_tp p = { 0 };

	pki_tp_read(r, trustpoint, &p);
	out->by_scep = pki_scep_can_crl(&p);
	return pki_vrf_read(r, tp, out->device);
}

/* The CRL of the trustpoint's own CA is shown, and there at the next start. */
static void changed(void *ctx, const char *trustpoint, const struct crl *crl)
{
	struct router *r = ctx;
	auto_pki_tp struct pki_tp tp = { 0 };

	pki_tp_read(r, trustpoint, &tp);
	if (crl != NULL && tp.ca != NULL &&
		crl_der_signed_by(crl_der(crl), der_span(&tp.ca->der))) {
		int rc = pkistore_set_crl(
			box_pki(r->box), trustpoint, crl_der(crl));

		if (rc < 0)
			log_msg(r->log, LOG_SEV_WARNING, "PKI",
				"CRL_NOT_STORED",
				"CRL of trustpoint %s is not stored",
				trustpoint);
	}
	isakmp_keys_opened(r);
}

static void *get_crl(void *ctx, const char *trustpoint, const struct cert *cert,
	revoke_got_fn *done, void *item)
{
	return pki_scep_crl(ctx, trustpoint, cert_der(cert), done, item);
}

static void get_cancel(void *get)
{
	pki_scep_crl_cancel(get);
}

void pki_revoke_start(struct router *r)
{
	struct revoke *v = r->box != NULL ? box_revoke(r->box) : NULL;

	if (v != NULL)
		revoke_set_ops(v, &(struct revoke_ops){ .policy = policy,
					  .changed = changed,
					  .get_crl = get_crl,
					  .get_cancel = get_cancel,
					  .ctx = r });
}
