/* The scenarios: what a group must live through. */
#include "tests/sim/scenarios.h"
#include "dataplane/null.h"
#include <stdio.h>
#include <string.h>

struct node *group_new(struct world *w, size_t members)
{
	struct node *ks = node_ks(w);

	for (size_t i = 0; i < members; i++)
		node_gm(w, ks);
	return ks;
}

void start_all(struct world *w)
{
	for (size_t i = 0; i < w->n; i++)
		node_start(w->node[i]);
}

unsigned reports(const struct world *w, enum report_id id)
{
	unsigned n = 0;

	for (size_t i = 0; i < w->n; i++)
		n += w->node[i]->reports[id];
	return n;
}

void no_loss(struct world *w)
{
	if (w->data_lost != 0)
		world_fail(w, "%llu packets lost, %llu received",
			(unsigned long long)w->data_lost,
			(unsigned long long)w->data_ok);
	world_check(w, w->data_ok > 0);
}

static const char *error_of(const struct node *n)
{
	return node_gm_of(n)->last_error;
}

static void play_register(struct world *w)
{
	struct node *ks = group_new(w, 4);

	start_all(w);
	world_check(w, TAILQ_EMPTY(&node_ks_of(ks)->teks));
	world_until(w, SECS(10), all_same, "registration");
	world_check(w, ks_count(ks) == 4);
	world_check(w, reports(w, REPORT_GM_REGS_COMPL) == 4);
	world_check(w, dp_null_calls(ks->dp) == 0);
	world_run(w, SECS(5));
	for (size_t i = 1; i < w->n; i++) {
		const struct acl *a = dp_null_policy(w->node[i]->dp, 1);

		world_check(w, node_sending(w->node[i]) != 0);
		world_check(w, a != NULL && a->n == 1 && a->v[0].proto == 1);
	}
	no_loss(w);
}

static void play_loss20(struct world *w)
{
	struct node *ks = group_new(w, 50);
	unsigned rekeys;

	w->loss_pct = 20;
	w->dup_pct = 5;
	w->delay_max_ms = 200;
	ks->ks.sa[0].life_secs = 300;
	start_all(w);
	world_until(w, MINUTES(5), all_same, "registration");
	for (rekeys = 0; rekeys < 10; rekeys++) {
		unsigned before = ks->reports[REPORT_KS_SEND_UNICAST_REKEY];

		world_run(w, SECS(187));
		world_check(
			w, ks->reports[REPORT_KS_SEND_UNICAST_REKEY] > before);
		/* Whoever missed all copies asks in time for the new TEK. */
		world_until(w, SECS(120), all_same, "rollover");
	}
	world_check(w, w->data_lost * 1000 < w->data_ok);
}

static void play_rollover(struct world *w)
{
	struct node *ks = group_new(w, 5);

	w->delay_max_ms = 500;
	ks->ks.sa[0].life_secs = 300;
	ks->ks.kek_life_secs = 300;
	start_all(w);
	world_until(w, SECS(10), all_same, "registration");
	w->data_none = 0;
	world_run(w, MINUTES(30));
	no_loss(w);
	world_check(w, w->data_none == 0); /* never without a key to send */
	world_check(w, all_same(w));
	world_check(w, ks->reports[REPORT_KS_SEND_UNICAST_REKEY] >= 8);
	world_check(w, reports(w, REPORT_GM_RE_REGISTER) == 0);
	world_check(w, reports(w, REPORT_GM_DELETE) == 0);
	for (size_t i = 1; i < w->n; i++)
		world_check(w, node_gm_of(w->node[i])->registrations_ok == 1);
}

static void play_kek_rollover(struct world *w)
{
	struct node *ks = group_new(w, 5);
	uint8_t spi[KEK_SPI_BYTES];

	ks->ks.kek_life_secs = 400; /* rekey 225 s before its end */
	start_all(w);
	world_until(w, SECS(10), all_same, "registration");
	memcpy(spi, node_ks_of(ks)->kek.k.spi, sizeof(spi));
	world_run(w, SECS(180));
	world_check(w, memcmp(spi, node_ks_of(ks)->kek.k.spi, 16) != 0);
	world_check(w, all_same(w));
	world_check(w, node_ks_of(ks)->kek.seq == 0);
	/* The next rekey is under the new one. */
	gdoi_ks_rekey(ks->g, SIM_GROUP, false, &(struct sbuf){ 0 });
	world_run(w, SECS(5));
	world_check(w, node_ks_of(ks)->kek.seq == 1);
	world_check(w, all_same(w));
	world_run(w, MINUTES(20));
	world_check(w, all_same(w));
	world_check(w, reports(w, REPORT_GM_RE_REGISTER) == 0);
	no_loss(w);
}

