/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * shell.h - commands from a terminal, with history and completion (libedit).
 *
 * Ctrl-C gives up the line, or ends the command that runs by closing its connection; the shell
 * stays. Ctrl-D and "exit" end it.
 *
 * Runs on  sluicectl, standard input and output on a terminal.
 */
#ifndef CONTROL_SLUICECTL_SHELL_H
#define CONTROL_SLUICECTL_SHELL_H

#include "control/sluicectl/ask.h"

/* EXIT_OK; with "stop at error" the code of what failed. */
int sluicectl_shell(struct asker *a);

#endif
