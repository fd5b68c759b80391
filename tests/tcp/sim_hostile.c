/* SPDX-License-Identifier: BSD-3-Clause */
/* sim_hostile.c - a hostile seed: whose turn it is, floods, and what the victim may spend on it. */
#include "tests/tcp/sim_hostile.h"

static struct sim_hostile hostile;

static struct ip_addr foe_addr(const struct sim *s, unsigned int n)
{
	if (addr_is_v4(&s->side[0].addr))
		return addr_from_v4(0x0a090000 + n);
	return (struct ip_addr){{0xfd, 9, [14] = (uint8_t)(n >> 8), [15] = (uint8_t)n}};
}

/* A path without surprises for the good connections: what happens to them the foes have done. */
static void tame(struct sim *s)
{
	for (unsigned int i = 0; i < SIM_SIDES; i++) {
		struct tcp_setup *p = &s->side[i].setup;

		s->link[i] = (struct sim_link){.delay_us = sim_scale(s, 64, 65536),
					       .bytes_per_s = sim_scale(s, 1 << 20, 1 << 27),
					       .queue_bytes = 262144,
					       .loss = (unsigned int)sim_below(s, 10),
					       .mtu_at_us = SIM_NEVER};
		p->conns = 32;
		p->user_timeout_us = 3600 * SIM_SECOND;
		p->keepalive_idle_us = 0;
	}
	s->excuse = 0;
	s->pinch.pool = NULL;
	s->flow_count = s->flow_count > 2 ? 2 : s->flow_count;
	for (unsigned int f = 0; f < s->flow_count; f++)
		for (unsigned int i = 0; i < SIM_SIDES; i++) {
			s->flow[f].user[i].end = SIM_END_CLOSE;
			s->flow[f].user[i].end_at_us = SIM_NEVER;
		}
}

void sim_hostile_plan(struct sim *s)
{
	tame(s);
	hostile = (struct sim_hostile){.tricks = (unsigned int)check_random(&s->random),
				       .acts_left = (unsigned int)sim_scale(s, 32, 1024),
				       .act_at_us = s->began_us,
				       .pause_us = sim_scale(s, 64, 65536)};
	for (unsigned int i = 0; i < SIM_FOES; i++)
		hostile.foe[i] = (struct sim_foe){.addr = foe_addr(s, i + 1),
						  .port = (uint16_t)(SIM_FOE_PORTS + i),
						  .prey_left = sim_scale(s, 8, 512)};
	s->hostile = &hostile;
}

static struct sim_foe *find_foe(uint16_t port)
{
	return port >= SIM_FOE_PORTS && port < SIM_FOE_PORTS + SIM_FOES
		   ? &hostile.foe[port - SIM_FOE_PORTS]
		   : NULL;
}

/* SYNs from everywhere, which nobody will ever follow up. */
static void flood(struct sim *s)
{
	s->excuse |= SIM_FEW_SLOTS; /* TIME_WAIT gives way to them, too */
	for (uint64_t n = 1 + sim_below(s, 40); n > 0; n--) {
		const struct ip_addr src = foe_addr(s, 256 + (unsigned int)sim_below(s, 60000));
		const uint16_t port = (uint16_t)(SIM_LISTEN_PORT + sim_below(s, s->flow_count));
		const struct env_segment seg = {
		    .src_port = (uint16_t)(1024 + sim_below(s, 60000)),
		    .dst_port = sim_below(s, 2) ? port : SIM_FOE_PORT,
		    .seq = (tcp_seq)check_random(&s->random),
		    .flags = SIM_SYN,
		    .window = (uint16_t)sim_below(s, 65536),
		    .opt = {.has_mss = true, .mss = (uint16_t)sim_below(s, 1500)},
		};

		sim_foe_send(s, &src, &seg);
	}
}

static bool are_open(const struct sim *s)
{
	for (unsigned int f = 0; f < s->flow_count; f++)
		if (!s->flow[f].user[0].opened || !s->flow[f].user[1].opened)
			return false;
	return true;
}

/* The victim dials a foe, as a relay dials whomever the DNS names. */
static void dial_foe(struct sim *s, struct sim_foe *f)
{
	if (f->prey != NULL)
		return;
	f->prey =
	    tcp_dial(s->side[0].t, IFACE_EDGE, &s->side[0].addr, &f->addr, f->port, s->now_us);
}

