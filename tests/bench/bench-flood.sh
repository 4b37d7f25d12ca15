#!/bin/bash
# Registrations one after another, quiet and in a flood of first messages from
# borrowed addresses: how much longer they take, and what memory the flood
# costs.  See README.md beside this.
#
#   make bench net_flood; sudo tests/bench/bench-flood.sh
#
# BUILD=DIRECTORY: other programs; MEMBERS=N: so many; RATE=N: messages a
# second; ROUNDS=N: medians of so many rounds.
set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
BUILD=${BUILD-$TOP/build}
MEMBERS=${MEMBERS-200}
RATE=${RATE-100000}
ROUNDS=${ROUNDS-3}
PREFIX=gv-flood-$$-
SERVER=192.0.2.1
W=
DAEMON=
FLOOD=

in_ks() {
	ip netns exec "${PREFIX}ks" "$@"
}

in_wan() {
	ip netns exec "${PREFIX}wan" "$@"
}

cleanup() {
	[ -z "$FLOOD" ] || kill "$FLOOD"
	[ -z "$DAEMON" ] || kill "$DAEMON"
	wait
	ip netns del "${PREFIX}ks" 2>/dev/null
	ip netns del "${PREFIX}wan" 2>/dev/null
	rm -rf "$W"
}

# Members and flood share a namespace; answers to strangers end there.
net_start() {
	local ns

	for ns in ks wan; do
		ip netns add "$PREFIX$ns" || die "no network namespaces"
	done
	ip link add to-wan netns "${PREFIX}ks" type veth \
		peer name to-ks netns "${PREFIX}wan"
	for ns in in_ks in_wan; do
		$ns sysctl -q -w net.ipv4.conf.all.rp_filter=0 \
			net.ipv4.conf.default.rp_filter=0
		$ns ip link set lo up
	done
	in_ks sysctl -q -w net.ipv4.conf.to-wan.rp_filter=0
	in_ks ip address add $SERVER/24 dev to-wan
	in_ks ip link set to-wan up
	in_ks ip route add default via 192.0.2.2
	in_wan ip address add 192.0.2.2/24 dev to-ks
	in_wan ip link set to-ks up
	in_wan ip route add local 10.1.0.0/16 dev lo
	in_wan ip route add blackhole 10.128.0.0/9
}

daemon_start() {
	mkdir -p "$W/state"
	(exec ip netns exec "${PREFIX}ks" taskset -c 0 "$BUILD/getvpnd" -f \
		-d "$W/state" -s "$W/socket") >"$W/log" 2>&1 </dev/null &
	DAEMON=$! # each exec replaces the one before
	wait_for 10 test -S "$W/socket" || die "getvpnd does not start"
	cat >"$W/config" <<-END
		no logging console
		crypto key generate rsa modulus 2048 label BENCH
		crypto isakmp policy 10
		 encryption aes
		 hash sha256
		 authentication pre-share
		 group 14
		crypto isakmp key bench address 0.0.0.0
		crypto ipsec transform-set TS esp-aes esp-sha-hmac
		crypto ipsec profile P
		 set transform-set TS
		ip access-list extended A
		 permit ip any any
		crypto gdoi group BENCH
		 identity number 1
		 server local
		  address ipv4 $SERVER
		  rekey algorithm aes 128
		  rekey sig-hash algorithm sha256
		  rekey authentication mypubkey rsa BENCH
		  rekey transport unicast
		  sa ipsec 1
		   profile P
		   match address ipv4 A
	END
	"$BUILD/getvpnsh" -s "$W/socket" -f "$W/config" >"$W/paste" || {
		cat "$W/paste"
		die "the configuration is refused"
	}
}

load() { # FIRST-MEMBER FILE: microseconds a registration
	in_wan taskset -c 1 "$BUILD/bench_load" -p "$DAEMON" -s $SERVER \
		-b "$1" -g 14 -n "$MEMBERS" -w 1 |
		sed -n 's/.* wall_us=\([^ ]*\).*/\1/p' >"$W/one"
	[ -s "$W/one" ] || die "not all members registered: is the machine busy?"
	cat "$W/one" >>"$2"
}

rss_kib() {
	awk '/^VmRSS/ { print $2 }' "/proc/$DAEMON/status"
}

median() {
	sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

flood_start() {
	(exec ip netns exec "${PREFIX}wan" taskset -c 1 "$BUILD/net_flood" \
		-d $SERVER -r "$RATE" -t 600 -H 4 -g 14) >/dev/null &
	FLOOD=$!
	wait_for 10 pressed || die "the flood does not arrive"
}

pressed() {
	"$BUILD/getvpnsh" -s "$W/socket" \
		-c "show crypto call admission statistics" |
		grep -q 'without SA: [0-9]\{4\}'
}

flood_stop() {
	kill "$FLOOD"
	wait "$FLOOD" 2>/dev/null
	FLOOD=
}

[ "$(id -u)" = 0 ] || die "needs root"
W=$(mktemp -d)
trap cleanup EXIT
trap 'exit 130' INT TERM
net_start
for ((i = 0; i < ROUNDS; i++)); do
	rm -rf "$W/state"
	daemon_start
	load 10.1.0.1 "$W/quiet"
	before=$(rss_kib)
	flood_start
	load 10.1.100.1 "$W/flood"
	after=$(rss_kib)
	flood_stop
	kill "$DAEMON"
	wait "$DAEMON" 2>/dev/null
	DAEMON=
	printf '%s\n' $((after - before)) >>"$W/memory"
done
quiet=$(median <"$W/quiet")
flood=$(median <"$W/flood")
printf '%-46s %12s %12s %8s  %s\n' "what" "flooded" "quiet" "ratio" "target"
printf '%-46s %12s %12s %8s  %s\n' \
	"registration among $RATE first messages/s (us)" "$flood" "$quiet" \
	"$(awk "BEGIN { printf \"%.2f\", $flood / $quiet }")" "<= 2.00"
printf '%-46s %12s\n' "  resident memory the flood adds (KiB)" \
	"$(median <"$W/memory")"
