/* ranks.h: runs a body on ranks as threads, and fails the test when the run fails. */
#ifndef TESTS_SUPPORT_RANKS_H
#define TESTS_SUPPORT_RANKS_H

#include "ref/comm/clock.h"
#include "ref/comm/collective.h"

/* Ranks on hosts with simple links: inside a host 1 s and 1/4 s a byte, between hosts 16 s and
 * 2 s a byte: virtual times are exact. */
ts_topology ranks_topology(int ranks, int hosts);

/* With the clock, on that topology. A failure fails the test. */
void ranks_run(int ranks, int hosts, ts_comm_body *body, void *arg);

/* The same; the status, and what was said in ranks_said. */
ts_status ranks_try(int ranks, int hosts, double time_limit, ts_comm_body *body, void *arg);
extern char ranks_said[TS_MESSAGE];

/* Fails the rank (not the test: cmocka must not jump out of a thread) with the line. */
#define ranks_check(comm, condition)                                                               \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return ts_fail((comm)->ctx, TS_ERROR_USAGE, "%s:%d: %s", __FILE__, __LINE__,           \
                           #condition);                                                            \
    } while (0)

/* Element i of rank r: a small whole number, so that sums are exact in any order. */
float ranks_value(int rank, int64_t i);
float ranks_sum(int ranks, int64_t i);

#endif
