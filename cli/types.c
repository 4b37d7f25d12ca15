/* Value types of the configuration beyond the parser's own.  Each reads one
 * value from tokens and stores its canonical text, which is also what the
 * running-config prints; the *_value functions turn that text into numbers for
 * the views.  Knows no command. */
#include "cli/types_priv.h"

#include "router/ifname.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A decimal number that fills the token and does not exceed max. */
bool number_read(const char *s, unsigned long max, unsigned long *out)
{
	char *end;

	if (!isdigit((unsigned char)s[0]))
		return false;
	*out = strtoul(s, &end, 10);
	return *end == '\0' && *out <= max;
}

bool ip4_read(const char *s, uint32_t *out)
{
	struct ip_addr a;

	if (!ip_parse(s, &a) || a.family != 4)
		return false;
	*out = ip_u32(&a);
	return true;
}

void ip4_add(struct sbuf *b, uint32_t v)
{
	char text[IP_TEXT];
	struct ip_addr a = ip_v4(v);

	sbuf_adds(b, ip_text(&a, text));
}

/* True when the token abbreviates the keyword. */
bool keyword_is(const char *token, const char *keyword)
{
	size_t n = strlen(token);

	return n > 0 && n <= strlen(keyword) &&
	       strncasecmp(token, keyword, n) == 0;
}

/* --- ifname: GigabitEthernet0/0, "gi 0/0", lo0, eth0 --- */

static bool all_alpha(const char *s)
{
	for (; *s != '\0'; s++) {
		if (!isalpha((unsigned char)*s) && *s != '-')
			return false;
	}
	return true;
}

static bool ifname_begins(const char *token)
{
	const char *help, *type;

	for (size_t i = 0; (type = ifname_type(i, &help)) != NULL; i++) {
		if (keyword_is(token, type))
			return true;
	}
	return false;
}

static int ifname_parse(const struct value_type *vt, const char *const *t,
	size_t n, struct sbuf *out, size_t *bad_col)
{
	char name[IFNAME_MAX], joined[IFNAME_MAX];

	(void)vt;
	if (n > 1 && all_alpha(t[0]) && isdigit((unsigned char)t[1][0]) &&
		ifname_begins(t[0])) {
		snprintf(joined, sizeof(joined), "%s%s", t[0], t[1]);
		if (ifname_canonical(joined, name)) {
			sbuf_adds(out, name);
			return 2;
		}
	}
	if (!isalpha((unsigned char)t[0][0])) {
		*bad_col = 0;
		return 0;
	}
	if (n == 1 && all_alpha(t[0]) && ifname_begins(t[0]))
		return -1;
	if (!ifname_canonical(t[0], name)) {
		*bad_col = 0;
		return 0;
	}
	sbuf_adds(out, name);
	return 1;
}

static const char *ifname_choice(
	const struct value_type *vt, size_t i, const char **help)
{
	(void)vt;
	return ifname_type(i, help);
}

/* --- secret: [0|6|7] WORD; type 0 is not written --- */

static int secret_parse(const struct value_type *vt, const char *const *t,
	size_t n, struct sbuf *out, size_t *bad_col)
{
	bool typed = t[0][0] != '\0' && t[0][1] == '\0' &&
		     strchr("067", t[0][0]) != NULL && n > 1;

	(void)vt;
	*bad_col = 0;
	if (!typed) {
		sbuf_adds(out, t[0]);
		return 1;
	}
	if (t[0][0] != '0')
		sbuf_printf(out, "%s ", t[0]);
	sbuf_adds(out, t[1]);
	return 2;
}

/* --- pass_phrase: of a private key that travels --- */

static int pass_phrase_parse(const struct value_type *vt, const char *const *t,
	size_t n, struct sbuf *out, size_t *bad_col)
{
	(void)vt;
	(void)n;
	*bad_col = 0;
	if (t[0][0] == '\0' || strlen(t[0]) > PASS_PHRASE_MAX)
		return 0;
	sbuf_adds(out, t[0]);
	return 1;
}

static const char *secret_choice(
	const struct value_type *vt, size_t i, const char **help)
{
	static const char *const words[][2] = {
		{ "0", "Specifies an unencrypted password will follow" },
		{ "6", "Specifies an encrypted password will follow" },
		{ "WORD", "The unencrypted (clear text) user password" },
	};

	(void)vt;
	if (i >= ARRAY_LEN(words))
		return NULL;
	*help = words[i][1];
	return words[i][0];
}

