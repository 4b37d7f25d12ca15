/* crypto pki import | export T pem | pkcs12 (ios-cli.md 11): certificates with
 * their key pair, pasted, shown, or in files. */
#include "cli/exec_pki.h"
#include "cli/url_io.h"
#include "cli/users.h"
#include "crypto/enroll.h"

#include <bsd/string.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PASS_MIN 8

static int import_pem_exec(struct cmd_call *c);
static int import_p12_exec(struct cmd_call *c);
static int export_exec(struct cmd_call *c);

#define HELP_WHERE                                                             \
	"terminal  Use the terminal\nurl  URL of the file\n<url>  URL\n"

#define IMPORT_PEM                                                             \
	.grammar = "crypto pki~ca import <name:name> pem [exportable] "        \
		   "{terminal|url <url:word>} <pass:pass_phrase>",             \
	.help = HELP_PKI                                                       \
		"import  Import certificate or PKCS #12 file\n"                \
		"<name>  Trustpoint Name\n"                                    \
		"pem  Import from PEM files\n"                                 \
		"exportable  Allow the key to be exported\n" HELP_WHERE        \
		"<pass>  Passphrase used to protect the private key\n",        \
	.flags = CMD_ACT, .exec = import_pem_exec,                             \
	.sample = "crypto pki import T pem terminal Orb1tLab\n"                \
		  "crypto pki import T pem url flash:T Orb1tLab"
#define IMPORT_P12                                                             \
	.grammar = "crypto pki~ca import <name:name> pkcs12 "                  \
		   "{terminal|<url:word>} [password] <pass:pass_phrase>",      \
	.help = HELP_PKI                                                       \
		"import  Import certificate or PKCS #12 file\n"                \
		"<name>  Trustpoint Name\n"                                    \
		"pkcs12  Import from PKCS12 file\n"                            \
		"terminal  Use the terminal\n<url>  URL of the file\n"         \
		"password  Passphrase follows\n"                               \
		"<pass>  Passphrase used to protect the pkcs12 file\n",        \
	.flags = CMD_ACT, .exec = import_p12_exec,                             \
	.sample = "crypto pki import T pkcs12 terminal Orb1tLab"
#define EXPORT_PEM                                                             \
	.grammar = "crypto pki~ca export <name:name> pem "                     \
		   "{terminal|url <url:word>} "                                \
		   "[{3des|aes|des} [password] <pass:pass_phrase>]",           \
	.help = HELP_PKI                                                       \
		"export  Export certificate or PKCS12 file\n"                  \
		"<name>  Trustpoint Name\npem  Export to PEM "                 \
		"files\n" HELP_WHERE "3des  Encrypt private key with 3DES\n"   \
		"aes  Encrypt private key with AES\n"                          \
		"des  Encrypt private key with DES\n"                          \
		"password  Passphrase follows\n"                               \
		"<pass>  Passphrase used to protect the private key\n",        \
	.flags = CMD_ACT, .exec = export_exec,                                 \
	.sample = "crypto pki export T pem terminal\n"                         \
		  "crypto pki export T pem terminal aes Orb1tLab"
#define EXPORT_P12                                                             \
	.grammar = "crypto pki~ca export <name:name> pkcs12 "                  \
		   "{terminal|<url:word>} [password] <pass:pass_phrase>",      \
	.help = HELP_PKI                                                       \
		"export  Export certificate or PKCS12 file\n"                  \
		"<name>  Trustpoint Name\npkcs12  Export to a PKCS12 file\n"   \
		"terminal  Use the terminal\n<url>  URL of the file\n"         \
		"password  Passphrase follows\n"                               \
		"<pass>  Passphrase used to protect the pkcs12 file\n",        \
	.flags = CMD_ACT, .exec = export_exec,                                 \
	.sample = "crypto pki export T pkcs12 terminal Orb1tLab"

BOTH_MODES(import_pem, IMPORT_PEM);
BOTH_MODES(import_p12, IMPORT_P12);
BOTH_MODES(export_pem, EXPORT_PEM);
BOTH_MODES(export_p12, EXPORT_P12);

/* --- import --- */

struct import {
	struct pki_job job;
	char pass[PASS_PHRASE_MAX + 1];
	char url[256]; /* "": the terminal */
	bool exportable;
	enum { PART_CA, PART_KEY, PART_CERT } part;
	struct der_list ca; /* root or issuing CA first */
	struct pkey *key;
	struct der cert;
};

