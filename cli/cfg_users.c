/* username and enable lines: clear passwords become what is stored as soon as
 * they are read, and what was stored is checked against (ios-cli.md 5). */
#include "cli/cfg.h"
#include "cli/confmgmt.h"
#include "cli/line.h"
#include "cli/users.h"

#include "crypto/rng.h"

#include <stdlib.h>
#include <string.h>

static cmd_fixup_fn username_fixup, enable_fixup;

const struct command cfg_username = {
	.mode = MODE_CONFIG,
	.order = ORDER_USERNAME,
	.grammar = "username <name!:word> [privilege <level:0-15=1>] "
		   "[{nopassword|password <password:user_password>|"
		   "secret <secret:user_secret>}]",
	.help = "username  Establish User Name Authentication\n"
		"<name>  User name\n"
		"privilege  Set user privilege level\n"
		"<level>  User privilege level\n"
		"nopassword  No password is required for the user to log in\n"
		"password  Specify the password for the user\n"
		"<password>  The password\n"
		"secret  Specify the secret for the user\n"
		"<secret>  The secret\n",
	.fixup = username_fixup,
};

#define HELP_ENABLE                                                            \
	"enable  Modify enable password parameters\n"                          \
	"secret  Assign the privileged level secret (MAX of 25 characters)\n"  \
	"password  Assign the privileged level password (MAX of 25 "           \
	"characters)\n"                                                        \
	"level  Set exec level password\n"                                     \
	"15  Level number\n"                                                   \
	"<level>  Level number\n"                                              \
	"<secret>  The secret\n"                                               \
	"<password>  The password\n"

const struct command cfg_enable_secret = {
	.mode = MODE_CONFIG,
	.order = ORDER_ENABLE,
	.grammar = "enable secret [level 15] <secret:user_secret>",
	.help = HELP_ENABLE,
	.fixup = enable_fixup,
};
static const struct command enable_secret_level = {
	.mode = MODE_CONFIG,
	.order = ORDER_ENABLE,
	.grammar = "enable secret level <level!:1-14> <secret:user_secret>",
	.help = HELP_ENABLE,
	.fixup = enable_fixup,
};
static const struct command enable_password = {
	.mode = MODE_CONFIG,
	.order = ORDER_ENABLE + 1,
	.grammar = "enable password [level 15] <password:line_password>",
	.help = HELP_ENABLE,
	.fixup = enable_fixup,
};
static const struct command enable_password_level = {
	.mode = MODE_CONFIG,
	.order = ORDER_ENABLE + 1,
	.grammar = "enable password level <level!:1-14> "
		   "<password:line_password>",
	.help = HELP_ENABLE,
	.fixup = enable_fixup,
};

/* --- storing --- */

static bool hash_refused(
	enum passwd_type type, const char *text, struct sbuf *why)
{
	if (passwd_is_hash(type, text))
		return false;
	sbuf_printf(why,
		"ERROR: The secret you entered is not a valid encrypted "
		"secret.\n"
		"To enter an UNENCRYPTED secret, do not specify type %d "
		"encryption.\n"
		"When you properly enter an UNENCRYPTED secret, it will be "
		"encrypted.\n",
		(int)type);
	return true;
}

bool passwd_seals(const struct tree *t)
{
	const struct node *root = tree_root((struct tree *)(uintptr_t)t);

	return node_child(root, &cfg_password_aes, NULL) != NULL &&
	       master_key_exists();
}

static bool weakens(const struct tree *t)
{
	const struct node *n = node_get(tree_root((struct tree *)(uintptr_t)t),
		&cfg_password_encryption);

	return n != NULL && !node_negated(n);
}

/* A clear password: sealed, weakened, or as it is. */
static void store_password(
	const struct tree *t, const char *clear, struct sbuf *out)
{
	uint8_t salt;

	if (passwd_seals(t)) {
		sbuf_adds(out, "6 ");
		passwd_seal(clear, out);
	} else if (weakens(t)) {
		rng_bytes(&salt, 1);
		sbuf_adds(out, "7 ");
		passwd_weaken(clear, salt % 16, out);
	} else {
		sbuf_printf(out, "0 %s", clear);
	}
}

bool passwd_store(const struct tree *t, const char *stored, struct sbuf *out,
	struct sbuf *why)
{
	const char *text;
	enum passwd_type type = passwd_value(stored, &text);
	auto_sbuf struct sbuf clear = { 0 };

