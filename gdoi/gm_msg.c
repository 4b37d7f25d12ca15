/* From SA and KD payloads to TEKs with their policy: which ACL, which keys,
 * which succession (protocol.md B.7, B.8, F.28, F.33). */
#include "gdoi/gm_priv.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANY_WILD      0xffffffffu
#define PRESERVE_BOTH 4

void gm_msg_free(struct gm_msg *m)
{
	for (size_t i = 0; i < GM_SLOTS_MAX; i++)
		acl_free(&m->acl[i]);
	m->n = m->n_slots = 0;
}

static const struct tek_key *key_find(const struct gdoi_kd *kd, uint32_t spi)
{
	for (size_t i = 0; i < kd->n_teks; i++)
		if (kd->tek[i].spi == spi)
			return &kd->tek[i];
	return NULL;
}

static bool key_fits(const struct tek_key *k, const struct esp_suite *s)
{
	return k != NULL && k->enc.n == esp_key_bytes(s) &&
	       k->auth.n == esp_auth_key_bytes(s);
}

static bool msg_has(const struct gm_msg *m, uint32_t spi)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->tek[i].spi == spi)
			return true;
	return false;
}

/* One TEK a SPI, in the order in which the SPIs first stand; a group may have
 * some for the other family, which are other members'. */
static void teks_collect(struct gm_msg *m, const struct gdoi_sa *sa,
	const struct gdoi_kd *kd, bool ip6)
{
	for (size_t i = 0; i < sa->n_sats && m->n < TEK_PACKETS_MAX; i++) {
		const struct sat *s = &sa->sat[i];
		const struct tek_key *k = key_find(kd, s->spi);

		if (s->ip6 != ip6 || msg_has(m, s->spi) ||
			!key_fits(k, &s->suite))
			continue;
		m->tek[m->n++] = (struct gm_msg_tek){
			.spi = s->spi, .sat = s, .key = k
		};
	}
}

static struct ace_port sat_port(uint16_t port)
{
	if (port == 0)
		return (struct ace_port){ .op = PORT_ANY };
	return (struct ace_port){ .op = PORT_EQ, .n = 1, .p = { port } };
}

static struct ace sat_ace(const struct sat *s, uint32_t seq)
{
	return (struct ace){ .seq = seq,
		.permit = true,
		.proto = s->ip_proto == 0 ? ACE_ANY : s->ip_proto,
		.src = s->src,
		.dst = s->dst,
		.ip6 = s->ip6,
		.src6 = s->src6,
		.dst6 = s->dst6,
		.sport = sat_port(s->src_port),
		.dport = sat_port(s->dst_port),
		.icmp_type = ACE_ANY,
		.icmp_code = ACE_ANY,
		.dscp = ACE_ANY,
		.precedence = ACE_ANY,
		.tos = ACE_ANY,
		.igmp_type = ACE_ANY };
}

static void acl_from_sats(
	const struct gdoi_sa *sa, uint32_t spi, struct acl *out)
{
	*out = (struct acl){ .n = 0 };
	out->v = xcalloc(sa->n_sats + 1, sizeof(*out->v));
	for (size_t i = 0; i < sa->n_sats; i++)
		if (sa->sat[i].spi == spi) {
			uint32_t seq = (uint32_t)(out->n + 1) * 10;

			out->ip6 = sa->sat[i].ip6;
			out->v[out->n++] = sat_ace(&sa->sat[i], seq);
		}
}

static const struct acl *acl_sent(const struct gdoi_sa *sa, uint32_t spi)
{
	for (size_t i = 0; i < sa->n_acls; i++)
		if (sa->acls[i].spi == spi)
			return &sa->acls[i].acl;
	return NULL;
}

static void acl_name(const struct gm *gm, struct acl *a)
{
	snprintf(a->name, sizeof(a->name), "gdoi_group_%.60s_temp_acl",
		gm->policy.group);
}

/* Our own key servers list an SA's TEKs in a row, and the ACL comes with the
 * last of them, the newest. */
static void slots_by_acl(
	const struct gm *gm, const struct gdoi_sa *sa, struct gm_msg *m)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct acl *a = acl_sent(sa, m->tek[i].spi);

		m->tek[i].slot = m->n_slots;
		if (a == NULL)
			continue;
		if (m->n_slots == GM_SLOTS_MAX) {
			m->n = i; /* the rest has no place */
			return;
		}
		acl_dup(&m->acl[m->n_slots], a);
		acl_name(gm, &m->acl[m->n_slots++]);
	}
	while (m->n > 0 && m->tek[m->n - 1].slot >= m->n_slots)
		m->n--;
}

