/* The master key of type 6 passwords: derived from the phrase of `key
 * config-key password-encrypt`, kept in locked memory and, without the phrase,
 * in a file of root's. */
#include "crypto/passwd.h"

#include "base/file.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define KEY_BYTES 32
#define ROUNDS    200000
#define MAGIC     "getvpn master key 1\n"
/* Fixed: the key depends on the phrase alone. */
#define SALT "getvpn password type 6"

static struct {
	char *path;
	bool exists;
	uint8_t key[KEY_BYTES];
} master;

static void take(const uint8_t *key)
{
	/* Best effort: without the right to lock, swap is the risk. */
	(void)mlock(master.key, sizeof(master.key));
	memcpy(master.key, key, sizeof(master.key));
	master.exists = true;
}

static void forget(void)
{
	mem_wipe(master.key, sizeof(master.key));
	master.exists = false;
}

static void derive(const char *phrase, uint8_t key[KEY_BYTES])
{
	if (PKCS5_PBKDF2_HMAC(phrase, (int)strlen(phrase),
		    (const unsigned char *)SALT, sizeof(SALT) - 1, ROUNDS,
		    EVP_sha256(), KEY_BYTES, key) != 1)
		abort();
}

int master_key_open(const char *path)
{
	static const size_t head = sizeof(MAGIC) - 1;
	auto_sbuf struct sbuf b = { 0 };
	int err;

	master_key_close();
	if (path == NULL)
		return 0;
	master.path = xstrdup(path);
	err = file_read(path, &b, head + KEY_BYTES);
	if (err != 0)
		return err == -ENOENT ? 0 : err;
	if (b.n != head + KEY_BYTES || memcmp(b.s, MAGIC, head) != 0)
		return -EINVAL;
	take((uint8_t *)b.s + head);
	return 0;
}

bool master_key_exists(void)
{
	return master.exists;
}

bool master_key_is(const char *phrase)
{
	uint8_t key[KEY_BYTES];
	bool same;

	derive(phrase, key);
	same = master.exists && mem_equal_secret(key, master.key, KEY_BYTES);
	mem_wipe(key, sizeof(key));
	return same;
}

int master_key_set(const char *phrase)
{
	auto_sbuf struct sbuf b = { 0 };
	uint8_t key[KEY_BYTES];
	int err = 0;

	derive(phrase, key);
	sbuf_adds(&b, MAGIC);
	sbuf_add(&b, key, sizeof(key));
	if (master.path != NULL)
		err = file_replace(master.path, b.s, b.n, 0600);
	if (err == 0)
		take(key);
	mem_wipe(key, sizeof(key));
	return err;
}

int master_key_drop(void)
{
	if (master.path != NULL && unlink(master.path) != 0 && errno != ENOENT)
		return -errno;
	forget();
	return 0;
}

void master_key_close(void)
{
	forget();
	free(master.path);
	master.path = NULL;
}

const uint8_t *master_key_bytes(void)
{
	return master.exists ? master.key : NULL;
}
