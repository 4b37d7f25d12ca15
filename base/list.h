/* Lists and trees: libbsd's queue and tree macros. */
#ifndef BASE_LIST_H
#define BASE_LIST_H
#include <bsd/sys/queue.h>
#include <bsd/sys/tree.h>

/* libbsd's static forms lean on __unused, which Linux headers use as a name. */
#undef RB_PROTOTYPE_STATIC
#undef RB_GENERATE_STATIC
#define RB_PROTOTYPE_STATIC(name, type, field, cmp)                            \
	RB_PROTOTYPE_INTERNAL(                                                 \
		name, type, field, cmp, __attribute__((unused)) static)
#define RB_GENERATE_STATIC(name, type, field, cmp)                             \
	RB_GENERATE_INTERNAL(                                                  \
		name, type, field, cmp, __attribute__((unused)) static)
#endif
