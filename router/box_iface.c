/* Interfaces: the configuration onto netdevs, link changes into the log. */
#include "router/box_priv.h"
#include "router/ifname.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static void refused(struct box *b, const struct box_iface *f, const char *what,
	const struct ip_prefix *p, int r)
{
	char addr[IP_TEXT] = "";

	if (p != NULL)
		ip_text(&p->addr, addr);
	log_msg(b->log, LOG_SEV_ERR, "NETDEV", "REFUSED", "%s (%s): %s%s%s: %s",
		f->policy.ifname, f->netdev, what, p != NULL ? " " : "", addr,
		strerror(-r));
}

static bool prefix_equal(const struct ip_prefix *a, const struct ip_prefix *b)
{
	return a->len == b->len && ip_equal(&a->addr, &b->addr);
}

static bool prefix_in(
	const struct ip_prefix *p, const struct ip_prefix *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (prefix_equal(p, &v[i]))
			return true;
	}
	return false;
}

static bool policy_equal(
	const struct iface_policy *a, const struct iface_policy *b)
{
	if (strcmp(a->netdev, b->netdev) != 0 || a->n_addr != b->n_addr ||
		a->shutdown != b->shutdown || a->mtu != b->mtu ||
		a->eui64 != b->eui64 || a->vlan != b->vlan ||
		strcmp(a->vrf, b->vrf) != 0)
		return false;
	for (size_t i = 0; i < a->n_addr; i++) {
		if (!prefix_equal(&a->addr[i], &b->addr[i]))
			return false;
	}
	return true;
}

static struct box_iface *iface_find(const struct box *b, const char *ifname)
{
	for (size_t i = 0; i < b->n_ifaces; i++) {
		if (strcmp(b->ifaces[i].policy.ifname, ifname) == 0)
			return &b->ifaces[i];
	}
	return NULL;
}

const struct box_iface *box_iface_find(const struct box *b, const char *ifname)
{
	return iface_find(b, ifname);
}

/* Does another section name this netdev itself? */
static bool netdev_claimed(
	const struct box *b, const struct box_iface *except, const char *netdev)
{
	for (size_t i = 0; i < b->n_ifaces; i++) {
		const struct box_iface *f = &b->ifaces[i];

		if (f != except && strcmp(f->netdev, netdev) == 0)
			return true;
	}
	return false;
}

bool box_netdev_claimed(const struct box *b, const char *netdev)
{
	return netdev_claimed(b, NULL, netdev);
}

static const struct link_state *physical_at(const struct box *b, unsigned index)
{
	const struct link_state *s = iface_next(b->mirror, 0);

	for (; s != NULL; s = iface_next(b->mirror, s->ifindex)) {
		if (s->physical && index-- == 0)
			return s;
	}
	return NULL;
}

/* "eth0.10": named after what it stands on, as everybody does. */
static void sub_resolve(const struct box *b, struct box_iface *f)
{
	char parent[IFNAME_MAX];
	uint32_t sub;
	const struct link_state *s;
	int n;

	if (f->netdev[0] != '\0' ||
		!ifname_parent(f->policy.ifname, parent, &sub))
		return;
	s = box_iface_link(b, parent);
	if (s == NULL)
		return;
	n = snprintf(f->netdev, sizeof(f->netdev), "%s.%u", s->name, sub);
	if (n >= (int)sizeof(f->netdev))
		snprintf(f->netdev, sizeof(f->netdev), "v%d.%u", s->ifindex,
			sub % 100000);
}

/* Names that are told come first, then what the rule gives. */
static void netdevs_resolve(struct box *b)
{
	for (size_t i = 0; i < b->n_ifaces; i++) {
		struct box_iface *f = &b->ifaces[i];

		if (f->netdev[0] != '\0')
			continue;
		if (f->policy.netdev[0] != '\0')
			memcpy(f->netdev, f->policy.netdev, sizeof(f->netdev));
		else
			ifname_netdev(f->policy.ifname, f->netdev);
	}
	for (size_t i = 0; i < b->n_ifaces; i++) {
		struct box_iface *f = &b->ifaces[i];
		const struct link_state *s;
		unsigned index;

		if (f->netdev[0] != '\0' ||
			!ifname_physical_index(f->policy.ifname, &index))
			continue;
		s = physical_at(b, index);
		if (s != NULL && !netdev_claimed(b, f, s->name))
			memcpy(f->netdev, s->name, sizeof(f->netdev));
	}
	for (size_t i = 0; i < b->n_ifaces; i++)
		sub_resolve(b, &b->ifaces[i]);
}

