#!/bin/bash
# Aggressive Mode and names: members that begin by a peer section or a profile,
# a key server with their keys in a keyring that only a profile lends out.
# tshark reads the three messages from the keys alone.  Prints TAP.

set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
LAB_PREFIX=${LAB_PREFIX-gv10-}
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
# shellcheck source=tests/net/lab.sh
. "$TOP/tests/net/lab.sh"
need_root
trap lab_down EXIT
trap 'exit 130' INT TERM

PCAP=$LAB_RUN/aggressive.pcap

capture_start() {
	lab_down
	mkdir -p "$LAB_RUN"
	chmod 700 "$LAB_RUN"
	lab_wires || die "no namespaces"
	lab_bg "$PCAP.log" core tcpdump -i to-r2 -U --immediate-mode -n \
		-w "$PCAP" udp port 848
	CAPTURE=$LAB_BG
	wait_for 10 grep -q 'listening on' "$PCAP.log" || die "no capture"
}

# The key for every address gives way to the keyring, by its names.
server_up() {
	lab_start R1 && lab_paste R1 &&
		lab_conf R1 "ip domain name orbit.example" \
			"crypto isakmp identity hostname" \
			"no crypto isakmp key MY_KEY address 0.0.0.0" \
			"crypto keyring MEMBERS" \
			" pre-shared-key hostname r2.orbit.example key key-2" \
			" pre-shared-key hostname r3@orbit.example key key-3" \
			"crypto isakmp profile MEMBERS" \
			" keyring MEMBERS" \
			" match identity host domain orbit.example" \
			" match identity user domain orbit.example"
}

peer_section() { # ROUTER KEY
	lab_conf "$1" "crypto isakmp peer address 192.168.1.254" \
		" set aggressive-mode client-endpoint fqdn r2.orbit.example" \
		" set aggressive-mode password $2"
}

peer_registers() {
	lab_start R2 && lab_conf R2 "platform isakmp doi ipsec" &&
		peer_section R2 key-2 && lab_paste R2 &&
		wait_for 30 lab_registered R2
}

profile_registers() {
	lab_start R3 && lab_conf R3 \
		"crypto isakmp profile KS" \
		" match identity address 192.168.1.254 255.255.255.255" \
		" self-identity user-fqdn r3@orbit.example" \
		" initiate mode aggressive" &&
		sed 's/MY_KEY/key-3/' "$LAB_CONFIGS/R3.txt" >"$LAB_RUN/R3.txt" &&
		lab_paste R3 "$LAB_RUN/R3.txt" && wait_for 30 lab_registered R3
}

# shows ROUTER COMMAND LINE
shows() {
	local out

	out=$(lab_cmd "$1" "$2")
	say "$out"
	grep -Fqx -- "$3" <<<"$out"
}

# The messages of phase 1 that R2 and R1 exchanged: type, encryption, length.
# One that is sent again, as the first is when nobody knows R2 yet, counts once.
phase1_messages() {
	tshark -n -r "$PCAP" -d udp.port==848,isakmp \
		-Y "isakmp.exchangetype == 2 || isakmp.exchangetype == 4" \
		-T fields -e isakmp.exchangetype -e isakmp.flag_e \
		-e isakmp.length 2>/dev/null | sort -u
}

three_messages() {
	local out

	out=$(phase1_messages)
	say "$out"
	[ "$(wc -l <<<"$out")" = 3 ] &&
		[ "$(grep -Ec '^4.(0|False)' <<<"$out")" = 2 ] &&
		[ "$(grep -Ec '^4.(1|True)' <<<"$out")" = 1 ]
}

nothing_malformed() {
	local bad

	bad=$(tshark -n -r "$PCAP" -d udp.port==848,isakmp -V \
		-Y "(isakmp.exchangetype == 4) && (_ws.malformed || _ws.expert.severity == error)" \
		2>/dev/null)
	[ -z "$bad" ] || say "$bad"
	[ -z "$bad" ]
}

wrong_key_is_refused() {
	lab_start R4 && peer_section R4 not-key-2 && lab_paste R4 &&
		wait_for 30 phase1_fails R4 && ! lab_registered R4
}

phase1_fails() {
	lab_cmd "$1" "show logging" | grep -q 'IKMP_BAD_MESSAGE'
}

# The refused offers are counted, and nothing is sent.
disabled_is_silent() {
	lab_conf R1 "crypto isakmp aggressive-mode disable" &&
		lab_start R5 && peer_section R5 key-2 && lab_paste R5 &&
		wait_for 30 offers_are_refused && ! lab_registered R5 &&
		lab_cmd R5 "show crypto isakmp sa" | grep -q AG_INIT_EXCH
}

offers_are_refused() {
	lab_cmd R1 "show crypto isakmp diagnose error count" |
		grep -q 'Aggressive Mode is disabled'
}

enabled_again() {
	lab_conf R1 "no crypto isakmp aggressive-mode disable" &&
		wait_for 60 lab_registered R5
}

capture_start
tap_check "R1 holds the keys in a keyring" server_up
tap_check "R2 registers, begun by its peer section" peer_registers
lab_bg_end "$CAPTURE"
tap_check "R1 knows R2 by its name" \
	shows R1 "show crypto isakmp peers" " Phase1 id: r2.orbit.example"
tap_check "R2 knows R1 by its name" \
	shows R2 "show crypto isakmp peers" " Phase1 id: R1.orbit.example"
tap_check "Aggressive Mode took three messages, the third encrypted" \
	three_messages
tap_check "nothing in them is malformed" nothing_malformed
tap_check "R3 registers, begun by its profile" profile_registers
tap_check "R1 knows R3 by its user's name" \
	shows R1 "show crypto isakmp peers" " Phase1 id: r3@orbit.example"
tap_check "a wrong key registers nobody" wrong_key_is_refused
tap_check "disabled, it is not answered" disabled_is_silent
tap_check "enabled again, its retransmission is" enabled_again
tap_end
