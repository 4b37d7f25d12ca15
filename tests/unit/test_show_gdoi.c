/* show crypto gdoi against the sample outputs of the layout document. */
#include "tests/unit/orbit.h"
#include "tests/unit/show_samples.h"
#include "tests/unit/test.h"

#include <string.h>

#define VERSION "1.0.26"

/* Runs a show expression into `out` and compares. */
#define CHECK(call, sample)                                                    \
	do {                                                                   \
		auto_sbuf struct sbuf out = { 0 };                             \
		call;                                                          \
		assert_layout(sbuf_str(&out), sample);                         \
	} while (0)

static void member_group(void **state)
{
	(void)state;
	CHECK(show_gdoi_gm_group(orbit_gm(), 1, VERSION, &out),
		SAMPLE_GM_GROUP);
	CHECK(show_gdoi_gm(orbit_gm(), 1, VERSION, &out), SAMPLE_GM);
}

static void member_acl(void **state)
{
	struct gm_snapshot g = *orbit_gm();
	struct ace deny = ace_any(false);
	struct ace two[2] = { g.acl.v[0], g.acl.v[2] };
	struct acl local = { .name = "LOCAL_BYPASS", .v = &deny, .n = 1 };

	(void)state;
	deny.proto = 6;
	deny.src = (struct ip_wild){ 0x0a400100, 0xff };
	deny.dst = (struct ip_wild){ 0x0a400900, 0xff };
	deny.dport = (struct ace_port){ PORT_EQ, 1, { 443 } };
	g.acl.v = two;
	g.acl.n = 2;
	CHECK(show_gdoi_gm_acl(&g, 1, false, true, &out),
		SAMPLE_GM_ACL_LOCAL_NONE);
	g.policy.local_acl = &local;
	CHECK(show_gdoi_gm_acl(&g, 1, true, true, &out), SAMPLE_GM_ACL);
}

static void member_rekey(void **state)
{
	struct gm_snapshot g = *orbit_gm();

	(void)state;
	CHECK(show_gdoi_gm_rekey(&g, 1, true, &out), SAMPLE_GM_REKEY_DETAIL);
	CHECK(show_gdoi_gm_pubkey(&g, 1, &out), SAMPLE_GM_PUBKEY);
	CHECK(show_gdoi_rekey_sa(&g, 1, false, &out), SAMPLE_REKEY_SA);
}

static void member_rest(void **state)
{
	(void)state;
	CHECK(show_gdoi_gm_identifier(orbit_gm(), 1, false, &out),
		SAMPLE_GM_IDENTIFIER);
	CHECK(show_gdoi_gm_identifier(orbit_gm(), 1, true, &out),
		SAMPLE_GM_IDENTIFIER_DETAIL);
	CHECK(show_gdoi_gm_counters(orbit_gm(), 1, &out), SAMPLE_GM_COUNTERS);
	CHECK(show_gdoi_ipsec_sa(orbit_gm(), 1, &out), SAMPLE_IPSEC_SA_GDOI);
}

/* A member that could not register says why. */
static void member_failing(void **state)
{
	struct gm_snapshot g = { .state = GM_REGISTERING,
		.ks = orbit_ip("198.51.100.11"),
		.registrations_tried = 4,
		.last_error = "no answer" };
	auto_sbuf struct sbuf out = { 0 };

	(void)state;
	g.policy = orbit_gm()->policy;
	show_gdoi_gm_group(&g, 1, VERSION, &out);
	assert_non_null(
		strstr(out.s, "       Registration status   : Registering\n"
			      "       Registering to        : 198.51.100.11\n"
			      "       Last failure          : no answer\n"
			      "       Succeeded registration: 0\n"
			      "       Attempted registration: 4\n"
			      "       Last rekey from       : 0.0.0.0\n"));
	assert_non_null(
		strstr(out.s, "       Rekey Received        : never\n"));
	assert_null(strstr(out.s, "ACL Downloaded"));
}

static void server_group(void **state)
{
	struct ks_snapshot k = *orbit_ks();
	auto_sbuf struct sbuf idle = { 0 };

	(void)state;
	CHECK(show_gdoi_ks_group(&k, &out), SAMPLE_KS_GROUP);
	CHECK(show_gdoi_ks(&k, 1, true, &out), SAMPLE_KS_DETAIL);
	CHECK(show_gdoi_ks(&k, 1, false, &out), SAMPLE_KS);
	k.kek.live = false;
	k.sa[0].live = false;
	show_gdoi_ks_group(&k, &idle);
	assert_null(strstr(idle.s, "Group Rekey\n"));
	assert_null(strstr(idle.s, "SA Rekey\n"));
}

