/* debug, undebug, no debug: what of the control plane is told, at which level,
 * of whom (ios-cli.md 14).  Nothing of it is configuration. */
#include "cli/debug.h"
#include "cli/cfg.h"

#include <stdio.h>
#include <string.h>

#define VERB "{debug|undebug|no debug} "
#define HELP_VERB                                                              \
	"debug  Debugging functions (see also 'undebug')\n"                    \
	"undebug  Disable debugging functions (see also 'debug')\n"            \
	"no  Disable debugging functions\n"                                    \
	"debug#2  Debugging functions (see also 'undebug')\n"
#define LEVELS " [{all-levels|detail|error|event|packet|terse}]"
#define HELP_LEVELS                                                            \
	"all-levels  All levels\n"                                             \
	"detail  Detail and below\n"                                           \
	"error  Error conditions only\n"                                       \
	"event  Event and below\n"                                             \
	"packet  Packet and below\n"                                           \
	"terse  Terse and error\n"

struct debugger *debug_of(struct cmd_call *c)
{
	return c->router->box == NULL ? NULL : box_debugger(c->router->box);
}

static bool is_off(const struct cmd_call *c)
{
	return drv_has(c->drv, "undebug") || drv_has(c->drv, "no");
}

/* --- ISAKMP, IPsec, engine, PKI --- */

#define BIT(level) (1u << (level))

const struct debug_switch debug_switches[] = {
	{ DEBUG_AREA_ISAKMP, NULL, DEBUG_UPTO(DEBUG_DETAIL), DEBUG_DETAIL,
		"Crypto ISAKMP" },
	{ DEBUG_AREA_ISAKMP, "error", BIT(DEBUG_ERROR), DEBUG_ERROR,
		"Crypto ISAKMP Error" },
	{ DEBUG_AREA_ISAKMP, "packet", BIT(DEBUG_PACKET), DEBUG_PACKET,
		"Crypto ISAKMP Packet" },
	{ DEBUG_AREA_IPSEC, NULL, DEBUG_UPTO(DEBUG_DETAIL), DEBUG_DETAIL,
		"Crypto IPSEC" },
	{ DEBUG_AREA_IPSEC, "error", BIT(DEBUG_ERROR), DEBUG_ERROR,
		"Crypto IPSEC Error" },
	{ DEBUG_AREA_IPSEC, "states", BIT(DEBUG_EVENT), DEBUG_EVENT,
		"Crypto IPSEC States" },
	{ DEBUG_AREA_ENGINE, NULL, DEBUG_UPTO(DEBUG_DETAIL), DEBUG_DETAIL,
		"Crypto Engine" },
	{ DEBUG_AREA_ENGINE, "error", BIT(DEBUG_ERROR), DEBUG_ERROR,
		"Crypto Engine Error" },
	{ DEBUG_AREA_PKI_TRANS, "transactions", DEBUG_ALL_LEVELS, DEBUG_EVENT,
		"Crypto PKI Trans" },
	{ DEBUG_AREA_PKI_MSG, "messages", DEBUG_ALL_LEVELS, DEBUG_EVENT,
		"Crypto PKI Msg" },
	{ DEBUG_AREA_PKI_VALID, "validation", DEBUG_ALL_LEVELS, DEBUG_EVENT,
		"Crypto PKI Validation Path" },
};
const size_t n_debug_switches = ARRAY_LEN(debug_switches);

/* Behind the whole area's switch its smaller ones are not told apart. */
bool debug_switch_on(const struct debugger *d, const struct debug_switch *s)
{
	uint8_t levels = debugger_levels(d, s->area);

	if (s->word != NULL && s->sign < DEBUG_DETAIL &&
		s->levels != DEBUG_ALL_LEVELS &&
		(levels & BIT(DEBUG_DETAIL)) != 0)
		return false;
	return (levels & BIT(s->sign)) != 0;
}

/* Of the area's switches the one whose word was given; drv_has knows only the
 * words of the command at hand. */
static const struct debug_switch *switch_of(
	const struct cmd_call *c, enum debug_area first, enum debug_area last)
{
	const struct debug_switch *plain = NULL;

	for (size_t i = 0; i < n_debug_switches; i++) {
		const struct debug_switch *s = &debug_switches[i];

		if (s->area < first || s->area > last)
			continue;
		if (s->word == NULL)
			plain = s;
		else if (drv_has(c->drv, s->word))
			return s;
	}
	return plain;
}

