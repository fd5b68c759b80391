/* SPDX-License-Identifier: BSD-3-Clause */
/* link_condition.c - why no stream came about, as the sender of a stanza is told it. */
#include "control/link_condition.h"

/* RFC 6120 10.4, facts of XEP-0220 2.1.2 */
enum stanza_condition link_condition(enum drop why)
{
	switch ((int)why) {
	case DROP_DNS_FAILED:
		return STANZA_REMOTE_SERVER_NOT_FOUND;
	case DROP_STREAM_NOT_ALLOWED:
	case DROP_STREAM_BLOCKED:
		return STANZA_NOT_ALLOWED;
	case DROP_STREAM_LIMIT:
	case DROP_STREAM_DRAINING:
		return STANZA_RESOURCE_CONSTRAINT;
	case DROP_GATEWAY_MAINT:
		return STANZA_RECIPIENT_UNAVAILABLE;
	case DROP_DIALBACK_INVALID:
		return STANZA_INTERNAL_SERVER_ERROR;
	default:
		return STANZA_REMOTE_SERVER_TIMEOUT;
	}
}
