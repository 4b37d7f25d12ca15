/* Key pairs (ios-cli.md 11): crypto key generate | zeroize, in exec and in
 * configuration mode, and show crypto key mypubkey.  Keys live in the key
 * store, never in the running-config. */
#include "cli/cfg.h"

#include "cli/pki.h"
#include "cli/running.h"
#include "cli/show_json.h"

#include <bsd/string.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RSA_BITS     2048
#define EC_BITS      256
#define RSA_BITS_MIN 360
#define RSA_BITS_MAX 4096
#define KEYS_MAX     256

static int generate_exec(struct cmd_call *c);
static int zeroize_exec(struct cmd_call *c);
static int show_exec(struct cmd_call *c);

#define HELP_KEY HELP_CRYPTO "key  Long term key operations\n"
#define GENERATE                                                               \
	.grammar = "crypto key generate rsa "                                  \
		   "{general-keys|usage-keys|signature|encryption|"            \
		   "label <label:word>|exportable|"                            \
		   "modulus <modulus:360-4096>|storage <storage:word>|"        \
		   "on <device:word>|redundancy}*",                            \
	.help = HELP_KEY                                                       \
		"generate  Generate new keys\n"                                \
		"rsa  Generate RSA keys\n"                                     \
		"general-keys  Generate a general purpose RSA key "            \
		"pair for signing and encryption\n"                            \
		"usage-keys  Generate separate RSA key pairs for "             \
		"signing and encryption\n"                                     \
		"signature  Generate a general purpose RSA key pair "          \
		"for signing\n"                                                \
		"encryption  Generate a general purpose RSA key "              \
		"pair for encryption\n"                                        \
		"label  Provide a label\n<label>  RSA keypair label\n"         \
		"exportable  Allow the key to be exported\n"                   \
		"modulus  Provide number of modulus bits\n"                    \
		"<modulus>  Size of the key modulus\n"                         \
		"storage  Store key on specified device\n"                     \
		"<storage>  Device\n"                                          \
		"on  Create key on specified device\n"                         \
		"<device>  Device\n"                                           \
		"redundancy  Allow the key to be sync'ed to a peer\n",         \
	.flags = CMD_ACT, .exec = generate_exec,                               \
	.sample = "crypto key generate rsa modulus 1024 label RSA_KEYS\n"      \
		  "crypto key generate rsa general-keys label K "              \
		  "exportable modulus 2048"
#define GENERATE_EC                                                            \
	.grammar = "crypto key generate ec {keysize {256|384|521}|"            \
		   "label <label:word>|exportable}*",                          \
	.help = HELP_KEY "generate  Generate new keys\n"                       \
			 "ec  Generate EC keys\n"                              \
			 "keysize  Provide key size of the EC key\n"           \
			 "256  256 bits\n384  384 bits\n521  521 bits\n"       \
			 "label  Provide a label\n<label>  EC keypair label\n" \
			 "exportable  Allow the key to be exported\n",         \
	.flags = CMD_ACT, .exec = generate_exec,                               \
	.sample = "crypto key generate ec keysize 256 label EC_KEYS\n"         \
		  "crypto key generate ec keysize 384 label K exportable"
#define ZEROIZE                                                                \
	.grammar = "crypto key zeroize {rsa|ec} [<label:word>]",               \
	.help = HELP_KEY "zeroize  Remove keys\nrsa  Remove RSA keys\n"        \
			 "ec  Remove EC keys\n<label>  keypair label\n",       \
	.flags = CMD_ACT, .exec = zeroize_exec

static const struct command generate_config = { .mode = MODE_CONFIG, GENERATE };
static const struct command generate_priv = {
	.mode = MODE_EXEC, .level = 15, GENERATE
};
static const struct command generate_ec_config = { .mode = MODE_CONFIG,
	GENERATE_EC };
static const struct command generate_ec_priv = {
	.mode = MODE_EXEC, .level = 15, GENERATE_EC
};
static const struct command zeroize_config = { .mode = MODE_CONFIG, ZEROIZE };
static const struct command zeroize_priv = {
	.mode = MODE_EXEC, .level = 15, ZEROIZE
};

static const struct command show_mypubkey = {
	.mode = MODE_EXEC,
	.grammar = "show crypto key mypubkey {rsa|ec|all} [<label:word>]",
	.help = "show  Show running system information\n" HELP_KEY
		"mypubkey  Show public keys associated with this router\n"
		"rsa  Show RSA public keys\nec  Show EC public keys\n"
		"all  Show all public keys\n"
		"<label>  Key name\n",
	.flags = CMD_PIPE,
	.exec = show_exec,
};

