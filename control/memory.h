/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * memory.h - allocation on the control thread, which never fails: what a peer can make control
 * allocate is bounded (THREATS.md), so when memory is gone nonetheless the process says so and
 * ends, and its service manager starts it anew.
 *
 * Runs on  control only; a poll core never allocates.
 */
#ifndef CONTROL_MEMORY_H
#define CONTROL_MEMORY_H

#include <stddef.h>

/* Zeroed. */
void *memory_get(size_t size) __attribute__((returns_nonnull, warn_unused_result, malloc));
void *memory_grow(void *at, size_t size) __attribute__((returns_nonnull, warn_unused_result));
char *memory_text(const char *text) __attribute__((returns_nonnull, warn_unused_result, malloc));

#endif
