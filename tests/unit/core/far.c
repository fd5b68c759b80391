/* SPDX-License-Identifier: BSD-3-Clause */
/* far.c - the two far hosts, a small TCP and record layer each, and the wire to the core. */
#include <rte_malloc.h>

#include "tests/unit/core/far.h"
#include "tests/unit/core/wire.h"

enum { WIRE_MBUFS = 8191 };

/* A far host: its own net, TCP and records. */
struct host {
	struct net *net;
	struct tcp *tcp;
	uint32_t drops[DROP_COUNT];
	bool is_cut; /* frames vanish */
};

static struct host host[IFACE_COUNT];
static struct rte_mempool *wire;
static struct record_machine *machine;
static uint8_t *records;
static uint8_t plain[TLS_RECORD_PLAIN_MAX + 256], whole[TLS_RECORD_WIRE_MAX];

void far_must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "rig: %s\n", what);
	exit(2);
}

bool rig_ipv6;

/* 2001:db8:@subnet::@host */
static struct ip_addr address6(uint8_t subnet, uint8_t number)
{
	return (struct ip_addr){
	    {0x20, 1, 0x0d, 0xb8, 0, subnet, 0, 0, 0, 0, 0, 0, 0, 0, 0, number}};
}

static struct ip_addr core_address(enum iface i)
{
	if (rig_ipv6)
		return address6((uint8_t)i, 1);
	return addr_from_v4(i == IFACE_EDGE ? 0xc0000201 : 0xc6336401);
}

static struct ip_addr host_address(enum iface i)
{
	if (rig_ipv6)
		return address6((uint8_t)i, 2);
	return addr_from_v4(i == IFACE_EDGE ? 0xc0000202 : 0xc6336402);
}

static uint16_t core_port(enum iface i)
{
	return i == IFACE_EDGE ? 5269 : 23456;
}

static size_t record_room(void)
{
	return RTE_ALIGN(record_state_bytes(), CACHE_LINE);
}

void far_start(void)
{
	wire = rte_pktmbuf_pool_create("wire", WIRE_MBUFS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, 0);
	far_must(wire != NULL, "wire pool");
	wire_start(wire);
	machine = record_machine_init(2 * RIG_PEERS);
	far_must(machine != NULL, "record machine");
	records = rte_zmalloc("far", rig_peers * record_room(), CACHE_LINE);
	far_must(records != NULL, "record states");
}

struct net_iface_setup far_iface(enum iface i, bool is_core)
{
	struct net_iface_setup s = {
	    .mac = {{2, 0, 0, 0, (uint8_t)i, is_core ? 1 : 2}},
	    .prefix_len = 24,
	    .prefix6_len = 64,
	    .mtu = 1500,
	    .listen_port = is_core ? core_port(i) : 5269,
	};

	*(rig_ipv6 ? &s.address6 : &s.address) = is_core ? core_address(i) : host_address(i);
	if (rig_ipv6 && is_core)
		s.address = addr_from_v4(i == IFACE_EDGE ? 0xc0000201 : 0xc6336401);
	return s;
}

