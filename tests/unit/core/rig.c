/* SPDX-License-Identifier: BSD-3-Clause */
/* rig.c - the far hosts, the wire between, and control's part played by the test. */
#include <rte_eal.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_malloc.h>
#include <rte_ring.h>

#include "tests/unit/core/rig.h"

enum { WIRE_MBUFS = 8191, RING = 1024 };

/* A far host: its own net, TCP and records; the wire are two rings. */
struct host {
	struct net *net;
	struct tcp *tcp;
	struct rte_ring *to_core, *from_core;
	uint32_t drops[DROP_COUNT];
	bool is_cut; /* frames vanish */
};

struct rig rig;
uint32_t rig_link_queue_bytes, rig_link_queue_stanzas;

static struct host host[IFACE_COUNT];
static struct port port[IFACE_COUNT];
static struct rte_mempool *wire;
static struct record_machine *machine;
static uint8_t *far_records;
static uint8_t plain[TLS_RECORD_PLAIN_MAX + 256], whole[TLS_RECORD_WIRE_MAX];

static struct ip_addr core_address(enum iface i)
{
	return addr_from_v4(i == IFACE_EDGE ? 0xc0000201 : 0xc6336401);
}

static struct ip_addr host_address(enum iface i)
{
	return addr_from_v4(i == IFACE_EDGE ? 0xc0000202 : 0xc6336402);
}

static uint16_t core_port(enum iface i)
{
	return i == IFACE_EDGE ? 5269 : 23456;
}

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "rig: %s\n", what);
	exit(2);
}

static void make_port(enum iface i, const char *name)
{
	const struct rte_eth_conf conf = {0};
	char ring[32];
	int id;

	snprintf(ring, sizeof(ring), "to-%s", name);
	host[i].to_core = rte_ring_create(ring, RING, SOCKET_ID_ANY, 0);
	snprintf(ring, sizeof(ring), "from-%s", name);
	host[i].from_core = rte_ring_create(ring, RING, SOCKET_ID_ANY, 0);
	must(host[i].to_core != NULL && host[i].from_core != NULL, "rings");
	id = rte_eth_from_rings(name, &host[i].to_core, 1, &host[i].from_core, 1, 0);
	must(id >= 0, "ring port");
	port[i].ethdev = (uint16_t)id;
	must(rte_eth_dev_configure(port[i].ethdev, 1, 1, &conf) == 0 &&
		 rte_eth_rx_queue_setup(port[i].ethdev, 0, 64, 0, NULL, wire) == 0 &&
		 rte_eth_tx_queue_setup(port[i].ethdev, 0, 64, 0, NULL) == 0 &&
		 rte_eth_dev_start(port[i].ethdev) == 0,
	     "port set-up");
}

void rig_start(const char *name)
{
	char *argv[] = {(char *)(uintptr_t)name,
			(char *)(uintptr_t) "--no-huge",
			(char *)(uintptr_t) "--no-pci",
			(char *)(uintptr_t) "--no-shconf",
			(char *)(uintptr_t) "--no-telemetry",
			(char *)(uintptr_t) "-m",
			(char *)(uintptr_t) "192",
			(char *)(uintptr_t) "--log-level=4",
			(char *)(uintptr_t) "-l",
			(char *)(uintptr_t) "0"};

	must(rte_eal_init(ARRAY_LEN(argv), argv) >= 0, "EAL");
	wire = rte_pktmbuf_pool_create("wire", WIRE_MBUFS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, 0);
	must(wire != NULL, "wire pool");
	make_port(IFACE_EDGE, "edge");
	make_port(IFACE_INTERNAL, "internal");
	machine = record_machine_init();
	must(machine != NULL, "record machine");
	far_records = rte_zmalloc("far", RIG_PEERS * RTE_ALIGN(record_state_bytes(), CACHE_LINE),
				  CACHE_LINE);
	for (unsigned int i = 0; i < RIG_PEERS; i++)
		rig.peer[i].heard = malloc(RIG_HEARD);
	rig_link_queue_bytes = LINK_QUEUE_BYTES;
	rig_link_queue_stanzas = LINK_QUEUE_STANZAS;
}

static struct net_iface_setup iface_setup(enum iface i, bool is_core)
{
	struct net_iface_setup s = {
	    .mac = {{2, 0, 0, 0, (uint8_t)i, is_core ? 1 : 2}},
	    .address = is_core ? core_address(i) : host_address(i),
	    .prefix_len = 24,
	    .mtu = 1500,
	    .listen_port = is_core ? core_port(i) : 5269,
	};

