/* show crypto gdoi ks ... and the key server's part of show crypto gdoi
 * (show-output.md 1.2, 1.11 to 1.21). */
#include "cli/show.h"

#include "gdoi/exchange.h"

#include <stdio.h>
#include <string.h>

/* "    Label                    : value", label width 25 behind 4 blanks. */
static void field(struct sbuf *out, const char *label, const char *value)
{
	sbuf_printf(out, "    %-25s: %s\n", label, value);
}

static void field_u(struct sbuf *out, const char *label, uint64_t v)
{
	sbuf_printf(out, "    %-25s: %llu\n", label, (unsigned long long)v);
}

/* Indent 8, width 21: below a heading. */
static void sub_secs(struct sbuf *out, const char *label, uint32_t secs)
{
	sbuf_printf(out, "        %-21s: %u secs\n", label, secs);
}

static void identity(const struct ks_snapshot *k, struct sbuf *out)
{
	sbuf_printf(out, "    %-25s: ", "Group Identity");
	show_group_id(&k->policy.id, out);
	sbuf_addc(out, '\n');
}

static const char *direction(const struct ks_snapshot *k)
{
	return k->policy.receive_only ? "Inbound Only" : "Both";
}

static const char *transport(const struct ks_snapshot *k)
{
	return k->policy.unicast ? "Unicast" : "Multicast";
}

static const char *retransmits(const struct ks_snapshot *k, char *buf, size_t n)
{
	if (k->policy.retransmit_count == LIFE_FOREVER)
		return "Periodic";
	snprintf(buf, n, "%u", k->policy.retransmit_count);
	return buf;
}

static void sa_block(const struct ks_sa_info *s, struct sbuf *out)
{
	const struct ks_sa_policy *p = &s->policy;
	char window[WINDOW_TEXT];

	sbuf_printf(out,
		"      %-23s: %u\n"
		"      %-23s: %u secs\n"
		"      %-23s: %s\n"
		"      %-23s: %s\n",
		"IPSec SA Number", p->number, "IPSec SA Rekey Lifetime",
		p->life_secs, "Profile Name", p->profile, "Replay method",
		show_replay_method(p->replay));
	if (p->replay != REPLAY_NONE)
		sbuf_printf(out, "      %-23s: %s\n", "Replay Window Size",
			show_replay_window(p->replay, p->replay_window, "",
				window));
	sbuf_printf(out, "      %-23s: %s\n", "Tagging method", "Disabled");
	if (s->live)
		sbuf_printf(out,
			"      SA Rekey\n"
			"         %-20s: %u secs\n"
			"         %-20s: %u secs\n",
			"Remaining Lifetime", s->remaining_secs,
			"Time to Rekey", s->rekey_in_secs);
	sbuf_printf(out, "      %-23s: access-list %s\n", "ACL Configured",
		p->acl_name);
}

static void rekey_block(const struct ks_snapshot *k, struct sbuf *out)
{
	char buf[16];

	sbuf_printf(out, "    %-25s: %u secs\n", "Group Rekey Lifetime",
		k->policy.kek_life_secs);
	if (k->kek.live) {
		sbuf_adds(out, "    Group Rekey\n");
		sub_secs(out, "Remaining Lifetime", k->kek.remaining_secs);
		sub_secs(out, "Time to Rekey", k->kek.rekey_in_secs);
		sbuf_printf(out, "        %-21s: %s\n", "Acknowledgement Cfg",
			show_ack(&k->policy));
	}
	sbuf_printf(out, "    %-25s: %u secs\n", "Rekey Retransmit Period",
		k->policy.retransmit_secs);
	field(out, "Rekey Retransmit Attempts",
		retransmits(k, buf, sizeof(buf)));
	if (k->kek.live) {
		sbuf_adds(out, "    Group Retransmit\n");
		sub_secs(out, "Remaining Lifetime", k->retransmit_left_secs);
	}
}

