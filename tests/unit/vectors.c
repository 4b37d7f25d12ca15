/* Reads vectors.json once; a wrong path is a broken test and aborts. */
#include "tests/unit/vectors.h"

#include "base/sbuf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Everything handed out, freed at exit so that leak checks stay quiet. */
static json_t *root;
static void **blocks;
static size_t n_blocks;

static void release(void)
{
	for (size_t i = 0; i < n_blocks; i++)
		free(blocks[i]);
	free(blocks);
	json_decref(root);
}

static void fail(const char *path, const char *why)
{
	fprintf(stderr, "vectors.json: %s: %s\n", path, why);
	exit(99);
}

static void at_exit_once(void)
{
	static bool done;

	if (!done)
		atexit(release);
	done = true;
}

static const json_t *load(void)
{
	const char *dir = getenv("srcdir");
	auto_sbuf struct sbuf path = { 0 };
	json_error_t err;

	if (root != NULL)
		return root;
	sbuf_printf(
		&path, "%s/tests/unit/vectors.json", dir != NULL ? dir : "..");
	root = json_load_file(path.s, 0, &err);
	if (root == NULL)
		fail(path.s, err.text);
	at_exit_once();
	return root;
}

const json_t *vec_json(const char *path)
{
	const json_t *at = load();
	auto_free char *copy = xstrdup(path);
	char *save = NULL;

	for (char *part = strtok_r(copy, ".", &save); part != NULL;
		part = strtok_r(NULL, ".", &save)) {
		at = json_is_array(at)
			     ? json_array_get(at, strtoul(part, NULL, 10))
			     : json_object_get(at, part);
		if (at == NULL)
			fail(path, "no such value");
	}
	return at;
}

static const json_t *get(const char *fmt, va_list ap)
{
	auto_sbuf struct sbuf path = { 0 };

	sbuf_vprintf(&path, fmt, ap);
	return vec_json(path.s);
}

const char *vec_text(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	const char *s = json_string_value(get(fmt, ap));
	va_end(ap);
	if (s == NULL)
		fail(fmt, "not a string");
	return s;
}

long long vec_int(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	const json_t *v = get(fmt, ap);
	va_end(ap);
	if (!json_is_integer(v))
		fail(fmt, "not a number");
	return json_integer_value(v);
}

size_t vec_count(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	size_t n = json_array_size(get(fmt, ap));
	va_end(ap);
	return n;
}

struct span hex(const char *text)
{
	size_t n = strlen(text) / 2;
	uint8_t *p = xcalloc(n + 1, 1);

	for (size_t i = 0; i < n; i++) {
		unsigned v;

		if (sscanf(text + 2 * i, "%2x", &v) != 1)
			fail(text, "not hexadecimal");
		p[i] = (uint8_t)v;
	}
	blocks = xreallocarray(blocks, n_blocks + 1, sizeof(*blocks));
	blocks[n_blocks++] = p;
	at_exit_once();
	return SPAN(p, n);
}

struct span vec_hex(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	const char *s = json_string_value(get(fmt, ap));
	va_end(ap);
	if (s == NULL)
		fail(fmt, "not a string");
	/* Some numbers are written without their leading zero. */
	if (strlen(s) % 2 == 0)
		return hex(s);
	auto_sbuf struct sbuf even = { 0 };
	sbuf_printf(&even, "0%s", s);
	return hex(even.s);
}
