/* show crypto gdoi gm packet-path: which entry, group and SA take a packet, and
 * what becomes of it and of its answer.  The verdicts are the dataplane's
 * (dataplane/path.c); here they get their packets, interfaces and names. */
#include "cli/show_path.h"

#include "cli/cfg.h"
#include "cli/json.h"
#include "cli/show.h"

#include <bsd/string.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ICMP_ECHO  8
#define ICMP6_ECHO 128
#define TCP_SYN   0x02
#define TCP_ACK   0x10
#define PATH_TTL  64

bool path_answer(const struct packet_key *k, struct packet_key *out,
	struct packet6_key *six)
{
	struct ip_addr dst = packet_dst(k);

	*out = *k;
	if (k->six != NULL) {
		*six = *k->six;
		six->src = k->six->dst;
		six->dst = k->six->src;
		out->six = six;
	}
	out->src = k->dst;
	out->dst = k->src;
	out->sport = k->dport;
	out->dport = k->sport;
	if (k->proto == IPPROTO_TCP)
		out->tcp_flags = TCP_SYN | TCP_ACK;
	if (k->proto == IPPROTO_ICMP && k->icmp_type == ICMP_ECHO)
		out->icmp_type = 0;
	if (k->proto == IPPROTO_ICMPV6 && k->icmp_type == ICMP6_ECHO)
		out->icmp_type = ICMP6_ECHO + 1;
	return !ip_is_multicast(&dst);
}

