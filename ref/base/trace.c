#include "ref/base/trace.h"

#include "ref/base/ctx.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    char *name;
    ts_tensor value; /* a copy, owned */
} traced;

typedef struct {
    char *module;
    int count;
    int item; /* the last number of a tuple that was handed over in the call that is counted */
} calls;

struct ts_trace {
    traced *items;
    int64_t count, room;
    calls *called;
    int64_t called_count, called_room;
    char prefix[64];
};

ts_trace *ts_trace_new(void)
{
    return ts_alloc_zero(1, sizeof(ts_trace));
}

static void forget_calls(ts_trace *trace)
{
    for (int64_t i = 0; i < trace->called_count; i++)
        ts_free(trace->called[i].module);
    trace->called_count = 0;
}

void ts_trace_free(ts_trace *trace)
{
    if (!trace)
        return;
    for (int64_t i = 0; i < trace->count; i++) {
        ts_free(trace->items[i].name);
        ts_free(trace->items[i].value.data);
    }
    forget_calls(trace);
    ts_free(trace->items);
    ts_free(trace->called);
    ts_free(trace);
}

int64_t ts_trace_count(const ts_trace *trace)
{
    return trace->count;
}

const char *ts_trace_name(const ts_trace *trace, int64_t i)
{
    return trace->items[i].name;
}

ts_tensor ts_trace_value(const ts_trace *trace, int64_t i)
{
    return trace->items[i].value;
}

void ts_trace_restart(ts_trace *trace, const char *prefix)
{
    if (!trace)
        return;
    forget_calls(trace);
    snprintf(trace->prefix, sizeof trace->prefix, "%s", prefix);
}

/* One more element of `size` bytes for an array of `count` with `room`. */
static void *grown(void *array, int64_t count, int64_t *room, size_t size)
{
    if (count < *room)
        return array;
    const int64_t next = *room ? 2 * *room : 64;
    void *bigger = ts_realloc(array, (size_t)next * size);
    if (bigger)
        *room = next;
    return bigger;
}

/* Which call of the module this is, from 1; 0 when there is no memory. The items of one tuple come
 * in ascending order and belong to one call. */
static int call_number(ts_trace *trace, const char *module, int item)
{
    for (int64_t i = 0; i < trace->called_count; i++) {
        calls *c = &trace->called[i];
        if (strcmp(c->module, module) != 0)
            continue;
        if (item < 0 || item <= c->item)
            c->count++;
        c->item = item;
        return c->count;
    }
    calls *more = grown(trace->called, trace->called_count, &trace->called_room, sizeof *more);
    if (!more)
        return 0;
    trace->called = more;
    char *copy = ts_strdup(module);
    if (!copy)
        return 0;
    trace->called[trace->called_count++] = (calls){copy, 1, item};
    return 1;
}

static void add(ts_ctx *ctx, ts_trace *trace, const char *name, ts_tensor x)
{
    traced *more = grown(trace->items, trace->count, &trace->room, sizeof *more);
    if (!more) {
        ts_fail(ctx, TS_ERROR_MEMORY, "no memory to trace %s", name);
        return;
    }
    trace->items = more;
    const size_t bytes = (size_t)ts_numel(x) * ts_dtype_size(x.dtype);
    traced item = {ts_strdup(name), ts_tensor_of(ts_alloc(bytes), x.dtype, x.rank, x.size)};
    if (!item.name || !item.value.data) {
        ts_free(item.name);
        ts_free(item.value.data);
        ts_fail(ctx, TS_ERROR_MEMORY, "no memory to trace %s", name);
        return;
    }
    ts_elements(item.value.data, x);
    trace->items[trace->count++] = item;
}

static void hand_over(ts_ctx *ctx, ts_tensor x, const char *module, int item)
{
    char name[2 * TS_PATH + 96], times[16] = "", which[16] = "";
    const int call = call_number(ctx->trace, module, item);
    if (!call) {
        ts_fail(ctx, TS_ERROR_MEMORY, "no memory to trace %s", module);
        return;
    }
    if (call > 1)
        snprintf(times, sizeof times, "@%d", call);
    if (item >= 0)
        snprintf(which, sizeof which, ".%d", item);
    snprintf(name, sizeof name, "%s%s%s.output%s", ctx->trace->prefix, module, times, which);
    add(ctx, ctx->trace, name, x);
}

ts_tensor ts_named(ts_ctx *ctx, ts_tensor x, const char *module, int item)
{
    if (!ctx->trace || ctx->status || ts_is_empty(x))
        return x;
    char full[2 * TS_PATH];
    snprintf(full, sizeof full, "%s%s%s", ctx->path, *ctx->path && *module ? "." : "", module);
    hand_over(ctx, x, full, item);
    return x;
}

ts_tensor ts_traced(ts_ctx *ctx, ts_tensor x, const char *name, ...)
{
    if (!ctx->trace || ctx->status || ts_is_empty(x))
        return x;
    char full[2 * TS_PATH];
    va_list args;
    va_start(args, name);
    vsnprintf(full, sizeof full, name, args);
    va_end(args);
    add(ctx, ctx->trace, full, x);
    return x;
}

ts_tensor ts_named_by_weight(ts_ctx *ctx, ts_tensor x, const char *weight)
{
    static const char tail[] = ".weight";
    const size_t length = weight ? strlen(weight) : 0;
    if (!ctx->trace || ctx->status || ts_is_empty(x) || length < sizeof tail ||
        length >= TS_PATH || strcmp(weight + length - sizeof tail + 1, tail) != 0)
        return x;
    char module[TS_PATH];
    memcpy(module, weight, length - sizeof tail + 1);
    module[length - sizeof tail + 1] = '\0';
    hand_over(ctx, x, module, -1);
    return x;
}
