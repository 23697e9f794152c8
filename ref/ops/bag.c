/* bag.c: the operations on bags of rows; their equations stand in plain/bag.c. */
#include "ref/ops/bag.h"

#include "ref/ops/dispatch.h"

/* config: the bag; n[0] numbers in a row; of a maximum, saved[0] the occurrences taken */
static void sum_forward(ts_ctx *ctx, ts_step *s)
{
    const ts_bag *bag = s->config;
    TS_CALL(ctx, bag_sum_forward, s->out.data, s->in[0].data, bag, s->n[0], 0, bag->segments);
}

static void sum_backward(ts_ctx *ctx, ts_step *s)
{
    const ts_bag *bag = s->config;
    TS_CALL(ctx, bag_sum_backward, s->din[0].data, s->dout.data, bag, s->n[0], 0, bag->rows);
}

static void sum_gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    TS_GAUGE(bag_sum_gauge, s->out.gauge, s->in[0].data, s->in[0].gauge, s->config, s->n[0]);
}

static void sum_backward_gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    TS_GAUGE(bag_sum_backward_gauge, s->din[0].gauge, s->dout.data, s->dout.gauge, s->config,
             s->n[0]);
}

static void max_forward(ts_ctx *ctx, ts_step *s)
{
    const ts_bag *bag = s->config;
    TS_CALL(ctx, bag_max_forward, s->out.data, s->saved[0].data, s->in[0].data, bag, s->n[0], 0,
            bag->segments);
}

static void max_backward(ts_ctx *ctx, ts_step *s)
{
    const ts_bag *bag = s->config;
    TS_CALL(ctx, bag_max_backward, s->din[0].data, s->dout.data, s->saved[0].data, bag, s->n[0], 0,
            bag->rows);
}

static void max_gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    TS_GAUGE(bag_max_gauge, s->out.gauge, s->in[0].gauge, s->config, s->n[0]);
}

static void max_backward_gauge(ts_ctx *ctx, ts_step *s)
{
    (void)ctx;
    TS_GAUGE(bag_max_backward_gauge, s->din[0].gauge, s->dout.data, s->dout.gauge,
             s->saved[0].data, s->config, s->n[0]);
}

static const ts_op sum = {"bag_sum", sum_forward, sum_backward, sum_gauge, sum_backward_gauge};
static const ts_op max = {"bag_max", max_forward, max_backward, max_gauge, max_backward_gauge};

/* The occurrences by their place of [0, places): by[at[i] .. at[i + 1] - 1], in order. */
static ts_status sorted(ts_ctx *ctx, int64_t **by, int64_t **at, const int64_t *place,
                        int64_t count, int64_t places, const char *what)
{
    int64_t *list = ts_take(ctx, (size_t)count * sizeof *list);
    int64_t *begin = ts_take(ctx, ((size_t)places + 1) * sizeof *begin);
    if (ctx->status)
        return ctx->status;
    for (int64_t i = 0; i <= places; i++)
        begin[i] = 0;
    for (int64_t p = 0; p < count; p++) {
        if (place[p] < 0 || place[p] >= places)
            return ts_fail(ctx, TS_ERROR_SHAPE, "bag: %s %lld of occurrence %lld is not in [0, %lld)",
                           what, (long long)place[p], (long long)p, (long long)places);
        begin[place[p] + 1]++;
    }
    for (int64_t i = 0; i < places; i++)
        begin[i + 1] += begin[i];
    for (int64_t p = 0; p < count; p++) /* begin[i] moves to the end of i, which is i + 1's begin */
        list[begin[place[p]]++] = p;
    for (int64_t i = places; i > 0; i--)
        begin[i] = begin[i - 1];
    begin[0] = 0;
    *by = list;
    *at = begin;
    return TS_OK;
}

ts_status ts_bag_index(ts_ctx *ctx, ts_bag *bag)
{
    if (ctx->status)
        return ctx->status;
    if (sorted(ctx, &bag->by_segment, &bag->segment_at, bag->segment, bag->count, bag->segments,
               "segment"))
        return ctx->status;
    return sorted(ctx, &bag->by_row, &bag->row_at, bag->row, bag->count, bag->rows, "row");
}

static bool fits(ts_ctx *ctx, ts_step *s, ts_tensor table, const ts_bag *bag)
{
    if (!ts_require(ctx, s, table.rank == 2 && table.size[0] == bag->rows,
                    "the table must be a matrix of %lld rows", (long long)bag->rows))
        return false;
    s->config = bag;
    s->n[0] = table.size[1];
    s->terms = (double)bag->count;
    s->flops = 2.0 * (double)bag->count * (double)table.size[1];
    ts_step_out(ctx, s, 2, (const int64_t[]){bag->segments, table.size[1]});
    return true;
}

ts_tensor ts_bag_sum(ts_ctx *ctx, ts_tensor table, const ts_bag *bag)
{
    ts_step s = {.op = &sum, .in = {table}, .inputs = 1};
    return fits(ctx, &s, table, bag) ? ts_apply(ctx, &s) : (ts_tensor){0};
}

ts_tensor ts_bag_max(ts_ctx *ctx, ts_tensor *where, ts_tensor table, const ts_bag *bag)
{
    ts_step s = {.op = &max, .in = {table}, .inputs = 1};
    if (where)
        *where = (ts_tensor){0};
    if (!fits(ctx, &s, table, bag))
        return (ts_tensor){0};
    s.saved[0] = ts_new(ctx, TS_I64, 2, s.out.size);
    const ts_tensor y = ts_apply(ctx, &s);
    if (where && !ctx->status)
        *where = s.saved[0];
    return y;
}
