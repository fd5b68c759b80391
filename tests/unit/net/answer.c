/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * answer.c - a port and a struct net, polled until told to stop: ARP and echo are answered, each
 * SYN to the listen port is reported. kernel_test.sh runs it against the kernel's own stack.
 *
 *	answer DRIVERS-CFG-FOLDER DRIVER DEVICE MAC-OF-OUR-OWN
 *
 * It says "ready" once the port is open, and stops at end of file on standard input.
 */
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include "control/profile.h"
#include "dataplane/net/net.h"
#include "tests/eal.h"

#define OURS 0xc0000201 /* 192.0.2.1 */

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

static struct net *open_net(const struct rte_ether_addr *mac)
{
	const struct net_setup setup = {
	    .iface = {[IFACE_EDGE] = {.mac = *mac,
				      .address = addr_from_v4(OURS),
				      .prefix_len = 24,
				      .mtu = 1500,
				      .listen_port = 5269}},
	    .pool = make_pool("own", 1023, RTE_MBUF_DEFAULT_BUF_SIZE),
	    .drops = drops,
	};
	struct net *n = net_init(&setup, clock_us());

	if (n == NULL)
		die("no memory for net");
	return n;
}

static void turn(struct net *n, const struct port *port)
{
	struct rte_mbuf *frames[BURST_MAX];
	const uint64_t now_us = clock_us();
	uint16_t count = port_rx(port, 0, frames, BURST_MAX), sent;
	struct tcp_quoted quoted;
	struct tcp_packet packet;

	for (uint16_t f = 0; f < count; f++)
		if (net_input(n, IFACE_EDGE, frames[f], now_us, &packet, &quoted) == NET_TCP) {
			puts("segment");
			rte_pktmbuf_free(frames[f]);
		}
	net_tick(n, now_us);
	count = (uint16_t)net_take_frames(n, IFACE_EDGE, frames, BURST_MAX);
	sent = port_tx(port, 0, frames, count);
	rte_pktmbuf_free_bulk(frames + sent, (unsigned int)(count - sent));
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
	struct rte_ether_addr mac;
	struct profile profile;
	struct port port;
	struct net *n;

	if (argc != 5 || rte_ether_unformat_addr(argv[4], &mac) != 0)
		die("usage: answer DRIVERS-CFG-FOLDER DRIVER DEVICE MAC");
	use.device = argv[3];
	if (!profile_load(argv[1], argv[2], &profile, error) ||
	    !profile_eal_value(&profile, &use, value, error))
		die(error);
	start_eal(profile_eal_option(&profile), value);
	port = open_port(&profile, &use);
	n = open_net(&mac);
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("ready");
	while (!is_over())
		turn(n, &port);
	if (!port_read_counters(&port, &counters) || counters.rx_packets == 0 ||
	    counters.tx_packets == 0)
		die("the port has counted nothing");
	net_fini(n);
	port_close(&port);
	rte_eal_cleanup();
	return 0;
}
