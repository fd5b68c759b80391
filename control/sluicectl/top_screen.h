/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * top_screen.h - a terminal's whole screen (ncurses): what has changed is drawn, nothing else.
 *
 * Runs on  sluicectl.
 */
#ifndef CONTROL_SLUICECTL_TOP_SCREEN_H
#define CONTROL_SLUICECTL_TOP_SCREEN_H

#include "control/sluicectl/top_frame.h"

/* False when the terminal cannot do it. */
MUST_USE bool sluicectl_top_screen_open(void);
void sluicectl_top_screen_close(void);
/* After SIGWINCH. */
void sluicectl_top_screen_resize(void);
/* The terminal was somebody else's: everything anew. */
void sluicectl_top_screen_spoiled(void);
void sluicectl_top_screen_draw(struct top_view *v);

enum top_key {
	TOP_KEY_NONE, /* there is none now */
	TOP_KEY_OTHER,
	TOP_KEY_QUIT,
	TOP_KEY_SORT,
	TOP_KEY_PAUSE,
	TOP_KEY_LIST,
	TOP_KEY_UP,
	TOP_KEY_DOWN,
	TOP_KEY_PAGE_UP,
	TOP_KEY_PAGE_DOWN,
	TOP_KEY_HOME,
	TOP_KEY_END
};
/* The next key that has been pressed; does not wait. */
enum top_key sluicectl_top_screen_key(void);

#endif
