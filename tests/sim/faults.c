/* What goes wrong in a network and in machines, at every moment at which it
 * can: corruption, partition, clocks that jump, power that fails. */
#include "tests/sim/scenarios.h"
#include <string.h>

#define TEK_SECS 300
#define KEK_SECS 700
/* The life of the TEK that a member may still hold when it lost all copies of
 * a rekey: it asks for the next one before that ends. */
#define AGREE_MS SECS(TEK_SECS)
#define HOUR_MS  3600000ll
#define STRIDE   3 /* so many seeds cut at every step */

static struct node *short_lived(struct world *w, size_t members)
{
	struct node *ks = group_new(w, members);

	ks->ks.sa[0].life_secs = TEK_SECS;
	ks->ks.kek_life_secs = KEK_SECS;
	return ks;
}

/* In the end, whatever happened before. */
static void settle(struct world *w)
{
	world_heals(w);
	for (size_t i = 0; i < w->n; i++)
		if (w->node[i]->g == NULL)
			node_start(w->node[i]);
	world_run(w, SECS(2 * TEK_SECS));
	world_until(w, SECS(TEK_SECS + 100), all_same, "order in the end");
}

static uint64_t drops(const struct world *w)
{
	uint64_t n = 0;

	for (size_t i = 0; i < w->n; i++) {
		struct ike_stats s;

		if (w->node[i]->g == NULL)
			continue;
		gdoi_ike_stats(w->node[i]->g, &s);
		for (size_t e = 0; e < WIRE_N_ERRS; e++)
			n += s.drops[e];
	}
	return n;
}

static void play_corruption(struct world *w)
{
	short_lived(w, 20);
	w->corrupt_pct = 10;
	w->loss_pct = 5;
	w->dup_pct = 5;
	w->delay_max_ms = 200;
	w->agree_ms = AGREE_MS;
	start_all(w);
	world_until(w, MINUTES(5), all_same, "registration");
	world_run(w, MINUTES(40));
	world_check(w, w->corrupted > 0 && drops(w) > 0);
	w->corrupt_pct = w->loss_pct = 0;
	settle(w);
	world_check(w, w->data_lost * 1000 < w->data_ok);
}

/* Members that the server does not reach keep to their last key, and to their
 * policy when that ends; among those that it reaches nothing is lost. */
static void play_partition(struct world *w)
{
	short_lived(w, 16);
	w->agree_ms = AGREE_MS;
	start_all(w);
	world_until(w, SECS(20), all_same, "registration");
	for (int i = 0; i < 12; i++) {
		world_splits(w);
		world_run(w, SECS(20) + world_below(w, SECS(500)));
		world_heals(w);
		world_run(w, SECS(20) + world_below(w, SECS(300)));
	}
	settle(w);
	w->lossless = true;
	world_run(w, MINUTES(20));
}

static void clock_jump(struct world *w, struct node *n)
{
	n->wall_ms += (int64_t)world_below(w, 10 * HOUR_MS) - 5 * HOUR_MS;
}

/* Wall clocks are for logs and for what is on disk, also when somebody sets
 * them, and while the machine is down. */
static void play_clock_jumps(struct world *w)
{
	struct node *ks = short_lived(w, 8);

	w->agree_ms = AGREE_MS;
	start_all(w);
	world_until(w, SECS(20), all_same, "registration");
	for (int i = 0; i < 40; i++) {
		clock_jump(w, w->node[world_below(w, w->n)]);
		world_run(w, world_below(w, SECS(100)));
	}
	world_check(w, reports(w, REPORT_GM_REGS_COMPL) == 8);
	no_loss(w);
	for (int i = 0; i < 20; i++) {
		node_crash(ks);
		clock_jump(w, ks);
		world_run(w, SECS(1) + world_below(w, SECS(20)));
		node_start(ks);
		world_run(w, world_below(w, SECS(400)));
	}
	settle(w);
	w->lossless = true;
	world_run(w, MINUTES(20));
}

