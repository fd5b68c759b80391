/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * wire.h - one network device, frame by frame: a packet socket with a receive ring, and bursts out.
 *
 * Runs on  one thread.
 * Owns     its socket and ring until the process ends.
 */
#ifndef TESTS_LINK_WIRE_H
#define TESTS_LINK_WIRE_H

#include <sys/socket.h>

#include "dataplane/base/base.h"

enum wire_bounds {
	WIRE_FRAME_MAX = 1900, /* bytes that fit a place of the ring behind the kernel's header */
	WIRE_BURST = 64,       /* frames of one sendmmsg() */
	WIRE_RING_PLACES = 8192,
};

struct wire {
	int fd;
	uint8_t mac[6]; /* the device's own */
	uint8_t *ring;
	unsigned int next; /* place of the ring that is filled next */
	unsigned int out_count;
	struct mmsghdr out[WIRE_BURST];
	struct iovec piece[WIRE_BURST];
	uint64_t refused; /* frames that the device did not take */
};

/* False, with errno set. @receive: with a ring; otherwise it only sends. */
MUST_USE bool wire_open(struct wire *w, const char *device, bool receive);
/* The next frame that came in and its length, or NULL. Borrowed until wire_taken(). */
const uint8_t *wire_receive(const struct wire *w, uint16_t *len);
void wire_taken(struct wire *w);
/* Frames that came in while the ring was full, since the last call. */
uint64_t wire_overrun(const struct wire *w);
/* Borrows @frame until wire_flush(), which a full burst calls by itself. */
void wire_send(struct wire *w, const uint8_t *frame, uint16_t len);
void wire_flush(struct wire *w);

#endif
