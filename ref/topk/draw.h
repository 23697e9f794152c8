/* draw.h: the random numbers of selectors, each a function of its counters and of nothing else. */
#ifndef TS_TOPK_DRAW_H
#define TS_TOPK_DRAW_H

#include "ref/base/ctx.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Who draws, and when. Ranks may differ: nobody has to agree on a slice. */
typedef struct {
    uint64_t seed;
    int64_t step, rank, bucket;
} ts_draw;

/* Output number i (from 0) of splitmix64 started at `seed`. */
uint64_t ts_splitmix64(uint64_t seed, uint64_t i);

/* 64 bits for a draw; the same for every number of threads and ranks. */
uint64_t ts_draw_bits(ts_draw draw);

/* A whole number of [0, n), n < 2^32, from the upper half of the bits: multiply and shift. */
int64_t ts_draw_below(uint64_t bits, int64_t n);

/* k of the numbers 0 .. d - 1, each set equally likely, ascending: those of the k smallest of d
 * words of splitmix64(seed), which are all different. */
ts_status ts_draw_subset(ts_ctx *ctx, uint32_t *out, int64_t k, int64_t d, uint64_t seed);

#ifdef __cplusplus
}
#endif
#endif
