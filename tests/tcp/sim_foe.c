/* SPDX-License-Identifier: BSD-3-Clause */
/* sim_foe.c - what a foe does with a connection of its own: the tricks of those who want more than
 * their share, cost us buffers, or hope for a bug. */
#include "tests/tcp/sim_hostile.h"

enum trick {
	TRICK_OPTIMISTIC, /* ACK of what has been sent but not come: Savage 1999 */
	TRICK_UNSENT,     /* ACK of what was never sent */
	TRICK_DIVIDE,     /* many ACKs for one segment */
	TRICK_SACK,       /* blocks that contradict each other and the ACK, and reneging */
	TRICK_BEHIND_GAP, /* out of order, overlapping, contradictory */
	TRICK_TINY,
	TRICK_WINDOW, /* shut, shrunk, a byte wide */
	TRICK_OPTIONS,
	TRICK_CONTROL, /* RST, SYN, FIN near and far, any flags */
	TRICK_OLD,
	TRICK_TIMESTAMP,
	TRICK_AFTER_FIN,
	TRICK_COUNT
};

static uint8_t text[2048]; /* what foes say: nothing the victim compares */

void sim_foe_send(struct sim *s, const struct ip_addr *src, const struct env_segment *seg)
{
	const uint8_t ecn = (uint8_t)sim_below(s, 4);
	const struct tcp_packet packet = {IFACE_EDGE, *src, s->side[0].addr, false, ecn};
	struct rte_mbuf *m = env_build(s->env, seg, &packet.src, &packet.dst);

	if (m == NULL)
		return;
	s->hostile->in++;
	if (s->verbose)
		sim_trace_segment(s, 0, "<", &packet.src, &packet.dst,
				  rte_pktmbuf_mtod(m, const uint8_t *), m->data_len);
	tcp_segment(s->side[0].t, m, &packet, s->now_us);
}

static struct env_segment usual(const struct sim_foe *f)
{
	struct env_segment seg = {.src_port = f->port,
				  .dst_port = f->prey_port,
				  .seq = f->snd_nxt,
				  .ack = f->rcv_nxt,
				  .flags = SIM_ACK,
				  .window = f->window,
				  .payload = text};

	seg.opt.has_ts = f->has_ts;
	seg.opt.ts_val = f->ts;
	seg.opt.ts_ecr = f->prey_ts;
	return seg;
}

static void send(struct sim *s, struct sim_foe *f, const struct env_segment *seg)
{
	struct env_segment said = *seg;

	if (f->has_ecn && !(seg->flags & SIM_SYN))
		said.flags |= sim_below(s, 4) > 0 ? SIM_ECE : SIM_CWR;
	sim_foe_send(s, &f->addr, &said);
}

static void send_syn(struct sim *s, struct sim_foe *f, uint8_t flags)
{
	struct env_segment seg;

	if (!(flags & SIM_ACK)) {
		f->iss = (tcp_seq)check_random(&s->random);
		f->prey_port = SIM_FOE_PORT;
		f->has_ts = sim_below(s, 2);
		f->has_ecn = sim_below(s, 2);
	}
	f->ts = (uint32_t)check_random(&s->random);
	f->window = (uint16_t)sim_below(s, 65536);
	f->snd_nxt = f->iss;
	seg = usual(f);
	seg.flags = flags;
	if (f->has_ecn)
		seg.flags |= flags & SIM_ACK ? SIM_ECE : SIM_ECE | SIM_CWR;
	seg.ack = flags & SIM_ACK ? f->rcv_nxt : 0;
	seg.opt.has_mss = sim_below(s, 4) > 0;
	seg.opt.mss = (uint16_t)sim_below(s, 1600);
	seg.opt.has_wscale = sim_below(s, 2);
	seg.opt.wscale = (uint8_t)sim_below(s, 15);
	seg.opt.sack_permitted = f->may_sack = sim_below(s, 2);
	f->syn_sent = true;
	f->open = false;
	send(s, f, &seg);
	f->snd_nxt = f->iss + 1;
}

