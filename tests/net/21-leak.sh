#!/bin/bash
# Whatever becomes of links, devices, addresses, policy and keys of a group
# member, or other programs do to what it has in the kernel: traffic of every
# size goes on after it, and the wire never sees a packet of it in clear.  What
# is not the router's own in the kernel is at the end as it was.  Prints TAP.

set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
LAB_PREFIX=${LAB_PREFIX-gv21-}
LAB_ROUTERS="R1 R2 R3"
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
# shellcheck source=tests/net/lab.sh
. "$TOP/tests/net/lab.sh"
need_root
trap lab_down EXIT
trap 'exit 130' INT TERM

# Small packets, fragments, and a stream of UDP, both ways.
traffic_start() {
	local n to

	TRAFFIC=()
	for n in 2 3; do
		to=172.16.$((5 - n)).10
		lab_bg /dev/null "H$n" ping -q -n -i 0.01 -W 1 "$to"
		TRAFFIC+=("$LAB_BG")
		lab_bg /dev/null "H$n" ping -q -n -i 0.02 -s 4000 "$to"
		TRAFFIC+=("$LAB_BG")
		lab_bg /dev/null "H$n" "$TOP/tests/net/echo.py" stream "$to" 7021
		TRAFFIC+=("$LAB_BG")
	done
}

traffic_stop() {
	local pid

	for pid in "${TRAFFIC[@]}"; do
		kill -TERM "$pid" 2>/dev/null
	done
}

reaches() {
	lab_ping H2 172.16.3.10 3 | grep -q ' 0% packet loss'
}

has_all() { # ROUTER
	lab_cmd "$1" "show crypto gdoi" | grep -q 'permit ip any any'
}

# after TEXT COMMAND...: and then traffic passes.
after() {
	local text=$1

	shift
	tap_check "$text" "$@"
	tap_check "traffic passes again" wait_for 60 reaches
}

flap() {
	lab_in R3 ip link set wan down
	lab_in R3 ip link set wan up
}

# Of the core's end the addresses stay, but not all routes.
core_routes() { # GATEWAY
	lab_in core ip route replace 172.16.3.0/24 via "$1"
	lab_in core ip route replace 10.255.0.3/32 via "$1"
}

pulled() {
	lab_in core ip link set to-r3 down
	lab_in core ip link set to-r3 up
	core_routes 192.168.3.254
}

made_anew() {
	lab_in R3 ip link del wan
	lab_wire R3 wan core to-r3
	lab_address core to-r3 192.168.3.1/24
	core_routes 192.168.3.254
}

moved() { # ADDRESS
	lab_conf R3 "interface GigabitEthernet0/0" \
		" ip address $1 255.255.255.0" >/dev/null
	core_routes "$1"
	wait_for 60 lab_registered R3
}

# A sender that may not fragment, and fills the link, is told what is left.
inner_mtu() { # LINK-MTU INNER-MTU
	lab_in H3 ip route flush cache
	lab_in H3 ping -q -c 2 -i 0.2 -W 1 -M "do" -s $(($1 - 28)) \
		172.16.2.10
	lab_in H3 ip route get 172.16.2.10 | grep -q "mtu $2"
}

replaced() { # SEQUENCE PORT
	lab_conf R1 "ip access-list extended ICMP" \
		" $1 deny tcp any any eq $2" >/dev/null
	printf '%s\n' "crypto gdoi ks rekey replace-now" yes | lab_sh R1
	wait_for 30 has_port R3 "$2"
}

has_port() { # ROUTER PORT
	lab_cmd "$1" "show crypto gdoi" | grep -q "port = $2"
}

rekeyed() {
	local n

	for n in 1 2 3; do
		lab_cmd R1 "crypto gdoi ks rekey" >/dev/null
		sleep 0.3
	done
}

killed() {
	kill -KILL "$(lab_pid R3)"
	wait_for 5 lab_gone R3
	lab_start R3 && wait_for 60 lab_registered R3
}

rules_gone() {
	local pref

	for pref in $(lab_in R3 ip rule | sed 's/:.*//'); do
		case $pref in
		0 | 50 | 32766 | 32767) ;;
		*) lab_in R3 ip rule del pref "$pref" ;;
		esac
	done
}

devices_gone() {
	local dev

	for dev in $(lab_in R3 ip -o link show type tun |
		sed -n 's/^[0-9]*: \(gm[^:@]*\).*/\1/p'); do
		lab_in R3 ip link del "$dev"
	done
}

