/* See exec_net.h. */
#include "cli/exec_net.h"
#include "cli/cfg_if.h"
#include "router/ifname.h"

#include <bsd/string.h>
#include <stdlib.h>
#include <string.h>

#define UNKNOWN_HOST                                                           \
	"% Unrecognized host or address, or protocol not running.\n"

void net_say(struct session *s, const char *text)
{
	session_write(s, text, strlen(text));
}

void net_say_buf(struct session *s, const struct sbuf *text)
{
	if (text->n > 0)
		session_write(s, text->s, text->n);
}

bool net_is_yes(const char *answer)
{
	return answer[0] == 'y' || answer[0] == 'Y';
}

bool net_number_read(const char *text, unsigned lo, unsigned hi, unsigned *out)
{
	char *end;
	unsigned long v;

	if (text[0] == '\0')
		return true;
	v = strtoul(text, &end, 10);
	if (*end != '\0' || v < lo || v > hi)
		return false;
	*out = (unsigned)v;
	return true;
}

/* --- the target --- */

static int unknown(struct net_target *t)
{
	net_say(t->session, UNKNOWN_HOST);
	t->drop(t->ctx);
	return CMD_FAILED;
}

static void resolved(void *ctx, const struct ip_addr *addr)
{
	struct net_target *t = ctx;
	struct session *s = t->session;
	int result;

	t->query = NULL;
	if (addr == NULL) {
		net_say(s, "\n");
		result = unknown(t);
	} else {
		t->addr = *addr;
		net_say(s, " [OK]\n\n");
		result = t->go(t->ctx);
	}
	if (result != CMD_PENDING)
		session_done(s, result);
}

int net_target_find(struct net_target *t)
{
	auto_sbuf struct sbuf servers = { 0 }, text = { 0 };

	switch (host_lookup(t->router, t->host, t->family, &t->addr)) {
	case HOST_FOUND:
		return t->go(t->ctx);
	case HOST_UNKNOWN:
		return unknown(t);
	case HOST_ASK:
		break;
	}
	t->query = host_query(
		t->router, t->host, t->family, resolved, t, &servers);
	sbuf_printf(&text, "Translating \"%s\"...domain server %s", t->host,
		sbuf_str(&servers));
	net_say_buf(t->session, &text);
	return CMD_PENDING;
}

void net_target_cancel(struct net_target *t)
{
	if (t->query != NULL)
		resolve_cancel(t->query);
	t->query = NULL;
}

/* --- the source --- */

bool net_source_read(const char *text, struct net_source *out)
{
	*out = (struct net_source){ 0 };
	if (text[0] == '\0' || ip_parse(text, &out->addr))
		return true;
	return ifname_canonical(text, out->ifname);
}

static const struct ip_prefix *address_for(
	const struct iface_info *i, const struct ip_addr *dst)
{
	if (dst->family == 4)
		return i->n_addr > 0 ? &i->addr[0] : NULL;
	for (size_t k = 0; k < i->n_addr6; k++) {
		if (ip_is_link_local(&i->addr6[k].addr) ==
			ip_is_link_local(dst))
			return &i->addr6[k];
	}
	return NULL;
}

bool net_source_find(struct router *r, const struct net_source *s,
	const struct ip_addr *dst, struct ip_addr *addr, char dev[IFNAMSIZ],
	struct sbuf *out)
{
	struct iface_info *v = NULL;
	size_t n;
	bool found = false;

	*addr = s->addr;
	if (s->ifname[0] == '\0') {
		if (!ip_is_link_local(dst))
			return true;
		sbuf_adds(out, "% A link-local address needs a source "
			       "interface\n");
		return false;
	}
	n = box_iface_list(r->box, &v);
	for (size_t i = 0; i < n && !found; i++) {
		const struct ip_prefix *p = address_for(&v[i], dst);

		if (strcmp(v[i].ifname, s->ifname) != 0 || p == NULL)
			continue;
		found = true;
		*addr = p->addr;
		if (ip_is_link_local(dst))
			strlcpy(dev, v[i].netdev, IFNAMSIZ);
	}
	free(v);
	if (!found)
		sbuf_adds(out, "% Invalid source interface - IP not enabled "
			       "or interface is down\n");
	return found;
}

bool net_vrf_find(
	struct router *r, const char *vrf, char dev[IFNAMSIZ], struct sbuf *out)
{
	struct node *root = tree_root(r->tree);

	if (vrf == NULL)
		return true;
	if (node_find(root, &cfg_vrf, vrf) == NULL &&
		node_find(root, &cfg_ip_vrf, vrf) == NULL) {
		sbuf_printf(out, "%% VRF %s does not exist\n", vrf);
		return false;
	}
	strlcpy(dev, box_vrf_device(r->box, vrf), IFNAMSIZ);
	if (dev[0] == '\0')
		sbuf_printf(out,
			"%% Warning: VRF %s is not in force, the global table "
			"is used\n",
			vrf);
	return true;
}
