/* SPDX-License-Identifier: BSD-3-Clause */
/* daemon_rights.c - the step between "everything is open" and "the world gets in": rights and
 * system calls that only the start takes are given up. */
#include <dlfcn.h>
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/daemon_state.h"
#include "control/log.h"
#include "control/log_sink.h"
#include "control/privileges.h"
#include "control/profile.h"
#include "control/sandbox.h"

/* What the drivers of both interfaces keep. */
struct keep {
	uint64_t capabilities;
	char syscalls[2 * PROFILE_TEXT + 2];
};

static bool read_profiles(const struct daemon *d, struct keep *keep, char *error)
{
	*keep = (struct keep){.capabilities = 0};
	for (unsigned int i = 0; i < IFACE_COUNT; i++) {
		const char *driver = d->config->iface[i].driver;
		char unknown[32];
		struct profile p;
		uint64_t bits;
		size_t n;

		if (!profile_load(d->drivers_dir, driver, &p, error))
			return false;
		if (!privileges_parse(p.capabilities, &bits, unknown)) {
			(void)snprintf(error, PROFILE_ERROR, "%s.conf: capability \"%s\" is none",
				       driver, unknown);
			return false;
		}
		keep->capabilities |= bits;
		n = strlen(keep->syscalls);
		(void)snprintf(keep->syscalls + n, sizeof(keep->syscalls) - n, "%s ", p.syscalls);
	}
	return true;
}

/* What libc would load when it is first needed, which is code: later there is no new code. */
static void load_early(void)
{
	(void)dlopen("libgcc_s.so.1", RTLD_NOW | RTLD_GLOBAL); /* ends threads */
	(void)getpwuid(geteuid());
}

/* A log that was made by root would not be opened again by @user. */
static bool give_log(const char *user, char *error)
{
	const struct passwd *p = getpwnam(user);

	if (log_sink_now() != LOG_SINK_FILE || p == NULL ||
	    chown(log_sink_path(), p->pw_uid, p->pw_gid) == 0 || errno == EPERM)
		return true;
	(void)snprintf(error, PROFILE_ERROR, "cannot give the log %.200s to user %s: %s",
		       log_sink_path(), user, strerror(errno));
	return false;
}

/* Better now than at the first reload. */
static bool can_reload(const struct daemon *d, char *error)
{
	char *text = NULL;
	size_t len = 0;
	FILE *report = open_memstream(&text, &len);
	struct config *again = report != NULL ? config_load(d->config->path, report) : NULL;
	const bool good = again != NULL;

	config_free(again);
	if (report != NULL)
		fclose(report);
	if (!good)
		(void)snprintf(error, PROFILE_ERROR,
			       "after its start, as user %u without capabilities, the relay could "
			       "not reload: %.340s",
			       (unsigned int)geteuid(), text != NULL ? text : "no memory");
	free(text);
	return good;
}

bool daemon_drop_rights(struct daemon *d, char *error)
{
	const char *user = d->config->user;
	struct keep keep;

	if (!read_profiles(d, &keep, error))
		return false;
	load_early();
	if (user != NULL && !give_log(user, error))
		return false;
	if (!privileges_drop(user, keep.capabilities, error))
		return false;
	if (!can_reload(d, error))
		return false;
	if (d->config->seccomp && !sandbox_enter(keep.syscalls, error))
		return false;
	log_event(LOG_LEVEL_NOTICE, "rights", "uid=%u effective=%llx seccomp=%s",
		  (unsigned int)geteuid(), (unsigned long long)privileges_effective(),
		  d->config->seccomp ? "yes" : "no");
	return true;
}
