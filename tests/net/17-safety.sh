#!/bin/bash
# Clear text never passes where the policy forbids it: R2, under fail-close, and
# R3, fail-open, are killed at random moments while traffic runs both ways; the
# core looks at the wire.  Prints TAP.
#
#   SEED=N    the moments (printed); ROUNDS=N kills of each router

set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
LAB_PREFIX=${LAB_PREFIX-gv17-}
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
# shellcheck source=tests/net/lab.sh
. "$TOP/tests/net/lab.sh"
need_root
trap lab_down EXIT
trap 'exit 130' INT TERM

SEED=${SEED-$(od -An -N2 -tu2 /dev/urandom | tr -d ' ')}
ROUNDS=${ROUNDS-6}
UDP_PORT=7014
RANDOM=$SEED

# forbidden FILE: packets in clear of the flows that the policy forbids.
forbidden() {
	lab_packets "$1" "(icmp || udp.port == $UDP_PORT) &&
		ip.addr == 172.16.0.0/16" ip.src ip.dst | sort | uniq -c
}

none_in_clear() { # FILE
	local seen

	seen=$(forbidden "$1")
	say "$seen"
	[ -z "$seen" ]
}

esp_ran() { # FILE
	[ "$(lab_packets "$1" esp | wc -l)" -gt "${2-20}" ]
}

# Ping and a stream of UDP, both ways between H2 and H3.
traffic_start() {
	local n

	TRAFFIC=()
	for n in 2 3; do
		lab_bg /dev/null "H$n" ping -q -n -i 0.01 -W 1 \
			"172.16.$((5 - n)).10"
		TRAFFIC+=("$LAB_BG")
		lab_bg /dev/null "H$n" "$TOP/tests/net/echo.py" stream \
			"172.16.$((5 - n)).10" $UDP_PORT
		TRAFFIC+=("$LAB_BG")
	done
}

traffic_stop() {
	local pid

	for pid in "${TRAFFIC[@]}"; do
		kill -TERM "$pid" 2>/dev/null
	done
}

replace_now() {
	printf '%s\n' "crypto gdoi ks rekey replace-now" yes | lab_sh R1
}

kill9() {
	kill -KILL "$(lab_pid "$1")"
	wait_for 5 lab_gone "$1"
}

# Up to so many milliseconds: what a random moment is.
moment() {
	local ms=$((RANDOM % $1))

	say "# $2: after $ms ms"
	sleep "$(printf '0.%03d' "$ms")"
}

# One death of ROUTER in each phase, at a random moment of it.
deaths() { # ROUTER
	local router=$1 round

	for ((round = 1; round <= ROUNDS; round++)); do
		case $((round % 3)) in
		0) # a rekey
			lab_cmd R1 "crypto gdoi ks rekey" >/dev/null
			moment 200 "round $round, $router: rekey"
			;;
		1) # the policy is replaced
			lab_conf R1 "ip access-list extended ICMP" \
				" $((100 + round)) permit tcp any any eq $round" \
				>/dev/null
			replace_now >/dev/null
			moment 200 "round $round, $router: new policy"
			;;
		*) moment 300 "round $round, $router: at work" ;;
		esac
		kill9 "$router" || return 1
		moment 100 "round $round, $router: dead"
		# Again while it boots or registers.
		lab_spawn "$router"
		moment 150 "round $round, $router: boot"
		kill9 "$router" || return 1
		lab_start "$router" || return 1
		wait_for 60 lab_registered "$router" || return 1
	done
}

# lab_start without the wait.
lab_spawn() {
	local dir=$LAB_RUN/$1

	rm -f "$dir/socket"
	setsid ip netns exec "$LAB_PREFIX$1" "$BUILD/getvpnd" -f \
		-d "$dir/state" -s "$dir/socket" \
		>>"$dir/console" 2>&1 </dev/null &
	printf '%s\n' $! >"$dir/pid"
	disown
	# Until the number is getvpnd's own, not yet that of ip.
	wait_for 5 lab_alive "$1"
}

# Rules of another program, and what is left of ours.
foreign_add() {
	lab_in "$1" nft -f - <<-'END'
	table ip other {
		chain c { type filter hook forward priority 0; policy accept; }
		set s { type ipv4_addr; elements = { 192.0.2.1 } }
	}
	table inet getvpn-like { }
	END
	lab_in "$1" ip rule add pref 50 fwmark 0x42 table 4242
	lab_in "$1" ip route add blackhole 192.0.2.0/24 table 4242
}

foreign_state() {
	lab_in "$1" nft list table ip other
	lab_in "$1" nft list table inet getvpn-like
	lab_in "$1" ip rule | grep -w 50:
	lab_in "$1" ip route show table 4242
}

ours_gone() {
	local left

	left=$(
		lab_in "$1" nft list tables | grep -vE 'other|getvpn-like'
		lab_in "$1" ip -o link show type tun
		lab_in "$1" ip rule | grep -vE '^(0|50|32766|32767):'
	)
	say "$left"
	[ -z "$left" ]
}

only_guard_left() {
	[ "$(lab_in "$1" nft list tables | grep -vE 'other|getvpn-like')" = \
		"table ip getvpn-guard" ]
}

