/* SPDX-License-Identifier: BSD-3-Clause */
/* main.c - sluice-load. */
#include "bench/load/load.h"

int main(int argc, char **argv)
{
	static struct options options;

	options_read(&options, argc, argv);
	return load_run(&options);
}
