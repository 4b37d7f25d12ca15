/* Certificates of trustpoints on disk.
 *
 * DIR/NAME.pki, with the name's unusual bytes as %XX:
 *
 *	trustpoint: ORBIT_CA
 *	base: 5F70...
 *	certificate: ca 01
 *	-----BEGIN CERTIFICATE-----
 *	certificate: 02
 *	-----BEGIN CERTIFICATE-----
 *	request: poll 9 auto ORBIT#
 *	-----BEGIN CERTIFICATE REQUEST-----
 *
 * and DIR/NAME.crl, DER.  The line of a request says whether it was sent
 * (`send`) or is polled for (`poll`), how often that may be tried, who began it
 * (`auto`, `user`) and the key pair's label; `-`: it waits for its user.
 */
#include "crypto/pkistore.h"

#include "base/file.h"
#include "base/list.h"

#include <bsd/string.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SUFFIX     ".pki"
#define CRL_SUFFIX ".crl"
#define FILE_MAX   PEM_TEXT_MAX
#define LABEL_CERT "CERTIFICATE"
#define LABEL_REQ  "CERTIFICATE REQUEST"

struct item {
	TAILQ_ENTRY(item) link;
	struct pki_entry e;
};
TAILQ_HEAD(item_list, item);

struct pkistore {
	char *dir;              /* NULL: memory only */
	struct item_list items; /* sorted by name */
};

static void entry_clear_certs(struct pki_entry *e)
{
	for (size_t i = 0; i < e->n_certs; i++)
		der_free(&e->certs[i].der);
	e->n_certs = 0;
}

static void entry_clear(struct pki_entry *e)
{
	entry_clear_certs(e);
	der_free(&e->request);
	der_free(&e->crl);
}

static bool entry_is_empty(const struct pki_entry *e)
{
	return e->n_certs == 0 && e->request.n == 0 && e->crl.n == 0;
}

static struct item *item_find(const struct pkistore *ps, const char *name)
{
	struct item *it;

	TAILQ_FOREACH(it, &ps->items, link)
		if (strcmp(it->e.name, name) == 0)
			return it;
	return NULL;
}

static void item_free(struct pkistore *ps, struct item *it)
{
	TAILQ_REMOVE(&ps->items, it, link);
	entry_clear(&it->e);
	free(it);
}

static struct item *item_add(struct pkistore *ps, const char *name)
{
	struct item *it = xcalloc(1, sizeof(*it)), *next;

	strlcpy(it->e.name, name, sizeof(it->e.name));
	TAILQ_FOREACH(next, &ps->items, link)
		if (strcmp(next->e.name, name) > 0)
			break;
	if (next != NULL)
		TAILQ_INSERT_BEFORE(next, it, link);
	else
		TAILQ_INSERT_TAIL(&ps->items, it, link);
	return it;
}

static void path_of(const struct pkistore *ps, const char *name,
	const char *suffix, struct sbuf *out)
{
	sbuf_printf(out, "%s/", ps->dir);
	file_name_add(out, name);
	sbuf_adds(out, suffix);
}

static bool name_valid(const char *name)
{
	size_t n = strlen(name);

	if (n == 0 || n > PKI_NAME_MAX)
		return false;
	for (; *name != '\0'; name++) /* the file has one a line */
		if (iscntrl((unsigned char)*name))
			return false;
	return true;
}

/* --- reading --- */

/* The value of the line "name: value" at *at, which moves behind it. */
static bool field(const char **at, const char *name, char *out, size_t room)
{
	size_t n = strlen(name);
	const char *end = strchr(*at, '\n');

	if (end == NULL || strncmp(*at, name, n) != 0)
		return false;
	size_t len = (size_t)(end - *at) - n;
	if (len >= room)
		return false;
	memcpy(out, *at + n, len);
	out[len] = '\0';
	*at = end + 1;
	return true;
}

