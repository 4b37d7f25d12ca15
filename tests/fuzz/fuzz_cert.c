/* Certificates, CRLs and names as peers and files bring them.  The first byte
 * chooses the reader; a certificate is also judged, as end entity and as CA in
 * between, and matched against identities. */
#include "crypto/cert.h"
#include "tests/unit/pki_vectors.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW 1800000000

static struct cert *ca, *gm;

static void texts(const struct cert *c)
{
	auto_sbuf struct sbuf b = { 0 };

	cert_subject_text(c, ",", &b);
	cert_issuer_text(c, "\n", &b);
	cert_serial_text(c, &b);
	cert_fqdn(c, &b);
	for (enum cert_name k = CERT_NAME_DNS; k <= CERT_NAME_URI; k++)
		for (size_t i = 0; i < 4 && cert_alt_name(c, k, i, &b); i++)
			;
	for (size_t i = 0; i < 4 && cert_crl_url(c, i, &b); i++)
		;
	cert_ocsp_url(c, 0, &b);
	for (size_t i = 0; i < b.n; i++)
		if ((unsigned char)b.s[i] < ' ' && b.s[i] != '\n')
			abort(); /* a terminal would act on it */
}

static void certificate(struct span in)
{
	struct cert *c = cert_from_der(in);
	struct cert *alone[] = { c }, *between[] = { gm, c };
	struct cert *anchors[] = { ca };
	const struct cert_trust t = { .ca = anchors, .n_ca = 1 };
	static const uint8_t addr[16];

	if (c == NULL)
		return;
	if (cert_der(c).n != in.n || memcmp(cert_der(c).p, in.p, in.n) != 0)
		abort();
	texts(c);
	for (uint8_t type = 0; type < 13; type++)
		cert_matches_id(c, type, SPAN(addr, type == 1 ? 4 : 16));
	if (!cert_matches_id(c, 9, cert_subject_der(c)) &&
		cert_subject_der(c).n <= CERT_DER_MAX)
		abort();
	/* Nothing that a mutation makes has our CA's signature. */
	if (!cert_equal(c, ca) &&
		cert_verify(&t, alone, 1, NOW, NULL, NULL) == CERT_OK)
		abort();
	cert_verify(&t, between, 2, NOW, NULL, NULL);
	cert_unref(c);
}

static void crl(struct span in)
{
	struct crl *c = crl_from_der(in);

	if (c == NULL)
		return;
	struct cert *anchors[] = { ca };
	struct crl *crls[] = { c };
	const struct cert_trust t = { .ca = anchors, .n_ca = 1, .crl = crls,
		.n_crls = 1 };

	crl_has_serial(c, cert_serial(gm));
	if (crl_count(c) > in.n)
		abort();
	crl_this_update(c);
	crl_next_update(c);
	crl_signed_by(c, ca);
	cert_verify(&t, &gm, 1, NOW, NULL, NULL);
	crl_unref(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_sbuf struct sbuf b = { 0 };

	if (ca == NULL) {
		ca = cert_from_pem(pem_ca);
		gm = cert_from_pem(pem_gm);
	}
	if (ca == NULL || gm == NULL)
		abort();
	if (size == 0)
		return 0;
	struct span in = SPAN(data + 1, size - 1);
	switch (data[0] % 3) {
	case 0:
		certificate(in);
		break;
	case 1:
		crl(in);
		break;
	default:
		dn_text(in, ",", &b);
		dn_equal(in, cert_subject_der(gm));
	}
	return 0;
}
