/* Value types of passwords and secrets (ios-cli.md 5): `[TYPE] TEXT`, the text
 * being the rest of the line.  Stored with its type in front: "0 text". */
#include "cli/types_priv.h"
#include "cli/users.h"

#include <string.h>

/* Which types are read; the first is not written where it may be left out. */
#define TYPES_PASSWORD "067"
#define TYPES_SECRET   "0589"

static const char *allowed(const struct value_type *vt)
{
	return strcmp(vt->name, "user_secret") == 0 ? TYPES_SECRET
						    : TYPES_PASSWORD;
}

static int passwd_parse(const struct value_type *vt, const char *const *t,
	size_t n, struct sbuf *out, size_t *bad_col)
{
	bool digit = t[0][0] >= '0' && t[0][0] <= '9' && t[0][1] == '\0';
	bool typed = digit && strchr(allowed(vt), t[0][0]) != NULL;

	*bad_col = 0;
	if (typed && n == 1)
		return -1;
	if (digit && !typed && n > 1) /* a type that this one has not */
		return 0;
	sbuf_printf(out, "%c", typed ? t[0][0] : '0');
	for (size_t i = typed ? 1 : 0; i < n; i++)
		sbuf_printf(out, " %s", t[i]);
	return (int)n;
}

/* enable password, password: 0 is not written. */
static void passwd_print(
	const struct value_type *vt, const char *stored, struct sbuf *out)
{
	bool bare = stored[0] == '0' && stored[1] == ' ' &&
		    strcmp(vt->name, "line_password") == 0;
	const char *text = bare ? stored + 2 : stored;
	bool like_type = (text[0] >= '0' && text[0] <= '9') &&
			 (text[1] == '\0' || text[1] == ' ');

	sbuf_adds(out, bare && !like_type ? text : stored);
}

static const char *passwd_choice(
	const struct value_type *vt, size_t i, const char **help)
{
	static const char *const password[][2] = {
		{ "0", "Specifies an UNENCRYPTED password will follow" },
		{ "6", "Specifies an ENCRYPTED password will follow" },
		{ "7", "Specifies a HIDDEN password will follow" },
		{ "LINE", "The UNENCRYPTED (cleartext) password" },
	};
	static const char *const secret[][2] = {
		{ "0", "Specifies an UNENCRYPTED secret will follow" },
		{ "5", "Specifies a MD5 HASHED secret will follow" },
		{ "8", "Specifies a PBKDF2 HASHED secret will follow" },
		{ "9", "Specifies a SCRYPT HASHED secret will follow" },
		{ "LINE", "The UNENCRYPTED (cleartext) secret" },
	};
	bool is_secret = allowed(vt)[1] == '5';

	if (i >= (is_secret ? ARRAY_LEN(secret) : ARRAY_LEN(password)))
		return NULL;
	*help = is_secret ? secret[i][1] : password[i][1];
	return is_secret ? secret[i][0] : password[i][0];
}

enum passwd_type passwd_value(const char *stored, const char **text)
{
	*text = stored + 2;
	return (enum passwd_type)(stored[0] - '0');
}

// clang-format off
static const struct value_type types[] = {
	{ .name = "user_password", .secret = true, .parse = passwd_parse,
	  .print = passwd_print, .choice = passwd_choice,
	  .display = "LINE", .more = "LINE", .sample = "7 02050D480809" },
	{ .name = "line_password", .secret = true, .parse = passwd_parse,
	  .print = passwd_print, .choice = passwd_choice,
	  .display = "LINE", .more = "LINE", .sample = "7 02050D480809" },
	{ .name = "user_secret", .secret = true, .parse = passwd_parse,
	  .print = passwd_print, .choice = passwd_choice,
	  .display = "LINE", .more = "LINE",
	  .sample = "5 $1$28772684$iEwNOgGugqO9.bIz5sk8k/" },
};
// clang-format on

void types_passwd_register(struct grammar *g)
{
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		value_type_add(g, &types[i]);
}
