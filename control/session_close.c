/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * session_close.c - streams that a new policy or the operator has condemned: few end at once, many
 * one after the other, so that their peers do not all come back in the same moment.
 */
#include <stdio.h>
#include <string.h>

#include "control/blocks.h"
#include "control/log.h"
#include "control/session_state.h"

#define TICK_US UINT64_C(100000)
enum { AT_ONCE = 32, TICKS = SESSIONS_CLOSE_SPREAD_S * 10 };

_Static_assert(TICK_US *TICKS == SESSIONS_CLOSE_SPREAD_S * UINT64_C(1000000), "ticks of a spread");

bool session_is_condemned(const struct session *s)
{
	return s->sentence[0] != '\0';
}

static void condemn(struct session *s, enum drop why, const char *text)
{
	s->condemned_for = why;
	shared_set(&s->sentence, text);
}

/* What a second reload has let in again stays. */
static bool is_pardoned(const struct session *s)
{
	return s->condemned_for == DROP_STREAM_NOT_ALLOWED && stream_is_still_allowed(s->stream);
}

void session_execute(struct session *s)
{
	char text[160], quoted[256];

	(void)snprintf(text, sizeof(text), "%s", s->sentence);
	shared_drop(&s->sentence);
	if (s->is_closing || is_pardoned(s))
		return;
	log_event(LOG_LEVEL_NOTICE, "stream_condemned",
		  "stream=%s local=%s remote=%s reason=%s text=%s", s->trace_id, s->local,
		  s->remote, drop_name(s->condemned_for), log_quote(text, quoted, sizeof(quoted)));
	s->end = s->condemned_for;
	s->table->drops[s->end]++;
	stream_close(s->stream, STREAM_POLICY_VIOLATION, text, loop_now_us(s->table->loop));
	session_obey(s);
}

/* Up to @most; false when that were all. */
static bool execute_some(struct sessions *t, unsigned int most)
{
	for (struct session *s = t->first; s != NULL; s = s->next) {
		/* A dial under way ends when it is through: session_events.c. */
		if (!session_is_condemned(s) || !s->is_open)
			continue;
		if (most-- == 0)
			return true;
		session_execute(s);
	}
	return false;
}

static void tick(struct loop_timer *timer)
{
	struct sessions *t = CONTAINER_OF(timer, struct sessions, execution);

	if (execute_some(t, t->executions_a_tick))
		loop_at(t->loop, timer, loop_now_us(t->loop) + TICK_US);
	else
		t->executions_a_tick = 0;
}

/* @count have been condemned. Returns the seconds it takes. */
static unsigned int begin(struct sessions *t, unsigned int count)
{
	t->executions_a_tick += (count + TICKS - 1) / TICKS;
	t->execution.due = tick;
	if (execute_some(t, count <= AT_ONCE ? AT_ONCE : t->executions_a_tick)) {
		loop_at(t->loop, &t->execution, loop_now_us(t->loop) + TICK_US);
		return SESSIONS_CLOSE_SPREAD_S;
	}
	t->executions_a_tick = 0;
	return 0;
}

void sessions_close_stricter(struct sessions *t, struct sessions_closed *out)
{
	*out = (struct sessions_closed){.count = 0};
	for (struct session *s = t->first; s != NULL; s = s->next) {
		if (s->is_closing || s->stream == NULL || session_is_condemned(s) ||
		    stream_is_still_allowed(s->stream))
			continue;
		condemn(s, DROP_STREAM_NOT_ALLOWED, "policy has changed");
		if (out->count < SESSIONS_CLOSED_SHOWN)
			memcpy(out->ids[out->count], s->trace_id, sizeof(out->ids[0]));
		out->count++;
	}
	out->spread_s = begin(t, out->count);
}

static bool is_meant(const struct session *s, const struct sessions_filter *f)
{
	if (f->trace_id != NULL)
		return strcmp(s->trace_id, f->trace_id) == 0;
	if (s->leg != IFACE_EDGE)
		return false;
	if (f->prefix != NULL)
		return blocks_prefix_has(f->prefix, &s->address);
	return s->stream != NULL && stream_is_with(s->stream, f->domain);
}

void sessions_close_chosen(struct sessions *t, const struct sessions_filter *f, enum drop why,
			   const char *text, struct sessions_closed *out)
{
	*out = (struct sessions_closed){.count = 0};
	for (struct session *s = t->first; s != NULL; s = s->next) {
		if (s->is_closing || s->is_unwanted || !is_meant(s, f))
			continue;
		condemn(s, why, text);
		if (out->count < SESSIONS_CLOSED_SHOWN)
			memcpy(out->ids[out->count], s->trace_id, sizeof(out->ids[0]));
		out->count++;
	}
	out->spread_s = begin(t, out->count);
}
