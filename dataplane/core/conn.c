/* SPDX-License-Identifier: BSD-3-Clause */
/* conn.c - how a connection begins and ends. */
#include <string.h>

#include "dataplane/core/account.h"
#include "dataplane/core/framing.h"
#include "dataplane/core/output.h"
#include "dataplane/core/recover.h"
#include "dataplane/core/report.h"

enum { SHED_LOOKS = 16 }; /* a tick: all of 50,000 connections are looked at in 3 s */

/* may_become[from]: bits of the states that may follow. */
static const uint8_t may_become[CONN_STATE_COUNT] = {
    [CONN_FREE] = BIT(CONN_DIALING) | BIT(CONN_OPEN),
    [CONN_DIALING] = BIT(CONN_OPEN) | BIT(CONN_GONE),
    [CONN_OPEN] = BIT(CONN_CLOSING) | BIT(CONN_ENDING) | BIT(CONN_GONE),
    [CONN_CLOSING] = BIT(CONN_ENDING) | BIT(CONN_GONE),
    [CONN_ENDING] = BIT(CONN_GONE),
    [CONN_GONE] = BIT(CONN_FREE),
};

void conn_become(struct conn *k, enum conn_state to)
{
	assert(may_become[k->state] & BIT(to));
	k->state = (uint8_t)to;
}

void conn_fetch(const struct core *c, const struct conn *k)
{
	fetch_ahead(k, offsetof(struct conn, draining));
	fetch_ahead(c->records + (size_t)(k - c->conn) * c->record_bytes, c->record_bytes);
}

void conn_make_ready(struct core *c, struct conn *k)
{
	if (k->is_ready)
		return;
	k->is_ready = true;
	TAILQ_INSERT_TAIL(&c->ready, k, ready);
}

void conn_make_dirty(struct core *c, struct conn *k)
{
	if (k->is_dirty)
		return;
	k->is_dirty = true;
	TAILQ_INSERT_TAIL(&c->dirty, k, dirty);
}

void conn_stall(struct core *c, struct conn *k)
{
	if (k->is_stalled)
		return;
	k->is_stalled = true;
	TAILQ_INSERT_TAIL(&c->stalled, k, stalled);
}

void conn_doom(struct core *c, struct conn *k, enum close_by by)
{
	if (k->is_doomed || k->state == CONN_GONE || k->state == CONN_FREE)
		return;
	k->is_doomed = true;
	k->end_by = (uint8_t)by;
	TAILQ_INSERT_TAIL(&c->doomed, k, doomed);
}

/* A fresh tenant of the slot. */
static struct conn *begin(struct core *c, struct tcp_conn *tcp, enum iface iface)
{
	struct conn *k = core_conn_of(c, tcp);

	memset(k, 0, sizeof(*k));
	k->tcp = tcp;
	k->id = tcp_id(c->tcp, tcp);
	k->iface = (uint8_t)iface;
	k->stanza_bytes_max = STANZA_BYTES_UNAUTHENTICATED;
	k->record = (struct record_state *)(c->records + k->id.slot * c->record_bytes);
	k->heard_us = k->sent_us = c->now_us;
	k->timer.kind = 0;
	TAILQ_INIT(&k->blocked);
	STAILQ_INIT(&k->draining);
	LIST_INIT(&k->grants);
	tcp_free_to(c->tcp, tcp, 0); /* from here on nothing is freed but what the ledger lets go */
	atomic_store_explicit(&k->view.heard_us, c->now_us, memory_order_relaxed);
	atomic_store_explicit(&k->view.tenant, k->id.generation, memory_order_release);
	stat_add(&c->stats.conns, 1);
	return k;
}

void conn_on_accepted(struct core *c, struct tcp_conn *tcp)
{
	const struct flow_key *key = tcp_key(c->tcp, tcp);
	struct conn *k = begin(c, tcp, (enum iface)key->iface);

	conn_become(k, CONN_OPEN);
	k->is_fresh = true;
	stat_add(&c->stats.accepted_conns, 1);
	if (c->is_stopping)
		conn_doom(c, k, CLOSED_BY_US);
	report_kind(c, k, EVENT_ACCEPTED);
}

static void refuse_dial(struct core *c, uint64_t ref, enum drop drop)
{
	struct event e = {.kind = EVENT_DIAL_FAILED};

	e.dialed.ref = ref;
	e.dialed.drop = drop;
	core_drop(c, drop);
	report_core(c, &e);
}

