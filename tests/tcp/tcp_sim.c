/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tcp_sim.c - two engines over a seeded link that loses, doubles, reorders, damages and delays:
 * what each gives, the other reads, byte for byte; nothing hangs and no mbuf is left behind.
 *
 *	tcp_sim --seeds N --seed S
 */
#include "tests/check.h"
#include "tests/tcp/tcp_env.h"

enum { FLYING_MAX = 4096, HELD_MAX = 512, SIDES = 2, BYTES_MAX = 300 * 1000, MINUTES_MAX = 60 };

struct flying {
	uint64_t at_us;
	uint64_t order;
	uint16_t len;
	struct ip_addr src, dst;
	uint8_t bytes[1600];
};

struct side {
	struct tcp *t;
	struct tcp_conn *c;
	struct ip_addr addr;
	uint64_t to_send, given, received, consumed;
	bool closed, gone, fin, keeps, lazy;
	uint64_t read_again_us;
	unsigned int bad;
	tcp_seq edge; /* right edge of the window it has announced */
	bool has_edge;
};

struct link_kind {
	unsigned int loss, twice, damage, reorder; /* of 1000 */
	uint64_t delay_us, jitter_us;
};

/* A reference the device has not yet dropped when TCP may want to resend. */
struct held {
	struct rte_mbuf *m;
	uint64_t until_us;
};

struct sim {
	struct env *env;
	uint64_t random, now_us, order;
	struct side side[SIDES];
	struct link_kind link;
	struct flying flying[FLYING_MAX];
	unsigned int flying_count;
	struct held held[HELD_MAX];
	unsigned int held_count;
};

static struct env env;
static struct sim sim;

static uint64_t below(struct sim *s, uint64_t n)
{
	return n == 0 ? 0 : check_random(&s->random) % n;
}

static bool chance(struct sim *s, unsigned int of_1000)
{
	return below(s, 1000) < of_1000;
}

static uint8_t byte_at(unsigned int side, uint64_t offset)
{
	return (uint8_t)((offset * UINT64_C(2654435761) >> 7) + side * 91);
}

/* --- the link --- */

static void fly(struct sim *s, const struct tcp_output *o)
{
	struct flying *f;

	if (s->flying_count == FLYING_MAX)
		return; /* a queue that is full loses, too */
	f = &s->flying[s->flying_count++];
	f->at_us = s->now_us + s->link.delay_us + below(s, s->link.jitter_us);
	if (chance(s, s->link.reorder))
		f->at_us += s->link.delay_us + 5000;
	f->order = s->order++;
	f->len = o->m->data_len;
	f->src = o->src;
	f->dst = o->dst;
	memcpy(f->bytes, rte_pktmbuf_mtod(o->m, const uint8_t *), f->len);
	if (chance(s, s->link.damage))
		f->bytes[below(s, f->len)] ^= (uint8_t)(1u << below(s, 8));
}

/* RFC 9293 3.8.6: the right edge never moves back, but for what the scale of 3 rounds off. */
static void check_edge(struct side *d, const struct env_segment *seg)
{
	const tcp_seq edge = seg->ack + ((uint32_t)seg->window << (seg->flags & 2 ? 0 : 3));

	if (!(seg->flags & 16))
		return;
	if (d->has_edge && seq_before(edge + 7, d->edge))
		d->bad++;
	if (!d->has_edge || seq_after(edge, d->edge))
		d->edge = edge;
	d->has_edge = true;
}

