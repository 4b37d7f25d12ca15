/* crypto key export | import | move | encrypt | decrypt (ios-cli.md 11). */
#include "cli/exec_pki.h"
#include "cli/url_io.h"
#include "cli/users.h"

#include <bsd/string.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PASS_MIN 8

static int export_exec(struct cmd_call *c);
static int import_exec(struct cmd_call *c);
static int move_exec(struct cmd_call *c);
static int encrypt_exec(struct cmd_call *c);

#define HELP_KEY HELP_CRYPTO "key  Long term key operations\n"
#define HELP_TYPE                                                              \
	"rsa  RSA keys\nec  EC keys\n<label>  Name of the key pair\n"          \
	"pem  PEM-formatted key\n"
#define HELP_WHERE                                                             \
	"terminal  Use the terminal\nurl  URL of the files\n<url>  URL\n"

#define EXPORT                                                                 \
	.grammar = "crypto key export {rsa|ec} <label:word> pem "              \
		   "{terminal|url <url:word>} {des|3des|aes} "                 \
		   "<pass:pass_phrase>",                                       \
	.help = HELP_KEY "export  Export keys\n" HELP_TYPE HELP_WHERE          \
			 "des  Encrypt private key with DES\n"                 \
			 "3des  Encrypt private key with 3DES\n"               \
			 "aes  Encrypt private key with AES\n"                 \
			 "<pass>  Passphrase used to protect the private "     \
			 "key\n",                                              \
	.flags = CMD_ACT, .exec = export_exec,                                 \
	.sample = "crypto key export rsa K pem terminal aes Orb1tLab"
#define IMPORT                                                                 \
	.grammar = "crypto key import {rsa|ec} <label:word> [pem] "            \
		   "{usage-keys|signature|encryption|general-purpose|"         \
		   "exportable}* "                                             \
		   "{terminal|url <url:word>} <pass:pass_phrase>",             \
	.help = HELP_KEY                                                       \
		"import  Import keys\n" HELP_TYPE                              \
		"usage-keys  Separate keys\n"                                  \
		"signature  Key for signing\n"                                 \
		"encryption  Key for encryption\n"                             \
		"general-purpose  General purpose key\n"                       \
		"exportable  Allow the key to be exported\n" HELP_WHERE        \
		"<pass>  Passphrase that protects the private "                \
		"key\n",                                                       \
	.flags = CMD_ACT, .exec = import_exec,                                 \
	.sample = "crypto key import rsa K pem exportable terminal Orb1tLab"
#define MOVE                                                                   \
	.grammar = "crypto key move {rsa|ec} <label:word> non-exportable",     \
	.help = HELP_KEY "move  Move keys\nrsa  RSA keys\nec  EC keys\n"       \
			 "<label>  Name of the key pair\n"                     \
			 "non-exportable  Make the key non-exportable\n",      \
	.flags = CMD_ACT, .exec = move_exec
#define ENCRYPT                                                                \
	.grammar = "crypto key {encrypt|decrypt} [write] rsa "                 \
		   "[name <label:word>] passphrase <pass:pass_phrase>",        \
	.help = HELP_KEY "encrypt  Encrypt keys\ndecrypt  Decrypt keys\n"      \
			 "write  Write the configuration, too\n"               \
			 "rsa  RSA keys\nname  Name of the key pair\n"         \
			 "<label>  Name of the key pair\n"                     \
			 "passphrase  Passphrase\n<pass>  Passphrase\n",       \
	.flags = CMD_ACT, .exec = encrypt_exec

BOTH_MODES(key_export, EXPORT);
BOTH_MODES(key_import, IMPORT);
BOTH_MODES(key_move, MOVE);
BOTH_MODES(key_encrypt, ENCRYPT);

static enum pkey_type type_given(const struct cmd_call *c)
{
	return drv_has(c->drv, "ec") ? PKEY_EC : PKEY_RSA;
}

static struct keystore *store_of(struct cmd_call *c)
{
	struct keystore *ks =
		c->router->box != NULL ? box_keys(c->router->box) : NULL;

	if (ks == NULL)
		sbuf_adds(c->out, "% There is no key store\n");
	return ks;
}

