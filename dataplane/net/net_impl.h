/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * net_impl.h - what the files of net share: the state of one interface, and the calls by which
 * eth.c, arp.c, ip.c and icmp.c hand frames to each other. Addresses here are IPv4 in host order.
 *
 * Owns     a function that takes an mbuf frees it on every path on which it does not pass it on.
 */
#ifndef DATAPLANE_NET_NET_IMPL_H
#define DATAPLANE_NET_NET_IMPL_H

#include "dataplane/base/keyed_hash.h"
#include "dataplane/base/wheel.h"
#include "dataplane/net/net.h"

enum net_bounds {
	ETH_BYTES = 14,        /* Ethernet II header */
	TX_FRAMES = 1024,      /* of one interface between two net_take_frames() */
	ARP_WAITING = 3,       /* packets kept for one next hop while it is asked for */
	ARP_TRIES = 3,         /* requests before a next hop counts as silent */
	ARP_CHAINS = 512,      /* hash chains of one cache: one entry a chain on average */
	ARP_NEWS = 16,         /* answers kept for the other cores; what overflows is asked again */
	ICMP_ECHO_BURST = 50,  /* replies at once */
	ICMP_ECHO_PER_S = 100, /* and on average: enough for monitoring, no use for a flood */
	HOP_LIMIT = 64,        /* RFC 1700's figure */
	ARP_RETRY_US = 1000000,    /* RFC 1122 2.3.2.1: at most one request a second */
	ARP_ANNOUNCE_US = 2000000, /* RFC 5227 2.3: second announcement */
	ARP_LIFE_US = 60000000,    /* RFC 1122 2.3.2.1: "on the order of a minute" */
};

_Static_assert((TX_FRAMES & (TX_FRAMES - 1)) == 0, "TX_FRAMES is a mask + 1");
_Static_assert((ARP_CHAINS & (ARP_CHAINS - 1)) == 0, "ARP_CHAINS is a mask + 1");

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

enum arp_state {
	ARP_FREE,
	ARP_ASKING,   /* no answer yet */
	ARP_KNOWN,    /* answered within ARP_LIFE_US */
	ARP_CHECKING, /* answered before, used on while it is asked again */
};

struct arp_entry {
	struct arp_entry *next; /* of its chain, or of the free list */
	struct wheel_timer timer;
	uint64_t since_us; /* ASKING: first asked; KNOWN, CHECKING: last answered */
	uint32_t address;
	enum arp_state state;
	struct rte_ether_addr mac;
	uint8_t asked; /* requests since the last answer */
	bool used;     /* sent to since the last answer */
	uint8_t waiting_count;
	struct net_frame waiting[ARP_WAITING];
};

struct arp_cache {
	struct hash_key key; /* a station of the link cannot aim at one chain */
	struct arp_entry *chains[ARP_CHAINS], *free;
	struct arp_entry entries[ARP_ENTRIES_MAX];
	struct wheel wheel; /* timers of the entries, and the second announcement */
	struct wheel_timer announce;
};

struct net_iface {
	struct net *net;
	enum iface index;
	struct rte_ether_addr mac;
	uint32_t address, mask, gateway; /* 0 = none */
	uint16_t listen_port;
	bool checksum_trust;
	uint32_t echo_tokens;
	uint64_t echo_filled_us;
	uint32_t tx_head, tx_tail; /* run freely; head is taken first */
	struct net_frame tx[TX_FRAMES];
	struct arp_cache arp;
};

struct net {
	struct rte_mempool *pool;
	uint32_t *drops;
	uint32_t news_head, news_tail;
	struct net_arp news[ARP_NEWS];
	struct net_iface iface[IFACE_COUNT];
};

enum timer_kind { TIMER_ARP_ENTRY, TIMER_ARP_ANNOUNCE };

static inline void count_drop(struct net *n, enum drop d)
{
	/* One writer; others read with relaxed loads (core/stats.h). */
	__atomic_store_n(&n->drops[d], n->drops[d] + 1, __ATOMIC_RELAXED);
}

/* Takes @m. */
static inline void drop(struct net_iface *i, struct rte_mbuf *m, enum drop d)
{
	count_drop(i->net, d);
	rte_pktmbuf_free(m);
}

static inline bool is_on_link(const struct net_iface *i, uint32_t address)
{
	return ((address ^ i->address) & i->mask) == 0;
}

/* --- eth.c --- */

enum eth_kind { ETH_DROPPED, ETH_IP, ETH_ARP };

/* Takes @m if ETH_DROPPED; otherwise its data starts behind the Ethernet header, in one piece. */
MUST_USE enum eth_kind eth_input(struct net_iface *in, struct rte_mbuf *m);
/* Takes @m: puts the Ethernet header before it and queues the frame. */
void eth_output(struct net_iface *out, struct rte_mbuf *m, const struct rte_ether_addr *to,
		uint16_t type);

/* --- arp.c --- */

MUST_USE bool arp_init(struct net_iface *i, uint64_t now_us);
/* Frees what waits. */
void arp_fini(struct net_iface *i);
/* Takes @m. */
void arp_input(struct net_iface *in, struct rte_mbuf *m, uint64_t now_us);
/* Takes @m, an IP packet: sends it to @hop, or keeps it until @hop has answered. */
void arp_send(struct net_iface *out, struct rte_mbuf *m, uint32_t hop, uint64_t now_us);
/* An answer heard by another core. */
void arp_heard(struct net_iface *i, const struct net_arp *answer, uint64_t now_us);
void arp_tick(struct net_iface *i, uint64_t now_us);

/* --- ip.c --- */

struct ip_info {
	uint32_t src;
	uint8_t protocol;
	bool l4_checksum_good; /* as far as the device knows */
};

/* False: taken. True: @m's data is the packet's payload, without padding. */
MUST_USE bool ip_input(struct net_iface *in, struct rte_mbuf *m, struct ip_info *info);
/* Takes @m, the payload. */
void ip_output(struct net_iface *out, struct rte_mbuf *m, uint32_t src, uint32_t dst,
	       uint8_t protocol, uint64_t now_us);
/* False: no way towards @dst. */
MUST_USE bool ip_next_hop(const struct net_iface *i, uint32_t dst, uint32_t *hop);
/* A source that no host may have: nets 0 and 127, groups, broadcasts. */
MUST_USE bool ip_is_host(const struct net_iface *i, uint32_t address);

/* --- icmp.c --- */

/* Takes @m. True: an error about a segment of ours, told in @quoted. */
MUST_USE bool icmp_input(struct net_iface *in, struct rte_mbuf *m, uint32_t src, uint64_t now_us,
			 struct tcp_quoted *quoted);

#endif
