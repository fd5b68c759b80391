/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * watch.c - "watch stream|partner|all": elements as lines, both ways, as they pass.
 *
 * What people write is shown by its length. To see it takes an admin who asks for it, and every
 * watch is in the log, whoever reads.
 */
#include <stdlib.h>
#include <string.h>

#include "control/log.h"
#include "control/mask.h"
#include "control/memory.h"
#include "control/operator/answer.h"
#include "control/taps.h"

enum { WATCHES_MAX = 8 };

static unsigned int watches;
static uint64_t begun; /* ever: no two lines of the log about one are alike, and none withheld */

struct watch {
	struct job job;
	struct taps_reader reader;
	struct loop_timer soon; /* what cannot be said or ended within a call of the reader's */
	struct daemon *daemon;
	enum mask_how how;
	uid_t uid;
	uint64_t number, lines;
	unsigned int streams; /* when it began */
	bool has_begun, is_over;
	char name[DOMAIN_TEXT_MAX + 1];
};

static const char *what_of(const struct watch *w)
{
	return w->reader.of == TAPS_ALL      ? "all"
	       : w->reader.of == TAPS_STREAM ? "stream"
					     : "partner";
}

static void forget(struct watch *w)
{
	char quoted[DOMAIN_TEXT_MAX + 8];

	log_event(LOG_LEVEL_NOTICE, "watch_ended", "watch=%llu uid=%u of=%s name=%s lines=%llu",
		  (unsigned long long)w->number, (unsigned int)w->uid, what_of(w),
		  log_quote(w->name, quoted, sizeof(quoted)), (unsigned long long)w->lines);
	taps_remove(sessions_taps(daemon_sessions(w->daemon)), &w->reader);
	loop_cancel(daemon_loop(w->daemon), &w->soon);
	watches--;
	free(w);
}

static void watch_gone(struct job *j)
{
	forget(CONTAINER_OF(j, struct watch, job));
}

static void soon_due(struct loop_timer *t)
{
	struct watch *w = CONTAINER_OF(t, struct watch, soon);

	if (!w->has_begun) {
		w->has_begun = true;
		(void)job_say(&w->job, json_pack("{s:s, s:s, s:I}", "watching", what_of(w), "name",
						 w->name, "streams", (json_int_t)w->streams));
	}
	if (!w->is_over)
		return;
	job_end(&w->job, EXIT_OK, "", json_pack("{s:I}", "lines", (json_int_t)w->lines));
	forget(w);
}

static json_t *line_of(const struct taps_item *item)
{
	return json_pack("{s:I, s:s, s:s}", "at_unix_us", (json_int_t)item->at_unix_us, "stream",
			 item->stream, "leg", item->leg == IFACE_EDGE ? "edge" : "internal");
}

/* Takes @line. */
static void say(struct watch *w, json_t *line)
{
	w->lines++;
	(void)job_say(&w->job, line); /* what is lost here the socket itself tells */
}

static void say_element(struct watch *w, const struct taps_item *item, struct span bytes,
			uint64_t total)
{
	json_t *line = line_of(item);
	char text[MASK_LINE_MAX];

	json_object_set_new(line, "direction", json_string(item->is_out ? "out" : "in"));
	json_object_set_new(line, "bytes", json_integer((json_int_t)total));
	json_object_set_new(line, "element",
			    answer_string(mask_line(bytes, total, w->how, text, sizeof(text))));
	say(w, line);
}

static bool is_blank(struct span s)
{
	while (s.len > 0 && s.at[s.len - 1] <= ' ')
		s.len--;
	return s.len == 0;
}

