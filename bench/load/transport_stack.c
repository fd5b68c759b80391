/* SPDX-License-Identifier: BSD-3-Clause */
/* transport_stack.c - the relay's TCP: connections over stack.h, driven by transport_turn(). */
#include "bench/load/transport.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bench/load/link.h"
#include "bench/load/outbox.h"
#include "bench/report.h"
#include "control/memory.h"

enum {
	IDLE_TURNS = 64,      /* then others may have the processor */
	PAUSE_NS = 50 * 1000, /* while nothing has happened for so long: */
	PAUSE_AFTER_US = 1000,
};

enum conn_state { CONN_WAITS, CONN_DIALS, CONN_OPEN, CONN_GONE };
enum ending { END_CLOSE, END_RESET };

struct transport_conn {
	struct transport *t;
	struct tcp_conn *tcp;
	struct transport_conn *next_dirty, *next_gone, *next_waiting;
	struct transport_place place; /* dialled */
	void *user;
	struct outbox out;
	uint32_t slot; /* STACK_CONNS: none */
	enum iface side;
	enum conn_state state;
	enum ending ending;
	bool is_dirty, is_blocked, wants_room, wants_finish;
};

struct transport {
	struct transport_calls calls;
	struct stack *stack;
	struct transport_conn *dirty, *gone;
	struct transport_conn **by_slot;
	struct outbox_pool blocks;
	void *listener[IFACE_COUNT];
	/* While it is asked who the relay is, net keeps few packets: the first dials alone. */
	struct transport_conn *waiting[IFACE_COUNT];
	bool is_known[IFACE_COUNT], is_asking[IFACE_COUNT];
	unsigned int idle_turns;
	uint64_t busy_us; /* something last happened */
};

struct transport *transport_make(const struct transport_calls *calls, char *error)
{
	struct transport *t = memory_get(sizeof(*t));
	char why[STACK_ERROR];

	t->calls = *calls;
	t->stack = link_stack();
	t->by_slot = memory_get(STACK_CONNS * sizeof(struct transport_conn *));
	if (stack_connect(t->stack, why))
		return t;
	snprintf(error, TRANSPORT_ERROR, "%.*s", TRANSPORT_ERROR - 1, why);
	transport_free(t);
	return NULL;
}

/* Opened late: listeners come first. */
static bool open_stack(struct transport *t, char *error)
{
	char why[STACK_ERROR];

	if (t->stack->net != NULL || stack_open(t->stack, why))
		return true;
	snprintf(error, TRANSPORT_ERROR, "%.*s", TRANSPORT_ERROR - 1, why);
	return false;
}

bool transport_listen(struct transport *t, const struct transport_place *place, void *listener,
		      char *error)
{
	const enum iface side = stack_side_of(t->stack, &place->address);

	if (side == IFACE_COUNT || t->stack->net != NULL || t->listener[side] != NULL) {
		snprintf(error, TRANSPORT_ERROR,
			 "listen at the address of --outside or of --inside, one port each");
		return false;
	}
	t->listener[side] = listener;
	t->stack->listen_port[side] = place->port;
	return true;
}

static struct transport_conn *make_conn(struct transport *t, enum iface side, void *user)
{
	struct transport_conn *c = memory_get(sizeof(*c));

	*c = (struct transport_conn){
	    .t = t, .user = user, .side = side, .slot = STACK_CONNS, .state = CONN_WAITS};
	return c;
}

static void adopt(struct transport_conn *c, struct tcp_conn *tcp, enum conn_state state)
{
	c->tcp = tcp;
	c->state = state;
	c->slot = tcp_id(c->t->stack->tcp, tcp).slot;
	c->t->by_slot[c->slot] = c;
}

static bool dial(struct transport_conn *c)
{
	struct stack *s = c->t->stack;
	struct tcp_conn *tcp = tcp_dial(s->tcp, c->side, &s->setup.side[c->side].address,
					&c->place.address, c->place.port, s->now_us);

	if (tcp == NULL)
		return false;
	adopt(c, tcp, CONN_DIALS);
	return true;
}

struct transport_conn *transport_dial(struct transport *t, const struct transport_place *place,
				      void *user, char *error)
{
	const enum iface side = addr_is_unspecified(&place->source)
				    ? stack_side_to(t->stack, &place->address)
				    : stack_side_of(t->stack, &place->source);
	struct transport_conn *c;

	if (!open_stack(t, error))
		return NULL;
	if (side == IFACE_COUNT) {
		snprintf(error, TRANSPORT_ERROR, "neither --outside nor --inside leads there");
		return NULL;
	}
	c = make_conn(t, side, user);
	c->place = *place;
	if (t->is_asking[side]) {
		c->next_waiting = t->waiting[side];
		t->waiting[side] = c;
		return c;
	}
	if (dial(c)) {
		t->is_asking[side] = !t->is_known[side];
		return c;
	}
	free(c);
	snprintf(error, TRANSPORT_ERROR, "no connection or port is free");
	return NULL;
}

