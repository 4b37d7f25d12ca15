/* The modes: where each is left to, its prompt and its title for `?`
 * (ios-cli.md 1, clients.md 2.1). */
#include "cli/commands.h"

// clang-format off
const struct mode_def mode_defs[] = {
	{ MODE_EXEC, MODE_NONE, "#", "Exec", false },
	{ MODE_CONFIG, MODE_NONE, "(config)#", "Configure", true },
	{ MODE_IF, MODE_CONFIG, "(config-if)#",
		"Interface configuration", true },
	{ MODE_EXT_NACL, MODE_CONFIG, "(config-ext-nacl)#",
		"Ext Access List configuration", true },
	{ MODE_STD_NACL, MODE_CONFIG, "(config-std-nacl)#",
		"Standard Access List configuration", true },
	{ MODE_ISAKMP_POLICY, MODE_CONFIG, "(config-isakmp)#",
		"ISAKMP", true },
	{ MODE_TRANSFORM, MODE_CONFIG, "(cfg-crypto-trans)#",
		"Crypto transform configuration", true },
	{ MODE_IPSEC_PROFILE, MODE_CONFIG, "(ipsec-profile)#",
		"IPsec profile configuration", true },
	{ MODE_CRYPTO_MAP, MODE_CONFIG, "(config-crypto-map)#",
		"Crypto Map configuration", true },
	{ MODE_GKM_GROUP, MODE_CONFIG, "(config-gkm-group)#",
		"GKM group configuration", true },
	{ MODE_GKM_SERVER, MODE_GKM_GROUP, "(gkm-local-server)#",
		"GKM local server configuration", true },
	{ MODE_GKM_SA, MODE_GKM_SERVER, "(gkm-sa-ipsec)#",
		"GKM IPsec SA configuration", true },
	{ MODE_LINE, MODE_CONFIG, "(config-line)#",
		"Line configuration", true },
	{ MODE_FAIL_CLOSE, MODE_CONFIG, "(crypto-map-fail-close)#",
		"Crypto Map fail-close configuration", true },
	{ MODE_GKM_COOP, MODE_GKM_SERVER, "(gdoi-coop-ks-config)#",
		"Cooperative KS configuration", true },
	{ MODE_GKM_KSSID, MODE_GKM_SERVER, "(gkm-local-server-id)#",
		"KS identifier configuration", true },
	{ MODE_ARCHIVE, MODE_CONFIG, "(config-archive)#",
		"Archive configuration", true },
	{ MODE_ARCHIVE_LOG, MODE_ARCHIVE, "(config-archive-log-cfg)#",
		"Archive logging configuration", true },
	{ MODE_KEEP, MODE_CONFIG, "(config-keep)#",
		"Kept configuration", true },
};
// clang-format on
const size_t n_mode_defs = ARRAY_LEN(mode_defs);
