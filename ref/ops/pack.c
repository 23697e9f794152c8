/* pack.c: the operations; their equation stands in plain/pack.c. Each is the other's gradient. */
#include "ref/ops/dispatch.h"
#include "ref/ops/ops.h"

/* n: pictures, channels, height, width */
static void pack_forward(ts_ctx *ctx, ts_step *s)
{
    TS_CALL(ctx, pack, s->out.data, s->in[0].data, s->n[0], s->n[1], s->n[2], s->n[3]);
}

static void pack_backward(ts_ctx *ctx, ts_step *s)
{
    TS_CALL(ctx, unpack, s->din[0].data, s->dout.data, s->n[0], s->n[1], s->n[2], s->n[3]);
}

static void unpack_forward(ts_ctx *ctx, ts_step *s)
{
    TS_CALL(ctx, unpack, s->out.data, s->in[0].data, s->n[0], s->n[1], s->n[2], s->n[3]);
}

static void unpack_backward(ts_ctx *ctx, ts_step *s)
{
    TS_CALL(ctx, pack, s->din[0].data, s->dout.data, s->n[0], s->n[1], s->n[2], s->n[3]);
}

/* Gauges move as the numbers do. */
static void moved(double *to, const double *from, bool pack, const int64_t *n)
{
    if (from && pack)
        ts_plain_pack_f64(to, from, n[0], n[1], n[2], n[3]);
    else if (from)
        ts_plain_unpack_f64(to, from, n[0], n[1], n[2], n[3]);
    else
        for (int64_t i = 0; i < n[0] * n[1] * n[2] * n[3]; i++)
            to[i] = 0.0;
}

static void pack_gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    moved(s->out.gauge, s->in[0].gauge, true, s->n);
}

static void pack_backward_gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    moved(s->din[0].gauge, s->dout.gauge, false, s->n);
}

static void unpack_gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    moved(s->out.gauge, s->in[0].gauge, false, s->n);
}

static void unpack_backward_gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    moved(s->din[0].gauge, s->dout.gauge, true, s->n);
}

static const ts_op pack = {"pack", pack_forward, pack_backward, pack_gauge, pack_backward_gauge};
static const ts_op unpack = {"unpack", unpack_forward, unpack_backward, unpack_gauge,
                             unpack_backward_gauge};

ts_tensor ts_pack(ts_ctx *ctx, ts_tensor x)
{
    ts_step s = {.op = &pack, .in = {x}, .inputs = 1};
    if (!ts_require(ctx, &s, x.rank == 4 && x.size[2] % 2 == 0 && x.size[3] % 2 == 0,
                    "a picture (B, C, H, W) with even H and W is packed"))
        return (ts_tensor){0};
    for (int i = 0; i < 4; i++)
        s.n[i] = x.size[i];
    ts_step_out(ctx, &s, 3, (const int64_t[]){s.n[0], s.n[2] / 2 * (s.n[3] / 2), 4 * s.n[1]});
    return ts_apply(ctx, &s);
}

ts_tensor ts_unpack(ts_ctx *ctx, ts_tensor x, int64_t h, int64_t w)
{
    ts_step s = {.op = &unpack, .in = {x}, .inputs = 1};
    int64_t tokens;
    if (!ts_require(ctx, &s, x.rank == 3 && x.size[2] % 4 == 0,
                    "tokens (B, L, 4 C) are unpacked") ||
        !ts_require(ctx, &s, h % 2 == 0 && w % 2 == 0 && ts_mul_size(h / 2, w / 2, &tokens) &&
                                 tokens == x.size[1],
                    "these tokens do not make a picture %lld high and %lld wide", (long long)h,
                    (long long)w))
        return (ts_tensor){0};
    const int64_t size[4] = {x.size[0], x.size[2] / 4, h, w};
    for (int i = 0; i < 4; i++)
        s.n[i] = size[i];
    ts_step_out(ctx, &s, 4, size);
    return ts_apply(ctx, &s);
}
