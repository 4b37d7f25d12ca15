/* The key server's lines of a GDOI group (ios-cli.md 12.3-12.5) and their view,
 * struct ks_policy.  Dangling names leave an SA incomplete, not refused. */
#include "cli/acl.h"
#include "cli/keep.h"
#include "cli/pki.h"

#include <bsd/string.h>
#include <stdlib.h>
#include <string.h>

#define HELP_REKEY "rekey  Rekey parameters of the group\n"
#define HELP_SA    "sa  Security Association (SA) configuration\n"

static int replay_fixup(
	struct tree *t, struct node *section, struct node *n, struct sbuf *why);

const struct command cfg_ks_server = {
	.mode = MODE_GKM_GROUP,
	.enters = MODE_GKM_SERVER,
	.order = 20,
	.grammar = "server local",
	.help = "server  Set the group server for the group\n"
		"local  Configure this router as the group server\n",
};

/* --- server local, in the order of the running-config --- */

static const struct command ks_gdoi = {
	.mode = MODE_GKM_SERVER,
	.order = 5,
	.grammar = "gdoi",
	.help = "gdoi  Serve registrations by GDOI\n",
	.flags = CMD_DEFAULT_ON,
};

static const struct command ks_gikev2 = {
	.mode = MODE_GKM_SERVER,
	.order = 6,
	.grammar = "gikev2 <profile:name>",
	.help = "gikev2  Serve registrations by G-IKEv2\n"
		"<profile>  IKEv2 profile\n",
	.flags = CMD_HARMLESS,
};

static const struct command ks_pfs = {
	.mode = MODE_GKM_SERVER,
	.order = 7,
	.grammar = "pfs",
	.help = "pfs  Perfect forward secrecy of rekeys\n",
	.flags = CMD_HARMLESS,
};

static const struct command rekey_algorithm = {
	.mode = MODE_GKM_SERVER,
	.order = 10,
	.grammar = "rekey algorithm <cipher:kek_cipher>",
	.deflt = "rekey algorithm 3des-cbc",
	.help = HELP_REKEY "algorithm  Set the rekey encryption algorithm\n"
			   "<cipher>  Encryption algorithm\n",
};

static const struct command rekey_sig_hash = {
	.mode = MODE_GKM_SERVER,
	.order = 11,
	.grammar = "rekey sig-hash algorithm <hash:sig_hash>",
	.deflt = "rekey sig-hash algorithm sha",
	.help = HELP_REKEY "sig-hash  Signature hash of rekeys\n"
			   "algorithm  Signature hash algorithm\n"
			   "<hash>  Hash algorithm\n",
};

static const struct command rekey_lifetime = {
	.mode = MODE_GKM_SERVER,
	.order = 12,
	.grammar = "rekey lifetime {seconds <secs:300-2592000>|"
		   "days <days:1-30>}",
	.deflt = "rekey lifetime seconds 86400",
	.help = HELP_REKEY "lifetime  Key encryption key lifetime\n"
			   "seconds  Lifetime in seconds\n"
			   "<secs>  Seconds\ndays  Lifetime in days\n"
			   "<days>  Days\n",
};

static const struct command rekey_retransmit = {
	.mode = MODE_GKM_SERVER,
	.order = 13,
	.grammar = "rekey retransmit <secs:10-60> "
		   "{number <number:1-10>|periodic}",
	.deflt = "rekey retransmit 10 number 2",
	.help = HELP_REKEY "retransmit  Retransmission of rekey messages\n"
			   "<secs>  Seconds between copies\n"
			   "number  Number of retransmissions\n"
			   "<number>  Copies after the first message\n"
			   "periodic  Repeat until the next rekey\n",
};

static const struct command rekey_address = {
	.mode = MODE_GKM_SERVER,
	.order = 14,
	.grammar = "rekey address ipv4 <acl:acl_ext>",
	.help = HELP_REKEY "address  Source and multicast destination\n"
			   "ipv4  IPv4 addresses\n"
			   "<acl>  Extended access list\n",
};

