/* SPDX-License-Identifier: BSD-3-Clause */
/* lane.c - a heap of frames by the time at which they arrive, in copies. */
#include <net/ethernet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <string.h>

#include "tests/link/lane.h"

#define NS_PER_US             1000
#define NS_PER_BYTE_AT_1_KBIT 8000000

void lane_init(struct lane *l)
{
	memset(l, 0, sizeof(*l));
	for (uint32_t i = 0; i < LANE_SLOTS; i++)
		l->free[l->free_count++] = i;
}

void lane_set(struct lane *l, const struct lane_rules *rules, uint64_t seed)
{
	l->rules = *rules;
	l->seed = seed;
	l->free_at_ns = l->last_due_ns = 0;
	l->jitter.state = seed;
	l->counts = (struct lane_counts){0};
	memset(l->party_flows, 0, sizeof(l->party_flows));
}

static uint32_t hash(uint32_t h, const uint8_t *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		h = (h ^ at[i]) * UINT32_C(16777619); /* FNV-1a */
	return h;
}

/* Addresses and ports of a TCP segment as a number; 0 for anything else. */
static uint32_t flow_name(const uint8_t *frame, uint16_t len)
{
	const struct ether_header *eth = (const void *)frame;
	const uint8_t *const packet = frame + sizeof(*eth);
	const struct iphdr *v4 = (const void *)packet;
	const struct ip6_hdr *v6 = (const void *)packet;
	uint32_t h = UINT32_C(2166136261);

	if (len < sizeof(*eth) + sizeof(*v6) + 4)
		return 0;
	if (eth->ether_type == htons(ETHERTYPE_IP) && v4->protocol == IPPROTO_TCP)
		h = hash(hash(h, packet + 12, 8), packet + (size_t)v4->ihl * 4, 4);
	else if (eth->ether_type == htons(ETHERTYPE_IPV6) && v6->ip6_nxt == IPPROTO_TCP)
		h = hash(hash(h, packet + 8, 32), packet + sizeof(*v6), 4);
	else
		return 0;
	return h | 1;
}

/* Where the codepoint lies in the second byte of the packet. */
static unsigned int codepoint_shift(const uint8_t *frame)
{
	const struct ether_header *eth = (const void *)frame;

	return eth->ether_type == htons(ETHERTYPE_IPV6) ? 4 : 0;
}

/* May a router mark this TCP segment (RFC 3168 5)? */
static bool is_capable(const uint8_t *frame)
{
	const unsigned int byte = frame[sizeof(struct ether_header) + 1];
	const unsigned int bits = byte >> codepoint_shift(frame) & IPTOS_ECN_MASK;

	return bits == IPTOS_ECN_ECT0 || bits == IPTOS_ECN_ECT1;
}

/* IPv4 has the codepoint under its checksum (RFC 1624 3). */
static void mark(uint8_t *frame)
{
	struct iphdr *v4 = (void *)(frame + sizeof(struct ether_header));
	const unsigned int shift = codepoint_shift(frame);
	uint8_t *at = frame + sizeof(struct ether_header) + 1;
	const uint8_t before = *at;
	uint32_t sum;

	*at |= (uint8_t)(IPTOS_ECN_CE << shift);
	if (shift != 0)
		return;
	sum = (uint16_t)~ntohs(v4->check) + (uint32_t)(*at - before);
	v4->check = htons((uint16_t) ~(sum + (sum >> 16)));
}

static struct dice *find_dice(struct lane *l, uint32_t name, uint32_t party)
{
	struct lane_flow *f = l->flow;
	uint64_t i = 0;

	while (i < l->counts.flows && f[i].name != name)
		i++;
	if (i == LANE_FLOWS)
		return &f[LANE_FLOWS - 1].dice;
	if (i == l->counts.flows) {
		f[i] = (struct lane_flow){
		    .name = name, .dice = {l->seed + l->party_flows[party % LANE_PARTIES]++}};
		f[i].dice.state =
		    dice_roll(&f[i].dice); /* so that neighbours have nothing in common */
		l->counts.flows++;
	}
	return &f[i].dice;
}

static bool is_before(const struct lane *l, uint32_t a, uint32_t b)
{
	const struct lane_slot *x = &l->slot[l->heap[a]], *y = &l->slot[l->heap[b]];

	return x->due_ns != y->due_ns ? x->due_ns < y->due_ns : x->serial < y->serial;
}

static void swap(struct lane *l, uint32_t a, uint32_t b)
{
	const uint32_t slot = l->heap[a];

	l->heap[a] = l->heap[b];
	l->heap[b] = slot;
}

