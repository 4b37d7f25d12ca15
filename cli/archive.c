/* The archive of configurations: the section `archive`, archive config, show
 * archive and the comparison of configurations (ios-cli.md 5, show-output.md
 * 3.8).  The list of copies is kept in memory, as IOS does. */
#include "cli/cfg.h"
#include "cli/confmgmt.h"
#include "cli/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HELP_ARCHIVE "archive  Archive the configuration\n"
#define MINUTE_MS    60000ull

const struct command cfg_archive = {
	.mode = MODE_CONFIG,
	.enters = MODE_ARCHIVE,
	.order = ORDER_ARCHIVE,
	.grammar = "archive",
	.help = HELP_ARCHIVE,
	.sample = "archive",
};

const struct command cfg_archive_log = {
	.mode = MODE_ARCHIVE,
	.enters = MODE_ARCHIVE_LOG,
	.order = 10,
	.grammar = "log config",
	.help = "log  Logging commands\n"
		"config  Logging changes to the running configuration\n",
	.sample = "log config",
};

static const struct command archive_path = {
	.mode = MODE_ARCHIVE,
	.order = 20,
	.grammar = "path <url:file>",
	.help = "path  Path for backups\n"
		"<url>  Path of the files, less their number\n",
	.sample = "path flash:orbit",
};

static const struct command archive_maximum = {
	.mode = MODE_ARCHIVE,
	.order = 30,
	.grammar = "maximum <n:1-14>",
	.deflt = "maximum 10",
	.help = "maximum  Maximum number of backup copies\n"
		"<n>  Number of backup copies\n",
	.sample = "maximum 5",
};

static const struct command archive_write = {
	.mode = MODE_ARCHIVE,
	.order = 40,
	.grammar = "write-memory",
	.help = "write-memory  Enable automatic backup generation during "
		"write memory\n",
	.sample = "write-memory",
};

static const struct command archive_period = {
	.mode = MODE_ARCHIVE,
	.order = 50,
	.grammar = "time-period <minutes:1-525600>",
	.help = "time-period  Period of time in minutes to automatically "
		"archive the running-config\n"
		"<minutes>  Number of minutes to wait between archive "
		"creation\n",
	.sample = "time-period 1440",
};

/* The view of the section. */

static const struct node *section(const struct router *r)
{
	return node_child(tree_root(r->tree), &cfg_archive, NULL);
}

static const struct node *line(const struct router *r, const struct command *c)
{
	const struct node *s = section(r);

	return s == NULL ? NULL : node_get(s, c);
}

static const char *path_of(const struct router *r)
{
	return node_str(line(r, &archive_path), "url");
}

static unsigned maximum_of(const struct router *r)
{
	const struct node *n = line(r, &archive_maximum);

	return n == NULL ? 10 : node_u32(n, "n");
}

bool archive_is_enabled(const struct router *r)
{
	return path_of(r) != NULL;
}

/* Saving. */

/* "Mar--3-09-40-01.100" */
static void stamp_text(struct sbuf *out)
{
	struct timespec now;
	struct tm tm;
	char buf[32];

	clock_gettime(CLOCK_REALTIME, &now);
	if (localtime_r(&now.tv_sec, &tm) == NULL)
		return;
	strftime(buf, sizeof(buf), "%b-%e-%H-%M-%S", &tm);
	for (char *p = buf; *p != '\0'; p++)
		*p = *p == ' ' ? '-' : *p;
	sbuf_printf(out, "%s.%03ld", buf, now.tv_nsec / 1000000);
}

/* $h and $t in the path stand for host name and time; without $t the time
 * follows.  Our file systems have no directories: a slash becomes an
 * underscore. */
