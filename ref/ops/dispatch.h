/* dispatch.h: the one place where an operation is applied.
 *
 * ref/ops/NAME.c describes an operation: it fills a ts_step with inputs and parameters, checks their
 * shapes, and hands it to ts_apply, which
 *
 *     1. does nothing if the context has failed, or the user asked to stop
 *     2. widens weights and lays strided inputs out, so that kernels see plain arrays of the
 *        context's storage type
 *     3. calls the operation's forward, which calls the kernel of the context's table
 *     4. rounds the result to the context's format
 *     5. computes the gauge when one is asked for
 *     6. counts FLOPs and bytes
 *     7. hands the result to the trace, if the operation has a weight to name it
 *     8. puts the step on the tape when an input wants a gradient
 *
 * ts_tape_backward (tape.h) walks the steps back and calls each operation's backward. */
#ifndef TS_OPS_DISPATCH_H
#define TS_OPS_DISPATCH_H

#include "ref/base/ctx.h"
#include "ref/ops/table.h"
#include "ref/ops/tape.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { TS_MAX_INPUTS = 8, TS_MAX_SAVED = 3, TS_MAX_NUMBERS = 16 };

typedef struct ts_op {
    const char *name;
    void (*forward)(ts_ctx *ctx, struct ts_step *s);        /* fills s->out (and s->saved) */
    void (*backward)(ts_ctx *ctx, struct ts_step *s);       /* fills s->din[i] where it has data */
    void (*gauge)(ts_ctx *ctx, struct ts_step *s);          /* fills s->out.gauge from the inputs'*/
    void (*backward_gauge)(ts_ctx *ctx, struct ts_step *s); /* fills s->din[i].gauge likewise */
} ts_op;

typedef struct ts_step {
    const ts_op *op;
    ts_tensor in[TS_MAX_INPUTS];
    int inputs;
    unsigned raw;  /* bit i: input i is taken as it is (ids, masks, weights widened by the operation) */
    bool view;     /* out is a view of in[0]: forward, rounding and gauge have nothing to do */
    bool nameless; /* the result is not that of a module, whatever the names of the inputs are */
    ts_tensor out; /* size is set by the operation, data by ts_apply (a view sets both) */
    ts_tensor saved[TS_MAX_SAVED]; /* taken by forward (ts_step_save) for backward */
    int64_t n[TS_MAX_NUMBERS];     /* sizes and integer parameters, as the operation likes */
    double f[4];                   /* real parameters */
    const void *config;            /* more parameters; lives as long as the tape */
    double flops;
    double terms; /* length of the longest sum */

    ts_tensor dout;               /* backward only: gradient of out, and its gauge */
    ts_tensor din[TS_MAX_INPUTS]; /* backward only: to be written; empty where not wanted */
    struct ts_step *before;
} ts_step;

/* Applies the step and returns its result (empty after a failure). */
ts_tensor ts_apply(ts_ctx *ctx, ts_step *s);

/* Declares the shape of the result; its type is the context's storage. */
void ts_step_out(ts_ctx *ctx, ts_step *s, int rank, const int64_t *size);

/* Memory that forward keeps for backward: n doubles, or a tensor of the storage type. */
double *ts_step_save(ts_ctx *ctx, ts_step *s, int slot, int64_t n);

/* A weight of any type as a plain array of the storage type, rounded to the context's format:
 * itself when it is that already, a copy in the arena otherwise. Gradient and name are kept. */
ts_tensor ts_widened(ts_ctx *ctx, ts_tensor w);

/* x laid out contiguously: itself when it is, a copy in the arena otherwise. No gradient flows
 * through it (ts_apply uses it; a model uses ts_contiguous of ops.h). */
ts_tensor ts_laid_out(ts_ctx *ctx, ts_tensor x);

/* An integer input as plain int64_t, in the arena: each must be in [low, high), or the step fails and
 * the result is empty; `what` names one of them in the sentence ("id", "target"). */
ts_tensor ts_integers(ts_ctx *ctx, const ts_step *s, ts_tensor x, const char *what, int64_t low,
                      int64_t high);

/* Fails with a sentence about the operation unless the condition holds; true when it holds. */
bool ts_require(ts_ctx *ctx, const ts_step *s, bool condition, const char *format, ...)
    TS_PRINTF(4, 5);

/* The kernel of the context's table for the context's storage; arrays are passed as void *. */
#define TS_CALL(ctx, kernel, ...)                                                                  \
    ((ctx)->compute == TS_F64 ? (ctx)->table->f64.kernel(__VA_ARGS__)                              \
                              : (ctx)->table->f32.kernel(__VA_ARGS__))

/* The gauge of the plain table, in double: gauges are computed in f64 runs only. (What only moves
 * numbers moves gauges alike: the f64 kernels themselves serve.) */
#define TS_GAUGE(kernel, ...) ts_plain_##kernel##_f64(__VA_ARGS__)

#define KERNEL_PLAIN(name, args) GAUGE(name, args)
#define KERNEL_FAST(name, args) GAUGE(name, args)
#define KERNEL_BLAS(name, args) GAUGE(name, args)
#define GAUGE(name, args) void ts_plain_##name##_f64 args;
#define real double
#include "ref/ops/kernels.def"
#undef real
#undef KERNEL_PLAIN
#undef KERNEL_FAST
#undef KERNEL_BLAS
#undef GAUGE

#ifdef __cplusplus
}
#endif
#endif
