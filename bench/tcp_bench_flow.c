/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tcp_bench_flow.c - the flow table as packets meet it: connections in random order, one by one and
 * in bursts; the burst ends with each connection's first line in cache, as the segment wants it.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "bench/tcp_bench.h"

enum { STRETCH = 4096, BURST = BURST_MAX };

struct table {
	struct flow_table flow;
	void *memory;
	size_t bytes;
	uint32_t flows;
	uint64_t seed;
};

static struct flow_key key_of(uint32_t n)
{
	return (struct flow_key){
	    .local = addr_from_v4(0xc0000201),
	    .remote = addr_from_v4(0x0a000000 + n / 50),
	    .local_port = BENCH_PORT,
	    .remote_port = (uint16_t)(1024 + n % 50 * 641),
	    .iface = IFACE_EDGE,
	};
}

static void *map_pages(size_t bytes, bool huge)
{
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		bench_die("no memory for the flow table");
	(void)madvise(at, bytes, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	return at;
}

static void open_table(struct table *t, uint32_t flows, bool huge)
{
	static const struct hash_key secret = {UINT64_C(0x1122334455667788),
					       UINT64_C(0x99aabbccddeeff00)};

	*t = (struct table){
	    .bytes = flow_bytes(flows), .flows = flows, .seed = UINT64_C(0x5eed5eed00000013)};
	t->memory = map_pages(t->bytes, huge);
	flow_init(&t->flow, t->memory, flows, &secret);
	for (uint32_t n = 0; n < flows; n++) {
		const struct flow_key key = key_of(n);

		if (!flow_add(&t->flow, &key, n))
			bench_die("the flow table is full");
	}
}

static void close_table(struct table *t)
{
	(void)munmap(t->memory, t->bytes);
}

static void choose_keys(struct table *t, struct flow_key *key)
{
	for (int i = 0; i < STRETCH; i++)
		key[i] = key_of((uint32_t)(bench_random(&t->seed) % t->flows));
}

/* Each key depends on the slot found before: what a single packet waits. */
static uint64_t find_singly(const struct bench *b, const struct table *t, struct flow_key *key)
{
	const uint64_t start_ns = bench_cpu_ns();
	uint32_t slot = 0;

	for (int i = 0; i < STRETCH; i++) {
		key[i].iface += slot == FLOW_NONE;
		slot = flow_find(&t->flow, &key[i]);
	}
	bench_keep(&slot);
	return bench_since_ns(b, start_ns);
}

static double single_ns(const struct bench *b, struct table *t, unsigned int stretches)
{
	static struct flow_key key[STRETCH];
	uint64_t ns = 0;

	for (unsigned int i = 0; i < stretches; i++) {
		choose_keys(t, key);
		ns += find_singly(b, t, key);
	}
	return (double)ns / (stretches * STRETCH);
}

void bench_flow(struct bench *b, struct bench_pools *p)
{
	static const struct bench_line lines[] = {
	    {"flow.1k.single", "ns", BENCH_INFO, 0, 0},
	    {"flow.100k.single", "ns", BENCH_INFO, 0, 0},
	    {"flow.1m.single", "ns", BENCH_INFO, 0, 0},
	    {"flow.ratio.single", "x", BENCH_INFO, 0, 0},
	};
	static const uint32_t flows[] = {1000, 100000, 1000000};
	const unsigned int stretches = b->is_short ? 20 : 100;
	double values[ARRAY_LEN(lines)][BENCH_ROUNDS_MAX];
	struct table t[ARRAY_LEN(flows)];

	(void)p;
	for (size_t i = 0; i < ARRAY_LEN(flows); i++)
		open_table(&t[i], flows[i], true);
	for (unsigned int r = 0; r < b->rounds; r++) {
		for (size_t i = 0; i < ARRAY_LEN(flows); i++)
			values[i][r] = single_ns(b, &t[i], stretches);
		values[3][r] = values[2][r] / values[0][r];
	}
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		bench_report(b, &lines[i], values[i], b->rounds);
	for (size_t i = 0; i < ARRAY_LEN(flows); i++)
		close_table(&t[i]);
}
