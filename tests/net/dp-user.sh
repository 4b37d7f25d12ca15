#!/bin/bash
# The user backend between two gateways in network namespaces, with fixed keys:
#   h1 -lan- g1 -wan- core -wan- g2 -lan- h2
# Prints TAP.  Needs root, iproute2, nft, tcpdump, iperf3.
#   CAPTURE=egress|tun   how packets are caught (egress)
[ "$(id -u)" = 0 ] || { echo "1..0 # SKIP needs root"; exit 0; }
for tool in ip nft tcpdump iperf3 ping; do
	command -v $tool >/dev/null || { echo "1..0 # SKIP needs $tool"; exit 0; }
done

: "${builddir:=.}"
P=dp$$
h1=$P-h1 g1=$P-g1 core=$P-core g2=$P-g2 h2=$P-h2
tmp=$(mktemp -d)
tests=0 pid1='' pid2=''

cleanup() {
	exec 11>&- 12>&-
	for p in $(jobs -p); do kill -9 "$p" 2>/dev/null; done
	wait 2>/dev/null
	for n in $h1 $g1 $core $g2 $h2; do ip netns del "$n" 2>/dev/null; done
	rm -rf "$tmp"
}
trap cleanup EXIT

ok() { # status text
	tests=$((tests + 1))
	if [ "$1" = 0 ]; then
		echo "ok $tests - $2"
	else
		echo "not ok $tests - $2"
		tail -n 5 "$tmp"/out? "$tmp/cap" "$tmp/last" | sed 's/^/# /'
	fi
}
check() { # text command...
	local text=$1
	shift
	"$@" >"$tmp/last" 2>&1
	ok $? "$text"
}
fails() { ! "$@"; }

up() {
	local i g h n l
	for n in $h1 $g1 $core $g2 $h2; do
		ip netns add "$n"
		ip -n "$n" link set lo up
	done
	for i in 1 2; do
		g=$P-g$i h=$P-h$i
		ip -n $g link add lan type veth peer name eth0 netns $h
		ip -n $g link add wan type veth peer name g$i netns $core
		ip -n $g addr add 10.$i.0.1/24 dev lan
		ip -n $g addr add 192.168.$i.1/24 dev wan
		ip -n $h addr add 10.$i.0.2/24 dev eth0
		ip -n $core addr add 192.168.$i.254/24 dev g$i
		for l in "$g lan" "$g wan" "$h eth0" "$core g$i"; do
			ip -n "${l% *}" link set "${l#* }" up
		done
		ip -n $h route add default via 10.$i.0.1
		ip -n $g route add default via 192.168.$i.254
		ip -n $core route add 10.$i.0.0/24 via 192.168.$i.1
		ip netns exec $g sysctl -qw net.ipv4.ip_forward=1
		ip netns exec $g sysctl -qw net.ipv4.conf.all.rp_filter=1
	done
	ip netns exec $core sysctl -qw net.ipv4.ip_forward=1
}

