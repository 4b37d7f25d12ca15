/* show crypto isakmp ... (show-output.md 2.1 to 2.3). */
#include "cli/show.h"

#include "cli/cfg.h"
#include "cli/show_json.h"
#include "router/udp848.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IKE_SAS_MAX 10000 /* in one answer */

static int show_sa_exec(struct cmd_call *c);
static int show_peers_exec(struct cmd_call *c);
static int show_policy_exec(struct cmd_call *c);
static int show_key_exec(struct cmd_call *c);

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

static const struct command show_peers = {
	.mode = MODE_EXEC,
	.grammar = "show crypto isakmp peers",
	.help = HELP_SHOW_ISAKMP "peers  Show ISAKMP peer structures\n",
	.flags = CMD_PIPE,
	.exec = show_peers_exec,
};

static const struct command show_policy = {
	.mode = MODE_EXEC,
	.grammar = "show crypto isakmp policy",
	.help = HELP_SHOW_ISAKMP
	"policy  Show ISAKMP protection suite policy\n",
	.flags = CMD_PIPE,
	.exec = show_policy_exec,
};

static const struct command show_key = {
	.mode = MODE_EXEC,
	.grammar = "show crypto isakmp key",
	.help = HELP_SHOW_ISAKMP "key  Show ISAKMP preshared keys\n",
	.level = 15,
	.flags = CMD_PIPE,
	.exec = show_key_exec,
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
	for (size_t i = 0; i < n; i++) {
		const struct isakmp_policy *p = &ike[i].policy;
		const struct hash_alg *h = hash_alg(p->hash);
		char src[IP_TEXT], dst[IP_TEXT], hms[16];

		sbuf_printf(out,
			"%-6u%-16s%-16s%-7s%-7s%-5s%-7s%-5s%-3u%s %-4s\n"
			"       Engine-id:Conn-id =  SW:%u\n\n",
			ike[i].conn_id, ip_text(&ike[i].src, src),
			ip_text(&ike[i].dst, dst), "",
			ike[i].deleted ? "" : "ACTIVE", cipher_word(p->cipher),
			h != NULL ? h->ios : "",
			p->auth == IKE_AUTH_PSK ? "psk" : "rsig", p->group,
			show_hms(ike[i].remaining_secs, hms), "",
			ike[i].conn_id - 1000);
	}
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

/* --- peers --- */

/* Appends the other end of an SA, unless it is there.  Returns the number. */
static size_t peer_add(struct isakmp_peer *v, size_t n, struct isakmp_peer p)
{
	for (size_t i = 0; i < n; i++) {
		if (ip_equal(&v[i].remote, &p.remote) &&
			ip_equal(&v[i].local, &p.local))
			return n;
	}
	v[n] = p;
	return n + 1;
}

void show_isakmp_peers(const struct isakmp_peer *v, size_t n, struct sbuf *out)
{
	for (size_t i = 0; i < n; i++) {
		char local[IP_TEXT], remote[IP_TEXT];

		sbuf_printf(out,
			"Peer: %s Port: %u Local: %s\n"
			" Phase1 id: %s\n",
			ip_text(&v[i].remote, remote), GDOI_PORT,
			ip_text(&v[i].local, local), remote);
	}
}

static int show_peers_exec(struct cmd_call *c)
{
	auto_free struct ike_sa_info *ike = xcalloc(IKE_SAS_MAX, sizeof(*ike));
	auto_free struct isakmp_peer *v = xcalloc(IKE_SAS_MAX, sizeof(*v));
	struct box *b = c->router->box;
	size_t n_ike, n = 0;

	n_ike = b != NULL ? gdoi_ike_list(box_gdoi(b), ike, IKE_SAS_MAX) : 0;
	for (size_t i = 0; i < n_ike; i++) {
		bool ours = iface_is_local(box_ifaces(b), &ike[i].src);

		n = peer_add(v, n,
			(struct isakmp_peer){
				.local = ours ? ike[i].src : ike[i].dst,
				.remote = ours ? ike[i].dst : ike[i].src });
	}
	if (c->json)
		return cmd_json(c, isakmp_peers_json(v, n));
	show_isakmp_peers(v, n, c->out);
	return CMD_DONE;
}

/* --- policy --- */

static void policy_cipher(enum cipher_id c, struct sbuf *out)
{
	switch (c) {
	case CIPHER_DES:
		sbuf_adds(out, "DES - Data Encryption Standard (56 bit keys).");
		break;
	case CIPHER_3DES:
		sbuf_adds(out, "Three key triple DES");
		break;
	default:
		sbuf_printf(out,
			"AES - Advanced Encryption Standard (%u bit keys).",
			cipher_alg(c)->key_bytes * 8U);
		break;
	}
}

static const char *policy_hash(enum hash_id h)
{
	switch (h) {
	case HASH_MD5:
		return "Message Digest 5";
	case HASH_SHA256:
		return "Secure Hash Standard 2 (256 bit)";
	case HASH_SHA384:
		return "Secure Hash Standard 2 (384 bit)";
	case HASH_SHA512:
		return "Secure Hash Standard 2 (512 bit)";
	default:
		return "Secure Hash Standard";
	}
}

void show_isakmp_policy(
	const struct isakmp_policy *v, size_t n, struct sbuf *out)
{
	sbuf_adds(out, "Global IKE policy\n");
	for (size_t i = 0; i < n; i++) {
		const struct dh_alg *dh = dh_alg(v[i].group);

		sbuf_printf(out,
			"Protection suite of priority %u\n"
			"\tencryption algorithm:\t",
			v[i].priority);
		policy_cipher(v[i].cipher, out);
		sbuf_printf(out,
			"\n\thash algorithm:\t\t%s\n"
			"\tauthentication method:\t%s\n"
			"\tDiffie-Hellman group:\t%s\n"
			"\tlifetime:\t\t%u seconds, no volume limit\n",
			policy_hash(v[i].hash),
			v[i].auth == IKE_AUTH_PSK
				? "Pre-Shared Key"
				: "Rivest-Shamir-Adleman Signature",
			dh != NULL ? dh->ios_text : "", v[i].life_secs);
	}
}

static int show_policy_exec(struct cmd_call *c)
{
	struct isakmp_view v;

	isakmp_view_build(c->router, &v);
	if (c->json)
		cmd_json(c, isakmp_policy_json(
				    v.config.policy, v.config.n_policies));
	else
		show_isakmp_policy(
			v.config.policy, v.config.n_policies, c->out);
	isakmp_view_free(&v);
	return CMD_DONE;
}

/* --- key --- */

static void key_peer(const struct isakmp_key *k, struct sbuf *out)
{
	char a[IP_TEXT], m[IP_TEXT];
	struct ip_addr mask = ip_v4(k->mask);

	if (k->hostname[0] != '\0')
		sbuf_adds(out, k->hostname);
	else if (k->mask == UINT32_MAX)
		sbuf_adds(out, ip_text(&k->addr, a));
	else
		sbuf_printf(out, "%-17s[%s]", ip_text(&k->addr, a),
			ip_text(&mask, m));
}

void show_isakmp_key(const struct isakmp_key *v, size_t n, struct sbuf *out)
{
	sbuf_printf(out, "%-13s%-44s%s\n\n", "Keyring", "Hostname/Address",
		"Preshared Key");
	for (size_t i = 0; i < n; i++) {
		auto_sbuf struct sbuf peer = { 0 };

		key_peer(&v[i], &peer);
		sbuf_printf(out, "%-13s%-44s%.*s\n", i == 0 ? "default" : "",
			sbuf_str(&peer), (int)v[i].key.n,
			(const char *)v[i].key.p);
	}
}

static int show_key_exec(struct cmd_call *c)
{
	struct isakmp_view v;

	isakmp_view_build(c->router, &v);
	if (c->json)
		cmd_json(c, isakmp_key_json(v.keys, v.config.n_keys));
	else
		show_isakmp_key(v.keys, v.config.n_keys, c->out);
	isakmp_view_free(&v);
	return CMD_DONE;
}

static const struct command *const list[] = { &show_sa, &show_peers,
	&show_policy, &show_key };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_show_crypto = { &commands, NULL };
