/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * changed.h - what a command that changes the configuration says about it, in the same fields each.
 *
 * Runs on  control.
 */
#ifndef CONTROL_OPERATOR_CHANGED_H
#define CONTROL_OPERATOR_CHANGED_H

#include "control/operator/answer.h"

/*
 * changed_answer - fields of @c into @data, which becomes the answer's, and frees @c.
 *
 * @good     what daemon.h's function returned: else the answer is a refusal
 * @mention  of the complaints only those that hold this text; NULL: all
 */
void changed_answer(struct answer *a, json_t *data, struct daemon_change *c, bool good,
		    const char *mention);
/* Rows of @d: [{"what":"applied", "key":..., "from":..., "to":...}] */
json_t *changed_rows(const struct config_diff *d);
/* Rows of @o: [{"change":"partner add ...", "what":"kept", "left_s":..., "uid":...}] */
json_t *changed_overlay(const struct request *r, const struct overlay *o);

#endif
