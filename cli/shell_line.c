/* The line being typed: readline edits, the display is our own, for an IOS
 * terminal gets nothing but printable characters, BS, blanks and CR LF
 * (clients.md 1.1), and a long line scrolls sideways (2.4). */
#include "cli/shell.h"

#include "cli/proto.h"

#include <limits.h>
#include <locale.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include <readline/history.h>
#include <readline/readline.h>

#define CTRL_KEY(c) ((c)&0x1f)
#define SCROLL      10        /* columns by which a long line moves */
#define FILLER      0x110000u /* second column of a wide character */

/* A row of screen columns. */
struct row {
	uint32_t *v;
	size_t n, cap;
};

static struct row shown, wanted; /* on the screen; to be there */
static size_t cursor;            /* column on the screen */
static size_t scroll;            /* columns of the line hidden at the left */
static unsigned columns;         /* 0: no limit */
static enum line_kind kind;
static char *prompt;

static bool fresh;   /* the line has seen no key yet */
static int fed = -1; /* the byte on its way into readline */
static enum line_event event;
static char *typed;                 /* the line that was entered */
static HISTORY_STATE *histories[2]; /* exec, configuration */
static int history_now;
static Keymap keys, esc_keys;

/* Drawing. */

static void row_add(struct row *r, uint32_t c)
{
	if (r->n == r->cap) {
		r->cap = r->cap == 0 ? 256 : r->cap * 2;
		r->v = xreallocarray(r->v, r->cap, sizeof(*r->v));
	}
	r->v[r->n++] = c;
}

/* Appends text as columns; *at becomes the column of text[point]. */
static void row_add_text(
	struct row *r, const char *text, size_t n, size_t point, size_t *at)
{
	mbstate_t st = { 0 };
	size_t i = 0;

	*at = r->n;
	while (i < n) {
		wchar_t wc = (unsigned char)text[i];
		size_t k = wc < 0x80 ? 1 : mbrtowc(&wc, text + i, n - i, &st);
		int width;

		if (k == 0 || k > n - i) { /* not a character: as it is */
			memset(&st, 0, sizeof(st));
			wc = L'?';
			k = 1;
		}
		if (i <= point)
			*at = r->n;
		i += k;
		width = wc < 0x7f ? 1 : wcwidth(wc);
		if (wc < ' ' || wc == 0x7f) {
			row_add(r, '^');
			row_add(r, (uint32_t)wc ^ 0x40);
		} else if (width > 0) {
			row_add(r, (uint32_t)wc);
			if (width > 1)
				row_add(r, FILLER);
		}
	}
	if (point >= n)
		*at = r->n;
}

static void put_cells(const struct row *r, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		char b[MB_LEN_MAX];
		mbstate_t st = { 0 };

		if (r->v[i] == FILLER)
			continue;
		if (r->v[i] < 0x80) {
			b[0] = (char)r->v[i];
			term_put(b, 1);
			continue;
		}
		size_t n = wcrtomb(b, (wchar_t)r->v[i], &st);

		if (n != (size_t)-1)
			term_put(b, n);
	}
}

static void move_to(const struct row *r, size_t column)
{
	if (column > cursor)
		put_cells(r, cursor, column);
	for (; cursor > column; cursor--)
		term_put("\b", 1);
	cursor = column;
}

/* The part of the line that fits behind the prompt: hidden text shows as `$`
 * at the end where it is. */
