/* Memory that never fails, and clean-up by scope. */
#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void out_of_memory(void) __attribute__((noreturn));

static void out_of_memory(void)
{
	fputs("out of memory\n", stderr);
	abort();
}

void *xcalloc(size_t n, size_t size)
{
	/* Zero bytes still give a pointer of their own: NULL means empty. */
	void *p = calloc(n == 0 ? 1 : n, size == 0 ? 1 : size);

	if (p == NULL)
		out_of_memory();
	return p;
}

void *xreallocarray(void *p, size_t n, size_t size)
{
	void *q = reallocarray(p, n == 0 ? 1 : n, size == 0 ? 1 : size);

	if (q == NULL)
		out_of_memory();
	return q;
}

char *xstrdup(const char *s)
{
	char *p = strdup(s);

	if (p == NULL)
		out_of_memory();
	return p;
}

void *xmemdup(const void *p, size_t n)
{
	void *q = xcalloc(n, 1);

	if (n > 0)
		memcpy(q, p, n);
	return q;
}

void mem_wipe(void *p, size_t n)
{
	if (n > 0)
		explicit_bzero(p, n);
}

_Bool mem_equal_secret(const void *a, const void *b, size_t n)
{
	/* volatile keeps the loop from being cut short or vectorised away. */
	const volatile uint8_t *x = a, *y = b;
	uint8_t diff = 0;

	for (size_t i = 0; i < n; i++)
		diff |= x[i] ^ y[i];
	return diff == 0;
}

void mem_free_text(char *s)
{
	if (s != NULL)
		mem_wipe(s, strlen(s));
	free(s);
}

void mem_free_text_ptr(char **p)
{
	mem_free_text(*p);
}

void mem_free_ptr(void *pp)
{
	void *p;

	memcpy(&p, pp, sizeof(p));
	free(p);
}

void mem_close_fd(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = saved;
}
