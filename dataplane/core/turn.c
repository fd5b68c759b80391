/* SPDX-License-Identifier: BSD-3-Clause */
/* turn.c - frames from the ports to TCP, and segments of TCP to the ports. */
#include <rte_prefetch.h>

#include "dataplane/core/frames.h"
#include "dataplane/core/turn.h"

void turn_frame(struct core *c, struct turn_burst *b, enum iface iface, struct rte_mbuf *m)
{
	struct tcp_quoted quoted;

	if (c->taps.flow_count > 0)
		tap_frame(c, iface, m, false);
	switch (net_input(c->net, iface, m, c->now_us, &b->packet[b->count], &quoted)) {
	case NET_TCP:
		/* Its bytes are summed up when all headers of the burst are read. */
		fetch_ahead(rte_pktmbuf_mtod(m, const void *), m->data_len);
		b->m[b->count++] = m;
		break;
	case NET_QUOTED:
		tcp_icmp(c->tcp, &quoted, c->now_us);
		break;
	case NET_TAKEN:
		break;
	}
}

void turn_segments(struct core *c, struct turn_burst *b)
{
	tcp_segments(c->tcp, b->m, b->packet, b->count, c->now_us);
	b->count = 0;
}

unsigned int turn_receive(struct core *c)
{
	struct rte_mbuf *frame[BURST_MAX];
	struct turn_burst burst;
	unsigned int done = 0;

	burst.count = 0;
	for (unsigned int i = 0; i < IFACE_COUNT; i++) {
		const unsigned int n = frames_receive(c, (enum iface)i, frame, &done);

		for (unsigned int f = 0; f < n; f++)
			rte_prefetch0(rte_pktmbuf_mtod(frame[f], const void *));
		for (unsigned int f = 0; f < n; f++)
			turn_frame(c, &burst, (enum iface)i, frame[f]);
		turn_segments(c, &burst);
	}
	done += frames_cross(c);
	frames_tell_neighbours(c);
	return done;
}

/* Frames of net into the queue of their port; beyond its bound they are lost, and TCP sends again.
 */
static void queue_frames(struct core *c, enum iface iface)
{
	struct tx_queue *q = &c->tx[iface];
	struct rte_mbuf *frame[BURST_MAX];
	unsigned int n;

	while ((n = net_take_frames(c->net, iface, frame, BURST_MAX)) > 0)
		for (unsigned int i = 0; i < n; i++) {
			if (c->taps.flow_count > 0)
				tap_frame(c, iface, frame[i], true);
			if (q->count < CORE_TX_QUEUE) {
				q->frame[q->count++] = frame[i];
				continue;
			}
			core_drop(c, DROP_TX_FULL);
			rte_pktmbuf_free(frame[i]);
		}
}

static unsigned int send_frames(struct core *c, enum iface iface)
{
	struct tx_queue *q = &c->tx[iface];
	uint16_t sent = 0;

	while (sent < q->count) {
		const uint16_t left = (uint16_t)(q->count - sent);
		const uint16_t n =
		    frames_send(c, iface, q->frame + sent, left < BURST_MAX ? left : BURST_MAX);

		if (n == 0)
			break;
		sent = (uint16_t)(sent + n);
	}
	q->count = (uint16_t)(q->count - sent);
	for (uint16_t i = 0; sent > 0 && i < q->count; i++)
		q->frame[i] = q->frame[sent + i];
	return sent;
}

unsigned int turn_transmit(struct core *c)
{
	struct tcp_output out[BURST_MAX];
	unsigned int sent = 0, n, rounds = 0;

	do {
		unsigned int segments = 0;

		tcp_flush(c->tcp, c->now_us);
		while ((n = tcp_take_output(c->tcp, out, BURST_MAX)) > 0) {
			for (unsigned int i = 0; i < n; i++)
				net_output(c->net, &out[i], c->now_us);
			segments += n;
		}
		for (unsigned int i = 0; i < IFACE_COUNT; i++) {
			queue_frames(c, (enum iface)i);
			sent += send_frames(c, (enum iface)i);
		}
		n = segments;
	} while (n > 0 && ++rounds < CORE_FLUSH_ROUNDS);
	return sent;
}
