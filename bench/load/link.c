/* SPDX-License-Identifier: BSD-3-Clause */
/* link.c - sockets and addresses from the command line; the one stack of the program. */
#include "bench/load/link.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "usage: sluice-load-link --outside SOCKET,ADDR/BITS --inside SOCKET,ADDR/BITS [OPTION...] --\n"
    "                        [as sluice-load, see its --help]\n"
    "\n"
    "sluice-load over the relay's own TCP and memory shared with the relay, without the kernel: "
    "at\n"
    "each SOCKET it waits for a net_virtio_user (drivers-cfg/virtio_user.conf). On the outer "
    "network\n"
    "it is the host ADDR where partners live, on the inner one that of the gateways; --listen "
    "names\n"
    "one of the two addresses.\n"
    "\n"
    "  --cpu N        poll on this processor (default: the first it may use)\n"
    "  --memory MB    of packets and connections (1024)\n"
    "  --checksums    leave checksums to the device, as most cards can; without it software makes "
    "and\n"
    "                 looks at every one\n"
    "  --loop         no relay: the inner end is the other end of the outer one; both ADDR are of "
    "one\n"
    "                 network, and role tls goes from one to the other: what the link itself "
    "costs\n";

static struct stack the_stack;

static _Noreturn void wrong(const char *option, const char *why)
{
	fprintf(stderr, "%s: %s: %s (--help shows all)\n", program_invocation_short_name, option,
		why);
	exit(2);
}

static unsigned int whole(const char *option, const char *text, unsigned int most)
{
	char *end;
	const unsigned long n = strtoul(text, &end, 10);

	if (*text == '\0' || *end != '\0' || n > most)
		wrong(option, "no such number");
	return (unsigned int)n;
}

/* "/run/x/out.sock,192.0.2.20/24" */
static void read_side(const char *option, const char *text, struct stack_side *side)
{
	const char *comma = strrchr(text, ','), *slash = strrchr(text, '/');
	char address[ADDR_TEXT_MAX];

	if (comma == NULL || slash < comma || (size_t)(comma - text) >= sizeof(side->socket) ||
	    (size_t)(slash - comma) > sizeof(address))
		wrong(option, "wants SOCKET,ADDRESS/BITS");
	snprintf(side->socket, sizeof(side->socket), "%.*s", (int)(comma - text), text);
	snprintf(address, sizeof(address), "%.*s", (int)(slash - comma - 1), comma + 1);
	if (!addr_parse(address, &side->address) || !addr_is_v4(&side->address))
		wrong(option, "no IPv4 address behind the comma");
	side->prefix_len = (uint8_t)whole(option, slash + 1, 32);
}

static unsigned int first_cpu(void)
{
	cpu_set_t cpus;
	unsigned int cpu = 0;

	CPU_ZERO(&cpus);
	(void)sched_getaffinity(0, sizeof(cpus), &cpus);
	while (cpu < CPU_SETSIZE - 1 && !CPU_ISSET(cpu, &cpus))
		cpu++;
	return cpu;
}

static bool read_option(struct stack_setup *s, const char *name, const char *value)
{
	if (strcmp(name, "--outside") == 0)
		read_side(name, value, &s->side[IFACE_EDGE]);
	else if (strcmp(name, "--inside") == 0)
		read_side(name, value, &s->side[IFACE_INTERNAL]);
	else if (strcmp(name, "--cpu") == 0)
		s->cpu = whole(name, value, CPU_SETSIZE - 1);
	else if (strcmp(name, "--memory") == 0)
		s->memory_mb = whole(name, value, 1 << 20);
	else
		return false;
	return true;
}

int link_read(struct stack_setup *s, int argc, char **argv)
{
	int i = 1;

	*s = (struct stack_setup){.cpu = first_cpu(), .memory_mb = 1024};
	for (; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--help") == 0) {
			fputs(help, stdout);
			exit(0);
		} else if (strcmp(argv[i], "--loop") == 0) {
			s->is_loop = true;
		} else if (strcmp(argv[i], "--checksums") == 0) {
			s->offloads = true;
		} else if (i + 1 < argc && read_option(s, argv[i], argv[i + 1])) {
			i++;
		} else {
			wrong(argv[i], "no such option here, or without its value");
		}
	}
	for (unsigned int k = 0; k < IFACE_COUNT; k++)
		if (s->side[k].socket[0] == '\0')
			wrong("--outside, --inside", "both are needed");
	if (i == argc)
		wrong("--", "the options of sluice-load are missing behind it");
	return i;
}

static void remove_sockets(void)
{
	for (unsigned int i = 0; i < IFACE_COUNT; i++)
		(void)unlink(the_stack.setup.side[i].socket);
}

void link_start(const struct stack_setup *setup)
{
	char error[STACK_ERROR];

	(void)atexit(remove_sockets); /* also when the run ends the program */
	if (stack_start(&the_stack, setup, error))
		return;
	fprintf(stderr, "%s: %s\n", program_invocation_short_name, error);
	exit(2);
}

struct stack *link_stack(void)
{
	return &the_stack;
}
