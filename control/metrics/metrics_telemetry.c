/* SPDX-License-Identifier: BSD-3-Clause */
/* metrics_telemetry.c - snapshots for DPDK's telemetry, and the answers its threads make of them.
 */
#include <pthread.h>
#include <rte_telemetry.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/loop.h"
#include "control/memory.h"
#include "control/metrics/metrics_telemetry.h"
#include "control/metrics/snapshot.h"

enum { ROWS_PER_SLICE = 128 };
#define SLICE_US    UINT64_C(10000)
#define REST_US     UINT64_C(1000000)
#define INTEREST_US UINT64_C(60000000)

/* A snapshot that is read, by how many. */
struct held {
	struct snapshot *snapshot;
	unsigned int holders;
};

struct metrics_telemetry {
	struct loop_timer timer;
	struct daemon *daemon;
	struct census *census;
	struct snapshot *next;
	uint64_t asked_us;
};

/* DPDK's callbacks get nothing of their own, and can be registered, but not taken back. */
static struct {
	pthread_mutex_t lock;
	struct held *last;      /* under the lock */
	_Atomic bool was_asked; /* since control looked */
	bool is_registered;
} shared = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* --- DPDK's threads --- */

static struct held *take(void)
{
	struct held *h;

	atomic_store_explicit(&shared.was_asked, true, memory_order_relaxed);
	pthread_mutex_lock(&shared.lock);
	h = shared.last;
	if (h != NULL)
		h->holders++;
	pthread_mutex_unlock(&shared.lock);
	return h;
}

static void give_back(struct held *h)
{
	bool is_last;

	if (h == NULL)
		return;
	pthread_mutex_lock(&shared.lock);
	is_last = --h->holders == 0;
	pthread_mutex_unlock(&shared.lock);
	if (!is_last)
		return;
	snapshot_free(h->snapshot);
	free(h);
}

static void put(struct rte_tel_data *out, const char *key, const struct snapshot_value *v)
{
	char text[32];

	if (!v->is_real) {
		(void)rte_tel_data_add_dict_u64(out, key, v->n);
		return;
	}
	(void)snprintf(text, sizeof(text), "%.9g", v->real);
	(void)rte_tel_data_add_dict_string(out, key, text);
}

/* "stream_opened/edge/in", or without the name. */
static const char *key_of(const struct snapshot_value *v, bool with_name, char out[192])
{
	const char *name = collect_metric(v->id)->name + strlen(METRIC_PREFIX);

	if (!with_name && v->key[0] != '\0')
		return v->key;
	(void)snprintf(out, 192, "%s%s%s", name, v->key[0] != '\0' ? "/" : "", v->key);
	return out;
}

/* The sum of all partners' values with the key of values[@first], where that is the first of them;
 * values of one metric lie together. False: they are told already. */
static bool sum_up(const struct snapshot *s, size_t first, struct snapshot_value *sum)
{
	*sum = s->values[first];
	if (sum->partner == NULL)
		return true;
	for (size_t i = first; i-- > 0 && s->values[i].id == sum->id;)
		if (strcmp(s->values[i].key, sum->key) == 0)
			return false;
	for (size_t i = first + 1; i < s->count && s->values[i].id == sum->id; i++)
		if (strcmp(s->values[i].key, sum->key) == 0) {
			sum->n += s->values[i].n;
			sum->real += s->values[i].real;
		}
	return true;
}

/* Metrics whose name without the prefix begins with @head, or is @head where it is @whole. */
static int tell_metrics(struct rte_tel_data *out, const char *head, bool is_whole)
{
	struct held *h = take();
	struct snapshot_value sum;
	char key[192];

	rte_tel_data_start_dict(out);
	for (size_t i = 0; h != NULL && i < h->snapshot->count; i++) {
		const struct snapshot_value *v = &h->snapshot->values[i];
		const char *name = collect_metric(v->id)->name + strlen(METRIC_PREFIX);

		if (is_whole ? strcmp(name, head) == 0 : strncmp(name, head, strlen(head)) == 0)
			if (sum_up(h->snapshot, i, &sum))
				put(out, key_of(&sum, !is_whole, key), &sum);
	}
	give_back(h);
	return 0;
}

static int tell_streams(const char *command, const char *params, struct rte_tel_data *out)
{
	(void)command, (void)params;
	return tell_metrics(out, "streams", true);
}

static int tell_drops(const char *command, const char *params, struct rte_tel_data *out)
{
	(void)command, (void)params;
	return tell_metrics(out, "drops", true);
}

static int tell_law(const char *command, const char *params, struct rte_tel_data *out)
{
	(void)command, (void)params;
	return tell_metrics(out, "law_", false);
}

static int tell_tcp(const char *command, const char *params, struct rte_tel_data *out)
{
	(void)command, (void)params;
	return tell_metrics(out, "tcp_", false);
}

static int tell_cores(const char *command, const char *params, struct rte_tel_data *out)
{
	(void)command, (void)params;
	return tell_metrics(out, "core_", false);
}

