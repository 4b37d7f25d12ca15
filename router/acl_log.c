/* The %SEC-6-IPACCESSLOG* and %IPV6_ACL-6-ACCESSLOG* messages. */
#include "router/acl_log.h"
#include "base/hash.h"
#include "base/list.h"
#include "dataplane/objects.h"
#include <bsd/string.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What makes a flow: hashed as bytes, so made from zeroed memory. */
struct flow_key {
	char list[ACL_NAME_MAX + 1];
	bool ip6, standard, permit;
	uint8_t proto;
	uint32_t seq;
	uint8_t src[16], dst[16];
	uint16_t sport, dport; /* ICMP: type and code */
};

struct flow {
	TAILQ_ENTRY(flow) link; /* in order of appearance */
	UT_hash_handle hh;
	struct flow_key key;
	char from[96]; /* " (GigabitEthernet0/0 0001.0203.0405)" or "" */
	char tag[ACE_TAG_MAX + 4];
	uint64_t packets; /* not told yet */
};
TAILQ_HEAD(flow_list, flow);

struct acl_log {
	struct log *log;
	struct flow *by_key;
	struct flow_list flows;
	size_t n;
	uint32_t threshold;
	uint64_t missed;
};

struct acl_log *acl_log_new(struct log *log)
{
	struct acl_log *l = xcalloc(1, sizeof(*l));

	l->log = log;
	TAILQ_INIT(&l->flows);
	return l;
}

static void flow_drop(struct acl_log *l, struct flow *f)
{
	HASH_DEL(l->by_key, f);
	TAILQ_REMOVE(&l->flows, f, link);
	l->n--;
	free(f);
}

void acl_log_free(struct acl_log *l)
{
	struct flow *f, *next;

	if (l == NULL)
		return;
	TAILQ_FOREACH_SAFE(f, &l->flows, link, next)
		flow_drop(l, f);
	free(l);
}

void acl_log_threshold(struct acl_log *l, uint32_t packets)
{
	l->threshold = packets;
}

/* ---- texts ---- */

static const char *addr_text(
	const struct flow_key *k, const uint8_t *b, char buf[IP_TEXT])
{
	struct ip_addr a = { .family = k->ip6 ? 6 : 4 };

	memcpy(a.b, b, k->ip6 ? 16 : 4);
	return ip_text(&a, buf);
}

struct message {
	const char *mnemonic; /* behind IPACCESSLOG or ACCESSLOG */
	char proto[16];
	char src[IP_TEXT + 8], dst[IP_TEXT + 8];
	char what[16]; /* behind the addresses */
};

static void message_fill(const struct flow_key *k, struct message *m)
{
	char s[IP_TEXT], d[IP_TEXT];

	addr_text(k, k->src, s);
	addr_text(k, k->dst, d);
	m->what[0] = '\0';
	if (k->proto == IPPROTO_TCP || k->proto == IPPROTO_UDP) {
		m->mnemonic = "P";
		strlcpy(m->proto, k->proto == IPPROTO_TCP ? "tcp" : "udp",
			sizeof(m->proto));
		snprintf(m->src, sizeof(m->src), "%s(%u)", s, k->sport);
		snprintf(m->dst, sizeof(m->dst), "%s(%u)", d, k->dport);
		return;
	}
	strlcpy(m->src, s, sizeof(m->src));
	strlcpy(m->dst, d, sizeof(m->dst));
	if (k->proto == (k->ip6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP)) {
		m->mnemonic = "DP";
		strlcpy(m->proto, k->ip6 ? "icmpv6" : "icmp", sizeof(m->proto));
		snprintf(m->what, sizeof(m->what), " (%u/%u)", k->sport,
			k->dport);
	} else if (k->proto == IPPROTO_IGMP && !k->ip6) {
		m->mnemonic = "RP";
		strlcpy(m->proto, "igmp", sizeof(m->proto));
		snprintf(m->what, sizeof(m->what), " (%u)", k->sport);
	} else {
		m->mnemonic = "NP";
		snprintf(m->proto, sizeof(m->proto), "%u", k->proto);
	}
}

static void flow_tell(struct acl_log *l, struct flow *f)
{
	const struct flow_key *k = &f->key;
	const char *verdict = k->permit ? "permitted" : "denied";
	char mnemonic[24], count[40];
	struct message m;

	message_fill(k, &m);
	snprintf(count, sizeof(count), "%llu packet%s",
		(unsigned long long)f->packets, f->packets == 1 ? "" : "s");
	f->packets = 0;
	if (k->standard) {
		log_msg(l->log, LOG_SEV_INFO, "SEC", "IPACCESSLOGS",
			"list %s %s %s %s", k->list, verdict,
			addr_text(k, k->src, m.src), count);
		return;
	}
	if (k->ip6) {
		snprintf(mnemonic, sizeof(mnemonic), "ACCESSLOG%s", m.mnemonic);
		log_msg(l->log, LOG_SEV_INFO, "IPV6_ACL", mnemonic,
			"list %s/%u %s %s %s%s -> %s%s, %s%s", k->list, k->seq,
			verdict, m.proto, m.src, f->from, m.dst, m.what, count,
			f->tag);
		return;
	}
	snprintf(mnemonic, sizeof(mnemonic), "IPACCESSLOG%s", m.mnemonic);
	log_msg(l->log, LOG_SEV_INFO, "SEC", mnemonic,
		"list %s %s %s %s%s -> %s%s, %s%s", k->list, verdict, m.proto,
		m.src, f->from, m.dst, m.what, count, f->tag);
}

