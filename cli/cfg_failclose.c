/* crypto map NAME gdoi fail-close (ios-cli.md 13, 15.6): what passes before the
 * groups of a map have registered; and show crypto map gdoi fail-close. */
#include "cli/acl.h"
#include "cli/show.h"
#include "cli/show_json.h"

#include <bsd/string.h>
#include <stdlib.h>
#include <string.h>

static int show_exec(struct cmd_call *c);

const struct command cfg_fail_close = {
	.mode = MODE_CONFIG,
	.enters = MODE_FAIL_CLOSE,
	.order = ORDER_CRYPTO_MAP,
	.grammar = "crypto map [ipv6] <name!:name> gdoi fail-close",
	.help = HELP_CRYPTO_MAP "gdoi  GDOI\nfail-close  Fail-close mode\n",
};

static const struct command match_address = {
	.mode = MODE_FAIL_CLOSE,
	.order = 10,
	.grammar = "match address <acl:acl_ext>",
	.help = "match  Match values\naddress  Traffic that may pass in clear\n"
		"<acl>  Extended access list\n",
};

static const struct command activate = {
	.mode = MODE_FAIL_CLOSE,
	.order = 20,
	.grammar = "activate",
	.help = "activate  Activate the fail-close mode\n",
};

static const struct command show_fail_close = {
	.mode = MODE_EXEC,
	.grammar = "show crypto map gdoi fail-close [map-name <tag:word>]",
	.help = "show  Show running system information\n" HELP_CRYPTO
		"map  Crypto maps\ngdoi  GDOI crypto maps\n"
		"fail-close  Fail-close mode\n"
		"map-name  Of one crypto map\n<tag>  Crypto map tag\n",
	.flags = CMD_PIPE,
	.exec = show_exec,
};

/* --- what the box is told --- */

struct view {
	const struct node *map; /* the section whose interfaces are added */
	const struct acl *acl;  /* its list; NULL none */
	struct fail_close *v;
	size_t n;
};

static void iface_add(void *ctx, const char *ifname)
{
	struct view *w = ctx;
	struct fail_close *f;

	w->v = xreallocarray(w->v, w->n + 1, sizeof(*w->v));
	f = &w->v[w->n++];
	*f = (struct fail_close){ .acl = w->acl,
		.ip6 = node_has(w->map, "ipv6") };
	strlcpy(f->map, node_str(w->map, "name"), sizeof(f->map));
	strlcpy(f->ifname, ifname, sizeof(f->ifname));
}

/* One list that is in force while the interfaces are closed; false: none is
 * named, or there is none of that name, and nothing passes. */
static bool list_view(
	const struct router *r, const struct node *map, struct acl *acl)
{
	const char *name =
		node_str(node_child(map, &match_address, NULL), "acl");

	*acl = (struct acl){ 0 };
	return name != NULL &&
	       (node_has(map, "ipv6") ? acl6_view : acl4_view)(r, name, acl);
}

static void settle(void *ctx, const struct tree *t)
{
	const struct router *r = ctx;
	struct node *root = tree_root(r->tree);
	struct view w = { 0 };
	struct acl *lists = NULL;
	size_t n = 0, at = 0;

	(void)t;
	if (r->box == NULL)
		return;
	for (struct node *m = node_child(root, &cfg_fail_close, NULL);
		m != NULL; m = node_child(root, &cfg_fail_close, m))
		n++;
	lists = xcalloc(n + 1, sizeof(*lists));
	for (struct node *m = node_child(root, &cfg_fail_close, NULL);
		m != NULL; m = node_child(root, &cfg_fail_close, m)) {
		if (node_child(m, &activate, NULL) == NULL)
			continue;
		w.map = m;
		w.acl = list_view(r, m, &lists[at]) ? &lists[at] : NULL;
		at++;
		crypto_map_interfaces(r, node_str(m, "name"), iface_add, &w);
	}
	box_set_fail_close(r->box, w.v, w.n);
	for (size_t i = 0; i < at; i++)
		acl_free(&lists[i]);
	free(lists);
	free(w.v);
}

