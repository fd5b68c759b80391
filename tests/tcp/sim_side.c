/* SPDX-License-Identifier: BSD-3-Clause */
/* sim_side.c - the two engines, driven as the poll loop does, and what becomes short for them. */
#include "tests/tcp/sim.h"

enum { THOROUGH_EVERY = 16 /* turns between two walks of the queues */ };

bool sim_side_start(struct sim *s)
{
	for (unsigned int i = 0; i < SIM_SIDES; i++) {
		struct sim_side *d = &s->side[i];

		d->t = tcp_init(&d->setup, s->now_us);
		if (d->t == NULL)
			return false;
	}
	for (unsigned int f = 0; f < s->flow_count; f++)
		for (unsigned int i = 0; i < SIM_SIDES; i++)
			if (!s->flow[f].user[i].dials &&
			    !tcp_listen(s->side[i].t, IFACE_EDGE, &s->side[i].addr,
					(uint16_t)(SIM_LISTEN_PORT + f)))
				return false;
	return true;
}

/* --- shortage --- */

static void pinch(struct sim *s)
{
	struct sim_pinch *p = &s->pinch;

	if (p->pool == NULL || s->now_us < p->from_us)
		return;
	if (!p->on && s->now_us < p->to_us) {
		p->on = true;
		sim_trace(s, "%s: %u mbufs left", p->pool->name, p->leave);
		while (rte_mempool_avail_count(p->pool) > p->leave && p->count < ENV_RX_MBUFS) {
			struct rte_mbuf *m = rte_pktmbuf_alloc(p->pool);

			if (m == NULL)
				break;
			p->taken[p->count++] = m;
		}
	}
	if (s->now_us < p->to_us)
		return;
	if (p->on)
		sim_trace(s, "%s: all mbufs back", p->pool->name);
	for (; p->count > 0; p->count--)
		rte_pktmbuf_free(p->taken[p->count - 1]);
	p->on = false;
	p->pool = NULL;
}

static void drop_held(struct sim *s, bool all)
{
	for (unsigned int i = 0; i < s->held_count;)
		if (all || s->held[i].until_us <= s->now_us) {
			rte_pktmbuf_free(s->held[i].m);
			s->held[i] = s->held[--s->held_count];
		} else {
			i++;
		}
}

/* --- one turn --- */

static void hear_news(struct sim *s, unsigned int i)
{
	struct tcp_conn *c;
	unsigned int news;

	while ((c = tcp_next_news(s->side[i].t, &news)) != NULL) {
		SIM_REQUIRE(s, news != 0 && tcp_find(s->side[i].t, tcp_id(s->side[i].t, c)) == c);
		if (i == 0 && s->hostile != NULL && sim_hostile_news(s, c, news))
			continue;
		sim_user_news(s, i, c, news);
	}
}

static void transmit(struct sim *s, unsigned int i, const struct tcp_output *o)
{
	sim_wire_sent(s, i, o);
	if (i == 0 && s->hostile != NULL && !addr_equal(&o->dst, &s->side[1].addr))
		sim_hostile_hear(s, o);
	else
		sim_link_send(s, i, o);
	if (s->held_count < SIM_HELD_MAX && sim_chance(s, s->hold))
		s->held[s->held_count++] =
		    (struct sim_held){o->m, s->now_us + sim_below(s, 900 * 1000)};
	else
		rte_pktmbuf_free(o->m);
}

static void turn(struct sim *s, unsigned int i)
{
	struct tcp_output out[BURST_MAX];
	struct sim_side *d = &s->side[i];
	unsigned int n;

	hear_news(s, i);
	for (unsigned int f = 0; f < s->flow_count; f++)
		sim_user_turn(s, &s->flow[f], i);
	tcp_tick(d->t, s->now_us);
	hear_news(s, i);
	do {
		tcp_flush(d->t, s->now_us);
		n = tcp_take_output(d->t, out, BURST_MAX);
		for (unsigned int k = 0; k < n; k++)
			transmit(s, i, &out[k]);
	} while (n > 0);
	hear_news(s, i);
	if (s->pinch.pool != s->env->tx || !s->pinch.on)
		SIM_REQUIRE(s, tcp_is_idle(d->t));
	if (sim_inside_awaits_cookies(d->t))
		s->excuse |= SIM_COOKIES;
	sim_inside_check(s, d->t, s->turns % THOROUGH_EVERY == 0);
}

void sim_side_turn(struct sim *s)
{
	s->turns++;
	pinch(s);
	drop_held(s, false);
	if (s->hostile != NULL)
		sim_hostile_turn(s);
	for (unsigned int i = 0; i < SIM_SIDES; i++)
		turn(s, i);
}

uint64_t sim_side_next_us(const struct sim *s)
{
	const struct sim_pinch *p = &s->pinch;
	uint64_t next = sim_user_next_us(s);

	if (p->pool != NULL)
		next = sim_earlier(next, p->on ? p->to_us : p->from_us);
	if (s->hostile != NULL)
		next = sim_earlier(next, sim_hostile_next_us(s));
	for (unsigned int i = 0; i < SIM_SIDES; i++) {
		const uint64_t due = sim_inside_next_us(s->side[i].t);

		/* late is a timer whose engine could not send, for want of a buffer */
		next = sim_earlier(next, due > s->now_us ? due : s->now_us + 1000);
	}
	return next;
}

void sim_side_end(struct sim *s)
{
	if (s->pinch.pool != NULL)
		s->pinch.to_us = s->now_us;
	pinch(s);
	drop_held(s, true);
	for (unsigned int i = 0; i < SIM_SIDES; i++) {
		if (s->side[i].t == NULL)
			continue;
		/* without user timeout what no answer can be right for any more stays */
		if (s->faults == 0 && !(s->excuse & SIM_TAMPERED))
			sim_inside_check_empty(s, s->side[i].t);
		tcp_fini(s->side[i].t);
	}
}
