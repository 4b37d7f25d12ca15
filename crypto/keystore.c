/* Named private keys on disk.
 *
 * One file a key: DIR/LABEL.key, with the label's unusual bytes as %XX.  Three
 * header lines, then PKCS#8 in PEM:
 *
 *	label: RSA_KEYS
 *	exportable: no
 *	generated: 1732449600
 *	-----BEGIN PRIVATE KEY-----
 */
#include "crypto/keystore.h"

#include "base/file.h"
#include "base/list.h"

#include <ctype.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SUFFIX       ".key"
#define KEY_FILE_MAX 16384
#define PEM_BEGIN    "-----BEGIN PRIVATE KEY-----\n"
#define PEM_END      "-----END PRIVATE KEY-----\n"
#define PEM_LINE     48 /* bytes: 64 characters */

struct entry {
	TAILQ_ENTRY(entry) link;
	struct stored_key key;
};
TAILQ_HEAD(entry_list, entry);

struct keystore {
	char *dir;                 /* NULL: memory only */
	struct entry_list entries; /* sorted by label */
};

static struct entry *entry_find(const struct keystore *ks, const char *label)
{
	struct entry *e;

	TAILQ_FOREACH(e, &ks->entries, link)
		if (strcmp(e->key.label, label) == 0)
			return e;
	return NULL;
}

static void entry_free(struct keystore *ks, struct entry *e)
{
	TAILQ_REMOVE(&ks->entries, e, link);
	pkey_unref(e->key.key);
	free(e);
}

/* Takes the key's reference; a key of that label gives way. */
static void entry_set(struct keystore *ks, const struct stored_key *key)
{
	struct entry *e = entry_find(ks, key->label), *next;

	if (e != NULL)
		entry_free(ks, e);
	e = xcalloc(1, sizeof(*e));
	e->key = *key;
	TAILQ_FOREACH(next, &ks->entries, link)
		if (strcmp(next->key.label, key->label) > 0)
			break;
	if (next != NULL)
		TAILQ_INSERT_BEFORE(next, e, link);
	else
		TAILQ_INSERT_TAIL(&ks->entries, e, link);
}

static void path_of(
	const struct keystore *ks, const char *label, struct sbuf *out)
{
	sbuf_printf(out, "%s/", ks->dir);
	file_name_add(out, label);
	sbuf_adds(out, SUFFIX);
}

/* The value of the line "name: value" at *at, which moves behind it. */
static bool header_line(
	const char **at, const char *name, char *out, size_t room)
{
	size_t n = strlen(name);
	const char *end = strchr(*at, '\n');

	if (end == NULL || strncmp(*at, name, n) != 0)
		return false;
	size_t len = (size_t)(end - *at) - n;
	if (len >= room)
		return false;
	memcpy(out, *at + n, len);
	out[len] = '\0';
	*at = end + 1;
	return true;
}

static bool key_parse(const char *text, struct stored_key *out)
{
	char exportable[8], generated[24], *end;

	*out = (struct stored_key){ 0 };
	if (!header_line(&text, "label: ", out->label, sizeof(out->label)) ||
		!header_line(&text, "exportable: ", exportable,
			sizeof(exportable)) ||
		!header_line(
			&text, "generated: ", generated, sizeof(generated)))
		return false;
	out->exportable = strcmp(exportable, "yes") == 0;
	out->generated = (time_t)strtoll(generated, &end, 10);
	if (*end != '\0' || end == generated)
		return false;
	out->key = pkey_from_pem(text);
	return out->key != NULL;
}

struct loading {
	struct keystore *ks;
	struct sbuf *problems;
};

static void load_file(void *ctx, const char *name)
{
	struct keystore *ks = ((struct loading *)ctx)->ks;
	struct sbuf *problems = ((struct loading *)ctx)->problems;
	auto_sbuf struct sbuf path = { 0 }, proper = { 0 }, text = { 0 };
	struct stored_key key;

	sbuf_printf(&path, "%s/%s", ks->dir, name);
	int rc = file_read(path.s, &text, KEY_FILE_MAX);
	if (rc < 0) {
		sbuf_printf(problems, "%s: %s\n", path.s, strerror(-rc));
	} else if (!key_parse(sbuf_str(&text), &key)) {
		sbuf_printf(problems, "%s: not a key file\n", path.s);
	} else {
		path_of(ks, key.label, &proper);
		if (strcmp(proper.s, path.s) == 0) {
			entry_set(ks, &key);
		} else {
			sbuf_printf(
				problems, "%s: holds another label\n", path.s);
			pkey_unref(key.key);
		}
	}
}