	if (strlen(text) > PASSWD_MAX && type == PASSWD_CLEAR) {
		sbuf_adds(why, "% Password is too long\n");
		return false;
	}
	switch (type) {
	case PASSWD_CLEAR:
		store_password(t, text, out);
		return true;
	case PASSWD_WEAK:
		if (!passwd_reveal(type, text, &clear)) {
			sbuf_printf(
				why, "Invalid encrypted password: %s\n", text);
			return false;
		}
		break;
	case PASSWD_SEALED: /* the master key may come later */
		break;
	default:
		if (hash_refused(type, text, why))
			return false;
	}
	sbuf_adds(out, stored);
	return true;
}

int passwd_fixup(const struct tree *t, struct node *n, const char *slot,
	struct sbuf *why)
{
	auto_sbuf struct sbuf text = { 0 };

	if (!passwd_store(t, node_str(n, slot), &text, why))
		return -1;
	drv_put_str(node_drv_mut(n), slot, sbuf_str(&text));
	return 0;
}

/* The same for a secret: clear text is hashed (type 9). */
static int secret_fixup(const struct tree *t, struct node *n, struct sbuf *why)
{
	auto_sbuf struct sbuf hash = { 0 };
	const char *text, *stored = node_str(n, "secret");

	if (passwd_value(stored, &text) != PASSWD_CLEAR)
		return passwd_fixup(t, n, "secret", why);
	if (strlen(text) > PASSWD_MAX) {
		sbuf_adds(why, "% Secret is too long\n");
		return -1;
	}
	sbuf_adds(&hash, "9 ");
	passwd_hash(PASSWD_SCRYPT, text, &hash);
	drv_put_str(node_drv_mut(n), "secret", sbuf_str(&hash));
	return 0;
}

/* --- username --- */

/* A line that leaves out the privilege or the password keeps the old one. */
static int username_merge(
	const struct node *old, struct node *n, struct sbuf *why)
{
	struct derivation *d = node_drv_mut(n);
	bool new_auth = node_has(n, "password") || node_has(n, "secret") ||
			node_has(n, "nopassword");

	if (!node_has(n, "privilege") && node_has(old, "privilege"))
		drv_put_u32(d, "level", node_u32(old, "level"));
	if ((node_has(n, "password") && node_has(old, "secret")) ||
		(node_has(n, "secret") && node_has(old, "password"))) {
		sbuf_adds(why,
			"ERROR: Can not have both a user password and a user "
			"secret.\nPlease choose one or the other.\n");
		return -1;
	}
	if (!new_auth && node_has(old, "password"))
		drv_put_str(d, "password", node_str(old, "password"));
	if (!new_auth && node_has(old, "secret"))
		drv_put_str(d, "secret", node_str(old, "secret"));
	return 0;
}

static int username_fixup(
	struct tree *t, struct node *section, struct node *n, struct sbuf *why)
{
	const struct node *old =
		node_find(section, &cfg_username, node_str(n, "name"));

	if (node_has(n, "password") && passwd_fixup(t, n, "password", why) != 0)
		return -1;
	if (node_has(n, "secret") && secret_fixup(t, n, why) != 0)
		return -1;
	return old == NULL ? 0 : username_merge(old, n, why);
}

static int remove_answer(struct session *s, const char *answer, void *ctx)
{
	auto_sbuf struct sbuf line = { 0 }, why = { 0 };
	auto_free char *name = ctx;

	if (answer[0] != '\0' && strcasecmp(answer, "y") != 0)
		return CMD_DONE;
	sbuf_printf(&line, "no username %s", name);
	if (config_line(session_router(s), MODE_CONFIG,
		    tree_root(session_router(s)->tree), sbuf_str(&line), NULL,
		    &why)) {
		cfglog_add(s, 0, sbuf_str(&line));
		return CMD_DONE;
	}
	session_write(s, sbuf_str(&why), why.n);
	return CMD_FAILED;
}

static void remove_break(void *ctx)
{
	char *name = ctx;

	free(name);
}

int username_remove(struct session *s, struct match *m)
{
	const struct node *root = tree_root(session_router(s)->tree);
	char *name = xstrdup(drv_str(m->drv, "name"));

	if (node_find(root, &cfg_username, name) == NULL) {
		free(name);
		return CMD_DONE;
	}
	session_on_break(s, remove_break, name);
	return session_ask(s, ASK_CONFIRM,
		"This operation will remove all username related "
		"configurations with same name.Do you want to continue? "
		"[confirm]",
		remove_answer, name);
}