static void play_acks(struct world *w)
{
	struct node *ks = group_new(w, 10);
	const struct ks_member *m;

	start_all(w);
	world_until(w, SECS(10), all_same, "registration");
	for (int i = 0; i < 5; i++) {
		gdoi_ks_rekey(ks->g, NULL, false, &(struct sbuf){ 0 });
		world_run(w, SECS(3));
		world_check(w, !node_ks_of(ks)->push.active);
	}
	TAILQ_FOREACH(m, &node_ks_of(ks)->members, link) {
		world_check(w, m->rekeys_sent == 5 && m->acks == 5);
		world_check(w, m->acks_missed == 0 && m->rekey_retries == 0);
		world_check(w, m->sent_seq[3] == 5 && m->rcvd_seq[3] == 5);
		world_check(w, m->sent_seq[0] == 2);
	}
	world_check(w, node_gm_of(w->node[1])->acks_sent == 5);
	world_check(w, all_same(w));
	no_loss(w);
}

static void play_ks_restart_store(struct world *w)
{
	struct node *ks = group_new(w, 5);
	uint32_t spi, seq;

	ks->ks.sa[0].life_secs = 600;
	start_all(w);
	world_until(w, SECS(10), all_same, "registration");
	gdoi_ks_rekey(ks->g, NULL, false, &(struct sbuf){ 0 });
	world_run(w, SECS(30));
	spi = TAILQ_FIRST(&node_ks_of(ks)->teks)->spi;
	seq = node_ks_of(ks)->kek.seq;
	node_crash(ks);
	world_run(w, SECS(20));
	node_start(ks);
	world_check(w, TAILQ_FIRST(&node_ks_of(ks)->teks)->spi == spi);
	world_check(w, node_ks_of(ks)->kek.seq == seq);
	world_check(w, ks_count(ks) == 5);
	world_run(w, MINUTES(30));
	world_check(w, all_same(w));
	world_check(w, reports(w, REPORT_GM_REGS_COMPL) == 5);
	world_check(w, ks->reports[REPORT_KS_SEND_UNICAST_REKEY] >= 3);
	no_loss(w);
}

static void play_ks_restart_empty(struct world *w)
{
	struct node *ks = group_new(w, 5);

	ks->ks.sa[0].life_secs = 600;
	start_all(w);
	world_until(w, SECS(10), all_same, "registration");
	world_run(w, SECS(60));
	node_crash(ks);
	node_lose_disk(ks);
	world_run(w, SECS(5));
	node_start(ks);
	world_run(w, SECS(400));
	for (size_t i = 1; i < w->n; i++) /* the old keys serve on */
		world_check(w, node_sending(w->node[i]) != 0);
	world_run(w, SECS(140));
	world_check(w, all_same(w));
	world_check(w, ks_count(ks) == 5);
	world_run(w, MINUTES(20));
	world_check(w, all_same(w));
	no_loss(w);
}

static void play_gm_restart(struct world *w)
{
	struct node *ks = group_new(w, 5);

	start_all(w);
	world_until(w, SECS(10), all_same, "registration");
	node_crash(w->node[2]);
	world_run(w, SECS(30));
	node_start(w->node[2]);
	world_until(w, SECS(10), all_same, "registration after restart");
	world_check(w, ks_count(ks) == 5);
	gdoi_ks_rekey(ks->g, NULL, false, &(struct sbuf){ 0 });
	world_run(w, SECS(5));
	world_check(w, all_same(w));
	no_loss(w);
}

static void play_ks_unreachable(struct world *w)
{
	struct node *ks = group_new(w, 5);

	ks->ks.sa[0].life_secs = 300;
	start_all(w);
	world_until(w, SECS(10), all_same, "registration");
	world_run(w, SECS(100));
	ks->cut = true;
	world_run(w, SECS(180)); /* 20 s before the TEK's end */
	for (size_t i = 1; i < w->n; i++) {
		world_check(w, node_sending(w->node[i]) != 0);
		world_check(w, node_gm_of(w->node[i])->step != GM_UP);
	}
	world_check(w, reports(w, REPORT_GM_REKEY_NOT_RECD) == 5);
	world_run(w, SECS(60));
	for (size_t i = 1; i < w->n; i++) { /* no key, but the policy */
		world_check(w, node_sending(w->node[i]) == 0);
		world_check(w, dp_null_policy(w->node[i]->dp, 1) != NULL);
		world_check(w, strcmp(error_of(w->node[i]),
				       "No response from KS 10.0.0.1") == 0);
	}
	ks->cut = false;
	world_until(w, SECS(120), all_same, "recovery");
	world_run(w, MINUTES(10));
	world_check(w, all_same(w));
	no_loss(w);
}

