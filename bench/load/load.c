/* SPDX-License-Identifier: BSD-3-Clause */
/* load.c - the phases of a run, and the loop. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bench/load/load_state.h"
#include "bench/report.h"
#include "control/memory.h"

#define TICK_NS  (SECOND_NS / 10)
#define CLOSE_NS (2 * SECOND_NS)

enum { KEYS_LENT = 8192 }; /* directions under traffic at once before keys are made anew */

uint64_t load_clock_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * SECOND_NS + (uint64_t)ts.tv_nsec;
}

void load_trouble(struct load *l, const char *who, const char *what)
{
	if (l->trouble[0] == '\0')
		snprintf(l->trouble, sizeof(l->trouble), "%s: %s", who, what);
}

static void note(struct load *l, struct load_moment *m)
{
	m->ns = l->now_ns = load_clock_ns();
	m->counts = l->counts;
	m->bytes = l->bytes;
	m->passed = l->passed;
	if (!watch_read(l->options->pids, l->options->pid_count, &m->watch))
		load_trouble(l, "--watch-pid", "there is no such process (any more)");
}

static void become(struct load *l, enum load_phase phase, uint64_t lasts_ns)
{
	l->phase = phase;
	l->phase_ns = l->now_ns;
	l->deadline_ns = lasts_ns < UINT64_MAX - l->now_ns ? l->now_ns + lasts_ns : UINT64_MAX;
}

static void close_all(struct load *l)
{
	become(l, LOAD_CLOSING, CLOSE_NS);
	for (struct lane *lane = l->lanes; lane != NULL; lane = lane->next) {
		endpoint_close(lane->endpoint);
		(void)lane_push(lane);
	}
}

static uint64_t seconds_ns(double seconds)
{
	return (uint64_t)(seconds * 1e9);
}

static void measure(struct load *l)
{
	note(l, &l->from);
	l->measure_from_ns = l->now_ns;
	l->measure_until_ns = UINT64_MAX;
	become(l, LOAD_MEASURING,
	       l->options->count > 0 ? UINT64_MAX : seconds_ns(l->options->seconds));
	if (l->deadline_ns != UINT64_MAX)
		l->measure_until_ns = l->deadline_ns;
}

/* From here on by window or by rate. */
static void send_freely(struct load *l)
{
	const struct options *o = l->options;

	l->is_open_loop = o->rate > 0;
	l->schedule_ns = l->now_ns;
	become(l, LOAD_WARMING, seconds_ns(o->count > 0 ? 0 : o->warm_up));
	if (o->count > 0)
		measure(l);
	for (size_t i = 0; i < l->flow_count; i++) {
		l->flows[i]->first_due = l->flows[i]->sent;
		if (!l->is_open_loop)
			source_allow(l, l->flows[i], o->window > 0 ? o->window : UINT32_MAX);
	}
}

static void prime(struct load *l)
{
	become(l, LOAD_PRIMING, l->options->timeout_s * SECOND_NS);
	for (size_t i = 0; i < l->flow_count; i++)
		source_allow(l, l->flows[i], 1);
}

/* Components first: some servers know a component's domain only while it is there. */
static void dial_all(struct load *l)
{
	uint64_t components = 0;

	for (size_t i = 0; i < l->options->party_count; i++) {
		struct party *p = &l->parties[i];

		if (p->options->role != PARTY_COMPONENT)
			continue;
		party_dial(p);
		components += p->planned;
	}
	for (size_t i = 0; i < l->options->party_count && l->authorised >= components; i++)
		party_dial(&l->parties[i]);
}

static void on_opening(struct load *l)
{
	char text[160];

	dial_all(l);
	if (l->authorised < l->planned) {
		if (l->now_ns - l->opened_last_ns < l->options->timeout_s * SECOND_NS)
			return;
		snprintf(text, sizeof(text), "%llu of %llu streams are open, and no more for %u s",
			 (unsigned long long)l->authorised, (unsigned long long)l->planned,
			 l->options->timeout_s);
		load_trouble(l, "opening", text);
		return;
	}
	note(l, &l->opened);
	if (l->options->seconds <= 0 && l->options->count == 0)
		close_all(l);
	else if (l->flow_count == 0)
		measure(l);
	else
		prime(l);
}

static void on_priming(struct load *l)
{
	char text[240];

	if (l->counts.sent == l->flow_count && sink_has_all(l)) {
		send_freely(l);
		return;
	}
	if (l->now_ns < l->deadline_ns)
		return;
	snprintf(text, sizeof(text),
		 "of %zu flows, each with one stanza, %llu got through in %u s: the server knows "
		 "no way for "
		 "the rest; look at its log, its DNS, and --domains and --to of both ends",
		 l->flow_count, (unsigned long long)l->counts.received, l->options->timeout_s);
	load_trouble(l, "first stanzas", text);
}

static bool is_count_done(const struct load *l)
{
	return l->options->count > 0 &&
	       l->counts.sent >= (uint64_t)l->options->count * l->flow_count && sink_has_all(l);
}

/* Nothing has come for so long: what is missing is lost. */
static bool is_stuck(struct load *l)
{
	if (l->counts.received != l->progress) {
		l->progress = l->counts.received;
		l->progress_ns = l->now_ns;
	}
	return l->now_ns - l->progress_ns > (l->options->drain_s + 1) * SECOND_NS;
}

