/* The choice of an emitter. */
#include "dataplane/user_emit.h"
#include "base/mem.h"

struct emit *emit_open(enum dp_transmit want, const struct emit_where *at)
{
	struct emit *e = NULL;

	if (at->ifindex && want != DP_TRANSMIT_RAW) {
		if (want == DP_TRANSMIT_XDP || (want == DP_TRANSMIT_AUTO && !at->shaped))
			e = emit_xdp_open(at->ifindex, at->queue);
		if (!e)
			e = emit_socket_open(DP_TRANSMIT_PACKET, at->ifindex);
	}
	return e ? e : emit_socket_open(DP_TRANSMIT_RAW, 0);
}

void emit_close(struct emit *e)
{
	if (e)
		e->ops->close(e);
}

enum dp_transmit emit_kind_of(const struct emit *e)
{
	return e->ops->kind;
}

const char *emit_kind_text(enum dp_transmit k)
{
	static const char *const text[] = { [DP_TRANSMIT_AUTO] = "auto",
		[DP_TRANSMIT_XDP] = "xdp",
		[DP_TRANSMIT_PACKET] = "packet",
		[DP_TRANSMIT_RAW] = "raw" };

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