static void take(struct taps_reader *r, const struct taps_item *item)
{
	struct watch *w = CONTAINER_OF(r, struct watch, reader);
	struct span rest = item->bytes;

	if (item->note != NULL) {
		json_t *line = line_of(item);

		json_object_set_new(line, "note", answer_string(item->note));
		say(w, line);
	}
	if (item->is_end && r->of == TAPS_STREAM) {
		w->is_over = true;
		loop_at(daemon_loop(w->daemon), &w->soon, 0);
	}
	while (!is_blank(rest)) {
		const size_t n = mask_first(rest);
		const bool is_last = n == rest.len;

		say_element(w, item, (struct span){rest.at, n},
			    n + (is_last ? item->total - item->bytes.len : 0));
		rest = (struct span){rest.at + n, rest.len - n};
	}
}

static void lost(struct taps_reader *r, uint64_t count)
{
	struct watch *w = CONTAINER_OF(r, struct watch, reader);

	(void)job_say(&w->job, json_pack("{s:I}", "stanzas_lost", (json_int_t)count));
}

/* Who wants to see what; or the answer says why not. */
static bool may_watch(const struct request *r, struct answer *a)
{
	if (answer_flag(r, "bodies") && r->level < LEVEL_ADMIN)
		answer_refuse(a, EXIT_NOT_PERMITTED,
			      "not permitted: --bodies takes admin rights; without it what people "
			      "write is shown by its length");
	else if (answer_flag(r, "bodies") && answer_flag(r, "headers_only"))
		answer_refuse(a, EXIT_USAGE, "--headers-only has no bodies: leave out one of them");
	else if (watches == WATCHES_MAX)
		answer_refuse(a, EXIT_FAILED,
			      "%d watches are under way already: end one of them and try again",
			      WATCHES_MAX);
	return a->code == EXIT_OK;
}

static void begin(const struct request *r, struct answer *a, enum taps_of of, const char *name)
{
	struct taps *taps = sessions_taps(daemon_sessions(r->daemon));
	char quoted[DOMAIN_TEXT_MAX + 8];
	struct watch *w;

	if (!may_watch(r, a))
		return;
	w = memory_get(sizeof(*w));
	*w = (struct watch){
	    .job = {.gone = watch_gone},
	    .reader = {.bits = TAP_STANZAS, .of = of, .name = w->name, .take = take, .lost = lost},
	    .soon = {.due = soon_due},
	    .daemon = r->daemon,
	    .how = answer_flag(r, "headers_only") ? MASK_HEAD
		   : answer_flag(r, "bodies")     ? MASK_SECRETS
						  : MASK_BODIES,
	    .uid = r->uid};
	(void)snprintf(w->name, sizeof(w->name), "%s", name);
	if (!taps_add(taps, &w->reader, &w->streams)) {
		answer_refuse(a, EXIT_FAILED, "too much is watched already: try again later");
		free(w);
		return;
	}
	watches++;
	w->number = ++begun;
	log_event(LOG_LEVEL_NOTICE, "watch",
		  "watch=%llu uid=%u pid=%d level=%s of=%s name=%s bodies=%s",
		  (unsigned long long)w->number, (unsigned int)r->uid, (int)r->pid,
		  grammar_level_name(r->level), what_of(w), log_quote(name, quoted, sizeof(quoted)),
		  answer_flag(r, "bodies") ? "yes" : "no");
	if (of == TAPS_STREAM && w->streams == 0) {
		answer_refuse(a, EXIT_NOT_FOUND, "no stream %.40s: show streams lists them", name);
		forget(w);
		return;
	}
	loop_at(daemon_loop(r->daemon), &w->soon, 0);
	a->job = &w->job;
}

void watch_stream(const struct request *r, struct answer *a)
{
	begin(r, a, TAPS_STREAM, answer_text(r, "text"));
}

void watch_partner(const struct request *r, struct answer *a)
{
	const struct partner *p = answer_partner(r, answer_text(r, "domain"), a);

	if (p != NULL)
		begin(r, a, TAPS_PARTNER, p->domain);
}

void watch_all(const struct request *r, struct answer *a)
{
	begin(r, a, TAPS_ALL, "");
}
