/* SPDX-License-Identifier: BSD-3-Clause */
/* idle_world.c - the core, the far host and control's part of bringing streams up. */
#include <malloc.h>
#include <string.h>

#include <rte_eth_ring.h>
#include <rte_malloc.h>

#include "bench/idle_world.h"
#include "bench/report.h"
#include "tests/eal.h"

enum {
	BATCH = 32,
	CONNS_FAR = 65536,
	WIRE_MBUFS = 16383,
	RING = 1024,
	TURNS_MAX = 20000, /* 4 s: until a SYN that ARP has cost is sent again */
	TURN_US = 200,
	STEP_US = 100000, /* of idle_wait() */
	CORE_ADDRESS = 0xc0000201,
	FAR_ADDRESS = 0xc0000202,
	PORT = 5269,
	DOMAINS = 8000, /* pairs are (n / DOMAINS, n % DOMAINS) */
};

#define HELLO "\x16\x03\x01\x00\x05hello"
#define HEADER                                                                                     \
	"<?xml version='1.0'?><stream:stream xmlns='jabber:server' "                               \
	"xmlns:stream='http://etherx.jabber.org/streams' xmlns:db='jabber:server:dialback' "       \
	"version='1.0'>"

struct wire {
	struct rte_ring *to_core, *from_core;
	struct port port;
};

static struct {
	struct wire wire[IFACE_COUNT];
	struct rte_mempool *pool;
	struct net *net;
	struct tcp *tcp;
	uint32_t drops[DROP_COUNT];
	struct tcp_conn *of_port[65536]; /* by the core's port */
	struct core *core;
	size_t core_bytes;
	struct inbox *inbox;
	struct route *routes;
	uint64_t now_us;
	uint32_t streams;
	struct conn_id *id; /* [streams] */
	/* Each stream has the same keys, so the same records: the header, and white space. */
	uint8_t header[512], space[64];
	size_t header_len, space_len;
} w;

static void must(bool ok, const char *what)
{
	if (!ok)
		bench_die(what);
}

size_t idle_heap(void)
{
	const struct mallinfo2 info = mallinfo2();
	struct rte_malloc_socket_stats stats;

	must(rte_malloc_get_socket_stats(0, &stats) == 0, "no heap");
	return stats.heap_allocsz_bytes + info.uordblks + info.hblkhd;
}

static void make_wire(struct wire *wire, const char *name)
{
	const struct rte_eth_conf conf = {0};
	char ring[32];
	int id;

	snprintf(ring, sizeof(ring), "to-%s", name);
	wire->to_core = rte_ring_create(ring, RING, SOCKET_ID_ANY, 0);
	snprintf(ring, sizeof(ring), "from-%s", name);
	wire->from_core = rte_ring_create(ring, RING, SOCKET_ID_ANY, 0);
	must(wire->to_core != NULL && wire->from_core != NULL, "no rings");
	id = rte_eth_from_rings(name, &wire->to_core, 1, &wire->from_core, 1, 0);
	must(id >= 0 && rte_eth_dev_configure((uint16_t)id, 1, 1, &conf) == 0 &&
		 rte_eth_rx_queue_setup((uint16_t)id, 0, 64, 0, NULL, w.pool) == 0 &&
		 rte_eth_tx_queue_setup((uint16_t)id, 0, 64, 0, NULL) == 0 &&
		 rte_eth_dev_start((uint16_t)id) == 0,
	     "no ring port");
	wire->port.ethdev = (uint16_t)id;
}

static struct net_iface_setup iface_of(uint32_t address, uint8_t host)
{
	return (struct net_iface_setup){
	    .mac = {{2, 0, 0, 0, 0, host}},
	    .address = addr_from_v4(address),
	    .prefix_len = 24,
	    .mtu = 1500,
	    .listen_port = PORT,
	};
}

