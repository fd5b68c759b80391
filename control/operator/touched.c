/* SPDX-License-Identifier: BSD-3-Clause */
/* touched.c - streams that a command has ended. */
#include "control/operator/touched.h"

void touched_streams(json_t *data, const struct sessions_closed *c)
{
	json_t *ids = json_array();

	for (unsigned int i = 0; i < c->count && i < SESSIONS_CLOSED_SHOWN; i++)
		json_array_append_new(ids, json_string(c->ids[i]));
	json_object_set_new(data, "streams_closed", json_integer((json_int_t)c->count));
	json_object_set_new(data, "ids_left_out",
			    json_integer((json_int_t)c->count - (json_int_t)json_array_size(ids)));
	json_object_set_new(data, "spread_s", json_integer((json_int_t)c->spread_s));
	json_object_set_new(data, "ids", ids);
}