static void push(struct lane *l, uint32_t slot)
{
	uint32_t at = l->heap_count++;

	l->heap[at] = slot;
	while (at > 0 && is_before(l, at, (at - 1) / 2)) {
		swap(l, at, (at - 1) / 2);
		at = (at - 1) / 2;
	}
}

static uint32_t pop(struct lane *l)
{
	const uint32_t slot = l->heap[0];
	uint32_t at = 0;

	l->heap[0] = l->heap[--l->heap_count];
	for (;;) {
		uint32_t child = 2 * at + 1;

		if (child >= l->heap_count)
			return slot;
		if (child + 1 < l->heap_count && is_before(l, child + 1, child))
			child++;
		if (!is_before(l, child, at))
			return slot;
		swap(l, at, child);
		at = child;
	}
}

/* When the bottleneck has sent @len more bytes. False: the queue in front of it is full. */
static bool pass_bottleneck(struct lane *l, uint16_t len, uint64_t now_ns, uint64_t *sent_ns)
{
	const uint64_t begin = l->free_at_ns > now_ns ? l->free_at_ns : now_ns;

	*sent_ns = now_ns;
	if (l->rules.rate_kbit == 0)
		return true;
	if ((begin - now_ns) * l->rules.rate_kbit / NS_PER_BYTE_AT_1_KBIT + len >
	    l->rules.queue_bytes)
		return false;
	*sent_ns = begin + (uint64_t)len * NS_PER_BYTE_AT_1_KBIT / l->rules.rate_kbit;
	l->free_at_ns = *sent_ns;
	return true;
}

/* A host's or a switch's own time, which keeps senders from falling into step with the bottleneck.
 */
static uint64_t delay_in_order(struct lane *l, uint64_t due_ns)
{
	due_ns += dice_below(&l->jitter, l->rules.jitter_us * NS_PER_US);
	if (due_ns < l->last_due_ns)
		due_ns = l->last_due_ns;
	l->last_due_ns = due_ns;
	return due_ns;
}

static void keep(struct lane *l, const struct lane_slot *how, const uint8_t *frame)
{
	struct lane_slot *s;
	uint32_t slot;

	if (l->free_count == 0) {
		l->counts.no_slot++;
		return;
	}
	slot = l->free[--l->free_count];
	s = &l->slot[slot];
	s->due_ns = how->due_ns;
	s->serial = l->serial++;
	s->port = how->port;
	s->len = how->len;
	memcpy(s->frame, frame, how->len);
	if (how->marked)
		mark(s->frame);
	push(l, slot);
}

void lane_put(struct lane *l, const uint8_t *frame, uint16_t len, struct lane_origin from,
	      uint64_t now_ns)
{
	const struct lane_rules *r = &l->rules;
	const uint32_t name = flow_name(frame, len);
	struct lane_slot how = {.port = from.port, .len = len};
	bool twice = false, late = false;
	uint64_t sent_ns;

	l->counts.frames++;
	l->counts.bytes += len;
	if (name != 0) {
		struct dice *d = find_dice(l, name, from.party);

		/* Always three throws, so that one rate does not change another's victims. */
		const bool lost = dice_below(d, 10000) < r->loss;

		twice = dice_below(d, 10000) < r->duplicate;
		late = dice_below(d, 10000) < r->reorder;
		if (lost) {
			l->counts.lost++;
			return;
		}
		if (late)
			how.due_ns = dice_below(d, r->reorder_us * NS_PER_US);
		how.marked = r->mark > 0 && is_capable(frame) && dice_below(d, 10000) < r->mark;
	}
	if (len > LANE_FRAME_MAX || !pass_bottleneck(l, len, now_ns, &sent_ns)) {
		l->counts.overflowed++;
		return;
	}
	how.due_ns += sent_ns + (uint64_t)r->delay_us * NS_PER_US;
	if (r->jitter_us > 0)
		how.due_ns = delay_in_order(l, how.due_ns);
	l->counts.duplicated += twice;
	l->counts.reordered += late;
	l->counts.marked += how.marked;
	keep(l, &how, frame);
	if (twice)
		keep(l, &how, frame);
}

const struct lane_slot *lane_take(struct lane *l, uint64_t now_ns)
{
	uint32_t slot;

	if (lane_next_ns(l) > now_ns)
		return NULL;
	slot = pop(l);
	l->free[l->free_count++] = slot;
	l->counts.delivered++;
	l->counts.late_ns_sum += now_ns - l->slot[slot].due_ns;
	l->counts.late += now_ns - l->slot[slot].due_ns > LANE_LATE_NS;
	return &l->slot[slot];
}

uint64_t lane_next_ns(const struct lane *l)
{
	return l->heap_count == 0 ? UINT64_MAX : l->slot[l->heap[0]].due_ns;
}
