# shellcheck shell=bash
# The classic GETVPN lab in network namespaces.
#
#   R1 key server ---+              +--- R2 member --- H2
#     192.168.1.254  |              |      LAN 172.16.2.0/24, Loopback0 10.255.0.2
#                    +--- core -----+--- R3 member --- H3
#                 192.168.n.1 each  +--- R4 member --- H4
#                                   +--- R5 member --- H5
#
# The core stands for the private WAN: it has a route to every LAN and knows
# nothing of encryption.  Each router is one getvpnd in a namespace of its own,
# configured only by what is pasted into getvpnsh.
#
# Sourced after tests/lib.sh; the sourcing script may set:
#   LAB_PREFIX   first part of all namespace names (gv-)
#   BUILD        directory of the programs ($TOP/build)
#   LAB_CONFIGS  directory of R1.txt ... R5.txt
#   LAB_ROUTERS  R1 and those members that there are

LAB_PREFIX=${LAB_PREFIX-gv-}
BUILD=${BUILD-$TOP/build}
LAB_CONFIGS=${LAB_CONFIGS-$TOP/tests/net/configs}
LAB_RUN=/run/getvpn-lab/$LAB_PREFIX
LAB_KEYLOG=$LAB_RUN/keylog
LAB_ROUTERS=${LAB_ROUTERS-R1 R2 R3 R4 R5}
LAB_MEMBERS=${LAB_ROUTERS#R1 }
LAB_NODES="core $LAB_ROUTERS ${LAB_MEMBERS//R/H}"

# lab_in NODE COMMAND...
lab_in() {
	local node=$1

	shift
	ip netns exec "$LAB_PREFIX$node" "$@"
}

# lab_bg FILE NODE COMMAND...: in the background, with its output in FILE;
# LAB_BG is the number of the command itself, not of a shell around it.
lab_bg() {
	local file=$1 node=$2

	shift 2
	(exec ip netns exec "$LAB_PREFIX$node" "$@") >"$file" 2>&1 </dev/null &
	LAB_BG=$!
	disown
}

# lab_bg_end PID [SIGNAL]: and waits for its end, when all is written.
lab_bg_end() {
	kill "-${2-TERM}" "$1"
	wait_for 10 lab_bg_ended "$1"
}

lab_bg_ended() {
	! kill -0 "$1" 2>/dev/null
}

# --- the wires -------------------------------------------------------------

lab_node() {
	ip netns add "$LAB_PREFIX$1"
	lab_in "$1" ip link set lo up
	# Neighbour and router discovery would only clutter the captures.
	lab_in "$1" sysctl -q -w net.ipv6.conf.all.disable_ipv6=1 \
		net.ipv6.conf.default.disable_ipv6=1 \
		net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
}

# lab_wire NODE NETDEV NODE NETDEV
lab_wire() {
	ip link add "$2" netns "$LAB_PREFIX$1" type veth \
		peer name "$4" netns "$LAB_PREFIX$3"
}

lab_address() { # NODE NETDEV PREFIX
	lab_in "$1" ip address add "$3" dev "$2"
	lab_in "$1" ip link set "$2" up
}

lab_wires() {
	local node n

	for node in $LAB_NODES; do
		lab_node "$node"
	done
	lab_in core sysctl -q -w net.ipv4.ip_forward=1
	for node in $LAB_ROUTERS; do
		n=${node#R}
		lab_wire "R$n" wan core "to-r$n"
		lab_address core "to-r$n" "192.168.$n.1/24"
		[ "$n" != 1 ] || continue
		lab_wire "R$n" lan "H$n" eth0
		lab_address "H$n" eth0 "172.16.$n.10/24"
		lab_in "H$n" ip route add default via "172.16.$n.1"
		lab_in core ip route add "172.16.$n.0/24" via "192.168.$n.254"
		lab_in core ip route add "10.255.0.$n/32" via "192.168.$n.254"
	done
}

# --- the routers -----------------------------------------------------------

lab_socket() {
	printf '%s/%s/socket' "$LAB_RUN" "$1"
}

# lab_sh ROUTER ARGUMENT...: getvpnsh at that router.
lab_sh() {
	local router=$1

	shift
	"$BUILD/getvpnsh" -s "$(lab_socket "$router")" "$@"
}

# lab_cmd ROUTER LINE: one line, as typed at its prompt.
lab_cmd() {
	lab_sh "$1" -c "$2"
}

# lab_conf ROUTER LINE...: configuration lines.
lab_conf() {
	local router=$1

	shift
	printf '%s\n' "$@" >"$LAB_RUN/$router/lines"
	lab_sh "$router" -f "$LAB_RUN/$router/lines"
}

lab_pid() {
	cat "$LAB_RUN/$1/pid"
}

# Ours only if it still is what we started: numbers are used again.
lab_alive() {
	local pid

	pid=$(lab_pid "$1" 2>/dev/null) &&
		[ "$(readlink -f "/proc/$pid/exe")" = \
			"$(readlink -f "$BUILD/getvpnd")" ]
}

# lab_start ROUTER: getvpnd with what its state directory holds.
lab_start() {
	local dir=$LAB_RUN/$1

	mkdir -p "$dir/state"
	rm -f "$dir/socket"
	GETVPN_KEYLOG=$LAB_KEYLOG.$1 setsid ip netns exec "$LAB_PREFIX$1" \
		"$BUILD/getvpnd" -f -d "$dir/state" -s "$dir/socket" \
		>>"$dir/console" 2>&1 </dev/null &
	printf '%s\n' $! >"$dir/pid"
	disown
	wait_for 20 lab_cmd "$1" "show version" && return
	cat "$dir/console" >&2
	return 1
}

# lab_stop ROUTER [SIGNAL]: and waits for its end.
lab_stop() {
	lab_alive "$1" || return 0
	kill "-${2-TERM}" "$(lab_pid "$1")"
	wait_for 15 lab_gone "$1" && return
	kill -KILL "$(lab_pid "$1")"
	wait_for 5 lab_gone "$1"
	return 1
}

lab_gone() {
	! lab_alive "$1"
}

# lab_paste ROUTER [FILE]
lab_paste() {
	lab_sh "$1" -f "${2-$LAB_CONFIGS/$1.txt}"
}

# --- up and down -----------------------------------------------------------

lab_is_up() {
	local router

	[ -f "$LAB_RUN/up" ] || return 1
	for router in $LAB_ROUTERS; do
		lab_alive "$router" || return 1
	done
}

lab_up() {
	local router

	lab_is_up && return 0
	lab_down
	mkdir -p "$LAB_RUN"
	chmod 700 "$LAB_RUN"
	lab_wires || return 1
	for router in $LAB_ROUTERS; do
		lab_start "$router" && lab_paste "$router" || return 1
	done
	: >"$LAB_RUN/up"
}

lab_down() {
	local node pid

	rm -f "$LAB_RUN/up"
	for node in $LAB_ROUTERS; do
		[ ! -f "$LAB_RUN/$node/pid" ] || lab_stop "$node" || :
	done
	for node in $LAB_NODES; do
		[ -e "/run/netns/$LAB_PREFIX$node" ] || continue
		# What a broken run left inside: pings, captures, shells.
		for pid in $(ip netns pids "$LAB_PREFIX$node"); do
			kill -KILL "$pid" 2>/dev/null || :
		done
		ip netns del "$LAB_PREFIX$node"
	done
	rm -rf "$LAB_RUN"
	rmdir --ignore-fail-on-non-empty /run/getvpn-lab 2>/dev/null || :
}

# Every router stops when told; what a sanitizer found stands on its console.
lab_ends_well() {
	local router bad=0

	for router in $LAB_ROUTERS; do
		lab_stop "$router" || {
			say "$router does not stop"
			bad=1
		}
		! grep -E -A 20 'Sanitizer|runtime error' \
			"$LAB_RUN/$router/console" || bad=1
	done
	return $bad
}

# --- what to wait for ------------------------------------------------------

lab_registered() { # ROUTER
	lab_cmd "$1" "show crypto gdoi" |
		grep -Eq 'Registration status *: Registered'
}

lab_all_registered() {
	local router

	for router in $LAB_MEMBERS; do
		lab_registered "$router" || return 1
	done
}

lab_ping() { # HOST ADDRESS [COUNT]
	lab_in "$1" ping -q -c "${3-1}" -i 0.2 -W 2 "$2"
}

# What a ping that was ended by INT printed. A busy machine answers late; only
# what never comes is lost. The very last request may still be on its way.
lab_lost_nothing() { # FILE
	local sent got

	read -r sent got < <(sed -n \
		's/^\([0-9]*\) packets transmitted, \([0-9]*\) received.*/\1 \2/p' \
		"$1")
	say "$sent packets, ${got:-0} answered"
	[ "${sent:-0}" -gt 5 ] && [ "$((sent - got))" -le 1 ] &&
		! grep -E 'Unreachable|Time to live' "$1"
}

# lab_mesh: every host to every other host's LAN and loopback; prints what
# does not answer.
lab_mesh() {
	local from to address jobs=() failed=0

	for from in 2 3 4 5; do
		for to in 2 3 4 5; do
			[ "$from" != "$to" ] || continue
			for address in "172.16.$to.10" "10.255.0.$to"; do
				lab_mesh_one "$from" "$address" &
				jobs+=($!)
			done
		done
	done
	for from in "${jobs[@]}"; do
		wait "$from" || failed=1
	done
	return "$failed"
}

# A first packet may be spent on address resolution along the way.
lab_mesh_one() {
	lab_ping "H$1" "$2" 3 | grep -q ' 0% packet loss' && return
	say "H$1 does not reach $2"
	return 1
}

# lab_echo HOST ADDRESS tcp|udp: against the echo of lab_echo_start.
LAB_ECHO_PORT=7007
lab_echo() {
	lab_in "$1" "$TOP/tests/net/echo.py" ask "$2" $LAB_ECHO_PORT "$3"
}

lab_echo_start() { # HOST ADDRESS
	lab_bg "$LAB_RUN/echo" "$1" \
		"$TOP/tests/net/echo.py" serve "$2" $LAB_ECHO_PORT
	LAB_ECHO=$LAB_BG
	wait_for 10 grep -q ready "$LAB_RUN/echo"
}

lab_echo_stop() {
	lab_bg_end "$LAB_ECHO"
}

# --- watching the wire -----------------------------------------------------

# lab_capture_start FILE [FILTER]: on every wire of the core.
lab_capture_start() {
	local file=$1

	shift
	lab_bg "$file.log" core tcpdump -i any -B 16384 -U --immediate-mode -n \
		-w "$file" "$@"
	LAB_CAPTURE=$LAB_BG
	wait_for 10 grep -q 'listening on' "$file.log"
}

# Asked for its counters, tcpdump tells whether it has written all it got.
lab_capture_stop() { # FILE
	wait_for 10 lab_capture_drained "$1.log"
	lab_bg_end "$LAB_CAPTURE"
}

lab_capture_drained() {
	local seen

	seen=$(grep -c captured "$1")
	kill -USR1 "$LAB_CAPTURE"
	until [ "$(grep -c captured "$1")" -gt "$seen" ]; do
		kill -0 "$LAB_CAPTURE" || return 1
	done
	tail -n 1 "$1" | awk '{ exit !($2 == $5) }'
}

# lab_packets FILE DISPLAY-FILTER [FIELD...]: one line a packet.
lab_packets() {
	local file=$1 filter=$2 field args=()

	shift 2
	for field in "$@"; do
		args+=(-e "$field")
	done
	[ ${#args[@]} -gt 0 ] || args=(-e frame.number)
	tshark -n -r "$file" -Y "$filter" -T fields "${args[@]}" 2>/dev/null
}

# tshark's options to decrypt with the keys that the members logged.
lab_esp_options() {
	local spi enc auth suite
	declare -A seen=()

	printf '%s\n' -o esp.enable_encryption_decode:TRUE \
		-o esp.enable_authentication_check:TRUE
	while read -r spi enc auth suite; do
		[ -z "${seen[$spi]-}" ] || continue
		seen[$spi]=1
		printf '%s\n' -o "uat:esp_sa:\"IPv4\",\"*\",\"*\",\"$spi\",$(
			lab_esp_algorithms "$suite" "$enc" "$auth")"
	done < <(grep -h '^0x' "$LAB_KEYLOG".*)
}

lab_esp_algorithms() { # SUITE ENC AUTH
	case $1 in
	esp-aes*) printf '"AES-CBC [RFC3602]","0x%s",' "$2" ;;
	esp-3des*) printf '"TripleDES-CBC [RFC2451]","0x%s",' "$2" ;;
	esp-gcm*) printf '"AES-GCM with 16 octet ICV [RFC4106]","0x%s",' "$2" ;;
	esp-null*) printf '"NULL","",' ;;
	esac
	case $1 in
	*esp-sha-hmac) printf '"HMAC-SHA-1-96 [RFC2404]","0x%s"' "$3" ;;
	*esp-sha256-hmac) printf '"HMAC-SHA-256-128 [RFC4868]","0x%s"' "$3" ;;
	*esp-sha384-hmac) printf '"HMAC-SHA-384-192 [RFC4868]","0x%s"' "$3" ;;
	*esp-sha512-hmac) printf '"HMAC-SHA-512-256 [RFC4868]","0x%s"' "$3" ;;
	*esp-md5-hmac) printf '"HMAC-MD5-96 [RFC2403]","0x%s"' "$3" ;;
	*) printf '"NULL",""' ;;
	esac
}

