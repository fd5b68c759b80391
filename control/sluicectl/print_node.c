/* SPDX-License-Identifier: BSD-3-Clause */
/* print_node.c - health, drain and gateways as people read them. */
#include <string.h>

#include "control/sluicectl/print_node.h"
#include "control/sluicectl/table.h"

static long long number_of(const json_t *data, const char *key)
{
	return (long long)json_integer_value(json_object_get(data, key));
}

static const char *text_of(const json_t *data, const char *key, char *cell, size_t room)
{
	return sluicectl_table_cell(data, key, cell, room);
}

void sluicectl_print_gateways(FILE *out, const json_t *data)
{
	static const struct table_column state[] = {
	    {"GATEWAY", "name"},        {"STATE", "state"},
	    {"ADDRESS", "address"},     {"TLS", "tls"},
	    {"STREAMS", "streams"},     {"BYTES IN FLIGHT", "queued_bytes"},
	    {"FAILOVERS", "failovers"}, {NULL, NULL}};
	static const struct table_column facts[] = {
	    {"GATEWAY", "name"},          {"DIAL", "dial"},       {"PORT", "port"},
	    {"LAST ERROR", "last_error"}, {"DOMAINS", "domains"}, {NULL, NULL}};
	const json_t *rows = json_object_get(data, "gateways");

	sluicectl_table_print(out, state, rows, "no gateway is configured");
	if (json_array_size(rows) == 0)
		return;
	fputc('\n', out);
	sluicectl_table_print(out, facts, rows, "");
}

void sluicectl_print_order(FILE *out, const json_t *data)
{
	const json_t *lines = json_object_get(data, "warnings");
	char name[128], order[32];
	json_t *line;
	size_t i;

	fprintf(out, "gateway %s: %s, %lld streams closed\n",
		text_of(data, "gateway", name, sizeof(name)),
		text_of(data, "order", order, sizeof(order)), number_of(data, "streams_closed"));
	json_array_foreach(lines, i, line) fprintf(out, "warning: %s\n", json_string_value(line));
}

void sluicectl_print_health(FILE *out, const json_t *data)
{
	char line[2048];

	fprintf(out, "%s\n", text_of(data, "text", line, sizeof(line)));
}

void sluicectl_print_drain(FILE *out, const json_t *data)
{
	char state[32];

	fprintf(out, "%s: %lld streams with partners, %lld with gateways, %lld stanzas held\n",
		text_of(data, "state", state, sizeof(state)), number_of(data, "partner_streams"),
		number_of(data, "gateway_streams"), number_of(data, "stanzas_held"));
	if (json_object_get(data, "deadline_s") == NULL)
		return;
	fprintf(
	    out,
	    "since %lld s: %lld streams of partners told to end; spread %lld s, deadline %lld s, "
	    "%lld s of it left\n",
	    number_of(data, "began_s"), number_of(data, "streams_closed"),
	    number_of(data, "spread_s"), number_of(data, "deadline_s"), number_of(data, "left_s"));
}

void sluicectl_print_stop(FILE *out, const json_t *data)
{
	const long long seconds = number_of(data, "deadline_s");

	if (seconds > 0)
		fprintf(out, "stopping: streams end first, in at most %lld s\n", seconds);
	else
		fputs("stopping\n", out);
}
