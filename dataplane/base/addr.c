/* SPDX-License-Identifier: BSD-3-Clause */
/* addr.c - addresses from text and back. */
#include <arpa/inet.h>

#include "dataplane/base/addr.h"

bool addr_parse(const char *text, struct ip_addr *out)
{
	struct in_addr v4;
	struct in6_addr v6;

	if (inet_pton(AF_INET, text, &v4) == 1) {
		*out = addr_from_v4(ntohl(v4.s_addr));
		return true;
	}
	if (inet_pton(AF_INET6, text, &v6) == 1) {
		memcpy(out->b, &v6, sizeof(out->b));
		return true;
	}
	return false;
}

const char *addr_text(const struct ip_addr *a, char buf[ADDR_TEXT_MAX])
{
	const char *text = addr_is_v4(a) ? inet_ntop(AF_INET, a->b + 12, buf, ADDR_TEXT_MAX)
					 : inet_ntop(AF_INET6, a->b, buf, ADDR_TEXT_MAX);

	if (text == NULL)
		buf[0] = '\0';
	return buf;
}