static const struct command rekey_authentication = {
	.mode = MODE_GKM_SERVER,
	.order = 15,
	.grammar = "rekey authentication mypubkey {rsa|ecdsa} <label:word>",
	.help = HELP_REKEY "authentication  Identify key used to sign rekeys\n"
			   "mypubkey  Use a public key of this router\n"
			   "rsa  RSA key\necdsa  Elliptic curve key\n"
			   "<label>  Keypair label\n",
};

static const struct command rekey_transport = {
	.mode = MODE_GKM_SERVER,
	.order = 16,
	.grammar = "rekey transport unicast",
	.help = HELP_REKEY "transport  Rekey transport\n"
			   "unicast  Send rekeys to each member\n",
};

static const struct command rekey_ack = {
	.mode = MODE_GKM_SERVER,
	.order = 17,
	.grammar = "rekey acknowledgement {any|cisco|interoperable}",
	.deflt = "rekey acknowledgement cisco",
	.help = HELP_REKEY "acknowledgement  Acknowledgement of rekeys\n"
			   "any  Accept any type\ncisco  The default type\n"
			   "interoperable  RFC 8263\n",
};

#define HELP_REGISTRATION "registration  Registration parameters\n"

static const struct command registration_interface = {
	.mode = MODE_GKM_SERVER,
	.order = 20,
	.grammar = "registration interface <if:ifname>",
	.help = HELP_REGISTRATION "interface  Answer on this interface only\n"
				  "<if>  Interface name\n",
	.sample = "registration interface Loopback0",
};

static const struct command registration = {
	.mode = MODE_GKM_SERVER,
	.order = 21,
	.grammar = "registration periodic crl trustpoint <trustpoint:name>",
	.help = HELP_REGISTRATION
		"periodic  Periodic registration\n"
		"crl  At each new CRL\ntrustpoint  Trustpoint\n"
		"<trustpoint>  Trustpoint name\n",
	.flags = CMD_HARMLESS,
	.sample = "registration periodic crl trustpoint CA",
};

static const struct command authorization = {
	.mode = MODE_GKM_SERVER,
	.order = 25,
	.grammar = "authorization {address ipv4 <acl:acl_std>|"
		   "identity <identity:name>}",
	.help = "authorization  Authorization of group members\n"
		"address  By address\nipv4  IPv4 address\n"
		"<acl>  Standard access list\n"
		"identity  By identity\n<identity>  Crypto identity\n",
};

static const struct command group_size = {
	.mode = MODE_GKM_SERVER,
	.order = 30,
	.grammar = "group size {small <bits:sid_bits>|medium|large}",
	.deflt = "group size medium",
	.help = "group  Group parameters\nsize  Group size\n"
		"small  Small\n<bits>  SID length in bits\n"
		"medium  Medium (24 bits)\nlarge  Large (32 bits)\n",
};

static const struct command ks_identifier = {
	.mode = MODE_GKM_SERVER,
	.enters = MODE_GKM_KSSID,
	.order = 35,
	.grammar = "identifier",
	.help = "identifier  Key server sender identifiers (KSSID)\n",
};

static const struct command kssid_range = {
	.mode = MODE_GKM_KSSID,
	.order = 10,
	.grammar = "range <first!:0-127> - <last!:0-127>",
	.help = "range  A range of KSSIDs\n<first>  First KSSID\n"
		"-  to\n<last>  Last KSSID\n",
};

static const struct command kssid_value = {
	.mode = MODE_GKM_KSSID,
	.order = 20,
	.grammar = "value <value!:0-127>",
	.help = "value  A single KSSID\n<value>  KSSID\n",
};

static const struct command sa_receive_only = {
	.mode = MODE_GKM_SERVER,
	.order = 40,
	.grammar = "sa receive-only",
	.help = HELP_SA "receive-only  Members receive encrypted traffic, "
			"but send clear\n",
};

static const struct command sa_d3p = {
	.mode = MODE_GKM_SERVER,
	.order = 41,
	.grammar = "sa !d3p window {sec <sec:1-100>|msec <msec:1000-100000>}",
	.help = HELP_SA "d3p  IP delivery delay detection protocol\n"
			"window  Window size\nsec  Seconds\n"
			"<sec>  Seconds\nmsec  Milliseconds\n"
			"<msec>  Milliseconds\n",
	.sample = "sa d3p window sec 5\nsa d3p window msec 1500",
};

