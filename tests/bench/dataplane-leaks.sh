# shellcheck shell=bash
# Packets in clear on the way out of a gateway that is disturbed while it
# encrypts.  Sourced by bench-dataplane.sh; the core counts.

LEAK_RATE=10000

leak_count() { # CONTENDER COUNTER
	in_ns "$1-core" nft list counter ip leak "$2" |
		awk '/packets/ { print $2 }'
}

# All that comes from h1 by way of g1 and is not ESP.
leak_counters() { # CONTENDER
	in_ns "$1-core" nft -f - <<-'END'
		table ip leak {
			counter clear { }
			counter sealed { }
			chain seen {
				type filter hook prerouting priority -450
				iifname != "to-g1" accept
				ip protocol esp counter name sealed accept
				ip saddr 10.1.0.0/16 counter name clear
			}
		}
	END
}

encrypts() { # CONTENDER: ESP passes
	local before

	before=$(leak_count "$1" sealed)
	sleep 0.1
	[ "$(leak_count "$1" sealed)" -gt "$before" ]
}

member_kill() { # NODE
	local pid

	pid=$(cat "$W/pid/$1")
	kill -KILL "$pid"
	wait_for 5 spawned_ended "$pid"
}

# --- disturbances ----------------------------------------------------------

disturb_fragments() {
	sleep 1
}

disturb_killed() {
	local i

	for i in 1 2; do
		member_kill "$1-g1"
		sleep 0.5
		router_start "$1-g1"
		wait_for 30 member_works "$1-g1" >/dev/null
		wait_for 10 encrypts "$1" >/dev/null
	done
}

link_flaps() { # NODE NETDEV
	in_ns "$1" ip link set "$2" down
	sleep 0.2
	in_ns "$1" ip link set "$2" up
	sleep 0.2
}

disturb_links() {
	local dev ours

	ours=$(in_ns "$1-g1" ls /sys/class/net | grep '^gm')
	for dev in $ours; do
		in_ns "$1-g1" ip address flush dev "$dev"
		sleep 0.2
	done
	for dev in wan lan $ours wan; do
		link_flaps "$1-g1" "$dev"
		# As an administrator's network service would.
		in_ns "$1-g1" ip route replace default via 192.168.1.254
		wait_for 10 encrypts "$1" >/dev/null
	done
}

rekey() { # CONTENDER
	router_sh "$1-core" -c "crypto gdoi ks rekey" >/dev/null
	sleep 0.4
}

disturb_rekey() {
	local i

	for i in 1 2 3; do
		rekey "$1"
	done
	printf '%s\n' "crypto gdoi ks rekey replace-now" yes |
		router_sh "$1-core" >/dev/null
	sleep 1
}

disturb_lists() {
	local i

	for i in 1 2 3; do
		printf '%s\n' "ip access-list extended POLICY" \
			" $((100 + i)) permit tcp any any eq $i" |
			router_paste "$1-core"
		rekey "$1"
		local_entries $((i * 50)) | router_paste "$1-g1"
		sleep 0.2
		printf '%s\n' "crypto map M 10 gdoi" " no match address LOCAL" \
			"no ip access-list extended LOCAL" | router_paste "$1-g1"
		sleep 0.2
	done
}

# --- rows ------------------------------------------------------------------

# leak_row CONTENDER DISTURBANCE BYTES TEXT: void unless ESP passes before and
# after.
leak_row() {
	local clear esp stream verdict=ok

	"$BUILD/bench_udp" stream "$P$1-h1" - 10.2.0.2 1 "$3" 100 $LEAK_RATE \
		>/dev/null 2>&1 &
	stream=$!
	wait_for 5 encrypts "$1" >/dev/null || verdict=void
	in_ns "$1-core" nft reset counters table ip leak >/dev/null
	disturb_"$2" "$1"
	wait_for 10 encrypts "$1" >/dev/null || verdict=void
	clear=$(leak_count "$1" clear)
	esp=$(leak_count "$1" sealed)
	kill "$stream"
	wait "$stream" 2>/dev/null
	[ "$clear" = 0 ] || verdict=NO
	[ $verdict = ok ] || NOT_MET=$((NOT_MET + 1))
	print "$(leak_mode "$1")$4" "$clear" "$esp" "" 0 0 "$verdict"
}

leak_mode() { # CONTENDER
	[ "$1" = leak ] || printf 'most portable: '
}

leaks_of() { # CONTENDER LINE...
	local c=$1

	shift
	net_make "$c"
	ours "$c" "$GCM" "crypto map M gdoi fail-close" " activate" "$@"
	wait_for 10 reaches "$c" || die "$c: nothing gets through"
	router_sh "$c-g1" -c "write memory" >/dev/null
	leak_counters "$c"
	leak_row "$c" fragments 3000 "fragments"
	leak_row "$c" killed 64 "process killed and started"
	leak_row "$c" links 64 "links flap"
	leak_row "$c" rekey 64 "rekeys"
	leak_row "$c" lists 64 "lists reloaded"
}

leaks() {
	heading "packets while it encrypts" "in clear" "as ESP"
	leaks_of leak
	leaks_of leak-portable "${PORTABLE[@]}"
}
