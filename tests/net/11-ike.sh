#!/bin/bash
# ISAKMP between real routers: a policy beyond one datagram goes in parts, a
# member notices the end of its key server and keeps its keys, one SA of several
# is cleared.  Prints TAP.

set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
LAB_PREFIX=${LAB_PREFIX-gv11-}
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
# shellcheck source=tests/net/lab.sh
. "$TOP/tests/net/lab.sh"
need_root
trap 'lab_down' EXIT
trap 'exit 130' INT TERM

LAB_ROUTERS="R1 R2 R3"
LAB_MEMBERS="R2 R3"
LAB_NODES="core $LAB_ROUTERS"
CAPTURE=$LAB_RUN/capture

lab_wires() {
	local node n

	for node in $LAB_NODES; do
		lab_node "$node"
	done
	lab_in core sysctl -q -w net.ipv4.ip_forward=1
	for n in 1 2 3; do
		lab_wire "R$n" wan core "to-r$n"
		lab_address core "to-r$n" "192.168.$n.1/24"
		[ "$n" != 1 ] || continue
		lab_wire "R$n" lan core "lan-r$n"
	done
}

up() {
	lab_up && wait_for 60 lab_all_registered
}

# Entries that fill several datagrams; parts where both ends are told to.
large_policy() {
	local i lines=()

	for ((i = 1; i <= 90; i++)); do
		lines+=("permit ip 10.$i.0.0 0.0.255.255 any")
	done
	lab_conf R1 "crypto isakmp fragmentation" \
		"ip access-list extended ICMP" "${lines[@]}" end >/dev/null
	lab_conf R2 "crypto isakmp fragmentation" \
		"crypto isakmp keepalive 10 2 periodic" end >/dev/null
	lab_cmd R1 "crypto gdoi ks rekey" || return 1
	wait_for 30 has_entries R2 90 && wait_for 30 has_entries R3 90 ||
		return 1
	lab_capture_start "$CAPTURE" udp || return 1
	register_again R2 || return 1
	lab_capture_stop "$CAPTURE"
}

has_entries() { # MEMBER AT-LEAST
	local n

	n=$(lab_cmd "$1" "show crypto gdoi gm acl" | grep -c 'permit ip 10\.')
	[ "$n" -ge "$2" ]
}

registrations() { # MEMBER
	lab_cmd "$1" "show crypto gdoi" |
		sed -n 's/.*Succeeded registration: *//p'
}

more_registrations() { # MEMBER THAN
	[ "$(registrations "$1")" -gt "$2" ]
}

# By a new ISAKMP SA, so that it heard what the member can.
register_again() { # MEMBER
	local before

	before=$(registrations "$1")
	printf '%s\n' "clear crypto isakmp" "clear crypto gdoi" yes |
		lab_sh "$1" >/dev/null
	wait_for 30 more_registrations "$1" "$before" && has_entries "$1" 90
}

packets() { # FILTER: how many of R2's
	tcpdump -n -r "$CAPTURE" "host 192.168.2.254 and ($1)" 2>/dev/null |
		wc -l
}

# Octet 24 after the UDP header's begin: the first payload's type.
came_in_parts() {
	[ "$(packets "udp port 848 and udp[24] = 132")" -ge 4 ] || return 1
	[ "$(packets "greater 1300")" = 0 ]
}

# R3 was not told: its policy comes as one datagram, in fragments of IP.
without_parts() {
	lab_capture_start "$CAPTURE" udp || return 1
	register_again R3 || return 1
	lab_capture_stop "$CAPTURE"
	[ "$(tcpdump -n -r "$CAPTURE" \
		"dst 192.168.3.254 and udp[24] = 132" 2>/dev/null |
		wc -l)" = 0 ]
}

sas() { # ROUTER PEER: live ones
	lab_cmd "$1" "show crypto isakmp sa" | grep -v deleted |
		grep GDOI_IDLE | grep -cF "$2"
}

# Only the SA with R2 goes; R2 hears of it.
clear_one() {
	local id

	id=$(lab_cmd R1 "show crypto isakmp sa" | grep -v deleted |
		awk '/192.168.2.254/ && /GDOI_IDLE/ { print $4; exit }')
	[ -n "$id" ] && lab_cmd R1 "clear crypto isakmp $id" || return 1
	wait_for 5 no_sa R1 192.168.2.254 || return 1
	wait_for 5 no_sa R2 192.168.1.254 || return 1
	[ "$(sas R1 192.168.3.254)" -ge 1 ] || return 1
	! lab_cmd R1 "clear crypto isakmp $id"
}

no_sa() {
	[ "$(sas "$1" "$2")" = 0 ]
}

says_dead() {
	lab_cmd R2 "show logging" | grep -q 'SESSION_STATUS.*192.168.1.254:848'
}

# A dead key server is told by its silence; the keys stay.
server_dies() {
	register_again R2 || return 1
	lab_stop R1 KILL
	wait_for 40 says_dead || return 1
	lab_registered R2 && no_sa R2 192.168.1.254
}

members_end_well() {
	LAB_ROUTERS=$LAB_MEMBERS lab_ends_well
}

tap_check "two members register" up
tap_check "a large policy arrives where parts are allowed" large_policy
tap_check "it came in parts" came_in_parts
tap_check "a member without them gets it in one datagram" without_parts
tap_check "clear crypto isakmp of one SA" clear_one
tap_check "a member outlives its key server" server_dies
tap_check "the members end well" members_end_well
tap_end
