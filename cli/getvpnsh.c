/* getvpnsh: the command line of the router.  Options, and what runs without a
 * person at it: commands, files, text on standard input.  See getvpnsh(1). */
#include "cli/proto.h"
#include "cli/shell.h"

#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SOCKET "/run/getvpn/getvpnd.sock"
#define WINDOW_SIZE                                                            \
	65536 /* bytes under way: getvpnd reads that much always               \
	       */

/* One run over lines of text. */
struct script {
	struct conn *conn;
	const char *name; /* of the file, for messages; NULL: not a file */
	struct sbuf text; /* what is to be sent, from `at` on */
	size_t at;
	int fd;              /* more text comes from here; -1: that is all */
	bool ready;          /* the first prompt came */
	unsigned sent, done; /* line numbers */
	size_t under_way;    /* bytes */
	struct line {
		size_t n;
		bool counts; /* no comment, not empty */
	} window[PROTO_WINDOW];
	struct sbuf printed; /* by the line that runs, of a file */
	struct sbuf refused; /* their numbers */
	unsigned n_refused, n_lines;
	bool finished, bye, turned_away;
};

static const char usage_text[] =
	"usage: getvpnsh [-s SOCKET] [-d STATEDIR] [-c COMMAND]... "
	"[-f FILE]...\n"
	"       getvpnsh [-s SOCKET] [-d STATEDIR] COMMAND WORD...\n"
	"  -s  socket of getvpnd (" SOCKET ")\n"
	"  -d  directory of configuration and keys, when no getvpnd runs\n"
	"  -c  execute a command and leave; may be repeated\n"
	"  -f  execute the lines of a file, - for standard input, as in\n"
	"      configuration mode; says which are refused\n"
	"  -V  print the version\n"
	"Without -c and -f: lines of standard input, or a person at a "
	"terminal.\n";

/* Connecting. */

static const char *state_dir; /* of an embedded getvpnd; NULL: its own */
static bool may_embed = true; /* a socket was not named, or a directory was */

static int open_conn(struct conn *c, const char *path)
{
	int err = conn_open(c, path);

	if (err == 0)
		return 0;
	if (may_embed && geteuid() == 0 &&
		(err == -ENOENT || err == -ECONNREFUSED))
		err = conn_embed(c, path, state_dir);
	if (err != 0)
		fprintf(stderr, "getvpnsh: cannot reach getvpnd at %s: %s\n",
			path, strerror(-err));
	return err;
}

/* A script: lines out, answers in. */

static void print_refused(struct script *s, unsigned no)
{
	const char *p = sbuf_str(&s->printed);

	while (*p != '\0') {
		int n = (int)strcspn(p, "\n");

		if (n > 0)
			fprintf(stderr, "%s:%u: %.*s\n", s->name, no, n, p);
		p += n + (p[n] == '\n');
	}
	sbuf_printf(&s->refused, "%s%u", s->n_refused > 0 ? ", " : "", no);
}

/* The answer to the oldest line under way is complete. */
static void line_done(struct script *s, bool failed)
{
	unsigned no = ++s->done;
	struct line *l = &s->window[(no - 1) % PROTO_WINDOW];

	s->under_way -= l->n;
	s->n_lines += l->counts;
	if (s->name != NULL && failed)
		print_refused(s, no);
	else
		fwrite(sbuf_str(&s->printed), 1, s->printed.n, stdout);
	s->n_refused += failed;
	sbuf_trunc(&s->printed, 0);
}

static void script_output(struct script *s, const struct frame *f)
{
	if (s->name != NULL)
		sbuf_add(&s->printed, f->body.p, f->body.n);
	else
		fwrite(f->body.p, 1, f->body.n, stdout);
}

/* The question of a script is text like any other; its next line answers. */
static void script_ask(struct script *s, const struct frame *f)
{
	auto_free char *question = frame_text(f, 1);

	if (f->body.n == 0 || f->body.p[0] != PROTO_ASK_TEXT)
		sbuf_printf(&s->printed, "%s\n", question);
	line_done(s, false);
}

