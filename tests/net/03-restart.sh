#!/bin/bash
# kill -9 of a member and of the key server: what they leave, and how they come
# back.  Prints TAP.

set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
LAB_PREFIX=${LAB_PREFIX-gv03-}
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
# shellcheck source=tests/net/lab.sh
. "$TOP/tests/net/lab.sh"
need_root
trap lab_down EXIT
trap 'exit 130' INT TERM

save_all() {
	local router

	for router in $LAB_ROUTERS; do
		lab_cmd "$router" "write memory" || return 1
	done
}

kill9() {
	kill -KILL "$(lab_pid "$1")"
	wait_for 5 lab_gone "$1"
}

# What getvpnd has put into the kernel of that namespace, without counters.
kernel_state() {
	lab_in "$1" ip -br link | awk '{ print $1 }' | sort
	lab_in "$1" ip rule
	lab_in "$1" ip route show table all | grep -v cache | sort
	# The chains of the guard are named after the run that made them.
	lab_in "$1" nft -s list ruleset | grep -Ev '# handle|0x[0-9a-f]{8}' |
		sed -E 's/([oi][hc])\.[0-9a-f]{8}\.([0-9]+)\.[0-9]+/\1.RUN.\2/'
}

members_listed() {
	[ "$(lab_cmd R1 "show crypto gdoi ks members" |
		grep -c 'Group Member ID')" = 4 ]
}

teks() {
	lab_cmd R1 "show crypto gdoi ks policy" |
		sed -n 's/^ *spi *: \(0x[0-9A-Fa-f]*\).*/\1/p'
}

all_received_rekey() {
	local router

	for router in $LAB_MEMBERS; do
		lab_cmd "$router" "show logging" |
			grep -q 'GM_RECV_REKEY.*GDOI_GROUP' || return 1
	done
}

ks_knows_group() {
	lab_cmd R1 "show crypto gdoi" | grep -q GDOI_GROUP
}

reaches() {
	lab_ping H2 172.16.3.10 3 | grep -q ' 0% packet loss'
}

if ! out=$(lab_up 2>&1); then
	tap_fail "the lab comes up" "$out"
	tap_end
	exit 1
fi
tap_check "all four members register" wait_for 60 lab_all_registered
tap_check "write memory everywhere" save_all
tap_check "traffic passes" reaches

before=$(kernel_state R2)
capture=$LAB_RUN/dead.pcap
lab_capture_start "$capture" "host 172.16.2.10"
tap_check "R2's getvpnd is killed" kill9 R2
lab_ping H2 172.16.3.10 3 >/dev/null
lab_capture_stop "$capture"
tap_check "a dead member sends nothing in clear" lab_no_clear_icmp "$capture"
tap_check "R2 starts again" lab_start R2
tap_check "R2 registers by itself" wait_for 60 lab_registered R2
tap_check "its traffic passes again" wait_for 20 reaches
tap_check "the kernel holds what it held before, no more" \
	diff <(printf '%s\n' "$before") <(kernel_state R2)
tap_check "the key server lists four members, none twice" \
	wait_for 10 members_listed

before=$(teks)
lab_bg "$LAB_RUN/ping" H2 ping -n -O -i 0.05 172.16.3.10
ping=$LAB_BG
tap_check "the key server is killed" kill9 R1
tap_check "the members' traffic goes on" lab_mesh
tap_check "the key server starts again" lab_start R1
tap_check "it has its group again" wait_for 20 ks_knows_group
tap_check "it goes on with the same keys" \
	diff <(printf '%s\n' "$before") <(teks)
tap_check "it still knows its members" wait_for 60 members_listed
tap_check "a rekey is taken" lab_cmd R1 "crypto gdoi ks rekey"
tap_check "all members accept its number" wait_for 30 all_received_rekey
lab_bg_end "$ping" INT
tap_check "not one packet was lost meanwhile" \
	test "$(grep -c 'no answer' "$LAB_RUN/ping")" = 0
tap_check "all members are registered" wait_for 60 lab_all_registered
tap_check "everything still reaches everything" lab_mesh

# A damaged database is no reason to begin afresh with other keys.
store_says() { # TEXT
	lab_cmd R1 "show crypto gdoi ks store" | grep -q "$1"
}
store_damage() {
	local db=$LAB_RUN/R1/state/ks.db

	mkdir "$LAB_RUN/backup" && mv "$db"* "$LAB_RUN/backup" &&
		head -c 9000 /dev/urandom >"$db" && chmod 600 "$db"
}
store_recover() {
	rm -f "$LAB_RUN/R1/state/ks.db"* &&
		mv "$LAB_RUN/backup"/* "$LAB_RUN/R1/state"
}
refused() {
	lab_cmd R1 "show logging" | grep -q 'KS_REG_REFUSED.*GDOI_GROUP'
}
before=$(teks)
tap_check "the store tells what it holds" store_says "ks_members  *4 "
tap_check "the key server stops when told" lab_stop R1
tap_check "its store is damaged" store_damage
tap_check "it starts all the same" lab_start R1
tap_check "it tells how to recover" store_says "to recover put a backup"
lab_cmd R3 "clear crypto sa" >/dev/null
tap_check "it refuses registrations" wait_for 30 refused
tap_check "it has made no other keys" test -z "$(teks)"
tap_check "it stops again" lab_stop R1
tap_check "the backup is put back" store_recover
tap_check "it starts with it" lab_start R1
tap_check "it has its keys again" \
	diff <(printf '%s\n' "$before") <(teks)
tap_check "who was refused registers" wait_for 150 lab_all_registered
tap_check "R2 stops when told" lab_stop R2

clean_after_stop() {
	local left

	left=$(
		lab_in R2 nft list ruleset
		lab_in R2 ip -o link show type tun
		lab_in R2 ip rule | grep -vE '^(0|32766|32767):'
	)
	say "$left"
	[ -z "$left" ]
}
tap_check "R2 leaves no table, tunnel or rule" clean_after_stop
tap_check "all routers end well" lab_ends_well
tap_end
