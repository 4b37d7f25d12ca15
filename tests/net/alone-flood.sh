#!/bin/bash
# A key server under 100,000 first messages a second from borrowed addresses:
# members register meanwhile, memory stays bounded, and afterwards all is as
# before.  Times are for tests/bench/bench-flood.sh.  Prints TAP.

set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
LAB_PREFIX=${LAB_PREFIX-gvflood-}
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
# shellcheck source=tests/net/lab.sh
. "$TOP/tests/net/lab.sh"
need_root
trap 'lab_down' EXIT
trap 'exit 130' INT TERM

LAB_ROUTERS="R1 R2 R3"
LAB_MEMBERS="R2 R3"
LAB_NODES="core $LAB_ROUTERS F"
RATE=${RATE-100000}
GROWTH_KIB=65536
# Under a sanitizer the key server is several times slower, and keeps freed
# memory for a while.
if nm -D "$BUILD/getvpnd" 2>/dev/null | grep -q __asan_init; then
	RATE=15000
	export ASAN_OPTIONS=${ASAN_OPTIONS-quarantine_size_mb=8}
fi

# The classic lab with two members, and F where the flood comes from.  Answers
# to the borrowed addresses end in the core.
lab_wires() {
	local node n

	for node in $LAB_NODES; do
		lab_node "$node"
	done
	lab_in core sysctl -q -w net.ipv4.ip_forward=1
	for n in 1 2 3; do
		lab_wire "R$n" wan core "to-r$n"
		lab_address core "to-r$n" "192.168.$n.1/24"
		[ "$n" != 1 ] || continue
		lab_wire "R$n" lan core "lan-r$n"
	done
	lab_wire F wan core to-f
	lab_address core to-f 192.168.9.1/24
	lab_address F wan 192.168.9.2/24
	lab_in F ip route add default via 192.168.9.1
	lab_in core ip route add blackhole 10.128.0.0/9
}

rss_kib() {
	awk '/^VmRSS/ { print $2 }' "/proc/$(lab_pid R1)/status"
}

# The lab's policy: SHA-1 and group 5.
flood_start() { # ARGUMENT...
	lab_bg "$LAB_RUN/flood" F "$BUILD/net_flood" -d 192.168.1.254 \
		-r "$RATE" -t 600 -H 2 -g 5 "$@"
	FLOOD=$LAB_BG
	wait_for 10 answers_without_sa 1000
}

flood_stop() {
	lab_bg_end "$FLOOD"
}

# admission LABEL: the number behind it.
admission() {
	lab_cmd R1 "show crypto call admission statistics" |
		sed -n "s/.*$1: *\([0-9]*\).*/\1/p"
}

answers_without_sa() { # AT-LEAST
	[ "$(admission "answered without SA")" -ge "$1" ]
}

# errors REASON: how many of them were counted.
errors() {
	lab_cmd R1 "show crypto isakmp diagnose error count" |
		awk -v reason="$1" 'index($0, reason) { n = $1 }
			END { print n + 0 }'
}

registrations() { # MEMBER
	lab_cmd "$1" "show crypto gdoi" |
		sed -n 's/.*Succeeded registration: *//p'
}

# Anew, phase 1 included, once the old one is given up.
members_register() {
	local m before=()

	for m in $LAB_MEMBERS; do
		before+=("$m $(registrations "$m")")
		printf '%s\n' "clear crypto isakmp" "clear crypto gdoi" yes |
			lab_sh "$m" >/dev/null
	done
	for m in "${before[@]}"; do
		# shellcheck disable=SC2086
		wait_for 60 more_registrations $m || return 1
	done
}

more_registrations() { # MEMBER THAN
	[ "$(registrations "$1")" -gt "$2" ] && lab_registered "$1"
}

quiet_before() {
	lab_up && wait_for 60 lab_all_registered
}

registers_in_the_flood() { # ARGUMENT OF THE FLOOD...
	local before after

	before=$(rss_kib)
	flood_start "$@" || return 1
	members_register || return 1
	wait_for 60 answers_without_sa 200000 || return 1
	after=$(rss_kib)
	flood_stop
	say "resident: $before KiB before, $after KiB in the flood"
	[ $((after - before)) -lt $GROWTH_KIB ]
}

# Aggressive Mode lets a stranger ask for public-key work: a bounded rate of it.
registers_in_an_aggressive_flood() {
	local before after

	lab_cmd R1 "clear crypto isakmp diagnose error"
	before=$(rss_kib)
	lab_bg "$LAB_RUN/flood" F "$BUILD/net_flood" -d 192.168.1.254 \
		-r "$RATE" -t 600 -H 2 -g 5 -a
	FLOOD=$LAB_BG
	wait_for 10 limit_refuses 1000 && members_register &&
		wait_for 60 limit_refuses 100000 || return 1
	after=$(rss_kib)
	flood_stop
	say "resident: $before KiB before, $after KiB in the flood"
	[ $((after - before)) -lt $GROWTH_KIB ]
}

limit_refuses() { # AT-LEAST
	[ "$(errors "over a limit")" -ge "$1" ]
}

# Half-open SAs of strangers are few, and gone in a minute.
strangers_go() {
	[ "$(admission negotiating)" -le 300 ] || return 1
	wait_for 60 strangers_gone
}

strangers_gone() {
	[ "$(admission negotiating)" = 0 ]
}

nothing_is_dropped_unseen() {
	lab_cmd R1 "clear crypto isakmp diagnose error"
	[ "$(errors "no proposal")" = 0 ] || return 1
	lab_in F "$BUILD/net_flood" -d 192.168.1.254 -r 2000 -t 1 -H 5 -g 5 ||
		return 1
	[ "$(errors "no proposal")" -gt 500 ]
}

make -s -C "$BUILD" net_flood || die "net_flood does not build"
tap_check "two members register" quiet_before
tap_check "they register again in a flood of one offer" registers_in_the_flood
tap_check "half-open SAs of strangers end" strangers_go
tap_check "they register in a flood of ever new offers" registers_in_the_flood -v
tap_check "they register in a flood of Aggressive Mode" \
	registers_in_an_aggressive_flood
tap_check "unacceptable offers are counted" nothing_is_dropped_unseen
tap_check "all routers stop well" lab_ends_well
tap_end
