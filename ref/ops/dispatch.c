#include "ref/ops/dispatch.h"

#include "ref/base/par.h"
#include "ref/base/trace.h"
#include "ref/ops/ops.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool ts_require(ts_ctx *ctx, const ts_step *s, bool condition, const char *format, ...)
{
    if (ctx->status)
        return false;
    if (condition)
        return true;
    char reason[TS_MESSAGE / 2], inputs[TS_MESSAGE / 2] = "", shape[TS_SHAPE_TEXT];
    va_list args;
    va_start(args, format);
    vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    for (int i = 0; i < s->inputs; i++)
        if (!ts_is_empty(s->in[i])) {
            const size_t at = strlen(inputs);
            snprintf(inputs + at, sizeof inputs - at, "%s%s", at ? ", " : "",
                     ts_shape_text(shape, s->in[i]));
        }
    ts_fail(ctx, TS_ERROR_SHAPE, "%s%s%s of %s: %s", ctx->path, *ctx->path ? ": " : "",
            s->op->name, inputs, reason);
    return false;
}

void ts_step_out(ts_ctx *ctx, ts_step *s, int rank, const int64_t *size)
{
    s->out = ts_tensor_of(NULL, ctx->compute, rank, size);
}

double *ts_step_save(ts_ctx *ctx, ts_step *s, int slot, int64_t n)
{
    s->saved[slot] = ts_new(ctx, TS_F64, 1, &n);
    return s->saved[slot].data;
}

ts_tensor ts_laid_out(ts_ctx *ctx, ts_tensor x)
{
    if (ts_is_empty(x) || ts_is_contiguous(x) || ctx->status)
        return x;
    ts_tensor y = ts_new(ctx, x.dtype, x.rank, x.size);
    if (ts_is_empty(y))
        return y;
    if (x.dtype == ctx->compute && ctx->table) {
        ts_par_threads(ctx->threads);
        TS_CALL(ctx, strided_copy, y.data, x.data, x.rank, x.size, x.stride);
    } else
        ts_elements(y.data, x);
    y.name = x.name;
    y.grad = x.grad;
    if (x.gauge) { /* gauges are stored as the tensor is: dense copies of a view's elements */
        y.gauge = ts_take(ctx, (size_t)ts_numel(x) * sizeof(double));
        if (y.gauge) {
            ts_tensor g = x;
            g.dtype = TS_F64;
            g.data = x.gauge;
            ts_elements(y.gauge, g);
        }
    }
    return y;
}

ts_tensor ts_widened(ts_ctx *ctx, ts_tensor w)
{
    if (ts_is_empty(w) || ctx->status)
        return w;
    ts_tensor plain = ts_laid_out(ctx, w);
    const bool rounded = ctx->round == TS_NONE || ctx->round == w.dtype;
    if (w.dtype == ctx->compute && ctx->round == TS_NONE)
        return plain;
    ts_tensor y = ts_new(ctx, ctx->compute, w.rank, w.size);
    if (ts_is_empty(y))
        return y;
    ts_convert(y.data, y.dtype, plain.data, plain.dtype, ts_numel(y));
    if (!rounded)
        ts_round_to(y.data, y.dtype, ctx->round, ts_numel(y));
    y.name = w.name;
    y.grad = w.grad;
    y.gauge = plain.gauge;
    return y;
}

ts_tensor ts_integers(ts_ctx *ctx, const ts_step *s, ts_tensor x, const char *what, int64_t low,
                      int64_t high)
{
    if (!ts_require(ctx, s, !ts_is_empty(x) && !ts_dtype_is_float(x.dtype),
                    "each %s must be an integer", what))
        return (ts_tensor){0};
    const ts_tensor from = ts_laid_out(ctx, x), to = ts_new(ctx, TS_I64, x.rank, x.size);
    for (int64_t i = 0; i < ts_numel(to) && !ctx->status; i++) {
        const double value = ts_load(from.data, from.dtype, i); /* beyond 2^53: out of range */
        if (!ts_require(ctx, s, value >= (double)low && value < (double)high,
                        "%s %.0f at place %lld is not in [%lld, %lld)", what, value, (long long)i,
                        (long long)low, (long long)high))
            return (ts_tensor){0};
        ((int64_t *)to.data)[i] = (int64_t)value;
    }
    return ctx->status ? (ts_tensor){0} : to;
}

