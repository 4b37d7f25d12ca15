/* Memory that never fails, and clean-up by scope.  Knows nothing above libc. */
#ifndef BASE_MEM_H
#define BASE_MEM_H
#include <stddef.h>
#include <stdint.h>

/* A lent run of bytes. */
struct span {
	const uint8_t *p;
	size_t n;
};
#define SPAN(ptr, len)                                                         \
	((struct span){ .p = (const uint8_t *)(ptr), .n = (len) })
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Zeroed memory, or abort: sizes are our own and small (style.md 4). */
void *xcalloc(size_t n, size_t size) __attribute__((malloc, returns_nonnull));
void *xreallocarray(void *p, size_t n, size_t size)
	__attribute__((returns_nonnull));
char *xstrdup(const char *s) __attribute__((malloc, returns_nonnull));
void *xmemdup(const void *p, size_t n) __attribute__((returns_nonnull));

/* Wipes memory in a way the compiler keeps (explicit_bzero). */
void mem_wipe(void *p, size_t n);
/* Constant-time equality of equally long runs. */
_Bool mem_equal_secret(const void *a, const void *b, size_t n);

/* Frees text that may hold a secret, wiped; NULL is fine. */
void mem_free_text(char *s);

void mem_free_ptr(void *pp);   /* for auto_free: frees *(void **)pp */
void mem_free_text_ptr(char **p); /* for auto_text: wipes, too */
void mem_close_fd(int *fd);    /* for auto_fd: closes when >= 0 */
#define auto_free __attribute__((cleanup(mem_free_ptr)))
#define auto_text __attribute__((cleanup(mem_free_text_ptr)))
#define auto_fd   __attribute__((cleanup(mem_close_fd)))
#endif
