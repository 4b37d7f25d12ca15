/* Scenarios of rekeys: multicast with what a network does to it, the change
 * from one transport to the other, restarts in the middle. */
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
	start_all(w);
	world_until(w, MINUTES(5), all_same, "registration");
	for (int i = 0; i < 10; i++) {
		unsigned before = ks->reports[REPORT_KS_SEND_MCAST_REKEY];

		world_run(w, SECS(187));
		world_check(
			w, ks->reports[REPORT_KS_SEND_MCAST_REKEY] > before);
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
	world_until(w, SECS(60), all_same, "registration of the others");
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

/* A restart in the middle of a rekey: who had no copy yet gets one, under the
 * KEK that was replaced meanwhile, and nobody has to register again. */
static void rekey_interrupted(struct world *w, struct node *ks)
{
	uint32_t spi;

	registered_all(w);
	w->node[1]->cut = w->node[2]->cut = true;
	rekey(ks);
	world_run(w, SECS(1));
	spi = TAILQ_FIRST(&node_ks_of(ks)->teks)->spi;
	world_check(w, node_newest(w->node[3]) == spi);
	world_check(w, node_newest(w->node[1]) != spi);
	node_crash(ks);
	w->node[1]->cut = w->node[2]->cut = false;
	node_start(ks);
	world_run(w, SECS(2));
	world_check(w, all_same(w));
	world_run(w, SECS(60));
	world_check(w, !node_ks_of(ks)->push.active);
	/* When it is over, a restart repeats nothing. */
	node_crash(ks);
	node_start(ks);
	world_check(w, !node_ks_of(ks)->push.active);
	rekey(ks);
	world_run(w, SECS(2));
	world_check(w, all_same(w));
	world_check(w, reports(w, REPORT_GM_RE_REGISTER) == 0);
	world_check(w, reports(w, REPORT_GM_REGS_COMPL) == 5);
	no_loss(w);
}

void play_restart_in_rekey(struct world *w)
{
	struct node *ks = group_new(w, 5);
	const struct ks_member *m;

	rekey_interrupted(w, ks);
	TAILQ_FOREACH(m, &node_ks_of(ks)->members, link)
		world_check(w, m->missed_in_row == 0 && m->acks == 2);
}

void play_restart_in_kek_rekey(struct world *w)
{
	struct node *ks = group_new(w, 5);

	registered_all(w);
	ks->ks.kek_cipher = CIPHER_AES256; /* a new KEK with the next rekey */
	node_config(ks);
	w->node[1]->cut = w->node[2]->cut = true;
	rekey(ks);
	world_run(w, SECS(1));
	node_crash(ks);
	w->node[1]->cut = w->node[2]->cut = false;
	node_start(ks);
	world_run(w, SECS(2));
	world_check(w, all_same(w));
	world_check(w, node_ks_of(ks)->kek.k.cipher == CIPHER_AES256);
	world_check(w, reports(w, REPORT_GM_RE_REGISTER) == 0);
	world_run(w, SECS(20));
	world_check(w, !node_ks_of(ks)->push.active); /* all acknowledged */
	world_check(w, reports(w, REPORT_GM_DELETE) == 0);
	no_loss(w);
}

void play_restart_in_multicast(struct world *w)
{
	rekey_interrupted(w, multicast_new(w, 5));
}

/* All are told to start again; who the restart kept from it, too. */
void play_restart_in_deletion(struct world *w)
{
	struct node *ks = group_new(w, 3);
	uint32_t spi;

	registered_all(w);
	spi = TAILQ_FIRST(&node_ks_of(ks)->teks)->spi;
	w->node[1]->cut = true;
	ks_reinitialise(node_ks_of(ks));
	world_run(w, SECS(5));
	world_check(w, node_newest(w->node[1]) == spi);
	world_check(w, node_newest(w->node[2]) != spi);
	node_crash(ks);
	w->node[1]->cut = false;
	node_start(ks);
	world_run(w, SECS(1));
	world_check(w, node_newest(w->node[1]) != spi);
	/* Its SA with the server of before has to be given up first. */
	world_until(w, SECS(60), all_same, "new registration");
}

/* A key pair that is taken away while in use signs on under its KEK; there is
 * no next one, and members register in time. */
void play_key_removed(struct world *w)
{
	struct node *ks = group_new(w, 3);

	ks->ks.kek_life_secs = 1200;
	ks->ks.sa[0].life_secs = 600;
	registered_all(w);
	ks->no_key = true;
	rekey(ks);
	world_run(w, SECS(5));
	world_check(w, all_same(w));
	world_check(w, reports(w, REPORT_GM_RECV_REKEY) == 3);
	world_run(w, MINUTES(40));
	world_check(w, ks->reports[REPORT_KS_NO_RSA_KEYS] > 0);
	world_check(w, !node_ks_of(ks)->kek.live);
	world_check(w, node_newest(w->node[1]) ==
			       TAILQ_FIRST(&node_ks_of(ks)->teks)->spi);
	ks->no_key = false;
	world_run(w, MINUTES(15));
	world_check(w, node_ks_of(ks)->kek.live);
	world_check(w, all_same(w));
	no_loss(w);
}

static const struct esp_suite gcm = { .cipher = ESP_CIPHER_AES_GCM,
	.key_bits = 128 };

/* Counter modes need sender ids (ios-cli.md 15.10). */
void play_no_identifier(struct world *w)
{
	static const uint8_t kssid[] = { 3 }, other[] = { 4 };
	struct node *ks = group_new(w, 1);

	ks->ks.sa[0].suite = gcm;
	start_all(w);
	world_run(w, SECS(20));
	world_check(w, !node_registered(w->node[1]));
	world_check(w, ks->reports[REPORT_KS_REG_REFUSED] > 0);
	ks->ks.kssids = kssid;
	ks->ks.n_kssids = 1;
	node_config(ks);
	world_until(w, SECS(60), all_same, "registration");
	world_check(w, node_gm_of(w->node[1])->sid >> 17 == 3);
	/* Taken away, they cost nobody his keys; others begin anew. */
	ks->ks.n_kssids = 0;
	node_config(ks);
	world_run(w, SECS(10));
	world_check(w, all_same(w));
	world_check(w, reports(w, REPORT_GM_POLICY_CLEANUP) == 0);
	ks->ks.kssids = other;
	ks->ks.n_kssids = 1;
	node_config(ks);
	world_until(w, SECS(60), all_same, "a new start");
	world_check(w, node_gm_of(w->node[1])->sid >> 17 == 4);
}

/* A rekey that brings the first counter-mode TEK brings no sender id: a member
 * registers for one before it sends with it (RFC 6407 4.4). */
void play_sid_by_pull(struct world *w)
{
	static const uint8_t kssid[] = { 3 };
	struct node *ks = group_new(w, 4);

	registered_all(w);
	ks->ks.sa[0].suite = gcm;
	ks->ks.kssids = kssid;
	ks->ks.n_kssids = 1;
	node_config(ks);
	rekey(ks);
	world_run(w, SECS(30));
	world_check(w, all_same(w));
	for (size_t i = 1; i < w->n; i++) {
		struct gm *gm = node_gm_of(w->node[i]);

		world_check(w, gm->sid_bits == 24);
		world_check(w, gm->registrations_ok == 2);
	}
	world_run(w, MINUTES(5));
	for (size_t i = 1; i < w->n; i++)
		world_check(
			w, node_sending(w->node[i]) == node_newest(w->node[i]));
	no_loss(w);
}

/* Rekeys signed by ECDSA, on each curve, from RSA and back by a rekey. */
void play_ecdsa(struct world *w)
{
	static const unsigned bits[] = { 256, 384, 521 };
	struct node *ks = group_new(w, 3);
	struct pkey *rsa = w->key;

	registered_all(w);
	for (size_t i = 0; i < ARRAY_LEN(bits); i++) {
		w->key = pkey_ec_generate(bits[i]);
		ks->ks.key_ecdsa = true;
		ks->ks.kek_life_secs = 80000 + bits[i]; /* so that it changes */
		node_config(ks);
		rekey(ks); /* by the key of before */
		world_run(w, SECS(25));
		rekey(ks);
		world_run(w, SECS(25));
		world_check(w, all_same(w));
		world_check(w,
			node_ks_of(ks)->kek.k.sig_hash == pkey_ec_hash(w->key));
		/* A restart finds the key again. */
		node_crash(ks);
		node_start(ks);
		world_check(w, node_ks_of(ks)->kek.live);
		pkey_unref(w->key);
	}
	w->key = rsa;
	ks->ks.key_ecdsa = false;
	node_config(ks);
	rekey(ks);
	world_run(w, SECS(25));
	rekey(ks);
	world_run(w, SECS(5));
	world_check(w, all_same(w));
	world_check(w, reports(w, REPORT_GM_RE_REGISTER) == 0);
	world_check(w, reports(w, REPORT_GM_RECV_REKEY) == 3 * 8);
	no_loss(w);
}

static void removal_ignore(void *ctx, const char *group)
{
	(void)ctx;
	(void)group;
}

static void members_remove(struct world *w, struct node *ks, bool at_once)
{
	world_check(w,
		gdoi_ks_members_remove(ks->g, NULL, at_once, removal_ignore,
			NULL, &(struct sbuf){ 0 }));
}

/* Everyone registers again before the shortened keys end, each at a moment of
 * its own, and no packet is lost.  Who is gone is forgotten. */
void play_gm_removal(struct world *w)
{
	struct node *ks = group_new(w, 20);
	uint64_t before;
	uint32_t spi;

	registered_all(w);
	node_crash(w->node[20]);
	before = node_ks_of(ks)->registrations;
	spi = ks_tek_newest(node_ks_of(ks), 1)->spi;
	members_remove(w, ks, false);
	world_check(w, ks_tek_newest(node_ks_of(ks), 1)->spi != spi);
	world_run(w, SECS(20));
	world_check(w, node_ks_of(ks)->registrations < before + 12);
	world_run(w, SECS(180));
	world_check(w, node_ks_of(ks)->registrations == before + 19);
	world_check(w, ks_count(ks) == 19);
	world_check(w, !ks_has_spi(node_ks_of(ks), spi));
	world_check(w, reports(w, REPORT_GM_DELETE) == 0);
	no_loss(w);
}

/* Lives of a day: rekeys come before members would ask. */
void play_long_lives(struct world *w)
{
	struct node *ks = group_new(w, 5);

	ks->ks.sa[0].life_secs = 86400;
	registered_all(w);
	world_run(w, MINUTES(60 * 50));
	world_check(w, all_same(w));
	world_check(w, node_ks_of(ks)->registrations == 5);
	world_check(w, reports(w, REPORT_GM_RE_REGISTER) == 0);
	no_loss(w);
}

void play_gm_removal_now(struct world *w)
{
	struct node *ks = group_new(w, 20);
	uint64_t before;

	registered_all(w);
	before = node_ks_of(ks)->registrations;
	members_remove(w, ks, true);
	world_run(w, MINUTES(2));
	world_check(w, all_same(w));
	world_check(w, node_ks_of(ks)->registrations == before + 20);
	world_check(w, ks_count(ks) == 20);
}
