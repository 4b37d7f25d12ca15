/* IPsec objects (ios-cli.md 10): transform sets, profiles, global lifetimes.
 * They have no engine of their own: the GDOI views ask for them by name. */
#include "cli/cfg.h"

#include <string.h>

#define HELP_IPSEC HELP_CRYPTO "ipsec  Configure IPSEC policy\n"
#define HELP_SA    "security-association  Security association parameters\n"

static int transform_fixup(
	struct tree *t, struct node *section, struct node *n, struct sbuf *why);

const struct command cfg_ipsec_life = {
	.mode = MODE_CONFIG,
	.order = ORDER_IPSEC_SA,
	.grammar = "crypto ipsec security-association lifetime "
		   "{seconds <secs:120-2592000>|days <days:1-30>}",
	.deflt = "crypto ipsec security-association lifetime seconds 3600",
	.help = HELP_IPSEC HELP_SA
	"lifetime  security association lifetime\n"
	"seconds  Time-based key duration in seconds\n"
	"<secs>  Security association duration in seconds\n"
	"days  Time-based key duration in days\n"
	"<days>  Security association duration in days\n",
	.sample = "crypto ipsec security-association lifetime seconds 7200",
};

static const struct command life_kbytes = {
	.mode = MODE_CONFIG,
	.order = ORDER_IPSEC_SA,
	.grammar = "crypto ipsec security-association lifetime kilobytes "
		   "{<kbytes:2560-4294967295>|disable}",
	.deflt = "crypto ipsec security-association lifetime kilobytes "
		 "4608000",
	.help = HELP_IPSEC HELP_SA "lifetime  security association lifetime\n"
				   "kilobytes  Volume-based key duration\n"
				   "<kbytes>  Kilobytes encrypted with a key\n"
				   "disable  Disable Volume-based Rekey\n",
};

static const struct command sa_replay = {
	.mode = MODE_CONFIG,
	.order = ORDER_IPSEC_SA + 1,
	.grammar = "crypto ipsec security-association replay "
		   "{window-size <window:replay_window>|disable}",
	.deflt = "crypto ipsec security-association replay window-size 64",
	.help = HELP_IPSEC HELP_SA "replay  Set replay checking\n"
				   "window-size  Set replay window size\n"
				   "<window>  Packets\n"
				   "disable  Disable replay checking\n",
	.flags = CMD_HARMLESS,
};

static const struct command sa_idle = {
	.mode = MODE_CONFIG,
	.order = ORDER_IPSEC_SA + 2,
	.grammar = "crypto ipsec security-association idle-time "
		   "<secs:60-86400>",
	.help = HELP_IPSEC HELP_SA "idle-time  Idle time of an SA\n"
				   "<secs>  Seconds\n",
	.flags = CMD_HARMLESS,
};

static const struct command ipsec_other = {
	.mode = MODE_CONFIG,
	.order = ORDER_IPSEC_SA + 3,
	.grammar = "crypto ipsec {"
		   "!nat-transparency {udp-encapsulation|spi-matching}|"
		   "!ipv4-deny {jump|clear|drop}}",
	.help = HELP_IPSEC "nat-transparency  IPsec NAT transparency model\n"
			   "udp-encapsulation  UDP encapsulation\n"
			   "spi-matching  Match inbound SPI to outbound SPI\n"
			   "ipv4-deny  Handling of a deny in an ACL\n"
			   "jump  Search the next ACL\nclear  Clear\n"
			   "drop  Drop the packet\n",
	.flags = CMD_HARMLESS,
	.sample = "crypto ipsec ipv4-deny jump",
};

const struct command cfg_transform_set = {
	.mode = MODE_CONFIG,
	.enters = MODE_TRANSFORM,
	.order = ORDER_TRANSFORM_SET,
	.grammar = "crypto ipsec transform-set <name!:name> "
		   "<transform:transform...>",
	.help = HELP_IPSEC "transform-set  Define transform and settings\n"
			   "<name>  Transform set tag\n"
			   "<transform>  Transform\n",
	.fixup = transform_fixup,
	.sample = "crypto ipsec transform-set TS esp-aes 256 esp-sha256-hmac\n"
		  "crypto ipsec transform-set GCM esp-gcm 256",
};

static const struct command ts_mode = {
	.mode = MODE_TRANSFORM,
	.order = 10,
	.grammar = "mode {tunnel|transport [require]}",
	.deflt = "mode tunnel",
	.help = "mode  encapsulation mode (transport/tunnel)\n"
		"tunnel  tunnel (datagram encapsulation) mode\n"
		"transport  transport (payload encapsulation) mode\n"
		"require  require transport mode\n",
	.flags = CMD_PRINT_DEFAULT,
};

const struct command cfg_ipsec_profile = {
	.mode = MODE_CONFIG,
	.enters = MODE_IPSEC_PROFILE,
	.order = ORDER_IPSEC_PROFILE,
	.grammar = "crypto ipsec profile <name!:name>",
	.help = HELP_IPSEC "profile  Configure an ipsec policy profile\n"
			   "<name>  Profile name\n",
};

