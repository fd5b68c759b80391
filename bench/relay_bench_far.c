/* SPDX-License-Identifier: BSD-3-Clause */
/* relay_bench_far.c - partners and gateway: TCP and records of their own, over rings that copy. */
#include <stdlib.h>
#include <string.h>

#include <rte_eth_ring.h>
#include <rte_malloc.h>
#include <rte_ring.h>

#include "bench/relay_bench.h"

enum {
	RING = 4096,
	MBUFS = 32767,
	MBUF_CACHE = 256,
	AHEAD_BYTES = 64 * 1024, /* of one stream that TCP has not sent or not had answered */
	ENDS_MAX = RELAY_STREAMS_MAX + RELAY_IDLE_MAX,
	TEXT_BYTES = 2 * RELAY_STANZA + 2048,
	PORT_EDGE = 5269,
	PORT_INTERNAL = 23456,
};

/* One end of a connection. */
struct end {
	struct tcp_conn *tcp;
	struct record_state *record; /* NULL: plain */
	size_t at;                   /* in its text, below RELAY_STANZA */
};

struct host {
	struct net *net;
	struct tcp *tcp;
	uint32_t drops[DROP_COUNT];
	struct end *end;            /* [ENDS_MAX] */
	struct end *of_port[65536]; /* by its own */
	unsigned int count;
	struct rte_ring *to_core, *from_core;
	uint16_t ethdev;
};

static struct host hosts[IFACE_COUNT];
static struct rte_mempool *pool;
static struct record_machine *machine;
static uint64_t said, heard, clock_us;
static unsigned int next_stream;
static uint8_t text[RELAY_STREAMS_MAX]
		   [TEXT_BYTES]; /* of each that talks, the same again and again */
static uint8_t plain[TLS_RECORD_PLAIN_MAX + 256], whole[TLS_RECORD_WIRE_MAX];

static struct rte_ring *make_ring(const char *name)
{
	struct rte_ring *r =
	    rte_ring_create(name, RING, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);

	if (r == NULL)
		bench_die("no memory for a ring");
	return r;
}

static void make_port(struct host *h, const char *name, const char *to, const char *from)
{
	const struct rte_eth_conf conf = {0};
	int id;

	h->to_core = make_ring(to);
	h->from_core = make_ring(from);
	id = rte_eth_from_rings(name, &h->to_core, 1, &h->from_core, 1, 0);
	if (id < 0 || rte_eth_dev_configure((uint16_t)id, 1, 1, &conf) != 0 ||
	    rte_eth_rx_queue_setup((uint16_t)id, 0, 64, 0, NULL, pool) != 0 ||
	    rte_eth_tx_queue_setup((uint16_t)id, 0, 64, 0, NULL) != 0 ||
	    rte_eth_dev_start((uint16_t)id) != 0)
		bench_die("no port of rings");
	h->ethdev = (uint16_t)id;
}

void far_start(void)
{
	pool = rte_pktmbuf_pool_create("far", MBUFS, MBUF_CACHE, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
				       SOCKET_ID_ANY);
	machine = record_machine_init(2 * RELAY_STREAMS_MAX + 4);
	if (pool == NULL || machine == NULL)
		bench_die("no memory for the far hosts");
	for (unsigned int i = 0; i < IFACE_COUNT; i++) {
		hosts[i].end = calloc(ENDS_MAX, sizeof(*hosts[i].end));
		if (hosts[i].end == NULL)
			bench_die("no memory for the far hosts");
	}
	for (unsigned int n = 0; n < RELAY_STREAMS_MAX; n++)
		for (size_t at = 0; at + RELAY_STANZA <= TEXT_BYTES; at += RELAY_STANZA)
			relay_stanza(text[n] + at, n);
	make_port(&hosts[IFACE_EDGE], "edge", "to-edge", "from-edge");
	make_port(&hosts[IFACE_INTERNAL], "internal", "to-internal", "from-internal");
}

void far_port(enum iface side, struct port *port)
{
	port->ethdev = hosts[side].ethdev;
}

static struct ip_addr address_of(enum iface side, bool is_core)
{
	return addr_from_v4((side == IFACE_EDGE ? 0xc0000200 : 0xc6336400) + (is_core ? 1 : 2));
}

struct net_iface_setup far_iface(enum iface side, bool is_core)
{
	return (struct net_iface_setup){
	    .mac = {{2, 0, 0, 0, (uint8_t)side, is_core ? 1 : 2}},
	    .address = address_of(side, is_core),
	    .prefix_len = 24,
	    .mtu = 1500,
	    .listen_port = side == IFACE_EDGE ? PORT_EDGE : PORT_INTERNAL,
	};
}

