/* show crypto gdoi | gkm: commands, snapshots by group, and what the texts of
 * key server and member share.  The layouts stand in show_gdoi_ks.c and
 * show_gdoi_gm.c. */
#include "cli/show.h"

#include "cli/cfg.h"
#include "cli/show_json.h"
#include "gdoi/exchange.h"

#include <bsd/string.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int show_base_exec(struct cmd_call *c);
static int show_ks_exec(struct cmd_call *c);
static int show_gm_exec(struct cmd_call *c);
static int show_sa_exec(struct cmd_call *c);

#define SHOW_GDOI "show crypto {gdoi|gkm} [group <group:word>] "
#define HELP_SHOW_GDOI                                                         \
	"show  Show running system information\n" HELP_CRYPTO HELP_GDOI        \
	"group  Show one group\n<group>  Group name\n"

static const struct command show_base = {
	.mode = MODE_EXEC,
	.grammar = SHOW_GDOI "[detail]",
	.help = HELP_SHOW_GDOI "detail  Show detailed information\n",
	.flags = CMD_PIPE,
	.exec = show_base_exec,
};

static const struct command show_ks = {
	.mode = MODE_EXEC,
	.grammar = SHOW_GDOI "ks [{acl|coop [detail]|detail|"
			     "identifier [detail]|"
			     "members [{summary|<member:ip4>}]|policy|rekey|"
			     "replay}]",
	.help = HELP_SHOW_GDOI "ks  Show Key Server (KS) information\n"
			       "acl  Configured ACL\n"
			       "coop  Cooperative key servers\n"
			       "detail  Show detailed information\n"
			       "identifier  Sender identifiers\n"
			       "members  Registered members\n"
			       "summary  One line a member\n"
			       "<member>  Member address\n"
			       "policy  Policy of the group\n"
			       "rekey  Rekey information\n"
			       "replay  Anti-replay information\n",
	.flags = CMD_PIPE,
	.exec = show_ks_exec,
};

static const struct command show_gm = {
	.mode = MODE_EXEC,
	.grammar = SHOW_GDOI "gm [{acl [{download|local}]|"
			     "dataplane counters|identifier [detail]|pubkey|"
			     "rekey [detail]|replay}]",
	.help = HELP_SHOW_GDOI "gm  Show Group Member (GM) information\n"
			       "acl  ACL of the member\n"
			       "download  Downloaded from the KS\n"
			       "local  Configured locally\n"
			       "dataplane  Data plane information\n"
			       "counters  Packet counters\n"
			       "identifier  Sender identifiers\n"
			       "detail  Show detailed information\n"
			       "pubkey  Public key of the KS\n"
			       "rekey  Rekey information\n"
			       "replay  Anti-replay information\n",
	.flags = CMD_PIPE,
	.exec = show_gm_exec,
};

static const struct command show_sa = {
	.mode = MODE_EXEC,
	.grammar = SHOW_GDOI "{ipsec sa|rekey sa [detail]}",
	.help = HELP_SHOW_GDOI "ipsec  IPsec information\n"
			       "sa  Security associations\n"
			       "rekey  Rekey information\n"
			       "detail  Show detailed information\n",
	.flags = CMD_PIPE,
	.exec = show_sa_exec,
};

/* --- shared by the layouts --- */

void show_group_id(const struct group_id *id, struct sbuf *out)
{
	struct ip_addr a = ip_v4(id->number);
	char text[IP_TEXT];

	if (!id->is_set)
		sbuf_adds(out, "not configured");
	else if (id->is_addr)
		sbuf_adds(out, ip_text(&a, text));
	else
		sbuf_printf(out, "%u", id->number);
}

void show_acl_gdoi(const struct acl *a, const char *lead, struct sbuf *out)
{
	for (size_t i = 0; i < a->n; i++) {
		sbuf_adds(out, lead);
		ace_text(&a->v[i], ACE_STYLE_GDOI, out);
		sbuf_addc(out, '\n');
	}
}

const char *show_hms(uint32_t secs, char buf[16])
{
	snprintf(buf, 16, "%02u:%02u:%02u", secs / 3600, secs / 60 % 60,
		secs % 60);
	return buf;
}

const char *show_cipher(enum cipher_id c)
{
	switch (c) {
	case CIPHER_DES:
		return "DES";
	case CIPHER_3DES:
		return "3DES";
	case CIPHER_AES128:
	case CIPHER_AES192:
	case CIPHER_AES256:
		return "AES";
	default:
		return "none";
	}
}