static const struct command sa_kept = {
	.mode = MODE_GKM_SERVER,
	.order = 42,
	.grammar = "sa !pair-wise-keying [safety-limit <limit:1-100>]",
	.help = HELP_SA "pair-wise-keying  Pair-wise keys of members\n"
			"safety-limit  Safety limit\n<limit>  Limit\n",
	.flags = CMD_HARMLESS,
};

static const struct command sa_ipsec = {
	.mode = MODE_GKM_SERVER,
	.enters = MODE_GKM_SA,
	.order = 45,
	.grammar = "sa ipsec <number!:1-65535>",
	.help = HELP_SA "ipsec  Configure an IPsec SA\n"
			"<number>  Sequence number\n",
};

static const struct command ks_address = {
	.mode = MODE_GKM_SERVER,
	.order = 50,
	.grammar = "address ipv4 <addr:ip4>",
	.help = "address  Identify this server\n"
		"ipv4  IPv4 address of this server\n"
		"<addr>  One of this router's addresses\n",
};

static const struct command ks_redundancy = {
	.mode = MODE_GKM_SERVER,
	.enters = MODE_GKM_COOP,
	.order = 60,
	.grammar = "redundancy",
	.help = "redundancy  Cooperative key servers\n",
};

/* --- sa ipsec --- */

static const struct command sa_profile = {
	.mode = MODE_GKM_SA,
	.order = 10,
	.grammar = "profile <name:name>",
	.help = "profile  Specify an IPsec profile\n<name>  Profile name\n",
};

static const struct command sa_match = {
	.mode = MODE_GKM_SA,
	.order = 20,
	.grammar = "match address {ipv4 <acl:acl_ext>|ipv6 <acl6:name>}",
	.help = "match  Match characteristics of packets\n"
		"address  Match address of packets to encrypt\n"
		"ipv4  IPv4 access list\n<acl>  Access list\n"
		"ipv6  IPv6 access list\n<acl6>  Access list name\n",
};

static const struct command sa_replay = {
	.mode = MODE_GKM_SA,
	.order = 30,
	.grammar = "replay {counter [window-size <counter:replay_window>]|"
		   "time [window-size {<time:1-100>|msec <msec:100-10000>}]}",
	.deflt = "replay counter window-size 64",
	.help = "replay  Set replay method\n"
		"counter  Counter based replay\n"
		"window-size  Size of the replay window\n"
		"<counter>  Packets\ntime  Time based replay\n"
		"window-size#2  Size of the replay window\n"
		"<time>  Seconds\nmsec  Milliseconds\n"
		"<msec>  Milliseconds\n",
	.flags = CMD_PRINT_DEFAULT | CMD_DEFAULT_ON,
	.fixup = replay_fixup,
	.sample = "replay time window-size 5\nreplay counter window-size 128\n"
		  "replay time window-size msec 500",
};

static const struct command sa_tag = {
	.mode = MODE_GKM_SA,
	.order = 40,
	.grammar = "tag cts sgt",
	.deflt = "no tag cts sgt",
	.help = "tag  Set inline tagging method\ncts  TrustSec\n"
		"sgt  Security group tags\n",
	.flags = CMD_HARMLESS,
};

/* --- redundancy: kept, not in force --- */

static const struct command coop_priority = {
	.mode = MODE_GKM_COOP,
	.order = 10,
	.grammar = "local priority <priority:1-255>",
	.deflt = "local priority 1",
	.help = "local  Parameters of this server\n"
		"priority  Set the priority\n<priority>  Higher wins\n",
	.flags = CMD_HARMLESS,
};

static const struct command coop_peer = {
	.mode = MODE_GKM_COOP,
	.order = 20,
	.grammar = "peer address ipv4 <addr!:ip4>",
	.help = "peer  A cooperative key server\naddress  By address\n"
		"ipv4  IPv4 address\n<addr>  Address of the peer\n",
	.flags = CMD_HARMLESS | CMD_ORDERED,
};

