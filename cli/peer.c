/* The peer of a local socket by its credentials (design.md 4). */
#include "cli/peer.h"
#include "cli/users.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define GROUPS_MAX 1024

static bool in_group(int fd, const struct ucred *peer, gid_t gid)
{
	gid_t groups[GROUPS_MAX];
	socklen_t n = sizeof(groups);

	if (gid == 0)
		return false;
	if (peer->gid == gid)
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &n) != 0)
		return false;
	for (size_t i = 0; i < n / sizeof(groups[0]); i++) {
		if (groups[i] == gid)
			return true;
	}
	return false;
}

static void find_name(uid_t uid, char *out, size_t n)
{
	struct passwd pw, *found = NULL;
	char buf[4096];

	if (getpwuid_r(uid, &pw, buf, sizeof(buf), &found) == 0 &&
		found != NULL && strlen(pw.pw_name) < n)
		strcpy(out, pw.pw_name);
	else
		snprintf(out, n, "uid%u", uid);
}

bool peer_identify(int fd, const struct router *r, gid_t gid, struct peer *out)
{
	struct ucred cred = { .uid = (uid_t)-1, .gid = (gid_t)-1 };
	socklen_t n = sizeof(cred);

	*out = (struct peer){ .user = "?" };
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &n) != 0)
		return false;
	if (cred.uid == 0) {
		*out = (struct peer){ .level = LEVEL_PRIVILEGED };
		return true;
	}
	find_name(cred.uid, out->user, sizeof(out->user));
	/* Before the configuration is read, there are no users. */
	out->named = r->tree != NULL && user_find(r, out->user, &out->level);
	if (out->named)
		return true;
	out->level = LEVEL_PRIVILEGED;
	return in_group(fd, &cred, gid);
}
