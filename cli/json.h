/* The JSON form of show commands (`| json`): helpers over jansson.
 *
 * Conventions (getvpnsh(1)): keys are snake_case in a fixed order and name the
 * unit (remaining_secs, size_bytes); numbers are numbers; addresses, prefixes,
 * SPIs and cookies are strings; what is unknown or absent is null or left out.
 * A renderer takes the snapshot that the text renderer takes. */
#ifndef CLI_JSON_H
#define CLI_JSON_H
#include "base/ip.h"
#include "cli/session.h"

#include <jansson.h>

/* Prints v, which it takes, as the output of the command: for the return of an
 * exec function when call->json is set.  CMD_DONE. */
int cmd_json(struct cmd_call *c, json_t *v);
/* The same where the text is printed already, if that is what is wanted. */
int cmd_json_if(struct cmd_call *c, json_t *v);

/* Values; the caller owns them.  Text that is not UTF-8 keeps its good parts,
 * U+FFFD stands for each other byte. */
json_t *jv_str(const char *s); /* NULL: null */
json_t *jv_strn(const char *s, size_t n);
json_t *jv_prefix(const struct ip_prefix *p); /* family 0: null */
json_t *jv_hex(const uint8_t *p, size_t n);   /* "0x6D1F02C4" */

/* jo_X puts a member into an object. */
void jo_set(json_t *o, const char *key, json_t *v); /* takes v */
void jo_str(json_t *o, const char *key, const char *v);
void jo_num(json_t *o, const char *key, uint64_t v);
void jo_bool(json_t *o, const char *key, bool v);
void jo_ip(json_t *o, const char *key, const struct ip_addr *a);
void jo_prefix(json_t *o, const char *key, const struct ip_prefix *p);
void jo_spi(json_t *o, const char *key, uint32_t spi);
/* Seconds since 1970; 0 is never: null. */
void jo_wall(json_t *o, const char *key, uint64_t secs);
/* A new, empty child; lent. */
json_t *jo_object(json_t *o, const char *key);
json_t *jo_array(json_t *o, const char *key);

/* ja_X appends to an array. */
void ja_str(json_t *a, const char *v);
json_t *ja_object(json_t *a); /* a new one; lent */
#endif
