/* SPDX-License-Identifier: BSD-3-Clause */
/* answer_gateway.c - "gateway ready", "gateway drain", "gateway maint". */
#include <string.h>

#include "control/operator/answer.h"

bool answer_gateway(const struct request *r, const char *name, struct answer *a,
		    struct gateway_view *out)
{
	for (size_t i = 0;
	     gateways_view(daemon_gateways(r->daemon), daemon_sessions(r->daemon), i, out); i++)
		if (strcmp(out->gateway->name, name) == 0)
			return true;
	answer_refuse(a, EXIT_NOT_FOUND, "no gateway %.63s: show gateways lists them", name);
	return false;
}

/* Domains whose stanzas nobody takes now, or nobody else could. */
static json_t *warnings(const struct request *r, const struct gateway *g, enum gateway_order order)
{
	json_t *list = json_array();

	for (char **d = g->local_domains; d != NULL && *d != NULL; d++) {
		const struct gateway *other = gateways_choose(daemon_gateways(r->daemon), *d, 0);

		if (order == GATEWAY_MAINT && other == NULL)
			json_array_append_new(
			    list,
			    json_sprintf("%s has no other gateway: stanzas to it bounce", *d));
		else if (order == GATEWAY_DRAIN && other == g)
			json_array_append_new(
			    list,
			    json_sprintf("%s has no other gateway: its stanzas still go to %s", *d,
					 g->name));
	}
	return list;
}

static void set(const struct request *r, struct answer *a, enum gateway_order order)
{
	const char *name = answer_text(r, "name");
	struct gateway_view v;
	unsigned int ended;

	if (!answer_gateway(r, name, a, &v))
		return;
	gateways_set(daemon_gateways(r->daemon), v.gateway->name, order);
	ended = sessions_heed_gateway(daemon_sessions(r->daemon), v.gateway->name);
	a->data = json_pack("{s:s, s:s, s:I, s:o}", "gateway", v.gateway->name, "order",
			    gateways_order_name(order), "streams_closed", (json_int_t)ended,
			    "warnings", warnings(r, v.gateway, order));
}

void answer_gateway_ready(const struct request *r, struct answer *a)
{
	set(r, a, GATEWAY_READY);
}

void answer_gateway_drain(const struct request *r, struct answer *a)
{
	set(r, a, GATEWAY_DRAIN);
}

void answer_gateway_maint(const struct request *r, struct answer *a)
{
	set(r, a, GATEWAY_MAINT);
}