	return s;
}

static void open_host(enum iface i)
{
	struct net_setup ns = {.pool = wire, .drops = host[i].drops};
	struct tcp_setup ts = {
	    .core = 7,
	    .conns = RIG_PEERS,
	    .pool = wire,
	    .isn_key = {1, 2},
	    .flow_key = {3, 4},
	    .mtu = {1500, 1500},
	    .user_timeout_us = 60 * 1000000,
	    .time_wait_us = 1000000,
	    .drops = host[i].drops,
	};
	const struct ip_addr address = host_address(i);

	host[i].is_cut = false;
	ns.iface[IFACE_EDGE] = iface_setup(i, false);
	ns.iface[IFACE_INTERNAL] = iface_setup(i, false);
	ns.iface[IFACE_INTERNAL].address = addr_from_v4(0x0a000001);
	host[i].net = net_init(&ns, rig.now_us);
	host[i].tcp = tcp_init(&ts, rig.now_us);
	must(host[i].net != NULL && host[i].tcp != NULL, "far host");
	must(tcp_listen(host[i].tcp, IFACE_EDGE, &address, 5269), "far listener");
}

static struct route *make_routes(void)
{
	static const struct route_domain domains[] = {
	    {"contoso.example", {CONTOSO}, ROUTE_LOCAL, {0}, 0},
	    {"fabrikam.example", {FABRIKAM}, ROUTE_LOCAL, {0}, 0},
	    {"partner.example", {PARTNER}, ROUTE_REMOTE, {1}, 0},
	    {"other.example", {OTHER}, ROUTE_REMOTE, {2}, 0},
	};

	return route_make(domains, ARRAY_LEN(domains));
}

void rig_open(void)
{
	struct core_setup s = {
	    .port = {&port[IFACE_EDGE], &port[IFACE_INTERNAL]},
	    .conns = RIG_CONNS,
	    .link_queue_bytes = rig_link_queue_bytes,
	    .link_queue_stanzas = rig_link_queue_stanzas,
	    .user_timeout_us = 60 * 1000000,
	    .time_wait_us = 1000000,
	};
	char error[256] = "";

	rig.now_us = 1000000000;
	rig.law_broken = 0;
	rig.inbox = inbox_make(0);
	rig.routes = make_routes();
	must(rig.inbox != NULL && rig.routes != NULL, "inbox and routes");
	s.inbox = rig.inbox;
	s.routes = rig.routes;
	for (unsigned int i = 0; i < IFACE_COUNT; i++)
		s.iface[i] = iface_setup((enum iface)i, true);
	rig.core = core_make(&s, error);
	must(rig.core != NULL, error);
	open_host(IFACE_EDGE);
	open_host(IFACE_INTERNAL);
	for (unsigned int i = 0; i < RIG_PEERS; i++) {
		char *heard = rig.peer[i].heard;

		rig.peer[i] = (struct peer){.heard = heard};
		heard[0] = '\0';
	}
}

/* --- far hosts --- */

static struct peer *peer_of(enum iface side, const struct tcp_conn *tcp)
{
	for (unsigned int i = 0; i < RIG_PEERS; i++)
		if (rig.peer[i].tcp == tcp && rig.peer[i].side == side)
			return &rig.peer[i];
	return NULL;
}

static struct peer *fresh_peer(enum iface side, struct tcp_conn *tcp)
{
	for (unsigned int i = 0; i < RIG_PEERS; i++)
		if (rig.peer[i].tcp == NULL && !rig.peer[i].is_ended && !rig.peer[i].is_reset) {
			rig.peer[i].tcp = tcp;
			rig.peer[i].side = side;
			return &rig.peer[i];
		}
	must(false, "too many peers");
	return NULL;
}

static void hear(struct peer *p, const uint8_t *bytes, size_t len)
{
	must(p->heard_len + len < RIG_HEARD, "a peer hears too much");
	memcpy(p->heard + p->heard_len, bytes, len);
	p->heard_len += len;
	p->heard[p->heard_len] = '\0';
}

