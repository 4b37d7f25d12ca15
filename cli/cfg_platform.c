/* Lines that IOS does not have: what this router does otherwise on the wire so
 * that peers and tools with other habits get along with it. */
#include "cli/cfg.h"

#define HELP_PLATFORM_DATAPLANE                                                \
	"platform  Settings of this platform\n"                                \
	"dataplane  What encrypts and decrypts the groups' traffic\n"
#define HELP_PLATFORM_GDOI "platform  Settings of this platform\ngdoi  GDOI on the wire\n"

static const struct command isakmp_doi = {
	.mode = MODE_CONFIG,
	.order = ORDER_PLATFORM,
	.grammar = "platform isakmp doi {gdoi|ipsec}",
	.deflt = "platform isakmp doi gdoi",
	.help = "platform  Settings of this platform\n"
		"isakmp  ISAKMP on the wire\n"
		"doi  DOI of phase 1 that a member offers first\n"
		"gdoi  GDOI, as RFC 6407 wants it\n"
		"ipsec  IPsec, as key servers and capture tools with other "
		"habits expect it\n",
	.sample = "platform isakmp doi ipsec",
};

static const struct command port_500 = {
	.mode = MODE_CONFIG,
	.order = ORDER_PLATFORM,
	.grammar = "platform isakmp port 500",
	.help = "platform  Settings of this platform\n"
		"isakmp  ISAKMP on the wire\n"
		"port  Ports besides 848 where phase 1 is answered\n"
		"500  The port of ISAKMP, if no other program here has it\n",
};

static const struct command extensions = {
	.mode = MODE_CONFIG,
	.order = ORDER_PLATFORM,
	.grammar = "platform gdoi extensions",
	.deflt = "platform gdoi extensions",
	.flags = CMD_DEFAULT_ON,
	.help = HELP_PLATFORM_GDOI
		"extensions  What only systems of this kind understand: whole "
		"access lists, time based replay\n",
	.sample = "no platform gdoi extensions",
};

static const struct command sat_ids = {
	.mode = MODE_CONFIG,
	.order = ORDER_PLATFORM,
	.grammar = "platform gdoi sat id-length <octets:1-2>",
	.deflt = "platform gdoi sat id-length 1",
	.help = HELP_PLATFORM_GDOI "sat  SA TEK payloads of a key server\n"
		"id-length  Width of the length of an identity\n"
		"<octets>  Octets: 1 as RFC 6407 has it\n",
	.sample = "platform gdoi sat id-length 2",
};

static const struct command sak_ids = {
	.mode = MODE_CONFIG,
	.order = ORDER_PLATFORM,
	.grammar = "platform gdoi sak id-length <octets:1-2>",
	.deflt = "platform gdoi sak id-length 1",
	.help = HELP_PLATFORM_GDOI "sak  SA KEK payloads of a key server\n"
		"id-length  Width of the length of an identity\n"
		"<octets>  Octets: 1 as RFC 6407 has it\n",
	.sample = "platform gdoi sak id-length 2",
};

static const struct command signature = {
	.mode = MODE_CONFIG,
	.order = ORDER_PLATFORM,
	.grammar = "platform gdoi signature {digestinfo|bare}",
	.deflt = "platform gdoi signature digestinfo",
	.help = HELP_PLATFORM_GDOI
		"signature  RSA signatures of a key server's rekeys\n"
		"digestinfo  EMSA-PKCS1-v1_5, as RFC 6407 has it\n"
		"bare  The hash alone, as the first reference has it\n",
	.sample = "platform gdoi signature bare",
};

static const struct command id_order = {
	.mode = MODE_CONFIG,
	.order = ORDER_PLATFORM,
	.grammar = "platform gdoi identity {big-endian|little-endian}",
	.deflt = "platform gdoi identity big-endian",
	.help = HELP_PLATFORM_GDOI
		"identity  Group number that a member asks for\n"
		"big-endian  As RFC 6407 has it\n"
		"little-endian  As the first reference has it on a PC\n",
	.sample = "platform gdoi identity little-endian",
};

