/* SPDX-License-Identifier: BSD-3-Clause */
/* core.c - one turn after the other: the poll loop. What a core has is made in core_make.c. */
#include <sched.h>
#include <time.h>

#include <rte_cycles.h>
#include <rte_launch.h>
#include <rte_pause.h>

#include "dataplane/core/input.h"
#include "dataplane/core/order.h"
#include "dataplane/core/output.h"
#include "dataplane/core/report.h"
#include "dataplane/core/turn.h"
#include "dataplane/core/via.h"

enum {
	IDLE_TURNS = 64,      /* before the loop gives way at all */
	IDLE_SLEEP_US = 1000, /* idle for so long: sleep */
	SLEEP_NS = 50000,
	JOIN_PAUSE_US = 1000,
	LAST_TURNS =
	    CROSSING_FRAMES / BURST_MAX + 1, /* when all have stopped: lanes are empty then */
};

static enum close_by close_by_of(unsigned int news)
{
	if (news & TCP_NEWS_RESET)
		return CLOSED_BY_RESET;
	return news & TCP_NEWS_TIMEOUT ? CLOSED_BY_TIMEOUT : CLOSED_BY_US;
}

static void take_news(struct core *c, struct tcp_conn *tcp, unsigned int news)
{
	struct conn *k = core_conn_of(c, tcp);

	if (news & TCP_NEWS_ACCEPTED)
		conn_on_accepted(c, tcp);
	if (news & TCP_NEWS_OPENED)
		conn_on_opened(c, k);
	if (news & TCP_NEWS_DATA)
		conn_heard(c, k);
	if (news & TCP_NEWS_ACKED)
		conn_on_acked(c, k);
	if (news & TCP_NEWS_FIN)
		k->tcp_ended = true;
	if (news & (TCP_NEWS_DATA | TCP_NEWS_FIN))
		conn_make_ready(c, k);
	if (news & TCP_NEWS_GONE)
		conn_gone(c, k, close_by_of(news));
}

/* In two phases, so that the first touch of one connection does not wait for that of another. */
static void run_news(struct core *c)
{
	struct tcp_conn *tcp[BURST_MAX];
	unsigned int news[BURST_MAX], count;

	do {
		for (count = 0; count < BURST_MAX; count++) {
			tcp[count] = tcp_next_news(c->tcp, &news[count]);
			if (tcp[count] == NULL)
				break;
			conn_fetch(c, core_conn_of(c, tcp[count]));
		}
		for (unsigned int i = 0; i < count; i++)
			take_news(c, tcp[i], news[i]);
	} while (count == BURST_MAX);
}

static void run_timers(struct core *c)
{
	struct wheel_timer *t;

	tcp_tick(c->tcp, c->now_us);
	if (c->now_us - c->tick_us >= CORE_TICK_US) {
		net_tick(c->net, c->now_us);
		/* The count looks at the cache of each lcore: too dear for each turn. */
		stat_set(&c->stats.pool_free, rte_mempool_avail_count(c->pool));
		stat_set(&c->stats.time_waits, tcp_time_waits(c->tcp));
		c->is_short = stat_read(&c->stats.pool_free) < c->pool_reserve;
		if (c->is_short)
			conn_shed(c);
		record_machine_tick(c->machine, c->now_us);
		c->tick_us = c->now_us;
	}
	while ((t = wheel_next(&c->wheel, c->now_us)) != NULL)
		conn_on_timer(c, CONTAINER_OF(t, struct conn, timer));
	run_news(c);
}

/* Each connection that had to wait for the event ring, or for memory, is tried once a turn. */
static void run_stalled(struct core *c)
{
	struct conn *last = TAILQ_LAST(&c->stalled, conn_queue), *k;

	report_retry_core(c);
	while (last != NULL && (k = TAILQ_FIRST(&c->stalled)) != NULL) {
		const bool is_last = k == last;

		TAILQ_REMOVE(&c->stalled, k, stalled);
		k->is_stalled = false;
		if (!report_retry(c, k) || (c->is_short && k->state != CONN_GONE))
			conn_stall(c, k);
		else if (k->state == CONN_GONE)
			conn_release(c, k);
		else
			conn_make_ready(c, k);
		if (is_last)
			break;
	}
}

