/* Trustpoints (ios-cli.md 11): crypto pki trustpoint and the lines below it.
 * What they ask for becomes values in pki_view.c; the certificates stand in
 * `crypto pki certificate chain` (cfg_block.c). */
#include "cli/keep.h"
#include "cli/pki.h"
#include "cli/users.h"
#include "crypto/enroll.h"

#include <ctype.h>
#include <string.h>

static int password_fixup(
	struct tree *t, struct node *section, struct node *n, struct sbuf *why);
static int subject_fixup(
	struct tree *t, struct node *section, struct node *n, struct sbuf *why);
static int fingerprint_fixup(
	struct tree *t, struct node *section, struct node *n, struct sbuf *why);
static int keypair_fixup(
	struct tree *t, struct node *section, struct node *n, struct sbuf *why);

const struct command cfg_trustpoint = {
	.mode = MODE_CONFIG,
	.enters = MODE_TRUSTPOINT,
	.order = ORDER_PKI,
	.grammar = "crypto pki~ca trustpoint~identity <name!:name>",
	.help = HELP_PKI "trustpoint  Define a CA trustpoint\n"
			 "<name>  CA Server Name\n",
	.sample = "crypto pki trustpoint ORBIT_CA",
};

const struct command cfg_cert_chain = {
	.mode = MODE_CONFIG,
	.enters = MODE_CERT_CHAIN,
	.order = ORDER_PKI + 2,
	.grammar = "crypto pki~ca certificate chain <name!:name>",
	.help = HELP_PKI "certificate  Certificate commands\n"
			 "chain  Identify certificate chain\n"
			 "<name>  CA Server Name\n",
	.sample = "crypto pki certificate chain ORBIT_CA",
};

/* --- enrollment --- */

const struct command tp_enrollment = {
	.mode = MODE_TRUSTPOINT,
	.order = 10,
	.grammar = "enrollment {terminal [pem]|url <url:word> [pem]|"
		   "selfsigned|pkcs12|profile <profile:name>}",
	.help = "enrollment  Enrollment parameters\n"
		"terminal  Enroll via the terminal (cut-and-paste)\n"
		"pem  include PEM encapsulation boundaries\n"
		"url  CA server enrollment URL\n<url>  URL\n"
		"selfsigned  Generate self-signed cert for this router\n"
		"pkcs12  Enroll by importing a PKCS12 file\n"
		"profile  Specify an enrollment profile\n"
		"<profile>  enrollment profile name\n",
	.sample = "enrollment terminal pem\n"
		  "enrollment url http://192.0.2.9:80\n"
		  "enrollment selfsigned",
};

const struct command tp_mode_ra = {
	.mode = MODE_TRUSTPOINT,
	.order = 5,
	.grammar = "enrollment mode ra",
	.help = "enrollment  Enrollment parameters\n"
		"mode  Mode supported by the Certificate Authority\n"
		"ra  Registration Authority Mode\n",
};

const struct command tp_retry_count = {
	.mode = MODE_TRUSTPOINT,
	.order = 11,
	.grammar = "enrollment retry count <n:1-100>",
	.deflt = "enrollment retry count 10",
	.help = "enrollment  Enrollment parameters\n"
		"retry  Polling parameters\n"
		"count  How many times to poll CA for our certificate\n"
		"<n>  Number of enrollment retries\n",
};

const struct command tp_retry_period = {
	.mode = MODE_TRUSTPOINT,
	.order = 12,
	.grammar = "enrollment retry period <minutes:1-60>",
	.deflt = "enrollment retry period 1",
	.help = "enrollment  Enrollment parameters\n"
		"retry  Polling parameters\n"
		"period  How long between requests to CA for our certificate\n"
		"<minutes>  Enrollment retry period in minutes\n",
};

const struct command tp_http_proxy = {
	.mode = MODE_TRUSTPOINT,
	.order = 13,
	.grammar = "enrollment http-proxy <host:word> <port:1-65535>",
	.help = "enrollment  Enrollment parameters\n"
		"http-proxy  HTTP proxy server for enrollment\n"
		"<host>  Name or address of the proxy\n<port>  Port\n",
	.sample = "enrollment http-proxy proxy.example 8080",
};

