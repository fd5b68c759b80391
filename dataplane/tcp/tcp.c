/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp.c - setting up the engine, opening, closing, telling, asking. */
#include <rte_malloc.h>

#include "dataplane/tcp/tcp_conn.h"

size_t tcp_node_offset;

_Static_assert(TCP_STAT_STATES == (int)TCP_STATE_COUNT, "a gauge for each state");

static const char *const state_names[TCP_STATE_COUNT] = {
#define X(name) [name] = #name,
    TCP_STATES(X)
#undef X
};

/* From a state, which others: RFC 9293 figure 5, and CLOSED by RST, abort or timeout from all. */
static const uint16_t may_become[TCP_STATE_COUNT] = {
    [TCP_CLOSED] = BIT(TCP_SYN_SENT) | BIT(TCP_SYN_RECEIVED),
    [TCP_SYN_SENT] = BIT(TCP_SYN_RECEIVED) | BIT(TCP_ESTABLISHED) | BIT(TCP_CLOSED),
    [TCP_SYN_RECEIVED] = BIT(TCP_ESTABLISHED) | BIT(TCP_CLOSED),
    [TCP_ESTABLISHED] = BIT(TCP_FIN_WAIT_1) | BIT(TCP_CLOSE_WAIT) | BIT(TCP_CLOSED),
    [TCP_FIN_WAIT_1] =
	BIT(TCP_FIN_WAIT_2) | BIT(TCP_CLOSING) | BIT(TCP_TIME_WAIT) | BIT(TCP_CLOSED),
    [TCP_FIN_WAIT_2] = BIT(TCP_TIME_WAIT) | BIT(TCP_CLOSED),
    [TCP_CLOSE_WAIT] = BIT(TCP_LAST_ACK) | BIT(TCP_CLOSED),
    [TCP_CLOSING] = BIT(TCP_TIME_WAIT) | BIT(TCP_CLOSED),
    [TCP_LAST_ACK] = BIT(TCP_CLOSED),
    [TCP_TIME_WAIT] = BIT(TCP_CLOSED),
};

/* What an accepted connection counts as while nobody vouches for it; TCP_SOURCE_PHASES: nothing. */
static enum tcp_source_phase phase_of(const struct tcp_conn *c)
{
	if (!c->passive || c->trusted)
		return TCP_SOURCE_PHASES;
	switch ((enum tcp_state)c->state) {
	case TCP_SYN_RECEIVED:
		return TCP_SOURCE_HALF_OPEN;
	case TCP_ESTABLISHED:
	case TCP_FIN_WAIT_1:
	case TCP_FIN_WAIT_2:
	case TCP_CLOSE_WAIT:
	case TCP_CLOSING:
	case TCP_LAST_ACK:
		return TCP_SOURCE_UNTRUSTED;
	case TCP_CLOSED:
	case TCP_SYN_SENT:
	case TCP_TIME_WAIT:
	case TCP_STATE_COUNT:
		break;
	}
	return TCP_SOURCE_PHASES;
}

static struct tcp_list *list_of(struct tcp *t, const struct tcp_conn *c,
				enum tcp_source_phase phase)
{
	return phase == TCP_SOURCE_HALF_OPEN ? &t->half_open : &t->untrusted[c->key.iface];
}

/* Lists and counts follow the phase. */
static void change_phase(struct tcp *t, struct tcp_conn *c, enum tcp_source_phase from,
			 enum tcp_source_phase to)
{
	if (from == to)
		return;
	if (from != TCP_SOURCE_PHASES) {
		tcp_list_remove(t, list_of(t, c, from), c);
		tcp_source_remove(t, &c->key.remote, from);
	}
	if (to != TCP_SOURCE_PHASES) {
		tcp_list_append(t, list_of(t, c, to), c);
		tcp_source_add(t, &c->key.remote, to);
	}
}

/* CLOSED is no state that anybody counts. */
static void count_state(struct tcp *t, enum tcp_state s, uint32_t by)
{
	_Atomic uint32_t *gauge = &t->setup.stats->in_state[s];

	if (s != TCP_CLOSED)
		atomic_store_explicit(gauge, atomic_load_explicit(gauge, memory_order_relaxed) + by,
				      memory_order_relaxed);
}

void tcp_become(struct tcp *t, struct tcp_conn *c, enum tcp_state to)
{
	const enum tcp_source_phase from = phase_of(c);

	assert(may_become[c->state] & BIT(to));
	t->lingering -= c->state == TCP_TIME_WAIT;
	t->lingering += to == TCP_TIME_WAIT;
	count_state(t, (enum tcp_state)c->state, UINT32_MAX);
	count_state(t, to, 1);
	c->state = (unsigned int)to & 0xf;
	change_phase(t, c, from, phase_of(c));
}