static void send_sack(struct sim *s, const struct sim_foe *f, struct env_segment *seg)
{
	seg->opt.sack_count = (uint8_t)(1 + sim_below(s, f->has_ts ? 3 : 4));
	for (unsigned int i = 0; i < seg->opt.sack_count; i++) {
		seg->opt.sack[i].from = f->rcv_nxt - 1000 + (uint32_t)sim_below(s, 30000);
		seg->opt.sack[i].to = seg->opt.sack[i].from + (uint32_t)sim_below(s, 5000) -
				      (sim_below(s, 8) == 0 ? 3000u : 0u);
	}
}

static void divide(struct sim *s, struct sim_foe *f, struct env_segment *seg)
{
	const uint32_t bytes = f->rcv_max - f->rcv_nxt;

	for (unsigned int i = 0; i < 20 && bytes > 0; i++) {
		seg->ack = f->rcv_nxt + 1 + (uint32_t)sim_below(s, bytes);
		send(s, f, seg);
	}
}

/* Options as bytes: lengths 0 and 1, past the end, wrong for the kind, NOPs to the end. */
static void send_raw_options(struct sim *s, const struct sim_foe *f)
{
	const struct tcp_packet packet = {IFACE_EDGE, f->addr, s->side[0].addr, false, 0};
	static const uint8_t kinds[] = {0, 1, 2, 3, 4, 5, 8, 19, 34, 253, 255};
	struct env_segment seg = usual(f);
	struct rte_mbuf *m = env_build(s->env, &seg, &packet.src, &packet.dst);
	uint8_t *b;
	uint16_t sum;

	if (m == NULL)
		return;
	b = rte_pktmbuf_mtod(m, uint8_t *);
	m->data_len = (uint16_t)(20 + 4 * sim_below(s, 11));
	m->pkt_len = m->data_len;
	for (unsigned int i = 20; i < m->data_len; i++)
		b[i] = sim_below(s, 2) ? kinds[sim_below(s, ARRAY_LEN(kinds))]
				       : (uint8_t)sim_below(s, 12);
	b[12] = (uint8_t)(m->data_len / 4 << 4);
	if (sim_below(s, 4) == 0)
		b[12] = (uint8_t)sim_below(s, 256);
	b[16] = b[17] = 0;
	sum = env_checksum(b, m->data_len, &packet.src, &packet.dst);
	b[16] = (uint8_t)(sum >> 8);
	b[17] = (uint8_t)sum;
	s->hostile->in++;
	tcp_segment(s->side[0].t, m, &packet, s->now_us);
}

static void send_control(struct sim *s, struct sim_foe *f, struct env_segment *seg)
{
	seg->flags = (uint8_t)sim_below(s, 256);
	seg->seq += sim_below(s, 3) == 0 ? (uint32_t)check_random(&s->random)
					 : (uint32_t)sim_below(s, 40) - 20u;
	seg->ack += (uint32_t)sim_below(s, 40) - 20u;
	seg->len = (uint32_t)sim_below(s, 2) * (uint32_t)sim_below(s, 200);
	send(s, f, seg);
}

static void send_text(struct sim *s, struct sim_foe *f, struct env_segment *seg, uint32_t ahead)
{
	for (size_t i = 0; i < 16; i++)
		text[sim_below(s, sizeof(text))] = (uint8_t)check_random(&s->random);
	seg->seq = f->snd_nxt + ahead;
	seg->len = 1 + (uint32_t)sim_below(s, 1400);
	if (sim_below(s, 8) == 0)
		seg->flags |= SIM_FIN;
	send(s, f, seg);
	if (ahead == 0)
		f->snd_nxt += seg->len;
}

static void send_tiny(struct sim *s, struct sim_foe *f, struct env_segment *seg)
{
	for (unsigned int i = 0; i < 30; i++) {
		seg->seq = f->snd_nxt++;
		seg->len = 1;
		send(s, f, seg);
	}
}

