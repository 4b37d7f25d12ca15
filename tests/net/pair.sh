# shellcheck shell=bash
# A key server and a member on one wire, for the tests of certificates; what the
# CA runs is at a third address beside the key server.
#
#   KS 10.9.0.1, CA 10.9.0.3 ---- wan ---- GM 10.9.0.2
#
# Sourced after tests/lib.sh, with KS and GM set to the names of namespaces that
# no other test has; makes W, a directory, and PIDS, what ends with the test.

W=$(mktemp -d)
PIDS=()

pair_down() {
	kill "${PIDS[@]}"
	wait
	ip netns del "$KS"
	ip netns del "$GM"
	rm -rf "$W"
} 2>/dev/null

pair_wires() {
	local ns

	for ns in "$KS" "$GM"; do
		ip netns add "$ns" || die "no network namespaces"
	done
	ip -n "$KS" link add wan type veth peer name wan netns "$GM"
	for ns in "$KS" "$GM"; do
		ip -n "$ns" link set lo up
		ip -n "$ns" link set wan up
	done
	ip -n "$KS" addr add 10.9.0.3/24 dev wan
}

pair_routers() {
	local r

	for r in "$KS" "$GM"; do
		ip netns exec "$r" "$BUILD/getvpnd" -f -d "$W/$r" \
			-s "$W/$r.sock" >"$W/$r.log" 2>&1 </dev/null &
		PIDS+=($!)
		wait_for 20 test -S "$W/$r.sock" >/dev/null || die "no getvpnd"
	done
}

at() { # at ROUTER: lines on standard input
	"$BUILD/getvpnsh" -s "$W/$1.sock" 2>&1
}

logged() { # logged ROUTER TEXT
	grep -qF -- "$2" "$W/$1.log" || {
		tail -n 20 "$W/$KS.log" "$W/$GM.log"
		return 1
	}
}

# Address and phase 1 by certificates, as lines: pair_router NAME ADDRESS
pair_router() {
	cat <<-EOT
		configure terminal
		hostname $1
		interface GigabitEthernet0/0
		netdev wan
		ip address $2 255.255.255.0
		no shutdown
		exit
		crypto isakmp policy 10
		encryption aes
		hash sha256
		group 14
		authentication rsa-sig
		exit
	EOT
}

pair_server() {
	at "$KS" <<-EOT >/dev/null
		configure terminal
		crypto key generate rsa label REKEY modulus 2048
		crypto ipsec transform-set TS esp-aes esp-sha256-hmac
		crypto ipsec profile PROF
		set transform-set TS
		ip access-list extended ICMP
		permit icmp any any
		crypto gdoi group ORBIT
		identity number 123
		server local
		address ipv4 10.9.0.1
		rekey authentication mypubkey rsa REKEY
		rekey transport unicast
		sa ipsec 1
		profile PROF
		match address ipv4 ICMP
	EOT
}

pair_member() {
	at "$GM" <<-EOT >/dev/null
		configure terminal
		crypto gdoi group ORBIT
		identity number 123
		server address ipv4 10.9.0.1
		crypto map M 10 gdoi
		set group ORBIT
		interface GigabitEthernet0/0
		crypto map M
	EOT
}
