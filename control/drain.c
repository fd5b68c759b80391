/* SPDX-License-Identifier: BSD-3-Clause */
/* drain.c - counts what there is, asks the plan, and ends what it names. */
#include <stdlib.h>

#include "control/drain.h"
#include "control/log.h"
#include "control/memory.h"
#include "control/session_state.h"

/* Each look walks all sessions: some milliseconds of 50,000. */
#define LOOK_US UINT64_C(100000)

struct drain {
	struct drain_setup setup;
	struct drain_plan plan;
	struct drain_times times;
	struct loop_timer timer;
	void (*done)(void *user);
	void *user;
};

static void look(struct loop_timer *t);

struct drain *drain_make(const struct drain_setup *setup)
{
	struct drain *d = memory_get(sizeof(*d));

	d->setup = *setup;
	d->timer.due = look;
	return d;
}

void drain_free(struct drain *d)
{
	if (d == NULL)
		return;
	loop_cancel(d->setup.loop, &d->timer);
	free(d);
}

/* Streams that carry stanzas, or are to. Those that only verify, and newcomers, end by themselves.
 */
static bool counts(const struct session *s)
{
	return !s->is_unwanted && s->purpose == STREAM_FOR_STANZAS &&
	       (s->pairs > 0 || s->role == STREAM_INITIATING);
}

static uint64_t held(const struct drain *d)
{
	uint64_t n = 0;

	for (size_t i = 0; i < d->setup.core_count; i++)
		n += stat_read(&core_stats(d->setup.cores[i])->law.held);
	return n;
}

static void count(const struct drain *d, struct drain_count *n)
{
	*n = (struct drain_count){.now_us = loop_now_us(d->setup.loop),
				  .partners = links_wanted_to_edge(d->setup.links),
				  .held = held(d)};
	for (const struct session *s = d->setup.sessions->first; s != NULL; s = s->next) {
		if (!counts(s))
			continue;
		if (s->leg == IFACE_EDGE) {
			n->partners++;
			n->partners_open += !s->is_closing && s->pairs > 0;
		} else if (s->role == STREAM_RECEIVING) {
			n->gateways++;
			n->gateways_open += !s->is_closing;
		} else {
			n->legs++;
		}
	}
}

static void say_goodbye(struct session *s)
{
	s->end = DROP_STREAM_DRAINING;
	stream_close(s->stream, STREAM_SYSTEM_SHUTDOWN, "this server is being drained",
		     loop_now_us(s->table->loop));
	session_obey(s);
}

static bool has_little_to_send(const struct session *s, uint64_t most)
{
	struct conn_view view;

	return !session_core_view(s, &view) || view.queued_bytes <= most;
}

/* The longest open first: who connects again is not in the way. */
static void close_partners(struct drain *d, const struct drain_step *step)
{
	uint32_t left = step->close_partners;

	for (struct session *s = d->setup.sessions->first, *next; s != NULL && left > 0; s = next) {
		next = s->next;
		if (s->leg != IFACE_EDGE || !counts(s) || s->pairs == 0 || s->is_closing ||
		    !has_little_to_send(s, step->queue_bytes_max))
			continue;
		say_goodbye(s);
		left--;
	}
	drain_plan_closed(&d->plan, step->close_partners - left);
}

static void close_internal(struct drain *d, enum stream_role role)
{
	for (struct session *s = d->setup.sessions->first, *next; s != NULL; s = next) {
		next = s->next;
		if (s->leg != IFACE_INTERNAL || s->role != role || !counts(s) || s->is_closing)
			continue;
		if (s->is_open)
			say_goodbye(s);
		else
			session_cut(s, DROP_STREAM_DRAINING);
	}
}

static void cut(struct drain *d, bool partners_only)
{
	for (struct session *s = d->setup.sessions->first, *next; s != NULL; s = next) {
		next = s->next;
		if (counts(s) && (!partners_only || s->leg == IFACE_EDGE))
			session_cut(s, DROP_STREAM_DRAINING);
	}
}

static void obey(struct drain *d, const struct drain_step *step)
{
	if (step->close_partners > 0)
		close_partners(d, step);
	if (step->cut_partners || step->cut_all)
		cut(d, step->cut_partners);
	if (step->close_gateways)
		close_internal(d, STREAM_RECEIVING);
	if (step->close_legs)
		close_internal(d, STREAM_INITIATING);
}

/* What waits for a stream that will not come any more. */
static void shut(struct drain *d, enum drain_phase phase)
{
	d->setup.sessions->drain = phase;
	if (phase >= DRAIN_CUT)
		links_give_up(d->setup.links, TOWARD_EDGE, false);
	if (phase >= DRAIN_GATEWAYS)
		links_give_up(d->setup.links, TOWARD_INTERNAL, phase == DRAIN_GATEWAYS);
}

static void end(struct drain *d)
{
	void (*done)(void *user) = d->done;

	log_event(LOG_LEVEL_NOTICE, "drained", "streams_closed=%u seconds=%llu", d->plan.closed,
		  (unsigned long long)((loop_now_us(d->setup.loop) - d->plan.began_us) / 1000000));
	d->done = NULL;
	if (done != NULL)
		done(d->user);
}

static void look(struct loop_timer *t)
{
	struct drain *d = CONTAINER_OF(t, struct drain, timer);
	const enum drain_phase before = d->plan.phase;
	struct drain_count n;
	struct drain_step step;

	count(d, &n);
	step = drain_plan_step(&d->plan, &n);
	if (d->plan.phase != before)
		shut(d, d->plan.phase);
	obey(d, &step);
	if (d->plan.phase == DRAIN_DONE)
		end(d);
	else
		loop_at(d->setup.loop, t, loop_now_us(d->setup.loop) + LOOK_US);
}

void drain_begin(struct drain *d, const struct drain_times *times, void (*done)(void *user),
		 void *user)
{
	const uint64_t now_us = loop_now_us(d->setup.loop);

	log_event(LOG_LEVEL_NOTICE, "draining", "spread_s=%llu deadline_s=%llu then=%s",
		  (unsigned long long)(times->spread_us / 1000000),
		  (unsigned long long)(times->deadline_us / 1000000),
		  done != NULL ? "stop" : "stay");
	d->times = *times;
	d->done = done;
	d->user = user;
	drain_plan_begin(&d->plan, times, now_us);
	shut(d, d->plan.phase);
	loop_at(d->setup.loop, &d->timer, now_us);
}

void drain_end(struct drain *d)
{
	if (d->plan.phase == DRAIN_OFF)
		return;
	log_event(LOG_LEVEL_NOTICE, "drain_stopped", "was=%s", drain_plan_state(&d->plan));
	drain_plan_end(&d->plan);
	shut(d, DRAIN_OFF);
	d->done = NULL;
	loop_cancel(d->setup.loop, &d->timer);
}

const char *drain_state(const struct drain *d)
{
	return drain_plan_state(&d->plan);
}

void drain_view(const struct drain *d, struct drain_view *out)
{
	*out = (struct drain_view){.phase = d->plan.phase,
				   .state = drain_plan_state(&d->plan),
				   .times = d->times,
				   .began_us = d->plan.began_us,
				   .closed = d->plan.closed,
				   .then_stop = d->done != NULL};
	count(d, &out->count);
	if (out->phase != DRAIN_OFF && out->phase != DRAIN_DONE &&
	    d->plan.deadline_us > out->count.now_us)
		out->left_us = d->plan.deadline_us - out->count.now_us;
}
