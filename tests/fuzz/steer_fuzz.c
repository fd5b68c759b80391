/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * steer_fuzz.c - any bytes as a frame into steer_frame(). Input: one byte what, then the frame.
 *
 *	what & 15  poll cores but one
 *	what & 16  the device steers
 *	what & 32  on the internal interface
 *
 * Whatever it is, the answer is the core that asks or one that there is, the same each time, and no
 * byte beyond the frame is read, however it is cut. A segment that has a core: an ICMP error that
 * quotes what goes the other way has the same, and as a fragment it stays where it came.
 */
#include <stdlib.h>
#include <string.h>

#include "dataplane/base/steer.h"

enum {
	SELF = 99, /* no core of those to choose from */
	FRAME_MAX = 1518,
	ERROR_BYTES = 14 + 40 + 8,
	MORE_FRAGMENTS = 0x20,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
	if (!good)
		abort();
}

static struct steer s; /* too large for a stack */

static void make(uint8_t what)
{
	s = (struct steer){.cores = (uint16_t)((what & 15) + 1), .key = {3, 5}};

	for (unsigned int i = 0; i < IFACE_COUNT; i++) {
		struct steer_rss *r = &s.iface[i].rss;

		s.iface[i].way = what & 16 ? STEER_DEVICE : STEER_SOFTWARE;
		r->key_bytes = 40;
		r->entries = 128;
		for (unsigned int k = 0; k < r->key_bytes; k++)
			r->key[k] = (uint8_t)(k * 73 + 11);
		for (unsigned int e = 0; e < r->entries; e++)
			r->queue[e] = (uint8_t)(e % s.cores);
	}
}

/* In a piece of memory exactly as large, so that a sanitizer sees a read past the end. */
static uint16_t ask(enum iface iface, const uint8_t *frame, size_t len)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);
	uint16_t core;

	check(copy != NULL);
	memcpy(copy, frame, len);
	core = steer_frame(&s, iface, copy, len, SELF);
	check(core == SELF || core < s.cores);
	free(copy);
	return core;
}

static void swap(uint8_t *a, uint8_t *b, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		const uint8_t byte = a[i];

		a[i] = b[i];
		b[i] = byte;
	}
}

/* Where the packet begins and, of one with nothing between IP and TCP, the segment; 0: no such. */
static size_t find_packet(const uint8_t *frame, size_t len)
{
	return len > 18 && frame[12] == 0x81 && frame[13] == 0 ? 18 : 14;
}

static size_t find_segment(const uint8_t *p, size_t len)
{
	if (len >= 24 && p[0] >> 4 == 4 && p[9] == 6)
		return (size_t)(p[0] & 15) * 4;
	return len >= 44 && p[0] >> 4 == 6 && p[6] == 6 ? 40 : 0;
}

/* What a router says about the same flow's segment that goes out. */
static void check_error(enum iface iface, const uint8_t *packet, size_t len, uint16_t core)
{
	const bool v4 = packet[0] >> 4 == 4;
	const size_t ip = v4 ? 20 : 40, segment = find_segment(packet, len);
	uint8_t error[ERROR_BYTES + FRAME_MAX] = {[12] = v4 ? 0x08 : 0x86, [13] = v4 ? 0 : 0xdd};
	uint8_t *outer = error + 14, *icmp = outer + ip, *quoted = icmp + 8;

	outer[0] = v4 ? 0x45 : 0x60;
	outer[v4 ? 9 : 6] = v4 ? 1 : 58;
	icmp[0] = v4 ? 3 : 2;
	memcpy(quoted, packet, len);
	swap(quoted + (v4 ? 12 : 8), quoted + (v4 ? 16 : 24), v4 ? 4 : 16);
	swap(quoted + segment, quoted + segment + 2, 2);
	check(ask(iface, error, 14 + ip + 8 + len) == core);
}

static void check_flow(enum iface iface, const uint8_t *frame, size_t len, uint16_t core)
{
	const size_t at = find_packet(frame, len);
	const size_t segment = find_segment(frame + at, len - at);
	uint8_t fragment[FRAME_MAX];

	if (segment == 0) /* an error, or with extension headers */
		return;
	check(segment + 4 <= len - at);
	check_error(iface, frame + at, len - at, core);
	memcpy(fragment, frame, len);
	fragment[at + 6] |= MORE_FRAGMENTS;
	if (frame[at] >> 4 == 4)
		check(ask(iface, fragment, len) == SELF);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum iface iface;
	uint16_t core;

	if (size < 1 || size > FRAME_MAX)
		return 0;
	make(data[0]);
	iface = data[0] & 32 ? IFACE_INTERNAL : IFACE_EDGE;
	core = ask(iface, data + 1, size - 1);
	check(ask(iface, data + 1, size - 1) == core);
	for (size_t len = 0; len < size - 1 && len < 128; len++)
		(void)ask(iface, data + 1, len);
	if (core != SELF && !(data[0] & 16))
		check_flow(iface, data + 1, size - 1, core);
	return 0;
}
