/* What the box is made of and how busy it is: show inventory, memory
 * statistics, processes, boot (clients.md 1.3, 1.4).  The values are the
 * kernel's. */
#include "base/file.h"
#include "cli/cfg.h"
#include "cli/json.h"
#include "cli/show.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#define PROC_BYTES (1u << 20)
#define HELP_SHOW  "show  Show running system information\n"
#define PROCESS_HEADER                                                         \
	" PID Runtime(ms)     Invoked      uSecs   Life TTY Process\n"

/* --- inventory --- */

/* First line of a file of /sys, or a fallback. */
static void sys_line(const char *path, const char *fallback, struct sbuf *out)
{
	auto_sbuf struct sbuf text = { 0 };

	if (file_read(path, &text, PROC_BYTES) != 0 || text.n == 0) {
		sbuf_adds(out, fallback);
		return;
	}
	for (const char *p = sbuf_str(&text); *p != '\0' && *p != '\n'; p++)
		sbuf_addc(out,
			isprint((unsigned char)*p) && *p != '"' ? *p : ' ');
}

static int exec_inventory(struct cmd_call *c)
{
	auto_sbuf struct sbuf product = { 0 }, serial = { 0 }, descr = { 0 };
	struct utsname un = { 0 };

	uname(&un);
	sys_line("/sys/class/dmi/id/product_name", "Linux", &product);
	sbuf_printf(&descr, "GETVPN router, %s (%s)", sbuf_str(&product),
		un.machine);
	show_board_id(&serial);
	if (c->json) {
		json_t *o = json_object(), *a = jo_array(o, "inventory");

		a = ja_object(a);
		jo_str(a, "name", "Chassis");
		jo_str(a, "descr", sbuf_str(&descr));
		jo_str(a, "pid", "GETVPN");
		jo_str(a, "vid", "V01");
		jo_str(a, "sn", sbuf_str(&serial));
		return cmd_json(c, o);
	}
	sbuf_printf(c->out,
		"NAME: \"Chassis\", DESCR: \"%s\"\n"
		"PID: %-18s, VID: V01  , SN: %s\n\n",
		sbuf_str(&descr), "GETVPN", sbuf_str(&serial));
	return CMD_DONE;
}

static const struct command show_inventory = {
	.mode = MODE_EXEC,
	.grammar = "show inventory [raw]",
	.help = HELP_SHOW "inventory  Show the physical inventory\n"
			  "raw  Every entity\n",
	.flags = CMD_PIPE,
	.exec = exec_inventory,
	.sample = "show inventory raw",
};

/* --- memory --- */

struct memory {
	uint64_t total, spare, available, daemon; /* bytes */
};

static uint64_t proc_kbytes(const char *text, const char *name)
{
	const char *p = strstr(text, name);

	return p == NULL ? 0 : strtoull(p + strlen(name), NULL, 10) * 1024;
}

static void memory_read(struct memory *m)
{
	auto_sbuf struct sbuf info = { 0 }, self = { 0 };

	file_read("/proc/meminfo", &info, PROC_BYTES);
	file_read("/proc/self/status", &self, PROC_BYTES);
	m->total = proc_kbytes(sbuf_str(&info), "MemTotal:");
	m->spare = proc_kbytes(sbuf_str(&info), "MemFree:");
	m->available = proc_kbytes(sbuf_str(&info), "MemAvailable:");
	m->daemon = proc_kbytes(sbuf_str(&self), "VmRSS:");
}

/* Free is what a program could get. */
static int exec_memory(struct cmd_call *c)
{
	struct memory m;

	memory_read(&m);
	if (c->json) {
		json_t *o = json_object();

		jo_num(o, "total_bytes", m.total);
		jo_num(o, "available_bytes", m.available);
		jo_num(o, "free_bytes", m.spare);
		jo_num(o, "getvpnd_bytes", m.daemon);
		return cmd_json(c, o);
	}
	sbuf_printf(c->out,
		"%-9s %11s  %13s  %13s  %13s  %13s\n"
		"%-9s %11s  %13ju  %13ju  %13ju  %13ju\n"
		"%-9s %11s  %13ju  %13ju  %13s  %13s\n\n",
		"", "Head", "Total(b)", "Used(b)", "Free(b)", "Unused(b)",
		"Processor", "-", (uintmax_t)m.total,
		(uintmax_t)(m.total - m.available), (uintmax_t)m.available,
		(uintmax_t)m.spare, "getvpnd", "-", (uintmax_t)m.daemon,
		(uintmax_t)m.daemon, "-", "-");
	return CMD_DONE;
}

static const struct command show_memory = {
	.mode = MODE_EXEC,
	.grammar = "show memory [{statistics|summary}]",
	.help = HELP_SHOW "memory  Memory statistics\n"
			  "statistics  Memory pool statistics\n"
			  "summary  Summary of memory usage\n",
	.flags = CMD_PIPE,
	.exec = exec_memory,
	.sample = "show memory statistics",
};