static size_t layout(struct row *out)
{
	static struct row line;
	size_t at, start, ignored;

	out->n = line.n = 0;
	row_add_text(out, prompt, strlen(prompt), 0, &ignored);
	start = out->n;
	if (kind == LINE_HIDDEN)
		return start;
	row_add_text(
		&line, rl_line_buffer, (size_t)rl_end, (size_t)rl_point, &at);
	size_t room =
		columns > start + SCROLL + 2 ? columns - start - 1 : SIZE_MAX;

	if (columns == 0)
		room = SIZE_MAX;
	if (room == SIZE_MAX)
		scroll = 0;
	while (room != SIZE_MAX && at >= scroll + room)
		scroll += SCROLL;
	while (scroll > 0 && at <= scroll)
		scroll -= SCROLL;
	for (size_t i = scroll; i < line.n && i - scroll < room; i++)
		row_add(out, line.v[i]);
	if (scroll > 0 && out->n > start)
		out->v[start] = '$';
	if (room != SIZE_MAX && line.n > scroll + room)
		out->v[out->n - 1] = '$';
	return start + at - scroll;
}

/* readline's redisplay: from what is shown to what is wanted. */
static void redisplay(void)
{
	size_t target = layout(&wanted), same = 0;
	size_t n = wanted.n < shown.n ? wanted.n : shown.n;

	while (same < n && wanted.v[same] == shown.v[same])
		same++;
	while (same > 0 && same < wanted.n && wanted.v[same] == FILLER)
		same--;
	if (same < wanted.n || shown.n > wanted.n) {
		move_to(&shown, same);
		put_cells(&wanted, same, wanted.n);
		cursor = wanted.n;
		for (; cursor < shown.n; cursor++)
			term_put(" ", 1);
	}
	move_to(&wanted, target);
	struct row r = shown;

	shown = wanted;
	wanted = r;
}

void line_show(void)
{
	shown.n = 0;
	cursor = 0;
	redisplay();
}

/* Keys that mean more than editing. */

static int key_event(enum line_event e)
{
	event = e;
	return 0;
}

/* In comments, answers, passwords, and lines without a prompt (banners and
 * certificates) `?` and TAB are text. */
static bool is_text(void)
{
	const char *p = rl_line_buffer;

	p += strspn(p, " \t");
	return kind == LINE_ANSWER || kind == LINE_HIDDEN ||
	       prompt[0] == '\0' || *p == '!';
}

static int on_help(int count, int key)
{
	if (is_text())
		return rl_insert(count, key);
	return key_event(LINE_ASK_HELP);
}

static int on_tab(int count, int key)
{
	(void)count;
	(void)key;
	if (is_text()) /* keeps words apart without moving the display */
		return rl_insert(1, ' ');
	if (strspn(rl_line_buffer, " \t") >= (size_t)rl_point)
		return 0; /* indentation of pasted text */
	return key_event(LINE_ASK_COMPLETE);
}

static int on_interrupt(int count, int key)
{
	(void)count;
	(void)key;
	return key_event(LINE_INTERRUPT);
}

static int on_to_exec(int count, int key)
{
	(void)count;
	(void)key;
	return key_event(LINE_TO_EXEC);
}

static int on_delete(int count, int key)
{
	(void)key;
	return rl_point < rl_end ? rl_delete(count, 0) : 0;
}

static int on_refresh(int count, int key)
{
	(void)count;
	(void)key;
	term_puts("\r\n");
	line_show();
	return 0;
}

static int on_nothing(int count, int key)
{
	(void)count;
	(void)key;
	return 0;
}

/* A keymap of our own: what IOS has, and nothing that would take over the
 * display (searches, numeric arguments). */
