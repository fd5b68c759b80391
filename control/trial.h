/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trial.h - a partner or a gateway tried out step by step, as an operator asks for it: names,
 * connections, TLS, certificate, features, authentication, a ping. Each step is told as it is
 * known.
 *
 * A trial dials through the dataplane, as any dial does, with a session of its own that is granted
 * nothing: no stanza but its ping goes by it. It counts for the partner's limits while it lives and
 * neither obeys nor moves its back-off.
 *
 * Runs on  control, on its loop.
 * Owns     itself, until it has told its end; or until trial_stop().
 */
#ifndef CONTROL_TRIAL_H
#define CONTROL_TRIAL_H

#include "control/loop.h"
#include "control/resolver.h"
#include "control/session.h"
#include "control/trial_words.h"

struct trial;
struct session;

/* Who is told. All borrowed until the end is told. */
struct trial_listener {
	/* One step is over. Never before trial_partner() or trial_gateway() has returned. */
	void (*said)(const struct trial_listener *l, const struct trial_line *line);
	/* The trial is over and gone; @failed: the step that failed first, "" for none. */
	void (*over)(const struct trial_listener *l, const char *failed);
};

struct trial_setup {
	struct loop *loop;
	struct resolver *resolver;
	struct sessions *sessions;
};

/* @domain, a partner's, in the name of @local. Both folded and known. */
MUST_USE struct trial *trial_partner(const struct trial_setup *setup, const char *domain,
				     const char *local, const struct trial_listener *listener);
/* The gateway of that name, which serves @local, in the name of the partner's domain @remote. */
MUST_USE struct trial *trial_gateway(const struct trial_setup *setup, const char *name,
				     const char *local, const char *remote,
				     const struct trial_listener *listener);
/* Nobody listens any more: its stream is closed. */
void trial_stop(struct trial *t);

/* What session*.c tells of the trial's own session. */
void trial_on_dialed(struct trial *t, struct session *s);
void trial_on_dial_failed(struct trial *t, struct session *s, enum drop why);
void trial_on_tls(struct trial *t, const struct session *s, const struct identity *id);
void trial_on_refused(struct trial *t, enum drop why, const char *text);
void trial_on_authorised(struct trial *t, struct session *s, unsigned int method);
/* Its stream has obeyed something: there may be more to tell. */
void trial_on_progress(struct trial *t, const struct session *s);
/* The session ends; it is freed when this returns. */
void trial_on_closed(struct trial *t, struct session *s);

#endif
