/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tcp_source.h - how many connections that nobody has authenticated yet each remote network has: an
 * IPv4 address, or the /64 of an IPv6 one (XEP-0205). Private to dataplane/tcp.
 *
 * One 8-byte entry a source that has any, at most as many as there are connections, open addressing
 * at 80 % of the table then: 10 bytes a connection. Entries are told apart by 48 bits of a keyed
 * hash: two that share them share their limit, and the counts stay exact.
 *
 * Cost     a hash and one line, with one stranger a connection two; nothing while there is no
 * limit.
 */
#ifndef DATAPLANE_TCP_TCP_SOURCE_H
#define DATAPLANE_TCP_TCP_SOURCE_H

#include "dataplane/base/addr.h"
#include "dataplane/base/keyed_hash.h"

struct tcp;

enum tcp_source_phase { TCP_SOURCE_HALF_OPEN, TCP_SOURCE_UNTRUSTED, TCP_SOURCE_PHASES };

/* Empty while both counts are 0. */
struct tcp_source {
	uint64_t tag : 48;
	uint64_t half_open : 8, untrusted : 8;
};
_Static_assert(sizeof(struct tcp_source) == 8, "source entry grew");

struct tcp_sources {
	struct tcp_source *entry; /* NULL: there is no limit */
	struct hash_key key;
	uint32_t size, limit; /* size: entries there are, */
	uint32_t used;        /* and those in use */
};

MUST_USE bool tcp_source_init(struct tcp *t);
void tcp_source_fini(struct tcp *t);

/* May one more connection of @remote begin; with its address proven, may one be established? An
 * address is nobody's proof in a SYN: what strangers begin in its name does not count then. */
MUST_USE bool tcp_source_may_begin(const struct tcp *t, const struct ip_addr *remote);
MUST_USE bool tcp_source_may_establish(const struct tcp *t, const struct ip_addr *remote);
void tcp_source_add(struct tcp *t, const struct ip_addr *remote, enum tcp_source_phase phase);
void tcp_source_remove(struct tcp *t, const struct ip_addr *remote, enum tcp_source_phase phase);

#endif
