#!/bin/bash
# Every way in (caught as it leaves, routed into the TUN) with every way out
# (AF_XDP, AF_PACKET, raw socket) of the user backend, in network namespaces:
#   h1 -lan- g1 -wan- core -wan- g2 -lan- h2
# Prints TAP.  Needs root, iproute2, nft, tcpdump, python3.
[ "$(id -u)" = 0 ] || { echo "1..0 # SKIP needs root"; exit 0; }
for tool in ip nft tcpdump ping python3; do
	command -v $tool >/dev/null || { echo "1..0 # SKIP needs $tool"; exit 0; }
done

: "${builddir:=.}" "${srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
P=dm$$
h1=$P-h1 g1=$P-g1 core=$P-core g2=$P-g2 h2=$P-h2
tmp=$(mktemp -d)
tests=0

cleanup() {
	exec 11>&- 12>&-
	for p in $(jobs -p); do kill -9 "$p" 2>/dev/null; done
	wait 2>/dev/null
	for n in $h1 $g1 $core $g2 $h2; do ip netns del "$n" 2>/dev/null; done
	rm -rf "$tmp"
}
trap cleanup EXIT

check() { # text command...
	local text=$1
	shift
	tests=$((tests + 1))
	if "$@" >"$tmp/last" 2>&1; then
		echo "ok $tests - $text"
	else
		echo "not ok $tests - $text"
		tail -n 4 "$tmp"/out? "$tmp/last" | sed 's/^/# /'
	fi
}

up() {
	local i g h n l
	for n in $h1 $g1 $core $g2 $h2; do
		ip netns add "$n"
		ip netns exec "$n" sysctl -qw net.ipv6.conf.all.disable_ipv6=1
		ip -n "$n" link set lo up
	done
	for i in 1 2; do
		g=$P-g$i h=$P-h$i
		ip -n "$g" link add lan type veth peer name eth0 netns "$h"
		ip -n "$g" link add wan type veth peer name g$i netns $core
		ip -n "$g" addr add 10.$i.0.1/24 dev lan
		ip -n "$g" addr add 192.168.$i.1/24 dev wan
		ip -n "$h" addr add 10.$i.0.2/24 dev eth0
		ip -n $core addr add 192.168.$i.254/24 dev g$i
		for l in "$g lan" "$g wan" "$h eth0" "$core g$i"; do
			ip -n "${l% *}" link set "${l#* }" up
		done
		ip -n "$h" route add default via 10.$i.0.1
		ip -n "$g" route add default via 192.168.$i.254
		ip -n $core route add 10.$i.0.0/24 via 192.168.$i.1
		ip netns exec "$g" sysctl -qw net.ipv4.ip_forward=1
	done
	ip netns exec $core sysctl -qw net.ipv4.ip_forward=1
}
until_line() { # i text
	local n
	for n in $(seq 200); do
		grep -q -- "$2" "$tmp/out$1" && return 0
		sleep 0.05
	done
	return 1
}
start() { # i: in the background, PID[i]
	local fd=1$1
	rm -f "$tmp/in$1"
	mkfifo "$tmp/in$1"
	ip netns exec "$P-g$1" "$builddir/dpdrive" <"$tmp/in$1" \
		>"$tmp/out$1" 2>&1 &
	PID[$1]=$!
	eval "exec $fd>'$tmp/in$1'"
	until_line "$1" ready
}
tell() { # i words...: waits for the answer
	local i=$1 before n
	shift
	before=$(grep -c '^= ' "$tmp/out$i")
	eval "echo \"\$*\" >&1$i"
	for n in $(seq 300); do
		if [ "$(grep -c '^= ' "$tmp/out$i")" -gt "$before" ]; then
			[ "$(grep '^= ' "$tmp/out$i" | tail -n 1)" = "= 0" ]
			return
		fi
		sleep 0.02
	done
	return 1
}
both() { tell 1 "$@" && tell 2 "$@"; }
ways() { # capture transmit: what gateway 1 has of it
	tell 1 waysget 1
	grep '^ways ' "$tmp/out1" | tail -n 1 | grep -q "^ways $1 $2 "
}
setup() { # i sid
	tell "$1" acl ALL permit ip any any
	tell "$1" group 1 wan ALL - drop drop both
	tell "$1" sa 1 "$SPI" gcm128 "$((SPI % 100))" "$2" send
	tell "$1" use 1 "$SPI"
}