/* --- what the certificate says --- */

const struct command tp_usage = {
	.mode = MODE_TRUSTPOINT,
	.order = 20,
	.grammar = "usage {ike|ssl-client|ssl-server}*",
	.help = "usage  Certificate Usage\nike  Usage IKE\n"
		"ssl-client  Usage SSL client\nssl-server  Usage SSL server\n",
	.sample = "usage ike\nusage ike ssl-client",
};

const struct command tp_serial_number = {
	.mode = MODE_TRUSTPOINT,
	.order = 30,
	.grammar = "serial-number [none]",
	.help = "serial-number  Include the router's serial number in "
		"certificate request\n"
		"none  Do not include the router's serial number\n",
};

const struct command tp_fqdn = {
	.mode = MODE_TRUSTPOINT,
	.order = 40,
	.grammar = "fqdn {none|<fqdn:name>}",
	.help = "fqdn  Include fully-qualified domain name\n"
		"none  Do not include fully-qualified domain name\n"
		"<fqdn>  Fully-qualified domain name\n",
	.sample = "fqdn none\nfqdn gm1.orbit.example",
};

const struct command tp_ip_address = {
	.mode = MODE_TRUSTPOINT,
	.order = 50,
	.grammar = "ip-address {none|<addr:ip4>|<ifname:ifname>}",
	.help = "ip-address  Include ip address\n"
		"none  Do not include an IP address\n"
		"<addr>  IP address\n<ifname>  Interface\n",
	.sample = "ip-address none\nip-address 192.0.2.1",
};

const struct command tp_password = {
	.mode = MODE_TRUSTPOINT,
	.order = 60,
	.grammar = "password <password:line_password>",
	.help = "password  revocation password\n<password>  The password\n",
	.fixup = password_fixup,
	.sample = "password 7 02050D480809",
};

const struct command tp_fingerprint = {
	.mode = MODE_TRUSTPOINT,
	.order = 70,
	.grammar = "fingerprint <hash:word...>",
	.help = "fingerprint  The fingerprint of the certificate\n"
		"<hash>  MD5, SHA1 or SHA256 fingerprint in hexadecimal\n",
	.fixup = fingerprint_fixup,
	.sample = "fingerprint 0A1B2C3D4E5F60718293A4B5C6D7E8F9",
};

const struct command tp_subject_name = {
	.mode = MODE_TRUSTPOINT,
	.order = 80,
	.grammar = "subject-name <name:line>",
	.help = "subject-name  Subject Name\n"
		"<name>  The subject name, as cn=gm1,o=Orbit Lab\n",
	.fixup = subject_fixup,
	.sample = "subject-name cn=gm1.orbit.example,o=Orbit Lab",
};

const struct command tp_alt_name = {
	.mode = MODE_TRUSTPOINT,
	.order = 90,
	.grammar = "subject-alt-name <names:word...>",
	.help = "subject-alt-name  Subject Alternative Name\n"
		"<names>  Domain names\n",
	.sample = "subject-alt-name gm1.orbit.example",
};

/* --- how peers and servers are treated --- */

const struct command tp_vrf = {
	.mode = MODE_TRUSTPOINT,
	.order = 100,
	.grammar = "vrf <name:name>",
	.help = "vrf  VRF of the CA server\n<name>  VRF name\n",
	.sample = "vrf RED",
};

const struct command tp_source = {
	.mode = MODE_TRUSTPOINT,
	.order = 110,
	.grammar = "source interface <ifname:ifname>",
	.help = "source  Source of the connections to the CA server\n"
		"interface  Interface whose address is taken\n"
		"<ifname>  Interface\n",
};

const struct command tp_chain_validation = {
	.mode = MODE_TRUSTPOINT,
	.order = 120,
	.grammar = "chain-validation {stop|continue [<parent:name>]}",
	.deflt = "chain-validation stop",
	.help = "chain-validation  Chain validation\n"
		"stop  Terminate the chain here\n"
		"continue  Continue to a parent trustpoint\n"
		"<parent>  Parent trustpoint\n",
	.sample = "chain-validation continue ROOT",
};

