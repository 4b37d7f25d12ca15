/* Any bytes as a command line: read, explained, completed, printed, kept. */
#include "tests/unit/parser_table.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_match(const struct grammar *g, uint16_t mode, const char *line)
{
	struct sbuf text = { 0 };
	struct match m, back;

	match_line(g, mode, 15, line, &m);
	if (m.kind == MATCH_OK && !m.to_default) {
		/* What is printed is read as the same command. */
		print_command(m.cmd, m.drv, m.negated, &text);
		match_line(g, mode, 15, sbuf_str(&text), &back);
		if (back.kind != MATCH_OK || back.cmd != m.cmd)
			abort();
		match_free(&back);
	}
	match_free(&m);
	sbuf_free(&text);
}

static void try_help(const struct grammar *g, uint16_t mode, const char *line)
{
	struct sbuf out = { 0 };

	match_help(g, mode, 15, line, &out);
	sbuf_trunc(&out, 0);
	match_complete(g, mode, 15, line, &out);
	sbuf_free(&out);
}

/* The first byte chooses the mode of the single line; the whole is also fed,
 * line by line, to a configuration. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct bench b;
	uint16_t mode;
	char *text, *save = NULL;

	if (size == 0)
		return 0;
	if (b.g == NULL)
		bench_init(&b);
	mode = (uint16_t)(T_EXEC + data[0] % T_KEEP);
	text = calloc(1, size);
	memcpy(text, data + 1, size - 1);
	try_match(b.g, mode, text);
	try_help(b.g, mode, text);
	line_strip_prompt(text);
	for (char *l = strtok_r(text, "\n", &save); l != NULL;
		l = strtok_r(NULL, "\n", &save))
		bench_line(&b, l);
	free(text);
	free(bench_text(&b));
	if (tree_nodes(b.t) > 200) {
		bench_fini(&b);
		b = (struct bench){ 0 };
	}
	return 0;
}