# A reply that is late under load counts as none for ping, so ask again.
pings() { # ns address [options]
	local ns=$1 to=$2 n
	shift 2
	for n in 1 2 3 4; do
		ip netns exec "$ns" ping -n -q -c 3 -i 0.1 -W 1 "$@" "$to" |
			grep -q ' 0% packet loss' && return
	done
	return 1
}
df_error() { # ns mtu
	local n
	ip -n "$1" route flush cache
	for n in 1 2 3; do
		ip netns exec "$1" ping -c 2 -i 0.2 -W 1 -M "do" -s 1450 \
			10.2.0.2 2>&1 | grep -qi "mtu *= *$2" && return
	done
	return 1
}
capture() { # filter
	rm -f "$tmp/cap.err"
	ip netns exec $core tcpdump -nli g1 "$@" >"$tmp/cap" 2>"$tmp/cap.err" &
	cap=$!
	local n
	for n in $(seq 200); do
		grep -qs 'listening on' "$tmp/cap.err" && return
		sleep 0.05
	done
}
captured() { # lines, capture stopped
	local n
	for n in $(seq 100); do
		kill -USR1 "$cap"
		sleep 0.1
		tail -n 1 "$tmp/cap.err" | awk '{ exit !($2 == $5) }' && break
	done
	kill "$cap"
	wait "$cap" 2>/dev/null
	grep -c . "$tmp/cap"
}
clear="ip and not proto 50 and not (icmp[0] == 3 and src host 192.168.1.1)"
none_clear() { # command...
	local rc
	capture "$clear"
	"$@"
	rc=$?
	[ "$(captured)" = 0 ] && return $rc
	head -n 3 "$tmp/cap"
	return 1
}
stream() { # tcp|udp from-ns to-ns address [bytes of a datagram]
	"$srcdir/tests/net/stream.py" "$P" "$@"
}
multicast() { # from-ns: reaches the wire as ESP to the group
	capture "proto 50 and dst 239.1.1.1"
	ip netns exec "$1" python3 -c '
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 4)
s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF,
	socket.inet_aton(sys.argv[1]))
for i in range(5):
	s.sendto(b"x", ("239.1.1.1", 5000))' "$2"
	[ "$(captured)" -ge 5 ]
}
# From a host of the LAN, by a multicast route of the kernel.
multicast_forwarded() {
	local k n

	ip netns exec $g1 "$srcdir/tests/net/mroute.py" 10.1.0.1 192.168.1.1 \
		10.1.0.2 239.1.1.1 >"$tmp/mroute" &
	k=$!
	for n in $(seq 100); do
		grep -q ready "$tmp/mroute" && break
		sleep 0.05
	done
	multicast $h1 10.1.0.2
	n=$?
	kill "$(pgrep -P $k || echo $k)"
	wait $k 2>/dev/null
	return $n
}
# The driver dies under traffic of all kinds.
killed() {
	local k k2
	capture "$clear"
	ip netns exec $h1 ping -n -q -i 0.002 -W 1 10.2.0.2 >/dev/null 2>&1 &
	k=$!
	ip netns exec $g1 ping -n -q -i 0.005 -W 1 10.2.0.2 >/dev/null 2>&1 &
	k2=$!
	sleep 0.3
	kill -9 "$(pgrep -P "${PID[1]}" -x dpdrive || echo "${PID[1]}")"
	wait "${PID[1]}" 2>/dev/null
	sleep 0.5
	kill $k $k2
	wait $k $k2 2>/dev/null
	[ "$(captured)" = 0 ] && return
	head -n 3 "$tmp/cap"
	return 1
}

