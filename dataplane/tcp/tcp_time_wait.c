/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tcp_time_wait.c - records of connections in TIME_WAIT. A FIN sent again moves only the due time
 * of its record, so the ring's order is that of arrival; a cell before its time keeps later ones
 * from being emptied, which costs nothing: they are found no more.
 */
#include <rte_malloc.h>

#include "dataplane/tcp/tcp_conn.h"
#include "dataplane/tcp/tcp_wire.h"

enum { CELLS_PER_TICK = 64 };

static uint32_t records(const struct tcp_setup *s)
{
	if (s->time_waits != 0)
		return s->time_waits;
	return min_u32(max_u32(s->conns / TCP_TIME_WAIT_SHARE, TCP_TIME_WAITS_MIN), s->conns);
}

bool tcp_time_wait_init(struct tcp *t)
{
	const uint32_t size = records(&t->setup);
	struct tcp_time_waits *all = &t->time_waits;
	unsigned int bits = 1;

	while (bits < 31 && UINT32_C(1) << bits < size)
		bits++;
	*all = (struct tcp_time_waits){
	    .ring = rte_zmalloc("tcp_time_wait", size * sizeof(*all->ring), CACHE_LINE),
	    .chain = rte_malloc("tcp_time_wait_index", sizeof(*all->chain) << bits, CACHE_LINE),
	    .scatter = tcp_secret(t, "scatter").k0 | 1,
	    .size = size,
	    .shift = 64 - bits,
	};
	if (all->ring == NULL || all->chain == NULL) {
		tcp_time_wait_fini(t);
		return false;
	}
	for (uint32_t i = 0; i < UINT32_C(1) << bits; i++)
		all->chain[i] = TCP_NONE;
	return true;
}

void tcp_time_wait_fini(struct tcp *t)
{
	rte_free(t->time_waits.chain);
	rte_free(t->time_waits.ring);
}

static uint32_t *chain_of(const struct tcp_time_waits *all, uint64_t flow)
{
	return &all->chain[(flow * all->scatter) >> all->shift];
}

static bool is_over(const struct tcp *t, const struct tcp_time_wait *w)
{
	return (int32_t)(w->due - t->clock) <= 0;
}

static void start(const struct tcp *t, struct tcp_time_wait *w)
{
	w->due = t->clock + (uint32_t)(t->setup.time_wait_us / TCP_CLOCK_US);
}

void tcp_time_wait_remove(struct tcp *t, struct tcp_time_wait *w)
{
	struct tcp_time_waits *all = &t->time_waits;
	const uint32_t index = (uint32_t)(w - all->ring);
	uint32_t *at = chain_of(all, w->flow);

	while (*at != index)
		at = &all->ring[*at].next;
	*at = w->next;
	w->is_used = false;
	all->count--;
}

static void empty_oldest(struct tcp *t)
{
	struct tcp_time_waits *all = &t->time_waits;

	if (all->ring[all->oldest].is_used)
		tcp_time_wait_remove(t, &all->ring[all->oldest]);
	all->oldest = all->oldest + 1 == all->size ? 0 : all->oldest + 1;
	all->cells--;
}

static void empty_over(struct tcp *t, unsigned int most)
{
	struct tcp_time_waits *all = &t->time_waits;

	for (; most > 0 && all->cells > 0; most--) {
		const struct tcp_time_wait *w = &all->ring[all->oldest];

		if (w->is_used && !is_over(t, w))
			return;
		empty_oldest(t);
	}
}

void tcp_time_wait_tick(struct tcp *t)
{
	empty_over(t, CELLS_PER_TICK);
}

/* An empty cell behind all others. */
static struct tcp_time_wait *take_cell(struct tcp *t)
{
	struct tcp_time_waits *all = &t->time_waits;
	uint32_t at;

	empty_over(t, 2); /* more than are added: the ring does not fill up with old ones */
	if (all->cells == all->size) {
		tcp_count(t, DROP_TCP_TIME_WAIT_FULL);
		empty_oldest(t);
	}
	at = all->oldest + all->cells++;
	return &all->ring[at < all->size ? at : at - all->size];
}

