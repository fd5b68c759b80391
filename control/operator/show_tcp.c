/* SPDX-License-Identifier: BSD-3-Clause */
/* show_tcp.c - TCP's connections by state, what it had to repair, what it refused; and the pools.
 */
#include <string.h>

#include "control/operator/baseline.h"
#include "control/operator/show.h"

enum { STATES = TCP_STAT_STATES };

/* TIME_WAIT takes no connection's slot, and is counted apart. */
static uint64_t in_state(struct daemon *d, unsigned int state)
{
	uint64_t n = 0;

	for (size_t i = 0; i < daemon_cores(d); i++) {
		const struct stats *s = core_stats(daemon_core(d, i));

		n += state + 1 == STATES ? stat_read(&s->time_waits)
					 : tcp_stat_read_state(&s->tcp, state);
	}
	return n;
}

static json_t *states(struct daemon *d)
{
	json_t *rows = json_array();

	for (unsigned int i = 1; i < STATES; i++)
		json_array_append_new(rows, json_pack("{s:s, s:I}", "state", tcp_stat_state_name(i),
						      "connections", (json_int_t)in_state(d, i)));
	return rows;
}

static json_t *counters(struct daemon *d)
{
	json_t *rows = json_array();

	for (enum tcp_stat i = 0; i < TCP_STAT_COUNT; i++) {
		uint64_t n = 0;

		for (size_t c = 0; c < daemon_cores(d); c++)
			n += tcp_stat_read(&core_stats(daemon_core(d, c))->tcp, i);
		json_array_append_new(rows,
				      json_pack("{s:s, s:I, s:s}", "name", tcp_stat_name(i),
						"count", (json_int_t)n, "text", tcp_stat_text(i)));
	}
	return rows;
}

/* Of drop.def, those that have happened. */
static json_t *refusals(struct daemon *d)
{
	json_t *rows = json_array();

	for (enum drop i = 0; i < DROP_COUNT; i++) {
		const uint64_t n = baseline_drops(d, i);

		if (n > 0 && strncmp(drop_name(i), "tcp_", strlen("tcp_")) == 0)
			json_array_append_new(rows, show_drop_row(i, n));
	}
	return rows;
}

void show_tcp(const struct request *r, struct answer *a)
{
	a->data = json_pack("{s:o, s:o, s:o}", "states", states(r->daemon), "counters",
			    counters(r->daemon), "drops", refusals(r->daemon));
}

void show_mempools(const struct request *r, struct answer *a)
{
	json_t *rows = json_array();
	struct daemon_pool p;

	for (size_t i = 0; daemon_pool(r->daemon, i, &p); i++) {
		const uint64_t used = p.size - p.available;
		const double percent = p.size > 0 ? (double)(1000 * used / p.size) / 10 : 0;

		json_array_append_new(
		    rows,
		    json_pack("{s:o, s:I, s:I, s:f, s:I, s:I, s:b}", "pool", answer_string(p.name),
			      "size", (json_int_t)p.size, "in_use", (json_int_t)used, "percent",
			      percent, "element_bytes", (json_int_t)p.element_bytes, "total_bytes",
			      (json_int_t)((uint64_t)p.size * p.element_bytes), "packets",
			      p.is_packets));
	}
	a->data = json_pack("{s:o}", "pools", rows);
}
