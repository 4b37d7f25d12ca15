/* show version, clock, logging (show-output.md 3.6 to 3.8). */
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/running.h"
#include "cli/show.h"

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <time.h>

#define SYSTEM_IMAGE "system:getvpnd"

/* "1 day, 2 hours, 11 minutes" */
static void uptime_text(uint64_t secs, struct sbuf *out)
{
	static const struct {
		uint64_t secs;
		const char *name;
	} units[] = {
		{ 365 * 86400, "year" },
		{ 7 * 86400, "week" },
		{ 86400, "day" },
		{ 3600, "hour" },
		{ 60, "minute" },
	};
	size_t start = out->n;

	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		uint64_t n = secs / units[i].secs;

		secs %= units[i].secs;
		if (n == 0)
			continue;
		sbuf_printf(out, "%s%ju %s%s", out->n > start ? ", " : "",
			(uintmax_t)n, units[i].name, n == 1 ? "" : "s");
	}
	if (out->n == start)
		sbuf_adds(out, "0 minutes");
}

/* The id that stays: systemd's machine id, else none. */
void show_board_id(struct sbuf *out)
{
	char id[16] = "";
	FILE *f = fopen("/etc/machine-id", "re");

	if (f != NULL) {
		if (fgets(id, 12, f) == NULL)
			id[0] = '\0';
		fclose(f);
	}
	id[strcspn(id, "\n")] = '\0';
	for (char *p = id; *p != '\0'; p++)
		sbuf_addc(out, *p >= 'a' && *p <= 'z' ? *p - 32 : *p);
	if (id[0] == '\0')
		sbuf_adds(out, "NONE");
}

static size_t count_interfaces(const struct router *r)
{
	struct iface_info *v = NULL;
	size_t n = r->box == NULL ? 0 : box_iface_list(r->box, &v),
	       physical = 0;

	for (size_t i = 0; i < n; i++)
		physical += strncmp(v[i].ifname, "Loopback", 8) != 0;
	free(v);
	return physical;
}

/* What show version tells. */
struct version_info {
	struct utsname un;
	const char *hostname;
	uint64_t uptime_secs;
	uint64_t memory_kbytes, free_kbytes;
	struct sbuf board;
	size_t interfaces;
};

static void version_take(const struct router *r, struct version_info *v)
{
	struct sysinfo si = { .mem_unit = 1 };

	*v = (struct version_info){ .hostname = running_hostname(r) };
	uname(&v->un);
	sysinfo(&si);
	v->memory_kbytes = (uint64_t)si.totalram * si.mem_unit / 1024;
	v->free_kbytes = (uint64_t)si.freeram * si.mem_unit / 1024;
	v->uptime_secs = (loop_now() - r->start_ms) / 1000;
	show_board_id(&v->board);
	v->interfaces = count_interfaces(r);
}

/* Netmiko, NAPALM, Ansible and RANCID know the router by the words "Cisco IOS
 * Software" and "cisco MODEL ... bytes of memory" (clients.md 1).  Processor and
 * I/O memory stay the same while nothing is plugged in: RANCID compares them. */
static void version_text(const struct version_info *v, struct sbuf *out)
{
	auto_sbuf struct sbuf uptime = { 0 };

	uptime_text(v->uptime_secs, &uptime);
	sbuf_printf(out,
		"Cisco IOS Software [compatible], GETVPN Router Software "
		"(X86_64_LINUX-GETVPN-M), Version %s, RELEASE SOFTWARE (fc1)\n"
		"A free router on %s %s (%s), not made by Cisco\n\n"
		"ROM: %s\n\n"
		"%s uptime is %s\n"
		"Uptime for this control processor is %s\n"
		"System returned to ROM by reload\n"
		"System image file is \"%s\"\n\n",
		PACKAGE_VERSION, v->un.sysname, v->un.release, v->un.machine,
		v->un.sysname, v->hostname, sbuf_str(&uptime),
		sbuf_str(&uptime), SYSTEM_IMAGE);
	sbuf_printf(out,
		"cisco GETVPN (%s) processor (revision 1.0) with %juK/0K "
		"bytes of memory.\n"
		"Processor board ID %s\n",
		v->un.machine, (uintmax_t)v->memory_kbytes,
		sbuf_str(&v->board));
	sbuf_printf(out,
		"%zu Ethernet interface%s\n"
		"%uK bytes of non-volatile configuration memory.\n"
		"%juK bytes of physical memory.\n\n"
		"Configuration register is 0x2102\n\n",
		v->interfaces, v->interfaces == 1 ? "" : "s",
		STARTUP_BYTES / 1024, (uintmax_t)v->memory_kbytes);
}