static void play_wrong_psk(struct world *w)
{
	struct node *ks = group_new(w, 2);
	struct node *gm = w->node[1];

	snprintf(gm->psk, sizeof(gm->psk), "WRONG");
	start_all(w);
	world_run(w, SECS(100));
	world_check(w, !node_registered(gm));
	world_check(w, node_registered(w->node[2]));
	world_check(w, strstr(error_of(gm), "authentication") != NULL);
	world_check(w, ks_count(ks) == 1);
	snprintf(gm->psk, sizeof(gm->psk), SIM_PSK);
	node_config(gm);
	world_until(w, SECS(120), all_same, "recovery");
}

static void play_wrong_group(struct world *w)
{
	struct node *ks = group_new(w, 2);
	struct node *gm = w->node[1];

	gm->gm.id.number = 124;
	start_all(w);
	world_run(w, SECS(30));
	world_check(w, !node_registered(gm));
	world_check(w, strcmp(error_of(gm),
			       "KS refused: INVALID-ID-INFORMATION") == 0);
	world_check(w, ks->reports[REPORT_KS_UNKNOWN_GROUP] > 0);
	gm->gm.id.number = SIM_NUMBER;
	node_config(gm);
	world_until(w, SECS(20), all_same, "recovery");
}

static void play_unauthorized(struct world *w)
{
	struct node *ks = group_new(w, 2);
	struct acl only = { .n = 0 };

	acl_dup(&only, ks->ks.sa[0].acl);
	only.v[0].proto = ACE_ANY;
	only.v[0].src = (struct ip_wild){ .addr = 0x0a000003 };
	ks->ks.authorization = &only;
	start_all(w);
	world_run(w, SECS(20));
	world_check(w, !node_registered(w->node[1]));
	world_check(w, node_registered(w->node[2]));
	world_check(w, strcmp(error_of(w->node[1]),
			       "KS refused: AUTHENTICATION-FAILED") == 0);
	world_check(w, ks->reports[REPORT_UNAUTHORIZED_IPADDR] > 0);
	acl_free(&only);
}

static void play_registration_interface(struct world *w)
{
	struct node *ks = group_new(w, 1);

	strcpy(ks->ks.reg_ifname, "Loopback0");
	start_all(w);
	world_run(w, SECS(20));
	world_check(w, !node_registered(w->node[1]));
	world_check(w, ks->reports[REPORT_KS_REG_REFUSED] > 0);
	strcpy(ks->ks.reg_ifname, SIM_IFNAME);
	node_config(ks);
	world_until(w, SECS(60), all_same, "registration");
}

static void play_incomplete(struct world *w)
{
	struct node *ks = group_new(w, 1);

	ks->ks.sa[0].complete = false;
	start_all(w);
	world_run(w, SECS(20));
	world_check(w, !node_registered(w->node[1]));
	world_check(w, ks->reports[REPORT_KS_REG_REFUSED] > 0);
	world_check(w, strcmp(error_of(w->node[1]),
			       "KS refused: NO-PROPOSAL-CHOSEN") == 0);
	ks->ks.sa[0].complete = true;
	node_config(ks);
	world_until(w, SECS(60), all_same, "registration");
}

static void play_no_rsa_key(struct world *w)
{
	struct node *ks = group_new(w, 3);

	snprintf(ks->ks.key_label, sizeof(ks->ks.key_label), "MISSING");
	ks->ks.sa[0].life_secs = 300;
	start_all(w);
	world_until(w, SECS(10), all_same, "registration");
	world_check(w, ks->reports[REPORT_KS_NO_RSA_KEYS] > 0);
	world_check(w, !node_gm_of(w->node[1])->kek[0].live);
	world_run(w, SECS(60));
	gdoi_ks_rekey(ks->g, NULL, false, &(struct sbuf){ 0 });
	world_run(w, MINUTES(20));
	world_check(w, ks->reports[REPORT_KS_SEND_UNICAST_REKEY] == 0);
	world_check(w, reports(w, REPORT_GM_RE_REGISTER) >= 9);
	no_loss(w);
}

