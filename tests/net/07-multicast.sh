#!/bin/bash
# Multicast rekeys over a switch that snoops IGMP: one datagram serves both
# members, of whom one registers from its loopback.  They keep their group
# through an interface that goes down and up, and follow a change of the
# transport.  Prints TAP.

set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
LAB_PREFIX=${LAB_PREFIX-gv07-}
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
# shellcheck source=tests/net/lab.sh
. "$TOP/tests/net/lab.sh"
need_root
trap 'exit 130' INT TERM

LAB_ROUTERS="R1 R2 R3"
LAB_MEMBERS="R2 R3"
LAB_NODES="core $LAB_ROUTERS"
GROUP=239.10.1.1

# One segment, 10.10.0.0/24.  The switch forwards a group only to ports where it
# was asked for, so that only a join brings rekeys.
lab_wires() {
	local node n

	for node in $LAB_NODES; do
		lab_node "$node"
	done
	lab_in core ip link add sw type bridge mcast_snooping 1 \
		mcast_querier 1 mcast_query_use_ifaddr 1
	lab_address core sw 10.10.0.254/24
	for n in 1 2 3; do
		lab_wire "R$n" wan core "to-r$n"
		lab_in core ip link set "to-r$n" master sw up
	done
}

configs_write() {
	local n

	cat >"$1/R1.txt" <<-'R1'
		hostname R1
		interface GigabitEthernet0/0
		 netdev wan
		 ip address 10.10.0.1 255.255.255.0
		 no shutdown
		exit
		ip route 10.255.0.3 255.255.255.255 10.10.0.3
		crypto isakmp policy 10
		 encryption aes
		 authentication pre-share
		 group 14
		crypto isakmp key MY_KEY address 0.0.0.0
		crypto ipsec transform-set TS esp-aes esp-sha256-hmac
		crypto ipsec profile PROF
		 set transform-set TS
		crypto key generate rsa modulus 2048 label REKEY
		ip access-list extended POLICY
		 deny igmp any any
		 permit ip any any
		ip access-list extended MCAST
		 permit udp host 10.10.0.1 eq 848 host 239.10.1.1 eq 848
		crypto gdoi group G
		 identity number 7
		 server local
		  address ipv4 10.10.0.1
		  rekey algorithm aes 256
		  rekey sig-hash algorithm sha256
		  rekey address ipv4 MCAST
		  rekey authentication mypubkey rsa REKEY
		  sa ipsec 1
		   profile PROF
		   match address ipv4 POLICY
	R1
	for n in 2 3; do
		cat >"$1/R$n.txt" <<-GM
			hostname R$n
			interface Loopback0
			 ip address 10.255.0.$n 255.255.255.255
			ip route 10.255.0.$((5 - n)) 255.255.255.255 10.10.0.$((5 - n))
			crypto isakmp policy 10
			 encryption aes
			 authentication pre-share
			 group 14
			crypto isakmp key MY_KEY address 10.10.0.1
			crypto gdoi group G
			 identity number 7
			 server address ipv4 10.10.0.1
			crypto map MAP 10 gdoi
			 set group G
			$([ "$n" = 2 ] || echo "crypto map MAP local-address Loopback0")
			interface GigabitEthernet0/0
			 netdev wan
			 ip address 10.10.0.$n 255.255.255.0
			 crypto map MAP
			 no shutdown
		GM
	done
}

joined() { # ROUTER
	lab_in "$1" ip maddress show dev wan | grep -q "inet *$GROUP"
}

all_joined() {
	joined R2 && joined R3
}

says() { # ROUTER COMMAND PATTERN
	lab_cmd "$1" "$2" | grep -Eq -- "$3" || {
		lab_cmd "$1" "$2"
		return 1
	}
}

members_say() { # COMMAND PATTERN
	says R2 "$1" "$2" && says R3 "$1" "$2"
}

received() { # COUNT
	members_say "show crypto gdoi gm rekey" \
		"Rekeys received \(cumulative\) *: $1\$"
}

rekey_now() {
	lab_cmd R1 "crypto gdoi ks rekey" </dev/null
}