// clang-format off
static const struct key {
	int key;
	rl_command_func_t *fn;
} plain[] = {
	{ '\r', rl_newline }, { '\n', rl_newline },
	{ '?', on_help }, { '\t', on_tab },
	{ CTRL_KEY('A'), rl_beg_of_line },
	{ CTRL_KEY('B'), rl_backward_char },
	{ CTRL_KEY('C'), on_interrupt },
	{ CTRL_KEY('D'), on_delete },
	{ CTRL_KEY('E'), rl_end_of_line },
	{ CTRL_KEY('F'), rl_forward_char },
	{ CTRL_KEY('H'), rl_rubout }, { 0x7f, rl_rubout },
	{ CTRL_KEY('K'), rl_kill_line },
	{ CTRL_KEY('L'), on_refresh }, { CTRL_KEY('R'), on_refresh },
	{ CTRL_KEY('N'), rl_get_next_history },
	{ CTRL_KEY('P'), rl_get_previous_history },
	{ CTRL_KEY('T'), rl_transpose_chars },
	{ CTRL_KEY('U'), rl_unix_line_discard },
	{ CTRL_KEY('X'), rl_unix_line_discard },
	{ CTRL_KEY('V'), rl_quoted_insert },
	{ CTRL_KEY('W'), rl_unix_word_rubout },
	{ CTRL_KEY('Y'), rl_yank },
	{ CTRL_KEY('Z'), on_to_exec },
};
static const struct key escaped[] = {
	{ 'b', rl_backward_word }, { 'B', rl_backward_word },
	{ 'f', rl_forward_word }, { 'F', rl_forward_word },
	{ 'c', rl_capitalize_word }, { 'C', rl_capitalize_word },
	{ 'd', rl_kill_word }, { 'D', rl_kill_word },
	{ 'l', rl_downcase_word }, { 'L', rl_downcase_word },
	{ 'u', rl_upcase_word }, { 'U', rl_upcase_word },
	{ 'q', rl_quoted_insert }, { 'Q', rl_quoted_insert },
	{ 'y', rl_yank_pop }, { 'Y', rl_yank_pop },
	{ 0x7f, rl_backward_kill_word },
	{ CTRL_KEY('H'), rl_backward_kill_word },
};
static const struct {
	const char *seq;
	rl_command_func_t *fn;
} seqs[] = {
	{ "[A", rl_get_previous_history }, { "OA", rl_get_previous_history },
	{ "[B", rl_get_next_history }, { "OB", rl_get_next_history },
	{ "[C", rl_forward_char }, { "OC", rl_forward_char },
	{ "[D", rl_backward_char }, { "OD", rl_backward_char },
	{ "[H", rl_beg_of_line }, { "OH", rl_beg_of_line },
	{ "[F", rl_end_of_line }, { "OF", rl_end_of_line },
	{ "[1~", rl_beg_of_line }, { "[4~", rl_end_of_line },
	{ "[7~", rl_beg_of_line }, { "[8~", rl_end_of_line },
	{ "[3~", on_delete }, { "[2~", on_nothing },
	{ "[5~", on_nothing }, { "[6~", on_nothing },
	{ "[200~", on_nothing }, { "[201~", on_nothing },
	{ "[1;5C", rl_forward_word }, { "[1;5D", rl_backward_word },
};
// clang-format on

static void make_keys(void)
{
	keys = rl_make_bare_keymap();
	esc_keys = rl_make_bare_keymap();
	for (int c = ' '; c < 256; c++) {
		if (c != 0x7f)
			rl_bind_key_in_map(c, rl_insert, keys);
	}
	for (size_t i = 0; i < ARRAY_LEN(plain); i++)
		rl_bind_key_in_map(plain[i].key, plain[i].fn, keys);
	for (size_t i = 0; i < ARRAY_LEN(escaped); i++)
		rl_bind_key_in_map(escaped[i].key, escaped[i].fn, esc_keys);
	rl_generic_bind(ISKMAP, "\\e", (char *)esc_keys, keys);
	for (size_t i = 0; i < ARRAY_LEN(seqs); i++)
		rl_bind_keyseq_in_map(seqs[i].seq, seqs[i].fn, esc_keys);
}

/* readline's edges. */

static int next_byte(FILE *f)
{
	int c = fed;

	(void)f;
	fed = -1;
	return c < 0 ? EOF : c;
}

static int nothing_waits(void)
{
	return 0;
}

static void on_line(char *text)
{
	free(typed);
	typed = text != NULL ? text : xstrdup("");
	event = LINE_ENTER;
	rl_callback_handler_remove();
}

