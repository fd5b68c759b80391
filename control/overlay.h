/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * overlay.h - changes that operators have made to the running configuration and that no file has:
 * a list, applied in its order on top of the file each time a configuration is made of it.
 *
 * A change knows what the file said about the same thing when it was made. A reload keeps it unless
 * the file says something else by then; then the file is right and the change is dropped. Limits
 * last until the next reload.
 *
 * Runs on  control. Pure: time is passed in, monotonic microseconds.
 * Owns     its texts.
 */
#ifndef CONTROL_OVERLAY_H
#define CONTROL_OVERLAY_H

#include <sys/types.h>

#include "dataplane/base/base.h"
#include "dataplane/base/bounds.h"

enum { OVERLAY_MAX = 1024 };

enum overlay_kind {
	OVERLAY_ADD,    /* a partner record */
	OVERLAY_DELETE, /* one that is there */
	OVERLAY_SET,    /* one attribute of one, or its AdditionalDomain elements */
	OVERLAY_LIMIT,  /* one attribute of GatewayConfiguration */
};

enum overlay_fate {
	OVERLAY_KEPT,
	OVERLAY_IN_FILE,      /* the file says the same: not needed */
	OVERLAY_CONTRADICTED, /* the file has been changed in this very point */
	OVERLAY_LIMIT_OVER,
	OVERLAY_ORPHAN, /* of a record that is not there any more */
};

struct overlay_change {
	enum overlay_kind kind;
	enum overlay_fate fate; /* of the last time it was applied */
	char *domain;           /* folded; "" of a limit */
	char *key, *value;      /* "" of ADD and DELETE */
	char *file_said;        /* config_overlay.c's; NULL: not known yet */
	uint64_t until_us;      /* UINT64_MAX: for good */
	uint64_t at_unix_s;
	uint64_t command; /* those of one have the same */
	uid_t uid;
};

struct overlay {
	struct overlay_change *list;
	size_t count, room;
	uint64_t commands;
};

/* Never NULL. */
MUST_USE struct overlay *overlay_make(void);
MUST_USE struct overlay *overlay_copy(const struct overlay *o);
void overlay_free(struct overlay *o);

/* A number for the changes of one command. */
uint64_t overlay_begin(struct overlay *o);
/*
 * Takes @c's meaning, copies its texts. Changes of the same thing that would be over no later go.
 * False when OVERLAY_MAX are there.
 */
MUST_USE bool overlay_add(struct overlay *o, const struct overlay_change *c);
/* All that is about this partner; how many. */
size_t overlay_forget_partner(struct overlay *o, const char *domain);
/* Those of one command; how many. */
size_t overlay_forget_command(struct overlay *o, uint64_t command);
size_t overlay_forget_all(struct overlay *o);
/* All but those KEPT; how many. */
size_t overlay_sweep(struct overlay *o);
/* Those that are over; how many. */
size_t overlay_forget_old(struct overlay *o, uint64_t now_us);
/* When the next is over; UINT64_MAX: none. */
uint64_t overlay_due_us(const struct overlay *o);
/* Does a change add this record? */
bool overlay_has_added(const struct overlay *o, const char *domain);

/* "partner set a.example TlsNegotiation Required": as it would be said; returns @out. */
const char *overlay_words(const struct overlay_change *c, char *out, size_t room);
const char *overlay_fate_text(enum overlay_fate fate);

#endif
