/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_script_inside.c - the few words that look into the control block: all of the scripts' that
 * knows tcp_conn.h. */
#include "tests/tcp/tcp_script.h"

#include "dataplane/tcp/tcp_conn.h"

/* Blocks that connections hold. */
static uint32_t repairs(const struct tcp *t)
{
	return t->repairs_used[false].count + t->repairs_used[true].count;
}

bool script_inside(struct script *s, const char *w)
{
	const struct tcp_conn *c = s->stage.who->c;

	if (s->stage.t == NULL || c == NULL)
		return false;
	if (strcmp(w, "cwnd") == 0)
		script_expect_number(s, w, c->cwnd);
	else if (strcmp(w, "ssthresh") == 0)
		script_expect_number(s, w, c->ssthresh);
	else if (strcmp(w, "repairs") == 0)
		script_expect_number(s, w, repairs(s->stage.t));
	else
		return false;
	return true;
}
