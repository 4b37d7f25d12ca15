/* XFRM states and policies, and the routes that the kernel wants towards the
 * far end of a tunnel, over netlink. */
#include "dataplane/xfrm_priv.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <linux/xfrm.h>
#include <netinet/in.h>
#include <string.h>

static const struct kernel_cipher {
	enum esp_cipher id;
	const char *name;
} ciphers[] = {
	{ ESP_CIPHER_DES, "cbc(des)" },
	{ ESP_CIPHER_3DES, "cbc(des3_ede)" },
	{ ESP_CIPHER_NULL, "ecb(cipher_null)" },
	{ ESP_CIPHER_AES_CBC, "cbc(aes)" },
};

static const struct kernel_auth {
	enum esp_auth id;
	const char *name;
} auths[] = {
	{ ESP_AUTH_MD5, "hmac(md5)" },
	{ ESP_AUTH_SHA1, "hmac(sha1)" },
	{ ESP_AUTH_SHA256, "hmac(sha256)" },
	{ ESP_AUTH_SHA384, "hmac(sha384)" },
	{ ESP_AUTH_SHA512, "hmac(sha512)" },
};

static const char *cipher_name(uint8_t id)
{
	for (size_t i = 0; i < ARRAY_LEN(ciphers); i++)
		if (ciphers[i].id == id)
			return ciphers[i].name;
	return NULL;
}

static const char *auth_name(uint8_t id)
{
	for (size_t i = 0; i < ARRAY_LEN(auths); i++)
		if (auths[i].id == id)
			return auths[i].name;
	return NULL;
}

static struct nlmsghdr *msg(void *buf, uint16_t type)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);

	h->nlmsg_type = type;
	return h;
}

static int talk(struct nl *nl, struct nlmsghdr *h, uint16_t flags, mnl_cb_t cb,
	void *arg)
{
	h->nlmsg_flags = NLM_F_REQUEST | flags;
	h->nlmsg_seq = ++nl->seq;
	return nl_talk(nl, h, cb, arg);
}

static void endless(struct xfrm_lifetime_cfg *l)
{
	l->soft_byte_limit = l->hard_byte_limit = XFRM_INF;
	l->soft_packet_limit = l->hard_packet_limit = XFRM_INF;
}

/* ---- states ---- */

static void cipher_put(struct nlmsghdr *h, const char *name,
	const struct keybuf *key)
{
	struct {
		struct xfrm_algo head;
		uint8_t key[KEYBUF_MAX];
	} a = { .head.alg_key_len = key->n * 8u };

	strncpy(a.head.alg_name, name, sizeof(a.head.alg_name) - 1);
	memcpy(a.head.alg_key, key->b, key->n);
	mnl_attr_put(h, XFRMA_ALG_CRYPT, sizeof(a.head) + key->n, &a);
	mem_wipe(&a, sizeof(a));
}

static void auth_put(struct nlmsghdr *h, const char *name, uint8_t icv_bytes,
	const struct keybuf *key)
{
	struct {
		struct xfrm_algo_auth head;
		uint8_t key[KEYBUF_MAX];
	} a = { .head.alg_key_len = key->n * 8u,
		.head.alg_trunc_len = icv_bytes * 8u };

	strncpy(a.head.alg_name, name, sizeof(a.head.alg_name) - 1);
	memcpy(a.head.alg_key, key->b, key->n);
	mnl_attr_put(h, XFRMA_ALG_AUTH_TRUNC, sizeof(a.head) + key->n, &a);
	mem_wipe(&a, sizeof(a));
}

