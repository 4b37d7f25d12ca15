/* Any bytes as a GDOI payload or message: the first octet chooses the reader.
 * What was read is written and read again, to the same. */
#include "gdoi/env.h"
#include "gdoi/gdoi_wire.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t buf[ISAKMP_MSG_MAX];

static void must(bool ok)
{
	if (!ok)
		abort();
}

static struct rd written(struct isakmp_wr *m)
{
	struct span s = isakmp_wr_end(m);

	return s.n == 0 ? rd_init(NULL, 0)
			: rd_init(s.p + PLD_HDR, s.n - PLD_HDR);
}

static void try_sa(struct rd body)
{
	struct gdoi_sa a, b;
	struct isakmp_wr m;

	if (gdoi_sa_read(body, &a) != WIRE_OK)
		return;
	isakmp_chain_begin(&m, buf, sizeof buf);
	gdoi_sa_put(&m, &a, true);
	if (wr_ok(&m.w) && (a.has_sak || a.n_sats > 0)) {
		must(gdoi_sa_read(written(&m), &b) == WIRE_OK);
		must(a.n_sats == b.n_sats && a.n_acls == b.n_acls);
		for (size_t i = 0; i < a.n_acls; i++)
			must(acl_equal(&a.acls[i].acl, &b.acls[i].acl));
		gdoi_sa_free(&b);
	}
	gdoi_sa_free(&a);
}

static void try_kd(struct rd body)
{
	static struct gdoi_kd a, b;
	struct isakmp_wr m;

	if (gdoi_kd_read(body, CIPHER_AES128, &a) != WIRE_OK)
		return;
	isakmp_chain_begin(&m, buf, sizeof buf);
	gdoi_kd_put(&m, &a);
	must(gdoi_kd_read(written(&m), CIPHER_AES128, &b) == WIRE_OK);
	must(a.n_teks == b.n_teks && a.n_sids == b.n_sids);
	must(keybuf_equal(&a.kek_key, &b.kek_key));
}

static void try_small(struct rd body)
{
	static const struct group_id groups[] = { { .is_set = true,
		.number = 7 } };
	struct gdoi_delete d;
	struct wire_id id;
	uint16_t sids;
	uint32_t seq;

	if (wire_id_read(body, &id) == WIRE_OK)
		must(wire_id_match_group(&id, groups, 1) <= 0);
	gdoi_seq_read(body, &seq);
	gdoi_gap_request_read(body, &sids);
	gdoi_delete_read(body, &d);
}

static void try_messages(struct span d)
{
	struct kek k = { .cipher = CIPHER_AES128, .sig_hash = HASH_SHA256 };
	static uint8_t clear[ISAKMP_MSG_MAX];
	struct ack_keys *ack_keys;
	struct push_msg push;
	struct ip_addr member;
	uint32_t seq;

	if (d.n > sizeof clear)
		return;
	k.key.n = k.iv.n = 16;
	memcpy(k.spi, d.p, d.n < sizeof k.spi ? d.n : sizeof k.spi);
	push_open(d, &k, clear, &push);
	ack_keys = ack_keys_new(&k, ACK_KEK_SHA256);
	ack_read(d, ack_keys, &seq, &member);
	ack_keys_free(ack_keys);
}

static void try_chain(struct span d)
{
	struct payloads p;
	size_t sum = 0;

	if (isakmp_split(d, PLD_SA, &p) != WIRE_OK)
		return;
	for (size_t i = 0; i < p.n; i++)
		sum += p.v[i].whole.n;
	must(sum == p.all.n && sum <= d.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	struct span d = SPAN(data + 1, size - 1);

	switch (data[0] % 5) {
	case 0:
		try_sa(rd_span(d));
		break;
	case 1:
		try_kd(rd_span(d));
		break;
	case 2:
		try_small(rd_span(d));
		break;
	case 3:
		try_messages(d);
		break;
	default:
		try_chain(d);
	}
	return 0;
}
