/* A configuration line of a session enters the tree: what is special about
 * users and lines is done here, around the commit. */
#include "cli/banner.h"
#include "cli/confmgmt.h"
#include "cli/line.h"
#include "cli/pki.h"
#include "cli/session_priv.h"
#include "cli/users.h"

#include <bsd/string.h>
#include <time.h>

void session_config_changed(struct session *s, uint64_t before)
{
	struct router *r = s->router;

	if (commit_generation(r->commit) == before)
		return;
	r->changed_wall = (uint64_t)time(NULL);
	strlcpy(r->changed_by, s->user, sizeof(r->changed_by));
}

/* A refusal's or a notice's text, as it is: not all of IOS's begin with %. */
static void print_why(struct session *s, const struct sbuf *why)
{
	auto_sbuf struct sbuf out = { 0 };

	if (why->n == 0)
		return;
	sbuf_add(&out, why->s, why->n);
	if (sbuf_str(&out)[out.n - 1] != '\n')
		sbuf_addc(&out, '\n');
	s->sink.output(s->sink.ctx, sbuf_str(&out), out.n);
}

/* text: as typed, for the other lines of a range; NULL: it stands alone. */
static int commit(struct session *s, struct match *m, const char *text)
{
	struct router *r = s->router;
	struct node *section = position_node(&s->pos, r->tree), *entered = NULL;
	uint64_t before = commit_generation(r->commit);
	auto_sbuf struct sbuf why = { 0 };
	auto_sbuf struct sbuf logged = { 0 };
	const struct command *cmd = m->cmd;
	size_t depth = s->pos.depth;
	enum commit_result result;

	if (cmd == &cfg_interface)
		session_range_clear(s);
	if (cmd == &cfg_line_vty)
		s->vty_last = line_vty_prepare(r, m);
	if (cfglog_wants(s))
		print_masked(m->drv, m->negated, &logged);
	result = commit_line(r->commit, section, m, &entered, &why);
	print_why(s, &why);
	if (result != COMMIT_OK) /* without a text: dropped, not wrong */
		return why.n == 0 ? CMD_DONE : CMD_FAILED;
	if (cmd->mode == MODE_LINE && text != NULL)
		line_vty_repeat(r, section, s->vty_last, text);
	if (cmd->mode == MODE_IF && text != NULL && session_range_active(s)) {
		auto_sbuf struct sbuf others = { 0 };

		session_range_repeat(s, text, &others);
		print_why(s, &others);
	}
	if (entered != NULL)
		position_push(&s->pos, cmd->enters, entered);
	session_config_changed(s, before);
	if (cmd->mode == MODE_ARCHIVE_LOG && r->confmgmt != NULL)
		cfglog_settle(r); /* from this line on */
	if (logged.n > 0)
		cfglog_add(s, depth, sbuf_str(&logged));
	return CMD_DONE;
}

struct node *session_section(const struct session *s)
{
	return position_node(&s->pos, s->router->tree);
}

int session_commit_line(struct session *s, struct match *m)
{
	return commit(s, m, NULL);
}

int session_enter_line(struct session *s, struct match *m, const char *text)
{
	if (m->cmd == &cfg_username && m->negated)
		return username_remove(s, m);
	if (m->cmd == &cfg_trustpoint && m->negated)
		return trustpoint_remove(s, m);
	if (m->cmd == &cfg_banner && !m->negated && !m->to_default)
		return banner_enter(s, m);
	if (m->cmd == &cfg_ln_exec_timeout && m->negated && !m->to_default) {
		text = "exec-timeout 0 0";
		match_free(m);
		match_line(s->router->grammar, MODE_LINE, 15, text, m);
	}
	return commit(s, m, text);
}

int session_config_line(struct session *s, const char *line)
{
	return session_run_config(s, line, 0);
}