static void open_host(enum iface side, uint64_t now_us)
{
	struct host *h = &hosts[side];
	struct net_setup ns = {.pool = pool, .drops = h->drops};
	const struct tcp_setup ts = {
	    .core = 7,
	    .conns = ENDS_MAX,
	    .pool = pool,
	    .isn_key = {1, 2},
	    .flow_key = {3, 4},
	    .mtu = {1500, 1500},
	    .congestion = TCP_CUBIC,
	    .user_timeout_us = 60 * 1000000,
	    .time_wait_us = 1000000,
	    .drops = h->drops,
	};

	h->count = 0;
	ns.iface[IFACE_EDGE] = far_iface(side, false);
	ns.iface[IFACE_INTERNAL] = far_iface(side, false);
	ns.iface[IFACE_INTERNAL].address = addr_from_v4(0x0a000001); /* without a wire */
	h->net = net_init(&ns, now_us);
	h->tcp = tcp_init(&ts, now_us);
	if (h->net == NULL || h->tcp == NULL)
		bench_die("no memory for a far host");
}

void far_open(uint64_t now_us)
{
	clock_us = now_us;
	said = heard = 0;
	next_stream = 0;
	open_host(IFACE_EDGE, now_us);
	open_host(IFACE_INTERNAL, now_us);
}

void far_close(void)
{
	for (unsigned int i = 0; i < IFACE_COUNT; i++) {
		void *m;

		for (unsigned int n = 0; n < hosts[i].count; n++)
			rte_free(hosts[i].end[n].record);
		tcp_fini(hosts[i].tcp);
		net_fini(hosts[i].net);
		while (rte_ring_dequeue(hosts[i].from_core, &m) == 0 ||
		       rte_ring_dequeue(hosts[i].to_core, &m) == 0)
			rte_pktmbuf_free(m);
	}
	if (rte_mempool_in_use_count(pool) != 0)
		bench_die("buffers of the far hosts are missing");
}

unsigned int far_dial(enum iface side, uint64_t now_us)
{
	const struct ip_addr local = address_of(side, false), remote = address_of(side, true);
	struct host *h = &hosts[side];
	struct end *e = &h->end[h->count];

	if (h->count == ENDS_MAX)
		bench_die("more connections than the far host has room for");
	*e = (struct end){.tcp = tcp_dial(h->tcp, IFACE_EDGE, &local, &remote,
					  side == IFACE_EDGE ? PORT_EDGE : PORT_INTERNAL, now_us)};
	if (e->tcp == NULL)
		bench_die("the far host cannot dial");
	h->of_port[tcp_key(h->tcp, e->tcp)->local_port] = e;
	return h->count++;
}

void far_secure(enum iface side, unsigned int n)
{
	struct end *e = &hosts[side].end[n];
	struct tls_handover keys = relay_keys(false);

	e->record = rte_zmalloc("far", record_state_bytes(), CACHE_LINE);
	if (e->record == NULL || !record_init(e->record, &keys, true))
		bench_die("no record state");
}

void far_rest(enum iface side, unsigned int n)
{
	struct end *e = &hosts[side].end[n];

	record_close(e->record, machine);
	rte_free(e->record);
	e->record = NULL;
}

void far_say(enum iface side, unsigned int n, const void *bytes, size_t len)
{
	struct end *e = &hosts[side].end[n];
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	uint8_t *at;

	if (m == NULL)
		bench_die("no buffers for the far hosts");
	at = rte_pktmbuf_mtod(m, uint8_t *);
	if (e->record != NULL) {
		memcpy(at + record_plain_offset(e->record), bytes, len);
		len = record_seal(e->record, machine, RECORD_DATA, at, len);
	} else {
		memcpy(at, bytes, len);
	}
	m->data_len = (uint16_t)len;
	m->pkt_len = (uint32_t)len;
	if (!tcp_send(hosts[side].tcp, e->tcp, m))
		bench_die("the far host cannot send");
}

size_t far_room(void)
{
	const struct end *e = &hosts[IFACE_EDGE].end[0];

	return tcp_segment_bytes(e->tcp) - (record_sealed_len(e->record, 1) - 1);
}

/* As a server does that writes what it has: whole stanzas, or what a segment takes of them. */
static bool say_stanzas(unsigned int n, size_t bytes)
{
	struct end *e = &hosts[IFACE_EDGE].end[n];

	if (tcp_sent_offset(e->tcp) - tcp_acked(e->tcp) >= AHEAD_BYTES)
		return false;
	far_say(IFACE_EDGE, n, text[n] + e->at, bytes);
	e->at = (e->at + bytes) % RELAY_STANZA;
	said += bytes;
	return true;
}

