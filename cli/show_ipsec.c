/* show crypto ipsec ... and show crypto map (show-output.md 2.5 to 2.7). */
#include "cli/show.h"

#include "cli/acl.h"
#include "cli/show_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MTU_DEFAULT 1500

static int show_sa_exec(struct cmd_call *c);
static int show_sets_exec(struct cmd_call *c);
static int show_profiles_exec(struct cmd_call *c);
static int show_map_exec(struct cmd_call *c);

#define HELP_SHOW_CRYPTO "show  Show running system information\n" HELP_CRYPTO
#define HELP_SHOW_IPSEC  HELP_SHOW_CRYPTO "ipsec  Show IPsec policy\n"

static const struct command show_sa = {
	.mode = MODE_EXEC,
	.grammar = "show crypto ipsec sa [{detail|count|"
		   "interface <if:ifname>}]",
	.help = HELP_SHOW_IPSEC "sa  IPsec SA table\n"
				"detail  Show counter detail\n"
				"count  Show SA count\n"
				"interface  Show one interface\n"
				"<if>  Interface name\n",
	.flags = CMD_PIPE,
	.exec = show_sa_exec,
};

static const struct command show_sets = {
	.mode = MODE_EXEC,
	.grammar = "show crypto ipsec transform-set [<tag:word>]",
	.help = HELP_SHOW_IPSEC "transform-set  Crypto transform sets\n"
				"<tag>  Transform set tag\n",
	.flags = CMD_PIPE,
	.exec = show_sets_exec,
};

static const struct command show_profiles = {
	.mode = MODE_EXEC,
	.grammar = "show crypto ipsec profile [<tag:word>]",
	.help = HELP_SHOW_IPSEC "profile  Show ipsec profile information\n"
				"<tag>  Profile name\n",
	.flags = CMD_PIPE,
	.exec = show_profiles_exec,
};

static const struct command show_map = {
	.mode = MODE_EXEC,
	.grammar = "show crypto map [tag <tag:word>]",
	.help = HELP_SHOW_CRYPTO "map  Crypto maps\n"
				 "tag  Show crypto maps with a given tag\n"
				 "<tag>  Tag\n",
	.flags = CMD_PIPE,
	.exec = show_map_exec,
};

/* --- sa --- */

/* e: as it selects what this end sends; the source is this end's. */
static void ident(const char *label, const struct ace *e, struct sbuf *out)
{
	struct ip_wild w = e->src;
	struct ip_addr a = ip_v4(w.wild == UINT32_MAX ? 0 : w.addr);
	struct ip_addr m = ip_v4(~w.wild);
	const struct ace_port *port = &e->sport;
	char ta[IP_TEXT], tm[IP_TEXT];

	if (e->ip6) {
		a = e->src6.addr;
		snprintf(tm, sizeof(tm), "%u", e->src6.len);
	} else {
		ip_text(&m, tm);
	}
	sbuf_printf(out, "   %-6s ident (addr/mask/prot/port): (%s/%s/%d/%u)\n",
		label, ip_text(&a, ta), tm, e->proto == ACE_ANY ? 0 : e->proto,
		port->op == PORT_EQ && port->n > 0 ? port->p[0] : 0);
}

static struct dp_sa_counters counters_sum(const struct gm_snapshot *g)
{
	struct dp_sa_counters s = { 0 };

	for (size_t i = 0; i < g->n_teks; i++) {
		s.encaps += g->tek[i].count.encaps;
		s.decaps += g->tek[i].count.decaps;
		s.send_errors += g->tek[i].count.send_errors;
		s.recv_errors += g->tek[i].count.recv_errors;
	}
	return s;
}

