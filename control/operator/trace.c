/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trace.c - "trace stream|partner": the frames of connections as they are on the wire, into a file
 * of pcap-ng.
 *
 * The file is made by the relay, in one folder, never over another, readable by its owner alone and
 * bounded. What is in it is encrypted as it was: TLS keys are not written.
 */
#define ALLOW_EXPERIMENTAL_API /* rte_pcapng.h, as of 22.11 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_mbuf.h>
#include <rte_pcapng.h>

#include "control/log.h"
#include "control/memory.h"
#include "control/operator/answer.h"
#include "control/taps.h"

enum {
	TRACES_MAX = 2,
	NAME_MAX_BYTES = 64,
	SECONDS_MAX = 3600,
	FILE_BYTES_MAX = 100 * 1000 * 1000, /* a bit more: the frame that reaches it is whole */
};

static unsigned int traces;

struct trace {
	struct job job;
	struct taps_reader reader;
	struct loop_timer timer;
	struct daemon *daemon;
	rte_pcapng_t *file;
	uint64_t until_us, frames, bytes, lost;
	unsigned int streams; /* when it began */
	bool has_begun, is_full, has_failed;
	char name[DOMAIN_TEXT_MAX + 1], path[512];
};

static void forget(struct trace *t)
{
	char quoted[DOMAIN_TEXT_MAX + 8];

	log_event(LOG_LEVEL_NOTICE, "trace_ended", "of=%s file=%s frames=%llu",
		  log_quote(t->name, quoted, sizeof(quoted)), t->path,
		  (unsigned long long)t->frames);
	taps_remove(sessions_taps(daemon_sessions(t->daemon)), &t->reader);
	loop_cancel(daemon_loop(t->daemon), &t->timer);
	rte_pcapng_close(t->file);
	traces--;
	free(t);
}

static void trace_gone(struct job *j)
{
	forget(CONTAINER_OF(j, struct trace, job));
}

static void end(struct trace *t)
{
	json_t *data = json_pack("{s:s, s:I, s:I, s:I, s:b}", "file", t->path, "frames",
				 (json_int_t)t->frames, "bytes", (json_int_t)t->bytes,
				 "frames_lost", (json_int_t)t->lost, "full", t->is_full);

	if (t->has_failed)
		job_end(&t->job, EXIT_FAILED, "the file cannot be written: is there room for it?",
			data);
	else
		job_end(&t->job, EXIT_OK, "", data);
	forget(t);
}

static void timer_due(struct loop_timer *timer)
{
	struct trace *t = CONTAINER_OF(timer, struct trace, timer);

	if (!t->has_begun)
		(void)job_say(&t->job, json_pack("{s:s, s:I, s:s}", "tracing", t->name, "streams",
						 (json_int_t)t->streams, "file", t->path));
	t->has_begun = true;
	if (t->is_full || t->has_failed || loop_now_us(daemon_loop(t->daemon)) >= t->until_us)
		end(t);
	else
		loop_at(daemon_loop(t->daemon), timer, t->until_us);
}

/*
 * The block's time, in nanoseconds as its interface's block says: what rte_pcapng_copy() of 22.11
 * makes of the counter of cycles is centuries off.
 */
static void stamp(struct rte_mbuf *frame, uint64_t unix_us)
{
	enum { TIME_AT = 12 }; /* of an enhanced packet block: type, length, interface before it */
	const uint64_t ns = unix_us * 1000;
	const uint32_t halves[2] = {(uint32_t)(ns >> 32), (uint32_t)ns};

	memcpy(rte_pktmbuf_mtod_offset(frame, uint8_t *, TIME_AT), halves, sizeof(halves));
}

static void take(struct taps_reader *r, const struct taps_item *item)
{
	struct trace *t = CONTAINER_OF(r, struct trace, reader);
	struct rte_mbuf *frame = item->frame;
	ssize_t n;

	if (frame == NULL || t->is_full || t->has_failed)
		return;
	stamp(frame, item->at_unix_us);
	n = rte_pcapng_write_packets(t->file, &frame, 1);
	t->has_failed = n < 0;
	t->bytes += n > 0 ? (uint64_t)n : 0;
	t->frames += n > 0;
	t->is_full = t->bytes >= FILE_BYTES_MAX;
	if (t->is_full || t->has_failed)
		loop_at(daemon_loop(t->daemon), &t->timer, 0);
}

static void lost(struct taps_reader *r, uint64_t count)
{
	CONTAINER_OF(r, struct trace, reader)->lost += count;
}

/* --- the file --- */

