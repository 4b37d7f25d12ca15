/* crypto pki enroll (ios-cli.md 11): the dialogue, the request for the
 * terminal, the certificate that the router signs itself. */
#include "cli/exec_pki.h"
#include "cli/pki_request.h"
#include "cli/pki_scep.h"
#include "cli/running.h"
#include "cli/show.h"
#include "cli/users.h"
#include "crypto/enroll.h"

#include <bsd/string.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define EC_BITS 256

static int enroll_exec(struct cmd_call *c);

#define ENROLL                                                                 \
	.grammar = "crypto pki~ca enroll <name:name>",                         \
	.help = HELP_PKI "enroll  Request a certificate from a CA\n"           \
			 "<name>  CA Server Name\n",                           \
	.flags = CMD_ACT, .exec = enroll_exec

static const struct command enroll_config = { .mode = MODE_CONFIG, ENROLL };
static const struct command enroll_priv = {
	.mode = MODE_EXEC, .level = 15, ENROLL
};

/* A request on its way: a key pair first, if there is none yet, then the
 * questions one after the other. */
struct enroll {
	struct pki_job job;
	enum { BY_TERMINAL, BY_SELF, BY_URL } how;
	bool pem;
	char label[KEY_LABEL_MAX + 1];
	struct pkey *key;    /* NULL until it is there */
	enum pkey_type type; /* of the one to make */
	unsigned bits;
	struct pki_names names;
	bool asked_serial, asked_ip;
	struct secret password; /* challenge; empty: none */
	struct der request;
};

static int ask_next(struct enroll *e);

static void enroll_free(struct enroll *e)
{
	pkey_unref(e->key);
	der_free(&e->request);
	secret_free(&e->password);
	free(e);
}

static void enroll_drop(void *ctx)
{
	enroll_free(ctx);
}

static int enroll_end(struct enroll *e, int result)
{
	enroll_free(e);
	return result;
}

static const struct node *trustpoint_of(const struct enroll *e)
{
	return node_find(
		tree_root(e->job.router->tree), &cfg_trustpoint, e->job.name);
}

static int ask(struct enroll *e, const char *question, answer_fn *fn)
{
	session_on_break(e->job.session, enroll_drop, e);
	return session_ask(e->job.session, ASK_LINE, question, fn, e);
}

/* --- the request --- */

static void names_of(
	const struct enroll *e, struct sbuf *password, struct pki_names *out)
{
	*out = e->names;
	if (e->password.n == 0)
		return;
	sbuf_add(password, e->password.p, e->password.n);
	out->password = sbuf_str(password);
}

/* Builds the request, or a certificate of the same name that the key signs
 * itself. false, after a `%` line. */
static bool request_build(struct enroll *e, bool self, struct der *out)
{
	auto_sbuf struct sbuf password = { 0 };
	auto_sbuf struct sbuf why = { 0 };
	struct pki_names names;

	names_of(e, &password, &names);
	if (pki_request_build(e->job.router, trustpoint_of(e), &names, e->key,
		    self, out, &why))
		return true;
	pki_say(e->job.session, "%% The request cannot be made: %s\n",
		sbuf_str(&why));
	return false;
}

#define ASK_REDISPLAY "\nRedisplay enrollment request? [yes/no]: "

static int show_request(struct enroll *e);

static int redisplay_answered(struct session *s, const char *answer, void *ctx)
{
	struct enroll *e = ctx;

	switch (answer_read(s, answer)) {
	case ANSWER_YES:
		return show_request(e);
	case ANSWER_AGAIN:
		return ask(e, ASK_REDISPLAY, redisplay_answered);
	default:
		return enroll_end(e, CMD_DONE);
	}
}

static int show_request(struct enroll *e)
{
	auto_sbuf struct sbuf out = { 0 };

	sbuf_adds(&out, "Certificate Request follows:\n\n");
	if (e->pem)
		pem_add(&out, "CERTIFICATE REQUEST", der_span(&e->request));
	else
		base64_add(&out, der_span(&e->request));
	sbuf_adds(&out, "\n---End - This line not part of the certificate "
			"request---\n");
	session_write(e->job.session, sbuf_str(&out), out.n);
	return ask(e, ASK_REDISPLAY, redisplay_answered);
}

