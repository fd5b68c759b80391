/* SPDX-License-Identifier: BSD-3-Clause */
/* report.c - events, and what happens to them while control is slow. */
#include "dataplane/core/report.h"

_Static_assert(DROP_COUNT <= UINT8_MAX + 1, "conn_pending.detail is too short");

static void say_accepted(struct core *c, const struct conn *k, struct event *e)
{
	const struct flow_key *key = tcp_key(c->tcp, k->tcp);

	e->accepted.iface = (enum iface)key->iface;
	e->accepted.remote = key->remote;
	e->accepted.remote_port = key->remote_port;
	e->accepted.local_port = key->local_port;
}

static void say_closed(const struct conn *k, struct event *e)
{
	e->closed.by = (enum close_by)k->end_by;
	e->closed.bytes_in = stat_read(&k->view.bytes_in);
	e->closed.bytes_out = stat_read(&k->view.bytes_out);
	e->closed.stanzas_in = stat_read(&k->view.stanzas_in);
	e->closed.stanzas_out = stat_read(&k->view.stanzas_out);
}

/* The event in full; its bytes are lent to it. */
static struct event say(struct core *c, const struct conn *k, struct conn_pending p,
			struct rte_mbuf *bytes)
{
	struct event e = {.kind = (enum event_kind)p.kind, .conn = k->id};

	switch ((int)e.kind) {
	case EVENT_ACCEPTED:
		say_accepted(c, k, &e);
		break;
	case EVENT_DIALED:
	case EVENT_DIAL_FAILED:
		e.dialed.ref = k->dial_ref;
		e.dialed.drop = (enum drop)p.detail;
		break;
	case EVENT_TLS_BYTES:
	case EVENT_HEADER:
	case EVENT_ELEMENT:
		e.bytes = bytes;
		break;
	case EVENT_FRAMER_ERROR:
		e.framer_error = (enum framer_result) - p.detail;
		break;
	case EVENT_STANZA_REFUSED:
	case EVENT_TLS_ERROR:
		e.drop = (enum drop)p.detail;
		break;
	case EVENT_CLOSED:
		say_closed(k, &e);
		break;
	default:
		break;
	}
	return e;
}

static void tell(struct core *c, struct conn *k, struct conn_pending p, struct rte_mbuf *bytes)
{
	const struct event e = say(c, k, p, bytes);

	if (k->pending_count == 0 && inbox_event(c->inbox, &e))
		return;
	stat_add(&c->stats.events_full, 1);
	core_drop(c, DROP_EVENTS_FULL);
	assert(k->pending_count < CONN_PENDING_MAX && (bytes == NULL || k->pending_bytes == NULL));
	if (k->pending_count == CONN_PENDING_MAX || (bytes != NULL && k->pending_bytes != NULL)) {
		inbox_free(bytes);
		return;
	}
	k->pending[k->pending_count++] = p;
	if (bytes != NULL)
		k->pending_bytes = bytes;
	conn_stall(c, k);
}

bool report_retry(struct core *c, struct conn *k)
{
	while (k->pending_count > 0) {
		const struct event e = say(c, k, k->pending[0], k->pending_bytes);

		if (!inbox_event(c->inbox, &e))
			return false;
		if (e.bytes != NULL)
			k->pending_bytes = NULL;
		k->pending_count--;
		for (unsigned int i = 0; i < k->pending_count; i++)
			k->pending[i] = k->pending[i + 1];
	}
	return true;
}

void report_kind(struct core *c, struct conn *k, enum event_kind kind)
{
	tell(c, k, (struct conn_pending){.kind = (uint8_t)kind}, NULL);
}

void report_drop(struct core *c, struct conn *k, enum event_kind kind, enum drop drop)
{
	tell(c, k, (struct conn_pending){(uint8_t)kind, (uint8_t)drop}, NULL);
}

void report_framer(struct core *c, struct conn *k, enum framer_result error)
{
	tell(c, k, (struct conn_pending){EVENT_FRAMER_ERROR, (uint8_t) - (int)error}, NULL);
}

void report_bytes(struct core *c, struct conn *k, enum event_kind kind, struct rte_mbuf *bytes)
{
	tell(c, k, (struct conn_pending){.kind = (uint8_t)kind}, bytes);
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