static const struct command coop_protocol = {
	.mode = MODE_GKM_COOP,
	.order = 30,
	.grammar = "protocol {!version {base|optimize}|!pdu <pdu:1-65000>|"
		   "!timeout {!refresh <refresh:10-120>|"
		   "!periodic <periodic:20-240>}|!retransmit <retries:1-100>}",
	.help = "protocol  Cooperative protocol parameters\n"
		"version  Protocol version\nbase  Base version\n"
		"optimize  Version for large groups\n"
		"pdu  Maximum announcement size\n<pdu>  Bytes\n"
		"timeout  Timers\nrefresh  Refresh of the policy\n"
		"<refresh>  Seconds\nperiodic  Wait for the primary\n"
		"<periodic>  Seconds\nretransmit  Retransmissions\n"
		"<retries>  Number\n",
	.flags = CMD_HARMLESS,
	.sample = "protocol version optimize",
};

#define REPLAY_COUNTER_WINDOW 64
#define REPLAY_TIME_WINDOW    100

/* The window is always written. */
static int replay_fixup(
	struct tree *t, struct node *section, struct node *n, struct sbuf *why)
{
	struct derivation *d = node_drv_mut(n);

	(void)t;
	(void)section;
	(void)why;
	if (drv_has(d, "counter") && !drv_set(d, "counter"))
		drv_put_u32(d, "counter", REPLAY_COUNTER_WINDOW);
	if (drv_has(d, "time") && !drv_set(d, "time") && !drv_set(d, "msec"))
		drv_put_u32(d, "time", REPLAY_TIME_WINDOW);
	return 0;
}

/* --- the view --- */

static uint32_t life_view(const struct node *n)
{
	return node_has(n, "days") ? node_u32(n, "days") * 86400U
				   : node_u32(n, "secs");
}

static enum rekey_ack ack_view(const struct node *n)
{
	if (node_has(n, "any"))
		return REKEY_ACK_ANY;
	return node_has(n, "interoperable") ? REKEY_ACK_INTEROPERABLE
					    : REKEY_ACK_CISCO;
}

static uint8_t sid_bits_view(const struct node *n)
{
	if (node_has(n, "small"))
		return (uint8_t)node_u32(n, "bits");
	return node_has(n, "large") ? 32 : 24;
}

static size_t kssids_view(const struct node *section, uint8_t out[128])
{
	bool set[128] = { false };
	size_t n = 0;

	if (section == NULL)
		return 0;
	for (struct node *v = node_child(section, &kssid_value, NULL);
		v != NULL; v = node_child(section, &kssid_value, v))
		set[node_u32(v, "value")] = true;
	for (struct node *v = node_child(section, &kssid_range, NULL);
		v != NULL; v = node_child(section, &kssid_range, v)) {
		for (uint32_t k = node_u32(v, "first");
			k <= node_u32(v, "last"); k++)
			set[k] = true;
	}
	for (size_t k = 0; k < ARRAY_LEN(set); k++) {
		if (set[k])
			out[n++] = (uint8_t)k;
	}
	return n;
}

static void replay_view(const struct node *n, struct ks_sa_policy *p)
{
	if (node_negated(n)) {
		p->replay = REPLAY_NONE;
	} else if (node_has(n, "time")) {
		p->replay = REPLAY_TIME;
		p->replay_window = node_has(n, "msec")
					   ? node_u32(n, "msec")
					   : node_u32(n, "time") * 1000;
	} else {
		p->replay = REPLAY_COUNTER;
		p->replay_window = node_u32(n, "counter");
	}
}

/* Of the group; 0: none. */
static uint32_t d3p_view(const struct node *server)
{
	const struct node *n = node_child(server, &sa_d3p, NULL);

	if (n == NULL)
		return 0;
	return node_has(n, "msec") ? node_u32(n, "msec")
				   : node_u32(n, "sec") * 1000;
}

static void sa_view(const struct router *r, const struct node *n,
	struct ks_sa_policy *p, struct acl *acl)
{
	const char *profile =
		node_str(node_child(n, &sa_profile, NULL), "name");
	const struct node *match = node_child(n, &sa_match, NULL);
	bool ip6 = node_has(match, "ipv6");
	const char *name = node_str(match, ip6 ? "acl6" : "acl");

