/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_in.c - segment arrival: parsing, and the states before the connection is synchronized
 * (RFC 9293 3.10.7.1 to 3.10.7.3). */
#include "dataplane/tcp/tcp_conn.h"
#include "dataplane/tcp/tcp_wire.h"

/* Header into host order, payload left in in->m. False: malformed. */
static bool parse(struct tcp *t, struct tcp_in *in, struct rte_mbuf *m,
		  const struct tcp_packet *packet, struct flow_key *key)
{
	const struct tcp_header *h = rte_pktmbuf_mtod(m, const struct tcp_header *);
	const uint32_t local = tcp_local_number(t, &packet->dst, true);
	uint32_t header_bytes;

	if (m->data_len < sizeof(*h) || local == FLOW_NONE)
		return false;
	header_bytes = (uint32_t)(h->offset >> 4) * 4;
	if (header_bytes < sizeof(*h) || header_bytes > m->data_len)
		return false;
	if (!packet->checksum_good && tcp_checksum(m, &packet->src, &packet->dst) != 0)
		return false;
	*key = (struct flow_key){
	    .remote = packet->src,
	    .local_port = rte_be_to_cpu_16(h->dst_port),
	    .remote_port = rte_be_to_cpu_16(h->src_port),
	    .iface = (uint8_t)packet->iface,
	    .local = (uint8_t)local,
	};
	*in = (struct tcp_in){
	    .m = m,
	    .seq = rte_be_to_cpu_32(h->seq),
	    .ack = rte_be_to_cpu_32(h->ack),
	    .len = m->pkt_len,
	    .wnd = rte_be_to_cpu_16(h->window),
	    .flags = h->flags,
	};
	if (!tcp_opt_parse((const uint8_t *)(h + 1), header_bytes - sizeof(*h), &in->opt))
		return false;
	tcp_trim_front(in, header_bytes);
	in->seq -= header_bytes;
	return key->local_port != 0 && key->remote_port != 0;
}

void tcp_take_syn_options(struct tcp *t, struct tcp_conn *c, const struct tcp_in *in)
{
	const uint32_t header = TCP_HEADER_BYTES + (addr_is_v4(&c->key.remote) ? 20 : 40);
	const uint32_t room =
	    rte_pktmbuf_data_room_size(t->setup.pool) - RTE_ALIGN(TCP_HEADROOM, 8);
	uint32_t mss = addr_is_v4(&c->key.remote) ? TCP_MSS_DEFAULT_V4 : TCP_MSS_DEFAULT_V6;

	if (in->opt.has_mss)
		mss = max_u32(in->opt.mss, TCP_MSS_MIN);
	mss = min_u32(mss, min_u32(t->setup.mtu[c->key.iface] - header, room));
	if (in->opt.has_wscale) {
		c->snd_wscale = in->opt.wscale & 0xfu;
		c->rcv_wscale = TCP_WINDOW_SCALE;
	}
	if (in->opt.has_ts) {
		c->ts_ok = true;
		c->ts_recent = in->opt.ts_val;
		c->ts_recent_s = (uint32_t)(t->now_us / TCP_SECOND_US);
		mss -= TCP_OPT_TS_BYTES; /* RFC 6691: options take their room out of the MSS */
	}
	c->sack_ok = in->opt.sack_permitted;
	c->snd_mss = (uint16_t)mss;
	c->rcv_nxt = c->last_ack_sent = in->seq + 1;
	c->rcv_edge = c->rcv_nxt;
	c->snd_wnd = c->snd_wnd_max = in->wnd; /* never scaled in a SYN */
	c->snd_wl1 = in->seq;
	c->snd_wl2 = in->ack;
}

/* The handshake is complete, our SYN acknowledged by @in. */
void tcp_establish(struct tcp *t, struct tcp_conn *c, const struct tcp_in *in)
{
	const bool syn_was_lost = c->backoff > 0;

	if (c->syn_sent_us != 0)
		tcp_rtt_sample(c, tcp_now32(t) - c->syn_sent_us);
	c->syn_pending = false;
	c->snd_una = c->iss + 1;
	c->snd_wnd = (uint32_t)in->wnd << (in->flags & TCP_SYN ? 0 : c->snd_wscale);
	c->snd_wnd_max = max_u32(c->snd_wnd_max, c->snd_wnd);
	c->snd_wl1 = in->seq;
	c->snd_wl2 = in->ack;
	tcp_cc_init(c, syn_was_lost);
	tcp_become(t, c, TCP_ESTABLISHED);
	tcp_on_established(t, c);
	if (c->passive)
		c->held = true;
	tcp_tell(t, c, c->passive ? TCP_NEWS_ACCEPTED : TCP_NEWS_OPENED);
	if (c->close_pending)
		tcp_start_closing(t, c);
	tcp_mark_dirty(t, c);
}

/* A SYN for a listener: a half-open connection, the oldest of which gives way at the bound. */
static struct tcp_conn *open_passive(struct tcp *t, const struct flow_key *key,
				     const struct tcp_in *in)
{
	struct tcp_conn *c;

	if (t->half_open.count >= t->half_open_max) {
		tcp_count(t, DROP_TCP_SLOTS);
		tcp_slot_free(t, tcp_list_first(t, &t->half_open));
	}
	c = tcp_slot_take(t, key);
	if (c == NULL)
		return NULL;
	c->passive = true;
	tcp_take_syn_options(t, c, in);
	tcp_become(t, c, TCP_SYN_RECEIVED);
	c->syn_pending = true;
	tcp_mark_dirty(t, c);
	return c;
}

