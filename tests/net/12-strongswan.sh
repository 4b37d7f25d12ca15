#!/bin/bash
# strongSwan as the other end of phase 1: pre-shared key, RSA and ECDSA
# certificates, it begins and we begin, on UDP 848 from port 500 and with the
# non-ESP marker from 848, and on our UDP 500; Quick Mode and a Delete of DOI 0.
# Prints TAP.
#
#   K key server 10.12.1.2 ---- S strongSwan .1 ---- M member 10.12.2.2

set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
LAB_PREFIX=${LAB_PREFIX-gv12-}
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
# shellcheck source=tests/net/lab.sh
. "$TOP/tests/net/lab.sh"
need_root
LAB_ROUTERS="K M"
LAB_NODES="K M S"
# Not below /run: charon gets one of its own.
DIR=$(mktemp -d /tmp/gv12.XXXXXX)

down() {
	charon_stop
	lab_down
	rm -rf "$DIR"
}
trap down EXIT
trap 'exit 130' INT TERM

# --- certificates ----------------------------------------------------------

ca_make() { # KIND ALGORITHM...
	openssl req -x509 -nodes -days 30 -newkey "${@:2}" -sha256 \
		-subj "/O=Orbit Lab/CN=Root $1" -keyout "$DIR/$1-ca.key" \
		-out "$DIR/$1-ca.pem"
}

# cert_make KIND NAME ADDRESS ALGORITHM...: NAME.key, NAME.pem, NAME.p12.
cert_make() {
	local base=$DIR/$1-$2

	openssl req -nodes -newkey "${@:4}" -subj "/O=Orbit Lab/CN=$2 $1" \
		-keyout "$base.key" -out "$base.csr" &&
		openssl x509 -req -days 30 -sha256 -in "$base.csr" \
			-CA "$DIR/$1-ca.pem" -CAkey "$DIR/$1-ca.key" \
			-CAcreateserial -out "$base.pem" -extfile <(
				printf 'keyUsage=digitalSignature\n'
				printf 'subjectAltName=IP:%s,DNS:%s\n' \
					"$3" "$2.orbit.example"
			) &&
		openssl pkcs12 -export -inkey "$base.key" -in "$base.pem" \
			-certfile "$DIR/$1-ca.pem" -passout pass:Orb1tLab \
			-out "$base.p12"
}

certs_make() {
	local kind alg

	for kind in rsa ec; do
		alg="rsa:2048"
		[ "$kind" = rsa ] ||
			alg="ec -pkeyopt ec_paramgen_curve:P-256"
		# shellcheck disable=SC2086
		ca_make "$kind" $alg && cert_make "$kind" K 10.12.1.2 $alg &&
			cert_make "$kind" M 10.12.2.2 $alg &&
			cert_make "$kind" S 10.12.1.1 $alg || return 1
	done >"$DIR/openssl.log" 2>&1
}

# --- strongSwan ------------------------------------------------------------

# Not whatever else is installed: some plugins take traffic or ports for
# themselves.
PLUGINS="random nonce aes sha1 sha2 hmac kdf openssl x509 constraints \
revocation pubkey pkcs1 pem kernel-netlink socket-default vici"

swan() {
	STRONGSWAN_CONF=$DIR/strongswan.conf SWANCTL_DIR=$DIR/swanctl \
		swanctl "$@" --uri "unix://$DIR/vici"
}

