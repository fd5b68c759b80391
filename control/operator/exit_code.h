/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * exit_code.h - how a command ended: `code` of an answer, and what sluicectl exits with.
 */
#ifndef CONTROL_OPERATOR_EXIT_CODE_H
#define CONTROL_OPERATOR_EXIT_CODE_H

enum exit_code {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_NO_DAEMON = 3,
	EXIT_NOT_PERMITTED = 4,
	EXIT_NOT_FOUND = 5,
	EXIT_TIMEOUT = 6,
	EXIT_BAD_CONFIG = 7
};

#endif
