#!/bin/bash
# Enrolment over the network as a user does it: a router and a CA in a network
# namespace of their own.
set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=${builddir-$TOP/build}
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
need_root
[ -n "${SCEP_INSIDE-}" ] ||
	SCEP_INSIDE=1 exec unshare --net --pid --mount-proc --fork \
		--kill-child "$0" "$@"

W=$(mktemp -d)
trap 'rm -rf "$W"' EXIT
ip link set lo up

# ca_start: another CA each time; sets CA_PORT.
ca_start() {
	mkfifo "$W/ca.in"
	"$BUILD/scepd" <"$W/ca.in" >"$W/ca.port" &
	CA_PID=$!
	exec 7>"$W/ca.in"
	wait_for 20 test -s "$W/ca.port" >/dev/null || die "scepd does not start"
	CA_PORT=$(cat "$W/ca.port")
}

ca_stop() {
	exec 7>&-
	wait "$CA_PID"
	rm -f "$W/ca.in" "$W/ca.port"
}

router() {
	"$BUILD/getvpnsh" -s "$W/sock" 2>&1
}

logged() {
	grep -q "$1" "$W/log"
}

# expect NAME TEXT: what was said last has that text.
expect() {
	if grep -qF "$2" <<<"$SAID"; then
		tap_ok "$1"
	else
		tap_fail "$1" "$SAID"
	fi
}

expect_log() {
	if wait_for 20 logged "$2" >/dev/null; then
		tap_ok "$1"
	else
		tap_fail "$1" "$(cat "$W/log")"
	fi
}

ca_start
"$BUILD/getvpnd" -f -d "$W/state" -s "$W/sock" >"$W/log" 2>&1 </dev/null &
ROUTER=$!
wait_for 20 test -S "$W/sock" >/dev/null || die "getvpnd does not start"

SAID=$(router <<-EOT
	configure terminal
	hostname GM1
	ip domain name orbit.example
	crypto key generate rsa label K modulus 2048
	crypto key generate ec keysize 256 label E
	crypto pki trustpoint NOBODY
	enrollment url http://127.0.0.1:9
	crypto pki trustpoint FILES
	enrollment url tftp://127.0.0.1/ca
	crypto pki trustpoint ORBIT_CA
	enrollment url http://127.0.0.1:$CA_PORT
	subject-name CN=gm1, O=Orbit Lab
	rsakeypair K
	serial-number none
	ip-address none
	password 0 challenge
	exit
	crypto pki authenticate NOBODY
EOT
)
expect "a CA that does not answer" "% The Certificate Authority was not reached"

SAID=$(router <<<"crypto pki authenticate FILES")
expect "a URL that SCEP has no use for" "SCEP goes over http: or https: only"

SAID=$(router <<<"crypto pki enroll ORBIT_CA")
expect "enrolment before authentication" \
	"% You must authenticate the Certificate Authority before"

SAID=$(router <<-EOT
	crypto pki authenticate ORBIT_CA
	yes
EOT
)
expect "authenticate" "Trustpoint CA certificate accepted."

SAID=$(router <<-EOT
	crypto pki enroll ORBIT_CA
	yes
EOT
)
expect "enroll" "% Certificate request sent to Certificate Authority"
expect_log "the certificate comes" \
	"%PKI-6-CERTRET: Certificate received from Certificate Authority"

SAID=$(router <<<"show crypto pki certificates")
expect "and is in the chain" "hostname=GM1.orbit.example"

SAID=$(router <<-EOT
	configure terminal
	crypto pki trustpoint ORBIT_CA
	no rsakeypair
	eckeypair E
	exit
	crypto pki enroll ORBIT_CA
	yes
EOT
)
expect "an EC key pair" "% Enrollment by URL (SCEP) needs an RSA key pair"

ca_stop
ca_start
SAID=$(router <<-EOT
	configure terminal
	crypto pki trustpoint ORBIT_CA
	no eckeypair
	rsakeypair K
	enrollment url http://127.0.0.1:$CA_PORT
	exit
	crypto pki enroll ORBIT_CA
	yes
	yes
EOT
)
expect_log "another CA at the same place is not believed" \
	"%PKI-3-CERTFAIL.*CA is not the one that was authenticated"
SAID=$(router <<<"show crypto pki certificates | include hostname")
expect "the old certificate stays" "hostname=GM1.orbit.example"

if kill -0 "$ROUTER"; then
	tap_ok "the router is there"
else
	tap_fail "the router is there"
fi
kill "$ROUTER"
wait "$ROUTER"
ca_stop
tap_end
