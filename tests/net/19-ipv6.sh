#!/bin/bash
# A group that protects IPv6: two members, whose key server they reach over
# IPv4 as ever, with hosts behind them that speak IPv6 only.  What crosses the
# wire is ESP between the hosts' own addresses; clear text never does, whatever
# dies or is not there yet.  Prints TAP.

set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
LAB_PREFIX=${LAB_PREFIX-gv19-}
LAB_ROUTERS="R1 R2 R3"
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
# shellcheck source=tests/net/lab.sh
. "$TOP/tests/net/lab.sh"
need_root
[ -e /proc/sys/net/ipv6 ] || {
	say "1..0 # SKIP no IPv6"
	exit 0
}
trap lab_down EXIT
trap 'exit 130' INT TERM

H2=2001:db8:2::10
H3=2001:db8:3::10
ECHO=7019

lab_node() {
	ip netns add "$LAB_PREFIX$1"
	lab_in "$1" ip link set lo up
	lab_in "$1" sysctl -q -w net.ipv6.conf.all.accept_dad=0 \
		net.ipv6.conf.default.accept_dad=0 \
		net.ipv6.conf.default.router_solicitations=0 \
		net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
}

lab_wires() {
	local node n

	for node in $LAB_NODES; do
		lab_node "$node"
	done
	lab_in core sysctl -q -w net.ipv4.ip_forward=1 \
		net.ipv6.conf.all.forwarding=1
	for n in 1 2 3; do
		lab_wire "R$n" wan core "to-r$n"
		lab_address core "to-r$n" "192.168.$n.1/24"
		lab_address core "to-r$n" "2001:db8:ff0$n::1/64"
		[ "$n" != 1 ] || continue
		lab_wire "R$n" lan "H$n" eth0
		lab_address "H$n" eth0 "2001:db8:$n::10/64"
		lab_in "H$n" ip route add default via "2001:db8:$n::1"
		lab_in core ip route add "2001:db8:$n::/48" \
			via "2001:db8:ff0$n::254"
	done
}

configs_write() {
	local n

	cat >"$1/R1.txt" <<-'R1'
		hostname R1
		interface GigabitEthernet0/0
		 netdev wan
		 ip address 192.168.1.254 255.255.255.0
		 no shutdown
		exit
		ip route 0.0.0.0 0.0.0.0 192.168.1.1
		crypto isakmp policy 10
		 encryption aes
		 authentication pre-share
		 group 14
		crypto isakmp key MY_KEY address 0.0.0.0
		crypto ipsec transform-set TS esp-aes esp-sha256-hmac
		crypto ipsec profile PROF
		 set transform-set TS
		crypto key generate rsa modulus 2048 label REKEY
		ipv6 access-list SITES
		 deny udp any any eq 7020
		 permit ipv6 2001:db8:2::/48 2001:db8:3::/48
		 permit ipv6 2001:db8:3::/48 2001:db8:2::/48
		crypto gdoi group ipv6 SIX
		 identity number 66
		 server local
		  address ipv4 192.168.1.254
		  rekey authentication mypubkey rsa REKEY
		  rekey transport unicast
		  sa ipsec 1
		   profile PROF
		   match address ipv6 SITES
	R1
	for n in 2 3; do
		cat >"$1/R$n.txt" <<-MEMBER
			hostname R$n
			ipv6 unicast-routing
			interface GigabitEthernet0/1
			 netdev lan
			 ipv6 address 2001:db8:$n::1/64
			 no shutdown
			exit
			ip route 0.0.0.0 0.0.0.0 192.168.$n.1
			ipv6 route ::/0 2001:db8:ff0$n::1
			crypto isakmp policy 10
			 encryption aes
			 authentication pre-share
			 group 14
			crypto isakmp key MY_KEY address 192.168.1.254
			crypto gdoi group ipv6 SIX
			 identity number 66
			 server address ipv4 192.168.1.254
			$([ "$n" = 3 ] || printf '%s\n' \
				'crypto map ipv6 MAP6 gdoi fail-close' \
				' activate' exit)
			crypto map ipv6 MAP6 10 gdoi
			 set group SIX
			interface GigabitEthernet0/0
			 netdev wan
			 ip address 192.168.$n.254 255.255.255.0
			 ipv6 address 2001:db8:ff0$n::254/64
			 ipv6 crypto map MAP6
			 no shutdown
		MEMBER
	done
}

