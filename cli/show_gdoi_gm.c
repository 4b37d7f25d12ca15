/* show crypto gdoi gm ... and the member's part of show crypto gdoi
 * (show-output.md 1.1, 1.4 to 1.10, 1.22, 1.23). */
#include "cli/show.h"

#include "gdoi/exchange.h"

#include <stdio.h>
#include <string.h>

static void field(struct sbuf *out, const char *label, const char *value)
{
	sbuf_printf(out, "    %-25s: %s\n", label, value);
}

static void field_u(struct sbuf *out, const char *label, uint64_t v)
{
	sbuf_printf(out, "    %-25s: %llu\n", label, (unsigned long long)v);
}

/* The member block: indent 7, width 22. */
static void item(struct sbuf *out, const char *label, const char *value)
{
	sbuf_printf(out, "       %-22s: %s\n", label, value);
}

static void item_u(struct sbuf *out, const char *label, uint64_t v)
{
	sbuf_printf(out, "       %-22s: %llu\n", label, (unsigned long long)v);
}

static void item_port(
	struct sbuf *out, const char *label, const struct ip_addr *a)
{
	char text[IP_TEXT];

	sbuf_printf(out, "       %-22s: %s/848\n", label, ip_text(a, text));
}

size_t show_gm_run(const struct gm_snapshot *v, size_t n)
{
	size_t k = 1;

	while (k < n && strcmp(v[k].policy.group, v[0].policy.group) == 0)
		k++;
	return k;
}

static const char *direction(const struct gm_snapshot *g)
{
	switch (g->direction) {
	case GM_INBOUND_ONLY:
		return "Inbound Only";
	case GM_INBOUND_OPTIONAL:
		return "Inbound Optional";
	default:
		return "Both";
	}
}

const struct kek_info *show_gm_kek(const struct gm_snapshot *g)
{
	return g->kek_new.live ? &g->kek_new : &g->kek_current;
}

static bool is_multicast(const struct gm_snapshot *g)
{
	const struct kek_info *k = show_gm_kek(g);

	return k->live && !k->unicast;
}

static const char *state_text(enum gm_state s)
{
	static const char *const names[] = {
		[GM_NOT_INITIALIZED] = "Not initialized",
		[GM_REGISTERING] = "Registering",
		[GM_REREGISTERING] = "Re-registering",
		[GM_REGISTERED] = "Registered",
	};

	return names[s];
}

static void registration(const struct gm_snapshot *g, struct sbuf *out)
{
	char ks[IP_TEXT];

	item(out, "Registration status", state_text(g->state));
	if (g->state == GM_REGISTERED) {
		item(out, "Registered with", ip_text(&g->ks, ks));
		sbuf_printf(out, "       %-22s: %u sec\n", "Re-registers in",
			g->reregister_in_secs);
	} else if (ip_is_set(&g->ks)) {
		item(out, "Registering to", ip_text(&g->ks, ks));
	}
	if (g->state != GM_REGISTERED && g->last_error[0] != '\0')
		item(out, "Last failure", g->last_error);
	item_u(out, "Succeeded registration", g->registrations_ok);
	item_u(out, "Attempted registration", g->registrations_tried);
}

static void rekeys(const struct gm_snapshot *g, struct sbuf *out)
{
	struct ip_addr from =
		ip_is_set(&g->last_rekey_from) ? g->last_rekey_from : ip_v4(0);
	char text[IP_TEXT], hms[16];

	item(out, "Last rekey from", ip_text(&from, text));
	item_u(out, "Last rekey seq num", g->last_rekey_seq);
	if (is_multicast(g)) {
		item_u(out, "Multicast rekey rcvd", g->rekeys);
	} else {
		item_u(out, "Unicast rekey received", g->rekeys);
		item_u(out, "Rekey ACKs sent", g->acks_sent);
	}
	if (g->rekeys > 0)
		item(out, "Rekey Rcvd(hh:mm:ss)",
			show_hms(g->last_rekey_ago_secs, hms));
	else
		item(out, "Rekey Received", "never");
	item_u(out, "PFS Rekey received", 0);
}