static void on_measuring(struct load *l)
{
	if (l->now_ns < l->deadline_ns && !is_count_done(l) &&
	    !(l->options->count > 0 && is_stuck(l)) && l->ended_early == 0)
		return;
	note(l, &l->until);
	l->is_stopped = true;
	become(l, LOAD_DRAINING, l->options->drain_s * SECOND_NS);
}

static void on_draining(struct load *l)
{
	char text[128];

	if ((!sink_has_all(l) || l->passing > 0) && l->now_ns < l->deadline_ns)
		return;
	if (!sink_has_all(l)) {
		snprintf(
		    text, sizeof(text),
		    "%llu stanzas have not come %u s after the last was sent (--drain)",
		    (unsigned long long)(l->counts.sent - l->counts.received - l->counts.bounced),
		    l->options->drain_s);
		load_trouble(l, "sink", text);
	}
	note(l, &l->closed);
	close_all(l);
}

static void on_closing(struct load *l)
{
	if (l->now_ns < l->deadline_ns)
		for (struct lane *lane = l->lanes; lane != NULL; lane = lane->next)
			if (lane->conn != NULL)
				return;
	l->phase = LOAD_DONE;
}

static void step(struct load *l)
{
	switch (l->phase) {
	case LOAD_OPENING:
		on_opening(l);
		break;
	case LOAD_PRIMING:
		on_priming(l);
		break;
	case LOAD_WARMING:
		if (l->now_ns >= l->deadline_ns)
			measure(l);
		break;
	case LOAD_MEASURING:
		on_measuring(l);
		break;
	case LOAD_DRAINING:
		on_draining(l);
		break;
	case LOAD_CLOSING:
		on_closing(l);
		break;
	case LOAD_DONE:
		break;
	}
	if (l->trouble[0] != '\0' && l->phase < LOAD_MEASURING) {
		l->failed = true;
		close_all(l);
	}
}

/* Time for the negotiations, and the memory of what others have opened and closed. */
static void sweep(struct load *l)
{
	for (struct lane **at = &l->lanes; *at != NULL;) {
		struct lane *lane = *at;

		if (lane->conn == NULL && (!lane->is_dialled || lane->is_passing)) {
			*at = lane->next;
			lane_free(lane);
			continue;
		}
		endpoint_on_time(lane->endpoint, l->now_ns / 1000);
		(void)lane_push(lane);
		at = &lane->next;
	}
}

static uint64_t wait_ns(const struct load *l)
{
	uint64_t until = l->now_ns + TICK_NS;
	const uint64_t due = source_due_ns(l);

	if (l->ready != NULL || l->options->spins)
		return 0;
	if (due < until)
		until = due;
	if (l->deadline_ns < until)
		until = l->deadline_ns;
	return until > l->now_ns ? until - l->now_ns : 0;
}

static void loop(struct load *l)
{
	uint64_t said_ns = l->now_ns;
	struct flow_counts said = l->counts;

	while (l->phase != LOAD_DONE) {
		l->now_ns = load_clock_ns();
		step(l);
		source_pace(l);
		source_fill(l);
		for (size_t i = 0; i < l->options->party_count; i++)
			party_churn(&l->parties[i]);
		if (l->now_ns - said_ns >= SECOND_NS) {
			sweep(l);
			result_progress(l, said_ns, &said);
			said_ns = l->now_ns;
			said = l->counts;
		}
		transport_turn(l->transport, wait_ns(l));
	}
}

static void open_all(struct load *l, const struct options *o)
{
	char error[TRANSPORT_ERROR];

	l->options = o;
	l->flow_limit = o->count > 0 ? o->count : UINT32_MAX;
	l->latency = memory_get(sizeof(*l->latency));
	l->machine = record_machine_init(KEYS_LENT);
	if (l->machine == NULL)
		bench_die("this CPU has no AES instructions");
	l->transport = transport_make(&lane_calls, error);
	if (l->transport == NULL)
		bench_die(error);
	if (o->has_corpus)
		content_make_corpus(&l->content, o->corpus);
	else
		content_make_body(&l->content, o->body_bytes);
	note(l, &l->begun);
	l->opened_last_ns = l->now_ns;
	become(l, LOAD_OPENING, UINT64_MAX);
	for (size_t i = 0; i < o->party_count; i++)
		party_open(&l->parties[i], l, &o->parties[i]);
}

static void close_run(struct load *l)
{
	while (l->lanes != NULL) {
		struct lane *lane = l->lanes;

		l->lanes = lane->next;
		lane_free(lane);
	}
	source_free(l);
	for (size_t i = 0; i < l->options->party_count; i++)
		party_close(&l->parties[i]);
	transport_free(l->transport);
	record_machine_close(l->machine);
	content_free(&l->content);
	free(l->latency);
}

int load_run(const struct options *o)
{
	struct load *l = memory_get(sizeof(*l));
	int status;

	open_all(l, o);
	loop(l);
	result_say(l);
	status = l->failed ? 2 : !result_is_good(l);
	close_run(l);
	free(l);
	return status;
}
