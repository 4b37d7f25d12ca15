/* Packets that access lists report: read in both families, judged by a list
 * that looks at everything, told to the log. */
#include "dataplane/objects.h"
#include "router/acl_log.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct ace picky(bool ip6, int16_t proto)
{
	struct ace e = ace_any(true);

	e.ip6 = ip6;
	e.proto = proto;
	e.src6.len = 64;
	e.src6.addr.family = 6;
	e.src.wild = 0xff;
	e.sport = (struct ace_port){ PORT_NEQ, 2, { 1, 2 } };
	e.icmp_type = 8;
	e.tcp_set = 0x12;
	e.tcp_any = true;
	e.option = ip6 ? 0 : ACE_OPTION_ANY;
	e.routing = e.dest_option = ip6;
	return e;
}

static void lists_ask(const struct packet_key *k, bool ip6)
{
	static const int16_t protos[] = { ACE_ANY, 0, 1, 6, 17, 44, 58 };
	struct ace v[ARRAY_LEN(protos)];
	struct acl a = { .v = v, .n = ARRAY_LEN(protos), .ip6 = ip6 };

	for (size_t i = 0; i < a.n; i++)
		v[i] = picky(ip6, protos[i]);
	(void)acl_match(&a, k);
	(void)acl_admits(&a, k);
}

static void report(const uint8_t *p, size_t n, bool ip6)
{
	struct log *log = log_new(1024);
	struct acl_log *l = acl_log_new(log);
	struct acl acl = { .name = "FUZZ", .ip6 = ip6 };
	struct ace ace = ace_any(false);
	struct filter_hit hit = { .acl = &acl, .ace = &ace, .p = p, .n = n };

	ace.ip6 = ip6;
	for (int i = 0; i < 2; i++)
		acl_log_packet(l, &hit, "GigabitEthernet0/0");
	acl_log_report(l);
	acl_log_free(l);
	log_free(log);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	uint8_t *p = malloc(n + 1); /* exactly as long: the end is watched */
	struct packet6_key six;
	struct packet_key k;

	if (p == NULL)
		return 0;
	memcpy(p, data, n);
	if (packet_key_read(p, n, &k))
		lists_ask(&k, false);
	if (packet6_key_read(p, n, &six, &k))
		lists_ask(&k, true);
	report(p, n, false);
	report(p, n, true);
	free(p);
	return 0;
}
