/* `| json`: every show command answers with JSON, and tells what the text
 * tells. */
#include "cli/show_json.h"
#include "parser/selftest.h"
#include "tests/unit/fake_box.h"
#include "tests/unit/orbit.h"
#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char config[] =
	"hostname R1\n"
	"crypto gdoi group ORBIT\n"
	" identity number 4711\n"
	" server address ipv4 198.51.100.11\n"
	"crypto gdoi group IDLE\n"
	" identity address ipv4 10.1.2.3\n"
	" server address ipv4 198.51.100.11\n"
	"crypto isakmp policy 10\n"
	" encryption aes 256\n"
	" hash sha256\n"
	" authentication pre-share\n"
	" group 14\n"
	"crypto isakmp key S3cret address 192.0.2.7\n"
	"crypto isakmp key S3cret address 10.0.0.0 255.0.0.0\n"
	"crypto ipsec transform-set TS esp-aes 256 esp-sha256-hmac\n"
	"crypto ipsec profile P\n"
	" set transform-set TS\n"
	"crypto map M 10 gdoi\n"
	" set group ORBIT\n"
	" match address EXT\n"
	"crypto map M 20 gdoi\n"
	"ip access-list extended EXT\n"
	" 10 permit tcp 10.0.0.0 0.0.0.255 any eq www log\n"
	" 20 deny ip any any\n"
	"access-list 7 permit 10.1.0.0 0.0.255.255\n"
	"interface GigabitEthernet0/0\n"
	" description t\303\266 \344 core\n" /* UTF-8, then Latin-1 */
	" ip address 192.0.2.1 255.255.255.0\n"
	" crypto map M\n";

static const struct iface_info ifaces[] = {
	{ .ifname = "GigabitEthernet0/0",
		.netdev = "eth0",
		.addr = { { { 4, { 192, 0, 2, 1 } }, 24 } },
		.n_addr = 1,
		.configured = true,
		.line_up = true,
		.proto_up = true,
		.link = { .mtu = 1400, .mac = { 2, 0, 0, 0, 0, 1 } } },
	{ .ifname = "GigabitEthernet0/1", .shutdown = true },
};

static const struct route_info routes[] = {
	{ .dst = { { 4, { 0 } }, 0 },
		.gw = { 4, { 192, 0, 2, 254 } },
		.ifname = "GigabitEthernet0/0",
		.kind = ROUTE_STATIC,
		.distance = 1 },
	{ .dst = { { 4, { 192, 0, 2, 0 } }, 24 },
		.ifname = "GigabitEthernet0/0",
		.kind = ROUTE_CONNECTED },
};

static const struct ike_sa_info ike_sas[] = {
	{ .src = { 4, { 192, 0, 2, 1 } },
		.dst = { 4, { 198, 51, 100, 11 } },
		.state = "GDOI_IDLE",
		.initiator = true,
		.remote_port = 848,
		.id_type = 2,
		.id = "ks.example",
		.id_n = 10,
		.conn_id = 1003,
		.active = true,
		.policy = { .cipher = CIPHER_AES256,
			.hash = HASH_SHA256,
			.auth = IKE_AUTH_PSK,
			.group = 14 },
		.remaining_secs = 3599 },
};

static void full_router(struct router *r)
{
	fake_router_init(r);
	fake_box.gm_list = orbit_gm();
	fake_box.n_gm_list = 1;
	fake_box.ks_list = orbit_ks();
	fake_box.n_ks_list = 1;
	fake_box.iface_list = ifaces;
	fake_box.n_iface_list = ARRAY_LEN(ifaces);
	fake_box.route_list = routes;
	fake_box.n_route_list = ARRAY_LEN(routes);
	fake_box.ike_list = ike_sas;
	fake_box.n_ike_list = ARRAY_LEN(ike_sas);
	free(fake_paste(r, config));
	log_msg(r->log, LOG_SEV_NOTICE, "SYS", "TEST", "a line");
}

/* What the line prints, typed in exec. */
static char *shown(struct router *r, const char *line)
{
	auto_sbuf struct sbuf text = { 0 };

	sbuf_printf(&text, "%s\n", line);
	return fake_exec(r, sbuf_str(&text));
}

static json_t *json_of(struct router *r, const char *show)
{
	auto_sbuf struct sbuf line = { 0 };
	auto_free char *out = NULL;
	json_t *v;

	sbuf_printf(&line, "%s | json", show);
	out = shown(r, sbuf_str(&line));
	v = json_loads(out, 0, NULL);
	if (v == NULL)
		fprintf(stderr, "%s: %s\n", sbuf_str(&line), out);
	assert_non_null(v);
	return v;
}

