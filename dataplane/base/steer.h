/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * steer.h - which poll core a flow belongs to: by the device's receive-side scaling, where its hash
 * and table are known exactly, or by a keyed hash of our own, where a frame that the wrong core
 * finds is passed on through a ring.
 *
 * Both answers depend on the flow alone, so that a port to dial from can be chosen whose answers
 * come back to the core that dials.
 *
 * Runs on  any core; filled in by control before the cores start, read only afterwards.
 * Cost     software: one keyed hash of 24 bytes; device: Toeplitz, a step a bit, for dials and ICMP
 *          errors alone.
 */
#ifndef DATAPLANE_BASE_STEER_H
#define DATAPLANE_BASE_STEER_H

#include "dataplane/base/addr.h"
#include "dataplane/base/bounds.h"
#include "dataplane/base/ids.h"
#include "dataplane/base/keyed_hash.h"

enum steer_bounds {
	STEER_KEY_MAX = 64,     /* bytes: 40 and 52 are what devices have */
	STEER_TABLE_MAX = 2048, /* entries, the most of today's devices */
};

enum steer_way {
	STEER_ALONE,    /* one core: nothing to decide */
	STEER_DEVICE,   /* queue i is core i's, and the device chooses the queue */
	STEER_SOFTWARE, /* whoever polls the queue computes the core and passes the frame on */
};

/* What a device does with the addresses and ports of a TCP segment: Toeplitz hash under @key, whose
 * low bits choose an entry of @queue. */
struct steer_rss {
	uint8_t key[STEER_KEY_MAX];
	uint16_t key_bytes;
	uint16_t entries; /* a power of two; 0: the device has no such thing, or does not tell */
	uint8_t queue[STEER_TABLE_MAX]; /* below CORES_MAX */
};

struct steer {
	uint16_t cores;
	struct hash_key key; /* STEER_SOFTWARE: secret, so that a stranger cannot aim at one core */
	struct {
		enum steer_way way;
		struct steer_rss rss; /* STEER_DEVICE */
	} iface[IFACE_COUNT];
};

/* One flow as its incoming segments have it. Ports in host order. */
struct steer_flow {
	struct ip_addr local, remote;
	uint16_t local_port, remote_port;
};

/* Below s->cores. */
MUST_USE uint16_t steer_core(const struct steer *s, enum iface iface, const struct steer_flow *f);

/*
 * The core for an Ethernet frame that core @self has received on @iface: of its TCP segment, or of
 * the segment that an ICMP error quotes. @self for everything else, malformed frames too. Where the
 * device steers, a plain TCP segment is @self's without a look at its ports.
 */
MUST_USE uint16_t steer_frame(const struct steer *s, enum iface iface, const uint8_t *frame,
			      size_t len, uint16_t self);

/* The flow of an Ethernet frame that carries a TCP segment, as if it came in. False: it does not.
 */
MUST_USE bool steer_flow_of(const uint8_t *frame, size_t len, struct steer_flow *f);

/* The hash of RSS over @len bytes. @key has at least len + 4 bytes. */
MUST_USE uint32_t steer_toeplitz(const uint8_t *key, const uint8_t *input, size_t len);

const char *steer_way_name(enum steer_way way);

#endif