void tcp_trust(struct tcp *t, struct tcp_conn *c)
{
	const enum tcp_source_phase from = phase_of(c);

	c->trusted = true;
	change_phase(t, c, from, phase_of(c));
}

void tcp_mark_dirty(struct tcp *t, struct tcp_conn *c)
{
	if (c->is_dirty)
		return;
	c->is_dirty = true;
	c->dirty_next = TCP_NONE;
	if (t->dirty.last == TCP_NONE)
		t->dirty.first = tcp_slot_of(t, c);
	else
		t->conns[t->dirty.last].dirty_next = tcp_slot_of(t, c);
	t->dirty.last = tcp_slot_of(t, c);
}

void tcp_tell(struct tcp *t, struct tcp_conn *c, unsigned int news)
{
	if (!c->held)
		return;
	c->news |= (uint8_t)news;
	if (c->has_news)
		return;
	c->has_news = true;
	c->told_next = TCP_NONE;
	if (t->told.last == TCP_NONE)
		t->told.first = tcp_slot_of(t, c);
	else
		t->conns[t->told.last].told_next = tcp_slot_of(t, c);
	t->told.last = tcp_slot_of(t, c);
}

static bool register_node(void)
{
	static const struct rte_mbuf_dynfield field = {
	    .name = "sluice_tcp_node",
	    .size = sizeof(struct tcp_node),
	    .align = __alignof__(struct tcp_node),
	};

	const int offset = rte_mbuf_dynfield_register(&field);

	if (offset >= 0)
		tcp_node_offset = (size_t)offset;
	return offset >= 0;
}

struct tcp *tcp_init(const struct tcp_setup *setup, uint64_t now_us)
{
	struct tcp *t = rte_zmalloc("tcp", sizeof(*t), CACHE_LINE);

	if (t == NULL || !register_node())
		goto no_engine;
	t->conns = rte_zmalloc("tcp_conns", setup->conns * sizeof(*t->conns), CACHE_LINE);
	if (t->conns == NULL)
		goto no_engine;
	t->flow_memory = rte_zmalloc("tcp_flow", flow_bytes(setup->conns), CACHE_LINE);
	if (t->flow_memory == NULL)
		goto no_flow;
	t->setup = *setup;
	if (t->setup.stats == NULL)
		t->setup.stats = &t->own_stats;
	tcp_set_now(t, now_us);
	if (!tcp_repair_init(t))
		goto no_repairs;
	if (!tcp_source_init(t))
		goto no_sources;
	if (!tcp_time_wait_init(t))
		goto no_time_waits;
	tcp_cookie_init(t);
	t->resets_key = tcp_secret(t, "resets");
	t->resets_s = UINT64_MAX;
	wheel_init(&t->wheel, now_us);
	flow_init(&t->flow, t->flow_memory, setup->conns, &setup->flow_key, &t->conns[0].key,
		  sizeof(*t->conns));
	tcp_list_init(&t->free);
	tcp_list_init(&t->half_open);
	for (unsigned int i = 0; i < IFACE_COUNT; i++)
		tcp_list_init(&t->untrusted[i]);
	tcp_list_init(&t->dirty);
	tcp_list_init(&t->told);
	t->half_open_max = max_u32(setup->conns / 4, 1);
	for (uint32_t i = 0; i < setup->conns; i++)
		tcp_list_append(t, &t->free, &t->conns[i]);
	return t;
no_time_waits:
	tcp_source_fini(t);
no_sources:
	rte_free(t->repairs);
no_repairs:
	rte_free(t->flow_memory);
no_flow:
	rte_free(t->conns);
no_engine:
	rte_free(t);
	return NULL;
}

void tcp_fini(struct tcp *t)
{
	if (t == NULL)
		return;
	for (uint32_t i = 0; i < t->setup.conns; i++)
		if (t->conns[i].in_use)
			tcp_slot_free(t, &t->conns[i]);
	for (; t->output_count > 0; t->output_count--) {
		rte_pktmbuf_free(t->output[t->output_head].m);
		t->output_head = (t->output_head + 1) % TCP_OUTPUT_MAX;
	}
	tcp_time_wait_fini(t);
	tcp_source_fini(t);
	rte_free(t->repairs);
	rte_free(t->flow_memory);
	rte_free(t->conns);
	rte_free(t);
}

