#include "ref/base/ctx.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void ts_ctx_open(ts_ctx *ctx, const struct ts_table *table, ts_dtype compute, int threads)
{
    *ctx = (ts_ctx){.table = table, .compute = compute, .threads = threads};
}

void ts_ctx_open_plain(ts_ctx *ctx)
{
    ts_ctx_open(ctx, NULL, TS_F32, 1);
}

void ts_ctx_close(ts_ctx *ctx)
{
    ts_arena_free(&ctx->arena);
    ctx->tape = NULL;
}

ts_status ts_ctx_status(const ts_ctx *ctx)
{
    return ctx->status;
}

void ts_ctx_clear(ts_ctx *ctx)
{
    ctx->status = TS_OK;
    ctx->message[0] = '\0';
}

void *ts_take(ts_ctx *ctx, size_t bytes)
{
    void *block = ts_arena_take(&ctx->arena, bytes);
    if (!block)
        ts_fail(ctx, TS_ERROR_MEMORY, "no memory for %zu more bytes (%zu in use)", bytes,
                ctx->arena.used);
    return block;
}

ts_tensor ts_new(ts_ctx *ctx, ts_dtype dtype, int rank, const int64_t *size)
{
    int64_t n, bytes;
    if (ctx->status)
        return (ts_tensor){0};
    if (rank > TS_MAX_RANK || !ts_count_elements(size, rank, &n) ||
        !ts_mul_size(n, (int64_t)ts_dtype_size(dtype), &bytes)) {
        ts_fail(ctx, TS_ERROR_SHAPE, "a tensor of that size does not fit into memory");
        return (ts_tensor){0};
    }
    void *data = ts_take(ctx, (size_t)bytes);
    return data ? ts_tensor_of(data, dtype, rank, size) : (ts_tensor){0};
}

ts_tensor ts_new_zero(ts_ctx *ctx, ts_dtype dtype, int rank, const int64_t *size)
{
    ts_tensor t = ts_new(ctx, dtype, rank, size);
    if (t.data)
        memset(t.data, 0, (size_t)ts_numel(t) * ts_dtype_size(dtype));
    return t;
}

ts_scope ts_scope_open(ts_ctx *ctx)
{
    return ts_arena_here(&ctx->arena);
}

/* Kept tensors are copied out, the scope is given back, and they are copied in again: a block's
 * results are small beside what it computed on the way. A strided view comes out contiguous. */
void ts_scope_close(ts_ctx *ctx, ts_scope scope, ts_tensor *const *keep, int count)
{
    if (ctx->record || ctx->gauges)
        return;
    size_t bytes = 0, at = 0;
    for (int i = 0; i < count; i++)
        bytes += (size_t)ts_numel(*keep[i]) * ts_dtype_size(keep[i]->dtype);
    unsigned char *copy = ctx->status ? NULL : ts_alloc(bytes);
    if (!copy) {
        if (!ctx->status)
            ts_fail(ctx, TS_ERROR_MEMORY, "no memory for %zu bytes of results", bytes);
        ts_arena_return(&ctx->arena, scope);
        for (int i = 0; i < count; i++)
            *keep[i] = (ts_tensor){0};
        return;
    }
    for (int i = 0; i < count; i++) {
        const size_t size = (size_t)ts_numel(*keep[i]) * ts_dtype_size(keep[i]->dtype);
        ts_elements(copy + at, *keep[i]);
        at += size;
    }
    ts_arena_return(&ctx->arena, scope);
    at = 0;
    for (int i = 0; i < count; i++) {
        const size_t size = (size_t)ts_numel(*keep[i]) * ts_dtype_size(keep[i]->dtype);
        if (ts_is_empty(*keep[i]))
            continue;
        ts_tensor kept = ts_tensor_of(ts_take(ctx, size), keep[i]->dtype, keep[i]->rank,
                                      keep[i]->size);
        kept.name = keep[i]->name;
        if (kept.data && size)
            memcpy(kept.data, copy + at, size);
        *keep[i] = kept.data ? kept : (ts_tensor){0};
        at += size;
    }
    ts_free(copy);
}

void ts_enter(ts_ctx *ctx, const char *format, ...)
{
    const size_t at = strlen(ctx->path);
    if (ctx->path_depth++ >= TS_PATH_DEPTH) /* deeper than any model: counted, not named */
        return;
    ctx->path_end[ctx->path_depth - 1] = (int)at;
    char name[TS_PATH];
    va_list args;
    va_start(args, format);
    vsnprintf(name, sizeof name, format, args);
    va_end(args);
    snprintf(ctx->path + at, sizeof ctx->path - at, "%s%s", at ? "." : "", name);
}

void ts_leave(ts_ctx *ctx)
{
    if (ctx->path_depth > 0 && --ctx->path_depth < TS_PATH_DEPTH)
        ctx->path[ctx->path_end[ctx->path_depth]] = '\0';
}
