/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * port.c - opening, closing and counting an ethdev port. Offloads are taken only where offered;
 * nothing here or above needs one.
 */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "dataplane/net/port.h"

#define ERROR_BYTES 256
#define ANY_SOCKET  ((unsigned int)SOCKET_ID_ANY)
#define RX_OFFLOADS (RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_TCP_CKSUM)
/* one flow, one queue; both families */
#define SPREAD_BY      (RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_IPV6_TCP_EX)
#define RSS_KEY_BYTES  40
#define SPREAD_NEEDS   (RTE_ETH_RSS_NONFRAG_IPV4_TCP | RTE_ETH_RSS_NONFRAG_IPV6_TCP)
#define ETHERNET_BYTES (RTE_ETHER_HDR_LEN + RTE_ETHER_CRC_LEN)

struct rte_mempool *port_make_pool(const char *name, unsigned int mbufs, unsigned int cache,
				   uint16_t data_room, bool dense)
{
	struct rte_pktmbuf_pool_private pool_private = {.mbuf_data_room_size = data_room};
	struct rte_mempool *pool = rte_mempool_create_empty(
	    name, mbufs, (unsigned int)(sizeof(struct rte_mbuf) + data_room), cache,
	    sizeof(pool_private), SOCKET_ID_ANY, dense ? RTE_MEMPOOL_F_NO_IOVA_CONTIG : 0);

	if (pool == NULL)
		return NULL;
	rte_pktmbuf_pool_init(pool, &pool_private);
	if (rte_mempool_populate_default(pool) < 0 || (dense && pool->nb_mem_chunks != 1)) {
		rte_mempool_free(pool);
		return NULL;
	}
	rte_mempool_obj_iter(pool, rte_pktmbuf_init, NULL);
	return pool;
}

/* One attempt to open a port. */
struct opening {
	const struct port_setup *setup;
	struct rte_eth_dev_info info;
	struct port port;
	char *error;
};

static bool fail(struct opening *o, const char *what, int rc)
{
	snprintf(o->error, ERROR_BYTES, "device %s: %s: %s", o->setup->device, what,
		 rte_strerror(-rc));
	return false;
}

static bool find_device(struct opening *o)
{
	int rc = rte_eth_dev_get_port_by_name(o->setup->device, &o->port.ethdev);

	if (rc != 0) {
		snprintf(o->error, ERROR_BYTES,
			 "device %s: DPDK has not found it: check its name or PCI address, and that"
			 " the host was prepared for its driver (drivers-cfg/README.md)",
			 o->setup->device);
		return false;
	}
	rc = rte_eth_dev_info_get(o->port.ethdev, &o->info);
	return rc == 0 || fail(o, "tells nothing about itself", rc);
}

static bool check_limits(struct opening *o)
{
	const struct port_setup *s = o->setup;
	const uint32_t queues = min_u32(o->info.max_rx_queues, o->info.max_tx_queues);

	o->port.queues = (uint16_t)min_u32(min_u32(s->queues, queues), CORES_MAX);
	if (o->port.queues == 0) {
		snprintf(o->error, ERROR_BYTES, "device %s: has %u queue pairs, %u are wanted",
			 s->device, queues, s->queues);
		return false;
	}
	if (s->set_mtu && s->mtu + ETHERNET_BYTES > o->info.max_rx_pktlen) {
		snprintf(o->error, ERROR_BYTES,
			 "device %s: takes frames of %u bytes, which an MTU of %u exceeds:"
			 " configure a smaller mtu",
			 s->device, o->info.max_rx_pktlen, s->mtu);
		return false;
	}
	return true;
}

