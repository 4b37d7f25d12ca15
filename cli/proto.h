/* What getvpnsh and getvpnd say to each other, in frames (base/frame.h).  Each
 * side treats the other as hostile.  Numbers are big-endian; text is the rest
 * of the body, without a NUL; lines end in \n. */
#ifndef CLI_PROTO_H
#define CLI_PROTO_H

#define PROTO_VERSION  1
#define PROTO_WINDOW   64    /* lines that a client has under way at most */
#define PROTO_LINE_MAX 16384 /* bytes of a line; a longer one is refused */

/* Each LINE is answered by exactly one PROMPT, ASK or BYE, in order; HELP and
 * COMPLETE by their answers.  The first PROMPT comes by itself after WELCOME.
 */
enum proto_type {
	/* getvpnsh to getvpnd */
	PROTO_HELLO = 1, /* u8 version, u8 hello flags, u16 rows, u16 columns,
			  * address of the ssh client or nothing */
	PROTO_LINE,     /* u8 line flags, text; also the answer to a question */
	PROTO_HELP,     /* text up to the cursor */
	PROTO_COMPLETE, /* text up to the cursor */
	PROTO_BREAK,    /* overtakes what waits */
	PROTO_WINSIZE,  /* u16 rows, u16 columns; overtakes */
	/* getvpnd to getvpnsh */
	PROTO_WELCOME = 64, /* u8 version */
	PROTO_OUTPUT,       /* text */
	PROTO_PROMPT,       /* u8 status, u8 in configuration, u16 length,
			     * u16 width, u16 history, prompt */
	PROTO_ASK,          /* u8 kind (enum ask_kind), question */
	PROTO_LOG,          /* one log line, without line end */
	PROTO_HELP_TEXT,    /* text */
	PROTO_COMPLETION,   /* u8 found, text to append */
	PROTO_BYE,          /* why, or nothing after `exit` */
};
enum {
	HELLO_TTY = 1,   /* a person; log lines are welcome */
	HELLO_BATCH = 2, /* questions are answered with Enter */
	HELLO_FILE = 4,  /* configuration text: SESSION_LENIENT */
};
enum {
	LINE_MORE = 1,  /* one follows at once: need not be applied yet */
	LINE_LEAVE = 2, /* then to exec (Ctrl-Z) */
	LINE_AHEAD = 8, /* sent before the answers to those in front of it; not
			 * executed, nor answered, when a question is open or
			 * the configuration mode was left */
	LINE_DROP = 4,  /* Ctrl-C: do not execute; to exec; drops a question */
};
enum { PROMPT_DONE = 0, PROMPT_FAILED = 1 };
enum { PROTO_ASK_LINE, PROTO_ASK_CONFIRM, PROTO_ASK_PASSWORD,
	PROTO_ASK_TEXT /* lines of text follow, taken as they are */ };
#endif