struct nlmsghdr *xfrm_state_build(
	void *buf, const struct xfrm_state *s, const struct dp_sa *sa)
{
	const char *cipher = cipher_name(sa->suite.cipher);
	const char *auth = auth_name(sa->suite.auth);
	struct nlmsghdr *h = msg(buf, XFRM_MSG_NEWSA);
	struct xfrm_usersa_info *i = mnl_nlmsg_put_extra_header(h, sizeof(*i));
	struct xfrm_replay_state replay = { .oseq = s->last_seq };

	if (!cipher || (sa->suite.auth != ESP_AUTH_NONE && !auth))
		return NULL;
	i->family = i->sel.family = AF_INET;
	i->id.daddr.a4 = htonl(s->dst);
	i->id.spi = htonl(s->spi);
	i->id.proto = IPPROTO_ESP;
	i->saddr.a4 = htonl(s->src);
	i->reqid = s->reqid;
	i->mode = XFRM_MODE_TUNNEL;
	/* Many members send under one SPI: no window can hold. */
	i->replay_window = 0;
	i->flags = s->df_clear ? XFRM_STATE_NOPMTUDISC : 0;
	endless(&i->lft);
	cipher_put(h, cipher, &sa->enc);
	if (auth)
		auth_put(h, auth, esp_auth_alg(sa->suite.auth)->icv_bytes,
			&sa->auth);
	if (s->last_seq)
		mnl_attr_put(h, XFRMA_REPLAY_VAL, sizeof(replay), &replay);
	return h;
}

int xfrm_state_add(
	struct nl *nl, const struct xfrm_state *s, const struct dp_sa *sa)
{
	char buf[NL_BUF] __attribute__((aligned(8)));
	struct nlmsghdr *h = xfrm_state_build(buf, s, sa);
	int rc = h ? talk(nl, h, NLM_F_CREATE | NLM_F_EXCL, NULL, NULL)
		   : -ENOTSUP;

	mem_wipe(buf, sizeof(buf));
	return rc == -ENOSYS ? -ENOTSUP : rc; /* the cipher is not there */
}

static struct nlmsghdr *id_build(
	void *buf, uint16_t type, uint32_t dst, uint32_t spi)
{
	struct nlmsghdr *h = msg(buf, type);
	struct xfrm_usersa_id *id = mnl_nlmsg_put_extra_header(h, sizeof(*id));

	id->daddr.a4 = htonl(dst);
	id->spi = htonl(spi);
	id->family = AF_INET;
	id->proto = IPPROTO_ESP;
	return h;
}

int xfrm_state_del(struct nl *nl, uint32_t dst, uint32_t spi)
{
	char buf[NL_BUF] __attribute__((aligned(8)));

	return talk(nl, id_build(buf, XFRM_MSG_DELSA, dst, spi), 0, NULL, NULL);
}

static int counts_take(const struct nlmsghdr *h, void *arg)
{
	const struct xfrm_usersa_info *i = mnl_nlmsg_get_payload(h);
	struct xfrm_counts *out = arg;
	const struct nlattr *a;

	if (h->nlmsg_type != XFRM_MSG_NEWSA ||
		mnl_nlmsg_get_payload_len(h) < sizeof(*i))
		return MNL_CB_OK;
	out->packets = i->curlft.packets;
	out->bytes = i->curlft.bytes;
	out->bad_icv = i->stats.integrity_failed;
	mnl_attr_for_each(a, h, sizeof(*i))
	{
		const struct xfrm_replay_state *r = mnl_attr_get_payload(a);

		if (mnl_attr_get_type(a) == XFRMA_REPLAY_VAL &&
			mnl_attr_get_payload_len(a) >= sizeof(*r))
			out->last_seq = r->oseq;
	}
	return MNL_CB_OK;
}

int xfrm_state_get(
	struct nl *nl, uint32_t dst, uint32_t spi, struct xfrm_counts *out)
{
	char buf[NL_BUF] __attribute__((aligned(8)));

	*out = (struct xfrm_counts){ 0 };
	return talk(nl, id_build(buf, XFRM_MSG_GETSA, dst, spi), 0, counts_take,
		out);
}

/* ---- policies ---- */

static void mark_put(struct nlmsghdr *h, uint32_t mark, uint32_t mask)
{
	const struct xfrm_mark m = { .v = mark, .m = mask };

	mnl_attr_put(h, XFRMA_MARK, sizeof(m), &m);
}

