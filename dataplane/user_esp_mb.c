/* ESP's ciphers and HMACs by Intel's multi-buffer library: GCM with wide vector
 * instructions, CBC and HMAC of several packets at a time.  Its manager takes
 * jobs in and gives them back in the same order. */
#include "dataplane/user_esp_priv.h"
#include <intel-ipsec-mb.h>
#include <stdlib.h>
#include <string.h>

#define ALIGN       64 /* of key schedules and of the manager */
#define NONCE       12
#define SALT        4
#define TAG         16
#define ROUND_WORDS 60 /* of AES-256's schedule */

struct esp_mb {
	IMB_MGR *mgr;
};

/* What a key comes to, once. */
struct esp_mb_keys {
	struct gcm_key_data gcm;
	uint32_t enc[ROUND_WORDS] __attribute__((aligned(16)));
	uint32_t dec[ROUND_WORDS] __attribute__((aligned(16)));
	uint8_t ipad[HASH_MAX_BYTES], opad[HASH_MAX_BYTES];
	struct esp_shape shape;
	uint8_t salt[SALT];
	IMB_MGR *mgr;
	aes_gcm_enc_dec_t gcm_run;
	IMB_HASH_ALG hash;
	IMB_CIPHER_MODE cipher;
	uint64_t key_bytes;
};

/* ---- the manager ---- */

const char *esp_mb_missing(void)
{
	uint64_t have = imb_get_feature_flags();
	struct esp_mb *m;

	if (!(have & IMB_FEATURE_AESNI) || !(have & IMB_FEATURE_PCLMULQDQ))
		return "this processor lacks AES instructions";
	m = esp_mb_new();
	if (!m)
		return "ipsec-mb can not start on this processor";
	esp_mb_free(m);
	return NULL;
}

static void *aligned_new(size_t n)
{
	void *p = aligned_alloc(ALIGN, (n + ALIGN - 1) / ALIGN * ALIGN);

	if (!p)
		abort();
	memset(p, 0, n);
	return p;
}

/* In memory of ours, so that it can be wiped. */
struct esp_mb *esp_mb_new(void)
{
	struct esp_mb *m = xcalloc(1, sizeof(*m));
	void *room = aligned_new(imb_get_mb_mgr_size());

	m->mgr = imb_set_pointers_mb_mgr(room, 0, 1);
	if (!m->mgr) {
		free(room);
		free(m);
		return NULL;
	}
	init_mb_mgr_auto(m->mgr, NULL);
	if (imb_get_errno(m->mgr) ||
		!(m->mgr->features & IMB_FEATURE_SELF_TEST_PASS)) {
		esp_mb_free(m);
		return NULL;
	}
	return m;
}

void esp_mb_free(struct esp_mb *m)
{
	if (!m)
		return;
	mem_wipe(m->mgr, imb_get_mb_mgr_size());
	free(m->mgr);
	free(m);
}

/* ---- keys ---- */

static void aes_expand(struct esp_mb_keys *k, const uint8_t *key)
{
	switch (k->key_bytes) {
	case 16:
		IMB_AES_KEYEXP_128(k->mgr, key, k->enc, k->dec);
		break;
	case 24:
		IMB_AES_KEYEXP_192(k->mgr, key, k->enc, k->dec);
		break;
	default:
		IMB_AES_KEYEXP_256(k->mgr, key, k->enc, k->dec);
		break;
	}
}

static void gcm_expand(struct esp_mb_keys *k, const uint8_t *key)
{
	bool seal = k->shape.seal;
	IMB_MGR *m = k->mgr;

	switch (k->key_bytes) {
	case 16:
		IMB_AES128_GCM_PRE(m, key, &k->gcm);
		k->gcm_run = seal ? m->gcm128_enc : m->gcm128_dec;
		break;
	case 24:
		IMB_AES192_GCM_PRE(m, key, &k->gcm);
		k->gcm_run = seal ? m->gcm192_enc : m->gcm192_dec;
		break;
	default:
		IMB_AES256_GCM_PRE(m, key, &k->gcm);
		k->gcm_run = seal ? m->gcm256_enc : m->gcm256_dec;
		break;
	}
}

static const struct {
	IMB_HASH_ALG alg;
	size_t one_block; /* in IMB_MGR: hashes a block to a state */
} hashes[] = {
	[ESP_AUTH_NONE] = { IMB_AUTH_NULL, 0 },
	[ESP_AUTH_MD5] = { IMB_AUTH_MD5, offsetof(IMB_MGR, md5_one_block) },
	[ESP_AUTH_SHA1] = { IMB_AUTH_HMAC_SHA_1,
		offsetof(IMB_MGR, sha1_one_block) },
	[ESP_AUTH_SHA256] = { IMB_AUTH_HMAC_SHA_256,
		offsetof(IMB_MGR, sha256_one_block) },
	[ESP_AUTH_SHA384] = { IMB_AUTH_HMAC_SHA_384,
		offsetof(IMB_MGR, sha384_one_block) },
	[ESP_AUTH_SHA512] = { IMB_AUTH_HMAC_SHA_512,
		offsetof(IMB_MGR, sha512_one_block) },
};

/* The states after the padded key: HMAC goes on from there. */
static void hmac_expand(
	struct esp_mb_keys *k, uint8_t auth, const struct keybuf *key)
{
	uint8_t block[128];
	hash_one_block_t one;

