/* modulate.c: the operations; their equations stand in plain/modulate.c. */
#include "ref/ops/dispatch.h"
#include "ref/ops/ops.h"

#include <string.h>

/* n[0] rows, n[1] rows of a picture, n[2] columns. Inputs of modulate: x, scale, shift; of
 * add_gated: v, gate, x, so that both have the row, its factor and what is added in one order. */
static void forward(ts_ctx *ctx, ts_step *s)
{
    TS_CALL(ctx, modulate_forward, s->out.data, s->in[0].data, s->in[1].data, s->in[2].data, 0,
            s->n[0], s->n[1], s->n[2]);
}

static void backward(ts_ctx *ctx, ts_step *s)
{
    if (s->din[0].data)
        TS_CALL(ctx, modulate_backward_input, s->din[0].data, s->dout.data, s->in[1].data, 0,
                s->n[0], s->n[1], s->n[2]);
    if (s->din[1].data || s->din[2].data)
        TS_CALL(ctx, modulate_backward_factors, s->din[1].data, s->din[2].data, s->dout.data,
                s->in[0].data, 0, s->in[1].size[0], s->n[1], s->n[2]);
}

static void gated_forward(ts_ctx *ctx, ts_step *s)
{
    TS_CALL(ctx, add_gated_forward, s->out.data, s->in[2].data, s->in[1].data, s->in[0].data, 0,
            s->n[0], s->n[1], s->n[2]);
}

static void gated_backward(ts_ctx *ctx, ts_step *s)
{
    if (s->din[0].data)
        TS_CALL(ctx, add_gated_backward_value, s->din[0].data, s->dout.data, s->in[1].data, 0,
                s->n[0], s->n[1], s->n[2]);
    if (s->din[1].data)
        TS_CALL(ctx, modulate_backward_factors, s->din[1].data, NULL, s->dout.data, s->in[0].data,
                0, s->in[1].size[0], s->n[1], s->n[2]);
    if (s->din[2].data)
        memcpy(s->din[2].data, s->dout.data,
               (size_t)ts_numel(s->dout) * ts_dtype_size(s->dout.dtype));
}

static void gauges(ts_step *s, bool gated)
{
    const double *const what[3] = {s->in[0].data, s->in[1].data, s->in[2].data};
    const double *const off[3] = {s->in[0].gauge, s->in[1].gauge, s->in[2].gauge};
    TS_GAUGE(modulate_gauge, s->out.gauge, what, off, gated, s->n[0], s->n[1], s->n[2]);
}

static void backward_gauges(ts_step *s, bool gated)
{
    double *const g[3] = {s->din[0].gauge, s->din[1].gauge, gated ? NULL : s->din[2].gauge};
    const double *const what[3] = {s->dout.data, s->in[0].data, s->in[1].data};
    const double *const off[3] = {s->dout.gauge, s->in[0].gauge, s->in[1].gauge};
    TS_GAUGE(modulate_backward_gauge, g, what, off, gated, s->n[0], s->n[1], s->n[2]);
    if (gated && s->din[2].gauge) {
        const size_t bytes = (size_t)ts_numel(s->dout) * sizeof(double);
        if (s->dout.gauge)
            memcpy(s->din[2].gauge, s->dout.gauge, bytes);
        else
            memset(s->din[2].gauge, 0, bytes);
    }
}

static void modulate_gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    gauges(s, false);
}

static void modulate_backward_gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    backward_gauges(s, false);
}

static void gated_gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    gauges(s, true);
}

static void gated_backward_gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    backward_gauges(s, true);
}

static const ts_op modulate = {"modulate", forward, backward, modulate_gauge,
                               modulate_backward_gauge};
static const ts_op add_gated = {"add_gated", gated_forward, gated_backward, gated_gauge,
                                gated_backward_gauge};

static bool belongs(ts_tensor factor, ts_tensor x)
{
    return factor.rank == 2 && factor.size[0] == x.size[0] && factor.size[1] == x.size[2];
}

static ts_tensor apply(ts_ctx *ctx, ts_step *s)
{
    const ts_tensor x = s->in[0];
    s->n[0] = x.size[0] * x.size[1];
    s->n[1] = x.size[1] ? x.size[1] : 1;
    s->n[2] = x.size[2];
    s->flops = 2.0 * (double)ts_numel(x);
    s->terms = 1.0;
    ts_step_out(ctx, s, x.rank, x.size);
    return ts_apply(ctx, s);
}

ts_tensor ts_modulate(ts_ctx *ctx, ts_tensor x, ts_tensor scale, ts_tensor shift)
{
    ts_step s = {.op = &modulate, .in = {x, scale, shift}, .inputs = 3};
    if (!ts_require(ctx, &s, x.rank == 3 && belongs(scale, x) && belongs(shift, x),
                    "x must be (B, L, C), scale and shift (B, C)"))
        return (ts_tensor){0};
    return apply(ctx, &s);
}

ts_tensor ts_add_gated(ts_ctx *ctx, ts_tensor x, ts_tensor gate, ts_tensor y)
{
    ts_step s = {.op = &add_gated, .in = {y, gate, x}, .inputs = 3};
    if (!ts_require(ctx, &s, x.rank == 3 && ts_same_size(x, y) && belongs(gate, x),
                    "x and y must be (B, L, C), the gate (B, C); they are in the order y, gate, x"))
        return (ts_tensor){0};
    return apply(ctx, &s);
}
