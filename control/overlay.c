/* SPDX-License-Identifier: BSD-3-Clause */
/* overlay.c - the list of run-time changes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/memory.h"
#include "control/overlay.h"

struct overlay *overlay_make(void)
{
	return memory_get(sizeof(struct overlay));
}

static struct overlay_change copy_of(const struct overlay_change *c)
{
	struct overlay_change copy = *c;

	copy.domain = memory_text(c->domain);
	copy.key = memory_text(c->key);
	copy.value = memory_text(c->value);
	copy.file_said = c->file_said != NULL ? memory_text(c->file_said) : NULL;
	return copy;
}

static void append(struct overlay *o, const struct overlay_change *c)
{
	if (o->count == o->room) {
		o->room = o->room > 0 ? 2 * o->room : 8;
		o->list = memory_grow(o->list, o->room * sizeof(*o->list));
	}
	o->list[o->count++] = copy_of(c);
}

struct overlay *overlay_copy(const struct overlay *o)
{
	struct overlay *copy = overlay_make();

	for (size_t i = 0; i < o->count; i++)
		append(copy, &o->list[i]);
	copy->commands = o->commands;
	return copy;
}

static void free_change(struct overlay_change *c)
{
	free(c->domain);
	free(c->key);
	free(c->value);
	free(c->file_said);
}

void overlay_free(struct overlay *o)
{
	if (o == NULL)
		return;
	for (size_t i = 0; i < o->count; i++)
		free_change(&o->list[i]);
	free(o->list);
	free(o);
}

uint64_t overlay_begin(struct overlay *o)
{
	return ++o->commands;
}

/* Removes those that @is_gone says, keeps the order of the others. */
static size_t remove_where(struct overlay *o,
			   bool (*is_gone)(const struct overlay_change *c, const void *than),
			   const void *than)
{
	size_t kept = 0, before = o->count;

	for (size_t i = 0; i < before; i++) {
		if (is_gone(&o->list[i], than))
			free_change(&o->list[i]);
		else
			o->list[kept++] = o->list[i];
	}
	o->count = kept;
	return before - kept;
}

static bool is_replaced(const struct overlay_change *c, const void *than)
{
	const struct overlay_change *by = than;

	return c->kind == by->kind && c->until_us <= by->until_us &&
	       strcmp(c->domain, by->domain) == 0 && strcmp(c->key, by->key) == 0;
}

bool overlay_add(struct overlay *o, const struct overlay_change *c)
{
	(void)remove_where(o, is_replaced, c);
	if (o->count == OVERLAY_MAX)
		return false;
	append(o, c);
	return true;
}

static bool is_about(const struct overlay_change *c, const void *domain)
{
	return c->kind != OVERLAY_LIMIT && strcmp(c->domain, domain) == 0;
}

size_t overlay_forget_partner(struct overlay *o, const char *domain)
{
	return remove_where(o, is_about, domain);
}

static bool is_of(const struct overlay_change *c, const void *command)
{
	return c->command == *(const uint64_t *)command;
}

size_t overlay_forget_command(struct overlay *o, uint64_t command)
{
	return remove_where(o, is_of, &command);
}

static bool is_any(const struct overlay_change *c, const void *unused)
{
	(void)c;
	(void)unused;
	return true;
}

size_t overlay_forget_all(struct overlay *o)
{
	return remove_where(o, is_any, NULL);
}

static bool is_not_kept(const struct overlay_change *c, const void *unused)
{
	(void)unused;
	return c->fate != OVERLAY_KEPT;
}

size_t overlay_sweep(struct overlay *o)
{
	return remove_where(o, is_not_kept, NULL);
}

static bool is_over(const struct overlay_change *c, const void *now_us)
{
	return c->until_us <= *(const uint64_t *)now_us;
}

size_t overlay_forget_old(struct overlay *o, uint64_t now_us)
{
	return remove_where(o, is_over, &now_us);
}

uint64_t overlay_due_us(const struct overlay *o)
{
	uint64_t due_us = UINT64_MAX;

	for (size_t i = 0; i < o->count; i++)
		if (o->list[i].until_us < due_us)
			due_us = o->list[i].until_us;
	return due_us;
}

bool overlay_has_added(const struct overlay *o, const char *domain)
{
	for (size_t i = 0; i < o->count; i++)
		if (o->list[i].kind == OVERLAY_ADD && strcmp(o->list[i].domain, domain) == 0)
			return true;
	return false;
}

const char *overlay_words(const struct overlay_change *c, char *out, size_t room)
{
	switch (c->kind) {
	case OVERLAY_ADD:
		(void)snprintf(out, room, "partner add %s", c->domain);
		break;
	case OVERLAY_DELETE:
		(void)snprintf(out, room, "partner del %s", c->domain);
		break;
	case OVERLAY_SET:
		if (strcmp(c->key, "Enabled") == 0)
			(void)snprintf(out, room, "partner %s %s",
				       c->value[0] == 't' || c->value[0] == 'T' ? "enable"
										: "disable",
				       c->domain);
		else
			(void)snprintf(out, room, "partner set %s %s \"%s\"", c->domain, c->key,
				       c->value);
		break;
	case OVERLAY_LIMIT:
		(void)snprintf(out, room, "set limit %s %s", c->key, c->value);
		break;
	}
	return out;
}

const char *overlay_fate_text(enum overlay_fate fate)
{
	static const char *const texts[] = {
	    [OVERLAY_KEPT] = "kept",
	    [OVERLAY_IN_FILE] = "dropped: the file says the same",
	    [OVERLAY_CONTRADICTED] = "dropped: the file was changed here since",
	    [OVERLAY_LIMIT_OVER] = "dropped: limits last until a reload",
	    [OVERLAY_ORPHAN] = "dropped: the record is gone",
	};

	return (size_t)fate < ARRAY_LEN(texts) ? texts[fate] : "?";
}