/* --- processes --- */

struct process {
	unsigned pid;
	uint64_t run_ms, life_ms, switches, rss, vm;
	char name[32];
};

static uint64_t proc_number(const char *text, const char *name)
{
	const char *p = strstr(text, name);

	return p == NULL ? 0 : strtoull(p + strlen(name), NULL, 10);
}

/* /proc/PID/stat and status; false: it has ended. */
static bool process_read(const char *pid, uint64_t up_ms, struct process *p)
{
	auto_sbuf struct sbuf stat = { 0 }, status = { 0 };
	char path[64], state;
	unsigned long user, sys;
	unsigned long long start;
	uint64_t hz = (uint64_t)sysconf(_SC_CLK_TCK);

	snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
	if (file_read(path, &stat, PROC_BYTES) != 0)
		return false;
	snprintf(path, sizeof(path), "/proc/%.20s/status", pid);
	if (file_read(path, &status, PROC_BYTES) != 0)
		return false;
	const char *open = strchr(sbuf_str(&stat), '(');
	const char *close = strrchr(sbuf_str(&stat), ')');

	if (open == NULL || close == NULL ||
		sscanf(close + 1,
			" %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu "
			"%*d %*d %*d %*d %*d %*d %llu",
			&state, &user, &sys, &start) != 4)
		return false;
	*p = (struct process){ .pid = (unsigned)strtoul(pid, NULL, 10) };
	snprintf(p->name, sizeof(p->name), "%.*s", (int)(close - open - 1),
		open + 1);
	p->run_ms = (user + sys) * 1000 / hz;
	p->life_ms = up_ms - start * 1000 / hz;
	p->switches =
		proc_number(sbuf_str(&status), "\nvoluntary_ctxt_switches:") +
		proc_number(sbuf_str(&status), "\nnonvoluntary_ctxt_switches:");
	p->rss = proc_kbytes(sbuf_str(&status), "VmRSS:");
	p->vm = proc_kbytes(sbuf_str(&status), "VmSize:");
	return true;
}

static int process_cmp(const void *a, const void *b)
{
	unsigned x = ((const struct process *)a)->pid;
	unsigned y = ((const struct process *)b)->pid;

	return (x > y) - (x < y);
}

/* The programs that /proc shows, by number; the caller frees *out. */
static size_t processes_read(struct process **out)
{
	auto_sbuf struct sbuf uptime = { 0 };
	DIR *dir = opendir("/proc");
	const struct dirent *e;
	size_t n = 0;

	*out = NULL;
	file_read("/proc/uptime", &uptime, PROC_BYTES);
	uint64_t up_ms = (uint64_t)(strtod(sbuf_str(&uptime), NULL) * 1000);

	while (dir != NULL && (e = readdir(dir)) != NULL) {
		if (!isdigit((unsigned char)e->d_name[0]))
			continue;
		*out = xreallocarray(*out, n + 1, sizeof(**out));
		n += process_read(e->d_name, up_ms, &(*out)[n]) &&
		     (*out)[n].vm != 0; /* not the kernel's own */
	}
	if (dir != NULL)
		closedir(dir);
	if (n > 0)
		qsort(*out, n, sizeof(**out), process_cmp);
	return n;
}

/* Per cent of all processors: load averages say how many work was for. */
static void load_text(struct sbuf *out)
{
	double avg[2] = { 0, 0 };
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned pct[2];

	if (getloadavg(avg, 2) != 2 || cpus < 1)
		cpus = 1;
	for (size_t i = 0; i < ARRAY_LEN(avg); i++) {
		double v = avg[i] * 100 / (double)cpus;

		pct[i] = v > 100 ? 100 : (unsigned)(v + 0.5);
	}
	sbuf_printf(out,
		"CPU utilization for one minute: %u%%; five minutes: %u%%\n",
		pct[0], pct[1]);
}

static void process_cpu(const struct process *p, struct sbuf *out)
{
	uint64_t each = p->switches == 0 ? 0 : p->run_ms * 1000 / p->switches;
	double life = p->life_ms == 0
			      ? 0
			      : 100.0 * (double)p->run_ms / (double)p->life_ms;

	sbuf_printf(out, "%4u %11ju %11ju %10ju %5.2f%%   0 %s\n", p->pid,
		(uintmax_t)p->run_ms, (uintmax_t)p->switches, (uintmax_t)each,
		life, p->name);
}

static void process_memory(const struct process *p, struct sbuf *out)
{
	sbuf_printf(out, "%4u   0 %12ju %12ju %12ju %s\n", p->pid,
		(uintmax_t)p->vm,
		(uintmax_t)(p->vm > p->rss ? p->vm - p->rss : 0),
		(uintmax_t)p->rss, p->name);
}

