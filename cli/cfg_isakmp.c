/* IKE phase 1 (ios-cli.md 9): policies and global lines, and the view, struct
 * isakmp_config, that is handed to the box; keys are wiped after it was. */
#include "cli/cfg_isakmp.h"
#include "cli/keep.h"
#include "cli/pki.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HELP_ISAKMP HELP_CRYPTO "isakmp  Configure ISAKMP policy\n"

const struct command cfg_isakmp_policy = {
	.mode = MODE_CONFIG,
	.enters = MODE_ISAKMP_POLICY,
	.order = ORDER_ISAKMP_POLICY,
	.grammar = "crypto isakmp policy <priority!:1-10000>",
	.help = HELP_ISAKMP "policy  Set policy for an ISAKMP protection "
			    "suite\n"
			    "<priority>  Priority of protection suite\n",
};

static const struct command p_encryption = {
	.mode = MODE_ISAKMP_POLICY,
	.order = 10,
	.grammar = "encryption {3des|aes [<bits:aes_bits=128>]|des}",
	.deflt = "encryption des",
	.help = "encryption  Set encryption algorithm for protection suite\n"
		"3des  Three key triple DES\n"
		"aes  AES - Advanced Encryption Standard\n"
		"des  DES - Data Encryption Standard (56 bit keys)\n"
		"<bits>  Key size in bits\n",
	.sample = "encryption aes 256\nencryption aes\nencryption 3des",
};

static const struct command p_hash = {
	.mode = MODE_ISAKMP_POLICY,
	.order = 20,
	.grammar = "hash {md5|sha|sha256|sha384|sha512}",
	.deflt = "hash sha",
	.help = "hash  Set hash algorithm for protection suite\n"
		"md5  Message Digest 5\nsha  Secure Hash Standard\n"
		"sha256  Secure Hash Standard 2 (256 bit)\n"
		"sha384  Secure Hash Standard 2 (384 bit)\n"
		"sha512  Secure Hash Standard 2 (512 bit)\n",
};

static const struct command p_authentication = {
	.mode = MODE_ISAKMP_POLICY,
	.order = 30,
	.grammar = "authentication {ecdsa-sig|pre-share|rsa-encr|rsa-sig}",
	.deflt = "authentication rsa-sig",
	.help = "authentication  Set authentication method for protection "
		"suite\n"
		"pre-share  Pre-Shared Key\n"
		"ecdsa-sig  Elliptic Curve Digital Signature\n"
		"rsa-encr  Rivest-Shamir-Adleman Encryption\n"
		"rsa-sig  Rivest-Shamir-Adleman Signature\n",
};

static const struct command p_group = {
	.mode = MODE_ISAKMP_POLICY,
	.order = 40,
	.grammar = "group {1|2|5|14|15|16|19|20|21|24}",
	.deflt = "group 1",
	.help = "group  Set the Diffie-Hellman group\n"
		"1  Diffie-Hellman group 1 (768 bit)\n"
		"2  Diffie-Hellman group 2 (1024 bit)\n"
		"5  Diffie-Hellman group 5 (1536 bit)\n"
		"14  Diffie-Hellman group 14 (2048 bit)\n"
		"15  Diffie-Hellman group 15 (3072 bit)\n"
		"16  Diffie-Hellman group 16 (4096 bit)\n"
		"19  Diffie-Hellman group 19 (256 bit ecp)\n"
		"20  Diffie-Hellman group 20 (384 bit ecp)\n"
		"21  Diffie-Hellman group 21 (521 bit ecp)\n"
		"24  Diffie-Hellman group 24 (2048 bit, 256 bit subgroup)\n",
};

static const struct command p_lifetime = {
	.mode = MODE_ISAKMP_POLICY,
	.order = 50,
	.grammar = "lifetime <secs:60-86400>",
	.deflt = "lifetime 86400",
	.help = "lifetime  Set lifetime for ISAKMP security association\n"
		"<secs>  Lifetime in seconds\n",
};

static const struct command isakmp_other = {
	.mode = MODE_CONFIG,
	.order = ORDER_ISAKMP_OTHER + 2,
	.grammar = "crypto isakmp {!nat !keepalive <nat:5-3600>|"
		   "!xauth !timeout <xauth:5-90>}",
	.help = HELP_ISAKMP "nat  Set a nat keepalive interval\n"
			    "keepalive  Keepalive interval\n<nat>  Seconds\n"
			    "xauth  Set Extended Authentication values\n"
			    "timeout  Timeout\n<xauth>  Seconds\n",
	.flags = CMD_HARMLESS | CMD_DEFAULT_ON,
	.sample = "crypto isakmp nat keepalive 20",
};

static const struct command isakmp_enable = {
	.mode = MODE_CONFIG,
	.order = ORDER_ISAKMP_OTHER + 3,
	.grammar = "crypto isakmp enable",
	.deflt = "crypto isakmp enable",
	.help = HELP_ISAKMP "enable  Enable ISAKMP\n",
	.flags = CMD_DEFAULT_ON,
};

