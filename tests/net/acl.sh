#!/bin/bash
# Access lists on the interfaces of a router between two hosts, all in network
# namespaces:  h1 -eth0--in- r -out--eth0- h2.  Prints TAP; needs root.
TOP=$(cd "$(dirname "$0")/../.." && pwd)
: "${builddir:=$TOP/build}"
. "$TOP/tests/lib.sh"

[ "$(id -u)" = 0 ] || { echo "1..0 # SKIP needs root"; exit 0; }
for tool in ip nft ping python3; do
	command -v $tool >/dev/null || { echo "1..0 # SKIP needs $tool"; exit 0; }
done

P=aclx$$
tmp=$(mktemp -d)
daemon=
server=

cleanup() {
	for p in $daemon $server; do kill "$p" 2>/dev/null; done
	wait 2>/dev/null
	for n in h1 r h2; do ip netns del $P-$n 2>/dev/null; done
	rm -rf "$tmp"
}
trap cleanup EXIT

in_ns() {
	local n=$1
	shift
	ip netns exec "$P-$n" "$@"
}

wires() {
	local n
	for n in h1 r h2; do
		ip netns add $P-$n
		ip -n $P-$n link set lo up
	done
	ip link add in netns $P-r type veth peer name eth0 netns $P-h1
	ip link add out netns $P-r type veth peer name eth0 netns $P-h2
	for n in 1 2; do
		ip -n $P-h$n addr add 10.1.$n.2/24 dev eth0
		ip -n $P-h$n addr add 2001:db8:$n::2/64 dev eth0 nodad
		ip -n $P-h$n link set eth0 up
		ip -n $P-h$n route add default via 10.1.$n.1
		ip -n $P-h$n route add default via 2001:db8:$n::1
	done
	ip -n $P-r link set in up
	ip -n $P-r link set out up
	ip -n $P-r addr add 2001:db8:1::1/64 dev in nodad
	ip -n $P-r addr add 2001:db8:2::1/64 dev out nodad
	in_ns r sysctl -qw net.ipv6.conf.all.forwarding=1 \
		net.ipv4.icmp_ratelimit=0
}

sh_r() {
	"$builddir/getvpnsh" -s "$tmp/socket" "$@"
}
cmd() {
	sh_r -c "$1"
}
conf() {
	printf '%s\n' "$@" >"$tmp/lines"
	sh_r -f "$tmp/lines"
}

start() {
	mkdir -p "$tmp/state"
	(exec ip netns exec $P-r "$builddir/getvpnd" -f -d "$tmp/state" \
		-s "$tmp/socket") >"$tmp/console" 2>&1 </dev/null &
	daemon=$!
	wait_for 20 cmd "show version" >/dev/null
	conf "interface GigabitEthernet0/0" "netdev in" \
		"ip address 10.1.1.1 255.255.255.0" "no shutdown" \
		"interface GigabitEthernet0/1" "netdev out" \
		"ip address 10.1.2.1 255.255.255.0" "no shutdown"
}

# From h1 to h2 and back; the first packet may wait for a neighbour.
pings() {
	in_ns h1 ping -q -c 2 -i 0.2 -W 1 "${1-10.1.2.2}" >/dev/null
}
fails() {
	! "$@"
}

# echo_try PORT: TCP from h1 to h2.
echo_try() {
	in_ns h1 python3 - "$1" <<-'PY'
		import socket, sys
		s = socket.create_connection(("10.1.2.2", int(sys.argv[1])), 2)
		s.sendall(b"x")
		sys.exit(0 if s.recv(1) == b"x" else 1)
	PY
}

serve() {
	cat >"$tmp/serve.py" <<-'PY'
		import socket, threading
		def one(port):
		    l = socket.socket()
		    l.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
		    l.bind(("10.1.2.2", port))
		    l.listen()
		    while True:
		        c, _ = l.accept()
		        c.settimeout(2)
		        try:
		            c.sendall(c.recv(1))
		        except OSError:
		            pass
		        c.close()
		for port in (7001, 7002):
		    threading.Thread(target=one, args=(port,)).start()
		print("ready", flush=True)
	PY
	(exec ip netns exec $P-h2 python3 "$tmp/serve.py") >"$tmp/served" 2>&1 &
	server=$!
	wait_for 10 grep -q ready "$tmp/served"
}

shows() { # LIST PATTERN
	cmd "show access-lists $1" | grep -Eq -- "$2" || {
		cmd "show access-lists $1"
		return 1
	}
}
logs() {
	cmd "show logging" | grep -Eq -- "$1" || {
		cmd "show logging" | tail -n 4
		return 1
	}
}

wires
start || { cat "$tmp/console"; tap_fail "the router starts"; tap_end; exit 1; }
serve
tap_check "without lists all passes" pings

# --- in ---
conf "ip access-list extended EDGE" "permit tcp any any eq 7001" \
	"deny icmp any host 10.1.2.2 log" "permit icmp any any" \
	"interface GigabitEthernet0/0" "ip access-group EDGE in"
