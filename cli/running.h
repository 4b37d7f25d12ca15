/* The running and the startup configuration as text: written, shown, loaded. */
#ifndef CLI_RUNNING_H
#define CLI_RUNNING_H
#include "cli/session.h"

const char *running_hostname(const struct router *r); /* lent */
/* The configuration with its comment lines and `end`; all: defaults too. */
void running_text(const struct router *r, bool all, struct sbuf *out);
/* `show running-config`: the same with the two lines in front. */
enum { RUNNING_ALL = 1, RUNNING_LINENUM = 2 };
void running_show(const struct router *r, unsigned how, struct sbuf *out);
/* The one section, e.g. "interface Loopback0"; false: there is none. */
bool running_show_section(const struct router *r, const struct node *section,
	bool all, struct sbuf *out);
/* show running-config at a level below 15: only the lines that this level could
 * configure; section NULL: of all. */
void running_show_level(const struct router *r, uint8_t level,
	const struct node *section, struct sbuf *out);
/* The startup-config's text; 0, or -errno: -ENOENT when there is none. */
int startup_read(const struct router *r, struct sbuf *out);
#define STARTUP_BYTES (16u << 20) /* the largest that is read */
/* write memory: 0 or -errno; user "" is the console. */
int startup_save(struct router *r, const char *user);
int startup_erase(struct router *r);
/* Executes configuration text as a session in configuration mode would, and
 * settles once.  fault (may be NULL) hears of each refused line, with what was
 * printed for it.  Returns the number of refused lines. */
typedef void load_fault_fn(
	void *ctx, unsigned line_no, const char *line, const char *printed);
size_t running_load(
	struct router *r, const char *text, load_fault_fn *fault, void *ctx);
/* The same into a tree beside the running one: t->tree is what a router of r's
 * commands would have in mind with this configuration.  Nobody is asked, and
 * nothing is done. */
size_t config_tree_init(struct router *t, const struct router *r,
	const char *text, load_fault_fn *fault, void *ctx);
void config_tree_fini(struct router *t);
/* Loads the startup-config if there is one: faults go to the log.  0, or
 * -errno when the file cannot be read. */
int startup_load(struct router *r);
/* "09:30:11 UTC Mon Mar 3 2025" */
void clock_text(uint64_t wall_secs, struct sbuf *out);
#endif
