/* The compiler from access lists to nf_tables.  It must select exactly what
 * ace_match() selects.  Of a packet that is cut short the kernel's load of a
 * transport field fails, which ends the rule; of a non-first fragment it may
 * read payload as ports, so rules that look there first ask for offset 0. */
#include "dataplane/selector_nft.h"
#include "dataplane/selector_plan.h"
#include <arpa/inet.h>
#include <netinet/in.h>

#define TCP_FLAGS_AT 13
#define TCP_RST_ACK  0x14

static void wild_test(struct nft_rule *r, struct ip_wild w, unsigned offset)
{
	uint32_t mask = htonl(~w.wild), zero = 0;
	uint32_t addr = htonl(ip_wild_norm(w).addr);

	if (w.wild == UINT32_MAX)
		return;
	nft_payload(r, NFT_PAYLOAD_NETWORK_HEADER, offset, 4);
	if (w.wild)
		nft_bitwise(r, &mask, &zero, 4);
	nft_cmp(r, NFT_CMP_EQ, &addr, 4);
}

/* (byte & mask) ^ flip, compared with value. */
static void bits_test(struct nft_rule *r, uint8_t mask, uint8_t flip,
	enum nft_cmp_ops op, uint8_t value)
{
	nft_bitwise(r, &mask, &flip, 1);
	nft_cmp(r, op, &value, 1);
}

static void tos_test(struct nft_rule *r, uint8_t mask, uint8_t value)
{
	nft_payload(r, NFT_PAYLOAD_NETWORK_HEADER, 1, 1);
	bits_test(r, mask, 0, NFT_CMP_EQ, value);
}

/* The operators on the loaded field of len bytes (1 or 2). */
static void op_test(struct nft_rule *r, const struct ace_port *o, unsigned len)
{
	uint16_t wide[ACE_PORTS_MAX];
	uint8_t key[ACE_PORTS_MAX * 2];

	for (uint8_t i = 0; i < o->n; i++) {
		wide[i] = o->p[i];
		if (len == 2)
			key[2 * i] = (uint8_t)(wide[i] >> 8);
		key[len * i + len - 1] = (uint8_t)wide[i];
	}
	switch (o->op) {
	case PORT_EQ:
		if (o->n == 1)
			nft_cmp(r, NFT_CMP_EQ, key, len);
		else
			nft_lookup_anon(r, key, o->n, len, false);
		break;
	case PORT_NEQ:
		if (o->n == 1)
			nft_cmp(r, NFT_CMP_NEQ, key, len);
		else
			nft_lookup_anon(r, key, o->n, len, true);
		break;
	case PORT_GT:
		nft_cmp(r, NFT_CMP_GT, key, len);
		break;
	case PORT_LT:
		nft_cmp(r, NFT_CMP_LT, key, len);
		break;
	case PORT_RANGE:
		nft_cmp(r, NFT_CMP_GTE, key, len);
		nft_cmp(r, NFT_CMP_LTE, key + len, len);
		break;
	default:
		break;
	}
}

static void port_test(
	struct nft_rule *r, const struct ace_port *o, unsigned offset)
{
	if (o->op == PORT_ANY)
		return;
	nft_payload(r, NFT_PAYLOAD_TRANSPORT_HEADER, offset, 2);
	op_test(r, o, 2);
}

static void byte_test(struct nft_rule *r, unsigned offset, int value)
{
	uint8_t v = (uint8_t)value;

	if (value == ACE_ANY)
		return;
	nft_payload(r, NFT_PAYLOAD_TRANSPORT_HEADER, offset, 1);
	nft_cmp(r, NFT_CMP_EQ, &v, 1);
}

static void flags_test(struct nft_rule *r, const struct ace *e)
{
	uint8_t mask = e->tcp_set | e->tcp_clear;

	if (e->established) {
		nft_payload(r, NFT_PAYLOAD_TRANSPORT_HEADER, TCP_FLAGS_AT, 1);
		bits_test(r, TCP_RST_ACK, 0, NFT_CMP_NEQ, 0);
	}
	if (!mask)
		return;
	nft_payload(r, NFT_PAYLOAD_TRANSPORT_HEADER, TCP_FLAGS_AT, 1);
	if (e->tcp_any) /* a wanted-clear flag, flipped, is set when clear */
		bits_test(r, mask, e->tcp_clear, NFT_CMP_NEQ, 0);
	else
		bits_test(r, mask, 0, NFT_CMP_EQ, e->tcp_set);
}

/* Of an IPv4 header: is it a fragment other than the first? */
static void offset_test(struct nft_rule *r, enum nft_cmp_ops op)
{
	static const uint8_t mask[2] = { 0x1f, 0xff }, zero[2];

	nft_payload(r, NFT_PAYLOAD_NETWORK_HEADER, 6, 2);
	nft_bitwise(r, mask, zero, 2);
	nft_cmp(r, op, zero, 2);
}

