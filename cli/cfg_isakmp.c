/* IKE phase 1 (ios-cli.md 9): policies, pre-shared keys, and global lines.
 * The view is struct isakmp_config; keys are wiped after it was handed over. */
#include "cli/cfg.h"
#include "cli/keep.h"
#include "cli/users.h"

#include <bsd/string.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HELP_ISAKMP HELP_CRYPTO "isakmp  Configure ISAKMP policy\n"

static int key_fixup(
	struct tree *t, struct node *section, struct node *n, struct sbuf *why);

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
	.grammar = "authentication {pre-share|rsa-encr|rsa-sig}",
	.deflt = "authentication rsa-sig",
	.help = "authentication  Set authentication method for protection "
		"suite\n"
		"pre-share  Pre-Shared Key\n"
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

const struct command cfg_isakmp_key = {
	.mode = MODE_CONFIG,
	.order = ORDER_ISAKMP_KEY,
	.grammar = "crypto isakmp key <key:secret> {address <peer!:key_peer>|"
		   "address ipv6 <peer6!:word>|hostname <host!:name>} "
		   "[no-xauth]",
	.help = HELP_ISAKMP "key  Set pre-shared key for remote peer\n"
			    "<key>  The pre-shared key\n"
			    "address  Define shared key with IP address\n"
			    "address#2  Define shared key with IP address\n"
			    "<peer>  Peer IP address and mask\n"
			    "ipv6  IPv6 address\n<peer6>  IPv6 prefix\n"
			    "hostname  Define shared key with hostname\n"
			    "<host>  Peer hostname\n"
			    "no-xauth  Bypasses XAuth for this peer\n",
	.fixup = key_fixup,
	.flags = CMD_ORDERED,
	.sample = "crypto isakmp key MY_KEY address 0.0.0.0\n"
		  "crypto isakmp key k3y address 203.0.113.0 255.255.255.0 "
		  "no-xauth\n"
		  "crypto isakmp key 6 ABCD hostname gm1.example",
};

static const struct command isakmp_identity = {
	.mode = MODE_CONFIG,
	.order = ORDER_ISAKMP_OTHER + 1,
	.grammar = "crypto isakmp identity {address|dn|hostname}",
	.deflt = "crypto isakmp identity address",
	.help = HELP_ISAKMP "identity  Set the identity which ISAKMP will use\n"
			    "address  Use the IP address of the interface\n"
			    "dn  Use the distinguished name of the cert\n"
			    "hostname  Use the hostname of the router\n",
	.flags = CMD_HARMLESS,
};

static const struct command isakmp_other = {
	.mode = MODE_CONFIG,
	.order = ORDER_ISAKMP_OTHER + 2,
	.grammar = "crypto isakmp {!aggressive-mode !disable|!enable|"
		   "!default !policy|"
		   "!nat !keepalive <nat:5-3600>|!xauth !timeout <xauth:5-90>}",
	.help = HELP_ISAKMP "aggressive-mode  Aggressive mode\n"
			    "disable  Disable ISAKMP aggressive mode\n"
			    "enable  Enable ISAKMP\n"
			    "default  ISAKMP default policy\n"
			    "policy  Default policies\n"
			    "nat  Set a nat keepalive interval\n"
			    "keepalive  Keepalive interval\n<nat>  Seconds\n"
			    "xauth  Set Extended Authentication values\n"
			    "timeout  Timeout\n<xauth>  Seconds\n",
	.flags = CMD_HARMLESS | CMD_DEFAULT_ON,
	.sample = "crypto isakmp aggressive-mode disable\n"
		  "crypto isakmp nat keepalive 20",
};

/* Appends the clear key; false: it is sealed, and cannot be opened. */
static bool key_reveal(const struct node *n, struct sbuf *out)
{
	const char *text;
	unsigned type = secret_value(node_str(n, "key"), &text);

	return passwd_reveal((enum passwd_type)type, text, out);
}

static bool key_same(const struct node *a, const struct node *b)
{
	auto_secret_text struct sbuf x = { 0 }, y = { 0 };

	if (strcmp(node_str(a, "key"), node_str(b, "key")) == 0)
		return true;
	return key_reveal(a, &x) && key_reveal(b, &y) &&
	       strcmp(sbuf_str(&x), sbuf_str(&y)) == 0;
}

/* A clear key is sealed where the configuration says so. */
static void key_seal(const struct tree *t, struct node *n)
{
	const char *text;
	auto_sbuf struct sbuf sealed = { 0 };

	if (!passwd_seals(t) || secret_value(node_str(n, "key"), &text) != 0)
		return;
	sbuf_adds(&sealed, "6 ");
	if (passwd_seal(text, &sealed))
		drv_put_str(node_drv_mut(n), "key", sbuf_str(&sealed));
}

