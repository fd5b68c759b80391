/* SPDX-License-Identifier: BSD-3-Clause */
/* order.c - one function an order. */
#include <string.h>

#include "dataplane/core/account.h"
#include "dataplane/core/bounce.h"
#include "dataplane/core/framing.h"
#include "dataplane/core/input.h"
#include "dataplane/core/order.h"
#include "dataplane/core/output.h"
#include "dataplane/core/report.h"
#include "dataplane/core/via.h"

static void free_bytes(struct msg *m)
{
	if (m->bytes != NULL)
		inbox_free(m->bytes);
	m->bytes = NULL;
}

/* Is one of our stream headers in these bytes? Control sends one as one order, so its beginning is
 * within the first mbuf; behind an XML declaration at most. */
static bool has_header(const struct rte_mbuf *bytes)
{
	static const char mark[] = "<stream:stream";

	return memmem(rte_pktmbuf_mtod(bytes, const uint8_t *), bytes->data_len, mark,
		      sizeof(mark) - 1) != NULL;
}

/* Takes m->bytes. */
static void send_bytes(struct core *c, struct conn *k, struct msg *m)
{
	if (m->bytes == NULL)
		return;
	if (k->transport != TRANSPORT_HANDSHAKE && has_header(m->bytes))
		k->header_sent = true;
	parcel_adopt(m->bytes);
	parcel_of(m->bytes)->label.is_raw = k->transport != TRANSPORT_SECURE;
	output_parcel(c, k, m->bytes);
	m->bytes = NULL;
}

static void on_send(struct core *c, struct conn *k, struct msg *m)
{
	const bool had_header = k->header_sent;

	send_bytes(c, k, m);
	if (!had_header)
		conn_rearm(c, k);
}

static void on_resume(struct core *c, struct conn *k, const struct msg *m)
{
	if (m->resume.stanza_bytes_max > 0)
		k->stanza_bytes_max = m->resume.stanza_bytes_max;
	if (m->resume.restart)
		framing_restart(c, k);
	if (!k->is_deaf)
		k->is_paused = false;
	conn_make_ready(c, k);
}

static void on_start_tls(struct core *c, struct conn *k, struct msg *m)
{
	if (k->transport != TRANSPORT_PLAIN)
		return;
	if (input_is_smuggled(k)) {
		core_drop(c, DROP_STREAM_SMUGGLED);
		k->is_paused = k->is_deaf = true;
		report_kind(c, k, EVENT_SMUGGLED);
		return;
	}
	input_discard(c, k);
	send_bytes(c, k, m);
	k->transport = TRANSPORT_HANDSHAKE;
	k->header_sent = false;
	k->is_fresh = k->is_paused = false;
	conn_make_ready(c, k);
}

static void on_secure(struct core *c, struct conn *k, const struct msg *m)
{
	if (k->transport != TRANSPORT_HANDSHAKE || m->secure.consumed > k->told_bytes ||
	    !record_init(k->record, m->secure.keys, m->secure.is_client)) {
		conn_doom(c, k, CLOSED_BY_US);
		return;
	}
	k->transport = TRANSPORT_SECURE;
	k->has_key_updates = m->secure.keys->version == TLS_1_3;
	if (m->secure.consumed > 0)
		tcp_consume(c->tcp, k->tcp, m->secure.consumed, c->now_us);
	stat_add(&k->view.bytes_in, m->secure.consumed);
	/* The peer's new stream may lie there already: control has to expect it first. */
	k->is_paused = true;
}

static void on_grant(struct core *c, struct conn *k, const struct msg *m)
{
	const bool is_first = LIST_EMPTY(&k->grants);
	struct grant *g;

	g = grant_take(&c->grants, &k->grants, k->id.slot, m->grant.pair);
	if (g == NULL) {
		/* The stream would be useless without it: control sees it close. */
		conn_doom(c, k, CLOSED_BY_US);
		link_ask_again(c, m->grant.pair);
		return;
	}
	if (is_first) {
		stat_add(&c->stats.streams_granted, 1);
		tcp_trust(c->tcp, k->tcp);
	}
	if ((m->grant.bits & GRANT_FROM_PEER) != 0 && (g->bits & GRANT_FROM_PEER) == 0)
		k->from_peer_grants++;
	g->bits |= m->grant.bits;
	g->partner = m->grant.partner;
	if ((m->grant.bits & GRANT_TO_PEER) == 0 || g->link != NULL)
		return;
	if (k->has_footer)
		link_ask_again(c, m->grant.pair);
	else if (!link_attach(c, g, k->iface == IFACE_EDGE ? TOWARD_EDGE : TOWARD_INTERNAL))
		conn_doom(c, k, CLOSED_BY_US);
}

