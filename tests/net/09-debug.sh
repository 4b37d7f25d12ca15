#!/bin/bash
# An engineer at two terminals, debugging: a registration and a rekey pass by,
# a condition keeps another group's lines away, undebug ends it, faults name
# their cause, and no line holds a key.  Prints TAP.

set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
LAB_PREFIX=${LAB_PREFIX-gv09-}
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
# shellcheck source=tests/net/lab.sh
. "$TOP/tests/net/lab.sh"
need_root

terms=()
trap 'exit 130' INT TERM
trap 'kill "${terms[@]}" 2>/dev/null; lab_down' EXIT

# term ROUTER: getvpnsh on a pseudo-terminal; it is typed to by `type`, and what
# it shows stands in the file seen.ROUTER.
term() {
	local fifo=$LAB_RUN/type.$1

	mkfifo "$fifo"
	script -q -f -c "$BUILD/getvpnsh -s $(lab_socket "$1")" \
		"$LAB_RUN/seen.$1" <"$fifo" >/dev/null 2>&1 &
	terms+=($!)
	eval "exec {fd_$1}>$fifo"
	type "$1" enable "terminal length 0" "terminal monitor"
	wait_for 10 sees "$1" "terminal monitor"
}

type() { # ROUTER LINE...
	local fd=fd_$1

	printf '%s\n' "${@:2}" >&"${!fd}"
}

sees() { # ROUTER PATTERN
	grep -Eq -- "$2" "$LAB_RUN/seen.$1"
}

# An answer to what is typed now, so that all before it has been shown.
MARK=0
settle() { # ROUTER...
	local router

	MARK=$((MARK + 1))
	for router; do
		type "$router" "show clock | include mark $MARK"
		wait_for 10 sees "$router" "mark $MARK" || return 1
	done
}

forget() {
	settle R1 R2 || return 1
	: >"$LAB_RUN/seen.R1"
	: >"$LAB_RUN/seen.R2"
}

sees_all() { # ROUTER PATTERN...
	local pattern bad=0

	for pattern in "${@:2}"; do
		wait_for 10 sees "$1" "$pattern" || {
			say "$1 does not show: $pattern"
			bad=1
		}
	done
	return $bad
}

lacks() { # ROUTER PATTERN
	! sees "$@"
}

again() { # ROUTER: registers anew
	type "$1" "clear crypto isakmp" "clear crypto gdoi" yes
}

# A second group, with R3 in it.
second_group() {
	lab_conf R1 "crypto gdoi group OTHER" "identity number 456" \
		"server local" "address ipv4 192.168.1.254" \
		"rekey authentication mypubkey rsa RSA_KEYS" \
		"rekey transport unicast" "sa ipsec 1" \
		"profile IPSEC_PROFILE" "match address ipv4 ICMP" end
	lab_conf R3 "crypto gdoi group GDOI_GROUP" "identity number 456" end
	wait_for 40 lab_registered R3
}

registration_on_gm() {
	sees_all R2 "ISAKMP:\([0-9]+\):beginning Main Mode exchange" \
		"ISAKMP:\(0\):Checking ISAKMP transform 1 against priority 10" \
		"atts are acceptable" \
		"Old State = IKE_I_MM5  New State = IKE_P1_COMPLETE" \
		"GDOI:GM REGISTRATION:EVT:\(GDOI_GROUP:[0-9]+\):sent message 1" \
		"received message 2 from 192.168.1.254" "sent message 3" \
		"received message 4" "KD payload processed: [1-9]" \
		"registration to KS 192.168.1.254 complete"
}

registration_on_ks() {
	sees_all R1 "New State = IKE_R_MM2" \
		"GDOI:KS REGISTRATION:EVT:\(GDOI_GROUP:[0-9]+\):received message 1" \
		"sent message 4 to 192.168.2.254" \
		"member 192.168.2.254 registered"
}

rekey_on_both() {
	sees_all R1 "GDOI:KS REKEY:TRS:\(GDOI_GROUP:0\):rekey seq # 1 built" \
		"acknowledgement of seq # 1 from 192.168.2.254" || return 1
	sees_all R2 "received rekey from 192.168.1.254" \
		"signature of seq # 1 verified" \
		"sent acknowledgement of seq # 1 to 192.168.1.254"
}