static json_t *version_json(const struct version_info *v)
{
	json_t *o = json_object();

	jo_str(o, "software", "getvpnd");
	jo_str(o, "version", PACKAGE_VERSION);
	jo_str(o, "hostname", v->hostname);
	jo_str(o, "kernel", v->un.sysname);
	jo_str(o, "kernel_release", v->un.release);
	jo_str(o, "machine", v->un.machine);
	jo_num(o, "uptime_secs", v->uptime_secs);
	jo_str(o, "image", SYSTEM_IMAGE);
	jo_str(o, "board_id", sbuf_str(&v->board));
	jo_num(o, "ethernet_interfaces", v->interfaces);
	jo_num(o, "memory_kbytes", v->memory_kbytes);
	jo_num(o, "free_memory_kbytes", v->free_kbytes);
	jo_num(o, "nonvolatile_memory_kbytes", STARTUP_BYTES / 1024);
	jo_str(o, "configuration_register", "0x2102");
	return o;
}

static int exec_show_version(struct cmd_call *c)
{
	struct version_info v;

	version_take(c->router, &v);
	if (c->json)
		cmd_json(c, version_json(&v));
	else
		version_text(&v, c->out);
	sbuf_free(&v.board);
	return CMD_DONE;
}

static const struct command show_version = {
	.mode = MODE_EXEC,
	.grammar = "show version",
	.help = "show     Show running system information\n"
		"version  System hardware and software status\n",
	.exec = exec_show_version,
	.sample = "show version",
};

static json_t *clock_json(const struct timespec *now, const struct tm *tm)
{
	json_t *o = json_object();
	char iso[40], zone[40];

	strftime(iso, sizeof(iso), "%Y-%m-%dT%H:%M:%S%z", tm);
	strftime(zone, sizeof(zone), "%Z", tm);
	jo_str(o, "time", iso);
	jo_str(o, "timezone", zone);
	jo_wall(o, "time_secs", (uint64_t)now->tv_sec);
	jo_num(o, "time_msecs", (uint64_t)now->tv_nsec / 1000000);
	jo_str(o, "source", log_clock_synced() ? "NTP" : NULL);
	return o;
}

static int exec_show_clock(struct cmd_call *c)
{
	struct timespec now;
	struct tm tm;
	char head[16], tail[64];

	clock_gettime(CLOCK_REALTIME, &now);
	if (localtime_r(&now.tv_sec, &tm) == NULL)
		return CMD_FAILED;
	if (c->json)
		return cmd_json(c, clock_json(&now, &tm));
	strftime(head, sizeof(head), "%H:%M:%S", &tm);
	strftime(tail, sizeof(tail), "%Z %a %b", &tm);
	bool synced = log_clock_synced();

	sbuf_printf(c->out, "%s%s.%03ld %s %d %d\n", synced ? "" : "*", head,
		now.tv_nsec / 1000000, tail, tm.tm_mday, tm.tm_year + 1900);
	if (drv_has(c->drv, "detail"))
		sbuf_adds(c->out,
			synced ? "Time source is NTP\n" : "No time source\n");
	return CMD_DONE;
}

static const struct command show_clock = {
	.mode = MODE_EXEC,
	.grammar = "show clock [detail]",
	.help = "show    Show running system information\n"
		"clock   Display the system clock\n"
		"detail  Display detailed information\n",
	.exec = exec_show_clock,
	.sample = "show clock\nshow clock detail",
};