const struct command tp_match = {
	.mode = MODE_TRUSTPOINT,
	.order = 130,
	.grammar = "match certificate <map!:name> "
		   "[{allow expired-certificate|"
		   "skip {revocation-check|authorization-check}}]",
	.help = "match  Match a certificate attribute map\n"
		"certificate  Match a certificate attribute map\n"
		"<map>  Certificate map\n"
		"allow  Allow a certificate\n"
		"expired-certificate  Accept a certificate that has expired\n"
		"skip  Skip a check\n"
		"revocation-check  Skip the revocation check\n"
		"authorization-check  Skip the authorization check\n",
	.flags = CMD_ORDERED,
	.sample = "match certificate ORBIT_MAP",
};

const struct command tp_revocation = {
	.mode = MODE_TRUSTPOINT,
	.order = 140,
	.grammar = "revocation-check {crl|none|ocsp} [{crl|none|ocsp}] "
		   "[{crl|none|ocsp}]",
	.deflt = "revocation-check crl",
	.help = "revocation-check  Revocation checking options\n"
		"crl  Revocation check by CRL\nnone  Ignore revocation check\n"
		"ocsp  Revocation check by OCSP\n"
		"crl#2  Revocation check by CRL\n"
		"none#2  Ignore revocation check\n"
		"ocsp#2  Revocation check by OCSP\n"
		"crl#3  Revocation check by CRL\n"
		"none#3  Ignore revocation check\n"
		"ocsp#3  Revocation check by OCSP\n",
	.flags = CMD_PRINT_DEFAULT,
	.sample = "revocation-check none\nrevocation-check ocsp crl none",
};

const struct command tp_crl_url = {
	.mode = MODE_TRUSTPOINT,
	.order = 141,
	.grammar = "crl query <url:word>",
	.help = "crl  CRL options\nquery  Where the CRL is, in place of what "
		"certificates say\n<url>  URL of the CRL\n",
	.sample = "crl query http://192.0.2.9/ca.crl",
};

const struct command tp_ocsp_url = {
	.mode = MODE_TRUSTPOINT,
	.order = 142,
	.grammar = "ocsp url <url:word>",
	.help = "ocsp  OCSP parameters\n"
		"url  OCSP server URL, in place of what certificates say\n"
		"<url>  URL of the responder\n",
	.sample = "ocsp url http://192.0.2.9:2560/",
};

const struct command tp_ocsp_nonce = {
	.mode = MODE_TRUSTPOINT,
	.order = 143,
	.grammar = "ocsp disable-nonce",
	.help = "ocsp  OCSP parameters\n"
		"disable-nonce  Send no nonce in requests\n",
};

/* --- keys --- */

const struct command tp_rsakeypair = {
	.mode = MODE_TRUSTPOINT,
	.order = 150,
	.grammar = "rsakeypair <label:name> [<bits:360-4096> "
		   "[<encryption:360-4096>]]",
	.help = "rsakeypair  Specify rsakeypair for this identity\n"
		"<label>  RSA keypair label\n<bits>  Modulus size\n"
		"<encryption>  Modulus size of the encryption key\n",
	.fixup = keypair_fixup,
	.sample = "rsakeypair ORBIT 2048",
};

const struct command tp_eckeypair = {
	.mode = MODE_TRUSTPOINT,
	.order = 160,
	.grammar = "eckeypair <label:name>",
	.help = "eckeypair  Specify eckeypair for this identity\n"
		"<label>  EC keypair label\n",
	.fixup = keypair_fixup,
	.sample = "eckeypair ORBIT_EC",
};

const struct command tp_auto_enroll = {
	.mode = MODE_TRUSTPOINT,
	.order = 170,
	.grammar = "auto-enroll [<percent:1-100>] [regenerate]",
	.help = "auto-enroll  Automatically enroll this router identity\n"
		"<percent>  Percentage of the lifetime at which to renew\n"
		"regenerate  Regenerate keys on re-enrollment\n",
	.sample = "auto-enroll 70 regenerate",
};

