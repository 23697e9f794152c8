/* ema.c: the exponential moving average of parameters.
 *
 *     average = d average + (1 - d) p
 *
 * Source:   torch.optim.swa_utils (constant d); diffusers' EMAModel (d that grows)
 * Pitfalls: diffusers counts its steps from 1 and takes t = steps - after - 1; the first step has d = 0:
 *           it copies. 1 - d is computed in double: in float 1 - 0.9999 has 4 digits
 * Test:     tests/optim/test_ema.c              Golden: optim/ema.json */
#include "ref/optim/ema.h"

#include "ref/base/mathf.h"
#include "ref/ops/dispatch.h"
#include "ref/optim/inside.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    char *name;
    ts_tensor p, average;
} averaged;

struct ts_ema {
    ts_ema_settings settings;
    averaged *item;
    int64_t count, steps;
};

double ts_ema_decay(const ts_ema_settings *s, int64_t t)
{
    const double at = (double)(t - s->after - 1);
    if (!s->grows)
        return s->decay;
    if (at <= 0.0)
        return 0.0;
    const double grown = s->gamma > 0.0 ? 1.0 - ts_pow(1.0 + at / s->gamma, -s->power)
                                        : (1.0 + at) / (10.0 + at);
    const double d = grown < s->decay ? grown : s->decay;
    return d > s->least ? d : s->least;
}

ts_ema *ts_ema_new(ts_ctx *ctx, const ts_ema_settings *s)
{
    if (ctx->status)
        return NULL;
    if (!(s->decay >= 0.0 && s->decay <= 1.0) || !(s->least >= 0.0 && s->least <= 1.0)) {
        ts_fail(ctx, TS_ERROR_USAGE, "moving average: decay must be in [0, 1]");
        return NULL;
    }
    ts_ema *e = ts_alloc_zero(1, sizeof *e);
    if (!e)
        ts_fail(ctx, TS_ERROR_MEMORY, "no memory for a moving average");
    else
        e->settings = *s;
    return e;
}

void ts_ema_close(ts_ema *e)
{
    for (int64_t i = 0; e && i < e->count; i++) {
        ts_free(e->item[i].name);
        ts_free(e->item[i].average.data);
    }
    if (e)
        ts_free(e->item);
    ts_free(e);
}

ts_status ts_ema_add(ts_ctx *ctx, ts_ema *e, const char *name, ts_tensor p)
{
    char shape[TS_SHAPE_TEXT];
    if (ctx->status)
        return ctx->status;
    if (ts_is_empty(p) || p.dtype != ctx->compute || !ts_is_contiguous(p))
        return ts_fail(ctx, TS_ERROR_SHAPE, "%s: expected a contiguous parameter %s, got %s", name,
                       ts_dtype_name(ctx->compute), ts_shape_text(shape, p));
    const size_t bytes = (size_t)ts_numel(p) * ts_dtype_size(p.dtype);
    averaged *more = ts_realloc(e->item, ((size_t)e->count + 1) * sizeof *more);
    if (more)
        e->item = more;
    averaged new = {more ? ts_strdup(name) : NULL, p, p};
    new.average.data = new.name ? ts_alloc(bytes) : NULL;
    if (!new.average.data) {
        ts_free(new.name);
        return ts_fail(ctx, TS_ERROR_MEMORY, "no memory for the moving average of %s", name);
    }
    memcpy(new.average.data, p.data, bytes);
    e->item[e->count++] = new;
    return ctx->status;
}

typedef struct {
    const averaged *item;
    double decay;
} mixing;

static void mix_piece(ts_ctx *ctx, const void *arg, int64_t first, int64_t n)
{
    const mixing *m = arg;
    TS_CALL(ctx, blend, ts_at(m->item->average, first), ts_at(m->item->p, first), m->decay, n);
}

ts_status ts_ema_step(ts_ctx *ctx, ts_ema *e)
{
    if (ctx->status)
        return ctx->status;
    const double decay = ts_ema_decay(&e->settings, ++e->steps);
    for (int64_t i = 0; i < e->count; i++) {
        const mixing m = {&e->item[i], decay};
        ts_over_pieces(ctx, ts_numel(e->item[i].p), mix_piece, &m);
    }
    return ctx->status;
}

void ts_ema_swap(ts_ema *e)
{
    for (int64_t i = 0; i < e->count; i++) {
        unsigned char *a = e->item[i].p.data, *b = e->item[i].average.data;
        const size_t bytes = (size_t)ts_numel(e->item[i].p) * ts_dtype_size(e->item[i].p.dtype);
        for (size_t k = 0; k < bytes; k++) {
            const unsigned char keep = a[k];
            a[k] = b[k];
            b[k] = keep;
        }
    }
}

int64_t ts_ema_count(const ts_ema *e)
{
    return e->count;
}

const char *ts_ema_name(const ts_ema *e, int64_t i)
{
    return e->item[i].name;
}

ts_tensor ts_ema_value(const ts_ema *e, int64_t i)
{
    return e->item[i].average;
}

/* The name and tensor of place `at`: the steps, then the averages. */
static ts_tensor named(ts_ctx *ctx, ts_ema *e, const char *prefix, int64_t at,
                       char name[TS_OPTIM_NAME])
{
    const int64_t one = 1;
    const int n = at ? snprintf(name, TS_OPTIM_NAME, "%s.ema.%s", prefix, e->item[at - 1].name)
                     : snprintf(name, TS_OPTIM_NAME, "%s.ema_steps", prefix);
    if (n < 0 || n >= TS_OPTIM_NAME)
        ts_fail(ctx, TS_ERROR_USAGE, "%.60s...: the name is too long", e->item[at - 1].name);
    return at ? e->item[at - 1].average : ts_tensor_of(&e->steps, TS_I64, 1, &one);
}

ts_status ts_ema_collect(ts_ctx *ctx, ts_ema *e, const char *prefix, ts_items *items)
{
    char name[TS_OPTIM_NAME];
    for (int64_t at = 0; at <= e->count && !ctx->status; at++) {
        const ts_tensor t = named(ctx, e, prefix, at, name);
        if (!ctx->status)
            ts_items_add(ctx, items, name, t);
    }
    return ctx->status;
}

ts_status ts_ema_restore(ts_ctx *ctx, ts_ema *e, const char *prefix, const ts_safetensors *file)
{
    char name[TS_OPTIM_NAME];
    for (int copy = 0; copy < 2; copy++)
        for (int64_t at = 0; at <= e->count && !ctx->status; at++) {
            const ts_tensor t = named(ctx, e, prefix, at, name);
            if (!ctx->status)
                ts_optim_take(ctx, file, name, t, copy);
        }
    return ctx->status;
}