static bool block(const char **at, const char *label, struct der *out)
{
	char found[PEM_LABEL_MAX];

	if (!pem_next(at, found, out))
		return false;
	*at += strspn(*at, "\r\n");
	return strcmp(found, label) == 0;
}

static bool poll_parse(const char *text, struct pki_poll *p)
{
	char how[5], who[5];
	int n = 0;

	*p = (struct pki_poll){ 0 };
	if (strcmp(text, "-") == 0)
		return true;
	if (sscanf(text, "%4s %5u %4s %n", how, &p->tries_left, who, &n) != 3 ||
		n == 0 || text[n] == '\0')
		return false;
	p->polling = strcmp(how, "poll") == 0;
	p->automatic = strcmp(who, "auto") == 0;
	return strlcpy(p->label, text + n, sizeof(p->label)) < sizeof(p->label);
}

static void poll_print(const struct pki_poll *p, struct sbuf *out)
{
	if (p->label[0] == '\0')
		sbuf_adds(out, "request: -\n");
	else
		sbuf_printf(out, "request: %s %u %s %s\n",
			p->polling ? "poll" : "send", p->tries_left,
			p->automatic ? "auto" : "user", p->label);
}

static bool entry_parse(const char *text, struct pki_entry *e)
{
	char how[KEY_LABEL_MAX + 32];

	if (!field(&text, "trustpoint: ", e->name, sizeof(e->name)) ||
		!field(&text, "base: ", e->base, sizeof(e->base)))
		return false;
	while (*text != '\0') {
		struct pki_cert *c = &e->certs[e->n_certs];

		if (field(&text, "request: ", how, sizeof(how))) {
			if (!poll_parse(how, &e->poll) ||
				!block(&text, LABEL_REQ, &e->request))
				return false;
			continue;
		}
		if (e->n_certs == PKI_CERTS_MAX ||
			!field(&text, "certificate: ", c->head,
				sizeof(c->head)))
			return false;
		e->n_certs++;
		if (!block(&text, LABEL_CERT, &c->der))
			return false;
	}
	return name_valid(e->name);
}

static void load_crl(
	const struct pkistore *ps, struct pki_entry *e, struct sbuf *problems)
{
	auto_sbuf struct sbuf path = { 0 }, text = { 0 };

	path_of(ps, e->name, CRL_SUFFIX, &path);
	int rc = file_read(path.s, &text, PKI_CRL_BYTES);

	if (rc < 0 && rc != -ENOENT)
		sbuf_printf(problems, "%s: %s\n", path.s, strerror(-rc));
	else if (rc == 0 && text.n > 0)
		der_set(&e->crl, text.s, text.n);
}

struct loading {
	struct pkistore *ps;
	struct sbuf *problems;
};

static void load_file(void *ctx, const char *file)
{
	struct pkistore *ps = ((struct loading *)ctx)->ps;
	struct sbuf *problems = ((struct loading *)ctx)->problems;
	auto_sbuf struct sbuf path = { 0 }, proper = { 0 }, text = { 0 };
	struct pki_entry e = { 0 };

	sbuf_printf(&path, "%s/%s", ps->dir, file);
	int rc = file_read(path.s, &text, FILE_MAX);

	if (rc < 0) {
		sbuf_printf(problems, "%s: %s\n", path.s, strerror(-rc));
		return;
	}
	if (entry_parse(sbuf_str(&text), &e))
		path_of(ps, e.name, SUFFIX, &proper);
	if (strcmp(sbuf_str(&proper), path.s) != 0) {
		sbuf_printf(problems, "%s: not a trustpoint's file\n", path.s);
		entry_clear(&e);
		return;
	}
	load_crl(ps, &e, problems);
	item_add(ps, e.name)->e = e;
}

struct pkistore *pkistore_open(const char *dir, struct sbuf *problems)
{
	struct pkistore *ps = xcalloc(1, sizeof(*ps));

	TAILQ_INIT(&ps->items);
	if (dir == NULL)
		return ps;
	ps->dir = xstrdup(dir);
	struct loading l = { ps, problems };
	int rc = file_mkdirs(dir, 0700);