static void copy_inbound(const struct peer *p, uint8_t *out, size_t len)
{
	for (const struct rte_mbuf *m = tcp_inbound(p->tcp); len > 0; m = m->next) {
		const size_t n = min_size(m->data_len, len);

		memcpy(out, rte_pktmbuf_mtod(m, const uint8_t *), n);
		out += n;
		len -= n;
	}
}

static bool hear_record(struct peer *p)
{
	struct tcp *tcp = host[p->side].tcp;
	const uint32_t waiting = tcp_inbound_bytes(p->tcp);
	struct span piece = {whole, 0};
	enum record_result result;
	size_t len = 0;
	int wire_len;

	if (waiting < RECORD_HEADER)
		return false;
	copy_inbound(p, whole, RECORD_HEADER);
	wire_len = record_length(p->record, whole);
	must(wire_len > 0, "the core sent what is no record");
	if (waiting < (uint32_t)wire_len)
		return false;
	copy_inbound(p, whole, (size_t)wire_len);
	piece.len = (size_t)wire_len;
	result = record_open(p->record, machine, &piece, 1, rig.now_us, plain, &len);
	tcp_consume(tcp, p->tcp, (uint32_t)wire_len, rig.now_us);
	if (result == RECORD_OPENED)
		hear(p, plain, len);
	else if (result == RECORD_CLOSE_NOTIFY)
		p->heard_close_notify = true;
	else if (result == RECORD_ERR_ALERT)
		p->alert = record_alert(p->record);
	else
		CHECK(result == RECORD_CONSUMED || result == RECORD_REPLY);
	return true;
}

static void read_peer(struct peer *p)
{
	const uint32_t n = tcp_inbound_bytes(p->tcp);

	if (p->is_deaf || n == 0)
		return;
	if (p->record != NULL) {
		while (hear_record(p))
			;
		return;
	}
	while (tcp_inbound(p->tcp) != NULL) {
		const struct rte_mbuf *m = tcp_inbound(p->tcp);
		const uint32_t len = m->data_len;

		hear(p, rte_pktmbuf_mtod(m, const uint8_t *), len);
		tcp_consume(host[p->side].tcp, p->tcp, len, rig.now_us);
	}
}

/* Bytes as one segment, sealed where the peer is. */
static bool send_piece(struct peer *p, const void *bytes, size_t len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(wire);

	must(m != NULL, "wire mbufs");
	if (p->record != NULL) {
		memcpy(rte_pktmbuf_mtod_offset(m, uint8_t *, record_plain_offset(p->record)), bytes,
		       len);
		len = record_seal(p->record, machine, RECORD_DATA, rte_pktmbuf_mtod(m, uint8_t *),
				  len);
	} else {
		memcpy(rte_pktmbuf_mtod(m, uint8_t *), bytes, len);
	}
	m->data_len = (uint16_t)len;
	m->pkt_len = (uint32_t)len;
	if (tcp_send(host[p->side].tcp, p->tcp, m))
		return true;
	rte_pktmbuf_free(m);
	return false;
}

static void write_peer(struct peer *p)
{
	while (p->say_len > 0 && tcp_room(p->tcp) > 0) {
		const size_t n = min_size(p->say_len, tcp_segment_bytes(p->tcp) - 64u);

		if (!send_piece(p, p->say, n))
			return;
		p->say += n;
		p->say_len -= n;
	}
}

static void run_news(enum iface i)
{
	struct tcp_conn *tcp;
	unsigned int news;

	while ((tcp = tcp_next_news(host[i].tcp, &news)) != NULL) {
		struct peer *p = peer_of(i, tcp);

		if (news & TCP_NEWS_ACCEPTED)
			p = fresh_peer(i, tcp);
		if (p == NULL) {
			if (news & TCP_NEWS_GONE)
				tcp_release(host[i].tcp, tcp);
			continue;
		}
		if (news & TCP_NEWS_FIN)
			p->is_ended = true;
		if ((news & TCP_NEWS_GONE) == 0)
			continue;
		p->is_reset = (news & (TCP_NEWS_RESET | TCP_NEWS_TIMEOUT)) != 0;
		p->is_ended = true;
		read_peer(p);
		tcp_release(host[i].tcp, tcp);
		p->tcp = NULL;
	}
}

/* A ring hands over the core's own mbuf: a wire would not. */
static struct rte_mbuf *across(struct rte_mbuf *m)
{
	struct rte_mbuf *copy = rte_pktmbuf_copy(m, wire, 0, UINT32_MAX);

