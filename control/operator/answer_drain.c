/* SPDX-License-Identifier: BSD-3-Clause */
/* answer_drain.c - "drain start", "drain stop", "drain status". */
#include <string.h>

#include "control/operator/answer.h"

#define SECOND_US UINT64_C(1000000)

static bool is_stopping(const struct request *r, struct answer *a)
{
	if (strcmp(daemon_state(r->daemon), "stopping") != 0)
		return false;
	answer_refuse(a, EXIT_FAILED, "the relay is stopping, and drains for that");
	return true;
}

static json_t *status(const struct request *r)
{
	struct drain_view v;
	json_t *data;

	drain_view(daemon_drain(r->daemon), &v);
	data = json_pack("{s:s, s:I, s:I, s:I, s:I}", "state", daemon_state(r->daemon),
			 "partner_streams", (json_int_t)v.count.partners, "gateway_streams",
			 (json_int_t)v.count.gateways + v.count.legs, "streams_closed",
			 (json_int_t)v.closed, "stanzas_held", (json_int_t)v.count.held);
	if (v.phase == DRAIN_OFF)
		return data;
	json_object_set_new(data, "began_s",
			    json_integer((json_int_t)((v.count.now_us - v.began_us) / SECOND_US)));
	json_object_set_new(data, "spread_s",
			    json_integer((json_int_t)(v.times.spread_us / SECOND_US)));
	json_object_set_new(data, "deadline_s",
			    json_integer((json_int_t)(v.times.deadline_us / SECOND_US)));
	json_object_set_new(data, "left_s", json_integer((json_int_t)(v.left_us / SECOND_US)));
	return data;
}

void answer_drain_start(const struct request *r, struct answer *a)
{
	const struct config_drain *c = &daemon_config(r->daemon)->drain;
	const uint64_t deadline_s = answer_number(r, "deadline", c->deadline_s);
	const uint64_t usual_s = c->spread_s < deadline_s ? c->spread_s : deadline_s;
	const uint64_t spread_s = answer_number(r, "spread", usual_s);
	const struct drain_times times = {spread_s * SECOND_US, deadline_s * SECOND_US};

	if (is_stopping(r, a))
		return;
	if (spread_s > deadline_s) {
		answer_refuse(a, EXIT_USAGE,
			      "--spread %llu s is longer than --deadline %llu s: streams could not "
			      "be spread over it",
			      (unsigned long long)spread_s, (unsigned long long)deadline_s);
		return;
	}
	drain_begin(daemon_drain(r->daemon), &times, NULL, NULL);
	a->data = status(r);
}

void answer_drain_stop(const struct request *r, struct answer *a)
{
	struct drain_view v;

	if (is_stopping(r, a))
		return;
	drain_view(daemon_drain(r->daemon), &v);
	if (v.phase == DRAIN_OFF) {
		answer_refuse(a, EXIT_FAILED, "nothing is being drained: drain start begins it");
		return;
	}
	drain_end(daemon_drain(r->daemon));
	a->data = status(r);
}

void answer_drain_status(const struct request *r, struct answer *a)
{
	a->data = status(r);
}
