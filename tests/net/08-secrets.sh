#!/bin/bash
# No key outlives its use: after a member and its key server have been told to
# forget them, neither the memory of the daemons nor what they have written
# shows a pre-shared key, a phase-1 key, a KEK or a TEK.  Prints TAP.

set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
LAB_PREFIX=${LAB_PREFIX-gv08-}
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
# shellcheck source=tests/net/lab.sh
. "$TOP/tests/net/lab.sh"
need_root
PSK=Correct-Horse-Battery
LAB_CONFIGS=$(mktemp -d)
trap 'lab_down; rm -rf "$LAB_CONFIGS"' EXIT
trap 'exit 130' INT TERM
for file in "$TOP"/tests/net/configs/*.txt; do
	sed "s/MY_KEY/$PSK/" "$file" >"$LAB_CONFIGS/${file##*/}"
done

# Everything that all the daemons have ever had, one NAME HEX a line.
secrets_list() {
	printf 'psk %s\n' "$(printf %s "$PSK" | od -An -v -tx1 | tr -d ' \n')"
	cat "$LAB_KEYLOG".* | awk '
		$1 ~ /^0x/ { print "tek", $2; if ($3 != "-") print "tek", $3 }
		$1 == "ikev1" { print "ike", $3 }
		$1 == "kek" { print "kek", $3 }' | sort -u
}

memory_clean() { # ROUTER
	"$TOP/tests/net/memscan.py" "$(lab_pid "$1")" "$LAB_RUN/secrets"
}

# The search finds what is in use: else finding nothing would mean nothing.
memory_holds() { # ROUTER KIND
	"$TOP/tests/net/memscan.py" "$(lab_pid "$1")" "$LAB_RUN/secrets" |
		grep -c "^$2 "
}

# Log, store and key store; the configuration holds its own secrets in clear,
# as IOS shows them.
disk_clean() { # ROUTER
	local dir=$LAB_RUN/$1 name hex

	while read -r name hex; do
		# shellcheck disable=SC2001 # a pattern of two bytes each
		! LC_ALL=C grep -raqP \
			"$(sed 's/../\\x&/g' <<<"$hex")" "$dir" || {
			say "$name in the files of $1"
			return 1
		}
	done < <(grep -v '^psk' "$LAB_RUN/secrets")
}

not_shown() { # ROUTER
	local name hex text

	text=$(lab_cmd "$1" "show tech-support" | tr -d ' \n')
	text+=$(lab_cmd "$1" "show logging" | tr -d ' \n')
	while read -r name hex; do
		! grep -qi "$hex" <<<"$text" || {
			say "$name in show or log of $1"
			return 1
		}
	done < <(grep -v '^psk' "$LAB_RUN/secrets")
}

forget_member() {
	lab_conf R2 "no crypto isakmp key $PSK address 192.168.1.254" \
		"interface GigabitEthernet0/0" "no crypto map GDOI_MAP" \
		exit "no crypto map GDOI_MAP" \
		"no crypto gdoi group GDOI_GROUP" &&
		lab_cmd R2 "clear crypto isakmp"
}

forget_server() {
	lab_conf R1 "no crypto isakmp key $PSK address 0.0.0.0" \
		"no crypto gdoi group GDOI_GROUP" &&
		lab_cmd R1 "clear crypto isakmp"
}

tap_check "the lab comes up" lab_up
tap_check "all members register" wait_for 60 lab_all_registered
tap_check "a rekey reaches them" lab_cmd R1 "crypto gdoi ks rekey"
secrets_list >"$LAB_RUN/secrets"
tap_check "the search finds what R1 uses" memory_holds R1 kek
tap_check "the search finds what R2 uses" memory_holds R2 tek
tap_check "R1 shows no key" not_shown R1
tap_check "R2 shows no key" not_shown R2
tap_check "R1 writes no key in clear" disk_clean R1
tap_check "R2 writes no key in clear" disk_clean R2
tap_check "R2 is told to forget" forget_member
tap_check "R1 is told to forget" forget_server
secrets_list >"$LAB_RUN/secrets"
tap_check "the memory of R2 holds none" wait_for 10 memory_clean R2
tap_check "the memory of R1 holds none" wait_for 10 memory_clean R1
tap_check "all routers end well" lab_ends_well
tap_end
