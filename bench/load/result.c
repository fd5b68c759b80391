/* SPDX-License-Identifier: BSD-3-Clause */
/* result.c - what a run has shown: one JSON object in one line, or a table. */
#include <stdio.h>
#include <string.h>

#include "bench/load/load_state.h"

static const char *const phases[] = {"opening",  "priming", "warming up", "measuring",
				     "draining", "closing", "done"};

/* Neither here nor there; a bounce is an answer. */
static uint64_t lost(const struct load *l)
{
	const uint64_t seen = l->counts.received + l->counts.bounced;

	return l->counts.sent > seen ? l->counts.sent - seen : 0;
}

bool result_is_good(const struct load *l)
{
	const struct flow_counts *c = &l->counts;

	return !l->failed && l->trouble[0] == '\0' && lost(l) == 0 && c->duplicated == 0 &&
	       c->out_of_order == 0 && c->missing == 0 && c->bounced == 0;
}

void result_progress(const struct load *l, uint64_t since_ns, const struct flow_counts *before)
{
	const double seconds = (double)(l->now_ns - since_ns) / 1e9;

	if (l->options->quiet)
		return;
	fprintf(stderr,
		"%6.1f s  %-10s  streams %llu/%llu +%llu  sent %.0f/s  received %.0f/s  under way "
		"%lld\n",
		(double)(l->now_ns - l->begun.ns) / 1e9, phases[l->phase],
		(unsigned long long)l->authorised, (unsigned long long)l->planned,
		(unsigned long long)l->accepted, (double)(l->counts.sent - before->sent) / seconds,
		(double)(l->counts.received - before->received) / seconds,
		(long long)(l->counts.sent - l->counts.received - l->counts.bounced));
}

/* One value of the report: JSON, or a row. */
struct report {
	bool json, has_any;
};

static void say(struct report *r, const char *name, double value, const char *unit)
{
	if (r->json)
		printf("%s\"%s\":%.10g", r->has_any ? "," : "{", name, value);
	else
		printf("%-24s %14.6g %s\n", name, value, unit);
	r->has_any = true;
}

static void say_text(struct report *r, const char *name, const char *text)
{
	if (!r->json) {
		if (text[0] != '\0')
			printf("%-24s %s\n", name, text);
		return;
	}
	printf("%s\"%s\":\"", r->has_any ? "," : "{", name);
	r->has_any = true;
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			(void)putchar('\\');
		if ((unsigned char)*text >= ' ')
			(void)putchar(*text);
	}
	(void)putchar('"');
}

static double span_s(const struct load_moment *from, const struct load_moment *to)
{
	return to->ns > from->ns ? (double)(to->ns - from->ns) / 1e9 : 0;
}

static double per(double what, double of)
{
	return of > 0 ? what / of : 0;
}

static void say_streams(const struct load *l, struct report *r)
{
	const double opening_s = span_s(&l->begun, &l->opened);
	const double cpu_s = l->opened.ns > 0 ? l->opened.watch.cpu_s - l->begun.watch.cpu_s : 0;

	say(r, "streams", (double)l->authorised, "opened by us");
	say(r, "streams_dialback", (double)l->dialback, "of these, by dialback");
	say(r, "streams_taken", (double)l->accepted, "opened by the server");
	say(r, "opening_s", opening_s, "s");
	say(r, "streams_per_s", per((double)l->authorised, opening_s), "1/s");
	if (l->options->pid_count == 0)
		return;
	say(r, "opening_cpu_s", cpu_s, "s of the server");
	say(r, "streams_per_cpu_s", per((double)l->authorised, cpu_s), "1/s");
	say(r, "resident_before_kb", (double)l->begun.watch.resident_kb, "KB");
	say(r, "resident_open_kb", (double)l->opened.watch.resident_kb, "KB");
	if (l->closed.ns > 0)
		say(r, "resident_after_kb", (double)l->closed.watch.resident_kb, "KB");
	say(r, "kb_per_stream",
	    per((double)l->opened.watch.resident_kb - (double)l->begun.watch.resident_kb,
		(double)l->authorised),
	    "KB");
}

static void say_latency(const struct load *l, struct report *r)
{
	static const struct {
		const char *name;
		double share;
	} rows[] = {{"latency_p50_us", 0.5},
		    {"latency_p90_us", 0.9},
		    {"latency_p99_us", 0.99},
		    {"latency_p999_us", 0.999},
		    {"latency_max_us", 1}};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		say(r, rows[i].name, (double)histogram_at(l->latency, rows[i].share) / 1e3, "us");
}

static void say_measured(const struct load *l, struct report *r)
{
	const struct load_moment *from = &l->from, *until = &l->until;
	const double stanzas = (double)(until->counts.received - from->counts.received);
	const double measured_s = span_s(from, until);
	const double cpu_s = until->watch.cpu_s - from->watch.cpu_s;
	const double own_s = until->watch.own_cpu_s - from->watch.own_cpu_s;

	say(r, "measured_s", measured_s, "s");
	say(r, "stanzas_per_s", per(stanzas, measured_s), "1/s");
	say(r, "stanza_bytes", per((double)(until->bytes - from->bytes), stanzas), "bytes");
	say(r, "streams_passed_per_s", per((double)(until->passed - from->passed), measured_s),
	    "opened and closed again");
	say_latency(l, r);
	say(r, "own_cpu_s", own_s, "s of the generator");
	say(r, "stanzas_per_own_cpu_s", per(stanzas, own_s), "1/s");
	if (l->options->pid_count > 0) {
		say(r, "server_cpu_s", cpu_s, "s of the server");
		say(r, "stanzas_per_cpu_s", per(stanzas, cpu_s), "1/s");
	}
	say(r, "steal",
	    per((double)(until->watch.steal - from->watch.steal),
		(double)(until->watch.jiffies - from->watch.jiffies)),
	    "of the machine's time taken by its host");
}

void result_say(const struct load *l)
{
	struct report r = {.json = l->options->json};

	say(&r, "sent", (double)l->counts.sent, "");
	say(&r, "received", (double)l->counts.received, "");
	say(&r, "lost", (double)lost(l), "");
	say(&r, "duplicated", (double)l->counts.duplicated, "");
	say(&r, "out_of_order", (double)l->counts.out_of_order, "");
	say(&r, "bounced", (double)l->counts.bounced, "");
	say(&r, "foreign", (double)l->counts.foreign, "not of this run");
	say(&r, "streams_lost", (double)l->ended_early, "");
	say(&r, "flows", (double)l->flow_count, "");
	say_streams(l, &r);
	if (l->until.ns > 0)
		say_measured(l, &r);
	say_text(&r, "trouble", l->trouble);
	say_text(&r, "verdict", result_is_good(l) ? "all arrived once and in order" : "NOT good");
	if (r.json)
		printf("}\n");
	if (l->trouble[0] != '\0')
		fprintf(stderr, "sluice-load: %s\n", l->trouble);
}