static void import_free(struct import *i)
{
	der_list_free(&i->ca);
	der_free(&i->cert);
	pkey_unref(i->key);
	mem_wipe(i->pass, sizeof(i->pass));
	free(i);
}

static void import_drop(void *ctx)
{
	import_free(ctx);
}

static int import_fail(struct import *i, const char *why)
{
	pki_say(i->job.session, "%% %s\n", why);
	import_free(i);
	return CMD_FAILED;
}

/* The certificate that signed ours stands in front. */
static const struct der *issuer_of(const struct import *i)
{
	for (size_t k = 0; k < i->ca.n; k++)
		if (cert_der_signed_by(
			    der_span(&i->cert), der_span(&i->ca.v[k])))
			return &i->ca.v[k];
	return NULL;
}

/* Everything is checked before anything is stored. */
static bool import_check(struct import *i)
{
	struct pki_cert ca = { 0 };
	const struct der *issuer = issuer_of(i);
	auto_cert_info struct cert_info info = { 0 };

	if (!cert_info_read(der_span(&i->cert), &info)) {
		pki_say(i->job.session, "%% Failed to parse or verify "
					"imported certificate\n");
		return false;
	}
	for (size_t k = 0; k < i->ca.n; k++) {
		auto_cert_info struct cert_info above = { 0 };

		if (i->ca.v[k].n <= PKI_CERT_BYTES &&
			cert_info_read(der_span(&i->ca.v[k]), &above))
			continue;
		pki_say(i->job.session, "%% Failed to parse the CA "
					"certificate\n");
		return false;
	}
	if (issuer == NULL && !info.self_issued) {
		pki_say(i->job.session, "%% The certificate is not signed by "
					"the CA certificate.\n");
		return false;
	}
	if (issuer != NULL)
		ca.der = *issuer;
	return pki_cert_fits(i->job.session, der_span(&i->cert), i->key,
		issuer != NULL ? &ca : NULL);
}

static bool import_store(struct import *i)
{
	struct router *r = i->job.router;
	const struct node *tp =
		node_find(tree_root(r->tree), &cfg_trustpoint, i->job.name);
	auto_sbuf struct sbuf label = { 0 };

	if ((node_child(tp, &tp_rsakeypair, NULL) == NULL &&
		    node_child(tp, &tp_eckeypair, NULL) == NULL) ||
		!pki_key_label(r, tp, &label))
		sbuf_adds(&label, i->job.name);
	int rc = keystore_put(box_keys(r->box), sbuf_str(&label), i->key,
		i->exportable, time(NULL));

	if (rc < 0) {
		pki_say(i->job.session, "%% The key cannot be stored: %s\n",
			strerror(-rc));
		return false;
	}
	if (node_find(tree_root(r->tree), &cfg_cert_chain, i->job.name) != NULL)
		pki_chain_drop(r, i->job.name);
	for (size_t k = 0; k < i->ca.n; k++)
		if (!pki_accept(&i->job, true, der_span(&i->ca.v[k]), NULL))
			return false;
	if (!pki_accept(&i->job, false, der_span(&i->cert), NULL))
		return false;
	pkistore_set_request(box_pki(r->box), i->job.name, SPAN(NULL, 0));
	keys_changed(r);
	return true;
}

static int import_finish(struct import *i, const char *done)
{
	bool ok = import_check(i) && import_store(i);

	if (ok)
		pki_say(i->job.session, "%s\n\n", done);
	import_free(i);
	return ok ? CMD_DONE : CMD_FAILED;
}

/* --- import pem --- */

static int ask_part(struct import *i);

static int take_part(struct import *i, const char *text, size_t n)
{
	auto_sbuf struct sbuf why = { 0 };

	(void)n;
	if (text == NULL)
		return import_fail(i, "The text is too long.");
	switch (i->part) {
	case PART_CA:
		if (pem_object(text, NULL, &i->ca.v[0]) != 0)
			return import_fail(
				i, "It is not a PEM-formatted certificate.");
		i->ca.n = 1;
		break;
	case PART_KEY:
		i->key = pem_key(text, i->pass, &why);
		if (i->key == NULL)
			return import_fail(i, sbuf_str(&why));
		break;
	case PART_CERT:
		if (pem_object(text, NULL, &i->cert) != 0)
			return import_fail(
				i, "It is not a PEM-formatted certificate.");
		return import_finish(i, "% PEM files import succeeded.");
	}
	i->part++;
	return ask_part(i);
}

