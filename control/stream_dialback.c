/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stream_dialback.c - XEP-0220, the two roles that are asked. Receiver: has the key verified
 * elsewhere, or believes the certificate (XEP-0344). Authoritative: answers db:verify, from the
 * secret alone.
 */
#include <stdio.h>
#include <string.h>

#include "control/dialback.h"
#include "control/secret.h"
#include "control/stream_state.h"

void stream_put_dialback(struct stream *s, const char *name, const char *from, const char *to)
{
	stream_put(s, "<db:");
	stream_put(s, name);
	if (!s->declares_dialback) /* we did not mean to, but the other side has begun */
		stream_put_attribute(s, "xmlns:db", NS_DIALBACK);
	stream_put_attribute(s, "from", from);
	stream_put_attribute(s, "to", to);
}

/* @id NULL: db:result */
static void put_answer(struct stream *s, const char *ours, const char *theirs, const char *id,
		       const char *type)
{
	stream_put_dialback(s, id != NULL ? "verify" : "result", ours, theirs);
	if (id != NULL)
		stream_put_attribute(s, "id", id);
	stream_put_attribute(s, "type", type);
	stream_put(s, "/>");
}

static void put_error(struct stream *s, const char *ours, const char *theirs, const char *id,
		      const char *condition)
{
	stream_put_dialback(s, id != NULL ? "verify" : "result", ours, theirs);
	if (id != NULL)
		stream_put_attribute(s, "id", id);
	stream_put(s, " type='error'><error type='cancel'><");
	stream_put(s, condition);
	stream_put(s, " xmlns='" NS_STANZAS "'/>");
	stream_put_trace(s, NS_STANZAS);
	stream_put(s, "</error></db:");
	stream_put(s, id != NULL ? "verify>" : "result>");
}

/* ---- receiver ---- */

void stream_refuse_pair(struct stream *s, const char *ours, const char *theirs,
			const char *condition, enum drop why)
{
	put_error(s, ours, theirs, NULL, condition);
	if (++s->refusals >= STREAM_REFUSALS_MAX) {
		stream_fail(s, STREAM_POLICY_VIOLATION, why, "too many refused pairs");
		return;
	}
	stream_add_refused(s, why, ours, theirs, condition);
}

static void accept_pair(struct stream *s, const char *ours, const char *theirs)
{
	/* Granted before it is told: the peer may send at once. Told before it is granted where the
	 * grant lets us send: that must not come to the peer before the answer. */
	if (s->is_bidi)
		put_answer(s, ours, theirs, NULL, "valid");
	stream_authorise(s, ours, theirs, stream_dialback_method(s));
	stream_establish(s);
	if (!s->is_bidi)
		put_answer(s, ours, theirs, NULL, "valid");
}

static void refuse_key(struct stream *s, const char *ours, const char *theirs)
{
	if (s->authorised > 0) {
		stream_refuse_pair(s, ours, theirs, "forbidden", DROP_DIALBACK_INVALID);
		return;
	}
	put_answer(s, ours, theirs, NULL, "invalid");
	stream_finish(s, DROP_DIALBACK_INVALID, drop_text(DROP_DIALBACK_INVALID));
}

/* What stands against this pair whatever its key: a db error condition, NULL for nothing. */
static const char *why_not_pair(const struct stream *s, const char *ours, const char *theirs,
				enum drop *why)
{
	const unsigned int methods = stream_methods(s, theirs);

	if (!stream_has_ours(s, ours)) {
		*why = DROP_STREAM_HOST_UNKNOWN;
		return "item-not-found";
	}
	if (stream_block_of(s, theirs) != NULL) {
		*why = DROP_STREAM_BLOCKED;
		return "policy-violation";
	}
	if (!stream_knows_theirs(s, theirs)) {
		*why = DROP_STREAM_NOT_ALLOWED;
		return "policy-violation";
	}
	if (stream_is_internal(s) && !stream_proves(s, theirs)) {
		*why = DROP_STREAM_NOT_ALLOWED;
		return "not-authorized";
	}
	if (!s->is_secure && stream_tls_level(s, theirs) == LEVEL_REQUIRED) {
		*why = DROP_STREAM_TLS_REQUIRED;
		return "policy-violation";
	}
	if ((methods & stream_dialback_method(s)) == 0) {
		*why = DROP_DIALBACK_REFUSED;
		return (methods & METHOD_SASL_EXTERNAL) != 0 ? "not-authorized"
							     : "policy-violation";
	}
	return NULL;
}

