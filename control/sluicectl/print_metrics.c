/* SPDX-License-Identifier: BSD-3-Clause */
/* print_metrics.c - a line a sample: name{label="value"} number. */
#include "control/sluicectl/print_metrics.h"
#include "control/sluicectl/table.h"

static void print_sample(FILE *out, const json_t *sample)
{
	const json_t *number = json_object_get(sample, "value");
	const char *before = "{", *label;
	char cell[1024];
	json_t *value;

	fputs(sluicectl_table_cell(sample, "name", cell, sizeof(cell)), out);
	json_object_foreach(json_object_get(sample, "labels"), label, value)
	{
		fprintf(out, "%s%s=\"%s\"", before, label,
			sluicectl_table_cell(json_object_get(sample, "labels"), label, cell,
					     sizeof(cell)));
		before = ",";
	}
	fputs(*before == ',' ? "} " : " ", out);
	if (json_is_real(number))
		fprintf(out, "%.9g\n", json_real_value(number));
	else
		fprintf(out, "%lld\n", (long long)json_integer_value(number));
}

void sluicectl_print_metrics(FILE *out, const json_t *data)
{
	static const struct table_column columns[] = {{"METRIC", "name"},
						      {"TYPE", "type"},
						      {"LABELS", "labels"},
						      {"WHAT", "text"},
						      {NULL, NULL}};
	const json_t *samples = json_object_get(data, "samples");
	json_t *sample;
	size_t i;

	if (samples == NULL)
		sluicectl_table_print(out, columns, json_object_get(data, "metrics"), "no metrics");
	json_array_foreach(samples, i, sample) print_sample(out, sample);
}
