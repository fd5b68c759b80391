/* SPDX-License-Identifier: BSD-3-Clause */
/* print_ask.c - columns of certificates, DNS answers and dialback. */
#include "control/sluicectl/print_ask.h"

#include <stdbool.h>

#include "control/sluicectl/table.h"

static long long number_of(const json_t *data, const char *key)
{
	return (long long)json_integer_value(json_object_get(data, key));
}

void sluicectl_print_certs(FILE *out, const json_t *data)
{
	static const struct table_column columns[] = {
	    {"OF", "of"},       {"NAME", "name"},     {"DAYS", "days_left"}, {"NAMES", "names"},
	    {"USAGE", "usage"}, {"ISSUER", "issuer"}, {"FILE", "file"},      {NULL, NULL}};

	sluicectl_table_print(out, columns, json_object_get(data, "certs"), "none");
	fprintf(out, "\ntrust anchors: %lld of the edge, %lld inside\n",
		number_of(data, "anchors_edge"), number_of(data, "anchors_internal"));
	if (json_is_false(json_object_get(data, "complete")))
		fputs("there are more certificates of live streams than are told apart here\n",
		      out);
}

void sluicectl_print_dns(FILE *out, const json_t *data)
{
	static const struct table_column columns[] = {
	    {"NAME", "name"},   {"TYPE", "type"}, {"RESULT", "result"}, {"DATA", "data"},
	    {"LEFT", "left_s"}, {"TTL", "ttl_s"}, {"DNSSEC", "dnssec"}, {NULL, NULL}};

	sluicectl_table_print(out, columns, json_object_get(data, "dns"),
			      "nothing was asked lately");
}

void sluicectl_print_dialback(FILE *out, const json_t *data)
{
	static const struct table_column columns[] = {{"FROM", "from"},     {"TO", "to"},
						      {"STREAM", "stream"}, {"STATE", "state"},
						      {"LEFT", "left_s"},   {NULL, NULL}};
	const char *secret = json_string_value(json_object_get(data, "secret"));

	fprintf(out, "secret: %s", secret != NULL ? secret : "?");
	if (json_is_true(json_object_get(data, "old_accepted")))
		fprintf(out, "; keys by the one before pass for another %lld s",
			number_of(data, "old_left_s"));
	fputs("\n", out);
	if (json_object_get(data, "pending") != NULL)
		sluicectl_table_print(out, columns, json_object_get(data, "pending"),
				      "no key is being verified");
}

void sluicectl_print_flushed(FILE *out, const json_t *data)
{
	const char *of = json_string_value(json_object_get(data, "of"));

	fprintf(out, "%lld answers forgotten (%s); all names are asked anew\n",
		number_of(data, "forgotten"), of != NULL ? of : "?");
}
