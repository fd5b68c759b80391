/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tcp_sim.c - two engines over a bad link, and an engine among hostile peers, in virtual time: each
 * stream arrives byte for byte or ends for a reason its seed gives; after each event everything
 * holds that must always hold; nothing hangs, and no buffer, slot or timer is left behind.
 *
 *	tcp_sim [--seeds N] [--seed S] [--verbose]
 *
 * Runs seeds S..S+N-1 (default 1..200). A failing seed is printed with the command that replays it.
 */
#include <stdarg.h>
#include <time.h>

#include "tests/tcp/sim.h"

enum {
	HOSTILE_EVERY = 4,       /* of so many seeds one is an engine among hostile peers */
	PROGRESS_S = 10,         /* seconds of real time between two lines */
	FAULTS_SHOWN = 5,        /* of one seed */
	FAILURES_SHOWN = 20,     /* seeds that are printed; all are counted */
	TURNS_MAX = 1000 * 1000, /* of one seed: more is a storm */
};

#define VIRTUAL_MAX_US (3 * 3600 * SIM_SECOND)
#define AFTERWARDS_US  (150 * SIM_SECOND) /* more than TIME_WAIT, linger and half-open take */

static struct env env;
static struct sim sim;
static struct rte_mempool *small_pool;

void sim_fault(struct sim *s, const char *format, ...)
{
	va_list args;

	s->faults++;
	if (s->faults > FAULTS_SHOWN || check_failed >= FAILURES_SHOWN)
		return;
	fflush(stdout);
	fprintf(stderr, "seed %" PRIu64 " at +%.6f s: ", s->seed,
		(double)(s->now_us - s->began_us) / 1e6);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

/* --- one seed --- */

static bool is_over(const struct sim *s)
{
	for (unsigned int f = 0; f < s->flow_count; f++)
		for (unsigned int i = 0; i < SIM_SIDES; i++)
			if (!s->flow[f].user[i].over)
				return false;
	return s->hostile == NULL || sim_hostile_is_done(s);
}

/* The engine has both ends of it open. */
static bool is_whole(const struct sim_flow *f)
{
	for (unsigned int i = 0; i < SIM_SIDES; i++)
		if (f->user[i].c == NULL || f->user[i].last_news != 0)
			return false;
	return true;
}

/*
 * Users whose streams will never end give up. That is no fault only where the other side has gone,
 * for a reason the seed gives, and the reset was lost; or where numbers were tampered with.
 */
static void give_up(struct sim *s)
{
	for (unsigned int f = 0; f < s->flow_count; f++) {
		const unsigned int excuse = s->excuse | s->flow[f].excuse;
		const bool may = is_whole(&s->flow[f]) ? excuse & SIM_TAMPERED : excuse != 0;

		for (unsigned int i = 0; i < SIM_SIDES; i++) {
			struct sim_user *u = &s->flow[f].user[i];

			if (!u->over && !may)
				sim_fault(s, "flow %u: side %u hangs in %s", f, i,
					  u->c != NULL ? tcp_state_name(tcp_state(u->c))
						       : "no connection");
			if (u->c != NULL) {
				tcp_abort(s->side[i].t, u->c, s->now_us);
				tcp_release(s->side[i].t, u->c);
			}
			u->c = NULL;
			u->over = true;
		}
	}
}

/* To the next moment at which anything can happen. False: nothing ever will. */
static bool advance(struct sim *s)
{
	uint64_t next = sim_earlier(sim_link_next_us(s), sim_side_next_us(s));

	if (next == SIM_NEVER)
		return false;
	if (next <= s->now_us)
		next = s->now_us + 1;
	s->now_us = (next + s->poll_us - 1) / s->poll_us * s->poll_us;
	return true;
}

static void step(struct sim *s)
{
	sim_link_deliver(s);
	sim_side_turn(s);
}

static void play(struct sim *s)
{
	const uint64_t end_us = s->now_us + VIRTUAL_MAX_US;

	step(s);
	while (!is_over(s) && s->faults == 0 && s->now_us < end_us && s->turns < TURNS_MAX &&
	       advance(s))
		step(s);
	SIM_REQUIRE(s, s->turns < TURNS_MAX);
	if (!is_over(s) && s->faults == 0)
		give_up(s);
}

/* Old packets arrive, what nobody holds any more ends, TIME_WAIT runs out. */
static void settle(struct sim *s)
{
	const uint64_t end_us = s->now_us + VIRTUAL_MAX_US;

	while (s->faults == 0 && s->now_us < end_us && s->turns < 2 * TURNS_MAX && advance(s))
		step(s);
	s->now_us += AFTERWARDS_US;
	step(s);
}

static bool is_complete(const struct sim_flow *f)
{
	for (unsigned int i = 0; i < SIM_SIDES; i++) {
		const struct sim_user *u = &f->user[i];

		if (!u->opened || !u->fin || u->received != f->user[!i].to_send)
			return false;
	}
	return true;
}

static bool has_lost(const struct sim *s)
{
	/* an ACK that found no buffer is as good as lost */
	return s->link[0].lost + s->link[1].lost > 0 || s->pinch.to_us > 0;
}

/*
 * An ACK that comes in text received before is not looked at (RFC 9293 3.10.7.4, first); the FIN it
 * was for goes again, and finds a short TIME_WAIT over.
 */
static bool has_waited_too_short(const struct sim *s, const struct sim_user *u)
{
	return u->last_news == TCP_NEWS_RESET && env.drops[DROP_TCP_WINDOW] > 0 &&
	       (s->side[0].setup.time_wait_us == SIM_SECOND ||
		s->side[1].setup.time_wait_us == SIM_SECOND);
}

/* Is there a reason for this end, given what the users heard? */
static bool is_excused(const struct sim *s, const struct sim_flow *f)
{
	const unsigned int excuse = s->excuse | f->excuse;
	const unsigned int news = f->user[0].last_news | f->user[1].last_news;

	if (excuse & (SIM_ENDED_BY_USER | SIM_TAMPERED))
		return true;
	if (excuse & (SIM_HEAVY_LOSS | SIM_FEW_SLOTS) && !(f->user[0].opened && f->user[1].opened))
		return true;
	/* A connection given up for want of slots, or a cookie's first segments in the wrong order.
	 */
	if ((env.drops[DROP_TCP_SHED] > 0 || excuse & SIM_COOKIES) &&
	    (news & TCP_NEWS_RESET || !(f->user[0].opened && f->user[1].opened)))
		return true;
	return excuse & SIM_SHORT_TIMEOUT && news & TCP_NEWS_TIMEOUT;
}

/* All read and both FINs seen, or a reason. Of a complete stream only the last ACK may be missing.
 */
static void judge(struct sim *s, unsigned int number)
{
	const struct sim_flow *f = &s->flow[number];

	for (unsigned int i = 0; i < SIM_SIDES && !is_excused(s, f); i++) {
		const struct sim_user *u = &f->user[i];

		if (!is_complete(f))
			sim_fault(s,
				  "flow %u side %u: opened %d, %" PRIu64 " of %" PRIu64
				  " bytes, FIN %d, closed %d, news %#x",
				  number, i, u->opened, u->received, f->user[!i].to_send, u->fin,
				  u->closed, u->last_news);
		else if (!has_lost(s) && !(s->excuse & SIM_FEW_SLOTS) &&
			 u->last_news != TCP_NEWS_CLOSED && !has_waited_too_short(s, u))
			sim_fault(s, "flow %u side %u: complete, yet news %#x", number, i,
				  u->last_news);
	}
}

static bool start(struct sim *s, uint64_t seed, bool verbose)
{
	memset(s, 0, sizeof(*s));
	memset(env.drops, 0, sizeof(env.drops));
	s->env = &env;
	s->seed = seed;
	s->verbose = verbose;
	s->random = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15);
	s->began_us = s->now_us = SIM_SECOND + sim_below(s, UINT64_C(1) << 40);
	s->rx = sim_below(s, 8) == 0 ? small_pool : env.rx;
	sim_link_clear(s);
	sim_plan(s);
	if (seed % HOSTILE_EVERY == 0)
		sim_hostile_plan(s);
	sim_trace_plan(s);
	return sim_side_start(s);
}

