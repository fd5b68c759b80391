/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * transcript.h - what a framer says about an input, as data: each thing found with its end, what is
 * held and which prefixes it leans on. Two ways to cut an input must give the same transcript.
 */
#ifndef TESTS_UNIT_XMPP_TRANSCRIPT_H
#define TESTS_UNIT_XMPP_TRANSCRIPT_H

#include <string.h>

#include "dataplane/xmpp/framer_parts.h"

#define TRANSCRIPT_FINDS 512

struct transcript {
	struct {
		enum framer_result what;
		size_t end;
		uint32_t held, used_prefixes;
	} find[TRANSCRIPT_FINDS];
	size_t count; /* may be more than are kept in find[] */
	enum framer_result last;
	size_t used;         /* bytes read in all */
	uint32_t held_end;   /* at the end of the input */
	bool is_cut_outside; /* the input ends within a character outside the root */
	struct framer_root root;
};

/* Says how long the next piece is: 1..left. */
typedef size_t transcript_cut(void *state, size_t left);

static inline void transcript_note(struct transcript *t, const struct framer *f,
				   enum framer_result r)
{
	if (t->count < TRANSCRIPT_FINDS) {
		t->find[t->count].what = r;
		t->find[t->count].end = t->used;
		t->find[t->count].held = framer_held(f);
		t->find[t->count].used_prefixes = r == FRAMER_ELEMENT ? framer_used_prefixes(f) : 0;
	}
	t->count++;
}

typedef void transcript_init(struct framer *f, uint32_t stanza_bytes_max);

/*
 * Of a framer made by @init. Each piece is copied to memory of just its size, so that a sanitizer
 * sees a read past it.
 */
static inline void transcript_make_by(transcript_init *init, struct transcript *t,
				      const uint8_t *bytes, size_t len, uint32_t stanza_bytes_max,
				      transcript_cut *cut, void *state)
{
	static struct framer f;
	size_t piece_left = 0;
	uint8_t *piece = NULL;

	memset(t, 0, sizeof(*t));
	init(&f, stanza_bytes_max);
	while (t->used < len && t->last >= FRAMER_MORE) {
		size_t used = 0;

		if (piece_left == 0)
			piece_left = cut != NULL ? cut(state, len - t->used) : len - t->used;
		piece = malloc(piece_left);
		memcpy(piece, bytes + t->used, piece_left);
		t->last = framer_feed(&f, piece, piece_left, &used);
		free(piece);
		t->used += used;
		piece_left -= used;
		if (t->last > FRAMER_MORE)
			transcript_note(t, &f, t->last);
		else if (t->last == FRAMER_MORE && used == 0)
			break; /* no progress: the comparison will tell */
	}
	t->held_end = framer_held(&f);
	t->is_cut_outside = f.utf8.left > 0 && !f.open && f.phase != FRAMER_PHASE_STREAM;
	t->root = *framer_root(&f);
}

static inline void transcript_make(struct transcript *t, const uint8_t *bytes, size_t len,
				   uint32_t stanza_bytes_max, transcript_cut *cut, void *state)
{
	transcript_make_by(framer_init, t, bytes, len, stanza_bytes_max, cut, state);
}

static inline bool transcript_equal(const struct transcript *a, const struct transcript *b)
{
	return a->count == b->count && a->last == b->last && a->used == b->used &&
	       a->held_end == b->held_end && memcmp(a->find, b->find, sizeof(a->find)) == 0 &&
	       memcmp(&a->root, &b->root, sizeof(a->root)) == 0;
}

static inline size_t transcript_cut_one(void *state, size_t left)
{
	(void)state;
	(void)left;
	return 1;
}

/* Mostly pieces shorter than a tag, some of a few tags, drawn from the uint64_t at @state. */
static inline size_t transcript_cut_random(void *state, size_t left)
{
	uint64_t *seed = state;
	size_t most;

	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	most = (*seed >> 60) == 0 ? left : min_size(left, (*seed >> 62) == 0 ? 300 : 24);
	return 1 + (size_t)(*seed >> 20) % most;
}

#endif
