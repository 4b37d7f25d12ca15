/* What servers of CRLs and OCSP send, and certificates that name them. The
 * first byte chooses the reader. */
#include "crypto/revocation.h"
#include "tests/unit/pki_vectors.h"
#include "tests/unit/revocation_vectors.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW 1800000000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct der ca, gm;
	auto_sbuf struct sbuf why = { 0 };
	struct revocation_urls urls;
	struct ocsp_answer answer;
	struct crl_info info;

	if (ca.n == 0 && (pem_object(pem_ca, NULL, &ca) < 0 ||
				 pem_object(pem_gm_urls, NULL, &gm) < 0))
		abort();
	if (size == 0)
		return 0;
	struct span in = SPAN(data + 1, size - 1);
	int rc = 0;
	switch (data[0] % 3) {
	case 0:
		rc = ocsp_parse(in, der_span(&gm), der_span(&ca), NULL, NOW,
			&answer, &why);
		break;
	case 1:
		rc = crl_check(in, der_span(&ca), NOW, &info, &why);
		break;
	default:
		cert_crl_urls(in, &urls);
		cert_ocsp_urls(in, &urls);
	}
	if (rc < 0 && why.n == 0)
		abort();
	return 0;
}
