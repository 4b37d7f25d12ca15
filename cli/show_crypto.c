/* show crypto isakmp sa (show-output.md 2.1). */
#include "cli/show.h"

#include "cli/cfg.h"
#include "cli/show_json.h"
#include "router/udp848.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IKE_SAS_MAX 10000 /* in one answer */

static int show_sa_exec(struct cmd_call *c);

#define HELP_SHOW_ISAKMP                                                       \
	"show  Show running system information\n" HELP_CRYPTO                  \
	"isakmp  Show ISAKMP\n"

static const struct command show_sa = {
	.mode = MODE_EXEC,
	.grammar = "show crypto isakmp sa [{detail|count}]",
	.help = HELP_SHOW_ISAKMP "sa  Show ISAKMP Security Associations\n"
				 "detail  Show ISAKMP SA detail\n"
				 "count  Show ISAKMP SA count\n",
	.flags = CMD_PIPE,
	.exec = show_sa_exec,
};

/* --- sa --- */

static void sa_row(const struct ip_addr *dst, const struct ip_addr *src,
	const char *state, uint32_t conn_id, const char *status,
	struct sbuf *out)
{
	char d[IP_TEXT], s[IP_TEXT];

	sbuf_printf(out, "%-16s%-16s%-15s%7u %s\n", ip_text(dst, d),
		ip_text(src, s), state, conn_id, status);
}

static void kek_row(const struct kek_info *k, struct sbuf *out)
{
	if (k->live)
		sa_row(&k->dst, &k->src, "GDOI_REKEY", k->conn_id, "ACTIVE",
			out);
}

void show_isakmp_sa(const struct ike_sa_info *ike, size_t n_ike,
	const struct gm_snapshot *gm, size_t n_gm, const struct ks_snapshot *ks,
	size_t n_ks, struct sbuf *out)
{
	struct ip_addr any = ip_v4(0);

	sbuf_adds(out, "IPv4 Crypto ISAKMP SA\n"
		       "dst             src             state          conn-id "
		       "status\n");
	for (size_t i = 0; i < n_gm; i++) {
		kek_row(&gm[i].kek_new, out);
		kek_row(&gm[i].kek_current, out);
	}
	for (size_t i = 0; i < n_ks; i++) {
		if (ks[i].kek.live)
			sa_row(&any, &ks[i].policy.local, "GDOI_REKEY",
				ks[i].kek.conn_id, "ACTIVE", out);
	}
	for (size_t i = 0; i < n_ike; i++)
		sa_row(&ike[i].dst, &ike[i].src, ike[i].state, ike[i].conn_id,
			ike[i].deleted ? "ACTIVE (deleted)" : "ACTIVE", out);
	sbuf_adds(out, "\nIPv6 Crypto ISAKMP SA\n\n");
}

static const char *cipher_word(enum cipher_id c)
{
	if (c == CIPHER_DES)
		return "des";
	return c == CIPHER_3DES ? "3des" : "aes";
}

static const char *auth_word(enum ike_auth a)
{
	if (a == IKE_AUTH_PSK)
		return "psk";
	return a == IKE_AUTH_RSA_SIG ? "rsig" : "ecds";
}

/* What is not agreed yet is left out. */
static void detail_row(const struct ike_sa_info *i, struct sbuf *out)
{
	const struct isakmp_policy *p = &i->policy;
	const struct hash_alg *h = hash_alg(p->hash);
	char local[IP_TEXT], remote[IP_TEXT], hms[16], group[8] = "";
	bool known = p->group != 0;

	if (known)
		snprintf(group, sizeof(group), "%u", p->group);
	sbuf_printf(out,
		"%-6u%-16s%-16s%-7s%-7s%-5s%-7s%-5s%-3s%s %s%-*s\n"
		"       Engine-id:Conn-id =  SW:%u\n\n",
		i->conn_id, ip_text(i->initiator ? &i->src : &i->dst, local),
		ip_text(i->initiator ? &i->dst : &i->src, remote), i->vrf,
		i->deleted ? "" : "ACTIVE", known ? cipher_word(p->cipher) : "",
		known && h != NULL ? h->ios : "",
		known ? auth_word(p->auth) : "", group,
		show_hms(i->remaining_secs, hms), i->dpd ? "D" : "",
		i->dpd ? 3 : 4, i->fragments ? "F" : "", i->conn_id - 1000);
}

void show_isakmp_sa_detail(
	const struct ike_sa_info *ike, size_t n, struct sbuf *out)
{
	sbuf_adds(out,
		"Codes: C - IKE configuration mode, D - Dead Peer Detection\n"
		"       K - Keepalives, N - NAT-traversal\n"
		"       T - cTCP encapsulation, X - IKE Extended "
		"Authentication, F - IKE Fragmentation\n"
		"IPv4 Crypto ISAKMP SA\n\n"
		"C-id  Local           Remote          I-VRF  Status Encr "
		"Hash   Auth DH Lifetime Cap.\n\n");
	for (size_t i = 0; i < n; i++)
		detail_row(&ike[i], out);
	sbuf_adds(out, "IPv6 Crypto ISAKMP SA\n\n");
}

static struct isakmp_count sa_count(const struct ike_sa_info *ike, size_t n)
{
	struct isakmp_count c = { 0 };

	for (size_t i = 0; i < n; i++) {
		c.dead += ike[i].deleted;
		c.active += ike[i].active && !ike[i].deleted;
	}
	c.negotiating = n - c.active - c.dead;
	return c;
}

static void show_sa_count(const struct isakmp_count *c, struct sbuf *out)
{
	sbuf_printf(out,
		"Active ISAKMP SA's: %zu\n\n"
		"Standby ISAKMP SA's: 0\n\n"
		"Currently being negotiated ISAKMP SA's: %zu\n\n"
		"Dead ISAKMP SA's: %zu\n",
		c->active, c->negotiating, c->dead);
}

/* All SAs, or with `detail` those of phase 1. */
static void show_sas(struct cmd_call *c, const struct ike_sa_info *ike,
	size_t n, struct gdoi *g)
{
	bool detail = drv_has(c->drv, "detail");
	struct gm_snapshot *gm = NULL;
	struct ks_snapshot *ks = NULL;
	size_t n_gm = detail ? 0 : gdoi_gm_snapshot(g, &gm);
	size_t n_ks = detail ? 0 : gdoi_ks_snapshot(g, &ks);

	if (c->json)
		cmd_json(c, isakmp_sa_json(ike, n, gm, n_gm, ks, n_ks));
	else if (detail)
		show_isakmp_sa_detail(ike, n, c->out);
	else
		show_isakmp_sa(ike, n, gm, n_gm, ks, n_ks, c->out);
	gm_snapshot_free(gm, n_gm);
	ks_snapshot_free(ks, n_ks);
}

static int show_sa_exec(struct cmd_call *c)
{
	auto_free struct ike_sa_info *ike = xcalloc(IKE_SAS_MAX, sizeof(*ike));
	struct isakmp_count count;
	struct gdoi *g;
	size_t n;

	if (c->router->box == NULL)
		return CMD_DONE;
	g = box_gdoi(c->router->box);
	n = gdoi_ike_list(g, ike, IKE_SAS_MAX);
	count = sa_count(ike, n);
	if (!drv_has(c->drv, "count"))
		show_sas(c, ike, n, g);
	else if (c->json)
		cmd_json(c, isakmp_count_json(&count));
	else
		show_sa_count(&count, c->out);
	return CMD_DONE;
}

static const struct command *const list[] = { &show_sa };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_show_crypto = { &commands, NULL };
