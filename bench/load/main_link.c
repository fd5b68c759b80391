/* SPDX-License-Identifier: BSD-3-Clause */
/* main_link.c - sluice-load-link. */
#include "bench/load/link.h"
#include "bench/load/load.h"

int main(int argc, char **argv)
{
	static struct options options;
	struct stack_setup setup;
	const int used = link_read(&setup, argc, argv);
	int status;

	options_read(&options, argc - used, argv + used);
	link_start(&setup);
	status = load_run(&options);
	stack_stop(link_stack());
	return status;
}