/* --- all of them --- */

struct walk {
	struct router *router;
	size_t lines, faults;
};

/* A name that does not exist may be refused, as it is without the filter. */
static bool refused(const char *text)
{
	return text[0] == '%' && strstr(text, "JSON") == NULL;
}

static void try_json(void *ctx, const struct command *cmd, const char *line)
{
	struct walk *w = ctx;
	auto_sbuf struct sbuf typed = { 0 };
	auto_free char *out = NULL;
	json_t *v;

	if (strncmp(cmd->grammar, "show ", 5) != 0)
		return;
	w->lines++;
	sbuf_printf(&typed, "%s | json", line);
	out = shown(w->router, sbuf_str(&typed));
	v = json_loads(out, 0, NULL);
	if (!json_is_object(v) && !json_is_array(v) && !refused(out)) {
		w->faults++;
		fprintf(stderr, "%s: %.60s\n", line, out);
	}
	json_decref(v);
}

static void every_show(void **state)
{
	struct router r;
	struct walk w = { .router = &r };

	(void)state;
	full_router(&r);
	grammar_samples(r.grammar, MODE_EXEC, try_json, &w);
	assert_int_equal(w.faults, 0);
	assert_true(w.lines > 60);
	fake_router_fini(&r);
}

/* Other commands, and those that do not show, say so and do nothing. */
static void others(void **state)
{
	struct router r;
	auto_free char *out = NULL;

	(void)state;
	full_router(&r);
	out = shown(&r, "write memory | json");
	assert_string_equal(out, "% JSON is not available for this command\n");
	fake_router_fini(&r);
}

/* --- what is told --- */

/* The value at a path such as "groups.0.kek.spi"; lent. */
static const json_t *at(const json_t *v, const char *path)
{
	auto_free char *copy = xstrdup(path);
	char *save = NULL;

	for (char *p = strtok_r(copy, ".", &save); p != NULL;
		p = strtok_r(NULL, ".", &save)) {
		v = json_is_array(v) ? json_array_get(v, (size_t)atoi(p))
				     : json_object_get(v, p);
		if (v == NULL)
			fprintf(stderr, "no %s in %s\n", p, path);
		assert_non_null(v);
	}
	return v;
}

static const char *text_at(const json_t *v, const char *path)
{
	assert_true(json_is_string(at(v, path)));
	return json_string_value(at(v, path));
}

static int num_at(const json_t *v, const char *path)
{
	assert_true(json_is_integer(at(v, path)));
	return (int)json_integer_value(at(v, path));
}

/* The text says `label` followed by the value at path. */
static void agree(
	const char *text, const char *label, const json_t *v, const char *path)
{
	auto_sbuf struct sbuf want = { 0 };
	const json_t *x = at(v, path);

	sbuf_adds(&want, label);
	if (json_is_string(x))
		sbuf_adds(&want, json_string_value(x));
	else
		sbuf_printf(&want, "%d", num_at(v, path));
	if (strstr(text, sbuf_str(&want)) == NULL)
		fprintf(stderr, "\"%s\" is not in:\n%s\n", sbuf_str(&want),
			text);
	assert_non_null(strstr(text, sbuf_str(&want)));
}

static void member(void **state)
{
	auto_sbuf struct sbuf text = { 0 };
	json_t *v = gm_group_json(orbit_gm(), 1, "1.0.26");

	(void)state;
	show_gdoi_gm_group(orbit_gm(), 1, "1.0.26", &text);
	agree(text.s, "Group Name               : ", v, "group");
	agree(text.s, "Group Identity           : ", v, "identity");
	agree(text.s, "Group Server list       : ", v, "servers.0");
	agree(text.s, "Registered with       : ", v, "members.0.key_server");
	agree(text.s, "Re-registers in       : ", v,
		"members.0.reregister_in_secs");
	agree(text.s, "Last rekey seq num    : ", v,
		"members.0.rekeys.last_sequence");
	agree(text.s, "Lifetime (secs)          : ", v,
		"members.0.kek.remaining_secs");
	agree(text.s, "Key Size                 : ", v,
		"members.0.kek.key_bits");
	agree(text.s, "spi: ", v, "members.0.teks.0.spi");
	agree(text.s, "transform: ", v, "members.0.teks.0.transform");
	agree(text.s, "remaining key lifetime (sec): (", v,
		"members.0.teks.0.remaining_secs");
	assert_string_equal(text_at(v, "members.0.teks.0.spi"), "0x6D1F02C4");
	assert_string_equal(
		text_at(v, "members.0.teks.0.replay_method"), "counter");
	assert_string_equal(text_at(v, "acl_downloaded.2.destination.wildcard"),
		"0.0.255.255");
	assert_int_equal(
		num_at(v, "acl_downloaded.1.destination_port.ports.0"), 22);
	json_decref(v);
}

