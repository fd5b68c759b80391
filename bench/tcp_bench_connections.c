/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_bench_connections.c - lives of connections a second, and the memory of idle ones. */
#include <rte_malloc.h>

#include "bench/tcp_bench.h"

enum {
	STANDING = 10000, /* connections that stay, so that table and wheel are not empty */
	PASSING = 32768,
	BATCH = BURST_MAX,
	STEP_US = 50,
};

struct batch {
	uint32_t first; /* peer */
	struct bench_in in;
	struct tcp_output out[2 * BATCH];
};

static void build_batch(struct bench_world *w, struct batch *s, uint8_t flags)
{
	for (uint32_t i = 0; i < BATCH; i++)
		bench_build(w, s->first + i, flags, 0, &s->in);
}

/* What a caller does on each piece of news. Returns how many connections are over. */
static unsigned int answer_news(struct bench_world *w)
{
	unsigned int news, over = 0;
	struct tcp_conn *c;

	while ((c = tcp_next_news(w->tcp, &news)) != NULL) {
		if (news & TCP_NEWS_GONE) {
			tcp_release(w->tcp, c);
			over++;
		} else if (news & TCP_NEWS_FIN) {
			tcp_close(w->tcp, c, w->now_us);
		}
	}
	return over;
}

/* One segment of each peer of the batch into the engine and what it does about it; the answers are
 * the peers' after that. Returns CPU ns. */
static uint64_t run_step(const struct bench *b, struct bench_world *w, struct batch *s,
			 unsigned int *over)
{
	const uint64_t start_ns = bench_cpu_ns();
	unsigned int n;
	uint64_t ns;

	bench_give(w, &s->in);
	*over = answer_news(w);
	tcp_tick(w->tcp, w->now_us);
	tcp_flush(w->tcp, w->now_us);
	n = tcp_take_output(w->tcp, s->out, ARRAY_LEN(s->out));
	ns = bench_since_ns(b, start_ns);
	for (unsigned int i = 0; i < n; i++)
		(void)bench_take(w, &s->out[i]);
	w->now_us += STEP_US;
	return ns;
}

/* A batch from SYN to released; @open_ns is what of it went until ESTABLISHED. */
static uint64_t run_life(const struct bench *b, struct bench_world *w, struct batch *s,
			 uint64_t *open_ns)
{
	unsigned int over;
	uint64_t ns;

	for (uint32_t i = 0; i < BATCH; i++)
		w->peers[s->first + i] = (struct bench_peer){.snd_nxt = 0xfffffff0u + s->first};
	build_batch(w, s, BENCH_SYN);
	ns = run_step(b, w, s, &over);
	build_batch(w, s, BENCH_ACK);
	ns += run_step(b, w, s, &over);
	*open_ns += ns;
	build_batch(w, s, BENCH_ACK | BENCH_FIN);
	ns += run_step(b, w, s, &over);
	build_batch(w, s, BENCH_ACK);
	ns += run_step(b, w, s, &over);
	if (over != BATCH)
		bench_die("a connection did not end");
	return ns;
}

static void run_round(const struct bench *b, struct bench_world *w, double *life, double *open)
{
	const unsigned int batches = b->is_short ? 100 : 500;
	static uint32_t next;
	static struct batch s;
	uint64_t life_ns = 0, open_ns = 0;

	for (unsigned int i = 0; i < batches; i++) {
		s.first = STANDING + next++ * BATCH % PASSING;
		life_ns += run_life(b, w, &s, &open_ns);
	}
	*life = 1e3 * batches * BATCH / (double)life_ns;
	*open = 1e3 * batches * BATCH / (double)open_ns;
}

