/* Debug events: their text, conditions, the bound, and the commands. */
#include "fake_box.h"
#include "gdoi/debug.h"
#include "router/debug.h"
#include "test.h"
#include <stdlib.h>
#include <string.h>

static uint64_t now;

static uint64_t test_now(void)
{
	return now;
}

struct fixture {
	struct log *log;
	struct log_sink sink;
	struct debugger *d;
	struct sbuf seen;
};

static void on_line(void *ctx, enum log_sev sev, const char *line)
{
	struct fixture *f = ctx;

	assert_int_equal(sev, LOG_SEV_DEBUG);
	sbuf_printf(&f->seen, "%s\n", line);
}

static int setup(void **state)
{
	static const struct log_format plain = { .stamp = LOG_STAMP_NONE };
	struct fixture *f = xcalloc(1, sizeof(*f));

	now = 1000;
	f->log = log_new(1 << 20);
	log_set_debug_format(f->log, &plain);
	f->sink = (struct log_sink){
		.level = LOG_SEV_DEBUG, .fn = on_line, .ctx = f
	};
	log_sink_add(f->log, &f->sink);
	f->d = debugger_new(f->log, test_now);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	debugger_free(f->d);
	log_free(f->log);
	sbuf_free(&f->seen);
	free(f);
	return 0;
}

static const char *seen(struct fixture *f)
{
	return sbuf_str(&f->seen);
}

static void forget(struct fixture *f)
{
	sbuf_trunc(&f->seen, 0);
}

/* ---- text ---- */

static void test_text(void **state)
{
	static const uint8_t cookies[16] = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06,
		0x07, 0x08, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8 };
	static const uint8_t wire[] = { 10, 0, 0, 8, 1, 2, 3, 4, 0, 0, 0, 4 };
	struct ip_addr peer = ip_v4(0xc0000202);
	struct payloads p;
	const struct {
		struct debug_event ev;
		const char *want;
	} rows[] = {
		{ { .id = DBG_PKT_IN,
			  .conn = 1001,
			  .peer = peer,
			  .a = 848,
			  .b = 848,
			  .text = "(R) MM_NO_STATE" },
			"ISAKMP:(1001):received packet from 192.0.2.2 dport "
			"848 sport 848 Global (R) MM_NO_STATE" },
		{ { .id = DBG_P1_STATE,
			  .conn = 1001,
			  .text = "IKE_READY",
			  .more = "IKE_R_MM1" },
			"ISAKMP:(1001):Old State = IKE_READY  New State = "
			"IKE_R_MM1" },
		{ { .id = DBG_P1_CHECK, .a = 1, .b = 10 },
			"ISAKMP:(0):Checking ISAKMP transform 1 against "
			"priority 10 policy" },
		{ { .id = DBG_PKT_PAYLOADS, .conn = 7, .payloads = &p },
			"ISAKMP:(7):  payloads: KE(8) NONCE(4)" },
		{ { .id = DBG_PKT_DROP, .peer = peer, .err = WIRE_RESERVED },
			"ISAKMP:(0):packet from 192.0.2.2 dropped: reserved "
			"field is not zero" },
		{ { .id = DBG_GM_PUSH_IN,
			  .group = "G1",
			  .peer = peer,
			  .a = 700,
			  .cookies = cookies },
			"GDOI:GM REKEY:EVT:(G1:0):received rekey from "
			"192.0.2.2, 700 octets, cookies 0102030405060708 "
			"F1F2F3F4F5F6F7F8" },
		{ { .id = DBG_KS_REFUSED,
			  .conn = 1002,
			  .peer = peer,
			  .text = "identity number 9",
			  .err = WIRE_ID },
			"GDOI:KS REGISTRATION:ERR:(:1002):registration of "
			"192.0.2.2 refused: identity number 9 (invalid id "
			"information)" },
		{ { .id = DBG_SA_USE, .group = "G1", .a = 0xabcd },
			"IPSEC:(update_current_outbound_sa): sending under "
			"sa_spi= 0x0000ABCD" },
		{ { .id = DBG_DH_NEW, .a = 14 },
			"crypto_engine: Generate DH public value, group 14" },
	};

	(void)state;
	assert_int_equal(
		isakmp_split(SPAN(wire, sizeof(wire)), PLD_KE, &p), WIRE_OK);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		auto_sbuf struct sbuf out = { 0 };

		debug_text(&rows[i].ev, &out);
		assert_string_equal(sbuf_str(&out), rows[i].want);
	}
}

