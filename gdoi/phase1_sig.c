/* Phase-1 authentication by signatures: RSA (RFC 2409 5.1) and ECDSA (RFC
 * 4754).  The signature is looked at first, then whose certificate it is, then
 * who stands behind that: a certificate alone, which anybody may have seen,
 * makes us ask nobody. */
#include "gdoi/debug_priv.h"
#include "gdoi/phase1_priv.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CERT_X509_SIGNATURE 4 /* encoding; others are not looked at */
#define IKE_CHAIN_BYTES_MAX 32768 /* of ours, in one message */
#define IKE_CERTREQ_MAX     512   /* one name */
#define SIG_MAX             1024  /* RSA of 8192 bits */
#define MS_PER_SEC          1000

enum hash_id auth_proof_hash(const struct ike_sa *sa)
{
	switch (sa->policy.auth) {
	case IKE_AUTH_ECDSA256:
		return HASH_SHA256;
	case IKE_AUTH_ECDSA384:
		return HASH_SHA384;
	case IKE_AUTH_ECDSA521:
		return HASH_SHA512;
	default:
		return sa->keys.hash;
	}
}

static bool is_signature(enum ike_auth a)
{
	return a != IKE_AUTH_PSK;
}

enum ike_auth ike_auth_of_key(const struct pkey *k)
{
	switch (pkey_ec_hash(k)) {
	case HASH_SHA256:
		return IKE_AUTH_ECDSA256;
	case HASH_SHA384:
		return IKE_AUTH_ECDSA384;
	case HASH_SHA512:
		return IKE_AUTH_ECDSA521;
	default:
		return IKE_AUTH_RSA_SIG;
	}
}

/* A profile may name the trustpoints that count. */
static bool profile_allows(
	const struct isakmp_profile *f, const struct ike_trustpoint *t)
{
	if (f == NULL || f->n_trustpoints == 0)
		return true;
	for (size_t i = 0; i < f->n_trustpoints; i++)
		if (strcmp(f->trustpoint[i], t->trust.name) == 0)
			return true;
	return false;
}

/* Can we sign by it with that method? */
static bool may_sign(const struct ike_trustpoint *t, enum ike_auth auth)
{
	return t->key != NULL && t->n_chain > 0 && t->trust.n_ca > 0 &&
	       ike_auth_of_key(t->key) == auth;
}

static const struct ike_trustpoint *own_first(const struct ike *ike,
	enum ike_auth auth, const struct isakmp_profile *f)
{
	const struct isakmp_config *c = &ike->config;

	for (size_t i = 0; i < c->n_trustpoints; i++)
		if (may_sign(&c->trustpoints[i], auth) &&
			profile_allows(f, &c->trustpoints[i]))
			return &c->trustpoints[i];
	return NULL;
}

static bool issued_under(const struct ike_trustpoint *t, struct span ca)
{
	for (size_t i = 0; i < t->n_chain; i++)
		if (dn_equal(cert_issuer_der(t->chain[i]), ca))
			return true;
	for (size_t i = 0; i < t->trust.n_ca; i++)
		if (dn_equal(cert_subject_der(t->trust.ca[i]), ca))
			return true;
	return false;
}

/* The one that the peer asked for, in its order; else our first. */
static const struct ike_trustpoint *own_trustpoint(const struct ike_sa *sa)
{
	const struct isakmp_config *c = &sa->ike->config;
	const struct isakmp_profile *f = sa_peer(sa).profile;
	const struct negotiation *n = sa->neg;

	for (unsigned k = 0; n != NULL && k < n->n_certreqs; k++)
		for (size_t i = 0; i < c->n_trustpoints; i++) {
			const struct ike_trustpoint *t = &c->trustpoints[i];

			if (may_sign(t, sa->policy.auth) &&
				profile_allows(f, t) &&
				issued_under(t, bytes_span(&n->certreq[k])))
				return t;
		}
	return own_first(sa->ike, sa->policy.auth, f);
}

