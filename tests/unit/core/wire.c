/* SPDX-License-Identifier: BSD-3-Clause */
/* wire.c - ring ports, and pairs of virtio-user and vhost in one process. */
#include <time.h>
#include <unistd.h>

#include <rte_dev.h>
#include <rte_eth_ring.h>
#include <rte_ring.h>

#include "tests/unit/core/far.h"
#include "tests/unit/core/wire.h"

enum {
	RING = 1024,
	DESCRIPTORS = 1024,
	DEVICE_MBUFS = 2047, /* of one receive queue */
	LINK_PAUSES = 10000, /* of a millisecond each, until a device has found its other end */
};

struct wire {
	struct rte_ring *to_core[RIG_CORES], *from_core[RIG_CORES];
	struct port *device; /* NULL while there is none */
	uint16_t far_port;   /* its vhost end */
	struct rte_mempool *pool[RIG_CORES];
};

enum wire_kind rig_wire = WIRE_RINGS;
static struct wire wires[IFACE_COUNT];
static struct rte_mempool *far_pool;
static const char *const names[IFACE_COUNT] = {"edge", "internal"};
static char folder[] = "/tmp/sluice-wire-XXXXXX";

/* --- rings --- */

static void set_up_queues(uint16_t ethdev, uint16_t queues, uint16_t descriptors)
{
	const struct rte_eth_conf conf = {0};

	far_must(rte_eth_dev_configure(ethdev, queues, queues, &conf) == 0, "port set-up");
	for (uint16_t q = 0; q < queues; q++)
		far_must(rte_eth_rx_queue_setup(ethdev, q, descriptors, 0, NULL, far_pool) == 0 &&
			     rte_eth_tx_queue_setup(ethdev, q, descriptors, 0, NULL) == 0,
			 "queue set-up");
	far_must(rte_eth_dev_start(ethdev) == 0, "port start");
}

static uint16_t make_rings(struct wire *w, const char *name)
{
	char ring[32];
	int id;

	for (unsigned int q = 0; q < RIG_CORES; q++) {
		snprintf(ring, sizeof(ring), "to-%s%u", name, q);
		w->to_core[q] = rte_ring_create(ring, RING, SOCKET_ID_ANY, 0);
		snprintf(ring, sizeof(ring), "from-%s%u", name, q);
		w->from_core[q] = rte_ring_create(ring, RING, SOCKET_ID_ANY, 0);
		far_must(w->to_core[q] != NULL && w->from_core[q] != NULL, "rings");
	}
	id = rte_eth_from_rings(name, w->to_core, RIG_CORES, w->from_core, RIG_CORES, 0);
	far_must(id >= 0, "ring port");
	set_up_queues((uint16_t)id, RIG_CORES, 64);
	return (uint16_t)id;
}

/* A ring hands over the sender's own mbuf: a wire would not. */
static struct rte_mbuf *across(struct rte_mbuf *m)
{
	struct rte_mbuf *copy = rte_pktmbuf_copy(m, far_pool, 0, UINT32_MAX);

	far_must(copy != NULL, "wire mbufs");
	rte_pktmbuf_free(m);
	return copy;
}

/* --- virtio-user and vhost --- */

static void socket_of(enum iface i, char out[64])
{
	snprintf(out, 64, "%s/%s", folder, names[i]);
}

static void make_far_end(struct wire *w, enum iface i)
{
	char device[32], path[64], arguments[128];

	snprintf(device, sizeof(device), "net_vhost%u", (unsigned int)i);
	socket_of(i, path);
	snprintf(arguments, sizeof(arguments), "iface=%s,queues=%u", path, rig_queues);
	far_must(rte_eal_hotplug_add("vdev", device, arguments) == 0, "no vhost");
	far_must(rte_eth_dev_get_port_by_name(device, &w->far_port) == 0, "no vhost port");
	/* From here on it listens. */
	set_up_queues(w->far_port, rig_queues, DESCRIPTORS);
}

