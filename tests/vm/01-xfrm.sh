#!/bin/bash
# The kernel's own ESP, in a machine with a stock Debian kernel: a key server and
# two members of the lab with `platform dataplane xfrm`.
# Prints TAP.  Needs root, qemu-system-x86, and a package server for the kernel.

set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
# shellcheck source=tests/vm/vm.sh
. "$TOP/tests/vm/vm.sh"
need_root
export BUILD=${BUILD-$TOP/build}

if [ "${1-}" != inside ]; then
	export VM_ENV="BUILD ASAN_OPTIONS UBSAN_OPTIONS LC_ALL"
	export LC_ALL=C.UTF-8 ASAN_OPTIONS UBSAN_OPTIONS
	ASAN_OPTIONS=${ASAN_OPTIONS-} UBSAN_OPTIONS=${UBSAN_OPTIONS-}
	out=$(mktemp)
	trap 'rm -f "$out"' EXIT
	trap 'exit 130' INT TERM
	vm_run "${VM_SECONDS-540}" "$0" inside </dev/null | sed -u 's,\r$,,' |
		tee "$out"
	status=${PIPESTATUS[0]}
	grep -q '^1\.\.' "$out" && exit "$status"
	n=$(grep -Ec '^(not )?ok' "$out")
	say "not ok $((n + 1)) - the machine with the kernel to be tested"
	say "# qemu, virtiofsd and a package server are needed; status $status"
	say "1..$((n + 1))"
	exit 1
fi

LAB_PREFIX=xfrm-
LAB_ROUTERS="R1 R2 R3"
# shellcheck source=tests/net/lab.sh
. "$TOP/tests/net/lab.sh"

xfrm_everywhere() {
	local router

	for router in $LAB_MEMBERS; do
		lab_conf "$router" "platform dataplane xfrm" || return 1
	done
}

# The ROUTER's group of crypto map entry ENTRY is served by BACKEND.
group_on() {
	lab_cmd "$1" "show platform dataplane" | tee /dev/stderr |
		grep -A 1 "crypto map entry $2\$" |
		grep -q "Backend *: $3,"
}

# A first packet may be spent on address resolution along the way.
pings() { # HOST ADDRESS [OPTION...]
	local host=$1 to=$2

	shift 2
	lab_in "$host" ping -n -q -c 3 -i 0.1 -W 5 "$@" "$to" |
		tee /dev/stderr | grep -q ' 0% packet loss'
}

esp_between_hosts_only() { # FILE
	lab_packets "$1" "ip && !udp.port == 848" ip.proto ip.src ip.dst |
		sort | uniq -c | tee /dev/stderr |
		awk '$2 != 50 || $3 !~ /^172\.16\.[23]\.10$/ ||
			$4 !~ /^172\.16\.[23]\.10$/ { bad = 1 }
			END { exit bad || NR != 2 }'
}

frag_needed() { # HOST ADDRESS MTU
	lab_in "$1" ping -n -c 2 -i 0.2 -W 2 -M "do" -s 1450 "$2" 2>&1 |
		tee /dev/stderr | grep -qi "mtu *= *$3"
}

bulk_sent() { # 4 MB of TCP
	lab_bg "$LAB_RUN/iperf" H3 iperf3 --forceflush -s -1 -p 5201
	wait_for 10 grep -q listening "$LAB_RUN/iperf" &&
		lab_in H2 timeout 60 iperf3 -c 172.16.3.10 -n 4M -p 5201
}

bulk() { # none of it in clear
	local clear

	lab_capture_start "$LAB_RUN/tcp" tcp && bulk_sent &&
		lab_capture_stop "$LAB_RUN/tcp" || return 1
	clear=$(lab_packets "$LAB_RUN/tcp" tcp | wc -l)
	say "$clear packets in clear"
	[ "$clear" = 0 ]
}

gm_spis() { # ROUTER
	lab_cmd "$1" "show crypto ipsec sa" |
		sed -n 's/^ *spi: \(0x[0-9A-Fa-f]*\).*/\1/p' | sort -u
}

both_hold() { # COUNT SPIs
	local router

	for router in $LAB_MEMBERS; do
		[ "$(gm_spis "$router" | wc -l)" = "$1" ] || return 1
	done
}

sending() { # ROUTER: the SPI
	lab_cmd "$1" "show platform dataplane" | sed -n 's/.*sending with //p'
}

both_send_new() { # SPI: with another one
	local router

	for router in $LAB_MEMBERS; do
		sending "$router" | grep -qvix "$1" || return 1
	done
}

