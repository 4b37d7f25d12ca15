/* getvpnd: the router.  Options, the parts put together, and their end.  See
 * getvpnd(8). */
#include "base/file.h"
#include "base/hash.h"
#include "cli/commands.h"
#include "cli/pki.h"
#include "cli/running.h"
#include "cli/server.h"
#include "crypto/passwd.h"
#include "router/sandbox.h"

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define STATE_DIR  "/etc/getvpn"
#define SOCKET     "/run/getvpn/getvpnd.sock"
#define RING_BYTES 8192

struct daemon {
	const char *state_dir, *socket;
	int attach_fd; /* -F: the embedded client; -1 none */
	bool foreground;
	int ready_fd; /* tells the parent that we run; -1 none */
	bool failed;  /* could not reload */
	struct router router;
	struct server *server;
	struct log_sink syslog_sink, stderr_sink;
	char *startup_path;
};

static const char usage_text[] =
	"usage: getvpnd [-f] [-d STATEDIR] [-s SOCKET] [-F FD]\n"
	"  -f  stay in the foreground, log to standard error too\n"
	"  -d  directory of configuration and keys (" STATE_DIR ")\n"
	"  -s  socket for getvpnsh (" SOCKET ")\n"
	"  -F  serve the connected socket FD and end with it\n"
	"  -V  print the version\n";

static void to_syslog(void *ctx, enum log_sev sev, const char *line)
{
	const char *text = strchr(line, '%'); /* syslog stamps by itself */

	(void)ctx;
	syslog(LOG_LOCAL7 | (int)sev, "%s", text == NULL ? line : text);
}

static void to_stderr(void *ctx, enum log_sev sev, const char *line)
{
	(void)ctx;
	(void)sev;
	fprintf(stderr, "%s\n", line);
}

static int number(const char *s)
{
	char *end;
	long v = strtol(s, &end, 10);

	if (*s == '\0' || *end != '\0' || v < 3 || v > 1 << 20) {
		fprintf(stderr, "getvpnd: bad descriptor %s\n", s);
		exit(2);
	}
	return (int)v;
}

static void parse_options(struct daemon *d, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "fd:s:F:hV")) != -1) {
		switch (c) {
		case 'f':
			d->foreground = true;
			break;
		case 'd':
			d->state_dir = optarg;
			break;
		case 's':
			d->socket = optarg;
			break;
		case 'F':
			d->attach_fd = number(optarg);
			break;
		case 'V':
			puts("getvpnd " PACKAGE_VERSION);
			exit(0);
		case 'h':
			fputs(usage_text, stdout);
			exit(0);
		default:
			fputs(usage_text, stderr);
			exit(2);
		}
	}
	if (optind != argc) {
		fputs(usage_text, stderr);
		exit(2);
	}
}

/* The parent stays until the child runs, so that its exit status tells. */
static void go_background(struct daemon *d)
{
	int fds[2];
	char ok;

	if (pipe2(fds, O_CLOEXEC) != 0) {
		perror("getvpnd: pipe");
		exit(1);
	}
	pid_t pid = fork();

	if (pid < 0) {
		perror("getvpnd: fork");
		exit(1);
	}
	if (pid > 0) {
		close(fds[1]);
		_exit(read(fds[0], &ok, 1) == 1 ? 0 : 1);
	}
	close(fds[0]);
	d->ready_fd = fds[1];
	setsid();
}

static void say_ready(struct daemon *d)
{
	if (d->ready_fd < 0)
		return;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; null >= 0 && fd <= 2; fd++)
		dup2(null, fd);
	if (null > 2)
		close(null);
	ssize_t n = write(d->ready_fd, "", 1);

	(void)n;
	close(d->ready_fd);
	d->ready_fd = -1;
}

static bool fail(const struct daemon *d, const char *what, const char *why)
{
	(void)d;
	fprintf(stderr, "getvpnd: %s: %s\n", what, why);
	return false;
}

static bool make_dirs(struct daemon *d)
{
	auto_free char *copy = xstrdup(d->socket);
	const char *dir = dirname(copy);
	int err = file_mkdirs(d->state_dir, 0700);

	if (err != 0)
		return fail(d, d->state_dir, strerror(-err));
	err = file_mkdirs(dir, 0755);
	if (err != 0)
		return fail(d, dir, strerror(-err));
	return true;
}

static void start_logging(struct daemon *d)
{
	openlog("getvpnd", LOG_PID, LOG_LOCAL7);
	d->syslog_sink =
		(struct log_sink){ .level = LOG_SEV_INFO, .fn = to_syslog };
	log_sink_add(d->router.log, &d->syslog_sink);
	if (!d->foreground)
		return;
	setvbuf(stderr, NULL, _IOLBF, 0);
	d->stderr_sink =
		(struct log_sink){ .level = LOG_SEV_DEBUG, .fn = to_stderr };
	log_sink_add(d->router.log, &d->stderr_sink);
}

static void on_signal(void *arg, int signo)
{
	struct daemon *d = arg;

	(void)signo;
	loop_stop(d->router.loop);
}

static void on_gone(void *arg)
{
	struct daemon *d = arg;

	loop_stop(d->router.loop);
}

static void host_tell(void *host, const char *text)
{
	struct daemon *d = host;

	server_tell(d->server, text);
}

