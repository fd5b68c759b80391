/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * forge.c - an attacker who sees nothing: sends frames with forged addresses out of a device, over
 * a range of sequence and acknowledgment numbers, or as a flood from ever other addresses.
 *
 *	forge DEVICE NAME=VALUE...
 *
 *	kind     rst rstack syn synack ack data fin toobig unreach
 *	to from  MAC addresses
 *	src dst router  IP addresses (src plays the peer, dst is the victim, router sends ICMP)
 *	sport dport window len mtu  as in the headers; ts=VALUE adds a timestamp
 *	seq step count              `count` sequence numbers, `step` apart, from `seq`
 *	ack ackstep acks            for each of them `acks` acknowledgment numbers
 *	rate=N    packets a second; without it as fast as the device takes them
 *	flood=S   instead of a sweep, for S seconds or until SIGTERM: random ports and numbers, and
 *	          sources out of src's /15 (of IPv6: its /32)
 *	seed=N    of the random ones
 *
 * Ends with a line of JSON: frames sent, frames the device did not take, seconds.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/ether.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/e2e/bulk/dice.h"
#include "tests/link/forge_frame.h"
#include "tests/link/wire.h"

#define NS_PER_S UINT64_C(1000000000)

struct forge {
	struct wire wire;
	struct forge_packet packet;
	uint64_t seq, step, count, ack, ackstep, acks, rate, seed;
	double flood_s;
	struct dice dice;
	uint64_t sent, begun_ns;
	uint8_t frame[WIRE_BURST][FORGE_FRAME_MAX]; /* until the burst is sent */
};

static const char *const kind_name[FORGE_KIND_COUNT] = {
    [FORGE_RST] = "rst",        [FORGE_RST_ACK] = "rstack", [FORGE_SYN] = "syn",
    [FORGE_SYN_ACK] = "synack", [FORGE_ACK] = "ack",        [FORGE_DATA] = "data",
    [FORGE_FIN] = "fin",        [FORGE_TOO_BIG] = "toobig", [FORGE_UNREACHABLE] = "unreach",
};

static atomic_bool stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = true;
}

