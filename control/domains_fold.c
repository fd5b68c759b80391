/* SPDX-License-Identifier: BSD-3-Clause */
/* domains_fold.c - one spelling for each domain name: the lower-case A-label form. */
#include <idn2.h>
#include <string.h>

#include "control/domains.h"

/* Letters, digits and hyphens (RFC 952, 1123 2.1), no label empty or over 63; not all digits at
 * the end, which is an address. Underscores are let pass: such hosts exist. */
static bool is_host_name(const char *name)
{
	size_t label = 0;
	bool digits = true;

	for (const char *at = name;; at++) {
		const char c = *at;

		if (c == '.' || c == '\0') {
			if (label == 0 || label > 63 || at[-1] == '-')
				return false;
			if (c == '\0')
				return !digits;
			label = 0;
			digits = true;
			continue;
		}
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
		      (c == '-' && label > 0)))
			return false;
		digits = digits && c >= '0' && c <= '9';
		label++;
	}
}

bool domains_fold(const char *name, char out[DOMAIN_TEXT_MAX + 1])
{
	uint8_t *ascii = NULL;
	size_t len;
	bool good;

	if (strlen(name) > (size_t)4 * DOMAIN_TEXT_MAX)
		return false;
	/* Non-transitional: what today's servers and browsers do (UTS 46). */
	if (idn2_lookup_u8((const uint8_t *)name, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) !=
	    IDN2_OK)
		return false;
	len = strlen((const char *)ascii);
	if (len > 1 && ascii[len - 1] == '.')
		len--;                /* the root's dot: RFC 7622 3.2 strips it */
	good = len > 0 && len <= 253; /* RFC 1035 2.3.4, without the root */
	if (good) {
		memcpy(out, ascii, len);
		out[len] = '\0';
		for (size_t i = 0; i < len; i++)
			if (out[i] >= 'A' && out[i] <= 'Z')
				out[i] = (char)(out[i] - 'A' + 'a');
		good = is_host_name(out);
	}
	idn2_free(ascii);
	return good;
}
