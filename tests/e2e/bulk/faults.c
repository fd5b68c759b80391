/* SPDX-License-Identifier: BSD-3-Clause */
/* faults.c - what a bad link does to a packet, in this order: loss, damage, repetition, delay. */
#include <rte_ether.h>
#include <rte_ip.h>

#include "tests/e2e/bulk/faults.h"

void faults_set(struct faults *f, const struct fault_rates *rates, uint64_t seed)
{
	f->rates = *rates;
	f->counts = (struct fault_counts){0};
	f->dice = (struct dice){seed};
}

/* Bytes of IPv4 packet in @m, without padding; 0 when it is none. */
static uint32_t packet_bytes(const struct rte_mbuf *m)
{
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
	const struct rte_ipv4_hdr *ip = (const void *)(eth + 1);

	if (m->data_len < sizeof(*eth) + sizeof(*ip) ||
	    eth->ether_type != rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4))
		return 0;
	return min_u32(rte_be_to_cpu_16(ip->total_length), (uint32_t)(m->data_len - sizeof(*eth)));
}

static void give(struct faults *f, struct rte_mbuf *m)
{
	if (f->tail - f->head == FAULTS_READY) {
		f->counts.short_of_memory++;
		rte_pktmbuf_free(m);
		return;
	}
	f->ready[f->tail++ % FAULTS_READY] = m;
}

static struct rte_mbuf *copy(struct faults *f, struct rte_mbuf *m)
{
	struct rte_mbuf *c = rte_pktmbuf_copy(m, f->pool, 0, UINT32_MAX);

	if (c == NULL)
		f->counts.short_of_memory++;
	return c;
}

/* One byte of the packet becomes another. Takes @m, returns what goes on. */
static struct rte_mbuf *damage(struct faults *f, struct rte_mbuf *m, uint32_t bytes)
{
	struct rte_mbuf *c = copy(f, m);

	if (c == NULL)
		return m;
	rte_pktmbuf_free(m);
	*rte_pktmbuf_mtod_offset(c, uint8_t *, RTE_ETHER_HDR_LEN + dice_below(&f->dice, bytes)) ^=
	    (uint8_t)(1 + dice_below(&f->dice, 255));
	f->counts.corrupted++;
	return c;
}

static void repeat(struct faults *f, struct rte_mbuf *m)
{
	struct rte_mbuf *c = copy(f, m);

	if (c == NULL)
		return;
	f->counts.duplicated++;
	give(f, c);
}

/* A delayed frame keeps its reference, as one in the ring of a slow device does. */
static void hold(struct faults *f, struct rte_mbuf *m, uint64_t now_us)
{
	f->held[f->held_count++] = (struct held_frame){
	    .m = m,
	    .behind = 1 + dice_below(&f->dice, FAULTS_BEHIND),
	    .until_us = now_us + FAULTS_HOLD_US,
	};
	f->counts.reordered++;
}

/* A frame has passed the held ones. */
static void let_pass(struct faults *f)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < f->held_count; i++) {
		if (--f->held[i].behind == 0)
			give(f, f->held[i].m);
		else
			f->held[kept++] = f->held[i];
	}
	f->held_count = kept;
}

void faults_put(struct faults *f, struct rte_mbuf *m, uint64_t now_us)
{
	const uint32_t bytes = packet_bytes(m);

	if (bytes == 0) {
		give(f, m);
		return;
	}
	if (dice_hit(&f->dice, f->rates.drop)) {
		f->counts.dropped++;
		rte_pktmbuf_free(m);
		return;
	}
	if (dice_hit(&f->dice, f->rates.corrupt))
		m = damage(f, m, bytes);
	if (dice_hit(&f->dice, f->rates.duplicate))
		repeat(f, m);
	if (f->held_count < FAULTS_HELD && dice_hit(&f->dice, f->rates.reorder)) {
		hold(f, m, now_us);
		return;
	}
	give(f, m);
	let_pass(f);
}

static void release_overdue(struct faults *f, uint64_t now_us)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < f->held_count; i++) {
		if (f->held[i].until_us <= now_us)
			give(f, f->held[i].m);
		else
			f->held[kept++] = f->held[i];
	}
	f->held_count = kept;
}

struct rte_mbuf *faults_take(struct faults *f, uint64_t now_us)
{
	release_overdue(f, now_us);
	if (f->head == f->tail)
		return NULL;
	return f->ready[f->head++ % FAULTS_READY];
}

bool faults_is_empty(const struct faults *f)
{
	return f->head == f->tail && f->held_count == 0;
}
