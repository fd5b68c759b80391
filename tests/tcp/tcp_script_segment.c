/* SPDX-License-Identifier: BSD-3-Clause */
/* tcp_script_segment.c - the lines "<" and ">": a segment from the peer, a segment expected. */
#include "tests/tcp/tcp_script.h"

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };

/* What a segment line says; has_*: it does say so. */
struct said {
	struct stage_segment in;
	bool has_win, has_ack, has_ecn, has_to;
	bool no_ts, no_wscale, no_sack, no_sackok, any_ts_val, last_ts_ecr;
};

static void parse_flags(struct script *s, struct said *d)
{
	static const char letters[] = "FSRP.UEW";

	if (script_take(s, "-")) /* none at all */
		return;
	for (const char *w = script_word(s); *w != '\0'; w++) {
		const char *at = strchr(letters, *w);

		if (at == NULL)
			FAIL(s, "no flag '%c'", *w);
		else
			d->in.s.flags |= (uint8_t)(1u << (at - letters));
	}
}

static void parse_seq(struct script *s, struct said *d)
{
	const bool has_end = s->at < s->words && strchr(s->word[s->at], ':') != NULL;
	struct tcp_sack_block range = {0, 0};

	(void)script_ranges(s, &range, 1);
	d->in.s.seq = range.from;
	d->in.s.len = has_end ? range.to - range.from : 0;
	if (d->in.s.len > 2000) {
		FAIL(s, "segment too long");
		d->in.s.len = 0;
	}
}

static void parse_ts(struct script *s, struct said *d)
{
	struct tcp_options *o = &d->in.s.opt;

	o->has_ts = true;
	d->any_ts_val = script_take(s, "*");
	if (!d->any_ts_val)
		o->ts_val = script_number(s);
	d->last_ts_ecr = script_take(s, "last");
	if (!d->last_ts_ecr)
		o->ts_ecr = script_number(s);
}

static void parse_sack(struct script *s, struct said *d)
{
	struct tcp_options *o = &d->in.s.opt;

	o->sack_count = (uint8_t)script_ranges(s, o->sack, TCP_OPT_SACK_MAX);
}

static void parse_ecn(struct script *s, struct said *d)
{
	static const char *const names[] = {"none", "ect1", "ect0", "ce"}; /* RFC 3168 5 */
	const char *w = script_word(s);

	d->has_ecn = true;
	for (uint8_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(w, names[i]) == 0) {
			d->in.ecn = i;
			return;
		}
	FAIL(s, "no such ECN bits: \"%s\"", w);
}

/* Bytes in hexadecimal, as they lie in the header. */
static void parse_raw(struct script *s, struct said *d)
{
	const char *w = script_word(s);
	unsigned int byte;

	for (; w[0] != '\0' && d->in.raw_len < STAGE_RAW_MAX; w += 2) {
		if (w[1] == '\0' || sscanf(w, "%2x", &byte) != 1) {
			FAIL(s, "\"%s\" is no hexadecimal byte", w);
			return;
		}
		d->in.raw[d->in.raw_len++] = (uint8_t)byte;
	}
}

static bool parse_option(struct script *s, struct said *d, const char *w)
{
	struct tcp_options *o = &d->in.s.opt;

	if (strcmp(w, "mss") == 0) {
		o->has_mss = true;
		o->mss = (uint16_t)script_number(s);
	} else if (strcmp(w, "wscale") == 0) {
		o->has_wscale = true;
		o->wscale = (uint8_t)script_number(s);
	} else if (strcmp(w, "sackok") == 0) {
		o->sack_permitted = true;
	} else if (strcmp(w, "ts") == 0) {
		parse_ts(s, d);
	} else if (strcmp(w, "sack") == 0) {
		parse_sack(s, d);
	} else {
		return false;
	}
	return true;
}

/* Only the peer may be so odd. */
static bool parse_oddity(struct script *s, struct said *d, const char *w)
{
	if (strcmp(w, "badsum") == 0) {
		d->in.bad_checksum = true;
	} else if (strcmp(w, "opt") == 0) {
		parse_raw(s, d);
	} else if (strcmp(w, "urg") == 0) {
		d->in.urgent = (uint16_t)script_number(s);
	} else if (strcmp(w, "offset") == 0) {
		d->in.offset_words = (uint8_t)script_number(s);
	} else if (strcmp(w, "reserved") == 0) {
		d->in.reserved = (uint8_t)script_number(s);
	} else if (strcmp(w, "cut") == 0) {
		d->in.cut = (uint16_t)script_number(s);
	} else if (strcmp(w, "to") == 0) {
		d->has_to = true;
		d->in.s.dst_port = (uint16_t)script_number(s);
	} else {
		return false;
	}
	return true;
}