static void act(struct sim *s)
{
	struct sim_foe *f = &hostile.foe[sim_below(s, SIM_FOES)];

	switch (sim_below(s, 12)) {
	case 0:
		dial_foe(s, f);
		return;
	case 1:
		if (hostile.tricks & BIT(31) && are_open(s))
			flood(s);
		return;
	case 2:
	case 3:
		sim_blind_act(s);
		return;
	default:
		sim_foe_act(s, f);
		return;
	}
}

static void stop(struct sim *s)
{
	tcp_unlisten(s->side[0].t, IFACE_EDGE, &s->side[0].addr, SIM_FOE_PORT);
	for (unsigned int i = 0; i < SIM_FOES; i++) {
		if (hostile.foe[i].prey == NULL)
			continue;
		tcp_abort(s->side[0].t, hostile.foe[i].prey, s->now_us);
		tcp_release(s->side[0].t, hostile.foe[i].prey);
		hostile.foe[i].prey = NULL;
	}
}

/*
 * No amplification: each segment gets one answer at most; besides that only timers and the victim's
 * own users make it send, one segment without text each. Receive buffers stay for good peers.
 */
static void check_cost(struct sim *s)
{
	SIM_REQUIRE(s, hostile.answers <= hostile.in + 2 * hostile.conns + 2 * SIM_FOES);
	SIM_REQUIRE(s, tcp_conns(s->side[0].t) <= s->side[0].setup.conns);
	SIM_REQUIRE(s, rte_mempool_avail_count(s->rx) >= s->rx->size / 20);
	hostile.in = hostile.answers = 0;
	hostile.conns = tcp_conns(s->side[0].t);
}

void sim_hostile_turn(struct sim *s)
{
	if (s->turns == 1)
		SIM_REQUIRE(s,
			    tcp_listen(s->side[0].t, IFACE_EDGE, &s->side[0].addr, SIM_FOE_PORT));
	check_cost(s);
	if (hostile.acts_left == 0 || s->now_us < hostile.act_at_us)
		return;
	for (uint64_t n = 1 + sim_below(s, 4); n > 0; n--)
		act(s);
	for (unsigned int i = 0; i < SIM_FOES; i++)
		sim_foe_prey(s, &hostile.foe[i]);
	hostile.conns = tcp_conns(s->side[0].t);
	hostile.act_at_us = s->now_us + 1 + sim_below(s, hostile.pause_us);
	if (--hostile.acts_left == 0)
		stop(s);
}

uint64_t sim_hostile_next_us(const struct sim *s)
{
	if (hostile.acts_left == 0)
		return SIM_NEVER;
	return hostile.act_at_us > s->now_us ? hostile.act_at_us : s->now_us + 1;
}

bool sim_hostile_is_done(const struct sim *s)
{
	(void)s;
	return hostile.acts_left == 0;
}

bool sim_hostile_news(struct sim *s, struct tcp_conn *c, unsigned int news)
{
	struct tcp *t = s->side[0].t;
	struct sim_foe *f;

	if (addr_equal(&tcp_key(t, c)->remote, &s->side[1].addr))
		return false;
	f = find_foe(tcp_key(t, c)->remote_port);
	SIM_REQUIRE(s, f != NULL); /* none of a flood can have answered our SYN-ACK */
	if (f == NULL || hostile.acts_left == 0) {
		tcp_release(t, c);
		return true;
	}
	if (f->prey != NULL && f->prey != c)
		tcp_release(t, f->prey);
	f->prey = c;
	if (news & TCP_NEWS_GONE) {
		tcp_release(t, c);
		f->prey = NULL;
	}
	return true;
}

void sim_hostile_hear(struct sim *s, const struct tcp_output *o)
{
	struct env_segment seg;
	struct sim_foe *f;

	if (!env_parse(o->m, &o->src, &o->dst, &seg))
		return; /* sim_wire.c has complained */
	hostile.answers += seg.len == 0;
	f = find_foe(seg.dst_port);
	if (f != NULL && addr_equal(&f->addr, &o->dst) && hostile.acts_left > 0)
		sim_foe_hear(f, &seg);
	(void)s;
}