/* A key on its way: questions first, then work off the loop. */
struct keygen {
	struct router *router;
	struct session *session; /* NULL: has left */
	char label[KEY_LABEL_MAX + 1];
	enum pkey_type type;
	unsigned bits;
	bool exportable;
	uint64_t start_ms;
	struct pkey *key;
	bool working;
};

const char *key_kind(enum pkey_type type)
{
	return type == PKEY_EC ? "EC" : "RSA";
}

void keys_changed(struct router *r)
{
	ks_keys_changed(r);
	isakmp_keys_opened(r);
}

static void keygen_free(struct keygen *k)
{
	pkey_unref(k->key);
	free(k);
}

static void keygen_break(void *ctx)
{
	struct keygen *k = ctx;
	struct session *s = k->session;

	k->session = NULL;
	if (!k->working)
		keygen_free(k);
	session_done(s, CMD_FAILED);
}

static void keygen_work(void *arg)
{
	struct keygen *k = arg;

	k->key = k->type == PKEY_EC ? pkey_ec_generate(k->bits)
				    : pkey_rsa_generate(k->bits);
}

/* Stores what was made; the text goes on the line that says so. */
static int keygen_store(struct keygen *k, struct sbuf *out)
{
	struct keystore *ks = box_keys(k->router->box);
	uint64_t secs = (loop_now() - k->start_ms) / 1000;
	int err;

	if (k->key == NULL) {
		sbuf_adds(out, "% Key generation failed\n");
		return CMD_FAILED;
	}
	err = keystore_put(ks, k->label, k->key, k->exportable, time(NULL));
	if (err != 0) {
		sbuf_printf(out, "%% The key cannot be stored: %s\n",
			strerror(-err));
		return CMD_FAILED;
	}
	sbuf_printf(out, "[OK] (elapsed time was %llu seconds)\n\n",
		(unsigned long long)secs);
	keys_changed(k->router);
	return CMD_DONE;
}

static void keygen_done(void *arg)
{
	struct keygen *k = arg;
	struct session *s = k->session;
	auto_sbuf struct sbuf out = { 0 };
	int result = keygen_store(k, &out);

	if (s != NULL) {
		session_write(s, sbuf_str(&out), out.n);
		session_done(s, result);
	}
	keygen_free(k);
}

static int keygen_start(struct keygen *k)
{
	auto_sbuf struct sbuf out = { 0 };

	sbuf_printf(&out,
		"The name for the keys will be: %s\n\n"
		"%% The key %s size is %u bits\n"
		"%% Generating %u bit %s keys, keys will be %s...\n",
		k->label, k->type == PKEY_EC ? "curve" : "modulus", k->bits,
		k->bits, key_kind(k->type),
		k->exportable ? "exportable" : "non-exportable");
	session_write(k->session, sbuf_str(&out), out.n);
	k->start_ms = loop_now();
	k->working = true;
	loop_work(k->router->loop, keygen_work, keygen_done, k);
	return CMD_PENDING;
}

#define ASK_BITS "How many bits in the modulus [2048]: "

static int bits_answered(struct session *s, const char *answer, void *ctx)
{
	struct keygen *k = ctx;
	char *end;
	unsigned long bits = RSA_BITS;

	if (answer[0] != '\0') {
		bits = strtoul(answer, &end, 10);
		if (*end != '\0' || bits < RSA_BITS_MIN ||
			bits > RSA_BITS_MAX) {
			static const char text[] =
				"% A decimal number between 360 and 4096.\n";

			session_write(s, text, sizeof(text) - 1);
			return session_ask(
				s, ASK_LINE, ASK_BITS, bits_answered, k);
		}
	}
	k->bits = (unsigned)bits;
	return keygen_start(k);
}

static int keygen_ask_bits(struct keygen *k)
{
	static const char text[] =
		"Choose the size of the key modulus in the range of 360 to "
		"4096 for your\n"
		"  General Purpose Keys. Choosing a key modulus greater than "
		"512 may take\n"
		"  a few minutes.\n\n";

	if (k->bits != 0)
		return keygen_start(k);
	session_write(k->session, text, sizeof(text) - 1);
	return session_ask(k->session, ASK_LINE, ASK_BITS, bits_answered, k);
}

#define ASK_REPLACE "% Do you really want to replace them? [yes/no]: "

static int replace_answered(struct session *s, const char *answer, void *ctx)
{
	struct keygen *k = ctx;

	switch (answer_read(s, answer)) {
	case ANSWER_YES:
		return keygen_ask_bits(k);
	case ANSWER_AGAIN:
		return session_ask(
			s, ASK_LINE, ASK_REPLACE, replace_answered, k);
	default:
		keygen_free(k);
		return CMD_DONE; /* the old pair stays */
	}
}

