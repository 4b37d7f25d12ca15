/* See orbit.h. */
#include "tests/unit/orbit.h"

#include "tests/unit/test.h"

#include <bsd/string.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ip_addr orbit_ip(const char *text)
{
	struct ip_addr a;

	assert_true(ip_parse(text, &a));
	return a;
}

static char *trimmed(const char *s)
{
	char *out = xstrdup(s);
	size_t n = strlen(out);

	while (n > 0 && (out[n - 1] == '\n' || out[n - 1] == ' '))
		out[--n] = '\0';
	return out;
}

void assert_layout(const char *got, const char *want)
{
	auto_free char *a = trimmed(got), *b = trimmed(want);

	if (strcmp(a, b) != 0)
		fprintf(stderr, "--- got\n%s\n--- want\n%s\n---\n", a, b);
	assert_string_equal(a, b);
}

static struct ace port_ace(
	bool permit, int16_t proto, uint16_t sport, uint16_t dport)
{
	struct ace e = ace_any(permit);

	e.proto = proto;
	if (sport != 0)
		e.sport = (struct ace_port){ PORT_EQ, 1, { sport } };
	if (dport != 0)
		e.dport = (struct ace_port){ PORT_EQ, 1, { dport } };
	return e;
}

static struct acl *orbit_acl(void)
{
	static struct ace v[3];
	static struct acl a = { .name = "ORBIT_ACL", .v = v, .n = 3 };

	v[0] = port_ace(false, 17, 848, 848);
	v[1] = port_ace(false, 6, 0, 22);
	v[2] = ace_any(true);
	v[2].src = v[2].dst = (struct ip_wild){ 0x0a400000, 0x0000ffff };
	return &a;
}

static const struct esp_suite aes256_sha256 = { ESP_CIPHER_AES_CBC,
	ESP_AUTH_SHA256, 256 };

static struct tek_info orbit_tek(void)
{
	struct tek_info t = { .spi = 0x6d1f02c4,
		.sa_number = 1,
		.suite = aes256_sha256,
		.orig_secs = 3600,
		.remaining_secs = 2873,
		.elapsed_secs = 727,
		.rekey_in_secs = 2648,
		.replay = REPLAY_COUNTER,
		.replay_window = 64,
		.sending = true };

	t.count.encaps = 50911;
	t.count.decaps = 51288;
	strlcpy(t.acl_name, "ORBIT_ACL", sizeof(t.acl_name));
	return t;
}

static const uint8_t kek_new[16] = { 0x7f, 0x21, 0xc0, 0xd4, 0, 0, 0, 0, 0x19,
	0xbe, 0xe4, 0xa2 };
static const uint8_t kek_current[16] = { 0x0c, 0x93, 0xd1, 0x7e, 0x44, 0xa1,
	0xb6, 0xf2, 0x5a, 0x60, 0xf1, 0xb3, 0xc8, 0xd0, 0xe7, 0x12 };

static struct kek_info orbit_kek(const uint8_t spi[16], uint32_t conn_id)
{
	struct kek_info k = { .live = true,
		.conn_id = conn_id,
		.dst = orbit_ip("203.0.113.1"),
		.src = orbit_ip("198.51.100.11"),
		.cipher = CIPHER_AES256,
		.sig_hash = HASH_SHA256,
		.sig_key_der_bytes = 294,
		.sig_bytes = 256,
		.orig_secs = 86400,
		.remaining_secs = 83412,
		.rekey_in_secs = 83187,
		.seq = 3,
		.unicast = true };

	memcpy(k.spi, spi, sizeof(k.spi));
	strlcpy(k.key_label, "ORBIT_REKEY", sizeof(k.key_label));
	return k;
}

/* The visible part of the sample's public key. */
static uint8_t sig_key[] = { 0x30, 0x82, 0x01, 0x22, 0x30, 0x0d, 0x06, 0x09,
	0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00, 0x03,
	0x82, 0x01, 0x0f, 0x00, 0x30, 0x82, 0x01, 0x0a, 0x02, 0x82, 0x01, 0x01,
	0x00, 0xc4, 0xd2, 0xe1, 0x0f, 0x9a, 0x6b, 0x75, 0x33, 0xd8, 0x04, 0x17,
	0xa1, 0xf2, 0xc5, 0xe6, 0x90, 0xb3, 0xd7, 0xa8, 0x5c, 0x1e, 0x4f, 0x60,
	0x72, 0x83, 0x94, 0xa5, 0xb6, 0xc7, 0xd8, 0xe9, 0xfa, 0x0b, 0x1c, 0x2d,
	0x3e, 0x4f, 0x50, 0x61, 0x72, 0x83, 0x94, 0xa5, 0xb6, 0xc7, 0xd8, 0xe9,
	0xfa, 0x0b, 0x1c, 0x2d, 0x3e, 0x4f, 0x50, 0x61, 0x72, 0x83, 0x94, 0xa5,
	0xb6, 0xc7, 0xd8, 0xe9 };

