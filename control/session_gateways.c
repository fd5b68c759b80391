/* SPDX-License-Identifier: BSD-3-Clause */
/* session_gateways.c - which gateways have a stream that stanzas may go by. */
#include <string.h>

#include "control/session_state.h"

unsigned int sessions_gateways_up(const struct sessions *t)
{
	const struct policy *p = t->config->policy;
	uint64_t up = 0; /* a bit each: config_policy.c lets 64 be */

	for (const struct session *s = t->first; s != NULL; s = s->next) {
		if (s->leg != IFACE_INTERNAL || !s->is_established || s->is_closing)
			continue;
		for (size_t i = 0; i < p->gateway_count; i++)
			if (strcmp(p->gateways[i].name, s->gateway) == 0)
				up |= UINT64_C(1) << i;
	}
	return (unsigned int)__builtin_popcountll(up);
}
