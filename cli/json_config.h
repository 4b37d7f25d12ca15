/* JSON of configurations (json_config.c). */
#ifndef CLI_JSON_CONFIG_H
#define CLI_JSON_CONFIG_H
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/running.h"

/* Lines as an array of {"line": TEXT, "lines": [...]}: of the whole tree, or
 * of one section. */
json_t *config_json(const struct tree *t, const struct node *section, bool all);
/* The whole, with passwords and keys left out. */
json_t *config_masked_json(const struct tree *t);
/* Of the lines below a section. */
json_t *section_json(const struct tree *t, const struct node *section);
json_t *running_json(
	const struct router *r, const struct node *section, bool all);
/* Of the file's text; `refused` tells what did not load. */
json_t *startup_json(const struct router *r, const struct sbuf *text);
json_t *changes_json(const struct tree *from, const struct tree *to);
#endif