static void script_frame(struct script *s, const struct frame *f)
{
	struct prompt p = { 0 };
	auto_free char *text = NULL;

	switch (f->type) {
	case PROTO_OUTPUT:
		script_output(s, f);
		break;
	case PROTO_ASK:
		if (s->done < s->sent)
			script_ask(s, f);
		break;
	case PROTO_PROMPT:
		if (!prompt_read(&p, f->body))
			s->conn->eof = true;
		else if (s->done < s->sent)
			line_done(s, p.failed);
		s->ready = true;
		prompt_fini(&p);
		break;
	case PROTO_BYE:
		text = frame_text(f, 0);
		if (text[0] != '\0')
			fprintf(stderr, "%s\n", text);
		s->turned_away = text[0] != '\0';
		s->bye = true;
		break;
	}
}

/* Cuts the next whole line out of the text; false: there is none (yet). */
static bool script_next(struct script *s, char **line)
{
	if (s->at >= s->text.n)
		return false;
	char *p = s->text.s + s->at;
	size_t n = strcspn(p, "\r\n");

	if (p[n] == '\0' && s->fd >= 0)
		return false;
	s->at += n + (p[n] != '\0');
	if (p[n] == '\r' && p[n + 1] == '\n')
		s->at++;
	p[n] = '\0';
	*line = p;
	return true;
}

static bool line_waits(const struct script *s)
{
	if (s->at >= s->text.n)
		return false;
	return s->fd < 0 || strpbrk(s->text.s + s->at, "\r\n") != NULL;
}

static void script_send(struct script *s)
{
	char *line;

	while (s->ready && s->sent - s->done < PROTO_WINDOW &&
		s->under_way < WINDOW_SIZE && script_next(s, &line)) {
		const char *p = line + strspn(line, " \t");
		struct line *l = &s->window[s->sent++ % PROTO_WINDOW];

		l->n = strlen(line);
		l->counts = *p != '\0' && *p != '!';
		s->under_way += l->n;
		conn_line(s->conn, line_waits(s) ? LINE_MORE : 0, line);
	}
	if (s->ready && !s->finished && s->fd < 0 && s->at >= s->text.n &&
		s->done == s->sent) {
		conn_finish(s->conn);
		s->finished = true;
	}
}

static void read_more(struct script *s)
{
	char buf[65536];
	ssize_t n = read(s->fd, buf, sizeof(buf));

	if (n < 0 && errno == EINTR)
		return;
	if (n <= 0) {
		s->fd = -1;
		return;
	}
	memmove(s->text.s, s->text.s + s->at, s->text.n - s->at);
	sbuf_trunc(&s->text, s->text.n - s->at);
	s->at = 0;
	for (ssize_t i = 0; i < n; i++) {
		if (buf[i] != '\0')
			sbuf_addc(&s->text, buf[i]);
	}
}

static void script_wait(struct script *s)
{
	struct pollfd p[2] = {
		{ s->conn->fd, POLLIN, 0 },
		{ line_waits(s) ? -1 : s->fd, POLLIN, 0 },
	};

	fflush(stdout);
	if (poll(p, 2, -1) <= 0)
		return;
	if (p[0].revents != 0)
		conn_read(s->conn);
	if (p[1].revents != 0)
		read_more(s);
}

/* 0: all went well, 1: something was refused or the connection broke. */
static int script_run(struct script *s)
{
	struct frame f;

	while (!s->bye) {
		while (!s->bye && conn_next(s->conn, &f))
			script_frame(s, &f);
		if (s->bye || s->conn->eof)
			break;
		script_send(s);
		script_wait(s);
	}
	fflush(stdout);
	if (!s->bye) {
		fprintf(stderr, "getvpnsh: the connection to getvpnd broke\n");
		return 1;
	}
	if (s->name != NULL && s->n_refused > 0)
		fprintf(stderr, "%% %u of %u lines refused: line%s %s\n",
			s->n_refused, s->n_lines, s->n_refused == 1 ? "" : "s",
			sbuf_str(&s->refused));
	return s->n_refused > 0 || s->turned_away;
}

/* Runs text, and what follows from fd, in a session of its own. */
static int run(const char *path, unsigned flags, const char *name,
	const struct sbuf *text, int fd)
{
	struct conn c = CONN_INIT;
	struct script s = { .conn = &c, .name = name, .fd = fd };

	if (open_conn(&c, path) != 0)
		return 1;
	sbuf_add(&s.text, sbuf_str(text), text->n);
	conn_hello(&c, flags, 0, 0);
	int status = script_run(&s);

	sbuf_free(&s.text);
	sbuf_free(&s.printed);
	sbuf_free(&s.refused);
	conn_close(&c);
	return status;
}