const struct gm_snapshot *orbit_gm(void)
{
	static struct gm_snapshot g;
	static struct tek_info tek;

	tek = orbit_tek();
	g = (struct gm_snapshot){ .state = GM_REGISTERED,
		.ks = orbit_ip("198.51.100.11"),
		.reregister_in_secs = 2741,
		.registrations_ok = 1,
		.registrations_tried = 1,
		.last_rekey_from = orbit_ip("198.51.100.11"),
		.last_rekey_seq = 3,
		.last_rekey_ago_secs = 11 * 60 + 7,
		.rekeys = 3,
		.rekeys_since_registration = 3,
		.acks_sent = 3,
		.ack_kind = 1,
		.acl = *orbit_acl(),
		.has_acl = true,
		.kek_new = orbit_kek(kek_new, 1007),
		.kek_current = orbit_kek(kek_current, 1004),
		.sig_key = sig_key,
		.sig_key_n = sizeof(sig_key),
		.tek = &tek,
		.n_teks = 1,
		.sid_bits = 24,
		.plaintext_mtu = 1422 };
	g.policy.id = (struct group_id){ .is_set = true, .number = 4711 };
	g.policy.server[0] = orbit_ip("198.51.100.11");
	g.policy.server[1] = orbit_ip("198.51.100.12");
	g.policy.n_servers = 2;
	g.policy.map_seq = 10;
	g.policy.local = orbit_ip("203.0.113.1");
	strlcpy(g.policy.group, "ORBIT", sizeof(g.policy.group));
	strlcpy(g.policy.map, "ORBIT_MAP", sizeof(g.policy.map));
	strlcpy(g.policy.ifname, "GigabitEthernet0/0", sizeof(g.policy.ifname));
	g.count.encrypt = 50911;
	g.count.decrypt = 51288;
	return &g;
}

static struct ks_member_info orbit_member(
	const char *id, const char *ks, uint32_t acks)
{
	struct ks_member_info m = { .id = orbit_ip(id),
		.ks = orbit_ip(ks),
		.rekeys_sent = 3,
		.rekey_retries = 3 - acks,
		.acks = acks,
		.acks_missed = 3 - acks,
		.sent_seq = { 1, 2, 3, 0 },
		.rcvd_seq = { 1, 2, acks == 3 ? 3 : 0, 0 } };

	strlcpy(m.version, "1.0.26", sizeof(m.version));
	return m;
}

const struct ks_snapshot *orbit_ks(void)
{
	static struct ks_snapshot k;
	static struct tek_info tek;
	static struct ks_member_info member[2];
	struct ks_sa_policy sa = { .number = 1,
		.complete = true,
		.acl = orbit_acl(),
		.suite = aes256_sha256,
		.life_secs = 3600,
		.replay = REPLAY_COUNTER,
		.replay_window = 64 };

	strlcpy(sa.profile, "ORBIT_PROF", sizeof(sa.profile));
	strlcpy(sa.acl_name, "ORBIT_ACL", sizeof(sa.acl_name));
	tek = orbit_tek();
	member[0] = orbit_member("203.0.113.1", "198.51.100.11", 3);
	member[1] = orbit_member("203.0.113.2", "198.51.100.12", 2);
	k = (struct ks_snapshot){ .handle = 2,
		.local_ok = true,
		.kek = orbit_kek(kek_current, 0),
		.tek = &tek,
		.n_teks = 1,
		.member = member,
		.n_members = 2,
		.rekeys_sent = 3,
		.last_rekey_msec = 12 };
	strlcpy(k.policy.group, "ORBIT", sizeof(k.policy.group));
	k.policy.id = (struct group_id){ .is_set = true, .number = 4711 };
	k.policy.local = orbit_ip("198.51.100.11");
	k.policy.kek_cipher = CIPHER_AES256;
	k.policy.sig_hash = HASH_SHA256;
	k.policy.kek_life_secs = 86400;
	k.policy.retransmit_secs = 10;
	k.policy.retransmit_count = 2;
	k.policy.unicast = true;
	k.policy.sid_bits = 24;
	k.policy.sa[0] = sa;
	k.policy.n_sas = 1;
	k.sa[0] = (struct ks_sa_info){ .policy = sa,
		.live = true,
		.remaining_secs = 2873,
		.rekey_in_secs = 2648 };
	return &k;
}
