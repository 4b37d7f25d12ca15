#!/bin/bash
# Speed of a key server against what its public-key operations and its
# datagrams cost by themselves, in one run: see README.md beside this.
#
#   make bench; sudo tests/bench/bench-gdoi.sh [register|rekey|simulated]...
#
# BUILD=DIRECTORY: other programs; MEMBERS=N: so many; ROUNDS=N: medians of so
# many rounds, interleaved with what they are compared to.
set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
BUILD=${BUILD-$TOP/build}
MEMBERS=${MEMBERS-10000}
ROUNDS=${ROUNDS-3}
NETNS=gv-bench-$$
SERVER=10.250.0.1
FIRST=10.251.0.1
W=
DAEMON=

in_net() {
	ip netns exec "$NETNS" "$@"
}

cleanup() {
	daemon_stop
	ip netns del "$NETNS" 2>/dev/null
	rm -rf "$W"
}

# Every address of the members' prefix is local to the one namespace.
net_start() {
	ip netns add "$NETNS" || die "no network namespace"
	in_net ip link set lo up
	in_net ip address add "$SERVER/32" dev lo
	in_net ip route add local 10.251.0.0/16 dev lo
}

# A CA, the server's certificate (by its address) and one for all members.
certificates_make() {
	local name

	[ ! -d "$W/pki" ] || return
	mkdir "$W/pki"
	(
		cd "$W/pki" || exit
		openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key \
			-out ca.pem -subj "/CN=Bench CA" -days 30
		for name in server member; do
			openssl req -newkey rsa:2048 -nodes -keyout $name.key \
				-out $name.csr -subj "/CN=$name"
			openssl x509 -req -in $name.csr -CA ca.pem \
				-CAkey ca.key -CAcreateserial -days 30 \
				-out $name.pem -extfile <(printf '%s\n' \
				"subjectAltName=IP:$SERVER" \
				"keyUsage=digitalSignature")
		done
		openssl pkcs12 -export -inkey server.key -in server.pem \
			-certfile ca.pem -passout pass:Orb1tLab -out server.p12
	) >/dev/null 2>&1
}

# The lines that make the server a member of that CA.
certificates_import() {
	mkdir -p "$W/state/flash"
	cp "$W/pki/server.p12" "$W/state/flash"
	cat <<-END
		crypto pki trustpoint PKI
		 revocation-check none
		crypto pki import PKI pkcs12 flash:server.p12 password Orb1tLab
	END
}

# daemon_start AUTHENTICATION DH-GROUP
daemon_start() {
	rm -rf "$W/state"
	mkdir -p "$W/state"
	(exec ip netns exec "$NETNS" taskset -c 0 "$BUILD/getvpnd" -f \
		-d "$W/state" -s "$W/socket") >"$W/log" 2>&1 </dev/null &
	DAEMON=$! # each exec replaces the one before
	wait_for 10 test -S "$W/socket" || die "getvpnd does not start"
	cat >"$W/config" <<-END
		no logging console
		crypto key generate rsa modulus 2048 label BENCH
		crypto isakmp policy 10
		 encryption aes
		 hash sha256
		 authentication $1
		 group $2
		crypto isakmp key bench address 0.0.0.0
		crypto ipsec transform-set TS esp-aes esp-sha-hmac
		crypto ipsec profile P
		 set transform-set TS
		ip access-list extended A
		 permit ip any any
		crypto gdoi group BENCH
		 identity number 1
		 server local
		  address ipv4 $SERVER
		  rekey algorithm aes 128
		  rekey sig-hash algorithm sha256
		  rekey authentication mypubkey rsa BENCH
		  rekey transport unicast
		  sa ipsec 1
		   profile P
		   match address ipv4 A
	END
	if [ "$1" = rsa-sig ]; then
		certificates_make
		certificates_import >"$W/config2"
		cat "$W/config" >>"$W/config2"
		mv "$W/config2" "$W/config"
	fi
	shell -f "$W/config" >"$W/paste" || {
		cat "$W/paste"
		die "the configuration is refused"
	}
}

daemon_stop() {
	[ -n "$DAEMON" ] || return
	kill "$DAEMON"
	wait "$DAEMON" 2>/dev/null
	DAEMON=
}

shell() {
	"$BUILD/getvpnsh" -s "$W/socket" "$@"
}

# load GROUP MEMBERS ARGUMENT...: what it prints
load() {
	local group=$1 members=$2

	shift 2
	in_net taskset -c 1 "$BUILD/bench_load" -p "$DAEMON" -s "$SERVER" \
		-b "$FIRST" -g "$group" -n "$members" "$@"
}

value() { # NAME, of a line on standard input
	sed -n "s/.* $1=\([^ ]*\).*/\1/p"
}

