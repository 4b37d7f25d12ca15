/* Access to tests/unit/vectors.json for unit tests. */
#ifndef TESTS_VECTORS_H
#define TESTS_VECTORS_H
#include "base/mem.h"
#include <jansson.h>

/* The value at a path like "phase1_sha1.inputs.cookie_i" or
 * "esp.packets.0.iv"; a missing one fails the program.  The text and the bytes
 * belong to the loader and live until the program ends. */
const char *vec_text(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));
long long vec_int(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
struct span vec_hex(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
size_t vec_count(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
const json_t *vec_json(const char *path);
/* Bytes of a hexadecimal string, in memory kept until the program ends. */
struct span hex(const char *text);
#define assert_span_equal(a, b)                                                \
	do {                                                                   \
		assert_int_equal((a).n, (b).n);                                \
		assert_memory_equal((a).p, (b).p, (a).n);                      \
	} while (0)
#endif
