/* The network of the virtual world.  A datagram is judged when it is sent
 * (loss, repetition, corruption) and when it arrives (is there still a way?).
 */
#include "tests/sim/world.h"
#include <stdlib.h>
#include <string.h>

#define FLIPS_MAX 8
#define JUNK_MAX  64

struct packet {
	RB_ENTRY(packet) node;
	uint64_t at_ms, order;
	struct udp_path path; /* as the receiver sees it */
	struct ip_addr to;    /* the receiver */
	uint8_t *p;
	size_t n;
};

static int packet_cmp(struct packet *a, struct packet *b)
{
	if (a->at_ms != b->at_ms)
		return a->at_ms < b->at_ms ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}
RB_GENERATE_STATIC(packets, packet, node, packet_cmp)

/* Flipped bits, a lost end, or something behind the end. */
static void packet_corrupt(struct world *w, struct packet *p)
{
	size_t junk = world_below(w, JUNK_MAX) + 1;

	w->corrupted++;
	switch (world_below(w, 4)) {
	case 0:
		p->n = world_below(w, p->n);
		break;
	case 1:
		p->p = xreallocarray(p->p, p->n + junk, 1);
		for (size_t i = 0; i < junk; i++)
			p->p[p->n++] = (uint8_t)world_random(w);
		break;
	default:
		for (uint64_t i = world_below(w, FLIPS_MAX) + 1; i > 0; i--) {
			uint64_t bit = world_below(w, 8 * p->n);

			p->p[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
	}
}

static void packet_add(struct world *w, const struct udp_path *path,
	const struct ip_addr *to, struct span data)
{
	struct packet *p = xcalloc(1, sizeof(*p));
	unsigned spread = w->delay_max_ms - w->delay_min_ms + 1;

	p->at_ms = w->now + w->delay_min_ms + world_below(w, spread);
	p->order = w->order++;
	p->path = (struct udp_path){ .local = path->remote,
		.remote = path->local };
	p->to = *to;
	p->p = xmemdup(data.p, data.n);
	p->n = data.n;
	if (w->corrupt_pct > 0 && world_below(w, 100) < w->corrupt_pct)
		packet_corrupt(w, p);
	RB_INSERT(packets, &w->packets, p);
}

struct node *node_at(const struct world *w, const struct ip_addr *a)
{
	size_t i = (ip_u32(a) & 0xffffff) - 1;

	return i < w->n ? w->node[i] : NULL;
}

static void copy_send(struct node *n, const struct udp_path *path,
	const struct ip_addr *to, struct span data)
{
	struct world *w = n->w;

	if (n->cut || world_below(w, 100) < w->loss_pct) {
		w->lost_on_wire++;
		return;
	}
	packet_add(w, path, to, data);
	if (world_below(w, 100) < w->dup_pct)
		packet_add(w, path, to, data);
}

struct udp_addr *node_joined(struct node *n, const struct udp_addr *group)
{
	for (size_t i = 0; i < SIM_GROUPS_MAX; i++)
		if (udp_addr_equal(&n->joined[i], group))
			return &n->joined[i];
	return NULL;
}

/* The network makes the copies of a multicast; each may get lost. */
void wire_send(struct node *n, const struct udp_path *path, struct span data)
{
	struct world *w = n->w;

	w->sent++;
	if (!ip_is_multicast(&path->remote.ip)) {
		copy_send(n, path, &path->remote.ip, data);
		return;
	}
	w->multicasts++;
	for (size_t i = 0; i < w->n; i++)
		if (w->node[i] != n && node_joined(w->node[i], &path->remote))
			copy_send(n, path, &w->node[i]->addr, data);
}

bool wire_next(const struct world *w, uint64_t *at_ms)
{
	/* RB_MIN takes no const head; it only reads. */
	struct packets *all = (struct packets *)(uintptr_t)&w->packets;
	const struct packet *p = RB_MIN(packets, all);

	if (p != NULL)
		*at_ms = p->at_ms;
	return p != NULL;
}

static void packet_free(struct world *w, struct packet *p)
{
	RB_REMOVE(packets, &w->packets, p);
	free(p->p);
	free(p);
}

void wire_deliver(struct world *w)
{
	struct packet *p = RB_MIN(packets, &w->packets);
	struct node *to = node_at(w, &p->to);
	struct node *from = node_at(w, &p->path.remote.ip);

	if (to != NULL && to->g != NULL && !to->cut &&
		(from == NULL || from->side == to->side))
		gdoi_input(to->g, &p->path, SPAN(p->p, p->n));
	packet_free(w, p);
}

void wire_free(struct world *w)
{
	struct packet *p;

	while ((p = RB_MIN(packets, &w->packets)) != NULL)
		packet_free(w, p);
}
