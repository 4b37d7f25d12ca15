/* crypto pki authenticate, crypto pki import T certificate, crypto pki crl and
 * the end of a trustpoint (ios-cli.md 11). */
#include "cli/exec_pki.h"
#include "cli/pki_scep.h"
#include "cli/session_priv.h"

#include <bsd/string.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define END_BLANK                                                              \
	"End with a blank line or the word \"quit\" on a line by itself\n\n"

static int authenticate_exec(struct cmd_call *c);
static int import_cert_exec(struct cmd_call *c);

#define AUTHENTICATE                                                           \
	.grammar = "crypto pki~ca authenticate <name:name>",                   \
	.help = HELP_PKI "authenticate  Get the CA certificate\n"              \
			 "<name>  CA Server Name\n",                           \
	.flags = CMD_ACT, .exec = authenticate_exec
#define IMPORT                                                                 \
	.grammar = "crypto pki~ca import <name:name> certificate",             \
	.help = HELP_PKI "import  Import certificate or PKCS #12 file\n"       \
			 "<name>  Trustpoint Name\n"                           \
			 "certificate  Import a certificate from a TFTP "      \
			 "server or the terminal\n",                           \
	.flags = CMD_ACT, .exec = import_cert_exec

static const struct command authenticate_config = { .mode = MODE_CONFIG,
	AUTHENTICATE };
static const struct command authenticate_priv = {
	.mode = MODE_EXEC, .level = 15, AUTHENTICATE
};
static const struct command import_config = { .mode = MODE_CONFIG, IMPORT };
static const struct command import_priv = {
	.mode = MODE_EXEC, .level = 15, IMPORT
};

/* --- common --- */

void pki_say(struct session *s, const char *fmt, ...)
{
	auto_sbuf struct sbuf out = { 0 };
	va_list ap;

	va_start(ap, fmt);
	sbuf_vprintf(&out, fmt, ap);
	va_end(ap);
	if (s != NULL)
		session_write(s, sbuf_str(&out), out.n);
}

bool pki_job_begin(struct pki_job *j, struct cmd_call *c)
{
	const char *name = drv_str(c->drv, "name");

	j->router = c->router;
	j->session = c->session;
	strlcpy(j->name, name, sizeof(j->name));
	if (node_find(tree_root(c->router->tree), &cfg_trustpoint, name) ==
		NULL) {
		sbuf_printf(
			c->out, "%% Trustpoint %s is not configured.\n", name);
		return false;
	}
	if (c->router->box == NULL || box_pki(c->router->box) == NULL ||
		box_keys(c->router->box) == NULL) {
		sbuf_adds(c->out, "% There is no store of certificates\n");
		return false;
	}
	return true;
}

bool pki_accept(
	struct pki_job *j, bool ca, struct span der, const struct pki_cert *old)
{
	uint64_t before = commit_generation(j->router->commit);
	auto_sbuf struct sbuf head = { 0 }, why = { 0 };
	auto_cert_info struct cert_info info = { 0 };

	if (der.n > PKI_CERT_BYTES || !cert_info_read(der, &info)) {
		pki_say(j->session,
			"%% Error in saving certificate: status = FAIL\n");
		return false;
	}
	sbuf_printf(&head, "%s%s",
		ca                 ? "ca "
		: info.self_issued ? "self-signed "
				   : "",
		info.serial);
	bool ok = pki_chain_add(j->router, j->name, sbuf_str(&head), der, &why);

	if (ok && old != NULL && strcmp(old->head, sbuf_str(&head)) != 0)
		pki_chain_remove(j->router, j->name, old->head);
	const struct debug *debug = debugger_hook(box_debugger(j->router->box));

	if (ok)
		DEBUG(debug, PKI_STORED, .text = j->name,
			.more = sbuf_str(&head));
	else
		DEBUG(debug, PKI_STORE_BAD, .text = j->name,
			.more = sbuf_str(&why));
	pki_say(j->session, "%s", sbuf_str(&why));
	if (j->session != NULL)
		session_config_changed(j->session, before);
	commit_settle(j->router->commit);
	if (ok)
		pki_alerts_new(j->router, j->name, !ca);
	return ok;
}

