/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tcp_pmtu.c - how large a segment the path takes (RFC 1191, 8201, 5927; 4821 where ICMP is
 * silent).
 *
 * An ICMP too-big counts only where it quotes a segment in flight, and where segments of the
 * present size have been acknowledged it waits until a timeout proves it: a forged one changes
 * nothing. Timeouts in a row without any ICMP are a black hole: the size falls to what any path
 * takes, and the search upwards sends one segment of data at a time larger than what is known to
 * pass.
 */
#include "dataplane/tcp/tcp_conn.h"

enum pmtu_bounds {
	BLACK_HOLE_TIMEOUTS = 2, /* in a row, before the size is to blame */
	MTU_BASE = 1280,         /* RFC 8200 5: each IPv6 path takes it, and nearly each IPv4 one */
	SEARCH_STEP = 32,        /* bytes within which the search is over */
	SEARCH_AGAIN_US = 600 * 1000 * 1000, /* RFC 4821 7.7: paths change */
};

static uint16_t mss_of(const struct tcp_conn *c, uint32_t mtu)
{
	const uint32_t ip = addr_is_v4(&c->key.remote) ? 20 : 40;

	return (uint16_t)(mtu - TCP_HEADER_BYTES - ip - (c->ts_ok ? TCP_OPT_TS_BYTES : 0));
}

static uint32_t mtu_min(const struct tcp_conn *c)
{
	return addr_is_v4(&c->key.remote) ? MTU_MIN : MTU_BASE;
}

/* RFC 1191 7.1: where a router does not say how much it takes. */
static uint32_t plateau_below(uint32_t mtu)
{
	static const uint16_t plateaus[] = {2002, 1492, MTU_BASE, 1006};

	for (unsigned int i = 0; i < ARRAY_LEN(plateaus); i++)
		if (plateaus[i] < mtu)
			return plateaus[i];
	return MTU_MIN;
}

/* Segments are of @mss from here on, and what was too large is sent again. */
static void shrink(struct tcp *t, struct tcp_conn *c, uint16_t mss)
{
	struct tcp_repair *r = tcp_repair_of(t, c);

	if (r != NULL) {
		r->mtu_told = 0;
		r->mss_safe = 0;
		r->is_probe_out = false;
	}
	c->snd_mss = mss;
	c->is_mss_proved = false;
	tcp_recovery_rewind(t, c);
	tcp_mark_dirty(t, c);
}

void tcp_pmtu_icmp(struct tcp *t, struct tcp_conn *c, const struct tcp_quoted *quoted)
{
	const uint32_t now = c->snd_mss + (uint32_t)(MTU_BASE - mss_of(c, MTU_BASE));
	uint32_t mtu = quoted->mtu != 0 ? quoted->mtu : plateau_below(now);
	struct tcp_repair *r;

	mtu = max_u32(mtu, mtu_min(c));
	if (!tcp_is_synchronized(c) || !seq_within(quoted->seq, c->snd_una, c->snd_nxt) ||
	    mtu >= now) {
		tcp_count(t, DROP_ICMP_STRAY);
		return;
	}
	if (!c->is_mss_proved) {
		shrink(t, c, mss_of(c, mtu));
		return;
	}
	r = tcp_repair_take(t, c);
	if (r->mtu_told == 0 || mtu < r->mtu_told)
		r->mtu_told = (uint16_t)mtu;
}

/* The search goes on between what passes and what does not. */
static void search(struct tcp *t, struct tcp_conn *c, struct tcp_repair *r, uint16_t low,
		   uint16_t high)
{
	r->is_probe_out = false;
	if (high < low + SEARCH_STEP) {
		c->snd_mss = low;
		r->mss_safe = 0;
		r->search_due = t->clock + SEARCH_AGAIN_US / TCP_CLOCK_US;
		return;
	}
	r->mss_safe = low;
	r->mss_high = high;
	c->snd_mss = (uint16_t)((low + high + 1) / 2);
	c->cwnd = max_u32(c->cwnd, c->snd_mss); /* RFC 5681 3.1: the loss window is one segment */
}

