/* SPDX-License-Identifier: BSD-3-Clause */
/* sim_wire.c - what must hold of every segment an engine sends, known from the wire alone. */
#include "tests/tcp/sim.h"

static uint32_t sequence_bytes(const struct env_segment *seg)
{
	return seg->len + (seg->flags & SIM_SYN ? 1 : 0) + (seg->flags & SIM_FIN ? 1 : 0);
}

/* Header fields that no segment may have, whatever its connection (RFC 9293 3.1). */
static void check_form(struct sim *s, const struct tcp_output *o, const struct env_segment *seg)
{
	const uint8_t *b = rte_pktmbuf_mtod(o->m, const uint8_t *);
	const uint8_t kind = seg->flags & (SIM_SYN | SIM_FIN | SIM_RST);

	SIM_REQUIRE(s, (kind & (kind - 1)) == 0); /* one of the three at most */
	SIM_REQUIRE(s, (b[12] & 0x0f) == 0 && b[18] == 0 && b[19] == 0);
	SIM_REQUIRE(s, !(seg->flags & SIM_URG));
	SIM_REQUIRE(s, seg->flags & (SIM_ACK | SIM_SYN | SIM_RST));
	SIM_REQUIRE(s, seg->flags & SIM_ACK || seg->ack == 0);
	SIM_REQUIRE(s, seg->len == 0 || !(seg->flags & (SIM_SYN | SIM_RST)));
	SIM_REQUIRE(s, !(seg->flags & SIM_SYN) || seg->opt.has_mss);
	SIM_REQUIRE(s, seg->flags & SIM_SYN ||
			   (!seg->opt.has_mss && !seg->opt.has_wscale && !seg->opt.sack_permitted));
	SIM_REQUIRE(s, o->m->data_len + (addr_is_v4(&o->src) ? 20u : 40u) <= 2048);
}

/* Of a SYN: ECE and CWR ask, ECE alone grants (RFC 3168 6.1.1). */
static bool is_ecn_setup(const struct env_segment *seg)
{
	return (seg->flags & SIM_ECE) && !(seg->flags & SIM_ACK) == !!(seg->flags & SIM_CWR);
}

/* @v as it is, but for the other side's SYN and text, which whoever sent @v has heard since. */
static struct sim_view hear_like(struct sim_view v, const struct sim_view *since)
{
	v.has_heard = since->has_heard;
	v.heard_iss = since->heard_iss;
	v.heard_end = since->heard_end;
	v.has_heard_mark = since->has_heard_mark;
	return v;
}

/* A SYN begins the view anew: first ones and those of a later connection of the same ports. */
static void take_syn(struct sim_flow *f, unsigned int side, const struct env_segment *seg)
{
	struct sim_view *v = &f->view[side];

	if (v->has_syn && v->iss != seg->seq && seg->flags & SIM_ACK)
		f->answer[side][f->answers[side]++ % SIM_ANSWERS] = *v;
	if (!v->has_syn || v->iss != seg->seq)
		*v = hear_like((struct sim_view){.end = seg->seq + 1}, v);
	v->has_syn = true;
	v->iss = seg->seq;
	v->offers_ts = seg->opt.has_ts;
	v->offers_wscale = seg->opt.has_wscale;
	v->offers_sack = seg->opt.sack_permitted;
	v->wscale = seg->opt.wscale;
	v->mss = seg->opt.mss;
	v->offers_ecn |= is_ecn_setup(seg);
	v->sends_plain |= !is_ecn_setup(seg);
}

/* RFC 9293 3.8.6: the right edge never moves back, but for what the scale rounds off. */
static void check_edge(struct sim *s, struct sim_view *v, const struct sim_view *other,
		       const struct env_segment *seg)
{
	const uint8_t scale =
	    v->offers_wscale && other->offers_wscale && !(seg->flags & SIM_SYN) ? v->wscale : 0;
	const tcp_seq edge = seg->ack + ((uint32_t)seg->window << scale);
	const tcp_seq slack = (1u << v->wscale) - 1;

	/* a SYN again cannot say what an ACK behind the first one has said, scaled */
	SIM_REQUIRE(s,
		    !v->has_edge || seg->flags & SIM_SYN || seq_at_or_after(edge + slack, v->edge));
	SIM_REQUIRE(s, !v->has_edge || seq_at_or_after(seg->ack, v->ack));
	SIM_REQUIRE(s, !v->has_heard || seq_at_or_before(seg->ack, v->heard_end));
	if (!v->has_edge || seq_after(edge, v->edge))
		v->edge = edge;
	v->ack = seg->ack;
	v->has_edge = true;
}

/* RFC 2018 3 and 4, 2883 4: within what has come, above the ACK, apart; the first may be a D-SACK.
 */