static void make_far(void)
{
	struct net_setup ns = {.pool = w.pool, .drops = w.drops};
	const struct tcp_setup ts = {
	    .core = 1,
	    .conns = CONNS_FAR,
	    .untrusted_per_source = 2 * BATCH,
	    .pool = w.pool,
	    .isn_key = {1, 2},
	    .flow_key = {3, 4},
	    .mtu = {1500, 1500},
	    .user_timeout_us = 60 * 1000000,
	    .time_wait_us = 1000000,
	    .drops = w.drops,
	};
	const struct ip_addr address = addr_from_v4(FAR_ADDRESS);

	ns.iface[IFACE_EDGE] = iface_of(FAR_ADDRESS, 2);
	ns.iface[IFACE_INTERNAL] = iface_of(0x0a000001, 3);
	w.net = net_init(&ns, w.now_us);
	w.tcp = tcp_init(&ts, w.now_us);
	must(w.net != NULL && w.tcp != NULL && tcp_listen(w.tcp, IFACE_EDGE, &address, PORT),
	     "no far host");
}

static struct tls_handover make_keys(bool is_core)
{
	struct tls_handover k = {.version = TLS_1_3, .suite = TLS_AES_128_GCM, .hash = TLS_SHA256};

	memset(is_core ? &k.read : &k.write, 0x51, offsetof(struct tls_direction_keys, seq));
	memset(is_core ? &k.write : &k.read, 0x52, offsetof(struct tls_direction_keys, seq));
	return k;
}

static size_t seal(struct record_state *s, struct record_machine *m, const char *text, uint8_t *out)
{
	memcpy(out + record_plain_offset(s), text, strlen(text));
	return record_seal(s, m, RECORD_DATA, out, strlen(text));
}

static void make_records(void)
{
	struct record_machine *m = record_machine_init(2);
	struct record_state *s = calloc(1, record_state_bytes());
	const struct tls_handover keys = make_keys(false);

	must(m != NULL && s != NULL && record_init(s, &keys, false), "no records");
	w.header_len = seal(s, m, HEADER, w.header);
	w.space_len = seal(s, m, " ", w.space);
	record_close(s, m);
	record_machine_close(m);
	free(s);
}

void idle_start(void)
{
	eal_start("768", "0", NULL);
	w.now_us = 1000000;
	w.pool = rte_pktmbuf_pool_create("wire", WIRE_MBUFS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, 0);
	must(w.pool != NULL, "no buffers");
	make_wire(&w.wire[IFACE_EDGE], "edge");
	make_wire(&w.wire[IFACE_INTERNAL], "internal");
	make_records();
}

struct core *idle_open(uint32_t conns)
{
	static const struct route_domain domain = {"a.example", {1}, ROUTE_LOCAL, {0}, 0};
	struct core_setup s = {
	    .conns = conns,
	    .busy = CONNS_DEFAULT,
	    .link_queue_bytes = LINK_QUEUE_BYTES,
	    .link_queue_stanzas = LINK_QUEUE_STANZAS,
	    .user_timeout_us = 60 * 1000000,
	    .time_wait_us = 1000000,
	};
	char error[256] = "";

	make_far();
	w.inbox = inbox_make(0);
	w.routes = route_make(&domain, 1);
	s.inbox = w.inbox;
	s.routes = w.routes;
	s.iface[IFACE_EDGE] = iface_of(CORE_ADDRESS, 1);
	s.iface[IFACE_INTERNAL] = iface_of(0xc6336401, 1);
	for (unsigned int i = 0; i < IFACE_COUNT; i++)
		s.port[i] = &w.wire[i].port;
	must(w.inbox != NULL && w.routes != NULL, "no inbox");
	w.core_bytes = idle_heap();
	w.core = core_make(&s, error);
	must(w.core != NULL, error);
	w.core_bytes = idle_heap() - w.core_bytes;
	w.streams = 0;
	return w.core;
}

size_t idle_core_bytes(void)
{
	return w.core_bytes;
}

/* --- turns --- */

static void far_hear(struct rte_mbuf *m)
{
	struct rte_mbuf *copy = rte_pktmbuf_copy(m, w.pool, 0, UINT32_MAX);
	struct tcp_packet packet;
	struct tcp_quoted quoted;

	rte_pktmbuf_free(m);
	must(copy != NULL, "no buffers");
	if (net_input(w.net, IFACE_EDGE, copy, w.now_us, &packet, &quoted) == NET_TCP)
		tcp_segment(w.tcp, copy, &packet, w.now_us);
}

