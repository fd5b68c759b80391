/* SPDX-License-Identifier: BSD-3-Clause */
/* report.c - counters by name; nothing here is worth a JSON library. */
#include <inttypes.h>
#include <stdio.h>

#include "tests/e2e/bulk/report.h"

static const char *hex(const uint8_t *digest, char text[2 * TALKER_DIGEST + 1])
{
	for (unsigned int i = 0; i < TALKER_DIGEST; i++)
		snprintf(text + (size_t)2 * i, 3, "%02x", digest[i]);
	return text;
}

static void say_flow(const struct talker *k, const struct report_flow *f, uint64_t now_us)
{
	const uint64_t end_us = k->ended_us != 0 ? k->ended_us : now_us;
	char text[2 * TALKER_DIGEST + 1];

	printf("{\"orderly\": %s, \"state\": \"%s\", \"segment_bytes\": %u, ",
	       f->orderly ? "true" : "false", f->state, k->segment_bytes);
	printf("\"seconds\": %.6f, \"sent_bytes\": %" PRIu64 ", \"received_bytes\": %" PRIu64 ", ",
	       k->open ? (double)(end_us - k->begun_us) / 1e6 : 0.0, k->sent, k->received);
	printf("\"sent\": \"%s\", ", hex(f->sent, text));
	printf("\"received\": \"%s\"}", hex(f->received, text));
}

static void say_faults(const char *name, const struct fault_counts *f)
{
	printf("\"%s\": {\"dropped\": %" PRIu64 ", \"duplicated\": %" PRIu64
	       ", \"reordered\": %" PRIu64 ", \"corrupted\": %" PRIu64 ", \"short\": %" PRIu64
	       "}, ",
	       name, f->dropped, f->duplicated, f->reordered, f->corrupted, f->short_of_memory);
}

static void say_watch(const char *name, const struct watch *w)
{
	printf("\"%s\": {\"segments\": %" PRIu64 ", \"retransmitted\": %" PRIu64
	       ", \"resets\": %" PRIu64 ", \"narrow\": %" PRIu64 ", ",
	       name, w->segments, w->retransmitted, w->resets, w->narrow);
	printf("\"capable\": %" PRIu64 ", \"marked\": %" PRIu64 ", \"echoes\": %" PRIu64
	       ", \"cwr\": %" PRIu64 "}, ",
	       w->capable, w->marked, w->echoes, w->cwr);
}

static void say_drops(const struct stack *s)
{
	const char *comma = "";

	printf("\"drops\": {");
	for (unsigned int i = 0; i < DROP_COUNT; i++)
		if (s->drops[i] > 0) {
			printf("%s\"%s\": %" PRIu32, comma, drop_name((enum drop)i), s->drops[i]);
			comma = ", ";
		}
	printf("}}\n");
}

void report(const struct stack *s, const struct talker *k, const struct report_flow *f,
	    unsigned int flows, unsigned int leaked)
{
	printf("{\"flows\": [");
	for (unsigned int i = 0; i < flows; i++) {
		say_flow(&k[i], &f[i], s->now_us);
		printf("%s", i + 1 < flows ? ", " : "");
	}
	printf("], \"leaked\": %u, \"stalled\": %.3f, \"longest_stall_ms\": %.1f, ", leaked,
	       (double)s->stalled_us / (double)(s->now_us - s->begun_us + 1),
	       (double)s->longest_stall_us / 1000);
	say_faults("faults_in", &s->in.counts);
	say_faults("faults_out", &s->out.counts);
	say_watch("theirs", &s->theirs);
	say_watch("ours", &s->ours);
	say_drops(s);
}