encrypted() { # ROUTER: packets
	lab_cmd "$1" "show platform dataplane" |
		sed -n 's/.*Packets encrypted *: //p'
}

# The members send with the new TEK 30 s before the old one ends, that is about a
# minute after the rekey: what follows the rekey here fills the time.
rekey_start() {
	lab_cmd R1 "crypto gdoi ks rekey" && wait_for 30 both_hold 2
}

rekey_lost_nothing() {
	wait_for 150 both_send_new "$OLD" && wait_for 60 both_hold 1 || return 1
	pings H2 172.16.3.10
	lab_bg_end "$PING" INT
	answered 1
}

clear_is_refused() {
	local before after

	before=$(drops R3)
	lab_in core ping -n -c 2 -i 0.1 -W 1 172.16.3.10 && return 1
	after=$(drops R3)
	say "$before, then $after"
	[ "$after" -gt "$before" ]
}

drops() { # ROUTER: clear packets that were refused
	lab_cmd "$1" "show platform dataplane detail" |
		sed -n 's/.*clear packet that must be encrypted.*: //p'
}

# What other programs have: it must be there as it was, whatever we do.
foreign_make() {
	lab_in R2 ip xfrm state add src 10.9.9.1 dst 10.9.9.2 proto esp \
		spi 0x999 reqid 7 mode tunnel enc 'cbc(aes)' \
		0x00112233445566778899aabbccddeeff &&
		lab_in R2 ip xfrm policy add src 10.9.9.0/24 dst 10.8.8.0/24 \
			dir out tmpl src 10.9.9.1 dst 10.9.9.2 proto esp \
			reqid 7 mode tunnel &&
		lab_in R2 nft add table ip getvpn-other
}

foreign_alone() {
	local states policies tables rules

	states=$(lab_in R2 ip xfrm state | grep -c '^src')
	policies=$(lab_in R2 ip xfrm policy | grep -c '^src .*/24')
	tables=$(lab_in R2 nft list tables)
	rules=$(lab_in R2 ip rule | wc -l)
	say "$states states, $policies policies, $rules rules, tables: $tables"
	[ "$states" = 1 ] && [ "$rules" = 3 ] && [ "$policies" = 1 ] &&
		[ "$(lab_in R2 ip xfrm policy | grep -c '^src')" = 1 ] &&
		[ "$tables" = "table ip getvpn-other" ]
}

killed_is_reclaimed() {
	local states

	lab_cmd R2 "write memory" && lab_stop R2 KILL
	states=$(lab_in R2 ip xfrm state | grep -c '^src')
	say "$states states after the kill"
	[ "$states" -ge 3 ] || return 1
	lab_start R2 && wait_for 60 lab_registered R2 &&
		group_on R2 10 xfrm && pings H2 172.16.3.10
}

pings_in_clear() {
	local before

	before=$(encrypted R2) && pings H2 172.16.3.10 &&
		[ "$(encrypted R2)" = "$before" ]
}

receives_only() {
	lab_conf R1 "crypto gdoi group GDOI_GROUP" "server local" \
		"sa receive-only" &&
		lab_cmd R1 "crypto gdoi ks rekey" &&
		wait_for 60 pings_in_clear
}

stops_clean() {
	lab_stop R2 && foreign_alone
}

# Beside it a group for TCP alone, which comes after it in the crypto map.
second_group() {
	lab_conf R1 "no ip access-list extended ICMP" \
		"ip access-list extended ICMP" "permit icmp any any" \
		"ip access-list extended TCP" "permit tcp any any" \
		"crypto ipsec profile SECOND" "set transform-set TRANSFORM_SET" \
		"crypto gdoi group SECOND" "identity number 124" \
		"server local" "address ipv4 192.168.1.254" \
		"rekey authentication mypubkey rsa RSA_KEYS" \
		"rekey transport unicast" "sa ipsec 1" "profile SECOND" \
		"match address ipv4 TCP" "exit" "exit" "exit" \
		"crypto gdoi group GDOI_GROUP" "server local" \
		"no sa receive-only" || return 1
	for router in $LAB_MEMBERS; do
		lab_conf "$router" "platform dataplane auto" \
			"crypto gdoi group SECOND" "identity number 124" \
			"server address ipv4 192.168.1.254" \
			"crypto map GDOI_MAP 20 gdoi" "set group SECOND" ||
			return 1
	done
	lab_cmd R1 "crypto gdoi ks rekey" &&
		wait_for 60 all_on 10 xfrm && wait_for 60 all_on 20 xfrm
}