/* The address to set: of an EUI-64 one the host part comes from the MAC. */
static struct ip_prefix addr_wanted(
	const struct box_iface *f, size_t i, const struct link_state *s)
{
	struct ip_prefix p = f->policy.addr[i];

	if ((f->policy.eui64 >> i & 1) != 0)
		ip_eui64(&p.addr, s->mac);
	return p;
}

static bool is_wanted(const struct box_iface *f, const struct ip_prefix *p,
	const struct link_state *s)
{
	for (size_t i = 0; i < f->policy.n_addr; i++) {
		struct ip_prefix w = addr_wanted(f, i, s);

		if (prefix_equal(&w, p))
			return true;
	}
	return false;
}

/* Takes away what we set and the policy does not hold. */
static void addrs_withdraw(struct box *b, struct box_iface *f)
{
	const struct link_state *s = iface_by_name(b->mirror, f->netdev);
	size_t kept = 0;

	for (size_t i = 0; i < f->n_ours; i++) {
		struct ip_prefix *p = &f->ours[i];

		if (s != NULL && is_wanted(f, p, s)) {
			f->ours[kept++] = *p;
			continue;
		}
		int r = addr_del(b->mirror, f->netdev, p);

		if (r < 0 && r != -EADDRNOTAVAIL && r != -ENODEV)
			refused(b, f, "removing address", p, r);
	}
	f->n_ours = kept;
}

/* All of them, also those that are there: the kernel drops secondary
 * addresses together with the primary one of their subnet. */
static void addrs_set(
	struct box *b, struct box_iface *f, const struct link_state *s)
{
	f->n_ours = 0;
	for (size_t i = 0; i < f->policy.n_addr; i++) {
		const struct ip_prefix p = addr_wanted(f, i, s);
		int r = addr_add(b->mirror, f->netdev, &p);

		if (r < 0 && r != -EEXIST)
			refused(b, f, "setting address", &p, r);
		else
			f->ours[f->n_ours++] = p;
	}
}

static bool has_link_local(const struct iface_policy *p)
{
	for (size_t i = 0; i < p->n_addr; i++) {
		if (ip_is_link_local(&p->addr[i].addr))
			return true;
	}
	return false;
}

/* A link-local address of the configuration takes the place of the one that
 * the kernel makes from the MAC, and gives it back. */
static void link_local_settle(
	struct box *b, struct box_iface *f, const struct link_state *s)
{
	bool manual = has_link_local(&f->policy);
	struct ip_prefix own = { .len = 64 };

	if (manual == f->link_local)
		return;
	f->link_local = manual;
	ip_parse("fe80::", &own.addr);
	ip_eui64(&own.addr, s->mac);
	link_set_own_link_local(b->mirror, f->netdev, manual);
	if (manual)
		addr_del(b->mirror, f->netdev, &own);
	else
		addr_add(b->mirror, f->netdev, &own);
}

/* Where the kernel was built without dummies: a TUN that nobody reads takes
 * addresses just as well, and goes with its descriptor. */
static int tun_make(struct box *b, struct box_iface *f)
{
	struct ifreq ifr = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	memcpy(ifr.ifr_name, f->netdev, sizeof(ifr.ifr_name));
	if (ioctl(fd, TUNSETIFF, &ifr) < 0) {
		int r = -errno;

		close(fd);
		return r;
	}
	mem_close_fd(&f->tun_fd); /* of one that was deleted */
	f->tun_fd = fd;
	return iface_refresh(b->mirror);
}

