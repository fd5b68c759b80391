/* SPDX-License-Identifier: BSD-3-Clause */
/* utf8.c - UTF-8 in and out. */
#include "dataplane/xmpp/utf8.h"

bool utf8_begin(struct utf8 *u, uint8_t lead)
{
	u->low = 0x80;
	u->high = 0xbf;
	if (lead >= 0xc2 && lead <= 0xdf) {
		u->left = 1;
		u->code = lead & 0x1f;
	} else if (lead >= 0xe0 && lead <= 0xef) {
		u->left = 2;
		u->code = lead & 0x0f;
		if (lead == 0xe0)
			u->low = 0xa0; /* below: overlong */
		else if (lead == 0xed)
			u->high = 0x9f; /* above: surrogates */
	} else if (lead >= 0xf0 && lead <= 0xf4) {
		u->left = 3;
		u->code = lead & 0x07;
		if (lead == 0xf0)
			u->low = 0x90;
		else if (lead == 0xf4)
			u->high = 0x8f; /* above: beyond U+10FFFF */
	} else {
		return false;
	}
	return true;
}

bool utf8_next(struct utf8 *u, uint8_t byte)
{
	if (byte < u->low || byte > u->high)
		return false;
	u->low = 0x80;
	u->high = 0xbf;
	u->code = u->code << 6 | (byte & 0x3f);
	u->left--;
	return true;
}

unsigned int utf8_encode(uint32_t code, uint8_t out[4])
{
	if (code < 0x80) {
		out[0] = (uint8_t)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (uint8_t)(0xc0 | code >> 6);
		out[1] = (uint8_t)(0x80 | (code & 0x3f));
		return 2;
	}
	if (code < 0x10000) {
		out[0] = (uint8_t)(0xe0 | code >> 12);
		out[1] = (uint8_t)(0x80 | (code >> 6 & 0x3f));
		out[2] = (uint8_t)(0x80 | (code & 0x3f));
		return 3;
	}
	out[0] = (uint8_t)(0xf0 | code >> 18);
	out[1] = (uint8_t)(0x80 | (code >> 12 & 0x3f));
	out[2] = (uint8_t)(0x80 | (code >> 6 & 0x3f));
	out[3] = (uint8_t)(0x80 | (code & 0x3f));
	return 4;
}
