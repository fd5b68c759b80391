/* SPDX-License-Identifier: BSD-3-Clause */
/* stream_pairs.c - the pairs of domains of one stream, and the verifications asked on it. */
#include <stdio.h>
#include <string.h>

#include "control/memory.h"
#include "control/stream_state.h"
#include "dataplane/core/msg.h"

struct stream_pair *stream_find_pair(struct stream *s, const char *ours, const char *theirs)
{
	for (size_t i = 0; i < s->pair_count; i++)
		if (strcmp(s->pairs[i].ours, ours) == 0 && strcmp(s->pairs[i].theirs, theirs) == 0)
			return &s->pairs[i];
	return NULL;
}

static struct stream_pair *add_pair(struct stream *s, const char *ours, const char *theirs)
{
	const bool is_partners = s->setup.role == STREAM_RECEIVING && !stream_is_internal(s);
	const size_t most = !is_partners         ? STREAM_PAIRS_MAX
			    : s->authorised == 0 ? STREAM_PAIRS_UNPROVED_MAX
						 : STREAM_PAIRS_RECEIVED_MAX;
	struct stream_pair *pair;

	if (s->pair_count >= most)
		return NULL;
	if (s->pair_count == s->pair_room) {
		s->pair_room = s->pair_room > 0 ? 2 * s->pair_room : 1;
		s->pairs = memory_grow(s->pairs, s->pair_room * sizeof(*s->pairs));
	}
	pair = &s->pairs[s->pair_count++];
	pair->ours = pair->theirs = SHARED_EMPTY;
	shared_set(&pair->ours, ours);
	shared_set(&pair->theirs, theirs);
	pair->state = PAIR_ASKED;
	pair->due_us =
	    (s->now_us + (uint64_t)STREAM_DIALBACK_WAIT_S * 1000000) & STREAM_PAIR_DUE_MAX;
	return pair;
}

bool stream_serves(const struct stream *s, const char *local, const char *remote)
{
	const bool inside = stream_is_internal(s);
	const char *ours = inside ? remote : local, *theirs = inside ? local : remote;

	if (s->state != STREAM_ESTABLISHED || s->setup.purpose != STREAM_FOR_STANZAS ||
	    (s->setup.role == STREAM_RECEIVING && !s->is_bidi))
		return false;
	for (size_t i = 0; i < s->pair_count; i++)
		if (s->pairs[i].state == PAIR_AUTHORISED && strcmp(s->pairs[i].ours, ours) == 0 &&
		    strcmp(s->pairs[i].theirs, theirs) == 0)
			return true;
	return false;
}

struct stream_pair *stream_add_asked(struct stream *s, const char *ours, const char *theirs)
{
	return add_pair(s, ours, theirs);
}

void stream_drop_pair(struct stream *s, struct stream_pair *pair)
{
	if (pair->state == PAIR_AUTHORISED)
		s->authorised--;
	shared_drop(&pair->ours);
	shared_drop(&pair->theirs);
	*pair = s->pairs[--s->pair_count];
}

void stream_forget_pairs(struct stream *s)
{
	while (s->pair_count > 0)
		stream_drop_pair(s, &s->pairs[s->pair_count - 1]);
}

static void tell(struct stream *s, const char *local, const char *remote, unsigned int method,
		 unsigned int bits)
{
	struct stream_news *news = stream_add_news(s, STREAM_NEWS_AUTHORISED);
	const bool inside = stream_is_internal(s);

	snprintf(news->local, sizeof(news->local), "%s", local);
	snprintf(news->remote, sizeof(news->remote), "%s", remote);
	snprintf(news->ours, sizeof(news->ours), "%s", inside ? remote : local);
	snprintf(news->theirs, sizeof(news->theirs), "%s", inside ? local : remote);
	news->method = method;
	news->bits = (uint8_t)bits;
}

/* A gateway that has proved @local may send for it to every partner: said once a stream. */
static bool is_first_of(const struct stream *s, const struct stream_pair *pair)
{
	for (size_t i = 0; i < s->pair_count; i++)
		if (&s->pairs[i] != pair && s->pairs[i].state == PAIR_AUTHORISED &&
		    strcmp(s->pairs[i].theirs, pair->theirs) == 0)
			return false;
	return true;
}

void stream_authorise(struct stream *s, const char *ours, const char *theirs, unsigned int method)
{
	const bool from = s->setup.role == STREAM_RECEIVING || s->is_bidi;
	const bool to = s->setup.role == STREAM_INITIATING || s->is_bidi;
	struct stream_pair *pair = stream_find_pair(s, ours, theirs);

	if (pair == NULL)
		pair = add_pair(s, ours, theirs);
	if (pair == NULL || pair->state == PAIR_AUTHORISED)
		return;
	/* With this grant the core sends what has waited: behind our header, not before it. */
	if (to)
		stream_flush(s);
	pair->state = PAIR_AUTHORISED;
	pair->method = (uint8_t)method;
	s->authorised++;
	if (s->setup.theirs[0] == '\0') {
		shared_set(&s->setup.ours, ours);
		shared_set(&s->setup.theirs, theirs);
	}
	if (!stream_is_internal(s)) {
		tell(s, ours, theirs, method,
		     (from ? GRANT_FROM_PEER : 0u) | (to ? GRANT_TO_PEER : 0u));
		return;
	}
	if (from && is_first_of(s, pair))
		tell(s, theirs, "*", method, GRANT_FROM_PEER);
	if (to)
		tell(s, theirs, ours, method, GRANT_TO_PEER);
}

void stream_pair_failed(struct stream *s, const char *ours, const char *theirs, enum drop why,
			const char *text)
{
	const bool inside = stream_is_internal(s);
	struct stream_news *news = stream_add_news(s, STREAM_NEWS_PAIR_FAILED);
	struct stream_pair *pair = stream_find_pair(s, ours, theirs);

	news->drop = why;
	snprintf(news->ours, sizeof(news->ours), "%s", ours);
	snprintf(news->theirs, sizeof(news->theirs), "%s", theirs);
	snprintf(news->local, sizeof(news->local), "%s", inside ? theirs : ours);
	snprintf(news->remote, sizeof(news->remote), "%s", inside ? ours : theirs);
	snprintf(news->text, sizeof(news->text), "%s", text);
	if (pair != NULL)
		stream_drop_pair(s, pair);
}

struct stream_verify *stream_find_verify(struct stream *s, const char *ours, const char *theirs,
					 const char *id)
{
	for (size_t i = 0; i < s->verify_count; i++)
		if (strcmp(s->verifies[i].ours, ours) == 0 &&
		    strcmp(s->verifies[i].theirs, theirs) == 0 &&
		    strcmp(s->verifies[i].id, id) == 0)
			return &s->verifies[i];
	return NULL;
}

struct stream_verify *stream_add_verify(struct stream *s)
{
	struct stream_verify *v;

	if (s->verify_count >= STREAM_VERIFIES_MAX)
		return NULL;
	if (s->verify_count == s->verify_room) {
		s->verify_room = s->verify_room > 0 ? 2 * s->verify_room : 1;
		s->verifies = memory_grow(s->verifies, s->verify_room * sizeof(*s->verifies));
	}
	v = &s->verifies[s->verify_count++];
	memset(v, 0, sizeof(*v));
	return v;
}

void stream_drop_verify(struct stream *s, struct stream_verify *verify)
{
	*verify = s->verifies[--s->verify_count];
}
