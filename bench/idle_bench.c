/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * idle_bench.c - bytes of an idle, authenticated TLS stream, by part: a table, or with --json one
 * object a line; README.md says what each line is.
 *
 *	idle_bench [--json] [--short]
 *
 * Exit status: 0 every goal is met, 1 one is not, 2 it could not be measured.
 */
#include <string.h>

#include "bench/idle_control.h"
#include "bench/idle_world.h"
#include "bench/machine.h"
#include "bench/report.h"
#include "dataplane/core/pools.h"

enum {
	FEW = 16, /* the least a core is made for */
	MEGABYTE = 1 << 20,
	POKES = 100,
	IDLE_S = 130,
};

/* Of a core for one number of connections. */
struct sizes {
	double core, grants, links;
};

static void say(struct bench *b, const char *name, uint32_t streams, double value)
{
	char text[40];
	const struct bench_line line = {.name = text, .unit = "bytes", .sense = BENCH_INFO};

	snprintf(text, sizeof(text), "idle.%s.%uk", name, streams / 1000);
	bench_report(b, &line, &value, 1);
}

static double tables(uint32_t conns, bool is_links)
{
	const size_t before = idle_heap();
	struct grant_table g;
	struct link_table l;
	double bytes;

	if (is_links ? !link_table_init(&l, pools_links(conns), false)
		     : !grant_table_init(&g, pools_grants(conns)))
		bench_die("no memory for a table");
	bytes = (double)(idle_heap() - before);
	if (is_links)
		link_table_fini(&l);
	else
		grant_table_fini(&g);
	return bytes;
}

/* What a core costs that holds hardly any stream. */
static struct sizes measure_few(void)
{
	struct sizes s = {.grants = tables(FEW, false), .links = tables(FEW, true)};

	(void)idle_open(FEW);
	s.core = (double)idle_core_bytes();
	idle_close();
	return s;
}

/* Buffers of the pool that idle streams hold, roots and all. */
static double held(const struct core *c)
{
	const uint32_t out = c->pool->size - rte_mempool_avail_count(c->pool) - c->spare_count;

	return (double)out *
	       (double)(c->pool->elt_size + c->pool->header_size + c->pool->trailer_size);
}

static void measure(struct bench *b, uint32_t streams, const struct sizes *few,
		    const struct idle_control *control)
{
	const uint32_t conns = streams;
	const struct bench_line all = {"", "bytes", BENCH_AT_MOST, 2048, 1024};
	struct bench_line line = all;
	double core, grants, links, buffers, sum, value, n = streams;
	struct core *c;
	size_t before;
	char text[40];

	snprintf(text, sizeof(text), "%u streams", streams);
	bench_progress(text);
	grants = (tables(conns, false) - few->grants) / n;
	links = (tables(conns, true) - few->links) / n;
	c = idle_open(conns);
	core = ((double)idle_core_bytes() - few->core) / n;
	before = idle_heap();
	idle_bring_up(streams);
	idle_wait(UINT64_C(1000000) * IDLE_S);
	if (record_keys_lent(c->machine) != 0)
		bench_die("an idle stream has a key schedule");
	buffers = held(c) / n;
	/* The far host's and the list of ids are there before or not in the core. */
	sum = (double)(idle_heap() - before) - (double)streams * sizeof(struct conn_id);
	if (sum > MEGABYTE)
		bench_die("a core has allocated while it ran");
	if (idle_poke(POKES) != POKES)
		bench_die("an idle stream does not wake up");
	idle_close();

	value = (double)conns / n;
	say(b, "conn", streams, value * sizeof(struct conn));
	say(b, "record", streams, value * (double)record_state_bytes());
	say(b, "grants", streams, grants);
	say(b, "links", streams, links);
	say(b, "tcp", streams,
	    core - value * (double)(sizeof(struct conn) + record_state_bytes()) - grants - links);
	say(b, "buffers", streams, buffers);
	say(b, "core", streams, core + buffers);
	/* With one core links.c has nothing to add to the table of who serves what. */
	sum = control->session + control->stream + (double)sizeof(void *);
	say(b, "control", streams, sum);
	sum += core + buffers;
	snprintf(text, sizeof(text), "idle.%uk", streams / 1000);
	line.name = text;
	bench_report(b, &line, &sum, 1);
}

static void say_control(struct bench *b, const struct idle_control *c)
{
	const struct bench_line session = {.name = "idle.control.session", .unit = "bytes"};
	const struct bench_line stream = {.name = "idle.control.stream", .unit = "bytes"};
	const struct bench_line serving = {.name = "idle.control.serving", .unit = "bytes"};
	struct idle_control copy = *c;

	bench_report(b, &session, &copy.session, 1);
	bench_report(b, &stream, &copy.stream, 1);
	bench_report(b, &serving, &copy.serving, 1);
}

int main(int argc, char **argv)
{
	const struct bench_line base = {.name = "idle.base", .unit = "MB"};
	struct bench b = {.rounds = 1};
	struct idle_control control;
	struct sizes few;
	double megabytes;

	(void)bench_options(&b, 1, argc, argv, "\n\nMemory of idle, authenticated streams.");
	idle_start();
	machine_say(&b);
	bench_head(&b);
	control = idle_control(50000); /* fewer would bear more of what all share */
	say_control(&b, &control);
	few = measure_few();
	megabytes = few.core / MEGABYTE;
	bench_report(&b, &base, &megabytes, 1);
	measure(&b, 10000, &few, &control);
	if (!b.is_short)
		measure(&b, 50000, &few, &control);
	return bench_status(&b);
}
