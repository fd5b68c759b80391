/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * answer.c - a port, a struct net and a TCP, polled until told to stop: ARP, ND and echo are
 * answered, connections to the listen port echoed until their end, and the family of each is
 * reported. kernel_test.sh runs it against the kernel's own stack.
 *
 *	answer DRIVERS-CFG-FOLDER DRIVER DEVICE MAC-OF-OUR-OWN VLAN
 *
 * It says "ready" once the port is open, and stops at end of file on standard input.
 */
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include "control/profile.h"
#include "dataplane/net/net.h"
#include "tests/eal.h"

#define OURS       0xc0000201 /* 192.0.2.1 */
#define OURS6      "2001:db8::1"
#define PORT       5269
#define ECHO_BYTES 1024            /* of one segment */
#define USER_US    (60 * US_PER_S) /* longer than the test */

static uint32_t drops[DROP_COUNT];

__attribute__((noreturn)) static void die(const char *what)
{
	fprintf(stderr, "answer: %s\n", what);
	exit(1);
}

static uint64_t clock_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * US_PER_S + (uint64_t)t.tv_nsec / 1000;
}

static void start_eal(const char *option, const char *value)
{
	const char *const device[] = {option, value, NULL};

	eal_start("96", "0", device);
}

static struct rte_mempool *make_pool(const char *name, unsigned int mbufs, uint16_t data_room)
{
	struct rte_mempool *pool = rte_pktmbuf_pool_create(name, mbufs, 0, 0, data_room, 0);

	if (pool == NULL)
		die("no memory for packets");
	return pool;
}

static struct port open_port(const struct profile *p, const struct profile_use *use)
{
	struct rte_mempool *pool =
	    port_make_pool("rx", p->mbufs_min, 0, profile_data_room(p, use->mtu), true);
	char error[PROFILE_ERROR];
	struct port_setup setup;
	struct port port;

	if (pool == NULL)
		die("no memory for packets");
	if (!profile_port(p, use, &setup, error) || !port_open(&port, &setup, &pool, error))
		die(error);
	return port;
}

/* What answers. */
struct host {
	const struct port *port;
	struct rte_mempool *pool;
	struct net_iface_setup iface;
	struct net *net;
	struct tcp *tcp;
};

static void open_net(struct host *h)
{
	struct net_setup setup = {.pool = h->pool, .drops = drops};

	setup.iface[IFACE_EDGE] = h->iface;
	setup.iface[IFACE_INTERNAL].mac = h->iface.mac; /* without an address */
	h->net = net_init(&setup, clock_us());
	if (h->net == NULL)
		die("no memory for net");
}

static void open_tcp(struct host *h)
{
	const struct tcp_setup setup = {.conns = 16,
					.pool = h->pool,
					.isn_key = {1, 2},
					.flow_key = {3, 4},
					.mtu = {h->iface.mtu, h->iface.mtu},
					.user_timeout_us = USER_US,
					.time_wait_us = US_PER_S,
					.drops = drops};

	h->tcp = tcp_init(&setup, clock_us());
	if (h->tcp == NULL || !tcp_listen(h->tcp, IFACE_EDGE, &h->iface.address, PORT) ||
	    !tcp_listen(h->tcp, IFACE_EDGE, &h->iface.address6, PORT))
		die("no memory for tcp");
}

static void open_host(struct host *h, const struct port *port, const char *mac, const char *vlan)
{
	h->port = port;
	h->pool = make_pool("own", 1023, RTE_MBUF_DEFAULT_BUF_SIZE);
	h->iface = (struct net_iface_setup){.address = addr_from_v4(OURS),
					    .prefix_len = 24,
					    .prefix6_len = 64,
					    .vlan = (uint16_t)atoi(vlan),
					    .mtu = 1500,
					    .listen_port = PORT};
	if (rte_ether_unformat_addr(mac, &h->iface.mac) != 0 ||
	    !addr_parse(OURS6, &h->iface.address6))
		die("no such address");
	open_net(h);
	open_tcp(h);
}