static void play_three_silent(struct world *w)
{
	struct node *ks = group_new(w, 3);
	struct node *gm = w->node[1];

	start_all(w);
	world_until(w, SECS(10), all_same, "registration");
	gm->cut = true;
	for (unsigned i = 1; i <= 3; i++) {
		world_check(w, ks_count(ks) == 3);
		gdoi_ks_rekey(ks->g, NULL, false, &(struct sbuf){ 0 });
		world_run(w, SECS(20));
		world_check(w, ks_count(ks) == 3); /* copies still go out */
		world_run(w, SECS(20));
	}
	world_check(w, ks_count(ks) == 2);
	world_check(w, ks->reports[REPORT_GM_DELETE] == 1);
	world_check(w, gm->reports[REPORT_GM_RE_REGISTER] == 0);
	gm->cut = false;
	world_run(w, MINUTES(61));
	world_check(w, gm->reports[REPORT_GM_RE_REGISTER] == 1);
	world_check(w, ks_count(ks) == 3);
	world_check(w, all_same(w));
}

static void play_receive_only(struct world *w)
{
	struct node *ks = group_new(w, 3);

	ks->ks.receive_only = true;
	start_all(w);
	world_until(w, SECS(10), all_same, "registration");
	for (size_t i = 1; i < w->n; i++) {
		world_check(w, node_sending(w->node[i]) == 0);
		world_check(w, node_has(w->node[i], node_newest(w->node[1])));
		world_check(w, w->node[i]->reports[REPORT_GM_SA_INGRESS] == 1);
	}
	ks->ks.receive_only = false;
	node_config(ks);
	gdoi_config_left(ks->g);
	world_run(w, SECS(5));
	world_check(w, node_sending(w->node[1]) == 0);
	gdoi_ks_rekey(ks->g, NULL, false, &(struct sbuf){ 0 });
	world_run(w, SECS(5));
	for (size_t i = 1; i < w->n; i++)
		world_check(w, node_sending(w->node[i]) != 0);
	world_check(w, ks->reports[REPORT_KS_CONV_SAS_DUPLEX] == 1);
	world_check(w, reports(w, REPORT_GM_CONV_SA_DUPLEX) == 3);
}

/* Invalid SPIs make a member ask, not more often than it was told. */
static void play_recovery(struct world *w)
{
	struct node *ks = group_new(w, 2), *gm = w->node[1];
	struct packet_key k = { .proto = 50 };
	uint32_t group;

	gm->gm.recovery_secs = 100;
	start_all(w);
	world_until(w, SECS(10), all_same, "registration");
	group = node_gm_of(gm)->slot[0].dp_id;
	for (int i = 0; i < 300; i++) {
		gdoi_dp_invalid_spi(gm->g, group, 1, &k);
		world_run(w, SECS(1));
	}
	world_check(w, node_ks_of(ks)->registrations == 5);
	world_check(w, reports(w, REPORT_GM_RECOVERY_REGISTER) == 3);
	no_loss(w);
}

/* An operator turns one member before the others, and back. */
static void play_direction(struct world *w)
{
	struct node *ks = group_new(w, 2);
	struct sbuf why = { 0 };

	ks->ks.receive_only = true;
	start_all(w);
	world_until(w, SECS(10), all_same, "registration");
	world_check(w, gdoi_gm_direction(w->node[1]->g, NULL, GM_BOTH, &why));
	world_check(w, node_sending(w->node[1]) == node_newest(w->node[1]));
	world_check(w, node_sending(w->node[2]) == 0);
	gdoi_ks_rekey(ks->g, NULL, false, &why);
	world_run(w, MINUTES(61));
	world_check(w, node_sending(w->node[1]) != 0);
	world_check(w, node_sending(w->node[2]) == 0);
	world_check(w,
		gdoi_gm_direction(
			w->node[1]->g, NULL, GM_INBOUND_ONLY, &why));
	world_check(w, node_sending(w->node[1]) == 0);
	world_check(w, !gdoi_gm_direction(ks->g, NULL, GM_BOTH, &why));
	world_check(w, reports(w, REPORT_GM_CONV_SA_DUPLEX_LOCAL) == 1);
	sbuf_free(&why);
}

