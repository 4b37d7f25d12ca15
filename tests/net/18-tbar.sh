#!/bin/bash
# Time-based anti-replay as configured: a key server and two members.  What was
# captured and comes again later is dropped, counted and logged; the group's
# time survives the key server; clear, show, IP-D3P, and a backend that cannot.
# Prints TAP.

set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
LAB_PREFIX=${LAB_PREFIX-gv18-}
LAB_ROUTERS="R1 R2 R3"
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
# shellcheck source=tests/net/lab.sh
. "$TOP/tests/net/lab.sh"
need_root
trap lab_down EXIT
trap 'exit 130' INT TERM

up() {
	lab_down
	mkdir -p "$LAB_RUN"
	chmod 700 "$LAB_RUN"
	lab_wires && lab_start R1 && lab_start R2 && lab_start R3 &&
		lab_paste R1 &&
		sa_line "replay time window-size 20" &&
		lab_paste R2 && lab_paste R3 && wait_for 60 lab_all_registered
}

sa_line() { # LINE of the SA
	lab_conf R1 "crypto gdoi group GDOI_GROUP" "server local" \
		"sa ipsec 1" "$1"
}

no_warning() { # LINE of the server
	! lab_conf R1 "crypto gdoi group GDOI_GROUP" "server local" "$1" |
		grep -i 'not in force'
}

reaches() {
	local out

	out=$(lab_ping H2 172.16.3.10 3)
	say "$out"
	grep -q ' 0% packet loss' <<<"$out"
}

# ESP from R2's side to H3, recorded where it enters the path to R3.
record() {
	lab_bg "$LAB_RUN/dump" core tcpdump -U --immediate-mode -c 3 \
		-w "$LAB_RUN/esp" -i to-r3 "proto 50 and dst 172.16.3.10"
	local dump=$LAB_BG

	wait_for 10 grep -q 'listening on' "$LAB_RUN/dump" &&
		lab_ping H2 172.16.3.10 3 && wait_for 10 lab_bg_ended "$dump"
}

resend() {
	local mac

	mac=$(lab_in R3 ip -br link show wan | awk '{ print $3 }')
	[ "$(lab_in core python3 "$TOP/tests/net/resend.py" \
		"$LAB_RUN/esp" to-r3 "$mac")" = 3 ]
}

json() { # ROUTER COMMAND PATH
	lab_cmd "$1" "$2 | json" | python3 -c '
import json, sys
v = json.load(sys.stdin)
for k in sys.argv[1].split("."):
    v = v[int(k)] if k.isdigit() else v[k]
print(v)' "$3"
}

gm_replay() { # ROUTER FIELD
	json "$1" "show crypto gdoi gm replay" "groups.0.$2"
}

ks_ms() {
	json R1 "show crypto gdoi ks replay" groups.0.replay_value_ms
}

# Error packets come with each resend that is refused whole.
refused_now() {
	local before after

	before=$(gm_replay R3 input_errors)
	resend || return 1
	for _ in $(seq 20); do
		after=$(gm_replay R3 input_errors)
		[ "$after" -lt $((before + 3)) ] || return 0
	done
	return 1
}

# Just sent, the same packets are within the window.
taken_at_once() {
	local in errors

	record || return 1
	in=$(gm_replay R3 input_packets)
	errors=$(gm_replay R3 input_errors)
	resend && wait_for 5 more_than R3 input_packets $((in + 2)) &&
		[ "$(gm_replay R3 input_errors)" = "$errors" ]
}

more_than() { # ROUTER FIELD N
	[ "$(gm_replay "$1" "$2")" -gt "$3" ]
}

# Told at most every six seconds, so it may take some more of them.
refusal_logged() { # TEXT
	resend && logged R3 "$1"
}

logged() { # ROUTER TEXT
	lab_cmd "$1" "show logging" | grep -E -- "$2"
}

shows() { # ROUTER COMMAND PATTERN
	local out

	out=$(lab_cmd "$1" "$2")
	grep -Eq -- "$3" <<<"$out" && return
	say "$out"
	return 1
}

# All read one after the other and once more: what lies between is one clock,
# give or take what registrations err by.
agree() {
	local t=()

	t=("$(gm_replay R2 replay_value_ms)" "$(gm_replay R3 replay_value_ms)"
		"$(ks_ms)" "$(gm_replay R2 replay_value_ms)")
	say "R2 ${t[0]}, R3 ${t[1]}, R1 ${t[2]}, R2 ${t[3]}"
	[ $((t[0] - 500)) -le "${t[1]}" ] && [ "${t[1]}" -le $((t[2] + 500)) ] &&
		[ "${t[2]}" -le $((t[3] + 500)) ]
}

restart() {
	local before

	lab_cmd R1 "write memory" >/dev/null
	before=$(ks_ms)
	kill -KILL "$(lab_pid R1)"
	wait_for 5 lab_gone R1 && lab_start R1 || return 1
	wait_for 20 ks_knows
	say "$before, then $(ks_ms)"
	[ "$(ks_ms)" -gt "$before" ]
}

