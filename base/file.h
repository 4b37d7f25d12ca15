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
int file_mkdirs(const char *path, mode_t mode); /* like mkdir -p */
#endif