static bool usable(
	const struct ike *ike, const struct ike_peer *peer, enum ike_auth auth)
{
	return own_first(ike, auth, peer->profile) != NULL;
}

static bool rsa_usable(const struct ike *ike, const struct ike_peer *peer)
{
	return usable(ike, peer, IKE_AUTH_RSA_SIG);
}

static bool ec256_usable(const struct ike *ike, const struct ike_peer *peer)
{
	return usable(ike, peer, IKE_AUTH_ECDSA256);
}

static bool ec384_usable(const struct ike *ike, const struct ike_peer *peer)
{
	return usable(ike, peer, IKE_AUTH_ECDSA384);
}

static bool ec521_usable(const struct ike *ike, const struct ike_peer *peer)
{
	return usable(ike, peer, IKE_AUTH_ECDSA521);
}

/* prf(Ni_b | Nr_b, g^xy) */
static bool sig_skeyid(struct ike_sa *sa, uint8_t *out)
{
	const struct bytes *ni = &sa->neg->ni, *nr = &sa->neg->nr;
	const struct span shared =
		SPAN(sa->neg->shared.p, sa->neg->shared.n);
	uint8_t key[2 * IKE_NONCE_MAX];

	memcpy(key, ni->p, ni->n); /* both were read within that limit */
	memcpy(key + ni->n, nr->p, nr->n);
	prf(sa->keys.hash, SPAN(key, ni->n + nr->n), &shared, 1, out);
	mem_wipe(key, sizeof key);
	return true;
}

static void cert_put(struct isakmp_wr *m, const struct cert *c)
{
	isakmp_begin(m, PLD_CERT);
	wr_u8(&m->w, CERT_X509_SIGNATURE);
	wr_span(&m->w, cert_der(c));
	isakmp_end(m);
}

/* The chain always: who has our certificate already loses nothing. */
static bool sig_prove(
	struct ike_sa *sa, struct isakmp_wr *m, const uint8_t *hash)
{
	const struct env *env = &sa->ike->env;
	const struct ike_trustpoint *t = own_trustpoint(sa);
	uint8_t sig[SIG_MAX];
	size_t n = 0, bytes = 0;

	if (t == NULL || pkey_sig_bytes(t->key) > sizeof sig ||
		env->crypto->sign(t->key, auth_proof_hash(sa), RSA_FORM_BARE,
			hash, sig, &n) != 0)
		return false;
	for (size_t i = 0; i < t->n_chain && i < CERT_CHAIN_MAX; i++) {
		bytes += cert_der(t->chain[i]).n;
		if (bytes > IKE_CHAIN_BYTES_MAX)
			break;
		cert_put(m, t->chain[i]);
	}
	isakmp_put(m, PLD_SIG, sig, n);
	return true;
}

/* What a peer sent of certificates. */
struct chain {
	struct cert *v[CERT_CHAIN_MAX];
	size_t n;
};

static void chain_free(struct chain *c)
{
	for (size_t i = 0; i < c->n; i++)
		cert_unref(c->v[i]);
	c->n = 0;
}
#define auto_chain __attribute__((cleanup(chain_free)))

static enum cert_verdict chain_read(const struct payloads *p, struct chain *out)
{
	const struct payload *q;
	size_t at = 0;

	while ((q = payload_next(p, PLD_CERT, &at)) != NULL) {
		struct rd r = q->body;

		if (rd_u8(&r) != CERT_X509_SIGNATURE)
			continue; /* PKCS#7, CRLs, ... */
		if (out->n == CERT_CHAIN_MAX)
			return CERT_CHAIN;
		out->v[out->n] = cert_from_der(rd_rest(&r));
		if (out->v[out->n] == NULL)
			return CERT_MALFORMED;
		out->n++;
	}
	return CERT_OK;
}

static bool wanted(void *ctx, const char *trustpoint, const struct cert *cert,
	const struct cert *issuer, enum revocation_method m)
{
	const struct env *env = ctx;

	return env->revocation_wanted != NULL &&
	       env->revocation_wanted(env->ctx, trustpoint, cert, issuer, m);
}