void show_gdoi_ks_group(const struct ks_snapshot *k, struct sbuf *out)
{
	char window[WINDOW_TEXT];

	sbuf_printf(out, "    %-25s: %s (%s)\n", "Group Name", k->policy.group,
		transport(k));
	field(out, "Re-auth on new CRL", "Disabled");
	identity(k, out);
	field(out, "Group Type", "GDOI (ISAKMP)");
	field(out, "Crypto Path", k->policy.ip6 ? "ipv6" : "ipv4");
	field(out, "Key Management Path", "ipv4");
	field_u(out, "Group Members", k->n_members);
	field(out, "IPSec SA Direction", direction(k));
	field(out, "IP D3P Window", show_d3p(k, window));
	field(out, "Split Resiliency Factor", "0");
	field(out, "CKM status", "Disabled");
	rekey_block(k, out);
	for (size_t i = 0; i < k->policy.n_sas; i++) {
		sbuf_addc(out, '\n');
		sa_block(&k->sa[i], out);
	}
	sbuf_printf(out, "\n     %-24s: Local\n", "Group Server list");
}

void show_gdoi_ks(
	const struct ks_snapshot *v, size_t n, bool detail, struct sbuf *out)
{
	size_t members = 0;

	for (size_t i = 0; i < n; i++)
		members += v[i].n_members;
	if (n > 0)
		sbuf_printf(out,
			"Total group members registered to this box: %zu\n",
			members);
	for (size_t i = 0; i < n; i++) {
		const struct ks_snapshot *k = &v[i];
		char window[WINDOW_TEXT];

		sbuf_printf(out, "\nKey Server Information For Group %s:\n",
			k->policy.group);
		field(out, "Group Name", k->policy.group);
		field(out, "Re-auth on new CRL", "Disabled");
		identity(k, out);
		field(out, "Group Type", "GDOI (ISAKMP)");
		field_u(out, "Group Members", k->n_members);
		field(out, "Rekey Acknowledgement Cfg", show_ack(&k->policy));
		field(out, "IPSec SA Direction", direction(k));
		field(out, "IP D3P Window", show_d3p(k, window));
		field(out, "Split Resiliency Factor", "0");
		field(out, "CKM status", "Disabled");
		sbuf_printf(out, "    ACL Configured:%s\n", detail ? " " : "");
		for (size_t s = 0; s < k->policy.n_sas; s++)
			sbuf_printf(out, "        access-list %s\n",
				k->sa[s].policy.acl_name);
	}
}

/* --- members --- */

static void rekey_head(const struct ks_snapshot *k, struct sbuf *out)
{
	const char *g = k->policy.group;

	sbuf_printf(out,
		"Number of rekeys sent for group %s : %llu\n"
		"Number of retransmits during the last rekey for group %s : "
		"%u\n"
		"Duration of the last rekey for group %s : %u msec\n",
		g, (unsigned long long)k->rekeys_sent, g,
		k->last_rekey_retransmits, g, k->last_rekey_msec);
}

static void seq_line(const char *label, const uint32_t seq[4], struct sbuf *out)
{
	sbuf_printf(out, " %s seq num : ", label);
	for (size_t i = 0; i < 4; i++)
		sbuf_printf(out, "%-6u", seq[i]);
	sbuf_addc(out, '\n');
}

static void member(const struct ks_snapshot *k, const struct ks_member_info *m,
	struct sbuf *out)
{
	char id[IP_TEXT], ks[IP_TEXT];

