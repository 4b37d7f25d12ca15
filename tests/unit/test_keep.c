/* Lines that are kept without being in force: how they are read, what is said
 * about them, and that they come back (clients.md 3, 4, 6). */
#include "cli/keep.h"
#include "tests/unit/cli_session.h"
#include "tests/unit/fake_box.h"
#include "tests/unit/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WARNING "%% Warning: this line is kept but not in force"

/* Pastes a text into a new router; what it prints and shows. */
struct pasted {
	struct router r;
	char *printed, *shown;
};

static void paste(struct pasted *p, const char *text)
{
	fake_router_init(&p->r);
	p->printed = fake_paste(&p->r, text);
	p->shown = fake_running(&p->r);
}

static void pasted_free(struct pasted *p)
{
	free(p->printed);
	free(p->shown);
	fake_router_fini(&p->r);
}

static void assert_has(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fprintf(stderr, "--- no\n%s--- in\n%s---\n", part, text);
	assert_non_null(strstr(text, part));
}

/* Short spellings become whole words, one value takes another's place, and the
 * sections stand in their order with their own way out. */
static void canonical(void **state)
{
	struct pasted p;

	(void)state;
	paste(&p, "router bgp 65010\n"
		  "nei 10.0.0.2 remote-as 65020\n"
		  "nei 10.0.0.2 remote-as 65021\n"
		  "neighbor 10.0.0.2 description what? ! no comment\n"
		  "net 10.0.0.0\n"
		  "net 10.0.0.0   ! a comment\n"
		  "no au\n"
		  "address-family ipv4 vrf A\n"
		  "neighbor 10.1.0.2 activate\n"
		  "exit-address-family\n"
		  "router ospf 1\n"
		  "red connected subnets\n"
		  "int g0/0\n"
		  "ip ospf cost 10\n"
		  "ip ospf cost 20\n");
	assert_has(p.shown,
		"interface GigabitEthernet0/0\n"
		" no ip address\n"
		" ip ospf cost 20\n"
		"!\n"
		"router bgp 65010\n"
		" neighbor 10.0.0.2 remote-as 65021\n"
		" neighbor 10.0.0.2 description what? ! no comment\n"
		" network 10.0.0.0\n"
		" no auto-summary\n"
		" address-family ipv4 vrf A\n"
		"  neighbor 10.1.0.2 activate\n"
		" exit-address-family\n"
		"!\n"
		"router ospf 1\n"
		" redistribute connected subnets\n"
		"!\n");
	pasted_free(&p);
}

/* A line belongs where it is known, not where free text would take it. */
static void sections_end(void **state)
{
	struct pasted p;

	(void)state;
	paste(&p, "policy-map Q\n"
		  " class class-default\n"
		  "  police cir 8000\n"
		  "   conform-action transmit\n"
		  "event manager applet A\n"
		  " event none\n"
		  " action 1.0 cli command \"show  clock\"\n"
		  "event manager applet B\n"
		  "ip sla 1\n"
		  " icmp-echo 10.0.0.1\n"
		  "  frequency 5\n"
		  "ip sla schedule 1 start-time now\n"
		  "route-map R permit 10\n"
		  " match ip address 1\n"
		  "access-list 1 permit 10.0.0.1\n"
		  "mpls label protocol ldp\n");
	assert_has(p.shown, "\nevent manager applet B\n");
	assert_has(p.shown, "\nip sla schedule 1 start-time now\n");
	assert_has(p.shown, "\nmpls label protocol ldp\n");
	assert_has(p.shown, "\n action 1.0 cli command \"show  clock\"\n");
	assert_has(
		p.shown, "\n  police cir 8000\n   conform-action transmit\n");
	assert_has(p.shown, " 10 permit 10.0.0.1\n");
	pasted_free(&p);
}

