/* flash:, nvram:, system: and null: (ios-cli.md 4). */
#include "cli/files.h"

#include "base/file.h"
#include "cli/running.h"

#include <bsd/string.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define RUNNING "running-config"
#define STARTUP "startup-config"

static const struct {
	const char *prefix;
	enum file_system fs;
} systems[] = {
	{ "flash:", FS_FLASH },
	{ "bootflash:", FS_FLASH },
	{ "nvram:", FS_NVRAM },
	{ "system:", FS_SYSTEM },
	{ "null:", FS_NULL },
	{ "http:", FS_NETWORK },
	{ "https:", FS_NETWORK },
	{ "scp:", FS_NETWORK },
	{ "sftp:", FS_NETWORK },
	{ "tftp:", FS_NETWORK },
	{ "ftp:", FS_NETWORK },
};

static void url_set(struct file_url *u, enum file_system fs, const char *name)
{
	*u = (struct file_url){ .fs = fs, .name = xstrdup(name) };
}

bool file_url_parse(
	const char *text, enum file_system here, struct file_url *out)
{
	*out = (struct file_url){ 0 };
	if (strcmp(text, RUNNING) == 0) {
		url_set(out, FS_SYSTEM, RUNNING);
		return true;
	}
	if (strcmp(text, STARTUP) == 0) {
		url_set(out, FS_NVRAM, STARTUP);
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(systems); i++) {
		size_t n = strlen(systems[i].prefix);

		if (strncasecmp(text, systems[i].prefix, n) != 0)
			continue;
		if (systems[i].fs == FS_NETWORK)
			url_set(out, FS_NETWORK, text);
		else
			url_set(out, systems[i].fs,
				text + n + strspn(text + n, "/"));
		return true;
	}
	if (strchr(text, ':') != NULL)
		return false;
	url_set(out, here, text + strspn(text, "/"));
	return true;
}

void file_url_free(struct file_url *u)
{
	if (u->name != NULL)
		mem_wipe(u->name, strlen(u->name)); /* may hold a password */
	free(u->name);
	*u = (struct file_url){ 0 };
}

const char *file_system_name(enum file_system fs)
{
	for (size_t i = 0; i < ARRAY_LEN(systems); i++) {
		if (systems[i].fs == fs)
			return systems[i].prefix;
	}
	return "";
}

void file_url_hide(const char *text, struct sbuf *out)
{
	const char *slashes = strstr(text, "://");
	const char *p = slashes == NULL ? NULL : slashes + 3;
	size_t n = p == NULL ? 0 : strcspn(p, "/ ");
	const char *at = n == 0 ? NULL : memrchr(p, '@', n);
	const char *colon =
		at == NULL ? NULL : memchr(p, ':', (size_t)(at - p));

	if (colon == NULL) {
		sbuf_adds(out, text);
		return;
	}
	sbuf_add(out, text, (size_t)(colon - text));
	sbuf_adds(out, at);
}

void file_url_text(const struct file_url *u, struct sbuf *out)
{
	if (u->fs == FS_NETWORK)
		file_url_hide(u->name, out);
	else
		sbuf_printf(out, "%s/%s", file_system_name(u->fs), u->name);
}

bool file_is_running(const struct file_url *u)
{
	return u->fs == FS_SYSTEM && strcmp(u->name, RUNNING) == 0;
}

bool file_is_startup(const struct file_url *u)
{
	return u->fs == FS_NVRAM && strcmp(u->name, STARTUP) == 0;
}

void file_error(
	const char *what, const struct file_url *u, int err, struct sbuf *out)
{
	sbuf_printf(out, "%%Error %s ", what);
	file_url_text(u, out);
	sbuf_printf(out, " (%s)\n",
		err == -ETIMEDOUT ? "Timed out" : strerror(-err));
}

/* Directories and what is in them. */

static bool fs_is_dir(enum file_system fs)
{
	return fs == FS_FLASH || fs == FS_NVRAM;
}

/* The directory of flash: or nvram:; false: this router has no disk. */
static bool fs_path(
	const struct router *r, enum file_system fs, struct sbuf *out)
{
	if (r->startup_path == NULL || !fs_is_dir(fs))
		return false;
	auto_free char *copy = xstrdup(r->startup_path);

	sbuf_printf(out, "%s/%s", dirname(copy),
		fs == FS_FLASH ? "flash" : "nvram");
	return true;
}

/* One word, no way: there are no directories in our file systems. */
static bool name_is_good(const char *name)
{
	if (name[0] == '\0' || strcmp(name, ".") == 0 ||
		strcmp(name, "..") == 0 ||
		strlen(name) >= sizeof(((struct file_info *)0)->name))
		return false;
	for (const char *p = name; *p != '\0'; p++) {
		if (*p == '/' || *p == ':' || !isgraph((unsigned char)*p))
			return false;
	}
	return true;
}

/* 0 or -errno. */
static int url_path(
	const struct router *r, const struct file_url *u, struct sbuf *out)
{
	if (file_is_startup(u)) {
		if (r->startup_path == NULL)
			return -ENOENT;
		sbuf_adds(out, r->startup_path);
		return 0;
	}
	if (!name_is_good(u->name) || !fs_path(r, u->fs, out))
		return -ENOENT;
	sbuf_printf(out, "/%s", u->name);
	return 0;
}

static int dir_make(const struct router *r, enum file_system fs)
{
	auto_sbuf struct sbuf dir = { 0 };

	if (!fs_path(r, fs, &dir))
		return -ENODEV;
	return file_mkdirs(sbuf_str(&dir), 0700);
}