/* Names of the set bits, one blank apart; "any" for none. */
static void allowed(const struct gm_snapshot *g, struct sbuf *out)
{
	static const enum cipher_id ciphers[] = { CIPHER_DES, CIPHER_3DES,
		CIPHER_AES128, CIPHER_AES192, CIPHER_AES256 };
	static const enum hash_id hashes[] = { HASH_SHA1, HASH_SHA256,
		HASH_SHA384, HASH_SHA512 };
	auto_sbuf struct sbuf c = { 0 }, h = { 0 }, t = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(ciphers); i++) {
		if ((g->policy.kek_ciphers & 1U << ciphers[i]) == 0)
			continue;
		sbuf_printf(&c, "%s%s", c.n > 0 ? " " : "",
			show_cipher(ciphers[i]));
		if (ciphers[i] >= CIPHER_AES128)
			sbuf_printf(&c, "%u",
				cipher_alg(ciphers[i])->key_bytes * 8U);
	}
	for (size_t i = 0; i < ARRAY_LEN(hashes); i++) {
		if ((g->policy.sig_hashes & 1U << hashes[i]) != 0)
			sbuf_printf(&h, "%s%s", h.n > 0 ? " " : "",
				hash_alg(hashes[i])->ios);
	}
	for (size_t i = 0; i < g->policy.n_suites; i++) {
		char text[ESP_TEXT];

		sbuf_printf(&t, "%s%s", t.n > 0 ? ", " : "",
			esp_suite_display(&g->policy.suites[i], text));
	}
	item(out, "allowable rekey cipher", c.n > 0 ? sbuf_str(&c) : "any");
	item(out, "allowable rekey hash", h.n > 0 ? sbuf_str(&h) : "any");
	item(out, "allowable transformtag", t.n > 0 ? sbuf_str(&t) : "any ESP");
}

static void member(
	const struct gm_snapshot *g, const char *version, struct sbuf *out)
{
	char local[IP_TEXT];
	struct ip_addr none = ip_v4(0);

	sbuf_printf(out, "    %-25s: %-15s vrf: None\n", "Group member",
		ip_text(ip_is_set(&g->policy.local) ? &g->policy.local : &none,
			local));
	item_port(out, "Local addr/port",
		ip_is_set(&g->policy.local) ? &g->policy.local : &none);
	item_port(out, "Remote addr/port", ip_is_set(&g->ks) ? &g->ks : &none);
	item(out, "fvrf/ivrf", "None/None");
	item(out, "Version", version);
	registration(g, out);
	rekeys(g, out);
	if (g->policy.recovery_secs == 0)
		item(out, "DP Error Monitoring", "OFF");
	else
		sbuf_printf(out, "       %-22s: ON (interval %u sec)\n",
			"DP Error Monitoring", g->policy.recovery_secs);
	sbuf_printf(out, "       %-27s: 0\n       %-27s: 0\n",
		"IPSEC init reg executed", "IPSEC init reg postponed");
	item_u(out, "Active TEK Number", g->n_teks);
	item(out, "SA Track (OID/status)", "disabled");
	sbuf_printf(out, "       Fail-Close Revert : %s\n\n",
		g->policy.fail_close_revert ? "Enabled" : "Disabled");
	allowed(g, out);
}

static void members(const struct gm_snapshot *v, size_t n, const char *version,
	struct sbuf *out)
{
	sbuf_printf(out, "Group Member Information For Group %s:\n",
		v[0].policy.group);
	field(out, "IPSec SA Direction", direction(&v[0]));
	sbuf_printf(out, "    %-25s: gdoi_group_%s_temp_acl\n",
		"ACL Received From KS", v[0].policy.group);
	for (size_t i = 0; i < n; i++) {
		sbuf_addc(out, '\n');
		member(&v[i], version, out);
	}
}

