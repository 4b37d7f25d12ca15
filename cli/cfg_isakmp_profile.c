/* What phase 1 does with a peer (ios-cli.md 9.2): crypto isakmp identity,
 * crypto isakmp profile, crypto isakmp peer, aggressive mode. */
#include "cli/cfg_isakmp.h"
#include "cli/keep.h"

#include <bsd/string.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HELP_ISAKMP HELP_CRYPTO "isakmp  Configure ISAKMP policy\n"
#define HELP_MATCH                                                             \
	"match  Match values of peer\n"                                        \
	"identity  Match identity of the peer\n"
#define HELP_SET_AGGR                                                          \
	"set  Set values of the peer\n"                                        \
	"aggressive-mode  Set Aggressive Mode parameters\n"
#define PROFILES_MAX 1000

static const struct command identity = {
	.mode = MODE_CONFIG,
	.order = ORDER_ISAKMP_OTHER + 1,
	.grammar = "crypto isakmp identity {address|dn|hostname}",
	.deflt = "crypto isakmp identity address",
	.help = HELP_ISAKMP "identity  Set the identity which ISAKMP will use\n"
			    "address  Use the IP address of the interface\n"
			    "dn  Use the distinguished name of the cert\n"
			    "hostname  Use the hostname of the router\n",
};

static const struct command no_aggressive = {
	.mode = MODE_CONFIG,
	.order = ORDER_ISAKMP_OTHER + 2,
	.grammar = "crypto isakmp aggressive-mode disable",
	.help = HELP_ISAKMP "aggressive-mode  Disable or enable ISAKMP "
			    "Aggressive Mode\n"
			    "disable  Disable ISAKMP Aggressive Mode\n",
};

static const struct command peer = {
	.mode = MODE_CONFIG,
	.enters = MODE_ISAKMP_PEER,
	.order = ORDER_ISAKMP_OTHER + 8,
	.grammar = "crypto isakmp peer address <addr!:ip4>",
	.help = HELP_ISAKMP "peer  Set peer policy\n"
			    "address  Peer by its address\n"
			    "<addr>  IP address of the peer\n",
	.sample = "crypto isakmp peer address 192.0.2.1",
};

static const struct command peer_description = {
	.mode = MODE_ISAKMP_PEER,
	.order = 10,
	.grammar = "description <text:line>",
	.help = "description  Description of this peer\n<text>  Text\n",
};

static const struct command peer_endpoint = {
	.mode = MODE_ISAKMP_PEER,
	.order = 20,
	.grammar = "set aggressive-mode client-endpoint "
		   "{fqdn <fqdn:word>|ipv4-address <addr:ip4>|"
		   "user-fqdn <user:word>}",
	.help = HELP_SET_AGGR "client-endpoint  Identity to begin with\n"
			      "fqdn  Fully qualified domain name\n"
			      "<fqdn>  Name\n"
			      "ipv4-address  IP address\n<addr>  IP address\n"
			      "user-fqdn  User at a domain\n"
			      "<user>  user@domain\n",
	.sample = "set aggressive-mode client-endpoint fqdn gm1.example\n"
		  "set aggressive-mode client-endpoint ipv4-address 192.0.2.9",
};

const struct command cfg_isakmp_password = {
	.mode = MODE_ISAKMP_PEER,
	.order = 30,
	.grammar = "set aggressive-mode password <key:secret>",
	.help = HELP_SET_AGGR "password  Pre-shared key of this peer\n"
			      "<key>  The pre-shared key\n",
	.fixup = isakmp_key_seal,
	.sample = "set aggressive-mode password 6 ABCD",
};

static const struct command profile = {
	.mode = MODE_CONFIG,
	.enters = MODE_ISAKMP_PROFILE,
	.order = ORDER_ISAKMP_PROFILE,
	.grammar = "crypto isakmp profile <name!:name>",
	.help = HELP_ISAKMP "profile  Define ISAKMP profiles\n"
			    "<name>  Profile name\n",
};

static const struct command f_description = {
	.mode = MODE_ISAKMP_PROFILE,
	.order = 10,
	.grammar = "description <text:line>",
	.help = "description  Specify a description of this profile\n"
		"<text>  Text\n",
};

static const struct command f_vrf = {
	.mode = MODE_ISAKMP_PROFILE,
	.order = 20,
	.grammar = "vrf <name:name>",
	.help = "vrf  Specify the VRF it is related to\n"
		"<name>  Name of the VRF\n",
};

