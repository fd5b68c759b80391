/* SPDX-License-Identifier: BSD-3-Clause */
/* job_test.c - commands that take time, over the operator's socket. */
#include "opsock_talk.h"

static const char wait_line[] = "{\"v\":1,\"id\":5,\"command\":\"wait partner-up\","
				"\"args\":{\"domain\":\"partner.example\",\"timeout\":30}}\n";

static void a_job_answers_in_its_time(void)
{
	json_t *line;
	int fd;

	begin();
	fd = dial();
	say(fd, wait_line);
	say(fd, "{\"v\":1,\"command\":\"help\"}\n"); /* waits until the job is done */
	turn_after(0);
	turn_after(6);
	line = hear(fd);
	CHECK(json_is_true(json_object_get(line, "more"))); /* that it lives */
	CHECK_EQ(json_integer_value(json_object_get(line, "id")), 5);
	CHECK(json_object_get(line, "data") == NULL);
	CHECK(json_object_get(line, "code") == NULL);
	json_decref(line);
	d->streams = 1;
	turn_after(1);
	line = hear(fd);
	CHECK_EQ(json_integer_value(json_object_get(line, "id")), 5);
	CHECK_EQ(json_integer_value(json_object_get(line, "code")), EXIT_OK);
	CHECK(json_object_get(line, "more") == NULL);
	CHECK(json_integer_value(json_object_get(json_object_get(line, "data"), "waited_us")) >=
	      7000000);
	json_decref(line);
	expect_code(fd, EXIT_OK); /* help */
	close(fd);
	end();
}

static void a_job_ends_with_its_patience_or_its_client(void)
{
	int fd, gone, last;

	begin();
	fd = dial();
	say(fd,
	    "{\"v\":1,\"command\":\"wait partner-up\",\"args\":{\"domain\":\"nobody.example\"}}\n");
	expect_code(fd, EXIT_NOT_FOUND);
	say(fd, wait_line);
	turn_after(0);
	turn_after(31);
	expect_code(fd, EXIT_TIMEOUT);
	/* Who goes away takes the job along: a sanitizer would tell what is left of it. */
	gone = dial();
	say(gone, wait_line);
	turn_after(0);
	close(gone);
	turn_after(1);
	/* So does the relay's end. */
	last = dial();
	say(last, wait_line);
	turn_after(0);
	end();
	close(last);
	close(fd);
}

int main(void)
{
	if (!talk_begin())
		return 2;
	RUN(a_job_answers_in_its_time);
	RUN(a_job_ends_with_its_patience_or_its_client);
	(void)rmdir(folder);
	return check_summary();
}