static bool wants_grad(const ts_step *s)
{
    for (int i = 0; i < s->inputs; i++)
        if (s->in[i].grad)
            return true;
    return false;
}

/* The step stays on the tape until the walk back: it is copied to the arena. */
static void record(ts_ctx *ctx, ts_step *s)
{
    ts_grad *grad = ts_take(ctx, sizeof *grad);
    ts_step *kept = ts_take(ctx, sizeof *kept);
    if (!grad || !kept)
        return;
    *grad = (ts_grad){0};
    s->out.grad = grad;
    s->before = ctx->tape;
    *kept = *s;
    ctx->tape = kept;
}

static void measure(ts_ctx *ctx, ts_step *s)
{
    if (!s->op->gauge) {
        ts_fail(ctx, TS_ERROR_UNSUPPORTED, "%s has no gauge", s->op->name);
        return;
    }
    s->out.gauge = ts_take(ctx, (size_t)ts_numel(s->out) * sizeof(double));
    if (s->out.gauge)
        s->op->gauge(ctx, s);
    if (s->terms > ctx->gauge_terms)
        ctx->gauge_terms = s->terms;
}

static void count(ts_ctx *ctx, const ts_step *s)
{
    double bytes = (double)ts_numel(s->out) * (double)ts_dtype_size(s->out.dtype);
    for (int i = 0; i < s->inputs; i++)
        if (!ts_is_empty(s->in[i]))
            bytes += (double)ts_numel(s->in[i]) * (double)ts_dtype_size(s->in[i].dtype);
    ctx->bytes += bytes;
    ctx->flops += s->flops;
}

static const char *weight_name(const ts_step *s)
{
    for (int i = 1; i < s->inputs && !s->nameless; i++)
        if (s->in[i].name)
            return s->in[i].name;
    return NULL;
}

/* A context that no kernel can serve: better a sentence than a null pointer. */
static bool can_compute(ts_ctx *ctx, const ts_step *s)
{
    const char *reason = !ctx->table ? "a context for files computes nothing"
                         : ctx->compute != TS_F32 && ctx->compute != TS_F64
                             ? "results are stored as F32 or F64"
                         : ctx->compute == TS_F64 && !ctx->table->has_f64
                             ? "this table has no F64"
                         : ctx->gauges && ctx->compute != TS_F64 ? "gauges are computed in F64"
                                                                 : NULL;
    if (reason)
        ts_fail(ctx, TS_ERROR_UNSUPPORTED, "%s: %s", s->op->name, reason);
    return !reason;
}

ts_tensor ts_apply(ts_ctx *ctx, ts_step *s)
{
    if (ctx->status || ts_interrupted(ctx) || !can_compute(ctx, s))
        return (ts_tensor){0};
    if (s->view) {
        s->out.grad = NULL; /* the view's own record, not its source's */
        if (wants_grad(s) && ctx->record)
            record(ctx, s);
        return ctx->status ? (ts_tensor){0} : s->out;
    }
    for (int i = 0; i < s->inputs; i++)
        if (!(s->raw >> i & 1))
            s->in[i] = s->in[i].dtype == ctx->compute && !s->in[i].name
                           ? ts_laid_out(ctx, s->in[i])
                           : ts_widened(ctx, s->in[i]);
    const ts_tensor shape = s->out;
    s->out = ts_new(ctx, shape.dtype, shape.rank, shape.size);
    if (ctx->status)
        return (ts_tensor){0};
    ts_par_threads(ctx->threads);
    if (ts_numel(s->out) > 0)
        s->op->forward(ctx, s);
    if (ctx->status)
        return (ts_tensor){0};
    if (ctx->round != TS_NONE)
        ts_round_to(s->out.data, s->out.dtype, ctx->round, ts_numel(s->out));
    if (ctx->gauges)
        measure(ctx, s);
    count(ctx, s);
    if (wants_grad(s) && ctx->record)
        record(ctx, s);
    ts_named_by_weight(ctx, s->out, weight_name(s));
    return ctx->status ? (ts_tensor){0} : s->out;
}