# The copies that the key server sent to the group, by their TTL; the capture
# sees each on the switch once and on each wire.
sent_to_group() { # FILE COPIES
	local n

	n=$(tcpdump -nv -r "$1" "dst host $GROUP and udp port 848" 2>/dev/null |
		grep -c 'ttl 64')
	say "$n copies"
	[ "$n" = "$2" ]
}

no_answer_in() { # FILE
	! tcpdump -n -r "$1" "dst host 10.10.0.1 and udp port 848" 2>/dev/null |
		grep .
}

ping_lost_nothing() {
	local sent got

	read -r sent got < <(sed -n \
		's/^\([0-9]*\) packets transmitted, \([0-9]*\) received.*/\1 \2/p' \
		"$LAB_RUN/ping")
	say "$sent packets, ${got:-0} answered"
	[ "${sent:-0}" -gt 20 ] && [ "$((sent - got))" -le 1 ]
}

switch_knows() { # PORT
	lab_in core bridge mdb show | grep "port $1 " | grep -q "$GROUP"
}

flap() {
	lab_in R2 ip link set wan down &&
		lab_in R2 ip link set wan up &&
		wait_for 30 lab_registered R2 && wait_for 10 joined R2
}

configs=$(mktemp -d)
trap 'lab_down; rm -rf "$configs"' EXIT
configs_write "$configs"
LAB_CONFIGS=$configs

if ! out=$(lab_up 2>&1); then
	tap_fail "the lab comes up" "$out"
	tap_end
	exit 1
fi
tap_check "both members register" wait_for 60 lab_all_registered
tap_check "both join the group" wait_for 10 all_joined
tap_check "the key server shows the group" says R1 \
	"show crypto gdoi ks policy" "dest addr/port *: $GROUP/848"
tap_check "members show a multicast rekey" members_say \
	"show crypto gdoi gm rekey detail" "^New *: $GROUP *10\.10\.0\.1 "
tap_check "members reach each other, encrypted" \
	wait_for 20 lab_ping R2 10.255.0.3 1

lab_bg "$LAB_RUN/ping" R2 ping -n -i 0.05 10.255.0.3
ping=$LAB_BG
lab_bg "$LAB_RUN/cap.log" core tcpdump -i sw -U --immediate-mode -n \
	-w "$LAB_RUN/cap" udp port 848
cap=$LAB_BG
wait_for 10 grep -q 'listening on' "$LAB_RUN/cap.log"
tap_check "a rekey is taken" rekey_now
tap_check "both members get it" wait_for 5 received 1
tap_check "it is one datagram" wait_for 5 sent_to_group "$LAB_RUN/cap" 1
tap_check "copies follow at 10 s, two of them" \
	wait_for 30 sent_to_group "$LAB_RUN/cap" 3
lab_bg_end "$cap"
tap_check "nobody answers" no_answer_in "$LAB_RUN/cap"
tap_check "copies count once" received 1
lab_bg_end "$ping" INT
tap_check "not one packet is lost" ping_lost_nothing
tap_check "the key server logged it" says R1 "show logging" \
	"GDOI-5-KS_SEND_MCAST_REKEY: .* 10\.10\.0\.1 to $GROUP with seq # 1"

tap_check "an interface that went down and up is in the group" flap
rekey_now >/dev/null
tap_check "and gets the next rekey" wait_for 5 received 2

lab_in core ip link set to-r3 down
lab_in core ip link set to-r3 up
tap_check "a switch that forgot a port is told again" \
	wait_for 10 switch_knows to-r3
rekey_now >/dev/null
tap_check "and passes the next rekey on" wait_for 5 received 3

lab_conf R1 "crypto gdoi group G" "server local" "rekey transport unicast" \
	end
rekey_now >/dev/null
tap_check "the change of transport comes by the old one" \
	wait_for 5 received 4
tap_check "members log it" members_say "show logging" \
	"GM_REKEY_TRANS_2_UNI"
tap_check "the key server logs it" says R1 "show logging" \
	"KS_REKEY_TRANS_2_UNI"
rekey_now >/dev/null
tap_check "the next comes by unicast" wait_for 5 received 5
tap_check "and is acknowledged" says R1 "show crypto gdoi ks members" \
	"Rekey Acks Rcvd *: 1"
tap_check "all routers end well" lab_ends_well
tap_end
