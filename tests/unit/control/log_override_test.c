/* SPDX-License-Identifier: BSD-3-Clause */
/* log_override_test.c - where lines go, and what an operator has made of their level. */
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "control/log.h"
#include "control/log_sink.h"
#include "tests/check.h"

static char folder[] = "/tmp/log_override_test.XXXXXX";
static char path[64], error[256];

/* What the file @name of the folder holds. */
static const char *content(const char *name)
{
	static char text[16384];
	char file[128];
	FILE *f;
	size_t n = 0;

	(void)snprintf(file, sizeof(file), "%s/%s", folder, name);
	f = fopen(file, "re");
	if (f != NULL) {
		n = fread(text, 1, sizeof(text) - 1, f);
		fclose(f);
	}
	text[n] = '\0';
	return text;
}

static bool says(const char *text)
{
	return strstr(content("log"), text) != NULL;
}

static void begin(void)
{
	(void)snprintf(path, sizeof(path), "%s/log", folder);
	(void)unlink(path);
	CHECK(log_sink_open(path, NULL, error));
	CHECK_EQ(log_sink_now(), LOG_SINK_FILE);
	log_set_level(LOG_LEVEL_INFO);
	log_set_json(false);
}

static void one_partner_says_more(void)
{
	const char *const names[] = {"a.example", "chat.a.example", NULL};

	begin();
	CHECK(!log_wants(LOG_LEVEL_DEBUG));
	CHECK(log_override(LOG_LEVEL_DEBUG, 0, names));
	CHECK(log_wants(LOG_LEVEL_DEBUG));
	log_event(LOG_LEVEL_DEBUG, "step", "n=1 remote=chat.a.example");
	log_event(LOG_LEVEL_DEBUG, "step", "n=2 remote=b.example");
	log_event(LOG_LEVEL_DEBUG, "step", "n=3 claimed=a.example");
	log_event(LOG_LEVEL_DEBUG, "step", "n=4");
	log_event(LOG_LEVEL_INFO, "step", "n=5");
	CHECK(says("n=1") && !says("n=2") && says("n=3") && !says("n=4") && says("n=5"));
	log_set_level(LOG_LEVEL_INFO); /* a reload */
	CHECK(!log_wants(LOG_LEVEL_DEBUG));
}

static void one_partner_says_less(void)
{
	const char *const names[] = {"a.example", NULL};

	begin();
	CHECK(log_override(LOG_LEVEL_ERROR, 0, names));
	log_event(LOG_LEVEL_INFO, "step", "n=11 remote=a.example");
	log_event(LOG_LEVEL_INFO, "step", "n=12 remote=b.example");
	log_event(LOG_LEVEL_ERROR, "step", "n=13 remote=a.example");
	CHECK(!says("n=11") && says("n=12") && says("n=13"));
}

static void all_say_more_for_a_second(void)
{
	struct log_view v;

	begin();
	CHECK(log_override(LOG_LEVEL_DEBUG, 1, NULL));
	log_event(LOG_LEVEL_DEBUG, "step", "n=21");
	log_read(&v);
	CHECK_EQ(v.override_count, 1);
	CHECK_EQ(v.overrides[0].left_s, 1);
	CHECK_STR(v.overrides[0].partner, "");
	for (unsigned int i = 0; i < 200 && log_wants(LOG_LEVEL_DEBUG); i++)
		usleep(10000);
	CHECK(!log_wants(LOG_LEVEL_DEBUG));
	log_event(LOG_LEVEL_DEBUG, "step", "n=22");
	log_read(&v);
	CHECK_EQ(v.override_count, 0);
	CHECK(says("n=21") && !says("n=22") &&
	      says("event=log_level_ended level=info partner=all"));
}

static void as_many_as_there_is_room_for(void)
{
	char name[32];
	const char *const names[] = {name, NULL};

	begin();
	for (unsigned int i = 0; i < LOG_OVERRIDES_MAX; i++) {
		(void)snprintf(name, sizeof(name), "p%u.example", i);
		CHECK(log_override(LOG_LEVEL_DEBUG, 0, names));
	}
	CHECK(log_override(LOG_LEVEL_ERROR, 0, names)); /* one that has a place */
	(void)snprintf(name, sizeof(name), "more.example");
	CHECK(!log_override(LOG_LEVEL_DEBUG, 0, names));
	CHECK(log_override(LOG_LEVEL_DEBUG, 0, NULL)); /* all have their own */
}