/* Changes wait for the operator (ios-cli.md 15.5); old keys live on 90 s. */
static void play_policy_change(struct world *w)
{
	struct node *ks = group_new(w, 4);
	uint32_t old_spi;

	start_all(w);
	world_until(w, SECS(10), all_same, "registration");
	old_spi = node_newest(w->node[1]);
	policy_acl_drop(ks->ks.sa[0].acl);
	ks->ks.sa[0].acl = acl_any(17);
	node_config(ks);
	gdoi_config_left(ks->g);
	gdoi_config_left(ks->g);
	world_check(w, ks->reports[REPORT_POLICY_CHANGE] == 1);
	world_run(w, SECS(60));
	world_check(w, node_newest(w->node[1]) == old_spi);
	world_check(w, dp_null_policy(w->node[1]->dp, 1)->v[0].proto == 1);
	gdoi_ks_rekey(ks->g, NULL, false, &(struct sbuf){ 0 });
	world_run(w, SECS(3));
	world_check(w, all_same(w));
	for (size_t i = 1; i < w->n; i++) {
		world_check(w, node_newest(w->node[i]) != old_spi);
		world_check(w, node_sending(w->node[i]) == old_spi);
		world_check(
			w, dp_null_policy(w->node[i]->dp, 1)->v[0].proto == 17);
	}
	world_run(w, SECS(160)); /* 5 % of 3600 s is 180 s */
	for (size_t i = 1; i < w->n; i++) {
		world_check(w, node_sending(w->node[i]) != old_spi);
		world_check(w, node_has(w->node[i], old_spi));
	}
	world_run(w, SECS(25));
	for (size_t i = 1; i < w->n; i++)
		world_check(w, !node_has(w->node[i], old_spi));
	no_loss(w);
	old_spi = node_newest(w->node[1]);
	gdoi_ks_rekey(ks->g, NULL, true, &(struct sbuf){ 0 });
	world_run(w, SECS(3));
	for (size_t i = 1; i < w->n; i++) {
		world_check(w, !node_has(w->node[i], old_spi));
		world_check(w, node_sending(w->node[i]) != 0);
	}
	world_check(w, all_same(w));
}

static void play_failover(struct world *w)
{
	struct node *dead = node_ks(w), *ks = node_ks(w);
	struct node *gm = node_gm(w, dead);

	gm->gm.server[1] = ks->addr;
	gm->gm.n_servers = 2;
	node_start(ks);
	node_start(gm);
	world_run(w, SECS(120));
	world_check(w, node_registered(gm));
	world_check(w, ip_equal(&node_gm_of(gm)->ks, &ks->addr));
	world_check(w, gm->reports[REPORT_GM_CONN_NEXT_SER] == 1);
	world_check(w, node_gm_of(gm)->registrations_tried == 2);
	world_check(w, node_gm_of(gm)->registrations_ok == 1);
}

static void play_reject_offer(struct world *w)
{
	struct node *ks = group_new(w, 2);
	struct node *gm = w->node[1];

	gm->gm.kek_ciphers = 1u << CIPHER_AES256;
	start_all(w);
	world_run(w, SECS(20));
	world_check(w, !node_registered(gm));
	world_check(w, gm->reports[REPORT_GM_REJECTING_SA_PAYLOAD] > 0);
	world_check(w, ks_count(ks) == 1);
	gm->gm.kek_ciphers = 1u << CIPHER_3DES;
	gm->gm.n_suites = 1;
	gm->gm.suites[0] = (struct esp_suite){ .cipher = ESP_CIPHER_AES_GCM,
		.key_bits = 128 };
	node_config(gm);
	world_run(w, SECS(60));
	world_check(w, !node_registered(gm));
	gm->gm.suites[0] = ks->ks.sa[0].suite;
	node_config(gm);
	world_until(w, SECS(60), all_same, "registration");
}

static void play_counter_mode(struct world *w)
{
	struct node *ks = group_new(w, 6);

	ks->ks.sa[0].suite = (struct esp_suite){ .cipher = ESP_CIPHER_AES_GCM,
		.key_bits = 128 };
	ks->ks.sid_bits = 8;
	ks->ks.kssids = (const uint8_t[]){ 5, 9, 11, 12 };
	ks->ks.n_kssids = 4; /* two SIDs each: eight in all */
	start_all(w);
	world_until(w, SECS(10), all_same, "registration");
	for (size_t i = 1; i < w->n; i++) {
		const struct gm *a = node_gm_of(w->node[i]);
		uint8_t kssid = (uint8_t)(a->sid >> 1);

		world_check(w, a->sid_bits == 8);
		world_check(w, kssid == 5 || kssid == 9 || kssid == 11);
		world_check(w, node_sending(w->node[i]) != 0);
		for (size_t k = 1; k < i; k++)
			world_check(w, node_gm_of(w->node[k])->sid != a->sid);
	}
	/* The ninth registration begins the group anew. */
	for (size_t i = 1; i <= 3; i++) {
		node_crash(w->node[i]);
		node_start(w->node[i]);
		world_run(w, SECS(2));
	}
	world_until(w, SECS(60), all_same, "new start");
	world_check(w, ks->reports[REPORT_KS_NO_SID_AVAILABLE] >= 1);
	for (size_t i = 1; i < w->n; i++)
		for (size_t k = 1; k < i; k++)
			world_check(w, node_gm_of(w->node[k])->sid !=
					       node_gm_of(w->node[i])->sid);
}