/* --- enable --- */

/* Level 15 is not written; the same text as secret and password is unwise. */
static int enable_fixup(
	struct tree *t, struct node *section, struct node *n, struct sbuf *why)
{
	const struct node *password =
		node_child(section, &enable_password, NULL);
	bool is_secret = node_command(n) == &cfg_enable_secret ||
			 node_command(n) == &enable_secret_level;
	const char *slot = is_secret ? "secret" : "password", *text, *other;
	enum passwd_type type = passwd_value(node_str(n, slot), &text);
	auto_sbuf struct sbuf line = { 0 };

	if (is_secret && type == PASSWD_CLEAR && password != NULL) {
		enum passwd_type kind =
			passwd_value(node_str(password, "password"), &other);

		if (passwd_verify(kind, other, text))
			sbuf_adds(why,
				"The enable secret you have chosen is the "
				"same as your enable password.\n"
				"This is not recommended.  Re-enter the "
				"enable secret.\n");
	}
	if ((is_secret ? secret_fixup(t, n, why)
		       : passwd_fixup(t, n, slot, why)) != 0)
		return -1;
	if (node_command(n) == &cfg_enable_secret ||
		node_command(n) == &enable_password) {
		sbuf_printf(&line, "enable %s %s", slot, node_str(n, slot));
		node_rewrite(n, sbuf_str(&line));
	}
	return 0;
}

/* --- algorithm-type: the clear secret under a hash of one's choice --- */

static enum passwd_type algorithm(const struct derivation *d)
{
	return drv_has(d, "md5")      ? PASSWD_MD5
	       : drv_has(d, "sha256") ? PASSWD_SHA256
				      : PASSWD_SCRYPT;
}

/* Enters `line`, the start of a secret line, with that secret behind it. */
static int algorithm_enter(struct cmd_call *c, struct sbuf *line)
{
	const char *clear = drv_str(c->drv, "clear");
	enum passwd_type type = algorithm(c->drv);

	if (strlen(clear) > PASSWD_MAX) {
		sbuf_adds(c->out, "% Secret is too long\n");
		return CMD_FAILED;
	}
	sbuf_printf(line, "secret %d ", (int)type);
	passwd_hash(type, clear, line);
	return config_line(c->router, MODE_CONFIG, tree_root(c->router->tree),
		       sbuf_str(line), NULL, c->out)
		       ? CMD_DONE
		       : CMD_FAILED;
}

static int exec_enable_algorithm(struct cmd_call *c)
{
	auto_sbuf struct sbuf line = { 0 };

	sbuf_adds(&line, "enable ");
	return algorithm_enter(c, &line);
}

static int exec_username_algorithm(struct cmd_call *c)
{
	auto_sbuf struct sbuf line = { 0 };

	sbuf_printf(&line, "username %s ", drv_str(c->drv, "name"));
	if (drv_set(c->drv, "level"))
		sbuf_printf(&line, "privilege %u ", drv_u32(c->drv, "level"));
	return algorithm_enter(c, &line);
}

#define HELP_ALGORITHM                                                         \
	"algorithm-type  Algorithm to use for hashing the plaintext secret\n"  \
	"md5  Encode the secret using the MD5 algorithm\n"                     \
	"scrypt  Encode the secret using the SCRYPT hashing algorithm\n"       \
	"sha256  Encode the secret using the PBKDF2 hashing algorithm\n"       \
	"secret  The secret follows\n"                                         \
	"<clear>  The UNENCRYPTED (cleartext) secret\n"

static const struct command enable_algorithm = {
	.mode = MODE_CONFIG,
	.level = LEVEL_PRIVILEGED,
	.grammar = "enable algorithm-type {md5|scrypt|sha256} secret "
		   "<clear:line>",
	.help = "enable  Modify enable password parameters\n" HELP_ALGORITHM,
	.exec = exec_enable_algorithm,
	.sample = "enable algorithm-type sha256 secret s3cret",
};
static const struct command username_algorithm = {
	.mode = MODE_CONFIG,
	.level = LEVEL_PRIVILEGED,
	.grammar = "username <name:word> [privilege <level:0-15>] "
		   "algorithm-type {md5|scrypt|sha256} secret <clear:line>",
	.help = "username  Establish User Name Authentication\n"
		"<name>  User name\n"
		"privilege  Set user privilege level\n"
		"<level>  User privilege level\n" HELP_ALGORITHM,
	.exec = exec_username_algorithm,
	.sample = "username bob algorithm-type md5 secret s3cret",
};

