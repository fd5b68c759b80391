/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tcp_bench_flow.c - the flow table as packets meet it: connections in random order, one after the
 * other and in bursts. The keys lie where the engine has them, in one line of each control block.
 */
#include <sys/mman.h>

#include "bench/tcp_bench.h"

enum { STRETCH = 4096, FLOWS_FEW = 1000, FLOWS_SOME = 100 * 1000, FLOWS_MANY = 1000 * 1000 };

/* As large as a control block of the engine. */
struct block {
	uint8_t lines[3 * CACHE_LINE];
	struct flow_key key;
} CACHE_ALIGNED;

struct table {
	struct flow_table flow;
	void *memory;
	struct block *blocks;
	uint32_t flows;
	uint64_t seed;
};

static struct flow_key key_of(uint32_t n)
{
	return (struct flow_key){
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

	*t = (struct table){.flows = flows, .seed = UINT64_C(0x5eed5eed00000013)};
	t->memory = map_pages(flow_bytes(flows), huge);
	t->blocks = map_pages(flows * sizeof(*t->blocks), huge);
	flow_init(&t->flow, t->memory, flows, &secret, &t->blocks->key, sizeof(*t->blocks));
	for (uint32_t n = 0; n < flows; n++) {
		const struct flow_key key = key_of(n);

		if (!flow_add(&t->flow, &key, n))
			bench_die("the flow table is full");
	}
}

static void close_table(struct table *t)
{
	(void)munmap(t->memory, flow_bytes(t->flows));
	(void)munmap(t->blocks, t->flows * sizeof(*t->blocks));
}

static void choose_keys(struct table *t, struct flow_key *keys)
{
	for (int i = 0; i < STRETCH; i++)
		keys[i] = key_of((uint32_t)(bench_random(&t->seed) % t->flows));
}

/* Each key waits for the slot found before: what one packet alone costs. */
static uint64_t find_singly(const struct bench *b, const struct table *t, struct flow_key *keys)
{
	const uint64_t start_ns = bench_cpu_ns();
	uint32_t slot = 0;

	for (int i = 0; i < STRETCH; i++) {
		keys[i].zero = (uint16_t)(keys[i].zero | slot >> 31); /* never: all are found */
		slot = flow_find(&t->flow, &keys[i]);
	}
	bench_keep(&slot);
	return bench_since_ns(b, start_ns);
}

static uint64_t find_bursts(const struct bench *b, const struct table *t, struct flow_key *keys)
{
	const uint64_t start_ns = bench_cpu_ns();
	struct flow_probe probes[BURST_MAX];
	uint32_t slots[BURST_MAX];

	for (int i = 0; i < STRETCH; i += BURST_MAX) {
		flow_fetch(&t->flow, &keys[i], BURST_MAX, probes);
		flow_guess(&t->flow, probes, BURST_MAX);
		for (int j = 0; j < BURST_MAX; j++)
			slots[j] = flow_find_at(&t->flow, &keys[i + j], probes[j]);
		bench_keep(slots);
	}
	return bench_since_ns(b, start_ns);
}

static double one_ns(const struct bench *b, struct table *t, bool bursts)
{
	const unsigned int stretches = b->is_short ? 20 : 100;
	static struct flow_key keys[STRETCH];
	uint64_t ns = 0;

	for (unsigned int i = 0; i < stretches; i++) {
		choose_keys(t, keys);
		ns += bursts ? find_bursts(b, t, keys) : find_singly(b, t, keys);
	}
	return (double)ns / (stretches * STRETCH);
}

static const struct bench_line lines[] = {
    {"flow.1k.single", "ns", BENCH_INFO, 0, 0},
    {"flow.1k.burst", "ns", BENCH_INFO, 0, 0},
    {"flow.100k.single", "ns", BENCH_INFO, 0, 0},
    {"flow.100k.burst", "ns", BENCH_INFO, 0, 0},
    {"flow.1m.single", "ns", BENCH_INFO, 0, 0},
    {"flow.1m.burst", "ns", BENCH_INFO, 0, 0},
    {"flow.1m.single.4k_pages", "ns", BENCH_INFO, 0, 0},
    {"flow.1m.burst.4k_pages", "ns", BENCH_INFO, 0, 0},
    {"flow.ratio.single", "x", BENCH_INFO, 0, 0},
    {"flow.ratio.burst", "x", BENCH_AT_MOST, 3, 2},
    {"flow.ratio.burst.4k_pages", "x", BENCH_INFO, 0, 0},
};

void bench_flow(struct bench *b, struct bench_pools *p)
{
	static const uint32_t flows[] = {FLOWS_FEW, FLOWS_SOME, FLOWS_MANY, FLOWS_MANY};
	double values[ARRAY_LEN(lines)][BENCH_ROUNDS_MAX];
	struct table t[ARRAY_LEN(flows)];

	(void)p;
	for (size_t i = 0; i < ARRAY_LEN(flows); i++)
		open_table(&t[i], flows[i], i < ARRAY_LEN(flows) - 1);
	for (size_t i = 0; i < ARRAY_LEN(flows); i++)
		(void)one_ns(b, &t[i], true); /* warm-up */
	for (unsigned int r = 0; r < b->rounds; r++) {
		for (size_t i = 0; i < ARRAY_LEN(flows); i++) {
			values[2 * i][r] = one_ns(b, &t[i], false);
			values[2 * i + 1][r] = one_ns(b, &t[i], true);
		}
		values[8][r] = values[4][r] / values[0][r];
		values[9][r] = values[5][r] / values[1][r];
		values[10][r] = values[7][r] / values[1][r];
	}
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		bench_report(b, &lines[i], values[i], b->rounds);
	for (size_t i = 0; i < ARRAY_LEN(flows); i++)
		close_table(&t[i]);
}