static const struct command sak_reserved = {
	.mode = MODE_CONFIG,
	.order = ORDER_PLATFORM,
	.grammar = "platform gdoi sak reserved {4|6}",
	.deflt = "platform gdoi sak reserved 4",
	.help = HELP_PLATFORM_GDOI "sak  SA KEK payloads of a key server\n"
		"reserved  Octets of RESERVED2\n"
		"4  As RFC 6407 has it\n6  As the first reference has it\n",
	.sample = "platform gdoi sak reserved 6",
};

static const struct command dataplane = {
	.mode = MODE_CONFIG,
	.order = ORDER_PLATFORM,
	.grammar = "platform dataplane {auto|xfrm|user}",
	.deflt = "platform dataplane auto",
	.help = HELP_PLATFORM_DATAPLANE
		"auto  The kernel where it can, else this program\n"
		"xfrm  The kernel's own ESP\n"
		"user  This program\n",
	.sample = "platform dataplane user",
};

static const struct command crypto = {
	.mode = MODE_CONFIG,
	.order = ORDER_PLATFORM,
	.grammar = "platform dataplane crypto {openssl|ipsec-mb}",
	.deflt = "platform dataplane crypto openssl",
	.help = "platform  Settings of this platform\n"
		"dataplane  What encrypts and decrypts the groups' traffic\n"
		"crypto  The library by which this program does\n"
		"openssl  OpenSSL\n"
		"ipsec-mb  Intel's multi-buffer library, for ciphers that it "
		"has\n",
	.sample = "platform dataplane crypto ipsec-mb",
};

static const struct command capture = {
	.mode = MODE_CONFIG,
	.order = ORDER_PLATFORM,
	.grammar = "platform dataplane capture {auto|egress|tun}",
	.deflt = "platform dataplane capture auto",
	.help = HELP_PLATFORM_DATAPLANE
		"capture  How this program takes what it encrypts\n"
		"auto  As it leaves where that can be, else by a route\n"
		"egress  As it leaves an Ethernet interface\n"
		"tun  By a route into a device of this program\n",
	.sample = "platform dataplane capture tun",
};

static const struct command transmit = {
	.mode = MODE_CONFIG,
	.order = ORDER_PLATFORM,
	.grammar = "platform dataplane transmit {auto|xdp|packet|raw}",
	.deflt = "platform dataplane transmit auto",
	.help = HELP_PLATFORM_DATAPLANE
		"transmit  How this program sends what it has encrypted\n"
		"auto  By the fastest of these that works\n"
		"xdp  By AF_XDP sockets, past queues and packet captures\n"
		"packet  By packet sockets\n"
		"raw  By raw IP sockets\n",
	.sample = "platform dataplane transmit packet",
};

static const struct command receive = {
	.mode = MODE_CONFIG,
	.order = ORDER_PLATFORM,
	.grammar = "platform dataplane receive {auto|ring|raw}",
	.deflt = "platform dataplane receive auto",
	.help = HELP_PLATFORM_DATAPLANE
		"receive  How this program receives what it decrypts\n"
		"auto  Over a packet ring where that can be\n"
		"ring  Likewise, even past an inbound access list\n"
		"raw  Over a raw IP socket\n",
	.sample = "platform dataplane receive raw",
};

void platform_isakmp_view(const struct router *r, struct isakmp_config *c)
{
	struct node *root = tree_root(r->tree);

	c->offer_doi = node_has(node_get(root, &isakmp_doi), "ipsec") ? 1 : 2;
	c->port_500 = node_child(root, &port_500, NULL) != NULL;
	c->no_extensions = node_negated(node_get(root, &extensions));
	c->sa_habit = (struct sa_habit){
		.wide_sat_ids = node_u32(node_get(root, &sat_ids), "octets") == 2,
		.long_reserved = node_has(node_get(root, &sak_reserved), "6"),
		.wide_sak_ids = node_u32(node_get(root, &sak_ids), "octets") == 2,
		.bare_signatures = node_has(node_get(root, &signature), "bare"),
		.host_order_id = node_has(
			node_get(root, &id_order), "little-endian"),
	};
}

