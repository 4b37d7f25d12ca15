# shellcheck shell=bash
# The scenes of ./demo: what happens to a running group, each from the lab as
# it came up and back to that.  Sourced after lab.sh; claim, typed and title are
# the demo's.
#
# A scene NAME is a function scene_NAME and a line here.
SCENES=(
	"policy      the key server's access list changes, and members follow"
	"rollover    a ping goes on while the keys under it change"
	"ks-crash    the key server is killed; traffic and keys survive it"
	"fail-close  a member that cannot register lets nothing pass in clear"
	"receive-only  from clear text to encryption, member by member"
	"removal     all members are to register again, and no packet is lost"
)

scene_names() {
	printf '%s\n' "${SCENES[@]}" | awk '{ print $1 }'
}

scene_line() { # NAME
	local line

	for line in "${SCENES[@]}"; do
		[ "${line%% *}" != "$1" ] || say "${line#* }" | sed 's/^ *//'
	done
}

scenes_list() {
	local name

	for name in $(scene_names); do
		printf '%-13s %s\n' "$name" "$(scene_line "$name")"
	done
}

scene_play() { # NAME
	title "Scene $1: $(scene_line "$1")"
	"scene_${1//-/_}"
}

# --- what the scenes look at ------------------------------------------------

scene_ping_start() { # HOST ADDRESS
	lab_bg "$LAB_RUN/scene.ping" "$1" ping -n -i 0.05 "$2"
	SCENE_PING=$LAB_BG
}

scene_ping_lost_nothing() {
	lab_bg_end "$SCENE_PING" INT
	lab_lost_nothing "$LAB_RUN/scene.ping"
}

scene_logged() { # ROUTER TEXT
	lab_cmd "$1" "show logging" | grep -F -- "$2" | tail -n 1 | grep .
}

scene_tek() { # the newest SPI of the key server
	lab_cmd R1 "show crypto gdoi ks policy" |
		sed -n 's/^ *spi *: \(0x[0-9A-Fa-f]*\).*/\1/p' | sed -n 2p
}

scene_sending() { # ROUTER SPI: that is what it encrypts a packet with
	lab_cmd "$1" "show crypto gdoi gm packet-path 172.16.2.10 172.16.3.10 icmp" |
		grep -m 1 'SPI 0x' | grep -i "$2"
}

scene_all_have() { # SPI
	local router

	for router in $LAB_MEMBERS; do
		lab_cmd "$router" "show crypto ipsec sa" | grep -qi "$1" ||
			return 1
	done
}

# A second of one ping between two sites, seen in the core.
scene_watch() { # FILTER: the capture goes to $SCENE_PCAP
	SCENE_PCAP=$LAB_RUN/scene.pcap
	lab_capture_start "$SCENE_PCAP" "$1" || die "no capture"
}

scene_none_clear() {
	lab_capture_stop "$SCENE_PCAP"
	lab_no_clear_icmp "$SCENE_PCAP"
}

scene_echo_is() { # clear|encrypted
	local n

	scene_watch "host 172.16.3.10"
	lab_echo H2 172.16.3.10 udp || return 1
	lab_capture_stop "$SCENE_PCAP"
	n=$(lab_packets "$SCENE_PCAP" "udp.port == $LAB_ECHO_PORT" | wc -l)
	say "UDP packets in clear in the core: $n"
	if [ "$1" = clear ]; then [ "$n" -gt 0 ]; else [ "$n" = 0 ]; fi
}

# clear: HOST's requests to ADDRESS pass the core in clear; encrypted: as ESP.
scene_way_is() { # HOST ADDRESS clear|encrypted
	local filter=esp from

	from=$(lab_in "$1" ip -4 -o addr show dev eth0 |
		sed -n 's/.*inet \([0-9.]*\).*/\1/p')
	[ "$3" = encrypted ] || filter=icmp
	scene_watch "host $2"
	lab_ping "$1" "$2" 3 | grep -q ' 0% packet loss' || return 1
	lab_capture_stop "$SCENE_PCAP"
	[ "$(lab_packets "$SCENE_PCAP" \
		"$filter && ip.src == $from && ip.dst == $2" | wc -l)" -ge 3 ]
}

scene_rekey() {
	lab_cmd R1 "crypto gdoi ks rekey" </dev/null
	wait_for 30 scene_all_have "$(scene_tek)"
}

# --- the scenes -------------------------------------------------------------

scene_policy() {
	lab_echo_start H3 172.16.3.10 || die "no echo server"
	claim "UDP is not in the access list: it passes in clear" \
		scene_echo_is clear
	claim "R1's access list gets 'permit udp any any'" lab_conf R1 \
		"ip access-list extended ICMP" \
		" deny udp any any eq 848" " permit udp any any"
	claim "R1 says that the policy has changed" \
		wait_for 10 scene_logged R1 POLICY_CHANGE
	claim "nothing has changed for the members yet" scene_echo_is clear
	claim "crypto gdoi ks rekey brings it to them" scene_rekey
	claim "UDP is encrypted now" wait_for 20 scene_echo_is encrypted
	typed R2 "show crypto gdoi gm acl"
	claim "the list goes back, and a rekey with it" scene_policy_back
	lab_echo_stop
}