/* What a mode around would understand as something else stays inside. */
static void sections_hold(void **state)
{
	static const char text[] =
		"aaa group server tacacs+ T\n"
		" ip vrf forwarding MGMT\n"
		" ip tacacs source-interface Loopback0\n"
		"!\n"
		"call-home\n"
		" profile X\n"
		"!\n"
		"crypto ikev2 keyring K\n"
		" peer A\n"
		"  hostname other\n"
		"!\n"
		"interface GigabitEthernet0/3\n"
		" no ip address\n"
		" service instance 10 ethernet\n"
		"  encapsulation dot1q 10\n"
		"  bridge-domain 10\n"
		"!\n"
		"router eigrp NAMED\n"
		" address-family ipv4 unicast autonomous-system 1\n"
		"  af-interface default\n"
		"   authentication mode md5\n"
		"  exit-af-interface\n"
		"  topology base\n"
		"   redistribute static\n"
		"  exit-af-topology\n"
		" exit-address-family\n"
		"!\n";
	struct pasted p;

	(void)state;
	paste(&p, text);
	assert_has(p.shown, text);
	assert_has(p.shown, "\nhostname Router\n");
	pasted_free(&p);
}

/* `no` takes a line away; where there is none, it is the line. */
static void negated(void **state)
{
	struct pasted p;

	(void)state;
	paste(&p, "router rip\n"
		  "network 10.0.0.0\n"
		  "network 11.0.0.0\n"
		  "no network 10.0.0.0\n"
		  "no passive-interface Loopback0\n"
		  "no neighbor 10.0.0.9\n"
		  "router bgp 1\n"
		  "neighbor 10.0.0.1 remote-as 2\n"
		  "neighbor 10.0.0.1 activate\n"
		  "neighbor 10.0.0.11 remote-as 2\n"
		  "no neighbor 10.0.0.1\n"
		  "route-map R permit 10\n"
		  "route-map R deny 20\n"
		  "route-map R2 permit 10\n"
		  "no route-map R\n"
		  "router ospf 1\n"
		  "router ospf 10\n"
		  "no router ospf 1\n"
		  "int lo0\n"
		  "ip nat inside\n"
		  "no ip nat inside\n"
		  "switchport mode access\n"
		  "no switchport mode\n");
	assert_has(p.shown, "router rip\n"
			    " network 11.0.0.0\n"
			    " no passive-interface Loopback0\n");
	assert_has(
		p.shown, "router bgp 1\n neighbor 10.0.0.11 remote-as 2\n!\n");
	assert_has(p.shown, "\nrouter ospf 10\n!\n");
	assert_null(strstr(p.shown, "router ospf 1\n"));
	assert_null(strstr(p.shown, "route-map R "));
	assert_has(p.shown, "\nroute-map R2 permit 10\n");
	assert_null(strstr(p.shown, "ip nat inside"));
	assert_null(strstr(p.shown, "mode access"));
	pasted_free(&p);
}