/* A dummy of that name that is there already was left by a crash. */
static void loopback_make(struct box *b, struct box_iface *f)
{
	const struct link_state *s = iface_by_name(b->mirror, f->netdev);

	if (s != NULL) {
		f->ours_link |= strcmp(s->kind, "dummy") == 0;
		return;
	}
	int r = link_add_dummy(b->mirror, f->netdev);

	if (r == -EOPNOTSUPP)
		r = tun_make(b, f);
	f->ours_link = r == 0;
	if (r < 0 && !f->missing_told)
		refused(b, f, "creating the netdev", NULL, r);
	f->missing_told = r < 0; /* tried at every change, told once */
}

/* A device of that name that is there already is taken as it is. */
static void vlan_make(struct box *b, struct box_iface *f)
{
	char parent[IFNAME_MAX];
	const struct link_state *s;
	int r;

	if (f->policy.vlan == 0 || f->netdev[0] == '\0' ||
		iface_by_name(b->mirror, f->netdev) != NULL ||
		!ifname_parent(f->policy.ifname, parent, NULL))
		return;
	s = box_iface_link(b, parent);
	if (s == NULL)
		return;
	r = link_add_vlan(b->mirror, f->netdev, s->name, f->policy.vlan);
	f->ours_link = r == 0;
	if (r < 0 && !f->refused_told)
		refused(b, f, "creating the VLAN device", NULL, r);
	f->refused_told = r < 0;
}

static void link_remove(struct box *b, struct box_iface *f)
{
	int r = link_del(b->mirror, f->netdev);

	mem_close_fd(&f->tun_fd);
	f->tun_fd = -1;
	if (r < 0 && r != -ENODEV)
		refused(b, f, "removing the netdev", NULL, r);
}

/* Into its VRF, where the kernel has such devices (box_vrf.c). */
static void master_settle(struct box *b, struct box_iface *f)
{
	const char *master = box_vrf_netdev(b, f->policy.vrf);
	int r;

	if (master == NULL && !f->in_vrf)
		return;
	r = link_set_master(b->mirror, f->netdev, master);
	f->in_vrf = r == 0 && master != NULL;
	if (r < 0)
		refused(b, f, "vrf forwarding", NULL, r);
}

static void iface_apply(struct box *b, struct box_iface *f)
{
	const struct link_state *s = iface_by_name(b->mirror, f->netdev);
	int r = 0;

	f->ifindex = s->ifindex;
	f->dirty = false;
	f->missing_told = false;
	if (f->policy.mtu != 0 && s->mtu != f->policy.mtu)
		r = link_set_mtu(b->mirror, f->netdev, f->policy.mtu);
	if (r < 0)
		refused(b, f, "setting the MTU", NULL, r);
	master_settle(b, f);
	link_local_settle(b, f, s);
	addrs_set(b, f, s);
	r = 0;
	if (s->admin_up == f->policy.shutdown)
		r = link_set_up(b->mirror, f->netdev, !f->policy.shutdown);
	if (r < 0)
		refused(b, f, f->policy.shutdown ? "shutdown" : "no shutdown",
			NULL, r);
}

/* Kinds that are kept only, and subinterfaces without a tag, do not wait for
 * a netdev. */
static bool waits(const struct box_iface *f)
{
	char parent[IFNAME_MAX];

	if (f->policy.netdev[0] != '\0')
		return true;
	return !ifname_is_null(f->policy.ifname) &&
	       !ifname_is_kept(f->policy.ifname) &&
	       !ifname_parent(f->policy.ifname, parent, NULL);
}

/* A device that another program has given another name would go on without its
 * crypto map. */
static void renamed_close(struct box *b, const struct box_iface *f)
{
	const struct link_state *s =
		f->ifindex != 0 ? iface_by_index(b->mirror, f->ifindex) : NULL;

	if (s == NULL || !s->admin_up || f->policy.crypto_map[0] == '\0')
		return;
	log_msg(b->log, LOG_SEV_ERR, "NETDEV", "RENAMED",
		"%s of %s is called %s now, where no crypto map protects it: "
		"shut down",
		f->netdev, f->policy.ifname, s->name);
	(void)link_set_up(b->mirror, s->name, false);
}

