/* attention.c: the operation; its equation stands in plain/attention.c. */
#include "ref/base/par.h"
#include "ref/ops/dispatch.h"
#include "ref/ops/ops.h"

#include <string.h>

_Static_assert((int)TS_ATTENTION_SEGMENTS == (int)TS_MAX_SEGMENTS, "one limit, two headers");

static bool is_choice(ts_tensor mask)
{
    return mask.dtype == TS_U8 || mask.dtype == TS_BOOL;
}

/* The arrays of the step as the kernels take them, with scratch for every thread. NULL after a
 * failure. The mask's last axes are those of the scores; those it lacks count as one. */
static const ts_attention_args *args_of(ts_ctx *ctx, const ts_step *s)
{
    ts_attention_args *a = ts_take(ctx, sizeof *a);
    if (!a)
        return NULL;
    *a = *(const ts_attention_args *)s->config;
    a->q = s->in[0].data;
    a->k = s->in[1].data;
    a->v = s->in[2].data;
    a->gq = s->in[0].gauge;
    a->gk = s->in[1].gauge;
    a->gv = s->in[2].gauge;
    const ts_tensor mask = s->in[3];
    for (int i = 0; i < 4; i++) {
        const int axis = i - 4 + mask.rank;
        a->mask_size[i] = axis >= 0 ? mask.size[axis] : 1;
        a->mask_stride[i] = a->mask_size[i] > 1 ? mask.stride[axis] : 0;
    }
    if (is_choice(mask)) {
        a->allow = mask.data;
    } else {
        a->mask = mask.data;
        a->gmask = mask.gauge;
    }
    /* rows against everything, twice, and a block of results */
    const int64_t longest = a->lq > a->lk ? a->lq : a->lk, widest = a->d > a->dv ? a->d : a->dv;
    int64_t bytes;
    if (!ts_mul_size(2 * longest + widest + 1, TS_ATTENTION_ROWS * (int64_t)sizeof(double),
                     &a->scratch_bytes) ||
        !ts_mul_size(a->scratch_bytes, ts_par_count(), &bytes)) {
        ts_fail(ctx, TS_ERROR_MEMORY, "attention over %lld tokens does not fit",
                (long long)longest);
        return NULL;
    }
    a->scratch = ts_take(ctx, (size_t)bytes);
    return a->scratch ? a : NULL;
}

static void forward(ts_ctx *ctx, ts_step *s)
{
    const ts_attention_args *config = s->config;
    double *rows = ts_step_save(ctx, s, 0, 3 * config->batch * config->heads * config->lq);
    const ts_arena_mark mark = ts_arena_here(&ctx->arena);
    const ts_attention_args *a = rows ? args_of(ctx, s) : NULL;
    if (a)
        TS_CALL(ctx, attention_forward, s->out.data, rows, a);
    ts_arena_return(&ctx->arena, mark);
}

static void backward(ts_ctx *ctx, ts_step *s)
{
    double *rows = s->saved[0].data;
    if (!rows) { /* values without width: there was nothing to compute, and nothing flows */
        for (int i = 0; i < s->inputs; i++)
            if (s->din[i].data)
                memset(s->din[i].data, 0,
                       (size_t)ts_numel(s->din[i]) * ts_dtype_size(s->din[i].dtype));
        return;
    }
    const ts_arena_mark mark = ts_arena_here(&ctx->arena);
    const ts_attention_args *a = args_of(ctx, s);
    if (a) {
        TS_CALL(ctx, attention_backward_query, s->din[0].data, rows, s->dout.data, a);
        if (s->din[1].data || s->din[2].data)
            TS_CALL(ctx, attention_backward_key, s->din[1].data, s->din[2].data, s->dout.data,
                    rows, a);
        if (s->din[3].data)
            TS_CALL(ctx, attention_backward_mask, s->din[3].data, s->dout.data, rows, a);
    }
    ts_arena_return(&ctx->arena, mark);
}

static void gauge(ts_ctx *ctx, ts_step *s)
{
    const ts_arena_mark mark = ts_arena_here(&ctx->arena);
    const ts_attention_args *a = s->saved[0].data ? args_of(ctx, s) : NULL;
    if (a)
        TS_GAUGE(attention_gauge, s->out.gauge, s->saved[0].data, a);
    ts_arena_return(&ctx->arena, mark);
}

