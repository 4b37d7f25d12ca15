#!/bin/bash
# Netmiko (cisco_ios) drives the router.
set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
# shellcheck source=tests/cli/world.sh
. "$TOP/tests/cli/world.sh"

world_enter "$0"
world_start
/usr/bin/python3 "$TOP/tests/cli/drive_netmiko.py" "$WORLD_PORT"
status=$?
world_stop
exit "$status"
