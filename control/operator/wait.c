/* SPDX-License-Identifier: BSD-3-Clause */
/* wait.c - "wait CONDITION": an answer when it holds, or when the operator has waited enough. */
#include <stdlib.h>
#include <string.h>

#include "control/memory.h"
#include "control/operator/answer.h"

enum { LOOK_US = 100 * 1000, TIMEOUT_S = 60 };

struct wait {
	struct job job;
	struct loop_timer timer;
	struct daemon *daemon;
	uint64_t began_us, until_us;
	/* Does it hold? Asked again and again: what it asks about may have gone meanwhile. */
	bool (*holds)(const struct wait *w);
	const char *(*is_vain)(const struct wait *w); /* why it will never hold; may be NULL */
	char name[DOMAIN_TEXT_MAX + 1];               /* of a partner or gateway */
};

static void forget(struct wait *w)
{
	loop_cancel(daemon_loop(w->daemon), &w->timer);
	free(w);
}

static void wait_gone(struct job *j)
{
	forget(CONTAINER_OF(j, struct wait, job));
}

static json_t *waited(const struct wait *w)
{
	const uint64_t us = loop_now_us(daemon_loop(w->daemon)) - w->began_us;

	return json_pack("{s:I}", "waited_us", (json_int_t)us);
}

static void look(struct loop_timer *t)
{
	struct wait *w = CONTAINER_OF(t, struct wait, timer);
	const uint64_t now_us = loop_now_us(daemon_loop(w->daemon));
	const char *vain;

	if (w->holds(w)) {
		job_end(&w->job, EXIT_OK, "", waited(w));
		forget(w);
	} else if (w->is_vain != NULL && (vain = w->is_vain(w)) != NULL) {
		job_end(&w->job, EXIT_FAILED, vain, waited(w));
		forget(w);
	} else if (now_us >= w->until_us) {
		job_end(&w->job, EXIT_TIMEOUT, "it did not come to that in time", waited(w));
		forget(w);
	} else {
		loop_at(daemon_loop(w->daemon), t, now_us + LOOK_US);
	}
}

/* From now on. */
static struct wait *begin(const struct request *r, struct answer *a,
			  bool (*holds)(const struct wait *w))
{
	struct wait *w = memory_get(sizeof(*w));
	const uint64_t now_us = loop_now_us(daemon_loop(r->daemon));

	*w = (struct wait){.job = {.gone = wait_gone},
			   .timer = {.due = look},
			   .daemon = r->daemon,
			   .began_us = now_us,
			   .until_us =
			       now_us + UINT64_C(1000000) * answer_number(r, "timeout", TIMEOUT_S),
			   .holds = holds};
	loop_at(daemon_loop(r->daemon), &w->timer, now_us);
	a->job = &w->job;
	return w;
}

/* A stream with it on which stanzas may go, in either direction. */
static bool is_partner_up(const struct wait *w)
{
	struct session_view v;
	uint64_t cursor = 0;

	while (sessions_next_view(daemon_sessions(w->daemon), &cursor, &v))
		if (v.pairs > 0 && strcmp(v.partner, w->name) == 0)
			return true;
	return false;
}

void wait_partner_up(const struct request *r, struct answer *a)
{
	const struct partner *p = answer_partner(r, answer_text(r, "domain"), a);

	if (p != NULL)
		(void)snprintf(begin(r, a, is_partner_up)->name, DOMAIN_TEXT_MAX + 1, "%s",
			       p->domain);
}

static bool is_drained(const struct wait *w)
{
	return strcmp(daemon_state(w->daemon), "drained") == 0;
}

static const char *is_not_draining(const struct wait *w)
{
	return strcmp(daemon_state(w->daemon), "running") == 0
		   ? "nothing is being drained: drain start begins it"
		   : NULL;
}

void wait_drained(const struct request *r, struct answer *a)
{
	begin(r, a, is_drained)->is_vain = is_not_draining;
}

/* Streams with it; none with one that a reload has taken away. */
static uint32_t streams_of(const struct wait *w)
{
	struct gateway_view v;

	for (size_t i = 0;
	     gateways_view(daemon_gateways(w->daemon), daemon_sessions(w->daemon), i, &v); i++)
		if (strcmp(v.gateway->name, w->name) == 0)
			return v.streams;
	return 0;
}

static bool is_gateway_up(const struct wait *w)
{
	return streams_of(w) > 0;
}

static bool is_gateway_down(const struct wait *w)
{
	return streams_of(w) == 0;
}

static void wait_gateway(const struct request *r, struct answer *a,
			 bool (*holds)(const struct wait *w))
{
	const char *name = answer_text(r, "name");
	struct gateway_view v;

	if (answer_gateway(r, name, a, &v))
		(void)snprintf(begin(r, a, holds)->name, DOMAIN_TEXT_MAX + 1, "%s",
			       v.gateway->name);
}

void wait_gateway_up(const struct request *r, struct answer *a)
{
	wait_gateway(r, a, is_gateway_up);
}

void wait_gateway_down(const struct request *r, struct answer *a)
{
	wait_gateway(r, a, is_gateway_down);
}