static void on_revoke(struct core *c, struct conn *k, const struct msg *m)
{
	struct grant *g = grant_find(&c->grants, k->id.slot, m->grant.pair);

	if (g == NULL)
		return;
	if (g->link != NULL)
		link_detach(c, g);
	if ((g->bits & GRANT_FROM_PEER) != 0)
		k->from_peer_grants--;
	grant_give(&c->grants, g);
	if (LIST_EMPTY(&k->grants))
		stat_sub(&c->stats.streams_granted, 1);
}

static void on_close(struct core *c, struct conn *k, struct msg *m)
{
	if (k->transport != TRANSPORT_HANDSHAKE)
		send_bytes(c, k, m);
	conn_close(c, k, k->has_footer ? CLOSED_BY_PEER : CLOSED_BY_US,
		   c->now_us + m->close.deadline_us);
}

static void on_times(struct core *c, struct conn *k, const struct msg *m)
{
	k->keepalive_us = m->times.keepalive_us;
	k->inactivity_us = m->times.inactivity_us;
	k->heard_us = c->now_us;
	k->idle_told = false;
	conn_rearm(c, k);
}

/* What no order can be without: a connection that is there. CLOSING ones take MSG_ABORT alone. */
static struct conn *find(struct core *c, const struct msg *m)
{
	struct tcp_conn *tcp = tcp_find(c->tcp, m->conn);
	struct conn *k = tcp != NULL ? core_conn_of(c, tcp) : NULL;

	if (k == NULL || !conn_id_equal(k->id, m->conn) || k->is_doomed)
		return NULL;
	if (k->state == CONN_OPEN)
		return k;
	return m->kind == MSG_ABORT && (k->state == CONN_CLOSING || k->state == CONN_ENDING) ? k
											     : NULL;
}

static void on_conn_order(struct core *c, struct conn *k, struct msg *m)
{
	switch ((int)m->kind) {
	case MSG_SEND:
		on_send(c, k, m);
		break;
	case MSG_RESUME:
		on_resume(c, k, m);
		break;
	case MSG_START_TLS:
		on_start_tls(c, k, m);
		break;
	case MSG_SECURE:
		on_secure(c, k, m);
		break;
	case MSG_GRANT:
		on_grant(c, k, m);
		break;
	case MSG_REVOKE:
		on_revoke(c, k, m);
		break;
	case MSG_TIMES:
		on_times(c, k, m);
		break;
	case MSG_TAP:
		tap_set(c, k, m->tap.bits);
		break;
	case MSG_CLOSE:
		on_close(c, k, m);
		break;
	case MSG_ABORT:
		conn_doom(c, k, CLOSED_BY_US);
		break;
	default:
		break;
	}
}

static void on_link_failed(struct core *c, const struct msg *m)
{
	struct link *l = link_find(&c->links, m->link_failed.pair, m->link_failed.toward);

	/* A stream that came up meanwhile makes the failure stale. */
	if (l != NULL && (l->state == LINK_NONE || l->state == LINK_WANTED))
		link_fail(c, l, m->link_failed.condition, DROP_STANZA_NO_LINK);
}

static void on_link_via(struct core *c, const struct msg *m)
{
	struct link *l = link_find(&c->links, m->link_via.pair, m->link_via.toward);

	if (l != NULL)
		via_begin(c, l, m->link_via.core);
}

static void on_routes(struct core *c, const struct msg *m)
{
	struct event e = {.kind = EVENT_ROUTES_IN_USE};

	e.routes = c->routes;
	c->routes = m->routes;
	report_core(c, &e);
}

