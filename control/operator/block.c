/* SPDX-License-Identifier: BSD-3-Clause */
/* block.c - "partner block", "partner unblock", "show blocked". */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "control/blocks.h"
#include "control/domains.h"
#include "control/operator/touched.h"

/* A domain or a prefix, into @b. False, and the answer says so. */
static bool read_target(const struct request *r, struct answer *a, struct block *b)
{
	const char *target = answer_text(r, "target");

	if (blocks_read_prefix(target, &b->prefix))
		return true;
	if (strchr(target, '/') == NULL && domains_fold(target, b->domain))
		return true;
	answer_refuse(a, EXIT_USAGE,
		      "\"%.64s\" is neither a domain nor an address range: expected for example "
		      "example.org, 192.0.2.7 or 192.0.2.0/24, at most a /8, or a /16 of IPv6",
		      target);
	return false;
}

static const char *target_text(const struct block *b, char *out)
{
	return b->domain[0] != '\0' ? b->domain : blocks_prefix_text(&b->prefix, out);
}

static uint64_t now_us(const struct request *r)
{
	return loop_now_us(daemon_loop(r->daemon));
}

void block_add(const struct request *r, struct answer *a)
{
	const char *reason = answer_text(r, "reason");
	const uint64_t for_s = answer_number(r, "for", 0);
	struct blocks *t = daemon_blocks(r->daemon);
	struct block b = {.uid = r->uid, .since_unix_s = (uint64_t)time(NULL)}, *made;
	struct sessions_filter which = {.trace_id = NULL};
	char text[ADDR_TEXT_MAX + 4];
	struct sessions_closed closed;

	b.until_us = for_s > 0 ? now_us(r) + for_s * 1000000 : UINT64_MAX;
	if (!read_target(r, a, &b))
		return;
	if (reason != NULL && strlen(reason) > BLOCKS_REASON_MAX) {
		answer_refuse(a, EXIT_USAGE, "the reason has %zu bytes: expected %d at most",
			      strlen(reason), BLOCKS_REASON_MAX);
		return;
	}
	blocks_forget_old(t, now_us(r));
	made = blocks_add(t, &b, reason != NULL ? reason : "");
	if (made == NULL) {
		answer_refuse(a, EXIT_FAILED,
			      "%d are blocked already: partner unblock some, show blocked lists "
			      "them; what is many belongs into a firewall",
			      BLOCKS_MAX);
		return;
	}
	if (b.domain[0] != '\0')
		which.domain = b.domain;
	else
		which.prefix = &b.prefix;
	sessions_close_chosen(daemon_sessions(r->daemon), &which, DROP_STREAM_BLOCKED, made->words,
			      &closed);
	a->data = json_pack("{s:s}", "blocked", target_text(&b, text));
	touched_streams(a->data, &closed);
}

void block_remove(const struct request *r, struct answer *a)
{
	struct blocks *t = daemon_blocks(r->daemon);
	char text[ADDR_TEXT_MAX + 4];
	struct block b = {.domain = ""};

	if (!read_target(r, a, &b))
		return;
	blocks_forget_old(t, now_us(r));
	if (!blocks_remove(t, b.domain, &b.prefix)) {
		answer_refuse(a, EXIT_NOT_FOUND,
			      "%.200s is not blocked: show blocked lists what is",
			      target_text(&b, text));
		return;
	}
	a->data = json_pack("{s:s}", "unblocked", target_text(&b, text));
}

static json_t *row_of(const struct request *r, const struct block *b)
{
	char text[ADDR_TEXT_MAX + 4];
	json_t *row = json_pack("{s:s, s:I, s:I, s:I}", "target", target_text(b, text), "refused",
				(json_int_t)b->refused, "since_unix_s", (json_int_t)b->since_unix_s,
				"uid", (json_int_t)b->uid);

	json_object_set_new(row, "left_s",
			    b->until_us == UINT64_MAX
				? json_null()
				: json_integer((json_int_t)((b->until_us - now_us(r)) / 1000000)));
	json_object_set_new(row, "text", answer_string(b->words));
	return row;
}

void block_show(const struct request *r, struct answer *a)
{
	struct blocks *t = daemon_blocks(r->daemon);
	json_t *rows = json_array();

	blocks_forget_old(t, now_us(r));
	for (size_t i = 0; i < t->count; i++)
		json_array_append_new(rows, row_of(r, &t->list[i]));
	a->data = json_pack("{s:o}", "blocked", rows);
}