/* A life of the group: registration, rekeys of every kind, a member's restart,
 * both keys' ends. */
static void life_of(struct world *w)
{
	struct node *ks = w->node[0], *gm = w->node[w->n - 1];

	start_all(w);
	for (int i = 0; i < 4; i++) {
		struct sbuf why = { 0 };

		world_run(w, SECS(40));
		if (ks->g != NULL)
			gdoi_ks_rekey(ks->g, NULL, i == 2, &why);
		sbuf_free(&why);
		world_run(w, SECS(TEK_SECS / 2));
		if (i == 1 && gm->g != NULL) {
			node_crash(gm);
			node_start(gm);
		}
	}
	settle(w);
}

/* The groups that are cut at every step. */
enum group_kind { UNICAST, COUNTER_MODE, MULTICAST };

static void kind_set(struct node *ks, enum group_kind kind)
{
	static const uint8_t kssids[] = { 3, 4, 5 }; /* 48 SIDs: they run out */

	if (kind == COUNTER_MODE) {
		ks->ks.sa[0].suite =
			(struct esp_suite){ .cipher = ESP_CIPHER_AES_GCM,
				.key_bits = 128 };
		ks->ks.sid_bits = 11;
		ks->ks.kssids = kssids;
		ks->ks.n_kssids = ARRAY_LEN(kssids);
	}
	if (kind == MULTICAST) {
		ks->ks.unicast = false;
		ks->ks.rekey_dst =
			(struct udp_addr){ ip_v4(0xef000001), GDOI_PORT };
	}
}

static uint64_t life_cut(
	struct world *w, size_t victim, enum group_kind kind, uint64_t after)
{
	struct world *v = world_new(w->seed, w->crypto);
	uint64_t effects;

	v->verbose = w->verbose;
	v->delay_max_ms = 100;
	v->agree_ms = AGREE_MS;
	kind_set(short_lived(v, 3), kind);
	v->node[victim]->cut_after = after;
	v->node[victim]->revive_ms = SECS(1) + world_below(v, SECS(30));
	life_of(v);
	effects = v->node[victim]->effects;
	if (v->failure[0] != '\0')
		world_fail(w, "node %zu cut after step %llu: %s", victim,
			(unsigned long long)after, v->failure);
	world_free(v);
	return effects;
}

static void cut_everywhere(struct world *w, size_t victim, enum group_kind kind)
{
	uint64_t n = life_cut(w, victim, kind, 0);

	for (uint64_t k = 1 + w->seed % STRIDE; k < n; k += STRIDE)
		if (w->failure[0] == '\0')
			life_cut(w, victim, kind, k);
}

static void play_ks_cut(struct world *w)
{
	cut_everywhere(w, 0, UNICAST);
}

static void play_ks_cut_gcm(struct world *w)
{
	cut_everywhere(w, 0, COUNTER_MODE);
}

static void play_ks_cut_multicast(struct world *w)
{
	cut_everywhere(w, 0, MULTICAST);
}

static void play_gm_cut(struct world *w)
{
	cut_everywhere(w, 1, UNICAST);
	cut_everywhere(w, 3, UNICAST); /* it restarts by itself too */
}

static void play_gm_cut_gcm(struct world *w)
{
	cut_everywhere(w, 1, COUNTER_MODE);
	cut_everywhere(w, 3, COUNTER_MODE);
}

static uint64_t rekey_rows(struct world *w, struct node *ks)
{
	uint64_t before = disk_rows(ks->disk);
	struct sbuf why = { 0 };

	gdoi_ks_rekey(ks->g, NULL, false, &why);
	world_run(w, SECS(32)); /* all copies; no key ends yet */
	sbuf_free(&why);
	return disk_rows(ks->disk) - before;
}

/* A rekey that everyone acknowledges costs as many rows whatever the crowd;
 * a restart knows all the same what each member had. */
