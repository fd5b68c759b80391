/* SPDX-License-Identifier: BSD-3-Clause */
/* collect_process.c - ports, packet buffers, the configuration, the process. */
#include <stdio.h>

#include "control/metrics/collect_row.h"

/* Of all its devices together. False when there is no such interface, or one does not tell. */
static bool read_port(const struct collection *c, uint64_t row, struct port_counters *sum)
{
	const enum iface iface = (enum iface)row;

	*sum = (struct port_counters){0};
	for (size_t i = 0; i < daemon_ports(c->daemon, iface); i++) {
		struct port_counters n;

		if (!port_read_counters(daemon_port(c->daemon, iface, i), &n))
			return false;
		sum->rx_packets += n.rx_packets;
		sum->tx_packets += n.tx_packets;
		sum->rx_bytes += n.rx_bytes;
		sum->tx_bytes += n.tx_bytes;
		sum->rx_missed += n.rx_missed;
		sum->rx_errors += n.rx_errors;
		sum->tx_errors += n.tx_errors;
	}
	return true;
}

bool collect_port_packets(const struct collection *c, uint64_t row)
{
	struct port_counters n;

	if (row >= IFACE_COUNT)
		return false;
	if (read_port(c, row, &n)) {
		collect_n(c, n.rx_packets, collect_leg((unsigned int)row), "in");
		collect_n(c, n.tx_packets, collect_leg((unsigned int)row), "out");
	}
	return true;
}

bool collect_port_bytes(const struct collection *c, uint64_t row)
{
	struct port_counters n;

	if (row >= IFACE_COUNT)
		return false;
	if (read_port(c, row, &n)) {
		collect_n(c, n.rx_bytes, collect_leg((unsigned int)row), "in");
		collect_n(c, n.tx_bytes, collect_leg((unsigned int)row), "out");
	}
	return true;
}

bool collect_port_rx_missed(const struct collection *c, uint64_t row)
{
	struct port_counters n;

	if (row >= IFACE_COUNT)
		return false;
	if (read_port(c, row, &n))
		collect_n(c, n.rx_missed, collect_leg((unsigned int)row));
	return true;
}

bool collect_port_errors(const struct collection *c, uint64_t row)
{
	struct port_counters n;

	if (row >= IFACE_COUNT)
		return false;
	if (read_port(c, row, &n)) {
		collect_n(c, n.rx_errors, collect_leg((unsigned int)row), "in");
		collect_n(c, n.tx_errors, collect_leg((unsigned int)row), "out");
	}
	return true;
}

bool collect_mbuf_in_use(const struct collection *c, uint64_t row)
{
	struct daemon_pool p;

	if (!daemon_pool(c->daemon, row, &p))
		return false;
	if (p.is_packets)
		collect_n(c, p.size - p.available, p.name);
	return true;
}

bool collect_mbuf_size(const struct collection *c, uint64_t row)
{
	struct daemon_pool p;

	if (!daemon_pool(c->daemon, row, &p))
		return false;
	if (p.is_packets)
		collect_n(c, p.size, p.name);
	return true;
}

bool collect_uptime(const struct collection *c, uint64_t row)
{
	if (row > 0)
		return false;
	collect_n(c, daemon_uptime_s(c->daemon));
	return true;
}

bool collect_reload_ok(const struct collection *c, uint64_t row)
{
	if (row > 0)
		return false;
	collect_n(c, daemon_reload_succeeded(c->daemon));
	return true;
}

bool collect_reload_time(const struct collection *c, uint64_t row)
{
	if (row > 0)
		return false;
	collect_n(c, daemon_loaded_unix_s(c->daemon));
	return true;
}

bool collect_config_hash(const struct collection *c, uint64_t row)
{
	char hash[20];

	if (row > 0)
		return false;
	(void)snprintf(hash, sizeof(hash), "%016llx",
		       (unsigned long long)daemon_config(c->daemon)->hash);
	collect_n(c, 1, hash);
	return true;
}

bool collect_build(const struct collection *c, uint64_t row)
{
	if (row > 0)
		return false;
	collect_n(c, 1, SLUICE_VERSION);
	return true;
}