static void far_news(void)
{
	struct tcp_conn *tcp;
	unsigned int news;

	while ((tcp = tcp_next_news(w.tcp, &news)) != NULL) {
		const uint32_t n = tcp_inbound_bytes(tcp);

		if (news & TCP_NEWS_ACCEPTED) {
			w.of_port[tcp_key(w.tcp, tcp)->remote_port] = tcp;
			tcp_trust(w.tcp, tcp);
		}
		if (n > 0)
			tcp_consume(w.tcp, tcp, n, w.now_us);
		if (news & TCP_NEWS_GONE)
			tcp_release(w.tcp, tcp);
	}
}

static void far_turn(void)
{
	struct tcp_output out[BURST_MAX];
	struct rte_mbuf *frame[BURST_MAX];
	unsigned int n;
	void *m;

	while (rte_ring_dequeue(w.wire[IFACE_INTERNAL].from_core, &m) == 0)
		rte_pktmbuf_free(m);
	while (rte_ring_dequeue(w.wire[IFACE_EDGE].from_core, &m) == 0)
		far_hear(m);
	tcp_tick(w.tcp, w.now_us);
	net_tick(w.net, w.now_us);
	far_news();
	tcp_flush(w.tcp, w.now_us);
	while ((n = tcp_take_output(w.tcp, out, BURST_MAX)) > 0)
		for (unsigned int i = 0; i < n; i++)
			net_output(w.net, &out[i], w.now_us);
	while ((n = net_take_frames(w.net, IFACE_EDGE, frame, BURST_MAX)) > 0)
		for (unsigned int i = 0; i < n; i++)
			if (rte_ring_enqueue(w.wire[IFACE_EDGE].to_core, frame[i]) != 0)
				rte_pktmbuf_free(frame[i]);
	while ((n = net_take_frames(w.net, IFACE_INTERNAL, frame, BURST_MAX)) > 0)
		rte_pktmbuf_free_bulk(frame, n);
}

static void turn(uint64_t us)
{
	w.now_us += us;
	(void)core_turn(w.core, w.now_us);
	far_turn();
}

/* Turns until @count events of @kind have come; their connections into @ids. */
static void expect(enum event_kind kind, struct conn_id *ids, unsigned int count)
{
	unsigned int n = 0;
	struct event e;

	for (unsigned int i = 0; n < count && i < TURNS_MAX; i++) {
		while (n < count && inbox_take_event(w.inbox, &e)) {
			must(e.kind == kind, "an event that was not expected");
			ids[n++] = e.conn;
			if (e.bytes != NULL)
				inbox_free(e.bytes);
		}
		if (n < count)
			turn(TURN_US);
	}
	must(n == count, "an event does not come");
}

/* --- streams --- */

static void order(const struct msg *m)
{
	must(inbox_order(w.inbox, m), "order ring full");
}

static void order_kind(enum msg_kind kind, struct conn_id id)
{
	const struct msg m = {.kind = kind, .conn = id};

	order(&m);
}

static struct tcp_conn *far_of(struct conn_id id)
{
	return w.of_port[tcp_key(w.core->tcp, w.core->conn[id.slot].tcp)->local_port];
}

/* The far host has heard the end of each TCP handshake too. */
static void await_far(const struct conn_id *ids, unsigned int count)
{
	for (unsigned int n = 0, turns = 0; n < count; turns++) {
		must(turns < TURNS_MAX, "the far host does not see a connection");
		if (far_of(ids[n]) != NULL)
			n++;
		else
			turn(TURN_US);
	}
}

static void say(struct conn_id id, const void *bytes, size_t len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(w.pool);

	must(m != NULL, "no buffers");
	memcpy(rte_pktmbuf_mtod(m, uint8_t *), bytes, len);
	m->data_len = (uint16_t)len;
	m->pkt_len = (uint32_t)len;
	must(tcp_send(w.tcp, far_of(id), m), "the far host cannot send");
}

static void resume(struct conn_id id, bool restart)
{
	struct msg m = {.kind = MSG_RESUME, .conn = id};

	m.resume.restart = restart;
	m.resume.stanza_bytes_max = STANZA_BYTES_DEFAULT;
	order(&m);
}

