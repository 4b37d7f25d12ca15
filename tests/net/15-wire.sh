#!/bin/bash
# An independent program reads what we say: tshark decrypts phase 1, by
# pre-shared key and by RSA signatures, and the registration from the keys alone
# and finds nothing malformed.  It wants phase
# 1 under DOI 1, two octets for the identity lengths of a SAT, and no private
# payloads: the platform lines for peers of such habits.  Prints TAP.
#
# KEEP=DIRECTORY keeps the capture and its keys: tests/data is made so.

set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
LAB_PREFIX=${LAB_PREFIX-gv15-}
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
# shellcheck source=tests/net/lab.sh
. "$TOP/tests/net/lab.sh"
need_root
trap lab_down EXIT
trap 'exit 130' INT TERM

lab_begin() {
	lab_down
	mkdir -p "$LAB_RUN"
	chmod 700 "$LAB_RUN"
	lab_wires || die "no namespaces"
}

capture_start() { # NAME
	PCAP=$LAB_RUN/$1.pcap
	lab_bg "$PCAP.log" core tcpdump -i to-r2 -U --immediate-mode -n \
		-w "$PCAP" udp port 848
	CAPTURE=$LAB_BG
	wait_for 10 grep -q 'listening on' "$PCAP.log" || die "no capture"
}

# Main Mode, PULL, PUSH and its acknowledgement between R1 and R2.
play() {
	lab_start R1 && lab_start R2 &&
		lab_conf R1 "platform gdoi sat id-length 2" \
			"no platform gdoi extensions" &&
		lab_conf R2 "platform isakmp doi ipsec" &&
		lab_paste R1 &&
		lab_conf R1 "crypto gdoi group GDOI_GROUP" "server local" \
			"rekey acknowledgement interoperable" &&
		lab_paste R2 &&
		wait_for 30 lab_registered R2 &&
		lab_cmd R1 "crypto gdoi ks rekey" &&
		wait_for 30 seen 35
}

certs_make() {
	local router base

	openssl req -x509 -nodes -days 3650 -newkey rsa:2048 -sha256 \
		-subj "/O=Orbit Lab/CN=Root" -keyout "$LAB_RUN/ca.key" \
		-out "$LAB_RUN/ca.pem" || return 1
	for router in R1 R2; do
		base=$LAB_RUN/$router
		openssl req -nodes -newkey rsa:2048 -keyout "$base.key" \
			-subj "/O=Orbit Lab/CN=$router" -out "$base.csr" &&
			openssl x509 -req -days 3650 -sha256 -in "$base.csr" \
				-CA "$LAB_RUN/ca.pem" -CAkey "$LAB_RUN/ca.key" \
				-CAcreateserial -out "$base.pem" &&
			openssl pkcs12 -export -inkey "$base.key" \
				-in "$base.pem" -certfile "$LAB_RUN/ca.pem" \
				-passout pass:Orb1tLab -out "$base.p12" ||
			return 1
	done
}

# Its certificate by PKCS #12, and RSA signatures for phase 1.
sign_by_rsa() { # ROUTER
	local flash=$LAB_RUN/$1/state/flash

	mkdir -p "$flash" && cp "$LAB_RUN/$1.p12" "$flash/" &&
		lab_conf "$1" "crypto pki trustpoint LAB" \
			" enrollment terminal" " revocation-check none" &&
		lab_conf "$1" "crypto pki import LAB pkcs12 flash:$1.p12 Orb1tLab" &&
		lab_conf "$1" "crypto isakmp policy 10" " authentication rsa-sig"
}

# All again, by signatures.
play_rsa() {
	certs_make >"$LAB_RUN/openssl.log" 2>&1 &&
		sign_by_rsa R1 && sign_by_rsa R2 &&
		lab_conf R2 "interface GigabitEthernet0/0" \
			"no crypto map GDOI_MAP" &&
		lab_cmd R2 "clear crypto isakmp" &&
		lab_cmd R1 "clear crypto isakmp" &&
		lab_conf R2 "interface GigabitEthernet0/0" \
			"crypto map GDOI_MAP" &&
		wait_for 30 seen 32 && wait_for 30 lab_registered R2 &&
		lab_cmd R1 "crypto gdoi ks rekey" &&
		wait_for 30 seen 35
}

