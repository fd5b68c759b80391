/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * top_list.h - partners or streams with what they carry a second: the difference of two looks at
 * the same row, divided by the time between them.
 *
 * A look takes some pages of the relay's answer and goes on where the last one ended: a relay with
 * fifty thousand streams is not kept busy by who watches it, and each row is as old as it takes to
 * come round.
 *
 * Runs on  sluicectl.
 * Owns     its rows.
 */
#ifndef CONTROL_SLUICECTL_TOP_LIST_H
#define CONTROL_SLUICECTL_TOP_LIST_H

#include "control/sluicectl/client.h"

enum top_rate { TOP_STANZAS_IN, TOP_STANZAS_OUT, TOP_BYTES_IN, TOP_BYTES_OUT, TOP_RATES };
enum top_sort { TOP_BY_STANZAS, TOP_BY_BYTES, TOP_BY_NAME, TOP_SORTS };

struct top_row {
	char *key, *name; /* the same of a partner; id and remote domain of a stream */
	char kind[40];    /* "2/3" streams in and out of a partner; "edge in" of a stream */
	uint64_t queued_bytes, idle_s;
	uint64_t at_us, total[TOP_RATES];
	double rate[TOP_RATES]; /* a second; 0 until it was seen twice */
	uint64_t round;         /* the last in which it was there */
};

struct top_list {
	bool has_streams; /* else partners */
	void *tree;       /* of rows, by key */
	struct top_row **rows;
	size_t count, room;
	long long cursor;
	uint64_t round;
};

/* Some pages more. False with a code and a sentence: the connection is of no use any more. */
MUST_USE bool sluicectl_top_list_look(struct top_list *l, struct sluicectl_client *c,
				      uint64_t now_us, int *code, char *error);
/* Puts its rows in order. */
void sluicectl_top_list_sort(struct top_list *l, enum top_sort by);
/* Empty again. */
void sluicectl_top_list_clear(struct top_list *l);

#endif
