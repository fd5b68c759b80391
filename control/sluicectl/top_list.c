/* SPDX-License-Identifier: BSD-3-Clause */
/* top_list.c - rows by key, looked at again and again. */
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/operator/exit_code.h"
#include "control/sluicectl/top_list.h"

enum { PAGES_A_LOOK = 10, ROWS_MAX = 200 * 1000 };

static int compare_keys(const void *a, const void *b)
{
	return strcmp(((const struct top_row *)a)->key, ((const struct top_row *)b)->key);
}

static void forget(struct top_row *r)
{
	free(r->key);
	free(r->name);
	free(r);
}

static bool make_room(struct top_list *l)
{
	const size_t room = l->room > 0 ? 2 * l->room : 256;
	struct top_row **rows;

	if (l->count < l->room)
		return true;
	rows = l->count < ROWS_MAX ? realloc(l->rows, room * sizeof(struct top_row *)) : NULL;
	if (rows == NULL)
		return false;
	l->rows = rows;
	l->room = room;
	return true;
}

/* The row of @key, a new one when there was none. NULL without memory. */
static struct top_row *row_of(struct top_list *l, const char *key)
{
	struct top_row *fresh = calloc(1, sizeof(*fresh)), **found;

	if (fresh == NULL || (fresh->key = strdup(key)) == NULL || !make_room(l)) {
		if (fresh != NULL)
			forget(fresh);
		return NULL;
	}
	found = (struct top_row **)tsearch(fresh, &l->tree, compare_keys);
	if (found == NULL || *found != fresh)
		forget(fresh);
	else
		l->rows[l->count++] = fresh;
	return found != NULL ? *found : NULL;
}

static const char *text_of(const json_t *row, const char *key)
{
	const char *text = json_string_value(json_object_get(row, key));

	return text != NULL ? text : "";
}

static uint64_t number_of(const json_t *row, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(row, key));
}

static void describe(const struct top_list *l, struct top_row *r, const json_t *row)
{
	const char *name = text_of(row, l->has_streams ? "remote" : "domain");

	if (r->name == NULL || strcmp(r->name, name) != 0) {
		free(r->name);
		r->name = strdup(name);
	}
	if (l->has_streams)
		(void)snprintf(r->kind, sizeof(r->kind), "%s %.8s",
			       strcmp(text_of(row, "leg"), "edge") == 0 ? "edge" : "int",
			       text_of(row, "direction"));
	else
		(void)snprintf(r->kind, sizeof(r->kind), "%u/%u",
			       (unsigned int)number_of(row, "streams_in"),
			       (unsigned int)number_of(row, "streams_out"));
	r->queued_bytes = number_of(row, "queued_bytes");
	r->idle_s = number_of(row, "idle_s");
}

static void count(struct top_row *r, const json_t *row, uint64_t now_us)
{
	static const char *const names[TOP_RATES] = {"stanzas_in", "stanzas_out", "bytes_in",
						     "bytes_out"};
	const double s = (double)(now_us - r->at_us) / 1e6;

	for (int i = 0; i < TOP_RATES; i++) {
		const uint64_t total = number_of(row, names[i]);

		/* A relay that has been started again counts from 0. */
		r->rate[i] = r->at_us != 0 && s > 0 && total >= r->total[i]
				 ? (double)(total - r->total[i]) / s
				 : 0;
		r->total[i] = total;
	}
	r->at_us = now_us;
}

static void take(struct top_list *l, const json_t *page, uint64_t now_us)
{
	const json_t *rows =
	    json_object_get(json_object_get(page, "data"), l->has_streams ? "streams" : "partners");
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		const char *key = text_of(row, l->has_streams ? "id" : "domain");
		struct top_row *r = key[0] != '\0' ? row_of(l, key) : NULL;

		if (r == NULL)
			continue;
		describe(l, r, row);
		count(r, row, now_us);
		r->round = l->round;
	}
}

/* All have come round: who was not seen is gone. */
static void end_round(struct top_list *l)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->count; i++) {
		struct top_row *r = l->rows[i];

		if (r->round == l->round) {
			l->rows[kept++] = r;
			continue;
		}
		(void)tdelete(r, &l->tree, compare_keys);
		forget(r);
	}
	l->count = kept;
	l->round++;
}

bool sluicectl_top_list_look(struct top_list *l, struct sluicectl_client *c, uint64_t now_us,
			     int *code, char *error)
{
	const char *command = l->has_streams ? "show streams" : "show partners";

	for (unsigned int i = 0; i < PAGES_A_LOOK; i++) {
		json_t *page =
		    sluicectl_client_page(c, command, NULL, &l->cursor, NULL, code, error);

		if (page == NULL)
			return false;
		take(l, page, now_us);
		json_decref(page);
		if (l->cursor != 0)
			continue;
		end_round(l);
		break;
	}
	return true;
}

static int compare(const void *a, const void *b, void *by)
{
	const struct top_row *x = *(const struct top_row *const *)a;
	const struct top_row *y = *(const struct top_row *const *)b;
	const enum top_sort sort = *(const enum top_sort *)by;
	const int first = sort == TOP_BY_BYTES ? TOP_BYTES_IN : TOP_STANZAS_IN;
	const double more =
	    y->rate[first] + y->rate[first + 1] - x->rate[first] - x->rate[first + 1];

	if (sort != TOP_BY_NAME && (more > 0 || more < 0))
		return more > 0 ? 1 : -1;
	if (x->name != NULL && y->name != NULL && strcmp(x->name, y->name) != 0)
		return strcmp(x->name, y->name);
	return strcmp(x->key, y->key);
}

void sluicectl_top_list_sort(struct top_list *l, enum top_sort by)
{
	if (l->count > 1)
		qsort_r(l->rows, l->count, sizeof(struct top_row *), compare, &by);
}

void sluicectl_top_list_clear(struct top_list *l)
{
	for (size_t i = 0; i < l->count; i++) {
		(void)tdelete(l->rows[i], &l->tree, compare_keys);
		forget(l->rows[i]);
	}
	free(l->rows);
	*l = (struct top_list){.has_streams = l->has_streams};
}
