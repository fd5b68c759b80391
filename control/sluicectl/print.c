/* SPDX-License-Identifier: BSD-3-Clause */
/* print.c - which columns each answer has. */
#include <string.h>
#include <time.h>

#include "control/sluicectl/fields.h"
#include "control/sluicectl/own.h"
#include "control/sluicectl/print.h"
#include "control/sluicectl/print_ask.h"
#include "control/sluicectl/print_change.h"
#include "control/sluicectl/print_metrics.h"
#include "control/sluicectl/print_node.h"
#include "control/sluicectl/print_test.h"
#include "control/sluicectl/print_watch.h"
#include "control/sluicectl/table.h"

static const char *text_of(const json_t *data, const char *key)
{
	const char *text = json_string_value(json_object_get(data, key));

	return text != NULL ? text : "-";
}

static long long number_of(const json_t *data, const char *key)
{
	return (long long)json_integer_value(json_object_get(data, key));
}

/* Local time; without the year where it is recent. */
static void print_time(long long unix_s, bool with_year, char *out, size_t room)
{
	const time_t t = (time_t)unix_s;
	struct tm local;
	size_t len = 0;

	if (localtime_r(&t, &local) != NULL)
		len = with_year ? strftime(out, room, "%F %T", &local)
				: strftime(out, room, "%m-%d %T", &local);
	if (len == 0)
		(void)snprintf(out, room, "-");
}

static void print_status(FILE *out, const json_t *data)
{
	static const struct table_column cores[] = {{"CORE", "core"},
						    {"BUSY%", "busy_percent"},
						    {"CONNECTIONS", "conns"},
						    {"STREAMS", "streams_granted"},
						    {"HEARTBEAT", "heartbeat"},
						    {"FRAMES ON", "frames_crossed"},
						    {"STANZAS ON", "stanzas_crossed"},
						    {NULL, NULL}};
	static const struct table_column ifaces[] = {{"INTERFACE", "interface"},
						     {"DRIVER", "driver"},
						     {"DEVICE", "device"},
						     {"ADDRESS", "address"},
						     {"PORT", "port"},
						     {"MAC", "mac"},
						     {"MTU", "mtu"},
						     {NULL, NULL}};
	static const struct table_column spread[] = {{"INTERFACE", "interface"},
						     {"IPV6 ADDRESS", "address6"},
						     {"QUEUES", "queues"},
						     {"STEERING", "steering"},
						     {NULL, NULL}};
	static const struct table_column packets[] = {
	    {"INTERFACE", "interface"}, {"RX", "rx_packets"},    {"RX BYTES", "rx_bytes"},
	    {"MISSED", "rx_missed"},    {"ERRORS", "rx_errors"}, {"TX", "tx_packets"},
	    {"TX BYTES", "tx_bytes"},   {"ERRORS", "tx_errors"}, {NULL, NULL}};
	const long long up = number_of(data, "uptime_s");
	char loaded[32];

	print_time(number_of(data, "loaded_unix_s"), true, loaded, sizeof(loaded));
	fprintf(out, "sluice %s, pid %lld, %s, up %lldd %02lld:%02lld:%02lld\n",
		text_of(data, "version"), number_of(data, "pid"), text_of(data, "state"),
		up / 86400, up / 3600 % 24, up / 60 % 60, up % 60);
	fprintf(out, "configuration %s\nloaded %s, hash %s\n", text_of(data, "config"), loaded,
		text_of(data, "hash"));
	fprintf(out, "%lld partners, %lld gateways, %lld streams\n\n", number_of(data, "partners"),
		number_of(data, "gateways"), number_of(data, "streams"));
	sluicectl_table_print(out, cores, json_object_get(data, "cores"), "no cores");
	fputc('\n', out);
	sluicectl_table_print(out, ifaces, json_object_get(data, "interfaces"), "no interfaces");
	fputc('\n', out);
	sluicectl_table_print(out, spread, json_object_get(data, "interfaces"), "no interfaces");
	fputc('\n', out);
	sluicectl_table_print(out, packets, json_object_get(data, "interfaces"), "no interfaces");
}

static void print_cores(FILE *out, const json_t *data)
{
	static const struct table_column present[] = {{"CORE", "core"},
						      {"LCORE", "lcore"},
						      {"BUSY%", "recent_busy_percent"},
						      {"STANZAS", "recent_stanzas"},
						      {"CYCLES EACH", "recent_cycles_per_stanza"},
						      {"FRAMES", "recent_frames"},
						      {"CYCLES EACH", "recent_cycles_per_frame"},
						      {"CONNECTIONS", "conns"},
						      {"POOL%", "pool_percent"},
						      {NULL, NULL}};
	static const struct table_column work[] = {
	    {"CORE", "core"},
	    {"STANZAS", "stanzas"},
	    {"CYCLES EACH", "cycles_per_stanza"},
	    {"FRAMES IN/OUT", "frames_in/frames_out"},
	    {"A BURST", "frames_per_burst"},
	    {"OPENED/SEALED", "records_opened/records_sealed"},
	    {NULL, NULL}};
	static const struct table_column turns[] = {{"CORE", "core"},
						    {"TURNS", "turns"},
						    {"BUSY TURNS", "busy_turns"},
						    {"BUSY CYCLES", "busy_cycles"},
						    {"OF A SECOND", "cycles_hz"},
						    {NULL, NULL}};
	const json_t *rows = json_object_get(data, "cores");

	fputs("the last second, and now\n", out);
	sluicectl_table_print(out, present, rows, "no cores");
	fputs("\nsince the start; busy cycles a stanza, records opened and sealed\n", out);
	sluicectl_table_print(out, work, rows, "no cores");
	fputc('\n', out);
	sluicectl_table_print(out, turns, rows, "no cores");
}