	memcpy(&one, (const char *)k->mgr + hashes[auth].one_block,
		sizeof(one));
	memset(block, 0x36, sizeof(block));
	for (size_t i = 0; i < key->n; i++)
		block[i] ^= key->b[i];
	one(block, k->ipad);
	for (size_t i = 0; i < sizeof(block); i++)
		block[i] ^= 0x36 ^ 0x5c;
	one(block, k->opad);
	mem_wipe(block, sizeof(block));
}

/* Not for what is too weak to hurry. */
static bool suite_served(const struct esp_suite *s)
{
	return s->cipher != ESP_CIPHER_DES && s->cipher != ESP_CIPHER_3DES;
}

struct esp_mb_keys *esp_mb_keys_new(struct esp_mb *m, const struct esp_suite *s,
	const struct esp_shape *shape, const struct keybuf *enc,
	const struct keybuf *auth)
{
	struct esp_mb_keys *k;

	if (!suite_served(s))
		return NULL;
	k = aligned_new(sizeof(*k));
	k->mgr = m->mgr;
	k->shape = *shape;
	k->key_bytes = s->key_bits / 8;
	k->hash = hashes[s->auth].alg;
	k->cipher =
		shape->kind == ESP_KIND_CBC ? IMB_CIPHER_CBC : IMB_CIPHER_NULL;
	if (shape->kind == ESP_KIND_GCM || shape->kind == ESP_KIND_GMAC) {
		memcpy(k->salt, enc->b + k->key_bytes, SALT);
		gcm_expand(k, enc->b);
		return k;
	}
	if (shape->kind == ESP_KIND_CBC)
		aes_expand(k, enc->b);
	if (s->auth != ESP_AUTH_NONE)
		hmac_expand(k, s->auth, auth);
	return k;
}

void esp_mb_keys_free(struct esp_mb_keys *k)
{
	if (!k)
		return;
	mem_wipe(k, sizeof(*k));
	free(k);
}

/* ---- packets ---- */

/* A packet to open has its ICV computed beside it. */
static void icv_settle(
	const struct esp_shape *s, struct esp_job *j, const struct esp_frame *f)
{
	j->good = s->seal ||
		  mem_equal_secret(j->icv, f->data + f->body, s->icv_bytes);
}

/* Authenticated only are SPI and sequence; with GMAC the whole packet, IV
 * included (RFC 4543 3.3). */
static void gcm_run(struct esp_mb_keys *k, struct esp_job *j)
{
	struct esp_frame f = esp_frame(&k->shape, j->p, j->n);
	bool gmac = k->shape.kind == ESP_KIND_GMAC;
	struct gcm_context_data scratch;
	uint8_t nonce[NONCE];

	memcpy(nonce, k->salt, SALT);
	memcpy(nonce + SALT, f.esp + 8, NONCE - SALT);
	k->gcm_run(&k->gcm, &scratch, f.data, f.data, gmac ? 0 : f.body, nonce,
		f.esp, gmac ? (size_t)(f.data - f.esp) + f.body : 8,
		k->shape.seal ? f.data + f.body : j->icv, TAG);
	icv_settle(&k->shape, j, &f);
}

static void done(const IMB_JOB *b)
{
	struct esp_job *j = b->user_data;
	const struct esp_shape *s = &j->ctx->shape;
	struct esp_frame f = esp_frame(s, j->p, j->n);

	if (b->status == IMB_STATUS_COMPLETED)
		icv_settle(s, j, &f);
}

static void job_fill(IMB_JOB *b, const struct esp_mb_keys *k, struct esp_job *j)
{
	struct esp_frame f = esp_frame(&k->shape, j->p, j->n);
	size_t head = (size_t)(f.data - f.esp);
	bool seal = k->shape.seal, cbc = k->cipher == IMB_CIPHER_CBC;

	b->cipher_mode = k->cipher;
	b->cipher_direction = seal ? IMB_DIR_ENCRYPT : IMB_DIR_DECRYPT;
	b->chain_order = seal ? IMB_ORDER_CIPHER_HASH : IMB_ORDER_HASH_CIPHER;
	b->enc_keys = k->enc;
	b->dec_keys = k->dec;
	b->key_len_in_bytes = k->key_bytes;
	b->src = f.esp;
	b->dst = f.data;
	b->cipher_start_src_offset_in_bytes = head;
	b->msg_len_to_cipher_in_bytes = cbc ? f.body : 0;
	b->iv = f.esp + 8;
	b->iv_len_in_bytes = k->shape.iv_bytes;
	b->hash_alg = k->hash;
	b->hash_start_src_offset_in_bytes = 0;
	b->msg_len_to_hash_in_bytes = head + f.body;
	b->auth_tag_output = seal ? f.data + f.body : j->icv;
	b->auth_tag_output_len_in_bytes = k->shape.icv_bytes;
	b->u.HMAC._hashed_auth_key_xor_ipad = k->ipad;
	b->u.HMAC._hashed_auth_key_xor_opad = k->opad;
	b->user_data = j;
}

void esp_mb_submit(struct esp_mb_keys *k, struct esp_job *j)
{
	IMB_JOB *b;

	j->good = false;
	if (k->gcm_run) {
		gcm_run(k, j);
		return;
	}
	b = IMB_GET_NEXT_JOB(k->mgr);
	job_fill(b, k, j);
	for (b = IMB_SUBMIT_JOB(k->mgr); b; b = IMB_GET_COMPLETED_JOB(k->mgr))
		done(b);
}

void esp_mb_flush(struct esp_mb_keys *k)
{
	IMB_JOB *b;

	while ((b = IMB_FLUSH_JOB(k->mgr)))
		done(b);
}