static void name_text(
	const struct router *r, const char *stamp, struct sbuf *out)
{
	const char *path = path_of(r), *name = strchr(path, ':');
	bool stamped = false, local;

	name = name == NULL ? path : name + 1;
	local = strncmp(name, "//", 2) != 0;
	sbuf_add(out, path, (size_t)(name - path));
	if (local)
		name += strspn(name, "/");
	for (; *name != '\0'; name++) {
		if (name[0] == '$' && (name[1] == 'h' || name[1] == 'H')) {
			sbuf_adds(out, running_hostname(r));
			name++;
		} else if (name[0] == '$' &&
			   (name[1] == 't' || name[1] == 'T')) {
			sbuf_adds(out, stamp);
			stamped = true;
			name++;
		} else {
			sbuf_addc(out, local && *name == '/' ? '_' : *name);
		}
	}
	if (!stamped)
		sbuf_printf(out, "-%s", stamp);
	sbuf_printf(out, "-%u", r->confmgmt->archive.next);
}

static void log_failure(const struct confmgmt *m, const char *why)
{
	if (m->router->log != NULL)
		log_msg(m->router->log, LOG_SEV_ERR, "ARCHIVE_CONFIG", "FAILED",
			"The configuration cannot be archived: %s", why);
}

static void on_sent(
	void *ctx, int err, const char *why, const void *data, size_t n)
{
	struct confmgmt *m = ctx;

	(void)data;
	(void)n;
	m->archive.transfer = NULL;
	if (err != 0)
		log_failure(m, why);
}

/* Over the network the copy is under way when this returns. */
static int send_to(struct confmgmt *m, const char *url, const struct sbuf *text)
{
	struct archive *a = &m->archive;
	struct net_url net;

	if (a->transfer != NULL)
		return -EBUSY;
	net_url_parse(url, &net);
	a->transfer = file_transfer(
		m->router, &net, sbuf_str(text), text->n, on_sent, m);
	net_url_free(&net);
	return a->transfer == NULL ? -ENODEV : 0;
}

static int put(struct confmgmt *m, const char *name)
{
	auto_sbuf struct sbuf text = { 0 };
	struct file_url u;
	int err;

	running_text(m->router, false, &text);
	if (!file_url_parse(name, FS_FLASH, &u))
		err = -ENODEV;
	else if (u.fs == FS_NETWORK)
		err = send_to(m, u.name, &text);
	else
		err = file_put(m->router, &u, sbuf_str(&text), text.n);
	file_url_free(&u);
	return err;
}

static void drop_oldest(struct confmgmt *m)
{
	struct archive *a = &m->archive;
	struct file_url u;

	if (file_url_parse(a->name[0], FS_FLASH, &u))
		file_delete(m->router, &u);
	file_url_free(&u);
	free(a->name[0]);
	memmove(a->name, a->name + 1, --a->n * sizeof(a->name[0]));
}

int archive_save(struct confmgmt *m, struct sbuf *name)
{
	struct archive *a = &m->archive;
	auto_sbuf struct sbuf stamp = { 0 }, text = { 0 };

	if (!archive_is_enabled(m->router))
		return -ENOENT;
	stamp_text(&stamp);
	name_text(m->router, sbuf_str(&stamp), &text);
	int err = put(m, sbuf_str(&text));

	if (err != 0)
		return err;
	while (a->n > 0 &&
		(a->n >= maximum_of(m->router) || a->n == ARCHIVE_MAX))
		drop_oldest(m);
	file_url_hide(sbuf_str(&text), name);
	a->name[a->n++] = xstrdup(sbuf_str(name));
	a->next++;
	return 0;
}

static void save_and_log(struct confmgmt *m)
{
	auto_sbuf struct sbuf name = { 0 };
	int err = archive_save(m, &name);

	if (err != 0 && m->router->log != NULL)
		log_msg(m->router->log, LOG_SEV_ERR, "ARCHIVE_CONFIG", "FAILED",
			"The configuration cannot be archived: %s",
			strerror(-err));
}

void archive_on_write(struct router *r)
{
	if (archive_is_enabled(r) && line(r, &archive_write) != NULL)
		save_and_log(r->confmgmt);
}

static uint64_t period_ms(const struct router *r)
{
	return node_u32(line(r, &archive_period), "minutes") * MINUTE_MS;
}

static void on_period(void *arg)
{
	struct confmgmt *m = arg;

	save_and_log(m);
	confmgmt_timer(m, &m->archive.period, period_ms(m->router));
}

