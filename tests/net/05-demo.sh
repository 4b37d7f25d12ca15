#!/bin/bash
# The demonstration itself, as its user meets it: in a batch, on a terminal, and
# command by command.  Prints TAP.

set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
# Not the lab that somebody may have up; and as built by ./check.
export LAB_PREFIX=${LAB_PREFIX-gv05-}
unset BUILD
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
# shellcheck source=tests/net/lab.sh
. "$TOP/tests/net/lab.sh"
need_root
trap lab_down EXIT
trap 'exit 130' INT TERM

demo() {
	"$TOP/demo" "$@"
}

nothing_left() {
	! ip netns list | grep "^$LAB_PREFIX" && [ ! -e "$LAB_RUN" ]
}

batch_works() {
	local out

	out=$(demo --batch policy ks-crash fail-close receive-only) && grep -qx 'The lab works.' <<<"$out" && return
	say "$out"
	return 1
}

scenes_listed() {
	demo scenes | grep -q '^rollover  *a ping goes on'
}

on_terminal() {
	# shellcheck disable=SC2016
	expect -c '
		set timeout 120
		spawn $env(TOP)/demo
		expect "The lab works." {} timeout { exit 1 } eof { exit 2 }
		expect "R1#" {} timeout { exit 3 } eof { exit 4 }
		send "show crypto gdoi ks mem\t\r"
		expect "Group Member ID" {} timeout { exit 5 } eof { exit 6 }
		send "q"
		expect "R1#" {} timeout { exit 7 } eof { exit 8 }
		send "exit\r"
		expect eof
	'
}

same_pids() {
	local before

	before=$(cat "$LAB_RUN"/*/pid)
	demo up && [ "$before" = "$(cat "$LAB_RUN"/*/pid)" ]
}

exec_works() {
	demo exec R2 "show crypto gdoi" | grep -q 'Registered'
}

shell_works() {
	printf '%s\n' "configure terminal" "hostname SPOKE" "end" \
		"show running-config | include hostname" | demo shell R4 |
		grep -q '^hostname SPOKE'
}

fails() {
	! "$@"
}

export TOP
tap_check "demo --batch shows that the lab works" batch_works
tap_check "it leaves nothing behind" nothing_left
tap_check "demo scenes lists them" scenes_listed
tap_check "an unknown scene is refused" fails demo --batch nonsense
tap_check "without a lab, exec fails" fails demo exec R2 "show clock"
tap_check "on a terminal it ends at R1's prompt" on_terminal
tap_check "the lab is still up, and coming up again is harmless" same_pids
tap_check "demo exec runs a command" exec_works
tap_check "demo exec fails with the command" fails demo exec R2 "frobnicate"
tap_check "demo shell takes lines" shell_works
tap_check "an unknown router is refused" fails demo shell R9
tap_check "demo down" demo down
tap_check "down leaves nothing behind" nothing_left
tap_check "down twice is harmless" demo down
tap_end
