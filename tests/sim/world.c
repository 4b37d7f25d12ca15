/* The virtual world: clock, network, nodes, and what must hold in it. */
#include "tests/sim/world.h"
#include "dataplane/null.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIM_START_MS 1000000ull
#define SIM_WALL_MS  1700000000000ull
#define NEVER        UINT64_MAX

/* Small, and the same everywhere. */
uint64_t random_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

uint64_t world_random(struct world *w)
{
	return random_next(&w->rng);
}

uint64_t world_below(struct world *w, uint64_t n)
{
	return n == 0 ? 0 : world_random(w) % n;
}

void world_fail(struct world *w, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (w->failure[0] != '\0')
		return;
	n = snprintf(w->failure, sizeof(w->failure),
		"at %.1f s: ", (double)(w->now - w->start) / 1000);
	va_start(ap, fmt);
	vsnprintf(w->failure + n, sizeof(w->failure) - (size_t)n, fmt, ap);
	va_end(ap);
}

static uint64_t env_now(void *ctx)
{
	return ((struct node *)ctx)->w->now;
}

static uint64_t env_wall(void *ctx)
{
	const struct node *n = ctx;

	return SIM_WALL_MS + n->w->now + (uint64_t)n->wall_ms;
}

static void env_random(void *ctx, void *p, size_t n)
{
	struct world *w = ((struct node *)ctx)->w;

	for (uint8_t *b = p; n > 0;) {
		uint64_t v = world_random(w);
		size_t k = n < sizeof(v) ? n : sizeof(v);

		memcpy(b, &v, k);
		b += k;
		n -= k;
	}
}

bool node_effect(struct node *n)
{
	if (n->dying)
		return false;
	n->effects++;
	if (n->cut_after == 0 || n->effects <= n->cut_after)
		return true;
	n->dying = true;
	n->w->dying = n;
	return false;
}

static void env_send(void *ctx, const struct udp_path *path, struct span data)
{
	struct node *n = ctx;

	if (!node_effect(n))
		return;
	watch_sent(n, data);
	wire_send(n, path, data);
}

static int env_join(void *ctx, const struct udp_addr *group,
	const struct ip_addr *local, const char *netdev, struct ip_addr *at_ip)
{
	const struct udp_addr none = { .port = 0 };
	struct node *n = ctx;
	struct udp_addr *at = node_joined(n, &none);

	if (!ip_equal(local, &n->addr) || strcmp(netdev, "eth0") != 0)
		return -ENODEV;
	if (at == NULL)
		return -ENOBUFS;
	*at_ip = *local;
	*at = *group; /* joined twice stands there twice */
	return 0;
}

static void env_leave(void *ctx, const struct udp_addr *group,
	const struct ip_addr *local)
{
	struct node *n = ctx;
	struct udp_addr *at = node_joined(n, group);

	(void)local;
	if (at != NULL)
		*at = (struct udp_addr){ .port = 0 };
	else
		world_fail(n->w, "left what was not joined");
}

static void env_report(void *ctx, const struct report *r)
{
	struct node *n = ctx;
	auto_sbuf struct sbuf text = { 0 };
	char ip[IP_TEXT];

	n->reports[r->id]++;
	if (!n->w->verbose)
		return;
	report_text(r, &text);
	printf("# %9.3f %-12s %%%s-%d-%s: %s\n",
		(double)(n->w->now - n->w->start) / 1000, ip_text(&n->addr, ip),
		report_def(r->id)->facility, report_def(r->id)->sev,
		report_def(r->id)->mnemonic, sbuf_str(&text));
}

static struct pkey *env_key(void *ctx, const char *label)
{
	struct node *n = ctx;

	return strcmp(label, SIM_LABEL) == 0 && !n->no_key ? n->w->key : NULL;
}

struct ks *node_ks_of(const struct node *n)
{
	return n->g != NULL ? TAILQ_FIRST(&n->g->ks) : NULL;
}

struct gm *node_gm_of(const struct node *n)
{
	return n->g != NULL ? TAILQ_FIRST(&n->g->gm) : NULL;
}