/* Others: TEKs for the same traffic succeed each other. */
static void slots_by_selectors(
	const struct gm *gm, const struct gdoi_sa *sa, struct gm_msg *m)
{
	for (size_t i = 0; i < m->n; i++) {
		struct acl a;
		size_t at = 0;

		acl_from_sats(sa, m->tek[i].spi, &a);
		acl_name(gm, &a);
		while (at < m->n_slots && !acl_equal(&m->acl[at], &a))
			at++;
		if (at == GM_SLOTS_MAX) {
			acl_free(&a);
			m->n = i;
			return;
		}
		m->tek[i].slot = at;
		if (at < m->n_slots)
			acl_free(&a);
		else
			m->acl[m->n_slots++] = a;
	}
}

void gm_msg_read(const struct gm *gm, const struct gdoi_sa *sa,
	const struct gdoi_kd *kd, struct gm_msg *out)
{
	*out = (struct gm_msg){ .n = 0 };
	teks_collect(out, sa, kd, gm->policy.ip6);
	if (sa->n_acls > 0)
		slots_by_acl(gm, sa, out);
	else
		slots_by_selectors(gm, sa, out);
}

static bool kek_ok(struct gm *gm, const struct sak *k, const struct ip_addr *ks,
	struct sbuf *why)
{
	const struct gm_policy *p = &gm->policy;
	struct report r = { .id = REPORT_GM_REKEY_CIPHER_HASH_CHECK_FAIL,
		.group = p->group,
		.gm = p->local,
		.ks = *ks };

	if (!cipher_available(k->cipher))
		sbuf_adds(why, "rekey cipher not available");
	else if (p->kek_ciphers != 0 && !(p->kek_ciphers & 1u << k->cipher))
		sbuf_adds(why, "rekey cipher not allowed");
	else if (p->sig_hashes != 0 && !(p->sig_hashes & 1u << k->sig_hash))
		sbuf_adds(why, "rekey hash not allowed");
	else
		return true;
	r.text = sbuf_str(why);
	gdoi_report(gm->g, &r);
	return false;
}

static bool suite_ok(struct gm *gm, const struct sat *s,
	const struct ip_addr *ks, struct sbuf *why)
{
	const struct gm_policy *p = &gm->policy;
	char text[ESP_TEXT];
	struct report r = { .id = REPORT_GM_IPSEC_TRANSFORM_CHECK_FAIL,
		.group = p->group,
		.gm = p->local,
		.ks = *ks };
	bool allowed = p->n_suites == 0;

	for (size_t i = 0; i < p->n_suites; i++)
		allowed |= esp_suite_equal(&p->suites[i], &s->suite);
	r.text = esp_suite_display(&s->suite, text);
	if (!allowed)
		sbuf_printf(why, "transform %s not allowed", r.text);
	else if (s->transport_mode)
		sbuf_printf(why, "transport mode not supported");
	else if (s->preservation != PRESERVE_BOTH)
		sbuf_printf(why, "address preservation %u not supported",
			s->preservation);
	else
		return true;
	gdoi_report(gm->g, &r);
	return false;
}

bool gm_offer_ok(struct gm *gm, const struct gdoi_sa *sa,
	const struct ip_addr *ks, struct sbuf *why)
{
	bool any = false;

	if (sa->has_sak && !kek_ok(gm, &sa->sak, ks, why))
		return false;
	for (size_t i = 0; i < sa->n_sats; i++) {
		if (sa->sat[i].ip6 != gm->policy.ip6)
			continue;
		any = true;
		if (!suite_ok(gm, &sa->sat[i], ks, why))
			return false;
	}
	if (!gm_replay_ok(gm, sa, why))
		return false;
	if (any || (sa->n_sats == 0 && sa->skip == SAT_USABLE))
		return true;
	if (sa->n_sats > 0)
		sbuf_printf(why, "no policy for IPv%c traffic",
			gm->policy.ip6 ? '6' : '4');
	else
		gdoi_skip_text(sa, why);
	return false;
}
