#!/bin/bash
# RANCID logs in with clogin and collects what it collects from a router.
set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
# shellcheck source=tests/cli/world.sh
. "$TOP/tests/cli/world.sh"

# shellcheck disable=SC2317 # tap_check calls these
whole() { # ROUTER DIRECTORY: RANCID keeps a configuration that ends with "end"
	mkdir "$W/$2"
	(cd "$W/$2" && NOPIPE=YES rancid -d -t cisco "$1" 2>log)
	tail -n 1 "$W/$2/$1.new" | grep -qx end && return
	tail -n 40 "$W/$2/log"
	tail -n 40 "$W/$2/$1.new"
	return 1
}

# shellcheck disable=SC2317
stores() { # DIRECTORY PATTERN...: what was collected has such lines
	local pattern file=$W/$1/r1.new

	for pattern in "${@:2}"; do
		grep -q "$pattern" "$file" && continue
		say "no $pattern in"
		cat "$file"
		return 1
	done
}

# shellcheck disable=SC2317
login() { # ROUTER TEXT: clogin executes a command and its output has the text
	local out

	out=$(clogin -c "show privilege" "$1" 2>&1)
	grep -q "$2" <<<"$out" && return
	say "$out"
	return 1
}

world_enter "$0"
world_start
"$W/bin/getvpnsh" -f - <<'EOF'
interface Loopback0
 ip address 10.0.0.1 255.255.255.255
ip access-list extended WEB
 permit tcp any any eq www
EOF
say '127.0.0.1 R1 user1' >"$W/hosts"
mount --bind "$W/hosts" /etc/hosts
cat >"$HOME/.cloginrc" <<EOF
add method * {ssh:$WORLD_PORT}
add user r1 ann
add password r1 ann enab1e
add user user1 bob
add password user1 bob enab1e
EOF
chmod 600 "$HOME/.cloginrc"
export PATH=$PATH:/usr/lib/rancid/bin BASEDIR=$W TERM=network

tap_check "clogin runs commands" login r1 \
	"Current privilege level is 15"
tap_check "clogin goes through enable" login user1 \
	"Current privilege level is 15"
tap_check "rancid collects up to the end of the configuration" whole r1 first
tap_check "it stores the configuration" stores first \
	"^hostname R1$" "^ ip address 10.0.0.1 255.255.255.255$" \
	"^ 10 permit tcp any any eq www$"
tap_check "it stores version and inventory" stores first \
	"^!Image: .*GETVPN" "^!Processor ID: " '^!NAME: '
tap_check "it collects again" whole r1 second
tap_check "both collections are the same, byte by byte" \
	diff "$W/first/r1.new" "$W/second/r1.new"
tap_end
status=$?
world_stop
exit "$status"