const struct command tp_hash = {
	.mode = MODE_TRUSTPOINT,
	.order = 180,
	.grammar = "hash {md5|sha1|sha256|sha384|sha512}",
	.help = "hash  hash algorithm of the request's signature\n"
		"md5  use md5 hash algorithm\nsha1  use sha1 hash algorithm\n"
		"sha256  use sha256 hash algorithm\n"
		"sha384  use sha384 hash algorithm\n"
		"sha512  use sha512 hash algorithm\n",
};

const struct command tp_primary = {
	.mode = MODE_TRUSTPOINT,
	.order = 190,
	.grammar = "primary",
	.help = "primary  Specify trustpoint as primary\n",
};

/* --- kept --- */

static const struct command tp_authorization = {
	.mode = MODE_TRUSTPOINT,
	.order = 200,
	.grammar = "authorization {!list|!username} <rest!:rest>",
	.help = "authorization  Authorization parameters\n"
		"list  Authorization list of AAA\n"
		"username  What the name to authorize is made of\n"
		"<rest>  Its parameters\n",
	.flags = CMD_HARMLESS,
	.sample = "authorization list PKI\n"
		  "authorization username subjectname commonname",
};

static const struct command tp_other = {
	.mode = MODE_TRUSTPOINT,
	.order = 210,
	.grammar = "{!eku|!on|!root|!storage|!redundancy|!regenerate|!query} "
		   "[<rest:rest>]",
	.help = "eku  Extended key usage\non  Device that holds the keys\n"
		"root  Where the root certificate is\n"
		"storage  Device that holds the certificates\n"
		"redundancy  Share with a standby router\n"
		"regenerate  Regenerate keys on re-enrollment\n"
		"query  Where certificates are looked up\n"
		"<rest>  Its parameters\n",
	.flags = CMD_HARMLESS,
	.sample = "on usbtoken0:\nquery certificate",
};

/* --- fixups --- */

static int password_fixup(
	struct tree *t, struct node *section, struct node *n, struct sbuf *why)
{
	(void)section;
	return passwd_fixup(t, n, "password", why);
}

static int subject_fixup(
	struct tree *t, struct node *section, struct node *n, struct sbuf *why)
{
	auto_sbuf struct sbuf fault = { 0 };

	(void)t;
	(void)section;
	if (x500_check(node_str(n, "name"), &fault))
		return 0;
	sbuf_printf(why, "%% Invalid subject name: %s\n", sbuf_str(&fault));
	return -1;
}

/* The groups of a fingerprint become one word, as IOS keeps it. */
static int fingerprint_fixup(
	struct tree *t, struct node *section, struct node *n, struct sbuf *why)
{
	auto_sbuf struct sbuf hex = { 0 }, line = { 0 };

	(void)t;
	(void)section;
	for (size_t i = 0; i < drv_count(node_drv(n), "hash"); i++)
		for (const char *p = drv_str_at(node_drv(n), "hash", i);
			*p != '\0'; p++)
			if (*p != ':')
				sbuf_addc(&hex, (char)toupper((uint8_t)*p));
	if ((hex.n != 32 && hex.n != 40 && hex.n != 64) ||
		strspn(sbuf_str(&hex), "0123456789ABCDEF") != hex.n) {
		sbuf_adds(why, "% A fingerprint has 32, 40 or 64 hexadecimal "
			       "digits\n");
		return -1;
	}
	sbuf_printf(&line, "fingerprint %s", sbuf_str(&hex));
	node_rewrite(n, sbuf_str(&line));
	return 0;
}

/* One pair signs for a trustpoint. */
static int keypair_fixup(
	struct tree *t, struct node *section, struct node *n, struct sbuf *why)
{
	const struct command *other = node_command(n) == &tp_rsakeypair
					      ? &tp_eckeypair
					      : &tp_rsakeypair;

