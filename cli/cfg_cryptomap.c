/* crypto map NAME N gdoi (ios-cli.md 13): which group's policy an interface
 * carries, and the local deny list in front of it. */
#include "cli/acl.h"

#include <bsd/string.h>
#include <stdlib.h>
#include <string.h>


static int map_whole_exec(struct cmd_call *c);

const struct command cfg_map_local = {
	.mode = MODE_CONFIG,
	.order = ORDER_CRYPTO_MAP,
	.grammar = "crypto map [ipv6] <name!:name> local-address <if:ifname>",
	.help = HELP_CRYPTO_MAP "local-address  Interface to use for local address\n"
			 "<if>  Interface name\n",
};

const struct command cfg_map_profile = {
	.mode = MODE_CONFIG,
	.order = ORDER_CRYPTO_MAP,
	.grammar = "crypto map [ipv6] <name!:name> isakmp-profile <profile:name>",
	.help = HELP_CRYPTO_MAP "isakmp-profile  ISAKMP profile to use\n"
			 "<profile>  Name of the profile\n",
};

const struct command cfg_crypto_map = {
	.mode = MODE_CONFIG,
	.enters = MODE_CRYPTO_MAP,
	.order = ORDER_CRYPTO_MAP,
	.grammar = "crypto map [ipv6] <name!:name> <seq!:1-65535> gdoi",
	.help = HELP_CRYPTO_MAP "<seq>  Sequence to insert into crypto map entry\n"
			 "gdoi  GDOI\n",
	.sample = "crypto map ORBIT_MAP 10 gdoi\ncrypto map ipv6 ORBIT6_MAP 10 gdoi",
};

const struct command cfg_map_description = {
	.mode = MODE_CRYPTO_MAP,
	.order = 5,
	.grammar = "description <text:line>",
	.help = "description  Description of the crypto map statement policy\n"
		"<text>  Text\n",
};

const struct command cfg_map_group = {
	.mode = MODE_CRYPTO_MAP,
	.order = 10,
	.grammar = "set group <name:name>",
	.help = "set  Set values for encryption/decryption\n"
		"group  Set the GDOI group\n<name>  Group name\n",
};

const struct command cfg_map_match = {
	.mode = MODE_CRYPTO_MAP,
	.order = 20,
	.grammar = "match address <acl:acl_ext>",
	.help = "match  Match values\naddress  Local deny list\n"
		"<acl>  Extended access list\n",
};

static const struct command map_qos = {
	.mode = MODE_CRYPTO_MAP,
	.order = 30,
	.grammar = "qos pre-classify",
	.help = "qos  Quality of service\n"
		"pre-classify  Classify before encryption\n",
	.flags = CMD_HARMLESS,
};

/* `no crypto map NAME`: all that has the name. */
static const struct command map_whole = {
	.mode = MODE_CONFIG,
	.grammar = "crypto map [ipv6] <name!:name>",
	.help = HELP_CRYPTO_MAP,
	.flags = CMD_NEGATABLE,
	.exec = map_whole_exec,
};

static const struct command *const map_kinds[] = { &cfg_map_local,
	&cfg_map_profile, &cfg_fail_close, &cfg_crypto_map };

static struct node *map_part(const struct router *r, const char *name)
{
	struct node *root = tree_root(r->tree);

	for (size_t i = ARRAY_LEN(map_kinds); i-- > 0;) {
		for (struct node *n = node_child(root, map_kinds[i], NULL);
			n != NULL; n = node_child(root, map_kinds[i], n)) {
			if (strcmp(node_str(n, "name"), name) == 0)
				return n;
		}
	}
	return NULL;
}

/* All parts of a map are of one family. */
bool crypto_map_exists(const struct router *r, const char *name, bool ip6)
{
	const struct node *part = map_part(r, name);

	return part != NULL && node_has(part, "ipv6") == ip6;
}

