/* batch_norm.c: the operation; its equation stands in plain/batch_norm.c. */
#include "ref/ops/dispatch.h"
#include "ref/ops/ops.h"

static ts_groups sizes_of(const ts_step *s)
{
    return (ts_groups){s->n[0], s->n[1], 1, s->n[2], s->f[0]};
}

/* The four parameters, or their gradients, in the storage type of the call. */
#define FOUR(type, name, t)                                                                        \
    type *const name[4] = {(t)[1].data, (t)[2].data, (t)[3].data, (t)[4].data}

static void forward(ts_ctx *ctx, ts_step *s)
{
    const ts_groups size = sizes_of(s);
    if (ctx->compute == TS_F64) {
        FOUR(const double, p, s->in);
        ctx->table->f64.batch_norm_forward(s->out.data, s->in[0].data, p, &size, 0,
                                           size.batch * size.groups);
    } else {
        FOUR(const float, p, s->in);
        ctx->table->f32.batch_norm_forward(s->out.data, s->in[0].data, p, &size, 0,
                                           size.batch * size.groups);
    }
}

static bool wants_parameters(const ts_step *s)
{
    return s->din[1].data || s->din[2].data || s->din[3].data || s->din[4].data;
}

static void backward(ts_ctx *ctx, ts_step *s)
{
    const ts_groups size = sizes_of(s);
    const int64_t planes = size.batch * size.groups;
    const ts_table *t = ctx->table;
    if (ctx->compute == TS_F64) {
        FOUR(const double, p, s->in);
        FOUR(double, d, s->din);
        if (s->din[0].data)
            t->f64.batch_norm_backward_input(s->din[0].data, s->dout.data, p, &size, 0, planes);
        if (wants_parameters(s))
            t->f64.batch_norm_backward_parameters(d, s->dout.data, s->in[0].data, p, &size, 0,
                                                  size.groups);
    } else {
        FOUR(const float, p, s->in);
        FOUR(float, d, s->din);
        if (s->din[0].data)
            t->f32.batch_norm_backward_input(s->din[0].data, s->dout.data, p, &size, 0, planes);
        if (wants_parameters(s))
            t->f32.batch_norm_backward_parameters(d, s->dout.data, s->in[0].data, p, &size, 0,
                                                  size.groups);
    }
}

static void gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    const ts_groups size = sizes_of(s);
    FOUR(const double, p, s->in);
    TS_GAUGE(batch_norm_gauge, s->out.gauge, s->in[0].data, s->in[0].gauge, p, &size);
}

static void backward_gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    const ts_groups size = sizes_of(s);
    FOUR(const double, p, s->in);
    double *const g[5] = {s->din[0].gauge, s->din[1].gauge, s->din[2].gauge, s->din[3].gauge,
                          s->din[4].gauge};
    TS_GAUGE(batch_norm_backward_gauge, g, s->dout.data, s->dout.gauge, s->in[0].data, p, &size);
}

static const ts_op batch_norm = {"batch_norm", forward, backward, gauge, backward_gauge};

static bool fits(ts_tensor p, ts_tensor x, bool optional)
{
    return ts_is_empty(p) ? optional : p.rank == 1 && p.size[0] == x.size[1];
}

ts_tensor ts_batch_norm(ts_ctx *ctx, ts_tensor x, ts_tensor w, ts_tensor b, ts_tensor mean,
                        ts_tensor var, double eps)
{
    ts_step s = {.op = &batch_norm, .in = {x, w, b, mean, var}, .inputs = 5, .f = {eps}};
    if (!ts_require(ctx, &s, x.rank >= 2 && fits(w, x, true) && fits(b, x, true),
                    "weight and bias must have one number for each channel (axis 1) of x") ||
        !ts_require(ctx, &s, fits(mean, x, false) && fits(var, x, false),
                    "mean and variance are needed, one number for each channel (axis 1) of x"))
        return (ts_tensor){0};
    s.n[0] = ts_numel(x) ? x.size[0] : 0;
    s.n[1] = x.size[1];
    s.n[2] = 1;
    for (int i = 2; i < x.rank; i++)
        s.n[2] *= x.size[i];
    s.flops = 4.0 * (double)ts_numel(x);
    s.terms = 4.0;
    ts_step_out(ctx, &s, x.rank, x.size);
    return ts_apply(ctx, &s);
}