static void iface_settle(struct box *b, struct box_iface *f)
{
	if (ifname_is_loopback(f->policy.ifname) &&
		f->policy.netdev[0] == '\0' && (f->dirty || f->ifindex != 0))
		loopback_make(b, f);
	if (f->policy.netdev[0] == '\0')
		vlan_make(b, f);
	const struct link_state *s = iface_by_name(b->mirror, f->netdev);

	if (s != NULL && (f->dirty || s->ifindex != f->ifindex)) {
		iface_apply(b, f);
		return;
	}
	if (s != NULL)
		return;
	renamed_close(b, f);
	f->ifindex = 0;
	f->n_ours = 0;
	if (!f->missing_told && waits(f)) {
		log_msg(b->log, LOG_SEV_WARNING, "NETDEV", "MISSING",
			"Interface %s has no netdev%s%s yet, its configuration "
			"waits for it",
			f->policy.ifname, f->netdev[0] != '\0' ? " " : "",
			f->netdev);
		f->missing_told = true;
	}
}

/* show-output.md 4.5.  A loopback has no line of its own. */
static void state_log(struct box *b, struct box_iface *f)
{
	const struct link_state *s = iface_by_name(b->mirror, f->netdev);
	bool admin_up = s != NULL && s->admin_up;
	bool up = admin_up && s->running;
	bool line = !ifname_is_loopback(f->policy.ifname);

	if (line && up != f->seen_up && (up || admin_up || s == NULL))
		log_msg(b->log, LOG_SEV_ERR, "LINK", "UPDOWN",
			"Interface %s, changed state to %s", f->policy.ifname,
			up ? "up" : "down");
	else if (s != NULL && !admin_up && f->seen_admin_up)
		log_msg(b->log, LOG_SEV_NOTICE, "LINK", "CHANGED",
			"Interface %s, changed state to administratively down",
			f->policy.ifname);
	if (up != f->seen_up)
		log_msg(b->log, LOG_SEV_NOTICE, "LINEPROTO", "UPDOWN",
			"Line protocol on Interface %s, changed state to %s",
			f->policy.ifname, up ? "up" : "down");
	f->seen_admin_up = admin_up;
	f->seen_up = up;
	f->was_up |= up;
}

/* Multicast groups are asked for anew where a line came up. */
static void groups_announce(struct box *b, const struct box_iface *f)
{
	const struct link_state *s = iface_by_name(b->mirror, f->netdev);

	if (b->env.udp == NULL || f->seen_up || s == NULL || !s->admin_up ||
		!s->running)
		return;
	for (size_t i = 0; i < s->n_addr; i++)
		udp848_announce(b->env.udp, &s->addr[i].addr);
}

void box_iface_settle(struct box *b)
{
	netdevs_resolve(b);
	box_guard_settle(b); /* closed before it comes up */
	for (size_t i = 0; i < b->n_ifaces; i++)
		iface_settle(b, &b->ifaces[i]);
	for (size_t i = 0; i < b->n_ifaces; i++) {
		groups_announce(b, &b->ifaces[i]);
		state_log(b, &b->ifaces[i]);
	}
}

void box_iface_event(void *ctx, const struct link_state *s, bool gone)
{
	(void)s, (void)gone;
	box_settle_soon(ctx);
}

/* The section is gone: ours goes, the rest of the netdev stays. */
static void iface_drop(struct box *b, struct box_iface *f)
{
	if (f->ours_link) {
		link_remove(b, f);
		return;
	}
	f->policy.n_addr = 0;
	f->policy.vrf[0] = '\0';
	addrs_withdraw(b, f);
	const struct link_state *s = iface_by_name(b->mirror, f->netdev);

	if (s == NULL)
		return;
	link_local_settle(b, f, s);
	master_settle(b, f);
}

/* Carries what we know of an interface over to its new policy. */
static void iface_take(
	struct box *b, struct box_iface *f, const struct iface_policy *v)
{
	struct box_iface *old = iface_find(b, v->ifname);

