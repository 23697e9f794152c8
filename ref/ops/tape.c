#include "ref/ops/tape.h"

#include "ref/base/par.h"
#include "ref/ops/dispatch.h"

#include <math.h>
#include <string.h>

/* value + more, rounded to the context's format. The first to flow in is taken as it is. */
static void add_grad(ts_ctx *ctx, ts_grad *grad, ts_tensor more)
{
    if (ts_is_empty(grad->value)) {
        grad->value = more;
        return;
    }
    const int64_t n = ts_numel(more);
    /* The gauge of a sum: both terms', and both terms once more for the rounding of the sum. */
    for (int64_t i = 0; i < n && grad->value.gauge && more.gauge; i++)
        grad->value.gauge[i] += more.gauge[i] + fabs(ts_load(grad->value.data, more.dtype, i)) +
                                fabs(ts_load(more.data, more.dtype, i));
    if (more.dtype == TS_F64)
        for (int64_t i = 0; i < n; i++)
            ((double *)grad->value.data)[i] += ((const double *)more.data)[i];
    else
        for (int64_t i = 0; i < n; i++)
            ((float *)grad->value.data)[i] += ((const float *)more.data)[i];
    if (ctx->round != TS_NONE)
        ts_round_to(grad->value.data, grad->value.dtype, ctx->round, n);
}

void ts_seed_grad(ts_ctx *ctx, ts_tensor y, ts_tensor dy)
{
    if (ctx->status || !y.grad)
        return;
    if (!ts_same_size(y, dy)) {
        ts_fail(ctx, TS_ERROR_SHAPE, "a cotangent needs the sizes of its output");
        return;
    }
    ts_tensor copy = ts_new(ctx, ctx->compute, y.rank, y.size);
    if (ts_is_empty(copy))
        return;
    const ts_tensor plain = ts_laid_out(ctx, dy);
    if (ctx->status)
        return;
    ts_convert(copy.data, copy.dtype, plain.data, plain.dtype, ts_numel(copy));
    if (ctx->round != TS_NONE)
        ts_round_to(copy.data, copy.dtype, ctx->round, ts_numel(copy));
    if (ctx->gauges) {
        copy.gauge = ts_take(ctx, (size_t)ts_numel(copy) * sizeof(double));
        if (copy.gauge)
            memset(copy.gauge, 0, (size_t)ts_numel(copy) * sizeof(double));
    }
    add_grad(ctx, y.grad, copy);
}

/* A result without elements: forward had nothing to do, and nothing flows back. */
static void nothing_flows(ts_step *s)
{
    for (int i = 0; i < s->inputs; i++) {
        const size_t n = s->din[i].data ? (size_t)ts_numel(s->din[i]) : 0;
        if (n)
            memset(s->din[i].data, 0, n * ts_dtype_size(s->din[i].dtype));
        if (n && s->din[i].gauge)
            memset(s->din[i].gauge, 0, n * sizeof(double));
    }
}

/* Room for the gradients that the step's inputs want; everything else stays empty. */
static void prepare(ts_ctx *ctx, ts_step *s)
{
    for (int i = 0; i < s->inputs; i++) {
        s->din[i] = (ts_tensor){0};
        if (!s->in[i].grad)
            continue;
        s->din[i] = ts_new(ctx, ctx->compute, s->in[i].rank, s->in[i].size);
        if (ctx->gauges)
            s->din[i].gauge = ts_take(ctx, (size_t)ts_numel(s->in[i]) * sizeof(double));
    }
}

static void walk_one(ts_ctx *ctx, ts_step *s)
{
    prepare(ctx, s);
    if (ctx->status)
        return;
    if (!s->op->backward) {
        ts_fail(ctx, TS_ERROR_UNSUPPORTED, "%s has no gradient", s->op->name);
        return;
    }
    const bool hollow = ts_numel(s->out) == 0;
    if (hollow)
        nothing_flows(s);
    else
        s->op->backward(ctx, s);
    if (ctx->status)
        return;
    if (ctx->gauges && !hollow) {
        if (!s->op->backward_gauge) {
            ts_fail(ctx, TS_ERROR_UNSUPPORTED, "the gradient of %s has no gauge", s->op->name);
            return;
        }
        s->op->backward_gauge(ctx, s);
    }
    for (int i = 0; i < s->inputs && !ctx->status; i++) {
        if (!s->din[i].data)
            continue;
        if (ctx->round != TS_NONE)
            ts_round_to(s->din[i].data, s->din[i].dtype, ctx->round, ts_numel(s->din[i]));
        add_grad(ctx, s->in[i].grad, s->din[i]);
    }
}

ts_status ts_tape_backward(ts_ctx *ctx)
{
    ts_par_threads(ctx->threads);
    for (ts_step *s = ctx->tape; s && !ctx->status; s = s->before) {
        s->dout = s->out.grad->value;
        if (!ts_is_empty(s->dout) && !ts_interrupted(ctx))
            walk_one(ctx, s);
    }
    ts_tape_drop(ctx);
    return ctx->status;
}

void ts_tape_drop(ts_ctx *ctx)
{
    ctx->tape = NULL;
    ctx->record = false;
}
