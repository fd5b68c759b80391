/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * opsock.h - the operator's socket: a UNIX stream socket, one JSON object a line each way.
 *
 *	-> {"v":1,"id":7,"command":"show streams","args":{"partner":"a.example"},"cursor":0}
 *	<- {"v":1,"id":7,"ok":true,"code":0,"data":{...},"cursor":200}
 *
 * A long answer comes in pages: ask again with the cursor until the answer has none. `code` is
 * sluicectl's exit code (exit_code.h). A command that takes time (job.h) sends any number of lines
 * with "more" before its last, one without "data" at least every 5 s; who closes the connection
 * ends it.
 *
 *	<- {"v":1,"id":8,"more":true,"data":{...}}
 *
 * What a client may ask depends on the socket and on who it is (SO_PEERCRED): root and the relay's
 * own user are admins, whoever else the file's mode lets in is an operator, and on the monitor
 * socket everybody is a monitor.
 *
 * Runs on  control. A client that does not read is closed when its answer is over 1 MB or 10 s old;
 * it never delays anything.
 */
#ifndef CONTROL_OPERATOR_OPSOCK_H
#define CONTROL_OPERATOR_OPSOCK_H

#include "control/daemon.h"
#include "control/operator/exit_code.h"
#include "control/operator/grammar.h"

struct opsock;

/*
 * NULL, with a sentence in @error (256 bytes). Removes a stale socket file, refuses one that is
 * alive. Mode 0660.
 *
 * @group   the file's, NULL: the process's
 * @most    nobody is more than that here
 */
MUST_USE struct opsock *opsock_make(struct daemon *d, const char *path, const char *group,
				    enum grammar_level most, char *error);
void opsock_free(struct opsock *o);

#endif
