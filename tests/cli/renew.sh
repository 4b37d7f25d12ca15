#!/bin/bash
# `auto-enroll` as a user sees it: a certificate comes as soon as the CA is
# authenticated, is renewed before it ends, with a new key pair if that is
# wanted, and a request that is pending survives the router's death.
set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=${builddir-$TOP/build}
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
need_root
[ -n "${RENEW_INSIDE-}" ] ||
	RENEW_INSIDE=1 exec unshare --net --pid --mount-proc --fork \
		--kill-child "$0" "$@"

W=$(mktemp -d)
trap 'rm -rf "$W"' EXIT
ip link set lo up

mkfifo "$W/ca.in"
"$BUILD/scepd" <"$W/ca.in" >"$W/ca.port" 2>"$W/ca.log" &
CA=$!
exec 7>"$W/ca.in"
wait_for 20 test -s "$W/ca.port" >/dev/null || die "scepd does not start"

start() {
	"$BUILD/getvpnd" -f -d "$W/state" -s "$W/sock" >>"$W/log" 2>&1 \
		</dev/null &
	ROUTER=$!
	wait_for 20 answers >/dev/null || die "getvpnd does not start"
}

answers() {
	router <<<"show clock" | grep -q UTC
}

router() {
	"$BUILD/getvpnsh" -s "$W/sock" 2>&1
}

logged() { # logged TEXT COUNT: so often or more
	[ "$(grep -cF -- "$1" "$W/log")" -ge "${2-1}" ]
}

asked() { # asked TYPE COUNT: of the CA
	[ "$(grep -cx "message $1" "$W/ca.log")" -ge "${2-1}" ]
}

check() { # check NAME COMMAND...: within half a minute
	local name=$1
	shift
	if wait_for 30 "$@" >/dev/null; then
		tap_ok "$name"
	else
		tap_fail "$name" "$(tail -n 20 "$W/log" "$W/ca.log"
			router <<<$'show crypto pki timers\nshow crypto pki certificates\nshow crypto key mypubkey rsa')"
	fi
}

key() {
	router <<<"show crypto key mypubkey rsa" | sed -n '/Key Data/,$p' |
		tr -d ' \n'
}

serial() {
	router <<<"show crypto pki certificates" |
		sed -n '/^Certificate/,/^CA /s/.*Number (hex): //p'
}

valid() {
	router <<<"crypto pki certificate validate ORBIT_CA" | grep -q "is valid"
}

start
echo "lifetime 12" >&7
SAID=$(router <<-EOT
	configure terminal
	hostname GM1
	ip domain name orbit.example
	crypto pki trustpoint ORBIT_CA
	enrollment url http://127.0.0.1:$(cat "$W/ca.port")
	enrollment retry count 100
	subject-name CN=gm1, O=Orbit Lab
	rsakeypair K 2048
	serial-number none
	ip-address none
	password 0 challenge
	revocation-check none
	auto-enroll 50
	exit
	crypto pki authenticate ORBIT_CA
	yes
EOT
)
tap_check "it is taken as it stands" grep -q "certificate accepted" <<<"$SAID"
if grep -q "Warning" <<<"$SAID"; then
	tap_fail "and nothing is said to be missing" "$SAID"
else
	tap_ok "and nothing is said to be missing"
fi
check "it enrolls by itself" logged \
	"%PKI-6-CERT_ENROLL_AUTO: Auto initial enrollment for trustpoint ORBIT_CA"
check "with a key pair of its own" logged "%PKI-6-CERTRET"
tap_check "as a first request" asked 19
tap_check "the certificate does" valid
FIRST=$(serial)
KEY=$(key)
tap_check "the timer is shown" grep -q "RENEW ORBIT_CA" \
	<(router <<<"show crypto pki timers")
tap_check "and for programs" grep -q '"name": *"renewal"' \
	<(router <<<"show crypto pki timers | json")

check "at half of its lifetime it is renewed" logged \
	"%PKI-6-CERT_RENEW_AUTO: Auto certificate renewal for trustpoint ORBIT_CA"
check "by a RenewalReq" asked 17
check "and the new one comes" logged "%PKI-6-CERTRET" 2
SECOND=$(serial)
tap_check "another certificate" test "$SECOND" != "$FIRST"
tap_check "of the same key pair" test "$(key)" = "$KEY"
tap_check "it does" valid

echo "lifetime 100000" >&7
router <<-EOT >/dev/null
	configure terminal
	crypto pki trustpoint ORBIT_CA
	auto-enroll 50 regenerate
EOT
check "renewed with a new key pair" logged "%PKI-6-CERTRET" 3
tap_check "which has the name of the old one" test "$(key)" != "$KEY"
tap_check "and there is only that" test \
	"$(router <<<"show crypto key mypubkey rsa" | grep -c "Key name")" = 1
tap_check "the certificate does" valid
tap_check "the timer runs to half of the lifetime" grep -Eq \
	"0d13:5[0-9]:[0-9]+  RENEW ORBIT_CA" \
	<(router <<<"show crypto pki timers")

# Nothing says where the CRL is: the CA is asked for it.
printf "revoke 77\nrevoke 78\n" >&7
SAID=$(router <<<"crypto pki crl request ORBIT_CA")
tap_check "the CRL comes by SCEP" grep -q "CRL of trustpoint ORBIT_CA received" \
	<<<"$SAID"
tap_check "by GetCRL" asked 22
tap_check "and is shown" grep -q "Revoked certificates: 2" \
	<(router <<<"show crypto pki crls")
tap_check "for programs, too" grep -q '"revoked": *2' \
	<(router <<<"show crypto pki crls | json")

printf "pending\nlifetime 200\n" >&7
SAID=$(router <<-EOT
	configure terminal
	crypto pki trustpoint ORBIT_CA
	no auto-enroll
	exit
	crypto pki enroll ORBIT_CA
	yes
	yes
EOT
)
check "the CA wants to think" logged "%PKI-6-CERTPENDING"
tap_check "it will be asked again" grep -q "POLL ORBIT_CA" \
	<(router <<<"show crypto pki timers")
router <<<"write memory" >/dev/null
kill -9 "$ROUTER"
wait "$ROUTER" 2>/dev/null # says that it was killed
echo "grant" >&7
THIRD=$(wc -l <"$W/ca.log")
start
check "after a restart it is asked at once" logged "%PKI-6-CERTRET" 4
tap_check "for what was pending" grep -qx "message 20" \
	<(tail -n +"$((THIRD + 1))" "$W/ca.log")
tap_check "the certificate does" valid

# A CA that is gone: the old certificate stays, and it is said.
exec 7>&-
wait "$CA"
router <<-EOT >/dev/null
	configure terminal
	crypto pki trustpoint ORBIT_CA
	enrollment retry count 1
	enrollment url http://127.0.0.1:9
	auto-enroll 1
EOT
check "without a CA it is told" logged "%PKI-4-CERTRETRY"
tap_check "and the certificate stays" valid

kill "$ROUTER"
wait "$ROUTER"
tap_check "it ends well" test $? = 0
tap_end
