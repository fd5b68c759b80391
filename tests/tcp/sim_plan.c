/* SPDX-License-Identifier: BSD-3-Clause */
/* sim_plan.c - what a seed draws: the link, the engines, the users; and what that excuses. */
#include "tests/tcp/sim.h"

enum {
	IPV6_MTU_MIN = 1280,
	HEAVY_LOSS = 80,          /* of 1000, and more: tries of a handshake may all be lost */
	HEAVY_LOSS_BYTES = 60000, /* of one user then: a timeout for each window takes its time */
};

static unsigned int rarely(struct sim *s, unsigned int one_of, uint64_t least, uint64_t most)
{
	return sim_below(s, one_of) == 0 ? (unsigned int)sim_scale(s, least, most) : 0;
}

static void draw_loss(struct sim *s, struct sim_link *l)
{
	l->loss = rarely(s, 2, 1, 128);
	l->burst_loss = rarely(s, 4, 1, 16);
	l->burst_end = 100 + (unsigned int)sim_below(s, 600);
	l->reorder = rarely(s, 3, 1, 255);
	l->twice = rarely(s, 4, 1, 64);
	l->damage = rarely(s, 6, 1, 63);
	l->ack_loss = rarely(s, 6, 16, 511);
	l->thin_us = rarely(s, 8, 256, 32768);
	l->mark = rarely(s, 2, 1, 511);
	if (l->damage > 0 && sim_below(s, 6) == 0)
		l->repair = 100;
}

static void draw_link(struct sim *s, struct sim_link *l)
{
	const uint64_t kind = sim_below(s, 6);

	*l = (struct sim_link){
	    .delay_us = sim_scale(s, 8, 200000), .mtu_at_us = SIM_NEVER, .burst_end = 1000};
	l->queue_bytes = sim_scale(s, 4096, 262144);
	if (kind > 1)
		l->bytes_per_s = sim_scale(s, 20000, 100000000);
	if (kind > 0) /* else perfect, but for its rate */
		draw_loss(s, l);
	if (sim_below(s, 3) == 0)
		l->jitter_us = sim_below(s, 2 * l->delay_us);
	if (sim_below(s, 8) == 0) {
		l->down_from_us = s->began_us + sim_scale(s, 1024, 8 * SIM_SECOND);
		l->down_to_us = l->down_from_us + sim_scale(s, 65536, 8 * SIM_SECOND);
	}
	if (sim_below(s, 20) == 0) {
		l->mtu_at_us = s->began_us + sim_scale(s, 1024, 8 * SIM_SECOND);
		l->mtu = 576 + (uint32_t)sim_below(s, 900);
		l->mtu_told = sim_below(s, 2);
	}
}

static void draw_links(struct sim *s)
{
	draw_link(s, &s->link[0]);
	if (sim_below(s, 2))
		s->link[1] = s->link[0];
	else
		draw_link(s, &s->link[1]);
	for (unsigned int i = 0; i < SIM_SIDES; i++) {
		const struct sim_link *l = &s->link[i];

		if (l->burst_loss > 0 || l->loss + l->ack_loss + l->damage >= HEAVY_LOSS)
			s->excuse |= SIM_HEAVY_LOSS;
	}
}

static void draw_side(struct sim *s, unsigned int i)
{
	struct sim_side *d = &s->side[i];

	d->setup = env_setup(s->env);
	d->setup.isn_key.k0 = check_random(&s->random);
	d->setup.flow_key.k1 = check_random(&s->random);
	d->setup.core = (uint16_t)i;
	d->setup.conns = sim_below(s, 10) == 0 ? 2 + (uint32_t)sim_below(s, 6) : 24;
	d->setup.mtu[IFACE_EDGE] =
	    sim_below(s, 2) ? 1500 : 576 + (uint32_t)sim_below(s, 2000 - 576);
	d->setup.rx_mbufs[IFACE_EDGE] = s->rx->size;
	d->setup.repairs = rarely(s, 4, 1, 4);
	d->setup.congestion = sim_below(s, 2) ? TCP_CUBIC : TCP_NEWRENO;
	/* Both, more often than by chance. */
	d->setup.ecn = sim_below(s, 3) < (s->side[0].setup.ecn ? 2 : 1);
	d->setup.keepalive_idle_us =
	    sim_below(s, 4) == 0 ? sim_scale(s, SIM_SECOND, 64 * SIM_SECOND) : 0;
	d->setup.user_timeout_us = 3600 * SIM_SECOND;
	if (sim_below(s, 12) == 0)
		d->setup.user_timeout_us = sim_scale(s, 2 * SIM_SECOND, 32 * SIM_SECOND);
	else if (sim_below(s, 12) == 0)
		d->setup.user_timeout_us = 0;
	d->setup.time_wait_us = sim_below(s, 2) ? 60 * SIM_SECOND : SIM_SECOND;
	if (d->setup.conns < 16)
		s->excuse |= SIM_FEW_SLOTS;
	if ((d->setup.user_timeout_us != 0 && d->setup.user_timeout_us < 600 * SIM_SECOND) ||
	    d->setup.keepalive_idle_us != 0)
		s->excuse |= SIM_SHORT_TIMEOUT;
}

