/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * session_log.h - the lines of a stream's life. Each begins with stream=ID, the id that is in
 * stream errors, show streams and show denied as well.
 *
 *	stream_open     negotiation is over: stanzas may flow
 *	stream_auth     one pair of domains is authenticated on it
 *	stream_refused  something was refused, and why; the stream may live on
 *	stream_closed   its end: who ended it and why, what it has carried
 *	stream_step     (debug) what came and what was done: names of elements, never what is in
 *	                them
 *
 * Before a pair is authenticated a line has claimed= where the peer has said who it is, remote=
 * afterwards.
 *
 * Runs on  control.
 */
#ifndef CONTROL_SESSION_LOG_H
#define CONTROL_SESSION_LOG_H

#include "control/session_state.h"

void session_log_open(const struct session *s);
void session_log_auth(const struct session *s, const struct stream_news *news);
void session_log_refused(const struct session *s, const struct refusal *r);
void session_log_closed(const struct session *s, const struct event *e);
/* Who ended it: peer, us, reset or timeout. */
const char *session_log_by(const struct event *e);

struct xml_element;
/* @e: NULL where it was not well-formed. */
void session_log_got(const struct session *s, const struct xml_element *e);
void session_log_news(const struct session *s, const struct stream_news *news);

#endif