static void server(void **state)
{
	auto_sbuf struct sbuf text = { 0 }, members = { 0 };
	json_t *v = ks_policy_json(orbit_ks(), 1);
	json_t *m = ks_members_json(orbit_ks(), 1, NULL);

	(void)state;
	show_gdoi_ks_policy(orbit_ks(), 1, &text);
	agree(text.s, "For group ", v, "groups.0.group");
	agree(text.s, "server ", v, "groups.0.server");
	agree(text.s, "spi : ", v, "groups.0.kek.spi");
	agree(text.s, "orig life(sec)     : ", v, "groups.0.kek.lifetime_secs");
	agree(text.s, "remaining life(sec)   : ", v,
		"groups.0.kek.remaining_secs");
	agree(text.s, "sig key name       : ", v, "groups.0.kek.sig_key_name");
	agree(text.s, "time to rekey (sec): ", v, "groups.0.kek.rekey_in_secs");
	agree(text.s, "spi                : ", v, "groups.0.teks.0.spi");
	agree(text.s, "access-list        : ", v,
		"groups.0.teks.0.access_list");
	agree(text.s, "elapsed time(sec)     : ", v,
		"groups.0.teks.0.elapsed_secs");
	show_gdoi_ks_members(orbit_ks(), 1, NULL, &members);
	agree(members.s, "Group Member ID    : ", m, "groups.0.members.0.id");
	agree(members.s, "GM Version: ", m, "groups.0.members.0.version");
	agree(members.s, "Rekey Acks Rcvd   : ", m,
		"groups.0.members.0.rekey_acks_received");
	json_decref(v);
	json_decref(m);
}

/* Groups in the order of the configuration, also without an engine. */
static void groups(void **state)
{
	struct router r;
	json_t *v;

	(void)state;
	full_router(&r);
	v = json_of(&r, "show crypto gdoi");
	assert_string_equal(text_at(v, "groups.0.group"), "IDLE");
	assert_string_equal(text_at(v, "groups.1.group"), "ORBIT");
	assert_string_equal(text_at(v, "groups.0.identity"), "10.1.2.3");
	assert_string_equal(text_at(v, "groups.0.members.0.last_error"),
		"no interface carries the group");
	json_decref(v);
	v = json_of(&r, "show crypto gdoi group IDLE");
	assert_string_equal(text_at(v, "groups.0.group"), "IDLE");
	json_decref(v);
	fake_router_fini(&r);
}

/* Runs a show command both ways; *text is the caller's. */
static json_t *both(struct router *r, const char *show, char **text)
{
	*text = shown(r, show);
	return json_of(r, show);
}

static void isakmp(void **state)
{
	auto_free char *sa = NULL, *peers = NULL, *policy = NULL;
	struct router r;
	json_t *v;

	(void)state;
	full_router(&r);
	v = both(&r, "show crypto isakmp sa", &sa);
	assert_int_equal(json_array_size(at(v, "isakmp_sas")), 4);
	assert_string_equal(text_at(v, "isakmp_sas.0.state"), "GDOI_REKEY");
	agree(sa, "GDOI_REKEY        ", v, "isakmp_sas.0.conn_id");
	agree(sa, "198.51.100.11   192.0.2.1       ", v, "isakmp_sas.3.state");
	agree(sa, "GDOI_IDLE         ", v, "isakmp_sas.3.conn_id");
	assert_int_equal(num_at(v, "isakmp_sas.3.key_bits"), 256);
	json_decref(v);
	v = both(&r, "show crypto isakmp peers", &peers);
	assert_string_equal(peers,
		"Peer: 198.51.100.11 Port: 848 Local: 192.0.2.1\n"
		" Phase1 id: ks.example\n");
	agree(peers, "Phase1 id: ", v, "isakmp_peers.0.phase1_id");
	agree(peers, "Peer: ", v, "isakmp_peers.0.peer");
	agree(peers, "Local: ", v, "isakmp_peers.0.local");
	json_decref(v);
	v = both(&r, "show crypto isakmp policy", &policy);
	agree(policy, "suite of priority ", v, "isakmp_policies.0.priority");
	agree(policy, "lifetime:\t\t", v, "isakmp_policies.0.lifetime_secs");
	json_decref(v);
	fake_router_fini(&r);
}

