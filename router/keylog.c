/* The key log: every call goes on to the dataplane behind it. */
#include "router/keylog.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct dp {
	const struct dataplane_ops *ops;
	struct dp *inner;
	int fd;
};

static void hex_add(struct sbuf *out, const struct keybuf *k)
{
	if (k->n == 0)
		sbuf_addc(out, '-');
	for (size_t i = 0; i < k->n; i++)
		sbuf_printf(out, "%02x", k->b[i]);
}

static void line_write(const struct dp *k, const struct dp_sa *sa)
{
	auto_sbuf struct sbuf line = { 0 };
	char suite[ESP_TEXT];

	sbuf_printf(&line, "0x%08x ", sa->spi);
	hex_add(&line, &sa->enc);
	sbuf_addc(&line, ' ');
	hex_add(&line, &sa->auth);
	sbuf_printf(&line, " %s\n", esp_suite_config(&sa->suite, suite));
	/* One write a line: several processes may share the file. */
	ssize_t n = write(k->fd, line.s, line.n);

	(void)n; /* a full disk must not stop traffic */
	mem_wipe(line.s, line.n);
}

static int keylog_sa_add(struct dp *k, uint32_t group, const struct dp_sa *sa)
{
	int r = k->ops->sa_add(k->inner, group, sa);

	if (r == 0)
		line_write(k, sa);
	return r;
}

static void keylog_close(struct dp *k)
{
	k->ops->close(k->inner);
	close(k->fd);
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

static unsigned keylog_inner_mtu(
	struct dp *k, uint32_t group, const struct esp_suite *s)
{
	return k->ops->inner_mtu(k->inner, group, s);
}

const struct dataplane_ops keylog_ops = {
	.name = "keylog",
	.close = keylog_close,
	.group_set = keylog_group_set,
	.group_del = keylog_group_del,
	.sa_add = keylog_sa_add,
	.sa_use = keylog_sa_use,
	.sa_del = keylog_sa_del,
	.sa_counters = keylog_sa_counters,
	.group_counters = keylog_group_counters,
	.ace_counters = keylog_ace_counters,
	.local_counters = keylog_local_counters,
	.inner_mtu = keylog_inner_mtu,
};

struct dp *keylog_wrap(const struct dataplane_ops *ops, struct dp *dp,
	const char *path, struct sbuf *why)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || fchmod(fd, 0600) < 0) {
		sbuf_printf(why, "%s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	struct dp *k = xcalloc(1, sizeof(*k));

	*k = (struct dp){ .ops = ops, .inner = dp, .fd = fd };
	return k;
}
