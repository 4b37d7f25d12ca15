/* The box as a whole: hostname, version line, time stamps and buffer of the
 * log; and the lines that are kept for their own sake (kept.def). */
#include "cli/cfg.h"
#include "cli/keep.h"
#include "cli/users.h"

#include <string.h>

static int version_fixup(
	struct tree *t, struct node *section, struct node *n, struct sbuf *why);

#define RELEASE "17.9"

static const struct command version = {
	.mode = MODE_CONFIG,
	.order = ORDER_VERSION,
	.grammar = "version <release:word>",
	.deflt = "version " RELEASE,
	.help = "version  Release of the configuration's grammar\n"
		"<release>  Release\n",
	.flags = CMD_PRINT_DEFAULT,
	.fixup = version_fixup,
};

const struct command cfg_hostname = {
	.mode = MODE_CONFIG,
	.order = ORDER_HOSTNAME,
	.grammar = "hostname <name:word>",
	.deflt = "hostname Router",
	.help = "hostname  Set system's network name\n"
		"<name>  This system's network name\n",
	.flags = CMD_PRINT_DEFAULT,
};

const struct command cfg_domain_name = {
	.mode = MODE_CONFIG,
	.order = ORDER_IP_GLOBAL + 1,
	.grammar = "ip {domain name|domain-name} <name:word>",
	.help = HELP_IP "domain  IP DNS Resolver\n"
			"name  Define the default domain name\n"
			"domain-name  Define the default domain name\n"
			"<name>  Default domain name\n",
	.sample = "ip domain name orbit.example",
};

#define HELP_SERVICE "service  Modify use of network based services\n"
#define STAMPS       " [datetime {msec|localtime|show-timezone|year}*|uptime]"
#define HELP_STAMPS                                                            \
	HELP_SERVICE                                                           \
	"timestamps  Timestamp debug/log messages\n"                           \
	"datetime  Timestamp with date and time\n"                             \
	"uptime  Timestamp with system uptime\n"                               \
	"msec  Include milliseconds in timestamp\n"                            \
	"localtime  Use local time zone for timestamps\n"                      \
	"show-timezone  Add time zone information to timestamp\n"              \
	"year  Include year in timestamp\n"

static const struct command stamps_debug = {
	.mode = MODE_CONFIG,
	.order = ORDER_SERVICE,
	.grammar = "service timestamps debug" STAMPS,
	.deflt = "service timestamps debug datetime msec",
	.help = HELP_STAMPS "debug  Timestamp debug messages\n",
	.flags = CMD_PRINT_DEFAULT | CMD_DEFAULT_ON,
};

static const struct command stamps_log = {
	.mode = MODE_CONFIG,
	.order = ORDER_SERVICE,
	.grammar = "service timestamps log" STAMPS,
	.deflt = "service timestamps log datetime msec",
	.help = HELP_STAMPS "log  Timestamp log messages\n",
	.flags = CMD_PRINT_DEFAULT | CMD_DEFAULT_ON,
	.sample = "service timestamps log datetime msec localtime "
		  "show-timezone\nservice timestamps log uptime",
};

const struct command cfg_password_encryption = {
	.mode = MODE_CONFIG,
	.order = ORDER_SERVICE,
	.grammar = "service password-encryption",
	.deflt = "no service password-encryption",
	.help = HELP_SERVICE "password-encryption  Encrypt system passwords\n",
	.flags = CMD_PRINT_DEFAULT,
};

static const struct command sequence_numbers = {
	.mode = MODE_CONFIG,
	.order = ORDER_SERVICE,
	.grammar = "service sequence-numbers",
	.help = HELP_SERVICE
	"sequence-numbers  Stamp logger messages with a sequence "
	"number\n",
};

static const struct command aaa_new_model = {
	.mode = MODE_CONFIG,
	.order = ORDER_AAA,
	.grammar = "aaa new-model",
	.deflt = "no aaa new-model",
	.help = "aaa  Authentication, Authorization and Accounting\n"
		"new-model  Enable NEW access control commands and "
		"functions\n",
	.flags = CMD_PRINT_DEFAULT | CMD_HARMLESS,
};

static const struct command logging_buffered = {
	.mode = MODE_CONFIG,
	.order = ORDER_LOGGING_BUFFER,
	.grammar = "logging buffered [<size:4096-2147483647>] "
		   "[<level:log_level>]",
	.help = "logging  Modify message logging facilities\n"
		"buffered  Set buffered logging parameters\n"
		"<size>  Logging buffer size\n"
		"<level>  Logging severity level\n",
	.flags = CMD_DEFAULT_ON,
	.sample = "logging buffered 16384 informational\n"
		  "logging buffered 8192",
};

