/* enable, disable: the privilege level of a session (ios-cli.md 4). */
#include "cli/json.h"
#include "cli/users.h"

#include <stdlib.h>

#define TRIES 3

/* An `enable` that asks for its password. */
struct asking {
	struct router *router;
	uint8_t level;
	unsigned tries;
};

static void asking_free(void *ctx)
{
	free(ctx);
}

static int password_answer(struct session *s, const char *answer, void *ctx)
{
	static const char bad[] = "% Bad secrets\n\n";
	struct asking *a = ctx;

	if (enable_check(a->router, a->level, answer)) {
		session_set_level(s, a->level);
		free(a);
		return CMD_DONE;
	}
	session_guess_failed(s);
	if (++a->tries == TRIES) {
		free(a);
		session_write(s, bad, sizeof(bad) - 1);
		return CMD_FAILED;
	}
	session_on_break(s, asking_free, a);
	return session_ask(s, ASK_PASSWORD, "Password: ", password_answer, a);
}

static int exec_enable(struct cmd_call *c)
{
	struct session *s = c->session;
	uint8_t level = drv_set(c->drv, "level")
				? (uint8_t)drv_u32(c->drv, "level")
				: LEVEL_PRIVILEGED;
	bool console = (session_flags(s) & SESSION_CONSOLE) != 0;

	if (level <= session_level(s)) {
		session_set_level(s, level);
		return CMD_DONE;
	}
	if (enable_exists(c->router, level)) {
		struct asking *a = xcalloc(1, sizeof(*a));

		*a = (struct asking){ .router = c->router, .level = level };
		session_on_break(s, asking_free, a);
		return session_ask(
			s, ASK_PASSWORD, "Password: ", password_answer, a);
	}
	if (console || level <= session_login_level(s)) {
		session_set_level(s, level);
		return CMD_DONE;
	}
	sbuf_adds(c->out, "% No password set\n");
	return CMD_FAILED;
}

static const struct command enable = {
	.mode = MODE_EXEC,
	.level = CMD_LEVEL_ANY,
	.grammar = "enable [<level:0-15>]",
	.help = "enable   Turn on privileged commands\n"
		"<level>  Enable level\n",
	.exec = exec_enable,
	.sample = "enable\nenable 7",
};

static int exec_disable(struct cmd_call *c)
{
	uint8_t level = drv_set(c->drv, "level")
				? (uint8_t)drv_u32(c->drv, "level")
				: LEVEL_USER;

	if (level < session_level(c->session))
		session_set_level(c->session, level);
	return CMD_DONE;
}

static const struct command disable = {
	.mode = MODE_EXEC,
	.level = CMD_LEVEL_ANY,
	.grammar = "disable [<level:0-15>]",
	.help = "disable  Turn off privileged commands\n"
		"<level>  Privilege level to go to\n",
	.exec = exec_disable,
	.sample = "disable\ndisable 1",
};

static int exec_show_privilege(struct cmd_call *c)
{
	if (c->json)
		return cmd_json(c, json_pack("{s:i}", "privilege_level",
					   session_level(c->session)));
	sbuf_printf(c->out, "Current privilege level is %u\n",
		session_level(c->session));
	return CMD_DONE;
}

static const struct command show_privilege = {
	.mode = MODE_EXEC,
	.grammar = "show privilege",
	.help = "show       Show running system information\n"
		"privilege  Show current privilege level\n",
	.exec = exec_show_privilege,
	.sample = "show privilege",
};

static const struct command *const list[] = { &enable, &disable,
	&show_privilege };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_enable = { .commands = &commands };