void show_gdoi_gm(const struct gm_snapshot *v, size_t n, const char *version,
	struct sbuf *out)
{
	for (size_t i = 0, run; i < n; i += run) {
		run = show_gm_run(v + i, n - i);
		if (i > 0)
			sbuf_addc(out, '\n');
		members(v + i, run, version, out);
	}
}

static void servers(const struct gm_policy *p, struct sbuf *out)
{
	char text[IP_TEXT];

	sbuf_printf(out, "     %-24s: ", "Group Server list");
	if (p->n_servers == 0)
		sbuf_addc(out, '\n');
	for (size_t i = 0; i < p->n_servers; i++) {
		if (i > 0)
			sbuf_pad(out, ' ', 31);
		sbuf_printf(out, "%s\n", ip_text(&p->server[i], text));
	}
}

static void kek_block(const struct gm_snapshot *g, struct sbuf *out)
{
	const struct kek_info *k = show_gm_kek(g);
	const struct cipher_alg *a = cipher_alg(k->cipher);

	sbuf_adds(out, "\nKEK POLICY:\n");
	if (!k->live)
		return;
	field(out, "Rekey Transport Type",
		k->unicast ? "Unicast" : "Multicast");
	field_u(out, "Lifetime (secs)", k->remaining_secs);
	field(out, "Encrypt Algorithm", show_cipher(k->cipher));
	field_u(out, "Key Size", a != NULL ? a->key_bytes * 8U : 0);
	field(out, "Sig Hash Algorithm", show_sig_hash(k->sig_hash));
	field_u(out, "Sig Key Length (bits)", k->sig_key_der_bytes * 8U);
}

static void tek_sa(const struct tek_info *t, struct sbuf *out)
{
	char window[WINDOW_TEXT];
	char text[ESP_TEXT];

	sbuf_printf(out,
		"    IPsec SA:\n"
		"        spi: 0x%08X(%u)\n"
		"        transform: %s\n"
		"        sa timing:remaining key lifetime (sec): (%u)\n",
		t->spi, t->spi, esp_suite_display(&t->suite, text),
		t->remaining_secs);
	if (t->replay == REPLAY_COUNTER)
		sbuf_printf(out, "        Anti-Replay(Counter Based) : %u\n",
			t->replay_window);
	else if (t->replay == REPLAY_TIME)
		sbuf_printf(out,
			"        Anti-Replay(Time Based) : %s interval\n",
			show_replay_window(t->replay, t->replay_window, " sec",
				window));
	else
		sbuf_adds(out, "        Anti-Replay : Disabled\n");
	sbuf_printf(out,
		"        tag method : disabled\n"
		"        alg key size: %zu (bytes)\n"
		"        sig key size: %zu (bytes)\n"
		"        encaps: %s\n\n",
		show_cipher_bytes(&t->suite), esp_auth_key_bytes(&t->suite),
		t->transport_mode ? "ENCAPS_TRANSPORT" : "ENCAPS_TUNNEL");
}

/* A line per member below each of the two trailing headings. */
static void policies_none(
	const struct gm_snapshot *v, size_t n, struct sbuf *out)
{
	static const char *const heads[] = { "KGS POLICY:\n",
		"\nP2P POLICY:\n" };

	for (size_t h = 0; h < ARRAY_LEN(heads); h++) {
		sbuf_adds(out, heads[h]);
		for (size_t i = 0; i < n; i++) {
			char text[IP_TEXT];

			sbuf_printf(out, "  REG_GM: local_addr %s\n",
				ip_text(&v[i].policy.local, text));
		}
	}
}

