/* What the table's rules report of packets. */
#include "base/loop.h"
#include "dataplane/table.h"
#include <stdlib.h>
#include <string.h>

/* The prefix is a letter for the reason and the slot. */
static void report_packet(void *ctx, const struct nflog_packet *report)
{
	const struct table *t = ctx;
	const struct dp_events *ev = t->ev;
	char kind = report->prefix[0];
	const struct table_group *g =
		table_by_slot(t, (unsigned)atoi(report->prefix + 1));
	uint8_t copy[DP_NFLOG_SNAP];
	struct packet_key k;
	size_t hdr, n = report->n;

	if (!g || n < 20)
		return;
	/* The report is cut; so must be the length that the header tells. */
	n = n < sizeof(copy) ? n : sizeof(copy);
	memcpy(copy, report->p, n);
	copy[2] = 0;
	copy[3] = (uint8_t)n;
	if (!packet_key_read(copy, n, &k))
		return;
	hdr = (copy[0] & 0xfu) * 4u;
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