	if (rc == 0)
		rc = file_each(dir, SUFFIX, load_file, &l);
	if (rc < 0)
		sbuf_printf(problems, "%s: %s\n", dir, strerror(-rc));
	return ps;
}

void pkistore_close(struct pkistore *ps)
{
	struct item *it;

	if (ps == NULL)
		return;
	while ((it = TAILQ_FIRST(&ps->items)) != NULL)
		item_free(ps, it);
	free(ps->dir);
	free(ps);
}

const struct pki_entry *pkistore_get(
	const struct pkistore *ps, const char *name)
{
	const struct item *it = item_find(ps, name);

	return it != NULL ? &it->e : NULL;
}

const struct pki_entry *pkistore_at(const struct pkistore *ps, size_t i)
{
	const struct item *it;

	TAILQ_FOREACH(it, &ps->items, link)
		if (i-- == 0)
			return &it->e;
	return NULL;
}

/* --- writing --- */

static int save(const struct pkistore *ps, const struct pki_entry *e)
{
	auto_sbuf struct sbuf path = { 0 }, text = { 0 };

	if (ps->dir == NULL)
		return 0;
	sbuf_printf(&text, "trustpoint: %s\nbase: %s\n", e->name, e->base);
	for (size_t i = 0; i < e->n_certs; i++) {
		sbuf_printf(&text, "certificate: %s\n", e->certs[i].head);
		pem_add(&text, LABEL_CERT, der_span(&e->certs[i].der));
	}
	if (e->request.n > 0) {
		poll_print(&e->poll, &text);
		pem_add(&text, LABEL_REQ, der_span(&e->request));
	}
	if (text.n > FILE_MAX)
		return -E2BIG;
	path_of(ps, e->name, SUFFIX, &path);
	return file_replace(path.s, text.s, text.n, 0600);
}

static int drop_file(
	const struct pkistore *ps, const char *name, const char *suffix)
{
	auto_sbuf struct sbuf path = { 0 };

	if (ps->dir == NULL)
		return 0;
	path_of(ps, name, suffix, &path);
	return unlink(path.s) < 0 && errno != ENOENT ? -errno : 0;
}

/* An entry as it is to be becomes what is; shallow: it takes the pointers of
 * `next` if the disk has taken it, too. */
static int entry_become(
	struct pkistore *ps, struct item **it, const struct pki_entry *next)
{
	int rc = save(ps, next);

	if (rc < 0)
		return rc;
	if (*it == NULL)
		*it = item_add(ps, next->name);
	(*it)->e = *next;
	return 0;
}

/* The entry of that name, or an empty one. */
static int entry_begin(const struct pkistore *ps, const char *name,
	struct item **it, struct pki_entry *next)
{
	if (!name_valid(name))
		return -EINVAL;
	*it = item_find(ps, name);
	*next = *it != NULL ? (*it)->e : (struct pki_entry){ 0 };
	strlcpy(next->name, name, sizeof(next->name));
	return 0;
}

static int certs_copy(struct pki_entry *e, const struct pki_cert *v, size_t n)
{
	e->n_certs = 0;
	if (n > PKI_CERTS_MAX)
		return -E2BIG;
	for (size_t i = 0; i < n; i++)
		if (v[i].der.n == 0 || v[i].der.n > PKI_CERT_BYTES)
			return -E2BIG;
	for (size_t i = 0; i < n; i++) {
		struct pki_cert *c = &e->certs[e->n_certs++];

		*c = (struct pki_cert){ 0 };
		strlcpy(c->head, v[i].head, sizeof(c->head));
		der_set(&c->der, v[i].der.p, v[i].der.n);
	}
	return 0;
}

