/* clear crypto ..., crypto gdoi ks rekey (ios-cli.md 14, show-output.md 6). */
#include "cli/cfg.h"

#include <bsd/string.h>
#include <stdlib.h>
#include <string.h>

static int clear_gdoi_exec(struct cmd_call *c);
static int clear_members_exec(struct cmd_call *c);
static int clear_isakmp_exec(struct cmd_call *c);
static int clear_sa_exec(struct cmd_call *c);
static int rekey_exec(struct cmd_call *c);
static int direction_exec(struct cmd_call *c);

#define HELP_CLEAR "clear  Reset functions\n" HELP_CRYPTO

static const struct command clear_gdoi = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = "clear crypto {gdoi|gkm} [group <group:word>]",
	.help = HELP_CLEAR HELP_GDOI "group  Clear one group\n"
				     "<group>  Group name\n",
	.exec = clear_gdoi_exec,
};

static const struct command clear_members = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = "clear crypto {gdoi|gkm} [group <group:word>] ks members "
		   "[now]",
	.help = HELP_CLEAR HELP_GDOI
	"group  Clear one group\n<group>  Group name\n"
	"ks  Key server\nmembers  All members are to register again\n"
	"now  Members remove their policy at once\n",
	.exec = clear_members_exec,
};

static const struct command clear_isakmp = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = "clear crypto isakmp [{<id:1-4294967295>|active}]",
	.help = HELP_CLEAR "isakmp  Flush the ISAKMP database\n"
			   "<id>  Connection id of SA\n"
			   "active  Clear active SAs\n",
	.exec = clear_isakmp_exec,
};

static const struct command clear_sa = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = "clear crypto sa [{map <map:word>|peer <peer:ip4>}]",
	.help = HELP_CLEAR "sa  Clear all crypto SAs\n"
			   "map  Clear all SAs for a given crypto map\n"
			   "<map>  Map name\n"
			   "peer  Clear all SAs for a given crypto peer\n"
			   "<peer>  Peer address\n",
	.exec = clear_sa_exec,
};

static const struct command ks_rekey = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = "crypto {gdoi|gkm} ks [group <group:word>] rekey "
		   "[replace-now]",
	.help = HELP_CRYPTO HELP_GDOI
	"ks  Key server\ngroup  One group\n<group>  Group name\n"
	"rekey  Send a rekey with the current policy\n"
	"replace-now  Members replace the old policy at once\n",
	.exec = rekey_exec,
};

static const struct command gm_direction = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = "crypto {gdoi|gkm} gm [group <group:word>] ipsec direction "
		   "{both|inbound {only|optional}}",
	.help = HELP_CRYPTO HELP_GDOI
	"gm  Group member\ngroup  One group\n<group>  Group name\n"
	"ipsec  IPsec SAs\ndirection  Direction of the SAs, until reload\n"
	"both  Encrypt and decrypt\ninbound  Send in clear\n"
	"only  Accept encrypted traffic only\n"
	"optional  Accept clear and encrypted traffic\n",
	.exec = direction_exec,
	.sample = "crypto gdoi gm group ORBIT ipsec direction inbound only",
};

/* A question with what its answer needs. */
struct question {
	struct router *router;
	char group[GROUP_NAME_MAX + 1]; /* "" all */
	bool now;
};

static struct question *question_new(struct cmd_call *c)
{
	struct question *q = xcalloc(1, sizeof(*q));
	const char *group = drv_str(c->drv, "group");

	q->router = c->router;
	if (group != NULL)
		strlcpy(q->group, group, sizeof(q->group));
	session_on_break(c->session, free, q);
	return q;
}

static const char *question_group(const struct question *q)
{
	return q->group[0] != '\0' ? q->group : NULL;
}

static void say(struct session *s, const char *text)
{
	session_write(s, text, strlen(text));
}

/* Prints why with its `%`; true passes through. */
static int verdict(struct session *s, bool ok, const struct sbuf *why)
{
	auto_sbuf struct sbuf line = { 0 };

	if (why->n > 0) {
		sbuf_printf(
			&line, "%s%s\n", why->s[0] == '%' ? "" : "% ", why->s);
		say(s, sbuf_str(&line));
	}
	return ok ? CMD_DONE : CMD_FAILED;
}

/* false: the named group does not exist, which was said. */
static bool group_given(struct cmd_call *c)
{
	const char *group = drv_str(c->drv, "group");

	if (c->router->box == NULL)
		return false;
	if (group == NULL || node_find(tree_root(c->router->tree),
				     &cfg_gdoi_group, group) != NULL)
		return true;
	sbuf_printf(c->out, "%% Group %s does not exist\n", group);
	return false;
}

/* Only a word that begins with y means yes here. */
static int clear_answered(struct session *s, const char *answer, void *ctx)
{
	struct question *q = ctx;
	auto_sbuf struct sbuf why = { 0 };
	int result = CMD_DONE;

	if (answer[0] == 'y' || answer[0] == 'Y')
		result = verdict(s,
			gdoi_clear(box_gdoi(q->router->box), question_group(q),
				&why),
			&why);
	free(q);
	return result;
}

static int clear_gdoi_exec(struct cmd_call *c)
{
	if (!group_given(c))
		return CMD_FAILED;
	say(c->session,
		"% The Key Server and Group Member will destroy created and "
		"downloaded policies.\n"
		"% All Group Members are required to re-register.\n\n");
	return session_ask(c->session, ASK_LINE,
		"Are you sure you want to proceed ? [yes/no]: ", clear_answered,
		question_new(c));
}

