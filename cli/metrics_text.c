/* What the metrics endpoint tells, in Prometheus' text format: the same
 * snapshots as the show commands, so that both agree.  Families of counters end
 * in _total; times are seconds. */
#include "cli/metrics_text.h"

#include <inttypes.h>
#include <stdio.h>

#define PREFIX "getvpn_"

static void family(
	struct sbuf *out, const char *name, const char *type, const char *help)
{
	sbuf_printf(out, "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s %s\n",
		name, help, name, type);
}

static void label(struct sbuf *out, const char *name, const char *value)
{
	sbuf_printf(out, "%s%s=\"",
		out->n > 0 && out->s[out->n - 1] == '{' ? "" : ",", name);
	for (; *value != '\0'; value++) {
		if (*value == '\\' || *value == '"')
			sbuf_addc(out, '\\');
		if (*value == '\n')
			sbuf_adds(out, "\\n");
		else
			sbuf_addc(out, *value);
	}
	sbuf_addc(out, '"');
}

static void sample_begin(struct sbuf *out, const char *name)
{
	sbuf_printf(out, PREFIX "%s{", name);
}

static void sample_end(struct sbuf *out, uint64_t v)
{
	sbuf_printf(out, "} %" PRIu64 "\n", v);
}

static void plain(struct sbuf *out, const char *name, const char *type,
	const char *help, uint64_t v)
{
	family(out, name, type, help);
	sbuf_printf(out, PREFIX "%s %" PRIu64 "\n", name, v);
}

/* --- key servers --- */

#define KS_FAMILIES(X)                                                         \
	X("ks_members", "gauge", "Registered members", k->n_members)           \
	X("ks_registrations_total", "counter", "Registrations completed",      \
		k->registrations)                                              \
	X("ks_registrations_refused_total", "counter",                         \
		"Registrations refused", k->refused)                           \
	X("ks_rekeys_total", "counter", "Rekeys begun", k->rekeys_sent)        \
	X("ks_rekey_retransmits_total", "counter", "Rekey copies repeated",    \
		k->retransmits)                                                \
	X("ks_rekey_in_progress", "gauge", "1 while members are rekeyed",      \
		k->rekey_in_progress)                                          \
	X("ks_rekey_acks_missed", "gauge",                                     \
		"Rekeys that present members left unacknowledged",             \
		acks_missed(k))                                                \
	X("ks_kek_live", "gauge", "1 while there is a KEK", k->kek.live)       \
	X("ks_kek_remaining_seconds", "gauge", "Life left of the KEK",         \
		k->kek.live ? k->kek.remaining_secs : 0)                       \
	X("ks_teks", "gauge", "TEKs alive", k->n_teks)                         \
	X("ks_sids_used", "gauge", "Sender ids given", k->sids_given)          \
	X("ks_sids", "gauge", "Sender ids there are", k->sids_all)

static uint64_t acks_missed(const struct ks_snapshot *k)
{
	uint64_t n = 0;

	for (size_t i = 0; i < k->n_members; i++)
		n += k->member[i].acks_missed;
	return n;
}

static void ks_labels(
	struct sbuf *out, const char *name, const struct ks_snapshot *k)
{
	sample_begin(out, name);
	label(out, "group", k->policy.group);
}

static void key_servers(
	const struct ks_snapshot *v, size_t n, struct sbuf *out)
{
	if (n == 0)
		return;
#define FAMILY(name, type, help, value)                                        \
	family(out, name, type, help);                                         \
	for (const struct ks_snapshot *k = v; k < v + n; k++) {                \
		ks_labels(out, name, k);                                       \
		sample_end(out, (value));                                      \
	}
	KS_FAMILIES(FAMILY)
#undef FAMILY
	family(out, "ks_tek_remaining_seconds", "gauge", "Life left of a TEK");
	for (const struct ks_snapshot *k = v; k < v + n; k++)
		for (size_t i = 0; i < k->n_teks; i++) {
			char spi[16];

			snprintf(spi, sizeof(spi), "0x%08X", k->tek[i].spi);
			ks_labels(out, "ks_tek_remaining_seconds", k);
			label(out, "spi", spi);
			sample_end(out, k->tek[i].remaining_secs);
		}
}

/* --- group members --- */

#define GM_FAMILIES(X)                                                         \
	X("gm_registered", "gauge", "1 while registered",                      \
		g->state == GM_REGISTERED || g->state == GM_REREGISTERING)     \
	X("gm_registrations_total", "counter", "Registrations completed",      \
		g->registrations_ok)                                           \
	X("gm_registration_attempts_total", "counter",                         \
		"Registrations tried", g->registrations_tried)                 \
	X("gm_reregister_seconds", "gauge",                                    \
		"Until it asks for keys unless a rekey comes",                 \
		g->reregister_in_secs)                                         \
	X("gm_rekeys_total", "counter", "Rekeys received", g->rekeys)          \
	X("gm_rekey_acks_total", "counter", "Rekeys acknowledged",             \
		g->acks_sent)                                                  \
	X("gm_kek_remaining_seconds", "gauge", "Life left of the KEK",         \
		g->kek_new.live       ? g->kek_new.remaining_secs              \
		: g->kek_current.live ? g->kek_current.remaining_secs          \
				      : 0)                                     \
	X("gm_teks", "gauge", "TEKs alive", g->n_teks)                         \
	X("gm_encrypted_packets_total", "counter", "Packets encrypted",        \
		g->count.encrypt)                                              \
	X("gm_decrypted_packets_total", "counter", "Packets decrypted",        \
		g->count.decrypt)

