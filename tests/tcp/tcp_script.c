/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tcp_script.c - plays .pkt files against the TCP: a timeline of segments in ("<"), segments
 * expected out (">") and what the user does, at exact virtual time. See README.md beside it.
 *
 *	tcp_script FILE-OR-FOLDER...
 */
#include <dirent.h>

#include "tests/tcp/tcp_script.h"

static struct env env;
static struct script script;

static uint8_t flags_of(const char *w)
{
	static const char letters[] = "FSRP.U";
	uint8_t flags = 0;

	for (; *w != '\0'; w++) {
		const char *at = strchr(letters, *w);

		if (at == NULL)
			return UINT8_MAX;
		flags |= (uint8_t)(1u << (at - letters));
	}
	return flags;
}

/* What a segment line says; has_*: it does say so. */
struct said {
	struct env_segment s;
	bool has_win, has_ack, no_ts, bad_checksum, bad_option;
};

static void parse_range(struct script *s, struct said *d)
{
	char *colon = strchr(s->word[s->at < s->words ? s->at : 0], ':');

	if (colon != NULL)
		*colon = '\0';
	d->s.seq = script_number(s);
	if (colon != NULL)
		d->s.len = (uint32_t)strtoll(colon + 1, NULL, 0) - d->s.seq;
	if (d->s.len > 2000) {
		FAIL(s, "segment too long");
		d->s.len = 0;
	}
}

static void parse_option(struct script *s, struct said *d, const char *w)
{
	struct tcp_options *o = &d->s.opt;

	if (strcmp(w, "mss") == 0) {
		o->has_mss = true;
		o->mss = (uint16_t)script_number(s);
	} else if (strcmp(w, "wscale") == 0) {
		o->has_wscale = true;
		o->wscale = (uint8_t)script_number(s);
	} else if (strcmp(w, "sackok") == 0) {
		o->sack_permitted = true;
	} else if (strcmp(w, "ts") == 0) {
		o->has_ts = true;
		o->ts_val = script_number(s);
		o->ts_ecr = script_number(s);
	} else if (strcmp(w, "nots") == 0) {
		d->no_ts = true;
	} else if (strcmp(w, "badsum") == 0) {
		d->bad_checksum = true;
	} else if (strcmp(w, "badopt") == 0) {
		d->bad_option = true;
	} else {
		FAIL(s, "unknown word \"%s\"", w);
	}
}

static void parse_segment(struct script *s, struct said *d)
{
	memset(d, 0, sizeof(*d));
	d->s.flags = flags_of(script_word(s));
	if (d->s.flags == UINT8_MAX)
		FAIL(s, "bad flags");
	while (s->at < s->words) {
		const char *w = script_word(s);

		if (strcmp(w, "seq") == 0) {
			parse_range(s, d);
		} else if (strcmp(w, "ack") == 0) {
			d->has_ack = true;
			d->s.ack = script_number(s);
		} else if (strcmp(w, "win") == 0) {
			d->has_win = true;
			d->s.window = (uint16_t)script_number(s);
		} else {
			parse_option(s, d, w);
		}
	}
}

static void play_in(struct script *s)
{
	const struct stage_peer *p = s->stage.who;
	uint8_t payload[2048];
	struct said d;

	parse_segment(s, &d);
	for (uint32_t i = 0; i < d.s.len; i++)
		payload[i] = stage_byte(false, (uint64_t)d.s.seq - 1 + i);
	d.s.payload = payload;
	d.s.src_port = p->port;
	d.s.dst_port = p->c != NULL ? tcp_key(s->stage.t, p->c)->local_port : STAGE_LOCAL_PORT;
	d.s.seq += STAGE_PEER_ISS;
	if (d.s.flags & 16)
		d.s.ack += p->has_iss ? p->iss : 0;
	d.s.opt.ts_ecr += d.s.flags & 16 ? p->ts_base : 0;
	if (!d.has_win)
		d.s.window = 65535;
	stage_segment(&s->stage, &d.s, d.bad_checksum, d.bad_option);
	stage_settle(&s->stage);
}

static void show(const struct stage *st, const struct stage_sent *e)
{
	const tcp_seq iss = st->who->iss, seq = e->s.seq - iss;

	fprintf(stderr, "    sent at %.6f to %u: flags %#x seq %u:%u ack %u win %u",
		(double)e->at_us / 1e6, e->port, e->s.flags, seq, seq + e->s.len,
		e->s.ack - STAGE_PEER_ISS, e->s.window);
	if (e->s.opt.has_ts)
		fprintf(stderr, " ts %u %u", e->s.opt.ts_val - st->who->ts_base, e->s.opt.ts_ecr);
	fprintf(stderr, "\n");
}