static void transmit(struct sim *s, struct tcp_output *o)
{
	struct side *d = &s->side[addr_equal(&o->src, &s->side[1].addr)];
	struct env_segment seg;

	if (!env_parse(o->m, &o->src, &o->dst, &seg))
		d->bad++;
	else
		check_edge(d, &seg);
	if (!chance(s, s->link.loss)) {
		fly(s, o);
		if (chance(s, s->link.twice))
			fly(s, o);
	}
	if (chance(s, 100) && s->held_count < HELD_MAX)
		s->held[s->held_count++] = (struct held){o->m, s->now_us + below(s, 900 * 1000)};
	else
		rte_pktmbuf_free(o->m);
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

/* The next one that has arrived, or NULL. */
static struct flying *arrived(struct sim *s)
{
	struct flying *first = NULL;

	for (unsigned int i = 0; i < s->flying_count; i++) {
		struct flying *f = &s->flying[i];

		if (f->at_us <= s->now_us &&
		    (first == NULL || f->at_us < first->at_us ||
		     (f->at_us == first->at_us && f->order < first->order)))
			first = f;
	}
	return first;
}

static void deliver(struct sim *s)
{
	struct flying *f;

	while ((f = arrived(s)) != NULL) {
		const unsigned int to = addr_equal(&f->dst, &s->side[1].addr);
		const struct tcp_packet packet = {IFACE_EDGE, f->src, f->dst, false, 0};
		struct rte_mbuf *m = env_rx(s->env, f->bytes, f->len);

		if (m != NULL)
			tcp_segment(s->side[to].t, m, &packet, s->now_us);
		*f = s->flying[--s->flying_count];
	}
}

/* --- the two users --- */

static void read_some(struct sim *s, unsigned int i)
{
	struct side *d = &s->side[i];
	uint32_t waiting, n, seen = 0;
	struct rte_mbuf *m;

	if (d->c == NULL || s->now_us < d->read_again_us)
		return;
	waiting = tcp_inbound_bytes(d->c);
	n = (uint32_t)below(s, waiting + 1);
	if (!d->lazy || d->fin)
		n = waiting;
	for (m = tcp_inbound(d->c); m != NULL && seen < n; m = m->next)
		for (uint32_t k = 0; k < m->data_len && seen < n; k++, seen++)
			if (rte_pktmbuf_mtod(m, const uint8_t *)[k] !=
			    byte_at(!i, d->received + seen))
				d->bad++;
	d->received += seen;
	tcp_consume(d->t, d->c, n, s->now_us);
	if (d->lazy)
		d->read_again_us = s->now_us + below(s, 200 * 1000);
}

static void write_some(struct sim *s, unsigned int i)
{
	struct side *d = &s->side[i];
	uint8_t bytes[2048];

	while (d->c != NULL && d->given < d->to_send && tcp_room(d->c) > 0) {
		uint32_t n = (uint32_t)below(s, tcp_segment_bytes(d->c)) + 1;
		struct rte_mbuf *m;

		n = (uint32_t)min_size(n, (size_t)(d->to_send - d->given));
		if (chance(s, 500))
			n = (uint32_t)min_size(tcp_segment_bytes(d->c),
					       (size_t)(d->to_send - d->given));
		for (uint32_t k = 0; k < n; k++)
			bytes[k] = byte_at(i, d->given + k);
		m = env_data(s->env, bytes, (uint16_t)n);
		if (m == NULL)
			return;
		if (!tcp_send(d->t, d->c, m)) {
			rte_pktmbuf_free(m);
			return;
		}
		d->given += n;
	}
	if (d->c != NULL && d->given == d->to_send && !d->closed &&
	    tcp_state(d->c) >= TCP_ESTABLISHED) {
		tcp_close(d->t, d->c, s->now_us);
		d->closed = true;
	}
}

/* What is kept is what was given, without holes, from before what is acknowledged to the end. */
static void check_kept(struct sim *s, unsigned int i)
{
	struct side *d = &s->side[i];
	uint64_t next = UINT64_MAX;
	struct tcp_kept k;

	for (bool more = tcp_kept_first(d->c, &k); more; more = tcp_kept_next(d->c, &k)) {
		if (next != UINT64_MAX && k.offset != next)
			d->bad++;
		next = k.offset + k.len;
		if (k.at[0] != byte_at(i, k.offset) || k.at[k.len - 1] != byte_at(i, next - 1))
			d->bad++;
	}
	if (next != UINT64_MAX && next != tcp_sent_offset(d->c))
		d->bad++;
	if (d->keeps)
		tcp_free_to(d->t, d->c, tcp_acked(d->c) - below(s, tcp_acked(d->c) + 1) / 2);
}

static void hear_news(struct sim *s, unsigned int i)
{
	struct side *d = &s->side[i];
	struct tcp_conn *c;
	unsigned int news;

	while ((c = tcp_next_news(d->t, &news)) != NULL) {
		if (news & TCP_NEWS_ACCEPTED)
			d->c = c;
		if (news & TCP_NEWS_FIN)
			d->fin = true;
		if (news & TCP_NEWS_ACKED)
			check_kept(s, i);
		if (!(news & TCP_NEWS_GONE))
			continue;
		if (news & (TCP_NEWS_RESET | TCP_NEWS_TIMEOUT))
			d->bad++;
		read_some(s, i);
		d->read_again_us = 0;
		read_some(s, i);
		tcp_release(d->t, c);
		d->c = NULL;
		d->gone = true;
	}
}

static void turn(struct sim *s, unsigned int i)
{
	struct tcp_output out[BURST_MAX];
	struct side *d = &s->side[i];
	unsigned int n;

	hear_news(s, i);
	read_some(s, i);
	write_some(s, i);
	tcp_tick(d->t, s->now_us);
	hear_news(s, i);
	do {
		tcp_flush(d->t, s->now_us);
		n = tcp_take_output(d->t, out, BURST_MAX);
		for (unsigned int k = 0; k < n; k++)
			transmit(s, &out[k]);
	} while (n == BURST_MAX);
}

/* --- one run --- */

static void choose_link(struct sim *s)
{
	const struct link_kind kinds[] = {
	    {0, 0, 0, 0, 100, 0},           {10, 5, 5, 20, 5000, 3000},
	    {50, 20, 10, 50, 20000, 10000}, {150, 50, 20, 100, 40000, 60000},
	    {0, 0, 0, 300, 1000, 20000},
	};

	s->link = kinds[below(s, ARRAY_LEN(kinds))];
}

static bool start(struct sim *s, struct env *e, uint64_t seed)
{
	struct tcp_setup setup = env_setup(e);

	memset(s, 0, sizeof(*s));
	s->env = e;
	s->random = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15);
	s->now_us = 1000 * 1000 + below(s, UINT64_C(1) << 36);
	setup.mtu[IFACE_EDGE] = 576 + (uint32_t)below(s, 1500 - 576);
	setup.user_timeout_us = UINT64_C(3600) * 1000 * 1000;
	choose_link(s);
	for (unsigned int i = 0; i < SIDES; i++) {
		struct side *d = &s->side[i];

		setup.isn_key.k0 = check_random(&s->random);
		d->t = tcp_init(&setup, s->now_us);
		if (d->t == NULL)
			return false;
		d->addr = addr_from_v4(0x0a000001 + i);
		d->to_send = below(s, 4) == 0 ? below(s, 100) : below(s, BYTES_MAX);
		d->keeps = below(s, 2);
		d->lazy = below(s, 3) == 0;
	}
	if (!tcp_listen(s->side[1].t, IFACE_EDGE, &s->side[1].addr, 5269))
		return false;
	s->side[0].c =
	    tcp_dial(s->side[0].t, IFACE_EDGE, &s->side[0].addr, &s->side[1].addr, 5269, s->now_us);
	return s->side[0].c != NULL;
}

