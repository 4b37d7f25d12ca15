/* The layout of long lists.  A rule costs some 10 ns for every packet that
 * passes it and some 15 us to load.  A map costs a packet the same whatever it
 * holds: of ranges a few hundred ns, and 7 us an element to load; of exact
 * masked values, a hash, a third of both.
 *
 * Runs of entries that ask for nothing but prefixes, ports and a protocol
 * become maps; entries between them stay rules.  In a run the shapes (lengths
 * of the prefixes, ports and protocol given or not) that most entries have get
 * hashes of their own, the rest shares maps of ranges.  An entry goes behind
 * all maps with an earlier entry that it overlaps. */
#include "dataplane/selector_plan.h"
#include "base/hash.h"
#include "base/mem.h"
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define LIST_MIN    64 /* shorter lists stay rules */
#define RUN_MIN     16 /* entries that a map must stand for */
#define PORTS_MAX   4  /* ranges of one operator */
#define PORT_MAX    65535u
#define PROTO_MAX   255u
#define NONE        UINT32_MAX
#define SKETCH_BITS 65536u
#define SHAPES_MAX  8  /* with a hash */
#define SHAPE_MIN   64 /* boxes of a shape with a hash, */
#define SHAPE_PART  32 /* and that part of all */

static const uint32_t field_most[PLAN_FIELDS] = { UINT32_MAX, UINT32_MAX,
	PORT_MAX, PORT_MAX, PROTO_MAX };

/* ---- entries as boxes ---- */

struct range {
	uint32_t lo, hi;
};

static bool is_port_proto(int proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP;
}

static int port_cmp(const void *a, const void *b)
{
	return (int)*(const uint16_t *)a - (int)*(const uint16_t *)b;
}

/* The ports that are none of the n listed. */
static size_t gaps(const struct ace_port *o, struct range out[])
{
	uint16_t p[ACE_PORTS_MAX];
	uint32_t from = 0;
	size_t n = 0;

	memcpy(p, o->p, sizeof(p));
	qsort(p, o->n, sizeof(p[0]), port_cmp);
	for (size_t i = 0; i < o->n; i++) {
		if (p[i] > from)
			out[n++] = (struct range){ from, p[i] - 1u };
		from = p[i] + 1u;
	}
	if (from <= PORT_MAX)
		out[n++] = (struct range){ from, PORT_MAX };
	return n;
}

/* The ports that the operator takes, at most ACE_PORTS_MAX + 1 ranges. */
static size_t ranges(const struct ace_port *o, struct range out[])
{
	size_t n = 0;

	switch (o->op) {
	case PORT_EQ:
		for (; n < o->n; n++)
			out[n] = (struct range){ o->p[n], o->p[n] };
		return n;
	case PORT_NEQ:
		return gaps(o, out);
	case PORT_GT:
		out[0] = (struct range){ o->p[0] + 1u, PORT_MAX };
		return o->p[0] < PORT_MAX;
	case PORT_LT:
		out[0] = (struct range){ 0, o->p[0] - 1u };
		return o->p[0] > 0;
	case PORT_RANGE:
		out[0] = (struct range){ o->p[0], o->p[1] };
		return o->p[0] <= o->p[1];
	default:
		out[0] = (struct range){ 0, PORT_MAX };
		return 1;
	}
}

/* Can boxes say all that the entry asks for?  ports: of packets with ports. */
static bool is_boxes(const struct ace *e, bool ports)
{
	if (e->ip6 || !ip_wild_contiguous(e->src) ||
		!ip_wild_contiguous(e->dst) || e->dscp != ACE_ANY ||
		e->precedence != ACE_ANY || e->tos != ACE_ANY ||
		e->ttl.op != PORT_ANY || e->fragments || e->option)
		return false;
	if (!ace_wants_l4(e))
		return true;
	return ports && is_port_proto(e->proto) && !e->established &&
	       !e->tcp_set && !e->tcp_clear && e->sport.n <= PORTS_MAX &&
	       e->dport.n <= PORTS_MAX;
}

static void wild_range(struct ip_wild w, uint32_t *lo, uint32_t *hi)
{
	*lo = w.addr & ~w.wild;
	*hi = w.addr | w.wild;
}

