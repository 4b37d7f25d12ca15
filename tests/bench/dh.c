/* What the public-key operations of one registration cost by themselves, in
 * OpenSSL's own calls: a key pair, the agreement with the peer's value.
 *
 *   bench_dh GROUP [rsa]
 *
 * prints microseconds of CPU each; rsa adds a signature and two verifications
 * of RSA 2048: ours, the peer's, and that of the peer's certificate. */
#include "tests/bench/bench.h"
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RUN_US 1e6

static const struct {
	int group;
	const char *type, *name;
} groups[] = {
	{ 5, "DH", "modp_1536" },
	{ 14, "DH", "modp_2048" },
	{ 15, "DH", "modp_3072" },
	{ 19, "EC", "P-256" },
	{ 20, "EC", "P-384" },
};

static void must(int ok, const char *what)
{
	if (ok == 1)
		return;
	fprintf(stderr, "bench_dh: %s\n", what);
	exit(1);
}

static EVP_PKEY *params_of(const char *type, char *name)
{
	OSSL_PARAM p[] = { OSSL_PARAM_construct_utf8_string(
				   OSSL_PKEY_PARAM_GROUP_NAME, name, 0),
		OSSL_PARAM_construct_end() };
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *key = NULL;

	must(EVP_PKEY_fromdata_init(ctx), "fromdata");
	must(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEY_PARAMETERS, p),
		"parameters");
	EVP_PKEY_CTX_free(ctx);
	return key;
}

static EVP_PKEY *generate(EVP_PKEY_CTX *ctx)
{
	EVP_PKEY *key = NULL;

	must(EVP_PKEY_generate(ctx, &key), "generate");
	return key;
}

/* The range of the peer's value is checked where it is read, its subgroup is
 * not (crypto/dh.c): neither here. */
static void agree(EVP_PKEY *own, EVP_PKEY *peer)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL);
	unsigned char out[1024];
	size_t n = sizeof(out);

	must(EVP_PKEY_derive_init(ctx), "derive_init");
	must(EVP_PKEY_derive_set_peer_ex(ctx, peer, 0), "set_peer");
	must(EVP_PKEY_derive(ctx, out, &n), "derive");
	EVP_PKEY_CTX_free(ctx);
}

static double operations(const char *type, const char *name)
{
	char group[32];
	EVP_PKEY *params, *peer;
	EVP_PKEY_CTX *ctx;
	double start, end;
	long n = 0;

	snprintf(group, sizeof(group), "%s", name);
	params = params_of(type, group);
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, params, NULL);
	must(EVP_PKEY_keygen_init(ctx), "keygen_init");
	peer = generate(ctx);
	start = end = cpu_us();
	for (; end - start < RUN_US; n++) {
		EVP_PKEY *own = generate(ctx);

		agree(own, peer);
		EVP_PKEY_free(own);
		end = cpu_us();
	}
	EVP_PKEY_free(peer);
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(params);
	return (end - start) / (double)n;
}

static double signatures(void)
{
	EVP_PKEY *key = EVP_RSA_gen(2048);
	EVP_PKEY_CTX *sign = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	EVP_PKEY_CTX *verify = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	unsigned char hash[32] = { 1 }, sig[256];
	double start, end;
	long n = 0;

	must(EVP_PKEY_sign_init(sign), "sign_init");
	must(EVP_PKEY_verify_init(verify), "verify_init");
	start = end = cpu_us();
	for (; end - start < RUN_US; n++) {
		size_t sig_n = sizeof(sig);

		must(EVP_PKEY_sign(sign, sig, &sig_n, hash, sizeof(hash)),
			"sign");
		for (int i = 0; i < 2; i++)
			must(EVP_PKEY_verify(
				     verify, sig, sig_n, hash, sizeof(hash)),
				"verify");
		end = cpu_us();
	}
	EVP_PKEY_CTX_free(sign);
	EVP_PKEY_CTX_free(verify);
	EVP_PKEY_free(key);
	return (end - start) / (double)n;
}

int main(int argc, char **argv)
{
	double sum = argc > 2 && strcmp(argv[2], "rsa") == 0 ? signatures() : 0;

	int group = argc > 1 ? atoi(argv[1]) : 0;

	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		if (groups[i].group != group)
			continue;
		sum += operations(groups[i].type, groups[i].name);
		printf("%.1f\n", sum);
		return 0;
	}
	fprintf(stderr, "bench_dh: group 5, 14, 15, 19 or 20\n");
	return 2;
}