	*acl = (struct acl){ 0 };
	p->number = (uint16_t)node_u32(n, "number");
	replay_view(node_get(n, &sa_replay), p);
	p->d3p_ms = d3p_view(node_parent(n));
	p->life_secs = ipsec_life_secs(r);
	p->complete = true;
	if (profile != NULL)
		strlcpy(p->profile, profile, sizeof(p->profile));
	if (profile == NULL || !ipsec_profile_view(r, profile, &p->suite,
				       &p->transport_mode, &p->life_secs))
		p->complete = false;
	if (name != NULL)
		strlcpy(p->acl_name, name, sizeof(p->acl_name));
	if (name != NULL && (ip6 ? acl6_view : acl_view)(r, name, acl))
		p->acl = acl;
	else
		p->complete = false;
}

/* The group that the first permit of UDP to one names, port 848 unless it says
 * another.  false: no entry does. */
static bool rekey_dst_view(const struct acl *a, struct udp_addr *out)
{
	for (size_t i = 0; i < a->n; i++) {
		const struct ace *e = &a->v[i];
		struct ip_addr dst = ip_v4(e->dst.addr);

		if (!e->permit || (e->proto != 17 && e->proto != ACE_ANY) ||
			e->dst.wild != 0 || !ip_is_multicast(&dst))
			continue;
		*out = (struct udp_addr){ dst,
			e->dport.op == PORT_EQ ? e->dport.p[0] : 848 };
		return true;
	}
	return false;
}

static void rekey_address_view(
	const struct router *r, const struct node *s, struct ks_policy *p)
{
	const char *name = node_str(node_child(s, &rekey_address, NULL), "acl");
	struct acl a = { 0 };

	if (name == NULL)
		return;
	strlcpy(p->rekey_acl, name, sizeof(p->rekey_acl));
	if (acl_view(r, name, &a))
		rekey_dst_view(&a, &p->rekey_dst);
	acl_free(&a);
}

static void rekey_view(
	const struct router *r, const struct node *s, struct ks_policy *p)
{
	const struct node *retransmit = node_get(s, &rekey_retransmit);
	const struct node *key = node_child(s, &rekey_authentication, NULL);
	const char *label = node_str(key, "label");

	p->kek_cipher = kek_cipher_value(
		node_str(node_get(s, &rekey_algorithm), "cipher"));
	p->sig_hash =
		hash_value(node_str(node_get(s, &rekey_sig_hash), "hash"));
	p->kek_life_secs = life_view(node_get(s, &rekey_lifetime));
	p->retransmit_secs = node_u32(retransmit, "secs");
	p->retransmit_count = node_has(retransmit, "periodic")
				      ? LIFE_FOREVER
				      : node_u32(retransmit, "number");
	p->unicast = node_child(s, &rekey_transport, NULL) != NULL;
	rekey_address_view(r, s, p);
	p->ack = ack_view(node_get(s, &rekey_ack));
	if (label != NULL)
		strlcpy(p->key_label, label, sizeof(p->key_label));
	p->key_ecdsa = key != NULL && node_has(key, "ecdsa");
}

/* An undefined identity lets nobody in. */
static const struct ks_identity *identity_view(
	const struct router *r, const struct node *auth)
{
	const char *name = node_str(auth, "identity");
	struct ks_identity *id;

	if (name == NULL)
		return NULL;
	id = xcalloc(1, sizeof(*id));
	const struct node *s =
		node_find(tree_root(r->tree), &cfg_identity, name);

	for (struct node *n = s != NULL ? node_first(s) : NULL;
		n != NULL && id->n < IDENTITY_NAMES_MAX; n = node_next(n)) {
		struct ks_identity_name *v = &id->v[id->n];

		v->is_dn = node_command(n) == &identity_dn;
		if (v->is_dn || node_command(n) == &identity_fqdn)
			id->n += strlcpy(v->text,
					 node_str(n, v->is_dn ? "dn" : "fqdn"),
					 sizeof(v->text)) < sizeof(v->text);
	}
	return id;
}

