#!/bin/bash
# Speed of the command line against programs that do the same, in one run: a
# table of what was measured, the ratio, and whether it meets its target.
#
#   sudo tests/bench/bench-cli.sh       BUILD=DIRECTORY: other programs
#
# FRR's vtysh is unpacked from its Debian packages, not installed.
set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
# shellcheck source=tests/cli/world.sh
. "$TOP/tests/cli/world.sh"

# frr_fetch DIRECTORY
frr_fetch() {
	(cd "$1" && apt-get -q download frr libyang2 libprotobuf-c1) \
		>/dev/null 2>&1 || return
	for package in "$1"/*.deb; do
		dpkg-deb -x "$package" "$1" || return
	done
}

# frr_start: zebra, and vtysh to ask it.
frr_start() {
	local usr=$BENCH_FRR/usr

	export LD_LIBRARY_PATH=$usr/lib/x86_64-linux-gnu:$usr/lib/x86_64-linux-gnu/frr
	mount -t tmpfs tmpfs /var/tmp
	mkdir -p "$W/frr" /run/frr
	cp /etc/group "$W/group"
	say "frrvty:x:4003:root" >>"$W/group"
	mount --bind "$W/group" /etc/group
	say "username root nopassword" >"$W/frr/vtysh.conf"
	"$usr/lib/frr/zebra" -d -u root -g root --vty_socket "$W/frr" \
		-z "$W/frr/zserv" -i "$W/frr/zebra.pid" -f "$W/frr/none" \
		|| die "zebra does not start"
}

if [ -z "${WORLD_INSIDE-}" ]; then
	need_root
	BENCH_FRR=$(mktemp -d)
	trap 'rm -rf "$BENCH_FRR"' EXIT
	frr_fetch "$BENCH_FRR" || say "no FRR: its lines are left out"
	export BENCH_FRR
	WORLD_INSIDE=1 unshare --mount --net --uts --pid --fork --kill-child \
		--mount-proc "$0"
	exit
fi

renice -n -20 $$ >/dev/null # whatever else runs here
world_build
world_router
[ ! -x "$BENCH_FRR/usr/bin/vtysh" ] || frr_start
export WORLD_ROUTER
/usr/bin/python3 "$TOP/tests/bench/bench_cli.py" "$W/bin/getvpnsh" \
	"$BENCH_FRR/usr/bin/vtysh" "$W/frr"
status=$?
kill "$WORLD_ROUTER"
exit "$status"
