/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * neigh.h - the neighbours of one interface, for ARP and neighbour discovery alike: who has which
 * Ethernet address, how sure that is (RFC 4861 7.3.2), and what waits until it is known.
 *
 * Believed are answers to our own questions, and whoever asks for us where nothing is known of him.
 * A claim that contradicts an entry only makes us ask anew. The cache is bounded and its hash
 * keyed: who makes us talk to many addresses pushes out only what was never confirmed.
 *
 * Owns     packets that wait, until they are sent or dropped.
 */
#ifndef DATAPLANE_NET_NEIGH_H
#define DATAPLANE_NET_NEIGH_H

#include <sys/queue.h>

#include "dataplane/base/keyed_hash.h"
#include "dataplane/base/wheel.h"
#include "dataplane/net/net.h"

struct net_iface;

enum neigh_bounds {
	/* Packets kept for one next hop while it is asked for: behind a gateway all partners are
	 * dialled through one, and a SYN dropped here is a second late. A few are each hop's own;
	 * what is beyond comes out of a share for all, since a stranger can make us talk to any
	 * number of addresses of the link. */
	NEIGH_WAITING = 64,
	NEIGH_WAITING_OWN = 3,
	NEIGH_WAITING_SHARED = 256,
	NEIGH_TRIES = 3,    /* questions before it counts as silent (RFC 4861 10) */
	NEIGH_CHAINS = 512, /* hash chains of one cache: one entry a chain on average */
	NEIGH_NEWS = 16,    /* answers kept for the other cores; what overflows is asked again */
	NEIGH_RETRY_US = 1000000,      /* RFC 1122 2.3.2.1, RFC 4861 10 RETRANS_TIMER */
	NEIGH_REACHABLE_US = 30000000, /* RFC 4861 10 REACHABLE_TIME */
	NEIGH_DELAY_US = 5000000,      /* RFC 4861 10 DELAY_FIRST_PROBE_TIME */
	NEIGH_STALE_US = 60000000,     /* unused so long it is forgotten (RFC 1122 2.3.2.1) */
};

_Static_assert((NEIGH_CHAINS & (NEIGH_CHAINS - 1)) == 0, "NEIGH_CHAINS is a mask + 1");

enum neigh_state {
	NEIGH_FREE,
	NEIGH_INCOMPLETE, /* asked, no answer yet; packets wait */
	NEIGH_REACHABLE,  /* answered within NEIGH_REACHABLE_US */
	NEIGH_STALE,      /* answered before, or has asked for us; not sent to since */
	NEIGH_DELAY,      /* sent to since; asked again when NEIGH_DELAY_US are over */
	NEIGH_PROBE,      /* being asked again, used meanwhile */
	NEIGH_STATE_COUNT
};

/*
 * A frame that waits. TCP may hold a reference on the same mbuf and send it again meanwhile, which
 * moves the start of its data: so the place where this frame starts is kept beside it.
 */
struct net_frame {
	struct rte_mbuf *m;
	uint16_t offset, len;
};

static inline struct net_frame frame_of(struct rte_mbuf *m)
{
	return (struct net_frame){m, m->data_off, m->data_len};
}

static inline struct rte_mbuf *frame_restore(const struct net_frame *f)
{
	f->m->data_off = f->offset;
	f->m->data_len = f->len;
	f->m->pkt_len = f->len;
	return f->m;
}

TAILQ_HEAD(neigh_list, neigh_entry);

struct neigh_entry {
	struct neigh_entry *next;          /* of its chain */
	TAILQ_ENTRY(neigh_entry) of_state; /* the list of its state, longest in it first */
	struct ip_addr address;
	enum neigh_state state; /* written by become() alone */
	struct rte_ether_addr mac;
	uint8_t asked; /* questions since the last answer */
	uint8_t waiting_count;
	uint64_t since_us; /* last heard of, or first asked for */
	struct wheel_timer timer;
	struct net_frame waiting[NEIGH_WAITING];
};

struct neigh_cache {
	struct hash_key key;      /* a station of the link cannot aim at one chain */
	struct neigh_entry *last; /* found last: mostly the gateway */
	struct neigh_entry *chains[NEIGH_CHAINS];
	struct neigh_list list[NEIGH_STATE_COUNT];
	uint32_t shared; /* packets that wait beyond NEIGH_WAITING_OWN, of all entries */
	struct neigh_entry entries[NEIGHBOURS_MAX];
};

void neigh_init(struct neigh_cache *c, const struct hash_key *key);
/* Frees what waits. */
void neigh_fini(struct neigh_cache *c);

/* Takes @m, an IP packet: sends it to @hop, or keeps it until @hop has answered. */
void neigh_send(struct net_iface *out, struct rte_mbuf *m, const struct ip_addr *hop,
		uint64_t now_us);

/* @address has answered. @mac NULL: it has the one it had. False: nobody had asked. */
bool neigh_answered(struct net_iface *i, const struct ip_addr *address,
		    const struct rte_ether_addr *mac, uint64_t now_us);
/* @address has asked for us, and says who it is. */
void neigh_asked(struct net_iface *i, const struct ip_addr *address,
		 const struct rte_ether_addr *mac, uint64_t now_us);
/* @address says to everybody who it is. */
void neigh_announced(struct net_iface *i, const struct ip_addr *address,
		     const struct rte_ether_addr *mac, uint64_t now_us);

/* An answer that the other cores may have asked for: net_take_neighbour() has it. */
void neigh_tell(struct net_iface *in, const struct ip_addr *address,
		const struct rte_ether_addr *mac);

void neigh_on_timer(struct net_iface *i, struct neigh_entry *e, uint64_t now_us);

#endif
