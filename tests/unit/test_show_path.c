/* show crypto gdoi gm packet-path: layout and the packet's answer. */
#include "cli/show_path.h"
#include "tests/unit/orbit.h"
#include "tests/unit/test.h"

#include <string.h>

static struct ace ace_v;
static const struct acl policy = { .name = "P", .v = &ace_v, .n = 1 };
static struct dp_group_view view;

static struct path_leg leg(void)
{
	ace_v = ace_any(true);
	ace_v.seq = 10;
	view.cfg.policy = &policy;
	view.sending = orbit_gm()->tek[0].spi;
	return (struct path_leg){
		.key = { .src = 0x0a010002,
			.dst = 0x0a020002,
			.proto = 6,
			.has_l4 = true,
			.sport = 40000,
			.dport = 80 },
		.in_if = "GigabitEthernet0/1",
		.out_if = "GigabitEthernet0/0",
		.in = { .why = PATH_WHY_NO_GROUP },
		.out = { PATH_ENCRYPT, PATH_WHY_SELECTED, &view, &ace_v,
			view.sending },
		.out_gm = orbit_gm(),
	};
}

static void layout(void **state)
{
	struct path_leg l = leg();
	auto_sbuf struct sbuf out = { 0 }, want = { 0 };
	const struct gm_snapshot *g = orbit_gm();
	char suite[ESP_TEXT];

	(void)state;
	show_path_leg("Packet", &l, &out);
	sbuf_printf(&want,
		"Packet 10.1.0.2 -> 10.2.0.2, tcp port 40000 -> 80\n"
		"    Arrives on          : GigabitEthernet0/1\n"
		"      In clear          : passes in clear: no group has a "
		"policy on the interface\n"
		"    Leaves by           : GigabitEthernet0/0\n"
		"      Crypto map        : %s %u, group ORBIT, registered\n"
		"      Outbound          : encrypted: an entry of the key "
		"server selects it\n"
		"        ACE             : downloaded, 10 permit ip any any\n"
		"        SA              : SPI 0x%08X(%u), %s\n",
		g->policy.map, g->policy.map_seq, g->tek[0].spi, g->tek[0].spi,
		esp_suite_display(&g->tek[0].suite, suite));
	assert_string_equal(sbuf_str(&out), sbuf_str(&want));
}

static void places(void **state)
{
	struct path_leg l = leg();
	auto_sbuf struct sbuf out = { 0 };

	(void)state;
	l.own = l.to_us = true;
	show_path_leg("Answer", &l, &out);
	assert_string_equal(sbuf_str(&out),
		"Answer 10.1.0.2 -> 10.2.0.2, tcp port 40000 -> 80\n"
		"    Arrives on          : nowhere, this router sends it\n"
		"    Leaves by           : nowhere, it is for this router\n");
}

static void json(void **state)
{
	struct path_leg l = leg();
	json_t *o = path_leg_json(&l), *v;

	(void)state;
	v = json_object_get(json_object_get(o, "leaves"), "outbound");
	assert_string_equal(
		json_string_value(json_object_get(v, "fate")), "encrypt");
	assert_true(json_is_true(json_object_get(v, "sending")));
	v = json_object_get(v, "ace");
	assert_string_equal(json_string_value(json_object_get(v, "text")),
		"permit ip any any");
	v = json_object_get(json_object_get(o, "arrives"), "esp");
	assert_null(v);
	json_decref(o);
}

static void answers(void **state)
{
	struct packet_key k = leg().key, back;
	struct packet6_key six, there = { .src = { 6, { 0x20, 1 } },
		.dst = { 6, { 0x20, 2 } } };

	(void)state;
	assert_true(path_answer(&k, &back, &six));
	assert_int_equal(back.src, k.dst);
	assert_int_equal(back.sport, 80);
	assert_int_equal(back.dport, 40000);
	k.proto = 1;
	k.icmp_type = 8;
	assert_true(path_answer(&k, &back, &six));
	assert_int_equal(back.icmp_type, 0);
	k.dst = 0xef010101;
	assert_false(path_answer(&k, &back, &six));
	k = (struct packet_key){ .six = &there,
		.proto = 58,
		.icmp_type = 128,
		.has_l4 = true };
	assert_true(path_answer(&k, &back, &six));
	assert_ptr_equal(back.six, &six);
	assert_int_equal(six.src.b[1], 2);
	assert_int_equal(six.dst.b[1], 1);
	assert_int_equal(back.icmp_type, 129);
	there.dst.b[0] = 0xff;
	assert_false(path_answer(&k, &back, &six));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layout),
		cmocka_unit_test(places),
		cmocka_unit_test(json),
		cmocka_unit_test(answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