/* A name that is nothing but a name. */
static bool is_name(const char *text)
{
	static const char good[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	const size_t len = strlen(text);

	return len > 0 && len <= NAME_MAX_BYTES && text[0] != '.' && strspn(text, good) == len;
}

/* Made for nobody but its owner, and new. -1, and the answer says why. */
static int make_file(const char *folder, const char *name, struct answer *a)
{
	const int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd = -1;

	if (dir < 0) {
		answer_refuse(
		    a, EXIT_FAILED,
		    "traces go into %.100s: %s; make that folder, writable for the relay, "
		    "or name another by <operator trace-folder>",
		    folder, strerror(errno));
		return -1;
	}
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		answer_refuse(a, EXIT_FAILED, "%.100s/%s: %s%s", folder, name, strerror(errno),
			      errno == EEXIST ? "; choose another name" : "");
	close(dir);
	return fd;
}

/* NULL, and the answer says why. */
static rte_pcapng_t *open_file(const struct request *r, struct trace *t, struct answer *a)
{
	const char *folder = daemon_config(r->daemon)->trace_folder;
	const char *name = answer_text(r, "out");
	rte_pcapng_t *file;
	int fd;

	if (!is_name(name)) {
		answer_refuse(
		    a, EXIT_USAGE,
		    "--out is a name of letters, digits, '.', '_' and '-', %d at most: the "
		    "file is made in %.100s",
		    NAME_MAX_BYTES, folder);
		return NULL;
	}
	fd = make_file(folder, name, a);
	if (fd < 0)
		return NULL;
	(void)snprintf(t->path, sizeof(t->path), "%s/%s", folder, name);
	file = rte_pcapng_fdopen(fd, NULL, NULL, "sluice " SLUICE_VERSION, NULL);
	if (file != NULL)
		return file;
	answer_refuse(a, EXIT_FAILED, "%.200s cannot be written: is there room for it?", t->path);
	close(fd);
	return NULL;
}

static bool may_trace(const struct request *r, struct answer *a)
{
	if (answer_number(r, "seconds", 0) > SECONDS_MAX)
		answer_refuse(a, EXIT_USAGE, "--seconds: expected %d at most", SECONDS_MAX);
	else if (traces == TRACES_MAX)
		answer_refuse(a, EXIT_FAILED,
			      "%d traces are under way already: wait until one has ended",
			      TRACES_MAX);
	return a->code == EXIT_OK;
}

/* It has its file. False, and the answer says why: then nothing is left of it. */
static bool start(const struct request *r, struct trace *t, struct answer *a)
{
	struct taps *taps = sessions_taps(daemon_sessions(r->daemon));

	if (!taps_add(taps, &t->reader, &t->streams)) {
		answer_refuse(a, EXIT_FAILED, "too much is watched already: try again later");
		return false;
	}
	if (t->reader.of != TAPS_STREAM || t->streams > 0)
		return true;
	taps_remove(taps, &t->reader);
	answer_refuse(a, EXIT_NOT_FOUND, "no stream %.40s: show streams lists them", t->name);
	return false;
}

static void begin(const struct request *r, struct answer *a, enum taps_of of, const char *name)
{
	struct loop *loop = daemon_loop(r->daemon);
	char quoted[DOMAIN_TEXT_MAX + 8];
	struct trace *t;

	if (!may_trace(r, a))
		return;
	t = memory_get(sizeof(*t));
	*t = (struct trace){
	    .job = {.gone = trace_gone},
	    .reader = {.bits = TAP_FRAMES, .of = of, .name = t->name, .take = take, .lost = lost},
	    .timer = {.due = timer_due},
	    .daemon = r->daemon,
	    .until_us = loop_now_us(loop) + UINT64_C(1000000) * answer_number(r, "seconds", 1)};
	(void)snprintf(t->name, sizeof(t->name), "%s", name);
	if (start(r, t, a)) {
		t->file = open_file(r, t, a);
		if (t->file == NULL)
			taps_remove(sessions_taps(daemon_sessions(r->daemon)), &t->reader);
	}
	if (a->code != EXIT_OK) {
		free(t);
		return;
	}
	traces++;
	log_event(LOG_LEVEL_NOTICE, "trace", "uid=%u pid=%d level=%s of=%s seconds=%llu file=%s",
		  (unsigned int)r->uid, (int)r->pid, grammar_level_name(r->level),
		  log_quote(name, quoted, sizeof(quoted)),
		  (unsigned long long)answer_number(r, "seconds", 1), t->path);
	loop_at(loop, &t->timer, 0);
	a->job = &t->job;
}

void trace_stream(const struct request *r, struct answer *a)
{
	begin(r, a, TAPS_STREAM, answer_text(r, "text"));
}

void trace_partner(const struct request *r, struct answer *a)
{
	const struct partner *p = answer_partner(r, answer_text(r, "domain"), a);

	if (p != NULL)
		begin(r, a, TAPS_PARTNER, p->domain);
}