unsigned secret_value(const char *stored, const char **text)
{
	if ((stored[0] == '6' || stored[0] == '7') && stored[1] == ' ') {
		*text = stored + 2;
		return (unsigned)(stored[0] - '0');
	}
	*text = stored;
	return 0;
}

/* --- key_peer: A [MASK]; a host and "any" are written without mask --- */

static int key_peer_parse(const struct value_type *vt, const char *const *t,
	size_t n, struct sbuf *out, size_t *bad_col)
{
	uint32_t addr, mask;
	uint8_t len;
	int used = 1;

	(void)vt;
	*bad_col = 0;
	if (!ip4_read(t[0], &addr))
		return 0;
	mask = addr == 0 ? 0 : UINT32_MAX;
	if (n > 1 && ip4_read(t[1], &mask)) {
		*bad_col = strlen(t[0]) + 1;
		if (!ip_mask_len(mask, &len))
			return 0;
		used = 2;
	}
	ip4_add(out, addr & mask);
	if (mask != UINT32_MAX && !(mask == 0 && (addr & mask) == 0)) {
		sbuf_addc(out, ' ');
		ip4_add(out, mask);
	}
	return used;
}

void key_peer_value(const char *stored, uint32_t *addr, uint32_t *mask)
{
	char a[IP_TEXT] = "", m[IP_TEXT] = "";

	*addr = 0;
	if (sscanf(stored, "%47s %47s", a, m) >= 1)
		ip4_read(a, addr);
	*mask = *addr == 0 ? 0 : UINT32_MAX;
	if (m[0] != '\0')
		ip4_read(m, mask);
}

/* --- kek_cipher: 3des-cbc | aes {128|192|256} | des-cbc --- */

static const struct {
	const char *text;
	enum cipher_id id;
} kek_ciphers[] = {
	{ "3des-cbc", CIPHER_3DES },
	{ "aes 128", CIPHER_AES128 },
	{ "aes 192", CIPHER_AES192 },
	{ "aes 256", CIPHER_AES256 },
	{ "des-cbc", CIPHER_DES },
};

static int kek_cipher_parse(const struct value_type *vt, const char *const *t,
	size_t n, struct sbuf *out, size_t *bad_col)
{
	(void)vt;
	*bad_col = 0;
	if (keyword_is(t[0], "3des-cbc") || keyword_is(t[0], "des-cbc")) {
		sbuf_adds(out, t[0][0] == '3' ? "3des-cbc" : "des-cbc");
		return 1;
	}
	if (!keyword_is(t[0], "aes"))
		return 0;
	if (n < 2)
		return -1;
	*bad_col = strlen(t[0]) + 1;
	if (strcmp(t[1], "128") != 0 && strcmp(t[1], "192") != 0 &&
		strcmp(t[1], "256") != 0)
		return 0;
	sbuf_printf(out, "aes %s", t[1]);
	return 2;
}

static const char *kek_cipher_choice(
	const struct value_type *vt, size_t i, const char **help)
{
	static const char *const words[][2] = {
		{ "3des-cbc", "Triple DES, 168 bit key" },
		{ "aes", "Advanced Encryption Standard" },
		{ "des-cbc", "DES, 56 bit key" },
	};

	(void)vt;
	if (i >= ARRAY_LEN(words))
		return NULL;
	*help = words[i][1];
	return words[i][0];
}

/* The key size after `aes`. */
static const char *kek_cipher_next(const struct value_type *vt,
	const char *const *t, size_t n, size_t i, const char **help)
{
	static const char *const sizes[][2] = { { "128", "128 bit keys" },
		{ "192", "192 bit keys" }, { "256", "256 bit keys" } };

	(void)vt;
	(void)t;
	(void)n;
	if (i >= ARRAY_LEN(sizes))
		return NULL;
	*help = sizes[i][1];
	return sizes[i][0];
}

enum cipher_id kek_cipher_value(const char *stored)
{
	for (size_t i = 0; i < ARRAY_LEN(kek_ciphers); i++) {
		if (strcmp(stored, kek_ciphers[i].text) == 0)
			return kek_ciphers[i].id;
	}
	return CIPHER_NONE;
}

/* --- sig_hash: sha sha256 sha384 sha512 --- */

static const char *const sig_hashes[] = { "sha", "sha256", "sha384", "sha512" };

static int sig_hash_parse(const struct value_type *vt, const char *const *t,
	size_t n, struct sbuf *out, size_t *bad_col)
{
	(void)vt;
	(void)n;
	*bad_col = 0;
	for (size_t i = 0; i < ARRAY_LEN(sig_hashes); i++) {
		if (strcasecmp(t[0], sig_hashes[i]) == 0) {
			sbuf_adds(out, sig_hashes[i]);
			return 1;
		}
	}
	return 0;
}

