/* Lists and trees: libbsd's queue and tree macros. */
#ifndef BASE_LIST_H
#define BASE_LIST_H
#include <bsd/sys/queue.h>
#include <bsd/sys/tree.h>
#endif
