/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * top_frame.h - one picture of the relay as lines of text.
 *
 * Runs on  sluicectl. Pure.
 */
#ifndef CONTROL_SLUICECTL_TOP_FRAME_H
#define CONTROL_SLUICECTL_TOP_FRAME_H

#include <stdio.h>

#include "control/sluicectl/top_list.h"
#include "control/sluicectl/top_sample.h"

enum { TOP_HEADING = '\x01' }; /* begins a line of titles */

struct top_view {
	struct top_sample now, before; /* the rates are of the time between them */
	struct top_list list[2];       /* partners, streams: in order */
	size_t scroll[2];              /* rows above those shown */
	size_t shown[2];               /* out: rows a page has */
	unsigned int focus;            /* the list that scrolls */
	enum top_sort sort;
	bool is_paused;
	char trouble[512]; /* why there is nothing newer, "" */
};

/*
 * @rows    lines to fill, no more; 0: as many as it takes for ten rows of each list, and no line
 *          about keys
 * @columns no line is wider
 */
void sluicectl_top_frame(FILE *out, struct top_view *v, size_t rows, size_t columns);

#endif
