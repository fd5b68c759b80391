/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_script_option.c - "option ...": how the engine of a script is set up. */
#include "tests/tcp/tcp_script.h"

static uint64_t seconds(struct script *s)
{
	return (uint64_t)script_number(s) * 1000 * 1000;
}

static bool on_off(struct script *s)
{
	const bool on = script_take(s, "on");

	if (!on && !script_take(s, "off"))
		FAIL(s, "on or off expected");
	return on;
}

static enum tcp_congestion congestion(struct script *s)
{
	const bool cubic = script_take(s, "cubic");

	if (!cubic && !script_take(s, "newreno"))
		FAIL(s, "cubic or newreno expected");
	return cubic ? TCP_CUBIC : TCP_NEWRENO;
}

void script_option(struct script *s)
{
	struct tcp_setup *setup = &s->stage.setup;
	const char *w = script_word(s);

	if (s->stage.t != NULL)
		FAIL(s, "too late for an option");
	else if (strcmp(w, "mtu") == 0)
		setup->mtu[IFACE_EDGE] = script_number(s);
	else if (strcmp(w, "conns") == 0)
		setup->conns = script_number(s);
	else if (strcmp(w, "keepalive") == 0)
		setup->keepalive_idle_us = seconds(s);
	else if (strcmp(w, "user_timeout") == 0)
		setup->user_timeout_us = seconds(s);
	else if (strcmp(w, "time_wait") == 0)
		setup->time_wait_us = seconds(s);
	else if (strcmp(w, "congestion") == 0)
		setup->congestion = congestion(s);
	else if (strcmp(w, "ecn") == 0)
		setup->ecn = on_off(s);
	else if (strcmp(w, "ipv6") == 0)
		stage_ipv6(&s->stage);
	else if (strcmp(w, "rx_pool") == 0)
		setup->rx_mbufs[IFACE_EDGE] = script_number(s);
	else
		FAIL(s, "no option \"%s\"", w);
}
