/* SPDX-License-Identifier: BSD-3-Clause */
/* sink.c - finds each stanza's tag, and what it tells of order, loss and latency. */
#include <stdio.h>
#include <string.h>

#include "bench/load/load_state.h"

static bool is_error(struct span type)
{
	return type.len == 5 && memcmp(type.at, "error", 5) == 0;
}

static void take_bounce(struct load *l, struct flow *f, struct span stanza)
{
	char text[224];

	l->counts.bounced++;
	if (l->counts.bounced == 1) {
		snprintf(text, sizeof(text), "a stanza bounced: %.*s",
			 (int)min_size(stanza.len, 200), (const char *)stanza.at);
		load_trouble(l, "sink", text);
	}
	if (!l->is_open_loop)
		source_allow(l, f, 1);
}

static void take_time(struct load *l, const struct tag *tag)
{
	const uint64_t age_ns = tag_age_ns(tag, l->now_ns), due_ns = l->now_ns - age_ns;

	if (due_ns >= l->measure_from_ns && due_ns < l->measure_until_ns)
		histogram_add(l->latency, age_ns);
}

void sink_stanza(struct lane *lane, struct span stanza, const struct framer_root *root)
{
	struct load *l = lane->load;
	struct stanza head;
	struct flow *f;
	struct tag tag;

	if (!stanza_parse((struct span){stanza.at, min_size(stanza.len, STANZA_HEAD_BYTES_MAX)},
			  root, &head) ||
	    head.id.at == NULL || !tag_read(head.id, &tag) || tag.run != l->options->run ||
	    tag.flow >= l->flow_count || tag.seq >= l->flows[tag.flow]->sent) {
		l->counts.foreign++;
		return;
	}
	f = l->flows[tag.flow];
	if (head.type.at != NULL && is_error(head.type)) {
		take_bounce(l, f, stanza);
		return;
	}
	if (flow_receive(f, tag.seq, &l->counts) == FLOW_DUPLICATE)
		return;
	l->bytes += stanza.len;
	take_time(l, &tag);
	if (!l->is_open_loop && l->phase >= LOAD_WARMING)
		source_allow(l, f, 1);
}

bool sink_has_all(const struct load *l)
{
	return l->counts.received + l->counts.bounced >= l->counts.sent;
}
