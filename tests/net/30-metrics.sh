#!/bin/bash
# The metrics endpoint of a key server and a member: its format, that it agrees
# with the show commands, who reaches it, and what clients can do to it.
#
#   K key server 10.30.0.1 ---- M member 10.30.0.2

set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
LAB_PREFIX=${LAB_PREFIX-gv30-}
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
# shellcheck source=tests/net/lab.sh
. "$TOP/tests/net/lab.sh"
need_root
LAB_ROUTERS="K M"
LAB_NODES="K M"
PORT=9848
trap lab_down EXIT
trap 'exit 130' INT TERM

routers_up() {
	local r

	lab_down
	mkdir -p "$LAB_RUN"
	chmod 700 "$LAB_RUN"
	for r in K M; do
		lab_node "$r"
	done
	lab_wire K wan M wan
	for r in K M; do
		lab_start "$r" || return 1
	done
	lab_paste K <(sed -e 's/192.168.1.254/10.30.0.1/; /^ip route/d' \
		"$LAB_CONFIGS/R1.txt") && lab_paste M <(sed \
		-e '/^interface Loopback0/,/^exit/d; /^ip route/d' \
		-e 's/192.168.1.254/10.30.0.1/; s/192.168.2.254/10.30.0.2/' \
		"$LAB_CONFIGS/R2.txt")
}

metrics() { # ROUTER WHERE
	lab_in "$1" python3 "$TOP/tests/net/metrics.py" "$2"
}

refused() { # ROUTER WHERE
	! metrics "$@" 2>/dev/null
}

tells() { # ROUTER SAMPLE
	metrics "$1" "http://127.0.0.1:$PORT/metrics" | grep -Fqx -- "getvpn_$2"
}

socket_mode() {
	[ "$(stat -c %a "$LAB_RUN/M/metrics")" = 660 ]
}

# More clients than are served, that say nothing: the router and its shell go
# on, and who waits is served when they have been shown the door.
crowd() {
	local i

	for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
		lab_bg "$LAB_RUN/crowd$i" K bash -c \
			"exec 3<>/dev/tcp/127.0.0.1/$PORT; read -r -t 60 -u 3"
	done
	lab_cmd K "show version" | grep -q uptime &&
		wait_for 30 tells K 'ks_members{group="GDOI_GROUP"} 1'
}

tap_check "two routers" routers_up
tap_check "M registers" wait_for 60 lab_registered M
tap_check "nothing listens unless configured" \
	refused K "http://127.0.0.1:$PORT/metrics"
tap_check "a port is taken" lab_conf K "platform metrics port $PORT"
tap_check "it answers in the format of Prometheus" \
	metrics K "http://127.0.0.1:$PORT/metrics"
tap_check "it tells the members" tells K 'ks_members{group="GDOI_GROUP"} 1'
tap_check "and the registrations" \
	tells K 'ks_registrations_total{group="GDOI_GROUP"} 1'
tap_check "after a rekey" lab_cmd K "crypto gdoi ks rekey"
tap_check "it tells the rekey" tells K 'ks_rekeys_total{group="GDOI_GROUP"} 1'
tap_check "it is not there for others" \
	refused M "http://10.30.0.1:$PORT/metrics"
tap_check "a socket is taken" \
	lab_conf M "platform metrics unix $LAB_RUN/M/metrics"
tap_check "it answers there" metrics M "unix:$LAB_RUN/M/metrics"
tap_check "owner and group alone may ask" socket_mode
tap_check "another socket replaces it" \
	lab_conf M "platform metrics unix $LAB_RUN/M/metrics2"
tap_check "the first is gone" test ! -e "$LAB_RUN/M/metrics"
tap_check "silent clients block nobody" crowd
tap_check "it is taken away" lab_conf K "no platform metrics port $PORT"
tap_check "nothing listens any more" \
	refused K "http://127.0.0.1:$PORT/metrics"
tap_check "the routers end well" lab_ends_well
tap_end
