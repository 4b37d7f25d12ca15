#!/bin/bash
# ESP of every wrong shape sent to a group member: each packet is counted for
# its reason and for no other, the log stays short, and good traffic goes on.
# Prints TAP.

set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
LAB_PREFIX=${LAB_PREFIX-gv20-}
LAB_ROUTERS="R1 R2 R3"
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
# shellcheck source=tests/net/lab.sh
. "$TOP/tests/net/lab.sh"
need_root
trap lab_down EXIT
trap 'exit 130' INT TERM

# R3's counters, one "name<TAB>value" a line.
counters() {
	lab_cmd R3 "show platform dataplane | json" | python3 -c '
import json, sys
g = json.load(sys.stdin)["groups"][0]
for name, value in {"decrypted": g["decrypted"], **g["drops"]}.items():
    print(name, value, sep="\t")'
}

# The sums of what has changed since FILE: of the names WHAT, and of others.
changed() { # FILE WHAT
	join -t '	' <(sort "$1") <(counters | sort) |
		awk -F '\t' -v what="$2" '
			BEGIN { split(what, w, "|"); for (i in w) is[w[i]] }
			$1 in is { a += $3 - $2; next } { b += $3 - $2 }
			END { print a + 0, b + 0 }'
}

changed_is() { # FILE WHAT "N OTHERS"
	[ "$(changed "$1" "$2")" = "$3" ]
}

send() { # CASE [TIMES]
	lab_in core "$TOP/tests/net/badesp.py" send to-r3 "$MAC" "$SPI" \
		"$ENC" "$AUTH" "$@"
}

# one_case CASE N WHAT
one_case() {
	local before=$LAB_RUN/before

	counters >"$before"
	send "$1" || return 1
	wait_for 5 changed_is "$before" "$3" "$2 0" && return
	say "wanted $2 of $3 and no others, got $(changed "$before" "$3")"
	return 1
}

reaches() {
	lab_ping H2 172.16.3.10 3 | grep -q ' 0% packet loss'
}

has_all() { # ROUTER
	lab_cmd "$1" "show crypto gdoi" | grep -q 'permit ip any any'
}

# told_seldom CASE PATTERN: a flood of it costs the log five lines, and one a
# second more.
told_seldom() {
	local before since lines most

	before=$(lab_cmd R3 "show logging" | grep -Ec "$2")
	since=$SECONDS
	send "$1" 2000 || return 1
	lines=$(($(lab_cmd R3 "show logging" | grep -Ec "$2") - before))
	most=$((6 + SECONDS - since))
	say "$lines lines, at most $most"
	[ "$lines" -ge 1 ] && [ "$lines" -le "$most" ]
}

# The same figures stand in the commands that show them.
shows_agree() {
	local verify decap

	verify=$(counters | awk -F '\t' '$1 == "verify fail (rcv)" { print $2 }')
	decap=$(counters | awk -F '\t' '$1 == "decap fail (rcv)" { print $2 }')
	lab_cmd R3 "show crypto gdoi gm dataplane counters" >"$LAB_RUN/shown"
	lab_cmd R3 "show crypto ipsec sa detail" >>"$LAB_RUN/shown"
	lab_cmd R3 "show platform dataplane detail" >>"$LAB_RUN/shown"
	say "$(cat "$LAB_RUN/shown")"
	grep -Eq "#pkts verify fail \(rcv\) *: $verify *$" "$LAB_RUN/shown" &&
		grep -Eq "#pkts decap fail \(rcv\) *: $decap *$" \
			"$LAB_RUN/shown" &&
		grep -q "#pkts verify failed: $verify\$" "$LAB_RUN/shown" &&
		grep -q "#pkts decaps failed (rcv) $decap\$" "$LAB_RUN/shown" &&
		grep -q "Dropped: verify fail (rcv) : $verify\$" \
			"$LAB_RUN/shown"
}

if ! out=$(lab_up 2>&1); then
	tap_fail "the lab comes up" "$out"
	tap_end
	exit 1
fi
tap_check "both members register" wait_for 60 lab_all_registered
lab_conf R1 "ip access-list extended ICMP" " 2 deny udp any any eq 848" \
	" 4 deny udp any eq 848 any" " 6 permit ip any any" >/dev/null
printf '%s\n' "crypto gdoi ks rekey replace-now" yes | lab_sh R1 >/dev/null
tap_check "R2 has the policy" wait_for 30 has_all R2
tap_check "R3 has the policy" wait_for 30 has_all R3
tap_check "traffic passes" wait_for 20 reaches

MAC=$(lab_in R3 cat /sys/class/net/wan/address)
read -r SPI ENC AUTH _ < <(grep '^0x' "$LAB_KEYLOG.R3" | tail -n 1)
while IFS='	' read -r name n what; do
	tap_check "$name: $what" one_case "$name" "$n" "$what"
done < <("$TOP/tests/net/badesp.py" list)

tap_check "all shows tell the same" shows_agree
tap_check "a flood of unknown SPIs is told now and then" told_seldom \
	"another SPI" 'RECVD_PKT_INV_SPI'
tap_check "so is one of clear text" told_seldom "in clear" \
	'RECVD_PKT_NOT_IPSEC'
tap_check "one of damaged packets is nobody's news" eval \
	'send "a damaged ICV" 2000 && lab_alive R3'
tap_check "traffic still passes" wait_for 10 reaches
tap_check "all routers end well" lab_ends_well
tap_end
