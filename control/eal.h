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

/* Opens the device of one interface as its profile says. @pool: what its queues fill; the caller's
 * to free after port_close(). */
MUST_USE bool eal_open_port(const struct config *config, const char *drivers_dir, enum iface iface,
			    struct port *port, struct rte_mempool **pool, char *error);

#endif
