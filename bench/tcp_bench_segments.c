/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tcp_bench_segments.c - ns of one in-order segment, in and out, beside Linux's send().
 *
 * A stretch is TURNS turns of a poll loop with a burst of 32 segments each, two of each of 16
 * connections. The engine acknowledges what it gets as it sees fit; what it sends is acknowledged
 * two by two. What the peers and the device do lies between the stretches and is not timed.
 */
#include "bench/tcp_bench.h"

enum {
	TURNS = 8,
	BURST = BURST_MAX,
	EACH = 2, /* segments of one connection in one burst */
	STRETCH = TURNS * BURST,
	PEERS = STRETCH / EACH,
	TURN_US = 20,
	SETTLE_US = 100 * 1000,
};

struct stretch {
	struct bench_in in[TURNS];
	struct rte_mbuf *data[STRETCH];
	struct tcp_output out[2 * STRETCH];
	uint32_t peer[STRETCH]; /* whose segment */
	unsigned int out_count;
};

/* Each peer has its turn, in order where they are few, at random where they are many. */
static void choose_peers(struct bench_world *w, struct stretch *s, uint64_t *seed, uint32_t *next)
{
	for (unsigned int i = 0; i < STRETCH; i++) {
		if (i % EACH != 0)
			s->peer[i] = s->peer[i - 1];
		else if (w->count > PEERS)
			s->peer[i] = (uint32_t)(bench_random(seed) % w->count);
		else
			s->peer[i] = (*next)++ % w->count;
	}
}

static void take_turn(struct bench_world *w, struct stretch *s)
{
	tcp_tick(w->tcp, w->now_us);
	tcp_flush(w->tcp, w->now_us);
	s->out_count += tcp_take_output(w->tcp, s->out + s->out_count, 2 * STRETCH - s->out_count);
	w->now_us += TURN_US;
}

static void take_outputs(struct bench_world *w, struct stretch *s)
{
	for (unsigned int i = 0; i < s->out_count; i++)
		(void)bench_take(w, &s->out[i]);
	s->out_count = 0;
}

static uint32_t read_all(struct bench_world *w)
{
	struct tcp_conn *c;
	unsigned int news;
	uint32_t bytes = 0;

	while ((c = tcp_next_news(w->tcp, &news)) != NULL) {
		const uint32_t n = tcp_inbound_bytes(c);

		bytes += n;
		tcp_consume(w->tcp, c, n, w->now_us);
	}
	return bytes;
}

/* CPU ns of a stretch of segments that come in. */
static uint64_t stretch_in(const struct bench *b, struct bench_world *w, struct stretch *s)
{
	uint64_t start_ns, ns;
	uint32_t bytes = 0;

	for (unsigned int i = 0; i < STRETCH; i++)
		bench_build(w, s->peer[i], BENCH_ACK | BENCH_PSH, BENCH_PAYLOAD, &s->in[i / BURST]);
	start_ns = bench_cpu_ns();
	for (unsigned int turn = 0; turn < TURNS; turn++) {
		bench_give(w, &s->in[turn]);
		bytes += read_all(w);
		take_turn(w, s);
	}
	ns = bench_since_ns(b, start_ns);
	if (bytes != STRETCH * BENCH_PAYLOAD)
		bench_die("segments in were not taken as they should");
	take_outputs(w, s);
	return ns;
}

static uint64_t send_stretch(const struct bench *b, struct bench_world *w, struct stretch *s)
{
	const uint64_t start_ns = bench_cpu_ns();

	for (unsigned int turn = 0; turn < TURNS; turn++) {
		for (unsigned int i = turn * BURST; i < (turn + 1) * BURST; i++)
			if (!tcp_send(w->tcp, w->peers[s->peer[i]].conn, s->data[i]))
				bench_die("tcp_send() refuses");
		take_turn(w, s);
	}
	return bench_since_ns(b, start_ns);
}

/* The peers' ACKs, one for each EACH segments. */
static uint64_t acknowledge_stretch(const struct bench *b, struct bench_world *w, struct stretch *s)
{
	const unsigned int acks = STRETCH / EACH;
	uint64_t start_ns, ns;
	unsigned int news;

	for (unsigned int i = 0; i < acks; i++)
		bench_build(w, s->peer[i * EACH], BENCH_ACK, 0, &s->in[i / BURST]);
	start_ns = bench_cpu_ns();
	for (unsigned int turn = 0; turn < acks / BURST; turn++) {
		bench_give(w, &s->in[turn]);
		while (tcp_next_news(w->tcp, &news) != NULL)
			;
		take_turn(w, s);
	}
	ns = bench_since_ns(b, start_ns);
	take_outputs(w, s);
	return ns;
}

