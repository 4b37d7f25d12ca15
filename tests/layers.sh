#!/bin/bash
# Includes go downwards only (design.md 2), and each foreign library is known
# to one layer.  Prints TAP.
#
#   cli --> router --> gdoi --> dataplane --> crypto --> base
#    +----> parser ------------------------------------> base

set -u
TOP=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
cd "$TOP" || exit 1

# layer NAME ALLOWED...: prints includes from any of our other directories.
layer() {
	local name=$1 line dir bad=0

	while IFS= read -r line; do
		dir=${line#*\"}
		dir=${dir%%/*}
		case " $* " in
		*" $dir "*) ;;
		*)
			say "$line"
			bad=1
			;;
		esac
	done < <(grep -HnoE '^#[[:space:]]*include[[:space:]]+"[a-z]+/[^"]+"' \
		"$name"/*.[ch])
	return $bad
}

# only PATTERN FILE-PATTERN...: who may include <PATTERN>.
only() {
	local pattern=$1 found

	shift
	found=$(grep -HnE "^#[[:space:]]*include[[:space:]]+[<\"]$pattern" \
		base/*.[ch] crypto/*.[ch] parser/*.[ch] dataplane/*.[ch] \
		gdoi/*.[ch] router/*.[ch] cli/*.[ch] |
		grep -vE "^($(
			IFS='|'
			printf '%s' "$*"
		)):")
	[ -z "$found" ] || {
		say "$found"
		return 1
	}
}

# X_priv.h is for its own directory.
private() {
	local found

	found=$(grep -HnE '^#[[:space:]]*include[[:space:]]+"[a-z]+/[a-z0-9_]+_priv\.h"' \
		base/*.[ch] crypto/*.[ch] parser/*.[ch] dataplane/*.[ch] \
		gdoi/*.[ch] router/*.[ch] cli/*.[ch] |
		awk -F'[:/"]' '$1 != $5')
	[ -z "$found" ] || {
		say "$found"
		return 1
	}
}

tap_check "base stands alone" layer base
tap_check "crypto includes base" layer crypto base
tap_check "parser includes base" layer parser base
tap_check "dataplane includes crypto and base" layer dataplane crypto base
tap_check "gdoi includes dataplane and below" \
	layer gdoi dataplane crypto base
tap_check "router includes gdoi and below" \
	layer router gdoi dataplane crypto base
tap_check "cli includes all" \
	layer cli router parser gdoi dataplane crypto base
tap_check "private headers stay in their directory" private

tap_check "libuv only in base/loop.c" only uv.h 'base/loop\.c'
# The sealing core keeps its cipher contexts from packet to packet.
tap_check "OpenSSL only in crypto and in the sealing core" \
	only openssl/ 'crypto/[^:]*' 'dataplane/user_esp_openssl\.c'
tap_check "ipsec-mb only in its file of the sealing core" \
	only intel-ipsec-mb.h 'dataplane/user_esp_mb\.c'
tap_check "jansson only in cli" only jansson.h 'cli/[^:]*'
tap_check "SQLite only in the router's store" \
	only sqlite3.h 'router/store_sqlite\.c'
tap_check "netlink only in dataplane" \
	only 'lib(mnl|nftnl)' 'dataplane/[^:]*'
tap_check "readline only in getvpnsh" only readline/ 'cli/shell_[^:]*'
tap_check "capabilities and seccomp only in the router's sandbox" \
	only '(cap-ng|seccomp)' 'router/sandbox\.c'
# The engines see the world through gdoi/env.h.
tap_check "gdoi touches no clock, socket or file" \
	only '(time|sys/time|sys/socket|netinet|fcntl|unistd|poll)\.h' \
	'(base|crypto|parser|dataplane|router|cli)/[^:]*'

tap_end