static void check_sack(struct sim *s, const struct sim_view *v, const struct sim_view *other,
		       const struct env_segment *seg)
{
	const struct tcp_sack_block *b = seg->opt.sack;

	if (seg->opt.sack_count == 0)
		return;
	SIM_REQUIRE(s, v->offers_sack && other->offers_sack);
	for (unsigned int i = 0; i < seg->opt.sack_count; i++) {
		SIM_REQUIRE(s, seq_before(b[i].from, b[i].to));
		SIM_REQUIRE(s, seq_at_or_before(b[i].to, v->heard_end));
		SIM_REQUIRE(s, i == 0 || seq_after(b[i].from, seg->ack));
		for (unsigned int k = i + 1; k < seg->opt.sack_count; k++)
			SIM_REQUIRE(s, i == 0 || seq_before(b[i].to, b[k].from) ||
					   seq_before(b[k].to, b[i].from));
	}
}

/* RFC 7323 3.2: always or never, and a clock that does not go back. */
static void check_timestamp(struct sim *s, struct sim_view *v, const struct sim_view *other,
			    const struct env_segment *seg)
{
	if (seg->flags & (SIM_SYN | SIM_RST))
		return;
	SIM_REQUIRE(s, seg->opt.has_ts == (v->offers_ts && other->offers_ts));
	if (!seg->opt.has_ts)
		return;
	SIM_REQUIRE(s, v->ts_val == 0 || seq_at_or_after(seg->opt.ts_val, v->ts_val));
	v->ts_val = seg->opt.ts_val;
}

/* Each byte of text is the user's byte of that place, first time or again. */
static void check_text(struct sim *s, const struct sim_flow *f, unsigned int side,
		       const struct env_segment *seg)
{
	const struct sim_view *v = &f->view[side];
	const uint64_t offset = seg->seq - v->iss - 1;

	if (seg->len == 0)
		return;
	SIM_REQUIRE(s, offset + seg->len <= f->user[side].given);
	SIM_REQUIRE(s, memcmp(seg->payload, sim_user_bytes(s, f, side, offset), seg->len) == 0);
}

/* RFC 9293 3.7.1, 6691: the other side's MSS, and less by what the options take. */
static void check_size(struct sim *s, unsigned int side, const struct sim_view *other,
		       const struct tcp_output *o, const struct env_segment *seg)
{
	const uint32_t options = o->m->data_len - seg->len - 20;
	const uint32_t header = addr_is_v4(&o->src) ? 40 : 60;

	SIM_REQUIRE(s, seg->len == 0 || seg->len + options <= other->mss);
	SIM_REQUIRE(s, seg->len + options + header <= s->side[side].setup.mtu[IFACE_EDGE]);
}

/*
 * New text lies inside the window the other side has offered, but for a probe's one byte and a
 * FIN; and what is in flight is within what slow start can have made of the initial window.
 */
static void check_window(struct sim *s, const struct sim_view *v, const struct sim_view *other,
			 const struct env_segment *seg)
{
	const tcp_seq end = seg->seq + sequence_bytes(seg);
	const uint32_t mss = other->mss;
	uint64_t most;

	if (!v->has_heard_edge || sequence_bytes(seg) == 0 || !seq_after(end, v->end))
		return;
	SIM_REQUIRE(s, seg->len == 0 || seq_at_or_before(end, v->heard_edge + 1));
	most = min_u32(10 * mss, 14600 > 2 * mss ? 14600 : 2 * mss) + v->acked_bytes +
	       (v->acks_heard + 3) * mss;
	if (v->offers_sack && other->offers_sack) /* what is sacked is not in flight */
		most *= 2;
	SIM_REQUIRE(s, end - v->heard_ack <= most);
}

static void check_fin(struct sim *s, struct sim_view *v, const struct env_segment *seg)
{
	const tcp_seq end = seg->seq + sequence_bytes(seg);

	if (seg->flags & SIM_FIN) {
		SIM_REQUIRE(s, !v->has_fin || v->fin_seq == end - 1);
		v->has_fin = true;
		v->fin_seq = end - 1;
	}
	SIM_REQUIRE(s, !v->has_fin || seq_at_or_before(end, v->fin_seq + 1));
}

/*
 * RFC 3168 6.1: where both have agreed new text may be marked, nothing else, and but for the byte
 * of a probe all of it; CWR is on such a segment alone, ECE where a mark has come.
 */
static void check_ecn(struct sim *s, unsigned int side, const struct sim_flow *f,
		      const struct tcp_output *o, const struct env_segment *seg)
{
	const struct sim_view *v = &f->view[side], *other = &f->view[!side];
	const bool agreed = v->offers_ecn && other->offers_ecn;
	const bool is_new = seg->len > 0 && seg->seq == v->end;

	SIM_REQUIRE(s, o->ecn == 0 || o->ecn == 2);
	if (seg->flags & SIM_SYN) {
		SIM_REQUIRE(s, o->ecn == 0);
		SIM_REQUIRE(s, !(seg->flags & (SIM_ECE | SIM_CWR)) || is_ecn_setup(seg));
		SIM_REQUIRE(s, !is_ecn_setup(seg) || s->side[side].setup.ecn);
		return;
	}
	SIM_REQUIRE(s, o->ecn == 0 || (agreed && !v->sends_plain && is_new));
	SIM_REQUIRE(s, o->ecn != 0 || !agreed || v->sends_plain || other->sends_plain || !is_new ||
			   seg->len == 1);
	SIM_REQUIRE(s, !(seg->flags & SIM_CWR) || o->ecn != 0);
	SIM_REQUIRE(s, !(seg->flags & SIM_ECE) || (agreed && v->has_heard_mark));
}