static void removal_told(void *ctx, const char *group)
{
	auto_sbuf struct sbuf line = { 0 };

	sbuf_printf(&line, "Sending GM-Removal message to group %s...\n", group);
	say(ctx, sbuf_str(&line));
}

static int members_answered(struct session *s, const char *answer, void *ctx)
{
	struct question *q = ctx;
	auto_sbuf struct sbuf why = { 0 };
	int result = CMD_DONE;

	if (answer[0] == 'y' || answer[0] == 'Y')
		result = verdict(s,
			gdoi_ks_members_remove(box_gdoi(q->router->box),
				question_group(q), q->now, removal_told, s,
				&why),
			&why);
	free(q);
	return result;
}

/* Others than our own may not shorten what they have. */
static void removal_warn(struct cmd_call *c)
{
	struct ks_snapshot *v = NULL;
	size_t n = gdoi_ks_snapshot(box_gdoi(c->router->box), &v);
	const char *group = drv_str(c->drv, "group");

	for (size_t i = 0; i < n; i++) {
		auto_sbuf struct sbuf line = { 0 };
		bool other = false;

		if (group != NULL && strcmp(group, v[i].policy.group) != 0)
			continue;
		for (size_t m = 0; m < v[i].n_members; m++)
			other |= v[i].member[m].version_id == 0;
		if (!other)
			continue;
		sbuf_printf(&line,
			"WARNING for group %s: some devices cannot support "
			"GM-REMOVAL and can cause network disruption. Please "
			"check 'show crypto gdoi feature gm-removal'.\n\n",
			v[i].policy.group);
		say(c->session, sbuf_str(&line));
	}
	ks_snapshot_free(v, n);
}

static int clear_members_exec(struct cmd_call *c)
{
	struct question *q;

	if (!group_given(c))
		return CMD_FAILED;
	removal_warn(c);
	q = question_new(c);
	q->now = drv_has(c->drv, "now");
	say(c->session,
		q->now ? "% This GM-Removal immediate message will cleanup all "
			 "GMs downloaded policies\n"
			 "% This will cause all GMs to re-register.\n"
		       : "% This GM-Removal message will shorten all GMs' key "
			 "lifetimes and cause them to re-register before keys "
			 "expiry.\n");
	return session_ask(c->session, ASK_LINE,
		"Are you sure you want to proceed ? [yes/no]: ",
		members_answered, q);
}

static int clear_isakmp_exec(struct cmd_call *c)
{
	bool one = drv_set(c->drv, "id");
	uint32_t id = one ? drv_u32(c->drv, "id") : 0;
	enum ike_which which = one                         ? IKE_CONN
			       : drv_has(c->drv, "active") ? IKE_ACTIVE
							   : IKE_ALL;

	if (c->router->box == NULL)
		return CMD_FAILED;
	if (gdoi_clear_isakmp(box_gdoi(c->router->box), which, id) > 0 || !one)
		return CMD_DONE;
	sbuf_printf(c->out, "%% No ISAKMP SA has connection id %u\n", id);
	return CMD_FAILED;
}

/* A member registers again; a key server has no SAs of this kind. */
static int clear_sa_exec(struct cmd_call *c)
{
	struct gm_snapshot *v = NULL;
	struct gdoi *g;
	size_t n;

	if (c->router->box == NULL)
		return CMD_FAILED;
	g = box_gdoi(c->router->box);
	n = gdoi_gm_snapshot(g, &v);
	for (size_t i = 0; i < n; i++) {
		auto_sbuf struct sbuf why = { 0 };
		const char *map = drv_str(c->drv, "map");

		if (map != NULL && strcmp(map, v[i].policy.map) != 0)
			continue;
		if (i > 0 &&
			strcmp(v[i].policy.group, v[i - 1].policy.group) == 0)
			continue;
		gdoi_clear(g, v[i].policy.group, &why);
	}
	gm_snapshot_free(v, n);
	return CMD_DONE;
}

static int rekey_send(struct session *s, const struct router *r,
	const char *group, bool replace_now)
{
	auto_sbuf struct sbuf why = { 0 };

	return verdict(s,
		gdoi_ks_rekey(box_gdoi(r->box), group, replace_now, &why),
		&why);
}

static int replace_answered(struct session *s, const char *answer, void *ctx)
{
	struct question *q = ctx;
	int result = CMD_DONE;

	if (answer[0] == 'y' || answer[0] == 'Y')
		result = rekey_send(s, q->router, question_group(q), true);
	free(q);
	return result;
}

static int rekey_exec(struct cmd_call *c)
{
	if (!group_given(c))
		return CMD_FAILED;
	if (!drv_has(c->drv, "replace-now"))
		return rekey_send(
			c->session, c->router, drv_str(c->drv, "group"), false);
	say(c->session,
		"% All group members will replace their policy immediately.\n"
		"% Traffic may be lost until all of them have done so.\n\n");
	return session_ask(c->session, ASK_LINE,
		"Are you sure you want to proceed ? [yes/no]: ",
		replace_answered, question_new(c));
}

static int direction_exec(struct cmd_call *c)
{
	auto_sbuf struct sbuf why = { 0 };
	enum gm_direction d = drv_has(c->drv, "only") ? GM_INBOUND_ONLY
			      : drv_has(c->drv, "optional")
				      ? GM_INBOUND_OPTIONAL
				      : GM_BOTH;

	if (!group_given(c))
		return CMD_FAILED;
	return verdict(c->session,
		gdoi_gm_direction(box_gdoi(c->router->box),
			drv_str(c->drv, "group"), d, &why),
		&why);
}

static const struct command *const list[] = { &clear_gdoi, &clear_members, &clear_isakmp,
	&clear_sa, &ks_rekey, &gm_direction };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_exec_crypto = { &commands, NULL };
