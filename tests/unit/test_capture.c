/* A registration, a rekey and its acknowledgement as tests/net/15-wire.sh
 * captured them, read from the file with the keys beside it: what we wrote
 * once has to stay readable. */
#include "base/file.h"
#include "crypto/cert.h"
#include "crypto/cipher.h"
#include "crypto/prf.h"
#include "gdoi/env.h"
#include "gdoi/gdoi_wire.h"
#include "tests/unit/test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PCAP_HDR     24
#define PCAP_RECORD  16
#define ETHERNET_HDR 14
#define UDP_HDR      8
#define MESSAGES_MAX 32
#define BLOCK        16 /* of AES-128-CBC and SHA-1, as the lab has them */

struct message {
	struct isakmp_hdr hdr;
	struct span whole;
};
static struct capture {
	struct sbuf file;
	struct message m[MESSAGES_MAX];
	size_t n;
	uint8_t ike_key[BLOCK];
	struct kek kek;
} cap;
static const struct env env = { .crypto = &crypto_ops_openssl };

static void hex(const char *text, uint8_t *out, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned v;

		assert_int_equal(sscanf(text + 2 * i, "%2x", &v), 1);
		out[i] = (uint8_t)v;
	}
}

static void data_read(const char *name, struct sbuf *out)
{
	const char *dir = getenv("srcdir");
	auto_sbuf struct sbuf path = { 0 };

	sbuf_printf(&path, "%s/tests/data/%s", dir != NULL ? dir : "..", name);
	assert_int_equal(file_read(sbuf_str(&path), out, 1 << 20), 0);
}

static void keys_read(const char *name)
{
	auto_sbuf struct sbuf b = { 0 };
	const char *ike, *kek;

	data_read(name, &b);
	ike = strstr(sbuf_str(&b), "ikev1 ");
	kek = strstr(sbuf_str(&b), "kek ");
	assert_true(ike != NULL && kek != NULL);
	hex(ike + 6 + 16 + 1, cap.ike_key, sizeof(cap.ike_key));
	cap.kek = (struct kek){
		.cipher = CIPHER_3DES, .sig_hash = HASH_SHA1, .key.n = 24
	};
	hex(kek + 4, cap.kek.spi, sizeof(cap.kek.spi));
	hex(kek + 4 + 32 + 1, cap.kek.key.b, cap.kek.key.n);
}

static void frame_take(struct span frame)
{
	size_t ip = ETHERNET_HDR, udp;
	struct message *m = &cap.m[cap.n];

	assert_true(frame.n > ip + 20 && frame.p[ip + 9] == 17);
	udp = ip + (frame.p[ip] & 15u) * 4u;
	assert_true(frame.n > udp + UDP_HDR && cap.n < MESSAGES_MAX);
	m->whole = SPAN(frame.p + udp + UDP_HDR, frame.n - udp - UDP_HDR);
	assert_int_equal(isakmp_hdr_read(m->whole, &m->hdr), WIRE_OK);
	cap.n++;
}

static void capture_read(const char *name)
{
	auto_sbuf struct sbuf pcap = { 0 }, keys = { 0 };
	size_t at = PCAP_HDR;

	cap = (struct capture){ .n = 0 };
	sbuf_printf(&pcap, "%s.pcap", name);
	sbuf_printf(&keys, "%s.keys", name);
	data_read(sbuf_str(&pcap), &cap.file);
	while (at + PCAP_RECORD <= cap.file.n) {
		uint32_t n;

		memcpy(&n, cap.file.s + at + 8, sizeof(n)); /* our byte order */
		at += PCAP_RECORD;
		assert_true(at + n <= cap.file.n);
		frame_take(SPAN(cap.file.s + at, n));
		at += n;
	}
	keys_read(sbuf_str(&keys));
}

static int by_psk(void **state)
{
	(void)state;
	capture_read("registration");
	return 0;
}

static int by_rsa(void **state)
{
	(void)state;
	capture_read("registration-rsa");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	sbuf_free(&cap.file);
	return 0;
}