struct keystore *keystore_open(const char *dir, struct sbuf *problems)
{
	struct keystore *ks = xcalloc(1, sizeof(*ks));

	TAILQ_INIT(&ks->entries);
	if (dir == NULL)
		return ks;
	ks->dir = xstrdup(dir);
	struct loading l = { ks, problems };
	int rc = file_mkdirs(dir, 0700);

	if (rc == 0)
		rc = file_each(dir, SUFFIX, load_file, &l);
	if (rc < 0)
		sbuf_printf(problems, "%s: %s\n", dir, strerror(-rc));
	return ks;
}

void keystore_close(struct keystore *ks)
{
	struct entry *e;

	if (ks == NULL)
		return;
	while ((e = TAILQ_FIRST(&ks->entries)) != NULL)
		entry_free(ks, e);
	free(ks->dir);
	free(ks);
}

const struct stored_key *keystore_get(
	const struct keystore *ks, const char *label)
{
	const struct entry *e = entry_find(ks, label);

	return e != NULL ? &e->key : NULL;
}

size_t keystore_list(
	const struct keystore *ks, const struct stored_key **out, size_t max)
{
	const struct entry *e;
	size_t n = 0;

	TAILQ_FOREACH(e, &ks->entries, link) {
		if (n == max)
			break;
		out[n++] = &e->key;
	}
	return n;
}

static void add_pem(struct sbuf *out, const struct secret *der)
{
	unsigned char line[PEM_LINE / 3 * 4 + 1];

	sbuf_adds(out, PEM_BEGIN);
	for (size_t at = 0; at < der->n; at += PEM_LINE) {
		size_t n = der->n - at < PEM_LINE ? der->n - at : PEM_LINE;

		EVP_EncodeBlock(line, der->p + at, (int)n);
		sbuf_printf(out, "%s\n", (const char *)line);
	}
	sbuf_adds(out, PEM_END);
	mem_wipe(line, sizeof(line));
}

static int save(const struct keystore *ks, const struct stored_key *key)
{
	auto_sbuf struct sbuf path = { 0 }, text = { 0 };
	auto_secret struct secret der = { 0 };
	int rc = pkey_pkcs8(key->key, &der);

	if (rc < 0)
		return rc;
	path_of(ks, key->label, &path);
	sbuf_printf(&text, "label: %s\nexportable: %s\ngenerated: %lld\n",
		key->label, key->exportable ? "yes" : "no",
		(long long)key->generated);
	add_pem(&text, &der);
	return file_replace(path.s, text.s, text.n, 0600);
}

static bool label_valid(const char *label)
{
	size_t n = strlen(label);

	if (n == 0 || n > KEY_LABEL_MAX)
		return false;
	/* The file's header has one label a line. */
	for (const char *c = label; *c != '\0'; c++)
		if (iscntrl((unsigned char)*c))
			return false;
	return true;
}

int keystore_put(struct keystore *ks, const char *label, struct pkey *key,
	bool exportable, time_t generated)
{
	struct stored_key k = {
		.exportable = exportable, .generated = generated, .key = key
	};

	if (!label_valid(label))
		return -EINVAL;
	snprintf(k.label, sizeof(k.label), "%s", label);
	if (ks->dir != NULL) {
		int rc = save(ks, &k);

		if (rc < 0)
			return rc;
	}
	pkey_ref(key);
	entry_set(ks, &k);
	return 0;
}

int keystore_remove(struct keystore *ks, const char *label)
{
	struct entry *e = entry_find(ks, label);

	if (e == NULL)
		return -ENOENT;
	if (ks->dir != NULL) {
		auto_sbuf struct sbuf path = { 0 };

		path_of(ks, label, &path);
		if (unlink(path.s) < 0 && errno != ENOENT)
			return -errno;
	}
	entry_free(ks, e);
	return 0;
}
