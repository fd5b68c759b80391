/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tcp_isn.h - numbers that a stranger must not guess (RFC 6528, 6056, 7323 7.1), all by a keyed
 * hash. Private to dataplane/tcp.
 */
#ifndef DATAPLANE_TCP_TCP_ISN_H
#define DATAPLANE_TCP_TCP_ISN_H

#include "dataplane/base/flow.h"
#include "dataplane/base/seq.h"

struct tcp;
struct tcp_conn;

/* A key for one purpose of its own, from that of the engine; @purpose: up to 14 letters. */
MUST_USE struct hash_key tcp_secret(const struct tcp *t, const char *purpose);
/* The upper half is the timestamp offset (RFC 7323 7.1), the lower that of the ISN (RFC 6528). */
MUST_USE uint64_t tcp_flow_hash(const struct tcp *t, const struct flow_key *key);
/* Timestamp and ISN of a connection. */
void tcp_isn(const struct tcp *t, struct tcp_conn *c);
void tcp_set_iss(struct tcp_conn *c, tcp_seq iss);
/* A free local port (RFC 6056 3.3.4), or 0. Fills in key->local_port. */
MUST_USE bool tcp_port_choose(struct tcp *t, struct flow_key *key);

#endif
