/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * relay_bench.c - what a relayed stanza costs the whole core, and what of it is computing: opening,
 * framing and sealing the same bytes without TCP, device and routes. README.md says what each line
 * is.
 */
#include <rte_malloc.h>
#include <stdlib.h>
#include <string.h>

#include "bench/machine.h"
#include "bench/relay_bench.h"
#include "dataplane/xmpp/framer.h"

enum {
	ROUNDS = 11,
	ROUNDS_SHORT = 5,
	STANZAS = 40000, /* a measurement */
	STANZAS_SHORT = 8000,
	WARM_UP = 20000, /* TCP's windows open */
	WIRE_ROOM = 2048,
};

/* --- the roof --- */

/* One stream in and one out, a burst of records, and nothing around them. */
struct roof {
	struct record_machine *machine;
	struct record_state *writer, *reader, *out;
	struct framer framer;
	uint8_t stanzas[2 * RELAY_STANZA + 2048];
	size_t at; /* in them, below RELAY_STANZA */
	uint8_t wire[RELAY_FRAMES][WIRE_ROOM];
	size_t wire_len[RELAY_FRAMES];
	uint8_t plain[TLS_RECORD_PLAIN_MAX + 256];
	uint8_t sealed[WIRE_ROOM]; /* the record being filled */
	size_t fill, room;
	uint64_t elements, records;
};

static struct roof roof;

static struct record_state *make_state(const struct tls_handover *keys)
{
	struct record_state *s = rte_zmalloc("roof", record_state_bytes(), CACHE_LINE);

	if (s == NULL || !record_init(s, keys, false))
		bench_die("no record state");
	return s;
}

static void roof_open(void)
{
	const struct tls_handover far = relay_keys(false), core = relay_keys(true);
	static const char header[] = RELAY_HEADER;
	size_t used;

	roof.machine = record_machine_init(4);
	if (roof.machine == NULL)
		bench_die("ipsec-mb has nothing for this CPU");
	roof.writer = make_state(&far);
	roof.reader = make_state(&core);
	roof.out = make_state(&core);
	framer_init(&roof.framer, 1 << 20);
	if (framer_feed(&roof.framer, (const uint8_t *)header, strlen(header), &used) !=
	    FRAMER_HEADER)
		bench_die("the framer refuses a header");
	for (size_t at = 0; at + RELAY_STANZA <= sizeof(roof.stanzas); at += RELAY_STANZA)
		relay_stanza(roof.stanzas + at, 0);
	roof.room = far_room();
}

static void roof_close(void)
{
	struct record_state *const all[] = {roof.writer, roof.reader, roof.out};

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		record_close(all[i], roof.machine);
		rte_free(all[i]);
	}
	record_machine_close(roof.machine);
}

static void make_burst(size_t bytes)
{
	for (unsigned int i = 0; i < RELAY_FRAMES; i++) {
		memcpy(roof.wire[i] + record_plain_offset(roof.writer), roof.stanzas + roof.at,
		       bytes);
		roof.at = (roof.at + bytes) % RELAY_STANZA;
		roof.wire_len[i] =
		    record_seal(roof.writer, roof.machine, RECORD_DATA, roof.wire[i], bytes);
	}
}

static void seal_full(void)
{
	if (record_seal(roof.out, roof.machine, RECORD_DATA, roof.sealed, roof.fill) == 0)
		bench_die("a record is not sealed");
	roof.fill = 0;
}

/* Into the open record, which is sealed when it is as full as a segment takes, as the core does. */
static void pass(const uint8_t *bytes, size_t len)
{
	while (len > 0) {
		const size_t n = min_size(len, roof.room - roof.fill);

		memcpy(roof.sealed + record_plain_offset(roof.out) + roof.fill, bytes, n);
		roof.fill += n;
		bytes += n;
		len -= n;
		if (roof.fill == roof.room)
			seal_full();
	}
}

