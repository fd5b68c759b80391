/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bulk.c - our side of the bulk transfers: one connection a line of standard input; "started", then
 * a line of JSON on standard output. run.py is the other side, with the kernel's stack.
 *
 *	bulk_stack DRIVERS-CFG-FOLDER DRIVER DEVICE CPU
 *
 *	ROLE PORT BYTES CLOSE SLOW KEEP SEED DROP DUPLICATE REORDER CORRUPT
 *
 * ROLE is dial (192.0.2.2's PORT) or listen (5269); CLOSE is first or last; SLOW and KEEP are 0 or
 * 1; the last four are of 10,000 packets, in each direction. Says "ready" when it listens, stops at
 * end of file.
 */
#include <inttypes.h>
#include <poll.h>
#include <unistd.h>

#include "control/profile.h"
#include "tests/e2e/bulk/stack.h"
#include "tests/e2e/bulk/talker.h"
#include "tests/eal.h"

enum bulk_bounds {
	CASE_SECONDS = 120,
	QUIET_US = 100 * 1000, /* after a case: nothing may be under way any more */
	QUIET_MAX_US = 3000 * 1000,
	TURNS_A_LOOK = 64, /* turns between two looks at standard input */
};

struct order {
	char role[8], close[8];
	unsigned int port, slow, keep;
	uint64_t bytes, seed;
	struct fault_rates rates;
};

struct digests {
	uint8_t sent[TALKER_DIGEST], received[TALKER_DIGEST];
};

static struct stack stack;

__attribute__((noreturn)) static void die(const char *what)
{
	fprintf(stderr, "bulk_stack: %s\n", what);
	exit(1);
}

/* EAL keeps none of the strings, but wants them writable. */
static void start_eal(const char *option, const char *value, const char *cpu)
{
	const char *const device[] = {option, value, NULL};

	eal_start("96", cpu, device);
}

static void open_stack(char **argv)
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
			profile_data_room(&p, use.mtu), error))
		die(error);
}

static bool parse_order(const char *line, struct order *o)
{
	*o = (struct order){0};
	return sscanf(line,
		      "%7s %u %" SCNu64 " %7s %u %u %" SCNu64 " %" SCNu32 " %" SCNu32 " %" SCNu32
		      " %" SCNu32,
		      o->role, &o->port, &o->bytes, o->close, &o->slow, &o->keep, &o->seed,
		      &o->rates.drop, &o->rates.duplicate, &o->rates.reorder,
		      &o->rates.corrupt) == 11;
}

/* Connections of an earlier case have been released: news is the talker's, or of its arrival. */
static void hear(struct talker *k)
{
	struct tcp_conn *c;
	unsigned int news;

	while ((c = tcp_next_news(stack.tcp, &news)) != NULL) {
		if (k->conn == NULL && news & TCP_NEWS_ACCEPTED)
			k->conn = c;
		if (k->conn == c)
			talker_hear(k, news, stack.now_us);
		else
			tcp_release(stack.tcp, c);
	}
}

static void turn(struct talker *k)
{
	stack_receive(&stack);
	if (k != NULL) {
		hear(k);
		talker_turn(k, stack.now_us);
	}
	stack_transmit(&stack);
}

static void start(struct talker *k, const struct order *o)
{
	const struct talker_setup setup = {
	    .tcp = stack.tcp,
	    .pool = stack.pool,
	    .bytes = o->bytes,
	    .close = strcmp(o->close, "first") == 0 ? TALKER_CLOSE_FIRST : TALKER_CLOSE_LAST,
	    .slow = o->slow != 0,
	    .keep = o->keep != 0,
	    .seed = o->seed,
	};
	const struct ip_addr here = addr_from_v4(STACK_ADDRESS), there = addr_from_v4(STACK_PEER);

	if (!talker_begin(k, &setup))
		die("no memory for hashes");
	memset(&stack.theirs, 0, sizeof(stack.theirs));
	memset(&stack.ours, 0, sizeof(stack.ours));
	memset(stack.drops, 0, sizeof(stack.drops));
	faults_set(&stack.in, &o->rates, o->seed + 1);
	faults_set(&stack.out, &o->rates, o->seed + 2);
	if (strcmp(o->role, "dial") != 0)
		return;
	k->conn = tcp_dial(stack.tcp, IFACE_EDGE, &here, &there, (uint16_t)o->port, stack.now_us);
	if (k->conn == NULL)
		die("cannot dial");
}

