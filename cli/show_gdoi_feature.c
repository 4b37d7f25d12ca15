/* show crypto gdoi feature (show-output.md 1.24): which devices of a group can
 * do what, told by the version that each names in its vendor id. */
#include "cli/show.h"

#include "cli/cfg.h"
#include "cli/show_json.h"
#include "gdoi/exchange.h"

#include <stdlib.h>
#include <string.h>

#define NEVER    UINT32_MAX
#define VERSION1 0x01000100u
#define VERSION2 IKE_VERSION_STAMPS

/* Keyword, help, the first of our versions that has it; the last one apart,
 * for the bars of the grammar stand between. */
#define FEATURES(X)                                                            \
	X("ckm", "Crypto key management", NEVER)                               \
	X("crl-check", "CRL triggered re-authentication", NEVER)               \
	X("cts-sgt", "Inline tagging", NEVER)                                  \
	X("dp-recovery", "Data plane error recovery", VERSION1)                  \
	X("gdoi-interop-ack", "Interoperable acknowledgements", VERSION1)      \
	X("gdoi-mib", "GDOI MIB", NEVER)                                       \
	X("gikev2", "G-IKEv2", NEVER)                                          \
	X("gm-removal", "GM removal", VERSION1)                                \
	X("ip-d3p", "IP delivery delay detection protocol", VERSION2)          \
	X("ipv6-crypto-path", "IPv6 in the crypto path", VERSION1)             \
	X("long-sa-lifetime", "SA lifetimes of more than a day", VERSION1)     \
	X("pfs", "Perfect forward secrecy", NEVER)                             \
	X("policy-replace", "Policy replacement", VERSION1)
#define LAST(X) X("suite-b", "Suite-B", VERSION1)

#define ROW(keyword, help, since) { keyword, since },
#define BAR(keyword, help, since) keyword "|"
#define END(keyword, help, since) keyword
#define HELP(keyword, help, since) keyword "  " help "\n"

static const struct feature_row {
	const char *keyword;
	uint32_t since;
} rows[] = { FEATURES(ROW) LAST(ROW) };

static int feature_exec(struct cmd_call *c);

static const struct command show_feature = {
	.mode = MODE_EXEC,
	.flags = CMD_PIPE,
	.grammar = "show crypto {gdoi|gkm} [group <group:word>] feature {"
	FEATURES(BAR) LAST(END) "}",
	.help = "show  Show running system information\n" HELP_CRYPTO HELP_GDOI
		"group  Show one group\n<group>  Group name\n"
		"feature  Which devices support a feature\n"
	FEATURES(HELP) LAST(HELP),
	.exec = feature_exec,
	.sample = "show crypto gdoi feature gm-removal",
};

static const struct feature_row *row_of(const struct derivation *d)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (drv_has(d, rows[i].keyword))
			return &rows[i];
	return NULL;
}

static void device(const struct ip_addr *id, uint32_t version,
	const struct feature_row *f, struct sbuf *out)
{
	char text[IKE_VERSION_TEXT], addr[IP_TEXT];

	sbuf_printf(out, "        %-17s%s         %s\n", ip_text(id, addr),
		ike_version_text(version, text),
		version >= f->since ? "Yes" : "No");
}

static void members(const struct ks_snapshot *k, const struct feature_row *f,
	struct sbuf *out)
{
	for (size_t i = 0; i < k->n_members; i++)
		device(&k->member[i].id, k->member[i].version_id, f, out);
}

void show_gdoi_feature(const struct ks_snapshot *ks, size_t n_ks,
	const struct gm_snapshot *gm, size_t n_gm, const char *feature,
	struct sbuf *out)
{
	static const char head[] = "Version   Feature Supported\n";
	const struct feature_row *f = rows;

	while (strcmp(f->keyword, feature) != 0)
		f++;
	for (size_t i = 0; i < n_ks; i++) {
		sbuf_printf(out, "Group Name: %s\n    Key Server ID       %s",
			ks[i].policy.group, head);
		device(&ks[i].policy.local, IKE_OUR_VERSION, f, out);
		sbuf_printf(out, "\n    Group Member ID     %s", head);
		members(&ks[i], f, out);
		sbuf_addc(out, '\n');
	}
	for (size_t i = 0; i < n_gm; i++) {
		sbuf_printf(out, "Group Name: %s\n    Group Member ID     %s",
			gm[i].policy.group, head);
		device(&gm[i].policy.local, IKE_OUR_VERSION, f, out);
		sbuf_addc(out, '\n');
	}
}

static void device_json(json_t *list, const char *role,
	const struct ip_addr *id, uint32_t version, const struct feature_row *f)
{
	char text[IKE_VERSION_TEXT];
	json_t *o = ja_object(list);

	jo_str(o, "role", role);
	jo_ip(o, "address", id);
	jo_str(o, "version", ike_version_text(version, text));
	jo_bool(o, "supported", version >= f->since);
}

static json_t *group_json(
	json_t *list, const char *group, const struct feature_row *f)
{
	json_t *o = ja_object(list);

	jo_str(o, "group", group);
	jo_str(o, "feature", f->keyword);
	return jo_array(o, "devices");
}

static json_t *feature_json(const struct ks_snapshot *ks, size_t n_ks,
	const struct gm_snapshot *gm, size_t n_gm, const struct feature_row *f)
{
	json_t *list, *top = groups_json(&list), *devices;

	for (size_t i = 0; i < n_ks; i++) {
		devices = group_json(list, ks[i].policy.group, f);
		device_json(devices, "key-server", &ks[i].policy.local,
			IKE_OUR_VERSION, f);
		for (size_t m = 0; m < ks[i].n_members; m++)
			device_json(devices, "group-member",
				&ks[i].member[m].id,
				ks[i].member[m].version_id, f);
	}
	for (size_t i = 0; i < n_gm; i++) {
		devices = group_json(list, gm[i].policy.group, f);
		device_json(devices, "group-member", &gm[i].policy.local,
			IKE_OUR_VERSION, f);
	}
	return top;
}

static int feature_exec(struct cmd_call *c)
{
	const struct feature_row *f = row_of(c->drv);
	struct snapshots s;

	if (!snapshots_take(c, &s))
		return CMD_FAILED;
	if (c->json)
		cmd_json(c, feature_json(s.ks, s.n_ks, s.gm, s.n_gm, f));
	else
		show_gdoi_feature(
			s.ks, s.n_ks, s.gm, s.n_gm, f->keyword, c->out);
	snapshots_free(&s);
	return CMD_DONE;
}

static const struct command *const list[] = { &show_feature };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_show_gdoi_feature = { &commands, NULL };