/* Every pattern names only fields that there are, and no line end. */
static void test_patterns(void **state)
{
	(void)state;
	for (size_t i = 0; i < DBG_N; i++) {
		const struct debug_event ev = { .id = (enum debug_id)i };
		auto_sbuf struct sbuf out = { 0 };

		debug_text(&ev, &out);
		assert_true(out.n > 10);
		assert_null(strpbrk(sbuf_str(&out), "{}\n"));
	}
}

/* ---- what is shown ---- */

static void tell(
	struct fixture *f, enum debug_id id, const char *group, uint32_t peer)
{
	const struct debug *h = debugger_hook(f->d);
	struct debug_event ev = { .id = id,
		.group = group,
		.peer = peer != 0 ? ip_v4(peer) : (struct ip_addr){ 0 } };

	if (debug_on(h, id))
		h->event(h->ctx, &ev);
}

static void test_levels(void **state)
{
	struct fixture *f = *state;

	tell(f, DBG_GM_FAIL, "G1", 1);
	assert_string_equal(seen(f), "");
	debugger_set(f->d, DEBUG_AREA_GM_REG, DEBUG_UPTO(DEBUG_TERSE));
	tell(f, DBG_GM_FAIL, "G1", 1);  /* error */
	tell(f, DBG_GM_START, "G1", 1); /* terse */
	tell(f, DBG_GM_MSG1, "G1", 1);  /* event */
	tell(f, DBG_GM_ACK, "G1", 1);   /* of another area */
	assert_non_null(strstr(seen(f), "REGISTRATION:ERR:(G1:0):"));
	assert_non_null(strstr(seen(f), "REGISTRATION:TRS:(G1:0):"));
	assert_null(strstr(seen(f), "EVT"));
	forget(f);
	debugger_off(f->d);
	tell(f, DBG_GM_FAIL, "G1", 1);
	assert_string_equal(seen(f), "");
	assert_false(debug_on(NULL, DBG_GM_FAIL));
}

static bool shows(
	struct fixture *f, enum debug_id id, const char *group, uint32_t peer)
{
	forget(f);
	tell(f, id, group, peer);
	return f->seen.n > 0;
}

static void test_conditions(void **state)
{
	struct fixture *f = *state;
	struct debug_condition g1 = { .of = DEBUG_OF_GROUP, .name = "G1" };
	struct debug_condition conn = { .of = DEBUG_OF_CONN };
	struct debug_condition net = { .peer = { ip_v4(0x0a010000), 16 } };

	for (size_t a = 0; a < DEBUG_N_AREAS; a++)
		debugger_set(f->d, (enum debug_area)a, DEBUG_ALL_LEVELS);
	assert_true(debugger_condition_add(f->d, DEBUG_LIST_GDOI, &g1));
	assert_true(debugger_condition_add(f->d, DEBUG_LIST_GDOI, &g1));
	assert_int_equal(debugger_conditions(f->d, DEBUG_LIST_GDOI)->n, 1);
	assert_true(shows(f, DBG_KS_ADDED, "G1", 0x0a020001));
	assert_false(shows(f, DBG_KS_ADDED, "G2", 0x0a020001));
	assert_false(shows(f, DBG_KS_ADDED, "G2", 0x0a010001));
	/* Any one is enough, and ISAKMP has its own. */
	assert_true(debugger_condition_add(f->d, DEBUG_LIST_GDOI, &net));
	assert_true(shows(f, DBG_KS_ADDED, "G2", 0x0a01ffff));
	assert_true(shows(f, DBG_PKT_IN, NULL, 0x0a020001));
	assert_true(debugger_condition_add(f->d, DEBUG_LIST_CRYPTO, &net));
	assert_false(shows(f, DBG_PKT_IN, NULL, 0x0a020001));
	assert_true(shows(f, DBG_PKT_IN, NULL, 0x0a010001));
	/* tell() says connection 0 */
	assert_true(debugger_condition_add(f->d, DEBUG_LIST_CRYPTO, &conn));
	assert_true(shows(f, DBG_PKT_IN, NULL, 0x0a020001));
	assert_true(debugger_condition_del(f->d, DEBUG_LIST_CRYPTO, &conn));
	assert_false(shows(f, DBG_PKT_IN, NULL, 0x0a020001));
	/* What names nobody. */
	assert_false(shows(f, DBG_KS_TIMER, "", 0));
	debugger_unmatched(f->d, DEBUG_LIST_GDOI, true);
	assert_true(shows(f, DBG_KS_TIMER, "", 0));
	assert_false(shows(f, DBG_KS_ADDED, "G2", 0x0a020001));
	assert_true(debugger_condition_del(f->d, DEBUG_LIST_GDOI, &g1));
	/* Peers are asked for now, and a timer has none. */
	assert_true(shows(f, DBG_KS_TIMER, "G1", 0));
	debugger_unmatched(f->d, DEBUG_LIST_GDOI, false);
	assert_false(shows(f, DBG_KS_TIMER, "G1", 0));
	assert_false(debugger_condition_del(f->d, DEBUG_LIST_GDOI, &g1));
	assert_false(shows(f, DBG_KS_ADDED, "G1", 0x0a020001));
	debugger_conditions_reset(f->d, DEBUG_LIST_GDOI);
	assert_true(shows(f, DBG_KS_ADDED, "G1", 0x0a020001));
}