has_udp() { # ROUTER
	lab_cmd "$1" "show crypto gdoi" | grep -q 'permit udp any any'
}

closed() { # ROUTER
	lab_cmd "$1" "show crypto map gdoi fail-close" |
		grep -q 'GigabitEthernet0/0: closed'
}

path_tells() { # ROUTER PACKET PATTERN
	lab_cmd "$1" "show crypto gdoi gm packet-path $2" |
		tee "$LAB_RUN/path" | grep -Eq "$3" || {
		cat "$LAB_RUN/path"
		return 1
	}
}

not_closed() {
	! closed "$1"
}

save() {
	lab_cmd "$1" "write memory" >/dev/null
}

core_reaches() { # ADDRESS
	lab_ping core "$1" 2 | grep -q ' 0% packet loss'
}

say "# seed $SEED"
if ! out=$(lab_up 2>&1); then
	tap_fail "the lab comes up" "$out"
	tap_end
	exit 1
fi
tap_check "all four members register" wait_for 60 lab_all_registered

tap_check "the policy grows by UDP" lab_conf R1 "ip access-list extended ICMP" \
	" 12 deny udp any any eq 848" " 14 deny udp any eq 848 any" \
	" 20 permit udp any any"
tap_check "a rekey takes it to the members" replace_now
tap_check "R2 gets it" wait_for 30 has_udp R2
tap_check "R3 gets it" wait_for 30 has_udp R3
tap_check "R2 is to fail close" lab_conf R2 "ip access-list extended FC" \
	" deny icmp host 192.168.2.254 host 192.168.2.1" "exit" \
	"crypto map GDOI_MAP gdoi fail-close" " match address FC" " activate"
tap_check "that closes nothing now" not_closed R2
tap_check "nothing of it is kept but not in force" \
	eval '! lab_cmd R2 "show platform unsupported" | grep -q fail-close'
for router in R1 R2 R3; do
	tap_check "$router: write memory" save "$router"
done
for router in R2 R3; do
	foreign_add "$router"
	foreign_state "$router" >"$LAB_RUN/$router.foreign"
done

capture=$LAB_RUN/deaths.pcap
lab_capture_start "$capture" "icmp or esp or udp port $UDP_PORT"
traffic_start
tap_check "R2, fail-close, dies and comes back" deaths R2
tap_check "R3, fail-open, dies and comes back" deaths R3
tap_check "traffic runs at the end" wait_for 20 \
	eval 'lab_ping H2 172.16.3.10 3 | grep -q " 0% packet loss"'
traffic_stop
lab_capture_stop "$capture"
tap_check "the wire saw ESP" esp_ran "$capture"
tap_check "and not one packet that the policy forbids" none_in_clear "$capture"

# From a cold start with nobody to register with, in fail-close.
tap_check "the key server stops" lab_stop R1
tap_check "R2 stops in good order" lab_stop R2
tap_check "of ours only the guard stays" only_guard_left R2
capture=$LAB_RUN/closed.pcap
lab_capture_start "$capture" "net 172.16.0.0/16 and not esp"
traffic_start
lab_echo H2 172.16.3.10 tcp 2>/dev/null
tap_check "R2 starts" lab_start R2
tap_check "it is closed" wait_for 10 closed R2
lab_echo H2 172.16.3.10 tcp 2>/dev/null
tap_check "packet-path tells that it is closed" path_tells R2 \
	"172.16.2.10 172.16.3.10 tcp" "Outbound +: dropped: the interface is fail-closed"
tap_check "and what its list lets pass" path_tells R2 \
	"192.168.2.1 192.168.2.254 icmp" \
	"In clear +: passes in clear: fail-closed, but its access list denies it"
tap_check "and that key exchange does" path_tells R2 \
	"192.168.2.254 192.168.1.254 udp 848 848" "Outbound +: passes in clear"
traffic_stop
lab_capture_stop "$capture"
# shellcheck disable=SC2016 # expanded by eval
tap_check "nothing of its LAN got out, not even what no policy names" \
	eval '[ -z "$(lab_packets "$capture" "ip.src == 172.16.2.10")" ]'
tap_check "what the list denies passes" core_reaches 192.168.2.254
tap_check "the key server starts" lab_start R1
tap_check "R2 registers" wait_for 90 lab_registered R2
tap_check "and is not closed any more" wait_for 10 not_closed R2
tap_check "packet-path tells that, too" path_tells R2 \
	"172.16.2.10 172.16.3.10 icmp" "Outbound +: encrypted"

for router in R2 R3; do
	tap_check "$router: what others put into the kernel is untouched" \
		diff "$LAB_RUN/$router.foreign" <(foreign_state "$router")
done
tap_check "R3 stops" lab_stop R3
tap_check "and leaves nothing" ours_gone R3
tap_check "R2 without fail-close" \
	lab_conf R2 "no crypto map GDOI_MAP gdoi fail-close"
tap_check "R2 stops" lab_stop R2
tap_check "and leaves nothing" ours_gone R2
tap_check "all routers end well" lab_ends_well
tap_end
