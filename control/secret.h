/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * secret.h - the secret behind dialback keys (XEP-0185): where one comes from, and how another
 * takes its place while keys of the one before are still under way.
 *
 * Runs on  control.
 * Owns     texts are on the heap, and wiped before they are freed; none is ever shown or logged.
 */
#ifndef CONTROL_SECRET_H
#define CONTROL_SECRET_H

#include "control/policy.h"

enum { SECRET_TEXT_MAX = 1024 };

/* The first line of the file. NULL, and why: a constant, or of strerror(). */
MUST_USE char *secret_from_file(const char *path, const char **why);
/* 64 hex digits. NULL without memory or randomness. */
MUST_USE char *secret_random(void);
/* Wipes and frees. */
void secret_free(char *text);

/* @fresh (taken) is what keys are made with from now on; those made with the one before are still
 * found good for @grace_us. */
void secret_rotate(struct policy *p, char *fresh, uint64_t now_us, uint64_t grace_us);
/*
 * secret_carry - a reload: @next takes over from @before.
 *
 * A secret that was rotated since, or made up at random, lives on as long as the configuration says
 * the same as it did. One that the configuration has changed counts as rotated now.
 */
void secret_carry(struct policy *next, struct policy *before, uint64_t now_us, uint64_t grace_us);
/* Is the secret before the present one still good? */
bool secret_has_grace(const struct policy *p, uint64_t now_us);

#endif
