/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * history.h - what was typed in earlier shells: $XDG_STATE_HOME/sluice/history, by default in
 * ~/.local/state, for its owner's eyes alone.
 *
 * A line that begins with a blank is not kept.
 *
 * Runs on  sluicectl.
 */
#ifndef CONTROL_SLUICECTL_HISTORY_H
#define CONTROL_SLUICECTL_HISTORY_H

#include <histedit.h>

/* Never NULL but without memory. */
History *sluicectl_history_load(void);
void sluicectl_history_add(History *h, const char *line);
/* Saves and frees it. Without a folder of the user's nothing is saved. */
void sluicectl_history_save(History *h);

#endif
