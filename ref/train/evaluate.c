/* evaluate.c: see evaluate.h. Test: tests/train/test_evaluate.c */
#include "ref/train/evaluate.h"

#include "ref/comm/collective.h"
#include "ref/ops/ops.h"
#include "ref/train/agree.h"

#include <string.h>

enum { ROWS = 64 };

int64_t ts_train_place_of(const void *logits, ts_dtype type, int64_t classes, int64_t target)
{
    const double own = ts_load(logits, type, target);
    int64_t before = 0;
    for (int64_t c = 0; c < classes; c++)
        before += c != target && !(ts_load(logits, type, c) < own);
    return before;
}

/* The running averages become their mean over the ranks; what they were is in the arena. */
static void *mean_of_averages(ts_comm *world, ts_model *model)
{
    const int64_t n = ts_model_buffer_size(model);
    const ts_dtype type = world->ctx->compute;
    void *b = ts_model_buffers(model);
    void *own = ts_take(world->ctx, (size_t)n * ts_dtype_size(type));
    if (world->ctx->status)
        return NULL;
    memcpy(own, b, (size_t)n * ts_dtype_size(type));
    ts_comm_quiet(world);
    if (n > 0 && world->size > 1)
        ts_ordered_all_reduce(world, b, n, type, TS_SUM);
    ts_comm_loud(world);
    for (int64_t i = 0; i < n && world->size > 1; i++)
        ts_store(b, type, i, ts_load(b, type, i) / world->size);
    return own;
}

/* sums: loss, right, among five, rows. */
static void score_batch(ts_ctx *ctx, ts_model *model, ts_batch batch, double sums[4])
{
    ts_pass pass = ts_model_pass(ts_model_config_of(model), ts_model_weights(model));
    ts_tensor logits = ts_model_output(ctx, &pass, ts_model_config_of(model), batch.x);
    if (ctx->status)
        return;
    const int64_t classes = ts_size(logits, -1), rows = ts_numel(batch.target);
    const int64_t size[2] = {rows, classes};
    logits = ts_tensor_of(logits.data, logits.dtype, 2, size);
    const ts_tensor loss = ts_cross_entropy_smooth(
        ctx, logits, ts_tensor_of(batch.target.data, TS_I64, 1, &rows), 0.0);
    if (ctx->status)
        return;
    sums[0] += ts_load(loss.data, loss.dtype, 0) * (double)rows;
    for (int64_t r = 0; r < rows; r++) {
        const char *row = (const char *)logits.data +
                          r * classes * (int64_t)ts_dtype_size(logits.dtype);
        const int64_t place = ts_train_place_of(row, logits.dtype, classes,
                                                ((const int64_t *)batch.target.data)[r]);
        sums[1] += place < 1;
        sums[2] += place < 5;
    }
    sums[3] += (double)rows;
}

ts_status ts_train_evaluate(ts_comm *world, ts_model *model, const ts_train_data *data,
                            const ts_train_settings *s, const ts_train_stage *stage,
                            ts_train_score *score)
{
    ts_ctx *ctx = world->ctx;
    double sums[4] = {0};
    *score = (ts_train_score){0};
    const ts_arena_mark begin = ts_arena_here(&ctx->arena);
    const void *own = mean_of_averages(world, model);
    const ts_shard mine = ts_shard_of(ts_train_data_tests(data, s), world->size, world->rank);
    for (int64_t at = 0; at < mine.count && !ctx->status; at += ROWS) {
        const ts_arena_mark mark = ts_arena_here(&ctx->arena);
        const int64_t n = mine.count - at < ROWS ? mine.count - at : ROWS;
        score_batch(ctx, model, ts_train_data_test(ctx, data, s, stage, mine.begin + at, n), sums);
        ts_arena_return(&ctx->arena, mark);
    }
    if (own)
        memcpy(ts_model_buffers(model), own,
               (size_t)ts_model_buffer_size(model) * ts_dtype_size(ctx->compute));
    ts_arena_return(&ctx->arena, begin);
    if (ts_agree_sum(world, sums, 4) || sums[3] <= 0)
        return ctx->status;
    *score = (ts_train_score){sums[0] / sums[3], sums[1] / sums[3], sums[2] / sums[3],
                              (int64_t)sums[3]};
    return ctx->status;
}
