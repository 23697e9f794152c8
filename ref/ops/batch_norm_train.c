/* batch_norm_train.c: the operation; its equation stands in plain/batch_norm_train.c. */
#include "ref/ops/dispatch.h"
#include "ref/ops/ops.h"

#include <string.h>

/* saved[0]: mean and variance in double; saved[1], saved[2]: the moments that the caller gets. */
static ts_groups sizes_of(const ts_step *s)
{
    return (ts_groups){s->n[0], s->n[1], 1, s->n[2], s->f[0]};
}

static void give_moments(ts_ctx *ctx, ts_step *s, const double *saved)
{
    const double n = (double)(s->n[0] * s->n[2]);
    for (int64_t c = 0; c < s->n[1]; c++) {
        const double value[2] = {saved[2 * c], saved[2 * c + 1] * n / (n - 1.0)};
        for (int k = 0; k < 2; k++)
            if (ctx->compute == TS_F64)
                ((double *)s->saved[1 + k].data)[c] = value[k];
            else
                ((float *)s->saved[1 + k].data)[c] = (float)value[k];
    }
    for (int k = 1; k < 3 && ctx->round != TS_NONE; k++)
        ts_round_to(s->saved[k].data, s->saved[k].dtype, ctx->round, s->n[1]);
}

static void forward(ts_ctx *ctx, ts_step *s)
{
    const ts_groups size = sizes_of(s);
    double *saved = ts_step_save(ctx, s, 0, 2 * size.groups);
    if (!saved)
        return;
    TS_CALL(ctx, batch_norm_train_forward, s->out.data, saved, s->in[0].data, s->in[1].data,
            s->in[2].data, &size, 0, size.groups);
    give_moments(ctx, s, saved);
}

static void backward(ts_ctx *ctx, ts_step *s)
{
    const ts_groups size = sizes_of(s);
    if (ctx->compute == TS_F64)
        ctx->table->f64.batch_norm_train_backward(
            (double *const[3]){s->din[0].data, s->din[1].data, s->din[2].data}, s->dout.data,
            s->in[0].data, s->in[1].data, s->saved[0].data, &size, 0, size.groups);
    else
        ctx->table->f32.batch_norm_train_backward(
            (float *const[3]){s->din[0].data, s->din[1].data, s->din[2].data}, s->dout.data,
            s->in[0].data, s->in[1].data, s->saved[0].data, &size, 0, size.groups);
}

static void gauge(ts_ctx *ctx, ts_step *s)
{
    const ts_groups size = sizes_of(s);
    for (int k = 1; k < 3; k++)
        s->saved[k].gauge = ts_take(ctx, (size_t)size.groups * sizeof(double));
    if (ctx->status)
        return;
    double *const g[3] = {s->out.gauge, s->saved[1].gauge, s->saved[2].gauge};
    TS_GAUGE(batch_norm_train_gauge, g, s->in[0].data, s->in[0].gauge, s->in[1].data,
             s->in[2].data, &size);
}

static void backward_gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    const ts_groups size = sizes_of(s);
    double *const g[3] = {s->din[0].gauge, s->din[1].gauge, s->din[2].gauge};
    TS_GAUGE(batch_norm_train_backward_gauge, g, s->dout.data, s->dout.gauge, s->in[0].data,
             s->in[1].data, s->saved[0].data, &size);
}

static const ts_op batch_norm_train = {"batch_norm_train", forward, backward, gauge,
                                       backward_gauge};

static bool fits(ts_tensor p, ts_tensor x)
{
    return ts_is_empty(p) || (p.rank == 1 && p.size[0] == x.size[1]);
}

ts_tensor ts_batch_norm_train(ts_ctx *ctx, ts_tensor x, ts_tensor w, ts_tensor b, double eps,
                              ts_tensor moments[2])
{
    ts_step s = {.op = &batch_norm_train, .in = {x, w, b}, .inputs = 3, .f = {eps}};
    if (moments)
        memset(moments, 0, 2 * sizeof *moments);
    if (!ts_require(ctx, &s, x.rank >= 2 && fits(w, x) && fits(b, x),
                    "weight and bias must have one number for each channel (axis 1) of x"))
        return (ts_tensor){0};
    s.n[0] = x.size[0];
    s.n[1] = x.size[1];
    s.n[2] = 1;
    for (int i = 2; i < x.rank; i++)
        s.n[2] *= x.size[i];
    if (!ts_require(ctx, &s, s.n[1] > 0 && s.n[0] * s.n[2] > 1,
                    "training needs more than one number a channel to have a variance"))
        return (ts_tensor){0};
    s.flops = 8.0 * (double)ts_numel(x);
    s.terms = 4.0;
    s.saved[1] = ts_new(ctx, ctx->compute, 1, &s.n[1]);
    s.saved[2] = ts_new(ctx, ctx->compute, 1, &s.n[1]);
    ts_step_out(ctx, &s, x.rank, x.size);
    const ts_tensor y = ts_apply(ctx, &s);
    for (int k = 0; k < 2 && moments && !ctx->status; k++)
        moments[k] = s.saved[1 + k];
    return y;
}