static int switch_flip(struct cmd_call *c, const struct debug_switch *s)
{
	struct debugger *d = debug_of(c);
	bool off = is_off(c);

	if (d == NULL)
		return CMD_FAILED;
	uint8_t levels = debugger_levels(d, s->area);

	/* A smaller switch takes nothing away from the whole. */
	if (!off)
		levels |= s->levels;
	else if (s->word == NULL || debug_switch_on(d, s))
		levels &= (uint8_t)~s->levels;
	debugger_set(d, s->area, levels);
	sbuf_printf(
		c->out, "%s debugging is %s\n", s->name, off ? "off" : "on");
	return CMD_DONE;
}

static int exec_isakmp(struct cmd_call *c)
{
	return switch_flip(
		c, switch_of(c, DEBUG_AREA_ISAKMP, DEBUG_AREA_ISAKMP));
}

static int exec_ipsec(struct cmd_call *c)
{
	return switch_flip(c, switch_of(c, DEBUG_AREA_IPSEC, DEBUG_AREA_IPSEC));
}

static int exec_engine(struct cmd_call *c)
{
	return switch_flip(
		c, switch_of(c, DEBUG_AREA_ENGINE, DEBUG_AREA_ENGINE));
}

static int exec_pki(struct cmd_call *c)
{
	return switch_flip(
		c, switch_of(c, DEBUG_AREA_PKI_TRANS, DEBUG_AREA_PKI_VALID));
}

static const struct command debug_isakmp = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = VERB "crypto isakmp [{error|packet}]",
	.help = HELP_VERB HELP_CRYPTO "isakmp  ISAKMP debug\n"
				      "error  ISAKMP errors\n"
				      "packet  Headers and payload types\n",
	.exec = exec_isakmp,
	.sample = "debug crypto isakmp\nundebug crypto isakmp error\n"
		  "no debug crypto isakmp packet",
};
static const struct command debug_ipsec = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = VERB "crypto ipsec [{error|states}]",
	.help = HELP_VERB HELP_CRYPTO "ipsec  IPSEC processing\n"
				      "error  IPSEC errors\n"
				      "states  SAs made, used and deleted\n",
	.exec = exec_ipsec,
	.sample = "debug crypto ipsec\nno debug crypto ipsec error",
};
static const struct command debug_engine = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = VERB "crypto engine [error]",
	.help = HELP_VERB HELP_CRYPTO "engine  Crypto engine\n"
				      "error  Crypto engine errors\n",
	.exec = exec_engine,
	.sample = "debug crypto engine\nundebug crypto engine error",
};
static const struct command debug_pki = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = VERB "crypto pki {transactions|messages|validation}",
	.help = HELP_VERB HELP_CRYPTO "pki  PKI client\n"
				      "transactions  PKI transactions\n"
				      "messages  PKI messages\n"
				      "validation  Path validation\n",
	.exec = exec_pki,
	.sample = "debug crypto pki transactions\n"
		  "no debug crypto pki validation",
};

/* --- GDOI --- */

static const struct {
	const char *role, *word, *name;
} areas[DEBUG_N_AREAS] = {
	[DEBUG_AREA_INFRA] = { NULL, "infra", "GDOI Infrastructure" },
	[DEBUG_AREA_REPLAY] = { NULL, "replay", "GDOI Replay" },
	[DEBUG_AREA_GM_CLEANUP] = { "gm", "cleanup",
		"GDOI Group Member Cleanup" },
	[DEBUG_AREA_GM_INFRA] = { "gm", "infrastructure",
		"GDOI Group Member Infrastructure" },
	[DEBUG_AREA_GM_REG] = { "gm", "registration",
		"GDOI Group Member Registration" },
	[DEBUG_AREA_GM_REKEY] = { "gm", "rekey", "GDOI Group Member Rekey" },
	[DEBUG_AREA_GM_REPLAY] = { "gm", "replay", "GDOI Group Member Replay" },
	[DEBUG_AREA_KS_COOP] = { "ks", "coop", "GDOI Key Server Coop" },
	[DEBUG_AREA_KS_INFRA] = { "ks", "infrastructure",
		"GDOI Key Server Infrastructure" },
	[DEBUG_AREA_KS_REG] = { "ks", "registration",
		"GDOI Key Server Registration" },
	[DEBUG_AREA_KS_REKEY] = { "ks", "rekey", "GDOI Key Server Rekey" },
	[DEBUG_AREA_KS_REPLAY] = { "ks", "replay", "GDOI Key Server Replay" },
};

const char *debug_area_name(enum debug_area a)
{
	return areas[a].name;
}