static int processes_json(struct cmd_call *c, const struct process *v, size_t n)
{
	json_t *o = json_object(), *a = jo_array(o, "processes");

	for (size_t i = 0; i < n; i++) {
		json_t *p = ja_object(a);

		jo_num(p, "pid", v[i].pid);
		jo_str(p, "name", v[i].name);
		jo_num(p, "runtime_ms", v[i].run_ms);
		jo_num(p, "invoked", v[i].switches);
		jo_num(p, "life_ms", v[i].life_ms);
		jo_num(p, "holding_bytes", v[i].rss);
		jo_num(p, "allocated_bytes", v[i].vm);
	}
	return cmd_json(c, o);
}

static int exec_processes(struct cmd_call *c)
{
	auto_free struct process *v = NULL;
	size_t n = processes_read(&v);
	bool memory = drv_has(c->drv, "memory");
	struct memory m;

	if (c->json)
		return processes_json(c, v, n);
	if (memory) {
		memory_read(&m);
		sbuf_printf(c->out,
			"Processor Pool Total: %ju Used: %ju Free: %ju\n\n"
			" PID TTY    Allocated        Freed      Holding "
			"Process\n",
			(uintmax_t)m.total, (uintmax_t)(m.total - m.available),
			(uintmax_t)m.available);
	} else {
		load_text(c->out);
		sbuf_adds(c->out, PROCESS_HEADER);
	}
	for (size_t i = 0; i < n; i++)
		(memory ? process_memory : process_cpu)(&v[i], c->out);
	return CMD_DONE;
}

static const struct command show_processes = {
	.mode = MODE_EXEC,
	.grammar = "show processes [{cpu|memory}]",
	.help = HELP_SHOW "processes  Active process statistics\n"
			  "cpu  Show CPU use per process\n"
			  "memory  Show memory use per process\n",
	.flags = CMD_PIPE,
	.exec = exec_processes,
	.sample = "show processes cpu",
};

/* --- boot --- */

static int exec_boot(struct cmd_call *c)
{
	if (c->json) {
		json_t *o = json_object();

		jo_str(o, "config_file", c->router->startup_path);
		jo_str(o, "configuration_register", "0x2102");
		return cmd_json(c, o);
	}
	sbuf_adds(c->out, "BOOT variable = \n"
			  "CONFIG_FILE variable = \n"
			  "BOOTLDR variable does not exist\n"
			  "Configuration register is 0x2102\n\n");
	return CMD_DONE;
}

static const struct command show_boot = {
	.mode = MODE_EXEC,
	.grammar = "show {boot|bootvar}",
	.help = HELP_SHOW "boot  Show boot and related variables\n"
			  "bootvar  Show boot and related variables\n",
	.flags = CMD_PIPE,
	.exec = exec_boot,
	.sample = "show bootvar",
};

/* --- what does not run here --- */

static int exec_off(struct cmd_call *c)
{
	const char *what = drv_has(c->drv, "lldp")  ? "LLDP"
			   : drv_has(c->drv, "cdp") ? "CDP"
						    : NULL;

	if (c->json) {
		json_t *o = json_object();

		jo_bool(o, "enabled", false);
		return cmd_json(c, o);
	}
	if (what != NULL)
		sbuf_printf(c->out, "%% %s is not enabled\n", what);
	else if (!drv_has(c->drv, "user"))
		sbuf_adds(c->out, "%SNMP agent not enabled\n");
	return CMD_DONE;
}

static const struct command show_off = {
	.mode = MODE_EXEC,
	.grammar =
		"show {{cdp|lldp} [{neighbors [detail]|interface [<if:ifname>]|"
		"traffic|entry <entry:word>|errors}]|"
		"snmp [{user|community|group|host|location|contact|view}]}",
	.help = HELP_SHOW "cdp  CDP information\nlldp  LLDP information\n"
			  "neighbors  Neighbor entries\n"
			  "detail  Show detailed information\n"
			  "interface  Interface status and configuration\n"
			  "<if>  Interface\ntraffic  Statistics\n"
			  "entry  Information for specific neighbor entry\n"
			  "<entry>  Name of the neighbor\n"
			  "errors  Computational errors\n"
			  "snmp  SNMP statistics\nuser  SNMPv3 users\n"
			  "community  Communities\ngroup  Groups\n"
			  "host  Hosts\nlocation  Location\n"
			  "contact  Contact\nview  Views\n",
	.flags = CMD_PIPE,
	.exec = exec_off,
	.sample = "show lldp neighbors detail\nshow cdp\nshow snmp user",
};

static const struct command *const commands[] = { &show_inventory, &show_memory,
	&show_processes, &show_boot, &show_off, };
static const struct command_list list = { commands, ARRAY_LEN(commands) };
const struct feature feature_show_hardware = { .commands = &list };
