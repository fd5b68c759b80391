/* SPDX-License-Identifier: BSD-3-Clause */
/* tally.c - counters of streams: arrays where the labels are few, short lists where reasons are. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/memory.h"
#include "control/tally.h"

const uint32_t tally_handshake_bounds_us[TALLY_HANDSHAKE_BOUNDS] = {
    1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 1000000, 2500000, 5000000, 10000000,
};

struct tally *tally_make(void)
{
	return memory_get(sizeof(struct tally));
}

void tally_free(struct tally *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < PARTNERS_MAX; i++)
		free(t->rows[i].cells);
	free(t->gateways);
	free(t);
}

static uint32_t *gauge(struct tally *t, const struct tally_place *p)
{
	return &t->rows[p->row].streams[p->leg][p->direction][p->state];
}

static void leave_gateway(struct tally *t, struct tally_place *p)
{
	if (p->has_gateway)
		t->gateways[p->gateway].established--;
	p->has_gateway = false;
}

static void move(struct tally *t, struct tally_place *p, uint16_t row, enum tally_state state)
{
	if (p->state == TALLY_NONE)
		return;
	--*gauge(t, p);
	p->row = row;
	p->state = (uint8_t)state;
	if (state != TALLY_ESTABLISHED)
		leave_gateway(t, p);
	if (state != TALLY_NONE)
		++*gauge(t, p);
}

void tally_begin(struct tally *t, struct tally_place *p, enum iface leg, enum tally_direction d)
{
	*p = (struct tally_place){
	    .leg = (uint8_t)leg, .direction = (uint8_t)d, .state = TALLY_OPENING};
	++*gauge(t, p);
}

void tally_partner(struct tally *t, struct tally_place *p, struct partner_id partner)
{
	move(t, p, partner.n, (enum tally_state)p->state);
}

/* The number of @name's; PARTNERS_MAX when there is no more room. */
static uint16_t find_gateway(struct tally *t, const char *name)
{
	uint32_t i = 0;

	while (i < t->gateway_count && strcmp(t->gateways[i].name, name) != 0)
		i++;
	if (i < t->gateway_count || i == PARTNERS_MAX)
		return (uint16_t)i;
	t->gateways = memory_grow(t->gateways, (i + 1) * sizeof(*t->gateways));
	t->gateways[i].established = 0;
	(void)snprintf(t->gateways[i].name, sizeof(t->gateways[i].name), "%s", name);
	t->gateway_count++;
	return (uint16_t)i;
}

void tally_established(struct tally *t, struct tally_place *p, const char *gateway)
{
	if (p->state != TALLY_OPENING)
		return;
	move(t, p, p->row, TALLY_ESTABLISHED);
	t->rows[p->row].opened[p->leg][p->direction]++;
	if (gateway[0] == '\0')
		return;
	p->gateway = find_gateway(t, gateway);
	p->has_gateway = p->gateway < t->gateway_count;
	if (p->has_gateway)
		t->gateways[p->gateway].established++;
}

void tally_closing(struct tally *t, struct tally_place *p)
{
	move(t, p, p->row, TALLY_CLOSING);
}

void tally_end(struct tally *t, struct tally_place *p)
{
	move(t, p, p->row, TALLY_NONE);
}

static bool is_same(const struct tally_cell *a, const struct tally_cell *b)
{
	return a->is_refusal == b->is_refusal && a->leg == b->leg && a->direction == b->direction &&
	       a->by == b->by && a->why == b->why;
}

static struct tally_cell *find_cell(struct tally_row *row, const struct tally_cell *like)
{
	for (uint32_t i = 0; i < row->cell_count; i++)
		if (is_same(&row->cells[i], like))
			return &row->cells[i];
	return NULL;
}

/* The last places are kept for what has no reason. */
static bool has_room(const struct tally_row *row, const struct tally_cell *c)
{
	const uint32_t kept = 2 * IFACE_COUNT * TALLY_DIRECTIONS * TALLY_CLOSE_BYS;

	_Static_assert(2 * IFACE_COUNT * TALLY_DIRECTIONS * TALLY_CLOSE_BYS < TALLY_CELLS_MAX,
		       "room for reasons");
	return row->cell_count <
	       (c->why == DROP_COUNT ? (uint32_t)TALLY_CELLS_MAX : TALLY_CELLS_MAX - kept);
}

static void count(struct tally_row *row, struct tally_cell like)
{
	struct tally_cell *c = find_cell(row, &like);

	if (c == NULL && !has_room(row, &like)) {
		like.why = DROP_COUNT;
		c = find_cell(row, &like);
	}
	if (c == NULL) {
		/* By eights: few rows have any. */
		if (row->cell_count % 8 == 0)
			row->cells =
			    memory_grow(row->cells, (row->cell_count + 8) * sizeof(*row->cells));
		c = &row->cells[row->cell_count++];
		*c = like;
		c->count = 0;
	}
	c->count++;
}

void tally_closed(struct tally *t, const struct tally_place *p, enum drop why, enum close_by by)
{
	count(&t->rows[p->row],
	      (struct tally_cell){
		  .leg = p->leg, .direction = p->direction, .by = (uint8_t)by, .why = why});
}

void tally_refused(struct tally *t, struct partner_id partner, const struct tally_place *p,
		   enum drop why)
{
	t->refused[why]++;
	count(&t->rows[partner.n],
	      (struct tally_cell){
		  .is_refusal = true, .leg = p->leg, .direction = p->direction, .why = why});
}

void tally_auth(struct tally *t, enum tally_direction d, unsigned int method, bool is_done)
{
	enum tally_mechanism m = TALLY_EXTERNAL;

	if (method == METHOD_DIALBACK_TLS)
		m = TALLY_DIALBACK_TLS;
	else if (method == METHOD_DIALBACK_PLAIN)
		m = TALLY_DIALBACK_PLAIN;
	t->auth[d][m][is_done]++;
}

void tally_handshake(struct tally *t, const char *version, const char *cipher, uint64_t us)
{
	unsigned int i = 0;

	while (i < TALLY_HANDSHAKE_BOUNDS && us > tally_handshake_bounds_us[i])
		i++;
	t->handshakes[i]++;
	t->handshakes_sum_us += us;
	for (i = 0; i < TALLY_SUITES_MAX; i++) {
		struct tally_suite *s = &t->suites[i];

		if (s->sessions == 0) {
			(void)snprintf(s->version, sizeof(s->version), "%s", version);
			(void)snprintf(s->cipher, sizeof(s->cipher), "%s", cipher);
		}
		if (strcmp(s->version, version) == 0 && strcmp(s->cipher, cipher) == 0) {
			s->sessions++;
			return;
		}
	}
}

void tally_certificate(struct tally *t, struct partner_id partner, int64_t expires)
{
	t->rows[partner.n].certificate_expires = expires;
}

uint32_t tally_gateway(const struct tally *t, const char *name)
{
	for (uint32_t i = 0; i < t->gateway_count; i++)
		if (strcmp(t->gateways[i].name, name) == 0)
			return t->gateways[i].established;
	return 0;
}
