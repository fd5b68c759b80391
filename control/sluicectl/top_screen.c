/* SPDX-License-Identifier: BSD-3-Clause */
/* top_screen.c - the one user of ncurses. */
#include <curses.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "control/sluicectl/top_screen.h"

static SCREEN *screen;

bool sluicectl_top_screen_open(void)
{
	screen = newterm(NULL, stdout, stdin);
	if (screen == NULL)
		return false;
	(void)cbreak();
	(void)noecho();
	(void)nonl();
	(void)keypad(stdscr, TRUE);
	(void)nodelay(stdscr, TRUE);
	(void)curs_set(0);
	(void)set_escdelay(25);
	sluicectl_top_screen_resize();
	return true;
}

void sluicectl_top_screen_close(void)
{
	if (screen == NULL)
		return;
	(void)endwin();
	delscreen(screen);
	screen = NULL;
}

/* What stays on the screen, and where, each terminal decides for itself. */
void sluicectl_top_screen_resize(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
		(void)resizeterm(size.ws_row, size.ws_col);
	sluicectl_top_screen_spoiled();
}

void sluicectl_top_screen_spoiled(void)
{
	(void)clearok(curscr, TRUE);
}

static void draw_line(int row, const char *line, int columns)
{
	const bool is_heading = line[0] == TOP_HEADING;

	if (is_heading)
		attron(A_REVERSE);
	if (is_heading)
		(void)mvhline(row, 0, ' ', columns);
	(void)mvaddstr(row, 0, line + is_heading);
	attroff(A_REVERSE);
}

void sluicectl_top_screen_draw(struct top_view *v)
{
	int rows, columns, row = 0;
	char *text = NULL, *at, *line;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	if (f == NULL)
		return;
	getmaxyx(stdscr, rows, columns);
	sluicectl_top_frame(f, v, (size_t)rows, (size_t)columns);
	fclose(f);
	(void)erase();
	at = text;
	while (row < rows && (line = strsep(&at, "\n")) != NULL)
		draw_line(row++, line, columns);
	free(text);
	(void)refresh();
}

enum top_key sluicectl_top_screen_key(void)
{
	static const struct {
		int code;
		enum top_key key;
	} keys[] = {
	    {ERR, TOP_KEY_NONE},      {'q', TOP_KEY_QUIT},          {'s', TOP_KEY_SORT},
	    {'p', TOP_KEY_PAUSE},     {'\t', TOP_KEY_LIST},         {KEY_UP, TOP_KEY_UP},
	    {KEY_DOWN, TOP_KEY_DOWN}, {KEY_PPAGE, TOP_KEY_PAGE_UP}, {KEY_NPAGE, TOP_KEY_PAGE_DOWN},
	    {KEY_HOME, TOP_KEY_HOME}, {KEY_END, TOP_KEY_END},
	};
	const int code = getch();

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (keys[i].code == code)
			return keys[i].key;
	return TOP_KEY_OTHER;
}
