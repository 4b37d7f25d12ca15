#!/bin/bash
# What `show crypto gdoi gm packet-path` tells, compared with the wire: random
# policies, groups and flows between two gateways in network namespaces.
#   h1 -lan- g1 -wan- core -wan- g2 -lan- h2
# Prints TAP.  SEED=N repeats a run, ROUNDS=N makes it longer.  Needs root.
[ "$(id -u)" = 0 ] || { echo "1..0 # SKIP needs root"; exit 0; }
for tool in ip python3; do
	command -v $tool >/dev/null || { echo "1..0 # SKIP needs $tool"; exit 0; }
done

: "${builddir:=.}" "${srcdir:=$(cd "$(dirname "$0")/../.." && pwd)}"
P=pp$$
h1=$P-h1 g1=$P-g1 core=$P-core g2=$P-g2 h2=$P-h2

cleanup() {
	local n

	for n in $h1 $g1 $core $g2 $h2; do ip netns del "$n" 2>/dev/null; done
}
trap cleanup EXIT
trap 'exit 130' INT TERM

for n in $h1 $g1 $core $g2 $h2; do
	ip netns add "$n"
	ip netns exec "$n" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 \
		net.ipv4.conf.all.rp_filter=0 \
		net.ipv4.conf.default.rp_filter=0
	ip -n "$n" link set lo up
done
for i in 1 2; do
	g=$P-g$i h=$P-h$i
	ip -n "$g" link add lan type veth peer name eth0 netns "$h"
	ip -n "$g" link add wan type veth peer name g$i netns $core
	ip -n "$g" addr add 10.254.$i.1/24 dev lan
	ip -n "$g" addr add 192.168.$i.1/24 dev wan
	ip -n "$h" addr add 10.254.$i.2/24 dev eth0
	ip -n $core addr add 192.168.$i.254/24 dev g$i
	for l in "$g lan" "$g wan" "$h eth0" "$core g$i"; do
		ip -n "${l% *}" link set "${l#* }" up
	done
	ip -n "$g" route add 10.$i.0.0/16 via 10.254.$i.2
	ip -n "$g" route add default via 192.168.$i.254
	ip -n $core route add 10.$i.0.0/16 via 192.168.$i.1
	ip netns exec "$g" sysctl -qw net.ipv4.ip_forward=1
done
ip netns exec $core sysctl -qw net.ipv4.ip_forward=1
# Addresses of the links are known before the first packet.
ip netns exec $g1 ping -qc1 -W2 10.254.1.2 >/dev/null
ip netns exec $g2 ping -qc1 -W2 10.254.2.2 >/dev/null
ip netns exec $g1 ping -qc1 -W2 192.168.1.254 >/dev/null
ip netns exec $g2 ping -qc1 -W2 192.168.2.254 >/dev/null

python3 "$srcdir/tests/net/flows.py" "$P" "$builddir/dpdrive" \
	"${SEED:-$(date +%s)}" "${ROUNDS:-12}"