static bool has_stanzas(const struct core *c, const struct link *l)
{
	const struct parcel_queue *returned = link_returned(&c->links, l);

	return l->parked.count > 0 || (returned != NULL && returned->count > 0);
}

static void fail_links(struct core *c)
{
	for (uint32_t i = 0; i < c->links.total; i++)
		if (has_stanzas(c, &c->links.links[i]))
			link_fail(c, &c->links.links[i], STANZA_SERVICE_UNAVAILABLE,
				  DROP_STANZA_SHUTDOWN);
}

static void stop_conn(struct core *c, struct conn *k)
{
	if (k->state == CONN_DIALING || (k->state == CONN_OPEN && !k->header_sent)) {
		conn_doom(c, k, CLOSED_BY_US);
		return;
	}
	if (k->state == CONN_OPEN) {
		(void)output_text(c, k,
				  "<stream:error><system-shutdown "
				  "xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>");
		k->is_deaf = true;
		conn_close(c, k, CLOSED_BY_US, c->stop_us);
	} else if (k->state == CONN_CLOSING) {
		conn_finish(c, k);
	}
}

static void on_stop(struct core *c)
{
	if (c->is_stopping)
		return;
	c->is_stopping = true;
	c->stop_us = c->now_us + CORE_STOP_US;
	for (enum iface i = 0; i < IFACE_COUNT; i++) {
		const struct net_iface_setup *s = &c->setup.iface[i];

		tcp_unlisten(c->tcp, i, &s->address, s->listen_port);
		tcp_unlisten(c->tcp, i, &s->address6, s->listen_port);
	}
	/* First what can still bounce: the streams that take it are open until the next loop. */
	fail_links(c);
	link_run_later(c);
	for (uint32_t i = 0; i < c->setup.conns; i++)
		if (c->conn[i].state != CONN_FREE)
			stop_conn(c, &c->conn[i]);
}

void order_run_stop(struct core *c)
{
	const struct event e = {.kind = EVENT_STOPPED};

	if (!c->is_stopping || c->is_stopped)
		return;
	if (stat_read(&c->stats.conns) > 0 && c->now_us < c->stop_us)
		return;
	for (uint32_t i = 0; i < c->setup.conns; i++)
		if (c->conn[i].state != CONN_FREE)
			conn_doom(c, &c->conn[i], CLOSED_BY_US);
	conn_run_doomed(c);
	fail_links(c);
	/* A bounce that the loop above has parked, and what nobody can take any more. */
	fail_links(c);
	/* The last word: behind it control listens no more, and the loop would wait for ever. */
	if (!TAILQ_EMPTY(&c->stalled))
		return;
	report_core(c, &e);
	c->is_stopped = true;
}

static void run(struct core *c, struct msg *m)
{
	struct conn *k;

	switch ((int)m->kind) {
	case MSG_DIAL:
		conn_dial(c, m);
		break;
	case MSG_LINK_FAILED:
		on_link_failed(c, m);
		break;
	case MSG_LINK_VIA:
		on_link_via(c, m);
		break;
	case MSG_ROUTES:
		on_routes(c, m);
		break;
	case MSG_STOP:
		on_stop(c);
		break;
	default:
		k = find(c, m);
		if (k != NULL) {
			on_conn_order(c, k, m);
			break;
		}
		core_drop(c, DROP_ORDER_STALE);
		if (m->kind == MSG_GRANT && (m->grant.bits & GRANT_TO_PEER) != 0)
			link_ask_again(c, m->grant.pair);
		break;
	}
	free_bytes(m);
	if (m->kind == MSG_SECURE)
		inbox_handover_done(c->inbox, m->secure.keys);
}

unsigned int order_run(struct core *c)
{
	unsigned int done = 0;
	struct msg m;

	/* An answer of the core's own that finds no room in the ring stops further orders. */
	while (done < CORE_ORDERS_PER_TURN && c->pending_count + 2 < CORE_PENDING_MAX &&
	       inbox_take_order(c->inbox, &m)) {
		run(c, &m);
		done++;
	}
	return done;
}
