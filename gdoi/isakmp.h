/* ISAKMP header and payload chain (RFC 2408 3; protocol.md A.1, A.2): decode
 * beside encode.  Knows no state. */
#ifndef GDOI_ISAKMP_H
#define GDOI_ISAKMP_H
#include "base/err.h"
#include "base/rd.h"
#include "base/wr.h"

#define ISAKMP_PORT      500 /* phase 1 of any DOI; GDOI has 848 */
#define ISAKMP_HDR       28
#define PLD_HDR          4
#define PAYLOADS_MAX     32
#define ISAKMP_MSG_MAX   65000
#define ISAKMP_FLAG_E    0x01

enum payload_type { PLD_NONE = 0, PLD_SA = 1, PLD_P = 2, PLD_T = 3, PLD_KE = 4,
	PLD_ID = 5, PLD_CERT = 6, PLD_CERTREQ = 7, PLD_HASH = 8, PLD_SIG = 9,
	PLD_NONCE = 10, PLD_N = 11, PLD_D = 12, PLD_VID = 13, PLD_SAK = 15,
	PLD_SAT = 16, PLD_KD = 17, PLD_SEQ = 18, PLD_POP = 19, PLD_GAP = 22,
	PLD_FRAGMENT = 132 };
enum isakmp_exchange { XCHG_BASE = 1, XCHG_MAIN = 2, XCHG_AGGRESSIVE = 4,
	XCHG_INFO = 5, XCHG_PULL = 32, XCHG_PUSH = 33, XCHG_PUSH_ACK = 35 };

struct isakmp_hdr {
	uint8_t cky_i[8], cky_r[8];
	uint8_t next, version, exchange, flags;
	uint32_t mid, length;
};
/* The datagram must have exactly the header's length. */
enum wire_err isakmp_hdr_read(struct span datagram, struct isakmp_hdr *out);

struct payload {
	uint8_t type;
	struct rd body;      /* without the generic header */
	struct span whole;   /* with it */
};
struct payloads {
	struct payload v[PAYLOADS_MAX];
	size_t n;
	struct span all;     /* the chain, padding excluded */
};
/* Splits a body into payloads. Total: any input gives WIRE_OK or a named
 * error.  *out borrows from the span; what follows the chain is padding. */
enum wire_err isakmp_split(struct span body, uint8_t first, struct payloads *out);
/* First payload of that type at or after index *at (advanced past it), or
 * NULL. */
const struct payload *payload_next(
	const struct payloads *p, uint8_t type, size_t *at);
const struct payload *payload_get(const struct payloads *p, uint8_t type);
size_t payload_count(const struct payloads *p, uint8_t type);

/* Name of a notification: "INVALID-ID-INFORMATION". */
const char *notify_name(uint16_t type);

/* Message writer: keeps the place of the previous next-type byte. */
struct isakmp_wr {
	struct wr w;
	size_t next_at;      /* where the next payload's type goes */
	size_t body_at;      /* where the open payload starts */
	bool open, bare;     /* bare: a chain without header */
	uint8_t first;       /* type of the chain's first payload */
};
void isakmp_wr_begin(struct isakmp_wr *m, void *buf, size_t cap,
	const struct isakmp_hdr *h); /* next and length are patched later */
/* Chain without header (the cleartext of an encrypted body); its first type is
 * told by isakmp_chain_first. */
void isakmp_chain_begin(struct isakmp_wr *m, void *buf, size_t cap);
void isakmp_begin(struct isakmp_wr *m, uint8_t type); /* closes an open one */
void isakmp_end(struct isakmp_wr *m);                 /* closes the payload */
uint8_t isakmp_chain_first(const struct isakmp_wr *m);
void isakmp_put(struct isakmp_wr *m, uint8_t type, const void *p, size_t n);
/* Closes all and patches the header's length. Empty span when bad. */
struct span isakmp_wr_end(struct isakmp_wr *m);

/* Attributes (protocol.md A.2): TV or TLV, numeric ones in either form. */
struct attr {
	uint16_t type;
	bool tv;
	uint32_t num;        /* value when it fits 32 bits, else 0 */
	bool is_num;
	struct span bytes;   /* the value as it stands on the wire */
};
/* 1: one attribute, 0: clean end, -1: malformed. */
int attr_read(struct rd *r, struct attr *out);
void attr_put_tv(struct wr *w, uint16_t type, uint16_t v);
void attr_put_u32(struct wr *w, uint16_t type, uint32_t v); /* 4-octet TLV */
void attr_put_bytes(struct wr *w, uint16_t type, const void *p, size_t n);
#endif
