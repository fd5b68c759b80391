/* SPDX-License-Identifier: BSD-3-Clause */
/* source.c - makes stanzas: when (window or schedule), and whose turn it is, record by record. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/load/load_state.h"
#include "bench/report.h"
#include "control/memory.h"

enum {
	TURN_BYTES = 64 * 1024, /* of one lane, before the next has its turn */
	SCRATCH = 2 * CONTENT_BODY_MAX,
	KEY_UPDATES = 8, /* records of room for what may have to be said between */
};

struct flow *source_add(struct load *l, struct lane *lane, const char *from, const char *to)
{
	const char *user = lane->party->options->user;
	struct flow *f;
	char address[3 * DOMAIN_TEXT_MAX];
	int len;

	if (l->flow_count == l->flow_room) {
		l->flow_room = 2 * l->flow_room + 64;
		l->flows = memory_grow(l->flows, l->flow_room * sizeof(struct flow *));
	}
	if (l->flow_count == TAG_FLOWS_MAX)
		bench_die("too many flows");
	f = memory_get(sizeof(*f));
	len = snprintf(address, sizeof(address), " from='%s@%s/load' to='%s@%s' id='", user, from,
		       user, to);
	*f = (struct flow){.number = (uint32_t)l->flow_count, .stream = lane};
	f->address_len = (uint16_t)min_size((size_t)len, sizeof(address) - 1);
	f->address = memory_text(address);
	l->flows[l->flow_count++] = f;
	return f;
}

void source_free(struct load *l)
{
	for (size_t i = 0; i < l->flow_count; i++) {
		free(l->flows[i]->address);
		free(l->flows[i]);
	}
	free(l->flows);
	free(l->scratch);
}

void source_wake(struct load *l, struct lane *lane)
{
	if (lane->is_ready || lane->is_blocked)
		return;
	lane->is_ready = true;
	lane->next_ready = NULL;
	if (l->ready == NULL)
		l->ready = lane;
	else
		l->ready_last->next_ready = lane;
	l->ready_last = lane;
}

static bool may_send(const struct load *l, const struct flow *f)
{
	return f->sent < min_u32(f->allowed, l->flow_limit);
}

static void push_flow(struct lane *lane, struct flow *f)
{
	f->is_ready = true;
	f->next_ready = NULL;
	if (lane->ready == NULL)
		lane->ready = f;
	else
		lane->ready_last->next_ready = f;
	lane->ready_last = f;
}

static void pop_flow(struct lane *lane)
{
	lane->ready->is_ready = false;
	lane->ready = lane->ready->next_ready;
}

void source_allow(struct load *l, struct flow *f, uint32_t count)
{
	struct lane *lane = f->stream;

	f->allowed = f->allowed > UINT32_MAX - count ? UINT32_MAX : f->allowed + count;
	if (!may_send(l, f))
		return;
	if (!f->is_ready)
		push_flow(lane, f);
	source_wake(l, lane);
}

/* Stanza n of all is due n/rate after the schedule began; they go round the flows. */
static uint64_t due_of(const struct load *l, uint64_t n)
{
	return l->schedule_ns + (uint64_t)((double)n * (1e9 / l->options->rate));
}

void source_pace(struct load *l)
{
	if (!l->is_open_loop || l->is_stopped)
		return;
	while (due_of(l, l->scheduled) <= l->now_ns) {
		struct flow *f = l->flows[l->scheduled++ % l->flow_count];

		source_allow(l, f, 1);
	}
}

uint64_t source_due_ns(const struct load *l)
{
	return l->is_open_loop && !l->is_stopped ? due_of(l, l->scheduled) : UINT64_MAX;
}

/* When the flow's next stanza was meant to be sent. */
static uint64_t intended(const struct load *l, const struct flow *f)
{
	if (!l->is_open_loop)
		return l->now_ns;
	return due_of(l, (uint64_t)(f->sent - f->first_due) * l->flow_count + f->number);
}

static size_t write_one(struct load *l, struct lane *lane, uint8_t *to, size_t room)
{
	struct flow *f = lane->ready;
	const size_t len = content_write(&l->content, f, l->options->run, intended(l, f), to, room);

	if (len == 0)
		return 0;
	l->counts.sent++;
	pop_flow(lane);
	if (may_send(l, f))
		push_flow(lane, f);
	return len;
}

static void wait_for_room(struct lane *lane)
{
	lane->is_blocked = true;
}

/* As many stanzas as fit into one record. Returns the bytes sealed, 0: no room. */
static size_t fill_record(struct load *l, struct lane *lane, size_t most)
{
	const size_t want = RECORD_OVERHEAD_MAX + most;
	size_t room, len = 0, one;
	uint8_t *to = transport_room(lane->conn, want, &room), *plain;

	if (room < want) {
		wait_for_room(lane);
		return 0;
	}
	plain = to + endpoint_plain_offset(lane->endpoint);
	room = endpoint_plain_room(lane->endpoint,
				   min_size(room, TLS_RECORD_PLAIN_MAX + RECORD_OVERHEAD_MAX));
	do {
		one = write_one(l, lane, plain + len, room - len);
		len += one;
	} while (one > 0 && !l->options->one_a_record && lane->ready != NULL);
	transport_commit(lane->conn, endpoint_seal(lane->endpoint, to, len));
	return len;
}

/* One stanza that is larger than a record. */
static size_t fill_records(struct load *l, struct lane *lane, size_t most)
{
	const size_t records = most / TLS_RECORD_PLAIN_MAX + 1;
	const size_t want = most + (records + KEY_UPDATES) * RECORD_OVERHEAD_MAX;
	size_t room, len, at = 0;
	uint8_t *to = transport_room(lane->conn, want, &room);

	if (room < want) {
		wait_for_room(lane);
		return 0;
	}
	len = write_one(l, lane, l->scratch, SCRATCH);
	while (at < len) {
		const size_t part = min_size(len - at, endpoint_plain_room(lane->endpoint, room));

		memcpy(to + endpoint_plain_offset(lane->endpoint), l->scratch + at, part);
		transport_commit(lane->conn, endpoint_seal(lane->endpoint, to, part));
		at += part;
		if (!lane_push(lane)) /* a KeyUpdate, before the next record */
			break;
		to = transport_room(lane->conn, 0, &room);
	}
	return len;
}

static void fill_lane(struct load *l, struct lane *lane)
{
	size_t budget = TURN_BYTES;

	while (lane->ready != NULL && lane->conn != NULL && !endpoint_is_over(lane->endpoint)) {
		const size_t most = l->content.max_bytes + lane->ready->address_len;
		size_t len;

		if (!lane_push(lane)) {
			wait_for_room(lane);
			return;
		}
		if (!l->is_open_loop)
			l->now_ns = load_clock_ns();
		len = most <= TLS_RECORD_PLAIN_MAX ? fill_record(l, lane, most)
						   : fill_records(l, lane, most);
		if (len == 0)
			return;
		if (len >= budget) {
			source_wake(l, lane);
			return;
		}
		budget -= len;
	}
}

void source_fill(struct load *l)
{
	struct lane *lane = l->ready, *next;

	l->ready = l->ready_last = NULL;
	if (l->scratch == NULL)
		l->scratch = memory_get(SCRATCH);
	for (; lane != NULL; lane = next) {
		next = lane->next_ready;
		lane->is_ready = false;
		if (!l->is_stopped)
			fill_lane(l, lane);
	}
}