static void make_dirty(struct transport_conn *c)
{
	if (c->is_dirty)
		return;
	c->is_dirty = true;
	c->next_dirty = c->t->dirty;
	c->t->dirty = c;
}

uint8_t *transport_room(struct transport_conn *c, size_t want, size_t *room)
{
	uint8_t *at = outbox_room(&c->out, &c->t->blocks, want, room);

	c->wants_room = *room < want;
	make_dirty(c); /* also when nothing follows: its block is given back by the flush */
	return at;
}

void transport_commit(struct transport_conn *c, size_t len)
{
	c->out.len += (uint32_t)len;
}

void transport_finish(struct transport_conn *c)
{
	c->wants_finish = true;
	make_dirty(c);
}

/* TCP may be in the middle of telling of it, and lists of this turn may name it: it goes at the end
 * of the turn. */
static void let_go(struct transport_conn *c, enum ending ending)
{
	if (c->state == CONN_GONE)
		return;
	c->state = CONN_GONE;
	c->ending = ending;
	c->next_gone = c->t->gone;
	c->t->gone = c;
	outbox_give(&c->out, &c->t->blocks);
}

static void end(struct transport_conn *c, const char *why)
{
	void *user = c->user;

	if (c->state == CONN_GONE)
		return;
	let_go(c, END_CLOSE);
	c->t->calls.closed(user, why);
}

void transport_abort(struct transport_conn *c)
{
	let_go(c, END_RESET);
}

/* The first has been answered, or never will be. */
static void dial_waiting(struct transport *t, enum iface side)
{
	struct transport_conn *list = t->waiting[side];

	t->waiting[side] = NULL;
	t->is_asking[side] = false;
	for (struct transport_conn *c = list, *next; c != NULL; c = next) {
		next = c->next_waiting;
		if (c->state == CONN_WAITS && !dial(c))
			end(c, "no connection or port is free");
	}
}

/* In a list that will still name it. */
static bool is_named(const struct transport_conn *c)
{
	return c->is_dirty || (c->slot == STACK_CONNS && c->t->is_asking[c->side]);
}

static void let_tcp_go(struct transport_conn *c)
{
	struct stack *s = c->t->stack;

	if (c->ending == END_CLOSE)
		tcp_close(s->tcp, c->tcp, s->now_us);
	else
		tcp_abort(s->tcp, c->tcp, s->now_us);
	c->t->by_slot[c->slot] = NULL;
	tcp_release(s->tcp, c->tcp);
}

static void bury(struct transport *t)
{
	struct transport_conn *list = t->gone;

	t->gone = NULL;
	for (struct transport_conn *c = list, *next; c != NULL; c = next) {
		next = c->next_gone;
		if (is_named(c)) {
			c->next_gone = t->gone;
			t->gone = c;
			continue;
		}
		if (c->slot != STACK_CONNS)
			let_tcp_go(c);
		free(c);
	}
}

void transport_free(struct transport *t)
{
	for (unsigned int i = 0; i < IFACE_COUNT; i++)
		t->is_asking[i] = false;
	for (int i = 0; i < 2 && t->stack->net != NULL; i++) { /* what flushing still names */
		transport_flush(t);
		bury(t);
	}
	if (t->stack->net != NULL)
		(void)stack_transmit(t->stack); /* the resets */
	outbox_pool_free(&t->blocks);
	free(t->by_slot);
	free(t);
}

/* False when no mbuf is left. */
static bool send_piece(struct transport_conn *c)
{
	struct stack *s = c->t->stack;
	struct rte_mbuf *m = rte_pktmbuf_alloc(s->pool);
	const uint32_t n = min_u32(tcp_segment_bytes(c->tcp), c->out.len - c->out.at);

	if (m == NULL)
		return false;
	m->data_off = RTE_ALIGN(TCP_HEADROOM, 8);
	memcpy(rte_pktmbuf_append(m, (uint16_t)n), c->out.block + c->out.at, n);
	if (!tcp_send(s->tcp, c->tcp, m)) {
		rte_pktmbuf_free(m);
		return false;
	}
	c->out.at += n;
	return true;
}

