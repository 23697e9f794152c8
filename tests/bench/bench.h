/* bench.h: what is timed, and what it is held against.
 *
 * Every figure is a ratio of two times of the same run, as machines differ and are shared:
 *
 *     LIMIT   FLOP/s, as a part of those of OpenBLAS's own product of two 4096 x 4096 matrices
 *     COPY    time, in units of a memory copy of as many bytes on as many threads
 *     PEER    time, in units of CPU PyTorch's (scripts/bench_torch.py), where it is installed
 *     OWN     a ratio of two times that the item itself takes one after the other (in ctx->flops)
 *
 * All items run once a round, and so do the limit, the copy and the peer; of each the best round
 * counts. On a machine that is shared, `--threads 1 --clock cpu` compares processor time instead, which
 * leaves out the others' turns (but not what they do to caches and memory). */
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

#include "ref/models/model.h"
#include "ref/ops/ops.h"
#include "ref/vae/vae.h"

typedef enum { LIMIT, COPY, PEER, OWN } bench_kind;

/* The arrays that items work on, made once. */
typedef struct {
    ts_tensor x;       /* many floats, F32: whatever needs an input takes its first part */
    ts_tensor small;   /* factors near 1, F32 */
    ts_tensor weights; /* BF16 */
    ts_vae *vae;       /* or NULL */
    ts_model *resnet;  /* ResNet-50, or NULL when no item wants it */
    float *gradients;  /* as many as it has parameters */
} bench_data;

typedef struct bench_item {
    const char *name, *backend;
    bench_kind kind;
    double goal;      /* LIMIT: at least; otherwise at most */
    const char *peer; /* also held against this line of the peer, at least `peer_goal` times as fast */
    double peer_goal;
    void (*run)(ts_ctx *ctx, const bench_data *data);
    double bytes;     /* COPY: read and written */
    bool bf16;
    double seconds, flops; /* the best round */
} bench_item;

extern bench_item bench_products[], bench_pointwise[], bench_training[], bench_cache[],
    bench_table[], bench_selection[]; /* all end with an empty name */

enum { BENCH_NUMBERS = 2560 * 5 * 3072 }; /* of x; 157 MB */

/* The first numbers of `from`, as that shape. */
ts_tensor bench_view(ts_tensor from, int rank, const int64_t *size);

/* limit.c: seconds of one product of 4096 x 4096 matrices by OpenBLAS itself; 0 without it. */
double bench_limit(const bench_data *data, int threads, bool processor_time);
double bench_now(bool processor_time);

#endif
