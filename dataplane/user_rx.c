/* Receiving: rings, and the rules that drop at ingress what rings take.
 *
 * A ring is opened shut.  When threads read it the rule is put in, then the
 * ring takes; the other way round when it goes.  So there is a moment in which
 * packets are lost, and none in which they come twice. */
#include "dataplane/user_rx.h"
#include "dataplane/inbound.h"
#include "dataplane/nft.h"
#include "dataplane/objects.h"
#include "dataplane/user_priv.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/netfilter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPI_SET          "spis"
#define NFT_TYPE_INTEGER 4
#define CHAIN_MAX        16
#define IP_FRAGMENT      0x3fff

struct rx_link {
	TAILQ_ENTRY(rx_link) link;
	char netdev[IFNAMSIZ];
	int ifindex;
	unsigned mtu;
	bool wanted, stale, open, running;
	const char *unfit; /* why none was to be, when it came; or NULL */
	const char *why; /* there is no ring; NULL: there is one */
	struct ring ring[DP_QUEUES_MAX];
	uint64_t lost;
};

/* ---- rules ---- */

static void batch_begin(struct nl_batch *b)
{
	nl_batch_begin(b);
	nft_use(b, NFPROTO_NETDEV, DP_NFT_INGRESS);
}

/* What there is already is no error. */
static void table_make(struct nl_batch *b)
{
	nft_table_add(b);
	nft_set_add(b, SPI_SET, 4, NFT_TYPE_INTEGER);
}

static int batch_end(struct rx *rx, struct nl_batch *b)
{
	int rc = nl_batch_commit(&rx->nft, b);

	nl_batch_free(b);
	return rc;
}

static void chain_name(char name[CHAIN_MAX], const struct rx_link *l)
{
	snprintf(name, CHAIN_MAX, "in%d", l->ifindex);
}

/* What the ring's filter takes, under an SPI of ours.  A frame whose tag was
 * stripped shows it again where its type is looked for. */
static void drop_rule(struct nl_batch *b, const char *chain)
{
	static const uint8_t other = PACKET_OTHERHOST;
	const uint16_t ip = htons(ETH_P_IP), none = 0,
		       fragment = htons(IP_FRAGMENT);
	struct nft_rule r = nft_rule_begin(b, chain);

	nft_payload(&r, NFT_PAYLOAD_LL_HEADER, 12, 2);
	nft_cmp(&r, NFT_CMP_EQ, &ip, sizeof(ip));
	nft_meta(&r, NFT_META_PKTTYPE);
	nft_cmp(&r, NFT_CMP_NEQ, &other, sizeof(other));
	nft_payload(&r, NFT_PAYLOAD_NETWORK_HEADER, 6, 2);
	nft_bitwise(&r, &fragment, &none, sizeof(fragment));
	nft_cmp(&r, NFT_CMP_EQ, &none, sizeof(none));
	nft_protocol(&r, IPPROTO_ESP);
	nft_payload(&r, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 4);
	nft_lookup(&r, SPI_SET, false);
	nft_counter(&r);
	nft_verdict(&r, NF_DROP, NULL);
	nft_rule_end(&r);
}

static int drop_begin(struct rx *rx, const struct rx_link *l)
{
	struct nl_batch b = { .own = rx->own };
	char name[CHAIN_MAX];

	chain_name(name, l);
	batch_begin(&b);
	table_make(&b);
	nft_chain_add_device(&b, name, NF_NETDEV_INGRESS, 0, l->netdev);
	nft_chain_flush(&b, name);
	drop_rule(&b, name);
	return batch_end(rx, &b);
}

/* With a device that vanished or was renamed the chain may be gone. */
static void drop_end(struct rx *rx, const struct rx_link *l)
{
	struct nl_batch b = { 0 };
	char name[CHAIN_MAX];

	chain_name(name, l);
	batch_begin(&b);
	nft_chain_flush(&b, name);
	nft_chain_del(&b, name);
	(void)batch_end(rx, &b);
}

int rx_spi(struct rx *rx, uint32_t spi, bool add)
{
	struct nl_batch b = { .own = rx->own };
	uint32_t be = htonl(spi);

	if (rx->no_ring)
		return 0;
	batch_begin(&b);
	table_make(&b);
	nft_set_change(&b, SPI_SET, add, &be, sizeof(be));
	return batch_end(rx, &b);
}

/* Made first, so that deleting one that is not there is no error. */
static int table_remove(struct rx *rx)
{
	struct nl_batch b = { 0 };

	batch_begin(&b);
	nft_table_add(&b);
	nft_table_del(&b);
	return batch_end(rx, &b);
}

int rx_open(struct rx *rx, unsigned queues)
{
	int rc;

	*rx = (struct rx){ .queues = queues };
	TAILQ_INIT(&rx->links);
	rc = nl_open(&rx->nft, NETLINK_NETFILTER, 0);
	if (rc)
		return rc;
	(void)nft_table_await(&rx->nft, NFPROTO_NETDEV, DP_NFT_INGRESS);
	rx->own = nft_can_own(&rx->nft);
	if (table_remove(rx))
		rx->no_ring = "the kernel has no nftables of family netdev";
	return rc;
}

/* ---- rings ---- */

static void rings_close(struct rx_link *l)
{
	for (size_t q = 0; q < DP_QUEUES_MAX; q++)
		ring_close(&l->ring[q]);
	l->open = false;
}