static void archive_settle(void *ctx, const struct tree *t)
{
	struct router *r = ctx;

	(void)t;
	if (archive_is_enabled(r) && period_ms(r) != 0)
		confmgmt_timer(r->confmgmt, &r->confmgmt->archive.period,
			period_ms(r));
	else
		confmgmt_cancel(r->confmgmt, &r->confmgmt->archive.period);
	cfglog_settle(r);
}

void archive_init(struct confmgmt *m)
{
	timer_init(&m->archive.period, on_period, m);
}

void archive_fini(struct confmgmt *m)
{
	confmgmt_cancel(m, &m->archive.period);
	if (m->archive.transfer != NULL)
		transfer_cancel(m->archive.transfer);
	for (size_t i = 0; i < m->archive.n; i++)
		free(m->archive.name[i]);
}

/* Exec commands. */

static int exec_archive_config(struct cmd_call *c)
{
	auto_sbuf struct sbuf name = { 0 };

	if (!archive_is_enabled(c->router)) {
		sbuf_adds(c->out, " Archive feature not enabled\n");
		return CMD_FAILED;
	}
	int err = archive_save(c->router->confmgmt, &name);

	if (err == 0)
		return CMD_DONE;
	sbuf_adds(c->out, "%Error opening ");
	file_url_hide(path_of(c->router), c->out);
	sbuf_printf(c->out, " (%s)\n", strerror(-err));
	return CMD_FAILED;
}

static const struct command archive_config = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = "archive config",
	.help = "archive  manage archive files\n"
		"config  Archive the running configuration\n",
	.exec = exec_archive_config,
	.sample = "archive config",
};

/* For eyes. */
static void next_name(const struct router *r, struct sbuf *out)
{
	auto_sbuf struct sbuf name = { 0 };

	name_text(r, "<timestamp>", &name);
	file_url_hide(sbuf_str(&name), out);
}

static json_t *archive_json(const struct router *r, const struct archive *a)
{
	json_t *o = json_object(), *list;
	auto_sbuf struct sbuf next = { 0 };

	jo_bool(o, "enabled", archive_is_enabled(r));
	if (!archive_is_enabled(r))
		return o;
	next_name(r, &next);
	jo_num(o, "maximum", maximum_of(r));
	jo_str(o, "next_name", sbuf_str(&next));
	list = jo_array(o, "archives"); /* oldest first */
	for (size_t i = 0; i < a->n; i++)
		ja_str(list, a->name[i]);
	return o;
}

static int exec_show_archive(struct cmd_call *c)
{
	const struct archive *a = &c->router->confmgmt->archive;
	auto_sbuf struct sbuf next = { 0 };

	if (c->json)
		return cmd_json(c, archive_json(c->router, a));
	if (!archive_is_enabled(c->router)) {
		sbuf_adds(c->out, " Archive feature not enabled\n");
		return CMD_DONE;
	}
	unsigned max = maximum_of(c->router);

	next_name(c->router, &next);
	sbuf_printf(c->out,
		"The maximum archive configurations allowed is %u.\n"
		"The next archive file will be named %s\n"
		" Archive #  Name\n",
		max, sbuf_str(&next));
	for (unsigned i = 0; i < max; i++)
		sbuf_printf(c->out, "   %-2u       %s%s\n", i + 1,
			i < a->n ? a->name[i] : "",
			i + 1 == a->n ? " <- Most Recent" : "");
	return CMD_DONE;
}

static const struct command show_archive = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = "show archive",
	.help = "show  Show running system information\n"
		"archive  Archive functions\n",
	.flags = CMD_PIPE,
	.exec = exec_show_archive,
	.sample = "show archive",
};

static const struct command *const list[] = { &cfg_archive, &cfg_archive_log,
	&archive_path, &archive_maximum, &archive_write, &archive_period,
	&archive_config, &show_archive };

static void subscribe(struct router *r)
{
	static const struct command *const commands[] = { &cfg_archive, NULL };
	struct subscriber s = { .name = "archive",
		.commands = commands,
		.settle = archive_settle,
		.ctx = r };

	commit_subscribe(r->commit, &s);
}

static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_archive = { &commands, subscribe };