static int part_pasted(struct session *s, const char *text, void *ctx)
{
	(void)s;
	return take_part(ctx, text, text == NULL ? 0 : strlen(text));
}

static int part_read(
	struct session *s, int err, const char *text, size_t n, void *ctx)
{
	(void)s;
	if (err != 0) {
		import_free(ctx);
		return CMD_FAILED;
	}
	return take_part(ctx, text, n);
}

/* As IOS names them: URL.ca, URL.prv, URL.crt. */
static int ask_part(struct import *i)
{
	static const struct {
		const char *what, *suffix;
		unsigned end;
	} parts[] = {
		[PART_CA] = { "CA certificate", ".ca", PASTE_BLANK },
		[PART_KEY] = { "encrypted private General Purpose key", ".prv",
			0 },
		[PART_CERT] = { "General Purpose certificate", ".crt",
			PASTE_BLANK },
	};
	auto_sbuf struct sbuf url = { 0 };
	unsigned end = parts[i->part].end;

	if (i->url[0] != '\0') {
		sbuf_printf(&url, "%s%s", i->url, parts[i->part].suffix);
		pki_say(i->job.session, "%% Importing %s from %s\n",
			parts[i->part].what, sbuf_str(&url));
		return url_read(i->job.session, sbuf_str(&url), PEM_TEXT_MAX,
			part_read, import_drop, i);
	}
	pki_say(i->job.session,
		"%% Enter PEM-formatted %s.\n"
		"%% End with %s\"quit\" on a line by itself.\n",
		parts[i->part].what,
		end & PASTE_BLANK ? "a blank line or " : "");
	return paste_read(
		i->job.session, end, PEM_TEXT_MAX, part_pasted, import_drop, i);
}

/* A trustpoint that is not there yet is made. */
static struct import *import_begin(struct cmd_call *c)
{
	const char *name = drv_str(c->drv, "name");
	struct node *root = tree_root(c->router->tree);
	auto_sbuf struct sbuf line = { 0 };
	struct import *i;

	if (node_find(root, &cfg_trustpoint, name) == NULL) {
		sbuf_printf(&line, "crypto pki trustpoint %s", name);
		if (!config_line(c->router, MODE_CONFIG, root, sbuf_str(&line),
			    NULL, c->out))
			return NULL;
	}
	i = xcalloc(1, sizeof(*i));
	if (!pki_job_begin(&i->job, c)) {
		import_free(i);
		return NULL;
	}
	strlcpy(i->pass, drv_str(c->drv, "pass"), sizeof(i->pass));
	if (drv_set(c->drv, "url"))
		strlcpy(i->url, drv_str(c->drv, "url"), sizeof(i->url));
	return i;
}

static int import_pem_exec(struct cmd_call *c)
{
	struct import *i = import_begin(c);

	if (i == NULL)
		return CMD_FAILED;
	i->exportable = drv_has(c->drv, "exportable");
	return ask_part(i);
}

/* --- import pkcs12 --- */

static int p12_take(struct import *i, struct span der)
{
	struct pkcs12 p = { 0 };
	int rc = pkcs12_parse(der, i->pass, &p);

	if (rc == 0 && (p.key == NULL || p.cert.n == 0))
		rc = -ENOENT;
	if (rc == 0) {
		i->key = pkey_ref(p.key);
		der_set(&i->cert, p.cert.p, p.cert.n);
		for (size_t k = 0; k < p.chain.n && i->ca.n < DER_LIST_MAX; k++)
			der_set(&i->ca.v[i->ca.n++], p.chain.v[k].p,
				p.chain.v[k].n);
	}
	pkcs12_free(&p);
	if (rc == -EACCES)
		return import_fail(i, "Failed to import PKCS12: the pass "
				      "phrase is wrong.");
	if (rc == -ENOENT)
		return import_fail(i, "Failed to import PKCS12: it has no key "
				      "with a certificate.");
	if (rc != 0)
		return import_fail(
			i, "Failed to import PKCS12: it is damaged.");
	i->exportable = true;
	return import_finish(
		i, "CRYPTO_PKI: Imported PKCS12 file successfully.");
}

