/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_build.c - one segment: header, options, checksum, and the output ring. */
#include <string.h>

#include "dataplane/base/checksum.h"
#include "dataplane/tcp/tcp_conn.h"
#include "dataplane/tcp/tcp_wire.h"

uint32_t tcp_window_step(const struct tcp_conn *c)
{
	return min_u32(2u * c->snd_mss, RECEIVE_WINDOW_BYTES / 2);
}

uint32_t tcp_window_room(const struct tcp *t, const struct tcp_conn *c)
{
	const uint32_t most = (uint32_t)UINT16_MAX << tcp_rcv_wscale(c);
	const uint32_t window = tcp_pressure_window(t, c);

	if (c->inbound_bytes >= window)
		return 0;
	return min_u32(window - c->inbound_bytes, most);
}

uint32_t tcp_timestamp(const struct tcp *t, const struct tcp_conn *c)
{
	return (uint32_t)(t->now_us / TCP_CLOCK_US) + c->ts_offset;
}

/* Bytes of @n rounded down to the scale; what was promised before stays accepted in rcv_edge. */
static uint16_t offer_window(const struct tcp *t, struct tcp_conn *c, uint8_t flags)
{
	const uint8_t shift = flags & TCP_SYN ? 0 : tcp_rcv_wscale(c);
	const uint32_t room = tcp_window_room(t, c);
	uint32_t open = c->rcv_edge - c->rcv_nxt, field;

	if (room >= open + tcp_window_step(c))
		open = room;
	field = min_u32(open >> shift, UINT16_MAX);
	if (seq_after(c->rcv_nxt + (field << shift), c->rcv_edge))
		c->rcv_edge = c->rcv_nxt + (field << shift);
	return (uint16_t)field;
}

uint16_t tcp_announced_mss(const struct tcp *t, const struct flow_key *key)
{
	return (uint16_t)(t->setup.mtu[key->iface] - TCP_HEADER_BYTES -
			  (addr_is_v4(&key->remote) ? 20 : 40));
}

static void fill_options(struct tcp *t, struct tcp_conn *c, uint8_t flags, bool pure,
			 struct tcp_options *o)
{
	const bool syn = flags & TCP_SYN, asks = syn && !(flags & TCP_ACK);

	*o = (struct tcp_options){.has_ts = c->ts_ok || asks};
	if (syn) {
		o->has_mss = true;
		o->mss = tcp_announced_mss(t, &c->key);
		o->has_wscale = asks || c->rcv_scales;
		o->wscale = TCP_WINDOW_SCALE;
		o->sack_permitted = asks || c->sack_ok;
	}
	if (o->has_ts) {
		o->ts_val = tcp_timestamp(t, c);
		o->ts_ecr = flags & TCP_ACK ? c->ts_recent : 0;
	}
	/* Data has no room for blocks: its size is the MSS. */
	if (pure && (flags & (TCP_SYN | TCP_ACK)) == TCP_ACK)
		tcp_rcv_sack_fill(t, c, o);
}

/* Two words of the sum at once: @bytes is four bytes. */
static inline uint32_t words_at(const uint8_t *bytes)
{
	uint32_t words;

	memcpy(&words, bytes, sizeof(words));
	return words;
}

/* RFC 9293 3.1. What is zero in front of a mapped IPv4 address is not part of it. */
static uint64_t pseudo_sum(const struct ip_addr *src, const struct ip_addr *dst, uint32_t len)
{
	uint64_t sum = (uint64_t)rte_cpu_to_be_32(len) + rte_cpu_to_be_16(IPPROTO_TCP);

	for (size_t i = addr_is_v4(src) ? 12 : 0; i < sizeof(src->b); i += 4)
		sum += (uint64_t)words_at(src->b + i) + words_at(dst->b + i);
	return sum;
}

uint16_t tcp_checksum(const struct rte_mbuf *m, const struct ip_addr *src,
		      const struct ip_addr *dst)
{
	uint64_t sum = pseudo_sum(src, dst, m->pkt_len), part;
	uint32_t before = 0;

	for (; m != NULL; before += m->data_len, m = m->next) {
		part = checksum_add(0, rte_pktmbuf_mtod(m, const void *), m->data_len);
		sum += before % 2 == 0 ? part : checksum_swap(part);
	}
	return checksum_finish(sum);
}