up
start 1 && start 2
SPI=5000
setup 1 1 && setup 2 2
for mode in "egress xdp" "egress packet" "egress raw" "tun raw"; do
	capture_way=${mode% *} send_way=${mode#* }
	check "$mode: taken, with nothing in clear" none_clear \
		both ways "$capture_way" "$send_way"
	check "$mode: in use" ways "$capture_way" "$send_way"
	check "$mode: hosts ping, all of it ESP" none_clear pings $h1 10.2.0.2
	check "$mode: full packets" pings $h1 10.2.0.2 -s 1472 -M dont
	check "$mode: the longest datagram" pings $h1 10.2.0.2 -s 20000
	check "$mode: what is cut leaves as ESP" none_clear \
		pings $h1 10.2.0.2 -s 3000
	check "$mode: DF, and its sender learns the MTU" df_error $h1 1446
	check "$mode: so does the gateway" df_error $g1 1446
	check "$mode: the gateway's own traffic" none_clear pings $g1 10.2.0.2
	check "$mode: TCP" stream tcp h1 h2 10.2.0.2
	check "$mode: TCP the other way" stream tcp h2 h1 10.1.0.2
	check "$mode: TCP of the gateway" stream tcp g1 h2 10.2.0.2
	check "$mode: UDP, small" stream udp h1 h2 10.2.0.2 64
	check "$mode: UDP, in fragments" stream udp h1 h2 10.2.0.2 4000
	if [ "$capture_way" = egress ]; then
		check "$mode: multicast of the gateway" \
			multicast $g1 192.168.1.1
		check "$mode: multicast from a host" multicast_forwarded
	fi
	check "$mode: killed, nothing in clear" killed
	start 1
	SPI=$((SPI + 1))
	tell 1 ways "$capture_way" "$send_way"
	check "$mode: opened again, nothing in clear" none_clear setup 1 1
	setup 2 2
	check "$mode: opened again, works" pings $h1 10.2.0.2
done

# DF and what is cut (crypto ipsec df-bit, crypto ipsec fragmentation).
group() { # df [after]
	both group 1 wan ALL - drop drop both "$@"
}
esp_like() { # tcpdump filter command...: some ESP matches
	capture "proto 50 and src host 10.1.0.2 and $1"
	shift
	"$@"
	[ "$(captured)" -gt 0 ]
}
for mode in "egress auto" "tun raw"; do
	both ways "${mode% *}" "${mode#* }"
	group copy
	check "$mode: DF is copied" esp_like "ip[6] & 0x40 != 0" \
		pings $h1 10.2.0.2 -M "do"
	group set
	check "$mode: DF is set" esp_like "ip[6] & 0x40 != 0" \
		pings $h1 10.2.0.2 -M dont
	group clear
	check "$mode: DF is cleared" esp_like "ip[6] & 0x40 == 0" \
		pings $h1 10.2.0.2 -M "do"
	ip -n $h1 route flush cache
	check "$mode: then what forbids it is cut before" \
		pings $h1 10.2.0.2 -M "do" -s 1472
	group copy after
	check "$mode: ESP itself is cut" esp_like "ip[6:2] & 0x3fff != 0" \
		pings $h1 10.2.0.2 -M dont -s 1472
	check "$mode: but not when DF forbids it" df_error $h1 1446
	group copy
done

# A host that translates addresses keeps the way that nobody translates.
ip netns exec $g1 nft -f - <<-'END'
	table ip user {
		chain post {
			type nat hook postrouting priority srcnat
			oifname "wan" masquerade
		}
	}
END
tell 1 ways auto auto
check "addresses are translated: routed into the TUN" ways tun raw
check "and hosts ping" none_clear pings $h1 10.2.0.2
ip netns exec $g1 nft delete table ip user
tell 1 ways auto auto
check "no longer: caught as they leave" ways egress xdp
ip netns exec $g1 tc qdisc add dev wan root tbf rate 1gbit burst 1mb latency 50ms
tell 1 ways tun auto && tell 1 ways auto auto
check "traffic is shaped: its queue is not passed by" ways egress packet

both quit
wait "${PID[1]}" "${PID[2]}"
echo "1..$tests"
