/* group_norm.c: the operation; its equation stands in plain/group_norm.c. */
#include "ref/ops/dispatch.h"
#include "ref/ops/ops.h"

static ts_groups sizes_of(const ts_step *s)
{
    return (ts_groups){s->n[0], s->n[1], s->n[2], s->n[3], s->f[0]};
}

static void forward(ts_ctx *ctx, ts_step *s)
{
    const ts_groups size = sizes_of(s);
    const int64_t rows = size.batch * size.groups;
    double *saved = ts_step_save(ctx, s, 0, 2 * rows);
    if (saved)
        TS_CALL(ctx, group_norm_forward, s->out.data, saved, s->in[0].data, s->in[1].data,
                s->in[2].data, &size, 0, rows);
}

static void backward(ts_ctx *ctx, ts_step *s)
{
    const ts_groups size = sizes_of(s);
    const int64_t rows = ts_numel(s->out) ? size.batch * size.groups : 0;
    if (s->din[0].data)
        TS_CALL(ctx, group_norm_backward_input, s->din[0].data, s->dout.data, s->in[0].data,
                s->in[1].data, s->saved[0].data, &size, 0, rows);
    if (s->din[1].data || s->din[2].data)
        TS_CALL(ctx, group_norm_backward_weight, s->din[1].data, s->din[2].data, s->dout.data,
                s->in[0].data, s->saved[0].data, &size, 0, size.groups * size.channels);
}

static void gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    const ts_groups size = sizes_of(s);
    if (ts_numel(s->out))
        TS_GAUGE(group_norm_gauge, s->out.gauge, s->in[0].data, s->in[0].gauge, s->in[1].data,
                 s->in[2].data, &size);
}

static void backward_gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    const ts_groups size = sizes_of(s);
    double *const g[3] = {s->din[0].gauge, s->din[1].gauge, s->din[2].gauge};
    TS_GAUGE(group_norm_backward_gauge, g, s->dout.data, s->dout.gauge, s->in[0].data,
             s->in[1].data, s->saved[0].data, &size);
}

static const ts_op group_norm = {"group_norm", forward, backward, gauge, backward_gauge};

static bool fits(ts_tensor w, ts_tensor x)
{
    return ts_is_empty(w) || (w.rank == 1 && w.size[0] == x.size[1]);
}

ts_tensor ts_group_norm(ts_ctx *ctx, ts_tensor x, ts_tensor w, ts_tensor b, int64_t groups,
                        double eps)
{
    ts_step s = {.op = &group_norm, .in = {x, w, b}, .inputs = 3, .f = {eps}};
    if (!ts_require(ctx, &s, x.rank >= 2 && fits(w, x) && fits(b, x),
                    "weight and bias must have one number for each channel (axis 1) of x") ||
        !ts_require(ctx, &s, groups > 0 && x.size[1] % groups == 0,
                    "%lld channels cannot be cut into %lld groups", (long long)x.size[1],
                    (long long)groups))
        return (ts_tensor){0};
    s.n[0] = ts_numel(x) ? x.size[0] : 0; /* nothing to do when any axis is empty */
    s.n[1] = groups;
    s.n[2] = x.size[1] / groups;
    s.n[3] = 1;
    for (int i = 2; i < x.rank; i++)
        s.n[3] *= x.size[i];
    s.flops = 8.0 * (double)ts_numel(x);
    s.terms = 4.0;
    ts_step_out(ctx, &s, x.rank, x.size);
    return ts_apply(ctx, &s);
}
