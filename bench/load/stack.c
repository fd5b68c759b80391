/* SPDX-License-Identifier: BSD-3-Clause */
/* stack.c - opens ports, net and TCP, and drives them in a poll core's order. */
#include "bench/load/stack.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_ip.h>
#include <sys/random.h>

static const char *const names[IFACE_COUNT] = {"net_vhost0", "net_vhost1"};
static const char loop_name[] = "net_virtio_user0";

static uint64_t clock_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * US_PER_S + (uint64_t)t.tv_nsec / 1000;
}

static bool fail(char *error, const char *what, const char *which)
{
	snprintf(error, STACK_ERROR, "%s%s", what, which);
	return false;
}

static bool start_eal(const struct stack_setup *setup, char *error)
{
	static char prefix[48], lcores[32], megabytes[16]; /* EAL keeps them */
	const char *const words[] = {
	    "sluice-load-link", "--no-huge", "--no-pci", "--no-shconf", "--no-telemetry",
	    "--log-level=4",    prefix,      lcores,     "-m",          megabytes};
	static char *args[ARRAY_LEN(words) + 1];

	snprintf(prefix, sizeof(prefix), "--file-prefix=sluice-load%d", (int)getpid());
	snprintf(lcores, sizeof(lcores), "--lcores=0@(%u)", setup->cpu);
	snprintf(megabytes, sizeof(megabytes), "%u", setup->memory_mb);
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		args[i] = (char *)(uintptr_t)words[i];
	return rte_eal_init((int)ARRAY_LEN(words), args) >= 0 ||
	       fail(error, "DPDK does not start: its own lines above say why", "");
}

static bool make_pools(struct stack *s, char *error)
{
	static const char *const rx_names[IFACE_COUNT] = {"rx0", "rx1"};

	for (unsigned int i = 0; i < IFACE_COUNT; i++) {
		s->rx_pool[i] = rte_pktmbuf_pool_create_by_ops(rx_names[i], STACK_RX_MBUFS, 256, 0,
							       RTE_MBUF_DEFAULT_BUF_SIZE,
							       SOCKET_ID_ANY, "stack");
		if (s->rx_pool[i] == NULL)
			return fail(error, "not enough --memory", "");
	}
	/* A stack, so that the same few are used while little is under way. */
	s->pool = rte_pktmbuf_pool_create_by_ops("tx", STACK_TX_MBUFS, 256, 0,
						 RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY, "stack");
	return s->pool != NULL || fail(error, "not enough --memory", "");
}

static bool add_vhost(const struct stack *s, enum iface i, char *error)
{
	const char *path = s->setup.side[i].socket;
	char arguments[160];

	(void)unlink(path); /* of a run that was killed; vhost would not bind */
	snprintf(arguments, sizeof(arguments), "iface=%s,queues=1", path);
	return rte_eal_hotplug_add("vdev", names[i], arguments) == 0 ||
	       fail(error, "no vhost device at ", path);
}

static bool add_loop(const struct stack *s, char *error)
{
	const char *path = s->setup.side[IFACE_EDGE].socket;
	char arguments[160];

	snprintf(arguments, sizeof(arguments), "path=%s,queues=1,queue_size=%u", path,
		 STACK_DESCRIPTORS);
	return rte_eal_hotplug_add("vdev", loop_name, arguments) == 0 ||
	       fail(error, "no virtio-user device at ", path);
}

static bool open_side(struct stack *s, enum iface i, char *error)
{
	const bool is_looped = s->setup.is_loop && i == IFACE_INTERNAL;
	struct port_setup setup = {
	    .queues = 1,
	    .rx_descriptors = STACK_DESCRIPTORS,
	    .tx_descriptors = STACK_DESCRIPTORS,
	    .mtu = STACK_MTU,
	    .rx_checksum_trust = true, /* memory does not garble; it is not what is measured */
	};

	snprintf(setup.device, sizeof(setup.device), "%s", is_looped ? loop_name : names[i]);
	return (is_looped ? add_loop(s, error) : add_vhost(s, i, error)) &&
	       port_open(&s->port[i], &setup, &s->rx_pool[i], error);
}

