/* The nf_tables table that the groups of all open backends live in: lists,
 * chains, reports and counters are the same for all; what becomes of a packet
 * that is to be encrypted, and of ESP that is ours, is the backend's (struct
 * table_kind). */
#ifndef DATAPLANE_TABLE_H
#define DATAPLANE_TABLE_H
#include "base/list.h"
#include "dataplane/nft.h"
#include "dataplane/nflog.h"
#include "dataplane/objects.h"
#include "dataplane/ops.h"

#define TABLE_CHAIN_MAX 16
struct chain_name {
	char s[TABLE_CHAIN_MAX];
};

/* What the kernel counts for us; packets of earlier rule generations are kept
 * in base, as a replaced rule starts at zero. */
struct table_counts {
	uint64_t not_ipsec, invalid_sa, ace;
	uint64_t no_sa, identity; /* where the backend leaves them to rules */
};

/* Replaced as a whole: the user backend's workers read them. */
struct group_lists {
	struct acl local, policy;
	struct acl local_in, policy_in; /* mirrored */
};

/* Where packets to be encrypted are marked. */
enum table_marking {
	TABLE_MARK_ROUTED,  /* before they are routed: the mark leads them */
	TABLE_MARK_LEAVING, /* when it is known that they leave by ifindex */
	TABLE_MARK_BOTH,    /* from the latter to the former */
};

/* A backend's group begins with this. */
struct table_group {
	TAILQ_ENTRY(table_group) link; /* by crypto map order */
	TAILQ_ENTRY(table_group) any;  /* likewise, of all backends */
	struct table *table;           /* in whose list it is, or NULL */
	struct dp_group cfg;           /* cfg.policy NULL: none */
	struct group_lists *lists;
	unsigned slot;
	bool can_send;  /* an SA takes what is to be encrypted */
	bool in_kernel; /* chains exist */
	enum table_marking marking;
	int ifindex; /* of netdev, for TABLE_MARK_LEAVING */
	struct table_counts base;
	uint64_t *ace_base; /* for each entry of local, then of policy */
};
TAILQ_HEAD(table_group_list, table_group);
TAILQ_HEAD(table_order, table_group);

/* The hooks fill the batch in the middle of a commit; NULL: nothing. */
struct table_kind {
	bool ip6;            /* IPv6 groups, too */
	const char *spi_set; /* SPIs that are the backend's to decrypt */
	const char *const *frame_chains; /* NULL-terminated; or NULL */
	uint32_t mark_out; /* + slot: to be encrypted */
	uint16_t nflog_group;
	const char *const *chains; /* of each group, besides the common ones */
	size_t n_chains;
	/* Rules of `notrack`, and frame_chains, before `pre` and `out`; outN of
	 * all groups are there. */
	void (*frame)(struct nl_batch *b, const struct table_group_list *l);
	/* First in `pre`: ESP whose SPI is in spi_set. */
	void (*esp)(struct nl_batch *b, const struct table_group_list *l);
	/* First in `out`. */
	void (*out)(struct nl_batch *b);
	/* The end of encN, which all goes to that is to be encrypted. */
	void (*seal)(struct nl_batch *b, const struct table_group *g);
	/* Rules of `chains`. */
	void (*group)(struct nl_batch *b, const struct table_group *g);
	/* Adds what `chains` counted. 0 or -errno. */
	int (*counts)(struct nl *nft, const struct table_group *g,
		struct table_counts *sum);
};

struct table {
	TAILQ_ENTRY(table) link;
	bool open; /* in that list */
	const struct table_kind *kind;
	struct nl log;
	struct table_spi {
		uint32_t spi;
		bool ip6;
	} *spi; /* that are the backend's to decrypt */
	size_t n_spis;
	struct table_group_list groups;
	const struct dp_events *ev; /* for reports of packets */
	struct loop_fd *watch;
};

/* The first opens the socket and removes what a crashed run left. 0 or -errno;
 * -EPERM also where another process runs with the table. */
int table_open(struct table *t, const struct table_kind *kind);
/* Reports of packets go to ev, which outlives t, from now on; where they are
 * not to be had ev is told, and all else works.  So it is when another program
 * changed the table, which is then put right. */
void table_reports_start(
	struct table *t, struct loop *loop, const struct dp_events *ev);
void table_watch(struct loop *loop); /* that alone */
void table_close(struct table *t); /* has no group any more */

struct table_group *table_find(const struct table *t, uint32_t id);
struct table_group *table_by_slot(const struct table *t, unsigned slot);
/* Without its SAs, which the backend adds. */
struct dp_group_view table_group_view(const struct table_group *g);
/* True for the first group of its interface. */
bool table_first_on_netdev(
	const struct table_group_list *l, const struct table_group *g);

/* Gives a zeroed group a free slot, no policy, and its place. 0 or -ENOSPC. */
int table_group_init(
	struct table *t, struct table_group *g, const struct dp_group *in);
void table_group_fini(struct table_group *g); /* not in the kernel */
/* Puts in's policy in force by one transaction; *old becomes the caller's, to
 * be freed by group_lists_free.  0; or -errno, and nothing has changed. */
int table_group_replace(struct table *t, struct table_group *g,
	const struct dp_group *in, struct group_lists **old);
/* The same policy anew, after can_send or what the hooks look at changed.
 * 0 or -errno. */
int table_group_renew(struct table *t, struct table_group *g);
/* All of it anew, for all backends, when others may have changed it or what it
 * hangs on was replaced. 0 or -errno. */
int table_restore(void);
/* Takes g off the list and its rules out of the kernel. 0 or -errno. */
int table_group_remove(struct table *t, struct table_group *g);
void group_lists_free(struct group_lists *l);

/* An SPI that is ours to decrypt. 0 or -errno. */
int table_spi(struct table *t, bool ip6, uint32_t spi, bool add);
/* With those of earlier generations. 0 or -errno. */
int table_group_counts(const struct table_group *g, struct table_counts *out);
/* As dataplane_ops has them; g may be NULL. */
int table_ace_counters(const struct table_group *g, uint64_t *v, size_t n);
int table_local_counters(const struct table_group *g, uint64_t *v, size_t n);

/* ---- for the hooks ---- */
/* Is the batch at work on the table of the group's family? */
bool table_has(const struct nl_batch *b, const struct table_group *g);
struct chain_name table_chain(const char *kind, const struct table_group *g);
void table_spi_test(struct nft_rule *r, const struct table_kind *k);
/* Rules at the end of `chain`: routed to a group's interface, into outN. */
void table_out_jumps(struct nl_batch *b, const char *chain);
/* Adds the packets that a chain's rules counted, of its first n. */
int table_chain_sum(struct nl *nft, const char *chain,
	const struct table_group *g, uint64_t *sum);
#endif
