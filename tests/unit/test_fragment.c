/* Messages larger than a datagram, in parts: who sends them, what loss and
 * disorder do to them, and what a hostile sender of parts achieves. */
#include "tests/unit/ike_world.h"
#include "tests/unit/test.h"
#include <stdlib.h>
#include <string.h>

#define DATAGRAM_MAX 1252
#define LONG_BYTES   5000 /* with its headers five parts */

static const struct isakmp_policy lab = { .priority = 10,
	.cipher = CIPHER_AES128,
	.hash = HASH_SHA256,
	.auth = IKE_AUTH_PSK,
	.group = 19,
	.life_secs = 86400 };

static uint8_t chain[LONG_BYTES];
static size_t heard_bytes;

/* Takes the long message, and answers with as long a one. */
static enum wire_err on_long(struct end *e, struct ike_sa *sa,
	struct exchange *x, const struct exchange_msg *m)
{
	(void)sa;
	if (!exchange_check(x, m, NULL, 0))
		return WIRE_HASH;
	heard_bytes += m->rest.n;
	if (e == &e->w->b)
		exchange_send(x, NULL, 0, PLD_NONCE, SPAN(chain, sizeof chain),
			false);
	exchange_end(x);
	return WIRE_OK;
}

/* What goes over the wire. */
struct wire {
	unsigned n, parts, too_long;
	unsigned lose; /* loses the datagram of that number, from 1 */
	bool reverse;  /* puts every datagram in front of the queue */
	struct span copy[8];
	struct udp_path path[8];
	size_t n_copies;
};

static bool on_wire(struct world *w, struct packet *p)
{
	struct wire *t = w->arg;

	t->n++;
	t->parts += p->data.p[16] == PLD_FRAGMENT;
	t->too_long += p->data.n > DATAGRAM_MAX;
	if (p->data.p[16] == PLD_FRAGMENT && t->n_copies < ARRAY_LEN(t->copy)) {
		t->path[t->n_copies] = p->path;
		t->copy[t->n_copies++] =
			SPAN(xmemdup(p->data.p, p->data.n), p->data.n);
	}
	if (t->n == t->lose)
		return false;
	if (!t->reverse || w->n == 0)
		return true;
	memmove(w->q + 1, w->q, w->n * sizeof *w->q);
	w->q[0] = *p;
	w->q[0].data = SPAN(xmemdup(p->data.p, p->data.n), p->data.n);
	w->n++;
	return false; /* this copy of it */
}

static void wire_free(struct wire *t)
{
	for (size_t i = 0; i < t->n_copies; i++)
		free((void *)(uintptr_t)t->copy[i].p);
}

static void up(struct world *w, bool a, bool b)
{
	world_init(w);
	w->a.fragmentation = a;
	w->b.fragmentation = b;
	world_config(&w->a, &lab, 1, "secret", 2);
	world_config(&w->b, &lab, 1, "secret", 2);
	world_connect(w);
	world_run(w, 0);
	assert_true(world_both_up(w));
	w->a.on_message = w->b.on_message = on_long;
	heard_bytes = 0;
	chain[2] = LONG_BYTES >> 8;
	chain[3] = LONG_BYTES & 0xff;
}

static void say_long(struct world *w)
{
	struct exchange *x = exchange_begin(w->a.sa);

	exchange_send(x, NULL, 0, PLD_NONCE, SPAN(chain, sizeof chain), true);
}

static void both_said_so(void **state)
{
	struct wire t = { .n = 0 };
	struct ike_stats s;
	struct world w;

	(void)state;
	up(&w, true, true);
	w.pass = on_wire;
	w.arg = &t;
	say_long(&w);
	world_run(&w, 1);
	assert_int_equal(heard_bytes, 2 * LONG_BYTES);
	assert_int_equal(t.parts, 10);
	assert_int_equal(t.n, 10);
	assert_int_equal(t.too_long, 0);
	ike_stats(w.b.ike, &s);
	assert_int_equal(s.reassembled, 1);
	assert_int_equal(s.fragments_sent, 5);
	assert_int_equal(s.fragment_bytes, 0);
	wire_free(&t);
	world_fini(&w);
}