static const struct gm_slot *slot_of(const struct node *n)
{
	const struct gm *gm = node_gm_of(n);

	return gm != NULL && gm->n_slots > 0 ? &gm->slot[0] : NULL;
}

uint32_t node_sending(const struct node *n)
{
	const struct gm_slot *s = slot_of(n);

	return s != NULL ? dp_null_sending_spi(n->dp, s->dp_id) : 0;
}

uint32_t node_newest(const struct node *n)
{
	const struct gm_slot *s = slot_of(n);

	return s != NULL && !TAILQ_EMPTY(&s->teks) ? TAILQ_FIRST(&s->teks)->spi
						   : 0;
}

bool node_has(const struct node *n, uint32_t spi)
{
	const struct gm_slot *s = slot_of(n);

	return s != NULL && dp_null_has_sa(n->dp, s->dp_id, spi);
}

bool node_time(const struct node *n, uint64_t *ms)
{
	const struct gm_slot *s = slot_of(n);
	struct dp_replay r;

	if (s == NULL || dataplane_null.replay_get(n->dp, s->dp_id, &r) != 0)
		return false;
	*ms = r.pseudo_ms;
	return r.has_clock;
}

static uint64_t node_dp_clock(void *ctx)
{
	const struct node *n = ctx;
	int64_t run = (int64_t)(n->w->now - n->w->start);

	return n->w->now + (uint64_t)(run * n->drift_ppm / 1000000);
}

bool node_registered(const struct node *n)
{
	const struct gm *gm = node_gm_of(n);

	return gm != NULL && gm->step == GM_UP;
}

size_t ks_count(const struct node *ks)
{
	return node_ks_of(ks) != NULL ? node_ks_of(ks)->n_members : 0;
}

bool all_registered(struct world *w)
{
	for (size_t i = 0; i < w->n; i++)
		if (!w->node[i]->is_ks && w->node[i]->g != NULL &&
			!w->node[i]->cut && !node_registered(w->node[i]))
			return false;
	return true;
}

bool all_same(struct world *w)
{
	const struct ks *ks = node_ks_of(w->node[0]);
	const struct ks_tek *t = ks != NULL ? TAILQ_FIRST(&ks->teks) : NULL;

	if (t == NULL || !all_registered(w))
		return false;
	for (size_t i = 0; i < w->n; i++) {
		const struct node *n = w->node[i];
		const struct gm *gm = node_gm_of(n);

		if (n->is_ks || gm == NULL || n->cut)
			continue;
		if (node_newest(n) != t->spi)
			return false;
		if (ks->kek.live && memcmp(gm->kek[0].k.spi, ks->kek.k.spi,
					    KEK_SPI_BYTES) != 0)
			return false;
	}
	return true;
}

bool node_reaches(const struct node *a, const struct node *b)
{
	return !a->cut && !b->cut && a->side == b->side;
}

/* Where it was stopped, before anything else happens. */
static void bury(struct world *w)
{
	struct node *n = w->dying;

	if (n == NULL)
		return;
	w->dying = NULL;
	n->cut_after = 0;
	node_crash(n);
	if (n->revive_ms != 0)
		timer_set(w->timers, &n->revive, w->now + n->revive_ms);
}

/* Advances to the next thing that happens, at most to `until`. */
static bool world_step(struct world *w, uint64_t until)
{
	uint64_t at = w->sampled_ms + SIM_SAMPLE_MS, t, wire = NEVER;

	if (timers_next(w->timers, &t) && t < at)
		at = t;
	if (wire_next(w, &wire) && wire < at)
		at = wire;
	if (at > until) {
		w->now = until;
		return false;
	}
	if (at > w->now)
		w->now = at;
	if (wire <= w->now)
		wire_deliver(w);
	else
		timers_run(w->timers, w->now);
	bury(w);
	if (w->now >= w->sampled_ms + SIM_SAMPLE_MS)
		watch_sample(w);
	return w->failure[0] == '\0';
}

