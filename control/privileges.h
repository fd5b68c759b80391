/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * privileges.h - the rights that a start takes, given up when it is over: user, groups,
 * capabilities(7), of every thread there is.
 *
 * Capabilities are a thread's own and only the thread can drop them, so each is interrupted by a
 * signal and does. (libpsx would do that, but takes hold only of threads that are made through its
 * own pthread_create(), and DPDK's are not.)
 *
 * Runs on  control, with no thread that blocks every signal, as libunbound's does: before the first
 *          question to DNS.
 */
#ifndef CONTROL_PRIVILEGES_H
#define CONTROL_PRIVILEGES_H

#include <sys/types.h>

#include "dataplane/base/base.h"

enum { PRIVILEGES_ERROR = 512 };

/* The bits of capabilities by their names, "net_admin net_raw"; false with the name of one that
 * there is none of in @unknown (32 bytes). */
MUST_USE bool privileges_parse(const char *words, uint64_t *out, char *unknown);

/*
 * privileges_drop - from now on this is @user's process, without capabilities.
 *
 * @user  NULL: the user stays who it is
 * @keep  capabilities that control may take up again by privileges_raise(), as far as it has them
 * Returns  false with a sentence in @error: then some threads may have less rights than others, and
 *          the process has to end.
 */
MUST_USE bool privileges_drop(const char *user, uint64_t keep, char *error);
/* Takes up what privileges_drop() has kept; nothing where nothing was. */
void privileges_raise(void);

/* The largest set of effective capabilities of any thread now; all of them where /proc does not
 * tell. */
uint64_t privileges_effective(void);

#endif
