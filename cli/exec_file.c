/* Exec commands about files: dir, more, delete, cd, pwd, verify, show flash:,
 * show file systems (ios-cli.md 4). */
#include "cli/confmgmt.h"
#include "cli/files.h"
#include "cli/json.h"
#include "crypto/prf.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define HASH_BYTES_MD5 16

static enum file_system here(const struct cmd_call *c)
{
	return (enum file_system)session_term(c->session)->file_system;
}

/* The slot's file; false after saying that there is no such file system. */
static bool url_of(struct cmd_call *c, const char *what, struct file_url *u)
{
	const char *text = drv_str(c->drv, "file");

	if (file_url_parse(text == NULL ? "" : text, here(c), u))
		return true;
	sbuf_printf(c->out, "%%Error %s %s%s (No such device)\n", what, text,
		text[strlen(text) - 1] == ':' ? "/" : "");
	return false;
}

static int fail(
	struct cmd_call *c, const char *what, const struct file_url *u, int err)
{
	file_error(what, u, err, c->out);
	return CMD_FAILED;
}

static void file_time(uint64_t wall, struct sbuf *out)
{
	time_t t = (time_t)wall;
	struct tm tm;
	char buf[64], zone[8];

	if (localtime_r(&t, &tm) == NULL)
		return;
	strftime(buf, sizeof(buf), "%b %e %Y %H:%M:%S", &tm);
	strftime(zone, sizeof(zone), "%z", &tm);
	sbuf_printf(out, "%s %.3s:%s", buf, zone, zone + 3);
}

/* dir */

static void dir_line(unsigned no, const struct file_info *f, struct sbuf *out)
{
	sbuf_printf(out, "%5u  -rw-  %12ju  ", no, (uintmax_t)f->bytes);
	file_time(f->wall, out);
	sbuf_printf(out, "  %s\n", f->name);
}

static void dir_space(
	const struct router *r, enum file_system fs, struct sbuf *out)
{
	uint64_t total, spare;

	file_space(r, fs, &total, &spare);
	if (total == 0)
		sbuf_adds(out, "\nNo space information available\n");
	else
		sbuf_printf(out, "\n%ju bytes total (%ju bytes free)\n",
			(uintmax_t)total, (uintmax_t)spare);
}

static int dir_all(struct cmd_call *c, const struct file_url *u)
{
	struct file_info *v;
	size_t n = file_list(c->router, u->fs, &v);

	sbuf_printf(c->out, "Directory of %s/\n\n", file_system_name(u->fs));
	for (size_t i = 0; i < n; i++)
		dir_line((unsigned)i + 1, &v[i], c->out);
	if (n == 0)
		sbuf_adds(c->out, "No files in directory\n");
	free(v);
	dir_space(c->router, u->fs, c->out);
	return CMD_DONE;
}

static int dir_url(struct cmd_call *c, const struct file_url *u)
{
	struct file_info info;

	if (u->fs == FS_NETWORK || u->fs == FS_NULL)
		return fail(c, "opening", u, -ENOTSUP);
	if (u->name[0] == '\0')
		return dir_all(c, u);
	int err = file_stat(c->router, u, &info);

	if (err != 0)
		return fail(c, "opening", u, err);
	sbuf_adds(c->out, "Directory of ");
	file_url_text(u, c->out);
	sbuf_adds(c->out, "\n\n");
	dir_line(1, &info, c->out);
	dir_space(c->router, u->fs, c->out);
	return CMD_DONE;
}

static int exec_dir(struct cmd_call *c)
{
	struct file_url u = { 0 };
	int result = url_of(c, "opening", &u) ? dir_url(c, &u) : CMD_FAILED;

	file_url_free(&u);
	return result;
}

static const struct command dir = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = "dir [/all] [/recursive] [<file:file>]",
	.help = "dir  List files on a filesystem\n"
		"/all  List all files\n"
		"/recursive  List files recursively\n"
		"<file>  Directory or file name\n",
	.flags = CMD_PIPE,
	.exec = exec_dir,
	.sample = "dir\ndir /all nvram:\ndir flash:backup.cfg",
};

/* more */

