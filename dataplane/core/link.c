/* SPDX-License-Identifier: BSD-3-Clause */
/* link.c - streams of a pair, what waits for them and who waits for it. */
#include <rte_malloc.h>

#include "dataplane/core/account.h"
#include "dataplane/core/bounce.h"
#include "dataplane/core/output.h"
#include "dataplane/core/via.h"

bool link_table_init(struct link_table *t, uint32_t capacity, bool has_others)
{
	const uint32_t buckets = rte_align32prevpow2(capacity);

	t->links = rte_zmalloc("links", capacity * sizeof(*t->links), CACHE_LINE);
	t->buckets = rte_zmalloc("link buckets", buckets * sizeof(struct link *), CACHE_LINE);
	t->returned = NULL;
	if (has_others)
		t->returned = rte_zmalloc("link returns", capacity * sizeof(*t->returned), 0);
	if (t->links == NULL || t->buckets == NULL || (has_others && t->returned == NULL))
		return false;
	t->mask = buckets - 1;
	t->total = t->available = capacity;
	for (uint32_t i = 0; i < capacity; i++) {
		t->links[i].hash_next = t->free;
		t->free = &t->links[i];
	}
	return true;
}

void link_table_fini(struct link_table *t)
{
	rte_free(t->links);
	rte_free(t->buckets);
	rte_free(t->returned);
}

/* The ids are control's own: nobody outside can aim at a bucket. */
static struct link **bucket(const struct link_table *t, struct pair pair, enum toward toward)
{
	const uint64_t key =
	    (uint64_t)toward << 32 | (uint32_t)pair.local.n << 16 | (uint32_t)pair.remote.n;

	return &t->buckets[(key * UINT64_C(0x9e3779b97f4a7c15) >> 32) & t->mask];
}

struct link *link_find(const struct link_table *t, struct pair pair, enum toward toward)
{
	struct link *l = *bucket(t, pair, toward);

	while (l != NULL && !(l->toward == toward && domain_equal(l->pair.local, pair.local) &&
			      domain_equal(l->pair.remote, pair.remote)))
		l = l->hash_next;
	return l;
}

struct link *link_take(struct link_table *t, struct pair pair, enum toward toward)
{
	struct link *l = link_find(t, pair, toward), **head = bucket(t, pair, toward);

	if (l != NULL || t->free == NULL)
		return l;
	l = t->free;
	t->free = l->hash_next;
	t->available--;
	*l = (struct link){.hash_next = *head, .pair = pair, .toward = (uint8_t)toward};
	TAILQ_INIT(&l->streams);
	TAILQ_INIT(&l->sources);
	*head = l;
	return l;
}

void link_tidy(struct core *c, struct link *l)
{
	struct link_table *t = &c->links;
	struct link **at = bucket(t, l->pair, (enum toward)l->toward);

	if (!TAILQ_EMPTY(&l->streams) || !TAILQ_EMPTY(&l->sources) || l->parked.count > 0 ||
	    l->is_later || l->draining != NULL || via_is_away(l) || l->via_count > 0 ||
	    l->fed_by != 0)
		return;
	while (*at != l)
		at = &(*at)->hash_next;
	*at = l->hash_next;
	l->hash_next = t->free;
	t->free = l;
	t->available++;
}

void link_do_later(struct core *c, struct link *l)
{
	if (l->is_later)
		return;
	l->is_later = true;
	STAILQ_INSERT_TAIL(&c->later, l, later);
}

/* The stream that carries the pair now, or NULL. */
static struct conn *stream_of(struct core *c, const struct link *l)
{
	if (TAILQ_EMPTY(&l->streams) || l->draining != NULL)
		return NULL;
	return core_grant_conn(c, TAILQ_FIRST(&l->streams));
}

/* The same for stanzas of this core, which may go by another one. */
static struct conn *own_stream_of(struct core *c, const struct link *l)
{
	return via_is_away(l) ? NULL : stream_of(c, l);
}

static void block(struct link *l, struct conn *k)
{
	if (l->blocked_on != NULL)
		return;
	l->blocked_on = k;
	TAILQ_INSERT_TAIL(&k->blocked, l, blocked);
}