static void counters(const struct gm_snapshot *g, bool detail, struct sbuf *out)
{
	const struct dp_group_counters *d = &g->count;
	struct dp_sa_counters s = counters_sum(g);

#define N(x) ((unsigned long long)(x))
	sbuf_printf(out,
		"    #pkts encaps: %llu, #pkts encrypt: %llu, #pkts digest: "
		"%llu\n"
		"    #pkts decaps: %llu, #pkts decrypt: %llu, #pkts verify: "
		"%llu\n"
		"    #pkts compressed: 0, #pkts decompressed: 0\n"
		"    #pkts not compressed: 0, #pkts compr. failed: 0\n"
		"    #pkts not decompressed: 0, #pkts decompress failed: 0\n",
		N(s.encaps), N(s.encaps), N(s.encaps), N(s.decaps), N(s.decaps),
		N(s.decaps));
	if (!detail) {
		sbuf_printf(out, "    #send errors %llu, #recv errors %llu\n",
			N(s.send_errors), N(s.recv_errors));
		return;
	}
	sbuf_printf(out,
		"    #pkts no sa (send) %llu, #pkts invalid sa (rcv) %llu\n"
		"    #pkts encaps failed (send) %llu, #pkts decaps failed "
		"(rcv) %llu\n"
		"    #pkts invalid prot (recv) %llu, #pkts verify failed: "
		"%llu\n"
		"    #pkts invalid identity (recv) %llu, #pkts invalid len "
		"(rcv) 0\n"
		"    #pkts replay rollover (send): 0, #pkts replay rollover "
		"(rcv) 0\n"
		"    ##pkts replay failed (rcv): %llu\n"
		"    #pkts tagged (send): 0, #pkts untagged (rcv): 0\n"
		"    #pkts not tagged (send): 0, #pkts not untagged (rcv): "
		"0\n"
		"    #pkts internal err (send): %llu, #pkts internal err "
		"(recv) %llu\n",
		N(d->drops[DP_DROP_NO_SA]), N(d->drops[DP_DROP_INVALID_SA]),
		N(gm_encaps_failed(d)), N(d->drops[DP_DROP_DECAP_FAIL]),
		N(d->drops[DP_DROP_INVALID_PROT]),
		N(d->drops[DP_DROP_VERIFY_FAIL]), N(d->drops[DP_DROP_IDENTITY]),
		N(d->drops[DP_DROP_REPLAY]),
		N(d->drops[DP_DROP_INTERNAL_SEND]),
		N(d->drops[DP_DROP_INTERNAL_RECV]));
#undef N
}

static void esp_sa(const struct gm_snapshot *g, const struct tek_info *t,
	unsigned conn_id, struct sbuf *out)
{
	const struct esp_cipher_alg *a = esp_cipher_alg(t->suite.cipher);
	char text[ESP_TEXT];

	sbuf_printf(out,
		"      spi: 0x%08X(%u)\n"
		"        transform: %s ,\n"
		"        in use settings ={%s, }\n"
		"        conn id: %u, flow_id: SW:%u, sibling_flags "
		"FFFFFFFF80000040, crypto map: %s\n"
		"        sa timing: remaining key lifetime (sec): %u\n"
		"        Kilobyte Volume Rekey has been disabled\n"
		"        IV size: %u bytes\n"
		"        replay detection support: %s\n"
		"        Status: ACTIVE(ACTIVE)\n",
		t->spi, t->spi, esp_suite_display(&t->suite, text),
		t->transport_mode ? "Transport" : "Tunnel", conn_id, conn_id,
		g->policy.map, t->remaining_secs, a != NULL ? a->iv_bytes : 0U,
		t->replay == REPLAY_NONE ? "N" : "Y");
}

/* Inbound: every live TEK; outbound: those that may still send. */
static void esp_sas(const struct gm_snapshot *g, bool inbound, struct sbuf *out)
{
	const char *way = inbound ? "inbound" : "outbound";

	sbuf_printf(out, "     %s esp sas:\n", way);
	for (size_t i = 0; i < g->n_teks; i++) {
		unsigned first = 2 * (unsigned)(g->n_teks - 1 - i) + 1;

		if (inbound || g->direction == GM_BOTH)
			esp_sa(g, &g->tek[i], first + (inbound ? 0 : 1), out);
	}
	sbuf_printf(out, "\n     %s ah sas:\n\n     %s pcp sas:\n", way, way);
	if (inbound)
		sbuf_addc(out, '\n');
}

