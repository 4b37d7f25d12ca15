/* Any bytes as an output filter and as the text it works on: the first line is
 * what stands behind `|`. */
#include "cli/filter.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In pieces, as a command that goes on for a while gives its output. */
static void feed(struct filter *f, const char *text, size_t n, size_t piece,
	struct sbuf *out)
{
	for (size_t i = 0; i < n; i += piece)
		filter_feed(f, text + i, i + piece > n ? n - i : piece, out);
	filter_end(f, out);
}

static void run(const char *words, const char *text, size_t n)
{
	auto_sbuf struct sbuf whole = { 0 }, pieces = { 0 };
	size_t bad;
	struct filter *f = filter_parse(words, &bad);

	if (f == NULL) {
		assert(bad == SIZE_MAX || bad <= strlen(words));
		return;
	}
	feed(f, text, n, n + 1, &whole);
	filter_free(f);
	f = filter_parse(words, &bad);
	feed(f, text, n, 3, &pieces);
	filter_free(f);
	assert(whole.n == pieces.n &&
		memcmp(sbuf_str(&whole), sbuf_str(&pieces), whole.n) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nl = size == 0 ? NULL : memchr(data, '\n', size);
	size_t n = nl == NULL ? size : (size_t)(nl - data);
	auto_sbuf struct sbuf words = { 0 }, out = { 0 }, rest = { 0 };

	sbuf_add(&words, data, n);
	if (nl != NULL)
		sbuf_add(&rest, nl + 1, size - n - 1);
	filter_help(sbuf_str(&words), &out);
	filter_complete(sbuf_str(&words), &out);
	run(sbuf_str(&words), sbuf_str(&rest), rest.n);
	return 0;
}
