/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * shell_tab.h - the TAB key of the shell.
 *
 * Runs on  sluicectl, within libedit's call.
 */
#ifndef CONTROL_SLUICECTL_SHELL_TAB_H
#define CONTROL_SLUICECTL_SHELL_TAB_H

#include <histedit.h>

#include "control/sluicectl/options.h"

/*
 * Adds what all words that may stand here have in common, or lists them. Types in capitals are
 * listed and never typed. Returns what libedit is to do.
 */
unsigned char sluicectl_shell_tab(EditLine *el, const struct options *o);

#endif