bool tcp_listen(struct tcp *t, enum iface iface, const struct ip_addr *local, uint16_t port)
{
	const uint32_t number = tcp_local_number(t, local, true);

	for (unsigned int i = 0; i < TCP_LISTENERS_MAX && number != FLOW_NONE; i++)
		if (t->listener[i].port == 0) {
			t->listener[i] = (struct tcp_listener){iface, port, (uint8_t)number};
			return true;
		}
	return false;
}

void tcp_unlisten(struct tcp *t, enum iface iface, const struct ip_addr *local, uint16_t port)
{
	const uint32_t number = tcp_local_number(t, local, false);

	for (unsigned int i = 0; i < TCP_LISTENERS_MAX; i++) {
		struct tcp_listener *l = &t->listener[i];

		if (l->iface == iface && l->port == port && l->local == number)
			l->port = 0;
	}
}

const struct tcp_listener *tcp_find_listener(const struct tcp *t, const struct flow_key *key)
{
	for (unsigned int i = 0; i < TCP_LISTENERS_MAX; i++) {
		const struct tcp_listener *l = &t->listener[i];

		if (l->port != 0 && l->port == key->local_port &&
		    (uint32_t)l->iface == key->iface && l->local == key->local)
			return l;
	}
	return NULL;
}

struct tcp_conn *tcp_dial(struct tcp *t, enum iface iface, const struct ip_addr *local,
			  const struct ip_addr *remote, uint16_t remote_port, uint64_t now_us)
{
	const uint32_t number = tcp_local_number(t, local, true);
	struct flow_key key = {
	    .remote = *remote,
	    .remote_port = remote_port,
	    .iface = (uint8_t)iface,
	    .local = (uint8_t)number,
	};
	struct tcp_conn *c;

	tcp_set_now(t, now_us);
	if (number == FLOW_NONE || !tcp_port_choose(t, &key))
		return NULL;
	c = tcp_slot_take(t, &key);
	if (c == NULL)
		return NULL;
	c->held = true;
	tcp_ecn_begin(t, c);
	c->snd_mss = addr_is_v4(remote) ? TCP_MSS_DEFAULT_V4 : TCP_MSS_DEFAULT_V6;
	tcp_become(t, c, TCP_SYN_SENT);
	c->syn_pending = true;
	tcp_mark_dirty(t, c);
	return c;
}

struct tcp_conn *tcp_next_news(struct tcp *t, unsigned int *news)
{
	struct tcp_conn *c;

	while ((c = tcp_list_first(t, &t->told)) != NULL) {
		t->told.first = c->told_next;
		if (t->told.first == TCP_NONE)
			t->told.last = TCP_NONE;
		c->has_news = false;
		*news = c->news;
		c->news = 0;
		if (*news != 0) /* else of a tenant that has gone since */
			return c;
	}
	return NULL;
}

void tcp_tick(struct tcp *t, uint64_t now_us)
{
	struct wheel_timer *timer;

	tcp_set_now(t, now_us);
	while ((timer = wheel_next(&t->wheel, now_us)) != NULL)
		tcp_on_due(t, CONTAINER_OF(timer, struct tcp_conn, timer));
	tcp_time_wait_tick(t);
	if (t->looked == t->clock)
		return;
	t->looked = t->clock;
	tcp_cookie_look(t);
	tcp_slot_shed_readers(t);
}

void tcp_flush(struct tcp *t, uint64_t now_us)
{
	struct tcp_conn *c;

	tcp_set_now(t, now_us);
	while ((c = tcp_list_first(t, &t->dirty)) != NULL) {
		t->dirty.first = c->dirty_next;
		if (t->dirty.first == TCP_NONE)
			t->dirty.last = TCP_NONE;
		c->is_dirty = false;
		if (!tcp_conn_output(t, c)) {
			tcp_mark_dirty(t, c); /* behind the others: a turn each */
			return;
		}
	}
}

unsigned int tcp_take_output(struct tcp *t, struct tcp_output *out, unsigned int max)
{
	unsigned int n = 0;

	for (; n < max && t->output_count > 0; n++, t->output_count--) {
		out[n] = t->output[t->output_head];
		t->output_head = (t->output_head + 1) % TCP_OUTPUT_MAX;
	}
	return n;
}

bool tcp_is_idle(const struct tcp *t)
{
	return t->dirty.first == TCP_NONE && t->told.first == TCP_NONE && t->output_count == 0;
}

/* Our FIN goes behind the data given so far. */
void tcp_start_closing(struct tcp *t, struct tcp_conn *c)
{
	if (c->una_mbuf == NULL)
		c->progress = t->clock;
	tcp_become(t, c, c->state == TCP_CLOSE_WAIT ? TCP_LAST_ACK : TCP_FIN_WAIT_1);
	tcp_mark_dirty(t, c);
}