	must(copy != NULL, "wire mbufs");
	rte_pktmbuf_free(m);
	return copy;
}

static void host_receive(enum iface i)
{
	struct tcp_packet packet;
	struct net_quoted quoted;
	void *frame;

	while (rte_ring_dequeue(host[i].from_core, &frame) == 0) {
		struct rte_mbuf *m = across(frame);

		if (host[i].is_cut) {
			rte_pktmbuf_free(m);
			continue;
		}
		if (net_input(host[i].net, IFACE_EDGE, m, rig.now_us, &packet, &quoted) == NET_TCP)
			tcp_segment(host[i].tcp, m, &packet, rig.now_us);
	}
}

static void host_send(enum iface i)
{
	struct tcp_output out[BURST_MAX];
	struct rte_mbuf *frame[BURST_MAX];
	unsigned int n;

	tcp_flush(host[i].tcp, rig.now_us);
	while ((n = tcp_take_output(host[i].tcp, out, BURST_MAX)) > 0)
		for (unsigned int k = 0; k < n; k++)
			net_output(host[i].net, &out[k], rig.now_us);
	while ((n = net_take_frames(host[i].net, IFACE_EDGE, frame, BURST_MAX)) > 0)
		for (unsigned int k = 0; k < n; k++) {
			struct rte_mbuf *m = across(frame[k]);

			if (host[i].is_cut || rte_ring_enqueue(host[i].to_core, m) != 0)
				rte_pktmbuf_free(m);
		}
	while ((n = net_take_frames(host[i].net, IFACE_INTERNAL, frame, BURST_MAX)) > 0)
		rte_pktmbuf_free_bulk(frame, n);
}

static void host_turn(enum iface i)
{
	host_receive(i);
	tcp_tick(host[i].tcp, rig.now_us);
	net_tick(host[i].net, rig.now_us);
	run_news(i);
	for (unsigned int k = 0; k < RIG_PEERS; k++)
		if (rig.peer[k].tcp != NULL && rig.peer[k].side == i) {
			read_peer(&rig.peer[k]);
			write_peer(&rig.peer[k]);
		}
	host_send(i);
}

/* --- turns --- */

static void check_law(void)
{
	const struct stats *s = core_stats(rig.core);
	int64_t gap = law_gap(&s->law);

	for (unsigned int p = 0; p < 3; p++)
		if (law_gap(&s->partner[p].law) != 0)
			gap = 1;
	if (gap != 0 && rig.law_broken++ == 0)
		CHECK_EQ(gap, 0);
}

void rig_turn(void)
{
	rig.now_us += RIG_TURN_US;
	(void)core_turn(rig.core, rig.now_us);
	check_law();
	host_turn(IFACE_EDGE);
	host_turn(IFACE_INTERNAL);
}

void rig_run(unsigned int turns)
{
	while (turns-- > 0)
		rig_turn();
}

void rig_wait(uint64_t us)
{
	for (uint64_t passed = 0; passed < us; passed += 1000 + RIG_TURN_US) {
		rig.now_us += 1000;
		rig_turn();
	}
}

/* --- control --- */

static bool take_event(void)
{
	if (!inbox_take_event(rig.inbox, &rig.event))
		return false;
	rig.text[0] = '\0';
	if (rig.event.bytes != NULL) {
		const size_t len = inbox_len(rig.event.bytes);

		must(len < sizeof(rig.text), "event too long");
		inbox_bytes(rig.event.bytes, (uint8_t *)rig.text);
		rig.text[len] = '\0';
		inbox_free(rig.event.bytes);
		rig.event.bytes = NULL;
	}
	return true;
}

bool rig_expect(enum event_kind kind)
{
	for (unsigned int i = 0; i < 3000; i++) {
		if (take_event()) {
			if (rig.event.kind != kind)
				fprintf(stderr, "event %d (%s), not %d\n", (int)rig.event.kind,
					rig.text, (int)kind);
			return rig.event.kind == kind;
		}
		rig_turn();
	}
	fprintf(stderr, "no event, expected %d\n", (int)kind);
	return false;
}

bool rig_is_quiet(void)
{
	if (!take_event())
		return true;
	fprintf(stderr, "event %d (%s), expected none\n", (int)rig.event.kind, rig.text);
	return false;
}

void rig_order(const struct msg *m)
{
	must(inbox_order(rig.inbox, m), "order ring full");
}

