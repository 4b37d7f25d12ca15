/* Whole files: read, and replace so that a crash leaves old or new. */
#ifndef BASE_FILE_H
#define BASE_FILE_H
#include "base/sbuf.h"
#include <sys/types.h>

/* Temp file beside it, fsync, rename, fsync of the directory. 0 or -errno. */
int file_replace(const char *path, const void *p, size_t n, mode_t mode);
/* Removes what a file_replace of that path left behind when it was killed. */
void file_sweep(const char *path);
/* Appends the content to *out; more than max bytes is -EFBIG. 0 or -errno. */
int file_read(const char *path, struct sbuf *out, size_t max);
/* Calls fn for each name in the directory that has something in front of that
 * suffix. 0 or -errno. */
int file_each(const char *dir, const char *suffix,
	void (*fn)(void *ctx, const char *name), void *ctx);
/* A label as a file's name: its unusual bytes as %XX, no dot in front. */
void file_name_add(struct sbuf *out, const char *label);
int file_mkdirs(const char *path, mode_t mode); /* like mkdir -p */
#endif