/* Who has sent all that its sender id allows gets another one, for the same
 * TEK, by registering. */
static void play_sid_spent(struct world *w)
{
	struct node *ks = group_new(w, 2), *gm = w->node[1];
	uint32_t spi, sid, group;

	ks->ks.sa[0].suite = (struct esp_suite){ .cipher = ESP_CIPHER_AES_GCM,
		.key_bits = 128 };
	ks->ks.kssids = (const uint8_t[]){ 5 };
	ks->ks.n_kssids = 1;
	start_all(w);
	world_until(w, SECS(10), all_same, "registration");
	spi = node_sending(gm);
	sid = node_gm_of(gm)->sid;
	group = node_gm_of(gm)->slot[0].dp_id;
	gdoi_dp_exhausted(gm->g, group, spi);
	gdoi_dp_exhausted(gm->g, group, spi);
	world_run(w, SECS(10));
	world_check(w, node_ks_of(ks)->registrations == 3);
	world_check(w, reports(w, REPORT_GM_SID_SPENT) == 1);
	world_check(w, node_sending(gm) == spi);
	world_check(w, node_gm_of(gm)->sid != sid);
	world_check(w,
		dp_null_sa(gm->dp, group, spi)->sid == node_gm_of(gm)->sid);
	no_loss(w);
}

static void play_two_sas(struct world *w)
{
	struct node *ks = group_new(w, 3);
	struct gm *gm;

	ks->ks.n_sas = 2;
	ks->ks.sa[1] = ks->ks.sa[0];
	ks->ks.sa[1].number = 2;
	ks->ks.sa[1].life_secs = 400;
	ks->ks.sa[1].acl = acl_any(17);
	start_all(w);
	world_run(w, SECS(10));
	gm = node_gm_of(w->node[1]);
	world_check(w, gm->n_slots == 2);
	world_check(w, dp_null_policy(w->node[1]->dp, 1)->v[0].proto == 1);
	world_check(w, dp_null_policy(w->node[1]->dp, 2)->v[0].proto == 17);
	world_run(w, MINUTES(20));
	for (size_t i = 1; i < w->n; i++) {
		gm = node_gm_of(w->node[i]);
		world_check(w, gm->n_slots == 2);
		world_check(w, dp_null_sending_spi(w->node[i]->dp, 1) != 0);
		world_check(w, dp_null_sending_spi(w->node[i]->dp, 2) != 0);
		world_check(w, gm->registrations_ok == 1);
	}
	no_loss(w);
}

static void play_clear(struct world *w)
{
	struct node *ks = group_new(w, 3);
	struct sbuf why = { 0 };

	start_all(w);
	world_until(w, SECS(10), all_same, "registration");
	world_check(w, !gdoi_clear(ks->g, "NOBODY", &why));
	world_check(
		w, strcmp(sbuf_str(&why), "Group NOBODY does not exist") == 0);
	sbuf_free(&why);
	gdoi_clear(ks->g, SIM_GROUP, &why);
	world_check(w, ks_count(ks) == 0);
	for (size_t i = 1; i < w->n; i++)
		gdoi_clear(w->node[i]->g, NULL, &why);
	world_until(w, SECS(10), all_same, "registration after clear");
	world_check(w, ks_count(ks) == 3);
	/* A clear authenticates anew, though phase 1 is still up. */
	snprintf(w->node[1]->psk, sizeof(w->node[1]->psk), "WRONG");
	node_config(w->node[1]);
	world_run(w, SECS(5));
	world_check(w, node_registered(w->node[1]));
	gdoi_clear(w->node[1]->g, NULL, &why);
	world_run(w, SECS(100));
	world_check(w, !node_registered(w->node[1]));
	world_check(w, w->node[1]->reports[REPORT_GM_CONN_NEXT_SER] > 0);
}

static void play_address_change(struct world *w)
{
	struct node *ks = group_new(w, 2);
	struct node *gm = w->node[1];
	struct ip_addr addr = gm->gm.local;

	start_all(w);
	world_until(w, SECS(10), all_same, "registration");
	gm->gm.local = (struct ip_addr){ .family = 0 };
	node_config(gm);
	world_run(w, SECS(5));
	world_check(w, node_gm_of(gm)->step == GM_DOWN);
	world_check(w, node_sending(gm) != 0);
	gm->gm.local = addr;
	node_config(gm);
	world_until(w, SECS(10), all_same, "registration");
	world_check(w, node_gm_of(gm)->registrations_ok == 2);
	world_check(w, ks_count(ks) == 2);
}