/* Behind the connection that is read now come these: of the first the keys, which its own memory,
 * asked for one connection earlier, tells the place of; of the second that memory. */
static void fetch_ready(const struct core *c, const struct conn *next)
{
	if (next == NULL)
		return;
	if (next->transport == TRANSPORT_SECURE)
		record_fetch(next->record, c->machine);
	next = TAILQ_NEXT(next, ready);
	if (next != NULL)
		conn_fetch(c, next);
}

static unsigned int run_ready(struct core *c)
{
	struct conn *last = TAILQ_LAST(&c->ready, conn_queue), *k;
	unsigned int done = 0;

	while (last != NULL && (k = TAILQ_FIRST(&c->ready)) != NULL) {
		const bool is_last = k == last;

		TAILQ_REMOVE(&c->ready, k, ready);
		k->is_ready = false;
		fetch_ready(c, TAILQ_FIRST(&c->ready));
		input_run(c, k);
		done++;
		if (is_last)
			break;
	}
	return done;
}

static void run_dirty(struct core *c)
{
	struct conn *last = TAILQ_LAST(&c->dirty, conn_queue), *k;

	while (last != NULL && (k = TAILQ_FIRST(&c->dirty)) != NULL) {
		const bool is_last = k == last;

		TAILQ_REMOVE(&c->dirty, k, dirty);
		k->is_dirty = false;
		output_flush(c, k);
		if (k->state != CONN_GONE && k->state != CONN_FREE) {
			link_wake_blocked(c, k);
			atomic_store_explicit(&k->view.queued_bytes, (uint32_t)output_queued(k),
					      memory_order_relaxed);
		}
		if (is_last)
			break;
	}
}

unsigned int core_turn(struct core *c, uint64_t now_us)
{
	unsigned int work;

	c->now_us = now_us;
	atomic_store_explicit(&c->clock_us, now_us, memory_order_relaxed);
	if (c->samples.placed > 0)
		sample_look(c);
	work = turn_receive(c);
	run_news(c);
	via_look(c);
	work += order_run(c);
	work += via_run(c);
	run_timers(c);
	run_stalled(c);
	work += run_ready(c);
	link_run_later(c);
	run_dirty(c);
	conn_run_doomed(c);
	order_run_stop(c);
	work += turn_transmit(c);
	stat_add(&c->stats.turns, 1);
	if (work > 0)
		stat_add(&c->stats.busy_turns, 1);
	stat_add(&c->heartbeat, 1);
	return work;
}

/* After a while without work: how the core lets others have the CPU. */
static void rest(const struct core *c, uint64_t idle_us)
{
	const struct timespec t = {.tv_nsec = SLEEP_NS};

	switch (c->setup.idle) {
	case CORE_SPIN:
		rte_pause();
		break;
	case CORE_YIELD:
		sched_yield();
		break;
	case CORE_SLEEP:
		if (idle_us >= IDLE_SLEEP_US)
			nanosleep(&t, NULL);
		else
			rte_pause();
		break;
	}
}

/*
 * Control has been told everything; and of several cores all are so far, or one takes longer than
 * it may. The first to end would take along the queue by which others still close their
 * connections.
 */
static bool is_over(struct core *c)
{
	if (!c->has_left) {
		if (!c->is_stopped || c->pending_count > 0 || !TAILQ_EMPTY(&c->stalled))
			return false;
		c->has_left = true;
		if (c->setup.crossings != NULL)
			crossing_leave(c->setup.crossings);
	}
	return c->setup.crossings == NULL || crossing_all_left(c->setup.crossings) ||
	       c->now_us >= c->stop_us + CORE_LEAVE_US;
}

/* What the counters were when the present second of the loop began. */
struct second {
	uint64_t tsc, busy_tsc, stanzas, frames;
};

static struct second begin_second(const struct core *c, uint64_t tsc)
{
	const struct stats *s = &c->stats;