static uint32_t sending_spi(const struct gm_snapshot *g)
{
	for (size_t i = 0; i < g->n_teks; i++) {
		if (g->tek[i].sending)
			return g->tek[i].spi;
	}
	return 0;
}

static void flow(const struct gm_snapshot *g, const struct ace *e, unsigned mtu,
	bool detail, struct sbuf *out)
{
	struct ace other = ace_mirror(e);
	uint32_t spi = sending_spi(g);
	char local[IP_TEXT];

	sbuf_adds(out, "\n   protected vrf: (none)\n");
	ident("local", e, out);
	ident("remote", &other, out);
	sbuf_printf(out,
		"   Group: %s\n"
		"   current_peer 0.0.0.0 port 848\n"
		"     PERMIT, flags={origin_is_acl,}\n",
		g->policy.group);
	counters(g, detail, out);
	sbuf_printf(out,
		"\n     local crypto endpt.: %s, remote crypto endpt.: "
		"0.0.0.0\n"
		"     plaintext mtu %u, path mtu %u, ip mtu %u, ip mtu idb "
		"%s\n"
		"     current outbound spi: 0x%08X(%u)\n"
		"     PFS (Y/N): N, DH group: none\n\n",
		ip_text(&g->policy.local, local), g->plaintext_mtu, mtu, mtu,
		g->policy.ifname, spi, spi);
	esp_sas(g, true, out);
	esp_sas(g, false, out);
}

void show_ipsec_sa(const struct gm_snapshot *g, unsigned mtu, bool heading,
	bool detail, struct sbuf *out)
{
	char local[IP_TEXT];

	if (heading)
		sbuf_printf(out,
			"interface: %s\n"
			"    Crypto map tag: %s, local addr %s\n",
			g->policy.ifname, g->policy.map,
			ip_text(&g->policy.local, local));
	for (size_t i = 0; i < g->acl.n; i++) {
		if (g->acl.v[i].permit)
			flow(g, &g->acl.v[i], mtu, detail, out);
	}
}

/* Those that are protected; as the text, without those that are not. */
static json_t *flows_json(const struct gm_snapshot *g)
{
	json_t *list = json_array();

	for (size_t i = 0; i < g->acl.n; i++) {
		if (g->acl.v[i].permit)
			json_array_append_new(
				list, ace_json(&g->acl.v[i],
					      g->ace_matches != NULL
						      ? &g->ace_matches[i]
						      : NULL));
	}
	return list;
}

json_t *ipsec_sa_json(const struct gm_snapshot *g, unsigned mtu)
{
	struct dp_sa_counters s = counters_sum(g);
	json_t *o = json_object(), *c, *in, *out;

	jo_str(o, "interface", g->policy.ifname);
	jo_str(o, "crypto_map", g->policy.map);
	jo_str(o, "group", g->policy.group);
	jo_ip(o, "local", &g->policy.local);
	jo_num(o, "path_mtu_bytes", mtu);
	jo_num(o, "plaintext_mtu_bytes", g->plaintext_mtu);
	jo_spi(o, "outbound_spi", sending_spi(g));
	c = jo_object(o, "packets");
	jo_num(c, "encaps", s.encaps);
	jo_num(c, "decaps", s.decaps);
	jo_num(c, "send_errors", s.send_errors);
	jo_num(c, "receive_errors", s.recv_errors);
	jo_set(o, "drops", gm_drops_json(&g->count));
	jo_set(o, "flows", flows_json(g));
	in = jo_array(o, "inbound_esp_sas");
	out = jo_array(o, "outbound_esp_sas");
	for (size_t i = 0; i < g->n_teks; i++) {
		json_array_append_new(in, tek_json(&g->tek[i]));
		if (g->direction == GM_BOTH)
			json_array_append_new(out, tek_json(&g->tek[i]));
	}
	return o;
}