/* Silence for what means nothing; a warning for what would do something. */
static void warnings(void **state)
{
	static const struct {
		const char *text, *lacks;
	} lines[] = {
		{ "ip cef\n", NULL },
		{ "spanning-tree mode pvst\n", NULL },
		{ "interface lo0\nduplex auto\n", NULL },
		{ "interface lo0\nno switchport\n", NULL },
		{ "ip prefix-list P permit 10.0.0.0/8\n", NULL },
		{ "class-map C\nmatch any\n", NULL },
		{ "router ospf 1\n", " (no dynamic routing)\n" },
		{ "ip nat inside source list 1 interface lo0\n",
			" (no NAT)\n" },
		{ "interface lo0\nzone-member security IN\n",
			" (no zone-based firewall)\n" },
		{ "crypto ikev2 profile P\n", " (no IKEv2)\n" },
		{ "crypto map M 5 ipsec-isakmp\n",
			" (no IPsec between two peers)\n" },
		{ "control-plane\nservice-policy input P\n",
			" (no control plane policing)\n" },
		{ "logging host 10.0.0.1\n", " (no syslog servers)\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		auto_sbuf struct sbuf want = { 0 };
		struct pasted p;

		if (lines[i].lacks != NULL)
			sbuf_printf(&want, WARNING "%s", lines[i].lacks);
		paste(&p, lines[i].text);
		assert_string_equal(p.printed, sbuf_str(&want));
		pasted_free(&p);
	}
}

static void unsupported_listed(void **state)
{
	struct cli_session t;

	(void)state;
	cli_session_init(&t, SESSION_LENIENT | SESSION_BATCH);
	assert_string_equal(cli_run(&t, "show platform unsupported"),
		"Configuration lines that are kept but not in force: 0\n");
	cli_run(&t, "router rip");
	cli_run(&t, " network 10.0.0.0");
	cli_run(&t, "interface Loopback0");
	cli_run(&t, " ip nat inside");
	cli_run(&t, " duplex auto");
	cli_run(&t, "ip ospf message-digest-key 1 md5 Hush-hush");
	assert_string_equal(cli_run(&t, "show platform unsupported"),
		"Configuration lines that are kept but not in force: 4\n"
		"\n"
		"Line (+lines below it)                         Reason\n"
		"interface Loopback0\n"
		" ip nat inside                                 no NAT\n"
		" ip ospf message-digest-key 1 md5 *****        "
		"no dynamic routing\n"
		"router rip (+1)                                "
		"no dynamic routing\n");
	assert_has(cli_run(&t, "show platform unsupported | json"), "\"path\"");
	cli_run(&t, "interface Loopback0");
	cli_run(&t, "no ip nat inside");
	cli_run(&t, "no router rip");
	assert_has(cli_run(&t, "show platform unsupported"), "force: 1\n");
	cli_session_fini(&t);
}

/* Text in hexadecimal, with lines that are equal and lines that look like
 * commands, comes back as it was, once. */
static void certificates(void **state)
{
	static const char block[] = "crypto pki certificate chain T\n"
				    " certificate ca 02 nvram:T#2CA.cer\n"
				    " certificate self-signed 01\n"
				    "  30820330 30820218 A0030201 02020101\n"
				    "  00000000 00000000\n"
				    "  00000000 00000000\n"
				    "  DE\n"
				    "  \tquit\n"
				    "!\n";
	auto_sbuf struct sbuf twice = { 0 };
	struct pasted p;

	(void)state;
	sbuf_printf(&twice, "%s%s%s", block, block, "hostname R7\n");
	paste(&p, sbuf_str(&twice));
	assert_has(p.shown, block);
	assert_has(p.shown, "hostname R7\n");
	assert_null(strstr(
		strstr(p.shown, block) + strlen(block), "certificate self"));
	pasted_free(&p);
	paste(&p, "crypto pki certificate chain T\n"
		  "certificate 07\nAA\nquit\nno certificate 07\n");
	assert_null(strstr(p.shown, "certificate 07"));
	pasted_free(&p);
}

/* A session with prompts, TABs, CR LF and headings. */
static void whole_session(void **state)
{
	struct pasted p;

	(void)state;
	paste(&p, "R1(config)#router eigrp 7\r\n"
		  "R1(config-router)#net 10.0.0.0\r\n"
		  "\r\n"
		  "\tno auto-summary\t\r\n"
		  "R1(config-router)#\r\n"
		  "!\r\n"
		  "R1(config)# ip sla 3   ! the third\r\n");
	assert_has(p.shown, "\nrouter eigrp 7\n network 10.0.0.0\n"
			    " no auto-summary\n!\n");
	assert_has(p.shown, "\nip sla 3\n");
	pasted_free(&p);
}

/* What is meant for the exec mode does not become text of a section. */
static void no_exec_text(void **state)
{
	struct pasted p;

	(void)state;
	paste(&p, "router rip\nwr mem\nconf t\nsome new option 7\n");
	assert_has(p.printed, "% Invalid input detected");
	assert_has(p.shown, "router rip\n some new option 7\n!\n");
	pasted_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(canonical),
		cmocka_unit_test(sections_end),
		cmocka_unit_test(sections_hold),
		cmocka_unit_test(negated),
		cmocka_unit_test(warnings),
		cmocka_unit_test(unsupported_listed),
		cmocka_unit_test(certificates),
		cmocka_unit_test(whole_session),
		cmocka_unit_test(no_exec_text),
	};

	return cmocka_run_group_tests_name("keep", tests, NULL, NULL);
}