bool pki_cert_in_time(struct session *s, const struct cert_info *i)
{
	time_t now = time(NULL);
	auto_sbuf struct sbuf when = { 0 };

	if (now >= i->not_before && now <= i->not_after)
		return true;
	pki_time_text(
		now < i->not_before ? i->not_before : i->not_after, &when);
	pki_say(s,
		now < i->not_before
			? "%% The certificate is not valid before %s\n"
			: "%% The certificate has expired at %s\n",
		sbuf_str(&when));
	return false;
}

bool pki_cert_fits(struct session *s, struct span der, const struct pkey *key,
	const struct pki_cert *ca)
{
	auto_cert_info struct cert_info info = { 0 };

	if (!cert_info_read(der, &info) || info.key == NULL) {
		pki_say(s, "%% Failed to parse or verify imported "
			   "certificate\n");
		return false;
	}
	if (!pkey_same_public(info.key, key)) {
		pki_say(s, "%% Failed to parse or verify imported certificate\n"
			   "%% Its public key is not that of this trustpoint's "
			   "key pair.\n");
		return false;
	}
	if (ca != NULL && !cert_der_signed_by(der, der_span(&ca->der))) {
		pki_say(s, "%% Failed to parse or verify imported certificate\n"
			   "%% It is not signed by this trustpoint's CA.\n");
		return false;
	}
	return pki_cert_in_time(s, &info);
}

/* --- authenticate --- */

struct authenticate {
	struct pki_job job;
	struct der der;
	struct scep_net *net; /* on its way to the CA; NULL: not */
};

static void authenticate_drop(void *ctx)
{
	struct authenticate *a = ctx;

	der_free(&a->der);
	free(a);
}

static int authenticate_end(struct authenticate *a, bool accept)
{
	int result = CMD_DONE;

	if (accept && pki_accept(&a->job, true, der_span(&a->der), NULL))
		pki_say(a->job.session,
			"Trustpoint CA certificate accepted.\n"
			"%% Certificate successfully imported\n\n");
	else if (accept)
		result = CMD_FAILED;
	authenticate_drop(a);
	return result;
}

#define ASK_ACCEPT "% Do you accept this certificate? [yes/no]: "

static int accept_answered(struct session *s, const char *answer, void *ctx)
{
	enum answer a = answer_read(s, answer);

	if (a != ANSWER_AGAIN)
		return authenticate_end(ctx, a == ANSWER_YES);
	session_on_break(s, authenticate_drop, ctx);
	return session_ask(s, ASK_LINE, ASK_ACCEPT, accept_answered, ctx);
}

/* The fingerprint that is configured decides without a question. */
static int fingerprint_check(struct authenticate *a,
	const struct cert_info *info, const char *expected)
{
	auto_sbuf struct sbuf hex = { 0 };
	size_t n = strlen(expected) / 2;
	const uint8_t *sum = n == sizeof(info->md5)    ? info->md5
			     : n == sizeof(info->sha1) ? info->sha1
						       : info->sha256;

	for (size_t i = 0; i < n; i++)
		sbuf_printf(&hex, "%02X", sum[i]);
	pki_say(a->job.session, "Trustpoint Fingerprint: %s\n", expected);
	if (strcmp(sbuf_str(&hex), expected) == 0) {
		pki_say(a->job.session,
			"Certificate validated - fingerprints matched.\n");
		return authenticate_end(a, true);
	}
	pki_say(a->job.session,
		"%% The fingerprint of the certificate does not match: it is "
		"not accepted.\n");
	authenticate_drop(a);
	return CMD_FAILED;
}

static bool is_ca_cert(struct session *s, const struct cert_info *info)
{
	if (info->is_ca)
		return pki_cert_in_time(s, info);
	pki_say(s, "%% It is not the certificate of a certificate "
		   "authority.\n");
	return false;
}

