/* The members of a group, as its key server knows them. */
#include "gdoi/ks_priv.h"
#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(struct ks_member) <= 1024,
	"a registered member costs at most 1 KiB");

struct ks_member *ks_member_find(const struct ks *ks, const struct ip_addr *id)
{
	struct ks_member *m;

	HASH_FIND(hh, ks->by_id, id, sizeof(*id), m);
	return m;
}

struct ks_member *ks_member_add(struct ks *ks, const struct udp_path *path)
{
	struct ks_member *m = ks_member_find(ks, &path->remote.ip);

	if (m == NULL) {
		m = xcalloc(1, sizeof(*m));
		m->id = path->remote.ip;
		HASH_ADD(hh, ks->by_id, id, sizeof(m->id), m);
		TAILQ_INSERT_TAIL(&ks->members, m, link);
		ks->n_members++;
	}
	m->ks = path->local.ip;
	m->port = path->remote.port;
	m->missed_in_row = 0;
	m->leaving = false;
	return m;
}

void ks_member_delete(struct ks *ks, struct ks_member *m)
{
	if (ks->push.cursor == m)
		ks->push.cursor = TAILQ_NEXT(m, link);
	if (m->awaited)
		ks->push.awaited--;
	HASH_DEL(ks->by_id, m);
	TAILQ_REMOVE(&ks->members, m, link);
	ks->n_members--;
	free(m);
}

void ks_members_drop(struct ks *ks)
{
	struct ks_member *m, *next;

	TAILQ_FOREACH_SAFE(m, &ks->members, link, next)
		ks_member_delete(ks, m);
}

void ks_member_sent(struct ks_member *m, uint32_t seq)
{
	if (m->n_seqs == KS_SEQS_SHOWN) {
		memmove(m->sent_seq, m->sent_seq + 1,
			sizeof(m->sent_seq) - sizeof(m->sent_seq[0]));
		memmove(m->rcvd_seq, m->rcvd_seq + 1,
			sizeof(m->rcvd_seq) - sizeof(m->rcvd_seq[0]));
		m->n_seqs--;
	}
	m->sent_seq[m->n_seqs] = seq;
	m->rcvd_seq[m->n_seqs++] = 0;
}

/* From the latest on: a number may return under a new KEK. */
bool ks_member_acked(struct ks_member *m, uint32_t seq)
{
	for (size_t i = m->n_seqs; i-- > 0;) {
		if (m->sent_seq[i] != seq)
			continue;
		if (m->rcvd_seq[i] == seq)
			return false;
		m->rcvd_seq[i] = seq;
		return true;
	}
	return false;
}
