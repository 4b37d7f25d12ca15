# shellcheck shell=bash
# What bench-dataplane.sh compares, each in network namespaces of its own that
# are alike:
#
#   h1 10.1.0.2 -lan- g1 -wan- core -wan- g2 -lan- 10.2.0.2 h2
#               192.168.1.1   .1.254 .2.254   192.168.2.1
#
# veth all through, MTU 1500; core routes and, for ours, is the key server too.
# Sourced after tests/lib.sh; uses BUILD, W (a directory for all files, with one
# named pid in it) and P (the first part of all names of namespaces).

# in_ns NODE COMMAND...: NODE is CONTENDER-h1 and so on.
in_ns() {
	local node=$1

	shift
	ip netns exec "$P$node" "$@"
}

# spawn FILE NODE COMMAND...: its output goes to FILE, its number to
# $W/pid/NODE.
spawn() {
	local file=$1 node=$2

	shift 2
	(exec ip netns exec "$P$node" "$@") >"$file" 2>&1 </dev/null &
	printf '%s\n' $! >"$W/pid/$node"
	disown
}

spawned_ended() { # PID
	! kill -0 "$1" 2>/dev/null
}

nets_cleanup() {
	local pid n pids=()

	for n in "$W"/pid/*; do
		[ ! -f "$n" ] || pids+=("$(cat "$n")")
	done
	for pid in "${pids[@]}"; do
		kill "$pid" 2>/dev/null
	done
	for pid in "${pids[@]}"; do
		wait_for 5 spawned_ended "$pid" >/dev/null ||
			kill -KILL "$pid" 2>/dev/null
	done
	for n in /run/netns/"$P"*; do
		[ ! -e "$n" ] || ip netns del "${n##*/}"
	done
}

# --- the wires -------------------------------------------------------------

node_make() {
	ip netns add "$P$1" || die "no network namespaces"
	in_ns "$1" ip link set lo up
	in_ns "$1" sysctl -q -w net.ipv6.conf.all.disable_ipv6=1 \
		net.ipv6.conf.default.disable_ipv6=1 \
		net.ipv4.ip_forward=1 \
		net.ipv4.conf.all.rp_filter=0 \
		net.ipv4.conf.default.rp_filter=0
}

wire() { # NODE NETDEV ADDRESS NODE NETDEV ADDRESS
	ip link add "$2" netns "$P$1" type veth peer name "$5" netns "$P$4"
	in_ns "$1" ip address add "$3/24" dev "$2"
	in_ns "$4" ip address add "$6/24" dev "$5"
	in_ns "$1" ip link set "$2" up
	in_ns "$4" ip link set "$5" up
}

net_make() { # CONTENDER
	local c=$1 i n

	for n in h1 g1 core g2 h2; do
		node_make "$c-$n"
	done
	for i in 1 2; do
		wire "$c-h$i" eth0 10.$i.0.2 "$c-g$i" lan 10.$i.0.1
		wire "$c-g$i" wan 192.168.$i.1 "$c-core" to-g$i 192.168.$i.254
		in_ns "$c-h$i" ip route add default via 10.$i.0.1
		in_ns "$c-g$i" ip route add default via 192.168.$i.254
		in_ns "$c-core" ip route add 10.$i.0.0/16 via 192.168.$i.1
	done
	# As many hosts behind g2 as one likes.
	in_ns "$c-g2" ip route add 10.2.0.0/16 via 10.2.0.2
	in_ns "$c-h2" ip route add local 10.2.64.0/18 dev lo
}

reaches() { # CONTENDER
	in_ns "$1-h1" ping -q -n -c 1 -W 1 10.2.0.2
}

# --- ours ------------------------------------------------------------------

# The most portable forms of everything that getvpnd chooses by itself.
PORTABLE=()

router_sh() { # NODE ARGUMENT...
	local node=$1

	shift
	"$BUILD/getvpnsh" -s "$W/$node/socket" "$@"
}

router_start() { # NODE
	mkdir -p "$W/$1/state"
	rm -f "$W/$1/socket"
	spawn "$W/$1/log" "$1" "$BUILD/getvpnd" -f -d "$W/$1/state" \
		-s "$W/$1/socket"
	wait_for 10 router_sh "$1" -c "show version" >/dev/null ||
		die "getvpnd does not start: $(cat "$W/$1/log")"
}