/* A rekey overtakes a registration: its keys are the old ones, and the rekey
 * must reach the new member as well. */
static void play_overtaken(struct world *w)
{
	struct node *ks = group_new(w, 3);
	struct node *late = w->node[3];

	w->delay_min_ms = w->delay_max_ms = 200;
	node_start(ks);
	node_start(w->node[1]);
	node_start(w->node[2]);
	world_until(w, SECS(10), all_same, "registration");
	node_start(late);
	for (int i = 0; i < 100 && ks->g->n_pulls == 0; i++)
		world_run(w, 50);
	world_check(w, ks->g->n_pulls == 1);
	gdoi_ks_rekey(ks->g, NULL, false, &(struct sbuf){ 0 });
	world_run(w, SECS(5));
	world_check(w, all_same(w));
	world_check(w, node_gm_of(late)->rekeys == 1);
	world_check(w, ks_count(ks) == 3);
	no_loss(w);
}

/* Forged, replayed and foreign rekeys change nothing. */
static void play_hostile_rekey(struct world *w)
{
	struct node *ks = group_new(w, 2);
	struct gm *gm;
	struct ks *k;
	struct ks_push_content c = { .delete_all = true };
	uint8_t msg[4096];
	size_t n;
	struct udp_path path;
	uint32_t spi;

	start_all(w);
	world_until(w, SECS(10), all_same, "registration");
	gm = node_gm_of(w->node[1]);
	k = node_ks_of(ks);
	spi = node_sending(w->node[1]);
	path = (struct udp_path){ .local = { w->node[1]->addr, GDOI_PORT },
		.remote = { ks->addr, GDOI_PORT } };
	/* Built, but never sent, by the key server: delete everything. */
	world_check(w, ks_push_build(k, &k->kek, &c));
	n = k->push.n[1];
	memcpy(msg, k->push.bytes[1], n);
	msg[n - 1] ^= 1;
	gdoi_input(w->node[1]->g, &path, SPAN(msg, n));
	world_check(w, gm->kek[0].seq == 0);
	world_check(w, w->node[1]->reports[REPORT_GDOI_REKEY_FAILURE] == 1);
	msg[n - 1] ^= 1;
	path.remote.ip = w->node[2]->addr; /* not a server of ours */
	gdoi_input(w->node[1]->g, &path, SPAN(msg, n));
	world_check(w, gm->kek[0].seq == 0);
	world_check(w, node_sending(w->node[1]) == spi);
	/* A newer rekey comes first: the older number is refused. */
	ks_push_stop(k);
	gdoi_ks_rekey(ks->g, NULL, false, &(struct sbuf){ 0 });
	world_run(w, SECS(3));
	world_check(w, gm->kek[0].seq == 2);
	path.remote.ip = ks->addr;
	gdoi_input(w->node[1]->g, &path, SPAN(msg, n));
	world_check(w, gm->kek[0].seq == 2);
	world_check(w, w->node[1]->reports[REPORT_GDOI_REKEY_SEQ_FAILURE] == 1);
	world_check(w, node_sending(w->node[1]) == spi);
	world_check(w, all_same(w));
}

/* Two thousand members: one rekey, paced, all acknowledged. */
static void play_crowd(struct world *w)
{
	struct node *ks = group_new(w, 2000);
	struct ks *k;

	start_all(w);
	world_until(w, MINUTES(5), all_same, "registration");
	k = node_ks_of(ks);
	world_check(w, ks_count(ks) == 2000);
	gdoi_ks_rekey(ks->g, NULL, false, &(struct sbuf){ 0 });
	world_run(w, 15); /* the answers to the first 50 are on their way */
	world_check(w, k->push.cursor != NULL);
	world_run(w, 300); /* the pace has followed them */
	world_check(w, !k->push.active);
	world_check(w, k->last_rekey_msec < 200);
	world_check(w, k->retransmits == 0);
	world_check(w, all_same(w));
	for (size_t i = 1; i < w->n; i++)
		w->node[i]->cut = true;
	gdoi_ks_rekey(ks->g, NULL, false, &(struct sbuf){ 0 });
	world_run(w, 380); /* in batches of 50 they take 390 ms */
	world_check(w, k->push.cursor != NULL);
	world_run(w, 20);
	world_check(w, k->push.cursor == NULL && k->push.active);
}