# Between the hosts, nothing but ESP and the two fragment headers of it.
clear_seen() { # FILE
	lab_packets "$1" "ipv6 && !esp && ipv6.addr == 2001:db8:2::/48 &&
		ipv6.addr == 2001:db8:3::/48 && !(udp.port == 7020)" \
		ipv6.src ipv6.dst ipv6.nxt | sort | uniq -c
}

none_in_clear() { # FILE
	local seen

	seen=$(clear_seen "$1")
	say "$seen"
	[ -z "$seen" ]
}

esp_between_hosts() { # FILE
	[ "$(lab_packets "$1" "ipv6 && esp" ipv6.src ipv6.dst | sort -u)" = \
		"$(printf '%s\t%s\n' $H2 $H3 $H3 $H2)" ]
}

echoes() { # KIND
	lab_in H3 "$TOP/tests/net/echo.py" ask "$H2" $ECHO "$1"
}

pings() { # SIZE [OPTION...]
	local size=$1

	shift
	lab_in H2 ping -6 -q -c 3 -i 0.2 -W 2 -s "$size" "$@" "$H3" |
		grep -q ' 0% packet loss'
}

# The path MTU that H2 learnt by "packet too big".
too_big_told() {
	lab_in H2 ping -6 -q -c 2 -i 0.2 -W 1 -s 1440 -M "do" "$H3"
	lab_in H2 ip -6 route get "$H3" | grep -Eo 'mtu [0-9]+' |
		grep -Eq 'mtu 1(3|4)[0-9][0-9]'
}

# H3 as well learns its path MTU from the first answer that does not fit.
large_pings() {
	pings 4000 || pings 4000
}

transfers() {
	lab_bg "$LAB_RUN/iperf" H2 iperf3 -s -1 -B "$H2"
	wait_for 10 grep -q listening "$LAB_RUN/iperf"
	lab_in H3 iperf3 -c "$H2" -n 8M >/dev/null
}

has_keys_of() { # ROUTER TEXT
	lab_cmd "$1" "show crypto gdoi" | grep -q "$2"
}

shows() { # ROUTER COMMAND PATTERN
	local out

	out=$(lab_cmd "$1" "$2")
	grep -Eq "$3" <<<"$out" && return
	say "$out"
	return 1
}

# Traffic both ways, whatever the network says to it.
traffic_start() {
	lab_bg /dev/null H2 ping -6 -q -n -i 0.01 -W 1 "$H3"
	TRAFFIC=("$LAB_BG")
	lab_bg /dev/null H3 "$TOP/tests/net/echo.py" stream "$H2" 7021
	TRAFFIC+=("$LAB_BG")
}

traffic_stop() {
	kill -TERM "${TRAFFIC[@]}" 2>/dev/null
}

rekey_loses_nothing() {
	local out=$LAB_RUN/rekey

	lab_bg "$out" H2 ping -6 -q -n -i 0.05 -c 60 -W 2 "$H3"
	lab_cmd R1 "crypto gdoi ks rekey" >/dev/null
	wait_for 20 lab_bg_ended "$LAB_BG"
	grep ' 0% packet loss' "$out"
}

# Asks for its link-layer address, anew.
finds_neighbour() { # ADDRESS
	lab_in core ip -6 neigh flush dev to-r2
	lab_in core ping -6 -q -c 1 -W 1 "$1%to-r2"
	lab_in core ip -6 neigh show "$1" dev to-r2 | grep lladdr
}

kill9() {
	kill -KILL "$(lab_pid "$1")"
	wait_for 5 lab_gone "$1"
}

reboot() {
	lab_start "$1" && wait_for 60 lab_registered "$1"
}

# All of both families is gone.
nothing_left() { # ROUTER
	local left

	left=$(
		lab_in "$1" nft list tables
		lab_in "$1" ip -o link show type tun
		lab_in "$1" ip -6 rule | grep -vE '^(0|32766):'
		lab_in "$1" ip -6 route show table all |
			grep -E 'table 2[01][0-9]{3}'
	)
	say "$left"
	[ -z "$left" ]
}

mkdir -p "$LAB_RUN"
configs=$(mktemp -d)
trap 'lab_down; rm -rf "$configs"' EXIT
LAB_CONFIGS=$configs
configs_write "$configs"
if ! out=$(lab_up 2>&1); then
	tap_fail "the lab comes up" "$out"
	tap_end
	exit 1
