/* table_filter.h: which ids get a row.
 *
 * The owner of an id decides, from the id, the clock and what it has counted: so the decision does not
 * depend on the number of ranks. An id without a row reads as 0 and takes no gradient. */
#ifndef TS_DES_TABLE_FILTER_H
#define TS_DES_TABLE_FILTER_H

#include "ref/des/table_map.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    TS_ADMIT_ALL,
    TS_ADMIT_COUNT,  /* the id has come `threshold` times, counted exactly */
    TS_ADMIT_CHANCE, /* one draw with `probability` each step */
    TS_ADMIT_RATIO,  /* n occurrences in the step: with n / threshold */
    TS_ADMIT_EQUAL   /* with 1 - (1 - p)^n, p = 1 - 0.05^(1 / threshold): 95 % by the threshold-th */
} ts_id_admission;

typedef struct {
    ts_id_admission how;
    uint32_t threshold;
    double probability;
    uint64_t seed; /* of the draws */
} ts_id_filter;

/* Ids that have come, but not often enough: id to count. Begins as zeros. */
typedef struct {
    ts_id_map count;
} ts_id_waiting;

ts_status ts_id_filter_check(ts_ctx *ctx, const ts_id_filter *filter);

/* The probability of the chance rules for n occurrences in a step (1 for the others). */
double ts_id_filter_probability(const ts_id_filter *filter, uint32_t n);

/* Whether an id without a row gets one now; otherwise it is counted, where counts decide. `count` is
 * what a step counts for: its occurrences, or 1. *failed is set when there is no memory for that. */
bool ts_id_admit(const ts_id_filter *filter, ts_id_waiting *waiting, uint32_t table, uint64_t id,
                 uint32_t times, uint32_t count, uint32_t now, bool *failed);

#ifdef __cplusplus
}
#endif
#endif
