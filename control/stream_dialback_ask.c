/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stream_dialback_ask.c - XEP-0220, the two roles that ask. Initiator: asks for a pair by
 * db:result. Verifier: asks db:verify. An answer counts only for what was asked on this stream; and
 * who gives none is not waited for.
 */
#include <stdio.h>
#include <string.h>

#include "control/dialback.h"
#include "control/stream_state.h"

/* ---- initiator ---- */

bool stream_may_dialback(const struct stream *s, const char *theirs)
{
	return s->setup.purpose != STREAM_FOR_VERIFY && s->offer.dialback && s->id[0] != '\0' &&
	       s->policy->dialback_passphrase != NULL &&
	       (stream_methods(s, theirs) & stream_dialback_method(s)) != 0;
}

bool stream_ask_pair(struct stream *s, const char *ours, const char *theirs)
{
	char key[DIALBACK_KEY_TEXT];

	if (stream_add_asked(s, ours, theirs) == NULL)
		return false;
	dialback_key(s->policy->dialback_passphrase, theirs, ours, s->id, key);
	stream_put_dialback(s, "result", ours, theirs);
	stream_put_partner_type(s, ours);
	stream_put(s, ">");
	stream_put(s, key);
	stream_put(s, "</db:result>");
	return true;
}

bool stream_add_pair(struct stream *s, const char *ours, const char *theirs, uint64_t now_us)
{
	const bool other_target = strcmp(theirs, s->setup.theirs) != 0;

	s->now_us = now_us;
	if (s->setup.role != STREAM_INITIATING || s->state != STREAM_ESTABLISHED ||
	    !stream_may_dialback(s, theirs) || stream_find_pair(s, ours, theirs) != NULL)
		return false;
	if (!stream_has_ours(s, ours) || !stream_knows_theirs(s, theirs) ||
	    (other_target && !s->offer.dialback_errors))
		return false;
	if (stream_is_internal(s) && !stream_proves(s, theirs))
		return false;
	if (!stream_ask_pair(s, ours, theirs))
		return false;
	stream_flush(s);
	return true;
}

static const struct xml_element *error_of(const struct xml_element *e)
{
	const struct xml_element *error = e->child;

	while (error != NULL && strcmp(error->name, "error") != 0)
		error = error->next;
	return error != NULL ? error->child : NULL;
}

static enum drop drop_for_error(const char *condition)
{
	if (strncmp(condition, "remote-", 7) == 0)
		return DROP_DIALBACK_UNREACHABLE;
	if (strcmp(condition, "item-not-found") == 0)
		return DROP_STREAM_HOST_UNKNOWN;
	return DROP_DIALBACK_REFUSED;
}

static void asked_in_vain(struct stream *s, const char *ours, const char *theirs, enum drop why,
			  const char *text)
{
	if (s->state != STREAM_ESTABLISHED) {
		stream_finish(s, why, text);
		return;
	}
	stream_add_refused(s, why, ours, theirs, text);
	stream_pair_failed(s, ours, theirs, why, text);
}

static void unsolicited(struct stream *s, const char *ours, const char *theirs)
{
	stream_add_refused(s, DROP_DIALBACK_UNSOLICITED, ours, theirs,
			   drop_text(DROP_DIALBACK_UNSOLICITED));
}

void stream_read_result_answer(struct stream *s, const char *ours, const char *theirs,
			       const struct xml_element *e)
{
	const struct stream_pair *pair = stream_find_pair(s, ours, theirs);
	const char *type = xml_attr(e, "type");
	const struct xml_element *condition;
	char text[160];

	if (s->setup.role != STREAM_INITIATING || pair == NULL || pair->state != PAIR_ASKED) {
		unsolicited(s, ours, theirs);
	} else if (strcmp(type, "valid") == 0 &&
		   !stream_still_allows(s, ours, theirs, stream_dialback_method(s))) {
		asked_in_vain(s, ours, theirs, DROP_DIALBACK_REFUSED,
			      "policy has changed: dialback is not allowed any more");
	} else if (strcmp(type, "valid") == 0) {
		stream_authorise(s, ours, theirs, stream_dialback_method(s));
		stream_establish(s);
	} else if (strcmp(type, "invalid") == 0) {
		asked_in_vain(s, ours, theirs, DROP_DIALBACK_INVALID,
			      "the other side says our key is not valid");
	} else {
		condition = error_of(e);
		stream_say(text, sizeof(text),
			   "dialback refused: ", condition != NULL ? condition->name : type, "");
		asked_in_vain(s, ours, theirs,
			      drop_for_error(condition != NULL ? condition->name : ""), text);
	}
}

/* ---- verifier ---- */

static bool is_ready_to_verify(const struct stream *s)
{
	return s->state == STREAM_ESTABLISHED || s->state == STREAM_EXPECT_DIALBACK;
}