/* From the size that has just been acknowledged up to what interface and other side take. */
static void begin_search(struct tcp *t, struct tcp_conn *c, struct tcp_repair *r)
{
	search(t, c, r, c->snd_mss, r->mss_most);
}

static bool is_search_due(const struct tcp *t, const struct tcp_repair *r)
{
	return r->search_due != 0 && (int32_t)(t->clock - r->search_due) >= 0;
}

void tcp_pmtu_acked(struct tcp *t, struct tcp_conn *c, tcp_seq ack)
{
	struct tcp_repair *r = tcp_repair_of(t, c);
	struct rte_mbuf *m = c->una_mbuf;

	if (r != NULL && r->mtu_told != 0)
		r->mtu_told = 0; /* what it said is too big has passed */
	if (!c->is_mss_proved && m != NULL && tcp_node(m)->len >= tcp_pmtu_safe(t, c) &&
	    seq_at_or_before(tcp_node(m)->seq + tcp_node(m)->len, ack))
		c->is_mss_proved = true;
	if (r == NULL)
		return;
	if (r->is_probe_out && seq_at_or_after(ack, r->probe_end))
		search(t, c, r, c->snd_mss, r->mss_high);
	else if (r->mss_safe == 0 && c->is_mss_proved && is_search_due(t, r))
		begin_search(t, c, r);
}

void tcp_pmtu_lost(struct tcp *t, struct tcp_conn *c, tcp_seq seq)
{
	struct tcp_repair *r = tcp_repair_of(t, c);

	if (r != NULL && r->is_probe_out && seq_before(seq, r->probe_end))
		search(t, c, r, r->mss_safe, c->snd_mss - 1);
}

void tcp_pmtu_timeout(struct tcp *t, struct tcp_conn *c)
{
	const uint16_t base = mss_of(c, MTU_BASE), least = mss_of(c, mtu_min(c));
	const uint16_t before = c->snd_mss;
	struct tcp_repair *r = tcp_repair_of(t, c);

	tcp_pmtu_lost(t, c, c->snd_una);
	if (r != NULL && r->mtu_told != 0) {
		shrink(t, c, mss_of(c, r->mtu_told));
		return;
	}
	/* A lost segment that would fit all the same says nothing. */
	if (c->una_mbuf == NULL || c->backoff < BLACK_HOLE_TIMEOUTS)
		return;
	if (c->snd_mss > base && tcp_node(c->una_mbuf)->len > base)
		shrink(t, c, base);
	else if (c->snd_mss > least && tcp_node(c->una_mbuf)->len > least &&
		 c->backoff >= 2 * BLACK_HOLE_TIMEOUTS)
		shrink(t, c, least);
	else
		return;
	r = tcp_repair_take(t, c);
	r->mss_most = (uint16_t)max_u32(r->mss_most, before);
	r->search_due = t->clock + 1;
}

uint16_t tcp_pmtu_safe(const struct tcp *t, const struct tcp_conn *c)
{
	const struct tcp_repair *r = tcp_repair_of(t, c);

	return r != NULL && r->mss_safe != 0 ? r->mss_safe : c->snd_mss;
}

uint16_t tcp_pmtu_limit(const struct tcp *t, const struct tcp_conn *c)
{
	const struct tcp_node *n = tcp_node(c->pos_mbuf);
	const struct tcp_repair *r = tcp_repair_of(t, c);

	if (r == NULL || r->mss_safe == 0)
		return c->snd_mss;
	if (r->is_probe_out || n->sent > 0 || c->snd_pos != n->seq || n->len <= r->mss_safe)
		return r->mss_safe;
	return c->snd_mss;
}

void tcp_pmtu_sent(struct tcp *t, struct tcp_conn *c, uint32_t len, tcp_seq end)
{
	struct tcp_repair *r = tcp_repair_of(t, c);

	if (r == NULL || r->mss_safe == 0 || len <= r->mss_safe)
		return;
	r->is_probe_out = true;
	r->probe_end = end;
}
