/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * load_state.h - what the files of a run share.
 *
 *	load.c    phases: open, prime, warm up, measure, drain, close
 *	party.c   who takes part: policy, certificates, dialling and listening
 *	lane.c    one connection: its endpoint and its transport put together
 *	source.c  which flow may send when, and the filling of records
 *	sink.c    what comes: order, loss, latency
 *	result.c  the report
 *
 * Runs on  one thread.
 */
#ifndef BENCH_LOAD_LOAD_STATE_H
#define BENCH_LOAD_LOAD_STATE_H

#include "bench/load/content.h"
#include "bench/load/endpoint.h"
#include "bench/load/histogram.h"
#include "bench/load/load.h"
#include "bench/load/tag.h"

#define SECOND_NS UINT64_C(1000000000)

enum load_phase {
	LOAD_OPENING, /* until every stream is authorised */
	LOAD_PRIMING, /* one stanza of each flow, until all have arrived: every way is open */
	LOAD_WARMING,
	LOAD_MEASURING,
	LOAD_DRAINING, /* nothing new; what is under way arrives */
	LOAD_CLOSING,
	LOAD_DONE,
};

struct party {
	struct load *load;
	const struct party_options *options;
	struct policy policy;
	struct tls_ctx *tls;
	uint64_t planned, dialled;  /* streams to open, begun */
	uint64_t passing, churn_ns; /* of --churn: begun so far; since when */
};

/* One connection. */
struct lane {
	struct load *load;
	struct party *party;
	struct endpoint *endpoint;
	struct transport_conn *conn; /* NULL: gone */
	struct lane *next;           /* of all */
	bool is_dialled, is_authorised, is_finished;
	bool is_passing; /* of --churn: closed as soon as it is authorised */

	/* flows that may send, and the lane among those that have some */
	struct flow *ready, *ready_last;
	bool is_ready, is_blocked;
	struct lane *next_ready;
};

/* What had been by then. */
struct load_moment {
	uint64_t ns, bytes, passed;
	struct watch watch;
	struct flow_counts counts;
};

struct load {
	const struct options *options;
	struct transport *transport;
	struct record_machine *machine;
	struct party parties[PARTIES_MAX];
	struct lane *lanes;
	enum load_phase phase;
	uint64_t now_ns, phase_ns, deadline_ns; /* now; when the phase began; when it ends */

	/* streams */
	uint64_t planned, opening, authorised, accepted, ended_early;
	uint64_t dialback;        /* of those authorised */
	uint64_t passing, passed; /* of --churn: being opened; opened and closed again */
	uint64_t opened_last_ns;
	bool failed;                    /* before anything was measured */
	uint64_t progress, progress_ns; /* stanzas received, and when that was news */
	char trouble[320];              /* the first thing that went wrong */

	/* source */
	struct content content;
	struct flow **flows;
	size_t flow_count, flow_room;
	struct lane *ready, *ready_last;
	bool is_stopped;
	uint32_t flow_limit;             /* of each flow, in all */
	bool is_open_loop;               /* by --rate, from the warming on */
	uint64_t schedule_ns, scheduled; /* began; stanzas due so far */
	uint8_t *scratch;

	/* sink */
	struct flow_counts counts;
	struct histogram *latency;
	uint64_t bytes; /* of stanzas received */
	uint64_t measure_from_ns, measure_until_ns;

	/* what was when */
	struct load_moment begun, opened, from, until, closed;
};

uint64_t load_clock_ns(void);
/* Remembers the first; the run fails. */
void load_trouble(struct load *l, const char *who, const char *what);

/* party.c */
void party_open(struct party *p, struct load *l, const struct party_options *o);
void party_close(struct party *p);
/* Begins streams while fewer than options.parallel are being opened. */
void party_dial(struct party *p);
/* Begins the streams of --churn that are due. */
void party_churn(struct party *p);

/* lane.c */
extern const struct transport_calls lane_calls;
struct lane *lane_make(struct party *p, const char *ours, const char *theirs, bool is_dialled);
void lane_free(struct lane *lane);
/* Hands what the endpoint says to the transport, and a FIN behind it when it is over. False: no
 * room for all of it. */
bool lane_push(struct lane *lane);

/* source.c */
struct flow *source_add(struct load *l, struct lane *lane, const char *from, const char *to);
/* @count more stanzas of @f may be sent. */
void source_allow(struct load *l, struct flow *f, uint32_t count);
void source_wake(struct load *l, struct lane *lane);
void source_pace(struct load *l);
/* When source_pace() will have something to do again; UINT64_MAX: not by itself. */
uint64_t source_due_ns(const struct load *l);
void source_fill(struct load *l);
void source_free(struct load *l);

/* sink.c */
void sink_stanza(struct lane *lane, struct span stanza, const struct framer_root *root);
bool sink_has_all(const struct load *l);

/* result.c */
bool result_is_good(const struct load *l);
void result_say(const struct load *l);
void result_progress(const struct load *l, uint64_t since_ns, const struct flow_counts *before);

#endif