	sbuf_printf(out,
		"%-19s: %s  GM Version: %s\n %-18s: ", "Group Member ID",
		ip_text(&m->id, id), m->version, "Group ID");
	show_group_id(&k->policy.id, out);
	sbuf_printf(out, "\n %-18s: %s\n %-18s: %s\n %-18s: %s\n %-18s: %s\n",
		"Group Name", k->policy.group, "Group Type", "GDOI (ISAKMP)",
		"GM State", "Registered", "Key Server ID", ip_text(&m->ks, ks));
	if (k->policy.unicast) {
		sbuf_printf(out,
			" %-18s: %u\n %-18s: %u\n %-18s: %u\n %-18s: %u\n\n",
			"Rekeys sent", m->rekeys_sent, "Rekeys retries",
			m->rekey_retries, "Rekey Acks Rcvd", m->acks,
			"Rekey Acks missed", m->acks_missed);
		seq_line("Sent", m->sent_seq, out);
		seq_line("Rcvd", m->rcvd_seq, out);
	}
	sbuf_adds(out, "\n\n");
}

static void members_of(const struct ks_snapshot *k, const struct ip_addr *who,
	struct sbuf *out)
{
	size_t found = 0;

	for (size_t i = 0; i < k->n_members; i++)
		found += who == NULL || ip_equal(&k->member[i].id, who);
	if (who != NULL && found == 0) {
		sbuf_adds(out, "\n\nGroup Member not Found\n\n");
		return;
	}
	rekey_head(k, out);
	sbuf_addc(out, '\n');
	for (size_t i = 0; i < k->n_members; i++) {
		if (who == NULL || ip_equal(&k->member[i].id, who))
			member(k, &k->member[i], out);
	}
}

void show_gdoi_ks_members(const struct ks_snapshot *v, size_t n,
	const struct ip_addr *who, struct sbuf *out)
{
	if (n > 0 && who == NULL)
		sbuf_adds(out, "Group Member Information : \n\n");
	for (size_t i = 0; i < n; i++)
		members_of(&v[i], who, out);
}

void show_gdoi_ks_summary(
	const struct ks_snapshot *v, size_t n, struct sbuf *out)
{
	if (n > 0)
		sbuf_adds(out, "Group Member Information : \n\n");
	for (size_t i = 0; i < n; i++) {
		const struct ks_snapshot *k = &v[i];
		char a[IP_TEXT];

		sbuf_printf(out, "Group Name: %s, ID: ", k->policy.group);
		show_group_id(&k->policy.id, out);
		sbuf_printf(out,
			", Group Members: %zu\nKey Server ID: %s, GMDB state: "
			"LOCAL, Group Members: %zu\n"
			"  Member ID     Version      Rekey sent     Rekey Ack "
			"missed\n",
			k->n_members, ip_text(&k->policy.local, a),
			k->n_members);
		for (size_t m = 0; m < k->n_members; m++)
			sbuf_printf(out, "  %s  %-15s%-16u%u\n",
				ip_text(&k->member[m].id, a),
				k->member[m].version, k->member[m].rekeys_sent,
				k->member[m].acks_missed);
		sbuf_addc(out, '\n');
	}
}

/* --- policy --- */

/* Two columns: label 19, value 14, label 22, value. */
static void pair(struct sbuf *out, const char *l1, const char *v1,
	const char *l2, const char *v2)
{
	sbuf_printf(out, "    %-19s: %-14s%-22s: %s\n", l1, v1, l2, v2);
}

static void pair_u(struct sbuf *out, const char *l1, uint32_t v1,
	const char *l2, uint32_t v2)
{
	char a[16], b[16];

	snprintf(a, sizeof(a), "%u", v1);
	snprintf(b, sizeof(b), "%u", v2);
	pair(out, l1, a, l2, b);
}

static void one(struct sbuf *out, const char *label, const char *value)
{
	sbuf_printf(out, "    %-19s: %s\n", label, value);
}

static void one_u(struct sbuf *out, const char *label, uint32_t v)
{
	sbuf_printf(out, "    %-19s: %u\n", label, v);
}

