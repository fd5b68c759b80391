/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * eal.h - from configuration and driver profiles to DPDK's environment: arguments, lcores, ports.
 *
 * Runs on  control, before the cores start.
 */
#ifndef CONTROL_EAL_H
#define CONTROL_EAL_H

#include "control/config.h"

/*
 * Starts EAL: control on the first CPU of the process's affinity, core i on the ones behind it,
 * round again where there are too few. False, with a sentence in @error (512 bytes).
 */
MUST_USE bool eal_start(const struct config *config, const char *drivers_dir, char *error);

/* The queues of one interface, a core's each: of one device, or of several with one each. There may
 * be fewer than cores. */
struct eal_ports {
	struct port port[CORES_MAX];
	struct rte_mempool *pool[CORES_MAX]; /* what the queues of each fill */
	uint32_t mbufs; /* of all pools, besides those that queues hold ready */
	uint16_t count;
	bool is_shut; /* its devices are closed, its pools are there */
};

/* Opens the devices of one interface as its profile says. After a failure too eal_close_ports() is
 * due. */
MUST_USE bool eal_open_ports(const struct config *config, const char *drivers_dir, enum iface iface,
			     struct eal_ports *out, char *error);
void eal_close_ports(struct eal_ports *p);
/* Before that, and before the cores' pools are freed: closes the devices, so that what they were
 * still sending goes back to its pools. */
void eal_shut_ports(struct eal_ports *p);

/* Of all devices together. */
uint16_t eal_queues(const struct eal_ports *p);
/* The device of queue @index and the queue's number on it. */
struct port *eal_queue(struct eal_ports *p, uint16_t index, uint16_t *queue);

#endif