void tcp_time_wait_add(struct tcp *t, const struct tcp_conn *c)
{
	struct tcp_time_waits *all = &t->time_waits;
	struct tcp_time_wait *w = take_cell(t);
	uint32_t *chain;

	*w = (struct tcp_time_wait){
	    .flow = tcp_flow_hash(t, &c->key),
	    .snd_nxt = c->snd_nxt,
	    .rcv_nxt = c->rcv_nxt,
	    .ts_recent = c->ts_recent,
	    .window =
		(uint16_t)min_u32((c->rcv_edge - c->rcv_nxt) >> tcp_rcv_wscale(c), UINT16_MAX),
	    .is_used = true,
	    .ts_ok = c->ts_ok,
	};
	start(t, w);
	chain = chain_of(all, w->flow);
	w->next = *chain;
	*chain = (uint32_t)(w - all->ring);
	all->count++;
}

struct tcp_time_wait *tcp_time_wait_find(struct tcp *t, const struct flow_key *key)
{
	struct tcp_time_waits *all = &t->time_waits;
	struct tcp_time_wait *w;
	uint64_t flow;

	if (all->count == 0)
		return NULL;
	flow = tcp_flow_hash(t, key);
	for (uint32_t i = *chain_of(all, flow); i != TCP_NONE; i = w->next) {
		w = &all->ring[i];
		if (w->flow != flow)
			continue;
		if (!is_over(t, w))
			return w;
		tcp_time_wait_remove(t, w);
		return NULL;
	}
	return NULL;
}

bool tcp_time_wait_is_reopened(const struct tcp_time_wait *w, const struct tcp_in *in)
{
	if ((in->flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) != TCP_SYN)
		return false;
	if (w->ts_ok && in->opt.has_ts && in->opt.ts_val != w->ts_recent)
		return seq_after(in->opt.ts_val, w->ts_recent);
	if (!w->ts_ok && in->opt.has_ts)
		return true;
	return seq_at_or_after(in->seq, w->rcv_nxt);
}

/* May one more answer go this second? Counted by record: a stranger sees nothing of it in his. */
static bool may_answer(struct tcp *t, struct tcp_time_wait *w)
{
	const uint16_t second = (uint16_t)(t->now_us / TCP_SECOND_US) & 0x1ff;

	if (w->answers_s != second) {
		w->answers_s = second & 0x1ffu;
		w->answers = 0;
	}
	if (w->answers >= TCP_CHALLENGES_PER_SECOND) {
		tcp_count(t, DROP_TCP_CHALLENGE_RATE);
		return false;
	}
	w->answers = (w->answers + 1) & 0xf;
	return true;
}

static void answer(struct tcp *t, struct tcp_time_wait *w, const struct flow_key *key)
{
	struct tcp_fields f = {
	    .seq = w->snd_nxt, .ack = w->rcv_nxt, .flags = TCP_ACK, .window = w->window};

	if (!may_answer(t, w))
		return;
	if (w->ts_ok) {
		f.options.has_ts = true;
		f.options.ts_val = tcp_clock_at(t, w->flow);
		f.options.ts_ecr = w->ts_recent;
	}
	tcp_build_bare(t, key, &f); /* the peer asks again */
}

/* Why @in is nothing new, DROP_COUNT: it may be what the connection has ended with. */
static enum drop judge(const struct tcp_time_wait *w, const struct tcp_in *in)
{
	if (in->flags & (TCP_RST | TCP_SYN)) /* RFC 1337 3: a RST changes nothing */
		return DROP_TCP_WINDOW;
	if (w->ts_ok && (!in->opt.has_ts || seq_before(in->opt.ts_val, w->ts_recent)))
		return DROP_TCP_PAWS;
	if (!(in->flags & TCP_ACK))
		return DROP_TCP_NO_ACK;
	if (in->flags & TCP_FIN && in->seq + in->len + 1 == w->rcv_nxt)
		return DROP_COUNT;
	if (in->len == 0 && !(in->flags & TCP_FIN) && in->seq == w->rcv_nxt)
		return seq_at_or_before(in->ack, w->snd_nxt) ? DROP_COUNT : DROP_TCP_ACK_RANGE;
	return DROP_TCP_WINDOW;
}

void tcp_time_wait_segment(struct tcp *t, struct tcp_time_wait *w, const struct flow_key *key,
			   const struct tcp_in *in)
{
	const enum drop why = judge(w, in);

	if (why != DROP_COUNT) {
		tcp_count(t, why);
		/* RFC 7323 3.2: without its timestamp it is dropped in silence. */
		if (!(in->flags & TCP_RST) && why != DROP_TCP_NO_ACK &&
		    (why != DROP_TCP_PAWS || in->opt.has_ts))
			answer(t, w, key);
	} else if (in->flags & TCP_FIN) {
		start(t, w); /* our last ACK was lost: RFC 9293 3.10.7.4, eighth */
		answer(t, w, key);
	}
}
