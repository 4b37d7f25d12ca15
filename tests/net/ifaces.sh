#!/bin/bash
# Interfaces and routing through the shell, compared with the kernel:
#   far -wan- router -lan- host   and a second way: far2 -wan2- router
# Prints TAP.  Needs root, iproute2, ping.
[ "$(id -u)" = 0 ] || { echo "1..0 # SKIP needs root"; exit 0; }
for tool in ip ping; do
	command -v $tool >/dev/null || { echo "1..0 # SKIP needs $tool"; exit 0; }
done

: "${builddir:=.}" "${srcdir:=.}"
TOP=$srcdir
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"

P=gi$$
router=$P-r far=$P-f host=$P-h
tmp=$(mktemp -d)
daemon=

cleanup() {
	[ -z "$daemon" ] || kill "$daemon" 2>/dev/null
	wait 2>/dev/null
	for n in $router $far $host; do ip netns del "$n" 2>/dev/null; done
	rm -rf "$tmp"
}
trap cleanup EXIT

up() {
	for n in $router $far $host; do
		ip netns add "$n"
		ip -n "$n" link set lo up
	done
	ip -n $router link add eth0 type veth peer name eth0 netns $far
	ip -n $router link add eth1 type veth peer name eth1 netns $far
	ip -n $router link add eth2 type veth peer name eth0 netns $host
	for l in "$far eth0" "$far eth1" "$host eth0"; do
		ip -n "${l% *}" link set "${l#* }" up
	done
	ip -n $far addr add 10.0.0.2/24 dev eth0
	ip -n $far addr add 2001:db8::2/64 dev eth0 nodad
	ip -n $far addr add 10.1.0.2/24 dev eth1
	ip -n $far addr add 10.255.0.2/32 dev lo
	ip -n $host addr add 10.2.0.2/24 dev eth0
	ip -n $host route add default via 10.2.0.1
	ip -n $far route add 10.2.0.0/24 nexthop via 10.0.0.1
	ip netns exec $router "$builddir/getvpnd" -f -d "$tmp" -s "$tmp/s" \
		>"$tmp/log" 2>&1 &
	daemon=$!
	wait_for 10 test -S "$tmp/s"
}

sh_c() { # COMMAND...
	local args=()

	for c in "$@"; do args+=(-c "$c"); done
	"$builddir/getvpnsh" -s "$tmp/s" "${args[@]}"
}
configure() { # lines on standard input
	"$builddir/getvpnsh" -s "$tmp/s" -f -
}
shows() { # COMMAND PATTERN
	sh_c "$1" | tee "$tmp/shown" | grep -Eq -- "$2" || {
		cat "$tmp/shown"
		return 1
	}
}
fails() { ! "$@"; }
kernel() { # PATTERN ip-arguments...
	local pattern=$1

	shift
	ip -n $router "$@" | tee "$tmp/shown" | grep -Eq -- "$pattern" || {
		cat "$tmp/shown"
		return 1
	}
}
lost() { # PATTERN ip-arguments...
	local pattern=$1

	shift
	! ip -n $router "$@" | grep -E -- "$pattern"
}
logged() { shows 'show logging' "$1"; }

configure_router() {
	configure <<-'EOF'
		interface GigabitEthernet0/0
		 description WAN
		 ip address 10.0.0.1 255.255.255.0
		 ip address 10.0.9.1 255.255.255.0 secondary
		 ipv6 address 2001:db8::1/64
		 no shutdown
		interface GigabitEthernet0/1
		 ip address 10.1.0.1 255.255.255.0
		 no shutdown
		interface GigabitEthernet0/2
		 ip address 10.2.0.1 255.255.255.0
		 mtu 1400
		 no shutdown
		interface Loopback0
		 ip address 10.255.0.1 255.255.255.255
		ipv6 unicast-routing
		ip route 10.255.0.2 255.255.255.255 10.0.0.2
		ip route 10.255.0.2 255.255.255.255 10.1.0.2 200
		ip route 10.66.0.0 255.255.0.0 10.0.0.2
		ip route 10.66.0.0 255.255.0.0 10.1.0.2
		ip route 10.77.0.0 255.255.0.0 Null0
		ipv6 route 2001:db8:77::/48 2001:db8::2
		ip host FAR 10.255.0.2
	EOF
}

up || { echo "Bail out! no router"; exit 1; }
tap_check "a configuration is taken" configure_router

# --- what is configured is what the kernel has
tap_check "the primary address" kernel 'inet 10.0.0.1/24' addr show eth0
tap_check "the secondary address" kernel 'inet 10.0.9.1/24' addr show eth0
tap_check "the IPv6 address" kernel 'inet6 2001:db8::1/64' addr show eth0
tap_check "the MTU" kernel 'mtu 1400' link show eth2
tap_check "the loopback" kernel 'inet 10.255.0.1/32' addr show lo0
tap_check "one route of two distances" kernel \
	'^10.255.0.2 via 10.0.0.2 dev eth0 proto static metric 1' \
	route show 10.255.0.2
