/* Views of access lists: from lines to struct acl of dataplane/selector.h.
 * Object groups are expanded here, so that nobody below knows of them; entries
 * of a time range that is not active now are left out. */
#include "cli/acl.h"

#include <bsd/string.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int16_t proto_value(const char *stored)
{
	if (isdigit((unsigned char)stored[0]))
		return (int16_t)strtol(stored, NULL, 10);
	return (int16_t)proto_number(stored);
}

static void type_code(const char *stored, int16_t *type, int16_t *code)
{
	int t, c;

	switch (sscanf(stored, "%d %d", &t, &c)) {
	case 2:
		*code = (int16_t)c;
		/* fallthrough */
	case 1:
		*type = (int16_t)t;
		break;
	default:
		break;
	}
}

void icmp_value(const char *stored, int16_t *type, int16_t *code)
{
	if (stored != NULL && !icmp_numbers(stored, type, code))
		type_code(stored, type, code);
}

static void icmp6_value(const char *stored, int16_t *type, int16_t *code)
{
	if (stored != NULL && !icmp6_numbers(stored, type, code))
		type_code(stored, type, code);
}

/* --- one entry, without its groups --- */

static void flags_view(const struct derivation *d, struct ace *e)
{
	e->established = drv_has(d, "established");
	e->tcp_any = drv_has(d, "match-any") || drv_count(d, "flag") > 0;
	for (size_t i = 0; i < drv_count(d, "flag"); i++)
		e->tcp_set |= tcp_flag_value(drv_str_at(d, "flag", i));
	for (size_t i = 0; i < drv_count(d, "flags"); i++) {
		const char *f = drv_str_at(d, "flags", i);

		if (f[0] == '-')
			e->tcp_clear |= tcp_flag_value(f + 1);
		else
			e->tcp_set |= tcp_flag_value(f + 1);
	}
}

/* What both families have. */
static void common_view(const struct derivation *d, struct ace *e)
{
	e->seq = drv_u32(d, "seq");
	ace_port_value(drv_str(d, "sport"), e->proto, &e->sport);
	ace_port_value(drv_str(d, "dport"), e->proto, &e->dport);
	flags_view(d, e);
	if (drv_set(d, "dscp"))
		e->dscp = ace_field_value("dscp", drv_str(d, "dscp"));
	e->fragments = drv_has(d, "fragments");
	e->log_input = drv_has(d, "log-input");
	e->log = drv_has(d, "log") || e->log_input;
}

static int16_t ext_proto(const struct derivation *d)
{
	const char *stored = drv_str(d, "proto");

	if (drv_has(d, "tcp"))
		return 6;
	if (drv_has(d, "udp"))
		return 17;
	if (drv_has(d, "icmp"))
		return 1;
	if (drv_has(d, "igmp"))
		return 2;
	return group_value(stored) != NULL ? ACE_ANY : proto_value(stored);
}

static void ext_view(const struct derivation *d, struct ace *e)
{
	const char *tag =
		drv_str(d, drv_has(d, "log-input") ? "input_tag" : "tag");

	*e = ace_any(drv_has(d, "permit"));
	e->proto = ext_proto(d);
	e->src = ace_addr_value(drv_str(d, "src"));
	e->dst = ace_addr_value(drv_str(d, "dst"));
	common_view(d, e);
	icmp_value(drv_str(d, "icmp"), &e->icmp_type, &e->icmp_code);
	if (drv_set(d, "igmp_msg"))
		e->igmp_type = (int16_t)ace_table_value(
			"igmp_type", drv_str(d, "igmp_msg"));
	if (drv_set(d, "precedence"))
		e->precedence =
			ace_field_value("precedence", drv_str(d, "precedence"));
	if (drv_set(d, "tos"))
		e->tos = ace_field_value("tos", drv_str(d, "tos"));
	if (drv_set(d, "ttl"))
		ace_port_value(drv_str(d, "ttl"), 0, &e->ttl);
	if (drv_set(d, "option"))
		e->option = (uint16_t)ace_table_value(
			"ip_option", drv_str(d, "option"));
	if (tag != NULL)
		strlcpy(e->log_tag, tag, sizeof(e->log_tag));
}

static void std_view(const struct derivation *d, struct ace *e)
{
	*e = ace_any(drv_has(d, "permit"));
	e->seq = drv_u32(d, "seq");
	e->src = ace_addr_value(drv_str(d, "src"));
	e->log = drv_has(d, "log");
}

static void six_view(const struct derivation *d, struct ace *e)
{
	*e = ace_any(drv_has(d, "permit"));
	e->ip6 = true;
	if (drv_has(d, "tcp"))
		e->proto = 6;
	else if (drv_has(d, "udp"))
		e->proto = 17;
	else if (drv_has(d, "icmp"))
		e->proto = 58;
	else
		e->proto = (int16_t)ace_table_value(
			"ace6_proto", drv_str(d, "proto"));
	e->src6 = ace6_addr_value(drv_str(d, "src"));
	e->dst6 = ace6_addr_value(drv_str(d, "dst"));
	common_view(d, e);
	icmp6_value(drv_str(d, "icmp6"), &e->icmp_type, &e->icmp_code);
	e->has_flow = drv_set(d, "flow");
	e->flow_label = drv_u32(d, "flow");
	e->routing = drv_has(d, "routing");
	e->dest_option = drv_has(d, "dest-option");
}