void tcp_close(struct tcp *t, struct tcp_conn *c, uint64_t now_us)
{
	tcp_set_now(t, now_us);
	if (c->state == TCP_SYN_SENT)
		tcp_gone(t, c, TCP_NEWS_CLOSED);
	else if (c->state == TCP_SYN_RECEIVED)
		c->close_pending = true;
	else if (c->state == TCP_ESTABLISHED || c->state == TCP_CLOSE_WAIT)
		tcp_start_closing(t, c);
}

static void forget_time_wait(struct tcp *t, const struct tcp_conn *c)
{
	struct tcp_time_wait *w = tcp_time_wait_find(t, &c->key);

	/* Else another connection of the same addresses and ports has come since. */
	if (w != NULL && w->snd_nxt == c->snd_nxt && w->rcv_nxt == c->rcv_nxt)
		tcp_time_wait_remove(t, w);
}

void tcp_abort(struct tcp *t, struct tcp_conn *c, uint64_t now_us)
{
	tcp_set_now(t, now_us);
	if (c->state == TCP_CLOSED)
		return;
	if (c->state == TCP_TIME_WAIT)
		forget_time_wait(t, c);
	else if (c->state != TCP_SYN_SENT)
		tcp_send_reset(t, c);
	tcp_gone(t, c, 0);
	c->news = 0;
}

void tcp_release(struct tcp *t, struct tcp_conn *c)
{
	const bool is_over = c->state == TCP_CLOSED || c->state == TCP_TIME_WAIT;

	c->news = 0;
	if (!is_over && !tcp_is_closing(c) && c->state != TCP_FIN_WAIT_2)
		tcp_abort(t, c, t->now_us);
	c->held = false;
	if (c->state == TCP_CLOSED || c->state == TCP_TIME_WAIT) {
		tcp_slot_free(t, c);
		return;
	}
	/* Closed with our data still on its way: it goes on by itself, and nobody reads any more.
	 */
	tcp_rcvq_free(t, c);
	c->frees_all = true;
	tcp_sendq_trim(c);
	if (c->state == TCP_FIN_WAIT_2)
		tcp_on_linger(t, c);
}

void tcp_icmp(struct tcp *t, const struct tcp_quoted *quoted, uint64_t now_us)
{
	const struct flow_key key = {
	    .remote = quoted->remote,
	    .local_port = quoted->local_port,
	    .remote_port = quoted->remote_port,
	    .iface = (uint8_t)quoted->iface,
	    .local = (uint8_t)tcp_local_number(t, &quoted->local, false),
	};
	const uint32_t slot = flow_find(&t->flow, &key);

	tcp_set_now(t, now_us);
	if (slot == FLOW_NONE) {
		tcp_count(t, DROP_ICMP_STRAY);
		return;
	}
	if (quoted->is_too_big)
		tcp_pmtu_icmp(t, &t->conns[slot], quoted);
	else if (t->conns[slot].state == TCP_SYN_SENT && t->conns[slot].iss == quoted->seq)
		tcp_gone(t, &t->conns[slot], TCP_NEWS_RESET);
}

struct conn_id tcp_id(const struct tcp *t, const struct tcp_conn *c)
{
	return (struct conn_id){tcp_slot_of(t, c), c->generation, t->setup.core};
}

struct tcp_conn *tcp_find(struct tcp *t, struct conn_id id)
{
	struct tcp_conn *c;

	if (id.core != t->setup.core || id.slot >= t->setup.conns)
		return NULL;
	c = &t->conns[id.slot];
	return c->in_use && c->held && c->generation == id.generation ? c : NULL;
}

enum tcp_state tcp_state(const struct tcp_conn *c)
{
	return (enum tcp_state)c->state;
}

const char *tcp_state_name(enum tcp_state s)
{
	return (unsigned int)s < TCP_STATE_COUNT ? state_names[s] : "?";
}

const struct flow_key *tcp_key(const struct tcp *t, const struct tcp_conn *c)
{
	(void)t;
	return &c->key;
}

const struct ip_addr *tcp_local(const struct tcp *t, const struct tcp_conn *c)
{
	return &t->local[c->key.local];
}

uint32_t tcp_srtt_us(const struct tcp_conn *c)
{
	return c->srtt_us;
}

uint32_t tcp_conns(const struct tcp *t)
{
	return t->used - t->lingering;
}

uint32_t tcp_time_waits(const struct tcp *t)
{
	return t->time_waits.count;
}