void far_load(unsigned int streams, size_t bytes)
{
	unsigned int given = 0, refused = 0;

	while (given < RELAY_FRAMES && refused < streams) {
		if (say_stanzas(next_stream, bytes)) {
			given++;
			refused = 0;
		} else {
			refused++;
		}
		next_stream = (next_stream + 1) % streams;
	}
}

void far_forget(void)
{
	heard = 0;
}

uint64_t far_said(void)
{
	return said;
}

uint64_t far_heard(void)
{
	return heard;
}

/* A ring hands over the sender's own buffer: a wire would not. */
static struct rte_mbuf *across(struct rte_mbuf *m)
{
	struct rte_mbuf *copy = rte_pktmbuf_copy(m, pool, 0, UINT32_MAX);

	if (copy == NULL)
		bench_die("no buffers for the wire");
	rte_pktmbuf_free(m);
	return copy;
}

static void receive(struct host *h)
{
	struct tcp_packet packet;
	struct tcp_quoted quoted;
	void *frame;

	while (rte_ring_dequeue(h->from_core, &frame) == 0) {
		struct rte_mbuf *m = across(frame);

		if (net_input(h->net, IFACE_EDGE, m, clock_us, &packet, &quoted) == NET_TCP)
			tcp_segment(h->tcp, m, &packet, clock_us);
	}
}

static void copy_inbound(const struct end *e, uint8_t *out, size_t len)
{
	for (const struct rte_mbuf *m = tcp_inbound(e->tcp); len > 0; m = m->next) {
		const size_t n = min_size(m->data_len, len);

		memcpy(out, rte_pktmbuf_mtod(m, const uint8_t *), n);
		out += n;
		len -= n;
	}
}

static bool hear_record(struct host *h, struct end *e)
{
	const uint32_t waiting = tcp_inbound_bytes(e->tcp);
	struct span piece = {whole, 0};
	size_t len = 0;
	int wire;

	if (waiting < RECORD_HEADER)
		return false;
	copy_inbound(e, whole, RECORD_HEADER);
	wire = record_length(e->record, whole);
	if (wire <= 0)
		bench_die("the relay sent what is no record");
	if (waiting < (uint32_t)wire)
		return false;
	copy_inbound(e, whole, (size_t)wire);
	piece.len = (size_t)wire;
	if (record_open(e->record, machine, &piece, 1, clock_us, plain, &len) != RECORD_OPENED)
		bench_die("the relay sent a bad record");
	tcp_consume(h->tcp, e->tcp, (uint32_t)wire, clock_us);
	heard += len;
	return true;
}

static void hear(struct host *h)
{
	struct tcp_conn *tcp;
	unsigned int news;

	while ((tcp = tcp_next_news(h->tcp, &news)) != NULL) {
		struct end *e = h->of_port[tcp_key(h->tcp, tcp)->local_port];

		if (news & TCP_NEWS_GONE) {
			if (e->record != NULL)
				bench_die("a connection has ended");
			tcp_release(h->tcp, tcp);
			continue;
		}
		if (e->record == NULL)
			tcp_consume(h->tcp, tcp, tcp_inbound_bytes(tcp), clock_us);
		else
			while (hear_record(h, e))
				;
		tcp_free_to(h->tcp, tcp, tcp_acked(tcp));
	}
}

static void transmit(struct host *h)
{
	struct tcp_output out[BURST_MAX];
	struct rte_mbuf *frame[BURST_MAX];
	unsigned int n;

	do {
		tcp_flush(h->tcp, clock_us);
		n = tcp_take_output(h->tcp, out, BURST_MAX);
		for (unsigned int k = 0; k < n; k++)
			net_output(h->net, &out[k], clock_us);
	} while (n > 0);
	while ((n = net_take_frames(h->net, IFACE_EDGE, frame, BURST_MAX)) > 0)
		for (unsigned int k = 0; k < n; k++)
			if (rte_ring_enqueue(h->to_core, across(frame[k])) != 0)
				bench_die("a ring is full");
	while ((n = net_take_frames(h->net, IFACE_INTERNAL, frame, BURST_MAX)) > 0)
		rte_pktmbuf_free_bulk(frame, n);
}

void far_turn(uint64_t now_us)
{
	clock_us = now_us;
	for (unsigned int i = 0; i < IFACE_COUNT; i++) {
		struct host *h = &hosts[i];

		receive(h);
		tcp_tick(h->tcp, now_us);
		net_tick(h->net, now_us);
		hear(h);
		transmit(h);
	}
}
