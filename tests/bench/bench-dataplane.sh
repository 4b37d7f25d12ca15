#!/bin/bash
# Speed of the user backend between two gateways as ratios to strongSwan's
# userspace ESP, to wireguard-go and to plain forwarding, in one interleaved run;
# and what leaves in clear while it is disturbed.  See README.md beside this.
#
#   make bench; sudo tests/bench/bench-dataplane.sh [-r ROUNDS]
#       [-c CONTENDER,...] [-m MEASURE,...]
#
# -c, -m: only these, of those below; rows that lack one of theirs are left out.
# BUILD=DIRECTORY: other programs; SECONDS_TCP, SECONDS_UDP: length of a step;
# WIREGUARD_GO=PROGRAM: another one than that of $PATH.
set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
BUILD=${BUILD-$TOP/build}
SECONDS_TCP=${SECONDS_TCP-3}
SECONDS_UDP=${SECONDS_UDP-0.4}
WIREGUARD_GO=${WIREGUARD_GO-wireguard-go}
ROUNDS=3
CONTENDERS=gcm,gcm-portable,swan,wireguard,plain,cbc,cbc-portable,swan-cbc
MEASURES=tcp1,tcp4,udp1400,udp1372,udp64,ping,crypto,aces,entries,destinations,cost,leaks
COST_RATE=15000 # packets a second; every contender has to bear it
N_ENTRIES=10000
N_DESTINATIONS=10000
P=gvb$$-
W=
NOT_MET=0
HEADING=()
# shellcheck source=tests/bench/dataplane-nets.sh
. "$TOP/tests/bench/dataplane-nets.sh"
# shellcheck source=tests/bench/dataplane-leaks.sh
. "$TOP/tests/bench/dataplane-leaks.sh"

cleanup() {
	nets_cleanup
	rm -rf "$W"
}

# --- one measure of one contender, once ------------------------------------

# note MEASURE CONTENDER VALUE: a line for each round.
note() {
	printf '%s\n' "${3:-0}" >>"$W/data/$1.$2"
}

tcp() { # CONTENDER FLOWS: Mbit/s that the receiver counted
	timeout $((SECONDS_TCP + 10)) ip netns exec "$P$1-h1" \
		iperf3 -c 10.2.0.2 -P "$2" -t "$SECONDS_TCP" -f m 2>&1 |
		awk '/receiver/ { v = $(NF - 2) } END { print v + 0 }'
}

udp() { # ARGUMENT...: of bench_udp, with a contender for FROM and TO
	local how=$1 c=$2

	shift 2
	timeout 60 "$BUILD/bench_udp" "$how" "$P$c-h1" "$P$c-h2" "$@"
}

udp_ndr() { # CONTENDER BYTES [ADDRESS N]
	udp ndr "$1" "${3-10.2.0.2}" "${4-1}" "$2" "$SECONDS_UDP" |
		cut -d' ' -f1
}

rtt_us() { # CONTENDER: the median
	in_ns "$1-h1" ping -n -c 40 -i 0.02 -W 1 10.2.0.2 |
		sed -n 's/.*time=\([0-9.]*\) ms/\1/p' | sort -g |
		awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] * 1000 }'
}

