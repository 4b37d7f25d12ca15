/* A place in the network as the user names it, and as it is asked for piece by
 * piece: scheme://[user[:password]@]host[:port]/path. */
#ifndef CLI_NET_URL_H
#define CLI_NET_URL_H
#include "base/sbuf.h"

/* Owned; NULL what is not said yet. */
struct net_url {
	char *scheme, *user, *password, *host, *path;
};
/* "tftp:" alone is good, too.  net_url_free wipes. */
void net_url_parse(const char *text, struct net_url *out);
void net_url_free(struct net_url *u);
/* For eyes: without user and password. */
void net_url_text(const struct net_url *u, struct sbuf *out);
/* For the transfer: in the home directory of the user, where there is one,
 * unless the path begins with another slash. */
void net_url_request(const struct net_url *u, struct sbuf *out);
/* Does the protocol ask who one is? */
bool net_url_has_login(const struct net_url *u);
const char *net_url_file(const struct net_url *u); /* last part of the path */
#endif
