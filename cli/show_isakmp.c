/* show crypto isakmp peers, policy, key, profile (show-output.md 2.2 to 2.4).
 */
#include "cli/show.h"

#include "cli/cfg.h"
#include "cli/show_json.h"
#include "gdoi/gdoi_wire.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IKE_SAS_MAX 10000 /* in one answer */

static int show_peers_exec(struct cmd_call *c);
static int show_policy_exec(struct cmd_call *c);
static int show_key_exec(struct cmd_call *c);
static int show_profile_exec(struct cmd_call *c);

#define HELP_SHOW_ISAKMP                                                       \
	"show  Show running system information\n" HELP_CRYPTO                  \
	"isakmp  Show ISAKMP\n"

static const struct command show_peers = {
	.mode = MODE_EXEC,
	.grammar = "show crypto isakmp peers",
	.help = HELP_SHOW_ISAKMP "peers  Show ISAKMP peer structures\n",
	.flags = CMD_PIPE,
	.exec = show_peers_exec,
};

static const struct command show_policy = {
	.mode = MODE_EXEC,
	.grammar = "show crypto isakmp [default] policy",
	.help = HELP_SHOW_ISAKMP
	"default  Show ISAKMP default policies\n"
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

static const struct command show_profile = {
	.mode = MODE_EXEC,
	.grammar = "show crypto isakmp profile [<name:name>]",
	.help = HELP_SHOW_ISAKMP "profile  Show ISAKMP profiles\n"
				 "<name>  Profile name\n",
	.flags = CMD_PIPE,
	.exec = show_profile_exec,
};

/* --- peers --- */

static void id_hex(const struct ike_sa_info *i, struct sbuf *out)
{
	sbuf_adds(out, "0x");
	for (size_t k = 0; k < i->id_n; k++)
		sbuf_printf(out, "%02X", i->id[k]);
}

/* One that is cut short is no name any more. */
static void dn_show(const struct ike_sa_info *i, struct sbuf *out)
{
	size_t start = out->n;

	dn_text(SPAN(i->id, i->id_n), ",", out);
	if (out->n == start)
		id_hex(i, out);
}

void show_isakmp_id(const struct ike_sa_info *i, struct sbuf *out)
{
	struct ip_addr a = { .family = i->id_type == ID_IPV6 ? 6 : 4 };
	char text[IP_TEXT];

	switch (i->id_type) {
	case 0:
		sbuf_adds(out, "none");
		return;
	case ID_IPV4:
	case ID_IPV6:
		memcpy(a.b, i->id, i->id_n < sizeof(a.b) ? i->id_n : 16);
		sbuf_adds(out, ip_text(&a, text));
		return;
	case ID_FQDN:
	case ID_USER_FQDN:
		for (size_t k = 0; k < i->id_n; k++)
			sbuf_addc(
				out, isgraph(i->id[k]) ? (char)i->id[k] : '?');
		return;
	case ID_DER_DN:
		dn_show(i, out);
		return;
	default:
		id_hex(i, out);
	}
}

const struct ip_addr *isakmp_remote(const struct ike_sa_info *i)
{
	return i->initiator ? &i->dst : &i->src;
}

const struct ip_addr *isakmp_local(const struct ike_sa_info *i)
{
	return i->initiator ? &i->src : &i->dst;
}

/* An SA with a peer that was there before is moved away: one row a peer, of the
 * newest SA.  Returns the number. */
static size_t peers_only(struct ike_sa_info *v, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		size_t k = 0;

		while (k < kept && (!ip_equal(isakmp_remote(&v[k]),
					    isakmp_remote(&v[i])) ||
					   !ip_equal(isakmp_local(&v[k]),
						   isakmp_local(&v[i]))))
			k++;
		if (k == kept)
			kept++;
		else if (v[i].id_type == 0 || v[i].deleted)
			continue;
		v[k] = v[i];
	}
	return kept;
}

void show_isakmp_peers(const struct ike_sa_info *v, size_t n, struct sbuf *out)
{
	for (size_t i = 0; i < n; i++) {
		char local[IP_TEXT], remote[IP_TEXT];

		sbuf_printf(out, "Peer: %s Port: %u Local: %s\n Phase1 id: ",
			ip_text(isakmp_remote(&v[i]), remote), v[i].remote_port,
			ip_text(isakmp_local(&v[i]), local));
		show_isakmp_id(&v[i], out);
		sbuf_addc(out, '\n');
	}
}