static bool configure(struct opening *o)
{
	const struct port_setup *s = o->setup;
	struct rte_eth_conf conf = {0};
	int rc;

	if (s->rx_checksum)
		o->port.rx_offloads = o->info.rx_offload_capa & RX_OFFLOADS;
	conf.rxmode.offloads = o->port.rx_offloads;
	if (s->set_mtu)
		conf.rxmode.mtu = s->mtu;
	if (o->port.queues > 1 && (o->info.flow_type_rss_offloads & SPREAD_BY) != 0) {
		conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		conf.rx_adv_conf.rss_conf.rss_hf = o->info.flow_type_rss_offloads & SPREAD_BY;
	}
	rc = rte_eth_dev_configure(o->port.ethdev, o->port.queues, o->port.queues, &conf);
	return rc == 0 || fail(o, "refuses its configuration (queues, mtu)", rc);
}

static bool set_mtu(struct opening *o)
{
	uint16_t mtu = 0;
	int rc;

	if (!o->setup->set_mtu)
		return true;
	rc = rte_eth_dev_get_mtu(o->port.ethdev, &mtu);
	/* Where it is right already, a driver that cannot set it is not asked to. */
	if (rc == 0 && mtu == o->setup->mtu)
		return true;
	rc = rte_eth_dev_set_mtu(o->port.ethdev, (uint16_t)o->setup->mtu);
	return rc == 0 || fail(o, "refuses this mtu: configure a smaller one", rc);
}

static bool set_up_queues(struct opening *o, struct rte_mempool *const *rx_pools)
{
	uint16_t rx_count = o->setup->rx_descriptors, tx_count = o->setup->tx_descriptors;
	int rc = rte_eth_dev_adjust_nb_rx_tx_desc(o->port.ethdev, &rx_count, &tx_count);

	if (rc != 0)
		return fail(o, "refuses any number of descriptors", rc);
	for (uint16_t q = 0; q < o->port.queues; q++) {
		rc = rte_eth_rx_queue_setup(o->port.ethdev, q, rx_count, ANY_SOCKET, NULL,
					    rx_pools[q]);
		if (rc != 0)
			return fail(o,
				    "refuses a receive queue: its profile's mbufs_min, data_room"
				    " and descriptors are what to look at",
				    rc);
		rc = rte_eth_tx_queue_setup(o->port.ethdev, q, tx_count, ANY_SOCKET, NULL);
		if (rc != 0)
			return fail(o, "refuses a transmit queue", rc);
	}
	return true;
}

/* A key of our own, so that a stranger cannot aim at one queue; a device that has a fixed one
 * keeps it. The one in force is read back. */
static bool settle_key(const struct opening *o, struct steer_rss *r)
{
	/* A device that does not tell the size has a key of 40 bytes. */
	const uint8_t bytes = o->info.hash_key_size > 0 ? o->info.hash_key_size : RSS_KEY_BYTES;
	struct rte_eth_rss_conf conf = {.rss_key = r->key, .rss_key_len = bytes};

	if (bytes < RSS_KEY_BYTES || bytes > STEER_KEY_MAX)
		return false;
	conf.rss_hf = o->info.flow_type_rss_offloads & SPREAD_BY;
	if (getrandom(r->key, sizeof(r->key), 0) == (ssize_t)sizeof(r->key))
		(void)rte_eth_dev_rss_hash_update(o->port.ethdev, &conf);
	memset(r->key, 0, sizeof(r->key));
	r->key_bytes = bytes;
	return rte_eth_dev_rss_hash_conf_get(o->port.ethdev, &conf) == 0 &&
	       (conf.rss_hf & SPREAD_NEEDS) == SPREAD_NEEDS;
}