static void unblock(struct core *c, struct link *l)
{
	if (l->blocked_on != NULL)
		TAILQ_REMOVE(&l->blocked_on->blocked, l, blocked);
	else if (l->is_starved)
		TAILQ_REMOVE(&c->starved[l->via], l, blocked);
	l->blocked_on = NULL;
	l->is_starved = false;
}

static void wake_sources(struct core *c, struct link *l)
{
	struct conn *k;

	while ((k = TAILQ_FIRST(&l->sources)) != NULL) {
		TAILQ_REMOVE(&l->sources, k, parked);
		conn_end_park(c, k);
		conn_make_ready(c, k);
	}
}

/* Below half of its bounds, so that sources are not woken for one stanza each. */
static bool is_low(const struct core *c, const struct link *l)
{
	return l->parked.bytes <= c->setup.link_queue_bytes / 2 &&
	       l->parked.count <= c->setup.link_queue_stanzas / 2;
}

/* Nothing can be sent now: control is asked once. False when the ring is full. */
static bool want(struct core *c, struct link *l)
{
	struct event e = {.kind = EVENT_LINK_WANTED};

	if (l->state == LINK_WANTED)
		return true;
	e.link.pair = l->pair;
	e.link.toward = (enum toward)l->toward;
	e.link.lost_by = l->lost_by;
	e.link.is_begun = l->parked.count > 0 && parcel_of(l->parked.first)->label.maybe_twice;
	if (!inbox_event(c->inbox, &e)) {
		stat_add(&c->stats.events_full, 1);
		return false;
	}
	l->state = LINK_WANTED;
	return true;
}

/* Is the first parcel that waits this core's own? */
static bool is_own_first(const struct link *l)
{
	return l->parked.count > 0 && parcel_of(l->parked.first)->label.origin == 0;
}

/* The first parcel goes on, by its way. */
static bool send_first(struct core *c, struct link *l)
{
	struct conn *k = stream_of(c, l);
	struct rte_mbuf *m;

	if (via_is_away(l) && is_own_first(l))
		return l->state == LINK_VIA && l->draining == NULL && via_pass(c, l);
	if (k == NULL || !output_can_take(c, k))
		return false;
	m = parcel_pop(&l->parked);
	via_taken(c, parcel_of(m));
	account_release(c, &parcel_of(m)->label);
	output_parcel(c, k, m);
	output_drain(c, k);
	return true;
}

/* Sources may go on: little waits here, and little where it goes. */
static bool may_wake(struct core *c, const struct link *l)
{
	const struct conn *k = own_stream_of(c, l);

	if (!is_low(c, l) || (l->state == LINK_VIA && !via_is_low(l)))
		return false;
	return k == NULL || output_queued(k) < CORE_SEND_LOW;
}

/* What is left waits for room on its stream, or for a stream; who brings the rest (credit, a stream
 * drained or lost) looks at the link by himself. */
static void wait(struct core *c, struct link *l)
{
	struct conn *k = via_is_away(l) && is_own_first(l) ? NULL : stream_of(c, l);

	if (k == NULL) {
		if (is_own_first(l) && !via_is_away(l) && TAILQ_EMPTY(&l->streams) && !want(c, l))
			link_do_later(c, l);
		return;
	}
	/* With little queued it is the ledger's pool that is empty: no acknowledgment of this
	 * stream's would tell when it is not. */
	if (l->parked.count > 0 && output_queued(k) < CORE_SEND_LOW && k->out.count == 0)
		link_do_later(c, l);
	else if (l->parked.count > 0 || (!TAILQ_EMPTY(&l->sources) && !via_is_away(l)))
		block(l, k);
}

static void pump(struct core *c, struct link *l)
{
	unblock(c, l);
	if (!via_tend(c, l))
		link_do_later(c, l);
	while (l->parked.count > 0 && send_first(c, l))
		;
	if (may_wake(c, l))
		wake_sources(c, l);
	if (!l->is_starved)
		wait(c, l);
	link_tidy(c, l);
}