static void kek_policy(const struct ks_snapshot *k, struct sbuf *out)
{
	const struct kek_info *kek = &k->kek;
	const struct cipher_alg *a = cipher_alg(kek->cipher);
	char ip[IP_TEXT];

	sbuf_printf(out, "  KEK POLICY (transport type : %s)\n",
		kek->unicast ? "Unicast" : "Multicast");
	if (!kek->unicast)
		sbuf_printf(out, "    %-19s: %s/%u\n", "dest addr/port",
			ip_text(&kek->dst, ip), kek->dst_port);
	sbuf_adds(out, "    spi : 0x");
	for (size_t i = 0; i < sizeof(kek->spi); i++)
		sbuf_printf(out, "%02X", kek->spi[i]);
	sbuf_addc(out, '\n');
	pair(out, "management alg", "disabled", "encrypt alg",
		show_cipher(kek->cipher));
	pair_u(out, "crypto iv length", a != NULL ? a->block : 0, "key size",
		a != NULL ? a->key_bytes : 0);
	pair_u(out, "orig life(sec)", kek->orig_secs, "remaining life(sec)",
		kek->remaining_secs);
	one_u(out, "time to rekey (sec)", kek->rekey_in_secs);
	sbuf_printf(out, "    %-19s: %-14s%-22s: %u\n", "sig hash algorithm",
		"enabled", "sig key length", kek->sig_key_der_bytes);
	one_u(out, "sig size", kek->sig_bytes);
	one(out, "sig key name", kek->key_label);
	one(out, "acknowledgement", show_ack(&k->policy));
}

static void tek_policy(const struct tek_info *t, struct sbuf *out)
{
	char text[ESP_TEXT];

	sbuf_printf(out,
		"  TEK POLICY (encaps : %s)\n"
		"    %-19s: 0x%08X\n",
		t->transport_mode ? "ENCAPS_TRANSPORT" : "ENCAPS_TUNNEL", "spi",
		t->spi);
	one(out, "access-list", t->acl_name);
	one(out, "transform", esp_suite_display(&t->suite, text));
	pair_u(out, "alg key size", (uint32_t)show_cipher_bytes(&t->suite),
		"sig key size", (uint32_t)esp_auth_key_bytes(&t->suite));
	pair_u(out, "orig life(sec)", t->orig_secs, "remaining life(sec)",
		t->remaining_secs);
	pair_u(out, "tek life(sec)", t->orig_secs, "elapsed time(sec)",
		t->elapsed_secs);
	pair_u(out, "override life(sec)", t->override_secs,
		"antireplay window size",
		t->replay == REPLAY_NONE   ? 0
		: t->replay == REPLAY_TIME ? t->replay_window / 1000
					   : t->replay_window);
	if (t->rekey_in_secs == LIFE_FOREVER)
		one(out, "time to rekey (sec)", "n/a");
	else
		one_u(out, "time to rekey (sec)", t->rekey_in_secs);
	sbuf_adds(out, "\n\n");
}

void show_gdoi_ks_policy(
	const struct ks_snapshot *v, size_t n, struct sbuf *out)
{
	if (n > 0)
		sbuf_adds(out, "Key Server Policy:\n");
	for (size_t i = 0; i < n; i++) {
		const struct ks_snapshot *k = &v[i];
		char a[IP_TEXT];

		sbuf_printf(out,
			"For group %s (handle: 0x%08X) server %s (handle: "
			"0x%08X):\n\n"
			"  # of teks : %zu  Seq num : %u\n",
			k->policy.group, 0x40000000U + k->handle,
			ip_text(&k->policy.local, a), 0x40000000U + k->handle,
			k->n_teks, k->kek.live ? k->kek.seq : 0);
		if (k->kek.live)
			kek_policy(k, out);
		sbuf_addc(out, '\n');
		for (size_t t = 0; t < k->n_teks; t++)
			tek_policy(&k->tek[t], out);
	}
}