/* A second key for a peer is refused, as long as it is another one. */
static int key_fixup(
	struct tree *t, struct node *section, struct node *n, struct sbuf *why)
{
	const char *peer = node_str(n, "peer"), *text;
	char a[IP_TEXT], m[IP_TEXT];
	uint32_t addr, mask;

	if (secret_value(node_str(n, "key"), &text) == 0 &&
		strlen(text) > 128) {
		sbuf_adds(why, "% Key is longer than 128 characters");
		return -1;
	}
	for (struct node *e = node_child(section, &cfg_isakmp_key, NULL);
		e != NULL && peer != NULL;
		e = node_child(section, &cfg_isakmp_key, e)) {
		const char *other = node_str(e, "peer");
		struct ip_addr ia, im;

		if (other == NULL || strcmp(peer, other) != 0 ||
			key_same(e, n))
			continue;
		key_peer_value(peer, &addr, &mask);
		ia = ip_v4(addr);
		im = ip_v4(mask);
		sbuf_printf(why,
			"A pre-shared key for address mask %s %s already "
			"exists!",
			ip_text(&ia, a), ip_text(&im, m));
		return -1;
	}
	key_seal(t, n);
	return 0;
}

static int isakmp_check(void *ctx, const struct tree *t,
	const struct node *section, const struct node *old,
	const struct node *new, struct sbuf *why)
{
	auto_secret_text struct sbuf clear = { 0 };

	(void)ctx;
	(void)t;
	(void)section;
	(void)old;
	if (new == NULL || node_negated(new))
		return 0;
	if (node_command(new) == &cfg_isakmp_key) {
		if (!key_reveal(new, &clear))
			keep_warn(why, "the master key does not open it");
		else if (node_str(new, "peer6") != NULL)
			keep_warn(why, "no IPv6 peers");
	} else if (node_command(new) == &p_authentication &&
		   !node_has(new, "pre-share")) {
		keep_warn(why, "only pre-shared keys");
	}
	return 0;
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

static void policy_view(const struct node *s, struct isakmp_policy *p)
{
	p->priority = (uint16_t)node_u32(s, "priority");
	p->cipher = cipher_view(node_get(s, &p_encryption));
	p->hash = hash_view(node_get(s, &p_hash));
	p->auth = node_has(node_get(s, &p_authentication), "pre-share")
			  ? IKE_AUTH_PSK
			  : IKE_AUTH_RSA_SIG;
	p->group = group_view(node_get(s, &p_group));
	p->life_secs = node_u32(node_get(s, &p_lifetime), "secs");
}

static bool key_view(const struct node *n, struct isakmp_key *k)
{
	const char *peer = node_str(n, "peer");
	const char *host = node_str(n, "host");
	auto_secret_text struct sbuf clear = { 0 };
	uint32_t addr = 0;

	if ((peer == NULL && host == NULL) || !key_reveal(n, &clear))
		return false;
	if (peer != NULL) {
		key_peer_value(peer, &addr, &k->mask);
		k->addr = ip_v4(addr);
	} else {
		strlcpy(k->hostname, host, sizeof(k->hostname));
	}
	secret_set(&k->key, sbuf_str(&clear), clear.n);
	return true;
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
	for (struct node *k = node_child(root, &cfg_isakmp_key, NULL);
		k != NULL; k = node_child(root, &cfg_isakmp_key, k)) {
		struct isakmp_key key = { 0 };

		if (!key_view(k, &key))
			continue;
		v->keys =
			xreallocarray(v->keys, c->n_keys + 1, sizeof(*v->keys));
		v->keys[c->n_keys++] = key;
	}
	c->keys = v->keys;
}

void isakmp_view_free(struct isakmp_view *v)
{
	for (size_t i = 0; i < v->config.n_keys; i++)
		secret_free(&v->keys[i].key);
	free(v->keys);
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

static void isakmp_subscribe(struct router *r)
{
	static const struct command *const commands[] = { &cfg_isakmp_policy,
		&cfg_isakmp_key, NULL };
	struct subscriber s = { .name = "isakmp",
		.commands = commands,
		.check = isakmp_check,
		.settle = isakmp_settle,
		.ctx = r };

	commit_subscribe(r->commit, &s);
}

static const struct command *const list[] = { &cfg_isakmp_policy, &p_encryption,
	&p_hash, &p_authentication, &p_group, &p_lifetime, &cfg_isakmp_key,
	&isakmp_identity, &isakmp_other };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_isakmp = { &commands, isakmp_subscribe };