# The four claims about a capture of lab_mesh; each prints what breaks it.

lab_no_clear_icmp() { # FILE
	local n

	n=$(lab_packets "$1" icmp | wc -l)
	[ "$n" = 0 ] && return
	say "$n ICMP packets in clear"
	lab_packets "$1" icmp ip.src ip.dst icmp.type | sort | uniq -c | head
	return 1
}

# ESP runs between the addresses of hosts and loopbacks, all of them, never
# between those of the routers' WAN interfaces.
lab_esp_preserves() { # FILE
	local pairs foreign from to

	pairs=$(lab_packets "$1" esp ip.src ip.dst | sort -u)
	foreign=$(grep -Ev \
		'^(172\.16\.[2-5]\.10|10\.255\.0\.[2-5])	(172\.16\.[2-5]\.10|10\.255\.0\.[2-5])$' \
		<<<"$pairs")
	[ -z "$foreign" ] || {
		say "ESP between other addresses:"
		say "$foreign"
		return 1
	}
	for from in 2 3 4 5; do
		for to in 2 3 4 5; do
			[ "$from" = "$to" ] || grep -q \
				"^172.16.$from.10	172.16.$to.10\$" \
				<<<"$pairs" || {
				say "no ESP from H$from to H$to"
				return 1
			}
		done
	done
}