static const struct command default_policy = {
	.mode = MODE_CONFIG,
	.order = ORDER_ISAKMP_OTHER + 3,
	.grammar = "crypto isakmp default policy",
	.deflt = "crypto isakmp default policy",
	.help = HELP_ISAKMP "default  ISAKMP defaults\n"
			    "policy  Policies where none is configured\n",
	.flags = CMD_DEFAULT_ON,
};

static const struct {
	enum cipher_id cipher;
	enum hash_id hash;
	uint16_t group;
} default_suites[] = {
	{ CIPHER_AES128, HASH_SHA1, 5 },
	{ CIPHER_AES128, HASH_MD5, 5 },
	{ CIPHER_3DES, HASH_SHA1, 2 },
	{ CIPHER_3DES, HASH_MD5, 2 },
};
#define DEFAULT_FIRST 65507
#define DEFAULT_LIFE  86400

size_t isakmp_default_policies(struct isakmp_policy *v)
{
	static const enum ike_auth auths[] = { IKE_AUTH_RSA_SIG, IKE_AUTH_PSK };
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(default_suites); i++) {
		for (size_t k = 0; k < ARRAY_LEN(auths); k++, n++)
			v[n] = (struct isakmp_policy){
				.priority = (uint16_t)(DEFAULT_FIRST + n),
				.cipher = default_suites[i].cipher,
				.hash = default_suites[i].hash,
				.auth = auths[k],
				.group = default_suites[i].group,
				.life_secs = DEFAULT_LIFE
			};
	}
	return n;
}

bool isakmp_policy_is_default(const struct isakmp_policy *p)
{
	return p->priority >= DEFAULT_FIRST;
}

static bool cipher_weak(enum cipher_id c)
{
	return c == CIPHER_DES || c == CIPHER_3DES;
}

/* Below 112 bits, or (24) of a parameter set that nobody can check. */
static bool group_weak(uint16_t group)
{
	return group == 1 || group == 2 || group == 5 || group == 24;
}

void isakmp_policy_weak(const struct isakmp_policy *p, struct sbuf *out)
{
	size_t start = out->n;

	if (cipher_weak(p->cipher))
		sbuf_printf(out, "encryption %s",
			p->cipher == CIPHER_DES ? "des" : "3des");
	if (p->hash == HASH_MD5)
		sbuf_printf(out, "%shash md5", out->n > start ? ", " : "");
	if (group_weak(p->group))
		sbuf_printf(out, "%sgroup %u", out->n > start ? ", " : "",
			p->group);
}

bool isakmp_default_policy_on(const struct router *r)
{
	return !node_negated(node_get(tree_root(r->tree), &default_policy));
}

static enum cipher_id cipher_view(const struct node *n)
{
	if (node_has(n, "3des"))
		return CIPHER_3DES;
	if (!node_has(n, "aes"))
		return CIPHER_DES;
	switch (node_u32(n, "bits")) {
	case 256:
		return CIPHER_AES256;
	case 192:
		return CIPHER_AES192;
	default:
		return CIPHER_AES128;
	}
}

static enum hash_id hash_view(const struct node *n)
{
	static const char *const names[] = { "md5", "sha256", "sha384",
		"sha512" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (node_has(n, names[i]))
			return hash_value(names[i]);
	}
	return HASH_SHA1;
}

static uint16_t group_view(const struct node *n)
{
	static const uint16_t groups[] = { 2, 5, 14, 15, 16, 19, 20, 21, 24 };

	for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
		char name[8];

		snprintf(name, sizeof(name), "%u", (unsigned)groups[i]);
		if (node_has(n, name))
			return groups[i];
	}
	return 1;
}

/* Once, when it is configured; it works all the same. */
static void weak_warn(const struct node *n, struct sbuf *why)
{
	struct isakmp_policy p = {
		.cipher = CIPHER_AES128, .hash = HASH_SHA1, .group = 14
	};
	auto_sbuf struct sbuf weak = { 0 };

	if (node_command(n) == &p_encryption)
		p.cipher = cipher_view(n);
	else if (node_command(n) == &p_hash)
		p.hash = hash_view(n);
	else if (node_command(n) == &p_group && group_view(n) < 5)
		p.group = group_view(n); /* many labs use group 5 */
	isakmp_policy_weak(&p, &weak);
	if (weak.n > 0)
		sbuf_printf(why, "%% Warning: %s is weak\n", sbuf_str(&weak));
}

static int isakmp_check(void *ctx, const struct tree *t,
	const struct node *section, const struct node *old,
	const struct node *new, struct sbuf *why)
{
	(void)ctx;
	(void)t;
	(void)section;
	(void)old;
	if (new == NULL || node_negated(new))
		return 0;
	weak_warn(new, why);
	if (node_command(new) == &p_authentication &&
		node_has(new, "rsa-encr"))
		keep_warn(why, "no encrypted nonces: such a policy is never "
			       "offered or accepted");
	return 0;
}