static void test_condition_limit(void **state)
{
	struct fixture *f = *state;
	struct debug_condition c = { .peer = { ip_v4(0), 32 } };

	for (uint32_t i = 0; i < DEBUG_CONDITIONS_MAX; i++) {
		c.peer.addr = ip_v4(i);
		assert_true(debugger_condition_add(f->d, DEBUG_LIST_GDOI, &c));
	}
	c.peer.addr = ip_v4(0xffff);
	assert_false(debugger_condition_add(f->d, DEBUG_LIST_GDOI, &c));
}

/* A flood is cut, counted, and said. */
static void test_bound(void **state)
{
	struct fixture *f = *state;
	struct debugger_stats s;
	struct log_stats ls;

	debugger_set(f->d, DEBUG_AREA_ISAKMP, DEBUG_ALL_LEVELS);
	for (unsigned i = 0; i < DEBUG_LINES_BURST + 300; i++)
		tell(f, DBG_PKT_DROP, NULL, 1);
	debugger_stats(f->d, &s);
	assert_int_equal(s.shown, DEBUG_LINES_BURST);
	assert_int_equal(s.rate_limited, 300);
	log_stats(f->log, &ls);
	assert_int_equal(ls.rate_limited, 300);
	now += 100; /* 50 lines: not worth it yet */
	tell(f, DBG_PKT_DROP, NULL, 1);
	debugger_stats(f->d, &s);
	assert_int_equal(s.shown, DEBUG_LINES_BURST);
	forget(f);
	now += 900;
	for (unsigned i = 0; i < DEBUG_LINES_SEC + 10; i++)
		tell(f, DBG_PKT_DROP, NULL, 1);
	debugger_stats(f->d, &s);
	assert_int_equal(s.shown, DEBUG_LINES_BURST + DEBUG_LINES_SEC);
	assert_int_equal(
		strncmp(seen(f), "DEBUG: 301 messages were rate-limited\n", 38),
		0);
	assert_null(strstr(seen(f) + 38, "rate-limited"));
}

/* ---- traces ---- */

static void on_trace(void *ctx, uint64_t wall_ms, const char *text)
{
	struct sbuf *out = ctx;

	assert_true(wall_ms > 0);
	sbuf_printf(out, "%s\n", text);
}

static const char *traced(struct fixture *f, enum evtrace_kind k)
{
	forget(f);
	evtrace_each(debugger_traces(f->d), k, 0, on_trace, &f->seen);
	return seen(f);
}

/* Kept without debugging on; only what is of level event or below. */
static void test_trace(void **state)
{
	struct fixture *f = *state;
	struct evtrace *t = debugger_traces(f->d);
	struct evtrace_info info;
	char group[] = "G1";

	tell(f, DBG_KS_ADDED, group, 0x0a000001);
	group[1] = '9'; /* what was lent may change */
	assert_string_equal(seen(f), "");
	assert_false(debug_on(debugger_hook(f->d), DBG_KS_SID));
	assert_string_equal(traced(f, EVTRACE_REGISTRATION),
		"GDOI:KS REGISTRATION:TRS:(G1:0):member 10.0.0.1 registered; "
		"the group has 0\n");
	assert_string_equal(traced(f, EVTRACE_REKEY), "");
	assert_int_equal(evtrace_each(t, EVTRACE_REGISTRATION, UINT64_MAX,
				 on_trace, &f->seen),
		0);
	evtrace_enable(t, EVTRACE_REGISTRATION, false);
	debugger_traces_changed(f->d);
	assert_false(debug_on(debugger_hook(f->d), DBG_KS_ADDED));
	evtrace_info(t, EVTRACE_REGISTRATION, &info);
	assert_false(info.enabled);
	assert_int_equal(info.used, 1);
}