/* The same bytes back, as many at a time as fit. */
static void echo(struct host *h, struct tcp_conn *c, uint64_t now_us)
{
	const struct rte_mbuf *in;

	while ((in = tcp_inbound(c)) != NULL) {
		const uint16_t len = in->data_len < ECHO_BYTES ? in->data_len : ECHO_BYTES;
		struct rte_mbuf *m = rte_pktmbuf_alloc(h->pool);

		if (m == NULL)
			die("no memory for an echo");
		m->data_off = TCP_HEADROOM;
		memcpy(rte_pktmbuf_append(m, len), rte_pktmbuf_mtod(in, const void *), len);
		if (!tcp_send(h->tcp, c, m))
			die("the connection takes no echo");
		tcp_consume(h->tcp, c, len, now_us);
	}
}

static void take_news(struct host *h, uint64_t now_us)
{
	struct tcp_conn *c;
	unsigned int news;

	while ((c = tcp_next_news(h->tcp, &news)) != NULL) {
		if (news & TCP_NEWS_ACCEPTED)
			puts(addr_is_v4(&tcp_key(h->tcp, c)->remote) ? "connection by IPv4"
								     : "connection by IPv6");
		if (news & TCP_NEWS_DATA)
			echo(h, c, now_us);
		if (news & TCP_NEWS_FIN)
			tcp_close(h->tcp, c, now_us);
		if (news & TCP_NEWS_GONE)
			tcp_release(h->tcp, c);
	}
}

static void transmit(struct host *h, uint64_t now_us)
{
	struct rte_mbuf *frames[BURST_MAX];
	struct tcp_output out[BURST_MAX];
	unsigned int count, sent;

	tcp_flush(h->tcp, now_us);
	while ((count = tcp_take_output(h->tcp, out, BURST_MAX)) > 0)
		for (unsigned int i = 0; i < count; i++)
			net_output(h->net, &out[i], now_us);
	while ((count = net_take_frames(h->net, IFACE_EDGE, frames, BURST_MAX)) > 0) {
		sent = port_tx(h->port, 0, frames, (uint16_t)count);
		rte_pktmbuf_free_bulk(frames + sent, count - sent);
	}
}

static void turn(struct host *h)
{
	struct rte_mbuf *frames[BURST_MAX];
	const uint64_t now_us = clock_us();
	const uint16_t count = port_rx(h->port, 0, frames, BURST_MAX);
	struct tcp_quoted quoted;
	struct tcp_packet packet;

	for (uint16_t f = 0; f < count; f++)
		switch (net_input(h->net, IFACE_EDGE, frames[f], now_us, &packet, &quoted)) {
		case NET_TCP:
			tcp_segment(h->tcp, frames[f], &packet, now_us);
			break;
		case NET_QUOTED:
			tcp_icmp(h->tcp, &quoted, now_us);
			break;
		case NET_TAKEN:
			break;
		}
	take_news(h, now_us);
	net_tick(h->net, now_us);
	tcp_tick(h->tcp, now_us);
	transmit(h, now_us);
}

static bool is_over(void)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};

	return poll(&in, 1, 0) > 0;
}

int main(int argc, char **argv)
{
	struct profile_use use = {.args = "", .queues = 1, .mtu = 1500, .own_mac = true};
	char value[PROFILE_TEXT], error[PROFILE_ERROR];
	struct port_counters counters;
	struct profile profile;
	struct port port;
	struct host host;

	if (argc != 6)
		die("usage: answer DRIVERS-CFG-FOLDER DRIVER DEVICE MAC VLAN");
	use.device = argv[3];
	if (!profile_load(argv[1], argv[2], &profile, error) ||
	    !profile_eal_value(&profile, &use, value, error))
		die(error);
	start_eal(profile_eal_option(&profile), value);
	port = open_port(&profile, &use);
	open_host(&host, &port, argv[4], argv[5]);
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("ready");
	while (!is_over())
		turn(&host);
	if (!port_read_counters(&port, &counters) || counters.rx_packets == 0 ||
	    counters.tx_packets == 0)
		die("the port has counted nothing");
	tcp_fini(host.tcp);
	net_fini(host.net);
	port_close(&port);
	rte_eal_cleanup();
	return 0;
}
