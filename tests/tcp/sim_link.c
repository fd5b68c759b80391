/* SPDX-License-Identifier: BSD-3-Clause */
/* sim_link.c - the link: rate and queue, delay, loss, reordering, duplication, damage, MTU. */
#include "tests/tcp/sim.h"

enum { PORTS_AT = 0, CHECKSUM_AT = 16, HEADER_BYTES = 20 };

static struct sim_packet packets[SIM_PACKETS_MAX];

/* --- packets on their way: a heap by time of arrival, then by order of sending --- */

static bool is_before(const struct sim_packet *a, const struct sim_packet *b)
{
	return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

static void swap(struct sim *s, unsigned int a, unsigned int b)
{
	struct sim_packet *p = s->heap[a];

	s->heap[a] = s->heap[b];
	s->heap[b] = p;
}

static void put(struct sim *s, struct sim_packet *p)
{
	unsigned int i = s->heap_count++;

	p->order = s->order++;
	s->heap[i] = p;
	for (; i > 0 && is_before(s->heap[i], s->heap[(i - 1) / 2]); i = (i - 1) / 2)
		swap(s, i, (i - 1) / 2);
}

static struct sim_packet *take_first(struct sim *s)
{
	struct sim_packet *p = s->heap[0];
	unsigned int i = 0, child;

	s->heap[0] = s->heap[--s->heap_count];
	while ((child = 2 * i + 1) < s->heap_count) {
		if (child + 1 < s->heap_count && is_before(s->heap[child + 1], s->heap[child]))
			child++;
		if (!is_before(s->heap[child], s->heap[i]))
			break;
		swap(s, i, child);
		i = child;
	}
	return p;
}

static struct sim_packet *fresh(struct sim *s)
{
	return s->spare_count > 0 ? s->spare[--s->spare_count] : NULL;
}

void sim_link_clear(struct sim *s)
{
	s->heap_count = 0;
	s->spare_count = SIM_PACKETS_MAX;
	for (unsigned int i = 0; i < SIM_PACKETS_MAX; i++)
		s->spare[i] = &packets[i];
}

uint64_t sim_link_next_us(const struct sim *s)
{
	return s->heap_count > 0 ? s->heap[0]->at_us : SIM_NEVER;
}

/* --- what the link does to a packet --- */

static void put16(uint8_t *p, unsigned int v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void repair_checksum(struct sim_packet *p)
{
	put16(p->bytes + CHECKSUM_AT, 0);
	put16(p->bytes + CHECKSUM_AT, env_checksum(p->bytes, p->len, &p->src, &p->dst));
}

/* Both sides dialled: each meets the other at the port it dialled itself. */
static void cross_ports(struct sim *s, unsigned int from, struct sim_packet *p)
{
	const uint16_t local = (uint16_t)(p->bytes[0] << 8 | p->bytes[1]);
	const uint16_t remote = (uint16_t)(p->bytes[2] << 8 | p->bytes[3]);
	const struct sim_flow *f = sim_user_flow(s, local, remote);

	if (f == NULL || !f->crosses)
		return;
	put16(p->bytes + PORTS_AT, (unsigned int)(SIM_CROSS_PORT + (f - s->flow)));
	put16(p->bytes + PORTS_AT + 2, f->user[!from].local_port);
	repair_checksum(p);
}

/* Some bits turn; the checksum notices, unless it is repaired, which happens to headers alone. */
static void damage(struct sim *s, struct sim_packet *p, bool repair)
{
	const uint64_t where = repair ? HEADER_BYTES : p->len;

	for (uint64_t n = 1 + sim_below(s, 4); n > 0; n--)
		p->bytes[sim_below(s, where)] ^= (uint8_t)(1u << sim_below(s, 8));
	if (repair) {
		repair_checksum(p);
		s->excuse |= SIM_TAMPERED;
		return;
	}
	if (env_checksum(p->bytes, p->len, &p->src, &p->dst) == 0)
		p->bytes[CHECKSUM_AT] ^= 1;
}

static bool is_pure_ack(const struct sim_packet *p)
{
	return p->bytes[13] == SIM_ACK && p->len == (p->bytes[12] >> 4) * 4;
}

/* Independent, in bursts, by an outage, and of pure ACKs more than of others. */
static bool is_lost(struct sim *s, struct sim_link *l, const struct sim_packet *p)
{
	if (s->now_us >= l->down_from_us && s->now_us < l->down_to_us)
		return true;
	if (l->in_burst)
		l->in_burst = !sim_chance(s, l->burst_end);
	else
		l->in_burst = sim_chance(s, l->burst_loss);
	if (l->in_burst || sim_chance(s, l->loss))
		return true;
	return is_pure_ack(p) && sim_chance(s, l->ack_loss);
}

/* The router in front of the narrow link, where it tells (RFC 1191, 8201). */
static void tell_too_big(struct sim *s, unsigned int from, const struct sim_packet *p)
{
	struct sim_packet *icmp = fresh(s);
	const uint8_t *b = p->bytes;

	if (icmp == NULL)
		return;
	icmp->is_icmp = true;
	icmp->to = from;
	icmp->at_us = s->now_us + s->link[from].delay_us / 2 + 1;
	icmp->quoted = (struct tcp_quoted){
	    .iface = IFACE_EDGE,
	    .local = p->src,
	    .remote = p->dst,
	    .local_port = (uint16_t)(b[0] << 8 | b[1]),
	    .remote_port = (uint16_t)(b[2] << 8 | b[3]),
	    .seq = (uint32_t)b[4] << 24 | (uint32_t)b[5] << 16 | (uint32_t)b[6] << 8 | b[7],
	    .is_too_big = true,
	    .mtu = s->link[from].mtu,
	};
	put(s, icmp);
}

static bool is_too_big(struct sim *s, unsigned int from, const struct sim_packet *p)
{
	struct sim_link *l = &s->link[from];
	const uint32_t bytes = p->len + (addr_is_v4(&p->src) ? 20u : 40u);

	if (s->now_us < l->mtu_at_us || bytes <= l->mtu)
		return false;
	l->too_big++;
	if (l->mtu_told)
		tell_too_big(s, from, p);
	return true;
}

/* When it arrives; false when the queue is full. */
static bool enqueue(struct sim *s, struct sim_link *l, struct sim_packet *p)
{
	uint64_t leaves_us = s->now_us, takes_us;

	if (l->bytes_per_s > 0) {
		if (l->busy_until_us < s->now_us)
			l->busy_until_us = s->now_us;
		if ((l->busy_until_us - s->now_us) * l->bytes_per_s / SIM_SECOND > l->queue_bytes)
			return false;
		takes_us = (p->len + 40u) * SIM_SECOND / l->bytes_per_s;
		l->busy_until_us += takes_us;
		leaves_us = l->busy_until_us;
	}
	p->at_us = leaves_us + l->delay_us + sim_below(s, l->jitter_us);
	if (sim_chance(s, l->reorder)) {
		p->at_us += l->delay_us / 4 + sim_below(s, l->delay_us + 3000);
		return true;
	}
	if (p->at_us < l->last_at_us)
		p->at_us = l->last_at_us; /* a queue keeps the order */
	l->last_at_us = p->at_us;
	return true;
}

/* A middlebox that thins ACKs: a newer one takes the place of one that still waits. */
static bool is_thinned(struct sim *s, const struct sim_link *l, struct sim_packet *p)
{
	if (l->thin_us == 0 || !is_pure_ack(p))
		return false;
	for (unsigned int i = 0; i < s->heap_count; i++) {
		struct sim_packet *q = s->heap[i];

		if (q->to != p->to || q->is_icmp || !is_pure_ack(q) ||
		    memcmp(q->bytes, p->bytes, 4) != 0)
			continue;
		memcpy(q->bytes, p->bytes, p->len);
		q->len = p->len;
		return true;
	}
	p->at_us += l->thin_us;
	return false;
}

static void drop(struct sim *s, unsigned int from, struct sim_packet *p, const char *why)
{
	s->link[from].lost++;
	if (s->verbose)
		sim_trace_segment(s, from, why, &p->src, &p->dst, p->bytes, p->len);
	s->spare[s->spare_count++] = p;
}

static void send_one(struct sim *s, unsigned int from, struct sim_packet *p)
{
	struct sim_link *l = &s->link[from];

	if (is_too_big(s, from, p)) {
		drop(s, from, p, "too big");
		return;
	}
	if (is_lost(s, l, p)) {
		drop(s, from, p, "lost");
		return;
	}
	if (!enqueue(s, l, p)) {
		drop(s, from, p, "tail drop");
		return;
	}
	if (is_thinned(s, l, p)) {
		drop(s, from, p, "thinned");
		return;
	}
	if (p->ecn != 0 && sim_chance(s, l->mark))
		p->ecn = 3;
	if (sim_chance(s, l->damage)) {
		l->lost++;
		damage(s, p, sim_chance(s, l->repair));
	}
	put(s, p);
}

void sim_link_send(struct sim *s, unsigned int from, const struct tcp_output *o)
{
	unsigned int copies = sim_chance(s, s->link[from].twice) ? 2 : 1;

	for (; copies > 0; copies--) {
		struct sim_packet *p = fresh(s);

		if (p == NULL) {
			s->link[from].lost++;
			return;
		}
		p->is_icmp = false;
		p->to = !from;
		p->ecn = o->ecn;
		p->src = o->src;
		p->dst = o->dst;
		p->len = o->m->data_len;
		memcpy(p->bytes, rte_pktmbuf_mtod(o->m, const uint8_t *), p->len);
		cross_ports(s, from, p);
		send_one(s, from, p);
	}
}

/* --- arrival --- */

static struct rte_mbuf *receive_piece(struct sim *s, const uint8_t *at, uint16_t len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(s->rx);

	if (m != NULL)
		memcpy(rte_pktmbuf_append(m, len), at, len);
	return m;
}

/* One mbuf, or two where the device scatters; NULL when the pool is empty. */
static struct rte_mbuf *receive(struct sim *s, const struct sim_packet *p)
{
	const uint16_t header = (uint16_t)((p->bytes[12] >> 4) * 4);
	uint16_t first = p->len;
	struct rte_mbuf *m, *rest;

	if (header >= HEADER_BYTES && header < p->len && sim_chance(s, s->scatter))
		first = (uint16_t)(header + sim_below(s, p->len - header));
	m = receive_piece(s, p->bytes, first);
	if (m == NULL || first == p->len)
		return m;
	rest = receive_piece(s, p->bytes + first, (uint16_t)(p->len - first));
	if (rest == NULL || rte_pktmbuf_chain(m, rest) != 0) {
		rte_pktmbuf_free(rest);
		rte_pktmbuf_free(m);
		return NULL;
	}
	return m;
}

void sim_link_receive(struct sim *s, unsigned int to, const struct sim_packet *p)
{
	const struct tcp_packet packet = {IFACE_EDGE, p->src, p->dst, false, p->ecn};
	struct rte_mbuf *m = receive(s, p);
	struct env_segment seg;

	if (s->verbose)
		sim_trace_segment(s, to, m != NULL ? "<" : "no buffer", &p->src, &p->dst, p->bytes,
				  p->len);
	if (m == NULL)
		return;
	if (m->nb_segs > 1 ? env_parse_bytes(p->bytes, p->len, &p->src, &p->dst, &seg)
			   : env_parse(m, &p->src, &p->dst, &seg))
		sim_wire_heard(s, to, &seg, p->ecn);
	tcp_segment(s->side[to].t, m, &packet, s->now_us);
}

void sim_link_deliver(struct sim *s)
{
	while (s->heap_count > 0 && s->heap[0]->at_us <= s->now_us) {
		struct sim_packet *p = take_first(s);

		if (p->is_icmp) {
			sim_trace(s, "%u icmp too big, mtu %u", p->to, p->quoted.mtu);
			tcp_icmp(s->side[p->to].t, &p->quoted, s->now_us);
		} else {
			sim_link_receive(s, p->to, p);
		}
		s->spare[s->spare_count++] = p;
	}
}