static void check_flow(struct sim *s, struct sim_flow *f, unsigned int side,
		       const struct tcp_output *o, const struct env_segment *seg)
{
	struct sim_view *v = &f->view[side], *other = &f->view[!side];
	const tcp_seq end = seg->seq + sequence_bytes(seg);

	if (seg->flags & SIM_RST)
		return;
	if (seg->flags & SIM_SYN)
		take_syn(f, side, seg);
	if (!v->has_syn || s->excuse & SIM_TAMPERED)
		return;
	SIM_REQUIRE(s, seg->flags & SIM_SYN || seq_at_or_after(seg->seq, v->iss));
	SIM_REQUIRE(s, seq_at_or_before(seg->seq, v->end));
	if (seg->flags & SIM_ACK) {
		check_edge(s, v, other, seg);
		check_sack(s, v, other, seg);
	}
	check_timestamp(s, v, other, seg);
	check_text(s, f, side, seg);
	check_size(s, side, other, o, seg);
	check_fin(s, v, seg);
	check_ecn(s, side, f, o, seg);
	check_window(s, v, other, seg);
	if (seq_after(end, v->end))
		v->end = end;
}

void sim_wire_sent(struct sim *s, unsigned int side, const struct tcp_output *o)
{
	struct env_segment seg;
	struct sim_flow *f;

	if (s->verbose)
		sim_trace_segment(s, side, ">", &o->src, &o->dst,
				  rte_pktmbuf_mtod(o->m, const uint8_t *), o->m->data_len);
	if (!env_parse(o->m, &o->src, &o->dst, &seg)) {
		sim_fault(s, "side %u sends what is no segment", side);
		return;
	}
	check_form(s, o, &seg);
	SIM_REQUIRE(s, addr_equal(&o->src, &s->side[side].addr));
	f = sim_user_flow(s, seg.src_port, seg.dst_port);
	if (f != NULL && addr_equal(&o->dst, &s->side[!side].addr))
		check_flow(s, f, side, o, &seg);
}

/*
 * Whoever answers SYNs by cookies keeps none of them. One that comes again with other options, as
 * after a lost one that asked for ECN (RFC 3168 6.1.1.1), or in a later step, gets another ISN;
 * each offers a connection of its own, and what holds is what went with the number that comes back.
 */
static void take_cookie(struct sim *s, struct sim_flow *f, unsigned int side, tcp_seq isn)
{
	struct sim_view *v = &f->view[side];

	if (v->iss == isn || f->user[side].opened || !sim_inside_awaits_cookies(s->side[side].t))
		return;
	for (unsigned int i = 0; i < SIM_ANSWERS; i++) {
		struct sim_view *answer = &f->answer[side][i];
		const struct sim_view newer = *v;

		if (!answer->has_syn || answer->iss != isn)
			continue;
		*v = hear_like(*answer, &newer);
		*answer = newer;
		return;
	}
}

/* What the side may now acknowledge, and how far it may send. */
void sim_wire_heard(struct sim *s, unsigned int side, const struct env_segment *seg, uint8_t ecn)
{
	struct sim_flow *f = sim_user_flow(s, seg->dst_port, seg->src_port);
	struct sim_view *v, *other;
	tcp_seq end, edge;

	if (f == NULL || seg->flags & SIM_RST)
		return;
	v = &f->view[side];
	other = &f->view[!side];
	end = seg->seq + sequence_bytes(seg);
	v->has_heard_mark |= ecn == 3 && seg->len > 0;
	/* The other side may have forgotten a half-open connection and answer a SYN again anew. */
	if (seg->flags & SIM_SYN && seg->seq == other->iss && !f->user[side].opened &&
	    !(v->has_heard && v->heard_iss == seg->seq)) {
		v->has_heard = true;
		v->heard_iss = seg->seq;
		v->heard_end = end;
	} else if (v->has_heard && seq_after(end, v->heard_end)) {
		v->heard_end = end;
	}
	if (!(seg->flags & SIM_ACK) || !v->has_syn)
		return;
	take_cookie(s, f, side, seg->ack - 1);
	if (!v->has_heard_edge) {
		v->heard_ack = v->iss;
		v->heard_edge = v->iss + 1;
	}
	v->has_heard_edge = true;
	edge = seg->ack + ((uint32_t)seg->window
			   << (seg->flags & SIM_SYN || !v->offers_wscale || !other->offers_wscale
				   ? 0
				   : other->wscale));
	if (seq_after(edge, v->heard_edge))
		v->heard_edge = edge;
	v->acks_heard++;
	if (seq_after(seg->ack, v->heard_ack)) {
		v->acked_bytes += seg->ack - v->heard_ack;
		v->heard_ack = seg->ack;
	}
}