static void admission(void **state)
{
	auto_free char *limits = NULL, *errors = NULL, *count = NULL;
	auto_free char *gdoi = NULL;
	auto_free char *cleared = NULL;
	struct router r;
	json_t *v;

	(void)state;
	full_router(&r);
	cleared = shown(&r, "clear crypto isakmp 77");
	assert_string_equal(cleared, "% No ISAKMP SA has connection id 77\n");
	v = both(&r, "show crypto call admission statistics", &limits);
	assert_int_equal(num_at(v, "ike_sas"), 2);
	assert_int_equal(num_at(v, "negotiating"), 2);
	json_decref(v);
	v = both(&r, "show crypto isakmp diagnose error", &errors);
	assert_non_null(strstr(errors,
		"Exit Path Table - status: enable, current entry 1, deleted 5, "
		"max allow 50\n\nError(1): no proposal chosen\n"));
	assert_string_equal(text_at(v, "errors.0.error"), "NO_PROPOSAL");
	assert_string_equal(text_at(v, "errors.0.peer"), "192.0.2.9");
	assert_int_equal(num_at(v, "deleted"), 5);
	json_decref(v);
	v = both(&r, "show crypto isakmp diagnose error count", &count);
	assert_non_null(strstr(count, "         4          0  invalid public"));
	assert_int_equal(json_array_size(at(v, "errors")), WIRE_N_ERRS - 1);
	assert_int_equal(num_at(v, "errors.21.isakmp"), 4);
	json_decref(v);
	v = both(&r, "show crypto gdoi error", &gdoi);
	assert_non_null(strstr(gdoi, "           6          0          0  inv"));
	assert_string_equal(text_at(v, "errors.21.error"), "KE");
	assert_int_equal(num_at(v, "errors.21.registration"), 6);
	assert_int_equal(num_at(v, "errors.21.rekey"), 0);
	assert_int_equal(num_at(v, "errors.21.rekey_ack"), 0);
	json_decref(v);
	fake_router_fini(&r);
}

/* Public keys, and nothing of the private ones. */
static void public_keys(void **state)
{
	struct keystore *ks = keystore_open(NULL, NULL);
	struct pkey *key = pkey_rsa_generate(1024);
	auto_free uint8_t *der = NULL;
	struct router r;
	size_t n;
	json_t *v, *hex;

	(void)state;
	full_router(&r);
	fake_box.keystore = ks;
	assert_int_equal(keystore_put(ks, "REKEY", key, false, 1700000000), 0);
	assert_int_equal(pkey_spki(key, &der, &n), 0);
	v = json_of(&r, "show crypto key mypubkey rsa");
	assert_int_equal(json_object_size(at(v, "public_keys.0")), 6);
	assert_string_equal(text_at(v, "public_keys.0.name"), "REKEY");
	assert_int_equal(num_at(v, "public_keys.0.bits"), 1024);
	hex = jv_hex(der, n);
	assert_string_equal(
		text_at(v, "public_keys.0.public_key"), json_string_value(hex));
	json_decref(hex);
	json_decref(v);
	fake_router_fini(&r);
	pkey_unref(key);
	keystore_close(ks);
}

/* A flow for each entry that permits, as the text has them. */
static void ipsec(void **state)
{
	auto_free char *text = NULL;
	struct router r;
	json_t *v;

	(void)state;
	full_router(&r);
	v = both(&r, "show crypto ipsec sa", &text);
	assert_int_equal(json_array_size(at(v, "interfaces.0.flows")), 1);
	agree(text, "interface: ", v, "interfaces.0.interface");
	agree(text, "Crypto map tag: ", v, "interfaces.0.crypto_map");
	agree(text, "local addr ", v, "interfaces.0.local");
	agree(text, "path mtu ", v, "interfaces.0.path_mtu_bytes");
	agree(text, "#pkts encaps: ", v, "interfaces.0.packets.encaps");
	agree(text, "current outbound spi: ", v, "interfaces.0.outbound_spi");
	agree(text, "remaining key lifetime (sec): ", v,
		"interfaces.0.inbound_esp_sas.0.remaining_secs");
	json_decref(v);
	v = json_of(&r, "show crypto ipsec sa count");
	assert_int_equal(num_at(v, "total"), 2);
	json_decref(v);
	fake_router_fini(&r);
}