/* The label given, or HOST.DOMAIN. */
static bool label_choose(struct cmd_call *c, struct sbuf *label)
{
	const char *given = drv_str(c->drv, "label");
	const char *host = running_hostname(c->router);
	struct node *root = tree_root(c->router->tree);
	const char *domain =
		node_str(node_child(root, &cfg_domain_name, NULL), "name");

	if (given != NULL) {
		sbuf_adds(label, given);
	} else if (strcmp(host, "Router") == 0) {
		sbuf_adds(c->out, "% Please define a hostname other than "
				  "Router.\n");
		return false;
	} else if (domain == NULL) {
		sbuf_adds(c->out, "% Please define a domain-name first.\n");
		return false;
	} else {
		sbuf_printf(label, "%s.%s", host, domain);
	}
	if (label->n > KEY_LABEL_MAX) {
		sbuf_adds(c->out, "% The label is too long\n");
		return false;
	}
	return true;
}

static void bits_given(struct keygen *k, const struct cmd_call *c)
{
	if (c->cmd != &generate_ec_config && c->cmd != &generate_ec_priv) {
		k->bits = drv_u32(c->drv, "modulus");
		return;
	}
	k->type = PKEY_EC;
	k->bits = drv_has(c->drv, "521")   ? 521
		  : drv_has(c->drv, "384") ? 384
					   : EC_BITS;
}

static int generate_exec(struct cmd_call *c)
{
	struct keystore *ks =
		c->router->box != NULL ? box_keys(c->router->box) : NULL;
	auto_sbuf struct sbuf label = { 0 }, text = { 0 };
	struct keygen *k;

	if (!label_choose(c, &label))
		return CMD_FAILED;
	if (ks == NULL || c->router->loop == NULL) {
		sbuf_adds(c->out, "% There is no key store\n");
		return CMD_FAILED;
	}
	k = xcalloc(1, sizeof(*k));
	k->router = c->router;
	k->session = c->session;
	bits_given(k, c);
	k->exportable = drv_has(c->drv, "exportable");
	strlcpy(k->label, sbuf_str(&label), sizeof(k->label));
	session_on_break(c->session, keygen_break, k);
	if (keystore_get(ks, k->label) == NULL)
		return keygen_ask_bits(k);
	sbuf_printf(&text,
		"%% You already have %s keys defined named %s.\n"
		"%% They will be replaced.\n\n",
		key_kind(pkey_type(keystore_get(ks, k->label)->key)), k->label);
	session_write(c->session, sbuf_str(&text), text.n);
	return session_ask(
		c->session, ASK_LINE, ASK_REPLACE, replace_answered, k);
}

/* zeroize */

struct zeroize {
	struct router *router;
	enum pkey_type type;
	char label[KEY_LABEL_MAX + 1]; /* "" all */
};

static void zeroize_break(void *ctx)
{
	free(ctx);
}

/* The keys of a type, of that label or ("") of any. */
static size_t keys_of(const struct keystore *ks, enum pkey_type type,
	const char *label, const struct stored_key **out)
{
	size_t n = keystore_list(ks, out, KEYS_MAX), kept = 0;

	for (size_t i = 0; i < n; i++) {
		if (pkey_type(out[i]->key) == type &&
			(label[0] == '\0' || strcmp(label, out[i]->label) == 0))
			out[kept++] = out[i];
	}
	return kept;
}

static int keys_remove(struct session *s, struct zeroize *z)
{
	struct keystore *ks = box_keys(z->router->box);
	const struct stored_key *keys[KEYS_MAX];
	auto_sbuf struct sbuf out = { 0 };
	int err = 0;

	while (err == 0 && keys_of(ks, z->type, z->label, keys) > 0) {
		char label[KEY_LABEL_MAX + 1];

		strlcpy(label, keys[0]->label, sizeof(label));
		pki_key_removed(z->router, keys[0]->key);
		err = keystore_remove(ks, label);
		if (err != 0)
			sbuf_printf(&out,
				"%% The key '%s' cannot be removed: %s\n",
				label, strerror(-err));
	}
	session_write(s, sbuf_str(&out), out.n);
	keys_changed(z->router);
	return err == 0 ? CMD_DONE : CMD_FAILED;
}

#define ASK_ZEROIZE "Do you really want to remove these keys? [yes/no]: "

static int zeroize_answered(struct session *s, const char *answer, void *ctx)
{
	struct zeroize *z = ctx;
	enum answer a = answer_read(s, answer);

	if (a == ANSWER_AGAIN)
		return session_ask(
			s, ASK_LINE, ASK_ZEROIZE, zeroize_answered, z);
	int result = a == ANSWER_YES ? keys_remove(s, z) : CMD_DONE;

	free(z);
	return result;
}