static const char *rings_open(struct rx *rx, struct rx_link *l)
{
	int fanout = -1, rc = 0;

	l->open = true;
	for (unsigned q = 0; !rc && q < rx->queues; q++)
		rc = ring_open(&l->ring[q], l->ifindex, l->mtu, &fanout);
	if (!rc)
		return NULL;
	rings_close(l);
	return rc == -EMSGSIZE ? "the interface's MTU is too large"
			       : "the kernel gives no packet ring";
}

static int rings_take(struct rx *rx, struct rx_link *l, bool all)
{
	int rc = 0;

	for (unsigned q = 0; !rc && q < rx->queues; q++)
		rc = ring_take(&l->ring[q], all);
	return rc;
}

static void link_stop(struct rx *rx, struct rx_link *l)
{
	if (!l->running)
		return;
	(void)rings_take(rx, l, false);
	drop_end(rx, l);
	l->running = false;
}

static void link_start(struct rx *rx, struct rx_link *l)
{
	l->running = true;
	if (drop_begin(rx, l))
		l->why = "the kernel has no netdev ingress hook there";
	else if (rings_take(rx, l, true))
		l->why = "the kernel takes no packet filter";
	if (l->why)
		link_stop(rx, l);
}

static void link_free(struct rx *rx, struct rx_link *l)
{
	TAILQ_REMOVE(&rx->links, l, link);
	rings_close(l);
	free(l);
}

void rx_close(struct rx *rx)
{
	struct rx_link *l;

	if (!rx->nft.s)
		return;
	while ((l = TAILQ_FIRST(&rx->links))) {
		link_stop(rx, l);
		link_free(rx, l);
	}
	(void)table_remove(rx);
	nl_close(&rx->nft);
}

/* ---- changes ---- */

static const char *why_no_ring(const struct rx *rx, const char *netdev)
{
	if (rx->no_ring)
		return rx->no_ring;
	if (rx->mode == DP_RECEIVE_RAW)
		return "configured";
	if (rx->mode != DP_RECEIVE_RING && inbound_listed(netdev))
		return "an inbound access list must see it";
	return netdev_is_ethernet(netdev) ? NULL : "the interface is no Ethernet";
}

static struct rx_link *link_find(struct rx *rx, const char *netdev)
{
	struct rx_link *l;

	TAILQ_FOREACH(l, &rx->links, link)
		if (!l->stale && !strcmp(l->netdev, netdev))
			return l;
	return NULL;
}

static bool is_current(const struct rx *rx, const struct rx_link *l,
	const struct link_state *s)
{
	return l->ifindex == s->ifindex && l->mtu == s->mtu &&
	       l->unfit == why_no_ring(rx, l->netdev);
}

void rx_want(struct rx *rx, const char *netdev, const struct link_state *s)
{
	struct rx_link *l = link_find(rx, netdev);

	if (!s)
		return;
	if (l && !is_current(rx, l, s)) {
		l->stale = true;
		l = NULL;
	}
	if (!l) {
		l = xcalloc(1, sizeof(*l));
		memcpy(l->netdev, netdev, strnlen(netdev, IFNAMSIZ - 1));
		l->ifindex = s->ifindex;
		l->mtu = s->mtu;
		for (size_t q = 0; q < DP_QUEUES_MAX; q++)
			l->ring[q].fd = -1;
		l->why = l->unfit = why_no_ring(rx, netdev);
		TAILQ_INSERT_TAIL(&rx->links, l, link);
	}
	l->wanted = true;
}

void rx_prepare(struct rx *rx)
{
	struct rx_link *l;

	TAILQ_FOREACH(l, &rx->links, link) {
		l->stale |= !l->wanted;
		l->wanted = false;
		if (l->stale)
			link_stop(rx, l);
	}
	TAILQ_FOREACH(l, &rx->links, link)
		if (!l->stale && !l->open && !l->why)
			l->why = rings_open(rx, l);
}

struct rx_link *rx_next(const struct rx *rx, const struct rx_link *l)
{
	struct rx_link *n = l ? TAILQ_NEXT(l, link) : TAILQ_FIRST(&rx->links);

	while (n && (n->stale || n->why))
		n = TAILQ_NEXT(n, link);
	return n;
}

struct ring *rx_rings(struct rx_link *l, int *ifindex)
{
	*ifindex = l->ifindex;
	return l->ring;
}

void rx_shut(struct rx *rx)
{
	struct rx_link *l;

	TAILQ_FOREACH(l, &rx->links, link)
		link_stop(rx, l);
}

void rx_settle(struct rx *rx)
{
	struct rx_link *l, *next;

	TAILQ_FOREACH_SAFE(l, &rx->links, link, next) {
		if (l->stale)
			link_free(rx, l);
		else if (l->open && !l->why && !l->running)
			link_start(rx, l);
	}
}

void rx_view(struct rx *rx, const char *netdev, struct dp_ways_now *now)
{
	struct rx_link *l = link_find(rx, netdev);

	now->receive = l && !l->why ? "ring" : "raw";
	now->why_receive = l ? l->why : "there is nothing to receive";
	if (!l)
		return;
	for (unsigned q = 0; l->open && q < rx->queues; q++)
		l->lost += ring_lost(&l->ring[q]);
	now->ring_lost = l->lost;
}
