/* Scenarios of time-based anti-replay: members' clocks agree whatever the
 * network, the key server and their own crystals do (ios-cli.md 15.7).  The
 * world's packets carry stamps, and one that is not fresh counts as lost. */
#include "tests/sim/scenarios.h"

#define WINDOW_MS 1000

static struct node *timed_new(struct world *w, size_t members)
{
	struct node *ks = group_new(w, members);

	ks->ks.sa[0].replay = REPLAY_TIME;
	ks->ks.sa[0].replay_window = WINDOW_MS;
	return ks;
}

/* How far the farthest of the members' clocks is from the key server's. */
static uint64_t farthest_ms(const struct world *w)
{
	uint64_t ks = ks_time(node_ks_of(w->node[0])), far = 0, t, d;

	for (size_t i = 1; i < w->n; i++) {
		if (!node_time(w->node[i], &t))
			return UINT64_MAX;
		d = t > ks ? t - ks : ks - t;
		far = d > far ? d : far;
	}
	return far;
}

static void rekey(struct node *ks)
{
	gdoi_ks_rekey(ks->g, NULL, false, &(struct sbuf){ 0 });
}

/* It begins with the first keys, and after two hours without a rekey members
 * are told again: the same keys, for the life that they have. */
void play_time(struct world *w)
{
	struct node *ks = timed_new(w, 5);
	uint32_t spi;

	ks->ks.sa[0].life_secs = 86400;
	start_all(w);
	world_check(w, !ks_keeps_time(node_ks_of(ks)));
	world_until(w, SECS(10), all_same, "registration");
	world_check(w, ks_time(node_ks_of(ks)) < SECS(10));
	world_check(w, farthest_ms(w) <= 50);
	spi = node_newest(w->node[1]);
	world_run(w, SECS(7000));
	world_check(w, ks->reports[REPORT_KS_SEND_UNICAST_REKEY] == 0);
	world_run(w, SECS(300));
	world_check(w, ks->reports[REPORT_KS_SEND_UNICAST_REKEY] == 1);
	world_check(w, reports(w, REPORT_GM_RECV_REKEY) == 5);
	world_check(w, node_newest(w->node[1]) == spi);
	/* A rekey in between is as good. */
	world_run(w, SECS(3600));
	rekey(ks);
	world_run(w, SECS(7100));
	world_check(w, ks->reports[REPORT_KS_SEND_UNICAST_REKEY] == 2);
	world_run(w, SECS(200));
	world_check(w, ks->reports[REPORT_KS_SEND_UNICAST_REKEY] == 3);
	world_check(w, farthest_ms(w) <= 50);
	world_check(w, reports(w, REPORT_GM_RE_REGISTER) == 0);
	no_loss(w);
}

/* Lost answers make a PULL's time unsure, late copies a rekey's. */
void play_time_loss(struct world *w)
{
	struct node *ks = timed_new(w, 30);

	w->loss_pct = 20;
	w->dup_pct = 5;
	w->delay_max_ms = 100;
	ks->ks.sa[0].life_secs = 86400;
	start_all(w);
	world_until(w, MINUTES(10), all_same, "registration");
	world_check(w, farthest_ms(w) <= WINDOW_MS / 2);
	for (int i = 0; i < 4; i++) {
		world_run(w, SECS(7300));
		world_check(w, farthest_ms(w) <= WINDOW_MS / 2);
	}
	world_check(w, w->data_lost * 1000 < w->data_ok);
}

/* Crystals of both signs, a hundred times two hours. */
void play_time_drift(struct world *w)
{
	struct node *ks = timed_new(w, 6);

	ks->ks.sa[0].life_secs = 86400;
	for (size_t i = 1; i < w->n; i++)
		w->node[i]->drift_ppm = (int)world_below(w, 100) - 50;
	start_all(w);
	world_until(w, SECS(10), all_same, "registration");
	for (int i = 0; i < 100; i++) {
		world_run(w, SECS(7200));
		world_check(w, farthest_ms(w) <= 400); /* 50 ppm of 7200 s */
	}
	no_loss(w);
}

/* The key server is away for a while, with a right or a wrong wall clock; who
 * registers then and who was there before agree. */
