/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * link.c - a link between network devices, made of one process: frames that come in at a device of
 * one side go out at those of the other, late, lost, repeated or out of order as told.
 *
 *	link A-DEVICE[,A-DEVICE...] B-DEVICE[,B-DEVICE...]
 *
 * Orders, a line each on standard input; each is answered with a line of JSON:
 *
 *	set SEED  DELAY LOSS DUPLICATE REORDER REORDER-BY RATE QUEUE MARK  ... (B to A)
 *	counts
 *
 * in microseconds, events of 10,000 packets, kbit/s and bytes. Says "ready" first, stops at end of
 * file. A device that an address was heard on gets what is for it; all of the other side get the
 *rest.
 */
#include <errno.h>
#include <inttypes.h>
#include <net/ethernet.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "tests/link/lane.h"
#include "tests/link/wire.h"

#define NS_PER_S UINT64_C(1000000000)

enum { PORTS_MAX = 8, STATIONS_MAX = 64, FRAMES_A_TURN = 64, SIDES = 2, LEAD_MAX_NS = 400000 };

struct station {
	uint8_t mac[ETH_ALEN];
	unsigned int port;
};

struct port {
	struct wire wire;
	unsigned int side;
};

static struct port port[PORTS_MAX];
static unsigned int ports, stations;
static struct station station[STATIONS_MAX];
static struct lane lane[SIDES]; /* by the side that it starts at */
static uint64_t lead_ns;        /* by so much sleep is ended early: how late it ended lately */

