/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * inbox.h - the two rings between control and one core, and the mbufs that carry bytes through
 * them.
 *
 * Runs on  as each function says. No lock, no wait: a full ring says so.
 */
#ifndef DATAPLANE_CORE_INBOX_H
#define DATAPLANE_CORE_INBOX_H

#include "dataplane/core/event.h"
#include "dataplane/core/msg.h"
#include "dataplane/core/tapped.h"

struct rte_mempool;
struct inbox;

/* Control, before the cores start. @core names the rings. An eventfd wakes control. NULL without
 * memory. */
MUST_USE struct inbox *inbox_make(uint16_t core);
void inbox_free_all(struct inbox *in);

/* Control. Returns false, @m's pointers still the caller's, when the ring is full: try again after
 * the core has turned. */
MUST_USE bool inbox_order(struct inbox *in, const struct msg *m);
/* Control. Returns false when there is none. */
MUST_USE bool inbox_take_event(struct inbox *in, struct event *e);
/* Control polls this for reading; reading it with inbox_ack() before draining the ring loses no
 * wake-up. */
int inbox_fd(const struct inbox *in);
void inbox_ack(struct inbox *in);

/* Core. */
MUST_USE bool inbox_event(struct inbox *in, const struct event *e);
MUST_USE bool inbox_take_order(struct inbox *in, struct msg *m);
/* Core: room for that many more events? */
MUST_USE bool inbox_has_room(const struct inbox *in, unsigned int events);

/*
 * The lane of what is watched (tapped.h), beside that of events. Core: false when there is no room,
 * @t's bytes still the caller's. Wakes nobody: control, while it watches, looks by itself.
 */
MUST_USE bool inbox_tap(struct inbox *in, const struct tapped *t);
/* Core: for the bytes of such. */
struct rte_mempool *inbox_tap_pool(const struct inbox *in);
/* Control. Returns false when there is none. */
MUST_USE bool inbox_take_tap(struct inbox *in, struct tapped *t);

/* Any thread: @bytes as an mbuf chain from the pool that control uses. NULL without memory. */
MUST_USE struct rte_mbuf *inbox_wrap(struct inbox *in, const void *bytes, size_t len);
/* Length of a chain; its bytes, copied to @out (of at least that length); its end. */
size_t inbox_len(const struct rte_mbuf *bytes);
void inbox_bytes(const struct rte_mbuf *bytes, uint8_t *out);
void inbox_free(struct rte_mbuf *bytes);

/* Control: an empty handover for MSG_SECURE, NULL without memory. Core: wipe it and give it back.
 */
MUST_USE struct tls_handover *inbox_handover(struct inbox *in);
void inbox_handover_done(struct inbox *in, struct tls_handover *keys);

#endif
