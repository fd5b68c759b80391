/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * config_edit.h - run-time changes in documents: in the one a configuration is made of, and in the
 * file they are saved in.
 *
 * Runs on  control. Private to config*.c and their tests.
 */
#ifndef CONTROL_CONFIG_EDIT_H
#define CONTROL_CONFIG_EDIT_H

#include "control/config_parts.h"
#include "control/overlay.h"

/*
 * config_overlay_apply - makes @o's changes in @d, in their order, and writes the fate of each.
 *
 * @is_reload  the file was read anew: what it contradicts is not applied
 */
void config_overlay_apply(struct config_doc *d, struct overlay *o, bool is_reload);

/* One change in an <AllowedPartners>; not KEPT: nothing was done. */
enum overlay_fate config_edit_partners(xmlNode *partners, const struct overlay_change *c);
void config_edit_limits(xmlNode *limits, const struct overlay_change *c);

#endif