static const struct command f_keyring = {
	.mode = MODE_ISAKMP_PROFILE,
	.order = 30,
	.grammar = "keyring <name!:name>",
	.help = "keyring  Specify the keyring to use\n"
		"<name>  Name of the keyring\n",
	.flags = CMD_ORDERED,
	.sample = "keyring KR\nkeyring default",
};

static const struct command f_self = {
	.mode = MODE_ISAKMP_PROFILE,
	.order = 40,
	.grammar = "self-identity {address|fqdn [<fqdn:word>]|"
		   "user-fqdn <user:word>}",
	.help = "self-identity  Specify the identity to use\n"
		"address  Use the IP address of the interface\n"
		"fqdn  Use a fully qualified domain name\n"
		"<fqdn>  Name; this router's without one\n"
		"user-fqdn  Use a user at a domain\n<user>  user@domain\n",
	.sample = "self-identity user-fqdn gm1@example.com\n"
		  "self-identity fqdn",
};

static const struct command f_trustpoint = {
	.mode = MODE_ISAKMP_PROFILE,
	.order = 50,
	.grammar = "ca trust-point <name!:name>",
	.help = "ca  Specify the certificate authority to use\n"
		"trust-point  Trustpoint to validate with\n"
		"<name>  Name of the trustpoint\n",
	.flags = CMD_ORDERED,
};

static const struct command f_match = {
	.mode = MODE_ISAKMP_PROFILE,
	.order = 60,
	.grammar = "match identity {address <addr!:key_peer> [<vrf!:name>]|"
		   "!group <group!:word>|!host <host!:word>|"
		   "!host !domain <domain!:word>|!user <user!:word>|"
		   "!user !domain <udomain!:word>}",
	.help = HELP_MATCH "address  IP address of the peer\n"
			   "<addr>  Address and mask\n"
			   "<vrf>  VRF that it comes from\n"
			   "group  Match the group of the peer\n"
			   "<group>  Name of the group\n"
			   "host  Match the name of the peer\n"
			   "host#2  Match the name of the peer\n"
			   "<host>  Fully qualified domain name\n"
			   "domain  Match its domain\n"
			   "domain#2  Match its domain\n"
			   "<domain>  Name of the domain\n"
			   "user  Match the user of the peer\n"
			   "user#2  Match the user of the peer\n"
			   "<user>  user@domain\n"
			   "<udomain>  Name of the domain\n",
	.flags = CMD_ORDERED,
	.sample = "match identity address 0.0.0.0\n"
		  "match identity address 10.0.0.0 255.0.0.0 RED\n"
		  "match identity host gm1.example\n"
		  "match identity host domain example\n"
		  "match identity user domain example.com",
};

static const struct command f_match_cert = {
	.mode = MODE_ISAKMP_PROFILE,
	.order = 61,
	.grammar = "match certificate <map!:name>",
	.help = "match  Match values of peer\n"
		"certificate  Peer certificate attributes\n"
		"<map>  Name of the certificate map\n",
	.flags = CMD_ORDERED,
	.sample = "match certificate ORBIT_MAP",
};

static const struct command f_keepalive = {
	.mode = MODE_ISAKMP_PROFILE,
	.order = 70,
	.grammar = "keepalive <secs:10-3600> retry <retry:2-60>",
	.help = "keepalive  Set a keepalive interval for these peers\n"
		"<secs>  Number of seconds between keep alives\n"
		"retry  Interval of retries\n"
		"<retry>  Number of seconds between retries\n",
};

static const struct command f_initiate = {
	.mode = MODE_ISAKMP_PROFILE,
	.order = 80,
	.grammar = "initiate mode aggressive",
	.help = "initiate  Initiator settings\nmode  Mode to begin with\n"
		"aggressive  Begin in Aggressive Mode\n",
};

static const struct command f_local = {
	.mode = MODE_ISAKMP_PROFILE,
	.order = 90,
	.grammar = "local-address {<addr:ip4>|<if:ifname>}",
	.help = "local-address  Specify a local address the profile is for\n"
		"<addr>  IP address\n<if>  Interface name\n",
	.sample = "local-address 192.0.2.1\nlocal-address Loopback0",
};

static void name_set(
	struct isakmp_id *id, enum isakmp_id_kind kind, const char *name)
{
	id->kind = kind;
	strlcpy(id->name, name, sizeof(id->name));
}

