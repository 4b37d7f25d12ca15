/* crypto pki crl request, crypto pki certificate validate (ios-cli.md 11). */
#include "cli/exec_pki.h"
#include "cli/pki_scep.h"
#include "cli/session_priv.h"
#include "cli/url_io.h"
#include "router/revoke.h"
#include "router/transfer.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

static int crl_exec(struct cmd_call *c);
static int validate_exec(struct cmd_call *c);

#define CRL_REQUEST                                                            \
	.grammar = "crypto pki~ca crl request <name:name>",                    \
	.help = HELP_PKI "crl  Certificate Revocation List\n"                  \
			 "request  Request the latest CRL\n"                   \
			 "<name>  CA Server Name\n",                           \
	.flags = CMD_ACT, .exec = crl_exec
#define VALIDATE                                                               \
	.grammar = "crypto pki~ca certificate validate <name:name>",           \
	.help = HELP_PKI "certificate  Certificate commands\n"                 \
			 "validate  Validate a certificate chain\n"            \
			 "<name>  Trustpoint Name\n",                          \
	.flags = CMD_ACT, .exec = validate_exec

static const struct command crl_config = { .mode = MODE_CONFIG, CRL_REQUEST };
static const struct command crl_priv = {
	.mode = MODE_EXEC, .level = 15, CRL_REQUEST
};
static const struct command validate_config = { .mode = MODE_CONFIG, VALIDATE };
static const struct command validate_priv = {
	.mode = MODE_EXEC, .level = 15, VALIDATE
};

/* --- crl request --- */

static void job_drop(void *ctx)
{
	free(ctx);
}

/* To what is fetched for peers: this one, and those of other CAs anew. */
static void crl_spread(
	const struct pki_job *j, const struct pki_tp *tp, struct span der)
{
	struct revoke *v = box_revoke(j->router->box);
	struct cert *ca = cert_from_der(der_span(&tp->ca->der));

	if (v != NULL && ca != NULL) {
		revoke_learn(v, j->name, ca, der);
		revoke_refresh(v, j->name, ca);
	}
	cert_unref(ca);
}

/* In DER or PEM, of our CA, and not the one of before. */
static bool crl_take(struct pki_job *j, const char *text, size_t n)
{
	auto_pki_tp struct pki_tp tp = { 0 };
	auto_der struct der der = { 0 };
	struct crl_view old = { 0 }, new = { 0 };

	if (pem_object(text, "X509 CRL", &der) != 0)
		der_set(&der, text, n);
	pki_tp_read(j->router, j->name, &tp);
	if (!crl_view_read(der_span(&der), &new)) {
		pki_say(j->session, "%% It is not a CRL.\n");
		return false;
	}
	if (tp.ca == NULL ||
		!crl_der_signed_by(der_span(&der), der_span(&tp.ca->der))) {
		pki_say(j->session,
			"%% The CRL is not signed by this trustpoint's CA.\n");
		return false;
	}
	if (new.next_update != 0 && new.next_update < time(NULL)) {
		pki_say(j->session, "%% The CRL has expired.\n");
		return false;
	}
	if (tp.store != NULL && tp.store->crl.n > 0 &&
		crl_view_read(der_span(&tp.store->crl), &old) &&
		new.last_update < old.last_update) {
		pki_say(j->session,
			"%% The CRL is older than the one that is here.\n");
		return false;
	}
	int rc = pkistore_set_crl(
		box_pki(j->router->box), j->name, der_span(&der));

	if (rc < 0)
		pki_say(j->session, "%% The CRL cannot be stored: %s\n",
			strerror(-rc));
	if (rc == 0)
		crl_spread(j, &tp, der_span(&der));
	return rc == 0;
}

static int crl_end(struct pki_job *j, bool ok)
{
	if (ok) {
		isakmp_keys_opened(j->router);
		pki_say(j->session, "%% CRL of trustpoint %s received\n",
			j->name);
	}
	free(j);
	return ok ? CMD_DONE : CMD_FAILED;
}

static int crl_read(
	struct session *s, int err, const char *text, size_t n, void *ctx)
{
	struct pki_job *j = ctx;

	(void)s;
	return crl_end(j, err == 0 && crl_take(j, text, n));
}

/* By SCEP. */
struct ask {
	struct pki_job job;
	struct pki_scep_crl *get; /* or */
	struct transfer *transfer;
};

static int ask_end(
	struct ask *a, int err, const char *why, const void *p, size_t n)
{
	struct pki_job *j = xmemdup(&a->job, sizeof(a->job));
	auto_sbuf struct sbuf text = { 0 };

	free(a);
	if (err < 0)
		pki_say(j->session, "%% The CRL is not to be had: %s\n",
			*why != '\0' ? why : strerror(-err));
	else
		sbuf_add(&text, p, n);
	return crl_end(j, err == 0 && crl_take(j, sbuf_str(&text), text.n));
}

static void ask_answered(
	void *ctx, int err, const char *why, const struct der *crl)
{
	struct ask *a = ctx;
	struct session *s = a->job.session;

	session_resume(s, ask_end(a, err, why, err == 0 ? crl->p : NULL,
				  err == 0 ? crl->n : 0));
}

static void http_answered(
	void *ctx, int err, const char *why, const void *data, size_t n)
{
	struct ask *a = ctx;
	struct session *s = a->job.session;

	session_resume(s, ask_end(a, err, why, data, n));
}

