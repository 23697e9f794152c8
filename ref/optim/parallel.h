/* parallel.h: the parallel tensor operator (Shi et al., MLSys 2021): what every rank would compute
 * from the same numbers is computed once.
 *
 * In data-parallel training all ranks hold the same weights and, after aggregation, the same
 * gradients. A small result for each of L layers (a norm, a rate, a check for NaN) is then the same
 * work on every rank. Instead, rank p computes f for the layers of its part and an all-gather gives
 * all results to all:
 *
 *     Z = all-gather over p of { f(X_l) : l in part p }
 *
 * Parts are balanced by cost, not by index: layers in order of falling cost, each to the rank with
 * the least so far ("longest processing time first"; at most 4/3 - 1/(3P) of the best partition:
 * Graham 1969). f must be a deterministic function of what is replicated; each layer is computed
 * whole by one rank, so the result is that of the serial loop bit for bit, and all ranks hold the
 * same bits even where their processors differ.
 *
 * When it pays: with t seconds a unit of cost, C the sum of costs, M the largest part's, for P ranks
 * a latency of a and b seconds a byte (the ring all-gather of comm/ring.c, L w numbers of 8 bytes):
 *
 *     t (C - M)  >  (P - 1) a + (P - 1)/P 8 L w b
 *
 * ResNet-50's 161 norms are 204 MB of reading, 0.25 ms on a large accelerator: worth it there only
 * inside a host, where (P - 1) a is a few microseconds; on processors with 10 GB/s, 20 ms, it pays
 * over any network. M is at least the largest layer's cost: more ranks than C / M bring nothing. */
#ifndef TS_OPTIM_PARALLEL_H
#define TS_OPTIM_PARALLEL_H

#include "ref/comm/comm.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    int64_t layers, width; /* width numbers of each layer */
    const int64_t *cost;   /* of a layer, at least 0: element counts, say */
    ts_status (*f)(ts_ctx *ctx, double *out, int64_t layer, const void *arg);
    const void *arg;
} ts_parallel;

/* out (layers, width) on every rank; all ranks of comm call (ctx == comm->ctx). comm NULL: one loop.
 * More ranks than layers is legal. A layer whose f fails ends all ranks with its sentence. */
ts_status ts_parallel_layers(ts_ctx *ctx, ts_comm *comm, double *out, const ts_parallel *job);

/* The partition alone: owner[layer] in [0, ranks). Ties: the lower layer first, the lower rank. */
ts_status ts_parallel_plan(ts_ctx *ctx, int *owner, const int64_t *cost, int64_t layers, int ranks);

/* How many seconds less it takes than the serial loop: left minus right side of the formula. */
double ts_parallel_gain(const int *owner, const ts_parallel *job, int ranks, double unit_seconds,
                        double latency, double byte_seconds);

#ifdef __cplusplus
}
#endif
#endif