static void relay_burst(void)
{
	for (unsigned int i = 0; i < RELAY_FRAMES; i++) {
		const struct span piece = {roof.wire[i], roof.wire_len[i]};
		size_t len, used;

		if (record_open(roof.reader, roof.machine, &piece, 1, 1, roof.plain, &len) !=
		    RECORD_OPENED)
			bench_die("a record is not opened");
		for (size_t at = 0; at < len; at += used) {
			const enum framer_result r =
			    framer_feed(&roof.framer, roof.plain + at, len - at, &used);

			if (r < FRAMER_MORE)
				bench_die("the framer refuses a stanza");
			roof.elements += r == FRAMER_ELEMENT;
			pass(roof.plain + at, used);
		}
	}
	/* The turn ends. */
	if (roof.fill > 0)
		seal_full();
}

static double roof_ns(const struct bench *b, size_t bytes, uint64_t stanzas)
{
	const uint64_t before = roof.elements;
	uint64_t ns = 0;

	while (roof.elements - before < stanzas) {
		uint64_t start_ns;

		make_burst(bytes);
		start_ns = bench_cpu_ns();
		relay_burst();
		ns += bench_since_ns(b, start_ns);
	}
	return (double)ns / (double)(roof.elements - before);
}

/* --- lines --- */

struct part {
	const char *name;
	unsigned int streams;
	bool is_packed; /* records as full as a segment takes, not a stanza each */
	bool is_goal;
};

static const struct part parts[] = {
    {"one.1", 1, false, false},   {"one.16", 16, false, true},    {"one.256", 256, false, false},
    {"packed.1", 1, true, false}, {"packed.16", 16, true, false}, {"packed.256", 256, true, false},
};

static void say(struct bench *b, const struct part *p, const char *what, const char *unit,
		double *values, bool is_goal)
{
	char name[48];
	const struct bench_line line = {name, unit, is_goal ? BENCH_AT_LEAST : BENCH_INFO, 0.25,
					0.45};

	snprintf(name, sizeof(name), "relay.%s.%s", p->name, what);
	bench_report(b, &line, values, b->rounds);
}

/* The roof, the relay, the relay, the roof. */
static void measure(struct bench *b, const struct part *p)
{
	const uint64_t stanzas = b->is_short ? STANZAS_SHORT : STANZAS;
	double whole[BENCH_ROUNDS_MAX], least[BENCH_ROUNDS_MAX], ratio[BENCH_ROUNDS_MAX];
	struct relay_world w;
	size_t bytes;

	relay_world_open(&w, p->streams, 0);
	bytes = p->is_packed ? far_room() : RELAY_STANZA;
	roof_open();
	(void)relay_world_ns(b, &w, bytes, WARM_UP);
	for (unsigned int r = 0; r < b->rounds; r++) {
		double roof_sum = roof_ns(b, bytes, stanzas);
		double relay_sum = relay_world_ns(b, &w, bytes, stanzas);

		relay_sum += relay_world_ns(b, &w, bytes, stanzas);
		roof_sum += roof_ns(b, bytes, stanzas);
		whole[r] = relay_sum / 2;
		least[r] = roof_sum / 2;
		ratio[r] = roof_sum / relay_sum;
	}
	say(b, p, "ns", "ns/stanza", whole, false);
	say(b, p, "roof", "ns/stanza", least, false);
	say(b, p, "ratio", "ratio", ratio, p->is_goal);
	roof_close();
	relay_world_close(&w);
}

static bool is_wanted(const char *name, int count, char **names)
{
	for (int i = 0; i < count; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return count == 0;
}

int main(int argc, char **argv)
{
	const struct machine_time before = machine_time();
	struct bench b = {.rounds = ROUNDS};
	int names;

	names = bench_options(
	    &b, ROUNDS_SHORT, argc, argv,
	    " [NAME...]\n\nA stanza across one core, and what of it is computing. NAME: "
	    "one.1 one.16 one.256 packed.1 packed.16 packed.256 idle.");
	relay_world_start();
	machine_take_clock(&b);
	machine_say(&b);
	bench_head(&b);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		if (is_wanted(parts[i].name, argc - names, argv + names)) {
			bench_progress(parts[i].name);
			measure(&b, &parts[i]);
		}
	if (is_wanted("idle", argc - names, argv + names)) {
		bench_progress("50,000 idle streams beside 16");
		relay_idle(&b, b.is_short ? STANZAS_SHORT : STANZAS);
	}
	machine_say_steal(&b, before);
	return bench_status(&b);
}