/* One server section; lists go to v->acls, which has room for all. */
static void server_view(const struct router *r, const struct node *g,
	const struct node *s, struct ks_view *v)
{
	struct ks_policy *p = &v->v[v->n];
	const char *auth = node_str(node_child(s, &authorization, NULL), "acl");
	const char *from =
		node_str(node_child(s, &registration_interface, NULL), "if");

	*p = (struct ks_policy){ .id = gdoi_id_view(g),
		.ip6 = node_has(g, "ipv6") };
	strlcpy(p->group, node_str(g, "name"), sizeof(p->group));
	p->local = node_ip(node_child(s, &ks_address, NULL), "addr");
	rekey_view(r, s, p);
	p->receive_only = node_child(s, &sa_receive_only, NULL) != NULL;
	p->sid_bits = sid_bits_view(node_get(s, &group_size));
	p->n_kssids = kssids_view(
		node_child(s, &ks_identifier, NULL), v->kssids[v->n]);
	p->kssids = v->kssids[v->n];
	if (from != NULL)
		strlcpy(p->reg_ifname, from, sizeof(p->reg_ifname));
	p->identity = identity_view(r, node_child(s, &authorization, NULL));
	if (auth != NULL) {
		/* An undefined list lets nobody in. */
		acl_view_std(r, auth, &v->acls[v->n_acls]);
		p->authorization = &v->acls[v->n_acls++];
	}
	for (struct node *a = node_child(s, &sa_ipsec, NULL);
		a != NULL && p->n_sas < KS_SAS_MAX;
		a = node_child(s, &sa_ipsec, a))
		sa_view(r, a, &p->sa[p->n_sas++], &v->acls[v->n_acls++]);
	v->n++;
}

void ks_view_build(const struct router *r, struct ks_view *v)
{
	struct node *root = tree_root(r->tree);
	size_t n = 0;

	*v = (struct ks_view){ 0 };
	for (struct node *g = node_child(root, &cfg_gdoi_group, NULL);
		g != NULL; g = node_child(root, &cfg_gdoi_group, g)) {
		if (node_child(g, &cfg_ks_server, NULL) != NULL)
			n++;
	}
	if (n == 0)
		return;
	v->v = xcalloc(n, sizeof(*v->v));
	v->kssids = xcalloc(n, sizeof(*v->kssids));
	v->acls = xcalloc(n, (KS_SAS_MAX + 1) * sizeof(*v->acls));
	for (struct node *g = node_child(root, &cfg_gdoi_group, NULL);
		g != NULL; g = node_child(root, &cfg_gdoi_group, g)) {
		const struct node *s = node_child(g, &cfg_ks_server, NULL);

		if (s != NULL)
			server_view(r, g, s, v);
	}
}

void ks_view_free(struct ks_view *v)
{
	for (size_t i = 0; i < v->n; i++)
		free((void *)(uintptr_t)v->v[i].identity);
	for (size_t i = 0; i < v->n_acls; i++)
		acl_free(&v->acls[i]);
	free(v->acls);
	free(v->kssids);
	free(v->v);
	*v = (struct ks_view){ 0 };
}

/* --- checks --- */

static int sa_count_check(const struct node *server, struct sbuf *why)
{
	size_t n = 0;

	for (struct node *a = node_child(server, &sa_ipsec, NULL); a != NULL;
		a = node_child(server, &sa_ipsec, a))
		n++;
	if (n < KS_SAS_MAX)
		return 0;
	sbuf_printf(why, "%% A group has at most %d IPsec SAs", KS_SAS_MAX);
	return -1;
}

static int value_check(
	const struct node *server, const struct node *new, struct sbuf *why)
{
	const struct command *c = node_command(new);

	if (c == &kssid_range &&
		node_u32(new, "first") > node_u32(new, "last")) {
		sbuf_adds(why, "% The range is empty");
		return -1;
	}
	if (c == &ks_pfs && node_child(server, &ks_gikev2, NULL) == NULL) {
		sbuf_adds(why, "GIKEv2 must be configured for pfs");
		return -1;
	}
	return 0;
}

static bool is_timed(const struct node *sa)
{
	const struct node *n = node_child(sa, &sa_replay, NULL);

	return n != NULL && !node_negated(n) && node_has(n, "time");
}

