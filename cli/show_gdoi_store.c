/* show crypto gdoi ks store: what the key server's memory on disk holds, and
 * how to recover when it cannot be used. */
#include "cli/show.h"

#include "cli/cfg.h"
#include "cli/show_json.h"

#include <inttypes.h>

static int store_exec(struct cmd_call *c);

static const struct command show_store = {
	.mode = MODE_EXEC,
	.flags = CMD_PIPE,
	.grammar = "show crypto {gdoi|gkm} ks store",
	.help = "show  Show running system information\n" HELP_CRYPTO HELP_GDOI
		"ks  Show Key Server (KS) information\n"
		"store  What is kept over a restart\n",
	.exec = store_exec,
};

void show_gdoi_store(
	const struct store_info *s, const char *why, struct sbuf *out)
{
	if (s == NULL) {
		sbuf_printf(out, "Key server store: %s\n",
			why != NULL ? "CANNOT BE USED" : "none");
		if (why != NULL)
			sbuf_printf(out,
				"    Registrations are refused until it can.\n"
				"    Reason: %s\n",
				why);
		return;
	}
	sbuf_printf(out,
		"Key server store: in use\n"
		"    %-21s: %d\n"
		"    %-21s: each value with AES-256-GCM, key in keys/ks.seal\n"
		"    %-21s: full, before what depends on it is sent\n"
		"    %-21s: %" PRIu64 " bytes, log %" PRIu64 " bytes\n"
		"    %-21s: %" PRIu64 ", failed %" PRIu64 "\n",
		"Schema version", s->schema, "Sealed", "Synchronous", "Size",
		s->file_bytes, s->log_bytes, "Commits", s->commits,
		s->failures);
	if (s->commits > 0)
		sbuf_printf(out, "    %-21s: %" PRIu64 " sec ago\n",
			"Last commit", s->age_ms / 1000);
	sbuf_printf(out, "\n    %-21s %8s %10s\n", "Table", "Rows", "Bytes");
	for (size_t i = 0; i < s->n_tables; i++)
		sbuf_printf(out, "    %-21s %8" PRIu64 " %10" PRIu64 "\n",
			s->table[i].name, s->table[i].rows, s->table[i].bytes);
}

static json_t *store_json(const struct store_info *s, const char *why)
{
	json_t *o = json_object(), *list;

	jo_str(o, "state",
		s != NULL    ? "in-use"
		: why != NULL ? "unusable"
			      : "none");
	if (why != NULL)
		jo_str(o, "reason", why);
	if (s == NULL)
		return o;
	jo_num(o, "schema_version", (uint64_t)s->schema);
	jo_num(o, "file_bytes", s->file_bytes);
	jo_num(o, "log_bytes", s->log_bytes);
	jo_num(o, "commits", s->commits);
	jo_num(o, "commit_failures", s->failures);
	if (s->commits > 0)
		jo_num(o, "last_commit_secs", s->age_ms / 1000);
	list = jo_array(o, "tables");
	for (size_t i = 0; i < s->n_tables; i++) {
		json_t *t = ja_object(list);

		jo_str(t, "table", s->table[i].name);
		jo_num(t, "rows", s->table[i].rows);
		jo_num(t, "bytes", s->table[i].bytes);
	}
	return o;
}

static int store_exec(struct cmd_call *c)
{
	struct store_info s;
	const char *why = NULL;
	bool used = c->router->box != NULL &&
		    box_store_info(c->router->box, &s, &why);

	if (c->json)
		return cmd_json(c, store_json(used ? &s : NULL, why));
	show_gdoi_store(used ? &s : NULL, why, c->out);
	return CMD_DONE;
}

static const struct command *const list[] = { &show_store };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_show_gdoi_store = { &commands, NULL };