/* The named key; NULL, after a `%` line: there is none of that type. */
static const struct stored_key *key_named(struct cmd_call *c)
{
	struct keystore *ks = store_of(c);
	const char *label = drv_str(c->drv, "label");
	const struct stored_key *k =
		ks != NULL ? keystore_get(ks, label) : NULL;

	if (ks == NULL || (k != NULL && pkey_type(k->key) == type_given(c)))
		return k;
	sbuf_printf(c->out, "%% %s keypair '%s' does not exist.\n",
		key_kind(type_given(c)), label);
	return NULL;
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

/* --- export --- */

/* The two files that a network place gets, one after the other. */
struct export
{
	struct session *session;
	struct sbuf private;
	char url[256];
};

static void export_drop(void *ctx)
{
	struct export *e = ctx;

	sbuf_free(&e->private);
	free(e);
}

static int private_written(
	struct session *s, int err, const char *text, size_t n, void *ctx)
{
	(void)text;
	(void)n;
	export_drop(ctx);
	if (err == 0)
		pki_say(s, "%% Key pair export succeeded.\n");
	return err == 0 ? CMD_DONE : CMD_FAILED;
}

static int public_written(
	struct session *s, int err, const char *text, size_t n, void *ctx)
{
	struct export *e = ctx;
	auto_sbuf struct sbuf url = { 0 };

	(void)text;
	(void)n;
	if (err != 0) {
		export_drop(e);
		return CMD_FAILED;
	}
	sbuf_printf(&url, "%s.prv", e->url);
	return url_write(s, sbuf_str(&url), e->private.s, e->private.n,
		private_written, export_drop, e);
}

static int export_url(struct cmd_call *c, const struct sbuf *public,
	const struct sbuf *private)
{
	struct export *e = xcalloc(1, sizeof(*e));
	auto_sbuf struct sbuf url = { 0 };

	e->session = c->session;
	strlcpy(e->url, drv_str(c->drv, "url"), sizeof(e->url));
	sbuf_add(&e->private, private->s, private->n);
	sbuf_printf(&url, "%s.pub", e->url);
	return url_write(c->session, sbuf_str(&url), public->s, public->n,
		public_written, export_drop, e);
}

static int export_exec(struct cmd_call *c)
{
	const struct stored_key *k = key_named(c);
	auto_sbuf struct sbuf public = { 0 };
	auto_sbuf struct sbuf private = { 0 };
	enum pem_cipher cipher = drv_has(c->drv, "des")    ? PEM_CIPHER_DES
				 : drv_has(c->drv, "3des") ? PEM_CIPHER_3DES
							   : PEM_CIPHER_AES;

	if (k == NULL || !pass_is_good(c))
		return CMD_FAILED;
	if (!k->exportable) {
		sbuf_printf(c->out, "%% %s keypair '%s' is not exportable.\n",
			key_kind(type_given(c)), k->label);
		return CMD_FAILED;
	}
	int rc = pem_key_add(&private, k->key, cipher, drv_str(c->drv, "pass"));

	if (rc == 0)
		rc = pem_public_add(&public, k->key);
	if (rc < 0) {
		sbuf_printf(c->out, "%% The key cannot be exported: %s\n",
			strerror(-rc));
		return CMD_FAILED;
	}
	pki_say(c->session, "%% Key name: %s\n   Usage: %s Key\n", k->label,
		type_given(c) == PKEY_EC ? "Signature" : "General Purpose");
	if (drv_set(c->drv, "url"))
		return export_url(c, &public, &private);
	pki_say(c->session, "   Key data:\n%s%s\n", sbuf_str(&public),
		sbuf_str(&private));
	return CMD_DONE;
}

/* --- import --- */

struct import {
	struct router *router;
	struct session *session;
	char label[KEY_LABEL_MAX + 1];
	char pass[PASS_PHRASE_MAX + 1];
	char url[256];
	enum pkey_type type;
	bool exportable, with_public;
	struct pkey *public;
};

static void import_drop(void *ctx)
{
	struct import *i = ctx;

	pkey_unref(i->public);
	mem_wipe(i->pass, sizeof(i->pass));
	free(i);
}

static int import_fail(struct import *i, const char *why)
{
	pki_say(i->session, "%% %s\n", why);
	import_drop(i);
	return CMD_FAILED;
}

/* A public key, or a certificate that has it. */
static struct pkey *public_read(const char *text)
{
	auto_der struct der der = { 0 };
	auto_cert_info struct cert_info info = { 0 };

	if (pem_object(text, NULL, &der) != 0)
		return NULL;
	if (cert_info_read(der_span(&der), &info))
		return info.key != NULL ? pkey_ref(info.key) : NULL;
	return pkey_from_public_der(der_span(&der));
}

static int import_key(struct import *i, struct pkey *key)
{
	if (pkey_type(key) != i->type)
		return import_fail(i, "The private key is of another type.");
	if (i->public != NULL && !pkey_same_public(i->public, key))
		return import_fail(i, "The private key does not match the "
				      "public key.");
	int rc = keystore_put(box_keys(i->router->box), i->label, key,
		i->exportable, time(NULL));

	if (rc < 0) {
		auto_sbuf struct sbuf why = { 0 };

		sbuf_printf(
			&why, "The key cannot be stored: %s", strerror(-rc));
		return import_fail(i, sbuf_str(&why));
	}
	pki_say(i->session, "%% Key pair import succeeded.\n\n");
	keys_changed(i->router);
	import_drop(i);
	return CMD_DONE;
}

static int take_private(struct import *i, const char *text)
{
	auto_sbuf struct sbuf why = { 0 };
	struct pkey *key = text != NULL ? pem_key(text, i->pass, &why) : NULL;

	if (key == NULL)
		return import_fail(i, text != NULL ? sbuf_str(&why)
						   : "The text is too long.");
	int result = import_key(i, key);

	pkey_unref(key);
	return result;
}

static int private_pasted(struct session *s, const char *text, void *ctx)
{
	(void)s;
	return take_private(ctx, text);
}

static int private_read(
	struct session *s, int err, const char *text, size_t n, void *ctx)
{
	(void)s;
	(void)n;
	if (err == 0)
		return take_private(ctx, text);
	import_drop(ctx);
	return CMD_FAILED;
}

static int ask_private(struct import *i)
{
	auto_sbuf struct sbuf url = { 0 };

	if (i->url[0] != '\0') {
		sbuf_printf(&url, "%s.prv", i->url);
		return url_read(i->session, sbuf_str(&url), PEM_TEXT_MAX,
			private_read, import_drop, i);
	}
	pki_say(i->session, "%% Enter PEM-formatted encrypted private General "
			    "Purpose key.\n"
			    "%% End with \"quit\" on a line by itself.\n");
	return paste_read(
		i->session, 0, PEM_TEXT_MAX, private_pasted, import_drop, i);
}

static int take_public(struct import *i, const char *text)
{
	i->public = text != NULL ? public_read(text) : NULL;
	if (i->public == NULL)
		return import_fail(i, "It is not a PEM-formatted public key "
				      "or certificate.");
	return ask_private(i);
}

static int public_pasted(struct session *s, const char *text, void *ctx)
{
	(void)s;
	return take_public(ctx, text);
}

static int public_fetched(
	struct session *s, int err, const char *text, size_t n, void *ctx)
{
	(void)s;
	(void)n;
	if (err == 0)
		return take_public(ctx, text);
	import_drop(ctx);
	return CMD_FAILED;
}

static int import_exec(struct cmd_call *c)
{
	struct keystore *ks = store_of(c);
	const char *label = drv_str(c->drv, "label");
	auto_sbuf struct sbuf url = { 0 };
	struct import *i;

	if (ks == NULL)
		return CMD_FAILED;
	if (keystore_get(ks, label) != NULL) {
		sbuf_printf(c->out,
			"%% A key pair named '%s' exists already: remove it "
			"with crypto key zeroize first.\n",
			label);
		return CMD_FAILED;
	}
	i = xcalloc(1, sizeof(*i));
	i->router = c->router;
	i->session = c->session;
	i->type = type_given(c);
	i->exportable = drv_has(c->drv, "exportable");
	strlcpy(i->label, label, sizeof(i->label));
	strlcpy(i->pass, drv_str(c->drv, "pass"), sizeof(i->pass));
	if (drv_set(c->drv, "url")) {
		strlcpy(i->url, drv_str(c->drv, "url"), sizeof(i->url));
		sbuf_printf(&url, "%s.pub", i->url);
		return url_read(c->session, sbuf_str(&url), PEM_TEXT_MAX,
			public_fetched, import_drop, i);
	}
	pki_say(c->session,
		"%% Enter PEM-formatted public General Purpose key or "
		"certificate.\n"
		"%% End with a blank line or \"quit\" on a line by itself.\n");
	return paste_read(c->session, PASTE_BLANK, PEM_TEXT_MAX, public_pasted,
		import_drop, i);
}

/* --- move, encrypt --- */

static int move_exec(struct cmd_call *c)
{
	const struct stored_key *k = key_named(c);

	if (k == NULL)
		return CMD_FAILED;
	struct pkey *key = pkey_ref(k->key);
	int rc = keystore_put(box_keys(c->router->box),
		drv_str(c->drv, "label"), key, false, k->generated);

	pkey_unref(key);
	if (rc < 0) {
		sbuf_printf(c->out, "%% The key cannot be stored: %s\n",
			strerror(-rc));
		return CMD_FAILED;
	}
	keys_changed(c->router);
	return CMD_DONE;
}

/* A router whose keys wait for a phrase after each start protects nobody while
 * nobody types it: keys are protected by the mode of their files. */
static int encrypt_exec(struct cmd_call *c)
{
	sbuf_adds(c->out, "% Keys are not encrypted one by one on this "
			  "router.\n");
	return CMD_FAILED;
}

static const struct command *const list[] = { &key_export_config,
	&key_export_priv, &key_import_config, &key_import_priv,
	&key_move_config, &key_move_priv, &key_encrypt_config,
	&key_encrypt_priv };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_exec_key_file = { &commands, NULL };
