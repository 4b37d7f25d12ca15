/* Secrets in text that is kept unread: the word behind `key`, `password` and
 * their like, wherever it stands. */
#include "parser/grammar_priv.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static bool is_one_of(
	const char *word, size_t n, const char *const *list, size_t n_list)
{
	for (size_t i = 0; i < n_list; i++)
		if (strlen(list[i]) == n && strncasecmp(list[i], word, n) == 0)
			return true;
	return false;
}

static bool announces(const char *word, size_t n)
{
	static const char *const list[] = { "authentication-key", "community",
		"key", "key-string", "md5", "password", "pre-shared-key",
		"secret" };

	return is_one_of(word, n, list, ARRAY_LEN(list));
}

/* May stand between the announcement and the secret. */
static bool is_between(const char *word, size_t n)
{
	static const char *const list[] = { "ascii", "encrypted", "hex",
		"local", "remote" };

	return (n == 1 && isdigit((unsigned char)word[0])) ||
	       is_one_of(word, n, list, ARRAY_LEN(list));
}

/* `pre-shared-key address A key K`: the key comes later. */
static bool is_other(const char *word, size_t n)
{
	static const char *const list[] = { "address", "hostname", "ipv6" };

	return is_one_of(word, n, list, ARRAY_LEN(list));
}

void text_mask(const char *before, const char *text, struct sbuf *out)
{
	bool due = announces(before, strlen(before));

	while (*text != '\0') {
		size_t blanks = strspn(text, " \t\n");
		size_t n = strcspn(text + blanks, " \t\n");
		const char *word = text + blanks;
		bool last = word[n + strspn(word + n, " \t\n")] == '\0';

		sbuf_add(out, text, blanks);
		if (due && n > 0 && (last || !is_between(word, n)) &&
			!is_other(word, n)) {
			sbuf_adds(out, "*****");
			due = false;
		} else {
			sbuf_add(out, word, n);
			due = (due && !is_other(word, n)) || announces(word, n);
		}
		text = word + n;
	}
}