static int terminal_request(struct enroll *e)
{
	if (!request_build(e, false, &e->request))
		return enroll_end(e, CMD_FAILED);
	int rc = pkistore_set_request(box_pki(e->job.router->box), e->job.name,
		der_span(&e->request));

	if (rc < 0)
		pki_say(e->job.session, "%% The request cannot be stored: %s\n",
			strerror(-rc));
	return show_request(e);
}

static int self_sign(struct enroll *e)
{
	auto_pki_tp struct pki_tp tp = { 0 };

	if (!request_build(e, true, &e->request))
		return enroll_end(e, CMD_FAILED);
	pki_tp_read(e->job.router, e->job.name, &tp);
	if (!pki_accept(&e->job, false, der_span(&e->request), tp.own))
		return enroll_end(e, CMD_FAILED);
	pki_say(e->job.session,
		"\nRouter Self Signed Certificate successfully created\n\n");
	return enroll_end(e, CMD_DONE);
}

/* Goes on after the command. */
static int url_request(struct enroll *e)
{
	auto_sbuf struct sbuf password = { 0 };
	auto_sbuf struct sbuf why = { 0 };
	struct pki_names names;
	struct pki_send send = { .name = e->job.name,
		.key = e->key,
		.label = e->label,
		.names = &names };

	names_of(e, &password, &names);
	if (!pki_request_send(e->job.router, &send, &why)) {
		pki_say(e->job.session, "%% The request cannot be made: %s\n",
			sbuf_str(&why));
		return enroll_end(e, CMD_FAILED);
	}
	pki_say(e->job.session,
		"\n%% Certificate request sent to Certificate Authority\n"
		"%% The 'show crypto pki certificates %s' command will show "
		"the certificate.\n\n",
		e->job.name);
	return enroll_end(e, CMD_DONE);
}

/* --- questions --- */

#define ASK_SERIAL                                                             \
	"% Include the router serial number in the subject name? [yes/no]: "
#define ASK_IP      "% Include an IP address in the subject name? [no]: "
#define ASK_ADDRESS "Enter Interface name or IP Address[]: "
#define ASK_DISPLAY "Display Certificate Request to terminal? [yes/no]: "
#define ASK_REQUEST "Request certificate from CA? [yes/no]: "
#define ASK_SELF    "Generate Self Signed Router Certificate? [yes/no]: "

static int serial_answered(struct session *s, const char *answer, void *ctx)
{
	struct enroll *e = ctx;
	enum answer a = answer_read(s, answer);

	if (a == ANSWER_AGAIN)
		return ask(e, ASK_SERIAL, serial_answered);
	e->names.with_serial = a == ANSWER_YES;
	e->asked_serial = true;
	return ask_next(e);
}

static int address_answered(struct session *s, const char *answer, void *ctx)
{
	struct enroll *e = ctx;

	e->asked_ip = true;
	if (answer[0] != '\0' &&
		!pki_address_read(e->job.router, answer, &e->names.ip)) {
		pki_say(s, "%% There is no such address or interface.\n");
		return ask(e, ASK_ADDRESS, address_answered);
	}
	return ask_next(e);
}

static int ip_answered(struct session *s, const char *answer, void *ctx)
{
	struct enroll *e = ctx;
	enum answer a = answer[0] == '\0' ? ANSWER_NO : answer_read(s, answer);

	if (a == ANSWER_AGAIN)
		return ask(e, ASK_IP, ip_answered);
	if (a == ANSWER_YES)
		return ask(e, ASK_ADDRESS, address_answered);
	e->asked_ip = true;
	return ask_next(e);
}

static const struct {
	const char *question;
	int (*go)(struct enroll *e);
} ways[] = {
	[BY_TERMINAL] = { ASK_DISPLAY, terminal_request },
	[BY_SELF] = { ASK_SELF, self_sign },
	[BY_URL] = { ASK_REQUEST, url_request },
};

static int go_answered(struct session *s, const char *answer, void *ctx)
{
	struct enroll *e = ctx;

	switch (answer_read(s, answer)) {
	case ANSWER_AGAIN:
		return ask(e, ways[e->how].question, go_answered);
	case ANSWER_YES:
		return ways[e->how].go(e);
	default:
		return enroll_end(e, CMD_DONE);
	}
}