static void network(void **state)
{
	auto_free char *brief = NULL, *route = NULL, *full = NULL;
	struct router r;
	json_t *v;

	(void)state;
	full_router(&r);
	v = both(&r, "show ip interface brief", &brief);
	agree(brief, "GigabitEthernet0/0         ", v,
		"interfaces.0.ip_address");
	agree(brief, "unassigned      YES unset  ", v, "interfaces.1.status");
	assert_true(json_is_null(at(v, "interfaces.1.ip_address")));
	json_decref(v);
	v = both(&r, "show ip route", &route);
	agree(route, "via ", v, "routes.0.next_hop");
	agree(route, "is directly connected, ", v, "routes.1.interface");
	assert_string_equal(text_at(v, "routes.1.prefix"), "192.0.2.0/24");
	assert_string_equal(text_at(v, "routes.1.source"), "connected");
	json_decref(v);
	v = both(&r, "show interfaces GigabitEthernet0/0", &full);
	agree(full, "MTU ", v, "interfaces.0.mtu_bytes");
	agree(full, "BW ", v, "interfaces.0.bandwidth_kbps");
	agree(full, "Internet address is ", v, "interfaces.0.ip_address");
	/* What is not UTF-8 is replaced, the rest stays. */
	assert_string_equal(text_at(v, "interfaces.0.description"),
		"t\303\266 \357\277\275 core");
	json_decref(v);
	fake_router_fini(&r);
}

/* The line of an array of lines that begins with a text; lent. */
static const json_t *line_of(const json_t *lines, const char *begin)
{
	const json_t *o;
	size_t i;

	json_array_foreach(lines, i, o)
	{
		if (strncmp(text_at(o, "line"), begin, strlen(begin)) == 0)
			return o;
	}
	fprintf(stderr, "no line %s\n", begin);
	assert_true(false);
	return NULL;
}

/* Sections hold their lines. */
static void running(void **state)
{
	struct router r;
	const json_t *o;
	json_t *v;

	(void)state;
	full_router(&r);
	v = json_of(&r, "show running-config");
	line_of(at(v, "lines"), "hostname R1");
	o = line_of(at(v, "lines"), "crypto isakmp policy 10");
	line_of(at(o, "lines"), "encryption aes 256");
	o = line_of(at(v, "lines"), "interface GigabitEthernet0/0");
	line_of(at(o, "lines"), "crypto map M");
	assert_null(json_object_get(
		line_of(at(v, "lines"), "hostname R1"), "lines"));
	json_decref(v);
	v = json_of(&r, "show running-config interface GigabitEthernet0/0");
	assert_int_equal(json_array_size(at(v, "lines")), 1);
	json_decref(v);
	fake_router_fini(&r);
}

/* As the text: the entries in force, each with its sequence number. */
static void access_lists(void **state)
{
	struct router r;
	json_t *v;

	(void)state;
	full_router(&r);
	v = json_of(&r, "show ip access-lists EXT");
	assert_string_equal(text_at(v, "access_lists.0.type"), "extended");
	assert_int_equal(num_at(v, "access_lists.0.entries.0.sequence"), 10);
	assert_string_equal(
		text_at(v, "access_lists.0.entries.1.action"), "deny");
	assert_string_equal(text_at(v, "access_lists.0.entries.0.line"),
		"10 permit tcp 10.0.0.0 0.0.0.255 any eq www log");
	json_decref(v);
	fake_router_fini(&r);
}

static void logging(void **state)
{
	auto_free char *text = NULL;
	struct router r;
	json_t *v;

	(void)state;
	full_router(&r);
	v = both(&r, "show logging", &text);
	agree(text, "Buffer logging:  level ", v, "buffer_level");
	agree(text, "", v, "messages.0");
	json_decref(v);
	fake_router_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(member),
		cmocka_unit_test(server),
		cmocka_unit_test(groups),
		cmocka_unit_test(isakmp),
		cmocka_unit_test(admission),
		cmocka_unit_test(public_keys),
		cmocka_unit_test(ipsec),
		cmocka_unit_test(network),
		cmocka_unit_test(running),
		cmocka_unit_test(access_lists),
		cmocka_unit_test(logging),
		cmocka_unit_test(others),
		cmocka_unit_test(every_show),
	};

	return cmocka_run_group_tests_name("show_json", tests, NULL, NULL);
}