/* --- checking --- */

static bool stored_matches(const char *stored, const char *password)
{
	const char *text;
	enum passwd_type type = passwd_value(stored, &text);

	return passwd_verify(type, text, password);
}

bool user_find(const struct router *r, const char *name, uint8_t *level)
{
	const struct node *n =
		name[0] == '\0' || strpbrk(name, " \t") != NULL
			? NULL
			: node_find(tree_root(r->tree), &cfg_username, name);

	*level = n == NULL ? 0 : (uint8_t)node_u32(n, "level");
	return n != NULL;
}

bool user_check(const struct router *r, const char *name, const char *password)
{
	static const char nobody[] =
		"9 "
		"$9$nobody.nobody$...........................................";
	uint8_t level;
	const struct node *n =
		user_find(r, name, &level)
			? node_find(tree_root(r->tree), &cfg_username, name)
			: NULL;

	if (n != NULL && node_has(n, "nopassword"))
		return true;
	if (n != NULL && node_str(n, "secret") != NULL)
		return stored_matches(node_str(n, "secret"), password);
	if (n != NULL && node_str(n, "password") != NULL)
		return stored_matches(node_str(n, "password"), password);
	stored_matches(nobody, password);
	return false;
}

/* The stored secret, or else the password, of a level; NULL: none. */
static const char *enable_stored(const struct router *r, uint8_t level)
{
	const struct node *root = tree_root(r->tree), *n;
	char key[4] = "";
	const char *secret, *password;

	if (level == LEVEL_PRIVILEGED) {
		n = node_child(root, &cfg_enable_secret, NULL);
		secret = node_str(n, "secret");
		n = node_child(root, &enable_password, NULL);
		password = node_str(n, "password");
	} else {
		auto_sbuf struct sbuf b = { 0 };

		sbuf_printf(&b, "%u", level);
		strncpy(key, sbuf_str(&b), sizeof(key) - 1);
		n = node_find(root, &enable_secret_level, key);
		secret = node_str(n, "secret");
		n = node_find(root, &enable_password_level, key);
		password = node_str(n, "password");
	}
	return secret != NULL ? secret : password;
}

bool enable_exists(const struct router *r, uint8_t level)
{
	return enable_stored(r, level) != NULL;
}

bool enable_check(const struct router *r, uint8_t level, const char *password)
{
	const char *stored = enable_stored(r, level);

	return stored != NULL && stored_matches(stored, password);
}

/* --- renewing --- */

bool passwd_is_line(const struct node *n)
{
	const struct command *c = node_command(n);

	return c == &cfg_username || c == &enable_password ||
	       c == &enable_password_level || c == &cfg_ln_password;
}

static bool is_clear(const struct node *n)
{
	const char *text;

	if (isakmp_is_key(node_command(n)))
		return secret_value(node_str(n, "key"), &text) == 0;
	return passwd_is_line(n) && node_str(n, "password") != NULL &&
	       node_str(n, "password")[0] == '0';
}

static void renew_below(const struct router *r, struct node *section)
{
	for (struct node *n = node_first(section), *next; n != NULL; n = next) {
		next = node_next(n);
		if (is_clear(n)) {
			auto_sbuf struct sbuf line = { 0 }, why = { 0 };

			node_line(n, &line);
			config_line(r, node_command(n)->mode, section,
				sbuf_str(&line), NULL, &why);
		}
		renew_below(r, n);
	}
}

void passwd_renew(const struct router *r)
{
	renew_below(r, tree_root(r->tree));
}

static void users_settle(void *ctx, const struct tree *t)
{
	if (weakens(t) || passwd_seals(t))
		passwd_renew(ctx);
}

static void users_subscribe(struct router *r)
{
	static const struct command *const watched[] = {
		&cfg_password_encryption, &cfg_password_aes, NULL
	};
	struct subscriber s = { .name = "users",
		.commands = watched,
		.settle = users_settle,
		.ctx = r };

	commit_subscribe(r->commit, &s);
}

static const struct command *const list[] = {
	&cfg_username,
	&username_algorithm,
	&cfg_enable_secret,
	&enable_secret_level,
	&enable_password,
	&enable_password_level,
	&enable_algorithm,
};
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_users = { &commands, users_subscribe };
