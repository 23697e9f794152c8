/* ctx.h: what a computation carries with it.
 *
 * Which table computes (ops/table.h), in which storage, with which rounding of results; the memory
 * for results; where intermediates and gradients go; the first failure. Nothing of this is global:
 * two contexts are two independent computations. A context is used by one thread at a time. */
#ifndef TS_BASE_CTX_H
#define TS_BASE_CTX_H

#include "ref/base/arena.h"
#include "ref/base/progress.h"
#include "ref/base/status.h"
#include "ref/base/tensor.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

struct ts_table;
struct ts_step;
struct ts_trace;

enum { TS_MESSAGE = 1024, TS_PATH = 256, TS_PATH_DEPTH = 16 };

typedef struct ts_ctx {
    ts_status status;
    char message[TS_MESSAGE];

    const struct ts_table *table; /* plain, fast, blas, honest: ops/table.h */
    ts_dtype compute;             /* storage of results: TS_F32 or TS_F64 */
    ts_dtype round;               /* results are rounded to this format (TS_BF16 ...) or TS_NONE */
    bool sinusoid_f32;            /* timestep angles in float32, as published */
    int threads;

    ts_arena arena;
    bool record;             /* keep a tape for gradients (ops/tape.h) */
    struct ts_step *tape;    /* the newest step */
    bool gauges;             /* also compute how far an honest result may be off */
    double gauge_terms;      /* the longest sum met, K in the law of judging */

    struct ts_trace *trace; /* where named intermediates go, or NULL: base/trace.h */
    char path[TS_PATH];     /* of the module being computed: "transformer_blocks.3" */
    int path_end[TS_PATH_DEPTH];
    int path_depth;

    double flops, bytes; /* counted by the operations; a multiply-add is two */
    ts_progress progress;
} ts_ctx;

/* A context for `compute` TS_F32 or TS_F64 on the given table; threads 0: one for each processor.
 * ts_ctx_open cannot fail; the memory comes later. Close gives all memory back. */
void ts_ctx_open(ts_ctx *ctx, const struct ts_table *table, ts_dtype compute, int threads);
void ts_ctx_close(ts_ctx *ctx);

/* A context for reading files: no table, so no operation can be applied with it. */
void ts_ctx_open_plain(ts_ctx *ctx);

/* TS_OK, or the first failure since the context was opened or cleared. */
ts_status ts_ctx_status(const ts_ctx *ctx);
void ts_ctx_clear(ts_ctx *ctx);

/* Memory of the context's arena; NULL and TS_ERROR_MEMORY when there is none. */
void *ts_take(ts_ctx *ctx, size_t bytes);

/* A contiguous tensor of the arena, not cleared (empty after a failure), and one of zeros. */
ts_tensor ts_new(ts_ctx *ctx, ts_dtype dtype, int rank, const int64_t *size);
ts_tensor ts_new_zero(ts_ctx *ctx, ts_dtype dtype, int rank, const int64_t *size);

/* A scope of the arena. Closing it gives back everything taken since, but for the `count` tensors
 * of `keep` (views too: they become contiguous), which are moved to its beginning. While a tape is
 * recorded or gauges are computed nothing is given back. After a failure they become empty. */
typedef ts_arena_mark ts_scope;
ts_scope ts_scope_open(ts_ctx *ctx);
void ts_scope_close(ts_ctx *ctx, ts_scope scope, ts_tensor *const *keep, int count);

/* The path of the module being computed; names of intermediates stand below it. */
void ts_enter(ts_ctx *ctx, const char *format, ...) TS_PRINTF(2, 3);
void ts_leave(ts_ctx *ctx);

#ifdef __cplusplus
}
#endif
#endif
