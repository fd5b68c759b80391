/* SPDX-License-Identifier: BSD-3-Clause */
/* lane.c - bytes from the transport to the endpoint and back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/load/load_state.h"
#include "control/memory.h"

static void on_authorised(void *user, const char *ours, const char *theirs, unsigned int method,
			  bool may_send)
{
	struct lane *lane = user;
	const struct party_options *o = lane->party->options;
	struct load *l = lane->load;

	if (lane->is_passing && !lane->is_authorised) {
		l->passing--;
		l->passed++;
	} else if (lane->is_dialled && !lane->is_authorised) {
		l->opening--;
		l->authorised++;
		l->dialback += (method & (METHOD_DIALBACK_TLS | METHOD_DIALBACK_PLAIN)) != 0;
		l->opened_last_ns = l->now_ns;
	}
	lane->is_authorised = true;
	if (!o->sends || !may_send || !lane->is_dialled || lane->is_passing)
		return;
	if (theirs != NULL) {
		source_add(l, lane, ours, theirs);
		return;
	}
	for (size_t i = 0; i < o->theirs.count; i++)
		source_add(l, lane, ours, o->theirs.list[i]);
}

static void on_stanza(void *user, struct span stanza, const struct framer_root *root)
{
	sink_stanza(user, stanza, root);
}

/* What a server opens to verify a key, and closes again, is no loss. */
static void end_of(struct lane *lane, const char *why)
{
	struct load *l = lane->load;

	if (l->phase >= LOAD_CLOSING || lane->is_finished)
		return;
	lane->is_finished = true;
	if (lane->is_dialled && !lane->is_authorised)
		load_trouble(l, party_role_name(lane->party->options->role),
			     why != NULL ? why
					 : "the connection was closed while the stream was opened");
	else if (lane->is_dialled || (lane->is_authorised && why != NULL)) {
		l->ended_early++;
		load_trouble(l, party_role_name(lane->party->options->role),
			     why != NULL ? why : "the other side closed a stream");
	}
}

static void on_ended(void *user, const char *why)
{
	end_of(user, why);
}

static const struct endpoint_calls endpoint_calls = {on_authorised, on_stanza, on_ended};

struct lane *lane_make(struct party *p, const char *ours, const char *theirs, bool is_dialled)
{
	static const enum endpoint_kind kinds[] = {ENDPOINT_S2S, ENDPOINT_S2S, ENDPOINT_COMPONENT,
						   ENDPOINT_BARE};
	struct lane *lane = memory_get(sizeof(*lane));
	const struct endpoint_setup setup = {
	    .kind = kinds[p->options->role],
	    .is_dialled = is_dialled,
	    .has_tls = p->options->direct_tls && !p->options->plain,
	    .ours = ours,
	    .theirs = theirs,
	    .secret = p->options->secret,
	    .policy = &p->policy,
	    .tls = p->tls,
	    .machine = p->load->machine,
	    .calls = &endpoint_calls,
	    .user = lane,
	};

	*lane = (struct lane){.load = p->load, .party = p, .is_dialled = is_dialled};
	lane->endpoint = endpoint_make(&setup, p->load->now_ns / 1000);
	lane->next = p->load->lanes;
	p->load->lanes = lane;
	return lane;
}

void lane_free(struct lane *lane)
{
	if (lane->conn != NULL)
		transport_abort(lane->conn);
	endpoint_free(lane->endpoint);
	free(lane);
}

bool lane_push(struct lane *lane)
{
	size_t room, len;
	uint8_t *to;

	while (lane->conn != NULL && endpoint_has_output(lane->endpoint)) {
		to = transport_room(lane->conn, 1024, &room);
		len = endpoint_output(lane->endpoint, to, room);
		transport_commit(lane->conn, len);
		if (len == 0)
			return false;
	}
	if (lane->conn != NULL && endpoint_is_over(lane->endpoint))
		transport_finish(lane->conn);
	return true;
}

static void *on_accepted(void *listener, struct transport_conn *conn)
{
	struct party *p = listener;
	struct lane *lane;

	if (p->load->phase >= LOAD_DRAINING)
		return NULL;
	lane = lane_make(p, NULL, NULL, false);
	lane->conn = conn;
	p->load->accepted++;
	if (p->options->role == PARTY_TLS)
		endpoint_on_open(lane->endpoint, p->load->now_ns / 1000);
	(void)lane_push(lane);
	return lane;
}

static void on_opened(void *user)
{
	struct lane *lane = user;

	endpoint_on_open(lane->endpoint, lane->load->now_ns / 1000);
	(void)lane_push(lane);
}

static void on_received(void *user, uint8_t *bytes, size_t len)
{
	struct lane *lane = user;

	lane->load->now_ns = load_clock_ns();
	endpoint_on_bytes(lane->endpoint, bytes, len, lane->load->now_ns / 1000);
	if (lane->is_passing && lane->is_authorised && !lane->is_finished) {
		lane->is_finished = true;
		endpoint_close(lane->endpoint);
	}
	(void)lane_push(lane);
}

static void on_writable(void *user)
{
	struct lane *lane = user;

	if (!lane_push(lane))
		return;
	lane->is_blocked = false;
	if (lane->ready != NULL)
		source_wake(lane->load, lane);
}

static void on_closed(void *user, const char *why)
{
	struct lane *lane = user;

	lane->conn = NULL;
	end_of(lane, why);
}

const struct transport_calls lane_calls = {on_accepted, on_opened, on_received, on_writable,
					   on_closed};