static unsigned mtu_of(struct box *b, const char *ifname)
{
	struct iface_info *v = NULL;
	size_t n = box_iface_list(b, &v);
	unsigned mtu = MTU_DEFAULT;

	for (size_t i = 0; i < n; i++) {
		if (strcmp(v[i].ifname, ifname) == 0 && v[i].link.mtu != 0)
			mtu = v[i].link.mtu;
	}
	free(v);
	return mtu;
}

static size_t sa_count(const struct gm_snapshot *v, size_t n)
{
	size_t total = 0;

	for (size_t i = 0; i < n; i++) {
		for (size_t e = 0; e < v[i].acl.n; e++) {
			if (v[i].acl.v[e].permit)
				total += (v[i].direction == GM_BOTH ? 2 : 1) *
					 v[i].n_teks;
		}
	}
	return total;
}

static void show_sa_count(struct cmd_call *c, size_t total)
{
	if (c->json)
		cmd_json(c,
			json_pack("{s:I, s:I, s:i, s:i, s:i}", "total",
				(json_int_t)total, "active", (json_int_t)total,
				"rekeying", 0, "unused", 0, "invalid", 0));
	else
		sbuf_printf(c->out,
			"IPsec SA total: %zu, active: %zu, rekeying: 0, "
			"unused: 0, invalid: 0\n",
			total, total);
}

static void show_sas_text(
	struct cmd_call *c, const struct gm_snapshot *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		sbuf_addc(c->out, '\n');
		show_ipsec_sa(&v[i], mtu_of(c->router->box, v[i].policy.ifname),
			true, drv_has(c->drv, "detail"), c->out);
	}
	if (n == 0)
		sbuf_adds(c->out, "\nNo SAs found\n");
}

static json_t *sas_json(struct box *b, const struct gm_snapshot *v, size_t n)
{
	json_t *top = json_object(), *list = jo_array(top, "interfaces");

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list,
			ipsec_sa_json(&v[i], mtu_of(b, v[i].policy.ifname)));
	return top;
}

/* Moves those that have SAs, on the interface if one is named, to the front;
 * returns how many. */
static size_t sas_pick(struct gm_snapshot *v, size_t n, const char *ifname)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		struct gm_snapshot s = v[i];

		if (s.n_teks == 0 ||
			(ifname != NULL &&
				strcmp(ifname, s.policy.ifname) != 0))
			continue;
		memmove(v + kept + 1, v + kept, (i - kept) * sizeof(*v));
		v[kept++] = s;
	}
	return kept;
}

static int show_sa_exec(struct cmd_call *c)
{
	struct gm_snapshot *v = NULL;
	size_t n, kept;

	if (c->router->box == NULL)
		return CMD_DONE;
	n = gdoi_gm_snapshot(box_gdoi(c->router->box), &v);
	kept = sas_pick(v, n, drv_str(c->drv, "if"));
	if (drv_has(c->drv, "count"))
		show_sa_count(c, sa_count(v, n));
	else if (c->json)
		cmd_json(c, sas_json(c->router->box, v, kept));
	else
		show_sas_text(c, v, kept);
	gm_snapshot_free(v, n);
	return CMD_DONE;
}

/* --- transform sets and profiles --- */

/* "esp-aes 256" is displayed as "esp-256-aes". */
static void transform_display(const char *stored, struct sbuf *out)
{
	unsigned bits;

	if (sscanf(stored, "esp-aes %u", &bits) == 1)
		sbuf_printf(out, "esp-%u-aes ", bits);
	else
		sbuf_printf(out, "%s ", stored);
}

static void set_transforms(const struct node *n, struct sbuf *out)
{
	if (n == NULL) {
		sbuf_adds(out, "{ esp-aes esp-sha-hmac  }");
		return;
	}
	sbuf_adds(out, "{ ");
	for (size_t i = 0; i < drv_count(node_drv(n), "transform"); i++)
		transform_display(drv_str_at(node_drv(n), "transform", i), out);
	sbuf_adds(out, " }");
}