ks_knows() {
	[ "$(json R1 "show crypto gdoi ks replay" groups.0.time_based)" = True ]
}

d3p_says() { # PATTERN
	local out

	out=$(lab_conf R1 "crypto gdoi group GDOI_GROUP" "server local" \
		"sa d3p window sec 2" 2>&1)
	say "$out"
	grep -q -- "$1" <<<"$out"
}

is_d3p() {
	[ "$(gm_replay R2 d3p_window_ms)" = 2000 ] &&
		[ "$(gm_replay R3 d3p_window_ms)" = 2000 ]
}

replace_now() {
	printf 'crypto gdoi ks rekey replace-now\nyes\n' | lab_sh R1 >/dev/null
}

stranger_refused() {
	replace_now
	lab_conf R3 "no platform gdoi extensions"
	lab_cmd R3 "clear crypto isakmp"
	lab_cmd R3 "clear crypto sa"
	wait_for 30 logged R1 'REJECT_GM_VER_REGISTER: Reject registration of GM 192.168.3.254 in group GDOI_GROUP as it cannot support these GETVPN features enabled: Time Based Anti-Replay'
}

tap_check "the members register" up
tap_check "replay time is in force" no_warning "no sa pair-wise-keying"
tap_check "the key server shows its time" shows R1 \
	"show crypto gdoi ks replay" 'Replay Value +: [0-9]+\.[0-9]{2} secs'
tap_check "and until when it is told again" shows R1 \
	"show crypto gdoi ks replay" 'Remaining sync time +: (7200|71[0-9]{2}) secs'
tap_check "its policy is time based" shows R1 "show crypto gdoi" \
	'Replay Window Size +: 20$'
tap_check "the member's, too" shows R2 "show crypto gdoi" \
	'Anti-Replay\(Time Based\) : 20 sec interval'
tap_check "one clock for all" agree
tap_check "traffic passes" reaches
tap_check "it is stamped and checked" more_than R3 input_packets 2
tap_check "no errors so far" shows R3 "show crypto gdoi gm replay" \
	'No TBAR errors detected'
tap_check "sent again at once, it is within the window" taken_at_once
tap_check "later it is not" wait_for 40 refused_now
tap_check "nor is it any more" refused_now
tap_check "the log tells" wait_for 30 refusal_logged \
	'%GDOI-4-TIMEBASED_REPLAY_FAILED: An anti replay check has failed in group GDOI_GROUP: my_pseudotime is [0-9.]+ secs, peer_pseudotime is [0-9.]+ secs, replay_window is 20 \(second\), src_addr = 172.16.2.10, dst_addr = 172.16.3.10'
tap_check "and of the packet" logged R3 \
	'%CRYPTO-4-PKT_REPLAY_ERR: decrypt: replay check failed connection id=1, sequence number=[0-9]+'
tap_check "the history tells" shows R3 "show crypto gdoi gm replay" \
	'src 172.16.2.10 dst 172.16.3.10 my_pst [0-9.]+ secs'
tap_check "fresh packets pass all the while" reaches
lab_cmd R3 "clear crypto gdoi replay counter"
tap_check "clear takes the counters back" shows R3 \
	"show crypto gdoi gm replay" 'Input Packets : 0 Output'
tap_check "and the history" shows R3 "show crypto gdoi gm replay" \
	'No TBAR errors detected'

tap_check "the key server's time survives kill -9" restart
tap_check "it tells its members soon" wait_for 30 logged R2 GM_RECV_REKEY
tap_check "still one clock for all" agree
tap_check "traffic passes after it" reaches
tap_check "old packets do not" refused_now

sa_line "replay time window-size msec 500"
lab_cmd R1 "crypto gdoi ks rekey"
tap_check "windows in milliseconds" wait_for 20 shows R2 "show crypto gdoi" \
	'Time Based\) : 500 msec interval'

tap_check "IP-D3P beside it is refused" d3p_says 'exclude each other'
sa_line "replay counter"
tap_check "IP-D3P alone is not" d3p_says '^$'
tap_check "the key server shows its window" shows R1 "show crypto gdoi ks" \
	'IP D3P Window +: 2 sec'
replace_now
tap_check "members get new keys" wait_for 20 is_d3p
tap_check "traffic passes under IP-D3P" reaches
tap_check "a capture of it" record
tap_check "which is too old a second later" wait_for 20 refused_now
tap_check "the log tells of it" wait_for 30 refusal_logged \
	'%GDOI-4-D3P_CHECK_FAILED: An IP-D3P check has failed in group GDOI_GROUP: my_time is'
tap_check "fresh packets still pass" reaches
tap_check "show feature knows it" shows R1 "show crypto gdoi feature ip-d3p" \
	'192.168.3.254 +1.0.2 +Yes'

lab_conf R1 "crypto gdoi group GDOI_GROUP" "server local" "no sa d3p"
sa_line "replay time window-size 5"
tap_check "a member without our extensions is refused" stranger_refused
tap_check "they end when told, and nothing is amiss" lab_ends_well
tap_end