static void test_trace_ring(void **state)
{
	struct fixture *f = *state;
	struct evtrace *t = debugger_traces(f->d);
	struct evtrace_info info;

	evtrace_size(t, EVTRACE_REGISTRATION, 3);
	for (uint32_t i = 1; i <= 5; i++)
		tell(f, DBG_KS_PROOF, "G", i);
	assert_string_equal(traced(f, EVTRACE_REGISTRATION),
		"GDOI:KS REGISTRATION:EVT:(G:0):received message 3 from "
		"0.0.0.3\n"
		"GDOI:KS REGISTRATION:EVT:(G:0):received message 3 from "
		"0.0.0.4\n"
		"GDOI:KS REGISTRATION:EVT:(G:0):received message 3 from "
		"0.0.0.5\n");
	forget(f);
	assert_int_equal(
		evtrace_latest(t, EVTRACE_REGISTRATION, on_trace, &f->seen), 3);
	tell(f, DBG_KS_PROOF, "G", 6);
	forget(f);
	assert_int_equal(
		evtrace_latest(t, EVTRACE_REGISTRATION, on_trace, &f->seen), 1);
	assert_non_null(strstr(seen(f), "0.0.0.6\n"));
	/* One shot: full is the end. */
	evtrace_one_shot(t, EVTRACE_REGISTRATION);
	for (uint32_t i = 1; i <= 5; i++)
		tell(f, DBG_KS_PROOF, "G", i);
	evtrace_info(t, EVTRACE_REGISTRATION, &info);
	assert_false(info.enabled);
	assert_int_equal(info.total, 3);
	assert_null(strstr(traced(f, EVTRACE_REGISTRATION), "0.0.0.4"));
}

/* ---- commands ---- */

static void cli(struct router *r, const char *line, const char *want)
{
	char *got = fake_exec(r, line);

	assert_string_equal(got, want);
	free(got);
}

static void test_switches(void **state)
{
	struct router r;

	(void)state;
	fake_router_init(&r);
	cli(&r, "show debugging\n", "");
	cli(&r, "debug crypto isakmp\n", "Crypto ISAKMP debugging is on\n");
	cli(&r, "deb cry ips err\n", "Crypto IPSEC Error debugging is on\n");
	cli(&r, "debug crypto pki val\n",
		"Crypto PKI Validation Path debugging is on\n");
	cli(&r, "show debugging\n",
		"Cryptographic Subsystem:\n"
		"  Crypto ISAKMP debugging is on\n"
		"  Crypto IPSEC Error debugging is on\n"
		"  Crypto PKI Validation Path debugging is on\n");
	/* The smaller one takes nothing from the whole. */
	cli(&r, "no debug crypto isakmp error\n",
		"Crypto ISAKMP Error debugging is off\n");
	assert_true(
		debug_on(debugger_hook(fake_box.debugger), DBG_P1_BAD_PROOF));
	cli(&r,
		"undebug crypto isakmp\nundebug crypto ipsec error\n"
		"no debug crypto pki validation\nshow debugging\n",
		"Crypto ISAKMP debugging is off\n"
		"Crypto IPSEC Error debugging is off\n"
		"Crypto PKI Validation Path debugging is off\n");
	assert_false(
		debug_on(debugger_hook(fake_box.debugger), DBG_P1_BAD_PROOF));
	fake_router_fini(&r);
}

static void test_gdoi_matrix(void **state)
{
	struct router r;

	(void)state;
	fake_router_init(&r);
	cli(&r, "debug crypto gdoi gm rekey event\n",
		"GDOI Group Member Rekey Debug level: (Event, Terse, Error)\n");
	cli(&r, "debug crypto gkm ks coop\n",
		"GDOI Key Server Coop Debug level: (Terse, Error)\n");
	cli(&r, "debug crypto gdoi infra all-levels\n",
		"GDOI Infrastructure Debug level: (Packet, Detail, Event, "
		"Terse, Error)\n");
	cli(&r, "no debug crypto gdoi gm rekey terse\n",
		"GDOI Group Member Rekey Debug level: (Error)\n");
	cli(&r, "undebug crypto gdoi infra\n",
		"GDOI Infrastructure Debug level: debugging is off\n");
	cli(&r, "show debugging\n",
		"GDOI:\n"
		"  GDOI Group Member Rekey Debug level: (Error)\n"
		"  GDOI Key Server Coop Debug level: (Terse, Error)\n");
	cli(&r, "debug crypto gdoi ks error\n",
		"GDOI Key Server Coop Debug level: (Terse, Error)\n"
		"GDOI Key Server Infrastructure Debug level: (Error)\n"
		"GDOI Key Server Registration Debug level: (Error)\n"
		"GDOI Key Server Rekey Debug level: (Error)\n"
		"GDOI Key Server Replay Debug level: (Error)\n");
	cli(&r, "u all\nshow debugging\n",
		"All possible debugging has been turned off\n");
	fake_router_fini(&r);
}

