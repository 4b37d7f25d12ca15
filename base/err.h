/* Errors of untrusted input: name, text, ISAKMP notify type (0 = none).  One
 * row serves the enum, the text and a counter per reason. */
#ifndef BASE_ERR_H
#define BASE_ERR_H
#include <stdint.h>

#define WIRE_ERRS(X)                                                           \
	X(OK, "ok", 0)                                                         \
	X(TRUNCATED, "truncated", 30)                                          \
	X(LENGTH, "length does not match the datagram", 30)                    \
	X(RESERVED, "reserved field is not zero", 16)                          \
	X(TOO_MANY, "too many payloads", 16)                                   \
	X(VERSION, "unsupported major version", 5)                             \
	X(EXCHANGE, "unsupported exchange type", 7)                            \
	X(FLAGS, "invalid flags", 8)                                           \
	X(MESSAGE_ID, "invalid message id", 9)                                 \
	X(COOKIE, "unknown cookies", 4)                                        \
	X(NO_SA, "no SA and not an offer", 4)                                  \
	X(NOT_ENCRYPTED, "clear message where encryption is due", 8)           \
	X(PADDING, "ciphertext is not whole blocks", 16)                       \
	X(PAYLOAD_MISSING, "a required payload is missing", 16)                \
	X(PAYLOAD_TWICE, "a payload stands twice", 16)                         \
	X(PAYLOAD_ORDER, "payload in a wrong place", 16)                       \
	X(PAYLOAD_TYPE, "payload type not allowed here", 1)                    \
	X(DOI, "DOI not supported", 2)                                         \
	X(SITUATION, "situation not supported", 3)                             \
	X(PROPOSAL, "bad proposal syntax", 15)                                 \
	X(NO_PROPOSAL, "no proposal chosen", 14)                               \
	X(ATTRIBUTE, "attribute not supported", 13)                            \
	X(KE, "invalid public value", 17)                                      \
	X(NONCE, "nonce length out of range", 16)                              \
	X(ID, "invalid id information", 18)                                    \
	X(HASH, "hash does not match", 23)                                     \
	X(SIGNATURE, "signature does not verify", 25)                          \
	X(SEQUENCE, "sequence number not larger than the last", 0)             \
	X(REPLAY, "replayed", 0)                                               \
	X(PROTOCOL, "invalid protocol id", 10)                                 \
	X(SPI, "invalid spi", 11)                                              \
	X(TRANSFORM, "transform not supported", 12)                            \
	X(KEY, "key material missing or of wrong length", 17)                  \
	X(POLICY, "policy not acceptable", 14)                                 \
	X(UNAUTHORIZED, "not authorized", 24)                                  \
	X(LIMIT, "over a limit", 0)                                            \
	X(STATE, "not expected in this state", 0)                              \
	X(SA_LIMIT, "IKE SA limit reached", 0)                                 \
	X(NEGOTIATION_LIMIT, "IKE in-negotiation SA limit reached", 0)         \
	X(RATE, "over the rate of its source", 0)                              \
	X(FRAGMENT, "fragment not acceptable or incomplete", 0)                \
	X(SOURCE, "unexpected source address", 0)                              \
	X(MODE, "Aggressive Mode is disabled", 0)                              \
	X(CERT, "certificate not acceptable", 20)                              \
	X(REVOCATION, "revocation status is being fetched", 0)

enum wire_err {
#define X(name, text, notify) WIRE_##name,
	WIRE_ERRS(X)
#undef X
		WIRE_N_ERRS
};
const char *wire_err_text(enum wire_err e);
uint16_t wire_err_notify(enum wire_err e);
#endif
