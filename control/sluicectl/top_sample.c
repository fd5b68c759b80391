/* SPDX-License-Identifier: BSD-3-Clause */
/* top_sample.c - three answers as one struct. */
#include <stdio.h>
#include <string.h>

#include "control/operator/exit_code.h"
#include "control/sluicectl/top_sample.h"

static long long number_of(const json_t *row, const char *key)
{
	return (long long)json_integer_value(json_object_get(row, key));
}

static void take_text(char *out, size_t room, const json_t *value, const char *otherwise)
{
	const char *text = json_string_value(value);

	(void)snprintf(out, room, "%s", text != NULL ? text : otherwise);
}

/* The first page of an answer; NULL with a code and a sentence. */
static json_t *first_page(struct sluicectl_client *c, const char *command, int *code, char *error)
{
	long long cursor = 0;
	json_t *page = sluicectl_client_page(c, command, NULL, &cursor, NULL, code, error);
	json_t *data = json_object_get(page, "data");

	if (page != NULL && *code != EXIT_OK)
		take_text(error, 512, json_object_get(page, "error"), "the relay refuses");
	data = page != NULL && *code == EXIT_OK ? json_incref(data) : NULL;
	json_decref(page);
	return data;
}

static bool take_status(struct top_sample *s, struct sluicectl_client *c, int *code, char *error)
{
	json_t *data = first_page(c, "show status", code, error), *row;
	const json_t *rows = json_object_get(data, "interfaces");
	size_t i;

	if (data == NULL)
		return false;
	take_text(s->version, sizeof(s->version), json_object_get(data, "version"), "?");
	take_text(s->state, sizeof(s->state), json_object_get(data, "state"), "running");
	s->uptime_s = number_of(data, "uptime_s");
	s->partners = number_of(data, "partners");
	s->gateways = number_of(data, "gateways");
	s->streams = number_of(data, "streams");
	json_array_foreach(rows, i, row)
	{
		if (i == 2)
			break;
		s->bytes[2 * i] = (uint64_t)number_of(row, "rx_bytes");
		s->bytes[2 * i + 1] = (uint64_t)number_of(row, "tx_bytes");
	}
	json_decref(data);
	return true;
}

static bool take_cores(struct top_sample *s, struct sluicectl_client *c, int *code, char *error)
{
	json_t *data = first_page(c, "show cores", code, error);

	if (data == NULL)
		return false;
	s->cores = json_incref(json_object_get(data, "cores"));
	json_decref(data);
	return true;
}

static bool take_law(struct top_sample *s, struct sluicectl_client *c, int *code, char *error)
{
	static const char *const names[TOP_TERMS] = {"accepted", "delivered", "answered",
						     "bounced",  "dropped",   "held"};
	json_t *data = first_page(c, "show counters", code, error);
	const json_t *total = json_array_get(json_object_get(data, "law"), 0);

	if (data == NULL)
		return false;
	for (int i = 0; i < TOP_TERMS; i++)
		s->law[i] = (uint64_t)number_of(total, names[i]);
	json_decref(data);
	return true;
}

bool sluicectl_top_sample_take(struct top_sample *s, struct sluicectl_client *c, uint64_t now_us,
			       int *code, char *error)
{
	*s = (struct top_sample){.at_us = now_us};
	if (take_status(s, c, code, error) && take_cores(s, c, code, error) &&
	    take_law(s, c, code, error))
		return true;
	sluicectl_top_sample_clear(s);
	return false;
}

void sluicectl_top_sample_clear(struct top_sample *s)
{
	json_decref(s->cores);
	*s = (struct top_sample){.at_us = 0};
}
