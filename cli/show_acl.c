/* show access-lists, show ip access-lists, show ipv6 access-list with their
 * counters (show-output.md 3.5), and the commands that clear them. */
#include "cli/acl.h"
#include "cli/show_json.h"

#include <stdlib.h>
#include <string.h>

static int show_lists_exec(struct cmd_call *c);
static int show_lists6_exec(struct cmd_call *c);
static int clear_exec(struct cmd_call *c);

#define HELP_SHOW  "show  Show running system information\n"
#define HELP_CLEAR "clear  Reset functions\n"
#define HELP_NAME  "<name>  Access list name or number\n"

static const struct command show_lists = {
	.mode = MODE_EXEC,
	.grammar = "show {access-lists|ip access-lists} [<name:word>]",
	.help = HELP_SHOW "access-lists  List access lists\n"
			  "ip  IP information\n" HELP_NAME,
	.flags = CMD_PIPE,
	.exec = show_lists_exec,
};

static const struct command show_lists6 = {
	.mode = MODE_EXEC,
	.grammar = "show ipv6 access-list [<name:word>]",
	.help = HELP_SHOW "ipv6  IPv6 information\n"
			  "access-list  Summary of access lists\n" HELP_NAME,
	.flags = CMD_PIPE,
	.exec = show_lists6_exec,
};

static const struct command clear_counters = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = "clear {access-list counters|ip access-list counters|"
		   "ipv6 access-list [counters]} [<name:word>]",
	.help = HELP_CLEAR "access-list  Clear access list statistical "
			   "information\n"
			   "counters  Clear access list counters\n"
			   "ip  IP\nipv6  IPv6\n" HELP_NAME,
	.exec = clear_exec,
};

/* The counters of a list, walked along with its entries. */
struct hits {
	struct ace_hits *v;
	size_t n, at;
};

static void hits_put(struct hits *h, uint32_t seq, uint64_t packets)
{
	size_t at = h->n;

	while (at > 0 && h->v[at - 1].seq > seq)
		at--;
	h->v = xreallocarray(h->v, h->n + 1, sizeof(*h->v));
	memmove(h->v + at + 1, h->v + at, (h->n - at) * sizeof(*h->v));
	h->v[at] = (struct ace_hits){ seq, packets };
	h->n++;
}

static void hits_get(
	const struct router *r, const char *name, bool ip6, struct hits *h)
{
	*h = (struct hits){ 0 };
	if (r->box != NULL)
		h->n = box_acl_hits(r->box, name, ip6, &h->v);
}

/* Entries in front of a policy see traffic as well (crypto map, match
 * address); their lists have no groups, so that an entry is a line. */
static void crypto_hits_add(
	const struct router *r, const char *name, struct hits *h)
{
	struct gm_snapshot *v = NULL;
	size_t n;

	if (r->box == NULL || !crypto_map_uses_acl(r, name))
		return;
	n = gdoi_gm_snapshot(box_gdoi(r->box), &v);
	for (size_t i = 0; i < n; i++) {
		const struct acl *a = v[i].policy.local_acl;

		if (a == NULL || v[i].local_matches == NULL ||
			strcmp(a->name, name) != 0)
			continue;
		for (size_t k = 0; k < a->n; k++)
			hits_put(h, a->v[k].seq, v[i].local_matches[k]);
	}
	gm_snapshot_free(v, n);
}

/* Of the entry with that number, which must ascend: groups and services made
 * several of one line. */
static uint64_t hits_next(struct hits *h, uint32_t seq)
{
	uint64_t sum = 0;

	while (h->at < h->n && h->v[h->at].seq < seq)
		h->at++;
	for (; h->at < h->n && h->v[h->at].seq == seq; h->at++)
		sum += h->v[h->at].packets;
	return sum;
}

static void matches_add(uint64_t n, struct sbuf *out)
{
	if (n > 0)
		sbuf_printf(out, " (%llu match%s)", (unsigned long long)n,
			n == 1 ? "" : "es");
}

static void range_state(
	const struct router *r, const struct node *n, struct sbuf *out)
{
	const char *range = node_str(n, "range");

	if (range != NULL)
		sbuf_printf(out, " (%sactive)",
			time_range_active(r, range) ? "" : "in");
}

static void std_entry(const struct ace *e, uint64_t matches, struct sbuf *out)
{
	struct ip_addr a = ip_v4(e->src.addr), w = ip_v4(e->src.wild);
	char ta[IP_TEXT], tw[IP_TEXT];

	sbuf_printf(out, "    %u %-6s ", e->seq, e->permit ? "permit" : "deny");
	if (e->src.wild == UINT32_MAX)
		sbuf_adds(out, "any");
	else
		sbuf_adds(out, ip_text(&a, ta));
	if (e->src.wild != 0 && e->src.wild != UINT32_MAX)
		sbuf_printf(out, ", wildcard bits %s", ip_text(&w, tw));
	if (e->log)
		sbuf_adds(out, " log");
	matches_add(matches, out);
	sbuf_addc(out, '\n');
}

static void std_list(
	const struct router *r, const struct node *list, struct sbuf *out)
{
	const char *name = node_str(list, "name");
	struct hits h;
	struct acl a;

	sbuf_printf(out, "Standard IP access list %s\n", name);
	if (!acl_view_std(r, name, &a))
		return;
	hits_get(r, name, false, &h);
	for (size_t i = 0; i < a.n; i++)
		std_entry(&a.v[i], hits_next(&h, a.v[i].seq), out);
	free(h.v);
	acl_free(&a);
}

