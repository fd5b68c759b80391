/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tcp_bench_whole.c - two engines back to back: everything both do for a request and its answer,
 * and for bulk data. The wire between them copies each segment into a receive buffer of the other
 * side, as a virtual link does; that is timed too.
 */
#include <string.h>

#include "bench/tcp_bench.h"

enum {
	CONNS = 64,
	BURST = BURST_MAX,
	TURN_US = 20,
	CLIENT_PORT_MIN = 1024,
	BULK_WAITS = 64 * 1024, /* bytes given and not acknowledged: what a turn sends at most */
};

struct side {
	struct tcp *tcp;
	struct tcp_conn *conn[CONNS];
	uint32_t conns;
	uint64_t bytes_in, segments_out;
	uint32_t drops[DROP_COUNT];
};

struct pair {
	struct bench_pools *pools;
	struct side client, server;
	uint64_t now_us;
	uint16_t payload;
};

static struct rte_mbuf *copy(struct pair *p, const struct rte_mbuf *from)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(p->pools->rx);

	if (m == NULL)
		bench_die("the receive pool is empty");
	memcpy(rte_pktmbuf_append(m, from->data_len), rte_pktmbuf_mtod(from, const void *),
	       from->data_len);
	return m;
}

static void cross_wire(struct pair *p, struct side *from, struct side *to)
{
	struct tcp_output out[BURST];
	struct bench_in in;
	unsigned int n;

	while ((n = tcp_take_output(from->tcp, out, BURST)) > 0) {
		for (unsigned int i = 0; i < n; i++) {
			in.packet[i] = (struct tcp_packet){
			    .iface = IFACE_EDGE, .src = out[i].src, .dst = out[i].dst};
			in.m[i] = copy(p, out[i].m);
			rte_pktmbuf_free(out[i].m);
		}
		tcp_segments(to->tcp, in.m, in.packet, n, p->now_us);
		from->segments_out += n;
	}
}

static struct rte_mbuf *fresh(struct pair *p)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(p->pools->data);

	if (m == NULL || rte_pktmbuf_append(m, p->payload) == NULL)
		bench_die("the data pool is empty");
	return m;
}

static void say(struct pair *p, struct side *s, struct tcp_conn *c)
{
	if (!tcp_send(s->tcp, c, fresh(p)))
		bench_die("tcp_send() refuses");
}

/* Reads everything, and answers it where @answers. */
static void hear(struct pair *p, struct side *s, bool answers)
{
	struct tcp_conn *c;
	unsigned int news;

	while ((c = tcp_next_news(s->tcp, &news)) != NULL) {
		const uint32_t n = tcp_inbound_bytes(c);

		if (news & (TCP_NEWS_ACCEPTED | TCP_NEWS_OPENED) && s->conns < CONNS)
			s->conn[s->conns++] = c;
		if (!(news & TCP_NEWS_DATA))
			continue;
		s->bytes_in += n;
		tcp_consume(s->tcp, c, n, p->now_us);
		if (answers)
			say(p, s, c);
	}
}

static void run_side(struct pair *p, struct side *s)
{
	tcp_tick(s->tcp, p->now_us);
	tcp_flush(s->tcp, p->now_us);
}

/* One turn of either side's loop. */
static void run_turn(struct pair *p, bool server_answers)
{
	run_side(p, &p->client);
	cross_wire(p, &p->client, &p->server);
	hear(p, &p->server, server_answers);
	run_side(p, &p->server);
	cross_wire(p, &p->server, &p->client);
	hear(p, &p->client, false);
	p->now_us += TURN_US;
}

static void open_side(struct pair *p, struct side *s)
{
	struct tcp_setup setup = bench_setup(p->pools, 4 * CONNS, s->drops);

	setup.isn_key.k0 += s == &p->server;
	s->tcp = tcp_init(&setup, p->now_us);
	if (s->tcp == NULL)
		bench_die("no memory for the engine");
}

