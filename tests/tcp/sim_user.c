/* SPDX-License-Identifier: BSD-3-Clause */
/* sim_user.c - the users of the flows: dialling, writing, reading, ending; each byte read is
 * compared with the byte written. */
#include "tests/tcp/sim.h"

static uint8_t noise[2 * SIM_NOISE]; /* twice, so that any piece lies in one run */

void sim_user_start(void)
{
	uint64_t random = 88172645463325252u;

	for (size_t i = 0; i < SIM_NOISE; i++)
		noise[i] = noise[i + SIM_NOISE] = (uint8_t)(check_random(&random) >> 32);
}

const uint8_t *sim_user_bytes(const struct sim *s, const struct sim_flow *f, unsigned int side,
			      uint64_t offset)
{
	const uint64_t stream = (uint64_t)(f - s->flow) * SIM_SIDES + side;

	return &noise[(offset + stream * 104729) % SIM_NOISE];
}

/* The flow of this number, if one of its users dialled from @port. */
static struct sim_flow *dialled_from(struct sim *s, unsigned int f, bool crosses, uint16_t port)
{
	struct sim_flow *flow;

	if (f >= s->flow_count || s->flow[f].crosses != crosses)
		return NULL;
	flow = &s->flow[f];
	return flow->user[0].local_port == port || flow->user[1].local_port == port ? flow : NULL;
}

struct sim_flow *sim_user_flow(struct sim *s, uint16_t local_port, uint16_t remote_port)
{
	struct sim_flow *f = NULL;

	if (remote_port >= SIM_CROSS_PORT)
		f = dialled_from(s, remote_port - SIM_CROSS_PORT, true, local_port);
	if (f == NULL && remote_port >= SIM_LISTEN_PORT)
		f = dialled_from(s, remote_port - SIM_LISTEN_PORT, false, local_port);
	if (f == NULL && local_port >= SIM_LISTEN_PORT)
		f = dialled_from(s, local_port - SIM_LISTEN_PORT, false, remote_port);
	return f;
}

static unsigned int number(const struct sim *s, const struct sim_flow *f)
{
	return (unsigned int)(f - s->flow);
}

static void dial(struct sim *s, struct sim_flow *f, unsigned int side)
{
	struct sim_user *u = &f->user[side];
	const uint16_t port =
	    (uint16_t)((f->crosses ? SIM_CROSS_PORT : SIM_LISTEN_PORT) + number(s, f));

	u->c = tcp_dial(s->side[side].t, IFACE_EDGE, &s->side[side].addr, &s->side[!side].addr,
			port, s->now_us);
	if (u->c == NULL) {
		u->dial_at_us = s->now_us + SIM_SECOND;
		return;
	}
	u->dialed = true;
	u->state = TCP_SYN_SENT;
	u->local_port = tcp_key(s->side[side].t, u->c)->local_port;
	sim_trace(s, "%u flow %u dials from %u", side, number(s, f), u->local_port);
}

/* --- reading --- */

static void compare(struct sim *s, struct sim_flow *f, unsigned int side, uint32_t n)
{
	struct sim_user *u = &f->user[side];
	uint32_t seen = 0;

	for (struct rte_mbuf *m = tcp_inbound(u->c); m != NULL && seen < n; m = m->next) {
		const uint32_t len = min_u32(rte_pktmbuf_data_len(m), n - seen);

		if (memcmp(rte_pktmbuf_mtod(m, const uint8_t *),
			   sim_user_bytes(s, f, !side, u->received + seen), len) != 0 &&
		    !(s->excuse & SIM_TAMPERED))
			sim_fault(s, "flow %u: side %u reads other bytes at %" PRIu64, number(s, f),
				  side, u->received + seen);
		seen += len;
	}
	SIM_REQUIRE(s, seen == n);
}

static void consume(struct sim *s, struct sim_flow *f, unsigned int side, uint32_t n)
{
	struct sim_user *u = &f->user[side];

	compare(s, f, side, n);
	u->received += n;
	tcp_consume(s->side[side].t, u->c, n, s->now_us);
	if (u->received > f->user[!side].given && !(s->excuse & SIM_TAMPERED))
		sim_fault(s, "flow %u: side %u reads more than was given", number(s, f), side);
}