static int p12_pasted(struct session *s, const char *text, void *ctx)
{
	struct import *i = ctx;
	auto_der struct der der = { 0 };

	(void)s;
	if (text == NULL || pem_object(text, NULL, &der) != 0)
		return import_fail(i, "Failed to import PKCS12: it is not "
				      "base64.");
	int result = p12_take(i, der_span(&der));

	mem_wipe(der.p, der.n);
	return result;
}

static int p12_read(
	struct session *s, int err, const char *text, size_t n, void *ctx)
{
	(void)s;
	if (err != 0) {
		import_free(ctx);
		return CMD_FAILED;
	}
	if (n > 10 && strncmp(text, "-----BEGIN", 10) == 0)
		return p12_pasted(s, text, ctx);
	return p12_take(ctx, SPAN(text, n));
}

static int import_p12_exec(struct cmd_call *c)
{
	struct import *i = import_begin(c);

	if (i == NULL)
		return CMD_FAILED;
	if (i->url[0] != '\0') {
		pki_say(c->session, "%% Importing pkcs12...\n");
		return url_read(c->session, i->url, PEM_TEXT_MAX, p12_read,
			import_drop, i);
	}
	pki_say(c->session,
		"\nEnter the base 64 encoded pkcs12.\n"
		"End with a blank line or the word \"quit\" on a line by "
		"itself:\n\n");
	return paste_read(c->session, PASTE_BLANK, PEM_TEXT_MAX, p12_pasted,
		import_drop, i);
}

/* --- export --- */

static enum pem_cipher cipher_given(const struct derivation *d)
{
	return drv_has(d, "des")    ? PEM_CIPHER_DES
	       : drv_has(d, "3des") ? PEM_CIPHER_3DES
				    : PEM_CIPHER_AES;
}

static bool pass_is_good(struct cmd_call *c)
{
	if (strlen(drv_str(c->drv, "pass")) >= PASS_MIN)
		return true;
	sbuf_printf(c->out,
		"%% The pass phrase must have %d or more characters.\n",
		PASS_MIN);
	return false;
}

/* May the private key leave? false, after a `%` line. */
static bool may_export(struct cmd_call *c, const struct pki_tp *tp)
{
	if (tp->own == NULL) {
		sbuf_printf(c->out, "%% Trustpoint %s is not enrolled.\n",
			tp->name);
		return false;
	}
	if (tp->own_key == NULL || !tp->own_key->exportable) {
		sbuf_printf(c->out,
			"%% The private key of trustpoint %s is "
			"not exportable.\n",
			tp->name);
		return false;
	}
	return pass_is_good(c);
}

/* Certificates alone are public. */
static bool pem_text(
	struct cmd_call *c, const struct pki_tp *tp, struct sbuf *out)
{
	bool with_key = drv_set(c->drv, "pass");

	if (tp->ca == NULL && tp->own == NULL) {
		sbuf_printf(c->out, "%% Trustpoint %s has no certificates.\n",
			tp->name);
		return false;
	}
	if (with_key && !may_export(c, tp))
		return false;
	if (tp->ca != NULL) {
		sbuf_adds(out, "% CA certificate:\n");
		pem_add(out, "CERTIFICATE", der_span(&tp->ca->der));
		sbuf_addc(out, '\n');
	}
	if (with_key) {
		sbuf_printf(out,
			"%% Key name: %s\n   Usage: General Purpose Key\n",
			tp->own_key->label);
		int rc = pem_key_add(out, tp->own_key->key,
			cipher_given(c->drv), drv_str(c->drv, "pass"));

		if (rc < 0) {
			sbuf_printf(c->out,
				"%% The key cannot be exported: %s\n",
				rc == -ENOTSUP ? "no single DES here"
					       : strerror(-rc));
			return false;
		}
		sbuf_addc(out, '\n');
	}
	if (tp->own != NULL) {
		sbuf_adds(out, "% General Purpose Certificate:\n");
		pem_add(out, "CERTIFICATE", der_span(&tp->own->der));
	}
	sbuf_addc(out, '\n');
	return true;
}

static bool p12_bytes(
	struct cmd_call *c, const struct pki_tp *tp, struct der *out)
{
	struct span chain[PKI_CERTS_MAX];
	size_t n = 0;

	if (!may_export(c, tp))
		return false;
	for (size_t i = 0; i < tp->certs.n; i++)
		if (pki_head_is_ca(tp->certs.v[i].head))
			chain[n++] = der_span(&tp->certs.v[i].der);
	int rc = pkcs12_build(tp->own_key->key, der_span(&tp->own->der), chain,
		n, tp->name, drv_str(c->drv, "pass"), out);

