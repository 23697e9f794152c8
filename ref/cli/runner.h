/* runner.h: runs a job in one arithmetic, and keeps what came out. */
#ifndef TS_CLI_RUNNER_H
#define TS_CLI_RUNNER_H

#include "ref/base/judge.h"
#include "ref/base/trace.h"
#include "ref/cli/case.h"
#include "ref/ops/table.h"

typedef struct {
    const ts_table *table;
    ts_dtype compute;  /* TS_F32 or TS_F64 */
    ts_dtype round;    /* TS_NONE, TS_BF16, TS_F16 */
    bool sinusoid_f32; /* timestep angles as published */
    bool gauges;
    bool trace;
    int threads;
} ts_how;

typedef struct {
    ts_ctx ctx;       /* holds the status, and the memory of everything below */
    ts_call call;     /* outputs, answer */
    ts_trace *trace;
    ts_items grads;   /* of inputs and parameters, those into which something flowed */
    ts_weights *params;
} ts_ran;

/* Runs; the status is in ran->ctx and returned. To be freed in any case. */
ts_status ts_run(ts_ran *ran, const ts_how *how, const ts_job *job);
void ts_ran_free(ts_ran *ran);

/* An output, a traced value or a gradient; empty when there is none. Contiguous. */
ts_tensor ts_ran_get(ts_ran *ran, ts_kind kind, const char *name);

/* Names of one parameter in several spellings: with or without "transformer." before it,
 * ".base_layer" or ".default" inside. */
bool ts_same_parameter(const char *a, const char *b);

/* The options that say how: --precision, --backend, --threads. The format of results into *format:
 * TS_F64, TS_F32, TS_BF16 or TS_F16. */
ts_status ts_how_from(ts_ctx *ctx, ts_how *how, ts_dtype *format, const char *precision,
                      const char *backend, int64_t threads);
ts_status ts_format_from(ts_ctx *ctx, const char *name, ts_dtype *format);
const char *ts_format_name(ts_dtype format); /* "f32" */

/* The same in f64 on fast (the truth), and in `format` on honest (the error that is honest). */
ts_how ts_how_truth(const ts_how *how);
enum { TS_SCHEMES = 2 };
ts_how ts_how_honest(const ts_how *how, ts_dtype format, int scheme); /* 0: honest, 1: paired */

/* The larger of two honest errors, norm and maximum each. */
ts_honest ts_larger_honest(ts_honest a, ts_honest b);

#endif
