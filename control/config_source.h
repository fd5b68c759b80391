/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * config_source.h - the texts a configuration was made of, the main file's first: so that it can be
 * made again, with other run-time changes, whatever has become of the files meanwhile.
 *
 * Runs on  control.
 * Owns     copies of the texts, by counted references; wiped at the end, for they hold secrets.
 */
#ifndef CONTROL_CONFIG_SOURCE_H
#define CONTROL_CONFIG_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

struct config_text {
	char *path, *bytes;
	size_t len;
};

struct config_source {
	unsigned int holders;
	struct config_text *texts;
	size_t count;
};

/* Never NULL; held once. */
struct config_source *config_source_make(void);
struct config_source *config_source_hold(struct config_source *s);
void config_source_drop(struct config_source *s);
/* One that is there already is not put twice. */
void config_source_put(struct config_source *s, const char *path, const char *bytes, size_t len);
const struct config_text *config_source_find(const struct config_source *s, const char *path);
/* The same with @path's text another. Never NULL. */
struct config_source *config_source_with(const struct config_source *s, const char *path,
					 const char *bytes, size_t len);

#endif