static void compare_options(struct script *s, const struct said *d, const struct env_segment *got)
{
	const struct tcp_options *want = &d->s.opt, *o = &got->opt;

	if (want->has_mss && (!o->has_mss || o->mss != want->mss))
		FAIL(s, "MSS is %u", o->mss);
	if (want->has_wscale && (!o->has_wscale || o->wscale != want->wscale))
		FAIL(s, "window scale is %u", o->wscale);
	if (d->no_ts && (o->has_ts || o->has_wscale))
		FAIL(s, "has timestamps or window scale");
	if (!want->has_ts)
		return;
	if (!o->has_ts || o->ts_ecr != want->ts_ecr ||
	    o->ts_val - s->stage.who->ts_base - want->ts_val + 2 > 4)
		FAIL(s, "timestamps differ");
}

static void compare(struct script *s, const struct said *d, const struct stage_sent *e)
{
	const struct stage_peer *p = s->stage.who;
	const struct env_segment *g = &e->s;
	const tcp_seq seq = g->seq - (p->has_iss ? p->iss : 0);
	const tcp_seq ack = g->ack - STAGE_PEER_ISS;
	const uint64_t late = e->at_us - s->base_us;

	if (e->port != p->port)
		FAIL(s, "sent to another peer");
	if (late + TOLERANCE_US > 2 * (uint64_t)TOLERANCE_US)
		FAIL(s, "sent %.6f s after its time", (double)(int64_t)late / 1e6);
	if ((g->flags & ~8) != (d->s.flags & ~8) || (d->s.flags & 8 && !(g->flags & 8)))
		FAIL(s, "flags are %#x, not %#x", g->flags, d->s.flags);
	if (seq != d->s.seq || g->len != d->s.len)
		FAIL(s, "seq is %u:%u", seq, seq + g->len);
	if (d->has_ack && ack != d->s.ack)
		FAIL(s, "ack is %u", ack);
	if (d->has_win && g->window != d->s.window)
		FAIL(s, "win is %u", g->window);
	for (uint32_t i = 0; i < g->len; i++)
		if (g->payload[i] != stage_byte(true, (uint64_t)seq - 1 + i)) {
			FAIL(s, "byte %u differs", i);
			break;
		}
	compare_options(s, d, g);
}

static void play_out(struct script *s)
{
	struct stage *st = &s->stage;
	const unsigned int failed = s->failed;
	struct said d;

	parse_segment(s, &d);
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
	st->sent_first = (st->sent_first + 1) % STAGE_SENT_MAX;
	st->sent_count--;
}

/* The peer sends bytes FROM to TO in full segments; what we answer is not looked at. */
static void play_flood(struct script *s)
{
	struct stage *st = &s->stage;
	uint32_t from = script_number(s);
	const uint32_t to = script_number(s);
	char text[64];

	while (from < to && s->failed == 0) {
		const uint32_t n = min_u32(to - from, 1460);

		snprintf(text, sizeof(text), ". seq %u:%u ack 1", from, from + n);
		script_split(s, text);
		play_in(s);
		st->sent_count = 0;
		from += n;
	}
}

static void expect_drops(struct script *s)
{
	const char *name = script_word(s);
	const uint32_t want = script_number(s);

	for (unsigned int d = 0; d < DROP_COUNT; d++)
		if (strcmp(drop_name((enum drop)d), name) == 0) {
			if (env.drops[d] != want)
				FAIL(s, "%s is %u", name, env.drops[d]);
			return;
		}
	FAIL(s, "no drop \"%s\"", name);
}

static void play_option(struct script *s)
{
	struct tcp_setup *setup = &s->stage.setup;
	const char *w = script_word(s);
	const uint32_t n = script_number(s);

	if (strcmp(w, "mtu") == 0)
		setup->mtu[IFACE_EDGE] = n;
	else if (strcmp(w, "conns") == 0)
		setup->conns = n;
	else if (strcmp(w, "keepalive") == 0)
		setup->keepalive_idle_us = (uint64_t)n * 1000 * 1000;
	else if (strcmp(w, "user_timeout") == 0)
		setup->user_timeout_us = (uint64_t)n * 1000 * 1000;
	else if (strcmp(w, "time_wait") == 0)
		setup->time_wait_us = (uint64_t)n * 1000 * 1000;
	else
		FAIL(s, "no option \"%s\"", w);
}

