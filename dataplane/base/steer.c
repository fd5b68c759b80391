/* SPDX-License-Identifier: BSD-3-Clause */
/* steer.c - the core of a flow: Toeplitz as the device computes it, or the keyed hash. */
#include "dataplane/base/steer.h"

/* Addresses of IPv6 and both ports: the longest input, and with a window behind it the least key.
 */
enum { INPUT_MAX = 36, WINDOW_BYTES = 4 };

uint32_t steer_toeplitz(const uint8_t *key, const uint8_t *input, size_t len)
{
	uint32_t window =
	    (uint32_t)key[0] << 24 | (uint32_t)key[1] << 16 | (uint32_t)key[2] << 8 | key[3];
	uint32_t hash = 0;

	for (size_t i = 0; i < len; i++)
		for (unsigned int bit = 8; bit-- > 0;) {
			if ((input[i] & BIT(bit)) != 0)
				hash ^= window;
			window = window << 1 | (key[i + WINDOW_BYTES] >> bit & 1u);
		}
	return hash;
}

static size_t put(uint8_t *out, const void *bytes, size_t len)
{
	memcpy(out, bytes, len);
	return len;
}

static size_t put_port(uint8_t *out, uint16_t port)
{
	out[0] = (uint8_t)(port >> 8);
	out[1] = (uint8_t)port;
	return 2;
}

/* As on the wire: source, destination, source port, destination port of what comes in. */
static uint16_t device_core(const struct steer_rss *r, const struct steer_flow *f)
{
	const size_t skip = addr_is_v4(&f->remote) ? 12 : 0;
	uint8_t input[INPUT_MAX];
	size_t n = 0;

	n += put(input + n, f->remote.b + skip, sizeof(f->remote.b) - skip);
	n += put(input + n, f->local.b + skip, sizeof(f->local.b) - skip);
	n += put_port(input + n, f->remote_port);
	n += put_port(input + n, f->local_port);
	return r->queue[steer_toeplitz(r->key, input, n) & (r->entries - 1u)];
}

/* Without the local address: an interface has one of each family. */
static uint16_t software_core(const struct steer *s, enum iface iface, const struct steer_flow *f)
{
	uint8_t input[24] = {0};
	size_t n = 0;
	uint64_t hash;

	n += put(input + n, f->remote.b, sizeof(f->remote.b));
	n += put_port(input + n, f->remote_port);
	n += put_port(input + n, f->local_port);
	input[n] = (uint8_t)iface;
	hash = keyed_hash(&s->key, input, sizeof(input));
	return (uint16_t)((hash >> 32) * s->cores >> 32);
}

uint16_t steer_core(const struct steer *s, enum iface iface, const struct steer_flow *f)
{
	switch (s->iface[iface].way) {
	case STEER_ALONE:
		break;
	case STEER_DEVICE:
		return device_core(&s->iface[iface].rss, f);
	case STEER_SOFTWARE:
		return software_core(s, iface, f);
	}
	return 0;
}

const char *steer_way_name(enum steer_way way)
{
	switch (way) {
	case STEER_ALONE:
		break;
	case STEER_DEVICE:
		return "device";
	case STEER_SOFTWARE:
		return "software";
	}
	return "one core";
}