static void show_set(
	const struct router *r, const struct node *n, struct sbuf *out)
{
	const char *name = n != NULL ? node_str(n, "name") : "default";
	struct esp_suite suite;
	bool transport;

	transform_set_view(r, name, &suite, &transport);
	sbuf_printf(out, "Transform set %s: ", name);
	set_transforms(n, out);
	sbuf_printf(out, "\n   will negotiate = { %s,  },\n\n",
		transport ? "Transport" : "Tunnel");
}

/* n NULL: the default set. */
static json_t *set_json(const struct router *r, const struct node *n)
{
	const char *name = n != NULL ? node_str(n, "name") : "default";
	size_t count = n != NULL ? drv_count(node_drv(n), "transform") : 0;
	json_t *o = json_object(), *list;
	struct esp_suite suite;
	bool transport;

	transform_set_view(r, name, &suite, &transport);
	jo_str(o, "name", name);
	list = jo_array(o, "transforms");
	if (n == NULL) {
		ja_str(list, "esp-aes");
		ja_str(list, "esp-sha-hmac");
	}
	for (size_t i = 0; i < count; i++)
		ja_str(list, drv_str_at(node_drv(n), "transform", i));
	jo_str(o, "mode", transport ? "transport" : "tunnel");
	return o;
}

/* Where the entries go: the text of the call, or the list. */
struct listing {
	struct cmd_call *call;
	json_t *list;
};

static void sets_add(const struct listing *s, const struct node *n)
{
	if (s->call->json)
		json_array_append_new(s->list, set_json(s->call->router, n));
	else
		show_set(s->call->router, n, s->call->out);
}

static int show_sets_exec(struct cmd_call *c)
{
	const char *tag = drv_str(c->drv, "tag");
	struct node *root = tree_root(c->router->tree);
	json_t *top = json_object();
	struct listing s = { c, jo_array(top, "transform_sets") };

	if (node_find(root, &cfg_transform_set, "default") == NULL &&
		(tag == NULL || strcmp(tag, "default") == 0))
		sets_add(&s, NULL);
	for (struct node *n = node_child(root, &cfg_transform_set, NULL);
		n != NULL; n = node_child(root, &cfg_transform_set, n)) {
		if (tag == NULL || strcmp(tag, node_str(n, "name")) == 0)
			sets_add(&s, n);
	}
	return cmd_json_if(c, top);
}

static void profile_set(
	const struct router *r, const char *name, struct sbuf *out)
{
	const struct node *n =
		node_find(tree_root(r->tree), &cfg_transform_set, name);

	if (n == NULL && strcmp(name, "default") != 0)
		return;
	sbuf_printf(out, "\t\t%s:  ", name);
	set_transforms(n, out);
	sbuf_adds(out, " ,\n");
}

static void show_profile(
	const struct router *r, const struct node *n, struct sbuf *out)
{
	const struct node *sets = n != NULL ? ipsec_profile_sets(n) : NULL;
	uint32_t kbytes = ipsec_life_kbytes(r);

	sbuf_printf(out,
		"IPSEC profile %s\n"
		"\tSecurity association lifetime: ",
		n != NULL ? node_str(n, "name") : "default");
	if (kbytes != 0)
		sbuf_printf(out, "%u kilobytes/", kbytes);
	sbuf_printf(out,
		"%u seconds\n"
		"\tResponder-Only (Y/N): N\n"
		"\tPFS (Y/N): N\n"
		"\tMixed-mode : Disabled\n"
		"\tTransform sets={\n",
		n != NULL ? ipsec_profile_life(r, n) : ipsec_life_secs(r));
	if (sets == NULL)
		profile_set(r, "default", out);
	for (size_t i = 0; sets != NULL && i < drv_count(node_drv(sets), "set");
		i++)
		profile_set(r, drv_str_at(node_drv(sets), "set", i), out);
	sbuf_adds(out, "\t}\n\n");
}

