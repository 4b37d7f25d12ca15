/* getvpnsh's parts: connection, terminal, line editor, pager.  They use base/
 * and readline only, so that the shell starts fast. */
#ifndef CLI_SHELL_H
#define CLI_SHELL_H
#include "base/frame.h"
#include "base/sbuf.h"

#include <sys/types.h>

/* shell_conn.c: the connection to getvpnd. */
struct conn {
	int fd;      /* -1: none */
	pid_t child; /* embedded getvpnd; 0: none */
	struct sbuf in;
	size_t pos;
	bool eof;
};
#define CONN_INIT                                                              \
	{                                                                      \
		.fd = -1                                                       \
	}
int conn_open(struct conn *c, const char *path); /* 0 or -errno */
/* Starts a getvpnd as our child; state NULL: where it looks by itself. 0 or
 * -errno. */
int conn_embed(struct conn *c, const char *path, const char *state);
void conn_hello(struct conn *c, unsigned flags, unsigned rows, unsigned cols);
void conn_send(struct conn *c, uint8_t type, const void *body, size_t n);
void conn_line(struct conn *c, unsigned flags, const char *text);
void conn_winsize(struct conn *c, unsigned rows, unsigned cols);
void conn_read(struct conn *c); /* waits for the next bytes; sets eof */
bool conn_next(struct conn *c, struct frame *f); /* body lent until conn_read */
void conn_finish(struct conn *c);                /* we send no more */
void conn_close(struct conn *c);                 /* stops an embedded getvpnd */
const char *conn_peer_address(void);             /* of the ssh client, or "" */

/* What PROTO_PROMPT says. */
struct prompt {
	bool failed, config;
	unsigned length, width, history;
	const char *text; /* owned; free with prompt_fini */
};
bool prompt_read(struct prompt *p, struct span body);
void prompt_fini(struct prompt *p);
/* Text of a frame's body from offset at; the caller frees. */
char *frame_text(const struct frame *f, size_t at);

/* shell_term.c: the terminal in raw mode, and what is to be written to it. */
bool term_open(void);                   /* false: no terminal */
void term_close(void);                  /* writes the rest, restores the mode */
void term_put(const char *s, size_t n); /* as it is */
void term_puts(const char *s);
void term_text(const char *s, size_t n); /* \n becomes CR LF */
bool term_at_start(void);     /* the cursor stands at the start of a line */
void term_assume_start(void); /* after moving there with BS */
void term_newline(void);      /* unless it does */
/* hold: a CR LF at the end waits for the prompt that follows it, so that both
 * arrive in one piece. */
void term_flush(bool hold);
bool term_holds(void);
void term_size(unsigned *rows, unsigned *cols);

/* shell_line.c: the line being typed. */
enum line_event {
	LINE_NONE,
	LINE_ENTER,
	LINE_ASK_HELP,
	LINE_ASK_COMPLETE,
	LINE_INTERRUPT, /* Ctrl-C */
	LINE_TO_EXEC,   /* Ctrl-Z */
};
enum line_kind { LINE_EXEC, LINE_CONFIG, LINE_ANSWER, LINE_HIDDEN };
void line_init(void);
/* Shows the prompt and begins an empty line. width 0: no limit. */
void line_start(const char *prompt, enum line_kind kind, unsigned width,
	unsigned history);
/* Printable text that begins a line, at once: what of it was taken, which is
 * all or nothing. */
size_t line_type(const char *text, size_t n);
enum line_event line_feed(unsigned char c); /* one byte from the terminal */
const char *line_text(void);                /* lent until line_start */
char *line_before_cursor(void);             /* the caller frees */
void line_insert(const char *text);
void line_show(void); /* again, on the line where the cursor stands */
void line_end(void);  /* editing is over */

/* shell_page.c: --More-- */
void page_start(unsigned length, unsigned width); /* 0: no paging */
void page_text(const char *s, size_t n);
bool page_waiting(void); /* for a key */
/* true: the user wants no more. */
bool page_key(unsigned char c);
void page_end(void);

/* shell.c: a person at a terminal; getvpnsh's exit status. */
int shell_run(struct conn *c, const char *path);
#endif