const char *show_sig_hash(enum hash_id h)
{
	switch (h) {
	case HASH_SHA256:
		return "HMAC_AUTH_SHA256";
	case HASH_SHA384:
		return "HMAC_AUTH_SHA384";
	case HASH_SHA512:
		return "HMAC_AUTH_SHA512";
	default:
		return "HMAC_AUTH_SHA";
	}
}

const char *show_ack(const struct ks_policy *p)
{
	if (!p->unicast)
		return "None";
	switch (p->ack) {
	case REKEY_ACK_INTEROPERABLE:
		return "Interoperable";
	case REKEY_ACK_ANY:
		return "Any";
	default:
		return "Cisco";
	}
}

size_t show_cipher_bytes(const struct esp_suite *s)
{
	const struct esp_cipher_alg *a = esp_cipher_alg(s->cipher);

	if (s->key_bits != 0)
		return s->key_bits / 8;
	return a != NULL ? a->fixed_key : 0;
}

/* --- the commands --- */

/* Those of a group side by side, in the order in which they came. */
static void gm_collect(struct gm_snapshot *v, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct gm_snapshot s = v[i];
		size_t at = i, k = i;

		while (k-- > 0) {
			if (strcmp(v[k].policy.group, s.policy.group) == 0) {
				at = k + 1;
				break;
			}
		}
		memmove(v + at + 1, v + at, (i - at) * sizeof(*v));
		v[at] = s;
	}
}

static void snapshots_pick(struct snapshots *s, const char *group)
{
	size_t i = 0;

	while (i < s->n_ks && strcmp(s->ks[i].policy.group, group) != 0)
		i++;
	s->ks += i;
	s->n_ks = i < s->n_ks ? 1 : 0;
	i = 0;
	while (i < s->n_gm && strcmp(s->gm[i].policy.group, group) != 0)
		i++;
	s->gm += i;
	s->n_gm = i < s->n_gm ? show_gm_run(s->gm, s->n_gm - i) : 0;
}

static bool group_exists(const struct router *r, const char *name)
{
	return node_find(tree_root(r->tree), &cfg_gdoi_group, name) != NULL;
}

bool snapshots_take(struct cmd_call *c, struct snapshots *s)
{
	const char *group = drv_str(c->drv, "group");
	struct gdoi *g;

	*s = (struct snapshots){ 0 };
	if (group != NULL && !group_exists(c->router, group)) {
		sbuf_printf(c->out, "%% Group %s does not exist\n", group);
		return false;
	}
	if (c->router->box == NULL)
		return true;
	g = box_gdoi(c->router->box);
	s->n_ks_all = s->n_ks = gdoi_ks_snapshot(g, &s->ks_all);
	s->n_gm_all = s->n_gm = gdoi_gm_snapshot(g, &s->gm_all);
	gm_collect(s->gm_all, s->n_gm_all);
	s->ks = s->ks_all;
	s->gm = s->gm_all;
	if (group != NULL)
		snapshots_pick(s, group);
	return true;
}

void snapshots_free(struct snapshots *s)
{
	ks_snapshot_free(s->ks_all, s->n_ks_all);
	gm_snapshot_free(s->gm_all, s->n_gm_all);
}

static const char *our_version(char buf[IKE_VERSION_TEXT])
{
	return ike_version_text(IKE_OUR_VERSION, buf);
}

/* A member's group that no interface carries: there is no engine to ask.
 * false: the group is not a member's; else *out borrows from *v. */
static bool idle_group(
	const char *name, const struct gm_view *v, struct gm_snapshot *out)
{
	for (size_t i = 0; i < v->n_groups; i++) {
		if (strcmp(v->groups[i].group, name) != 0)
			continue;
		*out = (struct gm_snapshot){ .state = GM_NOT_INITIALIZED };
		out->policy = v->groups[i];
		strlcpy(out->policy.ifname, "none", sizeof(out->policy.ifname));
		strlcpy(out->last_error, "no interface carries the group",
			sizeof(out->last_error));
		return true;
	}
	return false;
}

static void show_idle_group(
	const struct router *r, const char *name, struct sbuf *out)
{
	struct gm_view v;
	struct gm_snapshot s;
	char version[IKE_VERSION_TEXT];

	gm_view_build(r, &v);
	if (idle_group(name, &v, &s))
		show_gdoi_gm_group(&s, 1, our_version(version), out);
	gm_view_free(&v);
}