int file_get(const struct router *r, const struct file_url *u, struct sbuf *out)
{
	auto_sbuf struct sbuf path = { 0 };

	if (file_is_running(u)) {
		running_text(r, false, out);
		return 0;
	}
	if (u->fs == FS_NETWORK)
		return -ENOTSUP;
	if (u->fs == FS_NULL)
		return 0;
	int err = url_path(r, u, &path);

	return err != 0 ? err : file_read(sbuf_str(&path), out, FILE_BYTES_MAX);
}

int file_put(
	struct router *r, const struct file_url *u, const void *p, size_t n)
{
	auto_sbuf struct sbuf path = { 0 };
	int err;

	if (u->fs == FS_NULL)
		return 0;
	if (u->fs == FS_NETWORK)
		return -ENOTSUP;
	if (u->fs == FS_SYSTEM)
		return -EACCES;
	if (n > FILE_BYTES_MAX)
		return -EFBIG;
	err = url_path(r, u, &path);
	if (err == 0 && !file_is_startup(u))
		err = dir_make(r, u->fs);
	return err != 0 ? err : file_replace(sbuf_str(&path), p, n, 0600);
}

int file_append(
	struct router *r, const struct file_url *u, const void *p, size_t n)
{
	auto_sbuf struct sbuf text = { 0 };
	int err = u->fs == FS_NULL ? 0 : file_get(r, u, &text);

	if (err != 0 && err != -ENOENT)
		return err;
	sbuf_add(&text, p, n);
	return file_put(r, u, sbuf_str(&text), text.n);
}

int file_delete(struct router *r, const struct file_url *u)
{
	auto_sbuf struct sbuf path = { 0 };
	int err;

	if (file_is_startup(u))
		return startup_erase(r);
	if (!fs_is_dir(u->fs))
		return -EACCES;
	err = url_path(r, u, &path);
	if (err != 0)
		return err;
	return unlink(sbuf_str(&path)) != 0 ? -errno : 0;
}

static int path_stat(const char *path, struct file_info *out)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -ENOENT;
	out->bytes = (uint64_t)st.st_size;
	out->wall = (uint64_t)st.st_mtime;
	return 0;
}

static int running_stat(const struct router *r, struct file_info *out)
{
	auto_sbuf struct sbuf text = { 0 };

	running_text(r, false, &text);
	out->bytes = text.n;
	out->wall = r->changed_wall != 0 ? r->changed_wall : r->start_wall;
	return 0;
}

int file_stat(
	const struct router *r, const struct file_url *u, struct file_info *out)
{
	auto_sbuf struct sbuf path = { 0 };
	int err;

	*out = (struct file_info){ 0 };
	strlcpy(out->name, u->name, sizeof(out->name));
	if (file_is_running(u))
		return running_stat(r, out);
	err = url_path(r, u, &path);
	return err != 0 ? err : path_stat(sbuf_str(&path), out);
}

static int info_cmp(const void *a, const void *b)
{
	return strcmp(((const struct file_info *)a)->name,
		((const struct file_info *)b)->name);
}

/* Adds that file if it is there. */
static void list_add(const struct router *r, enum file_system fs,
	const char *name, struct file_info **v, size_t *n)
{
	struct file_url u;
	struct file_info info;

	url_set(&u, fs, name);
	if (file_stat(r, &u, &info) == 0) {
		*v = xreallocarray(*v, *n + 1, sizeof(**v));
		(*v)[(*n)++] = info;
	}
	file_url_free(&u);
}

size_t file_list(
	const struct router *r, enum file_system fs, struct file_info **out)
{
	auto_sbuf struct sbuf path = { 0 };
	DIR *d = fs_path(r, fs, &path) ? opendir(sbuf_str(&path)) : NULL;
	size_t n = 0;

	*out = NULL;
	for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;)
		list_add(r, fs, e->d_name, out, &n);
	if (d != NULL)
		closedir(d);
	if (fs == FS_NVRAM)
		list_add(r, fs, STARTUP, out, &n);
	if (fs == FS_SYSTEM)
		list_add(r, fs, RUNNING, out, &n);
	if (n > 0)
		qsort(*out, n, sizeof(**out), info_cmp);
	return n;
}

void file_space(const struct router *r, enum file_system fs, uint64_t *total,
	uint64_t *spare)
{
	struct statvfs st;

	*total = *spare = 0;
	if (r->startup_path == NULL || !fs_is_dir(fs))
		return;
	auto_free char *copy = xstrdup(r->startup_path);

	if (statvfs(dirname(copy), &st) != 0)
		return;
	*total = (uint64_t)st.f_blocks * st.f_frsize;
	*spare = (uint64_t)st.f_bavail * st.f_frsize;
}

struct transfer *file_transfer(const struct router *r, const struct net_url *u,
	const void *data, size_t n, transfer_done_fn *fn, void *ctx)
{
	auto_sbuf struct sbuf url = { 0 }, hosts = { 0 };

	if (r->loop == NULL || r->startup_path == NULL)
		return NULL;
	auto_free char *copy = xstrdup(r->startup_path);

	net_url_request(u, &url);
	sbuf_printf(&hosts, "%s/known_hosts", dirname(copy));
	struct transfer_opts o = { .url = sbuf_str(&url),
		.user = u->user,
		.password = u->password,
		.known_hosts = sbuf_str(&hosts),
		.data = data,
		.n = n,
		.max = FILE_BYTES_MAX };

	return transfer_start(r->loop, &o, fn, ctx);
}
