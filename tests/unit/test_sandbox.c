/* The sandbox in a child: what it takes and what it leaves.  And the key log.
 */
#include "dataplane/null.h"
#include "router/keylog.h"
#include "router/sandbox.h"
#include "tests/unit/test.h"
#include <cap-ng.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Exit status of the child: the number of the first check that failed. */
static int confined(void)
{
	auto_sbuf struct sbuf why = { 0 };

	if (sandbox_enter(&why) != 0)
		return 1;
	execl("/bin/true", "true", (char *)NULL);
	if (errno != EPERM)
		return 2;
	if (mount("none", "/mnt", "tmpfs", 0, NULL) == 0 || errno != EPERM)
		return 3;
	if (setuid(1) == 0 || errno != EPERM)
		return 4;
	capng_get_caps_process();
	for (int cap = 0; cap <= CAP_LAST_CAP; cap++) {
		bool kept = cap == CAP_NET_ADMIN || cap == CAP_NET_RAW ||
			    cap == CAP_NET_BIND_SERVICE;

		if (kept != capng_have_capability(CAPNG_EFFECTIVE, cap))
			return 100 + cap;
	}
	if (socket(AF_INET, SOCK_RAW, 1) < 0)
		return 5;
	FILE *f = fopen("/proc/sys/net/ipv4/ip_forward", "r");

	return f == NULL ? 6 : 0;
}

static void test_sandbox(void **state)
{
	int status;

	(void)state;
	if (geteuid() != 0)
		skip();
	pid_t pid = fork();

	if (pid == 0)
		_exit(confined());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_keylog(void **state)
{
	const struct dp_events events = { 0 };
	auto_sbuf struct sbuf why = { 0 };
	char path[] = "/tmp/keylog.XXXXXX", line[256] = "";
	struct dp_group group = { .id = 1 };
	struct dp_sa sa = { .spi = 0x0a0b0c0d,
		.suite = { ESP_CIPHER_AES_CBC, ESP_AUTH_SHA1, 128 } };
	struct stat st;

	(void)state;
	close(mkstemp(path));
	chmod(path, 0644);
	struct dp *inner = dataplane_null.open(NULL, &events, &why);
	struct keylog *log = keylog_open(path, &why);

	assert_non_null(log);
	struct dp *dp = keylog_wrap(log, &dataplane_null, inner);

	for (uint8_t i = 0; i < 16; i++)
		sa.enc.b[sa.enc.n++] = i;
	for (uint8_t i = 0; i < 20; i++)
		sa.auth.b[sa.auth.n++] = (uint8_t)(0xf0 + i);
	assert_int_equal(keylog_ops.group_set(dp, &group), 0);
	assert_int_equal(keylog_ops.sa_add(dp, 1, &sa), 0);
	/* Known already: nothing is written twice. */
	assert_int_equal(keylog_ops.sa_add(dp, 1, &sa), -EEXIST);
	assert_true(dp_null_has_sa(inner, 1, sa.spi));
	keylog_ops.close(dp);
	keylog_line(log, ENV_KEY_IKE, SPAN("\1\2", 2), SPAN("\xff\0", 2));
	keylog_line(log, ENV_KEY_KEK, SPAN("\3", 1), SPAN("\x80", 1));
	keylog_close(log);
	FILE *f = fopen(path, "r");

	assert_non_null(fgets(line, sizeof(line), f));
	assert_string_equal(line, "0x0a0b0c0d 000102030405060708090a0b0c0d0e0f "
				  "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff00010203 "
				  "esp-aes esp-sha-hmac\n");
	assert_non_null(fgets(line, sizeof(line), f));
	assert_string_equal(line, "ikev1 0102 ff00\n");
	assert_non_null(fgets(line, sizeof(line), f));
	assert_string_equal(line, "kek 03 80\n");
	assert_null(fgets(line, sizeof(line), f));
	fclose(f);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sandbox),
		cmocka_unit_test(test_keylog),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
