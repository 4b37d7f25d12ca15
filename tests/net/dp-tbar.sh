#!/bin/bash
# Time-based anti-replay between two gateways in network namespaces: what is
# sent again too late is dropped, counted and told.
#   h1 -lan- g1 -wan- core -wan- g2 -lan- h2
# Prints TAP.  Needs root, iproute2, tcpdump, python3.
[ "$(id -u)" = 0 ] || { echo "1..0 # SKIP needs root"; exit 0; }
for tool in ip tcpdump ping python3; do
	command -v $tool >/dev/null || { echo "1..0 # SKIP needs $tool"; exit 0; }
done

: "${builddir:=.}" "${srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
P=pt$$
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
trap 'exit 130' INT TERM

check() { # text command...
	local text=$1 result=ok
	shift
	tests=$((tests + 1))
	"$@" >"$tmp/last" 2>&1 || result="not ok"
	echo "$result $tests - $text"
	[ "$result" = ok ] || tail -n 4 "$tmp"/out? "$tmp/last" | sed 's/^/# /'
}

up() {
	local i g h n l
	for n in $h1 $g1 $core $g2 $h2; do
		ip netns add "$n"
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
until_line() { # i text: wait for it
	local n
	for n in $(seq 100); do
		grep -q -- "$2" "$tmp/out$1" && return 0
		sleep 0.05
	done
	return 1
}
start() { # i
	mkfifo "$tmp/in$1"
	ip netns exec "$P-g$1" "$builddir/dpdrive" <"$tmp/in$1" >"$tmp/out$1" 2>&1 &
	eval "exec 1$1>'$tmp/in$1'"
	until_line "$1" ready
}
# Says a line to gateway i and waits for its answer; fails on an error.
tell() {
	local i=$1 before n
	shift
	before=$(grep -c '^= ' "$tmp/out$i")
	eval "echo \"\$*\" >&1$i"
	for n in $(seq 100); do
		if [ "$(grep -c '^= ' "$tmp/out$i")" -gt "$before" ]; then
			[ "$(grep '^= ' "$tmp/out$i" | tail -n 1)" = "= 0" ]
			return
		fi
		sleep 0.02
	done
	return 1
}
both() { tell 1 "$@" && tell 2 "$@"; }
refused() { ! "$@"; }
value() { # i line name
	tell "$1" "$2 1"
	grep -o " \?$3=[0-9]*" "$tmp/out$1" | tail -n 1 | cut -d= -f2
}
grows() { # i line name command...
	local i=$1 line=$2 name=$3 before n
	shift 3
	before=$(value "$i" "$line" "$name")
	"$@"
	for n in $(seq 20); do
		[ "$(value "$i" "$line" "$name")" -gt "$before" ] && return
		sleep 0.05
	done
	return 1
}
still() { # i line name command...
	! grows "$@"
}
# shellcheck disable=SC2119,SC2120 # check passes them
pings() {
	ip netns exec $h1 ping -n -q -c 3 -i 0.1 -W 1 "$@" 10.2.0.2 |
		grep -q ' 0% packet loss'
}
lost() { ip netns exec $h1 ping -n -q -c 1 -W 1 10.2.0.2 >/dev/null; true; }
sa() { # spi suite [seconds at g2]
	tell 1 sa 1 "$1" "$2" 9 1 send 5 && tell 2 sa 1 "$1" "$2" 9 2 send "${3-5}" &&
		both use 1 "$1"
}
mac=
record() { # ESP from g1 to g2, written as it passes
	ip netns exec $core tcpdump -U --immediate-mode -c 3 -w "$tmp/esp" -i g1 \
		"proto 50 and dst 10.2.0.2" 2>"$tmp/dump" &
	local dump=$! n
	for n in $(seq 100); do
		grep -q 'listening on' "$tmp/dump" && break
		sleep 0.05
	done
	pings -q && wait $dump
}
resend() {
	[ "$(ip netns exec $core python3 "$srcdir/tests/net/resend.py" \
		"$tmp/esp" g2 "$mac")" = 3 ]
}
df_error() { # inner MTU
	ip netns exec $h1 ping -c 2 -i 0.2 -W 1 -M "do" -s 1450 10.2.0.2 2>&1 |
		grep -qi "mtu *= *$1"
}

up
mac=$(ip -n $g2 -br link show wan | awk '{ print $3 }')
start 1 && start 2
both acl ALL permit ip any any
both group 1 wan ALL - drop drop both
check "an SA with a window wants a clock first" refused \
	tell 1 sa 1 4000 gcm128 9 1 send 5
both time 1 1000000
spi=4096
for suite in gcm128 gmac128 aes128-sha1 3des-md5 null-sha1; do
	spi=$((spi + 1))
	check "$suite: SAs with a window of 5 seconds" sa $spi $suite
	check "$suite: hosts ping" pings
	check "$suite: full packets" pings -s 1472 -M dont
done
sa 5000 gcm128
check "the stamp is in the MTU" df_error 1434
check "packets are stamped" grows 1 replay out pings
check "and checked" grows 2 replay in pings
check "a capture of three packets" record
check "sent again at once they are within the window" \
	grows 2 counters decrypt resend
both time 1 2000000
check "much later they are dropped" still 2 counters decrypt resend
check "each is counted" grows 2 counters REPLAY resend
check "and an input error" grows 2 replay in_errors resend
check "it is told" until_line 2 \
	"! replay_failed 1 00001388 0a010002 0a020002 window 5 behind"
check "but not with each packet" \
	test "$(grep -c replay_failed "$tmp/out2")" = 1
check "fresh packets pass all the while" pings
tell 2 time 1 1000000
check "a clock that is too far off takes none" grows 2 counters REPLAY lost
both time 1 3000000
check "set right again it does" pings
sa 5001 gcm128 0
check "who wants no stamp takes none" grows 2 counters INVALID_PROT lost
check "who wants one takes nothing without" grows 1 counters INVALID_PROT \
	ip netns exec $h2 ping -n -q -c 1 -W 1 10.1.0.2
d3p_sa() { # spi seconds
	tell 1 sa 1 "$1" gcm128 9 1 send "$2" d3p &&
		tell 2 sa 1 "$1" gcm128 9 2 send "$2" d3p && both use 1 "$1"
}
# What was fresh is too old when a second has gone by.
until_old() {
	local n
	for n in $(seq 100); do
		grows 2 counters REPLAY resend && return
	done
	return 1
}
check "SAs with IP-D3P" d3p_sa 5002 1
check "hosts ping under it" pings
check "and with full packets" pings -s 1472 -M dont
check "its stamp is in the MTU" df_error 1434
check "a capture of three packets with D3P" record
check "a second later they are dropped" until_old
check "and stay so" still 2 counters decrypt resend
check "fresh packets pass" pings
tell 1 sa 1 5003 gcm128 9 1 send 1 d3p
tell 2 sa 1 5003 gcm128 9 2 send 1
both use 1 5003
check "one kind of stamp is not the other" grows 2 counters DECAP_FAIL lost
tell 1 quit
tell 2 quit
echo "1..$tests"