/* hostname.domain */
static void own_name(const struct router *r, struct isakmp_id *id)
{
	struct node *root = tree_root(r->tree);
	const char *host = node_str(node_get(root, &cfg_hostname), "name");
	const char *domain =
		node_str(node_child(root, &cfg_domain_name, NULL), "name");
	auto_sbuf struct sbuf name = { 0 };

	sbuf_adds(&name, host != NULL ? host : "");
	if (domain != NULL)
		sbuf_printf(&name, ".%s", domain);
	name_set(id, ISAKMP_ID_FQDN, sbuf_str(&name));
}

static void identity_view(const struct router *r, struct isakmp_id *id)
{
	const struct node *n = node_get(tree_root(r->tree), &identity);

	if (node_has(n, "hostname"))
		own_name(r, id);
	else if (node_has(n, "dn"))
		id->kind = ISAKMP_ID_DN;
}

/* fqdn N, user-fqdn N, or an address */
static void id_view(
	const struct router *r, const struct node *n, struct isakmp_id *id)
{
	const char *fqdn = node_str(n, "fqdn"), *user = node_str(n, "user");

	if (n == NULL)
		return;
	if (fqdn != NULL)
		name_set(id, ISAKMP_ID_FQDN, fqdn);
	else if (user != NULL)
		name_set(id, ISAKMP_ID_USER_FQDN, user);
	else if (node_has(n, "fqdn"))
		own_name(r, id);
	else
		id->kind = ISAKMP_ID_ADDRESS;
}

/* A section that sets nothing for Aggressive Mode changes nothing. */
static void peer_view(
	const struct router *r, struct isakmp_view *v, const struct node *s)
{
	const struct node *endpoint = node_child(s, &peer_endpoint, NULL);
	const struct node *password = node_child(s, &cfg_isakmp_password, NULL);
	struct isakmp_peer_policy p = { .addr = node_ip(s, "addr") };
	size_t n = v->config.n_peers;

	if (endpoint == NULL && password == NULL)
		return;
	id_view(r, endpoint, &p.endpoint);
	if (endpoint != NULL && p.endpoint.kind == ISAKMP_ID_ADDRESS)
		p.endpoint.addr = node_ip(endpoint, "addr");
	isakmp_key_take(password, &p.password);
	v->peers = xreallocarray(v->peers, n + 1, sizeof(*v->peers));
	v->peers[n] = p;
	v->config.n_peers = n + 1;
}

/* 0 is the default keyring; false: there is none of that name. */
static bool ring_find(
	const struct isakmp_view *v, const char *name, uint16_t *out)
{
	if (strcmp(name, "default") == 0) {
		*out = 0;
		return true;
	}
	for (size_t i = 0; i < v->config.n_keyrings; i++) {
		if (strcmp(v->keyrings[i].name, name) != 0)
			continue;
		*out = (uint16_t)(i + 1);
		return true;
	}
	return false;
}

/* A keyring that does not exist holds no key. */
static void rings_view(const struct isakmp_view *v, const struct node *s,
	struct isakmp_profile *p)
{
	for (struct node *n = node_child(s, &f_keyring, NULL);
		n != NULL && p->n_rings < PROFILE_KEYRINGS_MAX;
		n = node_child(s, &f_keyring, n)) {
		uint16_t *ring = &p->ring[p->n_rings++];

		if (!ring_find(v, node_str(n, "name"), ring))
			*ring = UINT16_MAX;
	}
}

static void trustpoints_view(const struct node *s, struct isakmp_profile *p)
{
	for (struct node *n = node_child(s, &f_trustpoint, NULL);
		n != NULL && p->n_trustpoints < PROFILE_TRUSTPOINTS_MAX;
		n = node_child(s, &f_trustpoint, n))
		strlcpy(p->trustpoint[p->n_trustpoints++], node_str(n, "name"),
			sizeof(p->trustpoint[0]));
}

static void match_view(const struct node *n, struct isakmp_match *m)
{
	static const struct {
		const char *slot;
		enum isakmp_match_kind kind;
	} names[] = { { "host", ISAKMP_MATCH_HOST },
		{ "domain", ISAKMP_MATCH_HOST_DOMAIN },
		{ "user", ISAKMP_MATCH_USER },
		{ "udomain", ISAKMP_MATCH_USER_DOMAIN },
		{ "group", ISAKMP_MATCH_GROUP } };
	const char *addr = node_str(n, "addr"), *vrf = node_str(n, "vrf");
	uint32_t a;

	if (addr != NULL) {
		key_peer_value(addr, &a, &m->mask);
		m->addr = ip_v4(a);
		m->kind = ISAKMP_MATCH_ADDRESS;
		strlcpy(m->vrf, vrf != NULL ? vrf : "", sizeof(m->vrf));
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *name = node_str(n, names[i].slot);

		if (name == NULL)
			continue;
		m->kind = names[i].kind;
		strlcpy(m->name, name, sizeof(m->name));
	}
}