static int show_peers_exec(struct cmd_call *c)
{
	auto_free struct ike_sa_info *v = xcalloc(IKE_SAS_MAX, sizeof(*v));
	struct box *b = c->router->box;
	size_t n = b != NULL ? gdoi_ike_list(box_gdoi(b), v, IKE_SAS_MAX) : 0;

	n = peers_only(v, n);
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

static const char *policy_auth(enum ike_auth a)
{
	switch (a) {
	case IKE_AUTH_PSK:
		return "Pre-Shared Key";
	case IKE_AUTH_RSA_SIG:
		return "Rivest-Shamir-Adleman Signature";
	case IKE_AUTH_RSA_ENCR:
		return "Rivest-Shamir-Adleman Encryption";
	default:
		return "Elliptic Curve Digital Signature Algorithm";
	}
}

static void policy_show(
	const struct isakmp_policy *p, const char *kind, struct sbuf *out)
{
	const struct dh_alg *dh = dh_alg(p->group);
	auto_sbuf struct sbuf weak = { 0 };

	sbuf_printf(out,
		"%s of priority %u\n"
		"\tencryption algorithm:\t",
		kind, p->priority);
	policy_cipher(p->cipher, out);
	sbuf_printf(out,
		"\n\thash algorithm:\t\t%s\n"
		"\tauthentication method:\t%s\n"
		"\tDiffie-Hellman group:\t%s\n"
		"\tlifetime:\t\t%u seconds, no volume limit\n",
		policy_hash(p->hash), policy_auth(p->auth),
		dh != NULL ? dh->ios_text : "", p->life_secs);
	isakmp_policy_weak(p, &weak);
	if (weak.n > 0)
		sbuf_printf(out, "\tweak:\t\t\t%s\n", sbuf_str(&weak));
}

void show_isakmp_policy(
	const struct isakmp_policy *v, size_t n, struct sbuf *out)
{
	sbuf_adds(out, "Global IKE policy\n");
	for (size_t i = 0; i < n; i++)
		policy_show(&v[i], "Protection suite", out);
}

void show_isakmp_default_policy(
	const struct isakmp_policy *v, size_t n, struct sbuf *out)
{
	for (size_t i = 0; i < n; i++)
		policy_show(&v[i], "Default protection suite", out);
}

/* The configured ones; IOS's own where there are none, or by `default`. */
static int show_policy_exec(struct cmd_call *c)
{
	bool asked = drv_has(c->drv, "default");
	const struct isakmp_policy *p;
	struct isakmp_policy own[IKE_POLICIES_MAX];
	struct isakmp_view v;
	size_t n;

	isakmp_view_build(c->router, &v);
	p = v.config.policy;
	n = v.config.n_policies;
	bool standing = n > 0 && isakmp_policy_is_default(&p[0]);

	if (asked && !standing) {
		n = isakmp_default_policy_on(c->router)
			    ? isakmp_default_policies(own)
			    : 0;
		p = own;
	}
	if (c->json) {
		cmd_json(c, isakmp_policy_json(p, n));
	} else if (asked || standing) {
		if (!asked)
			sbuf_adds(c->out, "Default IKE policy\n");
		show_isakmp_default_policy(p, n, c->out);
	} else {
		show_isakmp_policy(p, n, c->out);
	}
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
	else if (k->addr.family == 6)
		sbuf_printf(out, "%s/%u", ip_text(&k->addr, a), k->prefix);
	else if (k->mask == UINT32_MAX)
		sbuf_adds(out, ip_text(&k->addr, a));
	else
		sbuf_printf(out, "%-17s[%s]", ip_text(&k->addr, a),
			ip_text(&mask, m));
}

static void ring_show(const struct isakmp_config *c, uint16_t ring,
	const char *name, struct sbuf *out)
{
	for (size_t i = 0; i < c->n_keys; i++) {
		const struct isakmp_key *k = &c->keys[i];
		auto_sbuf struct sbuf peer = { 0 };

		if (k->ring != ring || k->resolved)
			continue;
		key_peer(k, &peer);
		sbuf_printf(out, "%-13s%-44s%.*s\n", name, sbuf_str(&peer),
			(int)k->key.n, (const char *)k->key.p);
		name = "";
	}
}

void show_isakmp_key(const struct isakmp_config *c, struct sbuf *out)
{
	sbuf_printf(out, "%-13s%-44s%s\n\n", "Keyring", "Hostname/Address",
		"Preshared Key");
	ring_show(c, 0, "default", out);
	for (size_t i = 0; i < c->n_keyrings; i++)
		ring_show(c, (uint16_t)(i + 1), c->keyrings[i].name, out);
}

static int show_key_exec(struct cmd_call *c)
{
	struct isakmp_view v;

	isakmp_view_build(c->router, &v);
	if (c->json)
		cmd_json(c, isakmp_key_json(&v.config));
	else
		show_isakmp_key(&v.config, c->out);
	isakmp_view_free(&v);
	return CMD_DONE;
}

/* --- profile --- */

static void match_show(const struct isakmp_match *m, struct sbuf *out)
{
	static const char *const words[] = { [ISAKMP_MATCH_HOST] = "fqdn",
		[ISAKMP_MATCH_HOST_DOMAIN] = "fqdn domain",
		[ISAKMP_MATCH_USER] = "user-fqdn",
		[ISAKMP_MATCH_USER_DOMAIN] = "user-fqdn domain",
		[ISAKMP_MATCH_GROUP] = "group",
		[ISAKMP_MATCH_CERT] = "certificate-map" };
	struct ip_addr mask = ip_v4(m->mask);
	char a[IP_TEXT], b[IP_TEXT];

	if (m->kind != ISAKMP_MATCH_ADDRESS)
		sbuf_printf(out, " %s %s\n", words[m->kind], m->name);
	else
		sbuf_printf(out, " ip-address %s %s%s%s\n",
			ip_text(&m->addr, a), ip_text(&mask, b),
			m->vrf[0] != '\0' ? " vrf " : "", m->vrf);
}

const char *isakmp_ring_name(const struct isakmp_config *c, uint16_t ring)
{
	if (ring == 0)
		return "default";
	return ring <= c->n_keyrings ? c->keyrings[ring - 1].name : "";
}

static void profile_show(
	const struct isakmp_config *c, size_t index, struct sbuf *out)
{
	const struct isakmp_profile *p = &c->profiles[index];

	sbuf_printf(out, "\nIKEv1 PROFILE %s\n", p->name);
	if (p->vrf[0] != '\0')
		sbuf_printf(out, "   Vrf: %s\n", p->vrf);
	sbuf_adds(out, "   Identities matched are:\n");
	for (size_t i = 0; i < c->n_matches; i++)
		if (c->matches[i].profile == index)
			match_show(&c->matches[i], out);
	sbuf_adds(out, "   Certificate maps matched are:\n   keyring(s): ");
	for (size_t i = 0; i < p->n_rings; i++)
		sbuf_printf(out, "%s%s", i > 0 ? ", " : "",
			isakmp_ring_name(c, p->ring[i]));
	sbuf_printf(
		out, "%s\n   trustpoint(s): ", p->n_rings == 0 ? "<all>" : "");
	for (size_t i = 0; i < p->n_trustpoints; i++)
		sbuf_printf(out, "%s%s", i > 0 ? ", " : "", p->trustpoint[i]);
	sbuf_printf(out, "%s\n", p->n_trustpoints == 0 ? "<all>" : "");
	if (p->aggressive)
		sbuf_adds(out, "   Initiate mode: aggressive\n");
}

static int show_profile_exec(struct cmd_call *c)
{
	const char *name = drv_str(c->drv, "name");
	struct isakmp_view v;

	isakmp_view_build(c->router, &v);
	if (c->json) {
		cmd_json(c, isakmp_profiles_json(&v.config, name));
		isakmp_view_free(&v);
		return CMD_DONE;
	}
	for (size_t i = 0; i < v.config.n_profiles; i++) {
		if (name == NULL || strcmp(v.profiles[i].name, name) == 0)
			profile_show(&v.config, i, c->out);
	}
	isakmp_view_free(&v);
	return CMD_DONE;
}

static const struct command *const list[] = { &show_peers, &show_policy,
	&show_key, &show_profile };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_show_isakmp = { &commands, NULL };
