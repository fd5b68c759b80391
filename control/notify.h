/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * notify.h - what the service manager is told, sd_notify(3) and sd_watchdog_enabled(3) by hand: one
 * datagram of lines to NOTIFY_SOCKET. Without a service manager every call does nothing.
 *
 * Runs on  control. Nothing waits: a datagram that finds no room is lost.
 */
#ifndef CONTROL_NOTIFY_H
#define CONTROL_NOTIFY_H

#include "dataplane/base/base.h"

/* Reads the environment and takes its variables out of it. Before rights are dropped. */
void notify_open(void);
void notify_close(void);
/* A sign of life is wanted within this time, 0: none is. */
uint64_t notify_watchdog_us(void);

void notify_ready(void);
/* A reload begins; notify_ready() when it is over, however it ended. */
void notify_reloading(void);
void notify_stopping(void);
/* One line of text for people: systemctl status. */
void notify_status(const char *text);
/* The sign of life. */
void notify_alive(void);

#endif