# router_paste NODE: the configuration on standard input.
router_paste() {
	cat >"$W/$1/config"
	router_sh "$1" -f "$W/$1/config" >"$W/$1/paste" 2>&1 ||
		die "$1: $(grep '^%' "$W/$1/paste")"
}

ike_lines() {
	cat <<-'END'
		no logging console
		crypto isakmp policy 10
		 encryption aes
		 hash sha256
		 authentication pre-share
		 group 14
		crypto isakmp key bench address 0.0.0.0
	END
}

# What is to be encrypted; for the leaks by ports, which fragments do not show.
policy() { # CONTENDER
	case $1 in
	leak*) printf ' permit %s\n' "udp any any eq 5001" "icmp any any" ;;
	*) say " permit ip 10.0.0.0 0.255.255.255 10.0.0.0 0.255.255.255" ;;
	esac
}

key_server() { # CONTENDER TRANSFORM-SET
	local c=$1 transform=$2

	router_start "$c-core"
	{
		ike_lines
		cat <<-END
			crypto key generate rsa modulus 2048 label BENCH
			crypto ipsec transform-set TS $transform
			crypto ipsec profile P
			 set transform-set TS
			ip access-list extended POLICY
		END
		policy "$c"
		cat <<-'END'
			crypto gdoi group BENCH
			 identity number 1
			 server local
			  address ipv4 192.168.1.254
			  rekey algorithm aes 128
			  rekey sig-hash algorithm sha256
			  rekey authentication mypubkey rsa BENCH
			  rekey transport unicast
			  identifier
			   range 0 - 3
			  sa ipsec 1
			   profile P
			   match address ipv4 POLICY
		END
	} | router_paste "$c-core" || exit 1
}

# member CONTENDER I: its further lines on standard input, first those that
# stand before the crypto map.
member() {
	local node=$1-g$2

	router_start "$node"
	{
		ike_lines
		cat
		cat <<-END
			crypto gdoi group BENCH
			 identity number 1
			 server address ipv4 192.168.1.254
			crypto map M 10 gdoi
			 set group BENCH
			ip route 0.0.0.0 0.0.0.0 192.168.$2.254
			interface GigabitEthernet0/0
			 netdev wan
			 ip address 192.168.$2.1 255.255.255.0
			 no shutdown
			 crypto map M
		END
	} | router_paste "$node" || exit 1
}

member_works() { # NODE
	router_sh "$1" -c "show crypto gdoi" |
		grep -Eq 'Registration status *: Registered'
}

GCM="esp-gcm 128"
CBC="esp-aes esp-sha-hmac"

# ours CONTENDER TRANSFORM-SET LINE...: LINEs are for both members.
ours() {
	local c=$1 transform=$2 i

	shift 2
	key_server "$c" "$transform"
	for i in 1 2; do
		printf '%s\n' "$@" | member "$c" $i
	done
	for i in 1 2; do
		wait_for 30 member_works "$c-g$i" || die "$c: not registered"
	done
}

# Entries in front of the policy that match none of the traffic.
local_entries() { # N
	awk -v n="$1" 'BEGIN {
		print "ip access-list extended LOCAL"
		for (i = 0; i < n; i++)
			printf " deny ip 172.%d.%d.0 0.0.0.255 " \
				"10.%d.%d.0 0.0.0.255\n", 16 + i % 16,
				i / 16 % 256, 128 + i % 7, i % 251
		print "crypto map M 10 gdoi\n match address LOCAL"
	}'
}

ours_aces() { # CONTENDER N
	local lines

	mapfile -t lines < <(local_entries "$2")
	ours "$1" "$GCM" "${lines[@]}"
}

# --- strongSwan, its userspace ESP -----------------------------------------