void world_run(struct world *w, uint64_t ms)
{
	uint64_t until = w->now + ms;

	while (w->failure[0] == '\0' && world_step(w, until))
		continue;
}

/* Asked at each new time only: many things happen in one millisecond of a
 * crowd, and the question may cost as much as there are nodes. */
bool world_until(struct world *w, uint64_t ms, bool (*done)(struct world *w),
	const char *what)
{
	uint64_t until = w->now + ms, asked = NEVER;

	while (asked == w->now || !done(w)) {
		asked = w->now;
		if (w->failure[0] != '\0')
			return false;
		if (!world_step(w, until)) {
			world_fail(w, "%s: not within %llu s", what,
				(unsigned long long)(ms / 1000));
			return false;
		}
	}
	return true;
}

static void node_disturb(struct node *n)
{
	n->calm_ms = n->w->now;
}

void world_splits(struct world *w)
{
	for (size_t i = 0; i < w->n; i++) {
		w->node[i]->side = (unsigned)world_below(w, 2);
		node_disturb(w->node[i]);
	}
}

void world_heals(struct world *w)
{
	for (size_t i = 0; i < w->n; i++) {
		w->node[i]->side = 0;
		w->node[i]->cut = false;
		node_disturb(w->node[i]);
	}
}

const struct acl *acl_any(int16_t proto)
{
	struct ace e = { .seq = 10,
		.permit = true,
		.proto = proto,
		.src.wild = 0xffffffff,
		.dst.wild = 0xffffffff,
		.icmp_type = ACE_ANY,
		.icmp_code = ACE_ANY,
		.dscp = ACE_ANY,
		.precedence = ACE_ANY,
		.tos = ACE_ANY,
		.igmp_type = ACE_ANY };
	struct acl lent = { .name = "ICMP", .v = &e, .n = 1 };

	return policy_acl_dup(&lent);
}

static bool disk_wrote(void *ctx)
{
	return node_effect(ctx);
}

static void on_revive(void *arg)
{
	struct node *n = arg;

	if (n->g == NULL)
		node_start(n);
}

static struct node *node_new(struct world *w)
{
	struct node *n = xcalloc(1, sizeof(*n));

	w->node = xreallocarray(w->node, w->n + 1, sizeof(*w->node));
	w->node[w->n++] = n;
	n->w = w;
	n->addr = ip_v4(0x0a000000u + (uint32_t)w->n);
	snprintf(n->psk, sizeof(n->psk), SIM_PSK);
	timer_init(&n->revive, on_revive, n);
	return n;
}

struct node *node_ks(struct world *w)
{
	struct node *n = node_new(w);
	struct ks_sa_policy sa = { .number = 1,
		.profile = "IPSEC_PROFILE",
		.acl_name = "ICMP",
		.complete = true,
		.suite = { .cipher = ESP_CIPHER_AES_CBC,
			.auth = ESP_AUTH_SHA1,
			.key_bits = 128 },
		.life_secs = 3600,
		.replay_window = 64 };

	n->is_ks = true;
	n->disk = disk_new(disk_wrote, n);
	sa.acl = acl_any(1);
	n->ks = (struct ks_policy){ .group = SIM_GROUP,
		.id = { .is_set = true, .number = SIM_NUMBER },
		.local = n->addr,
		.kek_cipher = CIPHER_3DES,
		.sig_hash = HASH_SHA1,
		.key_label = SIM_LABEL,
		.kek_life_secs = 86400,
		.retransmit_secs = 10,
		.retransmit_count = 2,
		.unicast = true,
		.n_sas = 1,
		.sa = { sa } };
	return n;
}

struct node *node_gm(struct world *w, const struct node *ks)
{
	struct node *n = node_new(w);

	n->gm = (struct gm_policy){ .group = SIM_GROUP,
		.id = { .is_set = true, .number = SIM_NUMBER },
		.server = { ks->addr },
		.n_servers = 1,
		.map = "MAP",
		.map_seq = 10,
		.ifname = SIM_IFNAME,
		.netdev = "eth0",
		.local = n->addr };
	return n;
}

