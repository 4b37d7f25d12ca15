/* Pre-shared keys (ios-cli.md 9.2): crypto isakmp key, crypto keyring.  The
 * view holds them in clear; who builds it wipes it. */
#include "cli/cfg_isakmp.h"
#include "cli/keep.h"
#include "cli/users.h"

#include <bsd/string.h>
#include <stdlib.h>
#include <string.h>

#define HELP_ISAKMP HELP_CRYPTO "isakmp  Configure ISAKMP policy\n"
#define KEY_MAX     128

static int key_fixup(
	struct tree *t, struct node *section, struct node *n, struct sbuf *why);

const struct command cfg_isakmp_key = {
	.mode = MODE_CONFIG,
	.order = ORDER_ISAKMP_KEY,
	.grammar = "crypto isakmp key <key:secret> {address <peer!:key_peer>|"
		   "address ipv6 <peer6!:prefix6>|hostname <host!:name>} "
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

static const struct command keyring = {
	.mode = MODE_CONFIG,
	.enters = MODE_KEYRING,
	.order = ORDER_KEYRING,
	.grammar = "crypto keyring <name!:name> [vrf <vrf:name>]",
	.help = HELP_CRYPTO "keyring  Key ring commands\n"
			    "<name>  Keyring name\n"
			    "vrf  Specify the VRF that the keyring belongs "
			    "to\n"
			    "<vrf>  Name of the VRF\n",
	.sample = "crypto keyring KR\ncrypto keyring KR vrf RED",
};

static const struct command ring_description = {
	.mode = MODE_KEYRING,
	.order = 10,
	.grammar = "description <text:line>",
	.help = "description  Specify a description of this keyring\n"
		"<text>  Text\n",
};

static const struct command ring_local = {
	.mode = MODE_KEYRING,
	.order = 20,
	.grammar = "local-address {<addr:ip4>|<if:ifname>}",
	.help = "local-address  Specify a local address the keyring is for\n"
		"<addr>  IP address\n<if>  Interface name\n",
	.sample = "local-address 192.0.2.1\nlocal-address Loopback0",
};

static const struct command ring_key = {
	.mode = MODE_KEYRING,
	.order = 30,
	.grammar = "pre-shared-key {address <peer!:key_peer>|"
		   "address ipv6 <peer6!:prefix6>|hostname <host!:name>} "
		   "key <key:secret>",
	.help = "pre-shared-key  Pre-shared key\n"
		"address  Define shared key with IP address\n"
		"address#2  Define shared key with IP address\n"
		"<peer>  Peer IP address and mask\n"
		"ipv6  IPv6 address\n<peer6>  IPv6 prefix\n"
		"hostname  Define shared key with hostname\n"
		"<host>  Peer hostname\n"
		"key  Specify the pre-shared key\n<key>  The pre-shared key\n",
	.fixup = key_fixup,
	.flags = CMD_ORDERED,
	.sample = "pre-shared-key address 0.0.0.0 key K3Y\n"
		  "pre-shared-key address 203.0.113.0 255.255.255.0 key K3Y\n"
		  "pre-shared-key hostname gm1.example key 6 ABCD",
};

bool isakmp_is_key(const struct command *c)
{
	return c == &cfg_isakmp_key || c == &ring_key ||
	       c == &cfg_isakmp_password;
}

/* Appends the clear key; false: it is sealed, and cannot be opened. */
static bool key_reveal(const struct node *n, struct sbuf *out)
{
	const char *text;
	unsigned type = secret_value(node_str(n, "key"), &text);

	return passwd_reveal((enum passwd_type)type, text, out);
}

bool isakmp_key_take(const struct node *n, struct secret *out)
{
	auto_sbuf struct sbuf clear = { 0 };

	if (n == NULL || !key_reveal(n, &clear))
		return false;
	secret_set(out, sbuf_str(&clear), clear.n);
	return true;
}

static bool key_same(const struct node *a, const struct node *b)
{
	auto_sbuf struct sbuf x = { 0 }, y = { 0 };

	if (strcmp(node_str(a, "key"), node_str(b, "key")) == 0)
		return true;
	return key_reveal(a, &x) && key_reveal(b, &y) &&
	       strcmp(sbuf_str(&x), sbuf_str(&y)) == 0;
}

int isakmp_key_seal(
	struct tree *t, struct node *section, struct node *n, struct sbuf *why)
{
	const char *text;
	unsigned type = secret_value(node_str(n, "key"), &text);
	auto_sbuf struct sbuf sealed = { 0 };

	(void)section;
	if (type == 0 && strlen(text) > KEY_MAX) {
		sbuf_printf(
			why, "%% Key is longer than %d characters", KEY_MAX);
		return -1;
	}
	if (!passwd_seals(t) || type != 0)
		return 0;
	sbuf_adds(&sealed, "6 ");
	if (passwd_seal(text, &sealed))
		drv_put_str(node_drv_mut(n), "key", sbuf_str(&sealed));
	return 0;
}

/* A second key for a peer is refused, as long as it is another one. */
static int key_fixup(
	struct tree *t, struct node *section, struct node *n, struct sbuf *why)
{
	const struct command *c = node_command(n);
	const char *peer = node_str(n, "peer");
	char a[IP_TEXT], m[IP_TEXT];
	uint32_t addr, mask;

	for (struct node *e = node_child(section, c, NULL);
		e != NULL && peer != NULL; e = node_child(section, c, e)) {
		const char *other = node_str(e, "peer");
		struct ip_addr ia, im;

		if (other == NULL || strcmp(peer, other) != 0 || key_same(e, n))
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
	return isakmp_key_seal(t, section, n, why);
}

int isakmp_key_check(const struct node *n, struct sbuf *why)
{
	auto_sbuf struct sbuf clear = { 0 };

	if (!key_reveal(n, &clear))
		keep_warn(why, "the master key does not open it");
	else if (node_command(n) != &cfg_isakmp_password &&
		 node_str(n, "peer6") != NULL)
		keep_warn(why, "no IPv6 peers");
	return 0;
}

static int key_check(void *ctx, const struct tree *t,
	const struct node *section, const struct node *old,
	const struct node *new, struct sbuf *why)
{
	(void)ctx;
	(void)t;
	(void)section;
	(void)old;
	if (new == NULL || !isakmp_is_key(node_command(new)))
		return 0;
	return isakmp_key_check(new, why);
}

/* --- the view --- */

bool isakmp_local_view(
	const struct router *r, const struct node *n, struct ip_addr *out)
{
	const char *addr = node_str(n, "addr"), *name = node_str(n, "if");
	struct ip_prefix p;

	if (addr != NULL)
		return ip_parse(addr, out);
	if (name == NULL || !if_ip_primary(node_find(tree_root(r->tree),
						   &cfg_interface, name),
				    &p))
		return false;
	*out = p.addr;
	return true;
}

static void key_add(struct isakmp_view *v, const struct isakmp_key *k)
{
	size_t n = v->config.n_keys;

	v->keys = xreallocarray(v->keys, n + 1, sizeof(*v->keys));
	v->keys[n] = *k;
	v->config.n_keys = n + 1;
}

/* A name that `ip host` knows counts by its addresses, too. */
static void resolved_add(const struct router *r, struct isakmp_view *v,
	const struct isakmp_key *named)
{
	const struct node *host =
		node_find(tree_root(r->tree), &cfg_ip_host, named->hostname);
	size_t n = host == NULL ? 0 : drv_count(node_drv(host), "addr");

	for (size_t i = 0; i < n; i++) {
		struct isakmp_key k = *named;

		if (!ip_parse(drv_str_at(node_drv(host), "addr", i), &k.addr))
			continue;
		k.mask = UINT32_MAX;
		k.resolved = true;
		k.key = (struct secret){ 0 };
		secret_dup(&k.key, &named->key);
		key_add(v, &k);
	}
}

static void key_view(const struct router *r, struct isakmp_view *v,
	const struct node *n, uint16_t ring)
{
	const char *peer = node_str(n, "peer"), *peer6 = node_str(n, "peer6");
	struct isakmp_key k = { .ring = ring };
	struct ip_prefix p6;
	uint32_t addr;

	if (!isakmp_key_take(n, &k.key))
		return;
	k.no_xauth = ring == 0 && node_has(n, "no-xauth");
	if (peer != NULL) {
		key_peer_value(peer, &addr, &k.mask);
		k.addr = ip_v4(addr);
	} else if (peer6 != NULL && ip_prefix_parse(peer6, &p6)) {
		k.addr = p6.addr;
		k.prefix = p6.len;
	} else {
		strlcpy(k.hostname, node_str(n, "host"), sizeof(k.hostname));
	}
	key_add(v, &k);
	if (k.hostname[0] != '\0')
		resolved_add(r, v, &k);
}

static void ring_view(
	const struct router *r, struct isakmp_view *v, const struct node *s)
{
	size_t n = v->config.n_keyrings;
	const struct node *local = node_child(s, &ring_local, NULL);
	const char *vrf = node_str(s, "vrf");

	v->keyrings = xreallocarray(v->keyrings, n + 1, sizeof(*v->keyrings));
	struct isakmp_keyring *k = &v->keyrings[n];

	*k = (struct isakmp_keyring){ 0 };
	strlcpy(k->name, node_str(s, "name"), sizeof(k->name));
	strlcpy(k->vrf, vrf != NULL ? vrf : "", sizeof(k->vrf));
	if (local != NULL)
		k->dead = !isakmp_local_view(r, local, &k->local);
	v->config.n_keyrings = n + 1;
	for (struct node *e = node_child(s, &ring_key, NULL); e != NULL;
		e = node_child(s, &ring_key, e))
		key_view(r, v, e, (uint16_t)(n + 1));
}

void keyring_view(const struct router *r, struct isakmp_view *v)
{
	struct node *root = tree_root(r->tree);

	for (struct node *n = node_child(root, &cfg_isakmp_key, NULL);
		n != NULL; n = node_child(root, &cfg_isakmp_key, n))
		key_view(r, v, n, 0);
	for (struct node *s = node_child(root, &keyring, NULL);
		s != NULL && v->config.n_keyrings < ISAKMP_KEYRINGS_MAX;
		s = node_child(root, &keyring, s))
		ring_view(r, v, s);
	v->config.keys = v->keys;
	v->config.keyrings = v->keyrings;
}

static void key_settle(void *ctx, const struct tree *t)
{
	(void)t;
	isakmp_keys_opened(ctx);
}

static void keyring_subscribe(struct router *r)
{
	static const struct command *const watched[] = { &cfg_isakmp_key,
		&keyring, NULL };
	struct subscriber s = { .name = "isakmp-key",
		.commands = watched,
		.check = key_check,
		.settle = key_settle,
		.ctx = r };

	commit_subscribe(r->commit, &s);
}

static const struct command *const list[] = { &cfg_isakmp_key, &keyring,
	&ring_description, &ring_local, &ring_key };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_keyring = { &commands, keyring_subscribe };