# What others put into the kernel.
foreign_add() {
	lab_in "$1" nft -f - <<-'END'
	table ip other {
		set s { type ipv4_addr; elements = { 192.0.2.1 } }
		chain c { type filter hook forward priority 0; policy accept; }
	}
	table inet getvpn-like { }
	END
	lab_in "$1" ip rule add pref 50 fwmark 0x42 table 4242
	lab_in "$1" ip route add blackhole 192.0.2.0/24 table 4242
	lab_in "$1" ip route add blackhole 198.51.100.0/24
	lab_in "$1" ip xfrm policy add dir out src 192.0.2.0/24 \
		dst 198.51.100.0/24 priority 5 action block 2>/dev/null
}

foreign_state() {
	lab_in "$1" nft list table ip other
	lab_in "$1" nft list table inet getvpn-like
	lab_in "$1" ip rule | grep -w 50:
	lab_in "$1" ip -6 rule
	lab_in "$1" ip route show table 4242
	lab_in "$1" ip route show 198.51.100.0/24
	lab_in "$1" ip xfrm policy
	lab_in "$1" ip xfrm state
}

ours_gone() {
	local left

	left=$(
		lab_in "$1" nft list tables | grep -vE 'other|getvpn-like'
		lab_in "$1" ip -o link show type tun
		lab_in "$1" ip rule | grep -vE '^(0|50|32766|32767):'
		lab_in "$1" ip route show table all | grep -E 'table 2[0-9]{4}'
	)
	say "$left"
	[ -z "$left" ]
}

clear_seen() { # FILE
	lab_packets "$1" 'ip.addr == 172.16.0.0/16 && !esp' \
		frame.number ip.src ip.dst ip.proto
}

none_clear() { # FILE
	local seen

	seen=$(clear_seen "$1")
	say "$(wc -l <<<"$seen") lines"
	say "$(head -n 5 <<<"$seen")"
	[ -z "$seen" ]
}

if ! out=$(lab_up 2>&1); then
	tap_fail "the lab comes up" "$out"
	tap_end
	exit 1
fi
tap_check "both members register" wait_for 60 lab_all_registered
lab_conf R1 "ip access-list extended ICMP" " 2 deny udp any any eq 848" \
	" 4 deny udp any eq 848 any" " 20 permit ip any any" >/dev/null
printf '%s\n' "crypto gdoi ks rekey replace-now" yes | lab_sh R1 >/dev/null
tap_check "R2 has the policy" wait_for 30 has_all R2
tap_check "R3 has the policy" wait_for 30 has_all R3
lab_cmd R3 "write memory" >/dev/null
foreign_add R3
foreign_state R3 >"$LAB_RUN/R3.foreign"

capture=$LAB_RUN/leak.pcap
lab_capture_start "$capture" "net 172.16.0.0/16"
traffic_start
after "the link goes down and up" flap
after "the cable is pulled and put back" pulled
after "the interface is deleted and made again" made_anew
lab_in R3 ip link set wan mtu 1400
tap_check "a smaller MTU is followed" wait_for 10 inner_mtu 1400 1342
lab_in R3 ip link set wan mtu 1500
tap_check "a larger one, too" wait_for 10 inner_mtu 1500 1438
after "the address changes" moved 192.168.3.253
after "and changes back" moved 192.168.3.254
after "keys are replaced" rekeyed
after "the policy is replaced" replaced 5 7001
after "and again" replaced 6 7002
after "policy rules are deleted by another program" rules_gone
after "its devices are, too" devices_gone
after "it is killed and comes back" killed
traffic_stop
lab_capture_stop "$capture"
# shellcheck disable=SC2016 # expanded by eval
tap_check "the wire saw ESP" \
	eval '[ "$(lab_packets "$capture" esp | wc -l)" -gt 500 ]'
tap_check "and nothing of it in clear" none_clear "$capture"
renamed() {
	lab_in R3 ip link set wan name wan9
	wait_for 10 eval 'lab_cmd R3 "show logging" | grep -q NETDEV-3-RENAMED'
	! lab_in R3 ip -o link show wan9 up | grep .
}
back() {
	lab_in R3 ip link set wan9 name wan
	wait_for 60 lab_registered R3
}
tap_check "a device under another name is shut down" renamed
after "under its own it is not" back
tap_check "what others put into the kernel is untouched" \
	diff "$LAB_RUN/R3.foreign" <(foreign_state R3)
tap_check "R3 stops" lab_stop R3
tap_check "and leaves nothing" ours_gone R3
tap_check "but what others put there" \
	diff "$LAB_RUN/R3.foreign" <(foreign_state R3)
tap_check "all routers end well" lab_ends_well
tap_end
