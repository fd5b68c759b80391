/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tap.h - copies of what passes a connection, for control. Bounded by the ring's room and by a
 * budget that comes back with time, so that the relay's pace does not depend on who watches.
 *
 * Runs on  the core.
 * Cost     nobody watches: one look at conn.taps a stanza each way, and one at flow_count a frame.
 */
#ifndef DATAPLANE_CORE_TAP_H
#define DATAPLANE_CORE_TAP_H

#include "dataplane/base/addr.h"
#include "dataplane/base/bounds.h"
#include "dataplane/core/tapped.h"
#include "dataplane/xmpp/stanza.h"

struct conn;
struct core;
struct element;

/* More than anybody reads as it passes; control formats each, on a CPU that it may share. */
enum tap_budgets {
	TAP_STANZAS_PER_S = 500,
	TAP_STANZAS_BURST = 256,
	TAP_FRAMES_PER_S = 20000,
};

struct tap_budget {
	uint64_t credit_us, as_of_us; /* one costs 1,000,000 / its rate */
	uint64_t lost;                /* since the last that was told */
};

/* A connection whose frames are traced, as its frames have it. Ports in host order. */
struct tap_flow {
	struct ip_addr remote;
	uint16_t local_port, remote_port;
	enum iface iface;
	struct conn_id conn;
};

struct core_taps {
	uint32_t flow_count;
	struct tap_budget stanzas, frames;
	struct tap_flow flow[TAP_FLOWS_MAX];
};

/* @bits: enum tap_bits. Beyond TAP_FLOWS_MAX connections no frames are copied. */
void tap_set(struct core *c, struct conn *k, uint8_t bits);

/* k->taps is not 0. */
void tap_stanza_in(struct core *c, const struct conn *k, const struct element *e,
		   enum stanza_kind kind);
void tap_stanza_out(struct core *c, const struct conn *k, const struct element *e);
void tap_parcel_out(struct core *c, const struct conn *k, struct rte_mbuf *parcel);
void tap_text_out(struct core *c, const struct conn *k, const char *text);

/* flow_count is not 0. @m: from its Ethernet header on; stays the caller's. */
void tap_frame(struct core *c, enum iface iface, const struct rte_mbuf *m, bool is_out);

#endif
