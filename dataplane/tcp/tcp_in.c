/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_in.c - segment arrival in the states before the connection is synchronized (RFC 9293 3.10.7.1
 * to 3.10.7.3). */
#include "dataplane/tcp/tcp_conn.h"

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
		c->rcv_scales = true;
	}
	if (in->opt.has_ts) {
		c->ts_ok = true;
		c->ts_recent = in->opt.ts_val;
		c->ts_recent_s = (uint32_t)(t->now_us / TCP_SECOND_US);
		mss -= TCP_OPT_TS_BYTES; /* RFC 6691: options take their room out of the MSS */
	}
	c->sack_ok = in->opt.sack_permitted;
	tcp_ecn_take_syn(c, in);
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

/* A half-open connection, numbers and options taken from its SYN. */
static struct tcp_conn *open_passive(struct tcp *t, const struct flow_key *key,
				     const struct tcp_in *syn)
{
	struct tcp_conn *c = tcp_slot_take(t, key);

	if (c == NULL)
		return NULL;
	c->passive = true;
	tcp_ecn_begin(t, c);
	tcp_take_syn_options(t, c, syn);
	tcp_become(t, c, TCP_SYN_RECEIVED);
	return c;
}

/* A half-open connection that answers by itself. */
static struct tcp_conn *begin(struct tcp *t, const struct flow_key *key, const struct tcp_in *syn)
{
	struct tcp_conn *c = open_passive(t, key, syn);

	if (c == NULL)
		return NULL;
	tcp_cookie_note_begun(t);
	c->syn_pending = true;
	tcp_mark_dirty(t, c);
	return c;
}

/* A SYN for a listener. While there is room for it it gets a block; else, or while its address has
 * as many as it may, which may be another's doing, a cookie. */
static void in_syn(struct tcp *t, const struct flow_key *key, const struct tcp_in *in)
{
	const enum iface iface = (enum iface)key->iface;

	if (!tcp_slot_may_take(t, iface)) {
		tcp_count(t, DROP_TCP_SLOTS);
	} else if (tcp_cookie_is_needed(t, iface)) {
		tcp_cookie_answer(t, key, in);
	} else if (tcp_source_may_begin(t, &key->remote)) {
		(void)begin(t, key, in);
	} else if (tcp_source_may_establish(t, &key->remote)) {
		tcp_cookie_answer(t, key, in);
	} else {
		tcp_count(t, DROP_TCP_SOURCE_LIMIT);
	}
}

/* An ACK that completes a handshake of which only the cookie knows; its text and FIN are those of
 * any segment. */
static void in_cookie(struct tcp *t, const struct flow_key *key, struct tcp_in *in)
{
	struct tcp_conn *c;
	struct tcp_in syn;

	if (!tcp_cookie_check(t, key, in, &syn)) {
		tcp_count(t, DROP_TCP_COOKIE_BAD);
		tcp_send_reset_for(t, key, in);
		return;
	}
	if (!tcp_source_may_establish(t, &key->remote)) {
		tcp_count(t, DROP_TCP_SOURCE_LIMIT);
		return;
	}
	c = open_passive(t, key, &syn);
	if (c == NULL)
		return;
	tcp_note(t, TCP_STAT_COOKIES_TAKEN);
	tcp_set_iss(c, in->ack - 1);
	c->snd_nxt = c->snd_pos = in->ack;
	c->rcv_edge = c->rcv_nxt + UINT16_MAX; /* as the cookie's SYN-ACK said */
	tcp_in_synchronized(t, c, in);
}

/* RFC 9293 3.10.7.2, and 3.10.7.1 where nobody listens. Text in a SYN is sent again by its sender.
 */
static void in_listen(struct tcp *t, const struct flow_key *key, struct tcp_in *in)
{
	const bool self =
	    key->local_port == key->remote_port && addr_equal(&t->local[key->local], &key->remote);
	const bool listens = tcp_find_listener(t, key) != NULL;

	if (in->flags & TCP_RST) {
		tcp_count(t, DROP_TCP_NO_CONN);
	} else if (listens && (in->flags & (TCP_SYN | TCP_ACK)) == TCP_ACK &&
		   tcp_cookie_is_awaited(t)) {
		in_cookie(t, key, in);
	} else if (in->flags & TCP_ACK || !listens) {
		tcp_count(t, DROP_TCP_NO_CONN);
		tcp_send_reset_for(t, key, in);
	} else if (!(in->flags & TCP_SYN) || in->flags & TCP_FIN || self) {
		tcp_count(t, DROP_TCP_BAD);
	} else {
		in_syn(t, key, in);
	}
}

/*
 * A newer SYN that meets TIME_WAIT (RFC 6191 2): the new ISN lies beyond all that the old
 * connection has sent. A cookie's could not; but this address has had a whole connection, so it may
 * have a block while there is one.
 */
static void reopen(struct tcp *t, struct tcp_time_wait *w, const struct flow_key *key,
		   const struct tcp_in *in)
{
	const tcp_seq old_nxt = w->snd_nxt;
	struct tcp_conn *c;

	if (t->free.count == 0 || !tcp_source_may_begin(t, &key->remote)) {
		tcp_count(t, t->free.count == 0 ? DROP_TCP_SLOTS : DROP_TCP_SOURCE_LIMIT);
		return;
	}
	tcp_time_wait_remove(t, w);
	c = begin(t, key, in);
	if (c != NULL && !seq_after(c->iss, old_nxt + UINT16_MAX))
		tcp_set_iss(c, old_nxt + UINT16_MAX + 2);
}

void tcp_in_closed(struct tcp *t, const struct flow_key *key, struct tcp_in *in)
{
	struct tcp_time_wait *w = tcp_time_wait_find(t, key);

	if (w == NULL)
		in_listen(t, key, in);
	else if (tcp_time_wait_is_reopened(w, in) && tcp_find_listener(t, key) != NULL)
		reopen(t, w, key, in);
	else
		tcp_time_wait_segment(t, w, key, in);
}

/* RFC 3168 6.1.1.1: there are boxes that reset what they do not know. Whoever really refuses does
 * so again. */
static void take_refusal(struct tcp *t, struct tcp_conn *c, bool ack)
{
	if (!ack) {
		tcp_count(t, DROP_TCP_NO_ACK);
	} else if (tcp_ecn_fall_back(c)) {
		c->syn_pending = true;
		tcp_mark_dirty(t, c);
	} else {
		tcp_note(t, TCP_STAT_RESETS_TAKEN);
		tcp_gone(t, c, TCP_NEWS_RESET);
	}
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
		take_refusal(t, c, ack);
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

void tcp_in_conn(struct tcp *t, struct tcp_conn *c, struct tcp_in *in)
{
	if (c->state == TCP_SYN_SENT)
		in_syn_sent(t, c, in);
	else
		tcp_in_synchronized(t, c, in);
}
