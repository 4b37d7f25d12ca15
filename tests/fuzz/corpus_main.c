/* Runs a fuzz target over its corpus as an ordinary test: each file one TAP
 * line; a bad one ends the program. */
#include "base/file.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int is_file(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static bool run(const char *dir, const char *name)
{
	auto_sbuf struct sbuf path = { 0 }, data = { 0 };

	sbuf_printf(&path, "%s/%s", dir, name);
	if (file_read(sbuf_str(&path), &data, FILE_MAX) != 0)
		return false;
	LLVMFuzzerTestOneInput((const uint8_t *)sbuf_str(&data), data.n);
	return true;
}

int main(void)
{
	const char *srcdir = getenv("srcdir");
	auto_sbuf struct sbuf dir = { 0 };
	struct dirent **v;
	int n;

	sbuf_printf(&dir, "%s/tests/fuzz/corpus/" CORPUS,
		srcdir == NULL ? "." : srcdir);
	n = scandir(sbuf_str(&dir), &v, is_file, alphasort);
	printf("1..%d\n", n > 0 ? n : 1);
	if (n <= 0)
		printf("not ok 1 - no corpus in %s\n", sbuf_str(&dir));
	for (int i = 0; i < n; i++) {
		bool ok = run(sbuf_str(&dir), v[i]->d_name);

		printf("%s %d - %s\n", ok ? "ok" : "not ok", i + 1,
			v[i]->d_name);
		fflush(stdout);
		free(v[i]);
	}
	if (n >= 0)
		free(v);
	return 0;
}
