/* Who is who in an answer to GetCACert. */
#include "crypto/scep.h"

#include "crypto/enroll.h"
#include "crypto/enroll_priv.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

void scep_ca_free(struct scep_ca *c)
{
	der_free(&c->ca);
	der_free(&c->encrypt);
	der_free(&c->sign);
	der_list_free(&c->above);
}

struct members {
	X509 *v[DER_LIST_MAX];
	size_t n;
};

static bool issued(X509 *issuer, X509 *subject)
{
	bool ok = issuer != subject &&
		  X509_check_issued(issuer, subject) == X509_V_OK &&
		  X509_verify(subject, X509_get0_pubkey(issuer)) == 1;

	ERR_clear_error();
	return ok;
}

static bool is_ca(X509 *x)
{
	return X509_check_ca(x) > 0;
}

/* The lowest CA: it issued no other CA of the list. */
static X509 *issuing(const struct members *m)
{
	for (size_t i = 0; i < m->n; i++) {
		bool lowest = is_ca(m->v[i]);

		for (size_t k = 0; lowest && k < m->n; k++)
			lowest = !is_ca(m->v[k]) || !issued(m->v[i], m->v[k]);
		if (lowest)
			return m->v[i];
	}
	return NULL;
}

/* An RA of that use; the CA itself where there is none. */
static X509 *speaker(const struct members *m, X509 *ca, uint32_t use)
{
	for (size_t i = 0; i < m->n; i++)
		if (!is_ca(m->v[i]) && issued(ca, m->v[i]) &&
			(X509_get_key_usage(m->v[i]) & use) != 0)
			return m->v[i];
	return ca;
}

static void set(struct der *out, const struct der_list *list,
	const struct members *m, const X509 *x)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->v[i] == x)
			der_set(out, list->v[i].p, list->v[i].n);
}

static int assign(const struct der_list *list, const struct members *m,
	struct scep_ca *out)
{
	X509 *ca = issuing(m);

	if (ca == NULL)
		return -EBADMSG;
	set(&out->ca, list, m, ca);
	set(&out->encrypt, list, m,
		speaker(m, ca, KU_KEY_ENCIPHERMENT | KU_DATA_ENCIPHERMENT));
	set(&out->sign, list, m, speaker(m, ca, KU_DIGITAL_SIGNATURE));
	for (size_t i = 0; i < m->n; i++)
		if (m->v[i] != ca && is_ca(m->v[i]))
			set(&out->above.v[out->above.n++], list, m, m->v[i]);
	return 0;
}

int scep_ca_parse(struct span body, struct scep_ca *out)
{
	auto_der_list struct der_list list = { 0 };
	struct members m = { 0 };
	X509 *one = body.n <= SCEP_BODY_MAX ? x509_read(body) : NULL;
	int rc = -EBADMSG;

	*out = (struct scep_ca){ 0 };
	if (one != NULL) {
		rc = der_list_add_x509(&list, one);
		X509_free(one);
	} else if (body.n <= SCEP_BODY_MAX) {
		rc = pkcs7_parse(body, &list, NULL);
	}
	for (size_t i = 0; rc == 0 && i < list.n; i++) {
		m.v[m.n] = x509_read(der_span(&list.v[i]));
		if (m.v[m.n] == NULL)
			rc = -EBADMSG;
		else
			m.n++;
	}
	if (rc == 0)
		rc = assign(&list, &m, out);
	for (size_t i = 0; i < m.n; i++)
		X509_free(m.v[i]);
	return rc;
}