/* What the trustpoint's lines answer already is not asked. */
static void answer_from_lines(struct enroll *e)
{
	const struct node *tp = trustpoint_of(e);

	pki_names_read(e->job.router, tp, &e->names);
	e->asked_serial = node_child(tp, &tp_serial_number, NULL) != NULL;
	e->asked_ip = node_child(tp, &tp_ip_address, NULL) != NULL;
}

static int ask_next(struct enroll *e)
{
	if (!e->asked_serial)
		return ask(e, ASK_SERIAL, serial_answered);
	if (!e->asked_ip)
		return ask(e, ASK_IP, ip_answered);
	return ask(e, ways[e->how].question, go_answered);
}

/* --- beginning --- */

static int begin_names(struct enroll *e)
{
	const struct node *tp = trustpoint_of(e);
	const char *subject =
		node_str(node_child(tp, &tp_subject_name, NULL), "name");
	auto_sbuf struct sbuf fqdn = { 0 };

	if (subject != NULL)
		pki_say(e->job.session,
			"%% The subject name in the certificate will include: "
			"%s\n",
			subject);
	pki_fqdn(e->job.router, tp, &fqdn);
	if (fqdn.n > 0)
		pki_say(e->job.session,
			"%% The subject name in the certificate will include: "
			"%s\n",
			fqdn.s);
	else
		pki_say(e->job.session,
			"%% The fully-qualified domain name will not be "
			"included in the certificate\n");
	answer_from_lines(e);
	return ask_next(e);
}

#define ASK_NEW_PASSWORD   "Password: "
#define ASK_AGAIN_PASSWORD "Re-enter password: "

static int ask_password(struct enroll *e, const char *question, answer_fn *fn)
{
	session_on_break(e->job.session, enroll_drop, e);
	return session_ask(e->job.session, ASK_PASSWORD, question, fn, e);
}

static int password_answered(struct session *s, const char *answer, void *ctx);

static int password_repeated(struct session *s, const char *answer, void *ctx)
{
	struct enroll *e = ctx;
	struct secret again = { (uint8_t *)(uintptr_t)answer, strlen(answer) };

	if (secret_equal(&again, &e->password))
		return begin_names(e);
	pki_say(s, "%% Passwords do not match\n\n");
	return ask_password(e, ASK_NEW_PASSWORD, password_answered);
}

static int password_answered(struct session *s, const char *answer, void *ctx)
{
	struct enroll *e = ctx;

	(void)s;
	secret_set(&e->password, answer, strlen(answer));
	return ask_password(e, ASK_AGAIN_PASSWORD, password_repeated);
}

static int begin_dialogue(struct enroll *e)
{
	const struct node *tp = trustpoint_of(e);

	if (e->how == BY_URL && !pkey_is_rsa(e->key)) {
		pki_say(e->job.session,
			"%% Enrollment by URL (SCEP) needs an RSA key pair: "
			"the CA encrypts its answer to it.\n");
		return enroll_end(e, CMD_FAILED);
	}
	if (e->how != BY_SELF)
		pki_say(e->job.session, "%% Start certificate enrollment .. "
					"\n\n");
	if (e->how != BY_URL || node_child(tp, &tp_password, NULL) != NULL)
		return begin_names(e);
	pki_say(e->job.session,
		"%% Create a challenge password. You will need to verbally "
		"provide this\n   password to the CA Administrator in order to "
		"revoke your certificate.\n   For security reasons your "
		"password will not be saved in the configuration.\n   Please "
		"make a note of it.\n\n");
	return ask_password(e, ASK_NEW_PASSWORD, password_answered);
}

static void key_work(void *arg)
{
	struct enroll *e = arg;

	e->key = e->type == PKEY_EC ? pkey_ec_generate(e->bits)
				    : pkey_rsa_generate(e->bits);
}

static void key_break(void *ctx)
{
	struct enroll *e = ctx;
	struct session *s = e->job.session;

	e->job.session = NULL; /* the work on the pool goes to its end */
	session_done(s, CMD_FAILED);
}

