/* VRFs: a Linux VRF device and a routing table each, where the kernel has them.
 * Where it has not, the box says so once and its interfaces stay in the global
 * table; the command line says it, too. */
#include "dataplane/objects.h"
#include "router/box_priv.h"
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct box_vrf {
	char name[NAME_MAX_IOS + 1];
	char netdev[IFNAMSIZ];
	uint32_t table;
	bool made;
};

static struct box_vrf *vrf_find(const struct box *b, const char *name)
{
	for (size_t i = 0; i < b->n_vrfs; i++) {
		if (strcmp(b->vrfs[i].name, name) == 0)
			return &b->vrfs[i];
	}
	return NULL;
}

static bool table_taken(const struct box_vrf *v, size_t n, uint32_t table)
{
	for (size_t i = 0; i < n; i++) {
		if (v[i].table == table)
			return true;
	}
	return false;
}

static void vrf_make(struct box *b, struct box_vrf *v)
{
	const struct link_state *s = iface_by_name(b->mirror, v->netdev);

	if (s != NULL && strcmp(s->kind, "vrf") == 0)
		link_del(b->mirror, v->netdev); /* a crash left it */
	int r = link_add_vrf(b->mirror, v->netdev, v->table);

	if (r == 0)
		r = link_set_up(b->mirror, v->netdev, true);
	v->made = r == 0;
	if (r < 0)
		log_msg(b->log, LOG_SEV_WARNING, "NETDEV", "REFUSED",
			"VRF %s: %s; its interfaces stay in the global table",
			v->name,
			r == -EOPNOTSUPP ? "the kernel has no VRF devices"
					 : strerror(-r));
}

static void vrf_drop(struct box *b, struct box_vrf *v)
{
	if (v->made)
		link_del(b->mirror, v->netdev);
	v->made = false;
}

/* A name that is too long for a device stands for itself by its table. */
static void vrf_name(struct box_vrf *v)
{
	if (strlen(v->name) < sizeof(v->netdev) && strchr(v->name, '/') == NULL)
		snprintf(v->netdev, sizeof(v->netdev), "%s", v->name);
	else
		snprintf(v->netdev, sizeof(v->netdev), "vrf%u", v->table);
}

void box_set_vrfs(struct box *b, const char *const *names, size_t n)
{
	struct box_vrf *list = xcalloc(n + 1, sizeof(*list));

	for (size_t i = 0; i < n; i++) {
		struct box_vrf *old = vrf_find(b, names[i]);

		snprintf(list[i].name, sizeof(list[i].name), "%s", names[i]);
		if (old == NULL)
			continue;
		list[i] = *old;
		old->made = false; /* moved */
	}
	for (size_t i = 0; i < b->n_vrfs; i++)
		vrf_drop(b, &b->vrfs[i]);
	free(b->vrfs);
	b->vrfs = list;
	b->n_vrfs = n;
	for (size_t i = 0; i < n; i++) {
		struct box_vrf *v = &list[i];

		if (v->table != 0)
			continue;
		v->table = VRF_TABLE_FIRST;
		while (table_taken(list, i, v->table) ||
			table_taken(list + i + 1, n - i - 1, v->table))
			v->table++;
		vrf_name(v);
		vrf_make(b, v);
	}
}

const char *box_vrf_netdev(const struct box *b, const char *vrf)
{
	const struct box_vrf *v = vrf_find(b, vrf);

	return v != NULL && v->made ? v->netdev : NULL;
}

const char *box_vrf_device(const struct box *b, const char *vrf)
{
	const char *netdev = box_vrf_netdev(b, vrf);

	return netdev != NULL ? netdev : "";
}

uint32_t box_vrf_table(const struct box *b, const char *vrf)
{
	const struct box_vrf *v = vrf_find(b, vrf);

	if (vrf[0] == '\0')
		return RT_TABLE_MAIN;
	return v != NULL && v->made ? v->table : 0;
}

uint32_t box_vrf_nth(const struct box *b, size_t i)
{
	for (size_t k = 0; k < b->n_vrfs; k++) {
		if (b->vrfs[k].made && i-- == 0)
			return b->vrfs[k].table;
	}
	return 0;
}

/* One that is not in force does not part anything. */
const char *box_iface_vrf(const struct box *b, const char *netdev)
{
	for (size_t i = 0; i < b->n_ifaces; i++) {
		const struct box_iface *f = &b->ifaces[i];

		if (strcmp(f->netdev, netdev) == 0)
			return f->in_vrf ? f->policy.vrf : "";
	}
	return "";
}

const char *box_addr_vrf(const struct box *b, const struct ip_addr *a)
{
	for (size_t i = 0; i < b->n_ifaces; i++) {
		const struct box_iface *f = &b->ifaces[i];

		for (size_t k = 0; k < f->policy.n_addr && f->in_vrf; k++) {
			if (ip_equal(&f->policy.addr[k].addr, a))
				return f->policy.vrf;
		}
	}
	return "";
}

void box_vrf_free(struct box *b)
{
	for (size_t i = 0; i < b->n_vrfs; i++)
		vrf_drop(b, &b->vrfs[i]);
	free(b->vrfs);
	b->vrfs = NULL;
	b->n_vrfs = 0;
}