static bool run_seed(uint64_t seed, bool verbose)
{
	struct sim *s = &sim;

	if (start(s, seed, verbose))
		play(s);
	else
		sim_fault(s, "no memory for the engines");
	if (s->faults == 0)
		settle(s);
	for (unsigned int f = 0; f < s->flow_count && s->faults == 0; f++)
		judge(s, f);
	sim_side_end(s);
	SIM_REQUIRE(s, env_pools_full(&env));
	SIM_REQUIRE(s, rte_mempool_avail_count(small_pool) == SIM_SMALL_POOL);
	return s->faults == 0;
}

/* --- many --- */

struct options {
	uint64_t seeds, first;
	bool verbose;
};

static bool read_options(int argc, char **argv, struct options *o)
{
	*o = (struct options){.seeds = 200, .first = 1};
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--verbose") == 0)
			o->verbose = true;
		else if (strcmp(argv[i], "--seeds") == 0 && i + 1 < argc)
			o->seeds = strtoull(argv[++i], NULL, 0);
		else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
			o->first = strtoull(argv[++i], NULL, 0);
		else
			return false;
	}
	return true;
}

static void show_progress(const struct options *o, uint64_t done)
{
	static time_t said;
	const time_t now = time(NULL);

	if (said == 0)
		said = now;
	if (now - said < PROGRESS_S)
		return;
	said = now;
	printf("%" PRIu64 " of %" PRIu64 " seeds, %u failed\n", done, o->seeds, check_failed);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct options o;

	if (!read_options(argc, argv, &o)) {
		fprintf(stderr, "usage: tcp_sim [--seeds N] [--seed S] [--verbose]\n");
		return 2;
	}
	env_start(&env);
	small_pool = rte_pktmbuf_pool_create("small", SIM_SMALL_POOL, 0, 0, 2176, 0);
	if (small_pool == NULL)
		return 2;
	sim_user_start();
	for (uint64_t i = 0; i < o.seeds; i++) {
		show_progress(&o, i);
		if (run_seed(o.first + i, o.verbose)) {
			check_passed++;
			continue;
		}
		if (check_failed++ < FAILURES_SHOWN)
			fprintf(stderr, "FAILED: %s --seeds 1 --seed %" PRIu64 " --verbose\n",
				argv[0], o.first + i);
	}
	return check_summary();
}