static void show_one_group(const struct router *r, const struct snapshots *s,
	const char *name, struct sbuf *out)
{
	char version[IKE_VERSION_TEXT];
	struct snapshots one = *s;

	snapshots_pick(&one, name);
	if (one.n_ks > 0)
		show_gdoi_ks_group(one.ks, out);
	else if (one.n_gm > 0)
		show_gdoi_gm_group(one.gm, one.n_gm, our_version(version), out);
	else
		show_idle_group(r, name, out);
}

static void one_group_json(const struct router *r, const struct snapshots *s,
	const char *name, json_t *list)
{
	char version[IKE_VERSION_TEXT];
	struct snapshots one = *s;
	struct gm_view v;
	struct gm_snapshot idle;

	our_version(version);
	snapshots_pick(&one, name);
	gm_view_build(r, &v);
	if (one.n_ks > 0)
		json_array_append_new(list, ks_group_json(one.ks));
	else if (one.n_gm > 0)
		json_array_append_new(
			list, gm_group_json(one.gm, one.n_gm, version));
	else if (idle_group(name, &v, &idle))
		json_array_append_new(list, gm_group_json(&idle, 1, version));
	gm_view_free(&v);
}

static json_t *base_json(
	const struct router *r, const struct snapshots *s, const char *only)
{
	json_t *list, *top = groups_json(&list);
	struct node *root = tree_root(r->tree);

	for (struct node *g = node_child(root, &cfg_gdoi_group, NULL);
		g != NULL; g = node_child(root, &cfg_gdoi_group, g)) {
		const char *name = node_str(g, "name");

		if (only == NULL || strcmp(only, name) == 0)
			one_group_json(r, s, name, list);
	}
	return top;
}

/* Groups in the order of the configuration. */
static void show_base_text(const struct router *r, const struct snapshots *s,
	const char *only, struct sbuf *out)
{
	struct node *root = tree_root(r->tree);

	if (only != NULL) {
		show_one_group(r, s, only, out);
		return;
	}
	sbuf_adds(out, "GROUP INFORMATION\n");
	for (struct node *g = node_child(root, &cfg_gdoi_group, NULL);
		g != NULL; g = node_child(root, &cfg_gdoi_group, g)) {
		sbuf_addc(out, '\n');
		show_one_group(r, s, node_str(g, "name"), out);
	}
}

static int show_base_exec(struct cmd_call *c)
{
	const char *only = drv_str(c->drv, "group");
	struct snapshots s;

	if (!snapshots_take(c, &s))
		return CMD_FAILED;
	if (c->json)
		cmd_json(c, base_json(c->router, &s, only));
	else
		show_base_text(c->router, &s, only, c->out);
	snapshots_free(&s);
	return CMD_DONE;
}

static void show_members(struct cmd_call *c, const struct snapshots *s)
{
	struct ip_addr who = drv_ip(c->drv, "member");

	if (drv_has(c->drv, "summary"))
		show_gdoi_ks_summary(s->ks, s->n_ks, c->out);
	else
		show_gdoi_ks_members(
			s->ks, s->n_ks, ip_is_set(&who) ? &who : NULL, c->out);
}

static void show_ks_text(struct cmd_call *c, const struct snapshots *s)
{
	const struct derivation *d = c->drv;

	if (drv_has(d, "members"))
		show_members(c, s);
	else if (drv_has(d, "acl"))
		show_gdoi_ks_acl(s->ks, s->n_ks, c->out);
	else if (drv_has(d, "coop"))
		show_gdoi_ks_coop(s->ks, s->n_ks, c->out);
	else if (drv_has(d, "identifier"))
		show_gdoi_ks_identifier(
			s->ks, s->n_ks, drv_has(d, "detail"), c->out);
	else if (drv_has(d, "policy"))
		show_gdoi_ks_policy(s->ks, s->n_ks, c->out);
	else if (drv_has(d, "rekey"))
		show_gdoi_ks_rekey(s->ks, s->n_ks, c->out);
	else if (drv_has(d, "replay"))
		show_gdoi_ks_replay(s->ks, s->n_ks, c->out);
	else
		show_gdoi_ks(s->ks, s->n_ks, drv_has(d, "detail"), c->out);
}