/* A part as protocol.md A.12 lays it out. */
static void form_of_a_part(void **state)
{
	struct wire t = { .n = 0 };
	struct world w;

	(void)state;
	up(&w, true, true);
	w.pass = on_wire;
	w.arg = &t;
	say_long(&w);
	world_run(&w, 1);
	for (unsigned i = 0; i < 5; i++) {
		const uint8_t *p = t.copy[i].p;

		assert_memory_equal(p, t.copy[0].p, 16); /* cookies */
		assert_int_equal(p[16], 132);
		assert_int_equal(p[17], 0x10);
		assert_int_equal(p[18], 2);
		assert_int_equal(p[19], 0);                 /* flags */
		assert_memory_equal(p + 20, "\0\0\0\0", 4); /* M-ID */
		assert_int_equal(p[26] << 8 | p[27], t.copy[i].n);
		assert_memory_equal(p + 28, "\0\0", 2);
		assert_int_equal(p[30] << 8 | p[31], t.copy[i].n - 28);
		assert_memory_equal(p + 32, t.copy[0].p + 32, 2); /* id */
		assert_int_equal(p[34], i + 1);
		assert_int_equal(p[35], i == 4);
	}
	/* The data begins with the header of the whole. */
	assert_memory_equal(t.copy[0].p + 36, t.copy[0].p, 16);
	assert_int_equal(t.copy[0].p[36 + 18], XCHG_PULL);
	wire_free(&t);
	world_fini(&w);
}

static void one_side_is_not_enough(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		struct wire t = { .n = 0 };
		struct world w;

		up(&w, i == 1, i == 2);
		w.pass = on_wire;
		w.arg = &t;
		say_long(&w);
		world_run(&w, 1);
		assert_int_equal(heard_bytes, 2 * LONG_BYTES);
		assert_int_equal(t.parts, 0);
		assert_int_equal(t.too_long, 2); /* IP cuts them */
		world_fini(&w);
	}
}

/* The vendor id alone, as Windows sends it, counts as well. */
static bool pass_windows(struct world *w, struct packet *p)
{
	static const uint8_t vid[] = { 0x40, 0x48, 0xb7, 0xd5, 0x6e, 0xbc, 0xe8,
		0x85, 0x25, 0xe7, 0xde, 0x7f, 0x00, 0xd6, 0xc2, 0xd3 };
	uint8_t *b = (uint8_t *)(uintptr_t)p->data.p;

	(void)w;
	if (p->data.n < 20 || memcmp(b + p->data.n - 20, vid, 16) != 0)
		return true;
	p->data.n -= 4;
	b[27] = (uint8_t)(b[27] - 4);       /* length of the datagram */
	b[p->data.n - 17] = 4 + sizeof vid; /* of the last payload */
	return true;
}

static void windows_form(void **state)
{
	struct wire t = { .n = 0 };
	struct world w;

	(void)state;
	world_init(&w);
	w.a.fragmentation = w.b.fragmentation = true;
	world_config(&w.a, &lab, 1, "secret", 2);
	world_config(&w.b, &lab, 1, "secret", 2);
	w.pass = pass_windows;
	world_connect(&w);
	world_run(&w, 0);
	assert_true(world_both_up(&w));
	w.a.on_message = w.b.on_message = on_long;
	w.pass = on_wire;
	w.arg = &t;
	say_long(&w);
	world_run(&w, 1);
	assert_int_equal(t.parts, 10);
	wire_free(&t);
	world_fini(&w);
}

static void disorder(void **state)
{
	struct wire t = { .reverse = true };
	struct world w;

	(void)state;
	up(&w, true, true);
	heard_bytes = 0;
	w.pass = on_wire;
	w.arg = &t;
	say_long(&w);
	world_run(&w, 1);
	assert_int_equal(heard_bytes, 2 * LONG_BYTES);
	wire_free(&t);
	world_fini(&w);
}

/* Any one part lost: the retransmission completes what is there. */
static void loss(void **state)
{
	(void)state;
	for (unsigned lost = 1; lost <= 10; lost++) {
		struct wire t = { .lose = lost };
		struct ike_stats s;
		struct world w;

		up(&w, true, true);
		heard_bytes = 0;
		w.pass = on_wire;
		w.arg = &t;
		say_long(&w);
		world_run(&w, 1);
		assert_int_equal(
			heard_bytes, lost <= 5 ? 0 : (unsigned)LONG_BYTES);
		world_run(&w, 1500);
		assert_int_equal(heard_bytes, 2 * LONG_BYTES);
		world_run(&w, 60000);
		ike_stats(w.b.ike, &s);
		assert_int_equal(s.fragment_bytes, 0);
		assert_int_equal(w.a.messages, 1);
		assert_int_equal(w.b.messages, 1);
		wire_free(&t);
		world_fini(&w);
	}
}

/* The parts of one message of a, none of which arrived. */
static bool pass_keep(struct world *w, struct packet *p)
{
	on_wire(w, p);
	return false;
}

