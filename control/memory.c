/* SPDX-License-Identifier: BSD-3-Clause */
/* memory.c - malloc or the end. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/memory.h"

static void *must(void *p)
{
	if (p != NULL)
		return p;
	fputs("<0>sluice: out of memory\n", stderr);
	_Exit(1);
}

void *memory_get(size_t size)
{
	return must(calloc(1, size));
}

void *memory_grow(void *at, size_t size)
{
	return must(realloc(at, size));
}

char *memory_text(const char *text)
{
	return must(strdup(text));
}
