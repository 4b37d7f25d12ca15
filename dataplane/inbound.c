/* Which interfaces have inbound lists. */
#include "dataplane/inbound.h"
#include "base/mem.h"
#include <stdlib.h>
#include <string.h>

static struct {
	struct inbound_name *v;
	size_t n;
	void (*changed)(void *ctx);
	void *ctx;
} lists;

void inbound_set(const struct inbound_name *v, size_t n)
{
	bool same = n == lists.n;

	for (size_t i = 0; i < n && same; i++)
		same = !strcmp(v[i].netdev, lists.v[i].netdev);
	if (same)
		return;
	free(lists.v);
	lists.v = n ? xcalloc(n, sizeof(*v)) : NULL;
	for (size_t i = 0; i < n; i++)
		lists.v[i] = v[i];
	lists.n = n;
	if (lists.changed)
		lists.changed(lists.ctx);
}

bool inbound_listed(const char *netdev)
{
	for (size_t i = 0; i < lists.n; i++)
		if (!strcmp(lists.v[i].netdev, netdev))
			return true;
	return false;
}

void inbound_watch(void (*changed)(void *ctx), void *ctx)
{
	lists.changed = changed;
	lists.ctx = ctx;
}