struct nlmsghdr *xfrm_policy_build(void *buf, const struct xfrm_rule *p)
{
	struct nlmsghdr *h = msg(buf, XFRM_MSG_UPDPOLICY);
	struct xfrm_userpolicy_info *i =
		mnl_nlmsg_put_extra_header(h, sizeof(*i));
	struct xfrm_user_tmpl t = {
		.id = { .daddr.a4 = htonl(p->dst), .proto = IPPROTO_ESP },
		.family = AF_INET,
		.saddr.a4 = htonl(p->src),
		.reqid = p->reqid,
		.mode = XFRM_MODE_TUNNEL,
		.optional = p->optional,
		.aalgos = UINT32_MAX,
		.ealgos = UINT32_MAX,
		.calgos = UINT32_MAX,
	};

	i->sel.family = AF_INET;
	i->dir = p->dir;
	i->action = XFRM_POLICY_ALLOW;
	i->priority = DP_XFRM_PRIORITY;
	endless(&i->lft);
	mnl_attr_put(h, XFRMA_TMPL, sizeof(t), &t);
	mark_put(h, p->mark, p->mask);
	return h;
}

int xfrm_policy_set(struct nl *nl, const struct xfrm_rule *p)
{
	char buf[NL_BUF] __attribute__((aligned(8)));

	return talk(nl, xfrm_policy_build(buf, p), NLM_F_CREATE | NLM_F_REPLACE,
		NULL, NULL);
}

int xfrm_policy_del(struct nl *nl, uint8_t dir, uint32_t mark, uint32_t mask)
{
	char buf[NL_BUF] __attribute__((aligned(8)));
	struct nlmsghdr *h = msg(buf, XFRM_MSG_DELPOLICY);
	struct xfrm_userpolicy_id *id =
		mnl_nlmsg_put_extra_header(h, sizeof(*id));

	id->sel.family = AF_INET;
	id->dir = dir;
	mark_put(h, mark, mask);
	return talk(nl, h, 0, NULL, NULL);
}

/* ---- what an earlier run left ---- */

struct found {
	uint32_t dst, spi;   /* a state */
	uint8_t dir;         /* or a policy */
	uint32_t mark, mask;
};
struct finds {
	struct found *v;
	size_t n;
};

static void found_add(struct finds *f, const struct found *one)
{
	f->v = xreallocarray(f->v, f->n + 1, sizeof(*f->v));
	f->v[f->n++] = *one;
}

/* One that waits for keys (spi 0) ends by itself. */
static int state_find(const struct nlmsghdr *h, void *arg)
{
	const struct xfrm_usersa_info *i = mnl_nlmsg_get_payload(h);

	if (h->nlmsg_type == XFRM_MSG_NEWSA && i->family == AF_INET &&
		i->id.proto == IPPROTO_ESP && i->id.spi &&
		i->reqid >= DP_XFRM_REQID(0) && i->reqid <= DP_XFRM_PROBE)
		found_add(arg,
			&(struct found){ .dst = ntohl(i->id.daddr.a4),
				.spi = ntohl(i->id.spi) });
	return MNL_CB_OK;
}

static int policy_find(const struct nlmsghdr *h, void *arg)
{
	const struct xfrm_userpolicy_info *i = mnl_nlmsg_get_payload(h);
	const struct nlattr *a;
	struct found one = { 0 };

	if (h->nlmsg_type != XFRM_MSG_NEWPOLICY ||
		i->priority != DP_XFRM_PRIORITY)
		return MNL_CB_OK;
	one.dir = i->dir;
	mnl_attr_for_each(a, h, sizeof(*i))
	{
		const struct xfrm_mark *m = mnl_attr_get_payload(a);

		if (mnl_attr_get_type(a) != XFRMA_MARK)
			continue;
		one.mark = m->v;
		one.mask = m->m;
	}
	if ((one.mark & DP_XFRM_MASK) == (DP_XFRM_OUT(0) & DP_XFRM_MASK))
		found_add(arg, &one);
	return MNL_CB_OK;
}