swan_connection() { # NAME PEER PORT AUTH CERTIFICATE
	cat <<-END
		$1 {
			version = 1
			local_addrs = 10.12.${1##*-}.1
			remote_addrs = $2
			remote_port = $3
			proposals = aes128-sha1-modp2048
			dpd_delay = 0
			fragmentation = no
			local { auth = $4
				$5 }
			remote { auth = $4 }
			children { child { esp_proposals = aes128-sha1 } }
		}
	END
}

# swan_configure AUTH [CERTIFICATE]
swan_configure() {
	local certs=${2:+certs = $2}

	{
		echo "connections {"
		swan_connection to-k-1 10.12.1.2 "$KS_PORT" "$1" "$certs"
		swan_connection from-m-2 10.12.2.2 "$PEER_PORT" "$1" "$certs"
		echo "}"
		echo 'secrets { ike { secret = "MY_KEY" } }'
	} >"$DIR/swanctl/swanctl.conf"
}

# charon_start PORT: with an empty /run, as there may be another one.
charon_start() {
	cat >"$DIR/strongswan.conf" <<-END
		charon-systemd {
			load = $PLUGINS
			port = $1
			port_nat_t = 4500
			retransmit_tries = 2
			plugins { vici { socket = unix://$DIR/vici } }
			filelog { all { path = $DIR/charon.log
				default = 1
				flush_line = yes } }
			journal { default = -1 }
		}
	END
	: >"$DIR/charon.log"
	rm -f "$DIR/vici"
	STRONGSWAN_CONF=$DIR/strongswan.conf SWANCTL_DIR=$DIR/swanctl \
		ip netns exec "${LAB_PREFIX}S" unshare -m sh -c \
		'mount -t tmpfs tmpfs /run && exec /usr/sbin/charon-systemd' \
		>"$DIR/charon.out" 2>&1 </dev/null &
	printf '%s\n' $! >"$DIR/charon.pid"
	disown
	wait_for 15 swan --stats
}

charon_stop() {
	[ -f "$DIR/charon.pid" ] && ! charon_gone || return 0
	kill "$(cat "$DIR/charon.pid")" && wait_for 10 charon_gone
}

charon_gone() {
	[ "$(readlink -f "/proc/$(cat "$DIR/charon.pid")/exe")" != \
		/usr/sbin/charon-systemd ]
}

swan_load() {
	swan --load-all --noprompt
}

swan_initiates() {
	swan --initiate --ike to-k-1 --timeout 20 && is_up K
}

is_up() { # ROUTER
	lab_cmd "$1" "show crypto isakmp sa" | grep -q 'GDOI_IDLE.*ACTIVE'
}

is_down() {
	! is_up "$1"
}

swan_has_sa() { # NAME
	swan --list-sas --ike "$1" | grep -q ESTABLISHED
}

# A child that a key server has no use for is refused; phase 1 stays.
quick_mode_is_answered() {
	: >"$DIR/charon.log"
	! swan --initiate --child child --ike to-k-1 --timeout 10 &&
		grep -q 'parsed INFORMATIONAL_V1.*N(' "$DIR/charon.log" &&
		is_up K
}

swan_deletes() {
	swan --terminate --ike to-k-1 --timeout 10 && wait_for 5 is_down K
}

# --- our two routers -------------------------------------------------------

routers_up() {
	local router

	lab_down
	mkdir -p "$LAB_RUN"
	chmod 700 "$LAB_RUN"
	for router in K M S; do
		lab_node "$router"
	done
	lab_wire K wan S to-k
	lab_wire M wan S to-m
	lab_address S to-k 10.12.1.1/24
	lab_address S to-m 10.12.2.1/24
	# strongSwan on 500 puts no marker in front; members call 848.
	lab_in S nft add table ip gv
	lab_in S nft add chain ip gv in \
		"{ type nat hook prerouting priority -100; }"
	lab_in S nft add rule ip gv in iifname to-m udp dport 848 redirect to :500
	sed -e 's/192.168.1.254/10.12.1.2/; s/192.168.1.1$/10.12.1.1/' \
		-e 's/group 5/group 14/' "$LAB_CONFIGS/R1.txt" >"$DIR/K.txt"
	lab_start K && lab_paste K "$DIR/K.txt" && lab_start M &&
		cat >"$DIR/M.txt" <<-'END' && lab_paste M "$DIR/M.txt"
			hostname M
			platform isakmp doi ipsec
			crypto isakmp policy 10
			 encryption aes
			 authentication pre-share
			 group 14
			crypto isakmp key MY_KEY address 0.0.0.0
			crypto gdoi group GDOI_GROUP
			 identity number 123
			 server address ipv4 10.12.2.1
			crypto map GDOI_MAP 10 gdoi
			 set group GDOI_GROUP
			interface GigabitEthernet0/0
			 netdev wan
			 ip address 10.12.2.2 255.255.255.0
			 no shutdown
		END
}

# The bundle into the router's flash, and from there into a trustpoint.
trustpoint_import() { # ROUTER KIND
	local flash=$LAB_RUN/$1/state/flash

	mkdir -p "$flash" && cp "$DIR/$2-$1.p12" "$flash/$2.p12" &&
		lab_conf "$1" "crypto pki trustpoint $2" \
			" enrollment terminal" " revocation-check none" &&
		lab_conf "$1" "crypto pki import $2 pkcs12 flash:$2.p12 Orb1tLab"
}

trustpoints_import() {
	local router kind

	for router in K M; do
		for kind in rsa ec; do
			trustpoint_import "$router" "$kind" || return 1
		done
		lab_cmd "$router" "show crypto pki certificates" |
			grep -q "cn=$router" || return 1
	done
}

authenticate_by() { # METHOD
	local router

	for router in K M; do
		lab_conf "$router" "crypto isakmp policy 10" \
			" authentication $1" || return 1
	done
}

swan_answers() {
	lab_conf M "interface GigabitEthernet0/0" " crypto map GDOI_MAP" &&
		wait_for 20 swan_has_sa from-m-2
}

member_ends() {
	lab_conf M "interface GigabitEthernet0/0" " no crypto map GDOI_MAP" &&
		lab_cmd M "clear crypto isakmp" >/dev/null &&
		lab_cmd K "clear crypto isakmp" >/dev/null &&
		wait_for 10 is_down M && wait_for 10 is_down K
}

# round METHOD AUTH [CERTIFICATE]: both directions.
round() {
	local name=$1

	tap_check "$name: set up" round_setup "$@"
	tap_check "$name: strongSwan begins" swan_initiates
	tap_check "$name: Quick Mode gets a notification" quick_mode_is_answered
	tap_check "$name: its Delete counts" swan_deletes
	tap_check "$name: we begin" swan_answers
	tap_check "$name: it ends" member_ends
}

round_setup() {
	authenticate_by "$1" && swan_configure "$2" "${3-}" && swan_load
}

swan_files() {
	local kind

	mkdir -p "$DIR"/swanctl/{x509,x509ca,private,conf.d}
	for kind in rsa ec; do
		cp "$DIR/$kind-S.pem" "$DIR/swanctl/x509/" &&
			cp "$DIR/$kind-ca.pem" "$DIR/swanctl/x509ca/" &&
			cp "$DIR/$kind-S.key" "$DIR/swanctl/private/" ||
			return 1
	done
}

marker_round() {
	charon_stop
	charon_start 848 && round_setup rsa-sig pubkey rsa-S.pem &&
		swan_initiates && swan_deletes
}

# port_500_round METHOD AUTH [CERTIFICATE]: it begins, and calls our 500.
port_500_round() {
	round_setup "$@" && swan_initiates && has_sa_on_500 &&
		quick_mode_is_answered && swan_deletes
}

has_sa_on_500() {
	swan --list-sas --ike to-k-1 | grep -q "10.12.1.2\[500\]"
}

port_500_opens() {
	lab_conf K "platform isakmp port 500" &&
		lab_cmd K "show running-config" | grep -qx "platform isakmp port 500"
}

port_500_closes() {
	lab_conf K "no platform isakmp port 500" && ! swan_initiates
}

PEER_PORT=848 KS_PORT=848
tap_check "certificates" certs_make
tap_check "two routers" routers_up
tap_check "trustpoints from PKCS #12" trustpoints_import
swan_files
tap_check "strongSwan starts" charon_start 500
round pre-share psk
round rsa-sig pubkey rsa-S.pem
round ecdsa-sig pubkey ec-S.pem
KS_PORT=500
tap_check "our port 500 opens" port_500_opens
tap_check "pre-share on it" port_500_round pre-share psk
tap_check "rsa-sig on it" port_500_round rsa-sig pubkey rsa-S.pem
tap_check "it closes again" port_500_closes
KS_PORT=848
tap_check "rsa-sig from port 848, with the marker" marker_round
charon_stop
tap_check "the routers end well" lab_ends_well
[ "$TAP_FAILED" = 0 ] || {
	say "# charon:"
	tail -n 80 "$DIR/charon.log" | sed 's/^/# /'
}
tap_end