static void prefix_test(
	struct nft_rule *r, const struct ip_prefix *p, unsigned offset)
{
	static const uint8_t zero[16];
	uint8_t mask[16] = { 0 }, addr[16];

	if (!p->len)
		return;
	for (unsigned i = 0; i < p->len; i++)
		mask[i / 8] |= (uint8_t)(0x80 >> i % 8);
	for (unsigned i = 0; i < 16; i++)
		addr[i] = p->addr.b[i] & mask[i];
	nft_payload(r, NFT_PAYLOAD_NETWORK_HEADER, offset, 16);
	if (p->len < 128)
		nft_bitwise(r, mask, zero, 16);
	nft_cmp(r, NFT_CMP_EQ, addr, 16);
}

static void exthdr_test(struct nft_rule *r, uint8_t type)
{
	uint8_t yes = 1;

	nft_exthdr(r, type);
	nft_cmp(r, NFT_CMP_EQ, &yes, 1);
}

void nft_fragment4(struct nft_rule *r)
{
	offset_test(r, NFT_CMP_NEQ);
}

void nft_fragment6(struct nft_rule *r)
{
	static const uint8_t mask[2] = { 0xff, 0xf8 }, zero[2];

	nft_exthdr_field(r, IPPROTO_FRAGMENT, 2, 2);
	nft_bitwise(r, mask, zero, 2);
	nft_cmp(r, NFT_CMP_NEQ, zero, 2);
}

static void ip6_test(struct nft_rule *r, const struct ace *e)
{
	static const uint8_t zero[3], dscp_mask[2] = { 0x0f, 0xc0 };
	static const uint8_t flow_mask[3] = { 0x0f, 0xff, 0xff };
	uint8_t proto = (uint8_t)e->proto;

	prefix_test(r, &e->src6, 8);
	prefix_test(r, &e->dst6, 24);
	if (proto_is_ext_header(e->proto)) {
		exthdr_test(r, proto);
	} else if (e->proto != ACE_ANY) {
		nft_meta(r, NFT_META_L4PROTO);
		nft_cmp(r, NFT_CMP_EQ, &proto, 1);
	}
	if (e->dscp != ACE_ANY) {
		uint8_t v[2] = { (uint8_t)(e->dscp >> 2),
			(uint8_t)(e->dscp << 6) };

		nft_payload(r, NFT_PAYLOAD_NETWORK_HEADER, 0, 2);
		nft_bitwise(r, dscp_mask, zero, 2);
		nft_cmp(r, NFT_CMP_EQ, v, 2);
	}
	if (e->has_flow) {
		uint32_t v = htonl(e->flow_label << 8);

		nft_payload(r, NFT_PAYLOAD_NETWORK_HEADER, 1, 3);
		nft_bitwise(r, flow_mask, zero, 3);
		nft_cmp(r, NFT_CMP_EQ, &v, 3);
	}
	if (e->routing)
		exthdr_test(r, IPPROTO_ROUTING);
	if (e->dest_option)
		exthdr_test(r, IPPROTO_DSTOPTS);
	if (e->fragments)
		nft_fragment6(r);
}

static void option_test(struct nft_rule *r, uint16_t option)
{
	uint8_t yes = 1;

	if (option == ACE_OPTION_ANY) {
		nft_payload(r, NFT_PAYLOAD_NETWORK_HEADER, 0, 1);
		bits_test(r, 0x0f, 0, NFT_CMP_GT, 5);
		return;
	}
	nft_option(r, (uint8_t)option);
	nft_cmp(r, NFT_CMP_EQ, &yes, 1);
}

static void l4_test(struct nft_rule *r, const struct ace *e)
{
	switch (e->proto) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
		port_test(r, &e->sport, 0);
		port_test(r, &e->dport, 2);
		if (e->proto == IPPROTO_TCP)
			flags_test(r, e);
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		byte_test(r, 0, e->icmp_type);
		if (e->icmp_type != ACE_ANY)
			byte_test(r, 1, e->icmp_code);
		break;
	case IPPROTO_IGMP:
		byte_test(r, 0, e->igmp_type);
		break;
	default:
		break;
	}
}

static void ip4_test(struct nft_rule *r, const struct ace *e)
{
	wild_test(r, e->src, 12);
	wild_test(r, e->dst, 16);
	if (e->proto != ACE_ANY)
		nft_protocol(r, (uint8_t)e->proto);
	if (e->dscp != ACE_ANY)
		tos_test(r, 0xfc, (uint8_t)(e->dscp << 2));
	if (e->precedence != ACE_ANY)
		tos_test(r, 0xe0, (uint8_t)(e->precedence << 5));
	if (e->tos != ACE_ANY)
		tos_test(r, 0x1e, (uint8_t)(e->tos << 1));
	if (e->ttl.op != PORT_ANY) {
		nft_payload(r, NFT_PAYLOAD_NETWORK_HEADER, 8, 1);
		op_test(r, &e->ttl, 1);
	}
	if (e->fragments)
		offset_test(r, NFT_CMP_NEQ);
	if (e->option)
		option_test(r, e->option);
	if (ace_wants_l4(e))
		offset_test(r, NFT_CMP_EQ);
}

