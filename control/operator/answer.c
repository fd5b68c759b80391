/* SPDX-License-Identifier: BSD-3-Clause */
/* answer.c - the table of commands, and those that do something at once. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "control/domains.h"
#include "control/operator/answer.h"

json_t *answer_string(const char *text)
{
	json_t *json = json_string(text);

	return json != NULL ? json : json_string("?");
}

void answer_stop(const struct request *r, struct answer *a)
{
	const uint32_t seconds = daemon_config(r->daemon)->drain.stop_deadline_s;

	if (answer_flag(r, "now"))
		daemon_stop(r->daemon);
	else
		daemon_shut_down(r->daemon);
	a->data = json_pack("{s:b, s:I}", "stopping", 1, "deadline_s",
			    (json_int_t)(answer_flag(r, "now") ? 0 : seconds));
}

void answer_help(const struct request *r, struct answer *a)
{
	json_t *rows = json_array();

	(void)r;
	for (int i = 0; i < COMMAND_COUNT; i++) {
		const struct command *c = grammar_command((enum command_id)i);

		json_array_append_new(rows,
				      json_pack("{s:s, s:s, s:s}", "command", c->syntax, "level",
						grammar_level_name(c->level), "text", c->text));
	}
	a->data = json_pack("{s:o}", "commands", rows);
}

static void (*const answers[COMMAND_COUNT])(const struct request *r, struct answer *a) = {
#define COMMAND(id, by, syntax, level, text) by,
#include "control/operator/grammar.def"
#undef COMMAND
};

void answer_refuse(struct answer *a, enum exit_code code, const char *format, ...)
{
	va_list values;

	a->code = code;
	va_start(values, format);
	(void)vsnprintf(a->error, sizeof(a->error), format, values);
	va_end(values);
}

const char *answer_text(const struct request *r, const char *key)
{
	return json_string_value(json_object_get(r->args, key));
}

uint64_t answer_number(const struct request *r, const char *key, uint64_t otherwise)
{
	const json_t *value = json_object_get(r->args, key);

	return value != NULL ? (uint64_t)json_integer_value(value) : otherwise;
}

bool answer_flag(const struct request *r, const char *key)
{
	return json_is_true(json_object_get(r->args, key));
}

const struct partner *answer_partner(const struct request *r, const char *domain, struct answer *a)
{
	char folded[DOMAIN_TEXT_MAX + 1];
	const struct partner *p = domains_fold(domain, folded)
				      ? policy_partner(daemon_config(r->daemon)->policy, folded)
				      : NULL;

	if (p == NULL && domains_fold(domain, folded) &&
	    policy_is_disabled(daemon_config(r->daemon)->policy, folded))
		answer_refuse(a, EXIT_NOT_FOUND, "%.100s is disabled: partner enable %.100s",
			      folded, folded);
	else if (p == NULL)
		answer_refuse(a, EXIT_NOT_FOUND, "no partner %.200s: show partners lists them",
			      domain);
	return p;
}

void answer_request(const struct request *r, struct answer *a)
{
	const int id = grammar_check(r->command, r->args, a->error);
	enum grammar_level needed;

	a->code = EXIT_OK;
	a->data = NULL;
	a->cursor = 0;
	a->job = NULL;
	if (id < 0) {
		a->code = EXIT_USAGE;
		return;
	}
	a->error[0] = '\0';
	needed = grammar_command((enum command_id)id)->level;
	if (needed > r->level) {
		answer_refuse(a, EXIT_NOT_PERMITTED, "not permitted: this takes %s rights",
			      grammar_level_name(needed));
		return;
	}
	answers[id](r, a);
	if (a->data == NULL && a->job == NULL && a->code == EXIT_OK)
		answer_refuse(a, EXIT_FAILED, "no memory");
}