static void server_members(void **state)
{
	struct ip_addr who = orbit_ip("203.0.113.1");
	struct ip_addr stranger = orbit_ip("203.0.113.77");

	(void)state;
	CHECK(show_gdoi_ks_members(orbit_ks(), 1, NULL, &out),
		SAMPLE_KS_MEMBERS);
	CHECK(show_gdoi_ks_members(orbit_ks(), 1, &who, &out),
		SAMPLE_KS_MEMBERS_ONE);
	CHECK(show_gdoi_ks_members(orbit_ks(), 1, &stranger, &out),
		"\n\nGroup Member not Found\n\n");
}

static void server_policy(void **state)
{
	struct ks_snapshot k = *orbit_ks();

	(void)state;
	CHECK(show_gdoi_ks_policy(&k, 1, &out), SAMPLE_KS_POLICY);
	CHECK(show_gdoi_ks_acl(&k, 1, &out), SAMPLE_KS_ACL);
	CHECK(show_gdoi_ks_rekey(&k, 1, &out), SAMPLE_KS_REKEY);
	CHECK(show_gdoi_ks_coop(&k, 1, &out), SAMPLE_KS_COOP_NONE);
	CHECK(show_gdoi_ks_identifier(&k, 1, false, &out),
		SAMPLE_KS_IDENTIFIER);
	k.n_teks = 0;
	k.kek.live = false;
	CHECK(show_gdoi_ks_policy(&k, 1, &out),
		"Key Server Policy:\n"
		"For group ORBIT (handle: 0x40000002) server 198.51.100.11 "
		"(handle: 0x40000002):\n\n"
		"  # of teks : 0  Seq num : 0\n");
}

