/* Exec commands about the session itself: leaving, help (ios-cli.md
 * 1 and 4). */
#include "cli/commands.h"

static int exec_quit(struct cmd_call *c)
{
	session_quit(c->session);
	return CMD_DONE;
}

static const struct command exec_exit = {
	.mode = MODE_EXEC,
	.level = CMD_LEVEL_ANY,
	.grammar = "exit",
	.help = "exit  Exit from the EXEC\n",
	.exec = exec_quit,
	.sample = "exit",
};
static const struct command logout = {
	.mode = MODE_EXEC,
	.level = CMD_LEVEL_ANY,
	.grammar = "logout",
	.help = "logout  Exit from the EXEC\n",
	.exec = exec_quit,
	.sample = "logout",
};
static const struct command quit = {
	.mode = MODE_EXEC,
	.level = CMD_LEVEL_ANY,
	.grammar = "quit",
	.help = "quit  Exit from the EXEC\n",
	.exec = exec_quit,
	.flags = CMD_HIDDEN,
	.sample = "quit",
};

static const char help_text[] =
	"Help may be requested at any point in a command by entering\n"
	"a question mark '?'.  If nothing matches, the help list will\n"
	"be empty and you must backup until entering a '?' shows the\n"
	"available options.\n"
	"Two styles of help are provided:\n"
	"1. Full help is available when you are ready to enter a\n"
	"   command argument (e.g. 'show ?') and describes each possible\n"
	"   argument.\n"
	"2. Partial help is provided when an abbreviated argument is entered\n"
	"   and you want to know what arguments match the input\n"
	"   (e.g. 'show pr?'.)\n\n";

static int exec_help(struct cmd_call *c)
{
	sbuf_adds(c->out, help_text);
	return CMD_DONE;
}

static const struct command help = {
	.mode = MODE_EXEC,
	.level = CMD_LEVEL_ANY,
	.grammar = "help",
	.help = "help  Description of the interactive help system\n",
	.exec = exec_help,
	.sample = "help",
};

/* In every configuration mode. */

static int exec_up(struct cmd_call *c)
{
	session_up(c->session);
	return CMD_DONE;
}

static int exec_end(struct cmd_call *c)
{
	session_leave(c->session);
	return CMD_DONE;
}

/* `do` reaches its function only in forms that the session does not take apart
 * itself: it needs the place of the command in the typed line. */
static int exec_do(struct cmd_call *c)
{
	return session_run_exec(c->session, drv_str(c->drv, "command"), 0);
}

static const struct command exit_config = {
	.level = 1,
	.grammar = "exit",
	.help = "exit  Exit from this configuration mode\n",
	.exec = exec_up,
	.sample = "exit",
};

static const struct command end_config = {
	.level = 1,
	.grammar = "end",
	.help = "end  Exit from configure mode\n",
	.exec = exec_end,
	.sample = "end",
};

static const struct command do_config = {
	.level = 1,
	.grammar = "do <command:line>",
	.help = "do         To run exec commands in config mode\n"
		"<command>  Exec command\n",
	.exec = exec_do,
	.sample = "do show privilege",
};

static const struct command *const commands[] = { &exec_exit, &logout, &quit,
	&help, &exit_config, &end_config, &do_config };
static const struct command_list list = { commands, ARRAY_LEN(commands) };
const struct feature feature_exec_basic = { .commands = &list };