/* A file may hold anything: what a terminal would obey is shown as dots. */
static void text_of(const struct sbuf *file, struct sbuf *out)
{
	for (size_t i = 0; i < file->n; i++) {
		unsigned char ch = (unsigned char)file->s[i];

		if (ch == '\r' && i + 1 < file->n && file->s[i + 1] == '\n')
			continue;
		sbuf_addc(out,
			ch == '\n' || ch == '\t' || (ch >= ' ' && ch != 0x7f)
				? (char)ch
				: '.');
	}
	if (file->n > 0 && file->s[file->n - 1] != '\n')
		sbuf_addc(out, '\n');
}

static int more_url(struct cmd_call *c, const struct file_url *u)
{
	auto_sbuf struct sbuf file = { 0 };
	struct file_info info;
	int err;

	if (file_is_running(u)) {
		running_show(c->router, 0, c->out);
		return CMD_DONE;
	}
	err = file_stat(c->router, u, &info);
	if (err == 0 && info.bytes > STARTUP_BYTES)
		err = -EFBIG;
	if (err == 0)
		err = file_get(c->router, u, &file);
	if (err == -ENOENT && file_is_startup(u)) {
		sbuf_adds(c->out, "startup-config is not present\n");
		return CMD_FAILED;
	}
	if (err != 0)
		return fail(c, "opening", u, err);
	text_of(&file, c->out);
	return CMD_DONE;
}

static int exec_more(struct cmd_call *c)
{
	struct file_url u = { 0 };
	int result = url_of(c, "opening", &u) ? more_url(c, &u) : CMD_FAILED;

	file_url_free(&u);
	return result;
}

static const struct command more = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = "more [/ascii] <file:file>",
	.help = "more  Display the contents of a file\n"
		"/ascii  Display binary files in ascii\n"
		"<file>  File to display\n",
	.flags = CMD_PIPE,
	.exec = exec_more,
	.sample = "more flash:backup.cfg\nmore system:running-config\n"
		  "more nvram:startup-config",
};

/* delete */

struct deletion {
	struct router *router;
	struct session *session;
	struct file_url url;
};

static void deletion_free(struct deletion *d)
{
	file_url_free(&d->url);
	free(d);
}

static void deletion_break(void *ctx)
{
	struct deletion *d = ctx;
	struct session *s = d->session;

	deletion_free(d);
	session_done(s, CMD_FAILED);
}

static int delete_now(struct deletion *d)
{
	auto_sbuf struct sbuf out = { 0 };
	int err = file_delete(d->router, &d->url);

	if (err != 0)
		file_error("deleting", &d->url, err, &out);
	session_write(d->session, sbuf_str(&out), out.n);
	deletion_free(d);
	return err != 0 ? CMD_FAILED : CMD_DONE;
}

static int delete_confirm(struct session *s, const char *answer, void *ctx)
{
	struct deletion *d = ctx;

	(void)s;
	if (answer[0] == '\0' || strcasecmp(answer, "y") == 0)
		return delete_now(d);
	session_write(s, "Delete aborted\n", strlen("Delete aborted\n"));
	deletion_free(d);
	return CMD_FAILED;
}

static int delete_name(struct session *s, const char *answer, void *ctx)
{
	struct deletion *d = ctx;
	auto_sbuf struct sbuf q = { 0 };

	if (answer[0] != '\0') {
		free(d->url.name);
		d->url.name = xstrdup(answer);
	}
	sbuf_adds(&q, "Delete ");
	file_url_text(&d->url, &q);
	sbuf_adds(&q, "? [confirm]");
	session_on_break(s, deletion_break, d);
	return session_ask(s, ASK_CONFIRM, sbuf_str(&q), delete_confirm, d);
}

static int exec_delete(struct cmd_call *c)
{
	struct deletion *d = xcalloc(1, sizeof(*d));
	auto_sbuf struct sbuf q = { 0 };

	d->router = c->router;
	d->session = c->session;
	if (!url_of(c, "deleting", &d->url)) {
		deletion_free(d);
		return CMD_FAILED;
	}
	if (drv_has(c->drv, "/force") || file_prompt_is_quiet(c->router))
		return delete_now(d);
	sbuf_printf(&q, "Delete filename [%s]? ", d->url.name);
	session_on_break(c->session, deletion_break, d);
	return session_ask(c->session, ASK_LINE, sbuf_str(&q), delete_name, d);
}

static const struct command delete = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = "delete [/force] <file:file>",
	.help = "delete  Delete a file\n"
		"/force  Force delete\n"
		"<file>  File to be deleted\n",
	.exec = exec_delete,
	.sample = "delete flash:backup.cfg\ndelete /force flash:backup.cfg",
};

/* cd, pwd */