median() {
	sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

row() { # WHAT MEASURED PRIMITIVE RATIO TARGET
	printf '%-46s %12s %12s %8s  %s\n' "$@"
}

ratio() {
	awk "BEGIN { printf \"%.2f\", $1 / $2 }"
}

# Cost of the whole against the cost of the public-key operations alone.
bench_register() { # DH-GROUP MEMBERS [rsa]
	local i line alone whole net fault=0 method=pre-share name=PSK by=()

	if [ -n "${3-}" ]; then
		method=rsa-sig
		name="RSA signatures"
		by=(-c "$W/pki")
	fi

	: >"$W/alone"
	: >"$W/whole"
	for ((i = 0; i < ROUNDS; i++)); do
		taskset -c 0 "$BUILD/bench_dh" "$1" ${3+"$3"} >>"$W/alone"
		daemon_start "$method" "$1"
		line=$(load "$1" "$2" "${by[@]}") || fault=1
		value cpu_us <<<"$line" >>"$W/whole"
		daemon_stop
	done
	[ "$fault" = 0 ] || die "registrations failed"
	alone=$(median <"$W/alone")
	whole=$(median <"$W/whole")
	row "registration, $name, group $1 (us of CPU)" "$whole" "$alone" \
		"$(ratio "$alone" "$whole")" "$([ -n "${3-}" ] || printf '>= 0.80')"
	net=$(in_net taskset -c 0 "$BUILD/bench_bare" "$FIRST" 10000 300 300)
	net=$(awk "BEGIN { printf \"%.1f\", $alone + 5 * $net }")
	row "  the same with its datagrams" "$whole" "$net" \
		"$(ratio "$net" "$whole")" ""
	row "  registrations a second on one core" \
		"$(ratio 1000000 "$whole")" "$(ratio 1000000 "$alone")" "" ""
}

bench_rekey() {
	local bare whole wall bytes acks

	daemon_start pre-share 19
	load 19 "$MEMBERS" -r "$ROUNDS" \
		-x "$BUILD/getvpnsh -s $W/socket -c 'crypto gdoi ks rekey'" \
		>"$W/rekey" || die "rekeys failed"
	bytes=$(grep ^rekey "$W/rekey" | value bytes | tail -n 1)
	acks=$(grep ^rekey "$W/rekey" | value ack_bytes | tail -n 1)
	for _ in $(seq "$ROUNDS"); do
		in_net taskset -c 0 "$BUILD/bench_bare" "$FIRST" "$MEMBERS" \
			"$bytes" "$acks"
	done >"$W/bare"
	bare=$(median <"$W/bare")
	whole=$(grep ^rekey "$W/rekey" | value cpu_us | median)
	wall=$(grep ^rekey "$W/rekey" | value wall_us | median)
	row "rekey and ack, $MEMBERS members (us of CPU each)" "$whole" \
		"$bare" "$(ratio "$whole" "$bare")" "<= 2"
	row "  the same by the clock (us each)" "$wall" "" "" ""
	row "registration of $MEMBERS, group 19 (us of CPU)" \
		"$(grep ^register "$W/rekey" | value cpu_us)" "" "" ""
	row "  the daemon's growth (KiB each, phase 1 still up)" \
		"$(ratio "$(grep ^register "$W/rekey" | value rss_kib)" \
			"$MEMBERS")" "" "" ""
	daemon_stop
}

bench_simulated() {
	local n

	for n in 1000 10000 100000; do
		row "simulated: rekey and ack, $n members (us)" \
			"$("$BUILD/bench_ks" rekey "$n" | value cpu_us |
				median)" "" "" ""
	done
	for n in 1000 10000 100000; do
		row "simulated: registration beside $n members (us)" \
			"$("$BUILD/bench_ks" register "$n" | value cpu_us)" \
			"" "" ""
	done
	"$BUILD/bench_ks" memory 2000 >"$W/memory"
	row "memory of a member (bytes)" "$(value without <"$W/memory")" \
		"1024" "$(ratio "$(value without <"$W/memory")" 1024)" "<= 1"
	row "  while its phase 1 is up (bytes)" \
		"$(value with_sa <"$W/memory")" "" "" ""
}

# profile FILE COMMAND...: with a profile of the daemon meanwhile.
profile() {
	local file=$1 pid

	shift
	perf record -q -F 1500 --call-graph dwarf,16384 -o "$file" \
		-p "$DAEMON" >/dev/null 2>&1 &
	pid=$!
	"$@"
	kill -INT "$pid"
	wait "$pid"
}

bench_profile() {
	daemon_start pre-share 19
	profile "$TOP/perf.data" load 19 "$MEMBERS" -r "${REKEYS-0}" \
		-x "$BUILD/getvpnsh -s $W/socket -c 'crypto gdoi ks rekey'"
	daemon_stop
}

need_root
W=$(mktemp -d)
trap cleanup EXIT
trap 'exit 130' INT TERM
net_start
row "" measured primitive ratio target
for what in "${@:-register}"; do
	case $what in
	register)
		bench_register 14 2000
		bench_register 19 5000
		bench_register 14 1000 rsa
		;;
	rekey) bench_rekey ;;
	profile) bench_profile ;;
	simulated) bench_simulated ;;
	*) die "register, rekey or simulated" ;;
	esac
done