/* ---- packets ---- */

#define HEAD_MAX DP_FILTER_SNAP /* below 256: one byte tells the length */

/* A report is cut; so must be the length that the header tells. */
static bool key_read(const struct filter_hit *hit, struct packet6_key *six,
	struct packet_key *k)
{
	uint8_t p[HEAD_MAX];
	size_t n = hit->n < sizeof(p) ? hit->n : sizeof(p);

	if (n < 20)
		return false;
	memcpy(p, hit->p, n);
	if (!hit->acl->ip6) {
		p[2] = 0;
		p[3] = (uint8_t)n;
		return packet_key_read(p, n, k);
	}
	if (n < 40)
		return false;
	p[4] = 0;
	p[5] = (uint8_t)(n - 40);
	return packet6_key_read(p, n, six, k);
}

static void addr4_put(uint8_t *b, uint32_t a)
{
	struct ip_addr v = ip_v4(a);

	memcpy(b, v.b, 4);
}

static bool flow_key_read(const struct filter_hit *hit, struct flow_key *f)
{
	struct packet6_key six;
	struct packet_key k;

	memset(f, 0, sizeof(*f));
	if (!key_read(hit, &six, &k))
		return false;
	strlcpy(f->list, hit->acl->name, sizeof(f->list));
	f->ip6 = hit->acl->ip6;
	f->permit = hit->ace->permit;
	if (f->ip6) {
		f->seq = hit->ace->seq;
		memcpy(f->src, six.src.b, 16);
		memcpy(f->dst, six.dst.b, 16);
	} else {
		addr4_put(f->src, k.src);
	}
	f->standard = hit->acl->standard;
	if (f->standard)
		return true;
	if (!f->ip6)
		addr4_put(f->dst, k.dst);
	f->proto = k.proto;
	if (k.proto == IPPROTO_TCP || k.proto == IPPROTO_UDP) {
		f->sport = k.sport;
		f->dport = k.dport;
	} else {
		f->sport = k.icmp_type;
		f->dport = k.icmp_code;
	}
	return true;
}

static struct flow *flow_new(struct acl_log *l, const struct filter_hit *hit,
	const struct flow_key *key, const char *ifname)
{
	struct flow *f = xcalloc(1, sizeof(*f));
	const uint8_t *m = hit->mac;

	f->key = *key;
	if (hit->ace->log_input && m != NULL)
		snprintf(f->from, sizeof(f->from),
			" (%s %02x%02x.%02x%02x.%02x%02x)", ifname, m[0], m[1],
			m[2], m[3], m[4], m[5]);
	else if (hit->ace->log_input && ifname[0] != '\0')
		snprintf(f->from, sizeof(f->from), " (%s )", ifname);
	if (hit->ace->log_tag[0] != '\0')
		snprintf(f->tag, sizeof(f->tag), " [%s]", hit->ace->log_tag);
	TAILQ_INSERT_TAIL(&l->flows, f, link);
	HASH_ADD(hh, l->by_key, key, sizeof(f->key), f);
	l->n++;
	return f;
}

bool acl_log_packet(
	struct acl_log *l, const struct filter_hit *hit, const char *ifname)
{
	bool idle = l->n == 0 && l->missed == 0;
	struct flow_key key;
	struct flow *f;

	if (!flow_key_read(hit, &key))
		return false;
	HASH_FIND(hh, l->by_key, &key, sizeof(key), f);
	if (f != NULL) {
		f->packets++;
		if (l->threshold != 0 && f->packets >= l->threshold)
			flow_tell(l, f);
		return false;
	}
	if (l->n >= ACL_LOG_FLOWS) {
		l->missed++;
		return false;
	}
	f = flow_new(l, hit, &key, ifname);
	f->packets = 1;
	flow_tell(l, f);
	return idle;
}

bool acl_log_report(struct acl_log *l)
{
	struct flow *f, *next;

	TAILQ_FOREACH_SAFE(f, &l->flows, link, next) {
		if (f->packets == 0)
			flow_drop(l, f);
		else
			flow_tell(l, f);
	}
	if (l->missed > 0)
		log_msg(l->log, LOG_SEV_INFO, "SEC", "IPACCESSLOGRL",
			"access-list logging rate-limited or missed %llu "
			"packet%s",
			(unsigned long long)l->missed,
			l->missed == 1 ? "" : "s");
	l->missed = 0;
	return l->n > 0;
}
