# shellcheck shell=bash
# A router that people and programs reach over ssh, in a world of its own:
# network, mounts, processes and host name end with the script.  getvpnsh is
# the login shell of ann (privilege 15) and bob (1); each one's password is the
# name, the enable secret is "enab1e".  sshd listens on 127.0.0.1, port 2222.
#
# Sourced after tests/lib.sh; BUILD names the directory of the programs.

BUILD=${BUILD-$TOP/build}
W=/run/world # private to this world, as all of /run
WORLD_PORT=2222

# world_enter SCRIPT ARGUMENT...: begins the script again inside.
world_enter() {
	[ -z "${WORLD_INSIDE-}" ] || return 0
	need_root
	WORLD_INSIDE=1 exec unshare --mount --net --uts --pid --fork \
		--kill-child --mount-proc "$@"
}

world_users() {
	cp /etc/shadow /etc/shells "$W"
	sed "/^root:/s,:/root:,:$W/home:," /etc/passwd >"$W/passwd"
	printf '%s:x:%s:65534::%s:%s\n' \
		ann 4001 "$W/home" "$W/bin/getvpnsh" \
		bob 4002 "$W/home" "$W/bin/getvpnsh" >>"$W/passwd"
	printf '%s:%s:19000::::::\n' \
		ann "$(openssl passwd -6 ann)" \
		bob "$(openssl passwd -6 bob)" >>"$W/shadow"
	say "$W/bin/getvpnsh" >>"$W/shells"
	mount --bind "$W/passwd" /etc/passwd
	mount --bind "$W/shadow" /etc/shadow
	mount --bind "$W/shells" /etc/shells
}

# The tools' host name, home directory, logs and records of logins are not the
# machine's.
world_build() {
	mount --make-rprivate /
	mount -t tmpfs -o mode=755 tmpfs /run
	mount -t tmpfs -o mode=755 tmpfs /var/log
	mkdir -p "$W/bin" "$W/home" "$W/state" "$W/keys" /run/sshd /run/getvpn
	cp "$BUILD/getvpnd" "$BUILD/getvpnsh" "$W/bin"
	export HOME=$W/home
	world_users
	hostname world
	ip link set lo up
	ip link add eth0 type veth peer name far
	ip link set eth0 up
	ip link set far up
}

world_router() {
	"$W/bin/getvpnd" -f -d "$W/state" >"$W/getvpnd.log" 2>&1 </dev/null &
	WORLD_ROUTER=$!
	wait_for 20 test -S /run/getvpn/getvpnd.sock >/dev/null ||
		die "getvpnd does not start: $(cat "$W/getvpnd.log")"
}

world_sshd() {
	ssh-keygen -q -t ed25519 -N '' -f "$W/host_key"
	ssh-keygen -q -t ed25519 -N '' -f "$W/key"
	cp "$W/key.pub" "$W/keys/ann"
	cp "$W/key.pub" "$W/keys/bob"
	cat >"$W/sshd_config" <<-EOF
		Port $WORLD_PORT
		ListenAddress 127.0.0.1
		HostKey $W/host_key
		PidFile none
		AuthorizedKeysFile $W/keys/%u
		StrictModes no
		UsePAM no
		UseDNS no
		PrintMotd no
		PrintLastLog no
		LogLevel ERROR
	EOF
	/usr/sbin/sshd -D -e -f "$W/sshd_config" >"$W/sshd.log" 2>&1 &
	WORLD_SSHD=$!
	printf '[127.0.0.1]:%s %s\n' "$WORLD_PORT" \
		"$(cat "$W/host_key.pub")" >"$W/known_hosts"
	cat >"$W/ssh_config" <<-EOF
		Host R1 127.0.0.1
			HostName 127.0.0.1
			Port $WORLD_PORT
			User ann
			IdentityFile $W/key
			UserKnownHostsFile $W/known_hosts
			LogLevel ERROR
	EOF
	wait_for 20 world_ssh -n R1 'show privilege' >/dev/null ||
		die "no login over ssh: $(cat "$W/sshd.log")"
}

# world_ssh ARGUMENT...: ssh to the host R1, as ann with a key.
world_ssh() {
	ssh -F "$W/ssh_config" -o BatchMode=yes "$@"
}

# world_start: all of it, and a first configuration.
world_start() {
	world_build
	world_router
	"$W/bin/getvpnsh" -f - <<-'EOF' || die "the configuration is refused"
		hostname R1
		enable secret enab1e
		username ann privilege 15 secret ann
		username bob privilege 1 secret bob
		no ip domain lookup
	EOF
	world_sshd
}

world_stop() {
	kill "$WORLD_SSHD"
	kill "$WORLD_ROUTER"
	wait "$WORLD_SSHD" "$WORLD_ROUTER"
}