tap_check "two ways of one distance" wait_for 5 kernel 'nexthop via 10.1.0.2 dev eth1' \
	route show 10.66.0.0/16
tap_check "Null0" kernel '^blackhole 10.77.0.0/16' route show 10.77.0.0/16
tap_check "an IPv6 route" wait_for 5 kernel 'via 2001:db8::2 dev eth0' \
	-6 route show 2001:db8:77::/48
tap_check "forwarding" grep -q 1 <(ip netns exec $router \
	cat /proc/sys/net/ipv6/conf/all/forwarding)

# --- and what is shown
tap_check "show ip interface brief" shows 'show ip interface brief' \
	'^GigabitEthernet0/0         10.0.0.1        YES manual up  +up'
tap_check "show ip route" shows 'show ip route' \
	'^S        10.255.0.2/32 \[1/0\] via 10.0.0.2$'
tap_check "show ipv6 route" shows 'show ipv6 route static' \
	'^S   2001:DB8:77::/48 \[1/0\]'
mac=$(ip -n $router -o link show eth0 | sed 's/.*ether \([^ ]*\).*/\1/;s/://g')
tap_check "the MAC of show interfaces" shows 'show interfaces gi0/0' \
	"address is ${mac:0:4}\.${mac:4:4}\.${mac:8:4}"

ip -n $router route del 10.77.0.0/16
sh_c 'clear ip route *'
tap_check "clear ip route sets them anew" kernel '^blackhole 10.77.0.0/16' \
	route show 10.77.0.0/16
tap_check "all of them" kernel '^10.255.0.2 via 10.0.0.2' route show 10.255.0.2

# --- packets
tap_check "ping" shows 'ping 10.0.0.2' 'Success rate is 100 percent'
tap_check "ping by name, from the loopback" fails shows \
	'ping FAR source lo0 repeat 1 timeout 1' '100 percent'
tap_check "ping over IPv6" wait_for 5 shows 'ping 2001:db8::2' 'is 100 percent \(5/5\)'
tap_check "forwarded packets" ip netns exec $host ping -q -c 2 -W 2 10.255.0.2
tap_check "show arp" shows 'show arp' '^Internet  10.2.0.2 +0 +[0-9a-f.]+  ARPA'
tap_check "traceroute" shows 'traceroute FAR numeric' \
	'^  1 10.255.0.2 [0-9]+ msec [0-9]+ msec [0-9]+ msec$'
rx() {
	sh_c 'show interfaces gi0/2' |
		sed -n 's/^ *\([0-9]*\) packets input.*/\1/p'
}
tap_check "packets are counted" test "$(rx)" -ge 2
sh_c 'clear counters gi0/2' >/dev/null
tap_check "counters are cleared" test "$(rx)" -lt 2

# --- the cable
sh_c 'clear logging' >/dev/null
ip -n $far link set eth0 down
tap_check "a pulled cable is told" wait_for 3 logged \
	'%LINK-3-UPDOWN: Interface GigabitEthernet0/0, changed state to down'
tap_check "with the line protocol" logged \
	'%LINEPROTO-5-UPDOWN: .* GigabitEthernet0/0, changed state to down'
tap_check "the other distance takes over" kernel \
	'^10.255.0.2 via 10.1.0.2 dev eth1 proto static metric 200' \
	route show 10.255.0.2
tap_check "the way that is left carries all" kernel \
	'^10.66.0.0/16 via 10.1.0.2 dev eth1' route show 10.66.0.0/16
tap_check "show ip route follows" shows 'show ip route 10.255.0.2' \
	'Known via "static", distance 200'
tap_check "packets take it" shows 'ping FAR' 'Success rate is 100 percent'
ip -n $far link set eth0 up
tap_check "back again" wait_for 3 kernel '^10.255.0.2 via 10.0.0.2 dev eth0' \
	route show 10.255.0.2
sh_c 'clear logging' >/dev/null
configure <<<$'interface gi0/1\n shutdown'
tap_check "shutdown is told" wait_for 3 logged \
	'%LINK-5-CHANGED: Interface GigabitEthernet0/1, changed state to admin'
tap_check "and done" kernel 'state DOWN' link show eth1
tap_check "and shown" shows 'show ip interface brief' \
	'^GigabitEthernet0/1 .* administratively down down'

# --- taken back
configure >/dev/null <<-'EOF'
	interface gi0/0
	 no ip address
	 no ipv6 address
	no ip route 10.77.0.0 255.255.0.0 Null0
	no interface Loopback0
	default interface gi0/2
	no ip routing
	ip default-gateway 10.0.0.9
EOF
tap_check "addresses go" lost 'inet 10|inet6 2001' addr show eth0
tap_check "routes go" lost . route show 10.77.0.0/16
tap_check "loopbacks go" fails ip -n $router link show lo0
tap_check "a default interface has no address" lost 'inet ' addr show eth2
tap_check "a host does not forward" grep -q 0 <(ip netns exec $router \
	cat /proc/sys/net/ipv4/ip_forward)
kill "$daemon"
wait "$daemon" 2>/dev/null
daemon=
tap_check "nothing of ours is left" lost 'proto static' route show
tap_end
