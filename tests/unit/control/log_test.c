/* SPDX-License-Identifier: BSD-3-Clause */
/* log_test.c - one event is one line, values are quoted, repeats and floods are counted. */
#include <fcntl.h>
#include <unistd.h>

#include "control/log.h"
#include "control/log_limit.h"
#include "tests/check.h"

static const char *quoted(const char *text)
{
	static char out[64];

	return log_quote(text, out, sizeof(out));
}

static void quotes_what_needs_it(void)
{
	char tiny[6], none[1];

	CHECK_STR(quoted("partner.example"), "partner.example");
	CHECK_STR(quoted(""), "\"\"");
	CHECK_STR(quoted("two words"), "\"two words\"");
	CHECK_STR(quoted("a=b"), "\"a=b\"");
	CHECK_STR(quoted("say \"hi\"\\"), "\"say \\\"hi\\\"\\\\\"");
	CHECK_STR(quoted("a\nlevel=error\r\t"), "\"a\\nlevel=error\\r\\t\"");
	CHECK_STR(quoted("\x1b[2J"), "\"\\x1b[2J\"");
	CHECK_STR(quoted("\xc3\xbc"), "\"\\xc3\\xbc\"");
	CHECK_STR(log_quote("abcdefgh", tiny, sizeof(tiny)), "\"abc\"");
	CHECK_STR(log_quote("ab\n\n", tiny, sizeof(tiny)), "\"ab\"");
	CHECK_STR(log_quote("abcde", tiny, sizeof(tiny)), "abcde");
	CHECK_STR(log_quote("abc", none, sizeof(none)), "");
}

static void knows_its_levels(void)
{
	enum log_level level = LOG_LEVEL_INFO;

	CHECK(log_level_parse("error", &level));
	CHECK_EQ(level, LOG_LEVEL_ERROR);
	CHECK(log_level_parse("debug", &level));
	CHECK_EQ(level, LOG_LEVEL_DEBUG);
	CHECK(!log_level_parse("loud", &level));
	CHECK_EQ(level, LOG_LEVEL_DEBUG);
}

static bool passes(struct log_limit *l, const char *event, const char *text, uint64_t now_us,
		   uint32_t *withheld)
{
	const struct log_said said = {event, text, false};

	return log_limit_pass(l, &said, now_us, withheld);
}

static void withholds_repeats(void)
{
	static struct log_limit l;
	uint32_t withheld = 99;

	CHECK(passes(&l, "dns_failed", "domain=a", 1000, &withheld));
	CHECK_EQ(withheld, 0);
	CHECK(!passes(&l, "dns_failed", "domain=a", 2000, &withheld));
	CHECK(!passes(&l, "dns_failed", "domain=a", LOG_REPEAT_US, &withheld));
	/* another event with the same text is no repeat */
	CHECK(passes(&l, "dial_failed", "domain=a", 2000, &withheld));
	CHECK_EQ(withheld, 0);
	CHECK(passes(&l, "dns_failed", "domain=b", LOG_REPEAT_US + 1, &withheld));
	CHECK_EQ(withheld, 2);
	CHECK(passes(&l, "dns_failed", "domain=a", LOG_REPEAT_US + 2, &withheld));
	CHECK_EQ(withheld, 0);
	CHECK(passes(&l, "dns_failed", "domain=a", 2 * LOG_REPEAT_US + 2, &withheld));
}

static void withholds_floods(void)
{
	static struct log_limit l;
	uint32_t withheld = 0;
	unsigned int passed = 0;
	char text[32];

	for (unsigned int i = 0; i < 10 * LOG_BURST; i++) {
		(void)snprintf(text, sizeof(text), "stream=%u", i);
		passed += passes(&l, "stream_open", text, 5 + i, &withheld);
	}
	CHECK_EQ(passed, LOG_BURST);
	CHECK(passes(&l, "stream_open", "stream=last", 5 + LOG_WINDOW_US, &withheld));
	CHECK_EQ(withheld, 9 * LOG_BURST);
}

