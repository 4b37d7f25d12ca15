/* show crypto pki certificates, trustpoints (show-output.md 2.11). */
#include "cli/json.h"
#include "cli/pki.h"

#include <string.h>
#include <time.h>

static int certificates_exec(struct cmd_call *c);
static int trustpoints_exec(struct cmd_call *c);

#define HELP_SHOW "show  Show running system information\n" HELP_PKI

static const struct command show_certificates = {
	.mode = MODE_EXEC,
	.grammar = "show crypto pki~ca certificates [verbose] [<name:name>]",
	.help = HELP_SHOW "certificates  Show certificates\n"
			  "verbose  Show certificates in detail\n"
			  "<name>  Trustpoint Name\n",
	.flags = CMD_PIPE,
	.exec = certificates_exec,
	.sample = "show crypto pki certificates verbose ORBIT_CA",
};

static const struct command show_certificates_of = {
	.mode = MODE_EXEC,
	.grammar = "show crypto pki~ca certificates <name:name> verbose",
	.help = HELP_SHOW "certificates  Show certificates\n"
			  "<name>  Trustpoint Name\n"
			  "verbose  Show certificates in detail\n",
	.flags = CMD_PIPE,
	.exec = certificates_exec,
	.sample = "show crypto pki certificates ORBIT_CA verbose",
};

static const struct command show_trustpoints = {
	.mode = MODE_EXEC,
	.grammar = "show crypto pki~ca trustpoints [<name:name>] [status]",
	.help = HELP_SHOW "trustpoints  Show trustpoints\n"
			  "<name>  Trustpoint Name\n"
			  "status  Show trustpoint status\n",
	.flags = CMD_PIPE,
	.exec = trustpoints_exec,
	.sample = "show crypto pki trustpoints ORBIT_CA status",
};

/* Calls fn for each trustpoint, or the one that is named. */
typedef void tp_fn(const struct pki_tp *tp, void *ctx);

static size_t each_trustpoint(const struct cmd_call *c, tp_fn *fn, void *ctx)
{
	const char *only = drv_str(c->drv, "name");
	struct node *root = tree_root(c->router->tree);
	size_t count = 0;

	for (struct node *n = node_child(root, &cfg_trustpoint, NULL);
		n != NULL; n = node_child(root, &cfg_trustpoint, n)) {
		auto_pki_tp struct pki_tp tp = { 0 };

		if (only != NULL && strcmp(node_str(n, "name"), only) != 0)
			continue;
		pki_tp_read(c->router, node_str(n, "name"), &tp);
		fn(&tp, ctx);
		count++;
	}
	return count;
}

/* One RDN a line. */
static void add_name(struct sbuf *out, const char *name, size_t indent)
{
	while (*name != '\0') {
		size_t n = strcspn(name, "\n");

		sbuf_pad(out, ' ', indent);
		sbuf_printf(out, "%.*s\n", (int)n, name);
		name += n + (name[n] == '\n');
	}
}

static void name_line(struct sbuf *out, const char *name)
{
	for (; *name != '\0'; name++)
		sbuf_addc(out, *name == '\n' ? ',' : *name);
}

/* --- certificates --- */

static const char *use_text(enum cert_use use)
{
	return use == CERT_USE_SIGNATURE    ? "Signature"
	       : use == CERT_USE_ENCRYPTION ? "Encryption"
					    : "General Purpose";
}

static void add_date(struct sbuf *out, const char *what, time_t t)
{
	sbuf_printf(out, "    %s date: ", what);
	pki_time_text(t, out);
	sbuf_addc(out, '\n');
}

static void add_key_usage(const struct cert_info *i, struct sbuf *out)
{
	static const char *const bits[] = { "Digital Signature",
		"Non Repudiation", "Key Encipherment", "Data Encipherment",
		"Key Agreement", "Key Cert Sign", "CRL Signature" };

	if (!i->has_key_usage)
		return;
	sbuf_printf(
		out, "    X509v3 Key Usage: %02X000000\n", i->key_usage & 0xff);
	for (size_t k = 0; k < ARRAY_LEN(bits); k++)
		if (i->key_usage & 0x80 >> k)
			sbuf_printf(out, "      %s\n", bits[k]);
}

