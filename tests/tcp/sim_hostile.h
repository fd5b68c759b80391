/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sim_hostile.h - the foes of a hostile seed. Side 0 is their victim; a good connection of side 1
 * beside them must not be disturbed, neither by what they do with connections of their own nor by
 * what they send in its name.
 */
#ifndef TESTS_TCP_SIM_HOSTILE_H
#define TESTS_TCP_SIM_HOSTILE_H

#include "tests/tcp/sim.h"

enum { SIM_FOES = 4, SIM_FOE_PORTS = 4000 };

/* One foe: a connection with the victim as the foe sees it, and the victim's user of it. */
struct sim_foe {
	struct ip_addr addr;
	uint16_t port, prey_port;
	bool open, syn_sent, owes_ack, has_ts, may_sack;
	bool has_ecn; /* asks for it, and then echoes and tells what it likes */
	tcp_seq iss, snd_nxt, rcv_nxt, rcv_max;
	uint32_t ts, prey_ts;
	uint16_t window;
	struct tcp_conn *prey;
	uint64_t prey_left;
};

struct sim_hostile {
	unsigned int tricks; /* of enum trick, what the foes of this seed do */
	unsigned int acts_left;
	uint64_t act_at_us, pause_us;
	struct sim_foe foe[SIM_FOES];
	/* since the turn before: segments in, answers without text out, connections meanwhile */
	uint64_t in, answers, conns;
};

/* --- sim_foe.c --- */
/* One thing a foe does with a connection of its own. */
void sim_foe_act(struct sim *s, struct sim_foe *f);
void sim_foe_hear(struct sim_foe *f, const struct env_segment *seg);
/* One turn of the victim's user of that connection. */
void sim_foe_prey(struct sim *s, struct sim_foe *f);
void sim_foe_send(struct sim *s, const struct ip_addr *src, const struct env_segment *seg);

/* --- sim_blind.c --- */
/* One thing a stranger does in the name of a good connection: it knows who talks, not what. */
void sim_blind_act(struct sim *s);

#endif