/* Shows the certificate in a->der and asks. */
static int authenticate_show(struct session *s, struct authenticate *a)
{
	auto_cert_info struct cert_info info = { 0 };
	auto_sbuf struct sbuf md5 = { 0 }, sha1 = { 0 };
	const struct node *tp = node_find(
		tree_root(a->job.router->tree), &cfg_trustpoint, a->job.name);
	const struct node *print = node_child(tp, &tp_fingerprint, NULL);

	if (a->der.n == 0 || !cert_info_read(der_span(&a->der), &info)) {
		pki_say(s, "%% Error in receiving Certificate Authority "
			   "certificate: status = FAIL, cert length = 0\n\n");
		authenticate_drop(a);
		return CMD_FAILED;
	}
	if (!is_ca_cert(s, &info)) {
		authenticate_drop(a);
		return CMD_FAILED;
	}
	pki_hex_groups(info.md5, sizeof(info.md5), &md5);
	pki_hex_groups(info.sha1, sizeof(info.sha1), &sha1);
	pki_say(s,
		"Certificate has the following attributes:\n"
		"       Fingerprint MD5: %s\n"
		"      Fingerprint SHA1: %s\n\n",
		sbuf_str(&md5), sbuf_str(&sha1));
	if (print != NULL)
		return fingerprint_check(
			a, &info, drv_str_at(node_drv(print), "hash", 0));
	session_on_break(s, authenticate_drop, a);
	return session_ask(s, ASK_LINE, ASK_ACCEPT, accept_answered, a);
}

static int authenticate_pasted(struct session *s, const char *text, void *ctx)
{
	struct authenticate *a = ctx;

	if (text == NULL || pem_object(text, NULL, &a->der) != 0)
		der_free(&a->der);
	return authenticate_show(s, a);
}

static void authenticate_answered(
	void *ctx, int err, const char *why, const struct scep_ca *ca)
{
	struct authenticate *a = ctx;
	struct session *s = a->job.session;

	a->net = NULL;
	if (err < 0)
		pki_say(s, "%% The Certificate Authority was not reached: %s\n",
			why);
	else
		der_set(&a->der, ca->ca.p, ca->ca.n);
	session_resume(s, authenticate_show(s, a));
}

static void authenticate_break(void *ctx)
{
	struct authenticate *a = ctx;
	struct session *s = a->job.session;

	scep_net_cancel(a->net);
	authenticate_drop(a);
	session_done(s, CMD_FAILED);
}

/* `enrollment url`: GetCACert. */
static int authenticate_by_url(struct cmd_call *c, const struct pki_job *job)
{
	struct pki_server server;

	if (!pki_server_read(c->router, job->name, &server, c->out))
		return CMD_FAILED;
	struct authenticate *a = xcalloc(1, sizeof(*a));

	a->job = *job;
	server.net.retries = 0; /* someone waits */
	a->net = scep_net_ca(
		c->router->loop, &server.net, NULL, authenticate_answered, a);
	session_on_break(c->session, authenticate_break, a);
	return CMD_PENDING;
}

static int authenticate_exec(struct cmd_call *c)
{
	auto_pki_tp struct pki_tp tp = { 0 };
	struct pki_job job = { 0 };

	if (!pki_job_begin(&job, c))
		return CMD_FAILED;
	pki_tp_read(c->router, job.name, &tp);
	const struct node *how = node_child(tp.node, &tp_enrollment, NULL);

	if (tp.ca != NULL) {
		sbuf_printf(c->out,
			"%% Please delete your existing CA certificate first.\n"
			"%% You must use 'no crypto pki trustpoint "
			"<trustpoint-name>' to delete the CA certificate.\n");
		return CMD_FAILED;
	}
	if (how != NULL && node_str(how, "url") != NULL)
		return authenticate_by_url(c, &job);
	if (how == NULL || !node_has(how, "terminal")) {
		sbuf_adds(c->out, "% The enrollment of this trustpoint is "
				  "neither by terminal nor by URL.\n");
		return CMD_FAILED;
	}
	struct authenticate *a = xcalloc(1, sizeof(*a));

	a->job = job;
	pki_say(c->session,
		"\nEnter the base 64 encoded CA certificate.\n" END_BLANK);
	return paste_read(c->session, PASTE_BLANK, PEM_TEXT_MAX,
		authenticate_pasted, authenticate_drop, a);
}

/* --- import T certificate --- */

static void job_drop(void *ctx)
{
	free(ctx);
}

/* The certificate is for a key pair of ours: that which is configured, or that
 * of the request. */
static const struct stored_key *import_key(
	const struct pki_job *j, const struct pki_tp *tp)
{
	auto_sbuf struct sbuf label = { 0 };

	if (!pki_key_label(j->router, tp->node, &label))
		return NULL;
	return keystore_get(box_keys(j->router->box), sbuf_str(&label));
}