static void play_rows(struct world *w)
{
	struct node *ks = group_new(w, 40), *deaf = w->node[7];
	struct ks_snapshot *before, *after;
	uint64_t rows;

	start_all(w);
	world_until(w, SECS(20), all_same, "registration");
	rows = rekey_rows(w, ks);
	world_check(w, rows > 0 && rows < 10);
	world_check(w, rekey_rows(w, ks) == rows);
	deaf->cut = true;
	world_check(w, rekey_rows(w, ks) == rows + 1);
	deaf->cut = false;
	world_check(w, rekey_rows(w, ks) == rows + 1);
	world_check(w, rekey_rows(w, ks) == rows);
	gdoi_ks_snapshot(ks->g, &before);
	node_crash(ks);
	node_start(ks);
	gdoi_ks_snapshot(ks->g, &after);
	world_check(w, before->n_members == 40 && after->n_members == 40);
	for (size_t i = 0; i < 40 && w->failure[0] == '\0'; i++)
		world_check(w, memcmp(&before->member[i], &after->member[i],
				       sizeof(before->member[i])) == 0);
	ks_snapshot_free(before, 1);
	ks_snapshot_free(after, 1);
}

static void storm_event(struct world *w)
{
	struct node *n = w->node[world_below(w, w->n)];

	switch (world_below(w, 8)) {
	case 0:
		node_crash(n);
		break;
	case 1:
		n->cut_after = n->effects + 1 + world_below(w, 50);
		n->revive_ms = world_below(w, SECS(60)) + 1;
		break;
	case 2:
		world_splits(w);
		break;
	case 3:
		world_heals(w);
		break;
	case 4:
		clock_jump(w, n);
		break;
	case 5:
		w->loss_pct = (unsigned)world_below(w, 20);
		w->corrupt_pct = (unsigned)world_below(w, 10);
		w->dup_pct = (unsigned)world_below(w, 10);
		break;
	default:
		if (n->g == NULL)
			node_start(n);
	}
}

/* All of it at once. */
static void play_storm(struct world *w)
{
	kind_set(short_lived(w, 4 + world_below(w, 20)),
		(enum group_kind)world_below(w, 3));
	w->delay_max_ms = 1 + (unsigned)world_below(w, 500);
	start_all(w);
	for (int i = 0; i < 120; i++) {
		world_run(w, world_below(w, SECS(30)));
		storm_event(w);
	}
	for (size_t i = 0; i < w->n; i++)
		w->node[i]->cut_after = 0;
	w->loss_pct = w->corrupt_pct = 0;
	settle(w);
}

/* Thousands of members through losses and both rollovers. */
static void play_multitude(struct world *w)
{
	struct node *ks = short_lived(w, 4000);

	w->loss_pct = 3;
	w->corrupt_pct = 1;
	w->agree_ms = AGREE_MS;
	start_all(w);
	world_until(w, MINUTES(5), all_same, "registration");
	world_check(w, ks_count(ks) == 4000);
	world_run(w, MINUTES(11)); /* three TEKs, two KEKs */
	w->loss_pct = w->corrupt_pct = 0;
	world_until(w, SECS(TEK_SECS), all_same, "order in the end");
	world_check(w, w->data_lost * 1000 < w->data_ok);
	world_check(w, ks_count(ks) == 4000);
}

// clang-format off
const struct scenario faults[] = {
	{ "corruption",  play_corruption,  false, true },
	{ "partition",   play_partition,   false, true },
	{ "clock-jumps", play_clock_jumps, false, true },
	{ "ks-cut",      play_ks_cut,      false, true },
	{ "ks-cut-gcm",  play_ks_cut_gcm,  false, true },
	{ "ks-cut-multicast", play_ks_cut_multicast, false, true },
	{ "gm-cut",      play_gm_cut,      false, true },
	{ "gm-cut-gcm",  play_gm_cut_gcm,  false, true },
	{ "rows",        play_rows,        false, true },
	{ "storm",       play_storm,       false, true },
	{ "multitude",   play_multitude,   false, false },
};
// clang-format on
const size_t n_faults = ARRAY_LEN(faults);
