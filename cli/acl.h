/* Access lists inside cli/: the lines that several files read, their values,
 * and the views (ios-cli.md 8). */
#ifndef CLI_ACL_H
#define CLI_ACL_H
#include "cli/cfg.h"

#include <time.h>

/* cfg_acl.c, cfg_acl6.c */
extern const struct command cfg_ace_ext, cfg_ace_std, cfg_acl6, cfg_ace6;
/* Numbers a new entry; keyword: what its key begins with.  One that is there
 * already is dropped without a word, so that a list may be pasted twice. */
int ace_number(struct node *section, struct node *n, const char *keyword,
	uint32_t max, struct sbuf *why);
/* Refuses what no list may say: reflect, groups that do not exist.  A text
 * without a refusal is a notice. */
int ace_check(const struct router *r, const struct node *section,
	const struct node *ace, struct sbuf *why);
/* Would this list do for a GDOI policy?  false with the reason. */
bool acl_fits_gdoi(const struct router *r, const char *name, struct sbuf *why);
/* Is there a list of that name that is not of this kind?  Says so. */
bool acl_name_taken(const struct router *r, const struct command *kind,
	const char *name, struct sbuf *why);

/* cfg_gdoi_ks.c: a group's policy, rekey address or crypto map has it. */
bool gdoi_uses_acl(const struct router *r, const char *name);
bool crypto_map_uses_acl(const struct router *r, const char *acl);

/* cfg_objgroup.c */
extern const struct command cfg_group_net, cfg_group_svc, cfg_group_text,
	cfg_member_net, cfg_member_svc;
/* Members with those of nested groups, appended. */
struct net_set {
	struct ip_wild *v;
	size_t n, cap;
};
struct svc_set {
	struct ace *v; /* protocol, ports, ICMP type; the rest any */
	size_t n, cap;
};
void group_net_view(
	const struct router *r, const char *name, struct net_set *out);
void group_svc_view(
	const struct router *r, const char *name, struct svc_set *out);
/* Does an entry of a list name it? */
bool group_is_used(const struct router *r, const char *name);

/* cfg_timerange.c */
extern const struct command cfg_time_range, cfg_time_absolute,
	cfg_time_periodic;
/* Now; one that does not exist is active, as on IOS. */
bool time_range_active(const struct router *r, const char *name);
time_t time_range_now(void);
/* Where the time comes from; NULL: the wall clock.  For tests. */
void time_range_clock(time_t (*now)(void));

/* cfg_filter.c */
extern const struct command cfg_access_group, cfg_traffic_filter;
/* Hands the filters over again when a time range began or ended since. */
void acl_clock_tick(struct router *r);
void acl_clock_free(struct router *r);

/* acl_view.c: entries as they apply now: groups expanded, entries of inactive
 * time ranges left out.  false: no such list, and *out is empty. */
bool acl6_view(const struct router *r, const char *name, struct acl *out);
/* The IPv4 list of that name, standard or extended. */
bool acl4_view(const struct router *r, const char *name, struct acl *out);
/* Entries that one line may expand to.  A line beyond that permits nothing, or
 * denies everything. */
#define ACE_EXPAND_MAX 16384

/* types_acl.c, types_acl6.c: readers of what the types stored. */
const char *group_value(const char *stored); /* NULL: no object-group */
int16_t proto_value(const char *stored);     /* of ace_proto */
void icmp_value(const char *stored, int16_t *type, int16_t *code);
struct ip_prefix ace6_addr_value(const char *stored);
/* type: "ip_option", "igmp_type" or "ace6_proto". */
int ace_table_value(const char *type, const char *stored);
uint8_t days_value(const char *stored); /* bit 0: Sunday */
bool clock_value(const char *s, unsigned *minutes);
void until_value(const char *stored, int *day, unsigned *minutes); /* -1 none */
bool date_value(const char *stored, struct tm *out);
#endif