static int zeroize_exec(struct cmd_call *c)
{
	struct keystore *ks =
		c->router->box != NULL ? box_keys(c->router->box) : NULL;
	const char *label = drv_str(c->drv, "label");
	enum pkey_type type = drv_has(c->drv, "ec") ? PKEY_EC : PKEY_RSA;
	const struct stored_key *keys[KEYS_MAX];
	auto_sbuf struct sbuf text = { 0 };
	struct zeroize *z;

	if (ks == NULL || keys_of(ks, type, "", keys) == 0) {
		sbuf_printf(c->out, "%% No %s keys found in configuration.\n",
			key_kind(type));
		return CMD_FAILED;
	}
	if (label != NULL && keys_of(ks, type, label, keys) == 0) {
		sbuf_printf(c->out, "%% No %s keys named %s found.\n",
			key_kind(type), label);
		return CMD_FAILED;
	}
	if (label != NULL)
		sbuf_printf(&text, "%% Keys to be removed are named '%s'.\n",
			label);
	else
		sbuf_printf(&text, "%% All %s keys will be removed.\n",
			key_kind(type));
	sbuf_adds(&text, "% All router certs issued using these keys will "
			 "also be removed.\n");
	session_write(c->session, sbuf_str(&text), text.n);
	z = xcalloc(1, sizeof(*z));
	z->router = c->router;
	z->type = type;
	if (label != NULL)
		strlcpy(z->label, label, sizeof(z->label));
	session_on_break(c->session, zeroize_break, z);
	return session_ask(
		c->session, ASK_LINE, ASK_ZEROIZE, zeroize_answered, z);
}

/* show crypto key mypubkey */

#define HEX_GROUP 4  /* bytes */
#define HEX_LINE  32 /* bytes */

void show_key_data(
	const uint8_t *der, size_t n, size_t indent, struct sbuf *out)
{
	for (size_t i = 0; i < n; i++) {
		if (i % HEX_LINE == 0)
			sbuf_pad(out, ' ', indent);
		sbuf_printf(out, "%02X", der[i]);
		if (i % HEX_GROUP == HEX_GROUP - 1 && i + 1 < n)
			sbuf_addc(out, ' ');
		if (i % HEX_LINE == HEX_LINE - 1 || i + 1 == n)
			sbuf_addc(out, '\n');
	}
}

void show_public_key(const struct stored_key *k, struct sbuf *out)
{
	uint8_t *der = NULL;
	size_t n = 0;
	struct tm tm;
	char when[64] = "";

	if (localtime_r(&k->generated, &tm) != NULL)
		strftime(when, sizeof(when), "%H:%M:%S %Z %b %-d %Y", &tm);
	sbuf_printf(out,
		"%% Key pair was generated at: %s\n"
		"Key name: %s\n"
		"Key type: %s KEYS\n"
		" Storage Device: not specified\n"
		" Usage: %s Key\n"
		" Key is %s. \n"
		" Key Data:\n",
		when, k->label, key_kind(pkey_type(k->key)),
		pkey_type(k->key) == PKEY_EC ? "Signature" : "General Purpose",
		k->exportable ? "exportable" : "not exportable");
	if (pkey_spki(k->key, &der, &n) == 0)
		show_key_data(der, n, 2, out);
	free(der);
}

static int show_exec(struct cmd_call *c)
{
	const char *label = drv_str(c->drv, "label");
	struct keystore *ks =
		c->router->box != NULL ? box_keys(c->router->box) : NULL;
	const struct stored_key *keys[KEYS_MAX];
	size_t n = ks != NULL ? keystore_list(ks, keys, KEYS_MAX) : 0, kept = 0;

	for (size_t i = 0; i < n; i++) {
		bool ec = pkey_type(keys[i]->key) == PKEY_EC;

		if ((label == NULL || strcmp(label, keys[i]->label) == 0) &&
			!(ec && drv_has(c->drv, "rsa")) &&
			!(!ec && drv_has(c->drv, "ec")))
			keys[kept++] = keys[i];
	}
	if (c->json)
		return cmd_json(c, mypubkey_json(keys, kept));
	for (size_t i = 0; i < kept; i++)
		show_public_key(keys[i], c->out);
	return CMD_DONE;
}

static const struct command *const list[] = { &generate_config, &generate_priv,
	&generate_ec_config, &generate_ec_priv, &zeroize_config, &zeroize_priv,
	&show_mypubkey };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_keys = { &commands, NULL };
