/* SPDX-License-Identifier: BSD-3-Clause */
/* shell.c - a prompt, a line, its command. */
#include <errno.h>
#include <histedit.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "control/operator/exit_code.h"
#include "control/sluicectl/history.h"
#include "control/sluicectl/shell.h"
#include "control/sluicectl/shell_tab.h"
#include "control/sluicectl/signals.h"
#include "control/sluicectl/words.h"

struct shell {
	struct asker *asker;
	EditLine *edit;
	History *history;
	mbstate_t bytes; /* of a character that is not whole yet */
};

static char *prompt(EditLine *el)
{
	static char text[] = "sluice> ";

	(void)el;
	return text;
}

/* What libedit is to do about signals, done where it waits for a key. False: no more keys. */
static bool heed_signals(EditLine *el)
{
	if (sluicectl_signals_take(SIGNAL_RESIZE) != 0)
		el_resize(el);
	if (sluicectl_signals_take(SIGNAL_RESUME) != 0) {
		(void)el_set(el, EL_PREP_TERM, 1);
		(void)el_set(el, EL_REFRESH);
	}
	return sluicectl_signals_have(SIGNAL_INTERRUPT | SIGNAL_END) == 0;
}

/* 1 for a character, 0 for the end, -1 to leave the line. */
static int read_key(EditLine *el, wchar_t *key)
{
	struct shell *s;
	char byte;

	(void)el_get(el, EL_CLIENTDATA, &s);
	for (;;) {
		const int ready = sluicectl_signals_wait(STDIN_FILENO, POLLIN, -1);
		ssize_t n;
		size_t whole;

		if ((ready < 0 && errno != EINTR) || !heed_signals(el))
			return -1;
		if (ready <= 0)
			continue;
		n = read(STDIN_FILENO, &byte, 1);
		if (n <= 0)
			return n == 0 ? 0 : -1;
		whole = mbrtowc(key, &byte, 1, &s->bytes);
		if (whole == (size_t)-2)
			continue;
		if (whole == (size_t)-1) /* no character at all */
			memset(&s->bytes, 0, sizeof(s->bytes));
		else
			return 1;
	}
}

static unsigned char press_tab(EditLine *el, int key)
{
	struct shell *s;

	(void)key;
	(void)el_get(el, EL_CLIENTDATA, &s);
	return sluicectl_shell_tab(el, s->asker->options);
}

static bool open_editor(struct shell *s)
{
	s->history = sluicectl_history_load();
	s->edit = el_init("sluicectl", stdin, stdout, stderr);
	if (s->history == NULL || s->edit == NULL)
		return false;
	(void)el_set(s->edit, EL_CLIENTDATA, s);
	(void)el_set(s->edit, EL_GETCFN, read_key);
	(void)el_set(s->edit, EL_PROMPT, prompt);
	(void)el_set(s->edit, EL_EDITOR, "emacs");
	(void)el_set(s->edit, EL_HIST, history, s->history);
	/* by the wide call: the other one keeps copies that it never gives back */
	(void)el_wset(s->edit, EL_ADDFN, L"sluicectl-complete", L"complete the word", press_tab);
	(void)el_set(s->edit, EL_BIND, "^I", "sluicectl-complete", NULL);
	(void)el_set(s->edit, EL_BIND, "^R", "em-inc-search-prev", NULL);
	(void)el_source(s->edit, NULL); /* ~/.editrc: the user's own keys */
	return true;
}

static void close_editor(struct shell *s)
{
	if (s->edit != NULL)
		el_end(s->edit); /* the terminal is as it was */
	if (s->history != NULL)
		sluicectl_history_save(s->history);
}

/* Says at once when there is no relay; the shell goes on and the next command tries again. */
static void greet(struct asker *a)
{
	char error[512];
	int code;

	if (a->options->quiet)
		return;
	printf("sluicectl " SLUICE_VERSION ", relay at %s\n"
	       "help lists the commands, TAB completes, exit ends\n",
	       a->options->socket);
	if (sluicectl_ask_client(a, &code, error) == NULL)
		sluicectl_ask_complain(a, error);
}

static int run_line(struct shell *s, const char *line)
{
	char error[GRAMMAR_ERROR_MAX];
	struct words w;
	int code = EXIT_USAGE;

	sluicectl_history_add(s->history, line);
	if (!sluicectl_words_split(line, &w, error))
		sluicectl_ask_complain(s->asker, error);
	else
		code = w.count > 0 ? sluicectl_ask(s->asker, w.at, w.count) : EXIT_OK;
	(void)fflush(stdout);
	return code;
}

/* The next line, an empty one where Ctrl-C gave it up; NULL at the end. */
static const char *next_line(struct shell *s)
{
	int count = 0;
	const char *line = el_gets(s->edit, &count);

	if (line != NULL && count > 0)
		return line;
	if (sluicectl_signals_take(SIGNAL_INTERRUPT) != 0 &&
	    sluicectl_signals_have(SIGNAL_END) == 0) {
		fputs("^C\n", stdout);
		return "";
	}
	fputc('\n', stdout);
	return NULL;
}

int sluicectl_shell(struct asker *a)
{
	struct shell s = {.asker = a};
	const char *line;
	int code = EXIT_OK;

	sluicectl_signals_hold();
	if (!open_editor(&s)) {
		close_editor(&s);
		sluicectl_ask_complain(a, "this terminal cannot be used");
		return EXIT_FAILED;
	}
	greet(a);
	while (!a->has_ended && sluicectl_signals_have(SIGNAL_END) == 0 &&
	       (line = next_line(&s)) != NULL) {
		code = run_line(&s, line);
		if (code != EXIT_OK && a->options->stop_at_error)
			break;
		code = EXIT_OK;
		(void)sluicectl_signals_take(SIGNAL_INTERRUPT); /* too late for what has ended */
	}
	close_editor(&s);
	return code;
}