static const char *sig_hash_choice(
	const struct value_type *vt, size_t i, const char **help)
{
	(void)vt;
	if (i >= ARRAY_LEN(sig_hashes))
		return NULL;
	*help = "A hash of signatures";
	return sig_hashes[i];
}

enum hash_id hash_value(const char *ios_name)
{
	static const struct {
		const char *name;
		enum hash_id id;
	} names[] = { { "md5", HASH_MD5 }, { "sha", HASH_SHA1 },
		{ "sha256", HASH_SHA256 }, { "sha384", HASH_SHA384 },
		{ "sha512", HASH_SHA512 } };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (strcmp(ios_name, names[i].name) == 0)
			return names[i].id;
	}
	return HASH_NONE;
}

/* --- log_level: a severity by name or number, written by name --- */

static const char *const log_levels[][2] = {
	{ "emergencies", "System is unusable" },
	{ "alerts", "Immediate action needed" },
	{ "critical", "Critical conditions" },
	{ "errors", "Error conditions" },
	{ "warnings", "Warning conditions" },
	{ "notifications", "Normal but significant conditions" },
	{ "informational", "Informational messages" },
	{ "debugging", "Debugging messages" },
};

static int log_level_parse(const struct value_type *vt, const char *const *t,
	size_t n, struct sbuf *out, size_t *bad_col)
{
	unsigned long v = ARRAY_LEN(log_levels);

	(void)vt;
	(void)n;
	*bad_col = 0;
	if (!number_read(t[0], ARRAY_LEN(log_levels) - 1, &v)) {
		for (v = 0; v < ARRAY_LEN(log_levels); v++) {
			if (keyword_is(t[0], log_levels[v][0]))
				break;
		}
	}
	if (v == ARRAY_LEN(log_levels))
		return 0;
	sbuf_adds(out, log_levels[v][0]);
	return 1;
}

static const char *log_level_choice(
	const struct value_type *vt, size_t i, const char **help)
{
	(void)vt;
	if (i >= ARRAY_LEN(log_levels))
		return NULL;
	*help = log_levels[i][1];
	return log_levels[i][0];
}

int log_level_value(const char *stored)
{
	for (size_t i = 0; i < ARRAY_LEN(log_levels); i++) {
		if (strcmp(stored, log_levels[i][0]) == 0)
			return (int)i;
	}
	return LOG_SEV_DEBUG;
}

/* --- transform: one word of a transform set, with its key size --- */

static const struct {
	const char *word, *help;
	int cipher, auth; /* of ESP; -1: not for a suite of ours */
	bool sized;
} transforms[] = {
	{ "ah-md5-hmac", "AH-HMAC-MD5 transform", -1, -1, false },
	{ "ah-sha-hmac", "AH-HMAC-SHA transform", -1, -1, false },
	{ "ah-sha256-hmac", "AH-HMAC-SHA256 transform", -1, -1, false },
	{ "ah-sha384-hmac", "AH-HMAC-SHA384 transform", -1, -1, false },
	{ "ah-sha512-hmac", "AH-HMAC-SHA512 transform", -1, -1, false },
	{ "comp-lzs", "IP Compression using the LZS algorithm", -1, -1, false },
	{ "esn", "Extended Sequence Number", -1, -1, false },
	{ "esp-3des", "ESP transform using 3DES(EDE) cipher (168 bits)",
		ESP_CIPHER_3DES, -1, false },
	{ "esp-aes", "ESP transform using AES cipher", ESP_CIPHER_AES_CBC, -1,
		true },
	{ "esp-des", "ESP transform using DES cipher (56 bits)", ESP_CIPHER_DES,
		-1, false },
	{ "esp-gcm", "ESP transform using GCM cipher", ESP_CIPHER_AES_GCM, -1,
		true },
	{ "esp-gmac", "ESP transform using GMAC cipher", ESP_CIPHER_AES_GMAC,
		-1, true },
	{ "esp-md5-hmac", "ESP transform using HMAC-MD5 auth", -1, ESP_AUTH_MD5,
		false },
	{ "esp-null", "ESP transform w/o cipher", ESP_CIPHER_NULL, -1, false },
	{ "esp-seal", "ESP transform using SEAL cipher (160 bits)", -1, -1,
		false },
	{ "esp-sha-hmac", "ESP transform using HMAC-SHA auth", -1,
		ESP_AUTH_SHA1, false },
	{ "esp-sha256-hmac", "ESP transform using HMAC-SHA256 auth", -1,
		ESP_AUTH_SHA256, false },
	{ "esp-sha384-hmac", "ESP transform using HMAC-SHA384 auth", -1,
		ESP_AUTH_SHA384, false },
	{ "esp-sha512-hmac", "ESP transform using HMAC-SHA512 auth", -1,
		ESP_AUTH_SHA512, false },
};

