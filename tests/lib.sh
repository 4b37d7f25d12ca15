# shellcheck shell=bash
# Packages, building and waiting, for demo, check and the tests.  Sourced; the
# sourcing script has set TOP to the directory of the tree.

say() {
	printf '%s\n' "$*"
}

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

need_root() {
	[ "$(id -u)" = 0 ] || die "needs root"
}

# packages_install KIND...: the packages of these kinds that dpkg misses.
packages_install() {
	local kind package only missing=()

	while read -r kind package only; do
		case " $* " in
		*" $kind "*) ;;
		*) continue ;;
		esac
		[ -z "$only" ] || [ "$only" = "$(dpkg --print-architecture)" ] ||
			continue
		dpkg-query -W -f='${Status}' "$package" 2>/dev/null |
			grep -q 'install ok installed' || missing+=("$package")
	done < <(grep -Ev '^(#|$)' "$TOP/packages.txt")
	[ ${#missing[@]} -gt 0 ] || return 0
	say "Installing: ${missing[*]}"
	export DEBIAN_FRONTEND=noninteractive
	apt-get -q update >/dev/null || die "apt-get update failed"
	apt-get -q -y install --no-install-recommends "${missing[@]}" \
		>/dev/null || die "cannot install the packages above"
}

# build_dir DIR FLAG...: configures DIR of the tree with exactly these flags,
# or leaves it when it was, and builds the programs.
build_dir() {
	local dir=$TOP/$1 flags="${*:2}" out

	if [ ! -x "$TOP/configure" ] ||
		[ "$TOP/configure.ac" -nt "$TOP/configure" ]; then
		out=$(cd "$TOP" && autoreconf -i 2>&1) || {
			say "$out"
			return 1
		}
	fi
	mkdir -p "$dir"
	if [ ! -f "$dir/config.status" ] ||
		[ "$(cat "$dir/.flags" 2>/dev/null)" != "$flags" ]; then
		(cd "$dir" && ../configure --quiet "${@:2}") || return 1
		printf '%s' "$flags" >"$dir/.flags"
	fi
	make -C "$dir" -s -j"$(nproc)" all >/dev/null
}

# wait_for SECONDS COMMAND...: until the command succeeds; when it never did, 1
# and what it printed last.
wait_for() {
	local end=$((SECONDS + $1)) out

	shift
	until out=$("$@" 2>&1); do
		[ "$SECONDS" -lt "$end" ] || {
			printf '%s\n' "$out"
			return 1
		}
		sleep 0.2
	done
}

# A TAP producer: plan last, so that tests need not be counted beforehand.
TAP_N=0
TAP_FAILED=0

tap_ok() { # tap_ok NAME
	TAP_N=$((TAP_N + 1))
	say "ok $TAP_N - $1"
}

tap_fail() { # tap_fail NAME [DIAGNOSIS]
	TAP_N=$((TAP_N + 1))
	TAP_FAILED=$((TAP_FAILED + 1))
	say "not ok $TAP_N - $1"
	[ -z "${2-}" ] || printf '%s\n' "$2" | sed 's/^/# /'
}

# tap_check NAME COMMAND...: its output is the diagnosis.
tap_check() {
	local name=$1 out

	shift
	if out=$("$@" 2>&1); then
		tap_ok "$name"
	else
		tap_fail "$name" "$out"
	fi
}

tap_end() {
	say "1..$TAP_N"
	[ "$TAP_FAILED" = 0 ]
}