void show_gdoi_ks_acl(const struct ks_snapshot *v, size_t n, struct sbuf *out)
{
	for (size_t i = 0; i < n; i++) {
		const struct ks_snapshot *k = &v[i];

		sbuf_printf(out, "Group Name: %s\n Configured ACL:\n",
			k->policy.group);
		for (size_t s = 0; s < k->policy.n_sas; s++) {
			auto_sbuf struct sbuf lead = { 0 };

			if (k->sa[s].policy.acl == NULL)
				continue;
			sbuf_printf(&lead, "   access-list %s  ",
				k->sa[s].policy.acl_name);
			show_acl_gdoi(
				k->sa[s].policy.acl, sbuf_str(&lead), out);
		}
		sbuf_addc(out, '\n');
	}
}

/* --- rekey, coop, identifier --- */

static void wide_u(struct sbuf *out, const char *label, uint64_t v)
{
	sbuf_printf(out, "    %-36s: %llu\n", label, (unsigned long long)v);
}

static void nested_u(struct sbuf *out, const char *label, uint32_t v)
{
	sbuf_printf(out, "        %-32s: %u\n", label, v);
}

static void rekey_sas(const struct ks_snapshot *k, struct sbuf *out)
{
	for (size_t s = 0; s < k->policy.n_sas; s++) {
		char label[48];

		snprintf(label, sizeof(label), "IPSec SA %u  lifetime (sec)",
			k->sa[s].policy.number);
		wide_u(out, label, k->sa[s].policy.life_secs);
		if (!k->sa[s].live)
			continue;
		nested_u(out, "Remaining lifetime (sec)",
			k->sa[s].remaining_secs);
		nested_u(out, "Remaining time until rekey (sec)",
			k->sa[s].rekey_in_secs);
	}
}

void show_gdoi_ks_rekey(const struct ks_snapshot *v, size_t n, struct sbuf *out)
{
	for (size_t i = 0; i < n; i++) {
		const struct ks_snapshot *k = &v[i];
		char buf[16];

		if (i > 0)
			sbuf_addc(out, '\n');
		sbuf_printf(out,
			"Group %s (%s)\n    %-36s: %s\n    %-36s: %s\n",
			k->policy.group, transport(k),
			"Acknowledgement Type In-Use", show_ack(&k->policy),
			"Rekey In-Progress",
			k->rekey_in_progress ? "Yes" : "No");
		wide_u(out, "Number of Rekeys sent", k->rekeys_sent);
		wide_u(out, "Number of Rekeys retransmitted", k->retransmits);
		wide_u(out, "KEK rekey lifetime (sec)",
			k->policy.kek_life_secs);
		if (k->kek.live) {
			nested_u(out, "Remaining lifetime (sec)",
				k->kek.remaining_secs);
			nested_u(out, "Remaining time until rekey (sec)",
				k->kek.rekey_in_secs);
		}
		wide_u(out, "Retransmit period", k->policy.retransmit_secs);
		sbuf_printf(out, "    %-36s: %s\n", "Number of retransmissions",
			retransmits(k, buf, sizeof(buf)));
		rekey_sas(k, out);
	}
}

void show_gdoi_ks_coop(const struct ks_snapshot *v, size_t n, struct sbuf *out)
{
	for (size_t i = 0; i < n; i++)
		sbuf_printf(out,
			"Crypto Gdoi Group Name :%s \n"
			"        Group handle: %u, Local Key Server handle: "
			"%u\n"
			"        *NO* redundancy configured for this group\n\n",
			v[i].policy.group, 0x40000000U + v[i].handle,
			0x40000000U + v[i].handle);
}

bool show_ks_counter_mode(const struct ks_snapshot *k)
{
	for (size_t s = 0; s < k->policy.n_sas; s++) {
		const struct esp_cipher_alg *a =
			esp_cipher_alg(k->sa[s].policy.suite.cipher);

		if (a != NULL && a->counter_mode)
			return true;
	}
	return false;
}

const char *show_sid_size(uint8_t bits)
{
	switch (bits) {
	case 8:
		return "8 bits (SMALL-8)";
	case 12:
		return "12 bits (SMALL-12)";
	case 16:
		return "16 bits (SMALL-16)";
	case 32:
		return "32 bits (LARGE)";
	default:
		return "24 bits (MEDIUM)";
	}
}

