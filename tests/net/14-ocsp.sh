#!/bin/bash
# revocation-check by OCSP, with openssl's responder: a key server lets a member
# in or not, as the responder says, is gone, or stays silent.
set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=${builddir-$TOP/build}
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
need_root

KS=ocspK$$
GM=ocspG$$
# shellcheck source=tests/net/pair.sh
. "$TOP/tests/net/pair.sh"
RESPONDER=
finish() {
	[ -z "$RESPONDER" ] || PIDS+=("$RESPONDER")
	pair_down
} 2>/dev/null
trap finish EXIT

pair_wires

# --- the CA ---

ca() { # ca COMMAND...: in its directory
	(cd "$W/ca" && openssl "$@") >>"$W/ca.log" 2>&1
}

mkdir "$W/ca"
: >"$W/ca/index.txt"
echo 10 >"$W/ca/serial"
echo 01 >"$W/ca/crlnumber"
cat >"$W/ca/conf" <<-EOT
	[ca]
	default_ca = lab
	[lab]
	database = index.txt
	serial = serial
	crlnumber = crlnumber
	new_certs_dir = .
	certificate = ca.pem
	private_key = ca.key
	default_md = sha256
	default_days = 30
	default_crl_days = 1
	policy = any
	unique_subject = no
	[any]
	commonName = supplied
EOT
ca req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 30 \
	-subj "/CN=Orbit Root CA" -addext keyUsage=keyCertSign,cRLSign ||
	die "no CA: $(cat "$W/ca.log")"
for r in KS1 GM1; do
	ca req -newkey rsa:2048 -nodes -keyout "$r.key" -out "$r.csr" \
		-subj "/CN=$r"
	ca ca -batch -config conf -in "$r.csr" -out "$r.pem" -notext
	ca pkcs12 -export -inkey "$r.key" -in "$r.pem" -certfile ca.pem \
		-passout pass:orbit-lab -out "$r.p12" ||
		die "no certificate: $(cat "$W/ca.log")"
done
ca ca -config conf -gencrl -out ca.crl

responder_start() {
	(cd "$W/ca" && exec ip netns exec "$KS" openssl ocsp -index index.txt \
		-port 2560 -CA ca.pem -rsigner ca.pem -rkey ca.key \
		-ndays 1) >>"$W/ca.log" 2>&1 &
	RESPONDER=$!
	wait_for 20 listens 2560 >/dev/null || die "no responder: $(tail "$W/ca.log")"
}

silent_start() { # takes connections, says nothing
	ip netns exec "$KS" python3 -c '
import socket, time
s = socket.create_server(("10.9.0.3", 2560))
held = []
while True:
    held.append(s.accept())' &
	RESPONDER=$!
	wait_for 20 listens 2560 >/dev/null || die "no silent responder"
}

listens() {
	ip netns exec "$KS" ss -Hltn "sport = :$1" | grep -q .
}

responder_stop() {
	kill "$RESPONDER" && wait "$RESPONDER"
	RESPONDER=
} 2>/dev/null

ip netns exec "$KS" python3 -m http.server --bind 10.9.0.3 --directory "$W/ca" \
	8080 >/dev/null 2>&1 &
PIDS+=($!)
wait_for 20 listens 8080 >/dev/null || die "no server of the CRL"

# --- the routers ---

pair_routers

router() { # router NAME ADDRESS
	pair_router "$@"
	cat <<-EOT
		crypto isakmp identity dn
		crypto pki trustpoint ORBIT_CA
		revocation-check none
		exit
		crypto pki import ORBIT_CA pkcs12 terminal password orbit-lab
	EOT
	base64 "$W/ca/$1.p12"
	echo quit
}

router KS1 10.9.0.1 | at "$KS" >/dev/null
router GM1 10.9.0.2 | at "$GM" >/dev/null
pair_server
wait_for 20 ip netns exec "$KS" ping -c 1 -W 1 10.9.0.2 >/dev/null
pair_member

# again METHODS...: the member registers anew at a key server that knows nothing
# of it; a trustpoint's name is what is known goes by.
again() {
	at "$KS" <<-EOT >/dev/null
		clear crypto isakmp
		configure terminal
		no crypto pki trustpoint TRUST$N
		yes
		crypto pki trustpoint TRUST$((N + 1))
		revocation-check $*
		ocsp url http://10.9.0.3:2560/
		crl query http://10.9.0.3:8080/ca.crl
		exit
		crypto pki import TRUST$((N + 1)) pkcs12 terminal password orbit-lab
		$(base64 -w 64 "$W/ca/KS1.p12" | sed '2,$s/^/\t\t/')
		quit
	EOT
	N=$((N + 1))
	: >"$W/$KS.log"
	: >"$W/$GM.log"
	at "$GM" <<<"clear crypto isakmp" >/dev/null
	at "$GM" <<<$'clear crypto gdoi\nyes' >/dev/null
}
N=0

tap_check "without a check the member registers" \
	wait_for 60 logged "$GM" "%GDOI-5-GM_REGS_COMPL"
at "$KS" <<<$'configure terminal\nno crypto pki trustpoint ORBIT_CA\nyes' \
	>/dev/null

responder_start
again ocsp
tap_check "ocsp: what the responder calls good is let in" \
	wait_for 60 logged "$GM" "%GDOI-5-GM_REGS_COMPL"
tap_check "its answer is shown" grep -q "Status: good" \
	<(at "$KS" <<<"show crypto pki crls")
tap_check "and for programs" grep -q '"status": *"good"' \
	<(at "$KS" <<<"show crypto pki crls | json")

responder_stop
again ocsp
tap_check "ocsp: without a responder nobody is let in" \
	wait_for 60 logged "$KS" "%PKI-3-OCSP_FETCH_FAIL"
refused() {
	! grep -qF "%GDOI-5-GM_REGS_COMPL" "$W/$GM.log"
}
tap_check "and the member is out" refused

again ocsp none
tap_check "ocsp none: without a responder the member is let in" \
	wait_for 60 logged "$GM" "%GDOI-5-GM_REGS_COMPL"

again ocsp crl
tap_check "ocsp crl: without a responder the CRL does" \
	wait_for 60 logged "$GM" "%GDOI-5-GM_REGS_COMPL"
tap_check "it was fetched" grep -q "cn=Orbit Root CA" \
	<(at "$KS" <<<"show crypto pki crls")

silent_start
again ocsp none
tap_check "ocsp none: a silent responder is waited for, not for ever" \
	wait_for 120 logged "$GM" "%GDOI-5-GM_REGS_COMPL"
tap_check "and told of" logged "$KS" "%PKI-3-OCSP_FETCH_FAIL"
responder_stop

ca ca -config conf -revoke GM1.pem
responder_start
again ocsp none
tap_check "a revoked member is named" \
	wait_for 60 logged "$KS" "%PKI-3-CERTIFICATE_REVOKED"
tap_check "and refused, whatever follows" refused

tap_end
