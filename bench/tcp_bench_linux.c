/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tcp_bench_linux.c - what the kernel's TCP costs the caller, over loopback.
 *
 * Loopback delivers in the sender's context: send() carries the receiving half of the stack up to
 * the socket's queue, and the ACK, as it would not with a card.
 */
/* not netinet/tcp.h: its states have the names of ours */
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/tcp_bench.h"

enum { IN_A_ROW = 32 };

void bench_linux_open(struct bench_linux *l)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(at), text_len = sizeof(l->congestion);
	const int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	*l = (struct bench_linux){.from = socket(AF_INET, SOCK_STREAM, 0)};
	if (listener < 0 || l->from < 0 || bind(listener, (struct sockaddr *)&at, len) != 0 ||
	    listen(listener, 1) != 0 || getsockname(listener, (struct sockaddr *)&at, &len) != 0)
		bench_die("no socket");
	/* A pacing one sends from a timer, where the sender does not pay for it. */
	(void)setsockopt(l->from, IPPROTO_TCP, TCP_CONGESTION, "reno", strlen("reno"));
	if (setsockopt(l->from, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) != 0 ||
	    connect(l->from, (struct sockaddr *)&at, len) != 0)
		bench_die("loopback does not connect");
	l->to = accept(listener, NULL, NULL);
	if (l->to < 0 ||
	    getsockopt(l->from, IPPROTO_TCP, TCP_CONGESTION, l->congestion, &text_len) != 0)
		bench_die("loopback does not accept");
	(void)close(listener);
}

void bench_linux_close(struct bench_linux *l)
{
	(void)close(l->from);
	(void)close(l->to);
}

void bench_linux_round(const struct bench *b, struct bench_linux *l, unsigned int segments,
		       double *send_ns, double *read_ns)
{
	uint64_t start_ns, sent = 0, got = 0;
	char bytes[BENCH_PAYLOAD];
	unsigned int done = 0;

	memset(bytes, 'z', sizeof(bytes));
	for (; done < segments; done += IN_A_ROW) {
		start_ns = bench_cpu_ns();
		for (int i = 0; i < IN_A_ROW; i++)
			if (send(l->from, bytes, sizeof(bytes), 0) != sizeof(bytes))
				bench_die("send() over loopback");
		sent += bench_since_ns(b, start_ns);
		start_ns = bench_cpu_ns();
		for (int i = 0; i < IN_A_ROW; i++)
			if (recv(l->to, bytes, sizeof(bytes), MSG_WAITALL) != sizeof(bytes))
				bench_die("recv() over loopback");
		got += bench_since_ns(b, start_ns);
	}
	*send_ns = (double)sent / done;
	*read_ns = (double)got / done;
}
