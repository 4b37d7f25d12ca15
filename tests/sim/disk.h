/* A disk that can be cut off at any moment: what was written before stays,
 * what a transaction had not committed is gone, and nothing written later
 * arrives.  The machine above does not notice until it is stopped. */
#ifndef SIM_DISK_H
#define SIM_DISK_H
#include "gdoi/store.h"
#include <stdbool.h>

struct disk;
/* wrote(ctx) is asked before each thing becomes durable: false, and it does
 * not, nor does anything after it until disk_replug. */
struct disk *disk_new(bool (*wrote)(void *ctx), void *ctx);
void disk_free(struct disk *d);
struct store *disk_store(struct disk *d); /* lent */
uint64_t disk_rows(const struct disk *d); /* written so far */
void disk_replug(struct disk *d);         /* after a crash: open changes go */
#endif
