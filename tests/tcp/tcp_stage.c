/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_stage.c - the engine, the clock and the peers of a script. */
#include <stdio.h>
#include <string.h>

#include "tests/tcp/tcp_stage.h"

void stage_init(struct stage *s, struct env *env)
{
	memset(s, 0, sizeof(*s));
	memset(env->drops, 0, sizeof(env->drops));
	s->env = env;
	s->setup = env_setup(env);
	s->us = addr_from_v4(0x0a4d0001);
	s->them = addr_from_v4(0x0a4d0002);
	s->who = stage_peer(s, 40000);
}

struct stage_peer *stage_peer(struct stage *s, uint16_t port)
{
	for (unsigned int i = 0; i < STAGE_PEERS; i++) {
		if (s->peer[i].port == 0)
			s->peer[i].port = port;
		if (s->peer[i].port == port)
			return &s->peer[i];
	}
	return NULL;
}

uint8_t stage_byte(bool ours, uint64_t offset)
{
	return (uint8_t)((offset * 31 + offset / 251) ^ (ours ? 0x5a : 0));
}

static bool make_engine(struct stage *s, bool dials)
{
	s->t = tcp_init(&s->setup, s->now_us);
	if (s->t == NULL)
		return false;
	if (!dials)
		return tcp_listen(s->t, IFACE_EDGE, &s->us, STAGE_LOCAL_PORT);
	s->who->c = tcp_dial(s->t, IFACE_EDGE, &s->us, &s->them, s->who->port, s->now_us);
	return s->who->c != NULL;
}

/* The ISN is a clock of 4 us plus a constant of the connection: look at the constant, set the
 * clock. */
static bool find_isn(struct stage *s, bool dials, tcp_seq *isn)
{
	const struct env_segment syn = {
	    s->who->port, STAGE_LOCAL_PORT, STAGE_PEER_ISS, 0, 2, 1000, {0}, NULL, 0};

	if (!make_engine(s, dials))
		return false;
	if (!dials)
		stage_segment(s, &syn, false, false);
	stage_settle(s);
	if (s->sent_count == 0)
		return false;
	*isn = s->sent[0].s.seq;
	tcp_fini(s->t);
	return true;
}

bool stage_start(struct stage *s, bool dials)
{
	const struct tcp_setup setup = s->setup;
	const uint16_t port = s->who->port;
	struct env *env = s->env;
	tcp_seq isn;

	s->now_us = UINT64_C(1) << 40;
	if (!find_isn(s, dials, &isn))
		return false;
	stage_init(s, env);
	s->peer[0].port = port;
	s->setup = setup;
	s->now_us = (UINT64_C(1) << 40) + (uint64_t)(tcp_seq)(STAGE_OUR_ISS - isn) * 4;
	return make_engine(s, dials);
}

void stage_end(struct stage *s)
{
	for (unsigned int i = 0; i < STAGE_PEERS; i++)
		if (s->peer[i].c != NULL)
			tcp_release(s->t, s->peer[i].c);
	tcp_fini(s->t);
}

static void hear_news(struct stage *s)
{
	struct tcp_conn *c;
	unsigned int news;

	while ((c = tcp_next_news(s->t, &news)) != NULL) {
		struct stage_peer *p = stage_peer(s, tcp_key(s->t, c)->remote_port);

		if (p == NULL)
			continue;
		p->news |= news;
		p->c = c;
	}
}

static void keep_sent(struct stage *s, const struct tcp_output *o)
{
	struct stage_sent *e = &s->sent[(s->sent_first + s->sent_count) % STAGE_SENT_MAX];
	struct stage_peer *p;

	if (s->sent_count == STAGE_SENT_MAX || !env_parse(o->m, &o->src, &o->dst, &e->s) ||
	    e->s.len > sizeof(e->payload)) {
		s->bad++;
		fprintf(stderr, "a segment sent is malformed, or too many are\n");
		return;
	}
	e->at_us = s->now_us;
	e->port = e->s.dst_port;
	memcpy(e->payload, e->s.payload, e->s.len);
	e->s.payload = e->payload;
	p = stage_peer(s, e->port);
	if (p != NULL && e->s.flags & 2 && !p->has_iss) {
		p->has_iss = true;
		p->iss = e->s.seq;
		p->ts_base = e->s.opt.ts_val;
	}
	s->sent_count++;
}

void stage_settle(struct stage *s)
{
	struct tcp_output out[BURST_MAX];
	unsigned int n;

	tcp_tick(s->t, s->now_us);
	hear_news(s);
	do {
		tcp_flush(s->t, s->now_us);
		n = tcp_take_output(s->t, out, BURST_MAX);
		for (unsigned int i = 0; i < n; i++) {
			keep_sent(s, &out[i]);
			rte_pktmbuf_free(out[i].m);
		}
	} while (n > 0);
	hear_news(s);
}

void stage_advance(struct stage *s, uint64_t to_us, bool until_sent)
{
	while (s->now_us < to_us && !(until_sent && s->sent_count > 0)) {
		/* at whole milliseconds, as the engine's clock counts */
		s->now_us = s->now_us / 1000 * 1000 + 1000;
		if (s->now_us > to_us)
			s->now_us = to_us;
		if (s->t != NULL)
			stage_settle(s);
	}
}

void stage_segment(struct stage *s, const struct env_segment *seg, bool bad_checksum,
		   bool bad_option)
{
	const struct tcp_packet packet = {IFACE_EDGE, s->them, s->us, bad_option, 0};
	struct rte_mbuf *m = env_build(s->env, seg, &s->them, &s->us);

	if (m == NULL) {
		s->bad++;
		return;
	}
	if (bad_checksum)
		rte_pktmbuf_mtod(m, uint8_t *)[16] ^= 1;
	if (bad_option)
		rte_pktmbuf_mtod(m, uint8_t *)[21] = 0; /* length of the first option */
	tcp_segment(s->t, m, &packet, s->now_us);
}