wrong_key() {
	lab_conf R2 "no crypto isakmp key MY_KEY address 192.168.1.254" \
		"crypto isakmp key BAD_KEY address 192.168.1.254" end
	again R2
	sees_all R1 "proof of 192.168.2.254 is not valid.*pre-shared keys"
}

wrong_group() {
	lab_conf R2 "no crypto isakmp key BAD_KEY address 192.168.1.254" \
		"crypto isakmp key MY_KEY address 192.168.1.254" \
		"crypto gdoi group GDOI_GROUP" "identity number 789" end
	again R2
	sees_all R1 "registration of 192.168.2.254 refused: identity number 789" &&
		sees_all R2 "KS refused: INVALID-ID-INFORMATION"
}

wrong_policy() {
	lab_conf R2 "crypto gdoi group GDOI_GROUP" "identity number 123" exit \
		"crypto isakmp policy 10" "group 14" end
	again R2
	sees_all R1 "no offers accepted.*nearest differ in: Diffie-Hellman group"
}

no_secret() {
	local key

	! grep -E 'MY_KEY|BAD_KEY' "$LAB_RUN"/all.* || return 1
	# What the key logs of the lab say is what the peers really use.
	grep -hoE '[0-9a-fA-F]{32,}' "$LAB_KEYLOG".* | sort -u \
		>"$LAB_RUN/keys"
	[ -s "$LAB_RUN/keys" ] || return 1
	while read -r key; do
		! grep -qi -- "${key:0:24}" "$LAB_RUN"/all.* || return 1
	done <"$LAB_RUN/keys"
}

# What was seen so far is searched for keys at the end.
keep() {
	settle R1 R2
	cat "$LAB_RUN/seen.R1" "$LAB_RUN/seen.R2" >>"$LAB_RUN/all.text"
}

tap_check "the lab comes up" lab_up
tap_check "all members register" wait_for 40 lab_all_registered
tap_check "R3 in a group of its own" second_group
term R1
term R2
term R3
type R1 "debug crypto isakmp" "debug crypto gdoi all-levels"
type R2 "debug crypto isakmp" "debug crypto gdoi all-levels"
tap_check "debugging is confirmed" \
	sees_all R2 "^Crypto ISAKMP debugging is on" \
	"GDOI Group Member Rekey Debug level: \(Packet, Detail, Event"
again R2
tap_check "the member tells a registration" registration_on_gm
tap_check "the key server tells it" registration_on_ks
keep
forget
lab_cmd R1 "crypto gdoi ks group GDOI_GROUP rekey" >/dev/null
tap_check "both tell a rekey" rekey_on_both
keep

type R1 "debug crypto gdoi condition group OTHER" \
	"debug crypto condition peer ipv4 192.168.3.254"
wait_for 10 lab_cmd R1 "show crypto gdoi debug-condition" >/dev/null
forget
again R2
tap_check "R2 registers again" sees_all R2 "registration to .* complete"
again R3
tap_check "a condition shows the group" \
	sees_all R1 "\(OTHER:[0-9]+\):member 192.168.3.254 registered"
settle R1
tap_check "and hides the other" lacks R1 "GDOI:.*192.168.2.254"
tap_check "so with peers and ISAKMP" lacks R1 "ISAKMP:.*192.168.2.254"
keep

type R1 "debug crypto condition reset" "undebug all"
sees_all R1 "All possible debugging has been turned off"
forget
again R2
tap_check "R2 registers once more" sees_all R2 "registration to .* complete"
settle R1
tap_check "undebug ends it" lacks R1 "ISAKMP:\(|GDOI:KS"
tap_check "nothing is shown as on" lacks R1 "debugging is on"
keep

type R1 "debug crypto isakmp error" "debug crypto gdoi error"
type R2 "undebug all" "debug crypto gdoi error"
forget
tap_check "errors name a wrong pre-shared key" wrong_key
tap_check "and a wrong group" wrong_group
tap_check "and what policies differ in" wrong_policy
keep
tap_check "no line holds a key" no_secret
tap_check "all routers end well" lab_ends_well
tap_end
