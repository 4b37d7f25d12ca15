#!/bin/bash
# Certificates from beginning to end: a key server and a member enrol by SCEP,
# the member registers by certificate, with the CRL fetched for it, and is
# refused once it is revoked.
set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=${builddir-$TOP/build}
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
need_root

KS=scepK$$
GM=scepG$$
# shellcheck source=tests/net/pair.sh
. "$TOP/tests/net/pair.sh"
finish() {
	exec 7>&-
	pair_down
} 2>/dev/null
trap finish EXIT

pair_wires
mkfifo "$W/ca.in"
ip netns exec "$KS" "$BUILD/scepd" 10.9.0.3 <"$W/ca.in" >"$W/port" &
PIDS+=($!)
exec 7>"$W/ca.in"
pair_routers
wait_for 20 test -s "$W/port" >/dev/null || die "scepd does not start"
PORT=$(cat "$W/port")

trustpoint() { # trustpoint NAME ADDRESS
	pair_router "$@"
	cat <<-EOT
		ip domain name orbit.example
		crypto key generate rsa label ID modulus 2048
		crypto pki trustpoint ORBIT_CA
		enrollment url http://10.9.0.3:$PORT
		rsakeypair ID
		subject-name CN=$1
		serial-number none
		ip-address $2
		password 0 challenge
		revocation-check crl
		crl query http://10.9.0.3:$PORT/ca.crl
		exit
	EOT
}

trustpoint KS1 10.9.0.1 | at "$KS" >/dev/null
trustpoint GM1 10.9.0.2 | at "$GM" >/dev/null
pair_server
for r in "$KS" "$GM"; do
	wait_for 20 ip netns exec "$r" ping -c 1 -W 1 10.9.0.3 >/dev/null
	at "$r" <<<$'crypto pki authenticate ORBIT_CA\nyes' >/dev/null
	at "$r" <<<$'crypto pki enroll ORBIT_CA\nyes' >/dev/null
	tap_check "${r%%[0-9]*} enrols" wait_for 30 logged "$r" "%PKI-6-CERTRET"
done

pair_member
tap_check "the member registers by certificate" \
	wait_for 60 logged "$GM" "%GDOI-5-GM_REGS_COMPL"
tap_check "the key server has fetched the CRL" \
	grep -F "cn=Orbit Root CA" <(at "$KS" <<<"show crypto pki crls")

SERIAL=$(at "$GM" <<<"show crypto pki certificates | include Serial" |
	sed -n '1s/.*: //p')
say "revoke $((16#$SERIAL))" >&7
revoked() {
	at "$KS" <<<"crypto pki crl request ORBIT_CA" >/dev/null
	at "$KS" <<<"show crypto pki crls" | grep "Revoked certificates: 1"
}
tap_check "the revocation is in the CRL" wait_for 20 revoked
at "$KS" <<<"clear crypto isakmp" >/dev/null
at "$GM" <<<"clear crypto isakmp" >/dev/null
: >"$W/$GM.log"
at "$GM" <<<$'clear crypto gdoi\nyes' >/dev/null
tap_check "the member tries again" \
	wait_for 20 logged "$GM" "%CRYPTO-5-GM_REGSTER"
tap_check "the key server says why it is refused" \
	wait_for 60 logged "$KS" "%PKI-3-CERTIFICATE_REVOKED"
if grep -qF "%GDOI-5-GM_REGS_COMPL" "$W/$GM.log"; then
	tap_fail "the revoked member is refused" "$(cat "$W/$GM.log")"
else
	tap_ok "the revoked member is refused"
fi

tap_end
