/* state.c: the optimiser's state in files, so that training goes on with the same bits.
 * Test: tests/optim/test_state.c */
#include "ref/optim/inside.h"

#include <stdio.h>
#include <string.h>

static ts_status named(ts_ctx *ctx, char name[TS_OPTIM_NAME], const ts_optim *o, const char *prefix,
                       const char *rest, const char *of)
{
    const int n = snprintf(name, TS_OPTIM_NAME, "%s.%s.%s%s%s", prefix, o->method->name, rest,
                           *of ? "." : "", of);
    return n < 0 || n >= TS_OPTIM_NAME ? ts_fail(ctx, TS_ERROR_USAGE, "%.60s...: the name is too long", of)
                              : ctx->status;
}

static ts_tensor steps_of(const ts_optim *o)
{
    return ts_tensor_of(o->steps, TS_I64, 1, &o->count);
}

static ts_tensor scalars_of(ts_optim *o)
{
    const int64_t n = TS_OPTIM_SCALARS;
    return ts_tensor_of(o->scalar, TS_F64, 1, &n);
}

ts_status ts_optim_collect(ts_ctx *ctx, ts_optim *o, const char *prefix, ts_items *items)
{
    char name[TS_OPTIM_NAME];
    if (!ctx->status && !named(ctx, name, o, prefix, "steps", "") && o->count)
        ts_items_add(ctx, items, name, steps_of(o));
    if (!ctx->status && !named(ctx, name, o, prefix, "scalars", ""))
        ts_items_add(ctx, items, name, scalars_of(o));
    for (int64_t i = 0; i < o->count; i++)
        for (int k = 0; k < TS_OPTIM_STATES && o->method->state[k]; k++)
            if (!ctx->status && !ts_is_empty(o->parameter[i].state[k]) &&
                !named(ctx, name, o, prefix, o->method->state[k], o->parameter[i].name))
                ts_items_add(ctx, items, name, o->parameter[i].state[k]);
    return ctx->status;
}

ts_status ts_optim_take(ts_ctx *ctx, const ts_safetensors *file, const char *name, ts_tensor to,
                        bool copy)
{
    char got[TS_SHAPE_TEXT], want[TS_SHAPE_TEXT];
    const ts_tensor from = ts_safetensors_get(file, name);
    if (ts_is_empty(from))
        return ts_fail(ctx, TS_ERROR_FORMAT, "%s: no tensor %s", ts_safetensors_path(file), name);
    if (from.dtype != to.dtype || !ts_same_size(from, to))
        return ts_fail(ctx, TS_ERROR_FORMAT, "%s: %s: expected %s, got %s",
                       ts_safetensors_path(file), name, ts_shape_text(want, to),
                       ts_shape_text(got, from));
    if (copy)
        memcpy(to.data, from.data, (size_t)ts_numel(to) * ts_dtype_size(to.dtype));
    return ctx->status;
}

/* First all are looked for, then all are taken: a failure changes nothing. */
static ts_status walk(ts_ctx *ctx, ts_optim *o, const char *prefix, const ts_safetensors *file,
                      bool copy)
{
    char name[TS_OPTIM_NAME];
    if (o->count && !named(ctx, name, o, prefix, "steps", ""))
        ts_optim_take(ctx, file, name, steps_of(o), copy);
    if (!ctx->status && !named(ctx, name, o, prefix, "scalars", ""))
        ts_optim_take(ctx, file, name, scalars_of(o), copy);
    for (int64_t i = 0; i < o->count; i++)
        for (int k = 0; k < TS_OPTIM_STATES && o->method->state[k]; k++)
            if (!ctx->status && !ts_is_empty(o->parameter[i].state[k]) &&
                !named(ctx, name, o, prefix, o->method->state[k], o->parameter[i].name))
                ts_optim_take(ctx, file, name, o->parameter[i].state[k], copy);
    return ctx->status;
}

ts_status ts_optim_restore(ts_ctx *ctx, ts_optim *o, const char *prefix,
                           const ts_safetensors *file)
{
    return ctx->status || walk(ctx, o, prefix, file, false) ? ctx->status
                                                            : walk(ctx, o, prefix, file, true);
}

ts_status ts_optim_write(ts_ctx *ctx, ts_optim *o, const char *path)
{
    ts_items items = {0};
    json_t *about = json_pack("{s:s, s:s}", "touchstone.optimiser", "1", "method", o->method->name);
    if (!about)
        ts_fail(ctx, TS_ERROR_MEMORY, "no memory for the state of an optimiser");
    if (!ctx->status && !ts_optim_collect(ctx, o, "optim", &items))
        ts_safetensors_write(ctx, path, &items, about);
    ts_items_free(&items);
    json_decref(about);
    return ctx->status;
}

ts_status ts_optim_read(ts_ctx *ctx, ts_optim *o, const char *path)
{
    ts_safetensors *file = ctx->status ? NULL : ts_safetensors_open(ctx, path);
    if (file)
        ts_optim_restore(ctx, o, "optim", file);
    ts_safetensors_close(file);
    return ctx->status;
}
