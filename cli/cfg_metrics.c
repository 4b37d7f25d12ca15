/* platform metrics: the Prometheus endpoint, off unless configured. */
#include "cli/cfg.h"

#include "cli/metrics_text.h"
#include "router/metrics.h"

#include <stdlib.h>
#include <string.h>

static const struct command metrics = {
	.mode = MODE_CONFIG,
	.order = ORDER_PLATFORM,
	.grammar = "platform metrics {port <port:1024-65535>|unix <path:word>}",
	.help = "platform  Settings of this platform\n"
		"metrics  Answer Prometheus on this host\n"
		"port  On 127.0.0.1\n<port>  TCP port\n"
		"unix  On a Unix socket\n<path>  Its absolute path\n",
	.sample = "platform metrics port 9848\n"
		  "platform metrics unix /run/getvpn/metrics.sock",
};

static void fill(void *ctx, struct sbuf *out)
{
	const struct router *r = ctx;

	metrics_text(r->box, out);
}

static void settle(void *ctx, const struct tree *t)
{
	struct router *r = ctx;
	const struct node *n = node_child(tree_root(r->tree), &metrics, NULL);
	const char *path = node_str(n, "path");
	auto_sbuf struct sbuf why = { 0 };

	(void)t;
	metrics_stop(r->metrics);
	r->metrics = NULL;
	if (n == NULL || r->loop == NULL || r->box == NULL)
		return;
	r->metrics = metrics_start(r->loop, path,
		path == NULL ? (uint16_t)node_u32(n, "port") : 0, fill, r,
		&why);
	if (r->metrics == NULL)
		log_msg(r->log, LOG_SEV_ERR, "PLATFORM", "METRICS",
			"Metrics are not served: %s", sbuf_str(&why));
}

static int check(void *ctx, const struct tree *t, const struct node *section,
	const struct node *old, const struct node *new, struct sbuf *why)
{
	const char *path = new != NULL ? node_str(new, "path") : NULL;

	(void)ctx;
	(void)t;
	(void)section;
	(void)old;
	if (path == NULL || node_negated(new) || path[0] == '/')
		return 0;
	sbuf_adds(why, "% The socket needs an absolute path");
	return -1;
}

static void subscribe(struct router *r)
{
	static const struct command *const watched[] = { &metrics, NULL };
	struct subscriber s = { .name = "metrics",
		.commands = watched,
		.check = check,
		.settle = settle,
		.ctx = r };

	commit_subscribe(r->commit, &s);
}

static const struct command *const list[] = { &metrics };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_metrics = { &commands, subscribe };