static bool certs_equal(
	const struct pki_entry *e, const struct pki_cert *v, size_t n)
{
	if (e->n_certs != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (strcmp(e->certs[i].head, v[i].head) != 0 ||
			e->certs[i].der.n != v[i].der.n ||
			memcmp(e->certs[i].der.p, v[i].der.p, v[i].der.n) != 0)
			return false;
	return true;
}

int pkistore_set_certs(struct pkistore *ps, const char *name,
	const struct pki_cert *v, size_t n)
{
	struct pki_entry next, old;
	struct item *it;
	int rc = entry_begin(ps, name, &it, &next);

	if (rc < 0 || certs_equal(&next, v, n))
		return rc;
	old = next;
	rc = certs_copy(&next, v, n);
	if (rc == 0)
		rc = entry_become(ps, &it, &next);
	entry_clear_certs(rc == 0 ? &old : &next);
	if (rc == 0 && entry_is_empty(&it->e))
		rc = pkistore_remove(ps, name);
	return rc;
}

int pkistore_set_base(struct pkistore *ps, const char *name, const char *base)
{
	struct pki_entry next;
	struct item *it;
	int rc = entry_begin(ps, name, &it, &next);

	if (rc < 0 || it == NULL || strcmp(next.base, base) == 0)
		return rc;
	strlcpy(next.base, base, sizeof(next.base));
	return entry_become(ps, &it, &next);
}

int pkistore_set_request(
	struct pkistore *ps, const char *name, struct span request)
{
	struct pki_entry next;
	struct der old;
	struct item *it;
	int rc = entry_begin(ps, name, &it, &next);

	if (rc < 0 || (request.n == 0 && next.request.n == 0))
		return rc;
	if (request.n > PKI_CERT_BYTES)
		return -E2BIG;
	old = next.request;
	next.request = (struct der){ 0 };
	next.poll = (struct pki_poll){ 0 };
	if (request.n > 0)
		der_set(&next.request, request.p, request.n);
	rc = entry_become(ps, &it, &next);
	der_free(rc == 0 ? &old : &next.request);
	if (rc == 0 && entry_is_empty(&it->e))
		rc = pkistore_remove(ps, name);
	return rc;
}

int pkistore_set_poll(
	struct pkistore *ps, const char *name, const struct pki_poll *poll)
{
	struct pki_entry next;
	struct item *it;
	int rc = entry_begin(ps, name, &it, &next);

	if (rc < 0)
		return rc;
	if (it == NULL || next.request.n == 0)
		return -ENOENT;
	next.poll = *poll;
	return entry_become(ps, &it, &next);
}

static int crl_write(
	const struct pkistore *ps, const char *name, struct span crl)
{
	auto_sbuf struct sbuf path = { 0 };

	if (ps->dir == NULL)
		return 0;
	if (crl.n == 0)
		return drop_file(ps, name, CRL_SUFFIX);
	path_of(ps, name, CRL_SUFFIX, &path);
	return file_replace(path.s, crl.p, crl.n, 0600);
}

int pkistore_set_crl(struct pkistore *ps, const char *name, struct span crl)
{
	struct pki_entry next;
	struct item *it;
	int rc = entry_begin(ps, name, &it, &next);

	if (rc < 0)
		return rc;
	if (crl.n > PKI_CRL_BYTES)
		return -E2BIG;
	if (it == NULL && crl.n == 0)
		return 0;
	if (it == NULL) /* the entry's file makes the CRL's known */
		rc = entry_become(ps, &it, &next);
	if (rc == 0)
		rc = crl_write(ps, name, crl);
	if (rc < 0)
		return rc;
	der_free(&it->e.crl);
	if (crl.n > 0)
		der_set(&it->e.crl, crl.p, crl.n);
	return entry_is_empty(&it->e) ? pkistore_remove(ps, name) : 0;
}

int pkistore_remove(struct pkistore *ps, const char *name)
{
	struct item *it = item_find(ps, name);
	int rc;

	if (it == NULL)
		return -ENOENT;
	rc = drop_file(ps, name, SUFFIX);
	if (rc == 0)
		rc = drop_file(ps, name, CRL_SUFFIX);
	if (rc == 0)
		item_free(ps, it);
	return rc;
}