/* A packet has room for one stamp (ios-cli.md 12.3). */
static int stamp_check(
	const struct node *section, const struct node *new, struct sbuf *why)
{
	const struct command *c = node_command(new);
	bool both = false;

	if (c == &sa_replay && node_has(new, "time"))
		both = node_child(node_parent(section), &sa_d3p, NULL) != NULL;
	for (struct node *a = c == &sa_d3p
				      ? node_child(section, &sa_ipsec, NULL)
				      : NULL;
		a != NULL; a = node_child(section, &sa_ipsec, a))
		both |= is_timed(a);
	if (!both)
		return 0;
	sbuf_adds(why, "% IP-D3P and time based anti-replay exclude each other");
	return -1;
}

static bool names(const struct node *n, const char *acl)
{
	const char *name = node_str(n, "acl");

	return name != NULL && strcmp(name, acl) == 0;
}

static bool names6(const struct node *n, const char *acl)
{
	const char *name = node_str(n, "acl6");

	return name != NULL && strcmp(name, acl) == 0;
}

static bool server_uses(const struct node *s, const char *acl)
{
	if (names(node_child(s, &rekey_address, NULL), acl))
		return true;
	for (struct node *a = node_child(s, &sa_ipsec, NULL); a != NULL;
		a = node_child(s, &sa_ipsec, a)) {
		if (names(node_child(a, &sa_match, NULL), acl) ||
			names6(node_child(a, &sa_match, NULL), acl))
			return true;
	}
	return false;
}

bool gdoi_uses_acl(const struct router *r, const char *name)
{
	struct node *root = tree_root(r->tree);

	for (struct node *g = node_child(root, &cfg_gdoi_group, NULL);
		g != NULL; g = node_child(root, &cfg_gdoi_group, g)) {
		const struct node *s = node_child(g, &cfg_ks_server, NULL);

		if (s != NULL && server_uses(s, name))
			return true;
	}
	return crypto_map_uses_acl(r, name);
}

/* A list that is not there yet is no mistake. */
static void rekey_address_check(
	const struct router *r, const char *name, struct sbuf *why)
{
	struct udp_addr dst;
	struct acl a;

	if (acl_view(r, name, &a) && !rekey_dst_view(&a, &dst))
		sbuf_printf(why,
			"%% Warning: access-list %s permits no UDP to a "
			"multicast host; multicast rekeys are not sent",
			name);
	acl_free(&a);
}

int ks_check(void *ctx, const struct tree *t, const struct node *section,
	const struct node *old, const struct node *new, struct sbuf *why)
{
	const struct router *r = ctx;
	const struct command *c;

	(void)t;
	if (new == NULL || node_negated(new))
		return 0;
	c = node_command(new);
	if (c == &sa_ipsec && old == NULL)
		return sa_count_check(section, why);
	if ((c == &sa_match || c == &rekey_address) &&
		node_str(new, "acl") != NULL &&
		!acl_fits_gdoi(r, node_str(new, "acl"), why))
		return -1;
	if (c == &ks_redundancy || c == &coop_peer)
		keep_warn(why, "this key server acts alone");
	else if (c == &sa_replay || c == &sa_d3p)
		return stamp_check(section, new, why);
	else if (c == &ks_gikev2 || c == &ks_pfs || c == &registration ||
		 c == &sa_kept)
		keep_warn(why, NULL);
	else if (c == &rekey_address)
		rekey_address_check(r, node_str(new, "acl"), why);
	return value_check(section, new, why);
}

static const struct command *const list[] = { &cfg_ks_server, &ks_gdoi,
	&ks_gikev2, &ks_pfs, &rekey_algorithm, &rekey_sig_hash, &rekey_lifetime,
	&rekey_retransmit, &rekey_address, &rekey_authentication,
	&rekey_transport, &rekey_ack, &registration_interface, &registration,
	&authorization,
	&group_size, &ks_identifier, &kssid_range, &kssid_value,
	&sa_receive_only, &sa_d3p, &sa_kept, &sa_ipsec, &ks_address, &ks_redundancy,
	&sa_profile, &sa_match, &sa_replay, &sa_tag, &coop_priority, &coop_peer,
	&coop_protocol };
const struct command_list cfg_gdoi_ks_commands = { list, ARRAY_LEN(list) };