/* As control opens it: drivers-cfg/virtio_user.conf. */
static void make_near_end(struct wire *w, enum iface i)
{
	struct port_setup s = {
	    .queues = rig_queues,
	    .rx_descriptors = DESCRIPTORS,
	    .tx_descriptors = DESCRIPTORS,
	    .mtu = 1500,
	    .rx_checksum = true,
	    .promiscuous = true,
	};
	char path[64], arguments[128], error[256] = "";

	snprintf(s.device, sizeof(s.device), "net_virtio_user%u", (unsigned int)i);
	socket_of(i, path);
	snprintf(arguments, sizeof(arguments),
		 "path=%s,queues=%u,queue_size=%u,mac=02:00:00:00:00:01", path, rig_queues,
		 DESCRIPTORS);
	far_must(rte_eal_hotplug_add("vdev", s.device, arguments) == 0, "no virtio-user");
	for (uint16_t q = 0; q < rig_queues; q++) {
		char name[32];

		snprintf(name, sizeof(name), "device-%s%u", names[i], q);
		w->pool[q] =
		    port_make_pool(name, DEVICE_MBUFS, 0, RTE_MBUF_DEFAULT_BUF_SIZE, false);
		far_must(w->pool[q] != NULL, "device pool");
	}
	far_must(port_open(w->device, &s, w->pool, error), error);
	far_must(w->device->queues == rig_queues, "fewer queues than wanted");
}

static bool is_up(uint16_t ethdev)
{
	struct rte_eth_link link;

	return rte_eth_link_get_nowait(ethdev, &link) == 0 && link.link_status == RTE_ETH_LINK_UP;
}

/* vhost's own thread hears of the device and its queues. */
static void wait_for_link(const struct wire *w)
{
	const struct timespec pause = {.tv_nsec = 1000000};

	for (unsigned int i = 0; i < LINK_PAUSES && !is_up(w->far_port); i++)
		nanosleep(&pause, NULL);
	far_must(is_up(w->far_port), "virtio-user and vhost do not find each other");
}

static void remove_device(const char *kind, enum iface i)
{
	char device[32];

	snprintf(device, sizeof(device), "net_%s%u", kind, (unsigned int)i);
	far_must(rte_eal_hotplug_remove("vdev", device) == 0, "a device stays");
}

static void remove_folder(void)
{
	for (enum iface i = 0; i < IFACE_COUNT; i++) {
		char path[64];

		socket_of(i, path);
		(void)unlink(path);
	}
	(void)rmdir(folder);
}

/* --- both --- */

void wire_start(struct rte_mempool *pool)
{
	far_pool = pool;
	if (rig_wire == WIRE_RINGS) {
		for (enum iface i = 0; i < IFACE_COUNT; i++)
			wires[i].far_port = make_rings(&wires[i], names[i]);
		return;
	}
	far_must(mkdtemp(folder) != NULL && atexit(remove_folder) == 0, "no folder for sockets");
}

void wire_open(enum iface i, struct port *port)
{
	struct wire *w = &wires[i];

	if (rig_wire == WIRE_RINGS) {
		port->ethdev = w->far_port;
		return;
	}
	w->device = port;
	make_far_end(w, i);
	make_near_end(w, i);
	wait_for_link(w);
}

void wire_send(enum iface i, uint16_t queue, struct rte_mbuf *m)
{
	const struct wire *w = &wires[i];

	if (rig_wire == WIRE_VIRTIO) {
		if (rte_eth_tx_burst(w->far_port, queue, &m, 1) == 0)
			rte_pktmbuf_free(m);
		return;
	}
	m = across(m);
	if (rte_ring_enqueue(w->to_core[queue], m) != 0)
		rte_pktmbuf_free(m);
}

unsigned int wire_receive(enum iface i, uint16_t queue, struct rte_mbuf **frames, uint16_t max)
{
	const struct wire *w = &wires[i];
	void *frame;
	unsigned int n = 0;

	if (rig_wire == WIRE_VIRTIO)
		return queue < rig_queues ? rte_eth_rx_burst(w->far_port, queue, frames, max) : 0;
	while (n < max && rte_ring_dequeue(w->from_core[queue], &frame) == 0)
		frames[n++] = across(frame);
	return n;
}

void wire_shut(enum iface i)
{
	struct wire *w = &wires[i];
	void *m;

	if (rig_wire == WIRE_VIRTIO) {
		port_close(w->device);
		remove_device("virtio_user", i);
		(void)rte_eth_dev_stop(w->far_port);
		(void)rte_eth_dev_close(w->far_port);
		remove_device("vhost", i);
		return;
	}
	for (unsigned int q = 0; q < RIG_CORES; q++)
		while (rte_ring_dequeue(w->from_core[q], &m) == 0 ||
		       rte_ring_dequeue(w->to_core[q], &m) == 0)
			rte_pktmbuf_free(m);
}

unsigned int wire_close(enum iface i)
{
	struct wire *w = &wires[i];
	unsigned int missing = 0;

	for (uint16_t q = 0; rig_wire == WIRE_VIRTIO && q < rig_queues; q++) {
		missing += DEVICE_MBUFS - rte_mempool_avail_count(w->pool[q]);
		rte_mempool_free(w->pool[q]);
	}
	w->device = NULL;
	return missing;
}
