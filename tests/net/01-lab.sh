#!/bin/bash
# The classic lab, from paste to ping: registration, encryption with preserved
# addresses, what stays in clear, the configuration's way out and back in, and
# mistakes in a paste.  Prints TAP.

set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
LAB_PREFIX=${LAB_PREFIX-gv01-}
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
# shellcheck source=tests/net/lab.sh
. "$TOP/tests/net/lab.sh"
need_root

# A sixth router without any wire, for what wants an empty one.
LAB_NODES="$LAB_NODES X"
trap 'LAB_ROUTERS="R1 R2 R3 R4 R5 X"; lab_down' EXIT
trap 'exit 130' INT TERM

# The text without what tells its age and size.
config_of() {
	lab_cmd "$1" "show running-config" |
		grep -Ev '^(Building configuration|Current configuration|!|$)'
}

# Each configuration line of the paste is there, be it a default.
paste_comes_back() {
	local router=$1 line absent=0 all

	# Entries of access lists get their numbers.
	all=$(lab_cmd "$router" "show running-config all" |
		sed -E 's/^ *([0-9]+ (permit|deny))?/\2/')
	while read -r line; do
		case $line in
		exit | "no shutdown" | "crypto key generate "*) continue ;;
		esac
		grep -qxF -- "$line" <<<"$all" || {
			say "missing: $line"
			absent=1
		}
	done <"$LAB_CONFIGS/$router.txt"
	return "$absent"
}

# What the router shows makes an empty router show the same.
config_round_trip() {
	local router=$1 text=$LAB_RUN/X/paste

	lab_stop X
	rm -rf "$LAB_RUN/X"
	lab_start X || return 1
	lab_cmd "$router" "show running-config" >"$text"
	lab_paste X "$text" || return 1
	diff <(config_of "$router") <(config_of X)
}

config_survives_restart() {
	local before after

	before=$(config_of R3)
	lab_cmd R3 "write memory" || return 1
	lab_stop R3 || return 1
	lab_start R3 || return 1
	after=$(config_of R3)
	diff <(printf '%s\n' "$before") <(printf '%s\n' "$after") || return 1
	wait_for 60 lab_registered R3
}

mistakes_are_told() {
	local out status text=$LAB_RUN/mistakes

	cat >"$text" <<-'END'
		hostname BEFORE
		crypto isakmp policy 10
		 encryption rot13
		 group 5
		frobnicate the router
		interface Loopback7
		 ip address 10.7.7.7 255.0.255.0
		 description AFTER
	END
	out=$(lab_sh X -f "$text" 2>&1)
	status=$?
	say "$out"
	[ "$status" != 0 ] || return 1
	grep -q "% Invalid input detected at '^' marker" <<<"$out" || return 1
	# By the number of the line, and only those.
	grep -q 'refused: lines 3, 5, 7$' <<<"$out" || return 1
	out=$(lab_cmd X "show running-config")
	grep -q '^hostname BEFORE' <<<"$out" &&
		grep -q '^ group 5' <<<"$out" &&
		grep -q '^ description AFTER' <<<"$out"
}

# As copied from a web page, with the prompts.
prompts_are_stripped() {
	local text=$LAB_RUN/prompts

	cat >"$text" <<-'END'
		BEFORE(config)#crypto isakmp policy 77
		BEFORE(config-isakmp)# group 14
		BEFORE(config-isakmp)#exit
		BEFORE(config)#hostname PROMPTED
	END
	lab_sh X -f "$text" || return 1
	lab_cmd X "show running-config" | grep -q '^crypto isakmp policy 77' &&
		lab_cmd X "show running-config" | grep -q '^hostname PROMPTED'
}

up_twice() {
	local before

	before=$(cat "$LAB_RUN"/*/pid)
	lab_up && [ "$before" = "$(cat "$LAB_RUN"/*/pid)" ]
}

nothing_left() {
	! ip netns list | grep "^$LAB_PREFIX" && [ ! -e "$LAB_RUN" ]
}

if ! out=$(lab_up 2>&1); then
	tap_fail "the lab comes up" "$out"
	tap_end
	exit 1
fi
tap_ok "the lab comes up and takes the pasted configurations"
tap_check "coming up twice is harmless" up_twice
tap_check "all four members register" wait_for 60 lab_all_registered
for router in $LAB_MEMBERS; do
	tap_check "the key server lists $router" grep -q \
		"Group Member ID *: 192.168.${router#R}.254" \
		<(lab_cmd R1 "show crypto gdoi ks members")
done

capture=$LAB_RUN/mesh.pcap
lab_capture_start "$capture" "not udp port 848 and not arp"
tap_check "every host pings every other host's LAN and loopback" lab_mesh
lab_capture_stop "$capture"
tap_check "no ICMP in clear in the core" lab_no_clear_icmp "$capture"
tap_check "ESP only between the hosts' own addresses" \
	lab_esp_preserves "$capture"
tap_check "tshark decrypts every ESP packet to ICMP" lab_esp_decrypts "$capture"
tap_check "the key server installs no SA" lab_ks_has_no_sa

capture=$LAB_RUN/clear.pcap
lab_echo_start H3 172.16.3.10
lab_capture_start "$capture" "port $LAB_ECHO_PORT"
tap_check "TCP passes" lab_echo H2 172.16.3.10 tcp
tap_check "UDP passes" lab_echo H2 172.16.3.10 udp
lab_capture_stop "$capture"
lab_echo_stop
tap_check "TCP and UDP are in clear in the core" lab_saw_clear "$capture"

for router in $LAB_ROUTERS; do
	tap_check "$router: all that was pasted comes back" \
		paste_comes_back "$router"
	tap_check "$router: its configuration gives the same elsewhere" \
		config_round_trip "$router"
done
tap_check "R3: the saved configuration survives a restart" \
	config_survives_restart
tap_check "mistakes are told by line and stop nothing" mistakes_are_told
tap_check "prompts in a paste are stripped" prompts_are_stripped
LAB_ROUTERS="$LAB_ROUTERS X"
tap_check "all routers end well" lab_ends_well
lab_down
tap_check "going down leaves nothing" nothing_left
tap_end
