/* SPDX-License-Identifier: BSD-3-Clause */
/* stack.c - the poll loop's turn, with a bad link on both sides of it. */
#include <sched.h>
#include <stdio.h>
#include <time.h>

#include "tests/e2e/bulk/stack.h"

#define ERROR_BYTES 256

static uint64_t clock_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * US_PER_S + (uint64_t)t.tv_nsec / 1000;
}

static bool make_pools(struct stack *s, unsigned int rx_mbufs, uint16_t rx_data_room)
{
	s->rx_pool = port_make_pool("rx", rx_mbufs, 0, rx_data_room, true);
	s->pool = rte_pktmbuf_pool_create("own", STACK_MBUFS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
					  SOCKET_ID_ANY);
	s->copies = rte_pktmbuf_pool_create("copies", STACK_COPIES, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
					    SOCKET_ID_ANY);
	s->in.pool = s->out.pool = s->copies;
	return s->rx_pool != NULL && s->pool != NULL && s->copies != NULL;
}

static bool open_net(struct stack *s)
{
	const struct net_setup setup = {
	    .iface = {[IFACE_EDGE] = {.mac = s->port.mac,
				      .address = addr_from_v4(STACK_ADDRESS),
				      .prefix_len = 24,
				      .gateway = addr_from_v4(STACK_GATEWAY),
				      .mtu = STACK_MTU,
				      .listen_port = STACK_LISTEN_PORT}},
	    .pool = s->pool,
	    .drops = s->drops,
	};

	s->net = net_init(&setup, s->now_us);
	return s->net != NULL;
}

static bool open_tcp(struct stack *s, struct stack_tcp tcp)
{
	const struct tcp_setup setup = {
	    .conns = STACK_CONNS,
	    .pool = s->pool,
	    .isn_key = {s->now_us, 1},
	    .flow_key = {s->now_us, 2},
	    .mtu = {STACK_MTU, STACK_MTU},
	    .congestion = tcp.congestion,
	    .ecn = tcp.ecn,
	    .user_timeout_us = STACK_USER_TIMEOUT_US,
	    .time_wait_us = STACK_TIME_WAIT_US,
	    .drops = s->drops,
	};
	const struct ip_addr here = addr_from_v4(STACK_ADDRESS);

	s->tcp = tcp_init(&setup, s->now_us);
	return s->tcp != NULL && tcp_listen(s->tcp, IFACE_EDGE, &here, STACK_LISTEN_PORT);
}

bool stack_open(struct stack *s, const struct port_setup *port, unsigned int rx_mbufs,
		uint16_t rx_data_room, struct stack_tcp tcp, char *error)
{
	s->now_us = clock_us();
	snprintf(error, ERROR_BYTES, "not enough memory");
	return make_pools(s, rx_mbufs, rx_data_room) &&
	       port_open(&s->port, port, &s->rx_pool, error) && open_net(s) && open_tcp(s, tcp);
}

void stack_close(struct stack *s)
{
	struct rte_mbuf *m;

	tcp_fini(s->tcp);
	net_fini(s->net);
	while ((m = faults_take(&s->in, UINT64_MAX)) != NULL)
		rte_pktmbuf_free(m);
	while ((m = faults_take(&s->out, UINT64_MAX)) != NULL)
		rte_pktmbuf_free(m);
	rte_pktmbuf_free_bulk(s->tx, s->tx_count);
	port_close(&s->port);
}

static void take_frame(struct stack *s, struct rte_mbuf *m)
{
	struct tcp_packet packet;
	struct tcp_quoted quoted;

	switch (net_input(s->net, IFACE_EDGE, m, s->now_us, &packet, &quoted)) {
	case NET_TCP:
		tcp_segment(s->tcp, m, &packet, s->now_us);
		break;
	case NET_QUOTED:
		tcp_icmp(s->tcp, &quoted, s->now_us);
		break;
	case NET_TAKEN:
		break;
	}
}

void stack_receive(struct stack *s)
{
	struct rte_mbuf *frame[BURST_MAX], *m;
	const uint16_t n = port_rx(&s->port, 0, frame, BURST_MAX);
	const uint64_t before_us = s->now_us;

	s->now_us = clock_us();
	if (s->now_us - before_us > STACK_STALL_US) {
		s->stalled_us += s->now_us - before_us;
		if (s->now_us - before_us > s->longest_stall_us)
			s->longest_stall_us = s->now_us - before_us;
	}
	for (uint16_t i = 0; i < n; i++) {
		watch_frame(&s->theirs, frame[i]);
		faults_put(&s->in, frame[i], s->now_us);
	}
	while ((m = faults_take(&s->in, s->now_us)) != NULL)
		take_frame(s, m);
	if (n > 0)
		s->busy_us = s->now_us;
}

/* Of the link's far end into the port. False when the port takes no more for now. */
static bool send_frames(struct stack *s)
{
	for (;;) {
		uint16_t sent;

		while (s->tx_count < BURST_MAX) {
			struct rte_mbuf *m = faults_take(&s->out, s->now_us);

			if (m == NULL)
				break;
			s->tx[s->tx_count++] = m;
		}
		if (s->tx_count == 0)
			return true;
		sent = port_tx(&s->port, 0, s->tx, s->tx_count);
		s->tx_count = (uint16_t)(s->tx_count - sent);
		memmove(s->tx, s->tx + sent, s->tx_count * sizeof(s->tx[0]));
		if (sent == 0)
			return false;
	}
}

static unsigned int flush(struct stack *s)
{
	struct tcp_output out[BURST_MAX];
	struct rte_mbuf *frame[BURST_MAX];
	unsigned int segments = 0, n;

	tcp_flush(s->tcp, s->now_us);
	while ((n = tcp_take_output(s->tcp, out, BURST_MAX)) > 0) {
		for (unsigned int i = 0; i < n; i++)
			net_output(s->net, &out[i], s->now_us);
		segments += n;
	}
	while ((n = net_take_frames(s->net, IFACE_EDGE, frame, BURST_MAX)) > 0)
		for (unsigned int i = 0; i < n; i++) {
			watch_frame(&s->ours, frame[i]);
			faults_put(&s->out, frame[i], s->now_us);
		}
	return segments;
}

void stack_transmit(struct stack *s)
{
	bool moved = false;

	if (s->now_us - s->net_tick_us >= 1000) {
		net_tick(s->net, s->now_us);
		s->net_tick_us = s->now_us;
	}
	tcp_tick(s->tcp, s->now_us);
	/* While the port is full TCP is not asked for more. */
	while (send_frames(s) && flush(s) > 0)
		moved = true;
	if (moved)
		s->busy_us = s->now_us;
	else if (s->now_us - s->busy_us > STACK_IDLE_US)
		sched_yield();
}

bool stack_is_quiet(const struct stack *s)
{
	return tcp_is_idle(s->tcp) && faults_is_empty(&s->in) && faults_is_empty(&s->out) &&
	       s->tx_count == 0;
}
