/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * srv.h - SRV records: read from their wire form and put in the order to try (RFC 2782).
 *
 * Runs on  control. Pure.
 */
#ifndef CONTROL_SRV_H
#define CONTROL_SRV_H

#include "dataplane/base/base.h"
#include "dataplane/base/bounds.h"

struct srv {
	uint16_t priority, weight, port;
	bool direct_tls; /* of _xmpps-server: both services are mixed by priority and weight
			    (XEP-0368 3) */
	char host[DOMAIN_TEXT_MAX + 1]; /* "." where the service is refused */
};

/* One record's RDATA. False when it is malformed or its target is no host name. */
MUST_USE bool srv_read(const uint8_t *rdata, size_t len, struct srv *out);

/*
 * Sorts by priority; within one priority draws by weight with @random, a function of [0, bound).
 * Weight 0 comes last unless drawn.
 */
void srv_order(struct srv *records, size_t count, uint32_t (*random)(uint32_t bound));

#endif