static void ext_list(
	const struct router *r, const struct node *list, struct sbuf *out)
{
	const char *name = node_str(list, "name");
	struct hits h;

	sbuf_printf(out, "Extended IP access list %s\n", name);
	hits_get(r, name, false, &h);
	crypto_hits_add(r, name, &h);
	for (struct node *n = node_first(list); n != NULL; n = node_next(n)) {
		if (node_has(n, "remark"))
			continue;
		sbuf_adds(out, "    ");
		node_line(n, out);
		range_state(r, n, out);
		matches_add(hits_next(&h, node_u32(n, "seq")), out);
		sbuf_addc(out, '\n');
	}
	free(h.v);
}

static void six_list(
	const struct router *r, const struct node *list, struct sbuf *out)
{
	const char *name = node_str(list, "name");
	struct hits h;

	sbuf_printf(out, "IPv6 access list %s\n", name);
	hits_get(r, name, true, &h);
	for (struct node *n = node_first(list); n != NULL; n = node_next(n)) {
		auto_sbuf struct sbuf line = { 0 };
		const char *entry;

		if (node_has(n, "remark"))
			continue;
		node_line(n, &line);
		entry = strchr(strchr(sbuf_str(&line), ' ') + 1, ' ');
		sbuf_printf(out, "   %s", entry);
		range_state(r, n, out);
		matches_add(hits_next(&h, node_u32(n, "seq")), out);
		sbuf_printf(out, " sequence %u\n", node_u32(n, "seq"));
	}
	free(h.v);
}

static void each_list(struct cmd_call *c, const struct command *kind,
	void (*fn)(const struct router *r, const struct node *list,
		struct sbuf *out))
{
	struct node *root = tree_root(c->router->tree);
	const char *only = drv_str(c->drv, "name");

	for (struct node *n = node_child(root, kind, NULL); n != NULL;
		n = node_child(root, kind, n)) {
		if (only == NULL || strcmp(only, node_str(n, "name")) == 0)
			fn(c->router, n, c->out);
	}
}

/* An entry as the line that stands for it; groups stay what they are. */
static json_t *line_json(
	const struct router *r, const struct node *n, uint64_t matches)
{
	/* A standard list knows none. */
	const char *range =
		node_command(n) == &cfg_ace_std ? NULL : node_str(n, "range");
	auto_sbuf struct sbuf line = { 0 };
	json_t *o = json_object();

	node_line(n, &line);
	jo_num(o, "sequence", node_u32(n, "seq"));
	jo_str(o, "action", node_has(n, "permit") ? "permit" : "deny");
	jo_bool(o, "active", range == NULL || time_range_active(r, range));
	jo_num(o, "matches", matches);
	jo_str(o, "line", sbuf_str(&line));
	return o;
}

static json_t *list_json(const struct router *r, const struct node *list,
	const char *type, bool ip6)
{
	const char *name = node_str(list, "name");
	json_t *o = json_object(), *entries;
	struct hits h;

	jo_str(o, "name", name);
	jo_str(o, "type", type);
	entries = jo_array(o, "entries");
	hits_get(r, name, ip6, &h);
	for (struct node *n = node_first(list); n != NULL; n = node_next(n)) {
		if (!node_has(n, "remark"))
			json_array_append_new(entries,
				line_json(r, n,
					hits_next(&h, node_u32(n, "seq"))));
	}
	free(h.v);
	return o;
}

static void lists_put(json_t *out, const struct cmd_call *c,
	const struct command *kind, const char *type)
{
	struct node *root = tree_root(c->router->tree);
	const char *only = drv_str(c->drv, "name");

	for (struct node *n = node_child(root, kind, NULL); n != NULL;
		n = node_child(root, kind, n)) {
		if (only == NULL || strcmp(only, node_str(n, "name")) == 0)
			json_array_append_new(out, list_json(c->router, n, type,
							   kind == &cfg_acl6));
	}
}

static json_t *lists_json(const struct cmd_call *c, bool four, bool six)
{
	json_t *top = json_object(), *list = jo_array(top, "access_lists");

	if (four) {
		lists_put(list, c, &cfg_acl_std, "standard");
		lists_put(list, c, &cfg_acl_ext, "extended");
	}
	if (six)
		lists_put(list, c, &cfg_acl6, "ipv6");
	return top;
}

static int show_lists_exec(struct cmd_call *c)
{
	if (c->json)
		return cmd_json(c, lists_json(c, true, !drv_has(c->drv, "ip")));
	each_list(c, &cfg_acl_std, std_list);
	each_list(c, &cfg_acl_ext, ext_list);
	if (!drv_has(c->drv, "ip"))
		each_list(c, &cfg_acl6, six_list);
	return CMD_DONE;
}

static int show_lists6_exec(struct cmd_call *c)
{
	if (c->json)
		return cmd_json(c, lists_json(c, false, true));
	each_list(c, &cfg_acl6, six_list);
	return CMD_DONE;
}

static int clear_exec(struct cmd_call *c)
{
	const char *name = drv_str(c->drv, "name");

	if (c->router->box == NULL)
		return CMD_DONE;
	if (!drv_has(c->drv, "ipv6"))
		box_acl_clear(c->router->box, name, false);
	if (!drv_has(c->drv, "ip"))
		box_acl_clear(c->router->box, name, true);
	return CMD_DONE;
}

static const struct command *const list[] = { &show_lists, &show_lists6,
	&clear_counters };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_show_acl = { &commands, NULL };
