/* SPDX-License-Identifier: BSD-3-Clause */
/* relay_bench_roof.c - the least that a relayed stanza can cost: opening, framing and sealing its
 * bytes, without TCP, device and routes. */
#include <rte_malloc.h>
#include <string.h>

#include "bench/relay_bench.h"
#include "dataplane/xmpp/framer.h"

enum { WIRE_ROOM = 2048 };

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

void relay_roof_open(void)
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

void relay_roof_close(void)
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

double relay_roof_ns(const struct bench *b, size_t bytes, uint64_t stanzas)
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