void conn_dial(struct core *c, const struct msg *m)
{
	const struct net_iface_setup *s = &c->setup.iface[m->dial.iface];
	const struct ip_addr *local = addr_is_v4(&m->dial.remote) ? &s->address : &s->address6;
	struct tcp_conn *tcp;
	struct conn *k;

	if (c->is_stopping) {
		refuse_dial(c, m->dial.ref, DROP_DIAL_FAILED);
		return;
	}
	if (!net_has_route(c->net, m->dial.iface, &m->dial.remote)) {
		refuse_dial(c, m->dial.ref, DROP_IP_NO_ROUTE);
		return;
	}
	tcp =
	    tcp_dial(c->tcp, m->dial.iface, local, &m->dial.remote, m->dial.remote_port, c->now_us);
	if (tcp == NULL) {
		refuse_dial(c, m->dial.ref, DROP_TCP_SLOTS);
		return;
	}
	k = begin(c, tcp, m->dial.iface);
	conn_become(k, CONN_DIALING);
	k->dial_ref = m->dial.ref;
}

void conn_on_opened(struct core *c, struct conn *k)
{
	conn_become(k, CONN_OPEN);
	k->is_paused = true;
	stat_add(&c->stats.dialed_conns, 1);
	report_kind(c, k, EVENT_DIALED);
}

/* Where its kind is counted. An error stanza made here is of the kind of what it answers. */
static unsigned int label_kind(const struct parcel_label *label)
{
	return label->stanza > STANZA_MESSAGE ? (unsigned int)label->stanza - STANZA_MESSAGE : 0U;
}

/* Stanzas whose last record TCP has acknowledged are delivered. */
static void settle(struct core *c, struct conn *k)
{
	const uint64_t acked = tcp_acked(k->tcp);
	const struct ledger_entry *e;

	/* On a stream that only takes stanzas, that it takes them is all the peer ever says. */
	e = ledger_first(&k->ledger);
	if (e != NULL && e->end != 0 && e->end <= acked)
		conn_heard(c, k);
	while ((e = ledger_first(&k->ledger)) != NULL && e->end != 0 && e->end <= acked) {
		struct partner_stats *partner = &c->stats.partner[e->label.partner.n];

		account_release(c, &e->label);
		if (e->label.kind == PARCEL_STANZA)
			account_delivered(c, e->label.partner);
		stat_add(&k->view.stanzas_out, 1);
		if (e->label.toward == TOWARD_EDGE) {
			stat_add(&partner->stanzas_out[label_kind(&e->label)], 1);
			stat_add(&partner->bytes_out, e->bytes);
		}
		ledger_pop(&k->ledger, &c->ledgers);
	}
	link_on_settled(c, k);
}

void conn_on_acked(struct core *c, struct conn *k)
{
	const struct ledger_entry *e;

	settle(c, k);
	e = ledger_first(&k->ledger);
	tcp_free_to(c->tcp, k->tcp, e != NULL ? e->start : tcp_acked(k->tcp));
	atomic_store_explicit(&k->view.srtt_us, tcp_srtt_us(k->tcp), memory_order_relaxed);
	conn_make_dirty(c, k);
}

void conn_detach_links(struct core *c, struct conn *k)
{
	struct grant *g;

	LIST_FOREACH(g, &k->grants, of_conn)
	if (g->link != NULL)
		link_detach(c, g);
}

void conn_drop_grants(struct core *c, struct conn *k)
{
	conn_detach_links(c, k);
	if (!LIST_EMPTY(&k->grants))
		stat_sub(&c->stats.streams_granted, 1);
	while (!LIST_EMPTY(&k->grants))
		grant_give(&c->grants, LIST_FIRST(&k->grants));
	k->from_peer_grants = 0;
}

void conn_end_park(struct core *c, struct conn *k)
{
	stat_add(&c->stats.throttled_us[k->parked_at.by],
		 (c->now_us - k->parked_at.us) & 0xffffffffffff);
	k->parked_on = NULL;
}

void conn_unpark(struct core *c, struct conn *k)
{
	struct link *l = k->parked_on;

	if (l == NULL)
		return;
	conn_end_park(c, k);
	TAILQ_REMOVE(&l->sources, k, parked);
	link_tidy(c, l);
}