static bool read_all(FILE *f, struct sbuf *out)
{
	char buf[65536];
	size_t n;

	while ((n = fread(buf, 1, sizeof(buf), f)) > 0) {
		for (size_t i = 0; i < n; i++) {
			if (buf[i] != '\0')
				sbuf_addc(out, buf[i]);
		}
	}
	return ferror(f) == 0;
}

static int run_file(const char *path, const char *name)
{
	auto_sbuf struct sbuf text = { 0 };
	bool standard = strcmp(name, "-") == 0;
	FILE *f = standard ? stdin : fopen(name, "re");
	bool ok = f != NULL && read_all(f, &text);

	if (!ok)
		fprintf(stderr, "getvpnsh: %s: %s\n", name, strerror(errno));
	if (f != NULL && !standard)
		fclose(f);
	if (!ok)
		return 1;
	return run(path, HELLO_FILE | HELLO_BATCH, name, &text, -1);
}

static int run_shell(const char *path)
{
	struct conn c = CONN_INIT;

	if (open_conn(&c, path) != 0)
		return 1;
	int status = shell_run(&c, path);

	conn_close(&c);
	return status;
}

/* What -c and -f say, in their order; commands in a row share a session. */
struct job {
	bool file;
	const char *text;
};

static int run_jobs(const char *path, const struct job *v, size_t n)
{
	int status = 0;

	for (size_t i = 0; i < n;) {
		auto_sbuf struct sbuf text = { 0 };

		if (v[i].file) {
			status |= run_file(path, v[i++].text);
			continue;
		}
		for (; i < n && !v[i].file; i++)
			sbuf_printf(&text, "%s\n", v[i].text);
		status |= run(path, HELLO_BATCH, NULL, &text, -1);
	}
	return status;
}

/* What scp, sftp and rsync start at the far end of an ssh connection: there is
 * no such thing here, and they shall hear so at once. */
static bool is_transfer(const char *command)
{
	static const char *const names[] = { "scp", "sftp-server",
		"internal-sftp", "rsync" };
	size_t n = strcspn(command, " \t");

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		size_t len = strlen(names[i]);

		if (n >= len &&
			strncmp(command + n - len, names[i], len) == 0 &&
			(n == len || command[n - len - 1] == '/'))
			return true;
	}
	return false;
}

/* The words of the command line as one command. */
static char *join_words(char **v)
{
	struct sbuf b = { 0 };

	for (; *v != NULL; v++)
		sbuf_printf(&b, "%s%s", b.n == 0 ? "" : " ", *v);
	return sbuf_take(&b);
}

static void usage(FILE *f, int status)
{
	fputs(usage_text, f);
	exit(status);
}

int main(int argc, char **argv)
{
	const char *path = SOCKET;
	auto_free struct job *jobs = xcalloc((size_t)argc, sizeof(*jobs));
	struct sbuf none = { 0 };
	size_t n = 0;
	int opt;

	while ((opt = getopt(argc, argv, "+s:c:f:d:hV")) != -1) {
		switch (opt) {
		case 's':
			path = optarg;
			break;
		case 'd':
			state_dir = optarg;
			break;
		case 'c':
		case 'f':
			jobs[n++] = (struct job){ opt == 'f', optarg };
			break;
		case 'V':
			puts("getvpnsh " PACKAGE_VERSION);
			return 0;
		case 'h':
			usage(stdout, 0);
			break;
		default:
			usage(stderr, 2);
		}
	}
	auto_free char *words =
		optind < argc ? join_words(argv + optind) : NULL;

	if (words != NULL && n > 0)
		usage(stderr, 2);
	if (words != NULL)
		jobs[n++] = (struct job){ false, words };
	for (size_t i = 0; i < n; i++) {
		if (!jobs[i].file && is_transfer(jobs[i].text)) {
			fputs("% No file transfer: this is a router\n", stderr);
			return 1;
		}
	}
	may_embed = state_dir != NULL || strcmp(path, SOCKET) == 0;
	if (n > 0)
		return run_jobs(path, jobs, n);
	if (isatty(STDIN_FILENO))
		return run_shell(path);
	return run(path, 0, NULL, &none, STDIN_FILENO);
}