static void print_ports(FILE *out, const json_t *data)
{
	static const struct table_column columns[] = {
	    {"RULE", "rule"}, {"PROTOCOL", "protocol"}, {"PORT", "port"}, {"FROM", "from"},
	    {"TO", "to"},     {"WHAT", "what"},         {NULL, NULL}};
	const char *nft = json_string_value(json_object_get(data, "nft"));

	if (nft != NULL)
		fputs(nft, out);
	else
		sluicectl_table_print(out, columns, json_object_get(data, "ports"), "no rules");
}

static void print_partners(FILE *out, const json_t *data)
{
	static const struct table_column columns[] = {{"PARTNER", "domain"},
						      {"TYPE", "type"},
						      {"METHODS", "methods"},
						      {"STREAMS IN/OUT", "streams_in/streams_out"},
						      {"LIMIT", "connection_limit"},
						      {"STANZAS IN/OUT", "stanzas_in/stanzas_out"},
						      {NULL, NULL}};

	const json_t *rows = json_object_get(data, "partners");

	sluicectl_table_print(out, columns, rows, "no partner is allowed");
	if (json_object_get(json_array_get(rows, 0), "connections") == NULL)
		return;
	fputc('\n', out); /* one was asked for */
	sluicectl_print_from(out, json_array_get(rows, 0), "connections");
}

static void print_streams(FILE *out, const json_t *data)
{
	/* Where there is no room for all of them the last are left out. */
	static const struct table_column columns[] = {{"STREAM", "id"},
						      {"LEG", "leg"},
						      {"DIR", "direction"},
						      {"STATE", "state"},
						      {"REMOTE", "remote"},
						      {"LOCAL", "local"},
						      {"IN/OUT", "stanzas_in/stanzas_out"},
						      {"AGE", "age_s"},
						      {"ADDRESS", "address"},
						      {"METHOD", "method"},
						      {"TLS", "tls"},
						      {NULL, NULL}};

	const json_t *rows = json_object_get(data, "streams");

	sluicectl_table_print(out, columns, rows, "no streams");
	if (json_object_get(json_array_get(rows, 0), "certificate") == NULL)
		return;
	fputc('\n', out);
	sluicectl_print_from(out, json_array_get(rows, 0), "test");
}

static json_t *not_zero(const json_t *rows, const char *key)
{
	json_t *some = json_array(), *row;
	size_t i;

	json_array_foreach(rows, i, row) if (number_of(row, key) != 0) json_array_append(some, row);
	return some;
}

static void print_counters(FILE *out, const json_t *data)
{
	static const struct table_column law[] = {{"OF", "of"},
						  {"ACCEPTED", "accepted"},
						  {"DELIVERED", "delivered"},
						  {"ANSWERED", "answered"},
						  {"BOUNCED", "bounced"},
						  {"DROPPED", "dropped"},
						  {"HELD", "held"},
						  {"SUM", "sum"},
						  {"EQUAL", "equal"},
						  {NULL, NULL}};
	static const struct table_column passed[] = {
	    {"OF", "of"}, {"CAME", "came"}, {"WENT", "went"}, {NULL, NULL}};
	static const struct table_column drops[] = {{"DROPPED", "name"},
						    {"COUNT", "count"},
						    {"FAULT", "fault"},
						    {"WHAT", "text"},
						    {NULL, NULL}};
	const bool is_whole = json_object_get(data, "partners") != NULL;
	json_t *some = not_zero(json_object_get(data, "drops"), "count");
	json_t *busy = not_zero(json_object_get(data, "partners"), "accepted");
	const char *name;
	json_t *value;

	fputs("accepted = delivered + answered + bounced + dropped + held\n"
	      "of one core: accepted + came = the same + went (from and to other cores)\n\n",
	      out);
	sluicectl_table_print(out, law, json_object_get(data, "law"), "no cores");
	fputc('\n', out);
	if (is_whole) {
		sluicectl_table_print(out, passed, json_object_get(data, "law"), "no cores");
		fputc('\n', out);
		sluicectl_table_print(out, law, busy, "no partner has sent or received a stanza");
		fputc('\n', out);
	}
	json_object_foreach(json_object_get(data, "counters"), name, value)
	    fprintf(out, "%-16s %lld\n", name, (long long)json_integer_value(value));
	if (is_whole) {
		fputc('\n', out);
		sluicectl_table_print(out, drops, some, "nothing was dropped or refused");
	}
	json_decref(some);
	json_decref(busy);
}