void rig_order_text(enum msg_kind kind, struct conn_id conn, const char *text)
{
	struct msg m = {.kind = kind, .conn = conn};

	if (text != NULL) {
		m.bytes = inbox_wrap(rig.inbox, text, strlen(text));
		must(m.bytes != NULL, "inbox bytes");
	}
	if (kind == MSG_CLOSE)
		m.close.deadline_us = 5000000;
	rig_order(&m);
}

struct peer *rig_connect(enum iface side)
{
	const struct ip_addr local = host_address(side), remote = core_address(side);
	struct tcp_conn *tcp = tcp_dial(host[side].tcp, IFACE_EDGE, &local, &remote,
					core_port(side), rig.now_us);
	struct peer *p;

	must(tcp != NULL, "far dial");
	p = fresh_peer(side, tcp);
	CHECK(rig_expect(EVENT_ACCEPTED));
	CHECK_EQ(rig.event.accepted.iface, side);
	p->id = rig.event.conn;
	return p;
}

struct peer *rig_dial(enum iface side)
{
	struct msg m = {.kind = MSG_DIAL};

	m.dial.ref = 77;
	m.dial.iface = side;
	m.dial.remote = host_address(side);
	m.dial.remote_port = 5269;
	rig_order(&m);
	CHECK(rig_expect(EVENT_DIALED));
	CHECK_EQ(rig.event.dialed.ref, 77);
	rig_run(5);
	for (unsigned int i = 0; i < RIG_PEERS; i++)
		if (rig.peer[i].tcp != NULL && rig.peer[i].id.generation == 0) {
			rig.peer[i].id = rig.event.conn;
			return &rig.peer[i];
		}
	must(false, "the far host saw no connection");
	return NULL;
}

static void make_keys(struct tls_handover *k, bool is_core)
{
	memset(k, 0, sizeof(*k));
	k->version = TLS_1_3;
	k->suite = TLS_AES_128_GCM;
	k->hash = TLS_SHA256;
	memset(is_core ? &k->read : &k->write, 0x51, offsetof(struct tls_direction_keys, seq));
	memset(is_core ? &k->write : &k->read, 0x52, offsetof(struct tls_direction_keys, seq));
}

static void resume(struct peer *p, bool restart)
{
	struct msg m = {.kind = MSG_RESUME, .conn = p->id};

	m.resume.restart = restart;
	m.resume.stanza_bytes_max = 512 * 1024;
	rig_order(&m);
}

void rig_secure(struct peer *p, const char *behind)
{
	static const char hello[] = "\x16\x03\x01\x00\x05hello";
	struct msg m = {.kind = MSG_SECURE, .conn = p->id};
	struct tls_handover keys;

	peer_say_bytes(p, hello, sizeof(hello) - 1);
	CHECK(rig_expect(EVENT_TLS_BYTES));
	CHECK_EQ(memcmp(rig.text, hello, sizeof(hello) - 1), 0);
	make_keys(&keys, false);
	p->record = (struct record_state *)(far_records +
					    (p - rig.peer) *
						(ptrdiff_t)RTE_ALIGN(record_state_bytes(),
								     CACHE_LINE));
	must(record_init(p->record, machine, &keys, true), "far keys");
	if (behind != NULL) {
		peer_say(p, behind);
		CHECK(rig_expect(EVENT_TLS_BYTES));
	}
	m.secure.keys = inbox_handover(rig.inbox);
	must(m.secure.keys != NULL, "handover");
	make_keys(m.secure.keys, true);
	m.secure.consumed = sizeof(hello) - 1;
	rig_order(&m);
	resume(p, true);
}

#define THEIR_HEADER                                                                               \
	"<?xml version='1.0'?><stream:stream xmlns='jabber:server' "                              \
	"xmlns:stream='http://etherx.jabber.org/streams' xmlns:x='urn:x' xml:lang='de' "          \
	"version='1.0'>"
#define OUR_HEADER                                                                                 \
	"<?xml version='1.0'?><stream:stream xmlns='jabber:server' "                              \
	"xmlns:stream='http://etherx.jabber.org/streams' id='1' version='1.0'>"

void rig_grant(struct peer *p, unsigned int local, unsigned int remote, uint8_t bits)
{
	struct msg m = {.kind = MSG_GRANT, .conn = p->id};

	m.grant.pair = (struct pair){{(uint16_t)local}, {(uint16_t)remote}};
	m.grant.bits = bits;
	rig_order(&m);
}