static bool rule_has(const struct isakmp_config *conf,
	const struct ike_trustpoint *t, enum ike_trust_rule rule,
	const struct cert *c)
{
	for (size_t i = 0; i < t->n_matches; i++)
		if (t->matches[i].rule == rule &&
			cert_map_has(conf->cert_rules, conf->n_cert_rules,
				t->matches[i].map, c))
			return true;
	return false;
}

static bool requires_map(const struct ike_trustpoint *t)
{
	for (size_t i = 0; i < t->n_matches; i++)
		if (t->matches[i].rule == TRUST_REQUIRE)
			return true;
	return false;
}

/* By one trustpoint, with what its `match certificate` lines say of peers. */
static enum cert_verdict trustpoint_verify(struct ike *ike,
	const struct ike_trustpoint *t, struct cert *const *v, size_t n,
	unsigned *at)
{
	struct env *env = &ike->env;
	const struct isakmp_config *conf = &ike->config;
	const struct revocation_source source = { .wanted = wanted,
		.ctx = env };
	time_t now = (time_t)(env->wall(env->ctx) / MS_PER_SEC);
	struct cert_trust trust = t->trust;

	trust.expired_ok = rule_has(conf, t, TRUST_EXPIRED, v[0]);
	trust.revoked_ok = rule_has(conf, t, TRUST_UNREVOKED, v[0]);
	trust.unwanted = requires_map(t) &&
			 !rule_has(conf, t, TRUST_REQUIRE, v[0]);
	return cert_verify(&trust, v, n, now, &source, at);
}

/* The profile that says which trustpoints count. Who answers learns it with the
 * identity, which comes with the proof. */
static const struct isakmp_profile *judging_profile(const struct ike_sa *sa)
{
	const struct isakmp_profile *f = sa_profile(sa);
	struct wire_id id;

	if (f != NULL || sa->initiator || sa->neg == NULL ||
		wire_id_read(rd_span(bytes_span(&sa->neg->id_peer)), &id) !=
			WIRE_OK)
		return f;
	return profile_by_id(sa->ike, &sa->path, &id);
}

/* By the trustpoints whose CA is named in the chain, else by none. *by is told
 * the one that trusts it. */
static enum cert_verdict chain_verify(struct ike_sa *sa, const struct chain *c,
	unsigned *at, const struct ike_trustpoint **by)
{
	const struct isakmp_config *conf = &sa->ike->config;
	const struct isakmp_profile *f = judging_profile(sa);
	enum cert_verdict v = CERT_UNTRUSTED;
	unsigned where;

	for (size_t i = 0; i < conf->n_trustpoints; i++) {
		const struct ike_trustpoint *t = &conf->trustpoints[i];

		if (!profile_allows(f, t) ||
			!cert_trust_names(&t->trust, c->v, c->n))
			continue;
		enum cert_verdict this =
			trustpoint_verify(sa->ike, t, c->v, c->n, &where);

		*by = t;
		if (this == CERT_OK)
			return CERT_OK;
		if (v == CERT_UNTRUSTED) {
			v = this;
			*at = where;
		}
	}
	return v;
}