static void test_condition_commands(void **state)
{
	struct router r;

	(void)state;
	fake_router_init(&r);
	cli(&r, "show crypto debug-condition\n",
		"Crypto conditional debug currently is turned OFF\n"
		"IKE debug context unmatched flag: OFF\n");
	cli(&r,
		"debug crypto condition peer ipv4 192.0.2.1\n"
		"debug crypto condition peer subnet 198.51.100.9 "
		"255.255.255.0\n"
		"debug crypto condition unmatched\n"
		"debug crypto condition connid 1001\n"
		"debug crypto condition isakmp profile P\n",
		"");
	cli(&r, "show crypto debug-condition\n",
		"Crypto conditional debug currently is turned ON\n"
		"IKE debug context unmatched flag: ON\n"
		"\nIKE connection id filters:\n1001\n"
		"\nIKE profile filters:\nP\n"
		"\nIKE peer IP address filters:\n"
		"192.0.2.1  198.51.100.0/24\n");
	cli(&r, "debug crypto condition peer subnet 10.0.0.0 255.0.255.0\n",
		"% Invalid network mask\n");
	cli(&r,
		"debug crypto gdoi condition group G1\n"
		"debug crypto gdoi condition peer-address ipv4 192.0.2.9\n"
		"show crypto gdoi debug-condition\n",
		"GDOI conditional debug currently is turned ON\n"
		"GDOI debug context unmatched flag: OFF\n"
		"\nGDOI group name filters:\nG1\n"
		"\nGDOI peer address filters:\n192.0.2.9\n");
	cli(&r, "no debug crypto gdoi condition group G2\n",
		"% There is no such debug condition\n");
	cli(&r,
		"undebug crypto gdoi condition group G1\n"
		"debug crypto condition reset\n"
		"show crypto gdoi debug-condition\n",
		"GDOI conditional debug currently is turned OFF\n"
		"GDOI debug context unmatched flag: OFF\n");
	fake_router_fini(&r);
}

static void test_trace_commands(void **state)
{
	struct router r;
	char *got;

	(void)state;
	fake_router_init(&r);
	cli(&r, "show monitor event-trace gdoi rekey parameters\n",
		"Trace has 256 entries, 0 in use\n"
		"Trace is enabled\nStacktrace is disabled by default\n");
	got = fake_paste(&r, "monitor event-trace gdoi rekey size 1000\n"
			     "monitor event-trace gdoi rekey disable\n");
	assert_string_equal(got, "");
	free(got);
	cli(&r, "show monitor event-trace gdoi rekey parameters\n",
		"Trace has 1000 entries, 0 in use\n"
		"Trace is disabled\nStacktrace is disabled by default\n");
	cli(&r,
		"monitor event-trace gdoi rekey one-shot\n"
		"show monitor event-trace gkm rekey parameters\n",
		"Trace has 1000 entries, 0 in use\n"
		"Trace is enabled, one-shot\n"
		"Stacktrace is disabled by default\n");
	got = fake_paste(&r, "no monitor event-trace gdoi rekey size 1000\n"
			     "no monitor event-trace gdoi rekey disable\n");
	free(got);
	cli(&r,
		"show monitor event-trace gdoi rekey parameters\n"
		"show monitor event-trace gdoi rekey all\n",
		"Trace has 256 entries, 0 in use\n"
		"Trace is enabled\nStacktrace is disabled by default\n");
	fake_router_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_patterns),
		cmocka_unit_test_setup_teardown(test_levels, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_conditions, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_condition_limit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bound, setup, teardown),
		cmocka_unit_test_setup_teardown(test_trace, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_trace_ring, setup, teardown),
		cmocka_unit_test(test_trace_commands),
		cmocka_unit_test(test_switches),
		cmocka_unit_test(test_gdoi_matrix),
		cmocka_unit_test(test_condition_commands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