static json_t *profile_json(const struct router *r, const struct node *n)
{
	const struct node *sets = n != NULL ? ipsec_profile_sets(n) : NULL;
	uint32_t kbytes = ipsec_life_kbytes(r);
	json_t *o = json_object(), *list;

	jo_str(o, "name", n != NULL ? node_str(n, "name") : "default");
	jo_num(o, "lifetime_secs",
		n != NULL ? ipsec_profile_life(r, n) : ipsec_life_secs(r));
	jo_set(o, "lifetime_kbytes",
		kbytes != 0 ? json_integer(kbytes) : json_null());
	jo_bool(o, "responder_only", false);
	jo_bool(o, "pfs", false);
	list = jo_array(o, "transform_sets");
	if (sets == NULL)
		ja_str(list, "default");
	for (size_t i = 0; sets != NULL && i < drv_count(node_drv(sets), "set");
		i++)
		ja_str(list, drv_str_at(node_drv(sets), "set", i));
	return o;
}

static void profiles_add(const struct listing *s, const struct node *n)
{
	if (s->call->json)
		json_array_append_new(
			s->list, profile_json(s->call->router, n));
	else
		show_profile(s->call->router, n, s->call->out);
}

static int show_profiles_exec(struct cmd_call *c)
{
	const char *tag = drv_str(c->drv, "tag");
	struct node *root = tree_root(c->router->tree);
	json_t *top = json_object();
	struct listing s = { c, jo_array(top, "profiles") };

	for (struct node *n = node_child(root, &cfg_ipsec_profile, NULL);
		n != NULL; n = node_child(root, &cfg_ipsec_profile, n)) {
		if (tag == NULL || strcmp(tag, node_str(n, "name")) == 0)
			profiles_add(&s, n);
	}
	if (node_find(root, &cfg_ipsec_profile, "default") == NULL &&
		(tag == NULL || strcmp(tag, "default") == 0))
		profiles_add(&s, NULL);
	return cmd_json_if(c, top);
}

/* --- crypto map --- */

static void map_interface(void *ctx, const char *ifname)
{
	sbuf_printf(ctx, "\t\t%s\n", ifname);
}

static void map_group(
	const struct router *r, const char *name, struct sbuf *out)
{
	const struct node *g =
		node_find(tree_root(r->tree), &cfg_gdoi_group, name);
	struct group_id id;

	sbuf_printf(out, "\tGroup Name: %s\n", name);
	if (g == NULL)
		return;
	id = gdoi_id_view(g);
	if (id.is_set) {
		sbuf_adds(out, id.is_addr ? "\tidentity address ipv4 "
					  : "\tidentity number ");
		show_group_id(&id, out);
		sbuf_addc(out, '\n');
	}
	for (struct node *s = node_child(g, &cfg_gdoi_server_addr, NULL);
		s != NULL; s = node_child(g, &cfg_gdoi_server_addr, s)) {
		sbuf_addc(out, '\t');
		node_line(s, out);
		sbuf_addc(out, '\n');
	}
}

static void map_acl(
	const struct router *r, const char *name, bool ip6, struct sbuf *out)
{
	struct acl a;

	sbuf_printf(out,
		ip6 ? "\tIPv6 access list %s\n"
		    : "\tExtended IP access list %s\n",
		name);
	if (!(ip6 ? acl6_view : acl_view)(r, name, &a))
		return;
	for (size_t i = 0; i < a.n; i++) {
		sbuf_printf(out, "\t    access-list %s ", name);
		ace_text(&a.v[i], ACE_STYLE_CONFIG, out);
		sbuf_addc(out, '\n');
	}
	acl_free(&a);
}

