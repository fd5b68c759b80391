/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * utf8.h - strict UTF-8 (RFC 3629), a byte at a time: no overlong form, no surrogate, nothing
 * beyond U+10FFFF.
 *
 * Runs on  any thread.
 */
#ifndef DATAPLANE_XMPP_UTF8_H
#define DATAPLANE_XMPP_UTF8_H

#include "dataplane/base/base.h"

/* One character being read: complete when left is 0. */
struct utf8 {
	uint32_t code;
	uint8_t left;      /* continuation bytes to come */
	uint8_t low, high; /* range of the next one */
};

/* A lead byte above 0x7f. Returns false, *@u undefined, when no sequence begins so. */
MUST_USE bool utf8_begin(struct utf8 *u, uint8_t lead);
/* A continuation byte, while left > 0. Returns false when it does not fit. */
MUST_USE bool utf8_next(struct utf8 *u, uint8_t byte);
/* Writes 1..4 bytes and returns their number. @code: up to U+10FFFF. */
unsigned int utf8_encode(uint32_t code, uint8_t out[4]);

#endif
