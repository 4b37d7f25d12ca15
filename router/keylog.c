/* The key log; its dataplane hands every call on to the one behind it. */
#include "router/keylog.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct keylog {
	int fd;
};
struct dp {
	const struct dataplane_ops *ops;
	struct dp *inner;
	struct keylog *log;
};

static void hex_add(struct sbuf *out, struct span k)
{
	if (k.n == 0)
		sbuf_addc(out, '-');
	for (size_t i = 0; i < k.n; i++)
		sbuf_printf(out, "%02x", k.p[i]);
}

/* One write a line: several processes may share the file. */
static void line_end(const struct keylog *l, struct sbuf *line)
{
	ssize_t n = write(l->fd, line->s, line->n);

	(void)n; /* a full disk must not stop traffic */
	mem_wipe(line->s, line->n);
}

static void tek_write(const struct keylog *l, const struct dp_sa *sa)
{
	auto_sbuf struct sbuf line = { 0 };
	char suite[ESP_TEXT];

	sbuf_printf(&line, "0x%08x ", sa->spi);
	hex_add(&line, SPAN(sa->enc.b, sa->enc.n));
	sbuf_addc(&line, ' ');
	hex_add(&line, SPAN(sa->auth.b, sa->auth.n));
	sbuf_printf(&line, " %s\n", esp_suite_config(&sa->suite, suite));
	line_end(l, &line);
}

void keylog_line(
	struct keylog *l, enum env_key kind, struct span name, struct span key)
{
	auto_sbuf struct sbuf line = { 0 };

	sbuf_adds(&line, kind == ENV_KEY_IKE ? "ikev1 " : "kek ");
	hex_add(&line, name);
	sbuf_addc(&line, ' ');
	hex_add(&line, key);
	sbuf_addc(&line, '\n');
	line_end(l, &line);
}

static int keylog_sa_add(struct dp *k, uint32_t group, const struct dp_sa *sa)
{
	int r = k->ops->sa_add(k->inner, group, sa);

	if (r == 0)
		tek_write(k->log, sa);
	return r;
}

static void keylog_dp_close(struct dp *k)
{
	k->ops->close(k->inner);
	free(k);
}

static int keylog_group_set(struct dp *k, const struct dp_group *g)
{
	return k->ops->group_set(k->inner, g);
}

static void keylog_group_del(struct dp *k, uint32_t id)
{
	k->ops->group_del(k->inner, id);
}

static int keylog_sa_use(struct dp *k, uint32_t group, uint32_t spi)
{
	return k->ops->sa_use(k->inner, group, spi);
}

static void keylog_sa_del(struct dp *k, uint32_t group, uint32_t spi)
{
	k->ops->sa_del(k->inner, group, spi);
}

static int keylog_sa_counters(
	struct dp *k, uint32_t group, uint32_t spi, struct dp_sa_counters *out)
{
	return k->ops->sa_counters(k->inner, group, spi, out);
}

static int keylog_group_counters(
	struct dp *k, uint32_t group, struct dp_group_counters *out)
{
	return k->ops->group_counters(k->inner, group, out);
}

static int keylog_ace_counters(
	struct dp *k, uint32_t group, uint64_t *v, size_t n)
{
	return k->ops->ace_counters(k->inner, group, v, n);
}

static int keylog_local_counters(
	struct dp *k, uint32_t group, uint64_t *v, size_t n)
{
	if (k->ops->local_counters == NULL)
		return -EOPNOTSUPP;
	return k->ops->local_counters(k->inner, group, v, n);
}

static int keylog_time_set(struct dp *k, uint32_t group, uint64_t pseudo_ms)
{
	return k->ops->time_set ? k->ops->time_set(k->inner, group, pseudo_ms)
				: -ENOTSUP;
}

static int keylog_replay_get(
	struct dp *k, uint32_t group, struct dp_replay *out)
{
	return k->ops->replay_get ? k->ops->replay_get(k->inner, group, out)
				  : -ENOTSUP;
}

static void keylog_replay_clear(struct dp *k, uint32_t group)
{
	if (k->ops->replay_clear)
		k->ops->replay_clear(k->inner, group);
}

static size_t keylog_groups(struct dp *k, struct dp_group_view *v, size_t n)
{
	return k->ops->groups ? k->ops->groups(k->inner, v, n) : 0;
}

static unsigned keylog_inner_mtu(
	struct dp *k, uint32_t group, const struct esp_suite *s)
{
	return k->ops->inner_mtu(k->inner, group, s);
}

const struct dataplane_ops keylog_ops = {
	.name = "keylog",
	.close = keylog_dp_close,
	.group_set = keylog_group_set,
	.group_del = keylog_group_del,
	.sa_add = keylog_sa_add,
	.sa_use = keylog_sa_use,
	.sa_del = keylog_sa_del,
	.sa_counters = keylog_sa_counters,
	.group_counters = keylog_group_counters,
	.ace_counters = keylog_ace_counters,
	.local_counters = keylog_local_counters,
	.groups = keylog_groups,
	.time_set = keylog_time_set,
	.replay_get = keylog_replay_get,
	.replay_clear = keylog_replay_clear,
	.inner_mtu = keylog_inner_mtu,
};

struct keylog *keylog_open(const char *path, struct sbuf *why)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || fchmod(fd, 0600) < 0) {
		sbuf_printf(why, "%s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	struct keylog *l = xcalloc(1, sizeof(*l));

	l->fd = fd;
	return l;
}

void keylog_close(struct keylog *l)
{
	if (l == NULL)
		return;
	close(l->fd);
	free(l);
}

struct dp *keylog_wrap(
	struct keylog *l, const struct dataplane_ops *ops, struct dp *dp)
{
	struct dp *k = xcalloc(1, sizeof(*k));

	*k = (struct dp){ .ops = ops, .inner = dp, .log = l };
	return k;
}