static void add_key_id(
	struct sbuf *out, const char *what, const uint8_t *p, size_t n)
{
	if (n == 0)
		return;
	sbuf_printf(out, "    X509v3 %s: ", what);
	pki_hex_groups(p, n, out);
	sbuf_addc(out, '\n');
}

static void add_fingerprints(
	struct sbuf *out, const struct cert_info *i, size_t indent)
{
	sbuf_pad(out, ' ', indent);
	sbuf_adds(out, "Fingerprint MD5: ");
	pki_hex_groups(i->md5, sizeof(i->md5), out);
	sbuf_addc(out, '\n');
	sbuf_pad(out, ' ', indent);
	sbuf_adds(out, "Fingerprint SHA1: ");
	pki_hex_groups(i->sha1, sizeof(i->sha1), out);
	sbuf_addc(out, '\n');
}

static void add_details(const struct cert_info *i, struct sbuf *out)
{
	bool ec = i->key != NULL && pkey_type(i->key) == PKEY_EC;

	if (i->key != NULL)
		sbuf_printf(out,
			"  Subject Key Info:\n"
			"    Public Key Algorithm: %s\n"
			"    %s Public Key: (%u bit)\n",
			ec ? "ecEncryption" : "rsaEncryption",
			key_kind(pkey_type(i->key)), pkey_bits(i->key));
	sbuf_printf(out, "  Signature Algorithm: %s\n", i->signature);
	add_fingerprints(out, i, 2);
	sbuf_adds(out, "  X509v3 extensions:\n");
	add_key_usage(i, out);
	add_key_id(
		out, "Subject Key ID", i->subject_key_id, i->n_subject_key_id);
	if (i->is_ca)
		sbuf_adds(out, "    X509v3 Basic Constraints:\n"
			       "        CA: TRUE\n");
	if (i->sans[0] != '\0')
		sbuf_printf(out,
			"    X509v3 Subject Alternative Name:\n"
			"        %s\n",
			i->sans);
	add_key_id(out, "Authority Key ID", i->authority_key_id,
		i->n_authority_key_id);
	sbuf_adds(out, "    Authority Info Access:\n");
	if (i->ocsp_url[0] != '\0')
		sbuf_printf(out, "        OCSP URL: %s\n", i->ocsp_url);
}

struct cert_view {
	struct sbuf *out;
	json_t *list;
	bool verbose;
};

static void add_certificate(const struct pki_tp *tp, const char *title,
	const struct cert_info *i, bool own, const struct cert_view *v)
{
	struct sbuf *out = v->out;

	sbuf_printf(out, "%s\n  Status: Available\n", title);
	if (v->verbose)
		sbuf_adds(out, "  Version: 3\n");
	sbuf_printf(out,
		"  Certificate Serial Number (hex): %s\n"
		"  Certificate Usage: %s\n"
		"  Issuer: \n",
		i->serial, use_text(i->use));
	add_name(out, i->issuer, 4);
	sbuf_adds(out, own ? "  Subject:\n" : "  Subject: \n");
	if (own && i->hostname[0] != '\0')
		sbuf_printf(out, "    Name: %s\n", i->hostname);
	add_name(out, i->subject, 4);
	if (i->crl_url[0] != '\0')
		sbuf_printf(out, "  CRL Distribution Points: \n    %s\n",
			i->crl_url);
	sbuf_adds(out, "  Validity Date: \n");
	add_date(out, "start", i->not_before);
	add_date(out, "end  ", i->not_after);
	if (v->verbose)
		add_details(i, out);
	sbuf_printf(out, "  Associated Trustpoints: %s \n", tp->name);
	if (v->verbose && own && tp->own_key != NULL)
		sbuf_printf(out, "  Key Label: %s\n", tp->own_key->label);
	sbuf_addc(out, '\n');
}

static void add_pending(const struct pki_tp *tp, struct sbuf *out)
{
	uint8_t md5[16], sha1[20];

	der_fingerprints(der_span(&tp->store->request), md5, sha1);
	sbuf_adds(out, "Certificate\n"
		       "  Status: Pending\n"
		       "  Key Usage: General Purpose\n"
		       "  Certificate Request Fingerprint MD5: ");
	pki_hex_groups(md5, sizeof(md5), out);
	sbuf_adds(out, "\n  Certificate Request Fingerprint SHA1: ");
	pki_hex_groups(sha1, sizeof(sha1), out);
	sbuf_printf(out, "\n  Associated Trustpoint: %s \n\n", tp->name);
}

