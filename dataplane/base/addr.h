/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * addr.h - one IP address of either family; IPv4 as its IPv4-mapped IPv6 form (RFC 4291 2.5.5.2),
 * so that tables, control blocks and messages have one size and one comparison.
 */
#ifndef DATAPLANE_BASE_ADDR_H
#define DATAPLANE_BASE_ADDR_H

#include <string.h>

#include "dataplane/base/base.h"

struct ip_addr {
	uint8_t b[16]; /* network byte order */
};

/* Longest text of addr_text(), NUL included. */
#define ADDR_TEXT_MAX 46

/* @v4 in host byte order. */
static inline struct ip_addr addr_from_v4(uint32_t v4)
{
	return (struct ip_addr){{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, (uint8_t)(v4 >> 24),
				 (uint8_t)(v4 >> 16), (uint8_t)(v4 >> 8), (uint8_t)v4}};
}

static inline bool addr_is_v4(const struct ip_addr *a)
{
	static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

	return memcmp(a->b, mapped, sizeof(mapped)) == 0;
}

/* Host byte order; meaningful only where addr_is_v4(). */
static inline uint32_t addr_v4(const struct ip_addr *a)
{
	return (uint32_t)a->b[12] << 24 | (uint32_t)a->b[13] << 16 | (uint32_t)a->b[14] << 8 |
	       a->b[15];
}

static inline bool addr_equal(const struct ip_addr *a, const struct ip_addr *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* All zero: no address (RFC 4291 2.5.2). */
static inline bool addr_is_unspecified(const struct ip_addr *a)
{
	static const struct ip_addr none;

	return addr_equal(a, &none);
}

/* Text of either family. Returns false, *@out untouched, where @text is no address. */
MUST_USE bool addr_parse(const char *text, struct ip_addr *out);

/* Writes at most ADDR_TEXT_MAX bytes, NUL included, and returns @buf. */
const char *addr_text(const struct ip_addr *a, char buf[ADDR_TEXT_MAX]);

#endif
