/* show platform dataplane: which backend encrypts, why, what it has in the
 * kernel, what it has done. */
#include "cli/cfg.h"
#include "cli/json.h"
#include "cli/show.h"
#include "dataplane/objects.h"

#include <inttypes.h>
#include <string.h>

static const char *mode_name(enum dp_mode m)
{
	static const char *const names[] = { [DP_MODE_AUTO] = "auto",
		[DP_MODE_XFRM] = "xfrm",
		[DP_MODE_USER] = "user" };

	return names[m];
}

static void objects_print(struct cmd_call *c, const struct dp_choice *d)
{
	unsigned last = DP_SLOTS - 1;

	sbuf_adds(c->out, "  Kernel objects\n"
			  "    nftables table     : ip " DP_NFT_TABLE "\n");
	if (d->uses_xfrm)
		sbuf_printf(c->out,
			"  Kernel objects of xfrm\n"
			"    Packet marks       : 0x%x-0x%x, 0x%x, 0x%x\n"
			"    XFRM request ids   : %u-%u\n"
			"    XFRM priority      : %u\n"
			"    Routing table      : %u\n",
			DP_XFRM_OUT(0), DP_XFRM_OUT(last), DP_XFRM_IN,
			DP_XFRM_ESP,
			DP_XFRM_REQID(0), DP_XFRM_REQID(last),
			DP_XFRM_PRIORITY, DP_RT_ANCHOR);
	if (d->uses_user)
		sbuf_printf(c->out,
			"  Kernel objects of user\n"
			"    Packet marks       : 0x%x-0x%x, 0x%x, 0x%x\n"
			"    TUN devices        : gm0-gm%u\n"
			"    TAP devices        : gmx0-gmx%u, table netdev "
			DP_NFT_TABLE "\n"
			"    Receive rings      : table netdev "
			DP_NFT_INGRESS "\n"
			"    Routing tables     : %u, %u-%u\n",
			DP_MARK_OUT(0), DP_MARK_OUT(last), DP_MARK_OWN,
			DP_MARK_IN, last, last, DP_RT_IN, DP_RT_OUT(0),
			DP_RT_OUT(last));
}

static void group_print(
	struct cmd_call *c, const struct dp_choice_group *g, bool detail)
{
	char name[64];

	sbuf_printf(c->out,
		"  %s, crypto map entry %u\n"
		"    Backend            : %s, %s\n"
		"    Policy entries     : %zu\n"
		"    SAs                : %zu",
		box_iface_name(c->router->box, g->netdev, name), g->order,
		g->backend, g->why, g->n_entries, g->n_sas);
	if (g->sending != 0)
		sbuf_printf(c->out, ", sending with 0x%08X", g->sending);
	if (detail && g->ways.capture != NULL) {
		sbuf_printf(c->out,
			"\n    Taken by           : %s%s%s"
			"\n    Sent by            : %s",
			g->ways.capture, g->ways.why ? ", " : "",
			g->ways.why ? g->ways.why : "", g->ways.transmit);
		sbuf_printf(c->out,
			"\n    Received by        : %s%s%s"
			"\n    Lost by the ring   : %" PRIu64,
			g->ways.receive, g->ways.why_receive ? ", " : "",
			g->ways.why_receive ? g->ways.why_receive : "",
			g->ways.ring_lost);
	}
	sbuf_printf(c->out,
		"\n    Packets encrypted  : %" PRIu64
		"\n    Packets decrypted  : %" PRIu64 "\n",
		g->count.encrypt, g->count.decrypt);
	for (int i = 0; i < DP_N_DROPS; i++)
		if (detail || g->count.drops[i] > 0)
			sbuf_printf(c->out, "    Dropped: %s : %" PRIu64 "\n",
				dp_drop_text((enum dp_drop)i),
				g->count.drops[i]);
}

static void sas_print(struct cmd_call *c, size_t group)
{
	char text[ESP_TEXT];
	struct dp_sa_view sa;

	for (size_t k = 0; box_dataplane_sa(c->router->box, group, k, &sa); k++)
		sbuf_printf(c->out, "    SA 0x%08X      : %s, by %s\n", sa.spi,
			esp_suite_display(&sa.suite, text),
			dp_crypto_name(sa.crypto));
}