tap_check "a denied packet does not pass" fails pings
tap_check "it is counted" shows EDGE \
	'20 deny icmp any host 10.1.2.2 log \([0-9]+ matches\)'
tap_check "it is logged" logs \
	'%SEC-6-IPACCESSLOGDP: list EDGE denied icmp 10.1.1.2 -> 10.1.2.2 \(8/0\), 1 packet'
tap_check "the router itself is seen, too: permitted" pings 10.1.1.1
tap_check "a permitted port passes" echo_try 7001
tap_check "the implicit deny stops the other" fails echo_try 7002
tap_check "the sender is told" \
	sh -c "ip netns exec $P-h1 ping -c 3 -i 0.3 -W 2 10.1.2.2 |
		grep -q 'Packet filtered'"

# --- out: replies only ---
conf "interface GigabitEthernet0/0" "no ip access-group EDGE in" \
	"ip access-list extended BACK" "permit tcp any any established" \
	"interface GigabitEthernet0/0" "ip access-group BACK out"
tap_check "established lets replies out" echo_try 7002
tap_check "but no other traffic" fails pings
tap_check "what the router sends itself is not filtered" pings 10.1.1.1
tap_check "established is counted" shows BACK 'established \([0-9]+ matches\)'
conf "interface GigabitEthernet0/0" "no ip access-group BACK out"

# --- fragments ---
conf "ip access-list extended FRAG" "deny ip any any fragments" \
	"permit ip any any" \
	"interface GigabitEthernet0/0" "ip access-group FRAG in"
tap_check "small packets pass" pings
tap_check "later fragments do not" fails \
	in_ns h1 ping -q -c 2 -i 0.2 -W 1 -s 3000 10.1.2.2
tap_check "they are counted" shows FRAG \
	'10 deny ip any any fragments \([0-9]+ matches\)'

# --- undefined and emptied lists ---
conf "no ip access-list extended FRAG"
tap_check "a list that is gone permits all" \
	in_ns h1 ping -q -c 2 -i 0.2 -W 1 -s 3000 10.1.2.2
conf "interface GigabitEthernet0/0" "no ip access-group FRAG in"

# --- groups and time ranges ---
conf "object-group network HOSTS" "host 10.1.1.2" \
	"object-group service WEB" "tcp eq 7001" "icmp" \
	"ip access-list extended GROUPS" "permit object-group WEB object-group HOSTS any" \
	"interface GigabitEthernet0/0" "ip access-group GROUPS in"
tap_check "a group's service passes" echo_try 7001
tap_check "and its other" pings
tap_check "what is not in it does not" fails echo_try 7002
conf "object-group service WEB" "tcp eq 7002"
tap_check "until the group grows" echo_try 7002
conf "time-range PAST" "absolute end 00:00 1 January 2001" \
	"ip access-list extended TIMES" "deny ip any any time-range PAST" \
	"permit ip any any" \
	"interface GigabitEthernet0/0" "no ip access-group GROUPS in" \
	"ip access-group TIMES in"
tap_check "an entry whose time is over does not match" pings
tap_check "and is shown so" shows TIMES 'time-range PAST \(inactive\)'
conf "time-range PAST" "absolute end 23:59 31 December 2035"
tap_check "it does when the range changes" fails pings
conf "interface GigabitEthernet0/0" "no ip access-group TIMES in"

# --- IPv6 ---
tap_check "IPv6 passes without a list" pings 2001:db8:2::2
conf "ipv6 access-list SIX" "permit tcp any any" \
	"deny icmp any host 2001:db8:2::2 log" \
	"interface GigabitEthernet0/0" "ipv6 traffic-filter SIX in"
tap_check "an IPv6 list denies" fails pings 2001:db8:2::2
tap_check "it is counted" shows SIX \
	'deny icmp any host 2001:DB8:2::2 log \([0-9]+ matches\) sequence 20'
tap_check "it is logged" logs \
	'%IPV6_ACL-6-ACCESSLOGDP: list SIX/20 denied icmpv6 2001:DB8:1::2 -> 2001:DB8:2::2 \(128/0\), 1 packet'
cmd "clear access-list counters" >/dev/null
tap_check "cleared counters are gone" sh -c "! '$builddir/getvpnsh' \
	-s '$tmp/socket' -c 'show access-lists SIX' | grep -q match"

# --- somebody else's firewall ---
in_ns r nft flush ruleset
tap_check "lists that another program removed come back" \
	wait_for 15 logs '%ACL-4-RESTORED'
tap_check "and deny again" fails pings 2001:db8:2::2

# --- the end ---
kill "$daemon"
wait "$daemon"
daemon=
tap_check "nothing is left in the kernel" \
	sh -c "test -z \"\$(ip netns exec $P-r nft list ruleset)\""
tap_end
