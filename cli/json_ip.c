/* JSON of show interfaces, show ip ... and show arp. */
#include "cli/show_json.h"

#include <stdlib.h>

/* --- interfaces --- */

json_t *iface_json(const struct iface_info *i)
{
	json_t *o = json_object();

	jo_str(o, "interface", i->ifname);
	jo_str(o, "status", show_line_state(i));
	jo_str(o, "protocol", i->proto_up ? "up" : "down");
	return o;
}

static void prefixes_put(json_t *o, const char *key, const struct ip_prefix *v,
	size_t n, const char *secondary)
{
	json_t *list;

	jo_prefix(o, key, n > 0 ? &v[0] : &(struct ip_prefix){ 0 });
	list = jo_array(o, secondary);
	for (size_t i = 1; i < n; i++)
		json_array_append_new(list, jv_prefix(&v[i]));
}

json_t *ifaces_json(const struct iface_info *v, size_t n, iface_json_fn *fn)
{
	json_t *top = json_object(), *list = jo_array(top, "interfaces");

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, fn(&v[i]));
	return top;
}

json_t *ip_brief_json(const struct iface_info *i)
{
	json_t *o = iface_json(i);

	jo_ip(o, "ip_address",
		i->n_addr > 0 ? &i->addr[0].addr : &(struct ip_addr){ 0 });
	jo_str(o, "method", i->n_addr > 0 ? "manual" : "unset");
	return o;
}

static void rates_put(json_t *o, const struct iface_rates *r)
{
	json_t *v = jo_object(o, "rates");

	jo_num(v, "interval_secs", 300);
	jo_num(v, "input_bits_per_sec", r->in_bps);
	jo_num(v, "input_packets_per_sec", r->in_pps);
	jo_num(v, "output_bits_per_sec", r->out_bps);
	jo_num(v, "output_packets_per_sec", r->out_pps);
}

json_t *iface_summary_json(const struct iface_info *i)
{
	json_t *o = iface_json(i);

	jo_num(o, "input_drops", i->link.rx_drops);
	jo_num(o, "output_drops", i->link.tx_drops);
	rates_put(o, &i->rates);
	return o;
}

static void counters_put(json_t *o, const struct link_state *s)
{
	json_t *v = jo_object(o, "counters");

	jo_num(v, "input_packets", s->rx_packets);
	jo_num(v, "input_bytes", s->rx_bytes);
	jo_num(v, "input_errors", s->rx_errors);
	jo_num(v, "input_drops", s->rx_drops);
	jo_num(v, "input_multicast", s->rx_multicast);
	jo_num(v, "input_crc", s->rx_crc);
	jo_num(v, "input_frame", s->rx_frame);
	jo_num(v, "input_overrun", s->rx_over);
	jo_num(v, "input_ignored", s->rx_missed);
	jo_num(v, "output_packets", s->tx_packets);
	jo_num(v, "output_bytes", s->tx_bytes);
	jo_num(v, "output_errors", s->tx_errors);
	jo_num(v, "output_drops", s->tx_drops);
	jo_num(v, "output_lost_carrier", s->tx_carrier);
	jo_num(v, "collisions", s->collisions);
}

/* Seconds since a moment of loop_now(); null: never. */
static void age_put(json_t *o, const char *key, uint64_t then, uint64_t now)
{
	jo_set(o, key,
		then == 0 ? json_null()
			  : json_integer((
				    json_int_t)(now > then ? (now - then) / 1000
							   : 0)));
}

