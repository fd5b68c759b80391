/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * base.h - the handful of words every file of the dataplane uses.
 */
#ifndef DATAPLANE_BASE_BASE_H
#define DATAPLANE_BASE_BASE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUST_USE      __attribute__((warn_unused_result))
#define BIT(n)        (1u << (n))
#define ARRAY_LEN(a)  (sizeof(a) / sizeof((a)[0]))
#define CACHE_LINE    64
#define CACHE_ALIGNED __attribute__((aligned(CACHE_LINE)))

/* The struct of @type whose @member is at @ptr. */
#define CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* Bytes somebody else owns, for as long as the callee's comment says. */
struct span {
	const uint8_t *at;
	size_t len;
};

/* Asks for memory that will be read soon. Cost: no wait. */
static inline void fetch_ahead(const void *at, size_t bytes)
{
	for (size_t i = 0; i < bytes; i += CACHE_LINE)
		__builtin_prefetch((const uint8_t *)at + i);
}

static inline size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

static inline uint32_t min_u32(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static inline uint32_t max_u32(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

#endif