static void play_start(struct script *s, bool dials)
{
	if (!stage_start(&s->stage, dials)) {
		FAIL(s, "cannot start");
		exit(2);
	}
	s->base_us = s->stage.now_us;
	stage_settle(&s->stage);
}

static void play_command(struct script *s, const char *w)
{
	if (strcmp(w, "listen") == 0)
		play_start(s, false);
	else if (strcmp(w, "dial") == 0)
		play_start(s, true);
	else if (strcmp(w, "option") == 0)
		play_option(s);
	else if (strcmp(w, "peer") == 0)
		s->stage.who = stage_peer(&s->stage, (uint16_t)script_number(s));
	else if (strcmp(w, "forget") == 0) /* the next SYN of ours sets the numbers anew */
		s->stage.who->has_iss = false;
	else if (strcmp(w, "news") == 0)
		script_expect_news(s);
	else if (strcmp(w, "state") == 0)
		script_expect_state(s);
	else if (strcmp(w, "drops") == 0)
		expect_drops(s);
	else if (strcmp(w, "conns") == 0)
		script_expect_number(s, w, tcp_conns(s->stage.t));
	else if (strcmp(w, "flood") == 0)
		play_flood(s);
	else if (strcmp(w, "quiet") != 0 && !script_user(s, w))
		FAIL(s, "\"%s\" is unknown or needs a connection", w);
}

static void expect_silence(struct script *s)
{
	struct stage *st = &s->stage;

	for (; st->sent_count > 0; st->sent_count--) {
		FAIL(s, "sent before this line, but not expected");
		show(st, &st->sent[st->sent_first]);
		st->sent_first = (st->sent_first + 1) % STAGE_SENT_MAX;
	}
}

/* What the user does in a row is one turn of the loop: only then segments go out. */
static bool is_action(const char *w)
{
	static const char *const actions[] = {"send",  "read",    "close",
					      "abort", "release", "free_to"};

	for (unsigned int i = 0; i < ARRAY_LEN(actions); i++)
		if (strcmp(w, actions[i]) == 0)
			return true;
	return false;
}

static void play_line(struct script *s)
{
	const char *w = script_word(s);

	if (w[0] == '+') {
		s->base_us += (uint64_t)(strtod(w + 1, NULL) * 1e6 + 0.5);
		w = script_word(s);
	}
	if (strcmp(w, ">") == 0) {
		play_out(s);
		return;
	}
	if (s->stage.t != NULL) {
		stage_advance(&s->stage, s->base_us, false);
		if (!is_action(w))
			stage_settle(&s->stage);
		expect_silence(s);
	}
	if (strcmp(w, "<") == 0)
		play_in(s);
	else
		play_command(s, w);
	if (s->at < s->words)
		FAIL(s, "too many words");
}

static bool play(const char *file)
{
	struct script *s = &script;
	FILE *f = fopen(file, "r");
	char line[512];

	if (f == NULL) {
		perror(file);
		return false;
	}
	memset(s, 0, sizeof(*s));
	s->file = file;
	stage_init(&s->stage, &env);
	while (s->failed == 0 && fgets(line, sizeof(line), f) != NULL) {
		s->line++;
		script_split(s, line);
		if (s->words > 0)
			play_line(s);
	}
	fclose(f);
	if (s->failed == 0)
		expect_silence(s);
	if (s->stage.t == NULL)
		return false;
	stage_end(&s->stage);
	return env_pools_full(&env) && s->failed == 0 && s->stage.bad == 0;
}

static void play_one(const char *file)
{
	if (play(file)) {
		check_passed++;
		return;
	}
	fprintf(stderr, "FAILED: %s\n", file);
	check_failed++;
}

static int is_script(const struct dirent *d)
{
	const size_t n = strlen(d->d_name);

	return n > 4 && strcmp(d->d_name + n - 4, ".pkt") == 0;
}

static void play_folder(const char *folder)
{
	struct dirent **found;
	char path[1024];
	const int n = scandir(folder, &found, is_script, alphasort);

	if (n < 0) {
		play_one(folder);
		return;
	}
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, found[i]->d_name);
		play_one(path);
		free(found[i]);
	}
	free(found);
}

int main(int argc, char **argv)
{
	env_start(&env);
	for (int i = 1; i < argc; i++)
		play_folder(argv[i]);
	return check_summary();
}
