/* Saving and erasing the configuration: write, erase (ios-cli.md 4, clients.md
 * 2.2). */
#include "cli/commands.h"
#include "cli/confmgmt.h"
#include "cli/running.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

int config_save(struct router *r, struct session *s, struct sbuf *out)
{
	int err;

	sbuf_adds(out, "Building configuration...\n");
	err = startup_save(r, session_user(s));
	if (err != 0) {
		sbuf_printf(out, "%%Error opening nvram:/startup-config (%s)\n",
			strerror(-err));
		return CMD_FAILED;
	}
	sbuf_adds(out, "[OK]\n");
	archive_on_write(r);
	return CMD_DONE;
}

bool config_is_modified(const struct router *r)
{
	return commit_generation(r->commit) != r->saved_generation;
}

static int erase_answer(struct session *s, const char *answer, void *ctx)
{
	struct router *r = ctx;
	auto_sbuf struct sbuf out = { 0 };
	int err;

	if (answer[0] != '\0' && strcasecmp(answer, "y") != 0)
		return CMD_DONE;
	err = startup_erase(r);
	if (err != 0)
		sbuf_printf(
			&out, "%%Error erasing nvram: (%s)\n", strerror(-err));
	else
		sbuf_adds(&out, "[OK]\nErase of nvram: complete\n");
	session_write(s, sbuf_str(&out), out.n);
	return err != 0 ? CMD_FAILED : CMD_DONE;
}

static int exec_erase(struct cmd_call *c)
{
	return session_ask(c->session, ASK_CONFIRM,
		"Erasing the nvram filesystem will remove all configuration "
		"files! Continue? [confirm]",
		erase_answer, c->router);
}

static const struct command erase = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = "erase {startup-config|nvram:}",
	.help = "erase           Erase a filesystem\n"
		"startup-config  Erase contents of configuration memory\n"
		"nvram:          Filesystem to be erased\n",
	.exec = exec_erase,
	.sample = "erase startup-config\nerase nvram:",
};

static int exec_write(struct cmd_call *c)
{
	if (drv_has(c->drv, "terminal")) {
		running_show(c->router, 0, c->out);
		return CMD_DONE;
	}
	if (drv_has(c->drv, "erase"))
		return exec_erase(c);
	return config_save(c->router, c->session, c->out);
}

static const struct command write_command = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = "write [{memory|terminal|erase}]",
	.help = "write     Write running configuration to memory or terminal\n"
		"memory    Write to NV memory\n"
		"terminal  Write to terminal\n"
		"erase     Erase NV memory\n",
	.flags = CMD_PIPE,
	.exec = exec_write,
	.sample = "write\nwrite memory\nwrite terminal\nwrite erase",
};

static const struct command *const commands[] = { &erase, &write_command };
static const struct command_list list = { commands, ARRAY_LEN(commands) };
const struct feature feature_exec_save = { .commands = &list };