void ace_nft_test(struct nft_rule *r, const struct ace *e)
{
	if (e->ip6)
		ip6_test(r, e);
	else
		ip4_test(r, e);
	if (ace_wants_l4(e))
		l4_test(r, e);
}

void ace_nft_comment(struct nft_rule *r, const struct ace *e)
{
	auto_sbuf struct sbuf text = { 0 };

	ace_text(e, ACE_STYLE_CONFIG, &text);
	nft_rule_comment(r, sbuf_str(&text));
}

static int verdict_of(const struct acl_verdicts *v, const struct ace *e,
	size_t i, const char **chain)
{
	*chain = !e->permit         ? NULL
		 : v->permit_chains ? v->permit_chains[i]
				    : v->permit_chain;
	return e->permit ? v->permit : v->deny;
}

/* Only packets of TCP and UDP that show their ports. */
static void ports_test(struct nft_rule *r)
{
	static const uint8_t proto[] = { IPPROTO_TCP, IPPROTO_UDP };

	offset_test(r, NFT_CMP_EQ);
	nft_payload(r, NFT_PAYLOAD_NETWORK_HEADER, 9, 1);
	nft_lookup_anon(r, proto, sizeof(proto), 1, false);
	nft_payload(r, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2);
}

static void entry_rule(struct nl_batch *b, const char *chain,
	const struct acl *acl, const struct acl_verdicts *v,
	const struct plan_step *s)
{
	const struct ace *e = &acl->v[s->ace];
	struct nft_rule r = nft_rule_begin(b, chain);
	const char *to;
	int verdict = verdict_of(v, e, s->ace, &to);

	if (s->ports)
		ports_test(&r);
	ace_nft_test(&r, e);
	nft_counter(&r);
	if (verdict != NFT_CONTINUE)
		nft_verdict(&r, verdict, to);
	ace_nft_comment(&r, e);
	nft_rule_entry(&r, (uint32_t)(v->first + s->ace));
	nft_rule_end(&r);
}

static void map_rule(struct nl_batch *b, const char *chain,
	const struct acl *acl, const struct acl_verdicts *v,
	const struct plan_step *s)
{
	static const struct nft_field at[PLAN_FIELDS] = {
		[PLAN_DST] = { NFT_PAYLOAD_NETWORK_HEADER, 16, 4, 7 },
		[PLAN_SRC] = { NFT_PAYLOAD_NETWORK_HEADER, 12, 4, 7 },
		[PLAN_DPORT] = { NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, 13 },
		[PLAN_SPORT] = { NFT_PAYLOAD_TRANSPORT_HEADER, 0, 2, 13 },
		[PLAN_PROTO] = { NFT_PAYLOAD_NETWORK_HEADER, 9, 1, 12 },
	};
	struct nft_rule r = nft_rule_begin(b, chain);
	struct nft_field field[PLAN_FIELDS];
	uint32_t mask[PLAN_FIELDS];
	struct nft_vmap m;

	for (size_t i = 0; i < s->n_fields; i++) {
		field[i] = at[s->field[i]];
		mask[i] = s->mask[s->field[i]];
	}
	m = nft_vmap_begin(
		b, field, s->exact ? mask : NULL, s->n_fields, s->n_boxes);
	for (size_t k = 0; k < s->n_boxes; k++) {
		const struct plan_box *box = &s->box[k];
		uint32_t lo[PLAN_FIELDS], hi[PLAN_FIELDS];
		const char *to;
		int verdict = verdict_of(v, &acl->v[box->ace], box->ace, &to);

		for (size_t i = 0; i < s->n_fields; i++) {
			lo[i] = box->lo[s->field[i]];
			hi[i] = box->hi[s->field[i]];
		}
		nft_vmap_add(&m, lo, hi, verdict, to,
			(uint32_t)(v->first + box->ace));
	}
	if (s->ports)
		ports_test(&r);
	nft_vmap_end(&m, &r);
	nft_rule_end(&r);
}

void acl_nft_compile(struct nl_batch *b, const char *chain,
	const struct acl *acl, const struct acl_verdicts *v)
{
	struct acl_plan plan;

	acl_plan_build(&plan, acl, v->permit == NFT_CONTINUE);
	for (size_t i = 0; i < plan.n; i++) {
		const struct plan_step *s = &plan.step[i];

		if (s->box)
			map_rule(b, chain, acl, v, s);
		else
			entry_rule(b, chain, acl, v, s);
	}
	acl_plan_free(&plan);
}