__attribute__((noreturn)) static void die(const char *what)
{
	fprintf(stderr, "link: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

static struct station *find_station(const uint8_t *mac)
{
	for (unsigned int i = 0; i < stations; i++)
		if (memcmp(station[i].mac, mac, ETH_ALEN) == 0)
			return &station[i];
	return NULL;
}

/* Where a sender was first heard it stays: forged frames move nobody. A device itself is no
 * neighbour of the other side. */
static void learn(const uint8_t *mac, unsigned int from)
{
	if (stations == STATIONS_MAX || find_station(mac) != NULL)
		return;
	memcpy(station[stations].mac, mac, ETH_ALEN);
	station[stations++].port = from;
}

static void open_side(char *devices, unsigned int side)
{
	char *rest = NULL;

	for (char *d = strtok_r(devices, ",", &rest); d; d = strtok_r(NULL, ",", &rest)) {
		if (ports == PORTS_MAX || !wire_open(&port[ports].wire, d, true))
			die(d);
		port[ports].side = side;
		learn(port[ports].wire.mac, ports);
		ports++;
	}
}

/* The device of side A that a frame comes from or goes to. */
static uint32_t party(unsigned int from, const struct station *to)
{
	if (port[from].side == 0)
		return from;
	return to != NULL ? to->port : 0;
}

static unsigned int receive(unsigned int from, uint64_t now_ns)
{
	struct wire *w = &port[from].wire;
	unsigned int n = 0;
	const uint8_t *frame;
	uint16_t len;

	while (n < FRAMES_A_TURN && (frame = wire_receive(w, &len)) != NULL) {
		const struct station *to;

		learn(frame + ETH_ALEN, from);
		to = find_station(frame);
		if (to == NULL || port[to->port].side != port[from].side)
			lane_put(&lane[port[from].side], frame, len,
				 (struct lane_origin){party(from, to), from}, now_ns);
		wire_taken(w);
		n++;
	}
	return n;
}

static void send_on(const struct lane_slot *s)
{
	const struct station *to = find_station(s->frame);

	for (unsigned int i = 0; i < ports; i++)
		if (to != NULL ? i == to->port : port[i].side != port[s->port].side)
			wire_send(&port[i].wire, s->frame, s->len);
}

static void deliver(uint64_t now_ns)
{
	const struct lane_slot *s;

	for (unsigned int side = 0; side < SIDES; side++)
		while ((s = lane_take(&lane[side], now_ns)) != NULL)
			send_on(s);
	for (unsigned int i = 0; i < ports; i++)
		wire_flush(&port[i].wire);
}

static void say_counts(void)
{
	uint64_t overrun = 0, refused = 0;

	for (unsigned int i = 0; i < ports; i++) {
		overrun += wire_overrun(&port[i].wire);
		refused += port[i].wire.refused;
		port[i].wire.refused = 0;
	}
	printf("{\"overrun\": %" PRIu64 ", \"refused\": %" PRIu64, overrun, refused);
	for (unsigned int side = 0; side < SIDES; side++) {
		const struct lane_counts *c = &lane[side].counts;

		printf(", \"%s\": {\"frames\": %" PRIu64 ", \"bytes\": %" PRIu64
		       ", \"lost\": %" PRIu64 ", \"duplicated\": %" PRIu64
		       ", \"reordered\": %" PRIu64 ", \"overflowed\": %" PRIu64
		       ", \"no_slot\": %" PRIu64 ", \"delivered\": %" PRIu64 ", \"late\": %" PRIu64
		       ", \"late_us\": %.1f, \"flows\": %" PRIu64 ", \"marked\": %" PRIu64 "}",
		       side == 0 ? "ab" : "ba", c->frames, c->bytes, c->lost, c->duplicated,
		       c->reordered, c->overflowed, c->no_slot, c->delivered, c->late,
		       c->delivered == 0 ? 0.0
					 : (double)c->late_ns_sum / 1e3 / (double)c->delivered,
		       c->flows, c->marked);
	}
	puts("}");
}

static bool parse_rules(const char *text, struct lane_rules *r, int *used)
{
	return sscanf(text, "%u %u %u %u %u %u %u %u %u%n", &r->delay_us, &r->loss, &r->duplicate,
		      &r->reorder, &r->reorder_us, &r->rate_kbit, &r->queue_bytes, &r->mark,
		      &r->jitter_us, used) == 9;
}

static bool obey(const char *line)
{
	struct lane_rules ab, ba;
	uint64_t seed;
	int at, used;

	if (strcmp(line, "counts\n") == 0) {
		say_counts();
		return true;
	}
	if (sscanf(line, "set %" SCNu64 "%n", &seed, &at) != 1 ||
	    !parse_rules(line + at, &ab, &used) || !parse_rules(line + at + used, &ba, &used))
		return false;
	lane_set(&lane[0], &ab, seed * 2 * LANE_FLOWS);
	lane_set(&lane[1], &ba, (seed * 2 + 1) * LANE_FLOWS);
	puts("{}");
	return true;
}

/*
 * How long to sleep before @due_ns. A sleeping processor wakes late, by some 0.2 ms on a virtual
 * machine, so the sleep ends as much earlier as it was late before, and the rest is spent polling.
 */
static struct timespec nap(uint64_t now_ns, uint64_t due_ns)
{
	const uint64_t ns = due_ns > now_ns + lead_ns ? due_ns - now_ns - lead_ns : 0;

	return (struct timespec){(time_t)(ns / NS_PER_S), (long)(ns % NS_PER_S)};
}

static void learn_lead(uint64_t planned_ns)
{
	const uint64_t now_ns = clock_ns();
	const uint64_t late_ns = now_ns > planned_ns ? now_ns - planned_ns : 0;

	lead_ns = (lead_ns * 7 + late_ns) / 8;
	if (lead_ns > LEAD_MAX_NS)
		lead_ns = LEAD_MAX_NS;
}

/* Sleeps until a frame comes in, one is due, or an order is there. False at the end of orders. */
static bool rest(bool busy)
{
	const uint64_t now_ns = clock_ns(), a_ns = lane_next_ns(&lane[0]),
		       b_ns = lane_next_ns(&lane[1]);
	const uint64_t due_ns = busy ? 0 : a_ns < b_ns ? a_ns : b_ns;
	const struct timespec wait = nap(now_ns, due_ns);
	struct pollfd fd[PORTS_MAX + 1];
	char line[256];
	int n;

	for (unsigned int i = 0; i < ports; i++)
		fd[i] = (struct pollfd){.fd = port[i].wire.fd, .events = POLLIN};
	fd[ports] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
	n = ppoll(fd, ports + 1, due_ns == UINT64_MAX ? NULL : &wait, NULL);
	if (n < 0 && errno != EINTR)
		die("ppoll");
	if (n == 0 && due_ns > now_ns + lead_ns)
		learn_lead(due_ns - lead_ns);
	if (fd[ports].revents == 0)
		return true;
	if (fgets(line, sizeof(line), stdin) == NULL)
		return false;
	if (!obey(line))
		die(line);
	return true;
}

/* Sleeps end when they should, and its turn comes when it wakes: it never computes for long. */
static void be_prompt(void)
{
	const struct sched_param first = {.sched_priority = 1};

	(void)prctl(PR_SET_TIMERSLACK, 1UL);
	if (sched_setscheduler(0, SCHED_RR, &first) != 0)
		fputs("link: no real-time priority: delays are less precise\n", stderr);
	(void)mlockall(MCL_CURRENT | MCL_FUTURE);
}

int main(int argc, char **argv)
{
	unsigned int turns = 0;

	if (argc != 3) {
		fputs("usage: link A-DEVICE[,A-DEVICE...] B-DEVICE[,B-DEVICE...]\n", stderr);
		return 2;
	}
	for (unsigned int side = 0; side < SIDES; side++) {
		lane_init(&lane[side]);
		open_side(argv[1 + side], side);
	}
	be_prompt();
	setvbuf(stdin, NULL, _IONBF, 0); /* or ppoll() would not see what is buffered */
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("ready");
	for (;;) {
		const uint64_t now_ns = clock_ns();
		unsigned int n = 0;

		for (unsigned int i = 0; i < ports; i++)
			n += receive(i, now_ns);
		deliver(now_ns);
		if ((n == 0 || ++turns % FRAMES_A_TURN == 0) && !rest(n > 0))
			return 0;
	}
}