static size_t transform_find(const char *word)
{
	size_t hit = ARRAY_LEN(transforms), hits = 0;

	for (size_t i = 0; i < ARRAY_LEN(transforms); i++) {
		if (strcasecmp(word, transforms[i].word) == 0)
			return i;
		if (keyword_is(word, transforms[i].word)) {
			hit = i;
			hits++;
		}
	}
	return hits == 1 ? hit : ARRAY_LEN(transforms);
}

static int transform_parse(const struct value_type *vt, const char *const *t,
	size_t n, struct sbuf *out, size_t *bad_col)
{
	size_t i = transform_find(t[0]);

	(void)vt;
	*bad_col = 0;
	if (i == ARRAY_LEN(transforms))
		return 0;
	sbuf_adds(out, transforms[i].word);
	if (!transforms[i].sized || n < 2)
		return 1;
	if (strcmp(t[1], "128") == 0)
		return 2;
	if (strcmp(t[1], "192") == 0 || strcmp(t[1], "256") == 0) {
		sbuf_printf(out, " %s", t[1]);
		return 2;
	}
	return 1;
}

static const char *transform_choice(
	const struct value_type *vt, size_t i, const char **help)
{
	(void)vt;
	if (i >= ARRAY_LEN(transforms))
		return NULL;
	*help = transforms[i].help;
	return transforms[i].word;
}

bool transform_value(const char *stored, struct esp_suite *s)
{
	char word[32] = "";
	unsigned bits = 128;
	size_t i;

	if (sscanf(stored, "%31s %u", word, &bits) < 1)
		return false;
	i = transform_find(word);
	if (i == ARRAY_LEN(transforms))
		return false;
	if (transforms[i].cipher >= 0 && s->cipher == ESP_CIPHER_NONE) {
		s->cipher = (uint8_t)transforms[i].cipher;
		s->key_bits = transforms[i].sized ? (uint16_t)bits : 0;
		return true;
	}
	if (transforms[i].auth >= 0 && s->auth == ESP_AUTH_NONE) {
		s->auth = (uint8_t)transforms[i].auth;
		return true;
	}
	return false;
}

/* --- sizes of which only some are allowed --- */

static const struct {
	const char *type;
	unsigned v[6];
} size_sets[] = {
	{ "aes_bits", { 128, 192, 256 } },
	{ "sid_bits", { 8, 12, 16 } },
	{ "replay_window", { 64, 128, 256, 512, 1024 } },
};

static const unsigned *size_set(const struct value_type *vt)
{
	size_t i = 0;

	while (strcmp(size_sets[i].type, vt->name) != 0)
		i++;
	return size_sets[i].v;
}

static int size_parse(const struct value_type *vt, const char *const *t,
	size_t n, struct sbuf *out, size_t *bad_col)
{
	unsigned long v;

	(void)n;
	*bad_col = 0;
	if (!number_read(t[0], UINT16_MAX, &v))
		return 0;
	for (const unsigned *s = size_set(vt); *s != 0; s++) {
		if (*s == v) {
			sbuf_printf(out, "%lu", v);
			return 1;
		}
	}
	return 0;
}

static const char *size_choice(
	const struct value_type *vt, size_t i, const char **help)
{
	static const char *const texts[][2] = { { "8", "8 bits" },
		{ "12", "12 bits" }, { "16", "16 bits" },
		{ "64", "64 packets" }, { "128", "128" },
		{ "192", "192 bit keys" }, { "256", "256" },
		{ "512", "512 packets" }, { "1024", "1024 packets" } };
	const unsigned *set = size_set(vt);

	for (size_t k = 0; k <= i; k++) {
		if (set[k] == 0)
			return NULL;
	}
	for (size_t k = 0; k < ARRAY_LEN(texts); k++) {
		if (strtoul(texts[k][0], NULL, 10) == set[i]) {
			*help = texts[k][1];
			return texts[k][0];
		}
	}
	return NULL;
}

/* --- name: of a section --- */

int name_parse(const struct value_type *vt, const char *const *t, size_t n,
	struct sbuf *out, size_t *bad_col)
{
	(void)vt;
	(void)n;
	*bad_col = 0;
	if (t[0][0] == '\0' || strlen(t[0]) > NAME_MAX_IOS)
		return 0;
	sbuf_adds(out, t[0]);
	return 1;
}

