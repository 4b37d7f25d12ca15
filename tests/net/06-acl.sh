#!/bin/bash
# Access lists on the interface that carries the crypto map: an outbound list
# sees packets before encryption, an inbound one before decryption.  Prints
# TAP.

set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
LAB_PREFIX=${LAB_PREFIX-gv06-}
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
# shellcheck source=tests/net/lab.sh
. "$TOP/tests/net/lab.sh"
need_root
trap lab_down EXIT
trap 'exit 130' INT TERM

reaches() {
	lab_ping H2 "$1" 3 | grep -q ' 0% packet loss'
}
reaches_not() {
	lab_ping H2 "$1" 2 | grep -q '100% packet loss'
}
counted() { # LIST PATTERN
	lab_cmd R2 "show access-lists $1" | grep -Eq -- "$2" || {
		lab_cmd R2 "show access-lists $1"
		return 1
	}
}
no_esp_counted() {
	! counted WANOUT 'permit esp .*match' >/dev/null
}

tap_check "the lab is up" lab_up
tap_check "all members register" wait_for 40 lab_all_registered
tap_check "hosts reach each other" reaches 172.16.3.10

lab_conf R2 "ip access-list extended WANOUT" \
	"deny icmp any host 172.16.3.10" "permit esp any any" \
	"permit icmp any any" \
	"interface GigabitEthernet0/0" "ip access-group WANOUT out"
tap_check "an outbound list stops what would be encrypted" \
	reaches_not 172.16.3.10
tap_check "other hosts are reached" reaches 172.16.4.10
tap_check "denied packets are counted" counted WANOUT \
	'deny icmp any host 172.16.3.10 \(2 matches\)'
tap_check "permitted ones in clear" counted WANOUT \
	'permit icmp any any \([0-9]+ matches\)'
tap_check "ESP is not checked again" no_esp_counted

lab_conf R2 "ip access-list extended WANIN" "permit esp any any" \
	"permit udp any eq 848 any eq 848" \
	"interface GigabitEthernet0/0" "ip access-group WANIN in"
tap_check "an inbound list sees ESP, not what is in it" reaches 172.16.4.10
tap_check "which is counted" counted WANIN 'permit esp any any \([0-9]+ matches\)'
lab_conf R2 "ip access-list extended WANIN" "no permit esp any any"
tap_check "without ESP nothing comes in" reaches_not 172.16.4.10

lab_conf R2 "interface GigabitEthernet0/0" "no ip access-group WANIN in" \
	"no ip access-group WANOUT out" \
	"ip access-list extended BYPASS" "deny icmp any host 172.16.5.10" \
	"crypto map GDOI_MAP 10 gdoi" "match address BYPASS"
lab_ping H2 172.16.5.10 2 >/dev/null
path_tells() { # DESTINATION PATTERN
	lab_cmd R2 "show crypto gdoi gm packet-path 172.16.2.10 $1 icmp" |
		grep -Eq -- "$2"
}
tap_check "packet-path names the local entry" path_tells 172.16.5.10 \
	'local, access-list BYPASS, 10 deny icmp any host 172.16.5.10'
tap_check "and the downloaded one" path_tells 172.16.4.10 \
	'ACE +: downloaded, [0-9]+ permit icmp any any'
tap_check "a crypto map's list counts as well" counted BYPASS \
	'deny icmp any host 172.16.5.10 \([0-9]+ match'
tap_end