static int exec_cd(struct cmd_call *c)
{
	struct file_url u = { 0 };
	bool set = drv_set(c->drv, "file");
	int result = CMD_DONE;

	if (set && !url_of(c, "changing to", &u)) {
		result = CMD_FAILED;
	} else if (set && (u.name[0] != '\0' || u.fs == FS_NETWORK ||
				  u.fs == FS_NULL)) {
		sbuf_adds(c->out, "%Error changing to ");
		file_url_text(&u, c->out);
		sbuf_adds(c->out, " (No such file or directory)\n");
		result = CMD_FAILED;
	} else {
		session_term(c->session)->file_system =
			(uint8_t)(set ? u.fs : FS_FLASH);
	}
	file_url_free(&u);
	return result;
}

static const struct command cd = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = "cd [<file:file>]",
	.help = "cd  Change current directory\n"
		"<file>  Directory name\n",
	.exec = exec_cd,
	.sample = "cd\ncd nvram:",
};

static int exec_pwd(struct cmd_call *c)
{
	sbuf_printf(c->out, "%s/\n", file_system_name(here(c)));
	return CMD_DONE;
}

static const struct command pwd = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = "pwd",
	.help = "pwd  Display current working directory\n",
	.exec = exec_pwd,
	.sample = "pwd",
};

/* verify */

static void md5_text(const struct sbuf *file, char out[33])
{
	static const char digits[] = "0123456789abcdef";
	struct span whole = { (const uint8_t *)sbuf_str(file), file->n };
	uint8_t md[HASH_MAX_BYTES];

	digest(HASH_MD5, &whole, 1, md);
	for (size_t i = 0; i < HASH_BYTES_MD5; i++) {
		out[2 * i] = digits[md[i] >> 4];
		out[2 * i + 1] = digits[md[i] & 0xf];
	}
	out[2 * HASH_BYTES_MD5] = '\0';
}

static int verify_url(struct cmd_call *c, const struct file_url *u)
{
	auto_sbuf struct sbuf file = { 0 }, name = { 0 };
	const char *want = drv_str(c->drv, "hash");
	char md5[33];
	int err = file_get(c->router, u, &file);

	if (err != 0)
		return fail(c, "opening", u, err);
	md5_text(&file, md5);
	file_url_text(u, &name);
	sbuf_adds(c->out, ".Done!\n");
	if (want == NULL) {
		sbuf_printf(c->out, "verify /md5 (%s) = %s\n\n",
			sbuf_str(&name), md5);
		return CMD_DONE;
	}
	if (strcasecmp(want, md5) == 0) {
		sbuf_printf(
			c->out, "Verified (%s) = %s\n\n", sbuf_str(&name), md5);
		return CMD_DONE;
	}
	sbuf_printf(c->out,
		"%%Error verifying %s\nComputed signature  = %s\n"
		"Submitted signature = %s\n\n",
		sbuf_str(&name), md5, want);
	return CMD_FAILED;
}

static int exec_verify(struct cmd_call *c)
{
	struct file_url u = { 0 };
	int result = url_of(c, "opening", &u) ? verify_url(c, &u) : CMD_FAILED;

	file_url_free(&u);
	return result;
}

static const struct command verify = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = "verify /md5 <file:file> [<hash:word>]",
	.help = "verify  Verify a file\n"
		"/md5  Compute an md5 signature for a file\n"
		"<file>  File to be verified\n"
		"<hash>  Required md5 signature\n",
	.exec = exec_verify,
	.sample = "verify /md5 flash:backup.cfg",
};

/* show flash:, show file systems */

static json_t *flash_json(const struct router *r)
{
	json_t *o = json_object(), *list = jo_array(o, "files");
	struct file_info *v;
	size_t n = file_list(r, FS_FLASH, &v);
	uint64_t total, spare, used = 0;

	for (size_t i = 0; i < n; i++) {
		json_t *f = ja_object(list);

		used += v[i].bytes;
		jo_str(f, "name", v[i].name);
		jo_num(f, "size_bytes", v[i].bytes);
		jo_wall(f, "modified_time_secs", v[i].wall);
	}
	free(v);
	file_space(r, FS_FLASH, &total, &spare);
	jo_num(o, "free_bytes", spare);
	jo_num(o, "used_bytes", used);
	return o;
}

