/* How a group's packets come in and go out: caught as they leave (TAP, rules
 * in family netdev) or routed into the TUN; and by which emitter.
 *
 * The order of each change keeps what is to be encrypted from passing between
 * the old way and the new: a mark is set only while what takes it stands. */
#include "dataplane/table_priv.h"
#include "dataplane/user_priv.h"
#include <errno.h>
#include <string.h>

void ways_init(struct user_ways *w)
{
	*w = (struct user_ways){ 0 };
	for (size_t q = 0; q < DP_QUEUES_MAX; q++)
		w->tap[q] = -1;
}

/* Takes them from the workers first. */
static void emitters_close(struct capture *c, struct user_group *g)
{
	struct emit *old[DP_QUEUES_MAX];

	memcpy(old, g->ways.emit, sizeof(old));
	memset(g->ways.emit, 0, sizeof(old));
	if (old[0])
		c->publish(c->ctx);
	for (size_t q = 0; q < DP_QUEUES_MAX; q++)
		emit_close(old[q]);
}

/* The old ones go first, as only one socket of AF_XDP can have a queue. */
static int emitters_open(struct capture *c, struct user_group *g, int ifindex)
{
	struct emit_where at = { .ifindex = ifindex,
		.shaped = ifindex && netdev_is_shaped(c->rt, ifindex) };

	emitters_close(c, g);
	g->transmit = c->want.transmit;
	g->emit_ifindex = ifindex;
	for (at.queue = 0; at.queue < c->queues; at.queue++) {
		g->ways.emit[at.queue] = emit_open(g->transmit, &at);
		if (!g->ways.emit[at.queue])
			return -errno;
	}
	return 0;
}

static void taps_close(struct capture *c, struct user_group *g)
{
	struct user_ways old = g->ways;

	for (size_t q = 0; q < DP_QUEUES_MAX; q++)
		g->ways.tap[q] = -1;
	g->tap_name[0] = '\0';
	c->publish(c->ctx);
	for (size_t q = 0; q < DP_QUEUES_MAX; q++)
		mem_close_fd(&old.tap[q]);
}

int capture_repair(struct capture *c, struct user_group *g)
{
	int rc = 0, old[DP_QUEUES_MAX];

	if (if_nametoindex(g->tap_name))
		return tap_raise(c->rt, g->tap_name);
	memcpy(old, g->ways.tap, sizeof(old));
	for (size_t q = 0; q < DP_QUEUES_MAX; q++)
		g->ways.tap[q] = -1;
	rc = tap_open(c->rt, g->t.slot, g->tap_name, g->ways.tap, c->queues);
	for (size_t q = 0; rc && q < DP_QUEUES_MAX; q++)
		mem_close_fd(&g->ways.tap[q]);
	c->publish(c->ctx);
	for (size_t q = 0; q < DP_QUEUES_MAX; q++)
		mem_close_fd(&old[q]);
	return rc ? rc : egress_commit(&c->table->groups);
}

static int marking_set(
	struct capture *c, struct user_group *g, enum table_marking m)
{
	enum table_marking was = g->t.marking;
	int rc;

	g->t.marking = m;
	rc = g->t.in_kernel ? table_group_renew(c->table, &g->t) : 0;
	if (rc)
		g->t.marking = was;
	return rc;
}

/* Caught on ifindex from now on; also from one device to another. */
static int egress_start(struct capture *c, struct user_group *g, int ifindex)
{
	bool was = g->egress;
	int rc = 0;

	if (!g->tap_name[0])
		rc = tap_open(c->rt, g->t.slot, g->tap_name, g->ways.tap,
			c->queues);
	if (rc)
		return rc;
	g->egress = true;
	g->t.ifindex = ifindex;
	rc = egress_commit(&c->table->groups);
	if (!rc)
		rc = emitters_open(c, g, ifindex);
	c->publish(c->ctx);
	if (!rc)
		rc = marking_set(c, g, TABLE_MARK_LEAVING);
	if (!rc)
		return tun_rule(c->rt, g->t.slot, g->t.cfg.ip6, false);
	g->egress = was;
	return rc;
}

/* Routed into the TUN from now on.  Packets on their way between the hooks are
 * caught until all that come are routed. */
static int egress_stop(struct capture *c, struct user_group *g)
{
	int rc = tun_rule(c->rt, g->t.slot, g->t.cfg.ip6, true);

	if (!rc && (!g->ways.emit[0] || g->emit_ifindex ||
			   g->transmit != c->want.transmit))
		rc = emitters_open(c, g, 0);
	c->publish(c->ctx);
	if (!rc && g->t.marking == TABLE_MARK_LEAVING)
		rc = marking_set(c, g, TABLE_MARK_BOTH);
	if (!rc && g->t.marking == TABLE_MARK_BOTH)
		rc = marking_set(c, g, TABLE_MARK_ROUTED);
	if (rc || !g->tap_name[0])
		return rc;
	g->egress = false;
	(void)egress_commit(&c->table->groups);
	taps_close(c, g);
	return 0;
}

/* Why packets can not be caught as they leave; NULL: they can. */
static const char *refusal(struct capture *c, const struct user_group *g,
	const struct link_state *link)
{
	if (c->want.capture == DP_CAPTURE_TUN)
		return "configured";
	if (g->t.cfg.ip6)
		return "the group is one of IPv6";
	if (!link)
		return "the interface is not there";
	if (!netdev_is_ethernet(g->t.cfg.netdev))
		return "the interface is not Ethernet";
	if (c->want.capture == DP_CAPTURE_AUTO &&
		nft_translates(table_nl()))
		return "addresses are translated on this host";
	return NULL;
}

static bool as_wanted(const struct capture *c, const struct user_group *g,
	const struct link_state *link)
{
	return g->egress && g->t.marking == TABLE_MARK_LEAVING &&
	       g->t.ifindex == link->ifindex &&
	       g->emit_ifindex == link->ifindex &&
	       g->transmit == c->want.transmit && g->ways.emit[0];
}

int capture_choose(struct capture *c, struct user_group *g,
	const struct link_state *link)
{
	int rc;

	/* What comes back under this name is looked at then. */
	if (!link && g->egress)
		return 0;
	g->why = refusal(c, g, link);
	if (!g->why && as_wanted(c, g, link))
		return 0;
	if (!g->why) {
		rc = egress_start(c, g, link->ifindex);
		if (!rc)
			return 0;
		g->why = rc == -EOPNOTSUPP || rc == -ENOENT
				 ? "this kernel does not filter what leaves"
				 : strerror(-rc);
	}
	return egress_stop(c, g);
}

void capture_end(struct capture *c, struct user_group *g)
{
	if (g->egress) {
		g->egress = false;
		(void)egress_commit(&c->table->groups);
	}
	emitters_close(c, g);
	if (g->tap_name[0])
		taps_close(c, g);
}