static int key_store(struct enroll *e)
{
	struct keystore *ks = box_keys(e->job.router->box);
	int rc = e->key == NULL ? -EIO
				: keystore_put(ks, e->label, e->key, false,
					  time(NULL));

	if (rc < 0) {
		pki_say(e->job.session, "%% Key generation failed: %s\n",
			strerror(-rc));
		return enroll_end(e, CMD_FAILED);
	}
	pki_say(e->job.session, "[OK]\n\n");
	keys_changed(e->job.router);
	return begin_dialogue(e);
}

static void key_done(void *arg)
{
	struct enroll *e = arg;
	struct session *s = e->job.session;

	if (s == NULL) /* nobody waits any more */
		enroll_free(e);
	else
		session_resume(s, key_store(e));
}

static int key_make(struct enroll *e)
{
	const struct node *tp = trustpoint_of(e);

	if (node_child(tp, &tp_eckeypair, NULL) != NULL) {
		e->type = PKEY_EC;
		e->bits = EC_BITS;
	} else {
		e->bits = pki_rsa_bits(tp);
	}
	pki_say(e->job.session,
		"%% Generating %u bit %s keys, keys will be "
		"non-exportable...\n",
		e->bits, key_kind(e->type));
	if (e->job.router->loop == NULL) {
		key_work(e);
		return key_store(e);
	}
	session_on_break(e->job.session, key_break, e);
	loop_work(e->job.router->loop, key_work, key_done, e);
	return CMD_PENDING;
}

#define ASK_AGAIN "% Do you want to continue with re-enrollment? [yes/no]: "

static int begin_keys(struct enroll *e)
{
	const struct stored_key *k =
		keystore_get(box_keys(e->job.router->box), e->label);

	if (k == NULL)
		return key_make(e);
	e->key = pkey_ref(k->key);
	return begin_dialogue(e);
}

static int again_answered(struct session *s, const char *answer, void *ctx)
{
	struct enroll *e = ctx;

	switch (answer_read(s, answer)) {
	case ANSWER_YES:
		return begin_keys(e);
	case ANSWER_AGAIN:
		return ask(e, ASK_AGAIN, again_answered);
	default:
		return enroll_end(e, CMD_DONE);
	}
}

/* How the trustpoint enrolls; false, after a `%` line: not from here. */
static bool method_read(
	struct enroll *e, const struct pki_tp *tp, struct sbuf *out)
{
	const struct node *how = node_child(tp->node, &tp_enrollment, NULL);
	auto_sbuf struct sbuf label = { 0 };

	if (how != NULL && node_has(how, "selfsigned")) {
		e->how = BY_SELF;
	} else if (how == NULL || (!node_has(how, "terminal") &&
					  node_str(how, "url") == NULL)) {
		sbuf_adds(out, "% The enrollment of this trustpoint is neither "
			       "by terminal, by URL nor self-signed.\n");
		return false;
	} else if (tp->ca == NULL) {
		sbuf_adds(out, "% You must authenticate the Certificate "
			       "Authority before\nyou can enroll with it.\n");
		return false;
	}
	if (e->how != BY_SELF && node_str(how, "url") != NULL) {
		struct pki_server server;

		e->how = BY_URL;
		if (!pki_server_read(e->job.router, tp->name, &server, out))
			return false;
	}
	e->pem = node_has(how, "pem");
	if (!pki_key_label(e->job.router, tp->node, &label)) {
		sbuf_adds(out, "% Please define a domain-name first.\n");
		return false;
	}
	strlcpy(e->label, sbuf_str(&label), sizeof(e->label));
	return true;
}

static int enroll_exec(struct cmd_call *c)
{
	auto_pki_tp struct pki_tp tp = { 0 };
	struct enroll *e = xcalloc(1, sizeof(*e));

	if (!pki_job_begin(&e->job, c))
		return enroll_end(e, CMD_FAILED);
	pki_tp_read(c->router, e->job.name, &tp);
	if (!method_read(e, &tp, c->out))
		return enroll_end(e, CMD_FAILED);
	pki_say(c->session, "%%\n");
	if (tp.own != NULL) {
		pki_say(c->session, "%% You already have a certificate of this "
				    "trustpoint.\n");
		return ask(e, ASK_AGAIN, again_answered);
	}
	return begin_keys(e);
}

static const struct command *const list[] = { &enroll_config, &enroll_priv };
static const struct command_list commands = { list, ARRAY_LEN(list) };
const struct feature feature_exec_enroll = { &commands, NULL };