static void survives_more_events_than_rows(void)
{
	static struct log_limit l;
	uint32_t withheld = 0;
	unsigned int passed = 0;
	char event[32];

	for (unsigned int i = 0; i < 3 * LOG_EVENTS; i++) {
		(void)snprintf(event, sizeof(event), "event_%u", i);
		passed += passes(&l, event, event, 1000 + i, &withheld);
	}
	CHECK_EQ(l.count, LOG_EVENTS);
	/* those beyond share one row, and its bound */
	CHECK_EQ(passed, LOG_EVENTS - 1 + LOG_BURST);
}

static void repeats_what_was_done(void)
{
	static struct log_limit l;
	const struct log_said said = {"operator", "command=reload", true};
	uint32_t withheld = 9;

	CHECK(log_limit_pass(&l, &said, 1000, &withheld));
	CHECK(log_limit_pass(&l, &said, 1001, &withheld));
	CHECK_EQ(withheld, 0);
}

static void tells_the_rest(void)
{
	static struct log_limit l;
	uint32_t withheld = 0;

	CHECK(passes(&l, "dns_failed", "domain=a", 1000, &withheld));
	CHECK(log_limit_rest(&l, 2 * LOG_REPEAT_US, &withheld) == NULL);
	for (unsigned int i = 0; i < 7; i++)
		CHECK(!passes(&l, "dns_failed", "domain=a", 2000 + i, &withheld));
	CHECK(log_limit_rest(&l, LOG_REPEAT_US, &withheld) == NULL);
	CHECK_STR(log_limit_rest(&l, 1000 + LOG_REPEAT_US, &withheld), "dns_failed");
	CHECK_EQ(withheld, 7);
	CHECK(log_limit_rest(&l, 3 * LOG_REPEAT_US, &withheld) == NULL);
}

/* What @speak writes to standard error. */
static char *captured(void (*speak)(void))
{
	static char text[8192];
	const int before = dup(STDERR_FILENO);
	FILE *f = tmpfile();
	size_t n;

	CHECK(f != NULL && before >= 0 && dup2(fileno(f), STDERR_FILENO) >= 0);
	speak();
	CHECK(dup2(before, STDERR_FILENO) >= 0);
	close(before);
	rewind(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	return text;
}

static void speak_three(void)
{
	log_set_level(LOG_LEVEL_INFO);
	log_event(LOG_LEVEL_DEBUG, "unheard", "a=1");
	log_event(LOG_LEVEL_WARNING, "heard", "a=%d b=%s", 1, "x\ny");
	log_event(LOG_LEVEL_INFO, "bare", "%s", "");
}

static void writes_one_line_an_event(void)
{
	const char *text = captured(speak_three), *second = strchr(text, '\n');

	CHECK(strncmp(text, "<4>ts=2", 7) == 0);
	CHECK(strstr(text, "Z level=warning event=heard a=1 b=x y\n<6>ts=") != NULL);
	CHECK(strstr(text, "unheard") == NULL);
	CHECK(second != NULL && strstr(second, " level=info event=bare\n") != NULL);
}

static void speak_long(void)
{
	static char big[5000];

	memset(big, 'x', sizeof(big) - 1);
	log_event(LOG_LEVEL_ERROR, "long", "%s", big);
}

static void cuts_a_long_line(void)
{
	const char *text = captured(speak_long);
	const size_t len = strlen(text);

	CHECK(len > 2000 && len < 2400);
	CHECK(text[len - 1] == '\n');
}

int main(void)
{
	RUN(quotes_what_needs_it);
	RUN(knows_its_levels);
	RUN(withholds_repeats);
	RUN(withholds_floods);
	RUN(survives_more_events_than_rows);
	RUN(repeats_what_was_done);
	RUN(tells_the_rest);
	RUN(writes_one_line_an_event);
	RUN(cuts_a_long_line);
	return check_summary();
}
