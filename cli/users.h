/* Who may come in, and with what: local users, enable secrets, the types in
 * which passwords are stored (ios-cli.md 5). */
#ifndef CLI_USERS_H
#define CLI_USERS_H
#include "cli/commands.h"
#include "crypto/passwd.h"

#define LEVEL_USER       1
#define LEVEL_PRIVILEGED 15

/* Type and text of a stored value of the types user_password, line_password
 * and user_secret. */
enum passwd_type passwd_value(const char *stored, const char **text);
void types_passwd_register(struct grammar *g);

/* The entry `username NAME`: its privilege level. false: there is none. */
bool user_find(const struct router *r, const char *name, uint8_t *level);
/* Is this the user's password?  An unknown name takes as long as a known one.
 * Without a password the entry lets nobody in, unless it says nopassword. */
bool user_check(const struct router *r, const char *name, const char *password);

/* enable secret or password of that level. */
bool enable_exists(const struct router *r, uint8_t level);
bool enable_check(const struct router *r, uint8_t level, const char *password);

/* For fixups: the value of a slot of a password type as it is to be stored:
 * checks hashes, hashes and encrypts clear text.  false and *why: refused. */
bool passwd_store(const struct tree *t, const char *stored, struct sbuf *out,
	struct sbuf *why);
/* For a fixup of a line whose slot holds a password: puts passwd_store's
 * result into n.  0 or -1 as a fixup. */
int passwd_fixup(const struct tree *t, struct node *n, const char *slot,
	struct sbuf *why);
/* Is clear text of secrets that must stay readable (keys) sealed now? */
bool passwd_seals(const struct tree *t);
/* Enters lines with clear passwords again, so that they become what the
 * configuration asks for now. */
void passwd_renew(const struct router *r);

/* A line with a slot `password` (username, enable, line)? */
bool passwd_is_line(const struct node *n);

/* `no username` asks first: takes *m. Result as an exec function. */
int username_remove(struct session *s, struct match *m);

extern const struct command cfg_username, cfg_enable_secret,
	cfg_password_encryption, cfg_password_aes;
#endif