	if (old == NULL) {
		*f = (struct box_iface){
			.policy = *v, .dirty = true, .tun_fd = -1
		};
		return;
	}
	*f = *old;
	f->dirty |= !policy_equal(&old->policy, v);
	if (strcmp(old->policy.netdev, v->netdev) != 0 ||
		old->policy.vlan != v->vlan) {
		iface_drop(b, old);
		*f = (struct box_iface){ .dirty = true, .tun_fd = -1 };
	}
	f->policy = *v;
}

void box_set_ifaces(struct box *b, const struct iface_policy *v, size_t n)
{
	struct box_iface *list = xcalloc(n + 1, sizeof(*list));

	for (size_t i = 0; i < b->n_ifaces; i++) {
		size_t j = 0;

		while (j < n &&
			strcmp(v[j].ifname, b->ifaces[i].policy.ifname) != 0)
			j++;
		if (j == n)
			iface_drop(b, &b->ifaces[i]);
	}
	for (size_t i = 0; i < n; i++)
		iface_take(b, &list[i], &v[i]);
	free(b->ifaces);
	b->ifaces = list;
	b->n_ifaces = n;
	/* An address may move from one interface to another. */
	for (size_t i = 0; i < n; i++)
		addrs_withdraw(b, &b->ifaces[i]);
	box_settle(b);
}

void box_iface_free(struct box *b)
{
	for (size_t i = 0; i < b->n_ifaces; i++) {
		if (b->ifaces[i].ours_link)
			link_remove(b, &b->ifaces[i]);
	}
	free(b->ifaces);
	b->ifaces = NULL;
	b->n_ifaces = 0;
}

const struct link_state *box_iface_link(const struct box *b, const char *ifname)
{
	const struct box_iface *f = iface_find(b, ifname);
	char netdev[IFNAMSIZ];
	unsigned index;

	if (f != NULL)
		return iface_by_name(b->mirror, f->netdev);
	if (ifname_netdev(ifname, netdev))
		return iface_by_name(b->mirror, netdev);
	if (!ifname_physical_index(ifname, &index))
		return NULL;
	const struct link_state *s = physical_at(b, index);

	return s != NULL && !netdev_claimed(b, NULL, s->name) ? s : NULL;
}

/* Number of physical netdevs in front of s. */
static unsigned physical_index(const struct box *b, const struct link_state *s)
{
	const struct link_state *o = iface_next(b->mirror, 0);
	unsigned n = 0;

	for (; o != NULL && o->ifindex < s->ifindex;
		o = iface_next(b->mirror, o->ifindex))
		n += o->physical;
	return n;
}

const char *box_iface_name(
	const struct box *b, const char *netdev, char out[64])
{
	const struct link_state *s = iface_by_name(b->mirror, netdev);

	for (size_t i = 0; i < b->n_ifaces; i++) {
		if (strcmp(b->ifaces[i].netdev, netdev) == 0) {
			memcpy(out, b->ifaces[i].policy.ifname, 64);
			return out;
		}
	}
	if (s != NULL && s->physical) {
		snprintf(out, 64, "GigabitEthernet0/%u", physical_index(b, s));
		if (iface_find(b, out) == NULL)
			return out;
	}
	snprintf(out, 64, "%s", netdev);
	return out;
}

struct ip_addr box_iface_local(const struct box *b, const struct box_iface *f)
{
	const struct link_state *s = iface_by_name(b->mirror, f->netdev);
	const struct ip_prefix *primary = &f->policy.addr[0]; /* IPv4 first */

	if (s == NULL || !f->was_up)
		return (struct ip_addr){ 0 };
	if (f->policy.n_addr > 0 && primary->addr.family == 4 &&
		prefix_in(primary, s->addr, s->n_addr))
		return primary->addr;
	for (size_t i = 0; i < s->n_addr; i++) {
		if (s->addr[i].addr.family == 4)
			return s->addr[i].addr;
	}
	return (struct ip_addr){ 0 };
}

bool box_has_kind(struct box *b, const char *kind)
{
	return link_kind_known(b->mirror, kind);
}
