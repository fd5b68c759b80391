/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * show_cores.c - what the poll cores do with their time. All of it is counted by their loops: a
 * cycle is one of the time-stamp counter, a busy one belongs to a turn that had something to do.
 */
#include "control/operator/show.h"

/* With one decimal; null where there is nothing to divide by. */
static json_t *per(uint64_t n, uint64_t of)
{
	return of > 0 ? json_real((double)(10 * n / of) / 10) : json_null();
}

static void put(json_t *row, const char *name, uint64_t value)
{
	json_object_set_new(row, name, json_integer((json_int_t)value));
}

/* Since the start: of two answers the differences can be taken. */
static void put_totals(json_t *row, const struct stats *s)
{
	const uint64_t busy = stat_read(&s->busy_tsc), in = stat_read(&s->frames_in);
	const uint64_t out = stat_read(&s->frames_out), bursts = stat_read(&s->bursts_in);
	const uint64_t stanzas = stat_stanzas(s);

	put(row, "turns", stat_read(&s->turns));
	put(row, "busy_turns", stat_read(&s->busy_turns));
	put(row, "busy_cycles", busy);
	put(row, "frames_in", in);
	put(row, "frames_out", out);
	put(row, "bursts_in", bursts);
	put(row, "records_opened", stat_read(&s->records_opened));
	put(row, "records_sealed", stat_read(&s->records_sealed));
	put(row, "stanzas", stanzas);
	json_object_set_new(row, "frames_per_burst", per(in, bursts));
	json_object_set_new(row, "cycles_per_stanza", per(busy, stanzas));
	json_object_set_new(row, "cycles_per_frame", per(busy, in + out));
}

/* Of the last whole second, and gauges. */
static void put_present(json_t *row, const struct stats *s)
{
	const struct recent_stats *r = &s->recent;
	const uint64_t busy = stat_read(&r->busy_tsc), stanzas = stat_read(&r->stanzas);
	const uint64_t frames = stat_read(&r->frames), all = stat_read(&s->pool_mbufs);
	const uint64_t left = stat_read(&s->pool_free), used = all > left ? all - left : 0;

	json_object_set_new(row, "recent_busy_percent", per(100 * busy, stat_read(&r->tsc)));
	put(row, "recent_stanzas", stanzas);
	put(row, "recent_frames", frames);
	json_object_set_new(row, "recent_cycles_per_stanza", per(busy, stanzas));
	json_object_set_new(row, "recent_cycles_per_frame", per(busy, frames));
	put(row, "conns", stat_read(&s->conns));
	put(row, "pool_mbufs", all);
	put(row, "pool_used", used);
	json_object_set_new(row, "pool_percent", per(100 * used, all));
}

static json_t *core_row(const struct core *c, size_t index)
{
	const struct stats *s = core_stats(c);
	json_t *row = json_object();

	put(row, "core", index);
	put(row, "lcore", core_lcore(c));
	put(row, "cycles_hz", stat_read(&s->tsc_hz));
	put_present(row, s);
	put_totals(row, s);
	return row;
}

void show_cores(const struct request *r, struct answer *a)
{
	struct daemon *d = r->daemon;
	json_t *cores = json_array();

	for (size_t i = 0; i < daemon_cores(d); i++)
		json_array_append_new(cores, core_row(daemon_core(d, i), i));
	a->data = json_pack("{s:o}", "cores", cores);
}
