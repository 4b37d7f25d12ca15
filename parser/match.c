/* From a typed line to a command and its derivation, or to its fault. */
#include "parser/run.h"
#include <stdlib.h>
#include <string.h>

/* How good a finished thread is: the larger the worse. */
static unsigned finish_rank(const struct thread *t)
{
	bool harmless = (t->prog->cmd->flags & CMD_HARMLESS) != 0;

	return (harmless ? 1u << 20 : 0) + (t->early ? 1u << 19 : 0) +
	       t->generic * (VALUED_MAX + 1) + t->valued;
}

/* The next finished thread from *id on, one a command: its first that read the
 * whole line, else one that ended early. */
static const struct thread *finished_next(const struct run *r, uint32_t *id)
{
	const struct thread *found = NULL;

	for (; *id != RUN_NONE; *id = r->th[*id].next) {
		const struct thread *t = &r->th[*id];

		if (t->prog->insn[t->pc].op != OP_END)
			continue;
		if (found != NULL && t->prog != found->prog)
			break;
		if (found == NULL || (found->early && !t->early))
			found = t;
	}
	return found;
}

/* The best finished thread of all commands; *ambiguous when two commands are
 * equally good. */
static const struct thread *finished(const struct run *r, bool *ambiguous)
{
	const struct thread *best = NULL, *t;
	uint32_t id = r->head[r->stop];

	*ambiguous = false;
	while ((t = finished_next(r, &id)) != NULL) {
		if (best == NULL || finish_rank(t) < finish_rank(best)) {
			best = t;
			*ambiguous = false;
		} else if (finish_rank(t) == finish_rank(best)) {
			*ambiguous = true;
		}
	}
	return best;
}

/* The steps of a thread in the order of the grammar; takes its values. */
static struct derivation *derive(struct run *r, const struct thread *t)
{
	struct derivation *d = xcalloc(1, sizeof(*d));
	size_t n = 0;

	d->prog = t->prog;
	for (uint32_t s = t->trail; s != RUN_NONE; s = r->tr[s].prev)
		n++;
	d->v = xcalloc(n + 1, sizeof(*d->v));
	d->n = n;
	for (uint32_t s = t->trail; s != RUN_NONE; s = r->tr[s].prev) {
		d->v[--n] = (struct step){ .pc = r->tr[s].pc,
			.value = r->tr[s].value };
		r->tr[s].value = NULL;
	}
	/* Stable: values of a repeated slot keep their order. */
	for (size_t i = 1; i < d->n; i++) {
		struct step s = d->v[i];
		size_t k = i;

		for (; k > 0 && d->v[k - 1].pc > s.pc; k--)
			d->v[k] = d->v[k - 1];
		d->v[k] = s;
	}
	derivation_normalise(d);
	return d;
}

static void judge(struct run *r, struct match *out)
{
	bool ambiguous;
	const struct thread *t;

	out->negated = r->negated && !r->to_default;
	out->to_default = r->to_default;
	if (r->ambiguous) {
		out->kind = MATCH_AMBIGUOUS;
		out->reach = r->lex.col[r->at];
		return;
	}
	out->reach = r->lex.end;
	t = finished(r, &ambiguous);
	if (t != NULL && ambiguous) {
		out->kind = MATCH_AMBIGUOUS;
	} else if (t != NULL) {
		out->kind = MATCH_OK;
		out->cmd = t->prog->cmd;
		out->drv = derive(r, t);
	} else if (r->n_pending > 0 || r->head[r->stop] != RUN_NONE) {
		out->kind = MATCH_INCOMPLETE;
	} else {
		out->kind = MATCH_INVALID;
		out->caret = out->reach = r->caret;
	}
}

/* A comment after a command that wants more. */
static bool ends_in_comment(const struct run *r)
{
	for (size_t i = 1; i < r->lex.n; i++)
		if (r->lex.text[i][0] == '!' && r->caret == r->lex.col[i])
			return true;
	return false;
}

void match_line(const struct grammar *g, uint16_t mode, uint8_t level,
	const char *line, struct match *out)
{
	struct run r;

	*out = (struct match){ .kind = MATCH_EMPTY };
	run_line(&r, g, mode, level, line, false);
	if (!lex_is_comment(&r.lex))
		judge(&r, out);
	if (out->kind == MATCH_INVALID && ends_in_comment(&r))
		out->kind = MATCH_INCOMPLETE;
	run_fini(&r);
}

void match_free(struct match *m)
{
	derivation_free(m->drv);
	m->drv = NULL;
}