bool stack_start(struct stack *s, const struct stack_setup *setup, char *error)
{
	s->setup = *setup;
	s->now_us = clock_us();
	return start_eal(setup, error) && make_pools(s, error) && open_side(s, IFACE_EDGE, error) &&
	       open_side(s, IFACE_INTERNAL, error);
}

/* A poll core that has begun announces its addresses; before that it would not hear a question. */
static bool has_announced(struct stack *s, enum iface i)
{
	struct rte_mbuf *frame[BURST_MAX];
	struct rte_eth_link link = {0};
	uint16_t n;

	if (rte_eth_link_get_nowait(s->port[i].ethdev, &link) != 0 ||
	    link.link_status != RTE_ETH_LINK_UP)
		return false;
	n = s->setup.is_loop ? 1 : port_rx(&s->port[i], 0, frame, BURST_MAX);
	if (!s->setup.is_loop)
		rte_pktmbuf_free_bulk(frame, n);
	return n > 0;
}

bool stack_connect(struct stack *s, char *error)
{
	const uint64_t until_us = clock_us() + STACK_LINK_S * US_PER_S;
	const struct timespec pause = {.tv_nsec = 1000 * 1000};

	for (unsigned int i = 0; i < IFACE_COUNT;) {
		if (has_announced(s, (enum iface)i)) {
			i++;
			continue;
		}
		if (clock_us() > until_us)
			return fail(error, "nobody came to ", s->setup.side[i].socket);
		nanosleep(&pause, NULL);
	}
	return true;
}

static bool open_net(struct stack *s)
{
	struct net_setup setup = {.pool = s->pool, .drops = s->drops};

	for (unsigned int i = 0; i < IFACE_COUNT; i++)
		setup.iface[i] = (struct net_iface_setup){
		    .mac = s->port[i].mac,
		    .address = s->setup.side[i].address,
		    .prefix_len = s->setup.side[i].prefix_len,
		    .mtu = STACK_MTU,
		    .listen_port = s->listen_port[i],
		    .checksum_trust = true,
		};
	s->net = net_init(&setup, s->now_us);
	return s->net != NULL;
}

static bool open_tcp(struct stack *s)
{
	struct tcp_setup setup = {
	    .conns = STACK_CONNS,
	    .pool = s->pool,
	    .mtu = {STACK_MTU, STACK_MTU},
	    .user_timeout_us = 60 * US_PER_S,
	    .time_wait_us = US_PER_S,
	    .drops = s->drops,
	};

	if (getrandom(&setup.isn_key, sizeof(setup.isn_key), 0) < 0 ||
	    getrandom(&setup.flow_key, sizeof(setup.flow_key), 0) < 0)
		return false;
	s->tcp = tcp_init(&setup, s->now_us);
	for (unsigned int i = 0; i < IFACE_COUNT && s->tcp != NULL; i++)
		if (s->listen_port[i] != 0 &&
		    !tcp_listen(s->tcp, (enum iface)i, &s->setup.side[i].address,
				s->listen_port[i]))
			return false;
	return s->tcp != NULL;
}

bool stack_open(struct stack *s, char *error)
{
	s->now_us = clock_us();
	return (open_net(s) && open_tcp(s)) || fail(error, "not enough --memory", "");
}

void stack_stop(struct stack *s)
{
	if (s->tcp != NULL)
		tcp_fini(s->tcp);
	if (s->net != NULL)
		net_fini(s->net);
	for (unsigned int i = IFACE_COUNT; i-- > 0;) {
		rte_pktmbuf_free_bulk(s->tx[i].frame, s->tx[i].count);
		port_close(&s->port[i]);
	}
	(void)rte_eal_cleanup();
}

static unsigned int receive_burst(struct stack *s, enum iface iface)
{
	struct rte_mbuf *frame[BURST_MAX], *segment[BURST_MAX];
	struct tcp_packet packet[BURST_MAX];
	struct tcp_quoted quoted;
	const unsigned int n = port_rx(&s->port[iface], 0, frame, BURST_MAX);
	unsigned int segments = 0;

	for (unsigned int i = 0; i < n; i++)
		switch (net_input(s->net, iface, frame[i], s->now_us, &packet[segments], &quoted)) {
		case NET_TCP:
			segment[segments++] = frame[i];
			break;
		case NET_QUOTED:
			tcp_icmp(s->tcp, &quoted, s->now_us);
			break;
		case NET_TAKEN:
			break;
		}
	tcp_segments(s->tcp, segment, packet, segments, s->now_us);
	return n;
}

