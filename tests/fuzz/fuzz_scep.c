/* What a certification authority's server sends: the first byte chooses the
 * reader.  Answers are tried as they come and, so that what lies behind the
 * signature and the encryption is reached, as the content of good ones. */
#include "tests/unit/scep_server.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct scep_server server;
static struct scep_ca ca;
static struct scep_tx tx;

static void start(void)
{
	static struct pkey *key;
	static struct der self;
	struct csr c = { .subject = "CN=gm1" };
	auto_sbuf struct sbuf why = { 0 };
	auto_der struct der body = { 0 };

	if (key != NULL)
		return;
	key = pkey_rsa_generate(1024);
	scep_server_init(&server, false);
	scep_server_ca(&server, &body);
	if (scep_ca_parse(der_span(&body), &ca) < 0 ||
		selfsigned_build(
			&c, key, 1, 1600000000, 2500000000, &self, &why) < 0)
		abort();
	tx = (struct scep_tx){
		.key = key, .signer = der_span(&self), .ca = &ca, .id = "1"
	};
}

static void try_ca(struct span in)
{
	auto_scep_ca struct scep_ca c = { 0 };

	if (scep_ca_parse(in, &c) == 0 &&
		(c.ca.n == 0 || c.sign.n == 0 || c.encrypt.n == 0))
		abort();
}

static void try_reply(struct span in)
{
	auto_scep_reply struct scep_reply r = { 0 };
	auto_sbuf struct sbuf why = { 0 };

	int rc = scep_reply_parse(&tx, in, &r, &why);
	if (rc < 0 && (why.n == 0 || r.certs.n > 0))
		abort();
	if (rc == 0 && r.status == SCEP_FAILURE && r.fail == NULL)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_der struct der wrapped = { 0 };
	auto_der_list struct der_list certs = { 0 }, crls = { 0 };

	start();
	if (size == 0)
		return 0;
	struct span in = SPAN(data + 1, size - 1);
	switch (data[0] % 6) {
	case 0:
		try_reply(in);
		break;
	case 1:
		try_ca(in);
		break;
	case 2:
		(void)scep_caps_parse(in);
		break;
	case 3:
		(void)pkcs7_parse(in, &certs, &crls);
		break;
	default:
		scep_server_wrap(&server, &tx, in, data[0] % 6 == 4, &wrapped);
		try_reply(der_span(&wrapped));
	}
	return 0;
}
