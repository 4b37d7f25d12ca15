/* The choice of an emitter. */
#include "dataplane/user_emit.h"
#include "base/mem.h"

struct emit *emit_open(enum emit_kind want, const struct emit_where *at)
{
	struct emit *e = NULL;

	if (at->ifindex && want != EMIT_RAW) {
		if (want == EMIT_XDP || (want == EMIT_AUTO && !at->shaped))
			e = emit_xdp_open(at->ifindex, at->queue);
		if (!e)
			e = emit_socket_open(EMIT_PACKET, at->ifindex);
	}
	return e ? e : emit_socket_open(EMIT_RAW, 0);
}

void emit_close(struct emit *e)
{
	if (e)
		e->ops->close(e);
}

enum emit_kind emit_kind_of(const struct emit *e)
{
	return e->ops->kind;
}

const char *emit_kind_text(enum emit_kind k)
{
	static const char *const text[] = { [EMIT_AUTO] = "auto",
		[EMIT_XDP] = "xdp",
		[EMIT_PACKET] = "packet",
		[EMIT_RAW] = "raw" };

	return text[k];
}

uint8_t *emit_slot(struct emit *e)
{
	return e->ops->slot(e);
}

void emit_send(struct emit *e, struct emit_frame *v, size_t n)
{
	e->ops->send(e, v, n);
}

void emit_send_large(struct emit *e, struct emit_frame *f)
{
	e->ops->send_large(e, f);
}
