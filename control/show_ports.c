/* SPDX-License-Identifier: BSD-3-Clause */
/* show_ports.c - the three rules of the edge's interfaces, as a table and for nftables. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/show.h"

static json_t *rule(const char *name, const char *protocol, uint16_t port, const char *from,
		    const char *to, const char *what)
{
	return json_pack("{s:s, s:s, s:I, s:s, s:s, s:s}", "rule", name, "protocol", protocol,
			 "port", (json_int_t)port, "from", from, "to", to, "what", what);
}

/* Addresses of the gateways that have one, "a, b"; "" when none has. */
static void gateway_addresses(const struct config *c, char *out, size_t room)
{
	char text[ADDR_TEXT_MAX];

	out[0] = '\0';
	for (size_t i = 0; i < c->policy->gateway_count; i++) {
		const struct gateway *g = &c->policy->gateways[i];
		const size_t used = strlen(out);

		if (g->dial != GATEWAY_DIAL_NONE)
			(void)snprintf(out + used, room - used, "%s%s", used > 0 ? ", " : "",
				       addr_text(&g->address, text));
	}
}

static void dial_rules(const struct config *c, json_t *rows, const char *internal)
{
	char text[ADDR_TEXT_MAX];

	for (size_t i = 0; i < c->policy->gateway_count; i++) {
		const struct gateway *g = &c->policy->gateways[i];

		if (g->dial != GATEWAY_DIAL_NONE)
			json_array_append_new(rows, rule("R3", "XMPP/MTLS", g->port, internal,
							 addr_text(&g->address, text),
							 "the relay dials this gateway"));
	}
}

void show_ports(struct daemon *d, const json_t *request, uint64_t cursor, struct show_answer *a)
{
	const struct config *c = daemon_config(d);
	const struct config_iface *e = &c->iface[IFACE_EDGE], *i = &c->iface[IFACE_INTERNAL];
	char edge[ADDR_TEXT_MAX], internal[ADDR_TEXT_MAX];
	json_t *rows = json_array();

	(void)cursor;
	addr_text(&e->address, edge);
	addr_text(&i->address, internal);
	json_array_append_new(
	    rows, rule("R1", "XMPP/TCP", e->port, "any", edge, "partners' servers dial in"));
	json_array_append_new(rows, rule("R2", "XMPP/TCP", 5269, edge, "any",
					 "the relay dials partners (SRV may say another port)"));
	json_array_append_new(rows, rule("R3", "XMPP/MTLS", i->port, "any", internal,
					 "gateways dial in (tighten to them)"));
	dial_rules(c, rows, internal);
	a->data = json_pack("{s:o}", "ports", rows);
	if (json_is_true(json_object_get(request, "nft")))
		json_object_set_new(a->data, "nft", show_nft(c));
}

static void nft_in(FILE *f, const struct config *c, const char *edge, const char *internal)
{
	char gateways[64 * ADDR_TEXT_MAX];

	gateway_addresses(c, gateways, sizeof(gateways));
	fprintf(f, "\t\t# R1: partners' servers dial in\n");
	fprintf(f, "\t\tip daddr %s tcp dport %u accept\n", edge, c->iface[IFACE_EDGE].port);
	fprintf(f, "\t\t# R2: the relay dials partners; a partner's SRV record may say another "
		   "port\n");
	fprintf(f, "\t\tip saddr %s tcp dport 5269 accept\n", edge);
	fprintf(f, "\t\t# R3: gateways dial in%s\n",
		gateways[0] == '\0' ? "; add \"ip saddr { ... }\" to tighten this to them" : "");
	fprintf(f, "\t\tip daddr %s tcp dport %u accept\n", internal,
		c->iface[IFACE_INTERNAL].port);
}

static void nft_dials(FILE *f, const struct config *c, const char *internal)
{
	char text[ADDR_TEXT_MAX];

	for (size_t n = 0; n < c->policy->gateway_count; n++) {
		const struct gateway *g = &c->policy->gateways[n];

		if (g->dial == GATEWAY_DIAL_NONE)
			continue;
		fprintf(f, "\t\t# R3: the relay dials gateway %s\n", g->name);
		fprintf(f, "\t\tip saddr %s ip daddr %s tcp dport %u accept\n", internal,
			addr_text(&g->address, text), g->port);
	}
}

/* For a firewall on the way, hence the forward hook; only what concerns the relay's own two
 * addresses is judged. */
json_t *show_nft(const struct config *c)
{
	char edge[ADDR_TEXT_MAX], internal[ADDR_TEXT_MAX], *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	json_t *json;

	if (f == NULL)
		return NULL;
	addr_text(&c->iface[IFACE_EDGE].address, edge);
	addr_text(&c->iface[IFACE_INTERNAL].address, internal);
	fprintf(f, "table inet sluice {\n\tchain forward {\n"
		   "\t\ttype filter hook forward priority filter; policy accept;\n"
		   "\t\tct state established,related accept\n");
	nft_in(f, c, edge, internal);
	nft_dials(f, c, internal);
	fprintf(f, "\t\t# all else from and to the relay\n");
	fprintf(f,
		"\t\tip saddr { %s, %s } icmp type { echo-reply, destination-unreachable } "
		"accept\n",
		edge, internal);
	fprintf(f,
		"\t\tip daddr { %s, %s } icmp type { echo-request, destination-unreachable } "
		"accept\n",
		edge, internal);
	fprintf(f, "\t\tip saddr { %s, %s } drop\n", edge, internal);
	fprintf(f, "\t\tip daddr { %s, %s } drop\n", edge, internal);
	fprintf(f, "\t}\n}\n");
	fclose(f);
	json = json_stringn(text, len);
	free(text);
	return json;
}
