/* SPDX-License-Identifier: BSD-3-Clause */
/* sim_trace.c - the timeline of one seed, segments written as in a .pkt script. */
#include <stdarg.h>

#include "tests/tcp/sim.h"

static void print_time(const struct sim *s)
{
	const uint64_t us = s->now_us - s->began_us;

	printf("+%" PRIu64 ".%06" PRIu64 " ", us / SIM_SECOND, us % SIM_SECOND);
}

void sim_trace(const struct sim *s, const char *format, ...)
{
	va_list args;

	if (!s->verbose)
		return;
	print_time(s);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

static const char *flags_text(uint8_t flags, char text[9])
{
	static const char letters[] = "FSRP.UEC";
	char *p = text;

	for (unsigned int i = 0; i < 8; i++)
		if (flags & BIT(i))
			*p++ = letters[i];
	if (p == text)
		*p++ = '-';
	*p = '\0';
	return text;
}

static void print_options(const struct tcp_options *o, tcp_seq ack_base)
{
	if (o->has_mss)
		printf(" mss %u", o->mss);
	if (o->has_wscale)
		printf(" wscale %u", o->wscale);
	if (o->sack_permitted)
		printf(" sackok");
	if (o->has_ts)
		printf(" ts %u %u", o->ts_val, o->ts_ecr);
	for (unsigned int i = 0; i < o->sack_count; i++)
		printf(" sack %u:%u", o->sack[i].from - ack_base, o->sack[i].to - ack_base);
}

/* @side is where it is seen: its sender for ">" and losses, its receiver for "<". */
void sim_trace_segment(const struct sim *s, unsigned int side, const char *way,
		       const struct ip_addr *src, const struct ip_addr *dst, const uint8_t *at,
		       size_t len)
{
	const bool in = way[0] == '<' || way[0] == 'n';
	tcp_seq seq_base = 0, ack_base = 0;
	const struct sim_flow *f;
	struct env_segment g;
	char text[9];

	print_time(s);
	if (!env_parse_bytes(at, len, src, dst, &g)) {
		printf("%u %s %zu bytes that are no segment\n", side, way, len);
		return;
	}
	f = sim_user_flow((struct sim *)(uintptr_t)s, in ? g.dst_port : g.src_port,
			  in ? g.src_port : g.dst_port);
	if (f != NULL) {
		seq_base = f->view[in ? !side : side].iss;
		ack_base = f->view[in ? side : !side].iss;
		printf("%u flow %u", side, (unsigned int)(f - s->flow));
	} else {
		printf("%u %u>%u", side, g.src_port, g.dst_port);
	}
	printf(" %s %s seq %u", way, flags_text(g.flags, text), g.seq - seq_base);
	if (g.len > 0)
		printf(":%u", g.seq - seq_base + g.len);
	if (g.flags & SIM_ACK)
		printf(" ack %u", g.ack - ack_base);
	printf(" win %u", g.window);
	print_options(&g.opt, ack_base);
	putchar('\n');
}

static void print_link(const struct sim *s, unsigned int i)
{
	const struct sim_link *l = &s->link[i];

	printf(
	    "link %u>%u: %" PRIu64 " B/s, queue %" PRIu64 " B, delay %" PRIu64
	    " us, jitter %" PRIu64
	    " us, of 1000: loss %u, bursts %u (end %u), reorder %u, twice %u, damage %u (repaired "
	    "%u), ACK loss %u, mark %u; ACKs wait %" PRIu64 " us\n",
	    i, !i, l->bytes_per_s, l->queue_bytes, l->delay_us, l->jitter_us, l->loss,
	    l->burst_loss, l->burst_end, l->reorder, l->twice, l->damage, l->repair, l->ack_loss,
	    l->mark, l->thin_us);
	if (l->down_to_us > 0)
		printf("  down from %+.3f s for %.3f s\n",
		       (double)(l->down_from_us - s->began_us) / 1e6,
		       (double)(l->down_to_us - l->down_from_us) / 1e6);
	if (l->mtu_at_us != SIM_NEVER)
		printf("  MTU %u from %+.3f s, %s\n", l->mtu,
		       (double)(l->mtu_at_us - s->began_us) / 1e6,
		       l->mtu_told ? "told by ICMP" : "not told");
}

static void print_side(const struct sim *s, unsigned int i)
{
	const struct tcp_setup *p = &s->side[i].setup;
	char text[ADDR_TEXT_MAX];

	printf("side %u: %s, mtu %u, conns %u, %s, ecn %d, keepalive %.1f s, user timeout %.1f s\n",
	       i, addr_text(&s->side[i].addr, text), p->mtu[IFACE_EDGE], p->conns,
	       p->congestion == TCP_CUBIC ? "cubic" : "newreno", p->ecn,
	       (double)p->keepalive_idle_us / 1e6, (double)p->user_timeout_us / 1e6);
}

void sim_trace_plan(const struct sim *s)
{
	static const char *const ends[] = {"close", "close last", "close and release", "abort",
					   "release"};

	if (!s->verbose)
		return;
	printf("seed %" PRIu64 "%s, excuses %#x, a turn each %" PRIu64 " us\n", s->seed,
	       s->hostile != NULL ? ", hostile" : "", s->excuse, s->poll_us);
	for (unsigned int i = 0; i < SIM_SIDES; i++) {
		print_side(s, i);
		print_link(s, i);
	}
	for (unsigned int k = 0; k < s->flow_count; k++)
		for (unsigned int i = 0; i < SIM_SIDES; i++) {
			const struct sim_user *u = &s->flow[k].user[i];

			printf("flow %u side %u:%s%s %" PRIu64
			       " bytes, pieces of %u, pauses: write %" PRIu64 " read %" PRIu64
			       " stall %" PRIu64 " us, then %s\n",
			       k, i, u->dials ? " dials," : "",
			       s->flow[k].crosses ? " crossing," : "", u->to_send, u->piece_max,
			       u->write_pause_us, u->read_pause_us, u->stall_us, ends[u->end]);
		}
}
