/* Whole files: read, and replace so that a crash leaves old or new. */
#include "base/file.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int write_all(int fd, const void *p, size_t n)
{
	const uint8_t *b = p;

	while (n > 0) {
		ssize_t k = write(fd, b, n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return -errno;
		b += k;
		n -= (size_t)k;
	}
	return 0;
}

static int dir_sync(const char *path)
{
	auto_free char *copy = xstrdup(path);
	auto_fd int fd =
		open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	/* Some file systems cannot sync a directory; the rename stands. */
	if (fsync(fd) < 0 && errno != EINVAL)
		return -errno;
	return 0;
}

static int temp_fill(int fd, const void *p, size_t n, mode_t mode)
{
	if (fchmod(fd, mode) < 0)
		return -errno;
	int rc = write_all(fd, p, n);
	if (rc < 0)
		return rc;
	return fsync(fd) < 0 ? -errno : 0;
}

int file_replace(const char *path, const void *p, size_t n, mode_t mode)
{
	auto_sbuf struct sbuf temp = { 0 };

	sbuf_printf(&temp, "%s.XXXXXX", path);
	auto_fd int fd = mkostemp(temp.s, O_CLOEXEC); /* mode 0600 */
	if (fd < 0)
		return -errno;
	int rc = temp_fill(fd, p, n, mode);
	if (rc == 0 && rename(temp.s, path) < 0)
		rc = -errno;
	if (rc < 0) {
		unlink(temp.s);
		return rc;
	}
	return dir_sync(path);
}

/* "NAME.XXXXXX" */
static bool is_temp(const char *entry, const char *name)
{
	size_t n = strlen(name);

	return strncmp(entry, name, n) == 0 && entry[n] == '.' &&
	       strlen(entry + n + 1) == strlen("XXXXXX");
}

void file_sweep(const char *path)
{
	auto_free char *dir_copy = xstrdup(path);
	auto_free char *name_copy = xstrdup(path);
	const char *name = basename(name_copy);
	DIR *d = opendir(dirname(dir_copy));

	if (d == NULL)
		return;
	for (struct dirent *e; (e = readdir(d)) != NULL;)
		if (is_temp(e->d_name, name))
			unlinkat(dirfd(d), e->d_name, 0);
	closedir(d);
}

int file_read(const char *path, struct sbuf *out, size_t max)
{
	auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t start = out->n;
	char buf[4096];

	if (fd < 0)
		return -errno;
	for (;;) {
		ssize_t k = read(fd, buf, sizeof(buf));
		int rc = k < 0 ? -errno : 0;

		if (rc == -EINTR)
			continue;
		if (k > 0 && (size_t)k > max - (out->n - start))
			rc = -EFBIG;
		if (k > 0 && rc == 0)
			sbuf_add(out, buf, (size_t)k);
		if (rc < 0)
			sbuf_trunc(out, start);
		if (k <= 0 || rc < 0) {
			mem_wipe(buf, sizeof(buf)); /* may have held a key */
			return rc;
		}
	}
}

static int mkdir_one(const char *path, mode_t mode)
{
	struct stat st;

	if (mkdir(path, mode) == 0)
		return 0;
	if (errno != EEXIST)
		return -errno;
	if (stat(path, &st) < 0)
		return -errno;
	return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

int file_mkdirs(const char *path, mode_t mode)
{
	auto_free char *copy = xstrdup(path);

	for (char *c = copy + 1; *copy != '\0' && *c != '\0'; c++) {
		if (*c != '/')
			continue;
		*c = '\0';
		int rc = mkdir_one(copy, 0755);
		*c = '/';
		if (rc < 0)
			return rc;
	}
	return mkdir_one(copy, mode);
}

int file_each(const char *dir, const char *suffix,
	void (*fn)(void *ctx, const char *name), void *ctx)
{
	DIR *d = opendir(dir);
	const struct dirent *de;

	if (d == NULL)
		return -errno;
	while ((de = readdir(d)) != NULL) {
		size_t n = strlen(de->d_name), tail = strlen(suffix);

		if (n > tail && strcmp(de->d_name + n - tail, suffix) == 0)
			fn(ctx, de->d_name);
	}
	closedir(d);
	return 0;
}

void file_name_add(struct sbuf *out, const char *label)
{
	for (const char *c = label; *c != '\0'; c++) {
		bool plain = isalnum((unsigned char)*c) || *c == '_' ||
			     *c == '-' || (*c == '.' && c != label);

		if (plain)
			sbuf_addc(out, *c);
		else
			sbuf_printf(out, "%%%02X", (unsigned char)*c);
	}
}
