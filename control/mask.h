/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mask.h - elements as one line of text that an operator may see: what people write to each other
 * is replaced by its length, secrets are always, and nothing in it steers a terminal.
 *
 *	<message from='a@x.example' to='b@y.example'><body>…[42 bytes]</body></message>
 *
 * Reads what the framer has let through, or what the relay sends itself; perhaps only its
 * beginning. Of anything else it makes a line, too, if not a sensible one.
 *
 * Runs on  control. Pure.
 */
#ifndef CONTROL_MASK_H
#define CONTROL_MASK_H

#include "dataplane/base/base.h"

enum mask_how {
	MASK_HEAD,   /* the first tag alone */
	MASK_BODIES, /* all character data of stanzas by its length */
	MASK_SECRETS /* only what is secret: SASL, dialback keys, passwords */
};

enum { MASK_LINE_MAX = 3072 };

/*
 * The first thing in @bytes: a stream header (with the XML declaration before it), an element, a
 * footer; all of them where it is cut. White space before it is its.
 */
size_t mask_first(struct span bytes);

/*
 * @bytes: one such thing. @total: how long it was before it was cut.
 * Returns  @out: UTF-8, at most @room (64 or more) bytes with the NUL; where it is cut, by @room or
 * before, it ends in a note of @total.
 */
const char *mask_line(struct span bytes, uint64_t total, enum mask_how how, char *out, size_t room);

/*
 * What stands in the first child <@name/> of the element that @bytes are, as it came: a reference
 * is one still. at is NULL where there is none, or where it does not begin in @bytes.
 */
struct span mask_child(struct span bytes, const char *name);

#endif