/* RFC 8200 5: no link of IPv6 carries less than 1,280 bytes. */
static void use_ipv6(struct sim *s, unsigned int i)
{
	uint32_t *mtu = &s->side[i].setup.mtu[IFACE_EDGE];

	s->side[i].addr = (struct ip_addr){{0xfd, [15] = (uint8_t)(i + 1)}};
	s->link[i].mtu = max_u32(s->link[i].mtu, IPV6_MTU_MIN);
	*mtu = max_u32(*mtu, IPV6_MTU_MIN);
}

static void draw_sides(struct sim *s)
{
	const bool v6 = sim_below(s, 3) == 0;

	for (unsigned int i = 0; i < SIM_SIDES; i++) {
		draw_side(s, i);
		if (v6)
			use_ipv6(s, i);
		else
			s->side[i].addr = addr_from_v4(0x0a000001 + i);
	}
}

static uint64_t draw_bytes(struct sim *s)
{
	switch (sim_below(s, 16)) {
	case 0:
	case 1:
	case 2:
		return 0;
	case 3:
	case 4:
	case 5:
	case 6:
		return sim_below(s, 2000);
	case 7:
		return sim_scale(s, 131072, 524288);
	default:
		return sim_scale(s, 256, 65536);
	}
}

static void draw_user(struct sim *s, struct sim_user *u)
{
	*u = (struct sim_user){.to_send = draw_bytes(s), .piece_max = 4096, .end_at_us = SIM_NEVER};
	if (sim_below(s, 4) == 0) { /* small writes */
		u->piece_max = 1 + (uint32_t)sim_below(s, 200);
		u->to_send = u->to_send < 100u * u->piece_max ? u->to_send : 100u * u->piece_max;
	}
	if (sim_below(s, 3) == 0) {
		u->write_pause_us = sim_scale(s, 128, SIM_SECOND);
		u->burst_bytes = 1 + u->to_send / 16;
	}
	if (sim_below(s, 4) == 0)
		u->read_pause_us = sim_scale(s, 128, 262144);
	if (sim_below(s, 6) == 0)
		u->stall_us = 20 * SIM_SECOND;
	u->keeps = sim_below(s, 2);
	u->releases_late = sim_below(s, 3) == 0;
	u->end = sim_below(s, 10) == 0 ? SIM_END_CLOSE_RELEASE + (enum sim_end)sim_below(s, 3)
				       : SIM_END_CLOSE;
	if (u->end == SIM_END_ABORT || u->end == SIM_END_RELEASE)
		u->end_at_us = s->began_us + sim_scale(s, 64, 4 * SIM_SECOND);
}

static void draw_flow(struct sim *s, struct sim_flow *f)
{
	const unsigned int opener = (unsigned int)sim_below(s, 2);

	for (unsigned int i = 0; i < SIM_SIDES; i++) {
		draw_user(s, &f->user[i]);
		if (s->excuse & SIM_HEAVY_LOSS && f->user[i].to_send > HEAVY_LOSS_BYTES)
			f->user[i].to_send = HEAVY_LOSS_BYTES;
	}
	f->crosses = sim_below(s, 8) == 0;
	f->user[opener].dials = true;
	f->user[opener].dial_at_us = s->began_us + (sim_below(s, 2) ? 0 : sim_below(s, SIM_SECOND));
	if (f->crosses) {
		f->user[!opener].dials = true;
		f->user[!opener].dial_at_us = f->user[opener].dial_at_us;
	}
	if (sim_below(s, 3) == 0 && f->user[opener].end == SIM_END_CLOSE)
		f->user[opener].end = SIM_END_CLOSE_LAST;
	else if (sim_below(s, 2) && f->user[!opener].end == SIM_END_CLOSE)
		f->user[!opener].end = SIM_END_CLOSE_LAST;
}

/* Some seconds with nearly no buffers to receive into, or to send ACKs and copies from. */
static void draw_pinch(struct sim *s)
{
	if (sim_below(s, 8) != 0)
		return;
	s->pinch.pool = sim_below(s, 2) ? s->rx : s->env->tx;
	s->pinch.leave = (unsigned int)sim_below(s, 8);
	s->pinch.from_us = s->began_us + sim_scale(s, 256, 2 * SIM_SECOND);
	s->pinch.to_us = s->pinch.from_us + sim_scale(s, 1024, 4 * SIM_SECOND);
}

void sim_plan(struct sim *s)
{
	draw_links(s);
	draw_sides(s);
	s->flow_count = sim_below(s, 2) ? 1 : 1 + (unsigned int)sim_below(s, SIM_FLOWS_MAX);
	for (unsigned int i = 0; i < s->flow_count; i++)
		draw_flow(s, &s->flow[i]);
	s->scatter = sim_below(s, 4) == 0 ? 200 : 0;
	s->hold = sim_below(s, 2) ? 100 : 0;
	s->poll_us = sim_below(s, 3) ? 1 : sim_scale(s, 8, 2048);
	draw_pinch(s);
}
