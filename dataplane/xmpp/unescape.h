/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * unescape.h - what an attribute's raw value means: references resolved, white space normalised
 * (XML 1.0 3.3.3). Every comparison of a value must see what the far end's parser will see.
 *
 * Runs on  any thread. Reads any bytes; what is no reference after all stands for itself.
 */
#ifndef DATAPLANE_XMPP_UNESCAPE_H
#define DATAPLANE_XMPP_UNESCAPE_H

#include "dataplane/base/base.h"

/*
 * unescape_next - take one byte, or one reference, off the front of @raw.
 * Returns the number of bytes it means, written to @out: 1..4, or 0 when @raw is empty.
 */
unsigned int unescape_next(struct span *raw, uint8_t out[4]);

/* Does @raw mean @text, which has neither '&' nor white space but blanks? */
bool unescape_equals(struct span raw, const char *text);

#endif