static void ask_break(void *ctx)
{
	struct ask *a = ctx;
	struct session *s = a->job.session;

	if (a->get != NULL)
		pki_scep_crl_cancel(a->get);
	if (a->transfer != NULL)
		transfer_cancel(a->transfer);
	free(a);
	session_done(s, CMD_FAILED);
}

static int crl_ask(
	struct cmd_call *c, const struct pki_job *job, const struct pki_tp *tp)
{
	struct ask *a = xcalloc(1, sizeof(*a));

	a->job = *job;
	a->get = pki_scep_crl(
		c->router, job->name, der_span(&tp->own->der), ask_answered, a);
	if (a->get == NULL) {
		sbuf_adds(c->out, "% The CA cannot be asked for its CRL.\n");
		free(a);
		return CMD_FAILED;
	}
	session_on_break(c->session, ask_break, a);
	return CMD_PENDING;
}

static bool is_http(const char *url)
{
	return strncasecmp(url, "http://", 7) == 0 ||
	       strncasecmp(url, "https://", 8) == 0;
}

/* As the trustpoint's `vrf` and `source interface` say. */
static int crl_http(struct cmd_call *c, const struct pki_job *job,
	const struct node *tp, const char *url)
{
	char source[PKI_SOURCE_MAX] = "", device[PKI_SOURCE_MAX] = "";

	pki_source_read(c->router, tp, source);
	if (!pki_vrf_read(c->router, tp, device)) {
		sbuf_adds(
			c->out, "% The VRF of this trustpoint is not there.\n");
		return CMD_FAILED;
	}
	struct transfer_opts o = { .url = url,
		.source = source[0] != '\0' ? source : NULL,
		.device = device[0] != '\0' ? device : NULL,
		.http_only = true,
		.max = PKI_CRL_BYTES };
	struct ask *a = xcalloc(1, sizeof(*a));

	a->job = *job;
	a->transfer = transfer_start(c->router->loop, &o, http_answered, a);
	session_on_break(c->session, ask_break, a);
	return CMD_PENDING;
}

static int crl_exec(struct cmd_call *c)
{
	auto_pki_tp struct pki_tp tp = { 0 };
	struct pki_job job = { 0 };

	if (!pki_job_begin(&job, c))
		return CMD_FAILED;
	pki_tp_read(c->router, job.name, &tp);
	const char *url =
		node_str(node_child(tp.node, &tp_crl_url, NULL), "url");

	if (tp.ca == NULL) {
		sbuf_adds(c->out,
			"% You must authenticate the Certificate "
			"Authority before\nyou can request its CRL.\n");
		return CMD_FAILED;
	}
	if (url == NULL && tp.own != NULL && tp.own_info.crl_url[0] != '\0')
		url = tp.own_info.crl_url;
	if (url == NULL && tp.ca_info.crl_url[0] != '\0')
		url = tp.ca_info.crl_url;
	if (url == NULL && pki_scep_can_crl(&tp))
		return crl_ask(c, &job, &tp);
	if (url == NULL) {
		sbuf_adds(c->out, "% No certificate of this trustpoint says "
				  "where the CRL is.\n");
		return CMD_FAILED;
	}
	if (is_http(url) && c->router->loop != NULL)
		return crl_http(c, &job, tp.node, url);
	return url_read(c->session, url, PKI_CRL_BYTES, crl_read, job_drop,
		xmemdup(&job, sizeof(job)));
}

/* --- certificate validate --- */

static int validate_one(struct cmd_call *c, const struct ike_trustpoint *t)
{
	enum cert_verdict v = CERT_OK;

	if (t->n_chain == 0) {
		sbuf_printf(c->out, "%% Trustpoint %s is not enrolled.\n",
			t->trust.name);
		return CMD_FAILED;
	}
	sbuf_printf(c->out, "Chain has %zu certificate%s\n", t->n_chain,
		t->n_chain == 1 ? "" : "s");
	v = cert_verify(
		&t->trust, t->chain, t->n_chain, time(NULL), NULL, NULL);
	DEBUG(debugger_hook(box_debugger(c->router->box)), PKI_VERDICT,
		.text = t->trust.name, .more = cert_verdict_text(v),
		.a = (uint32_t)t->n_chain);
	if (v != CERT_OK) {
		sbuf_printf(c->out,
			"%% Certificate chain for %s is not valid: %s\n",
			t->trust.name, cert_verdict_text(v));
		return CMD_FAILED;
	}
	sbuf_printf(
		c->out, "Certificate chain for %s is valid\n", t->trust.name);
	return CMD_DONE;
}

static int validate_exec(struct cmd_call *c)
{
	struct pki_job job = { 0 };
	struct ike_trustpoint *v;
	int result = CMD_FAILED;

	if (!pki_job_begin(&job, c))
		return CMD_FAILED;
	size_t n = pki_trusts(c->router, &v), at = 0;

	while (at < n && strcmp(v[at].trust.name, job.name) != 0)
		at++;
	if (at < n)
		result = validate_one(c, &v[at]);
	else
		sbuf_printf(c->out, "%% Trustpoint %s is not used for IKE.\n",
			job.name);
	pki_trusts_free(v, n);
	return result;
}

static const struct command *const list[] = { &crl_config, &crl_priv,
	&validate_config, &validate_priv };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_exec_crl = { &commands, NULL };
