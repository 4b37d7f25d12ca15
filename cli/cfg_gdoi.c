/* crypto gdoi group (ios-cli.md 12): the group, what both roles share, and the
 * group member's lines with their view.  The key server's lines stand in
 * cfg_gdoi_ks.c. */
#include "cli/acl.h"
#include "cli/keep.h"
#include "cli/pki.h"

#include <bsd/string.h>
#include <stdlib.h>
#include <string.h>

#define HELP_CLIENT "client  Group Member (GM) client parameters\n"

const struct command cfg_gdoi_group = {
	.mode = MODE_CONFIG,
	.enters = MODE_GKM_GROUP,
	.order = ORDER_GDOI_GROUP,
	.grammar = "crypto {gdoi|gkm} group [ipv6] <name!:name>",
	.help = HELP_CRYPTO HELP_GDOI "group  Configure a group\n"
				      "ipv6  IPv6 group\n"
				      "<name>  Group name\n",
	.sample = "crypto gdoi group ORBIT\ncrypto gkm group ipv6 ORBIT6",
};

const struct command cfg_gdoi_identity = {
	.mode = MODE_GKM_GROUP,
	.order = 10,
	.grammar = "identity {number <number:0-2147483647>|"
		   "address ipv4 <addr:ip4>}",
	.help = "identity  Set the identity of the group\n"
		"number  Set the group number\n<number>  Group number\n"
		"address  Set the group address\n"
		"ipv4  IPv4 address\n<addr>  Group address\n",
};

const struct command cfg_gdoi_server_addr = {
	.mode = MODE_GKM_GROUP,
	.order = 20,
	.grammar = "server address ipv4 <addr!:ip4>",
	.help = "server  Set the group server for the group\n"
		"address  Identify the group server by address\n"
		"ipv4  Group server IPv4 address\n"
		"<addr>  Group server IPv4 address\n",
	.flags = CMD_ORDERED,
};

static const struct command server_name = {
	.mode = MODE_GKM_GROUP,
	.order = 21,
	.grammar = "server {!address !ipv6 <addr6!:ip6>|"
		   "!hostname {!ipv4|!ipv6} <host!:name>}",
	.help = "server  Set the group server for the group\n"
		"address  Identify the group server by address\n"
		"ipv6  Group server IPv6 address\n"
		"<addr6>  Group server IPv6 address\n"
		"hostname  Identify the group server by host name\n"
		"ipv4  Resolve to IPv4\n<host>  Group server name\n",
	.flags = CMD_ORDERED | CMD_HARMLESS,
};

const struct command cfg_gdoi_client_if = {
	.mode = MODE_GKM_GROUP,
	.order = 31,
	.grammar = "client registration interface <if:ifname>",
	.help = HELP_CLIENT "registration  Registration parameters\n"
			    "interface  Source of registration and rekeys\n"
			    "<if>  Interface name\n",
};

static const struct command client_protocol = {
	.mode = MODE_GKM_GROUP,
	.order = 30,
	.grammar = "client protocol {gdoi|gikev2 <profile:name>}",
	.deflt = "client protocol gdoi",
	.help = HELP_CLIENT "protocol  Protocol used to register\n"
			    "gdoi  Use GDOI\ngikev2  Use G-IKEv2\n"
			    "<profile>  IKEv2 profile\n",
	.flags = CMD_HARMLESS,
};

static const struct command client_ciphers = {
	.mode = MODE_GKM_GROUP,
	.order = 32,
	.grammar = "client rekey encryption <cipher:kek_cipher...>",
	.help = HELP_CLIENT "rekey  Acceptable rekey parameters\n"
			    "encryption  Acceptable rekey ciphers\n"
			    "<cipher>  A cipher\n",
	.sample = "client rekey encryption aes 128 aes 256 3des-cbc",
};

static const struct command client_hashes = {
	.mode = MODE_GKM_GROUP,
	.order = 33,
	.grammar = "client rekey hash <hash:sig_hash...>",
	.help = HELP_CLIENT "rekey  Acceptable rekey parameters\n"
			    "hash  Acceptable rekey hashes\n<hash>  A hash\n",
};

static const struct command client_sets = {
	.mode = MODE_GKM_GROUP,
	.order = 34,
	.grammar = "client transform-sets <set:name...>",
	.help = HELP_CLIENT "transform-sets  Acceptable TEK transforms\n"
			    "<set>  Transform set tag\n",
};

static const struct command client_recovery = {
	.mode = MODE_GKM_GROUP,
	.order = 35,
	.grammar = "client recovery-check interval <secs:100-1000>",
	.help = HELP_CLIENT "recovery-check  Monitor for data-plane errors\n"
			    "interval  Seconds between recoveries\n"
			    "<secs>  Seconds\n",
	.sample = "client recovery-check interval 300",
};

