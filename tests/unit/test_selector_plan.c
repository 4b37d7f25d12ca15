/* The layout of long lists against the reference evaluator: an interpreter
 * that does with a plan what the kernel does with what becomes of it. */
#include "base/mem.h"
#include "dataplane/selector_plan.h"
#include "tests/unit/acl_random.h"
#include "tests/unit/test.h"
#include <stdlib.h>
#include <string.h>

#define LISTS   300
#define PACKETS 4000 /* 1.2 million pairs */
#define ENTRIES 800

struct seen {
	bool ports;
	uint32_t v[PLAN_FIELDS];
};

/* What the loads of a map's rule see of the packet. */
static struct seen see(const struct packet_key *k)
{
	bool ports =
		!k->fragment && k->has_l4 && (k->proto == 6 || k->proto == 17);

	return (struct seen){ .ports = ports,
		.v = { k->dst, k->src, k->dport, k->sport, k->proto } };
}

/* Only the fields that stand in the key count. */
static bool element_has(const struct plan_step *s, const struct plan_box *b,
	const uint32_t v[PLAN_FIELDS])
{
	for (size_t i = 0; i < s->n_fields; i++) {
		uint8_t f = s->field[i];

		if (s->exact ? (v[f] & s->mask[f]) != b->lo[f]
			     : v[f] < b->lo[f] || v[f] > b->hi[f])
			return false;
	}
	return true;
}

static int step_hit(const struct plan_step *s, const struct acl *acl,
	const struct packet_key *k)
{
	struct seen seen = see(k);

	if (s->ports && !seen.ports)
		return -1;
	if (!s->box)
		return ace_match(&acl->v[s->ace], k) ? (int)s->ace : -1;
	for (size_t i = 0; i < s->n_boxes; i++)
		if (element_has(s, &s->box[i], seen.v))
			return (int)s->box[i].ace;
	return -1;
}

/* Counts what the packet meets. */
static void plan_run(const struct acl_plan *p, const struct acl *acl,
	const struct packet_key *k, bool goes_on, uint32_t *count)
{
	for (size_t i = 0; i < p->n; i++) {
		int hit = step_hit(&p->step[i], acl, k);

		if (hit < 0)
			continue;
		count[hit]++;
		if (!goes_on || !acl->v[hit].permit)
			return;
	}
}

static void list_run(const struct acl *acl, const struct packet_key *k,
	bool goes_on, uint32_t *count)
{
	for (size_t i = 0; i < acl->n; i++) {
		if (!ace_match(&acl->v[i], k))
			continue;
		count[i]++;
		if (!goes_on || !acl->v[i].permit)
			return;
	}
}

static struct acl list_random(size_t n)
{
	struct acl acl = { .v = xcalloc(n, sizeof(*acl.v)), .n = n };
	enum acl_style style = (enum acl_style)rnd(ACL_STYLES);

	for (size_t i = 0; i < n; i++)
		acl.v[i] = rnd_ace_long((uint32_t)i, style);
	return acl;
}

/* No two elements of a map overlap. */
static void map_check(const struct plan_step *s)
{
	assert_true(s->exact ? s->n_fields >= 1 : s->n_fields >= 2);
	for (size_t i = 0; i < s->n_boxes; i++) {
		for (size_t k = 0; k < i; k++) {
			const struct plan_box *a = &s->box[i], *b = &s->box[k];
			bool apart = false;

			for (size_t f = 0; f < PLAN_FIELDS; f++)
				apart |= a->hi[f] < b->lo[f] ||
					 a->lo[f] > b->hi[f];
			assert_true(apart);
		}
	}
}

struct tally {
	size_t ranges, exact, rules, with_ports;
};

static void plan_check(const struct acl_plan *p, struct tally *t)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct plan_step *s = &p->step[i];

		t->rules += !s->box;
		t->exact += s->box && s->exact;
		t->ranges += s->box && !s->exact;
		t->with_ports += s->box && s->ports;
		if (s->box)
			map_check(s);
	}
}

static void list_try(const struct acl *acl, bool goes_on, struct tally *t)
{
	auto_free uint32_t *want = xcalloc(acl->n, sizeof(*want));
	auto_free uint32_t *got = xcalloc(acl->n, sizeof(*got));
	struct acl_plan plan;

	acl_plan_build(&plan, acl, goes_on);
	plan_check(&plan, t);
	for (size_t i = 0; i < PACKETS; i++) {
		uint8_t p[64];
		struct packet_key k;
		size_t n = rnd(8) ? rnd_packet_for(acl, p) : rnd_packet(p);

		assert_true(packet_key_read(p, n, &k));
		list_run(acl, &k, goes_on, want);
		plan_run(&plan, acl, &k, goes_on, got);
		if (i % 16 == 0 || i == PACKETS - 1)
			assert_memory_equal(want, got, acl->n * sizeof(*got));
	}
	acl_plan_free(&plan);
}

static void plans_agree(void **state)
{
	struct tally t = { 0 };

	(void)state;
	for (size_t i = 0; i < LISTS; i++) {
		struct acl acl = list_random(1 + rnd(ENTRIES));

		list_try(&acl, i % 4 == 0, &t);
		acl_free(&acl);
	}
	print_message("# %zu rules, %zu maps of ranges, %zu exact; %zu with "
		      "ports\n",
		t.rules, t.ranges, t.exact, t.with_ports);
	assert_true(
		t.rules && t.ranges > 50 && t.exact > 50 && t.with_ports > 50);
}

static struct ace pair(uint32_t src, uint32_t dst, uint32_t wild, bool permit)
{
	struct ace e = ace_any(permit);

	e.src = (struct ip_wild){ src, wild };
	e.dst = (struct ip_wild){ dst, wild };
	return e;
}

/* 10,000 pairs of networks behind 500 denied hosts within them: two hashes. */
static void pairs_are_two_lookups(void **state)
{
	struct acl acl = { .n = 10500 };
	struct acl_plan plan;

	(void)state;
	acl.v = xcalloc(acl.n, sizeof(*acl.v));
	for (uint32_t i = 0; i < 10000; i++)
		acl.v[500 + i] = pair(0x0a000000 + (i / 100 << 8),
			0x0a800000 + (i % 100 << 8), 0xff, true);
	for (uint32_t i = 0; i < 500; i++)
		acl.v[i] = pair(acl.v[500 + i * 20].src.addr | 1,
			acl.v[500 + i * 20].dst.addr | 2, 0, false);
	acl_plan_build(&plan, &acl, false);
	assert_int_equal(plan.n, 2);
	assert_true(plan.step[0].exact && plan.step[1].exact);
	assert_int_equal(plan.step[0].n_boxes, 500);
	assert_int_equal(plan.step[1].n_boxes, 10000);
	acl_plan_free(&plan);
	acl_free(&acl);
}

static void short_lists_are_rules(void **state)
{
	struct acl acl = list_random(20);
	struct acl_plan plan;

	(void)state;
	acl_plan_build(&plan, &acl, false);
	assert_int_equal(plan.n, 20);
	for (size_t i = 0; i < plan.n; i++)
		assert_true(!plan.step[i].box && plan.step[i].ace == i);
	acl_plan_free(&plan);
	acl_free(&acl);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plans_agree),
		cmocka_unit_test(pairs_are_two_lookups),
		cmocka_unit_test(short_lists_are_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
