/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * relay_double.c - daemon_double.h as a program: the operator's socket that sluicectl's tests by
 * pseudo-terminal talk to. Ten times a second each stream and partner has carried some more.
 *
 *	relay_double SOCKET PARTNERS STREAMS
 *
 * Says "ready" once it listens; ends when its standard input does.
 */
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "control/operator/opsock.h"
#include "daemon_double.h"

enum { TICK_US = 100 * 1000 };

struct relay {
	struct daemon *daemon;
	struct loop_timer tick;
	struct loop_watch input;
	unsigned int partners;
	bool has_ended;
};

static void tick(struct loop_timer *t)
{
	struct relay *r = CONTAINER_OF(t, struct relay, tick);
	struct stats *s = &r->daemon->core[0].stats;

	r->daemon->ticks++;
	stat_add(&s->law.accepted, 100);
	stat_add(&s->law.delivered, 99);
	stat_add(&s->law.bounced, 1);
	for (unsigned int i = 1; i <= r->partners; i++) {
		stat_add(&s->partner[i].stanzas_in[0], i % 50);
		stat_add(&s->partner[i].bytes_in, 1000 * (i % 50));
	}
	stat_set(&s->recent.tsc, 1000);
	stat_set(&s->recent.busy_tsc, 425);
	stat_set(&s->recent.stanzas, 1000);
	loop_at(r->daemon->loop, t, loop_now_us(r->daemon->loop) + TICK_US);
}

static void input(struct loop_watch *w, uint32_t events)
{
	char byte;

	(void)events;
	if (read(w->fd, &byte, 1) <= 0)
		CONTAINER_OF(w, struct relay, input)->has_ended = true;
}

int main(int argc, char **argv)
{
	struct relay r = {.tick = {.due = tick}, .input = {STDIN_FILENO, input}};
	struct opsock *o;
	char error[256];

	if (argc != 4)
		return 2;
	r.partners = (unsigned int)atoi(argv[2]);
	r.daemon = daemon_double_make(r.partners);
	if (r.daemon == NULL)
		return 1;
	r.daemon->streams = (unsigned int)atoi(argv[3]);
	r.daemon->refusals = 3;
	o = opsock_make(r.daemon, argv[1], NULL, LEVEL_ADMIN, error);
	if (o == NULL || !loop_watch(r.daemon->loop, &r.input, EPOLLIN))
		return 1;
	tick(&r.tick);
	puts("ready");
	(void)fflush(stdout);
	while (!r.has_ended && !r.daemon->stopped)
		loop_turn(r.daemon->loop);
	loop_cancel(r.daemon->loop, &r.tick);
	loop_unwatch(r.daemon->loop, &r.input);
	opsock_free(o);
	daemon_double_free(r.daemon);
	return 0;
}
