/* SPDX-License-Identifier: BSD-3-Clause */
/* collect_process.c - ports, packet buffers, the configuration, the process. */
#include <stdio.h>

#include "control/metrics/collect_row.h"
#include "control/operator/show.h"

bool collect_port_packets(const struct collection *c, uint64_t row)
{
	struct port_counters n;

	if (row >= IFACE_COUNT)
		return false;
	if (show_port_counters(c->daemon, (enum iface)row, &n)) {
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
	if (show_port_counters(c->daemon, (enum iface)row, &n)) {
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
	if (show_port_counters(c->daemon, (enum iface)row, &n))
		collect_n(c, n.rx_missed, collect_leg((unsigned int)row));
	return true;
}

bool collect_port_errors(const struct collection *c, uint64_t row)
{
	struct port_counters n;

	if (row >= IFACE_COUNT)
		return false;
	if (show_port_counters(c->daemon, (enum iface)row, &n)) {
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