static void read_some(struct sim *s, struct sim_flow *f, unsigned int side)
{
	struct sim_user *u = &f->user[side];
	uint32_t waiting = tcp_inbound_bytes(u->c);

	if (waiting == 0 || s->now_us < u->read_at_us)
		return;
	if (u->read_pause_us > 0 && sim_chance(s, 300))
		waiting = (uint32_t)sim_below(s, waiting) + 1;
	consume(s, f, side, waiting);
	if (u->stall_us > 0 && sim_chance(s, 20)) {
		u->read_at_us = s->now_us + sim_below(s, u->stall_us);
		sim_trace(s, "%u flow %u reads nothing for a while", side, number(s, f));
	} else if (u->read_pause_us > 0) {
		u->read_at_us = s->now_us + sim_below(s, u->read_pause_us);
	}
}

/* --- writing --- */

static uint32_t piece(struct sim *s, const struct sim_user *u)
{
	const uint64_t left = u->to_send - u->given;
	uint32_t most = min_u32(tcp_segment_bytes(u->c), u->piece_max);

	if (sim_chance(s, 400))
		most = (uint32_t)sim_below(s, most) + 1;
	return left < most ? (uint32_t)left : most;
}

/* False when nothing more goes now. */
static bool write_piece(struct sim *s, struct sim_flow *f, unsigned int side, uint32_t n)
{
	struct sim_user *u = &f->user[side];
	struct rte_mbuf *m = env_data(s->env, sim_user_bytes(s, f, side, u->given), (uint16_t)n);

	if (m == NULL) {
		u->write_at_us = s->now_us + 10 * 1000;
		return false;
	}
	if (!tcp_send(s->side[side].t, u->c, m)) {
		rte_pktmbuf_free(m);
		return false;
	}
	u->given += n;
	return true;
}

static void write_some(struct sim *s, struct sim_flow *f, unsigned int side)
{
	struct sim_user *u = &f->user[side];
	uint64_t burst = 0;

	while (u->given < u->to_send && !u->closed && s->now_us >= u->write_at_us &&
	       tcp_room(u->c) > 0) {
		const uint32_t n = piece(s, u);

		if (!write_piece(s, f, side, n))
			return;
		burst += n;
		if (burst >= u->burst_bytes && u->write_pause_us > 0)
			u->write_at_us = s->now_us + 1 + sim_below(s, u->write_pause_us);
	}
}

/* --- ending --- */

static void release(struct sim *s, struct sim_flow *f, unsigned int side)
{
	struct sim_user *u = &f->user[side];

	tcp_release(s->side[side].t, u->c);
	u->c = NULL;
	u->over = true;
	sim_trace(s, "%u flow %u released", side, number(s, f));
}

static void close_now(struct sim *s, struct sim_flow *f, unsigned int side)
{
	struct sim_user *u = &f->user[side];

	if (u->closed || u->given < u->to_send || !u->opened)
		return;
	tcp_close(s->side[side].t, u->c, s->now_us);
	u->closed = true;
	sim_trace(s, "%u flow %u close", side, number(s, f));
}

static void end_early(struct sim *s, struct sim_flow *f, unsigned int side)
{
	struct sim_user *u = &f->user[side];

	if (s->now_us < u->end_at_us)
		return;
	f->excuse |= SIM_ENDED_BY_USER;
	if (u->end == SIM_END_ABORT) {
		sim_trace(s, "%u flow %u abort", side, number(s, f));
		tcp_abort(s->side[side].t, u->c, s->now_us);
	}
	release(s, f, side);
}

static void end(struct sim *s, struct sim_flow *f, unsigned int side)
{
	struct sim_user *u = &f->user[side];

	switch (u->end) {
	case SIM_END_CLOSE:
		close_now(s, f, side);
		return;
	case SIM_END_CLOSE_LAST:
		if (u->fin)
			close_now(s, f, side);
		return;
	case SIM_END_CLOSE_RELEASE:
		close_now(s, f, side);
		if (u->closed) {
			f->excuse |= SIM_ENDED_BY_USER;
			release(s, f, side);
		}
		return;
	case SIM_END_ABORT:
	case SIM_END_RELEASE:
		end_early(s, f, side);
		return;
	}
}

