/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * wipe.h - clears secrets in a way the compiler cannot remove: it must assume that the empty
 * assembly reads the bytes just written.
 */
#ifndef DATAPLANE_TLS_WIPE_H
#define DATAPLANE_TLS_WIPE_H

#include <string.h>

static inline void wipe(void *bytes, size_t len)
{
	memset(bytes, 0, len);
	__asm__("" : : "r"(bytes) : "memory");
}

#endif