void debug_levels_text(uint8_t levels, struct sbuf *out)
{
	static const char *const names[DEBUG_N_LEVELS] = { "Error", "Terse",
		"Event", "Detail", "Packet" };
	const char *comma = "";

	for (size_t i = DEBUG_N_LEVELS; i-- > 0;) {
		if ((levels & BIT(i)) == 0)
			continue;
		sbuf_printf(out, "%s%s", comma, names[i]);
		comma = ", ";
	}
}

enum meant { MEANT_GDOI, MEANT_BOTH, MEANT_GM, MEANT_KS };

static bool role_meant(enum debug_area a, enum meant m)
{
	const char *role = areas[a].role;

	if (m == MEANT_GDOI)
		return true;
	if (m == MEANT_BOTH)
		return role == NULL;
	return role != NULL && strcmp(role, m == MEANT_GM ? "gm" : "ks") == 0;
}

/* Does the command mean this area?  Without the word of one it means all of its
 * role, and of all roles when it names none. */
static bool area_meant(
	const struct cmd_call *c, enum meant m, enum debug_area area)
{
	bool named = false;

	if (!role_meant(area, m))
		return false;
	if (m == MEANT_GDOI)
		return true;
	for (size_t i = DEBUG_AREA_INFRA; i < DEBUG_N_AREAS; i++)
		named |= role_meant((enum debug_area)i, m) &&
			 drv_has(c->drv, areas[i].word);
	return !named || drv_has(c->drv, areas[area].word);
}

/* The level named; without one terse to show, everything to hide. */
static enum debug_level level_meant(const struct cmd_call *c, bool off)
{
	static const char *const words[DEBUG_N_LEVELS] = { "error", "terse",
		"event", "detail", "packet" };

	for (size_t i = 0; i < DEBUG_N_LEVELS; i++)
		if (drv_has(c->drv, words[i]))
			return (enum debug_level)i;
	if (off)
		return DEBUG_ERROR;
	return drv_has(c->drv, "all-levels") ? DEBUG_PACKET : DEBUG_TERSE;
}

/* `no` with a level leaves the levels below it. */
static int levels_change(struct cmd_call *c, enum meant m)
{
	struct debugger *d = debug_of(c);
	bool off = is_off(c);
	enum debug_level level = level_meant(c, off);

	if (d == NULL)
		return CMD_FAILED;
	for (enum debug_area a = DEBUG_AREA_INFRA; a < DEBUG_N_AREAS; a++) {
		uint8_t now = debugger_levels(d, a);

		if (!area_meant(c, m, a))
			continue;
		now = off ? now & (uint8_t)(BIT(level) - 1)
			  : now | DEBUG_UPTO(level);
		debugger_set(d, a, now);
		sbuf_printf(c->out, "%s Debug level: ", areas[a].name);
		if (now == 0) {
			sbuf_adds(c->out, "debugging is off\n");
			continue;
		}
		sbuf_addc(c->out, '(');
		debug_levels_text(now, c->out);
		sbuf_adds(c->out, ")\n");
	}
	return CMD_DONE;
}

static int exec_gdoi(struct cmd_call *c)
{
	return levels_change(c, MEANT_GDOI);
}

static int exec_gdoi_both(struct cmd_call *c)
{
	return levels_change(c, MEANT_BOTH);
}

static int exec_gdoi_gm(struct cmd_call *c)
{
	return levels_change(c, MEANT_GM);
}

static int exec_gdoi_ks(struct cmd_call *c)
{
	return levels_change(c, MEANT_KS);
}

#define HELP_START HELP_VERB HELP_CRYPTO HELP_GDOI