static void push(struct transport_conn *c)
{
	if (c->state != CONN_OPEN)
		return;
	c->is_blocked = false;
	while (c->out.at < c->out.len) {
		if (tcp_room(c->tcp) == 0) {
			c->is_blocked = true; /* until TCP has news of it */
			return;
		}
		if (!send_piece(c)) {
			make_dirty(c); /* mbufs come back as others are acknowledged */
			return;
		}
	}
	outbox_give(&c->out, &c->t->blocks);
	if (c->wants_finish) {
		c->wants_finish = false;
		tcp_close(c->t->stack->tcp, c->tcp, c->t->stack->now_us);
	}
}

static void room_again(struct transport_conn *c)
{
	if (c->state != CONN_OPEN || !c->wants_room ||
	    c->out.len - c->out.at >= TRANSPORT_BUFFER / 2)
		return;
	c->wants_room = false;
	c->t->calls.writable(c->user);
}

void transport_flush(struct transport *t)
{
	struct transport_conn *list = t->dirty;

	t->dirty = NULL;
	for (struct transport_conn *c = list, *next; c != NULL; c = next) {
		next = c->next_dirty;
		c->is_dirty = false;
		if (!c->is_blocked)
			push(c);
		room_again(c);
	}
}

/* Each mbuf by itself: the relay's records are one a segment, so few need to be put together. */
static void take_bytes(struct transport_conn *c)
{
	struct stack *s = c->t->stack;
	const uint32_t all = tcp_inbound_bytes(c->tcp);

	for (struct rte_mbuf *m = tcp_inbound(c->tcp); m != NULL && c->state == CONN_OPEN;
	     m = m->next)
		c->t->calls.received(c->user, rte_pktmbuf_mtod(m, uint8_t *),
				     rte_pktmbuf_data_len(m));
	tcp_consume(s->tcp, c->tcp, all, s->now_us);
}

static struct transport_conn *take_caller(struct transport *t, struct tcp_conn *tcp)
{
	const enum iface side = (enum iface)tcp_key(t->stack->tcp, tcp)->iface;
	struct transport_conn *c = make_conn(t, side, NULL);

	adopt(c, tcp, CONN_OPEN);
	if (t->listener[side] != NULL)
		c->user = t->calls.accepted(t->listener[side], c);
	if (c->user == NULL)
		transport_abort(c);
	return c;
}

static void on_news(struct transport *t, struct tcp_conn *tcp, unsigned int news)
{
	struct transport_conn *c = t->by_slot[tcp_id(t->stack->tcp, tcp).slot];

	if (news & TCP_NEWS_ACCEPTED)
		c = take_caller(t, tcp);
	if (c == NULL || c->state == CONN_GONE)
		return;
	if (t->is_asking[c->side] && news & (TCP_NEWS_OPENED | TCP_NEWS_GONE)) {
		t->is_known[c->side] = true;
		dial_waiting(t, c->side);
	}
	if (news & TCP_NEWS_OPENED) {
		c->state = CONN_OPEN;
		t->calls.opened(c->user);
	}
	if (news & TCP_NEWS_DATA && c->state == CONN_OPEN)
		take_bytes(c);
	if (news & TCP_NEWS_RESET)
		end(c, "reset by the other side");
	else if (news & TCP_NEWS_TIMEOUT)
		end(c, "no answer in time");
	else if (news & (TCP_NEWS_FIN | TCP_NEWS_CLOSED))
		end(c, NULL);
	else if (news & TCP_NEWS_ACKED && c->is_blocked) {
		push(c);
		room_again(c);
	}
}

/* Polling goes on as long as something happens; a little while later others get the processor. */
static void rest(struct transport *t, uint64_t wait_ns)
{
	const struct timespec pause = {.tv_nsec = PAUSE_NS};

	if (wait_ns == 0 || ++t->idle_turns < IDLE_TURNS)
		return;
	if (wait_ns > PAUSE_NS && t->stack->now_us - t->busy_us > PAUSE_AFTER_US)
		nanosleep(&pause, NULL);
	else
		sched_yield();
}

void transport_turn(struct transport *t, uint64_t wait_ns)
{
	struct stack *s = t->stack;
	char error[TRANSPORT_ERROR];
	struct tcp_conn *tcp;
	unsigned int news, moved;

	if (!open_stack(t, error))
		bench_die(error);
	transport_flush(t);
	bury(t);
	moved = stack_transmit(s);
	moved += stack_receive(s);
	while ((tcp = tcp_next_news(s->tcp, &news)) != NULL)
		on_news(t, tcp, news);
	if (moved == 0) {
		rest(t, wait_ns);
		return;
	}
	t->idle_turns = 0;
	t->busy_us = s->now_us;
}
