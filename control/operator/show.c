/* SPDX-License-Identifier: BSD-3-Clause */
/* show.c - the table of commands, and those that do something. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/domains.h"
#include "control/operator/grammar.h"
#include "control/operator/show.h"

json_t *show_text(const char *text)
{
	json_t *json = json_string(text);

	return json != NULL ? json : json_string("?");
}

static void reload(struct daemon *d, const json_t *args, uint64_t cursor, struct show_answer *a)
{
	json_t *lines = json_array();
	unsigned int closed = 0;
	char *text = NULL, *rest = NULL;
	size_t len = 0;
	FILE *report = open_memstream(&text, &len);
	bool good;

	(void)args;
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

static void stop(struct daemon *d, const json_t *args, uint64_t cursor, struct show_answer *a)
{
	(void)args;
	(void)cursor;
	daemon_stop(d);
	a->data = json_pack("{s:b}", "stopping", 1);
}

static void help(struct daemon *d, const json_t *args, uint64_t cursor, struct show_answer *a)
{
	json_t *rows = json_array();

	(void)d;
	(void)args;
	(void)cursor;
	for (int i = 0; i < COMMAND_COUNT; i++) {
		const struct command *c = grammar_command((enum command_id)i);

		json_array_append_new(rows,
				      json_pack("{s:s, s:s, s:s}", "command", c->syntax, "level",
						grammar_level_name(c->level), "text", c->text));
	}
	a->data = json_pack("{s:o}", "commands", rows);
}

static void (*const answers[COMMAND_COUNT])(struct daemon *d, const json_t *args, uint64_t cursor,
					    struct show_answer *a) = {
    [COMMAND_SHOW_STATUS] = show_status,
    [COMMAND_SHOW_CORES] = show_cores,
    [COMMAND_SHOW_PORTS] = show_ports,
    [COMMAND_SHOW_PARTNERS] = show_partners,
    [COMMAND_SHOW_STREAMS] = show_streams,
    [COMMAND_SHOW_COUNTERS] = show_counters,
    [COMMAND_SHOW_DENIED] = show_denied,
    [COMMAND_RELOAD] = reload,
    [COMMAND_STOP] = stop,
    [COMMAND_HELP] = help,
};

__attribute__((format(printf, 3, 4))) static void refuse(struct show_answer *a, enum exit_code code,
							 const char *format, ...)
{
	va_list values;

	a->code = code;
	va_start(values, format);
	(void)vsnprintf(a->error, sizeof(a->error), format, values);
	va_end(values);
}

const struct partner *show_partner(struct daemon *d, const char *domain, struct show_answer *a)
{
	char folded[DOMAIN_TEXT_MAX + 1];
	const struct partner *p =
	    domains_fold(domain, folded) ? policy_partner(daemon_config(d)->policy, folded) : NULL;

	if (p == NULL)
		refuse(a, EXIT_NOT_FOUND, "no partner %.200s: show partners lists them", domain);
	return p;
}

void show_answer(struct daemon *d, enum grammar_level level, const char *command, json_t *args,
		 uint64_t cursor, struct show_answer *answer)
{
	const int id = grammar_check(command, args, answer->error);

	answer->code = EXIT_OK;
	answer->data = NULL;
	answer->cursor = 0;
	if (id < 0) {
		answer->code = EXIT_USAGE;
		return;
	}
	answer->error[0] = '\0';
	if (grammar_command((enum command_id)id)->level > level) {
		refuse(answer, EXIT_NOT_PERMITTED, "not permitted: this takes %s rights",
		       grammar_level_name(grammar_command((enum command_id)id)->level));
		return;
	}
	answers[id](d, args, cursor, answer);
	if (answer->data == NULL && answer->code == EXIT_OK)
		refuse(answer, EXIT_FAILED, "no memory");
}
