/* SPDX-License-Identifier: BSD-3-Clause */
/* cert.c - "show certs", "cert check", and the exchange of a certificate: load, commit, abort. */
#include "control/operator/cert.h"

#include <stdlib.h>
#include <string.h>

#include "control/daemon_ask.h"
#include "control/memory.h"
#include "control/operator/show.h"

enum { CARDS_MAX = 256, DAY_S = 24 * 60 * 60, CARD_LINES = 6, EXPIRY_WARN_DAYS = 14 };

static const char *const legs[] = {[IFACE_EDGE] = "edge", [IFACE_INTERNAL] = "internal"};

/* --- show certs --- */

struct listing {
	json_t *rows;
	time_t now;
	uint64_t within_s; /* only what ends so soon; 0: all */
};

static void put_row(struct listing *l, const char *of, const char *name, long long not_after,
		    json_t *row)
{
	const long long left_s = not_after - (long long)l->now;

	if (l->within_s > 0 && left_s > (long long)l->within_s) {
		json_decref(row);
		return;
	}
	json_object_set_new(row, "of", json_string(of));
	json_object_set_new(row, "name", answer_string(name));
	json_object_set_new(row, "not_after_unix_s", json_integer(not_after));
	json_object_set_new(row, "days_left", json_integer(left_s / DAY_S));
	json_array_append_new(l->rows, row);
}

/* Those of one leg, a page at most, from @at on, which goes on by as many. False: there are more.
 */
static bool put_own(struct listing *l, const struct tls_ctx *tls, enum iface leg, uint64_t *at)
{
	struct identity *id = memory_get(sizeof(*id));
	const char *domain, *file;
	char names[480];
	bool is_whole;

	for (unsigned int n = 0; n < SHOW_PAGE_ROWS; n++, ++*at) {
		if (!tls_ctx_shown(tls, *at, &domain, &file, id))
			break;
		identity_names(id, names, sizeof(names));
		put_row(l, legs[leg], domain, (long long)id->not_after,
			json_pack("{s:o, s:o, s:s, s:s, s:o, s:s, s:s, s:I}", "subject",
				  answer_string(id->subject), "issuer", answer_string(id->issuer),
				  "serial", id->serial, "usage", id->usage, "names",
				  answer_string(names), "file", file, "chain",
				  id->chain_good ? "good" : id->reason, "loaded_unix_s",
				  (json_int_t)tls_ctx_made(tls)));
	}
	is_whole = !tls_ctx_shown(tls, *at, &domain, &file, id);
	free(id);
	return is_whole;
}

long long cert_card_json(const char *card, json_t *row)
{
	static const char *const keys[CARD_LINES] = {"subject", "issuer", "serial",
						     "usage",   "names",  NULL};
	char line[IDENTITY_CARD_MAX];

	for (size_t i = 0; i < CARD_LINES && *card != '\0'; i++) {
		const size_t len = strcspn(card, "\n");

		memcpy(line, card, len);
		line[len] = '\0';
		if (keys[i] == NULL) /* its last line is the end */
			return strtoll(line, NULL, 10);
		json_object_set_new(row, keys[i], answer_string(line));
		card += len + (card[len] == '\n');
	}
	return 0;
}

/* Streams of one certificate share its card: the address tells them apart. */
static size_t find_card(const char **cards, size_t count, const char *card)
{
	size_t i = 0;

	while (i < count && cards[i] != card)
		i++;
	return i;
}

/* False: there are more than are told apart here. */
static bool put_live(struct listing *l, struct daemon *d)
{
	const char *cards[CARDS_MAX];
	struct session_view v;
	uint64_t cursor = 0;
	size_t count = 0;

	while (sessions_next_view(daemon_sessions(d), &cursor, &v)) {
		const bool inside = v.leg == IFACE_INTERNAL;
		long long not_after;
		json_t *row;

		if (v.card == NULL || v.card[0] == '\0' || find_card(cards, count, v.card) < count)
			continue;
		if (count == CARDS_MAX)
			return false;
		cards[count++] = v.card;
		row = json_pack("{s:s}", "stream", v.trace_id);
		not_after = cert_card_json(v.card, row);
		put_row(l, inside ? "gateway" : "partner", inside ? v.gateway : v.remote, not_after,
			row);
	}
	return true;
}

/* Pages: own certificates of the edge, those of the inside (a folder may hold thousands), and with
 * the last of them what live streams show. The cursor is 2 n + 1 within the inside's. */
void cert_show(const struct request *r, struct answer *a)
{
	const struct tls_ctx *edge = daemon_tls(r->daemon, IFACE_EDGE);
	const struct tls_ctx *internal = daemon_tls(r->daemon, IFACE_INTERNAL);
	struct listing l = {
	    .rows = json_array(), .now = time(NULL), .within_s = answer_number(r, "expiring", 0)};
	uint64_t at = r->cursor / 2;
	bool is_inside = r->cursor % 2 == 1, is_complete = true;

	if (!is_inside && put_own(&l, edge, IFACE_EDGE, &at)) {
		is_inside = true;
		at = 0;
	}
	if (!is_inside)
		a->cursor = 2 * at;
	else if (!put_own(&l, internal, IFACE_INTERNAL, &at))
		a->cursor = 2 * at + 1;
	else
		is_complete = put_live(&l, r->daemon);
	a->data = json_pack("{s:o, s:I, s:I}", "certs", l.rows, "anchors_edge",
			    (json_int_t)tls_ctx_anchors(edge), "anchors_internal",
			    (json_int_t)tls_ctx_anchors(internal));
	if (a->cursor == 0)
		json_object_set_new(a->data, "complete", json_boolean(is_complete));
}