/* Only of what we send something may be expected to be missing. */
static bool parse_absence(struct said *d, const char *w)
{
	if (strcmp(w, "nots") == 0)
		d->no_ts = true;
	else if (strcmp(w, "nowscale") == 0)
		d->no_wscale = true;
	else if (strcmp(w, "nosack") == 0)
		d->no_sack = true;
	else if (strcmp(w, "nosackok") == 0)
		d->no_sackok = true;
	else
		return false;
	return true;
}

static void parse_segment(struct script *s, struct said *d, bool in)
{
	memset(d, 0, sizeof(*d));
	parse_flags(s, d);
	while (s->at < s->words) {
		const char *w = script_word(s);

		if (strcmp(w, "seq") == 0) {
			parse_seq(s, d);
		} else if (strcmp(w, "ack") == 0) {
			d->has_ack = true;
			d->in.s.ack = script_number(s);
		} else if (strcmp(w, "win") == 0) {
			d->has_win = true;
			d->in.s.window = (uint16_t)script_number(s);
		} else if (strcmp(w, "ecn") == 0) {
			parse_ecn(s, d);
		} else if (!parse_option(s, d, w) &&
			   !(in ? parse_oddity(s, d, w) : parse_absence(d, w))) {
			FAIL(s, "unknown word \"%s\"", w);
		}
	}
}

/* Byte 1 is the first of the stream; a SYN, at 0, may have text behind it. */
static void fill_text(const struct env_segment *seg, uint8_t *out)
{
	const uint64_t from = (uint64_t)seg->seq - (seg->flags & SYN ? 0 : 1);

	for (uint32_t i = 0; i < seg->len; i++)
		out[i] = stage_byte(false, from + i);
}

void script_segment_in(struct script *s)
{
	const struct stage_peer *p = s->stage.who;
	struct env_segment *seg;
	uint8_t payload[2048];
	struct said d;

	parse_segment(s, &d, true);
	seg = &d.in.s;
	fill_text(seg, payload);
	seg->payload = payload;
	seg->src_port = p->port;
	if (!d.has_to)
		seg->dst_port = p->local_port;
	seg->seq += STAGE_PEER_ISS;
	if (seg->flags & ACK) {
		seg->ack += p->has_iss ? p->iss : 0;
		seg->opt.ts_ecr = d.last_ts_ecr ? p->ts_last : seg->opt.ts_ecr + p->ts_base;
	}
	for (unsigned int i = 0; i < seg->opt.sack_count; i++) {
		seg->opt.sack[i].from += p->iss;
		seg->opt.sack[i].to += p->iss;
	}
	if (!d.has_win)
		seg->window = 65535;
	stage_segment(&s->stage, &d.in);
}

static void show(const struct stage *st, const struct stage_sent *e)
{
	const struct stage_peer *p = st->who;
	const struct tcp_options *o = &e->s.opt;
	const tcp_seq seq = e->s.seq - (p->has_iss ? p->iss : 0);

	fprintf(stderr, "    sent at %.6f to %u: flags %#x seq %u:%u ack %u win %u ecn %u",
		(double)e->at_us / 1e6, e->port, e->s.flags, seq, seq + e->s.len,
		e->s.ack - STAGE_PEER_ISS, e->s.window, e->ecn);
	if (o->has_mss)
		fprintf(stderr, " mss %u", o->mss);
	if (o->has_wscale)
		fprintf(stderr, " wscale %u", o->wscale);
	if (o->sack_permitted)
		fprintf(stderr, " sackok");
	if (o->has_ts)
		fprintf(stderr, " ts %u %u", o->ts_val - p->ts_base, o->ts_ecr);
	for (unsigned int i = 0; i < o->sack_count; i++)
		fprintf(stderr, " sack %u:%u", o->sack[i].from - STAGE_PEER_ISS,
			o->sack[i].to - STAGE_PEER_ISS);
	fprintf(stderr, "\n");
}