static int tell_metric(const char *command, const char *params, struct rte_tel_data *out)
{
	(void)command;
	if (params != NULL && params[0] != '\0') {
		const bool has_prefix = strncmp(params, METRIC_PREFIX, strlen(METRIC_PREFIX)) == 0;

		return tell_metrics(out, params + (has_prefix ? strlen(METRIC_PREFIX) : 0), true);
	}
	rte_tel_data_start_array(out, RTE_TEL_STRING_VAL);
	for (unsigned int i = 0; i < METRIC_COUNT; i++)
		(void)rte_tel_data_add_array_string(out, collect_metric((enum metric_id)i)->name);
	return 0;
}

/* As many as an array of DPDK's takes; each can be asked for by name all the same. */
static void tell_names(const struct snapshot *s, struct rte_tel_data *out)
{
	rte_tel_data_start_array(out, RTE_TEL_STRING_VAL);
	for (size_t i = 0; s != NULL && i < s->partner_count; i++)
		if (rte_tel_data_add_array_string(out, s->partners[i]) != 0)
			return;
}

static int tell_partners(const char *command, const char *params, struct rte_tel_data *out)
{
	struct held *h = take();
	char key[192];

	(void)command;
	if (params == NULL || params[0] == '\0') {
		tell_names(h != NULL ? h->snapshot : NULL, out);
		give_back(h);
		return 0;
	}
	rte_tel_data_start_dict(out);
	for (size_t i = 0; h != NULL && i < h->snapshot->count; i++) {
		const struct snapshot_value *v = &h->snapshot->values[i];

		if (v->partner != NULL && strcmp(v->partner, params) == 0)
			put(out, key_of(v, true, key), v);
	}
	give_back(h);
	return 0;
}

/* --- control --- */

static void publish(struct snapshot *s)
{
	struct held *h = NULL, *before;

	if (s != NULL) {
		h = memory_get(sizeof(*h));
		*h = (struct held){s, 1};
	}
	pthread_mutex_lock(&shared.lock);
	before = shared.last;
	shared.last = h;
	pthread_mutex_unlock(&shared.lock);
	give_back(before);
}

static void on_due(struct loop_timer *timer)
{
	struct metrics_telemetry *t = CONTAINER_OF(timer, struct metrics_telemetry, timer);
	struct loop *loop = daemon_loop(t->daemon);
	const uint64_t now_us = loop_now_us(loop);
	uint64_t next_us = REST_US;

	if (atomic_exchange_explicit(&shared.was_asked, false, memory_order_relaxed))
		t->asked_us = now_us;
	if (now_us - t->asked_us <= INTEREST_US) {
		next_us = SLICE_US;
		census_ask(t->census);
		if (snapshot_take(t->next, t->daemon, ROWS_PER_SLICE)) {
			publish(t->next);
			t->next = snapshot_make(t->daemon);
			next_us = REST_US;
		}
	}
	loop_at(loop, timer, now_us + next_us);
}

static bool register_all(void)
{
	static const struct {
		const char *command, *help;
		telemetry_cb tell;
	} commands[] = {
	    {"/sluice/cores", "Share of time and stanzas of each poll core", tell_cores},
	    {"/sluice/drops", "What was dropped or refused, by reason and fault", tell_drops},
	    {"/sluice/law", "The terms of the conservation law", tell_law},
	    {"/sluice/metrics", "Names of all metrics. Parameter: a name, for its values",
	     tell_metric},
	    {"/sluice/partners", "Names of all partners. Parameter: a name, for its values",
	     tell_partners},
	    {"/sluice/streams", "Live streams by leg, direction and state", tell_streams},
	    {"/sluice/tcp", "Connections by state, retransmissions, resets, cookies", tell_tcp},
	};

	for (size_t i = 0; !shared.is_registered && i < ARRAY_LEN(commands); i++)
		if (rte_telemetry_register_cmd(commands[i].command, commands[i].tell,
					       commands[i].help) != 0)
			return false;
	shared.is_registered = true;
	return true;
}

struct metrics_telemetry *metrics_telemetry_make(struct daemon *d, struct census *s, char *error)
{
	struct metrics_telemetry *t;

	if (!register_all()) {
		(void)snprintf(error, 256, "metrics: DPDK telemetry takes no commands");
		return NULL;
	}
	t = memory_get(sizeof(*t));
	t->daemon = d;
	t->census = s;
	t->timer.due = on_due;
	t->next = snapshot_make(d);
	t->asked_us = loop_now_us(daemon_loop(d)); /* the first is taken unasked */
	loop_at(daemon_loop(d), &t->timer, 0);
	return t;
}

void metrics_telemetry_free(struct metrics_telemetry *t)
{
	if (t == NULL)
		return;
	loop_cancel(daemon_loop(t->daemon), &t->timer);
	publish(NULL);
	snapshot_free(t->next);
	free(t);
}
