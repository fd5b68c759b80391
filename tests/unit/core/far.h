/* SPDX-License-Identifier: BSD-3-Clause */
/* far.h - what rig.c asks of the far hosts. */
#ifndef TESTS_UNIT_CORE_FAR_H
#define TESTS_UNIT_CORE_FAR_H

#include "tests/unit/core/rig.h"

/* Once: the wires, pools. */
void far_start(void);
void far_open(enum iface i);
void far_turn(enum iface i);
void far_close(void);
/* After the core is gone too. */
void far_check_full(void);
unsigned int far_bad_checks(void);

/* The core's side of a wire, or the far host's. */
struct net_iface_setup far_iface(enum iface i, bool is_core);
struct ip_addr far_address(enum iface side);
struct peer *far_dial(enum iface side);
/* Its TCP port. */
uint16_t far_port(const struct peer *p);
void far_secure(struct peer *p, const struct tls_handover *keys);

/* The rig itself is broken: says so and ends the program. */
void far_must(bool ok, const char *what);

#endif
