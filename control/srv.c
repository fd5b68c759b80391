/* SPDX-License-Identifier: BSD-3-Clause */
/* srv.c - SRV records from wire form, and RFC 2782's order. */
#include <string.h>

#include "control/srv.h"

/* An uncompressed name (RFC 1035 3.1); labels of letters, digits, '-' and '_' only. */
static bool read_name(const uint8_t *at, size_t len, char out[DOMAIN_TEXT_MAX + 1])
{
	size_t used = 0, text = 0;

	while (used < len && at[used] != 0) {
		const size_t label = at[used];

		if (label > 63 || used + 1 + label >= len || text + label + 1 > DOMAIN_TEXT_MAX)
			return false;
		if (text > 0)
			out[text++] = '.';
		for (size_t i = 0; i < label; i++) {
			const char c = (char)at[used + 1 + i];
			const char low = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;

			if (!((low >= 'a' && low <= 'z') || (low >= '0' && low <= '9') ||
			      low == '-' || low == '_'))
				return false;
			out[text++] = low;
		}
		used += 1 + label;
	}
	if (used + 1 != len)
		return false;
	if (text == 0)
		out[text++] = '.';
	out[text] = '\0';
	return true;
}

bool srv_read(const uint8_t *rdata, size_t len, struct srv *out)
{
	if (len < 7)
		return false;
	out->priority = (uint16_t)(rdata[0] << 8 | rdata[1]);
	out->weight = (uint16_t)(rdata[2] << 8 | rdata[3]);
	out->port = (uint16_t)(rdata[4] << 8 | rdata[5]);
	return read_name(rdata + 6, len - 6, out->host);
}

static void swap(struct srv *a, struct srv *b)
{
	const struct srv t = *a;

	*a = *b;
	*b = t;
}

/* The end of the run of equal priority that starts at @from, after moving the lowest there. */
static size_t gather_lowest(struct srv *records, size_t from, size_t count)
{
	uint16_t lowest = records[from].priority;
	size_t end = from;

	for (size_t i = from; i < count; i++)
		if (records[i].priority < lowest)
			lowest = records[i].priority;
	for (size_t i = from; i < count; i++)
		if (records[i].priority == lowest)
			swap(&records[end++], &records[i]);
	return end;
}

static void draw_by_weight(struct srv *run, size_t count, uint32_t (*random)(uint32_t bound))
{
	for (size_t i = 0; i + 1 < count; i++) {
		uint32_t sum = 0, drawn, seen = 0;
		size_t pick = i;

		for (size_t k = i; k < count; k++)
			sum += run[k].weight;
		if (sum == 0) {
			swap(&run[i], &run[i + random((uint32_t)(count - i))]);
			continue;
		}
		drawn = random(sum);
		for (size_t k = i; k < count; k++) {
			seen += run[k].weight;
			if (drawn < seen) {
				pick = k;
				break;
			}
		}
		swap(&run[i], &run[pick]);
	}
}

void srv_order(struct srv *records, size_t count, uint32_t (*random)(uint32_t bound))
{
	for (size_t from = 0; from < count;) {
		const size_t end = gather_lowest(records, from, count);

		draw_by_weight(records + from, end - from, random);
		from = end;
	}
}
