/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trial_words.h - what a trial's findings mean and what to do about them: facts in, sentences out.
 *
 * Runs on  control. Pure.
 */
#ifndef CONTROL_TRIAL_WORDS_H
#define CONTROL_TRIAL_WORDS_H

#include "control/identity.h"
#include "control/policy.h"
#include "dataplane/base/drop.h"

enum trial_verdict { TRIAL_OK, TRIAL_WARN, TRIAL_FAIL };

/* One step. @hint: what to do, on which side, by which setting; "" where nothing is to be done. */
struct trial_line {
	const char *step; /* a constant: names of steps are stable */
	enum trial_verdict verdict;
	char detail[480], hint[480];
};

/* Who is tried, for the sentences. */
struct trial_who {
	const char *domain;   /* the certificate and the ping are this domain's */
	const char *local;    /* in whose name */
	const char *gateway;  /* its name; NULL where a partner is tried */
	unsigned int methods; /* method bits that policy lets be used */
	enum level tls;
};

const char *trial_words_verdict(enum trial_verdict v); /* "ok", "warn", "fail" */

/* Steps "certificate-chain", "certificate-name", "certificate-expiry", "certificate-usage", in this
 * order: @index 0.. . @proves: identity_proves(), or of a gateway whether one of its names is
 * there. False when there is no such line. */
MUST_USE bool trial_words_certificate(const struct trial_who *who, const struct identity *id,
				      bool proves, time_t now, unsigned int index,
				      struct trial_line *out);
/* Why the stream was refused, by either side. */
void trial_words_refused(const struct trial_who *who, enum drop why, const char *text,
			 struct trial_line *out);
/* What has been offered, of enum stream_offers; @max_bytes of XEP-0478, 0 for none. */
void trial_words_features(const struct trial_who *who, unsigned int offers, bool is_secure,
			  uint32_t max_bytes, struct trial_line *out);
/* A connection that could not be made. */
void trial_words_dial(const struct trial_who *who, const char *where, enum drop why, bool timed_out,
		      struct trial_line *out);
void trial_words_line(struct trial_line *out, const char *step, enum trial_verdict verdict,
		      const char *format, ...) __attribute__((format(printf, 4, 5)));
void trial_words_hint(struct trial_line *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