/* ---- a run: maps under construction ---- */

/* What of each field a box asks for. */
struct shape {
	uint32_t mask[PLAN_FIELDS];
};

struct shape_node {
	struct shape shape; /* key */
	size_t n;
	uint32_t id; /* of those with a hash, else NONE */
	UT_hash_handle hh;
};

/* A box of a hash, cut to what its shape and another have in common: boxes of
 * two shapes overlap when they are the same so cut. */
struct seen_key {
	uint32_t map, shape, v[PLAN_FIELDS];
};

struct seen_node {
	struct seen_key key;
	UT_hash_handle hh;
};

struct run_box {
	struct plan_box box;
	struct shape_node *shape; /* NULL: ports are a range */
};

/* Addresses of so many boxes; what is not filled overlaps at most 0.0.0.0. */
#define LANE 64
struct lane {
	uint32_t lo[2][LANE], hi[2][LANE];
};

struct run_map {
	uint32_t *box; /* indices, in the order of the list */
	size_t n, cap;
	struct lane *lane;
	size_t cap_lanes;
	uint32_t shape; /* of a hash, or NONE */
};

struct run {
	bool ports;
	uint32_t *ace; /* the entries in it */
	size_t n_aces, cap_aces;
	struct run_box *box;
	size_t n_boxes, cap_boxes;
	struct run_map *map;
	size_t n_maps;
	struct shape_node *shapes;
	struct shape hashed[SHAPES_MAX];
	size_t n_hashed;
	struct seen_node *seen;
};

static void *grown(void *v, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return v;
	*cap = *cap * 2 + 16;
	return xreallocarray(v, *cap, size);
}

static void run_reset(struct run *r)
{
	struct shape_node *shape, *next_shape;
	struct seen_node *seen, *next_seen;

	for (size_t i = 0; i < r->n_maps; i++) {
		free(r->map[i].box);
		free(r->map[i].lane);
	}
	free(r->map);
	free(r->box);
	free(r->ace);
	HASH_ITER(hh, r->shapes, shape, next_shape) {
		HASH_DEL(r->shapes, shape);
		free(shape);
	}
	HASH_ITER(hh, r->seen, seen, next_seen) {
		HASH_DEL(r->seen, seen);
		free(seen);
	}
	*r = (struct run){ .ports = r->ports };
}

bool plan_box_has(const struct plan_box *b, const uint32_t v[PLAN_FIELDS])
{
	for (size_t i = 0; i < PLAN_FIELDS; i++)
		if (v[i] < b->lo[i] || v[i] > b->hi[i])
			return false;
	return true;
}

static bool boxes_overlap(const struct plan_box *a, const struct plan_box *b)
{
	for (size_t i = 0; i < PLAN_FIELDS; i++)
		if (a->hi[i] < b->lo[i] || a->lo[i] > b->hi[i])
			return false;
	return true;
}

/* The same of the addresses alone, for so many boxes that the compiler can
 * compare several at a time. */
static bool lane_overlaps(const struct lane *l, const struct plan_box *b)
{
	uint32_t any = 0;

	for (size_t i = 0; i < LANE; i++)
		any |= (uint32_t)(l->lo[0][i] <= b->hi[0]) &
		       (uint32_t)(l->hi[0][i] >= b->lo[0]) &
		       (uint32_t)(l->lo[1][i] <= b->hi[1]) &
		       (uint32_t)(l->hi[1][i] >= b->lo[1]);
	return any != 0;
}

/* A box of the map that this one overlaps, or NULL. */
static const struct plan_box *map_overlap(
	const struct run *r, const struct run_map *m, const struct plan_box *b)
{
	for (size_t i = 0; i < m->n; i += LANE) {
		size_t end = m->n - i < LANE ? m->n : i + LANE;

		if (!lane_overlaps(&m->lane[i / LANE], b))
			continue;
		for (size_t k = i; k < end; k++)
			if (boxes_overlap(&r->box[m->box[k]].box, b))
				return &r->box[m->box[k]].box;
	}
	return NULL;
}

/* ---- shapes ---- */

