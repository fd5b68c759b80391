/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * link_condition.h - the stanza error that a failure of links.c becomes.
 *
 * Runs on  control. Pure.
 */
#ifndef CONTROL_LINK_CONDITION_H
#define CONTROL_LINK_CONDITION_H

#include "dataplane/base/drop.h"
#include "dataplane/xmpp/stanza.h"

enum stanza_condition link_condition(enum drop why);

#endif