/* Room was asked for before. Takes the reference. */
static void give_output(struct tcp *t, struct rte_mbuf *m, const struct flow_key *key)
{
	struct tcp_header *h = rte_pktmbuf_mtod(m, struct tcp_header *);
	const struct ip_addr *local = &t->local[key->local];

	h->checksum = 0;
	h->checksum = tcp_checksum(m, local, &key->remote);
	t->output[(t->output_head + t->output_count) % TCP_OUTPUT_MAX] = (struct tcp_output){
	    .m = m, .iface = (enum iface)key->iface, .src = *local, .dst = key->remote};
	t->output_count++;
}

void tcp_build_capable(struct tcp *t)
{
	t->output[(t->output_head + t->output_count - 1) % TCP_OUTPUT_MAX].ecn = TCP_ECT_0;
}

/* Puts the header in front of m's data; it has TCP_HEADROOM there. Returns where its options go. */
static inline void *put_fixed(struct rte_mbuf *m, const struct flow_key *key,
			      const struct tcp_fields *f, size_t options_len)
{
	const uint16_t len = (uint16_t)(sizeof(struct tcp_header) + options_len);
	struct tcp_header *h = (void *)rte_pktmbuf_prepend(m, len);

	*h = (struct tcp_header){
	    .src_port = rte_cpu_to_be_16(key->local_port),
	    .dst_port = rte_cpu_to_be_16(key->remote_port),
	    .seq = rte_cpu_to_be_32(f->seq),
	    .ack = rte_cpu_to_be_32(f->ack),
	    .offset = (uint8_t)(len / 4 << 4),
	    .flags = f->flags,
	    .window = rte_cpu_to_be_16(f->window),
	};
	return h + 1;
}

static void put_header(struct rte_mbuf *m, const struct flow_key *key, const struct tcp_fields *f)
{
	uint8_t options[TCP_OPT_BYTES_MAX];
	const size_t len = tcp_opt_write(options, &f->options);

	memcpy(put_fixed(m, key, f, len), options, len);
}

/* Is a timestamp all that goes with it? Nearly always. */
static bool is_plain(const struct tcp_conn *c, uint8_t flags, bool pure)
{
	return c->ts_ok && (flags & (TCP_SYN | TCP_ACK)) == TCP_ACK &&
	       !(pure && c->repair != TCP_NONE);
}

/* An empty mbuf of ours with headroom, if there is one and room in the output. */
static struct rte_mbuf *fresh(struct tcp *t)
{
	struct rte_mbuf *m;

	if (t->output_count == TCP_OUTPUT_MAX)
		return NULL;
	m = rte_pktmbuf_alloc(t->setup.pool);
	if (m == NULL) {
		tcp_count(t, DROP_MBUF_EMPTY);
		return NULL;
	}
	m->data_off = RTE_ALIGN(TCP_HEADROOM, 8);
	return m;
}

static void finish(struct tcp *t, struct tcp_conn *c, struct rte_mbuf *m, tcp_seq seq,
		   uint8_t flags)
{
	struct tcp_fields f; /* its options by fill_options() alone */
	const bool pure = m->data_len == 0;

	f.seq = seq;
	f.ack = flags & TCP_ACK ? c->rcv_nxt : 0;
	f.flags = flags;
	if (c->ece_owed)
		f.flags |= TCP_ECE;
	f.window = offer_window(t, c, flags);
	if (is_plain(c, flags, pure)) {
		tcp_opt_write_ts(put_fixed(m, &c->key, &f, TCP_OPT_TS_BYTES), tcp_timestamp(t, c),
				 c->ts_recent);
	} else {
		fill_options(t, c, flags, pure, &f.options);
		put_header(m, &c->key, &f);
	}
	give_output(t, m, &c->key);
	if (flags & TCP_ACK) {
		c->last_ack_sent = c->rcv_nxt;
		/* Behind a gap each segment is owed an ACK of its own: data would not count as a
		 * duplicate ACK (RFC 5681 2). */
		if (c->acks_owed > 0 && (!tcp_has_gap(t, c) || pure))
			c->acks_owed--;
		tcp_on_ack_sent(t, c);
	}
}

bool tcp_build_empty(struct tcp *t, struct tcp_conn *c, tcp_seq seq, uint8_t flags)
{
	struct rte_mbuf *m = fresh(t);

	if (m == NULL)
		return false;
	finish(t, c, m, seq, flags);
	return true;
}

