/* The file systems of the command line: flash: and nvram: are private
 * directories beside the startup-config, so that no name that a user types
 * reaches any other file of the host; system: is the running configuration;
 * null: takes all; the rest is the network (router/transfer.h). */
#ifndef CLI_FILES_H
#define CLI_FILES_H
#include "cli/net_url.h"
#include "cli/session.h"
#include "router/transfer.h"

enum file_system {
	FS_FLASH,
	FS_NVRAM,
	FS_SYSTEM,
	FS_NULL,
	FS_NETWORK,
	FS_COUNT
};
#define FILE_BYTES_MAX (64u << 20) /* the largest file that is handled */

struct file_url {
	enum file_system fs;
	char *name; /* owned; "": the directory; FS_NETWORK: the whole URL */
};
/* "running-config", "flash:/x", "x" (in `here`), "http://...".  false: there
 * is no such file system.  file_url_free in any case. */
bool file_url_parse(
	const char *text, enum file_system here, struct file_url *out);
void file_url_free(struct file_url *u);
/* "flash:/x", "nvram:/startup-config", "http://..." without a password. */
void file_url_text(const struct file_url *u, struct sbuf *out);
/* Any text, less the password of the first scheme://user:password@host in it. */
void file_url_hide(const char *text, struct sbuf *out);
const char *file_system_name(enum file_system fs); /* "flash:" */
bool file_is_running(const struct file_url *u);
bool file_is_startup(const struct file_url *u);

/* Each returns 0 or -errno; none knows the network (-ENOTSUP).  The running
 * configuration is read, but not written: that is a merge. */
int file_get(const struct router *r, const struct file_url *u,
	struct sbuf *out);
int file_put(struct router *r, const struct file_url *u, const void *p,
	size_t n);
int file_append(struct router *r, const struct file_url *u, const void *p,
	size_t n);
int file_delete(struct router *r, const struct file_url *u);

struct file_info {
	char name[256];
	uint64_t bytes;
	uint64_t wall; /* last change, seconds */
};
/* -ENOENT: there is none. */
int file_stat(const struct router *r, const struct file_url *u,
	struct file_info *out);
/* By name; the caller frees *out. */
size_t file_list(
	const struct router *r, enum file_system fs, struct file_info **out);
/* Of the disk below; zeros when there is none. */
void file_space(const struct router *r, enum file_system fs, uint64_t *total,
	uint64_t *spare);
/* Sends data, or fetches when it is NULL; the callback comes on the loop.
 * NULL: this router has no loop or no disk, as in tests. */
struct transfer *file_transfer(const struct router *r, const struct net_url *u,
	const void *data, size_t n, transfer_done_fn *fn, void *ctx);
/* "%Error opening flash:/x (No such file or directory)" and its like; what:
 * "opening", "deleting". */
void file_error(
	const char *what, const struct file_url *u, int err, struct sbuf *out);
#endif