/* What is kept is what was given, without holes, up to the end of what was given. */
static void check_kept(struct sim *s, struct sim_flow *f, unsigned int side)
{
	struct sim_user *u = &f->user[side];
	uint64_t next = SIM_NEVER, acked = tcp_acked(u->c);
	struct tcp_kept k;

	for (bool more = tcp_kept_first(u->c, &k); more; more = tcp_kept_next(u->c, &k)) {
		SIM_REQUIRE(s, next == SIM_NEVER || k.offset == next);
		next = k.offset + k.len;
		SIM_REQUIRE(s, k.at[0] == *sim_user_bytes(s, f, side, k.offset));
		SIM_REQUIRE(s, k.at[k.len - 1] == *sim_user_bytes(s, f, side, next - 1));
	}
	SIM_REQUIRE(s, next == SIM_NEVER || next == tcp_sent_offset(u->c));
	SIM_REQUIRE(s, tcp_sent_offset(u->c) == u->given && acked <= u->given);
	if (u->keeps)
		tcp_free_to(s->side[side].t, u->c,
			    acked - sim_below(s, (acked < 65536 ? acked : 65536) + 1));
}

/* RFC 9293 figure 5: what can be reached in one or more steps between two looks. */
static bool may_be_seen_after(enum tcp_state from, enum tcp_state to)
{
	static const unsigned int after[TCP_STATE_COUNT] = {
	    [TCP_CLOSED] = 0,
	    [TCP_SYN_SENT] = ~BIT(TCP_SYN_SENT),
	    [TCP_SYN_RECEIVED] = ~(BIT(TCP_SYN_SENT) | BIT(TCP_SYN_RECEIVED)),
	    [TCP_ESTABLISHED] = ~(BIT(TCP_SYN_SENT) | BIT(TCP_SYN_RECEIVED) | BIT(TCP_ESTABLISHED)),
	    [TCP_FIN_WAIT_1] =
		BIT(TCP_FIN_WAIT_2) | BIT(TCP_CLOSING) | BIT(TCP_TIME_WAIT) | BIT(TCP_CLOSED),
	    [TCP_FIN_WAIT_2] = BIT(TCP_TIME_WAIT) | BIT(TCP_CLOSED),
	    [TCP_CLOSE_WAIT] = BIT(TCP_LAST_ACK) | BIT(TCP_CLOSED),
	    [TCP_CLOSING] = BIT(TCP_TIME_WAIT) | BIT(TCP_CLOSED),
	    [TCP_LAST_ACK] = BIT(TCP_CLOSED),
	    [TCP_TIME_WAIT] = BIT(TCP_CLOSED),
	};

	return from == to || after[from] & BIT(to);
}

static void check_state(struct sim *s, struct sim_flow *f, unsigned int side)
{
	struct sim_user *u = &f->user[side];
	const enum tcp_state now = tcp_state(u->c);

	if (!may_be_seen_after(u->state, now))
		sim_fault(s, "flow %u: side %u goes from %s to %s", number(s, f), side,
			  tcp_state_name(u->state), tcp_state_name(now));
	if (s->verbose && now != u->state)
		sim_trace(s, "%u flow %u %s -> %s", side, number(s, f), tcp_state_name(u->state),
			  tcp_state_name(now));
	u->state = now;
}

void sim_user_turn(struct sim *s, struct sim_flow *f, unsigned int side)
{
	struct sim_user *u = &f->user[side];

	if (u->over)
		return;
	if (u->c == NULL) {
		if (u->dials && !u->dialed && s->now_us >= u->dial_at_us)
			dial(s, f, side);
		return;
	}
	check_state(s, f, side);
	if (u->last_news != 0) {
		if (s->now_us >= u->release_at_us)
			release(s, f, side);
		return;
	}
	read_some(s, f, side);
	write_some(s, f, side);
	end(s, f, side);
	if (u->c != NULL)
		check_state(s, f, side);
}

/* --- news --- */

