/* show crypto pki crls: what is known of revoked certificates: the CRL that is
 * on disk, those fetched since, answers of OCSP (show-output.md 2.11). */
#include "cli/json.h"
#include "cli/pki.h"
#include "router/revoke.h"

#include <string.h>

static int crls_exec(struct cmd_call *c);

static const struct command show_crls = {
	.mode = MODE_EXEC,
	.grammar = "show crypto pki~ca crls",
	.help = "show  Show running system information\n" HELP_PKI
		"crls  Show Certificate Revocation Lists\n",
	.flags = CMD_PIPE,
	.exec = crls_exec,
};

struct sinks {
	struct sbuf *out; /* text, or */
	json_t *crls, *ocsp;
};

static void name_line(struct sbuf *out, const char *name)
{
	for (; *name != '\0'; name++)
		sbuf_addc(out, *name == '\n' ? ',' : *name);
}

static void add_time(struct sbuf *out, const char *what, time_t t)
{
	sbuf_printf(out, "\n    %s: ", what);
	if (t != 0)
		pki_time_text(t, out);
	else
		sbuf_adds(out, "not set");
}

static void crl_text(struct sbuf *out, const char *trustpoint, size_t n,
	const struct crl_view *i)
{
	sbuf_adds(out, "CRL Issuer Name: \n    ");
	name_line(out, i->issuer);
	add_time(out, "LastUpdate", i->last_update);
	add_time(out, "NextUpdate", i->next_update);
	sbuf_printf(out,
		"\n    CRL Number: %s\n"
		"    Revoked certificates: %zu\n"
		"    CRL DER is %zu bytes\n"
		"    Associated Trustpoints: %s \n\n",
		i->number[0] != '\0' ? i->number : "none", i->n_revoked, n,
		trustpoint);
}

static void crl_json(json_t *list, const char *trustpoint, size_t n,
	const struct crl_view *i)
{
	auto_sbuf struct sbuf issuer = { 0 };
	json_t *o = ja_object(list);

	name_line(&issuer, i->issuer);
	jo_str(o, "issuer", sbuf_str(&issuer));
	jo_str(o, "trustpoint", trustpoint);
	jo_wall(o, "last_update_time_secs", (uint64_t)i->last_update);
	jo_wall(o, "next_update_time_secs", (uint64_t)i->next_update);
	jo_str(o, "number", i->number[0] != '\0' ? i->number : NULL);
	jo_num(o, "revoked", i->n_revoked);
	jo_num(o, "size_bytes", n);
}

static void one_crl(
	const struct sinks *s, const char *trustpoint, struct span der)
{
	struct crl_view i;

	if (!crl_view_read(der, &i))
		return;
	if (s->out != NULL)
		crl_text(s->out, trustpoint, der.n, &i);
	else
		crl_json(s->crls, trustpoint, der.n, &i);
}

static void one_ocsp(const struct sinks *s, const struct revoke_view *v)
{
	auto_sbuf struct sbuf subject = { 0 }, serial = { 0 };
	const char *status = v->ocsp->revoked ? "revoked" : "good";

	cert_subject_text(v->cert, ",", &subject);
	cert_serial_text(v->cert, &serial);
	if (s->out != NULL) {
		sbuf_printf(s->out,
			"OCSP Response for: \n    %s\n"
			"    Serial Number (hex): %s\n"
			"    Status: %s",
			sbuf_str(&subject), sbuf_str(&serial), status);
		add_time(s->out, "LastUpdate", v->ocsp->this_update);
		add_time(s->out, "NextUpdate", v->ocsp->next_update);
		sbuf_printf(s->out, "\n    Associated Trustpoints: %s \n\n",
			v->trustpoint);
		return;
	}
	json_t *o = ja_object(s->ocsp);

	jo_str(o, "subject", sbuf_str(&subject));
	jo_str(o, "serial_number", sbuf_str(&serial));
	jo_str(o, "status", status);
	jo_str(o, "trustpoint", v->trustpoint);
	jo_wall(o, "last_update_time_secs", (uint64_t)v->ocsp->this_update);
	jo_wall(o, "next_update_time_secs", (uint64_t)v->ocsp->next_update);
}

static bool same(struct span a, struct span b)
{
	return a.n == b.n && memcmp(a.p, b.p, a.n) == 0;
}

/* Of one trustpoint. */
static void each_of(
	const struct sinks *s, const struct router *r, const struct pki_tp *tp)
{
	const struct revoke *v = r->box != NULL ? box_revoke(r->box) : NULL;
	struct span stored =
		tp->store != NULL ? der_span(&tp->store->crl) : SPAN(NULL, 0);
	struct revoke_view i;

	if (stored.n > 0)
		one_crl(s, tp->name, stored);
	for (size_t k = 0; v != NULL && revoke_at(v, k, &i); k++) {
		if (strcmp(i.trustpoint, tp->name) != 0)
			continue;
		if (i.crl != NULL && !same(crl_der(i.crl), stored))
			one_crl(s, tp->name, crl_der(i.crl));
		if (i.ocsp != NULL)
			one_ocsp(s, &i);
	}
}

static int crls_exec(struct cmd_call *c)
{
	json_t *top = c->json ? json_object() : NULL;
	struct sinks s = { .out = c->json ? NULL : c->out };
	struct node *root = tree_root(c->router->tree);

	if (top != NULL) {
		s.crls = jo_array(top, "crls");
		s.ocsp = jo_array(top, "ocsp");
	}
	for (struct node *n = node_child(root, &cfg_trustpoint, NULL);
		n != NULL; n = node_child(root, &cfg_trustpoint, n)) {
		auto_pki_tp struct pki_tp tp = { 0 };

		pki_tp_read(c->router, node_str(n, "name"), &tp);
		each_of(&s, c->router, &tp);
	}
	return top != NULL ? cmd_json(c, top) : CMD_DONE;
}

static const struct command *const list[] = { &show_crls };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_show_pki_crls = { &commands, NULL };