static void fail_close_subscribe(struct router *r)
{
	static const struct command *const commands[] = { &cfg_fail_close,
		&cfg_acl_ext, &cfg_acl6, &cfg_interface, NULL };
	struct subscriber s = { .name = "fail-close",
		.commands = commands,
		.settle = settle,
		.ctx = r };

	commit_subscribe(r->commit, &s);
}

/* --- show --- */

struct show {
	const struct router *r;
	bool ip6;
	struct sbuf *out;
	json_t *list;
};

static void show_iface(void *ctx, const char *ifname)
{
	const struct show *s = ctx;
	uint64_t drops = 0;
	bool closed =
		s->r->box != NULL && box_is_closed(s->r->box, ifname, s->ip6, &drops);

	if (s->list != NULL) {
		json_t *o = json_object();

		jo_str(o, "name", ifname);
		jo_bool(o, "closed", closed);
		jo_num(o, "drops", drops);
		json_array_append_new(s->list, o);
		return;
	}
	sbuf_printf(s->out, "   %s: ", ifname);
	if (closed)
		sbuf_printf(s->out, "closed, %llu packets dropped\n",
			(unsigned long long)drops);
	else
		sbuf_adds(s->out, "not closed\n");
}

static void show_map(
	const struct router *r, const struct node *m, struct sbuf *out)
{
	const char *acl = node_str(node_child(m, &match_address, NULL), "acl");
	struct show s = { .r = r, .ip6 = node_has(m, "ipv6"), .out = out };
	struct acl a;

	sbuf_printf(out,
		"Crypto Map%s: \"%s\"\n"
		"Activate: %s\n"
		"Fail-Close Access-List: (Deny = Forward In Clear, "
		"Permit = Drop)\n",
		s.ip6 ? " IPv6" : "", node_str(m, "name"),
		node_child(m, &activate, NULL) != NULL ? "yes" : "no");
	list_view(r, m, &a);
	for (size_t i = 0; i < a.n; i++) {
		sbuf_printf(out, "   access-list %s ", acl);
		ace_text(&a.v[i], ACE_STYLE_GDOI, out);
		sbuf_addc(out, '\n');
	}
	acl_free(&a);
	sbuf_adds(out, "Interfaces:\n");
	crypto_map_interfaces(r, node_str(m, "name"), show_iface, &s);
	sbuf_addc(out, '\n');
}

static json_t *map_json(const struct router *r, const struct node *m)
{
	json_t *o = json_object();
	struct show s = { .r = r, .ip6 = node_has(m, "ipv6") };
	struct acl a;

	jo_str(o, "name", node_str(m, "name"));
	jo_str(o, "family", s.ip6 ? "ipv6" : "ipv4");
	jo_bool(o, "activated", node_child(m, &activate, NULL) != NULL);
	list_view(r, m, &a);
	jo_set(o, "access_list", acl_json(&a, NULL));
	acl_free(&a);
	s.list = jo_array(o, "interfaces");
	crypto_map_interfaces(r, node_str(m, "name"), show_iface, &s);
	return o;
}

static int show_exec(struct cmd_call *c)
{
	const char *tag = drv_str(c->drv, "tag");
	struct node *root = tree_root(c->router->tree);
	json_t *top = json_object(), *list = jo_array(top, "crypto_maps");

	for (struct node *m = node_child(root, &cfg_fail_close, NULL);
		m != NULL; m = node_child(root, &cfg_fail_close, m)) {
		if (tag != NULL && strcmp(tag, node_str(m, "name")) != 0)
			continue;
		if (c->json)
			json_array_append_new(list, map_json(c->router, m));
		else
			show_map(c->router, m, c->out);
	}
	return cmd_json_if(c, top);
}

static const struct command *const list[] = { &match_address, &activate,
	&show_fail_close };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_fail_close = { &commands, fail_close_subscribe };