void bench_connections(struct bench *b, struct bench_pools *p)
{
	static const struct bench_line life_line = {"connections.life", "M/s", BENCH_AT_LEAST, 0.3,
						    0.6};
	static const struct bench_line open_line = {"connections.accept", "M/s", BENCH_AT_LEAST,
						    0.3, 0.6};
	double life[BENCH_ROUNDS_MAX], open[BENCH_ROUNDS_MAX];
	struct bench_world w;

	bench_world_open(&w, p, STANDING + PASSING);
	bench_world_connect(&w, 0, STANDING);
	run_round(b, &w, &life[0], &open[0]); /* warm-up */
	for (unsigned int r = 0; r < b->rounds; r++)
		run_round(b, &w, &life[r], &open[r]);
	bench_report(b, &life_line, life, b->rounds);
	bench_report(b, &open_line, open, b->rounds);
	bench_world_close(&w);
}

/* Bytes handed out by EAL's heaps. */
static size_t heap_bytes(void)
{
	struct rte_malloc_socket_stats stats;
	size_t bytes = 0;

	for (int socket = 0; socket < RTE_MAX_NUMA_NODES; socket++)
		if (rte_malloc_get_socket_stats(socket, &stats) == 0)
			bytes += stats.heap_allocsz_bytes;
	return bytes;
}

/* Request and answer, everything acknowledged and read: then it is idle. */
static void talk(struct bench_world *w, uint32_t index)
{
	struct tcp_output out[4];
	struct bench_in in = {.count = 0};
	struct tcp_conn *c;
	unsigned int news;

	bench_build(w, index, BENCH_ACK | BENCH_PSH, BENCH_PAYLOAD, &in);
	bench_give(w, &in);
	c = tcp_next_news(w->tcp, &news);
	if (c == NULL)
		bench_die("a request was lost");
	tcp_consume(w->tcp, c, tcp_inbound_bytes(c), w->now_us);
	if (!tcp_send(w->tcp, c, bench_data(w->pools, BENCH_PAYLOAD)))
		bench_die("tcp_send() refuses");
	tcp_flush(w->tcp, w->now_us);
	for (unsigned int n = tcp_take_output(w->tcp, out, ARRAY_LEN(out)); n > 0; n--)
		(void)bench_take(w, &out[n - 1]);
	bench_build(w, index, BENCH_ACK, 0, &in);
	bench_give(w, &in);
	(void)tcp_next_news(w->tcp, &news);
	tcp_flush(w->tcp, w->now_us);
}

/* Heap of an engine full of idle connections, and the mbufs they hold. */
static size_t bytes_with(struct bench_pools *p, uint32_t conns)
{
	const size_t before = heap_bytes();
	struct bench_world w;
	size_t bytes;

	bench_world_open(&w, p, conns);
	bench_world_connect(&w, 0, conns);
	for (uint32_t i = 0; i < conns; i++)
		talk(&w, i);
	if (tcp_conns(w.tcp) != conns)
		bench_die("connections are missing");
	bytes = heap_bytes() - before;
	bytes +=
	    (size_t)bench_pools_used(p) * (RTE_MBUF_DEFAULT_BUF_SIZE + sizeof(struct rte_mbuf));
	bench_world_close(&w);
	return bytes;
}

/* Heap of the smallest engine: what does not grow with the connections. */
static size_t bytes_without(struct bench_pools *p)
{
	const size_t before = heap_bytes();
	uint32_t drops[DROP_COUNT];
	const struct tcp_setup setup = bench_setup(p, 1, drops);
	struct tcp *t = tcp_init(&setup, 0);
	size_t bytes;

	if (t == NULL)
		bench_die("no memory for the engine");
	bytes = heap_bytes() - before;
	tcp_fini(t);
	return bytes;
}

void bench_memory(struct bench *b, struct bench_pools *p)
{
	static const struct bench_line lines[] = {
	    {"memory.idle.10k", "bytes/conn", BENCH_AT_MOST, 300, 272},
	    {"memory.idle.100k", "bytes/conn", BENCH_AT_MOST, 300, 272},
	};
	static const uint32_t conns[] = {10000, 100000};
	const size_t none = bytes_without(p);

	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		double value = (double)(bytes_with(p, conns[i]) - none) / conns[i];

		bench_report(b, &lines[i], &value, 1);
	}
}