static const char *level_name(enum log_sev level)
{
	static const char *const names[] = { "emergencies", "alerts",
		"critical", "errors", "warnings", "notifications",
		"informational", "debugging" };

	return level < LOG_SEV_EMERG || level > LOG_SEV_DEBUG ? "disabled"
							      : names[level];
}

static void log_line(void *ctx, const char *line)
{
	sbuf_printf(ctx, "%s\n", line);
}

static void logging_text(
	const struct log *l, const struct log_stats *st, struct sbuf *out)
{
	uintmax_t logged = (uintmax_t)st->logged;

	sbuf_printf(out,
		"Syslog logging: enabled (%ju messages dropped, %ju messages "
		"rate-limited, 0 flushes, 0 overruns, xml disabled, filtering "
		"disabled)\n\n"
		"No Active Message Discriminator.\n\n\n\n"
		"No Inactive Message Discriminator.\n\n\n",
		(uintmax_t)st->dropped, (uintmax_t)st->rate_limited);
	sbuf_printf(out,
		"    Console logging: level debugging, %ju messages logged, "
		"xml disabled,\n"
		"                     filtering disabled\n"
		"    Monitor logging: level debugging, %ju messages logged, "
		"xml disabled,\n"
		"                     filtering disabled\n"
		"    Buffer logging:  level %s, %ju messages logged, xml "
		"disabled,\n"
		"                    filtering disabled\n"
		"    Exception Logging: size (4096 bytes)\n"
		"    Count and timestamp logging messages: disabled\n"
		"    Persistent logging: disabled\n\n"
		"No active filter modules.\n\n",
		logged, logged, level_name(st->ring_level), logged);
	sbuf_printf(out,
		"    Trap logging: level informational, %ju message lines "
		"logged\n"
		"        Logging Source-Interface:       VRF Name:\n\n"
		"Log Buffer (%zu bytes):\n\n",
		logged, st->ring_bytes);
	log_each(l, log_line, out);
}

static void log_line_json(void *ctx, const char *line)
{
	ja_str(ctx, line);
}

static json_t *logging_json(const struct log *l, const struct log_stats *st)
{
	json_t *o = json_object();

	jo_num(o, "logged", st->logged);
	jo_num(o, "dropped", st->dropped);
	jo_num(o, "rate_limited", st->rate_limited);
	jo_str(o, "buffer_level", level_name(st->ring_level));
	jo_num(o, "buffer_bytes", st->ring_bytes);
	log_each(l, log_line_json, jo_array(o, "messages"));
	return o;
}

static int exec_show_logging(struct cmd_call *c)
{
	struct log_stats st;

	log_stats(c->router->log, &st);
	if (c->json)
		return cmd_json(c, logging_json(c->router->log, &st));
	logging_text(c->router->log, &st, c->out);
	return CMD_DONE;
}

static const struct command show_logging = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = "show logging",
	.help = "show     Show running system information\n"
		"logging  Show the contents of logging buffers\n",
	.exec = exec_show_logging,
	.sample = "show logging",
};

static int clear_answer(struct session *s, const char *answer, void *ctx)
{
	struct router *r = ctx;

	(void)s;
	if (answer[0] == '\0' || strcasecmp(answer, "y") == 0)
		log_clear(r->log);
	return CMD_DONE;
}

static int exec_clear_logging(struct cmd_call *c)
{
	return session_ask(c->session, ASK_CONFIRM,
		"Clear logging buffer [confirm]", clear_answer, c->router);
}

static const struct command clear_logging = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = "clear logging",
	.help = "clear    Reset functions\n"
		"logging  Clear logging buffer\n",
	.exec = exec_clear_logging,
	.sample = "clear logging",
};

static const struct command *const commands[] = { &show_version, &show_clock,
	&show_logging, &clear_logging };
static const struct command_list list = { commands, ARRAY_LEN(commands) };
const struct feature feature_show_system = { .commands = &list };
