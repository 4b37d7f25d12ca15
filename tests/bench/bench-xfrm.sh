#!/bin/bash
# Speed of the xfrm backend compared to a tunnel of strongSwan, which is also the
# kernel's ESP, and to plain forwarding, in a machine with a stock Debian kernel;
# see README.md beside this.
#
#   make bench; sudo tests/bench/bench-xfrm.sh
#
# BUILD=DIRECTORY: other programs; ROUNDS=N, SECONDS_EACH=N.
# PROFILE=CONTENDER: instead, where the kernel's time goes with small packets.
set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
# shellcheck source=tests/lib.sh
. "$TOP/tests/lib.sh"
# shellcheck source=tests/vm/vm.sh
. "$TOP/tests/vm/vm.sh"
export BUILD=${BUILD-$TOP/build}
export ROUNDS=${ROUNDS-3} SECONDS_EACH=${SECONDS_EACH-1}
export SWAN_PLUGINS="random nonce aes sha1 sha2 hmac kdf openssl
	kernel-netlink socket-default vici"
CONTENDERS="cbc swan-cbc plain"
MEASURES="udp64 udp1400 tcp"
P=gvx-

if [ "${1-}" != inside ]; then
	need_root
	export VM_ENV="BUILD ROUNDS SECONDS_EACH SWAN_PLUGINS"
	# One instruction is one nanosecond of the machine's clock: what others
	# do here at the same time does not show.
	VM_CPU="-accel tcg,thread=single -icount shift=0 -smp 1"
	vm_run 3000 "$0" inside </dev/null | sed -u 's,\r$,,'
	exit "${PIPESTATUS[0]}"
fi

# shellcheck source=tests/bench/dataplane-nets.sh
. "$TOP/tests/bench/dataplane-nets.sh"

cleanup() {
	nets_cleanup
	rm -rf "$W"
}

udp() { # CONTENDER BYTES: packets a second that arrive, of all that can be sent
	"$BUILD/bench_udp" rate "$P$1-h1" "$P$1-h2" 10.2.0.2 1 "$2" \
		"$SECONDS_EACH" 1e9 | awk '{ print $1 }'
}

tcp() { # CONTENDER: Mbit/s
	timeout $((SECONDS_EACH + 10)) ip netns exec "$P$1-h1" \
		iperf3 -c 10.2.0.2 -t "$SECONDS_EACH" -f m 2>&1 |
		awk '/receiver/ { v = $(NF - 2) } END { print v + 0 }'
}

measure() { # MEASURE CONTENDER
	case $1 in
	udp64) udp "$2" 64 ;;
	udp1400) udp "$2" 1400 ;;
	tcp) tcp "$2" ;;
	esac
}

median() {
	sort -g "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

row() { # TEXT MEASURE TARGET
	local c v=()

	for c in $CONTENDERS; do
		v+=("$(median "$W/$2.$c")")
	done
	printf '%-34s %10.0f %10.0f %10.0f %6s  %s\n' "$1" "${v[@]}" \
		"$(awk "BEGIN { printf \"%.2f\", ${v[0]} / ${v[1]} }")" "$3"
}

W=$(mktemp -d)
mkdir "$W/pid"
trap cleanup EXIT
# The fastest that the kernel has; nobody else loads them in this machine.
modprobe -a aesni_intel sha1-ssse3
for c in $CONTENDERS; do
	contender_start "$c"
done
router_sh cbc-g1 -c "show platform dataplane" |
	grep -q "^Dataplane backend *: xfrm$" || die "no kernel ESP"
for ((i = 0; i < ROUNDS; i++)); do
	for m in $MEASURES; do
		for c in $CONTENDERS; do
			measure "$m" "$c" >>"$W/$m.$c"
		done
	done
done
printf '%-34s %10s %10s %10s %6s  %s\n' "AES-128-CBC + SHA1, medians" "ours" \
	"strongSwan" "plain" "ratio" "target"
row "UDP 64 B, packets/s" udp64 ">= 0.95"
row "UDP 1400 B, packets/s" udp1400 ">= 0.95"
row "TCP, one flow, Mbit/s" tcp ">= 0.95"