static bool has_request(const struct pki_tp *tp)
{
	return tp->store != NULL && tp->store->request.n > 0;
}

static void certificates_text(const struct pki_tp *tp, void *ctx)
{
	const struct cert_view *v = ctx;

	if (has_request(tp))
		add_pending(tp, v->out);
	if (tp->own != NULL)
		add_certificate(tp,
			strncmp(tp->own->head, "self-signed", 11) == 0
				? "Router Self-Signed Certificate"
				: "Certificate",
			&tp->own_info, true, v);
	for (size_t k = 0; k < tp->certs.n; k++) {
		const struct pki_cert *c = &tp->certs.v[k];
		auto_cert_info struct cert_info info = { 0 };

		if (pki_head_is_ca(c->head) &&
			cert_info_read(der_span(&c->der), &info))
			add_certificate(tp, "CA Certificate", &info, false, v);
	}
}

/* "CN, comma": as one line. */
static void jo_name(json_t *o, const char *key, const char *name)
{
	auto_sbuf struct sbuf line = { 0 };

	name_line(&line, name);
	jo_str(o, key, sbuf_str(&line));
}

static void certificate_json(json_t *list, const struct pki_tp *tp,
	const char *kind, const struct cert_info *i)
{
	json_t *o = ja_object(list);

	jo_str(o, "trustpoint", tp->name);
	jo_str(o, "kind", kind);
	jo_str(o, "status", "available");
	jo_str(o, "serial_number", i->serial);
	jo_str(o, "usage", use_text(i->use));
	jo_name(o, "issuer", i->issuer);
	jo_name(o, "subject", i->subject);
	jo_str(o, "alternative_names", i->sans[0] != '\0' ? i->sans : NULL);
	jo_str(o, "crl_url", i->crl_url[0] != '\0' ? i->crl_url : NULL);
	jo_str(o, "ocsp_url", i->ocsp_url[0] != '\0' ? i->ocsp_url : NULL);
	jo_wall(o, "not_before_time_secs", (uint64_t)i->not_before);
	jo_wall(o, "not_after_time_secs", (uint64_t)i->not_after);
	jo_str(o, "key_type",
		i->key == NULL                 ? NULL
		: pkey_type(i->key) == PKEY_EC ? "ec"
					       : "rsa");
	jo_num(o, "key_bits", i->key != NULL ? pkey_bits(i->key) : 0);
	jo_str(o, "signature_algorithm", i->signature);
	jo_set(o, "fingerprint_md5", jv_hex(i->md5, sizeof(i->md5)));
	jo_set(o, "fingerprint_sha1", jv_hex(i->sha1, sizeof(i->sha1)));
	jo_set(o, "fingerprint_sha256", jv_hex(i->sha256, sizeof(i->sha256)));
}

static void certificates_json(const struct pki_tp *tp, void *ctx)
{
	json_t *list = ((const struct cert_view *)ctx)->list;

	if (has_request(tp)) {
		json_t *o = ja_object(list);

		jo_str(o, "trustpoint", tp->name);
		jo_str(o, "kind", "router");
		jo_str(o, "status", "pending");
	}
	if (tp->own != NULL)
		certificate_json(list, tp, "router", &tp->own_info);
	for (size_t k = 0; k < tp->certs.n; k++) {
		const struct pki_cert *c = &tp->certs.v[k];
		auto_cert_info struct cert_info info = { 0 };

		if (pki_head_is_ca(c->head) &&
			cert_info_read(der_span(&c->der), &info))
			certificate_json(list, tp, "ca", &info);
	}
}

/* Runs both forms of a command. */
static int show_both(
	struct cmd_call *c, tp_fn *text, tp_fn *json, const char *key)
{
	struct cert_view v = { .out = c->out };
	bool certs =
		c->cmd == &show_certificates || c->cmd == &show_certificates_of;
	const char *only = drv_str(c->drv, "name");