static bool import_one(struct pki_job *j, const char *text)
{
	auto_pki_tp struct pki_tp tp = { 0 };
	auto_der struct der der = { 0 };

	pki_tp_read(j->router, j->name, &tp);
	const struct stored_key *key = import_key(j, &tp);

	if (key == NULL) {
		pki_say(j->session, "%% There is no key pair for this "
				    "trustpoint: enroll first.\n");
		return false;
	}
	if (text == NULL || pem_object(text, NULL, &der) != 0) {
		pki_say(j->session, "%% Failed to parse or verify imported "
				    "certificate\n");
		return false;
	}
	if (!pki_cert_fits(j->session, der_span(&der), key->key, tp.ca))
		return false;
	return pki_accept(j, false, der_span(&der), tp.own);
}

static int import_pasted(struct session *s, const char *text, void *ctx)
{
	struct pki_job *j = ctx;
	bool ok = import_one(j, text);

	if (ok) {
		pkistore_set_request(
			box_pki(j->router->box), j->name, SPAN(NULL, 0));
		pki_say(s, "%% Router Certificate successfully imported\n\n");
	}
	free(j);
	return ok ? CMD_DONE : CMD_FAILED;
}

static int import_cert_exec(struct cmd_call *c)
{
	auto_pki_tp struct pki_tp tp = { 0 };
	struct pki_job job = { 0 };

	if (!pki_job_begin(&job, c))
		return CMD_FAILED;
	pki_tp_read(c->router, job.name, &tp);
	if (tp.ca == NULL) {
		sbuf_adds(c->out, "% You must authenticate the Certificate "
				  "Authority before\nyou can import the "
				  "router's certificate.\n");
		return CMD_FAILED;
	}
	pki_say(c->session,
		"\nEnter the base 64 encoded certificate.\n" END_BLANK);
	return paste_read(c->session, PASTE_BLANK, PEM_TEXT_MAX, import_pasted,
		job_drop, xmemdup(&job, sizeof(job)));
}

/* --- no crypto pki trustpoint --- */

#define ASK_REMOVE "Are you sure you want to do this? [yes/no]: "

static bool remove_now(struct pki_job *j)
{
	auto_sbuf struct sbuf line = { 0 }, why = { 0 };
	uint64_t before = commit_generation(j->router->commit);

	sbuf_printf(&line, "no crypto pki trustpoint %s", j->name);
	bool ok = config_line(j->router, MODE_CONFIG,
		tree_root(j->router->tree), sbuf_str(&line), NULL, &why);

	if (ok && node_find(tree_root(j->router->tree), &cfg_cert_chain,
			  j->name) != NULL)
		pki_chain_drop(j->router, j->name);
	pki_say(j->session, "%s", sbuf_str(&why));
	session_config_changed(j->session, before);
	return ok;
}

static int remove_answered(struct session *s, const char *answer, void *ctx)
{
	struct pki_job *j = ctx;
	enum answer a = answer_read(s, answer);
	int result = CMD_DONE;

	if (a == ANSWER_AGAIN) {
		session_on_break(s, job_drop, j);
		return session_ask(s, ASK_LINE, ASK_REMOVE, remove_answered, j);
	}
	if (a == ANSWER_YES && remove_now(j))
		pki_say(s, "%% Be sure to ask the CA administrator to revoke "
			   "your certificates.\n\n");
	else if (a == ANSWER_YES)
		result = CMD_FAILED;
	free(j);
	return result;
}

int trustpoint_remove(struct session *s, struct match *m)
{
	struct router *r = session_router(s);
	struct pki_job *j = xcalloc(1, sizeof(*j));

	j->router = r;
	j->session = s;
	strlcpy(j->name, drv_str(m->drv, "name"), sizeof(j->name));
	bool enrolled =
		node_find(tree_root(r->tree), &cfg_cert_chain, j->name) != NULL;

	if (!enrolled || session_flags(s) & SESSION_LENIENT) {
		int result = remove_now(j) ? CMD_DONE : CMD_FAILED;

		free(j);
		return result;
	}
	pki_say(s, "%% Removing an enrolled trustpoint will destroy all "
		   "certificates\n received from the related Certificate "
		   "Authority.\n\n");
	session_on_break(s, job_drop, j);
	return session_ask(s, ASK_LINE, ASK_REMOVE, remove_answered, j);
}

static const struct command *const list[] = { &authenticate_config,
	&authenticate_priv, &import_config, &import_priv };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_exec_pki = { &commands, NULL };