/* Before the configuration, whose secrets it opens. */
static void open_master_key(struct daemon *d)
{
	auto_sbuf struct sbuf path = { 0 };
	int err;

	sbuf_printf(&path, "%s/master-key", d->state_dir);
	err = master_key_open(sbuf_str(&path));
	if (err != 0)
		log_msg(d->router.log, LOG_SEV_ERR, "SYS", "MASTER_KEY",
			"The master key cannot be read: %s", strerror(-err));
}

/* From the box to the configuration; the state of a process that begins. */
static bool boot(struct daemon *d)
{
	struct router *r = &d->router;
	auto_sbuf struct sbuf why = { 0 };
	struct box_opts o = {
		.state_dir = d->state_dir, .loop = r->loop, .log = r->log
	};

	r->box = box_new(&o, &why);
	if (r->box == NULL)
		return fail(d, "cannot start", sbuf_str(&why));
	r->start_ms = loop_now();
	r->start_wall = (uint64_t)time(NULL);
	r->changed_wall = r->saved_wall = r->saved_generation = 0;
	r->changed_by[0] = r->saved_by[0] = '\0';
	router_setup(r);
	open_master_key(d);
	int err = startup_load(r);

	if (err != 0)
		log_msg(r->log, LOG_SEV_ERR, "SYS", "STARTUP",
			"startup-config cannot be read: %s", strerror(-err));
	else
		box_config_ready(r->box);
	pki_start(r);
	log_msg(r->log, LOG_SEV_NOTICE, "SYS", "RESTART",
		"System restarted -- GETVPN Router Software, Version %s",
		PACKAGE_VERSION);
	return true;
}

static void shut(struct router *r)
{
	if (r->grammar != NULL)
		router_fini(r);
	if (r->box != NULL)
		box_free(r->box);
	r->box = NULL;
}

/* `reload`: everything but the process, its log and its sockets. */
static void reload(void *arg)
{
	static const struct log_format plain = {
		.stamp = LOG_STAMP_DATETIME, .msec = true
	};
	struct daemon *d = arg;

	server_suspend(d->server);
	shut(&d->router);
	log_clear(d->router.log);
	log_set_format(d->router.log, &plain);
	log_set_debug_format(d->router.log, &plain);
	log_set_ring(d->router.log, RING_BYTES, LOG_SEV_DEBUG);
	if (!boot(d)) {
		log_msg(d->router.log, LOG_SEV_EMERG, "SYS", "RESTART",
			"The router cannot be made anew");
		d->failed = true;
		loop_stop(d->router.loop);
		return;
	}
	server_resume(d->server);
}

/* Not inside the session that asks for it. */
static void host_restart(void *host)
{
	struct daemon *d = host;

	loop_defer(d->router.loop, reload, d);
}

static void enter_sandbox(struct daemon *d)
{
	auto_sbuf struct sbuf why = { 0 };

	if (sandbox_enter(&why) != 0)
		log_msg(d->router.log, LOG_SEV_WARNING, "SYS", "SANDBOX",
			"Running without confinement: %s", sbuf_str(&why));
}

static bool start(struct daemon *d)
{
	struct router *r = &d->router;
	auto_sbuf struct sbuf path = { 0 };
	int err;

	umask(022);
	if (!make_dirs(d))
		return false;
	umask(077);
	r->loop = loop_new();
	r->log = log_new(RING_BYTES);
	start_logging(d);
	/* First the socket: a second daemon must not touch the kernel. */
	d->server = server_new(r, d->socket, &err);
	if (d->server == NULL)
		return fail(d, d->socket,
			err == -EADDRINUSE ? "a getvpnd is running already"
					   : strerror(-err));
	enter_sandbox(d);
	sbuf_printf(&path, "%s/startup-config", d->state_dir);
	d->startup_path = sbuf_take(&path);
	r->startup_path = d->startup_path;
	r->restart = host_restart;
	r->tell = host_tell;
	r->host = d;
	return boot(d);
}

static void stop(struct daemon *d)
{
	struct router *r = &d->router;

	server_free(d->server);
	shut(r);
	if (r->log != NULL)
		log_free(r->log);
	if (r->loop != NULL)
		loop_free(r->loop);
	master_key_close();
	free(d->startup_path);
}

/* What the starter left open is not ours to keep: a pipe would never end for
 * its reader while we run. */
static void close_inherited(const struct daemon *d)
{
	unsigned first = STDERR_FILENO + 1;

	if (d->attach_fd >= 0) {
		unsigned keep = (unsigned)d->attach_fd;

		if (keep > first)
			close_range(first, keep - 1, 0);
		first = keep + 1;
	}
	close_range(first, ~0U, 0);
}

int main(int argc, char **argv)
{
	struct daemon d = { .state_dir = STATE_DIR,
		.socket = SOCKET,
		.attach_fd = -1,
		.ready_fd = -1 };
	uint8_t seed[16];

	parse_options(&d, argc, argv);
	close_inherited(&d);
	if (getrandom(seed, sizeof(seed), 0) != sizeof(seed)) {
		perror("getvpnd: getrandom");
		return 1;
	}
	hash_seed(seed);
	signal(SIGPIPE, SIG_IGN);
	if (!d.foreground && d.attach_fd < 0)
		go_background(&d);
	bool ok = start(&d);

	if (ok) {
		loop_signal(d.router.loop, SIGTERM, on_signal, &d);
		loop_signal(d.router.loop, SIGINT, on_signal, &d);
		if (d.attach_fd >= 0)
			server_attach(d.server, d.attach_fd, on_gone, &d);
		say_ready(&d);
		loop_run(d.router.loop);
	}
	stop(&d);
	return ok && !d.failed ? 0 : 1;
}
