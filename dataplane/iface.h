/* Mirror of the kernel's links and IPv4/IPv6 addresses over rtnetlink
 * (libmnl), change events, and the setting of addresses and link state. */
#ifndef DATAPLANE_IFACE_H
#define DATAPLANE_IFACE_H
#include "base/ip.h"
#include "base/sbuf.h"
#include <net/if.h>
#include <stdbool.h>

#define LINK_ADDRS_MAX 32
struct link_state {
	int ifindex;
	char name[IFNAMSIZ];
	char kind[16];          /* "veth", "dummy", "tun", "" for hardware */
	bool admin_up, running; /* IFF_UP; carrier */
	bool loopback, physical; /* physical: may become GigabitEthernet0/N */
	unsigned mtu;
	uint8_t mac[6];
	uint64_t rx_packets, rx_bytes, rx_errors, rx_drops;
	uint64_t tx_packets, tx_bytes, tx_errors, tx_drops;
	uint64_t rx_multicast, rx_crc, rx_frame, rx_over, rx_missed;
	uint64_t tx_carrier, collisions;
	struct ip_prefix addr[LINK_ADDRS_MAX];
	size_t n_addr;
};

struct iface_mirror;
struct loop;
/* changed: link appeared, vanished (s->ifindex with name, admin_up false and
 * gone true), went up or down, or changed addresses. */
typedef void iface_changed_fn(
	void *ctx, const struct link_state *s, bool gone);
struct iface_mirror *iface_mirror_new(struct loop *l, iface_changed_fn *fn,
	void *ctx, struct sbuf *why);
void iface_mirror_free(struct iface_mirror *m);
const struct link_state *iface_by_name(const struct iface_mirror *m, const char *name);
const struct link_state *iface_by_index(const struct iface_mirror *m, int ifindex);
/* Ordered by ifindex. */
const struct link_state *iface_next(const struct iface_mirror *m, int after);
int iface_refresh(struct iface_mirror *m); /* counters now; 0 or -errno */
/* True when the address is one of ours. */
bool iface_is_local(const struct iface_mirror *m, const struct ip_addr *a);
/* Source address and device the kernel would use towards dst. 0 or -errno. */
int iface_route_get(struct iface_mirror *m, const struct ip_addr *dst,
	struct ip_addr *src, int *ifindex);

/* Synchronous, answered by the kernel: 0 or -errno. */
int link_set_up(struct iface_mirror *m, const char *name, bool up);
int link_set_mtu(struct iface_mirror *m, const char *name, unsigned mtu);
int link_add_dummy(struct iface_mirror *m, const char *name);
/* 802.1Q tag id on top of another device. */
int link_add_vlan(struct iface_mirror *m, const char *name, const char *below,
	uint16_t id);
/* A VRF device whose routes are in that table; slaves join by link_set_master
 * (master NULL: leave). */
int link_add_vrf(struct iface_mirror *m, const char *name, uint32_t table);
int link_set_master(
	struct iface_mirror *m, const char *name, const char *master);
/* Can the kernel make links of that kind ("vlan", "vrf")?  Asked once. */
bool link_kind_known(struct iface_mirror *m, const char *kind);
/* off: the kernel makes no link-local address by itself. */
int link_set_own_link_local(
	struct iface_mirror *m, const char *name, bool off);
/* What was negotiated. false: the driver does not tell. */
bool link_speed(const char *name, unsigned *mbps, bool *full_duplex);
int link_del(struct iface_mirror *m, const char *name);
int addr_add(struct iface_mirror *m, const char *name, const struct ip_prefix *p);
int addr_del(struct iface_mirror *m, const char *name, const struct ip_prefix *p);
#endif