void stream_send_verifies(struct stream *s)
{
	for (size_t i = 0; i < s->verify_count; i++) {
		struct stream_verify *v = &s->verifies[i];

		if (v->sent)
			continue;
		stream_put_dialback(s, "verify", v->ours, v->theirs);
		stream_put_attribute(s, "id", v->id);
		stream_put(s, ">");
		stream_put_escaped(s, v->key);
		stream_put(s, "</db:verify>");
		v->sent = true;
		v->due_us = s->now_us + (uint64_t)STREAM_DIALBACK_WAIT_S * 1000000;
		if (s->out_len > STREAM_OUT_MAX / 2)
			stream_flush(s);
	}
	stream_flush(s);
}

bool stream_verify(struct stream *s, const char *ours, const char *theirs, const char *id,
		   const char *key, uint64_t now_us)
{
	struct stream_verify *v;

	s->now_us = now_us;
	if (s->setup.role != STREAM_INITIATING || s->state == STREAM_CLOSING ||
	    strlen(id) >= sizeof(v->id) || strlen(key) >= sizeof(v->key) ||
	    stream_find_verify(s, ours, theirs, id) != NULL)
		return false;
	v = stream_add_verify(s);
	if (v == NULL)
		return false;
	snprintf(v->ours, sizeof(v->ours), "%s", ours);
	snprintf(v->theirs, sizeof(v->theirs), "%s", theirs);
	snprintf(v->id, sizeof(v->id), "%s", id);
	snprintf(v->key, sizeof(v->key), "%s", key);
	if (is_ready_to_verify(s))
		stream_send_verifies(s);
	return true;
}

static void tell_verified(struct stream *s, struct stream_verify *v, enum verify_result result)
{
	struct stream_news *news = stream_add_news(s, STREAM_NEWS_VERIFIED);

	memcpy(news->ours, v->ours, sizeof(news->ours));
	memcpy(news->theirs, v->theirs, sizeof(news->theirs));
	memcpy(news->id, v->id, sizeof(news->id));
	memcpy(news->key, v->key, sizeof(news->key));
	news->result = result;
	stream_drop_verify(s, v);
}

void stream_read_verify_answer(struct stream *s, const char *ours, const char *theirs,
			       const struct xml_element *e)
{
	const char *id = xml_attr(e, "id"), *type = xml_attr(e, "type");
	struct stream_verify *v = id != NULL ? stream_find_verify(s, ours, theirs, id) : NULL;

	if (v == NULL || !v->sent)
		unsolicited(s, ours, theirs);
	else
		tell_verified(s, v,
			      strcmp(type, "valid") == 0     ? VERIFY_VALID
			      : strcmp(type, "invalid") == 0 ? VERIFY_INVALID
							     : VERIFY_ERROR);
}

/* ---- time ---- */

static void pair_is_late(struct stream *s, struct stream_pair *pair)
{
	char ours[DOMAIN_TEXT_MAX + 1], theirs[DOMAIN_TEXT_MAX + 1];

	snprintf(ours, sizeof(ours), "%s", pair->ours);
	snprintf(theirs, sizeof(theirs), "%s", pair->theirs);
	if (s->setup.role == STREAM_INITIATING) {
		asked_in_vain(s, ours, theirs, DROP_STREAM_TIMEOUT, "db:result was not answered");
		return;
	}
	stream_drop_pair(s, pair);
	stream_refuse_pair(s, ours, theirs, "remote-server-timeout", DROP_DIALBACK_UNREACHABLE);
}

void stream_dialback_on_time(struct stream *s)
{
	/* Backwards: the last takes the place of one that goes. */
	for (size_t i = s->pair_count; i-- > 0 && s->state != STREAM_CLOSING;)
		if (i < s->pair_count && s->pairs[i].state == PAIR_ASKED &&
		    s->pairs[i].due_us <= s->now_us)
			pair_is_late(s, &s->pairs[i]);
	for (size_t i = s->verify_count; i-- > 0 && s->state != STREAM_CLOSING;)
		if (s->verifies[i].sent && s->verifies[i].due_us <= s->now_us)
			tell_verified(s, &s->verifies[i], VERIFY_ERROR);
}

uint64_t stream_dialback_due(const struct stream *s)
{
	uint64_t due_us = UINT64_MAX;

	for (size_t i = 0; i < s->pair_count; i++)
		if (s->pairs[i].state == PAIR_ASKED && s->pairs[i].due_us < due_us)
			due_us = s->pairs[i].due_us;
	for (size_t i = 0; i < s->verify_count; i++)
		if (s->verifies[i].sent && s->verifies[i].due_us < due_us)
			due_us = s->verifies[i].due_us;
	return due_us;
}
