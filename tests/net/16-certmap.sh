#!/bin/bash
# A key server that judges members by what stands in their certificates:
# certificate maps of a trustpoint and of a profile, and crypto identity where
# the members tell only their addresses.  Prints TAP.
#
#   K key server 10.14.0.1 ---- M member 10.14.0.2

set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
LAB_PREFIX=${LAB_PREFIX-gv16-}
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
# shellcheck source=tests/net/lab.sh
. "$TOP/tests/net/lab.sh"
need_root
LAB_ROUTERS="K M"
LAB_NODES="K M"
DIR=$(mktemp -d /tmp/gv16.XXXXXX)

down() {
	lab_down
	rm -rf "$DIR"
}
trap down EXIT
trap 'exit 130' INT TERM

cert_make() { # NAME
	local base=$DIR/$1

	openssl req -nodes -newkey rsa:2048 -subj "/O=Orbit Lab/CN=$1" \
		-keyout "$base.key" -out "$base.csr" &&
		openssl x509 -req -days 30 -in "$base.csr" -CA "$DIR/ca.pem" \
			-CAkey "$DIR/ca.key" -CAcreateserial -out "$base.pem" \
			-extfile <(printf 'subjectAltName=DNS:%s.example' "$1") &&
		openssl pkcs12 -export -inkey "$base.key" -in "$base.pem" \
			-certfile "$DIR/ca.pem" -passout pass:Orb1tLab \
			-out "$base.p12"
}

certs_make() {
	{
		openssl req -x509 -nodes -days 30 -newkey rsa:2048 \
			-subj "/O=Orbit Lab/CN=Root" -keyout "$DIR/ca.key" \
			-out "$DIR/ca.pem" && cert_make K && cert_make M
	} >"$DIR/openssl.log" 2>&1
}

trustpoint() { # ROUTER
	local flash=$LAB_RUN/$1/state/flash

	mkdir -p "$flash" && cp "$DIR/$1.p12" "$flash/id.p12" &&
		lab_conf "$1" "crypto pki trustpoint CA" \
			" enrollment terminal" " revocation-check none" &&
		lab_conf "$1" "crypto pki import CA pkcs12 flash:id.p12 Orb1tLab"
}

routers_up() {
	local r

	lab_down
	mkdir -p "$LAB_RUN"
	chmod 700 "$LAB_RUN"
	for r in K M; do
		lab_node "$r"
	done
	lab_wire K wan M wan
	sed -e 's/192.168.1.254/10.14.0.1/; /^ip route/d' \
		-e 's/pre-share/rsa-sig/; s/group 5/group 14/; /isakmp key/d' \
		"$LAB_CONFIGS/R1.txt" >"$DIR/K.txt"
	for r in K M; do
		lab_start "$r" && trustpoint "$r" || return 1
	done
	lab_paste K "$DIR/K.txt" && lab_paste M <(
		cat <<-'END'
			hostname M
			crypto isakmp policy 10
			 encryption aes
			 group 14
			crypto gdoi group GDOI_GROUP
			 identity number 123
			 server address ipv4 10.14.0.1
			crypto map GDOI_MAP 10 gdoi
			 set group GDOI_GROUP
			interface GigabitEthernet0/0
			 netdev wan
			 ip address 10.14.0.2 255.255.255.0
			 no shutdown
			 crypto map GDOI_MAP
		END
	)
}

# Away with what there is, and on with what comes.
again() {
	lab_cmd K "clear crypto isakmp" >/dev/null
	printf '%s\n' "clear crypto isakmp" "clear crypto gdoi" yes |
		lab_sh M >/dev/null
}

logged() { # ROUTER TEXT
	lab_cmd "$1" "show logging" | grep -Fq -- "$2"
}

rejected() { # LINES...: what keeps M out, by its certificate
	lab_conf K "$@" && again &&
		wait_for 30 logged K "does not match the certificate map" &&
		! lab_registered M
}

registers() { # LINES...
	lab_conf K "$@" && again && wait_for 60 lab_registered M
}

profile_is() { # NAME
	lab_cmd K "show crypto isakmp sa | json" | grep -q "\"profile\": \"$1\""
}

tap_check "certificates" certs_make
tap_check "two routers" routers_up
tap_check "M registers by its certificate" wait_for 60 lab_registered M
tap_check "a map of the trustpoint keeps M out" rejected \
	"crypto pki certificate map MEMBERS 10" " subject-name co cn=M2" \
	"crypto pki trustpoint CA" " match certificate MEMBERS"
tap_check "a second sequence number lets M in" registers \
	"crypto pki certificate map MEMBERS 20" \
	" subject-name co CN = m,o = orbit lab" \
	" alt-subject-name eq m.example" " issuer-name co root"
tap_check "another identity is not authorized" lab_conf K \
	"crypto identity ONLY" " dn cn=other,o=Orbit Lab" \
	"crypto gdoi group GDOI_GROUP" " server local" \
	"  authorization identity ONLY"
again
tap_check "the key server says so" wait_for 30 logged K \
	"GDOI-1-UNAUTHORIZED_IDENTITY"
tap_check "the subject is, though M tells its address" registers \
	"crypto identity ONLY" " dn o=Orbit Lab,cn=m"
tap_check "so is a name in the certificate" registers \
	"crypto identity ONLY" " no dn cn=other,o=Orbit Lab" \
	" no dn o=Orbit Lab,cn=m" " fqdn M.example"
tap_check "a map gives M its profile" registers \
	"crypto isakmp profile BY_CERT" " match certificate MEMBERS"
tap_check "it is shown" profile_is BY_CERT
tap_check "the routers end well" lab_ends_well
tap_end
