/* SPDX-License-Identifier: BSD-3-Clause */
/* show.c - the table of commands, and those that do something. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/show.h"

json_t *show_text(const char *text)
{
	json_t *json = json_string(text);

	return json != NULL ? json : json_string("?");
}

static void reload(struct daemon *d, const json_t *request, uint64_t cursor, struct show_answer *a)
{
	json_t *lines = json_array();
	unsigned int closed = 0;
	char *text = NULL, *rest = NULL;
	size_t len = 0;
	FILE *report = open_memstream(&text, &len);
	bool good;

	(void)request;
	(void)cursor;
	if (report == NULL) {
		json_decref(lines);
		return;
	}
	good = daemon_reload(d, report, &closed);
	fclose(report);
	for (char *line = strtok_r(text, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest))
		json_array_append_new(lines, show_text(line));
	free(text);
	a->data =
	    json_pack("{s:b, s:I, s:o, s:o}", "applied", good, "streams_closed", (json_int_t)closed,
		      "hash", json_sprintf("%016llx", (unsigned long long)daemon_config(d)->hash),
		      "complaints", lines);
	if (good)
		return;
	a->code = EXIT_BAD_CONFIG;
	(void)snprintf(
	    a->error, sizeof(a->error),
	    "the file has errors and nothing has changed: correct them and reload again");
}

static void stop(struct daemon *d, const json_t *request, uint64_t cursor, struct show_answer *a)
{
	(void)request;
	(void)cursor;
	daemon_stop(d);
	a->data = json_pack("{s:b}", "stopping", 1);
}

static void help(struct daemon *d, const json_t *request, uint64_t cursor, struct show_answer *a);

static const struct {
	const char *name, *text;
	void (*answer)(struct daemon *d, const json_t *request, uint64_t cursor,
		       struct show_answer *a);
} commands[] = {
    {"show status", "version, uptime, configuration, cores and interfaces", show_status},
    {"show cores", "what each core does with its time: cycles, frames, records", show_cores},
    {"show ports", "the packet policy of both interfaces (nft: as a ruleset)", show_ports},
    {"show partners", "allowed partners: policy, streams, stanzas", show_partners},
    {"show streams", "live streams", show_streams},
    {"show counters", "both sides of the conservation law, and drops by reason", show_counters},
    {"show denied", "the last refusals, newest first", show_denied},
    {"reload", "read the configuration file again", reload},
    {"stop", "end the relay", stop},
    {"help", "this list", help},
};

static void help(struct daemon *d, const json_t *request, uint64_t cursor, struct show_answer *a)
{
	json_t *rows = json_array();

	(void)d;
	(void)request;
	(void)cursor;
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		json_array_append_new(rows, json_pack("{s:s, s:s}", "command", commands[i].name,
						      "text", commands[i].text));
	a->data = json_pack("{s:o}", "commands", rows);
}

void show_answer(struct daemon *d, const char *command, const json_t *request, uint64_t cursor,
		 struct show_answer *answer)
{
	*answer = (struct show_answer){.code = EXIT_OK};
	for (size_t i = 0; i < ARRAY_LEN(commands); i++)
		if (strcmp(commands[i].name, command) == 0) {
			commands[i].answer(d, request, cursor, answer);
			if (answer->data == NULL && answer->code == EXIT_OK) {
				answer->code = EXIT_FAILED;
				(void)snprintf(answer->error, sizeof(answer->error), "no memory");
			}
			return;
		}
	answer->code = EXIT_USAGE;
	(void)snprintf(answer->error, sizeof(answer->error),
		       "unknown command \"%.64s\": help lists all", command);
}
