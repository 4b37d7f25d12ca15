/* show crypto gdoi gm packet-path: values and their texts. */
#ifndef CLI_SHOW_PATH_H
#define CLI_SHOW_PATH_H
#include "dataplane/path.h"
#include "gdoi/snapshot.h"

#include <jansson.h>

/* One packet on its way through this router. */
struct path_leg {
	struct packet_key key;
	struct packet6_key six; /* where key.six points, of IPv6 */
	bool own, to_us;  /* sent by this router; for it */
	char in_if[64], out_if[64]; /* IOS names; "": no route */
	bool guarded;     /* in_if carries a group: it may come as ESP */
	bool in_held, out_held; /* an earlier run's policy is in force there */
	struct path_verdict in, esp, out;
	/* The members at in_if and out_if, or NULL: lent. */
	const struct gm_snapshot *in_gm, *out_gm;
};
/* Its answer: addresses and ports exchanged; of IPv6 out->six is `six`.  A
 * multicast packet has none. */
bool path_answer(const struct packet_key *k, struct packet_key *out,
	struct packet6_key *six);
/* title: "Packet", "Answer". */
void show_path_leg(
	const char *title, const struct path_leg *l, struct sbuf *out);
json_t *path_leg_json(const struct path_leg *l);
#endif