static void time_text(time_t t, char *out, size_t n)
{
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL ||
		strftime(out, n, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		out[0] = '\0';
}

/* c: the certificate at fault; NULL: one above the peer's own. */
static void report_verdict(
	struct ike_sa *sa, const struct cert *c, enum cert_verdict v)
{
	auto_sbuf struct sbuf text = { 0 };
	enum report_id id = REPORT_IKMP_INVAL_CERT;
	char when[32];

	switch (c != NULL ? v : CERT_UNTRUSTED) {
	case CERT_EXPIRED:
		id = REPORT_CERTIFICATE_INVALID_EXPIRED;
		time_text(cert_not_after(c), when, sizeof when);
		break;
	case CERT_NOT_YET_VALID:
		id = REPORT_CERTIFICATE_INVALID_NOT_YET_VALID;
		time_text(cert_not_before(c), when, sizeof when);
		break;
	case CERT_REVOKED:
		id = REPORT_CERTIFICATE_REVOKED;
		break;
	default:
		ike_report(sa->ike, id, &sa->path.remote.ip, WIRE_CERT, 0,
			cert_verdict_text(v));
		return;
	}
	sbuf_adds(&text, "(SN: ");
	cert_serial_text(c, &text);
	sbuf_addc(&text, ')');
	if (id == REPORT_CERTIFICATE_INVALID_EXPIRED)
		sbuf_printf(&text, " has expired.    Validity period ended on "
				   "%s", when);
	else if (id == REPORT_CERTIFICATE_INVALID_NOT_YET_VALID)
		sbuf_printf(&text, " is not yet valid.   Validity period "
				   "starts on %s", when);
	ike_report(sa->ike, id, &sa->path.remote.ip, WIRE_CERT, 0, text.s);
	ike_report(sa->ike, REPORT_IKMP_INVAL_CERT, &sa->path.remote.ip,
		WIRE_CERT, 0, cert_verdict_text(v));
}

static bool is_source(const struct ike_sa *sa, const struct wire_id *id)
{
	const struct ip_addr *a = &sa->path.remote.ip;

	return (id->type == ID_IPV4 && a->family == 4 &&
		       memcmp(a->b, id->data.p, 4) == 0) ||
	       (id->type == ID_IPV6 && a->family == 6 &&
		       memcmp(a->b, id->data.p, 16) == 0);
}

static void report_identity(
	struct ike_sa *sa, const struct wire_id *id, const struct cert *c)
{
	auto_sbuf struct sbuf text = { 0 };

	cert_subject_text(c, ",", &text);
	ike_report(sa->ike, REPORT_IKMP_NO_ID_CERT_MATCH, &sa->path.remote.ip,
		WIRE_ID, id->type, sbuf_str(&text));
}

/* The ID must be the certificate's.  As in IOS, whose certificates seldom hold
 * an address, an address that is the packet's source is told but let pass: it
 * claims nothing that the datagram does not. */
static bool identity_ok(struct ike_sa *sa, const struct cert *c)
{
	struct wire_id id;

	if (wire_id_read(rd_span(bytes_span(&sa->neg->id_peer)), &id) !=
		WIRE_OK)
		return false;
	if (cert_matches_id(c, id.type, id.data))
		return true;
	report_identity(sa, &id, c);
	return is_source(sa, &id);
}

static enum wire_err sig_read(const struct payloads *p, struct span *out)
{
	const struct payload *q = payload_get(p, PLD_SIG);

	if (q == NULL)
		return WIRE_PAYLOAD_MISSING;
	if (payload_count(p, PLD_SIG) > 1)
		return WIRE_PAYLOAD_TWICE;
	struct rd r = q->body;

	*out = rd_rest(&r);
	return out->n <= SIG_MAX ? WIRE_OK : WIRE_SIGNATURE;
}

/* A peer whose identity has no profile gets one by its certificate: the first
 * that counts the trustpoint. */
static void profile_by_cert(struct ike_sa *sa, const struct cert *c,
	const struct ike_trustpoint *by)
{
	const struct isakmp_config *conf = &sa->ike->config;

	if (sa->initiator || judging_profile(sa) != NULL)
		return;
	for (size_t i = 0; i < conf->n_matches; i++) {
		const struct isakmp_match *m = &conf->matches[i];
		const struct isakmp_profile *f = &conf->profiles[m->profile];

		if (m->kind != ISAKMP_MATCH_CERT || !profile_allows(f, by) ||
			!profile_serves(f, &sa->path.local.ip) ||
			!cert_map_has(conf->cert_rules, conf->n_cert_rules,
				m->name, c))
			continue;
		SA_DEBUG(sa, P1_PROFILE, .text = f->name);
		memcpy(sa->profile, f->name, sizeof sa->profile);
		return;
	}
}

static enum wire_err chain_judge(struct ike_sa *sa, const struct chain *c)
{
	const struct ike_trustpoint *by = NULL;
	unsigned at = 0;

	if (!identity_ok(sa, c->v[0]))
		return WIRE_ID;
	enum cert_verdict v = chain_verify(sa, c, &at, &by);

	if (v == CERT_PENDING)
		return WIRE_REVOCATION;
	if (v == CERT_OK) {
		profile_by_cert(sa, c->v[0], by);
		return WIRE_OK;
	}
	report_verdict(sa, at == 0 ? c->v[0] : NULL, v);
	return WIRE_CERT;
}

void sa_peer_cert_free(struct ike_sa *sa)
{
	cert_unref(sa->peer_cert);
	for (size_t i = 0; i < sa->n_peer_cas; i++)
		cert_unref(sa->peer_cas[i]);
	free(sa->peer_cas);
	sa->peer_cert = NULL;
	sa->peer_cas = NULL;
	sa->n_peer_cas = 0;
}

static void peer_cert_keep(struct ike_sa *sa, const struct chain *c)
{
	sa_peer_cert_free(sa);
	sa->peer_cert = cert_ref(c->v[0]);
	if (c->n > 1)
		sa->peer_cas = xcalloc(c->n - 1, sizeof *sa->peer_cas);
	for (; sa->n_peer_cas + 1 < c->n; sa->n_peer_cas++)
		sa->peer_cas[sa->n_peer_cas] =
			cert_ref(c->v[sa->n_peer_cas + 1]);
}

static bool is_listed(const struct ike_trustpoint *t, const struct cert *c)
{
	uint8_t digest[HASH_MAX_BYTES];

	for (size_t i = 0; i < t->trust.n_crls; i++)
		if (crl_has_serial(t->trust.crl[i], cert_serial(c)))
			return true;
	if (t->trust.n_ocsp > 0)
		cert_digest(c, HASH_SHA256, digest);
	for (size_t i = 0; i < t->trust.n_ocsp; i++)
		if (t->trust.ocsp[i].revoked &&
			memcmp(t->trust.ocsp[i].cert_sha256, digest,
				sizeof t->trust.ocsp[i].cert_sha256) == 0)
			return true;
	return false;
}

/* Without this a change of the configuration would verify every peer. */
static bool may_be_revoked(const struct ike *ike, const struct chain *c)
{
	for (size_t i = 0; i < ike->config.n_trustpoints; i++)
		for (size_t k = 0; k < c->n; k++)
			if (is_listed(&ike->config.trustpoints[i], c->v[k]))
				return true;
	return false;
}

void ike_end_revoked(struct ike *ike)
{
	const struct ike_trustpoint *by;
	struct ike_sa *sa;
	unsigned at = 0;

	TAILQ_FOREACH(sa, &ike->sas, link) {
		struct chain c = { .v = { sa->peer_cert }, .n = 1 };

		if (sa->peer_cert == NULL || sa->doomed || sa->state != SA_UP)
			continue;
		for (size_t i = 0; i < sa->n_peer_cas; i++)
			c.v[c.n++] = sa->peer_cas[i];
		if (!may_be_revoked(ike, &c) ||
			chain_verify(sa, &c, &at, &by) != CERT_REVOKED)
			continue;
		report_verdict(sa, at == 0 ? c.v[0] : NULL, CERT_REVOKED);
		sa_doom(sa, IKE_DOWN_LOCAL, true);
	}
}

static enum wire_err sig_check(
	struct ike_sa *sa, const struct payloads *p, const uint8_t *hash)
{
	const struct env *env = &sa->ike->env;
	auto_chain struct chain c = { .n = 0 };
	struct span sig;
	enum wire_err e = sig_read(p, &sig);

	if (e != WIRE_OK)
		return e;
	/* As dear as an exchange of keys, and a peer may try many. */
	if (!source_take(sa->source, ike_now(sa->ike))) {
		sa->ike->stats.rate_refused++;
		return WIRE_RATE;
	}
	enum cert_verdict v = chain_read(p, &c);

	if (v == CERT_OK && c.n == 0)
		return WIRE_PAYLOAD_MISSING;
	if (v == CERT_OK && (cert_public(c.v[0]) == NULL ||
				    ike_auth_of_key(cert_public(c.v[0])) !=
					    sa->policy.auth))
		v = CERT_KEY;
	if (v != CERT_OK) {
		ike_report(sa->ike, REPORT_IKMP_INVAL_CERT,
			&sa->path.remote.ip, WIRE_CERT, 0,
			cert_verdict_text(v));
		return WIRE_CERT;
	}
	if (!env->crypto->verify(cert_public(c.v[0]), auth_proof_hash(sa), hash,
		    sig, NULL))
		return WIRE_SIGNATURE;
	e = chain_judge(sa, &c);
	if (e == WIRE_OK)
		peer_cert_keep(sa, &c);
	return e;
}

static struct span sig_own_dn(const struct ike_sa *sa)
{
	const struct ike_trustpoint *t = own_trustpoint(sa);

	return t != NULL ? cert_subject_der(t->chain[0]) : SPAN(NULL, 0);
}

static const struct auth_method methods[] = {
	{ IKE_AUTH_RSA_SIG, rsa_usable, sig_skeyid, sig_prove, sig_check,
		sig_own_dn },
	{ IKE_AUTH_ECDSA256, ec256_usable, sig_skeyid, sig_prove, sig_check,
		sig_own_dn },
	{ IKE_AUTH_ECDSA384, ec384_usable, sig_skeyid, sig_prove, sig_check,
		sig_own_dn },
	{ IKE_AUTH_ECDSA521, ec521_usable, sig_skeyid, sig_prove, sig_check,
		sig_own_dn },
};

const struct auth_method *auth_method_signature(enum ike_auth id)
{
	for (size_t i = 0; i < ARRAY_LEN(methods); i++)
		if (methods[i].id == id)
			return &methods[i];
	return NULL;
}

void p1_certreqs_put(const struct ike_sa *sa, struct isakmp_wr *m)
{
	const struct isakmp_config *c = &sa->ike->config;
	const struct isakmp_profile *f = sa_peer(sa).profile;
	unsigned n = 0;

	if (!is_signature(sa->policy.auth))
		return;
	for (size_t i = 0; i < c->n_trustpoints; i++) {
		const struct ike_trustpoint *t = &c->trustpoints[i];

		for (size_t k = 0; profile_allows(f, t) && k < t->trust.n_ca;
			k++) {
			struct span ca = cert_subject_der(t->trust.ca[k]);

			if (ca.n > IKE_CERTREQ_MAX || n == IKE_CERTREQS_MAX)
				continue;
			n++;
			isakmp_begin(m, PLD_CERTREQ);
			wr_u8(&m->w, CERT_X509_SIGNATURE);
			wr_span(&m->w, ca);
			isakmp_end(m);
		}
	}
}

void p1_certreqs_read(struct ike_sa *sa, const struct payloads *p)
{
	struct negotiation *n = sa->neg;
	const struct payload *q;
	size_t at = 0;

	if (!is_signature(sa->policy.auth))
		return;
	while ((q = payload_next(p, PLD_CERTREQ, &at)) != NULL) {
		struct rd r = q->body;
		bool x509 = rd_u8(&r) == CERT_X509_SIGNATURE;
		struct span ca = rd_rest(&r);

		/* An empty one asks for any. */
		if (x509 && ca.n > 0 && ca.n <= IKE_CERTREQ_MAX &&
			n->n_certreqs < IKE_CERTREQS_MAX)
			bytes_set(&n->certreq[n->n_certreqs++], ca.p, ca.n);
	}
}

void p1_certreqs_free(struct negotiation *n)
{
	while (n->n_certreqs > 0)
		bytes_free(&n->certreq[--n->n_certreqs]);
}

const struct cert *ike_sa_peer_cert(const struct ike_sa *sa)
{
	return sa->peer_cert;
}