static uint32_t shape_of(const struct run_box *b)
{
	return b->shape ? b->shape->id : NONE;
}

/* false: a field is a range that is no prefix, or nothing is asked for. */
static bool shape_read(const struct plan_box *b, struct shape *out)
{
	uint32_t any = 0;

	for (size_t i = 0; i < PLAN_FIELDS; i++) {
		uint32_t wild = b->lo[i] ^ b->hi[i];

		out->mask[i] = field_most[i] & ~wild;
		if ((wild & (wild + 1)) != 0 || (b->lo[i] & wild) != 0)
			return false;
		if (i > PLAN_SRC && wild && wild != field_most[i])
			return false;
		any |= out->mask[i];
	}
	return any != 0;
}

static void shape_count(struct run *r, struct run_box *b)
{
	struct shape shape;
	struct shape_node *s;

	if (!shape_read(&b->box, &shape))
		return;
	HASH_FIND(hh, r->shapes, &shape, sizeof(shape), s);
	if (!s) {
		s = xcalloc(1, sizeof(*s));
		s->shape = shape;
		s->id = NONE;
		HASH_ADD(hh, r->shapes, shape, sizeof(s->shape), s);
	}
	s->n++;
	b->shape = s;
}

/* Gives the most frequent shapes their hashes, in order of the list. */
static void shapes_choose(struct run *r)
{
	for (size_t i = 0; i < r->n_boxes; i++) {
		struct shape_node *s = r->box[i].shape;

		if (!s || s->id != NONE || r->n_hashed == SHAPES_MAX ||
			s->n < SHAPE_MIN || s->n * SHAPE_PART < r->n_boxes)
			continue;
		s->id = (uint32_t)r->n_hashed;
		r->hashed[r->n_hashed++] = s->shape;
	}
}

static struct seen_key seen_key(const struct run *r, uint32_t map,
	uint32_t other, const struct plan_box *b)
{
	const struct shape *own = &r->hashed[r->map[map].shape];
	struct seen_key k = { .map = map, .shape = other };

	for (size_t i = 0; i < PLAN_FIELDS; i++)
		k.v[i] = b->lo[i] & own->mask[i] & r->hashed[other].mask[i];
	return k;
}

/* Does a box of that shape overlap one in the hash? */
static bool seen_find(const struct run *r, uint32_t map, uint32_t shape,
	const struct plan_box *b)
{
	struct seen_key k = seen_key(r, map, shape, b);
	struct seen_node *s;

	HASH_FIND(hh, r->seen, &k, sizeof(k), s);
	return s != NULL;
}

static void seen_add(struct run *r, uint32_t map, const struct plan_box *b)
{
	for (uint32_t i = 0; i < r->n_hashed; i++) {
		struct seen_node *s;

		if (seen_find(r, map, i, b))
			continue;
		s = xcalloc(1, sizeof(*s));
		s->key = seen_key(r, map, i, b);
		HASH_ADD(hh, r->seen, key, sizeof(s->key), s);
	}
}

/* ---- places ---- */

static uint32_t map_new(struct run *r, uint32_t shape)
{
	r->map = xreallocarray(r->map, r->n_maps + 1, sizeof(*r->map));
	r->map[r->n_maps] = (struct run_map){ .shape = shape };
	return (uint32_t)r->n_maps++;
}

static void map_put(struct run *r, uint32_t map, uint32_t at)
{
	const struct plan_box *b = &r->box[at].box;
	struct run_map *m = &r->map[map];
	struct lane *l;

	if (m->shape != NONE)
		seen_add(r, map, b);
	m->box = grown(m->box, m->n, &m->cap, sizeof(*m->box));
	if (m->n % LANE == 0) {
		m->lane = grown(
			m->lane, m->n / LANE, &m->cap_lanes, sizeof(*m->lane));
		memset(&m->lane[m->n / LANE], 0, sizeof(*m->lane));
	}
	l = &m->lane[m->n / LANE];
	for (size_t i = 0; i < ARRAY_LEN(l->lo); i++) {
		l->lo[i][m->n % LANE] = b->lo[i];
		l->hi[i][m->n % LANE] = b->hi[i];
	}
	m->box[m->n++] = at;
}