static void ask_to_verify(struct stream *s, const char *ours, const char *theirs, const char *key)
{
	struct stream_news *news;

	if (stream_add_asked(s, ours, theirs) == NULL) {
		stream_refuse_pair(s, ours, theirs, "resource-constraint", DROP_STREAM_LIMIT);
		return;
	}
	news = stream_add_news(s, STREAM_NEWS_VERIFY);
	snprintf(news->ours, sizeof(news->ours), "%s", ours);
	snprintf(news->theirs, sizeof(news->theirs), "%s", theirs);
	memcpy(news->local, news->ours, sizeof(news->local)); /* the edge leg's terms */
	memcpy(news->remote, news->theirs, sizeof(news->remote));
	snprintf(news->id, sizeof(news->id), "%.63s", s->id);
	snprintf(news->key, sizeof(news->key), "%s", key);
}

/* The key without the white space around it that some write. False when it cannot be one. */
static bool trim_key(const char *text, char key[STREAM_KEY_MAX + 1])
{
	const char *space = " \t\r\n";
	size_t len;

	text += strspn(text, space);
	len = strlen(text);
	while (len > 0 && strchr(space, text[len - 1]) != NULL)
		len--;
	if (len == 0 || len > STREAM_KEY_MAX)
		return false;
	memcpy(key, text, len);
	key[len] = '\0';
	return true;
}

static void on_result(struct stream *s, const char *ours, const char *theirs, const char *text)
{
	const struct stream_pair *pair = stream_find_pair(s, ours, theirs);
	enum drop why = DROP_DIALBACK_REFUSED;
	const char *why_not = why_not_pair(s, ours, theirs, &why);
	char key[STREAM_KEY_MAX + 1];

	if (why == DROP_STREAM_TLS_REQUIRED && s->authorised == 0)
		stream_fail(s, STREAM_POLICY_VIOLATION, why,
			    "dialback before the TLS that is required");
	else if (why_not != NULL)
		stream_refuse_pair(s, ours, theirs, why_not, why);
	else if (pair != NULL && pair->state == PAIR_AUTHORISED)
		put_answer(s, ours, theirs, NULL, "valid");
	else if (pair != NULL)
		stream_add_refused(s, DROP_STREAM_PROTOCOL, ours, theirs, "pair asked for twice");
	else if (stream_is_internal(s) || (s->is_secure && stream_proves(s, theirs)))
		accept_pair(s, ours, theirs);
	else if (!trim_key(text, key))
		refuse_key(s, ours, theirs);
	else
		ask_to_verify(s, ours, theirs, key);
}

/* Only what XEP-0220 2.4 knows goes out. */
static const char *error_condition(const char *condition)
{
	static const char *const known[] = {
	    "remote-connection-failed",
	    "remote-server-not-found",
	    "remote-server-timeout",
	    "item-not-found",
	    "policy-violation",
	    "not-authorized",
	    "forbidden",
	    "not-acceptable",
	    "resource-constraint",
	    "internal-server-error",
	};

	for (size_t i = 0; condition != NULL && i < ARRAY_LEN(known); i++)
		if (strcmp(condition, known[i]) == 0)
			return known[i];
	return "remote-connection-failed";
}

void stream_verified(struct stream *s, const char *ours, const char *theirs, const char *id,
		     enum verify_result result, const char *condition, uint64_t now_us)
{
	struct stream_pair *pair = stream_find_pair(s, ours, theirs);
	enum drop why;
	const char *why_not;

