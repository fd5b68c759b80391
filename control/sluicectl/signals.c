/* SPDX-License-Identifier: BSD-3-Clause */
/* signals.c - handlers that set a bit. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <time.h>

#include "control/sluicectl/signals.h"

static const struct {
	int number;
	enum sluicectl_signal meaning;
} held[] = {
    {SIGINT, SIGNAL_INTERRUPT}, {SIGWINCH, SIGNAL_RESIZE}, {SIGCONT, SIGNAL_RESUME},
    {SIGTERM, SIGNAL_END},      {SIGHUP, SIGNAL_END},      {SIGQUIT, SIGNAL_END},
};

static _Atomic unsigned int come;
static sigset_t mask_before;
static bool is_holding;

static void note(int number)
{
	for (size_t i = 0; i < ARRAY_LEN(held); i++)
		if (held[i].number == number)
			come |= (unsigned int)held[i].meaning;
}

void sluicectl_signals_hold(void)
{
	sigset_t mask;

	sigemptyset(&mask);
	for (size_t i = 0; i < ARRAY_LEN(held); i++) {
		struct sigaction action = {.sa_handler = note};

		sigemptyset(&action.sa_mask);
		sigaddset(&mask, held[i].number);
		(void)sigaction(held[i].number, &action, NULL);
	}
	if (!is_holding)
		(void)sigprocmask(SIG_BLOCK, &mask, &mask_before);
	is_holding = true;
}

int sluicectl_signals_wait(int fd, short events, int timeout_ms)
{
	const struct timespec timeout = {timeout_ms / 1000, timeout_ms % 1000 * 1000000L};
	struct pollfd one = {.fd = fd, .events = events};

	return ppoll(&one, 1, timeout_ms < 0 ? NULL : &timeout, is_holding ? &mask_before : NULL);
}

unsigned int sluicectl_signals_take(unsigned int which)
{
	const unsigned int taken = come & which;

	come &= ~taken;
	return taken;
}

unsigned int sluicectl_signals_have(unsigned int which)
{
	return come & which;
}