struct hostile {
	struct world w;
	struct wire t;
};

static void hostile_init(struct hostile *h)
{
	*h = (struct hostile){ .t.n = 0 };
	up(&h->w, true, true);
	h->w.arg = &h->t;
	h->w.pass = pass_keep;
	say_long(&h->w);
	h->w.pass = on_wire;
	assert_int_equal(h->t.n_copies, 5);
}

static void hostile_fini(struct hostile *h)
{
	wire_free(&h->t);
	world_fini(&h->w);
}

/* Part i of the message with octet `at` set, delivered; the reason. */
static uint64_t give(struct hostile *h, size_t i, size_t at, uint8_t value,
	enum wire_err want)
{
	const struct udp_path path = { .local = h->t.path[i].remote,
		.remote = h->t.path[i].local };
	auto_free uint8_t *p = xmemdup(h->t.copy[i].p, h->t.copy[i].n);
	struct ike_stats before, after;

	p[at] = value;
	ike_stats(h->w.b.ike, &before);
	ike_input(h->w.b.ike, &path, SPAN(p, h->t.copy[i].n));
	ike_stats(h->w.b.ike, &after);
	return after.drops[want] - before.drops[want];
}

static uint64_t give_plain(struct hostile *h, size_t i)
{
	return give(h, i, 17, 0x10, WIRE_FRAGMENT);
}

static void malformed_parts(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		enum wire_err want;
	} cases[] = {
		{ 0, 0xff, WIRE_NO_SA },  /* another initiator cookie */
		{ 8, 0xff, WIRE_COOKIE }, /* another responder cookie */
		{ 19, 1, WIRE_FRAGMENT }, /* encrypted */
		{ 28, 1, WIRE_FRAGMENT }, /* a payload follows */
		{ 29, 1, WIRE_RESERVED },
		{ 31, 9, WIRE_FRAGMENT }, /* length within the datagram */
		{ 34, 0, WIRE_FRAGMENT }, /* numbers start at 1 */
	};
	struct hostile h;
	struct ike_stats s;

	(void)state;
	hostile_init(&h);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(
			give(&h, 0, cases[i].at,
				(uint8_t)(cases[i].value ^
					  (cases[i].at < 16
							  ? h.t.copy[0].p
								    [cases[i].at]
							  : 0)),
				cases[i].want),
			1);
	ike_stats(h.w.b.ike, &s);
	assert_int_equal(s.fragment_bytes, 0);
	for (size_t i = 0; i < 5; i++)
		give_plain(&h, i);
	assert_int_equal(heard_bytes, LONG_BYTES);
	hostile_fini(&h);
}

/* A forged part spoils one try, not the next. */
static void overlap(void **state)
{
	struct hostile h;

	(void)state;
	hostile_init(&h);
	for (size_t i = 0; i < 4; i++)
		give_plain(&h, i);
	give(&h, 1, 40, 0x77, WIRE_FRAGMENT);
	give_plain(&h, 4);
	assert_int_equal(heard_bytes, 0);
	for (size_t i = 0; i < 5; i++)
		give_plain(&h, i);
	assert_int_equal(heard_bytes, LONG_BYTES);
	hostile_fini(&h);
}

static void changing_ids(void **state)
{
	struct hostile h;
	struct ike_stats s;

	(void)state;
	hostile_init(&h);
	for (unsigned id = 0; id < 256; id++) {
		give(&h, 0, 32, (uint8_t)id, WIRE_FRAGMENT);
		ike_stats(h.w.b.ike, &s);
		assert_in_range(s.fragment_bytes, 1, 8192); /* one set */
	}
	assert_int_equal(heard_bytes, 0);
	hostile_fini(&h);
}

static void a_second_end(void **state)
{
	struct hostile h;

	(void)state;
	hostile_init(&h);
	give_plain(&h, 4);                 /* 5 is the last */
	give(&h, 2, 35, 1, WIRE_FRAGMENT); /* 3 is the last: anew */
	give_plain(&h, 0);
	give_plain(&h, 1); /* 1 2 3: garbage, whole */
	assert_int_equal(heard_bytes, 0);
	give(&h, 0, 34, 200, WIRE_FRAGMENT);
	give_plain(&h, 4); /* 5 is the last, yet 200 is there */
	for (size_t i = 0; i < 5; i++)
		give_plain(&h, i);
	assert_int_equal(heard_bytes, LONG_BYTES);
	hostile_fini(&h);
}

