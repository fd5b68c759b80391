/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bulk.c - our side of the bulk transfers: one order a line of standard input; "started", then a
 * line of JSON on standard output. The other side, with the kernel's stack, is the caller's.
 *
 *	bulk_stack DRIVERS-CFG-FOLDER DRIVER DEVICE CPU [cubic|newreno]
 *
 *	ROLE PORT FLOWS BYTES MILLISECONDS CLOSE READER KEEP SEED DROP DUPLICATE REORDER CORRUPT
 *DEADLINE
 *
 * ROLE is dial (192.0.2.2's PORT) or listen (5269), for FLOWS connections at once that send BYTES
 * each, or less when MILLISECONDS are over; CLOSE is first or last; READER is fast, slow, or echo
 *(sends as much as it has received); KEEP is 0 or 1; the next four are of 10,000 packets, in each
 * direction; DEADLINE is in seconds. Says "ready" when it listens, stops at end of file.
 */
#include <inttypes.h>
#include <poll.h>
#include <unistd.h>

#include "control/profile.h"
#include "tests/e2e/bulk/report.h"
#include "tests/eal.h"

enum bulk_bounds {
	FLOWS_MAX = 32,
	QUIET_US = 100 * 1000, /* after a case: nothing may be under way any more */
	QUIET_MAX_US = 3000 * 1000,
	TURNS_A_LOOK = 64, /* turns between two looks at standard input */
};

struct order {
	char role[8], close[8], reader[8];
	unsigned int port, flows, milliseconds, keep, deadline_s;
	uint64_t bytes, seed;
	struct fault_rates rates;
};

static struct stack stack;
static struct talker talker[FLOWS_MAX];

__attribute__((noreturn)) static void die(const char *what)
{
	fprintf(stderr, "bulk_stack: %s\n", what);
	exit(1);
}

/* EAL keeps none of the strings, but wants them writable. */
static void start_eal(const char *option, const char *value, const char *cpu)
{
	const char *const device[] = {option, value, NULL};

	eal_start("160", cpu, device);
}

static void open_stack(char **argv, struct stack_tcp tcp)
{
	const struct profile_use use = {
	    .device = argv[3], .args = "", .queues = 1, .mtu = STACK_MTU};
	char value[PROFILE_TEXT], error[PROFILE_ERROR];
	struct port_setup setup;
	struct profile p;

	if (!profile_load(argv[1], argv[2], &p, error) ||
	    !profile_eal_value(&p, &use, value, error))
		die(error);
	start_eal(profile_eal_option(&p), value, argv[4]);
	if (!profile_port(&p, &use, &setup, error) ||
	    !stack_open(&stack, &setup, p.mbufs_min + setup.rx_descriptors,
			profile_data_room(&p, use.mtu), tcp, error))
		die(error);
}

static bool parse_order(const char *line, struct order *o)
{
	*o = (struct order){0};
	return sscanf(line,
		      "%7s %u %u %" SCNu64 " %u %7s %7s %u %" SCNu64 " %" SCNu32 " %" SCNu32
		      " %" SCNu32 " %" SCNu32 " %u",
		      o->role, &o->port, &o->flows, &o->bytes, &o->milliseconds, o->close,
		      o->reader, &o->keep, &o->seed, &o->rates.drop, &o->rates.duplicate,
		      &o->rates.reorder, &o->rates.corrupt, &o->deadline_s) == 14 &&
	       o->flows >= 1 && o->flows <= FLOWS_MAX;
}

/* The one of @flows that has connection @c; one that waits for a connection when @c is new. */
static struct talker *find_talker(unsigned int flows, const struct tcp_conn *c)
{
	for (unsigned int i = 0; i < flows; i++)
		if (talker[i].conn == c)
			return &talker[i];
	return NULL;
}

/* Connections of an earlier order have been released: news is a talker's, or of its arrival. */
static void hear(unsigned int flows)
{
	struct tcp_conn *c;
	unsigned int news;

	while ((c = tcp_next_news(stack.tcp, &news)) != NULL) {
		struct talker *k = find_talker(flows, c);

		if (k == NULL && news & TCP_NEWS_ACCEPTED) {
			k = find_talker(flows, NULL);
			if (k != NULL)
				k->conn = c;
		}
		if (k != NULL)
			talker_hear(k, news, stack.now_us);
		else
			tcp_release(stack.tcp, c);
	}
}

static void turn(unsigned int flows)
{
	stack_receive(&stack);
	if (flows > 0)
		hear(flows);
	for (unsigned int i = 0; i < flows; i++)
		talker_turn(&talker[i], stack.now_us);
	stack_transmit(&stack);
}

static void start_flow(struct talker *k, const struct order *o, uint64_t seed)
{
	const struct talker_setup setup = {
	    .tcp = stack.tcp,
	    .pool = stack.pool,
	    .bytes = o->bytes,
	    .time_us = (uint64_t)o->milliseconds * 1000,
	    .close = strcmp(o->close, "first") == 0 ? TALKER_CLOSE_FIRST : TALKER_CLOSE_LAST,
	    .slow = strcmp(o->reader, "slow") == 0,
	    .echo = strcmp(o->reader, "echo") == 0,
	    .keep = o->keep != 0,
	    .seed = seed,
	};
	const struct ip_addr here = addr_from_v4(STACK_ADDRESS), there = addr_from_v4(STACK_PEER);

	if (!talker_begin(k, &setup))
		die("no memory for hashes");
	if (strcmp(o->role, "dial") != 0)
		return;
	k->conn = tcp_dial(stack.tcp, IFACE_EDGE, &here, &there, (uint16_t)o->port, stack.now_us);
	if (k->conn == NULL)
		die("cannot dial");
}

static void start(const struct order *o)
{
	memset(&stack.theirs, 0, sizeof(stack.theirs));
	memset(&stack.ours, 0, sizeof(stack.ours));
	memset(stack.drops, 0, sizeof(stack.drops));
	stack.begun_us = stack.now_us;
	stack.stalled_us = stack.longest_stall_us = 0;
	faults_set(&stack.in, &o->rates, o->seed + 1);
	faults_set(&stack.out, &o->rates, o->seed + 2);
	for (unsigned int i = 0; i < o->flows; i++)
		start_flow(&talker[i], o, o->seed + i);
}

static bool is_over(unsigned int flows)
{
	for (unsigned int i = 0; i < flows; i++)
		if (!talker_is_over(&talker[i]))
			return false;
	return true;
}

static struct report_flow end_flow(struct talker *k)
{
	struct report_flow f = {.state = "none", .orderly = talker_is_orderly(k)};

	if (k->conn != NULL)
		f.state = k->gone & TCP_NEWS_RESET     ? "reset"
			  : k->gone & TCP_NEWS_TIMEOUT ? "timeout"
						       : tcp_state_name(tcp_state(k->conn));
	talker_end(k, f.sent, f.received, stack.now_us);
	return f;
}

/* Mbufs that nobody gives back. What the other side still sends is answered meanwhile. */
static unsigned int count_leaked(void)
{
	const uint64_t begun_us = stack.now_us;
	uint64_t quiet_us = stack.now_us;

	while (stack.now_us - quiet_us < QUIET_US && stack.now_us - begun_us < QUIET_MAX_US) {
		turn(0);
		if (!stack_is_quiet(&stack))
			quiet_us = stack.now_us;
	}
	return rte_mempool_in_use_count(stack.pool) + rte_mempool_in_use_count(stack.copies);
}

static void run(const struct order *o)
{
	const uint64_t until_us = stack.now_us + o->deadline_s * US_PER_S;
	struct report_flow f[FLOWS_MAX];

	start(o);
	puts("started");
	while (!is_over(o->flows) && stack.now_us < until_us)
		turn(o->flows);
	for (unsigned int i = 0; i < o->flows; i++)
		f[i] = end_flow(&talker[i]);
	report(&stack, talker, f, o->flows, count_leaked());
}

/* A line of standard input, polling meanwhile. False at its end. */
static bool next_line(char *line, size_t size)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};

	while (poll(&in, 1, 0) == 0)
		for (unsigned int i = 0; i < TURNS_A_LOOK; i++)
			turn(0);
	return fgets(line, (int)size, stdin) != NULL;
}

int main(int argc, char **argv)
{
	const bool newreno = argc > 5 && strcmp(argv[5], "newreno") == 0;
	const bool ecn = argc > 6 && strcmp(argv[6], "ecn") == 0;
	char line[256];
	struct order o;

	if (argc < 5 || argc > 7)
		die("usage: bulk_stack DRIVERS-CFG-FOLDER DRIVER DEVICE CPU [cubic|newreno [ecn]]");
	open_stack(argv, (struct stack_tcp){newreno ? TCP_NEWRENO : TCP_CUBIC, ecn});
	setvbuf(stdin, NULL, _IONBF, 0); /* or poll() would not see what is buffered */
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("ready");
	while (next_line(line, sizeof(line))) {
		if (!parse_order(line, &o))
			die("what is this order?");
		run(&o);
	}
	stack_close(&stack);
	rte_eal_cleanup();
	return 0;
}