json_t *iface_full_json(const struct iface_info *i, const struct iface_notes *n,
	uint64_t now_ms)
{
	json_t *o = iface_json(i);
	char mac[16], mtu[IP_TEXT];
	bool present = i->link.name[0] != '\0';

	jo_str(o, "description",
		n->description[0] != '\0' ? n->description : NULL);
	jo_str(o, "mac_address", present ? show_mac(i->link.mac, mac) : NULL);
	prefixes_put(o, "ip_address", i->addr, i->n_addr, "secondary");
	jo_num(o, "mtu_bytes", strtoul(show_mtu(i, mtu), NULL, 10));
	jo_num(o, "bandwidth_kbps", n->bandwidth_kbps);
	jo_num(o, "delay_usecs", n->delay_usec);
	jo_set(o, "speed_mbps",
		i->speed_mbps != 0 ? json_integer(i->speed_mbps) : json_null());
	jo_str(o, "duplex",
		i->speed_mbps == 0 ? NULL
		: i->full_duplex   ? "full"
				   : "half");
	if (n->vlan != 0)
		jo_num(o, "vlan", n->vlan);
	age_put(o, "last_input_secs", i->rates.in_ms, now_ms);
	age_put(o, "last_output_secs", i->rates.out_ms, now_ms);
	age_put(o, "last_clearing_secs", i->rates.cleared_ms, now_ms);
	rates_put(o, &i->rates);
	counters_put(o, &i->link);
	return o;
}

json_t *iface_platform_json(const struct iface_info *i)
{
	const struct link_state *s = &i->link;
	json_t *o = json_object();

	jo_str(o, "interface", i->ifname);
	jo_str(o, "device", i->netdev[0] != '\0' ? i->netdev : NULL);
	jo_bool(o, "present", s->name[0] != '\0');
	if (s->name[0] == '\0')
		return o;
	jo_num(o, "index", (uint64_t)s->ifindex);
	jo_str(o, "kind", s->kind[0] != '\0' ? s->kind : "hardware");
	jo_bool(o, "admin_up", s->admin_up);
	jo_bool(o, "carrier", s->running);
	jo_num(o, "mtu_bytes", s->mtu);
	return o;
}

json_t *ip_interface_json(const struct iface_info *i)
{
	char mtu[IP_TEXT];
	json_t *o = iface_json(i);

	prefixes_put(o, "ip_address", i->addr, i->n_addr, "secondary");
	jo_num(o, "mtu_bytes", strtoul(show_mtu(i, mtu), NULL, 10));
	jo_str(o, "vrf", i->vrf[0] != '\0' ? i->vrf : NULL);
	return o;
}

json_t *ipv6_interface_json(const struct iface_info *i)
{
	char mtu[IP_TEXT];
	json_t *o = iface_json(i), *list;

	jo_bool(o, "ipv6_enabled", i->ipv6);
	list = jo_array(o, "ipv6_addresses");
	for (size_t k = 0; i->ipv6 && k < i->n_addr6; k++)
		json_array_append_new(list, jv_prefix(&i->addr6[k]));
	jo_num(o, "mtu_bytes", strtoul(show_mtu(i, mtu), NULL, 10));
	return o;
}

/* --- routes, neighbours --- */

json_t *routes_json(const struct route_info *v, size_t n)
{
	static const char *const kinds[] = {
		[ROUTE_CONNECTED] = "connected",
		[ROUTE_LOCAL] = "local",
		[ROUTE_STATIC] = "static",
		[ROUTE_KERNEL] = "kernel",
	};
	json_t *top = json_object(), *list = jo_array(top, "routes");

	for (size_t i = 0; i < n; i++) {
		json_t *o = ja_object(list);

		jo_prefix(o, "prefix", &v[i].dst);
		jo_str(o, "source", kinds[v[i].kind]);
		jo_ip(o, "next_hop", &v[i].gw);
		jo_str(o, "interface",
			v[i].ifname[0] != '\0' ? v[i].ifname : NULL);
		jo_num(o, "distance", v[i].distance);
		jo_num(o, "metric", v[i].metric);
	}
	return top;
}

json_t *neighbors_json(const struct neigh_info *v, size_t n)
{
	json_t *top = json_object(), *list = jo_array(top, "neighbors");

	for (size_t i = 0; i < n; i++) {
		json_t *o = ja_object(list);
		char mac[16];

		jo_ip(o, "address", &v[i].addr);
		jo_str(o, "mac_address",
			v[i].complete ? show_mac(v[i].mac, mac) : NULL);
		jo_str(o, "interface", v[i].ifname);
		jo_bool(o, "complete", v[i].complete);
		jo_bool(o, "own", v[i].own);
		jo_set(o, "age_secs",
			v[i].own || v[i].permanent
				? json_null()
				: json_integer((json_int_t)v[i].age_secs));
	}
	return top;
}