	(void)t;
	if (node_child(section, other, NULL) == NULL)
		return 0;
	sbuf_printf(why,
		"%% Please remove the line \"%s\" of this trustpoint first.\n",
		other == &tp_eckeypair ? "eckeypair" : "rsakeypair");
	return -1;
}

/* What is no certificate is kept, as listings have shortened ones. */
static int certificate_check(const struct node *section, const struct node *old,
	const struct node *new, struct sbuf *why)
{
	auto_sbuf struct sbuf head = { 0 };
	auto_der struct der der = { 0 };
	auto_cert_info struct cert_info info = { 0 };
	size_t n = 0;

	for (struct node *c = node_child(section, &cfg_certificate, NULL);
		c != NULL; c = node_child(section, &cfg_certificate, c))
		n++;
	if (old == NULL && n >= PKI_CERTS_MAX) {
		sbuf_printf(why, "%% A chain has at most %d certificates\n",
			PKI_CERTS_MAX);
		return -1;
	}
	if (!certificate_read_node(new, &head, &der))
		keep_warn(why, "it is not in this configuration");
	else if (der.n > PKI_CERT_BYTES ||
		 !cert_info_read(der_span(&der), &info))
		keep_warn(why, "it is not a certificate");
	return 0;
}

static int match_check(const struct node *section, struct sbuf *why)
{
	size_t n = 0;

	for (struct node *c = node_child(section, &tp_match, NULL); c != NULL;
		c = node_child(section, &tp_match, c))
		n++;
	if (n < PKI_MATCHES_MAX)
		return 0;
	sbuf_printf(why, "%% A trustpoint has at most %d of these lines\n",
		PKI_MATCHES_MAX);
	return -1;
}

static int tp_check(void *ctx, const struct tree *t, const struct node *section,
	const struct node *old, const struct node *new, struct sbuf *why)
{
	const struct command *c = new == NULL ? NULL : node_command(new);

	(void)ctx;
	(void)t;
	if (c == &tp_authorization)
		keep_warn(why, "no AAA servers");
	else if (c == &tp_other)
		keep_warn(why, NULL);
	else if (c == &tp_enrollment && node_has(new, "profile"))
		keep_warn(why, "no enrollment profiles");
	else if (c == &tp_http_proxy)
		keep_warn(why, "servers are reached directly");
	else if (c == &tp_chain_validation && node_has(new, "continue"))
		keep_warn(why, "chains end at this CA");
	else if (c == &tp_match && old == NULL)
		return match_check(section, why);
	else if (c == &cfg_certificate)
		return certificate_check(section, old, new, why);
	else if (c != NULL)
		return pki_map_check(new, why);
	return 0;
}

static void pki_settle(void *ctx, const struct tree *t)
{
	struct router *r = ctx;

	(void)t;
	pki_sync(r);
	isakmp_keys_opened(r);
}

static void pki_subscribe(struct router *r)
{
	static const struct command *const trustpoints[] = { &cfg_trustpoint,
		&cfg_cert_chain, &cfg_cert_map, NULL };
	struct subscriber s = { .name = "trustpoints",
		.commands = trustpoints,
		.check = tp_check,
		.settle = pki_settle,
		.ctx = r };

	commit_subscribe(r->commit, &s);
}

static const struct command *const list[] = { &cfg_trustpoint, &cfg_cert_chain,
	&tp_enrollment, &tp_mode_ra, &tp_retry_count, &tp_retry_period,
	&tp_http_proxy, &tp_usage, &tp_serial_number, &tp_fqdn, &tp_ip_address,
	&tp_password, &tp_fingerprint, &tp_subject_name, &tp_alt_name, &tp_vrf,
	&tp_source, &tp_chain_validation, &tp_match, &tp_revocation,
	&tp_crl_url, &tp_ocsp_url, &tp_ocsp_nonce, &tp_rsakeypair,
	&tp_eckeypair, &tp_auto_enroll, &tp_hash, &tp_primary,
	&tp_authorization, &tp_other };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_pki = { &commands, pki_subscribe };
