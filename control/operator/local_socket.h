/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * local_socket.h - a listening unix stream socket with the file it takes: made with its mode, given
 * to its group, a stale one removed, a living one left alone.
 *
 * Runs on  control.
 */
#ifndef CONTROL_OPERATOR_LOCAL_SOCKET_H
#define CONTROL_OPERATOR_LOCAL_SOCKET_H

#include "dataplane/base/base.h"

/*
 * local_socket_listen - mode 0660, not blocking.
 *
 * @group    the file's, NULL: the process's
 * @setting  where its path is configured: "<operator socket=...>"
 * Returns   the descriptor, or -1 with a sentence in @error (256 bytes). Who closes it unlinks the
 *           file.
 */
MUST_USE int local_socket_listen(const char *path, const char *group, const char *setting,
				 char *error);

#endif