fi
cap=$LAB_RUN/cap

tap_check "both members register" wait_for 60 lab_all_registered
tap_check "the key server's group is one of IPv6" \
	shows R1 "show crypto gdoi" 'Crypto Path *: ipv6'
tap_check "a member has its list" shows R2 "show crypto gdoi" \
	'permit ipv6 2001:DB8:2::/48 2001:DB8:3::/48'
tap_check "the user backend serves it" \
	shows R2 "show platform dataplane" 'user'

lab_capture_start "$cap"
tap_check "ping" pings 56
tap_check "a packet too big is told" too_big_told
tap_check "large ping, in fragments" large_pings
lab_bg "$LAB_RUN/echo" H2 "$TOP/tests/net/echo.py" serve "$H2" $ECHO
echo_pid=$LAB_BG
wait_for 10 grep -q ready "$LAB_RUN/echo"
tap_check "TCP" echoes tcp
tap_check "UDP" echoes udp
tap_check "a transfer of TCP" transfers
lab_capture_stop "$cap"
tap_check "nothing in clear" none_in_clear "$cap"
tap_check "ESP between the hosts' addresses" esp_between_hosts "$cap"
tap_check "packets are counted" shows R2 "show crypto ipsec sa" \
	'pkts encaps: [1-9]'
tap_check "packet-path says so" shows R2 \
	"show crypto gdoi gm packet-path $H2 $H3 tcp 1 2" 'encrypted'

# What the list denies passes as it is.
lab_capture_start "$cap.deny" udp port 7020
lab_bg /dev/null H2 "$TOP/tests/net/echo.py" stream "$H3" 7020
stream_pid=$LAB_BG
tap_check "denied traffic passes in clear" \
	wait_for 10 grep -q . <(lab_in core timeout 8 tcpdump -c 1 -n -i to-r3 \
		"udp port 7020" 2>/dev/null)
lab_bg_end "$stream_pid"
lab_capture_stop "$cap.deny"

tap_check "clear text that no entry selects comes in" \
	lab_in core ping -6 -q -c 1 -W 1 -I 2001:db8:ff02::1 2001:db8:ff02::254
lab_in core ip address add 2001:db8:3::66/128 dev lo
tap_check "but not what claims to be a member's" bash -c \
	"! ip netns exec ${LAB_PREFIX}core ping -6 -q -c 2 -i 0.2 -W 1 \
		-I 2001:db8:3::66 $H2"
lab_in core ip address del 2001:db8:3::66/128 dev lo
tap_check "the member reports it" wait_for 10 shows R2 "show logging" \
	'RECVD_PKT_NOT_IPSEC.*2001:DB8:3::66'

tap_check "a rekey loses nothing" rekey_loses_nothing

for router in R2 R3; do
	lab_cmd "$router" "write memory" >/dev/null
done
lab_capture_start "$cap.kill"
traffic_start
tap_check "R2 dies" kill9 R2
sleep 1
tap_check "R2 is back" reboot R2
tap_check "R3 dies" kill9 R3
sleep 1
tap_check "R3 is back" reboot R3
tap_check "traffic passes again" wait_for 20 pings 56
traffic_stop
lab_capture_stop "$cap.kill"
tap_check "nothing in clear meanwhile" none_in_clear "$cap.kill"

# Fail-close: without a key server nothing passes.
lab_bg_end "$echo_pid"
lab_stop R1
lab_stop R2
lab_capture_start "$cap.close"
traffic_start
lab_start R2
tap_check "R2 is closed until it has registered" wait_for 10 shows R2 \
	"show crypto map gdoi fail-close" 'GigabitEthernet0/0: closed'
sleep 1
tap_check "but its neighbours find it" finds_neighbour \
	"$(lab_in R2 ip -6 -o addr show dev wan scope link |
		awk '{ sub("/.*", "", $4); print $4 }')"
traffic_stop
lab_capture_stop "$cap.close"
tap_check "nothing in clear" none_in_clear "$cap.close"

lab_conf R2 "no crypto map ipv6 MAP6 gdoi fail-close" \
	"interface GigabitEthernet0/0" " no ipv6 crypto map" >/dev/null
tap_check "R2 leaves nothing behind" wait_for 10 nothing_left R2
tap_check "all end well" lab_ends_well
tap_end
