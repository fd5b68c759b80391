/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_rack.c - losses by time: RFC 8985 6.2, 6.3. */
#include "dataplane/tcp/tcp_conn.h"

/* Until there is a sample what is smoothed tells what the smallest may be. */
static uint32_t guess_min_rtt(const struct tcp_conn *c)
{
	if (c->srtt_us == 0)
		return TCP_RTO_INITIAL_US;
	return c->srtt_us - min_u32(2 * c->rttvar_us, c->srtt_us / 2);
}

void tcp_rack_begin(struct tcp *t, struct tcp_conn *c, struct tcp_rack *k)
{
	*k = (struct tcp_rack){
	    .multiplier = 1,
	    .fack = c->snd_una,
	    .min_rtt_us = guess_min_rtt(c),
	    .is_guess = true,
	    .old_min_rtt_us = UINT32_MAX,
	    .min_rtt_since = t->clock,
	};
}

static uint32_t min_rtt(const struct tcp_rack *k)
{
	return min_u32(k->min_rtt_us, k->old_min_rtt_us);
}

static void take_rtt(const struct tcp *t, struct tcp_rack *k, uint32_t rtt_us)
{
	if (k->is_guess) {
		k->is_guess = false;
		k->min_rtt_us = rtt_us;
	}
	if (tcp_since(t, k->min_rtt_since) > TCP_MIN_RTT_MS) {
		k->old_min_rtt_us = k->min_rtt_us;
		k->min_rtt_us = rtt_us;
		k->min_rtt_since = t->clock;
	}
	k->min_rtt_us = min_u32(k->min_rtt_us, rtt_us);
}

/* Our timestamp in a segment sent at @sent_us. */
static uint32_t timestamp_at(const struct tcp *t, const struct tcp_conn *c, uint32_t sent_us)
{
	const uint32_t age = tcp_now32(t) - sent_us;

	return (uint32_t)((t->now_us - age) / TCP_CLOCK_US) + c->ts_offset;
}

/* Does the acknowledgment mean an earlier copy? 6.2 step 2. */
static bool is_ambiguous(const struct tcp *t, const struct tcp_conn *c, const struct tcp_rack *k,
			 const struct tcp_node *n, const uint32_t *ts_ecr)
{
	if (!n->resent)
		return false;
	if (ts_ecr != NULL && seq_before(*ts_ecr, timestamp_at(t, c, n->sent_us)))
		return true;
	return tcp_now32(t) - n->sent_us < min_rtt(k);
}

/* RACK_sent_after(). */
static bool is_sent_after(uint32_t a_us, tcp_seq a_end, uint32_t b_us, tcp_seq b_end)
{
	return a_us != b_us ? (int32_t)(a_us - b_us) > 0 : seq_after(a_end, b_end);
}

void tcp_rack_delivered(struct tcp *t, struct tcp_conn *c, struct tcp_rack *k,
			const struct tcp_node *n, const uint32_t *ts_ecr)
{
	const tcp_seq end = n->seq + n->len;

	if (seq_after(end, k->fack))
		k->fack = end;
	else if (seq_before(end, k->fack) && !n->resent)
		k->reordering = true;
	if (is_ambiguous(t, c, k, n, ts_ecr))
		return;
	if (!n->resent)
		take_rtt(t, k, tcp_now32(t) - n->sent_us);
	if (k->has_sample && !is_sent_after(n->sent_us, end, k->xmit_us, k->end))
		return;
	k->has_sample = true;
	k->xmit_us = n->sent_us;
	k->rtt_us = tcp_now32(t) - n->sent_us;
	k->end = end;
}

/* Once a round trip: 6.2 step 4, RACK_update_reo_wnd(). */
void tcp_rack_duplicate(const struct tcp_conn *c, struct tcp_rack *k)
{
	if (k->has_round && seq_before(c->snd_una, k->round))
		return;
	k->has_round = true;
	k->round = c->snd_nxt;
	k->multiplier = (uint8_t)min_u32(k->multiplier + 1u, UINT8_MAX);
	k->persist = TCP_RACK_PERSIST;
	k->reordering = true;
}

void tcp_rack_recovered(struct tcp_rack *k)
{
	if (k->persist > 0 && --k->persist == 0)
		k->multiplier = 1;
}

static uint32_t reordering_window(const struct tcp_conn *c, const struct tcp_repair *r)
{
	const struct tcp_rack *k = &r->rack;
	const uint64_t window = (uint64_t)k->multiplier * min_rtt(k) / 4;

	if (!k->reordering &&
	    (c->in_recovery || r->after_timeout || r->sacked_count >= TCP_DUP_ACKS))
		return 0;
	return window < c->srtt_us ? (uint32_t)window : c->srtt_us;
}

uint32_t tcp_rack_detect(struct tcp *t, struct tcp_conn *c, struct tcp_repair *r)
{
	const struct tcp_rack *k = &r->rack;
	const uint32_t wait_us = k->rtt_us + reordering_window(c, r);
	int32_t longest = 0;
	uint32_t found = 0;

	r->lost = 0;
	for (struct rte_mbuf *m = c->una_mbuf; m != NULL; m = tcp_node(m)->next) {
		struct tcp_node *n = tcp_node(m);
		const uint32_t bytes = tcp_sack_outstanding(c, n);

		if (bytes == 0)
			break;
		if (n->sacked)
			continue;
		if (!n->lost && k->has_sample &&
		    is_sent_after(k->xmit_us, k->end, n->sent_us, n->seq + n->len)) {
			const int32_t left = (int32_t)(n->sent_us + wait_us - tcp_now32(t));

			n->lost = left <= 0;
			found += n->lost ? bytes : 0;
			longest = left > longest ? left : longest;
		}
		if (n->lost)
			r->lost += bytes;
	}
	r->absent = r->sacked + r->lost;
	if (longest > 0)
		tcp_on_reordering(t, c, r, (uint32_t)longest);
	return found;
}

void tcp_rack_timeout(const struct tcp *t, struct tcp_conn *c, struct tcp_repair *r)
{
	const uint32_t rtt_us = r->rack.has_sample ? r->rack.rtt_us : c->srtt_us;
	const uint32_t wait_us = rtt_us + reordering_window(c, r);

	r->lost = 0;
	for (struct rte_mbuf *m = c->una_mbuf; m != NULL; m = tcp_node(m)->next) {
		struct tcp_node *n = tcp_node(m);
		const uint32_t bytes = tcp_sack_outstanding(c, n);

		if (bytes == 0)
			break;
		if (n->sacked)
			continue;
		if (m == c->una_mbuf || (int32_t)(n->sent_us + wait_us - tcp_now32(t)) <= 0)
			n->lost = true;
		if (n->lost)
			r->lost += bytes;
	}
	r->absent = r->sacked + r->lost;
}