static void find(struct nl *nl, uint16_t get, size_t extra, mnl_cb_t cb,
	struct finds *f)
{
	char buf[NL_BUF] __attribute__((aligned(8)));
	int rc = -EINTR;

	for (int tries = 0; rc == -EINTR && tries < 5; tries++) {
		struct nlmsghdr *h = msg(buf, get);

		(void)mnl_nlmsg_put_extra_header(h, extra);
		rc = talk(nl, h, NLM_F_DUMP, cb, f);
	}
}

void xfrm_reclaim(struct nl *nl)
{
	struct finds states = { 0 }, policies = { 0 };

	find(nl, XFRM_MSG_GETPOLICY, sizeof(struct xfrm_userpolicy_id),
		policy_find, &policies);
	for (size_t i = 0; i < policies.n; i++)
		(void)xfrm_policy_del(nl, policies.v[i].dir,
			policies.v[i].mark, policies.v[i].mask);
	find(nl, XFRM_MSG_GETSA, 0, state_find, &states);
	for (size_t i = 0; i < states.n; i++)
		(void)xfrm_state_del(nl, states.v[i].dst, states.v[i].spi);
	mem_free_ptr(&states.v);
	mem_free_ptr(&policies.v);
}

/* ---- routes ---- */

static void be32_put(struct nlmsghdr *h, uint16_t type, uint32_t host_order)
{
	uint32_t be = htonl(host_order);

	mnl_attr_put(h, type, sizeof(be), &be);
}

int anchor_rule(struct nl *rt, bool add)
{
	char buf[NL_BUF] __attribute__((aligned(8)));
	struct nlmsghdr *h = msg(buf, add ? RTM_NEWRULE : RTM_DELRULE);
	struct fib_rule_hdr *r = mnl_nlmsg_put_extra_header(h, sizeof(*r));
	int rc;

	r->family = AF_INET;
	r->action = FR_ACT_TO_TBL;
	r->dst_len = DP_ANCHOR_BITS;
	be32_put(h, FRA_DST, DP_ANCHOR(0));
	mnl_attr_put_u32(h, FRA_PRIORITY, DP_RULE_PREF_ANCHOR);
	mnl_attr_put_u32(h, FRA_TABLE, DP_RT_ANCHOR);
	rc = talk(rt, h, add ? NLM_F_CREATE | NLM_F_EXCL : 0, NULL, NULL);
	return rc == -EEXIST ? 0 : rc;
}

int anchor_route(struct nl *rt, unsigned slot, int ifindex)
{
	char buf[NL_BUF] __attribute__((aligned(8)));
	struct nlmsghdr *h = msg(buf, ifindex ? RTM_NEWROUTE : RTM_DELROUTE);
	struct rtmsg *t = mnl_nlmsg_put_extra_header(h, sizeof(*t));

	t->rtm_family = AF_INET;
	t->rtm_dst_len = 32;
	t->rtm_protocol = RTPROT_STATIC;
	t->rtm_type = RTN_UNICAST;
	t->rtm_scope = RT_SCOPE_LINK;
	be32_put(h, RTA_DST, DP_ANCHOR(slot));
	mnl_attr_put_u32(h, RTA_TABLE, DP_RT_ANCHOR);
	if (!ifindex)
		return talk(rt, h, 0, NULL, NULL);
	mnl_attr_put_u32(h, RTA_OIF, (uint32_t)ifindex);
	return talk(rt, h, NLM_F_CREATE | NLM_F_REPLACE, NULL, NULL);
}

void anchor_reclaim(struct nl *rt)
{
	(void)anchor_rule(rt, false);
	for (unsigned slot = 0; slot < DP_SLOTS; slot++)
		(void)anchor_route(rt, slot, 0);
}
