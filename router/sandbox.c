/* Capabilities, no_new_privs, seccomp. */
#include "router/sandbox.h"
#include <cap-ng.h>
#include <errno.h>
#include <seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* Never made after start.  Names, since some are unknown to an architecture. */
// clang-format off
static const char *const denied[] = {
	/* other programs, other processes */
	"execve", "execveat",
#ifndef __SANITIZE_ADDRESS__
	"ptrace",
#endif
	"process_vm_readv", "process_vm_writev", "process_madvise", "kcmp",
	"pidfd_getfd",
	/* the kernel itself */
	"init_module", "finit_module", "delete_module", "kexec_load",
	"kexec_file_load", "reboot", "bpf", "perf_event_open",
	"lookup_dcookie", "syslog", "userfaultfd", "iopl", "ioperm",
	"quotactl", "acct", "nfsservctl", "swapon", "swapoff", "vhangup",
	"uselib",
	/* the view of the file system */
	"mount", "umount2", "umount", "pivot_root", "chroot", "move_mount",
	"open_tree", "fsopen", "fsconfig", "fsmount", "fspick",
	"mount_setattr", "mknod", "mknodat", "open_by_handle_at",
	"name_to_handle_at",
	/* namespaces, identities, keyrings, names, clocks */
	"unshare", "setns", "setuid", "setgid", "setreuid", "setregid",
	"setresuid", "setresgid", "setgroups", "setfsuid", "setfsgid",
	"capset", "keyctl", "add_key", "request_key", "sethostname",
	"setdomainname", "settimeofday", "clock_settime", "clock_adjtime",
	"stime", "personality",
};
// clang-format on

static int caps_drop(struct sbuf *why)
{
	capng_clear(CAPNG_SELECT_BOTH);
	if (capng_updatev(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED,
		    CAP_NET_ADMIN, CAP_NET_RAW, CAP_NET_BIND_SERVICE, -1) < 0)
		return -EINVAL;
	if (capng_apply(CAPNG_SELECT_BOTH) < 0) {
		sbuf_adds(why, "capabilities cannot be dropped");
		return -EPERM;
	}
	return 0;
}

static int syscalls_deny(struct sbuf *why)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ALLOW);
	int r = f == NULL ? -ENOMEM : 0;

	for (size_t i = 0; i < ARRAY_LEN(denied) && r == 0; i++) {
		int nr = seccomp_syscall_resolve_name(denied[i]);

		if (nr == __NR_SCMP_ERROR)
			continue;
		r = seccomp_rule_add(f, SCMP_ACT_ERRNO(EPERM), nr, 0);
	}
	if (r == 0)
		r = seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1);
	if (r == 0)
		r = seccomp_load(f);
	if (f != NULL)
		seccomp_release(f);
	if (r < 0)
		sbuf_printf(why, "system calls cannot be limited: %s",
			strerror(-r));
	return r;
}

static int cores_off(void)
{
#ifndef __SANITIZE_ADDRESS__
	const struct rlimit none = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &none) < 0 ||
		prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return -errno;
#endif
	return 0;
}

int sandbox_enter(struct sbuf *why)
{
	int r = cores_off();

	if (r < 0) {
		sbuf_printf(why, "core dumps cannot be turned off: %s",
			strerror(-r));
		return r;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
		r = -errno;
		sbuf_printf(why, "no_new_privs: %s", strerror(-r));
		return r;
	}
	r = caps_drop(why);

	return r < 0 ? r : syscalls_deny(why);
}