static uint64_t stretch_out(const struct bench *b, struct bench_world *w, struct stretch *s)
{
	uint64_t ns;

	for (unsigned int i = 0; i < STRETCH; i++)
		s->data[i] = bench_data(w->pools, BENCH_PAYLOAD);
	ns = send_stretch(b, w, s);
	if (s->out_count != STRETCH)
		bench_die("segments out did not go as they should");
	take_outputs(w, s); /* the device has sent them: its references are gone */
	ns += acknowledge_stretch(b, w, s);
	if (bench_pools_used(w->pools) != 0)
		bench_die("something acknowledged is kept");
	return ns;
}

/* The delayed ACKs that are still owed. */
static void settle(struct bench_world *w, struct stretch *s)
{
	w->now_us += SETTLE_US;
	do {
		take_turn(w, s);
		take_outputs(w, s);
	} while (!tcp_is_idle(w->tcp));
}

void bench_segments_round(const struct bench *b, struct bench_world *w, unsigned int stretches,
			  double *in_ns, double *out_ns)
{
	static struct stretch s;
	static uint64_t seed = UINT64_C(0x5eed5eed00000011);
	static uint32_t next;
	uint64_t in = 0, out = 0;

	for (unsigned int i = 0; i < stretches; i++) {
		choose_peers(w, &s, &seed, &next);
		in += stretch_in(b, w, &s);
	}
	settle(w, &s);
	for (unsigned int i = 0; i < stretches; i++) {
		choose_peers(w, &s, &seed, &next);
		out += stretch_out(b, w, &s);
	}
	*in_ns = (double)in / (stretches * STRETCH);
	*out_ns = (double)out / (stretches * STRETCH);
}

static const struct bench_line lines[] = {
    {"segment.in", "ns", BENCH_AT_MOST, 150, 90},
    {"segment.out", "ns", BENCH_AT_MOST, 150, 90},
    {"segment.in.vs_linux", "x", BENCH_AT_LEAST, 30, 50},
    {"segment.out.vs_linux", "x", BENCH_AT_LEAST, 30, 50},
    {"linux.send", "ns", BENCH_INFO, 0, 0},
    {"linux.read", "ns", BENCH_INFO, 0, 0},
    {"segment.in_out.vs_linux", "x", BENCH_INFO, 0, 0},
};

/* Ours, the kernel's, the kernel's, ours: what drifts meanwhile weighs on both. */
static void run_pair(const struct bench *b, struct bench_world *w, struct bench_linux *l, double *v)
{
	const unsigned int stretches = b->is_short ? 40 : 200, sends = b->is_short ? 2000 : 10000;
	double in[2], out[2], sent[2], got[2];

	bench_segments_round(b, w, stretches, &in[0], &out[0]);
	bench_linux_round(b, l, sends, &sent[0], &got[0]);
	bench_linux_round(b, l, sends, &sent[1], &got[1]);
	bench_segments_round(b, w, stretches, &in[1], &out[1]);
	v[0] = (in[0] + in[1]) / 2;
	v[1] = (out[0] + out[1]) / 2;
	v[4] = (sent[0] + sent[1]) / 2;
	v[5] = (got[0] + got[1]) / 2;
	v[2] = v[4] / v[0];
	v[3] = v[4] / v[1];
	v[6] = (v[4] + v[5]) / (v[0] + v[1]);
}

void bench_segments(struct bench *b, struct bench_pools *p)
{
	static double values[ARRAY_LEN(lines)][BENCH_ROUNDS_MAX];
	double v[ARRAY_LEN(lines)];
	struct bench_world w;
	struct bench_linux linux_tcp;

	bench_linux_open(&linux_tcp);
	bench_fact(b, "linux_cc", linux_tcp.congestion);
	bench_world_open(&w, p, PEERS);
	bench_world_connect(&w, 0, PEERS);
	run_pair(b, &w, &linux_tcp, v); /* warm-up */
	for (unsigned int r = 0; r < b->rounds; r++) {
		run_pair(b, &w, &linux_tcp, v);
		for (size_t i = 0; i < ARRAY_LEN(lines); i++)
			values[i][r] = v[i];
	}
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		bench_report(b, &lines[i], values[i], b->rounds);
	bench_world_close(&w);
	bench_linux_close(&linux_tcp);
}