static void compare_sack(struct script *s, const struct tcp_options *want,
			 const struct tcp_options *is)
{
	bool same = is->sack_count == want->sack_count;

	for (unsigned int i = 0; same && i < is->sack_count; i++)
		same = is->sack[i].from - STAGE_PEER_ISS == want->sack[i].from &&
		       is->sack[i].to - STAGE_PEER_ISS == want->sack[i].to;
	if (!same)
		FAIL(s, "SACK blocks differ");
}

static void compare_options(struct script *s, const struct said *d, const struct tcp_options *is)
{
	const struct tcp_options *want = &d->in.s.opt;

	if (want->has_mss && (!is->has_mss || is->mss != want->mss))
		FAIL(s, "MSS is %u", is->mss);
	if (is->has_mss && !(d->in.s.flags & SYN))
		FAIL(s, "has an MSS"); /* RFC 9293 3.7.1 MUST-65 */
	if (want->has_wscale && (!is->has_wscale || is->wscale != want->wscale))
		FAIL(s, "window scale is %u", is->wscale);
	if (want->sack_permitted && !is->sack_permitted)
		FAIL(s, "SACK is not permitted");
	if ((d->no_ts && is->has_ts) || (d->no_wscale && is->has_wscale) ||
	    (d->no_sackok && is->sack_permitted))
		FAIL(s, "has an option it should not have");
	if (want->sack_count > 0 || d->no_sack)
		compare_sack(s, want, is);
	if (!want->has_ts)
		return;
	if (!is->has_ts || is->ts_ecr != want->ts_ecr ||
	    (!d->any_ts_val && is->ts_val - s->stage.who->ts_base - want->ts_val + 2 > 4))
		FAIL(s, "timestamps differ");
}

static void compare_text(struct script *s, const struct env_segment *is, tcp_seq seq)
{
	for (uint32_t i = 0; i < is->len; i++)
		if (is->payload[i] != stage_byte(true, (uint64_t)seq - 1 + i)) {
			FAIL(s, "byte %u differs", i);
			return;
		}
}

static void compare(struct script *s, const struct said *d, const struct stage_sent *e)
{
	const struct stage_peer *p = s->stage.who;
	const struct env_segment *is = &e->s, *want = &d->in.s;
	const tcp_seq seq = is->seq - (p->has_iss ? p->iss : 0);
	const tcp_seq ack = is->ack - STAGE_PEER_ISS;
	const uint64_t late = e->at_us - s->base_us;

	if (e->port != p->port)
		FAIL(s, "sent to another peer");
	if (late + TOLERANCE_US > 2 * (uint64_t)TOLERANCE_US)
		FAIL(s, "sent %.6f s after its time", (double)(int64_t)late / 1e6);
	if ((is->flags & ~PSH) != (want->flags & ~PSH) || (want->flags & PSH && !(is->flags & PSH)))
		FAIL(s, "flags are %#x, not %#x", is->flags, want->flags);
	if (seq != want->seq || is->len != want->len)
		FAIL(s, "seq is %u:%u", seq, seq + is->len);
	if (d->has_ack && ack != want->ack)
		FAIL(s, "ack is %u", ack);
	if (d->has_win && is->window != want->window)
		FAIL(s, "win is %u", is->window);
	if (d->has_ecn && e->ecn != d->in.ecn)
		FAIL(s, "ECN bits are %u", e->ecn);
	compare_text(s, is, seq);
	compare_options(s, d, &is->opt);
}

static void forget_first(struct stage *st)
{
	st->sent_first = (st->sent_first + 1) % STAGE_SENT_MAX;
	st->sent_count--;
}

void script_segment_out(struct script *s)
{
	struct stage *st = &s->stage;
	const unsigned int failed = s->failed;
	struct said d;

	parse_segment(s, &d, false);
	if (st->sent_count == 0)
		stage_settle(st);
	if (st->sent_count == 0)
		stage_advance(st, s->base_us + TOLERANCE_US, true);
	if (st->sent_count == 0) {
		FAIL(s, "nothing sent");
		return;
	}
	compare(s, &d, &st->sent[st->sent_first]);
	if (s->failed != failed)
		show(st, &st->sent[st->sent_first]);
	forget_first(st);
}

void script_expect_silence(struct script *s)
{
	struct stage *st = &s->stage;

	while (st->sent_count > 0) {
		FAIL(s, "sent before this line, but not expected");
		show(st, &st->sent[st->sent_first]);
		forget_first(st);
	}
}