static const struct command pf_description = {
	.mode = MODE_IPSEC_PROFILE,
	.order = 5,
	.grammar = "description <text:line>",
	.help = "description  Description of the crypto profile\n"
		"<text>  Text\n",
};

#define HELP_SET "set  Set values for encryption/decryption\n"

static const struct command pf_life = {
	.mode = MODE_IPSEC_PROFILE,
	.order = 10,
	.grammar = "set security-association lifetime "
		   "{seconds <secs:120-2592000>|days <days:1-30>}",
	.help = HELP_SET HELP_SA "lifetime  Security association lifetime\n"
				 "seconds  Time-based key duration\n"
				 "<secs>  Seconds\n"
				 "days  Time-based key duration in days\n"
				 "<days>  Days\n",
};

static const struct command pf_kbytes = {
	.mode = MODE_IPSEC_PROFILE,
	.order = 11,
	.grammar = "set security-association lifetime kilobytes "
		   "{<kbytes:2560-4294967295>|disable}",
	.help = HELP_SET HELP_SA "lifetime  Security association lifetime\n"
				 "kilobytes  Volume-based key duration\n"
				 "<kbytes>  Kilobytes\n"
				 "disable  Disable Volume-based Rekey\n",
	.flags = CMD_HARMLESS,
};

static const struct command pf_sa_other = {
	.mode = MODE_IPSEC_PROFILE,
	.order = 12,
	.grammar = "set security-association "
		   "{!replay {window-size <window:replay_window>|disable}|"
		   "!idle-time <idle:60-86400>}",
	.help = HELP_SET HELP_SA "replay  Set replay checking\n"
				 "window-size  Replay window size\n"
				 "<window>  Packets\n"
				 "disable  Disable replay checking\n"
				 "idle-time  Idle timeout\n"
				 "<idle>  Seconds\n",
	.flags = CMD_HARMLESS,
};

static const struct command pf_sets = {
	.mode = MODE_IPSEC_PROFILE,
	.order = 20,
	.grammar = "set transform-set <set:name...>",
	.help = HELP_SET "transform-set  Specify list of transform sets in "
			 "priority order\n"
			 "<set>  Proposal tag\n",
};

static const struct command pf_pfs = {
	.mode = MODE_IPSEC_PROFILE,
	.order = 30,
	.grammar = "set pfs [{group1|group2|group5|group14|group15|group16|"
		   "group19|group20|group21|group24}]",
	.help = HELP_SET "pfs  Specify pfs settings\n"
			 "group1  D-H Group1 (768-bit modp)\n"
			 "group2  D-H Group2 (1024-bit modp)\n"
			 "group5  D-H Group5 (1536-bit modp)\n"
			 "group14  D-H Group14 (2048-bit modp)\n"
			 "group15  D-H Group15 (3072-bit modp)\n"
			 "group16  D-H Group16 (4096-bit modp)\n"
			 "group19  D-H Group19 (256-bit ecp)\n"
			 "group20  D-H Group20 (384-bit ecp)\n"
			 "group21  D-H Group21 (521-bit ecp)\n"
			 "group24  D-H Group24 (2048-bit modp, 256 bit "
			 "subgroup)\n",
	.flags = CMD_HARMLESS,
};

static const struct command pf_other = {
	.mode = MODE_IPSEC_PROFILE,
	.order = 40,
	.grammar = "set {!isakmp-profile|!ikev2-profile|!identity} "
		   "<name:name>",
	.help = HELP_SET "isakmp-profile  Specify isakmp Profile\n"
			 "ikev2-profile  Specify ikev2 Profile\n"
			 "identity  Identity restriction\n<name>  Name\n",
	.flags = CMD_HARMLESS,
};

static const struct command pf_flags = {
	.mode = MODE_IPSEC_PROFILE,
	.order = 50,
	.grammar = "{!responder-only|!redundancy <group:name>}",
	.help = "responder-only  Do not initiate SAs from this device\n"
		"redundancy  Configure HA for this profile\n"
		"<group>  Redundancy group\n",
	.flags = CMD_HARMLESS,
};

/* Which place in a set a transform takes; two may not take the same. */
enum place {
	PLACE_AH,
	PLACE_CIPHER,
	PLACE_AUTH,
	PLACE_COMP,
	PLACE_ESN,
	N_PLACES
};

static enum place transform_place(const char *t)
{
	if (strncmp(t, "ah-", 3) == 0)
		return PLACE_AH;
	if (strcmp(t, "esn") == 0)
		return PLACE_ESN;
	if (strncmp(t, "comp-", 5) == 0)
		return PLACE_COMP;
	return strstr(t, "-hmac") != NULL ? PLACE_AUTH : PLACE_CIPHER;
}

static int transform_fixup(
	struct tree *t, struct node *section, struct node *n, struct sbuf *why)
{
	const struct derivation *d = node_drv(n);
	bool taken[N_PLACES] = { false };
	bool combined = false;