# Processor time of a gateway's process, in ns.
process_ns() { # NODE
	[ -f "$W/pid/$1" ] || say 0 # the kernel itself
	[ ! -f "$W/pid/$1" ] || cat /proc/"$(cat "$W/pid/$1")"/task/*/schedstat |
		awk '{ s += $1 } END { printf "%.0f\n", s }'
}

# TCP, and what a second of processor time carries, of hosts and gateways
# together: that depends less on what else the machine does.
tcp_and_time() { # CONTENDER
	local mbit used TIMEFORMAT='%U %S'

	used=$(gateways_ns "$1")
	mbit=$({ time tcp "$1" 1; } 2>"$W/time")
	used=$(($(gateways_ns "$1") - used))
	note tcp1 "$1" "$mbit"
	note carried "$1" "$(awk -v ns="$used" -v m="$mbit" -v s="$SECONDS_TCP" \
		'{ print m * s / ($1 + $2 + ns / 1e9) }' "$W/time")"
}

gateways_ns() { # CONTENDER: with the host that receives
	say $(($(process_ns "$1-g1") + $(process_ns "$1-g2") +
		$(process_ns "$1-h2")))
}

# What a packet costs the process that seals and the one that opens.
cost() { # CONTENDER BYTES
	local out in sent arrived

	out=$(process_ns "$1-g1")
	in=$(process_ns "$1-g2")
	read -r _ _ sent arrived < <(udp rate "$1" 10.2.0.2 1 "$2" 1 \
		$COST_RATE)
	note "out$2" "$1" $((($(process_ns "$1-g1") - out) / (sent + 1)))
	note "in$2" "$1" $((($(process_ns "$1-g2") - in) / (arrived + 1)))
}

rss_kib() { # NODE
	awk '/^VmRSS/ { print $2 }' "/proc/$(cat "$W/pid/$1")/status"
}

destinations() {
	local before

	note dst1 gcm "$(udp_ndr gcm 64 10.2.64.1 1)"
	before=$(rss_kib gcm-g1)
	note dst$N_DESTINATIONS gcm \
		"$(udp_ndr gcm 64 10.2.64.1 $N_DESTINATIONS)"
	note rss_grown gcm $(($(rss_kib gcm-g1) - before))
}

# Lists in the forwarding path of the plain contender; their traffic ends in the
# core.  The program prints us of processor time, and then packets.
entries() {
	local kind before arrived

	in_ns plain-core ip route replace blackhole 10.128.0.0/9
	for kind in none sites mixed; do
		in_ns plain-g1 nft flush ruleset
		[ $kind = none ] || note load $kind "$(in_ns plain-g1 \
			"$BUILD/bench_acl" load $kind $N_ENTRIES 2>/dev/null)"
		before=$(core_received)
		in_ns plain-h1 "$BUILD/bench_acl" send "${kind/none/sites}" \
			$N_ENTRIES 1 >/dev/null
		arrived=$(($(core_received) - before))
		note packet_ns $kind $((1000000000 / (arrived + 1)))
	done
	in_ns plain-g1 nft flush ruleset
}

core_received() {
	in_ns plain-core cat /sys/class/net/to-g1/statistics/rx_packets
}

# Seal and open of 1400 bytes on as many processors as there are: Mbit/s.
crypto() { # CONTENDER SUITE
	[ -x "$BUILD/bench_crypto" ] || return 0
	note crypto "$1" "$("$BUILD/bench_crypto" limit "$2")"
}

# --- a round ---------------------------------------------------------------

wanted() { # MEASURE
	[[ ,$MEASURES, = *,$1,* ]]
}

has() { # CONTENDER
	[[ ,$CONTENDERS, = *,$1,* ]]
}

round() {
	local c bytes

	for c in ${CONTENDERS//,/ }; do
		! wanted tcp1 || tcp_and_time "$c"
	done
	! wanted crypto || { crypto gcm gcm128 && crypto cbc aes128-sha1; }
	for c in ${CONTENDERS//,/ }; do
		! wanted tcp4 || note tcp4 "$c" "$(tcp "$c" 4)"
	done
	for bytes in 1400 1372 64; do
		wanted udp$bytes || continue
		for c in ${CONTENDERS//,/ }; do
			case $c in
			*cbc*) ;; # TCP tells what the cipher costs
			*) note udp$bytes "$c" "$(udp_ndr "$c" $bytes)" ;;
			esac
		done
	done
	for c in ${CONTENDERS//,/ }; do
		! wanted ping || note ping "$c" "$(rtt_us "$c")"
		! wanted cost || [ "$c" = plain ] ||
			{ cost "$c" 64 && cost "$c" 1372; }
	done
	if wanted aces; then
		note tcp1 aces10 "$(tcp aces10 1)"
		note tcp1 aces10000 "$(tcp aces10000 1)"
	fi
	! wanted destinations || ! has gcm || destinations
	! wanted entries || ! has plain || entries
}

# --- rows ------------------------------------------------------------------

# summary MEASURE.CONTENDER SCALE FORMAT: median and range of its rounds.
summary() {
	sort -g "$W/data/$1" | awk -v s="$2" -v f="$3" '
		{ v[NR] = $1 * s }
		END { printf f " (" f ".." f ")", v[int((NR + 1) / 2)], v[1], v[NR] }'
}

# ratio A B [SCALE]: ratio of the medians, and range of the rounds' ratios.
ratio() {
	paste "$W/data/$1" "$W/data/$2" | awk -v s="${3-1}" '
		function median(v, n,   i, j, t) {
			for (i = 2; i <= n; i++)
				for (j = i; j > 1 && v[j] < v[j - 1]; j--) {
					t = v[j]; v[j] = v[j - 1]; v[j - 1] = t
				}
			return v[int((n + 1) / 2)]
		}
		{ a[NR] = $1; b[NR] = $2; r = $2 ? $1 / $2 * s : 0
		  if (NR == 1 || r < low) low = r
		  if (r > high) high = r }
		END {
			m = median(b, NR)
			printf "%.2f %.2f %.2f\n", m ? median(a, NR) / m * s : 0,
				low, high
		}'
}

# heading TEXT [A B]: stands above the next line, if there is one.
heading() {
	HEADING=("$1" "${2-ours}" "${3-compared to}" "ratio (rounds)" must aim "")
}

columns() {
	printf '%-46s %22s %22s %19s %8s %7s %s\n' "$@"
}

# print TEXT A B RATIO MUST AIM VERDICT
print() {
	[ ${#HEADING[@]} = 0 ] || {
		say
		columns "${HEADING[@]}"
		HEADING=()
	}
	columns "$@"
}

# verdict VALUE MUST: MUST is a number with the sign before it.
verdict() {
	awk -v v="$1" -v m="$2" 'BEGIN {
		t = substr(m, 3) + 0
		good = m ~ /^>=/ ? v >= t : v <= t
		print good ? "ok" : "NO"
	}'
}

# line TEXT VALUE COMPARED-TO RATIO MUST AIM JUDGED: JUDGED against MUST.
line() {
	local v=

	if [ -n "$5" ]; then
		v=$(verdict "$7" "$5")
		[ "$v" = ok ] || NOT_MET=$((NOT_MET + 1))
	fi
	print "$1" "$2" "$3" "$4" "$5" "$6" "$v"
}

# row TEXT A B SCALE FORMAT MUST AIM: ratio of A to B, MEASURE.CONTENDER each;
# SCALE and FORMAT are for their display.
row() {
	local r low high

	[ -s "$W/data/$2" ] && [ -s "$W/data/$3" ] || return 0
	read -r r low high < <(ratio "$2" "$3")
	line "$1" "$(summary "$2" "$4" "$5")" "$(summary "$3" "$4" "$5")" \
		"$r ($low..$high)" "$6" "$7" "$r"
}

# value TEXT A SCALE FORMAT MUST AIM: A by itself.
value() {
	local median

	[ -s "$W/data/$2" ] || return 0
	median=$(summary "$2" "$3" "$4")
	line "$1" "$median" "" "" "$5" "$6" "${median%% *}"
}

gbit() {
	row "$1" "$2" "$3" 0.001 %.2f "$4" "$5"
}

kpps() {
	row "$1" "$2" "$3" 0.001 %.0f "$4" "$5"
}

rows_tcp() {
	gbit "TCP, 1 flow, vs strongSwan" tcp1.gcm tcp1.swan ">=4" 7
	gbit "TCP, 1 flow, vs wireguard-go" tcp1.gcm tcp1.wireguard ">=4" 7
	gbit "TCP, 1 flow, vs nothing encrypted" tcp1.gcm tcp1.plain "" ""
	gbit "TCP, 1 flow, CBC+SHA1 vs strongSwan's" tcp1.cbc tcp1.swan-cbc \
		">=3" 4.5
	gbit "TCP for a second of processor, vs strongSwan" carried.gcm \
		carried.swan "" ""
	gbit "TCP for a second of processor, vs wireguard-go" carried.gcm \
		carried.wireguard "" ""
	gbit "TCP, 4 flows, vs strongSwan" tcp4.gcm tcp4.swan "" ""
	gbit "TCP, 4 flows, vs wireguard-go" tcp4.gcm tcp4.wireguard "" ""
	gbit "TCP, 4 flows, CBC+SHA1 vs strongSwan's" tcp4.cbc tcp4.swan-cbc \
		"" ""
	gbit "TCP, 1 flow, vs crypto limit, GCM" tcp1.gcm crypto.gcm ">=0.10" \
		0.17
	gbit "TCP, 1 flow, vs crypto limit, CBC+SHA1" tcp1.cbc crypto.cbc \
		">=0.25" 0.35
}

rows_udp() { # BYTES MUST AIM
	local who

	kpps "UDP $1 B, no-drop rate, vs strongSwan" "udp$1.gcm" "udp$1.swan" \
		"$2" "$3"
	kpps "UDP $1 B, no-drop rate, vs wireguard-go" "udp$1.gcm" \
		"udp$1.wireguard" "" ""
	who="UDP $1 B, no-drop rate, vs not encrypted"
	case $1 in
	64) kpps "$who" "udp$1.gcm" "udp$1.plain" "" "" ;;
	*) kpps "$who" "udp$1.gcm" "udp$1.plain" ">=0.6" 0.85 ;;
	esac
}

rows_portable() {
	gbit "most portable: TCP, 1 flow, vs strongSwan" tcp1.gcm-portable \
		tcp1.swan ">=2.5" 3.3
	gbit "most portable: TCP, 4 flows, vs strongSwan" tcp4.gcm-portable \
		tcp4.swan "" ""
	gbit "most portable: TCP, CBC+SHA1 vs strongSwan's" tcp1.cbc-portable \
		tcp1.swan-cbc "" ""
	kpps "most portable: UDP 1400 B vs strongSwan" udp1400.gcm-portable \
		udp1400.swan ">=3" 4
	kpps "most portable: UDP 1372 B vs strongSwan" udp1372.gcm-portable \
		udp1372.swan "" ""
	kpps "most portable: UDP 64 B vs strongSwan" udp64.gcm-portable \
		udp64.swan "" ""
}

rows_ping() {
	row "ping, us, vs strongSwan" ping.gcm ping.swan 1 %.0f "<=1.2" 1.0
	row "ping, us, vs wireguard-go" ping.gcm ping.wireguard 1 %.0f "" ""
	row "most portable: ping, us, vs strongSwan" ping.gcm-portable \
		ping.swan 1 %.0f "" ""
}

rows_lists() {
	gbit "10,000 entries vs 10, TCP, 1 flow" tcp1.aces10000 tcp1.aces10 \
		">=0.85" 0.95
	value "10,000 entries, pairs of sites: load, s" load.sites 0.000001 %.3f \
		"<=0.3" 0.1
	value "10,000 entries, mixed: load, s" load.mixed 0.000001 %.3f \
		"<=0.3" 0.1
	per_packet sites "10,000 entries, sites: ns a packet above none"
	per_packet mixed "10,000 entries, mixed: ns a packet above none"
	kpps "10,000 destinations vs 1, UDP 64 B" dst10000.gcm dst1.gcm \
		">=0.85" 0.95
	value "10,000 destinations, growth, KiB" rss_grown.gcm 1 %.0f "<=1024" \
		""
}

per_packet() { # KIND TEXT
	[ -s "$W/data/packet_ns.$1" ] || return 0
	paste "$W/data/packet_ns.$1" "$W/data/packet_ns.none" |
		awk '{ print $1 - $2 }' >"$W/data/above.$1"
	value "$2" "above.$1" 1 %.0f "<=2000" 800
}

rows_cost() {
	local c

	for c in ${CONTENDERS//,/ }; do
		[ -s "$W/data/out64.$c" ] || continue
		printf '%-46s' "$(contender_text "$c")"
		for what in out64 in64 out1372 in1372; do
			printf ' %22s' "$(summary $what."$c" 1 %.0f)"
		done
		echo
	done
}

rows() {
	heading "Gbit/s, kpps, us"
	rows_tcp
	rows_udp 1400 ">=4" 6
	rows_udp 1372 "" ""
	rows_udp 64 ">=2" 3
	rows_portable
	rows_ping
	heading "lists and destinations"
	rows_lists
	! wanted cost || {
		printf '\n%-46s %22s %22s %22s %22s\n' \
			"ns of the process for a packet at $COST_RATE/s" \
			"out, 64 B" "in, 64 B" "out, 1372 B" "in, 1372 B"
		rows_cost
	}
}

# --- the run ---------------------------------------------------------------

while getopts r:c:m: opt; do
	case $opt in
	r) ROUNDS=$OPTARG ;;
	c) CONTENDERS=$OPTARG ;;
	m) MEASURES=$OPTARG ;;
	*) die "see the head of this file" ;;
	esac
done
need_root
packages_install check bench
W=$(mktemp -d)
mkdir "$W/data" "$W/pid"
trap cleanup EXIT
trap 'exit 130' INT TERM
for c in ${CONTENDERS//,/ }; do
	contender_start "$c"
done
! wanted aces || { contender_start aces10 && contender_start aces10000; }
say "load before: $(cut -d' ' -f1-3 /proc/loadavg)"
for ((i = 1; i <= ROUNDS; i++)); do
	round
	say "round $i: $SECONDS s, load $(cut -d' ' -f1 /proc/loadavg)"
done
rows
! wanted leaks || leaks
say
say "$NOT_MET not met; $SECONDS s; load $(cut -d' ' -f1-3 /proc/loadavg)"
[ "$NOT_MET" = 0 ]