static const struct command debug_gdoi = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = VERB "crypto {gdoi|gkm} [all-features]" LEVELS,
	.help = HELP_START "all-features  All features\n" HELP_LEVELS,
	.exec = exec_gdoi,
	.sample = "debug crypto gdoi\nundebug crypto gdoi all-features event\n"
		  "no debug crypto gkm all-levels",
};
static const struct command debug_gdoi_both = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = VERB "crypto {gdoi|gkm} {infra|replay}" LEVELS,
	.help = HELP_START "infra  Infrastructure of both roles\n"
			   "replay  Anti-replay of both roles\n" HELP_LEVELS,
	.exec = exec_gdoi_both,
	.sample = "debug crypto gdoi infra packet\n"
		  "no debug crypto gdoi replay",
};
static const struct command debug_gdoi_gm = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = VERB
	"crypto {gdoi|gkm} gm [{all-features|cleanup|infrastructure|"
	"registration|rekey|replay}]" LEVELS,
	.help = HELP_START "gm  Group member\n"
			   "all-features  All features of a group member\n"
			   "cleanup  Keys and policy that go\n"
			   "infrastructure  Steps of a membership\n"
			   "registration  Registration, GROUPKEY-PULL\n"
			   "rekey  Rekeys, GROUPKEY-PUSH\n"
			   "replay  Anti-replay\n" HELP_LEVELS,
	.exec = exec_gdoi_gm,
	.sample = "debug crypto gdoi gm rekey event\n"
		  "undebug crypto gdoi gm all-features",
};
static const struct command debug_gdoi_ks = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar =
		VERB "crypto {gdoi|gkm} ks [{all-features|coop|infrastructure|"
		     "registration|rekey|replay}]" LEVELS,
	.help = HELP_START "ks  Key server\n"
			   "all-features  All features of a key server\n"
			   "coop  Cooperative key servers\n"
			   "infrastructure  Keys and their life\n"
			   "registration  Registration, GROUPKEY-PULL\n"
			   "rekey  Rekeys, GROUPKEY-PUSH\n"
			   "replay  Anti-replay\n" HELP_LEVELS,
	.exec = exec_gdoi_ks,
	.sample = "debug crypto gdoi ks registration detail\n"
		  "no debug crypto gdoi ks coop terse",
};

/* --- conditions --- */

static int condition_change(struct cmd_call *c, enum debug_list l,
	const struct debug_condition *cond)
{
	struct debugger *d = debug_of(c);

	if (d == NULL)
		return CMD_FAILED;
	if (is_off(c)) {
		if (debugger_condition_del(d, l, cond))
			return CMD_DONE;
		sbuf_adds(c->out, "% There is no such debug condition\n");
		return CMD_FAILED;
	}
	if (debugger_condition_add(d, l, cond))
		return CMD_DONE;
	sbuf_printf(c->out, "%% More than %u debug conditions\n",
		DEBUG_CONDITIONS_MAX);
	return CMD_FAILED;
}

static int unmatched_change(struct cmd_call *c, enum debug_list l)
{
	struct debugger *d = debug_of(c);

	if (d == NULL)
		return CMD_FAILED;
	debugger_unmatched(d, l, !is_off(c));
	return CMD_DONE;
}

/* Host bits of a subnet do not count. */
static void peer_take(
	const struct cmd_call *c, uint8_t len, struct debug_condition *out)
{
	const struct ip_prefix p = { ip_v4(drv_ip4(c->drv, "peer")), len };

	out->peer = ip_prefix_net(&p);
}

static void name_take(
	const struct cmd_call *c, enum debug_of of, struct debug_condition *out)
{
	out->of = of;
	snprintf(out->name, sizeof(out->name), "%s", drv_str(c->drv, "name"));
}

static int exec_gdoi_condition(struct cmd_call *c)
{
	struct debug_condition cond = { .of = DEBUG_OF_PEER };

	if (drv_has(c->drv, "unmatched"))
		return unmatched_change(c, DEBUG_LIST_GDOI);
	if (drv_has(c->drv, "group"))
		name_take(c, DEBUG_OF_GROUP, &cond);
	else
		peer_take(c, 32, &cond);
	return condition_change(c, DEBUG_LIST_GDOI, &cond);
}

static const struct command debug_gdoi_condition = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = VERB "crypto {gdoi|gkm} condition {group <name:word>|"
			"peer-address ipv4 <peer:ip4>|unmatched}",
	.help = HELP_START "condition  Show only what meets a condition\n"
			   "group  What is of a group\n<name>  Group name\n"
			   "peer-address  What is of a peer\n"
			   "ipv4  IPv4 address\n<peer>  Address of the peer\n"
			   "unmatched  Also what names neither\n",
	.exec = exec_gdoi_condition,
	.sample = "debug crypto gdoi condition group G1\n"
		  "no debug crypto gdoi condition peer-address ipv4 192.0.2.1\n"
		  "undebug crypto gkm condition unmatched",
};

