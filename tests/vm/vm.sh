# shellcheck shell=bash
# A machine with a stock Debian kernel, for what the kernel under this one lacks
# (ESP).  It sees this machine's files read-only through virtiofs and keeps what
# it writes in its own memory, so that any script of tests/ runs in it as it is.
# Needs neither KVM nor a disk image.  Sourced after tests/lib.sh.

VM_PACKAGE=linux-image-cloud-amd64
VM_CACHE=${VM_CACHE-$TOP/build/vm}

# The newest kernel, unpacked and never installed here.
vm_kernel() {
	local package

	mkdir -p "$VM_CACHE"
	package=$(apt-cache depends "$VM_PACKAGE" |
		awk '/Depends: linux-image/ { print $2; exit }')
	[ -n "$package" ] || return 1
	VM_VERSION=${package#linux-image-}
	[ ! -e "$VM_CACHE/$VM_VERSION/done" ] || return 0
	(cd "$VM_CACHE" && apt-get -q -o APT::Sandbox::User=root \
		download "$package" >/dev/null) || return 1
	rm -rf "${VM_CACHE:?}/$VM_VERSION"
	dpkg -x "$VM_CACHE/$package"_*.deb "$VM_CACHE/$VM_VERSION" &&
		depmod -b "$VM_CACHE/$VM_VERSION" "$VM_VERSION" &&
		rm -f "$VM_CACHE/$package"_*.deb &&
		: >"$VM_CACHE/$VM_VERSION/done"
}

# The first files: enough to get at the others.
vm_initramfs() { # DIRECTORY
	local dir=$1 module

	mkdir -p "$dir/bin" "$dir/mod" "$dir/host" "$dir/new" "$dir/rw"
	cp /bin/busybox "$dir/bin/"
	for module in virtio_pci virtiofs overlay; do
		modprobe -S "$VM_VERSION" -d "$VM_CACHE/$VM_VERSION" \
			--show-depends "$module"
	done | awk '/^insmod/ && !seen[$2]++ { print $2 }' |
		while read -r module; do
			cp "$module" "$dir/mod/"
			printf '/mod/%s\n' "${module##*/}"
		done >"$dir/modules"
	cat >"$dir/init" <<-'END'
		#!/bin/busybox sh
		/bin/busybox --install -s /bin
		mkdir -p /proc /sys /dev
		mount -t proc proc /proc
		mount -t sysfs sysfs /sys
		mount -t devtmpfs dev /dev
		while read -r m; do insmod $m; done </modules
		mount -t virtiofs -o ro host /host
		mount -t tmpfs tmpfs /rw
		mkdir /rw/upper /rw/work
		mount -t overlay overlay \
			-o lowerdir=/host,upperdir=/rw/upper,workdir=/rw/work /new
		for d in proc sys dev; do mount --move /$d /new/$d; done
		mount -t tmpfs tmpfs /new/run
		mkdir -p /new/lib/modules
		. /vm.conf
		rm -rf /new/lib/modules/$VM_VERSION
		ln -s $VM_MODULES /new/lib/modules/$VM_VERSION
		exec switch_root /new /bin/bash $VM_INIT
	END
	chmod +x "$dir/init"
}

# vm_run SECONDS COMMAND...: in the machine, as root, in this directory with the
# variables of VM_ENV; its output on stdout, its exit status is ours.  124 when
# it took longer.
vm_run() {
	local limit=$1 dir name status fs

	shift
	vm_kernel || {
		say "no kernel package"
		return 1
	}
	dir=$(mktemp -d)
	vm_initramfs "$dir/ir"
	{
		printf 'cd %q\n' "$PWD"
		for name in ${VM_ENV-}; do
			printf 'export %s=%q\n' "$name" "${!name}"
		done
		printf '%q ' "$@"
		printf '\n'
	} >"$dir/command"
	cat >"$dir/start" <<-END
		export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb
		mount -t cgroup2 cgroup2 /sys/fs/cgroup 2>/dev/null
		ln -s /proc/self/fd /dev/fd
		ln -s /proc/self/fd/0 /dev/stdin
		ln -s /proc/self/fd/1 /dev/stdout
		ln -s /proc/self/fd/2 /dev/stderr
		mkdir -p /dev/pts && mount -t devpts devpts /dev/pts
		modprobe tun && mkdir -p /dev/net && mknod /dev/net/tun c 10 200 2>/dev/null
		ip link set lo up
		bash /run/vm/command >/dev/ttyS1 2>&1 </dev/null
		echo \$? >/dev/ttyS2
		poweroff -f
	END
	sed -i '1i mkdir -p /run/vm && mount --bind '"$dir"' /run/vm 2>/dev/null' \
		"$dir/start"
	printf 'VM_VERSION=%s\nVM_MODULES=%s\nVM_INIT=%s\n' "$VM_VERSION" \
		"$VM_CACHE/$VM_VERSION/lib/modules/$VM_VERSION" "$dir/start" \
		>"$dir/ir/vm.conf"
	(cd "$dir/ir" && find . | cpio --quiet -o -H newc | gzip -1) \
		>"$dir/initrd"
	/usr/lib/qemu/virtiofsd --socket-path="$dir/fs" -o source=/ \
		-o sandbox=chroot -o cache=always >"$dir/fs.log" 2>&1 &
	fs=$!
	wait_for 10 test -S "$dir/fs" || cat "$dir/fs.log"
	timeout "$limit" qemu-system-x86_64 -accel tcg,thread=multi -cpu max \
		-smp 2 -m 1536 -nographic -no-reboot -nodefaults \
		-object memory-backend-memfd,id=mem,size=1536M,share=on \
		-numa node,memdev=mem -chardev "socket,id=fs,path=$dir/fs" \
		-device vhost-user-fs-pci,chardev=fs,tag=host \
		-kernel "$VM_CACHE/$VM_VERSION/boot/vmlinuz-$VM_VERSION" \
		-initrd "$dir/initrd" -serial "file:$dir/console" \
		-serial stdio -serial "file:$dir/status" \
		-append "console=ttyS0 panic=-1 quiet no_timer_check" </dev/null
	status=$?
	kill "$fs" 2>/dev/null
	wait "$fs" 2>/dev/null
	[ "$status" = 124 ] || status=$(tr -d '\r\n' <"$dir/status")
	[ -n "$status" ] || {
		tail -n 20 "$dir/console"
		status=1
	}
	rm -rf "$dir"
	return "$status"
}
