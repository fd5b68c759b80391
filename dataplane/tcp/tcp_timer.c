/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tcp_timer.c - all timers of a connection. One wheel timer each, due at the earliest of:
 *
 *   retransmit  SYN, SYN-ACK, data and FIN not acknowledged (RFC 6298), before that perhaps a tail
 *               loss probe (RFC 8985 7); or, with nothing in flight, a window that lets nothing go:
 *               persist (RFC 9293 3.8.6.1). All end the connection when snd_una has not moved for
 *               the user timeout (3.8.3)
 *   ack         a delayed ACK (3.8.6.3)
 *   idle        keepalive (3.8.4) while established or closing; end of a FIN_WAIT_2
 *               whose caller has gone
 *   repair      of the repair block: what is late is lost now (RFC 8985 6.2), or the block is idle
 *
 * TIME_WAIT is no timer's but that of its record (tcp_time_wait.h).
 * ACKs only move due times; the wheel looks again when the old one comes.
 */
#include "dataplane/tcp/tcp_conn.h"

static uint32_t earlier(uint32_t a, uint32_t b)
{
	if (a == 0 || b == 0)
		return a + b;
	return (int32_t)(a - b) < 0 ? a : b;
}

/* The clock's time @us from now, rounded up; never 0. */
static uint32_t after(const struct tcp *t, uint64_t us)
{
	const uint32_t due = (uint32_t)((t->now_us + us + TCP_CLOCK_US - 1) / TCP_CLOCK_US);

	return due != 0 ? due : 1;
}

static void arm(struct tcp *t, struct tcp_conn *c)
{
	const struct tcp_repair *r = tcp_repair_of(t, c);
	const uint32_t due = earlier(earlier(c->retransmit_due, r != NULL ? r->due : 0),
				     earlier(c->ack_due, c->idle_due));
	const int64_t in_ms = (int32_t)(due - t->clock);

	if (due == 0)
		wheel_cancel(&t->wheel, &c->timer);
	else
		wheel_set(&t->wheel, &c->timer,
			  (t->now_us / TCP_CLOCK_US + (uint64_t)in_ms) * TCP_CLOCK_US);
}

uint32_t tcp_rto_us(const struct tcp_conn *c)
{
	uint32_t rto;

	if (c->srtt_us == 0)
		return tcp_is_synchronized(c) ? TCP_RTO_SYN_LOST_US : TCP_RTO_INITIAL_US;
	rto = c->srtt_us + max_u32(TCP_CLOCK_US, 4 * c->rttvar_us);
	return max_u32(TCP_RTO_MIN_US, min_u32(rto, TCP_RTO_MAX_US));
}

static uint64_t backed_off_us(const struct tcp_conn *c)
{
	const uint64_t us = (uint64_t)tcp_rto_us(c) << c->backoff;

	return us < TCP_RTO_MAX_US ? us : TCP_RTO_MAX_US;
}

static void back_off(struct tcp_conn *c)
{
	if (c->backoff < TCP_BACKOFF_MAX)
		c->backoff = (c->backoff + 1) & 0xf;
}

/* How long snd_una may stay where it is. */
static uint64_t patience_us(const struct tcp *t, const struct tcp_conn *c)
{
	const uint64_t waited = (uint64_t)tcp_since(t, c->progress) * TCP_CLOCK_US;

	return waited < t->setup.user_timeout_us ? t->setup.user_timeout_us - waited : 0;
}

static void start_retransmit(struct tcp *t, struct tcp_conn *c)
{
	uint64_t us = backed_off_us(c);

	c->probe_next = tcp_is_synchronized(c) && tcp_tlp_may_schedule(t, c);
	if (c->probe_next)
		us = tcp_tlp_timeout_us(c);
	if (tcp_is_synchronized(c) && t->setup.user_timeout_us != 0 && us > patience_us(t, c))
		us = patience_us(t, c) + 1;
	c->retransmit_due = after(t, us);
	arm(t, c);
}

void tcp_on_syn_sent(struct tcp *t, struct tcp_conn *c)
{
	start_retransmit(t, c);
}