/* Puts the box into the first map of ranges, or the last hash of its shape,
 * that takes it: where neither it nor a map behind has an earlier box that
 * this one overlaps. */
static void run_place(struct run *r, uint32_t at)
{
	const struct plan_box *b = &r->box[at].box;
	uint32_t shape = shape_of(&r->box[at]), map = NONE;

	for (uint32_t i = (uint32_t)r->n_maps; i-- > 0;) {
		const struct run_map *m = &r->map[i];
		const struct plan_box *other;

		if (shape != NONE && m->shape != NONE) {
			bool found = seen_find(r, i, shape, b);

			if (found && m->shape == shape)
				return; /* decided before */
			if (found)
				break;
			if (m->shape != shape)
				continue;
			map = i;
			break;
		}
		other = map_overlap(r, m, b);
		if (other && plan_box_has(other, b->lo) &&
			plan_box_has(other, b->hi))
			return;
		if (other)
			break;
		if (m->shape == shape)
			map = i;
	}
	if (map == NONE)
		map = map_new(r, shape);
	map_put(r, map, at);
}

static void run_add(struct run *r, uint32_t ace, const struct ace *e)
{
	struct range s[ACE_PORTS_MAX + 1], d[ACE_PORTS_MAX + 1];
	const struct ace_port any = { .op = PORT_ANY };
	bool ports = is_port_proto(e->proto);
	size_t n_s = ranges(ports ? &e->sport : &any, s);
	size_t n_d = ranges(ports ? &e->dport : &any, d);
	struct plan_box b = { .ace = ace };

	r->ace = grown(r->ace, r->n_aces, &r->cap_aces, sizeof(*r->ace));
	r->ace[r->n_aces++] = ace;
	wild_range(e->src, &b.lo[PLAN_SRC], &b.hi[PLAN_SRC]);
	wild_range(e->dst, &b.lo[PLAN_DST], &b.hi[PLAN_DST]);
	b.lo[PLAN_PROTO] = e->proto == ACE_ANY ? 0 : (uint32_t)e->proto;
	b.hi[PLAN_PROTO] = e->proto == ACE_ANY ? PROTO_MAX : (uint32_t)e->proto;
	for (size_t i = 0; i < n_s * n_d; i++) {
		b.lo[PLAN_SPORT] = s[i / n_d].lo;
		b.hi[PLAN_SPORT] = s[i / n_d].hi;
		b.lo[PLAN_DPORT] = d[i % n_d].lo;
		b.hi[PLAN_DPORT] = d[i % n_d].hi;
		r->box = grown(
			r->box, r->n_boxes, &r->cap_boxes, sizeof(*r->box));
		r->box[r->n_boxes] = (struct run_box){ .box = b };
		shape_count(r, &r->box[r->n_boxes++]);
	}
}

/* ---- steps ---- */

static struct plan_step *step_add(struct acl_plan *p, bool ports)
{
	p->step = grown(p->step, p->n, &p->cap, sizeof(*p->step));
	p->step[p->n] = (struct plan_step){ .ports = ports };
	return &p->step[p->n++];
}

/* About how many different ranges the field has among the boxes. */
static size_t variety(const struct plan_step *s, size_t field)
{
	auto_free uint64_t *seen = xcalloc(SKETCH_BITS / 64, sizeof(*seen));
	size_t n = 0;

	for (size_t i = 0; i < s->n_boxes; i++) {
		uint64_t v = (uint64_t)s->box[i].lo[field] << 32 |
			     s->box[i].hi[field];
		uint32_t at = (uint32_t)(v * 0x9e3779b97f4a7c15u >> 48);
		uint64_t bit = UINT64_C(1) << at % 64;

		n += !(seen[at / 64] & bit);
		seen[at / 64] |= bit;
	}
	return n;
}

static bool is_any(const struct plan_box *b, size_t field)
{
	return b->lo[field] == 0 && b->hi[field] == field_most[field];
}

/* The kernel walks all boxes that the fields so far have left: those with the
 * most different values go first, the protocol last.  What is the same range
 * everywhere for all boxes need not be asked for. */