	v.verbose = certs && drv_has(c->drv, "verbose");
	if (only != NULL && node_find(tree_root(c->router->tree),
				    &cfg_trustpoint, only) == NULL) {
		sbuf_printf(
			c->out, "%% Trustpoint %s is not configured.\n", only);
		return CMD_FAILED;
	}
	if (c->json) {
		json_t *top = json_object();

		v.list = jo_array(top, key);
		each_trustpoint(c, json, &v);
		return cmd_json(c, top);
	}
	each_trustpoint(c, text, &v);
	return CMD_DONE;
}

static int certificates_exec(struct cmd_call *c)
{
	return show_both(
		c, certificates_text, certificates_json, "certificates");
}

/* --- trustpoints --- */

static void trustpoint_text(const struct pki_tp *tp, void *ctx)
{
	struct sbuf *out = ((const struct cert_view *)ctx)->out;
	const struct node *how = node_child(tp->node, &tp_enrollment, NULL);

	sbuf_printf(out, "Trustpoint %s:\n", tp->name);
	if (tp->ca != NULL) {
		sbuf_adds(out, "    Subject Name: \n");
		add_name(out, tp->ca_info.subject, 4);
		sbuf_printf(out,
			"          Serial Number (hex): %s\n"
			"    Certificate configured.\n",
			tp->ca_info.serial);
	}
	if (how != NULL && node_str(how, "url") != NULL)
		sbuf_printf(out, "    SCEP URL: %s\n", node_str(how, "url"));
	sbuf_addc(out, '\n');
}

static void status_certificate(struct sbuf *out, const struct cert_info *i)
{
	sbuf_adds(out, "    Subject Name:\n     ");
	name_line(out, i->subject);
	sbuf_addc(out, '\n');
	add_fingerprints(out, i, 4);
}

static void status_text(const struct pki_tp *tp, void *ctx)
{
	struct sbuf *out = ((const struct cert_view *)ctx)->out;

	sbuf_printf(out, "Trustpoint %s:\n", tp->name);
	if (tp->ca != NULL) {
		sbuf_adds(out, "  Issuing CA certificate configured:\n");
		status_certificate(out, &tp->ca_info);
	}
	if (tp->own != NULL) {
		sbuf_printf(out, "  Router %s certificate configured:\n",
			use_text(tp->own_info.use));
		status_certificate(out, &tp->own_info);
	}
	sbuf_adds(out, "  State:\n    Keys generated ............. ");
	if (tp->own_key != NULL)
		sbuf_printf(out, "Yes (General Purpose, %s)\n",
			tp->own_key->exportable ? "exportable"
						: "non-exportable");
	else
		sbuf_adds(out, "No\n");
	sbuf_printf(out,
		"    Issuing CA authenticated ....... %s\n"
		"    Certificate request(s) ..... %s\n\n",
		tp->ca != NULL ? "Yes" : "No",
		has_request(tp)   ? "Pending"
		: tp->own != NULL ? "Yes"
				  : "None");
}

static void trustpoint_json(const struct pki_tp *tp, void *ctx)
{
	json_t *o = ja_object(((const struct cert_view *)ctx)->list);

	jo_str(o, "name", tp->name);
	jo_bool(o, "authenticated", tp->ca != NULL);
	jo_bool(o, "enrolled", tp->own != NULL && tp->own_key != NULL);
	jo_bool(o, "request_pending", has_request(tp));
	jo_str(o, "key_label", tp->own_key != NULL ? tp->own_key->label : NULL);
	if (tp->ca != NULL) {
		jo_name(o, "ca_subject", tp->ca_info.subject);
		jo_str(o, "ca_serial_number", tp->ca_info.serial);
	}
	if (tp->own != NULL) {
		jo_name(o, "subject", tp->own_info.subject);
		jo_str(o, "serial_number", tp->own_info.serial);
	}
}

static int trustpoints_exec(struct cmd_call *c)
{
	return show_both(c,
		drv_has(c->drv, "status") ? status_text : trustpoint_text,
		trustpoint_json, "trustpoints");
}

static const struct command *const list[] = { &show_certificates,
	&show_certificates_of, &show_trustpoints };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_show_pki = { &commands, NULL };
