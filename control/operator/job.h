/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * job.h - a command that takes time: lines while it runs, one at its end (the socket's side of it
 * is opsock.h's).
 *
 * Who answers a request by a job (answer.h) embeds a struct job in a state of its own, on the heap,
 * and goes on by timers and watches of the loop. It ends in one of two ways, each of which frees
 * that state: the job calls job_end(), or its client goes away and job->gone is called.
 *
 * Runs on  control. Nothing here waits: a client that reads more slowly than its job speaks loses
 * lines, which are counted; one that reads nothing for 10 s is closed.
 */
#ifndef CONTROL_OPERATOR_JOB_H
#define CONTROL_OPERATOR_JOB_H

#include <jansson.h>

#include "control/operator/exit_code.h"
#include "dataplane/base/base.h"

struct job {
	/* The client has gone, or the relay ends. Frees the job's state; calls nothing below. */
	void (*gone)(struct job *j);
	void *client; /* opsock.c's, set once the answer is taken */
};

/*
 * A line: {"more":true,"data":@data}. Takes @data.
 *
 * Returns  false when the client's buffer had no room: the line is lost, and the next that finds
 *          room says how many were ("lost").
 */
bool job_say(struct job *j, json_t *data);

/*
 * The last line, as an answer has it. Takes @data (NULL: {}). Afterwards @j is the caller's again,
 * to free.
 *
 * @error   "" where @code is EXIT_OK
 */
void job_end(struct job *j, enum exit_code code, const char *error, json_t *data);

#endif