static const struct command client_kept = {
	.mode = MODE_GKM_GROUP,
	.order = 35,
	.grammar = "client {!status active-sa track <track:1-1000>|"
		   "!transport-encrypt-key {group-key|pair-wise-key}}",
	.help = HELP_CLIENT "status  Status of the group member\n"
			    "active-sa  An SA is alive\ntrack  Tracking\n"
			    "<track>  Tracked object number\n"
			    "transport-encrypt-key  Key used for traffic\n"
			    "group-key  Group key\n"
			    "pair-wise-key  Pair-wise keys\n",
	.flags = CMD_HARMLESS,
	.sample = "client status active-sa track 1",
};

static const struct command client_revert = {
	.mode = MODE_GKM_GROUP,
	.order = 35,
	.grammar = "client fail-close revert",
	.help = HELP_CLIENT "fail-close  Fail-close settings\n"
			    "revert  Return to fail-close when registration "
			    "fails\n",
};

static const struct command client_bypass = {
	.mode = MODE_GKM_GROUP,
	.order = 36,
	.grammar = "client bypass-policy",
	.help = HELP_CLIENT "bypass-policy  Key management to this member "
			    "bypasses the policy\n",
	.flags = CMD_HARMLESS | CMD_DEFAULT_ON,
};

static const struct command client_pfs = {
	.mode = MODE_GKM_GROUP,
	.order = 37,
	.grammar = "client pfs",
	.help = HELP_CLIENT "pfs  Perfect forward secrecy of rekeys\n",
	.flags = CMD_HARMLESS | CMD_DEFAULT_ON,
};

static const struct command gm_passive = {
	.mode = MODE_GKM_GROUP,
	.order = 38,
	.grammar = "passive",
	.help = "passive  Accept clear and encrypted traffic, send encrypted\n",
};

struct group_id gdoi_id_view(const struct node *group)
{
	const struct node *n = node_child(group, &cfg_gdoi_identity, NULL);
	struct group_id id = { .is_set = n != NULL };

	if (n == NULL)
		return id;
	id.is_addr = node_has(n, "address");
	id.number = id.is_addr ? node_ip4(n, "addr") : node_u32(n, "number");
	return id;
}

static void suites_view(
	const struct router *r, const struct node *n, struct gm_policy *p)
{
	const struct derivation *d = node_drv(n);

	for (size_t i = 0;
		i < drv_count(d, "set") && p->n_suites < ARRAY_LEN(p->suites);
		i++) {
		bool transport;

		if (transform_set_view(r, drv_str_at(d, "set", i),
			    &p->suites[p->n_suites], &transport))
			p->n_suites++;
	}
}

static void gm_group_view(
	const struct router *r, const struct node *g, struct gm_policy *p)
{
	const struct node *n;

	*p = (struct gm_policy){ .id = gdoi_id_view(g),
		.ip6 = node_has(g, "ipv6") };
	strlcpy(p->group, node_str(g, "name"), sizeof(p->group));
	for (n = node_child(g, &cfg_gdoi_server_addr, NULL);
		n != NULL && p->n_servers < SERVERS_MAX;
		n = node_child(g, &cfg_gdoi_server_addr, n))
		p->server[p->n_servers++] = node_ip(n, "addr");
	p->passive = node_child(g, &gm_passive, NULL) != NULL;
	p->fail_close_revert = node_child(g, &client_revert, NULL) != NULL;
	n = node_child(g, &client_recovery, NULL);
	p->recovery_secs = n != NULL ? node_u32(n, "secs") : 0;
	n = node_child(g, &client_ciphers, NULL);
	for (size_t i = 0; n != NULL && i < drv_count(node_drv(n), "cipher");
		i++)
		p->kek_ciphers |= 1U << kek_cipher_value(
					  drv_str_at(node_drv(n), "cipher", i));
	n = node_child(g, &client_hashes, NULL);
	for (size_t i = 0; n != NULL && i < drv_count(node_drv(n), "hash"); i++)
		p->sig_hashes |=
			1U << hash_value(drv_str_at(node_drv(n), "hash", i));
	n = node_child(g, &client_sets, NULL);
	if (n != NULL)
		suites_view(r, n, p);
}

void gm_view_build(const struct router *r, struct gm_view *v)
{
	struct node *root = tree_root(r->tree);

	*v = (struct gm_view){ 0 };
	for (struct node *g = node_child(root, &cfg_gdoi_group, NULL);
		g != NULL; g = node_child(root, &cfg_gdoi_group, g)) {
		if (node_child(g, &cfg_ks_server, NULL) != NULL)
			continue;
		v->groups = xreallocarray(
			v->groups, v->n_groups + 1, sizeof(*v->groups));
		gm_group_view(r, g, &v->groups[v->n_groups++]);
	}
	crypto_map_view(r, v);
}

void gm_view_free(struct gm_view *v)
{
	for (size_t i = 0; i < v->n_maps; i++)
		acl_free(&v->acls[i]);
	free(v->acls);
	free(v->maps);
	free(v->groups);
	*v = (struct gm_view){ 0 };
}

static void gm_settle(void *ctx, const struct tree *t)
{
	const struct router *r = ctx;
	struct gm_view v;

	(void)t;
	if (r->box == NULL)
		return;
	gm_view_build(r, &v);
	box_set_gm(r->box, v.groups, v.n_groups, v.maps, v.n_maps);
	gm_view_free(&v);
}