void rig_stream(struct peer *p, bool tls, unsigned int local, unsigned int remote, uint8_t bits)
{
	if (tls)
		rig_secure(p, NULL);
	peer_say(p, THEIR_HEADER);
	CHECK(rig_expect(EVENT_HEADER));
	CHECK_STR(rig.text, THEIR_HEADER);
	rig_order_text(MSG_SEND, p->id, OUR_HEADER);
	rig_grant(p, local, remote, bits);
	resume(p, false);
	CHECK(peer_hears(p, OUR_HEADER));
	peer_forget(p);
}

void peer_say_bytes(struct peer *p, const void *bytes, size_t len)
{
	while (p->say_len > 0)
		rig_turn();
	p->say = bytes;
	p->say_len = len;
}

void peer_say(struct peer *p, const char *text)
{
	peer_say_bytes(p, text, strlen(text));
}

bool peer_hears(struct peer *p, const char *text)
{
	for (unsigned int i = 0; i < 2000 && strcmp(p->heard, text) != 0; i++)
		rig_turn();
	if (strcmp(p->heard, text) == 0)
		return true;
	fprintf(stderr, "heard \"%.2000s\",\nnot \"%.2000s\"\n", p->heard, text);
	return false;
}

void peer_forget(struct peer *p)
{
	p->heard_len = 0;
	p->heard[0] = '\0';
}

void peer_reset(struct peer *p)
{
	tcp_abort(host[p->side].tcp, p->tcp, rig.now_us);
	tcp_release(host[p->side].tcp, p->tcp);
	p->tcp = NULL;
	p->is_reset = true;
}

void rig_cut(enum iface side, bool is_cut)
{
	host[side].is_cut = is_cut;
}

void rig_refuse(enum iface side)
{
	const struct ip_addr address = host_address(side);

	tcp_unlisten(host[side].tcp, IFACE_EDGE, &address, 5269);
}

void peer_fin(struct peer *p)
{
	tcp_close(host[p->side].tcp, p->tcp, rig.now_us);
}

/* --- the end --- */

static void abort_all(void)
{
	for (uint32_t i = 0; i < RIG_CONNS; i++)
		if (rig.core->conn[i].state != CONN_FREE && rig.core->conn[i].state != CONN_GONE) {
			const struct msg m = {.kind = MSG_ABORT, .conn = rig.core->conn[i].id};

			rig_order(&m);
		}
	rig_run(3);
	while (take_event())
		;
	for (uint32_t i = 0; i < rig.core->links.total; i++)
		if (rig.core->links.links[i].parked.count > 0) {
			struct msg m = {.kind = MSG_LINK_FAILED};

			m.link_failed.pair = rig.core->links.links[i].pair;
			m.link_failed.toward = (enum toward)rig.core->links.links[i].toward;
			rig_order(&m);
		}
}

static void check_full(void)
{
	const struct core *c = rig.core;

	CHECK_EQ(rte_mempool_avail_count(c->pool) + c->spare_count, c->pool->size);
	CHECK_EQ(c->ledgers.available, c->ledgers.total);
	CHECK_EQ(c->grants.available, c->grants.total);
	CHECK_EQ(c->links.available, c->links.total);
	CHECK_EQ(LAW(held), 0);
	CHECK_EQ(stat_read(&c->stats.conns), 0);
	CHECK_EQ(stat_read(&c->stats.streams_granted), 0);
}

void rig_close(void)
{
	/* A failed link may bounce into another one: until nothing is parked anywhere. */
	for (unsigned int i = 0; i < 6; i++) {
		abort_all();
		rig_run(20);
	}
	while (take_event())
		;
	for (unsigned int i = 0; i < IFACE_COUNT; i++) {
		tcp_fini(host[i].tcp);
		net_fini(host[i].net);
	}
	for (unsigned int i = 0; i < IFACE_COUNT; i++) {
		void *m;

		while (rte_ring_dequeue(host[i].from_core, &m) == 0 ||
		       rte_ring_dequeue(host[i].to_core, &m) == 0)
			rte_pktmbuf_free(m);
	}
	check_full();
	core_free(rig.core);
	inbox_free_all(rig.inbox);
	route_free(rig.routes);
	CHECK_EQ(rte_mempool_avail_count(wire), WIRE_MBUFS);
}
