/* SPDX-License-Identifier: BSD-3-Clause */
/* sluicectl.c - the operator's command: asks a running relay and prints what it answers. */
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "control/operator/exit_code.h"
#include "control/sluicectl/ask.h"
#include "control/sluicectl/batch.h"
#include "control/sluicectl/complete.h"
#include "control/sluicectl/options.h"
#include "control/sluicectl/shell.h"

/* How wide characters are is asked of the locale: what the relay says is UTF-8. Numbers stay as
 * programs read them. */
static void use_utf8(void)
{
	if (setlocale(LC_CTYPE, "") == NULL || strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		(void)setlocale(LC_CTYPE, "C.UTF-8");
}

static int run(struct asker *a, const struct options *o)
{
	if (o->is_completing) {
		sluicectl_complete(o, o->words, o->count, o->values, stdout);
		return EXIT_OK;
	}
	if (o->file != NULL)
		return sluicectl_batch(a, o->file);
	if (o->count > 0)
		return sluicectl_ask(a, o->words, o->count);
	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		return sluicectl_shell(a);
	return sluicectl_batch(a, "-");
}

int main(int argc, char **argv)
{
	struct options o;
	struct asker a = {.options = &o};
	int code;

	use_utf8();
	code = sluicectl_options_read(&o, argc, argv);
	if (code < 0)
		code = run(&a, &o);
	sluicectl_ask_end(&a);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("sluicectl: standard output");
		return EXIT_FAILED;
	}
	return code;
}
