#!/bin/bash
# The scenarios of tests/net with the kernel's own ESP: the same scripts, all at
# once in a machine with a stock Debian kernel, where `platform dataplane auto`
# finds xfrm.  Prints TAP.
#
#   SCRIPTS="NAME..."   which

set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
# shellcheck source=tests/vm/vm.sh
. "$TOP/tests/vm/vm.sh"
need_root
export BUILD=${BUILD-$TOP/build}
# Each member of the lab is to encrypt by it.
export LAB_BACKEND=xfrm
# Deaths of each router in 17-safety.sh.
export ROUNDS=${ROUNDS-2}
export SCRIPTS=${SCRIPTS-01-lab 02-rekey 03-restart 17-safety}
export VM_ENV="LAB_BACKEND ROUNDS SCRIPTS"

if [ "${1-}" != inside ]; then
	export VM_MEMORY=3072
	vm_tap "$0" inside
	exit
fi

# The results of a script's TAP under its name.
results_of() { # NAME FILE STATUS
	local line

	while IFS= read -r line; do
		case $line in
		"ok "*) tap_ok "$1: ${line#* - }" ;;
		"not ok "*) tap_fail "$1: ${line#* - }" ;;
		*) say "# ${line#\# }" ;;
		esac
	done <"$2"
	tap_check "$1: to its end" test "$3" = 0
}

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
for name in $SCRIPTS; do
	(
		"$TOP/tests/net/$name.sh" >"$out/$name" 2>&1 </dev/null
		printf '%s\n' $? >"$out/$name.status"
	) &
done
wait
for name in $SCRIPTS; do
	results_of "$name" "$out/$name" "$(cat "$out/$name.status")"
done
tap_end
