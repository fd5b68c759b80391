/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_stat.c - the table of tcp_stat.def. */
#include "dataplane/tcp/tcp.h"

const char *tcp_stat_text(enum tcp_stat s)
{
	static const char *const texts[TCP_STAT_COUNT] = {
#define TCP_STAT(id, name, text) [TCP_STAT_##id] = text,
#include "dataplane/tcp/tcp_stat.def"
#undef TCP_STAT
	};

	return texts[s];
}

const char *tcp_stat_name(enum tcp_stat s)
{
	static const char *const names[TCP_STAT_COUNT] = {
#define TCP_STAT(id, name, text) [TCP_STAT_##id] = #name,
#include "dataplane/tcp/tcp_stat.def"
#undef TCP_STAT
	};

	return names[s];
}

const char *tcp_stat_state_name(unsigned int state)
{
	static const char *const names[TCP_STATE_COUNT] = {
	    [TCP_CLOSED] = "closed",
	    [TCP_SYN_SENT] = "syn_sent",
	    [TCP_SYN_RECEIVED] = "syn_received",
	    [TCP_ESTABLISHED] = "established",
	    [TCP_FIN_WAIT_1] = "fin_wait_1",
	    [TCP_FIN_WAIT_2] = "fin_wait_2",
	    [TCP_CLOSE_WAIT] = "close_wait",
	    [TCP_CLOSING] = "closing",
	    [TCP_LAST_ACK] = "last_ack",
	    [TCP_TIME_WAIT] = "time_wait",
	};

	return names[state];
}
