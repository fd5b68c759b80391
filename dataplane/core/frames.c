/* SPDX-License-Identifier: BSD-3-Clause */
/* frames.c - who gets a frame, and by whose queue it goes out. */
#include "dataplane/core/frames.h"
#include "dataplane/core/turn.h"

static bool give(struct core *c, uint16_t to, struct rte_mbuf *m, enum iface iface, bool is_sent)
{
	const struct crossing_frame f = {m, iface, is_sent};

	if (!crossing_give_frame(c->setup.crossings, c->setup.index, to, &f))
		return false;
	stat_add(&c->stats.frames_crossed, 1);
	return true;
}

/* Of @n frames those for other cores go there; returns how many are left. */
static uint16_t pass_on(struct core *c, enum iface iface, struct rte_mbuf **frames, uint16_t n)
{
	uint16_t kept = 0;

	for (uint16_t i = 0; i < n; i++)
		rte_prefetch0(rte_pktmbuf_mtod(frames[i], const void *));
	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *m = frames[i];
		const uint16_t core =
		    steer_frame(c->setup.steer, iface, rte_pktmbuf_mtod(m, const uint8_t *),
				m->data_len, c->setup.index);

		if (core == c->setup.index) {
			frames[kept++] = m;
		} else if (!give(c, core, m, iface, false)) {
			core_drop(c, DROP_CROSSING_FULL);
			rte_pktmbuf_free(m);
		}
	}
	return kept;
}

unsigned int frames_receive(struct core *c, enum iface iface, struct rte_mbuf **frames,
			    unsigned int *polled)
{
	uint16_t n;

	if (c->setup.port[iface] == NULL)
		return 0;
	n = port_rx(c->setup.port[iface], c->setup.queue[iface], frames, BURST_MAX);
	*polled += n;
	if (n > 0) {
		stat_add(&c->stats.frames_in, n);
		stat_add(&c->stats.bursts_in, 1);
	}
	return c->setup.crossings == NULL ? n : pass_on(c, iface, frames, n);
}

uint16_t frames_send(struct core *c, enum iface iface, struct rte_mbuf **frames, uint16_t count)
{
	uint16_t sent = 0;

	if (c->setup.port[iface] != NULL) {
		sent = port_tx(c->setup.port[iface], c->setup.queue[iface], frames, count);
		stat_add(&c->stats.frames_out, sent);
		return sent;
	}
	while (sent < count && give(c, c->setup.sender[iface], frames[sent], iface, true))
		sent++;
	return sent;
}

/* Sent behind what this core has queued itself; beyond the queue's bound it is lost. */
static void send_for(struct core *c, const struct crossing_frame *f)
{
	struct tx_queue *q = &c->tx[f->iface];

	if (q->count < CORE_TX_QUEUE) {
		q->frame[q->count++] = f->m;
		return;
	}
	core_drop(c, DROP_TX_FULL);
	rte_pktmbuf_free(f->m);
}

static unsigned int cross_from(struct core *c, uint16_t other)
{
	struct crossing_frame frame[BURST_MAX];
	struct net_neighbour neighbour;
	struct turn_burst burst;
	const unsigned int n =
	    crossing_take_frames(c->setup.crossings, other, c->setup.index, frame, BURST_MAX);

	burst.count = 0;
	for (unsigned int i = 0; i < n; i++)
		if (frame[i].is_sent)
			send_for(c, &frame[i]);
		else
			turn_frame(c, &burst, (enum iface)frame[i].iface, frame[i].m);
	turn_segments(c, &burst);
	while (crossing_take_neighbour(c->setup.crossings, other, c->setup.index, &neighbour))
		net_hear_neighbour(c->net, &neighbour, c->now_us);
	return n;
}

unsigned int frames_cross(struct core *c)
{
	unsigned int done = 0;

	if (c->setup.crossings == NULL)
		return 0;
	for (uint16_t i = 0; i < crossing_cores(c->setup.crossings); i++)
		if (i != c->setup.index)
			done += cross_from(c, i);
	return done;
}

void frames_tell_neighbours(struct core *c)
{
	struct net_neighbour n;

	if (c->setup.crossings == NULL)
		return;
	while (net_take_neighbour(c->net, &n))
		for (uint16_t i = 0; i < crossing_cores(c->setup.crossings); i++)
			if (i != c->setup.index)
				crossing_give_neighbour(c->setup.crossings, c->setup.index, i, &n);
}