/* "1-9, 12"; "none" when empty. */
static void id_ranges(const uint8_t *v, size_t n, struct sbuf *out)
{
	if (n == 0)
		sbuf_adds(out, "none");
	for (size_t i = 0; i < n;) {
		size_t k = i;

		while (k + 1 < n && v[k + 1] == v[k] + 1)
			k++;
		sbuf_printf(out, "%s%u", i > 0 ? ", " : "", v[i]);
		if (k > i)
			sbuf_printf(out, "-%u", v[k]);
		i = k + 1;
	}
}

static bool sids_are_used(const struct ks_snapshot *k)
{
	return k->sids_given > 0 && k->policy.n_kssids > 0;
}

/* Of its KSSIDs, so many have given ids. */
static size_t kssids_used(const struct ks_snapshot *k)
{
	size_t used;

	if (!sids_are_used(k))
		return 0;
	used = (size_t)((k->sids_given - 1) / k->sids_each) + 1;
	return used < k->policy.n_kssids ? used : k->policy.n_kssids;
}

static void sids_last(const struct ks_snapshot *k, struct sbuf *out)
{
	size_t used = kssids_used(k);

	if (used == 0) {
		field(out, "Current KSSID In-Use", "none");
		field(out, "Last GMSID Used", "none");
		return;
	}
	field_u(out, "Current KSSID In-Use", k->policy.kssids[used - 1]);
	field_u(out, "Last GMSID Used", (k->sids_given - 1) % k->sids_each);
}

static void ids_field(
	struct sbuf *out, const char *label, const uint8_t *v, size_t n)
{
	auto_sbuf struct sbuf ids = { 0 };

	id_ranges(v, n, &ids);
	field(out, label, sbuf_str(&ids));
}

static void sids_detail(const struct ks_snapshot *k, struct sbuf *out)
{
	const uint8_t *ids = k->policy.kssids;
	size_t n = k->policy.n_kssids, used = kssids_used(k);

	sbuf_addc(out, '\n');
	ids_field(out, "KSSID(s) Assigned", ids, n);
	ids_field(out, "KSSID(s) Used", ids, used);
	field(out, "KSSID(s) Used (Old)", "none");
	ids_field(
		out, "Available KSSID(s)", n > 0 ? ids + used : ids, n - used);
	if (used == 0) {
		sbuf_adds(out, "\n    REMAINING SIDs: none\n");
		return;
	}
	sbuf_adds(out, "\n    REMAINING SIDs:\n");
	sbuf_printf(out,
		"      %-38s: %u\n      %-38s: %llu\n"
		"      %-38s: %llu\n      %-38s: %llu\n",
		"KSSID to reinitialize at", ids[n - 1],
		"GMSID to reinitialize at",
		(unsigned long long)k->sids_each - 1,
		"# of SIDs remaining for current KSSID",
		(unsigned long long)(used * k->sids_each - k->sids_given),
		"# of SIDs remaining until reinitialize",
		(unsigned long long)(k->sids_all - k->sids_given));
}

void show_gdoi_ks_identifier(
	const struct ks_snapshot *v, size_t n, bool detail, struct sbuf *out)
{
	for (size_t i = 0; i < n; i++) {
		const struct ks_snapshot *k = &v[i];

		sbuf_printf(out,
			"KS Sender ID (KSSID) Information for Group %s:\n\n",
			k->policy.group);
		field(out, "Transform Mode",
			show_ks_counter_mode(k) ? "Counter (Suite-B)"
						: "Non-Counter (Non-Suite-B)");
		field(out, "Re-initializing", "No");
		field(out, "SID Length (Group Size)",
			show_sid_size(k->policy.sid_bits));
		sids_last(k, out);
		if (detail)
			sids_detail(k, out);
		sbuf_addc(out, '\n');
	}
}
