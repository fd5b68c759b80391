/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * jid_fuzz.c - any attribute value: what is let through keeps jid.h's promises, and its domain,
 * parsed again, is itself.
 */
#include <stdlib.h>
#include <string.h>

#include "dataplane/xmpp/jid.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool good)
{
	if (!good)
		abort();
}

static bool lies_within(struct span part, struct span whole)
{
	return part.len == 0 || (part.at >= whole.at && part.at + part.len <= whole.at + whole.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct span raw = {data, size};
	struct jid jid, again;

	if (!jid_parse(raw, &jid))
		return 0;
	demand(jid.domain_len > 0 && strlen(jid.domain) == jid.domain_len);
	demand(lies_within(jid.local, raw) && lies_within(jid.resource, raw));
	demand(jid.domain[jid.domain_len - 1] != '.');
	for (size_t i = 0; i < jid.domain_len; i++) {
		const char byte = jid.domain[i];

		demand((byte & 0x80) != 0 || (byte > ' ' && byte < 0x7f));
		demand(strchr("@/<>&'\"", byte) == NULL && !(byte >= 'A' && byte <= 'Z'));
	}
	demand(jid_parse((struct span){(const uint8_t *)jid.domain, jid.domain_len}, &again));
	demand(again.local.len == 0 && again.resource.len == 0);
	demand(strcmp(again.domain, jid.domain) == 0);
	return 0;
}
