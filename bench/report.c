/* SPDX-License-Identifier: BSD-3-Clause */
/* report.c - one line a result: a table for people, or JSON for programs. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>

#include "bench/report.h"

int bench_options(struct bench *b, unsigned int rounds_short, int argc, char **argv,
		  const char *usage)
{
	static const struct option options[] = {{"short", no_argument, NULL, 's'},
						{"json", no_argument, NULL, 'j'},
						{"help", no_argument, NULL, 'h'},
						{NULL, 0, NULL, 0}};

	for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
		if (o == 's') {
			b->is_short = true;
			b->rounds = rounds_short;
		} else if (o == 'j') {
			b->json = true;
		} else {
			fprintf(o == 'h' ? stdout : stderr,
				"usage: %s [--short] [--json]%s\nExit status: 0 all goals met, 1 "
				"not, 2 "
				"usage.\n",
				program_invocation_short_name, usage);
			exit(o == 'h' ? 0 : 2);
		}
	}
	return optind;
}

static int by_size(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static bool is_met(const struct bench_line *line, double value, double bound)
{
	return line->sense == BENCH_AT_MOST ? value <= bound : value >= bound;
}

static void say_json(const struct bench_line *line, double value, double low, double high)
{
	printf("{\"name\":\"%s\",\"value\":%.4g,\"low\":%.4g,\"high\":%.4g,\"unit\":\"%s\"",
	       line->name, value, low, high, line->unit);
	if (line->sense == BENCH_INFO)
		printf(",\"goal\":null,\"aim\":null,\"met\":null}\n");
	else
		printf(",\"goal\":%.4g,\"aim\":%.4g,\"met\":%s}\n", line->goal, line->aim,
		       is_met(line, value, line->goal) ? "true" : "false");
}

static void say_row(const struct bench_line *line, double value, double low, double high)
{
	const char *verdict = "NO";

	printf("%-28s %10.4g %-12s %9.4g..%-9.4g", line->name, value, line->unit, low, high);
	if (line->sense == BENCH_INFO) {
		printf("\n");
		return;
	}
	if (is_met(line, value, line->aim))
		verdict = "yes, and the aim";
	else if (is_met(line, value, line->goal))
		verdict = "yes";
	printf(" %s %-6.4g aim %-6.4g %s\n", line->sense == BENCH_AT_MOST ? "<=" : ">=", line->goal,
	       line->aim, verdict);
}

void bench_report(struct bench *b, const struct bench_line *line, double *values,
		  unsigned int count)
{
	double median;

	qsort(values, count, sizeof(*values), by_size);
	median =
	    count % 2 == 1 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
	if (line->sense != BENCH_INFO && !is_met(line, median, line->goal))
		b->missed++;
	if (b->json)
		say_json(line, median, values[count / 4], values[count - 1 - count / 4]);
	else
		say_row(line, median, values[count / 4], values[count - 1 - count / 4]);
	(void)fflush(stdout);
}

void bench_fact(const struct bench *b, const char *name, const char *text)
{
	if (!b->json) {
		printf("# %-14s %s\n", name, text);
		return;
	}
	printf("{\"fact\":\"%s\",\"value\":\"", name);
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			(void)putchar('\\');
		(void)putchar(*text);
	}
	printf("\"}\n");
}

void bench_head(const struct bench *b)
{
	if (!b->json)
		printf("%-28s %10s %-12s %9s..%-9s goal\n", "name", "median", "unit", "quartile",
		       "quartile");
}

void bench_progress(const char *what)
{
	fprintf(stderr, "%s: %s\n", program_invocation_short_name, what);
}

void bench_die(const char *what)
{
	fprintf(stderr, "%s: %s\n", program_invocation_short_name, what);
	exit(2);
}
