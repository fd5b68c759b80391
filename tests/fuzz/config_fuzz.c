/* SPDX-License-Identifier: BSD-3-Clause */
/* config_fuzz.c - any bytes as a configuration: refused with a complaint, or taken and whole. */
#include <stdlib.h>

#include "control/config_parts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *said = NULL;
	size_t len = 0;
	FILE *report = open_memstream(&said, &len);
	struct config *c;

	if (report == NULL)
		abort();
	c = config_parse("fuzz.xml", (const char *)data, size, false, report);
	fclose(report);
	if (c == NULL && len == 0)
		abort(); /* refused without a word */
	if (c != NULL)
		for (size_t i = 0; i < c->policy->partner_count; i++) {
			const struct partner *p = &c->policy->partners[i];

			if (policy_methods(p->tls, p->sasl, p->dialback) == 0 ||
			    policy_partner(c->policy, p->domain) != p)
				abort(); /* an invalid row, or a name used twice, got through */
		}
	config_free(c);
	free(said);
	return 0;
}