void line_init(void)
{
	if (setlocale(LC_CTYPE, "") == NULL || MB_CUR_MAX == 1)
		setlocale(LC_CTYPE, "C.UTF-8");
	setenv("INPUTRC", "/dev/null", 1); /* the keys are those of IOS */
	rl_instream = fopen("/dev/null", "re");
	rl_outstream = fopen("/dev/null", "we");
	rl_terminal_name = "dumb";
	rl_catch_signals = 0;
	rl_catch_sigwinch = 0;
	rl_change_environment = 0;
	rl_prep_term_function = NULL;
	rl_deprep_term_function = NULL;
	rl_getc_function = next_byte;
	rl_input_available_hook = nothing_waits;
	rl_redisplay_function = redisplay;
	rl_variable_bind("bell-style", "none");
	rl_variable_bind("enable-bracketed-paste", "off");
	rl_initialize();
	make_keys();
	using_history();
	histories[0] = history_get_history_state();
	histories[1] = xcalloc(1, sizeof(*histories[1]));
}

/* Exec and configuration mode have a history each. */
static void history_select(int which, unsigned most)
{
	if (which != history_now) {
		free(histories[history_now]);
		histories[history_now] = history_get_history_state();
		history_set_history_state(histories[which]);
		history_now = which;
	}
	stifle_history((int)most);
	using_history();
}

void line_start(
	const char *p, enum line_kind k, unsigned width, unsigned history)
{
	free(prompt);
	prompt = xstrdup(p);
	kind = k;
	columns = width;
	scroll = 0;
	shown.n = 0;
	cursor = 0;
	if (k == LINE_EXEC || k == LINE_CONFIG)
		history_select(k == LINE_CONFIG, history);
	rl_callback_handler_install("", on_line);
	rl_set_keymap(keys);
	fresh = true;
}

static void remember(const char *text)
{
	HIST_ENTRY *last =
		history_length > 0
			? history_get(history_base + history_length - 1)
			: NULL;

	if (kind != LINE_EXEC && kind != LINE_CONFIG)
		return;
	if (text[strspn(text, " \t")] == '\0')
		return;
	if (last == NULL || strcmp(last->line, text) != 0)
		add_history(text);
}

size_t line_type(const char *text, size_t n)
{
	if (!fresh || n < 2 || n > PROTO_LINE_MAX ||
		(columns != 0 && strlen(prompt) + n + SCROLL >= columns))
		return 0;
	auto_sbuf struct sbuf b = { 0 };

	fresh = false;
	sbuf_add(&b, text, n);
	rl_insert_text(sbuf_str(&b));
	redisplay();
	return n;
}

enum line_event line_feed(unsigned char c)
{
	fresh = false;
	event = LINE_NONE;
	if (c >= ' ' && rl_end > PROTO_LINE_MAX)
		return LINE_NONE; /* long enough to be refused */
	if (c == CTRL_KEY('D') && rl_end == 0)
		return LINE_NONE; /* readline would take it for the end */
	fed = c;
	rl_callback_read_char();
	while (event == LINE_NONE && RL_ISSTATE(RL_STATE_INPUTPENDING))
		rl_callback_read_char();
	if (event == LINE_ENTER) {
		remember(typed);
	} else if (event == LINE_INTERRUPT || event == LINE_TO_EXEC) {
		free(typed);
		typed = xstrdup(rl_line_buffer);
		line_end();
	}
	return event;
}

const char *line_text(void)
{
	return typed == NULL ? "" : typed;
}

char *line_before_cursor(void)
{
	char *s = xcalloc((size_t)rl_point + 1, 1);

	memcpy(s, rl_line_buffer, (size_t)rl_point);
	return s;
}

void line_insert(const char *text)
{
	rl_insert_text(text);
}

void line_end(void)
{
	rl_free_line_state();
	rl_callback_handler_remove();
	if (kind == LINE_HIDDEN && rl_line_buffer != NULL)
		mem_wipe(rl_line_buffer, strlen(rl_line_buffer));
}
