#!/bin/bash
# Rekeys under traffic: each member gets and acknowledges them, a continuous
# ping loses nothing while keys change.  With LONG=1 the rekeys come by
# themselves, at the shortest lifetimes (300 s), for two KEKs and two TEKs.
# Prints TAP.

set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
LAB_PREFIX=${LAB_PREFIX-gv02-}
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
# shellcheck source=tests/net/lab.sh
. "$TOP/tests/net/lab.sh"
need_root
trap 'exit 130' INT TERM

# The KEK's and the TEKs' SPIs, newest TEK first.
ks_spis() {
	lab_cmd R1 "show crypto gdoi ks policy" |
		sed -n 's/^ *spi *: \(0x[0-9A-Fa-f]*\).*/\1/p'
}

gm_spis() { # ROUTER: the SPIs in use there
	lab_cmd "$1" "show crypto ipsec sa" |
		sed -n 's/^ *spi: \(0x[0-9A-Fa-f]*\).*/\1/p' | sort -u
}

all_have() { # SPI [only]
	local router spis

	for router in $LAB_MEMBERS; do
		spis=$(gm_spis "$router")
		grep -qix "$1" <<<"$spis" || return 1
		[ "${2-}" != only ] || [ "$(wc -l <<<"$spis")" = 1 ] || return 1
	done
}

rekeys_received() { # ROUTER
	lab_cmd "$1" "show crypto gdoi" |
		sed -n 's/^ *Rekeys received *: \([0-9]*\).*/\1/p' | head -n 1
}

all_received() { # COUNT
	local router

	for router in $LAB_MEMBERS; do
		[ "$(rekeys_received "$router")" -ge "$1" ] || return 1
	done
}

all_acknowledged() { # COUNT
	[ "$(lab_cmd R1 "show crypto gdoi ks members" |
		grep -Ec "Rekey Acks Rcvd *: $1\$")" = 4 ]
}

nothing_missed() {
	! lab_cmd R1 "show crypto gdoi ks members" |
		grep -E 'Rekey Acks missed *: [1-9]'
}

ping_start() { # HOST ADDRESS NAME
	lab_bg "$LAB_RUN/$3" "$1" ping -n -i 0.05 "$2"
	PINGS+=("$LAB_BG")
}

ping_stop() {
	local pid

	for pid in "${PINGS[@]}"; do
		lab_bg_end "$pid" INT
	done
}

rekey_now() {
	lab_cmd R1 "crypto gdoi ks rekey" </dev/null
}

short_lifetimes() {
	lab_conf R1 "crypto ipsec profile IPSEC_PROFILE" \
		" set security-association lifetime seconds 300" \
		"crypto gdoi group GDOI_GROUP" " server local" \
		"  rekey lifetime seconds 300"
}

kek_changes() { # COUNT: so many times from now on
	local kek n=0

	while [ "$n" -lt "$1" ]; do
		kek=$(ks_spis | head -n 1)
		wait_for 320 kek_is_not "$kek" || return 1
		n=$((n + 1))
	done
}

kek_is_not() {
	local now

	now=$(ks_spis | head -n 1)
	[ -n "$now" ] && [ "$now" != "$1" ]
}

triggered_rekeys() {
	local first second newest

	first=$(ks_spis | sed -n 2p)
	tap_check "crypto gdoi ks rekey is taken" rekey_now
	tap_check "all members get it" wait_for 30 all_received 1
	tap_check "all members acknowledge it" wait_for 30 all_acknowledged 1
	second=$(ks_spis | sed -n 2p)
	tap_check "it brings a new TEK" test "$first" != "$second"
	tap_check "all members install it" wait_for 30 all_have "$second"
	tap_check "a second rekey is taken" rekey_now
	tap_check "all members get it too" wait_for 30 all_received 2
	tap_check "all members acknowledge it too" \
		wait_for 30 all_acknowledged 2
	newest=$(ks_spis | sed -n 2p)
	# The old TEKs live on for 5 % of 3600 s (ios-cli.md 15.3).
	tap_check "in the end only the newest TEK is left" \
		wait_for 200 all_have "$newest" only
}

# A question, answered as at a terminal.
gm_removal() { # [now]
	printf 'clear crypto gdoi ks members%s\nyes\n' "${1:+ $1}" |
		lab_sh R1 | grep -F 'Sending GM-Removal message to group GDOI_GROUP...'
}

removals() {
	local kek

	kek=$(ks_spis | head -n 1)
	tap_check "clear crypto gdoi ks members is taken" gm_removal
	tap_check "it makes new keys" kek_is_not "$kek"
	tap_check "all members register again and get them" \
		wait_for 110 all_have "$(ks_spis | sed -n 2p)"
	tap_check "the key server knows four members again" \
		wait_for 60 members_are 4
}

removal_at_once() {
	kek=$(ks_spis | head -n 1)
	tap_check "clear crypto gdoi ks members now is taken" gm_removal now
	tap_check "all members register again" wait_for 60 all_anew "$kek"
	tap_check "and reach each other" wait_for 30 lab_mesh
}

members_are() { # COUNT
	[ "$(lab_cmd R1 "show crypto gdoi ks members" |
		grep -c 'Group Member ID')" = "$1" ]
}

all_anew() { # KEK
	kek_is_not "$1" && all_have "$(ks_spis | sed -n 2p)" only && members_are 4
}

timed_rekeys() {
	tap_check "TEK and KEK lifetimes of 300 s are taken" short_lifetimes
	tap_check "a rekey brings them" rekey_now
	tap_check "two KEKs and their TEKs follow in time" kek_changes 2
}

# The classic lab, with a TEK of 1800 s: after a rekey the old one then lives for
# another 90 s, which is the shortest.
configs=$(mktemp -d)
trap 'lab_down; rm -rf "$configs"' EXIT
cp "$LAB_CONFIGS"/*.txt "$configs"
sed -i '/^ set transform-set/a\ set security-association lifetime seconds 1800' \
	"$configs/R1.txt"
LAB_CONFIGS=$configs

PINGS=()
if ! out=$(lab_up 2>&1); then
	tap_fail "the lab comes up" "$out"
	tap_end
	exit 1
fi
tap_check "all four members register" wait_for 60 lab_all_registered
tap_check "all members hold the KS's TEK" \
	wait_for 10 all_have "$(ks_spis | sed -n 2p)" only
tap_check "the paths are warm" lab_mesh

ping_start H2 172.16.3.10 ping-lan
ping_start H4 10.255.0.5 ping-loopback
if [ "${LONG-}" = 1 ]; then
	timed_rekeys
else
	triggered_rekeys
	removals
fi
ping_stop
tap_check "LAN to LAN: not one packet lost" lab_lost_nothing "$LAB_RUN/ping-lan"
tap_check "LAN to loopback: not one packet lost" \
	lab_lost_nothing "$LAB_RUN/ping-loopback"
tap_check "no acknowledgement was missed" nothing_missed
removal_at_once
tap_check "all routers end well" lab_ends_well
tap_end
