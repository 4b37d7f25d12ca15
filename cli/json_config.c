/* JSON of configurations: the lines as a tree, {"line": TEXT, "lines": [...]},
 * and the changes between two of them. */
#include "cli/json_config.h"

#define DEPTH_MAX 16 /* of sections */

struct lines {
	json_t *top;
	bool masked;             /* without secrets */
	json_t *last[DEPTH_MAX]; /* the line above, by depth; lent */
};

/* Below the line above, or on top. */
static json_t *siblings(const struct lines *l, size_t depth)
{
	json_t *above, *list;

	if (depth == 0)
		return l->top;
	above = l->last[depth - 1];
	list = json_object_get(above, "lines");
	return list != NULL ? list : jo_array(above, "lines");
}

static void add_line(void *ctx, const struct node *n, size_t depth)
{
	struct lines *l = ctx;
	auto_sbuf struct sbuf text = { 0 };

	if (depth >= DEPTH_MAX)
		return;
	if (l->masked)
		print_masked(node_drv(n), node_negated(n), &text);
	else
		node_line(n, &text);
	l->last[depth] = ja_object(siblings(l, depth));
	jo_str(l->last[depth], "line", sbuf_str(&text));
}

static void skip_bar(void *ctx)
{
	(void)ctx;
}

static const struct tree_visitor visitor = { .line = add_line,
	.bar = skip_bar };

json_t *config_json(const struct tree *t, const struct node *section, bool all)
{
	struct lines l = { .top = json_array() };

	tree_visit(t, section, all, &visitor, &l);
	return l.top;
}

json_t *config_masked_json(const struct tree *t)
{
	struct lines l = { .top = json_array(), .masked = true };

	tree_visit(t, NULL, false, &visitor, &l);
	return l.top;
}

json_t *section_json(const struct tree *t, const struct node *section)
{
	json_t *whole = config_json(t, section, false);
	json_t *lines = json_object_get(json_array_get(whole, 0), "lines");

	lines = lines != NULL ? json_incref(lines) : json_array();
	json_decref(whole);
	return lines;
}

/* --- running-config, startup-config --- */

static void stamp_put(json_t *o, const char *key, uint64_t wall, const char *by)
{
	json_t *v = jo_object(o, key);

	jo_wall(v, "time_secs", wall);
	jo_str(v, "by", wall != 0 ? by : NULL);
}

json_t *running_json(
	const struct router *r, const struct node *section, bool all)
{
	json_t *o = json_object();

	stamp_put(o, "changed", r->changed_wall, r->changed_by);
	stamp_put(o, "saved", r->saved_wall, r->saved_by);
	jo_set(o, "lines", config_json(r->tree, section, all));
	return o;
}

static void add_fault(
	void *ctx, unsigned line_no, const char *line, const char *printed)
{
	json_t *o = ja_object(ctx);

	(void)printed;
	jo_num(o, "number", line_no);
	jo_str(o, "line", line);
}

json_t *startup_json(const struct router *r, const struct sbuf *text)
{
	json_t *o = json_object();
	struct router loaded;

	jo_num(o, "size_bytes", text->n);
	jo_num(o, "limit_bytes", STARTUP_BYTES);
	config_tree_init(
		&loaded, r, sbuf_str(text), add_fault, jo_array(o, "refused"));
	jo_set(o, "lines", config_json(loaded.tree, NULL, false));
	config_tree_fini(&loaded);
	return o;
}

/* --- changes --- */

static void sections_put(json_t *list, const struct node *n)
{
	const struct node *above = node_parent(n);
	auto_sbuf struct sbuf text = { 0 };

	if (above == NULL || node_command(above) == NULL)
		return;
	sections_put(list, above);
	node_line(above, &text);
	ja_str(list, sbuf_str(&text));
}

struct changes {
	const struct tree *from, *to;
	json_t *list;
};

static void add_change(void *ctx, bool added, const struct node *n)
{
	const struct changes *c = ctx;
	json_t *o = ja_object(c->list);

	jo_str(o, "change", added ? "added" : "removed");
	sections_put(jo_array(o, "sections"), n);
	jo_set(o, "lines", config_json(added ? c->to : c->from, n, false));
}

json_t *changes_json(const struct tree *from, const struct tree *to)
{
	json_t *top = json_object();
	struct changes c = { from, to, jo_array(top, "changes") };

	tree_changes(from, to, add_change, &c);
	return top;
}
