/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * taps.c - readers, what they want of each session, and the cores' copies.
 *
 * The cores wake nobody for a copy: their rings are looked at every LOOK_US, and before control
 * says something of a watched stream itself, so that lines come in the order of what they tell.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "control/memory.h"
#include "control/session_state.h"

enum {
	LOOK_US = 20 * 1000,
	COPIES_PER_LOOK = TAPS_RING, /* of one core: what a ring holds */
};

struct taps {
	struct loop *loop;
	struct orders *orders;
	struct core *const *cores;
	struct sessions *sessions;
	struct loop_timer timer;
	struct taps_reader *readers[TAPS_READERS_MAX];
	unsigned int count;
	uint8_t buffer[TAP_BYTES_MAX];
};

static void look_due(struct loop_timer *timer);

struct taps *taps_make(struct loop *loop, struct orders *orders, struct core *const *cores,
		       struct sessions *sessions)
{
	struct taps *t = memory_get(sizeof(*t));

	*t = (struct taps){.loop = loop,
			   .orders = orders,
			   .cores = cores,
			   .sessions = sessions,
			   .timer = {.due = look_due}};
	return t;
}

void taps_free(struct taps *t)
{
	if (t == NULL)
		return;
	loop_cancel(t->loop, &t->timer);
	free(t);
}

/* --- who wants what --- */

static bool is_of_partner(const struct session *s, const char *domain, const char *partner)
{
	const struct partner *p = NULL;
	char folded[DOMAIN_TEXT_MAX + 1];

	if (s->leg == IFACE_EDGE && domains_fold(domain, folded))
		p = policy_partner(s->table->config->policy, folded);
	return p != NULL && strcmp(p->domain, partner) == 0;
}

static bool wants(const struct taps_reader *r, const struct session *s, const char *domain)
{
	switch (r->of) {
	case TAPS_ALL:
		return true;
	case TAPS_STREAM:
		return strcmp(r->name, s->trace_id) == 0;
	case TAPS_PARTNER:
		return (domain != NULL && is_of_partner(s, domain, r->name)) ||
		       is_of_partner(s, s->remote, r->name) ||
		       is_of_partner(s, s->own_theirs, r->name);
	}
	return false;
}

static uint8_t bits_of(const struct taps *t, uint16_t readers)
{
	uint8_t bits = 0;

	for (unsigned int i = 0; i < TAPS_READERS_MAX; i++)
		if ((readers & BIT(i)) != 0)
			bits |= t->readers[i]->bits;
	return bits;
}

static void set_readers(struct session *s, uint16_t readers)
{
	const struct taps *t = s->table->taps;
	const uint8_t before = bits_of(t, s->watched), now = bits_of(t, readers);
	struct msg m = {.kind = MSG_TAP, .conn = s->conn};

	s->watched = readers;
	if (before == now || !s->is_open)
		return;
	m.tap.bits = now;
	orders_give(t->orders, s->core, &m);
}

void taps_consider(struct session *s, const char *domain)
{
	const struct taps *t = s->table->taps;
	const uint16_t before = s->watched;
	uint16_t readers = before;

	if (t->count == 0 || !s->is_open)
		return;
	for (unsigned int i = 0; i < TAPS_READERS_MAX; i++)
		if (t->readers[i] != NULL && wants(t->readers[i], s, domain))
			readers |= (uint16_t)BIT(i);
	if (readers != before)
		set_readers(s, readers);
}

bool taps_add(struct taps *t, struct taps_reader *r, unsigned int *streams)
{
	unsigned int i = 0;

	while (i < TAPS_READERS_MAX && t->readers[i] != NULL)
		i++;
	if (i == TAPS_READERS_MAX)
		return false;
	t->readers[i] = r;
	r->index = i;
	if (t->count++ == 0)
		loop_at(t->loop, &t->timer, loop_now_us(t->loop) + LOOK_US);
	*streams = 0;
	for (struct session *s = t->sessions->first; s != NULL; s = s->next) {
		taps_consider(s, NULL);
		*streams += (s->watched & BIT(i)) != 0;
	}
	return true;
}

