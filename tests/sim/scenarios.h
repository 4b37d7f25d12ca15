/* What the simulator plays, by name. */
#ifndef SIM_SCENARIOS_H
#define SIM_SCENARIOS_H
#include "tests/sim/world.h"

#define SECS(n)    ((n)*1000ull)
#define MINUTES(n) SECS((n)*60)

struct scenario {
	const char *name;
	void (*play)(struct world *w); /* fails by world_fail */
	bool real_crypto;
	bool any_seed;                 /* may run with a random one too */
};
extern const struct scenario scenarios[];
extern const size_t n_scenarios;
extern const struct scenario faults[]; /* faults.c */
extern const size_t n_faults;

/* A key server and members, not yet started. */
struct node *group_new(struct world *w, size_t members);
void start_all(struct world *w);
unsigned reports(const struct world *w, enum report_id id);
void no_loss(struct world *w);

/* scenarios_push.c */
void play_multicast(struct world *w);
void play_multicast_loss(struct world *w);
void play_multicast_late(struct world *w);
void play_gm_removal(struct world *w);
void play_long_lives(struct world *w);
void play_gm_removal_now(struct world *w);
void play_multicast_leave(struct world *w);
void play_multicast_nowhere(struct world *w);
void play_transport_change(struct world *w);
void play_restart_in_rekey(struct world *w);
void play_restart_in_kek_rekey(struct world *w);
void play_restart_in_multicast(struct world *w);
void play_restart_in_deletion(struct world *w);
void play_key_removed(struct world *w);
void play_no_identifier(struct world *w);
void play_sid_by_pull(struct world *w);
void play_ecdsa(struct world *w);

/* scenarios_time.c */
void play_time(struct world *w);
void play_time_loss(struct world *w);
void play_time_drift(struct world *w);
void play_time_restart(struct world *w);
void play_time_multicast(struct world *w);
void play_time_change(struct world *w);
void play_time_late(struct world *w);
#endif