void node_config(struct node *n)
{
	struct isakmp_key key = { .mask = 0 };
	struct isakmp_config c = { .policy = { { .priority = 10,
					   .cipher = CIPHER_AES128,
					   .hash = HASH_SHA1,
					   .auth = IKE_AUTH_PSK,
					   .group = 5,
					   .life_secs = 86400 } },
		.n_policies = 1,
		.keys = &key,
		.n_keys = 1,
		.offer_doi = 2 };

	key.addr = ip_v4(0);
	secret_set(&key.key, n->psk, strlen(n->psk));
	gdoi_set_isakmp(n->g, &c);
	secret_free(&key.key);
	if (n->is_ks)
		gdoi_set_ks(n->g, &n->ks, 1);
	else
		gdoi_set_gm(n->g, &n->gm, 1);
}

struct store *node_store(const struct node *n)
{
	return n->disk != NULL ? disk_store(n->disk) : NULL;
}

static bool env_is_on(void *ctx, const char *ifname, const struct ip_addr *local)
{
	(void)ctx;
	(void)local;
	return strcmp(ifname, SIM_IFNAME) == 0;
}

void node_start(struct node *n)
{
	struct sbuf why = { 0 };

	n->env = (struct env){ .ctx = n,
		.now = env_now,
		.wall = env_wall,
		.random = env_random,
		.send = env_send,
		.report = env_report,
		.join = env_join,
		.leave = env_leave,
		.key_get = env_key,
		.is_on = env_is_on,
		.timers = n->w->timers,
		.crypto = n->w->crypto,
		.debug = n->w->debug,
		.dp_ops = &dataplane_null };
	n->dp = n->env.dp = dataplane_null.open(NULL, NULL, &why);
	dp_null_clock(n->dp, node_dp_clock, n);
	n->calm_ms = n->w->now;
	n->starts++;
	n->g = gdoi_new(&n->env, node_store(n));
	node_config(n);
	sbuf_free(&why);
}

void node_crash(struct node *n)
{
	if (n->g == NULL)
		return;
	n->dying = true; /* what the engine does in its end goes nowhere */
	gdoi_free(n->g);
	for (size_t i = 0; i < SIM_GROUPS_MAX; i++)
		if (n->joined[i].port != 0)
			world_fail(n->w, "a group was not left");
	n->dying = n->guarded = false;
	n->calm_ms = n->w->now;
	n->g = NULL;
	if (n->disk != NULL)
		disk_replug(n->disk);
	dataplane_null.close(n->dp);
	n->dp = NULL;
}

void node_lose_disk(struct node *n)
{
	disk_free(n->disk);
	n->disk = disk_new(disk_wrote, n);
	memset(n->kek_spi, 0, sizeof(n->kek_spi));
}

static struct pkey *signing_key(void)
{
	static struct pkey *key; /* made once: it costs more than a world */

	if (key == NULL)
		key = pkey_rsa_generate(1024);
	return pkey_ref(key);
}

struct world *world_new(uint64_t seed, const struct crypto_ops *crypto)
{
	struct world *w = xcalloc(1, sizeof(*w));

	w->seed = w->rng = w->watch_rng = seed;
	w->start = w->now = w->sampled_ms = SIM_START_MS;
	w->timers = timers_new();
	w->crypto = crypto;
	w->key = signing_key();
	w->delay_min_ms = 1;
	w->delay_max_ms = 20;
	w->verbose = getenv("VERBOSE") != NULL;
	RB_INIT(&w->packets);
	toy_seed(seed);
	return w;
}

void world_free(struct world *w)
{
	for (size_t i = 0; i < w->n; i++) {
		struct node *n = w->node[i];

		node_crash(n);
		timer_cancel(w->timers, &n->revive);
		disk_free(n->disk);
		for (size_t k = 0; k < n->ks.n_sas; k++)
			policy_acl_drop(n->ks.sa[k].acl);
		free(n);
	}
	wire_free(w);
	watch_free(w);
	free(w->node);
	timers_free(w->timers);
	pkey_unref(w->key);
	free(w);
}
