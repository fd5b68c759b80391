/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_script_word.c - a line of a script, word by word. */
#include "tests/tcp/tcp_script.h"

void script_split(struct script *s, char *line)
{
	s->words = s->at = 0;
	line[strcspn(line, "#\n")] = '\0';
	for (char *w = strtok(line, " \t"); w != NULL; w = strtok(NULL, " \t")) {
		if (s->words == WORDS_MAX) {
			FAIL(s, "too many words");
			return;
		}
		s->word[s->words++] = w;
	}
}

const char *script_word(struct script *s)
{
	return s->at < s->words ? s->word[s->at++] : "";
}

bool script_take(struct script *s, const char *word)
{
	if (s->at >= s->words || strcmp(s->word[s->at], word) != 0)
		return false;
	s->at++;
	return true;
}

uint32_t script_number(struct script *s)
{
	const char *w = script_word(s);
	char *end;
	const long long n = strtoll(w, &end, 0);

	if (*w == '\0' || *end != '\0')
		FAIL(s, "number expected, not \"%s\"", w);
	return (uint32_t)n;
}

unsigned int script_ranges(struct script *s, struct tcp_sack_block *out, unsigned int max)
{
	const char *w = script_word(s);
	unsigned int n = 0;
	char *end;

	for (;; w = end + 1) {
		if (n == max) {
			FAIL(s, "more than %u ranges", max);
			break;
		}
		out[n] = (struct tcp_sack_block){(tcp_seq)strtoll(w, &end, 0), 0};
		if (end != w && *end == ':') {
			w = end + 1;
			out[n].to = (tcp_seq)strtoll(w, &end, 0);
		}
		n++;
		if (end == w || (*end != ',' && *end != '\0')) {
			FAIL(s, "A:B expected, not \"%s\"", w);
			break;
		}
		if (*end == '\0')
			break;
	}
	return n;
}

void script_expect_number(struct script *s, const char *what, uint64_t is)
{
	const uint32_t want = script_number(s);

	if (is != want)
		FAIL(s, "%s is %llu, not %u", what, (unsigned long long)is, want);
}