	(void)t;
	(void)section;
	for (size_t i = 0; i < drv_count(d, "transform"); i++) {
		const char *word = drv_str_at(d, "transform", i);
		enum place p = transform_place(word);

		if (taken[p])
			goto invalid;
		taken[p] = true;
		combined |= strncmp(word, "esp-g", 5) == 0;
	}
	if (!combined || !taken[PLACE_AUTH])
		return 0;
invalid:
	sbuf_adds(why, "ERROR: transform set has an invalid combination of "
		       "transforms");
	return -1;
}

bool transform_set_view(const struct router *r, const char *name,
	struct esp_suite *out, bool *transport_mode)
{
	const struct node *n =
		node_find(tree_root(r->tree), &cfg_transform_set, name);
	const struct derivation *d;

	*out = (struct esp_suite){ 0 };
	*transport_mode = false;
	if (n == NULL && strcmp(name, "default") == 0) {
		*out = (struct esp_suite){ ESP_CIPHER_AES_CBC, ESP_AUTH_SHA1,
			128 };
		*transport_mode = true;
		return true;
	}
	if (n == NULL)
		return false;
	d = node_drv(n);
	for (size_t i = 0; i < drv_count(d, "transform"); i++) {
		if (!transform_value(drv_str_at(d, "transform", i), out))
			return false;
	}
	*transport_mode = node_has(node_get(n, &ts_mode), "transport");
	return esp_suite_valid(out);
}

/* Seconds of a line with `seconds` or `days`. */
static uint32_t life_of(const struct node *n)
{
	return node_has(n, "days") ? node_u32(n, "days") * 86400U
				   : node_u32(n, "secs");
}

uint32_t ipsec_life_secs(const struct router *r)
{
	return life_of(node_get(tree_root(r->tree), &cfg_ipsec_life));
}

uint32_t ipsec_life_kbytes(const struct router *r)
{
	const struct node *n = node_get(tree_root(r->tree), &life_kbytes);

	return node_has(n, "disable") ? 0 : node_u32(n, "kbytes");
}

uint32_t ipsec_profile_life(const struct router *r, const struct node *profile)
{
	const struct node *n = node_child(profile, &pf_life, NULL);

	return n != NULL ? life_of(n) : ipsec_life_secs(r);
}

const struct node *ipsec_profile_sets(const struct node *profile)
{
	return node_child(profile, &pf_sets, NULL);
}

bool ipsec_profile_view(const struct router *r, const char *name,
	struct esp_suite *suite, bool *transport_mode, uint32_t *life_secs)
{
	const struct node *p =
		node_find(tree_root(r->tree), &cfg_ipsec_profile, name);
	const char *set = "default";

	*suite = (struct esp_suite){ 0 };
	*transport_mode = false;
	*life_secs = ipsec_life_secs(r);
	if (p == NULL && strcmp(name, "default") != 0)
		return false;
	if (p != NULL) {
		set = node_str(ipsec_profile_sets(p), "set");
		*life_secs = ipsec_profile_life(r, p);
	}
	return set != NULL && transform_set_view(r, set, suite, transport_mode);
}

/* Does a profile name the set? */
static bool set_in_use(const struct router *r, const char *name)
{
	struct node *root = tree_root(r->tree);

	for (struct node *p = node_child(root, &cfg_ipsec_profile, NULL);
		p != NULL; p = node_child(root, &cfg_ipsec_profile, p)) {
		const struct node *sets = ipsec_profile_sets(p);
		const struct derivation *d = sets ? node_drv(sets) : NULL;

		for (size_t i = 0; d != NULL && i < drv_count(d, "set"); i++) {
			if (strcmp(drv_str_at(d, "set", i), name) == 0)
				return true;
		}
	}
	return false;
}

static int ipsec_check(void *ctx, const struct tree *t,
	const struct node *section, const struct node *old,
	const struct node *new, struct sbuf *why)
{
	const struct router *r = ctx;

	(void)t;
	(void)section;
	if (old == NULL || new != NULL ||
		node_command(old) != &cfg_transform_set ||
		!set_in_use(r, node_str(old, "name")))
		return 0;
	sbuf_printf(why,
		"ERROR: transform set with tag \"%s\" is currently being used "
		"by a crypto profile.",
		node_str(old, "name"));
	return -1;
}

static void ipsec_subscribe(struct router *r)
{
	static const struct command *const commands[] = { &cfg_transform_set,
		NULL };
	struct subscriber s = { .name = "ipsec",
		.commands = commands,
		.check = ipsec_check,
		.ctx = r };

	commit_subscribe(r->commit, &s);
}

static const struct command *const list[] = { &cfg_ipsec_life, &life_kbytes,
	&sa_replay, &sa_idle, &ipsec_other, &cfg_transform_set, &ts_mode,
	&cfg_ipsec_profile, &pf_description, &pf_life, &pf_kbytes, &pf_sa_other,
	&pf_sets, &pf_pfs, &pf_other, &pf_flags };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_ipsec = { &commands, ipsec_subscribe };