/* Of the profile that comes next. */
static struct isakmp_match *match_add(struct isakmp_view *v)
{
	size_t i = v->config.n_matches++;

	v->matches = xreallocarray(v->matches, i + 1, sizeof(*v->matches));
	v->matches[i] = (struct isakmp_match){
		.profile = (uint16_t)v->config.n_profiles
	};
	return &v->matches[i];
}

static void matches_view(struct isakmp_view *v, const struct node *s)
{
	for (struct node *n = node_child(s, &f_match, NULL); n != NULL;
		n = node_child(s, &f_match, n))
		match_view(n, match_add(v));
	for (struct node *n = node_child(s, &f_match_cert, NULL); n != NULL;
		n = node_child(s, &f_match_cert, n)) {
		struct isakmp_match *m = match_add(v);

		m->kind = ISAKMP_MATCH_CERT;
		strlcpy(m->name, node_str(n, "map"), sizeof(m->name));
	}
}

static void profile_view(
	const struct router *r, struct isakmp_view *v, const struct node *s)
{
	const struct node *vrf = node_child(s, &f_vrf, NULL);
	const struct node *alive = node_child(s, &f_keepalive, NULL);
	const struct node *local = node_child(s, &f_local, NULL);
	size_t n = v->config.n_profiles;

	v->profiles = xreallocarray(v->profiles, n + 1, sizeof(*v->profiles));
	struct isakmp_profile *p = &v->profiles[n];

	*p = (struct isakmp_profile){ .local_given = local != NULL };
	strlcpy(p->name, node_str(s, "name"), sizeof(p->name));
	strlcpy(p->vrf, vrf != NULL ? node_str(vrf, "name") : "",
		sizeof(p->vrf));
	if (local != NULL)
		p->local_dead = !isakmp_local_view(r, local, &p->local);
	if (alive != NULL) {
		p->keepalive_secs = (uint16_t)node_u32(alive, "secs");
		p->retry_secs = (uint16_t)node_u32(alive, "retry");
	}
	p->aggressive = node_child(s, &f_initiate, NULL) != NULL;
	id_view(r, node_child(s, &f_self, NULL), &p->self);
	rings_view(v, s, p);
	trustpoints_view(s, p);
	matches_view(v, s);
	v->config.n_profiles = n + 1;
}

void isakmp_profile_view(const struct router *r, struct isakmp_view *v)
{
	struct node *root = tree_root(r->tree);
	struct isakmp_config *c = &v->config;

	identity_view(r, &c->self);
	c->no_aggressive = node_child(root, &no_aggressive, NULL) != NULL;
	for (struct node *s = node_child(root, &peer, NULL); s != NULL;
		s = node_child(root, &peer, s))
		peer_view(r, v, s);
	for (struct node *s = node_child(root, &profile, NULL);
		s != NULL && c->n_profiles < PROFILES_MAX;
		s = node_child(root, &profile, s))
		profile_view(r, v, s);
	c->peers = v->peers;
	c->profiles = v->profiles;
	c->matches = v->matches;
}

static int profile_check(void *ctx, const struct tree *t,
	const struct node *section, const struct node *old,
	const struct node *new, struct sbuf *why)
{
	(void)ctx;
	(void)t;
	(void)section;
	if (new == NULL || node_negated(new))
		return 0;
	if (node_command(new) == &profile && old == NULL)
		sbuf_adds(why, "% A profile is deemed incomplete until it has "
			       "match identity statements\n");
	if (node_command(new) == &cfg_isakmp_password)
		return isakmp_key_check(new, why);
	return 0;
}

static void profile_settle(void *ctx, const struct tree *t)
{
	(void)t;
	isakmp_keys_opened(ctx);
}

static void profile_subscribe(struct router *r)
{
	static const struct command *const watched[] = { &identity,
		&no_aggressive, &peer, &profile, NULL };
	struct subscriber s = { .name = "isakmp-profile",
		.commands = watched,
		.check = profile_check,
		.settle = profile_settle,
		.ctx = r };

	commit_subscribe(r->commit, &s);
}

static const struct command *const list[] = { &identity, &no_aggressive, &peer,
	&peer_description, &peer_endpoint, &cfg_isakmp_password, &profile,
	&f_description, &f_vrf, &f_keyring, &f_self, &f_trustpoint, &f_match,
	&f_match_cert, &f_keepalive, &f_initiate, &f_local };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_isakmp_profile = { &commands, profile_subscribe };