/* The nth message of that exchange, of those encrypted or not. */
static const struct message *message(uint8_t exchange, bool encrypted, size_t n)
{
	for (size_t i = 0; i < cap.n; i++) {
		const struct isakmp_hdr *h = &cap.m[i].hdr;

		if (h->exchange == exchange &&
			(h->flags & ISAKMP_FLAG_E) / ISAKMP_FLAG_E ==
				encrypted &&
			n-- == 0)
			return &cap.m[i];
	}
	fail_msg("message %zu of exchange %u is not there", n, exchange);
	return NULL;
}

/* Decrypts in place and moves the chain on (protocol.md A.8). */
static void open_message(
	const struct message *m, uint8_t iv[BLOCK], struct payloads *out)
{
	uint8_t *body = (uint8_t *)(uintptr_t)m->whole.p + ISAKMP_HDR;
	size_t n = m->whole.n - ISAKMP_HDR;
	uint8_t last[BLOCK];

	memcpy(last, body + n - BLOCK, BLOCK);
	assert_int_equal(cbc_decrypt(cipher_alg(CIPHER_AES128), cap.ike_key, iv,
				 body, n),
		0);
	memcpy(iv, last, BLOCK);
	assert_int_equal(
		isakmp_split(SPAN(body, n), m->hdr.next, out), WIRE_OK);
}

static struct span ke_of(const struct message *m)
{
	struct payloads p;
	struct rd r;

	assert_int_equal(isakmp_split(SPAN(m->whole.p + ISAKMP_HDR,
					      m->whole.n - ISAKMP_HDR),
				 m->hdr.next, &p),
		WIRE_OK);
	assert_non_null(payload_get(&p, PLD_KE));
	r = payload_get(&p, PLD_KE)->body;
	return rd_rest(&r);
}

/* HASH, or a certificate and a signature of its key's size. */
static void check_proof(const struct payloads *p)
{
	const struct payload *q = payload_get(p, PLD_CERT);

	assert_int_equal(p->v[0].type, PLD_ID);
	if (q == NULL) {
		assert_int_equal(p->v[1].type, PLD_HASH);
		return;
	}
	struct rd r = q->body, sig = payload_get(p, PLD_SIG)->body;

	assert_int_equal(rd_u8(&r), 4); /* X.509, signature */
	struct cert *c = cert_from_der(rd_rest(&r));

	assert_non_null(c);
	assert_int_equal(rd_left(&sig), pkey_sig_bytes(cert_public(c)));
	cert_unref(c);
}

static void phase1_open(uint8_t iv[BLOCK], bool signs)
{
	const struct message *ke[2] = { NULL, NULL };
	uint8_t sum[HASH_MAX_BYTES];
	struct payloads p;
	size_t n = 0;

	for (size_t i = 0; i < cap.n && n < 2; i++)
		if (cap.m[i].hdr.next == PLD_KE)
			ke[n++] = &cap.m[i];
	assert_int_equal(n, 2);
	const struct span parts[] = { ke_of(ke[0]), ke_of(ke[1]) };

	digest(HASH_SHA1, parts, 2, sum);
	memcpy(iv, sum, BLOCK);
	for (size_t i = 0; i < 2; i++) {
		open_message(message(XCHG_MAIN, true, i), iv, &p);
		check_proof(&p);
		assert_int_equal(payload_count(&p, PLD_SIG), signs);
	}
}

static void pull_iv(uint32_t mid, uint8_t iv[BLOCK])
{
	const uint8_t m[4] = { (uint8_t)(mid >> 24), (uint8_t)(mid >> 16),
		(uint8_t)(mid >> 8), (uint8_t)mid };
	const struct span parts[] = { SPAN(iv, BLOCK), SPAN(m, 4) };
	uint8_t sum[HASH_MAX_BYTES];

	digest(HASH_SHA1, parts, 2, sum);
	memcpy(iv, sum, BLOCK);
}

