/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * text.h - how wide UTF-8 is on a screen.
 *
 * Runs on  sluicectl. Pure, but for the locale's idea of which characters are wide.
 */
#ifndef CONTROL_SLUICECTL_TEXT_H
#define CONTROL_SLUICECTL_TEXT_H

#include "dataplane/base/base.h"

/* Columns that @text takes. */
size_t sluicectl_text_width(const char *text);
/* Bytes of its longest beginning that takes no more than @columns. */
size_t sluicectl_text_fit(const char *text, size_t columns);

#endif