/* Nodes fall and rise at random under loss; in the end all is in order. */
static void play_chaos(struct world *w)
{
	struct node *ks = group_new(w, 12);

	w->loss_pct = 10;
	w->dup_pct = 5;
	w->delay_max_ms = 300;
	ks->ks.sa[0].life_secs = 300;
	ks->ks.kek_life_secs = 700;
	start_all(w);
	for (int i = 0; i < 60; i++) {
		struct node *n = w->node[world_below(w, w->n)];

		world_run(w, world_below(w, SECS(40)));
		switch (world_below(w, 4)) {
		case 0:
			node_crash(n);
			break;
		case 1:
			n->cut = !n->cut;
			break;
		case 2:
			if (n->is_ks && n->g == NULL && world_below(w, 2) == 0)
				node_lose_disk(n);
			break;
		default:
			if (n->g == NULL)
				node_start(n);
		}
	}
	for (size_t i = 0; i < w->n; i++) {
		w->node[i]->cut = false;
		if (w->node[i]->g == NULL)
			node_start(w->node[i]);
	}
	world_run(w, SECS(600));
	/* A member may lose all copies of a KEK's rekey even now: it finds out
	 * when the TEK after it does not come. */
	world_until(w, SECS(400), all_same, "order after chaos");
}

// clang-format off
const struct scenario scenarios[] = {
	{ "register",          play_register,         true,  false },
	{ "acks",              play_acks,             true,  false },
	{ "rollover",          play_rollover,         false, true  },
	{ "kek-rollover",      play_kek_rollover,     false, true  },
	{ "loss20",            play_loss20,           false, true  },
	{ "ks-restart-store",  play_ks_restart_store, false, true  },
	{ "ks-restart-empty",  play_ks_restart_empty, false, true  },
	{ "gm-restart",        play_gm_restart,       false, true  },
	{ "ks-unreachable",    play_ks_unreachable,   false, true  },
	{ "wrong-psk",         play_wrong_psk,        true,  false },
	{ "wrong-group",       play_wrong_group,      true,  false },
	{ "unauthorized",      play_unauthorized,     false, false },
	{ "registration-if",   play_registration_interface, false, false },
	{ "incomplete",        play_incomplete,       false, false },
	{ "no-rsa-key",        play_no_rsa_key,       false, true  },
	{ "three-silent",      play_three_silent,     false, true  },
	{ "sid-spent",         play_sid_spent,        false, false },
	{ "recovery-check",    play_recovery,         false, false },
	{ "direction",         play_direction,        false, false },
	{ "receive-only",      play_receive_only,     false, false },
	{ "policy-change",     play_policy_change,    false, true  },
	{ "failover",          play_failover,         false, false },
	{ "reject-offer",      play_reject_offer,     false, false },
	{ "counter-mode",      play_counter_mode,     false, true  },
	{ "two-sas",           play_two_sas,          false, true  },
	{ "clear",             play_clear,            false, false },
	{ "address-change",    play_address_change,   false, false },
	{ "overtaken",         play_overtaken,        false, true  },
	{ "hostile-rekey",     play_hostile_rekey,    true,  false },
	{ "crowd",             play_crowd,            false, false },
	{ "chaos",             play_chaos,            false, true  },
	{ "time",              play_time,             true,  false },
	{ "time-loss",         play_time_loss,        false, true  },
	{ "time-drift",        play_time_drift,       false, true  },
	{ "time-restart",      play_time_restart,     false, true  },
	{ "time-multicast",    play_time_multicast,   false, true  },
	{ "time-change",       play_time_change,      false, false },
	{ "time-late",         play_time_late,        false, false },
	{ "multicast",         play_multicast,        true,  false },
	{ "multicast-loss",    play_multicast_loss,   false, true  },
	{ "multicast-late",    play_multicast_late,   false, true  },
	{ "gm-removal",        play_gm_removal,       false, true  },
	{ "long-lives",        play_long_lives,       false, true  },
	{ "gm-removal-now",    play_gm_removal_now,   false, true  },
	{ "multicast-leave",   play_multicast_leave,  false, false },
	{ "multicast-nowhere", play_multicast_nowhere, false, false },
	{ "transport-change",  play_transport_change, false, true  },
	{ "restart-in-rekey",  play_restart_in_rekey, false, true  },
	{ "restart-in-kek-rekey", play_restart_in_kek_rekey, false, true },
	{ "restart-in-multicast", play_restart_in_multicast, false, true },
	{ "restart-in-deletion", play_restart_in_deletion, false, true },
	{ "key-removed",       play_key_removed,      false, true  },
	{ "no-identifier",     play_no_identifier,    false, false },
	{ "sid-by-pull",       play_sid_by_pull,      false, true  },
	{ "ecdsa",             play_ecdsa,            true,  false },
};
// clang-format on
const size_t n_scenarios = ARRAY_LEN(scenarios);