static void a_moved_file_is_left(void)
{
	char moved[128];
	struct stat st;

	begin();
	(void)snprintf(moved, sizeof(moved), "%s/log.1", folder);
	log_event(LOG_LEVEL_INFO, "step", "n=31");
	CHECK(rename(path, moved) == 0);
	log_event(LOG_LEVEL_INFO, "step", "n=32");
	CHECK(log_sink_reopen(error));
	log_event(LOG_LEVEL_INFO, "step", "n=33");
	CHECK(strstr(content("log.1"), "n=32") != NULL && strstr(content("log.1"), "n=33") == NULL);
	CHECK(says("n=33") && !says("n=32"));
	CHECK(stat(path, &st) == 0 && (st.st_mode & 0777) == 0640);
}

static void a_file_that_cannot_be_changes_nothing(void)
{
	begin();
	CHECK(!log_sink_open("/nonexistent/log", NULL, error));
	CHECK(strstr(error, "cannot write the log /nonexistent/log: No such file") != NULL);
	log_event(LOG_LEVEL_INFO, "step", "n=41");
	CHECK(says("n=41"));
}

/* A reader that does not read: lines are lost and counted, nobody waits. */
static void a_full_pipe_loses_lines(void)
{
	const int before = dup(STDERR_FILENO);
	struct log_view v, w;
	static char sink[65536];
	int ends[2];

	CHECK(pipe(ends) == 0 && dup2(ends[1], STDERR_FILENO) >= 0);
	CHECK(log_sink_open(NULL, NULL, error));
	CHECK_EQ(log_sink_now(), LOG_SINK_STDERR);
	log_set_level(LOG_LEVEL_INFO);
	log_read(&v);
	for (unsigned int i = 0; i < 150; i++)
		log_event(LOG_LEVEL_INFO, "flood", "i=%u %01900d", i, 0);
	log_read(&w);
	CHECK(w.lost > v.lost);
	CHECK(read(ends[0], sink, sizeof(sink)) > 0);
	log_event(LOG_LEVEL_INFO, "after", "n=51");
	memset(sink, 0, sizeof(sink));
	CHECK(read(ends[0], sink, sizeof(sink) - 1) > 0);
	CHECK(strstr(sink, " event=after lost=") != NULL);
	CHECK(dup2(before, STDERR_FILENO) >= 0);
	close(before);
	close(ends[0]);
	close(ends[1]);
}

/* What systemd promises in JOURNAL_STREAM: device and inode of standard error. */
static void the_journal_gets_fields(void)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	const int journal = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	static char got[8192];
	char said[64];
	struct stat st;
	ssize_t n;

	(void)snprintf(name.sun_path, sizeof(name.sun_path), "%s/journal", folder);
	CHECK(bind(journal, (const struct sockaddr *)&name, sizeof(name)) == 0);
	CHECK(fstat(STDERR_FILENO, &st) == 0);
	(void)snprintf(said, sizeof(said), "%llu:%llu", (unsigned long long)st.st_dev,
		       (unsigned long long)st.st_ino + 1);
	(void)setenv("JOURNAL_STREAM", said, 1);
	CHECK(log_sink_open(NULL, name.sun_path, error));
	CHECK_EQ(log_sink_now(), LOG_SINK_STDERR); /* redirected since */
	(void)snprintf(said, sizeof(said), "%llu:%llu", (unsigned long long)st.st_dev,
		       (unsigned long long)st.st_ino);
	(void)setenv("JOURNAL_STREAM", said, 1);
	CHECK(log_sink_open(NULL, name.sun_path, error));
	CHECK_EQ(log_sink_now(), LOG_SINK_JOURNAL);
	log_set_level(LOG_LEVEL_INFO);
	log_event(LOG_LEVEL_WARNING, "told", "stream=er7");
	n = recv(journal, got, sizeof(got) - 1, MSG_DONTWAIT);
	CHECK(n > 0);
	got[n > 0 ? n : 0] = '\0';
	CHECK(strstr(got, "PRIORITY=4\n") != NULL && strstr(got, "SLUICE_STREAM=er7\n") != NULL);
	close(journal);
	(void)unsetenv("JOURNAL_STREAM");
	CHECK(log_sink_open(NULL, NULL, error));
}

int main(void)
{
	CHECK(mkdtemp(folder) != NULL);
	RUN(one_partner_says_more);
	RUN(one_partner_says_less);
	RUN(all_say_more_for_a_second);
	RUN(as_many_as_there_is_room_for);
	RUN(a_moved_file_is_left);
	RUN(a_file_that_cannot_be_changes_nothing);
	RUN(a_full_pipe_loses_lines);
	RUN(the_journal_gets_fields);
	(void)snprintf(path, sizeof(path), "rm -r %s", folder);
	CHECK(system(path) == 0);
	return check_summary();
}