static void settle(void *ctx, const struct tree *t)
{
	(void)t;
	isakmp_keys_opened(ctx);
}

static void ways_settle(const struct router *r)
{
	const struct node *root = tree_root(r->tree);
	const struct node *c = node_get(root, &capture);
	const struct node *x = node_get(root, &transmit);
	const struct node *in = node_get(root, &receive);
	const struct dp_ways w = {
		.capture = node_has(c, "egress") ? DP_CAPTURE_EGRESS
			   : node_has(c, "tun")  ? DP_CAPTURE_TUN
						 : DP_CAPTURE_AUTO,
		.transmit = node_has(x, "xdp")	    ? DP_TRANSMIT_XDP
			    : node_has(x, "packet") ? DP_TRANSMIT_PACKET
			    : node_has(x, "raw")    ? DP_TRANSMIT_RAW
						    : DP_TRANSMIT_AUTO,
		.receive = node_has(in, "ring")	 ? DP_RECEIVE_RING
			   : node_has(in, "raw") ? DP_RECEIVE_RAW
						 : DP_RECEIVE_AUTO,
	};

	box_set_ways(r->box, &w);
}

static void dataplane_settle(void *ctx, const struct tree *t)
{
	const struct router *r = ctx;
	const struct node *n = node_get(tree_root(r->tree), &dataplane);

	(void)t;
	ways_settle(r);
	box_set_dataplane(r->box,
		node_has(n, "xfrm")   ? DP_MODE_XFRM
		: node_has(n, "user") ? DP_MODE_USER
				      : DP_MODE_AUTO);
}

static enum dp_crypto crypto_of(const struct node *n)
{
	return node_has(n, "ipsec-mb") ? DP_CRYPTO_IPSEC_MB : DP_CRYPTO_OPENSSL;
}

static int crypto_check(void *ctx, const struct tree *t,
	const struct node *section, const struct node *old,
	const struct node *new, struct sbuf *why)
{
	const char *missing =
		new != NULL ? dp_crypto_missing(crypto_of(new)) : NULL;

	(void)ctx;
	(void)t;
	(void)section;
	(void)old;
	if (missing == NULL)
		return 0;
	sbuf_printf(why, "%% ipsec-mb cannot be used: %s", missing);
	return -1;
}

static void crypto_settle(void *ctx, const struct tree *t)
{
	const struct router *r = ctx;

	(void)t;
	box_set_dataplane_crypto(r->box,
		crypto_of(node_get(tree_root(r->tree), &crypto)));
}

static void subscribe(struct router *r)
{
	static const struct command *const watched[] = { &isakmp_doi,
		&port_500, &extensions, &sat_ids, &sak_ids, &sak_reserved, &signature,
		&id_order, NULL };
	struct subscriber s = { .name = "platform",
		.commands = watched,
		.settle = settle,
		.ctx = r };
	static const struct command *const choice[] = { &dataplane,
		&capture, &transmit, &receive, NULL };
	struct subscriber d = { .name = "dataplane",
		.commands = choice,
		.settle = dataplane_settle,
		.ctx = r };
	static const struct command *const library[] = { &crypto, NULL };
	struct subscriber l = { .name = "dataplane crypto",
		.commands = library,
		.check = crypto_check,
		.settle = crypto_settle,
		.ctx = r };

	commit_subscribe(r->commit, &s);
	commit_subscribe(r->commit, &d);
	commit_subscribe(r->commit, &l);
}

static const struct command *const list[] = { &dataplane, &crypto, &capture,
	&transmit, &receive, &isakmp_doi, &port_500, &extensions,
	&sat_ids, &sak_ids, &sak_reserved, &signature, &id_order };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_platform = { &commands, subscribe };
