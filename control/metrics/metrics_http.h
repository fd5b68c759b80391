/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * metrics_http.h - GET /metrics by libmicrohttpd, which has no thread here: its epoll is watched by
 * control's loop.
 *
 * Runs on  control. A turn of the loop gives it a millisecond at most, all connections together.
 * HTTP_CONNECTIONS_MAX connections at a time, HTTP_PATIENCE_US for each, one request and no more.
 */
#ifndef CONTROL_METRICS_METRICS_HTTP_H
#define CONTROL_METRICS_METRICS_HTTP_H

#include "control/metrics/census.h"

struct metrics_http;

enum { HTTP_CONNECTIONS_MAX = 16 };
#define HTTP_PATIENCE_US UINT64_C(30000000) /* from connecting to the last byte */

/* NULL, with a sentence in @error (256 bytes). */
MUST_USE struct metrics_http *metrics_http_listen_tcp(struct daemon *d, struct census *s,
						      const struct ip_addr *address, uint16_t port,
						      char *error);
/* A unix socket: mode 0660, of @group (NULL: the process's). Removes a stale file, refuses one that
 * is alive. */
MUST_USE struct metrics_http *metrics_http_listen_local(struct daemon *d, struct census *s,
							const char *path, const char *group,
							char *error);
void metrics_http_free(struct metrics_http *h);

#endif