/* Entries of other kinds, which are only kept. */
static void map_kept_remove(const struct router *r, const char *name)
{
	auto_sbuf struct sbuf line = { 0 }, why = { 0 };
	enum commit_result result;

	sbuf_printf(&line, "crypto map %s", name);
	commit_undo(
		r->commit, tree_root(r->tree), sbuf_str(&line), &why, &result);
}

static int map_whole_exec(struct cmd_call *c)
{
	const struct router *r = c->router;
	const char *name = drv_str(c->drv, "name");
	struct node *n;

	if (!c->negated) {
		sbuf_adds(c->out, "% Incomplete command.\n\n");
		return CMD_FAILED;
	}
	while ((n = map_part(r, name)) != NULL) {
		auto_sbuf struct sbuf line = { 0 }, why = { 0 };

		sbuf_adds(&line, "no ");
		node_line(n, &line);
		if (config_line(r, MODE_CONFIG, tree_root(r->tree),
			    sbuf_str(&line), NULL, &why))
			continue;
		sbuf_printf(c->out, "%s\n", sbuf_str(&why));
		return CMD_FAILED;
	}
	map_kept_remove(r, name);
	return CMD_DONE;
}

static const char *map_local_if(const struct router *r, const char *name)
{
	return node_str(
		node_find(tree_root(r->tree), &cfg_map_local, name), "if");
}

/* `client registration interface` of the group. */
static const char *group_local_if(const struct router *r, const char *name)
{
	const struct node *g =
		node_find(tree_root(r->tree), &cfg_gdoi_group, name);

	return g == NULL ? NULL
			 : node_str(node_child(g, &cfg_gdoi_client_if, NULL),
				   "if");
}

static void entry_view(const struct router *r, const struct node *n,
	struct crypto_map_entry *e, struct acl *acl)
{
	const char *map = node_str(n, "name");
	const char *group =
		node_str(node_child(n, &cfg_map_group, NULL), "name");
	const char *name = node_str(node_child(n, &cfg_map_match, NULL), "acl");
	const char *local = map_local_if(r, map);
	const char *profile = node_str(
		node_find(tree_root(r->tree), &cfg_map_profile, map), "profile");

	*acl = (struct acl){ 0 };
	strlcpy(e->map, map, sizeof(e->map));
	e->seq = (uint16_t)node_u32(n, "seq");
	e->ip6 = node_has(n, "ipv6");
	if (group != NULL) {
		strlcpy(e->group, group, sizeof(e->group));
		if (local == NULL)
			local = group_local_if(r, group);
	}
	if (local != NULL)
		strlcpy(e->local_address, local, sizeof(e->local_address));
	if (profile != NULL)
		strlcpy(e->isakmp_profile, profile, sizeof(e->isakmp_profile));
	if (name != NULL && (e->ip6 ? acl6_view : acl_view)(r, name, acl))
		e->local_acl = acl;
}

void crypto_map_view(const struct router *r, struct gm_view *v)
{
	struct node *root = tree_root(r->tree);
	size_t n = 0;

	for (struct node *m = node_child(root, &cfg_crypto_map, NULL);
		m != NULL; m = node_child(root, &cfg_crypto_map, m))
		n++;
	if (n == 0)
		return;
	v->maps = xcalloc(n, sizeof(*v->maps));
	v->acls = xcalloc(n, sizeof(*v->acls));
	for (struct node *m = node_child(root, &cfg_crypto_map, NULL);
		m != NULL; m = node_child(root, &cfg_crypto_map, m)) {
		entry_view(r, m, &v->maps[v->n_maps], &v->acls[v->n_maps]);
		v->n_maps++;
	}
}

static void user_add(void *ctx, const char *ifname)
{
	struct sbuf *out = ctx;

	if (out->n > 0)
		sbuf_adds(out, ", ");
	sbuf_adds(out, ifname);
}

