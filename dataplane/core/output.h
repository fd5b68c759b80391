/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * output.h - bytes on their way out of one connection: into its open record, which is sealed in
 * place and given to TCP when full or when the turn ends. One mbuf = one record = one segment.
 *
 * Several stanzas of a turn share a record; a stanza larger than a record spans several. What does
 * not fit goes through the connection's queue of parcels, first in, first out.
 *
 * Runs on  the core that owns the connection.
 */
#ifndef DATAPLANE_CORE_OUTPUT_H
#define DATAPLANE_CORE_OUTPUT_H

#include "dataplane/core/core_state.h"

/* Does it take a new stanza now, whatever its size? */
bool output_can_take(const struct core *c, const struct conn *k);
/* Unsent and unacknowledged bytes, queue and open record included. */
uint64_t output_queued(const struct conn *k);

/* Writes the whole element, if it can be done at once and without the queue. */
MUST_USE bool output_element(struct core *c, struct conn *k, const struct element *e,
			     const struct parcel_label *label);
/* Takes @parcel: it goes out behind what is queued. */
void output_parcel(struct core *c, struct conn *k, struct rte_mbuf *parcel);
/* A few bytes of our own: footer, white space, stream error. False without memory. */
bool output_text(struct core *c, struct conn *k, const char *text);

/* From the queue into records, as far as TCP and memory allow. */
void output_drain(struct core *c, struct conn *k);
/* The same; then the open record, then FIN where it is due. */
void output_flush(struct core *c, struct conn *k);
/* Seals what is open and an alert of ours behind it. */
void output_alert(struct core *c, struct conn *k, uint8_t description);

#endif
