/* See resolve.h.  A query belongs to the pool until it is done; cancelling only
 * makes it forget whom to tell. */
#include "router/resolve.h"
#include "base/mem.h"
#include "base/rd.h"
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <stdlib.h>
#include <string.h>

#define DNS_HDR    12
#define DNS_ANSWER 4096
#define TYPE_A     1
#define TYPE_AAAA  28
#define TRY_SECS   3
#define TRIES      2

struct resolve {
	char *name, *domain;
	struct resolve_opts o;
	resolve_done_fn *done; /* NULL: cancelled */
	void *ctx;
	struct ip_addr addr; /* the answer */
};

/* A name is labels, or ends in a pointer to others. */
static void name_skip(struct rd *r)
{
	while (rd_ok(r)) {
		uint8_t len = rd_u8(r);

		if (len == 0)
			return;
		if (len >= 0xc0) {
			rd_u8(r);
			return;
		}
		rd_skip(r, len);
	}
}

static bool record_read(struct rd *r, uint16_t type, struct ip_addr *out)
{
	size_t want = type == TYPE_A ? 4 : 16;
	uint16_t is, len;
	struct rd data;

	name_skip(r);
	is = rd_u16(r);
	rd_skip(r, 2 + 4); /* class, TTL */
	len = rd_u16(r);
	data = rd_sub(r, len, 0);
	if (!rd_ok(r) || is != type || len != want)
		return false;
	*out = (struct ip_addr){ .family = type == TYPE_A ? 4 : 6 };
	rd_copy(&data, out->b, want);
	return rd_ok(&data);
}

bool resolve_answer(
	const uint8_t *msg, size_t n, uint16_t type, struct ip_addr *out)
{
	struct rd r = rd_init(msg, n);
	uint16_t questions, answers;

	rd_skip(&r, 4);
	questions = rd_u16(&r);
	answers = rd_u16(&r);
	rd_skip(&r, 4);
	for (; questions > 0 && rd_ok(&r); questions--) {
		name_skip(&r);
		rd_skip(&r, 4);
	}
	for (; answers > 0 && rd_ok(&r); answers--) {
		if (record_read(&r, type, out))
			return true;
	}
	return false;
}

static bool ask_type(struct resolve *q, struct __res_state *s, uint16_t type)
{
	uint8_t answer[DNS_ANSWER];
	bool plain = strchr(q->name, '.') != NULL || q->domain == NULL;
	int n = plain ? res_nquery(s, q->name, ns_c_in, type, answer,
				sizeof(answer))
		      : res_nquerydomain(s, q->name, q->domain, ns_c_in, type,
				answer, sizeof(answer));

	return n > DNS_HDR &&
	       resolve_answer(answer,
		       (size_t)n < sizeof(answer) ? (size_t)n : sizeof(answer),
		       type, &q->addr);
}

static void ask_servers(struct resolve *q)
{
	struct __res_state s = { 0 };

	if (res_ninit(&s) < 0)
		return;
	for (size_t i = 0; i < q->o.n_servers; i++) {
		struct sockaddr_in *to = &s.nsaddr_list[i];

		*to = (struct sockaddr_in){ .sin_family = AF_INET,
			.sin_port = htons(53) };
		memcpy(&to->sin_addr, q->o.server[i].b, 4);
	}
	s.nscount = (int)q->o.n_servers;
	s.retrans = TRY_SECS;
	s.retry = TRIES;
	if (q->o.family == 6 || !ask_type(q, &s, TYPE_A)) {
		if (q->o.family != 4)
			ask_type(q, &s, TYPE_AAAA);
	}
	res_nclose(&s);
}

static void ask_system(struct resolve *q)
{
	const struct addrinfo hints = { .ai_family = q->o.family == 6 ? AF_INET6
						     : q->o.family == 4
							     ? AF_INET
							     : AF_UNSPEC,
		.ai_socktype = SOCK_DGRAM };
	struct addrinfo *list = NULL;
	struct udp_addr u;

	if (getaddrinfo(q->name, NULL, &hints, &list) != 0)
		return;
	for (struct addrinfo *a = list; a != NULL; a = a->ai_next) {
		if (!udp_from_sockaddr(a->ai_addr, &u))
			continue;
		if (!ip_is_set(&q->addr) || u.ip.family < q->addr.family)
			q->addr = u.ip;
	}
	freeaddrinfo(list);
}

static void work(void *arg)
{
	struct resolve *q = arg;

	if (q->o.n_servers > 0)
		ask_servers(q);
	else
		ask_system(q);
}

static void work_done(void *arg)
{
	struct resolve *q = arg;
	resolve_done_fn *done = q->done;
	struct ip_addr addr = q->addr;
	void *ctx = q->ctx;

	free(q->name);
	free(q->domain);
	free(q);
	if (done != NULL)
		done(ctx, ip_is_set(&addr) ? &addr : NULL);
}

struct resolve *resolve_start(struct loop *l, const char *name,
	const struct resolve_opts *o, resolve_done_fn *done, void *ctx)
{
	struct resolve *q = xcalloc(1, sizeof(*q));

	q->name = xstrdup(name);
	q->domain = o->domain != NULL ? xstrdup(o->domain) : NULL;
	q->o = *o;
	q->o.domain = NULL;
	q->done = done;
	q->ctx = ctx;
	loop_work(l, work, work_done, q);
	return q;
}

void resolve_cancel(struct resolve *q)
{
	q->done = NULL;
}