/* --- groups --- */

/* What an entry is multiplied by; a part without a group has one member, the
 * entry's own. */
struct expansion {
	struct net_set src, dst;
	struct svc_set svc;
	bool has_src, has_dst, has_svc;
};

static void expansion_build(
	const struct router *r, const struct derivation *d, struct expansion *x)
{
	const char *src = group_value(drv_str(d, "src"));
	const char *dst = group_value(drv_str(d, "dst"));
	const char *svc = group_value(drv_str(d, "proto"));

	*x = (struct expansion){ .has_src = src != NULL,
		.has_dst = dst != NULL,
		.has_svc = svc != NULL };
	if (x->has_src)
		group_net_view(r, src, &x->src);
	if (x->has_dst)
		group_net_view(r, dst, &x->dst);
	if (x->has_svc)
		group_svc_view(r, svc, &x->svc);
}

static void expansion_free(struct expansion *x)
{
	free(x->src.v);
	free(x->dst.v);
	free(x->svc.v);
}

static struct ace *acl_room(struct acl *a, size_t *cap)
{
	if (a->n == *cap) {
		*cap = *cap == 0 ? 16 : 2 * *cap;
		a->v = xreallocarray(a->v, *cap, sizeof(*a->v));
	}
	return &a->v[a->n++];
}

static void svc_apply(const struct ace *svc, struct ace *e)
{
	e->proto = svc->proto;
	e->sport = svc->sport;
	e->dport = svc->dport;
	e->icmp_type = svc->icmp_type;
	e->icmp_code = svc->icmp_code;
}

/* Too much for the kernel: nothing may pass for it. */
static void expansion_refuse(struct acl *a, size_t *cap, const struct ace *e)
{
	struct ace all = ace_any(false);

	all.seq = e->seq;
	if (!e->permit)
		*acl_room(a, cap) = all;
}

static void ext_add(const struct router *r, const struct derivation *d,
	struct acl *a, size_t *cap)
{
	struct expansion x;
	struct ace e;
	size_t n_src, n_dst, n_svc;

	ext_view(d, &e);
	expansion_build(r, d, &x);
	n_src = x.has_src ? x.src.n : 1;
	n_dst = x.has_dst ? x.dst.n : 1;
	n_svc = x.has_svc ? x.svc.n : 1;
	if (n_src * n_dst > ACE_EXPAND_MAX ||
		n_src * n_dst * n_svc > ACE_EXPAND_MAX) {
		expansion_refuse(a, cap, &e);
		n_svc = 0;
	}
	for (size_t p = 0; p < n_svc; p++) {
		for (size_t s = 0; s < n_src; s++) {
			for (size_t k = 0; k < n_dst; k++) {
				struct ace *one = acl_room(a, cap);

				*one = e;
				if (x.has_svc)
					svc_apply(&x.svc.v[p], one);
				if (x.has_src)
					one->src = x.src.v[s];
				if (x.has_dst)
					one->dst = x.dst.v[k];
			}
		}
	}
	expansion_free(&x);
}

/* --- lists --- */

static bool is_active(const struct router *r, const struct node *n)
{
	const char *range = node_str(n, "range");

	return range == NULL || time_range_active(r, range);
}

/* Remarks are no entries.  One that asks for an option which packets cannot be
 * told apart by is left out, for no other packet may match it. */
static bool ext_counts(const struct router *r, const struct node *n)
{
	const char *option = node_str(n, "option");

	return is_active(r, n) &&
	       (option == NULL || ace_option_known((uint16_t)ace_table_value(
					  "ip_option", option)));
}

static bool list_view(const struct router *r, const struct command *list,
	const struct command *entry, const char *name, struct acl *out)
{
	struct node *section = node_find(tree_root(r->tree), list, name);
	size_t cap = 0;

	*out = (struct acl){ .ip6 = list == &cfg_acl6,
		.standard = list == &cfg_acl_std };
	if (section == NULL)
		return false;
	strlcpy(out->name, name, sizeof(out->name));
	for (struct node *n = node_child(section, entry, NULL); n != NULL;
		n = node_child(section, entry, n)) {
		const struct derivation *d = node_drv(n);

		if (drv_has(d, "remark"))
			continue;
		if (entry == &cfg_ace_std)
			std_view(d, acl_room(out, &cap));
		else if (entry == &cfg_ace6 && is_active(r, n))
			six_view(d, acl_room(out, &cap));
		else if (entry == &cfg_ace_ext && ext_counts(r, n))
			ext_add(r, d, out, &cap);
	}
	return true;
}

bool acl_view(const struct router *r, const char *name, struct acl *out)
{
	return list_view(r, &cfg_acl_ext, &cfg_ace_ext, name, out);
}

bool acl_view_std(const struct router *r, const char *name, struct acl *out)
{
	return list_view(r, &cfg_acl_std, &cfg_ace_std, name, out);
}

bool acl4_view(const struct router *r, const char *name, struct acl *out)
{
	return acl_view(r, name, out) || acl_view_std(r, name, out);
}

bool acl6_view(const struct router *r, const char *name, struct acl *out)
{
	return list_view(r, &cfg_acl6, &cfg_ace6, name, out);
}