# tshark, an independent program, opens each ESP packet with the members' keys,
# finds the ICV right and inside an ICMP packet between the same addresses.
lab_esp_decrypts() { # FILE
	local options all good

	mapfile -t options < <(lab_esp_options)
	all=$(lab_packets "$1" esp | wc -l)
	good=$(tshark -n -r "$1" "${options[@]}" \
		-Y 'esp.icv_good == 1 && icmp' \
		-T fields -e ip.src -e ip.dst 2>/dev/null |
		awk '{ split($1, s, ","); split($2, d, ",") }
			s[1] == s[2] && d[1] == d[2] { n++ }
			END { print n + 0 }')
	say "$good of $all ESP packets decrypt to ICMP between the same addresses"
	[ "$all" -gt 0 ] && [ "$all" = "$good" ]
}

lab_ks_has_no_sa() {
	local out

	out=$(lab_cmd R1 "show crypto ipsec sa")
	if grep -q spi: <<<"$out" || grep -q '^0x' "$LAB_KEYLOG.R1"; then
		say "$out"
		return 1
	fi
}

# The echo text crosses the core as it was sent, both ways, both protocols.
lab_saw_clear() { # FILE
	local kind n

	for kind in tcp udp; do
		n=$(tshark -n -r "$1" -Y "$kind contains \"in the clear\"" \
			-T fields -e ip.src 2>/dev/null | sort -u | wc -l)
		[ "$n" = 2 ] || {
			say "$kind: text seen from $n of 2 sides"
			return 1
		}
	done
}