scene_policy_back() {
	lab_conf R1 "ip access-list extended ICMP" \
		" no deny udp any any eq 848" " no permit udp any any" &&
		scene_rekey && wait_for 20 scene_echo_is clear
}

scene_rollover() {
	local old

	claim "R1's TEKs get a life of 1800 s, which shortens old ones to 90 s" \
		scene_life 1800
	claim "R2 sends with that" wait_for 200 scene_sending R2 "$(scene_tek)"
	old=$(scene_tek)
	scene_ping_start H2 172.16.3.10
	claim "a rekey brings the next TEK" scene_rekey
	claim "members hold both and still send with the old one" \
		scene_sending R2 "$old"
	claim "half a minute before its end they send with the new one" \
		wait_for 120 scene_sending R2 "$(scene_tek)"
	claim "not one packet of the ping was lost" scene_ping_lost_nothing
	claim "the life goes back" scene_life
}

scene_life() { # [SECONDS]
	local line="set security-association lifetime seconds ${1-3600}"

	[ -n "${1-}" ] || line="no $line"
	lab_conf R1 "crypto ipsec profile IPSEC_PROFILE" " $line" && scene_rekey
}

scene_ks_crash() {
	local tek

	tek=$(scene_tek)
	claim "R1 saves its configuration" lab_cmd R1 "write memory"
	scene_ping_start H2 172.16.3.10
	kill -KILL "$(lab_pid R1)"
	claim "the key server is dead" wait_for 10 scene_gone R1
	claim "members need it for nothing: all reach all" lab_mesh
	claim "it starts again" lab_start R1
	claim "with the same keys" wait_for 20 test "$(scene_tek)" = "$tek"
	claim "it knows its members" wait_for 20 scene_knows_four
	claim "they take its next rekey: no number was used twice" scene_rekey
	claim "not one packet of the ping was lost" scene_ping_lost_nothing
	typed R1 "show crypto gdoi ks store"
}

scene_gone() {
	! lab_alive "$1"
}

scene_knows_four() {
	[ "$(lab_cmd R1 "show crypto gdoi ks members" |
		grep -c 'Group Member ID')" = 4 ]
}

scene_fail_close() {
	claim "R2 gets fail-close, and saves" scene_fail_close_conf
	claim "R1 and R2 stop" scene_stop_both
	claim "R2 starts without its key server" lab_start R2
	scene_watch "icmp and host 172.16.3.10"
	claim "H2 does not reach H3" scene_unreached H2 172.16.3.10
	claim "in the core: nothing in clear" scene_none_clear
	typed R2 "show crypto map gdoi fail-close"
	claim "R1 starts" lab_start R1
	claim "R2 registers" wait_for 90 lab_registered R2
	claim "H2 reaches H3, encrypted" scene_way_is H2 172.16.3.10 encrypted
	claim "fail-close goes" lab_conf R2 "no crypto map GDOI_MAP gdoi fail-close"
}

scene_fail_close_conf() {
	lab_conf R2 "ip access-list extended FC" " permit udp any any eq 848" \
		"crypto map GDOI_MAP gdoi fail-close" " match address FC" \
		" activate" && lab_cmd R2 "write memory" &&
		lab_cmd R1 "write memory"
}

scene_stop_both() {
	lab_stop R1 && lab_stop R2
}

scene_unreached() { # HOST ADDRESS
	lab_ping "$1" "$2" 2 | grep -q ' 100% packet loss'
}

scene_receive_only() {
	claim "R1: sa receive-only, and a rekey" scene_direction "sa receive-only"
	claim "members send in clear, and take both" \
		wait_for 20 scene_way_is H2 172.16.3.10 clear
	claim "R2 and R3 begin to encrypt, by hand" scene_both_by_hand
	claim "between H2 and H3 all is encrypted" \
		wait_for 20 scene_way_is H2 172.16.3.10 encrypted
	claim "H4 still sends in clear" scene_way_is H4 172.16.5.10 clear
	claim "R1: no sa receive-only, and a rekey" \
		scene_direction "no sa receive-only"
	claim "now H4 encrypts too" \
		wait_for 20 scene_way_is H4 172.16.5.10 encrypted
	typed R4 "show logging | include DUPLEX"
}

scene_both_by_hand() {
	lab_cmd R2 "crypto gdoi gm ipsec direction both" &&
		lab_cmd R3 "crypto gdoi gm ipsec direction both"
}

scene_direction() { # LINE
	lab_conf R1 "crypto gdoi group GDOI_GROUP" " server local" "  $1" &&
		scene_rekey
}

scene_removal() {
	scene_ping_start H2 172.16.3.10
	claim "R1: clear crypto gdoi ks members" scene_members_clear
	claim "all register again before their shortened keys end, and have" \
		wait_for 200 scene_all_have "$(scene_tek)"
	claim "not one packet of the ping was lost" scene_ping_lost_nothing
	typed R2 "show logging | include GM_RE_REGISTER|GM_REGS_COMPL"
}

scene_members_clear() {
	printf '%s\n' "clear crypto gdoi ks members" yes | lab_sh R1
}
