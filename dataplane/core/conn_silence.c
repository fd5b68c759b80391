/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * conn_silence.c - the one timer of a connection: keep-alive white space, silence of the peer, the
 * deadline of a close. Whoever moves one of them later does nothing; the timer looks again when it
 * fires.
 */
#include "dataplane/core/core_state.h"
#include "dataplane/core/output.h"
#include "dataplane/core/report.h"

static uint64_t keepalive_due(const struct conn *k)
{
	const bool may = k->state == CONN_OPEN && k->header_sent && k->keepalive_us > 0 &&
			 k->transport != TRANSPORT_HANDSHAKE;

	return may ? k->sent_us + k->keepalive_us : UINT64_MAX;
}

static uint64_t silence_due(const struct conn *k)
{
	return k->state == CONN_OPEN && k->inactivity_us > 0 && !k->idle_told
		   ? k->heard_us + k->inactivity_us
		   : UINT64_MAX;
}

static uint64_t close_due(const struct conn *k)
{
	return k->close_due_us > 0 ? k->close_due_us : UINT64_MAX;
}

void conn_rearm(struct core *c, struct conn *k)
{
	uint64_t due = close_due(k);

	if (silence_due(k) < due)
		due = silence_due(k);
	if (keepalive_due(k) < due)
		due = keepalive_due(k);
	if (due != UINT64_MAX)
		wheel_set(&c->wheel, &k->timer, due);
	else
		wheel_cancel(&c->wheel, &k->timer);
}

void conn_heard(struct core *c, struct conn *k)
{
	k->heard_us = c->now_us;
	if (k->idle_told) { /* then nothing may have kept the timer running */
		k->idle_told = false;
		conn_rearm(c, k);
	}
	atomic_store_explicit(&k->view.heard_us, c->now_us, memory_order_relaxed);
}

static void on_close_due(struct core *c, struct conn *k)
{
	if (k->state == CONN_CLOSING)
		conn_finish(c, k);
	else
		conn_doom(c, k, (enum close_by)k->end_by);
}

void conn_on_timer(struct core *c, struct conn *k)
{
	if (k->state == CONN_FREE || k->state == CONN_GONE || k->is_doomed)
		return;
	if (close_due(k) <= c->now_us) {
		on_close_due(c, k);
		return;
	}
	if (keepalive_due(k) <= c->now_us) {
		/* Bytes that wait already keep it alive as soon as TCP takes them. */
		if (k->out.count == 0)
			(void)output_text(c, k, " ");
		k->sent_us = c->now_us;
	}
	/* While control does not listen it is looked at again with each tick. */
	if (silence_due(k) <= c->now_us && k->pending_count == 0) {
		k->idle_told = true;
		report_kind(c, k, EVENT_IDLE);
	}
	conn_rearm(c, k);
}