static void check_offer(
	const struct payloads *p, struct gdoi_sa *sa, size_t teks)
{
	assert_non_null(payload_get(p, PLD_NONCE));
	assert_int_equal(
		gdoi_sa_read(payload_get(p, PLD_SA)->body, sa), WIRE_OK);
	assert_true(sa->has_sak);
	assert_memory_equal(sa->sak.spi, cap.kek.spi, KEK_SPI_BYTES);
	assert_int_equal(sa->sak.cipher, CIPHER_3DES);
	assert_int_equal(sa->n_sats, teks);
	assert_int_equal(sa->skipped_sats, 0);
	assert_int_equal(sa->sat[0].ip_proto, 1);
	assert_int_equal(sa->sat[0].suite.cipher, ESP_CIPHER_AES_CBC);
}

/* All of the PULL, then the PUSH under the KEK that it brought, verified with
 * the key that came with it, then the acknowledgement. */
static void check_registration(bool signs, uint32_t rekey)
{
	struct wire_id id;
	struct gdoi_sa sa;
	struct gdoi_kd kd;
	struct payloads p;
	uint8_t iv[BLOCK];
	uint32_t seq;

	phase1_open(iv, signs);
	pull_iv(message(XCHG_PULL, true, 0)->hdr.mid, iv);
	open_message(message(XCHG_PULL, true, 0), iv, &p);
	assert_int_equal(
		wire_id_read(payload_get(&p, PLD_ID)->body, &id), WIRE_OK);
	assert_int_equal(id.type, ID_KEY_ID);
	assert_memory_equal(id.data.p, "\0\0\0\x7b", 4);
	open_message(message(XCHG_PULL, true, 1), iv, &p);
	check_offer(&p, &sa, rekey);
	open_message(message(XCHG_PULL, true, 2), iv, &p);
	assert_int_equal(p.n, 1);
	open_message(message(XCHG_PULL, true, 3), iv, &p);
	assert_int_equal(
		gdoi_seq_read(payload_get(&p, PLD_SEQ)->body, &seq), WIRE_OK);
	assert_int_equal(seq, rekey - 1);
	assert_int_equal(
		gdoi_kd_read(payload_get(&p, PLD_KD)->body, CIPHER_3DES, &kd),
		WIRE_OK);
	assert_true(kd.has_kek);
	assert_true(keybuf_equal(&kd.kek_key, &cap.kek.key));
	assert_int_equal(kd.n_teks, rekey);
	for (size_t i = 0; i < kd.n_teks; i++)
		assert_int_equal(kd.tek[i].spi, sa.sat[i].spi);
	gdoi_sa_free(&sa);

	struct pkey *signer =
		pkey_from_public_der(SPAN(kd.sig_key, kd.sig_key_n));
	const struct message *push = message(XCHG_PUSH, true, 0);
	const struct message *ack = message(XCHG_PUSH_ACK, false, 0);
	uint8_t clear[2000];
	struct ip_addr member;
	struct push_msg m;
	struct ack_keys *ack_keys;

	cap.kek.iv = kd.kek_iv;
	assert_non_null(signer);
	assert_int_equal(push_open(push->whole, &cap.kek, clear, &m), WIRE_OK);
	assert_int_equal(m.seq, rekey);
	assert_int_equal(push_verify(&m, &cap.kek, signer, &env), WIRE_OK);
	clear[ISAKMP_HDR + 7] ^= 1; /* another sequence number */
	assert_int_equal(
		push_verify(&m, &cap.kek, signer, &env), WIRE_SIGNATURE);
	ack_keys = ack_keys_new(&cap.kek, ACK_KEK_SHA256);
	assert_int_equal(
		ack_read(ack->whole, ack_keys, &seq, &member), WIRE_OK);
	ack_keys_free(ack_keys);
	assert_int_equal(seq, rekey);
	assert_int_equal(ip_u32(&member), 0xc0a802fe);
	pkey_unref(signer);
	gdoi_kd_wipe(&kd);
}

static void test_registration(void **state)
{
	(void)state;
	check_registration(false, 1);
}

/* The second registration of that lab: one rekey was before it, whose TEK it
 * brings beside the older one. */
static void test_registration_by_rsa(void **state)
{
	(void)state;
	check_registration(true, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_registration, by_psk, teardown),
		cmocka_unit_test_setup_teardown(
			test_registration_by_rsa, by_rsa, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