void conn_close(struct core *c, struct conn *k, enum close_by by, uint64_t deadline_us)
{
	if (k->state != CONN_OPEN)
		return;
	conn_become(k, CONN_CLOSING);
	k->end_by = (uint8_t)by;
	k->close_due_us = deadline_us;
	k->is_paused = false;
	conn_detach_links(c, k);
	if (k->header_sent && k->transport != TRANSPORT_HANDSHAKE)
		(void)output_text(c, k, "</stream:stream>");
	if (k->has_footer || k->tcp_ended || k->tls_ended || k->is_deaf || !k->header_sent ||
	    k->transport == TRANSPORT_HANDSHAKE)
		conn_finish(c, k);
	conn_make_ready(c, k);
	conn_make_dirty(c, k);
	conn_rearm(c, k);
}

void conn_finish(struct core *c, struct conn *k)
{
	conn_become(k, CONN_ENDING);
	k->is_deaf = true;
	k->close_due_us = c->now_us + CORE_END_US;
	conn_unpark(c, k);
	conn_make_ready(c, k);
	conn_make_dirty(c, k);
	conn_rearm(c, k);
}

static void forget_bytes(struct core *c, struct conn *k)
{
	framing_restart(c, k);
	if (k->rest != NULL)
		parcel_free(k->rest);
	if (k->open != NULL)
		rte_pktmbuf_free(k->open);
	k->rest = k->open = NULL;
	k->open_used = 0;
}

static void leave_lists(struct core *c, struct conn *k)
{
	if (k->is_ready)
		TAILQ_REMOVE(&c->ready, k, ready);
	if (k->is_dirty)
		TAILQ_REMOVE(&c->dirty, k, dirty);
	if (k->is_stalled)
		TAILQ_REMOVE(&c->stalled, k, stalled);
	if (k->is_doomed)
		TAILQ_REMOVE(&c->doomed, k, doomed);
	k->is_ready = k->is_dirty = k->is_stalled = k->is_doomed = false;
}

/* Told through the connection, which stays until control has room to hear it. */
static void dial_failed(struct core *c, struct conn *k)
{
	core_drop(c, DROP_DIAL_FAILED);
	leave_lists(c, k);
	conn_become(k, CONN_GONE);
	report_drop(c, k, EVENT_DIAL_FAILED, DROP_DIAL_FAILED);
	if (k->pending_count == 0)
		conn_release(c, k);
}

void conn_gone(struct core *c, struct conn *k, enum close_by by)
{
	const bool is_doomed = k->is_doomed;

	if (k->state == CONN_DIALING) {
		dial_failed(c, k);
		return;
	}
	/* Who ended it first has said so already, but a reset or a timeout is news in any state. */
	if (k->state == CONN_OPEN || by == CLOSED_BY_RESET || by == CLOSED_BY_TIMEOUT)
		k->end_by = (uint8_t)by;
	settle(c, k);
	conn_become(k, CONN_GONE);
	leave_lists(c, k);
	wheel_cancel(&c->wheel, &k->timer);
	tap_set(c, k, 0);
	conn_unpark(c, k);
	conn_drop_grants(c, k);
	recover_all(c, k);
	link_on_recovered(c, k);
	forget_bytes(c, k);
	if (is_doomed)
		tcp_abort(c->tcp, k->tcp, c->now_us);
	if (k->transport == TRANSPORT_SECURE)
		record_close(k->record, c->machine);
	stat_add(&c->stats.closed_conns, 1);
	report_kind(c, k, EVENT_CLOSED);
	if (k->pending_count == 0)
		conn_release(c, k);
}

void conn_release(struct core *c, struct conn *k)
{
	tcp_release(c->tcp, k->tcp);
	conn_become(k, CONN_FREE);
	atomic_store_explicit(&k->view.tenant, 0, memory_order_relaxed);
	stat_sub(&c->stats.conns, 1);
}

/* Holds buffers of the pool for an element, or for a root that is likely nobody else's. */
static bool is_stranger_with_bytes(const struct conn *k)
{
	return conn_is_live(k) && LIST_EMPTY(&k->grants) &&
	       (k->carry != NULL || k->kept != NULL || k->rest != NULL ||
		(k->root != NULL && roots_is_single(k->root)));
}

void conn_shed(struct core *c)
{
	for (unsigned int i = 0; i < SHED_LOOKS; i++) {
		struct conn *k = &c->conn[c->shed_at];

		c->shed_at = c->shed_at + 1 < c->setup.conns ? c->shed_at + 1 : 0;
		if (!is_stranger_with_bytes(k))
			continue;
		core_drop(c, DROP_STREAM_SHED);
		conn_doom(c, k, CLOSED_BY_US);
	}
}

void conn_run_doomed(struct core *c)
{
	struct conn *k;

	while ((k = TAILQ_FIRST(&c->doomed)) != NULL)
		conn_gone(c, k, (enum close_by)k->end_by);
}
