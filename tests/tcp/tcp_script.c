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

/* An ICMP error that quotes the segment of ours that began with SEQ. */
static void play_icmp(struct script *s)
{
	struct stage *st = &s->stage;
	struct tcp_quoted quoted = {
	    .iface = IFACE_EDGE,
	    .local = st->us,
	    .remote = st->them,
	    .local_port = st->who->local_port,
	    .remote_port = st->who->port,
	    .is_too_big = script_take(s, "toobig"),
	};

	if (quoted.is_too_big)
		quoted.mtu = script_number(s);
	else if (!script_take(s, "unreachable"))
		FAIL(s, "toobig or unreachable expected");
	if (!script_take(s, "seq"))
		FAIL(s, "seq expected");
	quoted.seq = st->who->iss + script_number(s);
	tcp_icmp(st->t, &quoted, st->now_us);
}

/* The first makes the engine; then a dial is one more of its connections, to whose turn it is. */
static void play_start(struct script *s, bool dials)
{
	if (s->stage.t != NULL) {
		if (!dials || !stage_dial(&s->stage))
			FAIL(s, "cannot dial, or listens already");
		return;
	}
	if (!stage_start(&s->stage, dials)) {
		FAIL(s, "cannot start");
		exit(2);
	}
	s->base_us = s->stage.now_us;
	stage_settle(&s->stage);
}

/* Words of the whole engine. False: not such a word. */
static bool play_engine(struct script *s, const char *w)
{
	struct stage *st = &s->stage;

	if (strcmp(w, "unlisten") == 0)
		tcp_unlisten(st->t, IFACE_EDGE, &st->us, STAGE_LOCAL_PORT);
	else if (strcmp(w, "icmp") == 0)
		play_icmp(s);
	else if (strcmp(w, "news") == 0)
		script_expect_news(s);
	else if (strcmp(w, "state") == 0)
		script_expect_state(s);
	else if (strcmp(w, "drops") == 0)
		expect_drops(s);
	else if (strcmp(w, "conns") == 0)
		script_expect_number(s, w, tcp_conns(st->t));
	else if (!script_crowd(s, w) && !script_user(s, w) && !script_inside(s, w))
		return strcmp(w, "quiet") == 0;
	return true;
}

static void play_command(struct script *s, const char *w)
{
	if (strcmp(w, "listen") == 0)
		play_start(s, false);
	else if (strcmp(w, "dial") == 0)
		play_start(s, true);
	else if (strcmp(w, "option") == 0)
		script_option(s);
	else if (strcmp(w, "peer") == 0)
		s->stage.who = stage_peer(&s->stage, (uint16_t)script_number(s));
	else if (strcmp(w, "forget") == 0) /* the next SYN of ours sets the numbers anew */
		s->stage.who->has_iss = false;
	else if (s->stage.t == NULL || !play_engine(s, w))
		FAIL(s, "\"%s\" is unknown or needs a connection", w);
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

/* "<<" arrives in one burst with the line behind it. */
static void play_in(struct script *s, bool burst)
{
	script_segment_in(s);
	s->in_burst = burst;
	if (!burst)
		stage_settle(&s->stage);
}

static void play_line(struct script *s)
{
	const char *w = script_word(s);

	if (w[0] == '+') {
		s->base_us += (uint64_t)(strtod(w + 1, NULL) * 1e6 + 0.5);
		w = script_word(s);
	}
	if (s->stage.t == NULL) {
		play_command(s, w);
	} else if (strcmp(w, ">") == 0) {
		script_segment_out(s);
	} else {
		stage_advance(&s->stage, s->base_us, false);
		if (!is_action(w) && !s->in_burst)
			stage_settle(&s->stage);
		s->in_burst = false;
		script_expect_silence(s);
		if (w[0] == '<')
			play_in(s, w[1] == '<');
		else
			play_command(s, w);
	}
	if (s->at < s->words)
		FAIL(s, "too many words");
}

static bool play(const char *file)
{
	struct script *s = &script;
	FILE *f = fopen(file, "r");
	char line[512];
	bool began;

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
		script_expect_silence(s);
	began = s->stage.t != NULL;
	stage_end(&s->stage);
	return began && env_pools_full(&env) && s->failed == 0 && s->stage.bad == 0;
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