void show_gdoi_gm_group(const struct gm_snapshot *v, size_t n,
	const char *version, struct sbuf *out)
{
	const struct gm_snapshot *g = &v[0];
	char ks[IP_TEXT];

	field(out, "Group Name", g->policy.group);
	sbuf_printf(out, "    %-25s: ", "Group Identity");
	show_group_id(&g->policy.id, out);
	sbuf_addc(out, '\n');
	field(out, "Group Type", "GDOI (ISAKMP)");
	field(out, "Crypto Path", g->policy.ip6 ? "ipv6" : "ipv4");
	field(out, "Key Management Path", "ipv4");
	field_u(out, "Rekeys received", g->rekeys);
	field(out, "IPSec SA Direction", direction(g));
	sbuf_addc(out, '\n');
	servers(&g->policy, out);
	sbuf_addc(out, '\n');
	members(v, n, version, out);
	sbuf_adds(out, "\n    Rekeys cumulative\n");
	item_u(out, "Total received", g->rekeys);
	item_u(out, "After latest register", g->rekeys_since_registration);
	item_u(out, "Rekey Acks sents", g->acks_sent);
	if (g->has_acl) {
		sbuf_printf(out, "\n ACL Downloaded From KS %s:\n",
			ip_text(&g->ks, ks));
		show_acl_gdoi(&g->acl, "   access-list   ", out);
	}
	kek_block(g, out);
	sbuf_adds(out, "\nTEK POLICY for the current KS-Policy ACEs "
		       "Downloaded:\n");
	for (size_t i = 0; i < n; i++) {
		sbuf_printf(out, "  %s:\n", v[i].policy.ifname);
		for (size_t t = 0; t < v[i].n_teks; t++)
			tek_sa(&v[i].tek[t], out);
	}
	sbuf_addc(out, '\n');
	policies_none(v, n, out);
}

void show_gdoi_gm_acl(const struct gm_snapshot *v, size_t n, bool download,
	bool local, struct sbuf *out)
{
	for (size_t i = 0, run; i < n; i += run) {
		const struct gm_snapshot *g = &v[i];
		char ks[IP_TEXT];

		run = show_gm_run(v + i, n - i);
		sbuf_printf(out, "Group Name: %s\n", g->policy.group);
		if (download) {
			sbuf_printf(out, " ACL Downloaded From KS %s:\n",
				g->has_acl ? ip_text(&g->ks, ks) : "UNKNOWN");
			if (g->has_acl)
				show_acl_gdoi(
					&g->acl, "   access-list   ", out);
		}
		if (!local)
			continue;
		sbuf_adds(out, " ACL Configured Locally: \n");
		for (size_t k = 0; k < run; k++) {
			const struct acl *a = v[i + k].policy.local_acl;
			auto_sbuf struct sbuf lead = { 0 };

			if (a == NULL)
				continue;
			sbuf_printf(
				out, "  Map Name: %s\n", v[i + k].policy.map);
			sbuf_printf(&lead, "   access-list %s ", a->name);
			show_acl_gdoi(a, sbuf_str(&lead), out);
		}
	}
}

/* --- rekey --- */

