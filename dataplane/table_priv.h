/* The parts of the table among themselves. */
#ifndef DATAPLANE_TABLE_PRIV_H
#define DATAPLANE_TABLE_PRIV_H
#include "dataplane/table.h"

struct nl *table_nl(void); /* the socket that the table belongs to */
uint8_t table_family(bool ip6); /* NFPROTO_* */
bool table_is_own(void);   /* no other program can change the table */
size_t table_entries(const struct table_group *g); /* of both lists */
/* Replaced rules start at zero: takes what they counted into our sums. */
void table_counts_keep(struct table_group *g);
#endif
