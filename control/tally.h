/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tally.h - what control counts of streams: how many there are in which state, by which partner,
 * how they authenticated, for which reason they were refused or closed, how long handshakes took.
 * What cores count is dataplane/core/stats.h.
 *
 * A row is a partner record, by its number; row 0 is everybody else's. What a row keeps by reason
 * is a list of TALLY_CELLS_MAX at most, so nobody outside decides how much memory it takes.
 *
 * Runs on  control. Counters only grow; gauges say so.
 */
#ifndef CONTROL_TALLY_H
#define CONTROL_TALLY_H

#include "control/policy.h"
#include "dataplane/base/bounds.h"
#include "dataplane/base/drop.h"
#include "dataplane/core/event.h"

enum tally_direction { TALLY_IN, TALLY_OUT, TALLY_DIRECTIONS };
/* NONE: not counted (any more). */
enum tally_state { TALLY_OPENING, TALLY_ESTABLISHED, TALLY_CLOSING, TALLY_STATES, TALLY_NONE };
enum tally_mechanism { TALLY_EXTERNAL, TALLY_DIALBACK_TLS, TALLY_DIALBACK_PLAIN, TALLY_MECHANISMS };

enum tally_bounds {
	TALLY_CELLS_MAX = 64,  /* of one row; beyond, reasons count as none */
	TALLY_SUITES_MAX = 16, /* version and cipher: we offer nine */
	TALLY_HANDSHAKE_BOUNDS = 12,
	TALLY_CLOSE_BYS = CLOSED_BY_TIMEOUT + 1,
};

/* Upper ends of the classes of tally.handshakes, included; the last class has none. */
extern const uint32_t tally_handshake_bounds_us[TALLY_HANDSHAKE_BOUNDS];

/* Streams closed, or refused, for one reason. */
struct tally_cell {
	bool is_refusal;
	uint8_t leg;       /* enum iface */
	uint8_t direction; /* enum tally_direction */
	uint8_t by;        /* enum close_by, of a close */
	enum drop why;     /* DROP_COUNT: no fault */
	uint64_t count;
};

struct tally_row {
	uint32_t streams[IFACE_COUNT][TALLY_DIRECTIONS][TALLY_STATES]; /* gauges */
	uint64_t opened[IFACE_COUNT][TALLY_DIRECTIONS];
	int64_t certificate_expires; /* of the last one it showed, seconds UNIX; 0: none yet */
	struct tally_cell *cells;
	uint32_t cell_count;
};

struct tally_suite {
	char version[12], cipher[40];
	uint64_t sessions;
};

struct tally_gateway {
	char name[64];
	uint32_t established; /* a gauge */
};

struct tally {
	struct tally_row rows[PARTNERS_MAX];
	uint64_t refused[DROP_COUNT];
	uint64_t auth[TALLY_DIRECTIONS][TALLY_MECHANISMS][2]; /* failed, done */
	struct tally_suite suites[TALLY_SUITES_MAX];
	uint64_t handshakes[TALLY_HANDSHAKE_BOUNDS + 1], handshakes_sum_us;
	struct tally_gateway *gateways; /* every name that was ever seen: configured ones */
	uint32_t gateway_count;
};

/* Where a stream is counted now; all 0 before tally_begin(). Its owner's. */
struct tally_place {
	uint16_t row;
	uint8_t leg, direction, state; /* state: enum tally_state */
	bool has_gateway;
	uint16_t gateway;
};

/* Never NULL. */
struct tally *tally_make(void);
void tally_free(struct tally *t);

/* --- one stream --- */

void tally_begin(struct tally *t, struct tally_place *p, enum iface leg, enum tally_direction d);
/* It is known whose it is. */
void tally_partner(struct tally *t, struct tally_place *p, struct partner_id partner);
/* @gateway: of a stream inside; "" elsewhere. */
void tally_established(struct tally *t, struct tally_place *p, const char *gateway);
void tally_closing(struct tally *t, struct tally_place *p);
/* Not counted any more; may be said again. */
void tally_end(struct tally *t, struct tally_place *p);
/* It was closed; before tally_end(). */
void tally_closed(struct tally *t, const struct tally_place *p, enum drop why, enum close_by by);

/* --- what happened --- */

/* @partner: 0 where it is nobody's. */
void tally_refused(struct tally *t, struct partner_id partner, const struct tally_place *p,
		   enum drop why);
/* @method: one of enum method. */
void tally_auth(struct tally *t, enum tally_direction d, unsigned int method, bool is_done);
void tally_handshake(struct tally *t, const char *version, const char *cipher, uint64_t us);
void tally_certificate(struct tally *t, struct partner_id partner, int64_t expires);

/* Established streams with a gateway of this name. */
uint32_t tally_gateway(const struct tally *t, const char *name);

#endif
