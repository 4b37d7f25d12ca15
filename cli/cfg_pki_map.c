/* Which certificates are meant: crypto pki certificate map (attributes of a
 * certificate) and crypto identity (names in the subject of one). */
#include "cli/pki.h"

const struct command cfg_cert_map = {
	.mode = MODE_CONFIG,
	.enters = MODE_CERT_MAP,
	.order = ORDER_PKI + 1,
	.grammar = "crypto pki~ca certificate map <name!:name> <seq!:1-65535>",
	.help = HELP_PKI "certificate  Certificate commands\n"
			 "map  Define certificate attribute maps\n"
			 "<name>  Certificate attribute map tag\n"
			 "<seq>  Sequence to insert into or delete from\n",
	.sample = "crypto pki certificate map ORBIT_MAP 10",
};

#define HELP_OP "co  contains\nnc  does not contain\neq  equal\nne  not equal\n"

const struct command map_name = {
	.mode = MODE_CERT_MAP,
	.order = 10,
	.grammar = "{!alt-subject-name|!issuer-name|!name|!subject-name|"
		   "!unstructured-subject-name} {!co|!eq|!nc|!ne} "
		   "<text!:line>",
	.help = "alt-subject-name  Alternate subject name\n"
		"issuer-name  Issuer name\n"
		"name  Any subject or issuer name\n"
		"subject-name  Subject name\n"
		"unstructured-subject-name  Unstructured subject name\n" HELP_OP
		"<text>  Text to compare with\n",
	.flags = CMD_ORDERED,
	.sample = "subject-name co o = Orbit Lab\n"
		  "issuer-name eq cn=Orbit Root CA",
};

const struct command map_serial = {
	.mode = MODE_CERT_MAP,
	.order = 10,
	.grammar = "serial-number {!co|!eq|!ge|!lt|!nc|!ne} <number!:hex>",
	.help = "serial-number  Serial number\n" HELP_OP
		"ge  greater than or equal\nlt  less than\n"
		"<number>  Serial number in hexadecimal\n",
	.flags = CMD_ORDERED,
};

const struct command map_time = {
	.mode = MODE_CERT_MAP,
	.order = 10,
	.grammar = "{!valid-start|!expires-on} {!eq|!ge|!lt|!ne} <date!:line>",
	.help = "valid-start  Beginning of the validity\n"
		"expires-on  End of the validity\n"
		"eq  equal\nge  greater than or equal\nlt  less than\n"
		"ne  not equal\n<date>  As Mar 3 2026, with a time behind it\n",
	.flags = CMD_ORDERED,
	.sample = "valid-start ge Mar 3 2025\n"
		  "expires-on lt Mar 3 2030 09:30:00",
};

const struct command cfg_identity = {
	.mode = MODE_CONFIG,
	.enters = MODE_IDENTITY,
	.order = ORDER_PKI + 4,
	.grammar = "crypto identity <name!:name>",
	.help = HELP_CRYPTO "identity  Enter a crypto identity list\n"
			    "<name>  Identity Name\n",
	.sample = "crypto identity ORBIT_MEMBERS",
};

const struct command identity_dn = {
	.mode = MODE_IDENTITY,
	.order = 10,
	.grammar = "dn <dn!:line>",
	.help = "dn  Distinguished name of the peer's certificate\n"
		"<dn>  As cn=gm1,o=Orbit Lab\n",
	.flags = CMD_ORDERED,
	.sample = "dn cn=gm1,o=Orbit Lab",
};

const struct command identity_fqdn = {
	.mode = MODE_IDENTITY,
	.order = 20,
	.grammar = "fqdn <fqdn!:name>",
	.help = "fqdn  Fully-qualified domain name of the peer\n"
		"<fqdn>  Name\n",
	.flags = CMD_ORDERED,
	.sample = "fqdn gm1.orbit.example",
};

const struct command identity_description = {
	.mode = MODE_IDENTITY,
	.order = 5,
	.grammar = "description <text:line>",
	.help = "description  Description of this identity\n<text>  Text\n",
};

static const struct command *const list[] = { &cfg_cert_map, &map_name,
	&map_serial, &map_time, &cfg_identity, &identity_description,
	&identity_dn, &identity_fqdn };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_pki_map = { &commands, NULL };
