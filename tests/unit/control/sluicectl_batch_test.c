/* SPDX-License-Identifier: BSD-3-Clause */
/* sluicectl_batch_test.c - commands from a file or standard input: words, order, exit codes. */
#include <sys/stat.h>

#include "control/sluicectl/words.h"
#include "sluicectl_run.h"

static char sentence[GRAMMAR_ERROR_MAX];

/* The words of @line, each behind a bar. */
static const char *split(const char *line)
{
	static char all[4096];
	struct words w;
	size_t at = 0;

	all[0] = '\0';
	if (!sluicectl_words_split(line, &w, sentence))
		return sentence;
	for (size_t i = 0; i < w.count; i++)
		at += (size_t)snprintf(all + at, sizeof(all) - at, "|%s", w.at[i]);
	return all;
}

static void splits_into_words(void)
{
	char many[200] = "", line[3000];

	CHECK_STR(split("show streams"), "|show|streams");
	CHECK_STR(split("  \tshow  streams\n"), "|show|streams");
	CHECK_STR(split(""), "");
	CHECK_STR(split("# a comment"), "");
	CHECK_STR(split("show # and why"), "|show");
	CHECK_STR(split("a#b"), "|a#b");
	CHECK_STR(split("a 'b c' \"d e\" f\\ g"), "|a|b c|d e|f g");
	CHECK_STR(split("'' \"\" x"), "|||x");
	CHECK_STR(split("a'b'\"c\"d"), "|abcd");
	CHECK_STR(split("'\\' \"\\x\" \"\\\"\" \"\\\\\""), "|\\|\\x|\"|\\");
	CHECK_STR(split("'#' \\#"), "|#|#");
	CHECK_STR(split("'a"), "a quote that does not end");
	CHECK_STR(split("a \"b'"), "a quote that does not end");
	CHECK_STR(split("a\\"), "a \\ with nothing behind it");
	for (int i = 0; i < GRAMMAR_WORDS_MAX; i++)
		strcat(many, "w ");
	CHECK_EQ(strlen(split(many)), 2 * GRAMMAR_WORDS_MAX);
	strcat(many, "w");
	CHECK_STR(split(many), "too many words");
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	CHECK_STR(split(line), "a line of more than 2047 characters");
}

static void runs_a_batch_over_one_connection(void)
{
	char name[160], arguments[200];
	FILE *f;

	begin(1);
	d->refusals = 1;
	CHECK_EQ(
	    run_with("", "# nothing\n\nshow streams\nshow 'denied' last 1 # why\nshow streams"),
	    EXIT_OK);
	CHECK(strncmp(out, "no streams\nTIME", 15) == 0);
	CHECK(strstr(out, "evil.example") != NULL);
	CHECK(strlen(out) > 11 && strcmp(out + strlen(out) - 11, "no streams\n") == 0);
	CHECK_STR(err, "");
	CHECK_EQ(run_with("-f -", "show streams\n"), EXIT_OK);
	CHECK_STR(out, "no streams\n");
	CHECK_EQ(run_with("", ""), EXIT_OK);
	CHECK_STR(out, "");
	(void)snprintf(name, sizeof(name), "%s/batch", folder);
	f = fopen(name, "w");
	fputs("show streams\nexit\nshow streams\n", f);
	fclose(f);
	(void)snprintf(arguments, sizeof(arguments), "-f %s", name);
	CHECK_EQ(run(arguments), EXIT_OK);
	CHECK_STR(out, "no streams\n");
	(void)unlink(name);
	CHECK_EQ(run(arguments), EXIT_USAGE);
	CHECK(strstr(err, ": No such file or directory\n") != NULL);
	end();
}

static void says_which_line_failed(void)
{
	const char *lines = "show streams\n"
			    "show partners nobody.example\n"
			    "bogus\n"
			    "show 'streams\n"
			    "show streams\n";

	begin(1);
	CHECK_EQ(run_with("", lines), EXIT_NOT_FOUND); /* the first failure's */
	CHECK_STR(out, "no streams\nno streams\n");
	CHECK_STR(err,
		  "sluicectl: standard input:2: no partner nobody.example: show partners lists "
		  "them\n"
		  "sluicectl: standard input:3: unknown command \"bogus\": help lists all\n"
		  "sluicectl: standard input:4: a quote that does not end\n");
	CHECK_EQ(run_with("-e", lines), EXIT_NOT_FOUND);
	CHECK_STR(out, "no streams\n");
	CHECK_EQ(run_with("-q -e", "show streams\nbogus\nshow streams\n"), EXIT_USAGE);
	CHECK_STR(out, "");
	CHECK_STR(err, "sluicectl: standard input:2: unknown command \"bogus\": help lists all\n");
	end();
}

static void prints_commands_as_sh_does(void)
{
	begin(1);
	CHECK_EQ(run_with("-x", "show streams # none\nshow partners 'a b'\n"), EXIT_USAGE);
	CHECK_STR(out, "no streams\n");
	CHECK(strncmp(err, "+ show streams\n+ show partners 'a b'\nsluicectl: ", 48) == 0);
	CHECK_EQ(run("-x show streams"), 0);
	CHECK_STR(err, "+ show streams\n");
	end();
}

/* A document a command, also those that fail. */
static void prints_json_for_programs(void)
{
	json_t *one;
	size_t at = 0;
	int documents = 0;
	json_error_t e;

	begin(1);
	CHECK_EQ(run_with("-j", "show streams\nshow partners x.example\nstop\n"), EXIT_NOT_FOUND);
	while ((one = json_loads(out + at, JSON_DISABLE_EOF_CHECK, &e)) != NULL) {
		CHECK_EQ(json_integer_value(json_object_get(one, "code")),
			 documents == 1 ? EXIT_NOT_FOUND : EXIT_OK);
		at += (size_t)e.position;
		documents++;
		json_decref(one);
	}
	CHECK_EQ(documents, 3);
	CHECK_STR(err, "");
	CHECK(d->shut_down);
	end();
}

/* The part of a line that had no room is not a command of its own. */
static void does_not_run_what_was_cut(void)
{
	static char lines[6000];

	begin(1);
	memset(lines, ' ', 4000);
	strcpy(lines + 4000, "stop\nshow streams\n");
	CHECK_EQ(run_with("", lines), EXIT_USAGE);
	CHECK(!d->stopped);
	CHECK_STR(out, "no streams\n");
	end();
}

int main(int argc, char **argv)
{
	if (!run_begin(argc, argv))
		return 2;
	RUN(splits_into_words);
	RUN(runs_a_batch_over_one_connection);
	RUN(says_which_line_failed);
	RUN(prints_commands_as_sh_does);
	RUN(prints_json_for_programs);
	RUN(does_not_run_what_was_cut);
	return run_end();
}
