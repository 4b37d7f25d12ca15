#!/bin/bash
# A wrong pre-shared key, a wrong group number, a key server that does not
# answer: nothing dies, each is to be seen in show logging and in show crypto
# gdoi, and putting it right is enough.  Prints TAP.

set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
LAB_PREFIX=${LAB_PREFIX-gv04-}
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
# shellcheck source=tests/net/lab.sh
. "$TOP/tests/net/lab.sh"
need_root
trap lab_down EXIT
trap 'exit 130' INT TERM

logged() { # ROUTER PATTERN
	lab_cmd "$1" "show logging" | grep -Eq "$2"
}

not_registered() {
	! lab_registered "$1"
}

# The counters of attempted and succeeded registrations have parted.
attempts_without_success() {
	local text tried done_

	text=$(lab_cmd "$1" "show crypto gdoi")
	tried=$(sed -n 's/^ *Attempted registration: *//p' <<<"$text")
	done_=$(sed -n 's/^ *Succeeded registration: *//p' <<<"$text")
	say "attempted ${tried:-?}, succeeded ${done_:-?}"
	[ "${tried:-0}" -gt "${done_:-0}" ]
}

# Registers anew, phase 1 included: an SA that is up would outlive its key.
clear_gm() {
	printf '%s\n' "clear crypto isakmp" "clear crypto gdoi" yes |
		lab_sh "$1"
}

# fault ROUTER NAME KS-LOG-PATTERN GM-LOG-PATTERN; the lines that break and
# those that mend it stand in BREAK and MEND.
fault() {
	local router=$1 name=$2 ks_log=$3 gm_log=$4

	tap_check "$name: the change is taken" lab_conf "$router" "${BREAK[@]}"
	clear_gm "$router" >/dev/null
	tap_check "$name: $router does not register" \
		wait_for 30 not_registered "$router"
	tap_check "$name: show crypto gdoi tells" \
		wait_for 90 attempts_without_success "$router"
	[ -z "$ks_log" ] || tap_check "$name: show logging at R1 tells" \
		wait_for 60 logged R1 "$ks_log"
	tap_check "$name: show logging at $router tells" \
		wait_for 90 logged "$router" "$gm_log"
	tap_check "$name: $router is still not registered" \
		not_registered "$router"
	tap_check "$name: the others stay in order" others_in_order "$router"
	tap_check "$name: it is put right" lab_conf "$router" "${MEND[@]}"
	clear_gm "$router" >/dev/null
	tap_check "$name: $router registers again" \
		wait_for 90 lab_registered "$router"
}

others_in_order() {
	local router

	for router in $LAB_ROUTERS; do
		lab_alive "$router" || {
			say "$router died"
			cat "$LAB_RUN/$router/console"
			return 1
		}
		case $router in
		R1 | "$1") ;;
		*) lab_registered "$router" || return 1 ;;
		esac
	done
}

if ! out=$(lab_up 2>&1); then
	tap_fail "the lab comes up" "$out"
	tap_end
	exit 1
fi
tap_check "all four members register" wait_for 60 lab_all_registered

BREAK=("no crypto isakmp key MY_KEY address 192.168.1.254"
	"crypto isakmp key WRONG_KEY address 192.168.1.254")
MEND=("no crypto isakmp key WRONG_KEY address 192.168.1.254"
	"crypto isakmp key MY_KEY address 192.168.1.254")
fault R2 "wrong pre-shared key" \
	'%CRYPTO-[0-9]-IKMP_(BAD_MESSAGE|MODE_FAILURE).*192\.168\.2\.254' \
	'%(CRYPTO|GDOI)-[0-9]-(IKMP_|GM_CONN_NEXT_SER|GM_REGSTER)'

BREAK=("crypto gdoi group GDOI_GROUP" " identity number 999")
MEND=("crypto gdoi group GDOI_GROUP" " identity number 123")
fault R3 "wrong group number" 'KS_UNKNOWN_GROUP.*192\.168\.3\.254' \
	'%(CRYPTO|GDOI)-[0-9]-'

BREAK=("crypto gdoi group GDOI_GROUP"
	" no server address ipv4 192.168.1.254"
	" server address ipv4 192.168.1.99"
	"crypto isakmp key MY_KEY address 192.168.1.99")
MEND=("crypto gdoi group GDOI_GROUP"
	" no server address ipv4 192.168.1.99"
	" server address ipv4 192.168.1.254")
fault R4 "a key server that does not answer" "" \
	'%CRYPTO-[0-9]-(GM_CONN_NEXT_SER|IKMP_MODE_FAILURE).*192\.168\.1\.99'

# All at once, and at the key server's end.
tap_check "the key server loses its group" lab_conf R1 \
	"no crypto gdoi group GDOI_GROUP"
clear_gm R5 >/dev/null
tap_check "R5 cannot register now" wait_for 30 not_registered R5
# All but the key pair, which is still there.
grep -v "^crypto key generate" "$LAB_CONFIGS/R1.txt" >"$LAB_RUN/R1/again"
tap_check "the group is pasted again" lab_paste R1 "$LAB_RUN/R1/again"
# It has new keys, of which nobody tells those that hold the old ones, as on
# IOS: the operator does.
for router in R2 R3 R4; do
	clear_gm "$router" >/dev/null
done
tap_check "all members find their way back" wait_for 120 lab_all_registered
tap_check "everything reaches everything" lab_mesh
for router in $LAB_ROUTERS; do
	tap_check "$router never crashed" lab_alive "$router"
done
tap_check "all routers end well" lab_ends_well
tap_end
