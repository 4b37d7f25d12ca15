/* What the files of phase 1 share: the handlers of the one table in phase1.c,
 * and what the messages of both modes have in common (phase1_msg.c). */
#ifndef GDOI_PHASE1_PRIV_H
#define GDOI_PHASE1_PRIV_H
#include "gdoi/ike_priv.h"

/* Computes and sends; the state to go to. */
typedef enum sa_state sa_handler(struct ike_sa *sa, struct sa_event *ev);

/* The message is dropped for that reason; the state stays. */
enum sa_state p1_refuse(
	struct ike_sa *sa, struct sa_event *ev, enum wire_err e);
enum sa_state p1_fail(struct ike_sa *sa, enum ike_down why);

/* Writing a message of the SA's mode into ike->out. */
void p1_begin(struct ike_sa *sa, struct isakmp_wr *m, uint8_t flags);
/* Sends, and for an initiator begins the retransmission schedule. */
void p1_send(struct ike_sa *sa, struct span data);
void p1_vids_put(struct isakmp_wr *m, const struct ike *ike);
/* KE and nonce of our side into the message, and kept. */
void p1_ke_put(struct ike_sa *sa, struct isakmp_wr *m);
/* Our ID into the message, its body into neg->id_own. */
void p1_id_put(struct ike_sa *sa, struct isakmp_wr *m);
/* HASH, or CERT and SIG, over neg->id_own; false: we cannot any more. */
bool p1_proof_put(struct ike_sa *sa, struct isakmp_wr *m);
/* INITIAL-CONTACT when we hold no other SA with that peer (2407 4.6.3.3). */
void p1_initial_contact_put(const struct ike_sa *sa, struct isakmp_wr *m);

/* With signatures: which CAs we take certificates of, and the peer does. */
void p1_certreqs_put(const struct ike_sa *sa, struct isakmp_wr *m);
void p1_certreqs_read(struct ike_sa *sa, const struct payloads *p);
void p1_certreqs_free(struct negotiation *n);

/* Reading one. */
void p1_vids_read(struct ike_sa *sa, const struct payloads *p);
/* The responder's choice must be one of our policies, under the DOI offered. */
enum wire_err p1_answer_take(struct ike_sa *sa, const struct payloads *p);
/* Form only; nothing is computed or kept. */
enum wire_err p1_ke_read(uint16_t group, const struct payloads *p,
	struct span *ke, struct span *nonce);
/* The peer's ID and its body, form checked. */
enum wire_err p1_id_read(
	const struct payloads *p, struct wire_id *id, struct span *body);
/* The same into neg->id_peer; the first to tell it also chooses the profile in
 * Aggressive Mode. */
enum wire_err p1_id_take(struct ike_sa *sa, const struct payloads *p);
/* Is the peer who neg->id_peer says?  Then it is remembered as that. */
enum wire_err p1_proof_take(struct ike_sa *sa, const struct payloads *p);
/* A proof that does not hold: told once, answered by silence (F.24). */
enum sa_state p1_proof_refuse(
	struct ike_sa *sa, struct sa_event *ev, enum wire_err e);

/* phase1.c: the peer does not take our offer. */
sa_handler p1_on_refused;

/* phase1_main.c */
bool main_offer_send(struct ike_sa *sa); /* false: there is none to make */
sa_handler main_on_1, main_on_2, main_on_3, main_on_4, main_on_5, main_on_6;

/* phase1_aggr.c */
bool aggr_offer_send(struct ike_sa *sa);
sa_handler aggr_on_1, aggr_on_2, aggr_on_3;
#endif
