/* SPDX-License-Identifier: BSD-3-Clause */
/* eal.c - EAL's command line put together from the configuration and two driver profiles. */
#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/sockios.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_mempool.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/eal.h"
#include "control/profile.h"

#define ARGUMENTS_MAX 40
#define TEXT_MAX      (ARGUMENTS_MAX * 300)

/* EAL keeps pointers to its arguments. */
static struct {
	char *argv[ARGUMENTS_MAX + 1];
	int argc;
	char text[TEXT_MAX];
	size_t used;
} line;

static void add(const char *argument)
{
	const size_t len = strlen(argument) + 1;

	if (line.argc == ARGUMENTS_MAX || line.used + len > sizeof(line.text))
		return; /* the bounds hold all that eal_start() can ask for */
	line.argv[line.argc] = memcpy(line.text + line.used, argument, len);
	line.argc++;
	line.used += len;
}

static bool load_profile(const struct config *config, const char *dir, enum iface iface,
			 struct profile *out, char *error)
{
	return profile_load(dir, config->iface[iface].driver, out, error);
}

/* Receive queues of a Linux link; 1 where it does not tell. */
static uint32_t link_queues(const char *link)
{
	struct ethtool_channels channels = {.cmd = ETHTOOL_GCHANNELS};
	struct ifreq request = {.ifr_data = (char *)&channels};
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint32_t queues = 1;

	(void)snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", link);
	if (fd < 0)
		return queues;
	if (ioctl(fd, SIOCETHTOOL, &request) == 0)
		queues = max_u32(channels.rx_count + channels.combined_count, 1);
	close(fd);
	return queues;
}

/* Queues to ask for: one a core, as far as driver and link have them. */
static uint16_t queues_of(const struct config *config, enum iface iface, const struct profile *p)
{
	uint32_t queues = min_u32(config->cores, p->queues_max);

	if (p->device_per_queue && queues > 1)
		queues = min_u32(queues, link_queues(config->iface[iface].device));
	return (uint16_t)queues;
}

static struct profile_use use_of(const struct config *config, enum iface iface,
				 const struct profile *p, uint16_t queue, unsigned int number)
{
	const struct config_iface *c = &config->iface[iface];

	return (struct profile_use){.device = c->device,
				    .args = c->device_args,
				    .number = number,
				    .queues = queues_of(config, iface, p),
				    .queue = queue,
				    .mtu = c->mtu,
				    .checksum_trust = c->checksum_trust,
				    .own_mac = c->has_mac};
}

static bool add_devices(const struct config *config, const struct profile *profiles, char *error)
{
	unsigned int number = 0;

	for (unsigned int i = 0; i < IFACE_COUNT; i++) {
		const struct profile *p = &profiles[i];
		const unsigned int devices =
		    profile_devices(p, queues_of(config, (enum iface)i, p));

		for (unsigned int k = 0; k < devices; k++) {
			const struct profile_use use =
			    use_of(config, (enum iface)i, p, (uint16_t)k, number++);
			char value[PROFILE_TEXT];

			if (!profile_eal_value(p, &use, value, error))
				return false;
			add(profile_eal_option(p));
			add(value);
		}
	}
	return true;
}

/* "0@(2),1@(3)": lcore 0 is control, the others are cores, on the CPUs this process may use. */
static void add_lcores(uint32_t cores)
{
	char map[32 * (CORES_MAX + 1)] = "--lcores=";
	size_t used = strlen(map);
	unsigned int cpu[CORES_MAX + 1], cpus = 0;
	cpu_set_t set;

	CPU_ZERO(&set);
	(void)sched_getaffinity(0, sizeof(set), &set);
	for (size_t i = 0; i < CPU_SETSIZE && cpus <= cores; i++)
		if (CPU_ISSET(i, &set))
			cpu[cpus++] = (unsigned int)i;
	if (cpus == 0)
		cpu[cpus++] = 0;
	for (uint32_t i = 0; i <= cores; i++)
		used += (size_t)snprintf(map + used, sizeof(map) - used, "%s%u@(%u)",
					 i > 0 ? "," : "", i, cpu[i % cpus]);
	add(map);
}

static void add_memory(const struct config *config, const struct profile *profiles)
{
	char text[32];

	snprintf(text, sizeof(text), "%u", config->memory_mb);
	add("-m");
	add(text);
	if (!config->huge_pages) {
		add("--no-huge");
		add("--no-shconf");
		return;
	}
	add("--in-memory");
	if (profiles[IFACE_EDGE].single_file_segments ||
	    profiles[IFACE_INTERNAL].single_file_segments)
		add("--single-file-segments");
}

static bool check_huge_pages(const struct config *config, const struct profile *profiles,
			     char *error)
{
	for (unsigned int i = 0; i < IFACE_COUNT; i++) {
		if (!profiles[i].huge_pages || config->huge_pages)
			continue;
		snprintf(error, PROFILE_ERROR,
			 "%s:%u: driver %s needs huge pages: set huge-pages=\"true\" and run "
			 "drivers-cfg/host hugepages",
			 config->path, config->iface[i].line, config->iface[i].driver);
		return false;
	}
	return true;
}

