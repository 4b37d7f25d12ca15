/* JSON of show crypto gdoi: what key server and member share. */
#include "cli/show_json.h"

json_t *groups_json(json_t **list)
{
	json_t *o = json_object();

	*list = jo_array(o, "groups");
	return o;
}

json_t *group_id_json(const struct group_id *id)
{
	auto_sbuf struct sbuf text = { 0 };

	if (!id->is_set)
		return json_null();
	if (!id->is_addr)
		return json_integer(id->number);
	show_group_id(id, &text);
	return jv_str(sbuf_str(&text));
}

/* --- access lists --- */

static void wild_put(json_t *o, const char *key, struct ip_wild w)
{
	struct ip_addr a = ip_v4(w.wild == UINT32_MAX ? 0 : w.addr);
	struct ip_addr m = ip_v4(w.wild);
	json_t *v = jo_object(o, key);

	jo_ip(v, "address", &a);
	jo_ip(v, "wildcard", &m);
}

static void port_put(json_t *o, const char *key, const struct ace_port *p)
{
	static const char *const ops[] = { [PORT_EQ] = "eq",
		[PORT_NEQ] = "neq",
		[PORT_GT] = "gt",
		[PORT_LT] = "lt",
		[PORT_RANGE] = "range" };
	json_t *v, *ports;

	if (p->op == PORT_ANY)
		return;
	v = jo_object(o, key);
	jo_str(v, "operator", ops[p->op]);
	ports = jo_array(v, "ports");
	for (size_t i = 0; i < p->n; i++)
		json_array_append_new(ports, json_integer(p->p[i]));
}

json_t *ace_json(const struct ace *e, const uint64_t *matches)
{
	const char *proto =
		e->ip6 ? proto6_name(e->proto) : proto_name(e->proto);
	auto_sbuf struct sbuf text = { 0 };
	json_t *o = json_object();

	ace_text(e, ACE_STYLE_CONFIG, &text);
	jo_num(o, "sequence", e->seq);
	jo_str(o, "action", e->permit ? "permit" : "deny");
	if (proto != NULL)
		jo_str(o, "protocol", proto);
	else
		jo_num(o, "protocol", (uint64_t)e->proto);
	if (e->ip6) {
		jo_prefix(o, "source", &e->src6);
		jo_prefix(o, "destination", &e->dst6);
	} else {
		wild_put(o, "source", e->src);
		wild_put(o, "destination", e->dst);
	}
	port_put(o, "source_port", &e->sport);
	port_put(o, "destination_port", &e->dport);
	jo_bool(o, "log", e->log || e->log_input);
	if (matches != NULL)
		jo_num(o, "matches", *matches);
	jo_str(o, "text", sbuf_str(&text));
	return o;
}

json_t *acl_json(const struct acl *a, const uint64_t *matches)
{
	json_t *list = json_array();

	for (size_t i = 0; i < a->n; i++)
		json_array_append_new(
			list, ace_json(&a->v[i],
				      matches != NULL ? &matches[i] : NULL));
	return list;
}

/* --- keys --- */

void jo_life(json_t *o, const char *key, uint32_t secs)
{
	jo_set(o, key, secs == LIFE_FOREVER ? json_null() : json_integer(secs));
}

json_t *kek_json(const struct kek_info *k)
{
	const struct cipher_alg *a = cipher_alg(k->cipher);
	json_t *o;

	if (!k->live)
		return json_null();
	o = json_object();
	jo_set(o, "spi", jv_hex(k->spi, sizeof(k->spi)));
	jo_num(o, "conn_id", k->conn_id);
	jo_ip(o, "destination", &k->dst);
	jo_ip(o, "source", &k->src);
	jo_str(o, "transport", k->unicast ? "unicast" : "multicast");
	jo_str(o, "encrypt_algorithm", show_cipher(k->cipher));
	jo_num(o, "key_bits", a != NULL ? a->key_bytes * 8U : 0);
	jo_str(o, "sig_hash_algorithm", show_sig_hash(k->sig_hash));
	if (k->key_label[0] != '\0')
		jo_str(o, "sig_key_name", k->key_label);
	jo_num(o, "sig_key_der_bytes", k->sig_key_der_bytes);
	jo_num(o, "sig_bytes", k->sig_bytes);
	jo_num(o, "lifetime_secs", k->orig_secs);
	jo_num(o, "remaining_secs", k->remaining_secs);
	jo_num(o, "sequence", k->seq);
	return o;
}

json_t *tek_json(const struct tek_info *t)
{
	char text[ESP_TEXT];
	json_t *o = json_object();

	jo_spi(o, "spi", t->spi);
	jo_str(o, "transform", esp_suite_display(&t->suite, text));
	jo_str(o, "encapsulation", t->transport_mode ? "transport" : "tunnel");
	jo_num(o, "cipher_key_bytes", show_cipher_bytes(&t->suite));
	jo_num(o, "auth_key_bytes", esp_auth_key_bytes(&t->suite));
	jo_num(o, "lifetime_secs", t->orig_secs);
	jo_num(o, "remaining_secs", t->remaining_secs);
	jo_replay(o, t->replay, t->replay_window);
	return o;
}
