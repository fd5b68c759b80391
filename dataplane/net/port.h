/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * port.h - one ethdev port: found by the driver profile's device name, configured, started, polled.
 *
 * Runs on  port_make_pool/port_open/port_close: control, before the cores start and after they
 * stopped. port_rx/port_tx: the core that owns the queue.
 */
#ifndef DATAPLANE_NET_PORT_H
#define DATAPLANE_NET_PORT_H

#include <rte_ethdev.h>
#include <rte_ether.h>
#include <rte_mbuf.h>

#include "dataplane/base/base.h"
#include "dataplane/base/bounds.h"
#include "dataplane/base/steer.h"

/* What drivers-cfg/<driver>.conf and the configuration say of a device; see drivers-cfg/README.md.
 */
struct port_setup {
	char device[64]; /* ethdev name: "net_af_xdp0" or a PCI address */
	uint16_t queues; /* rx and tx queue pairs wanted, one a core; fewer where it has fewer */
	uint16_t rx_descriptors, tx_descriptors;
	uint32_t mtu;
	bool rx_checksum;       /* let the device verify checksums, where it offers to */
	bool rx_checksum_trust; /* take TCP checksums as good: for links that carry partial ones */
	bool set_mtu; /* false where the driver refuses (af_packet, tap): the host's link has it */
	bool promiscuous; /* the interface has a MAC of its own, not the device's */
};

struct port {
	uint16_t ethdev; /* DPDK's port number */
	struct rte_ether_addr mac;
	uint16_t queues; /* that it has got */
	bool rx_checksum_trust;
	uint64_t rx_offloads, tx_offloads; /* enabled */
	/* How it spreads TCP of both families over its queues, read back from it: queue i of
	 * @queues as often as another. No entries where it does not say. */
	struct steer_rss rss;
};

/*
 * Buffers of receive queues. @dense: without gaps, in one piece. af_xdp in DPDK 22.11 gives the
 * kernel (buffers * size of one) bytes from the first on; DPDK leaves gaps so that none straddles a
 * page, and what lies beyond is refused when its turn comes: frames vanish and the queue stalls.
 * Devices that a card reads by physical address must not have it.
 * NULL without memory.
 */
MUST_USE struct rte_mempool *port_make_pool(const char *name, unsigned int mbufs,
					    unsigned int cache, uint16_t data_room, bool dense);

/* One mempool a rx queue. False, with a sentence in @error (256 bytes) that says what to do. */
MUST_USE bool port_open(struct port *p, const struct port_setup *setup,
			struct rte_mempool *const *rx_pools, char *error);
void port_close(struct port *p);

static inline uint16_t port_rx(const struct port *p, uint16_t queue, struct rte_mbuf **frames,
			       uint16_t max)
{
	return rte_eth_rx_burst(p->ethdev, queue, frames, max);
}

/* Frames not sent stay the caller's. */
static inline uint16_t port_tx(const struct port *p, uint16_t queue, struct rte_mbuf **frames,
			       uint16_t count)
{
	return rte_eth_tx_burst(p->ethdev, queue, frames, count);
}

/* Of the device, summed by it: packets, bytes, missed, errors. */
struct port_counters {
	uint64_t rx_packets, tx_packets, rx_bytes, tx_bytes, rx_missed, rx_errors, tx_errors;
};
/* False: the device says that its link is down. What cannot tell is taken as up. */
bool port_is_link_up(const struct port *p);
MUST_USE bool port_read_counters(const struct port *p, struct port_counters *out);

#endif