__attribute__((noreturn)) static void die(const char *what)
{
	fprintf(stderr, "forge: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

static bool parse_kind(const char *value, enum forge_kind *kind)
{
	for (unsigned int i = 0; i < FORGE_KIND_COUNT; i++)
		if (strcmp(kind_name[i], value) == 0) {
			*kind = (enum forge_kind)i;
			return true;
		}
	return false;
}

static bool parse_mac(const char *value, uint8_t *mac)
{
	struct ether_addr a;

	if (ether_aton_r(value, &a) == NULL)
		return false;
	memcpy(mac, &a, ETH_ALEN);
	return true;
}

static bool parse_ip(struct forge_packet *p, const char *value, uint8_t *address)
{
	p->is_v6 = strchr(value, ':') != NULL;
	return inet_pton(p->is_v6 ? AF_INET6 : AF_INET, value, address) == 1;
}

/* What is a number goes to @at of @bytes bytes. */
static bool parse_number(const char *value, void *at, size_t bytes)
{
	char *end;
	const uint64_t n = strtoull(value, &end, 0);

	if (end == value || *end != '\0' || (bytes < sizeof(n) && n >> (8 * bytes) != 0))
		return false;
	memcpy(at, &n, bytes); /* little endian, as all machines this runs on */
	return true;
}

static bool parse(struct forge *f, const char *name, const char *value)
{
	struct forge_packet *p = &f->packet;
	const struct {
		const char *name;
		void *at;
		size_t bytes;
	} number[] = {
	    {"sport", &p->sport, 2}, {"dport", &p->dport, 2},     {"window", &p->window, 2},
	    {"len", &p->len, 2},     {"mtu", &p->mtu, 2},         {"ts", &p->ts_val, 4},
	    {"seq", &f->seq, 8},     {"step", &f->step, 8},       {"count", &f->count, 8},
	    {"ack", &f->ack, 8},     {"ackstep", &f->ackstep, 8}, {"acks", &f->acks, 8},
	    {"rate", &f->rate, 8},   {"seed", &f->seed, 8},
	};

	p->has_ts |= strcmp(name, "ts") == 0;
	for (size_t i = 0; i < ARRAY_LEN(number); i++)
		if (strcmp(number[i].name, name) == 0)
			return parse_number(value, number[i].at, number[i].bytes);
	if (strcmp(name, "kind") == 0)
		return parse_kind(value, &p->kind);
	if (strcmp(name, "to") == 0)
		return parse_mac(value, p->to);
	if (strcmp(name, "from") == 0)
		return parse_mac(value, p->from);
	if (strcmp(name, "src") == 0)
		return parse_ip(p, value, p->src);
	if (strcmp(name, "dst") == 0)
		return parse_ip(p, value, p->dst);
	if (strcmp(name, "router") == 0)
		return parse_ip(p, value, p->router);
	if (strcmp(name, "flood") == 0)
		return (f->flood_s = atof(value)) > 0;
	return false;
}

/* The burst that is full by now, not before its time. */
static void pace(const struct forge *f)
{
	uint64_t due_ns;
	struct timespec t;

	if (f->rate == 0)
		return;
	due_ns = f->begun_ns + f->sent * NS_PER_S / f->rate;
	t = (struct timespec){(time_t)(due_ns / NS_PER_S), (long)(due_ns % NS_PER_S)};
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
		;
}

static void send_one(struct forge *f)
{
	uint8_t *const frame = f->frame[f->wire.out_count];

	wire_send(&f->wire, frame, forge_frame(&f->packet, frame));
	if (++f->sent % WIRE_BURST == 0)
		pace(f);
}

static void sweep(struct forge *f)
{
	for (uint64_t s = 0; s < f->count; s++)
		for (uint64_t a = 0; a < f->acks; a++) {
			f->packet.seq = (uint32_t)(f->seq + s * f->step);
			f->packet.ack = (uint32_t)(f->ack + a * f->ackstep);
			send_one(f);
		}
}

static void randomize(struct forge *f)
{
	struct forge_packet *p = &f->packet;
	const uint64_t n = dice_roll(&f->dice);

	if (p->is_v6) {
		memcpy(p->src + 4, &n, sizeof(n));
		dice_fill(&f->dice, p->src + 12, 4);
	} else {
		p->src[1] = (uint8_t)((p->src[1] & 0xfe) | (n & 1));
		p->src[2] = n >> 8 & 0xff;
		p->src[3] = n >> 16 & 0xff;
	}
	p->sport = (uint16_t)(1024 + (n >> 24 & 0x7fff));
	p->seq = (uint32_t)(n >> 32);
}

static void flood(struct forge *f)
{
	const uint64_t until_ns = f->begun_ns + (uint64_t)(f->flood_s * 1e9);

	signal(SIGTERM, stop);
	while (!stopped && clock_ns() < until_ns)
		for (unsigned int i = 0; i < WIRE_BURST; i++) {
			randomize(f);
			send_one(f);
		}
}

int main(int argc, char **argv)
{
	static struct forge f = {.count = 1, .acks = 1, .seed = 1, .packet.window = 65535};

	if (argc < 3) {
		fputs("usage: forge DEVICE NAME=VALUE...\n", stderr);
		return 2;
	}
	for (int i = 2; i < argc; i++) {
		char *value = strchr(argv[i], '=');

		if (value == NULL)
			die(argv[i]);
		*value++ = '\0';
		if (!parse(&f, argv[i], value))
			die(argv[i]);
	}
	if (!wire_open(&f.wire, argv[1], false))
		die(argv[1]);
	f.dice.state = f.seed;
	f.begun_ns = clock_ns();
	if (f.flood_s > 0)
		flood(&f);
	else
		sweep(&f);
	wire_flush(&f.wire);
	printf("{\"sent\": %" PRIu64 ", \"refused\": %" PRIu64 ", \"seconds\": %.6f}\n", f.sent,
	       f.wire.refused, (double)(clock_ns() - f.begun_ns) / 1e9);
	return 0;
}