all_on() { # ENTRY BACKEND: in all members, and they send
	local router

	for router in $LAB_MEMBERS; do
		group_on "$router" "$1" "$2" &&
			[ "$(sending "$router" | wc -l)" = 2 ] || return 1
	done
}

transform() { # TRANSFORM-SET: of the first group from now on
	lab_conf R1 "crypto ipsec profile IPSEC_PROFILE" \
		"set transform-set $1" && lab_cmd R1 "crypto gdoi ks rekey"
}

# What the kernel cannot do moves the group that wants it, and no other; ping
# goes on meanwhile.
moves() {
	local capture=$LAB_RUN/moves

	lab_conf R1 "crypto ipsec transform-set GCM esp-gcm" &&
		lab_capture_start "$capture" "icmp or tcp" || return 1
	lab_bg "$LAB_RUN/ping" H2 ping -n -i 0.1 172.16.3.10
	PING=$LAB_BG
	transform GCM && wait_for 60 all_on 10 user && all_on 20 xfrm &&
		pings H2 172.16.3.10 && pings H3 172.16.2.10 && bulk_sent &&
		lab_cmd R3 "show logging" | tee /dev/stderr |
		grep -q "DATAPLANE-5-MOVED: .* by user: .*counter modes" ||
		return 1
	lab_bg_end "$PING" INT
	answered 1 && lab_capture_stop "$capture" &&
		[ "$(lab_packets "$capture" "icmp || tcp" | wc -l)" = 0 ]
}

# LOST: at most so many.
answered() {
	local sent got

	read -r sent got < <(sed -n \
		's/^\([0-9]*\) packets transmitted, \([0-9]*\) received.*/\1 \2/p' \
		"$LAB_RUN/ping")
	say "$sent packets, ${got:-0} answered"
	[ "${got:-0}" -gt 20 ] && [ $((sent - got)) -le "$1" ]
}

returns() {
	lab_conf R1 "crypto ipsec profile IPSEC_PROFILE" \
		"set transform-set TRANSFORM_SET" &&
		printf '%s\n' "crypto gdoi ks rekey replace-now" yes |
		lab_sh R1 && wait_for 60 all_on 10 xfrm &&
		pings H2 172.16.3.10
}

# A TEK of 1800 s outlives a rekey by 90 s, which is the shortest.
configs=$(mktemp -d)
cp "$LAB_CONFIGS"/*.txt "$configs"
sed -i '/^ set transform-set/a\ set security-association lifetime seconds 1800' \
	"$configs/R1.txt"
LAB_CONFIGS=$configs

trap 'lab_down; rm -rf "$configs"' EXIT
trap 'exit 130' INT TERM
tap_check "the suite of all backends" "$BUILD/test_dataplane" xfrm
lab_down
tap_check "the lab starts" lab_up
tap_check "the members take the kernel's ESP" xfrm_everywhere
foreign_make
tap_check "both register" wait_for 60 lab_all_registered
tap_check "R2 uses xfrm" group_on R2 10 xfrm
tap_check "H2 reaches H3" wait_for 20 pings H2 172.16.3.10
OLD=$(sending R2)
lab_bg "$LAB_RUN/ping" H2 ping -n -i 0.2 172.16.3.10
PING=$LAB_BG
tap_check "a rekey is taken, both hold two TEKs" rekey_start
lab_capture_start "$LAB_RUN/capture" "host 172.16.2.10 or host 172.16.3.10"
tap_check "H3 reaches H2, in fragments" pings H3 172.16.2.10 -s 3000
lab_capture_stop "$LAB_RUN/capture"
tap_check "ESP and nothing else, between the hosts' own addresses" \
	esp_between_hosts_only "$LAB_RUN/capture"
tap_check "tshark opens it" lab_esp_decrypts "$LAB_RUN/capture"
tap_check "DF and too big: the inner MTU" frag_needed H2 172.16.3.10 1438
tap_check "clear packets are refused" clear_is_refused
tap_check "the rekey lost nothing" rekey_lost_nothing
tap_check "killed and started: what it left is taken over" killed_is_reclaimed
lab_conf R1 "no ip access-list extended ICMP" \
	"ip access-list extended ICMP" "permit ip any any"
lab_cmd R1 "crypto gdoi ks rekey" >/dev/null
tap_check "TCP across" wait_for 60 bulk
tap_check "receive-only: in clear, and accepted" receives_only
tap_check "stops without a trace, others' objects stay" stops_clean
lab_start R2
wait_for 60 lab_registered R2
tap_check "a second group beside the first" second_group
tap_check "a counter mode goes to the user backend, and it alone" moves
tap_check "and returns with the transform" returns
tap_check "all end well" lab_ends_well
tap_end
