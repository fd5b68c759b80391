/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * show_detail.h - what "show partners DOMAIN" and "show streams stream ID" say beyond the lists,
 * and which streams are asked for.
 *
 * Runs on  control.
 */
#ifndef CONTROL_OPERATOR_SHOW_DETAIL_H
#define CONTROL_OPERATOR_SHOW_DETAIL_H

#include "control/operator/answer.h"

/* Last success and failure, certificate, connections, back-off, into @row. */
void show_detail_partner(struct daemon *d, const struct partner *p, json_t *row);
/* Its certificate, and whether it is a test's, into @row. */
void show_detail_stream(const struct session_view *v, json_t *row);

/* [stream ID] [ip ADDRESS] [state STATE] */
struct show_filter {
	const char *stream, *state; /* NULL: any */
	bool has_address;
	struct ip_addr address;
};
/* False, and the answer says why. */
MUST_USE bool show_detail_read(const struct request *r, struct show_filter *f, struct answer *a);
MUST_USE bool show_detail_passes(const struct show_filter *f, const struct session_view *v);

#endif