void far_open(enum iface i)
{
	struct net_setup ns = {.pool = wire, .drops = host[i].drops};
	struct tcp_setup ts = {
	    .core = 7,
	    .conns = rig_peers,
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
	ns.iface[IFACE_EDGE] = far_iface(i, false);
	ns.iface[IFACE_INTERNAL] = far_iface(i, false);
	ns.iface[IFACE_INTERNAL].address = addr_from_v4(0x0a000001); /* without a wire */
	ns.iface[IFACE_INTERNAL].address6 = (struct ip_addr){{0}};
	host[i].net = net_init(&ns, rig.now_us);
	host[i].tcp = tcp_init(&ts, rig.now_us);
	far_must(host[i].net != NULL && host[i].tcp != NULL, "far host");
	far_must(tcp_listen(host[i].tcp, IFACE_EDGE, &address, 5269), "far listener");
}

static struct peer *peer_of(enum iface side, const struct tcp_conn *tcp)
{
	for (unsigned int i = 0; i < rig_peers; i++)
		if (rig.peer[i].tcp == tcp && rig.peer[i].side == side)
			return &rig.peer[i];
	return NULL;
}

static struct peer *fresh_peer(enum iface side, struct tcp_conn *tcp)
{
	for (unsigned int i = 0; i < rig_peers; i++)
		if (rig.peer[i].tcp == NULL && !rig.peer[i].is_ended && !rig.peer[i].is_reset) {
			rig.peer[i].tcp = tcp;
			rig.peer[i].side = side;
			return &rig.peer[i];
		}
	far_must(false, "too many peers");
	return NULL;
}

static void hear(struct peer *p, const uint8_t *bytes, size_t len)
{
	far_must(p->heard_len + len < RIG_HEARD, "a peer hears too much");
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
	far_must(wire_len > 0, "the core sent what is no record");
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

	far_must(m != NULL, "wire mbufs");
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

static void host_hear(enum iface i, struct rte_mbuf *m)
{
	struct tcp_packet packet;
	struct tcp_quoted quoted;

	if (host[i].is_cut)
		rte_pktmbuf_free(m);
	else if (net_input(host[i].net, IFACE_EDGE, m, rig.now_us, &packet, &quoted) == NET_TCP)
		tcp_segment(host[i].tcp, m, &packet, rig.now_us);
}

static void host_receive(enum iface i)
{
	struct rte_mbuf *frame[BURST_MAX];
	unsigned int n;

	for (uint16_t q = 0; q < RIG_CORES; q++)
		while ((n = wire_receive(i, q, frame, BURST_MAX)) > 0)
			for (unsigned int k = 0; k < n; k++)
				host_hear(i, frame[k]);
}

static uint16_t port_at(const uint8_t *b)
{
	return (uint16_t)(b[0] << 8 | b[1]);
}

/* The queue of a frame to the cores: as the device of rig.steer chooses it, or by the low byte of
 * the far port, which the cores know nothing of. What has no flow goes to the first. */
static uint16_t queue_of(enum iface i, const struct rte_mbuf *m)
{
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);
	struct steer_flow f = {core_address(i), host_address(i), 0, 0};

	if (m->data_len < 38 || port_at(frame + 12) != 0x0800)
		return 0;
	if (rig_way != STEER_DEVICE)
		return (uint16_t)(frame[35] % rig_queues);
	f.remote_port = port_at(frame + 34);
	f.local_port = port_at(frame + 36);
	return steer_core(&rig.steer, i, &f);
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
		for (unsigned int k = 0; k < n; k++)
			if (host[i].is_cut)
				rte_pktmbuf_free(frame[k]);
			else
				wire_send(i, queue_of(i, frame[k]), frame[k]);
	while ((n = net_take_frames(host[i].net, IFACE_INTERNAL, frame, BURST_MAX)) > 0)
		rte_pktmbuf_free_bulk(frame, n);
}

void far_turn(enum iface i)
{
	host_receive(i);
	tcp_tick(host[i].tcp, rig.now_us);
	net_tick(host[i].net, rig.now_us);
	run_news(i);
	for (unsigned int k = 0; k < rig_peers; k++)
		if (rig.peer[k].tcp != NULL && rig.peer[k].side == i) {
			read_peer(&rig.peer[k]);
			write_peer(&rig.peer[k]);
		}
	host_send(i);
}

struct peer *far_dial(enum iface side)
{
	const struct ip_addr local = host_address(side), remote = core_address(side);
	struct tcp_conn *tcp =
	    tcp_dial(host[side].tcp, IFACE_EDGE, &local, &remote, core_port(side), rig.now_us);

	far_must(tcp != NULL, "far dial");
	return fresh_peer(side, tcp);
}

struct ip_addr far_address(enum iface side)
{
	return host_address(side);
}

uint16_t far_port(const struct peer *p)
{
	return tcp_key(host[p->side].tcp, p->tcp)->local_port;
}

void far_secure(struct peer *p, const struct tls_handover *keys)
{
	p->record = (struct record_state *)(records + (size_t)(p - rig.peer) * record_room());
	record_close(p->record, machine); /* of the peer before */
	far_must(record_init(p->record, keys, true), "far keys");
}

void far_update_key(struct peer *p, bool ask)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(wire);
	const size_t len =
	    record_key_update(p->record, machine, ask, rte_pktmbuf_mtod(m, uint8_t *));

	m->data_len = (uint16_t)len;
	m->pkt_len = (uint32_t)len;
	far_must(tcp_send(host[p->side].tcp, p->tcp, m), "key update");
}

void far_close(void)
{
	for (unsigned int i = 0; i < IFACE_COUNT; i++) {
		tcp_fini(host[i].tcp);
		net_fini(host[i].net);
	}
	for (enum iface i = 0; i < IFACE_COUNT; i++)
		wire_shut(i);
}

unsigned int far_bad_checks(void)
{
	const unsigned int bad = check_bad_now;

	check_bad_now = 0;
	return bad;
}

void far_check_full(void)
{
	for (enum iface i = 0; i < IFACE_COUNT; i++)
		CHECK_EQ(wire_close(i), 0);
	CHECK_EQ(rte_mempool_avail_count(wire), WIRE_MBUFS);
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
	for (unsigned int i = 0; rig_waits(i, 2000) && strcmp(p->heard, text) != 0; i++)
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
