/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sim_blind.c - segments and ICMP errors in the name of a good connection by somebody who does not
 * see it (RFC 5961, 5927): resets and SYNs in the window but not exact, data with ACKs of what was
 * never sent or long ago, and guesses anywhere. None may be believed.
 */
#include "tests/tcp/sim_hostile.h"

/* What the stranger knows or has guessed: the victim's side of a flow. */
struct aim {
	unsigned int side;
	const struct sim_flow *flow;
	const struct sim_view *v;
};

/* Within the window but beyond all that has come, so never by luck the next number. */
static tcp_seq in_window(struct sim *s, const struct aim *a)
{
	const uint32_t room = a->v->edge - a->v->heard_end;

	if (seq_before(a->v->edge, a->v->heard_end) || room < 2)
		return a->v->heard_end + 0x40000000;
	return a->v->heard_end + 1 + (uint32_t)sim_below(s, room - 1);
}

static tcp_seq guess(struct sim *s, const struct aim *a)
{
	return sim_below(s, 3) == 0
		   ? a->v->heard_end + 0x10000000 + (uint32_t)sim_below(s, 1u << 30)
		   : in_window(s, a);
}

/* Of what was never sent, or older than any window. */
static tcp_seq wrong_ack(struct sim *s, const struct aim *a)
{
	if (sim_below(s, 2))
		return a->v->end + 1 + (uint32_t)sim_below(s, 1u << 20);
	return a->v->heard_ack - 0x10000000 - (uint32_t)sim_below(s, 1u << 20);
}

static void aim_segment(struct sim *s, const struct aim *a, struct env_segment *seg)
{
	const struct flow_key *key = tcp_key(s->side[a->side].t, a->flow->user[a->side].c);
	const struct sim_view *other = &a->flow->view[!a->side];

	seg->src_port = key->remote_port;
	seg->dst_port = key->local_port;
	seg->window = (uint16_t)sim_below(s, 65536);
	if (sim_below(s, 2)) { /* has it seen a timestamp? */
		seg->opt.has_ts = true;
		seg->opt.ts_val = other->ts_val + (uint32_t)sim_below(s, 2) * 1000;
	}
	seg->payload = sim_user_bytes(s, a->flow, a->side, sim_below(s, 1000));
	switch (sim_below(s, 5)) {
	case 0:
		seg->flags = SIM_RST | (sim_below(s, 2) ? SIM_ACK : 0);
		seg->seq = guess(s, a);
		seg->ack = wrong_ack(s, a);
		return;
	case 1: /* a SYN is never believed, not even with the exact number */
		seg->flags = SIM_SYN | (sim_below(s, 2) ? SIM_ACK : 0);
		seg->seq = sim_below(s, 2) ? guess(s, a) : a->v->ack;
		seg->ack = wrong_ack(s, a);
		return;
	case 2:
		seg->flags = SIM_ACK | (sim_below(s, 4) == 0 ? SIM_FIN : 0);
		seg->seq = sim_below(s, 2) ? in_window(s, a) : a->v->ack;
		seg->ack = wrong_ack(s, a);
		seg->len = (uint32_t)sim_below(s, 500);
		return;
	case 3: /* without ACK at all */
		seg->flags = sim_below(s, 2) ? SIM_FIN : SIM_PSH;
		seg->seq = sim_below(s, 2) ? in_window(s, a) : a->v->ack;
		seg->len = (uint32_t)sim_below(s, 100);
		return;
	default:
		seg->flags = SIM_ACK;
		seg->seq = a->v->heard_end + 0x10000000;
		seg->ack = a->v->heard_ack;
		seg->len = (uint32_t)sim_below(s, 500);
		return;
	}
}

/* RFC 5927 4: quoted numbers that are not in flight say nothing; unreachable is soft. */
static void send_icmp(struct sim *s, const struct aim *a)
{
	const struct flow_key *key = tcp_key(s->side[a->side].t, a->flow->user[a->side].c);
	const struct tcp_quoted quoted = {
	    .iface = IFACE_EDGE,
	    .local = s->side[a->side].addr,
	    .remote = key->remote,
	    .local_port = key->local_port,
	    .remote_port = key->remote_port,
	    .is_too_big = sim_below(s, 2),
	    .seq = a->v->end + 1 + (uint32_t)sim_below(s, 1u << 30),
	    .mtu = (uint32_t)sim_below(s, 3) * 68,
	};

	sim_trace(s, "%u forged icmp%s", a->side, quoted.is_too_big ? " too big" : "");
	tcp_icmp(s->side[a->side].t, &quoted, s->now_us);
}

static void send_forged(struct sim *s, const struct aim *a)
{
	const struct tcp_packet packet = {IFACE_EDGE, s->side[!a->side].addr, s->side[a->side].addr,
					  false, 0};
	struct env_segment seg = {0};
	struct rte_mbuf *m;

	aim_segment(s, a, &seg);
	m = env_build(s->env, &seg, &packet.src, &packet.dst);
	if (m == NULL)
		return;
	if (s->verbose)
		sim_trace_segment(s, a->side, "< forged", &packet.src, &packet.dst,
				  rte_pktmbuf_mtod(m, const uint8_t *), m->data_len);
	tcp_segment(s->side[a->side].t, m, &packet, s->now_us);
}

/* Open on both sides. Once it is over a SYN may open the next, whoever sends it (RFC 6191). */
static bool is_target(const struct sim_flow *f, unsigned int side)
{
	const struct sim_view *v = &f->view[side];

	if (!f->user[0].opened || !f->user[1].opened || f->user[side].c == NULL)
		return false;
	if (tcp_state(f->user[side].c) == TCP_CLOSED || tcp_state(f->user[side].c) == TCP_TIME_WAIT)
		return false;
	return v->has_heard && v->has_heard_edge && v->has_edge;
}

void sim_blind_act(struct sim *s)
{
	const struct sim_flow *f = &s->flow[sim_below(s, s->flow_count)];
	const unsigned int side = (unsigned int)sim_below(s, 2);
	const struct aim a = {side, f, &f->view[side]};

	if (!is_target(f, side))
		return;
	for (uint64_t n = 1 + sim_below(s, 4); n > 0; n--)
		if (sim_below(s, 6) == 0)
			send_icmp(s, &a);
		else
			send_forged(s, &a);
}
