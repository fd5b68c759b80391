/* SPDX-License-Identifier: BSD-3-Clause */
/* show_ports.c - the three rules of the edge's interfaces, as a table and for nftables. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/operator/show.h"

static json_t *rule(const char *name, const char *protocol, uint16_t port, const char *from,
		    const char *to, const char *what)
{
	return json_pack("{s:s, s:s, s:I, s:s, s:s, s:s}", "rule", name, "protocol", protocol,
			 "port", (json_int_t)port, "from", from, "to", to, "what", what);
}

/* One address of an interface's, and nftables' word for its family. */
struct local {
	const struct ip_addr *address;
	const char *family;
	char text[ADDR_TEXT_MAX];
};

/* The addresses of @i. Returns how many. */
static size_t locals_of(const struct config_iface *i, struct local out[2])
{
	static const struct ip_addr none;
	size_t n = 0;

	if (!addr_equal(&i->address, &none))
		out[n++] = (struct local){.address = &i->address, .family = "ip"};
	if (!addr_equal(&i->address6, &none))
		out[n++] = (struct local){.address = &i->address6, .family = "ip6"};
	for (size_t k = 0; k < n; k++)
		(void)addr_text(out[k].address, out[k].text);
	return n;
}

static bool is_dialled_from(const struct gateway *g, const struct local *from)
{
	return g->dial != GATEWAY_DIAL_NONE && addr_is_v4(&g->address) == addr_is_v4(from->address);
}

static void dial_rules(const struct config *c, json_t *rows, const struct local *from)
{
	char text[ADDR_TEXT_MAX];

	for (size_t i = 0; i < c->policy->gateway_count; i++) {
		const struct gateway *g = &c->policy->gateways[i];

		if (is_dialled_from(g, from))
			json_array_append_new(rows, rule("R3", "XMPP/MTLS", g->port, from->text,
							 addr_text(&g->address, text),
							 "the relay dials this gateway"));
	}
}

void show_ports(const struct request *r, struct answer *a)
{
	struct daemon *d = r->daemon;
	const struct config *c = daemon_config(d);
	struct local edge[2], internal[2];
	const size_t edges = locals_of(&c->iface[IFACE_EDGE], edge);
	const size_t internals = locals_of(&c->iface[IFACE_INTERNAL], internal);
	json_t *rows = json_array();

	for (size_t n = 0; n < edges; n++)
		json_array_append_new(rows, rule("R1", "XMPP/TCP", c->iface[IFACE_EDGE].port, "any",
						 edge[n].text, "partners' servers dial in"));
	for (size_t n = 0; n < edges; n++)
		json_array_append_new(rows,
				      rule("R2", "XMPP/TCP", 5269, edge[n].text, "any",
					   "the relay dials partners (SRV may say another port)"));
	for (size_t n = 0; n < internals; n++)
		json_array_append_new(rows,
				      rule("R3", "XMPP/MTLS", c->iface[IFACE_INTERNAL].port, "any",
					   internal[n].text, "gateways dial in (tighten to them)"));
	for (size_t n = 0; n < internals; n++)
		dial_rules(c, rows, &internal[n]);
	a->data = json_pack("{s:o}", "ports", rows);
	if (answer_flag(r, "nft"))
		json_object_set_new(a->data, "nft", show_nft(c));
}

static void nft_edge(FILE *f, const struct config *c, const struct local *edge)
{
	fprintf(f, "\t\t# R1: partners' servers dial in\n");
	fprintf(f, "\t\t%s daddr %s tcp dport %u accept\n", edge->family, edge->text,
		c->iface[IFACE_EDGE].port);
	fprintf(f, "\t\t# R2: the relay dials partners; a partner's SRV record may say another "
		   "port\n");
	fprintf(f, "\t\t%s saddr %s tcp dport 5269 accept\n", edge->family, edge->text);
}

static void nft_internal(FILE *f, const struct config *c, const struct local *internal)
{
	char text[ADDR_TEXT_MAX];

	fprintf(f, "\t\t# R3: gateways dial in; add \"%s saddr { ... }\" to tighten this to them\n",
		internal->family);
	fprintf(f, "\t\t%s daddr %s tcp dport %u accept\n", internal->family, internal->text,
		c->iface[IFACE_INTERNAL].port);
	for (size_t n = 0; n < c->policy->gateway_count; n++) {
		const struct gateway *g = &c->policy->gateways[n];

		if (!is_dialled_from(g, internal))
			continue;
		fprintf(f, "\t\t# R3: the relay dials gateway %s\n", g->name);
		fprintf(f, "\t\t%s saddr %s %s daddr %s tcp dport %u accept\n", internal->family,
			internal->text, internal->family, addr_text(&g->address, text), g->port);
	}
}

/* ICMP that the stack lives on, and nothing else, from and to one address. */
static void nft_rest(FILE *f, const struct local *l)
{
	const char *icmp = l->family[2] == '\0' ? "icmp" : "icmpv6";
	const char *errors = l->family[2] == '\0' ? "destination-unreachable"
						  : "destination-unreachable, packet-too-big";

	fprintf(f, "\t\t%s saddr %s %s type { echo-reply, %s } accept\n", l->family, l->text, icmp,
		errors);
	fprintf(f, "\t\t%s daddr %s %s type { echo-request, %s } accept\n", l->family, l->text,
		icmp, errors);
	fprintf(f, "\t\t%s saddr %s drop\n", l->family, l->text);
	fprintf(f, "\t\t%s daddr %s drop\n", l->family, l->text);
}

/* For a firewall on the way, hence the forward hook; only what concerns the relay's own addresses
 * is judged. */
json_t *show_nft(const struct config *c)
{
	struct local edge[2], internal[2];
	const size_t edges = locals_of(&c->iface[IFACE_EDGE], edge);
	const size_t internals = locals_of(&c->iface[IFACE_INTERNAL], internal);
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);
	json_t *json;

	if (f == NULL)
		return NULL;
	fprintf(f, "table inet sluice {\n\tchain forward {\n"
		   "\t\ttype filter hook forward priority filter; policy accept;\n"
		   "\t\tct state established,related accept\n");
	for (size_t n = 0; n < edges; n++)
		nft_edge(f, c, &edge[n]);
	for (size_t n = 0; n < internals; n++)
		nft_internal(f, c, &internal[n]);
	fprintf(f, "\t\t# all else from and to the relay\n");
	for (size_t n = 0; n < edges; n++)
		nft_rest(f, &edge[n]);
	for (size_t n = 0; n < internals; n++)
		nft_rest(f, &internal[n]);
	fprintf(f, "\t}\n}\n");
	fclose(f);
	json = json_stringn(text, len);
	free(text);
	return json;
}
