/* SPDX-License-Identifier: BSD-3-Clause */
/* report.c - events, and what happens to them while control is slow. */
#include "dataplane/core/report.h"

void report_conn(struct core *c, struct conn *k, struct event *e)
{
	e->conn = k->id;
	if (k->pending_count == 0 && inbox_event(c->inbox, e))
		return;
	stat_add(&c->stats.events_full, 1);
	core_drop(c, DROP_EVENTS_FULL);
	assert(k->pending_count < CONN_PENDING_MAX);
	if (k->pending_count == CONN_PENDING_MAX) {
		inbox_free(e->bytes);
		return;
	}
	k->pending[(k->pending_first + k->pending_count++) % CONN_PENDING_MAX] = *e;
	conn_stall(c, k);
}

bool report_retry(struct core *c, struct conn *k)
{
	while (k->pending_count > 0) {
		if (!inbox_event(c->inbox, &k->pending[k->pending_first]))
			return false;
		k->pending_first = (uint8_t)((k->pending_first + 1) % CONN_PENDING_MAX);
		k->pending_count--;
	}
	return true;
}

void report_core(struct core *c, const struct event *e)
{
	if (c->pending_count == 0 && inbox_event(c->inbox, e))
		return;
	stat_add(&c->stats.events_full, 1);
	if (c->pending_count < CORE_PENDING_MAX)
		c->pending[c->pending_count++] = *e;
}

void report_retry_core(struct core *c)
{
	uint32_t sent = 0;

	while (sent < c->pending_count && inbox_event(c->inbox, &c->pending[sent]))
		sent++;
	c->pending_count -= sent;
	for (uint32_t i = 0; sent > 0 && i < c->pending_count; i++)
		c->pending[i] = c->pending[i + sent];
}

void report_kind(struct core *c, struct conn *k, enum event_kind kind)
{
	struct event e = {.kind = kind};

	report_conn(c, k, &e);
}

void report_drop(struct core *c, struct conn *k, enum event_kind kind, enum drop drop)
{
	struct event e = {.kind = kind, .drop = drop};

	report_conn(c, k, &e);
}

void report_closed(struct core *c, struct conn *k)
{
	struct event e = {.kind = EVENT_CLOSED};

	e.closed.by = (enum close_by)k->end_by;
	e.closed.bytes_in = stat_read(&k->view.bytes_in);
	e.closed.bytes_out = stat_read(&k->view.bytes_out);
	e.closed.stanzas_in = stat_read(&k->view.stanzas_in);
	e.closed.stanzas_out = stat_read(&k->view.stanzas_out);
	report_conn(c, k, &e);
}