	s->now_us = now_us;
	if (s->setup.role != STREAM_RECEIVING || s->state == STREAM_CLOSING || pair == NULL ||
	    pair->state != PAIR_ASKED || strcmp(id, s->id) != 0)
		return;
	why_not = why_not_pair(s, ours, theirs, &why); /* a reload may have come between */
	if (result == VERIFY_VALID && why_not == NULL) {
		accept_pair(s, ours, theirs);
	} else {
		stream_drop_pair(s, pair);
		if (result == VERIFY_VALID)
			stream_refuse_pair(s, ours, theirs, why_not, why);
		else if (result == VERIFY_INVALID)
			refuse_key(s, ours, theirs);
		else
			stream_refuse_pair(s, ours, theirs, error_condition(condition),
					   DROP_DIALBACK_UNREACHABLE);
	}
	stream_flush(s);
}

/* ---- authoritative ---- */

static void on_verify(struct stream *s, const char *ours, const char *theirs,
		      const struct xml_element *e)
{
	const char *id = xml_attr(e, "id"), *secret = s->policy->dialback_passphrase;
	bool valid;

	if (id == NULL || strlen(id) > STREAM_ID_MAX) {
		stream_fail(s, STREAM_BAD_FORMAT, DROP_STREAM_PROTOCOL,
			    "db:verify without a usable id");
		return;
	}
	if (!stream_has_ours(s, ours)) {
		put_error(s, ours, theirs, id, "item-not-found");
		stream_add_refused(s, DROP_STREAM_HOST_UNKNOWN, ours, theirs,
				   "db:verify of a domain that is not served here");
		return;
	}
	valid = secret != NULL && dialback_key_is(e->text, secret, theirs, ours, id);
	if (!valid && secret_has_grace(s->policy, s->now_us)) /* given out before a rotation */
		valid = dialback_key_is(e->text, s->policy->dialback_before, theirs, ours, id);
	put_answer(s, ours, theirs, id, valid ? "valid" : "invalid");
	s->verifies_answered++;
	if (!valid)
		stream_add_refused(s, DROP_DIALBACK_INVALID, ours, theirs,
				   "asked to verify a key that is not ours");
}

/* ---- dispatch ---- */

static void on_request(struct stream *s, const char *ours, const char *theirs,
		       const struct xml_element *e)
{
	if (s->setup.role == STREAM_RECEIVING && !s->is_secure &&
	    stream_tls_level(s, s->theirs) == LEVEL_REQUIRED)
		stream_fail(s, STREAM_POLICY_VIOLATION, DROP_STREAM_TLS_REQUIRED,
			    "dialback before the TLS that is required");
	else if (strcmp(e->name, "verify") == 0)
		on_verify(s, ours, theirs, e);
	else if (s->setup.role == STREAM_RECEIVING)
		on_result(s, ours, theirs, e->text);
	else
		stream_add_refused(s, DROP_STREAM_PROTOCOL, ours, theirs,
				   "db:result on a stream that we opened");
}

bool stream_dialback_element(struct stream *s, const struct xml_element *e)
{
	const bool is_verify = xml_is(e, NS_DIALBACK, "verify");
	const char *from = xml_attr(e, "from"), *to = xml_attr(e, "to");
	char ours[DOMAIN_TEXT_MAX + 1], theirs[DOMAIN_TEXT_MAX + 1];

	if (!is_verify && !xml_is(e, NS_DIALBACK, "result"))
		return false;
	if (from == NULL || to == NULL || !stream_fold(from, theirs) || !stream_fold(to, ours))
		stream_fail(s, STREAM_IMPROPER_ADDRESSING, DROP_STREAM_PROTOCOL,
			    "dialback without usable from and to");
	else if (xml_attr(e, "type") == NULL)
		on_request(s, ours, theirs, e);
	else if (is_verify)
		stream_read_verify_answer(s, ours, theirs, e);
	else
		stream_read_result_answer(s, ours, theirs, e);
	return true;
}
