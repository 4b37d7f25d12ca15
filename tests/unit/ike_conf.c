/* See ike_conf.h. */
#include "tests/unit/ike_conf.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct isakmp_policy lab = { .priority = 10,
	.cipher = CIPHER_AES128,
	.hash = HASH_SHA256,
	.auth = IKE_AUTH_PSK,
	.group = 19,
	.life_secs = 86400 };

struct conf *conf_new(void)
{
	struct conf *f = xcalloc(1, sizeof *f);

	f->c = (struct isakmp_config){ .policy = { lab },
		.n_policies = 1,
		.offer_doi = 2,
		.keys = f->key,
		.keyrings = f->ring,
		.profiles = f->profile,
		.matches = f->match,
		.peers = f->peer };
	return f;
}

struct isakmp_key *conf_key(
	struct conf *f, const char *text, uint32_t addr, uint32_t mask)
{
	struct isakmp_key *k = &f->key[f->c.n_keys++];

	secret_set(&k->key, text, strlen(text));
	k->addr = ip_v4(addr);
	k->mask = mask;
	return k;
}

void conf_host_key(struct conf *f, const char *text, const char *host)
{
	struct isakmp_key *k = conf_key(f, text, 0, 0);

	k->addr.family = 0;
	snprintf(k->hostname, sizeof k->hostname, "%s", host);
}

void conf_id(struct isakmp_id *id, enum isakmp_id_kind kind, const char *s)
{
	id->kind = kind;
	snprintf(id->name, sizeof id->name, "%s", s);
}

void conf_peer(struct conf *f, const struct end *to)
{
	f->peer[f->c.n_peers++].addr = to->addr;
}

struct isakmp_match *conf_profile(
	struct conf *f, const char *name, enum isakmp_match_kind kind)
{
	struct isakmp_match *m = &f->match[f->c.n_matches++];

	snprintf(f->profile[f->c.n_profiles].name, sizeof f->profile[0].name,
		"%s", name);
	m->profile = (uint16_t)f->c.n_profiles++;
	m->kind = kind;
	return m;
}

static void conf_free(struct conf *f)
{
	for (size_t i = 0; i < f->c.n_keys; i++)
		secret_free(&f->key[i].key);
	for (size_t i = 0; i < f->c.n_peers; i++)
		secret_free(&f->peer[i].password);
	free(f);
}

void conf_use(struct end *e, struct conf *f)
{
	ike_set_config(e->ike, &f->c);
	conf_free(f);
}