static void play(struct sim *s, struct sim_foe *f, enum trick trick)
{
	struct env_segment seg = usual(f);

	switch (trick) {
	case TRICK_OPTIMISTIC:
		f->rcv_nxt = f->rcv_max;
		seg.ack = f->rcv_nxt + (uint32_t)sim_below(s, 10) * 1000;
		break;
	case TRICK_UNSENT:
		seg.ack = f->rcv_max + 100000 + (uint32_t)sim_below(s, 1u << 30);
		break;
	case TRICK_DIVIDE:
		divide(s, f, &seg);
		return;
	case TRICK_SACK:
		send_sack(s, f, &seg);
		break;
	case TRICK_BEHIND_GAP:
		for (unsigned int i = 0; i < 8; i++)
			send_text(s, f, &seg, 1 + (uint32_t)sim_below(s, 100000));
		return;
	case TRICK_TINY:
		send_tiny(s, f, &seg);
		return;
	case TRICK_WINDOW:
		f->window =
		    (uint16_t)(sim_below(s, 3) == 0 ? sim_below(s, 65536) : sim_below(s, 3));
		seg.window = f->window;
		break;
	case TRICK_OPTIONS:
		send_raw_options(s, f);
		return;
	case TRICK_CONTROL:
		send_control(s, f, &seg);
		return;
	case TRICK_OLD:
		seg.seq -= (uint32_t)sim_below(s, 100000);
		seg.ack -= (uint32_t)sim_below(s, 100000);
		seg.len = (uint32_t)sim_below(s, 1000);
		break;
	case TRICK_TIMESTAMP:
		f->ts += (uint32_t)check_random(&s->random) >> sim_below(s, 32);
		seg.opt.ts_val = f->ts;
		seg.opt.ts_ecr = (uint32_t)check_random(&s->random);
		break;
	case TRICK_AFTER_FIN:
		seg.flags |= SIM_FIN;
		send(s, f, &seg);
		f->snd_nxt++;
		send_text(s, f, &seg, 0);
		return;
	case TRICK_COUNT:
		return;
	}
	send(s, f, &seg);
}

void sim_foe_act(struct sim *s, struct sim_foe *f)
{
	const unsigned int trick = (unsigned int)sim_below(s, TRICK_COUNT);

	f->ts++;
	if (!f->syn_sent || sim_below(s, 60) == 0) {
		send_syn(s, f, SIM_SYN);
	} else if (f->owes_ack && sim_below(s, 4) > 0) {
		const struct env_segment seg = usual(f);

		f->owes_ack = false;
		send(s, f, &seg);
	} else if (f->open && s->hostile->tricks & BIT(trick)) {
		play(s, f, (enum trick)trick);
	} else if (f->open) {
		struct env_segment seg = usual(f);

		send_text(s, f, &seg, 0);
	}
}

/* Takes notes only; it answers when its turn comes. */
void sim_foe_hear(struct sim_foe *f, const struct env_segment *seg)
{
	const tcp_seq end = seg->seq + seg->len + (seg->flags & SIM_FIN ? 1 : 0);

	if (seg->flags & SIM_RST)
		return;
	f->prey_ts = seg->opt.ts_val;
	if (seg->flags & SIM_SYN) {
		f->prey_port = seg->src_port;
		f->rcv_nxt = f->rcv_max = seg->seq + 1;
		f->has_ts = seg->opt.has_ts;
		f->open = f->owes_ack = true;
		f->syn_sent = true;
		return;
	}
	if (seg->seq == f->rcv_nxt)
		f->rcv_nxt = end;
	if (seq_after(end, f->rcv_max))
		f->rcv_max = end;
	f->owes_ack |= seg->len > 0 || seg->flags & SIM_FIN;
}

/* The victim's user: reads and writes a little, sometimes ends. */
void sim_foe_prey(struct sim *s, struct sim_foe *f)
{
	struct tcp *t = s->side[0].t;

	if (f->prey == NULL)
		return;
	if (sim_below(s, 3) > 0)
		tcp_consume(t, f->prey, (uint32_t)sim_below(s, 20000), s->now_us);
	if (f->prey_left > 0 && tcp_room(f->prey) > 0) {
		struct rte_mbuf *m = env_data(
		    s->env, text, (uint16_t)(1 + sim_below(s, tcp_segment_bytes(f->prey))));

		if (m != NULL && !tcp_send(t, f->prey, m))
			rte_pktmbuf_free(m);
		f->prey_left--;
	}
	if (sim_below(s, 200) == 0)
		tcp_close(t, f->prey, s->now_us);
	if (sim_below(s, 400) == 0) {
		tcp_release(t, f->prey);
		f->prey = NULL;
	}
}