static void print_denied(FILE *out, const json_t *data)
{
	static const struct table_column columns[] = {
	    {"TIME", "time"},       {"REASON", "reason"}, {"FROM", "from"}, {"TO", "to"},
	    {"ADDRESS", "address"}, {"STREAM", "id"},     {"TEXT", "text"}, {NULL, NULL}};
	const json_t *rows = json_object_get(data, "denied");
	char time[32];
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		print_time(number_of(row, "at_unix_s"), false, time, sizeof(time));
		json_object_set_new(row, "time", json_string(time));
	}
	sluicectl_table_print(out, columns, rows, "nothing was refused");
}

static void print_command(FILE *out, const char *syntax, const char *level, const char *text)
{
	fprintf(out, "%s  (%s)\n        %s\n", syntax, level, text);
}

/* What the relay knows, and what is sluicectl's own. No table: a syntax must not be cut. */
static void print_help(FILE *out, const json_t *data)
{
	const json_t *rows = json_object_get(data, "commands");
	const struct grammar *own = sluicectl_own_grammar();
	const json_t *row;
	size_t n;

	json_array_foreach(rows, n, row) print_command(out, text_of(row, "command"),
						       text_of(row, "level"), text_of(row, "text"));
	for (int i = 0; i < own->count; i++)
		print_command(out, own->commands[i].syntax,
			      grammar_level_name(own->commands[i].level), own->commands[i].text);
}

void sluicectl_print_line(FILE *out, const json_t *data)
{
	const char *between = "", *key;
	json_t *value;
	char cell[4096];

	if (sluicectl_print_watch(out, data) || sluicectl_print_verdict(out, data))
		return;
	if (json_object_get(data, "text") != NULL) {
		fprintf(out, "%s\n", sluicectl_table_cell(data, "text", cell, sizeof(cell)));
		return;
	}
	json_object_foreach((json_t *)(uintptr_t)data, key, value)
	{
		fprintf(out, "%s%s=%s", between, key,
			sluicectl_table_cell(data, key, cell, sizeof(cell)));
		between = " ";
	}
	fputc('\n', out);
}

void sluicectl_print(FILE *out, const char *command, const json_t *data)
{
	static const struct {
		const char *command;
		void (*print)(FILE *out, const json_t *data);
	} printers[] = {
	    {"show status", print_status},
	    {"show cores", print_cores},
	    {"show ports", print_ports},
	    {"show partners", print_partners},
	    {"show streams", print_streams},
	    {"show counters", print_counters},
	    {"show denied", print_denied},
	    {"show blocked", sluicectl_print_blocked},
	    {"show config", sluicectl_print_config},
	    {"reload", sluicectl_print_change},
	    {"config check", sluicectl_print_change},
	    {"config rollback", sluicectl_print_change},
	    {"set limit", sluicectl_print_change},
	    {"partner add", sluicectl_print_change},
	    {"partner set", sluicectl_print_change},
	    {"partner del", sluicectl_print_change},
	    {"partner enable", sluicectl_print_change},
	    {"partner disable", sluicectl_print_change},
	    {"partner revert", sluicectl_print_change},
	    {"partner save", sluicectl_print_change},
	    {"partner kick", sluicectl_print_touched},
	    {"partner block", sluicectl_print_touched},
	    {"stream close", sluicectl_print_touched},
	    {"show gateways", sluicectl_print_gateways},
	    {"show health", sluicectl_print_health},
	    {"gateway ready", sluicectl_print_order},
	    {"gateway drain", sluicectl_print_order},
	    {"gateway maint", sluicectl_print_order},
	    {"drain start", sluicectl_print_drain},
	    {"drain stop", sluicectl_print_drain},
	    {"drain status", sluicectl_print_drain},
	    {"stop", sluicectl_print_stop},
	    {"show certs", sluicectl_print_certs},
	    {"show dns", sluicectl_print_dns},
	    {"show dialback", sluicectl_print_dialback},
	    {"dialback rotate-secret", sluicectl_print_dialback},
	    {"dns flush", sluicectl_print_flushed},
	    {"explain", sluicectl_print_steps},
	    {"cert check", sluicectl_print_steps},
	    {"test partner", sluicectl_print_passed},
	    {"test gateway", sluicectl_print_passed},
	    {"show lcores", print_cores},
	    {"show metrics", sluicectl_print_metrics},
	    {"help", print_help},
	};

	for (size_t i = 0; i < ARRAY_LEN(printers); i++)
		if (strcmp(printers[i].command, command) == 0) {
			printers[i].print(out, data);
			return;
		}
	sluicectl_fields_print(out, data);
}