void taps_remove(struct taps *t, struct taps_reader *r)
{
	for (struct session *s = t->sessions->first; s != NULL; s = s->next)
		if ((s->watched & BIT(r->index)) != 0)
			set_readers(s, (uint16_t)(s->watched & ~BIT(r->index)));
	t->readers[r->index] = NULL;
	t->count--;
}

/* --- what they get --- */

static uint64_t unix_us(void)
{
	struct timespec wall;

	(void)clock_gettime(CLOCK_REALTIME, &wall);
	return (uint64_t)wall.tv_sec * 1000000 + (uint64_t)wall.tv_nsec / 1000;
}

static void tell(const struct taps *t, const struct session *s, uint8_t bits,
		 const struct taps_item *item)
{
	for (unsigned int i = 0; i < TAPS_READERS_MAX; i++)
		if ((s->watched & BIT(i)) != 0 && (t->readers[i]->bits & bits) != 0)
			t->readers[i]->take(t->readers[i], item);
}

static void tell_lost(const struct taps *t, uint8_t bits, uint64_t count)
{
	for (unsigned int i = 0; count > 0 && i < TAPS_READERS_MAX; i++)
		if (t->readers[i] != NULL && (t->readers[i]->bits & bits) != 0)
			t->readers[i]->lost(t->readers[i], count);
}

static struct taps_item item_of(const struct session *s, uint64_t at_unix_us)
{
	return (struct taps_item){.at_unix_us = at_unix_us, .stream = s->trace_id, .leg = s->leg};
}

static void take(struct taps *t, uint16_t core, const struct tapped *copy)
{
	const struct session *s = session_find(t->sessions, copy->conn);
	const bool is_frame = copy->kind == TAPPED_FRAME;
	const uint8_t bits = is_frame ? TAP_FRAMES : TAP_STANZAS | TAP_MESSAGES;
	const uint64_t clock_us = core_clock_us(t->cores[core]);
	struct taps_item item;

	tell_lost(t, bits, copy->lost);
	if (s == NULL || s->watched == 0)
		return;
	item = item_of(s, unix_us() - (clock_us > copy->at_us ? clock_us - copy->at_us : 0));
	item.is_out = copy->kind == TAPPED_OUT;
	item.total = copy->total;
	if (is_frame) {
		item.frame = copy->bytes;
	} else {
		inbox_bytes(copy->bytes, t->buffer);
		item.bytes = (struct span){t->buffer, inbox_len(copy->bytes)};
	}
	tell(t, s, bits, &item);
}

static void look(struct taps *t, uint16_t core)
{
	struct inbox *inbox = orders_inbox(t->orders, core);
	struct tapped copy;

	for (unsigned int i = 0; i < COPIES_PER_LOOK && inbox_take_tap(inbox, &copy); i++) {
		take(t, core, &copy);
		inbox_free(copy.bytes);
	}
}

static void look_due(struct loop_timer *timer)
{
	struct taps *t = CONTAINER_OF(timer, struct taps, timer);

	for (uint16_t i = 0; i < orders_cores(t->orders); i++)
		look(t, i);
	/* With nobody left this was the last look: what had been copied is taken out. */
	if (t->count > 0)
		loop_at(t->loop, timer, loop_now_us(t->loop) + LOOK_US);
}

void taps_said(const struct session *s, bool is_out, const void *bytes, size_t len)
{
	struct taps *t = s->table->taps;
	struct taps_item item = item_of(s, unix_us());

	if (len == 0)
		return;
	look(t, s->core);
	item.is_out = is_out;
	item.bytes = (struct span){bytes, len};
	item.total = len;
	tell(t, s, TAP_STANZAS, &item);
}

static void note(const struct session *s, const char *text, bool is_end)
{
	struct taps_item item = item_of(s, unix_us());

	look(s->table->taps, s->core);
	item.note = text;
	item.is_end = is_end;
	tell(s->table->taps, s, TAP_STANZAS, &item);
}

void taps_note(const struct session *s, const char *format, ...)
{
	char text[256];
	va_list values;

	va_start(values, format);
	(void)vsnprintf(text, sizeof(text), format, values);
	va_end(values);
	note(s, text, false);
}

void taps_end(const struct session *s, const char *by, const char *reason)
{
	char text[128];

	(void)snprintf(text, sizeof(text), "closed by %s, reason %s", by, reason);
	note(s, text, true);
}
