/* Scenarios of rekeys: multicast with what a network does to it, the change
 * from one transport to the other. */
#include "tests/sim/scenarios.h"

static const struct udp_addr group_a = { { 4, { 239, 10, 1, 1 } }, 848 };
static const struct udp_addr group_b = { { 4, { 239, 10, 1, 2 } }, 849 };

static struct node *multicast_new(struct world *w, size_t members)
{
	struct node *ks = group_new(w, members);

	ks->ks.unicast = false;
	ks->ks.rekey_dst = group_a;
	return ks;
}

static void registered_all(struct world *w)
{
	start_all(w);
	world_until(w, SECS(60), all_same, "registration");
}

static bool is_joined(struct node *n, const struct udp_addr *group)
{
	return node_joined(n, group) != NULL;
}

static void rekey(struct node *ks)
{
	gdoi_ks_rekey(ks->g, NULL, false, &(struct sbuf){ 0 });
}

/* One datagram a transmission, whatever the number of members, and none of
 * them answers. */
void play_multicast(struct world *w)
{
	struct node *ks = multicast_new(w, 20);
	const struct ks_member *m;

	registered_all(w);
	rekey(ks);
	world_run(w, SECS(2));
	world_check(w, all_same(w));
	world_check(w, w->multicasts == 1);
	world_run(w, SECS(60)); /* 10 s, 20 s, and no more */
	world_check(w, w->multicasts == 3);
	world_check(w, node_ks_of(ks)->retransmits == 2);
	world_check(w, !node_ks_of(ks)->push.active);
	world_check(w, ks->reports[REPORT_KS_SEND_MCAST_REKEY] == 1);
	world_check(w, reports(w, REPORT_GM_RECV_REKEY) == 20);
	for (int i = 0; i < 4; i++) {
		rekey(ks);
		world_run(w, SECS(60));
	}
	TAILQ_FOREACH(m, &node_ks_of(ks)->members, link)
		world_check(w, m->acks == 0 && m->acks_missed == 0);
	world_check(w, ks_count(ks) == 20);
	world_check(w, node_gm_of(w->node[1])->acks_sent == 0);
	world_check(w, reports(w, REPORT_GM_RE_REGISTER) == 0);
	no_loss(w);
}

void play_multicast_loss(struct world *w)
{
	struct node *ks = multicast_new(w, 30);

	w->loss_pct = 20;
	w->dup_pct = 5;
	w->delay_max_ms = 200;
	ks->ks.sa[0].life_secs = 300;
	registered_all(w);
	for (int i = 0; i < 10; i++) {
		unsigned before = ks->reports[REPORT_KS_SEND_MCAST_REKEY];

		world_run(w, SECS(187));
		world_check(w, ks->reports[REPORT_KS_SEND_MCAST_REKEY] > before);
		world_until(w, SECS(120), all_same, "rollover");
	}
	world_check(w, reports(w, REPORT_GM_DELETE) == 0);
	world_check(w, w->data_lost * 1000 < w->data_ok);
}

/* Who registers while a rekey is on its way gets it too. */
void play_multicast_late(struct world *w)
{
	struct node *ks = multicast_new(w, 5);
	struct node *late = node_gm(w, ks);

	w->delay_min_ms = w->delay_max_ms = 400;
	for (size_t i = 0; i < 6; i++)
		node_start(w->node[i]);
	world_until(w, SECS(60), all_same, "registration");
	node_start(late);
	/* Between its message 2 and 3: 400 ms a message, six of Main Mode. */
	world_run(w, 6 * 400 + 2 * 400 + 100);
	rekey(ks);
	world_run(w, SECS(30));
	world_check(w, all_same(w));
	no_loss(w);
}

/* The last rekey by the old way tells of the new one. */
void play_transport_change(struct world *w)
{
	struct node *ks = multicast_new(w, 5);
	uint64_t acks;

	registered_all(w);
	world_check(w, is_joined(w->node[1], &group_a));
	ks->ks.unicast = true;
	node_config(ks);
	rekey(ks);
	world_run(w, SECS(40));
	world_check(w, w->multicasts == 3);
	world_check(w, all_same(w));
	world_check(w, ks->reports[REPORT_KS_REKEY_TRANS_2_UNI] == 1);
	world_check(w, reports(w, REPORT_GM_REKEY_TRANS_2_UNI) == 5);
	acks = node_gm_of(w->node[1])->acks_sent;
	rekey(ks);
	world_run(w, SECS(5));
	world_check(w, w->multicasts == 3);
	world_check(w, all_same(w));
	world_check(w, node_gm_of(w->node[1])->acks_sent == acks + 1);
	/* And back, to another group on another port. */
	ks->ks.unicast = false;
	ks->ks.rekey_dst = group_b;
	node_config(ks);
	rekey(ks);
	world_run(w, SECS(40));
	world_check(w, w->multicasts == 3);
	world_check(w, all_same(w));
	world_check(w, is_joined(w->node[1], &group_b));
	world_check(w, ks->reports[REPORT_KS_REKEY_TRANS_2_MULTI] == 1);
	world_check(w, reports(w, REPORT_GM_REKEY_TRANS_2_MULTI) == 5);
	rekey(ks);
	world_run(w, SECS(5));
	world_check(w, w->multicasts == 4);
	world_check(w, all_same(w));
	world_check(w, reports(w, REPORT_GM_RE_REGISTER) == 0);
	world_check(w, reports(w, REPORT_GM_DELETE) == 0);
	no_loss(w);
	/* A restarted server still knows where to send to. */
	node_crash(ks);
	node_start(ks);
	rekey(ks);
	world_run(w, SECS(5));
	world_check(w, w->multicasts == 5);
	world_check(w, all_same(w));
}

/* Old groups are left with their KEKs, all of them at the end. */
void play_multicast_leave(struct world *w)
{
	struct node *ks = multicast_new(w, 2);
	struct node *gm;

	ks->ks.kek_life_secs = 400;
	registered_all(w);
	gm = w->node[1];
	ks->ks.rekey_dst = group_b;
	node_config(ks);
	rekey(ks);
	world_run(w, SECS(5));
	world_check(w, is_joined(gm, &group_a) && is_joined(gm, &group_b));
	world_run(w, SECS(400));
	world_check(w, !is_joined(gm, &group_a) && is_joined(gm, &group_b));
	gdoi_set_gm(gm->g, NULL, 0);
	world_check(w, !is_joined(gm, &group_b));
}

/* Without a group to send to there is no rekey; keys serve to their end. */
void play_multicast_nowhere(struct world *w)
{
	struct node *ks = multicast_new(w, 2);

	ks->ks.rekey_dst = (struct udp_addr){ .port = 0 };
	registered_all(w);
	world_check(w, !node_ks_of(ks)->kek.live);
	world_check(w, ks->reports[REPORT_KS_NO_REKEY_ADDRESS] > 0);
	rekey(ks);
	world_run(w, SECS(30));
	world_check(w, w->multicasts == 0);
	ks->ks.rekey_dst = group_a;
	node_config(ks);
	world_run(w, MINUTES(65));
	world_check(w, all_same(w));
	world_check(w, node_ks_of(ks)->kek.live);
}
