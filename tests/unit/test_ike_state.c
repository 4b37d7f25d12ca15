/* What show crypto isakmp sa calls each state of a negotiation, at both ends,
 * and how often an answer is given again. */
#include "tests/unit/ike_conf.h"
#include "tests/unit/test.h"

#include <string.h>

#define RESENDS_MAX 8 /* of one answer */

static void begin(struct world *w, bool aggressive)
{
	struct conf *a = conf_new(), *b = conf_new();

	world_init(w);
	conf_key(a, "MY_KEY", 0, 0);
	if (aggressive)
		conf_peer(a, &w->b);
	conf_use(&w->a, a);
	conf_key(b, "MY_KEY", 0, 0);
	conf_use(&w->b, b);
}

static const char *state_of(const struct end *e)
{
	struct ike_sa_info info;

	return ike_list(e->ike, &info, 1) == 0 ? "" : info.state;
}

/* The names when a message was lost: those of IOS (show-output.md 2.1). */
static void names(void **state)
{
	static const struct {
		bool aggressive;
		unsigned lose;
		const char *a, *b;
	} cases[] = {
		{ false, 1, "MM_NO_STATE", "" },
		{ false, 2, "MM_NO_STATE", "MM_SA_SETUP" },
		{ false, 3, "MM_SA_SETUP", "MM_SA_SETUP" },
		{ false, 4, "MM_SA_SETUP", "MM_KEY_EXCH" },
		{ false, 5, "MM_KEY_EXCH", "MM_KEY_EXCH" },
		{ false, 6, "MM_KEY_EXCH", "GDOI_IDLE" },
		{ false, 7, "GDOI_IDLE", "GDOI_IDLE" },
		{ true, 1, "AG_INIT_EXCH", "" },
		{ true, 2, "AG_INIT_EXCH", "AG_INIT_EXCH" },
		{ true, 3, "GDOI_IDLE", "AG_INIT_EXCH" },
		{ true, 4, "GDOI_IDLE", "GDOI_IDLE" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct nth nth = { .lose = cases[i].lose };
		struct world w;

		begin(&w, cases[i].aggressive);
		w.pass = pass_but_nth;
		w.arg = &nth;
		world_connect(&w);
		world_run(&w, 0);
		assert_string_equal(state_of(&w.a), cases[i].a);
		assert_string_equal(state_of(&w.b), cases[i].b);
		world_fini(&w);
	}
}

/* One that ended is listed for a while, and has no state. */
static void names_of_the_ended(void **state)
{
	struct ike_sa_info info;

	(void)state;
	for (unsigned aggressive = 0; aggressive < 2; aggressive++) {
		struct world w;

		begin(&w, aggressive != 0);
		world_connect(&w);
		world_run(&w, 0);
		ike_sa_delete(w.a.sa, true);
		world_run(&w, 0);
		assert_int_equal(ike_list(w.b.ike, &info, 1), 1);
		assert_true(info.deleted);
		assert_string_equal(info.state,
			aggressive != 0 ? "AG_NO_STATE" : "MM_NO_STATE");
		world_fini(&w);
	}
}

/* Of whom the last message is repeated answers by what it said, so often and
 * not more; a message before the last gets nothing. */
static void an_answer_is_given_again_so_often(void **state)
{
	struct tape t = { .n = 0 };
	struct world w;

	(void)state;
	begin(&w, false);
	w.pass = pass_record;
	w.arg = &t;
	world_connect(&w);
	world_run(&w, 0);
	assert_true(world_both_up(&w));
	assert_int_equal(t.n, 6);
	w.pass = NULL;
	w.sent = 0;
	for (unsigned i = 0; i < 10; i++) {
		world_play(&w, &t.p[0]);
		world_play(&w, &t.p[2]);
	}
	assert_int_equal(w.sent, 0);
	for (unsigned i = 0; i < 10 * RESENDS_MAX; i++)
		world_play(&w, &t.p[4]);
	assert_int_equal(w.sent, RESENDS_MAX);
	world_run(&w, 60000);
	assert_int_equal(w.a.ups + w.b.ups, 2);
	assert_int_equal(w.a.downs + w.b.downs, 0);
	tape_free(&t);
	world_fini(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(names_of_the_ended),
		cmocka_unit_test(an_answer_is_given_again_so_often),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
