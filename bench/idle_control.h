/* SPDX-License-Identifier: BSD-3-Clause */
/* idle_control.h - what the control thread keeps of an established stream. */
#ifndef BENCH_IDLE_CONTROL_H
#define BENCH_IDLE_CONTROL_H

#include <stddef.h>

/* Bytes a stream that malloc() gives out, with @streams of as many domains, bidirectional. */
struct idle_control {
	double session, stream, serving;
};
struct idle_control idle_control(unsigned int streams);

#endif