/* A line of an older release is read and does not change ours. */
static int version_fixup(
	struct tree *t, struct node *section, struct node *n, struct sbuf *why)
{
	(void)t;
	(void)section;
	(void)why;
	drv_put_str(node_drv_mut(n), "release", RELEASE);
	return 0;
}

#define K(name, md, ent, ord, fl, note, gram, hlp)                             \
	static const struct command kept_##name = { .mode = md,                \
		.enters = ent,                                                 \
		.grammar = gram,                                               \
		.help = hlp,                                                   \
		.order = ord,                                                  \
		.flags = fl };
#include "cli/kept.def"
#undef K

static const struct {
	const struct command *command;
	const char *notice;
} kept[] = {
#define K(name, md, ent, ord, fl, note, gram, hlp) { &kept_##name, note },
#include "cli/kept.def"
#undef K
};

static const struct command *const list[] = {
	&version,
	&cfg_hostname,
	&cfg_domain_name,
	&stamps_debug,
	&stamps_log,
	&cfg_password_encryption,
	&sequence_numbers,
	&aaa_new_model,
	&logging_buffered,
#define K(name, md, ent, ord, fl, note, gram, hlp) &kept_##name,
#include "cli/kept.def"
#undef K
};

static struct log_format stamp_view(const struct node *n)
{
	struct log_format f = { .stamp = LOG_STAMP_NONE };

	if (n == NULL || node_negated(n))
		return f;
	f.stamp =
		node_has(n, "datetime") ? LOG_STAMP_DATETIME : LOG_STAMP_UPTIME;
	f.msec = node_has(n, "msec");
	f.localtime = node_has(n, "localtime");
	f.zone = node_has(n, "show-timezone");
	f.year = node_has(n, "year");
	return f;
}

#define RING_BYTES 8192

static void log_settle(void *ctx, const struct tree *t)
{
	struct router *r = ctx;
	struct node *root = tree_root(r->tree);
	const struct node *buffer = node_get(root, &logging_buffered);
	struct log_format f = stamp_view(node_get(root, &stamps_log));
	struct log_format debug = stamp_view(node_get(root, &stamps_debug));
	size_t bytes = RING_BYTES;
	enum log_sev level = LOG_SEV_DEBUG;

	(void)t;
	f.sequence = node_child(root, &sequence_numbers, NULL) != NULL;
	if (buffer != NULL && node_u32(buffer, "size") != 0)
		bytes = node_u32(buffer, "size");
	if (buffer != NULL && node_str(buffer, "level") != NULL)
		level = (enum log_sev)log_level_value(
			node_str(buffer, "level"));
	if (buffer != NULL && node_negated(buffer))
		level = LOG_SEV_OFF;
	if (r->log == NULL)
		return;
	debug.sequence = f.sequence;
	log_set_format(r->log, &f);
	log_set_debug_format(r->log, &debug);
	log_set_ring(r->log, bytes, level);
}

static int kept_check(void *ctx, const struct tree *t,
	const struct node *section, const struct node *old,
	const struct node *new, struct sbuf *why)
{
	(void)ctx;
	(void)t;
	(void)section;
	(void)old;
	if (new == NULL || node_negated(new))
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(kept); i++) {
		if (kept[i].notice != NULL &&
			node_command(new) == kept[i].command) {
			keep_warn(why, kept[i].notice);
			break;
		}
	}
	return 0;
}

static void system_subscribe(struct router *r)
{
	static const struct command *const log_commands[] = { &stamps_log,
		&stamps_debug, &sequence_numbers, &logging_buffered, NULL };
	static const struct command *const kept_commands[] = {
#define K(name, md, ent, ord, fl, note, gram, hlp) &kept_##name,
#include "cli/kept.def"
#undef K
		&cfg_interface, NULL
	};
	struct subscriber log_sub = { .name = "log",
		.commands = log_commands,
		.settle = log_settle,
		.ctx = r };
	struct subscriber kept_sub = { .name = "kept lines",
		.commands = kept_commands,
		.check = kept_check };

	commit_subscribe(r->commit, &log_sub);
	commit_subscribe(r->commit, &kept_sub);
}

static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_system = { &commands, system_subscribe };
