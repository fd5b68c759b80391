/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * profile.h - a driver profile, drivers-cfg/<name>.conf: what DPDK must be told to use a device of
 * this kind, and what the device can do. A new device is a new file, not new code.
 *
 * How a port is opened: profile_load(), then for each of profile_devices() devices of the interface
 * profile_eal_option() and profile_eal_value() on EAL's command line; after EAL's start a mempool a
 * queue (profile.mbufs_min, profile_data_room()), and port_open() with what profile_port() says.
 *
 * Runs on  control. Pure text but for profile_load(), which reads one file.
 * Returns  false with a sentence in @error (PROFILE_ERROR bytes) that says what to do.
 */
#ifndef CONTROL_PROFILE_H
#define CONTROL_PROFILE_H

#include "dataplane/net/port.h"

#define PROFILE_ERROR 512
#define PROFILE_TEXT  256 /* longest value of a key, and of an EAL argument */

enum profile_kind { PROFILE_VDEV, PROFILE_PCI };

struct profile {
	uint32_t kind;                /* enum profile_kind */
	char device[PROFILE_TEXT];    /* ethdev name with placeholders */
	char arguments[PROFILE_TEXT]; /* device arguments with placeholders, "" = none */
	uint32_t device_per_queue;    /* 1: each queue is a device of its own */
	uint32_t queues_max;
	uint32_t rx_descriptors, tx_descriptors;
	uint32_t mtu_max;
	uint32_t set_mtu;                /* 1: through DPDK; 0: the host's link has it */
	uint32_t rx_checksum;            /* 1: ask the device to verify checksums */
	uint32_t rx_checksum_trust;      /* 1: links of this kind carry unfinished ones */
	uint32_t mbufs_min;              /* of one receive queue's pool */
	uint32_t data_room_max;          /* bytes of one mbuf, headroom included */
	uint32_t buffer_overhead;        /* bytes of it that the driver keeps for itself */
	uint32_t huge_pages;             /* 1: does not work without */
	uint32_t single_file_segments;   /* 1: EAL needs that option where huge pages are used */
	char bind[PROFILE_TEXT];         /* kernel driver to bind the PCI device to, or "none" */
	char modules[PROFILE_TEXT];      /* kernel modules to load, by spaces */
	char packages[PROFILE_TEXT];     /* Debian packages at run time, by spaces */
	char capabilities[PROFILE_TEXT]; /* to close the device in order, by spaces: net_admin */
	char syscalls[PROFILE_TEXT]; /* of this driver besides those of sandbox.def, by spaces */
	uint64_t seen;               /* keys that were there, a bit each */
};

/* One interface's wishes, from the configuration. */
struct profile_use {
	const char *device;  /* link name, PCI address, socket path */
	const char *args;    /* more device arguments, "" = none */
	unsigned int number; /* of this device among all of the process: no two the same */
	uint16_t queues;     /* of the interface, all devices together */
	uint16_t queue;      /* the first one on this device */
	uint32_t mtu;
	bool checksum_trust; /* as configured */
	bool own_mac;        /* the interface has another MAC than the device */
};

/* @name is a file name without ".conf": letters, digits, '_' and '-'. */
MUST_USE bool profile_load(const char *dir, const char *name, struct profile *out, char *error);
/* @text is the file, @file its name for complaints: "FILE:LINE: ...". */
MUST_USE bool profile_parse(const char *file, const char *text, struct profile *out, char *error);

/* Devices that @queues queues need: as many where each has one, otherwise 1. */
unsigned int profile_devices(const struct profile *p, uint16_t queues);

/* "--vdev" or "-a". */
const char *profile_eal_option(const struct profile *p);
/* "net_af_xdp0,iface=px0,start_queue=0,busy_budget=0". @out has PROFILE_TEXT bytes. */
MUST_USE bool profile_eal_value(const struct profile *p, const struct profile_use *use, char *out,
				char *error);
MUST_USE bool profile_port(const struct profile *p, const struct profile_use *use,
			   struct port_setup *out, char *error);
/* Bytes of data room, headroom included, that a frame of @mtu needs; never above data_room_max. */
uint16_t profile_data_room(const struct profile *p, uint32_t mtu);

#endif