static json_t *show_ks_json(
	const struct derivation *d, const struct snapshots *s)
{
	struct ip_addr who = drv_ip(d, "member");

	if (drv_has(d, "members"))
		return ks_members_json(
			s->ks, s->n_ks, ip_is_set(&who) ? &who : NULL);
	if (drv_has(d, "acl"))
		return ks_acl_json(s->ks, s->n_ks);
	if (drv_has(d, "coop"))
		return ks_coop_json(s->ks, s->n_ks);
	if (drv_has(d, "identifier"))
		return ks_identifier_json(s->ks, s->n_ks);
	if (drv_has(d, "policy"))
		return ks_policy_json(s->ks, s->n_ks);
	if (drv_has(d, "rekey"))
		return ks_rekey_json(s->ks, s->n_ks);
	if (drv_has(d, "replay"))
		return ks_replay_json(s->ks, s->n_ks);
	return ks_json(s->ks, s->n_ks);
}

static int show_ks_exec(struct cmd_call *c)
{
	struct snapshots s;

	if (!snapshots_take(c, &s))
		return CMD_FAILED;
	if (c->json)
		cmd_json(c, show_ks_json(c->drv, &s));
	else
		show_ks_text(c, &s);
	snapshots_free(&s);
	return CMD_DONE;
}

static void show_gm_text(struct cmd_call *c, const struct snapshots *s)
{
	const struct derivation *d = c->drv;
	bool detail = drv_has(d, "detail");
	char version[IKE_VERSION_TEXT];

	if (drv_has(d, "acl"))
		show_gdoi_gm_acl(s->gm, s->n_gm, !drv_has(d, "local"),
			!drv_has(d, "download"), c->out);
	else if (drv_has(d, "counters"))
		show_gdoi_gm_counters(s->gm, s->n_gm, c->out);
	else if (drv_has(d, "identifier"))
		show_gdoi_gm_identifier(s->gm, s->n_gm, detail, c->out);
	else if (drv_has(d, "pubkey"))
		show_gdoi_gm_pubkey(s->gm, s->n_gm, c->out);
	else if (drv_has(d, "rekey"))
		show_gdoi_gm_rekey(s->gm, s->n_gm, detail, c->out);
	else if (drv_has(d, "replay"))
		show_gdoi_gm_replay(s->gm, s->n_gm, c->out);
	else
		show_gdoi_gm(s->gm, s->n_gm, our_version(version), c->out);
}

static json_t *show_gm_json(
	const struct derivation *d, const struct snapshots *s)
{
	char version[IKE_VERSION_TEXT];

	if (drv_has(d, "acl"))
		return gm_acl_json(s->gm, s->n_gm, !drv_has(d, "local"),
			!drv_has(d, "download"));
	if (drv_has(d, "counters"))
		return gm_counters_json(s->gm, s->n_gm);
	if (drv_has(d, "identifier"))
		return gm_identifier_json(s->gm, s->n_gm);
	if (drv_has(d, "pubkey"))
		return gm_pubkey_json(s->gm, s->n_gm);
	if (drv_has(d, "rekey"))
		return gm_rekey_json(s->gm, s->n_gm);
	if (drv_has(d, "replay"))
		return gm_replay_json(s->gm, s->n_gm);
	return gm_json(s->gm, s->n_gm, our_version(version));
}

static int show_gm_exec(struct cmd_call *c)
{
	struct snapshots s;

	if (!snapshots_take(c, &s))
		return CMD_FAILED;
	if (c->json)
		cmd_json(c, show_gm_json(c->drv, &s));
	else
		show_gm_text(c, &s);
	snapshots_free(&s);
	return CMD_DONE;
}

static int show_sa_exec(struct cmd_call *c)
{
	struct snapshots s;

	if (!snapshots_take(c, &s))
		return CMD_FAILED;
	if (c->json && drv_has(c->drv, "ipsec"))
		cmd_json(c, gm_ipsec_sa_json(s.gm, s.n_gm));
	else if (c->json)
		cmd_json(c, gm_rekey_sa_json(s.gm, s.n_gm));
	else if (drv_has(c->drv, "ipsec"))
		show_gdoi_ipsec_sa(s.gm, s.n_gm, c->out);
	else
		show_gdoi_rekey_sa(
			s.gm, s.n_gm, drv_has(c->drv, "detail"), c->out);
	snapshots_free(&s);
	return CMD_DONE;
}

static const struct command *const list[] = { &show_base, &show_ks, &show_gm,
	&show_sa };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_show_gdoi = { &commands, NULL };
