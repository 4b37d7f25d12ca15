/* Password types of IOS.  The primitives are libcrypt's and OpenSSL's; here are
 * their parameters and texts. */
#include "crypto/passwd.h"

#include "crypto/rng.h"
#include "crypto/seal.h"

#include <crypt.h>
#include <ctype.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <stdlib.h>
#include <string.h>

#define SALT_LEN    14 /* letters, types 8 and 9 */
#define MD5_SALT    4
#define HASH_BYTES  32
#define HASH_LEN    43 /* letters of it */
#define SHA_ROUNDS  20000
#define SCRYPT_N    16384

/* crypt(3)'s alphabet; Cisco uses it, too, but fills it as base64 does. */
static const char alphabet[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			       "abcdefghijklmnopqrstuvwxyz";

/* --- base64 with that alphabet, without padding --- */

static void text_of(const uint8_t *p, size_t n, struct sbuf *out)
{
	uint32_t bits = 0;
	unsigned have = 0;

	for (size_t i = 0; i < n; i++) {
		bits = bits << 8 | p[i];
		for (have += 8; have >= 6; have -= 6)
			sbuf_addc(out, alphabet[bits >> (have - 6) & 63]);
	}
	if (have > 0)
		sbuf_addc(out, alphabet[bits << (6 - have) & 63]);
}

static bool bytes_of(const char *s, struct sbuf *out)
{
	uint32_t bits = 0;
	unsigned have = 0;

	for (; *s != '\0'; s++) {
		const char *at = strchr(alphabet, *s);

		if (at == NULL)
			return false;
		bits = bits << 6 | (uint32_t)(at - alphabet);
		have += 6;
		if (have >= 8) {
			have -= 8;
			sbuf_addc(out, (char)(bits >> have & 255));
		}
	}
	return true;
}

static void salt_make(size_t n, char *out)
{
	rng_bytes(out, n);
	for (size_t i = 0; i < n; i++)
		out[i] = alphabet[(uint8_t)out[i] & 63];
	out[n] = '\0';
}

/* --- hashes --- */

static bool derive(enum passwd_type type, const char *clear, const char *salt,
	uint8_t out[HASH_BYTES])
{
	if (type == PASSWD_SHA256)
		return PKCS5_PBKDF2_HMAC(clear, (int)strlen(clear),
			       (const unsigned char *)salt, (int)strlen(salt),
			       SHA_ROUNDS, EVP_sha256(), HASH_BYTES, out) == 1;
	return EVP_PBE_scrypt(clear, strlen(clear), (const unsigned char *)salt,
		       strlen(salt), SCRYPT_N, 1, 1, 0, out, HASH_BYTES) == 1;
}

/* Appends `$N$salt$hash`; the salt ends at a `$` or at its end. */
static void hash_with(enum passwd_type type, const char *clear,
	const char *salt, struct sbuf *out)
{
	char own[SALT_LEN + 1] = "";
	uint8_t hash[HASH_BYTES];

	strncat(own, salt, SALT_LEN);
	own[strcspn(own, "$")] = '\0';
	if (type == PASSWD_MD5) {
		struct crypt_data *cd = xcalloc(1, sizeof(*cd));
		auto_sbuf struct sbuf setting = { 0 };

		sbuf_printf(&setting, "$1$%s$", own);
		const char *text = crypt_r(clear, sbuf_str(&setting), cd);

		if (text != NULL && text[0] == '$')
			sbuf_adds(out, text);
		mem_wipe(cd, sizeof(*cd));
		free(cd);
		return;
	}
	if (!derive(type, clear, own, hash))
		abort(); /* out of memory, or OpenSSL lacks it */
	sbuf_printf(out, "$%d$%s$", (int)type, own);
	text_of(hash, sizeof(hash), out);
	mem_wipe(hash, sizeof(hash));
}

void passwd_hash(enum passwd_type type, const char *clear, struct sbuf *out)
{
	char salt[SALT_LEN + 1];

	salt_make(type == PASSWD_MD5 ? MD5_SALT : SALT_LEN, salt);
	hash_with(type, clear, salt, out);
}

bool passwd_is_hash(enum passwd_type type, const char *text)
{
	static const char letter[] = {
		[PASSWD_MD5] = '1', [PASSWD_SHA256] = '8', [PASSWD_SCRYPT] = '9'
	};
	bool md5 = type == PASSWD_MD5;
	size_t salt, hash;

	if (text[0] != '$' || text[1] != letter[type] || text[2] != '$')
		return false;
	text += 3;
	salt = strcspn(text, "$");
	if (salt == 0 || salt > (md5 ? 8u : SALT_LEN) || text[salt] != '$')
		return false;
	text += salt + 1;
	hash = strspn(text, alphabet);
	return text[hash] == '\0' && hash == (md5 ? 22u : HASH_LEN);
}

static bool text_equal(const char *a, const char *b)
{
	size_t n = strlen(a);

	return n == strlen(b) && mem_equal_secret(a, b, n);
}

bool passwd_verify(enum passwd_type type, const char *stored, const char *clear)
{
	auto_sbuf struct sbuf b = { 0 };

	switch (type) {
	case PASSWD_MD5:
	case PASSWD_SHA256:
	case PASSWD_SCRYPT:
		if (!passwd_is_hash(type, stored))
			return false;
		hash_with(type, clear, stored + 3, &b);
		return text_equal(sbuf_str(&b), stored);
	default:
		return passwd_reveal(type, stored, &b) &&
		       text_equal(sbuf_str(&b), clear);
	}
}

/* --- type 7: a fixed text, exclusive or --- */

static const char veil[] =
	"dsfd;kfoA,.iyewrkldJKDHSUBsgvca69834ncxv9873254k;fg87";
#define VEIL_LEN (sizeof(veil) - 1)

void passwd_weaken(const char *clear, unsigned salt, struct sbuf *out)
{
	sbuf_printf(out, "%02u", salt);
	for (size_t i = 0; clear[i] != '\0'; i++)
		sbuf_printf(out, "%02X",
			(uint8_t)clear[i] ^
				(uint8_t)veil[(salt + i) % VEIL_LEN]);
}

static bool unveil(const char *text, struct sbuf *out)
{
	size_t n = strlen(text);
	unsigned salt;

	if (n < 4 || n % 2 != 0 || !isdigit((unsigned char)text[0]) ||
		!isdigit((unsigned char)text[1]))
		return false;
	salt = (unsigned)(text[0] - '0') * 10 + (unsigned)(text[1] - '0');
	if (salt >= VEIL_LEN)
		return false;
	for (size_t i = 0; 2 + 2 * i < n; i++) {
		const char hex[3] = { text[2 + 2 * i], text[3 + 2 * i], '\0' };
		char *end;
		unsigned long v = strtoul(hex, &end, 16);
		char c = (char)(v ^ (uint8_t)veil[(salt + i) % VEIL_LEN]);

		if (!isxdigit((unsigned char)hex[0]) || *end != '\0' ||
			c == '\0')
			return false;
		sbuf_addc(out, c);
	}
	return true;
}

/* --- type 6: see masterkey.c for the key --- */

bool passwd_seal(const char *clear, struct sbuf *out)
{
	const uint8_t *key = master_key_bytes();
	auto_sbuf struct sbuf b = { 0 };

	if (key == NULL)
		return false;
	seal(key, SPAN(NULL, 0), SPAN(clear, strlen(clear)), &b);
	text_of((uint8_t *)b.s, b.n, out);
	return true;
}

static bool reveal_sealed(const char *text, struct sbuf *out)
{
	const uint8_t *key = master_key_bytes();
	auto_sbuf struct sbuf b = { 0 }, clear = { 0 };

	if (key == NULL || !bytes_of(text, &b) ||
		!unseal(key, SPAN(NULL, 0), SPAN(b.s, b.n), &clear) ||
		memchr(sbuf_str(&clear), '\0', clear.n) != NULL)
		return false;
	sbuf_add(out, clear.s, clear.n);
	return true;
}

bool passwd_reveal(enum passwd_type type, const char *stored, struct sbuf *out)
{
	switch (type) {
	case PASSWD_CLEAR:
		sbuf_adds(out, stored);
		return true;
	case PASSWD_WEAK:
		return unveil(stored, out);
	case PASSWD_SEALED:
		return reveal_sealed(stored, out);
	default:
		return false;
	}
}
