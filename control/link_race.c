/* SPDX-License-Identifier: BSD-3-Clause */
/* link_race.c - who is dialled when, and who is given up. */
#include "control/blocks.h"
#include "control/link_want.h"

/* RFC 8305 8: the recommended Connection Attempt Delay. */
#define ATTEMPT_DELAY_US UINT64_C(250000)

static void next_has_its_turn(struct loop_timer *t)
{
	struct want *w = CONTAINER_OF(t, struct want, race.next);

	/* Without one more the race goes on among those who run. */
	if (w->race.count < LINK_RACE_MAX && w->target_next < w->target_count && !link_race_join(w))
		link_want_failed(w, w->why);
}

/* The next whose address the operator has not blocked, or NULL. */
static const struct resolver_target *take_target(struct want *w)
{
	struct blocks *blocks = w->links->config->policy->blocks;

	while (w->target_next < w->target_count) {
		const struct resolver_target *t = &w->target[w->target_next++];
		struct block *b = blocks != NULL ? blocks_find_address(blocks, &t->address,
								       loop_now_us(w->links->loop))
						 : NULL;

		if (b == NULL)
			return t;
		(void)blocks_refuse(b);
		w->why = DROP_STREAM_BLOCKED;
	}
	return NULL;
}

bool link_race_join(struct want *w)
{
	struct link_race *r = &w->race;
	struct stream_setup setup = {.role = STREAM_INITIATING,
				     .leg = IFACE_EDGE,
				     .purpose = w->kind == WANT_VERIFY ? STREAM_FOR_VERIFY
								       : STREAM_FOR_STANZAS,
				     .ours = w->local,
				     .theirs = w->remote};
	const struct resolver_target *t;
	struct session *s;

	t = r->count < LINK_RACE_MAX ? take_target(w) : NULL;
	if (t == NULL)
		return r->count > 0;
	setup.direct_tls = t->direct_tls;
	r->next.due = next_has_its_turn;
	loop_at(w->links->loop, &r->next, loop_now_us(w->links->loop) + ATTEMPT_DELAY_US);
	s = link_want_dial(w, &setup, &t->address, t->port);
	if (s != NULL) /* else the want is over, and gone */
		r->session[r->count++] = s;
	return true;
}

bool link_race_has(const struct want *w, const struct session *s)
{
	for (size_t i = 0; i < w->race.count; i++)
		if (w->race.session[i] == s)
			return true;
	return false;
}

void link_race_end(struct want *w)
{
	loop_cancel(w->links->loop, &w->race.next);
	while (w->race.count > 0)
		session_give_up(w->race.session[--w->race.count]);
}

void link_race_won(struct want *w, struct session *s)
{
	link_race_lost(w, s);
	link_race_end(w);
	w->session = s;
	if (w->kind == WANT_PAIR) /* if it is not the one that counted */
		session_count_partner(s, policy_partner(w->links->config->policy, w->remote));
}

void link_race_lost(struct want *w, struct session *s)
{
	struct link_race *r = &w->race;

	for (size_t i = 0; i < r->count; i++)
		if (r->session[i] == s) {
			r->session[i] = r->session[--r->count];
			return;
		}
}