static void ks_settle(void *ctx, const struct tree *t)
{
	const struct router *r = ctx;
	struct ks_view v;

	(void)t;
	if (r->box == NULL)
		return;
	ks_view_build(r, &v);
	box_set_ks(r->box, v.v, v.n);
	ks_view_free(&v);
}

void ks_keys_changed(const struct router *r)
{
	ks_settle((void *)(uintptr_t)r, r->tree);
}

static int role_check(
	const struct node *section, const struct command *c, struct sbuf *why)
{
	if (c == &cfg_gdoi_server_addr &&
		node_child(section, &cfg_ks_server, NULL) != NULL) {
		sbuf_adds(why, "% The group has a local server; remove "
			       "'server local' first");
		return -1;
	}
	if (c == &cfg_ks_server &&
		node_child(section, &cfg_gdoi_server_addr, NULL) != NULL) {
		sbuf_adds(why, "% The group has a server address; remove "
			       "'server address' first");
		return -1;
	}
	return 0;
}

static int servers_check(const struct node *section, struct sbuf *why)
{
	size_t n = 0;

	for (struct node *s = node_child(section, &cfg_gdoi_server_addr, NULL);
		s != NULL; s = node_child(section, &cfg_gdoi_server_addr, s))
		n++;
	if (n < SERVERS_MAX)
		return 0;
	sbuf_printf(why, "%% A group has at most %d key servers", SERVERS_MAX);
	return -1;
}

static int family_check(
	const struct node *old, const struct node *new, struct sbuf *why)
{
	if (old == NULL || node_has(old, "ipv6") == node_has(new, "ipv6"))
		return 0;
	sbuf_printf(why, "%% Group %s is an IPv%c group", node_str(old, "name"),
		node_has(old, "ipv6") ? '6' : '4');
	return -1;
}

/* Is the group named by a crypto map? */
static bool group_in_use(const struct router *r, const char *name)
{
	struct node *root = tree_root(r->tree);

	for (struct node *m = node_child(root, &cfg_crypto_map, NULL);
		m != NULL; m = node_child(root, &cfg_crypto_map, m)) {
		const struct node *g = node_child(m, &cfg_map_group, NULL);

		if (g != NULL && strcmp(node_str(g, "name"), name) == 0)
			return true;
	}
	return false;
}

static int gdoi_check(void *ctx, const struct tree *t,
	const struct node *section, const struct node *old,
	const struct node *new, struct sbuf *why)
{
	const struct router *r = ctx;
	const struct command *c = node_command(new != NULL ? new : old);

	(void)t;
	if (c == &cfg_gdoi_group && new == NULL &&
		group_in_use(r, node_str(old, "name"))) {
		sbuf_printf(why, "%% Group %s is in use by a crypto map",
			node_str(old, "name"));
		return -1;
	}
	if (new == NULL || node_negated(new))
		return 0;
	if (c == &cfg_gdoi_group && family_check(old, new, why) != 0)
		return -1;
	if (c == &cfg_gdoi_server_addr && old == NULL &&
		servers_check(section, why) != 0)
		return -1;
	if (c == &server_name || c == &client_kept ||
		(c == &client_protocol && node_has(new, "gikev2")))
		keep_warn(why, NULL);
	return role_check(section, c, why);
}

static int group_check(void *ctx, const struct tree *t,
	const struct node *section, const struct node *old,
	const struct node *new, struct sbuf *why)
{
	if (gdoi_check(ctx, t, section, old, new, why) != 0)
		return -1;
	return ks_check(ctx, t, section, old, new, why);
}

/* Key servers settle before members: both read the same sections. */
static void gdoi_subscribe(struct router *r)
{
	static const struct command *const ks_commands[] = { &cfg_gdoi_group,
		&cfg_acl_ext, &cfg_acl_std, &cfg_acl6, &cfg_identity,
		&cfg_transform_set,
		&cfg_ipsec_profile, &cfg_ipsec_life, NULL };
	static const struct command *const gm_commands[] = { &cfg_gdoi_group,
		&cfg_acl_ext, &cfg_acl6, &cfg_transform_set, &cfg_crypto_map,
		&cfg_map_local, &cfg_map_profile, &cfg_interface, NULL };
	struct subscriber ks = { .name = "key servers",
		.commands = ks_commands,
		.check = group_check,
		.settle = ks_settle,
		.ctx = r };
	struct subscriber gm = { .name = "group members",
		.commands = gm_commands,
		.settle = gm_settle,
		.ctx = r };

	commit_subscribe(r->commit, &ks);
	commit_subscribe(r->commit, &gm);
}

static const struct command *const list[] = { &cfg_gdoi_group,
	&cfg_gdoi_identity, &cfg_gdoi_server_addr, &server_name,
	&client_protocol, &cfg_gdoi_client_if, &client_ciphers, &client_hashes,
	&client_sets, &client_recovery, &client_kept, &client_revert, &client_bypass, &client_pfs, &gm_passive };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_gdoi = { &commands, gdoi_subscribe };
const struct feature feature_gdoi_ks = { &cfg_gdoi_ks_commands, NULL };