/* Three ids out of KSSIDs 1 to 9, of two each. */
static void server_sids(void **state)
{
	static const uint8_t kssids[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
	struct ks_snapshot k = *orbit_ks();

	(void)state;
	k.policy.sa[0].suite = (struct esp_suite){ ESP_CIPHER_AES_GCM, 0, 128 };
	k.sa[0].policy.suite = k.policy.sa[0].suite;
	k.policy.sid_bits = 8;
	k.policy.kssids = kssids;
	k.policy.n_kssids = 9;
	k.sids_given = 3;
	k.sids_each = 2;
	k.sids_all = 18;
	CHECK(show_gdoi_ks_identifier(&k, 1, true, &out),
		"KS Sender ID (KSSID) Information for Group ORBIT:\n"
		"\n"
		"    Transform Mode           : Counter (Suite-B)\n"
		"    Re-initializing          : No\n"
		"    SID Length (Group Size)  : 8 bits (SMALL-8)\n"
		"    Current KSSID In-Use     : 2\n"
		"    Last GMSID Used          : 0\n"
		"\n"
		"    KSSID(s) Assigned        : 1-9\n"
		"    KSSID(s) Used            : 1-2\n"
		"    KSSID(s) Used (Old)      : none\n"
		"    Available KSSID(s)       : 3-9\n"
		"\n"
		"    REMAINING SIDs:\n"
		"      KSSID to reinitialize at              : 9\n"
		"      GMSID to reinitialize at              : 1\n"
		"      # of SIDs remaining for current KSSID : 1\n"
		"      # of SIDs remaining until reinitialize: 15\n");
}

/* The group that a multicast rekey goes to stands where it is told. */
static void multicast(void **state)
{
	struct ks_snapshot k = *orbit_ks();
	struct gm_snapshot g = *orbit_gm();

	(void)state;
	k.policy.unicast = k.kek.unicast = false;
	k.kek.dst = g.kek_new.dst = orbit_ip("239.10.1.1");
	k.kek.dst_port = g.kek_new.dst_port = 849;
	g.kek_new.unicast = false;
	auto_sbuf struct sbuf ks = { 0 }, gm = { 0 };

	show_gdoi_ks_policy(&k, 1, &ks);
	assert_non_null(
		strstr(ks.s, "  KEK POLICY (transport type : Multicast)\n"
			     "    dest addr/port     : 239.10.1.1/849\n"));
	assert_non_null(strstr(ks.s, "acknowledgement    : None\n"));
	show_gdoi_gm_rekey(&g, 1, true, &gm);
	assert_non_null(strstr(gm.s, "Group ORBIT (Multicast)\n"));
	assert_null(strstr(gm.s, "Acks sent"));
	assert_non_null(strstr(gm.s, "New     : 239.10.1.1 "));
	show_gdoi_rekey_sa(&g, 1, true, &gm);
	assert_non_null(strstr(gm.s, "Local addr/port : 239.10.1.1/849\n"));
}

/* Rekeys whose signature has another form than ours are told of. */
static void forms_of_signatures(void **state)
{
	struct gm_snapshot g = *orbit_gm();
	auto_sbuf struct sbuf usual = { 0 }, other = { 0 }, brief = { 0 };

	(void)state;
	show_gdoi_gm_rekey(&g, 1, true, &usual);
	assert_null(strstr(usual.s, "signed"));
	g.signed_padded = 7;
	g.signed_bare = 9;
	show_gdoi_gm_rekey(&g, 1, true, &other);
	assert_non_null(strstr(other.s,
		"Number of Rekeys signed with padded length   : 7\n"));
	assert_non_null(strstr(other.s,
		"Number of Rekeys signed without DigestInfo   : 9\n"));
	show_gdoi_gm_rekey(&g, 1, false, &brief);
	assert_null(strstr(brief.s, "signed"));
}

/* By the version in the vendor id; who has none supports nothing. */
static void feature(void **state)
{
	struct ks_member_info m[2] = {
		{ .id = ip_v4(0xcb007101), .version_id = 0x01000100 },
		{ .id = ip_v4(0xcb007102) },
	};
	struct ks_snapshot k = { .policy = { .group = "ORBIT",
					 .local = ip_v4(0xc633640b) },
		.member = m,
		.n_members = 2 };

	(void)state;
	CHECK(show_gdoi_feature(&k, 1, NULL, 0, "gm-removal", &out),
		"Group Name: ORBIT\n"
		"    Key Server ID       Version   Feature Supported\n"
		"        198.51.100.11    1.0.2         Yes\n"
		"\n"
		"    Group Member ID     Version   Feature Supported\n"
		"        203.0.113.1      1.0.1         Yes\n"
		"        203.0.113.2      0.0.0         No\n"
		"\n");
}

static void replay_of_server(void **state)
{
	struct ks_snapshot k[2] = { { .policy = { .group = "ORBIT" } },
		{ .policy = { .group = "LINE" },
			.time_based = true,
			.time_ms = 90412666,
			.time_sync_secs = 5123 } };

	(void)state;
	CHECK(show_gdoi_ks_replay(k, 2, &out),
		"Anti-replay Information For Group ORBIT:\n"
		"  Timebased Replay:\n"
		"         is not enabled\n"
		"Anti-replay Information For Group LINE:\n"
		"  Timebased Replay:\n"
		"    Replay Value             : 90412.66 secs\n"
		"    Remaining sync time      : 5123 secs\n");
}

static void replay_of_member(void **state)
{
	struct gm_snapshot g = { .policy = { .group = "ORBIT" },
		.time_based = true,
		.time = { .has_clock = true,
			.pseudo_ms = 90412660,
			.in = 51288,
			.out = 50911,
			.in_errors = 2,
			.max_delta_ms = 1230 },
		.time_sync_errors = 1 };

	(void)state;
	CHECK(show_gdoi_gm_replay(&g, 1, &out),
		"Anti-replay Information For Group ORBIT:\n"
		"  Timebased Replay:\n"
		"    Replay Value : 90412.66 secs\n"
		"    Input Packets : 51288 Output Packets : 50911\n"
		"    Input Error Packets : 2 Output Error Packets : 0\n"
		"    Time Sync Error : 1 Max time delta : 1.23 secs\n"
		"\n"
		"TBAR Error History (sampled at 10pak/min):\n"
		"    No TBAR errors detected\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms_of_signatures),
		cmocka_unit_test(member_group),
		cmocka_unit_test(member_acl),
		cmocka_unit_test(member_rekey),
		cmocka_unit_test(member_rest),
		cmocka_unit_test(member_failing),
		cmocka_unit_test(server_group),
		cmocka_unit_test(server_members),
		cmocka_unit_test(server_policy),
		cmocka_unit_test(server_sids),
		cmocka_unit_test(multicast),
		cmocka_unit_test(feature),
		cmocka_unit_test(replay_of_server),
		cmocka_unit_test(replay_of_member),
	};

	return cmocka_run_group_tests_name("show_gdoi", tests, NULL, NULL);
}
