/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tcp_burst.c - segments from IP to their connections, in phases over a burst, so that the misses
 * of all of them overlap: ports, keys and buckets; headers and checksums while the buckets come;
 * the control blocks; and only then, one after the other, what each segment does.
 */
#include "dataplane/tcp/tcp_conn.h"
#include "dataplane/tcp/tcp_wire.h"

struct burst {
	struct flow_key key[BURST_MAX];
	struct flow_probe probe[BURST_MAX];
	struct tcp_in in[BURST_MAX];
	bool is_good[BURST_MAX];
};

/* False: no room for a header, or an address too many of ours. */
static bool read_key(struct tcp *t, const struct rte_mbuf *m, const struct tcp_packet *packet,
		     struct flow_key *key)
{
	const struct tcp_header *h = rte_pktmbuf_mtod(m, const struct tcp_header *);
	const uint32_t local = tcp_local_number(t, &packet->dst, true);

	*key = (struct flow_key){.remote = packet->src};
	if (m->data_len < sizeof(*h) || local == FLOW_NONE)
		return false;
	key->local_port = rte_be_to_cpu_16(h->dst_port);
	key->remote_port = rte_be_to_cpu_16(h->src_port);
	key->iface = (uint8_t)packet->iface;
	key->local = (uint8_t)local;
	return key->local_port != 0 && key->remote_port != 0;
}

/* Header into host order, payload left in in->m. False: malformed. There is room for a header. */
static bool parse(struct tcp_in *in, struct rte_mbuf *m, const struct tcp_packet *packet)
{
	const struct tcp_header *h = rte_pktmbuf_mtod(m, const struct tcp_header *);
	const uint32_t header_bytes = (uint32_t)(h->offset >> 4) * 4;

	if (header_bytes < sizeof(*h) || header_bytes > m->data_len)
		return false;
	if (!packet->checksum_good && tcp_checksum(m, &packet->src, &packet->dst) != 0)
		return false;
	in->seq = rte_be_to_cpu_32(h->seq);
	in->ack = rte_be_to_cpu_32(h->ack);
	in->len = m->pkt_len;
	in->wnd = rte_be_to_cpu_16(h->window);
	in->flags = h->flags;
	in->ecn = packet->ecn;
	if (!tcp_opt_parse((const uint8_t *)(h + 1), header_bytes - sizeof(*h), &in->opt))
		return false;
	tcp_trim_front(in, header_bytes);
	in->seq -= header_bytes;
	return true;
}

static void ask_for_buckets(struct tcp *t, struct burst *b, struct rte_mbuf *const *m,
			    const struct tcp_packet *packet, unsigned int count)
{
	unsigned int i = 0;

	do
		b->is_good[i] = read_key(t, m[i], &packet[i], &b->key[i]);
	while (++i < count);
	flow_fetch(&t->flow, b->key, count, b->probe);
}

/* All lines of a control block: nearly every segment needs them. */
static void ask_for_blocks(const struct tcp *t, const struct burst *b, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		const uint8_t *at;

		if (b->probe[i].guess == FLOW_NONE)
			continue;
		at = (const uint8_t *)&t->conns[b->probe[i].guess];
		for (size_t line = 0; line < sizeof(struct tcp_conn); line += CACHE_LINE)
			__builtin_prefetch(at + line);
	}
}

static void deliver(struct tcp *t, struct burst *b, unsigned int i)
{
	struct tcp_in *in = &b->in[i];
	uint32_t slot;

	if (!b->is_good[i]) {
		tcp_count(t, DROP_TCP_BAD);
	} else {
		slot = flow_find_at(&t->flow, &b->key[i], b->probe[i]);
		if (slot == FLOW_NONE)
			tcp_in_closed(t, &b->key[i], in);
		else
			tcp_in_conn(t, &t->conns[slot], in);
	}
	rte_pktmbuf_free(in->m);
}

void tcp_segments(struct tcp *t, struct rte_mbuf *const *m, const struct tcp_packet *packet,
		  unsigned int count, uint64_t now_us)
{
	struct burst b;

	if (count == 0)
		return;
	tcp_set_now(t, now_us);
	ask_for_buckets(t, &b, m, packet, count);
	for (unsigned int i = 0; i < count; i++) {
		b.in[i].m = m[i];
		b.is_good[i] = b.is_good[i] && parse(&b.in[i], m[i], &packet[i]);
	}
	flow_guess(&t->flow, b.probe, count);
	ask_for_blocks(t, &b, count);
	for (unsigned int i = 0; i < count; i++)
		deliver(t, &b, i);
}

void tcp_segment(struct tcp *t, struct rte_mbuf *m, const struct tcp_packet *packet,
		 uint64_t now_us)
{
	tcp_segments(t, &m, packet, 1, now_us);
}