static void gm_labels(
	struct sbuf *out, const char *name, const struct gm_snapshot *g)
{
	sample_begin(out, name);
	label(out, "group", g->policy.group);
	label(out, "interface", g->policy.ifname);
}

static void gm_teks(const struct gm_snapshot *v, size_t n, struct sbuf *out)
{
	family(out, "gm_tek_remaining_seconds", "gauge",
		"Life left of a TEK; sending: traffic is encrypted with it");
	for (const struct gm_snapshot *g = v; g < v + n; g++)
		for (size_t i = 0; i < g->n_teks; i++) {
			char spi[16];

			snprintf(spi, sizeof(spi), "0x%08X", g->tek[i].spi);
			gm_labels(out, "gm_tek_remaining_seconds", g);
			label(out, "spi", spi);
			label(out, "sending", g->tek[i].sending ? "1" : "0");
			sample_end(out, g->tek[i].remaining_secs);
		}
}

static void gm_drops(const struct gm_snapshot *v, size_t n, struct sbuf *out)
{
	family(out, "gm_dropped_packets_total", "counter",
		"Packets dropped by the data plane");
	for (const struct gm_snapshot *g = v; g < v + n; g++)
		for (int d = 0; d < DP_N_DROPS; d++) {
			gm_labels(out, "gm_dropped_packets_total", g);
			label(out, "reason", dp_drop_text((enum dp_drop)d));
			sample_end(out, g->count.drops[d]);
		}
}

static void group_members(
	const struct gm_snapshot *v, size_t n, struct sbuf *out)
{
	if (n == 0)
		return;
#define FAMILY(name, type, help, value)                                        \
	family(out, name, type, help);                                         \
	for (const struct gm_snapshot *g = v; g < v + n; g++) {                \
		gm_labels(out, name, g);                                       \
		sample_end(out, (value));                                      \
	}
	GM_FAMILIES(FAMILY)
#undef FAMILY
	gm_teks(v, n, out);
	gm_drops(v, n, out);
}

/* --- ISAKMP, the store --- */

static void isakmp(const struct ike_stats *s, struct sbuf *out)
{
	plain(out, "isakmp_sas", "gauge", "Phase 1 SAs established",
		s->established);
	plain(out, "isakmp_negotiations", "gauge", "Phase 1 SAs half open",
		s->half_open);
	plain(out, "isakmp_received_total", "counter", "Datagrams received",
		s->rx);
	plain(out, "isakmp_sent_total", "counter", "Datagrams sent", s->tx);
	plain(out, "isakmp_retransmits_total", "counter",
		"Datagrams sent again", s->retransmits);
	family(out, "isakmp_dropped_total", "counter",
		"Datagrams dropped, by reason");
	for (unsigned e = 1; e < WIRE_N_ERRS; e++) {
		sample_begin(out, "isakmp_dropped_total");
		label(out, "reason", wire_err_text((enum wire_err)e));
		sample_end(out, s->drops[e] + s->push_drops[e]);
	}
}

static void store(const struct store_info *s, struct sbuf *out)
{
	plain(out, "ks_store_commits_total", "counter",
		"Transactions of the key server's store", s->commits);
	plain(out, "ks_store_commit_failures_total", "counter",
		"Transactions that failed", s->failures);
	plain(out, "ks_store_bytes", "gauge", "Size of the store and its log",
		s->file_bytes + s->log_bytes);
}

void metrics_text(struct box *b, struct sbuf *out)
{
	struct ks_snapshot *ks = NULL;
	struct gm_snapshot *gm = NULL;
	struct ike_stats ike;
	struct store_info kept;
	const char *why;
	size_t n_ks, n_gm;

	n_ks = gdoi_ks_snapshot(box_gdoi(b), &ks);
	n_gm = gdoi_gm_snapshot(box_gdoi(b), &gm);
	gdoi_ike_stats(box_gdoi(b), &ike);
	key_servers(ks, n_ks, out);
	group_members(gm, n_gm, out);
	isakmp(&ike, out);
	if (box_store_info(b, &kept, &why))
		store(&kept, out);
	plain(out, "ks_store_unusable", "gauge",
		"1 when the key server's store cannot be used", why != NULL);
	ks_snapshot_free(ks, n_ks);
	gm_snapshot_free(gm, n_gm);
}