static void secure(struct conn_id id)
{
	struct msg m = {.kind = MSG_SECURE, .conn = id};

	m.secure.keys = inbox_handover(w.inbox);
	must(m.secure.keys != NULL, "no handover");
	*m.secure.keys = make_keys(true);
	m.secure.consumed = sizeof(HELLO) - 1;
	order(&m);
	resume(id, true);
}

static void grant(struct conn_id id, uint32_t n)
{
	struct msg m = {.kind = MSG_SEND, .conn = id};

	m.bytes = inbox_wrap(w.inbox, HEADER, sizeof(HEADER) - 1);
	must(m.bytes != NULL, "no buffers");
	order(&m);
	resume(id, false);
	m = (struct msg){.kind = MSG_GRANT, .conn = id};
	m.grant.pair =
	    (struct pair){{(uint16_t)(1 + n / DOMAINS)}, {(uint16_t)(100 + n % DOMAINS)}};
	m.grant.bits = GRANT_FROM_PEER | GRANT_TO_PEER;
	m.grant.partner = (struct partner_id){1};
	order(&m);
}

static void bring_up(struct conn_id *ids, uint32_t first, unsigned int count)
{
	struct msg dial = {.kind = MSG_DIAL};

	dial.dial.iface = IFACE_EDGE;
	dial.dial.remote = addr_from_v4(FAR_ADDRESS);
	dial.dial.remote_port = PORT;
	for (unsigned int i = 0; i < count; i++)
		order(&dial);
	expect(EVENT_DIALED, ids, count);
	for (unsigned int i = 0; i < count; i++)
		order_kind(MSG_START_TLS, ids[i]);
	await_far(ids, count);
	turn(TURN_US);
	for (unsigned int i = 0; i < count; i++)
		say(ids[i], HELLO, sizeof(HELLO) - 1);
	expect(EVENT_TLS_BYTES, ids, count);
	for (unsigned int i = 0; i < count; i++)
		secure(ids[i]);
	turn(TURN_US);
	for (unsigned int i = 0; i < count; i++)
		say(ids[i], w.header, w.header_len);
	expect(EVENT_HEADER, ids, count);
	for (unsigned int i = 0; i < count; i++)
		grant(ids[i], first + i);
	turn(TURN_US);
	turn(TURN_US);
}

void idle_bring_up(uint32_t count)
{
	w.id = calloc(count, sizeof(*w.id));
	must(w.id != NULL, "no memory");
	while (w.streams < count) {
		/* Near its bound TCP makes room for newcomers by those that are not granted yet. */
		const uint32_t room = w.core->setup.conns / 100 * 94;
		const unsigned int n =
		    w.streams + BATCH < room ? min_u32(BATCH, count - w.streams) : 1;

		bring_up(w.id + w.streams, w.streams, n);
		w.streams += n;
	}
	must(stat_read(&w.core->stats.streams_granted) == count, "a stream is missing");
}

void idle_wait(uint64_t us)
{
	for (uint64_t waited = 0; waited < us; waited += STEP_US)
		turn(STEP_US);
}

uint32_t idle_poke(uint32_t count)
{
	const uint32_t step = w.streams / count;
	uint32_t read = 0;

	for (uint32_t i = 0; i < count; i++) {
		const struct conn *k = &w.core->conn[w.id[i * step].slot];
		const uint64_t before = stat_read(&k->view.bytes_in);

		say(w.id[i * step], w.space, w.space_len);
		for (unsigned int t = 0; t < 5; t++)
			turn(TURN_US);
		read +=
		    stat_read(&k->view.bytes_in) == before + w.space_len && k->state == CONN_OPEN;
	}
	return read;
}

void idle_close(void)
{
	void *m;

	core_close(w.core);
	core_free(w.core);
	inbox_free_all(w.inbox);
	route_free(w.routes);
	tcp_fini(w.tcp);
	net_fini(w.net);
	for (unsigned int i = 0; i < IFACE_COUNT; i++)
		while (rte_ring_dequeue(w.wire[i].to_core, &m) == 0 ||
		       rte_ring_dequeue(w.wire[i].from_core, &m) == 0)
			rte_pktmbuf_free(m);
	memset(w.of_port, 0, sizeof(w.of_port));
	free(w.id);
	w.id = NULL;
}