static void step(struct sim *s)
{
	deliver(s);
	for (unsigned int i = 0; i < SIDES; i++)
		turn(s, i);
	drop_held(s, false);
	s->now_us += s->flying_count > 0 ? 200 : 1000;
}

static bool is_done(const struct sim *s)
{
	return s->side[0].gone && s->side[1].gone && s->flying_count == 0;
}

/* False when the two did not both get all and go. */
static bool verdict(struct sim *s)
{
	bool good = is_done(s);

	for (unsigned int i = 0; i < SIDES; i++) {
		struct side *d = &s->side[i];

		if (d->bad > 0 || d->received != s->side[!i].to_send || !d->fin)
			good = false;
		if (!good)
			fprintf(stderr, "side %u: gone %d fin %d bad %u got %llu of %llu\n", i,
				d->gone, d->fin, d->bad, (unsigned long long)d->received,
				(unsigned long long)s->side[!i].to_send);
	}
	return good;
}

static bool run_seed(uint64_t seed)
{
	struct sim *s = &sim;
	uint64_t end_us;
	bool good;

	if (!start(s, &env, seed))
		return false;
	end_us = s->now_us + (uint64_t)MINUTES_MAX * 60 * 1000 * 1000;
	while (!is_done(s) && s->now_us < end_us)
		step(s);
	good = verdict(s);
	s->now_us += UINT64_C(121) * 1000 * 1000; /* TIME_WAIT runs out */
	for (unsigned int i = 0; i < SIDES; i++) {
		turn(s, i);
		if (tcp_conns(s->side[i].t) != 0)
			good = false;
		tcp_fini(s->side[i].t);
	}
	drop_held(s, true);
	return env_pools_full(&env) && good;
}

int main(int argc, char **argv)
{
	uint64_t seeds = 200, first = 1;

	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--seeds") == 0)
			seeds = strtoull(argv[i + 1], NULL, 0);
		else if (strcmp(argv[i], "--seed") == 0)
			first = strtoull(argv[i + 1], NULL, 0);
	}
	env_start(&env);
	for (uint64_t seed = first; seed < first + seeds; seed++) {
		if (run_seed(seed)) {
			check_passed++;
			continue;
		}
		fprintf(stderr, "FAILED: seed %llu\n", (unsigned long long)seed);
		check_failed++;
	}
	return check_summary();
}