/* Whoever comes to a port where the flow has its connection already is let go. */
static struct sim_flow *whose(struct sim *s, unsigned int side, struct tcp_conn *c,
			      unsigned int news)
{
	const struct flow_key *key = tcp_key(s->side[side].t, c);
	struct sim_flow *f = sim_user_flow(s, key->local_port, key->remote_port);
	struct sim_user *u = f != NULL ? &f->user[side] : NULL;

	if (u != NULL && u->c == c)
		return f;
	if (u != NULL && news & TCP_NEWS_ACCEPTED && u->c == NULL && !u->over && !u->dials) {
		u->c = c;
		u->state = TCP_SYN_RECEIVED;
		return f;
	}
	/* A cookie's secret lives two minutes: a duplicate of its first segment may open again. */
	if (!(s->excuse & (SIM_TAMPERED | SIM_HEAVY_LOSS)) &&
	    !sim_inside_awaits_cookies(s->side[side].t))
		sim_fault(s, "side %u: news %#x of a connection nobody asked for", side, news);
	tcp_release(s->side[side].t, c);
	return NULL;
}

/* All that is left is read first; then the connection is gone. */
static void hear_end(struct sim *s, struct sim_flow *f, unsigned int side, unsigned int news)
{
	struct sim_user *u = &f->user[side];

	if (!(s->excuse & SIM_TAMPERED) || tcp_inbound_bytes(u->c) > 0)
		consume(s, f, side, tcp_inbound_bytes(u->c));
	u->last_news |= news & TCP_NEWS_GONE;
	u->release_at_us = s->now_us + (u->releases_late ? sim_below(s, 5 * SIM_SECOND) : 0);
}

void sim_user_news(struct sim *s, unsigned int side, struct tcp_conn *c, unsigned int news)
{
	struct sim_flow *f = whose(s, side, c, news);
	struct sim_user *u;

	if (f == NULL)
		return;
	u = &f->user[side];
	sim_trace(s, "%u flow %u news%s%s%s%s%s%s%s%s", side, number(s, f),
		  news & TCP_NEWS_ACCEPTED ? " accepted" : "",
		  news & TCP_NEWS_OPENED ? " opened" : "", news & TCP_NEWS_DATA ? " data" : "",
		  news & TCP_NEWS_ACKED ? " acked" : "", news & TCP_NEWS_FIN ? " fin" : "",
		  news & TCP_NEWS_RESET ? " reset" : "", news & TCP_NEWS_TIMEOUT ? " timeout" : "",
		  news & TCP_NEWS_CLOSED ? " closed" : "");
	if (news & (TCP_NEWS_ACCEPTED | TCP_NEWS_OPENED)) {
		SIM_REQUIRE(s, !u->opened);
		SIM_REQUIRE(s, !(news & TCP_NEWS_ACCEPTED) || !u->dials || f->crosses);
		u->opened = true;
		tcp_trust(s->side[side].t, c); /* as the relay does once it has a name */
	}
	if (news & TCP_NEWS_FIN) {
		SIM_REQUIRE(s, !u->fin);
		u->fin = true;
	}
	if (news & TCP_NEWS_ACKED)
		check_kept(s, f, side);
	if (news & TCP_NEWS_GONE)
		hear_end(s, f, side, news);
}

/* --- when a user acts by itself --- */

static uint64_t later_than(uint64_t at_us, uint64_t now_us)
{
	return at_us > now_us ? at_us : SIM_NEVER;
}

static uint64_t next_of(const struct sim *s, const struct sim_user *u)
{
	uint64_t next = SIM_NEVER;

	if (u->over)
		return SIM_NEVER;
	if (u->c == NULL)
		return u->dials && !u->dialed ? later_than(u->dial_at_us, s->now_us) : SIM_NEVER;
	if (u->last_news != 0)
		return later_than(u->release_at_us, s->now_us);
	if (tcp_inbound_bytes(u->c) > 0)
		next = later_than(u->read_at_us, s->now_us);
	if (u->given < u->to_send && tcp_room(u->c) > 0)
		next = sim_earlier(next, later_than(u->write_at_us, s->now_us));
	return sim_earlier(next, later_than(u->end_at_us, s->now_us));
}

uint64_t sim_user_next_us(const struct sim *s)
{
	uint64_t next = SIM_NEVER;

	for (unsigned int f = 0; f < s->flow_count; f++)
		for (unsigned int i = 0; i < SIM_SIDES; i++)
			next = sim_earlier(next, next_of(s, &s->flow[f].user[i]));
	return next;
}