static void show_map_entry(
	const struct router *r, const struct node *m, struct sbuf *out)
{
	const char *name = node_str(m, "name");
	const char *group =
		node_str(node_child(m, &cfg_map_group, NULL), "name");
	const char *acl = node_str(node_child(m, &cfg_map_match, NULL), "acl");
	auto_sbuf struct sbuf users = { 0 };

	bool ip6 = node_has(m, "ipv6");

	sbuf_printf(out, "Crypto Map IPv%c \"%s\" %u gdoi\n",
		ip6 ? '6' : '4', name,
		node_u32(m, "seq"));
	if (group != NULL)
		map_group(r, group, out);
	if (acl != NULL)
		map_acl(r, acl, ip6, out);
	if (group == NULL)
		sbuf_adds(out, "\tWARNING: This crypto map is in an incomplete "
			       "state!\n"
			       "\t\t(missing group)\n");
	crypto_map_interfaces(r, name, map_interface, &users);
	sbuf_printf(out, "\tInterfaces using crypto map %s:\n%s\n", name,
		sbuf_str(&users));
}

static void map_interface_json(void *ctx, const char *ifname)
{
	ja_str(ctx, ifname);
}

static void map_group_json(json_t *o, const struct router *r, const char *name)
{
	const struct node *g =
		node_find(tree_root(r->tree), &cfg_gdoi_group, name);
	json_t *group = jo_object(o, "group"), *list;
	struct group_id id;

	jo_str(group, "name", name);
	if (g == NULL)
		return;
	id = gdoi_id_view(g);
	jo_set(group, "identity", group_id_json(&id));
	list = jo_array(group, "servers");
	for (struct node *s = node_child(g, &cfg_gdoi_server_addr, NULL);
		s != NULL; s = node_child(g, &cfg_gdoi_server_addr, s)) {
		struct ip_addr a = node_ip(s, "addr");
		char text[IP_TEXT];

		ja_str(list, ip_text(&a, text));
	}
}

static json_t *map_json(const struct router *r, const struct node *m)
{
	const char *name = node_str(m, "name");
	const char *group =
		node_str(node_child(m, &cfg_map_group, NULL), "name");
	const char *acl = node_str(node_child(m, &cfg_map_match, NULL), "acl");
	bool ip6 = node_has(m, "ipv6");
	json_t *o = json_object();
	struct acl a;

	jo_str(o, "name", name);
	jo_num(o, "sequence", node_u32(m, "seq"));
	jo_str(o, "type", "gdoi");
	jo_str(o, "family", ip6 ? "ipv6" : "ipv4");
	jo_bool(o, "complete", group != NULL);
	if (group != NULL)
		map_group_json(o, r, group);
	if (acl != NULL) {
		json_t *list = jo_object(o, "match_access_list");

		jo_str(list, "name", acl);
		(ip6 ? acl6_view : acl_view)(r, acl, &a);
		jo_set(list, "entries", acl_json(&a, NULL));
		acl_free(&a);
	}
	crypto_map_interfaces(
		r, name, map_interface_json, jo_array(o, "interfaces"));
	return o;
}

static int show_map_exec(struct cmd_call *c)
{
	const char *tag = drv_str(c->drv, "tag");
	struct node *root = tree_root(c->router->tree);
	json_t *top = json_object(), *list = jo_array(top, "crypto_maps");
	size_t shown = 0;

	for (struct node *m = node_child(root, &cfg_crypto_map, NULL);
		m != NULL; m = node_child(root, &cfg_crypto_map, m)) {
		if (tag != NULL && strcmp(tag, node_str(m, "name")) != 0)
			continue;
		if (c->json)
			json_array_append_new(list, map_json(c->router, m));
		else
			show_map_entry(c->router, m, c->out);
		shown++;
	}
	if (shown == 0)
		sbuf_adds(c->out, "No crypto maps found.\n");
	return cmd_json_if(c, top);
}

static const struct command *const list[] = { &show_sa, &show_sets,
	&show_profiles, &show_map };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_show_ipsec = { &commands, NULL };