# Without those that take traffic for themselves; ESP by the fastest: see
# README.md.
SWAN_PLUGINS=${SWAN_PLUGINS-"random nonce aesni aes sha1 sha2 hmac kdf openssl
	gcm kernel-libipsec kernel-netlink socket-default vici updown"}

swan_ctl() { # NODE ARGUMENT...
	local dir=$W/$1

	shift
	STRONGSWAN_CONF=$dir/strongswan.conf SWANCTL_DIR=$dir \
		swanctl "$@" --uri "unix://$dir/vici"
}

swan_start() { # CONTENDER I ESP
	local node=$1-g$2 dir=$W/$1-g$2 other=$((3 - $2))

	mkdir -p "$dir"
	cat >"$dir/strongswan.conf" <<-END
		charon-systemd {
			load = ${SWAN_PLUGINS//$'\n'/ }
			plugins { vici { socket = unix://$dir/vici } }
			filelog { all { path = $dir/charon.log
				default = 1
				flush_line = yes } }
			journal { default = -1 }
		}
	END
	cat >"$dir/swanctl.conf" <<-END
		connections { net {
			version = 2
			local_addrs = 192.168.$2.1
			remote_addrs = 192.168.$other.1
			proposals = aes128-sha256-modp2048
			local { auth = psk }
			remote { auth = psk }
			children { net {
				esp_proposals = $3
				local_ts = 10.$2.0.0/16
				remote_ts = 10.$other.0.0/16 } } } }
		secrets { ike { secret = bench } }
	END
	# There may be another charon, with its own /run.
	spawn "$dir/log" "$node" env STRONGSWAN_CONF="$dir/strongswan.conf" \
		SWANCTL_DIR="$dir" unshare -m sh -c \
		'mount -t tmpfs tmpfs /run && exec /usr/sbin/charon-systemd'
	wait_for 15 swan_ctl "$node" --stats >/dev/null ||
		die "charon does not start: $(cat "$dir/log")"
	swan_ctl "$node" --load-all --noprompt >"$dir/load" 2>&1 ||
		die "charon: $(cat "$dir/load")"
}

swan() { # CONTENDER ESP
	swan_start "$1" 1 "$2"
	swan_start "$1" 2 "$2"
	swan_ctl "$1-g1" --initiate --child net --timeout 20 \
		>"$W/$1-g1/initiate" 2>&1 ||
		die "strongSwan: $(tail -n 3 "$W/$1-g1/initiate")"
}

# --- wireguard-go ----------------------------------------------------------

wireguard_start() { # CONTENDER I
	local node=$1-g$2 dir=$W/$1-g$2 other=$((3 - $2))
	local dev=${P//[^0-9]/}wg$2 # names its socket, which all share

	spawn "$dir/log" "$node" "$WIREGUARD_GO" -f "$dev"
	wait_for 5 in_ns "$node" wg show "$dev" >/dev/null ||
		die "wireguard-go does not start: $(cat "$dir/log")"
	in_ns "$node" wg set "$dev" private-key "$dir/key" listen-port 51820 \
		peer "$(wg pubkey <"$W/$1-g$other/key")" \
		endpoint "192.168.$other.1:51820" \
		allowed-ips "10.$other.0.0/16"
	in_ns "$node" ip link set "$dev" mtu 1440 up
	in_ns "$node" ip route add "10.$other.0.0/16" dev "$dev"
}

wireguard() { # CONTENDER
	local i

	for i in 1 2; do
		mkdir -p "$W/$1-g$i"
		(umask 077 && wg genkey >"$W/$1-g$i/key")
	done
	wireguard_start "$1" 1
	wireguard_start "$1" 2
}

# --- each by its name ------------------------------------------------------

contender_text() {
	case $1 in
	gcm) echo "ours, AES-128-GCM" ;;
	cbc) echo "ours, AES-128-CBC + SHA1" ;;
	gcm-portable) echo "ours, most portable, GCM" ;;
	cbc-portable) echo "ours, most portable, CBC + SHA1" ;;
	aces10) echo "ours, GCM, 10 entries" ;;
	aces10000) echo "ours, GCM, 10,000 entries" ;;
	swan) echo "strongSwan kernel-libipsec, AES-128-GCM" ;;
	swan-cbc) echo "strongSwan kernel-libipsec, CBC + SHA1" ;;
	wireguard) echo "wireguard-go" ;;
	plain) echo "kernel forwarding, nothing encrypted" ;;
	esac
}

contender_start() { # CONTENDER
	net_make "$1"
	case $1 in
	gcm) ours "$1" "$GCM" ;;
	cbc) ours "$1" "$CBC" ;;
	gcm-portable) ours "$1" "$GCM" "${PORTABLE[@]}" ;;
	cbc-portable) ours "$1" "$CBC" "${PORTABLE[@]}" ;;
	aces10) ours_aces "$1" 10 ;;
	aces10000) ours_aces "$1" 10000 ;;
	swan) swan "$1" aes128gcm16 ;;
	swan-cbc) swan "$1" aes128-sha1 ;;
	wireguard) wireguard "$1" ;;
	plain) ;;
	*) die "no such contender: $1" ;;
	esac
	wait_for 10 reaches "$1" || die "$1: nothing gets through"
	spawn "$W/$1-iperf" "$1-h2" iperf3 -s
}
