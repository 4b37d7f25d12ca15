/* Network URLs taken apart and put together. */
#include "cli/net_url.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static char *piece(const char *p, size_t n)
{
	struct sbuf b = { 0 };

	if (n == 0)
		return NULL;
	sbuf_add(&b, p, n);
	return sbuf_take(&b);
}

void net_url_parse(const char *text, struct net_url *out)
{
	const char *p = text + strcspn(text, ":");

	*out = (struct net_url){ .scheme = piece(text, (size_t)(p - text)) };
	if (*p == ':')
		p++;
	if (strncmp(p, "//", 2) != 0) {
		out->path = piece(p, strlen(p));
		return;
	}
	p += 2;
	size_t n = strcspn(p, "/");
	const char *at = memrchr(p, '@', n);

	if (at != NULL) {
		const char *colon = memchr(p, ':', (size_t)(at - p));
		const char *end = colon == NULL ? at : colon;

		out->user = piece(p, (size_t)(end - p));
		if (colon != NULL)
			out->password =
				piece(colon + 1, (size_t)(at - colon - 1));
		n -= (size_t)(at + 1 - p);
		p = at + 1;
	}
	out->host = piece(p, n);
	p += n + (p[n] == '/');
	out->path = piece(p, strlen(p));
}

void net_url_free(struct net_url *u)
{
	if (u->password != NULL)
		mem_wipe(u->password, strlen(u->password));
	free(u->scheme);
	free(u->user);
	free(u->password);
	free(u->host);
	free(u->path);
	*u = (struct net_url){ 0 };
}

static const char *known(const char *s)
{
	return s == NULL ? "" : s;
}

void net_url_text(const struct net_url *u, struct sbuf *out)
{
	sbuf_printf(out, "%s://%s/%s", known(u->scheme), known(u->host),
		known(u->path));
}

static bool is_one_of(const char *scheme, const char *const *set)
{
	for (; scheme != NULL && *set != NULL; set++) {
		if (strcasecmp(scheme, *set) == 0)
			return true;
	}
	return false;
}

void net_url_request(const struct net_url *u, struct sbuf *out)
{
	static const char *const at_home[] = { "scp", "sftp", NULL };
	const char *path = known(u->path);

	sbuf_printf(out, "%s://%s", known(u->scheme), known(u->host));
	if (path[0] != '/') /* `//`: from the root */
		sbuf_adds(out, is_one_of(u->scheme, at_home) ? "/~/" : "/");
	sbuf_adds(out, path);
}

bool net_url_has_login(const struct net_url *u)
{
	static const char *const names[] = { "scp", "sftp", NULL };

	return is_one_of(u->scheme, names);
}

const char *net_url_file(const struct net_url *u)
{
	const char *path = known(u->path), *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}