static bool is_icmp(const struct packet_key *k)
{
	return k->proto == (k->six != NULL ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
}

/* --- text --- */

static const char *fate_text(enum path_fate f)
{
	static const char *const text[] = { [PATH_CLEAR] = "passes in clear",
		[PATH_ENCRYPT] = "encrypted",
		[PATH_DECRYPT] = "decrypted",
		[PATH_DROP] = "dropped" };

	return text[f];
}

static void field(struct sbuf *out, const char *label, const char *value)
{
	sbuf_printf(out, "      %-18s: %s\n", label, value);
}

static bool is_local(const struct path_verdict *v)
{
	return v->why == PATH_WHY_LOCAL_DENY;
}

/* Whose list an entry stands in. */
static const char *origin(const struct path_verdict *v)
{
	if (v->why == PATH_WHY_FAIL_CLOSE || v->why == PATH_WHY_FAIL_CLOSE_DENY)
		return "fail-close";
	return is_local(v) ? "local, access-list " : "downloaded";
}

static void held_text(bool held, struct sbuf *out)
{
	if (held)
		field(out, "Held", "what an earlier run was to encrypt is "
				   "dropped until the group registers");
}

static const struct tek_info *tek_of(const struct gm_snapshot *g, uint32_t spi)
{
	for (size_t i = 0; g != NULL && i < g->n_teks; i++)
		if (g->tek[i].spi == spi)
			return &g->tek[i];
	return NULL;
}

static void sa_text(const struct gm_snapshot *g, const struct path_verdict *v,
	struct sbuf *out)
{
	const struct tek_info *t = tek_of(g, v->spi);
	char suite[ESP_TEXT];
	const char *use = v->group->sending == v->spi ? "" : ", not sending";

	sbuf_printf(out, "      %-18s: SPI 0x%08X(%u)%s%s%s\n", "  SA", v->spi,
		v->spi, t != NULL ? ", " : "",
		t != NULL ? esp_suite_display(&t->suite, suite) : "", use);
}

static void verdict_text(const char *label, const struct gm_snapshot *g,
	const struct path_verdict *v, struct sbuf *out)
{
	auto_sbuf struct sbuf line = { 0 }, ace = { 0 };

	sbuf_printf(&line, "%s: %s", fate_text(v->fate), path_why_text(v->why));
	field(out, label, sbuf_str(&line));
	if (v->ace != NULL) {
		sbuf_printf(&ace, "%s%s, %u ", origin(v),
			is_local(v) ? v->group->cfg.local->name : "",
			v->ace->seq);
		ace_text(v->ace, ACE_STYLE_CONFIG, &ace);
		field(out, "  ACE", sbuf_str(&ace));
	}
	if (v->spi != 0)
		sa_text(g, v, out);
}

static const char *state_text(enum gm_state s)
{
	static const char *const text[] = {
		[GM_NOT_INITIALIZED] = "not initialized",
		[GM_REGISTERING] = "registering",
		[GM_REREGISTERING] = "re-registering",
		[GM_REGISTERED] = "registered",
	};

	return text[s];
}

static void member_text(const struct gm_snapshot *g, struct sbuf *out)
{
	auto_sbuf struct sbuf line = { 0 };

	if (g == NULL)
		return;
	sbuf_printf(&line, "%s %u, group %s, %s", g->policy.map,
		g->policy.map_seq, g->policy.group, state_text(g->state));
	field(out, "Crypto map", sbuf_str(&line));
}

static void packet_text(const struct packet_key *k, struct sbuf *out)
{
	struct ip_addr src = packet_src(k), dst = packet_dst(k);
	const char *name = k->six != NULL ? proto6_name(k->proto)
					  : proto_name(k->proto);
	char a[IP_TEXT], b[IP_TEXT];

	sbuf_printf(out, "%s -> %s, ", ip_text(&src, a), ip_text(&dst, b));
	if (name != NULL)
		sbuf_adds(out, name);
	else
		sbuf_printf(out, "protocol %u", k->proto);
	if (k->has_l4 && is_icmp(k))
		sbuf_printf(
			out, " type %u code %u", k->icmp_type, k->icmp_code);
	else if (k->has_l4)
		sbuf_printf(out, " port %u -> %u", k->sport, k->dport);
}

static void place(struct sbuf *out, const char *label, const char *ifname)
{
	sbuf_printf(out, "    %-20s: %s\n", label, ifname);
}

void show_path_leg(
	const char *title, const struct path_leg *l, struct sbuf *out)
{
	sbuf_printf(out, "%s ", title);
	packet_text(&l->key, out);
	sbuf_addc(out, '\n');
	if (l->own) {
		place(out, "Arrives on", "nowhere, this router sends it");
	} else if (l->in_if[0] == '\0') {
		place(out, "Arrives on", "unknown, no route to its source");
	} else {
		place(out, "Arrives on", l->in_if);
		member_text(l->in_gm, out);
		verdict_text("In clear", l->in_gm, &l->in, out);
		held_text(l->in_held, out);
		if (l->guarded)
			verdict_text("As ESP", l->in_gm, &l->esp, out);
	}
	if (l->to_us) {
		place(out, "Leaves by", "nowhere, it is for this router");
	} else if (l->out_if[0] == '\0') {
		place(out, "Leaves by", "nowhere, no route to its destination");
	} else {
		place(out, "Leaves by", l->out_if);
		member_text(l->out_gm, out);
		verdict_text("Outbound", l->out_gm, &l->out, out);
		held_text(l->out_held, out);
	}
}

/* --- JSON --- */

static void verdict_json(json_t *o, const char *key,
	const struct gm_snapshot *g, const struct path_verdict *v)
{
	static const char *const fate[] = { [PATH_CLEAR] = "clear",
		[PATH_ENCRYPT] = "encrypt",
		[PATH_DECRYPT] = "decrypt",
		[PATH_DROP] = "drop" };
	auto_sbuf struct sbuf ace = { 0 };
	json_t *r = jo_object(o, key);
	const struct tek_info *t = tek_of(g, v->spi);
	char suite[ESP_TEXT];

	jo_str(r, "fate", fate[v->fate]);
	jo_str(r, "reason", path_why_text(v->why));
	if (v->ace != NULL) {
		json_t *a = jo_object(r, "ace");

		ace_text(v->ace, ACE_STYLE_CONFIG, &ace);
		jo_bool(a, "local", is_local(v));
		jo_bool(a, "fail_close", origin(v)[0] == 'f');
		jo_num(a, "sequence", v->ace->seq);
		jo_str(a, "text", sbuf_str(&ace));
	}
	if (v->spi != 0) {
		jo_spi(r, "spi", v->spi);
		jo_bool(r, "sending", v->group->sending == v->spi);
		jo_str(r, "transform",
			t != NULL ? esp_suite_display(&t->suite, suite) : NULL);
	}
}

static json_t *place_json(json_t *o, const char *key, const char *ifname,
	const struct gm_snapshot *g)
{
	json_t *p = jo_object(o, key);

	jo_str(p, "interface", ifname);
	if (g != NULL) {
		jo_str(p, "crypto_map", g->policy.map);
		jo_num(p, "crypto_map_sequence", g->policy.map_seq);
		jo_str(p, "group", g->policy.group);
		jo_str(p, "registration", state_text(g->state));
	}
	return p;
}

json_t *path_leg_json(const struct path_leg *l)
{
	struct ip_addr src = packet_src(&l->key), dst = packet_dst(&l->key);
	json_t *o = json_object(), *p;

	jo_ip(o, "source", &src);
	jo_ip(o, "destination", &dst);
	jo_num(o, "protocol", l->key.proto);
	if (l->key.has_l4 && is_icmp(&l->key)) {
		jo_num(o, "icmp_type", l->key.icmp_type);
		jo_num(o, "icmp_code", l->key.icmp_code);
	} else if (l->key.has_l4) {
		jo_num(o, "source_port", l->key.sport);
		jo_num(o, "destination_port", l->key.dport);
	}
	jo_bool(o, "from_this_router", l->own);
	jo_bool(o, "to_this_router", l->to_us);
	if (!l->own && l->in_if[0] != '\0') {
		p = place_json(o, "arrives", l->in_if, l->in_gm);
		jo_bool(p, "held", l->in_held);
		verdict_json(p, "clear", l->in_gm, &l->in);
		if (l->guarded)
			verdict_json(p, "esp", l->in_gm, &l->esp);
	}
	if (!l->to_us && l->out_if[0] != '\0') {
		p = place_json(o, "leaves", l->out_if, l->out_gm);
		jo_bool(p, "held", l->out_held);
		verdict_json(p, "outbound", l->out_gm, &l->out);
	}
	return o;
}

/* --- the command --- */

struct asked {
	struct box *box;
	const char *only; /* group; NULL: all */
	struct dp_group_view *group;
	size_t n_groups;
	struct gm_snapshot *gm;
	size_t n_gm;
};

/* The member behind a group of the dataplane, or the first at an interface. */
static const struct gm_snapshot *member_at(const struct asked *a,
	const char *netdev, bool ip6, const struct dp_group_view *g)
{
	for (size_t i = 0; i < a->n_gm; i++) {
		const struct gm_policy *p = &a->gm[i].policy;

		if (strcmp(p->netdev, netdev) != 0 || p->ip6 != ip6 ||
			(g != NULL && g->cfg.order != p->map_seq))
			continue;
		if (a->only == NULL || strcmp(a->only, p->group) == 0)
			return &a->gm[i];
	}
	return NULL;
}

/* Only the groups of the named one. */
static void groups_pick(struct asked *a)
{
	size_t kept = 0;

	for (size_t i = 0; i < a->n_groups; i++)
		if (member_at(a, a->group[i].cfg.netdev, a->group[i].cfg.ip6,
			    &a->group[i]) != NULL)
			a->group[kept++] = a->group[i];
	a->n_groups = kept;
}

/* Netdev and IOS name of the interface that the route takes; "": none. */
static void towards(const struct asked *a, const struct ip_addr *to,
	char netdev[IFNAMSIZ], char name[64])
{
	struct iface_mirror *m = box_ifaces(a->box);
	struct ip_addr src;
	const struct link_state *s = NULL;
	int ifindex;

	netdev[0] = name[0] = '\0';
	if (iface_route_get(m, to, &src, &ifindex) == 0)
		s = iface_by_index(m, ifindex);
	if (s == NULL)
		return;
	strlcpy(netdev, s->name, IFNAMSIZ);
	box_iface_name(a->box, netdev, name);
}

static bool guarded(const struct asked *a, const char *netdev, bool ip6)
{
	for (size_t i = 0; i < a->n_groups; i++)
		if (a->group[i].cfg.ip6 == ip6 &&
			strcmp(a->group[i].cfg.netdev, netdev) == 0)
			return true;
	return false;
}

/* What the guard refuses although the groups would let it pass. */
static void guard_ask(const struct asked *a, const char *in, const char *out,
	struct path_leg *l)
{
	bool ip6 = l->key.six != NULL;
	const struct acl *list = box_closed_list(a->box, in, ip6);

	if (list != NULL)
		path_fail_close(&l->in, list, &l->key, true, l->to_us);
	list = box_closed_list(a->box, out, ip6);
	if (list != NULL)
		path_fail_close(&l->out, list, &l->key, false, l->own);
	l->in_held = box_is_held(a->box, in, ip6);
	l->out_held = box_is_held(a->box, out, ip6);
}

static void leg_fill(
	const struct asked *a, const struct packet_key *k, struct path_leg *l)
{
	struct iface_mirror *m = box_ifaces(a->box);
	struct ip_addr src = packet_src(k), dst = packet_dst(k);
	char in[IFNAMSIZ], out[IFNAMSIZ];

	*l = (struct path_leg){ .key = *k,
		.own = iface_is_local(m, &src),
		.to_us = iface_is_local(m, &dst) };
	if (k->six != NULL) {
		l->six = *k->six;
		l->key.six = &l->six;
	}
	k = &l->key;
	towards(a, &src, in, l->in_if);
	towards(a, &dst, out, l->out_if);
	l->guarded = guarded(a, in, k->six != NULL);
	l->in = path_in(a->group, a->n_groups, k, in, l->to_us);
	l->esp = path_in_esp(a->group, a->n_groups, k, in);
	l->out = path_out(a->group, a->n_groups, k, out, l->own);
	guard_ask(a, in, out, l);
	l->in_gm = member_at(a, in, k->six != NULL, l->in.group != NULL ? l->in.group : l->esp.group);
	l->out_gm = member_at(a, out, k->six != NULL, l->out.group);
}

static struct packet_key packet_read(
	const struct derivation *d, struct packet6_key *six)
{
	struct ip_addr src = drv_ip(d, "src"), dst = drv_ip(d, "dst");
	struct packet_key k = {
		.src = ip_u32(&src), .dst = ip_u32(&dst), .ttl = PATH_TTL
	};

	if (drv_set(d, "src6")) {
		*six = (struct packet6_key){ .src = drv_ip(d, "src6"),
			.dst = drv_ip(d, "dst6") };
		k.six = six;
	}
	if (drv_has(d, "icmp")) {
		k.proto = k.six != NULL ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
		k.icmp_type = k.six != NULL ? ICMP6_ECHO : ICMP_ECHO;
		if (drv_set(d, "type"))
			k.icmp_type = (uint8_t)drv_u32(d, "type");
		k.icmp_code = (uint8_t)drv_u32(d, "code");
		k.has_l4 = true;
	} else if (drv_has(d, "tcp") || drv_has(d, "udp")) {
		k.proto = drv_has(d, "tcp") ? IPPROTO_TCP : IPPROTO_UDP;
		k.has_l4 = drv_set(d, "sport");
		k.sport = (uint16_t)drv_u32(d, "sport");
		k.dport = (uint16_t)drv_u32(d, "dport");
		k.tcp_flags = TCP_SYN;
	} else {
		k.proto = (uint8_t)drv_u32(d, "proto");
	}
	return k;
}

static void path_text(const struct path_leg *there, const struct path_leg *back,
	struct sbuf *out)
{
	bool blind =
		!there->key.has_l4 && (there->key.proto == IPPROTO_TCP ||
					      there->key.proto == IPPROTO_UDP);

	show_path_leg("Packet", there, out);
	if (back != NULL)
		show_path_leg("Answer", back, out);
	if (blind)
		sbuf_adds(out, "No ports were given: entries that name "
			       "ports do not match.\n");
}

static void path_show(struct cmd_call *c, const struct asked *a)
{
	struct packet6_key there6, back6;
	struct packet_key there_key = packet_read(c->drv, &there6), back_key;
	bool answered = path_answer(&there_key, &back_key, &back6);
	struct path_leg there, back;

	leg_fill(a, &there_key, &there);
	if (answered)
		leg_fill(a, &back_key, &back);
	if (c->json) {
		json_t *o = json_object();

		jo_set(o, "packet", path_leg_json(&there));
		jo_set(o, "answer",
			answered ? path_leg_json(&back) : json_null());
		cmd_json(c, o);
	} else {
		path_text(&there, answered ? &back : NULL, c->out);
	}
}

static int show_path_exec(struct cmd_call *c)
{
	struct asked a = { .box = c->router->box,
		.only = drv_str(c->drv, "group") };
	bool runs;

	if (a.box == NULL)
		return CMD_FAILED;
	runs = box_dp_groups(a.box, &a.group, &a.n_groups);
	a.n_gm = gdoi_gm_snapshot(box_gdoi(a.box), &a.gm);
	if (a.only != NULL)
		groups_pick(&a);
	path_show(c, &a);
	if (!runs && !c->json)
		sbuf_adds(c->out, "No dataplane runs: nothing is encrypted.\n");
	gm_snapshot_free(a.gm, a.n_gm);
	free(a.group);
	return CMD_DONE;
}

static const struct command show_path = {
	.mode = MODE_EXEC,
	.grammar = "show crypto {gdoi|gkm} [group <group:word>] gm packet-path "
		   "{<src:ip4> <dst:ip4>|<src6:ip6> <dst6:ip6>} "
		   "{{tcp|udp} [<sport:0-65535> <dport:0-65535>]|"
		   "icmp [<type:0-255> <code:0-255>]|<proto:0-255>}",
	.help = "show  Show running system information\n" HELP_CRYPTO HELP_GDOI
		"group  Only what one group does\n<group>  Group name\n"
		"gm  Show Group Member (GM) information\n"
		"packet-path  What becomes of a packet and of its answer\n"
		"<src>  Source address\n<dst>  Destination address\n"
		"<src6>  Source address\n<dst6>  Destination address\n"
		"tcp  Transmission Control Protocol\n"
		"udp  User Datagram Protocol\n"
		"<sport>  Source port\n<dport>  Destination port\n"
		"icmp  Internet Control Message Protocol\n"
		"<type>  ICMP message type\n<code>  ICMP message code\n"
		"<proto>  Protocol number\n",
	.flags = CMD_PIPE,
	.exec = show_path_exec,
	.sample = "show crypto gdoi gm packet-path 10.1.0.1 10.2.0.1 tcp 1 2\n"
		  "show crypto gdoi gm packet-path 2001:DB8::1 2001:DB8::2 icmp",
};

static const struct command *const list[] = { &show_path };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_show_path = { &commands, NULL };