static int exec_condition(struct cmd_call *c)
{
	struct debug_condition cond = { .of = DEBUG_OF_PEER };
	uint32_t mask = UINT32_MAX;

	if (drv_has(c->drv, "unmatched"))
		return unmatched_change(c, DEBUG_LIST_CRYPTO);
	if (drv_has(c->drv, "connid")) {
		cond.of = DEBUG_OF_CONN;
		cond.conn = drv_u32(c->drv, "id");
		return condition_change(c, DEBUG_LIST_CRYPTO, &cond);
	}
	if (drv_has(c->drv, "profile")) {
		name_take(c, DEBUG_OF_PROFILE, &cond);
		return condition_change(c, DEBUG_LIST_CRYPTO, &cond);
	}
	if (drv_has(c->drv, "subnet"))
		mask = drv_ip4(c->drv, "mask");
	if ((~mask & (~mask + 1)) != 0) {
		sbuf_adds(c->out, "% Invalid network mask\n");
		return CMD_FAILED;
	}
	peer_take(c, (uint8_t)__builtin_popcount(mask), &cond);
	return condition_change(c, DEBUG_LIST_CRYPTO, &cond);
}

static int exec_condition_reset(struct cmd_call *c)
{
	struct debugger *d = debug_of(c);

	if (d == NULL)
		return CMD_FAILED;
	debugger_conditions_reset(d, DEBUG_LIST_CRYPTO);
	debugger_conditions_reset(d, DEBUG_LIST_GDOI);
	return CMD_DONE;
}

static const struct command debug_condition = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar =
		VERB "crypto condition {peer {ipv4 <peer:ip4>|"
		     "subnet <peer:ip4> <mask:ip4>}|connid <id:1-4294967295>|"
		     "isakmp profile <name:word>|unmatched}",
	.help = HELP_VERB HELP_CRYPTO
	"condition  Show only what meets a condition\n"
	"peer  What is of a peer\nipv4  IPv4 address\n"
	"<peer>  Address of the peer\nsubnet  Peers of a subnet\n"
	"<mask>  Subnet mask\nconnid  What is of an ISAKMP SA\n"
	"<id>  Its connection id\nisakmp  What is of ISAKMP\n"
	"profile  What is of an ISAKMP profile\n<name>  Profile name\n"
	"unmatched  Also what names no peer\n",
	.exec = exec_condition,
	.sample = "debug crypto condition peer ipv4 192.0.2.1\n"
		  "no debug crypto condition peer subnet 192.0.2.0 "
		  "255.255.255.0\nundebug crypto condition unmatched\n"
		  "debug crypto condition connid 1001\n"
		  "debug crypto condition isakmp profile P",
};
static const struct command debug_condition_reset = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = "debug crypto condition reset",
	.help = "debug  Debugging functions (see also 'undebug')\n" HELP_CRYPTO
		"condition  Show only what meets a condition\n"
		"reset  Remove all conditions, those of GDOI too\n",
	.exec = exec_condition_reset,
	.sample = "debug crypto condition reset",
};

/* --- everything --- */

static int exec_all_off(struct cmd_call *c)
{
	struct debugger *d = debug_of(c);

	if (d != NULL)
		debugger_off(d);
	sbuf_adds(c->out, "All possible debugging has been turned off\n");
	return CMD_DONE;
}

static const struct command undebug_all = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = "{undebug|no debug} all",
	.help = "undebug  Disable debugging functions (see also 'debug')\n"
		"no  Disable debugging functions\n"
		"debug  Debugging functions (see also 'undebug')\n"
		"all  Disable all debugging\n",
	.exec = exec_all_off,
	.sample = "undebug all\nno debug all",
};

static int all_answer(struct session *s, const char *answer, void *ctx)
{
	static const char done[] =
		"All possible debugging has been turned on\n";
	struct debugger *d = ctx;

	if (answer[0] != 'y' && answer[0] != 'Y')
		return CMD_DONE;
	for (size_t a = 0; a < DEBUG_N_AREAS; a++)
		debugger_set(d, (enum debug_area)a, DEBUG_ALL_LEVELS);
	session_write(s, done, sizeof(done) - 1);
	return CMD_DONE;
}

static int exec_all(struct cmd_call *c)
{
	struct debugger *d = debug_of(c);

	if (d == NULL)
		return CMD_FAILED;
	return session_ask(c->session, ASK_LINE,
		"This may severely impact network performance. "
		"Continue? (yes/[no]): ",
		all_answer, d);
}

static const struct command debug_all = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = "debug all",
	.help = "debug  Debugging functions (see also 'undebug')\n"
		"all  Enable all debugging\n",
	.exec = exec_all,
	.sample = "debug all",
};

static const struct command *const list[] = { &debug_isakmp, &debug_ipsec,
	&debug_engine, &debug_pki, &debug_gdoi, &debug_gdoi_both,
	&debug_gdoi_gm, &debug_gdoi_ks, &debug_gdoi_condition, &debug_condition,
	&debug_condition_reset, &undebug_all, &debug_all };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_debug = { .commands = &commands };