/* RFC 6298 5.1; a probe waits from the last segment on (RFC 8985 7.2). */
void tcp_on_sent(struct tcp *t, struct tcp_conn *c, bool is_new)
{
	if (c->retransmit_due == 0 || (is_new && c->probe_next))
		start_retransmit(t, c);
}

void tcp_on_loss(struct tcp *t, struct tcp_conn *c)
{
	start_retransmit(t, c);
}

void tcp_on_reordering(struct tcp *t, struct tcp_conn *c, struct tcp_repair *r, uint32_t us)
{
	r->due = after(t, us);
	arm(t, c);
}

void tcp_on_settled(struct tcp *t, struct tcp_conn *c, struct tcp_repair *r)
{
	r->due = after(t, TCP_IDLE_RTOS * (uint64_t)tcp_rto_us(c));
	arm(t, c);
}

/* RFC 6298 5.2, 5.3. Sent mbufs or a window that may still be shut decide what comes next. */
void tcp_on_acked(struct tcp *t, struct tcp_conn *c)
{
	c->progress = t->clock;
	c->retransmit_due = 0;
	if (c->snd_una != c->snd_pos || c->cwr == TCP_CWR_WAIT)
		start_retransmit(t, c);
	else
		arm(t, c);
}

void tcp_on_blocked(struct tcp *t, struct tcp_conn *c)
{
	if (c->retransmit_due == 0)
		start_retransmit(t, c);
}

/* An ACK at once for every second full segment, else after a while: RFC 9293 3.8.6.3. */
void tcp_on_text(struct tcp *t, struct tcp_conn *c)
{
	if (c->acks_owed > 0)
		return;
	if (c->rcv_nxt - c->last_ack_sent >= 2u * c->rcv_mss) {
		tcp_owe_ack(t, c);
	} else if (c->ack_due == 0) {
		c->ack_due = after(t, TCP_ACK_DELAY_US);
		arm(t, c);
	}
}

void tcp_on_ack_sent(struct tcp *t, struct tcp_conn *c)
{
	(void)t;
	c->ack_due = 0; /* the wheel finds out by itself */
}

void tcp_on_established(struct tcp *t, struct tcp_conn *c)
{
	c->retransmit_due = 0;
	c->backoff = 0;
	c->progress = t->clock;
	if (t->setup.keepalive_idle_us != 0)
		c->idle_due = after(t, t->setup.keepalive_idle_us);
	arm(t, c);
}

void tcp_on_linger(struct tcp *t, struct tcp_conn *c)
{
	c->idle_due = after(t, t->setup.time_wait_us);
	arm(t, c);
}

/* The window has opened while nothing was in flight: the persist timer has done its work. */
void tcp_on_window(struct tcp *t, struct tcp_conn *c)
{
	if (c->snd_pos == c->snd_una && c->cwr != TCP_CWR_WAIT) {
		c->retransmit_due = 0;
		c->backoff = 0;
	}
	tcp_mark_dirty(t, c);
}

/* RFC 6298 2 */
void tcp_rtt_sample(struct tcp_conn *c, uint64_t rtt_us)
{
	const uint32_t r = rtt_us < TCP_RTO_MAX_US ? (uint32_t)rtt_us : TCP_RTO_MAX_US;
	uint32_t off;

	if (c->srtt_us == 0) {
		c->srtt_us = max_u32(r, 1);
		c->rttvar_us = r / 2;
	} else {
		off = c->srtt_us > r ? c->srtt_us - r : r - c->srtt_us;
		c->rttvar_us = c->rttvar_us - c->rttvar_us / 4 + off / 4;
		c->srtt_us = max_u32(c->srtt_us - c->srtt_us / 8 + r / 8, 1);
	}
	c->backoff = 0;
}

static void on_syn_due(struct tcp *t, struct tcp_conn *c)
{
	const uint8_t most = c->passive ? TCP_SYN_ACK_RETRIES : TCP_SYN_RETRIES;

	if (c->backoff >= most) {
		tcp_gone(t, c, TCP_NEWS_TIMEOUT);
		return;
	}
	back_off(c);
	c->syn_sent_us = 0;
	c->syn_pending = true;
	tcp_mark_dirty(t, c);
}