/* RFC 9293 3.10.7.2, and 3.10.7.1 where nobody listens. Text in a SYN is sent again by its sender.
 */
static struct tcp_conn *in_listen(struct tcp *t, const struct flow_key *key,
				  const struct tcp_in *in)
{
	const bool self =
	    key->local_port == key->remote_port && addr_equal(&t->local[key->local], &key->remote);

	if (in->flags & TCP_RST) {
		tcp_count(t, DROP_TCP_NO_CONN);
		return NULL;
	}
	if (in->flags & TCP_ACK || tcp_find_listener(t, key) == NULL) {
		tcp_count(t, DROP_TCP_NO_CONN);
		tcp_send_reset_for(t, key, in);
		return NULL;
	}
	if (!(in->flags & TCP_SYN) || in->flags & TCP_FIN || self) {
		tcp_count(t, DROP_TCP_BAD);
		return NULL;
	}
	return open_passive(t, key, in);
}

/*
 * A SYN that meets TIME_WAIT: a new connection when it is surely newer (RFC 6191 2), else the old
 * one answers. The new ISN lies beyond all that the old connection has sent.
 */
static bool reopen_time_wait(struct tcp *t, struct tcp_conn *c, const struct flow_key *key,
			     const struct tcp_in *in)
{
	const tcp_seq old_nxt = c->snd_nxt;
	bool newer = seq_at_or_after(in->seq, c->rcv_nxt);

	if ((in->flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) != TCP_SYN ||
	    tcp_find_listener(t, key) == NULL)
		return false;
	if (c->ts_ok && in->opt.has_ts && in->opt.ts_val != c->ts_recent)
		newer = seq_after(in->opt.ts_val, c->ts_recent);
	else if (!c->ts_ok && in->opt.has_ts)
		newer = true;
	if (!newer)
		return false;
	tcp_gone(t, c, 0);
	c = in_listen(t, key, in);
	if (c != NULL && !seq_after(c->iss, old_nxt + UINT16_MAX))
		tcp_set_iss(c, old_nxt + UINT16_MAX + 2);
	return true;
}

/* RFC 9293 3.10.7.3, first and second. True: go on with the SYN. */
static bool check_syn_sent(struct tcp *t, struct tcp_conn *c, const struct tcp_in *in)
{
	const bool ack = in->flags & TCP_ACK;

	if (ack && in->ack != c->snd_nxt) {
		tcp_count(t, DROP_TCP_ACK_RANGE);
		tcp_send_reset_for(t, &c->key, in);
		return false;
	}
	if (in->flags & TCP_RST) {
		if (ack)
			tcp_gone(t, c, TCP_NEWS_RESET);
		else
			tcp_count(t, DROP_TCP_NO_ACK);
		return false;
	}
	return in->flags & TCP_SYN;
}

/* RFC 9293 3.10.7.3, fourth: SYN with ACK, or a simultaneous open. */
static void in_syn_sent(struct tcp *t, struct tcp_conn *c, struct tcp_in *in)
{
	const bool sent = c->snd_nxt != c->iss;

	if (!sent || !check_syn_sent(t, c, in))
		return;
	if (in->flags & TCP_ACK && in->opt.has_ts && c->syn_sent_us == 0)
		tcp_rtt_sample(c, (uint64_t)(tcp_timestamp(t, c) - in->opt.ts_ecr) * TCP_CLOCK_US);
	tcp_take_syn_options(t, c, in);
	c->rcv_edge = c->rcv_nxt + UINT16_MAX; /* as our SYN said */
	if (!(in->flags & TCP_ACK)) {
		tcp_become(t, c, TCP_SYN_RECEIVED);
		c->syn_pending = true;
		tcp_mark_dirty(t, c);
		return;
	}
	tcp_establish(t, c, in);
	tcp_owe_ack(t, c);
	in->seq++; /* past the SYN: text and FIN are those of any segment */
	tcp_take_text(t, c, in);
}

static void in_conn(struct tcp *t, struct tcp_conn *c, struct tcp_in *in)
{
	if (c->state == TCP_SYN_SENT)
		in_syn_sent(t, c, in);
	else if (c->state != TCP_TIME_WAIT || !reopen_time_wait(t, c, &c->key, in))
		tcp_in_synchronized(t, c, in);
}

void tcp_segment(struct tcp *t, struct rte_mbuf *m, const struct tcp_packet *packet,
		 uint64_t now_us)
{
	struct tcp_in in = {.m = m};
	struct flow_key key;
	uint32_t slot;

	tcp_set_now(t, now_us);
	if (!parse(t, &in, m, packet, &key)) {
		tcp_count(t, DROP_TCP_BAD);
	} else {
		slot = flow_find(&t->flow, &key);
		if (slot == FLOW_NONE)
			(void)in_listen(t, &key, &in);
		else
			in_conn(t, &t->conns[slot], &in);
	}
	rte_pktmbuf_free(in.m);
}