	if (rc < 0)
		sbuf_printf(c->out, "%% The key cannot be exported: %s\n",
			strerror(-rc));
	return rc == 0;
}

static void nothing(void *ctx)
{
	(void)ctx;
}

static int written(
	struct session *s, int err, const char *text, size_t n, void *ctx)
{
	(void)text;
	(void)n;
	(void)ctx;
	if (err != 0)
		return CMD_FAILED;
	pki_say(s, "CRYPTO_PKI: Exported successfully.\n");
	return CMD_DONE;
}

static int export_p12(struct cmd_call *c, const struct pki_tp *tp)
{
	auto_der struct der der = { 0 };

	if (!p12_bytes(c, tp, &der))
		return CMD_FAILED;
	if (drv_set(c->drv, "url"))
		return url_write(c->session, drv_str(c->drv, "url"), der.p,
			der.n, written, nothing, NULL);
	sbuf_adds(c->out, "Exported pkcs12 follows:\n\n");
	base64_add(c->out, der_span(&der));
	sbuf_adds(c->out, "\n---End - This line not part of the pkcs12---\n\n"
			  "CRYPTO_PKI: Exported PKCS12 file successfully.\n");
	return CMD_DONE;
}

/* Three files, as `import ... pem url` wants them: .ca, .prv, .crt. */
struct pem_files {
	char url[256];
	struct sbuf part[3];
	size_t next;
};

static void pem_files_drop(void *ctx)
{
	struct pem_files *f = ctx;

	for (size_t i = 0; i < ARRAY_LEN(f->part); i++)
		sbuf_free(&f->part[i]);
	free(f);
}

static int pem_files_next(
	struct session *s, int err, const char *text, size_t n, void *ctx)
{
	static const char *const suffix[] = { ".ca", ".prv", ".crt" };
	struct pem_files *f = ctx;
	auto_sbuf struct sbuf url = { 0 };

	(void)text;
	(void)n;
	while (f->next < ARRAY_LEN(f->part) && f->part[f->next].n == 0)
		f->next++;
	if (err != 0 || f->next == ARRAY_LEN(f->part)) {
		pem_files_drop(f);
		return written(s, err, "", 0, NULL);
	}
	sbuf_printf(&url, "%s%s", f->url, suffix[f->next]);
	const struct sbuf *part = &f->part[f->next++];

	return url_write(s, sbuf_str(&url), part->s, part->n, pem_files_next,
		pem_files_drop, f);
}

static int pem_to_url(struct cmd_call *c, const struct pki_tp *tp)
{
	struct pem_files *f = xcalloc(1, sizeof(*f));
	int rc = 0;

	strlcpy(f->url, drv_str(c->drv, "url"), sizeof(f->url));
	if (tp->ca != NULL)
		pem_add(&f->part[0], "CERTIFICATE", der_span(&tp->ca->der));
	if (drv_set(c->drv, "pass"))
		rc = pem_key_add(&f->part[1], tp->own_key->key,
			cipher_given(c->drv), drv_str(c->drv, "pass"));
	if (rc == 0 && tp->own != NULL)
		pem_add(&f->part[2], "CERTIFICATE", der_span(&tp->own->der));
	return pem_files_next(c->session, rc, "", 0, f);
}

static int export_exec(struct cmd_call *c)
{
	bool p12 = c->cmd == &export_p12_config || c->cmd == &export_p12_priv;
	auto_pki_tp struct pki_tp tp = { 0 };
	auto_sbuf struct sbuf text = { 0 };
	struct pki_job job = { 0 };

	if (!pki_job_begin(&job, c))
		return CMD_FAILED;
	pki_tp_read(c->router, job.name, &tp);
	if (p12)
		return export_p12(c, &tp);
	if (!pem_text(c, &tp, &text))
		return CMD_FAILED;
	if (drv_set(c->drv, "url"))
		return pem_to_url(c, &tp);
	sbuf_add(c->out, text.s, text.n);
	return CMD_DONE;
}

static const struct command *const list[] = { &import_pem_config,
	&import_pem_priv, &import_p12_config, &import_p12_priv,
	&export_pem_config, &export_pem_priv, &export_p12_config,
	&export_p12_priv };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_exec_pki_file = { &commands, NULL };
