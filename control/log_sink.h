/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * log_sink.h - where lines go: a file, the journal where standard error is the journal's (systemd
 * says so in JOURNAL_STREAM), else standard error.
 *
 * Runs on  control. Nothing here waits: what finds no room is lost, and counted.
 */
#ifndef CONTROL_LOG_SINK_H
#define CONTROL_LOG_SINK_H

#include "dataplane/base/base.h"

enum log_sink { LOG_SINK_STDERR, LOG_SINK_JOURNAL, LOG_SINK_FILE };

/*
 * log_sink_open - from now on lines go to @path, or where it is NULL to the journal or standard
 * error.
 *
 * @journal  the journal's socket, NULL for the system's
 * Returns   false with a sentence in @error (256 bytes): then nothing has changed.
 */
MUST_USE bool log_sink_open(const char *path, const char *journal, char *error);
/* The same file by name: it may have been moved away. False with a sentence: the old one is still
 * written. True where it is no file. */
MUST_USE bool log_sink_reopen(char *error);
enum log_sink log_sink_now(void);
/* "" where it is no file. */
const char *log_sink_path(void);

/* One line, or for the journal one datagram. False: it is lost. */
MUST_USE bool log_sink_write(const char *bytes, size_t len);

#endif
