/* Configuration management: what the commands about the configuration as a
 * whole share, and keep for the router (ios-cli.md 4, 5).  A router has one
 * struct confmgmt from router_setup to router_fini. */
#ifndef CLI_CONFMGMT_H
#define CLI_CONFMGMT_H
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/running.h"

struct confmgmt {
	struct router *router;
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

/* exec_save.c: write memory; CMD_DONE or CMD_FAILED. */
int config_save(struct router *r, struct session *s, struct sbuf *out);
bool config_is_modified(const struct router *r); /* since it was saved */

/* types_url.c: of a value of type month, from 0. */
unsigned month_number(const char *name);

/* exec_copy.c */
bool file_prompt_is_quiet(const struct router *r);
#endif