/* Mbufs that nobody gives back. What the other side still sends is answered meanwhile. */
static unsigned int count_leaked(void)
{
	const uint64_t begun_us = stack.now_us;
	uint64_t quiet_us = stack.now_us;

	while (stack.now_us - quiet_us < QUIET_US && stack.now_us - begun_us < QUIET_MAX_US) {
		turn(NULL);
		if (!stack_is_quiet(&stack))
			quiet_us = stack.now_us;
	}
	return rte_mempool_in_use_count(stack.pool) + rte_mempool_in_use_count(stack.copies);
}

static const char *hex(const uint8_t *digest, char text[2 * TALKER_DIGEST + 1])
{
	for (unsigned int i = 0; i < TALKER_DIGEST; i++)
		snprintf(text + (size_t)2 * i, 3, "%02x", digest[i]);
	return text;
}

static void say_faults(const char *name, const struct fault_counts *f)
{
	printf("\"%s\": {\"dropped\": %" PRIu64 ", \"duplicated\": %" PRIu64
	       ", \"reordered\": %" PRIu64 ", \"corrupted\": %" PRIu64 ", \"short\": %" PRIu64
	       "}, ",
	       name, f->dropped, f->duplicated, f->reordered, f->corrupted, f->short_of_memory);
}

static void say_watch(const char *name, const struct watch *w)
{
	printf("\"%s\": {\"segments\": %" PRIu64 ", \"retransmitted\": %" PRIu64
	       ", \"resets\": %" PRIu64 ", \"narrow\": %" PRIu64 "}, ",
	       name, w->segments, w->retransmitted, w->resets, w->narrow);
}

static void say_drops(void)
{
	const char *comma = "";

	printf("\"drops\": {");
	for (unsigned int i = 0; i < DROP_COUNT; i++)
		if (stack.drops[i] > 0) {
			printf("%s\"%s\": %" PRIu32, comma, drop_name((enum drop)i),
			       stack.drops[i]);
			comma = ", ";
		}
	printf("}}\n");
}

static void report(const struct talker *k, bool orderly, const char *state, const struct digests *d,
		   unsigned int leaked)
{
	const uint64_t end_us = k->ended_us != 0 ? k->ended_us : stack.now_us;
	char text[2 * TALKER_DIGEST + 1];

	printf("{\"orderly\": %s, \"state\": \"%s\", \"leaked\": %u, ", orderly ? "true" : "false",
	       state, leaked);
	printf("\"seconds\": %.6f, \"sent_bytes\": %" PRIu64 ", \"received_bytes\": %" PRIu64 ", ",
	       k->open ? (double)(end_us - k->begun_us) / 1e6 : 0.0, k->sent, k->received);
	printf("\"sent\": \"%s\", ", hex(d->sent, text));
	printf("\"received\": \"%s\", ", hex(d->received, text));
	say_faults("faults_in", &stack.in.counts);
	say_faults("faults_out", &stack.out.counts);
	say_watch("theirs", &stack.theirs);
	say_watch("ours", &stack.ours);
	say_drops();
}

static void run(const struct order *o)
{
	const uint64_t until_us = stack.now_us + CASE_SECONDS * US_PER_S;
	const char *state = "none";
	struct digests d;
	struct talker k;
	bool orderly;

	start(&k, o);
	puts("started");
	while (!talker_is_over(&k) && stack.now_us < until_us)
		turn(&k);
	orderly = talker_is_orderly(&k);
	if (k.conn != NULL)
		state = k.gone & TCP_NEWS_RESET     ? "reset"
			: k.gone & TCP_NEWS_TIMEOUT ? "timeout"
						    : tcp_state_name(tcp_state(k.conn));
	talker_end(&k, d.sent, d.received, stack.now_us);
	report(&k, orderly, state, &d, count_leaked());
}

/* A line of standard input, polling meanwhile. False at its end. */
static bool next_line(char *line, size_t size)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};

	while (poll(&in, 1, 0) == 0)
		for (unsigned int i = 0; i < TURNS_A_LOOK; i++)
			turn(NULL);
	return fgets(line, (int)size, stdin) != NULL;
}

int main(int argc, char **argv)
{
	char line[256];
	struct order o;

	if (argc != 5)
		die("usage: bulk_stack DRIVERS-CFG-FOLDER DRIVER DEVICE CPU");
	open_stack(argv);
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