bool eal_start(const struct config *config, const char *drivers_dir, char *error)
{
	struct profile profiles[IFACE_COUNT];
	char prefix[64];

	for (unsigned int i = 0; i < IFACE_COUNT; i++)
		if (!load_profile(config, drivers_dir, (enum iface)i, &profiles[i], error))
			return false;
	if (!check_huge_pages(config, profiles, error))
		return false;
	add("sluice");
	add_lcores(config->cores);
	add_memory(config, profiles);
	snprintf(prefix, sizeof(prefix), "--file-prefix=sluice%d", (int)getpid());
	add(prefix);
	if (!config->metrics_telemetry)
		add("--no-telemetry");
	add("--log-level=4"); /* warnings: what EAL has to say goes where our own lines go */
	if (profiles[IFACE_EDGE].kind == PROFILE_VDEV &&
	    profiles[IFACE_INTERNAL].kind == PROFILE_VDEV)
		add("--no-pci");
	if (!add_devices(config, profiles, error))
		return false;
	if (rte_eal_init(line.argc, line.argv) >= 0)
		return true;
	snprintf(
	    error, PROFILE_ERROR,
	    "DPDK did not start (%s): its own lines above say why; devices, memory and privileges "
	    "are prepared by drivers-cfg/host",
	    rte_strerror(rte_errno));
	return false;
}

/* The first device's number of an interface: as add_devices() counts. */
static unsigned int first_number(const struct config *config, const struct profile *edge,
				 enum iface iface)
{
	return iface == IFACE_EDGE ? 0 : profile_devices(edge, queues_of(config, IFACE_EDGE, edge));
}

static bool open_port(const struct config *config, enum iface iface, const struct profile *p,
		      const struct profile_use *use, struct eal_ports *out, char *error)
{
	struct rte_mempool *pools[CORES_MAX] = {NULL}, *pool;
	struct port_setup setup;
	char name[RTE_MEMPOOL_NAMESIZE];

	if (!profile_port(p, use, &setup, error))
		return false;
	snprintf(name, sizeof(name), "rx.%u.%u", (unsigned int)iface, out->count);
	pool =
	    port_make_pool(name, (p->mbufs_min + setup.rx_descriptors) * setup.queues, 256,
			   profile_data_room(p, config->iface[iface].mtu), p->kind == PROFILE_VDEV);
	if (pool == NULL) {
		snprintf(error, PROFILE_ERROR,
			 "%s:%u: no memory for the receive buffers: raise memory-mb", config->path,
			 config->iface[iface].line);
		return false;
	}
	for (uint32_t i = 0; i < setup.queues; i++)
		pools[i] = pool;
	if (!port_open(&out->port[out->count], &setup, pools, error)) {
		rte_mempool_free(pool);
		return false;
	}
	out->pool[out->count++] = pool;
	out->mbufs += p->mbufs_min * setup.queues;
	return true;
}

bool eal_open_ports(const struct config *config, const char *drivers_dir, enum iface iface,
		    struct eal_ports *out, char *error)
{
	struct profile p, edge;
	unsigned int first, devices;

	*out = (struct eal_ports){.count = 0};
	if (!load_profile(config, drivers_dir, iface, &p, error) ||
	    !load_profile(config, drivers_dir, IFACE_EDGE, &edge, error))
		return false;
	first = first_number(config, &edge, iface);
	devices = profile_devices(&p, queues_of(config, iface, &p));
	for (unsigned int i = 0; i < devices; i++) {
		const struct profile_use use = use_of(config, iface, &p, (uint16_t)i, first + i);

		if (!open_port(config, iface, &p, &use, out, error))
			return false;
	}
	return true;
}

void eal_shut_ports(struct eal_ports *p)
{
	for (uint16_t i = 0; i < p->count && !p->is_shut; i++)
		port_close(&p->port[i]);
	p->is_shut = true;
}

void eal_close_ports(struct eal_ports *p)
{
	eal_shut_ports(p);
	for (uint16_t i = 0; i < p->count; i++)
		rte_mempool_free(p->pool[i]);
	p->count = 0;
}

uint16_t eal_queues(const struct eal_ports *p)
{
	uint16_t queues = 0;

	for (uint16_t i = 0; i < p->count; i++)
		queues = (uint16_t)(queues + p->port[i].queues);
	return queues;
}

struct port *eal_queue(struct eal_ports *p, uint16_t index, uint16_t *queue)
{
	for (uint16_t i = 0; i < p->count; i++) {
		if (index < p->port[i].queues) {
			*queue = index;
			return &p->port[i];
		}
		index = (uint16_t)(index - p->port[i].queues);
	}
	return NULL;
}