/* --- prefix6: 2001:DB8::1/64 --- */

static int prefix6_parse(const struct value_type *vt, const char *const *t,
	size_t n, struct sbuf *out, size_t *bad_col)
{
	struct ip_prefix p;
	char text[IP_TEXT];

	(void)vt;
	(void)n;
	if (!ip_prefix_parse(t[0], &p) || p.addr.family != 6) {
		size_t digits = strspn(t[0], "0123456789abcdefABCDEF:./");

		*bad_col = t[0][digits] == '\0' ? 0 : digits;
		return 0;
	}
	sbuf_printf(out, "%s/%u", ip_text(&p.addr, text), p.len);
	return 1;
}

static int netdev_parse(const struct value_type *vt, const char *const *t,
	size_t n, struct sbuf *out, size_t *bad_col)
{
	*bad_col = 0;
	if (strlen(t[0]) >= IFNAMSIZ || strchr(t[0], '/') != NULL ||
		strcmp(t[0], ".") == 0 || strcmp(t[0], "..") == 0)
		return 0;
	return name_parse(vt, t, n, out, bad_col);
}

/* --- rest, text: what follows, one blank between the words; a comment ends
 * the first, and is part of the second --- */

static int rest_parse(const struct value_type *vt, const char *const *t,
	size_t n, struct sbuf *out, size_t *bad_col)
{
	size_t i = 0;

	(void)vt;
	for (; i < n && t[i][0] != '!'; i++)
		sbuf_printf(out, i == 0 ? "%s" : " %s", t[i]);
	*bad_col = 0;
	return (int)i;
}

static int text_parse(const struct value_type *vt, const char *const *t,
	size_t n, struct sbuf *out, size_t *bad_col)
{
	(void)vt;
	for (size_t i = 0; i < n; i++)
		sbuf_printf(out, i == 0 ? "%s" : " %s", t[i]);
	*bad_col = 0;
	return (int)n;
}

// clang-format off
static const struct value_type types[] = {
	{ .name = "ifname", .parse = ifname_parse, .choice = ifname_choice,
	  .display = "IFNAME", .more = "<0-9>",
	  .sample = "GigabitEthernet0/0", .cmp = ifname_cmp },
	{ .name = "pass_phrase", .secret = true, .parse = pass_phrase_parse,
	  .display = "LINE", .sample = "Orb1tLab" },
	{ .name = "secret", .parse = secret_parse, .choice = secret_choice,
	  .secret = true, .display = "WORD", .sample = "k3y" },
	{ .name = "key_peer", .parse = key_peer_parse, .display = "A.B.C.D",
	  .sample = "198.51.100.0 255.255.255.0" },
	{ .name = "kek_cipher", .parse = kek_cipher_parse,
	  .choice = kek_cipher_choice, .next = kek_cipher_next,
	  .display = "aes", .sample = "aes 256" },
	{ .name = "sig_hash", .parse = sig_hash_parse,
	  .choice = sig_hash_choice, .display = "sha256",
	  .sample = "sha256" },
	{ .name = "log_level", .parse = log_level_parse,
	  .choice = log_level_choice, .display = "<0-7>",
	  .sample = "informational" },
	{ .name = "transform", .parse = transform_parse,
	  .choice = transform_choice, .display = "esp-aes",
	  .sample = "esp-aes 256" },
	{ .name = "aes_bits", .parse = size_parse, .choice = size_choice,
	  .display = "128", .sample = "256" },
	{ .name = "sid_bits", .parse = size_parse, .choice = size_choice,
	  .display = "8", .sample = "16" },
	{ .name = "replay_window", .parse = size_parse, .choice = size_choice,
	  .display = "64", .sample = "128" },
	{ .name = "prefix6", .parse = prefix6_parse,
	  .display = "X:X:X:X::X/<0-128>", .sample = "2001:DB8:1::/64" },
	{ .name = "netdev", .parse = netdev_parse, .display = "WORD",
	  .sample = "eth0" },
	{ .name = "text", .parse = text_parse, .unread = true,
	  .display = "LINE",
	  .sample = "some text" },
	{ .name = "rest", .parse = rest_parse, .unread = true,
	  .display = "LINE",
	  .sample = "some more words" },
	{ .name = "name", .parse = name_parse, .display = "WORD",
	  .sample = "NAME" },
};
// clang-format on

void types_register(struct grammar *g)
{
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		value_type_add(g, &types[i]);
	types_acl_register(g);
	types_block_register(g);
	types_url_register(g);
}