# A message of that exchange type is in the capture.
seen() { # TYPE
	[ "$(wire_read -Y "isakmp.exchangetype == $1" | wc -l)" -gt 0 ]
}

wire_keys() {
	grep -h '^ikev1 \|^kek ' "$LAB_KEYLOG".* | sort -u
}

wire_read() {
	local kind cookie key args=()

	while read -r kind cookie key; do
		[ "$kind" != ikev1 ] ||
			args+=(-o "uat:ikev1_decryption_table:$cookie,$key")
	done < <(wire_keys)
	tshark -n -r "$PCAP" -d udp.port==848,isakmp "${args[@]}" "$@" \
		2>/dev/null
}

# The payloads of the nth encrypted message of an exchange, by their numbers.
payloads() { # TYPE N
	wire_read -Y "isakmp.exchangetype == $1 && isakmp.flag_e == 1" \
		-T fields -E separator=, -e isakmp.typepayload | sed -n "${2}p"
}

is() { # EXPECTED COMMAND...
	local want=$1 got

	shift
	got=$("$@")
	say "$got, wanted $want"
	[ "$got" = "$want" ]
}

# The group number that the member asks for, readable only when decrypted.
asks_for_group() {
	wire_read -Y "isakmp.exchangetype == 32" -V |
		grep -q 'ID_KEY_ID: 0000007b'
}

# The TEK of message 4 is the one that the member installed.
brings_tek() {
	local key

	key=$(sed -n 's/^0x[0-9a-f]* \([0-9a-f]*\) .*/\1/p' "$LAB_KEYLOG.R2" |
		head -n 1)
	say "$key"
	[ -n "$key" ] && wire_read -Y "isakmp.exchangetype == 32" -V |
		grep -q "Value: $key"
}

nothing_malformed() {
	local bad

	bad=$(wire_read -V -Y "_ws.malformed || _ws.expert.severity == error")
	[ -z "$bad" ] || say "$bad"
	[ -z "$bad" ]
}

# The capture and its keys, and no others.
keep() { # NAME
	local cookies

	[ -n "${KEEP-}" ] || return 0
	cookies=$(wire_read -T fields -e isakmp.ispi -Y \
		"isakmp.exchangetype == 2 || isakmp.exchangetype == 33" | sort -u)
	cp "$PCAP" "$KEEP/$1.pcap"
	wire_keys | grep -F -e "$cookies" >"$KEEP/$1.keys"
}

lab_begin
capture_start registration
tap_check "R2 registers and is rekeyed" play
lab_bg_end "$CAPTURE"
tap_check "Main Mode 5 opens: ID, HASH and what follows" \
	is 5,8,11 payloads 2 1
tap_check "Main Mode 6 opens: ID, HASH" is 5,8 payloads 2 2
tap_check "PULL 1 opens: HASH, NONCE, ID" is 8,10,5 payloads 32 1
tap_check "PULL 2 opens: HASH, NONCE, SA with its SATs" \
	is 8,10,1,16 payloads 32 2
tap_check "PULL 3 opens: HASH" is 8 payloads 32 3
tap_check "PULL 4 opens: HASH, SEQ, KD" is 8,18,17 payloads 32 4
tap_check "the group is asked for by its number" asks_for_group
tap_check "the TEK is the one that R2 uses" brings_tek
tap_check "nothing is malformed" nothing_malformed
keep registration

capture_start registration-rsa
tap_check "by RSA signatures: R2 registers and is rekeyed" play_rsa
lab_bg_end "$CAPTURE"
tap_check "Main Mode 5 opens: ID, CERT, SIG and what follows" \
	is 5,6,9,11 payloads 2 1
tap_check "Main Mode 6 opens: ID, CERT, SIG" is 5,6,9 payloads 2 2
tap_check "PULL 4 opens: HASH, SEQ, KD" is 8,18,17 payloads 32 4
tap_check "nothing is malformed" nothing_malformed
keep registration-rsa
tap_end