static void backward_gauge(ts_ctx *ctx, ts_step *s)
{
    if (!s->saved[0].data) {
        for (int i = 0; i < s->inputs; i++)
            for (int64_t j = 0; s->din[i].gauge && j < ts_numel(s->din[i]); j++)
                s->din[i].gauge[j] = 0.0;
        return;
    }
    double *const g[4] = {s->din[0].gauge, s->din[1].gauge, s->din[2].gauge, s->din[3].gauge};
    const ts_arena_mark mark = ts_arena_here(&ctx->arena);
    const ts_attention_args *a = args_of(ctx, s);
    if (a)
        TS_GAUGE(attention_backward_gauge, g, s->dout.data, s->dout.gauge, s->saved[0].data, a);
    ts_arena_return(&ctx->arena, mark);
}

static const ts_op attention = {"attention", forward, backward, gauge, backward_gauge};

static bool mask_fits(ts_tensor mask, ts_tensor q, ts_tensor k)
{
    const int64_t score[4] = {q.size[0], q.size[1], q.size[2], k.size[2]};
    bool fits = mask.rank <= 4;
    for (int i = 1; i <= mask.rank && fits; i++)
        fits = ts_size(mask, -i) == 1 || ts_size(mask, -i) == score[4 - i];
    return fits;
}

static bool segments_fit(const ts_attention_bias *bias, int64_t lq, int64_t lk)
{
    const int n = bias->segments;
    bool fits = n >= 0 && n <= TS_MAX_SEGMENTS;
    if (!fits || n == 0)
        return fits;
    fits = lq == lk && bias->start[0] == 0 && bias->start[n] == lq;
    for (int i = 0; i < n && fits; i++)
        fits = bias->start[i] <= bias->start[i + 1];
    return fits;
}

static bool shapes_fit(ts_ctx *ctx, const ts_step *s, const ts_attention_bias *bias)
{
    const ts_tensor q = s->in[0], k = s->in[1], v = s->in[2], mask = s->in[3];
    if (!ts_require(ctx, s, q.rank == 4 && k.rank == 4 && v.rank == 4,
                    "q, k and v need four axes: batch, heads, tokens, width"))
        return false;
    bool same = true;
    for (int i = 0; i < 2; i++)
        same = same && q.size[i] == k.size[i] && k.size[i] == v.size[i];
    return ts_require(ctx, s, same, "q, k and v need the same batch and heads") &&
           ts_require(ctx, s, q.size[3] == k.size[3], "q and k need the same width") &&
           ts_require(ctx, s, k.size[2] == v.size[2], "k and v need the same tokens") &&
           ts_require(ctx, s, is_choice(mask) || ts_is_empty(mask) || ts_dtype_is_float(mask.dtype),
                      "the mask must be U8, BOOL or a float") &&
           ts_require(ctx, s, ts_is_empty(mask) || mask_fits(mask, q, k),
                      "the mask does not broadcast to (batch, heads, queries, keys)") &&
           ts_require(ctx, s, segments_fit(bias, q.size[2], k.size[2]),
                      "segments must cut the tokens from 0 to the end, in order, queries and keys "
                      "alike, and be %d at most",
                      (int)TS_MAX_SEGMENTS);
}

ts_tensor ts_attention(ts_ctx *ctx, ts_tensor q, ts_tensor k, ts_tensor v, double scale,
                       const ts_attention_bias *bias)
{
    const ts_attention_bias none = {.segments = 0}, *given = bias ? bias : &none;
    ts_step s = {.op = &attention, .in = {q, k, v, given->mask}, .inputs = 4};
    if (!shapes_fit(ctx, &s, given))
        return (ts_tensor){0};
    s.raw = is_choice(given->mask) ? 1u << 3 : 0;
    ts_attention_args *config = ts_take(ctx, sizeof *config);
    if (!config)
        return (ts_tensor){0};
    *config = (ts_attention_args){
        .batch = q.size[0], .heads = q.size[1], .lq = q.size[2], .lk = k.size[2], .d = q.size[3],
        .dv = v.size[3], .scale = scale, .causal = given->causal, .segments = given->segments};
    for (int i = 0; i < given->segments; i++)
        for (int j = 0; j < given->segments; j++)
            config->between[i][j] = given->between[i][j];
    for (int i = 0; i <= given->segments && given->segments; i++)
        config->start[i] = given->start[i];
    s.config = config;
    const int64_t size[4] = {q.size[0], q.size[1], q.size[2], v.size[3]};
    ts_step_out(ctx, &s, 4, size);
    s.flops = 2.0 * (double)(q.size[0] * q.size[1]) * (double)q.size[2] * (double)k.size[2] *
              (double)(q.size[3] + v.size[3]);
    s.terms = (double)(q.size[3] + k.size[2]);
    return ts_apply(ctx, &s);
}
