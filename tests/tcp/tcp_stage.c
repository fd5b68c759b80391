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
	s->seed = 1;
	s->who = stage_peer(s, 40000);
}

void stage_ipv6(struct stage *s)
{
	static const struct ip_addr ours = {
	    {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};

	s->us = s->them = ours;
	s->them.b[15] = 2;
}

struct stage_peer *stage_peer(struct stage *s, uint16_t port)
{
	for (unsigned int i = 0; i < STAGE_PEERS; i++) {
		if (s->peer[i].port == 0) {
			s->peer[i].port = port;
			s->peer[i].local_port = STAGE_LOCAL_PORT;
		}
		if (s->peer[i].port == port)
			return &s->peer[i];
	}
	return NULL;
}

uint8_t stage_byte(bool ours, uint64_t offset)
{
	return (uint8_t)((offset * 31 + offset / 251) ^ (ours ? 0x5a : 0));
}

uint32_t stage_random(struct stage *s)
{
	s->seed ^= s->seed << 13;
	s->seed ^= s->seed >> 17;
	s->seed ^= s->seed << 5;
	return s->seed;
}

bool stage_dial(struct stage *s)
{
	struct stage_peer *p = s->who;

	if (p->c != NULL)
		return false;
	p->c = tcp_dial(s->t, IFACE_EDGE, &s->us, &s->them, p->port, s->now_us);
	if (p->c != NULL)
		p->local_port = tcp_key(s->t, p->c)->local_port;
	return p->c != NULL;
}

static bool make_engine(struct stage *s, bool dials)
{
	s->t = tcp_init(&s->setup, s->now_us);
	if (s->t == NULL)
		return false;
	return dials ? stage_dial(s) : tcp_listen(s->t, IFACE_EDGE, &s->us, STAGE_LOCAL_PORT);
}

/* The ISN is a clock of 4 us plus a constant of the connection: look at the constant, set the
 * clock. */
static bool find_isn(struct stage *s, bool dials, tcp_seq *isn)
{
	const struct stage_segment syn = {
	    .s = {s->who->port, STAGE_LOCAL_PORT, STAGE_PEER_ISS, 0, 2, 1000, {0}, NULL, 0}};

	if (!make_engine(s, dials))
		return false;
	if (!dials)
		stage_segment(s, &syn);
	stage_settle(s);
	if (s->sent_count == 0)
		return false;
	*isn = s->sent[0].s.seq;
	tcp_fini(s->t);
	s->t = NULL;
	return true;
}

bool stage_start(struct stage *s, bool dials)
{
	const uint16_t port = s->who->port;
	tcp_seq isn;

	s->now_us = UINT64_C(1) << 40;
	if (!find_isn(s, dials, &isn))
		return false;
	memset(s->env->drops, 0, sizeof(s->env->drops));
	memset(s->peer, 0, sizeof(s->peer));
	s->who = stage_peer(s, port);
	s->sent_first = s->sent_count = s->bad = 0;
	s->now_us = (UINT64_C(1) << 40) + (uint64_t)(tcp_seq)(STAGE_OUR_ISS - isn) * 4;
	return make_engine(s, dials);
}

void stage_end(struct stage *s)
{
	for (unsigned int i = 0; i < STAGE_PEERS && s->t != NULL; i++)
		if (s->peer[i].c != NULL)
			tcp_release(s->t, s->peer[i].c);
	for (unsigned int i = 0; i < s->strangers; i++)
		tcp_release(s->t, s->stranger[i]);
	tcp_fini(s->t);
}

static void hear_stranger(struct stage *s, struct tcp_conn *c, unsigned int news)
{
	if (news & TCP_NEWS_ACCEPTED && s->strangers < STAGE_STRANGERS) {
		s->stranger[s->strangers++] = c;
		return;
	}
	for (unsigned int i = 0; i < s->strangers && news & TCP_NEWS_GONE; i++)
		if (s->stranger[i] == c) {
			s->stranger[i] = s->stranger[--s->strangers];
			tcp_release(s->t, c);
			return;
		}
}

static void hear_news(struct stage *s)
{
	struct tcp_conn *c;
	unsigned int news;

	while ((c = tcp_next_news(s->t, &news)) != NULL) {
		const struct flow_key *key = tcp_key(s->t, c);
		struct stage_peer *p = stage_peer(s, key->remote_port);

		if (!addr_equal(&key->remote, &s->them)) {
			hear_stranger(s, c, news);
		} else if (p != NULL) {
			p->news |= news;
			p->c = c;
		}
	}
}

/* The numbers of both clocks towards @p count from its first SYN or SYN-ACK. */
static void note_numbers(struct stage_peer *p, const struct env_segment *s)
{
	if (s->flags & 2 && !p->has_iss) {
		p->has_iss = true;
		p->iss = s->seq;
		p->ts_base = s->opt.ts_val;
	}
	if (s->opt.has_ts)
		p->ts_last = s->opt.ts_val;
}

static void keep_sent(struct stage *s, const struct tcp_output *o)
{
	struct stage_sent *e = &s->sent[(s->sent_first + s->sent_count) % STAGE_SENT_MAX];
	struct stage_peer *p;

	if (s->sent_count == STAGE_SENT_MAX || !env_parse(o->m, &o->src, &o->dst, &e->s) ||
	    e->s.len > sizeof(e->payload) || !addr_equal(&o->src, &s->us)) {
		s->bad++;
		fprintf(stderr, "a segment sent is malformed, or too many are\n");
		return;
	}
	if (!addr_equal(&o->dst, &s->them)) {
		s->answered++;
		s->answered_addr = o->dst;
		s->answer = e->s;
		return;
	}
	e->at_us = s->now_us;
	e->port = e->s.dst_port;
	e->ecn = o->ecn;
	memcpy(e->payload, e->s.payload, e->s.len);
	e->s.payload = e->payload;
	p = stage_peer(s, e->port);
	if (p != NULL)
		note_numbers(p, &e->s);
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

/* How far at once: over hours, coarsely. */
static uint64_t step_us(uint64_t left_us)
{
	return left_us > UINT64_C(3600) * 1000 * 1000 ? left_us / 1024 : 1000;
}

void stage_advance(struct stage *s, uint64_t to_us, bool until_sent)
{
	while (s->now_us < to_us && !(until_sent && s->sent_count > 0)) {
		/* at whole milliseconds, as the engine's clock counts */
		s->now_us = (s->now_us + step_us(to_us - s->now_us)) / 1000 * 1000;
		if (s->now_us > to_us)
			s->now_us = to_us;
		if (s->t != NULL)
			stage_settle(s);
	}
}

/* Options as they are written, padded with zeros, between the others and the payload. */
static bool put_raw(struct rte_mbuf *m, const struct stage_segment *in)
{
	const uint16_t n = (uint16_t)((in->raw_len + 3) / 4 * 4);
	uint8_t *p = rte_pktmbuf_mtod(m, uint8_t *);
	const uint32_t header = (uint32_t)(p[12] >> 4) * 4;

	if (n == 0)
		return true;
	if (header + n > 60 || rte_pktmbuf_append(m, n) == NULL)
		return false;
	memmove(p + header + n, p + header, in->s.len);
	memset(p + header, 0, n);
	memcpy(p + header, in->raw, in->raw_len);
	p[12] = (uint8_t)((header + n) / 4 << 4);
	return true;
}

static struct rte_mbuf *make_segment(struct stage *s, const struct stage_segment *in)
{
	struct rte_mbuf *m = env_build(s->env, &in->s, &s->them, &s->us);
	uint8_t *p;

	if (m == NULL || !put_raw(m, in) || rte_pktmbuf_trim(m, in->cut) != 0) {
		rte_pktmbuf_free(m);
		return NULL;
	}
	p = rte_pktmbuf_mtod(m, uint8_t *);
	if (in->offset_words != 0)
		p[12] = (uint8_t)(in->offset_words << 4);
	p[12] |= in->reserved & 0xf;
	p[18] = (uint8_t)(in->urgent >> 8);
	p[19] = (uint8_t)in->urgent;
	env_seal(m, &s->them, &s->us);
	if (in->bad_checksum)
		p[16] ^= 1;
	return m;
}

void stage_segment(struct stage *s, const struct stage_segment *in)
{
	const struct tcp_packet packet = {IFACE_EDGE, s->them, s->us, false, in->ecn};
	struct rte_mbuf *m = make_segment(s, in);

	if (m == NULL)
		s->bad++;
	else
		tcp_segment(s->t, m, &packet, s->now_us);
}

void stage_stranger(struct stage *s, const struct ip_addr *from, const struct env_segment *seg)
{
	const struct tcp_packet packet = {IFACE_EDGE, *from, s->us, false, 0};
	struct rte_mbuf *m = env_build(s->env, seg, from, &s->us);

	if (m != NULL) /* else the device had no buffer for it, as happens in a flood */
		tcp_segment(s->t, m, &packet, s->now_us);
}
