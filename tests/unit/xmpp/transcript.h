/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * transcript.h - what a framer says about an input, as data: each thing found with its end, what is
 * held and which prefixes it leans on. Two ways to cut an input must give the same transcript.
 */
#ifndef TESTS_UNIT_XMPP_TRANSCRIPT_H
#define TESTS_UNIT_XMPP_TRANSCRIPT_H

#include <stdlib.h>
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

enum transcript_lent { TRANSCRIPT_OWN, TRANSCRIPT_LENT, TRANSCRIPT_LENT_WITH_ROOT };
/* How the framer of the next transcripts is used between the pieces. */
static enum transcript_lent transcript_lent;
static uint8_t transcript_root[FRAMER_ROOT_PACKED_MAX]; /* of the stream being read */
static size_t transcript_root_len;

/* Between two pieces the framer reads another stream, of another root but with LENT_WITH_ROOT; what
 * it needs of this one is kept meanwhile, in memory of just that size. */
static inline void transcript_lend(struct framer *f, uint32_t stanza_bytes_max)
{
	static uint8_t paused[FRAMER_PAUSED_MAX];
	const bool root_stays =
	    transcript_lent == TRANSCRIPT_LENT_WITH_ROOT && transcript_root_len > 0;
	struct framer_place p = {{transcript_root, transcript_root_len},
				 {paused, framer_pause(f, paused)},
				 framer_phase(f)};
	uint8_t *exact = malloc(p.paused.len + 1);

	memcpy(exact, paused, p.paused.len);
	p.paused.at = exact;
	memset(f, 0xa5, root_stays ? offsetof(struct framer, open_elements) : sizeof(*f));
	framer_go_on(f, &p, root_stays, stanza_bytes_max);
	free(exact);
}

typedef void transcript_init(struct framer *f, uint32_t stanza_bytes_max);

/* Reads on behind what was found, or feeds the rest again as bytes never seen. */
enum transcript_manner { TRANSCRIPT_READ, TRANSCRIPT_FEED };

struct transcript_way {
	transcript_init *init;
	enum transcript_manner manner;
	transcript_cut *cut; /* NULL: all at once */
	void *state;
};

/* One piece, in memory of just its size, so that a sanitizer sees a read past it. */
static inline void transcript_piece(struct transcript *t, struct framer *f, const uint8_t *bytes,
				    size_t len, enum transcript_manner manner)
{
	uint8_t *piece = malloc(len);
	struct framer_cursor c;
	size_t at = 0;

	memcpy(piece, bytes, len);
	framer_begin(&c, piece, len);
	while (at < len && t->last >= FRAMER_MORE) {
		size_t used;

		if (manner == TRANSCRIPT_FEED) {
			t->last = framer_feed(f, piece + at, len - at, &used);
		} else {
			t->last = framer_read(f, &c);
			used = (size_t)(c.at - piece) - at;
		}
		at += used;
		t->used += used;
		if (t->last == FRAMER_HEADER)
			transcript_root_len = framer_pack_root(f, transcript_root);
		if (t->last > FRAMER_MORE)
			transcript_note(t, f, t->last);
		else if (used == 0)
			break; /* no progress: the comparison will tell */
	}
	free(piece);
}

static inline void transcript_make_by(const struct transcript_way *way, struct transcript *t,
				      const uint8_t *bytes, size_t len, uint32_t stanza_bytes_max)
{
	static struct framer f;

	memset(t, 0, sizeof(*t));
	transcript_root_len = 0;
	way->init(&f, stanza_bytes_max);
	while (t->used < len && t->last >= FRAMER_MORE) {
		const size_t left = len - t->used, before = t->used;

		transcript_piece(t, &f, bytes + t->used,
				 way->cut != NULL ? way->cut(way->state, left) : left, way->manner);
		if (t->used == before)
			break;
		if (transcript_lent != TRANSCRIPT_OWN && t->last >= FRAMER_MORE && t->used < len)
			transcript_lend(&f, stanza_bytes_max);
	}
	t->held_end = framer_held(&f);
	t->is_cut_outside = f.utf8.left > 0 && !f.open && f.phase != FRAMER_PHASE_STREAM;
	t->root = *framer_root(&f);
}

static inline void transcript_make(struct transcript *t, const uint8_t *bytes, size_t len,
				   uint32_t stanza_bytes_max, transcript_cut *cut, void *state)
{
	const struct transcript_way way = {framer_init, TRANSCRIPT_READ, cut, state};

	transcript_make_by(&way, t, bytes, len, stanza_bytes_max);
}

/* Whole, by the steps alone, or fed anew behind each find. */
static inline void transcript_make_plainly(struct transcript *t, const uint8_t *bytes, size_t len,
					   uint32_t stanza_bytes_max, transcript_init *init)
{
	const struct transcript_way way = {init, TRANSCRIPT_FEED, NULL, NULL};

	transcript_make_by(&way, t, bytes, len, stanza_bytes_max);
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