static int exec_show_flash(struct cmd_call *c)
{
	struct file_info *v;
	uint64_t total, spare, used = 0;
	size_t n;

	if (c->json)
		return cmd_json(c, flash_json(c->router));
	n = file_list(c->router, FS_FLASH, &v);
	sbuf_adds(c->out, "-#- --length-- ---------date/time--------- path\n");
	for (size_t i = 0; i < n; i++) {
		used += v[i].bytes;
		sbuf_printf(
			c->out, "%-3zu %10ju ", i + 1, (uintmax_t)v[i].bytes);
		file_time(v[i].wall, c->out);
		sbuf_printf(c->out, " %s\n", v[i].name);
	}
	free(v);
	file_space(c->router, FS_FLASH, &total, &spare);
	sbuf_printf(c->out, "\n%ju bytes available (%ju bytes used)\n\n",
		(uintmax_t)spare, (uintmax_t)used);
	return CMD_DONE;
}

static const struct command show_flash = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = "show {flash:|bootflash:}",
	.help = "show  Show running system information\n"
		"flash:  display information about flash: file system\n"
		"bootflash:  display information about bootflash: file "
		"system\n",
	.flags = CMD_PIPE,
	.exec = exec_show_flash,
	.sample = "show flash:\nshow bootflash:",
};

static const struct fs_row {
	enum file_system fs;
	const char *type, *flags, *prefixes;
} fs_rows[] = {
	{ FS_SYSTEM, "opaque", "ro", "system:" },
	{ FS_NULL, "opaque", "wo", "null:" },
	{ FS_FLASH, "disk", "rw", "flash: bootflash:" },
	{ FS_NVRAM, "nvram", "rw", "nvram:" },
	{ FS_NETWORK, "network", "rw", "tftp:" },
	{ FS_NETWORK, "network", "rw", "ftp:" },
	{ FS_NETWORK, "network", "rw", "http:" },
	{ FS_NETWORK, "network", "rw", "https:" },
	{ FS_NETWORK, "network", "rw", "scp:" },
	{ FS_NETWORK, "network", "rw", "sftp:" },
};

static json_t *systems_json(const struct cmd_call *c)
{
	json_t *top = json_object(), *list = jo_array(top, "file_systems");

	for (size_t i = 0; i < ARRAY_LEN(fs_rows); i++) {
		const struct fs_row *row = &fs_rows[i];
		json_t *o = ja_object(list);
		uint64_t total, spare;

		file_space(c->router, row->fs, &total, &spare);
		jo_str(o, "prefixes", row->prefixes);
		jo_str(o, "type", row->type);
		jo_str(o, "flags", row->flags);
		jo_bool(o, "current", row->fs == here(c));
		jo_set(o, "size_bytes",
			total != 0 ? json_integer((json_int_t)total)
				   : json_null());
		jo_set(o, "free_bytes",
			total != 0 ? json_integer((json_int_t)spare)
				   : json_null());
	}
	return top;
}

static int exec_show_systems(struct cmd_call *c)
{
	if (c->json)
		return cmd_json(c, systems_json(c));
	sbuf_adds(c->out, "File Systems:\n\n"
			  "       Size(b)       Free(b)      Type  Flags  "
			  "Prefixes\n");
	for (size_t i = 0; i < ARRAY_LEN(fs_rows); i++) {
		char size[24] = "-", left[24] = "-";
		uint64_t total, spare;

		file_space(c->router, fs_rows[i].fs, &total, &spare);
		if (total != 0) {
			snprintf(size, sizeof(size), "%ju", (uintmax_t)total);
			snprintf(left, sizeof(left), "%ju", (uintmax_t)spare);
		}
		sbuf_printf(c->out, "%c%13s %13s %9s  %5s  %s\n",
			fs_rows[i].fs == here(c) ? '*' : ' ', size, left,
			fs_rows[i].type, fs_rows[i].flags, fs_rows[i].prefixes);
	}
	return CMD_DONE;
}

static const struct command show_systems = {
	.mode = MODE_EXEC,
	.level = 15,
	.grammar = "show file systems",
	.help = "show  Show running system information\n"
		"file  Show filesystem information\n"
		"systems  List filesystems\n",
	.flags = CMD_PIPE,
	.exec = exec_show_systems,
	.sample = "show file systems",
};

static const struct command *const commands[] = { &dir, &more, &delete, &cd,
	&pwd, &verify, &show_flash, &show_systems };
static const struct command_list list = { commands, ARRAY_LEN(commands) };
const struct feature feature_exec_file = { .commands = &list };
