/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * relay.h - what becomes of a complete first-level element: control's, refused, answered, bounced,
 * or forwarded to the link of its pair.
 *
 * Runs on  the core.
 */
#ifndef DATAPLANE_CORE_RELAY_H
#define DATAPLANE_CORE_RELAY_H

#include "dataplane/core/core_state.h"

enum relay_result {
	RELAY_TAKEN,    /* a stanza, dealt with; the connection may be parked now */
	RELAY_CONTROLS, /* not the relay's: EVENT_ELEMENT */
	RELAY_REFUSED,  /* calls for a stream error: *drop tells why, and is counted */
};

MUST_USE enum relay_result relay_element(struct core *c, struct conn *k, const struct element *e,
					 enum drop *drop);

#endif