static bool has_given_up(const struct tcp *t, const struct tcp_conn *c)
{
	return t->setup.user_timeout_us != 0 && patience_us(t, c) == 0;
}

/* The retransmission timer follows, whole (RFC 8985 7.3). */
static void on_probe_due(struct tcp *t, struct tcp_conn *c)
{
	if (tcp_tlp_may_schedule(t, c))
		tcp_tlp_send(t, c);
	c->retransmit_due = after(t, backed_off_us(c));
	c->probe_next = false;
	arm(t, c);
}

/* With something in flight: RFC 6298 5.4 to 5.6. Otherwise the window is shut: persist; or a mark
 * has met a window of one segment, and the next may go now (RFC 3168 6.1.2). */
static void on_retransmit_due(struct tcp *t, struct tcp_conn *c)
{
	if (!tcp_is_synchronized(c)) {
		on_syn_due(t, c);
		return;
	}
	if (has_given_up(t, c)) {
		tcp_send_reset(t, c);
		tcp_gone(t, c, TCP_NEWS_TIMEOUT);
		return;
	}
	if (c->probe_next) {
		on_probe_due(t, c);
		return;
	}
	if (c->cwr == TCP_CWR_WAIT) {
		c->cwr = TCP_CWR_OWED;
		tcp_mark_dirty(t, c);
		if (c->snd_pos == c->snd_una)
			return;
	}
	if (c->snd_pos == c->snd_una) {
		if (c->pos_mbuf == NULL)
			return;
		back_off(c);
		start_retransmit(t, c);
		tcp_send_probe(t, c);
		return;
	}
	tcp_pmtu_timeout(t, c);
	tcp_recovery_timeout(t, c);
	back_off(c);
	start_retransmit(t, c);
}

static uint64_t keepalive_interval_us(const struct tcp *t)
{
	return t->setup.keepalive_idle_us < TCP_KEEPALIVE_INTERVAL_US ? t->setup.keepalive_idle_us
								      : TCP_KEEPALIVE_INTERVAL_US;
}

static void on_keepalive_due(struct tcp *t, struct tcp_conn *c)
{
	const uint64_t quiet = (uint64_t)tcp_since(t, c->heard) * TCP_CLOCK_US;
	const uint64_t idle = t->setup.keepalive_idle_us;

	if (quiet < idle || c->snd_una != c->snd_nxt) {
		c->probes = 0;
		c->idle_due = after(t, quiet < idle ? idle - quiet : keepalive_interval_us(t));
		return;
	}
	if (c->probes >= TCP_KEEPALIVE_PROBES) {
		tcp_send_reset(t, c);
		tcp_gone(t, c, TCP_NEWS_TIMEOUT);
		return;
	}
	c->probes = (c->probes + 1) & 7;
	tcp_send_keepalive(t, c);
	c->idle_due = after(t, keepalive_interval_us(t));
}

static void on_idle_due(struct tcp *t, struct tcp_conn *c)
{
	if (c->state == TCP_FIN_WAIT_2 && !c->held)
		tcp_gone(t, c, TCP_NEWS_CLOSED);
	else
		on_keepalive_due(t, c);
}

/* Takes @due if its time has come. */
static bool is_due(const struct tcp *t, uint32_t *due)
{
	if (*due == 0 || (int32_t)(*due - t->clock) > 0)
		return false;
	*due = 0;
	return true;
}

void tcp_on_due(struct tcp *t, struct tcp_conn *c)
{
	struct tcp_repair *r;

	if (is_due(t, &c->ack_due))
		tcp_owe_ack(t, c);
	if (is_due(t, &c->retransmit_due))
		on_retransmit_due(t, c);
	r = tcp_repair_of(t, c);
	if (r != NULL && is_due(t, &r->due))
		tcp_recovery_due(t, c, r);
	if (is_due(t, &c->idle_due))
		on_idle_due(t, c);
	if (c->state != TCP_CLOSED)
		arm(t, c);
}
