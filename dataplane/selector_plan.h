/* How a list is laid out for the kernel: as a sequence of steps, each a rule
 * for one entry or a map from ranges of addresses, ports and protocol to the
 * entries that decide.  Pure data: selector_nft.c turns it into nf_tables
 * objects, the tests interpret it. */
#ifndef DATAPLANE_SELECTOR_PLAN_H
#define DATAPLANE_SELECTOR_PLAN_H
#include "dataplane/selector.h"

enum plan_field { PLAN_DST, PLAN_SRC, PLAN_DPORT, PLAN_SPORT, PLAN_PROTO,
	PLAN_FIELDS };

/* All packets between two corners, these included. */
struct plan_box {
	uint32_t lo[PLAN_FIELDS], hi[PLAN_FIELDS];
	uint32_t ace; /* index */
};

struct plan_step {
	bool ports;           /* sees only TCP and UDP packets that show ports;
			       * a map of other packets has no port fields */
	uint32_t ace;         /* the entry of a rule */
	struct plan_box *box; /* owned; of a map, else NULL */
	size_t n_boxes;
	bool exact; /* all boxes differ in, and only in, what `mask` leaves */
	uint32_t mask[PLAN_FIELDS];
	uint8_t field[PLAN_FIELDS]; /* enum plan_field, most selective first */
	size_t n_fields;
};

struct acl_plan {
	struct plan_step *step; /* owned */
	size_t n, cap;
};

/* A packet goes through the steps in order; the first rule that it matches or
 * map with a box that it lies in decides.  That is the entry that acl_match
 * names.  Boxes of a map never overlap: the kernel keeps no order among them.
 * What can never match, or never first, may be left out.  permit_goes_on:
 * packets that a permit matched go on to the entries behind it. */
void acl_plan_build(
	struct acl_plan *p, const struct acl *acl, bool permit_goes_on);
void acl_plan_free(struct acl_plan *p);
bool plan_box_has(const struct plan_box *b, const uint32_t v[PLAN_FIELDS]);
#endif
