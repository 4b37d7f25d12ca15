/* The JSON form of show commands: see json.h. */
#include "cli/json.h"

#include <stdio.h>
#include <string.h>

#define UTF8_MAX 4 /* bytes of a character */

static int json_write(const char *text, size_t n, void *out)
{
	sbuf_add(out, text, n);
	return 0;
}

int cmd_json(struct cmd_call *c, json_t *v)
{
	c->json_given = true;
	if (c->json_into != NULL) {
		*c->json_into = v;
		return CMD_DONE;
	}
	sbuf_trunc(c->out, 0);
	json_dump_callback(v, json_write, c->out, JSON_INDENT(2));
	sbuf_addc(c->out, '\n');
	json_decref(v);
	return CMD_DONE;
}

int cmd_json_if(struct cmd_call *c, json_t *v)
{
	if (c->json)
		return cmd_json(c, v);
	json_decref(v);
	return CMD_DONE;
}

/* Length of the character at s, as jansson judges it; 0: not UTF-8. */
static size_t char_len(const char *s, size_t n)
{
	for (size_t k = 1; k <= UTF8_MAX && k <= n; k++) {
		json_t *one = json_stringn(s, k);

		json_decref(one);
		if (one != NULL)
			return k;
	}
	return 0;
}

json_t *jv_strn(const char *s, size_t n)
{
	auto_sbuf struct sbuf good = { 0 };
	json_t *v = json_stringn(s, n);

	if (v != NULL)
		return v;
	for (size_t k; n > 0; s += k, n -= k) {
		k = char_len(s, n);
		if (k > 0) {
			sbuf_add(&good, s, k);
		} else {
			sbuf_adds(&good, "\xEF\xBF\xBD");
			k = 1;
		}
	}
	return json_stringn(sbuf_str(&good), good.n);
}

json_t *jv_str(const char *s)
{
	return s == NULL ? json_null() : jv_strn(s, strlen(s));
}

json_t *jv_hex(const uint8_t *p, size_t n)
{
	auto_sbuf struct sbuf hex = { 0 };

	sbuf_adds(&hex, "0x");
	for (size_t i = 0; i < n; i++)
		sbuf_printf(&hex, "%02X", p[i]);
	return json_string(sbuf_str(&hex));
}

json_t *jv_prefix(const struct ip_prefix *p)
{
	char addr[IP_TEXT], text[IP_TEXT + 4];

	if (!ip_is_set(&p->addr))
		return json_null();
	snprintf(text, sizeof(text), "%s/%u", ip_text(&p->addr, addr), p->len);
	return json_string(text);
}

void jo_set(json_t *o, const char *key, json_t *v)
{
	json_object_set_new(o, key, v);
}

void jo_str(json_t *o, const char *key, const char *v)
{
	jo_set(o, key, jv_str(v));
}

void jo_num(json_t *o, const char *key, uint64_t v)
{
	jo_set(o, key, json_integer((json_int_t)v));
}

void jo_bool(json_t *o, const char *key, bool v)
{
	jo_set(o, key, json_boolean(v));
}

void jo_ip(json_t *o, const char *key, const struct ip_addr *a)
{
	char text[IP_TEXT];

	jo_str(o, key, ip_is_set(a) ? ip_text(a, text) : NULL);
}

void jo_prefix(json_t *o, const char *key, const struct ip_prefix *p)
{
	jo_set(o, key, jv_prefix(p));
}

void jo_spi(json_t *o, const char *key, uint32_t spi)
{
	char text[16];

	snprintf(text, sizeof(text), "0x%08X", spi);
	jo_str(o, key, text);
}

void jo_wall(json_t *o, const char *key, uint64_t secs)
{
	jo_set(o, key,
		secs == 0 ? json_null() : json_integer((json_int_t)secs));
}

json_t *jo_object(json_t *o, const char *key)
{
	json_t *v = json_object();

	jo_set(o, key, v);
	return v;
}

json_t *jo_array(json_t *o, const char *key)
{
	json_t *v = json_array();

	jo_set(o, key, v);
	return v;
}

void ja_str(json_t *a, const char *v)
{
	json_array_append_new(a, jv_str(v));
}

json_t *ja_object(json_t *a)
{
	json_t *v = json_object();

	json_array_append_new(a, v);
	return v;
}
