/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * shared.h - texts that many streams have in common, each kept once: domains, names of
 * certificates, roots, ciphers. A stream that is established is little more than a list of such.
 *
 * Runs on  control.
 * Owns     a text lives as long as somebody has it: shared_set() replaces what is at a place,
 *          shared_drop() empties it. A place is never NULL: it begins as SHARED_EMPTY.
 */
#ifndef CONTROL_SHARED_H
#define CONTROL_SHARED_H

#include <stddef.h>

#define SHARED_EMPTY ""

/* @at has @text from now on; @text may be what it has now, or part of it. */
void shared_set(const char **at, const char *text);
/* The same of its first @most bytes. */
void shared_set_cut(const char **at, const char *text, size_t most);
void shared_drop(const char **at);

/* Different texts that are kept, for tests and benchmarks. */
size_t shared_count(void);

#endif
