/* Internet checksums over whole words (RFC 1071).  A sum is kept in the byte
 * order of memory, so that it needs no swaps; pieces must begin at even places
 * of what is summed.  Pure. */
#ifndef DATAPLANE_CSUM_H
#define DATAPLANE_CSUM_H
#include <stddef.h>
#include <stdint.h>

/* Adds n bytes. */
uint64_t csum_add(uint64_t sum, const uint8_t *p, size_t n);
/* Adds a number that stands in two or four bytes, given in host order. */
uint64_t csum_add16(uint64_t sum, uint16_t v);
/* The checksum's bytes, to be stored as they are. */
void csum_put(uint8_t out[2], uint64_t sum);
/* The same where 0 would mean "none": 0xffff then (RFC 768). */
void csum_put_nonzero(uint8_t out[2], uint64_t sum);
#endif
