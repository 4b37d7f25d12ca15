#!/bin/bash
# Access lists of 10,000 entries in the kernel: how long they take to load
# compared to nft -f of the same rules, and what they cost a packet compared to
# 10 entries.  See README.md beside this.
#
#   make bench; sudo tests/bench/bench-acl.sh
#
# BUILD=DIRECTORY: other programs; ROUNDS=N: medians of so many rounds;
# SECONDS_EACH=N: packets for so long.
set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
BUILD=${BUILD-$TOP/build}
ROUNDS=${ROUNDS-5}
SECONDS_EACH=${SECONDS_EACH-2}
P=gv-acl-$$-
W=

cleanup() {
	ip netns del "${P}gen" 2>/dev/null
	ip netns del "${P}gw" 2>/dev/null
	ip netns del "${P}sink" 2>/dev/null
	rm -rf "$W"
}

in_ns() {
	local n=$1

	shift
	ip netns exec "$P$n" "$@"
}

# gen -- gw -- sink: packets pass the list in gw and end in sink.
net_start() {
	local n

	for n in gen gw sink; do
		ip netns add "$P$n" || die "no network namespaces"
		in_ns $n ip link set lo up
		in_ns $n sysctl -q -w net.ipv4.conf.all.rp_filter=0 \
			net.ipv4.conf.default.rp_filter=0 \
			net.ipv4.ip_forward=1
	done
	ip link add left netns "${P}gw" type veth peer name eth0 \
		netns "${P}gen"
	ip link add right netns "${P}gw" type veth peer name eth0 \
		netns "${P}sink"
	in_ns gen ip address add 192.0.2.1/30 dev eth0
	in_ns gw ip address add 192.0.2.2/30 dev left
	in_ns gw ip address add 192.0.2.5/30 dev right
	in_ns sink ip address add 192.0.2.6/30 dev eth0
	in_ns gen ip link set eth0 up
	in_ns gw ip link set left up
	in_ns gw ip link set right up
	in_ns sink ip link set eth0 up
	in_ns gen ip route add default via 192.0.2.2
	in_ns gw ip route add default via 192.0.2.6
	in_ns sink ip route add blackhole default
}

received() {
	in_ns sink cat /sys/class/net/eth0/statistics/rx_packets
}

forget() {
	in_ns gw nft flush ruleset
}

# load KIND N FILE: microseconds of processor time for ours.
load() {
	forget
	in_ns gw "$BUILD/bench_acl" load "$1" "$2" >>"$3" 2>"$W/log" ||
		die "$(cat "$W/log")"
}

nft_load() { # KIND N FILE
	local TIMEFORMAT='%U %S'

	forget
	"$BUILD/bench_acl" text "$1" "$2" >"$W/rules"
	{ time in_ns gw nft -f "$W/rules"; } 2>"$W/time" || die "nft -f fails"
	awk '{ print ($1 + $2) * 1e6 }' "$W/time" >>"$3"
}

# rate KIND PACKETS-OF FILE: packets a second that arrive, whatever list is
# loaded.
rate() {
	local before

	before=$(received)
	in_ns gen "$BUILD/bench_acl" send "$1" "$2" "$SECONDS_EACH" >/dev/null
	echo $((($(received) - before) / SECONDS_EACH)) >>"$3"
}

median() {
	sort -g "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

row() { # TEXT A B TARGET
	printf '%-44s %10.0f %10.0f %7s  %s\n' "$1" "$2" "$3" \
		"$(awk "BEGIN { printf \"%.2f\", $2 / $3 }")" "$4"
}

[ "$(id -u)" = 0 ] || die "needs root"
W=$(mktemp -d)
trap cleanup EXIT
trap 'exit 130' INT TERM
net_start
for ((i = 0; i < ROUNDS; i++)); do
	for kind in sites mixed; do
		for n in 10 1000 10000; do
			nft_load $kind $n "$W/nft-$kind-$n"
			rate $kind $n "$W/rules-$kind-$n"
			load $kind $n "$W/load-$kind-$n"
			rate $kind $n "$W/rate-$kind-$n"
		done
	done
done
printf '%-44s %10s %10s %7s  %s\n' "load (us of processor time)" "nft -f" \
	"ours" "ratio" "target"
for kind in sites mixed; do
	for n in 10 1000 10000; do
		row "$n entries, $kind" "$(median "$W/nft-$kind-$n")" \
			"$(median "$W/load-$kind-$n")" \
			"$([ $n = 10000 ] && echo ">= 5")"
	done
done
printf '%-44s %10s %10s %7s  %s\n' "packets a second" "this many" \
	"10, ours" "ratio" "target"
for kind in sites mixed; do
	for n in 1000 10000; do
		row "$n entries, $kind, ours" \
			"$(median "$W/rate-$kind-$n")" \
			"$(median "$W/rate-$kind-10")" \
			"$([ $n = 10000 ] && echo ">= 0.50")"
		row "$n entries, $kind, nft -f" \
			"$(median "$W/rules-$kind-$n")" \
			"$(median "$W/rate-$kind-10")" ""
	done
done