	return (struct second){tsc, stat_read(&s->busy_tsc), stat_stanzas(s),
			       stat_read(&s->frames_in) + stat_read(&s->frames_out)};
}

static void end_second(struct core *c, struct second *began, uint64_t tsc)
{
	const struct second now = begin_second(c, tsc);
	struct recent_stats *r = &c->stats.recent;

	stat_set(&r->tsc, now.tsc - began->tsc);
	stat_set(&r->busy_tsc, now.busy_tsc - began->busy_tsc);
	stat_set(&r->stanzas, now.stanzas - began->stanzas);
	stat_set(&r->frames, now.frames - began->frames);
	*began = now;
}

static int run_loop(void *arg)
{
	struct core *c = arg;
	/* Microseconds as a 32.32 fixed-point multiple of a tick. */
	const uint64_t scale = (UINT64_C(1000000) << 32) / rte_get_tsc_hz();
	uint64_t tsc = rte_rdtsc(), next, now_us = 0, busy_us = 0;
	struct second second = begin_second(c, tsc);
	unsigned int idle_turns = 0, last_turns = 0;

	while (last_turns < LAST_TURNS) {
		last_turns += is_over(c);
		if (tsc - second.tsc >= stat_read(&c->stats.tsc_hz))
			end_second(c, &second, tsc);
		now_us = (uint64_t)((unsigned __int128)tsc * scale >> 32);
		if (core_turn(c, now_us) > 0) {
			idle_turns = 0;
			busy_us = now_us;
			next = rte_rdtsc();
			stat_add(&c->stats.busy_tsc, next - tsc);
			tsc = next;
			continue;
		}
		if (++idle_turns > IDLE_TURNS && tcp_is_idle(c->tcp))
			rest(c, now_us - busy_us);
		tsc = rte_rdtsc();
	}
	return 0;
}

bool core_launch(struct core *c)
{
	return rte_eal_remote_launch(run_loop, c, c->setup.lcore) == 0;
}

bool core_join(struct core *c, uint64_t patience_us)
{
	const struct timespec pause = {.tv_nsec = JOIN_PAUSE_US * 1000};

	for (uint64_t waited = 0; rte_eal_get_lcore_state(c->setup.lcore) == RUNNING;
	     waited += JOIN_PAUSE_US) {
		if (waited >= patience_us)
			return false;
		nanosleep(&pause, NULL);
	}
	(void)rte_eal_wait_lcore(c->setup.lcore);
	return true;
}

const struct stats *core_stats(const struct core *c)
{
	return &c->stats;
}

unsigned int core_lcore(const struct core *c)
{
	return c->setup.lcore;
}

uint64_t core_heartbeat(const struct core *c)
{
	return stat_read(&c->heartbeat);
}

uint64_t core_clock_us(const struct core *c)
{
	return stat_read(&c->clock_us);
}

bool core_view(const struct core *c, struct conn_id id, struct conn_view *out)
{
	const struct conn *k;
	uint64_t now, heard;

	if (id.core != c->setup.index || id.slot >= c->setup.conns || id.generation == 0)
		return false;
	k = &c->conn[id.slot];
	if (atomic_load_explicit(&k->view.tenant, memory_order_acquire) != id.generation)
		return false;
	now = stat_read(&c->clock_us);
	heard = stat_read(&k->view.heard_us);
	*out = (struct conn_view){
	    .id = id,
	    .stanzas_in = stat_read(&k->view.stanzas_in),
	    .stanzas_out = stat_read(&k->view.stanzas_out),
	    .bytes_in = stat_read(&k->view.bytes_in),
	    .bytes_out = stat_read(&k->view.bytes_out),
	    .queued_bytes = atomic_load_explicit(&k->view.queued_bytes, memory_order_relaxed),
	    .srtt_us = atomic_load_explicit(&k->view.srtt_us, memory_order_relaxed),
	    .idle_us = now > heard ? now - heard : 0,
	};
	return atomic_load_explicit(&k->view.tenant, memory_order_acquire) == id.generation;
}