/* 255 parts of the largest size are over the size of a message. */
static void huge(void **state)
{
	struct hostile h;
	struct ike_stats s;
	uint64_t refused = 0;

	(void)state;
	hostile_init(&h);
	for (unsigned n = 1; n <= 255; n++) {
		refused += give(&h, 0, 34, (uint8_t)n, WIRE_LIMIT);
		ike_stats(h.w.b.ike, &s);
		assert_in_range(s.fragment_bytes, 0, 65000 + 8192);
	}
	assert_in_range(refused, 4, 4);
	h.w.pass = pass_none;
	world_run(&h.w, 31000);
	ike_stats(h.w.b.ike, &s);
	assert_int_equal(s.fragment_bytes, 0); /* its time is over */
	assert_true(s.drops[WIRE_FRAGMENT] > 0);
	hostile_fini(&h);
}

/* A message in parts that is itself a part. */
static void parts_within_parts(void **state)
{
	struct hostile h;
	uint8_t p[28 + 8 + 200];
	struct ike_stats s;
	struct udp_path path;

	(void)state;
	hostile_init(&h);
	path = (struct udp_path){ .local = h.t.path[0].remote,
		.remote = h.t.path[0].local };
	memset(p, 0, sizeof p);
	memcpy(p, h.t.copy[0].p, 36);
	p[26] = 0;
	p[27] = sizeof p;
	p[30] = 0;
	p[31] = sizeof p - 28;
	p[34] = p[35] = 1;
	memcpy(p + 36, p, 36);
	p[36 + 27] = 200;
	ike_input(h.w.b.ike, &path, SPAN(p, sizeof p));
	ike_stats(h.w.b.ike, &s);
	assert_int_equal(s.drops[WIRE_FRAGMENT], 1);
	hostile_fini(&h);
}

/* Many SAs of one source share its room. */
static void room_of_a_source(void **state)
{
	struct world w;
	struct wire t = { .n = 0 };
	struct ike_stats s;
	uint8_t sas[100][16];
	uint8_t p[1200] = { [16] = 132, [17] = 0x10, [18] = 2 };
	unsigned n = 0;

	(void)state;
	world_init(&w);
	w.a.fragmentation = w.b.fragmentation = true;
	world_config(&w.a, &lab, 1, "secret", 2);
	world_config(&w.b, &lab, 1, "secret", 2);
	w.arg = &t;
	/* Half-open ones: message 2 is lost. */
	for (unsigned i = 0; i < 100; i++) {
		struct udp_path path = world_path(&w.a, &w.b);
		struct ike_sa_info info[128];

		path.local.port = (uint16_t)(10000 + i);
		ike_connect(w.a.ike, &path);
		timers_run(w.timers, w.now);
		path = (struct udp_path){ .local = path.remote,
			.remote = path.local };
		ike_input(w.b.ike, &path, w.q[0].data);
		assert_int_equal(ike_list(w.b.ike, info, 128), i + 1);
		memcpy(sas[i], info[i].cky_i, 8);
		memcpy(sas[i] + 8, info[i].cky_r, 8);
		while (w.n > 0)
			free((void *)(uintptr_t)w.q[--w.n].data.p);
	}
	p[26] = sizeof p >> 8;
	p[27] = sizeof p & 0xff;
	p[30] = (sizeof p - 28) >> 8;
	p[31] = (sizeof p - 28) & 0xff;
	for (unsigned i = 0; i < 100; i++) {
		struct udp_path path = world_path(&w.b, &w.a);

		path.remote.port = (uint16_t)(10000 + i);
		memcpy(p, sas[i], 16);
		for (uint8_t k = 1; k < 20; k++) {
			p[34] = k;
			ike_input(w.b.ike, &path, SPAN(p, sizeof p));
			n++;
		}
	}
	ike_stats(w.b.ike, &s);
	assert_in_range(s.fragment_bytes, 200 << 10, 256 << 10);
	assert_true(s.drops[WIRE_LIMIT] > 50);
	world_fini(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_said_so),
		cmocka_unit_test(form_of_a_part),
		cmocka_unit_test(one_side_is_not_enough),
		cmocka_unit_test(windows_form),
		cmocka_unit_test(disorder),
		cmocka_unit_test(loss),
		cmocka_unit_test(malformed_parts),
		cmocka_unit_test(overlap),
		cmocka_unit_test(changing_ids),
		cmocka_unit_test(a_second_end),
		cmocka_unit_test(huge),
		cmocka_unit_test(parts_within_parts),
		cmocka_unit_test(room_of_a_source),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