void link_run_later(struct core *c)
{
	struct link_fifo now = STAILQ_HEAD_INITIALIZER(now);
	struct link *l;

	/* What comes meanwhile is left to the next turn. */
	STAILQ_CONCAT(&now, &c->later);
	while ((l = STAILQ_FIRST(&now)) != NULL) {
		STAILQ_REMOVE_HEAD(&now, later);
		l->is_later = false;
		pump(c, l);
	}
}

void link_wake_blocked(struct core *c, struct conn *k)
{
	struct link *l;

	if (output_queued(k) >= CORE_SEND_LOW || k->out.count > 0)
		return;
	while ((l = TAILQ_FIRST(&k->blocked)) != NULL) {
		unblock(c, l);
		link_do_later(c, l);
	}
}

/* A source can be held back only where the queue leads inside; everything else is refused at the
 * bound (design.md 4). */
static bool holds_source(const struct link *l, const struct parcel_label *label)
{
	return l->toward == TOWARD_INTERNAL && label->kind == PARCEL_STANZA;
}

static bool is_full(const struct core *c, const struct link *l, uint32_t more)
{
	return (uint64_t)l->parked.bytes + more > c->setup.link_queue_bytes ||
	       l->parked.count >= c->setup.link_queue_stanzas;
}

static struct rte_mbuf *copy(struct core *c, const struct element *e,
			     const struct parcel_label *label)
{
	struct rte_mbuf *m = parcel_make(c->pool);
	struct element_cursor cursor = element_begin(e);
	struct span s;

	if (m == NULL)
		return NULL;
	parcel_of(m)->label = *label;
	while ((s = element_next(e, &cursor)).len > 0)
		if (!parcel_append(m, c->pool, s)) {
			parcel_free(m);
			return NULL;
		}
	return m;
}

enum link_result link_send(struct core *c, struct link *l, const struct element *e,
			   const struct parcel_label *label)
{
	struct conn *k = own_stream_of(c, l);
	const bool holds = holds_source(l, label);
	struct rte_mbuf *m;

	if (k != NULL && l->parked.count == 0 && output_element(c, k, e, label))
		return holds && output_queued(k) >= CORE_SEND_HIGH ? LINK_SENT_FULL : LINK_SENT;
	/* Towards the inside the bound may be passed by one stanza of each source. */
	if (!holds && is_full(c, l, element_bytes(e))) {
		link_tidy(c, l);
		return LINK_ERR_FULL;
	}
	m = copy(c, e, label);
	if (m == NULL) {
		link_tidy(c, l);
		return LINK_ERR_MEMORY;
	}
	account_hold(c, label);
	parcel_push(&l->parked, m);
	pump(c, l);
	if (!holds)
		return LINK_SENT;
	if (l->state == LINK_VIA)
		return l->parked.count > 0 || !via_is_low(l) ? LINK_SENT_FULL : LINK_SENT;
	if (k != NULL)
		return l->parked.count > 0 || output_queued(k) >= CORE_SEND_HIGH ? LINK_SENT_FULL
										 : LINK_SENT;
	return is_full(c, l, 0) ? LINK_SENT_FULL : LINK_SENT;
}

bool link_attach(struct core *c, struct grant *g, enum toward toward)
{
	struct link *l = link_take(&c->links, g->pair, toward);

	if (l == NULL)
		return false;
	g->link = l;
	TAILQ_INSERT_TAIL(&l->streams, g, of_link);
	if (!via_is_away(l))
		l->state = LINK_UP;
	link_do_later(c, l);
	return true;
}

/* Stanzas that @k has taken and not settled: in its ledger, and whole in its queue. */
static uint64_t unsettled(const struct conn *k)
{
	const bool is_begun =
	    k->is_writing && parcel_of(k->out.first)->label.kind != PARCEL_CONTROL;

	return k->ledger.count + k->out.count - k->control_count - (is_begun ? 1 : 0);
}

/* The stream in use is left: what comes next waits for what is under way. */
static void drain(struct link *l, struct conn *k)
{
	if (l->draining != NULL || unsettled(k) == 0)
		return;
	l->draining = k;
	l->drain_to = stat_read(&k->view.stanzas_out) + unsettled(k);
	STAILQ_INSERT_TAIL(&k->draining, l, of_draining);
}