static enum ike_auth auth_view(const struct node *n)
{
	if (node_has(n, "pre-share"))
		return IKE_AUTH_PSK;
	if (node_has(n, "ecdsa-sig"))
		return IKE_AUTH_ECDSA256; /* or of another curve: the key's */
	return node_has(n, "rsa-encr") ? IKE_AUTH_RSA_ENCR : IKE_AUTH_RSA_SIG;
}

static void policy_view(const struct node *s, struct isakmp_policy *p)
{
	p->priority = (uint16_t)node_u32(s, "priority");
	p->cipher = cipher_view(node_get(s, &p_encryption));
	p->hash = hash_view(node_get(s, &p_hash));
	p->auth = auth_view(node_get(s, &p_authentication));
	p->group = group_view(node_get(s, &p_group));
	p->life_secs = node_u32(node_get(s, &p_lifetime), "secs");
}

void isakmp_view_build(const struct router *r, struct isakmp_view *v)
{
	struct node *root = tree_root(r->tree);
	struct isakmp_config *c = &v->config;

	*v = (struct isakmp_view){ 0 };
	platform_isakmp_view(r, c);
	isakmp_sa_view(r, c);
	for (struct node *s = node_child(root, &cfg_isakmp_policy, NULL);
		s != NULL && c->n_policies < IKE_POLICIES_MAX;
		s = node_child(root, &cfg_isakmp_policy, s))
		policy_view(s, &c->policy[c->n_policies++]);
	if (c->n_policies == 0 && isakmp_default_policy_on(r))
		c->n_policies = isakmp_default_policies(c->policy);
	if (node_negated(node_get(root, &isakmp_enable)))
		c->n_policies = 0; /* nothing is offered, or accepted */
	keyring_view(r, v);
	isakmp_profile_view(r, v);
	c->n_trustpoints = pki_trusts(r, &v->trustpoints);
	c->trustpoints = v->trustpoints;
	c->n_cert_rules = pki_maps_view(r, &v->cert_rules);
	c->cert_rules = v->cert_rules;
}

void isakmp_view_free(struct isakmp_view *v)
{
	for (size_t i = 0; i < v->config.n_keys; i++)
		secret_free(&v->keys[i].key);
	for (size_t i = 0; i < v->config.n_peers; i++)
		secret_free(&v->peers[i].password);
	pki_trusts_free(v->trustpoints, v->config.n_trustpoints);
	free(v->keys);
	free(v->keyrings);
	free(v->profiles);
	free(v->matches);
	free(v->peers);
	free(v->cert_rules);
	*v = (struct isakmp_view){ 0 };
}

void isakmp_keys_opened(const struct router *r)
{
	struct isakmp_view v;

	if (r->box == NULL)
		return;
	isakmp_view_build(r, &v);
	box_set_isakmp(r->box, &v.config);
	isakmp_view_free(&v);
}

static void isakmp_settle(void *ctx, const struct tree *t)
{
	(void)t;
	isakmp_keys_opened(ctx);
}

/* Does it follow from lines of other features?  Names of hosts, and addresses
 * of interfaces. */
static bool view_follows(const struct isakmp_view *v)
{
	const struct isakmp_config *c = &v->config;
	bool follows = c->n_keyrings > 0 || c->n_profiles > 0 ||
		       c->self.kind == ISAKMP_ID_FQDN;

	for (size_t i = 0; i < c->n_keys && !follows; i++)
		follows = v->keys[i].hostname[0] != '\0';
	return follows;
}

static void others_settle(void *ctx, const struct tree *t)
{
	const struct router *r = ctx;
	struct isakmp_view v;

	(void)t;
	isakmp_view_build(r, &v);
	if (r->box != NULL && view_follows(&v))
		box_set_isakmp(r->box, &v.config);
	isakmp_view_free(&v);
}

static void isakmp_subscribe(struct router *r)
{
	static const struct command *const others[] = { &cfg_interface,
		&cfg_ip_host, &cfg_hostname, &cfg_domain_name, NULL };
	struct subscriber follow = { .name = "isakmp-others",
		.commands = others,
		.settle = others_settle,
		.ctx = r };
	static const struct command *const commands[] = { &cfg_isakmp_policy,
		&isakmp_enable, &default_policy, NULL };
	struct subscriber s = { .name = "isakmp",
		.commands = commands,
		.check = isakmp_check,
		.settle = isakmp_settle,
		.ctx = r };

	commit_subscribe(r->commit, &s);
	commit_subscribe(r->commit, &follow);
}

static const struct command *const list[] = { &cfg_isakmp_policy, &p_encryption,
	&p_hash, &p_authentication, &p_group, &p_lifetime, &isakmp_enable,
	&default_policy, &isakmp_other };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_isakmp = { &commands, isakmp_subscribe };
