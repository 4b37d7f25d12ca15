#!/bin/bash
# What a group member does where the kernel, or who started it, denies what the
# dataplane takes: it stays up, says what is missing, and goes on when it comes.
# Prints TAP.

set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
LAB_PREFIX=${LAB_PREFIX-gv22-}
LAB_ROUTERS="R1 R2 R3"
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
# shellcheck source=tests/net/lab.sh
. "$TOP/tests/net/lab.sh"
need_root
trap lab_down EXIT
trap 'exit 130' INT TERM

# start_by COMMAND...: R2, started by that.
start_by() {
	local dir=$LAB_RUN/R2

	rm -f "$dir/socket"
	setsid ip netns exec "${LAB_PREFIX}R2" "$@" "$BUILD/getvpnd" -f \
		-d "$dir/state" -s "$dir/socket" \
		>>"$dir/console" 2>&1 </dev/null &
	printf '%s\n' $! >"$dir/pid"
	disown
	wait_for 20 lab_cmd R2 "show version"
}

tells() { # COMMAND PATTERN
	lab_cmd R2 "$1" | tee "$LAB_RUN/told" | grep -Eq -- "$2" || {
		cat "$LAB_RUN/told"
		return 1
	}
}

told_once() { # PATTERN
	[ "$(lab_cmd R2 "show logging" | grep -Ec "$1")" = 1 ]
}

reaches() {
	lab_ping H2 172.16.3.10 3 | grep -q ' 0% packet loss'
}

if ! out=$(lab_up 2>&1); then
	tap_fail "the lab comes up" "$out"
	tap_end
	exit 1
fi
tap_check "both members register" wait_for 60 lab_all_registered
lab_cmd R2 "write memory" >/dev/null
tap_check "R2 stops" lab_stop R2

# shellcheck disable=SC2016 # the inner shell's
tap_check "R2 starts without /dev/net/tun" start_by unshare -m sh -c \
	'mount -t tmpfs none /dev/net && exec "$@"' sh
tap_check "show platform dataplane tells" tells "show platform dataplane" \
	'Reason .*tun: No such file.*load the module tun.*container'
tap_check "as JSON, too" tells "show platform dataplane | json" \
	'"reason": ".*tun'
tap_check "show logging tells" wait_for 10 tells "show logging" \
	'%DATAPLANE-3-UNAVAILABLE: .*tun: No such file.*load the module tun'
tap_check "it tries to register" wait_for 60 tells "show logging" \
	'Installation of the policy failed|FAILED_TO_INSTALL_POLICIES'
tap_check "it told it once" told_once 'DATAPLANE-3-UNAVAILABLE'
tap_check "packet-path says that nothing is encrypted" tells \
	"show crypto gdoi gm packet-path 172.16.2.10 172.16.3.10 icmp" \
	'No dataplane runs'
tap_check "the device comes" nsenter -t "$(lab_pid R2)" -m umount /dev/net
tap_check "so does the dataplane" wait_for 20 tells "show logging" \
	'%DATAPLANE-5-AVAILABLE'
tap_check "R2 registers" wait_for 90 lab_registered R2
tap_check "and traffic passes" wait_for 20 reaches

# The device goes with what hangs on it, and is hidden when it is to come back.
nsenter -t "$(lab_pid R2)" -m mount -t tmpfs none /dev/net
lab_in R2 ip link del gm0
tap_check "a TUN that cannot be made again is told" wait_for 10 tells \
	"show logging" 'gm0 is gone: No such file.*load the module tun'
nsenter -t "$(lab_pid R2)" -m umount /dev/net
tap_check "and made when it can" wait_for 10 tells "show logging" \
	'gm0 was deleted, made again'
tap_check "traffic passes again" wait_for 20 reaches
tap_check "R2 stops" lab_stop R2

tap_check "R2 starts without CAP_NET_ADMIN" \
	start_by capsh --drop=cap_net_admin --shell=/usr/bin/env --
tap_check "show platform dataplane tells" tells "show platform dataplane" \
	'Reason .*Operation not permitted.*CAP_NET_ADMIN'
tap_check "R2 stops" lab_stop R2

tap_check "R2 starts without nf_tables" start_by "$TOP/tests/net/refuse.py"
tap_check "show platform dataplane tells" tells "show platform dataplane" \
	'Reason .*nf_tables: Protocol not supported.*module'
tap_check "so does the guard" tells "show logging" \
	'Fail-close is not available: nf_tables: Protocol not supported'
tap_check "R2 stops" lab_stop R2
tap_check "R2 starts as it should" lab_start R2
tap_check "and registers" wait_for 60 lab_registered R2
tap_check "traffic passes" wait_for 20 reaches
tap_check "all routers end well" lab_ends_well
tap_end