unsigned int stack_receive(struct stack *s)
{
	unsigned int sum = 0;

	s->now_us = clock_us();
	for (unsigned int i = 0; i < IFACE_COUNT; i++)
		for (unsigned int n = BURST_MAX, k = 0; n == BURST_MAX && k < STACK_BURSTS; k++) {
			n = receive_burst(s, (enum iface)i);
			sum += n;
		}
	return sum;
}

/* Leaves a segment's checksum to the card; virtio tells the other end that it need not look. */
static void describe(struct rte_mbuf *m)
{
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
	const struct rte_ipv4_hdr *ip = (const struct rte_ipv4_hdr *)(eth + 1);

	if (eth->ether_type != rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4) ||
	    ip->next_proto_id != IPPROTO_TCP)
		return;
	m->l2_len = sizeof(*eth);
	m->l3_len = sizeof(*ip);
	m->ol_flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_TCP_CKSUM;
}

/* False when the port takes no more for now. */
static bool send_frames(struct stack *s, enum iface i, unsigned int *sum)
{
	struct stack_queue *q = &s->tx[i];
	uint16_t sent = 0, n = 1;

	while (sent < q->count && n > 0) {
		n = port_tx(&s->port[i], 0, q->frame + sent,
			    (uint16_t)min_u32((uint32_t)(q->count - sent), BURST_MAX));
		sent = (uint16_t)(sent + n);
	}
	q->count = (uint16_t)(q->count - sent);
	memmove(q->frame, q->frame + sent, q->count * sizeof(q->frame[0]));
	*sum += sent;
	return q->count == 0;
}

static unsigned int take_segments(struct stack *s)
{
	struct tcp_output out[BURST_MAX];
	unsigned int segments = 0, n;

	tcp_flush(s->tcp, s->now_us);
	while ((n = tcp_take_output(s->tcp, out, BURST_MAX)) > 0) {
		for (unsigned int i = 0; i < n; i++)
			net_output(s->net, &out[i], s->now_us);
		segments += n;
	}
	return segments;
}

static void queue_frames(struct stack *s, enum iface i)
{
	struct stack_queue *q = &s->tx[i];
	const unsigned int from = q->count;

	q->count = (uint16_t)(q->count + net_take_frames(s->net, i, q->frame + q->count,
							 STACK_TX_QUEUE - q->count));
	for (unsigned int k = from; s->setup.offloads && k < q->count; k++)
		describe(q->frame[k]);
}

unsigned int stack_transmit(struct stack *s)
{
	unsigned int sum = 0, segments;

	if (s->now_us - s->tick_us >= 1000) {
		net_tick(s->net, s->now_us);
		s->tick_us = s->now_us;
	}
	tcp_tick(s->tcp, s->now_us);
	do {
		for (unsigned int i = 0; i < IFACE_COUNT; i++)
			if (!send_frames(s, (enum iface)i, &sum))
				return sum;
		segments = take_segments(s);
		for (unsigned int i = 0; i < IFACE_COUNT; i++)
			queue_frames(s, (enum iface)i);
	} while (segments > 0 || s->tx[IFACE_EDGE].count + s->tx[IFACE_INTERNAL].count > 0);
	return sum;
}

static bool is_near(const struct stack_side *side, const struct ip_addr *remote)
{
	const uint32_t mask = side->prefix_len == 0 ? 0 : UINT32_MAX << (32 - side->prefix_len);

	return addr_is_v4(remote) && ((addr_v4(&side->address) ^ addr_v4(remote)) & mask) == 0;
}

enum iface stack_side_of(const struct stack *s, const struct ip_addr *local)
{
	for (unsigned int i = 0; i < IFACE_COUNT; i++)
		if (addr_equal(&s->setup.side[i].address, local))
			return (enum iface)i;
	return IFACE_COUNT;
}

enum iface stack_side_to(const struct stack *s, const struct ip_addr *remote)
{
	const enum iface ours = stack_side_of(s, remote);

	for (unsigned int i = 0; i < IFACE_COUNT; i++)
		if (i != ours && is_near(&s->setup.side[i], remote))
			return (enum iface)i;
	return IFACE_COUNT;
}