/* Payload that is not a whole mbuf, or whose mbuf the device still reads, goes as a copy. */
static struct rte_mbuf *copy_piece(struct tcp *t, struct rte_mbuf *kept, uint32_t skip, uint32_t n)
{
	struct rte_mbuf *m = fresh(t);

	if (m == NULL)
		return NULL;
	if (rte_pktmbuf_tailroom(m) < n) {
		rte_pktmbuf_free(m);
		return NULL;
	}
	memcpy(rte_pktmbuf_append(m, (uint16_t)n), tcp_node_payload(kept) + skip, n);
	return m;
}

bool tcp_build_data(struct tcp *t, struct tcp_conn *c, struct rte_mbuf *kept, tcp_seq seq,
		    uint32_t n, uint8_t flags)
{
	const struct tcp_node *node = tcp_node(kept);
	struct rte_mbuf *m = kept;

	if (t->output_count == TCP_OUTPUT_MAX)
		return false;
	if (seq == node->seq && n == node->len && rte_mbuf_refcnt_read(kept) == 1) {
		rte_mbuf_refcnt_update(m, 1);
		m->data_off = node->data_off;
		m->data_len = node->len;
		m->pkt_len = node->len;
	} else {
		m = copy_piece(t, kept, seq - node->seq, n);
		if (m == NULL)
			return false;
	}
	finish(t, c, m, seq, flags);
	return true;
}

bool tcp_build_bare(struct tcp *t, const struct flow_key *key, const struct tcp_fields *f)
{
	struct rte_mbuf *m = fresh(t);

	if (m == NULL)
		return false;
	put_header(m, key, f);
	give_output(t, m, key);
	return true;
}

/* A reset says no more than it must: no options, no window. Lost, it is asked for again. */
static void send_bare_reset(struct tcp *t, const struct flow_key *key, tcp_seq seq, tcp_seq ack,
			    uint8_t flags)
{
	const struct tcp_fields f = {.seq = seq, .ack = ack, .flags = flags};

	if (tcp_build_bare(t, key, &f))
		tcp_note(t, TCP_STAT_RESETS_SENT);
}

void tcp_send_reset(struct tcp *t, struct tcp_conn *c)
{
	send_bare_reset(t, &c->key, c->snd_nxt, c->rcv_nxt, TCP_RST | TCP_ACK);
}

static void draw_allowances(struct tcp *t, uint64_t second)
{
	for (uint64_t i = 0; i < TCP_RESET_SHARES; i += sizeof(uint64_t)) {
		const uint64_t what[2] = {second, i};
		uint64_t drawn = keyed_hash(&t->resets_key, what, sizeof(what));

		for (unsigned int j = 0; j < sizeof(drawn); j++, drawn >>= 8)
			t->resets[i + j] = (uint16_t)(TCP_RESETS_LEAST + (drawn & 0xff));
	}
	t->resets_s = second;
}

/*
 * No more resets a second than a share of all sources has, lest we be made to send for others. From
 * one allowance for all, or of a known size, a stranger could tell by what he gets himself which
 * numbers of another's he has forged have a connection (CVE-2016-5696): hence shares are dealt
 * anew, and sizes drawn, each second. Of an IPv6 address the /64 counts.
 */
static bool may_reset(struct tcp *t, const struct ip_addr *remote)
{
	const uint64_t second = t->now_us / TCP_SECOND_US;
	uint64_t who[3] = {0, 0, second};
	uint16_t *left;

	if (t->resets_s != second)
		draw_allowances(t, second);
	memcpy(who, remote->b, addr_is_v4(remote) ? sizeof(remote->b) : sizeof(remote->b) / 2);
	left = &t->resets[keyed_hash(&t->resets_key, who, sizeof(who)) % TCP_RESET_SHARES];
	if (*left == 0)
		return false;
	--*left;
	return true;
}

void tcp_send_reset_for(struct tcp *t, const struct flow_key *key, const struct tcp_in *in)
{
	const uint32_t len =
	    in->len + (in->flags & TCP_SYN ? 1 : 0) + (in->flags & TCP_FIN ? 1 : 0);

	if (in->flags & TCP_RST || !may_reset(t, &key->remote))
		return;
	if (in->flags & TCP_ACK)
		send_bare_reset(t, key, in->ack, 0, TCP_RST);
	else
		send_bare_reset(t, key, 0, in->seq + len, TCP_RST | TCP_ACK);
}