static uint32_t cookie(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static void kek_row(
	const char *label, const struct kek_info *k, struct sbuf *out)
{
	char dst[IP_TEXT], src[IP_TEXT];

	if (!k->live) {
		sbuf_printf(out,
			"%-8s: ---             ---               ---    ---   "
			"     ---\n",
			label);
		return;
	}
	sbuf_printf(out, "%-8s: %-16s%-16s%7u   %08X   %08X\n", label,
		ip_text(&k->dst, dst), ip_text(&k->src, src), k->conn_id,
		cookie(k->spi), cookie(k->spi + 8));
}

/* Rekeys signed otherwise than we sign; a line of ours, and only then. */
static void other_forms(const struct gm_snapshot *g, struct sbuf *out)
{
	if (g->signed_padded > 0)
		sbuf_printf(out, "    %-45s: %llu\n",
			"Number of Rekeys signed with padded length",
			(unsigned long long)g->signed_padded);
	if (g->signed_bare > 0)
		sbuf_printf(out, "    %-45s: %llu\n",
			"Number of Rekeys signed without DigestInfo",
			(unsigned long long)g->signed_bare);
}

void show_gdoi_gm_rekey(
	const struct gm_snapshot *v, size_t n, bool detail, struct sbuf *out)
{
	for (size_t i = 0; i < n; i++) {
		const struct gm_snapshot *g = &v[i];

		if (i > 0)
			sbuf_adds(out, "\n\n");
		sbuf_printf(out,
			"Group %s (%s)\n"
			"    %-45s: %llu\n    %-45s: %llu\n",
			g->policy.group,
			is_multicast(g) ? "Multicast" : "Unicast",
			"Number of Rekeys received (cumulative)",
			(unsigned long long)g->rekeys,
			"Number of Rekeys received after registration",
			(unsigned long long)g->rekeys_since_registration);
		if (!is_multicast(g))
			sbuf_printf(out, "    %-45s: %llu\n",
				"Number of Rekey Acks sent",
				(unsigned long long)g->acks_sent);
		if (!detail)
			continue;
		other_forms(g, out);
		sbuf_adds(out,
			"\nRekey (KEK) SA information :\n"
			"          dst             src             conn-id  "
			"my-cookie  his-cookie\n");
		kek_row("New", &g->kek_new, out);
		kek_row("Current", &g->kek_current, out);
		kek_row("Previous", &g->kek_previous, out);
	}
}

void show_gdoi_gm_pubkey(
	const struct gm_snapshot *v, size_t n, struct sbuf *out)
{
	for (size_t i = 0; i < n; i++) {
		const struct kek_info *k = show_gm_kek(&v[i]);
		char ks[IP_TEXT];

		sbuf_printf(out, "  GDOI Group: %s\n", v[i].policy.group);
		if (!k->live)
			continue;
		sbuf_printf(out,
			"    KS IP Address: %s\n"
			"    conn-id: %u    my-cookie:%08X    "
			"his-cookie:%08X\n"
			"    Key Data:\n",
			ip_text(&k->src, ks), k->conn_id, cookie(k->spi),
			cookie(k->spi + 8));
		show_key_data(v[i].sig_key, v[i].sig_key_n, 6, out);
	}
}

/* --- identifier, counters --- */

bool show_gm_counter_mode(const struct gm_snapshot *g)
{
	const struct esp_cipher_alg *a =
		g->n_teks > 0 ? esp_cipher_alg(g->tek[0].suite.cipher) : NULL;

	return a != NULL && a->counter_mode;
}

static void sids(const struct gm_snapshot *g, bool detail, struct sbuf *out)
{
	bool counter = show_gm_counter_mode(g);

	sbuf_printf(out,
		"    %-32s: %s\n"
		"    %-32s: %u\n\n",
		"Transform Mode",
		counter ? "Counter (Suite-B)" : "Non-Counter (Non-Suite-B)",
		"# of SIDs Last Requested", counter ? 1U : 0U);
	if (!counter)
		sbuf_adds(out, "    CURRENT SIDs: None\n");
	else
		sbuf_printf(out,
			"    CURRENT SIDs:\n"
			"      %-30s: %s\n"
			"      %-30s: 1\n"
			"      %-30s: %u\n"
			"      %-30s: %u\n",
			"SID Length (Group Size)", show_sid_size(g->sid_bits),
			"# of SIDs Downloaded", "First SID Downloaded", g->sid,
			"Last SID Downloaded", g->sid);
	if (!detail)
		return;
	sbuf_printf(out,
		"\n    NEXT SID REQUEST:\n"
		"      %-30s: %u sec\n"
		"      %-30s: %s\n",
		"TEK Lifetime", g->n_teks > 0 ? g->tek[0].orig_secs : 0,
		"SID Length (Group Size)", show_sid_size(g->sid_bits));
}

void show_gdoi_gm_identifier(
	const struct gm_snapshot *v, size_t n, bool detail, struct sbuf *out)
{
	for (size_t i = 0, run; i < n; i += run) {
		run = show_gm_run(v + i, n - i);
		if (i > 0)
			sbuf_addc(out, '\n');
		sbuf_printf(out,
			"GM Sender ID (SID) Information for Group %s:\n",
			v[i].policy.group);
		for (size_t k = i; k < i + run; k++) {
			char text[IP_TEXT];

			sbuf_printf(out, "\n  Group Member: %-15s  vrf: None\n",
				ip_text(&v[k].policy.local, text));
			sids(&v[k], detail, out);
		}
	}
}

static void counters(struct sbuf *out, const char *l1, uint64_t v1,
	const char *l2, uint64_t v2)
{
	sbuf_printf(out, "    %-25s: %-9llu%-25s: %llu\n", l1,
		(unsigned long long)v1, l2, (unsigned long long)v2);
}

uint64_t gm_encaps_failed(const struct dp_group_counters *c)
{
	return c->drops[DP_DROP_ENCAPS_FAIL] + c->drops[DP_DROP_TOO_BIG] +
	       c->drops[DP_DROP_SEQ_EXHAUSTED];
}

void show_gdoi_gm_counters(
	const struct gm_snapshot *v, size_t n, struct sbuf *out)
{
	for (size_t i = 0; i < n; i++) {
		const struct dp_group_counters *c = &v[i].count;

		if (i > 0)
			sbuf_addc(out, '\n');
		sbuf_printf(out, "Data-plane statistics for group %s:\n",
			v[i].policy.group);
		counters(out, "#pkts encrypt", c->encrypt, "#pkts decrypt",
			c->decrypt);
		counters(out, "#pkts tagged (send)", 0, "#pkts untagged (rcv)",
			0);
		counters(out, "#pkts no sa (send)", c->drops[DP_DROP_NO_SA],
			"#pkts invalid sa (rcv)", c->drops[DP_DROP_INVALID_SA]);
		counters(out, "#pkts encaps fail (send)",
			gm_encaps_failed(c), "#pkts decap fail (rcv)",
			c->drops[DP_DROP_DECAP_FAIL]);
		counters(out, "#pkts invalid prot (rcv)",
			c->drops[DP_DROP_INVALID_PROT],
			"#pkts verify fail (rcv)",
			c->drops[DP_DROP_VERIFY_FAIL]);
		counters(out, "#pkts not tagged (send)", 0,
			"#pkts not untagged (rcv)", 0);
		counters(out, "#pkts internal err (send)",
			c->drops[DP_DROP_INTERNAL_SEND],
			"#pkts internal err (rcv)",
			c->drops[DP_DROP_INTERNAL_RECV]);
	}
}

/* --- ipsec sa, rekey sa --- */

static void ident(const char *label, struct ip_wild w,
	const struct ace_port *port, struct sbuf *out)
{
	struct ip_addr a = ip_v4(w.addr);
	char text[IP_TEXT];
	uint8_t len;

	sbuf_printf(
		out, "      %s ident%s = ", label, label[0] == 'l' ? " " : "");
	if (w.wild == UINT32_MAX)
		sbuf_adds(out, "ANY");
	else
		sbuf_adds(out, ip_text(&a, text));
	if (w.wild != UINT32_MAX && w.wild != 0 && ip_mask_len(~w.wild, &len))
		sbuf_printf(out, "/%u", len);
	sbuf_printf(out, ", port = %u\n",
		port->op == PORT_EQ && port->n > 0 ? port->p[0] : 0);
}

static void flow(const struct gm_snapshot *g, const struct tek_info *t,
	const struct ace *e, struct sbuf *out)
{
	const char *name = proto_name(e->proto);
	char window[WINDOW_TEXT];

	if (name != NULL)
		sbuf_printf(out, "    protocol = %s\n", name);
	else
		sbuf_printf(out, "    protocol = %d\n", e->proto);
	ident("local", e->src, &e->sport, out);
	ident("remote", e->dst, &e->dport, out);
	sbuf_printf(out, "      direction: %s, replay(method/window): ",
		g->direction == GM_BOTH ? "Both" : "Inbound");
	if (t->replay == REPLAY_TIME)
		sbuf_printf(out, "Time/%s\n",
			show_replay_window(t->replay, t->replay_window, " sec",
				window));
	else if (t->replay == REPLAY_COUNTER)
		sbuf_printf(out, "Counter/%u\n", t->replay_window);
	else
		sbuf_adds(out, "None/0\n");
}

void show_gdoi_ipsec_sa(const struct gm_snapshot *v, size_t n, struct sbuf *out)
{
	for (size_t i = 0, run; i < n; i += run) {
		run = show_gm_run(v + i, n - i);
		sbuf_printf(
			out, "SA created for group %s:\n", v[i].policy.group);
		for (size_t k = i; k < i + run; k++) {
			const struct gm_snapshot *g = &v[k];

			sbuf_printf(out, "  %s:\n", g->policy.ifname);
			for (size_t t = 0; t < g->n_teks; t++) {
				for (size_t e = 0; e < g->acl.n; e++)
					flow(g, &g->tek[t], &g->acl.v[e], out);
			}
		}
		sbuf_addc(out, '\n');
	}
}

static void rekey_sa_row(const struct kek_info *k, struct sbuf *out)
{
	char dst[IP_TEXT], src[IP_TEXT];

	if (k->live)
		sbuf_printf(out, "%-16s%-16s%-16uACTIVE\n",
			ip_text(&k->dst, dst), ip_text(&k->src, src),
			k->conn_id);
}

static void rekey_sa_detail(
	const struct gm_snapshot *g, const struct kek_info *k, struct sbuf *out)
{
	const struct cipher_alg *a = cipher_alg(k->cipher);
	char dst[IP_TEXT], src[IP_TEXT];

	if (!k->live)
		return;
	sbuf_printf(out,
		"\n  KEK POLICY (transport type : %s)\n"
		"   Local addr/port : %s/%u\n"
		"   Remote addr/port : %s/848\n"
		"    spi : 0x",
		k->unicast ? "Unicast" : "Multicast", ip_text(&k->dst, dst),
		k->unicast ? 848U : k->dst_port, ip_text(&k->src, src));
	for (size_t i = 0; i < sizeof(k->spi); i++)
		sbuf_printf(out, "%02X", k->spi[i]);
	sbuf_printf(out,
		"\n    management alg     : disabled    encrypt alg       : "
		"%-10s\n"
		"    crypto iv length   : %-12ukey size          : %-8u\n"
		"    orig life(sec)     : %-10u\n"
		"    sig hash algorithm : enabled     sig key length    : %u\n"
		"    sig size           : %u\n",
		show_cipher(k->cipher), a != NULL ? a->block : 0U,
		a != NULL ? a->key_bytes : 0U, k->orig_secs,
		k->sig_key_der_bytes, k->sig_bytes);
	sbuf_printf(out,
		"    acknowledgement    : %s\n"
		"    conn_id (IKEv1)    : %u\n"
		"    seq num            : %-12uprev seq num      : %-8u\n"
		"    handle             : %-10u\n"
		"    Interface          : %s\n"
		"    Group Name         : %-16s\n",
		g->ack_kind != 0 ? "Cisco" : "None", k->conn_id, k->seq,
		k->seq > 0 ? k->seq - 1 : 0, 40000000U + g->dp_group,
		g->policy.ifname, g->policy.group);
}

void show_gdoi_rekey_sa(
	const struct gm_snapshot *v, size_t n, bool detail, struct sbuf *out)
{
	size_t active = 0;

	for (size_t i = 0; i < n; i++)
		active += (size_t)v[i].kek_new.live + v[i].kek_current.live;
	if (detail)
		sbuf_printf(out,
			"KEK SA DB STATS:\n"
			"    num_active = %zu\n"
			"    num_malloc = %zu\n"
			"    num_free = 0\n",
			active, active);
	else
		sbuf_adds(out,
			"GETVPN REKEY SA\n"
			"dst             src             conn-id         "
			"status\n");
	for (size_t i = 0; i < n; i++) {
		if (detail) {
			rekey_sa_detail(&v[i], &v[i].kek_new, out);
			rekey_sa_detail(&v[i], &v[i].kek_current, out);
		} else {
			rekey_sa_row(&v[i].kek_new, out);
			rekey_sa_row(&v[i].kek_current, out);
		}
	}
}
