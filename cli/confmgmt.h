/* Configuration management: what the commands about the configuration as a
 * whole share, and keep for the router (ios-cli.md 4, 5).  A router has one
 * struct confmgmt from router_setup to router_fini. */
#ifndef CLI_CONFMGMT_H
#define CLI_CONFMGMT_H
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/running.h"

#define ARCHIVE_MAX 14
struct archive {
	char *name[ARCHIVE_MAX]; /* the copies, oldest first; owned */
	size_t n;
	unsigned next; /* number of the next one */
	struct timer period;
	struct transfer *transfer; /* of a copy; NULL: none is under way */
};

/* A change that is taken back unless it is confirmed. */
struct rollback {
	char *config, *name; /* from before; NULL: none is pending */
	bool idle;           /* the time counts from the last typed line */
	unsigned minutes;
	uint64_t set_wall;
	char by[33];
	struct timer timer, warning;
};

struct cfglog_entry {
	unsigned index, session, depth;
	char *who, *command;
};
struct cfglog {
	bool enabled, notify;
	size_t size;
	struct cfglog_entry *v; /* oldest first */
	size_t n;
	unsigned last; /* index given */
};

struct confmgmt {
	struct router *router;
	struct archive archive;
	struct rollback rollback;
	struct cfglog log;
	unsigned n_config_sessions; /* so far */
	/* configure terminal lock */
	struct session *lock_owner; /* NULL: free */
	uint64_t lock_ms;           /* since */
	unsigned n_configuring;     /* sessions in a configuration mode */
	/* reload in, reload at */
	struct timer reload, reload_warning;
	uint64_t reload_wall; /* seconds; 0: none is scheduled */
	char reload_by[33], reload_reason[128];
};
struct confmgmt *confmgmt_new(struct router *r);
void confmgmt_free(struct confmgmt *m); /* NULL: none */
/* Nothing without a loop, as in tests. */
void confmgmt_timer(struct confmgmt *m, struct timer *t, uint64_t ms);
void confmgmt_cancel(struct confmgmt *m, struct timer *t);
/* "console", or the user's name. */
const char *session_who(const struct session *s);

/* The configuration was changed from "console", "memory", "flash:/x": says so,
 * and lets the key servers look at their policies. */
void config_report(const struct router *r, const char *from, const char *who);

/* May this session change the configuration?  false: another has the lock,
 * and *out says so. */
bool config_lock_permits(
	const struct router *r, const struct session *s, struct sbuf *out);
/* A session entered or left the configuration modes. */
void config_lock_enter(struct session *s);
void config_lock_leave(struct session *s);
/* false: somebody else configures. */
bool config_lock_take(struct session *s);
/* exec_configure.c: as `configure terminal [lock]`. */
int config_enter(
	struct session *s, struct router *r, bool lock, struct sbuf *out);

/* exec_reload.c */
void reload_init(struct confmgmt *m);
void reload_fini(struct confmgmt *m);

/* archive.c */
extern const struct command cfg_archive, cfg_archive_log;
void archive_init(struct confmgmt *m);
void archive_fini(struct confmgmt *m);
bool archive_is_enabled(const struct router *r);
/* Saves a copy and drops the oldest; *name, empty before, gets its name without
 * a password.  0 or -errno: -ENOENT when no path is configured. */
int archive_save(struct confmgmt *m, struct sbuf *name);
void archive_on_write(struct router *r); /* after write memory */

/* cfglog.c */
void cfglog_settle(struct router *r);
void cfglog_clear(struct cfglog *l);
bool cfglog_wants(const struct session *s);
/* A configuration command has been executed, depth sections down. */
void cfglog_add(struct session *s, size_t depth, const char *command);

/* exec_replace.c: makes the running configuration that of a text, or leaves it
 * alone; by: the user.  CMD_DONE or CMD_FAILED; *out tells. */
int config_replace(struct router *r, const char *text, bool list,
	const char *by, struct sbuf *out);

/* exec_revert.c */
void rollback_init(struct confmgmt *m);
/* From now on; false: one is pending already. */
bool rollback_start(
	struct session *s, unsigned minutes, bool idle, struct sbuf *out);
void rollback_forget(struct confmgmt *m);
void rollback_touch(struct router *r); /* somebody typed */

/* redirect.c.  May the filter's output go where it shall?  false after saying
 * why not. */
struct filter;
bool redirect_check(struct session *s, const struct filter *f);
/* The command has ended with this result: writes what the filter kept.  The
 * result, or CMD_PENDING: session_done comes. */
int redirect_end(struct session *s, const struct filter *f, int result);

/* exec_save.c: write memory; CMD_DONE or CMD_FAILED. */
int config_save(struct router *r, struct session *s, struct sbuf *out);
bool config_is_modified(const struct router *r); /* since it was saved */

/* types_url.c: a stored value of type reload_time.  month 0: no date. */
bool reload_time_read(
	const char *stored, unsigned *minutes, unsigned *month, unsigned *day);

/* exec_copy.c */
bool file_prompt_is_quiet(const struct router *r);
#endif
