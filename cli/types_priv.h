/* Readers shared by the two files of value types. */
#ifndef CLI_TYPES_PRIV_H
#define CLI_TYPES_PRIV_H
#include "cli/cfg.h"

/* A decimal number that fills the token and does not exceed max. */
bool number_read(const char *s, unsigned long max, unsigned long *out);
bool ip4_read(const char *s, uint32_t *out); /* host order */
void ip4_add(struct sbuf *b, uint32_t v);
bool keyword_is(const char *token, const char *keyword); /* abbreviates it */
/* value_type.parse of a name of up to NAME_MAX_IOS letters. */
int name_parse(const struct value_type *vt, const char *const *t, size_t n,
	struct sbuf *out, size_t *bad_col);
/* An ICMP message of either family, a name or type [code]; written by name
 * when it has one.  Returns the tokens used, 0 when it is none. */
int icmp_msg_parse(const char *const *t, size_t n, struct sbuf *out,
	bool (*numbers)(const char *name, int16_t *type, int16_t *code),
	const char *(*name_of)(int type, int code));
const char *proto_help_text(const char *name);
void types_acl_register(struct grammar *g); /* and what follows */
void types_acl6_register(struct grammar *g);
void types_block_register(struct grammar *g); /* cfg_block.c */
void types_url_register(struct grammar *g);
#endif
