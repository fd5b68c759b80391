/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * wire.h - what lies between the cores' ports and the far hosts, a lane a queue: rings, whose ports
 * live as long as the program; or a virtio-user device and the vhost port that is its other end,
 * made for each run.
 *
 * Runs on  the main thread; the cores have the near ends.
 * Owns     what is under way. Frames sent are taken, frames received are the caller's.
 */
#ifndef TESTS_UNIT_CORE_WIRE_H
#define TESTS_UNIT_CORE_WIRE_H

#include "tests/unit/core/rig.h"

/* Once. @pool: of what the far hosts receive. */
void wire_start(struct rte_mempool *pool);
void wire_open(enum iface i, struct port *port);
/* What it does not carry is lost, as on any wire. */
void wire_send(enum iface i, uint16_t queue, struct rte_mbuf *m);
unsigned int wire_receive(enum iface i, uint16_t queue, struct rte_mbuf **frames, uint16_t max);
/* Nothing is under way any more, and a device has given back what it was sending. */
void wire_shut(enum iface i);
/* After the cores are gone. Buffers of the device's own pools that are missing. */
unsigned int wire_close(enum iface i);

#endif