/* Queues in turn; a device with a fixed table keeps it. The one in force is read back. */
static bool settle_table(const struct opening *o, struct steer_rss *r)
{
	struct rte_eth_rss_reta_entry64 table[STEER_TABLE_MAX / RTE_ETH_RETA_GROUP_SIZE];
	const uint16_t size = o->info.reta_size;

	if (size < RTE_ETH_RETA_GROUP_SIZE || size > STEER_TABLE_MAX || (size & (size - 1)) != 0)
		return false;
	memset(table, 0, sizeof(table));
	for (uint16_t i = 0; i < size; i++) {
		table[i / RTE_ETH_RETA_GROUP_SIZE].mask = UINT64_MAX;
		table[i / RTE_ETH_RETA_GROUP_SIZE].reta[i % RTE_ETH_RETA_GROUP_SIZE] =
		    i % o->port.queues;
	}
	(void)rte_eth_dev_rss_reta_update(o->port.ethdev, table, size);
	if (rte_eth_dev_rss_reta_query(o->port.ethdev, table, size) != 0)
		return false;
	for (uint16_t i = 0; i < size; i++) {
		const uint16_t queue =
		    table[i / RTE_ETH_RETA_GROUP_SIZE].reta[i % RTE_ETH_RETA_GROUP_SIZE];

		if (queue >= o->port.queues || queue > UINT8_MAX)
			return false;
		r->queue[i] = (uint8_t)queue;
	}
	r->entries = size;
	return true;
}

static void learn_spread(struct opening *o)
{
	/* One that has no such thing is not asked: DPDK would log an error. */
	if (o->port.queues < 2 || (o->info.flow_type_rss_offloads & SPREAD_NEEDS) != SPREAD_NEEDS ||
	    !settle_key(o, &o->port.rss) || !settle_table(o, &o->port.rss))
		o->port.rss.entries = 0;
}

static bool start(struct opening *o)
{
	int rc = rte_eth_dev_start(o->port.ethdev);

	if (rc != 0)
		return fail(o, "does not start: is its link, socket or peer there?", rc);
	rc = rte_eth_macaddr_get(o->port.ethdev, &o->port.mac);
	if (rc != 0)
		return fail(o, "has no MAC address", rc);
	/* IPv6 asks for neighbours by group; the device knows nothing of ours. Software devices
	 * take every frame anyway. */
	rc = rte_eth_allmulticast_enable(o->port.ethdev);
	if (rc != 0 && rc != -ENOTSUP)
		return fail(o, "takes no frames to groups", rc);
	if (!o->setup->promiscuous)
		return true;
	rc = rte_eth_promiscuous_enable(o->port.ethdev);
	return rc == 0 || rc == -ENOTSUP || fail(o, "takes no MAC address but its own", rc);
}

bool port_open(struct port *p, const struct port_setup *setup, struct rte_mempool *const *rx_pools,
	       char *error)
{
	struct opening o = {
	    .setup = setup,
	    .port = {.rx_checksum_trust = setup->rx_checksum_trust},
	    .error = error,
	};

	if (!find_device(&o) || !check_limits(&o) || !configure(&o) || !set_mtu(&o) ||
	    !set_up_queues(&o, rx_pools))
		return false;
	if (!start(&o)) {
		(void)rte_eth_dev_stop(o.port.ethdev);
		return false;
	}
	learn_spread(&o);
	*p = o.port;
	return true;
}

void port_close(struct port *p)
{
	(void)rte_eth_dev_stop(p->ethdev);
	(void)rte_eth_dev_close(p->ethdev);
}

bool port_read_counters(const struct port *p, struct port_counters *out)
{
	struct rte_eth_stats s;

	if (rte_eth_stats_get(p->ethdev, &s) != 0)
		return false;
	*out = (struct port_counters){
	    .rx_packets = s.ipackets,
	    .tx_packets = s.opackets,
	    .rx_bytes = s.ibytes,
	    .tx_bytes = s.obytes,
	    .rx_missed = s.imissed + s.rx_nombuf,
	    .rx_errors = s.ierrors,
	    .tx_errors = s.oerrors,
	};
	return true;
}

bool port_is_link_up(const struct port *p)
{
	struct rte_eth_link link;

	return rte_eth_link_get_nowait(p->ethdev, &link) != 0 ||
	       link.link_status == RTE_ETH_LINK_UP;
}