/* --- cert check --- */

static void say(json_t *steps, const char *step, enum trial_verdict verdict, const char *detail,
		const char *hint)
{
	json_t *row =
	    json_pack("{s:s, s:s, s:s}", "step", step, "verdict", trial_words_verdict(verdict),
		      "hint", verdict == TRIAL_OK ? "" : hint);

	json_object_set_new(row, "detail", answer_string(detail));
	json_array_append_new(steps, row);
}

static void say_names(json_t *steps, const struct identity *id, const struct policy *p)
{
	struct identity *named = memory_get(sizeof(*named));
	char names[400], detail[900];

	*named = *id;
	named->chain_good = true; /* which is judged by itself */
	identity_names(id, names, sizeof(names));
	for (char **local = p->local_domains; local != NULL && *local != NULL; local++) {
		const bool does = identity_proves(named, *local, false);

		(void)snprintf(detail, sizeof(detail), "%s %s%s%s",
			       does ? "it names" : "it does not name", *local,
			       does ? "" : ", but has ", does ? "" : names);
		say(steps, "name", does ? TRIAL_OK : TRIAL_WARN, detail,
		    "partners that go by EXTERNAL will not take this edge for that domain: the "
		    "certificate needs it as a dNSName of its own");
	}
	free(named);
}

static void say_expiry(json_t *steps, const struct identity *id, time_t now)
{
	const long long days = (long long)(id->not_after - now) / DAY_S;
	char detail[64];

	(void)snprintf(detail, sizeof(detail), "%lld days left", days);
	say(steps, "expiry",
	    id->not_after < now       ? TRIAL_FAIL
	    : days < EXPIRY_WARN_DAYS ? TRIAL_WARN
				      : TRIAL_OK,
	    detail, "renew it");
}

static void say_usage(json_t *steps, const struct identity *id)
{
	char detail[120];

	(void)snprintf(detail, sizeof(detail), "extended key usage %s",
		       id->usage[0] != '\0' ? id->usage : "is not restricted");
	say(steps, "usage", identity_is_for_client(id) ? TRIAL_OK : TRIAL_WARN, detail,
	    "without clientAuth some servers (ejabberd before 25.07) refuse EXTERNAL when this "
	    "edge dials them; dialback stays possible");
}

void cert_check(const struct request *r, struct answer *a)
{
	const char *file = answer_text(r, "file"), *key = answer_text(r, "keyfile");
	struct identity *id = memory_get(sizeof(*id));
	char error[256] = "", detail[400];
	json_t *steps;

	if (!daemon_read_certificate(r->daemon, file, key, id, error)) {
		answer_refuse(a, EXIT_FAILED, "%.220s", error);
		free(id);
		return;
	}
	steps = json_array();
	(void)snprintf(detail, sizeof(detail), "%s, issued by %s, serial %s", id->subject,
		       id->issuer, id->serial);
	say(steps, "file", TRIAL_OK, detail, "");
	if (key != NULL)
		say(steps, "key", TRIAL_OK, "the key belongs to it", "");
	say(steps, "chain", id->chain_good ? TRIAL_OK : TRIAL_WARN,
	    id->chain_good ? "leads to a trust anchor of the edge" : id->reason,
	    "the edge's own trust does not lead there; partners need the intermediates, too: put "
	    "them behind the certificate in its file");
	say_expiry(steps, id, time(NULL));
	say_usage(steps, id);
	say_names(steps, id, daemon_config(r->daemon)->policy);
	a->data = json_pack("{s:s, s:o}", "file", file, "steps", steps);
	free(id);
}

/* --- load, commit, abort --- */

void cert_load(const struct request *r, struct answer *a)
{
	const char *name = answer_text(r, "name"), *file = answer_text(r, "file");
	char error[256] = "";
	unsigned int leg = 0;

	while (leg < IFACE_COUNT && strcmp(legs[leg], name) != 0)
		leg++;
	if (leg == IFACE_COUNT)
		answer_refuse(a, EXIT_USAGE, "\"%.64s\" is no interface: expected edge or internal",
			      name);
	else if (!daemon_cert_load(r->daemon, (enum iface)leg, file, answer_text(r, "keyfile"),
				   error))
		answer_refuse(a, EXIT_FAILED, "%.200s: nothing is loaded", error);
	else
		a->data = json_pack("{s:s, s:s, s:s}", "loaded", name, "file", file, "next",
				    "cert commit puts it to use, cert abort forgets it");
}

void cert_commit(const struct request *r, struct answer *a)
{
	const unsigned int n = daemon_cert_commit(r->daemon);

	if (n == 0)
		answer_refuse(a, EXIT_FAILED,
			      "nothing is loaded: cert load NAME FILE KEYFILE first");
	else
		a->data = json_pack("{s:I, s:s}", "committed", (json_int_t)n, "note",
				    "new handshakes use it; the next reload reads the "
				    "configuration's files again: change them, too");
}

void cert_abort(const struct request *r, struct answer *a)
{
	const unsigned int n = daemon_cert_abort(r->daemon);

	if (n == 0)
		answer_refuse(a, EXIT_FAILED, "nothing is loaded");
	else
		a->data = json_pack("{s:I}", "aborted", (json_int_t)n);
}