static void sas_json(struct cmd_call *c, json_t *group, size_t i)
{
	json_t *sas = jo_array(group, "sa_crypto"), *o;
	char text[ESP_TEXT];
	struct dp_sa_view sa;

	for (size_t k = 0; box_dataplane_sa(c->router->box, i, k, &sa); k++) {
		o = ja_object(sas);
		jo_spi(o, "spi", sa.spi);
		jo_str(o, "transform", esp_suite_display(&sa.suite, text));
		jo_str(o, "library", dp_crypto_name(sa.crypto));
	}
}

static int json_all(struct cmd_call *c, const struct dp_choice *d)
{
	json_t *o = json_object(), *groups;
	struct dp_choice_group g;
	char name[64];

	jo_str(o, "configured", mode_name(d->mode));
	jo_str(o, "backend", d->backend);
	jo_str(o, "reason", d->why);
	jo_bool(o, "kernel_esp", d->probe == NULL);
	jo_str(o, "kernel_esp_reason", d->probe);
	jo_str(o, "crypto", dp_crypto_name(d->crypto));
	groups = jo_array(o, "groups");
	for (size_t i = 0; box_dataplane_group(c->router->box, i, &g); i++) {
		json_t *e = ja_object(groups), *drops;

		jo_str(e, "interface",
			box_iface_name(c->router->box, g.netdev, name));
		jo_num(e, "map_entry", g.order);
		jo_str(e, "backend", g.backend);
		jo_str(e, "reason", g.why);
		jo_num(e, "policy_entries", g.n_entries);
		jo_num(e, "sas", g.n_sas);
		if (g.sending != 0)
			jo_spi(e, "sending_spi", g.sending);
		sas_json(c, e, i);
		jo_str(e, "capture", g.ways.capture);
		jo_str(e, "capture_reason", g.ways.why);
		jo_str(e, "transmit", g.ways.transmit);
		jo_str(e, "receive", g.ways.receive);
		jo_str(e, "receive_reason", g.ways.why_receive);
		if (g.ways.receive != NULL)
			jo_num(e, "ring_lost", g.ways.ring_lost);
		jo_num(e, "encrypted", g.count.encrypt);
		jo_num(e, "decrypted", g.count.decrypt);
		drops = jo_object(e, "drops");
		for (int k = 0; k < DP_N_DROPS; k++)
			jo_num(drops, dp_drop_text((enum dp_drop)k),
				g.count.drops[k]);
	}
	return cmd_json(c, o);
}

static int none_json(struct cmd_call *c)
{
	json_t *o = json_object();

	jo_str(o, "reason", box_dataplane_why(c->router->box));
	return cmd_json(c, o);
}

static int exec_dataplane(struct cmd_call *c)
{
	bool detail = drv_has(c->drv, "detail");
	struct dp_choice_group g;
	struct dp_choice d;

	if (!box_dataplane(c->router->box, &d)) {
		if (c->json)
			return none_json(c);
		sbuf_adds(c->out, "% No dataplane is available here\n");
		if (box_dataplane_why(c->router->box)[0] != '\0')
			sbuf_printf(c->out, "Reason                 : %s\n",
				box_dataplane_why(c->router->box));
		return CMD_DONE;
	}
	if (c->json)
		return json_all(c, &d);
	sbuf_printf(c->out,
		"Dataplane backend      : %s\n"
		"  Configured           : %s\n"
		"  Reason               : %s\n"
		"  Kernel ESP           : %s\n",
		d.backend, mode_name(d.mode), d.why,
		d.probe == NULL ? "can be used" : d.probe);
	if (detail) {
		sbuf_printf(c->out, "  Crypto library       : %s\n",
			dp_crypto_name(d.crypto));
		objects_print(c, &d);
	}
	sbuf_printf(c->out, "Groups                 : %zu\n", d.n_groups);
	for (size_t i = 0; box_dataplane_group(c->router->box, i, &g); i++) {
		group_print(c, &g, detail);
		if (detail)
			sas_print(c, i);
	}
	return CMD_DONE;
}

static const struct command show_dataplane = {
	.mode = MODE_EXEC,
	.grammar = "show platform dataplane [detail]",
	.help = "show  Show running system information\n"
		"platform  Show platform information\n"
		"dataplane  What encrypts and decrypts the groups' traffic\n"
		"detail  With its objects in the kernel and every counter\n",
	.flags = CMD_PIPE,
	.exec = exec_dataplane,
	.sample = "show platform dataplane detail",
};

static const struct command *const commands[] = { &show_dataplane };
static const struct command_list list = { commands, ARRAY_LEN(commands) };
const struct feature feature_show_dataplane = { .commands = &list };