/* The last part of a map may not go while an interface carries it. */
static int removal_check(
	const struct router *r, const struct node *old, struct sbuf *why)
{
	const char *name = node_str(old, "name");
	struct node *root = tree_root(r->tree);
	auto_sbuf struct sbuf users = { 0 };

	for (struct node *m = node_child(root, &cfg_crypto_map, NULL);
		m != NULL; m = node_child(root, &cfg_crypto_map, m)) {
		if (m != old && strcmp(node_str(m, "name"), name) == 0)
			return 0;
	}
	crypto_map_interfaces(r, name, user_add, &users);
	if (users.n == 0)
		return 0;
	sbuf_printf(why, "%% Crypto-map %s is in use by interface(s): %s", name,
		sbuf_str(&users));
	return -1;
}

static int family_check(
	const struct router *r, const struct node *new, struct sbuf *why)
{
	const struct node *part = map_part(r, node_str(new, "name"));

	if (part == NULL || node_has(part, "ipv6") == node_has(new, "ipv6"))
		return 0;
	sbuf_printf(why, "%% Crypto map %s is an IPv%c crypto map",
		node_str(new, "name"), node_has(part, "ipv6") ? '6' : '4');
	return -1;
}

static int set_group_check(const struct router *r, const struct node *map,
	const char *name, struct sbuf *why)
{
	char mine = node_has(map, "ipv6") ? '6' : '4';
	char other = mine == '4' ? '6' : '4';
	const struct node *g =
		node_find(tree_root(r->tree), &cfg_gdoi_group, name);

	if (g == NULL) {
		sbuf_printf(why, "%% group %s doesn't yet exist.", name);
		return 0;
	}
	if (node_has(g, "ipv6") == node_has(map, "ipv6"))
		return 0;
	sbuf_printf(why,
		"Group %s is an IPv%c group and Crypto map is for IPv%c. Please "
		"set an IPv%c group.",
		name, other, mine, mine);
	return -1;
}

static bool match_names(const struct node *n, const char *acl)
{
	const char *name = node_str(n, "acl");

	return name != NULL && strcmp(name, acl) == 0;
}

bool crypto_map_uses_acl(const struct router *r, const char *acl)
{
	struct node *root = tree_root(r->tree);

	for (struct node *m = node_child(root, &cfg_crypto_map, NULL);
		m != NULL; m = node_child(root, &cfg_crypto_map, m)) {
		if (match_names(node_child(m, &cfg_map_match, NULL), acl))
			return true;
	}
	return false;
}

static int map_check(void *ctx, const struct tree *t,
	const struct node *section, const struct node *old,
	const struct node *new, struct sbuf *why)
{
	const struct router *r = ctx;

	(void)t;
	if (new == NULL)
		return node_command(old) == &cfg_crypto_map
			       ? removal_check(r, old, why)
			       : 0;
	if (node_negated(new))
		return 0;
	if (node_command(new) == &cfg_crypto_map)
		return family_check(r, new, why);
	if (node_command(new) == &cfg_map_match &&
		!node_has(section, "ipv6") && node_str(new, "acl") != NULL)
		return acl_fits_gdoi(r, node_str(new, "acl"), why) ? 0 : -1;
	if (node_command(new) == &cfg_map_group)
		return set_group_check(
			r, section, node_str(new, "name"), why);
	return 0;
}

static void map_subscribe(struct router *r)
{
	static const struct command *const commands[] = { &cfg_crypto_map,
		NULL };
	struct subscriber s = { .name = "crypto maps",
		.commands = commands,
		.check = map_check,
		.ctx = r };

	commit_subscribe(r->commit, &s);
}

static const struct command *const list[] = { &cfg_map_local, &cfg_map_profile,
	&cfg_fail_close, &cfg_crypto_map,
	&cfg_map_description, &cfg_map_group, &cfg_map_match, &map_qos,
	&map_whole };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_crypto_map = { &commands, map_subscribe };