void link_detach(struct core *c, struct grant *g)
{
	struct link *l = g->link;
	struct conn *k = core_grant_conn(c, g);

	if (l->blocked_on == k)
		unblock(c, l);
	if (TAILQ_FIRST(&l->streams) == g)
		drain(l, k);
	TAILQ_REMOVE(&l->streams, g, of_link);
	g->link = NULL;
	if (TAILQ_EMPTY(&l->streams) && !via_is_away(l))
		l->state = LINK_NONE;
	link_do_later(c, l);
}

static void leave_drained(struct core *c, struct conn *k, uint64_t settled)
{
	struct link *l;

	while ((l = STAILQ_FIRST(&k->draining)) != NULL && l->drain_to <= settled) {
		STAILQ_REMOVE_HEAD(&k->draining, of_draining);
		l->draining = NULL;
		link_do_later(c, l);
	}
}

void link_on_settled(struct core *c, struct conn *k)
{
	leave_drained(c, k, stat_read(&k->view.stanzas_out));
}

void link_on_recovered(struct core *c, struct conn *k)
{
	leave_drained(c, k, UINT64_MAX);
}

bool link_take_parcel(struct core *c, struct link *l, struct rte_mbuf *m)
{
	const struct parcel *p = parcel_of(m);

	if (!holds_source(l, &p->label) && is_full(c, l, p->bytes))
		return false;
	parcel_push(&l->parked, m);
	link_do_later(c, l);
	return true;
}

void link_ask_again(struct core *c, struct pair pair)
{
	for (int toward = 0; toward < TOWARD_COUNT; toward++) {
		struct link *l = link_find(&c->links, pair, (enum toward)toward);

		if (l == NULL || l->state != LINK_WANTED)
			continue;
		l->state = LINK_NONE;
		link_do_later(c, l);
	}
}

void link_return(struct core *c, struct rte_mbuf *parcel)
{
	const struct parcel_label *label = &parcel_of(parcel)->label;
	struct link *l = NULL;

	if (!domain_equal(label->pair.remote, DOMAIN_NONE))
		l = link_take(&c->links, label->pair, (enum toward)label->toward);
	if (l == NULL) {
		account_release(c, label);
		account_lost(c, label, DROP_STANZA_NO_LINK);
		parcel_free(parcel);
		return;
	}
	parcel_push_front(&l->parked, parcel);
	link_do_later(c, l);
}

static void fail_queue(struct core *c, struct parcel_queue *q, struct bounce_reason why)
{
	struct rte_mbuf *m;

	while ((m = parcel_pop(q)) != NULL) {
		via_taken(c, parcel_of(m));
		account_release(c, &parcel_of(m)->label);
		bounce_parcel(c, m, why.condition, why.drop);
		parcel_free(m);
	}
}

/* What another core has sent here is that core's to bounce, unless this one stops. */
static struct parcel_queue take_foreign(const struct core *c, struct link *l)
{
	struct parcel_queue own = {0}, foreign = {0};
	struct rte_mbuf *m;

	if (c->is_stopping || l->fed_by == 0)
		return foreign;
	while ((m = parcel_pop(&l->parked)) != NULL)
		parcel_push(parcel_of(m)->label.origin == 0 ? &own : &foreign, m);
	l->parked = own;
	return foreign;
}

void link_fail(struct core *c, struct link *l, enum stanza_condition condition, enum drop drop)
{
	const struct bounce_reason why = {condition, drop};
	struct parcel_queue keep = take_foreign(c, l), parked = l->parked;

	if (TAILQ_EMPTY(&l->streams) && !via_is_away(l))
		l->state = LINK_NONE;
	l->parked = keep;
	if (link_returned(&c->links, l) != NULL)
		fail_queue(c, link_returned(&c->links, l), why);
	fail_queue(c, &parked, why);
	wake_sources(c, l);
	link_do_later(c, l);
}

void link_park(struct core *c, struct link *l, struct conn *source, struct partner_id partner)
{
	struct conn *k = own_stream_of(c, l);

	source->parked_on = l;
	source->parked_at.us = c->now_us & 0xffffffffffff;
	source->parked_at.by = partner.n;
	TAILQ_INSERT_TAIL(&l->sources, source, parked);
	if (k != NULL)
		block(l, k);
}
