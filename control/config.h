/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * config.h - the configuration file: XML, validated against sluice.rng by libxml2, XInclude
 * resolved, then checked for sense. Every complaint names file and line.
 *
 * Runs on  control; config_load() needs no root, no NIC, no huge pages (sluice --check).
 * Owns     config_free() frees it; sessions hold it while they use it (control/snapshot).
 */
#ifndef CONTROL_CONFIG_H
#define CONTROL_CONFIG_H

#include <stdio.h>

#include "control/policy.h"
#include "dataplane/base/bounds.h"
#include "dataplane/core/core.h"

struct config_source;
struct overlay;

struct config_iface {
	char *driver;      /* name of drivers-cfg/<driver>.conf */
	char *device;      /* the driver's own: link name, PCI address, socket path */
	char *device_args; /* further vdev arguments, "" mostly */
	struct ip_addr address;
	uint8_t prefix_len;
	struct ip_addr gateway;            /* all zero: none */
	struct ip_addr address6, gateway6; /* the same of IPv6; one family at least is there */
	uint8_t prefix6_len;
	uint16_t vlan; /* 0 = untagged */
	uint32_t mtu;
	uint16_t port; /* 5269, 23456: XmppListeningPort, XmppInternalPort */
	bool has_mac;  /* a MAC of its own instead of the device's */
	struct rte_ether_addr mac;
	bool checksum_trust;
	unsigned int line;
};

struct config_tls {
	char *certificate, *key; /* PEM: leaf first, then intermediates */
	char *trust;             /* PEM bundle; NULL = the system's */
	char *certificate_dir;   /* internal only: <partner domain>.crt/.key picked by SNI; NULL =
				    none */
};

/* Seconds: how streams end when the operator drains the node, and when the relay stops. */
struct config_drain {
	uint32_t deadline_s, spread_s, stop_deadline_s, stop_spread_s;
};

struct config {
	char *path;
	struct config_iface iface[IFACE_COUNT];
	struct config_tls tls[IFACE_COUNT];
	struct policy *policy;
	uint32_t cores, conns_per_core;
	uint32_t memory_mb;     /* for packets and connections */
	uint32_t busy_per_core; /* of conns_per_core: core_setup.busy */
	bool huge_pages;
	enum core_idle idle;
	enum tcp_congestion congestion;
	bool ecn;
	char *resolver; /* DNS server, address text, optionally @port; NULL = the system's */
	bool dnssec;
	char *socket_path;  /* operator's socket */
	char *monitor_path; /* that of those who may only look; NULL: none */
	char *socket_group; /* of both files; NULL: the process's */
	char *trace_folder; /* where "trace" makes its files */
	struct config_drain drain;
	struct ip_addr metrics_address; /* of this host, not of the relay's interfaces */
	uint16_t metrics_port;          /* 0: no metrics by TCP */
	char *metrics_path;             /* a unix socket; NULL: none */
	bool metrics_telemetry;         /* metrics on DPDK's telemetry socket, too */
	char *log_level, *log_format;   /* "info", "logfmt" */
	bool log_messages;              /* a line for each message: message_log.h */
	char *log_file;                 /* NULL: the journal or standard error */
	char *user;    /* whose rights remain after the start; NULL: nothing changes */
	bool seccomp;  /* the running process is held to its system calls */
	uint64_t hash; /* of the file and its includes: shown by show status */
	struct config_source *source; /* their texts, held */
};

/*
 * config_load - read, validate and check @path.
 *
 * Complaints go to @report, one a line: "FILE:LINE: error: ..." or "FILE:LINE: warning: ...".
 * Returns NULL when there was an error; warnings alone do not fail.
 */
MUST_USE struct config *config_load(const char *path, FILE *report);
void config_free(struct config *c);

/* The same with run-time changes on top, which learn their fates (overlay.h). @overlay NULL: none.
 */
MUST_USE struct config *config_reload(const char *path, struct overlay *overlay, FILE *report);
/*
 * config_make_again - from the texts @source, those that @of was made of or others of the same
 * files, with other run-time changes. No file is read; the dialback secret is @of's.
 */
MUST_USE struct config *config_make_again(const struct config *of, struct config_source *source,
					  struct overlay *overlay, FILE *report);
/* A secret made up at random is one for the process: @next gets @now's. False without memory. */
MUST_USE bool config_keep_random(struct config *next, const struct config *now);

/* Does @next change something that only a restart can change? Writes what, comma separated. */
bool config_needs_restart(const struct config *now, const struct config *next, char *what,
			  size_t room);

#endif