static void fields_order(struct plan_step *s)
{
	static const uint8_t with[] = { PLAN_DST, PLAN_SRC, PLAN_DPORT,
		PLAN_SPORT };
	size_t weight[PLAN_FIELDS];

	for (size_t i = 0; i < (s->ports ? 4 : 2); i++) {
		size_t w = variety(s, with[i]), at = s->n_fields;

		if (i >= PLAN_DPORT && w == 1 && is_any(s->box, with[i]))
			continue;
		for (; at > 0 && weight[at - 1] < w; at--) {
			weight[at] = weight[at - 1];
			s->field[at] = s->field[at - 1];
		}
		weight[at] = w;
		s->field[at] = with[i];
		s->n_fields++;
	}
	if (variety(s, PLAN_PROTO) > 1 || !is_any(s->box, PLAN_PROTO))
		s->field[s->n_fields++] = PLAN_PROTO;
}

static void step_map(struct acl_plan *p, const struct run *r, size_t map)
{
	const struct run_map *m = &r->map[map];
	struct plan_step *s = step_add(p, r->ports);

	s->box = xcalloc(m->n, sizeof(*s->box));
	for (; s->n_boxes < m->n; s->n_boxes++)
		s->box[s->n_boxes] = r->box[m->box[s->n_boxes]].box;
	if (m->shape == NONE) {
		fields_order(s);
		return;
	}
	s->exact = true;
	memcpy(s->mask, r->hashed[m->shape].mask, sizeof(s->mask));
	for (uint8_t i = 0; i < PLAN_FIELDS; i++)
		if (s->mask[i])
			s->field[s->n_fields++] = i;
}

static void run_end(struct acl_plan *p, struct run *r)
{
	shapes_choose(r);
	for (uint32_t i = 0; i < r->n_boxes; i++)
		run_place(r, i);
	if (r->n_aces >= r->n_maps * RUN_MIN)
		for (size_t i = 0; i < r->n_maps; i++)
			step_map(p, r, i);
	else
		for (size_t i = 0; i < r->n_aces; i++)
			step_add(p, r->ports)->ace = r->ace[i];
	run_reset(r);
}

/* May the entry match a packet that shows ports, or (false) one that does
 * not? */
static bool concerns(const struct ace *e, bool ports)
{
	bool wants = ace_wants_l4(e);

	if (ports)
		return !e->fragments &&
		       (e->proto == ACE_ANY || is_port_proto(e->proto));
	return !wants || !is_port_proto(e->proto);
}

/* The steps for packets with ports, or for all others; all: for whatever
 * packets come so far. */
static void section_build(struct acl_plan *p, const struct acl *acl,
	bool permit_goes_on, bool ports, bool all)
{
	struct run r = { .ports = ports };

	for (uint32_t i = 0; i < acl->n; i++) {
		const struct ace *e = &acl->v[i];

		if (!all && !concerns(e, ports))
			continue;
		if (is_boxes(e, ports) && !(e->permit && permit_goes_on)) {
			run_add(&r, i, e);
			continue;
		}
		run_end(p, &r);
		step_add(p, ports)->ace = i;
	}
	run_end(p, &r);
}

void acl_plan_build(
	struct acl_plan *p, const struct acl *acl, bool permit_goes_on)
{
	size_t with_ports = 0, going_on = 0;
	bool two;

	*p = (struct acl_plan){ 0 };
	if (acl->n < LIST_MIN || acl->ip6) {
		for (uint32_t i = 0; i < acl->n; i++)
			step_add(p, false)->ace = i;
		return;
	}
	for (size_t i = 0; i < acl->n; i++) {
		with_ports +=
			ace_wants_l4(&acl->v[i]) && is_boxes(&acl->v[i], true);
		going_on += permit_goes_on && acl->v[i].permit;
	}
	/* What goes on would be counted in both sections. */
	two = with_ports >= RUN_MIN && !going_on;
	if (two)
		section_build(p, acl, permit_goes_on, true, false);
	section_build(p, acl, permit_goes_on, false, !two);
}

void acl_plan_free(struct acl_plan *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->step[i].box);
	free(p->step);
	*p = (struct acl_plan){ 0 };
}
