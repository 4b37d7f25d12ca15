/* What the table's rules report of packets. */
#include "base/loop.h"
#include "dataplane/table.h"
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <stdlib.h>
#include <string.h>

/* A report is cut; so must be the length that its header tells.  Gives where
 * the transport header begins; 0: no packet. */
static size_t report_read(uint8_t *p, size_t n, bool ip6,
	struct packet6_key *six, struct packet_key *k)
{
	size_t hdr = ip6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr);

	if (n < hdr)
		return 0;
	if (ip6) {
		p[4] = 0;
		p[5] = (uint8_t)(n - hdr);
		return packet6_key_read(p, n, six, k) ? six->l4_at : 0;
	}
	p[2] = 0;
	p[3] = (uint8_t)n;
	return packet_key_read(p, n, k) ? (p[0] & 0xfu) * 4u : 0;
}

/* The prefix is a letter for the reason and the slot. */
static void report_packet(void *ctx, const struct nflog_packet *report)
{
	const struct table *t = ctx;
	const struct dp_events *ev = t->ev;
	char kind = report->prefix[0];
	const struct table_group *g =
		table_by_slot(t, (unsigned)atoi(report->prefix + 1));
	uint8_t copy[DP_NFLOG_SNAP];
	struct packet6_key six;
	struct packet_key k;
	size_t hdr, n = report->n < sizeof(copy) ? report->n : sizeof(copy);

	if (!g)
		return;
	memcpy(copy, report->p, n);
	hdr = report_read(copy, n, g->cfg.ip6, &six, &k);
	if (!hdr)
		return;
	if (kind == 'n' && ev->not_ipsec)
		ev->not_ipsec(ev->ctx, g->cfg.id, &k);
	if (kind == 's' && ev->invalid_spi && n >= hdr + 4) {
		const uint8_t *s = copy + hdr;

		ev->invalid_spi(ev->ctx, g->cfg.id,
			(uint32_t)s[0] << 24 | (uint32_t)s[1] << 16 |
				(uint32_t)s[2] << 8 | s[3],
			&k);
	}
}

static void reports_ready(void *arg, int events)
{
	struct table *t = arg;

	(void)events;
	nflog_read(&t->log, report_packet, t);
}

void table_reports_start(
	struct table *t, struct loop *loop, const struct dp_events *ev)
{
	int rc = nflog_open(&t->log, t->kind->nflog_group, DP_NFLOG_SNAP);

	t->ev = ev;
	table_watch(loop);
	if (rc)
		dp_tell(ev, "no packet reports: nflog: %s", strerror(-rc));
	else
		t->watch = loop_fd_add(
			loop, nl_fd(&t->log), LOOP_READ, reports_ready, t);
}