start() { # i [dpdrive arguments]
	local fd=1$1
	rm -f "$tmp/in$1"
	mkfifo "$tmp/in$1"
	ip netns exec "$P-g$1" "$builddir/dpdrive" "${@:2}" <"$tmp/in$1" >"$tmp/out$1" 2>&1 &
	eval "pid$1=\$!"
	eval "exec $fd>'$tmp/in$1'"
	until_line "$1" ready && tell "$1" ways "${CAPTURE:=egress}" auto
}
until_line() { # i text: wait for it
	local n
	for n in $(seq 100); do
		grep -q -- "$2" "$tmp/out$1" && return 0
		sleep 0.05
	done
	return 1
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
counter() { # i name [group]
	tell "$1" counters "${3:-1}"
	grep -o " \?$2=[0-9]*" "$tmp/out$1" | tail -n 1 | cut -d= -f2
}
grows() { # i name group command...: the counter went up
	local i=$1 name=$2 group=$3 before
	shift 3
	before=$(counter "$i" "$name" "$group")
	"$@"
	for _ in $(seq 20); do
		[ "$(counter "$i" "$name" "$group")" -gt "$before" ] && return
		sleep 0.05
	done
	return 1
}
rekey() { # spi suite key: new SA on both, sid by gateway
	tell 1 sa 1 "$1" "$2" "$3" 1 send && tell 2 sa 1 "$1" "$2" "$3" 2 send &&
		both use 1 "$1"
}
pings() { # ns address [options]
	local ns=$1 to=$2
	shift 2
	ip netns exec "$ns" ping -n -q -c 3 -i 0.1 -W 1 "$@" "$to" |
		grep -q ' 0% packet loss'
}
# What was changed while it was put right is put right a moment later.
pings_soon() {
	local n
	for n in 1 2 3 4 5 6 7 8 9 10; do
		pings "$@" && return
	done
	return 1
}
attempt() { ip netns exec "$@" >/dev/null 2>&1; true; }
capture() { # filter
	rm -f "$tmp/cap.err"
	ip netns exec $core tcpdump -nli g1 "$@" >"$tmp/cap" 2>"$tmp/cap.err" &
	cap=$!
	for n in $(seq 200); do
		grep -qs 'listening on' "$tmp/cap.err" && return
		sleep 0.05
	done
}
# Asked for its counters, tcpdump tells whether it has printed all it got.
captured() { # lines, capture stopped
	for n in $(seq 100); do
		kill -USR1 "$cap"
		sleep 0.1
		tail -n 1 "$tmp/cap.err" | awk '{ exit !($2 == $5) }' && break
	done
	kill "$cap"
	wait "$cap" 2>/dev/null
	grep -c . "$tmp/cap" # tcpdump ends with an empty line
}
# Runs a command; succeeds when nothing of the filter was on the wire.
none_seen() {
	local filter=$1
	shift
	capture "$filter"
	"$@"
	[ "$(captured)" = 0 ]
}
df_error() { # ns mtu [bytes]
	ip netns exec "$1" ping -c 2 -i 0.2 -W 1 -M "do" -s "${3:-1450}" \
		10.2.0.2 2>&1 |
		grep -qi "mtu *= *$2"
}
tcp() { # client server-ns address
	ip netns exec "$2" timeout 8 iperf3 -s -1 -p 5201 >/dev/null 2>&1 &
	sleep 0.4
	ip netns exec "$1" timeout 5 iperf3 -c "$3" -n 4M -p 5201 >/dev/null 2>&1
}
clean() { # ns
	[ -z "$(ip netns exec "$1" nft list tables)" ] &&
		[ "$(ip -n "$1" rule | wc -l)" = 3 ] &&
		! ip -n "$1" route show table all |
			grep -qE 'table (20999|21)' &&
		! ip -n "$1" link show gm0 >/dev/null 2>&1
}
policy() { # args after group ID DEV
	both group 1 wan "$@"
}

up
start 1 && start 2
check "both open" both acl ALL permit ip any any
check "policy is set" policy ALL - drop drop both
check "a permit without an SA drops" grows 1 NO_SA 1 \
	none_seen "icmp" attempt $h1 ping -c 2 -i 0.1 -W 1 10.2.0.2

spi=4096
for suite in gcm128 gcm256 gmac128 aes128-sha1 aes256-sha256 aes192-sha512 \
	3des-md5 null-sha1; do
	spi=$((spi + 1))
	check "$suite: SA on both" rekey $spi $suite $((spi % 100))
	check "$suite: hosts ping" pings $h1 10.2.0.2
	check "$suite: full packets" pings $h1 10.2.0.2 -s 1472 -M dont
done

rekey 5000 gcm128 50
check "nothing but ESP on the wire" none_seen "ip and not proto 50" \
	pings $h1 10.2.0.2
capture "proto 50"
pings $h2 10.1.0.2 -Q 0xb8
captured >/dev/null
check "outer addresses are the hosts'" grep -q '10.2.0.2 > 10.1.0.2: ESP' "$tmp/cap"
check "gateway itself to a host" pings $g1 10.2.0.2
check "host to the far gateway's LAN address" pings $h1 10.2.0.1
check "host to the far gateway's WAN address" pings $h1 192.168.2.1
check "gateway to gateway" pings $g1 192.168.2.1
check "3000 bytes in fragments" pings $h1 10.2.0.2 -s 3000
check "sealed packets are not fragments" none_seen "ip[6:2] & 0x3fff != 0" \
	pings $h1 10.2.0.2 -s 3000
check "20000 bytes in fragments" pings $h1 10.2.0.2 -s 20000
check "DF and too big: frag needed with the inner MTU" df_error $h1 1446
check "the same from the gateway" df_error $g1 1446
check "TCP across" tcp $h1 $h2 10.2.0.2
check "TCP the other way" tcp $h2 $h1 10.1.0.2
check "TCP from the gateway" tcp $g1 $h2 10.2.0.2

receives() { # i: how gateway i receives
	tell "$1" receives 1
	grep '^receives' "$tmp/out$1" | tail -n 1
}
over() { # i way [why]
	receives "$1" | grep "^receives $2 .*why=${3:-}"
}
at_ingress() { # i: packets dropped there
	ip netns exec "$P-g$1" nft list chain netdev getvpn-in \
		"in$(ip netns exec "$P-g$1" cat /sys/class/net/wan/ifindex)" |
		sed -n 's/.*counter packets \([0-9]*\).*/\1/p'
}
each_once() { # i: what is decrypted was dropped at ingress
	local was dropped
	was=$(counter "$1" decrypt) dropped=$(at_ingress "$1")
	pings $h1 10.2.0.2 -c 20 -i 0.02 -W 3
	echo "$was $(counter "$1" decrypt) $dropped $(at_ingress "$1")"
	[ $(($(counter "$1" decrypt) - was)) = 20 ] &&
		[ $(($(at_ingress "$1") - dropped)) = 20 ]
}
switching() { # 300 pings while ways change: some may be lost, none comes twice
	local k way
	ip netns exec $h1 ping -n -c 300 -i 0.01 -W 1 10.2.0.2 >"$tmp/ping" &
	k=$!
	for way in raw ring raw auto raw auto; do
		both receive $way
		sleep 0.3
	done
	wait $k
	! grep -q DUP "$tmp/ping" &&
		[ "$(sed -n 's/.* \([0-9]*\) received.*/\1/p' "$tmp/ping")" -gt 280 ]
}
check "ESP comes over a ring" over 2 ring
check "each packet is taken once" each_once 2
check "way in changed under traffic" switching
both receive raw
check "the raw socket when asked for" over 2 raw configured
check "no rule at ingress then" [ -z "$(at_ingress 2 2>/dev/null)" ]
check "over the raw socket" pings $h1 10.2.0.2
check "TCP over the raw socket" tcp $h1 $h2 10.2.0.2
both receive auto
both inlist wan
check "and where an inbound list must see it" over 2 raw "an inbound"
check "traffic goes on" pings $h1 10.2.0.2
both inlist -
check "over the ring again" each_once 2

ip -n $core route change 10.2.0.0/24 via 192.168.2.1 mtu 1200
check "ESP fragmented on its way" pings $h1 10.2.0.2 -s 1300 -M dont
ip -n $core route change 10.2.0.0/24 via 192.168.2.1

check "clear packets from the WAN are refused" grows 2 NOT_IPSEC 1 \
	attempt $core ping -c 2 -i 0.1 -W 1 10.2.0.2
check "and reported" until_line 2 "! not_ipsec 1 c0a802fe 0a020002 1"
gdoi() {
	capture "udp port 848"
	tell 1 udp 848 192.168.1.254 848
	tell 1 udp 848 10.2.0.2 848
	[ "$(captured)" = 2 ]
}
gdoi_in() {
	ip netns exec $core bash -c 'echo x >/dev/udp/192.168.1.1/848'
	sleep 0.2
	! grep -q '! not_ipsec 1 c0a801fe c0a80101 17' "$tmp/out1"
}
check "UDP 848 from the gateway leaves in clear" gdoi
check "UDP 848 to the gateway is not refused" gdoi_in
check "but through it is" grows 1 NOT_IPSEC 1 \
	attempt $core bash -c 'echo x >/dev/udp/10.1.0.2/848'

tell 1 sa 1 6000 gcm128 60 1 send
tell 1 use 1 6000
check "ESP of an unknown SPI is refused" grows 2 INVALID_SA 1 \
	attempt $h1 ping -c 2 -i 0.1 -W 1 10.2.0.2
check "and reported" until_line 2 "! invalid_spi 1 00001770"
tell 2 sa 1 6000 gcm128 61 2 send
check "ESP under another key is refused" grows 2 VERIFY_FAIL 1 \
	attempt $h1 ping -c 2 -i 0.1 -W 1 10.2.0.2
tell 1 use 1 5000

rollover() {
	local ns=$1 k spi=7000
	ip netns exec $h1 ping -n -q -c 300 -i 0.01 -W 1 10.2.0.2 >"$tmp/ping" &
	k=$!
	for spi in 7001 7002 7003 7004; do
		tell 1 sa 1 $spi gcm128 $((spi % 100)) 1 send
		tell 2 sa 1 $spi gcm128 $((spi % 100)) 2 send
		sleep 0.1
		tell 1 use 1 $spi
		sleep 0.2
		tell 2 use 1 $spi
		sleep 0.2
		[ $spi = 7001 ] || both sadel 1 $((spi - 1))
	done
	wait $k
	grep -q '300 received' "$tmp/ping"
}
check "rollover loses nothing" rollover

reload() {
	local k n
	ip netns exec $h1 ping -n -q -c 200 -i 0.01 -W 1 10.2.0.2 >"$tmp/ping" &
	k=$!
	for n in 1 2 3 4 5 6; do
		policy ALL - drop drop both
		sleep 0.2
	done
	wait $k
	grep -q '200 received' "$tmp/ping"
}
check "a policy reload loses nothing" reload
check "and lets nothing out in clear" none_seen "ip and not proto 50" reload

libraries() { # change under traffic
	local k lib
	ip netns exec $h1 ping -n -q -c 300 -i 0.01 -W 1 10.2.0.2 >"$tmp/ping" &
	k=$!
	for lib in ipsec-mb openssl ipsec-mb openssl ipsec-mb; do
		both crypto $lib || return 1
		sleep 0.4
	done
	wait $k
	grep -q '300 received' "$tmp/ping"
}
by() { # i library spi
	tell "$1" sas 1
	grep -q "^sa=$3 by=$2" "$tmp/out$1"
}
if tell 1 crypto ipsec-mb && tell 1 crypto openssl; then
	check "another library loses nothing" libraries
	check "and counts on" grows 1 encrypt 1 pings $h1 10.2.0.2
	for suite in gcm256 gmac128 aes128-sha1 aes192-sha512 null-sha1; do
		spi=$((spi + 1))
		check "ipsec-mb, $suite" rekey $spi $suite $((spi % 100))
		check "ipsec-mb, $suite: full packets" \
			pings $h1 10.2.0.2 -s 1472 -M dont
		check "it is its library" by 1 ipsec-mb "$(printf %#x $spi)"
	done
	tell 2 crypto openssl
	check "ipsec-mb with OpenSSL" pings $h1 10.2.0.2 -s 1472 -M dont
	check "TCP between both libraries" tcp $h1 $h2 10.2.0.2
	spi=$((spi + 1))
	check "3DES stays" rekey $spi 3des-md5 33
	check "with OpenSSL" by 1 openssl "$(printf %#x $spi)"
	both use 1 7004
	both crypto openssl
fi

both acl ICMP permit icmp any any
check "narrow policy" policy ICMP - drop drop both
check "ICMP is encrypted" none_seen "icmp" pings $h1 10.2.0.2
check "TCP passes in clear" tcp $h1 $h2 10.2.0.2
tell 1 aces 1
check "entries count" grep -q '^aces [1-9]' "$tmp/out1"

both acl PORT deny udp any any eq 6000
both acl PORT permit udp any any eq 5001
both acl PORT permit tcp any 10.0.1.0 0.255.0.255
both acl PORT permit udp any 10.0.0.2 0.255.0.0
policy PORT - drop drop both
udp() { ip netns exec $h1 bash -c "head -c 4000 /dev/zero >/dev/udp/10.2.0.2/$1"; }
check "fragments follow their datagram's ports" none_seen \
	"udp or (ip[6:2] & 0x1fff != 0 and not proto 50)" udp 5001
check "it was encrypted" grows 1 encrypt 1 udp 5001
check "a denied port is not" fails grows 1 encrypt 1 udp 6000
check "wildcard with a hole: outside it is clear" fails grows 1 encrypt 1 \
	attempt $h1 timeout 1 bash -c 'echo </dev/tcp/10.2.0.2/9'

check "and inside it is not" grows 1 encrypt 1 udp 9

both acl LOCAL deny icmp any any
policy ALL LOCAL drop drop both
check "local deny comes first" fails grows 1 encrypt 1 pings $h1 10.2.0.2
check "and its traffic passes" pings $h1 10.2.0.2

tell 1 group 1 wan ALL - drop accept receive
tell 2 group 1 wan ALL - drop accept both
check "receive-only sends clear, takes both" pings $h1 10.2.0.2
check "receive-only decrypts" grows 1 decrypt 1 pings $h1 10.2.0.2

policy ALL - clear drop both
both use 1 0
check "no SA, policy clear: passes" pings $h1 10.2.0.2
both use 1 7004
check "with an SA again: encrypted" none_seen icmp pings $h1 10.2.0.2

policy ICMP - drop drop both
for i in 1 2; do
	tell $i acl TCP permit tcp any any
	tell $i group 2 wan TCP - drop drop both
	tell $i sa 2 8000 aes128-sha1 80 $i send
	tell $i use 2 8000
done
check "two groups on one interface: first" grows 1 encrypt 1 pings $h1 10.2.0.2
check "two groups on one interface: second" grows 1 encrypt 2 \
	tcp $h1 $h2 10.2.0.2
check "nothing in clear" none_seen "tcp or icmp" pings $h1 10.2.0.2
tell 1 group 3 lan ALL - drop drop both
tell 1 sa 3 8001 gcm128 81 1 send
tell 1 use 3 8001
check "a group on another interface" grows 1 encrypt 3 \
	attempt $h2 ping -c 1 -W 1 10.1.0.2
check "it refuses clear from its own side" grows 1 NOT_IPSEC 3 \
	attempt $h1 ping -c 1 -W 1 10.2.0.2
tell 1 groupdel 3
both groupdel 2
check "groups go" pings $h1 10.2.0.2

policy ALL - drop drop both
ip -n $g1 link set gm0 down
check "a TUN that goes down is raised" until_line 1 "! trouble gm0 was down"
check "and carries traffic" pings $h1 10.2.0.2

ip -n $g1 link set wan mtu 1400
ip -n $h1 route flush cache
sleep 0.3
check "the link's MTU is followed" df_error $h1 13 1350
ip -n $g1 link set wan mtu 1500

# Traffic all the while, first of all in between: none of it in clear.
fault() { # what gateway 1 tells, command...
	local tells=$1 before rc k
	shift
	before=$(grep -c -- "$tells" "$tmp/out1")
	capture "ip and not proto 50"
	ip netns exec $h1 ping -n -q -i 0.002 -W 1 10.2.0.2 >/dev/null 2>&1 &
	k=$!
	sleep 0.1
	"$@"
	told_again "$tells" "$before" && pings_soon $h1 10.2.0.2
	rc=$?
	kill $k
	wait $k 2>/dev/null
	[ "$(captured)" = 0 ] && return $rc
}
told_again() { # text ("": nothing to tell), times before
	local n
	[ -n "$1" ] || return 0
	for n in $(seq 400); do
		[ "$(grep -c -- "$1" "$tmp/out1")" -gt "$2" ] && return 0
		sleep 0.05
	done
	return 1
}
rules_flushed() {
	ip -n $g1 rule flush
	ip -n $g1 rule add pref 32766 lookup main
	ip -n $g1 rule add pref 32767 lookup default
}
check "the TUN deleted" fault "! trouble gm0 was deleted, made again" \
	ip -n $g1 link del gm0
check "its address taken" fault "! trouble gm0 was down, raised again" \
	ip -n $g1 addr flush dev gm0
check "its MTU changed" fault "! trouble gm0 was down, raised again" \
	ip -n $g1 link set gm0 mtu 1000
if [ "$CAPTURE" = tun ]; then
	check "the policy rule deleted" fault "! trouble policy rules" \
		ip -n $g1 rule del pref 100
	check "all rules deleted" fault "! trouble policy rules" rules_flushed
	check "the way into the TUN deleted" fault "! trouble policy rules" \
		ip -n $g1 route del default table 21000 dev gm0
	check "its table flushed" fault "! trouble policy rules" \
		ip -n $g1 route flush table 21000
else
	check "the TAP deleted" fault "! trouble gmx0 was deleted, made again" \
		ip -n $g1 link del gmx0
	check "the TAP down" fault "! trouble gmx0 was down, raised again" \
		ip -n $g1 link set gmx0 down
fi
check "the ruleset flushed by another program" fault "" \
	ip netns exec $g1 nft flush ruleset
check "what comes in still comes once" each_once 1
ip -n $g1 link set wan down
ip -n $g1 link set wan up
ip -n $g1 route replace default via 192.168.1.254
check "the WAN link down and up" pings $h1 10.2.0.2
wan_anew() {
	ip -n $g1 link del wan
	ip -n $g1 link add wan type veth peer name g1 netns $core
	ip -n $g1 addr add 192.168.1.1/24 dev wan
	ip -n $core addr add 192.168.1.254/24 dev g1
	ip -n $g1 link set wan up
	ip -n $core link set g1 up
	ip -n $g1 route add default via 192.168.1.254
	ip -n $core route add 10.1.0.0/24 via 192.168.1.1
}
wan_anew
check "the WAN deleted and made again" pings_soon $h1 10.2.0.2
check "nothing in clear through the new one" none_seen \
	"ip and not proto 50" pings $h1 10.2.0.2
ip -n $g2 link set wan down
ip -n $g2 link set wan up
ip -n $g2 route add default via 192.168.2.254
check "a ring lives through its link's fall" pings $h1 10.2.0.2 -W 3
check "and is in use" each_once 2
ip -n $g2 link del wan
ip -n $g2 link add wan type veth peer name g2 netns $core
ip -n $g2 addr add 192.168.2.1/24 dev wan
ip -n $core addr add 192.168.2.254/24 dev g2
ip -n $g2 link set wan up
ip -n $core link set g2 up
ip -n $g2 route add default via 192.168.2.254
ip -n $core route add 10.2.0.0/24 via 192.168.2.1
sleep 0.3
check "a device in its place has a ring too" over 2 ring
check "and it is in use" each_once 2

kill -9 "$(pgrep -P "$pid1" -x dpdrive || echo "$pid1")" 2>/dev/null
wait "$pid1" 2>/dev/null
check "killed: nothing leaves in clear" none_seen "ip and not proto 50" \
	attempt $h1 ping -c 5 -i 0.1 -W 1 10.2.0.2
start 1
check "opened again: clean" [ -z "$(ip netns exec $g1 nft list tables ip)" ]
tell 1 acl ALL permit ip any any
tell 1 group 1 wan ALL - drop drop both
rekey 9000 gcm256 90
check "opened again: works" pings $h1 10.2.0.2

tell 1 quit
wait "$pid1"
start 1 user no-own
tell 1 acl ALL permit ip any any
tell 1 group 1 wan ALL - drop drop both
rekey 9001 gcm256 91
check "where tables have no owner" each_once 1
flushed() {
	local n
	ip netns exec $g1 nft flush ruleset
	for n in $(seq 100); do
		[ -n "$(at_ingress 1 2>/dev/null)" ] && return
		sleep 0.05
	done
	return 1
}
check "the rules come back" flushed
check "and what comes in comes once again" each_once 1

both quit
wait "$pid1" "$pid2"
ok $? "both close without error"
check "g1 is as before" clean $g1
check "g2 is as before" clean $g2
echo "1..$tests"