void play_time_restart(struct world *w)
{
	struct node *ks = timed_new(w, 4), *late = node_gm(w, ks);
	static const int64_t wrong_ms[] = { 0, 3600000, -3600000 };

	ks->ks.sa[0].life_secs = 86400;
	for (size_t i = 0; i + 1 < w->n; i++)
		node_start(w->node[i]);
	world_until(w, SECS(10), all_same, "registration");
	for (size_t i = 0; i < sizeof(wrong_ms) / sizeof(*wrong_ms); i++) {
		uint64_t before = ks_time(node_ks_of(ks));

		world_run(w, SECS(600));
		node_crash(ks);
		ks->wall_ms = wrong_ms[i];
		world_run(w, SECS(60));
		node_start(ks);
		world_check(w, wrong_ms[i] < 0 ||
				       ks_time(node_ks_of(ks)) >= before);
		world_run(w, SECS(30));
		node_crash(late);
		node_start(late);
		world_run(w, SECS(30));
		world_check(w, all_same(w));
		world_check(w, farthest_ms(w) <= WINDOW_MS / 2);
	}
	world_check(w, ks_count(ks) == 5);
}

/* One datagram for all, and its copies ten and twenty seconds later. */
void play_time_multicast(struct world *w)
{
	struct node *ks = timed_new(w, 20);

	ks->ks.unicast = false;
	ks->ks.rekey_dst = (struct udp_addr){ ip_v4(0xef0a0101), 848 };
	ks->ks.sa[0].life_secs = 86400;
	start_all(w);
	world_until(w, SECS(60), all_same, "registration");
	w->loss_pct = 30;
	for (int i = 0; i < 6; i++) {
		rekey(ks);
		world_run(w, SECS(60));
		world_check(w, farthest_ms(w) <= WINDOW_MS / 2);
	}
	world_check(w, w->data_lost * 1000 < w->data_ok);
}

/* A group goes over to stamps: members get the time by the rekey, and make sure
 * of it by a PULL; who cannot is one no more. */
void play_time_change(struct world *w)
{
	struct node *ks = group_new(w, 3);
	struct ks_member *m;

	start_all(w);
	world_until(w, SECS(10), all_same, "registration");
	TAILQ_FOREACH(m, &node_ks_of(ks)->members, link)
		if (ip_equal(&m->id, &w->node[3]->addr))
			m->version = 0x01000100;
	ks->ks.sa[0].replay = REPLAY_TIME;
	ks->ks.sa[0].replay_window = WINDOW_MS;
	node_config(ks);
	rekey(ks);
	world_check(w, ks->reports[REPORT_REJECT_GM_VER_REGISTER] == 1);
	world_check(w, ks_count(ks) == 2);
	world_run(w, SECS(20));
	world_check(w, reports(w, REPORT_GM_REGS_COMPL) >= 5);
	world_check(w, node_newest(w->node[1]) == node_newest(w->node[2]));
	node_crash(w->node[3]);
	w->node[3]->g = NULL;
	for (size_t i = 1; i < 3; i++) {
		uint64_t t;

		world_check(w, node_time(w->node[i], &t));
	}
	/* And back. */
	ks->ks.sa[0].replay = REPLAY_NONE;
	node_config(ks);
	rekey(ks);
	world_run(w, SECS(5));
	world_check(w, !ks_keeps_time(node_ks_of(ks)) ||
			       node_newest(w->node[1]) != 0);
}

/* A rekey that was held up for too long is not believed in its time: a PULL
 * tells. */
void play_time_late(struct world *w)
{
	struct node *ks = timed_new(w, 2);

	ks->ks.sa[0].life_secs = 86400;
	start_all(w);
	world_until(w, SECS(10), all_same, "registration");
	w->delay_min_ms = w->delay_max_ms = SECS(700);
	rekey(ks);
	world_run(w, SECS(25)); /* its copies, too */
	w->delay_min_ms = 1;
	w->delay_max_ms = 20;
	world_run(w, SECS(800));
	world_check(w, reports(w, REPORT_PSEUDO_TIME_TOO_OLD) >= 1);
	world_check(w, farthest_ms(w) <= 50);
	world_check(w, all_same(w));
}
