/* SPDX-License-Identifier: BSD-3-Clause */
/* show_gateways.c - the internal gateways: what they are ordered, and how they are. */
#include "control/operator/show.h"

static const char *dial_name(enum gateway_dial dial)
{
	static const char *const names[] = {"none", "direct-tls", "starttls"};

	return names[dial];
}

/* Where it is dialled; null for one that comes by itself. */
static json_t *address_of(const struct gateway *g)
{
	char text[ADDR_TEXT_MAX];

	return g->dial == GATEWAY_DIAL_NONE ? json_null()
					    : json_string(addr_text(&g->address, text));
}

static json_t *domains_of(const struct gateway *g)
{
	json_t *list = json_array();

	for (char **d = g->local_domains; d != NULL && *d != NULL; d++)
		json_array_append_new(list, json_string(*d));
	return list;
}

static json_t *gateway_row(const struct gateway_view *v)
{
	const struct gateway *g = v->gateway;
	json_t *row = json_pack("{s:s, s:s, s:s, s:o, s:I, s:s, s:o, s:s, s:I, s:I, s:I}", "name",
				g->name, "state", v->state, "order", gateways_order_name(v->order),
				"address", address_of(g), "port", (json_int_t)g->port, "dial",
				dial_name(g->dial), "domains", domains_of(g), "tls", v->tls,
				"streams", (json_int_t)v->streams, "queued_bytes",
				(json_int_t)v->queued_bytes, "failovers", (json_int_t)v->failovers);

	if (v->last_error == DROP_COUNT) {
		json_object_set_new(row, "last_error", json_null());
		return row;
	}
	json_object_set_new(row, "last_error", json_string(drop_name(v->last_error)));
	json_object_set_new(row, "last_error_unix_s",
			    json_integer((json_int_t)v->last_error_unix_s));
	return row;
}

void show_gateways(const struct request *r, struct answer *a)
{
	json_t *rows = json_array();
	struct gateway_view v;

	for (size_t i = 0;
	     gateways_view(daemon_gateways(r->daemon), daemon_sessions(r->daemon), i, &v); i++)
		json_array_append_new(rows, gateway_row(&v));
	a->data = json_pack("{s:o}", "gateways", rows);
}