static void open_pair(struct pair *p, struct bench_pools *pools, uint32_t conns, uint16_t payload)
{
	const struct ip_addr client = addr_from_v4(0xc6336401), server = addr_from_v4(0xcb007101);

	*p = (struct pair){
	    .pools = pools, .now_us = UINT64_C(1000) * 1000 * 1000, .payload = payload};
	open_side(p, &p->client);
	open_side(p, &p->server);
	if (!tcp_listen(p->server.tcp, IFACE_EDGE, &server, BENCH_PORT))
		bench_die("no listener");
	for (uint32_t i = 0; i < conns; i++)
		if (tcp_dial(p->client.tcp, IFACE_EDGE, &client, &server, BENCH_PORT, p->now_us) ==
		    NULL)
			bench_die("no port");
	for (int turn = 0; turn < 4; turn++)
		run_turn(p, false);
	if (p->client.conns != conns || p->server.conns != conns)
		bench_die("the engines do not connect");
}

static void close_pair(struct pair *p)
{
	tcp_fini(p->client.tcp);
	tcp_fini(p->server.tcp);
}

/* ns of one request and its answer: two data segments, each built, taken in and acknowledged. */
static double answer_ns(const struct bench *b, struct pair *p, unsigned int turns)
{
	const uint64_t before = p->client.bytes_in;
	const uint64_t start_ns = bench_cpu_ns();
	uint64_t ns;

	for (unsigned int turn = 0; turn < turns; turn++) {
		for (unsigned int i = 0; i < BURST; i++)
			say(p, &p->client, p->client.conn[(turn * BURST + i) % CONNS]);
		run_turn(p, true);
	}
	ns = bench_since_ns(b, start_ns);
	if (p->client.bytes_in - before != (uint64_t)turns * BURST * p->payload)
		bench_die("answers are missing");
	return (double)ns / (turns * BURST);
}

/* One connection, as much as it takes. Returns ns of one segment of data. */
static double bulk_ns(const struct bench *b, struct pair *p, unsigned int segments)
{
	struct tcp_conn *c = p->client.conn[0];
	const uint64_t until = p->server.bytes_in + (uint64_t)segments * p->payload;
	const uint64_t start_ns = bench_cpu_ns();
	unsigned int turns = 0;

	while (p->server.bytes_in < until) {
		while (tcp_sent_offset(c) - tcp_acked(c) < BULK_WAITS)
			say(p, &p->client, c);
		run_turn(p, false);
		if (++turns > segments)
			bench_die("bulk data does not move");
	}
	return (double)bench_since_ns(b, start_ns) / segments;
}

void bench_whole(struct bench *b, struct bench_pools *pools)
{
	static const struct bench_line lines[] = {
	    {"whole.answer", "ns/pair", BENCH_INFO, 0, 0},
	    {"whole.bulk", "ns/segment", BENCH_INFO, 0, 0},
	    {"whole.bulk.rate", "MB/s", BENCH_INFO, 0, 0},
	};
	const unsigned int turns = b->is_short ? 200 : 2000;
	double values[ARRAY_LEN(lines)][BENCH_ROUNDS_MAX];
	static struct pair talk, bulk;

	open_pair(&talk, pools, CONNS, BENCH_PAYLOAD);
	open_pair(&bulk, pools, 1, 1);
	bulk.payload = tcp_segment_bytes(bulk.client.conn[0]);
	(void)answer_ns(b, &talk, turns);
	(void)bulk_ns(b, &bulk, turns * BURST);
	for (unsigned int r = 0; r < b->rounds; r++) {
		values[0][r] = answer_ns(b, &talk, turns);
		values[1][r] = bulk_ns(b, &bulk, turns * BURST);
		values[2][r] = 1e3 * bulk.payload / values[1][r];
	}
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		bench_report(b, &lines[i], values[i], b->rounds);
	close_pair(&talk);
	close_pair(&bulk);
	if (bench_pools_used(pools) != 0)
		bench_die("mbufs are missing at the end");
}
