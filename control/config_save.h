/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * config_save.h - run-time changes written into the included file that holds the records, the rest
 * of which stays as it is, comments too.
 *
 * Runs on  control. Reads and writes files: a few milliseconds.
 */
#ifndef CONTROL_CONFIG_SAVE_H
#define CONTROL_CONFIG_SAVE_H

#include "control/config.h"
#include "control/overlay.h"

struct config_save {
	char path[4096]; /* PATH_MAX */ /* of the file */
	char *bytes;                    /* what it is to be */
	size_t len;
	struct config_source *source; /* of the configuration with that file */
};

/*
 * config_save_prepare - makes the text; nothing is written yet.
 *
 * @command  the changes of this number are made (overlay.h)
 * Returns   false with a sentence in @error (256 bytes): no file of their own, changed meanwhile
 */
MUST_USE bool config_save_prepare(struct config_save *s, const struct config *now,
				  const struct overlay *o, uint64_t command, char *error);
/* Whole or not at all: a new file, synced, takes the place of the old. */
MUST_USE bool config_save_write(const struct config_save *s, char *error);
void config_save_close(struct config_save *s);

#endif
